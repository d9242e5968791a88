package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// SignIn is what is said when a guest is received at a door or desk (签到, E.3.1,
// H.6.1). Empty fields of the guest are filled from it (H.6.2), full ones stay.
type SignIn struct {
	Pack, Badge                bool // papers and badge were handed out (E.3.2)
	Venue                      bool // it happens at the event's own door
	Title, Organisation, Phone string
}

// SignIn notes that the guest is here. Who was signed in already stays so, with
// the first time and name; again tells it. filled tells that something typed was
// taken over.
func (g *Guest) SignIn(in SignIn, d Doing) (again, filled bool, err error) {
	if g.Struck {
		return false, false, Conflict("guest.struck")
	}
	for _, f := range []struct {
		to *string
		s  string
	}{{&g.Title, in.Title}, {&g.Organisation, in.Organisation}, {&g.Phone, in.Phone}} {
		if *f.to == "" && Clean(f.s, false) != "" {
			*f.to, filled = f.s, true
		}
	}
	if err := g.Validate(); err != nil {
		return false, false, err
	}
	if g.SignedInAt != nil {
		return true, filled, nil
	}
	at := d.At
	g.SignedInAt, g.SignedInBy, g.SignAt = &at, d.By, &at
	g.Pack, g.Badge = in.Pack, in.Badge
	return false, filled, nil
}

// UndoSignIn takes a sign-in back, with what was handed out at it; without one it is quiet.
func (g *Guest) UndoSignIn(d Doing) (changed bool) {
	if g.SignedInAt == nil {
		return false
	}
	at := d.At
	g.SignedInAt, g.SignedInBy, g.SignAt, g.Pack, g.Badge = nil, "", &at, false, false
	return true
}

// SignedInLast tells who received the guest last: who signed him in, or, after he
// had left, who took him back in.
func (g *Guest) SignedInLast() string {
	if g.CameBack() {
		return g.PositionBy
	}
	return g.SignedInBy
}

// MovedBySignIn tells that the guest stands at the venue because he signed in there.
func (g *Guest) MovedBySignIn() bool {
	return g.SignedInAt != nil && g.Position == PositionVenue && g.Previous != "" && g.PositionAt.Equal(*g.SignedInAt)
}

// CameBack tells that the guest had left after his sign-in and is here again.
func (g *Guest) CameBack() bool {
	return g.SignedInAt != nil && g.Previous == PositionLeft && g.Position.InBuilding() && g.PositionAt.After(*g.SignedInAt)
}

// Inside tells who must be counted when the building burns: who entered the lobby
// or signed in, and has not left.
func (g *Guest) Inside() bool {
	return !g.Struck && (g.Position.InBuilding() || g.SignedInAt != nil && g.Position != PositionLeft)
}

// Missing are the fields of the sign-in sheet that nobody filled in (H.6.2).
func (g *Guest) Missing() []string {
	var list []string
	for _, f := range []struct{ name, value string }{{"organisation", g.Organisation}, {"title", g.Title}, {"phone", g.Phone}} {
		if f.value == "" {
			list = append(list, f.name)
		}
	}
	return list
}

// NormalisePhone leaves digits, and a + before them; ok is false for what is no
// number that can be called.
func NormalisePhone(s string) (phone string, ok bool) {
	plus := false
	for _, r := range Clean(s, false) {
		if r >= 0xff10 && r <= 0xff19 {
			r -= 0xfee0
		}
		switch {
		case r >= '0' && r <= '9':
			phone += string(r)
		case (r == '+' || r == '＋') && phone == "" && !plus:
			plus = true
		case !strings.ContainsRune(" -‐–—().·（）", r):
			return "", false
		}
	}
	if phone == "" && !plus {
		return "", true
	}
	if len(phone) < 5 || len(phone) > 20 {
		return "", false
	}
	if plus {
		phone = "+" + phone
	}
	return phone, true
}

// PhoneTail are the last four digits, "" without a number: what people say aloud.
func PhoneTail(phone string) string {
	if len(phone) < 4 {
		return ""
	}
	return phone[len(phone)-4:]
}

// MaskPhone shows a number to who knows it: a list that lies on a desk is read by everybody.
func MaskPhone(phone string) string {
	if len(phone) < 8 {
		return strings.Repeat("*", len(phone))
	}
	return phone[:3] + "****" + phone[len(phone)-4:]
}

// StrayState is what became of somebody who stands on no list.
type StrayState string

// asked waits for the commander's or supervisor's word; redirected was sent to another event.
const (
	StrayAsked      StrayState = "asked"
	StrayAdmitted   StrayState = "admitted"
	StrayRefused    StrayState = "refused"
	StrayRedirected StrayState = "redirected"
)

// Stray is somebody who came to a door without standing on its list (J.4.2.1.2.4).
type Stray struct {
	ID           string     `bun:",pk" json:"id"`
	EventID      string     `json:"event_id"` // where he turned up
	Name         string     `json:"name"`     // or how he looks
	Organisation string     `bun:",nullzero" json:"organisation,omitempty"`
	Host         string     `bun:",nullzero" json:"host,omitempty"` // whom he comes to see
	State        StrayState `json:"state"`
	ToEventID    string     `bun:",nullzero" json:"to_event_id,omitempty"`
	Consent      bool       `json:"consent"` // the client agreed that he is moved on (J.5.1.3d)
	GuestID      string     `bun:",nullzero" json:"guest_id,omitempty"`
	At           time.Time  `json:"at"` // UTC, when he was met
	MetBy        string     `bun:",nullzero" json:"met_by,omitempty"`
	JudgedAt     *time.Time `json:"judged_at,omitempty"`
	JudgedBy     string     `bun:",nullzero" json:"judged_by,omitempty"`
	Hidden       bool       `bun:",scanonly" json:"hidden,omitempty"` // see Event.NamesHidden
	Seq          int64      `json:"seq"`
}

// Validate cleans and checks what a guard typed.
func (s *Stray) Validate() error {
	var bad Invalid
	checkText(&bad, "name", &s.Name, 40, true)
	checkText(&bad, "organisation", &s.Organisation, 60, false)
	checkText(&bad, "host", &s.Host, 60, false)
	switch s.State {
	case StrayAsked, StrayAdmitted:
	case StrayRefused:
		if s.JudgedAt == nil && !s.Consent { // whoever judges speaks for the client; a guard asks first
			bad.Add("consent", "stray.consent_needed")
		}
	case StrayRedirected:
		if s.ToEventID == "" || s.ToEventID == s.EventID {
			bad.Add("to_event_id", "field.choose")
		}
	default:
		bad.Add("state", "field.choose")
	}
	return bad.Err()
}

// Judge is the word of who answers for the event. It is given once: the second
// hears what the first one said.
func (s *Stray) Judge(to StrayState, d Doing) (changed bool, err error) {
	if to != StrayAdmitted && to != StrayRefused {
		return false, InvalidField("state", "field.choose")
	}
	if s.State == to {
		return false, nil
	}
	if s.State != StrayAsked {
		return false, Conflict("stray.judged")
	}
	at := d.At
	s.State, s.JudgedAt, s.JudgedBy = to, &at, d.By
	return true, nil
}

// Head is one person in the building, for the fire officer's roll-call.
type Head struct {
	Name         string   `json:"name"`
	Organisation string   `json:"organisation,omitempty"`
	Crew         Crew     `json:"crew,omitempty"`     // of staff
	EventID      string   `json:"event_id,omitempty"` // of staff: "" = of an event that the reader may not see
	Floor        int      `json:"floor"`              // 0 = not known
	Position     Position `json:"position,omitempty"`
	Hidden       bool     `json:"hidden,omitempty"` // of an event that the reader may not see: counted, not named
}

// Headcount is everybody who is in the building now, each once. NotSeen are guests
// whom nobody saw leave although their event is over: the hall was checked and its
// people released, so they count no longer, but whoever asks is told of them.
type Headcount struct {
	Guests  []Head `json:"guests"`
	Staff   []Head `json:"staff"`
	NotSeen []Head `json:"not_seen,omitempty"`
}

// Total is everybody who is inside.
func (h *Headcount) Total() int { return len(h.Guests) + len(h.Staff) }

// Floors counts everybody by floor, the lowest first; 0 is not known.
func (h *Headcount) Floors() []FloorCount {
	n := map[int]int{}
	for _, list := range [][]Head{h.Guests, h.Staff} {
		for k := range list {
			n[list[k].Floor]++
		}
	}
	list := make([]FloorCount, 0, len(n))
	for floor, heads := range n {
		list = append(list, FloorCount{floor, heads})
	}
	slices.SortFunc(list, func(a, b FloorCount) int { return cmp.Compare(a.Floor, b.Floor) })
	return list
}

// FloorCount is how many people are on one floor.
type FloorCount struct {
	Floor int `json:"floor"`
	Heads int `json:"heads"`
}

// CountHeads counts each guest once, however many lists he stands on: same name,
// organisation and phone. Where he stands twice, the list on which he was seen
// last says where he is. Without a phone two of one name on one list are two
// people, and so are those on two lists whose titles differ: nobody is left behind
// for being called like another. floors are the events' own; over are those whose
// people were released: who was seen last there was not seen leaving, and is masked
// as everywhere (see Event.NamesHidden).
func CountHeads(guests []Guest, floors map[string]int, hidden, over map[string]bool) (inside, notSeen []Head) {
	type person struct {
		name, organisation, phone string
		title                     string // without a phone
		namesake                  int    // how many of his name stand before him on his list
	}
	type row struct{ event, name, title, organisation string }
	namesakes := map[row]int{}
	last := map[person]*Guest{}
	seen := func(g *Guest) time.Time {
		at := g.PositionAt
		if g.SignAt != nil && g.SignAt.After(at) {
			at = *g.SignAt
		}
		return at
	}
	var order []person
	for k := range guests {
		g := &guests[k]
		if g.Struck || !g.Position.Arrived() && g.SignedInAt == nil {
			continue // on this list nobody has met him
		}
		p := person{name: g.Name, organisation: g.Organisation, phone: g.Phone}
		if g.Phone == "" {
			r := row{g.EventID, g.Name, g.Title, g.Organisation}
			p.title, p.namesake = g.Title, namesakes[r]
			namesakes[r]++
		}
		if old := last[p]; old == nil {
			order = append(order, p)
			last[p] = g
		} else if seen(g).After(seen(old)) {
			last[p] = g
		}
	}
	for _, p := range order {
		g := last[p]
		if !g.Inside() {
			continue
		}
		h := Head{Name: g.Name, Organisation: g.Organisation, EventID: g.EventID, Position: g.Position, Floor: floors[g.EventID]}
		if g.Position != PositionVenue { // on his way, or at the desk
			h.Floor = 1
		}
		if hidden[g.EventID] {
			h.Hidden, h.Name, h.Organisation = true, "", ""
		}
		if over[g.EventID] {
			h.Name = MaskName(h.Name)
			notSeen = append(notSeen, h)
		} else {
			inside = append(inside, h)
		}
	}
	return inside, notSeen
}

// DoorOrder puts who comes next at the top of the door's queue: the nearest
// first, then by arrival and protocol order. Smaller is earlier.
func DoorOrder(g *Guest, e *Event) int64 {
	near := int64(len(Positions) - g.Position.Index())
	minutes := e.Arrival().Unix() / 60
	return near*1e12 + minutes*1e4 + int64(min(g.Sort, 9999))
}

// Awaited tells that the guest belongs into the door's queue: expected or on the
// way, and not signed in.
func (g *Guest) Awaited() bool {
	return !g.Struck && g.SignedInAt == nil && g.Position != PositionLeft
}
