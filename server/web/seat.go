package web

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/search"
	"huiwu/server/store"
	"huiwu/views"
)

// seating is everything about an event's seats.
func (a *App) seating(ctx context.Context, e *domain.Event) (*views.Seating, error) {
	plans, err := a.Store.SeatPlans(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	people, err := a.Store.Seatables(ctx, e.ID)
	if e.NamesHidden(a.Store.Now()) && !store.Named(ctx) {
		domain.MaskSeating(plans, people)
	}
	return views.NewSeating(e, plans, people), err
}

// seatsPage begins a page about an event's seats: what it shows is read after its heads.
func (a *App) seatsPage(c *fiber.Ctx, titleKey string, args ...string) (views.Page, *views.Seating, error) {
	e, v := event(c)
	p, err := a.page(c, "events", titleKey, args...)
	if err != nil {
		return p, nil, err
	}
	watch(&p, ViewSeats, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookSeats); err != nil {
		return p, nil, err
	}
	s, err := a.seating(c.UserContext(), e)
	return p, s, err
}

// Seats is GET /events/{id}/seats.
func (a *App) Seats(c *fiber.Ctx) error {
	e, _ := event(c)
	p, s, err := a.seatsPage(c, "seat.title", "event", e.Name)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "seq": lookOf(c)[domain.EventTopic(e.ID)], "plans": s.Plans, "people": s.People}, views.SeatsView(views.SeatsPage{Page: p, Seating: s}))
}

// SeatPlan is GET /events/{id}/seats/{plan}.
func (a *App) SeatPlan(c *fiber.Ctx) error {
	e, _ := event(c)
	p, s, err := a.seatsPage(c, "seat.title", "event", e.Name)
	if err != nil {
		return err
	}
	plan := s.Plan(c.Params("plan"))
	if plan == nil {
		return domain.ErrNotFound
	}
	p.Title = plan.Name
	page := views.PlanPage{Page: p, Seating: s, Plan: plan, Stage: c.Query("view") == "stage", Query: domain.Clean(c.Query("q"), false)}
	waiting := s.Waiting(plan)
	for _, w := range waiting {
		if page.Query != "" && len(page.Found) < mostFound && search.Match(w.Search, page.Query) {
			page.Found = append(page.Found, w)
		}
	}
	return show(c, fiber.Map{"event": e, "seq": lookOf(c)[domain.EventTopic(e.ID)], "plan": plan, "waiting": waiting}, views.PlanView(page))
}

// mostFound is how many of those without a seat a search lists.
const mostFound = 40

// number reads a form's figure.
func number(c *fiber.Ctx, field string) (int, error) {
	n, err := wholeNumber(c.FormValue(field))
	if err != nil {
		return 0, domain.InvalidField(field, "seat.number")
	}
	return n, nil
}

// AddSeatPlan is POST /events/{id}/seats.
func (a *App) AddSeatPlan(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	p := domain.SeatPlan{
		EventID: e.ID, Name: c.FormValue("name"), Function: c.FormValue("function"), RoomID: c.FormValue("room_id"), Place: c.FormValue("place"),
		Layout: domain.Layout(c.FormValue("layout")), Variant: c.FormValue("variant"),
	}
	if p.Seats, err = number(c, "seats"); err != nil {
		return err
	}
	if p.Split, err = number(c, "split"); err != nil {
		return err
	}
	r, err := a.Store.AddSeatPlan(c.UserContext(), act, p)
	if err != nil || wantsJSON(c) {
		if err == nil {
			c.Status(fiber.StatusCreated)
		}
		return a.reply(c, r, err)
	}
	return redirect(c, "/events/"+e.ID+"/seats/"+r.Created)
}

// AddHosts is POST /events/{id}/hosts: one a line, name and title.
func (a *App) AddHosts(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.AddHosts(c.UserContext(), act, e.ID, parseHosts(c.FormValue("hosts")))
	return a.reply(c, r, err)
}

// parseHosts reads lines of name and title, parted by a tab or comma; without
// one, a Chinese name ends at the first space.
func parseHosts(text string) []domain.Host {
	var list []domain.Host
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		at := strings.IndexAny(line, "\t,，、") // allow: what people type between name and title
		if first := []rune(line)[0]; at < 0 && first >= 0x2e80 {
			at = strings.IndexAny(line, " 　")
		}
		h := domain.Host{Name: line}
		if at >= 0 {
			h.Name = line[:at]
			h.Title = strings.TrimLeft(line[at:], "\t,，、 　") // allow: likewise
		}
		list = append(list, h)
	}
	return list
}

// StrikeHost is DELETE /hosts/{id}.
func (a *App) StrikeHost(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeHost(c.UserContext(), act, id)
	})
}

// StrikeSeatPlan is DELETE /plans/{id}; its page leads back to the list.
func (a *App) StrikeSeatPlan(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.StrikeSeatPlan(c.UserContext(), act, c.Params("id"))
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, eventPath(r.Topic)+"/seats")
}

// eventPath is the page of a topic's event.
func eventPath(t domain.Topic) string {
	_, id := domain.SplitTopic(t)
	return "/events/" + id
}

// FillSeats is PUT /plans/{id}/filling: by rank, in one tap.
func (a *App) FillSeats(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.FillSeats(c.UserContext(), act, id)
	})
}

// ClearSeats is DELETE /plans/{id}/filling.
func (a *App) ClearSeats(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ClearSeats(c.UserContext(), act, id)
	})
}

// SeatNewcomer is PUT /plans/{id}/newcomer.
func (a *App) SeatNewcomer(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SeatNewcomer(c.UserContext(), act, id, c.FormValue("person"))
	})
}

// UndoSeats is DELETE /plans/{id}/change: the change whose number the page shows.
func (a *App) UndoSeats(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		no, err := number(c, "no")
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UndoSeats(c.UserContext(), act, id, no)
	})
}

// CardsPrinted is POST /plans/{id}/cards: the sheet as of that seq is on paper.
func (a *App) CardsPrinted(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	seq, err := number(c, "seq")
	if err != nil {
		return err
	}
	id := c.Params("id")
	r, err := a.Store.PrintCards(c.UserContext(), act, id, int64(seq))
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	if r.Topic == "" { // all of them were printed before
		r.Topic = r.Subjects[0]
	}
	return redirect(c, eventPath(r.Topic)+"/seats/"+id)
}

// OccupySeat is PUT /seats/{id}/occupant.
func (a *App) OccupySeat(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		seen, err := number(c, "seen")
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.OccupySeat(c.UserContext(), act, id, c.FormValue("person"), c.FormValue("from"), int64(seen))
	})
}

// VacateSeat is DELETE /seats/{id}/occupant; with close_up the others move up.
func (a *App) VacateSeat(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		seen, err := number(c, "seen")
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.VacateSeat(c.UserContext(), act, id, c.FormValue("close_up") != "", int64(seen))
	})
}

// PrintSeats is GET /events/{id}/seats/print: cards, plan and list of one plan, or
// the guests' badges. Badges carry passes: they are for who may edit guests.
func (a *App) PrintSeats(c *fiber.Ctx) error {
	e, v := event(c)
	p, s, err := a.seatsPage(c, "seat.title", "event", e.Name)
	if err != nil {
		return err
	}
	page := views.PrintPage{Page: p, Seating: s, What: c.Query("what", views.PrintBadges), Paper: "A4", Seq: lookOf(c)[domain.EventTopic(e.ID)], Edit: v.Can(domain.RightGuestsEdit, e.Secrecy)}
	if c.Query("paper") == "A3" {
		page.Paper = "A3"
	}
	switch {
	case page.What == views.PrintBadges:
		if !page.Edit {
			return domain.ErrForbidden
		}
		if page.Badges, err = a.badges(c, s); err != nil {
			return err
		}
	case !slices.Contains([]string{views.PrintCards, views.PrintChanged, views.PrintPlan, views.PrintList}, page.What):
		return domain.ErrNotFound
	default:
		if page.Plan = s.Plan(c.Query("plan")); page.Plan == nil {
			return domain.ErrNotFound
		}
	}
	page.Title = page.T("seat.sheet_" + page.What)
	err = show(c, fiber.Map{"event": e, "plan": page.Plan}, views.SeatPrintBody(page))
	noStore(c)
	return err
}

// badges are one for each guest on the list, with the code of his own page.
func (a *App) badges(c *fiber.Ctx, s *views.Seating) ([]views.Badge, error) {
	var list []views.Badge
	for _, who := range domain.Alternate(s.People) {
		if who.Side != domain.SideGuest || who.Struck {
			continue
		}
		token, err := a.Store.Token(c.UserContext(), domain.Pass{Kind: domain.PassGuest, ID: who.ID(), No: who.PassNo})
		if err != nil {
			return nil, err
		}
		code, err := drawQR(a.base(c) + "/g/" + token)
		if err != nil {
			return nil, err
		}
		list = append(list, views.Badge{Who: who, Code: code})
	}
	return list, nil
}

// SeatingSettings is GET /settings/seating.
func (a *App) SeatingSettings(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "seat.rule")
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"dais_rule": site.DaisRule}, views.SeatingSettingsView(views.SeatingSettings{Page: p, Rule: site.DaisRule}))
}

// SetDaisRule is PUT /settings/seating.
func (a *App) SetDaisRule(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, err = a.Store.SetDaisRule(c.UserContext(), act, domain.DaisRule(c.FormValue("dais_rule")))
	return a.reply(c, domain.Receipt{}, err)
}

// seats are the plans that the subjects touch, and the hosts. A plan that was taken
// away, or a great change, lets the pages fetch themselves again.
func (f *eventView) seats(subjects []string) error {
	touched, functions := map[string]bool{}, map[string]bool{}
	people, all := false, false
	for _, s := range subjects {
		switch kind, id := domain.SplitTopic(s); kind {
		case "plan":
			touched[id] = true // every act on seats changes its plan
		case "guest", "host":
			people = true
		case "event":
			all = true
		}
	}
	if len(touched) == 0 && !people && !all {
		return nil
	}
	s, err := f.seating(f.ctx, f.e)
	if err != nil {
		return err
	}
	for id := range touched {
		plan := s.Plan(id)
		if plan == nil {
			f.add(stale)
			return nil
		}
		functions[plan.Function] = plan.Function != "" // who waits in the others of it
	}
	for k := range s.Plans {
		p := &s.Plans[k]
		if people || all || touched[p.ID] || functions[p.Function] {
			f.add(views.PlanCard(f.v, s, p), views.PlanBoard(f.v, s, p))
		}
	}
	if people || all {
		f.add(views.HostList(f.v, s))
	}
	return nil
}
