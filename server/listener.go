package server

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// listener knows which connections have not said a word yet. Browsers open some
// in advance; one that is never used would hold a shutdown up until it times out.
type listener struct {
	net.Listener
	mu     sync.Mutex
	silent map[*silentConn]struct{}
	over   bool
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, silent: map[*silentConn]struct{}{}}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	tcp, ok := c.(*net.TCPConn)
	if err != nil || !ok {
		return c, err
	}
	s := &silentConn{TCPConn: tcp, l: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent[s] = struct{}{}
	if l.over {
		_ = tcp.Close()
	}
	return s, nil
}

// hangUp closes the connections that never said a word, now and from now on.
func (l *listener) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for s := range l.silent {
		_ = s.TCPConn.Close()
	}
}

// silentConn is a connection until its first bytes, and transparent afterwards.
// It embeds the concrete type, so that several buffers still leave in one write.
type silentConn struct {
	*net.TCPConn
	l      *listener
	once   sync.Once
	linger atomic.Bool
	probe  *byte // the buffer of Direct, while that asks
}

// errProbe answers a read that only asks whether it comes here.
var errProbe = errors.New("server: nothing was read")

// Direct tells whether read goes straight to this connection, with no buffer
// between (live.Direct). Nothing is taken from the network.
func (s *silentConn) Direct(read func(b []byte) (int, error)) bool {
	var b [1]byte
	s.probe = &b[0]
	defer func() { s.probe = nil }()
	_, err := read(b[:])
	return errors.Is(err, errProbe) && b[0] == 1
}

func (s *silentConn) Read(b []byte) (int, error) {
	if s.probe != nil {
		if len(b) > 0 && &b[0] == s.probe {
			b[0] = 1
		}
		return 0, errProbe
	}
	n, err := s.TCPConn.Read(b)
	s.once.Do(s.spoke)
	return n, err
}

// How much of a refused body is listened to, and for how long.
const (
	lingerBytes = 32 << 20
	lingerTime  = 5 * time.Second
)

// Close hangs up. With linger set it first hears the sender out: hanging up on
// somebody who still speaks lets his system throw the answer away, and a
// phone would take the refusal for a bad network and try for ever.
func (s *silentConn) Close() error {
	s.once.Do(s.spoke)
	if s.linger.Swap(false) && s.CloseWrite() == nil && s.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, s.TCPConn, lingerBytes)
	}
	return s.TCPConn.Close()
}

func (s *silentConn) spoke() {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	delete(s.l.silent, s)
}
