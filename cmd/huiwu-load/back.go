package main

import (
	"context"
	"fmt"
	"time"
)

// backReport is how a crowd came back to a server that had been restarted.
type backReport struct {
	Sockets int     `json:"sockets"`
	CPU     float64 `json:"server_cpu_seconds"`
	Seconds float64 `json:"seconds"` // from the first socket until all show everything
	Missed  int     `json:"missed"`  // changes × sockets that were not shown, or in a wrong way
}

// backAtOnce is how many phones ask at the same time: they spread their return
// by chance, but not much.
const backAtOnce = 512

// comeBack opens sockets, lets the server restart, has some acts done that
// nobody sees, and lets all sockets ask for what they missed.
func comeBack(ctx context.Context, c *cast, s *child, sockets, missed int, restart func() (*child, error)) (*backReport, error) {
	w, err := newCrowd([]string{s.base}, c, sockets)
	if err != nil {
		return nil, err
	}
	st, err := newStage(ctx, []string{s.base}, c, 48, w.begun)
	if err != nil {
		return nil, err
	}
	defer st.close()
	w.stand(st.heads)
	defer w.cut()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	if s, err = restart(); err != nil {
		return nil, err
	}
	for _, p := range w.phones {
		select {
		case <-p.gone:
		case <-time.After(patience):
			return nil, fmt.Errorf("a socket outlived the server")
		}
	}
	st.unseen = true
	st.rest(ctx, missed, 50)
	if st.failed > 0 {
		return nil, fmt.Errorf("%d acts failed: %s", st.failed, st.last)
	}
	before, err := cpuSeconds(s.pid())
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := w.join(ctx, backAtOnce); err != nil {
		return nil, fmt.Errorf("coming back: %w", err)
	}
	behind := w.settle(ctx, st.now(), patience)
	r := &backReport{Sockets: sockets, Seconds: time.Since(begun).Seconds()}
	after, err := cpuSeconds(s.pid())
	if err != nil {
		return nil, err
	}
	r.CPU = after - before
	w.cut()
	v := judge(st.acts, w.phones)
	r.Missed = v.Lost + v.Doubled + v.Stale + v.Wrong + behind + int(w.resets.Load())
	return r, ctx.Err()
}
