package domain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestRegisterFields(t *testing.T) {
	type E = domain.Event
	for _, x := range []struct {
		name   string
		change func(e *E)
		want   string
	}{
		{"ranks", func(e *E) { e.GuestRank, e.HostRank = "city", "chair" }, ""},
		{"no such rank", func(e *E) { e.GuestRank = "king" }, "guest_rank:field.choose"},
		{"no such host", func(e *E) { e.HostRank = "king" }, "host_rank:field.choose"},
		{"layout", func(e *E) { e.Layout = "heap" }, "layout:field.choose"},
		{"expense class", func(e *E) { e.ExpenseClass = 5 }, "expense_class:field.choose"},
		{"100,000 heads", func(e *E) { e.Heads, e.GuestHeads = 100000, 100000 }, ""},
		{"split", func(e *E) { e.Heads, e.GuestHeads, e.EscortHeads = 60, 12, 48 }, ""},
		{"more than there are", func(e *E) { e.Heads, e.GuestHeads, e.EscortHeads = 60, 13, 48 }, "guest_heads:event.heads_sum"},
		{"split before the sum is known", func(e *E) { e.Heads, e.GuestHeads = 0, 12 }, ""},
		{"less than none", func(e *E) { e.EscortHeads = -1 }, "escort_heads:event.heads_range"},
		{"a long wish", func(e *E) { e.Banner = strings.Repeat("会", 201) }, "banner:field.too_long"},
	} {
		e := visit(1)
		x.change(e)
		equal(t, x.name, refusal(e.Validate()), x.want)
	}
}

func TestMissing(t *testing.T) {
	names := func(e *domain.Event, required bool) string {
		var list []string
		for _, m := range e.Missing() {
			if m.Required == required {
				list = append(list, m.Field)
			}
		}
		return strings.Join(list, " ")
	}
	at := on("2026-03-18 09:30")
	e := &domain.Event{Name: "例会", Level: 2, StartAt: at, EndAt: at.Add(time.Hour)}
	equal(t, "required", names(e, true), "heads organiser contact level_reason rooms commander_id")
	equal(t, "wanted", names(e, false), "contact_phone purpose guest_rank host_rank guest_heads expense_class layout welcome_text seat_wish")
	e.Heads, e.Organiser, e.Contact, e.LevelReason, e.Rooms, e.CommanderID = 5, "甲", "乙", "丙", []domain.Room{{ID: "R1"}}, "x"
	equal(t, "nothing required", names(e, true), "")
	e.Level, e.Photo, e.ArrivalAt = 4, true, &at
	equal(t, "wanted of a small one", names(e, false), "contact_phone purpose guest_rank principal_guest expense_class layout photo_wish")
}

// Two planners with one form: what each changed is kept, what both changed is named.
func TestMerge(t *testing.T) {
	opened := *visit(1)
	opened.Rooms = []domain.Room{{ID: "R2"}}
	now, mine := opened, opened
	now.Contact, now.Banner, now.Heads, now.Rooms = "黄鹂", "条幅甲", 70, []domain.Room{{ID: "R1"}, {ID: "R2"}}
	mine.Organiser, mine.Banner, mine.Heads, mine.StartAt = "工会", "条幅乙", 70, opened.StartAt.Add(15*time.Minute)
	clashes := mine.Merge(&opened, &now)
	equal(t, "clashes", strings.Join(clashes, " "), "banner")
	equal(t, "mine", mine.Organiser, "工会")
	equal(t, "my start", mine.StartAt, opened.StartAt.Add(15*time.Minute))
	equal(t, "theirs", mine.Contact, "黄鹂")
	equal(t, "their rooms", strings.Join(mine.RoomIDs(), " "), "R1 R2")
	equal(t, "the same by both", mine.Heads, 70)
	equal(t, "a clash is not saved", mine.Banner, "条幅甲")

	// Seconds are no change: forms know minutes.
	now, mine = opened, opened
	now.StartAt = opened.StartAt.Add(20 * time.Second)
	mine.EndAt = opened.EndAt.Add(time.Hour)
	equal(t, "no clash", len(mine.Merge(&opened, &now)), 0)
	equal(t, "with its seconds", mine.StartAt, now.StartAt)

	equal(t, "people", strings.Join(domain.MergeIDs([]string{"a", "b"}, []string{"a", "c"}, []string{"a", "b", "d"}), ""), "adc")
}

func TestSuggest(t *testing.T) {
	rules := domain.UsualLevelRules()
	for _, r := range rules {
		if err := r.Check(); err != nil {
			t.Error(r.ID, err)
		}
	}
	for _, x := range []struct {
		guest domain.GuestRank
		host  domain.HostRank
		kind  string
		heads int
		sec   domain.Secrecy
		want  int // 0: none
	}{
		{"", "chair", "signing", 200, "secret", 0},
		{"state", "department", "visit", 10, "normal", 1},
		{"city", "chair", "visit", 10, "normal", 1},
		{"city", "", "visit", 10, "normal", 2},
		{"city", "department", "visit", 10, "normal", 3},
		{"county", "chair", "visit", 10, "normal", 2},
		{"county", "", "visit", 100, "normal", 3},
		{"county", "", "visit", 101, "normal", 2},
		{"county", "department", "visit", 10, "normal", 4},
		{"internal", "", "meeting", 10, "normal", 4},
		{"internal", "", "signing", 200, "secret", 3}, // one higher, however many rules raise
		{"state", "", "signing", 10, "normal", 1},
	} {
		s := domain.Suggest(rules, &domain.Event{Type: x.kind, Heads: x.heads, Secrecy: x.sec, Register: domain.Register{GuestRank: x.guest, HostRank: x.host}})
		got := 0
		if s != nil {
			got = s.Level
		}
		equal(t, string(x.guest)+" "+string(x.host)+" "+x.kind, got, x.want)
	}
	equal(t, "without rules", domain.Suggest(nil, &domain.Event{Register: domain.Register{GuestRank: "city"}}) == nil, true)
	equal(t, "raise needs a condition", refusal((&domain.LevelRule{Gives: domain.LevelRaise}).Check()), "gives:levels.raise_always")

	e := visit(3)
	e.LevelReason = ""
	equal(t, "lower than suggested", refusal(e.CheckLevel(&domain.Suggestion{Level: 2}, 0, "")), "level_reason:event.level_below_suggestion")
	equal(t, "higher than suggested", refusal(e.CheckLevel(&domain.Suggestion{Level: 4}, 0, "")), "")
	equal(t, "lower than before", refusal(e.CheckLevel(nil, 2, "")), "level_reason:event.level_lower_reason")
	e.LevelReason, e.Status = "省级来访", domain.EventPreparing
	equal(t, "the old reason, while crews work", refusal(e.CheckLevel(nil, 2, "省级来访")), "level_reason:event.level_lower_reason")
	e.LevelReason = "改为部门接待"
	equal(t, "with a new one", refusal(e.CheckLevel(&domain.Suggestion{Level: 2}, 2, "省级来访")), "")
}

func TestFunctionCheck(t *testing.T) {
	e := visit(1)
	others := []domain.Function{{ID: "o", Name: "全体会", RoomID: "R2", StartAt: e.StartAt, EndAt: e.StartAt.Add(time.Hour)}}
	for _, x := range []struct {
		name   string
		change func(f *domain.Function)
		want   string
	}{
		{"good", func(*domain.Function) {}, ""},
		{"same time, another room", func(f *domain.Function) { f.RoomID = "R3" }, ""},
		{"same room", func(f *domain.Function) { f.RoomID = "R2" }, "start_at:function.overlap"},
		{"same room, right after", func(f *domain.Function) {
			f.RoomID, f.StartAt, f.EndAt = "R2", others[0].EndAt, others[0].EndAt.Add(time.Minute)
		}, ""},
		{"nameless", func(f *domain.Function) { f.Name = "\u200b" }, "name:field.required"},
		{"kind", func(f *domain.Function) { f.Kind = "party" }, "kind:field.choose"},
		{"room and place", func(f *domain.Function) { f.RoomID, f.Place = "R3", "台阶" }, "place:function.room_or_place"},
		{"end is the start", func(f *domain.Function) { f.EndAt = f.StartAt }, "end_at:function.end_before_start"},
		{"across midnight", func(f *domain.Function) { f.EndAt = e.EndAt.Add(12 * time.Hour) }, ""},
		{"beyond", func(f *domain.Function) { f.EndAt = e.EndAt.Add(12*time.Hour + time.Minute) }, "end_at:function.outside"},
		{"long before", func(f *domain.Function) { f.StartAt = e.Arrival().Add(-12*time.Hour - time.Minute) }, "start_at:function.outside"},
		{"no time", func(f *domain.Function) { f.StartAt, f.EndAt = time.Time{}, time.Time{} }, "start_at:field.time"},
	} {
		f := domain.Function{Name: "合影", Kind: "photo", StartAt: e.StartAt, EndAt: e.StartAt.Add(10 * time.Minute)}
		x.change(&f)
		equal(t, x.name, refusal(f.Check(e, others)), x.want)
	}
	list := append(others, domain.Function{ID: "p", Name: "合影", StartAt: e.StartAt, EndAt: e.EndAt})
	equal(t, "parallel", strings.Join(domain.Parallel(list, 0), " "), "合影")
}

func TestAgenda(t *testing.T) {
	e := visit(1)
	e.EndAt = e.StartAt.Add(time.Hour)
	line := func(id string, after, minutes int) domain.AgendaItem {
		return domain.AgendaItem{ID: id, Title: id, StartAt: e.StartAt.Add(time.Duration(after) * time.Minute), Minutes: minutes}
	}
	day := func(list []domain.AgendaItem) string {
		var s []string
		for _, a := range list {
			s = append(s, a.ID+a.StartAt.Sub(e.StartAt).String())
		}
		return strings.Join(s, " ")
	}
	agenda := func() []domain.AgendaItem {
		return []domain.AgendaItem{line("c", 25, 20), line("a", 0, 10), line("b", 10, 15)}
	}

	list := agenda()
	moved := domain.ChangeLine(list, line("a", 0, 20), true)
	equal(t, "a longer line pushes the following", day(list), "a0s b20m0s c35m0s")
	equal(t, "moved", strings.Join(moved, " "), "b c")
	list = agenda()
	domain.ChangeLine(list, line("b", 10, 5), true)
	equal(t, "a shorter one pulls them", day(list), "a0s b10m0s c15m0s")
	list = agenda()
	equal(t, "alone", len(domain.ChangeLine(list, line("b", 10, 30), false)), 0)
	troubles := domain.AgendaTroubles(e, list)
	equal(t, "an overlap is said at the later line", len(troubles["b"])+len(troubles["a"]), 0)
	equal(t, "how long", troubles["c"][0].Key+troubles["c"][0].Args["n"]+troubles["c"][0].Args["title"], "agenda.overlap15b")

	list = agenda()
	domain.SwapLine(list, "b", true)
	equal(t, "up", day(list), "b0s a15m0s c25m0s")
	domain.SwapLine(list, "a", false)
	equal(t, "down", day(list), "b0s c15m0s a35m0s")
	equal(t, "the last has none after it", len(domain.SwapLine(list, "a", false)), 0)
	equal(t, "nor the first before", len(domain.SwapLine(list, "b", true)), 0)
	equal(t, "nobody", len(domain.SwapLine(list, "x", true)), 0)

	equal(t, "next", domain.NextStart(e, agenda()), e.StartAt.Add(45*time.Minute))
	equal(t, "next of none", domain.NextStart(e, nil), e.StartAt)
	far := domain.AgendaTroubles(e, []domain.AgendaItem{line("early", -5, 5), line("late", 50, 15)})
	equal(t, "before the start", far["early"][0].Key, "agenda.before_start")
	equal(t, "beyond the end", far["late"][0].Key+far["late"][0].Args["n"], "agenda.beyond_end5")
	for minutes, want := range map[int]string{0: "minutes:agenda.minutes_range", -1: "minutes:agenda.minutes_range", 1: "", 1440: "", 1441: "minutes:agenda.minutes_range"} {
		a := line("a", 0, minutes)
		equal(t, "minutes", refusal(a.Check(e)), want)
	}

	// Where the clocks go back an hour is lived twice: lengths stay what they are.
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := []domain.AgendaItem{
		{ID: "a", StartAt: time.Date(2026, 10, 25, 1, 30, 0, 0, berlin).UTC(), Minutes: 60},
		{ID: "b", StartAt: time.Date(2026, 10, 25, 1, 30, 0, 0, berlin).UTC().Add(time.Hour), Minutes: 60},
	}
	domain.ChangeLine(night, domain.AgendaItem{ID: "a", StartAt: night[0].StartAt, Minutes: 90}, true)
	equal(t, "the second 02:00", night[1].StartAt.In(berlin).Format("15:04"), "02:00")
	equal(t, "no gap", night[1].StartAt, night[0].EndAt())
	if slices.Contains(domain.ChangedFields(visit(1), visit(1)), "start_at") {
		t.Error("nothing changed")
	}
}
