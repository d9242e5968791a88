package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	fastws "github.com/fasthttp/websocket"
	"go.uber.org/goleak"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
	"huiwu/server/web"
)

// No test may leave anything running: neither the program nor the tests' own clients.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), // sleeps up to 10 s after its server has stopped
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker")) // compresses answers, for ever
}

// pin is everybody's.
const pin = "246810"

var (
	pins    = web.NewPins("", true)
	pinHash = sync.OnceValues(func() (string, error) { return pins.Hash(context.Background(), pin) })
)

// setting is what a test wants of its program.
type setting struct {
	Database string // "" = SQLite
	Dir      string // "" = a new one
	Redis    string
	Base     string
	Issuer   string // of an OpenID Connect provider
	Now      func() time.Time
	Hub      func(*live.Config)
	Photos   photos.Blobs
	Mute     bool                 // faults are on purpose
	Notify   func(*notify.Config) // nil = nobody is told anything by itself
	World    *storetest.World     // of another program on the same database; nil = a new one
}

// site is the whole program on a free port, with a small building in it.
type site struct {
	*server.Server
	t     testing.TB
	set   setting
	addr  string
	world *storetest.World
	http  *http.Client
	stop  func()
}

func start(t testing.TB, set setting) *site {
	t.Helper()
	if set.Dir == "" { // the database's, where it is embedded, and in any case the photos'
		set.Dir = t.TempDir()
	}
	cfg := server.Config{DatabaseURL: set.Database, DataDir: set.Dir, RedisURL: set.Redis, BaseURL: set.Base, SiteTZ: "Asia/Shanghai", DatabaseConns: 8, OIDCIssuer: set.Issuer, OIDCClientID: "huiwu", OIDCSecret: "quartz", OIDCClaim: "preferred_username", OIDCName: "云门"}
	out := &lines{t: t, over: set.Mute}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelError}))
	if set.Notify == nil {
		set.Notify = func(c *notify.Config) { c.Off = true } // a test that counts everything has no notices made meanwhile
	}
	srv, err := server.New(context.Background(), cfg, log, server.Options{Pins: pins, Now: set.Now, Hub: set.Hub, Photos: set.Photos, Notify: set.Notify})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: srv, t: t, set: set, addr: l.Addr().String(), world: set.World}
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	s.http = &http.Client{Transport: transport, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s.stop = sync.OnceFunc(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		s.stop()
		out.mu.Lock()
		defer out.mu.Unlock()
		out.over = true
	})
	if s.world == nil {
		s.world = storetest.NewWorld(t, srv.Store)
		hash, err := pinHash()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.world.People {
			if _, err := srv.Store.SetPin(t.Context(), domain.Act{}, p.ID, hash); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// lines shows the program's errors where the test shows its own, until the test ends.
type lines struct {
	t    testing.TB
	mu   sync.Mutex
	over bool
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, fn func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, start(t, setting{})) })
	t.Run("postgres", func(t *testing.T) { fn(t, start(t, setting{Database: migrated(t)})) })
}

// migrated is a new PostgreSQL database with the present schema.
func migrated(t testing.TB) string {
	t.Helper()
	url := storetest.PostgresURL(t)
	s, err := store.Open(t.Context(), store.Options{URL: url, Loc: storetest.Shanghai, Logger: storetest.Quiet, MaxOpen: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return url
}

// client is one device; as says whose, "" is nobody's.
type client struct {
	*site
	t      testing.TB
	as     string
	cookie string
}

func (s *site) nobody() *client { return &client{site: s, t: s.t} }

// signIn signs a person in the way a phone does.
func (s *site) signIn(t testing.TB, staffNo string) *client {
	t.Helper()
	c := &client{site: s, t: t, as: staffNo}
	a := c.send(http.MethodPost, "/session", form("login", staffNo, "pin", pin, "next", "/today"))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/today" {
		t.Fatalf("sign-in of %s: %d %s", staffNo, a.status, a.body)
	}
	c.cookie = a.cookie(t)
	return c
}

// token is what a link carries.
func (s *site) token(t testing.TB, p domain.Pass) string {
	t.Helper()
	token, err := s.Store.Token(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// guestToken is what the guest's own link carries.
func (s *site) guestToken(t testing.TB, g domain.Guest) string {
	t.Helper()
	return s.token(t, domain.Pass{Kind: domain.PassGuest, ID: g.ID, No: g.PassNo})
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a *answer) cookie(t testing.TB) string {
	t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	for _, k := range cookies {
		if k.Name == "sid" || k.Name == "__Host-sid" {
			return k.Name + "=" + k.Value
		}
	}
	t.Fatalf("no session cookie in %v", a.header)
	return ""
}

// named is the value of a cookie that the answer sets.
func (a *answer) named(t testing.TB, name string) string {
	t.Helper()
	for _, k := range (&http.Response{Header: a.header}).Cookies() {
		if k.Name == name {
			return k.Value
		}
	}
	t.Fatalf("no cookie %s in %v", name, a.header)
	return ""
}

// form makes form values of name, value, …
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// send makes one request; more are header names and values.
func (c *client) send(method, path string, fields url.Values, more ...string) *answer {
	c.t.Helper()
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
		more = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, more...)
	}
	return c.raw(method, path, body, more...)
}

func (c *client) raw(method, path string, body io.Reader, more ...string) *answer {
	c.t.Helper()
	a, err := c.try(method, path, body, more...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (c *client) try(method, path string, body io.Reader, more ...string) (*answer, error) {
	r, err := http.NewRequest(method, "http://"+c.addr+path, body)
	if err != nil {
		return nil, err
	}
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
	r.Host = c.host()
	for i := 0; i+1 < len(more); i += 2 {
		if more[i] == "Host" {
			r.Host = more[i+1]
		}
		r.Header.Set(more[i], more[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return &answer{resp.StatusCode, resp.Header, string(b)}, err
}

// host is the name by which people come.
func (s *site) host() string {
	if u, err := url.Parse(s.set.Base); err == nil && u.Host != "" {
		return u.Host
	}
	return s.addr
}

// get fetches a page and wants it.
func (c *client) get(path string, more ...string) *answer {
	c.t.Helper()
	a := c.send(http.MethodGet, path, nil, more...)
	if a.status != http.StatusOK {
		c.t.Fatalf("GET %s as %s: %d %s", path, c.as, a.status, a.body)
	}
	return a
}

// act sends what a page sends at a tap, with a new key.
func (c *client) act(method, path string, fields url.Values, more ...string) *answer {
	c.t.Helper()
	if fields == nil && method != http.MethodDelete {
		fields = url.Values{}
	}
	return c.send(method, path, fields, append([]string{"HX-Request", "true", "Idempotency-Key", store.NewID()}, more...)...)
}

// does sends an act and wants it taken.
func (c *client) does(method, path string, fields url.Values, more ...string) *answer {
	c.t.Helper()
	a := c.act(method, path, fields, more...)
	if a.status != http.StatusOK && a.status != http.StatusNoContent {
		c.t.Fatalf("%s %s as %s: %d %s", method, path, c.as, a.status, a.body)
	}
	return a
}

// json asks for JSON and reads it into v.
func (c *client) json(method, path string, fields url.Values, v any, more ...string) *answer {
	c.t.Helper()
	a := c.send(method, path, fields, append([]string{"Accept", "application/json"}, more...)...)
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		c.t.Fatalf("%s %s: %d, no JSON: %v\n%s", method, path, a.status, err, a.body)
	}
	return a
}

// head is a topic's present seq.
func (s *site) head(t testing.TB, topic domain.Topic) int64 {
	t.Helper()
	n, err := s.Store.Head(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// frame is one frame of a socket.
type frame struct {
	Topic string           `json:"topic"`
	Seq   int64            `json:"seq"`
	HTML  string           `json:"html"`
	Reset bool             `json:"reset"`
	Heads map[string]int64 `json:"hb"`
	Now   string           `json:"now"`
	at    time.Time
}

// socket is an open page's websocket; everything it hears is kept.
type socket struct {
	t    testing.TB
	ws   *fastws.Conn
	done chan struct{}

	mu     sync.Mutex
	frames []frame
	code   int // close code, 0 while open or when cut
	news   chan struct{}
}

// dial opens GET /live with the client's cookie.
func (c *client) dial(query string, more ...string) (*fastws.Conn, *http.Response, error) {
	h := http.Header{"Host": {c.host()}}
	if c.cookie != "" {
		h.Set("Cookie", c.cookie)
	}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	d := fastws.Dialer{HandshakeTimeout: 10 * time.Second}
	ws, resp, err := d.Dial("ws://"+c.addr+"/live?"+query, h)
	if resp != nil && resp.Body != nil && err != nil {
		_ = resp.Body.Close()
	}
	return ws, resp, err
}

// watch opens a socket and waits for its first heartbeat: from then on it hears everything.
func (c *client) watch(query string, more ...string) *socket {
	c.t.Helper()
	s, err := c.socket(query, more...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(s.leave)
	s.wait("first heartbeat", func(f frame) bool { return f.Heads != nil })
	return s
}

// socket opens one that the caller has to leave.
func (c *client) socket(query string, more ...string) (*socket, error) {
	ws, resp, err := c.dial(query, more...)
	if err != nil {
		status := 0
		if resp != nil {
			status = resp.StatusCode
		}
		return nil, fmt.Errorf("socket of %s for %s: %w (%d)", c.as, query, err, status)
	}
	s := &socket{t: c.t, ws: ws, done: make(chan struct{}), news: make(chan struct{}, 1)}
	go s.read()
	return s, nil
}

func (s *socket) read() {
	defer close(s.done)
	for {
		_, message, err := s.ws.ReadMessage()
		s.mu.Lock()
		if err != nil {
			var end *fastws.CloseError
			if errors.As(err, &end) {
				s.code = end.Code
			}
			s.mu.Unlock()
			return
		}
		for line := range strings.SplitSeq(string(message), "\n") {
			f := frame{at: time.Now()}
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				s.t.Errorf("frame %q: %v", line, err)
			}
			s.frames = append(s.frames, f)
		}
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

func (s *socket) leave() {
	_ = s.ws.Close()
	<-s.done
}

// heard are all frames so far.
func (s *socket) heard() []frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]frame(nil), s.frames...)
}

// markup is everything that was pushed so far, as one text.
func (s *socket) markup() string {
	var b strings.Builder
	for _, f := range s.heard() {
		b.WriteString(f.HTML)
	}
	return b.String()
}

const patience = 10 * time.Second

// wait waits for a frame, those heard already included.
func (s *socket) wait(what string, ok func(frame) bool) frame {
	s.t.Helper()
	limit := time.After(patience)
	for n := 0; ; {
		all := s.heard()
		for ; n < len(all); n++ {
			if ok(all[n]) {
				return all[n]
			}
		}
		select {
		case <-s.news:
		case <-s.done:
			if all = s.heard(); n == len(all) {
				s.t.Fatalf("socket closed (%d) before %s", s.closed(), what)
			}
		case <-limit:
			s.t.Fatalf("no %s; heard %+v", what, all)
		}
	}
}

// shows waits for a frame that holds the element of that id.
func (s *socket) shows(id string) frame {
	s.t.Helper()
	return s.wait(id, func(f frame) bool { return element(s.t, f.HTML, id) != nil })
}

// closed waits for the end and gives its code.
func (s *socket) closed() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatal("socket stays open")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code
}

// open fails the test when the socket has ended.
func (s *socket) open() {
	s.t.Helper()
	select {
	case <-s.done:
		s.t.Fatalf("socket closed with %d", s.closed())
	default:
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not so after %v: %s", patience, what)
}

// redisServer is a Redis of our own.
type redisServer struct {
	t    testing.TB
	port int
	cmd  *exec.Cmd
}

// startRedis starts a Redis on a free port; it is skipped where there is none, loudly where there must be one.
func startRedis(t testing.TB) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("HUIWU_REQUIRE_SERVICES") != "" {
			t.Fatal("redis-server is needed here")
		}
		t.Skip("no redis-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &redisServer{t: t, port: l.Addr().(*net.TCPAddr).Port}
	_ = l.Close()
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *redisServer) url() string { return fmt.Sprintf("redis://127.0.0.1:%d", r.port) }

func (r *redisServer) start() {
	r.t.Helper()
	r.cmd = exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", filepath.Clean(os.TempDir()))
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, "redis-server is up", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (r *redisServer) stop() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
	r.cmd = nil
}

// wire is a TCP proxy that can be cut and mended.
type wire struct {
	to    string
	l     net.Listener
	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	work  sync.WaitGroup
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: to, l: l, conns: map[net.Conn]bool{}}
	w.work.Go(w.accept)
	t.Cleanup(func() {
		w.set(true)
		_ = l.Close()
		w.work.Wait()
	})
	return w
}

func (w *wire) addr() string { return w.l.Addr().String() }

func (w *wire) accept() {
	for {
		in, err := w.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil || !w.keep(in, out) {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			continue
		}
		w.work.Go(func() { w.pump(in, out) })
		w.work.Go(func() { w.pump(out, in) })
	}
}

// keep notes a pair, unless the wire is cut.
func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if !w.cut {
			w.conns[c] = true
		}
	}
	return !w.cut
}

func (w *wire) pump(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
	w.mu.Lock()
	delete(w.conns, from)
	w.mu.Unlock()
}

// set cuts the wire, with everything that is on it, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			_ = c.Close()
		}
	}
}
