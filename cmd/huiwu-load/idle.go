package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// idleReport is what sockets cost that only wait.
type idleReport struct {
	Sockets int     `json:"sockets"`
	Before  float64 `json:"before_mb"` // resident memory of the server without sockets
	After   float64 `json:"after_mb"`  // with all of them
	PerK    float64 `json:"mb_per_1000"`
	JoinMS  float64 `json:"join_ms"`
	Drops   int64   `json:"drops"`
}

// holdIdle opens sockets, lets them wait, and reads the server's memory. A few
// sockets and pages come and go before, so that what is needed once is there.
func holdIdle(ctx context.Context, bases []string, c *cast, pid, n int, hold time.Duration) (*idleReport, error) {
	l, err := newLine(bases[0], nil)
	if err != nil {
		return nil, err
	}
	defer l.close()
	heads, err := headsOf(ctx, l, c)
	if err != nil {
		return nil, err
	}
	first, err := newCrowd(bases, c, min(n, 50))
	if err != nil {
		return nil, err
	}
	first.stand(heads)
	err = first.join(ctx, atOnce)
	first.cut()
	if err != nil {
		return nil, err
	}
	if err := wait(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	r := &idleReport{Sockets: n}
	if r.Before, err = resident(pid); err != nil {
		return nil, err
	}
	w, err := newCrowd(bases, c, n)
	if err != nil {
		return nil, err
	}
	w.stand(heads)
	defer w.cut()
	begun := time.Now()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, err
	}
	r.JoinMS = ms(time.Since(begun))
	if err := wait(ctx, hold); err != nil {
		return nil, err
	}
	if r.After, err = resident(pid); err != nil {
		return nil, err
	}
	r.PerK = (r.After - r.Before) * 1000 / float64(n)
	if r.Drops = w.drops.Load(); r.Drops > 0 {
		return nil, errors.New(w.lastDrop())
	}
	return r, nil
}

// headsOf asks where the events stand.
func headsOf(ctx context.Context, l *line, c *cast) (map[string]int64, error) {
	heads := map[string]int64{}
	for _, event := range c.Events {
		list, err := checklist(ctx, l, event, c.People[0], false)
		if err != nil {
			return nil, err
		}
		heads[event] = list.Seq
	}
	return heads, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *idleReport) String() string {
	return fmt.Sprintf("%d sockets joined in %.0f ms; resident %.1f → %.1f MB: %.1f MB for 1,000 sockets\n", r.Sockets, r.JoinMS, r.Before, r.After, r.PerK)
}
