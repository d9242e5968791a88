package domain_test

import (
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestParseDue(t *testing.T) {
	const A, S, E, L = domain.AnchorArrival, domain.AnchorStart, domain.AnchorEnd, domain.AnchorLeft
	rules := map[string]domain.Due{
		"on call":           {Anchor: domain.AnchorCall},
		"planned break -15": {Anchor: domain.AnchorBreak, Offset: -15},
		"R30 if recording":  {Anchor: domain.AnchorRound, Every: 30, When: "recording"},
		"A+0 on request":    {Anchor: A, When: "request"},
		"A-60..-5":          {Anchor: A, Offset: -60, Until: "A-5"},
		"S-15→E":            {Anchor: S, Offset: -15, Until: "E"},
		"A-10→S, E→L":       {Anchor: A, Offset: -10, Until: "S", Again: "E→L"},
		"S+0":               {Anchor: S}, "S-10": {Anchor: S, Offset: -10}, "S-15": {Anchor: S, Offset: -15},
		"A+0": {Anchor: A},
	}
	for rule, n := range map[string]int{
		"A-5": -5, "A-10": -10, "A-15": -15, "A-20": -20, "A-25": -25, "A-30": -30, "A-32": -32, "A-35": -35, "A-40": -40, "A-45": -45, "A-50": -50, "A-55": -55,
		"A-60": -60, "A-65": -65, "A-70": -70, "A-75": -75, "A-80": -80, "A-90": -90, "A-95": -95, "A-100": -100, "A-120": -120,
	} {
		rules[rule] = domain.Due{Anchor: A, Offset: n}
	}
	for rule, n := range map[string]int{"E-10": -10, "E-5": -5, "E+0": 0, "E+5": 5, "E+10": 10, "E+15": 15, "E+20": 20, "E+25": 25, "E+30": 30, "E+35": 35, "E+45": 45, "E+120": 120} {
		rules[rule] = domain.Due{Anchor: E, Offset: n}
	}
	for rule, n := range map[string]int{"L+10": 10, "L+15": 15, "L+20": 20, "L+60": 60, "L+1440": 1440} {
		rules[rule] = domain.Due{Anchor: L, Offset: n}
	}
	for rule, clock := range map[string]string{
		"D-1 16:00": "16:00", "D-1 17:00": "17:00", "D-1 17:15": "17:15", "D-1 17:30": "17:30", "D-1 17:40": "17:40", "D-1 18:00": "18:00", "D-1 18:30": "18:30",
	} {
		rules[rule] = domain.Due{Anchor: domain.AnchorDayPrev, Clock: clock}
	}
	for rule, n := range map[string]int{"R10": 10, "R15": 15, "R20": 20, "R30": 30, "R60": 60} {
		rules[rule] = domain.Due{Anchor: domain.AnchorRound, Every: n}
	}
	for rule, want := range rules {
		got, err := domain.ParseDue(rule)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", rule, got, err, want)
		}
	}
	used := map[string]bool{}
	for _, tpl := range domain.Templates() {
		for level, rule := range tpl.Offset {
			used[rule] = true
			if _, known := rules[rule]; known != (len(level) == 1) {
				t.Errorf("%s level %s: rule %q: known to this test: %v", tpl.ID, level, rule, known)
			}
		}
	}
	for rule := range rules {
		if !used[rule] {
			t.Errorf("%q is in no template", rule)
		}
	}
}

func TestParseDueRefuses(t *testing.T) {
	for _, rule := range []string{
		"", " ", "A", "A-", "A90", "B-10", "D-1", "D-1 7:00", "D-2 17:00", "R", "R-30", "R30 ", " A-90", "A-90 if raining", "a-90", "A-90\n", "planned break", "A-60..5",
		"leader left +30", "08:00", "tea ≤ +3; restore ≤ +10 after leaving", "≤15 after guard call",
		"R0", "D-1 24:00", "D-1 17:60", "A-99999999999999999999", "R99999999999999999999",
	} {
		if d, err := domain.ParseDue(rule); err == nil {
			t.Errorf("%q was read as %+v", rule, d)
		}
	}
}

func TestDueAt(t *testing.T) {
	const noReception, early, late = "no reception", "started and ended early", "all left"
	for _, x := range []struct{ rule, how, want string }{
		{"A-90", "", "03-18 07:00"},
		{"A+0", "", "03-18 08:30"},
		{"A-90", noReception, "03-18 07:30"},
		{"A-90", early, "03-18 07:00"}, // the plan counts for what comes before
		{"S-15", "", "03-18 08:45"},
		{"S-15", early, "03-18 08:40"},
		{"S-15→E", "", "03-18 08:45"},
		{"E-10", "", "03-18 11:10"},
		{"E+0", early, "03-18 11:00"},
		{"L+15", "", "03-18 11:50"}, // 15 minutes after the end until somebody says more
		{"L+15", early, "03-18 11:30"},
		{"L+15", late, "03-18 12:15"},
		{"L+1440", late, "03-19 12:00"},
		{"planned break -15", "", "03-18 09:55"},
		{"planned break -15", noReception, "–"},
		{"R20", "", "03-18 09:20"},
		{"R20", early, "03-18 09:15"},
		{"D-1 17:00", "", "03-17 17:00"},
		{"on call", "", "–"},
	} {
		e := visit(1)
		switch x.how {
		case noReception:
			e.ArrivalAt, e.BreakAt = nil, nil
		case early:
			e.ActualStartAt, e.ActualEndAt = ptr(clock("08:55")), ptr(clock("11:00"))
		case late:
			e.LeftAt = ptr(clock("12:00"))
		}
		d, err := domain.ParseDue(x.rule)
		if err != nil {
			t.Fatal(err)
		}
		due := e.DueAt(d, shanghai)
		equal(t, x.rule+" "+x.how, at(due), x.want)
		if due != nil && due.Location() != time.UTC {
			t.Errorf("%s: not UTC", x.rule)
		}
	}
}

func TestDueTheDayBefore(t *testing.T) {
	for _, x := range []struct{ arrival, start, want string }{
		{"", "2026-03-18 09:00", "2026-03-17 17:00"},
		{"", "2026-03-18 00:00", "2026-03-17 17:00"},                 // midnight on site is 16:00 UTC of the day before
		{"", "2026-03-18 07:59", "2026-03-17 17:00"},                 // so is the early morning
		{"2026-03-17 23:30", "2026-03-18 00:30", "2026-03-16 17:00"}, // guests come before midnight
		{"", "2026-03-01 09:00", "2026-02-28 17:00"},
		{"", "2028-03-01 09:00", "2028-02-29 17:00"},
		{"", "2026-01-01 06:00", "2025-12-31 17:00"},
	} {
		e := visit(1)
		e.StartAt, e.ArrivalAt = on(x.start), nil
		if x.arrival != "" {
			e.ArrivalAt = ptr(on(x.arrival))
		}
		got := e.DueAt(domain.Due{Anchor: domain.AnchorDayPrev, Clock: "17:00"}, shanghai)
		equal(t, x.start, *got, on(x.want))
	}
	if got := visit(1).DueAt(domain.Due{Anchor: domain.AnchorDayPrev, Clock: "25:00"}, shanghai); got != nil {
		t.Errorf("25 o'clock is at %v", got)
	}
	// Another zone, another day.
	e := visit(1)
	e.StartAt, e.ArrivalAt = on("2026-03-18 06:00"), nil // the 17th, 22:00 UTC
	equal(t, "in UTC", *e.DueAt(domain.Due{Anchor: domain.AnchorDayPrev, Clock: "17:00"}, time.UTC), time.Date(2026, 3, 16, 17, 0, 0, 0, time.UTC))
}

func TestRounds(t *testing.T) {
	for _, x := range []struct{ minutes, every, want int }{
		{140, 20, 6}, // the seventh would be the end itself
		{141, 20, 7}, {60, 30, 1}, {60, 60, 0}, {61, 60, 1}, {20, 20, 0}, {5, 30, 0}, {0, 30, 0}, {-60, 30, 0}, {60, 0, 0}, {60, -5, 0},
	} {
		e := visit(1)
		e.EndAt = e.StartAt.Add(time.Duration(x.minutes) * time.Minute)
		if got := e.Rounds(x.every); got != x.want {
			t.Errorf("%d minutes, every %d: %d rounds, want %d", x.minutes, x.every, got, x.want)
		}
	}
	e := visit(1)
	e.ActualStartAt, e.ActualEndAt = ptr(clock("09:10")), ptr(clock("10:15"))
	equal(t, "by the actual times", e.Rounds(20), 3)
}

func FuzzParseDue(f *testing.F) {
	for _, tpl := range domain.Templates() {
		for _, rule := range tpl.Offset {
			f.Add(rule)
		}
	}
	f.Add("A-99999999999999999999")
	f.Add("R0")
	f.Add("D-1 24:00")
	f.Fuzz(func(t *testing.T, rule string) {
		d, err := domain.ParseDue(rule)
		if err != nil {
			return
		}
		if again, err := domain.ParseDue(d.String()); err != nil || again != d {
			t.Fatalf("%q is written %q, and read %+v, %v", rule, d, again, err)
		}
		e := visit(1)
		due := e.DueAt(d, shanghai)
		switch d.Anchor {
		case domain.AnchorCall:
			if due != nil {
				t.Fatalf("%q is due at %v", rule, due)
			}
		case domain.AnchorRound:
			if d.Every < 1 {
				t.Fatalf("%q: every %d minutes", rule, d.Every)
			}
			fallthrough
		default:
			if due == nil || due.Sub(e.StartAt).Abs() > 366*24*time.Hour {
				t.Fatalf("%q is due at %v", rule, due)
			}
		}
	})
}
