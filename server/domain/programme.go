package domain

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// FunctionKind is what a part of an event is.
type FunctionKind string

// FunctionKinds in the order in which forms offer them.
var FunctionKinds = []FunctionKind{"meeting", "arrival", "talks", "photo", "signing", "banquet", "tour", "break", "rest", "departure", "other"}

// Function is one part of an event (环节) with a place, a layout and a clock of its
// own: reception, photo, plenary, signing. One with a room holds that room. Times are UTC.
type Function struct {
	ID        string       `bun:",pk" json:"id"`
	EventID   string       `json:"event_id"`
	Name      string       `json:"name"`
	Kind      FunctionKind `json:"kind"`
	RoomID    string       `bun:",nullzero" json:"room_id,omitempty"`
	Place     string       `bun:",nullzero" json:"place,omitempty"` // where there is no room
	Layout    Layout       `bun:",nullzero" json:"layout,omitempty"`
	StartAt   time.Time    `json:"start_at"`
	EndAt     time.Time    `json:"end_at"`
	Notes     string       `bun:",nullzero" json:"notes,omitempty"`
	Struck    bool         `json:"struck,omitempty"`
	Seq       int64        `json:"seq"`
	CreatedAt time.Time    `json:"created_at"`

	Room *Room `bun:"-" json:"room,omitempty"` // filled by the store
}

// AgendaItem is one line of an event's agenda (议程). StartAt is UTC.
type AgendaItem struct {
	ID        string    `bun:",pk" json:"id"`
	EventID   string    `json:"event_id"`
	StartAt   time.Time `json:"start_at"`
	Minutes   int       `json:"minutes"`
	Title     string    `json:"title"`
	Speaker   string    `bun:",nullzero" json:"speaker,omitempty"`
	Needs     string    `bun:",nullzero" json:"needs,omitempty"` // a handheld microphone, the lectern
	Struck    bool      `json:"struck,omitempty"`
	Seq       int64     `json:"seq"`
	CreatedAt time.Time `json:"created_at"`
}

// How many of them an event may have, and how far around it they may lie.
const (
	FunctionsMost   = 40
	AgendaMost      = 100
	programmeMargin = 12 * time.Hour
)

// around tells whether the time lies within the event and what comes directly before and after it.
func (e *Event) around(t time.Time) bool {
	return !t.Before(e.Arrival().Add(-programmeMargin)) && !t.After(e.EndAt.Add(programmeMargin))
}

// Check cleans the function and tells whether it can be a part of the event beside
// the others. Parts may run at the same time, but not in the same room.
func (f *Function) Check(e *Event, others []Function) error {
	var bad Invalid
	checkText(&bad, "name", &f.Name, 60, true)
	checkText(&bad, "place", &f.Place, 60, false)
	checkText(&bad, "notes", &f.Notes, 200, false)
	if !contains(FunctionKinds, f.Kind) {
		bad.Add("kind", "field.choose")
	}
	if f.Layout != "" && !contains(Layouts, f.Layout) {
		bad.Add("layout", "field.choose")
	}
	if f.RoomID != "" && f.Place != "" {
		bad.Add("place", "function.room_or_place")
	}
	switch {
	case f.StartAt.IsZero():
		bad.Add("start_at", "field.time")
	case !e.around(f.StartAt):
		bad.Add("start_at", "function.outside")
	}
	switch {
	case f.EndAt.IsZero():
		bad.Add("end_at", "field.time")
	case !f.StartAt.IsZero() && !f.EndAt.After(f.StartAt):
		bad.Add("end_at", "function.end_before_start")
	case !e.around(f.EndAt):
		bad.Add("end_at", "function.outside")
	}
	if len(bad) > 0 {
		return bad.Err()
	}
	for k := range others {
		if o := &others[k]; o.ID != f.ID && f.RoomID != "" && o.RoomID == f.RoomID && f.Meets(o) {
			bad.Add("start_at", "function.overlap", "name", o.Name)
			break
		}
	}
	return bad.Err()
}

// Meets tells whether both run at some moment.
func (f *Function) Meets(o *Function) bool {
	return !o.Struck && f.StartAt.Before(o.EndAt) && o.StartAt.Before(f.EndAt)
}

// SortFunctions puts them in the order of the day.
func SortFunctions(list []Function) {
	slices.SortFunc(list, func(a, b Function) int {
		return cmp.Or(a.StartAt.Compare(b.StartAt), a.EndAt.Compare(b.EndAt), cmp.Compare(a.ID, b.ID))
	})
}

// Parallel are the names of the functions that run at the same time as list[k].
func Parallel(list []Function, k int) []string {
	var names []string
	for n := range list {
		if n != k && list[k].Meets(&list[n]) {
			names = append(names, list[n].Name)
		}
	}
	return names
}

// EndAt is when the line is over.
func (a *AgendaItem) EndAt() time.Time {
	return a.StartAt.Add(time.Duration(a.Minutes) * time.Minute)
}

// Check cleans the line and tells whether it can stand in the event's agenda. What
// lies beyond the event's times is said by AgendaTroubles, and allowed.
func (a *AgendaItem) Check(e *Event) error {
	var bad Invalid
	checkText(&bad, "title", &a.Title, 80, true)
	checkText(&bad, "speaker", &a.Speaker, 60, false)
	checkText(&bad, "needs", &a.Needs, 120, false)
	if a.Minutes < 1 || a.Minutes > 1440 {
		bad.Add("minutes", "agenda.minutes_range")
	}
	switch {
	case a.StartAt.IsZero():
		bad.Add("start_at", "field.time")
	case !e.around(a.StartAt):
		bad.Add("start_at", "function.outside")
	}
	return bad.Err()
}

// SortAgenda puts the lines in the order of the day.
func SortAgenda(list []AgendaItem) {
	slices.SortFunc(list, func(a, b AgendaItem) int {
		return cmp.Or(a.StartAt.Compare(b.StartAt), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}

// NextStart is where a new line begins: where the last one ends, else with the event.
func NextStart(e *Event, agenda []AgendaItem) time.Time {
	next := e.StartAt
	for k := range agenda {
		if end := agenda[k].EndAt(); end.After(next) {
			next = end
		}
	}
	return next
}

// ChangeLine puts to in the place of the line with its id. With follow the lines
// after it move by as much as its end does, so that what followed still follows.
// It returns the ids of the lines that moved with it.
func ChangeLine(agenda []AgendaItem, to AgendaItem, follow bool) (moved []string) {
	SortAgenda(agenda)
	k := slices.IndexFunc(agenda, func(a AgendaItem) bool { return a.ID == to.ID })
	if k < 0 {
		return nil
	}
	by := to.EndAt().Sub(agenda[k].EndAt())
	agenda[k] = to
	if !follow || by == 0 {
		return nil
	}
	for n := k + 1; n < len(agenda); n++ {
		agenda[n].StartAt = agenda[n].StartAt.Add(by)
		moved = append(moved, agenda[n].ID)
	}
	return moved
}

// SwapLine lets a line change places with the one before it (up) or after it: both
// together take the time they took. It returns the ids of the two, none at the edge.
func SwapLine(agenda []AgendaItem, id string, up bool) (moved []string) {
	SortAgenda(agenda)
	k := slices.IndexFunc(agenda, func(a AgendaItem) bool { return a.ID == id })
	if up {
		k--
	}
	if k < 0 || k+1 >= len(agenda) {
		return nil
	}
	a, b := &agenda[k], &agenda[k+1]
	pause := max(b.StartAt.Sub(a.EndAt()), 0)
	b.StartAt = a.StartAt
	a.StartAt = b.EndAt().Add(pause)
	moved = []string{a.ID, b.ID}
	SortAgenda(agenda)
	return moved
}

// AgendaTrouble is what is wrong with a line of an agenda: Key is a sentence.
type AgendaTrouble struct {
	Key  string `json:"key"`
	Args Args   `json:"args,omitempty"`
}

// AgendaTroubles tells by line what does not fit: lines that overlap, lines before
// the start, lines beyond the end (B.8).
func AgendaTroubles(e *Event, agenda []AgendaItem) map[string][]AgendaTrouble {
	all := map[string][]AgendaTrouble{}
	add := func(id, key string, args ...string) {
		all[id] = append(all[id], AgendaTrouble{Key: key, Args: pairs(args)})
	}
	var last *AgendaItem // the one that ends last so far
	for k := range agenda {
		a := &agenda[k]
		if last != nil && a.StartAt.Before(last.EndAt()) {
			add(a.ID, "agenda.overlap", "title", last.Title, "n", itoa(int((last.EndAt().Sub(a.StartAt)+time.Minute-1)/time.Minute)))
		}
		if a.StartAt.Before(e.StartAt) {
			add(a.ID, "agenda.before_start")
		}
		if d := a.EndAt().Sub(e.EndAt); d > 0 {
			add(a.ID, "agenda.beyond_end", "n", itoa(int((d+time.Minute-1)/time.Minute)))
		}
		if last == nil || a.EndAt().After(last.EndAt()) {
			last = a
		}
	}
	return all
}

func itoa(n int) string { return strconv.Itoa(n) }
