package live

import (
	"errors"
	"slices"
	"sync"
)

// maxMessage is about how many bytes of waiting frames one websocket message
// carries.
const maxMessage = 64 << 10

// ErrIdle is what Conn.Next returns when nothing waits. The writer then ends;
// the next frame starts another one.
var ErrIdle = errors.New("live: nothing to write")

// Subscriber is who opens a socket and what for. The caller has checked that
// the session is alive and may see the topics.
type Subscriber struct {
	Session string // closed by CloseSession; "": none
	Person  string // closed by ClosePerson, counted by Config.MaxPerPerson; "": nobody, not counted
	Key     Key
	Topics  []Subscription
}

// Conn is the hub's end of one socket: a bounded queue of frames. The hub never
// sees the websocket; who owns that takes messages out with Next.
type Conn struct {
	hub  *Hub
	sub  Subscriber
	slot int // when its heartbeat and recheck are due

	mu      sync.Mutex
	rooms   []*room
	queue   []*frame
	drain   func()
	try     func(b []byte) taken
	left    bool        // some of a packet: a writer has to send the rest
	writing bool        // a writer is at work
	end     *CloseError // set once; nothing is queued after it
	writers sync.WaitGroup
	leave   sync.Once
}

// Attach names the writer. It is started in a goroutine of its own whenever
// something waits and no writer is at work, so an idle socket needs none. It
// must call Next until that returns an error.
//
// What try takes while nothing waits needs no writer; nil takes nothing. It must
// not block.
func (c *Conn) Attach(drain func(), try func(b []byte) taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain, c.try = drain, try
	c.wake()
}

// Next returns what waits as one message, frames separated by "\n"; an empty one
// asks the writer to send what try left over. The message may be shared with
// other sockets: write it, do not change it.
//
// It returns ErrIdle when nothing waits, and a *CloseError when the socket has
// to be closed with that code. After either the writer must end.
func (c *Conn) Next() (packet, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return packet{}, c.end // writing stays true: one writer says good-bye, no other starts
	}
	if len(c.queue) == 0 {
		if c.left {
			c.left = false
			return packet{}, nil
		}
		c.writing = false
		c.queue = nil
		return packet{}, ErrIdle
	}
	c.left = false // goes before whatever is written next
	message := c.join()
	c.hub.countMessage(message)
	return message, nil
}

// join takes frames out of the queue. c.mu is held.
func (c *Conn) join() packet {
	n, size := 1, len(c.queue[0].text)
	for n < len(c.queue) && size+1+len(c.queue[n].text) <= maxMessage {
		size += 1 + len(c.queue[n].text)
		n++
	}
	message := c.queue[0].packet
	if n > 1 {
		text, ping := append(make([]byte, 0, size), message.text...), c.queue[0].ping
		for _, f := range c.queue[1:n] {
			text = append(text, '\n')
			text = append(text, f.text...)
			ping = ping || f.ping
		}
		message = newPacket(text, ping)
	}
	clear(c.queue[:n]) // frees the frames while the rest of the queue lives on
	c.queue = c.queue[n:]
	return message
}

// Leave takes the socket out of the hub and waits for its writer to end, so the
// owner must have closed the websocket before, or set a deadline for writes.
// It may be called more than once.
func (c *Conn) Leave() {
	c.leave.Do(func() {
		c.mu.Lock()
		c.drain, c.try = nil, nil // no writer starts from here on
		c.finish(errGone)
		rooms := c.rooms
		c.mu.Unlock()
		c.writers.Wait()
		for _, r := range rooms {
			r.remove(c)
		}
		c.hub.unregister(c, rooms)
	})
}

// push sends a frame, or queues it behind what waits already. It never blocks: a
// socket that does not keep up is closed, and comes back for what it missed.
func (c *Conn) push(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil || c.sent(f) {
		return
	}
	c.supersede(f)
	if len(c.queue) >= c.hub.cfg.Queue {
		c.hub.count.slow.Add(1)
		c.finish(errSlow)
		return
	}
	c.queue = append(c.queue, f)
	c.wake()
}

// sent reports whether a frame could be sent at once. c.mu is held.
func (c *Conn) sent(f *frame) bool {
	if c.try == nil || c.writing || len(c.queue) > 0 {
		return false
	}
	switch c.try(f.wire) {
	case takenNone:
		return false
	case takenSome:
		c.left = true
		c.wake()
	}
	c.hub.countMessage(f.packet)
	return true
}

// first puts frames before everything that was queued since the socket entered
// its rooms, unless that shows the same.
func (c *Conn) first(frames []*frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return
	}
	frames = slices.DeleteFunc(frames, func(old *frame) bool {
		return slices.ContainsFunc(c.queue, func(f *frame) bool { return f.covers(old) })
	})
	c.queue = append(frames, c.queue...)
	c.wake()
}

// supersede drops from the backlog what f shows as well. c.mu is held.
func (c *Conn) supersede(f *frame) {
	kept := c.queue[:0]
	for _, old := range c.queue {
		if !f.covers(old) {
			kept = append(kept, old)
		}
	}
	if dropped := len(c.queue) - len(kept); dropped > 0 {
		clear(c.queue[len(kept):])
		c.queue = kept
		c.hub.count.superseded.Add(int64(dropped))
	}
}

// close asks the writer to close the socket. What still waits is not sent.
func (c *Conn) close(why *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish(why)
}

// finish is close with c.mu held.
func (c *Conn) finish(why *CloseError) {
	if c.end != nil {
		return
	}
	c.end = why
	c.queue = nil
	c.wake()
}

// wake starts a writer when there is work and none is at it. c.mu is held.
func (c *Conn) wake() {
	if c.writing || c.drain == nil || len(c.queue) == 0 && !c.left && c.end == nil {
		return
	}
	c.writing = true
	drain := c.drain
	c.writers.Go(drain)
}

// closed returns why the socket has to be closed, or nil.
func (c *Conn) closed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return c.end
	}
	return nil
}

// entered notes a room, so that Leave and the heartbeat know of it.
func (c *Conn) entered(r *room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms = append(c.rooms, r)
}

// in returns the rooms of the socket.
func (c *Conn) in() []*room {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rooms[:len(c.rooms):len(c.rooms)]
}
