package web

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/sheet"
	"huiwu/server/store"
	"huiwu/views"
)

// exported is a list of template items as the workbook that people get.
func exported(t *testing.T, list []domain.TemplateItem, locale string) []byte {
	t.Helper()
	p := sheet.Page{Name: "模板", Locale: locale, Columns: templateColumns(locale), Notes: "说明", Blank: 10}
	for k := range list {
		p.Rows = append(p.Rows, templateRow(&list[k], locale))
	}
	var b bytes.Buffer
	if err := sheet.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Export, import, export: the same list, in either language and across them.
func TestTemplateSheet(t *testing.T) {
	list := make([]domain.TemplateItem, 0, len(domain.Templates()))
	for _, x := range domain.Templates() {
		list = append(list, x.Copy())
	}
	list[0].GuidanceZh, list[1].Struck, list[2].En = "=先到办公室。\n再登记。", true, "-1 + 2"
	for _, l := range []string{"zh", "en"} {
		got, _, err := readTemplates(exported(t, list, l))
		if err != nil {
			t.Fatal(l, err)
		}
		again, _, err := readTemplates(exported(t, got, map[string]string{"zh": "en", "en": "zh"}[l]))
		if err != nil {
			t.Fatal(l, err)
		}
		for _, other := range [][]domain.TemplateItem{got, again} {
			if len(other) != len(list) {
				t.Fatalf("%s: %d items, want %d", l, len(other), len(list))
			}
			for k := range list {
				if !domain.SameTemplate(&list[k], &other[k]) || list[k].Struck != other[k].Struck {
					t.Errorf("%s: %s is %+v", l, list[k].ID, other[k])
				}
			}
		}
	}
}

func TestTemplateSheetFaults(t *testing.T) {
	list := []domain.TemplateItem{domain.Templates()[0].Copy(), domain.Templates()[0].Copy(), domain.Templates()[3].Copy()}
	list[0].Zh, list[0].Offset["2"], list[2].Crew, list[2].Clauses = strings.Repeat("长", 200), "A minus 90", "XXX", []string{"Z.1"}
	_, _, err := readTemplates(exported(t, list, "zh"))
	e, ok := domain.AsError(err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Field+" "+f.Key)
	}
	if s := strings.Join(got, ", "); s != "D2 field.too_long, G2 template.due_unknown, A3 template.code_twice, C4 workbook.choice, R4 template.clause_unknown" {
		t.Error(s)
	}
}

// Every text that the form of the register asks for is in the workbook, and every column has a name.
func TestRegisterColumns(t *testing.T) {
	var e store.EventSummary
	v := reflect.ValueOf(&e.Event).Elem()
	for _, x := range domain.EventTexts {
		field := reflect.Value{}
		for _, f := range reflect.VisibleFields(v.Type()) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == x.Field {
				field = v.FieldByIndex(f.Index)
			}
		}
		if !field.IsValid() {
			t.Fatalf("no field %s", x.Field)
		}
		field.SetString("«" + x.Field + "»")
	}
	row := strings.Join(registerRow(views.Ctx{Locale: "zh", Loc: time.UTC}, &e, &views.RegisterEntry{Event: e.Event}), "|")
	for _, x := range domain.EventTexts {
		if !strings.Contains(row, "«"+x.Field+"»") {
			t.Errorf("%s is not in the register", x.Field)
		}
	}
	seen := map[string]bool{}
	for _, c := range registerColumns() {
		if c.Zh == "" || strings.Contains(c.Zh, ".") || strings.Contains(c.En, "register.") || strings.Contains(c.En, "event_form.") || seen[c.Zh] || seen[c.En] {
			t.Errorf("column %s is called %q, %q", c.Key, c.Zh, c.En)
		}
		seen[c.Zh], seen[c.En] = true, true
	}
}

// A workbook of people says the same in either language and comes back as it went.
func TestPeopleSheet(t *testing.T) {
	list := []domain.Person{
		{StaffNo: "a1024", Name: "远志", Role: domain.RoleCrewMember, Crew: domain.CrewSVC, Phone: "13700005678", Locale: "zh"},
		{StaffNo: "a1025", Name: "=1+1", Role: domain.RoleSupervisor, Crew: domain.CrewSUP, Locale: "en"},
		{StaffNo: "007", Name: "半夏", Role: domain.RoleAdmin, Locale: "zh"},
	}
	want := fmt.Sprint(list)
	for _, l := range []string{"zh", "en", "zh"} {
		p := sheet.Page{Name: "人员", Locale: l, Columns: peopleColumns(l), Notes: "说明", Blank: 10}
		for k := range list {
			p.Rows = append(p.Rows, personRow(&list[k], l))
		}
		var b bytes.Buffer
		if err := sheet.Write(&b, p); err != nil {
			t.Fatal(err)
		}
		got, _, err := readPeople(b.Bytes())
		if err != nil || fmt.Sprint(got) != want {
			t.Fatalf("%s: %v\n%+v\n%s", l, err, got, want)
		}
		list = got
	}
}

// A workbook of guests becomes the text that would be pasted from it.
func TestGuestSheet(t *testing.T) {
	var b bytes.Buffer
	rows := [][]string{{"雪松", "局长", "云雀研究院", "1", "一组", "测A·12345", "B01", "13900001234", "轮椅"}, {"“银杏”\"", "", "", "", "", "", "", "", "a\tb"}}
	if err := sheet.Write(&b, sheet.Page{Name: "来宾", Columns: guestColumns("zh"), Rows: rows}); err != nil {
		t.Fatal(err)
	}
	text, err := tableText(b.Bytes(), columnNames, false)
	if err != nil {
		t.Fatal(err)
	}
	table, err := parseGuestTable(text)
	if err != nil || len(table.drafts) != 2 {
		t.Fatalf("%v\n%s", err, text)
	}
	if d := table.drafts[0]; d.Name != "雪松" || d.Rank != 1 || d.Party != "一组" || d.Plate != "测A·12345" || d.Phone != "13900001234" || d.Needs != "轮椅" {
		t.Errorf("%+v", d)
	}
	if d := table.drafts[1]; d.Name != "“银杏”\"" || d.Needs != "a b" {
		t.Errorf("%+v", d)
	}
}

// No two columns of one workbook go by the same heading.
func TestHeadingsAreTheirOwn(t *testing.T) {
	for name, columns := range map[string][]sheet.Column{"events": readColumns(), "rooms": roomColumns("zh"), "people": peopleColumns("zh"), "templates": templateColumns("zh")} {
		for _, l := range []string{"zh", "en"} {
			seen := map[string]string{}
			for _, c := range columns {
				word := map[string]string{"zh": c.Zh, "en": c.En}[l]
				if other := seen[word]; other != "" {
					t.Errorf("%s: %q heads %s and %s", name, word, other, c.Key)
				}
				seen[word] = c.Key
			}
		}
	}
	for _, key := range registerKeys {
		if key != "people" && !slices.ContainsFunc(readColumns(), func(c sheet.Column) bool { return c.Zh == eventHeading("zh", key) && c.En == eventHeading("en", key) }) {
			t.Errorf("the register's column %s is not known", key)
		}
	}
}
