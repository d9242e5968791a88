package web

import (
	"slices"
	"strconv"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
	"huiwu/views"
)

// ICal is GET /ical/{token}: a room's or a person's events for another calendar
// (RFC 5545). The token is the right.
func (a *App) ICal(c *fiber.Ctx) error {
	token := strings.TrimSuffix(c.Params("token"), ".ics")
	if len(token) != domain.TokenLength {
		return domain.ErrNotFound
	}
	feed, err := a.Store.CalendarByPass(c.UserContext(), token)
	if err != nil {
		return err
	}
	body := calendarText(feed, a.base(c))
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="huiwu.ics"`)
	c.Set(fiber.HeaderCacheControl, "no-cache, private")
	c.Set("Referrer-Policy", "no-referrer")
	return c.SendString(body)
}

// calendarText writes a feed, in the language of who owns the link. Times are UTC;
// an event keeps its UID and counts its SEQUENCE up, and one that was cancelled says
// so instead of vanishing. Secret events go by their alias, to everybody.
func calendarText(f *store.CalendarFeed, base string) string {
	l := f.Person.Locale
	v := views.Ctx{Locale: l}
	cal := ics.NewCalendarFor("huiwu")
	cal.SetMethod(ics.MethodPublish)
	name := i18n.T(l, "ical.own", "name", f.Person.Name)
	if f.Room != nil {
		name = views.RoomName(v, *f.Room)
	}
	cal.SetName(name)
	cal.SetXWRCalName(name)
	cal.SetRefreshInterval("PT15M", ics.WithValue(string(ics.ValueDataTypeDuration)))
	cal.SetXPublishedTTL("PT15M")
	for k := range f.Events {
		e := &f.Events[k]
		if f.Room == nil || slices.ContainsFunc(e.Rooms, func(r domain.Room) bool { return r.ID == f.Room.ID }) {
			x := icalEvent(cal, v, e, e.ID, "")
			x.SetLocation(views.RoomNames(v, e.Rooms))
			if e.Secrecy != domain.SecrecySecret && f.Room == nil {
				x.SetDescription(i18n.T(l, "ical.about", "number", e.Number, "level", i18n.T(l, "level."+strconv.Itoa(e.Level)), "n", strconv.Itoa(domain.LeadMinutes(e.Level))))
				x.SetURL(base + "/events/" + e.ID)
			}
		}
	}
	for k := range f.Functions { // of a room that is not the event's own
		p := &f.Functions[k]
		if n := slices.IndexFunc(f.Events, func(e domain.Event) bool { return e.ID == p.EventID }); n >= 0 {
			e := f.Events[n]
			e.StartAt, e.EndAt = p.StartAt, p.EndAt
			icalEvent(cal, v, &e, p.ID, p.Name).SetLocation(name)
		}
	}
	for k := range f.Blockings {
		b := &f.Blockings[k]
		x := cal.AddEvent(b.ID + "@huiwu")
		x.SetDtStampTime(b.CreatedAt)
		x.SetSequence(0)
		x.SetStartAt(b.StartAt)
		x.SetEndAt(b.EndAt)
		x.SetSummary(i18n.T(l, "ical.blocked", "reason", b.Reason))
		x.SetStatus(ics.ObjectStatusConfirmed)
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

// icalEvent puts an event into the calendar, or that part of it.
func icalEvent(cal *ics.Calendar, v views.Ctx, e *domain.Event, id, part string) *ics.VEvent {
	secret := e.Secrecy == domain.SecrecySecret
	x := cal.AddEvent(id + "@huiwu")
	x.SetDtStampTime(e.StateAt)
	x.SetCreatedTime(e.CreatedAt)
	x.SetSequence(int(e.Seq))
	x.SetStartAt(e.StartAt)
	x.SetEndAt(e.EndAt)
	title := views.EventTitle(v, e, secret)
	if part != "" && !secret {
		title += " · " + part
	}
	x.SetSummary(title)
	switch e.Status {
	case domain.EventCancelled:
		x.SetStatus(ics.ObjectStatusCancelled)
	case domain.EventRequested:
		x.SetStatus(ics.ObjectStatusTentative)
	default:
		x.SetStatus(ics.ObjectStatusConfirmed)
	}
	if secret {
		x.SetClass(ics.ClassificationPrivate)
	}
	return x
}
