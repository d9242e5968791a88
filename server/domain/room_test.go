package domain_test

import (
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// wall is a moment by the clock on the wall there.
func wall(t *testing.T, loc *time.Location, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

var house = &domain.Site{SetupMin: 30, ClearMin: 15, HouseOpens: 7 * 60, HouseCloses: 22 * 60, HouseDays: "12345"}

func TestBuffers(t *testing.T) {
	zero, hour := 0, 60
	for what, x := range map[string]struct {
		room       domain.Room
		setup, out time.Duration
	}{
		"the site's":  {domain.Room{}, 30 * time.Minute, 15 * time.Minute},
		"its own":     {domain.Room{SetupMin: &hour, ClearMin: &hour}, time.Hour, time.Hour},
		"none at all": {domain.Room{SetupMin: &zero, ClearMin: &zero}, 0, 0},
		"one of each": {domain.Room{SetupMin: &zero}, 0, 15 * time.Minute},
	} {
		setup, out := house.Buffers(&x.room)
		equal(t, what, [2]time.Duration{setup, out}, [2]time.Duration{x.setup, x.out})
	}
}

// Two uses of a room, across midnight and across the changes of summer time.
func TestUsesMeet(t *testing.T) {
	berlin, shanghai := zone(t, "Europe/Berlin"), zone(t, "Asia/Shanghai")
	for what, x := range map[string]struct {
		loc        *time.Location
		a, b, c, d string // one from a to b, the other from c to d
		bare       bool
		meet, only bool
	}{
		"apart":                       {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 10:45", "2026-03-18 12:00", false, false, true},
		"a minute too near":           {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 10:44", "2026-03-18 12:00", false, true, true},
		"back to back":                {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 10:00", "2026-03-18 12:00", false, true, true},
		"back to back as it stands":   {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 10:00", "2026-03-18 12:00", true, false, true},
		"at once":                     {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 09:59", "2026-03-18 12:00", true, true, false},
		"one within the other":        {shanghai, "2026-03-18 09:00", "2026-03-18 18:00", "2026-03-18 12:00", "2026-03-18 13:00", true, true, false},
		"across midnight":             {shanghai, "2026-03-18 23:00", "2026-03-19 01:30", "2026-03-19 01:00", "2026-03-19 02:00", true, true, false},
		"after midnight, too near":    {shanghai, "2026-03-18 23:00", "2026-03-19 00:30", "2026-03-19 01:00", "2026-03-19 02:00", false, true, true},
		"the days before and after":   {shanghai, "2026-03-18 00:00", "2026-03-19 00:00", "2026-03-19 00:45", "2026-03-19 23:00", false, false, true},
		"the hour that is left out":   {berlin, "2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 03:15", "2026-03-29 04:00", false, false, true}, // 45 minutes
		"the hour that is left out 2": {berlin, "2026-03-29 00:30", "2026-03-29 01:31", "2026-03-29 03:15", "2026-03-29 04:00", false, true, true},
		"the hour that comes twice":   {berlin, "2026-10-25 01:30", "2026-10-25 01:45", "2026-10-25 03:00", "2026-10-25 04:00", false, false, true},
	} {
		use := func(from, to string) domain.Use {
			return domain.UseOf(&domain.Event{StartAt: wall(t, x.loc, from), EndAt: wall(t, x.loc, to), NoBuffer: x.bare}, "R1", 30*time.Minute, 15*time.Minute, clock("00:00"))
		}
		one, two := use(x.a, x.b), use(x.c, x.d)
		equal(t, what, [4]bool{one.Meets(&two), two.Meets(&one), one.OnlyBuffer(&two), two.OnlyBuffer(&one)}, [4]bool{x.meet, x.meet, x.only, x.only})
	}
	// The second 02:30 is an hour after the first.
	first := wall(t, berlin, "2026-10-25 02:30")
	for what, x := range map[string]struct {
		at   time.Time
		meet bool
	}{"the first": {first, true}, "the second": {first.Add(time.Hour), false}} {
		one := domain.UseOf(&domain.Event{StartAt: first.Add(-30 * time.Minute), EndAt: first.Add(15 * time.Minute)}, "R1", 0, 15*time.Minute, first)
		two := domain.UseOf(&domain.Event{StartAt: x.at, EndAt: x.at.Add(10 * time.Minute)}, "R1", 0, 0, first)
		equal(t, what+" 02:30", one.Meets(&two), x.meet)
	}
}

func TestRoomUntil(t *testing.T) {
	ended := clock("10:40")
	for what, x := range map[string]struct {
		e    domain.Event
		want string
	}{
		"as planned":      {domain.Event{Status: domain.EventConfirmed, EndAt: clock("11:00")}, "11:00"},
		"ended early":     {domain.Event{Status: domain.EventClearing, EndAt: clock("11:00"), ActualEndAt: &ended}, "10:40"},
		"runs over":       {domain.Event{Status: domain.EventLive, EndAt: clock("11:00")}, "11:20"},
		"is not yet over": {domain.Event{Status: domain.EventLive, EndAt: clock("11:30")}, "11:30"},
	} {
		equal(t, what, x.e.RoomUntil(clock("11:20")), clock(x.want))
	}
}

func TestOffers(t *testing.T) {
	rooms := []domain.Room{
		{ID: "R1", Sort: 1, Capacity: 200, Equipment: []domain.RoomFixture{{Kind: "sound", N: 1}, {Kind: "projector", N: 1}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutClassroom, Heads: 120}}},
		{ID: "R2", Sort: 2, Capacity: 80, Equipment: []domain.RoomFixture{{Kind: "projector", N: 1}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutClassroom, Heads: 40}}},
		{ID: "R3", Sort: 3, Capacity: 30},
		{ID: "R4", Sort: 4, Capacity: 500, OutOfUse: true},
	}
	uses := []domain.Use{
		{RoomID: "R2", EventID: "E2", Name: "例会", Start: clock("12:00"), End: clock("13:00"), From: clock("11:30"), To: clock("13:15")},
		{RoomID: "R2", Reason: "检修", Start: clock("08:00"), End: clock("09:45"), From: clock("08:00"), To: clock("09:45")},
		{RoomID: "R1", EventID: "E1", Name: "年会", Start: clock("08:00"), End: clock("12:00"), From: clock("07:30"), To: clock("12:15")},
	}
	for what, x := range map[string]struct {
		w    domain.RoomWish
		want string // the rooms in order: + to be had, ~ free, ! taken, - neither
	}{
		"anything":            {domain.RoomWish{Start: clock("15:00"), End: clock("16:00")}, "+R1 +R2 +R3 -R4"},
		"the tightest":        {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Heads: 25}, "+R3 +R2 +R1 -R4"},
		"exactly as many":     {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Heads: 80}, "+R2 +R1 ~R3 -R4"},
		"too many":            {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Heads: 100000}, "~R1 ~R2 ~R3 -R4"},
		"set in rows":         {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Heads: 50, Layout: "classroom"}, "+R1 ~R2 ~R3 -R4"},
		"with a projector":    {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Heads: 10, Equipment: []string{"projector"}}, "+R2 +R1 ~R3 -R4"},
		"with both":           {domain.RoomWish{Start: clock("15:00"), End: clock("16:00"), Equipment: []string{"projector", "sound"}}, "+R1 ~R2 ~R3 -R4"},
		"taken":               {domain.RoomWish{Start: clock("10:00"), End: clock("11:00"), Heads: 5}, "+R3 !R2 !R1 -R4"},
		"only the set-up":     {domain.RoomWish{Start: clock("10:00"), End: clock("11:16"), Heads: 5}, "+R3 !R2 !R1 -R4"},
		"only the blocking":   {domain.RoomWish{Start: clock("10:14"), End: clock("10:30"), Heads: 5}, "+R3 !R2 !R1 -R4"},
		"as it stands":        {domain.RoomWish{Start: clock("09:45"), End: clock("11:30"), Heads: 5, NoBuffer: true}, "+R3 +R2 !R1 -R4"},
		"its own":             {domain.RoomWish{Start: clock("10:00"), End: clock("11:00"), Heads: 100, EventID: "E1"}, "+R1 ~R3 -R2 -R4"},
		"of no event's own":   {domain.RoomWish{Start: clock("08:15"), End: clock("08:30"), Heads: 50, EventID: ""}, "~R3 !R2 !R1 -R4"},
		"taken and too small": {domain.RoomWish{Start: clock("12:00"), End: clock("13:00"), Heads: 100}, "~R3 !R1 -R2 -R4"},
	} {
		if err := x.w.Validate(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		var list []domain.RoomOffer
		for k := range rooms {
			list = append(list, domain.Offer(house, &rooms[k], &x.w, uses))
		}
		domain.SortOffers(list, x.w.Heads)
		var got []string
		for k := range list {
			o := &list[k]
			mark := "-"
			switch {
			case o.Good():
				mark = "+"
			case o.Free:
				mark = "~"
			case o.Fits && !o.Out:
				mark = "!"
			}
			got = append(got, mark+o.Room.ID)
		}
		equal(t, what, strings.Join(got, " "), x.want)
	}
}

func TestRoomWish(t *testing.T) {
	good := domain.RoomWish{Start: clock("10:00"), End: clock("11:00")}
	for field, fn := range map[string]func(w *domain.RoomWish){
		"start_at":  func(w *domain.RoomWish) { w.Start = time.Time{} },
		"end_at":    func(w *domain.RoomWish) { w.End = w.Start },
		"end_at ":   func(w *domain.RoomWish) { w.End = w.Start.Add(15 * 24 * time.Hour) },
		"end_at  ":  func(w *domain.RoomWish) { w.End = time.Time{} },
		"heads":     func(w *domain.RoomWish) { w.Heads = -1 },
		"heads ":    func(w *domain.RoomWish) { w.Heads = 100001 },
		"equipment": func(w *domain.RoomWish) { w.Equipment = []string{"projector", "horses"} },
		"layout":    func(w *domain.RoomWish) { w.Layout = "car" },
	} {
		w := good
		fn(&w)
		if e, ok := domain.AsError(w.Validate()); !ok || len(e.Fields) != 1 || e.Fields[0].Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
}

func TestFreeSlots(t *testing.T) {
	shanghai, berlin := zone(t, "Asia/Shanghai"), zone(t, "Europe/Berlin")
	type stretch struct{ from, to string }
	for what, x := range map[string]struct {
		loc      *time.Location
		from, to string
		now      string
		taken    []stretch
		room     domain.Room
		want     string // the first ones, by the clock on the wall
	}{
		"at once":                {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", nil, domain.Room{}, "18 09:00, 18 10:45, 19 07:00"},
		"after the other":        {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", []stretch{{"2026-03-18 08:00", "2026-03-18 12:05"}}, domain.Room{}, "18 13:00, 18 14:45"},
		"between two":            {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", []stretch{{"2026-03-18 08:00", "2026-03-18 10:00"}, {"2026-03-18 12:30", "2026-03-18 15:00"}}, domain.Room{}, "18 10:45, 18 15:45"},
		"the gap is too short":   {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", []stretch{{"2026-03-18 08:00", "2026-03-18 10:00"}, {"2026-03-18 12:15", "2026-03-18 15:00"}}, domain.Room{}, "18 15:45, 18 17:30"},
		"not before now":         {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 11:07", nil, domain.Room{}, "18 11:15, 18 13:00"},
		"the evening asked for":  {shanghai, "2026-03-18 20:30", "2026-03-18 22:30", "2026-03-18 08:00", nil, domain.Room{}, "18 20:30, 19 07:00, 19 09:45"},
		"other evenings":         {shanghai, "2026-03-18 20:30", "2026-03-18 22:30", "2026-03-18 08:00", []stretch{{"2026-03-18 18:00", "2026-03-18 21:00"}, {"2026-03-19 06:00", "2026-03-19 19:30"}}, domain.Room{}, "19 20:15"},
		"until midnight":         {shanghai, "2026-03-18 22:00", "2026-03-19 00:00", "2026-03-18 08:00", nil, domain.Room{}, "18 22:00, 19 07:00"},
		"not on a Sunday":        {shanghai, "2026-03-20 09:00", "2026-03-20 10:00", "2026-03-18 08:00", []stretch{{"2026-03-20 07:00", "2026-03-20 21:30"}}, domain.Room{}, "23 07:00"},
		"but who asks for one":   {shanghai, "2026-03-22 09:00", "2026-03-22 10:00", "2026-03-18 08:00", nil, domain.Room{}, "22 09:00, 22 10:45, 23 07:00"},
		"across midnight":        {shanghai, "2026-03-18 23:00", "2026-03-19 01:00", "2026-03-18 08:00", nil, domain.Room{}, "19 07:00"},
		"longer than the day":    {shanghai, "2026-03-18 06:00", "2026-03-19 06:00", "2026-03-18 01:00", []stretch{{"2026-03-18 06:00", "2026-03-18 07:00"}}, domain.Room{}, "18 07:45"},
		"the night of the clock": {berlin, "2026-03-28 20:30", "2026-03-28 22:00", "2026-03-28 08:00", []stretch{{"2026-03-28 19:00", "2026-03-28 21:00"}}, domain.Room{}, "30 07:00"},
		"and back":               {berlin, "2026-10-24 20:30", "2026-10-24 22:00", "2026-10-24 08:00", []stretch{{"2026-10-24 19:00", "2026-10-24 21:00"}}, domain.Room{}, "26 07:00"},
		"out of use":             {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", nil, domain.Room{OutOfUse: true}, ""},
		"taken for ever":         {shanghai, "2026-03-18 09:00", "2026-03-18 10:00", "2026-03-18 08:00", []stretch{{"2026-03-01 08:00", "2026-05-18 10:00"}}, domain.Room{}, ""},
	} {
		room := x.room
		room.ID = "R1"
		var uses []domain.Use
		for _, s := range x.taken {
			uses = append(uses, domain.UseOf(&domain.Event{ID: "other", StartAt: wall(t, x.loc, s.from), EndAt: wall(t, x.loc, s.to)}, "R1", 30*time.Minute, 15*time.Minute, clock("00:00")))
		}
		uses = append(uses, domain.Use{RoomID: "R2", From: wall(t, x.loc, "2026-01-01 00:00"), To: wall(t, x.loc, "2027-01-01 00:00")}) // another room's
		w := domain.RoomWish{Start: wall(t, x.loc, x.from), End: wall(t, x.loc, x.to)}
		slots := domain.FreeSlots(house, &room, &w, uses, wall(t, x.loc, x.now), x.loc)
		var got []string
		for _, s := range slots {
			got = append(got, s.Start.In(x.loc).Format("02 15:04"))
			if s.End.Sub(s.Start) != w.End.Sub(w.Start) {
				t.Errorf("%s: %v is not as long", what, s)
			}
		}
		if text := strings.Join(got, ", "); !strings.HasPrefix(text, x.want) || x.want == "" && text != "" || len(got) > 6 {
			t.Errorf("%s: %s, want %s", what, text, x.want)
		}
	}
}

func TestRefuseUse(t *testing.T) {
	room := &domain.Room{ID: "R1", Name: "报告厅", NameEn: "Auditorium"}
	shanghai := zone(t, "Asia/Shanghai")
	use := func(e domain.Event) domain.Use {
		e.ID = "E"
		return domain.UseOf(&e, "R1", 30*time.Minute, 15*time.Minute, clock("00:00"))
	}
	want := use(domain.Event{StartAt: wall(t, shanghai, "2026-03-18 09:00"), EndAt: wall(t, shanghai, "2026-03-18 10:00")})
	at := func(from, to string) domain.Event {
		return domain.Event{Number: "EV-20260318-07", Name: "例会", StartAt: wall(t, shanghai, from), EndAt: wall(t, shanghai, to)}
	}
	secret := at("2026-03-18 09:30", "2026-03-18 11:00")
	secret.Secrecy = domain.SecrecySecret
	near := at("2026-03-18 10:20", "2026-03-18 11:00")
	nearSecret := near
	nearSecret.Secrecy = domain.SecrecySecret
	for what, x := range map[string]struct {
		other domain.Use
		want  string
	}{
		"taken":             {use(at("2026-03-18 09:30", "2026-03-18 11:00")), `event.room_taken event="例会" from="09:30" room_en="Auditorium" room_zh="报告厅" to="11:00"`},
		"by a secret":       {use(secret), `event.room_taken_secret alias="07" from="09:30" room_en="Auditorium" room_zh="报告厅" to="11:00"`},
		"since yesterday":   {use(at("2026-03-17 22:00", "2026-03-18 09:30")), `event.room_taken event="例会" from="03-17 22:00" room_en="Auditorium" room_zh="报告厅" to="03-18 09:30"`},
		"too near":          {use(near), `event.room_buffer event="例会" from="10:20" n="45" room_en="Auditorium" room_zh="报告厅" to="11:00"`},
		"too near a secret": {use(nearSecret), `event.room_buffer_secret alias="07" from="10:20" n="45" room_en="Auditorium" room_zh="报告厅" to="11:00"`},
		"blocked":           {(&domain.Blocking{RoomID: "R1", Reason: "检修", StartAt: wall(t, shanghai, "2026-03-18 09:30"), EndAt: wall(t, shanghai, "2026-03-18 12:00")}).Use(), `event.room_blocked from="09:30" reason="检修" room_en="Auditorium" room_zh="报告厅" to="12:00"`},
	} {
		e := domain.RefuseUse("rooms", room, &want, &x.other, shanghai)
		f := e.Fields[0]
		equal(t, what, strings.TrimPrefix((&domain.Error{Key: f.Key, Args: f.Args}).Error(), ": "), x.want)
		equal(t, what+", lost", domain.RoomLost(e), true)
	}
	equal(t, "out of use", domain.RoomLost(domain.InvalidField("rooms", "event.room_out")), true)
	equal(t, "another field", domain.RoomLost(domain.InvalidField("rooms", "field.choose")), false)
}

// A function has its room by its own clock, unless its event is over before.
func TestUsePart(t *testing.T) {
	early, late := clock("10:30"), clock("13:00")
	f := &domain.Function{Name: "签字", RoomID: "R3", StartAt: clock("11:00"), EndAt: clock("12:00")}
	for what, x := range map[string]struct {
		e    domain.Event
		want string
	}{
		"its own clock":   {domain.Event{Name: "座谈", Status: domain.EventConfirmed}, "座谈 签字 10:30 11:00–12:00 12:15"},
		"as it stands":    {domain.Event{Name: "座谈", NoBuffer: true}, "座谈 签字 11:00 11:00–12:00 12:00"},
		"no name":         {domain.Event{Name: "座谈", Number: "EV-20260318-07", Secrecy: domain.SecrecySecret}, "  10:30 11:00–12:00 12:15"},
		"over before":     {domain.Event{Name: "座谈", ActualEndAt: &early}, ""},
		"over later":      {domain.Event{Name: "座谈", ActualEndAt: &late}, "座谈 签字 10:30 11:00–12:00 12:15"},
		"it runs already": {domain.Event{Name: "座谈", Status: domain.EventLive}, "座谈 签字 10:30 11:00–12:00 12:15"},
	} {
		x.e.StartAt, x.e.EndAt = clock("09:00"), clock("10:00")
		u, ok := domain.UsePart(&x.e, f, 30*time.Minute, 15*time.Minute)
		at := func(t time.Time) string { return t.In(shanghai).Format("15:04") }
		got := ""
		if ok {
			got = u.Name + " " + u.Part + " " + at(u.From) + " " + at(u.Start) + "–" + at(u.End) + " " + at(u.To)
		}
		equal(t, what, got, x.want)
	}
}
