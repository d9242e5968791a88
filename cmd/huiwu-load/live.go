package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

type liveOptions struct {
	Sockets int     `default:"1000" help:"How many phones look on."`
	Never   int     `help:"That many phones more open a socket and read nothing from it."`
	Late    int     `help:"That many phones more read one message a second."`
	Actors  int     `default:"48" help:"How many of the people tick."`
	Acts    int     `default:"200" help:"How many acts."`
	Rate    float64 `default:"10" help:"Acts a second."`
	Storm   int     `help:"Afterwards: cut all sockets at once, do that many acts unseen, and let all come back in the same moment."`
}

// liveReport is what came of playing before a crowd.
type liveReport struct {
	Sockets    int       `json:"sockets"`
	Events     int       `json:"events"`
	Acts       int       `json:"acts"`
	Refused    int       `json:"refused"`
	Failed     int       `json:"failed"`
	JoinMS     float64   `json:"join_ms"`
	Held       float64   `json:"acts_per_second"`
	Reply      quantiles `json:"reply_ms"`   // request start → answer
	Commit     commits   `json:"commit"`     // arrival at the store → commit, as the servers say
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
	FrameBytes int       `json:"frame_bytes"`                  // on average, with those that tell the time
	CPU        float64   `json:"server_cpu_seconds,omitempty"` // of the processes named, while the acts were played
	PerMillion float64   `json:"server_cpu_seconds_per_million_frames,omitempty"`
	Memory     float64   `json:"server_memory_mb,omitempty"` // resident, after the acts
	StormMS    float64   `json:"storm_ms,omitempty"`         // from the first socket that comes back until all show everything

	Slow *slowReport `json:"slow,omitempty"`
	Note string      `json:"note,omitempty"`
}

// maxActs and maxSockets bound what one run may ask of a server, and of this
// program's own memory.
const (
	maxActs    = 1_000_000
	maxSockets = 50_000
)

func (o liveOptions) check() error {
	if o.Sockets+o.Never+o.Late > maxSockets || o.Acts+o.Storm > maxActs || o.Sockets < 1 || o.Acts < 0 || o.Never < 0 || o.Late < 0 {
		return fmt.Errorf("at least one and at most %d sockets, and at most %d acts", maxSockets, maxActs)
	}
	if o.Rate <= 0 {
		return errors.New("--rate must be above 0")
	}
	return enoughFiles(o.Sockets + o.Never + o.Late + o.Actors)
}

// playLive lets a crowd look on while some of its people tick and undo. The
// processes are those of the servers; without them nobody knows their cost.
func playLive(ctx context.Context, bases []string, pids []int, c *cast, o liveOptions) (*liveReport, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	w, err := newCrowd(bases, c, o.Sockets)
	if err != nil {
		return nil, err
	}
	s, err := newStage(ctx, bases, c, o.Actors, w.begun)
	if err != nil {
		return nil, err
	}
	defer s.close()
	w.stand(s.heads)
	defer w.cut()
	begun := time.Now()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	r := &liveReport{Sockets: o.Sockets, Events: len(c.Events), JoinMS: ms(time.Since(begun))}
	slow, err := newLaggards(bases, c, o.Never, o.Late, w.begun, s.heads)
	if err != nil {
		return nil, err
	}
	if err := slow.join(ctx); err != nil {
		return nil, fmt.Errorf("slow phones: %w", err)
	}
	before, err := observe(ctx, bases, pids)
	if err != nil {
		return nil, err
	}
	begun = time.Now()
	joined := w.bytes.Load()
	s.rest(ctx, o.Acts, o.Rate)
	r.Behind = w.settle(ctx, s.now(), 10*time.Second)
	took := time.Since(begun).Seconds()
	after, err := observe(ctx, bases, pids)
	if err != nil {
		return nil, err
	}
	r.CPU, r.Memory, r.Commit = after.cpu-before.cpu, after.memory, commitsBetween(before, after)
	bytes := float64(w.bytes.Load() - joined)
	r.KBytes = bytes / 1000 / took
	frames := after.since(before, "huiwu_deliveries_total")
	if frames > 0 {
		r.FrameBytes = int(bytes / frames)
		r.PerMillion = r.CPU / frames * 1e6
	}
	if o.Never+o.Late > 0 {
		r.Slow = slow.end(ctx, s.acts, s.now())
	}
	if o.Storm > 0 {
		if err := storm(ctx, s, w, o, r); err != nil {
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
	r.Behind += w.settle(ctx, s.now(), 30*time.Second)
	r.StormMS = ms(time.Since(begun))
	return nil
}

// now is where the events stand after the acts.
func (s *stage) now() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	heads := maps.Clone(s.heads)
	for _, a := range s.acts {
		heads[a.event] = max(heads[a.event], a.seq)
	}
	return heads
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
	r.Acts, r.Refused, r.Failed, r.Verdict, r.Held = len(s.acts), s.refused, s.failed, v, held(s.acts)
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
	pages := map[string][]row{}
	for _, event := range c.Events {
		a, err := l.ask(ctx, l.request("GET", "/events/"+event+"/items", "", "Accept", "text/html", "Cookie", c.People[0].cookie()), true)
		if err != nil {
			return err
		}
		pages[event] = rowsIn(string(a.body))
		if a.status != 200 || len(pages[event]) == 0 {
			return fmt.Errorf("the page shows no items: %d", a.status)
		}
	}
	for _, p := range w.phones {
		shown := map[string]row{}
		for _, s := range p.seen {
			for _, x := range s.frame.rows {
				shown[x.item] = x
			}
		}
		for _, x := range pages[p.event] {
			if have, ok := shown[x.item]; ok && have.seq != x.seq {
				r.Differ++
			}
		}
	}
	return nil
}

// counted is how often something happened that must not.
type counted struct {
	what string
	n    int
}

// faulty is an error when anything was lost, doubled, old or wrong.
func (r *liveReport) faulty() error {
	v := r.Verdict
	counts := []counted{
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
	if r.Slow != nil {
		j := r.Slow.Judged
		counts = append(counts, counted{"slow phones stuck", r.Slow.Stuck}, counted{"lost, doubled, stale or wrong at slow phones", j.Lost + j.Doubled + j.Stale + j.Wrong})
		r.Note = strings.TrimSpace(r.Note + " " + r.Slow.Err)
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
	fmt.Fprintf(&b, "%d sockets on %d events joined in %.0f ms; %d acts (%d refused, %d failed), %.1f a second\n", r.Sockets, r.Events, r.JoinMS, r.Acts, r.Refused, r.Failed, r.Held)
	fmt.Fprintf(&b, "arrival → commit           %s\n", r.Commit)
	fmt.Fprintf(&b, "request → answer           %s\n", r.Reply)
	fmt.Fprintf(&b, "request → frame, all       %s\n", r.Shown)
	fmt.Fprintf(&b, "request → frame, slowest   %s\n", r.Slowest)
	fmt.Fprintf(&b, "%.0f frames/s, %.0f kB/s to all sockets\n", r.Deliveries, r.KBytes)
	if r.CPU > 0 {
		fmt.Fprintf(&b, "server: %.1f s of processor time, %.1f s for a million frames, %.0f MB resident\n", r.CPU, r.PerMillion, r.Memory)
	}
	if r.Slow != nil {
		b.WriteString(r.Slow.String())
	}
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
