package store

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Patrols are an event's routes with their checkpoints, in order: two queries.
func (s *Store) Patrols(ctx context.Context, eventID string) ([]domain.Patrol, error) {
	list, err := patrolsOf(ctx, s.read, "event_id = ? AND NOT struck", eventID)
	return list, asPerson(err)
}

func patrolsOf(ctx context.Context, db bun.IDB, where string, args ...any) ([]domain.Patrol, error) {
	var list []domain.Patrol
	if err := db.NewSelect().Model(&list).Where(where, args...).OrderExpr("sort, id").Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	at, ids := map[string]*domain.Patrol{}, make([]string, len(list))
	for k := range list {
		at[list[k].ID], ids[k] = &list[k], list[k].ID
	}
	var points []domain.Checkpoint
	if err := db.NewSelect().Model(&points).Where("patrol_id IN (?)", bun.List(ids)).OrderExpr("sort, id").Scan(ctx); err != nil {
		return nil, err
	}
	for k := range points {
		p := at[points[k].PatrolID]
		p.Checkpoints = append(p.Checkpoints, points[k])
	}
	return list, nil
}

// Checkpoint is one place of a route with the route, struck or not.
func (s *Store) Checkpoint(ctx context.Context, id string) (*domain.Patrol, *domain.Checkpoint, error) {
	list, err := patrolsOf(ctx, s.read, "id = (SELECT patrol_id FROM checkpoints WHERE id = ?)", id)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	if len(list) > 0 {
		for k := range list[0].Checkpoints {
			if c := &list[0].Checkpoints[k]; c.ID == id {
				return &list[0], c, nil
			}
		}
	}
	return nil, nil, domain.ErrNotFound
}

// AddPatrol puts a route on an event. Needs RightPostsEdit.
func (s *Store) AddPatrol(ctx context.Context, act domain.Act, eventID string, p domain.Patrol) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightPostsEdit, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if err := mayPost(e, v, p.Crew); err != nil {
			return err
		}
		p := p // a retry begins anew
		if err := tx.NewSelect().TableExpr("patrols").ColumnExpr("COALESCE(MAX(sort), 0) + 1").Where("event_id = ?", eventID).Scan(ctx, &p.Sort); err != nil {
			return err
		}
		p.ID, p.EventID, p.CreatedAt, p.Seq = NewID(), eventID, tx.Now, tx.Next(domain.EventTopic(eventID))
		if _, err := tx.NewInsert().Model(&p).Exec(ctx); err != nil {
			return err
		}
		points := make([]domain.Checkpoint, len(p.Checkpoints))
		for k, c := range p.Checkpoints {
			c.ID, c.EventID, c.PatrolID = NewID(), eventID, p.ID
			points[k] = c
		}
		if _, err := tx.NewInsert().Model(&points).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created = p.ID
		tx.recordPatrol(&p, domain.Change{Verb: "patrol.added", New: strconv.Itoa(len(points))})
		return nil
	})
}

func (tx *Tx) recordPatrol(p *domain.Patrol, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Crew = domain.EventTopic(p.EventID), p.EventID, "patrol:"+p.ID, p.Crew
	if c.Label == "" {
		c.Label = p.Name
	}
	tx.Record(c)
}

// patrolAct is an act on a route, or on one of its checkpoints.
type patrolAct struct {
	tx *Tx
	e  *domain.Event
	v  domain.Viewer
	p  *domain.Patrol
	c  *domain.Checkpoint // nil: the route itself
}

// changePatrol locks the event of the row that table and id name, loads the route
// through the person's rights and lets fn change it; fn returns the log row, or nil
// when nothing changed.
func (s *Store) changePatrol(ctx context.Context, act domain.Act, table, id string, fn func(a *patrolAct) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, table, "id", id); err != nil {
			return err
		}
		where := "id = ?"
		if table == "checkpoints" {
			where = "id = (SELECT patrol_id FROM checkpoints WHERE id = ?)"
		}
		list, err := patrolsOf(ctx, tx, where, id)
		if err != nil {
			return err
		}
		a := &patrolAct{tx: tx, p: &list[0]}
		for k := range a.p.Checkpoints {
			if a.p.Checkpoints[k].ID == id {
				a.c = &a.p.Checkpoints[k]
			}
		}
		if a.e, a.v, err = eventOnly(ctx, tx, act.Person, a.p.EventID); err != nil {
			return err
		}
		tx.Receipt.Subjects = []string{"patrol:" + a.p.ID}
		switch {
		case a.e.Status.Over():
			return domain.Conflict("event.over")
		case a.p.Struck:
			return domain.Conflict("patrol.struck")
		}
		c, err := fn(a)
		if err != nil || c == nil {
			return err
		}
		a.p.Seq = tx.Next(domain.EventTopic(a.e.ID))
		if _, err := tx.NewUpdate().Model(a.p).WherePK().Exec(ctx); err != nil {
			return err
		}
		if a.c != nil {
			if _, err := tx.NewUpdate().Model(a.c).WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		tx.recordPatrol(a.p, *c)
		return nil
	})
}

// StrikePatrol takes a route off. Needs RightPostsEdit.
func (s *Store) StrikePatrol(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePatrol(ctx, act, "patrols", id, func(a *patrolAct) (*domain.Change, error) {
		if !a.v.Can(domain.RightPostsEdit, a.e.Secrecy) {
			return nil, domain.ErrForbidden
		}
		if err := mayPost(a.e, a.v, a.p.Crew); err != nil {
			return nil, err
		}
		a.p.Struck = true
		return &domain.Change{Verb: "patrol.struck"}, nil
	})
}

// mark needs MayDo, for the crew that walks there; the event must be worked on.
func (s *Store) mark(ctx context.Context, act domain.Act, id, reason string, check func(c *domain.Checkpoint) (byCode bool, err error)) (domain.Receipt, error) {
	return s.changePatrol(ctx, act, "checkpoints", id, func(a *patrolAct) (*domain.Change, error) {
		if err := a.mayWalk(); err != nil {
			return nil, err
		}
		byCode, err := check(a.c)
		if err != nil {
			return nil, err
		}
		if a.p.RoundAt != nil && a.tx.overtaken(*a.p.RoundAt) { // a phone without network walked a round that is complete
			a.tx.Receipt.Notice = "act.overtaken"
			return &domain.Change{Verb: "patrol.overtaken", Label: a.p.Name + " " + a.c.Name, New: strconv.Itoa(a.p.RoundNo - 1), Note: reason}, nil
		}
		no := strconv.Itoa(a.p.RoundNo)
		changed, round := a.p.Mark(a.c, domain.Doing{By: personID(a.tx.Act), At: a.tx.At, Received: a.tx.Now, Reason: reason}, byCode)
		if !changed {
			a.tx.Receipt.Notice = "act.already"
			return nil, nil
		}
		verb := "patrol.visited"
		switch {
		case reason != "":
			verb = "patrol.skipped"
		case round:
			verb = "patrol.round"
		}
		return &domain.Change{Verb: verb, Label: a.p.Name + " " + a.c.Name, New: no, Note: reason}, nil
	})
}

func (a *patrolAct) mayWalk() error {
	if !a.v.MayDo(a.p.Crew, a.e.Secrecy) {
		return domain.ErrForbidden
	}
	if !a.e.Status.Working() {
		return domain.Conflict("event.not_working")
	}
	return nil
}

// VisitCheckpoint says that somebody stands there; code is the token of the sign
// that hangs there, "" when he tapped the button.
func (s *Store) VisitCheckpoint(ctx context.Context, act domain.Act, id, code string) (domain.Receipt, error) {
	return s.mark(ctx, act, id, "", func(c *domain.Checkpoint) (bool, error) {
		if code == "" {
			return false, nil
		}
		if p, err := s.readPass(ctx, code, domain.PassCheckpoint); err != nil || p.ID != c.ID {
			return false, domain.Conflict("patrol.wrong_code")
		}
		return true, nil
	})
}

// SkipCheckpoint leaves one out of the present round, with the reason.
func (s *Store) SkipCheckpoint(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	reason = domain.Clean(reason, false)
	return s.mark(ctx, act, id, reason, func(*domain.Checkpoint) (bool, error) {
		switch {
		case reason == "":
			return false, domain.InvalidField("reason", "field.required")
		case len([]rune(reason)) > 200:
			return false, domain.InvalidField("reason", "field.too_long", "max", "200")
		}
		return false, nil
	})
}

// UnmarkCheckpoint takes a mark of the present round back.
func (s *Store) UnmarkCheckpoint(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePatrol(ctx, act, "checkpoints", id, func(a *patrolAct) (*domain.Change, error) {
		if err := a.mayWalk(); err != nil {
			return nil, err
		}
		if !a.p.Unmark(a.c) {
			return nil, nil
		}
		return &domain.Change{Verb: "patrol.unmarked", Label: a.p.Name + " " + a.c.Name, New: strconv.Itoa(a.p.RoundNo)}, nil
	})
}
