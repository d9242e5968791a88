package live

import (
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	fastws "github.com/fasthttp/websocket"
	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

const (
	readLimit     = 4096             // bytes of one message of a page
	readPatience  = 50 * time.Second // without any sign of life, a pong included
	writePatience = 5 * time.Second  // for one message to be taken
	farewell      = time.Second      // for the page to answer a close
	maxChatter    = 20               // messages of a page within chatterTime
	chatterTime   = 10 * time.Second
)

// subscriberLocal is where the HTTP handler leaves the Subscriber for Serve. Only
// string keys pass the upgrade.
const subscriberLocal = "live.subscriber"

// Upgrade returns the handler of the socket's URL. It answers 426 when no
// websocket is asked for, 403 to a foreign Origin, and the error of who, which
// says who asks and for what and checks their rights. The fiber server needs
// KeepHijackedConns, without which a socket cannot be closed from here.
//
// A request without Origin is let through: only browsers carry cookies that
// somebody else could use, and browsers always send it.
func (h *Hub) Upgrade(who func(c *fiber.Ctx) (Subscriber, error)) fiber.Handler {
	serve := websocket.New(
		func(c *websocket.Conn) {
			sub, _ := c.Locals(subscriberLocal).(Subscriber)
			ws := c.Conn // not c: that goes back into a pool
			if direct(ws.NetConn()) {
				go h.Serve(ws, sub)
				return
			}
			h.Serve(ws, sub)
		},
		websocket.Config{
			ReadBufferSize:  256,  // pages send pings only
			WriteBufferSize: 4096, // most messages leave in one packet
			WriteBufferPool: &sync.Pool{},
			RecoverHandler:  h.rescueServe,
		})
	return func(c *fiber.Ctx) error {
		if !websocket.IsWebSocketUpgrade(c) {
			return fiber.ErrUpgradeRequired
		}
		if !h.sameOrigin(c.Get(fiber.HeaderOrigin), string(c.Request().Host())) {
			return fiber.ErrForbidden
		}
		sub, err := who(c)
		if err != nil {
			return err
		}
		c.Locals(subscriberLocal, sub)
		dropHeaders(c)
		return serve(c)
	}
}

// Direct is a connection that can tell whether read, which belongs to something
// wrapped around it, fills the caller's buffer from the connection itself. It
// takes nothing from the network; what waits in a buffer between them may be lost.
type Direct interface {
	Direct(read func(b []byte) (int, error)) bool
}

// direct reports whether a hijacked connection needs nothing of the request it
// came with. The HTTP server keeps all of a request, 20 kB, until the handler of
// its socket returns, so that returns at once then. It must not when the client
// sent something before it was let in: that lies in a buffer which the server
// would give to another connection.
func direct(c net.Conn) bool {
	hijacked, ok := c.(interface{ UnsafeConn() net.Conn })
	if !ok {
		return false
	}
	d, ok := hijacked.UnsafeConn().(Direct)
	return ok && d.Direct(c.Read)
}

// sameOrigin reports whether a page of that Origin may open sockets here.
func (h *Hub) sameOrigin(origin, host string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null" as well
	}
	asked := plainHost(u.Scheme, u.Host)
	return asked == plainHost(u.Scheme, host) ||
		slices.ContainsFunc(h.cfg.Origins, func(o string) bool { return asked == plainHost(u.Scheme, o) })
}

// plainHost returns a host without the port that its scheme implies.
func plainHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// dropHeaders removes what nobody reads any more: the websocket package keeps
// all headers and cookies as long as the socket lives.
func dropHeaders(c *fiber.Ctx) {
	var drop []string
	for name := range c.Request().Header.All() {
		switch n := strings.ToLower(string(name)); {
		case n == "host", n == "origin", n == "connection", n == "upgrade", strings.HasPrefix(n, "sec-websocket-"):
		default:
			drop = append(drop, n)
		}
	}
	for _, name := range drop {
		c.Request().Header.Del(name)
	}
	c.Request().Header.DelAllCookies()
}

// Serve owns a websocket from upgrade to close. It is the only place that
// touches it, and returns when reader and writer have ended and it is closed.
func (h *Hub) Serve(ws *fastws.Conn, sub Subscriber) {
	s := &socket{hub: h, ws: ws, wire: newWire(ws.NetConn())}
	defer func() { _ = s.ws.Close() }()
	defer s.rescue()
	s.ws.SetReadLimit(readLimit)
	s.ws.SetPingHandler(func(said string) error {
		s.alive()
		return s.wire.write(control(opPong, []byte(said)), farewell)
	})
	s.ws.SetCloseHandler(func(code int, _ string) error {
		_ = s.wire.end(fastws.FormatCloseMessage(code, "")) // the reader ends either way
		return nil
	})

	if err := s.join(sub); err != nil {
		s.refuse(err)
		return
	}
	defer func() {
		_ = s.ws.Close() // a writer that is stuck ends now, so that Leave need not wait
		s.conn.Leave()
		s.answers.Wait()
	}()
	s.conn.Attach(s.write, s.wire.try)
	s.read()
}

// socket is one websocket while Serve runs.
type socket struct {
	hub  *Hub
	ws   *fastws.Conn // reads
	wire *wire        // writes
	conn *Conn

	answers sync.WaitGroup

	mu      sync.Mutex
	parting bool // a close was sent: no sign of life extends the deadline
}

// join lets the socket in. It works in a goroutine of its own because databases
// and templates need a deep stack, which this goroutine would keep for hours:
// 4 kB for each socket.
func (s *socket) join(sub Subscriber) error {
	var err error = errFailure
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.rescue()
		s.conn, err = s.hub.Join(sub)
	}()
	<-done
	return err
}

// read handles what the page sends until the socket ends.
func (s *socket) read() {
	s.alive()
	s.ws.SetPongHandler(func(string) error { s.alive(); return nil })
	var chatter chatter
	for {
		_, data, err := s.ws.ReadMessage()
		if err != nil {
			return
		}
		s.alive()
		if chatter.tooMuch(time.Now()) {
			s.conn.close(errAbuse)
			continue
		}
		s.answers.Go(func() { s.answer(data) }) // elsewhere, for the reason that join has
	}
}

// answer handles one message of the page. Everything but a ping is ignored, so
// that newer pages can talk to older servers.
func (s *socket) answer(data []byte) {
	defer s.rescue()
	if isPing(data) {
		s.conn.beat()
	}
}

// alive gives the page time until its next sign of life.
func (s *socket) alive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.parting {
		_ = s.ws.SetReadDeadline(time.Now().Add(readPatience))
	}
}

// write sends what waits. The Conn starts it when needed, one at a time.
func (s *socket) write() {
	defer s.rescue()
	for {
		message, err := s.conn.Next()
		if err != nil {
			var end *CloseError
			if errors.As(err, &end) {
				s.part(end)
			}
			return
		}
		if s.wire.write(message.wire, writePatience) != nil {
			_ = s.ws.Close() // ends the reader, and with it everything
			s.conn.close(errGone)
			return
		}
	}
}

// part says good-bye, and lets the reader wait for the answer for a moment: a
// connection that is cut at once may lose the close code on the way.
func (s *socket) part(end *CloseError) {
	if end.Code == 0 {
		return
	}
	s.mu.Lock()
	s.parting = true
	_ = s.ws.SetReadDeadline(time.Now().Add(farewell))
	s.mu.Unlock()
	if s.wire.end(fastws.FormatCloseMessage(end.Code, end.Reason)) != nil {
		_ = s.ws.Close()
	}
}

// refuse closes a websocket that was not let in.
func (s *socket) refuse(err error) {
	end := errFailure
	_ = errors.As(err, &end)
	s.part(end)
	for {
		if _, _, err := s.ws.NextReader(); err != nil {
			return
		}
	}
}

// rescue keeps a defect in one socket from ending the program.
func (s *socket) rescue() {
	p := recover()
	if p == nil {
		return
	}
	s.hub.log.Error("live: panic in a socket", "panic", p, "stack", string(debug.Stack()))
	s.part(errFailure)
	_ = s.ws.Close()
}

// rescueServe replaces the websocket package's own handler, which would send the
// panic to the page. Serve lets none through.
func (h *Hub) rescueServe(*websocket.Conn) {
	if p := recover(); p != nil {
		h.log.Error("live: panic around a socket", "panic", p, "stack", string(debug.Stack()))
	}
}

// isPing reports whether a page asks if we are there.
func isPing(data []byte) bool {
	var m struct {
		Ping int `json:"ping"`
	}
	return json.Unmarshal(data, &m) == nil && m.Ping != 0
}

// chatter counts the messages of a page.
type chatter struct {
	since time.Time
	n     int
}

// tooMuch counts one more message, and reports whether the page floods us.
func (c *chatter) tooMuch(now time.Time) bool {
	if now.Sub(c.since) > chatterTime {
		c.since, c.n = now, 0
	}
	c.n++
	return c.n > maxChatter
}
