package live

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// maxFailures is how many renderings in a row may fail before the pages are told
// to fetch themselves again instead.
const maxFailures = 5

// room gathers the sockets of one topic. While there is something to show, one
// worker goroutine renders it, once for each key; what arrives meanwhile is
// rendered together in its next round.
type room struct {
	hub   *Hub
	topic string
	slot  int // when its clock is due
	feed  feed

	sockets   int       // guarded by hub.mu
	idleSince time.Time // likewise: when the last socket left

	flights flights // what joins ask for, shared by all who ask for the same

	// members is held while a frame goes to all sockets, so that whoever joins or
	// beats meanwhile is before or after it. It is taken before mu.
	members sync.Mutex
	groups  map[Key]*group

	mu       sync.Mutex // never held for long: acts wait for it
	open     bool       // it is known where the topic stands
	clockDue bool
	running  bool      // the worker is at it
	asked    time.Time // when the oldest thing that waits became known
	failures int       // renderings that failed in a row
}

// group is the sockets that one rendering serves.
type group struct {
	conns   map[*Conn]int64 // the change that the page came with, where the room is not there yet; else 0
	clock   []byte          // what Source.Clock said last; all conns have it
	clocked time.Time       // when it was asked
}

// feed is what a room has to show: the changes of a counted topic, or the cards
// of the board. The room's mu is held where nothing else is said.
type feed interface {
	// opened says where the topic stands now.
	opened(heads map[string]int64)
	// offer takes a message.
	offer(m Message)
	// found takes what a poll found, and reports whether a message was lost.
	found(heads map[string]int64) bool
	// waiting reports whether there is something to show.
	waiting() bool
	// next takes what is to be shown now; ok is false when it is nothing. Called
	// without the lock: it may ask the Source.
	next() (b batch, ok bool, err error)
	// shown says that b is in all queues, failed that it could not be rendered.
	shown(b batch)
	failed(b batch)
	// missed returns what a socket needs that shows the topic as of since and was
	// added to the room as of joined. Called without the lock.
	missed(key Key, since, joined int64) (*frame, error)
	// seq is the last change that was shown; 0 for the board.
	seq() int64
}

// batch is what is shown in one go.
type batch struct {
	seq      int64
	subjects []string
	all      bool // everything; subjects is nil
	reset    bool // too much to render: pages are fetched again
}

func newRoom(h *Hub, topic string) *room {
	r := &room{hub: h, topic: topic, slot: rand.IntN(slots), groups: make(map[Key]*group), idleSince: time.Now()}
	if topic == TopicBoard {
		r.feed = &board{r: r}
	} else {
		r.feed = &counted{r: r}
	}
	return r
}

// join adds a socket and returns what has to come first in its queue.
func (r *room) join(c *Conn, since int64) ([]*frame, error) {
	if err := r.ensureOpen(); err != nil {
		return nil, err
	}
	joined := r.add(c, since)
	var first []*frame
	f, err := r.feed.missed(c.sub.Key, since, joined)
	if err != nil {
		return nil, err
	}
	if f != nil {
		if f.reset {
			r.fetched(c, joined, f.seq)
		}
		r.hub.countJoin(f)
		first = append(first, f)
	}
	if f := r.currentClock(c.sub.Key, joined); f != nil {
		first = append(first, f)
	}
	return first, nil
}

// ensureOpen reads where the topic stands, before the first socket is added.
func (r *room) ensureOpen() error {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	if open {
		return nil
	}
	_, err := r.flights.do(flight{what: opening}, func() (*frame, error) {
		heads, err := r.hub.heads(r.hub.forJoins, []string{r.topic})
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.open { // a later question was answered earlier; sockets are here already
			return nil, nil
		}
		r.feed.opened(heads)
		r.open = true
		r.work()
		return nil, nil
	})
	return err
}

// add adds a socket and returns the last change that it will not find in its
// queue. What is shown from here on, it will; a page that saw more at another
// instance than this room has shown is passed over until the room is beyond it.
func (r *room) add(c *Conn, since int64) (joined int64) {
	r.members.Lock()
	defer r.members.Unlock()
	g := r.groups[c.sub.Key]
	if g == nil {
		g = &group{conns: make(map[*Conn]int64)}
		r.groups[c.sub.Key] = g
	}
	joined = r.now()
	if since <= joined {
		since = 0
	}
	g.conns[c] = since
	return joined
}

// fetched says that the socket's page is fetched again as of seq, whatever it came
// with: it counted changes that the database has lost.
func (r *room) fetched(c *Conn, joined, seq int64) {
	if seq <= joined {
		seq = 0
	}
	r.members.Lock()
	defer r.members.Unlock()
	if g := r.groups[c.sub.Key]; g != nil {
		if _, here := g.conns[c]; here {
			g.conns[c] = seq
		}
	}
}

// now is the last change that is with all sockets, as long as members is held.
func (r *room) now() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.feed.seq()
}

func (r *room) remove(c *Conn) {
	r.members.Lock()
	defer r.members.Unlock()
	g := r.groups[c.sub.Key]
	if g == nil {
		return
	}
	delete(g.conns, c)
	if len(g.conns) == 0 {
		delete(r.groups, c.sub.Key)
	}
}

// offer takes a message. It never blocks.
func (r *room) offer(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.feed.offer(m)
	r.work()
}

// found takes what a poll found.
func (r *room) found(heads map[string]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.open {
		return
	}
	if r.feed.found(heads) {
		r.hub.count.heals.Add(1)
	}
	r.work()
}

// tick asks for what changed with time.
func (r *room) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clockDue = true
	r.work()
}

// work starts the worker when there is work and it is not at it. r.mu is held.
func (r *room) work() {
	if !r.open || !r.clockDue && !r.feed.waiting() {
		return
	}
	if r.asked.IsZero() && r.feed.waiting() {
		r.asked = time.Now()
	}
	if r.running || !r.hub.begin() {
		return
	}
	r.running = true
	go r.run()
}

// run works until nothing is left. After a failure it ends as well: the next
// message or poll starts it again.
func (r *room) run() {
	defer r.hub.work.Done()
	for {
		r.mu.Lock()
		show, clock := r.feed.waiting(), r.clockDue
		if !show && !clock || r.hub.ctx.Err() != nil {
			r.running = false
			r.mu.Unlock()
			return
		}
		r.clockDue = false
		r.mu.Unlock()

		var err error
		if show {
			err = r.showNext()
		}
		if clock {
			r.showClock()
		}
		if err != nil {
			r.mu.Lock()
			r.running = false
			r.mu.Unlock()
			return
		}
	}
}

func (r *room) showNext() error {
	r.mu.Lock()
	asked := r.asked
	r.asked = time.Time{}
	r.mu.Unlock()

	b, ok, err := r.feed.next()
	if err == nil && ok {
		err = r.show(b)
	}
	switch {
	case err != nil:
		r.mu.Lock()
		r.asked = asked
		r.mu.Unlock()
		if r.hub.ctx.Err() == nil {
			r.hub.count.failures.Add(1)
			r.hub.complain("change not shown yet", "topic", r.topic, "err", err)
		}
	case ok && !asked.IsZero():
		r.hub.cfg.OnFrame(time.Since(asked))
	}
	return err
}

// show renders b for each key in the room and sends the frames.
func (r *room) show(b batch) error {
	frames := make(map[Key]*frame)
	for {
		missing := r.deliver(b, frames)
		if len(missing) == 0 {
			return nil
		}
		// A socket with a new key may join while we render: it is counted as
		// being at the old seq, so it must get this batch, too.
		if err := r.renderAll(b, missing, frames); err != nil {
			r.mu.Lock()
			r.feed.failed(b)
			r.mu.Unlock()
			return err
		}
	}
}

// missing returns the keys that have no frame yet. r.members is held.
func (r *room) missing(frames map[Key]*frame) []Key {
	return slices.DeleteFunc(slices.Collect(maps.Keys(r.groups)), func(k Key) bool {
		_, ok := frames[k]
		return ok
	})
}

// renderAll adds the frames of keys. When some keys cannot be rendered while
// others can, theirs is a reset: a broken template must not hold up the rest.
// When none can, it returns the error and the batch is tried again later.
func (r *room) renderAll(b batch, keys []Key, frames map[Key]*frame) error {
	var failed error
	for _, key := range keys {
		f, err := r.renderKey(b, key)
		if err != nil {
			failed = err
			continue
		}
		frames[key] = f
	}
	if failed == nil {
		return nil
	}
	if len(frames) == 0 && r.mayFailAgain() {
		return failed
	}
	r.hub.complain("cannot render; pages are fetched again", "topic", r.topic, "subjects", b.subjects, "err", failed)
	for _, key := range keys {
		if _, ok := frames[key]; !ok {
			frames[key] = resetFrame(r.topic, b.seq)
		}
	}
	return nil
}

func (r *room) mayFailAgain() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures++
	return r.failures < maxFailures
}

func (r *room) renderKey(b batch, key Key) (*frame, error) {
	if b.reset {
		return resetFrame(r.topic, b.seq), nil
	}
	html, err := r.hub.render(r.hub.forRooms, r.topic, key, b.subjects, b.seq)
	switch {
	case err != nil:
		return nil, err
	case b.all:
		return wholeFrame(r.topic, html), nil
	case len(html) == 0 && b.seq == 0:
		return nil, nil // the board has nothing for this key
	}
	return fragmentsFrame(r.topic, b.seq, b.subjects, html), nil
}

// deliver sends the frames and moves the room on, unless sockets of other keys
// are here, which it returns.
func (r *room) deliver(b batch, frames map[Key]*frame) (missing []Key) {
	r.members.Lock()
	defer r.members.Unlock()
	if missing = r.missing(frames); len(missing) > 0 {
		return missing
	}
	for key, g := range r.groups {
		r.push(g, frames[key], b.seq)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.feed.shown(b)
	r.failures = 0
	return nil
}

// push sends one frame to a group; seq is the change that it ends with, 0 where
// that is not counted. What changes while that takes its time is shown together
// in the next round. r.members is held.
func (r *room) push(g *group, f *frame, seq int64) {
	if f == nil || len(g.conns) == 0 {
		return
	}
	var sent int64
	for c, ahead := range g.conns {
		if seq > 0 && ahead > 0 {
			if seq >= ahead {
				g.conns[c] = 0
			}
			if seq <= ahead {
				continue
			}
		}
		if sent++; sent%breathEvery == 0 {
			r.hub.breath.take()
		}
		c.push(f)
	}
	r.hub.count.frames.Add(1)
	r.hub.count.deliveries.Add(sent)
	if f.reset {
		r.hub.count.resets.Add(sent)
	}
}

// showClock sends what changed with time alone, for each key.
func (r *room) showClock() {
	r.members.Lock()
	keys := slices.Collect(maps.Keys(r.groups))
	r.members.Unlock()
	for _, key := range keys {
		if err := r.refreshClock(r.hub.forRooms, key); err != nil { // the next tick tries again
			r.hub.complain("clock not shown", "topic", r.topic, "err", err)
		}
	}
}

// refreshClock asks for what changes with time, and shows it to the key's
// sockets when it differs from what they have.
func (r *room) refreshClock(l lane, key Key) error {
	begun := time.Now()
	html, err := r.hub.clock(l, r.topic, key)
	if err != nil {
		return err
	}
	r.members.Lock()
	defer r.members.Unlock()
	g := r.groups[key]
	if g == nil || g.clocked.After(begun) {
		return nil
	}
	g.clocked = begun
	if !bytes.Equal(html, g.clock) {
		g.clock = html
		r.push(g, r.clockFrame(g), 0)
	}
	return nil
}

// currentClock returns what a joining page needs besides the changes: it may be
// an hour old although nothing changed since, and the clock is shown again only
// when it differs from what the other sockets have.
func (r *room) currentClock(key Key, joined int64) *frame {
	_, err := r.flights.do(flight{what: clocking, key: key}, func() (*frame, error) {
		return nil, r.refreshClock(r.hub.forJoins, key)
	})
	if err != nil {
		r.hub.complain("clock not shown", "topic", r.topic, "err", err)
	}
	r.members.Lock()
	defer r.members.Unlock()
	g := r.groups[key]
	if g == nil || len(g.clock) == 0 {
		return nil
	}
	// Not feed.seq(): the changes since joined wait in the queue, and a page that breaks off before them must ask for them.
	return tickingFrame(r.topic, joined, g.clock)
}

// clockFrame returns what the clock of a group says, or nil. r.members is held.
func (r *room) clockFrame(g *group) *frame {
	if len(g.clock) == 0 {
		return nil
	}
	return tickingFrame(r.topic, r.now(), g.clock)
}

// lastSeq returns the last change that is in the queues; counted is false for
// the board, which has none.
func (r *room) lastSeq() (seq int64, counted bool) {
	r.members.Lock()
	defer r.members.Unlock()
	return r.now(), r.topic != TopicBoard
}
