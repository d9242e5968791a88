package store

import (
	"context"
	"strconv"
	"time"

	"huiwu/server/domain"
)

// StartDrill asks everybody on duty for an event to tap. Needs RightEventRun.
func (s *Store) StartDrill(ctx context.Context, act domain.Act, eventID string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventRun, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if !e.Status.Working() {
			return domain.Conflict("event.not_working")
		}
		t := domain.Trigger{Kind: domain.NoticeDrill, EventID: e.ID, Working: true, By: personID(act), URL: "/notices", Args: domain.Args{}}
		hands, err := handsOf(ctx, tx, e, tx.Now)
		if err != nil {
			return err
		}
		asked := len(t.Audience(e, hands, tx.Now, s.Loc))
		if asked == 0 {
			return domain.Conflict("drill.nobody")
		}
		d := &domain.Drill{ID: NewID(), EventID: e.ID, MadeBy: personID(act), MadeAt: tx.Now}
		if _, err := tx.NewInsert().Model(d).Exec(ctx); err != nil {
			return err
		}
		t.Key = "drill:" + d.ID
		tx.Record(domain.Change{Topic: domain.EventTopic(e.ID), EventID: e.ID, Subject: t.Key, Verb: "drill.started", Label: e.Name, New: strconv.Itoa(asked)})
		return tx.tell(ctx, e, []domain.Trigger{t})
	})
}

// LastDrill is an event's newest drill, nil when there was none.
func (s *Store) LastDrill(ctx context.Context, eventID string) (*domain.Drill, error) {
	var drills []domain.Drill
	if err := s.read.NewSelect().Model(&drills).Where("event_id = ?", eventID).OrderExpr("made_at DESC, id DESC").Limit(1).Scan(ctx); err != nil || len(drills) == 0 {
		return nil, asPerson(err)
	}
	d := &drills[0]
	err := s.read.NewSelect().TableExpr("notices AS n").Join("JOIN people AS p ON p.id = n.person_id").
		Join("LEFT JOIN assignments AS a ON a.event_id = n.event_id AND a.person_id = p.id").
		ColumnExpr("p.id AS person_id, p.name, COALESCE(a.crew, p.crew, '') AS crew, COALESCE(p.phone, '') AS phone, n.acknowledged_at AS answered_at").
		ColumnExpr("(SELECT COUNT(*) FROM push_devices d WHERE d.person_id = p.id) AS devices").
		Where("n.key = ?", "drill:"+d.ID).OrderExpr("CASE WHEN n.acknowledged_at IS NULL THEN 0 ELSE 1 END, crew, p.name, p.id").Scan(ctx, &d.Answers)
	return d, asPerson(err)
}

// TakePost notes where the acting person stands in the arrival relay; "" is
// nowhere. It stays until he leaves it, or half a day.
func (s *Store) TakePost(ctx context.Context, act domain.Act, post domain.Position) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if post != "" && post.Index() < 1 {
			return domain.InvalidField("post", "field.choose")
		}
		topic := domain.PersonTopic(personID(act))
		if err := tx.Lock(ctx, topic); err != nil {
			return err
		}
		var was []struct {
			Post string
			At   time.Time
		}
		if err := tx.NewSelect().TableExpr("posts_taken").Column("post", "at").Where("person_id = ?", personID(act)).Scan(ctx, &was); err != nil {
			return err
		}
		old, fresh := "", post == ""
		if len(was) > 0 {
			old, fresh = was[0].Post, tx.Now.Sub(was[0].At) < time.Hour
		}
		if old == string(post) && fresh {
			return nil
		}
		var err error
		if post == "" {
			_, err = tx.NewRaw("DELETE FROM posts_taken WHERE person_id = ?", personID(act)).Exec(ctx)
		} else {
			_, err = tx.NewRaw("INSERT INTO posts_taken (person_id, post, at) VALUES (?, ?, ?) ON CONFLICT (person_id) DO UPDATE SET post = EXCLUDED.post, at = EXCLUDED.at", personID(act), post, tx.Now).Exec(ctx)
		}
		if err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: topic, Subject: topic, Verb: "person.post", Old: old, New: string(post), Minor: true})
		return nil
	})
}
