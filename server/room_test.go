package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"golang.org/x/net/html"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// calendarAt reads a link as another calendar does.
func (c *client) calendarAt(link string) map[string]*ics.VEvent {
	c.t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.HasSuffix(u.Path, ".ics") {
		c.t.Fatal(link, err)
	}
	a := c.get(u.Path)
	if got := a.header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		c.t.Fatalf("%d %s", a.status, got)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(a.body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
			c.t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	cal, err := ics.ParseCalendar(strings.NewReader(a.body))
	if err != nil {
		c.t.Fatal(err)
	}
	events := map[string]*ics.VEvent{}
	for _, e := range cal.Events() {
		events[e.Id()] = e
	}
	return events
}

func property(e *ics.VEvent, p ics.ComponentProperty) string {
	if x := e.GetProperty(p); x != nil {
		return x.Value
	}
	return ""
}

// A calendar elsewhere reads a person's events, and a room's: the same events under the same name, whatever becomes of them.
func TestICal(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		service, nobody := s.signIn(t, "service"), s.nobody()
		link := func(room string) string {
			t.Helper()
			var page struct{ Links map[string]string }
			service.json(http.MethodGet, "/calendar/links", nil, &page)
			return page.Links[room]
		}
		if got := link(""); got != "" {
			t.Error("a link that nobody asked for: ", got)
		}
		service.does(http.MethodPut, "/me/ical-link", nil)
		service.does(http.MethodPut, "/rooms/R1/ical-link", nil)
		service.does(http.MethodPut, "/rooms/R3/ical-link", nil)
		own := link("")
		visit, secret := s.world.Event+"@huiwu", s.world.Secret+"@huiwu"
		// A long name with everything that needs care.
		long := strings.Repeat("海岳省;产业,合作\\考察团：", 5)
		e, _, err := s.Store.Event(t.Context(), nil, s.world.Event)
		if err != nil {
			t.Fatal(err)
		}
		people, err := s.Store.Assignments(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		rename := func(name string) {
			t.Helper()
			d := store.EventDraft{Event: *e, Rooms: []string{"R2"}, People: people}
			d.Event.Name = name
			if _, err := s.Store.UpdateEvent(t.Context(), s.world.Act("supervisor"), e.ID, d); err != nil {
				t.Fatal(err)
			}
		}
		rename(long)
		events := nobody.calendarAt(own)
		if len(events) != 2 || events[visit] == nil || events[secret] == nil {
			t.Fatalf("%v", events)
		}
		x := events[visit]
		from, err := x.GetStartAt()
		if err != nil || !from.Equal(e.StartAt.Truncate(time.Second)) || !strings.HasSuffix(property(x, ics.ComponentPropertyDtStart), "Z") {
			t.Error("start: ", from, err, property(x, ics.ComponentPropertyDtStart))
		}
		to, err := x.GetEndAt()
		if err != nil || !to.Equal(e.EndAt.Truncate(time.Second)) {
			t.Error("end: ", to, err)
		}
		for p, want := range map[ics.ComponentProperty]string{
			ics.ComponentPropertySummary: long, ics.ComponentPropertyLocation: "第一会议室", ics.ComponentPropertyStatus: "CONFIRMED",
		} {
			if got := property(x, p); got != want {
				t.Errorf("%s: %q, want %q", p, got, want)
			}
		}
		if got := property(events[secret], ics.ComponentPropertySummary); !strings.HasSuffix(got, "号会议") || property(events[secret], ics.ComponentPropertyDescription)+property(events[secret], ics.ComponentPropertyUrl) != "" {
			t.Errorf("a secret is told: %q", got)
		}
		seq := property(x, ics.ComponentPropertySequence)
		rename("另一个名称")
		y := nobody.calendarAt(own)[visit]
		if a, b := number(t, seq), number(t, property(y, ics.ComponentPropertySequence)); b <= a || property(y, ics.ComponentPropertySummary) != "另一个名称" {
			t.Errorf("SEQUENCE %d, then %d: %q", a, b, property(y, ics.ComponentPropertySummary))
		}
		if _, err := s.Store.SetStatus(t.Context(), s.world.Act("supervisor"), s.world.Event, domain.EventCancelled, "改期"); err != nil {
			t.Fatal(err)
		}
		z := nobody.calendarAt(own)[visit]
		if z == nil || property(z, ics.ComponentPropertyStatus) != "CANCELLED" || number(t, property(z, ics.ComponentPropertySequence)) <= number(t, property(y, ics.ComponentPropertySequence)) {
			t.Errorf("cancelled: %+v", z)
		}

		// The room's: also events that he has no part in, and blockings.
		if _, err := s.Store.BlockRoom(t.Context(), s.world.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: s.Store.Now().Add(48 * time.Hour), EndAt: s.Store.Now().Add(50 * time.Hour), Reason: "检修"}); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range nobody.calendarAt(link("R3")) {
			names = append(names, property(e, ics.ComponentPropertySummary))
		}
		slices.Sort(names)
		if got := strings.Join(names, "; "); got != "停止预订：检修; 运营部周例会" {
			t.Error(got)
		}
		if got := nobody.calendarAt(link("R1")); len(got) != 1 || !strings.HasSuffix(property(got[secret], ics.ComponentPropertySummary), "号会议") {
			t.Errorf("%v", got)
		}

		// Renewed, the old address reads nothing; what is no such address neither.
		service.does(http.MethodDelete, "/me/ical-link", nil)
		u, _ := url.Parse(own)
		for _, path := range []string{u.Path, "/ical/x", "/ical/" + strings.Repeat("A", domain.TokenLength), "/ical/" + s.token(t, domain.Pass{Kind: domain.PassOrganiser, ID: s.world.Event}) + ".ics"} {
			if a := nobody.send(http.MethodGet, path, nil); a.status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		if renewed := link(""); renewed == own || len(nobody.calendarAt(renewed)) != 2 {
			t.Error("the new address: ", renewed)
		}
	})
}

func number(t *testing.T, s string) int {
	t.Helper()
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			t.Fatalf("%q is no number", s)
		}
		n = 10*n + int(r-'0')
	}
	return n
}

// A room that is refused comes with what could be had instead; a button fills the form with it.
func TestAlternatives(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "supervisor")
	if _, err := s.Store.SetRoomBuffers(t.Context(), s.world.Act("supervisor"), 15, 15); err != nil {
		t.Fatal(err)
	}
	e := domain.Event{
		Name: "例会", Type: "meeting", Organiser: "运营部", Contact: "鹌鹑", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 5,
		StartAt: s.Store.Now().Add(26 * time.Hour), EndAt: s.Store.Now().Add(27 * time.Hour),
	}
	s.world.MakeEvent(t, store.EventDraft{Event: e, Rooms: []string{"R3"}})
	local := func(at time.Time) string { return at.In(s.Store.Loc).Format("2006-01-02T15:04") }
	in := s.good("POST /events")
	in.Set("start_at", local(e.EndAt.Add(5*time.Minute)))
	in.Set("end_at", local(e.EndAt.Add(65*time.Minute)))
	a := c.act(http.MethodPost, "/events", in)
	page := pageOf(t, a.body)
	wrong := first(page, func(n *html.Node) bool { return attr(n, "data-error-for") == "rooms" })
	if a.status != http.StatusUnprocessableEntity || wrong == nil || !fits(text(wrong), i18n.T("zh", "event.room_buffer")) || !strings.Contains(text(wrong), "30 分钟") {
		t.Fatalf("%d %v", a.status, wrong != nil && text(wrong) != "")
	}
	fills := nodes(page, func(n *html.Node) bool { return has(n, "data-fill") })
	var rooms, times []string
	for _, n := range fills {
		if f := attr(n, "data-fill"); strings.Contains(f, `"rooms"`) {
			rooms = append(rooms, f)
		} else {
			times = append(times, f)
		}
	}
	if len(rooms) == 0 || len(times) == 0 || strings.Contains(strings.Join(rooms, ""), "R3") {
		t.Errorf("rooms %v, times %v", rooms, times)
	}
	in.Set("no_buffer", "on")
	if a := c.act(http.MethodPost, "/events", in); a.status != http.StatusUnprocessableEntity { // the other one has to be cleared out
		t.Errorf("as it stands, at once: %d", a.status)
	}
	in.Set("start_at", local(e.EndAt.Add(16*time.Minute)))
	if a := c.act(http.MethodPost, "/events", in); a.status != http.StatusNoContent {
		t.Errorf("as it stands: %d %.300s", a.status, a.body)
	}
}

// The calendar names what may be read by all, links what the reader may open, and is told when rooms are taken.
func TestCalendarPage(t *testing.T) {
	s := start(t, setting{})
	supervisor, photographer := s.signIn(t, "supervisor"), s.signIn(t, "photo")
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Secret)
	if err != nil {
		t.Fatal(err)
	}
	day := e.StartAt.In(s.Store.Loc).Format(time.DateOnly)
	for _, view := range []string{"day", "week"} {
		path := "/calendar?view=" + view + "&day=" + day
		a := supervisor.get(path)
		if !strings.Contains(a.body, "/events/"+s.world.Secret) || !strings.Contains(a.body, e.Alias()+"号会议") || strings.Contains(a.body, e.Name) {
			t.Errorf("%s, the supervisor's", view)
		}
		b := photographer.get(path)
		if strings.Contains(b.body, "/events/"+s.world.Secret) || strings.Contains(b.body, "/events/"+s.world.Other) || !strings.Contains(b.body, "运营部周例会") || strings.Contains(b.body, "/events/new?") {
			t.Errorf("%s, the photographer's", view)
		}
	}
	tomorrow := s.Store.Now().AddDate(0, 0, 1).In(s.Store.Loc).Format(time.DateOnly)
	for _, view := range []string{"day", "week"} {
		if a := supervisor.get("/calendar?view=" + view + "&day=" + tomorrow); !strings.Contains(a.body, "/events/new?") {
			t.Errorf("%s: no free time is a link", view)
		}
	}
	for _, q := range []string{"?day=x", "?day=1999-01-01", "?day=2026-02-30"} {
		if a := supervisor.send(http.MethodGet, "/calendar"+q, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", q, a.status)
		}
	}
	// A link of a free time is a form with its room and times.
	form := pageOf(t, supervisor.get("/events/new?room=R3&start=2031-02-03T09:00&end=2031-02-03T10:30&heads=7").body)
	for field, want := range map[string]string{"rooms": "R3", "start_at": "2031-02-03T09:00", "end_at": "2031-02-03T10:30", "heads": "7"} {
		if !keeps(form, field, want) {
			t.Errorf("%s is not %s", field, want)
		}
	}
	// Live: somebody blocks a room, somebody books one.
	ws := photographer.watch("topic=board&topic=floor&view=calendar")
	if _, err := s.Store.BlockRoom(t.Context(), s.world.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: s.Store.Now().Add(48 * time.Hour), EndAt: s.Store.Now().Add(50 * time.Hour), Reason: "检修"}); err != nil {
		t.Fatal(err)
	}
	ws.wait("that a room is blocked", func(f frame) bool { return f.Topic == domain.TopicFloor && strings.Contains(f.HTML, "data-refetch") })
}
