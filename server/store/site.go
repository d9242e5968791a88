package store

import (
	"context"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Found makes the site with its rooms, once: an existing site is left alone,
// new rooms are added.
func (s *Store) Found(ctx context.Context, site domain.Site, rooms []domain.Room) error {
	if site.DaisRule == "" {
		site.DaisRule = domain.DaisRuleA
	}
	if site.GuestDays == 0 {
		site.GuestDays = domain.GuestDaysUsual
	}
	site.UsualHours()
	if site.IntakeAt == "" {
		site.IntakeAt, site.IntakeGrace = domain.IntakeUsual, domain.IntakeGraceUsual
	}
	if site.SeenMinutes == 0 {
		site.SeenMinutes = domain.SeenUsual
	}
	if site.DayHours == 0 {
		site.DayHours = domain.DayHoursUsual
	}
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		res, err := tx.NewInsert().Model(&site).On("CONFLICT DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n > 0 {
			rules := domain.UsualLevelRules()
			if _, err := tx.NewInsert().Model(&rules).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
			staffing := domain.UsualStaffing()
			if _, err := tx.NewInsert().Model(&staffing).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
			steps := domain.UsualMilestoneRules()
			if _, err := tx.NewInsert().Model(&steps).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw("INSERT INTO topics (id, seq) VALUES (?, 0), (?, 0) ON CONFLICT DO NOTHING", domain.TopicFloor, domain.TopicRequests).Exec(ctx); err != nil {
			return err
		}
		for k := range rooms {
			res, err := tx.NewInsert().Model(&rooms[k]).On("CONFLICT DO NOTHING").Exec(ctx)
			if err != nil {
				return err
			}
			if n, _ := res.RowsAffected(); n == 0 {
				continue
			}
			if err := tx.furnish(ctx, &rooms[k]); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// site is the building, inside an act.
func (tx *Tx) site(ctx context.Context) (domain.Site, error) {
	return siteOf(ctx, tx)
}

func siteOf(ctx context.Context, db bun.IDB) (domain.Site, error) {
	var site domain.Site
	err := db.NewSelect().Model(&site).Limit(1).Scan(ctx)
	return site, noRows(err)
}

// Site is the building; a zero Site before Found.
func (s *Store) Site(ctx context.Context) (domain.Site, error) {
	var list []domain.Site
	err := s.read.NewSelect().Model(&list).Limit(1).Scan(ctx)
	if err != nil || len(list) == 0 {
		return domain.Site{}, asPerson(err)
	}
	return list[0], nil
}

// onSite locks the building and lets fn change what belongs to it; fn says how the log
// calls that, nil when nothing changed.
func (s *Store) onSite(ctx context.Context, act domain.Act, right domain.Right, fn func(ctx context.Context, tx *Tx, site *domain.Site) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(right); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		site, err := tx.site(ctx)
		if err != nil {
			return err
		}
		c, err := fn(ctx, tx, &site)
		if err != nil || c == nil {
			return err
		}
		c.Topic, c.Subject, c.Label = domain.TopicFloor, "site:"+site.ID, site.Name
		tx.Record(*c)
		return nil
	})
}

// changeSite lets fn set what was chosen for the building; fn returns the log row. What
// is as it was is quiet. Needs that right.
func (s *Store) changeSite(ctx context.Context, act domain.Act, right domain.Right, fn func(site *domain.Site) (*domain.Change, error)) (domain.Receipt, error) {
	return s.onSite(ctx, act, right, func(ctx context.Context, tx *Tx, site *domain.Site) (*domain.Change, error) {
		if !act.Person.Can(right) {
			return nil, domain.ErrForbidden // not even the system itself
		}
		c, err := fn(site)
		if err != nil || c.Old == c.New {
			return nil, err
		}
		_, err = tx.NewUpdate().Model(site).WherePK().Exec(ctx)
		return c, err
	})
}
