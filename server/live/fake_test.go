package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("HUIWU_LIVE_CHILD") != "" {
		serveChild()
		return
	}
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// ends by itself, up to a second after its pool was closed
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

var zh, en = Key{"zh", "items"}, Key{"en", "items"}

// fakeSource keeps logs in memory. A subject is rendered as <i id=subject
// v=seq of its last change>, so that a page can be checked against the log.
type fakeSource struct {
	mu      sync.Mutex
	logs    map[string][]Change
	states  map[string]map[string]int64 // topic → subject → seq of its last change
	kept    map[string]int64            // changes up to it are gone from the log
	board   map[string]bool             // events on the board; empty: all
	renders map[string]int              // topic, locale and subjects → calls
	asked   map[string]int              // method → calls

	delay   time.Duration // of each rendering
	fail    func(method string, key Key) error
	clock   func(topic string, key Key) string
	allowed func(session string, topics []string, view string) error
	empty   map[Key]bool // keys that show nothing
}

func newFakeSource() *fakeSource {
	return &fakeSource{
		logs: make(map[string][]Change), states: make(map[string]map[string]int64), kept: make(map[string]int64),
		board: make(map[string]bool), renders: make(map[string]int), asked: make(map[string]int),
		empty:   make(map[Key]bool),
		fail:    func(string, Key) error { return nil },
		clock:   func(string, Key) string { return "" },
		allowed: func(string, []string, string) error { return nil },
	}
}

// commit writes changes to the log and returns what the store would announce.
func (s *fakeSource) commit(topic string, subjects ...string) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := int64(len(s.logs[topic])) + 1
	if s.states[topic] == nil {
		s.states[topic] = make(map[string]int64)
	}
	for _, subject := range subjects {
		seq := int64(len(s.logs[topic])) + 1
		s.logs[topic] = append(s.logs[topic], Change{seq, subject})
		s.states[topic][subject] = seq
	}
	m := Message{Topic: topic, First: first, Seq: int64(len(s.logs[topic])), Subjects: subjects}
	if len(subjects) > 64 {
		m.Subjects = nil
	}
	return m
}

func (s *fakeSource) head(topic string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.logs[topic]))
}

// between returns the changes after from up to to.
func (s *fakeSource) between(topic string, from, to int64) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from >= to {
		return nil
	}
	return slices.Clone(s.logs[topic][from:to])
}

// snapshot is a fresh page: the state of all subjects, and the head.
func (s *fakeSource) snapshot(topic string) (map[string]int64, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := maps.Clone(s.states[topic])
	if state == nil {
		state = make(map[string]int64)
	}
	return state, int64(len(s.logs[topic]))
}

func (s *fakeSource) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[what]
}

// enter counts a call; the caller holds s.mu afterwards.
func (s *fakeSource) enter(method string, key Key) error {
	s.mu.Lock()
	s.asked[method]++
	fail := s.fail
	s.mu.Unlock()
	err := fail(method, key) // may panic
	s.mu.Lock()
	return err
}

func (s *fakeSource) Heads(_ context.Context, topics []string) (map[string]int64, error) {
	err := s.enter("heads", Key{})
	defer s.mu.Unlock()
	heads := make(map[string]int64)
	if len(topics) == 1 && topics[0] == TopicBoard {
		for topic, log := range s.logs {
			if strings.HasPrefix(topic, eventPrefix) && (len(s.board) == 0 || s.board[topic]) {
				heads[topic] = int64(len(log))
			}
		}
		return heads, err
	}
	for _, topic := range topics {
		if n := len(s.logs[topic]); n > 0 {
			heads[topic] = int64(n)
		}
	}
	return heads, err
}

func (s *fakeSource) Changes(_ context.Context, topic string, since int64, limit int) ([]Change, error) {
	err := s.enter("changes", Key{})
	defer s.mu.Unlock()
	log := s.logs[topic]
	from := min(max(since, s.kept[topic]), int64(len(log)))
	to := min(from+int64(limit), int64(len(log)))
	return slices.Clone(log[from:to]), err
}

func (s *fakeSource) Render(_ context.Context, topic string, key Key, subjects []string, _ int64) ([]byte, error) {
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	err := s.enter("render", key)
	defer s.mu.Unlock()
	s.renders[fmt.Sprint(topic, key.Locale, subjects)]++
	if err != nil || s.empty[key] {
		return nil, err
	}
	last := s.states[topic]
	if topic == TopicBoard {
		last = make(map[string]int64)
		for event, log := range s.logs {
			last[event] = int64(len(log))
		}
		if subjects == nil {
			for event := range s.logs {
				subjects = append(subjects, event)
			}
			slices.Sort(subjects)
		}
	}
	var b strings.Builder
	for _, subject := range subjects {
		fmt.Fprintf(&b, `<i id="%s" v="%d">%s</i>`, subject, last[subject], key.Locale)
	}
	return []byte(b.String()), nil
}

func (s *fakeSource) Clock(_ context.Context, topic string, key Key) ([]byte, error) {
	err := s.enter("clock", key)
	defer s.mu.Unlock()
	return []byte(s.clock(topic, key)), err
}

func (s *fakeSource) Allowed(_ context.Context, session string, topics []string, view string) error {
	err := s.enter("allowed", Key{})
	defer s.mu.Unlock()
	return errors.Join(err, s.allowed(session, topics, view))
}

// got is one frame as a page sees it.
type got struct {
	Topic string           `json:"topic"`
	Seq   int64            `json:"seq"`
	HTML  string           `json:"html"`
	Reset bool             `json:"reset"`
	Heads map[string]int64 `json:"hb"`
	Now   string           `json:"now"`
}

// page stands for a browser: it reads the queue of a Conn at once.
type page struct {
	conn *Conn

	mu       sync.Mutex
	frames   []got
	messages [][]byte
	end      *CloseError
}

// open joins and reads.
func open(t *testing.T, h *Hub, sub Subscriber) *page {
	t.Helper()
	conn, err := h.Join(sub)
	if err != nil {
		t.Fatalf("Join: %v", err)
	}
	p := &page{conn: conn}
	conn.Attach(func() { p.drain(t) }, nil)
	t.Cleanup(conn.Leave)
	return p
}

func (p *page) drain(t *testing.T) {
	for {
		message, err := p.conn.Next()
		if err != nil {
			var end *CloseError
			if errors.As(err, &end) {
				p.mu.Lock()
				p.end = end
				p.mu.Unlock()
			}
			return
		}
		p.mu.Lock()
		p.messages = append(p.messages, message.text)
		p.frames = append(p.frames, decode(t, message.text)...)
		p.mu.Unlock()
	}
}

func decode(t *testing.T, message []byte) []got {
	t.Helper()
	var frames []got
	for line := range strings.SplitSeq(string(message), "\n") {
		var f got
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Errorf("frame %q: %v", line, err)
		}
		frames = append(frames, f)
	}
	return frames
}

// all returns the frames so far without heartbeats.
func (p *page) all() []got {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.frames), func(f got) bool { return f.Heads != nil })
}

func (p *page) heartbeats() []got {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.frames), func(f got) bool { return f.Heads == nil })
}

// forget empties the page, for the next step of a test.
func (p *page) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames, p.messages = nil, nil
}

func (p *page) closedWith() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil {
		return 0
	}
	return p.end.Code
}

var element = regexp.MustCompile(`<i id="([^"]+)" v="(\d+)">`)

// shows returns subject → version of a frame.
func (f got) shows() map[string]int64 {
	state := make(map[string]int64)
	for _, m := range element.FindAllStringSubmatch(f.HTML, -1) {
		state[m[1]], _ = strconv.ParseInt(m[2], 10, 64)
	}
	return state
}

// inBubble runs a test on a fake clock, with one hub that is shut down at the
// end.
func inBubble(t *testing.T, test func(t *testing.T, s *fakeSource, h *Hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSource()
		h := startHub(t, Config{Source: s})
		test(t, s, h)
	})
}

// startHub starts a hub and shuts it down at the end of the test.
func startHub(t *testing.T, cfg Config) *Hub {
	t.Helper()
	if cfg.Bus == nil {
		cfg.Bus = NewMemoryBus()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	h := NewHub(cfg)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := cfg.Bus.Close(); err != nil {
			t.Errorf("closing the bus: %v", err)
		}
	})
	return h
}

// at subscribes to one topic.
func at(key Key, topic string, since int64) Subscriber {
	return Subscriber{Session: "s1", Person: "p1", Key: key, Topics: []Subscription{{topic, since}}}
}

// eventually waits for real time to bring ok about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not after 20 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

const ev = "event:1"
