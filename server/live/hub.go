package live

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a hub needs. Bus and Source are required; a zero elsewhere
// stands for the value named.
type Config struct {
	Bus    Bus
	Source Source
	Logger *slog.Logger // slog.Default()

	Instance string // name of this instance among all on the bus; by chance

	Heartbeat  time.Duration // to each socket; 15 s
	Poll       time.Duration // of the heads of all watched topics; 2 s
	Clock      time.Duration // of what changes with time alone; 20 s
	Recheck    time.Duration // of each socket's session and rights; 30 s
	BoardPause time.Duration // between two renderings of the board; 100 ms
	Idle       time.Duration // that a topic without sockets is still watched; 30 s
	Timeout    time.Duration // of one question to the Source; 5 s

	Queue        int // frames that wait for one socket before it counts as too slow; 64
	MaxCatchUp   int // changes that are replayed to a page before it is fetched again instead; 200
	MaxPerPerson int // sockets; the oldest makes room for a newer one; 8
	MaxSockets   int // on this instance; 10,000
	Questions    int // put to the Source at the same time for rooms, and as many for joins; 4

	Origins []string // hosts that may open sockets besides the one asked for, as "host[:port]"

	// OnFrame is told how long a change took from the hub's knowing of it to the
	// frame in the queues. It must not block.
	OnFrame func(time.Duration)
}

func (c *Config) setDefaults() {
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Instance = cmp.Or(c.Instance, crand.Text())
	c.Heartbeat = cmp.Or(c.Heartbeat, 15*time.Second)
	c.Poll = cmp.Or(c.Poll, 2*time.Second)
	c.Clock = cmp.Or(c.Clock, 20*time.Second)
	c.Recheck = cmp.Or(c.Recheck, 30*time.Second)
	c.BoardPause = cmp.Or(c.BoardPause, 100*time.Millisecond)
	c.Idle = cmp.Or(c.Idle, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
	c.Queue = cmp.Or(c.Queue, 64)
	c.MaxCatchUp = cmp.Or(c.MaxCatchUp, 200)
	c.MaxPerPerson = cmp.Or(c.MaxPerPerson, 8)
	c.MaxSockets = cmp.Or(c.MaxSockets, 10_000)
	c.Questions = cmp.Or(c.Questions, 4)
	if c.OnFrame == nil {
		c.OnFrame = func(time.Duration) {}
	}
}

// Hub shows changes to the sockets of this instance.
type Hub struct {
	cfg    Config
	log    *slog.Logger
	count  counters
	ctx    context.Context // ends with Shutdown, or with the context of Start
	cancel context.CancelFunc
	gapped chan struct{} // messages may have been missed: poll now
	breath *breath

	complained atomic.Int64 // when, in ns

	forRooms lane // questions whose answers many people wait for
	forJoins lane // questions that come in crowds after an outage

	life    sync.Mutex
	stopped bool
	work    sync.WaitGroup // loops and room workers

	mu       sync.RWMutex
	rooms    map[string]*room
	conns    map[*Conn]struct{}
	sessions index
	persons  index
	closing  bool
	empty    chan struct{} // closed when closing and the last socket has left
}

// NewHub returns a hub that has not started.
func NewHub(cfg Config) *Hub {
	cfg.setDefaults()
	h := &Hub{
		cfg:      cfg,
		log:      cfg.Logger,
		gapped:   make(chan struct{}, 1),
		breath:   newBreath(),
		forRooms: make(lane, cfg.Questions),
		forJoins: make(lane, cfg.Questions),
		rooms:    make(map[string]*room),
		conns:    make(map[*Conn]struct{}),
		sessions: make(index),
		persons:  make(index),
		empty:    make(chan struct{}),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Start begins to listen to the bus and to keep time. The end of ctx stops the
// hub without good-byes; Shutdown is the polite way.
func (h *Hub) Start(ctx context.Context) error {
	context.AfterFunc(ctx, h.cancel)
	if err := h.cfg.Bus.Start(h.ctx, h.deliver, h.gap); err != nil { //nolint:contextcheck // ends with ctx, and with Shutdown
		return err
	}
	for _, loop := range []func(){h.polling, h.ticking, h.beating, h.rechecking} {
		if !h.begin() {
			break
		}
		go func() {
			defer h.work.Done()
			loop()
		}()
	}
	return nil
}

// Announce tells everybody that a topic moved on. The store calls it after each
// commit. It returns at once: sockets here hear of it directly, those of other
// instances through the bus.
func (h *Hub) Announce(m Message) {
	m.Origin = h.cfg.Instance
	h.offer(m)
	h.cfg.Bus.Publish(m)
	if b, ok := boardMessage(m); ok {
		h.offer(b)
		h.cfg.Bus.Publish(b)
	}
}

// deliver takes a message from the bus.
func (h *Hub) deliver(m Message) {
	switch {
	case m.Origin == h.cfg.Instance: // our own echo
	case m.Topic == topicControl:
		h.obey(m.Close)
	default:
		h.offer(m)
	}
}

// offer gives a message to the room of its topic, when somebody is in it.
func (h *Hub) offer(m Message) {
	h.mu.RLock()
	r := h.rooms[m.Topic]
	h.mu.RUnlock()
	if r != nil {
		r.offer(m)
	}
}

// gap notes that messages may have been missed.
func (h *Hub) gap() {
	select {
	case h.gapped <- struct{}{}:
	default:
	}
}

// CloseSession closes the sockets of a session that has ended, on all instances.
func (h *Hub) CloseSession(id string) { h.closeAll(sessionPrefix + id) }

// ClosePerson closes all sockets of a person whose rights were changed, on all
// instances. The pages are then fetched again.
func (h *Hub) ClosePerson(id string) { h.closeAll(personPrefix + id) }

func (h *Hub) closeAll(whose string) {
	h.obey(whose)
	h.cfg.Bus.Publish(Message{Topic: topicControl, Close: whose, Origin: h.cfg.Instance})
}

// obey closes the sockets of "session:<id>" or "person:<id>" here.
func (h *Hub) obey(whose string) {
	var conns []*Conn
	why := errEnded
	h.mu.RLock()
	if id, ok := strings.CutPrefix(whose, sessionPrefix); ok {
		conns = slices.Clone(h.sessions[id])
	} else if id, ok := strings.CutPrefix(whose, personPrefix); ok {
		conns = slices.Clone(h.persons[id])
		why = errRights
	}
	h.mu.RUnlock()
	for _, c := range conns {
		h.count.revoked.Add(1)
		c.close(why)
	}
}

// Join lets a socket in. What it missed since Subscription.Since waits in its
// queue, followed by a heartbeat and whatever happened meanwhile, without a gap.
// It may take as long as a few questions to the Source. The caller must call
// Conn.Leave. The error is a *CloseError to close the websocket with.
func (h *Hub) Join(sub Subscriber) (*Conn, error) {
	c := &Conn{hub: h, sub: sub, slot: rand.IntN(slots)}
	if err := h.register(c); err != nil {
		h.count.refused.Add(1)
		return nil, err
	}
	if err := h.settle(c); err != nil {
		h.count.refused.Add(1)
		c.Leave()
		return nil, err
	}
	return c, nil
}

// settle takes a registered socket into its rooms. Rights are asked for after
// CloseSession can find the socket: an end of the session between the caller's
// check and now is not missed.
func (h *Hub) settle(c *Conn) error {
	if err := h.allowed(h.forJoins, c.sub); err != nil {
		return h.refusal(err)
	}
	var missed []*frame
	for _, s := range c.sub.Topics {
		r := h.enter(s.Topic)
		c.entered(r)
		frames, err := r.join(c, s.Since)
		if err != nil {
			return h.refusal(err)
		}
		missed = append(missed, frames...)
	}
	c.first(missed)
	c.beat()
	return c.closed()
}

// refusal turns a failed question into an answer for the page.
func (h *Hub) refusal(err error) error {
	var closed *CloseError
	if errors.As(err, &closed) {
		return closed
	}
	h.complain("socket refused", "err", err)
	return errNoAnswer
}

// register makes the socket known, so that it can be counted and closed.
func (h *Hub) register(c *Conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return errRestart
	}
	if len(h.conns) >= h.cfg.MaxSockets {
		return errNoRoom
	}
	h.conns[c] = struct{}{}
	h.sessions.add(c.sub.Session, c)
	if mine := h.persons[c.sub.Person]; c.sub.Person != "" && len(mine) >= h.cfg.MaxPerPerson {
		// The oldest goes, not the newest: it may be half-open, or a forgotten tab.
		h.count.evicted.Add(1)
		mine[0].close(errTooMany)
		h.persons.remove(c.sub.Person, mine[0])
	}
	h.persons.add(c.sub.Person, c)
	return nil
}

// enter returns the room of a topic, opened for one more socket.
func (h *Hub) enter(topic string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[topic]
	if r == nil {
		r = newRoom(h, topic)
		h.rooms[topic] = r
		h.cfg.Bus.Watch(topic)
	}
	r.sockets++
	return r
}

// unregister forgets a socket that has left its rooms.
func (h *Hub) unregister(c *Conn, rooms []*room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range rooms {
		r.sockets--
		r.idleSince = time.Now()
	}
	h.sessions.remove(c.sub.Session, c)
	h.persons.remove(c.sub.Person, c)
	delete(h.conns, c)
	if h.closing && len(h.conns) == 0 {
		close(h.empty)
	}
}

// Shutdown lets nobody in any more, asks all pages to come back later, waits
// until they have gone, and stops. The bus stays open: acts still under way
// announce themselves to the other instances. When ctx ends before all have
// gone, Shutdown returns its error; the hub has stopped then, too.
func (h *Hub) Shutdown(ctx context.Context) error {
	err := h.sendAway(ctx)
	h.cancel()
	h.life.Lock()
	h.stopped = true
	h.life.Unlock()
	h.work.Wait()
	h.breath.close()
	return err
}

func (h *Hub) sendAway(ctx context.Context) error {
	h.mu.Lock()
	if !h.closing {
		h.closing = true
		if len(h.conns) == 0 {
			close(h.empty)
		}
	}
	for c := range h.conns {
		c.close(errRestart)
	}
	h.mu.Unlock()
	select {
	case <-h.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// complain logs a warning, at most one in a second: while the database is away
// every room and every socket has one.
func (h *Hub) complain(what string, args ...any) {
	now, last := time.Now().UnixNano(), h.complained.Load()
	if now-last >= int64(time.Second) && h.complained.CompareAndSwap(last, now) {
		h.log.Warn("live: "+what, args...)
	}
}

// begin counts one more goroutine, unless the hub has stopped. Its end must call
// h.work.Done.
func (h *Hub) begin() bool {
	h.life.Lock()
	defer h.life.Unlock()
	if h.stopped {
		return false
	}
	h.work.Add(1)
	return true
}

// index finds sockets by a name, the oldest first.
type index map[string][]*Conn

func (x index) add(name string, c *Conn) {
	if name != "" {
		x[name] = append(x[name], c)
	}
}

func (x index) remove(name string, c *Conn) {
	i := slices.Index(x[name], c)
	if i < 0 {
		return
	}
	if x[name] = slices.Delete(x[name], i, i+1); len(x[name]) == 0 {
		delete(x, name)
	}
}
