package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// eventsOfNow are the events that are being worked on around now.
func eventsOfNow(ctx context.Context, db bun.IDB, now time.Time) (list []domain.Event, err error) {
	err = db.NewSelect().Model(&list).Where("end_at > ? AND COALESCE(arrival_at, start_at) < ?", now.Add(-12*time.Hour), now.Add(12*time.Hour)).
		Where("status IN ('confirmed','preparing','ready','live','clearing','released')").OrderExpr("start_at, id").Scan(ctx)
	return list, err
}

// TellReception tells what the clock says of posts and of guests on the way, and
// sets off the cues that are the clock's. Any instance may ask at any time.
func (s *Store) TellReception(ctx context.Context) error {
	if err := s.FireByClock(ctx); err != nil {
		return err
	}
	now := s.Now()
	events, err := eventsOfNow(ctx, s.read, now)
	if err != nil || len(events) == 0 {
		return asPerson(err)
	}
	ids := make([]string, len(events))
	for k := range events {
		ids[k] = events[k].ID
	}
	posts, err := s.Posts(ctx, ids...)
	if err != nil {
		return err
	}
	duties, err := s.Duties(ctx, ids...)
	if err != nil {
		return err
	}
	overdue, err := s.overdue(ctx, ids, now)
	if err != nil {
		return err
	}
	counts, err := s.guestCounts(ctx, ids)
	if err != nil {
		return asPerson(err)
	}
	for k := range events {
		e := &events[k]
		var mine []domain.Post
		for _, p := range posts {
			if p.EventID == e.ID {
				mine = append(mine, p)
			}
		}
		triggers := domain.ReceptionTriggers(e, domain.BoardPosts(mine, duties), overdue[e.ID], counts[e.ID].Total, now)
		if triggers, err = s.untold(ctx, e, triggers); err != nil {
			return asPerson(err)
		}
		if len(triggers) == 0 {
			continue
		}
		if _, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.tell(ctx, e, triggers) }); err != nil {
			return err
		}
	}
	return nil
}

// overdue are the guests of events whom the next step should have seen, by event.
func (s *Store) overdue(ctx context.Context, eventIDs []string, now time.Time) (map[string][]domain.Guest, error) {
	var list []domain.Guest
	err := s.read.NewSelect().Model(&list).Where("next_at <= ? AND next_at > ? AND event_id IN (?) AND NOT struck", now, now.Add(-domain.LateMemory), bun.List(eventIDs)).OrderExpr("event_id, sort").Scan(ctx)
	found := map[string][]domain.Guest{}
	for k := range list {
		if at := list[k].OverdueAt(); !at.IsZero() && !now.Before(at) {
			found[list[k].EventID] = append(found[list[k].EventID], list[k])
		}
	}
	return found, asPerson(err)
}

// settledReception are those notices of cues, posts, guests on the way, early
// arrivals and lifts that are over.
func (s *Store) settledReception(ctx context.Context, open []domain.Notice) ([]domain.Notice, error) {
	ids := map[string][]string{}
	for k := range open {
		for _, subject := range strings.Fields(open[k].Subjects) {
			kind, id := domain.SplitTopic(subject)
			ids[kind] = append(ids[kind], id)
		}
	}
	stands := map[string]bool{}
	for kind, list := range ids {
		table, condition := "", ""
		switch kind {
		case "cue":
			table, condition = "cues", "fired_at IS NOT NULL AND acked_at IS NULL"
		case "duty":
			table, condition = "duties", "state IN ('planned','away') AND NOT struck"
		case "guest":
			table, condition = "guests", "next_at IS NOT NULL AND NOT struck"
		case "early":
			table, condition = "events", "early_mode IS NULL AND status NOT IN ('closed','cancelled')"
		case "request":
			table, condition = "requests", "reply_by IS NOT NULL"
		case "milestone":
			table, condition = "milestones", "status = 'open' AND NOT struck"
		case "lift":
			table, condition = "lifts", "state IN ('fault','trapped')"
		default:
			continue
		}
		var still []string
		if err := s.read.NewSelect().TableExpr(table).Column("id").Where("id IN (?)", bun.List(list)).Where(condition).Scan(ctx, &still); err != nil {
			return nil, err
		}
		for _, id := range still {
			stands[kind+":"+id] = true
		}
	}
	var over []domain.Notice
	for k := range open {
		waits := false
		for _, subject := range strings.Fields(open[k].Subjects) {
			waits = waits || stands[subject]
		}
		if !waits {
			over = append(over, open[k])
		}
	}
	return over, nil
}
