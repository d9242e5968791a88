package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// moment is a server's state while it is under load for long.
type moment struct {
	At         float64 `json:"at_seconds"`
	Memory     float64 `json:"memory_mb"` // resident
	Heap       float64 `json:"heap_mb"`   // in use after a collection
	Goroutines float64 `json:"goroutines"`
	Sockets    float64 `json:"sockets"`
	Topics     float64 `json:"topics"`
	SlowDrops  float64 `json:"slow_drops"` // sockets closed because their queue was full
}

// soakReport is how a server bears a long time.
type soakReport struct {
	Moments []moment `json:"moments"` // start, middle, end
	Acts    int      `json:"acts"`
	Joins   int      `json:"joins"`
	Aside   int      `json:"aside"` // rows that pages left aside
	Fault   error    `json:"-"`
}

// churn is how many sockets go and come back in a second, of a thousand.
const churn = 20

// soak plays acts while sockets come and go. The profile address is where the
// server shows its goroutines.
func soak(ctx context.Context, base, profile string, pid int, c *cast, sockets int, rate float64, d time.Duration) (*soakReport, error) {
	w, err := newCrowd([]string{base}, c, sockets)
	if err != nil {
		return nil, err
	}
	s, err := newStage(ctx, []string{base}, c, 48, w.begun)
	if err != nil {
		return nil, err
	}
	defer s.close()
	w.stand(s.heads)
	defer w.cut()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, err
	}
	played := make(chan struct{})
	go func() {
		defer close(played)
		s.rest(ctx, int(rate*d.Seconds()), rate)
	}()
	r := new(soakReport)
	for _, part := range []float64{0.1, 0.5, 1} { // not at once: what is needed only once is there by then
		n, err := w.comeAndGo(ctx, time.Until(w.begun.Add(time.Duration(part*float64(d)))))
		r.Joins += n
		if err != nil {
			return nil, err
		}
		m, err := momentOf(ctx, base, profile, pid, w.begun)
		if err != nil {
			return nil, err
		}
		r.Moments = append(r.Moments, m)
	}
	<-played
	behind := w.settle(ctx, s.now(), 10*time.Second)
	w.cut()
	v := judge(s.acts, w.phones)
	r.Acts, r.Aside = len(s.acts), v.Aside
	if v.Lost+v.Doubled+v.Stale+v.Wrong+behind+s.failed+int(w.drops.Load()) > 0 {
		r.Fault = fmt.Errorf("soak: %d lost, %d doubled, %d stale, %d wrong, %d behind, %d failed acts, %d drops (%s %s)",
			v.Lost, v.Doubled, v.Stale, v.Wrong, behind, s.failed, w.drops.Load(), s.last, w.lastDrop())
	}
	return r, ctx.Err()
}

// comeAndGo lets phones leave and return for as long, and tells how many did.
func (w *crowd) comeAndGo(ctx context.Context, d time.Duration) (joins int, err error) {
	pause := time.Second * 1000 / time.Duration(churn*max(1, len(w.phones)))
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := wait(ctx, pause); err != nil {
			return joins, err
		}
		p := w.phones[rand.IntN(len(w.phones))]
		p.leave()
		<-p.gone
		if err := p.join(ctx); err != nil {
			return joins, fmt.Errorf("coming back: %w", err)
		}
		joins++
	}
	return joins, nil
}

func momentOf(ctx context.Context, base, profile string, pid int, begun time.Time) (moment, error) {
	m := moment{At: time.Since(begun).Seconds()}
	if _, err := fetchProfile(ctx, profile, "heap?gc=1"); err != nil {
		return m, err
	}
	o, err := observe(ctx, []string{base}, []int{pid})
	if err != nil {
		return m, err
	}
	m.Memory, m.Heap = o.memory, o.metrics["go_memstats_heap_alloc_bytes"]/1e6
	m.Sockets, m.Topics, m.SlowDrops = o.metrics["huiwu_sockets"], o.metrics["huiwu_topics"], o.metrics["huiwu_queue_drops_total"]
	text, err := fetchProfile(ctx, profile, "goroutine?debug=1")
	if err != nil {
		return m, err
	}
	m.Goroutines, err = parseGoroutines(text)
	return m, err
}

func fetchProfile(ctx context.Context, addr, what string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/pprof/"+what, nil)
	if err != nil {
		return "", err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, 16<<20))
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("profile %s: %s", what, a.Status)
	}
	return string(b), err
}

func parseGoroutines(text string) (float64, error) {
	rest, found := strings.CutPrefix(text, "goroutine profile: total ")
	if !found {
		return 0, errors.New("that is no profile of goroutines")
	}
	first, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseFloat(first, 64)
}
