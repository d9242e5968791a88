package domain_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

// itemIn is an item of the attendants, accepted by the commander, in that
// state; amber did it.
func itemIn(status domain.ItemStatus) *domain.Item {
	i := &domain.Item{ID: "i", Crew: domain.CrewSVC, Phase: domain.PhasePre, Acceptance: domain.AcceptCommander, Anchor: domain.AnchorArrival, Offset: -75, Status: status, StateAt: clock("07:00"), DueAt: ptr(clock("07:15"))}
	switch status {
	case domain.ItemDone, domain.ItemSubmitted:
		i.DoneAt, i.DoneBy = ptr(clock("07:00")), "amber"
	case domain.ItemAccepted:
		i.DoneAt, i.DoneBy = ptr(clock("06:50")), "amber"
		i.AcceptedAt, i.AcceptedBy = ptr(clock("07:00")), "boss"
	case domain.ItemRejected:
		i.Reason, i.ReasonBy, i.Redo = "不齐", "boss", 1
	case domain.ItemNotNeeded, domain.ItemBlocked:
		i.Reason, i.ReasonBy = "没有门钥匙", "amber"
	}
	return i
}

var statuses = []domain.ItemStatus{domain.ItemOpen, domain.ItemDone, domain.ItemSubmitted, domain.ItemAccepted, domain.ItemRejected, domain.ItemNotNeeded, domain.ItemBlocked}

// TestItemStates is the whole state machine: what each act makes of each
// state. "=" is quiet, "!" a refusal.
func TestItemStates(t *testing.T) {
	doing := domain.Doing{By: "amber", At: clock("07:30"), Received: clock("07:31"), Reason: "没有门钥匙"}
	boss := domain.Judge{By: "boss", At: clock("07:30"), Commander: true}
	acts := map[string]func(i *domain.Item) (bool, error){
		"done":       func(i *domain.Item) (bool, error) { return i.Done(doing) },
		"undo":       func(i *domain.Item) (bool, error) { return i.Undo(doing) },
		"accept":     func(i *domain.Item) (bool, error) { return i.Accept(boss) },
		"reject":     func(i *domain.Item) (bool, error) { return i.Reject(boss, "不齐") },
		"unaccept":   func(i *domain.Item) (bool, error) { return i.Unaccept(boss) },
		"not needed": func(i *domain.Item) (bool, error) { return i.NotNeeded(doing) },
		"needed":     func(i *domain.Item) (bool, error) { return i.Needed(doing) },
		"block":      func(i *domain.Item) (bool, error) { return i.Block(doing) },
		"unblock":    func(i *domain.Item) (bool, error) { return i.Unblock(doing) },
		"round":      func(i *domain.Item) (bool, error) { r, err := i.DoRound(doing, clock("09:00")); return r != nil, err },
	}
	const notSubmitted, notOpen, accepted = "!item.not_submitted", "!item.not_open", "!item.accepted_already"
	table := []struct{ act, open, done, submitted, accepted, rejected, notNeeded, blocked string }{
		{"done", "submitted", "=", "=", "=", "submitted", "!item.not_needed_now", "submitted"},
		{"undo", "=", "open", "open", accepted, "=", "open", "="},
		{"accept", notSubmitted, notSubmitted, "accepted", "=", notSubmitted, notSubmitted, notSubmitted},
		{"reject", notSubmitted, notSubmitted, "rejected", "rejected", "=", notSubmitted, notSubmitted},
		{"unaccept", "=", "=", "=", "submitted", "=", "=", "="},
		{"not needed", "not-needed", "not-needed", "not-needed", accepted, "not-needed", "=", "not-needed"},
		{"needed", "=", "=", "=", "=", "=", "open", "="},
		{"block", "blocked", notOpen, notOpen, notOpen, "blocked", notOpen, "="},
		{"unblock", "=", "=", "=", "=", "=", "=", "open"},
		{"round", "!item.not_round", "!item.not_round", "!item.not_round", "!item.not_round", "!item.not_round", "!item.not_round", "!item.not_round"},
	}
	equal(t, "acts in the table", len(table), len(acts))
	for _, x := range table {
		for n, want := range []string{x.open, x.done, x.submitted, x.accepted, x.rejected, x.notNeeded, x.blocked} {
			i, before := itemIn(statuses[n]), itemIn(statuses[n])
			changed, err := acts[x.act](i)
			got := "="
			if changed {
				got = string(i.Status)
			}
			if err != nil {
				got = "!" + refusal(err)
			}
			name := x.act + " in " + string(before.Status)
			equal(t, name, got, want)
			if !changed && !reflect.DeepEqual(i, before) {
				t.Errorf("%s: nothing changed, yet %+v", name, i)
			}
			if changed && !i.StateAt.Equal(clock("07:30")) {
				t.Errorf("%s: state as of %v", name, i.StateAt)
			}
		}
	}
}

func TestDoneKeepsBothTimes(t *testing.T) {
	i := itemIn(domain.ItemBlocked)
	if _, err := i.Done(domain.Doing{By: "amber", At: clock("07:30"), Received: clock("07:55")}); err != nil {
		t.Fatal(err)
	}
	equal(t, "done", at(i.DoneAt)+" "+at(i.DoneReceivedAt)+" "+i.DoneBy+i.Reason+i.ReasonBy, "03-18 07:30 03-18 07:55 amber")
}

// The reason of a rejection stays until the item is accepted or brought back,
// also when the second try is taken back.
func TestRedo(t *testing.T) {
	i := itemIn(domain.ItemSubmitted)
	boss, amber := domain.Judge{By: "boss", At: clock("07:10"), Commander: true}, domain.Doing{By: "amber", At: clock("07:20")}
	for _, step := range []struct {
		do   func() (bool, error)
		want string
	}{
		{func() (bool, error) { return i.Reject(boss, " 左右放反\n") }, "rejected 左右放反 boss 1"},
		{func() (bool, error) { return i.Done(amber) }, "submitted 左右放反 boss 1"},
		{func() (bool, error) { return i.Undo(amber) }, "rejected 左右放反 boss 1"},
		{func() (bool, error) { return i.Done(amber) }, "submitted 左右放反 boss 1"},
		{func() (bool, error) { return i.Accept(boss) }, "accepted 左右放反 boss 1"},
		{func() (bool, error) { return i.Reject(boss, "又少一张") }, "rejected 又少一张 boss 2"},
		{func() (bool, error) {
			return i.NotNeeded(domain.Doing{By: "amber", At: clock("07:20"), Reason: "取消"})
		}, "not-needed 取消 amber 2"},
		{func() (bool, error) { return i.Undo(amber) }, "open   2"},
	} {
		if changed, err := step.do(); err != nil || !changed {
			t.Fatal(step.want, changed, err)
		}
		equal(t, "state", fmt.Sprint(i.Status, " ", i.Reason, " ", i.ReasonBy, " ", i.Redo), step.want)
	}
	if i.DoneAt != nil || i.CheckedAt != nil || i.AcceptedAt != nil || i.AcceptedBy != "" {
		t.Errorf("left over: %+v", i)
	}
}

func TestLeftOutKeepsNothing(t *testing.T) {
	i := itemIn(domain.ItemSubmitted)
	i.Reading, i.CheckedAt, i.CheckedBy = "25", ptr(clock("07:05")), "mica"
	if _, err := i.NotNeeded(domain.Doing{By: "amber", At: clock("07:10"), Reason: "改期"}); err != nil {
		t.Fatal(err)
	}
	if i.DoneAt != nil || i.DoneBy != "" || i.Reading != "" || i.CheckedAt != nil || i.CheckedBy != "" {
		t.Errorf("%+v", i)
	}
}

func TestWhoAccepts(t *testing.T) {
	commander, supervisor := domain.Judge{By: "boss", Commander: true}, domain.Judge{By: "mica", Supervisor: true}
	both, nobody := domain.Judge{By: "jade", Commander: true, Supervisor: true}, domain.Judge{By: "opal"}
	for _, x := range []struct {
		rule    string
		checked bool
		by      domain.Judge
		want    string
	}{
		{domain.AcceptCommander, false, commander, "accepted"},
		{domain.AcceptCommander, false, supervisor, "error.forbidden"},
		{domain.AcceptCommander, false, both, "accepted"},
		{domain.AcceptCommander, false, nobody, "error.forbidden"},
		{domain.AcceptSupervisor, false, commander, "accepted"},
		{domain.AcceptSupervisor, false, supervisor, "accepted"},
		{domain.AcceptSupervisor, false, nobody, "error.forbidden"},
		{domain.AcceptOrganiser, false, commander, "accepted"},
		{domain.AcceptOrganiser, false, supervisor, "accepted"},
		{domain.AcceptOrganiser, false, nobody, "error.forbidden"},
		{domain.AcceptBoth, false, commander, "item.check_first"},
		{domain.AcceptBoth, false, supervisor, "submitted, checked"},
		{domain.AcceptBoth, false, both, "submitted, checked"},
		{domain.AcceptBoth, false, nobody, "error.forbidden"},
		{domain.AcceptBoth, true, commander, "accepted, checked"},
		{domain.AcceptBoth, true, supervisor, "="},
		{domain.AcceptBoth, true, both, "accepted, checked"},
		{domain.AcceptBoth, true, nobody, "error.forbidden"},
	} {
		// Never by the performer, whatever else he may do; and a rejection takes the same capacity.
		for _, own := range []bool{false, true} {
			i := itemIn(domain.ItemSubmitted)
			i.Acceptance = x.rule
			if x.checked {
				i.CheckedAt, i.CheckedBy = ptr(clock("07:05")), "mica"
			}
			if own {
				i.DoneBy = x.by.By
			}
			x.by.At = clock("07:30")
			changed, err := i.Accept(x.by)
			got := string(i.Status)
			if i.CheckedAt != nil {
				got += ", checked"
			}
			if !changed {
				got = "="
			}
			if err != nil {
				got = refusal(err)
			}
			want := x.want
			if own && want != "error.forbidden" {
				want = "item.own_item"
			}
			equal(t, fmt.Sprintf("%s by %s (checked %v, own %v)", x.rule, x.by.By, x.checked, own), got, want)
			if got == "accepted" && (i.AcceptedBy != x.by.By || !i.AcceptedAt.Equal(x.by.At)) {
				t.Errorf("accepted by %s at %v", i.AcceptedBy, i.AcceptedAt)
			}
		}
		i := itemIn(domain.ItemSubmitted)
		i.Acceptance = x.rule
		_, err := i.Reject(x.by, "重做")
		equal(t, x.rule+" rejected by "+x.by.By, refusal(err) == "error.forbidden", x.want == "error.forbidden")
	}
}

func TestReasons(t *testing.T) {
	boss := domain.Judge{By: "boss", Commander: true}
	acts := map[string]func(i *domain.Item, reason string) (bool, error){
		"reject": func(i *domain.Item, reason string) (bool, error) {
			i.Status = domain.ItemSubmitted
			return i.Reject(boss, reason)
		},
		"not needed": func(i *domain.Item, reason string) (bool, error) { return i.NotNeeded(domain.Doing{Reason: reason}) },
		"block":      func(i *domain.Item, reason string) (bool, error) { return i.Block(domain.Doing{Reason: reason}) },
	}
	for name, act := range acts {
		for reason, want := range map[string]string{
			"": "reason:item.reason_needed", " \u200b\x00\n": "reason:item.reason_needed", "少一张": "",
			strings.Repeat("少", 200): "", strings.Repeat("少", 201): "reason:field.too_long",
		} {
			_, err := act(itemIn(domain.ItemOpen), reason)
			equal(t, fmt.Sprintf("%s %.10q", name, reason), refusal(err), want)
		}
	}
	i := itemIn(domain.ItemBlocked)
	if changed, err := i.Block(domain.Doing{By: "opal", Reason: "停电"}); err != nil || !changed || i.Reason != "停电" || i.ReasonBy != "opal" {
		t.Errorf("a new obstacle: %+v, %v", i, err)
	}
}

func TestNeedsAcceptance(t *testing.T) {
	for _, x := range []struct {
		crew domain.Crew
		rule string
		want domain.ItemStatus
	}{
		{domain.CrewSVC, domain.AcceptCommander, domain.ItemSubmitted},
		{domain.CrewSVC, domain.AcceptNone, domain.ItemDone},
		{domain.CrewCMD, domain.AcceptCommander, domain.ItemDone}, // nobody stands above the commander
		{domain.CrewCMD, domain.AcceptOrganiser, domain.ItemSubmitted},
	} {
		i := itemIn(domain.ItemOpen)
		i.Crew, i.Acceptance = x.crew, x.rule
		if _, err := i.Done(domain.Doing{By: "amber"}); err != nil {
			t.Fatal(err)
		}
		equal(t, string(x.crew)+" "+x.rule, i.Status, x.want)
	}
}

func TestReadings(t *testing.T) {
	const number, signature, photo, none = domain.EvidenceNumber, domain.EvidenceSignature, domain.EvidencePhoto, domain.EvidenceNone
	const needed, notNumber = "!reading:item.reading_needed", "!reading:item.reading_number"
	for _, x := range []struct{ evidence, phase, in, want string }{
		{number, "pre", "25", "25"},
		{number, "pre", " 25.5 ", "25.5"},
		{number, "pre", "-3", "-3"},
		{number, "pre", "２５．５", "25.5"},
		{number, "pre", "２５。５", "25.5"},
		{number, "pre", "－３", "-3"},
		{number, "pre", "−3", "-3"},
		{number, "pre", "25 ℃", "25"},
		{number, "pre", "60％", "60"},
		{number, "pre", "1e3", "1e3"},
		{number, "pre", "", needed},
		{number, "pre", " \u200b ", needed},
		{number, "during", "", ""}, // dark and silent: one tap must do
		{number, "during", "x", notNumber},
		{number, "post", "", needed},
		{number, "pre", "NaN", notNumber},
		{number, "pre", "nan", notNumber},
		{number, "pre", "Inf", notNumber},
		{number, "pre", "-Infinity", notNumber},
		{number, "pre", "1e999", notNumber},
		{number, "pre", "0x10", notNumber},
		{number, "pre", "1_000", notNumber},
		{number, "pre", "25,5", notNumber},
		{number, "pre", "%", notNumber},
		{number, "pre", "二十五", notNumber},
		{number, "pre", "1;DROP TABLE items", notNumber},
		{number, "pre", strings.Repeat("1", 61), "!reading:field.too_long"},
		{signature, "pre", "", "!reading:item.signer_needed"},
		{signature, "during", "", ""},
		{signature, "pre", " 鹧鸪\u202e ", "鹧鸪"},
		{photo, "pre", "", "!photo:item.photo_needed"},
		{photo, "post", "", "!photo:item.photo_needed"},
		{photo, "during", "", ""},
		{none, "pre", "两把备用", "两把备用"},
		{none, "pre", strings.Repeat("备", 60), strings.Repeat("备", 60)},
		{none, "pre", strings.Repeat("备", 61), "!reading:field.too_long"},
	} {
		i := itemIn(domain.ItemOpen)
		i.Evidence, i.Phase = x.evidence, x.phase
		_, err := i.Done(domain.Doing{By: "amber", Reading: x.in})
		got := i.Reading
		if err != nil {
			got = "!" + refusal(err)
			equal(t, "refused, so still", i.Status, domain.ItemOpen)
		}
		equal(t, fmt.Sprintf("%s %s %.10q", x.evidence, x.phase, x.in), got, x.want)
	}
}

func TestOutOfRange(t *testing.T) {
	for _, x := range []struct {
		reading  string
		min, max *float64
		want     bool
	}{
		{"25", ptr(24.0), ptr(26.0), false},
		{"24", ptr(24.0), ptr(26.0), false},
		{"26", ptr(24.0), ptr(26.0), false},
		{"23.9", ptr(24.0), ptr(26.0), true},
		{"26.1", ptr(24.0), ptr(26.0), true},
		{"99", nil, nil, false},
		{"16", nil, ptr(15.0), true},
		{"4", ptr(5.0), nil, true},
		{"", ptr(24.0), ptr(26.0), false},
		{"鹧鸪", ptr(24.0), nil, false},
	} {
		i := domain.Item{Reading: x.reading, ReadingMin: x.min, ReadingMax: x.max}
		equal(t, x.reading, i.OutOfRange(), x.want)
	}
}

func TestItemState(t *testing.T) {
	due := clock("09:00")
	for _, x := range []struct {
		status domain.ItemStatus
		due    *time.Time
		now    time.Time
		want   string
	}{
		{domain.ItemOpen, nil, due, "not-due"},
		{domain.ItemOpen, &due, due.Add(-15*time.Minute - time.Second), "not-due"},
		{domain.ItemOpen, &due, due.Add(-15 * time.Minute), "due"},
		{domain.ItemOpen, &due, due, "due"},
		{domain.ItemOpen, &due, due.Add(time.Minute), "due"},
		{domain.ItemOpen, &due, due.Add(time.Minute + time.Second), "late"},
		{domain.ItemDone, &due, due.Add(time.Hour), "done"},
		{domain.ItemRejected, &due, due.Add(time.Hour), "rejected"},
		{domain.ItemBlocked, &due, due.Add(time.Hour), "blocked"},
		{domain.ItemNotNeeded, &due, due.Add(time.Hour), "not-needed"},
	} {
		i := domain.Item{Status: x.status, DueAt: x.due}
		equal(t, fmt.Sprint(x.status, " ", x.now.Sub(due)), i.State(x.now), x.want)
	}
}

func TestItemText(t *testing.T) {
	i := domain.Item{Zh: "会场保洁", En: "Clean the hall", UnitZh: "人", UnitEn: "people"}
	equal(t, "texts", i.Text("zh")+i.Text("en")+i.Unit("zh")+i.Unit("en"), "会场保洁Clean the hall人people")
	i.En = ""
	equal(t, "no English", i.Text("en"), "会场保洁")
}

// tea is the tea round of the visit (09:00 to 11:20): every 20 minutes, six times.
func tea(t *testing.T, e *domain.Event) *domain.Item {
	t.Helper()
	for _, i := range itemsFor(t, e, longAgo) {
		if i.TemplateID == "S15" {
			return &i
		}
	}
	t.Fatal("no tea")
	return nil
}

// rounds shows a recurring item: next round of all, done, missed, next due, state.
func rounds(i *domain.Item) string {
	return fmt.Sprintf("%d/%d done %d missed %d next %s %s", i.RoundNo, i.RoundsTotal, i.RoundsDone, i.RoundsMissed, i.DueAt.In(shanghai).Format("15:04"), i.Status)
}

func TestDoRound(t *testing.T) {
	for _, x := range []struct {
		name  string
		times string // "09:20 09:40-" = a round at 09:20, one deferred at 09:40
		want  string
	}{
		{"none", "", "1/6 done 0 missed 0 next 09:20 open"},
		{"on time", "09:20", "2/6 done 1 missed 0 next 09:40 open"},
		{"before the start", "08:55", "2/6 done 1 missed 0 next 09:40 open"},
		{"ten minutes early", "09:20 09:30", "3/6 done 2 missed 0 next 10:00 open"},
		{"nine minutes late", "09:29", "2/6 done 1 missed 0 next 09:40 open"},
		{"so late that it is the second", "09:31", "3/6 done 1 missed 1 next 10:00 open"},
		{"four passed over", "10:38", "6/6 done 1 missed 4 next 11:00 open"},
		{"deferred is neither done nor missed", "09:20 09:40- 10:00", "4/6 done 2 missed 0 next 10:20 open"},
		{"deferred late", "10:00-", "4/6 done 0 missed 2 next 10:20 open"},
		{"the last finishes", "09:20 09:40 10:00 10:20 10:40 11:00", "7/6 done 6 missed 0 next 11:00 done"},
		{"after the end it is the last", "12:30", "7/6 done 1 missed 5 next 09:20 done"},
	} {
		i := tea(t, visit(1))
		for _, s := range strings.Fields(x.times) {
			when, deferred := strings.CutSuffix(s, "-")
			d := domain.Doing{By: "amber", At: clock(when), Received: clock(when)}
			if deferred {
				d.Reason = "领导正在讲话"
			}
			no, total := i.RoundNo, i.RoundsTotal
			r, err := i.DoRound(d, clock("09:00"))
			if err != nil {
				t.Fatal(x.name, err)
			}
			if r.FromNo != no || r.N < no || r.N > total || !r.DueAt.Equal(clock("09:00").Add(time.Duration(r.N)*20*time.Minute)) || !r.DoneAt.Equal(d.At) || r.DoneBy != "amber" || (r.Deferred != "") != deferred {
				t.Errorf("%s: %+v", x.name, r)
			}
		}
		equal(t, x.name, rounds(i), x.want)
	}
}

func TestRoundRefuses(t *testing.T) {
	i := tea(t, visit(1))
	if _, err := i.Done(domain.Doing{At: clock("09:20")}); refusal(err) != "item.is_round" {
		t.Error(err)
	}
	i.Evidence = domain.EvidenceNumber
	if _, err := i.DoRound(domain.Doing{At: clock("09:20"), Reading: "x"}, clock("09:00")); refusal(err) != "reading:item.reading_number" {
		t.Error(err)
	}
	equal(t, "untouched", rounds(i), "1/6 done 0 missed 0 next 09:20 open")
	for _, s := range []domain.ItemStatus{domain.ItemDone, domain.ItemNotNeeded, domain.ItemBlocked} {
		i.Status = s
		if _, err := i.DoRound(domain.Doing{At: clock("09:20")}, clock("09:00")); refusal(err) != "item.rounds_over" {
			t.Error(s, err)
		}
	}
}

// TestRoundsFollowTheEvent runs recurring work through what happens to an event.
func TestRoundsFollowTheEvent(t *testing.T) {
	type step struct{ do, want string }
	for _, x := range []struct {
		name  string
		steps []step
	}{
		{"undo", []step{
			{"round 09:20", "2/6 done 1 missed 0 next 09:40 open"},
			{"round 10:20", "5/6 done 2 missed 2 next 10:40 open"},
			{"undo", "2/6 done 1 missed 0 next 09:40 open"},
			{"undo", "1/6 done 0 missed 0 next 09:20 open"},
		}},
		{"undo of the last", []step{
			{"round 11:00", "7/6 done 1 missed 5 next 09:20 done"},
			{"undo", "1/6 done 0 missed 0 next 09:20 open"},
		}},
		{"undo of a deferral", []step{
			{"defer 09:40", "3/6 done 0 missed 1 next 10:00 open"},
			{"undo", "1/6 done 0 missed 0 next 09:20 open"},
		}},
		{"starts late", []step{
			{"start 09:10", "1/6 done 0 missed 0 next 09:30 open"},
			{"round 09:30", "2/6 done 1 missed 0 next 09:50 open"},
		}},
		{"ends early", []step{
			{"round 09:20", "2/6 done 1 missed 0 next 09:40 open"},
			{"end 10:15", "4/3 done 1 missed 2 next 09:40 done"},
			{"live", "4/6 done 1 missed 2 next 10:20 open"},
			{"round 10:20", "5/6 done 2 missed 2 next 10:40 open"},
		}},
		{"ends just after an early round", []step{
			{"round 09:20", "2/6 done 1 missed 0 next 09:40 open"},
			{"round 09:32", "3/6 done 2 missed 0 next 10:00 open"},
			{"end 09:35", "3/1 done 2 missed 0 next 10:00 done"},
			{"live", "3/6 done 2 missed 0 next 10:00 open"}, // the second is not done twice
		}},
		{"undo after the end", []step{
			{"round 09:20", "2/6 done 1 missed 0 next 09:40 open"},
			{"end 11:20", "7/6 done 1 missed 5 next 09:40 done"},
			{"undo", "1/6 done 0 missed 0 next 09:20 open"},
			{"round 11:30", "7/6 done 1 missed 5 next 09:20 done"},
		}},
		{"made longer", []step{
			{"round 11:00", "7/6 done 1 missed 5 next 09:20 done"},
			{"plan 12:00", "7/8 done 1 missed 5 next 11:20 open"},
		}},
		{"made too short", []step{
			{"plan 09:15", "1/0 done 0 missed 0 next 09:20 done"},
			{"plan 10:00", "1/2 done 0 missed 0 next 09:20 open"},
		}},
		{"blocked stays blocked", []step{
			{"block", "1/6 done 0 missed 0 next 09:20 blocked"},
			{"start 09:05", "1/6 done 0 missed 0 next 09:25 blocked"},
			{"end 10:00", "3/2 done 0 missed 2 next 09:25 done"},
		}},
		{"left out stays out", []step{
			{"exempt", "1/6 done 0 missed 0 next 09:20 not-needed"},
			{"start 09:05", "1/6 done 0 missed 0 next 09:20 not-needed"},
		}},
	} {
		e := visit(1)
		i := tea(t, e)
		var done []*domain.Round
		for _, s := range x.steps {
			verb, arg, _ := strings.Cut(s.do, " ")
			start, _ := e.AnchorAt(domain.AnchorStart)
			switch verb {
			case "round", "defer":
				d := domain.Doing{By: "amber", At: clock(arg)}
				if verb == "defer" {
					d.Reason = "掌声"
				}
				r, err := i.DoRound(d, start)
				if err != nil {
					t.Fatal(x.name, s.do, err)
				}
				done = append(done, r)
			case "undo":
				var before *domain.Round
				last := done[len(done)-1]
				if done = done[:len(done)-1]; len(done) > 0 {
					before = done[len(done)-1]
				}
				i.UndoRound(last, before, start, clock("11:25"))
				if (i.DoneAt != nil) != (before != nil) {
					t.Errorf("%s: last done %v", x.name, i.DoneAt)
				}
			case "start":
				e.ActualStartAt = ptr(clock(arg))
				i.Retime(e, shanghai)
			case "end":
				e.ActualEndAt = ptr(clock(arg))
				i.Retime(e, shanghai)
			case "live":
				e.ActualEndAt = nil
				i.Retime(e, shanghai)
			case "plan":
				e.EndAt = clock(arg)
				i.Retime(e, shanghai)
			case "block":
				_, _ = i.Block(domain.Doing{Reason: "停水"})
			case "exempt":
				_, _ = i.NotNeeded(domain.Doing{Reason: "自备茶水"})
			}
			equal(t, x.name+": "+s.do, rounds(i), s.want)
			if verb != "undo" && i.Retime(e, shanghai) {
				t.Errorf("%s: %s: once more moves it again: %s", x.name, s.do, rounds(i))
			}
		}
	}
}

func TestRetime(t *testing.T) {
	e := visit(1)
	e.ArrivalAt = ptr(clock("09:00")) // half an hour later than itemIn's 07:15 is made for
	for _, x := range []struct {
		status domain.ItemStatus
		want   string
	}{
		{domain.ItemOpen, "03-18 07:45"},
		{domain.ItemRejected, "03-18 07:45"},
		{domain.ItemBlocked, "03-18 07:45"},
		{domain.ItemDone, "03-18 07:15"},
		{domain.ItemSubmitted, "03-18 07:15"},
		{domain.ItemAccepted, "03-18 07:15"},
		{domain.ItemNotNeeded, "03-18 07:15"},
	} {
		i := itemIn(x.status)
		moved := i.Retime(e, shanghai)
		equal(t, string(x.status), at(i.DueAt), x.want)
		equal(t, string(x.status)+" moved", moved, x.want == "03-18 07:45")
		equal(t, string(x.status)+" stays", i.Status, x.status)
		if i.Retime(e, shanghai) {
			t.Errorf("%s moved again", x.status)
		}
	}
	for _, a := range []domain.Anchor{domain.AnchorFixed, domain.AnchorCall} {
		i := itemIn(domain.ItemOpen)
		i.Anchor = a
		if i.Retime(e, shanghai) || at(i.DueAt) != "03-18 07:15" {
			t.Errorf("%s moved to %s", a, at(i.DueAt))
		}
	}
	made := itemIn(domain.ItemOpen)
	made.CreatedAt = clock("08:10")
	made.Retime(e, shanghai)
	equal(t, "not due before it was made", at(made.DueAt), "03-18 08:10")
	gone := itemIn(domain.ItemOpen)
	gone.Anchor, e.BreakAt = domain.AnchorBreak, nil
	if !gone.Retime(e, shanghai) || gone.DueAt != nil {
		t.Errorf("without a break it is due at %s", at(gone.DueAt))
	}
}

// An incident that came after a round stays named when that round is taken back.
func TestUndoRoundOfABlockedItem(t *testing.T) {
	start := time.Date(2026, 3, 18, 1, 30, 0, 0, time.UTC)
	i := domain.Item{ID: "x", Every: 30, Phase: domain.PhaseDuring, Status: domain.ItemOpen, RoundNo: 1, RoundsTotal: 4}
	r, err := i.DoRound(domain.Doing{By: "a", At: start.Add(30 * time.Minute)}, start)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Block(domain.Doing{By: "a", At: start.Add(31 * time.Minute), Reason: "停电"}); err != nil {
		t.Fatal(err)
	}
	i.UndoRound(r, nil, start, start.Add(32*time.Minute))
	if i.Status != domain.ItemBlocked || i.Reason != "停电" || i.RoundNo != 1 {
		t.Fatalf("%s %q round %d", i.Status, i.Reason, i.RoundNo)
	}
}
