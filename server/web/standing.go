package web

import (
	"context"
	"sync"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// keptRoster is an event's roster as of one seq of its topic: whatever decides how
// anybody stands to it moves that.
type keptRoster struct {
	mu     sync.Mutex // held while it is read: the others wait for the answer
	seq    int64
	roster *store.Roster // shared: each reader gets a copy of the event
}

// kept is what pages are made of and what a look at two topics' heads proves to
// be still so.
type kept struct {
	rosters slots[keptRoster]

	mu    sync.Mutex
	bells map[string]keptBell
}

type keptBell struct {
	seq   int64
	read  time.Time
	bell  views.Bell
	words string // its language
}

// How many are remembered: the events that people look at on a busy day, and the
// people.
const (
	maxRosters = 200
	maxBells   = 20_000
)

// bellLife is how long a bell is believed without a change: what is older than
// domain.NoticeMemory leaves it without one.
const bellLife = time.Minute

// look is what was found when a page began: the seqs of an event's topic and of
// the reader's own, before anything else that the page shows.
type look map[domain.Topic]int64

// stand is Store.Event for a page or a socket. It costs one look at the heads,
// which it returns, while the event has not changed.
func (a *App) stand(ctx context.Context, p *domain.Person, id string) (*domain.Event, domain.Viewer, look, error) {
	topic := domain.EventTopic(id)
	h, err := a.Store.Heads(ctx, []domain.Topic{topic, domain.PersonTopic(p.ID)})
	if err != nil {
		return nil, domain.Viewer{}, nil, err
	}
	r, err := a.roster(ctx, id, h[topic])
	if err != nil {
		return nil, domain.Viewer{}, h, err
	}
	v, err := r.Viewer(p)
	if err != nil {
		return nil, v, h, err
	}
	e := r.Event
	return &e, v, h, nil
}

// roster is the event's as of seq or later.
func (a *App) roster(ctx context.Context, id string, seq int64) (*store.Roster, error) {
	k := a.kept.rosters.slot(id, maxRosters)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.roster != nil && k.seq >= seq {
		return k.roster, nil
	}
	r, err := a.Store.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	k.seq, k.roster = seq, r
	return r, nil
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
	b, err := a.bell(ctx, p, locale, "")
	if err != nil || b.Seq != seq {
		return b, err
	}
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	if a.kept.bells == nil || len(a.kept.bells) >= maxBells {
		a.kept.bells = map[string]keptBell{}
	}
	a.kept.bells[p.ID] = keptBell{seq: seq, read: read, bell: b, words: locale}
	return b, nil
}
