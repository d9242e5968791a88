package store

import (
	"context"
	"slices"

	"huiwu/server/domain"
)

// changeMilestoneRules lets fn change one rule of the table from which planned tracks are made.
func (s *Store) changeMilestoneRules(ctx context.Context, act domain.Act, fn func(ctx context.Context, tx *Tx, rules []domain.MilestoneRule) (*domain.Change, error)) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightChannels, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		rules, err := milestoneRules(ctx, tx)
		if err != nil {
			return nil, err
		}
		return fn(ctx, tx, rules)
	})
}

// AddMilestoneRule puts a rule at the end of the table: of a step that has rules, whose
// name it takes when it has none, or of a new one. Needs RightChannels.
func (s *Store) AddMilestoneRule(ctx context.Context, act domain.Act, r domain.MilestoneRule) (domain.Receipt, error) {
	return s.changeMilestoneRules(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.MilestoneRule) (*domain.Change, error) {
		r := r // a retry begins anew
		if len(rules) >= domain.MilestoneRulesMost {
			return nil, domain.Conflict("levels.too_many")
		}
		if r.Step != "" {
			n := slices.IndexFunc(rules, func(x domain.MilestoneRule) bool { return x.Step == r.Step })
			if n < 0 {
				return nil, domain.InvalidField("step", "field.choose")
			}
			if domain.Clean(r.Zh+r.En, false) == "" {
				r.Zh, r.En = rules[n].Zh, rules[n].En
			}
		}
		if err := r.Check(); err != nil {
			return nil, err
		}
		if r.Step == "" {
			r.Step = domain.NewStep(rules, &r)
		}
		r.ID, r.Sort = NewID(), 1
		if len(rules) > 0 {
			r.Sort = rules[len(rules)-1].Sort + 1
		}
		tx.Receipt.Created = r.ID
		_, err := tx.NewInsert().Model(&r).Exec(ctx)
		return &domain.Change{Verb: "steps.added", New: r.Line(), Note: r.Line()}, err
	})
}

func stepRuleIn(rules []domain.MilestoneRule, id string) int {
	return slices.IndexFunc(rules, func(r domain.MilestoneRule) bool { return r.ID == id })
}

// ChangeMilestoneRule replaces a rule, in its place and of its step. seen is its Mark as
// the administrator saw it, 0 = not said. Needs RightChannels.
func (s *Store) ChangeMilestoneRule(ctx context.Context, act domain.Act, id string, r domain.MilestoneRule, seen int64) (domain.Receipt, error) {
	return s.changeMilestoneRules(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.MilestoneRule) (*domain.Change, error) {
		k := stepRuleIn(rules, id)
		if k < 0 {
			return nil, domain.ErrNotFound
		}
		old := rules[k]
		if seen != 0 && seen != old.Mark() {
			return nil, tx.ruleChanged(ctx, &old)
		}
		r := r // a retry begins anew
		r.ID, r.Step, r.Sort = id, old.Step, old.Sort
		if err := r.Check(); err != nil || r == old {
			return nil, err
		}
		_, err := tx.NewUpdate().Model(&r).WherePK().Exec(ctx)
		return &domain.Change{Verb: "steps.changed", Old: old.Line(), New: r.Line()}, err
	})
}

// ruleChanged refuses to overwrite a rule in silence: it says who made it what it is.
func (tx *Tx) ruleChanged(ctx context.Context, r *domain.MilestoneRule) error {
	var last []domain.Change
	err := tx.NewSelect().Model(&last).Where("topic = ? AND verb IN ('steps.added', 'steps.changed') AND new = ?", domain.TopicFloor, r.Line()).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return err
	}
	if len(last) == 0 || last[0].Person == "" {
		return domain.Conflict("steps.changed_meanwhile")
	}
	return domain.Conflict("programme.changed_meanwhile", "name", last[0].Person, "time", last[0].ActedAt.In(tx.s.Loc).Format("15:04"))
}

// MoveMilestoneRule lets a rule be asked before the one above it of its step. Needs RightChannels.
func (s *Store) MoveMilestoneRule(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeMilestoneRules(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.MilestoneRule) (*domain.Change, error) {
		k := stepRuleIn(rules, id)
		if k < 0 {
			return nil, domain.ErrNotFound
		}
		above := k - 1
		for above >= 0 && rules[above].Step != rules[k].Step {
			above--
		}
		if above < 0 {
			return nil, nil
		}
		a, b := &rules[above], &rules[k]
		a.Sort, b.Sort = b.Sort, a.Sort
		for _, r := range []*domain.MilestoneRule{a, b} {
			if _, err := tx.NewUpdate().Model(r).WherePK().Exec(ctx); err != nil {
				return nil, err
			}
		}
		return &domain.Change{Verb: "steps.moved", Note: b.Line()}, nil
	})
}

// DeleteMilestoneRule takes a rule off the table. Needs RightChannels.
func (s *Store) DeleteMilestoneRule(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeMilestoneRules(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.MilestoneRule) (*domain.Change, error) {
		k := stepRuleIn(rules, id)
		if k < 0 {
			return nil, domain.ErrNotFound
		}
		_, err := tx.NewDelete().Model(&rules[k]).WherePK().Exec(ctx)
		return &domain.Change{Verb: "steps.removed", Note: rules[k].Line()}, err
	})
}
