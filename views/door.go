package views

import (
	"slices"
	"strings"

	"huiwu/server/domain"
)

// DoorEvent is an event of the day at the door.
type DoorEvent struct {
	domain.Event
	Counts domain.GuestCounts
	Viewer domain.Viewer // how the reader stands to it
}

// DoorPage is GET /door: look-up over all events of the day.
type DoorPage struct {
	Page
	Query  string
	Events []DoorEvent
	Others []DoorEvent // of the day, where somebody may be sent; their guests are not the reader's business
	Out    DoorOut
	Strays []domain.Stray
}

// event is one of them all by its id.
func (p DoorPage) event(id string) *domain.Event {
	for k := range p.Others {
		if p.Others[k].ID == id {
			return &p.Others[k].Event
		}
	}
	return p.Out.event(id)
}

// DoorOut is what a look-up gives: a card, those found, or with no question who
// comes next.
type DoorOut struct {
	Ctx
	Query string
	Rows  []domain.Guest
	More  bool // there are more than Rows
	Card  *DoorCard

	events map[string]*domain.Event
}

// NewDoorOut gives the rows their events.
func NewDoorOut(c Ctx, query string, events []DoorEvent) DoorOut {
	o := DoorOut{Ctx: c, Query: query, events: map[string]*domain.Event{}}
	for k := range events {
		o.events[events[k].ID] = &events[k].Event
	}
	return o
}

func (o DoorOut) event(id string) *domain.Event {
	if e := o.events[id]; e != nil {
		return e
	}
	return &domain.Event{}
}

func (o DoorOut) state() string {
	switch {
	case o.Card != nil:
		return "card"
	case o.Query != "":
		return "found"
	}
	return "queue"
}

// DoorCard is one guest as the door receives him.
type DoorCard struct {
	Guest  domain.Guest
	Event  domain.Event
	Party  domain.Party
	Others []domain.Guest // of the party, himself among them
	Seats  []domain.SeatText
	Move   bool
}

// waits are how many of the party are not signed in.
func (d *DoorCard) waits() int {
	n := 0
	for k := range d.Others {
		if d.Others[k].Awaited() {
			n++
		}
	}
	return n
}

// SheetPage is GET /events/{id}/guests/sheet.
type SheetPage struct {
	Page
	Event  domain.Event
	Guests []domain.Guest
	Seats  map[string][]domain.SeatText // by guest
	Counts domain.GuestCounts
}

// LinksPage is GET /events/{id}/links: what works without signing in.
type LinksPage struct {
	Page
	Event domain.Event
	Links []PassLink
}

// PassLink is one address with its code.
type PassLink struct {
	Kind string // "organiser" or "kiosk"
	URL  string
	QR   QR
}

// OrganiserPage is GET /o/{token}: what the organiser sees of his guests.
type OrganiserPage struct {
	Page
	Token  string
	Event  domain.Event
	Secret bool // figures only: a link may be handed on
	Counts domain.GuestCounts
	Absent []domain.Guest
	Strays []domain.Stray

	Functions []domain.Function
	Agenda    []domain.AgendaItem
}

// AbsentMost is how many absent guests the organiser is shown at once.
const AbsentMost = 200

// KioskPage is GET /k/{token}, and its answer.
type KioskPage struct {
	Page
	Token, Name string
	Event       domain.Event
	Secret      bool
	Guest       *domain.Guest // who has signed in just now
	Seats       []domain.SeatText
	Already     bool   // he had before
	Error       string // i18n key
}

// HeadcountPage is GET /headcount: the fire officer's roll-call.
type HeadcountPage struct {
	Page
	Count  domain.Headcount
	Events map[string]domain.Event
}

func (p HeadcountPage) eventName(h *domain.Head) string {
	e, ok := p.Events[h.EventID]
	if !ok {
		return ""
	}
	return EventTitle(p.Ctx, &e, h.Hidden)
}

// byEvent counts the guests of each event, in the order in which they stand.
func (p HeadcountPage) byEvent() []nameCount {
	var list []nameCount
	for k := range p.Count.Guests {
		name := p.eventName(&p.Count.Guests[k])
		if i := slices.IndexFunc(list, func(n nameCount) bool { return n.name == name }); i >= 0 {
			list[i].n++
		} else {
			list = append(list, nameCount{name, 1})
		}
	}
	return list
}

type nameCount struct {
	name string
	n    int
}

// signedWords say whether a guest is signed in, when and by whom.
func signedWords(c Ctx, g *domain.Guest) string {
	if g.SignedInAt == nil {
		return c.T("door.waits")
	}
	return joinDots(c.T("door.signed_at", "at", c.When(*g.SignedInAt)), signedBy(c, g))
}

func signedBy(c Ctx, g *domain.Guest) string {
	if g.SignedInBy == "" {
		return c.T("door.self")
	}
	return c.Name(g.SignedInBy)
}

// signedMark is what style and scripts know of a sign-in: "in", "left" or "".
func signedMark(g *domain.Guest) string {
	switch {
	case g.SignedInAt == nil:
		return ""
	case g.Position == domain.PositionLeft:
		return "left"
	}
	return "in"
}

func yes(b bool) string { return pick(b, "1", "") }

// SeatWords says where a guest sits, plan by plan, without the rooms.
func SeatWords(c Ctx, seats []domain.SeatText) string {
	list := make([]string, len(seats))
	for k, s := range seats {
		list[k] = s.Plan + " " + s.Seat
	}
	return strings.Join(list, c.T("ui.comma"))
}
