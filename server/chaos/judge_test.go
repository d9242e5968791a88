package chaos

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"huiwu/server/domain"
)

// verdict is every rule that was broken, "rule: what".
type verdict struct {
	broken []string
	deeds  map[string]*deed
	acts   map[string]stored
}

func (v *verdict) say(rule, format string, args ...any) {
	v.broken = append(v.broken, rule+": "+fmt.Sprintf(format, args...))
}

// slack is by how much longer a request may be on its way than its phone waited for an answer: it stays before an
// instance that is frozen, and on a busy machine some time more, and nobody can tell.
const slack = frozen + 5*time.Second

// raised is by how much an act is taken for later at most, where one of the rows that it touches was changed so shortly
// before that two clocks may differ: all its rows are then of that moment (see Write in server/store).
const raised = 5 * time.Second

// judge compares what people did, and were told, with the books.
func judge(deeds []*deed, l *ledger) []string {
	v := &verdict{deeds: map[string]*deed{}, acts: map[string]stored{}}
	for _, d := range deeds {
		v.deeds[d.key] = d
	}
	rows := map[string][]change{} // by key
	subjects := map[string][]change{}
	for _, c := range l.changes {
		subjects[c.subject] = append(subjects[c.subject], c)
		if c.key != "" {
			rows[c.key] = append(rows[c.key], c)
		}
	}
	v.counters(l)
	v.answers(l, rows)
	for _, d := range deeds {
		v.once(d, rows[d.key])
	}
	for _, id := range slices.Sorted(maps.Keys(l.items)) {
		v.item(id, l.items[id], l.rounds[id], subjects["item:"+id])
	}
	positions := map[string][]domain.Guest{}
	for _, id := range slices.Sorted(maps.Keys(l.guests)) {
		g := l.guests[id]
		at := v.guest(id, g, subjects["guest:"+id])
		positions[g.event] = append(positions[g.event], domain.Guest{Position: domain.Position(at), Struck: g.struck})
	}
	for event, got := range l.counts {
		want := domain.CountGuests(positions[event])
		for p, n := range got.Position {
			if n == 0 {
				delete(got.Position, p)
			}
		}
		if !reflect.DeepEqual(got, want) {
			v.say("counts", "event %s counts %+v, its log says %+v", event, got, want)
		}
	}
	return v.broken
}

// counters: every topic's numbers are 1, 2, 3 … up to its head.
func (v *verdict) counters(l *ledger) {
	last := map[string]int64{}
	for _, c := range l.changes {
		if c.seq != last[c.topic]+1 {
			v.say("gap", "%s has %d after %d", c.topic, c.seq, last[c.topic])
		}
		last[c.topic] = c.seq
	}
	for topic, head := range l.heads {
		if head != last[topic] {
			v.say("head", "%s is at %d, its log ends at %d", topic, head, last[topic])
		}
	}
}

// answers: what is stored belongs to somebody's act, and no change stands without its act's answer.
func (v *verdict) answers(l *ledger, rows map[string][]change) {
	for _, a := range l.acts {
		d := v.deeds[a.key]
		switch {
		case d == nil:
			v.say("stranger", "an answer is stored for key %s, which nobody made", a.key)
		case d.person != a.person:
			v.say("stranger", "%s is stored for %s", d, a.person)
		default:
			v.acts[a.key] = a
		}
	}
	for key := range rows {
		if _, ok := v.acts[key]; !ok {
			v.say("half", "%d changes of key %s, and no answer is stored", len(rows[key]), key)
		}
	}
}

// once: what a person was told is what is stored, and what is stored is what was done, one time.
func (v *verdict) once(d *deed, rows []change) {
	a, ok := v.acts[d.key]
	acked := false
	for _, x := range d.tries {
		if !x.acked {
			continue
		}
		acked = true
		switch {
		case !ok && x.status >= 400 && len(rows) == 0:
			// Refused at the door, by rights that hang on the address: nothing is kept, and nothing was done.
		case !ok:
			v.say("lost", "%s was acknowledged (%d) and is not stored", d, x.status)
		case x.status < 400 && a.receipt.Error != nil:
			v.say("answer", "%s was answered %d, stored is the refusal %s", d, x.status, a.receipt.Error.Key)
		case x.status >= 400 && a.receipt.Error == nil:
			v.say("answer", "%s was refused (%d), stored is that it was done", d, x.status)
		case x.receipt != nil && (x.receipt.Seq != a.receipt.Seq || x.receipt.First != a.receipt.First || x.receipt.Topic != a.receipt.Topic || x.receipt.Notice != a.receipt.Notice || !slices.Equal(x.receipt.Subjects, a.receipt.Subjects)):
			v.say("answer", "%s was answered %+v, stored is %+v", d, *x.receipt, a.receipt)
		}
	}
	if !acked {
		v.say("waiting", "%s was never acknowledged", d)
	}
	if !ok {
		return
	}
	want := 0
	if a.receipt.Error == nil && a.receipt.Seq > 0 {
		want = int(a.receipt.Seq - a.receipt.First + 1)
	}
	if len(rows) != want {
		v.say("once", "%s has %d changes in the log, its answer says %d", d, len(rows), want)
		return
	}
	for k, c := range rows {
		if c.topic != a.receipt.Topic || c.seq != a.receipt.First+int64(k) {
			v.say("once", "%s: its change %d is %s %d, its answer says %s %d", d, k, c.topic, c.seq, a.receipt.Topic, a.receipt.First+int64(k))
		}
	}
	if want > 0 && strings.HasPrefix(d.subject, "item:") && !slices.ContainsFunc(rows, func(c change) bool { return c.subject == d.subject }) {
		v.say("once", "%s changed %s only", d, rows[0].subject)
	}
}

// stored tells the status under a shown state.
func storedStatus(shown string) string {
	switch shown {
	case domain.StateNotDue, domain.StateDue, domain.StateLate:
		return string(domain.ItemOpen)
	}
	return shown
}

// afterRound is what an item may be when a round was taken: the last one closes it, and the log names the round only.
const afterRound = "open or done"

func is(status, shown string) bool {
	return shown == status || status == afterRound && (shown == string(domain.ItemOpen) || shown == string(domain.ItemDone))
}

// item: each change begins where the one before ended, the last one is what the row shows, and no older act undid a newer one.
func (v *verdict) item(id string, i item, rounds int, rows []change) {
	status, done := "", 0
	var at time.Time
	var seq int64
	for _, c := range rows {
		seq = c.seq
		if old := storedStatus(c.old); c.verb != "item.retimed" && c.verb != "item.round_undone" && old != "" && !is(status, old) {
			v.say("chain", "item %s %d: %s begins at %s, but the item was %s", id, c.seq, c.verb, c.old, status)
		}
		switch c.verb {
		case "item.retimed":
			continue
		case "item.overtaken":
			if !is(status, c.new) {
				v.say("late", "item %s %d: an overtaken act made %s of %s", id, c.seq, c.new, status)
			}
			continue
		case "item.round":
			status = afterRound
			done++
		case "item.deferred":
			status = afterRound
		default:
			status = c.new
		}
		v.order("item "+id, c, at)
		at = c.acted
	}
	switch {
	case len(rows) == 0:
		v.say("chain", "item %s is not in the log", id)
	case !is(status, i.status):
		v.say("chain", "item %s is %s, its log ends with %s", id, i.status, status)
	case i.seq != seq:
		v.say("chain", "item %s shows change %d, its log ends with %d", id, i.seq, seq)
	case !i.at.Equal(at):
		v.say("chain", "item %s is so since %s, its log says %s", id, i.at, at)
	case i.roundsDone != rounds || rounds > done:
		v.say("rounds", "item %s counts %d rounds; there are %d of %d in the log", id, i.roundsDone, rounds, done)
	}
}

// guest follows a guest through the log, and says where that leads.
func (v *verdict) guest(id string, g guest, rows []change) string {
	position, title := "", ""
	var at, edited time.Time
	var seq int64
	for _, c := range rows {
		seq = c.seq
		switch c.verb {
		case "guest.added":
			position, at, edited = c.new, c.acted, c.acted
		case "guest.moved", "guest.move_undone":
			if c.old != position {
				v.say("chain", "guest %s %d: moved from %s, but was at %s", id, c.seq, c.old, position)
			}
			v.order("guest "+id, c, at)
			position, at = c.new, c.acted
		case "guest.overtaken":
			if c.old != "" && c.old != position {
				v.say("late", "guest %s %d: an overtaken act found %s, the guest was at %s", id, c.seq, c.old, position)
			}
		case "guest.changed":
			v.order("guest "+id+" (typed)", c, edited)
			title, edited = c.new, c.acted
		}
	}
	switch {
	case len(rows) == 0:
		v.say("chain", "guest %s is not in the log", id)
	case g.position != position:
		v.say("chain", "guest %s is at %s, the log ends at %s", id, g.position, position)
	case g.seq != seq:
		v.say("chain", "guest %s shows change %d, the log ends with %d", id, g.seq, seq)
	case !g.at.Equal(at):
		v.say("chain", "guest %s is there since %s, the log says %s", id, g.at, at)
	case title != "" && !strings.Contains(title, g.title):
		v.say("chain", "guest %s has the title %q, the log ends with %q", id, g.title, title)
	}
	return position
}

// order: what took effect is not older than what was there, and the server's idea of when it was done is no fancy.
func (v *verdict) order(what string, c change, before time.Time) {
	if c.acted.Before(before) {
		v.say("late", "%s %d: done at %s, over something of %s", what, c.seq, c.acted, before)
	}
	d := v.deeds[c.key]
	if d == nil || len(d.tries) == 0 {
		return
	}
	from, to := d.claim()
	moment := time.Millisecond // clocks are read in microseconds
	if c.acted.Before(from.Add(-moment)) && !c.acted.Equal(before) {
		v.say("stamp", "%s %d: %s was done at %s at the earliest, the log says %s", what, c.seq, d, from.UTC(), c.acted)
	}
	if c.acted.After(to.Add(raised)) && !c.acted.Equal(before) {
		v.say("stamp", "%s %d: %s was done at %s at the latest, the log says %s", what, c.seq, d, to.UTC(), c.acted)
	}
}
