package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
	"huiwu/views"
)

// benchSite is a whole server without its network: requests go in as fasthttp
// hands them over, with every middleware, right and query.
type benchSite struct {
	*storetest.World
	handler fasthttp.RequestHandler
	tokens  map[string]string // cookie by staff number
}

func newBenchSite(b testing.TB, cfg server.Config) *benchSite {
	b.Helper()
	cfg.SiteTZ, cfg.DatabaseConns, cfg.Shutdown = "Asia/Shanghai", 8, time.Second
	if cfg.DatabaseURL == "" {
		cfg.DataDir = b.TempDir()
	} else {
		benchMigrate(b, cfg.DatabaseURL)
	}
	srv, err := server.New(b.Context(), cfg, storetest.Quiet, server.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := srv.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = srv.Shutdown(context.WithoutCancel(b.Context())) })
	s := &benchSite{World: storetest.NewWorld(b, srv.Store), handler: srv.Fiber().Handler(), tokens: map[string]string{}}
	for _, no := range []string{"commander", "service"} {
		s.tokens[no] = store.NewID() + store.NewID()
		if _, err := srv.Store.CreateSession(b.Context(), s.People[no], s.tokens[no], "bench"); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchMigrate(b testing.TB, url string) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{URL: url, Logger: storetest.Quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
}

var benchAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

// ask does one request and gives its answer; header is name, value, …
func (s *benchSite) ask(b testing.TB, method, path, who string, header ...string) []byte {
	var c fasthttp.RequestCtx
	c.Init(&fasthttp.Request{}, benchAddr, nil)
	h := &c.Request.Header
	h.SetMethod(method)
	h.SetHost("huiwu.test")
	h.SetCookie("sid", s.tokens[who])
	c.Request.SetRequestURI(path)
	for k := 0; k+1 < len(header); k += 2 {
		h.Set(header[k], header[k+1])
	}
	s.handler(&c)
	if c.Response.StatusCode() != fasthttp.StatusOK {
		b.Fatalf("%s %s: %d %.300s", method, path, c.Response.StatusCode(), c.Response.Body())
	}
	return c.Response.Body()
}

// An answer must not change when the next one is made: a page that was rendered
// into a buffer from a pool once did, and people read each other's pages.
func TestAnswersStayAsTheyWere(t *testing.T) {
	s := newBenchSite(t, server.Config{})
	path := "/events/" + s.Event + "/items"
	var mine, before [][]byte
	for range 5 {
		a := s.ask(t, "GET", path, "service", "Accept", "text/html")
		mine, before = append(mine, a), append(before, bytes.Clone(a))
	}
	for range 20 {
		s.ask(t, "GET", path, "commander", "Accept", "text/html")
	}
	for k := range mine {
		if !bytes.Equal(mine[k], before[k]) || !bytes.Contains(before[k], []byte(s.People["service"].ID)) {
			t.Fatal("an answer was written over by later ones")
		}
	}
}

// onBoth runs fn on both, with the configuration of each.
func onBoth(b *testing.B, fn func(b *testing.B, cfg server.Config)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, server.Config{}) })
	b.Run("postgres", func(b *testing.B) { fn(b, server.Config{DatabaseURL: storetest.PostgresURL(b)}) })
}

// BenchmarkItemsPage is GET /events/{id}/items of a level-1 event: again and
// again, and each time after a change, when nothing can be used again.
func BenchmarkItemsPage(b *testing.B) {
	onBoth(b, func(b *testing.B, cfg server.Config) {
		s := newBenchSite(b, cfg)
		path := "/events/" + s.Event + "/items"
		for _, kind := range []struct{ name, header, value string }{
			{"html", "Accept", "text/html"}, {"packed", "Accept-Encoding", "gzip, deflate, br"}, {"json", "Accept", "application/json"},
		} {
			b.Run(kind.name, func(b *testing.B) {
				size := 0
				for b.Loop() {
					size = len(s.ask(b, "GET", path, "service", kind.header, kind.value))
				}
				b.ReportMetric(float64(size)/1000, "kB")
			})
		}
		b.Run("changed", func(b *testing.B) {
			item := s.Item(b, s.Event, "S4")
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				s.tick(b, item.ID, n)
				b.StartTimer()
				s.ask(b, "GET", path, "service", "Accept", "text/html")
			}
		})
	})
}

// tick ticks the item, and undoes it every second time.
func (s *benchSite) tick(b testing.TB, id string, n int) {
	method := "PUT"
	if n%2 == 1 {
		method = "DELETE"
	}
	s.ask(b, method, "/items/"+id+"/done", "service", "Accept", "text/html", "HX-Request", "true", "Idempotency-Key", store.NewID(),
		"HX-Current-URL", "http://huiwu.test/events/"+s.Event+"/items", "Sec-Fetch-Site", "same-origin")
}

// BenchmarkTick is the whole write path: request, rule, commit, announcement,
// and the rendered answer.
func BenchmarkTick(b *testing.B) {
	onBoth(b, func(b *testing.B, cfg server.Config) {
		s := newBenchSite(b, cfg)
		item := s.Item(b, s.Event, "S4")
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			s.tick(b, item.ID, n)
		}
	})
}

// BenchmarkViews is rendering alone: one row as it is pushed, and the body of
// the page it stands in.
func BenchmarkViews(b *testing.B) {
	s := storetest.NewWorld(b, storetest.SQLite(b))
	e, _, err := s.Store.Event(b.Context(), nil, s.Event)
	if err != nil {
		b.Fatal(err)
	}
	items, err := s.Store.Items(b.Context(), s.Event)
	if err != nil {
		b.Fatal(err)
	}
	names, err := s.Store.Names(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c := views.Ctx{Locale: "zh", Loc: storetest.Shanghai, Now: s.Store.Now(), Names: names, Seq: 1}
	var out bytes.Buffer
	b.Run("row", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out.Reset()
			if err := views.ItemRow(c, e, &items[3]).Render(b.Context(), &out); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(out.Len()), "bytes")
	})
	b.Run(fmt.Sprintf("page-%d-rows", len(items)), func(b *testing.B) {
		b.ReportAllocs()
		p := views.ItemsPage{Page: views.Page{Ctx: c}, Event: *e, Progress: domain.Sum(items, c.Now)}
		for _, i := range items {
			if n := len(p.Groups); n == 0 || p.Groups[n-1].Phase != i.Phase || p.Groups[n-1].Crew != i.Crew {
				p.Groups = append(p.Groups, views.ItemGroup{Phase: i.Phase, Crew: i.Crew})
			}
			g := &p.Groups[len(p.Groups)-1]
			g.Items = append(g.Items, i)
		}
		for b.Loop() {
			out.Reset()
			if err := views.ItemsBody(p).Render(b.Context(), &out); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(out.Len()), "bytes")
	})
}
