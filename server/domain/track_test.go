package domain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func steps(list []domain.Milestone) string {
	var names []string
	for _, m := range list {
		names = append(names, m.Step)
	}
	return strings.Join(names, " ")
}

func TestMilestonesByTypeAndLevel(t *testing.T) {
	rules := domain.UsualMilestoneRules()
	at := time.Date(2026, 5, 20, 1, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		kind  string
		level int
		want  string
	}{
		{"visit", 1, "kickoff topic plan agenda lodging venue letters names papers rehearsal"},
		{"meeting", 2, "kickoff topic plan agenda lodging venue letters names papers rehearsal"},
		{"meeting", 3, "kickoff topic plan agenda venue letters papers"},
		{"signing", 3, "kickoff topic plan agenda venue letters papers rehearsal"},
		{"meeting", 4, ""},
		{"training", 4, "letters papers"},
	} {
		list := domain.MilestonesFor(rules, &domain.Event{Type: x.kind, Level: x.level, StartAt: at}, time.UTC)
		if got := steps(list); got != x.want {
			t.Errorf("%s of level %d: %q, want %q", x.kind, x.level, got, x.want)
		}
		for _, m := range list {
			if m.StartAt.After(m.DueAt) || !m.DueAt.Before(at) || !m.Crew.Valid() {
				t.Errorf("%s of level %d: %+v", x.kind, x.level, m)
			}
		}
	}
	kickoff := func(kind string) time.Time {
		return domain.MilestonesFor(rules, &domain.Event{Type: kind, Level: 3, StartAt: at}, time.UTC)[0].DueAt
	}
	if d := kickoff("meeting").Sub(kickoff("conference")); d != 10*24*time.Hour {
		t.Error("a conference is begun ten days earlier: ", d)
	}
}

// Days are those of the calendar on site: the clocks change between, and midnight lies between arrival and start.
func TestMilestoneDates(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	shanghai := time.FixedZone("UTC+8", 8*3600)
	rule := []domain.MilestoneRule{{Step: "x", Levels: "1", Days: 1, Lead: 2}}
	arrival := time.Date(2026, 5, 20, 23, 50, 0, 0, shanghai)
	for name, x := range map[string]struct {
		e          domain.Event
		loc        *time.Location
		start, due string
	}{
		"summer time begins within": {domain.Event{StartAt: time.Date(2026, 3, 30, 9, 0, 0, 0, berlin)}, berlin, "2026-03-27T09:00:00+01:00", "2026-03-29T17:00:00+02:00"},
		"and ends within":           {domain.Event{StartAt: time.Date(2026, 10, 26, 0, 30, 0, 0, berlin)}, berlin, "2026-10-23T09:00:00+02:00", "2026-10-25T17:00:00+01:00"},
		"just after midnight":       {domain.Event{StartAt: time.Date(2026, 5, 21, 0, 10, 0, 0, shanghai)}, shanghai, "2026-05-18T09:00:00+08:00", "2026-05-20T17:00:00+08:00"},
		"guests come before it":     {domain.Event{ArrivalAt: &arrival, StartAt: arrival.Add(20 * time.Minute)}, shanghai, "2026-05-17T09:00:00+08:00", "2026-05-19T17:00:00+08:00"},
		"over the turn of the year": {domain.Event{StartAt: time.Date(2027, 1, 1, 9, 0, 0, 0, shanghai)}, shanghai, "2026-12-29T09:00:00+08:00", "2026-12-31T17:00:00+08:00"},
	} {
		x.e.Level = 1
		m := domain.MilestonesFor(rule, &x.e, x.loc)[0]
		if start, due := m.StartAt.In(x.loc).Format(time.RFC3339), m.DueAt.In(x.loc).Format(time.RFC3339); start != x.start || due != x.due {
			t.Errorf("%s: %s to %s, want %s to %s", name, start, due, x.start, x.due)
		}
		if m.DueAt.Location() != time.UTC {
			t.Error(name, ": not UTC")
		}
	}
}

func TestMilestoneStates(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	m := domain.Milestone{Kind: domain.MilestoneStep, Status: domain.MilestoneOpen, StartAt: now, DueAt: now.Add(time.Hour)}
	for d, want := range map[time.Duration]string{-time.Minute: "ahead", 0: "running", time.Hour: "running", 61 * time.Minute: "late"} {
		if got := m.State(now.Add(d)); got != want {
			t.Errorf("after %s: %s, want %s", d, got, want)
		}
	}
	by := domain.Doing{By: "a", At: now, Received: now}
	if _, err := m.Waive(by); err == nil {
		t.Error("waived without a reason")
	}
	by.Reason = strings.Repeat("长", 201)
	if _, err := m.Waive(by); err == nil {
		t.Error("waived with a story")
	}
	by.Reason = " 规模小 "
	if changed, err := m.Waive(by); err != nil || !changed || m.Reason != "规模小" || m.ReasonBy != "a" {
		t.Error(changed, err, m)
	}
	if !m.Finish(by) || m.Finish(by) || m.Reason != "" || m.DoneBy != "a" {
		t.Error("done once: ", m)
	}
	if _, err := m.Waive(by); err == nil {
		t.Error("waived what is done")
	}
	if !m.Reopen(by) || m.Reopen(by) || m.DoneAt != nil || m.State(now) != "running" {
		t.Error("open again: ", m)
	}
	list := []domain.Milestone{
		{Status: domain.MilestoneDone, DueAt: now},
		{Status: domain.MilestoneWaived, DueAt: now},
		{ID: "next", Status: domain.MilestoneOpen, DueAt: now.Add(-time.Hour), LateStart: true},
		{Status: domain.MilestoneOpen, DueAt: now.Add(-time.Minute)},
		{Status: domain.MilestoneOpen, DueAt: now},
	}
	got := domain.SumTrack(list, now)
	if got.Total != 5 || got.Settled != 2 || got.Late != 2 || got.LateStart != 1 || got.Next == nil || got.Next.ID != "next" {
		t.Errorf("%+v", got)
	}
}

// Who is told: the owner, else the leads of the crew, and who answers for the event; nobody who may not see it.
func TestMilestoneTold(t *testing.T) {
	hand := func(id string, role domain.Role, crew domain.Crew, rel domain.Relation) domain.Hand {
		return domain.Hand{Viewer: domain.Viewer{Person: &domain.Person{ID: id, Role: role, Crew: crew}, Relation: rel, Crew: crew}}
	}
	hands := []domain.Hand{
		hand("boss", domain.RoleCommander, domain.CrewCMD, domain.RelationCommander), hand("desk", domain.RoleSupervisor, domain.CrewSUP, domain.RelationNone),
		hand("lead", domain.RoleCrewLead, domain.CrewSEC, domain.RelationCrew), hand("guard", domain.RoleCrewMember, domain.CrewSEC, domain.RelationCrew), hand("clerk", domain.RoleSupplyClerk, domain.CrewADM, domain.RelationNone),
	}
	for _, x := range []struct {
		m       domain.Milestone
		secrecy domain.Secrecy
		want    string
	}{
		{domain.Milestone{OwnerID: "clerk"}, domain.SecrecyNormal, "boss clerk desk"},
		{domain.Milestone{OwnerID: "clerk"}, domain.SecrecySecret, "boss desk"},
		{domain.Milestone{Crew: domain.CrewSEC}, domain.SecrecyNormal, "boss desk lead"},
	} {
		got := x.m.Told(&domain.Event{Secrecy: x.secrecy}, slices.Clone(hands))
		if strings.Join(got, " ") != x.want {
			t.Errorf("%+v: %v, want %s", x.m, got, x.want)
		}
	}
}

func TestTrackInput(t *testing.T) {
	e := &domain.Event{StartAt: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), EndAt: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)}
	m := domain.Milestone{Kind: domain.MilestoneOwn, Zh: " 联系酒店 ", Crew: domain.CrewADM, DueAt: e.StartAt}
	if err := m.Check(e); err != nil || m.Zh != "联系酒店" {
		t.Error(err, m.Zh)
	}
	for name, bad := range map[string]domain.Milestone{
		"no words": {Crew: domain.CrewADM, DueAt: e.StartAt}, "no crew": {Zh: "x", DueAt: e.StartAt}, "no date": {Zh: "x", Crew: domain.CrewADM},
		"far away": {Zh: "x", Crew: domain.CrewADM, DueAt: e.StartAt.AddDate(3, 0, 0)},
	} {
		if bad.Check(e) == nil {
			t.Error(name, "was taken")
		}
	}
	for name, bad := range map[string]domain.Kickoff{
		"of no kind": {HeldAt: e.StartAt, People: "x"}, "nobody there": {Kind: "kickoff", HeldAt: e.StartAt}, "no time": {Kind: "kickoff", People: "x"}, "after the event": {Kind: "kickoff", People: "x", HeldAt: e.EndAt.Add(time.Hour)},
	} {
		if bad.Check(e) == nil {
			t.Error("a meeting ", name, " was taken")
		}
	}
}
