package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	fastws "github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"
)

// site is a fiber server with a hub behind it.
type site struct {
	hub    *Hub
	source *fakeSource
	addr   string
}

// startSite serves GET /live?as=PERSON&topic=…&since=… on a free port.
func startSite(t *testing.T, cfg Config) *site {
	t.Helper()
	s := &site{source: newFakeSource()}
	cfg.Source = s.source
	s.hub = startHub(t, cfg)
	s.addr = listenAndServe(t, s.hub)
	return s
}

func listenAndServe(t testing.TB, h *Hub) string {
	t.Helper()
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Server().KeepHijackedConns = true
	app.Get("/live", h.Upgrade(fromQuery))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Listener(l)
	}()
	t.Cleanup(func() {
		_ = app.Shutdown()
		<-done
	})
	return l.Addr().String()
}

func fromQuery(c *fiber.Ctx) (Subscriber, error) {
	as := c.Query("as")
	if as == "" {
		return Subscriber{}, fiber.ErrUnauthorized
	}
	topics := strings.Split(c.Query("topic"), ",")
	subs, err := ParseSubscriptions(topics, strings.Split(c.Query("since"), ","))
	if err != nil {
		return Subscriber{}, fiber.ErrBadRequest
	}
	return Subscriber{Session: "session-" + as, Person: as, Key: zh, Topics: subs}, nil
}

// browser is one websocket of a page.
type browser struct {
	ws *fastws.Conn

	mu     sync.Mutex
	frames []got
	end    error
	done   chan struct{}
}

func (s *site) dial(t *testing.T, as, topic string) *browser {
	t.Helper()
	b, err := s.try(t, as, topic)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *site) try(t *testing.T, as, topic string) (*browser, error) {
	url := fmt.Sprintf("ws://%s/live?as=%s&topic=%s", s.addr, as, topic)
	ws, answer, err := fastws.DefaultDialer.Dial(url, http.Header{
		"Origin":     {"http://" + s.addr},
		"User-Agent": {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36"},
		"Cookie":     {"sid=" + strings.Repeat("x", 43)},
	})
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	b := &browser{ws: ws, done: make(chan struct{})}
	go b.read(t)
	t.Cleanup(func() {
		_ = ws.Close()
		<-b.done
	})
	return b, nil
}

func (b *browser) read(t *testing.T) {
	defer close(b.done)
	for {
		_, message, err := b.ws.ReadMessage()
		b.mu.Lock()
		if err != nil {
			b.end = err
			b.mu.Unlock()
			return
		}
		b.frames = append(b.frames, decode(t, message)...)
		b.mu.Unlock()
	}
}

// all returns the frames so far; heartbeats have Heads.
func (b *browser) all() []got {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]got(nil), b.frames...)
}

func (b *browser) code() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var end *fastws.CloseError
	if errors.As(b.end, &end) {
		return end.Code
	}
	return 0
}

func (b *browser) count(topic string) (n int) {
	for _, f := range b.all() {
		if f.Topic == topic {
			n++
		}
	}
	return n
}

func TestSocketShowsChanges(t *testing.T) {
	s := startSite(t, Config{})
	s.source.commit(ev, "item:1")
	a, b := s.dial(t, "alice", ev+"&since=1"), s.dial(t, "bob", ev+",board&since=0,0")
	eventually(t, "first heartbeat", func() bool { return len(a.all()) == 1 && len(b.all()) == 3 })
	if f := a.all()[0]; f.Heads[ev] != 1 {
		t.Errorf("heartbeat %+v", f)
	}
	s.hub.Announce(s.source.commit(ev, "item:2"))
	eventually(t, "change", func() bool { return a.count(ev) == 1 && b.count(ev) == 2 && b.count(TopicBoard) == 2 })
	if f := a.all()[1]; f.Seq != 2 || f.shows()["item:2"] != 2 {
		t.Errorf("got %+v", f)
	}
	if f := b.all()[0]; !f.Reset {
		t.Errorf("page that knows nothing got %+v", f)
	}
}

func TestSocketAnswersPings(t *testing.T) {
	s := startSite(t, Config{})
	b := s.dial(t, "alice", ev)
	for i := range 3 {
		for _, text := range []string{`{"ping":1}`, `{"other":1}`, `nonsense`} {
			if err := b.ws.WriteMessage(fastws.TextMessage, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "answer", func() bool { return len(b.all()) == i+2 })
	}
}

func TestSocketOrigin(t *testing.T) {
	s := startSite(t, Config{Origins: []string{"huiwu.example", "other.example:8443"}})
	for origin, want := range map[string]int{
		"":                                   101,
		"http://" + s.addr:                   101,
		"HTTP://" + s.addr:                   101,
		"https://huiwu.example":              101,
		"https://HUIWU.example:443":          101,
		"https://other.example:8443":         101,
		"https://other.example":              403,
		"http://evil.example":                403,
		"http://" + s.addr + "0":             403,
		"http://127.0.0.1":                   403,
		"null":                               403,
		"file://":                            403,
		"http://evil.example/" + s.addr:      403,
		"http://" + s.addr + "@evil.example": 403,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		ws, answer, err := fastws.DefaultDialer.Dial("ws://"+s.addr+"/live?as=alice&topic="+ev, header)
		if err == nil {
			_ = ws.Close()
		}
		if answer == nil || answer.StatusCode != want {
			t.Errorf("Origin %q: %v %v, want %d", origin, answer, err, want)
		}
	}
}

func TestSocketRefusals(t *testing.T) {
	s := startSite(t, Config{})
	for query, want := range map[string]int{"topic=" + ev: 401, "as=alice&topic=control": 400, "as=alice&topic=event:": 400} {
		_, answer, err := fastws.DefaultDialer.Dial("ws://"+s.addr+"/live?"+query, nil)
		if err == nil || answer.StatusCode != want {
			t.Errorf("%s: %v, want %d", query, answer, want)
		}
	}
	answer, err := http.Get("http://" + s.addr + "/live?as=alice&topic=" + ev)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != fiber.StatusUpgradeRequired {
		t.Errorf("plain GET: %d", answer.StatusCode)
	}
	s.source.mu.Lock()
	s.source.allowed = func(session string, _ []string, _ string) error {
		if session == "session-mallory" {
			return ErrTopic
		}
		panic("defect")
	}
	s.source.mu.Unlock()
	m := s.dial(t, "mallory", ev)
	eventually(t, "topic refused", func() bool { return m.code() == CloseTopic })
}

func TestRevokedSocketsAreClosedOnBothInstances(t *testing.T) {
	broker := NewMemoryBroker()
	a, b := startSite(t, Config{Bus: broker.Bus()}), startSite(t, Config{Bus: broker.Bus()})
	here, there, other := a.dial(t, "alice", ev), b.dial(t, "alice", ev), b.dial(t, "bob", ev)
	eventually(t, "all are in", func() bool { return len(here.all()) > 0 && len(there.all()) > 0 && len(other.all()) > 0 })
	start := time.Now()
	a.hub.CloseSession("session-alice")
	eventually(t, "both are closed", func() bool { return here.code() == CloseSession && there.code() == CloseSession })
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	a.hub.ClosePerson("bob")
	eventually(t, "the other is closed", func() bool { return other.code() == CloseRights })
	eventually(t, "all have left", func() bool { return a.hub.Stats().Sockets+b.hub.Stats().Sockets == 0 })
}

func TestSocketAbuse(t *testing.T) {
	s := startSite(t, Config{})
	loud, big := s.dial(t, "alice", ev), s.dial(t, "bob", ev)
	for range 100 {
		if loud.ws.WriteMessage(fastws.TextMessage, []byte(`{"ping":1}`)) != nil {
			break
		}
	}
	eventually(t, "the loud one is closed", func() bool { return loud.code() == CloseAbuse })
	_ = big.ws.WriteMessage(fastws.TextMessage, make([]byte, 10_000))
	eventually(t, "the big one is closed", func() bool { return big.code() == fastws.CloseMessageTooBig })
}

// A page that stops reading must cost the others nothing, and goes.
func TestStuckSocketIsCutOff(t *testing.T) {
	t.Parallel() // it waits most of the time
	s := startSite(t, Config{Queue: 16})
	quick := s.dial(t, "alice", ev)
	stuck, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stuck.Close() }()
	_ = stuck.(*net.TCPConn).SetReadBuffer(4096)
	handshake(t, stuck, s.addr, "/live?as=bob&topic="+ev)
	eventually(t, "both are in", func() bool { return s.hub.Stats().Sockets == 2 && len(quick.all()) > 0 })

	long := strings.Repeat("长", 30_000)
	seq := 0
	for s.hub.Stats().Slow == 0 {
		if seq++; seq > 2000 {
			t.Fatal("never too slow")
		}
		start := time.Now()
		s.hub.Announce(s.source.commit(ev, fmt.Sprintf("item:%d%s", seq, long)))
		if took := time.Since(start); took > time.Second {
			t.Errorf("announcing took %v", took)
		}
		eventually(t, "the quick page has the change", func() bool { return quick.count(ev) == seq })
	}
	eventually(t, "the stuck one has gone", func() bool { return s.hub.Stats().Sockets == 1 })
	if quick.code() != 0 {
		t.Error("the quick page was closed, too")
	}
}

// A handle kept too long writes to another person's socket: the layers below
// reuse connections. Alice goes while changes for her are on the way, Bob comes.
func TestNobodyHearsWhatIsForOthers(t *testing.T) {
	s := startSite(t, Config{})
	stop := make(chan struct{})
	var talking sync.WaitGroup
	for _, who := range []string{"alice", "bob"} {
		talking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.hub.Announce(s.source.commit(PersonTopic(who), "note:"+who))
					time.Sleep(200 * time.Microsecond)
				}
			}
		})
	}
	for try := range 50 {
		alice := s.dial(t, "alice", PersonTopic("alice"))
		eventually(t, "alice hears", func() bool { return alice.count(PersonTopic("alice")) > try%3 })
		switch try % 3 {
		case 0:
			_ = alice.ws.Close() // cut
		case 1:
			_ = alice.ws.WriteControl(fastws.CloseMessage, fastws.FormatCloseMessage(1001, ""), time.Now().Add(time.Second))
		case 2:
			s.hub.CloseSession("session-alice")
		}
		var bobs []*browser
		for range 3 {
			bobs = append(bobs, s.dial(t, "bob", PersonTopic("bob")))
		}
		for _, bob := range bobs {
			eventually(t, "bob hears", func() bool { return bob.count(PersonTopic("bob")) > 1 })
			for _, f := range bob.all() {
				if f.Topic != PersonTopic("bob") && f.Heads == nil || strings.Contains(f.HTML, "alice") || f.Heads[PersonTopic("alice")] != 0 {
					t.Fatalf("bob heard %+v", f)
				}
			}
			_ = bob.ws.Close()
		}
	}
	close(stop)
	talking.Wait()
}

func TestShutdownClosesSocketsAndLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	var browsers []*browser
	t.Run("", func(t *testing.T) {
		s := startSite(t, Config{})
		for i := range 30 {
			browsers = append(browsers, s.dial(t, fmt.Sprint(i), ev))
		}
		eventually(t, "all are in", func() bool { return s.hub.Stats().Sockets == 30 })
		busy := make(chan struct{})
		go func() {
			defer close(busy)
			for range 100 {
				s.hub.Announce(s.source.commit(ev, "item:1"))
				time.Sleep(time.Millisecond)
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		if err := s.hub.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		t.Logf("shutdown took %v", time.Since(start))
		<-busy
		for i, b := range browsers {
			<-b.done
			if b.code() != CloseRestart {
				t.Errorf("%d closed with %d %v", i, b.code(), b.end)
			}
		}
		late, err := s.try(t, "late", ev)
		if err != nil {
			t.Fatal(err)
		}
		<-late.done
		if late.code() != CloseRestart {
			t.Errorf("after the shutdown closed with %d", late.code())
		}
	})
	goleak.VerifyNone(t, before,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// Pages of a busy day: they come, go, are cut, talk nonsense. In the end nothing
// is left of them.
func TestSocketsComeAndGo(t *testing.T) {
	s := startSite(t, Config{MaxPerPerson: 3})
	var people sync.WaitGroup
	for who := range 8 {
		people.Go(func() {
			for range 15 {
				b, err := s.try(t, fmt.Sprint(who), ev+",board,"+PersonTopic(fmt.Sprint(who)))
				if err != nil {
					t.Error(err)
					return
				}
				s.hub.Announce(s.source.commit(ev, fmt.Sprint("item:", rand.IntN(9))))
				time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
				switch rand.IntN(4) {
				case 0:
					_ = b.ws.Close()
				case 1:
					_ = b.ws.WriteControl(fastws.CloseMessage, nil, time.Now().Add(time.Second))
				case 2:
					s.hub.ClosePerson(fmt.Sprint(who))
				}
			}
		})
	}
	people.Wait()
	for who := range 8 {
		s.hub.ClosePerson(fmt.Sprint(who))
	}
	eventually(t, "all have left", func() bool { return s.hub.Stats().Sockets == 0 })
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if len(s.hub.sessions)+len(s.hub.persons) != 0 {
		t.Errorf("still known: %d sessions, %d persons", len(s.hub.sessions), len(s.hub.persons))
	}
	for _, r := range s.hub.rooms {
		if r.sockets != 0 || len(r.groups) != 0 {
			t.Errorf("%s: %d sockets, %d groups", r.topic, r.sockets, len(r.groups))
		}
	}
}

func TestHeadersAreDropped(t *testing.T) {
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error {
		dropHeaders(c)
		return c.SendString(c.Request().Header.String())
	})
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "huiwu.test"
	for name, value := range map[string]string{
		"Origin": "http://x", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "k", "Sec-WebSocket-Version": "13",
		"Cookie": "sid=secret", "User-Agent": "agent-x", "Accept-Language": "zh-cn", "X-Forwarded-For": "1.2.3.4", "Sec-Fetch-Site": "same-origin",
	} {
		r.Header.Set(name, value)
	}
	answer, err := app.Test(r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	left := strings.ToLower(string(body))
	for _, want := range []string{"origin: http://x", "connection: upgrade", "upgrade: websocket", "sec-websocket-key: k", "sec-websocket-version: 13", "host: huiwu.test"} {
		if !strings.Contains(left, want) {
			t.Errorf("%q is missing in %q", want, left)
		}
	}
	for _, gone := range []string{"secret", "agent-x", "zh-cn", "1.2.3.4", "same-origin"} {
		if strings.Contains(left, gone) {
			t.Errorf("%q is still in %q", gone, left)
		}
	}
}

func FuzzClientFrame(f *testing.F) {
	for _, s := range []string{`{"ping":1}`, `{"ping":0}`, `{"ping":"1"}`, `{"PING":2}`, `[]`, ``, `{"ping":1e400}`, `{"ping":1}{"ping":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if isPing(data) && !strings.Contains(strings.ToLower(string(data)), "p") && !strings.Contains(string(data), `\u`) {
			t.Errorf("%q taken for a ping", data)
		}
	})
}

func FuzzParseSubscriptions(f *testing.F) {
	f.Add("event:0192", "board", "12", "")
	f.Add("person:a_b", "floor", "0", "9223372036854775807")
	f.Add("control", "event:..", "-1", "x")
	f.Fuzz(func(t *testing.T, topic1, topic2, since1, since2 string) {
		subs, err := ParseSubscriptions([]string{topic1, topic2}, []string{since1, since2})
		if err != nil {
			if !errors.Is(err, ErrSubscription) {
				t.Error(err)
			}
			return
		}
		for _, s := range subs {
			if s.Topic == topicControl || strings.ContainsAny(s.Topic, " \n{}*\x00/") || len(s.Topic) > 80 || s.Since < 0 {
				t.Errorf("let through: %+v", s)
			}
		}
		if len(subs) != 2 || subs[0].Topic == subs[1].Topic {
			t.Errorf("got %v", subs)
		}
	})
}

func TestParseSubscriptions(t *testing.T) {
	many := make([]string, maxTopics+1)
	for i := range many {
		many[i] = EventTopic(fmt.Sprint(i))
	}
	for _, tt := range []struct {
		topics, since []string
		want          string
	}{
		{[]string{"event:a1"}, []string{"7"}, "[{event:a1 7}]"},
		{[]string{"event:a1", "board"}, []string{"7"}, "[{event:a1 7} {board 0}]"},
		{[]string{"event:a1", "person:b"}, []string{"", "3"}, "[{event:a1 0} {person:b 3}]"},
		{nil, nil, ""},
		{many, nil, ""},
		{[]string{"board"}, []string{"1", "2"}, ""},
		{[]string{"board", "board"}, nil, ""},
		{[]string{"control"}, nil, ""},
		{[]string{"event:"}, nil, ""},
		{[]string{"event:a/b"}, nil, ""},
		{[]string{"floor"}, []string{"-1"}, ""},
		{[]string{"floor"}, []string{"1.5"}, ""},
	} {
		got, err := ParseSubscriptions(tt.topics, tt.since)
		if (err == nil) != (tt.want != "") || err == nil && fmt.Sprint(got) != tt.want {
			t.Errorf("%v %v: %v %v", tt.topics, tt.since, got, err)
		}
	}
}
