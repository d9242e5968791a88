package store

import (
	"context"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

func staffingRules(ctx context.Context, db bun.IDB) ([]domain.StaffingRule, error) {
	var list []domain.StaffingRule
	err := db.NewSelect().Model(&list).Scan(ctx)
	domain.SortStaffing(list)
	return list, err
}

// StaffingRules say how many people events need, by level, crew and heads.
func (s *Store) StaffingRules(ctx context.Context) ([]domain.StaffingRule, error) {
	list, err := staffingRules(ctx, s.read)
	return list, asPerson(err)
}

// staffingTaken says that a level and crew have a rule for that many heads already.
func staffingTaken(err error) error { return taken(err, "heads_from", "staffing.taken") }

// AddStaffingRule adds a rule. Needs RightStaffing.
func (s *Store) AddStaffingRule(ctx context.Context, act domain.Act, r domain.StaffingRule) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightStaffing, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		r := r // a retry begins anew
		if err := r.Check(); err != nil {
			return nil, err
		}
		n, err := tx.NewSelect().Model((*domain.StaffingRule)(nil)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if n >= domain.StaffingRulesMost {
			return nil, domain.Conflict("staffing.too_many")
		}
		r.ID = NewID()
		tx.Receipt.Created = r.ID
		_, err = tx.NewInsert().Model(&r).Exec(ctx)
		return &domain.Change{Verb: "staffing.added", New: ruleNumbers(r), Crew: r.Crew}, staffingTaken(err)
	})
}

func ruleNumbers(r domain.StaffingRule) string {
	return strconv.Itoa(r.Level) + " " + string(r.Crew) + " " + strconv.Itoa(r.HeadsFrom) + "+ " + strconv.Itoa(r.Needed)
}

// staffingRule is one of them.
func (tx *Tx) staffingRule(ctx context.Context, id string) (domain.StaffingRule, error) {
	var r domain.StaffingRule
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(ctx)
	return r, noRows(err)
}

// ChangeStaffingRule replaces a rule. Needs RightStaffing.
func (s *Store) ChangeStaffingRule(ctx context.Context, act domain.Act, id string, r domain.StaffingRule) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightStaffing, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		old, err := tx.staffingRule(ctx, id)
		if err != nil {
			return nil, err
		}
		r := r // a retry begins anew
		r.ID = id
		if err := r.Check(); err != nil || r == old {
			return nil, err
		}
		_, err = tx.NewUpdate().Model(&r).WherePK().Exec(ctx)
		return &domain.Change{Verb: "staffing.changed", Old: ruleNumbers(old), New: ruleNumbers(r), Crew: r.Crew}, staffingTaken(err)
	})
}

// DeleteStaffingRule takes a rule off. Needs RightStaffing.
func (s *Store) DeleteStaffingRule(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightStaffing, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		r, err := tx.staffingRule(ctx, id)
		if err != nil {
			return nil, err
		}
		_, err = tx.NewDelete().Model(&r).WherePK().Exec(ctx)
		return &domain.Change{Verb: "staffing.removed", Old: ruleNumbers(r), Crew: r.Crew}, err
	})
}

// SetDayHours sets beyond how many hours a day a person is overloaded. Needs RightStaffing.
func (s *Store) SetDayHours(ctx context.Context, act domain.Act, hours int) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightStaffing, func(ctx context.Context, tx *Tx, site *domain.Site) (*domain.Change, error) {
		if hours < 1 || hours > 24 {
			return nil, domain.InvalidField("day_hours", "field.between", "min", "1", "max", "24")
		}
		if site.DayHours == hours {
			return nil, nil
		}
		old := site.DayHours
		site.DayHours = hours
		_, err := tx.NewUpdate().Model(site).WherePK().Exec(ctx)
		return &domain.Change{Verb: "staffing.hours", Old: strconv.Itoa(old), New: strconv.Itoa(hours)}, err
	})
}

// Availability is what a person can do and when he can, his newest dates first.
func (s *Store) Availability(ctx context.Context, personID string) ([]domain.PersonSkill, []domain.RosterEntry, error) {
	var skills []domain.PersonSkill
	if err := s.read.NewSelect().Model(&skills).Where("person_id = ?", personID).OrderExpr("created_at, id").Scan(ctx); err != nil {
		return nil, nil, asPerson(err)
	}
	slices.SortStableFunc(skills, func(a, b domain.PersonSkill) int {
		return slices.Index(domain.Skills, a.Skill) - slices.Index(domain.Skills, b.Skill)
	})
	var entries []domain.RosterEntry
	err := s.read.NewSelect().Model(&entries).Where("person_id = ?", personID).OrderExpr("from_at DESC, id").Limit(entriesShown).Scan(ctx)
	return skills, entries, asPerson(err)
}

// entriesShown is how far back a person's page of dates goes; entriesMost is how many
// of them, and of skills, one person may have.
const (
	entriesShown = 100
	entriesMost  = 1000
	skillsMost   = 30
)

// changeAvailability is an act on somebody's skills or dates. Needs RightStaffing.
func (s *Store) changeAvailability(ctx context.Context, act domain.Act, personID string, fn func(tx *Tx) (*domain.Change, error)) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID, func(tx *Tx, _ *domain.Person) (*domain.Change, error) {
		if err := tx.need(domain.RightStaffing); err != nil {
			return nil, err
		}
		return fn(tx)
	})
}

// AddSkill says what a person can do. Needs RightStaffing.
func (s *Store) AddSkill(ctx context.Context, act domain.Act, personID string, x domain.PersonSkill) (domain.Receipt, error) {
	return s.changeAvailability(ctx, act, personID, func(tx *Tx) (*domain.Change, error) {
		x := x // a retry begins anew
		if err := x.Check(); err != nil {
			return nil, err
		}
		if n, err := tx.NewSelect().Model((*domain.PersonSkill)(nil)).Where("person_id = ?", personID).Count(ctx); err != nil {
			return nil, err
		} else if n >= skillsMost {
			return nil, domain.Conflict("skill.too_many")
		}
		x.ID, x.PersonID, x.CreatedAt = NewID(), personID, tx.Now
		tx.Receipt.Created = x.ID
		_, err := tx.NewInsert().Model(&x).Exec(ctx)
		return &domain.Change{Verb: "person.skill_added", New: string(x.Skill)}, taken(err, "skill", "skill.taken")
	})
}

// RemoveSkill takes it back. Needs RightStaffing.
func (s *Store) RemoveSkill(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.removeOf(ctx, act, "person_skills", "skill", id, "person.skill_removed")
}

// AddRosterEntry says when a person works, or cannot. Needs RightStaffing.
func (s *Store) AddRosterEntry(ctx context.Context, act domain.Act, personID string, x domain.RosterEntry) (domain.Receipt, error) {
	return s.changeAvailability(ctx, act, personID, func(tx *Tx) (*domain.Change, error) {
		x := x // a retry begins anew
		if err := x.Check(); err != nil {
			return nil, err
		}
		if n, err := tx.NewSelect().Model((*domain.RosterEntry)(nil)).Where("person_id = ?", personID).Count(ctx); err != nil {
			return nil, err
		} else if n >= entriesMost {
			return nil, domain.Conflict("roster.too_many")
		}
		x.ID, x.PersonID, x.CreatedAt = NewID(), personID, tx.Now
		tx.Receipt.Created = x.ID
		_, err := tx.NewInsert().Model(&x).Exec(ctx)
		return &domain.Change{Verb: "person.date_added", New: string(x.Kind)}, err
	})
}

// RemoveRosterEntry takes it back. Needs RightStaffing.
func (s *Store) RemoveRosterEntry(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.removeOf(ctx, act, "roster_entries", "kind", id, "person.date_removed")
}

// removeOf deletes a row that belongs to a person; column says in the log what it was.
func (s *Store) removeOf(ctx context.Context, act domain.Act, table, column, id, verb string) (domain.Receipt, error) {
	if act.Person != nil && !act.Person.Can(domain.RightStaffing) {
		return domain.Receipt{}, domain.ErrForbidden
	}
	var row struct{ PersonID, What string }
	err := s.read.NewSelect().TableExpr("?", bun.Ident(table)).ColumnExpr("person_id, ? AS what", bun.Ident(column)).Where("id = ?", id).Scan(ctx, &row)
	if err != nil {
		return domain.Receipt{}, asPerson(noRows(err))
	}
	return s.changeAvailability(ctx, act, row.PersonID, func(tx *Tx) (*domain.Change, error) {
		res, err := tx.NewDelete().TableExpr("?", bun.Ident(table)).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil, nil // somebody else was faster
		}
		return &domain.Change{Verb: verb, Old: row.What}, nil
	})
}
