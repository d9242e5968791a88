package live

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	fastws "github.com/fasthttp/websocket"
)

// pipe is a real connection: its buffers fill up.
func pipe(t *testing.T) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return server, client
}

// readFrame reads one unmasked frame as RFC 6455 §5.2 says.
func readFrame(r io.Reader) (op byte, payload []byte, err error) {
	var head [10]byte
	if _, err = io.ReadFull(r, head[:2]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1])
	switch size {
	case 126:
		_, err = io.ReadFull(r, head[2:4])
		size = uint64(binary.BigEndian.Uint16(head[2:4]))
	case 127:
		_, err = io.ReadFull(r, head[2:10])
		size = binary.BigEndian.Uint64(head[2:10])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}

func TestPacket(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 70_000} {
		for _, ping := range []bool{false, true} {
			text := bytes.Repeat([]byte("x"), size)
			p := newPacket(text, ping)
			if !bytes.Equal(p.text, text) {
				t.Errorf("%d: the text became %d bytes", size, len(p.text))
			}
			r := bytes.NewReader(p.wire)
			op, payload, err := readFrame(r)
			if err != nil || op != opText || !bytes.Equal(payload, text) {
				t.Errorf("%d: %x, %d bytes, %v", size, op, len(payload), err)
			}
			if op, payload, err := readFrame(r); ping != (op == opPing) || ping != (err == nil) || len(payload) > 0 {
				t.Errorf("%d: then %x %q %v", size, op, payload, err)
			}
		}
	}
	if _, payload, err := readFrame(bytes.NewReader(control(opPong, make([]byte, 300)))); err != nil || len(payload) != 125 {
		t.Errorf("a long pong: %d %v", len(payload), err)
	}
}

// A peer that reads in fits and starts gets every frame once, whole and in order,
// with pings of somebody else between them, whatever fitted at once.
func TestWireKeepsFramesWhole(t *testing.T) {
	if !canFill {
		t.Skip("everything waits on this system")
	}
	server, client := pipe(t)
	if err := client.(*net.TCPConn).SetReadBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	if err := server.(*net.TCPConn).SetWriteBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	w := newWire(server)
	const frames = 200
	var how [3]int
	sent := 0
	var senders sync.WaitGroup
	senders.Go(func() {
		// A busy machine may read as fast as it writes: go on until each has happened.
		for i := 0; i < frames || i < 100*frames && slices.Contains(how[:], 0); i++ {
			sent++
			p := newPacket(fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", rand.IntN(30_000))), false)
			took := w.try(p.wire)
			how[took]++
			var err error
			switch took {
			case takenNone:
				err = w.write(p.wire, 10*time.Second)
			case takenSome:
				err = w.write(nil, 10*time.Second)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
		if err := w.end(fastws.FormatCloseMessage(CloseRestart, "")); err != nil {
			t.Error(err)
		}
	})
	senders.Go(func() {
		for {
			if err := w.write(control(opPong, []byte("between")), 10*time.Second); errors.Is(err, fastws.ErrCloseSent) {
				return
			} else if err != nil {
				t.Error(err)
				return
			}
			runtime.Gosched()
		}
	})
	next := 0
	for {
		op, payload, err := readFrame(client)
		if err != nil {
			t.Fatalf("after %d frames: %v", next, err)
		}
		if op == opClose {
			break
		}
		if op == opPong {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(string(payload), "%d ", &n); err != nil || op != opText || n != next {
			t.Fatalf("frame %d: %x %.20q", next, op, payload)
		}
		if next++; next%50 == 0 {
			time.Sleep(5 * time.Millisecond) // let it fill up
		}
	}
	senders.Wait()
	if next != sent || how[takenNone] == 0 || how[takenSome] == 0 || how[takenAll] == 0 {
		t.Errorf("%d of %d frames; none, some, all at once: %v", next, sent, how)
	}
}

// Nothing follows a close, a second close neither.
func TestWireEnds(t *testing.T) {
	server, client := pipe(t)
	w := newWire(server)
	for range 2 {
		if err := w.end(fastws.FormatCloseMessage(CloseSession, "")); err != nil {
			t.Error(err)
		}
	}
	p := newPacket([]byte("late"), false)
	if took := w.try(p.wire); took != takenNone {
		t.Errorf("took %v after the end", took)
	}
	if err := w.write(p.wire, time.Second); !errors.Is(err, fastws.ErrCloseSent) {
		t.Errorf("written after the end: %v", err)
	}
	_ = server.Close()
	if op, payload, err := readFrame(client); err != nil || op != opClose || len(payload) != 2 {
		t.Errorf("%x %q %v", op, payload, err)
	}
	if b, err := io.ReadAll(client); err != nil || len(b) > 0 {
		t.Errorf("then %q %v", b, err)
	}
}

// The deadline of a write that is over must not hold up later frames.
func TestWireForgetsDeadline(t *testing.T) {
	if !canFill {
		t.Skip("everything waits on this system")
	}
	server, client := pipe(t)
	go func() { _, _ = io.Copy(io.Discard, client) }()
	w := newWire(server)
	if err := w.write(newPacket([]byte("1"), false).wire, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if took := w.try(newPacket([]byte("2"), false).wire); took != takenAll {
		t.Errorf("took %v", took)
	}
	if err := w.write(make([]byte, 1<<20), 10*time.Second); err != nil {
		t.Error(err)
	}
}

// What is taken at once needs no writer; what is taken in part or not at all
// leaves through one, in order.
func TestSentAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var sent []string // "direct", "rest" or "writer"
		took := takenAll
		conn.Attach(func() {
			for {
				p, err := conn.Next()
				if err != nil {
					return
				}
				mu.Lock()
				if len(p.wire) == 0 {
					sent = append(sent, "rest")
				} else {
					sent = append(sent, "writer")
				}
				mu.Unlock()
			}
		}, func([]byte) taken {
			mu.Lock()
			defer mu.Unlock()
			if took != takenNone {
				sent = append(sent, "direct")
			}
			return took
		})
		time.Sleep(time.Millisecond) // the first heartbeat leaves through the writer
		for _, x := range []struct {
			took taken
			want string
		}{{takenAll, "direct"}, {takenSome, "direct rest"}, {takenNone, "writer"}} {
			mu.Lock()
			took, sent = x.took, nil
			mu.Unlock()
			before := h.Stats().Messages
			h.Announce(s.commit(ev, "item:1"))
			time.Sleep(time.Millisecond)
			mu.Lock()
			if got := strings.Join(sent, " "); got != x.want {
				t.Errorf("taken %d: %s, not %s", x.took, got, x.want)
			}
			mu.Unlock()
			if n := h.Stats().Messages - before; n != 1 {
				t.Errorf("taken %d: counted %d messages", x.took, n)
			}
		}
		conn.Leave()
	})
}

// Pings ride on heartbeats, also in a backlog.
func TestHeartbeatPings(t *testing.T) {
	inBubble(t, func(t *testing.T, s *fakeSource, h *Hub) {
		conn, err := h.Join(at(zh, ev, 0))
		if err != nil {
			t.Fatal(err)
		}
		h.Announce(s.commit(ev, "item:1"))
		time.Sleep(time.Millisecond)
		p, err := conn.Next()
		if err != nil || !bytes.HasSuffix(p.wire, []byte{opPing, 0}) || !bytes.Contains(p.text, []byte("item:1")) {
			t.Errorf("%q %v", p.wire, err)
		}
		conn.Leave()
	})
}
