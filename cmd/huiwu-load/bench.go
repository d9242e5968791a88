package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5" //nolint:depguard // a throw-away database is made before there is a store in it

	"huiwu/server/store"
)

type benchCmd struct {
	Binary   string   `type:"existingfile" help:"Server to measure; without it one is built."`
	Reps     int      `default:"5" help:"Repetitions, interleaved; medians are reported."`
	Sockets  int      `default:"1000" help:"Phones that look on while others tick."`
	Idle     int      `default:"2000" help:"Sockets that only wait."`
	Acts     int      `default:"150" help:"Acts before the crowd, in each repetition."`
	Rate     float64  `default:"10" help:"Acts a second."`
	Only     []string `enum:"start,page,act,idle,live,two" default:"start,page,act,idle,live,two" help:"What to measure: start, page, act, idle, live, two (instances)."`
	Out      string   `help:"File for the figures as JSON."`
	Strict   bool     `help:"Fail when a target is missed, not only when something was lost, doubled or wrong."`
	Database string   `env:"TEST_DATABASE_URL" help:"PostgreSQL in which a database may be made and dropped."`
	Redis    string   `env:"TEST_REDIS_URL" help:"Redis for the instances."`
}

// stand is a database with a cast, and the environment of servers on it.
type stand struct {
	env  []string
	cast *cast
}

// proof is a run of all figures.
type proof struct {
	benchCmd
	dir      string
	binary   string
	sqlite   *stand
	postgres *stand // nil without a PostgreSQL
	figures  figures
	faults   []error
}

func (c benchCmd) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "huiwu-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &proof{benchCmd: c, dir: dir, binary: c.Binary}
	if p.binary == "" {
		if p.binary, err = build(ctx, dir); err != nil {
			return err
		}
	}
	drop, err := p.prepare(ctx)
	defer drop()
	if err != nil {
		return err
	}
	p.preface()
	for n := range c.Reps {
		begun := time.Now()
		if err := p.repeat(ctx); err != nil {
			return err
		}
		fmt.Printf("repetition %d of %d took %.0f s\n", n+1, c.Reps, time.Since(begun).Seconds())
	}
	return p.close()
}

// prepare seeds a database of each kind.
func (p *proof) prepare(ctx context.Context) (drop func(), err error) {
	drop = func() {}
	data := filepath.Join(p.dir, "data")
	if p.sqlite, err = newStand(ctx, store.Options{Dir: data}, 50, "DATA_DIR="+data); err != nil {
		return drop, err
	}
	if p.Database == "" {
		fmt.Println("*** no TEST_DATABASE_URL: figures on PostgreSQL are not measured ***")
		return drop, nil
	}
	base, drop, err := makeDatabase(ctx, p.Database)
	if err != nil {
		return drop, err
	}
	env := []string{"DATABASE_URL=" + base, "DATA_DIR=" + data}
	if p.Redis == "" {
		fmt.Println("*** no TEST_REDIS_URL: figures on PostgreSQL are measured without Redis, and not with two instances ***")
	} else {
		env = append(env, "REDIS_URL="+p.Redis)
	}
	p.postgres, err = newStand(ctx, store.Options{URL: base}, max(p.Sockets, p.Idle), env...)
	return drop, err
}

func newStand(ctx context.Context, o store.Options, people int, env ...string) (*stand, error) {
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	c, err := seed(ctx, s, people, 60)
	return &stand{env: env, cast: c}, errors.Join(err, s.Close())
}

// makeDatabase makes a database with a name of its own, and drops it at the end.
func makeDatabase(ctx context.Context, base string) (string, func(), error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", func() {}, errors.New("TEST_DATABASE_URL cannot be read")
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	name := "huiwu_load_" + hex.EncodeToString(b[:])
	run := func(ctx context.Context, sql string) error {
		conn, err := pgx.Connect(ctx, base)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, sql)
		return errors.Join(err, conn.Close(ctx))
	}
	if err := run(ctx, "CREATE DATABASE "+name); err != nil {
		return "", func() {}, fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	u.Path = "/" + name
	return u.String(), func() {
		if err := run(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, "huiwu-load: the database", name, "is still there:", err)
		}
	}, nil
}

// preface says on what kind of machine the figures were taken.
func (p *proof) preface() {
	fmt.Printf("%d processors, %s %s/%s; the measuring side runs on the same ones\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if busy := busyness(time.Second); busy > 0.1 {
		fmt.Printf("*** other programs use %.0f %% of the processors: times will be too long ***\n", busy*100)
	}
}

// busyness is how much of the processors is in use; 0 where the system does not tell.
func busyness(over time.Duration) float64 {
	read := func() (busy, total float64) {
		b, err := os.ReadFile("/proc/stat")
		if err != nil {
			return 0, 0
		}
		first, _, _ := strings.Cut(string(b), "\n")
		for k, f := range strings.Fields(first) {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil || k > 8 {
				continue // the word "cpu", and guests, which are counted already
			}
			total += v
			if k != 4 && k != 5 { // idle, waiting for disks
				busy += v
			}
		}
		return busy, total
	}
	b0, t0 := read()
	time.Sleep(over)
	b1, t1 := read()
	if t1 <= t0 {
		return 0
	}
	return (b1 - b0) / (t1 - t0)
}

// repeat measures everything once, each on a server that has just started.
func (p *proof) repeat(ctx context.Context) error {
	steps := []struct {
		on        *stand
		instances int
		run       func(ctx context.Context, bases []string, pids []int) error
	}{
		{p.sqlite, 1, p.onSQLite},
		{p.postgres, 1, p.onPostgres},
		{p.postgres, 1, p.idle},
		{p.postgres, 1, p.live},
		{p.postgres, 2, p.two},
	}
	for _, s := range steps {
		if s.on == nil || s.instances > 1 && p.Redis == "" {
			continue
		}
		if err := p.with(ctx, s.on, s.instances, s.run); err != nil {
			return err
		}
	}
	return nil
}

// with runs servers as long as fn works.
func (p *proof) with(ctx context.Context, on *stand, n int, fn func(ctx context.Context, bases []string, pids []int) error) error {
	var bases []string
	var pids []int
	var servers []*child
	for range n {
		s, err := startServer(ctx, p.binary, p.dir, on.env...)
		if err != nil {
			return err
		}
		defer s.stop()
		bases, pids, servers = append(bases, s.base), append(pids, s.cmd.Process.Pid), append(servers, s)
		if p.wants("start") && n == 1 {
			database := "PostgreSQL + Redis"
			if on == p.sqlite {
				database = "SQLite"
			}
			p.figures.add("start to first page, "+database, "ms", ms(s.up)).atMost(150)
		}
	}
	err := fn(ctx, bases, pids)
	if err != nil {
		for _, s := range servers {
			err = fmt.Errorf("%w\nthe server's last words:\n%s", err, s.tail())
		}
	}
	return err
}

func (p *proof) wants(what string) bool { return slices.Contains(p.Only, what) }

func (p *proof) onSQLite(ctx context.Context, bases []string, _ []int) error {
	if !p.wants("page") {
		return nil
	}
	plain, err := p.page(ctx, bases[0], p.sqlite, false)
	if err != nil {
		return err
	}
	packed, err := p.page(ctx, bases[0], p.sqlite, true)
	if err != nil {
		return err
	}
	if plain.Items < 60 {
		p.faults = append(p.faults, fmt.Errorf("the page shows %d items, want 60", plain.Items))
	}
	p.figures.add(fmt.Sprintf("event page, %d items, %d kB, SQLite", plain.Items, plain.Bytes/1000), "/s", plain.PerSecond).atLeast(1200)
	p.figures.add("  one answer of these, p99", "ms", plain.Took.P99)
	p.figures.add("  the same compressed", "/s", packed.PerSecond)
	return nil
}

// page fetches for a moment before it is measured.
func (p *proof) page(ctx context.Context, base string, on *stand, packed bool) (*pageReport, error) {
	o := pageOptions{conns: 8, time: time.Second, accept: "text/html", packed: packed}
	if _, err := fetchPages(ctx, base, on.cast, o); err != nil {
		return nil, err
	}
	o.time = 4 * time.Second
	return fetchPages(ctx, base, on.cast, o)
}

func (p *proof) onPostgres(ctx context.Context, bases []string, _ []int) error {
	if p.wants("act") {
		r, err := actAlone(ctx, bases[0], p.postgres.cast, 300)
		if err != nil {
			return err
		}
		p.figures.add("one act, PostgreSQL + Redis, p50", "ms", r.Took.P50).atMost(10)
		p.figures.add("  the same, p99", "ms", r.Took.P99)
	}
	if p.wants("page") {
		r, err := p.page(ctx, bases[0], p.postgres, false)
		if err != nil {
			return err
		}
		p.figures.add("event page, PostgreSQL", "/s", r.PerSecond)
	}
	return nil
}

func (p *proof) idle(ctx context.Context, bases []string, pids []int) error {
	if !p.wants("idle") {
		return nil
	}
	r, err := holdIdle(ctx, bases, p.postgres.cast, pids[0], p.Idle, 5*time.Second)
	if err != nil {
		return err
	}
	p.figures.add("memory of 1,000 idle sockets", "MB", r.PerK).atMost(19)
	return nil
}

func (p *proof) live(ctx context.Context, bases []string, _ []int) error {
	if !p.wants("live") {
		return nil
	}
	r, err := playLive(ctx, bases, p.postgres.cast, liveOptions{Sockets: p.Sockets, Actors: 48, Acts: p.Acts, Rate: p.Rate, Storm: 20})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d sockets, %s acts/s", p.Sockets, short(p.Rate))
	p.figures.add(what+": request → frame, p99", "ms", r.Shown.P99).atMost(100)
	p.figures.add("  at each act's slowest socket, p99", "ms", r.Slowest.P99)
	p.figures.add("  all sockets, p50", "ms", r.Shown.P50)
	p.figures.add("  request → answer, p99", "ms", r.Reply.P99)
	p.figures.add("  lost, doubled, stale, wrong", "", float64(r.Verdict.Lost+r.Verdict.Doubled+r.Verdict.Stale+r.Verdict.Wrong+r.Differ)).atMost(0)
	p.figures.add("  frames to sockets", "/s", r.Deliveries)
	p.figures.add("  all cut at once: all back, nothing missing", "ms", r.StormMS)
	p.note(r)
	return nil
}

func (p *proof) two(ctx context.Context, bases []string, _ []int) error {
	if !p.wants("two") {
		return nil
	}
	r, err := playLive(ctx, bases, p.postgres.cast, liveOptions{Sockets: p.Sockets, Actors: 48, Acts: p.Acts / 3, Rate: p.Rate})
	if err != nil {
		return err
	}
	p.figures.add("the same over 2 instances: p99", "ms", r.Shown.P99)
	p.note(r)
	return nil
}

// note keeps what must never happen.
func (p *proof) note(r *liveReport) {
	if err := r.faulty(); err != nil {
		p.faults = append(p.faults, err)
		fmt.Println("***", err)
	}
}

func (p *proof) close() error {
	fmt.Println()
	p.figures.print(os.Stdout)
	if p.Out != "" {
		b, err := json.MarshalIndent(p.figures, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(p.Out, b, 0o600); err != nil {
			return err
		}
	}
	if missed := p.figures.missed(); p.Strict && len(missed) > 0 {
		p.faults = append(p.faults, errors.New("missed: "+strings.Join(missed, "; ")))
	}
	return errors.Join(p.faults...)
}
