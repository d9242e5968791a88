package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// small is a few acts with their books, both right.
func small(t *testing.T) ([]*deed, *ledger) {
	t.Helper()
	url := storetest.PostgresURL(t)
	s := openStore(t, url)
	w := found(t, s, 12)
	ctx, event := t.Context(), w.events[0]
	var deeds []*deed
	do := func(ago time.Duration, person *domain.Person, subject string, act func(domain.Act) (domain.Receipt, error)) {
		t.Helper()
		now := time.Now()
		d := &deed{key: store.NewID(), person: person.ID, subject: subject, method: http.MethodPut, path: "/" + subject, acted: now.Add(-ago)}
		r, err := act(domain.Act{Key: d.key, Person: person, ActedAt: d.acted.UTC()})
		x := try{sent: now, back: time.Now(), status: http.StatusOK, acked: true, receipt: &r}
		if _, refused := domain.AsError(err); refused {
			x.status, x.receipt = http.StatusConflict, nil
		} else if err != nil {
			t.Fatal(err)
		}
		d.tries = []try{{sent: now, back: now}, x}
		deeds = append(deeds, d)
	}
	service, commander, lobby := w.people[2], w.people[0], w.people[4] // a supervisor serves everywhere
	var tick, round domain.Item
	for _, i := range w.items[event] {
		switch {
		case i.IsRound():
			round = i
		case i.NeedsAcceptance() && i.Acceptance == domain.AcceptCommander && i.Evidence == domain.EvidenceNone && i.Phase == domain.PhasePre:
			tick = i
		}
	}
	if tick.ID == "" || round.ID == "" {
		t.Fatal("no such items")
	}
	g := w.guests[event][0]
	item := func(fn func(context.Context, domain.Act, string) (domain.Receipt, error), id string) func(domain.Act) (domain.Receipt, error) {
		return func(a domain.Act) (domain.Receipt, error) { return fn(ctx, a, id) }
	}
	done := func(id string) func(domain.Act) (domain.Receipt, error) {
		return func(a domain.Act) (domain.Receipt, error) { return s.DoItem(ctx, a, id, "") }
	}
	move := func(to domain.Position) func(domain.Act) (domain.Receipt, error) {
		return func(a domain.Act) (domain.Receipt, error) { return s.MoveGuest(ctx, a, g.ID, to) }
	}
	title := func(text string) func(domain.Act) (domain.Receipt, error) {
		return func(a domain.Act) (domain.Receipt, error) {
			d := store.GuestDraft{Guest: domain.Guest{Name: g.Name, Title: text}, Party: "1号车"}
			return s.UpdateGuest(ctx, a, g.ID, d)
		}
	}
	do(0, commander, "item:"+tick.ID, item(s.AcceptItem, tick.ID)) // not submitted yet: refused
	do(0, service, "item:"+tick.ID, done(tick.ID))
	do(0, commander, "item:"+tick.ID, item(s.AcceptItem, tick.ID))
	do(0, commander, "item:"+tick.ID, item(s.UnacceptItem, tick.ID))
	do(0, service, "item:"+tick.ID, item(s.UndoItem, tick.ID))
	do(time.Hour, service, "item:"+tick.ID, done(tick.ID)) // an hour late: overtaken
	do(0, service, "item:"+round.ID, done(round.ID))
	do(0, lobby, "guest:"+g.ID, move(domain.PositionGate))
	do(0, lobby, "guest:"+g.ID, move(domain.PositionLobby))
	do(time.Hour, lobby, "guest:"+g.ID, move(domain.PositionGate))
	do(0, commander, "guest:"+g.ID, title("处长"))
	do(0, commander, "guest:"+g.ID, title("局长"))
	return deeds, readLedger(t, "pgx", url, s, w.events)
}

func (d *deed) clone() *deed {
	return &deed{key: d.key, person: d.person, subject: d.subject, method: d.method, path: d.path, acted: d.acted, off: d.off, tries: slices.Clone(d.tries)}
}

// TestJudge doctors right books, one line at a time: each fault must be found, by the rule that is for it.
func TestJudge(t *testing.T) {
	deeds, right := small(t)
	if bad := judge(deeds, right); len(bad) > 0 {
		t.Fatalf("right books are found wrong:\n%s", strings.Join(bad, "\n"))
	}
	row := func(l *ledger, verb string) *change {
		t.Helper()
		k := slices.IndexFunc(l.changes, func(c change) bool { return c.verb == verb && c.key != "" })
		if k < 0 {
			t.Fatalf("no %s in the log", verb)
		}
		return &l.changes[k]
	}
	stands := func(l *ledger, key string) *stored {
		t.Helper()
		k := slices.IndexFunc(l.acts, func(a stored) bool { return a.key == key })
		if k < 0 {
			t.Fatalf("no answer for %s", key)
		}
		return &l.acts[k]
	}
	itemOf := func(l *ledger, verb string, fn func(i *item)) {
		id := strings.TrimPrefix(row(l, verb).subject, "item:")
		i := l.items[id]
		fn(&i)
		l.items[id] = i
	}
	guestOf := func(l *ledger, fn func(g *guest)) {
		id := strings.TrimPrefix(row(l, "guest.moved").subject, "guest:")
		g := l.guests[id]
		fn(&g)
		l.guests[id] = g
	}
	const refused, tick, accepted = 0, 1, 2
	for _, x := range []struct {
		name, rule string
		doctor     func(d []*deed, l *ledger)
	}{
		{"a change is missing", "gap", func(_ []*deed, l *ledger) {
			l.changes = slices.DeleteFunc(l.changes, func(c change) bool { return c.verb == "item.accepted" })
		}},
		{"a number was given out twice", "gap", func(_ []*deed, l *ledger) { row(l, "item.done").seq++ }},
		{"a counter ran ahead", "head", func(_ []*deed, l *ledger) { l.heads[row(l, "item.done").topic]++ }},
		{"an acknowledged act is gone", "lost", func(d []*deed, l *ledger) {
			l.acts = slices.DeleteFunc(l.acts, func(a stored) bool { return a.key == d[tick].key })
		}},
		{"changes without their answer", "half", func(d []*deed, l *ledger) {
			l.acts = slices.DeleteFunc(l.acts, func(a stored) bool { return a.key == d[tick].key })
		}},
		{"an answer without its changes", "once", func(d []*deed, l *ledger) { stands(l, d[tick].key).receipt.Seq += 2 }},
		{"an act had its effect twice", "once", func(_ []*deed, l *ledger) {
			c := *row(l, "item.done")
			l.heads[c.topic]++
			c.seq = l.heads[c.topic]
			k := slices.IndexFunc(l.changes, func(o change) bool { return o.topic == c.topic && o.seq == c.seq-1 })
			l.changes = slices.Insert(l.changes, k+1, c)
		}},
		{"an act that nobody did", "stranger", func(_ []*deed, l *ledger) { l.acts = append(l.acts, stored{key: "x"}) }},
		{"another's act", "stranger", func(d []*deed, l *ledger) { stands(l, d[tick].key).person = "x" }},
		{"done, and told that it was refused", "answer", func(d []*deed, _ *ledger) { d[tick].tries[1].status = http.StatusServiceUnavailable }},
		{"refused, and told that it was done", "answer", func(d []*deed, _ *ledger) { d[refused].tries[1].status = http.StatusOK }},
		{"two answers to one key", "answer", func(d []*deed, _ *ledger) {
			r := *d[tick].tries[1].receipt
			r.Notice = "item.done_by_other"
			d[tick].tries = append(d[tick].tries, try{status: 200, acked: true, receipt: &r})
		}},
		{"never acknowledged", "waiting", func(d []*deed, _ *ledger) { d[accepted].tries[1].acked = false }},
		{"an item's row is half there", "chain", func(_ []*deed, l *ledger) { itemOf(l, "item.done", func(i *item) { i.status = "accepted" }) }},
		{"an item shows an older change", "chain", func(_ []*deed, l *ledger) { itemOf(l, "item.done", func(i *item) { i.seq-- }) }},
		{"an item has another moment", "chain", func(_ []*deed, l *ledger) {
			itemOf(l, "item.done", func(i *item) { i.at = i.at.Add(time.Second) })
		}},
		{"a change begins elsewhere", "chain", func(_ []*deed, l *ledger) { row(l, "item.accepted").old = "open" }},
		{"an older tick undid a newer one", "late", func(_ []*deed, l *ledger) {
			c := row(l, "item.undone")
			c.acted = c.acted.Add(-time.Minute)
		}},
		{"an overtaken tick took effect", "late", func(_ []*deed, l *ledger) { row(l, "item.overtaken").new = "done" }},
		{"an overtaken move took effect", "late", func(_ []*deed, l *ledger) { row(l, "guest.overtaken").old = "gate" }},
		{"an older edit undid a newer one", "late", func(_ []*deed, l *ledger) {
			c := row(l, "guest.changed")
			c.acted = c.acted.Add(time.Hour)
		}},
		{"done long after it was done", "stamp", func(d []*deed, _ *ledger) { d[tick].acted = d[tick].acted.Add(-time.Hour) }},
		{"done before it was done", "stamp", func(d []*deed, _ *ledger) {
			for k := range d[tick].tries { // the phone's clock was put right in between
				d[tick].tries[k].sent = d[tick].tries[k].sent.Add(time.Hour)
			}
			d[tick].acted = d[tick].acted.Add(time.Minute)
		}},
		{"a guest is elsewhere", "chain", func(_ []*deed, l *ledger) { guestOf(l, func(g *guest) { g.position = "venue" }) }},
		{"a guest has an old title", "chain", func(_ []*deed, l *ledger) { guestOf(l, func(g *guest) { g.title = "处长" }) }},
		{"a guest is counted twice", "counts", func(_ []*deed, l *ledger) {
			for event, c := range l.counts {
				c.Total++
				l.counts[event] = c
			}
		}},
		{"a round is missing", "rounds", func(_ []*deed, l *ledger) {
			l.rounds[strings.TrimPrefix(row(l, "item.round").subject, "item:")] = 0
		}},
	} {
		l := right.clone()
		copies := make([]*deed, len(deeds))
		for k, d := range deeds {
			copies[k] = d.clone()
		}
		x.doctor(copies, l)
		bad := judge(copies, l)
		if !slices.ContainsFunc(bad, func(s string) bool { return strings.HasPrefix(s, x.rule+": ") }) {
			t.Errorf("%s: not found by %q, only %q", x.name, x.rule, bad)
		}
	}
}

// clone copies everything that TestJudge changes.
func (l *ledger) clone() *ledger {
	c := &ledger{changes: slices.Clone(l.changes), acts: slices.Clone(l.acts), heads: map[string]int64{}, items: map[string]item{}, guests: map[string]guest{}, rounds: map[string]int{}, counts: map[string]domain.GuestCounts{}}
	for k, v := range l.heads {
		c.heads[k] = v
	}
	for k, v := range l.items {
		c.items[k] = v
	}
	for k, v := range l.guests {
		c.guests[k] = v
	}
	for k, v := range l.rounds {
		c.rounds[k] = v
	}
	for k, v := range l.counts {
		c.counts[k] = v
	}
	return c
}

// TestOutbox holds the outbox to its rules: it is what the promises are made to.
func TestOutbox(t *testing.T) {
	answers := map[string][]try{ // by key; the last one again and again
		"lured":  {{status: 200}, {status: 200, acked: true}},
		"riddle": {{status: 500}, {status: 200, acked: true}},
		"out":    {{status: 401}, {status: 409, acked: true}},
	}
	var sent []string
	var o *outbox
	o = newOutbox(rand.New(rand.NewPCG(1, 1)), func(_ context.Context, e *entry) try {
		o.mu.Lock()
		defer o.mu.Unlock()
		sent = append(sent, e.deed.key)
		list := answers[e.deed.key]
		if len(list) == 0 {
			return try{status: 200, acked: true}
		}
		if len(list) > 1 {
			answers[e.deed.key] = list[1:]
		}
		return list[0]
	})
	put := func(lane string, keys ...string) {
		for _, key := range keys {
			o.add(&entry{deed: &deed{key: key}, lane: lane})
		}
	}
	expect := func(what string, got, want outcome, left int) {
		t.Helper()
		if got != want || o.len() != left {
			t.Errorf("%s: %q with %d left, want %q with %d", what, got, o.len(), want, left)
		}
	}
	put("a", "lured", "next")
	expect("an answer that names no key", o.pump(t.Context()), away, 2)
	expect("again", o.pump(t.Context()), empty, 0)
	if fmt.Sprint(sent) != "[lured lured next]" {
		t.Errorf("one row's order: %v", sent)
	}
	put("a", "riddle", "behind")
	put("b", "other")
	expect("a riddle rests, the other rows go on", o.pump(t.Context()), resting, 2)
	o.entries[0].rest = time.Time{}
	expect("rested", o.pump(t.Context()), empty, 0)
	put("a", "out")
	expect("sign in first", o.pump(t.Context()), auth, 1)
	expect("a refusal settles as well", o.pump(t.Context()), empty, 0)
}

// TestPlan: the same seed breaks the same things and lets people do the same; every kind comes up.
func TestPlan(t *testing.T) {
	w := &world{events: []string{"e0", "e1", "e2", "e3"}, items: map[string][]domain.Item{}, guests: map[string][]domain.Guest{}, parties: map[string][]domain.Party{}}
	for _, e := range w.events {
		w.items[e] = []domain.Item{{ID: e + "-1", Crew: domain.CrewSVC}, {ID: e + "-2", Crew: domain.CrewSEC}}
		w.guests[e], w.parties[e] = []domain.Guest{{ID: e + "-g"}}, []domain.Party{{ID: e + "-p"}}
	}
	for n := range phoneCount {
		w.people = append(w.people, &domain.Person{ID: fmt.Sprint(n)})
	}
	script := func(seed uint64) (string, map[kind]bool) {
		var b strings.Builder
		seen := map[kind]bool{}
		p := newPlan(seed, phoneCount)
		for range kinds {
			f := p.next()
			seen[f.kind] = true
			fmt.Fprintln(&b, f, f.pause)
		}
		for n := range phoneCount {
			d := newDice(seed, w, n)
			for range 20 {
				fmt.Fprintln(&b, d.next())
			}
		}
		return b.String(), seen
	}
	one, seen := script(7)
	again, _ := script(7)
	other, _ := script(8)
	if one != again || one == other {
		t.Error("the seed does not say what happens")
	}
	for _, k := range kinds {
		if !seen[k] {
			t.Errorf("never: %s", k)
		}
	}
}
