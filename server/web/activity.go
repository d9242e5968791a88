package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Activity is GET /activity: what happened in my events, for overseers in the
// whole building, newest first. Only its first page is live.
func (a *App) Activity(c *fiber.Ctx) error {
	p, err := a.page(c, "activity", "activity.title")
	if err != nil {
		return err
	}
	page := views.ActivityPage{Page: p, Oversees: p.Person.Oversees()}
	page.Mine = !page.Oversees || c.Query("mine") == "1"
	var before time.Time
	if at, err := strconv.ParseInt(c.Query("before"), 10, 64); err == nil && at > 0 {
		before = time.UnixMicro(at).UTC()
		page.Older = true
	} else if err := a.watchActivity(c, &page.Page, page.Mine); err != nil {
		return err
	}
	found, err := a.Store.Activity(c.UserContext(), p.Person, page.Mine, before)
	if err != nil {
		return err
	}
	for id := range found.Events {
		e := found.Events[id]
		if !slices.ContainsFunc(found.Rows, func(c domain.Change) bool { return c.EventID == id && domain.NamesPeople(c.Subject) }) {
			continue
		}
		if err := a.looked(c, &e, domain.LookLog); err != nil {
			return err
		}
	}
	page.Lines, page.Events = domain.Lines(found.Rows), found.Events
	if !found.Before.IsZero() {
		page.Before = found.Before.UnixMicro()
	}
	return show(c, fiber.Map{"activity": found.Rows, "before": page.Before}, views.Activity(page))
}

// watchActivity follows the events of the day. Whoever reads the whole building
// follows its board, which speaks of every event.
func (a *App) watchActivity(c *fiber.Ctx, p *views.Page, mine bool) error {
	if !mine {
		watch(p, ViewActivity, nil, domain.TopicBoard)
		return nil
	}
	from, to := a.dayAround()
	heads, events, err := a.myEvents(c, from, to)
	if err != nil {
		return err
	}
	topics := []domain.Topic{domain.PersonTopic(p.Person.ID)}
	for k := range events {
		if events[k].Viewer.Relation >= domain.RelationCrew && len(topics) < maxTopics {
			topics = append(topics, domain.EventTopic(events[k].ID))
		}
	}
	watch(p, ViewActivity, heads, topics...)
	return nil
}
