package web

import (
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Cues is GET /events/{id}/cues.
func (a *App) Cues(c *fiber.Ctx) error {
	e, v := event(c)
	p, err := a.page(c, "events", "cues.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewCues, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	cues, err := a.Store.Cues(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "cues": cues}, views.Cues(views.CuesPage{Page: p, Event: *e, Cues: cues}))
}

func cueDraft(c *fiber.Ctx) (domain.Cue, error) {
	var in views.CueInput
	if err := c.BodyParser(&in); err != nil {
		return domain.Cue{}, errBadRequest
	}
	return domain.Cue{Cause: domain.Cause(in.Cause), Scope: domain.CueScope(in.Scope), Crew: domain.Crew(in.Crew), Zh: in.Zh, En: in.En, Off: in.Off != ""}, nil
}

// AddCue is POST /events/{id}/cues.
func (a *App) AddCue(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		cue, err := cueDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddCue(c.UserContext(), act, id, cue)
	})
}

// UpdateCue is PUT /cues/{id}.
func (a *App) UpdateCue(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		cue, err := cueDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UpdateCue(c.UserContext(), act, id, cue)
	})
}

// AcknowledgeCue is PUT /cues/{id}/acknowledgement.
func (a *App) AcknowledgeCue(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AcknowledgeCue(c.UserContext(), act, id)
	})
}

// FireCue is PUT /cues/{id}/fired.
func (a *App) FireCue(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.FireCue(c.UserContext(), act, id)
	})
}

// RearmCue is DELETE /cues/{id}/fired.
func (a *App) RearmCue(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RearmCue(c.UserContext(), act, id)
	})
}

// SetEarlyMode is PUT /events/{id}/early.
func (a *App) SetEarlyMode(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SetEarlyMode(c.UserContext(), act, id, c.FormValue("mode"))
	})
}

// cues: the changed rows.
func (f *eventView) cues(ids []string) error {
	list, err := f.Store.CuesByID(f.ctx, ids)
	for k := range list {
		f.add(views.CueRow(f.v, &list[k]))
	}
	return err
}

// cueStrip: those that went off, on the boards.
func (f *eventView) cueStrip() error {
	list, err := f.Store.Cues(f.ctx, f.e.ID)
	if err == nil {
		f.add(views.CueStrip(f.v, f.e, list))
	}
	return err
}
