package web

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// aboutEvent begins a page about one event that is not its own.
func (a *App) aboutEvent(c *fiber.Ctx, view, title string) (views.Page, error) {
	e, v := event(c)
	p, err := a.page(c, "events", title, "event", e.Name)
	if err != nil {
		return p, err
	}
	watch(&p, view, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	return p, nil
}

// Changes is GET /events/{id}/changes: what was told of its changes, and who has not seen it.
func (a *App) Changes(c *fiber.Ctx) error {
	e, _ := event(c)
	p, err := a.aboutEvent(c, ViewChanges, "changes.title")
	if err != nil {
		return err
	}
	page := views.ChangesPage{Page: p, Event: *e}
	if page.Bulletins, err = a.Store.Bulletins(c.UserContext(), e.ID, domain.BulletinChange); err != nil {
		return err
	}
	if page.Rooms, err = a.roomsByID(c.UserContext()); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "changes": page.Bulletins}, views.Changes(page))
}

// MoveForm is GET /events/{id}/move.
func (a *App) MoveForm(c *fiber.Ctx) error {
	e, _ := event(c)
	p, err := a.page(c, "events", "move.title", "event", e.Name)
	if err != nil {
		return err
	}
	p.View = "move"
	rooms, err := a.Store.Rooms(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "rooms": rooms}, views.MoveForm(views.MovePage{Page: p, Event: *e, In: a.eventInput(e), Rooms: rooms}))
}

// MoveEvent is PUT /events/{id}/schedule.
func (a *App) MoveEvent(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	var bad domain.Invalid
	m := store.Move{StartAt: a.moment(&bad, "start_at", c.FormValue("start_at")), EndAt: a.moment(&bad, "end_at", c.FormValue("end_at")), Rooms: formList(c, "rooms"), Reason: c.FormValue("reason")}
	for _, id := range m.Rooms {
		if !plainID(id) {
			bad.Add("rooms", "field.choose")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	r, err := a.Store.MoveEvent(c.UserContext(), act, e.ID, m)
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, "/events/"+e.ID)
}

// seriesOf reads what a series is to be; the fields are those of the form.
func (a *App) seriesOf(e *domain.Event, field func(string) string) (views.SeriesInput, []time.Time, error) {
	in := views.SeriesInput{Repeat: field("repeat"), Every: field("every"), Count: field("count")}
	var bad domain.Invalid
	number := func(name, s string, least, most int) int {
		n, err := wholeNumber(s)
		if err != nil || n < least || n > most {
			bad.Add(name, "field.between", "min", strconv.Itoa(least), "max", strconv.Itoa(most))
		}
		return n
	}
	how := domain.Repeat(in.Repeat)
	known := false
	for _, r := range domain.Repeats {
		known = known || r == how
	}
	if !known {
		bad.Add("repeat", "field.choose")
	}
	count, every := number("count", in.Count, 1, domain.SeriesMost), 1
	if how == domain.RepeatDays {
		every = number("every", in.Every, 1, 90)
	}
	if err := bad.Err(); err != nil {
		return in, nil, err
	}
	return in, domain.SeriesDates(e.StartAt, how, every, count, a.Loc), nil
}

// Copies is GET /events/{id}/copies: copy it, or make a series of it; with the fields
// of the series, each date with what stands in its way.
func (a *App) Copies(c *fiber.Ctx) error {
	ctx := c.UserContext()
	e, _ := event(c)
	p, err := a.page(c, "events", "copies.title", "event", e.Name)
	if err != nil {
		return err
	}
	p.View = "copies"
	page := views.CopiesPage{Page: p, Event: *e, In: a.eventInput(e), Series: views.SeriesInput{Repeat: string(domain.RepeatWeekly), Every: "7", Count: "4"}}
	if c.Query("repeat") != "" {
		in, starts, err := a.seriesOf(e, func(name string) string { return c.Query(name) })
		page.Series = in
		if err != nil {
			var general string
			page.Errors, general, err = fieldErrors(err, locale(c))
			if err != nil || general != "" {
				return err
			}
		} else {
			dates, err := a.Store.SeriesPreview(ctx, e, starts)
			if err != nil {
				return err
			}
			for _, d := range dates {
				page.Dates = append(page.Dates, views.SeriesDate{StartAt: d.StartAt, Taken: d.Taken, TakenEn: d.TakenEn})
			}
		}
	}
	if e.SeriesID != "" {
		if page.Members, err = a.Store.Series(ctx, p.Person, e.SeriesID); err != nil {
			return err
		}
	}
	return show(c, fiber.Map{"event": e, "dates": page.Dates, "series": page.Members}, views.Copies(page))
}

func keeps(c *fiber.Ctx) store.Copy {
	return store.Copy{Rooms: c.FormValue("keep_rooms") != "", People: c.FormValue("keep_people") != "", Items: c.FormValue("keep_items") != ""}
}

// CloneEvent is POST /events/{id}/copies.
func (a *App) CloneEvent(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	var bad domain.Invalid
	at := a.moment(&bad, "start_at", c.FormValue("start_at"))
	if err := bad.Err(); err != nil {
		return err
	}
	r, err := a.Store.CloneEvent(c.UserContext(), act, e.ID, at, keeps(c))
	if err != nil || wantsJSON(c) {
		if err == nil {
			c.Status(fiber.StatusCreated)
		}
		return a.reply(c, r, err)
	}
	return redirect(c, "/events/"+r.Created+"/edit")
}

// MakeSeries is POST /events/{id}/series.
func (a *App) MakeSeries(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, starts, err := a.seriesOf(e, func(name string) string { return c.FormValue(name) })
	if err != nil {
		return err
	}
	r, err := a.Store.MakeSeries(c.UserContext(), act, e.ID, starts, c.FormValue("only_free") != "", keeps(c))
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, "/events/"+e.ID+"/copies")
}

// work loads an event's work notices with what they need to be read.
func (a *App) work(c *fiber.Ctx, title string) (views.WorkPage, error) {
	e, _ := event(c)
	p, err := a.aboutEvent(c, ViewWork, title)
	page := views.WorkPage{Page: p, Event: *e, Items: map[string]domain.Item{}}
	if err != nil {
		return page, err
	}
	if page.Bulletins, err = a.Store.Bulletins(c.UserContext(), e.ID, domain.BulletinWork); err != nil {
		return page, err
	}
	if page.Rooms, err = a.roomsByID(c.UserContext()); err != nil {
		return page, err
	}
	items, err := a.Store.Items(c.UserContext(), e.ID)
	for k := range items {
		page.Items[items[k].ID] = items[k]
	}
	return page, err
}

// WorkNotices is GET /events/{id}/work: each crew's notice, and whether its lead has taken it.
func (a *App) WorkNotices(c *fiber.Ctx) error {
	page, err := a.work(c, "work.title")
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": page.Event, "work": page.Bulletins}, views.WorkNotices(page))
}

// workOf is the notice of the crew in the address.
func (a *App) workOf(c *fiber.Ctx) (views.WorkPage, error) {
	page, err := a.work(c, "work.title")
	if err != nil {
		return page, err
	}
	for k := range page.Bulletins {
		if string(page.Bulletins[k].Crew) == c.Params("crew") {
			page.Bulletin = &page.Bulletins[k]
		}
	}
	if page.Bulletin == nil {
		return page, domain.ErrNotFound
	}
	return page, nil
}

// WorkNotice is GET /events/{id}/work/{crew}.
func (a *App) WorkNotice(c *fiber.Ctx) error {
	page, err := a.workOf(c)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": page.Event, "work": page.Bulletin}, views.WorkNotice(page))
}

// PrintWork is GET /events/{id}/work/{crew}/print.
func (a *App) PrintWork(c *fiber.Ctx) error {
	page, err := a.workOf(c)
	if err != nil {
		return err
	}
	if page.Code, err = drawQR(a.base(c) + "/events/" + page.Event.ID + "/work/" + string(page.Bulletin.Crew)); err != nil {
		return err
	}
	page.Topics = nil
	err = show(c, fiber.Map{"event": page.Event, "work": page.Bulletin}, views.WorkPaper(page))
	noStore(c)
	return err
}

// IssueWork is POST /events/{id}/work.
func (a *App) IssueWork(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.IssueWork(c.UserContext(), act, id)
	})
}
