package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// settable is a clock that a test puts forward.
type settable struct{ ahead atomic.Int64 }

func (c *settable) now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load())).UTC().Truncate(time.Microsecond)
}

func (c *settable) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func signInForm(login, pin string) map[string][]string { return form("login", login, "pin", pin) }

// said is the sentence of the sign-in page.
func said(t testing.TB, a *answer) string {
	t.Helper()
	n := first(pageOf(t, a.body), func(n *html.Node) bool { return attr(n, "data-error-for") == "pin" })
	if n == nil {
		t.Fatalf("no sign-in page: %s", a.body)
	}
	return text(n)
}

// TestLockout: five wrong PINs shut an account for a while and say so; a stranger learns nothing before that.
func TestLockout(t *testing.T) {
	clock := &settable{}
	s := start(t, setting{Now: clock.now})
	c := s.nobody()
	try := func(login, pin string) *answer { return c.send("POST", "/session", signInForm(login, pin)) }
	for n := range 4 {
		known, unknown := try("commander", "135790"), try("stranger", "135790")
		if known.status != 401 || unknown.status != 401 || said(t, known) != i18n.T("zh", "session.wrong") || said(t, unknown) != said(t, known) {
			t.Fatalf("try %d: %d %q, of nobody %d %q", n+1, known.status, said(t, known), unknown.status, said(t, unknown))
		}
		for _, secret := range []string{"135790", "石英"} {
			if strings.Contains(known.body, secret) {
				t.Errorf("the answer holds %q", secret)
			}
		}
		if field := byID(pageOf(t, known.body), "f-login"); attr(field, "value") != "commander" {
			t.Error("the typed name is not kept")
		}
	}
	for n, p := range []string{"135790", "135790", pin} { // the fifth; then even the right one
		a := try("commander", p)
		if a.status != 429 || !strings.Contains(said(t, a), "分钟") || a.header.Get("Set-Cookie") != "" {
			t.Fatalf("try %d: %d %q %v", n+5, a.status, said(t, a), a.header)
		}
	}
	clock.forward(61 * time.Second)
	if a := try("commander", pin); a.status != 303 {
		t.Fatalf("after a minute: %d %s", a.status, said(t, a))
	}
	// A good sign-in forgets the wrong ones; the admin opens an account at once.
	for n := range 5 {
		if a := try("head", "135790"); n < 4 && a.status != 401 || n == 4 && a.status != 429 {
			t.Fatalf("%d: %d", n, a.status)
		}
	}
	s.signIn(t, "admin").does("PUT", "/people/"+s.world.People["head"].ID+"/pin", form("pin", "975312"))
	if a := try("head", "975312"); a.status != 303 {
		t.Fatalf("after a new PIN: %d", a.status)
	}
	log, err := s.Store.Log(t.Context(), domain.PersonTopic(s.world.People["commander"].ID), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	verbs := ""
	for _, r := range log {
		verbs = r.Verb + " " + verbs
	}
	if !strings.Contains(verbs, "person.wrong_pin person.wrong_pin person.wrong_pin person.wrong_pin person.locked person.signed_in") {
		t.Errorf("log: %s", verbs)
	}
}

// TestGuessingIsSlow: many tries at one name are slowed down, whoever it is.
func TestGuessingIsSlow(t *testing.T) {
	s := start(t, setting{})
	c := s.nobody()
	for n := range 11 {
		a := c.send("POST", "/session", signInForm("stranger", "135790"))
		want := 401
		if n >= 4 { // shut, like somebody's
			want = 429
		}
		if a.status != want {
			t.Fatalf("try %d: %d", n+1, a.status)
		}
		if n == 10 && (said(t, a) != i18n.T("zh", "session.slow_down") || a.header.Get("Retry-After") != "2") {
			t.Errorf("says %q, come again after %q", said(t, a), a.header.Get("Retry-After"))
		}
	}
	if a := c.send("POST", "/session", signInForm("STRANGER ", "135790")); a.status != 429 {
		t.Errorf("another spelling of the name: %d", a.status)
	}
	if a := c.send("POST", "/session", signInForm("another", "135790")); a.status != 401 {
		t.Errorf("another name: %d", a.status)
	}
}

// TestSignIn: what people type, what they get, where they land.
func TestSignIn(t *testing.T) {
	s := start(t, setting{})
	c := s.nobody()
	p := &domain.Person{StaffNo: "wu.di", Phone: "13900001111", Name: "翡翠", Role: domain.RoleCrewMember, Crew: domain.CrewSVC}
	hash, err := pinHash()
	if err != nil {
		t.Fatal(err)
	}
	p.PinHash = hash
	if _, err := s.Store.CreatePerson(t.Context(), domain.Act{}, p); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"wu.di", "WU.DI", " wu.di ", "ｗｕ.ｄｉ", "13900001111", "139 0000 1111", "+86 139-0000-1111", "１３９００００１１１１"} {
		if a := c.send("POST", "/session", signInForm(login, pin)); a.status != 303 {
			t.Errorf("%q: %d", login, a.status)
		}
	}
	for login, status := range map[string]int{"": 422, strings.Repeat("a", 65): 401, "wu.di'--": 401, "wu%": 401, "\x00": 422, "\xff\xfe": 401} {
		if a := c.send("POST", "/session", signInForm(login, pin)); a.status != status {
			t.Errorf("%q: %d, want %d", login, a.status, status)
		}
	}
	a := c.send("POST", "/session", signInForm("head", pin))
	k := (&http.Response{Header: a.header}).Cookies()[0]
	if k.Name != "sid" || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Secure || k.Domain != "" || time.Until(k.Expires) < 29*24*time.Hour {
		t.Errorf("cookie: %+v", k)
	}
	// By fetch, in the page's dialog.
	a = c.send("POST", "/session", signInForm("photo", pin), "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.cookie(t) == "" || !strings.Contains(a.body, s.world.People["photo"].ID) {
		t.Errorf("by fetch: %d %s", a.status, a.body)
	}
	if a = c.send("POST", "/session", signInForm("photo", "000000"), "HX-Request", "true"); a.status != 401 || len(fragments(t, a.body)) != 1 {
		t.Errorf("by htmx, wrong: %d %s", a.status, a.body)
	}
	// Somebody who was shut out, with the right PIN.
	if _, err := s.Store.SetDisabled(t.Context(), domain.Act{}, p.ID, true); err != nil {
		t.Fatal(err)
	}
	if a = c.send("POST", "/session", signInForm("13900001111", pin)); a.status != 401 || said(t, a) != i18n.T("zh", "session.wrong") {
		t.Errorf("disabled: %d", a.status)
	}
	// The page in the language of the browser, or as asked for.
	for _, x := range [][2]string{{"en-GB,en;q=0.9", "en"}, {"zh-CN,zh;q=0.9", "zh"}, {"fr", "zh"}, {"", "zh"}, {"\xff", "zh"}} {
		if page := c.get("/session/new", "Accept-Language", x[0]).body; !strings.Contains(page, i18n.T(x[1], "dialog.signin_yes")) {
			t.Errorf("%q is not answered in %s", x[0], x[1])
		}
	}
	a = c.send("POST", "/me/locale", form("locale", "en", "next", "/session/new"))
	if a.status != 303 || !strings.Contains(a.header.Get("Set-Cookie"), "locale=en") {
		t.Errorf("language before sign-in: %d %v", a.status, a.header)
	}
	if a = c.send("POST", "/me/locale", form("locale", "xx")); a.status != 422 {
		t.Errorf("unknown language: %d", a.status)
	}
	// By role to the page one works from.
	for who, to := range map[string]string{"admin": "/people", "commander": "/today", "supervisor": "/board", "board": "/board?tv=1", "cleaning": "/today"} {
		if a := s.signIn(t, who).send("GET", "/", nil); a.header.Get("Location") != to {
			t.Errorf("%s lands on %s", who, a.header.Get("Location"))
		}
	}
}

// TestNextStaysHere: the way on after signing in never leads to another site.
func TestNextStaysHere(t *testing.T) {
	s := start(t, setting{})
	c := s.nobody()
	signedIn := s.signIn(t, "commander")
	who := []string{"head", "service", "service2", "security", "cleaning", "engineering", "control", "supplies", "photo", "captain", "supervisor", "admin"}
	for n, x := range [][2]string{
		{"/lobby?post=gate", "/lobby?post=gate"},
		{"", "/"},
		{"//evil.example", "/"},
		{"https://evil.example/x", "/"},
		{`/\evil.example`, "/"},
		{`\\evil.example`, "/"},
		{"/\t/evil.example", "/"},
		{"/\n/evil.example", "/"},
		{"javascript:alert(1)", "/"},
		{"/session/new", "/"},
		{"lobby", "/"},
		{"/today\r\nSet-Cookie: a=b", "/"},
	} {
		a := c.send("POST", "/session", form("login", who[n], "pin", pin, "next", x[0]))
		if a.status != 303 || a.header.Get("Location") != x[1] || len(a.header.Values("Set-Cookie")) != 2 { // session and device
			t.Errorf("next=%q leads to %d %q %v", x[0], a.status, a.header.Get("Location"), a.header.Values("Set-Cookie"))
		}
		page := "/session/new?" + form("next", x[0]).Encode()
		if a := signedIn.send("GET", page, nil); a.status != 303 || a.header.Get("Location") != x[1] {
			t.Errorf("signed in, next=%q leads to %q", x[0], a.header.Get("Location"))
		}
		if hidden := first(pageOf(t, c.get(page).body), func(n *html.Node) bool { return attr(n, "name") == "next" }); attr(hidden, "value") != x[1] {
			t.Errorf("the page keeps %q as %q", x[0], attr(hidden, "value"))
		}
	}
	a := c.send("GET", "/events?from=2026-01-01", nil)
	if a.header.Get("Location") != "/session/new?next=%2Fevents%3Ffrom%3D2026-01-01" {
		t.Errorf("a page leads to %q", a.header.Get("Location"))
	}
}

// TestForeignSites: what another site sends for somebody changes nothing.
func TestForeignSites(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "service")
	item := s.world.Item(t, s.world.Event, "S13")
	for _, x := range []struct {
		more   []string
		status int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Sec-Fetch-Site", "nonsense"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", "http://" + s.addr + ".evil.example"}, 403},
		{[]string{"Origin", "\xff"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://" + s.addr}, 403},
		{[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Origin", "http://" + s.addr}, 200},
		{nil, 200},
	} {
		before := s.head(t, "event:"+s.world.Event)
		a := c.act("PUT", "/items/"+item.ID+"/done", nil, x.more...)
		if a.status != x.status {
			t.Errorf("%v: %d", x.more, a.status)
		}
		changed := s.head(t, "event:"+s.world.Event) != before
		if changed != (x.status == 200) {
			t.Errorf("%v: changed is %v", x.more, changed)
		}
		if x.status == 200 {
			c.does("DELETE", "/items/"+item.ID+"/done", nil)
		} else if !strings.Contains(a.body, i18n.T("zh", "error.foreign_site")) || a.header.Get("X-Ack") != "" {
			t.Errorf("%v: %q %v", x.more, a.body, a.header)
		}
	}
	if a := s.nobody().send("POST", "/session", signInForm("head", pin), "Sec-Fetch-Site", "cross-site"); a.status != 403 || a.header.Get("Set-Cookie") != "" {
		t.Errorf("signing somebody in from elsewhere: %d", a.status)
	}
}

// TestSessionEnds: an act after the end of a session is refused with a fragment and can be sent again; a session that is
// used goes on.
func TestSessionEnds(t *testing.T) {
	clock := &settable{}
	s := start(t, setting{Now: clock.now})
	c := s.signIn(t, "service")
	item := s.world.Item(t, s.world.Event, "S13")
	for range 5 { // used now and then, for a hundred days
		clock.forward(20 * 24 * time.Hour)
		s.Web.ForgetSessions("")
		a := c.get("/today")
		if len(a.header.Values("Set-Cookie")) != 1 {
			t.Fatal("the cookie is not prolonged")
		}
	}
	if a := c.get("/today"); len(a.header.Values("Set-Cookie")) != 0 {
		t.Error("the cookie is set at every request")
	}
	clock.forward(domain.SessionLife + time.Minute)
	s.Web.ForgetSessions("")
	key := store.NewID()
	a := c.act("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key)
	list := fragments(t, a.body)
	if a.status != 401 || len(list) != 1 || !has(list[0], "data-error") || text(list[0]) != i18n.T("zh", "error.sign_in") || a.header.Get("X-Ack") != "" {
		t.Fatalf("%d %s %v", a.status, a.body, a.header)
	}
	if a := c.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("page: %d", a.status)
	}
	if a := c.send("GET", "/today", nil, "HX-Request", "true"); a.status != 401 {
		t.Errorf("part of a page: %d", a.status)
	}
	if _, resp, err := c.dial("topic=event:" + s.world.Event); err == nil || resp == nil || resp.StatusCode != 401 {
		t.Errorf("socket: %v %v", resp, err)
	}
	again := s.signIn(t, "service") // the held act, under the same key
	if i := s.itemNow(t, item.ID); i.Status != domain.ItemOpen {
		t.Fatal("the refused act had an effect")
	}
	if a := again.act("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key); a.status != 200 && a.status != 409 || a.header.Get("X-Ack") != key {
		t.Errorf("sent again: %d %s", a.status, a.body)
	}
	for _, cookie := range []string{"sid=", "sid=x", "sid=" + strings.Repeat("A", 52), "sid=" + strings.Repeat("A", 5000), "sid='; DROP TABLE sessions; --aaaaaaaaaaaaaa", "sid=" + strings.Repeat("\xff", 30)} {
		who := &client{site: s, t: t, cookie: cookie}
		if a := who.send("GET", "/today", nil); a.status != 303 {
			t.Errorf("cookie %.30q: %d", cookie, a.status)
		}
	}
}

// TestHTTPS: behind https the cookie cannot be set by anybody else and never travels in the clear.
func TestHTTPS(t *testing.T) {
	s := start(t, setting{Base: "https://huiwu.example"})
	a := s.nobody().send("POST", "/session", signInForm("head", pin))
	k := (&http.Response{Header: a.header}).Cookies()[0]
	if k.Name != "__Host-sid" || !k.Secure || !k.HttpOnly || k.Path != "/" || k.Domain != "" {
		t.Errorf("cookie: %+v", k)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	c := &client{site: s, t: t, as: "head", cookie: "sid=" + k.Value}
	if a := c.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("a cookie of another name signs in: %d", a.status)
	}
	c.cookie = "__Host-sid=" + k.Value
	c.get("/today")
}

// TestDevices: a person sees his devices, signs one out, and nobody else's.
func TestDevices(t *testing.T) {
	s := start(t, setting{})
	phone, desk, other := s.signIn(t, "service"), s.signIn(t, "service"), s.signIn(t, "cleaning")
	id := func(c *client) string { return store.SessionID(strings.TrimPrefix(c.cookie, "sid=")) }
	page := desk.get("/me").body
	for _, c := range []*client{phone, desk} {
		if !strings.Contains(page, "session-"+id(c)) {
			t.Errorf("the page lacks %s", id(c))
		}
		if strings.Contains(page, strings.TrimPrefix(c.cookie, "sid=")) {
			t.Error("the page holds a cookie's value")
		}
	}
	if strings.Contains(page, id(other)) {
		t.Error("the page shows somebody else's device")
	}
	if a := other.act("DELETE", "/sessions/"+id(phone), nil); a.status != 404 {
		t.Errorf("signing out somebody else's device: %d", a.status)
	}
	phone.get("/today")
	desk.does("DELETE", "/sessions/"+id(phone), nil)
	if a := phone.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("the phone is still signed in: %d", a.status)
	}
	s.signIn(t, "admin").does("DELETE", "/sessions/"+id(desk), nil)
	if a := desk.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("signed out by the admin, still in: %d", a.status)
	}
}

// TestOneSeesOnesOwn: many people at once, and nobody ever gets what is somebody else's.
func TestOneSeesOnesOwn(t *testing.T) {
	s := start(t, setting{})
	who := []string{"commander", "supervisor", "head", "service", "service2", "captain", "security", "cleaning"}
	done := make(chan string, len(who))
	for _, no := range who {
		c := s.signIn(t, no)
		go func() {
			bad := ""
			for n := range 40 {
				path := []string{"/me", "/today", "/events/" + s.world.Event + "/items", "/events"}[n%4]
				if no == "service2" && path != "/me" {
					path = "/me"
				}
				a, err := c.try("GET", path, nil)
				mine := fmt.Sprintf(`data-person="%s"`, s.world.People[no].ID)
				if err != nil || a.status != 200 || !strings.Contains(a.body, mine) || !strings.HasSuffix(strings.TrimSpace(a.body), "</html>") {
					bad = fmt.Sprintf("%s as %s: not one's own page: %v %.2000s", path, no, err, a.body)
				}
			}
			done <- bad
		}()
	}
	for range who {
		if bad := <-done; bad != "" {
			t.Error(bad)
		}
	}
}
