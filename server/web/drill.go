package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Drill is GET /events/{id}/drill: who answered, and whom to call.
func (a *App) Drill(c *fiber.Ctx) error {
	e, v := event(c)
	ctx, topic := c.UserContext(), domain.EventTopic(e.ID)
	heads := lookOf(c)
	d, err := a.Store.LastDrill(ctx, e.ID)
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "drill.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewDrill, heads, topic)
	p.Caps = capabilities(v, e.Secrecy)
	return show(c, fiber.Map{"event": e.ID, "drill": d}, views.DrillView(views.DrillPage{Page: p, Event: *e, Drill: d}))
}

// StartDrill is POST /events/{id}/drill: everybody on duty is asked to tap.
func (a *App) StartDrill(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.StartDrill(c.UserContext(), act, e.ID)
	return a.reply(c, r, err)
}

// drill: the list of answers, when one came in.
func (f *eventView) drill(subjects []string) error {
	if !slices.ContainsFunc(subjects, func(s string) bool { return strings.HasPrefix(s, "drill:") }) {
		return nil
	}
	d, err := f.Store.LastDrill(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.DrillList(f.v, f.e, d))
	return nil
}
