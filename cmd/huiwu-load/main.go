// Command huiwu-load measures a running Huiwu the way people use it: phones
// that are signed in, open websockets, ticks through real requests. It counts
// what every socket saw: nothing lost, nothing doubled, nothing old over new.
//
// Without arguments it proves the figures that we promise on this
// machine, with a server and databases of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"huiwu/server/store"
)

type cli struct {
	Within time.Duration `default:"2h" help:"Everything ends after this time, finished or not."`

	Bench benchCmd `cmd:"" default:"withargs" help:"Prove the figures with servers and databases of its own (default)."`
	Peers peersCmd `cmd:"" help:"The same beside another server that only pushes (centrifuge)."`
	Grow  growCmd  `cmd:"" help:"Fill an empty database with years of events, in bulk."`
	Setup setupCmd `cmd:"" help:"Put an event and signed-in people into a database; writes the file that the other commands play with."`
	Live  liveCmd  `cmd:"" help:"Tick and undo at a set rate while phones look on."`
	Idle  idleCmd  `cmd:"" help:"Hold sockets that only wait, and tell what they cost the server."`
	Page  pageCmd  `cmd:"" help:"Fetch an event's checklist as fast as it comes."`
	Acts  actsCmd  `cmd:"" help:"One act after the other, nobody looking on."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	debug.SetGCPercent(400) // the measuring side shall not measure its own garbage collector
	k := kong.Parse(&c, kong.Name("huiwu-load"), kong.Description("Measures a running Huiwu the way people use it."), kong.UsageOnError())
	limited, cancel := context.WithTimeoutCause(ctx, c.Within, fmt.Errorf("not finished within %s", c.Within))
	defer cancel()
	k.BindTo(limited, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			err = errors.Join(context.Cause(limited), err)
		}
		fmt.Fprintln(os.Stderr, "huiwu-load:", err)
		os.Exit(1)
	}
}

// site is the running Huiwu and who plays on it.
type site struct {
	Base     []string `default:"http://127.0.0.1:8080" help:"Address of the server; several are instances of one."`
	Remote   bool     `help:"The servers may be on other machines: mind whom you load."`
	Pid      []int    `help:"Process ids of the servers, where they run here: for their memory and processor time."`
	Sessions string   `type:"existingfile" help:"File that \"setup\" wrote."`
	Login    []string `help:"Without --sessions: staff numbers to sign in."`
	Pin      string   `default:"246810" help:"Their PIN."`
	Event    []string `help:"Without --sessions: ids of the events to play on."`
}

func (s *site) cast(ctx context.Context) (*cast, error) {
	for _, base := range s.Base {
		if u, err := url.Parse(base); !s.Remote && (err != nil || !loopback(u.Hostname())) {
			return nil, fmt.Errorf("%s is not on this machine: --remote says that this is meant", base)
		}
	}
	if s.Sessions != "" {
		b, err := os.ReadFile(s.Sessions)
		if err != nil {
			return nil, err
		}
		c := new(cast)
		if err := json.Unmarshal(b, c); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Sessions, err)
		}
		return c, nil
	}
	if len(s.Login) == 0 || len(s.Event) == 0 {
		return nil, errors.New("who plays? Give --sessions, or --login and --event")
	}
	return signIn(ctx, s.Base[0], s.Login, s.Pin, s.Event)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

type setupCmd struct {
	DatabaseURL string `env:"DATABASE_URL" help:"postgres://…; empty = SQLite in --data-dir."`
	DataDir     string `env:"DATA_DIR" default:"data" help:"Folder of the embedded database."`
	People      int    `default:"1000" help:"How many people are signed in."`
	Events      int    `default:"1" help:"How many events there are."`
	Items       int    `default:"60" help:"How many items each event has at least."`
	Out         string `default:"sessions.json" help:"File to write."`
}

func (c setupCmd) Run(ctx context.Context) error {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: c.DatabaseURL, Dir: c.DataDir, Loc: loc})
	if err != nil {
		return err
	}
	defer s.Close()
	cast, err := seed(ctx, s, c.People, c.Items, c.Events)
	if err != nil {
		return err
	}
	b, err := json.Marshal(cast)
	if err != nil {
		return err
	}
	return os.WriteFile(c.Out, b, 0o600)
}

type liveCmd struct {
	site
	liveOptions
	JSON bool `help:"Print the report as JSON."`
}

func (c liveCmd) Run(ctx context.Context) error {
	cast, err := c.cast(ctx)
	if err != nil {
		return err
	}
	r, err := playLive(ctx, c.Base, c.Pid, cast, c.liveOptions)
	if err != nil {
		return err
	}
	if err := show(r, c.JSON); err != nil {
		return err
	}
	return r.faulty()
}

type idleCmd struct {
	site
	Sockets int           `default:"1000" help:"How many."`
	Hold    time.Duration `default:"10s" help:"How long they are held before memory is read."`
	JSON    bool          `help:"Print the report as JSON."`
}

func (c idleCmd) Run(ctx context.Context) error {
	cast, err := c.cast(ctx)
	if err != nil {
		return err
	}
	pid := 0 // only the sockets are held then
	if len(c.Pid) > 0 {
		pid = c.Pid[0]
	}
	r, err := holdIdle(ctx, c.Base, cast, pid, c.Sockets, c.Hold)
	if err != nil {
		return err
	}
	return show(r, c.JSON)
}

type pageCmd struct {
	site
	Conns   int           `default:"8" help:"Connections that are kept alive."`
	Time    time.Duration `default:"10s" help:"How long."`
	Accept  string        `default:"text/html" help:"What is asked for: text/html or application/json."`
	Packed  bool          `help:"Ask for a compressed answer, as browsers do."`
	Again   bool          `help:"Ask as a browser does that has the page already: only when it changed."`
	Filters string        `help:"Query of the address, such as crew=SVC."`
	JSON    bool          `help:"Print the report as JSON."`
}

func (c pageCmd) Run(ctx context.Context) error {
	cast, err := c.cast(ctx)
	if err != nil {
		return err
	}
	r, err := fetchPages(ctx, c.Base[0], cast, pageOptions{conns: c.Conns, time: c.Time, accept: c.Accept, packed: c.Packed, again: c.Again, query: c.Filters})
	if err != nil {
		return err
	}
	return show(r, c.JSON)
}

type actsCmd struct {
	site
	Count int  `default:"300" help:"How many acts."`
	JSON  bool `help:"Print the report as JSON."`
}

func (c actsCmd) Run(ctx context.Context) error {
	cast, err := c.cast(ctx)
	if err != nil {
		return err
	}
	r, err := actAlone(ctx, c.Base[0], cast, c.Count)
	if err != nil {
		return err
	}
	return show(r, c.JSON)
}

// show prints a report as text or JSON.
func show(r fmt.Stringer, asJSON bool) error {
	if !asJSON {
		fmt.Print(r)
		return nil
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
