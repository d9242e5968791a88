package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	list, err := checklist(ctx, l, c.Event, c.People[0], false)
	if err != nil {
		return nil, err
	}
	first, err := newCrowd(bases, c, min(n, 50), list.Seq)
	if err != nil {
		return nil, err
	}
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
	w, err := newCrowd(bases, c, n, list.Seq)
	if err != nil {
		return nil, err
	}
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

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// resident is a process's resident memory in MB (10⁶ bytes); 0 for pid 0.
func resident(pid int) (float64, error) {
	if pid == 0 {
		return 0, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0, fmt.Errorf("process %d tells no memory", pid)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib * 1024 / 1e6, err
}

func (r *idleReport) String() string {
	return fmt.Sprintf("%d sockets joined in %.0f ms; resident %.1f → %.1f MB: %.1f MB for 1,000 sockets\n", r.Sockets, r.JoinMS, r.Before, r.After, r.PerK)
}
