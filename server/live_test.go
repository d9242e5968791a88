package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/store"
	"huiwu/server/web"
)

var viewNames = []string{"", web.ViewItems, web.ViewGuests, web.ViewLobby, web.ViewEvent, web.ViewBoard, web.ViewWall, web.ViewToday, web.ViewEvents, web.ViewAll, web.ViewInvitations, web.ViewInvitation, "nonsense"}

// TestLiveRights opens every view of every topic as everybody; the answers stand in testdata/live.golden.
func TestLiveRights(t *testing.T) {
	s := start(t, setting{Hub: func(c *live.Config) { c.MaxPerPerson = 1000 }})
	m := newMatrix(t, s)
	m.out.Reset()
	m.out.WriteString("# Who may open a socket for which topic in which view: 101 is open, other numbers are the answer to the handshake.\n")
	m.line("", func(c *client) string {
		if c.as == "" {
			return "nobody"
		}
		return c.as
	})
	topics := []struct{ name, topic string }{
		{"event visit", "event:" + s.world.Event},
		{"event small", "event:" + s.world.Other},
		{"event secret", "event:" + s.world.Secret},
		{"board", domain.TopicBoard},
		{"floor", live.TopicFloor},
		{"own person", "person:"},
		{"other person", domain.PersonTopic(m.extra.ID)},
		{"no such event", "event:none"},
		{"control", "control"},
	}
	for k, x := range topics {
		for _, view := range viewNames {
			if k >= 3 && view != "" && view != web.ViewItems && view != web.ViewWall {
				continue
			}
			m.line(strings.TrimSpace(x.name+" "+view), func(c *client) string {
				topic := x.topic
				if topic == "person:" && c.as != "" {
					topic += s.world.People[c.as].ID
				}
				q := form("topic", topic)
				if view != "" {
					q.Set("view", view)
				}
				ws, resp, err := c.dial(q.Encode())
				if err == nil {
					_ = ws.Close()
				}
				if resp == nil {
					t.Fatalf("%s %s as %s: %v", x.name, view, c.as, err)
				}
				return fmt.Sprint(resp.StatusCode)
			})
		}
	}
	golden(t, "live.golden", m.out.String())
}

// TestHandshake: who is not let in at all.
func TestHandshake(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "commander")
	topic := "topic=event:" + s.world.Event
	for _, x := range []struct {
		name, query string
		who         *client
		more        []string
		status      int
	}{
		{"foreign page", topic, c, []string{"Origin", "https://evil.example"}, 403},
		{"null page", topic, c, []string{"Origin", "null"}, 403},
		{"foreign port", topic, c, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"own page", topic, c, []string{"Origin", "http://" + s.addr}, 101},
		{"nobody", topic, s.nobody(), nil, 401},
		{"no topic", "", c, nil, 422},
		{"empty topic", "topic=", c, nil, 422},
		{"twice", topic + "&" + topic, c, nil, 422},
		{"negative", topic + "&since=-1", c, nil, 422},
		{"no number", topic + "&since=1e3", c, nil, 422},
		{"too large", topic + "&since=99999999999999999999", c, nil, 422},
		{"more since than topics", topic + "&since=1&since=2", c, nil, 422},
		{"quote", "topic=event:'%20or%201=1", c, nil, 422},
		{"NUL", "topic=event:%00", c, nil, 422},
		{"broken UTF-8", "topic=event:%ff%fe", c, nil, 422},
		{"broken view", topic + "&view=%ff", c, nil, 404},
		{"17 topics", strings.Repeat("topic=event:a&", 17), c, nil, 422},
	} {
		ws, resp, err := x.who.dial(x.query, x.more...)
		if err == nil {
			_ = ws.Close()
		}
		if resp == nil || resp.StatusCode != x.status {
			t.Errorf("%s: %v %v, want %d", x.name, resp, err, x.status)
		}
	}
}

// TestSocketKeepsNoRequest: while a socket waits, the HTTP server holds nothing of
// the request it came with. One whose client spoke before it was let in is served
// from the buffer in which that lies, and disturbs nobody.
func TestSocketKeepsNoRequest(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "commander")
	topic := "topic=event:" + s.world.Event
	held := func() bool {
		var stacks bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(stacks.String(), "fasthttp.hijackConnHandler")
	}
	for range 3 {
		ws, _, err := c.dial(topic)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the request of a waiting socket is released", func() bool { return !held() })

	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const ping = `{"ping":1}`
	frame := append([]byte{0x81, 0x80 | byte(len(ping)), 0, 0, 0, 0}, ping...) // masked with zeros
	ask := "GET /live?" + topic + " HTTP/1.1\r\nHost: " + s.addr + "\r\nCookie: " + c.cookie +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write(append([]byte(ask), frame...)); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("who speaks at once: %v %v", resp, err)
	}
	for n := range 50 {
		if a := s.nobody().get("/session/new"); !strings.Contains(a.body, "</html>") {
			t.Fatalf("page %d beside the hasty socket: %s", n, a.body)
		}
	}
	if _, err := in.ReadByte(); err != nil {
		t.Errorf("the hasty socket hears nothing: %v", err)
	}
}

// TestGuestsStayAmongThoseWhoMeetThem: a cleaner's socket carries no guest, whichever view it gets.
func TestGuestsStayAmongThoseWhoMeetThem(t *testing.T) {
	s := start(t, setting{})
	event := s.world.Event
	g := s.guests(t, event, store.GuestDraft{Guest: domain.Guest{Name: "雪松先生", Plate: "海A60001"}, Party: "秘密考察团"})[0]
	cleaner, security, commander := s.signIn(t, "cleaning"), s.signIn(t, "security"), s.signIn(t, "commander")
	topic := "topic=event:" + event
	sockets := []*socket{cleaner.watch(topic), cleaner.watch(topic + "&view=items"), cleaner.watch(topic + "&view=event"), cleaner.watch(topic + "&view=today"), cleaner.watch("topic=board")}
	sees := security.watch(topic)
	security.does("PUT", "/guests/"+g.ID+"/position", form("position", "lobby"))
	commander.does("POST", "/events/"+event+"/guests", form("name", "银杏女士", "party", "秘密考察团"))
	commander.does("PUT", "/guests/"+g.ID, form("name", "雪松老先生", "plate", "海A60001"))
	commander.does("DELETE", "/guests/"+g.ID, nil)
	item := s.world.Item(t, event, "C7")
	cleaner.does("PUT", "/items/"+item.ID+"/done", nil)
	cleaner.does("DELETE", "/items/"+item.ID+"/done", nil)
	end := s.head(t, "event:"+event)
	caughtUp := cleaner.watch(fmt.Sprintf("%s&since=%d", topic, end-3)) // what was missed holds no guest either
	sockets = append(sockets, caughtUp)
	for _, k := range sockets {
		k.wait("the last change", func(f frame) bool {
			return f.Seq >= end || f.Topic == domain.TopicBoard && f.HTML != "" || f.Heads["event:"+event] >= end
		})
		for _, secret := range []string{"雪松", "银杏", "海A60001", "秘密考察团", "guest-"} {
			if strings.Contains(k.markup(), secret) {
				t.Errorf("a cleaner's socket carries %q: %s", secret, k.markup())
			}
		}
	}
	if sees.shows("guest-" + g.ID); !strings.Contains(sees.markup(), "雪松") {
		t.Error("the guard sees no guest: the test proves nothing")
	}
	for _, path := range []string{"/events/" + event, "/events/" + event + "/items", "/events/" + event + "/log", "/activity", "/today", "/board", "/events"} {
		for _, accept := range []string{"text/html", "application/json"} {
			page := cleaner.get(path, "Accept", accept).body
			for _, secret := range []string{"雪松", "银杏", "海A60001", "秘密考察团"} {
				if strings.Contains(page, secret) {
					t.Errorf("%s as %s names a guest to a cleaner: %s", path, accept, secret)
				}
			}
		}
	}
}

// TestSecretOnTheWall: the wall is the same for everybody, so a secret event has no name on it, on the page, as JSON and pushed.
func TestSecretOnTheWall(t *testing.T) {
	s := start(t, setting{})
	commander, board := s.signIn(t, "commander"), s.signIn(t, "board")
	s.guests(t, s.world.Secret, guest("雪松", ""))
	socket := board.watch("topic=board&view=wall")
	commander.does("PUT", "/events/"+s.world.Secret+"/done", form("phase", "pre"))
	socket.wait("the card", func(f frame) bool { return element(t, f.HTML, "card-"+s.world.Secret) != nil })
	for what, markup := range map[string]string{"page": board.get("/board").body, "TV": board.get("/board?tv=1").body, "JSON": board.get("/board", "Accept", "application/json").body, "push": socket.markup()} {
		if !strings.Contains(markup, s.world.Secret) {
			t.Errorf("%s lacks the secret event's card", what)
		}
		for _, secret := range []string{"评标会", "采购部", "白鹭", "雪松"} {
			if strings.Contains(markup, secret) {
				t.Errorf("%s says %q", what, secret)
			}
		}
	}
}

// TestRenderedOnce: one change is rendered once for each language, however many look.
func TestRenderedOnce(t *testing.T) {
	s := start(t, setting{Hub: func(c *live.Config) { c.MaxPerPerson, c.Clock, c.Heartbeat = 100, time.Hour, time.Hour }})
	event := s.world.Event
	if _, err := s.Store.SetLocale(t.Context(), domain.Act{Person: s.world.People["control"]}, "en"); err != nil {
		t.Fatal(err)
	}
	zh, en, service := s.signIn(t, "captain"), s.signIn(t, "control"), s.signIn(t, "service")
	var sockets []*socket
	query := fmt.Sprintf("topic=event:%s&view=items&since=%d", event, s.head(t, "event:"+event))
	for range 10 {
		sockets = append(sockets, zh.watch(query), en.watch(query))
	}
	item := s.world.Item(t, event, "S13")
	before := s.Web.Hub.Stats()
	service.does("PUT", "/items/"+item.ID+"/done", nil)
	for _, k := range sockets {
		k.shows("item-" + item.ID)
	}
	after := s.Web.Hub.Stats()
	if n := after.Renders - before.Renders; n != 2 {
		t.Errorf("%d renderings for two languages", n)
	}
	if n := after.Frames - before.Frames; n != 2 {
		t.Errorf("%d frames", n)
	}
	if n := after.Deliveries - before.Deliveries; n != 20 {
		t.Errorf("%d deliveries to 20 sockets", n)
	}
	if !strings.Contains(sockets[0].markup(), item.Zh) || !strings.Contains(sockets[1].markup(), item.En) || strings.Contains(sockets[1].markup(), item.Zh) {
		t.Error("the languages are mixed up")
	}
}

// TestCatchUp: who was away says how far he had seen, and gets what changed since, or is told to fetch the page.
func TestCatchUp(t *testing.T) {
	s := start(t, setting{Hub: func(c *live.Config) { c.MaxCatchUp, c.Clock = 20, time.Hour }})
	event, topic := s.world.Event, "event:"+s.world.Event
	commander, service := s.signIn(t, "commander"), s.signIn(t, "service")
	since := s.head(t, topic)
	one, two, old := s.world.Item(t, event, "S13"), s.world.Item(t, event, "S14"), s.world.Item(t, event, "S6")
	service.does("PUT", "/items/"+one.ID+"/done", nil)
	service.does("PUT", "/items/"+two.ID+"/done", nil)
	service.does("DELETE", "/items/"+one.ID+"/done", nil)
	head := s.head(t, topic)

	k := commander.watch(fmt.Sprintf("topic=%s&since=%d&view=items", topic, since))
	f := k.wait("what was missed", func(f frame) bool { return f.Topic == topic && f.Seq == head })
	if f.Reset || attr(element(t, f.HTML, "item-"+one.ID), "data-state") == "done" || attr(element(t, f.HTML, "item-"+two.ID), "data-state") != "done" || element(t, f.HTML, "item-"+old.ID) != nil {
		t.Errorf("caught up with %+v", f)
	}
	if first := k.heard()[0]; first.Seq != head {
		t.Errorf("the first frame is not what was missed: %+v", first)
	}
	service.does("PUT", "/items/"+one.ID+"/done", nil)
	k.wait("what happened next", func(f frame) bool {
		return f.Seq == head+1 && attr(element(t, f.HTML, "item-"+one.ID), "data-state") == "done"
	})

	head = s.head(t, topic)
	nothing := commander.watch(fmt.Sprintf("topic=%s&since=%d&view=items", topic, head))
	nothing.wait("the heartbeat", func(f frame) bool { return f.Heads[topic] == head })
	for _, f := range nothing.heard() {
		if f.Reset || f.Seq > head || strings.Contains(f.HTML, `id="item-`) {
			t.Errorf("nothing was missed, and yet: %+v", f)
		}
	}
	for name, since := range map[string]int64{"unknown": 0, "too old": 1, "of another database": head + 1000} {
		k := commander.watch(fmt.Sprintf("topic=%s&since=%d&view=items", topic, since))
		if f := k.heard()[0]; !f.Reset || f.Seq != head || f.Topic != topic {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// Pairs of topic and since stand in order; a ping is answered at once.
	q := fmt.Sprintf("topic=event:%s&since=%d&topic=%s&since=%d&view=items", s.world.Other, s.head(t, "event:"+s.world.Other), topic, head-1)
	k = commander.watch(q)
	if f := k.heard()[0]; f.Topic != topic || f.Reset {
		t.Errorf("second topic: %+v", f)
	}
	n := len(k.heard())
	if err := k.ws.WriteMessage(1, []byte(`{"ping":1}`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "pong", func() bool {
		for _, f := range k.heard()[n:] {
			at, err := time.Parse(time.RFC3339Nano, f.Now)
			if f.Heads[topic] == head && len(f.Heads) == 2 && err == nil && time.Since(at).Abs() < time.Minute {
				return true
			}
		}
		return false
	})
}

// TestLostRights: a socket ends at once with the session, with the person, with the role; and soon with the assignment.
func TestLostRights(t *testing.T) {
	s := start(t, setting{Hub: func(c *live.Config) { c.Recheck = 400 * time.Millisecond }})
	topic := "topic=event:" + s.world.Event
	admin := s.signIn(t, "admin")
	soon := func(what string, k *socket, code int) {
		t.Helper()
		begun := time.Now()
		if got := k.closed(); got != code {
			t.Errorf("%s: closed with %d, want %d", what, got, code)
		}
		if d := time.Since(begun); d > 2*time.Second {
			t.Errorf("%s: closed after %v", what, d)
		}
	}
	sessionOf := func(c *client) string {
		_, token, _ := strings.Cut(c.cookie, "=")
		return store.SessionID(token)
	}

	// One device is signed out from another; the other stays.
	lost, kept := s.signIn(t, "service"), s.signIn(t, "service")
	k, stays := lost.watch(topic), kept.watch(topic)
	kept.does("DELETE", "/sessions/"+sessionOf(lost), nil)
	soon("revoked session", k, live.CloseSession)
	stays.open()
	if a := lost.send("GET", "/today", nil); a.status != http.StatusSeeOther {
		t.Errorf("the revoked session still sees pages: %d", a.status)
	}
	if a := lost.act("PUT", "/items/"+s.world.Item(t, s.world.Event, "S6").ID+"/done", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the revoked session still acts: %d", a.status)
	}
	if _, resp, err := lost.dial(topic); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked session opens sockets: %v %v", resp, err)
	}
	// Signing out ends one's own.
	k = kept.watch(topic)
	kept.does("DELETE", "/session", nil)
	soon("signed out", k, live.CloseSession)
	soon("signed out, second tab", stays, live.CloseSession)

	// Disabled: all devices, at once.
	one, two := s.signIn(t, "engineering"), s.signIn(t, "engineering")
	a, b := one.watch(topic), two.watch("topic=board")
	admin.does("PUT", "/people/"+s.world.People["engineering"].ID+"/disabled", nil)
	for _, k := range []*socket{a, b} {
		if code := k.closed(); code != live.CloseRights && code != live.CloseSession {
			t.Errorf("disabled: closed with %d", code)
		}
	}
	if _, resp, err := one.dial(topic); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a disabled person opens sockets: %v %v", resp, err)
	}

	// Another role: come back and be judged anew.
	c := s.signIn(t, "captain")
	k = c.watch(topic + "&view=board")
	p := s.world.People["captain"]
	admin.does("PUT", "/people/"+p.ID, form("staff_no", p.StaffNo, "name", p.Name, "role", "crew_member", "crew", "SEC", "locale", "zh"))
	soon("new role", k, live.CloseRights)
	if _, resp, err := c.dial(topic + "&view=board"); err == nil || resp == nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("the old role's board still opens: %v %v", resp, err)
	}

	// Taken off a secret event: nobody says so, the recheck finds it.
	c = s.signIn(t, "service")
	k = c.watch("topic=event:" + s.world.Secret)
	e, _, err := s.Store.Event(t.Context(), nil, s.world.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.UpdateEvent(t.Context(), domain.Act{}, e.ID, store.EventDraft{Event: *e, Rooms: []string{e.Rooms[0].ID}}); err != nil {
		t.Fatal(err)
	}
	soon("lost assignment", k, live.CloseTopic)
	if a := c.send("GET", "/events/"+s.world.Secret, nil); a.status != http.StatusNotFound {
		t.Errorf("the secret event is still seen: %d", a.status)
	}
	// An event that becomes secret.
	k = s.signIn(t, "supplies").watch(topic)
	if e, _, err = s.Store.Event(t.Context(), nil, s.world.Event); err != nil {
		t.Fatal(err)
	}
	e.Secrecy = domain.SecrecySecret
	if _, err := s.Store.UpdateEvent(t.Context(), domain.Act{}, e.ID, store.EventDraft{Event: *e, Rooms: []string{e.Rooms[0].ID}}); err != nil {
		t.Fatal(err)
	}
	soon("event became secret", k, live.CloseTopic)
}

// twins are two programs on one PostgreSQL and one Redis.
func twins(t *testing.T, hub func(*live.Config)) (a, b *site, redis *redisServer) {
	t.Helper()
	redis = startRedis(t)
	a = start(t, setting{Database: migrated(t), Redis: redis.url(), Hub: hub})
	b = start(t, setting{Database: a.set.Database, Redis: redis.url(), Hub: hub, World: a.world})
	return a, b, redis
}

// TestTwoInstances: what happens on one is seen, and obeyed, on the other; without Redis each goes on alone, and what was
// missed heals when it is back.
func TestTwoInstances(t *testing.T) {
	a, b, redis := twins(t, func(c *live.Config) { c.Poll = time.Hour }) // nothing heals by itself
	event := a.world.Event
	topic := "topic=event:" + event
	commander, service, admin := b.signIn(t, "commander"), a.signIn(t, "service"), a.signIn(t, "admin")
	eventually(t, "both hear Redis", func() bool {
		return a.nobody().get("/readyz").body != "" && strings.Contains(a.nobody().get("/readyz").body, `"bus":"ok"`) && strings.Contains(b.nobody().get("/readyz").body, `"bus":"ok"`)
	})
	far, wall := commander.watch(topic), commander.watch("topic=board&view=wall")
	item := a.world.Item(t, event, "S13")
	begun := time.Now()
	service.does("PUT", "/items/"+item.ID+"/done", nil)
	f := far.shows("item-" + item.ID)
	if d := f.at.Sub(begun); d > time.Second {
		t.Errorf("seen on the other instance after %v", d)
	}
	wall.shows("card-" + event)

	// A key that was answered there is answered here.
	here := *service
	here.site = b
	key := store.NewID()
	service.does("DELETE", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key)
	before := b.head(t, "event:"+event)
	here.does("DELETE", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key)
	if b.head(t, "event:"+event) != before {
		t.Error("the key counted twice")
	}

	// What is known of a session here ends with it there.
	if s := here.send("GET", "/today", nil); s.status != http.StatusOK {
		t.Fatalf("%d", s.status)
	}
	k := here.watch(topic)
	_, token, _ := strings.Cut(service.cookie, "=")
	service.does("DELETE", "/sessions/"+store.SessionID(token), nil)
	if code := k.closed(); code != live.CloseSession {
		t.Errorf("closed with %d", code)
	}
	if s := here.send("GET", "/today", nil); s.status != http.StatusSeeOther {
		t.Errorf("the other instance believes the ended session: %d", s.status)
	}
	captain := b.signIn(t, "captain")
	k = captain.watch(topic + "&view=board")
	p := a.world.People["captain"]
	admin.does("PUT", "/people/"+p.ID, form("staff_no", p.StaffNo, "name", p.Name, "role", "crew_member", "crew", "SEC", "locale", "zh"))
	if code := k.closed(); code != live.CloseRights {
		t.Errorf("closed with %d", code)
	}
	if s := captain.send("GET", "/events/"+event+"/board", nil); s.status != http.StatusNotFound {
		t.Errorf("the other instance believes the old role: %d", s.status)
	}

	// Redis goes: acts succeed, viewers here see them.
	redis.stop()
	service = a.signIn(t, "service")
	near := a.signIn(t, "commander").watch(topic)
	for _, template := range []string{"S13", "S14"} {
		i := a.world.Item(t, event, template)
		begun := time.Now()
		service.does("PUT", "/items/"+i.ID+"/done", nil)
		if d := time.Since(begun); d > time.Second {
			t.Errorf("without Redis an act takes %v", d)
		}
		near.wait(template, func(f frame) bool { return attr(element(t, f.HTML, "item-"+i.ID), "data-state") == "done" })
	}
	var ready struct {
		Bus   string
		Ready bool
	}
	if s := a.nobody().json("GET", "/readyz", nil, &ready); s.status != 200 || ready.Bus != "degraded" || !ready.Ready {
		t.Errorf("readyz without Redis: %s", s.body)
	}
	last := a.world.Item(t, event, "S14")
	far.open()
	if strings.Contains(far.markup(), "item-"+last.ID) {
		t.Fatal("seen without Redis: the test proves nothing")
	}

	// Redis is back: the others heal.
	redis.start()
	begun = time.Now()
	f = far.shows("item-" + last.ID)
	if d := f.at.Sub(begun); d > 5*time.Second {
		t.Errorf("healed after %v", d)
	}
}

// TestPollHeals: with Redis away for good, the poll alone brings the other instance up to date.
func TestPollHeals(t *testing.T) {
	a, b, redis := twins(t, func(c *live.Config) { c.Poll = 300 * time.Millisecond })
	event := a.world.Event
	far := b.signIn(t, "commander").watch("topic=event:" + event)
	service := a.signIn(t, "service")
	redis.stop()
	item := a.world.Item(t, event, "S13")
	service.does("PUT", "/items/"+item.ID+"/done", nil)
	far.shows("item-" + item.ID)
	if b.Web.Hub.Stats().Heals == 0 {
		t.Error("nothing healed: the test proves nothing")
	}
}

// TestDatabaseAway: while PostgreSQL is away people read one clear sentence; afterwards everything goes on, and nothing was
// half done.
func TestDatabaseAway(t *testing.T) {
	direct, err := url.Parse(migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, direct.Host)
	through := *direct
	through.Host = w.addr()
	s := start(t, setting{Database: through.String(), Hub: func(c *live.Config) { c.Poll, c.Timeout = 300*time.Millisecond, 2*time.Second }})
	event := s.world.Event
	service, commander := s.signIn(t, "service"), s.signIn(t, "commander")
	service.get("/today") // its session is known
	socket := commander.watch("topic=event:" + event)
	item := s.world.Item(t, event, "S13")
	before := s.head(t, "event:"+event)
	key := store.NewID()

	w.set(true)
	for _, x := range []struct {
		name string
		a    *answer
		want string
	}{
		{"act", service.act("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key), `data-error=""`},
		{"page", service.send("GET", "/events/"+event+"/items", nil), "<html"},
		{"JSON", service.send("GET", "/events/"+event+"/items", nil, "Accept", "application/json"), `"code":"unavailable"`},
		{"sign-in", s.nobody().send("POST", "/session", form("login", "head", "pin", pin)), ""},
		{"unknown session", (&client{site: s, t: t, cookie: "sid=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"}).send("GET", "/today", nil), "<html"},
	} {
		if x.a.status != http.StatusServiceUnavailable || x.a.header.Get("Retry-After") == "" || x.a.header.Get("X-Ack") != "" {
			t.Errorf("%s: %d %v", x.name, x.a.status, x.a.header)
		}
		if !strings.Contains(x.a.body, "系统正忙") || !strings.Contains(x.a.body, x.want) {
			t.Errorf("%s: %s", x.name, x.a.body)
		}
		for _, leak := range []string{"pgx", "dial tcp", "127.0.0.1", "SQL", "EOF", "refused"} {
			if strings.Contains(x.a.body, leak) {
				t.Errorf("%s tells %q: %s", x.name, leak, x.a.body)
			}
		}
	}
	if a := s.nobody().send("GET", "/healthz", nil); a.status != 200 {
		t.Errorf("healthz: %d", a.status)
	}
	if a := s.nobody().send("GET", "/readyz", nil); a.status != 503 || !strings.Contains(a.body, `"database":"away"`) {
		t.Errorf("readyz: %d %s", a.status, a.body)
	}
	socket.open() // nobody is sent away

	w.set(false)
	eventually(t, "ready again", func() bool { return s.nobody().send("GET", "/readyz", nil).status == 200 })
	if n := s.head(t, "event:"+event); n != before {
		t.Fatalf("%d half changes", n-before)
	}
	a := service.does("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key) // the kept act, sent again
	if a.header.Get("X-Ack") != key {
		t.Errorf("X-Ack is %q", a.header.Get("X-Ack"))
	}
	socket.wait("the act", func(f frame) bool { return attr(element(t, f.HTML, "item-"+item.ID), "data-state") == "done" })

	// Cut in the middle of many acts: each acknowledged one is there once, and no other.
	done := make(chan map[string]bool)
	go func() {
		acked := map[string]bool{}
		for range 60 {
			id := store.NewID()
			a, err := commander.try("POST", "/events/"+event+"/items", strings.NewReader(form("id", id, "text", "x", "crew", "SVC", "phase", "during").Encode()),
				"Content-Type", "application/x-www-form-urlencoded", "HX-Request", "true", "Idempotency-Key", store.NewID())
			if err == nil && a.status == http.StatusOK {
				acked[id] = true
			} else if err == nil && a.status != http.StatusServiceUnavailable {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		done <- acked
	}()
	for range 4 {
		time.Sleep(60 * time.Millisecond)
		w.set(true)
		time.Sleep(20 * time.Millisecond)
		w.set(false)
	}
	acked := <-done
	if len(acked) == 0 || len(acked) == 60 {
		t.Logf("%d of 60 acts were acknowledged: the cuts missed them", len(acked))
	}
	eventually(t, "ready again", func() bool { return s.nobody().send("GET", "/readyz", nil).status == 200 })
	have := map[string]bool{}
	for _, i := range mustItems(t, s, event) {
		have[i.ID] = true
	}
	for id := range acked {
		if !have[id] {
			t.Errorf("acknowledged and lost: %s", id)
		}
	}
	log, err := s.Store.ChangesSince(context.Background(), "event:"+event, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range log {
		if c.Seq != int64(k+1) {
			t.Fatalf("the log has a hole before %d", c.Seq)
		}
	}
	if head := s.head(t, "event:"+event); head != int64(len(log)) {
		t.Errorf("head %d, %d log rows", head, len(log))
	}
}
