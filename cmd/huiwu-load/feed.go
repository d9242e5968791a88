package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"huiwu/server/domain"
	"huiwu/server/live"
)

// feeder is another instance as far as the servers can tell: it commits changes
// of one event and announces them on the bus, without the cost of requests.
type feeder struct {
	db    *pgx.Conn
	bus   *live.RedisBus
	hub   *live.Hub // never started: it only announces
	event string
	by    player
	items []feedItem
	next  int
}

type feedItem struct {
	id, label, finished string
	done                bool
}

func newFeeder(ctx context.Context, on *stand, redisURL, base string) (*feeder, error) {
	l, err := newLine(base, nil)
	if err != nil {
		return nil, err
	}
	defer l.close()
	f := &feeder{event: on.cast.Events[0], by: on.cast.People[0]}
	list, err := checklist(ctx, l, f.event, f.by, false)
	if err != nil {
		return nil, err
	}
	for _, i := range list.Items {
		if !tappable(i) {
			continue
		}
		x := feedItem{id: i.ID, label: i.Zh, finished: string(domain.ItemDone), done: i.Status != domain.ItemOpen}
		if i.Acceptance != domain.AcceptNone {
			x.finished = string(domain.ItemSubmitted)
		}
		f.items = append(f.items, x)
	}
	if len(f.items) == 0 {
		return nil, errors.New("nothing of the event can be ticked")
	}
	if f.db, err = pgx.Connect(ctx, on.options.URL); err != nil {
		return nil, err
	}
	if f.bus, err = live.NewRedisBus(live.RedisOptions{URL: redisURL, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return nil, errors.Join(err, f.db.Close(ctx))
	}
	f.hub = live.NewHub(live.Config{Bus: f.bus})
	for range 50 { // a bus that has not reached its server yet drops what it is given
		if err = f.bus.Ready(ctx); err == nil {
			return f, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil, errors.Join(err, f.close(ctx))
}

func (f *feeder) close(ctx context.Context) error {
	return errors.Join(f.bus.Close(), f.db.Close(context.WithoutCancel(ctx)))
}

// lump is how long a time's changes are committed at once. The servers ask
// every two seconds where the event stands, and wait 50 ms before they call an
// announcement lost: each is out by then.
const lump = 20 * time.Millisecond

// run commits and announces changes at a rate for as long, and returns them as acts.
func (f *feeder) run(ctx context.Context, rate float64, d time.Duration, begun time.Time) ([]act, error) {
	var acts []act
	from, sent := time.Now(), 0
	for ctx.Err() == nil {
		at := time.Since(from)
		if at >= d {
			break
		}
		n := min(int((at+lump).Seconds()*rate)-sent, len(f.items))
		if n <= 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		batch, err := f.commit(ctx, n)
		if err != nil {
			return nil, err
		}
		for _, a := range batch {
			due := time.Duration(float64(sent) / rate * float64(time.Second))
			if early := due - time.Since(from); early > time.Millisecond {
				time.Sleep(early)
			}
			a.start = time.Since(begun)
			f.hub.Announce(live.Message{Topic: domain.EventTopic(f.event), First: a.seq, Seq: a.seq, Subjects: []string{"item:" + a.item}}) //nolint:contextcheck // a hub that has not started only publishes
			a.replied = time.Since(begun)
			acts = append(acts, a)
			sent++
		}
	}
	if lost := f.bus.Stats(); lost.Dropped+lost.Failed > 0 {
		return nil, fmt.Errorf("the feeder's bus lost %d announcements", lost.Dropped+lost.Failed)
	}
	return acts, ctx.Err()
}

// commit ticks or undoes the next n items in one transaction, in the order of
// their seqs: item, log row and counter as the store writes them.
func (f *feeder) commit(ctx context.Context, n int) ([]act, error) {
	var ids, states, labels, verbs []string
	var seqs []int64
	acts := make([]act, n)
	for k := range n {
		i := &f.items[(f.next+k)%len(f.items)]
		i.done = !i.done
		state, verb, shown := i.finished, "item.done", ticked
		if !i.done {
			state, verb, shown = string(domain.ItemOpen), "item.undone", undone
		}
		ids, states, labels, verbs = append(ids, i.id), append(states, state), append(labels, i.label), append(verbs, verb)
		acts[k] = act{event: f.event, item: i.id, states: shown}
	}
	f.next += n
	err := pgx.BeginFunc(ctx, f.db, func(tx pgx.Tx) error {
		var head int64
		topic := domain.EventTopic(f.event)
		if err := tx.QueryRow(ctx, "UPDATE topics SET seq = seq + $2 WHERE id = $1 RETURNING seq", topic, n).Scan(&head); err != nil {
			return err
		}
		for k := range acts {
			acts[k].seq = head - int64(n-1-k)
			seqs = append(seqs, acts[k].seq)
		}
		_, err := tx.Exec(ctx, `UPDATE items i SET status = v.status, seq = v.seq, state_at = now(),
			done_at = CASE WHEN v.status = 'open' THEN NULL ELSE now() END, done_received_at = CASE WHEN v.status = 'open' THEN NULL ELSE now() END,
			done_by = CASE WHEN v.status = 'open' THEN NULL ELSE $4 END
			FROM unnest($1::text[], $2::text[], $3::bigint[]) AS v (id, status, seq) WHERE i.id = v.id`, ids, states, seqs, f.by.ID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO changes (topic, seq, event_id, subject, verb, label, new, minor, person_id, person, acted_at, received_at)
			SELECT $1, v.seq, $2, 'item:' || v.id, v.verb, v.label, v.status, false, $3, $4, now(), now()
			FROM unnest($5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[]) AS v (id, status, seq, verb, label)`,
			topic, f.event, f.by.ID, f.by.StaffNo, ids, states, seqs, verbs, labels)
		return err
	})
	return acts, err
}

// maxReport is how much a server can deliver in time.
type maxReport struct {
	Rate   float64   `json:"changes_per_second"`
	Shown  float64   `json:"shown_per_second"` // changes × sockets
	Frames float64   `json:"frames_per_second"`
	Took   quantiles `json:"took_ms"` // announcement → frame
	Ends   string    `json:"ends"`    // why it is not more
	Fault  error     `json:"-"`       // what must not happen at the greatest rate that was in time
}

// How the rate is raised, and what ends that.
const (
	feedFirst = 200.0
	feedStep  = 1.35
	feedMost  = 20_000.0
	inTime    = 250.0 // ms, p99
)

// findMax raises the rate of changes until frames come too late, or the feeder
// cannot go on. Each rate is tried for the same time, before a new crowd.
func findMax(ctx context.Context, bases []string, on *stand, redisURL string, sockets int, each time.Duration) (*maxReport, error) {
	f, err := newFeeder(ctx, on, redisURL, bases[0])
	if err != nil {
		return nil, err
	}
	defer f.close(ctx)
	best := &maxReport{Ends: "the greatest rate tried"}
	for rate := feedFirst; rate <= feedMost; rate *= feedStep {
		r, err := f.try(ctx, bases, on.cast.on(1), sockets, rate, each)
		if err != nil {
			return nil, err
		}
		switch {
		case r.Rate < 0.95*rate:
			best.Ends = fmt.Sprintf("the feeder came to %.0f of %.0f changes a second", r.Rate, rate)
			return best, nil
		case r.Took.P99 > inTime:
			best.Ends = fmt.Sprintf("p99 was %.0f ms at %.0f changes a second", r.Took.P99, rate)
			return best, nil
		case r.Fault != nil:
			return r, nil
		}
		best = r
	}
	return best, nil
}

func (f *feeder) try(ctx context.Context, bases []string, c *cast, sockets int, rate float64, d time.Duration) (*maxReport, error) {
	w, err := newCrowd(bases, c, sockets)
	if err != nil {
		return nil, err
	}
	l, err := newLine(bases[0], nil)
	if err != nil {
		return nil, err
	}
	defer l.close()
	heads, err := headsOf(ctx, l, c)
	if err != nil {
		return nil, err
	}
	w.stand(heads)
	defer w.cut()
	if err := w.join(ctx, atOnce); err != nil {
		return nil, err
	}
	acts, err := f.run(ctx, rate, d, w.begun)
	if err != nil {
		return nil, err
	}
	if len(acts) == 0 {
		return nil, errors.New("nothing was fed")
	}
	heads[f.event] = acts[len(acts)-1].seq
	behind := w.settle(ctx, heads, 10*time.Second)
	w.cut()
	v := judge(acts, w.phones)
	seconds := (acts[len(acts)-1].start - acts[0].start).Seconds()
	r := &maxReport{Rate: float64(len(acts)-1) / seconds, Shown: float64(v.Pairs) / seconds, Frames: float64(v.Frames) / seconds, Took: v.all.quantiles()}
	if bad := v.Lost + v.Doubled + v.Stale + v.Wrong + behind + int(w.drops.Load()); bad > 0 {
		r.Fault = fmt.Errorf("at %.0f changes a second: %d lost, %d doubled, %d stale, %d wrong, %d behind, %d drops (%s)", rate, v.Lost, v.Doubled, v.Stale, v.Wrong, behind, w.drops.Load(), w.lastDrop())
	}
	return r, nil
}
