package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// TrackRules is GET /settings/track: the rules from which planned tracks are made.
func (a *App) TrackRules(c *fiber.Ctx) error {
	ctx := c.UserContext()
	heads, err := a.Store.Heads(ctx, []domain.Topic{domain.TopicFloor})
	if err != nil {
		return err
	}
	p, err := a.page(c, "people", "steps.title")
	if err != nil {
		return err
	}
	watch(&p, ViewTrackRules, heads, domain.TopicFloor)
	rules, err := a.Store.MilestoneRules(ctx)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"rules": rules}, views.TrackRules(views.TrackRulesPage{Page: p, Steps: domain.RulesByStep(rules)}))
}

func milestoneRule(c *fiber.Ctx) (domain.MilestoneRule, error) {
	r := domain.MilestoneRule{
		Step: c.FormValue("step"), Zh: c.FormValue("zh"), En: c.FormValue("en"), Type: c.FormValue("type"),
		Levels: strings.Join(formList(c, "levels"), ""), Crew: domain.Crew(c.FormValue("crew")),
	}
	var bad domain.Invalid
	for _, x := range []struct {
		field string
		most  int
		to    *int
	}{{"days", domain.RuleDaysMost, &r.Days}, {"lead", domain.RuleLeadMost, &r.Lead}} {
		var err error
		if *x.to, err = wholeNumber(c.FormValue(x.field)); err != nil {
			bad.Add(x.field, "field.between", "min", "0", "max", strconv.Itoa(x.most))
		}
	}
	return r, bad.Err()
}

// AddTrackRule is POST /settings/track.
func (a *App) AddTrackRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		r, err := milestoneRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddMilestoneRule(c.UserContext(), act, r)
	})
}

// ChangeTrackRule is PUT /settings/track/{id}.
func (a *App) ChangeTrackRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := milestoneRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		was, err := seen(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeMilestoneRule(c.UserContext(), act, id, r, was)
	})
}

// MoveTrackRule is PUT /settings/track/{id}/position: one place up, within its step.
func (a *App) MoveTrackRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MoveMilestoneRule(c.UserContext(), act, id)
	})
}

// DeleteTrackRule is DELETE /settings/track/{id}.
func (a *App) DeleteTrackRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeleteMilestoneRule(c.UserContext(), act, id)
	})
}
