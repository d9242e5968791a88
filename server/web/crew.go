package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

func (a *App) crewPlan(ctx context.Context, e *domain.Event) (domain.CrewPlan, error) {
	book, err := a.Store.CrewBook(ctx, e)
	if err != nil {
		return domain.CrewPlan{}, err
	}
	return book.Plan(), nil
}

// Crew is GET /events/{id}/crew: how many each crew needs, who is in it, who could come.
func (a *App) Crew(c *fiber.Ctx) error {
	e, v := event(c)
	ctx := c.UserContext()
	p, err := a.page(c, "events", "crew.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewCrew, lookOf(c), domain.EventTopic(e.ID), domain.TopicBoard) // who is wanted elsewhere, too
	p.Caps = capabilities(v, e.Secrecy)
	if p.Person.Can(domain.RightStaffing) {
		p.Caps = append(p.Caps, "can-staff")
	}
	page := views.CrewPage{Page: p, Event: *e}
	if page.Plan, err = a.crewPlan(ctx, e); err != nil {
		return err
	}
	if page.Sources, err = a.Store.CrewSources(ctx, p.Person, e); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "plan": page.Plan, "sources": page.Sources}, views.Crew(page))
}

// crews: all of them, for whoever is in one can be in no other.
func (f *eventView) crews() error {
	plan, err := f.crewPlan(f.ctx, f.e)
	if err != nil {
		return err
	}
	f.add(views.CrewSum(f.v, f.e, &plan))
	for k := range plan.Crews {
		f.add(views.CrewCard(f.v, f.e, &plan.Crews[k]))
	}
	return nil
}

// AddToCrew is PUT /events/{id}/crew/{person}.
func (a *App) AddToCrew(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AddToCrew(c.UserContext(), act, id, c.Params("person"), domain.Crew(c.FormValue("crew")))
	})
}

// RemoveFromCrew is DELETE /events/{id}/crew/{person}.
func (a *App) RemoveFromCrew(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.RemoveFromCrew(c.UserContext(), act, id, c.Params("person"), was)
	})
}

// NameCrewLead is PUT /events/{id}/crew/{person}/lead.
func (a *App) NameCrewLead(c *fiber.Ctx) error { return a.crewLead(c, true) }

// UnnameCrewLead is DELETE /events/{id}/crew/{person}/lead.
func (a *App) UnnameCrewLead(c *fiber.Ctx) error { return a.crewLead(c, false) }

func (a *App) crewLead(c *fiber.Ctx, leads bool) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		var was *string
		switch s := c.FormValue("was"); s {
		case "": // a program, which has no page
		case noLead:
			was = new(string)
		default:
			was = &s
		}
		return a.Store.SetCrewLead(c.UserContext(), act, id, c.Params("person"), leads, was)
	})
}

// noLead is what a page says where it shows none.
const noLead = "-"

// CopyCrew is POST /events/{id}/crew/copy; from is an event, "" the last like this one.
func (a *App) CopyCrew(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		from := c.FormValue("from")
		if from != "" && !plainID(from) {
			return domain.Receipt{}, domain.InvalidField("from", "field.choose")
		}
		return a.Store.CopyCrew(c.UserContext(), act, id, from)
	})
}
