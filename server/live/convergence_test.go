package live

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// In these tests pages come and go, on any instance, while many write. After
// each frame a page must show everything up to the frame's seq, but for what is
// still to come, and in the end what the source shows.

func TestConvergence(t *testing.T) {
	t.Run("two instances", func(t *testing.T) {
		s := newFakeSource()
		a, b := twoHubs(t, s, none)
		converge(t, s, []*Hub{a, b}, nil)
	})
	t.Run("every third message is lost", func(t *testing.T) {
		s := newFakeSource()
		broker := NewMemoryBroker()
		lose := func(Message) bool { return rand.IntN(3) == 0 }
		a := startHub(t, Config{Source: s, Bus: &lossyBus{broker.Bus(), lose}, Poll: 100 * time.Millisecond})
		b := startHub(t, Config{Source: s, Bus: &lossyBus{broker.Bus(), lose}, Poll: 100 * time.Millisecond})
		converge(t, s, []*Hub{a, b}, nil)
	})
	t.Run("redis is killed and comes back", func(t *testing.T) {
		port := freePort(t)
		stop := startRedis(t, port)
		bus := redisBuses(t, redisAt(port))
		s := newFakeSource()
		a := startHub(t, Config{Source: s, Bus: bus(), Poll: 200 * time.Millisecond})
		b := startHub(t, Config{Source: s, Bus: bus(), Poll: 200 * time.Millisecond})
		converge(t, s, []*Hub{a, b}, func() {
			stop()
			time.Sleep(200 * time.Millisecond)
			startRedis(t, port)
		})
	})
}

const (
	writers = 6
	commits = 150 // of each writer
	readers = 30
)

func converge(t *testing.T, s *fakeSource, hubs []*Hub, trouble func()) {
	s.delay = 200 * time.Microsecond
	var writing, reading sync.WaitGroup
	var written atomic.Bool
	for w := range writers {
		writing.Go(func() { writeRandomly(s, hubs, w) })
	}
	pages := make([]*lifelongPage, readers)
	for i := range pages {
		pages[i] = &lifelongPage{t: t, source: s, key: []Key{zh, en}[i%2], state: make(map[string]int64)}
		reading.Go(func() { pages[i].comeAndGo(hubs, &written) })
	}
	if trouble != nil {
		time.Sleep(100 * time.Millisecond)
		trouble()
	}
	writing.Wait()
	written.Store(true)
	reading.Wait()

	head := s.head(ev)
	if head < writers*commits {
		t.Fatalf("only %d changes were written", head)
	}
	want, _ := s.snapshot(ev)
	var joins, resets int
	for _, p := range pages {
		if p.seq != head || fmt.Sprint(p.state) != fmt.Sprint(want) {
			t.Errorf("a page ended at %d of %d", p.seq, head)
		}
		joins += p.joins
		resets += p.resets
	}
	t.Logf("%d changes, %d joins, %d resets; first instance %+v", head, joins, resets, hubs[0].Stats())
}

func writeRandomly(s *fakeSource, hubs []*Hub, w int) {
	var late sync.WaitGroup
	for range commits {
		subjects := make([]string, 1+rand.IntN(3))
		if rand.IntN(100) == 0 {
			subjects = make([]string, 70)
		}
		for i := range subjects {
			subjects[i] = fmt.Sprintf("item:%d", rand.IntN(80))
		}
		m := s.commit(ev, subjects...)
		hub := hubs[(w+rand.IntN(2))%len(hubs)]
		if rand.IntN(5) == 0 {
			late.Go(func() {
				time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
				hub.Announce(m)
			})
		} else {
			hub.Announce(m)
		}
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
	}
	late.Wait()
}

// lifelongPage is a page that keeps what it shows from one socket to the next.
type lifelongPage struct {
	t      *testing.T
	source *fakeSource
	key    Key

	mu            sync.Mutex
	state         map[string]int64
	seq           int64
	joins, resets int
}

func (p *lifelongPage) comeAndGo(hubs []*Hub, written *atomic.Bool) {
	for !written.Load() {
		if rand.IntN(4) == 0 {
			p.fetch()
		}
		leave := p.join(hubs[rand.IntN(len(hubs))])
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
		leave()
	}
	leave := p.join(hubs[rand.IntN(len(hubs))])
	defer leave()
	head := p.source.head(ev)
	eventually(p.t, "page is up to date", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.seq == head
	})
}

// fetch loads the page again.
func (p *lifelongPage) fetch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state, p.seq = p.source.snapshot(ev)
}

func (p *lifelongPage) join(h *Hub) (leave func()) {
	p.mu.Lock()
	since := p.seq
	p.joins++
	p.mu.Unlock()
	sub := at(p.key, ev, since)
	sub.Person = ""
	conn, err := h.Join(sub)
	if err != nil {
		p.t.Errorf("Join: %v", err)
		return func() {}
	}
	last := int64(-1) // of this socket
	conn.Attach(func() {
		for {
			message, err := conn.Next()
			if err != nil {
				return
			}
			for _, f := range decode(p.t, message.text) {
				if f.Heads != nil {
					continue
				}
				if f.Seq <= last {
					p.t.Errorf("frame %d after %d: doubled", f.Seq, last)
				}
				last = f.Seq
				p.apply(f)
			}
		}
	}, nil)
	return conn.Leave
}

func (p *lifelongPage) apply(f got) {
	if f.Reset {
		p.fetch()
		p.mu.Lock()
		p.resets++
		p.mu.Unlock()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for subject, version := range f.shows() {
		p.state[subject] = max(p.state[subject], version) // never replace newer with older
	}
	now, _ := p.source.snapshot(ev)
	for _, c := range p.source.between(ev, p.seq, f.Seq) {
		// A backlog leaves out what a later frame shows again. Should the socket
		// break before that, the page is still told, because it asks from f.Seq.
		toldAgain := now[c.Subject] > f.Seq
		if p.state[c.Subject] < c.Seq && !toldAgain {
			p.t.Errorf("page went from %d to %d without change %d", p.seq, f.Seq, c.Seq)
		}
	}
	p.seq = max(p.seq, f.Seq)
}
