package demo

import (
	"context"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// deed is something that the supervisor does besides the events' own steps.
type deed struct {
	at time.Time
	do func(ctx context.Context) error
}

// evenings are what he does on the day before, for the visit's day and the next: the
// signing is moved, the party meeting cancelled, everything collected, published and
// handed to the crews, and everybody named says that he has seen it.
func (t *troupe) evenings(day time.Time) []deed {
	by := domain.Act{Person: t.people[supervisor]}
	clock := func(offset int, hour, minute int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+offset, hour, minute, 0, 0, day.Location()).UTC()
	}
	list := []deed{
		{clock(-1, 13, 10), func(ctx context.Context) error { return t.moveSigning(ctx, by) }},
		{clock(-1, 13, 20), func(ctx context.Context) error {
			id := fixedID("event", partyKey)
			if _, err := t.s.SetStatus(ctx, by, id, domain.EventCancelled, "与审计进点会冲突，改到下周"); err != nil {
				return err
			}
			return t.seeChanges(ctx, id)
		}},
		{clock(-1, 17, 40), func(ctx context.Context) error { return t.handOut(ctx, by, fixedID("event", visitKey)) }},
	}
	for offset := range 2 {
		site := domain.SiteDay(day.AddDate(0, 0, offset), t.s.Loc)
		step := func(hour, minute int, step domain.Step) deed {
			return deed{clock(offset-1, hour, minute), func(ctx context.Context) error {
				_, err := t.s.TakeIn(ctx, by, site, step, false)
				return err
			}}
		}
		list = append(list, step(17, 0, domain.StepTaken), step(17, 14, domain.StepLevels),
			deed{clock(offset-1, 17, 28), func(ctx context.Context) error { return t.publish(ctx, by, site) }}, step(18, 0, domain.StepBriefing))
	}
	return list
}

// moveSigning moves the signing of the next day to the room beside, when that is free.
func (t *troupe) moveSigning(ctx context.Context, by domain.Act) error {
	id := fixedID("event", signingKey)
	e, _, err := t.s.Event(ctx, nil, id)
	if err != nil {
		return err
	}
	_, err = t.s.MoveEvent(ctx, by, id, store.Move{StartAt: e.StartAt, EndAt: e.EndAt, Rooms: []string{"R3"}, Reason: "第一会议室设备检修"})
	if _, refused := domain.AsError(err); refused {
		return nil //nolint:nilerr // on some clock times another event has it: then it stays
	}
	if err != nil {
		return err
	}
	return t.seeChanges(ctx, id)
}

func (t *troupe) seeChanges(ctx context.Context, event string) error {
	list, err := t.s.Bulletins(ctx, event, domain.BulletinChange)
	for k := range list {
		if err == nil {
			err = t.seeAll(ctx, &list[k])
		}
	}
	return err
}

func (t *troupe) publish(ctx context.Context, by domain.Act, day string) error {
	if _, err := t.s.Publish(ctx, by, day); err != nil {
		return err
	}
	b, err := t.s.Board(ctx, day)
	if err != nil || b == nil {
		return err
	}
	return t.seeAll(ctx, b)
}

// handOut issues the visit's work notices; their leads accept them.
func (t *troupe) handOut(ctx context.Context, by domain.Act, event string) error {
	if _, err := t.s.IssueWork(ctx, by, event); err != nil {
		return err
	}
	list, err := t.s.Bulletins(ctx, event, domain.BulletinWork)
	for k := range list {
		if err == nil {
			err = t.seeAll(ctx, &list[k])
		}
	}
	return err
}

// seeAll lets everybody say that he has seen a bulletin.
func (t *troupe) seeAll(ctx context.Context, b *domain.Bulletin) error {
	for _, id := range b.Missing() {
		if _, err := t.s.SeeBulletin(ctx, domain.Act{Person: t.people[t.numbers[id]]}, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// The events of the week that something happens to.
const (
	signingKey = "19-05"
	partyKey   = "20-03"
)
