package live

import "sync/atomic"

// Stats is what the hub has done since it was made. Counts only grow; Sockets
// and Rooms are of this moment.
type Stats struct {
	Sockets    int
	Rooms      int
	Renders    int64 // calls of Source.Render
	Frames     int64 // frames encoded
	Deliveries int64 // frames sent or put into a socket's queue
	Superseded int64 // frames taken out of a queue because a newer one shows the same
	Messages   int64 // websocket messages sent or handed to a writer
	Bytes      int64 // bytes of those messages
	Slow       int64 // sockets closed because their queue was full
	Evicted    int64 // sockets closed because the person opened too many
	Refused    int64 // sockets not let in
	Revoked    int64 // sockets closed because session or right was lost
	CatchUps   int64 // joins that were given what they had missed
	Resets     int64 // frames that ask to fetch the page again, counted once per socket
	Heals      int64 // topics whose message was lost and that the poll brought up to date
	Failures   int64 // renders or log reads that failed
	Bus        BusStats
}

type counters struct {
	renders, frames, deliveries, superseded, messages, bytes,
	slow, evicted, refused, revoked,
	catchUps, resets, heals, failures atomic.Int64
}

// countMessage counts what goes to one socket.
func (h *Hub) countMessage(p packet) {
	h.count.messages.Add(1)
	h.count.bytes.Add(int64(len(p.text)))
}

// Stats returns what the hub has done so far.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	sockets, rooms := len(h.conns), len(h.rooms)
	h.mu.RUnlock()
	n := &h.count
	return Stats{
		Sockets:    sockets,
		Rooms:      rooms,
		Renders:    n.renders.Load(),
		Frames:     n.frames.Load(),
		Deliveries: n.deliveries.Load(),
		Superseded: n.superseded.Load(),
		Messages:   n.messages.Load(),
		Bytes:      n.bytes.Load(),
		Slow:       n.slow.Load(),
		Evicted:    n.evicted.Load(),
		Refused:    n.refused.Load(),
		Revoked:    n.revoked.Load(),
		CatchUps:   n.catchUps.Load(),
		Resets:     n.resets.Load(),
		Heals:      n.heals.Load(),
		Failures:   n.failures.Load(),
		Bus:        h.cfg.Bus.Stats(),
	}
}
