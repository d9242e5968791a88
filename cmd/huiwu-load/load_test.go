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
		aside                              int
	}{
		"each":           {[]*frame{shows(2, row{"a", 2, "done"}), shows(3, row{"b", 3, "done"}), shows(4, row{"a", 4, "due"})}, 3, 0, 0, 0, 0, 0},
		"joined":         {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "submitted"})}, 3, 0, 0, 0, 0, 0},
		"with a clock":   {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(4)}, 3, 0, 0, 0, 0, 0},
		"one is missing": {[]*frame{shows(2, row{"a", 2, "done"}), shows(4, row{"a", 4, "due"})}, 2, 1, 0, 0, 0, 0},
		"nothing":        {nil, 0, 3, 0, 0, 0, 0},
		"doubled":        {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(4, row{"a", 4, "due"})}, 3, 0, 1, 0, 0, 0},
		"old over new":   {[]*frame{shows(4, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(2, row{"a", 2, "done"})}, 3, 0, 0, 1, 0, 1},
		"came back":      {[]*frame{shows(3, row{"a", 4, "due"}, row{"b", 3, "done"}), shows(4, row{"a", 2, "done"}), shows(5, row{"a", 4, "due"})}, 3, 0, 0, 0, 0, 1},
		"wrong state":    {[]*frame{shows(4, row{"a", 4, "done"}, row{"b", 3, "done"})}, 3, 0, 0, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(acts, []*phone{sent(c.frames...)})
			if v.Pairs != c.pairs || v.Lost != c.lost || v.Doubled != c.doubled || v.Stale != c.stale || v.Wrong != c.wrong || v.Aside != c.aside {
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

// A page that is told to fetch itself again shows everything up to there.
func TestJudgeReset(t *testing.T) {
	acts := []act{{event: "e", item: "a", seq: 2, states: ticked}, {event: "e", item: "b", seq: 3, states: ticked}, {event: "f", item: "c", seq: 2, states: ticked}}
	v := judge(acts, []*phone{sent(&frame{seq: 2, reset: true}, shows(3, row{"b", 3, "done"}))})
	if v.Lost != 0 || v.Again != 1 || v.Pairs != 1 {
		t.Errorf("%+v", v)
	}
}

func TestObserved(t *testing.T) {
	read := func(text string) observed {
		o := observed{metrics: map[string]float64{}}
		o.add(text)
		return o
	}
	const name = "huiwu_act_seconds"
	before := read("# HELP x y\nhuiwu_sockets 3\n")
	after := read(name + `_bucket{result="committed",le="0.005"} 50` + "\n" + name + `_bucket{result="committed",le="0.01"} 100` + "\n" +
		name + `_bucket{result="committed",le="+Inf"} 100` + "\n" + name + `_count{result="committed"} 100` + "\n" + name + `_sum{result="committed"} 0.4` + "\nhuiwu_sockets 5\n")
	if got, want := commitsBetween(before, after).String(), "mean 4.0  p50 5.0  p90 9.0  p99 9.9 ms"; got != want {
		t.Error(got)
	}
	if got := after.since(before, "huiwu_sockets"); got != 2 {
		t.Error(got)
	}
	if got := commitsBetween(before, before); got != (commits{}) {
		t.Errorf("%+v", got)
	}
}

func TestParseStat(t *testing.T) {
	if got, err := parseStat("42 (a) b) S 1 1 1 0 -1 4194304 9 0 0 0 150 50 0 0 20 0"); err != nil || got != 2 {
		t.Error(got, err)
	}
	if _, err := parseStat("42 (x) S 1"); err == nil {
		t.Error("half a line was read")
	}
}

func TestParsePgbench(t *testing.T) {
	if got, err := parsePgbench("latency average = 1 ms\ntps = 812.5 (without initial connection time)\n"); err != nil || got != 812.5 {
		t.Error(got, err)
	}
	if _, err := parsePgbench("number of transactions actually processed: 0"); !errors.Is(err, errNoRate) {
		t.Error(err)
	}
}

func TestParseGoroutines(t *testing.T) {
	if got, err := parseGoroutines("goroutine profile: total 17\n1 @ 0x1\n"); err != nil || got != 17 {
		t.Error(got, err)
	}
	if _, err := parseGoroutines("404"); err == nil {
		t.Error("that was no profile")
	}
}

func TestFigureWithin(t *testing.T) {
	var f figures
	f.add("start", "ms", 50).within(27, 84)
	if len(f.missed()) != 0 {
		t.Error("within the bound is not missed")
	}
	var b bytes.Buffer
	if f.print(&b); !strings.Contains(b.String(), "within the bound") {
		t.Error(b.String())
	}
	if f.add("start", "ms", 200).within(27, 84); len(f.missed()) != 1 {
		t.Error("beyond the bound is")
	}
}

func TestHeld(t *testing.T) {
	acts := []act{{start: 0, replied: time.Second}, {start: time.Second, replied: 2 * time.Second}, {unseen: true, replied: time.Hour}}
	if got := held(acts); got != 1 {
		t.Error(got)
	}
	if held(nil) != 0 {
		t.Error("nothing has no rate")
	}
}

func TestChoose(t *testing.T) {
	all, err := benchCmd{Full: true}.choose()
	if err != nil || len(all) != len(steps) {
		t.Errorf("%d of %d: %v", len(all), len(steps), err)
	}
	two, err := benchCmd{Only: []string{"max", "start"}}.choose()
	if err != nil || len(two) != 2 || two[0].name != "start" {
		t.Errorf("%+v %v", two, err)
	}
	if _, err := (benchCmd{Only: []string{"nonsense"}}).choose(); err == nil {
		t.Error("there is no such step")
	}
}

func TestStaysHere(t *testing.T) {
	s := site{Base: []string{"http://127.0.0.1:1", "http://192.0.2.1"}, Login: []string{"x"}, Event: []string{"e"}}
	if _, err := s.cast(t.Context()); err == nil || !strings.Contains(err.Error(), "--remote") {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	if err := (liveOptions{Sockets: maxSockets + 1, Rate: 1}).check(); err == nil {
		t.Error("too many sockets")
	}
	if err := (liveOptions{Sockets: 1}).check(); err == nil {
		t.Error("no rate")
	}
	if err := (growOptions{Events: 10, Items: 100, Log: 100, Years: 1, People: 10}).check(); err == nil {
		t.Error("too few log rows")
	}
}

// What the other server says, word for word.
func TestCentrifugal(t *testing.T) {
	for in, want := range map[string]frame{
		`{"id":1,"connect":{"client":"c","ping":25,"pong":true}}`: {quiet: true},
		`{"id":2,"subscribe":{}}`:                                 {},
		`{}`:                                                      {quiet: true, echo: []byte("{}")},
		`{"push":{"channel":"event:load","pub":{"data":{"n":7}}}}`: {topic: "event:load", seq: 7, rows: []row{{"7", 7, "done"}}},
	} {
		got, err := parseCentrifugal([]byte(in))
		if err != nil || got.topic != want.topic || got.seq != want.seq || got.quiet != want.quiet || string(got.echo) != string(want.echo) || !slices.Equal(got.rows, want.rows) {
			t.Errorf("%s: %+v %v", in, got, err)
		}
	}
	if _, err := parseCentrifugal([]byte(`{"id":2,"error":{"code":103}}`)); err == nil {
		t.Error("a refusal was taken for an answer")
	}
	const size = 900
	if got := len(`{"push":{"channel":"event:load","pub":{"data":` + payload(100, size) + `}}}`); got != size {
		t.Errorf("a frame of %d bytes, want %d", got, size)
	}
}
