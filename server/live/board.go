package live

import (
	"slices"
	"time"
)

// board is the feed of the board: one card for each event of the day. It has no
// counter, since one row that every act must lock would serialise the building.
type board struct {
	r       *room
	seen    map[string]int64 // events on the board → last seq heard of
	dirty   []string         // events to render, each once
	all     bool             // the set of events changed: render everything
	version int64            // grows with every mark; a rendering of everything is good for one version
	sent    time.Time
}

func (b *board) seq() int64    { return 0 }
func (b *board) waiting() bool { return b.all || len(b.dirty) > 0 }

func (b *board) opened(heads map[string]int64) {
	b.seen = make(map[string]int64, len(heads))
	for event, seq := range heads {
		b.seen[event] = seq
	}
}

func (b *board) offer(m Message) {
	if len(m.Subjects) == 0 {
		b.markAll()
	}
	for _, event := range m.Subjects {
		if seq, known := b.seen[event]; known && m.Seq > 0 {
			if m.Seq <= seq {
				continue
			}
			b.seen[event] = m.Seq
		}
		b.mark(event)
	}
}

func (b *board) mark(event string) {
	b.version++
	if !slices.Contains(b.dirty, event) {
		b.dirty = append(b.dirty, event)
	}
}

func (b *board) found(heads map[string]int64) bool {
	lost := false
	for event, seq := range heads {
		old, known := b.seen[event]
		switch {
		case !known:
			b.markAll()
		case seq > old:
			lost = true
			b.mark(event)
		}
		b.seen[event] = max(seq, old)
	}
	for event := range b.seen {
		if _, ok := heads[event]; !ok {
			delete(b.seen, event)
			b.markAll()
		}
	}
	return lost
}

func (b *board) markAll() {
	b.version++
	b.all = true
}

// next waits out the pause since the last rendering: many events change at once
// when a house is busy, and a wall screen needs no more.
func (b *board) next() (batch, bool, error) {
	h := b.r.hub
	b.r.mu.Lock()
	pause := time.Until(b.sent.Add(h.cfg.BoardPause))
	b.r.mu.Unlock()
	if pause > 0 && !sleep(h.ctx, pause) {
		return batch{}, false, h.ctx.Err()
	}
	b.r.members.Lock()
	defer b.r.members.Unlock()
	b.r.mu.Lock()
	defer b.r.mu.Unlock()
	todo := batch{subjects: b.dirty}
	if b.all {
		todo = batch{all: true}
	}
	b.dirty, b.all = nil, false
	b.sent = time.Now()
	return todo, len(b.r.groups) > 0, nil // whoever joins gets everything
}

func (b *board) shown(batch) {}

func (b *board) failed(todo batch) {
	if todo.all {
		b.all = true
	}
	for _, event := range todo.subjects {
		b.mark(event)
	}
}

// missed returns the whole board: it is small, and there is no counter to tell
// what a page has seen.
func (b *board) missed(key Key, _, _ int64) (*frame, error) {
	b.r.mu.Lock()
	version := b.version
	b.r.mu.Unlock()
	return b.r.flights.do(flight{key: key, to: version}, func() (*frame, error) {
		html, err := b.r.hub.render(b.r.hub.forJoins, TopicBoard, key, nil, 0)
		if err != nil {
			b.r.hub.complain("cannot render; page is fetched again", "topic", TopicBoard, "err", err)
			return resetFrame(TopicBoard, 0), nil
		}
		return wholeFrame(TopicBoard, html), nil
	})
}
