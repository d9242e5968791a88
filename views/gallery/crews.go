package gallery

import (
	"time"

	"huiwu/server/domain"
)

// crewPlan has a crew that lacks people, with every trouble that a row can show; one
// that is complete, has a lead and a post without a backup; one with one too many; and
// those that are not needed.
func (s set) crewPlan() domain.CrewPlan {
	e := s.event
	e.Level, e.Heads = 1, 40
	person := func(id string, crew domain.Crew, name string) domain.Person {
		return domain.Person{ID: id, Name: name, Role: domain.RoleCrewMember, Crew: crew}
	}
	busy := e.Busy()
	other := e
	other.ID, other.Name, other.Secrecy = "other", s.long(), domain.SecrecyNormal
	shut := person("p1", domain.CrewSVC, s.guest(4).Name)
	shut.Disabled = true
	b := domain.CrewBook{
		Event: &e, DayHours: 1, Loc: s.Loc,
		Rules: []domain.StaffingRule{
			{ID: "1", Level: 1, Crew: domain.CrewSVC, Needed: 6, Skill: "health"}, {ID: "2", Level: 1, Crew: domain.CrewENG, Needed: 1, Skill: "av"}, {ID: "3", Level: 1, Crew: domain.CrewADM, Needed: 1},
		},
		People: []domain.Person{
			shut, person("p2", domain.CrewSVC, s.long()), person("p3", domain.CrewSVC, s.guest(0).Name), person("p4", domain.CrewSVC, s.guest(1).Name), person("p5", domain.CrewSVC, s.guest(2).Name),
			person("p6", domain.CrewENG, s.guest(3).Name), person("p7", domain.CrewADM, s.guest(0).Name), person("p8", domain.CrewADM, s.guest(1).Name),
		},
		Assigned: []domain.Assignment{
			{PersonID: "p1", Crew: domain.CrewSVC},
			{PersonID: "p2", Crew: domain.CrewSVC, Lead: true},
			{PersonID: "p3", Crew: domain.CrewSVC},
			{PersonID: "p6", Crew: domain.CrewENG, Lead: true},
			{PersonID: "p7", Crew: domain.CrewADM},
			{PersonID: "p8", Crew: domain.CrewADM},
		},
		Others: []domain.Booking{{PersonID: "p2", Event: &other}, {PersonID: "p5", Event: &other}},
		Skills: []domain.PersonSkill{
			{PersonID: "p2", Skill: "health", ExpiresOn: "2020-01-01"}, {PersonID: "p4", Skill: "health"}, {PersonID: "p6", Skill: "av"}, {PersonID: "p3", Skill: domain.SkillOther, Certificate: s.long()},
		},
		Calendar: []domain.CalendarEntry{
			{PersonID: "p2", Kind: domain.EntryLeave, FromAt: busy.From, TillAt: busy.Till}, {PersonID: "p3", Kind: domain.EntryShift, FromAt: busy.From.Add(-time.Hour), TillAt: busy.From.Add(time.Hour)},
		},
		Posts: []domain.PostBoard{
			{Post: domain.Post{ID: "q1", Code: "Z12", Name: s.long(), Crew: domain.CrewENG, Key: true}, Duties: []domain.Duty{{PersonID: "p6", State: domain.DutyPlanned}}},
			{Post: domain.Post{ID: "q2", Code: "Z13", Name: s.T("position.gate"), Crew: domain.CrewENG}},
		},
	}
	return b.Plan()
}
