package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// CalendarLink is an address at which another calendar reads a room's events, or
// its owner's own. It is a pass (PassCalendar): a new PassNo revokes it.
type CalendarLink struct {
	ID        string `bun:",pk"`
	PersonID  string // whose it is: it shows nothing that he may not see
	RoomID    string `bun:",nullzero"` // "" = his own events
	PassNo    int
	CreatedAt time.Time
}

// CalendarEntry is an event or a blocking in the calendar of rooms. Secret events
// have no name in it, for nobody: calendars hang where others read along.
type CalendarEntry struct {
	Use
	Event  string      `json:"event,omitempty"` // id, where the reader may open it
	Status EventStatus `json:"status,omitempty"`
	Level  int         `json:"level,omitempty"`
	Heads  int         `json:"heads,omitempty"`
}

// Draft tells that others may still take the room.
func (c *CalendarEntry) Draft() bool { return c.Status == EventDraft }

// StakeKind is what two events may need at once.
type StakeKind string

// The kinds of stakes, in the order in which they are listed.
const (
	StakeRoom    StakeKind = "room"
	StakePerson  StakeKind = "person"
	StakeVehicle StakeKind = "vehicle"
	StakeBay     StakeKind = "bay"
	StakeLift    StakeKind = "lift"
)

var stakeKinds = []StakeKind{StakeRoom, StakePerson, StakeVehicle, StakeBay, StakeLift}

// TravelBuffer is how long somebody needs from one event to the next.
const TravelBuffer = 15 * time.Minute

// Stake is one thing that one event needs for a time.
type Stake struct {
	Kind   StakeKind
	Key    string // the same key is the same thing
	Name   string // as people call it
	NameEn string // of a room
	Event  *Event
	From   time.Time
	To     time.Time
}

// Collision is a thing that two events need at once.
type Collision struct {
	Kind   StakeKind
	Key    string
	Name   string
	NameEn string
	A, B   *Event    // the earlier first
	From   time.Time // from when to when
	To     time.Time
	// Near tells that they do not overlap: only the way from one to the other is too short.
	Near bool
}

// Spans are when an event needs its people and cars: from the guests' arrival,
// or the start, until the end.
func (e *Event) Spans(now time.Time) (from, to time.Time) {
	from = e.StartAt
	if a := e.Arrival(); a.Before(from) {
		from = a
	}
	return from, e.RoomUntil(now)
}

// A lift is held from so long before the guests come (item V2) until all are up, and from
// so long before they leave until the last are down (item V5).
const (
	liftBefore     = 20 * time.Minute
	liftBeforeEnd  = 10 * time.Minute
	liftAfter      = 15 * time.Minute
	liftAfterStart = 5 * time.Minute
)

// LiftSpans are when an event has its lift held: while guests come, and while they leave.
func (e *Event) LiftSpans(now time.Time) [2][2]time.Time {
	_, end := e.Spans(now)
	return [2][2]time.Time{{e.Arrival().Add(-liftBefore), e.StartAt.Add(liftAfterStart)}, {end.Add(-liftBeforeEnd), end.Add(liftAfter)}}
}

// StakeKey makes two spellings of the same plate or bay one.
func StakeKey(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '·' || r == '-' || r == '.' || r == '　' {
			return -1
		}
		return r
	}, strings.ToUpper(Clean(s, false)))
}

// PlateEnd is a plate by its end: enough to find the car, too little to know whose it is.
func PlateEnd(plate string) string {
	if r := []rune(plate); len(r) > 3 {
		return "…" + string(r[len(r)-3:])
	}
	return plate
}

// Collisions finds the things that two events need at once, people also where less
// than travel lies between, by time. Draft and cancelled events need nothing, and
// one that is over needs nothing any more.
func Collisions(stakes []Stake, travel time.Duration) []Collision {
	groups := map[string][]Stake{}
	for _, s := range stakes {
		if s.Key == "" || s.Event == nil || !s.Event.Status.TakesRooms() || s.Event.Status.Over() {
			continue
		}
		k := string(s.Kind) + "\x00" + s.Key
		groups[k] = append(groups[k], s)
	}
	var list []Collision
	for _, g := range groups {
		for i := range g {
			for j := range i {
				if c, ok := collision(g[j], g[i], travel); ok {
					list = append(list, c)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b Collision) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(slices.Index(stakeKinds, a.Kind), slices.Index(stakeKinds, b.Kind)),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.A.ID, b.A.ID), cmp.Compare(a.B.ID, b.B.ID))
	})
	// The same two events may name the same car twice.
	return slices.CompactFunc(list, func(a, b Collision) bool {
		return a.Kind == b.Kind && a.Key == b.Key && a.A.ID == b.A.ID && a.B.ID == b.B.ID
	})
}

func collision(a, b Stake, travel time.Duration) (Collision, bool) {
	if a.Event.ID == b.Event.ID {
		return Collision{}, false
	}
	if b.From.Before(a.From) || b.From.Equal(a.From) && b.Event.ID < a.Event.ID {
		a, b = b, a
	}
	c := Collision{Kind: a.Kind, Key: a.Key, Name: a.Name, NameEn: a.NameEn, A: a.Event, B: b.Event, From: b.From, To: a.To}
	if b.To.Before(c.To) {
		c.To = b.To
	}
	if b.From.Before(a.To) {
		return c, true
	}
	c.Near, c.From, c.To = true, a.To, b.From
	return c, a.Kind == StakePerson && b.From.Sub(a.To) < travel
}
