package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a step cannot do without.
const (
	onSQLite   = iota
	onPostgres // with Redis, where there is one
	onRedis
)

// step is a group of figures that are measured together.
type step struct {
	name   string
	what   string
	needs  int
	brief  bool // measured without --full
	once   bool // not repeated
	events int  // how many events it plays on; 0 = one
	people func(p *proof) int
	run    func(p *proof, ctx context.Context) error
}

// How many events the page's readers and the writers have.
const (
	pageEvents  = 64
	writeEvents = 8
	writers     = 32
)

var steps = []step{
	{name: "start", what: "start to the first answer", needs: onSQLite, brief: true, people: nobody, run: (*proof).start},
	{name: "page", what: "an event's page of 60 rows: from the database and remembered; plain, compressed, asked for again", needs: onSQLite, brief: true, people: nobody, run: (*proof).pages},
	{name: "act", what: "one act after the other, nobody looking on", needs: onPostgres, brief: true, people: few, run: (*proof).act},
	{name: "idle", what: "memory of sockets that only wait", needs: onPostgres, brief: true, people: func(p *proof) int { return p.Idle }, run: (*proof).idle},
	{name: "live", what: "acts before a crowd, then all cut and back at once", needs: onPostgres, brief: true, people: one, run: (*proof).live},
	{name: "two", what: "the same over two instances", needs: onRedis, brief: true, people: one, run: func(p *proof, ctx context.Context) error { return p.many(ctx, 2) }},
	{name: "four", what: "and over four", needs: onRedis, people: one, run: func(p *proof, ctx context.Context) error { return p.many(ctx, 4) }},
	{name: "cpu", what: "processor time of the server for a million frames", needs: onPostgres, brief: true, people: one, run: (*proof).cpu},
	{name: "writes", what: "acts through the whole write path, against pgbench on the same PostgreSQL", needs: onPostgres, brief: true, events: writeEvents, people: few, run: (*proof).writes},
	{name: "slow", what: "phones that read late or never, beside a crowd", needs: onPostgres, people: one, run: (*proof).slow},
	{name: "fan5k", what: "5,000 sockets on one event, 10 acts a second", needs: onPostgres, people: crowded, run: func(p *proof, ctx context.Context) error { return p.fan(ctx, 10) }},
	{name: "fan5k50", what: "the same at 50 acts a second", needs: onPostgres, people: crowded, run: func(p *proof, ctx context.Context) error { return p.fan(ctx, 50) }},
	{name: "max", what: "the most that is delivered in time, fed through Redis", needs: onRedis, people: one, run: (*proof).max},
	{name: "back5k", what: "5,000 sockets come back after a restart", needs: onPostgres, people: crowded, run: (*proof).back},
	{name: "soak", what: "minutes of acts with sockets coming and going", needs: onPostgres, once: true, people: one, run: (*proof).soak},
	{name: "growth", what: "pages and acts on a database with years behind it, against a young one", needs: onPostgres, people: nobody, run: (*proof).grown},
}

func nobody(*proof) int    { return 0 }
func few(*proof) int       { return 100 }
func one(p *proof) int     { return p.Sockets }
func crowded(p *proof) int { return p.Crowd }

// with runs servers as long as fn works.
func (p *proof) with(ctx context.Context, on *stand, n int, fn func(bases []string, pids []int) error, env ...string) error {
	var bases []string
	var pids []int
	var servers []*child
	if n == 1 {
		env = append(env, p.profiled()...)
	}
	for range n {
		s, err := p.launch.start(ctx, "", append(on.env[:len(on.env):len(on.env)], env...)...)
		if err != nil {
			return err
		}
		defer s.stop()
		bases, pids, servers = append(bases, s.base), append(pids, s.pid()), append(servers, s)
	}
	err := fn(bases, pids)
	if err != nil {
		for _, s := range servers {
			err = fmt.Errorf("%w\nthe server's last words:\n%s", err, s.tail())
		}
	}
	return err
}

// profiled is what lets a server be looked into while it works.
func (p *proof) profiled() []string {
	if p.Profile == "" {
		return nil
	}
	return []string{"PROFILE_ADDR=" + p.Profile}
}

// start starts servers that are not asked for more than one page.
func (p *proof) start(ctx context.Context) error {
	for on, database := range map[*stand]string{p.sqlite: "SQLite", p.postgres: "PostgreSQL + Redis"} {
		for range 2 {
			if on == nil {
				continue
			}
			s, err := p.launch.start(ctx, "", on.env...)
			if err != nil {
				return err
			}
			s.stop()
			f := p.figures.add("start to first answer, "+database, "ms", ms(s.up))
			if on == p.sqlite {
				f.within(27, 84)
			}
		}
	}
	return nil
}

// pages reads an event's page in all ways on SQLite, and the plain ones on
// PostgreSQL. The readers have more events than connections, so that moving
// them on costs little of the time.
func (p *proof) pages(ctx context.Context) error {
	err := p.with(ctx, p.sqlite, 1, func(bases []string, _ []int) error {
		return p.pagesOf(ctx, bases[0], p.sqlite, "SQLite", true)
	})
	if err != nil || p.postgres == nil || len(p.postgres.cast.Events) < writeEvents {
		return err
	}
	return p.with(ctx, p.postgres, 1, func(bases []string, _ []int) error {
		return p.pagesOf(ctx, bases[0], p.postgres, "PostgreSQL", false)
	})
}

func (p *proof) pagesOf(ctx context.Context, base string, on *stand, database string, judged bool) error {
	db, err := openSQL(on)
	if err != nil {
		return err
	}
	defer db.Close()
	stale := func(ctx context.Context, events []string) error { return moveOn(ctx, db, events) }
	for _, w := range []struct {
		name    string
		o       pageOptions
		target  float64
		onlyOne bool // on the judged database alone
	}{
		{"event page of %d rows, %d kB, from the database", pageOptions{stale: stale}, 2300, false},
		{"  the same compressed", pageOptions{stale: stale, packed: true}, 0, true},
		{"event page of %d rows, %d kB, remembered", pageOptions{}, 15_000, false},
		{"  the same compressed", pageOptions{packed: true}, 0, true},
		{"  asked for again, nothing changed", pageOptions{again: true}, 0, true},
	} {
		if w.onlyOne && !judged {
			continue
		}
		w.o.conns, w.o.accept, w.o.time = 8, "text/html", p.Time/8
		_, err := fetchPages(ctx, base, on.cast, w.o) // connections, plans, caches
		if errors.Is(err, errNoTag) {
			fmt.Println("the page has no ETag: asking again is not measured")
			continue
		}
		if err != nil {
			return err
		}
		w.o.time = p.Time
		r, err := fetchPages(ctx, base, on.cast, w.o)
		if err != nil {
			return err
		}
		name := w.name
		if w.target > 0 {
			if r.Items != 60 {
				p.faults = append(p.faults, fmt.Errorf("the page shows %d items, want 60", r.Items))
			}
			name = fmt.Sprintf(name, r.Items, r.Bytes/1000)
		}
		kind := " (fresh)"
		if w.o.stale == nil {
			kind = " (remembered)"
		}
		if w.target == 0 {
			name += kind
		}
		f := p.figures.add(name+", "+database, "/s", r.PerSecond)
		if w.target > 0 && judged {
			f.atLeast(w.target)
			p.figures.add("  one answer of these, p99"+kind, "ms", r.Took.P99)
		}
		if w.o.again && r.Same != r.Requests {
			p.faults = append(p.faults, fmt.Errorf("%d of %d pages came again although nothing changed", r.Requests-r.Same, r.Requests))
		}
	}
	return nil
}

func (p *proof) act(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, _ []int) error {
		before, err := observe(ctx, bases, nil)
		if err != nil {
			return err
		}
		r, err := actAlone(ctx, bases[0], p.postgres.cast.on(1), 300)
		if err != nil {
			return err
		}
		after, err := observe(ctx, bases, nil)
		if err != nil {
			return err
		}
		p.figures.add("one act, PostgreSQL + Redis, p50", "ms", r.Took.P50).atMost(10)
		p.figures.add("  the same, p99", "ms", r.Took.P99)
		p.figures.add("  arrival at the store → commit, mean", "ms", commitsBetween(before, after).Mean)
		return nil
	})
}

func (p *proof) idle(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		r, err := holdIdle(ctx, bases, p.postgres.cast.on(1), pids[0], p.Idle, max(p.Time, 3*time.Second))
		if err != nil {
			return err
		}
		p.figures.add("memory of 1,000 idle sockets", "MB", r.PerK).atMost(19)
		return nil
	})
}

func (p *proof) live(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		r, err := playLive(ctx, bases, pids, p.postgres.cast.on(1), liveOptions{Sockets: p.Sockets, Actors: 48, Acts: p.Acts, Rate: p.Rate, Storm: 20})
		if err != nil {
			return err
		}
		p.figures.add(fmt.Sprintf("%d sockets, %s acts/s: request → frame, p99", p.Sockets, short(p.Rate)), "ms", r.Shown.P99).atMost(100)
		p.figures.add("  at each act's slowest socket, p99", "ms", r.Slowest.P99)
		p.figures.add("  all sockets, p50", "ms", r.Shown.P50)
		p.figures.add("  request → answer, p99", "ms", r.Reply.P99)
		p.figures.add("  lost, doubled, stale, wrong", "", float64(r.Verdict.Lost+r.Verdict.Doubled+r.Verdict.Stale+r.Verdict.Wrong+r.Differ)).atMost(0)
		p.figures.add("  frames to sockets", "/s", r.Deliveries)
		p.figures.add("  all cut at once: all back, nothing missing", "ms", r.StormMS)
		p.note(r.faulty())
		return nil
	})
}

// many lets the same people be spread over several instances.
func (p *proof) many(ctx context.Context, instances int) error {
	return p.with(ctx, p.postgres, instances, func(bases []string, pids []int) error {
		r, err := playLive(ctx, bases, pids, p.postgres.cast.on(1), liveOptions{Sockets: p.Sockets, Actors: 48, Acts: p.Acts / 3, Rate: p.Rate})
		if err != nil {
			return err
		}
		p.figures.add(fmt.Sprintf("the same over %d instances: p99", instances), "ms", r.Shown.P99)
		p.note(r.faulty())
		return nil
	})
}

func (p *proof) cpuName() string {
	return fmt.Sprintf("server's processor time for a million frames, %d sockets, 50 acts/s", p.Sockets)
}

func (p *proof) cpu(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		const rate = 50
		r, err := playLive(ctx, bases, pids, p.postgres.cast.on(1), liveOptions{Sockets: p.Sockets, Actors: 48, Acts: int(rate * p.Time.Seconds()), Rate: rate})
		if err != nil {
			return err
		}
		p.frameBytes = r.FrameBytes
		p.figures.add(p.cpuName(), "s", r.PerMillion).atMost(10)
		p.figures.add("  acts held of 50/s", "/s", r.Held)
		p.figures.add("  bytes of a frame", "", float64(r.FrameBytes))
		p.note(r.faulty())
		return nil
	})
}

// writes plays as fast as it goes, and lets the database's own program do so
// right after, with as many clients and for as long.
func (p *proof) writes(ctx context.Context) error {
	var rate float64
	err := p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		before, err := observe(ctx, bases, pids)
		if err != nil {
			return err
		}
		s, err := newStage(ctx, bases, p.postgres.cast.on(writeEvents), writers, time.Now())
		if err != nil {
			return err
		}
		defer s.close()
		rate = s.flat(ctx, p.Time)
		after, err := observe(ctx, bases, pids)
		if err != nil {
			return err
		}
		if s.failed > 0 || len(s.acts) == 0 {
			return fmt.Errorf("%d acts failed: %s", s.failed, s.last)
		}
		p.figures.add(fmt.Sprintf("acts over HTTP, %d clients on %d events", writers, writeEvents), "/s", rate)
		p.figures.add("  arrival at the store → commit, p99", "ms", commitsBetween(before, after).P99)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if p.pgbench == nil {
		if err := p.preparePgbench(ctx); err != nil {
			return err
		}
	}
	if p.pgbench.path == "" {
		return nil
	}
	tps, err := p.pgbench.run(ctx, writers, p.Time)
	if errors.Is(err, errNoRate) {
		fmt.Println("*** pgbench brought nothing through: acts are not compared with it in this repetition ***")
		return nil
	}
	if err != nil {
		return err
	}
	p.figures.add(fmt.Sprintf("  pgbench -N -c %d on the same PostgreSQL", writers), "/s", tps)
	p.figures.add("  acts to pgbench's transactions", "", rate/tps).atLeast(0.6)
	return nil
}

func (p *proof) preparePgbench(ctx context.Context) error {
	p.pgbench = &pgbench{path: findPgbench()}
	if p.pgbench.path == "" {
		fmt.Println("*** no pgbench on this machine: acts are not compared with PostgreSQL's own rate ***")
		return nil
	}
	var err error
	if p.pgbench.url, err = p.makeDatabase(ctx); err != nil {
		return err
	}
	return p.pgbench.prepare(ctx)
}

// slow shows the same acts to a crowd alone, and beside phones that do not keep up.
func (p *proof) slow(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		o := liveOptions{Sockets: p.Sockets, Actors: 48, Acts: 500, Rate: 50}
		c := p.postgres.cast.on(1)
		alone, err := playLive(ctx, bases, pids, c, o)
		if err != nil {
			return err
		}
		p.note(alone.faulty())
		o.Never, o.Late = 20, 20
		beside, err := playLive(ctx, bases, pids, c, o)
		if err != nil {
			return err
		}
		p.note(beside.faulty())
		p.figures.add(fmt.Sprintf("%d sockets, %s acts/s, all read: p99", o.Sockets, short(o.Rate)), "ms", alone.Shown.P99)
		p.figures.add(fmt.Sprintf("  beside %d that read late or never: p99", o.Never+o.Late), "ms", beside.Shown.P99)
		p.figures.add("  of these closed and back", "", float64(beside.Slow.Closed))
		p.figures.add("  of these passed over", "", float64(beside.Slow.Passed))
		p.figures.add("  of these stuck", "", float64(beside.Slow.Stuck)).atMost(0)
		return nil
	})
}

// fanTime is how long a great crowd looks on at least: a hundred acts must be
// behind a p99.
const fanTime = 10 * time.Second

func fanName(sockets int, rate float64) string {
	return fmt.Sprintf("%d sockets on one event, %s acts/s", sockets, short(rate))
}

// fan shows acts to thousands of sockets on one event.
func (p *proof) fan(ctx context.Context, rate float64) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		r, err := playLive(ctx, bases, pids, p.postgres.cast.on(1), liveOptions{Sockets: p.Crowd, Actors: 48, Acts: int(rate * max(p.Time, fanTime).Seconds()), Rate: rate})
		if err != nil {
			return err
		}
		p.frameBytes = r.FrameBytes
		what := fanName(p.Crowd, rate)
		f := p.figures.add(what+": request → frame, p99", "ms", r.Shown.P99)
		if rate < 50 {
			f.within(73, 122)
		} else {
			f.atMost(250)
			p.figures.add("  rate held at "+short(rate)+"/s", "%", 100*r.Held/rate).atLeast(95)
		}
		p.figures.add("  p50 at "+short(rate)+"/s", "ms", r.Shown.P50)
		p.figures.add("  max at "+short(rate)+"/s", "ms", r.Shown.Max)
		p.figures.add("  at each act's slowest socket, p50 at "+short(rate)+"/s", "ms", r.Slowest.P50)
		p.figures.add("  arrival at the store → commit, p99 at "+short(rate)+"/s", "ms", r.Commit.P99)
		p.figures.add("  processor time for a million frames at "+short(rate)+"/s", "s", r.PerMillion)
		p.figures.add("  lost, doubled, stale, wrong at "+short(rate)+"/s", "", float64(r.Verdict.Lost+r.Verdict.Doubled+r.Verdict.Stale+r.Verdict.Wrong+r.Differ)).atMost(0)
		p.note(r.faulty())
		return nil
	})
}

func (p *proof) max(ctx context.Context) error {
	return p.with(ctx, p.postgres, 1, func(bases []string, _ []int) error {
		r, err := findMax(ctx, bases, p.postgres, p.Redis, p.Sockets, p.Time)
		if err != nil {
			return err
		}
		p.figures.add(fmt.Sprintf("changes × %d sockets shown with p99 ≤ %s ms", p.Sockets, short(inTime)), "/s", r.Shown).atLeast(600_000)
		p.figures.add("  in as many frames to sockets", "/s", r.Frames)
		p.figures.add("  announced → frame, p99", "ms", r.Took.P99)
		fmt.Println("max: not more, because", r.Ends)
		p.note(r.Fault)
		return nil
	})
}

// back restarts the server under a crowd. The sockets' catch-up is measured in
// the new process's own time: what the machine does besides does not count.
func (p *proof) back(ctx context.Context) error {
	env := append(p.profiled(), p.postgres.env...)
	s, err := p.launch.start(ctx, "", env...)
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	r, err := comeBack(ctx, p.postgres.cast.on(1), s, p.Crowd, 20, func() (*child, error) {
		s.stop()
		fresh, err := p.launch.start(ctx, s.addr, env...)
		if err == nil {
			s = fresh
		}
		return fresh, err
	})
	if err != nil {
		return fmt.Errorf("%w\nthe server's last words:\n%s", err, s.tail())
	}
	p.figures.add(fmt.Sprintf("%d sockets back after a restart: the server's processor time", p.Crowd), "s", r.CPU).atMost(3)
	p.figures.add("  first socket → all show everything", "s", r.Seconds)
	p.figures.add("  missed", "", float64(r.Missed)).atMost(0)
	return nil
}

// soak is flat when the end is like the middle: by then all that is kept is there.
func (p *proof) soak(ctx context.Context) error {
	profile := p.Profile
	if profile == "" {
		var err error
		if profile, err = freeAddr(); err != nil {
			return err
		}
	}
	return p.with(ctx, p.postgres, 1, func(bases []string, pids []int) error {
		r, err := soak(ctx, bases[0], profile, pids[0], p.postgres.cast.on(1), p.Sockets, 20, p.Soak)
		if err != nil {
			return err
		}
		p.note(r.Fault)
		for k, m := range r.Moments {
			when := [...]string{"start", "middle", "end"}[k]
			p.figures.add("soak, "+when+": memory", "MB", m.Memory)
			p.figures.add("  heap after a collection, "+when, "MB", m.Heap)
			p.figures.add("  goroutines, "+when, "", m.Goroutines)
			p.figures.add("  sockets closed as too slow, "+when, "", m.SlowDrops)
			p.figures.add("  topics, "+when, "", m.Topics)
		}
		p.figures.add("  sockets that came back", "", float64(r.Joins))
		p.figures.add("  rows that pages left aside", "", float64(r.Aside))
		middle, end := r.Moments[1], r.Moments[2]
		p.figures.add(fmt.Sprintf("soak of %s: heap at the end to the middle", p.Soak), "", end.Heap/middle.Heap).atMost(1.1)
		p.figures.add("  memory, the same", "", end.Memory/middle.Memory).atMost(1.1)
		p.figures.add("  goroutines, the same", "", end.Goroutines/middle.Goroutines).atMost(1.1)
		return nil
	}, "PROFILE_ADDR="+profile)
}

// note keeps what must never happen.
func (p *proof) note(err error) {
	if err != nil {
		p.faults = append(p.faults, err)
		fmt.Println("***", err)
	}
}
