package domain_test

import (
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestPostValidate(t *testing.T) {
	good := domain.Post{Code: " Z04 ", Name: "大堂岗", Crew: domain.CrewSEC, Gesture: "direct", Position: domain.PositionLobby, Minutes: 1}
	equal(t, "good", refusal(good.Validate()), "")
	equal(t, "cleaned", good.Code, "Z04")
	for want, change := range map[string]func(p *domain.Post){
		"code:field.required":        func(p *domain.Post) { p.Code = " " },
		"code:field.too_long":        func(p *domain.Post) { p.Code = "123456789" },
		"name:field.required":        func(p *domain.Post) { p.Name = "" },
		"task:field.too_long":        func(p *domain.Post) { p.Task = strings.Repeat("务", 201) },
		"crew:field.choose":          func(p *domain.Post) { p.Crew = "XXX" },
		"gesture:field.choose":       func(p *domain.Post) { p.Gesture = "wave" },
		"position:field.choose":      func(p *domain.Post) { p.Position = domain.PositionLeft }, // who leaves is seen nowhere
		"minutes:post.minutes_range": func(p *domain.Post) { p.Minutes = 241 },
	} {
		p := good
		change(&p)
		equal(t, want, refusal(p.Validate()), want)
	}
	p := good
	p.Position = domain.PositionExpected
	equal(t, "expected is no step", refusal(p.Validate()), "position:field.choose")
}

func TestPostDueAt(t *testing.T) {
	p := domain.Post{}
	equal(t, "level 1", p.DueAt(visit(1)), clock("07:00"))
	equal(t, "level 4", p.DueAt(visit(4)), clock("08:00"))
	p.FromAt = ptr(clock("08:10"))
	equal(t, "its own", p.DueAt(visit(1)), clock("08:10"))
}

// dutyAt is a duty in a state, as of 08:00.
func dutyAt(state domain.DutyState) *domain.Duty {
	d := &domain.Duty{ID: "d", PersonID: "granite", State: state, StateAt: clock("08:00")}
	if state == domain.DutyAsked || state == domain.DutyAway {
		d.Reason, d.ReliefID, d.ReturnAt = "用餐", "talc", ptr(clock("08:20"))
	}
	return d
}

// Everything that can be said of a duty, in each state it may be in: what it is
// then, or the refusal; "=" is quiet.
func TestDutySteps(t *testing.T) {
	by := domain.Doing{By: "granite", At: clock("08:05"), Received: clock("08:05"), Reason: "用餐"}
	steps := []struct {
		name string
		do   func(d *domain.Duty) (bool, error)
	}{
		{"report", func(d *domain.Duty) (bool, error) { return d.Report(by, true) }},
		{"unreport", func(d *domain.Duty) (bool, error) { return d.Unreport(by) }},
		{"ask", func(d *domain.Duty) (bool, error) { return d.AskRelief(by, "talc", clock("08:15"), "看好侧门") }},
		{"relieve", func(d *domain.Duty) (bool, error) { return d.Relieve(by) }},
		{"return", func(d *domain.Duty) (bool, error) { return d.Return(by, "") }},
		{"replace", func(d *domain.Duty) (bool, error) { return d.Replace(by) }},
		{"release", func(d *domain.Duty) (bool, error) { return d.Release(by, nil, false) }},
		{"recall", func(d *domain.Duty) (bool, error) { return d.Recall(by) }},
		{"back", func(d *domain.Duty) (bool, error) { return d.Back(by) }},
	}
	for state, want := range map[domain.DutyState]string{
		domain.DutyPlanned:  "on = duty.not_on duty.not_asked = replaced released = duty.not_released",
		domain.DutyOn:       "= planned asked duty.not_asked = duty.is_on released = duty.not_released",
		domain.DutyAsked:    "= = asked away on duty.is_on released = duty.not_released",
		domain.DutyAway:     "= = duty.not_on = on duty.is_on released = duty.not_released",
		domain.DutyReplaced: "on = duty.not_on duty.not_asked = = released = duty.not_released",
		domain.DutyReleased: "duty.over = duty.not_on duty.not_asked = duty.is_on = planned back",
		domain.DutyBack:     "duty.over = duty.not_on duty.not_asked = duty.is_on = = =",
	} {
		var got []string
		for _, x := range steps {
			d := dutyAt(state)
			before := *d
			changed, err := x.do(d)
			switch {
			case err != nil:
				got = append(got, refusal(err))
				equal(t, x.name+" is refused and changes nothing", *d, before)
			case !changed:
				got = append(got, "=")
				equal(t, x.name+" is quiet", *d, before)
			default:
				got = append(got, string(d.State))
				equal(t, x.name+" is of then", d.StateAt, by.At)
			}
		}
		equal(t, string(state), strings.Join(got, " "), want)
	}
}

func TestRelief(t *testing.T) {
	d := dutyAt(domain.DutyOn)
	by := domain.Doing{By: "granite", At: clock("08:05"), Reason: " 如厕 "}
	for want, ask := range map[string]func() (bool, error){
		"relief:duty.relief_needed": func() (bool, error) { return d.AskRelief(by, "granite", clock("08:15"), "") },
		"away:duty.return_range":    func() (bool, error) { return d.AskRelief(by, "talc", by.At, "") },
		"reason:field.required": func() (bool, error) {
			return d.AskRelief(domain.Doing{At: by.At}, "talc", clock("08:15"), "")
		},
		"handover:field.too_long": func() (bool, error) {
			return d.AskRelief(by, "talc", clock("08:15"), strings.Repeat("交", 201))
		},
	} {
		_, err := ask()
		equal(t, want, refusal(err), want)
	}
	if changed, err := d.AskRelief(by, "talc", clock("08:15"), "看好侧门"); !changed || err != nil {
		t.Fatal(changed, err)
	}
	equal(t, "he holds it until he may go", d.Holder(), "granite")
	if _, err := d.Relieve(by); err != nil {
		t.Fatal(err)
	}
	equal(t, "the relief holds it", d.Holder(), "talc")
	equal(t, "held", d.Present(), true)
	if _, err := d.Return(by, "侧门已锁"); err != nil {
		t.Fatal(err)
	}
	equal(t, "he is back", d.Holder(), "granite")
	equal(t, "handover", d.Handover, "侧门已锁")
	if d.ReliefID != "" || d.ReturnAt != nil || d.Reason != "" {
		t.Errorf("the relief stands in it still: %+v", d)
	}
}

// Nobody leaves before the guests; only the commander, in writing.
func TestRelease(t *testing.T) {
	missing := []string{"X9"}
	by := domain.Doing{By: "boss", At: clock("11:30")}
	why := by
	why.Reason = "换班"
	for want, do := range map[string]func(d *domain.Duty) (bool, error){
		"duty.locked":                 func(d *domain.Duty) (bool, error) { return d.Release(why, missing, false) },
		"reason:duty.override_needed": func(d *domain.Duty) (bool, error) { return d.Release(by, missing, true) },
		"reason:field.too_long": func(d *domain.Duty) (bool, error) {
			return d.Release(domain.Doing{Reason: strings.Repeat("因", 201)}, missing, true)
		},
	} {
		d := dutyAt(domain.DutyOn)
		_, err := do(d)
		equal(t, want, refusal(err), want)
		equal(t, want, d.State, domain.DutyOn)
	}
	d := dutyAt(domain.DutyOn)
	d.ReportedAt = ptr(clock("07:00"))
	if _, err := d.Release(why, missing, true); err != nil {
		t.Fatal(err)
	}
	equal(t, "why", d.Override, "换班")
	if _, err := d.Recall(by); err != nil {
		t.Fatal(err)
	}
	equal(t, "he is at his post again", d.State, domain.DutyOn)
	if d.Override != "" || d.ReleasedAt != nil {
		t.Errorf("%+v", d)
	}
	if _, err := d.Release(why, nil, false); err != nil {
		t.Fatal(err)
	}
	equal(t, "no override where nothing is missing", d.Override, "")
}

func TestReleaseMissing(t *testing.T) {
	item := func(id string, status domain.ItemStatus) domain.Item {
		return domain.Item{ID: id, TemplateID: id, Status: status}
	}
	items := []domain.Item{item("M10", domain.ItemOpen), item("S19", domain.ItemDone), item("V5", domain.ItemOpen), item("S1", domain.ItemOpen), item("X9", domain.ItemOpen)}
	var ids []string
	for _, i := range domain.ReleaseMissing(items) {
		ids = append(ids, i.ID)
	}
	equal(t, "missing", strings.Join(ids, " "), "X9 V5 M10")
	equal(t, "a level without them", len(domain.ReleaseMissing(nil)), 0)
}

func TestPostBoard(t *testing.T) {
	e := visit(1) // everybody reports by 07:00
	spare := func(state domain.DutyState) domain.Duty { d := *dutyAt(state); d.Backup = true; return d }
	stands := spare(domain.DutyOn)
	stands.StandsFor = "d"
	for _, x := range []struct {
		name, at string
		duties   []domain.Duty
		want     string
	}{
		{"nobody", "06:00", nil, domain.PostEmpty},
		{"before its time", "06:59", []domain.Duty{*dutyAt(domain.DutyPlanned)}, "planned"},
		{"late", "07:04", []domain.Duty{*dutyAt(domain.DutyPlanned)}, domain.DutyLate},
		{"absent", "07:05", []domain.Duty{*dutyAt(domain.DutyPlanned)}, domain.DutyAbsent},
		{"one of two", "07:05", []domain.Duty{*dutyAt(domain.DutyOn), *dutyAt(domain.DutyPlanned)}, domain.DutyAbsent},
		{"held", "07:05", []domain.Duty{*dutyAt(domain.DutyOn), spare(domain.DutyPlanned)}, domain.PostHeld},
		{"relieved", "07:05", []domain.Duty{*dutyAt(domain.DutyAway)}, domain.PostHeld},
		{"a backup is nobody there", "07:05", []domain.Duty{*dutyAt(domain.DutyPlanned), spare(domain.DutyOn)}, domain.DutyAbsent},
		{"a backup stands in", "07:05", []domain.Duty{*dutyAt(domain.DutyReplaced), stands}, domain.PostHeld},
		{"backups only", "07:05", []domain.Duty{spare(domain.DutyOn)}, domain.PostReserve},
		{"over", "12:00", []domain.Duty{*dutyAt(domain.DutyReleased), *dutyAt(domain.DutyBack)}, domain.PostOver},
		{"one may leave", "12:00", []domain.Duty{*dutyAt(domain.DutyReleased), *dutyAt(domain.DutyOn)}, domain.PostHeld},
	} {
		b := domain.PostBoard{Duties: x.duties}
		equal(t, x.name, b.State(e, clock(x.at)), x.want)
	}
}

func TestSumDuties(t *testing.T) {
	e := visit(1)
	of := func(post, id, person string, state domain.DutyState, change ...func(d *domain.Duty)) domain.Duty {
		d := *dutyAt(state)
		d.ID, d.PostID, d.PersonID, d.Seq = id, post, person, int64(len(id))
		for _, fn := range change {
			fn(&d)
		}
		return d
	}
	backup := func(d *domain.Duty) { d.Backup = true }
	boards := domain.BoardPosts(
		[]domain.Post{{ID: "a", Seq: 1}, {ID: "b"}, {ID: "c"}, {ID: "gone", Struck: true}},
		[]domain.Duty{
			of("a", "1", "p", domain.DutyOn), of("a", "2", "q", domain.DutyAway), of("b", "3", "r", domain.DutyPlanned),
			of("c", "4", "s", domain.DutyOn, backup), of("c", "5", "p", domain.DutyPlanned, backup), of("gone", "6", "t", domain.DutyOn),
			of("b", "7", "u", domain.DutyOn, func(d *domain.Duty) { d.Struck = true }), of("a", "8", "v", domain.DutyReplaced),
		})
	equal(t, "boards", len(boards), 3)
	equal(t, "seq", boards[0].Seq(), 1)
	equal(t, "sums", domain.SumDuties(e, boards, clock("07:10")), domain.DutySum{Posts: 2, Held: 1, Expected: 5, Reported: 3, Absent: 1, Away: 1})
	var spare []string
	for _, d := range domain.Reserve(boards) {
		spare = append(spare, d.PersonID)
	}
	equal(t, "who can stand in: not who stands somewhere", strings.Join(spare, " "), "s")
}

func TestLegs(t *testing.T) {
	legs := domain.LegsOf([]domain.Post{
		{Position: domain.PositionLobby, Minutes: 3},
		{Position: domain.PositionLobby, Minutes: 5},
		{Position: domain.PositionVenue},
		{Position: domain.PositionLift, Minutes: 9, Struck: true},
		{Minutes: 7},
	})
	equal(t, "the further of two", legs[domain.PositionLobby], 5)
	equal(t, "a building's own", legs[domain.PositionVenue], 2)
	equal(t, "struck", legs[domain.PositionLift], 1)
	for _, x := range []struct {
		at       domain.Position
		next     string
		overdue  string
		onTheWay bool
	}{
		{domain.PositionExpected, "", "", false},
		{domain.PositionGate, "08:32", "08:34", true},
		{domain.PositionDropOff, "08:35", "08:40", true},
		{domain.PositionLobby, "08:31", "08:33", true}, // twice a minute would be two: two more at least
		{domain.PositionLift, "08:32", "08:34", true},
		{domain.PositionVenue, "", "", false},
		{domain.PositionLeft, "", "", false},
	} {
		g := domain.Guest{Position: x.at, PositionAt: clock("08:30"), NextAt: ptr(clock("08:00"))}
		g.Expect(legs)
		equal(t, string(x.at), x.at.OnTheWay(), x.onTheWay)
		if x.next == "" {
			equal(t, string(x.at), g.NextAt == nil, true)
			equal(t, string(x.at), g.OverdueAt().IsZero(), true)
			continue
		}
		equal(t, string(x.at)+" next", *g.NextAt, clock(x.next))
		equal(t, string(x.at)+" overdue", g.OverdueAt(), clock(x.overdue))
	}
}

func TestEarlyBy(t *testing.T) {
	e := visit(1)
	equal(t, "12 minutes", e.EarlyBy(clock("08:18")), 12*time.Minute)
	equal(t, "a little", e.EarlyBy(clock("08:26")), 0)
	equal(t, "late", e.EarlyBy(clock("08:40")), 0)
	e.ArrivalAt = nil
	equal(t, "nobody is received", e.EarlyBy(clock("08:00")), 0)
}

func TestVehicle(t *testing.T) {
	v := domain.Vehicle{Plate: " 测A·00001 ", State: domain.VehicleExpected, StateAt: clock("08:00")}
	equal(t, "good", refusal(v.Validate()), "")
	equal(t, "cleaned", v.Plate, "测A·00001")
	for want, bad := range map[string]domain.Vehicle{
		"plate:field.required":        {},
		"plate:field.too_long":        {Plate: strings.Repeat("1", 17)},
		"arrives:vehicle.order_range": {Plate: "1", Arrives: -1},
		"leaves:vehicle.order_range":  {Plate: "1", Leaves: 1000},
	} {
		equal(t, want, refusal(bad.Validate()), want)
	}
	by := domain.Doing{By: "granite", At: clock("08:20")}
	for k, s := range domain.VehicleStates {
		equal(t, string(s), s.Index(), k)
		equal(t, "after "+string(s), s.Next(), domain.VehicleStates[min(k+1, len(domain.VehicleStates)-1)])
	}
	_, err := v.MoveTo("roof", by)
	equal(t, "nowhere", refusal(err), "state:field.choose")
	changed, err := v.MoveTo(domain.VehicleGate, by)
	equal(t, "on", changed && err == nil && v.Previous == domain.VehicleExpected && v.StateBy == "granite", true)
	changed, _ = v.MoveTo(domain.VehicleGate, by)
	equal(t, "there already", changed, false)
	changed, _ = v.Back(by)
	equal(t, "back", changed && v.State == domain.VehicleExpected && v.Previous == "", true)
	changed, _ = v.Back(by)
	equal(t, "back once", changed, false)
	v.Struck = true
	_, err = v.MoveTo(domain.VehicleGate, by)
	equal(t, "struck", refusal(err), "vehicle.struck")
	r := domain.RidersOf(&v, []domain.Guest{
		{Name: "白芷", Plate: v.Plate}, {Name: "木香", Plate: v.Plate, Rank: 1, Position: domain.PositionLeft}, {Name: "当归", Plate: v.Plate, Rank: 2}, {Name: "丁香", Plate: "另一辆"}, {Name: "薄荷", Plate: v.Plate, Struck: true},
	})
	equal(t, "riders", r, domain.Riders{Total: 3, Gone: 1, First: "木香"})
}

func TestLift(t *testing.T) {
	l := domain.Lift{State: domain.LiftNormal, StateAt: clock("08:00")}
	by := domain.Doing{By: "crystal", At: clock("08:20")}
	_, err := l.Become("flying", "", by)
	equal(t, "no such state", refusal(err), "state:field.choose")
	_, err = l.Become(domain.LiftHeld, strings.Repeat("注", 81), by)
	equal(t, "long", refusal(err), "note:field.too_long")
	changed, _ := l.Become(domain.LiftTrapped, "", by)
	equal(t, "trapped", changed && l.State.Alarming() && l.StateAt.Equal(by.At), true)
	changed, _ = l.Become(domain.LiftTrapped, "", by)
	equal(t, "said twice", changed, false)
	by.At = clock("08:25")
	changed, _ = l.Become(domain.LiftTrapped, "三人", by)
	equal(t, "a note does not set its clock back", changed && l.StateAt.Equal(clock("08:20")), true)
}
