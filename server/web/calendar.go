package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Calendar is GET /calendar: the rooms of a day by the hour, or of a week by the day.
func (a *App) Calendar(c *fiber.Ctx) error {
	ctx := c.UserContext()
	day, _ := a.Store.Today()
	if q := c.Query("day"); q != "" {
		d, err := time.ParseInLocation(time.DateOnly, q, a.Loc)
		if err != nil || d.Year() < 2000 || d.Year() > 2200 {
			return domain.ErrNotFound
		}
		day = d.UTC()
	}
	heads, err := a.Store.Heads(ctx, []domain.Topic{domain.TopicFloor})
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "calendar.title")
	if err != nil {
		return err
	}
	watch(&p, ViewCalendar, heads, domain.TopicBoard, domain.TopicFloor)
	page := views.CalendarPage{Page: p, Day: day, Week: c.Query("view") == "week", MayBook: p.Person.Can(domain.RightCreate), MayFind: p.Person.Can(domain.RightRooms)}
	if page.Site, err = a.Store.Site(ctx); err != nil {
		return err
	}
	if page.Rooms, err = a.Store.Rooms(ctx); err != nil {
		return err
	}
	from, to := page.Span()
	if page.Entries, err = a.Store.RoomCalendar(ctx, p.Person, &page.Site, page.Rooms, from, to); err != nil {
		return err
	}
	if page.MayBook {
		if page.Collisions, err = a.Store.Collisions(ctx, from, to, ""); err != nil {
			return err
		}
		if page.Short, err = a.Store.Shortages(ctx, from, to, ""); err != nil {
			return err
		}
	}
	return show(c, fiber.Map{"from": from, "to": to, "rooms": page.Rooms, "entries": page.Entries}, views.CalendarView(page))
}

// CalendarLinks is GET /calendar/links: the addresses at which other calendars read
// one's own events, and rooms.
func (a *App) CalendarLinks(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := a.page(c, "events", "calendar.links_title")
	if err != nil {
		return err
	}
	p.View = ViewCalendar
	links, err := a.Store.CalendarLinks(ctx, p.Person.ID)
	if err != nil {
		return err
	}
	page := views.CalendarLinksPage{Page: p, Links: map[string]string{}}
	if page.Rooms, err = a.Store.Rooms(ctx); err != nil {
		return err
	}
	for _, l := range links {
		token, err := a.Store.Token(ctx, domain.Pass{Kind: domain.PassCalendar, ID: l.ID, No: l.PassNo})
		if err != nil {
			return err
		}
		page.Links[l.RoomID] = a.base(c) + "/ical/" + token + ".ics"
	}
	err = show(c, fiber.Map{"links": page.Links}, views.CalendarLinksView(page))
	noStore(c) // addresses are rights
	return err
}

// MakeCalendarLink is PUT /me/ical-link and PUT /rooms/{id}/ical-link.
func (a *App) MakeCalendarLink(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, room string) (domain.Receipt, error) {
		return a.Store.MakeCalendarLink(c.UserContext(), act, room)
	})
}

// RevokeCalendarLink is DELETE of the same: the old address reads nothing any more.
func (a *App) RevokeCalendarLink(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, room string) (domain.Receipt, error) {
		return a.Store.RevokeCalendarLink(c.UserContext(), act, room)
	})
}
