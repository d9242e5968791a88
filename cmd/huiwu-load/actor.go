package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"huiwu/server/store"
)

// act is one tick or undo, as the person who did it knows it.
type act struct {
	event   string
	item    string
	seq     int64 // of the item's row in the answer
	states  []string
	unseen  bool          // done while all sockets were cut: how soon it was shown says nothing
	start   time.Duration // when the request was sent, since the crowd began
	replied time.Duration // when the answer was there
}

// States that a row may show after a tick and after an undo.
var (
	ticked = []string{"done", "submitted"}
	undone = []string{"not-due", "due", "late", "rejected"}
)

// tries is how often an act is sent before the person gives up.
const tries = 3

// stage is the items that the actors tick and undo; one act at a time on each.
type stage struct {
	begun time.Time
	heads map[string]int64 // event → seq when the stage was set

	actors []*actor

	mu      sync.Mutex
	free    []*prop
	acts    []act
	unseen  bool // the crowd is away
	refused int
	failed  int
	last    string // what the last refusal said
}

// prop is one item with those who may tick it.
type prop struct {
	event string
	id    string
	done  bool
	who   []*actor
}

// actor is a person with a connection.
type actor struct {
	player
	mu   sync.Mutex
	line *line
}

// newStage finds out who of n people may tick what.
func newStage(ctx context.Context, bases []string, c *cast, n int, begun time.Time) (*stage, error) {
	s := &stage{begun: begun, heads: map[string]int64{}}
	props := map[string]*prop{}
	for k := range min(n, len(c.People)) {
		l, err := newLine(bases[k%len(bases)], nil)
		if err != nil {
			return nil, err
		}
		a := &actor{player: c.People[k], line: l}
		s.actors = append(s.actors, a)
		for _, event := range c.Events {
			list, err := checklist(ctx, l, event, a.player, true)
			if err != nil {
				return nil, err
			}
			s.heads[event] = list.Seq
			for _, i := range list.Items {
				if !tappable(i) {
					continue
				}
				if props[i.ID] == nil {
					props[i.ID] = &prop{event: event, id: i.ID, done: slices.Contains(ticked, string(i.Status))}
					s.free = append(s.free, props[i.ID])
				}
				props[i.ID].who = append(props[i.ID].who, a)
			}
		}
	}
	if len(s.free) == 0 {
		return nil, fmt.Errorf("nobody may tick anything of %d events", len(c.Events))
	}
	return s, nil
}

// take is an item that nobody is at and that a may tick (nil: somebody may), by
// chance; nil when there is none.
func (s *stage) take(a *actor) *prop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil
	}
	first := rand.IntN(len(s.free))
	for n := range s.free {
		k := (first + n) % len(s.free)
		if p := s.free[k]; a == nil || slices.Contains(p.who, a) {
			s.free = slices.Delete(s.free, k, k+1)
			return p
		}
	}
	return nil
}

// play does one act: the item's present state the other way round, by a (nil:
// by anybody who may). It tells how long the answer took.
func (s *stage) play(ctx context.Context, a *actor) time.Duration {
	p := s.take(a)
	for n := 0; p == nil; n++ { // a slow server has all of them in its hands
		if n == 1000 {
			return 0
		}
		select {
		case <-ctx.Done():
			return 0
		case <-time.After(5 * time.Millisecond):
		}
		p = s.take(a)
	}
	if a == nil {
		a = p.who[rand.IntN(len(p.who))]
	}
	done, err := s.send(ctx, a, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil:
		return 0
	case err != nil:
		s.failed++
		s.last = err.Error()
	case done.seq == 0:
		s.refused++ // and left out from here on
		return 0
	default:
		p.done = !p.done
		done.unseen = s.unseen
		s.acts = append(s.acts, done)
	}
	s.free = append(s.free, p)
	return done.replied - done.start
}

// send asks as the page does, again with the same key when no answer comes.
func (s *stage) send(ctx context.Context, a *actor, p *prop) (act, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	method, states := "PUT", ticked
	if p.done {
		method, states = "DELETE", undone
	}
	key := store.NewID()
	done := act{event: p.event, item: p.id, states: states}
	var got answer
	var err error
	for try := range tries {
		now := time.Now()
		stamp := now.UTC().Format(time.RFC3339Nano)
		ask := a.line.request(method, "/items/"+p.id+"/done", "", "Accept", "text/html", "HX-Request", "true",
			"HX-Current-URL", "http://"+a.line.host+"/events/"+p.event+"/items", "Idempotency-Key", key, "X-Acted-At", stamp, "X-Sent-At", stamp, "Cookie", a.cookie())
		if try == 0 {
			done.start = now.Sub(s.begun)
		}
		if got, err = a.line.ask(ctx, ask, true); err == nil && got.status < 500 {
			break
		}
	}
	done.replied = time.Since(s.begun)
	if err != nil {
		return done, err
	}
	return done, s.check(&done, got, key)
}

// check reads the answer: a settled refusal leaves seq at 0.
func (s *stage) check(done *act, got answer, key string) error {
	switch {
	case got.status >= 400 && got.status < 500 && got.ack == key:
		s.mu.Lock()
		s.last = strings.TrimSpace(string(got.body))
		s.mu.Unlock()
		return nil
	case got.status != 200:
		return fmt.Errorf("act answered %d: %.200s", got.status, got.body)
	case got.ack != key:
		return fmt.Errorf("the answer acknowledges %q instead of %q", got.ack, key)
	}
	for _, r := range rowsIn(string(got.body)) {
		if r.item == done.item {
			done.seq = r.seq
			if !slices.Contains(done.states, r.state) {
				return fmt.Errorf("the answer shows state %q, want one of %q", r.state, done.states)
			}
			return nil
		}
	}
	return fmt.Errorf("the answer does not show the item: %.200s", got.body)
}

// close ends the actors' connections.
func (s *stage) close() {
	for _, a := range s.actors {
		a.line.close()
	}
}

// rest plays acts at a rate until n were begun, each in its time whether or
// not the ones before are answered, and waits for the answers.
func (s *stage) rest(ctx context.Context, n int, rate float64) {
	var wg sync.WaitGroup
	begun := time.Now()
	for k := range n {
		due := begun.Add(time.Duration(float64(k) / rate * float64(time.Second)))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			wg.Wait()
			return
		}
		wg.Go(func() { s.play(ctx, nil) })
	}
	wg.Wait()
}

// flat lets every actor act without a pause for as long, and tells how many
// acts a second were answered.
func (s *stage) flat(ctx context.Context, d time.Duration) (perSecond float64) {
	var wg sync.WaitGroup
	before, begun := len(s.acts), time.Now()
	for _, a := range s.actors {
		wg.Go(func() {
			for time.Since(begun) < d && ctx.Err() == nil {
				s.play(ctx, a)
			}
		})
	}
	wg.Wait()
	return float64(len(s.acts)-before) / time.Since(begun).Seconds()
}

// held is how many acts a second were begun and answered in the end.
func held(acts []act) float64 {
	var first, last time.Duration
	n := 0
	for _, a := range acts {
		if a.unseen {
			continue
		}
		if n == 0 || a.start < first {
			first = a.start
		}
		last = max(last, a.replied)
		n++
	}
	if last <= first {
		return 0
	}
	return float64(n) / (last - first).Seconds()
}
