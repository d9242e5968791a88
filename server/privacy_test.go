package server_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/store"
)

// TestSecretLooksAreLogged asks every page there is: whichever names a guest of a
// secret event has left a row in that event's log, with who looked.
func TestSecretLooksAreLogged(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { secretLooks(t, "") })
	t.Run("postgres", func(t *testing.T) { secretLooks(t, migrated(t)) })
}

func secretLooks(t *testing.T, database string) {
	var now atomic.Int64
	now.Store(time.Now().UTC().Truncate(time.Second).UnixMicro())
	s := start(t, setting{Database: database, Now: func() time.Time { return time.UnixMicro(now.Load()).UTC() }})
	w, ctx := s.world, t.Context()
	if _, err := s.Store.AddGuests(ctx, w.Act("supervisor"), w.Secret, []store.GuestDraft{{Guest: domain.Guest{Name: "泽漆", Rank: 1}, Party: "杉"}, {Guest: domain.Guest{Name: "泽漆"}, Line: 2}}); err == nil {
		t.Fatal("the same guest twice")
	}
	if _, err := s.Store.AddGuests(ctx, w.Act("supervisor"), w.Secret, []store.GuestDraft{{Guest: domain.Guest{Name: "泽漆", Rank: 1}, Party: "杉"}}); err != nil {
		t.Fatal(err)
	}
	guests, err := s.Store.Guests(ctx, w.Secret)
	if err != nil {
		t.Fatal(err)
	}
	g := guests[0]
	if _, err := s.Store.MoveGuest(ctx, w.Act("supervisor"), g.ID, domain.PositionLobby); err != nil {
		t.Fatal(err)
	}
	plan, err := s.Store.AddSeatPlan(ctx, w.Act("supervisor"), domain.SeatPlan{EventID: w.Secret, Name: "会见", Layout: domain.LayoutTalks, Seats: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.FillSeats(ctx, w.Act("supervisor"), plan.Created); err != nil {
		t.Fatal(err)
	}
	// A look lasts, so the clock moves on with every request: the event lasts longer.
	if _, err := s.Store.Write(ctx, domain.Act{}, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.NewRaw("UPDATE events SET end_at = ? WHERE id = ?", time.UnixMicro(now.Load()).UTC().AddDate(0, 0, 60), w.Secret).Exec(ctx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c := s.signIn(t, "commander")
	trace := func() int {
		n := 0
		rows, err := s.Store.Log(ctx, domain.EventTopic(w.Secret), 0, 10000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if (r.Verb == "event.looked" || r.Verb == "guest.looked_up") && r.PersonID == w.People["commander"].ID {
				n++
			}
		}
		return n
	}
	ids := strings.NewReplacer("/events/:id", "/events/"+w.Secret, "/guests/:id", "/guests/"+g.ID, "/seats/:plan", "/seats/"+plan.Created)
	named := map[string]bool{}
	for _, r := range server.Routes(s.Web, &server.Ops{}) {
		if r.Method != http.MethodGet || r.Right == domain.RightPublic || r.Path == "/live" {
			continue
		}
		for _, query := range []string{"", "?q=%E6%B3%BD", "?guest=" + g.ID, "?what=cards&plan=" + plan.Created} {
			path := ids.Replace(r.Path) + query
			if strings.Contains(path, ":") {
				continue
			}
			for _, accept := range []string{"text/html", "application/json"} {
				now.Add((11 * time.Minute).Microseconds()) // beyond one look
				before := trace()
				a := c.send(http.MethodGet, path, nil, "Accept", accept)
				if !strings.Contains(a.body, "泽漆") {
					continue
				}
				named[r.Path] = true
				if trace() == before {
					t.Errorf("%s %s names a secret guest, and nobody knows who saw it", path, accept)
				}
			}
		}
	}
	for _, path := range []string{"/events/:id/guests", "/events/:id/seats/:plan", "/events/:id/board", "/lobby", "/door", "/guests/:id/invitation", "/events/:id/guests/sheet", "/events/:id/log"} {
		if !named[path] {
			t.Errorf("%s names nobody: it was not tried as it is used", path)
		}
	}
}

// Once an event is over its pages name nobody, to whoever works there; who edits
// the list may ask, and that is in the log.
func TestNamesAreAskedFor(t *testing.T) {
	s := start(t, setting{})
	w, ctx := s.world, t.Context()
	if _, err := s.Store.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "泽漆", Phone: "13900001234"}}}); err != nil {
		t.Fatal(err)
	}
	list := "/events/" + w.Event + "/guests"
	commander, attendant := s.signIn(t, "commander"), s.signIn(t, "service")
	get := func(c *client, path string) string {
		t.Helper()
		a := c.send(http.MethodGet, path, nil, "Accept", "text/html")
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d", path, a.status)
		}
		return a.body
	}
	if !strings.Contains(get(attendant, list), "泽漆") {
		t.Fatal("the attendant does not see whom she serves")
	}
	if _, err := s.Store.SetStatus(ctx, w.Act("commander"), w.Event, domain.EventCancelled, "延期"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{commander, attendant} {
		if body := get(c, list); strings.Contains(body, "泽漆") || strings.Contains(body, "13900001234") || !strings.Contains(body, "泽＊") || !strings.Contains(body, "names-note") {
			t.Error("the list names guests, or does not say why it does not")
		}
	}
	if body := get(attendant, list+"?names=1"); strings.Contains(body, "泽漆") || strings.Contains(body, "?names=1") {
		t.Error("the attendant may not ask")
	}
	a := commander.send(http.MethodGet, list+"?names=1", nil, "Accept", "text/html")
	if !strings.Contains(a.body, "泽漆") || a.header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, `data-topics="event:`) {
		t.Errorf("names that were asked for: kept %q", a.header.Get("Cache-Control"))
	}
	log, err := s.Store.Log(ctx, domain.EventTopic(w.Event), 0, 1)
	if err != nil || log[0].Verb != "event.looked" || log[0].New != "names" || log[0].PersonID != w.People["commander"].ID {
		t.Error(log, err)
	}
	for _, path := range []string{"/board", "/log", "/seats", "/invitations", "/guests/sheet"} {
		if body := get(commander, "/events/"+w.Event+path); strings.Contains(body, "泽漆") || !strings.Contains(body, "names-note") {
			t.Errorf("%s names guests of what is over", path)
		}
	}
}

// The days are set by who runs the site; what is no number says so beside the field.
func TestRetentionPage(t *testing.T) {
	s := start(t, setting{})
	admin := s.signIn(t, "admin")
	if a := admin.send(http.MethodGet, "/settings/retention", nil, "Accept", "text/html"); !strings.Contains(a.body, `value="180"`) {
		t.Error(a.status, a.body)
	}
	for in, want := range map[string]int{"90": 200, "": 422, "x": 422, "0": 422, "99999": 422, "-1": 422} {
		if a := admin.send(http.MethodPut, "/settings/retention", url.Values{"guest_days": {in}}, "Accept", "application/json"); a.status != want && (want != 200 || a.status != 204) {
			t.Errorf("%q: %d %s", in, a.status, a.body)
		}
	}
	site, err := s.Store.Site(t.Context())
	if err != nil || site.GuestDays != 90 {
		t.Error(site, err)
	}
}
