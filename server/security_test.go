package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/limits"
	"huiwu/server/live"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
	"huiwu/server/web"
)

// TestHosts: with an address of our own, nobody is answered under another name but operations; without one, a made-up
// name that is none is refused.
func TestHosts(t *testing.T) {
	s := start(t, setting{Base: "https://huiwu.example"})
	c := s.nobody()
	for host, status := range map[string]int{
		"huiwu.example": 200, "HUIWU.example.": 200, "huiwu.example:8443": 200,
		"evil.example": 421, "huiwu.example.evil.example": 421, "127.0.0.1": 421, "xhuiwu.example": 421,
	} {
		a := c.send("GET", "/session/new", nil, "Host", host)
		if a.status != status || status == 421 && !strings.Contains(a.body, "https://huiwu.example") || strings.Contains(a.body, "evil.example") {
			t.Errorf("%s: %d %.300s", host, a.status, a.body)
		}
		if a := c.send("GET", "/readyz", nil, "Host", host); a.status != 200 {
			t.Errorf("%s: operations are told %d", host, a.status)
		}
	}
	if a := c.send("POST", "/session", signInForm("head", pin), "Host", "evil.example", "Origin", "http://evil.example"); a.status != 421 || a.header.Get("Set-Cookie") != "" {
		t.Errorf("sign-in under another name: %d", a.status)
	}
	if _, resp, err := s.signIn(t, "commander").dial("topic=event:"+s.world.Event, "Host", "evil.example", "Origin", "http://evil.example"); err == nil || resp == nil || resp.StatusCode != 421 {
		t.Errorf("socket under another name: %v", resp)
	}
	x := s.signIn(t, "supervisor")
	var made struct{ Link string }
	if x.json("POST", "/people/"+s.world.People["service"].ID+"/invite", form(), &made, "X-Forwarded-Host", "evil.example"); !strings.HasPrefix(made.Link, "https://huiwu.example/invites/") {
		t.Errorf("the link of an invite: %s", made.Link)
	}

	if list := exchange(t, s.addr, "GET http://evil.example/session/new HTTP/1.1\r\nHost: huiwu.example\r\nConnection: close\r\n\r\n"); len(list) != 1 || list[0].status != 421 {
		t.Errorf("another name in the address: %d answers", len(list))
	}
	open := start(t, setting{})
	for _, host := range []string{`a"b`, "a/b", "user@evil", "a b", "<script>"} {
		raw := exchange(t, open.addr, "GET /session/new HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		if len(raw) != 1 || raw[0].status/100 != 4 || strings.Contains(raw[0].body, host) {
			t.Errorf("host %q: %d answers, %+v", host, len(raw), raw)
		}
	}
}

// exchange writes bytes as they are, and reads answers until the connection ends or is quiet.
func exchange(t testing.TB, addr, request string) (list []*answer) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(700 * time.Millisecond))
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return list
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return list
		}
		list = append(list, &answer{resp.StatusCode, resp.Header, string(b)})
	}
}

// TestSmuggling: a request whose end is told in two ways never becomes two requests: a second one, hidden in the body of
// the first, is not answered.
func TestSmuggling(t *testing.T) {
	s := start(t, setting{})
	const hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, head := range map[string]string{
		"length, then chunks":  fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", len("0\r\n\r\n")+len(hidden)),
		"chunks, then length":  fmt.Sprintf("Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n", len("0\r\n\r\n")+len(hidden)),
		"two lengths":          fmt.Sprintf("Content-Length: 0\r\nContent-Length: %d\r\n\r\n", len(hidden)),
		"strange coding":       "Transfer-Encoding: xchunked\r\n\r\n",
		"space before colon":   fmt.Sprintf("Content-Length : %d\r\n\r\n", len(hidden)),
		"negative length":      "Content-Length: -1\r\n\r\n",
		"length with plus":     "Content-Length: +0\r\n\r\n",
		"broken chunk":         "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"chunk size too large": "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
	} {
		list := exchange(t, s.addr, "POST /me/locale HTTP/1.1\r\nHost: x\r\n"+head+hidden)
		for n, a := range list {
			if a.body == "ok\n" {
				t.Errorf("%s: the hidden request was answered (%d of %d)", name, n+1, len(list))
			}
		}
	}
}

// TestPackedBodies: nothing unpacks what a stranger sends.
func TestPackedBodies(t *testing.T) {
	s := start(t, setting{})
	var plain bytes.Buffer
	m := multipart.NewWriter(&plain)
	if err := m.WriteField("login", strings.Repeat("a", 32<<20)); err != nil {
		t.Fatal(err)
	}
	_ = m.Close()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(plain.Bytes())
	_ = z.Close()
	begun := time.Now()
	for _, coding := range []string{"gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip"} {
		a := s.nobody().raw("POST", "/session", bytes.NewReader(packed.Bytes()), "Content-Type", m.FormDataContentType(), "Content-Encoding", coding)
		if a.status != 422 || !strings.Contains(a.body, i18n.T("zh", "error.packed")) {
			t.Errorf("%s: %d %.200s", coding, a.status, a.body)
		}
	}
	t.Logf("six bombs of %d kB, each 32 MB unpacked: %v", packed.Len()>>10, time.Since(begun))
}

// exports are the tables for a spreadsheet, each with the test that shows that it holds no formula.
var exports = map[string]string{
	"/templates/:id/export": "TestExports", "/events/:id/agenda/export": "TestExports", "/events/:id/guests/export": "TestExports", "/events/export": "TestExports", "/people/export": "TestExports", "/publications/:day/export": "TestExports", "/events/:id/work/export": "TestExports", "/rooms/export": "TestExports", "/events/import/form": "TestExports", "/events/:id/invitations/export": "TestInvitationTable",
}

// TestPrivatePages: what is for one person is in no shared cache; everything carries the headers; no table for a
// spreadsheet is without a test that no formula gets into it.
func TestPrivatePages(t *testing.T) {
	s := start(t, setting{})
	admin, commander := s.signIn(t, "admin"), s.signIn(t, "commander")
	for _, r := range server.Routes(s.Web, &server.Ops{}) {
		if r.Method != fiber.MethodGet || strings.HasPrefix(r.Path, "/static") || r.Path == "/live" {
			continue
		}
		c, path := commander, strings.Replace(r.Path, ":id", s.world.Event, 1)
		if strings.HasPrefix(path, "/people") || strings.HasPrefix(path, "/settings") {
			c, path = admin, strings.Replace(r.Path, ":id", s.world.People["service"].ID, 1)
		}
		for _, accept := range []string{"text/html", "application/json"} {
			a := c.send("GET", path, nil, "Accept", accept)
			cache := a.header.Get("Cache-Control")
			if r.Right != domain.RightPublic && a.status == 200 && !strings.Contains(cache, "private") && !strings.Contains(cache, "no-store") {
				t.Errorf("%s as %s: Cache-Control %q", path, accept, cache)
			}
			referrer := "same-origin"
			if strings.HasPrefix(path, "/g/") || strings.HasPrefix(path, "/r/") || r.Path == "/o/:token" {
				referrer = "no-referrer" // the address is the right
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": referrer, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
				if a.header.Get(name) != want {
					t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
				}
			}
			csp := a.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
				if want != "object-src" && !strings.Contains(csp, want) || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
					t.Errorf("%s: policy %q lacks %q", path, csp, want)
				}
			}
			if typ := a.header.Get("Content-Type"); exports[r.Path] == "" && (strings.Contains(typ, "csv") || strings.Contains(typ, "spreadsheet") || a.header.Get("Content-Disposition") != "") {
				t.Errorf("%s is an export (%s): which test shows that it holds no formula?", path, typ)
			}
			if a.header.Get("Server") != "" || a.header.Get("X-Powered-By") != "" {
				t.Errorf("%s tells what it runs on: %v", path, a.header)
			}
		}
	}
}

// TestCookies: every cookie that signs somebody in is out of reach of scripts, other sites and plain http.
func TestCookies(t *testing.T) {
	s := start(t, setting{Base: "https://huiwu.example"})
	a := s.nobody().send("POST", "/session", signInForm("head", pin))
	for _, k := range (&http.Response{Header: a.header}).Cookies() {
		if !strings.HasPrefix(k.Name, "__Host-") || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
			t.Errorf("%+v", k)
		}
	}
	c := s.signIn(t, "supervisor")
	a = c.act("POST", "/people/"+s.world.People["service"].ID+"/invite", nil)
	for _, k := range (&http.Response{Header: a.header}).Cookies() {
		if !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode {
			t.Errorf("%+v", k)
		}
	}
}

// TestSessionIsNew: whoever signs in gets a session that nobody knew before, and the one that the device had is over.
func TestSessionIsNew(t *testing.T) {
	s := start(t, setting{})
	c := s.nobody()
	planted := "sid=" + strings.Repeat("A", 52)
	c.cookie = planted
	a := c.send("POST", "/session", signInForm("head", pin))
	first := a.cookie(t)
	if first == planted {
		t.Fatal("a planted cookie became a session")
	}
	if a := c.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("the planted cookie is signed in: %d", a.status)
	}
	c.cookie = first + "; device=" + a.named(t, "device")
	a = c.send("POST", "/session", signInForm("head", pin))
	if second := a.cookie(t); second == first {
		t.Error("signing in again keeps the session")
	}
	old := &client{site: s, t: t, cookie: first}
	s.Web.ForgetSessions("")
	if a := old.send("GET", "/today", nil); a.status != 303 {
		t.Errorf("the session before is still signed in: %d", a.status)
	}
}

// TestNewPinEndsSessions: a new PIN signs out everywhere, at once and on all instances: who gives it to a lost phone's
// owner shuts the finder out. Whoever chooses his own stays on that device.
func TestNewPinEndsSessions(t *testing.T) {
	a, b, _ := twins(t, func(c *live.Config) { c.Poll = time.Hour })
	who := a.world.People["service"]
	lost, other := b.signIn(t, "service"), a.signIn(t, "service")
	lost.subscribes("push.example.com")
	k := lost.watch("topic=event:" + a.world.Event)
	lost.get("/today") // the other instance remembers the session now
	a.signIn(t, "admin").does("PUT", "/people/"+who.ID+"/pin", form("pin", "975312"))
	if code := k.closed(); code != live.CloseRights && code != live.CloseSession {
		t.Errorf("the socket on the other instance closed with %d", code)
	}
	eventually(t, "the lost phone is signed out", func() bool { return lost.send("GET", "/today", nil).status == 303 })
	if x := other.act("PUT", "/items/"+a.world.Item(t, a.world.Event, "S6").ID+"/done", nil); x.status != 401 {
		t.Errorf("acts still: %d", x.status)
	}
	if list, err := a.Store.PushDevices(t.Context(), who.ID); err != nil || len(list) != 0 {
		t.Errorf("still woken: %v %v", list, err)
	}
	// His own choice.
	c := a.nobody()
	c.cookie = c.send("POST", "/session", signInForm("service", "975312")).cookie(t)
	second := a.nobody()
	second.cookie = second.send("POST", "/session", signInForm("service", "975312")).cookie(t)
	c.does("PUT", "/me/pin", form("pin", "864209", "again", "864209"))
	c.get("/today")
	if x := second.send("GET", "/today", nil); x.status != 303 {
		t.Errorf("the second device: %d", x.status)
	}
}

// TestSharedLimits: tries are counted over all instances; while Redis is away each counts alone, at once, and nobody is
// shut out.
func TestSharedLimits(t *testing.T) {
	a, b, redis := twins(t, nil)
	both := []*client{a.nobody(), b.nobody()}
	wrong := func(n int, login string) *answer {
		return both[n%2].send("POST", "/session", signInForm(login, "135790"))
	}
	// Nobody's login is shut like somebody's: after the fifth wrong PIN, wherever it was tried.
	for n := range 8 {
		known, unknown := wrong(n, "commander"), wrong(n, "stranger")
		if want := map[bool]int{true: 401, false: 429}[n < 4]; known.status != want || unknown.status != want || said(t, known) != said(t, unknown) {
			t.Errorf("try %d: %d %q, of nobody %d %q", n+1, known.status, said(t, known), unknown.status, said(t, unknown))
		}
		if n >= 4 && (known.header.Get("Retry-After") == "" || unknown.header.Get("Retry-After") == "") {
			t.Errorf("try %d does not say when to come again", n+1)
		}
	}
	// Typed codes: 60 at once for everybody together.
	slow := 0
	for n := range 80 {
		if both[n%2].send("GET", "/invites/2345678"+string("ABCDEFGHJK"[n%10]), nil).status == 429 {
			slow++
		}
	}
	if slow < 5 {
		t.Errorf("only %d of 80 codes on two instances were slowed down", slow)
	}
	redis.stop()
	begun := time.Now()
	for n, login := range []string{"head", "service", "security", "cleaning"} {
		if x := both[n%2].send("POST", "/session", signInForm(login, pin)); x.status != 303 {
			t.Errorf("%s without Redis: %d", login, x.status)
		}
	}
	if d := time.Since(begun); d > 6*time.Second {
		t.Errorf("four sign-ins without Redis took %v", d)
	}
	alone := 0
	for range 12 {
		if wrong(0, "another").status == 429 {
			alone++
		}
	}
	if alone < 7 {
		t.Errorf("without Redis %d of 12 tries were slowed down", alone)
	}
}

// TestFlood: who asks for too much is told when to come again, and nobody else is: not his neighbour behind the same
// address either. An act that was refused so is no answer: the phone sends it again.
func TestFlood(t *testing.T) {
	s := start(t, setting{})
	c, neighbour := s.signIn(t, "service"), s.signIn(t, "cleaning")
	slow := limits.Rate{Every: 30 * time.Second, Burst: 5}
	s.Web.Floods = web.Floods{Acts: slow, Pages: slow, Strangers: limits.Rate{Every: time.Minute, Burst: 20}}
	var last *answer
	for range 6 {
		last = c.send("GET", "/today", nil)
	}
	after, err := strconv.Atoi(last.header.Get("Retry-After"))
	if last.status != 429 || err != nil || after < 1 || after > 30 || !strings.Contains(last.body, i18n.TArgs("zh", "error.slow_down", map[string]string{"seconds": strconv.Itoa(after)})) {
		t.Errorf("%d, after %q: %.500s", last.status, last.header.Get("Retry-After"), last.body)
	}
	item := s.world.Item(t, s.world.Event, "S13")
	key := store.NewID()
	for n := range 6 {
		last = c.act("DELETE", "/items/"+item.ID+"/done", nil, "Idempotency-Key", fmt.Sprintf("%s-%d", key[:30], n))
	}
	if last.status != 429 || last.header.Get("X-Ack") != "" || last.header.Get("Retry-After") == "" || len(fragments(t, last.body)) != 1 {
		t.Errorf("act: %d %v", last.status, last.header)
	}
	if _, resp, err := c.dial("topic=event:" + s.world.Event); err == nil || resp == nil || resp.StatusCode != 429 {
		t.Errorf("sockets: %v", resp)
	}
	neighbour.get("/today")
	neighbour.does("PUT", "/items/"+s.world.Item(t, s.world.Event, "C1").ID+"/done", nil)
	for range 30 {
		last = s.nobody().send("GET", "/session/new", nil)
	}
	if last.status != 429 {
		t.Errorf("strangers: %d", last.status)
	}
	neighbour.get("/today")
	for range 30 {
		s.nobody().get("/healthz")
		s.nobody().get("/sw.js")
	}
}

// TestGuessedPasses: who tries links of guests is slowed down, wrong ones are all alike, and a guest's own answers are too many at last.
func TestGuessedPasses(t *testing.T) {
	s := start(t, setting{})
	g := s.guests(t, s.world.Event, guest("雪松", ""))[0]
	token := s.guestToken(t, g)
	c, count := s.nobody(), map[int]int{}
	for range 40 {
		count[c.send("POST", "/g/"+token, form("answer", "accepted")).status]++
	}
	if count[303] < 30 || count[429] < 5 {
		t.Errorf("answers of one guest: %v", count)
	}
	wrong := map[string]bool{}
	for n := 0; n < 1000 && len(wrong) < 3; n++ {
		a := c.send("GET", "/g/"+token[:len(token)-2]+string("ABCDEFGHJK"[n%10])+"x", nil, "Accept", "application/json")
		var refusal struct{ Key string }
		if err := json.Unmarshal([]byte(a.body), &refusal); err != nil {
			t.Fatal(err)
		}
		wrong[fmt.Sprint(a.status, refusal.Key)] = true
		if a.status == 429 {
			break
		}
	}
	if len(wrong) != 2 || !wrong["404error.not_found"] || !wrong["429error.slow_down"] { // one sentence for all wrong ones, and the one that asks to slow down
		t.Errorf("%v", wrong)
	}
}

// TestLogLines: whatever is asked for under whatever name, the log is one object a line and holds no secret.
func TestLogLines(t *testing.T) {
	var out safeBuffer
	cfg := server.Config{DataDir: t.TempDir(), SiteTZ: "UTC"}
	srv, err := server.New(t.Context(), cfg, slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), server.Options{Pins: pins})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	for _, path := range []string{"/a%0a{%22level%22:%22ERROR%22}", "/a\x1b[31m", "/a%0d%0aX: y", "/%00", "/a\xff", "/invites/QWERTYUIOPASDFGHJKLZXCVBNM", "/invites/K7M4PQ9X", "/g/QWERTYUIOPguest", "/G/QWERTYUIOPguest/opened", "/INVITES/QWERTYUIOP"} {
		exchange(t, l.Addr().String(), "GET "+path+" HTTP/1.1\r\nHost: x\r\nUser-Agent: a{b\r\nCookie: sid=opensesameopensesame\r\nX-Request-Id: forged\r\nConnection: close\r\n\r\n")
	}
	exchange(t, l.Addr().String(), "GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x1bb\r\nConnection: close\r\n\r\n")
	exchange(t, l.Addr().String(), "POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 32\r\nConnection: close\r\n\r\nlogin=nobody%0aforged&pin=135790")
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	n := 0
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Errorf("no object: %q", line)
		}
		if m["msg"] == "request" {
			n++
		}
		for _, b := range []byte(strings.TrimSuffix(line, "\n")) {
			if b < 0x20 {
				t.Errorf("a control character in %q", line)
			}
		}
		for _, secret := range []string{"QWERTYUIOP", "K7M4PQ9X", "135790", "opensesame", "forged"} {
			if strings.Contains(line, secret) {
				t.Errorf("the log tells %q: %s", secret, line)
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d requests in the log:\n%s", n, out.String())
	}
}

// safeBuffer may be written by many.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestSlowClients: who sends a byte a second holds a connection no longer than the limit, whatever he is slow with, and
// is in nobody's way. It takes as long as the server's patience.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the server's read timeout")
	}
	t.Parallel()
	s := start(t, setting{})
	c := s.signIn(t, "service")
	var wg sync.WaitGroup
	for name, head := range map[string]string{
		"headers":             "GET /today HTTP/1.1\r\nHost: x\r\n",
		"a body":              "POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n",
		"chunks":              "POST /session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"the second request":  "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /",
		"the line of request": "G",
	} {
		wg.Go(func() {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			begun := time.Now()
			_, _ = io.WriteString(conn, head)
			go func() {
				for time.Since(begun) < 30*time.Second {
					if _, err := io.WriteString(conn, "a"); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			_ = conn.SetReadDeadline(begun.Add(30 * time.Second))
			_, err = io.Copy(io.Discard, conn)
			var late net.Error
			if d := time.Since(begun); errors.As(err, &late) && late.Timeout() || d > 25*time.Second {
				t.Errorf("slow with %s: still connected after %v", name, d)
			} else {
				t.Logf("slow with %s: hung up after %v", name, d.Round(100*time.Millisecond))
			}
		})
	}
	for range 10 {
		begun := time.Now()
		c.get("/today")
		if d := time.Since(begun); d > 5*time.Second {
			t.Errorf("somebody else waits %v", d)
		}
		time.Sleep(time.Second)
	}
	wg.Wait()
}

// TestSecretsAtRest: robots' addresses and the keys of Web Push are unreadable in the database; what an earlier version
// stored is sealed at the start; the wrong key, or none, ends a start with a sentence; what a lost key closed can be given
// up.
func TestSecretsAtRest(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			cfg := server.Config{DataDir: t.TempDir(), SiteTZ: "UTC", DatabaseConns: 4}
			driver, dsn := "sqlite", "file:"+filepath.Join(cfg.DataDir, "huiwu.db")+"?_busy_timeout=5000"
			if kind == "postgres" {
				cfg.DatabaseURL = migrated(t)
				driver, dsn = "pgx", cfg.DatabaseURL
			}
			open := func(key string) error {
				c := cfg
				c.SecretKey = key
				srv, err := server.New(t.Context(), c, storetest.Quiet, server.Options{Pins: pins})
				if err != nil {
					return err
				}
				defer func() { _ = srv.Shutdown(context.Background()) }()
				if err := srv.Start(t.Context()); err != nil {
					return err
				}
				list, err := srv.Store.Channels(t.Context())
				if err == nil && (len(list) != 1 || list[0].URL != "https://oapi.dingtalk.com/robot/send?access_token=TOKEN" || list[0].Secret != "SECabc") {
					err = fmt.Errorf("robots: %+v", list)
				}
				if err == nil && srv.Web.Notify.PublicKey() != "PUBLIC" {
					err = fmt.Errorf("key of push: %q", srv.Web.Notify.PublicKey())
				}
				return err
			}
			s, err := store.Open(t.Context(), store.Options{URL: cfg.DatabaseURL, Dir: cfg.DataDir, Logger: storetest.Quiet, MaxOpen: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Found(t.Context(), domain.Site{ID: "s", Name: "楼"}, nil); err != nil {
				t.Fatal(err)
			}
			// As an earlier version stored them.
			if _, err := s.AddChannel(t.Context(), domain.Act{}, domain.Channel{Kind: domain.ChannelDingTalk, Name: "群", URL: "https://oapi.dingtalk.com/robot/send?access_token=TOKEN", Secret: "SECabc", Topics: "late"}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.PushKeys(t.Context(), func() (string, string, error) { return "PRIVATE", "PUBLIC", nil }); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open(driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			stored := func() string {
				var a, b, c string
				if err := db.QueryRow("SELECT url, secret, (SELECT value FROM site_keys WHERE name = 'vapid') FROM channels").Scan(&a, &b, &c); err != nil {
					t.Fatal(err)
				}
				return a + " " + b + " " + c
			}
			if kind == "postgres" {
				if err := open(""); err != nil || !strings.Contains(stored(), "PRIVATE") {
					t.Errorf("without a key PostgreSQL keeps them as they are: %v %s", err, stored())
				}
			}
			for range 2 { // the second time they are sealed already
				if err := open(key); err != nil {
					t.Fatal(err)
				}
				for _, secret := range []string{"TOKEN", "SECabc", "PRIVATE"} {
					if strings.Contains(stored(), secret) {
						t.Errorf("%s is readable: %s", secret, stored())
					}
				}
			}
			for _, wrong := range []string{"", strings.Repeat("x", 32)} {
				if err := open(wrong); !errors.Is(err, store.ErrWrongKey) || !strings.Contains(err.Error(), "SECRET_KEY") || strings.Contains(err.Error(), "xxx") {
					t.Errorf("key %q: %v", wrong, err)
				}
			}
			if _, err := os.Stat(filepath.Join(cfg.DataDir, "secret.key")); err == nil {
				t.Error("a key was made that opens nothing")
			}
			if err := s.ForgetSecrets(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := open(strings.Repeat("y", 32)); err == nil || !strings.Contains(err.Error(), "robots: []") {
				t.Errorf("after giving them up: %v", err)
			}
		})
	}
}

// TestFilesArePrivate: what the program writes to disk is its owner's alone, and what lay there open is closed.
func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, setting{Dir: dir})
	c := s.signIn(t, "service")
	c.shoot(s.bare(t, s.world.Event, "S13").ID, picture(t, 40, 30))
	files := 0
	look := func() {
		t.Helper()
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			st, err := d.Info()
			if err == nil && st.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is %v", path, st.Mode())
			}
			files++
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	look()
	if key, err := os.ReadFile(filepath.Join(dir, "secret.key")); err != nil || len(strings.TrimSpace(string(key))) != 64 {
		t.Errorf("key %q %v", key, err)
	}
	s.stop()
	for _, name := range []string{"huiwu.db", "secret.key"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, setting{Dir: dir, World: s.world})
	look()
	again.stop()
	if files < 10 {
		t.Errorf("only %d files", files)
	}
}
