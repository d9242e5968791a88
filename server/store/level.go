package store

import (
	"context"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

func levelRules(ctx context.Context, db bun.IDB) ([]domain.LevelRule, error) {
	var list []domain.LevelRule
	err := db.NewSelect().Model(&list).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// LevelRules are the table that suggests levels, in the order in which they are asked.
func (s *Store) LevelRules(ctx context.Context) ([]domain.LevelRule, error) {
	list, err := levelRules(ctx, s.read)
	return list, asPerson(err)
}

// judgeLevel asks for a reason where the level is lower than suggested or than it was.
func (tx *Tx) judgeLevel(ctx context.Context, e *domain.Event, was int, oldReason string) error {
	var s *domain.Suggestion
	if e.GuestRank != "" {
		rules, err := levelRules(ctx, tx)
		if err != nil {
			return err
		}
		s = domain.Suggest(rules, e)
	}
	return e.CheckLevel(s, was, oldReason)
}

// changeLevels lets fn change one rule of the table.
func (s *Store) changeLevels(ctx context.Context, act domain.Act, fn func(ctx context.Context, tx *Tx, rules []domain.LevelRule) (*domain.Change, error)) (domain.Receipt, error) {
	return s.onSite(ctx, act, domain.RightChannels, func(ctx context.Context, tx *Tx, _ *domain.Site) (*domain.Change, error) {
		rules, err := levelRules(ctx, tx)
		if err != nil {
			return nil, err
		}
		return fn(ctx, tx, rules)
	})
}

// AddLevelRule puts a rule at the end of the table. Needs RightChannels.
func (s *Store) AddLevelRule(ctx context.Context, act domain.Act, r domain.LevelRule) (domain.Receipt, error) {
	return s.changeLevels(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.LevelRule) (*domain.Change, error) {
		r := r // a retry begins anew
		if err := r.Check(); err != nil {
			return nil, err
		}
		if len(rules) >= domain.LevelRulesMost {
			return nil, domain.Conflict("levels.too_many")
		}
		r.ID, r.Sort = NewID(), 1
		if len(rules) > 0 {
			r.Sort = rules[len(rules)-1].Sort + 1
		}
		tx.Receipt.Created = r.ID
		_, err := tx.NewInsert().Model(&r).Exec(ctx)
		return &domain.Change{Verb: "levels.added", New: string(r.GuestRank)}, err
	})
}

func ruleIn(rules []domain.LevelRule, id string) int {
	for k := range rules {
		if rules[k].ID == id {
			return k
		}
	}
	return -1
}

// ChangeLevelRule replaces a rule, in its place. Needs RightChannels.
func (s *Store) ChangeLevelRule(ctx context.Context, act domain.Act, id string, r domain.LevelRule) (domain.Receipt, error) {
	return s.changeLevels(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.LevelRule) (*domain.Change, error) {
		k := ruleIn(rules, id)
		if k < 0 {
			return nil, domain.ErrNotFound
		}
		r := r // a retry begins anew
		r.ID, r.Sort = id, rules[k].Sort
		if err := r.Check(); err != nil || r == rules[k] {
			return nil, err
		}
		_, err := tx.NewUpdate().Model(&r).WherePK().Exec(ctx)
		return &domain.Change{Verb: "levels.changed", New: string(r.GuestRank)}, err
	})
}

// MoveLevelRule lets a rule be asked before the one above it. Needs RightChannels.
func (s *Store) MoveLevelRule(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeLevels(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.LevelRule) (*domain.Change, error) {
		k := ruleIn(rules, id)
		switch {
		case k < 0:
			return nil, domain.ErrNotFound
		case k == 0:
			return nil, nil
		}
		a, b := &rules[k-1], &rules[k]
		a.Sort, b.Sort = b.Sort, a.Sort
		for _, r := range []*domain.LevelRule{a, b} {
			if _, err := tx.NewUpdate().Model(r).WherePK().Exec(ctx); err != nil {
				return nil, err
			}
		}
		return &domain.Change{Verb: "levels.changed", New: string(b.GuestRank)}, nil
	})
}

// DeleteLevelRule takes a rule off the table. Needs RightChannels.
func (s *Store) DeleteLevelRule(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeLevels(ctx, act, func(ctx context.Context, tx *Tx, rules []domain.LevelRule) (*domain.Change, error) {
		k := ruleIn(rules, id)
		if k < 0 {
			return nil, domain.ErrNotFound
		}
		_, err := tx.NewDelete().Model(&rules[k]).WherePK().Exec(ctx)
		return &domain.Change{Verb: "levels.removed", Old: string(rules[k].GuestRank)}, err
	})
}
