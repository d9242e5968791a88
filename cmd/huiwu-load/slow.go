package main

import (
	"context"
	"fmt"
	"time"
)

// slowReport is what became of phones that did not keep up.
type slowReport struct {
	Never  int      `json:"never"`  // read nothing until the end
	Late   int      `json:"late"`   // read one message a second
	Closed int      `json:"closed"` // the server ended the socket, and the phone came back
	Passed int      `json:"passed"` // had what they missed waiting for them, or all that replaced it
	Stuck  int      `json:"stuck"`  // neither: came to the head in no way
	Err    string   `json:"error,omitempty"`
	Judged *verdict `json:"judged"`
}

// lateness is how long a late phone takes for one message.
const lateness = time.Second

// laggards are phones that read late or never. Little can wait on the way to
// them, so that the server notices soon.
type laggards struct {
	never, late *crowd
	release     chan struct{} // closed when they read like others again
}

func newLaggards(bases []string, c *cast, never, late int, begun time.Time, heads map[string]int64) (*laggards, error) {
	l := &laggards{release: make(chan struct{})}
	crowdOf := func(n int, pace func()) (*crowd, error) {
		w, err := newCrowd(bases, c, n)
		if err != nil {
			return nil, err
		}
		w.begun, w.tight, w.pace = begun, true, pace
		w.stand(heads)
		return w, nil
	}
	var err error
	if l.never, err = crowdOf(never, func() { <-l.release }); err != nil {
		return nil, err
	}
	l.late, err = crowdOf(late, func() {
		select {
		case <-l.release:
		case <-time.After(lateness):
		}
	})
	return l, err
}

func (l *laggards) join(ctx context.Context) error {
	if err := l.never.join(ctx, atOnce); err != nil {
		return err
	}
	return l.late.join(ctx, atOnce)
}

func (l *laggards) phones() []*phone {
	return append(l.never.phones[:len(l.never.phones):len(l.never.phones)], l.late.phones...)
}

// end lets them read what waits for them, brings those back whose sockets were
// ended, and judges all. Acts must have been told by now.
func (l *laggards) end(ctx context.Context, acts []act, heads map[string]int64) *slowReport {
	r := &slowReport{Never: len(l.never.phones), Late: len(l.late.phones)}
	close(l.release)
	phones := l.phones()
	behind := func(p *phone) bool { return p.seq.Load() < heads[p.event] }
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		waiting := 0
		for _, p := range phones {
			if behind(p) && !p.over() {
				waiting++
			}
		}
		if waiting == 0 {
			break
		}
	}
	var back []*phone
	for _, p := range phones {
		switch {
		case p.over():
			r.Closed++
			back = append(back, p)
		case behind(p):
			r.Stuck++
		default:
			r.Passed++
		}
	}
	if len(back) > 0 {
		if err := joinAll(ctx, back, atOnce); err != nil {
			r.Err = fmt.Sprintf("slow phones cannot come back: %v", err)
		}
	}
	l.never.settle(ctx, heads, 10*time.Second)
	l.late.settle(ctx, heads, 10*time.Second)
	l.never.cut()
	l.late.cut()
	r.Judged = judge(acts, phones)
	return r
}

func (r *slowReport) String() string {
	return fmt.Sprintf("%d phones that never read and %d that read late: %d closed and back, %d passed over, %d stuck; lost %d, doubled %d, stale %d, wrong %d\n",
		r.Never, r.Late, r.Closed, r.Passed, r.Stuck, r.Judged.Lost, r.Judged.Doubled, r.Judged.Stale, r.Judged.Wrong)
}
