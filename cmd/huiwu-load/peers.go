package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

type peersCmd struct {
	benchCmd
	Source string `type:"existingdir" default:"cmd/huiwu-load/peers" help:"Module of the other server."`
	Peer   string `type:"existingfile" help:"The other server, built; without it it is built from --source."`
}

// besides are the steps that another server can do as well.
var besides = []string{"idle", "cpu", "fan5k", "fan5k50"}

// peer is another server with what was measured of it and of ours.
type peer struct {
	launch launcher
	env    []string
	pairs  []pair
}

// pair is a figure of ours and the other server's.
type pair struct{ name, ours, theirs string }

func (c peersCmd) Run(ctx context.Context) error {
	if c.Redis == "" || c.Database == "" {
		return errors.New("TEST_DATABASE_URL and TEST_REDIS_URL are needed: .ci/with-services gives both")
	}
	if len(c.Only) == 0 {
		c.Only = besides
	}
	dir, err := os.MkdirTemp("", "huiwu-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if c.Peer == "" {
		c.Peer = filepath.Join(dir, "peers")
		b := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", c.Peer, ".")
		b.Dir, b.Env = c.Source, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := b.CombinedOutput(); err != nil {
			return fmt.Errorf("the other server cannot be built: %w\n%s", err, out)
		}
	}
	return c.measure(ctx, &peer{
		launch: launcher{binary: c.Peer, first: "/", dir: dir},
		env:    []string{"REDIS_URL=" + c.Redis, "PREFIX=" + filepath.Base(dir)},
	})
}

// beside measures the other server right after the same step of ours.
func (p *proof) beside(ctx context.Context, name string) error {
	switch name {
	case "idle":
		return p.peerIdle(ctx)
	case "cpu":
		return p.peerFan(ctx, name, p.Sockets, 50, p.Time)
	case "fan5k":
		return p.peerFan(ctx, name, p.Crowd, 10, max(p.Time, fanTime))
	case "fan5k50":
		return p.peerFan(ctx, name, p.Crowd, 50, max(p.Time, fanTime))
	}
	return nil
}

// addPair adds a figure of the other server beside the newest of ours by that name.
func (p *proof) addPair(name, ours, unit string, value float64) {
	theirs := "centrifuge, " + name
	p.figures.add(theirs, unit, value)
	for _, x := range p.peer.pairs {
		if x.name == name {
			return
		}
	}
	p.peer.pairs = append(p.peer.pairs, pair{name, ours, theirs})
}

// ratios adds ours to theirs, of the medians.
func (p *proof) ratios() {
	medians := map[string]float64{}
	for _, f := range p.figures {
		medians[f.Name] = f.median()
	}
	for _, x := range p.peer.pairs {
		if theirs := medians[x.theirs]; theirs > 0 {
			p.figures.add("ours to centrifuge's: "+x.name, "", medians[x.ours]/theirs)
		}
	}
}

func (p *proof) withPeer(ctx context.Context, fn func(s *child) error) error {
	s, err := p.peer.launch.start(ctx, "", p.peer.env...)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := fn(s); err != nil {
		return fmt.Errorf("the other server: %w\nits last words:\n%s", err, s.tail())
	}
	return nil
}

func (p *proof) peerIdle(ctx context.Context) error {
	return p.withPeer(ctx, func(s *child) error {
		first, err := peerCrowd(s.base, min(p.Idle, 50))
		if err != nil {
			return err
		}
		err = first.join(ctx, atOnce)
		first.cut()
		if err != nil {
			return err
		}
		if err := wait(ctx, 2*time.Second); err != nil {
			return err
		}
		before, err := resident(s.pid())
		if err != nil {
			return err
		}
		w, err := peerCrowd(s.base, p.Idle)
		if err != nil {
			return err
		}
		defer w.cut()
		if err := w.join(ctx, atOnce); err != nil {
			return err
		}
		if err := wait(ctx, max(p.Time, 3*time.Second)); err != nil {
			return err
		}
		after, err := resident(s.pid())
		if err != nil {
			return err
		}
		p.addPair("memory of 1,000 idle sockets", "memory of 1,000 idle sockets", "MB", (after-before)*1000/float64(p.Idle))
		return nil
	})
}

func (p *proof) peerFan(ctx context.Context, step string, sockets int, rate float64, d time.Duration) error {
	size := p.frameBytes
	if size == 0 {
		return errors.New("nobody knows how large a frame is: measure ours first")
	}
	return p.withPeer(ctx, func(s *child) error {
		r, err := playPeer(ctx, s, sockets, int(rate*d.Seconds()), rate, size)
		if err != nil {
			return err
		}
		if r.Lost > 0 {
			p.note(fmt.Errorf("the other server lost %d messages", r.Lost))
		}
		if step == "cpu" {
			p.addPair(fmt.Sprintf("processor time for a million frames of %d bytes", size/100*100), p.cpuName(), "s", r.PerMillion)
			return nil
		}
		what := fanName(sockets, rate)
		p.addPair(what+", p99", what+": request → frame, p99", "ms", r.Shown.P99)
		p.addPair(what+", processor time for a million frames", "  processor time for a million frames at "+short(rate)+"/s", "s", r.PerMillion)
		return nil
	})
}

// peerReport is how the other server pushes.
type peerReport struct {
	Shown      quantiles
	PerMillion float64
	Held       float64
	Lost       int
}

// playPeer publishes messages of that size at a rate, and judges what the
// sockets were sent as it does with ours.
func playPeer(ctx context.Context, s *child, sockets, n int, rate float64, size int) (*peerReport, error) {
	w, err := peerCrowd(s.base, sockets)
	if err != nil {
		return nil, err
	}
	defer w.cut()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, err
	}
	before, err := cpuSeconds(s.pid())
	if err != nil {
		return nil, err
	}
	acts, err := publishAll(ctx, s.base, w, n, rate, size)
	if err != nil {
		return nil, err
	}
	w.settle(ctx, map[string]int64{peerEvent: int64(n)}, 10*time.Second)
	after, err := cpuSeconds(s.pid())
	if err != nil {
		return nil, err
	}
	if w.drops.Load()+w.broken.Load() > 0 {
		return nil, fmt.Errorf("%d sockets ended, %d messages cannot be read: %s", w.drops.Load(), w.broken.Load(), w.lastDrop())
	}
	w.cut()
	v := judge(acts, w.phones)
	r := &peerReport{Shown: v.all.quantiles(), Held: held(acts), Lost: v.Lost}
	if v.Pairs > 0 {
		r.PerMillion = (after - before) / float64(v.Pairs) * 1e6
	}
	return r, ctx.Err()
}

// publishAll publishes each message in its time, whether or not the ones before
// were answered, over connections that are kept alive.
func publishAll(ctx context.Context, base string, w *crowd, n int, rate float64, size int) ([]act, error) {
	const most = 32
	lines := make(chan *line, most)
	for range most {
		l, err := newLine(base, nil)
		if err != nil {
			return nil, err
		}
		defer l.close()
		lines <- l
	}
	acts, errs := make([]act, n), make([]error, n)
	var wg sync.WaitGroup
	defer wg.Wait()
	begun := time.Now()
	for k := range n {
		if err := wait(ctx, time.Until(begun.Add(time.Duration(float64(k)/rate*float64(time.Second))))); err != nil {
			return nil, err
		}
		l := <-lines
		wg.Go(func() {
			defer func() { lines <- l }()
			a := &acts[k]
			*a = act{event: peerEvent, item: strconv.Itoa(k + 1), seq: int64(k + 1), states: ticked, start: time.Since(w.begun)}
			got, err := l.ask(ctx, l.request("POST", "/publish?channel="+peerChannel, payload(k+1, size)), true)
			if err == nil && got.status != 200 {
				err = fmt.Errorf("publish: %d %s", got.status, got.body)
			}
			a.replied, errs[k] = time.Since(w.begun), err
		})
	}
	wg.Wait()
	return acts, errors.Join(errs...)
}

const (
	peerEvent   = "load"
	peerChannel = "event:load"
)

// payload is a message that makes a frame of that size.
func payload(n, size int) string {
	const around = len(`{"push":{"channel":"event:load","pub":{"data":{"n":100,"html":""}}}}`)
	return fmt.Sprintf(`{"n":%d,"html":"%s"}`, n, strings.Repeat("x", max(0, size-around)))
}

func peerCrowd(base string, n int) (*crowd, error) {
	c := &cast{Events: []string{peerEvent}, People: make([]player, n)}
	w, err := newCrowd([]string{base}, c, n)
	if err != nil {
		return nil, err
	}
	w.speech, w.frames = centrifugal{}, newFrames(parseCentrifugal)
	return w, nil
}

// centrifugal is centrifuge's JSON protocol, as far as phones need it.
type centrifugal struct{}

func (centrifugal) path(*phone) string { return "/connection/websocket" }

func (centrifugal) hello(p *phone) [][]byte {
	return [][]byte{[]byte(`{"id":1,"connect":{}}`), []byte(`{"id":2,"subscribe":{"channel":"` + p.topic + `"}}`)}
}

// parseCentrifugal reads one message: a publication is shown as a row of its own.
func parseCentrifugal(b []byte) (*frame, error) {
	var j struct {
		ID    int             `json:"id"`
		Error json.RawMessage `json:"error"`
		Push  *struct {
			Channel string `json:"channel"`
			Pub     *struct {
				Data struct {
					N int64 `json:"n"`
				} `json:"data"`
			} `json:"pub"`
		} `json:"push"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, fmt.Errorf("message %.80q: %w", b, err)
	}
	switch {
	case j.Error != nil:
		return nil, fmt.Errorf("refused: %s", j.Error)
	case j.Push != nil && j.Push.Pub != nil:
		n := j.Push.Pub.Data.N
		return &frame{topic: j.Push.Channel, seq: n, rows: []row{{strconv.FormatInt(n, 10), n, ticked[0]}}}, nil
	case j.ID == 0 && j.Push == nil:
		return &frame{echo: []byte("{}"), quiet: true}, nil // its ping
	}
	return &frame{quiet: j.ID == 1}, nil // connected is not yet subscribed
}
