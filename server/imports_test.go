package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// looked is what an upload is answered as JSON.
type looked struct {
	Changes []domain.RoomChange
	Events  []domain.Event
	Faults  []struct{ Sheet, Cell, Sentence string }
	Error   string
	Data    string
}

func (c *client) looks(path string, body []byte) (l looked) {
	c.t.Helper()
	a := c.uploads(path, body, "Accept", "application/json")
	if err := json.Unmarshal([]byte(a.body), &l); err != nil || a.status == 200 != (l.Data != "") {
		c.t.Fatalf("%s: %d %v %.500s", path, a.status, err, a.body)
	}
	return l
}

// cells are the cells of the faults with their sentences.
func (l *looked) cells() string {
	var list []string
	for _, f := range l.Faults {
		list = append(list, f.Cell+" "+f.Sentence)
	}
	return strings.Join(append(list, l.Error), "\n")
}

// changed is a workbook with other cells.
func changed(t *testing.T, body string, cells map[string]any) []byte {
	t.Helper()
	f := opened(t, body)
	for at, v := range cells {
		if err := f.SetCellValue(f.GetSheetName(0), at, v); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRoomsComeBack: rooms that go out as a workbook change nothing when they come back; one other cell is one change;
// what the workbook has no column for stays; and what was done once is not done again.
func TestRoomsComeBack(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		setup := 30
		if _, err := s.Store.UpdateRoom(t.Context(), domain.Act{}, "R2", domain.Room{
			Name: "第一会议室", NameEn: "Conference room 1", Floor: -1, Capacity: 80, SetupMin: &setup, OutOfUse: true,
			Equipment: []domain.RoomFixture{{Kind: "projector", N: 2}, {Kind: "mics", N: 6}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutTheatre, Heads: 80}, {Layout: domain.LayoutU, Heads: 30}},
		}); err != nil {
			t.Fatal(err)
		}
		c := s.signIn(t, "admin")
		out := ""
		for _, lang := range i18n.Locales {
			c.does("PUT", "/me/locale", form("locale", lang))
			out = c.get("/rooms/export").body
			a := c.uploads("/rooms/import", []byte(out))
			if want := i18n.T(lang, "workbook.rooms_n", "n", "3", "added", "0", "changed", "0"); a.status != 200 || !strings.Contains(a.body, want) || strings.Contains(a.body, i18n.T(lang, "workbook.rooms_apply")) {
				t.Errorf("%s: %d, not %q: %.2000s", lang, a.status, want, a.body)
			}
		}
		row := slices.Index(column(t, table(t, out), "Name *"), "第一会议室") + 2
		cell := func(heading string) string {
			at, _ := excelize.CoordinatesToCellName(slices.Index(table(t, out)[0], heading)+1, row)
			return at
		}
		before := s.head(t, domain.TopicFloor)
		l := c.looks("/rooms/import", changed(t, out, map[string]any{cell("Wireless microphones"): 8}))
		if len(l.Changes) != 1 || fmt.Sprint(l.Changes[0].Kind, l.Changes[0].Room.ID, l.Changes[0].Fields) != "changedR2[{mics 6 8}]" {
			t.Errorf("%+v", l.Changes)
		}
		a := c.uploads("/rooms/import", changed(t, out, map[string]any{cell("Wireless microphones"): 8}))
		if !strings.Contains(a.body, "<del>6</del>") || !strings.Contains(a.body, "<ins>8</ins>") || s.head(t, domain.TopicFloor) != before {
			t.Errorf("the look shows or does something else: %.3000s", a.body)
		}

		// Four columns, one room that is there and two new ones.
		head := []any{"名称", "英文名称", "楼层", "容纳人数"}
		l = c.looks("/rooms/import", bookOf(t, nil, head, []any{"第一会议室", "Conference room 1", -1, 81}, []any{"竹厅", "Bamboo", 3, 1}, []any{"=1+1", "Stone", "0", "100000"}))
		if len(l.Changes) != 3 || fmt.Sprint(l.Changes[0].Fields) != "[{capacity 80 81}]" || l.Changes[1].Kind != domain.DiffAdded {
			t.Fatalf("%+v", l.Changes)
		}
		c.does("POST", "/rooms/import", form("data", l.Data))
		rooms, err := s.Store.RoomList(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == "R2" })
		r := rooms[at]
		if len(rooms) != 5 || r.Capacity != 81 || !r.OutOfUse || *r.SetupMin != 30 || len(r.Layouts) != 2 || fmt.Sprint(r.Equipment) != "[{R2 projector 2} {R2 mics 6}]" || rooms[3].Name != "竹厅" || rooms[4].Capacity != 100000 {
			t.Errorf("%+v", rooms)
		}
		before = s.head(t, domain.TopicFloor)
		c.does("POST", "/rooms/import", form("data", l.Data))
		if now := s.head(t, domain.TopicFloor); now != before {
			t.Errorf("the same again made %d changes", now-before)
		}
	})
}

// TestRoomsFaults: every wrong cell has its sentence.
func TestRoomsFaults(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "admin")
	say := func(key string, args ...string) string { return i18n.T("zh", key, args...) }
	l := c.looks("/rooms/import", bookOf(t, nil, []any{"名称", "英文名称", "楼层", "容纳人数", "会前布置（分钟）", "投影", "无线话筒（支）", say("workbook.room_layout", "layout", say("layout.u"))},
		[]any{"竹厅", "Bamboo", "三", 0, 481, "有", 100, -1}, []any{"竹厅", "", "", 100001}))
	want := strings.Join([]string{
		"C2 " + say("workbook.number", "value", "三"), "D2 " + say("room.heads_range"), "E2 " + say("room.buffer_range", "max", "480"), "F2 " + say("workbook.choice", "value", "有"), "G2 " + say("room.count_range", "max", "99"), "H2 " + say("room.heads_range"),
		"A3 " + say("room.name_twice"), "B3 " + say("field.required"), "C3 " + say("field.required"), "D3 " + say("room.heads_range"), "",
	}, "\n")
	if got := l.cells(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if a := s.signIn(t, "control").send("GET", "/rooms/import", nil); a.status != 404 {
		t.Errorf("who may only look at rooms: %d", a.status)
	}
	if body := s.signIn(t, "control").get("/rooms").body; !strings.Contains(body, "/rooms/export") || strings.Contains(body, "can-edit-rooms") {
		t.Error("who may only look at rooms does not export them")
	}
}

var eventHead = []any{"会务名称", "会务类型", "接待级别", "开始", "结束", "会议室", "人数", "总指挥", "保密", "编号"}

// TestEventsImport: a workbook becomes events, once; of what is wrong each cell says why, and then there is none.
func TestEventsImport(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		ctx, say := t.Context(), func(key string, args ...string) string { return i18n.T("zh", key, args...) }
		if _, err := s.Store.SetRoomBuffers(ctx, s.world.Act("supervisor"), 15, 15); err != nil {
			t.Fatal(err)
		}
		today, _ := s.Store.Today()
		on := func(clock string) string { return today.In(s.Store.Loc).AddDate(0, 0, 5).Format("2006-01-02 ") + clock }
		at := func(clock string) time.Time {
			when, err := time.ParseInLocation("2006-01-02 15:04", on(clock), s.Store.Loc)
			if err != nil {
				t.Fatal(err)
			}
			return when.UTC()
		}
		s.world.MakeEvent(t, store.EventDraft{Event: domain.Event{Name: "签约仪式", Type: "meeting", Organiser: "投资部", Contact: "画眉", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 9, StartAt: at("14:00"), EndAt: at("15:00")}, Rooms: []string{"R2"}})
		secret := s.world.MakeEvent(t, store.EventDraft{Event: domain.Event{Name: "评审会", Type: "meeting", Organiser: "采购部", Contact: "画眉", Level: 4, Secrecy: domain.SecrecySecret, Heads: 9, StartAt: at("14:00"), EndAt: at("15:00")}, Rooms: []string{"R3"}})
		e, _, err := s.Store.Event(ctx, nil, secret)
		if err != nil {
			t.Fatal(err)
		}
		c, admin := s.signIn(t, "supervisor"), s.signIn(t, "admin")
		row := func(name, from, to, rooms string, more ...any) []any {
			return append([]any{name, "会议", "四级", from, to, rooms}, more...)
		}
		own := row("茶艺交流", on("09:00"), on("10:00"), "报告厅", 20)
		for _, x := range []struct {
			what string
			who  *client
			want string
			rows [][]any
		}{
			{"what is needed", c, "A2 " + say("field.required") + "\nB2 " + say("field.choose") + "\nC2 " + say("event.level_range") + "\nD2 " + say("field.time"), [][]any{{"", "", "", "", "", "报告厅"}}},
			{"an unknown room", c, "F2 " + say("workbook.room_unknown", "value", "桂厅"), [][]any{row("茶艺交流", on("09:00"), on("10:00"), "报告厅、桂厅")}},
			{"two rows in one room", c, "F3 " + say("event.row_taken", "room", "报告厅", "from", "09:00", "to", "10:00", "row", "2"), [][]any{own, row("花艺交流", on("09:30"), on("11:00"), "第一会议室，Auditorium")}},
			{"too little time between two rows", c, "F3 " + say("event.row_buffer", "room", "报告厅", "from", "09:00", "to", "10:00", "row", "2", "n", "30"), [][]any{own, row("花艺交流", on("10:15"), on("11:00"), "报告厅")}},
			{"the same row twice", c, "A4 " + say("event.row_same", "row", "3"), [][]any{nil, own, own}},
			{"a booking", c, "F2 " + say("event.room_taken", "room", "第一会议室", "from", "14:00", "to", "15:00", "event", "签约仪式"), [][]any{row("茶艺交流", on("14:30"), on("16:00"), "第一会议室")}},
			{"a secret booking", admin, "F2 " + say("event.room_taken_secret", "room", "第二会议室", "from", "14:00", "to", "15:00", "alias", e.Alias()), [][]any{row("茶艺交流", on("14:30"), on("16:00"), "第二会议室")}},
			{"a lift", c, "K2 " + say("workbook.lift_unknown", "value", "九号梯"), [][]any{row("茶艺交流", on("09:00"), on("10:00"), "", 0, "", "", "", "九号梯")}},
			{"a wrong time", c, "D2 " + say("workbook.time", "value", "明天九点"), [][]any{row("茶艺交流", "明天九点", on("10:00"), "报告厅")}},
			{"end before start", c, "E2 " + say("event.end_before_start"), [][]any{row("茶艺交流", on("10:00"), on("09:00"), "报告厅")}},
			{"heads", c, "G2 " + say("workbook.number", "value", "几个") + "\nG3 " + say("event.heads_range"), [][]any{row("茶艺交流", on("09:00"), on("10:00"), "", "几个"), row("花艺交流", on("09:00"), on("10:00"), "", 100001)}},
			{"a commander", c, "H2 " + say("workbook.person_unknown", "value", "无名") + "\nH3 " + say("workbook.no_commander", "name", s.world.People["cleaning"].Name), [][]any{row("茶艺交流", on("09:00"), on("10:00"), "", 0, "无名"), row("花艺交流", on("09:00"), on("10:00"), "", 0, "cleaning")}},
			{"a number that is there", c, "J2 " + say("event.number_known", "number", e.Number), [][]any{row("茶艺交流", "?", "?", "?", 0, "", "", e.Number)}},
			{"a level below the suggestion", c, "A2 " + say("event.level_below_suggestion", "level", "1"), [][]any{row("茶艺交流", on("09:00"), on("10:00"), "", 0, "", "", "", i18n.T("zh", "guest_rank.state"))}},
		} {
			head := eventHead
			switch x.what {
			case "a level below the suggestion":
				head = append(slices.Clone(head), "来宾层级")
			case "a lift":
				head = append(slices.Clone(head), "专用电梯")
			}
			l := x.who.looks("/events/import", bookOf(t, nil, append([][]any{head}, x.rows...)...))
			if got := l.cells(); got != x.want+"\n" {
				t.Errorf("%s:\n%s\nwant\n%s", x.what, got, x.want)
			}
		}
		c.does("PUT", "/me/locale", form("locale", "en"))
		l := c.looks("/events/import", bookOf(t, nil, []any{"Name", "Type", "Reception level", "Start", "End", "Rooms"}, []any{"茶艺交流", "Meeting", "4", on("14:30"), on("16:00"), "Conference room 1"}))
		if want := i18n.T("en", "event.room_taken", "room", "Conference room 1", "from", "14:00", "to", "15:00", "event", "签约仪式"); !strings.Contains(l.cells(), want) {
			t.Errorf("%s, want %s", l.cells(), want)
		}
		c.does("PUT", "/me/locale", form("locale", "zh"))

		// That a secret event of that name is there is not told to who may not know of it.
		name := bookOf(t, nil, eventHead, row("评审会", on("14:00"), on("15:00"), ""))
		if l := admin.looks("/events/import", name); len(l.Faults) > 0 {
			t.Errorf("the administrator is told: %s", l.cells())
		}

		// A date cell, text, no heads and very many, a secret one; and the columns of the register.
		count := func() int {
			t.Helper()
			list, err := s.Store.Events(ctx, nil, at("00:00"), at("23:59"))
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		before := count()
		good := bookOf(t, func(f *excelize.File) {
			wall := at("09:00").In(s.Store.Loc)
			_ = f.SetCellValue("Sheet1", "D2", time.Date(wall.Year(), wall.Month(), wall.Day(), 9, 0, 0, 0, time.UTC))
		}, append(slices.Clone(eventHead), i18n.T("zh", "register.status"), i18n.T("zh", "register.items")), append(own, "石英", "", "", "草稿", "0/0"), row("花艺交流", on("10:30"), on("11:30"), "报告厅、第一会议室", 0, "commander", "保密"), row("观鸟", strings.ReplaceAll(on("09:00"), "-", "/"), on("18:00"), "", 100000))
		a := c.uploads("/events/import", good)
		for _, want := range []string{i18n.T("zh", "workbook.events_n", "n", "3"), on("09:00") + "–10:00", "报告厅、第一会议室", i18n.T("zh", "list.heads", "n", "100000"), "观鸟"} {
			if a.status != 200 || !strings.Contains(a.body, want) {
				t.Errorf("%d: the look does not say %q", a.status, want)
			}
		}
		l = c.looks("/events/import", good)
		if count() != before || l.Data == "" {
			t.Fatalf("the look made %d events, and said %s", count()-before, l.cells())
		}

		poisoned := strings.Replace(l.Data, `"name":"茶艺交流"`, `"lift_id":"\u0000","name":"茶艺交流"`, 1)
		if a := c.act("POST", "/events/import", form("data", poisoned)); poisoned == l.Data || a.status != 422 || count() != before {
			t.Errorf("a lift that is no id: %d %.300s", a.status, a.body)
		}

		// Between the look and the act somebody else takes a room: nothing is made, and the cell says why.
		other := s.world.MakeEvent(t, store.EventDraft{Event: domain.Event{Name: "竹编展", Type: "meeting", Organiser: "工会", Contact: "画眉", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 9, StartAt: at("11:00"), EndAt: at("12:00")}, Rooms: []string{"R1"}})
		a = c.act("POST", "/events/import", form("data", l.Data))
		if a.status != 422 || !strings.Contains(a.body, `<b class="num">F3</b>`) || !strings.Contains(a.body, "竹编展") || count() != before+1 {
			t.Errorf("%d, %d events: %.3000s", a.status, count()-before, a.body)
		}
		if _, err := s.Store.SetStatus(ctx, domain.Act{}, other, domain.EventCancelled, "改期"); err != nil {
			t.Fatal(err)
		}
		before = count()
		key := store.NewID()
		for range 2 { // the same act twice
			a = c.send("POST", "/events/import", form("data", l.Data), "HX-Request", "true", "Idempotency-Key", key)
			if a.status != 204 || a.header.Get("HX-Redirect") != "/events?from="+on("")[:10] || count() != before+3 {
				t.Errorf("%d %v, %d events: %.300s", a.status, a.header, count()-before, a.body)
			}
		}
		for _, again := range []*answer{c.act("POST", "/events/import", form("data", l.Data)), c.uploads("/events/import", good)} { // another act, another upload
			if again.status != 422 || strings.Count(again.body, `<b class="num">A`) != 3 || count() != before+3 {
				t.Errorf("%d, %d events: %.3000s", again.status, count()-before, again.body)
			}
		}
		list, err := s.Store.Events(ctx, nil, at("00:00"), at("23:59"))
		if err != nil {
			t.Fatal(err)
		}
		tea := list[slices.IndexFunc(list, func(e store.EventSummary) bool { return e.Name == "茶艺交流" })]
		if !tea.StartAt.Equal(at("09:00")) || tea.Status != domain.EventDraft || tea.CommanderID != s.world.People["commander"].ID || tea.Heads != 20 || len(tea.Rooms) != 1 || tea.RegisteredBy != s.world.People["supervisor"].ID || tea.Number == "" {
			t.Errorf("%+v", tea.Event)
		}
		if body := fmt.Sprint(table(t, s.signIn(t, "cleaning").get("/events/export?from="+on("")[:10]).body)); strings.Contains(body, "花艺交流") {
			t.Error("a secret event is seen by everybody")
		}
	})
}

// TestRegisterComesBack: what is exported is refused as known; on another day, without its numbers, it is the same
// again, and an event has the fields that it had.
func TestRegisterComesBack(t *testing.T) {
	s := start(t, setting{})
	ctx, c := t.Context(), s.signIn(t, "supervisor")
	today, _ := s.Store.Today()
	start := today.Add(30 * time.Hour)
	lift, err := s.Store.AddLift(ctx, domain.Act{}, "三号梯")
	if err != nil {
		t.Fatal(err)
	}
	id := s.world.MakeEvent(t, store.EventDraft{Event: domain.Event{
		Name: "签约仪式", Type: "signing", Organiser: "投资部", Contact: "画眉", ContactPhone: "0310", PrincipalGuest: "苍术", Level: 2, LevelReason: "重要客户", Secrecy: domain.SecrecyInternal, Heads: 40, Photo: true,
		StartAt: start, EndAt: start.Add(time.Hour),
		Register: domain.Register{Purpose: "签约\n合影", PrincipalTitle: "院长", GuestRank: "city", HostRank: "deputy", GuestHeads: 20, EscortHeads: 5, ExpenseClass: 2, Layout: domain.LayoutTheatre, Banner: "热烈欢迎", PhotoWish: "合影", Supplies: "盖杯 40、席位卡 40", LiftID: lift.Created},
	}, Rooms: []string{"R1"}}, "service")
	for _, lang := range i18n.Locales {
		c.does("PUT", "/me/locale", form("locale", lang))
		out := c.get("/events/export").body
		rows := table(t, out)
		l := c.looks("/events/import", []byte(out))
		if len(l.Faults) != len(rows)-1 || !strings.HasPrefix(l.Faults[0].Cell, "A") {
			t.Errorf("%s: %s", lang, l.cells())
		}
		f := opened(t, out)
		sheet := f.GetSheetName(0)
		name := i18n.T(lang, "event_form.name")
		for n := len(rows); n > 1; n-- {
			if column(t, rows, name)[n-2] != "签约仪式" {
				if err := f.RemoveRow(sheet, n); err != nil {
					t.Fatal(err)
				}
			}
		}
		day := start.AddDate(0, 0, 20+slices.Index(i18n.Locales, lang)).In(s.Store.Loc).Format("2006-01-02 ")
		var b bytes.Buffer
		for heading, v := range map[string]string{i18n.T(lang, "register.number"): "", i18n.T(lang, "event_form.start_at"): day + "10:00", i18n.T(lang, "event_form.end_at"): day + "11:00"} {
			at, _ := excelize.CoordinatesToCellName(slices.Index(rows[0], heading)+1, 2)
			if err := f.SetCellStr(sheet, at, v); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		l = c.looks("/events/import", b.Bytes())
		if l.Data == "" {
			t.Fatalf("%s: %s", lang, l.cells())
		}
		c.does("POST", "/events/import", form("data", l.Data))
		from, _ := time.ParseInLocation("2006-01-02 ", day, s.Store.Loc)
		list, err := s.Store.Events(ctx, nil, from.UTC(), from.UTC().Add(24*time.Hour))
		was, _, err2 := s.Store.Event(ctx, nil, id)
		if err != nil || err2 != nil || len(list) != 1 {
			t.Fatal(err, err2, len(list))
		}
		if diff := domain.ChangedFields(was, &list[0].Event); fmt.Sprint(diff) != "[start_at end_at]" {
			t.Errorf("%s: %v differ", lang, diff)
		}
	}
	if a := s.signIn(t, "service").send("GET", "/events/import", nil); a.status != 404 || strings.Contains(s.signIn(t, "service").get("/events").body, "/events/import") {
		t.Errorf("who may not register events: %d", a.status)
	}
}

// TestManyEvents: a day has as many events as it has numbers, and a workbook as many rows as are looked at.
func TestManyEvents(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "supervisor")
	rows := [][]any{{"会务名称", "会务类型", "接待级别", "开始", "结束"}}
	for n := range 301 {
		rows = append(rows, []any{"观鸟 " + strconv.Itoa(n), "会议", 4, "2031-05-01 09:00", "2031-05-01 10:00"})
	}
	if l := c.looks("/events/import", bookOf(t, nil, rows...)); l.Error != i18n.T("zh", "workbook.too_many_rows", "max", "300") {
		t.Errorf("%.300s", l.cells())
	}
	if l := c.looks("/events/import", bookOf(t, nil, rows[:102]...)); l.cells() != "D101 "+i18n.T("zh", "event.too_many_today")+"\nD102 "+i18n.T("zh", "event.too_many_today")+"\n" {
		t.Errorf("%.300s", l.cells())
	}
	l := c.looks("/events/import", bookOf(t, nil, rows[:100]...))
	begun := time.Now()
	c.does("POST", "/events/import", form("data", l.Data))
	t.Logf("99 events: %v", time.Since(begun))
}
