package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestCollisions(t *testing.T) {
	site := zone(t, "Asia/Shanghai")
	event := func(id string, status domain.EventStatus) *domain.Event { return &domain.Event{ID: id, Status: status} }
	a, b, c := event("a", domain.EventConfirmed), event("b", domain.EventLive), event("c", domain.EventPreparing)
	stake := func(kind domain.StakeKind, name string, e *domain.Event, from, to string) domain.Stake {
		return domain.Stake{Kind: kind, Key: domain.StakeKey(name), Name: name, Event: e, From: clock(from), To: clock(to)}
	}
	for what, x := range map[string]struct {
		stakes []domain.Stake
		want   string // kind name events from–to, ~ where only the way is short
	}{
		"nothing":           {nil, ""},
		"one event's own":   {[]domain.Stake{stake("bay", "B01", a, "09:00", "10:00"), stake("bay", "B01", a, "09:00", "10:00")}, ""},
		"two at once":       {[]domain.Stake{stake("person", "琥珀", a, "09:00", "10:00"), stake("person", "琥珀", b, "09:30", "11:00")}, "person 琥珀 ab 09:30–10:00"},
		"the later first":   {[]domain.Stake{stake("person", "琥珀", b, "09:30", "09:40"), stake("person", "琥珀", a, "09:00", "10:00")}, "person 琥珀 ab 09:30–09:40"},
		"no time to walk":   {[]domain.Stake{stake("person", "琥珀", a, "09:00", "10:00"), stake("person", "琥珀", b, "10:14", "11:00")}, "person 琥珀 ab 10:00–10:14 ~"},
		"time to walk":      {[]domain.Stake{stake("person", "琥珀", a, "09:00", "10:00"), stake("person", "琥珀", b, "10:15", "11:00")}, ""},
		"bays do not walk":  {[]domain.Stake{stake("bay", "B01", a, "09:00", "10:00"), stake("bay", "B01", b, "10:00", "11:00")}, ""},
		"bays":              {[]domain.Stake{stake("bay", "B01", a, "09:00", "10:00"), stake("bay", "b-01", b, "09:59", "11:00")}, "bay B01 ab 09:59–10:00"},
		"plates":            {[]domain.Stake{stake("vehicle", "测A·00001", a, "09:00", "10:00"), stake("vehicle", "测a 00001", b, "09:30", "11:00")}, "vehicle 测A·00001 ab 09:30–10:00"},
		"a plate is no bay": {[]domain.Stake{stake("vehicle", "B01", a, "09:00", "10:00"), stake("bay", "B01", b, "09:30", "11:00")}, ""},
		"three at once":     {[]domain.Stake{stake("bay", "B01", a, "09:00", "09:20"), stake("bay", "B01", b, "09:10", "09:30"), stake("bay", "B01", c, "09:19", "09:40")}, "bay B01 ab 09:10–09:20, bay B01 ac 09:19–09:20, bay B01 bc 09:19–09:30"},
		"drafts":            {[]domain.Stake{stake("bay", "B01", event("d", domain.EventDraft), "09:00", "10:00"), stake("bay", "B01", b, "09:30", "11:00")}, ""},
		"over":              {[]domain.Stake{stake("bay", "B01", event("d", domain.EventClosed), "09:00", "10:00"), stake("bay", "B01", b, "09:30", "11:00")}, ""},
		"no name":           {[]domain.Stake{stake("bay", " ", a, "09:00", "10:00"), stake("bay", "-", b, "09:30", "11:00")}, ""},
		"named twice":       {[]domain.Stake{stake("bay", "B01", a, "09:00", "10:00"), stake("bay", "B01", a, "09:00", "10:00"), stake("bay", "B01", b, "09:00", "10:00")}, "bay B01 ab 09:00–10:00"},
	} {
		var got []string
		for _, k := range domain.Collisions(x.stakes, domain.TravelBuffer) {
			s := fmt.Sprintf("%s %s %s%s %s–%s", k.Kind, k.Name, k.A.ID, k.B.ID, k.From.In(site).Format("15:04"), k.To.In(site).Format("15:04"))
			if k.Near {
				s += " ~"
			}
			got = append(got, s)
		}
		equal(t, what, strings.Join(got, ", "), x.want)
	}
}

func TestSpans(t *testing.T) {
	arrival, ended := clock("09:00"), clock("10:10")
	e := &domain.Event{StartAt: clock("09:30"), EndAt: clock("11:00")}
	from, to := e.Spans(clock("08:00"))
	equal(t, "without guests", [2]time.Time{from, to}, [2]time.Time{clock("09:30"), clock("11:00")})
	e.ArrivalAt, e.ActualEndAt = &arrival, &ended
	from, to = e.Spans(clock("12:00"))
	equal(t, "with guests, ended early", [2]time.Time{from, to}, [2]time.Time{clock("09:00"), clock("10:10")})
}

func TestValidateRoom(t *testing.T) {
	minus, long := -1, 481
	good := domain.Room{Name: " 报告厅 ", NameEn: "Auditorium", Floor: 1, Capacity: 200}
	for field, fn := range map[string]func(r *domain.Room){
		"name":             func(r *domain.Room) { r.Name = " " },
		"name_en":          func(r *domain.Room) { r.NameEn = strings.Repeat("x", 41) },
		"floor":            func(r *domain.Room) { r.Floor = 201 },
		"capacity":         func(r *domain.Room) { r.Capacity = 0 },
		"capacity ":        func(r *domain.Room) { r.Capacity = 100001 },
		"setup_min":        func(r *domain.Room) { r.SetupMin = &minus },
		"clear_min":        func(r *domain.Room) { r.ClearMin = &long },
		"equipment":        func(r *domain.Room) { r.Equipment = []domain.RoomFixture{{Kind: "horses", N: 1}} },
		"mics":             func(r *domain.Room) { r.Equipment = []domain.RoomFixture{{Kind: "mics", N: 100}} },
		"layouts":          func(r *domain.Room) { r.Layouts = []domain.RoomLayout{{Layout: "car", Heads: 4}} },
		"layout_classroom": func(r *domain.Room) { r.Layouts = []domain.RoomLayout{{Layout: "classroom"}} },
	} {
		r := good
		fn(&r)
		if e, ok := domain.AsError(r.Validate()); !ok || len(e.Fields) != 1 || e.Fields[0].Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
	if err := good.Validate(); err != nil || good.Name != "报告厅" {
		t.Error(err, good)
	}
	for field, b := range map[string]domain.Blocking{
		"reason":   {StartAt: clock("09:00"), EndAt: clock("10:00"), Reason: " "},
		"start_at": {EndAt: clock("10:00"), Reason: "检修"},
		"end_at":   {StartAt: clock("10:00"), EndAt: clock("10:00"), Reason: "检修"},
		"end_at ":  {StartAt: clock("10:00"), EndAt: clock("10:00").AddDate(2, 0, 0), Reason: "检修"},
	} {
		if e, ok := domain.AsError(b.Validate()); !ok || len(e.Fields) != 1 || e.Fields[0].Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
	for field, s := range map[string]domain.Site{
		"setup_min": {SetupMin: -1}, "clear_min": {ClearMin: 481},
	} {
		if e, ok := domain.AsError(s.CheckBuffers()); !ok || len(e.Fields) != 1 || e.Fields[0].Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
}
