package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"huiwu/server/domain"
)

// CalendarPage is GET /calendar.
type CalendarPage struct {
	Page
	Day        time.Time // when the day that is shown begins on site, UTC
	Week       bool      // the week of that day, Monday first
	Site       domain.Site
	Rooms      []domain.Room
	Entries    []domain.CalendarEntry // by start
	Collisions []domain.Collision     // for who plans
	Short      []domain.Shortage      // supplies, for who plans
	MayBook    bool                   // free times are links
	MayFind    bool                   // sees what is in rooms
}

// Span is what the page shows, as instants.
func (p *CalendarPage) Span() (from, to time.Time) {
	l := p.Day.In(p.Loc)
	if p.Week {
		l = l.AddDate(0, 0, -(int(l.Weekday())+6)%7)
		return l.UTC(), l.AddDate(0, 0, 7).UTC()
	}
	return l.UTC(), l.AddDate(0, 0, 1).UTC()
}

// days begin at these instants.
func (p *CalendarPage) days() []time.Time {
	from, to := p.Span()
	var list []time.Time
	for l := from.In(p.Loc); l.Before(to); l = l.AddDate(0, 0, 1) {
		list = append(list, l.UTC())
	}
	return list
}

// The chart of a day is cut into steps; a free time shorter than bookStep is no link.
const (
	chartStep = 5 * time.Minute
	hourSteps = int(time.Hour / chartStep)
	bookStep  = 30 * time.Minute
)

// dayChart is a day as lanes: from opening to closing, and from full hour to full
// hour around what lies outside of the house's hours.
type dayChart struct {
	from  time.Time
	steps int
	lanes []roomLane
}

// roomLane is a room with its rows; the first holds what has the room, others what
// overlaps it: drafts.
type roomLane struct {
	room *domain.Room
	rows [][]cell
}

// cell is a stretch of a lane. A gap with a time from start to end is a link.
type cell struct {
	kind       string // "gap", "setup", "clear", "event", "blocking"
	span       int    // in steps
	entry      *domain.CalendarEntry
	start, end time.Time
}

// hours are the full hours of the chart, by instants: a day of 25 has all of them.
func (d *dayChart) hours() []time.Time {
	var list []time.Time
	for k := 0; k < d.steps; k += hourSteps {
		list = append(list, d.from.Add(time.Duration(k)*chartStep))
	}
	return list
}

// nowAt is the present moment in steps; ok is false when it is not on the chart.
func (d *dayChart) nowAt(now time.Time) (at float64, ok bool) {
	at = float64(now.Sub(d.from)) / float64(chartStep)
	return at, at >= 0 && at <= float64(d.steps)
}

// chart lays the day out.
func (p *CalendarPage) chart() *dayChart {
	begins, ends := p.Span()
	opens, closes, _ := p.Site.Hours().On(begins, p.Loc)
	for k := range p.Entries {
		e := &p.Entries[k]
		if e.From.Before(opens) {
			opens = later(e.From, begins)
		}
		if e.To.After(closes) {
			closes = earlier(e.To, ends)
		}
	}
	from := begins.Add(opens.Sub(begins).Truncate(time.Hour))
	hours := int((closes.Sub(from) + time.Hour - 1) / time.Hour)
	d := &dayChart{from: from, steps: max(1, hours) * hourSteps}
	for k := range p.Rooms {
		r := &p.Rooms[k]
		var rows [][]*domain.CalendarEntry
		for j := range p.Entries {
			if e := &p.Entries[j]; e.RoomID == r.ID {
				rows = put(rows, e)
			}
		}
		if len(rows) == 0 {
			rows = [][]*domain.CalendarEntry{nil}
		}
		l := roomLane{room: r}
		for n, row := range rows {
			l.rows = append(l.rows, p.row(d, r, row, n == 0))
		}
		d.lanes = append(d.lanes, l)
	}
	return d
}

// put finds the first row in which an entry has room; drafts give way to what is booked.
func put(rows [][]*domain.CalendarEntry, e *domain.CalendarEntry) [][]*domain.CalendarEntry {
	if len(rows) == 0 {
		rows = append(rows, nil)
	}
	first := 0
	if e.Draft() {
		first = 1
	}
	for n := first; n < len(rows); n++ {
		row := rows[n]
		if len(row) == 0 {
			rows[n] = append(row, e)
			return rows
		}
		last := row[len(row)-1]
		own := e.EventID != "" && last.EventID == e.EventID && !last.End.After(e.Start) // an event need not make room for its own functions
		if own || !last.To.After(e.From) {
			rows[n] = append(row, e)
			return rows
		}
	}
	return append(rows, []*domain.CalendarEntry{e})
}

// row lays entries of one row, by start, into cells; gaps of the first are links for
// who may book.
func (p *CalendarPage) row(d *dayChart, r *domain.Room, entries []*domain.CalendarEntry, first bool) []cell {
	at := 0
	step := func(t time.Time, up bool) int {
		by := t.Sub(d.from)
		if up {
			by += chartStep - 1
		}
		return min(max(int(by/chartStep), 0), d.steps)
	}
	var cells []cell
	add := func(kind string, to int, e *domain.CalendarEntry) {
		if to > at {
			cells = append(cells, cell{kind: kind, span: to - at, entry: e})
			at = to
		}
	}
	gap := func(to int) {
		if to > at {
			cells = append(cells, p.gaps(d, r, at, to, first)...)
			at = to
		}
	}
	for k, e := range entries {
		kind, to := "event", e.To
		if k+1 < len(entries) {
			to = earlier(to, entries[k+1].Start)
		}
		if e.EventID == "" {
			kind = "blocking"
		}
		gap(step(e.From, false))
		add("setup", step(e.Start, false), e)
		add(kind, step(e.End, true), e)
		add("clear", step(to, true), e)
	}
	gap(d.steps)
	return cells
}

// gaps cut a free stretch at full hours; each piece that is long enough is a link to
// a new event there, with what is needed before and after it.
func (p *CalendarPage) gaps(d *dayChart, r *domain.Room, from, to int, first bool) []cell {
	if !first || !p.MayBook || r.OutOfUse {
		return []cell{{kind: "gap", span: to - from}}
	}
	moment := func(step int) time.Time { return d.from.Add(time.Duration(step) * chartStep) }
	setup, clearOut := p.Site.Buffers(r)
	earliest, latest := moment(from).Add(setup), moment(to).Add(-clearOut)
	if from == 0 {
		earliest = moment(0)
	}
	if to == d.steps {
		latest = moment(to)
	}
	earliest = later(earliest, p.Now)
	var cells []cell
	for at := from; at < to; {
		next := min(to, (at/hourSteps+1)*hourSteps)
		c := cell{kind: "gap", span: next - at}
		start := later(moment(at), earliest)
		if rest := start.Sub(start.Truncate(15 * time.Minute)); rest > 0 {
			start = start.Add(15*time.Minute - rest)
		}
		end := earlier(start.Add(time.Hour), latest)
		if start.Before(moment(next)) && end.Sub(start) >= bookStep && time.Duration(c.span)*chartStep >= bookStep {
			c.start, c.end = start, end
		}
		cells, at = append(cells, c), next
	}
	return cells
}

// inDay are the entries of a room that lie in the day which begins at t.
func (p *CalendarPage) inDay(r *domain.Room, t time.Time) []*domain.CalendarEntry {
	next := t.In(p.Loc).AddDate(0, 0, 1)
	var list []*domain.CalendarEntry
	for k := range p.Entries {
		if e := &p.Entries[k]; e.RoomID == r.ID && e.Start.Before(next) && e.End.After(t) {
			list = append(list, e)
		}
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// RoomsPage is GET /rooms.
type RoomsPage struct {
	Page
	Site      domain.Site
	Rooms     []domain.Room
	Blockings []domain.Blocking
}

// RoomPage is GET /rooms/{id}.
type RoomPage struct {
	Page
	Site      domain.Site
	Room      domain.Room
	Blockings []domain.Blocking // of this room
}

// WishInput is what somebody looks for, as typed.
type WishInput struct {
	StartAt, EndAt, Heads, Layout string
	Equipment                     []string
}

// FreeRoomsPage is GET /rooms/free.
type FreeRoomsPage struct {
	Page
	In     WishInput
	Errors Errors
	Asked  bool // there is an answer
	Offers []domain.RoomOffer
	Next   map[string][]domain.Slot // room id → when it is free next
}

// Alternatives are what the event's form offers where its rooms were refused.
type Alternatives struct {
	Refused []domain.Room
	Rooms   []domain.Room // to be had at that time
	Slots   []SlotFill    // of the first that was refused
}

// SlotFill is a time with what the form's fields would say then.
type SlotFill struct {
	domain.Slot
	StartAt, EndAt, ArrivalAt, BreakAt string
}

// CalendarLinksPage is GET /calendar/links.
type CalendarLinksPage struct {
	Page
	Rooms []domain.Room
	Links map[string]string // room id ("" = one's own) → address
}

// to is the calendar's address; a zero time is now.
func (p *CalendarPage) to(day time.Time, week bool) templ.SafeURL {
	q := url.Values{}
	if week {
		q.Set("view", "week")
	}
	if !day.IsZero() {
		q.Set("day", day.In(p.Loc).Format(time.DateOnly))
	}
	if len(q) == 0 {
		return "/calendar"
	}
	return templ.SafeURL("/calendar?" + q.Encode())
}

// turn is the day n pages on.
func (p *CalendarPage) turn(n int) time.Time {
	if p.Week {
		n *= 7
	}
	return p.Day.In(p.Loc).AddDate(0, 0, n)
}

func (p *CalendarPage) current() bool {
	from, to := p.Span()
	return !p.Now.Before(from) && p.Now.Before(to)
}

func (p *CalendarPage) heading() string {
	if !p.Week {
		return p.Ctx.Day(p.Day)
	}
	from, to := p.Span()
	return p.Ctx.Day(from) + " – " + p.Ctx.Day(to.Add(-time.Hour))
}

// newEventURL is the form of a new event with its room and time.
func newEventURL(c Ctx, room string, start, end time.Time) templ.SafeURL {
	q := url.Values{"room": {room}, "start": {localMinute(c, &start)}, "end": {localMinute(c, &end)}}
	return templ.SafeURL("/events/new?" + q.Encode())
}

// entryName is what has the room: an event by name or alias, or why it is blocked.
func entryName(c Ctx, u *domain.Use) string {
	switch {
	case u.EventID == "":
		return u.Reason
	case u.Alias != "":
		return c.T("ui.alias", "n", u.Alias)
	}
	return joinDots(u.Name, u.Part)
}

// entryTime is from when to when, with the day where it is another.
func entryTime(c Ctx, u *domain.Use) string {
	if c.SameDay(u.Start, u.End.Add(-time.Minute)) {
		return c.Clock(u.Start) + "–" + c.Clock(u.End)
	}
	return c.ShortDay(u.Start) + " " + c.Clock(u.Start) + "–" + c.ShortDay(u.End) + " " + c.Clock(u.End)
}

// collisionsOpen is how many conflicts an event's page shows without being asked.
const collisionsOpen = 3

// collisionPairs puts together what the same two events need at once, the earliest first.
func collisionPairs(list []domain.Collision) [][]domain.Collision {
	var pairs [][]domain.Collision
	at := map[[2]string]int{}
	for _, x := range list {
		key := [2]string{min(x.A.ID, x.B.ID), max(x.A.ID, x.B.ID)}
		k, known := at[key]
		if !known {
			k = len(pairs)
			at[key], pairs = k, append(pairs, nil)
		}
		pairs[k] = append(pairs[k], x)
	}
	return pairs
}

func collisionWhat(c Ctx, x *domain.Collision) string {
	name := domain.InLocale(c.Locale, x.Name, x.NameEn)
	if x.Near {
		return c.T("collision.near", "name", name, "n", strconv.Itoa(int(x.To.Sub(x.From)/time.Minute)))
	}
	return c.T("collision."+string(x.Kind), "name", name)
}

func collisionWhen(c Ctx, x *domain.Collision) string {
	return c.ShortDay(x.From) + " " + c.Clock(x.From) + "–" + c.Clock(x.To)
}

// webcal is an address that phones and desks open with their calendar.
func webcal(link string) string {
	if _, rest, ok := strings.Cut(link, "://"); ok {
		return "webcal://" + rest
	}
	return link
}

// roomWhys say why a room is not what was wished for, shortest first.
func roomWhys(c Ctx, o *domain.RoomOffer, layout string) []string {
	var list []string
	if o.Out {
		list = append(list, c.T("rooms.out"))
	}
	if o.Small {
		list = append(list, c.T("rooms.why_small", "n", strconv.Itoa(o.Heads)))
	}
	if o.NoLayout {
		list = append(list, c.T("rooms.why_layout", "layout", c.T("layout."+layout)))
	}
	for _, kind := range o.Lacks {
		list = append(list, c.T("rooms.why_lacks", "thing", c.T("equipment."+kind)))
	}
	for k := range o.Uses {
		u := &o.Uses[k]
		if u.EventID == "" {
			list = append(list, c.T("rooms.why_blocked", "reason", u.Reason, "to", c.When(u.End)))
		} else {
			list = append(list, c.T("rooms.why_taken", "event", entryName(c, u), "when", entryTime(c, u)))
		}
	}
	return list
}
