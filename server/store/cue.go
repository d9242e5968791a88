package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Cues lists an event's cues in their order.
func (s *Store) Cues(ctx context.Context, eventIDs ...string) ([]domain.Cue, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Cue
	err := s.read.NewSelect().Model(&list).Where("event_id IN (?)", bun.List(eventIDs)).OrderExpr("event_id, sort, id").Scan(ctx)
	return list, asPerson(err)
}

// CuesByID loads the present state of those cues.
func (s *Store) CuesByID(ctx context.Context, ids []string) ([]domain.Cue, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var list []domain.Cue
	err := s.read.NewSelect().Model(&list).Where("id IN (?)", bun.List(ids)).OrderExpr("sort, id").Scan(ctx)
	return list, asPerson(err)
}

// OpenCues are the cues of events that went off and that nobody has acknowledged,
// the oldest first.
func (s *Store) OpenCues(ctx context.Context, eventIDs []string) ([]domain.Cue, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Cue
	err := s.read.NewSelect().Model(&list).Where("event_id IN (?) AND fired_at IS NOT NULL AND acked_at IS NULL", bun.List(eventIDs)).OrderExpr("fired_at, sort, id").Scan(ctx)
	return list, asPerson(err)
}

// addCues gives an event its level's cues, unless it has some.
func (tx *Tx) addCues(ctx context.Context, e *domain.Event) error {
	if n, err := tx.NewSelect().TableExpr("cues").Where("event_id = ?", e.ID).Count(ctx); err != nil || n > 0 {
		return err
	}
	list := domain.UsualCues(e.Level)
	if len(list) == 0 {
		return nil
	}
	for k := range list {
		c := &list[k]
		c.ID, c.EventID, c.StateAt, c.CreatedAt, c.Seq = NewID(), e.ID, tx.At, tx.Now, tx.Next(domain.EventTopic(e.ID))
		tx.recordCue(c, domain.Change{Verb: "cue.added", Minor: true})
	}
	_, err := tx.NewInsert().Model(&list).Exec(ctx)
	return err
}

func (tx *Tx) recordCue(c *domain.Cue, row domain.Change) {
	row.Topic, row.EventID, row.Subject = domain.EventTopic(c.EventID), c.EventID, "cue:"+c.ID
	row.Label, row.LabelEn, row.Crew = c.Zh, c.En, c.Crew
	tx.Record(row)
}

func (tx *Tx) saveCue(ctx context.Context, c *domain.Cue, row domain.Change) error {
	c.Seq = tx.Next(domain.EventTopic(c.EventID))
	if _, err := tx.NewUpdate().Model(c).WherePK().Exec(ctx); err != nil {
		return err
	}
	tx.recordCue(c, row)
	return nil
}

// fire sets off those waiting cues of a locked event that due accepts.
func (tx *Tx) fire(ctx context.Context, eventID string, due func(c *domain.Cue) bool) error {
	var list []domain.Cue
	if err := tx.NewSelect().Model(&list).Where("event_id = ? AND fired_at IS NULL AND NOT off", eventID).OrderExpr("sort, id").Scan(ctx); err != nil {
		return err
	}
	for k := range list {
		c := &list[k]
		if !due(c) || !c.Fire(domain.Doing{By: personID(tx.Act), At: tx.At}) {
			continue
		}
		if err := tx.saveCue(ctx, c, domain.Change{Verb: "cue.fired", New: string(c.Cause)}); err != nil {
			return err
		}
	}
	return nil
}

// fireCause sets off the cues of what happened to the event itself.
func (tx *Tx) fireCause(ctx context.Context, eventID string, causes ...domain.Cause) error {
	if len(causes) == 0 {
		return nil
	}
	return tx.fire(ctx, eventID, func(c *domain.Cue) bool { return slices.Contains(causes, c.Cause) })
}

// fireMoved sets off the cues of guests who have just moved on.
func (tx *Tx) fireMoved(ctx context.Context, eventID string, moved []domain.Guest) error {
	if len(moved) == 0 {
		return nil
	}
	var counts domain.GuestCounts
	counted := false
	var failed error
	err := tx.fire(ctx, eventID, func(c *domain.Cue) bool {
		if c.Scope == domain.ScopeAll && !counted {
			var all []domain.Guest
			failed = tx.NewSelect().Model(&all).Column("position", "struck").Where("event_id = ?", eventID).Scan(ctx)
			counts, counted = domain.CountGuests(all), true
		}
		return failed == nil && c.SetOff(moved, counts)
	})
	if failed != nil {
		return failed
	}
	return err
}

// FireByClock sets off what the clock brings: the approach before the arrival,
// the end. Any instance may ask; each cue goes off once.
func (s *Store) FireByClock(ctx context.Context) error {
	now := s.Now()
	var events []domain.Event
	err := s.read.NewSelect().Model(&events).Where("id IN (SELECT event_id FROM cues WHERE fired_at IS NULL AND NOT off AND cause IN (?, ?))", domain.CauseApproach, domain.CauseEnding).
		Where("end_at > ? AND COALESCE(arrival_at, start_at) < ?", now.AddDate(0, 0, -1), now.Add(2*domain.ApproachBefore)).Scan(ctx)
	if err != nil {
		return asPerson(err)
	}
	for k := range events {
		if len(events[k].ClockCauses(now)) == 0 {
			continue
		}
		_, err := s.changeEvent(ctx, domain.Act{}, events[k].ID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
			return tx.fireCause(ctx, e.ID, e.ClockCauses(tx.Now)...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cueWrite locks a cue's event and loads it through the person's rights.
func (s *Store) cueWrite(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer, c *domain.Cue) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "cues", "id", id); err != nil {
			return err
		}
		c := new(domain.Cue)
		if err := tx.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		e, v, err := eventOnly(ctx, tx, act.Person, c.EventID)
		if err != nil {
			return err
		}
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		tx.Receipt.Subjects = []string{"cue:" + id}
		return fn(ctx, tx, e, v, c)
	})
}

// AcknowledgeCue is a crew's word that it knows. Needs RightItemDo on that crew.
func (s *Store) AcknowledgeCue(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.cueWrite(ctx, act, id, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer, c *domain.Cue) error {
		if !v.MayDo(c.Crew, e.Secrecy) {
			return domain.ErrForbidden
		}
		changed, err := c.Acknowledge(domain.Doing{By: personID(act), At: tx.At})
		if err != nil {
			return err
		}
		if !changed {
			if c.AckedBy != personID(act) {
				tx.Receipt.Notice, tx.Receipt.Args = "cue.acked_by_other", domain.Args{"person": c.AckedBy, "time": c.AckedAt.In(s.Loc).Format("15:04")}
			}
			return nil
		}
		return tx.saveCue(ctx, c, domain.Change{Verb: "cue.acknowledged"})
	})
}

// FireCue tells the crew now, by hand; Rearm takes it back to waiting. Both need
// RightGuestsMove: who follows the guests gives the cues.
func (s *Store) FireCue(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.handCue(ctx, act, id, "cue.fired", func(c *domain.Cue, d domain.Doing) bool { return c.Fire(d) })
}

// RearmCue takes a cue that went off by a wrong tap back to waiting.
func (s *Store) RearmCue(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.handCue(ctx, act, id, "cue.rearmed", func(c *domain.Cue, d domain.Doing) bool { return c.Rearm(d) })
}

func (s *Store) handCue(ctx context.Context, act domain.Act, id, verb string, change func(c *domain.Cue, d domain.Doing) bool) (domain.Receipt, error) {
	return s.cueWrite(ctx, act, id, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer, c *domain.Cue) error {
		if !v.Can(domain.RightGuestsMove, e.Secrecy) {
			return domain.ErrForbidden
		}
		if tx.overtaken(c.StateAt) || !change(c, domain.Doing{By: personID(act), At: tx.At}) {
			return nil
		}
		return tx.saveCue(ctx, c, domain.Change{Verb: verb, New: string(c.Cause)})
	})
}

// AddCue makes a rule of one event. Needs RightEventEdit.
func (s *Store) AddCue(ctx context.Context, act domain.Act, eventID string, c domain.Cue) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		if err := c.Validate(); err != nil {
			return err
		}
		fresh := domain.Cue{ID: NewID(), EventID: eventID, Cause: c.Cause, Scope: c.Scope, Crew: c.Crew, Zh: c.Zh, En: c.En, StateAt: tx.At, CreatedAt: tx.Now, Seq: tx.Next(domain.EventTopic(eventID))}
		if err := tx.NewSelect().TableExpr("cues").ColumnExpr("COALESCE(MAX(sort), 0) + 1").Where("event_id = ?", eventID).Scan(ctx, &fresh.Sort); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&fresh).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created = fresh.ID
		tx.recordCue(&fresh, domain.Change{Verb: "cue.added"})
		return nil
	})
}

// UpdateCue changes a rule, or switches it off and on. What has gone off stays so.
func (s *Store) UpdateCue(ctx context.Context, act domain.Act, id string, in domain.Cue) (domain.Receipt, error) {
	return s.cueWrite(ctx, act, id, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer, c *domain.Cue) error {
		if !v.Can(domain.RightEventEdit, e.Secrecy) {
			return domain.ErrForbidden
		}
		if err := in.Validate(); err != nil {
			return err
		}
		old := *c
		c.Cause, c.Scope, c.Crew, c.Zh, c.En, c.Off = in.Cause, in.Scope, in.Crew, in.Zh, in.En, in.Off
		if *c == old {
			return nil
		}
		return tx.saveCue(ctx, c, domain.Change{Verb: "cue.changed", Old: old.Zh})
	})
}
