package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

type liveOptions struct {
	Sockets int     `default:"1000" help:"How many phones look on."`
	Actors  int     `default:"48" help:"How many of the people tick."`
	Acts    int     `default:"200" help:"How many acts."`
	Rate    float64 `default:"10" help:"Acts a second."`
	Storm   int     `help:"Afterwards: cut all sockets at once, do that many acts unseen, and let all come back in the same moment."`
}

// liveReport is what came of playing before a crowd.
type liveReport struct {
	Sockets    int       `json:"sockets"`
	Acts       int       `json:"acts"`
	Refused    int       `json:"refused"`
	Failed     int       `json:"failed"`
	JoinMS     float64   `json:"join_ms"`
	Reply      quantiles `json:"reply_ms"`   // request start → answer
	Shown      quantiles `json:"shown_ms"`   // request start → frame, every act at every socket
	Slowest    quantiles `json:"slowest_ms"` // the same, at each act's last socket
	Verdict    *verdict  `json:"verdict"`
	Behind     int       `json:"behind"` // sockets that had not come to the head when patience ended
	Differ     int       `json:"differ"` // items whose last shown row is not the page's
	Drops      int64     `json:"drops"`
	Resets     int64     `json:"resets"`
	Gaps       int64     `json:"gaps"`
	Broken     int64     `json:"broken"`
	Deliveries float64   `json:"deliveries_per_second"`
	KBytes     float64   `json:"kilobytes_per_second"`
	StormMS    float64   `json:"storm_ms,omitempty"` // from the first socket that comes back until all show everything
	Note       string    `json:"note,omitempty"`
}

// playLive lets a crowd look on while some of its people tick and undo.
func playLive(ctx context.Context, bases []string, c *cast, o liveOptions) (*liveReport, error) {
	w, err := newCrowd(bases, c, o.Sockets, 0)
	if err != nil {
		return nil, err
	}
	s, seq, err := newStage(ctx, bases, c, o.Actors, w.begun)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for _, p := range w.phones {
		p.seq.Store(seq)
	}
	begun := time.Now()
	if err := w.join(ctx, atOnce); err != nil {
		w.cut()
		return nil, fmt.Errorf("sockets: %w", err)
	}
	r := &liveReport{Sockets: o.Sockets, JoinMS: ms(time.Since(begun))}
	begun = time.Now()
	s.rest(ctx, o.Acts, o.Rate)
	r.Behind = w.settle(ctx, s.head(), 10*time.Second)
	took := time.Since(begun).Seconds()
	r.KBytes = float64(w.bytes.Load()) / 1000 / took
	if o.Storm > 0 {
		if err := storm(ctx, s, w, o, r); err != nil {
			w.cut()
			return nil, err
		}
	}
	w.cut()
	r.judge(s, w)
	r.Deliveries = float64(r.Verdict.Frames) / took
	return r, r.compare(ctx, bases[0], c, w)
}

// storm is the moment after a deploy or a dead access point: everybody comes
// back at once and asks for what was missed.
func storm(ctx context.Context, s *stage, w *crowd, o liveOptions, r *liveReport) error {
	w.cut()
	s.unseen = true
	s.rest(ctx, o.Storm, 50)
	begun := time.Now()
	if err := w.join(ctx, len(w.phones)); err != nil {
		return fmt.Errorf("coming back: %w", err)
	}
	r.Behind += w.settle(ctx, s.head(), 30*time.Second)
	r.StormMS = ms(time.Since(begun))
	return nil
}

// head is the seq of the newest act.
func (s *stage) head() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var head int64
	for _, a := range s.acts {
		head = max(head, a.seq)
	}
	return head
}

// judge closes the books.
func (r *liveReport) judge(s *stage, w *crowd) {
	var reply spans
	for _, a := range s.acts {
		if !a.unseen {
			reply = append(reply, a.replied-a.start)
		}
	}
	reply.sort()
	v := judge(s.acts, w.phones)
	r.Acts, r.Refused, r.Failed, r.Verdict = len(s.acts), s.refused, s.failed, v
	r.Reply, r.Shown, r.Slowest = reply.quantiles(), v.all.quantiles(), v.slowest.quantiles()
	r.Drops, r.Resets, r.Gaps, r.Broken = w.drops.Load(), w.resets.Load(), w.gaps.Load(), w.broken.Load()
	r.Note = strings.TrimSpace(s.last + " " + w.lastDrop())
}

// compare asks for the page once more: after quiet, each socket shows its rows.
func (r *liveReport) compare(ctx context.Context, base string, c *cast, w *crowd) error {
	l, err := newLine(base, nil)
	if err != nil {
		return err
	}
	defer l.close()
	a, err := l.ask(ctx, l.request("GET", "/events/"+c.Event+"/items", "", "Accept", "text/html", "Cookie", c.People[0].cookie()), true)
	if err != nil {
		return err
	}
	page := rowsIn(string(a.body))
	if a.status != 200 || len(page) == 0 {
		return fmt.Errorf("the page shows no items: %d", a.status)
	}
	for _, p := range w.phones {
		shown := map[string]row{}
		for _, s := range p.seen {
			for _, x := range s.frame.rows {
				shown[x.item] = x
			}
		}
		for _, x := range page {
			if have, ok := shown[x.item]; ok && have.seq != x.seq {
				r.Differ++
			}
		}
	}
	return nil
}

// faulty is an error when anything was lost, doubled, old or wrong.
func (r *liveReport) faulty() error {
	v := r.Verdict
	counts := []struct {
		what string
		n    int
	}{
		{"lost", v.Lost},
		{"doubled", v.Doubled},
		{"stale", v.Stale},
		{"wrong", v.Wrong},
		{"behind", r.Behind},
		{"different from the page", r.Differ},
		{"failed acts", r.Failed},
		{"drops", int(r.Drops)},
		{"gaps", int(r.Gaps)},
		{"unreadable frames", int(r.Broken)},
		{"resets", int(r.Resets)},
	}
	var bad []string
	for _, c := range counts {
		if c.n > 0 {
			bad = append(bad, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(bad) == 0 && r.Acts > 0 {
		return nil
	}
	return errors.New("not clean: " + strings.Join(slices.Concat(bad, []string{fmt.Sprintf("%d acts", r.Acts), r.Note}), ", "))
}

func (q quantiles) String() string {
	return fmt.Sprintf("p50 %.1f  p90 %.1f  p99 %.1f  max %.1f ms", q.P50, q.P90, q.P99, q.Max)
}

func (r *liveReport) String() string {
	v := r.Verdict
	var b strings.Builder
	fmt.Fprintf(&b, "%d sockets joined in %.0f ms; %d acts (%d refused, %d failed)\n", r.Sockets, r.JoinMS, r.Acts, r.Refused, r.Failed)
	fmt.Fprintf(&b, "request → answer           %s\n", r.Reply)
	fmt.Fprintf(&b, "request → frame, all       %s\n", r.Shown)
	fmt.Fprintf(&b, "request → frame, slowest   %s\n", r.Slowest)
	fmt.Fprintf(&b, "%.0f frames/s, %.0f kB/s to all sockets\n", r.Deliveries, r.KBytes)
	if r.StormMS > 0 {
		fmt.Fprintf(&b, "all back and up to date after %.0f ms\n", r.StormMS)
	}
	fmt.Fprintf(&b, "shown %d, lost %d, doubled %d, stale %d, wrong %d, behind %d, different from the page %d; drops %d, resets %d, gaps %d, unreadable %d\n",
		v.Pairs, v.Lost, v.Doubled, v.Stale, v.Wrong, r.Behind, r.Differ, r.Drops, r.Resets, r.Gaps, r.Broken)
	if r.Note != "" {
		fmt.Fprintf(&b, "last refusal or drop: %s\n", r.Note)
	}
	return b.String()
}
