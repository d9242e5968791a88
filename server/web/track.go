package web

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// Track is GET /events/{id}/track: the planned track, and the meetings that prepared the event.
func (a *App) Track(c *fiber.Ctx) error {
	e, v := event(c)
	ctx := c.UserContext()
	p, err := a.page(c, "events", "track.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewTrack, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	page := views.TrackPage{Page: p, Event: *e}
	if page.Milestones, err = a.Store.Milestones(ctx, e.ID); err != nil {
		return err
	}
	if page.Kickoffs, err = a.Store.Kickoffs(ctx, e.ID); err != nil {
		return err
	}
	if page.Owners, err = a.Store.Owners(ctx, e); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "milestones": page.Milestones, "kickoffs": page.Kickoffs}, views.Track(page))
}

// TrackMonth is GET /track: what is to be done of all planned tracks within a month.
func (a *App) TrackMonth(c *fiber.Ctx) error {
	p, err := a.page(c, "events", "track.month_title")
	if err != nil {
		return err
	}
	now := a.Store.Now().In(a.Loc)
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, a.Loc)
	if q := c.Query("month"); q != "" {
		if month, err = time.ParseInLocation("2006-01", q, a.Loc); err != nil || month.Year() < 2000 || month.Year() > 2200 {
			return domain.ErrNotFound
		}
	}
	page := views.TrackMonthPage{Page: p, Month: month}
	from, to := month.UTC(), month.AddDate(0, 1, 0).UTC()
	heads, err := a.trackHeads(c.UserContext(), from, to) // before what they count
	if err != nil {
		return err
	}
	events, err := a.Store.Tracks(c.UserContext(), p.Person, from, to)
	if err != nil {
		return err
	}
	for _, e := range events {
		page.Events = append(page.Events, views.TrackLine{Event: e.Event, Milestones: e.Milestones})
	}
	watch(&page.Page, ViewTracks, heads, monthTopics(heads, events)...)
	return show(c, fiber.Map{"month": month.Format("2006-01"), "events": page.Events}, views.TrackMonth(page))
}

func (a *App) trackHeads(ctx context.Context, from, to time.Time) (map[domain.Topic]int64, error) {
	ids, err := a.Store.TrackIDs(ctx, from, to)
	if err != nil {
		return nil, err
	}
	topics := make([]domain.Topic, len(ids))
	for k := range ids {
		topics[k] = domain.EventTopic(ids[k])
	}
	return a.Store.Heads(ctx, topics)
}

// monthTopics are the events of a month, each with its own counter so that nothing is
// missed, and the board: for those that come into the month, and for those beyond what
// one socket may ask for.
func monthTopics(heads map[domain.Topic]int64, events []store.TrackedEvent) []domain.Topic {
	topics := []domain.Topic{domain.TopicBoard}
	for k := range events {
		if t := domain.EventTopic(events[k].ID); heads[t] > 0 && len(topics) < maxTopics-1 { // one is the reader's own
			topics = append(topics, t)
		}
	}
	return topics
}

// ReplanTrack is PUT /events/{id}/milestones: the rules as they are now.
func (a *App) ReplanTrack(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ReplanTrack(c.UserContext(), act, id)
	})
}

func (a *App) milestoneDraft(c *fiber.Ctx) (domain.Milestone, error) {
	m := domain.Milestone{Zh: c.FormValue("title"), Crew: domain.Crew(c.FormValue("crew", string(domain.CrewCMD))), OwnerID: c.FormValue("owner_id"), KickoffID: c.FormValue("kickoff_id")}
	if m.OwnerID != "" && !plainID(m.OwnerID) {
		return m, domain.InvalidField("owner_id", "field.choose")
	}
	if m.KickoffID != "" && !plainID(m.KickoffID) {
		return m, domain.InvalidField("kickoff_id", "field.choose")
	}
	var err error
	m.DueAt, err = a.localTime(c, "due_at")
	return m, err
}

// AddMilestone is POST /events/{id}/milestones: a task, or with kickoff_id what a meeting decided.
func (a *App) AddMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		m, err := a.milestoneDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddMilestone(c.UserContext(), act, id, m)
	})
}

// ChangeMilestone is PUT /milestones/{id}.
func (a *App) ChangeMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		m, err := a.milestoneDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeMilestone(c.UserContext(), act, id, m, was)
	})
}

// FinishMilestone is PUT /milestones/{id}/done.
func (a *App) FinishMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.FinishMilestone(c.UserContext(), act, id)
	})
}

// ReopenMilestone is DELETE /milestones/{id}/done; a waiver ends by it, too.
func (a *App) ReopenMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ReopenMilestone(c.UserContext(), act, id)
	})
}

// WaiveMilestone is PUT /milestones/{id}/waiver: not needed, with a reason.
func (a *App) WaiveMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.WaiveMilestone(c.UserContext(), act, id, domain.Clean(c.FormValue("reason"), false))
	})
}

// StrikeMilestone is DELETE /milestones/{id}.
func (a *App) StrikeMilestone(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeMilestone(c.UserContext(), act, id)
	})
}

func (a *App) kickoffDraft(c *fiber.Ctx) (domain.Kickoff, error) {
	k := domain.Kickoff{Kind: domain.KickoffKind(c.FormValue("kind")), People: c.FormValue("people"), Notes: c.FormValue("notes")}
	var err error
	k.HeldAt, err = a.localTime(c, "held_at")
	return k, err
}

// AddKickoff is POST /events/{id}/kickoffs.
func (a *App) AddKickoff(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		k, err := a.kickoffDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddKickoff(c.UserContext(), act, id, k)
	})
}

// ChangeKickoff is PUT /kickoffs/{id}.
func (a *App) ChangeKickoff(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		k, err := a.kickoffDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeKickoff(c.UserContext(), act, id, k, was)
	})
}

// StrikeKickoff is DELETE /kickoffs/{id}.
func (a *App) StrikeKickoff(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeKickoff(c.UserContext(), act, id)
	})
}

// movesTracks tells whether a change shows in the month of planned tracks: a milestone, or the event itself.
func movesTracks(c *domain.Change) bool {
	return c.Subject == c.Topic || strings.HasPrefix(c.Subject, "milestone:")
}

func onTrack(subjects []string) bool {
	return len(named("milestone", subjects))+len(named("kickoff", subjects)) > 0
}

// track: the lists of the track's page.
func (f *eventView) track(subjects []string) error {
	if !onTrack(subjects) {
		return nil
	}
	list, err := f.Store.Milestones(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.TrackList(f.v, f.e, list))
	records, err := f.Store.Kickoffs(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.KickoffList(f.v, f.e, records, list))
	return nil
}

// trackCard: how far the planned track is, on the event's own page.
func (f *eventView) trackCard(subjects []string) error {
	if len(named("milestone", subjects)) == 0 {
		return nil
	}
	list, err := f.Store.Milestones(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	f.add(views.TrackCard(f.v, f.e, list))
	return nil
}
