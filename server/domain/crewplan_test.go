package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

// zone is a place where clocks are turned; they go forward at 02:00 on 2026-03-29 and back at 03:00 on 2026-10-25.
// talk is an event of a level from and till those local times, without a reception.
func talk(t *testing.T, id string, loc *time.Location, level int, from, till string) *domain.Event {
	t.Helper()
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
		if err != nil {
			t.Fatal(err)
		}
		return x.UTC()
	}
	return &domain.Event{ID: id, Number: "EV-" + id, Name: "会 " + id, Level: level, Heads: 12, Secrecy: domain.SecrecyNormal, StartAt: at(from), EndAt: at(till)}
}

// planOf says how the plan sees a person: his kinds of trouble, "!" where they stop him, and his minutes.
func planOf(b *domain.CrewBook, crew domain.Crew, person string) string {
	plan := b.Plan()
	n := plan.Of(crew)
	for _, group := range [][]domain.Planned{n.People, n.Free, n.Others} {
		for k := range group {
			if p := &group[k]; p.PersonID == person {
				var words []string
				for _, w := range p.Warnings {
					words = append(words, string(w.Kind)+map[bool]string{true: "!"}[w.Stops])
				}
				return strings.TrimSpace(fmt.Sprint(strings.Join(words, " "), " ", p.Minutes))
			}
		}
	}
	return "nowhere"
}

func book(e *domain.Event, loc *time.Location) *domain.CrewBook {
	return &domain.CrewBook{
		Event: e, Rules: domain.UsualStaffing(), DayHours: 10, Loc: loc,
		People: []domain.Person{
			{ID: "a", Name: "甲", Role: domain.RoleCrewMember, Crew: domain.CrewSVC},
			{ID: "b", Name: "乙", Role: domain.RoleCrewMember, Crew: domain.CrewSVC},
			{ID: "c", Name: "丙", Role: domain.RoleCrewMember, Crew: domain.CrewENG},
			{ID: "w", Name: "屏", Role: domain.RoleBoard},
		},
	}
}

func TestBusy(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 1, "2026-03-18 09:30", "2026-03-18 11:50")
	arrival := e.StartAt.Add(-50 * time.Minute)
	e.ArrivalAt = &arrival
	show := func() string {
		b := e.Busy()
		return b.From.In(loc).Format("15:04") + "–" + b.Till.In(loc).Format("15:04")
	}
	equal(t, "90 minutes before the first guest, until all have left", show(), "07:10–12:05")
	e.Level = 4
	equal(t, "level 4", show(), "08:10–12:05")
	left := e.EndAt.Add(40 * time.Minute)
	e.LeftAt = &left
	equal(t, "they stayed", show(), "08:10–12:30")
}

func TestDoubleBooking(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	for _, x := range []struct {
		name       string
		from, till string // of the other event
		want       string // of who is on it
	}{
		{"the day before", "2026-03-17 09:00", "2026-03-17 11:00", "165"},
		{"over before this is set up", "2026-03-18 06:00", "2026-03-18 09:15", "405"},
		{"its guests leave while this is set up", "2026-03-18 06:00", "2026-03-18 09:16", "double! 405"},
		{"set up while this goes on", "2026-03-18 12:44", "2026-03-18 14:00", "double! 285"},
		{"set up when this is over", "2026-03-18 12:45", "2026-03-18 14:00", "285"},
		{"all day long", "2026-03-18 08:00", "2026-03-18 19:00", "double! hours 705"},
	} {
		e := talk(t, "e", loc, 4, "2026-03-18 10:00", "2026-03-18 12:00")
		b := book(e, loc)
		b.Others = []domain.Booking{{PersonID: "a", Event: talk(t, "o", loc, 4, x.from, x.till)}}
		equal(t, x.name, planOf(b, domain.CrewSVC, "a"), x.want)
		equal(t, x.name+": the other one", planOf(b, domain.CrewSVC, "b"), "165")
	}
}

// Supervisors and the control room serve all events at once.
func TestWhoServesEverywhere(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 1, "2026-03-18 10:00", "2026-03-18 12:00")
	b := book(e, loc)
	b.People = append(b.People, domain.Person{ID: "v", Name: "监", Role: domain.RoleControlRoom, Crew: domain.CrewCTL})
	b.Others = []domain.Booking{{PersonID: "v", Event: talk(t, "o", loc, 4, "2026-03-18 10:00", "2026-03-18 12:00")}}
	equal(t, "control room", planOf(b, domain.CrewCTL, "v"), "225")
	b.Others[0].PersonID = "a"
	equal(t, "an attendant", planOf(b, domain.CrewSVC, "a"), "double! 225")
}

func TestPlanOverMidnight(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 4, "2026-03-18 21:30", "2026-03-19 00:45") // busy 21:00–01:00
	b := book(e, loc)
	equal(t, "the fuller of the two days", planOf(b, domain.CrewSVC, "a"), "180")
	b.Others = []domain.Booking{{PersonID: "a", Event: talk(t, "o", loc, 4, "2026-03-18 11:00", "2026-03-18 20:45")}} // busy 10:30–21:00: ten and a half hours, then three more
	equal(t, "both on the first day", planOf(b, domain.CrewSVC, "a"), "hours 810")
	b.Others = []domain.Booking{{PersonID: "a", Event: talk(t, "o", loc, 4, "2026-03-19 01:15", "2026-03-19 03:00")}} // busy from 00:45
	equal(t, "the night after, before this one is over", planOf(b, domain.CrewSVC, "a"), "double! 195")
	b.Others = nil
	b.Calendar = []domain.RosterEntry{{PersonID: "a", Kind: domain.EntryLeave, FromAt: e.StartAt.Add(150 * time.Minute), TillAt: e.StartAt.Add(48 * time.Hour)}} // from midnight
	equal(t, "on leave from the day on which it ends", planOf(b, domain.CrewSVC, "a"), "away! 180")
	b.Calendar = []domain.RosterEntry{{PersonID: "a", Kind: domain.EntryShift, FromAt: e.StartAt.Add(-5 * time.Hour), TillAt: e.StartAt.Add(90 * time.Minute)}}
	equal(t, "his shift ends before midnight", planOf(b, domain.CrewSVC, "a"), "shift! 180")
	b.Calendar = append(b.Calendar, domain.RosterEntry{PersonID: "a", Kind: domain.EntryShift, FromAt: e.StartAt.Add(90 * time.Minute), TillAt: e.StartAt.Add(9 * time.Hour)})
	equal(t, "and the next begins", planOf(b, domain.CrewSVC, "a"), "180")
}

// On the two nights on which clocks are turned an event is as long as it is, not as the clocks say.
func TestPlanWhenClocksAreTurned(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	for _, x := range []struct{ name, from, till, want string }{
		{"forward: 01:00–04:00 are two hours", "2026-03-29 01:00", "2026-03-29 04:00", "165"},
		{"back: 01:00–04:00 are four hours", "2026-10-25 01:00", "2026-10-25 04:00", "285"},
		{"back: a day of 25 hours is longer than one event keeps anybody: crews take turns", "2026-10-25 00:30", "2026-10-25 23:45", "480"},
		{"forward: nearly the whole day of 23 hours", "2026-03-29 00:30", "2026-03-29 23:45", "hours 1380"},
	} {
		equal(t, x.name, planOf(book(talk(t, "e", loc, 4, x.from, x.till), loc), domain.CrewSVC, "a"), x.want)
	}
	// A leave until midnight of the long day ends when that day does.
	e := talk(t, "e", loc, 4, "2026-10-26 00:30", "2026-10-26 02:00")
	b := book(e, loc)
	day, _ := domain.ParseDay("2026-10-25", loc)
	b.Calendar = []domain.RosterEntry{{PersonID: "a", Kind: domain.EntryLeave, FromAt: day.UTC(), TillAt: day.UTC().Add(25 * time.Hour)}}
	equal(t, "back at work at midnight", planOf(b, domain.CrewSVC, "a"), "135")
	b.Calendar[0].TillAt = b.Calendar[0].TillAt.Add(time.Minute)
	equal(t, "a minute later", planOf(b, domain.CrewSVC, "a"), "away! 135")
}

func TestPlanOfSeveralDays(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 1, "2026-03-18 09:00", "2026-03-20 17:00")
	b := book(e, loc)
	equal(t, "crews take turns", planOf(b, domain.CrewSVC, "a"), "480")
	b.Others = []domain.Booking{{PersonID: "a", Event: talk(t, "o", loc, 4, "2026-03-19 18:00", "2026-03-19 20:00")}}
	equal(t, "and two hours on one of the days", planOf(b, domain.CrewSVC, "a"), "double! hours 645")
	b.Others = nil
	b.Calendar = []domain.RosterEntry{{PersonID: "a", Kind: domain.EntryShift, FromAt: e.StartAt, TillAt: e.StartAt.Add(8 * time.Hour)}}
	equal(t, "a shift covers its own part", planOf(b, domain.CrewSVC, "a"), "480")
}

func TestCertificates(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 1, "2026-03-18 09:00", "2026-03-18 11:00")
	b := book(e, loc)
	skill := func(person string, s domain.Skill, until string) {
		b.Skills = append(b.Skills, domain.PersonSkill{PersonID: person, Skill: s, ExpiresOn: until})
	}
	skill("c", "av", "2026-03-17")
	equal(t, "ended the day before, and is asked for", planOf(b, domain.CrewENG, "c"), "certificate! 225")
	b.Skills[0].ExpiresOn = "2026-03-18"
	equal(t, "its last good day", planOf(b, domain.CrewENG, "c"), "225")
	skill("c", "driving", "2025-01-01")
	equal(t, "another one, which nobody asks for", planOf(b, domain.CrewENG, "c"), "certificate 225")
	equal(t, "of another crew and without it", planOf(b, domain.CrewENG, "a"), "nowhere")
	skill("a", "av", "")
	equal(t, "of another crew and with it", planOf(b, domain.CrewENG, "a"), "225")
	plan := b.Plan()
	equal(t, "his own crew first", plan.Of(domain.CrewENG).Free[0].PersonID, "c")
	b.Assigned = []domain.Assignment{{PersonID: "b", Crew: domain.CrewENG}}
	plan = b.Plan()
	equal(t, "nobody there can", plan.Of(domain.CrewENG).Unfit, true)
	b.Assigned = append(b.Assigned, domain.Assignment{PersonID: "c", Crew: domain.CrewENG})
	plan = b.Plan()
	equal(t, "somebody there can", plan.Of(domain.CrewENG).Unfit, false)
}

func TestPlanSums(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 3, "2026-03-18 09:00", "2026-03-18 11:00")
	e.CommanderID, e.Heads = "b", 40
	b := book(e, loc)
	b.People[2].Disabled = true
	b.Assigned = []domain.Assignment{{PersonID: "b", Crew: domain.CrewSVC}, {PersonID: "c", Crew: domain.CrewENG, Lead: true, Seq: 7}}
	gate := domain.Post{ID: "p", Code: "Z01", Name: "东门", Crew: domain.CrewENG, Key: true}
	b.Posts = []domain.PostBoard{{Post: gate, Duties: []domain.Duty{{PersonID: "c", State: domain.DutyPlanned}}}}
	plan := b.Plan()
	svc, eng := plan.Of(domain.CrewSVC), plan.Of(domain.CrewENG)
	equal(t, "attendants", fmt.Sprint(svc.Needed, len(svc.People), svc.Gap(), svc.Idle()), "2 0 2 false")
	equal(t, "the commander stands in no crew, and is not offered", planOf(b, domain.CrewSVC, "b"), "nowhere")
	equal(t, "engineers", fmt.Sprintf("%d %d %d %s %d %s", eng.Needed, len(eng.People), eng.Gap(), eng.Lead(), eng.Backups, eng.People[0].AtPost), "1 1 0 c 1 Z01 东门")
	equal(t, "his account is shut", planOf(b, domain.CrewENG, "c"), "shut! 165")
	equal(t, "sums", fmt.Sprint(plan.Needed, plan.Assigned, plan.Gap, plan.Warned, plan.Backups), "7 1 6 1 1") // 2 SVC, 2 SEC, 1 CLN, 1 ENG, 1 ADM
	equal(t, "photographers at level 3", fmt.Sprint(plan.Of(domain.CrewPHO).Needed, plan.Of(domain.CrewPHO).Idle()), "0 true")
	b.Posts[0].Duties = append(b.Posts[0].Duties, domain.Duty{PersonID: "a", Backup: true})
	equal(t, "with a backup", b.Plan().Backups, 0)
}

func TestCopyCrew(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	e := talk(t, "e", loc, 4, "2026-03-18 09:00", "2026-03-18 11:00")
	b := book(e, loc)
	b.Assigned = []domain.Assignment{{PersonID: "a", Crew: domain.CrewSVC, Lead: true}}
	b.Calendar = []domain.RosterEntry{{PersonID: "c", Kind: domain.EntryTraining, FromAt: e.StartAt, TillAt: e.EndAt}}
	take, skipped := b.CopyCrew([]domain.Assignment{
		{PersonID: "a", Crew: domain.CrewCLN}, {PersonID: "b", Crew: domain.CrewSVC, Lead: true, Post: "Z01", Seq: 9}, {PersonID: "c", Crew: domain.CrewENG}, {PersonID: "gone", Crew: domain.CrewENG},
	})
	equal(t, "who is here stays as he is; the crew keeps its lead", fmt.Sprint(take), fmt.Sprint([]domain.Assignment{{EventID: "e", PersonID: "b", Crew: domain.CrewSVC}}))
	equal(t, "who cannot", len(skipped) == 1 && skipped[0].PersonID == "c", true)
}

func TestStaffingOf(t *testing.T) {
	rules := domain.UsualStaffing()
	for _, x := range []struct {
		level, heads int
		photo        bool
		want         string
	}{
		{1, 60, false, "SUP1 SVC6 SEC10 CLN4 ENG3 CTL2 ADM1 PHO1 LDR1"}, // §4.2 of the domain notes, with the commander 30
		{4, 12, false, "SVC1 CLN1 ENG1"},                                // §4.3
		{2, 30, false, "SUP1 SVC2 SEC3 CLN2 ENG1 CTL1 ADM1 LDR1"},
		{2, 31, true, "SUP1 SVC4 SEC5 CLN2 ENG2 CTL1 ADM1 PHO1 LDR1"},
		{3, 0, true, "SVC1 SEC1 CLN1 ENG1 ADM1"},
		{1, 100000, false, "SUP1 SVC10 SEC14 CLN6 ENG4 CTL2 ADM2 PHO1 LDR1"},
	} {
		var list []string
		for _, c := range domain.Crews {
			if r := domain.StaffingOf(rules, &domain.Event{Level: x.level, Heads: x.heads, Photo: x.photo}, c); r.Needed > 0 {
				list = append(list, fmt.Sprint(c, r.Needed))
			}
		}
		equal(t, fmt.Sprint(x.level, x.heads), strings.Join(list, " "), x.want)
	}
	for _, x := range []struct {
		name   string
		change func(r *domain.StaffingRule)
		want   string
	}{
		{"good", func(*domain.StaffingRule) {}, ""},
		{"level", func(r *domain.StaffingRule) { r.Level = 5 }, "level:event.level_range"},
		{"the commander", func(r *domain.StaffingRule) { r.Crew = domain.CrewCMD }, "crew:field.choose"},
		{"heads", func(r *domain.StaffingRule) { r.HeadsFrom = 100001 }, "heads_from:event.heads_range"},
		{"needed", func(r *domain.StaffingRule) { r.Needed = -1 }, "needed:staffing.needed_range"},
		{"a skill that has no name", func(r *domain.StaffingRule) { r.Skill = domain.SkillOther }, "skill:field.choose"},
	} {
		r := rules[0]
		x.change(&r)
		equal(t, x.name, refusal(r.Check()), x.want)
	}
	for _, r := range rules {
		equal(t, r.ID, refusal(r.Check()), "")
	}
}

func TestSkillsAndDates(t *testing.T) {
	for _, x := range []struct {
		skill domain.PersonSkill
		want  string
	}{
		{domain.PersonSkill{Skill: "av"}, ""},
		{domain.PersonSkill{Skill: "av", Certificate: " 甲 1 ", ExpiresOn: "2026-02-28"}, ""},
		{domain.PersonSkill{Skill: "magic"}, "skill:field.choose"},
		{domain.PersonSkill{Skill: domain.SkillOther}, "certificate:field.required"},
		{domain.PersonSkill{Skill: "av", ExpiresOn: "2026-02-30"}, "expires_on:roster.date"},
		{domain.PersonSkill{Skill: "av", Certificate: strings.Repeat("证", 61)}, "certificate:field.too_long"},
	} {
		equal(t, fmt.Sprint(x.skill), refusal(x.skill.Check()), x.want)
	}
	at := time.Date(2026, 3, 18, 1, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		entry domain.RosterEntry
		want  string
	}{
		{domain.RosterEntry{Kind: domain.EntryLeave, FromAt: at, TillAt: at.Add(time.Hour)}, ""},
		{domain.RosterEntry{Kind: "holiday", FromAt: at, TillAt: at.Add(time.Hour)}, "kind:field.choose"},
		{domain.RosterEntry{Kind: domain.EntryLeave, TillAt: at}, "from_at:field.time"},
		{domain.RosterEntry{Kind: domain.EntryLeave, FromAt: at}, "till_at:field.time"},
		{domain.RosterEntry{Kind: domain.EntryLeave, FromAt: at, TillAt: at}, "till_at:roster.end_before_start"},
		{domain.RosterEntry{Kind: domain.EntryLeave, FromAt: at, TillAt: at.AddDate(2, 0, 0)}, "till_at:roster.too_long"},
	} {
		equal(t, fmt.Sprint(x.entry), refusal(x.entry.Check()), x.want)
	}
}
