package web

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// dayOf reads a site day: a date, "today", "tomorrow", or "current", which is
// tomorrow once its board is published.
func (a *App) dayOf(ctx context.Context, s string) (string, error) {
	now := a.Store.Now().In(a.Loc)
	switch s {
	case "today":
		return domain.SiteDay(now, a.Loc), nil
	case "tomorrow":
		return domain.SiteDay(now.AddDate(0, 0, 1), a.Loc), nil
	case "current":
		day := domain.SiteDay(now.AddDate(0, 0, 1), a.Loc)
		b, err := a.Store.Board(ctx, day)
		if err == nil && b == nil {
			day = domain.SiteDay(now, a.Loc)
		}
		return day, err
	}
	if _, ok := domain.ParseDay(s, a.Loc); !ok {
		return "", domain.ErrNotFound
	}
	return s, nil
}

// publication loads a day's board as a person may read it; where it hangs on a wall
// or goes to paper, secret events go by their alias whoever asks.
func (a *App) publication(c *fiber.Ctx, wall bool) (views.PublicationPage, error) {
	ctx := c.UserContext()
	day, err := a.dayOf(ctx, c.Params("day"))
	if err != nil {
		return views.PublicationPage{}, err
	}
	at, _ := domain.ParseDay(day, a.Loc)
	heads, err := a.Store.Heads(ctx, []domain.Topic{domain.TopicFloor})
	if err != nil {
		return views.PublicationPage{}, err
	}
	p, err := a.page(c, "board", "publication.title")
	if err != nil {
		return views.PublicationPage{}, err
	}
	page := views.PublicationPage{
		Page: p, Day: day, At: at, Prev: at.AddDate(0, 0, -1).Format(time.DateOnly), Next: at.AddDate(0, 0, 1).Format(time.DateOnly),
		Publish: p.Person.Can(domain.RightPublish) && !wall,
	}
	view := ViewPublication
	if page.Publish {
		view = ViewPublish
	}
	watch(&page.Page, view, heads, domain.TopicFloor)
	if page.Board, err = a.Store.Board(ctx, day); err != nil {
		return page, err
	}
	if page.Publish {
		now, err := a.Store.BoardNow(ctx, day)
		if err != nil {
			return page, err
		}
		page.Rows = len(now)
		page.Differs = page.Board == nil || !domain.SameRows(page.Board.Rows, now, "")
	}
	if page.Board == nil {
		return page, nil
	}
	page.Mine = page.Board.Of(p.Person.ID)
	if page.Rooms, err = a.roomsByID(ctx); err != nil {
		return page, err
	}
	page.Groups, err = a.boardGroups(ctx, p.Person, page.Board.Rows, wall)
	return page, err
}

// boardGroups are a board's rows by event. Of a secret event that the reader has no
// part in stands its alias, and nothing that was typed by hand.
func (a *App) boardGroups(ctx context.Context, p *domain.Person, rows []domain.BoardRow, wall bool) ([]views.BoardGroup, error) {
	var ids []string
	named := map[string]bool{}
	for k := range rows {
		ids = append(ids, rows[k].EventID)
		named[rows[k].EventID] = named[rows[k].EventID] || rows[k].PersonID == p.ID
	}
	slices.Sort(ids)
	events, err := a.Store.EventsByID(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var groups []views.BoardGroup
	for k := range rows {
		r := rows[k]
		e := events[r.EventID]
		if n := len(groups); n == 0 || groups[n-1].Event.ID != r.EventID {
			v := domain.Viewer{Person: p}
			if named[r.EventID] {
				v.Relation = domain.RelationAssigned
			}
			sees := v.Can(domain.RightEventSee, e.Secrecy)
			g := views.BoardGroup{Event: e, Alias: e.Secrecy == domain.SecrecySecret && (wall || !sees), Link: !wall && (sees || e.Secrecy != domain.SecrecySecret && p.Oversees())}
			if g.Alias {
				g.Event = &domain.Event{ID: e.ID, Number: e.Number, Level: e.Level, Secrecy: e.Secrecy, Status: e.Status, StartAt: e.StartAt, EndAt: e.EndAt}
			}
			groups = append(groups, g)
		}
		g := &groups[len(groups)-1]
		if g.Alias {
			r.Veil()
		}
		g.Rows = append(g.Rows, r)
	}
	return groups, nil
}

func (a *App) roomsByID(ctx context.Context) (map[string]domain.Room, error) {
	rooms, err := a.Store.Rooms(ctx)
	found := make(map[string]domain.Room, len(rooms))
	for _, r := range rooms {
		found[r.ID] = r
	}
	return found, err
}

// Publication is GET /publications/{day}: who does what where when.
func (a *App) Publication(c *fiber.Ctx) error {
	tv := c.Query("tv") != ""
	page, err := a.publication(c, tv || person(c).Role == domain.RoleBoard)
	if err != nil {
		return err
	}
	page.TV = tv
	return show(c, page.JSON(), views.Publication(page))
}

// PrintPublication is GET /publications/{day}/print: A4, with the version and a code
// that leads to the live page.
func (a *App) PrintPublication(c *fiber.Ctx) error {
	page, err := a.publication(c, true)
	if err != nil {
		return err
	}
	if page.Code, err = drawQR(a.base(c) + "/publications/" + page.Day); err != nil {
		return err
	}
	page.Topics = nil
	return show(c, page.JSON(), views.PublicationPaper(page))
}

// Publish is POST /publications/{day}.
func (a *App) Publish(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	day, err := a.dayOf(c.UserContext(), c.Params("day"))
	if err != nil {
		return err
	}
	r, err := a.Store.Publish(c.UserContext(), act, day)
	return a.reply(c, r, err)
}

// SeeBulletin is PUT /bulletins/{id}/acknowledgement: I have seen it; of a work
// notice, my crew takes it.
func (a *App) SeeBulletin(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SeeBulletin(c.UserContext(), act, id)
	})
}

// boardFragments are the counts of boards that somebody has seen; when one was
// published, or a step of the intake done, the pages fetch themselves again.
func (a *App) boardFragments(ctx context.Context, v views.Ctx, view string, subjects []string) ([]templ.Component, error) {
	if len(named("day", subjects)) > 0 {
		return []templ.Component{stale}, nil
	}
	if view == ViewIntake {
		return nil, nil
	}
	var parts []templ.Component
	for _, id := range named("bulletin", subjects) {
		b, err := a.Store.Bulletin(ctx, id)
		if err != nil {
			return nil, err
		}
		parts = append(parts, views.SeenCount(v, b))
		if view == ViewPublish {
			parts = append(parts, views.Unseen(v, b))
		}
	}
	return parts, nil
}

// seen are the counts of the event's change notices.
func (f *eventView) seen(ids []string) error {
	for _, id := range ids {
		b, err := f.Store.Bulletin(f.ctx, id)
		if err != nil {
			return err
		}
		f.add(views.SeenCount(f.v, b))
	}
	return nil
}

// BoardSettings is GET /settings/board.
func (a *App) BoardSettings(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "board_rules.title")
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	if site.IntakeAt == domain.IntakeNever {
		site.IntakeAt = ""
	}
	return show(c, fiber.Map{"intake_at": site.IntakeAt, "intake_grace": site.IntakeGrace, "seen_minutes": site.SeenMinutes}, views.BoardSettings(p, &site))
}

// SetBoardRules is PUT /settings/board.
func (a *App) SetBoardRules(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	figure := func(field string) int { // what is no figure is out of range
		n, err := wholeNumber(c.FormValue(field))
		if err != nil {
			return -1
		}
		return n
	}
	_, err = a.Store.SetBoardRules(c.UserContext(), act, domain.Clean(c.FormValue("intake_at"), false), figure("intake_grace"), figure("seen_minutes"))
	return a.reply(c, domain.Receipt{}, err)
}
