package domain

import (
	"time"
)

// Position is where a guest is on the way: one tap at each post moves it on.
type Position string

// The positions of the arrival relay, in order.
const (
	PositionExpected Position = "expected"
	PositionGate     Position = "gate"
	PositionDropOff  Position = "drop-off"
	PositionLobby    Position = "lobby"
	PositionLift     Position = "lift"
	PositionVenue    Position = "venue"
	PositionLeft     Position = "left"
)

// Positions in the order of the route.
var Positions = []Position{PositionExpected, PositionGate, PositionDropOff, PositionLobby, PositionLift, PositionVenue, PositionLeft}

// Index is the position's place in Positions, -1 for an unknown one.
func (p Position) Index() int {
	for i, q := range Positions {
		if q == p {
			return i
		}
	}
	return -1
}

// Next is the following position; PositionLeft has none and gives itself.
func (p Position) Next() Position {
	i := p.Index()
	if i < 0 || i+1 >= len(Positions) {
		return p
	}
	return Positions[i+1]
}

// Before is the preceding position; PositionExpected gives itself.
func (p Position) Before() Position {
	if i := p.Index(); i > 0 {
		return Positions[i-1]
	}
	return p
}

// InBuilding is true between entering the lobby and leaving: what a fire
// officer's count must contain.
func (p Position) InBuilding() bool {
	return p == PositionLobby || p == PositionLift || p == PositionVenue
}

// Arrived is true once the guest was seen at the gate or further.
func (p Position) Arrived() bool { return p.Index() >= 1 }

// Party is a group of guests that travels together (delegation, car).
type Party struct {
	ID      string `bun:",pk" json:"id"`
	EventID string `json:"event_id"`
	Name    string `json:"name"`
	Sort    int    `json:"sort"`
}

// Guest is an invited person (来宾). Personal data: shown to door, attendants,
// control room and command only.
type Guest struct {
	ID           string     `bun:",pk" json:"id"`
	EventID      string     `json:"event_id"`
	PartyID      string     `bun:",nullzero" json:"party_id,omitempty"`
	Name         string     `json:"name"`
	Title        string     `bun:",nullzero" json:"title,omitempty"`
	Organisation string     `bun:",nullzero" json:"organisation,omitempty"`
	Rank         int        `json:"rank"` // protocol order, 1 = principal; 0 = none
	Plate        string     `bun:",nullzero" json:"plate,omitempty"`
	Bay          string     `bun:",nullzero" json:"bay,omitempty"`
	Needs        string     `bun:",nullzero" json:"needs,omitempty"`
	Phone        string     `bun:",nullzero" json:"phone,omitempty"` // see NormalisePhone
	Search       string     `json:"-"`                               // lower-case name, pinyin, initials, plate, organisation, last digits of the phone (see server/search)
	Position     Position   `json:"position"`
	Previous     Position   `bun:",nullzero" json:"previous,omitempty"` // where undo leads
	PositionAt   time.Time  `json:"position_at"`                        // acted-at of the last move
	PositionBy   string     `bun:",nullzero" json:"position_by,omitempty"`
	NextAt       *time.Time `json:"next_at,omitempty"`                // when the next step is to see him; nil when he is not on the way
	Struck       bool       `json:"struck,omitempty"`                 // taken off the list; the row stays
	PassNo       int        `json:"-"`                                // see Pass
	Said         Answer     `bun:",scanonly" json:"answer,omitempty"` // to the invitation; in lists only
	Photo        string     `bun:",scanonly" json:"photo,omitempty"`  // the GuestPhoto that the reader may see
	Hidden       bool       `bun:",scanonly" json:"hidden,omitempty"` // see Event.NamesHidden

	SignedInAt *time.Time `json:"signed_in_at,omitempty"`
	SignedInBy string     `bun:",nullzero" json:"signed_in_by,omitempty"` // "" with SignedInAt: by himself, at the screen at the door
	SignAt     *time.Time `json:"-"`                                      // of the last sign-in or undo of one
	Pack       bool       `json:"pack,omitempty"`                         // papers were handed out (E.3.2)
	Badge      bool       `json:"badge,omitempty"`

	Sort      int       `json:"sort"`
	Seq       int64     `json:"seq"`
	CreatedAt time.Time `json:"created_at"`
}

// MoveTo puts the guest at a position. Being there already is quiet. An undo
// goes back to where the guest was before the last move.
func (g *Guest) MoveTo(p Position, d Doing) (changed bool, err error) {
	if p.Index() < 0 {
		return false, InvalidField("position", "field.choose")
	}
	if g.Struck {
		return false, Conflict("guest.struck")
	}
	if g.Position == p {
		return false, nil
	}
	g.Previous, g.Position = g.Position, p
	g.PositionAt, g.PositionBy = d.At, d.By
	return true, nil
}

// Back undoes the last move; without one it is quiet.
func (g *Guest) Back(d Doing) (changed bool, err error) {
	if g.Previous == "" || g.Struck {
		return false, nil
	}
	g.Position, g.Previous = g.Previous, ""
	g.PositionAt, g.PositionBy = d.At, d.By
	return true, nil
}

// Validate cleans and checks the typed fields.
func (g *Guest) Validate() error {
	var bad Invalid
	checkText(&bad, "name", &g.Name, 40, true)
	checkText(&bad, "title", &g.Title, 60, false)
	checkText(&bad, "organisation", &g.Organisation, 60, false)
	checkText(&bad, "plate", &g.Plate, 16, false)
	checkText(&bad, "bay", &g.Bay, 16, false)
	checkText(&bad, "needs", &g.Needs, 120, false)
	if phone, ok := NormalisePhone(g.Phone); ok {
		g.Phone = phone
	} else {
		bad.Add("phone", "guest.phone_form")
	}
	if g.Rank < 0 || g.Rank > 9999 {
		bad.Add("rank", "guest.rank_range")
	}
	return bad.Err()
}

// GuestCounts sums the guests of one event (or of all of a day) by where they
// are now: counted from present positions, never from movements, so a guest
// counts once.
type GuestCounts struct {
	Total    int              `json:"total"`
	Arrived  int              `json:"arrived"`
	Inside   int              `json:"inside"`
	Left     int              `json:"left"`
	Declined int              `json:"declined,omitempty"` // said no to the invitation, and were not seen all the same
	Signed   int              `json:"signed"`             // signed in, whether they have left since or not
	Position map[Position]int `json:"position"`
}

// CountGuests counts those on the list.
func CountGuests(guests []Guest) GuestCounts {
	c := GuestCounts{Position: map[Position]int{}}
	for _, g := range guests {
		if !g.Struck {
			c.Add(g.Position, 1)
			if g.Declines() {
				c.Declined++
			}
			if g.SignedInAt != nil {
				c.Signed++
			}
		}
	}
	return c
}

// Declines tells that nobody need wait for the guest: he said no, and did not come all the same.
func (g *Guest) Declines() bool { return g.Said == AnswerDeclined && g.Position == PositionExpected }

// Add counts n guests at p.
func (c *GuestCounts) Add(p Position, n int) {
	if c.Position == nil {
		c.Position = map[Position]int{}
	}
	c.Total += n
	c.Position[p] += n
	if p.Arrived() {
		c.Arrived += n
	}
	if p.InBuilding() {
		c.Inside += n
	}
	if p == PositionLeft {
		c.Left += n
	}
}
