package domain_test

import (
	"strings"
	"testing"

	"huiwu/server/domain"
)

func TestCueValidate(t *testing.T) {
	good := domain.Cue{Cause: domain.CauseGate, Crew: domain.CrewSVC, Zh: "迎宾就位"}
	equal(t, "good", refusal(good.Validate()), "")
	equal(t, "scope", good.Scope, domain.ScopeFirst)
	for want, change := range map[string]func(c *domain.Cue){
		"cause:field.choose": func(c *domain.Cue) { c.Cause = "roof" },
		"scope:field.choose": func(c *domain.Cue) { c.Scope = "half" },
		"crew:field.choose":  func(c *domain.Cue) { c.Crew = "" },
		"zh:field.required":  func(c *domain.Cue) { c.Zh = " " },
		"en:field.too_long":  func(c *domain.Cue) { c.En = strings.Repeat("x", 121) },
	} {
		c := good
		change(&c)
		equal(t, want, refusal(c.Validate()), want)
	}
	for level := 1; level <= 4; level++ {
		for _, c := range domain.UsualCues(level) {
			equal(t, c.Zh, refusal(c.Validate()), "")
		}
	}
	equal(t, "a small meeting has none", len(domain.UsualCues(4)), 0)
	if len(domain.UsualCues(1)) <= len(domain.UsualCues(2)) || len(domain.UsualCues(2)) <= len(domain.UsualCues(3))-1 {
		t.Error("a higher level has more")
	}
}

func TestSetOff(t *testing.T) {
	at := func(p domain.Position, rank int) domain.Guest { return domain.Guest{Position: p, Rank: rank} }
	for _, x := range []struct {
		name   string
		cause  domain.Cause
		scope  domain.CueScope
		moved  domain.Guest
		behind int // of two, how many still are expected
		want   bool
	}{
		{"the first", domain.CauseLobby, domain.ScopeFirst, at(domain.PositionLobby, 0), 1, true},
		{"not so far", domain.CauseLobby, domain.ScopeFirst, at(domain.PositionGate, 0), 1, false},
		{"over it: a post was not manned", domain.CauseLobby, domain.ScopeFirst, at(domain.PositionVenue, 0), 1, true},
		{"approach is the gate", domain.CauseApproach, domain.ScopeFirst, at(domain.PositionGate, 0), 1, true},
		{"who leaves reaches nothing", domain.CauseLobby, domain.ScopeFirst, at(domain.PositionLeft, 0), 1, false},
		{"an aide is not the principal", domain.CauseVenue, domain.ScopePrincipal, at(domain.PositionVenue, 2), 1, false},
		{"the principal", domain.CauseVenue, domain.ScopePrincipal, at(domain.PositionVenue, 1), 1, true},
		{"one is missing", domain.CauseVenue, domain.ScopeAll, at(domain.PositionVenue, 0), 1, false},
		{"all", domain.CauseVenue, domain.ScopeAll, at(domain.PositionVenue, 0), 0, true},
		{"guests do not start it", domain.CauseSeated, domain.ScopeFirst, at(domain.PositionVenue, 1), 0, false},
		{"nor end it", domain.CauseLeft, domain.ScopeFirst, at(domain.PositionLeft, 1), 0, false},
	} {
		var counts domain.GuestCounts
		counts.Add(x.moved.Position, 2-x.behind)
		counts.Add(domain.PositionExpected, x.behind)
		c := domain.Cue{Cause: x.cause, Scope: x.scope}
		equal(t, x.name, c.SetOff([]domain.Guest{x.moved}, counts), x.want)
		c.Off = true
		equal(t, x.name+", switched off", c.SetOff([]domain.Guest{x.moved}, counts), false)
		c.Off, c.FiredAt = false, ptr(clock("08:00"))
		equal(t, x.name+", gone off", c.SetOff([]domain.Guest{x.moved}, counts), false)
	}
}

func TestClockCauses(t *testing.T) {
	for _, x := range []struct {
		name, at string
		change   func(e *domain.Event)
		want     string
	}{
		{"long before", "08:24", nil, ""},
		{"five minutes before", "08:25", nil, "approach"},
		{"an hour later it is no news", "09:30", nil, ""},
		{"it has begun", "08:40", func(e *domain.Event) { e.ActualStartAt = ptr(clock("08:39")) }, ""},
		{"not confirmed", "08:25", func(e *domain.Event) { e.Status = domain.EventDraft }, ""},
		{"ten minutes before the end", "11:10", func(e *domain.Event) { e.Status, e.ActualStartAt = domain.EventLive, ptr(clock("09:00")) }, "ending"},
		{"it does not run", "11:10", nil, ""},
	} {
		e := visit(1)
		if x.change != nil {
			x.change(e)
		}
		var got []string
		for _, c := range e.ClockCauses(clock(x.at)) {
			got = append(got, string(c))
		}
		equal(t, x.name, strings.Join(got, " "), x.want)
	}
}

func TestCueSteps(t *testing.T) {
	c := domain.Cue{Cause: domain.CauseGate, Zh: "迎宾", En: "Greet"}
	equal(t, "text", c.Text("zh")+c.Text("en"), "迎宾Greet")
	equal(t, "waits", c.State(), domain.CueWaiting)
	_, err := c.Acknowledge(domain.Doing{})
	equal(t, "nothing to know yet", refusal(err), "cue.not_fired")
	equal(t, "rearm", c.Rearm(domain.Doing{}), false)
	fire := domain.Doing{By: "granite", At: clock("08:20")}
	equal(t, "fires", c.Fire(fire), true)
	equal(t, "once", c.Fire(domain.Doing{By: "talc", At: clock("08:21")}), false)
	equal(t, "by whom, when", c.FiredBy == "granite" && c.FiredAt.Equal(fire.At) && c.State() == domain.CueFired, true)
	changed, err := c.Acknowledge(domain.Doing{By: "amber", At: clock("08:19")}) // heard on the radio first
	equal(t, "known", changed && err == nil && c.AckedBy == "amber" && c.AckedAt.Equal(fire.At), true)
	changed, _ = c.Acknowledge(domain.Doing{By: "agate", At: clock("08:30")})
	equal(t, "the first who said so", !changed && c.AckedBy == "amber", true)
	equal(t, "state", c.State(), domain.CueAcked)
	equal(t, "rearmed", c.Rearm(domain.Doing{At: clock("08:31")}) && c.State() == domain.CueWaiting && c.AckedBy == "", true)
	c.Off = true
	equal(t, "off", c.State(), domain.CueOff)
	equal(t, "off does not fire", c.Fire(fire), false)
}
