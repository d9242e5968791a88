package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// slots divides a period, so that the sockets' heartbeats and rechecks and the
// rooms' clocks do not all come at once.
const slots = 20

// inFlight is how long a poll waits before it calls a message lost: it may have
// read the head of an act that is about to be announced.
const inFlight = 50 * time.Millisecond

// gapPause gathers gaps before one poll answers all of them: a thousand
// subscriptions come back one by one.
const gapPause = 200 * time.Millisecond

// each calls fn for slot after slot, all of them once in every period.
func (h *Hub) each(period time.Duration, fn func(slot int)) {
	ticker := time.NewTicker(max(period/slots, time.Millisecond))
	defer ticker.Stop()
	for slot := 0; ; slot = (slot + 1) % slots {
		select {
		case <-ticker.C:
			fn(slot)
		case <-h.ctx.Done():
			return
		}
	}
}

// polling asks for the heads of all rooms again and again: what the bus lost is
// found here. It also gives up rooms that nobody is in any more.
func (h *Hub) polling() {
	ticker := time.NewTicker(h.cfg.Poll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-h.gapped:
			sleep(h.ctx, gapPause)
		case <-h.ctx.Done():
			return
		}
		select {
		case <-h.gapped:
		default:
		}
		if err := h.poll(); err != nil && h.ctx.Err() == nil {
			h.complain("cannot poll; lost messages are not found", "err", err)
		}
		h.sweep()
	}
}

func (h *Hub) poll() error {
	counted, board := h.allRooms()
	var heads, events map[string]int64
	var err error
	if len(counted) > 0 {
		topics := make([]string, len(counted))
		for i, r := range counted {
			topics[i] = r.topic
		}
		if heads, err = h.heads(h.forRooms, topics); err != nil {
			return err
		}
	}
	if board != nil {
		if events, err = h.heads(h.forRooms, []string{TopicBoard}); err != nil {
			return err
		}
	}
	sleep(h.ctx, inFlight)
	for _, r := range counted {
		r.found(heads)
	}
	if board != nil {
		board.found(events)
	}
	return nil
}

// allRooms returns the rooms of counted topics, and that of the board or nil.
func (h *Hub) allRooms() (counted []*room, board *room) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for topic, r := range h.rooms {
		if topic == TopicBoard {
			board = r
		} else {
			counted = append(counted, r)
		}
	}
	return counted, board
}

// sweep gives up rooms that have been empty for a while. Not at once: a person
// who goes from page to page leaves and joins the same topics.
func (h *Hub) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic, r := range h.rooms {
		r.flights.forgetOld()
		if r.sockets == 0 && time.Since(r.idleSince) > h.cfg.Idle {
			delete(h.rooms, topic)
			h.cfg.Bus.Unwatch(topic)
		}
	}
}

// ticking lets the rooms show what changes with time alone.
func (h *Hub) ticking() {
	h.each(h.cfg.Clock, func(slot int) {
		h.mu.RLock()
		rooms := slices.Collect(maps.Values(h.rooms))
		h.mu.RUnlock()
		for _, r := range rooms {
			if r.slot == slot {
				r.tick()
			}
		}
	})
}

// beating sends heartbeats. They tell the page that the path is alive, and
// where its topics stand.
func (h *Hub) beating() {
	h.each(h.cfg.Heartbeat, func(slot int) {
		now := time.Now()
		frames := make(map[string]*frame) // sockets of the same topics share one
		for _, c := range h.inSlot(slot) {
			rooms := c.in()
			name := names(rooms)
			f := frames[name]
			if f == nil {
				f = h.heartbeat(rooms, now)
				frames[name] = f
			}
			c.push(f)
		}
	})
}

func names(rooms []*room) string {
	var b strings.Builder
	for _, r := range rooms {
		b.WriteString(r.topic)
		b.WriteByte(' ')
	}
	return b.String()
}

// heartbeat tells what is in the queues already, not what exists: a page that
// is behind it has lost something.
func (h *Hub) heartbeat(rooms []*room, now time.Time) *frame {
	heads := make(map[string]int64, len(rooms))
	for _, r := range rooms {
		if seq, counted := r.lastSeq(); counted {
			heads[r.topic] = seq
		}
	}
	return heartbeatFrame(heads, now)
}

// beat answers a page that asks whether we are there.
func (c *Conn) beat() { c.push(c.hub.heartbeat(c.in(), time.Now())) }

// rechecking closes the sockets whose session ended or whose rights were lost
// without a word, or whose word was lost on the bus.
func (h *Hub) rechecking() {
	h.each(h.cfg.Recheck, func(slot int) {
		answers := make(map[string]error) // the tabs of one session share a question
		for _, c := range h.inSlot(slot) {
			name := strings.Join([]string{c.sub.Session, c.sub.Key.View, names(c.in())}, "\n")
			err, asked := answers[name]
			if !asked {
				err = h.allowed(h.forJoins, c.sub)
				answers[name] = err
			}
			var why *CloseError
			if errors.As(err, &why) {
				h.count.revoked.Add(1)
				c.close(why)
			} else if errors.Is(err, context.DeadlineExceeded) {
				return // the database has other worries
			}
		}
	})
}

func (h *Hub) inSlot(slot int) []*Conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var conns []*Conn
	for c := range h.conns {
		if c.slot == slot {
			conns = append(conns, c)
		}
	}
	return conns
}

// countJoin counts what a join was given.
func (h *Hub) countJoin(f *frame) {
	if f.reset {
		h.count.resets.Add(1)
	} else {
		h.count.catchUps.Add(1)
	}
}
