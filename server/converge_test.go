package server_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/pagetest"
	"huiwu/server/store"
)

// openPage is a page in a browser with its websocket, by the rules of static/js/live.js.
type openPage struct {
	*client
	path string

	mu        sync.Mutex
	page      pagetest.Page
	refetched int

	ws   *socket
	stop chan struct{}
	work sync.WaitGroup
}

func open(c *client, path string) *openPage {
	p := &openPage{client: c, path: path, stop: make(chan struct{})}
	p.fetch()
	if !p.connect() {
		c.t.FailNow()
	}
	p.work.Go(p.run)
	c.t.Cleanup(func() {
		close(p.stop)
		p.work.Wait()
		p.ws.leave()
	})
	return p
}

// fetch takes over the page as the server has it now. p.mu is held, or nobody else knows p yet.
func (p *openPage) fetch() {
	p.t.Helper()
	a, err := p.try(http.MethodGet, p.path, nil)
	if err != nil || a.status != http.StatusOK {
		p.t.Errorf("page %s of %s: %+v %v", p.path, p.as, a, err)
		return
	}
	if err := p.page.Load(a.body); err != nil {
		p.t.Errorf("page %s of %s: %v", p.path, p.as, err)
	}
}

func (p *openPage) connect() bool {
	q := url.Values{"view": {p.page.View}}
	for _, t := range p.page.Topics {
		q.Add("topic", t.Topic)
		q.Add("since", strconv.FormatInt(t.Seq, 10))
	}
	ws, err := p.socket(q.Encode())
	if err != nil {
		p.t.Error(err)
		return false
	}
	p.ws = ws
	return true
}

// run applies frames in the order in which they come, and fetches the page again when it is stale.
func (p *openPage) run() {
	read := 0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-p.ws.news:
		case <-tick.C:
		case <-p.ws.done:
			p.t.Errorf("socket of %s %s closed with %d", p.as, p.path, p.ws.closed())
			return
		}
		frames := p.ws.heard()
		p.mu.Lock()
		for _, f := range frames[read:] {
			p.frame(f)
		}
		read = len(frames)
		again := false
		if p.page.Stale {
			had := p.page.Topics
			p.fetch()
			p.refetched++
			again = !p.page.Watches(had)
		}
		p.mu.Unlock()
		if again { // other topics than before
			old := p.ws
			if !p.connect() {
				return
			}
			old.leave()
			read = 0
		}
	}
}

func (p *openPage) frame(f frame) {
	if f.Heads != nil {
		for _, t := range p.page.Topics {
			if f.Heads[t.Topic] > t.Seq {
				p.t.Errorf("%s %s is behind its socket: %s at %d, sent %d", p.as, p.path, t.Topic, t.Seq, f.Heads[t.Topic])
			}
		}
		return
	}
	if f.Reset {
		p.page.Stale = true
	}
	p.apply(f.HTML)
	p.page.Saw(f.Topic, f.Seq)
}

// answered applies the answer to an act of this page.
func (p *openPage) answered(markup string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apply(markup)
}

func (p *openPage) apply(markup string) {
	if err := p.page.Apply(markup); err != nil {
		p.t.Errorf("markup for %s: %v", p.path, err)
	}
}

// differences compares the page as it is kept with the page as the server has it.
func (p *openPage) differences() string {
	p.t.Helper()
	fresh := p.get(p.path).body
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.page.Differences(fresh)
	if err != nil {
		p.t.Errorf("page %s: %v", p.path, err)
	}
	return d
}

// slowly is a clock that starts on a quiet morning and hardly moves: nothing falls due while a test runs.
func slowly() func() time.Time {
	begun := time.Now()
	base := time.Date(2026, 6, 20, 2, 0, 0, 0, time.UTC)
	return func() time.Time {
		d := time.Since(begun)
		if d > time.Second {
			d = 130*time.Second + d/10 // what was late when the lists were made is late by now
		}
		return base.Add(d).Truncate(time.Microsecond)
	}
}

// TestLateByTheClockAlone: nobody does anything, items become late, and the sums of open pages say so.
func TestLateByTheClockAlone(t *testing.T) {
	morning, clock := slowly(), &settable{}
	s := start(t, setting{
		Now: func() time.Time { return morning().Add(time.Duration(clock.ahead.Load())) },
		Hub: func(c *live.Config) { c.MaxPerPerson, c.Clock = 100, 50*time.Millisecond },
	})
	c := s.signIn(t, "commander")
	eventually(t, "the lists have aged", func() bool { return s.Store.Now().Minute() >= 2 })
	event := "/events/" + s.world.Event
	for path, id := range map[string]string{event: "gauge-", "/today": "event-sums-", "/events": "event-sums-", event + "/items": "gauge-", event + "/board": "rings-"} {
		p := open(c, path)
		sums := func() string {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.page.Element(id + s.world.Event)
		}
		before := sums()
		clock.forward(20 * time.Minute)
		eventually(t, path+" tells what is late", func() bool { return sums() != before })
		eventually(t, path+" shows what is so", func() bool { return p.differences() == "" })
	}
}

// TestConvergence lets eight people do whatever comes to their minds, and compares each page that was open with a fresh one.
func TestConvergence(t *testing.T) {
	quick := func(c *live.Config) { c.MaxPerPerson, c.Clock, c.Heartbeat = 100, 500*time.Millisecond, time.Second }
	t.Run("sqlite", func(t *testing.T) {
		s := start(t, setting{Now: slowly(), Hub: quick})
		converge(t, 500, s, s)
	})
	t.Run("postgres and redis", func(t *testing.T) {
		redis := startRedis(t)
		now := slowly()
		a := start(t, setting{Database: migrated(t), Redis: redis.url(), Now: now, Hub: quick})
		b := start(t, setting{Database: a.set.Database, Redis: redis.url(), Now: now, Hub: quick, World: a.world})
		converge(t, 500, a, b)
	})
}

func converge(t *testing.T, acts int, sites ...*site) {
	s := sites[0]
	w := s.world
	for _, no := range []string{"supervisor", "captain", "control"} {
		if _, err := s.Store.SetLocale(t.Context(), domain.Act{Person: w.People[no]}, "en"); err != nil {
			t.Fatal(err)
		}
	}
	s.guests(t, w.Event, guest("雪松", "考察团"), guest("银杏", "考察团"), guest("白桦", "考察团"), guest("水杉", "先遣组"), guest("香樟", ""), guest("梧桐", ""))
	s.guests(t, w.Other, guest("胡杨", "一组"), guest("红柳", ""))
	eventually(t, "the lists have aged", func() bool { return s.Store.Now().Minute() >= 2 })

	visit, small := "/events/"+w.Event, "/events/"+w.Other
	plan := []struct {
		who   string
		pages []string
	}{
		{"commander", []string{visit + "/board", visit, small + "/board", "/today", "/events"}},
		{"supervisor", []string{visit + "/items", "/board", visit + "/track", "/track"}},
		{"head", []string{visit + "/guests", visit + "/invitations", "/board?tv=1", "/track?month=2026-05"}},
		{"service", []string{visit + "/items?mine=1", "/today", "/events"}},
		{"security", []string{"/lobby", visit + "/items"}},
		{"captain", []string{visit + "/guests", visit + "/board", visit, "/today"}},
		{"cleaning", []string{visit + "/items?crew=CLN", small + "/items"}},
		{"control", []string{"/lobby?post=lobby", small + "/guests"}},
	}
	var pages []*openPage
	var people []*actor
	for k, x := range plan {
		c := sites[k%len(sites)].signIn(t, x.who)
		a := &actor{t: t, s: s, c: c, r: rand.New(rand.NewPCG(1, uint64(k)))}
		for n, path := range x.pages {
			other := *c
			other.site = sites[(k+n)%len(sites)] // pages of one person on both instances
			p := open(&other, path)
			a.pages, pages = append(a.pages, p), append(pages, p)
		}
		people = append(people, a)
	}
	var left atomic.Int64
	left.Store(int64(acts))
	var wg sync.WaitGroup
	for _, a := range people {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				a.something()
			}
		})
	}
	wg.Wait()
	taken, refused := 0, 0
	for _, a := range people {
		taken, refused = taken+a.taken, refused+a.refused
	}
	if taken < acts/3 {
		t.Errorf("only %d of %d acts were taken: the test proves little", taken, acts)
	}
	for limit := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		bad := map[string]string{}
		for _, p := range pages {
			if d := p.differences(); d != "" {
				bad[p.as+" "+p.path] = d
			}
		}
		if len(bad) == 0 {
			break
		}
		if time.Now().After(limit) {
			for page, d := range bad {
				t.Errorf("%s differs from a fresh one:\n%s", page, d)
			}
			break
		}
	}
	for _, p := range pages {
		p.mu.Lock()
		t.Logf("%-11s %-55s %5d elements, %3d inserted, fetched again %d times", p.as, p.path, p.page.Applied, p.page.Inserted, p.refetched)
		p.mu.Unlock()
	}
	t.Logf("%d acts taken, %d refused", taken, refused)
}

// actor does things from one of its pages.
type actor struct {
	t              *testing.T
	s              *site
	c              *client
	r              *rand.Rand
	pages          []*openPage
	taken, refused int
	n              int
}

func (a *actor) one(list ...string) string { return list[a.r.IntN(len(list))] }

// milestone ticks a step of the planned track, waives it, or opens it again; gives it to somebody or to its crew, adds
// a task, or lets the rules plan anew.
func (a *actor) milestone(event string, reason url.Values) {
	list, err := a.s.Store.Milestones(a.t.Context(), event)
	if err != nil {
		a.t.Error(err)
	}
	task := form("title", fmt.Sprintf("任务%d", a.n), "crew", a.one("SEC", "CMD", "SVC"), "due_at", a.one("2026-06-01T09:00", "2026-06-03T17:00", "2026-05-31T17:00"),
		"owner_id", a.one("", "", a.s.world.People["service"].ID, a.s.world.People["captain"].ID))
	if len(list) == 0 { // small ones have none
		a.do("POST", "/events/"+event+"/milestones", task)
		return
	}
	m := "/milestones/" + list[a.r.IntN(len(list))].ID
	switch a.r.IntN(8) {
	case 0, 1:
		a.do("PUT", m+"/done", nil)
	case 2:
		a.do("DELETE", m+"/done", nil)
	case 3:
		a.do("PUT", m+"/waiver", reason)
	case 4:
		a.do("PUT", "/events/"+event+"/milestones", nil)
	case 5:
		a.do("POST", "/events/"+event+"/milestones", task)
	default:
		a.do("PUT", m, task)
	}
}

func (a *actor) something() {
	w := a.s.world
	event := w.Event
	if a.r.IntN(4) == 0 {
		event = w.Other
	}
	items, guests := mustItems(a.t, a.s, event), a.guestsOf(event)
	i := items[a.r.IntN(len(items))]
	if p := w.People[a.c.as]; a.r.IntN(3) > 0 { // mostly one's own crew's
		for range 20 {
			if i.Crew == p.Crew || i.Status == domain.ItemSubmitted {
				break
			}
			i = items[a.r.IntN(len(items))]
		}
	}
	item := "/items/" + i.ID
	a.n++
	reason := form("reason", fmt.Sprintf("原因%d", a.n))
	switch k := a.r.IntN(100); {
	case k < 23:
		a.do("PUT", item+"/done", form("reading", a.one("23", "24.5", "")))
	case k < 25:
		a.send("PUT", item+"/photos/"+store.NewID(), smallPicture, "image/jpeg")
	case k < 26:
		if len(i.Photos) > 0 {
			a.do("DELETE", item+"/photos/"+i.Photos[a.r.IntN(len(i.Photos))].ID, nil)
		}
	case k < 31:
		a.do("DELETE", item+"/done", nil)
	case k < 36:
		a.milestone(event, reason)
	case k < 44:
		a.do("PUT", item+"/acceptance", form("verdict", "accepted"))
	case k < 48:
		a.do("PUT", item+"/acceptance", form("verdict", "rejected", "reason", "不齐"))
	case k < 50:
		a.do("DELETE", item+"/acceptance", nil)
	case k < 53:
		a.do("PUT", item+"/exemption", reason)
	case k < 55:
		a.do("DELETE", item+"/exemption", nil)
	case k < 58:
		a.do("PUT", item+"/blocked", reason)
	case k < 60:
		a.do("DELETE", item+"/blocked", nil)
	case k < 62:
		a.do("PUT", item+"/deferral", reason)
	case k < 64:
		a.do(a.one("PUT", "PUT", "DELETE"), "/events/"+event+"/readiness", nil)
	case k < 66:
		a.do("PUT", "/events/"+event+"/status", form("status", a.one("live", "live", "clearing", "released"), "reason", "x"))
	case k < 67:
		a.do("PUT", "/events/"+event+"/acceptance", form("crew", string(i.Crew), "except", i.ID))
	case k < 68:
		a.do("PUT", "/events/"+w.Other+"/done", form("phase", a.one(domain.Phases...)))
	case k < 72:
		a.do("POST", "/events/"+event+"/items", form("id", store.NewID(), "text", fmt.Sprintf("加一项%d", a.n), "crew", a.one("SVC", "CLN", "CMD"), "phase", a.one(domain.Phases...), "star", a.one("", "on"), "due_at", a.one("", "15:30")))
	case k < 75:
		a.edit(event)
	case k < 78:
		a.do("POST", "/events/"+event+"/guests", form("name", fmt.Sprintf("来宾%s%d", a.c.as, a.n), "party", a.one("", "考察团", "新团"), "plate", a.one("", "海A12345")))
	case len(guests) == 0:
	default:
		g := guests[a.r.IntN(len(guests))]
		to := form("position", string(domain.Positions[a.r.IntN(len(domain.Positions))]))
		switch {
		case k < 88:
			a.do("PUT", "/guests/"+g.ID+"/position", to)
		case k < 90:
			a.do("DELETE", "/guests/"+g.ID+"/position", nil)
		case k < 93 && g.PartyID != "":
			a.do("PUT", "/parties/"+g.PartyID+"/position", to)
		case k < 94 && g.PartyID != "":
			a.do("DELETE", "/parties/"+g.PartyID+"/position", nil)
		case k < 98:
			a.do("PUT", "/guests/"+g.ID, form("name", g.Name, "title", fmt.Sprintf("职务%d", a.n), "party", a.one("", "考察团", "另一团"), "plate", a.one("", "海B99999"), "rank", a.one("", "1", "2")))
		default:
			a.do("DELETE", "/guests/"+g.ID, nil)
		}
	}
}

func (a *actor) guestsOf(event string) []domain.Guest {
	list, err := a.s.Store.Guests(a.t.Context(), event)
	if err != nil {
		a.t.Error(err)
	}
	return list
}

// edit moves an event's times, and its words.
func (a *actor) edit(event string) {
	e, _, err := a.s.Store.Event(a.t.Context(), nil, event)
	if err != nil {
		a.t.Error(err)
		return
	}
	people, err := a.s.Store.Assignments(a.t.Context(), event)
	if err != nil {
		a.t.Error(err)
		return
	}
	local := func(t time.Time) string { return t.In(a.s.Store.Loc).Format("2006-01-02T15:04") }
	shift := time.Duration(a.r.IntN(20)-5) * time.Minute
	f := form("name", e.Name, "type", e.Type, "organiser", e.Organiser, "contact", e.Contact, "level", strconv.Itoa(e.Level), "level_reason", e.LevelReason,
		"secrecy", string(e.Secrecy), "heads", strconv.Itoa(e.Heads), "start_at", local(e.StartAt.Add(shift)), "end_at", local(e.EndAt.Add(shift)), "commander_id", e.CommanderID,
		"notes", fmt.Sprintf("第%d稿", a.n), "photo", a.one("", "on"), "rooms", e.Rooms[0].ID)
	if e.ArrivalAt != nil {
		f.Set("arrival_at", local(e.ArrivalAt.Add(shift)))
	}
	for _, p := range people {
		f.Add("people", p.PersonID)
	}
	a.do("PUT", "/events/"+event, f)
}

// do acts from one of the person's pages and applies the answer to it, as the page would.
func (a *actor) do(method, path string, fields url.Values) {
	a.send(method, path, fields.Encode(), "application/x-www-form-urlencoded")
}

func (a *actor) send(method, path, body, typ string) {
	page := a.pages[a.r.IntN(len(a.pages))]
	more := []string{"HX-Request", "true", "HX-Current-URL", "http://" + a.c.addr + page.path, "Idempotency-Key", store.NewID(), "Content-Type", typ}
	x, err := a.c.try(method, path, strings.NewReader(body), more...)
	for tries := 0; err == nil && x.status == http.StatusServiceUnavailable && tries < 10; tries++ {
		// "Busy, try again": a phone sends the same act with the same key once more.
		x, err = a.c.try(method, path, strings.NewReader(body), more...)
	}
	if err != nil {
		a.t.Errorf("%s %s: %v", method, path, err)
		return
	}
	switch {
	case x.status >= 500 || x.header.Get("X-Ack") == "":
		a.t.Errorf("%s %s as %s: %d %s", method, path, a.c.as, x.status, x.body)
	case x.status == http.StatusOK:
		a.taken++
		page.answered(x.body)
	case x.status == http.StatusNoContent:
		a.taken++
	default:
		a.refused++
	}
}
