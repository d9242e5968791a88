package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is phones that look on.
type crowd struct {
	begun  time.Time
	frames *frames
	speech speech
	phones []*phone
	watch  sync.WaitGroup
	tight  bool   // as little as possible waits on the way to a phone
	pace   func() // waits before each message but the first; nil: they read at once

	drops  atomic.Int64 // sockets that the server or the network ended
	resets atomic.Int64 // pages told to fetch themselves again
	gaps   atomic.Int64 // heartbeats ahead of what was shown: something was lost
	broken atomic.Int64 // frames that cannot be read
	bytes  atomic.Int64
	last   atomic.Value // error of the last drop
}

// phone is one socket and everything it was sent, in order.
type phone struct {
	*crowd
	who   player
	base  string
	from  net.IP
	event string
	topic string

	mu    sync.Mutex
	wire  *wire
	away  bool          // cut by us: no drop
	ended error         // how the server or the network ended the socket
	gone  chan struct{} // closed when nobody reads from the socket any more

	seq  atomic.Int64 // where the page stands
	seen []arrival    // touched by the watching goroutine; read when it has ended
}

// arrival is a frame at a phone, at a time since the crowd began.
type arrival struct {
	frame *frame
	at    time.Duration
}

// perPerson is how many sockets the server allows one person.
const perPerson = 8

// newCrowd hands n phones to the people, in turn over the instances.
func newCrowd(bases []string, c *cast, n int) (*crowd, error) {
	if err := enoughFiles(n); err != nil {
		return nil, err
	}
	if n > perPerson*len(c.People) {
		return nil, fmt.Errorf("%d sockets need %d people at least: there are %d", n, (n+perPerson-1)/perPerson, len(c.People))
	}
	w := &crowd{begun: time.Now(), frames: newFrames(parseFrame), speech: pages{}}
	for k := range n {
		base, event := bases[k%len(bases)], c.Events[k/len(bases)%len(c.Events)]
		w.phones = append(w.phones, &phone{
			crowd: w, who: c.People[k%len(c.People)], base: base, from: source(base, k), event: event, topic: "event:" + event,
		})
	}
	return w, nil
}

// stand says what the phones' pages show already, by event.
func (w *crowd) stand(heads map[string]int64) {
	for _, p := range w.phones {
		p.seq.Store(heads[p.event])
	}
}

// speech is what a phone says to its server.
type speech interface {
	// path is what the socket is asked for at.
	path(p *phone) string
	// hello is what the phone says first; nothing is sent for nil.
	hello(p *phone) [][]byte
}

// pages speak as ours do.
type pages struct{}

func (pages) hello(*phone) [][]byte { return nil }

func (pages) path(p *phone) string {
	path := "/live?topic=" + url.QueryEscape(p.topic) + "&since=" + strconv.FormatInt(p.seq.Load(), 10) + "&view=items"
	if p.who.ID != "" { // as the pages do: for the bell
		path += "&topic=" + url.QueryEscape("person:"+p.who.ID) + "&since=" + strconv.FormatInt(p.who.Seq, 10)
	}
	return path
}

// source spreads sockets to this machine over its loopback addresses: one
// address has too few ports for a great crowd.
func source(base string, n int) net.IP {
	u, err := url.Parse(base)
	if err != nil {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()).To4(); ip == nil || !ip.IsLoopback() {
		return nil
	}
	return net.IPv4(127, 0, 1, byte(1+n/5000))
}

// atOnce is how many sockets are opened at the same time.
const atOnce = 64

// join opens all sockets and waits until each has heard from the server.
func (w *crowd) join(ctx context.Context, atOnce int) error { return joinAll(ctx, w.phones, atOnce) }

func joinAll(ctx context.Context, phones []*phone, atOnce int) error {
	return each(len(phones), min(atOnce, len(phones)), func(k int) error { return phones[k].join(ctx) })
}

func (p *phone) join(ctx context.Context) error {
	x, err := openWire(ctx, p.base, p.from, p.speech.path(p), p.who, p.tight)
	if err != nil {
		return err
	}
	for _, word := range p.speech.hello(p) {
		if err := x.send(opText, word); err != nil {
			x.cut()
			return err
		}
	}
	joined, gone := make(chan struct{}), make(chan struct{})
	p.mu.Lock()
	p.wire, p.away, p.ended, p.gone = x, false, nil, gone
	p.mu.Unlock()
	p.watch.Go(func() {
		defer close(gone)
		p.look(x, joined)
	})
	select {
	case <-joined:
		return nil
	case <-time.After(patience):
		return errors.New("a socket heard nothing")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look takes what is sent until the socket ends.
func (p *phone) look(x *wire, joined chan struct{}) {
	first := sync.OnceFunc(func() { close(joined) })
	defer first()
	for {
		message, err := x.next()
		if err != nil {
			x.cut()
			p.mu.Lock()
			defer p.mu.Unlock()
			if !p.away {
				p.ended = err
				p.drops.Add(1)
				p.last.Store(fmt.Errorf("%s: %w", p.who.StaffNo, err))
			}
			return
		}
		at := time.Since(p.begun)
		p.bytes.Add(int64(len(message)))
		heard := false
		for part := range bytes.SplitSeq(message, []byte("\n")) {
			heard = p.take(x, part, at) || heard
		}
		if heard {
			first()
		}
		if p.pace != nil {
			p.pace()
		}
	}
}

// take notes one frame, and tells whether it says that more will be heard.
func (p *phone) take(x *wire, part []byte, at time.Duration) bool {
	f, err := p.frames.read(part)
	switch {
	case err != nil:
		p.broken.Add(1)
	case f.echo != nil:
		_ = x.send(opText, f.echo) // a socket that has ended says so when it is read
	case f.heads != nil:
		if f.heads[p.topic] > p.seq.Load() {
			p.gaps.Add(1)
		}
	case f.topic == p.topic:
		if f.reset {
			p.resets.Add(1)
		}
		p.seen = append(p.seen, arrival{f, at})
		if f.seq > p.seq.Load() {
			p.seq.Store(f.seq)
		}
	}
	return err == nil && !f.quiet
}

// cut ends all sockets at once, as a dead network does.
func (w *crowd) cut() {
	for _, p := range w.phones {
		p.leave()
	}
	w.watch.Wait()
}

// leave ends the phone's socket without a word.
func (p *phone) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	if p.wire != nil {
		p.wire.cut()
	}
}

// over tells whether the server or the network ended the socket.
func (p *phone) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended != nil
}

// settle waits until every phone shows its event's head, and tells how many do not.
func (w *crowd) settle(ctx context.Context, heads map[string]int64, patience time.Duration) (behind int) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		behind = 0
		for _, p := range w.phones {
			if p.seq.Load() < heads[p.event] {
				behind++
			}
		}
		if behind == 0 || time.Now().After(end) || ctx.Err() != nil {
			return behind
		}
	}
}

func (w *crowd) lastDrop() string {
	if err, ok := w.last.Load().(error); ok {
		return err.Error()
	}
	return ""
}
