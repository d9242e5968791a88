package server_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// opened is a workbook that was sent.
func opened(t *testing.T, body string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// table is the first sheet of a workbook.
func table(t *testing.T, body string) [][]string {
	t.Helper()
	f := opened(t, body)
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// column is what stands under a heading.
func column(t *testing.T, rows [][]string, heading string) []string {
	t.Helper()
	k := slices.Index(rows[0], heading)
	if k < 0 {
		t.Fatalf("no column %q in %q", heading, rows[0])
	}
	var list []string
	for _, row := range rows[1:] {
		if k < len(row) {
			list = append(list, row[k])
		} else {
			list = append(list, "")
		}
	}
	return list
}

// bookOf makes a workbook, and does whatever else fn does to it.
func bookOf(t *testing.T, fn func(f *excelize.File), rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for k, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", k+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if fn != nil {
		fn(f)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// uploads sends a file as a form does.
func (c *client) uploads(path string, body []byte, more ...string) *answer {
	c.t.Helper()
	form, kind := multipartFile(c.t, "file", body)
	return c.raw("POST", path, form, append([]string{"Content-Type", kind, "HX-Request", "true", "Idempotency-Key", store.NewID()}, more...)...)
}

// TestExports: whatever people typed, no cell of any workbook is a formula or becomes one when somebody edits it.
func TestExports(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		ctx, evil := t.Context(), "=1+1"
		start := s.Store.Now().Add(5 * time.Hour)
		e := domain.Event{
			Name: evil, Type: "meeting", Organiser: "+1", Contact: "-2+3", ContactPhone: "+8610", PrincipalGuest: "@SUM(A1)", Notes: "=1\n=2", Level: 1, LevelReason: "=cmd|' /C calc'!A0", Secrecy: domain.SecrecyNormal, Heads: 9,
			StartAt: start, EndAt: start.Add(time.Hour), Register: domain.Register{Undertaker: evil, Purpose: evil, Needs: evil, Wishes: evil, PrincipalTitle: evil, TeaWish: evil, WelcomeText: evil, Banner: evil, Flowers: evil, SeatWish: evil, PhotoWish: evil, Supplies: evil},
		}
		id := s.world.MakeEvent(t, store.EventDraft{Event: e, Rooms: []string{"R1"}}, "service")
		must := func(r domain.Receipt, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return r.Created
		}
		must(s.Store.AddFunction(ctx, domain.Act{}, id, domain.Function{Name: evil, Kind: "meeting", Place: "=A1", StartAt: start, EndAt: start.Add(time.Hour)}))
		must(s.Store.AddAgendaItem(ctx, domain.Act{}, id, domain.AgendaItem{Title: evil, Speaker: "@x", Needs: "-1+2", Minutes: 10}))
		s.guests(t, id, store.GuestDraft{Guest: domain.Guest{Name: evil, Title: "+1", Organisation: "-1+2", Plate: "@A1", Bay: "=B1", Needs: "=C1"}, Party: "=D1"})
		must(s.Store.AddRoom(ctx, domain.Act{}, domain.Room{Name: evil, NameEn: "+1", Floor: 1, Capacity: 1}))
		must(s.Store.CreatePerson(ctx, domain.Act{}, &domain.Person{StaffNo: "x1", Name: evil, Role: domain.RoleCrewMember, Crew: domain.CrewSVC, Locale: "zh", PinHash: "-"}))
		draft := must(s.Store.DraftTemplate(ctx, domain.Act{}))
		_, list, err := s.Store.TemplateVersion(ctx, draft)
		if err != nil {
			t.Fatal(err)
		}
		item := list[0].Copy()
		item.Zh, item.En, item.GuidanceZh, item.GuidanceEn, item.Unit = evil, "+1", "=1\n=2", "@x", &domain.TemplateUnit{Zh: "=E1", En: "-1+1"}
		must(s.Store.SaveTemplateItem(ctx, domain.Act{}, draft, item.Rev, item))
		day := domain.SiteDay(start, s.Store.Loc)
		must(s.Store.IssueWork(ctx, domain.Act{}, id))
		must(s.Store.Publish(ctx, domain.Act{}, day))
		books := 0
		for _, r := range server.Routes(s.Web, &server.Ops{}) {
			if r.Method != http.MethodGet || exports[r.Path] != "TestExports" {
				continue
			}
			books++
			who, path := "supervisor", strings.NewReplacer("/events/:id", "/events/"+id, "/templates/:id", "/templates/"+draft, ":day", day).Replace(r.Path)
			if strings.HasPrefix(path, "/people") {
				who = "admin"
			}
			a := s.signIn(t, who).get(path)
			if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;") || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s: %v", path, a.header)
			}
			if harmless(t, path, a.body) == 0 && path != "/events/import/form" { // in which nothing is but names of rooms, behind other words
				t.Errorf("%s: nothing evil was in it", path)
			}
		}
		if books != 9 {
			t.Errorf("%d workbooks", books)
		}
	})
}

// harmless looks at every cell of every sheet, and counts the texts that a spreadsheet would run if it could.
func harmless(t *testing.T, path, body string) (evil int) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range z.File {
		if strings.Contains(part.Name, "vba") || strings.Contains(part.Name, "external") || strings.Contains(part.Name, "connections") {
			t.Errorf("%s holds %s", path, part.Name)
		}
		if !strings.HasPrefix(part.Name, "xl/worksheets/") {
			continue
		}
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<f>")) || bytes.Contains(text, []byte("<f ")) || bytes.Contains(text, []byte("<hyperlink")) {
			t.Errorf("%s: %s holds a formula or a link", path, part.Name)
		}
	}
	f := opened(t, body)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, row := range rows {
			for k, text := range row {
				at, _ := excelize.CoordinatesToCellName(k+1, n+1)
				if text == "" {
					continue
				}
				if strings.ContainsAny(text[:1], "=+-@") {
					evil++
				}
				kind, err := f.GetCellType(name, at)
				if err != nil {
					t.Fatal(err)
				}
				if kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber {
					if _, err := strconv.ParseFloat(text, 64); err != nil {
						t.Errorf("%s: %s is %q, neither number nor text", path, at, text)
					}
					continue
				}
				style, err := f.GetCellStyle(name, at)
				if q := f.Styles.CellXfs.Xf[style].QuotePrefix; err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString || q == nil || !*q {
					t.Errorf("%s: %s (%q, type %v) can become a formula: %v", path, at, text, kind, err)
				}
			}
		}
	}
	return evil
}

// TestSheetsAnswer: what people send by mistake is answered with a sentence, and the cell where there is one.
func TestSheetsAnswer(t *testing.T) {
	s := start(t, setting{})
	draft, err := s.Store.DraftTemplate(t.Context(), domain.Act{})
	if err != nil {
		t.Fatal(err)
	}
	merged := func(f *excelize.File) { _ = f.MergeCell("Sheet1", "A2", "A3") }
	huge := append(bookOf(t, nil, []any{"姓名"}, []any{"雪松"}), make([]byte, 30<<20)...)
	for _, x := range []struct {
		who, path, heading, wrong string
		more                      []any
	}{
		{"supervisor", "/templates/" + draft.Created + "/import", i18n.T("zh", "template.f_code"), "template", []any{i18n.T("zh", "template.f_phase"), i18n.T("zh", "template.f_crew"), i18n.T("zh", "template.f_zh")}},
		{"admin", "/people/import", i18n.T("zh", "workbook.person_staff_no"), "people", []any{i18n.T("zh", "workbook.person_name"), i18n.T("zh", "workbook.person_role")}},
		{"admin", "/rooms/import", i18n.T("zh", "rooms.name"), "rooms", []any{i18n.T("zh", "rooms.name_en"), i18n.T("zh", "rooms.floor"), i18n.T("zh", "rooms.capacity")}},
		{"supervisor", "/events/import", "会务名称", "events", []any{"会务类型", "接待级别", "开始", "结束"}},
		{"supervisor", "/events/" + s.world.Event + "/guests/import", "姓名", "guests", nil},
		{"supervisor", "/events/" + s.world.Event + "/invitations/import", "姓名", "invitations", []any{"邮箱"}},
	} {
		c := s.signIn(t, x.who)
		head := append([]any{x.heading}, x.more...)
		before := s.head(t, domain.EventTopic(s.world.Event)) + s.head(t, domain.TopicFloor)
		says := func(what string, status int, a *answer, want ...string) {
			t.Helper()
			if a.status != status {
				t.Errorf("%s to %s: %d %.300s", what, x.path, a.status, a.body)
			}
			for _, w := range want {
				if !strings.Contains(a.body, w) {
					t.Errorf("%s to %s does not say %q: %.3000s", what, x.path, w, a.body)
				}
			}
		}
		says("merged cells", 422, c.uploads(x.path, bookOf(t, merged, head, []any{"雪松"}, []any{"银杏"})), "A2", i18n.T("zh", "workbook.merged", "range", "A2:A3"))
		says("wrong headings", 422, c.uploads(x.path, bookOf(t, nil, []any{"生日", "属相"}, []any{"1", "2"})), "A1", "第一行缺少")
		if x.wrong != "invitations" { // whose tables hold more than is read
			says("an unknown heading", 422, c.uploads(x.path, bookOf(t, nil, append(slices.Clone(head), "属相"), []any{"1", "2"})), i18n.T("zh", "workbook.heading_unknown", "heading", "属相"))
		}
		says("a formula", 422, c.uploads(x.path, bookOf(t, func(f *excelize.File) { _ = f.SetCellFormula("Sheet1", "A2", "=1+1") }, head, []any{"2"})), "A2", i18n.T("zh", "workbook.formula"))
		says("a damaged file", 422, c.uploads(x.path, []byte("PK\x03\x04 and so on")), i18n.T("zh", "workbook.broken"))
		for _, accept := range []string{"text/html", "application/json"} {
			says("30 MB", 413, c.uploads(x.path, huge, "Accept", accept), i18n.T("zh", "workbook.too_large", "max", "4 MB"))
		}
		if after := s.head(t, domain.EventTopic(s.world.Event)) + s.head(t, domain.TopicFloor); after != before {
			t.Errorf("%s changed something", x.path)
		}
	}
}

// TestGuestsComeBack: a list that goes out as a workbook changes nothing when it comes back; what was added to it is
// taken, alone; and another event gets the same list from it.
func TestGuestsComeBack(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := s.signIn(t, "supervisor")
		s.guests(t, s.world.Event,
			store.GuestDraft{Guest: domain.Guest{Name: "雪松", Title: "局长", Organisation: "云雀研究院", Rank: 1, Plate: "测A·12345", Bay: "B01", Phone: "13900001234", Needs: "轮椅"}, Party: "一组"},
			store.GuestDraft{Guest: domain.Guest{Name: "银杏", Needs: "“素食”"}, Party: "二组"}, guest("水杉", ""))
		path := "/events/" + s.world.Event + "/guests"
		out := c.get(path + "/export").body
		a := c.uploads(path+"/import", []byte(out))
		if a.status != 200 || !strings.Contains(a.body, i18n.T("zh", "workbook.all_known", "n", "3")) {
			t.Fatalf("%d %.800s", a.status, a.body)
		}
		f := opened(t, out)
		if err := f.SetSheetRow(f.GetSheetName(0), "A5", &[]any{"冷杉", "处长"}); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStr(f.GetSheetName(0), "B4", "院士"); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := f.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		before := s.head(t, domain.EventTopic(s.world.Event))
		a = c.uploads(path+"/import", b.Bytes())
		text := a.body[strings.Index(a.body, "<textarea"):]
		text = text[strings.Index(text, ">")+1 : strings.Index(text, "</textarea>")]
		if a.status != 200 || !strings.Contains(text, "冷杉") || !strings.Contains(text, "院士") || strings.Contains(text, "雪松") || !strings.Contains(a.body, i18n.T("zh", "workbook.known", "n", "2")) {
			t.Errorf("%d %q", a.status, text)
		}
		if after := s.head(t, domain.EventTopic(s.world.Event)); after != before {
			t.Error("a look changed something")
		}
		other := "/events/" + s.world.Other + "/guests"
		a = c.uploads(other+"/import", []byte(out))
		text = a.body[strings.Index(a.body, "<textarea"):]
		text = text[strings.Index(text, ">")+1 : strings.Index(text, "</textarea>")]
		c.does("POST", other+"/import", form("text", strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(text)))
		if got, want := fmt.Sprint(table(t, c.get(other+"/export").body)), fmt.Sprint(table(t, out)); got != want {
			t.Errorf("the other list is\n%s\nwant\n%s", got, want)
		}
	})
}

// TestPeopleComeBack: the same of the people; and what a workbook says of one is what he has then.
func TestPeopleComeBack(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "admin")
	for _, lang := range i18n.Locales {
		c.does("PUT", "/me/locale", form("locale", lang))
		out := c.get("/people/export").body
		a := c.uploads("/people/import", []byte(out))
		rows := len(table(t, out)) - 1
		if want := i18n.T(lang, "workbook.people_n", "n", strconv.Itoa(rows), "added", "0", "changed", "0"); rows < 10 || a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d, %d rows, not %q: %.2000s", lang, a.status, rows, want, a.body)
		}
	}
}

// TestRegisterOfTheWeek: every field of the form is in it, in the person's language; guests only for those who meet them.
func TestRegisterOfTheWeek(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		start := s.Store.Now().Add(5 * time.Hour)
		arrival := start.Add(-10 * time.Minute)
		id := s.world.MakeEvent(t, store.EventDraft{Event: domain.Event{
			Name: "签约仪式", Type: "meeting", Organiser: "投资部", Contact: "画眉", ContactPhone: "0310", PrincipalGuest: "苍术", Level: 2, LevelReason: "重要客户", Secrecy: domain.SecrecyNormal, Heads: 40, Photo: true,
			ArrivalAt: &arrival, StartAt: start, EndAt: start.Add(time.Hour),
			Register: domain.Register{Purpose: "签约", PrincipalTitle: "院长", GuestRank: "city", HostRank: "deputy", GuestHeads: 20, EscortHeads: 5, ExpenseClass: 2, Layout: domain.LayoutTheatre, Banner: "热烈欢迎", PhotoWish: "合影"},
		}, Rooms: []string{"R1"}}, "service")
		if _, err := s.Store.AddFunction(t.Context(), domain.Act{}, id, domain.Function{Name: "合影环节", Kind: "photo", Place: "大堂", StartAt: start, EndAt: start.Add(10 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		of := func(who string) map[string]string {
			t.Helper()
			rows := table(t, s.signIn(t, who).get("/events/export").body)
			n := slices.Index(column(t, rows, "会务名称"), "签约仪式")
			if n < 0 {
				t.Fatalf("%s does not see the event: %q", who, rows)
			}
			row := map[string]string{}
			for _, heading := range rows[0] {
				row[heading] = column(t, rows, heading)[n]
			}
			return row
		}
		row := of("supervisor")
		for heading, want := range map[string]string{
			"状态": "已确认", "主办单位": "投资部", "筹办单位": "投资部", "联系人": "画眉", "联系电话": "0310", "接待级别": "二级", "定级理由": "重要客户", "主宾": "苍术", "主宾职务": "院长", "来宾层级": i18n.T("zh", "guest_rank.city"),
			"接待领导": i18n.T("zh", "host_rank.deputy"), "人数": "40", "来宾人数": "20", "陪同人数": "5", "会议类别（经费）": "二类会议", "总指挥": "石英", "会议室": "报告厅", "台型": i18n.T("zh", "layout.theatre"), "主题与目的": "签约", "条幅": "热烈欢迎", "拍照要求": "合影", "需要摄影": "是", "录音录像": "",
			"开始": start.In(s.Store.Loc).Format("2006-01-02 15:04"), "首位来宾到达": arrival.In(s.Store.Loc).Format("2006-01-02 15:04"), "模板版本": "1", "主办方签字": "",
		} {
			if row[heading] != want {
				t.Errorf("%s is %q, want %q", heading, row[heading], want)
			}
		}
		if !strings.Contains(row["环节"], "合影环节") || !strings.Contains(row["会务人员"], "琥珀") {
			t.Errorf("%q %q", row["环节"], row["会务人员"])
		}
		if row := of("cleaning"); row["主宾"] != "" || row["主宾职务"] != "" || row["来宾层级"] != "" || row["条幅"] != "热烈欢迎" {
			t.Errorf("who meets no guests reads %q", row)
		}
	})
}

// TestRegisterOfSecrets: who takes the guests of a secret event away stands in its log; once an event is over they are masked.
func TestRegisterOfSecrets(t *testing.T) {
	s := start(t, setting{})
	ctx := t.Context()
	e, _, err := s.Store.Event(ctx, nil, s.world.Secret)
	if err != nil {
		t.Fatal(err)
	}
	e.PrincipalGuest, e.CommanderID = "苍术子", s.world.People["commander"].ID
	if _, err := s.Store.UpdateEvent(ctx, domain.Act{}, e.ID, store.EventDraft{Event: *e, Rooms: []string{"R1"}}); err != nil {
		t.Fatal(err)
	}
	principal := func() string {
		t.Helper()
		rows := table(t, s.signIn(t, "commander").get("/events/export").body)
		return column(t, rows, "主宾")[slices.Index(column(t, rows, "会务名称"), "评标会")]
	}
	if got := principal(); got != "苍术子" {
		t.Errorf("the commander reads %q", got)
	}
	if body := s.signIn(t, "commander").get("/events/" + e.ID + "/log").body; !strings.Contains(body, i18n.T("zh", "look.export")) {
		t.Errorf("the log does not tell: %.2000s", body)
	}
	if strings.Contains(fmt.Sprint(table(t, s.signIn(t, "cleaning").get("/events/export").body)), "评标会") {
		t.Error("a secret event is in the register of somebody who must not know of it")
	}
	if _, err := s.Store.SetStatus(ctx, domain.Act{}, e.ID, domain.EventCancelled, "改期"); err != nil {
		t.Fatal(err)
	}
	if got := principal(); got != domain.MaskName("苍术子") {
		t.Errorf("afterwards the commander reads %q", got)
	}
}

// TestBoardAsWorkbook: the board and the work notices leave as they are read, secret events by their alias.
func TestBoardAsWorkbook(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		ctx, c := t.Context(), s.signIn(t, "supervisor")
		e, _, err := s.Store.Event(ctx, nil, s.world.Event)
		if err != nil {
			t.Fatal(err)
		}
		day := domain.SiteDay(e.StartAt, s.Store.Loc)
		for _, path := range []string{"/publications/" + day + "/export", "/events/" + e.ID + "/work/export"} {
			if rows := table(t, c.get(path).body); len(rows) != 1 {
				t.Errorf("%s before it is out: %q", path, rows)
			}
		}
		if _, err := s.Store.Publish(ctx, domain.Act{}, day); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Store.IssueWork(ctx, domain.Act{}, e.ID); err != nil {
			t.Fatal(err)
		}
		a := c.get("/publications/" + day + "/export")
		rows := table(t, a.body)
		events, people := column(t, rows, "会务"), column(t, rows, "姓名")
		if !slices.Contains(events, e.Name) || !slices.Contains(people, "琥珀") || slices.Contains(events, "评标会") {
			t.Errorf("%q %q", events, people)
		}
		f := opened(t, a.body)
		foot, err := f.GetHeaderFooter(f.GetSheetName(0))
		if err != nil || !strings.Contains(foot.OddFooter, "第 1 版") {
			t.Errorf("which version it is: %+v %v", foot, err)
		}
		layout, err := f.GetPageLayout(f.GetSheetName(0))
		if err != nil || *layout.Size != 9 || *layout.FitToWidth != 1 {
			t.Errorf("not A4: %+v %v", layout, err)
		}
		rows = table(t, c.get("/events/"+e.ID+"/work/export").body)
		if crews := column(t, rows, "组队"); !slices.Contains(crews, i18n.T("zh", "crew.SVC")) || !slices.Contains(column(t, rows, "事项"), "琥珀") {
			t.Errorf("%q", rows)
		}
	})
}
