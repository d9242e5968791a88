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

	"github.com/jackc/pgx/v5"

	"huiwu/server/store"
)

type benchCmd struct {
	Binary   string        `type:"existingfile" help:"Server to measure; without it one is built."`
	Reps     int           `default:"5" help:"Repetitions, interleaved; medians are reported."`
	Sockets  int           `default:"1000" help:"Phones that look on while others tick."`
	Crowd    int           `default:"5000" help:"Phones of the steps whose names end in 5k and 5k50."`
	Idle     int           `default:"2000" help:"Sockets that only wait."`
	Acts     int           `default:"100" help:"Acts before the crowd, in each repetition."`
	Rate     float64       `default:"10" help:"Acts a second."`
	Time     time.Duration `default:"2s" help:"How long each rate is measured, in each repetition."`
	Soak     time.Duration `default:"3m" help:"How long the step soak takes; it is not repeated."`
	Growth   float64       `default:"0.05" help:"Size of the great database of the step growth: 1 is 10,000 events."`
	Only     []string      `help:"What to measure, by name; see --list."`
	Full     bool          `help:"Measure everything; without it, what fits into some minutes."`
	List     bool          `help:"Name the steps, and end."`
	Profile  string        `placeholder:"ADDR" help:"Where the server at work serves its profiles, one at a time: 127.0.0.1:6060 (go tool pprof http://ADDR/debug/pprof/profile)."`
	Pin      bool          `help:"Servers on one processor, this program on another (Linux)."`
	Out      string        `help:"File for the figures as JSON."`
	Strict   bool          `help:"Fail when a target is missed, not only when something was lost, doubled or wrong."`
	Database string        `env:"TEST_DATABASE_URL" help:"PostgreSQL in which databases may be made and dropped."`
	Redis    string        `env:"TEST_REDIS_URL" help:"Redis for the instances."`
}

// stand is a database with a cast, and the environment of servers on it.
type stand struct {
	options store.Options
	env     []string
	cast    *cast
}

// proof is a run of all figures.
type proof struct {
	benchCmd
	dir      string
	launch   launcher
	sqlite   *stand
	postgres *stand // nil without a PostgreSQL
	pgbench  *pgbench
	growth   *growth
	peer     *peer // nil: ours alone

	frameBytes int // of a frame at a socket, the last time it was measured
	drops      []func()
	figures    figures
	faults     []error
}

func (c benchCmd) Run(ctx context.Context) error {
	if c.List {
		for _, s := range steps {
			fmt.Printf("%-8s %s\n", s.name, s.what)
		}
		return nil
	}
	return c.measure(ctx, nil)
}

// measure takes all figures, and those of another server beside them.
func (c benchCmd) measure(ctx context.Context, beside *peer) error {
	chosen, err := c.choose()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "huiwu-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &proof{benchCmd: c, dir: dir, peer: beside, launch: launcher{binary: c.Binary, args: []string{"serve"}, first: "/session/new", dir: dir}}
	defer p.drop()
	if p.launch.binary == "" {
		if p.launch.binary, err = build(ctx, dir); err != nil {
			return err
		}
	}
	if c.Pin {
		if p.launch.pin, err = newPinning(); err != nil {
			return err
		}
		if p.peer != nil {
			p.peer.launch.pin = p.launch.pin
		}
	}
	if chosen, err = p.prepare(ctx, chosen); err != nil {
		return err
	}
	p.preface()
	for n := range c.Reps {
		begun := time.Now()
		for _, s := range chosen {
			if s.once && n > 0 {
				continue
			}
			if err := s.run(p, ctx); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if p.peer == nil {
				continue
			}
			if err := p.beside(ctx, s.name); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		fmt.Printf("repetition %d of %d took %.0f s\n", n+1, c.Reps, time.Since(begun).Seconds())
	}
	return p.close()
}

// choose is the steps asked for, in their order.
func (c benchCmd) choose() ([]step, error) {
	left := slices.Clone(c.Only)
	var chosen []step
	for _, s := range steps {
		k := slices.Index(left, s.name)
		if k >= 0 || len(c.Only) == 0 && (s.brief || c.Full) {
			chosen = append(chosen, s)
		}
		if k >= 0 {
			left = slices.Delete(left, k, k+1)
		}
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("--only: no step %q; --list names them", left)
	}
	return chosen, nil
}

// prepare seeds a database of each kind that the steps need, and leaves those out
// that cannot be.
func (p *proof) prepare(ctx context.Context, chosen []step) ([]step, error) {
	data := filepath.Join(p.dir, "data")
	people, events, redis := 0, 1, false
	for _, s := range chosen {
		if s.needs != onSQLite {
			people = max(people, s.people(p))
		}
		if s.events > 0 {
			events = max(events, s.events)
		}
		redis = redis || s.needs == onRedis
	}
	var err error
	if p.sqlite, err = newStand(ctx, store.Options{Dir: data}, 50, pageEvents, "DATA_DIR="+data); err != nil {
		return nil, err
	}
	switch {
	case p.Database == "":
		fmt.Println("*** no TEST_DATABASE_URL: figures on PostgreSQL are not measured ***")
		chosen = slices.DeleteFunc(chosen, func(s step) bool { return s.needs != onSQLite })
	case p.Redis == "" && redis:
		fmt.Println("*** no TEST_REDIS_URL: figures on PostgreSQL are measured without Redis, and not those of several instances ***")
		chosen = slices.DeleteFunc(chosen, func(s step) bool { return s.needs == onRedis })
	}
	if len(chosen) == 0 {
		return nil, errors.New("nothing is left to measure")
	}
	if p.Database == "" || people == 0 {
		return chosen, nil
	}
	base, err := p.makeDatabase(ctx)
	if err != nil {
		return nil, err
	}
	p.postgres, err = newStand(ctx, store.Options{URL: base}, people, events, p.env(base)...)
	return chosen, err
}

// env is the environment of servers on a PostgreSQL.
func (p *proof) env(database string) []string {
	env := []string{"DATABASE_URL=" + database, "DATA_DIR=" + filepath.Join(p.dir, "data")}
	if p.Redis != "" {
		env = append(env, "REDIS_URL="+p.Redis)
	}
	return env
}

func newStand(ctx context.Context, o store.Options, people, events int, env ...string) (*stand, error) {
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	c, err := seed(ctx, s, people, 60, events)
	return &stand{options: o, env: env, cast: c}, errors.Join(err, s.Close())
}

// makeDatabase makes a database with a name of its own, and drops it at the end.
func (p *proof) makeDatabase(ctx context.Context) (string, error) {
	u, err := url.Parse(p.Database)
	if err != nil {
		return "", errors.New("TEST_DATABASE_URL cannot be read")
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	name := "huiwu_load_" + hex.EncodeToString(b[:])
	run := func(ctx context.Context, sql string) error {
		conn, err := pgx.Connect(ctx, p.Database)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, sql)
		return errors.Join(err, conn.Close(ctx))
	}
	if err := run(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	p.drops = append(p.drops, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if err := run(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, "huiwu-load: the database", name, "is still there:", err)
		}
	})
	u.Path = "/" + name
	return u.String(), nil
}

func (p *proof) drop() {
	for _, drop := range p.drops {
		drop()
	}
}

// preface says on what kind of machine the figures were taken.
func (p *proof) preface() {
	where := "the measuring side runs on the same ones"
	if p.Pin {
		where = "servers have one, the measuring side another, the databases run where they like"
	}
	fmt.Printf("%d processors, %s %s/%s; %s\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, where)
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

func (p *proof) close() error {
	if p.peer != nil {
		p.ratios()
	}
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
