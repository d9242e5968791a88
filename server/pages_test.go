package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/store"
)

// pagesOf are the pages of a commander and of an administrator.
func (s *site) pagesOf() map[string][]string {
	e := "/events/" + s.world.Event
	return map[string][]string{
		"commander": {"/today", "/events", "/events/new", "/events/import", "/calendar", "/calendar?view=week", "/calendar/links", "/rooms", "/rooms/R3", "/rooms/free", "/lobby", "/board", "/activity", "/notices", "/me", e, e + "/items", e + "/items?mine=1", e + "/guests", e + "/board", e + "/log", e + "/changes", e + "/move", e + "/copies?repeat=weekly&count=3", e + "/work", e + "/crew", "/settings/staffing", "/people/" + s.world.People["service"].ID + "/availability", "/publications/today", "/intake?day=today", e + "/drill", e + "/edit", e + "/programme", e + "/agenda/print", e + "/track", "/track", e + "/register", e + "/template", e + "/invitations", "/door", "/door?q=x", "/headcount", e + "/guests/sheet", e + "/links", e + "/posts", e + "/posts/signs", e + "/cues", e + "/vehicles", "/control", "/requests", "/requests?show=decided"},
		"admin":     {"/people", "/settings/channels", "/settings/retention", "/settings/levels", "/settings/track", "/settings/requests", "/settings/board", "/invites/new", "/templates", "/templates/1", "/templates/1/preview", "/people/import", "/supplies", "/rooms/import"},
	}
}

// moment is what differs between two answers of the same page: the clock and
// what counts from it.
var moment = regexp.MustCompile(`(data-now|data-acted|data-at)="[^"]*"`)

// TestPagesArePutTogether: a page made of pieces, some of them compressed for
// others long ago, is what it is without compression, and holds no hole.
func TestPagesArePutTogether(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := start(t, setting{Now: func() time.Time { return now }})
	for who, pages := range s.pagesOf() {
		c := s.signIn(t, who)
		for _, path := range append(pages, "/nowhere", "/session/new?other=1", "/offline", "/outbox") {
			c.send(http.MethodGet, path, nil, "Accept", "text/html") // a first look may stand in a log, which pages show
			plain := c.send(http.MethodGet, path, nil, "Accept", "text/html", "Accept-Encoding", "identity")
			if plain.header.Get("Content-Encoding") != "" || strings.Contains(plain.body, "<!--part") {
				t.Errorf("%s: not put together", path)
			}
			for range 2 {
				packed := c.send(http.MethodGet, path, nil, "Accept", "text/html", "Accept-Encoding", "gzip, br")
				if plain.status == http.StatusSeeOther {
					continue
				}
				if packed.status != plain.status || packed.header.Get("Content-Encoding") != "gzip" || !strings.Contains(packed.header.Get("Vary"), "Accept-Encoding") {
					t.Fatalf("%s: %d %v", path, packed.status, packed.header)
				}
				z, err := gzip.NewReader(strings.NewReader(packed.body))
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				body, err := io.ReadAll(z)
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if got, want := moment.ReplaceAll(body, nil), moment.ReplaceAll([]byte(plain.body), nil); !bytes.Equal(got, want) {
					t.Errorf("%s: compressed, the page differs", path)
				}
			}
		}
	}
}

// TestUnchanged: a browser that has the page is told so until something on it
// changes, for whatever reason.
func TestUnchanged(t *testing.T) {
	s := start(t, setting{})
	c, other := s.signIn(t, "service"), s.signIn(t, "commander")
	e := "/events/" + s.world.Event
	for _, x := range []struct {
		path string
		who  *client
	}{{e + "/items", c}, {e + "/items?mine=1", c}, {e + "/guests", c}, {e + "/board", other}} {
		tag, cookie := "", x.who.cookie
		asks := func(more ...string) int {
			a := x.who.send(http.MethodGet, x.path, nil, append([]string{"Accept", "text/html", "If-None-Match", tag}, more...)...)
			if a.status == http.StatusNotModified && a.body != "" {
				t.Errorf("%s: 304 with a body", x.path)
			}
			if a.status == http.StatusOK {
				tag = a.header.Get("ETag")
			}
			return a.status
		}
		want := func(what string, status int, more ...string) {
			t.Helper()
			if got := asks(more...); got != status {
				t.Errorf("%s, %s: %d, want %d", x.path, what, got, status)
			}
		}
		want("at first", 200)
		want("at once again", 304)
		before := tag
		if got := s.signIn(t, "supervisor").send(http.MethodGet, x.path, nil, "Accept", "text/html", "If-None-Match", before).status; got != 200 {
			t.Errorf("%s: somebody else's page is as good: %d", x.path, got)
		}
		item := s.world.Item(t, s.world.Event, "S13")
		c.does("PUT", "/items/"+item.ID+"/done", nil)
		want("after an act", 200)
		want("at once again", 304)
		c.does("DELETE", "/items/"+item.ID+"/done", nil)
		want("after its undoing", 200)
		x.who.cookie = cookie + "; theme=dark"
		want("in the dark", 200)
		want("in the dark again", 304)
		x.who.cookie = cookie
		want("in the light again", 200)
		x.who.does("PUT", "/me/locale", form("locale", "en"))
		want("in English", 200)
		want("in English again", 304)
		x.who.does("PUT", "/me/locale", form("locale", "zh"))
		want("in Chinese", 200)
	}
}

// TestUnchangedRights: who lost a page is not told that it is as he has it.
func TestUnchangedRights(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "service")
	path := "/events/" + s.world.Secret + "/items"
	tag := c.get(path, "Accept", "text/html").header.Get("ETag")
	if got := c.send(http.MethodGet, path, nil, "Accept", "text/html", "If-None-Match", tag).status; got != http.StatusNotModified {
		t.Fatalf("nothing changed: %d", got)
	}
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.UpdateEvent(t.Context(), s.world.Act("commander"), s.world.Secret, store.EventDraft{Event: *e, Rooms: []string{"R1"}}); err != nil {
		t.Fatal(err)
	}
	if got := c.send(http.MethodGet, path, nil, "Accept", "text/html", "If-None-Match", tag).status; got != http.StatusNotFound {
		t.Errorf("taken off the event: %d", got)
	}
}

// TestQueriesPerPage: how many statements a page takes does not depend on how
// much it shows. The numbers stand in testdata/queries.golden: the first time
// after a change, and again.
func TestQueriesPerPage(t *testing.T) {
	s := start(t, setting{Now: slowly(), Hub: func(c *live.Config) { c.Poll, c.Clock, c.Recheck = time.Hour, time.Hour, time.Hour }})
	clients := map[string]*client{"commander": s.signIn(t, "commander"), "admin": s.signIn(t, "admin")}
	add := func(n int) {
		t.Helper()
		due := s.Store.Now().Add(time.Hour)
		if _, err := s.Store.AddItem(t.Context(), s.world.Act("commander"), domain.Item{EventID: s.world.Event, Zh: fmt.Sprint("临时事项 ", n), Crew: domain.CrewSVC, Phase: domain.PhasePre, DueAt: &due}); err != nil {
			t.Fatal(err)
		}
	}
	added := 0
	count := func(who, path string) (changed, again int64) {
		c := clients[who]
		changed, again = 1<<30, 1<<30
		c.get(path, "Accept", "text/html") // sessions and names are remembered
		for range 3 {                      // something may happen beside it
			added++
			add(added)
			before := s.Store.Queries()
			c.get(path, "Accept", "text/html")
			middle := s.Store.Queries()
			c.get(path, "Accept", "text/html")
			changed, again = min(changed, middle-before), min(again, s.Store.Queries()-middle)
		}
		return changed, again
	}
	table := func() string {
		var b strings.Builder
		for _, who := range []string{"commander", "admin"} {
			for _, path := range s.pagesOf()[who] {
				changed, again := count(who, path)
				fmt.Fprintf(&b, "%-32s %2d %2d\n", strings.NewReplacer(s.world.Event, ":id", s.world.People["service"].ID, ":id").Replace(path), changed, again)
			}
		}
		return b.String()
	}
	s.guests(t, s.world.Event, store.GuestDraft{Guest: domain.Guest{Name: "鹭鸶"}}) // nobody takes fewer statements than one
	few := table()
	golden(t, "queries.golden", few)
	var drafts []store.GuestDraft
	for n := range 30 {
		drafts = append(drafts, store.GuestDraft{Guest: domain.Guest{Name: fmt.Sprint("鸬鹚", n)}, Party: fmt.Sprint("随员", n%5)})
	}
	s.guests(t, s.world.Event, drafts...)
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Other)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 6 {
		more := domain.Event{Name: fmt.Sprint("例会 ", n), Type: e.Type, Organiser: e.Organiser, Contact: e.Contact, Level: 4, Secrecy: e.Secrecy, Heads: 5, StartAt: e.StartAt.Add(time.Duration(n+2) * 3 * time.Hour), EndAt: e.EndAt.Add(time.Duration(n+2) * 3 * time.Hour)}
		s.world.MakeEvent(t, store.EventDraft{Event: more, Rooms: []string{"R3"}}, "service2")
	}
	if many := table(); many != few {
		t.Errorf("with more rows, pages take more statements:\n%s\nwith few:\n%s", many, few)
	}
}

// TestQueriesPerAct: a tick, its answer and what is pushed of it take few
// statements, however long the list is.
func TestQueriesPerAct(t *testing.T) {
	s := start(t, setting{Now: slowly(), Hub: func(c *live.Config) { c.Poll, c.Clock, c.Recheck = time.Hour, time.Hour, time.Hour }})
	c := s.signIn(t, "service")
	k := c.watch("topic=event:" + s.world.Event + "&view=items")
	item := s.world.Item(t, s.world.Event, "S13")
	page := "http://" + s.addr + "/events/" + s.world.Event + "/items"
	c.get("/events/" + s.world.Event + "/items")
	least := int64(1 << 30)
	for range 5 {
		for _, method := range []string{"PUT", "DELETE"} {
			before := s.Store.Queries()
			c.does(method, "/items/"+item.ID+"/done", nil, "HX-Current-URL", page)
			k.shows("item-" + item.ID)
			least = min(least, s.Store.Queries()-before)
		}
	}
	const most = 10
	if least > most {
		t.Errorf("a tick takes %d statements, want at most %d", least, most)
	}
	t.Logf("%d statements", least)
}
