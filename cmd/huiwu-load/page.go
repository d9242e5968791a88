package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"
)

type pageOptions struct {
	conns  int
	time   time.Duration
	accept string
	packed bool
	again  bool // only when it changed since the last time
	query  string
	// stale moves events on, so that nothing remembered of them holds any more.
	// With it each connection has events of its own, and asks for each once in
	// between; without it all ask for one event.
	stale func(ctx context.Context, events []string) error
}

// pageReport is how fast a page comes.
type pageReport struct {
	Requests  int       `json:"requests"`
	PerSecond float64   `json:"requests_per_second"`
	Took      quantiles `json:"took_ms"`
	Bytes     int       `json:"bytes"` // of one answer, as sent
	Items     int       `json:"items"` // rows in one answer, 0 when compressed
	Same      int       `json:"same"`  // answers that said that nothing changed
}

// errNoTag says that the server offers nothing to ask again with.
var errNoTag = errors.New("the page has no ETag")

// reader is one connection of somebody who reads the page again and again.
type reader struct {
	line   *line
	asks   [][]byte // one for each event
	events []string
	stale  func(ctx context.Context, events []string) error
	own    []byte // what marks the page as this person's; nil where it cannot be seen
	took   spans
	same   int
	err    error
}

// checkEach is how often an answer is looked into: it must be the reader's own.
const checkEach = 16

// fetchPages asks for the event's checklist over connections that are kept
// alive, each its own person, one request after the other.
func fetchPages(ctx context.Context, base string, c *cast, o pageOptions) (*pageReport, error) {
	readers := make([]*reader, o.conns)
	r := new(pageReport)
	for k := range readers {
		x, first, err := openReader(ctx, base, c, k, o)
		if err != nil {
			return nil, err
		}
		defer x.line.close()
		readers[k] = x
		r.Bytes, r.Items = len(first), bytes.Count(first, []byte(`<li id="item-`))
	}
	begun := time.Now()
	end := begun.Add(o.time)
	var wg sync.WaitGroup
	for _, x := range readers {
		wg.Go(func() { x.until(ctx, end) })
	}
	wg.Wait()
	seconds := time.Since(begun).Seconds()
	var all spans
	for _, x := range readers {
		if x.err != nil {
			return nil, x.err
		}
		all = append(all, x.took...)
		r.Same += x.same
	}
	all.sort()
	r.Requests, r.PerSecond, r.Took = len(all), float64(len(all))/seconds, all.quantiles()
	return r, ctx.Err()
}

var ownMark = regexp.MustCompile(` data-person="[^"]+"`)

// openReader fetches the page once.
func openReader(ctx context.Context, base string, c *cast, k int, o pageOptions) (*reader, []byte, error) {
	l, err := newLine(base, nil)
	if err != nil {
		return nil, nil, err
	}
	x := &reader{line: l, events: c.Events[:1], stale: o.stale}
	if o.stale != nil {
		x.events = nil
		for n := k; n < len(c.Events); n += o.conns {
			x.events = append(x.events, c.Events[n])
		}
		if len(x.events) == 0 {
			return nil, nil, fmt.Errorf("%d connections need as many events: there are %d", o.conns, len(c.Events))
		}
	}
	header := []string{"Accept", o.accept, "Cookie", c.People[k%len(c.People)].cookie()}
	if o.packed {
		header = append(header, "Accept-Encoding", "gzip, deflate, br")
	}
	var a answer
	for _, event := range x.events {
		path := "/events/" + event + "/items"
		if o.query != "" {
			path += "?" + o.query
		}
		ask := l.request("GET", path, "", header...)
		a, err = l.ask(ctx, ask, true)
		switch {
		case err == nil && a.status != 200:
			err = fmt.Errorf("page: %d %.200s", a.status, a.body)
		case err == nil && o.again && a.etag == "":
			err = errNoTag
		case o.again:
			ask = l.request("GET", path, "", append(header[:len(header):len(header)], "If-None-Match", a.etag)...)
		}
		if err != nil {
			l.close()
			return nil, nil, err
		}
		x.asks = append(x.asks, ask)
	}
	x.own = ownMark.Find(a.body)
	return x, a.body, nil
}

// until reads the page until the end of the time, or a fault.
func (x *reader) until(ctx context.Context, end time.Time) {
	for n := 0; x.err == nil && ctx.Err() == nil; n++ {
		begun := time.Now()
		if begun.After(end) {
			return
		}
		look := n%checkEach == 0 && x.own != nil
		if x.stale != nil && n%len(x.asks) == 0 {
			if x.err = x.stale(ctx, x.events); x.err != nil {
				return
			}
			begun = time.Now()
		}
		a, err := x.line.ask(ctx, x.asks[n%len(x.asks)], look)
		x.took = append(x.took, time.Since(begun))
		switch {
		case err != nil:
			x.err = err
		case a.status == 304:
			x.same++
		case a.status != 200:
			x.err = fmt.Errorf("page: %d", a.status)
		case look && (!bytes.Contains(a.body, x.own) || len(ownMark.FindAll(a.body, 2)) != 1):
			x.err = errors.New("the page is somebody else's")
		}
	}
}

func (r *pageReport) String() string {
	return fmt.Sprintf("%d requests, %.0f a second, %d bytes, %d items, %d unchanged; %s\n", r.Requests, r.PerSecond, r.Bytes, r.Items, r.Same, r.Took)
}

// actsReport is how long an act takes when nothing else happens.
type actsReport struct {
	Acts int       `json:"acts"`
	Took quantiles `json:"took_ms"`
}

// actAlone ticks and undoes, one after the other.
func actAlone(ctx context.Context, base string, c *cast, n int) (*actsReport, error) {
	s, err := newStage(ctx, []string{base}, c, 12, time.Now())
	if err != nil {
		return nil, err
	}
	defer s.close()
	for range n / 10 { // connections, plans, pools
		s.play(ctx, nil)
	}
	var all spans
	for range n {
		if d := s.play(ctx, nil); d > 0 {
			all = append(all, d)
		}
	}
	if s.failed > 0 || len(all) == 0 {
		return nil, fmt.Errorf("%d acts failed, %d refused: %s", s.failed, s.refused, s.last)
	}
	all.sort()
	return &actsReport{Acts: len(all), Took: all.quantiles()}, ctx.Err()
}

func (r *actsReport) String() string {
	return fmt.Sprintf("%d acts, one after the other: %s\n", r.Acts, r.Took)
}
