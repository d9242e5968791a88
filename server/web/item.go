package web

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Items is GET /events/{id}/items: the checklist.
func (a *App) Items(c *fiber.Ctx) error {
	e, v := event(c)
	ctx, topic, names := c.UserContext(), domain.EventTopic(e.ID), a.namesVersion()
	f, err := filterOf(c, v, e.Secrecy)
	if err != nil {
		return err
	}
	s, err := a.snapshot(ctx, e.ID, lookOf(c)[topic])
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "items.title", "event", s.event.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewItems, map[domain.Topic]int64{topic: s.seq}, topic)
	p.Caps = capabilities(v, e.Secrecy)
	if wantsJSON(c) {
		return itemsJSON(c, s, f, p.Now)
	}
	if a.unchanged(c, &p) {
		return nil
	}
	list, err := s.list(ctx, f.key(p.Locale, names), p.Ctx, f)
	if err != nil {
		return err
	}
	return renderAround(c, views.Items(p, e.ID, views.Hole(bodyHole)), list)
}

// itemFilter is which part of a checklist is asked for, and the crews whose
// items the reader may do.
type itemFilter struct {
	crew  domain.Crew
	mine  bool
	crews []domain.Crew
}

func filterOf(c *fiber.Ctx, v domain.Viewer, secrecy domain.Secrecy) (itemFilter, error) {
	f := itemFilter{crew: domain.Crew(strings.ToUpper(c.Query("crew"))), mine: c.Query("mine") != ""}
	if f.crew != "" && !f.crew.Valid() {
		return f, domain.ErrNotFound
	}
	for _, k := range domain.Crews {
		if v.MayDo(k, secrecy) {
			f.crews = append(f.crews, k)
		}
	}
	return f, nil
}

func (f itemFilter) shows(i *domain.Item) bool {
	return (f.crew == "" || i.Crew == f.crew) && (!f.mine || slices.Contains(f.crews, i.Crew))
}

type itemJSON struct {
	domain.Item
	State string `json:"state"`
}

func itemsJSON(c *fiber.Ctx, s *snapshot, f itemFilter, now time.Time) error {
	items, err := s.allItems(c.UserContext())
	if err != nil {
		return err
	}
	list := []itemJSON{}
	for _, i := range items {
		if f.shows(&i) {
			list = append(list, itemJSON{i, i.State(now)})
		}
	}
	return c.JSON(fiber.Map{"event": s.event, "seq": s.seq, "progress": domain.Sum(items, now), "items": list})
}

// groups cuts a sorted list into phases and crews.
func groups(items []domain.Item) []views.ItemGroup {
	var list []views.ItemGroup
	for _, i := range items {
		if n := len(list); n == 0 || list[n-1].Phase != i.Phase || list[n-1].Crew != i.Crew {
			list = append(list, views.ItemGroup{Phase: i.Phase, Crew: i.Crew})
		}
		g := &list[len(list)-1]
		g.Items = append(g.Items, i)
	}
	return list
}

// AddItem is POST /events/{id}/items: an ad-hoc item, live.
func (a *App) AddItem(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	in := domain.Item{
		ID: c.FormValue("id"), EventID: e.ID, Zh: c.FormValue("text"), Crew: domain.Crew(c.FormValue("crew")), Phase: c.FormValue("phase"),
	}
	if in.ID != "" && !plainID(in.ID) {
		return domain.InvalidField("id", "error.bad_key")
	}
	if c.FormValue("star") != "" {
		in.Flag = domain.FlagBlocksReady
	}
	if in.DueAt, err = a.dueAt(c.FormValue("due_at"), e); err != nil {
		return a.reply(c, domain.Receipt{}, err)
	}
	r, err := a.Store.AddItem(c.UserContext(), act, in)
	return a.reply(c, r, err)
}

// dueAt reads "15:04" (the event's day on site), a full local time, or nothing.
func (a *App) dueAt(s string, e *domain.Event) (*time.Time, error) {
	s = domain.Clean(s, false)
	if s == "" {
		return nil, nil
	}
	if t, err := time.ParseInLocation("15:04", s, a.Loc); err == nil {
		day := e.Arrival().In(a.Loc)
		due := time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, a.Loc).UTC()
		return &due, nil
	}
	t, err := a.parseLocal(s)
	if err != nil {
		return nil, domain.InvalidField("due_at", "field.time")
	}
	return &t, nil
}

// parseLocal reads what <input type=datetime-local> sends, in the site's zone.
func (a *App) parseLocal(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, a.Loc); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			if t.Format(layout) != s { // the clocks jump over it
				return time.Time{}, domain.InvalidField("", "field.time_skipped")
			}
			return t.UTC(), nil
		}
	}
	return time.Time{}, domain.InvalidField("", "field.time")
}

// moment reads a time of the site that a form needs; one that is missing or cannot be
// read is noted at its field.
func (a *App) moment(bad *domain.Invalid, field, s string) time.Time {
	t, err := a.parseLocal(domain.Clean(s, false))
	if err != nil {
		bad.Add(field, timeKey(err))
	}
	return t
}

// timeKey is the sentence about a time that parseLocal did not take.
func timeKey(err error) string {
	if e, ok := domain.AsError(err); ok && len(e.Fields) > 0 {
		return e.Fields[0].Key
	}
	return "field.time"
}

// AcceptCrew is PUT /events/{id}/acceptance: all that a crew submitted, with exceptions.
func (a *App) AcceptCrew(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.AcceptCrew(c.UserContext(), act, e.ID, domain.Crew(c.FormValue("crew")), c.FormValue("phase"), formList(c, "except"))
	return a.reply(c, r, err)
}

// DoBundle is PUT /events/{id}/done: everything of one phase that I may tick.
func (a *App) DoBundle(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.DoBundle(c.UserContext(), act, e.ID, domain.Crew(c.FormValue("crew")), c.FormValue("phase"))
	return a.reply(c, r, err)
}

// DoItem is PUT /items/{id}/done; UndoItem is DELETE.
func (a *App) DoItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DoItem(c.UserContext(), act, id, c.FormValue("reading"))
	})
}

// UndoItem is DELETE /items/{id}/done.
func (a *App) UndoItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoItem(c.UserContext(), act, id)
	})
}

// DeferRound is PUT /items/{id}/deferral.
func (a *App) DeferRound(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeferRound(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// JudgeItem is PUT /items/{id}/acceptance: verdict accepted (default) or rejected with a reason.
func (a *App) JudgeItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		switch c.FormValue("verdict", "accepted") {
		case "accepted":
			return a.Store.AcceptItem(c.UserContext(), act, id)
		case "rejected":
			return a.Store.RejectItem(c.UserContext(), act, id, c.FormValue("reason"))
		}
		return domain.Receipt{}, domain.InvalidField("verdict", "field.choose")
	})
}

// UnacceptItem is DELETE /items/{id}/acceptance.
func (a *App) UnacceptItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UnacceptItem(c.UserContext(), act, id)
	})
}

// ExemptItem is PUT /items/{id}/exemption: not needed, with a reason.
func (a *App) ExemptItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ExemptItem(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// RequireItem is DELETE /items/{id}/exemption.
func (a *App) RequireItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RequireItem(c.UserContext(), act, id)
	})
}

// BlockItem is PUT /items/{id}/blocked: an incident stands in the way.
func (a *App) BlockItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.BlockItem(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// UnblockItem is DELETE /items/{id}/blocked.
func (a *App) UnblockItem(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UnblockItem(c.UserContext(), act, id)
	})
}

// itemAct is what all acts on one thing share: the act from the request, one
// store call, the reply.
func (a *App) itemAct(c *fiber.Ctx, do func(act domain.Act, id string) (domain.Receipt, error)) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := do(act, c.Params("id"))
	return a.reply(c, r, err)
}

// formList reads a field that may come several times.
func formList(c *fiber.Ctx, name string) []string {
	var list []string
	if form, err := c.MultipartForm(); err == nil && form != nil {
		list = append(list, form.Value[name]...)
	} else {
		for _, v := range c.Request().PostArgs().PeekMulti(name) {
			list = append(list, string(v))
		}
	}
	return list
}
