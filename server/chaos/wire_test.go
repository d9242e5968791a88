package chaos

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// wire is the network between an instance and one of its servers: a TCP proxy that can be cut, stalled and slowed down.
type wire struct {
	to string
	l  net.Listener

	turn sync.Mutex // one fault at a time

	mu      sync.Mutex
	down    bool
	held    chan struct{} // closed while data flows
	delay   time.Duration
	conns   map[net.Conn]bool
	closing bool
	work    sync.WaitGroup
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: to, l: l, conns: map[net.Conn]bool{}, held: make(chan struct{})}
	close(w.held)
	w.work.Go(w.accept)
	t.Cleanup(w.close)
	return w
}

func (w *wire) close() {
	w.cut()
	w.mend()
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	_ = w.l.Close()
	w.cut()
	w.work.Wait()
}

func (w *wire) addr() string { return w.l.Addr().String() }

func (w *wire) accept() {
	for {
		in, err := w.l.Accept()
		if err != nil {
			return
		}
		w.work.Go(func() {
			out, err := net.DialTimeout("tcp", w.to, 5*time.Second)
			if err != nil || !w.keep(in, out) {
				_ = in.Close()
				if out != nil {
					_ = out.Close()
				}
				return
			}
			w.work.Go(func() { w.pump(in, out) })
			w.pump(out, in)
		})
	}
}

// keep notes both ends, unless nothing comes through.
func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down || w.closing {
		return false
	}
	for _, c := range conns {
		w.conns[c] = true
	}
	return true
}

func (w *wire) pump(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		w.pass()
		if n > 0 {
			if _, werr := to.Write(b[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close()
	w.mu.Lock()
	delete(w.conns, from)
	delete(w.conns, to)
	w.mu.Unlock()
}

// pass waits as long as the network does.
func (w *wire) pass() {
	w.mu.Lock()
	delay, held := w.delay, w.held
	w.mu.Unlock()
	if delay > 0 {
		time.Sleep(delay)
	}
	<-held
}

// cut ends every connection and lets no new one through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.conns {
		_ = c.Close()
	}
}

// stall keeps every byte back: nobody is told, and what was sent arrives when the wire is mended.
func (w *wire) stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = make(chan struct{})
}

// slow delays every piece of data.
func (w *wire) slow(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = d
}

// mend ends whatever was wrong.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.delay = false, 0
	select {
	case <-w.held:
	default:
		close(w.held)
	}
}

// TestWire sends through a wire that is cut, stalled and mended.
func TestWire(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	w := newWire(t, l.Addr().String())
	ask := func(c net.Conn, patience time.Duration) error {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	}
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", w.addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	c := dial()
	if err := ask(c, 5*time.Second); err != nil {
		t.Errorf("whole: %v", err)
	}
	w.stall()
	if err := ask(c, 100*time.Millisecond); err == nil {
		t.Error("stalled, and an answer came")
	}
	w.mend()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Errorf("what was held back did not arrive: %v", err)
	}
	w.slow(50 * time.Millisecond)
	begun := time.Now()
	if err := ask(c, 5*time.Second); err != nil || time.Since(begun) < 100*time.Millisecond {
		t.Errorf("slow: %v after %v", err, time.Since(begun))
	}
	w.cut()
	if err := ask(c, 5*time.Second); err == nil {
		t.Error("cut, and an answer came")
	}
	if err := ask(dial(), 5*time.Second); err == nil {
		t.Error("cut, and a new connection was let through")
	}
	w.mend()
	if err := ask(dial(), 5*time.Second); err != nil {
		t.Errorf("mended: %v", err)
	}
}
