package domain

import "time"

// Legs are the usual minutes from the step before to each step of the arrival
// relay at one event: its route (动线).
type Legs map[Position]int

// usualLegs are a building's, where an event's posts say nothing else.
var usualLegs = Legs{PositionDropOff: 2, PositionLobby: 1, PositionLift: 1, PositionVenue: 2}

// LegsOf is the route that an event's posts make.
func LegsOf(posts []Post) Legs {
	legs := Legs{}
	for p, n := range usualLegs {
		legs[p] = n
	}
	set := map[Position]bool{}
	for k := range posts {
		p := &posts[k]
		if p.Struck || p.Position == "" || p.Minutes == 0 {
			continue
		}
		if !set[p.Position] || p.Minutes > legs[p.Position] { // two posts at one step: the way to the further one
			legs[p.Position], set[p.Position] = p.Minutes, true
		}
	}
	return legs
}

// OnTheWay is true between the gate and the venue: somebody waits for this guest.
func (p Position) OnTheWay() bool {
	return p.Index() >= PositionGate.Index() && p.Index() < PositionVenue.Index()
}

// Expect notes when the next step is to see the guest, or that none is.
func (g *Guest) Expect(legs Legs) {
	g.NextAt = nil
	if g.Position.OnTheWay() {
		t := g.PositionAt.Add(time.Duration(max(legs[g.Position.Next()], 1)) * time.Minute)
		g.NextAt = &t
	}
}

// OverdueAt is when nobody having seen the guest at the next step is an alarm:
// after twice the usual time, two minutes later at least. The zero time is never.
func (g *Guest) OverdueAt() time.Time {
	if g.NextAt == nil || !g.Position.OnTheWay() {
		return time.Time{}
	}
	return g.NextAt.Add(max(g.NextAt.Sub(g.PositionAt), 2*time.Minute))
}

// EarlyMargin is how long before the plan a guest at the gate is early.
const EarlyMargin = 5 * time.Minute

// EarlyBy is how long before its plan an arrival at that moment is; 0 when it is
// not early, or nobody was to be received.
func (e *Event) EarlyBy(at time.Time) time.Duration {
	if e.ArrivalAt == nil || e.ArrivalAt.Sub(at) < EarlyMargin {
		return 0
	}
	return e.ArrivalAt.Sub(at)
}

// What the commander decides when guests came early: they wait in the lounge, or
// go on at once.
const (
	EarlyLounge = "lounge"
	EarlyGo     = "go"
)

// LateArrival is how long after the plan nobody at the gate is news for command.
const LateArrival = 10 * time.Minute

// VehicleState is where a guests' car is.
type VehicleState string

// A car's way in, and after the event out: called to the door, loaded, gone.
const (
	VehicleExpected VehicleState = "expected"
	VehicleGate     VehicleState = "gate"
	VehicleDropOff  VehicleState = "drop-off"
	VehicleParked   VehicleState = "parked"
	VehicleCalled   VehicleState = "called"
	VehicleDoor     VehicleState = "door"
	VehicleGone     VehicleState = "gone"
)

// VehicleStates in the order of a car's day.
var VehicleStates = []VehicleState{VehicleExpected, VehicleGate, VehicleDropOff, VehicleParked, VehicleCalled, VehicleDoor, VehicleGone}

// Index is the state's place in VehicleStates, -1 for an unknown one.
func (s VehicleState) Index() int {
	for i, q := range VehicleStates {
		if q == s {
			return i
		}
	}
	return -1
}

// Next is the following state; VehicleGone gives itself.
func (s VehicleState) Next() VehicleState {
	if i := s.Index(); i >= 0 && i+1 < len(VehicleStates) {
		return VehicleStates[i+1]
	}
	return s
}

// Carries is the step of the arrival relay to which a car at s brings its
// guests; "" when it does not move them.
func (s VehicleState) Carries() Position {
	switch s {
	case VehicleGate:
		return PositionGate
	case VehicleDropOff:
		return PositionDropOff
	case VehicleGone:
		return PositionLeft
	}
	return ""
}

// Vehicle is a car that brings guests, with its bay (J.5.1.3e, f). Whose plate a
// guest carries, he sits in it. Times are UTC.
type Vehicle struct {
	ID        string       `bun:",pk" json:"id"`
	EventID   string       `json:"event_id"`
	Plate     string       `json:"plate"`
	Kind      string       `bun:",nullzero" json:"kind,omitempty"` // 轿车, 考斯特 …
	Bay       string       `bun:",nullzero" json:"bay,omitempty"`
	Driver    string       `bun:",nullzero" json:"driver,omitempty"`
	Phone     string       `bun:",nullzero" json:"phone,omitempty"`
	Arrives   int          `json:"arrives"` // order of arrival, 1 = first; 0 = not said
	Leaves    int          `json:"leaves"`  // order of the send-off
	State     VehicleState `json:"state"`
	StateAt   time.Time    `json:"state_at"`
	StateBy   string       `bun:",nullzero" json:"state_by,omitempty"`
	Previous  VehicleState `bun:",nullzero" json:"previous,omitempty"` // where undo leads
	Struck    bool         `json:"struck,omitempty"`
	Hidden    bool         `bun:",scanonly" json:"hidden,omitempty"` // see Event.NamesHidden
	Seq       int64        `json:"seq"`
	CreatedAt time.Time    `json:"created_at"`
}

// Validate cleans and checks the typed fields.
func (v *Vehicle) Validate() error {
	var bad Invalid
	checkText(&bad, "plate", &v.Plate, 16, true)
	checkText(&bad, "kind", &v.Kind, 20, false)
	checkText(&bad, "bay", &v.Bay, 16, false)
	checkText(&bad, "driver", &v.Driver, 40, false)
	checkText(&bad, "phone", &v.Phone, 30, false)
	if v.Arrives < 0 || v.Arrives > 999 {
		bad.Add("arrives", "vehicle.order_range")
	}
	if v.Leaves < 0 || v.Leaves > 999 {
		bad.Add("leaves", "vehicle.order_range")
	}
	return bad.Err()
}

// MoveTo puts the car into a state; being in it is quiet.
func (v *Vehicle) MoveTo(s VehicleState, d Doing) (changed bool, err error) {
	if s.Index() < 0 {
		return false, InvalidField("state", "field.choose")
	}
	if v.Struck {
		return false, Conflict("vehicle.struck")
	}
	if v.State == s {
		return false, nil
	}
	v.Previous, v.State = v.State, s
	v.StateAt, v.StateBy = d.At, d.By
	return true, nil
}

// Back undoes the last move; without one it is quiet.
func (v *Vehicle) Back(d Doing) (changed bool, err error) {
	if v.Previous == "" || v.Struck {
		return false, nil
	}
	v.State, v.Previous = v.Previous, ""
	v.StateAt, v.StateBy = d.At, d.By
	return true, nil
}

// LiftState is what the control room sees of a lift (J.5.1.3g).
type LiftState string

// Free for everybody, held for guests (专梯), carrying them, out of order, or with people shut in.
const (
	LiftNormal  LiftState = "normal"
	LiftHeld    LiftState = "held"
	LiftInUse   LiftState = "in-use"
	LiftFault   LiftState = "fault"
	LiftTrapped LiftState = "trapped"
)

// LiftStates in the order in which they are offered.
var LiftStates = []LiftState{LiftNormal, LiftHeld, LiftInUse, LiftFault, LiftTrapped}

// Lift is one lift of the building.
type Lift struct {
	ID      string    `bun:",pk" json:"id"`
	Name    string    `json:"name"`
	State   LiftState `json:"state"`
	StateAt time.Time `json:"state_at"`
	StateBy string    `bun:",nullzero" json:"state_by,omitempty"`
	Note    string    `bun:",nullzero" json:"note,omitempty"`
	Sort    int       `json:"sort"`
	Seq     int64     `json:"seq"`
}

// Alarming tells a state that people must act on.
func (s LiftState) Alarming() bool { return s == LiftFault || s == LiftTrapped }

// Become sets the lift's state; the same state and note are quiet.
func (l *Lift) Become(s LiftState, note string, d Doing) (changed bool, err error) {
	known := false
	for _, k := range LiftStates {
		known = known || k == s
	}
	if !known {
		return false, InvalidField("state", "field.choose")
	}
	var bad Invalid
	if checkText(&bad, "note", &note, 80, false); bad.Err() != nil {
		return false, bad.Err()
	}
	if l.State == s && l.Note == note {
		return false, nil
	}
	if l.State != s {
		l.StateAt = d.At
	}
	l.State, l.Note, l.StateBy = s, note, d.By
	return true, nil
}

// Riders are the guests of one car.
type Riders struct {
	Total int
	Gone  int    // those who have left
	First string // who counts most among them
}

// RidersOf finds the guests who carry the car's plate.
func RidersOf(v *Vehicle, guests []Guest) Riders {
	var r Riders
	rank := 0
	for k := range guests {
		g := &guests[k]
		if g.Struck || g.Plate != v.Plate || g.EventID != v.EventID {
			continue
		}
		r.Total++
		if g.Position == PositionLeft {
			r.Gone++
		}
		if r.First == "" || g.Rank > 0 && (rank == 0 || g.Rank < rank) {
			r.First, rank = g.Name, g.Rank
		}
	}
	return r
}
