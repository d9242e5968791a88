package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Intake is GET /intake: what there is on a day, tomorrow if none is named, what each
// event lacks, and what was done of the intake.
func (a *App) Intake(c *fiber.Ctx) error {
	ctx := c.UserContext()
	day, err := a.dayOf(ctx, c.Query("day", "tomorrow"))
	if err != nil {
		return err
	}
	heads, err := a.Store.Heads(ctx, []domain.Topic{domain.TopicFloor})
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "intake.title")
	if err != nil {
		return err
	}
	watch(&p, ViewIntake, heads, domain.TopicFloor)
	site, err := a.Store.Site(ctx)
	if err != nil {
		return err
	}
	events, done, err := a.Store.Intake(ctx, day)
	if err != nil {
		return err
	}
	page := views.IntakePage{Page: p, Day: day}
	page.At, _ = domain.ParseDay(day, a.Loc)
	for k := range events {
		e := &events[k]
		page.Events = append(page.Events, views.IntakeEvent{Event: e.Event, Lacks: domain.Lacks(&e.Event, e.People)})
	}
	for _, step := range domain.Steps {
		s := views.IntakeStep{Step: step, DueAt: site.StepDue(day, step, a.Loc), Late: site.StepLate(day, step, p.Now, a.Loc)}
		for k := range done {
			if done[k].Step == step {
				s.Done = &done[k]
			}
		}
		page.Steps = append(page.Steps, s)
	}
	if page.Board, err = a.Store.Board(ctx, day); err != nil {
		return err
	}
	return show(c, fiber.Map{"day": day, "events": page.Events, "steps": page.Steps}, views.Intake(page))
}

// TakeIn is PUT /intake/{day}/{step}; none says that there is nothing on that day.
func (a *App) TakeIn(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.TakeIn(c.UserContext(), act, c.Params("day"), domain.Step(c.Params("step")), c.FormValue("none") != "")
	return a.reply(c, r, err)
}

// TakeBack is DELETE /intake/{day}/{step}.
func (a *App) TakeBack(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.TakeBack(c.UserContext(), act, c.Params("day"), domain.Step(c.Params("step")))
	return a.reply(c, r, err)
}

// dayAhead are a person's boards of today and tomorrow and, for who keeps it, the
// intake of tomorrow: from half an hour before its time on, until it is done.
func (a *App) dayAhead(ctx context.Context, page *views.TodayPage) error {
	today, tomorrow := domain.SiteDay(page.Now, a.Loc), domain.SiteDay(page.Now.In(a.Loc).AddDate(0, 0, 1), a.Loc)
	boards, err := a.Store.MyBoards(ctx, page.Person.ID, today, tomorrow)
	if err != nil {
		return err
	}
	for _, b := range boards {
		page.Boards = append(page.Boards, views.TodayBoard{ID: b.ID, Day: b.Day, Tomorrow: b.Day == tomorrow, No: b.No, SeenAt: b.SeenAt})
	}
	if !page.Person.Can(domain.RightPublish) {
		return nil
	}
	site, err := a.Store.Site(ctx)
	if err != nil {
		return err
	}
	if site.IntakeAt == domain.IntakeNever {
		return nil
	}
	steps, err := a.Store.IntakeSteps(ctx, tomorrow)
	if err != nil {
		return err
	}
	for _, step := range domain.Steps {
		done := false
		for k := range steps {
			done = done || steps[k].Step == step
		}
		if due := site.StepDue(tomorrow, step, a.Loc); !done && !page.Now.Before(due.Add(-views.IntakeShown)) {
			page.Intake = &views.TodayIntake{Day: tomorrow, Step: step, DueAt: due, Late: site.StepLate(tomorrow, step, page.Now, a.Loc)}
			return nil
		}
	}
	return nil
}
