// Package limits says how often something may be tried: in this process alone,
// or together with all instances that share a Redis.
package limits

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate allows one try in Every, and Burst at once after a rest. The zero Rate
// allows everything.
type Rate struct {
	Every time.Duration
	Burst int
}

// Buckets keeps count in this process. The zero Buckets are ready.
type Buckets struct {
	mu    sync.Mutex
	of    map[string]*rate.Limiter
	swept time.Time
}

const (
	sweepPause = 10 * time.Minute
	sweepSize  = 20_000 // whoever makes names up fills no memory: then it is swept every second
)

// Take counts one try under a key and gives 0, or how long to wait when there
// were too many; a refused try does not count.
func (b *Buckets) Take(key string, r Rate) time.Duration {
	if r.Burst == 0 {
		return 0
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	l := b.of[key]
	if l == nil {
		l = rate.NewLimiter(rate.Every(r.Every), r.Burst)
		b.of[key] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return max(time.Duration(missing*float64(r.Every)), time.Millisecond)
}

// sweep forgets full buckets: they say nothing.
func (b *Buckets) sweep(now time.Time) {
	if b.of == nil {
		b.of, b.swept = map[string]*rate.Limiter{}, now
	}
	if since := now.Sub(b.swept); since < time.Second || since < sweepPause && len(b.of) < sweepSize {
		return
	}
	for k, l := range b.of {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(b.of, k)
		}
	}
	b.swept = now
}

// failures counts wrong tries in this process, and until when they shut a key.
type failures struct {
	mu    sync.Mutex
	of    map[string]failure
	swept time.Time
}

type failure struct {
	n           int
	until, seen time.Time
}

// failureLife is how long wrong tries are remembered after the last one.
const failureLife = 24 * time.Hour

func (f *failures) locked(key string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(time.Until(f.of[key].until), 0)
}

func (f *failures) fail(key string, lock func(n int) time.Duration) time.Duration {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]failure{}
	}
	if now.Sub(f.swept) > sweepPause || len(f.of) > sweepSize && now.Sub(f.swept) > time.Second {
		life := failureLife
		if len(f.of) > sweepSize {
			life = sweepPause
		}
		for k, x := range f.of {
			if now.Sub(x.seen) > life {
				delete(f.of, k)
			}
		}
		f.swept = now
	}
	x := f.of[key]
	x.n, x.seen = x.n+1, now
	d := lock(x.n)
	x.until = now.Add(d)
	f.of[key] = x
	return d
}
