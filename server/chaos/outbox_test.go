package chaos

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// The rules of static/js/queue.js, with shorter pauses: an entry leaves only on an answer that names its key; acts on one
// row go one after the other, rows do not wait for each other; an act that is a riddle to the server rests, while the
// others go on; anything else stops everything for a while.
const (
	parallel = 4               // rows at a time
	park     = 3 * time.Second // a resting row rests no longer
	capPause = 2 * time.Second // between two tries while nobody answers
	answerIn = 4 * time.Second // what a request may take
	firstRun = 50 * time.Millisecond
)

// outcome is why a pump ended.
type outcome string

const (
	empty   outcome = "empty"
	away    outcome = "away" // no network, or nothing that answers like ours
	auth    outcome = "auth" // sign in first
	resting outcome = "resting"
)

// entry is one act that waits on the phone.
type entry struct {
	deed  *deed
	lane  string
	tries int
	rest  time.Time
}

// outbox is the file of one phone. It survives whatever happens to the page.
type outbox struct {
	send func(ctx context.Context, e *entry) try

	mu      sync.Mutex
	entries []*entry
	rand    *rand.Rand
	news    chan struct{} // something was added
}

func newOutbox(r *rand.Rand, send func(ctx context.Context, e *entry) try) *outbox {
	return &outbox{send: send, rand: r, news: make(chan struct{}, 1)}
}

func (o *outbox) add(e *entry) {
	o.mu.Lock()
	o.entries = append(o.entries, e)
	o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
}

func (o *outbox) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.entries)
}

// heads are the first waiting entries of each row, in any order.
func (o *outbox) heads() []*entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := map[string]bool{}
	var list []*entry
	for _, e := range o.entries {
		if !seen[e.lane] {
			seen[e.lane] = true
			list = append(list, e)
		}
	}
	o.rand.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}

// pump sends what waits until it is empty or nothing more can be sent now.
func (o *outbox) pump(ctx context.Context) outcome {
	lanes := map[string]bool{}
	type end struct {
		lane string
		why  outcome
	}
	ends := make(chan end)
	var stop outcome
	for {
		if stop == "" && ctx.Err() == nil {
			for _, e := range o.heads() {
				if len(lanes) >= parallel || lanes[e.lane] || time.Now().Before(e.rest) {
					continue
				}
				lanes[e.lane] = true
				go func() { ends <- end{e.lane, o.deliver(ctx, e)} }()
			}
		}
		if len(lanes) == 0 {
			break
		}
		select {
		case x := <-ends:
			delete(lanes, x.lane)
			if stop == "" {
				stop = x.why
			}
		case <-o.news:
		}
	}
	switch {
	case stop != "":
		return stop
	case o.len() > 0:
		return resting
	}
	return empty
}

// deliver sends one entry once: "" when the next may follow.
func (o *outbox) deliver(ctx context.Context, e *entry) outcome {
	a := o.send(ctx, e)
	e.tries++
	switch {
	case a.acked:
		o.erase(e)
		return ""
	case a.status == 500 || a.status == 501 || a.status == 507:
		e.rest = time.Now().Add(min(park, time.Second<<min(e.tries, 10)))
		return ""
	case a.status == 401:
		return auth
	}
	return away
}

func (o *outbox) erase(e *entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for k := range o.entries {
		if o.entries[k] == e {
			o.entries = append(o.entries[:k], o.entries[k+1:]...)
			return
		}
	}
}

// backoff grows with failures and is never the same for two phones.
func (o *outbox) backoff(failures int) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	full := min(capPause, firstRun<<min(failures, 10))
	return full/2 + time.Duration(o.rand.Int64N(int64(full/2)+1))
}
