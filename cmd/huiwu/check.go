package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"huiwu/server"
	"huiwu/server/live"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/static"
)

type checkCmd struct {
	JSON bool `help:"Print the result as JSON."`
}

// shown and shownJSON are how many rows of a finding are named.
const (
	shown     = 5
	shownJSON = 1000
)

// checks is everything that was looked at.
type checks struct {
	OK       bool            `json:"ok"`
	Checks   []checked       `json:"checks"`
	Findings []store.Finding `json:"findings"` // what is wrong with the data
}

type checked struct {
	Name  string `json:"name"`
	Error string `json:"error,omitempty"`
	Note  string `json:"note,omitempty"`
}

func (c *checks) say(name string, err error) bool {
	x := checked{Name: name}
	if err != nil {
		c.OK, x.Error = false, err.Error()
	}
	c.Checks = append(c.Checks, x)
	return err == nil
}

// Run looks at everything a start needs, and for what cannot be in the data. It
// says what is wrong, all at once, and repairs nothing.
func (k checkCmd) Run(ctx context.Context) error {
	c := checks{OK: true, Findings: []store.Finding{}}
	limit := shown
	if k.JSON {
		limit = shownJSON
	}
	cfg, err := server.LoadConfig()
	if c.say("configuration", err) {
		c.parts(ctx, cfg, limit)
	}
	if k.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		if err := e.Encode(c); err != nil {
			return err
		}
	} else {
		c.print()
	}
	if !c.OK {
		return errors.New("the check failed")
	}
	return nil
}

func (c *checks) parts(ctx context.Context, cfg server.Config, limit int) {
	c.say("built files of the browser", static.Check())
	blobs, err := photoStorage(cfg)
	if err == nil {
		err = blobs.Ready(ctx)
	}
	stored := c.say("storage of photos", err)
	if cfg.RedisURL != "" {
		c.say("Redis", redisAnswers(ctx, cfg.RedisURL))
	}
	if !databaseThere(cfg) {
		c.Checks = append(c.Checks, checked{Name: "database", Note: "there is none yet; the first start makes it"})
		return
	}
	var missing []string
	opened := c.say("database", openStore(ctx, func(s *store.Store) (err error) {
		missing, err = s.Pending(ctx)
		switch {
		case err != nil:
			return err
		case len(missing) > 0:
			return nil
		}
		if c.Findings, err = findings(ctx, s, blobs, stored, limit); len(c.Findings) > 0 {
			c.OK = false
		}
		return err
	}))
	switch {
	case !opened:
	case len(missing) > 0 && cfg.DatabaseURL != "":
		c.say("schema", errors.New("it is old, run \"huiwu migrate\": "+strings.Join(missing, ", ")))
	case len(missing) > 0:
		c.Checks = append(c.Checks, checked{Name: "schema", Note: "it is old; the next start brings it up to date, the data can be checked then"})
	case len(c.Findings) == 0:
		c.say("data", nil)
	}
}

// young is how long a picture may wait for its row.
const young = time.Hour

func findings(ctx context.Context, s *store.Store, blobs photos.Blobs, stored bool, limit int) ([]store.Finding, error) {
	list, err := s.Check(ctx, limit)
	if list == nil {
		list = []store.Finding{}
	}
	if err != nil || !stored {
		return list, err
	}
	rows, err := s.PhotoFiles(ctx)
	if err != nil {
		return list, err
	}
	missing, stray, err := photos.Compare(ctx, blobs, rows, time.Now().Add(-young))
	if err != nil {
		return list, fmt.Errorf("storage of photos: %w", err)
	}
	for _, f := range []struct {
		store.Finding
		names []string
	}{
		{store.Finding{
			Name: "photos.missing", Says: "photos whose files are not in the storage (file)",
			Do: "copy the files from a backup into the storage; without one, strike these photos on their items' pages",
		}, missing},
		{store.Finding{
			Name: "photos.stray", Says: "files in the storage that belong to no photo (file)",
			Do: "nobody can see them: delete them, unless another database uses the same storage",
		}, stray},
	} {
		if f.N = len(f.names); f.N > 0 {
			f.Rows = f.names[:min(limit, f.N)]
			list = append(list, f.Finding)
		}
	}
	return list, nil
}

func (c *checks) print() {
	for _, x := range c.Checks {
		switch {
		case x.Error != "":
			fmt.Printf("✗ %s: %s\n", x.Name, x.Error)
		case x.Note != "":
			fmt.Printf("· %s: %s\n", x.Name, x.Note)
		default:
			fmt.Printf("✓ %s\n", x.Name)
		}
	}
	for _, f := range c.Findings {
		fmt.Printf("✗ %s: %d %s\n    %s\n", f.Name, f.N, f.Says, strings.Join(f.Rows, "\n    "))
		if f.N > len(f.Rows) {
			fmt.Printf("    … (--json names more)\n")
		}
		fmt.Printf("  → %s\n", f.Do)
	}
}

func redisAnswers(ctx context.Context, url string) error {
	bus, err := live.NewRedisBus(live.RedisOptions{URL: url, Logger: logger("error")})
	if err != nil {
		return err
	}
	if err := bus.Start(ctx, func(live.Message) {}, func() {}); err != nil {
		return err
	}
	for range 30 {
		if err = bus.Ready(ctx); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(err, bus.Close())
}
