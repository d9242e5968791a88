package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// Clock is a clock that shows start now and then runs speed times as fast as
// the real one. For a fast demo the caller makes it the store's clock before
// anything is served (s.Now = demo.Clock(now, 60)): then due times, lateness,
// acted-at and the log agree for everybody, and Simulate with the same speed
// only waits less.
func Clock(start time.Time, speed float64) func() time.Time {
	begin := time.Now()
	return func() time.Time {
		return start.Add(time.Duration(float64(time.Since(begin)) * speed)).UTC().Truncate(time.Microsecond)
	}
}

// SimOptions of Simulate.
type SimOptions struct {
	Speed float64      // of the store's clock, see Clock; 0 = 1
	Start time.Time    // Options.Now of Seed: what was planned before it has happened; zero = the store's clock
	Log   *slog.Logger // nil = silent. Refusals are logged as "refused", accidents as warnings

	Photos photos.Blobs

	jump func(time.Time) // tests: sets the store's clock instead of waiting for it
}

// Simulate plays the day of a seeded store until the visit and the weekly
// meeting are closed: crews tick their items when they are due, the supervisor
// checks, the commander accepts and declares ready, the cars pass from post to
// post, tea rounds and patrols are kept, the guests leave, the hall is cleared
// and the crews released. It goes by the store's clock: at a speed other than 1
// that clock must be Clock of the same speed, else it just waits for the real
// time. Every act is an ordinary one, of the right person, with a key that is
// the same in every run, so that a simulation that is started again goes on
// where it was. People may join in from a browser: what they have done already
// is passed over, what they sent back is done again, what waits for acceptance
// for some minutes is accepted, and moved times move what is still to come.
// It returns nil when ctx ends.
func Simulate(ctx context.Context, s *store.Store, o SimOptions) error {
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Start.IsZero() {
		o.Start = s.Now()
	}
	t, err := gather(ctx, s, o.Photos)
	if err == nil {
		p := &player{troupe: t, SimOptions: o, known: map[string]string{}, stages: map[string]*stage{}, look: o.Start.UTC().Truncate(time.Minute)}
		for _, key := range keys() {
			p.known[fixedID("event", key)] = key
		}
		err = p.run(ctx)
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the end was asked for
	}
	return err
}

func keys() []string {
	list := []string{visitKey, weeklyKey}
	for k := range load().Week {
		list = append(list, load().Week[k].Key)
	}
	return list
}

// player plays the stages on the store's clock.
type player struct {
	*troupe
	SimOptions
	known  map[string]string // event id → key
	stages map[string]*stage // by key
	look   time.Time         // when to look round next
}

// lookEvery is how often the supervisor, the commander and the crews look what
// has become of their items besides what was planned.
const lookEvery = 2 * time.Minute

func (p *player) run(ctx context.Context) error {
	if err := p.follow(ctx, p.Start.Add(-12*time.Hour), p.Start.Add(36*time.Hour), p.Start); err != nil {
		return err
	}
	if p.stages[visitKey] == nil {
		e, _, err := p.s.Event(ctx, nil, fixedID("event", visitKey))
		if err == nil && e.Status.Over() {
			return nil // it has been played
		}
		return errors.Join(errors.New("demo: there is no visit to play: seed an empty database first"), err)
	}
	for {
		st := p.next()
		at := p.look
		if st != nil && !st.steps[st.pos].at.After(at) { // what was planned goes first
			at = st.steps[st.pos].at
		} else {
			st = nil
		}
		if !p.until(ctx, at) {
			return nil
		}
		if st != nil {
			x := &st.steps[st.pos]
			st.pos++
			p.step(ctx, st, x)
			continue
		}
		p.look = p.look.Add(lookEvery)
		if p.lookRound(ctx, at) {
			return nil
		}
	}
}

// next is the stage whose step comes first.
func (p *player) next() *stage {
	var found *stage
	for _, key := range keys() {
		st := p.stages[key]
		if st != nil && st.pos < len(st.steps) && (found == nil || st.steps[st.pos].at.Before(found.steps[found.pos].at)) {
			found = st
		}
	}
	return found
}

// until waits for the store's clock; false when ctx ended.
func (p *player) until(ctx context.Context, at time.Time) bool {
	if p.jump != nil && at.After(p.s.Now()) {
		p.jump(at)
	}
	for {
		left := at.Sub(p.s.Now())
		if left <= 0 {
			return ctx.Err() == nil
		}
		wait := time.NewTimer(max(time.Millisecond, time.Duration(float64(left)/p.Speed)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return false
		case <-wait.C:
		}
	}
}

// follow keeps the stages in step with the events: one that has become an
// event gets a plan, one whose times were moved a new one from at on.
func (p *player) follow(ctx context.Context, from, to, at time.Time) error {
	list, err := p.s.Events(ctx, nil, from, to)
	if err != nil {
		return err
	}
	for k := range list {
		e := &list[k].Event
		key, ok := p.known[e.ID]
		if !ok {
			continue
		}
		st := p.stages[key]
		switch {
		case !e.Status.Working():
			if st != nil {
				st.event.Status, st.pos = e.Status, len(st.steps)
			}
			continue
		case st != nil && shape(st.event) == shape(e):
			st.event = e
			continue
		case st == nil:
			st = &stage{key: key}
		}
		if err := p.rehearse(ctx, st); err != nil {
			return err
		}
		st.pos = 0
		for st.pos < len(st.steps) && !st.steps[st.pos].at.After(at) {
			st.pos++
		}
		p.stages[key] = st
	}
	return nil
}

// shape is what an event's plan hangs on.
func shape(e *domain.Event) string {
	t := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return strconv.FormatInt(t.Unix(), 10)
	}
	return fmt.Sprintln(t(e.ArrivalAt), t(&e.StartAt), t(&e.EndAt), t(e.BreakAt), t(e.ActualStartAt), t(e.ActualEndAt), e.CommanderID, e.Level, e.TeaMinutes)
}

// lookRound does what was not planned, and tells when the day is over.
func (p *player) lookRound(ctx context.Context, at time.Time) (over bool) {
	if err := p.follow(ctx, at.Add(-6*time.Hour), at.Add(3*time.Hour), at); err != nil {
		p.away(ctx, err)
		return false
	}
	over = true
	for _, key := range keys() {
		st := p.stages[key]
		if st == nil {
			continue
		}
		if (key == visitKey || key == weeklyKey) && !st.event.Status.Over() {
			// Somebody keeps it open for hours: then it is his.
			n := len(st.steps)
			over = over && n > 0 && at.After(st.steps[n-1].at.Add(2*time.Hour))
		}
		e := st.event
		if lead := e.Arrival().Add(-2 * time.Hour); e.Status.Working() && at.After(lead) && at.Before(e.EndAt.Add(5*time.Hour)) {
			p.mend(ctx, st, at)
		}
	}
	return over
}

// away notes that the database did not answer; the next look will find what this one missed.
func (p *player) away(ctx context.Context, err error) {
	if ctx.Err() == nil {
		p.Log.WarnContext(ctx, "demo: looking round", "error", err)
	}
}

// Patience of those who wait for something that was not planned.
const (
	redoAfter   = 4 * time.Minute
	acceptAfter = 5 * time.Minute
	lateAfter   = 5 * time.Minute
	statusAfter = 2 * time.Minute
)

// mend does for one event what has been waiting: items sent back, undone or
// forgotten, acceptances, the declaration, and what follows in the event's life.
func (p *player) mend(ctx context.Context, st *stage, at time.Time) {
	items, err := p.s.Items(ctx, st.event.ID)
	if err != nil {
		p.away(ctx, err)
		return
	}
	planned := map[string]op{}
	for _, x := range st.steps[st.pos:] {
		if x.on != "" {
			planned[x.on] = x.op
		}
	}
	for k := range items {
		i := &items[k]
		name := i.TemplateID
		for extra := range extraItems {
			if i.ID == fixedID("item", extra) {
				name = extra
			}
		}
		if planned[name] != "" && name != "" {
			continue
		}
		if name == "" { // somebody else's ad-hoc item
			name = i.ID
			st.items[name] = *i
		}
		waited := at.Sub(i.StateAt)
		switch {
		case i.Status == domain.ItemSubmitted && waited >= acceptAfter:
			if by := p.judge(st, i); by != "" {
				p.step(ctx, st, &step{at: at, by: by, op: opAccept, on: name})
			}
		case i.Status == domain.ItemRejected && waited >= redoAfter,
			i.Status == domain.ItemOpen && !i.IsRound() && waited >= lateAfter && i.DueAt != nil && at.Sub(*i.DueAt) >= lateAfter && i.TemplateID != "M7":
			p.step(ctx, st, &step{at: at, by: st.performer(i), op: opDo, on: name, text: st.reading(i, 0)})
		}
	}
	for _, x := range st.steps[:st.pos] {
		if at.Sub(x.at) < statusAfter {
			continue
		}
		switch {
		case x.op == opStatus && mayBecome(st.event, items, domain.EventStatus(x.on)),
			x.op == opReady && mayBeReady(st.event, items):
			p.step(ctx, st, &step{at: at, by: x.by, op: x.op, on: x.on})
		}
	}
}

// judge is who has to look at a submitted item next; "" when nobody can.
func (p *player) judge(st *stage, i *domain.Item) string {
	done := p.numbers[i.DoneBy]
	var list []string
	switch {
	case i.Acceptance == domain.AcceptBoth && i.CheckedAt == nil, i.Acceptance == domain.AcceptSupervisor, i.Acceptance == domain.AcceptOrganiser:
		list = []string{supervisor, centreHead}
	default:
		list = []string{st.commander, "commander"}
	}
	for _, no := range list {
		if no != done {
			return no
		}
	}
	return ""
}

// step does one step unless it is out of date: a person may have been faster.
func (p *player) step(ctx context.Context, st *stage, x *step) {
	if p.done(ctx, st, x) {
		return
	}
	log := p.Log.With("event", st.event.Name, "step", x.name(), "by", x.by, "at", x.at.In(p.s.Loc).Format("15:04:05"))
	key := fmt.Sprintf("demo-%s-%s-%s-%d", st.key, x.op, x.on, x.at.Unix())
	for try := 1; ; try++ {
		r, err := p.perform(ctx, st, x, domain.Act{Key: key, ActedAt: x.at, Device: "demo"})
		refusal, refused := domain.AsError(err)
		switch {
		case err == nil:
			log.DebugContext(ctx, "demo", "notice", r.Notice)
			return
		case ctx.Err() != nil:
			return
		case refused && refusal.Code != domain.CodeUnavailable:
			log.InfoContext(ctx, "refused", "why", refusal.Error())
			return
		case try == 5:
			log.WarnContext(ctx, "demo: given up", "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
}

// done tells whether a step has nothing left to do.
func (p *player) done(ctx context.Context, st *stage, x *step) bool {
	switch x.op {
	case opDo, opDefer, opAccept, opReject:
		list, err := p.s.ItemsByID(ctx, []string{st.itemID(x.on)})
		if err != nil {
			return false // the act itself will say what is wrong
		}
		if len(list) == 0 {
			return true
		}
		i := &list[0]
		switch {
		case i.StateAt.After(x.at):
			return true
		case x.op == opReject:
			return i.Status != domain.ItemSubmitted
		case x.op == opAccept && i.Acceptance == domain.AcceptBoth && i.CheckedAt != nil:
			return i.Status != domain.ItemSubmitted || x.by == supervisor
		case x.op == opAccept:
			return i.Status != domain.ItemSubmitted
		case i.IsRound():
			return i.Status != domain.ItemOpen || i.RoundNo > x.n
		}
		return i.Status != domain.ItemOpen && i.Status != domain.ItemRejected
	case opStatus, opReady:
		e, _, err := p.s.Event(ctx, nil, st.event.ID)
		if err != nil {
			return false
		}
		items, err := p.s.Items(ctx, e.ID)
		if err != nil {
			return false
		}
		if x.op == opReady {
			return !mayBeReady(e, items)
		}
		return !mayBecome(e, items, domain.EventStatus(x.on))
	}
	return false
}

// mayBecome tells whether an event is ready for its next status; never back.
func mayBecome(e *domain.Event, items []domain.Item, to domain.EventStatus) bool {
	switch to {
	case domain.EventLive:
		return e.Status == domain.EventPreparing || e.Status == domain.EventReady
	case domain.EventClearing:
		return e.Status == domain.EventLive
	case domain.EventReleased:
		return e.Status == domain.EventClearing && e.LeftAt != nil
	case domain.EventClosed:
		sum := domain.Sum(items, e.StateAt)
		return e.Status == domain.EventReleased && sum.Close == sum.CloseDone
	}
	return false
}

// mayBeReady tells whether every ★ is accepted.
func mayBeReady(e *domain.Event, items []domain.Item) bool {
	return e.Status == domain.EventPreparing && domain.Sum(items, e.StateAt).ReadyMissing() == 0
}
