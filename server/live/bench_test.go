package live

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// BenchmarkFanOut shows one change to 1,000 sockets, again and again, each time
// waiting until all have it.
func BenchmarkFanOut(b *testing.B) {
	const sockets = 1000
	s := newFakeSource()
	h := NewHub(Config{Bus: NewMemoryBus(), Source: s, MaxPerPerson: sockets})
	if err := h.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	var received atomic.Int64
	var leave []func()
	for range sockets {
		c, err := h.Join(at(zh, ev, 0))
		if err != nil {
			b.Fatal(err)
		}
		c.Attach(func() {
			for {
				if _, err := c.Next(); err != nil {
					return
				}
				received.Add(1)
			}
		}, nil)
		leave = append(leave, c.Leave)
	}
	for received.Load() < sockets { // first heartbeats
		time.Sleep(time.Millisecond)
	}
	received.Store(0)
	want := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		h.Announce(s.commit(ev, "item:1"))
		for want += sockets; received.Load() < want; {
			time.Sleep(10 * time.Microsecond)
		}
	}
	b.ReportMetric(float64(received.Load())/b.Elapsed().Seconds(), "deliveries/s")
	b.StopTimer()
	for _, l := range leave {
		l()
	}
	if err := h.Shutdown(b.Context()); err != nil {
		b.Fatal(err)
	}
	_ = h.cfg.Bus.Close()
}

// BenchmarkOtherInstance takes a change from an announcement on one instance
// through Redis into a socket's queue on another.
func BenchmarkOtherInstance(b *testing.B) {
	url := redisURL(b)
	bus := redisBuses(b, url)
	s := newFakeSource()
	here, there := NewHub(Config{Bus: bus(), Source: s}), NewHub(Config{Bus: bus(), Source: s})
	for _, h := range []*Hub{here, there} {
		if err := h.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	c, err := there.Join(at(zh, ev, 0))
	if err != nil {
		b.Fatal(err)
	}
	arrived := make(chan struct{}, 1000)
	c.Attach(func() {
		for {
			message, err := c.Next()
			if err != nil {
				return
			}
			if strings.Contains(string(message.text), "item:") {
				arrived <- struct{}{}
			}
		}
	}, nil)
	for {
		here.Announce(s.commit(ev, "item:1"))
		select {
		case <-arrived:
		case <-time.After(100 * time.Millisecond):
			continue // the subscription is not effective yet
		}
		break
	}
	for b.Loop() {
		here.Announce(s.commit(ev, "item:1"))
		<-arrived
	}
	b.StopTimer()
	c.Leave()
	for _, h := range []*Hub{here, there} {
		if err := h.Shutdown(b.Context()); err != nil {
			b.Fatal(err)
		}
		_ = h.cfg.Bus.Close()
	}
}

// BenchmarkIdleSocket reports how much resident memory a waiting socket costs a
// server process of its own, with two topics, one of them its person's: at first,
// after a push to all, and after a ping of all.
func BenchmarkIdleSocket(b *testing.B) {
	const sockets = 4000
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HUIWU_LIVE_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	addr = strings.TrimSpace(addr)

	conns := make([]net.Conn, 0, sockets)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	connect := func(i int) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, c)
		handshake(b, c, addr, fmt.Sprintf("/live?as=%d&topic=%s,%s", i, ev, PersonTopic(fmt.Sprint(i))))
		go func() { _, _ = io.Copy(io.Discard, c) }()
	}
	connect(-1)
	rss := func() float64 {
		answer, err := http.Get("http://" + addr + "/rss")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		var kB float64
		if _, err := fmt.Fscan(answer.Body, &kB); err != nil {
			b.Fatal(err)
		}
		return kB
	}
	empty := rss()
	for i := range sockets {
		connect(i)
	}
	time.Sleep(time.Second)
	idle := rss()
	if _, err := http.Get("http://" + addr + "/push"); err != nil {
		b.Fatal(err)
	}
	time.Sleep(time.Second)
	pushed := rss()
	for _, c := range conns {
		ping := []byte{0x81, 0x8a, 0, 0, 0, 0}
		if _, err := c.Write(append(ping, `{"ping":1}`...)); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(time.Second)
	pinged := rss()
	b.ReportMetric((idle-empty)/sockets, "kB/socket")
	b.ReportMetric((pushed-empty)/sockets, "kB/socket-after-push")
	b.ReportMetric((pinged-empty)/sockets, "kB/socket-after-ping")
	b.ReportMetric(0, "ns/op")
}

// handshake asks for a websocket as a browser does.
func handshake(t testing.TB, c net.Conn, host, path string) {
	t.Helper()
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://%s\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: __Host-sid=%s\r\n"+
		"User-Agent: Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0 Mobile Safari/537.36 XWEB/1340\r\n"+
		"Accept-Encoding: gzip, deflate\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"+
		"X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\n\r\n",
		path, host, host, strings.Repeat("x", 43))
	if err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "HTTP/1.1 101" {
		t.Fatalf("handshake: %q %v", answer, err)
	}
}

// serveChild is the server process of BenchmarkIdleSocket.
func serveChild() {
	s := newFakeSource()
	h := NewHub(Config{Bus: NewMemoryBus(), Source: s, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Heartbeat: time.Hour, Recheck: time.Hour})
	if err := h.Start(context.Background()); err != nil {
		panic(err)
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, ReadBufferSize: 8192})
	app.Server().KeepHijackedConns = true
	app.Get("/live", h.Upgrade(fromQuery))
	app.Get("/push", func(c *fiber.Ctx) error {
		h.Announce(s.commit(ev, "item:"+strings.Repeat("x", 2000)))
		return nil
	})
	var one sync.Mutex
	app.Get("/rss", func(c *fiber.Ctx) error {
		one.Lock()
		defer one.Unlock()
		for range 3 {
			debug.FreeOSMemory()
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		_, after, _ := strings.Cut(string(status), "VmRSS:")
		return c.SendString(strings.Fields(after)[0])
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	_ = app.Listener(l)
}
