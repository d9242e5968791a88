package domain

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// NamesStay is how long after an event's planned end the names of its guests are
// still shown where nobody has said that it is over.
const NamesStay = 24 * time.Hour

// NamesHidden tells that the people who worked on the event need its guests' names
// no longer: pages show them masked, and whoever may edit the list asks for them.
func (e *Event) NamesHidden(now time.Time) bool {
	return slices.Contains(NamesOver, e.Status) || now.After(e.EndAt.Add(NamesStay))
}

// NamesOver are the states in which nobody needs guests' names, whatever the time.
var NamesOver = []EventStatus{EventReleased, EventClosed, EventCancelled}

// IsHidden is NamesHidden of the row's event, where the row was read with it.
func (g *Guest) IsHidden() bool { return g.Hidden }

// IsHidden is NamesHidden of the row's event, where the row was read with it.
func (x *Stray) IsHidden() bool { return x.Hidden }

// IsHidden is NamesHidden of the row's event, where the row was read with it.
func (v *Vehicle) IsHidden() bool { return v.Hidden }

// For how many days after an event what names its guests may be kept.
const (
	GuestDaysLeast = 1
	GuestDaysMost  = 3650
	GuestDaysUsual = 180
)

const masked = "＊"

// MaskName keeps the family name of a Chinese name and the initials of others:
// enough to talk about somebody, too little to know him.
func MaskName(name string) string {
	words := strings.Fields(name)
	for k, w := range words {
		runes := []rune(w)
		switch {
		case len(runes) < 2 && len(words) > 1:
		case len(runes) < 2:
			words[k] = masked
		case unicode.Is(unicode.Han, runes[0]):
			words[k] = string(runes[0]) + strings.Repeat(masked, len(runes)-1)
		default:
			words[k] = string(runes[0]) + masked
		}
	}
	return strings.Join(words, " ")
}

// maskEnd keeps the last characters of a number: what people compare.
func maskEnd(s string, keep int) string {
	runes := []rune(s)
	if s == "" || len(runes) <= keep {
		return strings.Repeat(masked, min(len(runes), 1))
	}
	return masked + string(runes[len(runes)-keep:])
}

// Mask leaves of a guest what counts and tables need.
func (g *Guest) Mask() {
	g.Name, g.Plate, g.Phone = MaskName(g.Name), maskEnd(g.Plate, 2), maskEnd(g.Phone, 2)
	g.Title, g.Needs, g.Search = "", "", strings.ToLower(g.Name)
}

// MaskSeating leaves of plans and of who sits in them how the room was set. A card
// stays what it was: the one that is on the table, or another.
func MaskSeating(plans []SeatPlan, people []Seatable) {
	for k := range people {
		p := &people[k]
		p.Name, p.Title, p.Search = MaskName(p.Name), "", ""
	}
	for k := range plans {
		for n := range plans[k].Chairs {
			c := &plans[k].Chairs[n]
			c.Card = MaskName(c.Card)
		}
	}
}

// Mask leaves of somebody without a place on a list what happened to him.
func (x *Stray) Mask() {
	x.Name, x.Host = MaskName(x.Name), MaskName(x.Host)
}

// Mask leaves of a car which it was among the others.
func (v *Vehicle) Mask() {
	v.Plate, v.Driver, v.Phone = maskEnd(v.Plate, 2), MaskName(v.Driver), maskEnd(v.Phone, 2)
}

// Mask leaves of an invitation whether it was answered, and how.
func (x *Invited) Mask() {
	x.Guest.Mask()
	i := &x.Invitation
	i.Email, i.Plate = maskEmail(i.Email), maskEnd(i.Plate, 2)
	i.CompanionNames, i.DietNote, i.Message = "", "", ""
	if x.Mail != nil {
		x.Mail.Address = maskEmail(x.Mail.Address)
	}
}

// Mask leaves of a call who made it, when, and what came of it.
func (c *Confirmation) Mask() { c.SpokeTo, c.Note = MaskName(c.SpokeTo), "" }

// maskEmail keeps the first letter and the organisation.
func maskEmail(address string) string {
	who, at, ok := strings.Cut(address, "@")
	if !ok || who == "" {
		return ""
	}
	return string([]rune(who)[:1]) + masked + "@" + at
}

// Look is how guests of a secret event were looked at, for its log.
type Look string

// The looks that are logged.
const (
	LookList        Look = "list"
	LookSeats       Look = "seats"
	LookPaper       Look = "paper" // printed: cards, plans, sheets
	LookBoard       Look = "board"
	LookInvitations Look = "invitations"
	LookLobby       Look = "lobby"
	LookDoor        Look = "door"
	LookVehicles    Look = "vehicles"
	LookControl     Look = "control"
	LookLog         Look = "log"
	LookNames       Look = "names"  // of an event that is over, asked for
	LookExport      Look = "export" // taken away as a workbook
)

// MaskAgenda leaves of an agenda what was done when.
func MaskAgenda(list []AgendaItem) {
	for k := range list {
		list[k].Speaker = MaskName(list[k].Speaker)
	}
}

// LeaveOutGuests takes out of an event's register who comes, for those who do not meet them.
func (e *Event) LeaveOutGuests() {
	e.PrincipalGuest, e.PrincipalTitle, e.GuestRank, e.FollowWith = "", "", "", ""
}

// MaskRegister leaves of an event's register what does not name its guests.
func (e *Event) MaskRegister() {
	e.PrincipalGuest, e.PrincipalTitle = MaskName(e.PrincipalGuest), ""
	e.Contact, e.ContactPhone, e.FollowWith = MaskName(e.Contact), maskEnd(e.ContactPhone, 2), MaskName(e.FollowWith)
}
