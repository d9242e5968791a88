package web

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Board is GET /board: all events of the day on one screen. It is the same for
// everybody: secret events stand under their alias.
func (a *App) Board(c *fiber.Ctx) error {
	p, err := a.page(c, "board", "board.title")
	if err != nil {
		return err
	}
	cards, err := a.cards(c.UserContext(), nil)
	if err != nil {
		return err
	}
	p.TV = c.Query("tv") != ""
	watch(&p, ViewWall, nil, domain.TopicBoard)
	return show(c, fiber.Map{"cards": cards}, views.Board(views.BoardPage{Page: p, Day: a.Store.Now(), Cards: cards}))
}

// dayAround is what counts as today on boards and in the lobby: the site's day,
// and around midnight what is just over or about to begin. A late evening's
// guests leave after midnight.
func (a *App) dayAround() (from, to time.Time) {
	from, to = a.Store.Today()
	now := a.Store.Now()
	if just := now.Add(-4 * time.Hour); just.Before(from) {
		from = just
	}
	if soon := now.Add(6 * time.Hour); soon.After(to) {
		to = soon
	}
	return from, to
}

// EventBoard is GET /events/{id}/board: the commander's view.
func (a *App) EventBoard(c *fiber.Ctx) error {
	e, v := event(c)
	heads := lookOf(c)
	p, err := a.page(c, "events", "event_board.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewBoard, heads, domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookBoard); err != nil {
		return err
	}
	if a.unchanged(c, &p) {
		return nil
	}
	b, err := a.eventBoard(c.UserContext(), e)
	if err != nil {
		return err
	}
	page := views.EventBoardPage{Page: p, Event: *e, Progress: domain.Sum(b.items, p.Now), Stars: stars(e, b.items, p.Now), Parties: b.parties, Counts: b.counts, Cues: b.cues, Feed: b.feed}
	if page.Functions, err = a.Store.Functions(c.UserContext(), e.ID); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "seq": heads[domain.EventTopic(e.ID)], "progress": page.Progress, "stars": page.Stars, "counts": page.Counts, "feed": page.Feed}, views.EventBoard(page))
}

// stars are the items that still stand in the way: before the event those that
// block "ready" and late ones, afterwards those that block closing. Worst first.
func stars(e *domain.Event, items []domain.Item, now time.Time) []domain.Item {
	flag := domain.FlagBlocksReady
	if e.Status == domain.EventLive || e.Status == domain.EventClearing || e.Status == domain.EventReleased {
		flag = domain.FlagBlocksClose
	}
	var list []domain.Item
	for _, i := range items {
		if i.Flag == flag && !i.Settled() {
			list = append(list, i)
		}
	}
	weight := func(i domain.Item) int {
		switch i.State(now) {
		case string(domain.ItemBlocked):
			return 0
		case string(domain.ItemRejected):
			return 1
		case domain.StateLate:
			return 2
		case string(domain.ItemSubmitted):
			return 3
		case domain.StateDue:
			return 4
		}
		return 5
	}
	slices.SortStableFunc(list, func(x, y domain.Item) int {
		if d := weight(x) - weight(y); d != 0 {
			return d
		}
		if x.DueAt == nil || y.DueAt == nil {
			return x.Sort - y.Sort
		}
		return x.DueAt.Compare(*y.DueAt)
	})
	return list
}
