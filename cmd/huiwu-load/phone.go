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

// crowd is the phones that look at one event.
type crowd struct {
	topic  string
	begun  time.Time
	frames *frames
	phones []*phone
	watch  sync.WaitGroup

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
	who  player
	base string
	from net.IP

	mu     sync.Mutex
	wire   *wire
	away   bool // cut by us: no drop
	joined chan struct{}

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
func newCrowd(bases []string, c *cast, n int, seq int64) (*crowd, error) {
	if n > perPerson*len(c.People) {
		return nil, fmt.Errorf("%d sockets need %d people at least: there are %d", n, (n+perPerson-1)/perPerson, len(c.People))
	}
	w := &crowd{topic: "event:" + c.Event, begun: time.Now(), frames: newFrames()}
	for k := range n {
		p := &phone{crowd: w, who: c.People[k%len(c.People)], base: bases[k%len(bases)], from: source(bases[k%len(bases)], k)}
		p.seq.Store(seq)
		w.phones = append(w.phones, p)
	}
	return w, nil
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
const atOnce = 32

// join opens all sockets and waits until each has heard from the server.
func (w *crowd) join(ctx context.Context, atOnce int) error {
	return each(len(w.phones), atOnce, func(k int) error { return w.phones[k].join(ctx) })
}

func (p *phone) join(ctx context.Context) error {
	path := "/live?topic=" + url.QueryEscape(p.topic) + "&since=" + strconv.FormatInt(p.seq.Load(), 10) + "&view=items"
	if p.who.ID != "" { // as the pages do: for the bell
		path += "&topic=" + url.QueryEscape("person:"+p.who.ID) + "&since=" + strconv.FormatInt(p.who.Seq, 10)
	}
	x, err := openWire(ctx, p.base, p.from, path, p.who)
	if err != nil {
		return err
	}
	joined := make(chan struct{})
	p.mu.Lock()
	p.wire, p.away, p.joined = x, false, joined
	p.mu.Unlock()
	p.watch.Go(func() { p.look(x, joined) })
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
			mine := p.away
			p.mu.Unlock()
			if !mine {
				p.drops.Add(1)
				p.last.Store(fmt.Errorf("%s: %w", p.who.StaffNo, err))
			}
			return
		}
		at := time.Since(p.begun)
		p.bytes.Add(int64(len(message)))
		for part := range bytes.SplitSeq(message, []byte("\n")) {
			p.take(part, at)
		}
		first()
	}
}

func (p *phone) take(part []byte, at time.Duration) {
	f, err := p.frames.read(part)
	switch {
	case err != nil:
		p.broken.Add(1)
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
}

// cut ends all sockets at once, as a dead network does.
func (w *crowd) cut() {
	for _, p := range w.phones {
		p.mu.Lock()
		p.away = true
		if p.wire != nil {
			p.wire.cut()
		}
		p.mu.Unlock()
	}
	w.watch.Wait()
}

// settle waits until every phone stands at seq, and tells how many do not.
func (w *crowd) settle(ctx context.Context, seq int64, patience time.Duration) (behind int) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		behind = 0
		for _, p := range w.phones {
			if p.seq.Load() < seq {
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
