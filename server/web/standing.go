package web

import (
	"context"
	"sync"
	"time"

	"huiwu/server/domain"
	"huiwu/views"
)

// standing is how a person stands to an event, as of one seq of the event's topic
// and one of the person's row: whatever decides rights moves one of the two.
type standing struct {
	eventSeq, personSeq int64
	event               *domain.Event // shared: each reader gets a copy
	viewer              domain.Viewer
}

type standingKey struct{ person, event string }

// kept is what pages are made of and what a look at two topics' heads proves to
// be still so.
type kept struct {
	mu        sync.Mutex
	standings map[standingKey]standing
	bells     map[string]keptBell
}

type keptBell struct {
	seq   int64
	read  time.Time
	bell  views.Bell
	words string // its language
}

// maxKept is how many of each are remembered: the crews of a busy day.
const maxKept = 20_000

// bellLife is how long a bell is believed without a change: what is older than
// domain.NoticeMemory leaves it without one.
const bellLife = time.Minute

// look is what was found when a page began: the seqs of an event's topic and of
// the reader's own, before anything else that the page shows.
type look map[domain.Topic]int64

// stand is Store.Event for a page. It costs one look at the heads, which it
// returns, while neither event nor person has changed.
func (a *App) stand(ctx context.Context, p *domain.Person, id string) (*domain.Event, domain.Viewer, look, error) {
	topic := domain.EventTopic(id)
	h, err := a.Store.Heads(ctx, []domain.Topic{topic, domain.PersonTopic(p.ID)})
	if err != nil {
		return nil, domain.Viewer{}, nil, err
	}
	key := standingKey{p.ID, id}
	a.kept.mu.Lock()
	s, found := a.kept.standings[key]
	a.kept.mu.Unlock()
	if found && s.eventSeq == h[topic] && s.personSeq == p.Seq {
		e := *s.event
		v := s.viewer
		v.Person = p
		return &e, v, h, nil
	}
	e, v, err := a.Store.Event(ctx, p, id)
	if err != nil {
		return nil, v, h, err
	}
	shared := *e
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	if a.kept.standings == nil || len(a.kept.standings) >= maxKept {
		a.kept.standings = map[standingKey]standing{}
	}
	a.kept.standings[key] = standing{eventSeq: h[topic], personSeq: p.Seq, event: &shared, viewer: v}
	return e, v, h, nil
}

// bellAt is the person's bell when the head of his topic is known to be seq.
func (a *App) bellAt(ctx context.Context, p *domain.Person, locale string, seq int64) (views.Bell, error) {
	if !hasBell(p) {
		return views.Bell{}, nil
	}
	a.kept.mu.Lock()
	k, found := a.kept.bells[p.ID]
	a.kept.mu.Unlock()
	if found && k.seq == seq && k.words == locale && time.Since(k.read) < bellLife {
		return k.bell, nil
	}
	read := time.Now()
	b, err := a.bell(ctx, p, locale)
	if err != nil || b.Seq != seq {
		return b, err
	}
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	if a.kept.bells == nil || len(a.kept.bells) >= maxKept {
		a.kept.bells = map[string]keptBell{}
	}
	a.kept.bells[p.ID] = keptBell{seq: seq, read: read, bell: b, words: locale}
	return b, nil
}
