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

// Activity is what happened in the events that the person may see, received
// before that moment (zero = now). mine narrows it to events with a part for him.
func (s *Store) Activity(ctx context.Context, p *domain.Person, mine bool, before time.Time) (Activity, error) {
	a := Activity{Events: map[string]domain.Event{}, Before: before}
	viewers := map[string]domain.Viewer{}
	for range activityWindows {
		rows, err := s.activity(ctx, p, mine, a.Before)
		if err != nil {
			return a, asPerson(err)
		}
		whole := domain.WholeActs(rows, activityWindow)
		if err := s.meet(ctx, p, whole, a.Events, viewers); err != nil {
			return a, asPerson(err)
		}
		for k := range whole {
			if seesChange(viewers[whole[k].EventID], a.Events[whole[k].EventID].Secrecy, &whole[k]) {
				a.Rows = append(a.Rows, whole[k])
			}
		}
		if a.Before = domain.Before(whole); len(rows) < activityWindow {
			a.Before = time.Time{}
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

func (s *Store) activity(ctx context.Context, p *domain.Person, mine bool, before time.Time) ([]domain.Change, error) {
	var rows []domain.Change
	q := s.read.NewSelect().Model(&rows).Where("change.event_id IS NOT NULL AND NOT change.minor")
	if !before.IsZero() {
		q = q.Where("change.received_at < ?", before)
	}
	if mine {
		q = q.Join("JOIN events AS e ON e.id = change.event_id").WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("e.commander_id = ?", p.ID).
				WhereOr("EXISTS (SELECT 1 FROM assignments a WHERE a.event_id = e.id AND a.person_id = ?)", p.ID).
				WhereOr("EXISTS (SELECT 1 FROM items i WHERE i.event_id = e.id AND i.crew = ?)", p.Crew)
		})
	}
	return rows, q.OrderExpr("change.received_at DESC, change.topic DESC, change.seq DESC").Limit(activityWindow).Scan(ctx)
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

// seesChange: an event's rows are for who sees it, guests' names for who meets them.
func seesChange(v domain.Viewer, secrecy domain.Secrecy, c *domain.Change) bool {
	right := domain.RightEventSee
	if kind, _ := domain.SplitTopic(c.Subject); kind == "guest" {
		right = domain.RightGuestsSee
	}
	return v.Can(right, secrecy)
}
