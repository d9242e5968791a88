package web

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// programme are an event's functions and agenda. Speakers of an event that is over
// are shown as its guests are: masked, unless they were asked for.
func (a *App) programme(c *fiber.Ctx, e *domain.Event) ([]domain.Function, []domain.AgendaItem, error) {
	functions, err := a.Store.Functions(c.UserContext(), e.ID)
	if err != nil {
		return nil, nil, err
	}
	agenda, err := a.Store.Agenda(c.UserContext(), e.ID)
	if e.NamesHidden(a.Store.Now()) && !store.Named(c.UserContext()) {
		domain.MaskAgenda(agenda)
	}
	return functions, agenda, err
}

func (a *App) programmePage(c *fiber.Ctx) (views.ProgrammePage, error) {
	e, v := event(c)
	p, err := a.page(c, "events", "programme.title", "event", e.Name)
	if err != nil {
		return views.ProgrammePage{}, err
	}
	watch(&p, ViewProgramme, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	page := views.ProgrammePage{Page: p, Event: *e}
	if page.Functions, page.Agenda, err = a.programme(c, e); err != nil {
		return page, err
	}
	page.Rooms, err = a.Store.Rooms(c.UserContext())
	return page, err
}

// Programme is GET /events/{id}/programme: functions and agenda.
func (a *App) Programme(c *fiber.Ctx) error {
	page, err := a.programmePage(c)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": page.Event, "functions": page.Functions, "agenda": page.Agenda}, views.Programme(page))
}

// PrintAgenda is GET /events/{id}/agenda/print.
func (a *App) PrintAgenda(c *fiber.Ctx) error {
	e, _ := event(c)
	page, err := a.programmePage(c)
	if err != nil {
		return err
	}
	page.Title, page.Seq = page.T("agenda.title"), lookOf(c)[domain.EventTopic(e.ID)]
	if page.Code, err = drawQR(a.base(c) + "/events/" + e.ID + "/programme"); err != nil {
		return err
	}
	err = show(c, fiber.Map{"event": page.Event, "agenda": page.Agenda}, views.AgendaSheet(page))
	noStore(c)
	return err
}

// localTime reads a form's time; nothing typed is the zero time.
func (a *App) localTime(c *fiber.Ctx, field string) (time.Time, error) {
	s := domain.Clean(c.FormValue(field), false)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := a.parseLocal(s)
	if err != nil {
		return time.Time{}, domain.InvalidField(field, timeKey(err))
	}
	return t, nil
}

// seen is the seq of a row as the page showed it; 0 where it does not tell.
func seen(c *fiber.Ctx) (int64, error) {
	s := c.FormValue("seen")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errBadRequest
	}
	return n, nil
}

func (a *App) functionDraft(c *fiber.Ctx) (domain.Function, error) {
	f := domain.Function{
		Name: c.FormValue("name"), Kind: domain.FunctionKind(c.FormValue("kind")), RoomID: c.FormValue("room_id"),
		Place: c.FormValue("place"), Layout: domain.Layout(c.FormValue("layout")), Notes: c.FormValue("notes"),
	}
	if f.RoomID != "" && !plainID(f.RoomID) {
		return f, domain.InvalidField("room_id", "field.choose")
	}
	var err error
	if f.StartAt, err = a.localTime(c, "start_at"); err != nil {
		return f, err
	}
	f.EndAt, err = a.localTime(c, "end_at")
	return f, err
}

// AddFunction is POST /events/{id}/functions.
func (a *App) AddFunction(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		f, err := a.functionDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddFunction(c.UserContext(), act, id, f)
	})
}

// ChangeFunction is PUT /functions/{id}.
func (a *App) ChangeFunction(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		f, err := a.functionDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeFunction(c.UserContext(), act, id, f, was)
	})
}

// StrikeFunction is DELETE /functions/{id}.
func (a *App) StrikeFunction(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeFunction(c.UserContext(), act, id)
	})
}

func (a *App) agendaDraft(c *fiber.Ctx) (domain.AgendaItem, error) {
	x := domain.AgendaItem{Title: c.FormValue("title"), Speaker: c.FormValue("speaker"), Needs: c.FormValue("needs")}
	var err error
	if x.Minutes, err = wholeNumber(c.FormValue("minutes")); err != nil {
		return x, domain.InvalidField("minutes", "agenda.minutes_range")
	}
	x.StartAt, err = a.localTime(c, "start_at")
	return x, err
}

// AddAgendaItem is POST /events/{id}/agenda.
func (a *App) AddAgendaItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		x, err := a.agendaDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddAgendaItem(c.UserContext(), act, id, x)
	})
}

// ChangeAgendaItem is PUT /agenda/{id}; with follow those after it move along.
func (a *App) ChangeAgendaItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		x, err := a.agendaDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeAgendaItem(c.UserContext(), act, id, x, c.FormValue("follow") != "", was)
	})
}

// MoveAgendaItem is PUT /agenda/{id}/position: to=up or down.
func (a *App) MoveAgendaItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		to := c.FormValue("to")
		if to != "up" && to != "down" {
			return domain.Receipt{}, domain.InvalidField("to", "field.choose")
		}
		return a.Store.MoveAgendaItem(c.UserContext(), act, id, to == "up")
	})
}

// StrikeAgendaItem is DELETE /agenda/{id}.
func (a *App) StrikeAgendaItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeAgendaItem(c.UserContext(), act, id)
	})
}

// programmeParts: the lists of the programme's page. A moved event lets it fetch itself again.
func (f *eventView) programmeParts(subjects []string) error {
	if len(named("function", subjects)) > 0 {
		list, err := f.Store.Functions(f.ctx, f.e.ID)
		if err != nil {
			return err
		}
		f.add(views.FunctionList(f.v, f.e, list))
	}
	if len(named("agenda", subjects)) > 0 {
		list, err := f.Store.Agenda(f.ctx, f.e.ID)
		if err != nil {
			return err
		}
		if f.e.NamesHidden(f.Store.Now()) {
			domain.MaskAgenda(list)
		}
		f.add(views.AgendaList(f.v, f.e, list))
	}
	return nil
}

// timeline: the event's functions on its own page and on its board.
func (f *eventView) timeline(subjects []string) error {
	if len(named("function", subjects)) == 0 {
		return nil
	}
	list, err := f.Store.Functions(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.Timeline(f.v, f.e, list))
	return nil
}
