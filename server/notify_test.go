package server_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/notify"
	"huiwu/server/store"
)

// browser is a browser's half of a push subscription: it can read what is sent to it.
type browser struct {
	t        testing.TB
	endpoint string
	key      *ecdh.PrivateKey
	auth     []byte
}

func newBrowser(t testing.TB, endpoint string) *browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return &browser{t, endpoint, key, auth}
}

func (b *browser) form() url.Values {
	enc := base64.RawURLEncoding
	return form("endpoint", b.endpoint, "p256dh", enc.EncodeToString(b.key.PublicKey().Bytes()), "auth", enc.EncodeToString(b.auth))
}

// read decrypts a message as browsers do (RFC 8291), with none of the sender's code.
func (b *browser) read(body []byte) map[string]any {
	b.t.Helper()
	must := func(err error) {
		if err != nil {
			b.t.Helper()
			b.t.Fatal(err)
		}
	}
	salt, n := body[:16], int(body[20])
	sender, rest := body[21:21+n], body[21+n:]
	from, err := ecdh.P256().NewPublicKey(sender)
	must(err)
	secret, err := b.key.ECDH(from)
	must(err)
	ikm, err := hkdf.Key(sha256.New, secret, b.auth, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(sender), 32)
	must(err)
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	must(err)
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	must(err)
	block, err := aes.NewCipher(key)
	must(err)
	gcm, err := cipher.NewGCM(block)
	must(err)
	plain, err := gcm.Open(nil, nonce, rest, nil)
	must(err)
	plain = bytes.TrimRight(plain, "\x00")
	var m map[string]any
	must(json.Unmarshal(plain[:len(plain)-1], &m)) // a delimiter ends it
	return m
}

// outside stands for every push service and chat on the internet: requests to any host come here.
type outside struct {
	server *httptest.Server
	mu     sync.Mutex
	seen   []request
	answer func(r request) (status int, header http.Header, body string) // nil = taken
}

type request struct {
	host, path string
	query      url.Values
	header     http.Header
	body       []byte
	at         time.Time
}

func newOutside(t testing.TB) *outside {
	t.Helper()
	o := &outside{}
	o.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		q := request{r.Host, r.URL.Path, r.URL.Query(), r.Header, body, time.Now()}
		o.mu.Lock()
		o.seen = append(o.seen, q)
		answer := o.answer
		o.mu.Unlock()
		status, text := http.StatusCreated, ""
		if strings.HasSuffix(r.Host, "qq.com") || strings.HasSuffix(r.Host, "dingtalk.com") {
			status, text = http.StatusOK, `{"errcode":0,"errmsg":"ok"}`
		} else if strings.HasSuffix(r.Host, "feishu.cn") {
			status, text = http.StatusOK, `{"code":0,"msg":"success"}`
		}
		if answer != nil {
			if s, h, b := answer(q); s != 0 {
				for k, v := range h {
					w.Header()[k] = v
				}
				status, text = s, b
			}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(o.server.Close)
	return o
}

func (o *outside) client(t testing.TB) *http.Client {
	t.Helper()
	c := &http.Client{Transport: inward{o.server.Client().Transport, o.server.Listener.Addr().String()}}
	t.Cleanup(o.server.Client().CloseIdleConnections)
	return c
}

// inward sends every request to the test's server, under the host that it was meant for.
type inward struct {
	http.RoundTripper
	addr string
}

func (i inward) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Host = r.URL.Host, i.addr
	return i.RoundTripper.RoundTrip(r)
}

func (o *outside) answers(fn func(r request) (int, http.Header, string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = fn
}

func (o *outside) requests(host string) []request {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []request
	for _, r := range o.seen {
		if r.host == host {
			list = append(list, r)
		}
	}
	return list
}

// takesAll answers every request with 201 without any network.
func takesAll() *http.Client { return &http.Client{Transport: taker{}} }

type taker struct{}

func (taker) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"errcode":0}`)), Request: r}, nil
}

// quick lets a program tell people without waiting.
func quick(client *http.Client) func(*notify.Config) {
	return func(c *notify.Config) {
		c.Client, c.Scan, c.Clock, c.Deliver, c.Timeout = client, 50*time.Millisecond, 50*time.Millisecond, 20*time.Millisecond, time.Second
		c.Base = "https://huiwu.example"
	}
}

// told runs a test with a program that tells people, on both databases.
func told(t *testing.T, fn func(t *testing.T, s *site, o *outside)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		o := newOutside(t)
		fn(t, start(t, setting{Notify: quick(o.client(t))}), o)
	})
	t.Run("postgres", func(t *testing.T) {
		o := newOutside(t)
		fn(t, start(t, setting{Database: migrated(t), Notify: quick(o.client(t))}), o)
	})
}

func (c *client) subscribes(host string) *browser {
	c.t.Helper()
	b := newBrowser(c.t, "https://"+host+"/send/"+c.as)
	c.does(http.MethodPut, "/me/push", b.form())
	return b
}

type noticesJSON struct {
	Open    int `json:"open"`
	Notices []struct {
		domain.Notice
		Title, Body string
	} `json:"notices"`
}

func (c *client) notices() noticesJSON {
	c.t.Helper()
	var n noticesJSON
	c.json(http.MethodGet, "/notices", nil, &n)
	return n
}

// of are those of one kind.
func (n noticesJSON) of(kind domain.NoticeKind) (list []string) {
	for _, x := range n.Notices {
		if x.Kind == kind {
			list = append(list, x.Title+" "+x.Body+" "+x.URL)
		}
	}
	return list
}

func (c *client) notice(kind domain.NoticeKind) string {
	c.t.Helper()
	id := ""
	eventually(c.t, c.as+" is told: "+string(kind), func() bool {
		for _, n := range c.notices().Notices {
			if n.Kind == kind {
				id = n.ID
			}
		}
		return id != ""
	})
	return id
}

// TestPushTellsOnce: a rejected item wakes its performer's phone, once, with a message that only his browser can read,
// from two instances that both hear of it.
func TestPushTellsOnce(t *testing.T) {
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			o := newOutside(t)
			set := setting{Notify: quick(o.client(t))}
			if db == "postgres" {
				set.Database = migrated(t)
			}
			a := start(t, set)
			second := a.set
			second.World = a.world
			b := start(t, second)
			service := a.signIn(t, "service")
			phone := service.subscribes("push.example.com")
			item := a.world.Item(t, a.world.Event, "S3")
			service.does(http.MethodPut, "/items/"+item.ID+"/done", form("reading", "22"))
			b.signIn(t, "commander").does(http.MethodPut, "/items/"+item.ID+"/acceptance", form("verdict", "rejected", "reason", "花摆歪了"))
			id := service.notice(domain.NoticeRejected)
			rejected := func() []map[string]any {
				var list []map[string]any
				for _, r := range o.requests("push.example.com") {
					if m := phone.read(r.body); m["notice"] == id {
						list = append(list, m)
						if r.header.Get("TTL") != "3600" || r.header.Get("Content-Encoding") != "aes128gcm" || !strings.HasPrefix(r.header.Get("Authorization"), "vapid t=") || len(r.header.Get("Topic")) != 32 {
							t.Errorf("headers %v", r.header)
						}
					}
				}
				return list
			}
			eventually(t, "the phone rings", func() bool { return len(rejected()) > 0 })
			time.Sleep(300 * time.Millisecond)
			list := rejected()
			if len(list) != 1 {
				t.Fatalf("rang %d times", len(list))
			}
			if m := list[0]; !strings.Contains(m["title"].(string), item.Zh) || !strings.Contains(m["body"].(string), "花摆歪了") || m["url"] != "/events/"+a.world.Event+"/items?crew=SVC#item-"+item.ID {
				t.Errorf("message %v", m)
			}
			service.does(http.MethodPut, "/notices/"+id+"/acknowledgement", nil)
			for _, n := range service.notices().Notices {
				if n.ID == id && n.AcknowledgedAt == nil {
					t.Error("not acknowledged")
				}
			}
			other := a.signIn(t, "cleaning")
			if got := other.act(http.MethodPut, "/notices/"+id+"/acknowledgement", nil); got.status != http.StatusNotFound {
				t.Errorf("somebody else's notice: %d", got.status)
			}
		})
	}
}

// TestPushFaults: what a push service may answer, and what the owner then reads.
func TestPushFaults(t *testing.T) {
	told(t, func(t *testing.T, s *site, o *outside) {
		for _, x := range []struct {
			as     string
			status int
			kept   bool
			want   int
		}{{"service", 404, false, 1}, {"security", 410, false, 1}, {"cleaning", 500, true, 1}, {"captain", 429, true, 1}, {"engineering", 403, true, 1}} {
			host := fmt.Sprintf("push%d.example.com", x.status)
			c := s.signIn(t, x.as)
			c.subscribes(host)
			o.answers(func(r request) (int, http.Header, string) {
				if code, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.host, "push"), ".example.com")); err == nil {
					return code, http.Header{"Retry-After": {"120"}}, ""
				}
				return 0, nil, ""
			})
			a := c.act(http.MethodPost, "/me/push/test", nil)
			if a.status != http.StatusConflict || !strings.Contains(a.body, "data-error") {
				t.Fatalf("%d: the test answers %d %s", x.status, a.status, a.body)
			}
			if x.kept && !strings.Contains(a.body, strconv.Itoa(x.status)) {
				t.Errorf("%d: the owner reads %s", x.status, a.body)
			}
			devices, err := s.Store.PushDevices(t.Context(), s.world.People[x.as].ID)
			if err != nil || (len(devices) == 1) != x.kept {
				t.Fatalf("%d: devices %+v %v", x.status, devices, err)
			}
			if x.kept && (devices[0].FailingSince == nil || devices[0].Failure != "HTTP "+strconv.Itoa(x.status)) {
				t.Errorf("%d: %+v", x.status, devices[0])
			}
		}
	})
}

// TestPushRetries: a service that is down is asked again, no sooner than it wants, and then the notice arrives.
func TestPushRetries(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			o := newOutside(t)
			set := setting{Notify: quick(o.client(t)), Now: clock}
			if db == "postgres" {
				set.Database = migrated(t)
			}
			s := start(t, set)
			c := s.signIn(t, "cleaning")
			phone := c.subscribes("push.example.com")
			o.answers(func(request) (int, http.Header, string) { return 503, http.Header{"Retry-After": {"90"}}, "" })
			s.signIn(t, "commander").does(http.MethodPost, "/events/"+s.world.Event+"/drill", nil)
			drills := func() int {
				n := 0
				for _, r := range o.requests("push.example.com") {
					if strings.HasPrefix(phone.read(r.body)["tag"].(string), "drill:") {
						n++
					}
				}
				return n
			}
			eventually(t, "first try", func() bool { return drills() == 1 })
			time.Sleep(200 * time.Millisecond)
			pass(80 * time.Second)
			time.Sleep(200 * time.Millisecond)
			if n := drills(); n != 1 {
				t.Fatalf("%d tries before it was time", n)
			}
			o.answers(nil)
			pass(11 * time.Second)
			eventually(t, "second try", func() bool { return drills() == 2 })
			eventually(t, "the device is well again", func() bool {
				d, err := s.Store.PushDevices(t.Context(), s.world.People["cleaning"].ID)
				return err == nil && len(d) == 1 && d[0].DeliveredAt != nil && d[0].FailingSince == nil
			})
			pass(10 * time.Minute)
			time.Sleep(200 * time.Millisecond)
			if n := drills(); n != 2 {
				t.Errorf("%d tries in the end", n)
			}
		})
	}
}

// TestPushGuards: a subscription must lead out to the internet and hold real keys.
func TestPushGuards(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "service")
	for _, endpoint := range []string{"", "http://push.example.com/x", "https://localhost/x", "https://127.0.0.1/x", "https://10.0.0.8/x", "https://[::1]/x", "https://169.254.169.254/latest", "https://push.example.com:8443/x", "https://a:b@push.example.com/x", "https://router/x", "https://printer.local/x", "https://[::ffff:10.0.0.1]/x"} {
		if a := c.act(http.MethodPut, "/me/push", newBrowser(t, endpoint).form()); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `data-error="endpoint"`) {
			t.Errorf("%q: %d %s", endpoint, a.status, a.body)
		}
	}
	f := newBrowser(t, "https://push.example.com/x").form()
	f.Set("p256dh", "AAAA")
	if a := c.act(http.MethodPut, "/me/push", f); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `data-error="p256dh"`) {
		t.Errorf("broken key: %d %s", a.status, a.body)
	}
	if a := c.act(http.MethodPost, "/me/push/test", nil); a.status != http.StatusConflict {
		t.Errorf("test without a device: %d", a.status)
	}
}

// TestPushEndsWithTheSession: a device that is signed out is never woken again.
func TestPushEndsWithTheSession(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := s.signIn(t, "service")
		c.subscribes("push.example.com")
		again := s.signIn(t, "security") // the same browser, another person
		again.does(http.MethodPut, "/me/push", newBrowser(t, "https://push.example.com/send/service").form())
		count := func(no string) int {
			d, err := s.Store.PushDevices(t.Context(), s.world.People[no].ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(d)
		}
		if count("service") != 0 || count("security") != 1 {
			t.Errorf("one browser belongs to %d and %d", count("service"), count("security"))
		}
		again.send(http.MethodDelete, "/session", nil, "HX-Request", "true")
		if count("security") != 0 {
			t.Error("signed out, and still to be woken")
		}
	})
}

// TestRobots: late ★ items are told to a group, joined, signed; a chat that does not answer is asked again.
func TestRobots(t *testing.T) {
	told(t, func(t *testing.T, s *site, o *outside) {
		admin := s.signIn(t, "admin")
		if a := admin.act(http.MethodPost, "/settings/channels", form("kind", "wecom", "name", "群", "url", "https://10.0.0.1/cgi-bin/webhook/send?key=k", "topics", "ready")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `data-error="url"`) {
			t.Fatalf("a foreign host: %d %s", a.status, a.body)
		}
		var made struct{ Created string }
		admin.json(http.MethodPost, "/settings/channels", form("kind", "dingtalk", "name", "指挥群", "url", "https://oapi.dingtalk.com/robot/send?access_token=TOKEN", "secret", "SECabc", "topics", "rejected", "topics", "changed", "locale", "zh"), &made)
		page := admin.get("/settings/channels")
		if made.Created == "" || !strings.Contains(page.body, "指挥群") || strings.Contains(page.body, "TOKEN") || strings.Contains(page.body, "SECabc") {
			t.Fatalf("created %q; the page must show the name and no secret", made.Created)
		}
		commander := s.signIn(t, "commander")
		o.answers(func(request) (int, http.Header, string) {
			time.Sleep(1200 * time.Millisecond)
			return 200, nil, `{"errcode":0}`
		})
		commander.does(http.MethodPut, "/events/"+s.world.Secret+"/status", form("status", "cancelled", "reason", "密件外露"))
		eventually(t, "the time-out is on the page", func() bool { return strings.Contains(admin.get("/settings/channels").body, "timeout") })
		r := o.requests("oapi.dingtalk.com")[0]
		if r.path != "/robot/send" || r.query.Get("access_token") != "TOKEN" || r.query.Get("sign") == "" || len(r.query.Get("timestamp")) != 13 {
			t.Errorf("request %s %v", r.path, r.query)
		}
		var m struct {
			Text struct{ Content string }
		}
		if err := json.Unmarshal(r.body, &m); err != nil {
			t.Fatal(err)
		}
		if text := m.Text.Content; strings.Contains(text, "密件") || strings.Contains(text, "评标会") || !strings.Contains(text, "号会议") || !strings.Contains(text, "https://huiwu.example/events/") {
			t.Errorf("a secret event in a group: %s", text)
		}
		o.answers(func(request) (int, http.Header, string) {
			return 200, nil, `{"errcode":310000,"errmsg":"sign not match"}`
		})
		if a := admin.act(http.MethodPost, "/settings/channels/"+made.Created+"/test", nil); a.status != http.StatusConflict || !strings.Contains(a.body, "310000 sign not match") {
			t.Errorf("the test: %d %s", a.status, a.body)
		}
		o.answers(nil)
		admin.does(http.MethodPost, "/settings/channels/"+made.Created+"/test", nil)
		if strings.Contains(admin.get("/settings/channels").body, "push-bad") {
			t.Error("a good test does not clear the failure")
		}
		admin.does(http.MethodDelete, "/settings/channels/"+made.Created, nil)
	})
}

// TestRobotOnce: two instances tell a group once, and what came together as one message.
func TestRobotOnce(t *testing.T) {
	o := newOutside(t)
	set := setting{Database: migrated(t), Notify: quick(o.client(t))}
	a := start(t, set)
	set.World = a.world
	start(t, set)
	admin := a.signIn(t, "admin")
	admin.does(http.MethodPost, "/settings/channels", form("kind", "feishu", "name", "群", "url", "https://open.feishu.cn/open-apis/bot/v2/hook/abc", "secret", "s", "topics", "rejected"))
	commander, service := a.signIn(t, "commander"), a.signIn(t, "service")
	const n = 6
	items, err := a.Store.Items(t.Context(), a.world.Event)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range items {
		if i.Crew == domain.CrewSVC && i.Acceptance == domain.AcceptCommander && !i.IsRound() && len(ids) < n {
			ids = append(ids, i.ID)
			service.does(http.MethodPut, "/items/"+i.ID+"/done", form("reading", "22"))
		}
	}
	for _, id := range ids {
		commander.does(http.MethodPut, "/items/"+id+"/acceptance", form("verdict", "rejected", "reason", "重来"))
	}
	lines := func() int {
		sum := 0
		for _, r := range o.requests("open.feishu.cn") {
			sum += strings.Count(string(r.body), "重来")
		}
		return sum
	}
	eventually(t, "all are told", func() bool { return lines() >= len(ids) })
	time.Sleep(time.Second)
	sent := o.requests("open.feishu.cn")
	if lines() != len(ids) || len(sent) >= len(ids) {
		t.Errorf("%d rejections in %d messages, want %d in fewer", lines(), len(sent), len(ids))
	}
	for k := 1; k < len(sent); k++ {
		if d := sent[k].at.Sub(sent[k-1].at); d < 600*time.Millisecond {
			t.Errorf("two messages within %v", d)
		}
	}
}

// TestDrill: everybody on duty is asked, answers show at once on the commander's page, with numbers of who is missing.
func TestDrill(t *testing.T) {
	told(t, func(t *testing.T, s *site, o *outside) {
		commander, service := s.signIn(t, "commander"), s.signIn(t, "service")
		if a := service.act(http.MethodPost, "/events/"+s.world.Event+"/drill", nil); a.status != http.StatusForbidden {
			t.Errorf("an attendant starts a drill: %d", a.status)
		}
		page := commander.get("/events/" + s.world.Event)
		if !strings.Contains(page.body, "is-wanted") {
			t.Error("a level-1 event does not ask for a drill")
		}
		phone := service.subscribes("push.example.com")
		commander.does(http.MethodPost, "/events/"+s.world.Event+"/drill", nil)
		topic := domain.EventTopic(s.world.Event)
		live := commander.watch("topic=" + topic + "&since=" + strconv.FormatInt(s.head(t, topic), 10) + "&view=drill")
		id := service.notice(domain.NoticeDrill)
		eventually(t, "the phone rings", func() bool {
			for _, r := range o.requests("push.example.com") {
				if phone.read(r.body)["notice"] == id {
					return true
				}
			}
			return false
		})
		// As the service worker does at a tap.
		if a := service.send(http.MethodPut, "/notices/"+id+"/acknowledgement", nil, "Idempotency-Key", "tap-"+id); a.status != http.StatusOK {
			t.Fatalf("tap: %d %s", a.status, a.body)
		}
		live.wait("the answer", func(f frame) bool { return strings.Contains(f.HTML, `data-answered="1"`) })
		var d struct{ Drill domain.Drill }
		commander.json(http.MethodGet, "/events/"+s.world.Event+"/drill", nil, &d)
		for _, x := range d.Drill.Answers {
			if (x.PersonID == s.world.People["service"].ID) != (x.AnsweredAt != nil) {
				t.Errorf("%+v", x)
			}
			if x.PersonID == s.world.People["service2"].ID || x.PersonID == s.world.People["commander"].ID {
				t.Errorf("%s is asked: he is not on duty, or asked himself", x.Name)
			}
		}
		if strings.Contains(commander.get("/events/"+s.world.Event).body, "is-wanted") {
			t.Error("a drill was run, and the page still asks for one")
		}
		if a := service.send(http.MethodGet, "/events/"+s.world.Event+"/drill", nil); a.status != http.StatusForbidden {
			t.Errorf("an attendant sees the drill: %d", a.status)
		}
	})
}

// TestBell: a notice rings on every open page of its person, at once, and on nobody else's.
func TestBell(t *testing.T) {
	told(t, func(t *testing.T, s *site, _ *outside) {
		security, other := s.signIn(t, "security"), s.signIn(t, "cleaning")
		own := func(c *client) string { return domain.PersonTopic(s.world.People[c.as].ID) }
		mine := security.watch("topic=" + own(security) + "&view=items")
		theirs := other.watch("topic=" + own(other) + "&view=items")
		star := domain.Item{}
		items, err := s.Store.Items(t.Context(), s.world.Event)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if i.Crew == domain.CrewSEC && i.Flag == domain.FlagBlocksReady {
				star = i
			}
		}
		s.signIn(t, "captain").does(http.MethodPut, "/items/"+star.ID+"/blocked", form("reason", "车道封闭"))
		f := mine.wait("the grave bar", func(f frame) bool { return strings.Contains(f.HTML, "车道封闭") })
		if !strings.Contains(f.HTML, `id="bell"`) || !strings.Contains(f.HTML, `id="grave"`) {
			t.Errorf("pushed %s", f.HTML)
		}
		for _, who := range []string{"commander", "supervisor"} {
			if b := s.signIn(t, who).get("/today").body; !strings.Contains(b, "车道封闭") {
				t.Errorf("%s does not see it", who)
			}
		}
		security.does(http.MethodPut, "/notices/"+security.notice(domain.NoticeBlocked)+"/acknowledgement", nil)
		if b := security.get("/today").body; strings.Contains(b, `id="grave-`+security.notice(domain.NoticeBlocked)) {
			t.Error("acknowledged, and the bar still stands")
		}
		if strings.Contains(theirs.markup(), "车道封闭") {
			t.Error("a cleaner is told of the guards' incident")
		}
	})
}

// TestGuestsComing: who stands at the next post is told, with the name; nobody learns of a secret event's guests.
func TestGuestsComing(t *testing.T) {
	told(t, func(t *testing.T, s *site, _ *outside) {
		commander, security, service := s.signIn(t, "commander"), s.signIn(t, "security"), s.signIn(t, "service")
		security.does(http.MethodPut, "/me/post", form("post", "drop-off"))
		service.does(http.MethodPut, "/me/post", form("post", "drop-off"))
		guest := func(event, name string) string {
			r, err := s.Store.AddGuests(context.Background(), domain.Act{}, event, []store.GuestDraft{{Guest: domain.Guest{ID: store.NewID(), Name: name}}})
			if err != nil {
				t.Fatal(err)
			}
			return r.Created
		}
		secret, open := guest(s.world.Secret, "隐士"), guest(s.world.Event, "雪松")
		commander.does(http.MethodPut, "/guests/"+secret+"/position", form("position", "gate"))
		commander.does(http.MethodPut, "/guests/"+open+"/position", form("position", "gate"))
		security.notice(domain.NoticeGuest)
		eventually(t, "both events at the attendant", func() bool { return len(service.notices().of(domain.NoticeGuest)) == 2 })
		n := security.notices().of(domain.NoticeGuest)
		if len(n) != 1 || !strings.Contains(n[0], "雪松") || !strings.HasSuffix(n[0], " /lobby?post=drop-off") {
			t.Errorf("the guard reads %+v", n)
		}
		if all := strings.Join(service.notices().of(domain.NoticeGuest), "\n"); strings.Contains(all, "隐士") || !strings.Contains(all, "雪松") {
			t.Errorf("the attendant reads %s", all)
		}
		commander.does(http.MethodDelete, "/guests/"+open+"/position", nil)
		commander.does(http.MethodPut, "/guests/"+open+"/position", form("position", "gate"))
		time.Sleep(300 * time.Millisecond)
		if n := security.notices().of(domain.NoticeGuest); len(n) != 1 {
			t.Errorf("told %d times", len(n))
		}
	})
}
