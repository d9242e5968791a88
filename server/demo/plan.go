package demo

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
)

// op is what somebody does in one step.
type op string

const (
	opDo        op = "do"         // tick an item, or its present round
	opDefer     op = "defer"      // leave a round out
	opAccept    op = "accept"     // check (supervisor) or accept one item
	opReject    op = "reject"     // send it back
	opAcceptAll op = "accept-all" // check or accept whatever waits
	opAdd       op = "add"        // an ad-hoc item
	opReady     op = "ready"
	opStatus    op = "status"
	opParty     op = "party" // move a car's guests
	opGuest     op = "guest" // move one guest
	opSign      op = "sign"  // sign a car's guests in at the desk
	opStray     op = "stray" // send somebody to the event where he belongs
)

// step is one act of one person at one moment.
type step struct {
	at   time.Time
	by   string // staff number
	op   op
	on   string // template id or name of an ad-hoc item; party; guest; status
	text string // reading, reason, position
	n    int    // round, 1-based
}

// stage is one event with the people on it and what they will do.
type stage struct {
	key       string // in demo.json
	event     *domain.Event
	commander string // staff numbers
	crews     map[domain.Crew][]string
	posts     map[string]string
	items     map[string]domain.Item // by template id
	parties   map[string]string      // party name → id
	steps     []step
	pos       int // the next step
}

// Who does what the supervisor cannot: checks of the centre head, and the
// supervisor's own part where she commands.
const (
	supervisor = "supervisor"
	centreHead = "lvsong"
)

// confirmLeft is how long after its due time the last guest is confirmed to have left.
const confirmLeft = 20 * time.Second

var reMoment = regexp.MustCompile(`^([ASEB])([+-]\d+)(?::(\d\d))?$`)

// moment reads "A-12", "E+16:20", "D-1 16:05" on the event.
func (st *stage) moment(s string, loc *time.Location) time.Time {
	if clock, ok := strings.CutPrefix(s, "D-1 "); ok {
		day := st.event.Arrival().In(loc).AddDate(0, 0, -1)
		return onDay(day, clockOf(clock))
	}
	m := reMoment.FindStringSubmatch(s)
	if m == nil {
		panic("demo: moment " + strconv.Quote(s))
	}
	base, _ := st.event.AnchorAt(domain.Anchor(m[1]))
	minutes, _ := strconv.Atoi(m[2])
	seconds, _ := strconv.Atoi(m[3])
	if m[2][0] == '-' {
		seconds = -seconds
	}
	return base.Add(time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second)
}

// plan writes down the event's whole life from the items' due times: crews are
// a little early, the supervisor and the commander walk round when it is time
// to accept, rounds are kept, the event starts and ends when it should. The
// visit has its recorded run instead, as far as that goes.
func (st *stage) plan(loc *time.Location) {
	e := st.event
	st.steps = nil
	scripted := map[string]bool{}
	if st.key == visitKey {
		st.visitRun(loc)
		for _, x := range st.steps {
			scripted[x.on] = x.op == opDo || x.op == opDefer || scripted[x.on]
		}
	}
	var due func(template string) time.Time
	due = func(template string) time.Time {
		i, ok := st.items[template]
		if !ok {
			return e.Arrival()
		}
		if i.Anchor == domain.AnchorLeft && e.LeftAt == nil { // it will hang on the moment when M13 is done
			return due("M13").Add(time.Duration(i.Offset)*time.Minute + confirmLeft)
		}
		if t := e.DueAt(i.Due(), loc); t != nil {
			return *t
		}
		return e.Arrival()
	}
	ids := make([]string, 0, len(st.items))
	for id := range st.items {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		i := st.items[id]
		if scripted[id] || i.TemplateID == "" || i.Status == domain.ItemNotNeeded {
			continue
		}
		who := st.performer(&i)
		if i.IsRound() {
			start, _ := e.AnchorAt(domain.AnchorStart)
			for n := 1; n <= e.Rounds(i.Every); n++ {
				slip := time.Duration(chance(100, st.key, id, strconv.Itoa(n))-60) * time.Second
				st.add(start.Add(time.Duration(n*i.Every)*time.Minute+slip), who, opDo, id, st.reading(&i, n), n)
			}
			continue
		}
		at, ok := st.when(&i, due(id), due("M10"))
		if !ok {
			continue
		}
		st.add(at, who, opDo, id, st.reading(&i, 0), 0)
		if st.key == visitKey {
			st.accept(&i, who, at.Add(2*time.Minute), at.Add(4*time.Minute))
		}
	}
	if st.key != visitKey {
		st.command(loc, due)
	}
	slices.SortStableFunc(st.steps, func(a, b step) int { return a.at.Compare(b.at) })
}

// command adds what supervisor and commander do at an ordinary event: they walk
// round and accept what waits, declare it ready, start, end, release and close it.
func (st *stage) command(loc *time.Location, due func(template string) time.Time) {
	e := st.event
	walk := func(at time.Time, who ...string) {
		for n, by := range who {
			st.add(at.Add(time.Duration(n)*time.Minute), by, opAcceptAll, "", "", 0)
		}
	}
	status := func(at time.Time, s domain.EventStatus) { st.add(at, st.commander, opStatus, string(s), "", 0) }
	if e.Level < 4 {
		walk(st.moment("D-1 18:40", loc), supervisor)
	}
	walk(st.moment("D-1 18:41", loc), st.commander)
	walk(due("M6").Add(-90*time.Second), supervisor, st.commander)
	st.add(due("M7").Add(-45*time.Second), st.commander, opReady, "", "", 0)
	walk(due("M7").Add(5*time.Minute), supervisor, st.commander)
	start, _ := e.AnchorAt(domain.AnchorStart)
	end, _ := e.AnchorAt(domain.AnchorEnd)
	status(start, domain.EventLive)
	status(end, domain.EventClearing)
	walk(due("M10").Add(time.Minute), supervisor, st.commander)
	status(due("M10").Add(3*time.Minute), domain.EventReleased)
	last := slices.MaxFunc(st.steps, func(a, b step) int { return a.at.Compare(b.at) }).at
	walk(last.Add(3*time.Minute), supervisor)
	if e.Level <= 2 {
		walk(last.Add(4*time.Minute), st.commander)
	}
	status(last.Add(6*time.Minute), domain.EventClosed)
}

func (st *stage) add(at time.Time, by string, o op, on, text string, n int) {
	st.steps = append(st.steps, step{at: at.UTC(), by: by, op: o, on: on, text: text, n: n})
}

// accept adds the check and the acceptance that an item asks for.
func (st *stage) accept(i *domain.Item, performer string, check, accept time.Time) {
	if !i.NeedsAcceptance() {
		return
	}
	if i.Acceptance == domain.AcceptBoth {
		st.add(check, supervisor, opAccept, i.TemplateID, "", 0)
	}
	judge := st.commander
	if (i.Acceptance == domain.AcceptSupervisor || i.Acceptance == domain.AcceptOrganiser) && performer != supervisor {
		judge = supervisor
	}
	st.add(accept, judge, opAccept, i.TemplateID, "", 1)
}

// when is the moment at which an ordinary item is done.
func (st *stage) when(i *domain.Item, due, release time.Time) (time.Time, bool) {
	sec := func(from, to int) time.Duration {
		return time.Duration(from+chance(to-from, st.key, i.TemplateID)) * time.Second
	}
	start, _ := st.event.AnchorAt(domain.AnchorStart)
	switch {
	case i.TemplateID == "M6":
		return due, true
	case i.TemplateID == "M7": // the declaration itself ticks it
		return due, false
	case i.TemplateID == "M13": // after the last car and the cameras
		return due.Add(confirmLeft), true
	case i.TemplateID == "M10":
		return due, true
	case i.TemplateID == "M12": // the same evening instead of within a day: then the event can be closed
		return release.Add(4 * time.Hour), true
	case i.Anchor == domain.AnchorCall:
		return start.Add(sec(30, 90)), true
	case i.Anchor == domain.AnchorFixed || i.DueAt == nil:
		return due, false
	case i.Phase == domain.PhasePre && i.Anchor != domain.AnchorDayPrev && st.event.Level == 4:
		return due.Add(sec(35, 55)), true // nobody comes early for a weekly meeting
	case i.Phase == domain.PhasePre:
		return due.Add(-sec(60, 240)), true
	case i.Phase == domain.PhaseDuring:
		return due.Add(-sec(0, 50)), true
	case i.Offset <= 0:
		return due.Add(sec(20, 50)), true
	}
	return due.Add(-sec(10, 50)), true
}

// performer picks who of the crew does an item: always the same one.
func (st *stage) performer(i *domain.Item) string {
	switch i.Crew {
	case domain.CrewCMD:
		return st.commander
	case domain.CrewSUP:
		if i.TemplateID == "M9" || st.commander == supervisor {
			return centreHead
		}
		return supervisor
	}
	list := st.crews[i.Crew]
	if len(list) == 0 {
		list = crewOf(i.Crew)
	}
	return list[chance(len(list), st.key, i.TemplateID)]
}

// crewOf is a whole crew, the lead first.
func crewOf(c domain.Crew) []string {
	var list []string
	for _, p := range load().People {
		if p.Crew == c {
			list = append(list, p.No)
		}
	}
	return list
}

func nameOf(staffNo string) string {
	for _, p := range load().People {
		if p.No == staffNo {
			return p.Name
		}
	}
	return staffNo
}

// reading is a plausible number or signer for an item.
func (st *stage) reading(i *domain.Item, round int) string {
	heads := st.event.Heads
	if i.Evidence == domain.EvidenceSignature {
		switch i.TemplateID {
		case "S2":
			return nameOf("supplies")
		case "G3":
			return nameOf(cmp.Or(first(st.crews[domain.CrewSVC]), "service"))
		case "M4":
			return "玉髓、丹砂、滑石、铜绿"
		case "S25":
			return st.event.Contact
		}
		return nameOf(st.performer(i))
	}
	if i.Evidence != domain.EvidenceNumber {
		return ""
	}
	switch i.TemplateID {
	case "M1":
		return "5"
	case "M12":
		return "6"
	case "M8", "M9", "X7":
		return "0"
	case "S10":
		return strconv.Itoa(max(2, heads*4/5))
	case "S16", "E5":
		return "25"
	case "S21", "S22":
		return strconv.Itoa(heads + (heads+9)/10)
	case "S24", "G5":
		return strconv.Itoa(heads * 3)
	case "X9":
		return "3"
	case "E1", "E2":
		return strconv.Itoa(6 + heads/5)
	case "E3":
		return strconv.Itoa(4 + heads/10)
	case "E9":
		return strconv.Itoa(round * i.Every)
	case "G1":
		return "22"
	case "V3":
		return "6"
	}
	return "4"
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// name says in a log what a step is.
func (x *step) name() string { return strings.TrimSpace(fmt.Sprintf("%s %s %s", x.op, x.on, x.text)) }
