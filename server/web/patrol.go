package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// AddPatrol is POST /events/{id}/patrols.
func (a *App) AddPatrol(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	every, err := wholeNumber(c.FormValue("every"))
	if err != nil {
		return domain.InvalidField("every", "patrol.every_range")
	}
	p, err := domain.NewPatrol(c.FormValue("name"), domain.Crew(c.FormValue("crew")), every, c.FormValue("checkpoints"))
	if err != nil {
		return err
	}
	r, err := a.Store.AddPatrol(c.UserContext(), act, e.ID, *p)
	if err == nil && wantsJSON(c) {
		c.Status(fiber.StatusCreated)
	}
	return a.reply(c, r, err)
}

// StrikePatrol is DELETE /patrols/{id}.
func (a *App) StrikePatrol(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikePatrol(c.UserContext(), act, id)
	})
}

// VisitCheckpoint is PUT /checkpoints/{id}/mark.
func (a *App) VisitCheckpoint(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.VisitCheckpoint(c.UserContext(), act, id, c.FormValue("code"))
	})
}

// UnmarkCheckpoint is DELETE /checkpoints/{id}/mark.
func (a *App) UnmarkCheckpoint(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UnmarkCheckpoint(c.UserContext(), act, id)
	})
}

// SkipCheckpoint is PUT /checkpoints/{id}/skip.
func (a *App) SkipCheckpoint(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SkipCheckpoint(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// CheckpointHere is GET /checkpoints/{id}/here: what the code at a checkpoint opens.
func (a *App) CheckpointHere(c *fiber.Ctx) error {
	ctx := c.UserContext()
	patrol, point, err := a.Store.Checkpoint(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	e, v, err := a.Store.Event(ctx, person(c), patrol.EventID)
	if err != nil {
		return err
	}
	p, err := a.page(c, "today", "patrol.here")
	if err != nil {
		return err
	}
	p.View = "post"
	return show(c, fiber.Map{"patrol": patrol, "checkpoint": point}, views.CheckpointHere(p, e, patrol, point, v.MayDo(patrol.Crew, e.Secrecy) && !patrol.Struck, c.Query("code")))
}

// patrols: the changed routes.
func (f *eventView) patrols(ids []string) error {
	list, err := f.Store.Patrols(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	for k := range list {
		if slices.Contains(ids, list[k].ID) {
			f.add(views.PatrolCard(f.v, f.e, &list[k]))
		}
	}
	f.gone("patrol", ids, func(id string) bool {
		return slices.ContainsFunc(list, func(p domain.Patrol) bool { return p.ID == id })
	})
	return nil
}
