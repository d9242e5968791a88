package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// code is what an inviter's screen holds.
type code struct{ token, code, page string }

// invites makes a code the way the page does.
func (c *client) invites(whom string) code {
	c.t.Helper()
	path := "/people/" + c.world.People[whom].ID + "/invite"
	a := c.does("POST", path, nil)
	if a.header.Get("HX-Redirect") != path {
		c.t.Fatalf("leads to %q", a.header.Get("HX-Redirect"))
	}
	x := code{token: a.named(c.t, "invite"), page: path}
	x.code = domain.InviteCode(x.token)
	return x
}

// screen is the inviter's page, with the cookie that only his screen has.
func (c *client) screen(x code) (state, body string) {
	c.t.Helper()
	own := *c
	if x.token != "" {
		own.cookie += "; invite=" + x.token
	}
	a := own.get(x.page)
	if a.header.Get("Cache-Control") != "no-store" {
		c.t.Errorf("a page with a secret may be kept: %q", a.header.Get("Cache-Control"))
	}
	return attr(byID(pageOf(c.t, a.body), "invite"), "data-state"), a.body
}

// tap presses the button of an opened link.
func (c *client) tap(secret string) *answer {
	c.t.Helper()
	page := c.get("/invites/" + secret)
	return c.send("POST", "/invites/"+secret, form("tap", hidden(c.t, page, "tap")))
}

func hidden(t testing.TB, a *answer, name string) string {
	t.Helper()
	n := first(pageOf(t, a.body), func(n *html.Node) bool { return attr(n, "name") == name })
	if n == nil || attr(n, "value") == "" {
		t.Fatalf("no field %s", name)
	}
	return attr(n, "value")
}

func TestInvite(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		supervisor, phone := s.signIn(t, "supervisor"), s.nobody()
		who := s.world.People["service"]
		x := supervisor.invites("service")
		state, body := supervisor.screen(x)
		if state != "open" || !strings.Contains(body, "<path d=\"M4 4h7v1h-7z") || !strings.Contains(body, x.code[:4]+" "+x.code[4:]) || !strings.Contains(body, s.addr+"/invites") {
			t.Fatalf("%s %s", state, body)
		}
		if state, body := supervisor.screen(code{page: x.page}); state != "elsewhere" || strings.Contains(body, x.code[:4]+" ") || strings.Contains(body, `class="qr"`) {
			t.Errorf("another screen shows %s", state)
		}
		_, kept, err := s.Store.InviteOf(t.Context(), s.world.People["supervisor"], who.ID)
		if err != nil || len(kept.ID) != 64 || len(kept.Code) != 64 {
			t.Errorf("the database holds more than hashes: %+v %v", kept, err)
		}
		// A link preview fetches it, twice; then a person does.
		for range 2 {
			a := phone.get("/invites/" + x.token)
			if !strings.Contains(a.body, who.Name) || !strings.Contains(a.body, "星澜") || !strings.Contains(a.body, s.world.People["supervisor"].Name) || a.header.Get("Cache-Control") != "no-store" || len(a.header.Values("Set-Cookie")) != 0 {
				t.Fatalf("%v %s", a.header, a.body)
			}
		}
		socket := supervisor.watch("topic=person:" + who.ID + "&view=invite")
		page := phone.get("/invites/" + x.token)
		a := phone.send("POST", "/invites/"+x.token, form("tap", hidden(t, page, "tap")), "User-Agent", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/110 MicroMessenger/8.0")
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/me/pin?first=1" {
			t.Fatalf("accepted: %d %v", a.status, a.header)
		}
		socket.wait("word of it", func(f frame) bool { return strings.Contains(f.HTML, "data-refetch") })
		if state, body := supervisor.screen(x); state != "used" || !strings.Contains(body, "Android · WeChat") {
			t.Errorf("the screen says %s", state)
		}
		mine := s.nobody()
		mine.cookie = a.cookie(t) + "; device=" + a.named(t, "device")
		if !strings.Contains(mine.get("/me").body, who.Name) {
			t.Error("somebody else is signed in")
		}
		// The answer was lost in a lift: the same page sends again.
		if a := phone.send("POST", "/invites/"+x.token, form("tap", hidden(t, page, "tap"))); a.status != http.StatusSeeOther || a.cookie(t) == "" {
			t.Errorf("again: %d", a.status)
		}
		for _, secret := range []string{x.token, x.code, strings.ToLower(x.code), x.code[:4] + "-" + x.code[4:]} {
			for _, a := range []*answer{phone.send("GET", "/invites/"+secret, nil), phone.send("POST", "/invites/"+secret, form("tap", "another"))} {
				if a.status != http.StatusConflict || !strings.Contains(a.body, i18n.T("zh", "invite.used")) || len(a.header.Values("Set-Cookie")) != 0 {
					t.Errorf("%s a second time: %d %s", secret, a.status, a.body)
				}
			}
		}
		if a := phone.send("GET", "/invites/"+strings.Repeat("A", 26), nil); a.status != 404 || !strings.Contains(a.body, i18n.T("zh", "invite.unknown")) {
			t.Errorf("no such link: %d", a.status)
		}
	})
}

func TestInviteEnds(t *testing.T) {
	clock := &settable{}
	s := start(t, setting{Now: clock.now})
	supervisor, phone := s.signIn(t, "supervisor"), s.nobody()
	old := supervisor.invites("service")
	x := supervisor.invites("service")
	gone := func(what string, x code, key string) {
		t.Helper()
		for _, secret := range []string{x.token, x.code} {
			if a := phone.send("POST", "/invites/"+secret, form("tap", "t")); a.status != 409 || !strings.Contains(a.body, i18n.T("zh", key)) {
				t.Errorf("%s: %d %s", what, a.status, a.body)
			}
		}
	}
	gone("replaced", old, "invite.revoked")
	supervisor.does("DELETE", x.page, nil)
	gone("revoked", x, "invite.revoked")
	if state, _ := supervisor.screen(x); state != "revoked" {
		t.Errorf("says %s", state)
	}
	x = supervisor.invites("service")
	clock.forward(domain.InviteLife)
	gone("late", x, "invite.expired")
	if state, _ := supervisor.screen(x); state != "expired" {
		t.Errorf("says %s", state)
	}
	// By the typed code; the phone belonged to somebody else until now.
	x = supervisor.invites("cleaning")
	phone.cookie = s.signIn(t, "service").cookie
	if a := phone.get("/invites/" + x.code); !strings.Contains(a.body, i18n.T("zh", "invite.now", "name", s.world.People["service"].Name)) {
		t.Error("does not say who is signed in")
	}
	a := phone.tap(x.code)
	phone.cookie = a.cookie(t)
	if !strings.Contains(phone.get("/me").body, s.world.People["cleaning"].Name) {
		t.Error("somebody else is signed in")
	}
	// From another site, by a form there: no.
	x = supervisor.invites("service")
	if a := phone.send("POST", "/invites/"+x.token, form("tap", "t"), "Sec-Fetch-Site", "cross-site"); a.status != 403 {
		t.Errorf("from elsewhere: %d", a.status)
	}
	for typed, to := range map[string]string{"k7m4 pq9x": "/invites/K7M4PQ9X", "Ｋ７Ｍ４－ＰＱ９Ｘ": "/invites/K7M4PQ9X"} {
		if a := phone.send("GET", "/invites?"+form("code", typed).Encode(), nil); a.status != 303 || a.header.Get("Location") != to {
			t.Errorf("%q leads to %d %s", typed, a.status, a.header.Get("Location"))
		}
	}
	for _, typed := range []string{"K7M4", "0OIL1234", `"><script>`, "\xff\xfe", "K7M4PQ9XK7M4PQ9X"} {
		if a := phone.send("GET", "/invites?"+form("code", typed).Encode(), nil); a.status != 422 || !strings.Contains(a.body, i18n.T("zh", "invite.code_form")) || strings.Contains(a.body, "<script>\"") {
			t.Errorf("%q: %d", typed, a.status)
		}
	}
}

// TestGuessingCodes: codes can be typed, so they can be guessed: slowly.
func TestGuessingCodes(t *testing.T) {
	s := start(t, setting{})
	c, slow := s.nobody(), 0
	for n := range 70 {
		if a := c.send("GET", "/invites/2345678"+string("ABCDEFGHJK"[n%10]), nil); a.status == 429 {
			slow++
		} else if a.status != 404 {
			t.Fatalf("%d: %d", n, a.status)
		}
	}
	if slow < 5 {
		t.Errorf("only %d of 70 were slowed down", slow)
	}
	x := s.signIn(t, "supervisor").invites("service")
	c.get("/invites/" + x.token) // who scans is not in the way of who guesses
}

// TestInviteSockets: who waits for a phone hears of that person only, and only who may invite him.
func TestInviteSockets(t *testing.T) {
	s := start(t, setting{})
	for _, x := range []struct{ who, topic, view string }{
		{"service", "cleaning", "invite"},
		{"commander", "service", "invite"},
		{"supervisor", "head", "invite"},
		{"supervisor", "admin", "invite"},
		{"supervisor", "service", "today"},
		{"supervisor", "service", "items"},
	} {
		if _, resp, err := s.signIn(t, x.who).dial("topic=person:" + s.world.People[x.topic].ID + "&view=" + x.view); err == nil || resp == nil || resp.StatusCode != 404 {
			t.Errorf("%v: %v", x, err)
		}
	}
	if _, resp, err := s.signIn(t, "supervisor").dial("topic=event:" + s.world.Event + "&view=invite"); err == nil || resp.StatusCode != 404 {
		t.Errorf("an event in that view: %v", err)
	}
}

// TestLock: a locked device asks for the PIN alone, a signed-out one for everything.
func TestLock(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		who := s.world.People["service"]
		c := s.nobody()
		a := c.send("POST", "/session", signInForm("service", pin))
		c.cookie = a.cookie(t) + "; device=" + a.named(t, "device")
		if a := c.send("GET", "/session/new", nil); a.status != 303 {
			t.Errorf("signed in: %d", a.status)
		}
		a = c.does("PUT", "/session/lock", nil)
		if a.header.Get("HX-Redirect") != "/session/new" || a.named(t, "sid") != "" {
			t.Errorf("lock: %v", a.header)
		}
		if a := c.send("GET", "/today", nil); a.status != 303 {
			t.Errorf("locked: %d", a.status)
		}
		page := c.get("/session/new?next=/lobby").body
		if !strings.Contains(page, who.Name) || byID(pageOf(t, page), "f-login") != nil || attr(byID(pageOf(t, page), "f-pin"), "inputmode") != "numeric" || strings.Contains(page, who.ID) {
			t.Errorf("the locked page: %s", page)
		}
		if page := c.get("/session/new?other=1").body; strings.Contains(page, who.Name) || byID(pageOf(t, page), "f-login") == nil {
			t.Error("somebody else cannot sign in")
		}
		if a := c.send("POST", "/session", form("pin", "")); a.status != 422 || said(t, a) != i18n.T("zh", "session.empty_pin") {
			t.Errorf("no PIN: %d %s", a.status, said(t, a))
		}
		if a := c.send("POST", "/session", form("pin", "135790")); a.status != 401 || said(t, a) != i18n.T("zh", "session.wrong_pin") || !strings.Contains(a.body, who.Name) {
			t.Errorf("wrong PIN: %d %s", a.status, said(t, a))
		}
		a = c.send("POST", "/session", form("pin", pin, "next", "/lobby"))
		if a.status != 303 || a.header.Get("Location") != "/lobby" {
			t.Fatalf("unlock: %d %s", a.status, a.body)
		}
		before := c.cookie
		c.cookie = a.cookie(t) + "; device=" + a.named(t, "device")
		c.get("/me")
		thief := s.nobody()
		thief.cookie = before // a copy of the old cookies is worth nothing now
		if page := thief.get("/session/new").body; strings.Contains(page, who.Name) {
			t.Error("the old cookie still knows")
		}
		// Five wrong PINs shut the account, on this device as on any other.
		c.does("PUT", "/session/lock", nil)
		for n := range 5 {
			if a := c.send("POST", "/session", form("pin", "135790")); n == 4 && a.status != 429 {
				t.Errorf("the fifth: %d", a.status)
			}
		}
		if a := s.nobody().send("POST", "/session", signInForm("service", pin)); a.status != 429 {
			t.Errorf("elsewhere: %d", a.status)
		}
		s.signIn(t, "admin").does("PUT", "/people/"+who.ID+"/pin", form("pin", "975312"))
		if page := c.get("/session/new").body; strings.Contains(page, who.Name) {
			t.Error("a new PIN was given, and the device still knows")
		}
		// Signing out forgets.
		a = c.send("POST", "/session", signInForm("service", "975312"))
		c.cookie = a.cookie(t) + "; device=" + a.named(t, "device")
		a = c.does("DELETE", "/session", nil)
		if a.named(t, "device") != "" || strings.Contains(c.get("/session/new").body, who.Name) {
			t.Error("signed out and still known")
		}
	})
}

// TestMyPin: a person chooses a PIN of his own; whoever finds his phone cannot.
func TestMyPin(t *testing.T) {
	clock := &settable{}
	s := start(t, setting{Now: clock.now})
	c := s.signIn(t, "service")
	set := func(more ...string) *answer { return c.act("PUT", "/me/pin", form(more...)) }
	refused := func(what string, a *answer, status int, field, key string) {
		t.Helper()
		list := fragments(t, a.body)
		if a.status != status || len(list) != 1 || attr(list[0], "data-error") != field || text(list[0]) != i18n.T("zh", key) {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	refused("weak", set("pin", "123456", "again", "123456"), 422, "pin", "person.pin_weak")
	refused("not the same", set("pin", "864209", "again", "864208"), 422, "again", "pin.not_same")
	if a := set("pin", "864209", "again", "864209"); a.status != 204 || a.header.Get("HX-Redirect") != "/me" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	refused("now the old one is asked for", set("pin", "975313", "again", "975313", "old", pin), 422, "old", "pin.old_wrong")
	refused("nothing", set("pin", "975313", "again", "975313"), 422, "old", "pin.old_wrong")
	for range 3 {
		set("pin", "975313", "again", "975313", "old", "000000")
	}
	if a := set("pin", "975313", "again", "975313", "old", "864209"); a.status != 429 {
		t.Errorf("guessing the old one: %d %s", a.status, a.body)
	}
	clock.forward(time.Hour)
	if a := set("pin", "975313", "again", "975313", "old", "864209"); a.status != 204 {
		t.Errorf("with the old one: %d %s", a.status, a.body)
	}
	// Whoever forgot it is invited, and may choose at once; later not any more.
	x := s.signIn(t, "supervisor").invites("service")
	a := s.nobody().tap(x.token)
	if a.header.Get("Location") != "/" {
		t.Errorf("who has a PIN goes to work: %s", a.header.Get("Location"))
	}
	c.cookie = a.cookie(t)
	clock.forward(16 * time.Minute)
	refused("too late", set("pin", "531975", "again", "531975"), 422, "old", "pin.old_wrong")
	x = s.signIn(t, "supervisor").invites("service")
	c.cookie = s.nobody().tap(x.token).cookie(t)
	if a := set("pin", "531975", "again", "531975", "first", "1"); a.status != 204 || a.header.Get("HX-Redirect") != "/" {
		t.Errorf("after an invite: %d %s", a.status, a.body)
	}
	if a := s.nobody().send("POST", "/session", signInForm("service", "531975")); a.status != 303 {
		t.Errorf("by the new one: %d", a.status)
	}
	if a := c.act("PUT", "/me/lock", form("hours", "x")); a.status != 422 {
		t.Errorf("hours: %d", a.status)
	}
	id := store.SessionID(strings.TrimPrefix(c.cookie, "sid="))
	c.does("PUT", "/me/lock", form("hours", "1"))
	clock.forward(time.Hour)
	s.Web.ForgetSessions("")
	if a := c.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("left alone for an hour, session %s: %d", id, a.status)
	}
}
