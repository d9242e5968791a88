package domain

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Room is a place that can be booked.
type Room struct {
	ID       string `bun:",pk" json:"id"`
	Name     string `json:"name"`
	NameEn   string `json:"name_en"`
	Floor    int    `json:"floor"`
	Capacity int    `json:"capacity"`
	Sort     int    `json:"-"`

	SetupMin    *int   `json:"setup_min,omitempty"` // nil: the site's
	ClearMin    *int   `json:"clear_min,omitempty"`
	OutOfUse    bool   `json:"out_of_use,omitempty"` // nobody books it until that is taken back
	PhotoFile   string `bun:",nullzero" json:"-"`    // "" = none
	PhotoWidth  int    `json:"-"`
	PhotoHeight int    `json:"-"`

	Equipment []RoomFixture `bun:"-" json:"equipment,omitempty"` // filled by the store where rooms are shown or looked for
	Layouts   []RoomLayout  `bun:"-" json:"layouts,omitempty"`
}

// RoomFixture is one kind of thing that a room has, and how many.
type RoomFixture struct {
	RoomID string `bun:",pk" json:"-"`
	Kind   string `bun:",pk" json:"kind"`
	N      int    `json:"n"`
}

// RoomLayout is a way in which a room can be set, and for how many.
type RoomLayout struct {
	RoomID string `bun:",pk" json:"-"`
	Layout Layout `bun:",pk" json:"layout"`
	Heads  int    `json:"heads"`
}

// EquipmentKinds are what a room may have. Of microphones there are several.
var EquipmentKinds = []string{"projector", "led", "video", "sound", "mics", "recording", "interpretation", "whiteboard"}

// EquipmentCounted tells whether it matters how many of a kind there are.
func EquipmentCounted(kind string) bool { return kind == "mics" }

// RoomLayouts are the layouts of whole rooms, in the order in which forms offer them.
var RoomLayouts = []Layout{LayoutTheatre, LayoutClassroom, LayoutU, LayoutBoard, LayoutBanquet, LayoutTalks, LayoutSigning}

// What a new site begins with, and what is believed. Minutes.
const (
	BufferUsual = 15
	BufferMost  = 480
)

// How far ahead free times are looked for, in how fine steps, and how many are
// offered, of each day and in all.
const (
	slotsAhead  = 14 * 24 * time.Hour
	slotStep    = 15 * time.Minute
	slotsADay   = 2
	slotsInAll  = 6
	wishLongest = 14 * 24 * time.Hour
)

// Buffers are how long before and after an event its room is nobody else's: the
// room's own minutes, else the site's.
func (s *Site) Buffers(r *Room) (setup, clearOut time.Duration) {
	a, b := s.SetupMin, s.ClearMin
	if r.SetupMin != nil {
		a = *r.SetupMin
	}
	if r.ClearMin != nil {
		b = *r.ClearMin
	}
	return time.Duration(a) * time.Minute, time.Duration(b) * time.Minute
}

// Blocking keeps a room from being booked, for another reason than an event. Times are UTC.
type Blocking struct {
	ID        string    `bun:",pk" json:"id"`
	RoomID    string    `json:"room_id"`
	StartAt   time.Time `json:"start_at"`
	EndAt     time.Time `json:"end_at"`
	Reason    string    `json:"reason"`
	Struck    bool      `json:"struck,omitempty"`
	CreatedBy string    `bun:",nullzero" json:"created_by,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// How long what is typed about rooms may be, and how many microphones one has.
const (
	roomName       = 20
	roomNameEn     = 40
	blockingReason = 80
	micsMost       = 99
	blockingMost   = 366 * 24 * time.Hour
)

// Validate cleans and checks what was typed about a room, with its equipment and layouts.
func (r *Room) Validate() error {
	var bad Invalid
	checkText(&bad, "name", &r.Name, roomName, true)
	checkText(&bad, "name_en", &r.NameEn, roomNameEn, true)
	if r.Floor < -20 || r.Floor > 200 {
		bad.Add("floor", "room.floor_range")
	}
	if r.Capacity < 1 || r.Capacity > headsMost {
		bad.Add("capacity", "room.heads_range")
	}
	for _, b := range []struct {
		field string
		min   *int
	}{{"setup_min", r.SetupMin}, {"clear_min", r.ClearMin}} {
		if b.min != nil && (*b.min < 0 || *b.min > BufferMost) {
			bad.Add(b.field, "room.buffer_range", "max", strconv.Itoa(BufferMost))
		}
	}
	for _, q := range r.Equipment {
		if !contains(EquipmentKinds, q.Kind) {
			bad.Add("equipment", "field.choose")
		} else if q.N < 1 || q.N > micsMost {
			bad.Add(q.Kind, "room.count_range", "max", strconv.Itoa(micsMost))
		}
	}
	for _, l := range r.Layouts {
		if !contains(RoomLayouts, l.Layout) {
			bad.Add("layouts", "field.choose")
		} else if l.Heads < 1 || l.Heads > headsMost {
			bad.Add("layout_"+string(l.Layout), "room.heads_range")
		}
	}
	return bad.Err()
}

// Validate cleans the reason and checks the times of a blocking.
func (b *Blocking) Validate() error {
	var bad Invalid
	checkText(&bad, "reason", &b.Reason, blockingReason, true)
	checkSpan(&bad, Span{b.StartAt, b.EndAt}, blockingMost, spanFields{"start_at", "end_at", "event.end_before_start", "room.blocking_long"})
	return bad.Err()
}

// CheckBuffers checks the usual minutes of set-up and clear-out.
func (s *Site) CheckBuffers() error {
	var bad Invalid
	for _, b := range []struct {
		field string
		min   int
	}{{"setup_min", s.SetupMin}, {"clear_min", s.ClearMin}} {
		if b.min < 0 || b.min > BufferMost {
			bad.Add(b.field, "room.buffer_range", "max", strconv.Itoa(BufferMost))
		}
	}
	return bad.Err()
}

// Use is a stretch of time in which a room is taken, by an event or by a blocking.
type Use struct {
	RoomID  string    `json:"room_id"`
	EventID string    `json:"-"`                // "" = a blocking
	Name    string    `json:"name,omitempty"`   // of the event; "" where it is secret
	Alias   string    `json:"alias,omitempty"`  // of a secret event: see Event.Alias
	Part    string    `json:"part,omitempty"`   // of the event, where only that function has the room
	Reason  string    `json:"reason,omitempty"` // of the blocking
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	From    time.Time `json:"from"` // with set-up
	To      time.Time `json:"to"`   // with clear-out
}

// RoomUntil is when the event leaves its rooms: when it did, else when it should,
// but not while it still runs.
func (e *Event) RoomUntil(now time.Time) time.Time {
	switch {
	case e.ActualEndAt != nil:
		return *e.ActualEndAt
	case e.Status == EventLive && now.After(e.EndAt):
		return now
	}
	return e.EndAt
}

// TakesRooms is true of an event whose rooms nobody else may have: not of a draft.
func (s EventStatus) TakesRooms() bool { return s != EventDraft && s != EventCancelled }

// UseOf is an event's use of a room with those buffers.
func UseOf(e *Event, roomID string, setup, clearOut time.Duration, now time.Time) Use {
	u := Use{RoomID: roomID, EventID: e.ID, Name: e.Name, Start: e.StartAt, End: e.RoomUntil(now)}
	if e.Secrecy == SecrecySecret {
		u.Name, u.Alias = "", e.Alias()
	}
	if e.NoBuffer {
		setup, clearOut = 0, 0
	}
	u.From, u.To = u.Start.Add(-setup), u.End.Add(clearOut)
	return u
}

// UsePart is what a function has of its room; ok is false where it needs none any
// more, because its event ended before.
func UsePart(e *Event, f *Function, setup, clearOut time.Duration) (u Use, ok bool) {
	part := *e
	part.StartAt, part.EndAt = f.StartAt, f.EndAt
	if e.ActualEndAt != nil && f.EndAt.Before(*e.ActualEndAt) {
		part.ActualEndAt = nil
	}
	if u = UseOf(&part, f.RoomID, setup, clearOut, f.EndAt); u.Alias == "" {
		u.Part = f.Name
	}
	return u, u.End.After(u.Start)
}

// Use is the blocking as a use of its room: without buffers.
func (b *Blocking) Use() Use {
	return Use{RoomID: b.RoomID, Reason: b.Reason, Start: b.StartAt, End: b.EndAt, From: b.StartAt, To: b.EndAt}
}

// Meets tells whether both want the room at once, buffers counted.
func (u *Use) Meets(o *Use) bool { return u.From.Before(o.To) && o.From.Before(u.To) }

// OnlyBuffer tells of two uses that meet whether it is only for set-up or clear-out.
func (u *Use) OnlyBuffer(o *Use) bool { return !u.Start.Before(o.End) || !o.Start.Before(u.End) }

// RoomWish is what somebody looks for. Times are instants.
type RoomWish struct {
	Start, End time.Time
	Heads      int      // 0 = any room
	Equipment  []string // each of EquipmentKinds
	Layout     string   // "" = any
	EventID    string   // whose present rooms do not count as taken
	NoBuffer   bool     // neither set-up nor clear-out is needed
}

// Validate says which field makes no sense.
func (w *RoomWish) Validate() error {
	var bad Invalid
	checkSpan(&bad, Span{w.Start, w.End}, wishLongest, spanFields{"start_at", "end_at", "event.end_before_start", "event.too_long"})
	if w.Heads < 0 || w.Heads > headsMost {
		bad.Add("heads", "event.heads_range")
	}
	for _, k := range w.Equipment {
		if !contains(EquipmentKinds, k) {
			bad.Add("equipment", "field.choose")
			break
		}
	}
	if w.Layout != "" && !contains(RoomLayouts, Layout(w.Layout)) {
		bad.Add("layout", "field.choose")
	}
	return bad.Err()
}

// RoomOffer is a room as an answer to a wish.
type RoomOffer struct {
	Room     Room     `json:"room"`
	Free     bool     `json:"free"`            // at that time, with its buffers
	Fits     bool     `json:"fits"`            // large enough, has everything, can be set so
	Heads    int      `json:"heads"`           // for how many it is good, in the layout asked for
	Small    bool     `json:"small,omitempty"` // not large enough
	Lacks    []string `json:"lacks,omitempty"` // of the equipment asked for
	NoLayout bool     `json:"no_layout,omitempty"`
	Out      bool     `json:"out,omitempty"`  // out of use
	Uses     []Use    `json:"uses,omitempty"` // what takes it, earliest first
}

// Good tells whether the room can be had as wished.
func (o *RoomOffer) Good() bool { return o.Free && o.Fits }

// Offer judges a room by a wish; uses are those of this room, others are passed over.
func Offer(site *Site, r *Room, w *RoomWish, uses []Use) RoomOffer {
	o := RoomOffer{Room: *r, Heads: r.Capacity, Out: r.OutOfUse}
	if w.Layout != "" {
		k := slices.IndexFunc(r.Layouts, func(l RoomLayout) bool { return string(l.Layout) == w.Layout })
		if o.NoLayout = k < 0; !o.NoLayout {
			o.Heads = r.Layouts[k].Heads
		}
	}
	o.Small = w.Heads > o.Heads
	for _, kind := range w.Equipment {
		if !slices.ContainsFunc(r.Equipment, func(q RoomFixture) bool { return q.Kind == kind }) {
			o.Lacks = append(o.Lacks, kind)
		}
	}
	want := w.use(site, r)
	for _, u := range uses {
		if u.RoomID == r.ID && (u.EventID == "" || u.EventID != w.EventID) && u.Meets(&want) {
			o.Uses = append(o.Uses, u)
		}
	}
	slices.SortStableFunc(o.Uses, func(a, b Use) int { return a.Start.Compare(b.Start) })
	o.Free, o.Fits = !o.Out && len(o.Uses) == 0, !o.Small && !o.NoLayout && len(o.Lacks) == 0
	return o
}

// use is the wish as a use of the room.
func (w *RoomWish) use(site *Site, r *Room) Use {
	setup, clearOut := site.Buffers(r)
	return UseOf(&Event{ID: w.EventID, StartAt: w.Start, EndAt: w.End, NoBuffer: w.NoBuffer}, r.ID, setup, clearOut, w.Start)
}

// SortOffers puts the best first: those to be had, then those that are free and lack
// something, then those that fit and are taken, then the others; of each the tightest
// fit, or what comes nearest to it. For no number of heads in the order of the house.
func SortOffers(list []RoomOffer, heads int) {
	rank := func(o *RoomOffer) int {
		switch {
		case o.Good():
			return 0
		case o.Free:
			return 1
		case o.Out:
			return 4
		case o.Fits:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(a, b RoomOffer) int {
		if c := cmp.Compare(rank(&a), rank(&b)); c != 0 {
			return c
		}
		if heads > 0 && a.Heads != b.Heads && !a.Out {
			if a.Fits {
				return cmp.Compare(a.Heads, b.Heads)
			}
			return cmp.Compare(b.Heads, a.Heads)
		}
		return cmp.Or(cmp.Compare(a.Room.Sort, b.Room.Sort), cmp.Compare(a.Room.ID, b.Room.ID))
	})
}

// Slot is a free time.
type Slot struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// FreeSlots are the next times from the wish's on (and not before now) at which
// the room is free for as long, within the house's hours of its days in loc; who asks
// for an evening or a Sunday gets other evenings and Sundays as well. What is longer
// than the house is open is only kept clear of other uses.
func FreeSlots(site *Site, r *Room, w *RoomWish, uses []Use, now time.Time, loc *time.Location) []Slot {
	if r.OutOfUse {
		return nil
	}
	length, at := w.End.Sub(w.Start), w.Start
	if at.Before(now) {
		at = now
	}
	last := at.Add(slotsAhead)
	at = stepUp(at)
	hours := site.Hours().with(w.Start, w.End, loc)
	var list []Slot
	day, n := "", 0
	for len(list) < slotsInAll && !at.Add(length).After(last) {
		opens, closes, open := hours.On(at, loc)
		if length <= closes.Sub(opens) {
			at = later(at, opens.UTC())
			if !open || at.Add(length).After(closes) {
				at = nextDay(at, loc)
				continue
			}
		}
		try := *w
		try.Start, try.End = at, at.Add(length)
		want := try.use(site, r)
		if k := slices.IndexFunc(uses, func(u Use) bool {
			return u.RoomID == r.ID && (u.EventID == "" || u.EventID != w.EventID) && u.Meets(&want)
		}); k >= 0 {
			at = stepUp(uses[k].To.Add(at.Sub(want.From)))
			continue
		}
		list = append(list, Slot{at, at.Add(length)})
		if d := at.In(loc).Format(time.DateOnly); d != day {
			day, n = d, 0
		}
		if n++; n >= slotsADay {
			at = nextDay(at, loc)
			continue
		}
		at = stepUp(want.To.Add(at.Sub(want.From)))
	}
	return list
}

// nextDay is when the day after t begins in loc, however long t's day is.
func nextDay(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day()+1, 0, 0, 0, 0, loc).UTC()
}

func stepUp(t time.Time) time.Time {
	if d := t.Truncate(slotStep); !d.Equal(t) {
		return d.Add(slotStep)
	}
	return t
}

// RefuseUse says beside that field why a room is not to be had; the times are what is in the way, by the clock of loc, with the day where it is another.
func RefuseUse(field string, room *Room, want, other *Use, loc *time.Location) *Error {
	day := func(t time.Time) string { return t.In(loc).Format("01-02") }
	layout := "15:04"
	if day(want.Start) != day(other.Start) || day(other.Start) != day(other.End) {
		layout = "01-02 15:04"
	}
	args := []string{"room_zh", room.Name, "room_en", room.NameEn, "from", other.Start.In(loc).Format(layout), "to", other.End.In(loc).Format(layout)}
	if other.EventID == "" {
		return InvalidField(field, "event.room_blocked", append(args, "reason", other.Reason)...)
	}
	key, secret := "event.room_taken", "event.room_taken_secret"
	if want.OnlyBuffer(other) {
		key, secret = "event.room_buffer", "event.room_buffer_secret"
		before, after := want, other
		if other.Start.Before(want.Start) {
			before, after = other, want
		}
		n := before.To.Sub(before.End) + after.Start.Sub(after.From) // must lie between the two
		args = append(args, "n", strconv.Itoa(int(n/time.Minute)))
	}
	if other.Alias != "" {
		return InvalidField(field, secret, append(args, "alias", other.Alias)...)
	}
	return InvalidField(field, key, append(args, "event", other.Name)...)
}

// RefuseRow is RefuseUse where the other is a row of the same workbook: {row} says which.
func RefuseRow(field string, room *Room, want, other *Use, row int, loc *time.Location) *Error {
	u := *other
	u.EventID, u.Name, u.Alias = "row", "", ""
	e := RefuseUse(field, room, want, &u, loc)
	f := &e.Fields[0]
	f.Key = map[string]string{"event.room_taken": "event.row_taken", "event.room_buffer": "event.row_buffer"}[f.Key]
	f.Args["row"] = strconv.Itoa(row)
	return e
}

// RoomLost tells of an error that a room is not to be had at that time, for whatever reason.
func RoomLost(err error) bool {
	e, ok := AsError(err)
	return ok && slices.ContainsFunc(e.Fields, func(f FieldError) bool { return contains(roomKeys, f.Key) })
}

var roomKeys = []string{"event.room_taken", "event.room_taken_secret", "event.room_buffer", "event.room_buffer_secret", "event.room_blocked", "event.room_out"}
