package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

type namesKey struct{}

// WithNames is for a reader who may have the names of guests whose event is over:
// who edits its list and asked for them (see LookedAt), and the guest himself.
func WithNames(ctx context.Context) context.Context {
	return context.WithValue(ctx, namesKey{}, true)
}

// Named tells that it is such a reader.
func Named(ctx context.Context) bool { return ctx.Value(namesKey{}) != nil }

// withNeed adds to rows of people of events whether domain.Event.NamesHidden holds.
func (s *Store) withNeed(q *bun.SelectQuery, table string) *bun.SelectQuery {
	return q.ColumnExpr("EXISTS (SELECT 1 FROM events AS o WHERE o.id = ?.event_id AND (o.status IN (?) OR o.end_at < ?)) AS hidden", bun.Ident(table),
		bun.List(domain.NamesOver), s.Now().Add(-domain.NamesStay))
}

// masked leaves of people whose event is over what their reader needs.
func masked[T any, P interface {
	*T
	IsHidden() bool
	Mask()
}](ctx context.Context, list []T) []T {
	for k := range list {
		if p := P(&list[k]); p.IsHidden() && !Named(ctx) {
			p.Mask()
		}
	}
	return list
}

// LookedAt notes in the event's log that the person saw its guests: for a secret
// event, and for one that is over whose names he asked for. Guests he then has
// before him for lookAgain, so a page that fetches itself is one look.
func (s *Store) LookedAt(ctx context.Context, act domain.Act, e *domain.Event, how domain.Look) error {
	if e.Secrecy != domain.SecrecySecret && how != domain.LookNames {
		return nil
	}
	return s.logLook(ctx, act, domain.Change{
		Topic: domain.EventTopic(e.ID), EventID: e.ID, Subject: "person:" + personID(act), Verb: "event.looked", New: string(how), Minor: true,
	})
}

// logLook writes a look, unless the same one was written just now.
func (s *Store) logLook(ctx context.Context, act domain.Act, c domain.Change) error {
	n, err := s.read.NewSelect().TableExpr("changes").Where("topic = ? AND subject = ? AND verb = ? AND COALESCE(new, '') = ? AND person_id = ? AND received_at > ?",
		c.Topic, c.Subject, c.Verb, c.New, personID(act), s.Now().Add(-lookAgain)).Count(ctx)
	if err != nil || n > 0 {
		return asPerson(err)
	}
	act.Key, act.ActedAt = "", time.Time{}
	_, err = s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.Lock(ctx, c.Topic); err != nil {
			return err
		}
		tx.Record(c)
		return nil
	})
	return err
}
