package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	fastws "github.com/fasthttp/websocket"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/pagetest"
)

// phone is a person's phone: an outbox, a page and its websocket.
type phone struct {
	n      int
	person *domain.Person
	path   string // of its page
	addrs  []string
	portal string // the login page of a hotel's network
	http   *http.Client
	outbox *outbox

	offline atomic.Bool
	lured   atomic.Bool  // in the hotel's network
	off     atomic.Int64 // how wrong its clock is, in ns
	crash   atomic.Pointer[context.CancelFunc]

	signing sync.Mutex
	cookie  atomic.Pointer[string]

	mu        sync.Mutex // guards rand and page
	rand      *rand.Rand
	page      pagetest.Page
	fetching  bool
	meanwhile []string // answers that came while the page was being fetched
	live      bool     // a heartbeat was heard on the present socket
	ws        *fastws.Conn

	faults func(format string, args ...any) // what is wrong whatever was broken
	count  *counts
}

// counts are for the report.
type counts struct {
	sent, doubled, lost, signedIn, dropped, refetched, frames, status503 atomic.Int64
}

func newPhone(seed uint64, n int, w *world, addrs []string, portal string, c *counts, faults func(string, ...any)) *phone {
	p := &phone{n: n, person: w.people[n], path: w.page(n), addrs: addrs, portal: portal, count: c, faults: faults}
	p.rand = rand.New(rand.NewPCG(seed, uint64(n)+1000))
	p.outbox = newOutbox(rand.New(rand.NewPCG(seed, uint64(n)+2000)), p.send)
	p.http = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: parallel, IdleConnTimeout: 5 * time.Second, DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

func (p *phone) roll(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rand.IntN(n)
}

// host is the instance that the next request happens to reach.
func (p *phone) host() string { return p.addrs[p.roll(len(p.addrs))] }

var errOffline = errors.New("offline")

type answer struct {
	status int
	header http.Header
	body   string
}

func (p *phone) ask(ctx context.Context, method, host, path string, fields url.Values, header ...string) (*answer, error) {
	if p.offline.Load() {
		return nil, errOffline
	}
	if p.lured.Load() {
		host = p.portal
	}
	// Without GetBody: the transport must not send an act twice by itself, with the first sending's stamp.
	var body io.Reader
	if method != http.MethodGet {
		body = io.NopCloser(strings.NewReader(fields.Encode()))
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+host+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.ContentLength = int64(len(fields.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c := p.cookie.Load(); c != nil {
		r.Header.Set("Cookie", *c)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return &answer{a.StatusCode, a.Header, string(b)}, err
}

// ---- acts

// send tries an entry once; now and then its answer is lost on the way, or the network doubles it.
func (p *phone) send(ctx context.Context, e *entry) try {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	host := p.host()
	switch k := p.roll(100); {
	case k < 3:
		time.AfterFunc(time.Duration(p.roll(60))*time.Millisecond, cancel)
		p.count.lost.Add(1)
	case k < 7:
		p.count.doubled.Add(1)
		twin := make(chan struct{})
		other := p.host()
		go func() {
			defer close(twin)
			p.deliver(ctx, e.deed, other)
		}()
		defer func() { <-twin }()
	}
	return p.deliver(ctx, e.deed, host)
}

func (p *phone) deliver(ctx context.Context, d *deed, host string) try {
	x := try{sent: time.Now(), off: time.Duration(p.off.Load())}
	accept := "text/html"
	if d.json {
		accept = "application/json"
	}
	a, err := p.ask(ctx, d.method, host, d.path, d.form, "Accept", accept, "HX-Request", "true", "HX-Current-URL", "http://"+host+p.path,
		"Idempotency-Key", d.key, "X-Person", d.person, "X-Acted-At", d.acted.Add(d.off).UTC().Format(time.RFC3339Nano),
		"X-Sent-At", x.sent.Add(x.off).UTC().Format(time.RFC3339Nano))
	x.back = time.Now()
	p.count.sent.Add(1)
	if err == nil {
		x.status, x.acked = a.status, a.header.Get("X-Ack") == d.key
		if x.status >= 300 && x.status < 400 {
			x.status = 401
		}
		if x.acked && d.json && a.status < 400 {
			x.receipt = new(domain.Receipt)
			if err := json.Unmarshal([]byte(a.body), x.receipt); err != nil {
				p.faults("answer to %s: %v: %.200s", d, err, a.body)
			}
		}
		if x.acked && !d.json && a.status < 400 {
			p.answered(a.body)
		}
		switch {
		case a.status == http.StatusServiceUnavailable:
			p.count.status503.Add(1)
		case a.status >= 500 && host != p.portal && a.header.Get("X-Request-Id") != "":
			p.faults("%s answers %d to %s: %.300s", host, a.status, d, a.body)
		}
	}
	d.tried(x)
	return x
}

func (p *phone) answered(markup string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fetching {
		p.meanwhile = append(p.meanwhile, markup)
	}
	if err := p.page.Apply(markup); err != nil {
		p.faults("answer cannot be read: %v", err)
	}
}

// drain empties the outbox again and again until stop, as the page does.
func (p *phone) drain(stop <-chan struct{}) {
	failures := 0
	for {
		ctx, cancel := context.WithCancel(context.Background())
		p.crash.Store(&cancel)
		why := p.outbox.pump(ctx)
		cancel()
		pause := 50 * time.Millisecond
		switch why {
		case empty, resting:
			failures = 0
		case auth:
			p.signIn()
		case away:
			failures++
			pause = p.outbox.backoff(failures)
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-p.outbox.news:
			if why == away { // a new act does not bring the network back
				<-t.C
			}
		case <-stop:
			t.Stop()
			return
		}
		t.Stop()
	}
}

// signIn is what a person does who is asked for the PIN; false when it does not work now.
func (p *phone) signIn() bool {
	p.signing.Lock()
	defer p.signing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	host := p.host()
	if a, err := p.ask(ctx, http.MethodGet, host, "/me", nil, "Accept", "application/json"); err == nil && a.status == http.StatusOK {
		return true // somebody was faster, or it was the hotel's network
	}
	a, err := p.ask(ctx, http.MethodPost, host, "/session", form("login", p.person.StaffNo, "pin", pin), "Accept", "application/json")
	if err != nil || a.status != http.StatusOK {
		return false
	}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == "sid" {
			value := c.Name + "=" + c.Value
			p.cookie.Store(&value)
			p.count.signedIn.Add(1)
			return true
		}
	}
	return false
}

// ---- the page

// fetch takes over the page as the server has it now. What was answered while it was on its way is applied once more: the
// page may be older than that.
func (p *phone) fetch() error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	p.mu.Lock()
	p.fetching = true
	p.mu.Unlock()
	a, err := p.ask(ctx, http.MethodGet, p.host(), p.path, nil, "Accept", "text/html")
	p.mu.Lock()
	defer p.mu.Unlock()
	meanwhile := p.meanwhile
	p.fetching, p.meanwhile = false, nil
	switch {
	case err != nil:
		return err
	case a.status == http.StatusSeeOther || a.status == http.StatusUnauthorized:
		return errSignIn
	case a.status != http.StatusOK || a.header.Get("X-Request-Id") == "":
		return fmt.Errorf("page: %d", a.status)
	}
	p.count.refetched.Add(1)
	err = p.page.Load(a.body)
	for _, markup := range meanwhile {
		err = errors.Join(err, p.page.Apply(markup))
	}
	return err
}

var errSignIn = errors.New("sign in")

// frame is what comes through a socket.
type frame struct {
	Topic string           `json:"topic"`
	Seq   int64            `json:"seq"`
	HTML  string           `json:"html"`
	Reset bool             `json:"reset"`
	Heads map[string]int64 `json:"hb"`
}

// look keeps the page until stop: it comes back with what it has seen, by the rules of static/js/live.js.
func (p *phone) look(stop <-chan struct{}) {
	over := func() bool {
		select {
		case <-stop:
			return true
		default:
			return false
		}
	}
	wait := func(d time.Duration) {
		select {
		case <-stop:
		case <-time.After(d):
		}
	}
	failures, loaded := 0, false
	for !over() {
		if !loaded || failures%3 == 2 {
			switch err := p.fetch(); {
			case err == nil:
				loaded = true
			case errors.Is(err, errSignIn):
				p.signIn()
				fallthrough
			default:
				failures++
				wait(p.outbox.backoff(failures))
				continue
			}
		}
		code, heard := p.follow(stop)
		if heard {
			failures = 0
		}
		if over() {
			return
		}
		p.count.dropped.Add(1)
		failures++
		switch code {
		case live.CloseSession:
			p.signIn()
		case live.CloseRights, live.CloseTopic:
			loaded = false
		case live.CloseAbuse, live.CloseTooMany, live.CloseFailure:
			p.faults("phone %d: socket closed with %d", p.n, code)
		case again:
			failures = 0
			continue
		}
		wait(p.outbox.backoff(failures))
	}
}

// again is the close code of a page that wants other topics, or lost something.
const again = -1

// follow holds one socket and applies what comes, in the order in which it comes.
func (p *phone) follow(stop <-chan struct{}) (code int, heard bool) {
	if p.offline.Load() || p.lured.Load() {
		return 0, false
	}
	p.mu.Lock()
	q := url.Values{"view": {p.page.View}}
	topics := p.page.Topics
	for _, t := range topics {
		q.Add("topic", t.Topic)
		q.Add("since", strconv.FormatInt(t.Seq, 10))
	}
	p.mu.Unlock()
	h := http.Header{}
	if c := p.cookie.Load(); c != nil {
		h.Set("Cookie", *c)
	}
	d := fastws.Dialer{HandshakeTimeout: 8 * time.Second}
	ws, resp, err := d.Dial("ws://"+p.host()+"/live?"+q.Encode(), h)
	if err != nil {
		if resp != nil && resp.StatusCode == http.StatusUnauthorized {
			return live.CloseSession, false
		}
		return 0, false
	}
	p.mu.Lock()
	p.ws = ws
	p.mu.Unlock()
	frames := make(chan frame, 256)
	ends := make(chan int, 1)
	go func() {
		defer close(frames)
		for {
			_ = ws.SetReadDeadline(time.Now().Add(40 * time.Second)) // heartbeats come every 15 s
			_, message, err := ws.ReadMessage()
			if err != nil {
				var end *fastws.CloseError
				if errors.As(err, &end) {
					ends <- end.Code
				}
				return
			}
			for line := range strings.SplitSeq(string(message), "\n") {
				var f frame
				if err := json.Unmarshal([]byte(line), &f); err != nil {
					p.faults("frame %.200q: %v", line, err)
					continue
				}
				frames <- f
			}
		}
	}()
	defer func() {
		_ = ws.Close()
		for range frames { // the reader may wait for us
		}
		p.mu.Lock()
		p.ws, p.live = nil, false
		p.mu.Unlock()
	}()
	var refetch <-chan time.Time
	shown := map[string]int64{}
	for {
		select {
		case <-stop:
			return 0, heard
		case f, ok := <-frames:
			if !ok {
				select {
				case code = <-ends:
				default:
				}
				return code, heard
			}
			heard = true
			if lost := p.take(f, shown); lost {
				return again, heard
			}
		case <-refetch:
			refetch = nil
			if err := p.fetch(); errors.Is(err, errSignIn) {
				p.signIn()
			}
			p.mu.Lock()
			other := !p.page.Watches(topics)
			p.mu.Unlock()
			if other {
				return again, heard
			}
		}
		p.mu.Lock()
		if p.page.Stale && refetch == nil {
			refetch = time.After(300*time.Millisecond + time.Duration(p.rand.IntN(200))*time.Millisecond)
		}
		p.mu.Unlock()
	}
}

// take applies one frame; lost says that the socket promised something that never came.
func (p *phone) take(f frame, shown map[string]int64) (lost bool) {
	p.count.frames.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Heads != nil {
		p.live = true
		for topic, head := range f.Heads {
			if seq := p.page.Seq(topic); head > seq && !p.page.Stale {
				p.faults("phone %d (%s) is behind its socket: %s at %d, sent %d", p.n, p.path, topic, seq, head)
				lost = true
			}
		}
		return lost
	}
	if f.Seq > 0 && f.Seq < shown[f.Topic] {
		p.faults("phone %d (%s): %d came after %d of %s", p.n, p.path, f.Seq, shown[f.Topic], f.Topic)
	}
	shown[f.Topic] = max(shown[f.Topic], f.Seq)
	if f.Reset {
		p.page.Stale = true
	}
	if err := p.page.Apply(f.HTML); err != nil {
		p.faults("frame cannot be read: %v", err)
	}
	p.page.Saw(f.Topic, f.Seq)
	return false
}

// leave takes the phone off the network: requests fail, the socket ends.
func (p *phone) leave() {
	p.offline.Store(true)
	p.drop()
}

func (p *phone) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ws != nil {
		_ = p.ws.NetConn().Close()
	}
	p.http.CloseIdleConnections()
}

// kill ends the page in the middle of whatever it sends; the outbox stays.
func (p *phone) kill() {
	if cancel := p.crash.Load(); cancel != nil {
		(*cancel)()
	}
	p.drop()
}

// differences compares the page as it is kept with the page as an instance has it.
func (p *phone) differences(ctx context.Context, addr string) string {
	a, err := p.ask(ctx, http.MethodGet, addr, p.path, nil, "Accept", "text/html")
	if err != nil {
		return err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case a.status != http.StatusOK:
		return fmt.Sprintf("the page answers %d", a.status)
	case !p.live:
		return "no live socket"
	case p.page.Stale:
		return "is stale"
	}
	d, err := p.page.Differences(a.body)
	if err != nil {
		return err.Error()
	}
	return d
}
