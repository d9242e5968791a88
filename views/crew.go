package views

import (
	"strconv"
	"strings"

	"huiwu/server/domain"
)

// CrewPage is GET /events/{id}/crew.
type CrewPage struct {
	Page
	Event   domain.Event
	Plan    domain.CrewPlan
	Sources []domain.Event // whose crews can be copied, those most like it first
}

// StaffingPage is GET /settings/staffing.
type StaffingPage struct {
	Page
	Rules    []domain.StaffingRule
	DayHours int
	People   []domain.Person
	Keys     map[string]string // see EventForm.Keys
}

// level are the rules of one level.
func (p StaffingPage) level(n int) []domain.StaffingRule {
	var list []domain.StaffingRule
	for _, r := range p.Rules {
		if r.Level == n {
			list = append(list, r)
		}
	}
	return list
}

// AvailabilityPage is GET /people/{id}/availability.
type AvailabilityPage struct {
	Page
	ID, Name string
	Crew     domain.Crew
	Skills   []domain.PersonSkill
	Entries  []domain.RosterEntry
}

// hours are minutes in words: "6.5 小时".
func hours(c Ctx, minutes int) string {
	n := strconv.FormatFloat(float64(minutes)/60, 'f', 1, 64)
	return c.T("crew.hours", "n", strings.TrimSuffix(n, ".0"))
}

// whenSpan is from when till when, with the days that are not today.
func whenSpan(c Ctx, s domain.Span) string {
	till := c.Clock(s.Till)
	if !c.SameDay(s.From, s.Till) {
		till = c.When(s.Till)
	}
	return c.When(s.From) + "–" + till
}

// planWords say what stands in a person's way.
func planWords(c Ctx, w *domain.PlanWarning) string {
	var args []string
	if w.Span != nil {
		args = append(args, "time", whenSpan(c, *w.Span), "day", c.Day(w.Span.From))
	}
	switch w.Kind {
	case domain.TroubleAway:
		args = append(args, "what", c.T("entry."+string(w.Entry)))
	case domain.TroubleDouble:
		args = append(args, "event", w.Event)
	case domain.TroubleCertificate:
		args = append(args, "skill", skillName(c, w.Skill, w.Certificate), "day", w.Day)
	case domain.TroubleHours:
		args = append(args, "n", hours(c, w.Minutes))
	}
	return c.T("trouble."+string(w.Kind), args...)
}

// skillName is the skill, or the certificate that names it.
func skillName(c Ctx, s domain.Skill, certificate string) string {
	if s == domain.SkillOther {
		return certificate
	}
	return c.T("skill." + string(s))
}

// personFacts are what a planner wants to know of a person in one line.
func personFacts(c Ctx, p *domain.Planned, crew domain.Crew) string {
	parts := []string{p.AtPost}
	if p.Backup {
		parts = append(parts, c.T("crew.backup"))
	}
	if p.Crew != crew {
		parts = append(parts, wordOf(c, "crew_short.", string(p.Crew)))
	}
	parts = append(parts, hours(c, p.Minutes))
	for _, s := range p.Skills {
		parts = append(parts, skillName(c, s.Skill, s.Certificate))
	}
	return joinDots(parts...)
}

// whoStands are those on duty at a post, or those who stand by for it.
func whoStands(c Ctx, b *domain.PostBoard, backup bool) string {
	var names []string
	for k := range b.Duties {
		if d := &b.Duties[k]; d.Backup == backup && d.State != domain.DutyReplaced {
			names = append(names, c.Name(d.PersonID))
		}
	}
	return strings.Join(names, c.T("ui.comma"))
}

// backupOptions are who could stand by at a post: those in the crew, and those who could come.
func backupOptions(n *domain.CrewNeed, b *domain.PostBoard) []option {
	var list []option
	for _, group := range [][]domain.Planned{n.People, n.Free} {
		for k := range group {
			p := &group[k]
			at := false
			for _, d := range b.Duties {
				at = at || d.PersonID == p.PersonID
			}
			if !at {
				list = append(list, option{p.PersonID, p.Name})
			}
		}
	}
	return list
}

func sourceOptions(c Ctx, e *domain.Event, list []domain.Event) []option {
	options := []option{{"", c.T("crew.last_like")}}
	for k := range list {
		x := &list[k]
		words := joinDots(c.Day(x.StartAt), x.Name, c.T("level."+strconv.Itoa(x.Level)))
		if x.Type == e.Type && x.Level == e.Level {
			words += " " + c.T("crew.alike")
		}
		options = append(options, option{x.ID, words})
	}
	return options
}

func plannedCrews(c Ctx) []option {
	var list []option
	for _, k := range domain.Crews {
		if k != domain.CrewCMD {
			list = append(list, option{string(k), c.T("crew." + string(k))})
		}
	}
	return list
}

func skillOptions(c Ctx, none string, other bool) []option {
	var list []option
	if none != "" {
		list = append(list, option{"", none})
	}
	for _, s := range domain.Skills {
		if s != domain.SkillOther || other {
			list = append(list, option{string(s), c.T("skill." + string(s))})
		}
	}
	return list
}

func entryOptions(c Ctx) []option {
	var list []option
	for _, k := range domain.EntryKinds {
		list = append(list, option{string(k), c.T("entry." + string(k))})
	}
	return list
}

// staffingWords are a rule in words.
func staffingWords(c Ctx, r *domain.StaffingRule) string {
	return joinDots(c.T("crew."+string(r.Crew)), c.T("staffing.from", "n", strconv.Itoa(r.HeadsFrom)))
}

func staffingFill(c Ctx, r *domain.StaffingRule) string {
	return fill(map[string]string{
		"level": strconv.Itoa(r.Level), "crew": string(r.Crew), "heads_from": strconv.Itoa(r.HeadsFrom), "needed": strconv.Itoa(r.Needed), "skill": string(r.Skill), "rule": staffingWords(c, r),
	})
}

// was is what a page says of a crew's lead: see web.noLead.
func wasLead(n *domain.CrewNeed) string {
	if id := n.Lead(); id != "" {
		return id
	}
	return "-"
}
