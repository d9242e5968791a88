package web

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// Today is GET /today: the most urgent thing first, then mine, then my events.
func (a *App) Today(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := a.page(c, "today", "today.title")
	if err == nil && p.Bell.Grave != nil && p.Bell.Grave.Kind == domain.NoticeCue {
		p.Bell, err = a.bell(ctx, p.Person, p.Locale, ViewToday)
	}
	if err != nil {
		return err
	}
	// The day of the site, and what is still running from yesterday or begins
	// within the next half day: work does not stop at midnight.
	from, to := a.Store.Now().Add(-12*time.Hour), a.Store.Now().Add(24*time.Hour)
	person := domain.PersonTopic(p.Person.ID)
	milestones, planned, err := a.myMilestones(ctx, p.Person)
	if err != nil {
		return err
	}
	heads, events, err := a.myEvents(c, from, to, slices.Collect(maps.Keys(planned))...)
	if err != nil {
		return err
	}
	if len(milestones) > 0 { // once more: no older than the heads
		if milestones, planned, err = a.myMilestones(ctx, p.Person); err != nil {
			return err
		}
	}
	page := views.TodayPage{Page: p}
	topics := []domain.Topic{person}
	byID := map[string]*store.EventSummary{}
	var working []string
	for k := range events {
		e := &events[k]
		if e.Status.Over() {
			continue
		}
		byID[e.ID] = e
		page.Events = append(page.Events, eventLine(e, heads))
		if len(topics) < maxTopics-1 {
			topics = append(topics, domain.EventTopic(e.ID))
		}
		if e.Status.Working() {
			working = append(working, e.ID)
		}
	}
	duties, err := a.myDuties(ctx, p.Person.ID, working)
	if err != nil {
		return err
	}
	for _, b := range duties {
		page.Duties = append(page.Duties, views.TodayDuty{Event: &byID[b.Post.EventID].Event, Board: b})
	}
	cues, err := a.Store.OpenCues(ctx, working)
	if err != nil {
		return err
	}
	for _, cue := range cues {
		if e := byID[cue.EventID]; e.Viewer.MayDo(cue.Crew, e.Secrecy) && works(e, p.Person, cue.Crew) {
			page.Cues = append(page.Cues, views.TodayCue{Event: &e.Event, Cue: cue})
		}
	}
	for k := range milestones {
		page.Milestones = append(page.Milestones, views.TodayMilestone{Event: planned[milestones[k].EventID], Milestone: milestones[k]})
		if t := domain.EventTopic(milestones[k].EventID); heads[t] > 0 && !slices.Contains(topics, t) && len(topics) < maxTopics-1 {
			topics = append(topics, t)
		}
	}
	items, err := a.Store.ItemsOfEvents(ctx, working)
	if err != nil {
		return err
	}
	for _, i := range items {
		e := byID[i.EventID]
		todo := views.TodoItem{Item: i, Event: &e.Event}
		switch {
		case i.Open() && works(e, p.Person, i.Crew):
			if i.DueAt != nil && i.DueAt.Before(to) {
				page.Mine = append(page.Mine, todo)
			}
		case i.Status == domain.ItemSubmitted && waitsFor(&i, e, p.Person):
			page.Waiting = append(page.Waiting, todo)
		}
	}
	slices.SortStableFunc(page.Mine, func(x, y views.TodoItem) int {
		if (x.Status == domain.ItemRejected) != (y.Status == domain.ItemRejected) {
			if x.Status == domain.ItemRejected {
				return -1
			}
			return 1
		}
		return x.DueAt.Compare(*y.DueAt)
	})
	slices.SortStableFunc(page.Waiting, func(x, y views.TodoItem) int { return x.DoneAt.Compare(*y.DoneAt) })
	if len(page.Mine) > 0 {
		page.Urgent = &page.Mine[0]
	}
	for _, k := range domain.Crews {
		if k == p.Person.Crew {
			page.Caps = append(page.Caps, "crew-"+string(k), "do-"+string(k))
		}
	}
	if err := a.dayAhead(ctx, &page); err != nil {
		return err
	}
	watch(&page.Page, ViewToday, heads, topics...)
	return show(c, fiber.Map{"duties": duties, "cues": page.Cues, "urgent": page.Urgent, "mine": page.Mine, "waiting": page.Waiting, "milestones": milestones, "events": page.Events, "boards": page.Boards, "intake": page.Intake}, views.Today(page))
}

// works tells whether what a crew has to do at an event is this person's to do.
func works(e *store.EventSummary, p *domain.Person, crew domain.Crew) bool {
	return e.Viewer.Crew == crew || p.Crew == crew || crew == domain.CrewCMD && e.Viewer.Relation == domain.RelationCommander
}

// myMilestones are the steps of planned tracks that the person sees to and begins soon.
func (a *App) myMilestones(ctx context.Context, p *domain.Person) ([]domain.Milestone, map[string]*domain.Event, error) {
	return a.Store.MyMilestones(ctx, p, a.Store.Now().AddDate(0, 0, domain.MilestoneDays))
}

// maxTopics is how many topics one socket may ask for (see live).
const maxTopics = 16

// myEvents reads the heads first and then the events, so that what is shown is
// never older than what the page says it is; of those more only the heads.
func (a *App) myEvents(c *fiber.Ctx, from, to time.Time, more ...string) (map[domain.Topic]int64, []store.EventSummary, error) {
	ctx, p := c.UserContext(), person(c)
	ids, err := a.Store.EventIDs(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	topics := []domain.Topic{domain.PersonTopic(p.ID)}
	for _, id := range append(ids, more...) {
		if t := domain.EventTopic(id); !slices.Contains(topics, t) {
			topics = append(topics, t)
		}
	}
	heads, err := a.Store.Heads(ctx, topics)
	if err != nil {
		return nil, nil, err
	}
	events, err := a.Store.Events(ctx, p, from, to)
	return heads, events, err
}

// waitsFor tells whether an item's next look is this person's.
func waitsFor(i *domain.Item, e *store.EventSummary, p *domain.Person) bool {
	j := e.Viewer.Judge(e.Secrecy)
	if i.DoneBy == p.ID {
		return false
	}
	switch i.Acceptance {
	case domain.AcceptCommander:
		return j.Commander
	case domain.AcceptBoth:
		if i.CheckedAt == nil {
			return j.Supervisor
		}
		return j.Commander
	case domain.AcceptSupervisor:
		return j.Supervisor
	case domain.AcceptOrganiser:
		return j.Supervisor || j.Commander
	}
	return false
}

// eventLine is an event in a list; heads are those of before it was read.
func eventLine(e *store.EventSummary, heads map[domain.Topic]int64) views.EventLine {
	return views.EventLine{Event: e.Event, Progress: e.Progress, Counts: e.Counts, Relation: e.Viewer.Relation, Head: heads[domain.EventTopic(e.ID)]}
}
