package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Activity is one page of what happened, with the events it happened in.
type Activity struct {
	Rows   []domain.Change         // newest first, only whole acts
	Events map[string]domain.Event // by id
	Before time.Time               // where the next page begins; zero = there is none
}

// How much one page of activity holds, and how far one request looks back for
// it among rows that the person may not see.
const (
	activityRows    = 60
	activityWindow  = 400
	activityWindows = 5
)

// My own activity is looked for in the log of this long at a time, among events
// that ended no longer than aftermath before it began: whoever has a part in few
// events must not cost a walk through years of everybody's.
const (
	activitySpan = 60 * 24 * time.Hour
	aftermath    = 30 * 24 * time.Hour
	fewEvents    = 20 // up to so many are read by name, more are met often enough
)

// Activity is what happened in the events that the person may see, received
// before that moment (zero = now). mine narrows it to events with a part for him.
func (s *Store) Activity(ctx context.Context, p *domain.Person, mine bool, before time.Time) (Activity, error) {
	a := Activity{Events: map[string]domain.Event{}, Before: before}
	viewers := map[string]domain.Viewer{}
	for range activityWindows {
		rows, from, err := s.activity(ctx, p, mine, a.Before)
		if err != nil {
			return a, asPerson(err)
		}
		whole := domain.WholeActs(rows, activityWindow)
		if err := s.meet(ctx, p, whole, a.Events, viewers); err != nil {
			return a, asPerson(err)
		}
		for k := range whole {
			if e := a.Events[whole[k].EventID]; seesChange(viewers[whole[k].EventID], &e, &whole[k], s.Now()) {
				a.Rows = append(a.Rows, whole[k])
			}
		}
		if a.Before = domain.Before(whole); len(rows) < activityWindow {
			a.Before = from
		}
		if a.Before.IsZero() || len(a.Rows) >= activityRows {
			break
		}
	}
	if cut := domain.WholeActs(a.Rows[:min(len(a.Rows), activityRows)], activityRows); len(cut) < len(a.Rows) {
		a.Rows, a.Before = cut, domain.Before(cut)
	}
	return a, nil
}

// activity is one window of rows. Where it holds fewer than activityWindow, the
// next one begins at from; zero = there is none.
func (s *Store) activity(ctx context.Context, p *domain.Person, mine bool, before time.Time) (rows []domain.Change, from time.Time, err error) {
	q := s.read.NewSelect().Model(&rows).Where("change.event_id IS NOT NULL AND NOT change.minor").
		OrderExpr("change.received_at DESC, change.topic DESC, change.seq DESC").Limit(activityWindow)
	if !before.IsZero() {
		q = q.Where("change.received_at < ?", before)
	}
	if !mine {
		err = q.Scan(ctx)
		return rows, from, err
	}
	if before.IsZero() {
		before = s.Now()
	}
	since := before.Add(-activitySpan)
	if older, err := s.read.NewSelect().Model((*domain.Change)(nil)).Where("received_at <= ?", since).Exists(ctx); err != nil {
		return nil, from, err
	} else if older {
		from = since
	}
	q = q.Where("change.received_at >= ?", since)
	var ids []string
	if err := s.read.NewSelect().TableExpr("events AS e").Column("e.id").Where("e.end_at > ?", since.Add(-aftermath)).
		WhereGroup(" AND ", partFor(p)).Limit(fewEvents+1).Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return nil, from, err
	}
	if len(ids) > fewEvents {
		q = q.Join("JOIN events AS e ON e.id = change.event_id").WhereGroup(" AND ", partFor(p))
	} else {
		topics := make([]domain.Topic, 0, len(ids))
		for _, id := range ids {
			topics = append(topics, domain.EventTopic(id))
		}
		// Materialised, or a planner in a hurry walks the log of everybody backwards.
		few := s.read.NewSelect().Model((*domain.Change)(nil)).Where("topic IN (?)", bun.List(topics))
		q = q.WithQuery(bun.NewWithQuery("few", few).Materialized()).ModelTableExpr("few AS change")
	}
	err = q.Scan(ctx)
	return rows, from, err
}

// partFor narrows events (e) to those with a part for the person.
func partFor(p *domain.Person) func(q *bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("e.commander_id = ?", p.ID).
			WhereOr("EXISTS (SELECT 1 FROM assignments a WHERE a.event_id = e.id AND a.person_id = ?)", p.ID).
			WhereOr("EXISTS (SELECT 1 FROM items i WHERE i.event_id = e.id AND i.crew = ?)", p.Crew)
	}
}

// meet loads the events of the rows that are not known yet, and how the person stands to each.
func (s *Store) meet(ctx context.Context, p *domain.Person, rows []domain.Change, events map[string]domain.Event, viewers map[string]domain.Viewer) error {
	var ids []string
	for k := range rows {
		id := rows[k].EventID
		if _, known := viewers[id]; !known {
			viewers[id] = domain.Viewer{}
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var list []eventRow
	if err := eventsFor(s.read, p).Where("e.id IN (?)", bun.List(ids)).Scan(ctx, &list); err != nil {
		return err
	}
	for k := range list {
		viewers[list[k].ID], events[list[k].ID] = list[k].viewer(p), list[k].Event
	}
	return nil
}

// seesChange: an event's rows are for who sees it, guests' names for who meets them
// until it is over.
func seesChange(v domain.Viewer, e *domain.Event, c *domain.Change, now time.Time) bool {
	right := domain.RightEventSee
	if domain.NamesPeople(c.Subject) {
		if e.NamesHidden(now) {
			return false
		}
		right = domain.RightGuestsSee
	}
	return v.Can(right, e.Secrecy)
}
