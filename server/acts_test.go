package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// guests puts some on the list of an event.
func (s *site) guests(t testing.TB, event string, drafts ...store.GuestDraft) []domain.Guest {
	t.Helper()
	if _, err := s.Store.AddGuests(t.Context(), domain.Act{}, event, drafts); err != nil {
		t.Fatal(err)
	}
	list, err := s.Store.Guests(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func guest(name, party string) store.GuestDraft {
	return store.GuestDraft{Guest: domain.Guest{Name: name}, Party: party}
}

// itemNow is an item's present state.
func (s *site) itemNow(t testing.TB, id string) domain.Item {
	t.Helper()
	list, err := s.Store.ItemsByID(t.Context(), []string{id})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

// TestTickIsSeen follows acts from a phone to another phone: the answer, and within a second what that one is pushed.
func TestTickIsSeen(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := s.world.Event
		item := s.world.Item(t, event, "S6")
		g := s.guests(t, event, guest("雪松", "考察团"))[0]
		commander, service, security := s.signIn(t, "commander"), s.signIn(t, "service"), s.signIn(t, "security")
		socket := commander.watch("topic=event:" + event)

		seen := func(id string, attribute, want string, act func() *answer) {
			t.Helper()
			before := s.head(t, "event:"+event)
			begun := time.Now()
			a := act()
			answered := element(t, a.body, id)
			if attr(answered, attribute) != want {
				t.Fatalf("%s of %s in the answer is %q, not %q: %s", attribute, id, attr(answered, attribute), want, a.body)
			}
			f := socket.wait(id, func(f frame) bool { return f.Seq > before && element(t, f.HTML, id) != nil })
			pushed := element(t, f.HTML, id)
			if attr(pushed, attribute) != want || attr(pushed, "data-seq") != attr(answered, "data-seq") {
				t.Errorf("pushed %s=%q seq=%s, answered seq=%s", attribute, attr(pushed, attribute), attr(pushed, "data-seq"), attr(answered, "data-seq"))
			}
			if f.Topic != "event:"+event {
				t.Errorf("pushed on %s", f.Topic)
			}
			if d := f.at.Sub(begun); d > time.Second {
				t.Errorf("%s was seen after %v", id, d)
			}
		}
		seen("item-"+item.ID, "data-state", "submitted", func() *answer { return service.does("PUT", "/items/"+item.ID+"/done", nil) })
		seen("item-"+item.ID, "data-state", "accepted", func() *answer {
			return commander.does("PUT", "/items/"+item.ID+"/acceptance", form("verdict", "accepted"))
		})
		seen("guest-"+g.ID, "data-position", "gate", func() *answer {
			return security.does("PUT", "/guests/"+g.ID+"/position", form("position", "gate"))
		})
		added := store.NewID()
		seen("item-"+added, "data-crew", "CLN", func() *answer {
			return commander.does("POST", "/events/"+event+"/items", form("id", added, "text", "擦掉水渍", "crew", "CLN", "phase", "during"))
		})
	})
}

// TestSameKey: an act that is sent again has one effect and the same answer, at once, at the same time, and after a restart.
func TestSameKey(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := s.world.Event
		item, round := s.world.Item(t, event, "S6"), s.world.Item(t, event, "S15")
		g := s.guests(t, event, guest("雪松", ""))[0]
		commander := s.signIn(t, "commander")
		service := s.signIn(t, "service")
		acts := []struct {
			who    *client
			method string
			path   string
			fields url.Values
			status int
			rows   int64 // of the log, at least
		}{
			{service, "PUT", "/items/" + item.ID + "/done", nil, 200, 1},
			{service, "DELETE", "/items/" + item.ID + "/done", nil, 200, 1},
			{service, "PUT", "/items/" + round.ID + "/done", nil, 200, 1},
			{service, "PUT", "/guests/" + g.ID + "/position", form("position", "lobby"), 200, 1},
			{commander, "POST", "/events/" + event + "/guests", form("name", "银杏"), 200, 1},
			{commander, "POST", "/events/" + event + "/items", form("text", "加一项", "crew", "SVC", "phase", "pre"), 200, 1},
			{service, "PUT", "/items/" + item.ID + "/acceptance", nil, 409, 0},
			{service, "PUT", "/items/" + round.ID + "/deferral", nil, 422, 0},
			{service, "POST", "/events/" + event + "/guests", form("name", "银杏"), 403, 0},
			{service, "PUT", "/items/" + store.NewID() + "/done", nil, 404, 0},
		}
		topic := domain.EventTopic(event)
		keys := make([]string, len(acts))
		first := make([]*answer, len(acts))
		again := func(s *site, k int, who *client) {
			t.Helper()
			x := acts[k]
			before := s.head(t, topic)
			a := who.act(x.method, x.path, x.fields, "Idempotency-Key", keys[k])
			if after := s.head(t, topic); after != before {
				t.Errorf("%s %s again: %d more changes", x.method, x.path, after-before)
			}
			if a.status != first[k].status || a.header.Get("X-Ack") != keys[k] {
				t.Errorf("%s %s again: %d X-Ack=%q, before %d", x.method, x.path, a.status, a.header.Get("X-Ack"), first[k].status)
			}
			if rows(t, a.body) != rows(t, first[k].body) {
				t.Errorf("%s %s again: other elements\n%s\nbefore\n%s", x.method, x.path, rows(t, a.body), rows(t, first[k].body))
			}
		}
		for k, x := range acts {
			keys[k] = store.NewID()
			before := s.head(t, topic)
			first[k] = x.who.act(x.method, x.path, x.fields, "Idempotency-Key", keys[k])
			if first[k].status != x.status || first[k].header.Get("X-Ack") != keys[k] {
				t.Fatalf("%s %s: %d X-Ack=%q, want %d\n%s", x.method, x.path, first[k].status, first[k].header.Get("X-Ack"), x.status, first[k].body)
			}
			if n := s.head(t, topic) - before; n < x.rows || x.rows == 0 && n > 0 {
				t.Fatalf("%s %s: %d changes", x.method, x.path, n)
			}
			again(s, k, x.who)
		}
		var j struct{ Repeated bool }
		if service.json("PUT", acts[3].path, acts[3].fields, &j, "Idempotency-Key", keys[3]); !j.Repeated {
			t.Error("JSON does not say that the act was repeated")
		}
		// Another person's key is another key.
		if a := commander.act("PUT", acts[3].path, form("position", "venue"), "Idempotency-Key", keys[3]); a.status != 200 || attr(element(t, a.body, "guest-"+g.ID), "data-position") != "venue" {
			t.Errorf("the same key of somebody else: %d %s", a.status, a.body)
		}

		s.stop()
		set := s.set
		set.World = s.world
		s2 := start(t, set)
		for k, x := range acts {
			if k == 3 { // moved on above
				continue
			}
			who := *x.who
			who.site = s2
			again(s2, k, &who)
		}
	})
}

// rows are the elements of an answer with their state, without what the clock or later acts change.
func rows(t testing.TB, markup string) string {
	t.Helper()
	var b strings.Builder
	for _, n := range fragments(t, markup) {
		if id := attr(n, "id"); strings.HasPrefix(id, "item-") || strings.HasPrefix(id, "guest-") || id == "" {
			fmt.Fprintf(&b, "%s %s %s\n", n.Data, id, attr(n, "data-error"))
		}
	}
	return b.String()
}

// TestSameKeyAtOnce: eight phones send one act at the same moment.
func TestSameKeyAtOnce(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := s.world.Event
		service := s.signIn(t, "service")
		for n, template := range []string{"S6", "S15"} { // a tick, a round
			item := s.world.Item(t, event, template)
			key := store.NewID()
			before := s.head(t, "event:"+event)
			answers := make([]*answer, 8)
			var wg sync.WaitGroup
			for k := range answers {
				wg.Go(func() {
					a, err := service.try("PUT", "/items/"+item.ID+"/done", strings.NewReader(""), "HX-Request", "true", "Idempotency-Key", key)
					if err != nil {
						t.Error(err)
						return
					}
					answers[k] = a
				})
			}
			wg.Wait()
			for _, a := range answers {
				if a == nil || a.status != http.StatusOK || a.header.Get("X-Ack") != key || element(t, a.body, "item-"+item.ID) == nil {
					t.Fatalf("%s: %+v", template, a)
				}
			}
			log, err := s.Store.Log(t.Context(), "event:"+event, 0, 50)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, c := range log {
				if c.Seq > before && c.Subject == "item:"+item.ID {
					got++
				}
			}
			if got != 1 {
				t.Errorf("%d: %d log rows of %s", n, got, template)
			}
		}
	})
}

// TestPhoneClock: acts carry the phone's clock; what counts is the moment corrected by the phone's skew.
func TestPhoneClock(t *testing.T) {
	s := start(t, setting{})
	service := s.signIn(t, "service")
	stamp := func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }
	type clock func(now time.Time) string // what a phone writes at that moment of the server's clock
	text := func(s string) clock { return func(time.Time) string { return s } }
	ago := func(d time.Duration) clock { return func(now time.Time) string { return stamp(now.Add(-d)) } }
	cases := []struct {
		name        string
		acted, sent clock
		want        time.Duration // from now
	}{
		{"right clock", ago(2 * time.Minute), ago(0), -2 * time.Minute},
		{"ten minutes ahead", ago(-8 * time.Minute), ago(-10 * time.Minute), -2 * time.Minute},
		{"ten minutes behind", ago(12 * time.Minute), ago(10 * time.Minute), -2 * time.Minute},
		{"another zone", func(now time.Time) string { return stamp(now.Add(-2 * time.Minute).In(time.FixedZone("", 8*3600))) }, ago(0), -2 * time.Minute},
		{"two days in a lift", ago(48 * time.Hour), ago(0), -48 * time.Hour},
		{"no sending time", ago(3 * time.Minute), text(""), -3 * time.Minute},
		{"no sending time, clock ahead", ago(-3 * time.Hour), text(""), 0},
		{"acted after sending", ago(-time.Hour), ago(0), 0},
		{"older than three days", ago(100 * time.Hour), ago(0), 0},
		{"year one", text("0001-01-01T00:00:00Z"), ago(0), 0},
		{"year 9999", text("9999-12-31T23:59:59Z"), text("0001-01-01T00:00:00Z"), 0},
		{"garbage", text("gestern"), text("heute"), 0},
		{"sent is garbage", ago(4 * time.Minute), text("x"), -4 * time.Minute},
		{"nothing", text(""), ago(-time.Hour), 0},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			id := store.NewID()
			begun := s.Store.Now()
			if _, err := s.Store.AddItem(t.Context(), domain.Act{ActedAt: begun.Add(-60 * time.Hour)}, domain.Item{ID: id, EventID: s.world.Event, Zh: "x", Crew: domain.CrewSVC, Phase: "during"}); err != nil {
				t.Fatal(err)
			}
			var j struct{ Item domain.Item }
			a := service.json("PUT", "/items/"+id+"/done", nil, &j, "X-Acted-At", x.acted(begun), "X-Sent-At", x.sent(begun))
			if a.status != http.StatusOK || j.Item.DoneAt == nil {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if d := j.Item.DoneAt.Sub(begun.Add(x.want)); d < -time.Second || d > 2*time.Second {
				t.Errorf("done %v from now, want %v", j.Item.DoneAt.Sub(begun), x.want)
			}
			if d := j.Item.DoneReceivedAt.Sub(begun); d < -time.Second || d > 2*time.Second {
				t.Errorf("received %v from now", d)
			}
		})
	}
}

// TestOvertaken: a tick that lay in a phone without network does not undo what happened since; it stays in the log.
func TestOvertaken(t *testing.T) {
	s := start(t, setting{})
	event := s.world.Event
	item := s.world.Item(t, event, "S6")
	service, supervisor := s.signIn(t, "service"), s.signIn(t, "supervisor")
	supervisor.does("PUT", "/items/"+item.ID+"/blocked", form("reason", "钥匙不在"))
	now := s.Store.Now()
	a := service.act("PUT", "/items/"+item.ID+"/done", nil, "X-Acted-At", now.Add(-5*time.Minute).Format(time.RFC3339), "X-Sent-At", now.Format(time.RFC3339))
	notice, err := url.PathUnescape(a.header.Get("X-Notice"))
	if a.status != http.StatusOK || err != nil || notice != i18n.T("zh", "act.overtaken") {
		t.Fatalf("%d %q %v", a.status, notice, err)
	}
	if attr(element(t, a.body, "item-"+item.ID), "data-state") != "blocked" {
		t.Errorf("answer: %s", a.body)
	}
	log, err := s.Store.Log(t.Context(), "event:"+event, 0, 1)
	if err != nil || log[0].Verb != "item.overtaken" || log[0].PersonID != s.world.People["service"].ID {
		t.Errorf("log: %+v %v", log, err)
	}
}

// TestRefusals: every refusal is one sentence in the reader's language, named by its field, as fragment and as JSON.
func TestRefusals(t *testing.T) {
	s := start(t, setting{})
	event := s.world.Event
	g := s.guests(t, event, guest("雪松", ""))[0]
	number := s.world.Item(t, event, "E1")
	if !number.ReadingRequired() {
		t.Fatal("E1 needs no reading any more: choose another item")
	}
	service, supervisor, commander, engineering := s.signIn(t, "service"), s.signIn(t, "supervisor"), s.signIn(t, "commander"), s.signIn(t, "engineering")
	item := s.world.Item(t, event, "S6")
	mine := s.world.Item(t, event, "E10") // which the supervisor accepts
	supervisor.does("PUT", "/items/"+mine.ID+"/done", nil)
	for _, x := range []struct {
		who    *client
		method string
		path   string
		fields url.Values
		status int
		field  string
		key    string
	}{
		{engineering, "PUT", "/items/" + number.ID + "/done", nil, 422, "reading", "item.reading_needed"},
		{engineering, "PUT", "/items/" + number.ID + "/done", form("reading", "暖"), 422, "reading", "item.reading_number"},
		{engineering, "PUT", "/items/" + number.ID + "/done", form("reading", strings.Repeat("9", 61)), 422, "reading", "field.too_long"},
		{service, "PUT", "/items/" + item.ID + "/exemption", form("reason", " \t "), 422, "reason", "item.reason_needed"},
		{service, "PUT", "/items/" + item.ID + "/blocked", nil, 422, "reason", "item.reason_needed"},
		{service, "PUT", "/items/" + item.ID + "/deferral", form("reason", "x"), 409, "", "item.not_round"},
		{service, "PUT", "/guests/" + g.ID + "/position", form("position", "roof"), 422, "position", "field.choose"},
		{commander, "PUT", "/items/" + item.ID + "/acceptance", nil, 409, "", "item.not_submitted"},
		{commander, "PUT", "/items/" + item.ID + "/acceptance", form("verdict", "maybe"), 422, "verdict", "field.choose"},
		{supervisor, "PUT", "/items/" + mine.ID + "/acceptance", nil, 409, "", "item.own_item"},
		{commander, "PUT", "/events/" + event + "/readiness", nil, 409, "", "event.stars_open"},
		{commander, "PUT", "/events/" + event + "/status", form("status", "closed"), 409, "", "event.status_order"},
		{commander, "PUT", "/events/" + event + "/status", form("status", "cancelled"), 422, "reason", "item.reason_needed"},
		{commander, "POST", "/events/" + event + "/items", form("text", "", "crew", "SVC", "phase", "pre"), 422, "text", "field.required"},
		{commander, "POST", "/events/" + event + "/items", form("text", "x", "crew", "SVC", "phase", "pre", "due_at", "bald"), 422, "due_at", "field.time"},
		{commander, "POST", "/events/" + event + "/guests", form("name", "雪松"), 422, "name", "guest.duplicate"},
		{commander, "POST", "/events/" + event + "/guests", form("name", "甲", "rank", "一"), 422, "rank", "guest.rank_range"},
		{service, "PUT", "/events/" + event + "/readiness", nil, 403, "", "error.forbidden"},
		{service, "PUT", "/items/none/done", nil, 404, "", "error.not_found"},
		{s.nobody(), "PUT", "/items/" + item.ID + "/done", nil, 401, "", "error.sign_in"},
	} {
		name := fmt.Sprintf("%s %s %v", x.method, x.path, x.fields)
		for _, locale := range i18n.Locales {
			who := *x.who
			if who.as != "" {
				if _, err := s.Store.SetLocale(t.Context(), domain.Act{Person: s.world.People[who.as]}, locale); err != nil {
					t.Fatal(err)
				}
				s.Web.ForgetSessions("person:" + s.world.People[who.as].ID)
			}
			a := who.act(x.method, x.path, x.fields, "Accept-Language", locale)
			list := fragments(t, a.body)
			if a.status != x.status || len(list) != 1 || !has(list[0], "data-error") || attr(list[0], "data-error") != x.field {
				t.Errorf("%s: %d %s", name, a.status, a.body)
				continue
			}
			said := text(list[0])
			if !fits(said, i18n.T(locale, x.key)) {
				t.Errorf("%s in %s: %q", name, locale, said)
			}
			if ack := a.header.Get("X-Ack") != ""; ack != (x.status != 401) {
				t.Errorf("%s: X-Ack=%q", name, a.header.Get("X-Ack"))
			}
			var j struct {
				Status    int
				Code, Key string
				Sentence  string
				Fields    []struct{ Field, Key, Sentence string }
				Request   string
			}
			who.json(x.method, x.path, x.fields, &j, "Accept-Language", locale)
			key, sentence := j.Key, j.Sentence
			if len(j.Fields) > 0 {
				key, sentence = j.Fields[0].Key, j.Fields[0].Sentence
			}
			if j.Status != x.status || key != x.key || sentence != said || j.Request == "" {
				t.Errorf("%s as JSON: %+v", name, j)
			}
		}
	}
}

func mustItems(t testing.TB, s *site, event string) []domain.Item {
	t.Helper()
	items, err := s.Store.Items(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// fits tells whether a sentence is that of the catalogue, whatever its placeholders hold.
func fits(said, pattern string) bool {
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return said == pattern
		}
		if !strings.HasPrefix(said, before) {
			return false
		}
		_, pattern, _ = strings.Cut(rest, "}")
		next, _, _ := strings.Cut(pattern, "{")
		if next == "" {
			return len(said) > len(before)
		}
		i := strings.Index(said[len(before):], next)
		if i <= 0 {
			return false
		}
		said = said[len(before)+i:]
	}
}

// TestContract: what scripts and people's programs rely on, in the pages and as JSON on the same addresses.
func TestContract(t *testing.T) {
	s := start(t, setting{})
	event := s.world.Event
	g := s.guests(t, event, guest("雪松", "考察团"), guest("银杏", ""))
	commander := s.signIn(t, "commander")

	page := pageOf(t, commander.get("/events/"+event+"/items").body)
	body := first(page, func(n *html.Node) bool { return n.Data == "body" })
	me := "person:" + s.world.People["commander"].ID // his notices
	if want := fmt.Sprintf(`[{"topic":"event:%s","seq":%d},{"topic":"%s","seq":%d}]`, event, s.head(t, "event:"+event), me, s.head(t, me)); attr(body, "data-topics") != want {
		t.Errorf("data-topics is %s, want %s", attr(body, "data-topics"), want)
	}
	items := mustItems(t, s, event)
	for _, i := range items {
		n := byID(page, "item-"+i.ID)
		if n == nil {
			t.Fatalf("the page lacks %s", i.TemplateID)
		}
		for name, want := range map[string]string{"data-seq": fmt.Sprint(i.Seq), "data-state": i.State(s.Store.Now()), "data-crew": string(i.Crew), "data-phase": i.Phase} {
			if attr(n, name) != want {
				t.Errorf("%s: %s=%q, want %q", i.TemplateID, name, attr(n, name), want)
			}
		}
	}
	var list struct {
		Seq   int64
		Items []struct {
			domain.Item
			State string
		}
	}
	commander.json("GET", "/events/"+event+"/items?crew=svc", nil, &list)
	n := 0
	for _, i := range items {
		if i.Crew == domain.CrewSVC {
			n++
		}
	}
	if len(list.Items) != n || n == 0 || list.Items[0].State == "" || list.Seq != s.head(t, "event:"+event) {
		t.Errorf("JSON: %d items of %d, seq %d", len(list.Items), n, list.Seq)
	}

	page = pageOf(t, commander.get("/events/"+event+"/guests").body)
	for _, x := range g {
		row := byID(page, "guest-"+x.ID)
		if row == nil || attr(row, "data-position") != "expected" || attr(row, "data-seq") != fmt.Sprint(x.Seq) || attr(row, "data-party") != x.PartyID {
			t.Errorf("guest row: %v", row)
		}
	}
	for _, path := range []string{"/today", "/events", "/events/" + event, "/events/" + event + "/items", "/events/" + event + "/guests", "/events/" + event + "/board", "/events/" + event + "/log", "/board", "/lobby", "/me"} {
		var j map[string]any
		a := commander.json("GET", path, nil, &j)
		if a.status != 200 || len(j) == 0 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s as JSON: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
		html := commander.get(path)
		for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache, private", "X-Content-Type-Options": "nosniff"} {
			if html.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, html.header.Get(name))
			}
		}
		if csp := html.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, vary := range []string{"HX-Request", "Accept"} {
			if !strings.Contains(strings.Join(html.header.Values("Vary"), ","), vary) {
				t.Errorf("%s does not vary on %s: %v", path, vary, html.header.Values("Vary"))
			}
		}
	}

	// A program without pages gets what it touched, guests as well as items.
	if a := commander.act("PUT", "/guests/"+g[0].ID+"/position", form("position", "gate")); attr(element(t, a.body, "guest-"+g[0].ID), "data-position") != "gate" {
		t.Errorf("answer to a move without a page: %q", a.body)
	}
	// A page gets the elements that it shows.
	for _, x := range []struct{ page, method, path, id string }{
		{"/events/" + event + "/guests", "PUT", "/guests/" + g[0].ID + "/position", "guest-" + g[0].ID},
		{"/lobby?post=lobby", "PUT", "/guests/" + g[0].ID + "/position", "counts-" + event},
		{"/events/" + event + "/board", "PUT", "/parties/" + g[0].PartyID + "/position", "places-" + event},
		{"/events/" + event + "/items?mine=1", "PUT", "/items/" + s.world.Item(t, event, "M6").ID + "/done", "gauge-" + event},
		{"/events/" + event, "DELETE", "/items/" + s.world.Item(t, event, "M6").ID + "/done", "feed-" + event},
	} {
		fields := form("position", "lobby")
		if strings.HasPrefix(x.path, "/items") {
			fields = nil
		}
		a := commander.does(x.method, x.path, fields, "HX-Current-URL", "http://"+s.addr+x.page)
		if element(t, a.body, x.id) == nil {
			t.Errorf("%s %s from %s lacks %s: %q", x.method, x.path, x.page, x.id, a.body)
		}
	}
	if a := commander.does("PUT", "/items/"+s.world.Item(t, event, "M6").ID+"/done", nil, "HX-Current-URL", "http://"+s.addr+"/today"); !has(fragments(t, a.body)[0], "data-refetch") {
		t.Errorf("from the day's page: %q", a.body)
	}
	var j struct {
		Topic string
		Seq   int64
		Item  domain.Item
	}
	item := s.world.Item(t, event, "M6")
	commander.does("DELETE", "/items/"+item.ID+"/done", nil)
	if a := commander.json("PUT", "/items/"+item.ID+"/done", nil, &j); a.status != 200 || j.Item.ID != item.ID || j.Item.Status == domain.ItemOpen || j.Topic != "event:"+event || j.Seq != s.head(t, "event:"+event) {
		t.Errorf("JSON of an act: %s", a.body)
	}
}

// TestHeadAnswers: watchers and proxies ask with HEAD.
func TestHeadAnswers(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "commander")
	for _, path := range []string{"/healthz", "/readyz", "/session/new", "/today"} {
		who := c
		if path == "/session/new" {
			who = s.nobody()
		}
		a := who.send("HEAD", path, nil)
		if a.status != 200 || a.body != "" {
			t.Errorf("HEAD %s: %d %q", path, a.status, a.body)
		}
	}
	if a := s.nobody().send("HEAD", "/today", nil); a.status != http.StatusSeeOther {
		t.Errorf("HEAD as nobody: %d", a.status)
	}
}
