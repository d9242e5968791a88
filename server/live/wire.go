package live

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"time"

	fastws "github.com/fasthttp/websocket"
)

// packet is one websocket message as it goes over the wire. It is encoded once,
// shared by all sockets, and never changed.
type packet struct {
	text []byte // the message, a part of wire
	wire []byte
	ping bool // the page's machine has to answer, whatever its scripts do
}

// Opcodes of RFC 6455 §5.2, of frames that are a message of their own.
const (
	opText  = 0x81
	opClose = 0x88
	opPing  = 0x89
	opPong  = 0x8a
)

// headRoom is what the head of a frame takes at most: servers mask nothing.
const headRoom = 10

// newPacket packs a message, followed by a ping if wanted.
func newPacket(text []byte, ping bool) packet {
	wire := make([]byte, 0, headRoom+len(text)+2)
	wire = appendHead(wire, opText, len(text))
	from := len(wire)
	wire = append(wire, text...)
	p := packet{text: wire[from:len(wire):len(wire)], ping: ping}
	if ping {
		wire = appendHead(wire, opPing, 0)
	}
	p.wire = wire
	return p
}

func appendHead(b []byte, op byte, size int) []byte {
	switch {
	case size < 126:
		return append(b, op, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, op, 126), uint16(size)) //nolint:gosec // it fits
	}
	return binary.BigEndian.AppendUint64(append(b, op, 127), uint64(size)) //nolint:gosec // lengths are not negative
}

// control is a close, ping or pong (§5.5). What does not fit into one is cut off.
func control(op byte, payload []byte) []byte {
	payload = payload[:min(len(payload), 125)]
	return append(appendHead(make([]byte, 0, 2+len(payload)), op, len(payload)), payload...)
}

// taken is how much of a packet went out at once.
type taken int

const (
	takenNone taken = iota
	takenSome       // the rest follows with the next write
	takenAll
)

// wire is the sending side of a websocket. Everything that is sent goes through
// it, in whole frames, so that those of several senders do not mix. The websocket
// package only reads: a message of its own costs a deadline and two buffers.
type wire struct {
	conn net.Conn
	raw  syscall.RawConn // nil: it cannot be asked to take what fits
	fill func(fd uintptr)

	mu    sync.Mutex
	ended bool   // a close was sent: nothing may follow
	rest  []byte // of a packet that was taken in part
	b     []byte // what fill writes
	n     int    // how much of it fill wrote
}

func newWire(conn net.Conn) *wire {
	w := &wire{conn: conn}
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		w.conn = hijacked.UnsafeConn() // writes pass through it unchanged
	}
	if c, ok := w.conn.(syscall.Conn); ok && canFill {
		if raw, err := c.SyscallConn(); err == nil {
			w.raw, w.fill = raw, w.fillNow
		}
	}
	return w
}

// try sends what the system takes without waiting. After takenSome, write must be
// called soon, with nothing if nothing else is to be sent.
func (w *wire) try(b []byte) taken {
	if w.raw == nil || !w.mu.TryLock() {
		return takenNone
	}
	defer w.mu.Unlock()
	if w.ended || len(w.rest) > 0 {
		return takenNone
	}
	w.b, w.n = b, 0
	// Not raw.Write, which would wait for whoever else writes: the websocket package
	// says good-bye by itself to a page that breaks the protocol.
	_ = w.raw.Control(w.fill) // what fails here fails in write, which says so
	w.b = nil
	switch {
	case w.n <= 0:
		return takenNone
	case w.n < len(b):
		w.rest = b[w.n:]
		return takenSome
	}
	return takenAll
}

// write sends b after what try left over, and waits until it is taken.
func (w *wire) write(b []byte, patience time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush(b, patience)
}

// end sends a close, the first time it is called.
func (w *wire) end(payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	err := w.flush(control(opClose, payload), farewell)
	w.ended = true
	return err
}

// flush is write with w.mu held.
func (w *wire) flush(b []byte, patience time.Duration) error {
	if w.ended {
		return fastws.ErrCloseSent
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for _, b := range [][]byte{w.rest, b} {
		if len(b) == 0 {
			continue
		}
		if _, err := w.conn.Write(b); err != nil {
			return err
		}
	}
	w.rest = nil
	return nil
}
