package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

const fragment = `<li id="item-a" class="item" data-seq="7" data-state="done" data-crew="SVC"><p id="item-x" data-seq="9"></p></li>` +
	`<li id="item-b" class="item item-round" data-seq="5" data-state="late" data-due="2026-03-18T01:00:00Z"></li><section id="gauge-e" data-seq="8"></section>`

func TestRowsIn(t *testing.T) {
	want := []row{{"a", 7, "done"}, {"b", 5, "late"}}
	if got := rowsIn(fragment); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestFramesAreReadOnce(t *testing.T) {
	f := newFrames(parseFrame)
	a, err := f.read([]byte(`{"topic":"event:e","seq":7,"html":"<li id=\"item-a\" data-seq=\"7\" data-state=\"done\">"}`))
	if err != nil || a.topic != "event:e" || a.seq != 7 || len(a.rows) != 1 {
		t.Fatalf("%+v %v", a, err)
	}
	if b, _ := f.read([]byte(`{"topic":"event:e","seq":7,"html":"<li id=\"item-a\" data-seq=\"7\" data-state=\"done\">"}`)); b != a {
		t.Error("the same bytes were read again")
	}
	if h, err := f.read([]byte(`{"hb":{"event:e":9},"now":"x"}`)); err != nil || h.heads["event:e"] != 9 {
		t.Errorf("%+v %v", h, err)
	}
	if _, err := f.read([]byte(`{"topic":`)); err == nil {
		t.Error("half a frame was read")
	}
}

// sent is a phone that was sent these frames, one a millisecond.
func sent(fs ...*frame) *phone {
	p := &phone{event: "e"}
	for k, f := range fs {
		p.seen = append(p.seen, arrival{f, time.Duration(k+1) * time.Millisecond})
	}
	return p
}

func shows(seq int64, rows ...row) *frame { return &frame{seq: seq, rows: rows} }

func TestJudge(t *testing.T) {
	acts := []act{
		{event: "e", item: "a", seq: 2, states: ticked},
		{event: "e", item: "b", seq: 3, states: ticked},
		{event: "e", item: "a", seq: 4, states: undone},
	}
	for name, c := range map[string]struct {
		frames                             []*frame
		pairs, lost, doubled, stale, wrong int
	}{
		"each":           {[]*frame{shows(2, row{"a", 2, "done"}), shows(3, row{"b", 3, "done"}), shows(4, row{"a", 4, "due"})}, 3, 0, 0, 0, 0},
		"joined":         {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "submitted"})}, 3, 0, 0, 0, 0},
		"with a clock":   {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(4)}, 3, 0, 0, 0, 0},
		"one is missing": {[]*frame{shows(2, row{"a", 2, "done"}), shows(4, row{"a", 4, "due"})}, 2, 1, 0, 0, 0},
		"nothing":        {nil, 0, 3, 0, 0, 0},
		"doubled":        {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(4, row{"a", 4, "due"})}, 3, 0, 1, 0, 0},
		"old over new":   {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(2, row{"a", 2, "done"})}, 3, 0, 0, 2, 0},
		"wrong state":    {[]*frame{shows(4, row{"a", 4, "done"}, row{"b", 3, "done"})}, 3, 0, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(acts, []*phone{sent(c.frames...)})
			if v.Pairs != c.pairs || v.Lost != c.lost || v.Doubled != c.doubled || v.Stale != c.stale || v.Wrong != c.wrong {
				t.Errorf("%+v", v)
			}
		})
	}
	v := judge(acts[:1], []*phone{sent(shows(2, row{"a", 2, "done"})), sent(shows(1), shows(2, row{"a", 2, "done"}))})
	if !slices.Equal(v.all, spans{time.Millisecond, 2 * time.Millisecond}) || !slices.Equal(v.slowest, spans{2 * time.Millisecond}) {
		t.Errorf("%v %v", v.all, v.slowest)
	}
}

func TestQuantiles(t *testing.T) {
	var s spans
	for n := range 100 {
		s = append(s, time.Duration(n+1)*time.Millisecond)
	}
	if got, want := s.quantiles(), (quantiles{50, 90, 99, 100}); got != want {
		t.Errorf("%+v", got)
	}
	if (spans{}).at(0.5) != 0 {
		t.Error("nothing has a median")
	}
}

func TestFigures(t *testing.T) {
	var f figures
	for _, v := range []float64{30, 10, 20} {
		f.add("time", "ms", v).atMost(20)
		f.add("rate", "/s", v).atLeast(21)
		f.add("told", "", v)
	}
	if missed := f.missed(); !slices.Equal(missed, []string{"rate"}) {
		t.Errorf("missed %q", missed)
	}
	var b bytes.Buffer
	f.print(&b)
	if out := b.String(); !strings.Contains(out, "20 ms") || !strings.Contains(out, "10–30") || strings.Count(out, "MISSED") != 1 {
		t.Error(out)
	}
}

func TestReadAnswer(t *testing.T) {
	in := "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nX-Ack: k\r\nSet-Cookie: sid=abc; Path=/\r\n\r\nbody" +
		"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz" + "HTTP/1.1 200 OK\r\n\r\n"
	r := bufio.NewReader(strings.NewReader(in))
	a, err := readAnswer(r, true)
	if err != nil || a.status != 200 || a.ack != "k" || a.session != "abc" || string(a.body) != "body" {
		t.Errorf("%+v %v", a, err)
	}
	if a, err = readAnswer(r, true); err != nil || a.status != 204 {
		t.Errorf("%+v %v", a, err)
	}
	if a, err = readAnswer(r, false); err != nil || a.length != 3 || a.body != nil {
		t.Errorf("%+v %v", a, err)
	}
	if _, err = readAnswer(r, false); !errors.Is(err, errChunked) {
		t.Error(err)
	}
	if _, err = readAnswer(bufio.NewReader(strings.NewReader("SSH-2.0-x\r\n")), false); err == nil {
		t.Error("that was no HTTP")
	}
}

// A server's side of a websocket: fragments, a ping between them, sizes of all
// three kinds, and a close.
func TestWire(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	x := &wire{conn: here, r: bufio.NewReader(here)}
	long := bytes.Repeat([]byte("ü"), 40_000)
	pong := make(chan []byte, 1)
	go func() {
		_, _ = there.Write([]byte("\x01\x03abc" + "\x89\x02hi"))
		b := make([]byte, 8)
		_, _ = there.Read(b)
		pong <- b
		_, _ = there.Write([]byte("\x80\x03def" + "\x81\x7e\x01\x00" + strings.Repeat("x", 256)))
		_, _ = there.Write(append([]byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0x38, 0x80}, long...))
		_, _ = there.Write([]byte("\x88\x06\x03\xf4back"))
	}()
	for _, want := range []string{"abcdef", strings.Repeat("x", 256), string(long)} {
		got, err := x.next()
		if err != nil || string(got) != want {
			t.Fatalf("%.20q… (%d) %v", got, len(got), err)
		}
	}
	if b := <-pong; string(b[:2]) != "\x8a\x82" || string(b[6:]) != "hi" {
		t.Errorf("pong %q", b)
	}
	var end closed
	if _, err := x.next(); !errors.As(err, &end) || end.code != 1012 || end.reason != "back" {
		t.Error(err)
	}
}

func TestWireRefusesNonsense(t *testing.T) {
	for _, in := range []string{"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x81\x85xxxx", "\x81\x05ab"} {
		x := &wire{r: bufio.NewReader(strings.NewReader(in))}
		if got, err := x.next(); err == nil {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func TestLineComesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // each connection answers once and ends
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 4096)
			_, _ = c.Read(b)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
			_ = c.Close()
		}
	}()
	x, err := newLine("http://"+l.Addr().String(), net.IPv4(127, 0, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	for range 3 {
		if a, err := x.ask(context.Background(), x.request("GET", "/", ""), true); err != nil || string(a.body) != "ok" {
			t.Fatalf("%+v %v", a, err)
		}
	}
	if _, err := newLine("ftp://x", nil); err == nil {
		t.Error("ftp is no address here")
	}
}
