package web

import (
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// Staffing is GET /settings/staffing: how many people events need.
func (a *App) Staffing(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "staffing.title")
	if err != nil {
		return err
	}
	p.View = "staffing"
	rules, err := a.Store.StaffingRules(c.UserContext())
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	people, err := a.Store.People(c.UserContext())
	if err != nil {
		return err
	}
	p.Back = backToPeople(&p, "/people")
	page := views.StaffingPage{Page: p, Rules: rules, DayHours: site.DayHours, People: people, Keys: peopleKeys(people)}
	return show(c, fiber.Map{"rules": rules, "day_hours": site.DayHours}, views.Staffing(page))
}

// backToPeople leads back to where only who keeps people may go, the others to the events.
func backToPeople(p *views.Page, path string) string {
	if p.Person.Can(domain.RightPeople) {
		return path
	}
	return "/events"
}

// SetDayHours is PUT /settings/staffing.
func (a *App) SetDayHours(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		n, err := wholeNumber(c.FormValue("day_hours"))
		if err != nil {
			return domain.Receipt{}, domain.InvalidField("day_hours", "field.between", "min", "1", "max", "24")
		}
		return a.Store.SetDayHours(c.UserContext(), act, n)
	})
}

func staffingRule(c *fiber.Ctx) (domain.StaffingRule, error) {
	r := domain.StaffingRule{Crew: domain.Crew(c.FormValue("crew")), Skill: domain.Skill(c.FormValue("skill"))}
	var bad domain.Invalid
	for _, x := range []struct {
		field, key string
		to         *int
	}{{"level", "event.level_range", &r.Level}, {"heads_from", "event.heads_range", &r.HeadsFrom}, {"needed", "staffing.needed_range", &r.Needed}} {
		var err error
		if *x.to, err = wholeNumber(c.FormValue(x.field)); err != nil {
			bad.Add(x.field, x.key)
		}
	}
	return r, bad.Err()
}

// AddStaffingRule is POST /settings/staffing.
func (a *App) AddStaffingRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		r, err := staffingRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddStaffingRule(c.UserContext(), act, r)
	})
}

// ChangeStaffingRule is PUT /settings/staffing/{id}.
func (a *App) ChangeStaffingRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := staffingRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeStaffingRule(c.UserContext(), act, id, r)
	})
}

// DeleteStaffingRule is DELETE /settings/staffing/{id}.
func (a *App) DeleteStaffingRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeleteStaffingRule(c.UserContext(), act, id)
	})
}

// Availability is GET /people/{id}/availability: what somebody can do, and when.
func (a *App) Availability(c *fiber.Ctx) error {
	x, err := a.Store.Person(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	p, err := a.page(c, "people", "availability.title", "name", x.Name)
	if err != nil {
		return err
	}
	p.View = "staffing"
	p.Back = backToPeople(&p, "/people/"+x.ID)
	page := views.AvailabilityPage{Page: p, ID: x.ID, Name: x.Name, Crew: x.Crew}
	if page.Skills, page.Entries, err = a.Store.Availability(c.UserContext(), x.ID); err != nil {
		return err
	}
	return show(c, fiber.Map{"person_id": x.ID, "skills": page.Skills, "roster": page.Entries}, views.Availability(page))
}

// AddSkill is POST /people/{id}/skills.
func (a *App) AddSkill(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AddSkill(c.UserContext(), act, id, domain.PersonSkill{
			Skill: domain.Skill(c.FormValue("skill")), Certificate: c.FormValue("certificate"), ExpiresOn: c.FormValue("expires_on"),
		})
	})
}

// RemoveSkill is DELETE /skills/{id}.
func (a *App) RemoveSkill(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RemoveSkill(c.UserContext(), act, id)
	})
}

// AddRosterEntry is POST /people/{id}/roster.
func (a *App) AddRosterEntry(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		x := domain.RosterEntry{Kind: domain.EntryKind(c.FormValue("kind")), Note: c.FormValue("note")}
		var err error
		if x.FromAt, err = a.localTime(c, "from_at"); err != nil {
			return domain.Receipt{}, err
		}
		if x.TillAt, err = a.localTime(c, "till_at"); err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddRosterEntry(c.UserContext(), act, id, x)
	})
}

// RemoveRosterEntry is DELETE /roster/{id}.
func (a *App) RemoveRosterEntry(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RemoveRosterEntry(c.UserContext(), act, id)
	})
}
