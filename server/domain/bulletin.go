package domain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// BulletinKind is what named people must say that they have seen.
type BulletinKind string

// The board of a day (公示, J.4.2.1.1.1e), the change notice of an event, the work
// notice of a crew (工作通知单, J.4.2.1.1.2).
const (
	BulletinBoard  BulletinKind = "board"
	BulletinChange BulletinKind = "change"
	BulletinWork   BulletinKind = "work"
)

// Bulletin is one version of a board or work notice, or one change notice. Times are UTC.
type Bulletin struct {
	ID          string       `bun:",pk" json:"id"`
	Kind        BulletinKind `json:"kind"`
	Day         string       `json:"day"` // 2006-01-02 on site: of the board, or on which the event begins
	EventID     string       `bun:",nullzero" json:"event_id,omitempty"`
	Crew        Crew         `bun:",nullzero" json:"crew,omitempty"`
	No          int          `json:"no"`                                // version; of a change notice its number at the event
	Key         string       `json:"-"`                                 // of the notices that bring it: who acknowledges one has seen the other
	MadeBy      string       `bun:",nullzero" json:"made_by,omitempty"` // "": issued anew by a change
	MadeAt      time.Time    `json:"made_at"`
	EscalateAt  *time.Time   `json:"escalate_at,omitempty"` // when the supervisor is told who has not seen it
	EscalatedAt *time.Time   `json:"escalated_at,omitempty"`
	Superseded  bool         `json:"superseded,omitempty"`
	Seq         int64        `json:"seq"`

	Acks  []Acknowledgement `bun:"-" json:"acknowledgements"` // filled by the store
	Lines []BulletinLine    `bun:"-" json:"lines,omitempty"`
	Rows  []BoardRow        `bun:"-" json:"-"` // as published; who may read what: BoardRow.Veiled
}

// Acknowledgement (签收) is one person's "seen"; of a work notice, the lead's acceptance.
type Acknowledgement struct {
	BulletinID string     `bun:",pk" json:"-"`
	PersonID   string     `bun:",pk" json:"person_id"`
	ToldAt     time.Time  `json:"told_at"`
	SeenAt     *time.Time `json:"seen_at,omitempty"`
}

// BulletinLine is one thing that a change or work notice says. Values are as the
// machine keeps them: RFC 3339, ids, "true"; "" is none.
type BulletinLine struct {
	ID         string `bun:",pk" json:"-"`
	BulletinID string `json:"-"`
	EventID    string `json:"-"`
	Field      string `json:"field"` // a field of ChangeFields, "reason", "onsite", "person:<id>", "item:<id>", "function:<id>", "agenda:<id>": see FunctionSays, AgendaSays
	Old        string `bun:",nullzero" json:"old,omitempty"`
	New        string `bun:",nullzero" json:"new,omitempty"`
	Sort       int    `json:"-"`
}

// Seen counts those who have seen it.
func (b *Bulletin) Seen() int { return len(b.Acks) - len(b.Missing()) }

// Missing are the people who have not, in the order in which they were told.
func (b *Bulletin) Missing() []string {
	var ids []string
	for _, a := range b.Acks {
		if a.SeenAt == nil {
			ids = append(ids, a.PersonID)
		}
	}
	return ids
}

// Of is a person's acknowledgement, nil when he is not asked.
func (b *Bulletin) Of(personID string) *Acknowledgement {
	for k := range b.Acks {
		if b.Acks[k].PersonID == personID {
			return &b.Acks[k]
		}
	}
	return nil
}

// Accepted is the first who has seen it: a work notice is accepted when one of its crew's leads has.
func (b *Bulletin) Accepted() *Acknowledgement {
	var first *Acknowledgement
	for k := range b.Acks {
		if a := &b.Acks[k]; a.SeenAt != nil && (first == nil || a.SeenAt.Before(*first.SeenAt)) {
			first = a
		}
	}
	return first
}

// Waits tells that the supervisor must be told when nobody else sees it.
func (b *Bulletin) Waits() bool {
	if b.Kind == BulletinWork {
		return b.Accepted() == nil
	}
	return len(b.Missing()) > 0
}

// BulletinTopic is where the bulletin is counted: the board with the building.
func (b *Bulletin) BulletinTopic() Topic {
	if b.EventID == "" {
		return TopicFloor
	}
	return EventTopic(b.EventID)
}

// BoardRow is one line of a day's board: who does what, where, when, with what.
type BoardRow struct {
	ID         string    `bun:",pk" json:"id"`
	BulletinID string    `json:"-"`
	EventID    string    `json:"event_id"`
	PersonID   string    `bun:",nullzero" json:"person_id,omitempty"` // "": the crew takes part and nobody is named
	Crew       Crew      `json:"crew"`
	Post       string    `bun:",nullzero" json:"post,omitempty"`
	Rooms      string    `bun:",nullzero" json:"rooms,omitempty"` // ids, parted by spaces
	OnSiteAt   time.Time `json:"on_site_at"`
	StartAt    time.Time `json:"start_at"`
	EndAt      time.Time `json:"end_at"`
	Supplies   string    `bun:",nullzero" json:"supplies,omitempty"`
	Sort       int       `json:"-"`
}

// says is what the row says to its person.
func (r *BoardRow) says() string {
	at := func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
	return strings.Join([]string{r.EventID, r.PersonID, string(r.Crew), r.Post, r.Rooms, at(r.OnSiteAt), at(r.StartAt), at(r.EndAt), r.Supplies}, "\x1f")
}

// Veil takes out of a secret event's row what was typed by hand.
func (r *BoardRow) Veil() { r.Post, r.Supplies = "", "" }

// BoardEvent is an event with everything that a day's board says of it.
type BoardEvent struct {
	Event  *Event
	People []Assignment
	Posts  []Post
	Duties []Duty
	Crews  []Crew // with items
}

// BoardRows are the lines of a day's board, by event and crew. Who stands at a
// post has a line for each; the others have one with the post of their assignment.
func BoardRows(events []BoardEvent) []BoardRow {
	var rows []BoardRow
	for k := range events {
		rows = append(rows, events[k].rows()...)
	}
	for k := range rows {
		rows[k].Sort = k
	}
	return rows
}

func (b *BoardEvent) rows() []BoardRow {
	e := b.Event
	base := BoardRow{
		EventID: e.ID, Rooms: RoomIDs(e.Rooms), OnSiteAt: e.Arrival().Add(-time.Duration(LeadMinutes(e.Level)) * time.Minute),
		StartAt: e.StartAt, EndAt: e.EndAt, Supplies: e.SupplyText(),
	}
	posts := map[string]*Post{}
	for k := range b.Posts {
		posts[b.Posts[k].ID] = &b.Posts[k]
	}
	var rows []BoardRow
	add := func(person string, crew Crew, post string, onSite time.Time) {
		r := base
		r.PersonID, r.Crew, r.Post, r.OnSiteAt = person, crew, post, onSite
		rows = append(rows, r)
	}
	standing := map[string]bool{}
	for _, d := range b.Duties {
		if p := posts[d.PostID]; p != nil && d.State != DutyReplaced {
			standing[d.PersonID] = true
			add(d.PersonID, p.Crew, strings.TrimSpace(p.Code+" "+p.Name), p.DueAt(e))
		}
	}
	named := map[Crew]bool{CrewCMD: true, CrewSUP: true} // supervisors answer for every event
	if e.CommanderID != "" && !standing[e.CommanderID] {
		add(e.CommanderID, CrewCMD, "", base.OnSiteAt)
	}
	for _, a := range b.People {
		named[a.Crew] = true
		if !standing[a.PersonID] && a.PersonID != e.CommanderID {
			add(a.PersonID, a.Crew, a.Post, base.OnSiteAt)
		}
	}
	for _, r := range rows {
		named[r.Crew] = true
	}
	for _, c := range b.Crews {
		if !named[c] {
			add("", c, "", base.OnSiteAt)
			named[c] = true
		}
	}
	slices.SortStableFunc(rows, func(x, y BoardRow) int { return slices.Index(Crews, x.Crew) - slices.Index(Crews, y.Crew) })
	return rows
}

// Named are the people of a board, each once, by id.
func Named(rows []BoardRow) []string {
	var ids []string
	for k := range rows {
		if rows[k].PersonID != "" {
			ids = append(ids, rows[k].PersonID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// SameRows tells whether two versions say the same to a person; "" is everybody,
// and what stands on the board without a name.
func SameRows(a, b []BoardRow, personID string) bool {
	said := func(rows []BoardRow) []string {
		var list []string
		for k := range rows {
			if personID == "" || rows[k].PersonID == personID {
				list = append(list, rows[k].says())
			}
		}
		slices.Sort(list)
		return list
	}
	return slices.Equal(said(a), said(b))
}

// RoomIDs are the rooms as a row keeps them.
func RoomIDs(rooms []Room) string {
	ids := make([]string, len(rooms))
	for k := range rooms {
		ids[k] = rooms[k].ID
	}
	return strings.Join(ids, " ")
}

// ChangeField is a fact of an event with the crews whose work depends on it.
type ChangeField struct {
	Name  string // the log says event.<name> where the fact has a row of its own
	Crews []Crew // nil = everybody on the event
	value func(e *Event) string
}

// ChangeFields say whom a change of a confirmed event concerns.
var ChangeFields = []ChangeField{
	{"arrival", nil, func(e *Event) string { return stampP(e.ArrivalAt) }},
	{"start", nil, func(e *Event) string { return stamp(e.StartAt) }},
	{"end", nil, func(e *Event) string { return stamp(e.EndAt) }},
	{"rooms", nil, func(e *Event) string { return RoomIDs(e.Rooms) }},
	{"level", nil, func(e *Event) string { return strconv.Itoa(e.Level) }},
	{"secrecy", nil, func(e *Event) string { return string(e.Secrecy) }},
	{"commander", nil, func(e *Event) string { return e.CommanderID }},
	{"break", serves, func(e *Event) string { return stampP(e.BreakAt) }},
	{"heads", serves, func(e *Event) string { return strconv.Itoa(e.Heads) }},
	{"tea", []Crew{CrewCMD, CrewSUP, CrewSVC}, func(e *Event) string { return strconv.Itoa(e.TeaEvery()) }},
	{"photo", []Crew{CrewCMD, CrewSUP, CrewPHO}, func(e *Event) string { return yes(e.Photo) }},
	{"recording", []Crew{CrewCMD, CrewSUP, CrewENG, CrewCTL}, func(e *Event) string { return yes(e.Recording) }},
	{"supplies", serves, func(e *Event) string { return e.SupplyText() }},
	{"lift", []Crew{CrewCMD, CrewSUP, CrewSEC, CrewENG, CrewCTL}, func(e *Event) string { return e.LiftID }},
	{"layout", builds, func(e *Event) string { return string(e.Layout) }},
	{"needs", builds, func(e *Event) string { return e.Needs }},
	{"wishes", builds, func(e *Event) string { return e.Wishes }},
	{"welcome_text", builds, func(e *Event) string { return e.WelcomeText }},
	{"banner", builds, func(e *Event) string { return e.Banner }},
	{"flowers", serves, func(e *Event) string { return e.Flowers }},
	{"tea_wish", []Crew{CrewCMD, CrewSUP, CrewSVC}, func(e *Event) string { return e.TeaWish }},
	{"seat_wish", []Crew{CrewCMD, CrewSUP, CrewSVC}, func(e *Event) string { return e.SeatWish }},
	{"photo_wish", []Crew{CrewCMD, CrewSUP, CrewPHO}, func(e *Event) string { return e.PhotoWish }},
	{"function", nil, func(*Event) string { return "" }},  // a part of it: FunctionLine
	{"agenda", stages, func(*Event) string { return "" }}, // of its agenda: AgendaLines
}

// builds are the crews that set up the room, with its sound and screens.
var builds = []Crew{CrewCMD, CrewSUP, CrewSVC, CrewADM, CrewENG}

// stages are the crews that work by the agenda: microphones, tea, pictures.
var stages = []Crew{CrewCMD, CrewSUP, CrewSVC, CrewENG, CrewPHO}

// serves are the crews that set tables and bring tea, with who answers for them.
var serves = []Crew{CrewCMD, CrewSUP, CrewSVC, CrewADM}

// lumped are fields that the log has no row of their own for: event.facts.
var lumped = []string{"tea", "photo", "recording", "supplies", "lift", "layout", "needs", "wishes", "welcome_text", "banner", "flowers", "tea_wish", "seat_wish", "photo_wish", "function", "agenda"}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampP(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// changeField finds a field by its name.
func changeField(name string) (ChangeField, bool) {
	for _, f := range ChangeFields {
		if f.Name == name {
			return f, true
		}
	}
	return ChangeField{}, false
}

// fact is the name in ChangeFields of what the line says: a part of the event that
// only gets another layout is a matter of those who set up the room.
func (l *BulletinLine) fact() string {
	if strings.HasPrefix(l.Field, "agenda:") {
		return "agenda"
	}
	if !strings.HasPrefix(l.Field, "function:") {
		return l.Field
	}
	old, now := FunctionOf(l.Old), FunctionOf(l.New)
	now.Layout = old.Layout
	if l.Old != "" && l.New != "" && FunctionSays(&old) == FunctionSays(&now) {
		return "layout"
	}
	return "function"
}

// FunctionSays is a part of an event as a line keeps it, its fields parted by tabs;
// FunctionOf reads it.
func FunctionSays(f *Function) string {
	if f == nil || f.Struck {
		return ""
	}
	return strings.Join([]string{stamp(f.StartAt), stamp(f.EndAt), f.RoomID, string(f.Layout), f.Place, f.Name}, "\t")
}

// FunctionOf reads what FunctionSays wrote; of anything else nothing is known but its text.
func FunctionOf(said string) Function {
	part := strings.Split(said, "\t")
	if len(part) != 6 {
		return Function{Name: said}
	}
	f := Function{RoomID: part[2], Layout: Layout(part[3]), Place: part[4], Name: part[5]}
	f.StartAt, _ = time.Parse(time.RFC3339, part[0]) // what we wrote ourselves
	f.EndAt, _ = time.Parse(time.RFC3339, part[1])
	return f
}

// FunctionLine says what became of a part of an event: nil is none, as is one that is
// struck. It is nil when nobody has to know.
func FunctionLine(old, now *Function) []BulletinLine {
	l := BulletinLine{Old: FunctionSays(old), New: FunctionSays(now)}
	if l.Old == l.New {
		return nil
	}
	l.Field = "function:"
	if now != nil {
		l.Field += now.ID
	} else {
		l.Field += old.ID
	}
	return []BulletinLine{l}
}

// AgendaSays is a line of an agenda as a bulletin keeps it, its fields parted by tabs;
// AgendaOf reads it.
func AgendaSays(a *AgendaItem) string {
	if a == nil || a.Struck {
		return ""
	}
	return strings.Join([]string{stamp(a.StartAt), strconv.Itoa(a.Minutes), a.Speaker, a.Needs, a.Title}, "\t")
}

// AgendaOf reads what AgendaSays wrote.
func AgendaOf(said string) AgendaItem {
	part := strings.Split(said, "\t")
	if len(part) != 5 {
		return AgendaItem{Title: said}
	}
	a := AgendaItem{Speaker: part[2], Needs: part[3], Title: part[4]}
	a.StartAt, _ = time.Parse(time.RFC3339, part[0]) // what we wrote ourselves
	a.Minutes, _ = strconv.Atoi(part[1])
	return a
}

// AgendaLines say what became of an agenda, in the order of the day.
func AgendaLines(old, now []AgendaItem) []BulletinLine {
	var lines []BulletinLine
	find := func(list []AgendaItem, id string) *AgendaItem {
		if k := slices.IndexFunc(list, func(a AgendaItem) bool { return a.ID == id }); k >= 0 {
			return &list[k]
		}
		return nil
	}
	add := func(id string) {
		l := BulletinLine{Field: "agenda:" + id, Old: AgendaSays(find(old, id)), New: AgendaSays(find(now, id))}
		if l.Old != l.New {
			lines = append(lines, l)
		}
	}
	for k := range old {
		if find(now, old[k].ID) == nil {
			add(old[k].ID)
		}
	}
	for k := range now {
		add(now[k].ID)
	}
	return lines
}

// FactChanges are the facts that differ, old and new, in the order of ChangeFields.
func FactChanges(old, e *Event) []BulletinLine {
	var lines []BulletinLine
	for _, f := range ChangeFields {
		if a, b := f.value(old), f.value(e); a != b {
			lines = append(lines, BulletinLine{Field: f.Name, Old: a, New: b})
		}
	}
	return lines
}

// CancelLines are what a cancelled event tells: what it was, why, and the supplies
// that are to be returned.
func CancelLines(old, e *Event, reason string) []BulletinLine {
	lines := []BulletinLine{{Field: "status", Old: string(old.Status), New: string(e.Status)}}
	if reason != "" {
		lines = append(lines, BulletinLine{Field: "reason", New: reason})
	}
	if s := e.SupplyText(); s != "" {
		lines = append(lines, BulletinLine{Field: "returned", Old: s})
	}
	return lines
}

// ChangeTrigger tells of a change of the event at that moment those whom one of
// its lines concerns. Its key is that of the notices that the log leads to.
func ChangeTrigger(e *Event, lines []BulletinLine, at time.Time, by string) Trigger {
	t := Trigger{Key: ChangeKey(e.ID, at), Kind: NoticeChanged, EventID: e.ID, By: by, Working: e.Status == EventCancelled}
	for _, l := range lines {
		f, known := changeField(l.fact())
		switch {
		case l.Field == "status", known && f.Crews == nil:
			t.Crews = nil
			return t
		case known:
			t.Crews = append(t.Crews, f.Crews...)
		}
	}
	return t
}

// LumpedFields are those of the lines that the log has no row of their own for.
func LumpedFields(lines []BulletinLine) []string {
	var names []string
	for _, l := range lines {
		if name := l.fact(); contains(lumped, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ChangeKey names what one act changed of an event.
func ChangeKey(eventID string, at time.Time) string {
	return keyOf(string(NoticeChanged), eventID, strconv.FormatInt(at.UnixMicro(), 10))
}

// BoardKey names a version of a day's board; WorkKey that of a crew's work notice.
func BoardKey(day string, no int) string { return keyOf("board", day, strconv.Itoa(no)) }

// WorkKey names a version of a crew's work notice.
func WorkKey(eventID string, crew Crew, no int) string {
	return keyOf("work", eventID, string(crew), strconv.Itoa(no))
}

// UnseenKey names the word to the supervisor that a bulletin was not seen.
func UnseenKey(id string) string { return keyOf("unseen", id) }

// WorkLines are what a crew's work notice says: when and where, the parts of the
// event, who leads the crew ("" is nobody by name), who is in it, and what is to be
// done by when.
func WorkLines(e *Event, crew Crew, functions []Function, lead string, rows []BoardRow, items []Item) []BulletinLine {
	var lines []BulletinLine
	add := func(field, value string) {
		if value != "" {
			lines = append(lines, BulletinLine{Field: field, New: value, Sort: len(lines)})
		}
	}
	add("onsite", stamp(e.Arrival().Add(-time.Duration(LeadMinutes(e.Level))*time.Minute)))
	for _, f := range ChangeFields {
		if f.Name != "secrecy" && (f.Crews == nil || slices.Contains(f.Crews, crew)) {
			add(f.Name, f.value(e))
		}
	}
	for k := range functions {
		add("function:"+functions[k].ID, FunctionSays(&functions[k]))
	}
	add("lead", lead)
	for _, r := range rows {
		if r.Crew == crew && r.PersonID != "" {
			post := r.Post
			if post == "" {
				post = "–"
			}
			add("person:"+r.PersonID, post)
		}
	}
	for _, i := range items {
		if i.Crew != crew || i.Status == ItemNotNeeded {
			continue
		}
		due := "–"
		switch {
		case i.IsRound():
			due = "every " + strconv.Itoa(i.Every) // its next time moves with every round
		case i.DueAt != nil:
			due = stamp(*i.DueAt)
		}
		add("item:"+i.ID, due)
	}
	return lines
}

// WorkDiff writes into the lines what the version before said of each, and adds
// what stands there no more; changed tells whether anything differs.
func WorkDiff(before, lines []BulletinLine) (out []BulletinLine, changed bool) {
	was := map[string]string{}
	for _, l := range before {
		if l.New != "" {
			was[l.Field] = l.New
		}
	}
	for _, l := range lines {
		l.Old = was[l.Field]
		changed = changed || l.Old != l.New
		delete(was, l.Field)
		out = append(out, l)
	}
	for _, l := range before {
		if old := was[l.Field]; old != "" {
			delete(was, l.Field)
			out = append(out, BulletinLine{Field: l.Field, Old: old, Sort: len(out)})
			changed = true
		}
	}
	return out, changed
}
