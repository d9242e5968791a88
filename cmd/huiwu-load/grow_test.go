package main

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof" // as a server with PROFILE_ADDR serves it
	"os"
	"strings"
	"testing"
	"time"

	"huiwu/server"
	"huiwu/server/store"
)

// What is written round the rules must look as if they had been kept.
func TestGrow(t *testing.T) {
	for _, o := range databases(t) {
		g := growOptions{Events: 12, Items: 12 * 70, Log: 12 * 300, Years: 1, Today: 2, People: 12}
		c, err := grow(t.Context(), o, g)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Events) != 2 || len(c.People) != 12 {
			t.Errorf("%d events today, %d people", len(c.Events), len(c.People))
		}
		db, err := openSQL(&stand{options: o})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		const old = "(SELECT id FROM events WHERE status = 'closed')"
		for query, want := range map[string]int{
			"SELECT COUNT(*) FROM events WHERE status = 'closed'":                                                            12,
			"SELECT COUNT(*) FROM items WHERE event_id IN " + old:                                                            12 * 70,
			"SELECT COUNT(*) FROM changes WHERE event_id IN " + old:                                                          12 * 300,
			"SELECT COUNT(*) FROM items WHERE event_id IN " + old + " AND status NOT IN ('done','accepted','not-needed')":    0,
			"SELECT COUNT(*) FROM (SELECT topic FROM changes GROUP BY topic HAVING COUNT(*) <> MAX(seq) OR MIN(seq) <> 1) x": 0,
			"SELECT COUNT(*) FROM topics t JOIN changes c ON c.topic = t.id WHERE c.seq > t.seq":                             0,
			// each item carries the seq of the last row about it
			"SELECT COUNT(*) FROM items i WHERE i.event_id IN " + old + " AND i.seq <> (SELECT MAX(c.seq) FROM changes c WHERE c.subject = 'item:' || i.id)":                                                                             0,
			"SELECT COUNT(*) FROM items i JOIN changes c ON c.topic = 'event:' || i.event_id AND c.seq = i.seq WHERE i.event_id IN " + old + " AND c.new <> i.status":                                                                    0,
			"SELECT COUNT(*) FROM events a JOIN events b ON a.id < b.id JOIN event_rooms x ON x.event_id = a.id JOIN event_rooms y ON y.event_id = b.id AND y.room_id = x.room_id WHERE a.start_at < b.end_at AND b.start_at < a.end_at": 0,
		} {
			if got := count(t, db, query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		if o.URL == "" {
			if got := count(t, db, "SELECT COUNT(*) FROM pragma_foreign_key_check"); got != 0 {
				t.Errorf("%d rows name others that are not there", got)
			}
		}
		if _, err := grow(t.Context(), o, g); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a database with events in it was grown: %v", err)
		}
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

// databases are an embedded one, and one on PostgreSQL where that is.
func databases(t *testing.T) []store.Options {
	t.Helper()
	list := []store.Options{{Dir: t.TempDir()}}
	if o, ok := postgres(t); ok {
		list = append(list, o)
	}
	return list
}

func postgres(t *testing.T) (store.Options, bool) {
	t.Helper()
	p := &proof{benchCmd: benchCmd{Database: os.Getenv("TEST_DATABASE_URL")}}
	if p.Database == "" {
		if os.Getenv("HUIWU_REQUIRE_SERVICES") != "" {
			t.Fatal("TEST_DATABASE_URL is not set")
		}
		t.Log("without PostgreSQL: TEST_DATABASE_URL is not set")
		return store.Options{}, false
	}
	url, err := p.makeDatabase(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.drop)
	return store.Options{URL: url}, true
}

// A young and an old building side by side, and a long time cut short.
func TestGrowthAndSoak(t *testing.T) {
	young, old := t.TempDir(), t.TempDir()
	g := &growth{small: &stand{options: store.Options{Dir: young}}, large: &stand{options: store.Options{Dir: old}}, events: 3}
	for _, s := range []*stand{g.small, g.large} {
		o := growOptions{Today: 1, People: 20, Years: 1}
		if s == g.large {
			o.Events, o.Items, o.Log = 3, 30, 120
		}
		var err error
		if s.cast, err = grow(t.Context(), s.options, o); err != nil {
			t.Fatal(err)
		}
	}
	base := serve(t, server.Config{DataDir: old})
	p := new(proof)
	if err := g.compare(t.Context(), p, serve(t, server.Config{DataDir: young}), base); err != nil {
		t.Fatal(err)
	}
	if len(p.figures) != 3*(len(growthPages(g.small.cast))+1) {
		t.Errorf("%d figures", len(p.figures))
	}
	profiles := httptest.NewServer(http.DefaultServeMux)
	defer profiles.Close()
	r, err := soak(t.Context(), base, strings.TrimPrefix(profiles.URL, "http://"), os.Getpid(), g.large.cast, 40, 20, 2*time.Second)
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	if len(r.Moments) != 3 || r.Moments[2].Sockets != 40 || r.Moments[2].Goroutines == 0 || r.Moments[2].Heap == 0 || r.Acts == 0 {
		t.Errorf("%+v", r)
	}
}

// Another instance, as far as a server can tell.
func TestFeed(t *testing.T) {
	o, ok := postgres(t)
	redis := os.Getenv("TEST_REDIS_URL")
	if !ok || redis == "" {
		t.Skip("needs PostgreSQL and Redis")
	}
	on, err := newStand(t.Context(), o, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, server.Config{DatabaseURL: o.URL, RedisURL: redis, DataDir: t.TempDir()})
	f, err := newFeeder(t.Context(), on, redis, base)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close(t.Context())
	for _, rate := range []float64{20, 300} {
		r, err := f.try(t.Context(), []string{base}, on.cast, 10, rate, 500*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if r.Fault != nil || r.Shown == 0 || r.Took.P99 == 0 {
			t.Errorf("%+v", r)
		}
	}
}
