package domain_test

import (
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestEventValidate(t *testing.T) {
	type E = domain.Event
	for _, x := range []struct {
		name   string
		change func(e *E)
		want   string
	}{
		{"good", func(*E) {}, ""},
		{"no name", func(e *E) { e.Name = "\u200b" }, "name:field.required"},
		{"80 characters", func(e *E) { e.Name = strings.Repeat("会", 80) }, ""},
		{"81 characters", func(e *E) { e.Name = strings.Repeat("会", 81) }, "name:field.too_long"},
		{"notes", func(e *E) { e.Notes = strings.Repeat("会", 2001) }, "notes:field.too_long"},
		{"type", func(e *E) { e.Type = "party" }, "type:field.choose"},
		{"level 0", func(e *E) { e.Level = 0 }, "level:event.level_range"},
		{"level 5", func(e *E) { e.Level = 5 }, "level:event.level_range"},
		{"secrecy", func(e *E) { e.Secrecy = "top" }, "secrecy:field.choose"},
		{"no heads yet", func(e *E) { e.Heads = 0 }, ""},
		{"heads", func(e *E) { e.Heads = -1 }, "heads:event.heads_range"},
		{"too many heads", func(e *E) { e.Heads = 100001 }, "heads:event.heads_range"},
		{"tea as usual", func(e *E) { e.TeaMinutes = 0 }, ""},
		{"tea too often", func(e *E) { e.TeaMinutes = 4 }, "tea_minutes:event.tea_range"},
		{"tea never", func(e *E) { e.TeaMinutes = 241 }, "tea_minutes:event.tea_range"},
		{"no start", func(e *E) { e.StartAt, e.ArrivalAt, e.BreakAt = time.Time{}, nil, nil }, "start_at:field.time"},
		{"no end", func(e *E) { e.EndAt, e.BreakAt = time.Time{}, nil }, "end_at:field.time"},
		{"end is the start", func(e *E) { e.EndAt, e.BreakAt = e.StartAt, nil }, "end_at:event.end_before_start"},
		{"end before start", func(e *E) { e.EndAt, e.BreakAt = e.StartAt.Add(-time.Minute), nil }, "end_at:event.end_before_start"},
		{"across midnight", func(e *E) { e.EndAt = on("2026-03-19 02:00") }, ""},
		{"two weeks", func(e *E) { e.EndAt = e.StartAt.AddDate(0, 0, 14) }, ""},
		{"longer", func(e *E) { e.EndAt = e.StartAt.AddDate(0, 0, 14).Add(time.Minute) }, "end_at:event.too_long"},
		{"no reception", func(e *E) { e.ArrivalAt = nil }, ""},
		{"arrival at the start", func(e *E) { e.ArrivalAt = ptr(e.StartAt) }, ""},
		{"arrival after the start", func(e *E) { e.ArrivalAt = ptr(e.StartAt.Add(time.Minute)) }, "arrival_at:event.arrival_after_start"},
		{"arrival the evening before", func(e *E) { e.ArrivalAt = ptr(e.StartAt.Add(-24 * time.Hour)) }, ""},
		{"arrival earlier", func(e *E) { e.ArrivalAt = ptr(e.StartAt.Add(-24*time.Hour - time.Minute)) }, "arrival_at:event.arrival_too_early"},
		{"break before", func(e *E) { e.BreakAt = ptr(e.StartAt.Add(-time.Minute)) }, "break_at:event.break_outside"},
		{"break after", func(e *E) { e.BreakAt = ptr(e.EndAt.Add(time.Minute)) }, "break_at:event.break_outside"},
	} {
		e := visit(1)
		x.change(e)
		equal(t, x.name, refusal(e.Validate()), x.want)
	}
	e := visit(1)
	e.Name, e.Notes = " 座谈会\u202e ", "甲\r\n乙 "
	if err := e.Validate(); err != nil || e.Name != "座谈会" || e.Notes != "甲\n乙" {
		t.Errorf("%q %q %v", e.Name, e.Notes, err)
	}
	err, _ := domain.AsError((&E{}).Validate())
	equal(t, "all that is wrong at once", len(err.Fields), 5)
}

func TestEventValidateConfirm(t *testing.T) {
	type E = domain.Event
	for _, x := range []struct {
		name   string
		change func(e *E)
		want   string
	}{
		{"good", func(*E) {}, ""},
		{"organiser", func(e *E) { e.Organiser = " " }, "organiser:field.required"},
		{"contact", func(e *E) { e.Contact = "" }, "contact:field.required"},
		{"rooms", func(e *E) { e.Rooms = nil }, "rooms:event.room_needed"},
		{"heads", func(e *E) { e.Heads = 0 }, "heads:event.heads_needed"},
		{"commander", func(e *E) { e.CommanderID = "" }, "commander_id:event.commander_needed"}, // J.3.5
		{"why level 2", func(e *E) { e.Level, e.LevelReason = 2, "" }, "level_reason:event.level_reason_needed"},
		{"level 3 needs no reason", func(e *E) { e.Level, e.LevelReason = 3, "" }, ""},
		{"fields first", func(e *E) { e.Heads, e.Type = 0, "" }, "type:field.choose"},
	} {
		e := visit(1)
		x.change(e)
		equal(t, x.name, refusal(e.ValidateConfirm()), x.want)
	}
	err, _ := domain.AsError((&E{Name: "x", Type: "meeting", Level: 1, Secrecy: domain.SecrecyNormal, StartAt: clock("09:00"), EndAt: clock("10:00")}).ValidateConfirm())
	equal(t, "all that is missing at once", len(err.Fields), 6)
}

func TestEventStatusOrder(t *testing.T) {
	next := map[domain.EventStatus]string{
		"draft": "requested confirmed cancelled", "requested": "draft confirmed cancelled", "confirmed": "preparing cancelled",
		"preparing": "ready live cancelled", "ready": "preparing live cancelled", "live": "clearing", "clearing": "live released",
		"released": "clearing closed", "closed": "released", "cancelled": "draft",
	}
	equal(t, "statuses", len(domain.EventStatuses), len(next))
	for _, from := range domain.EventStatuses {
		var may []string
		for _, to := range domain.EventStatuses {
			if (&domain.Event{Status: from}).CanBecome(to) {
				may = append(may, string(to))
			}
		}
		equal(t, string(from), strings.Join(may, " "), next[from])
	}
	for what, is := range map[string]func(s domain.EventStatus) bool{
		"confirmed preparing ready live clearing released":        domain.EventStatus.Working,
		"confirmed preparing ready live clearing released closed": domain.EventStatus.HasItems,
		"closed cancelled": domain.EventStatus.Over,
	} {
		var got []string
		for _, s := range domain.EventStatuses {
			if is(s) {
				got = append(got, string(s))
			}
		}
		equal(t, "statuses", strings.Join(got, " "), what)
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[int][2]int{1: {90, 20}, 2: {90, 20}, 3: {30, 30}, 4: {30, 30}} {
		e := domain.Event{Level: level}
		equal(t, "level", [2]int{domain.LeadMinutes(level), e.TeaEvery()}, want)
		e.TeaMinutes = 45
		equal(t, "tea as asked", e.TeaEvery(), 45)
	}
}

func TestEventNumber(t *testing.T) {
	equal(t, "number", domain.EventNumber(on("2026-03-18 09:00"), shanghai, 1), "EV-20260318-01")
	equal(t, "of the day on site", domain.EventNumber(on("2026-03-18 00:30"), shanghai, 12), "EV-20260318-12")
	equal(t, "alias", (&domain.Event{Number: "EV-20260318-07"}).Alias(), "07")
	equal(t, "alias of none", (&domain.Event{}).Alias(), "00")
}

func TestActedAt(t *testing.T) {
	now := clock("09:00")
	for name, x := range map[string][2]time.Time{
		"none":            {{}, now},
		"now":             {now, now},
		"ahead":           {now.Add(time.Second), now},
		"a minute ago":    {now.Add(-time.Minute), now.Add(-time.Minute)},
		"three days ago":  {now.Add(-72 * time.Hour), now.Add(-72 * time.Hour)},
		"longer":          {now.Add(-72*time.Hour - time.Second), now},
		"a phone in 1970": {time.Unix(0, 0), now},
	} {
		equal(t, name, domain.ClampActedAt(x[0], now), x[1])
	}
	equal(t, "two minutes are not late", domain.Late(now.Add(-2*time.Minute), now), false)
	equal(t, "more are", domain.Late(now.Add(-2*time.Minute-time.Second), now), true)
}

func TestTopics(t *testing.T) {
	for topic, want := range map[string][2]string{
		domain.EventTopic("x"): {"event", "x"}, domain.PersonTopic("y"): {"person", "y"}, domain.TopicFloor: {"floor", ""}, domain.TopicBoard: {"board", ""}, "event:a:b": {"event", "a:b"}, "": {"", ""},
	} {
		kind, id := domain.SplitTopic(topic)
		equal(t, topic, [2]string{kind, id}, want)
	}
}
