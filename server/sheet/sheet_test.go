package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiwu/server/domain"
	"huiwu/server/sheet"
)

var columns = []sheet.Column{
	{Key: "name", Zh: "姓名", En: "Name", Note: "必填", Example: "雪松", Required: true},
	{Key: "crew", Zh: "组", En: "Crew", Values: []string{"会务组", "安管组"}},
	{Key: "n", Zh: "数", En: "Number", Figures: true},
}

// book makes a workbook of cells and whatever else fn does to it.
func book(t testing.TB, fn func(f *excelize.File), rows ...[]any) []byte {
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

// wrong is what Read has to say: the cells with their sentences.
func wrong(body []byte, l sheet.Limits) string {
	table, err := sheet.Read(body, columns, l)
	if err == nil {
		err = table.Err()
	}
	e, ok := domain.AsError(err)
	if !ok {
		return fmt.Sprint(err)
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Field+" "+f.Key)
	}
	return strings.Join(out, ", ")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

var head = []any{"姓名", "组", "数"}

func TestRead(t *testing.T) {
	body := book(t, nil, []any{"Name *", "数", "组"}, nil, []any{" 雪松\u200b ", 7, "会务组"}, []any{"银杏"})
	table, err := sheet.Read(body, columns, sheet.Usual)
	if err != nil || len(table.Rows) != 2 {
		t.Fatal(table, err)
	}
	r := table.Rows[0]
	equal(t, "row", fmt.Sprint(r.N, r.Text("name"), r.Number("n"), r.Choice("crew", []sheet.Choice{{Value: "SVC", Names: []string{"会务组", "Service"}}})), "3雪松7SVC")
	r.Fail("crew", "field.choose")
	table.Rows[1].Fail("n", "field.required")
	e, _ := domain.AsError(table.Err())
	equal(t, "cells", fmt.Sprint(e.Fields[0].Field, e.Fields[0].Line, e.Fields[1].Field, e.Fields[1].Args["sheet"]), "C33B4Sheet1")
}

// Times are date cells, counted from either year, or text; what is none, or is jumped over
// by the clocks, has its sentence.
func TestMoment(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 3, 16, 9, 10, 0, 0, time.UTC)
	from1904 := func(f *excelize.File) {
		yes := true
		_ = f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
		_ = f.SetCellValue("Sheet1", "A2", 44635.381944444445) // the same day, counted from 1904
	}
	for _, x := range []struct {
		cell any
		fn   func(f *excelize.File)
		want string
	}{
		{day, nil, "2026-03-16 09:10"},
		{46097.381944, nil, "2026-03-16 09:10"}, // a fraction that is no whole second
		{46097, nil, "2026-03-16 00:00"},
		{"-", from1904, "2026-03-16 09:10"},
		{"2026-03-16 09:10", nil, "2026-03-16 09:10"},
		{"2026/3/16 9:10:00", nil, "2026-03-16 09:10"},
		{"2026年3月16日 9：10", nil, "2026-03-16 09:10"},
		{"2026-03-16T09:10", nil, "2026-03-16 09:10"},
		{"2026-03-16", nil, "A2 workbook.time"},
		{"09:10", nil, "A2 workbook.time"},
		{0.38, nil, "A2 workbook.time"},
		{1e300, nil, "A2 workbook.time"},
		{"NaN", nil, "A2 workbook.time"},
		{"2026-02-30 09:00", nil, "A2 workbook.time"},
		{"明天九点", nil, "A2 workbook.time"},
		{"2026-03-29 02:30", nil, "A2 field.time_skipped"},
		{time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC), nil, "A2 field.time_skipped"},
	} {
		table, err := sheet.Read(book(t, x.fn, []any{"姓名"}, []any{x.cell}), columns, sheet.Usual)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at := table.Rows[0].Moment("name", berlin); at != nil {
			got = at.In(berlin).Format("2006-01-02 15:04")
		}
		if e, ok := domain.AsError(table.Err()); ok {
			got += e.Fields[0].Field + " " + e.Fields[0].Key
		}
		equal(t, fmt.Sprint(x.cell), got, x.want)
	}
}

// What is known and passed over is no fault, and is not read.
func TestSkip(t *testing.T) {
	list := append(slices.Clone(columns), sheet.Column{Key: "x", Zh: "状态", En: "Status", Skip: true})
	table, err := sheet.Read(book(t, func(f *excelize.File) { _ = f.SetCellFormula("Sheet1", "B2", "=1+1") }, []any{"姓名", "状态"}, []any{"雪松", "2"}), list, sheet.Usual)
	if err != nil || table.Err() != nil {
		t.Fatal(err, table.Err())
	}
	equal(t, "row", table.Rows[0].Text("name")+table.Rows[0].Text("x"), "雪松")
}

// What people send by mistake: a sentence, and the cell where there is one.
func TestWrongFiles(t *testing.T) {
	hide := func(row int) func(*excelize.File) {
		return func(f *excelize.File) { _ = f.SetRowVisible("Sheet1", row, false) }
	}
	small := sheet.Usual
	small.Rows, small.Columns, small.Runes = 2, 3, 5
	for _, x := range []struct {
		what, want string
		body       []byte
		l          sheet.Limits
	}{
		{"merged cells", "A2 workbook.merged", book(t, func(f *excelize.File) { _ = f.MergeCell("Sheet1", "A2", "A3") }, head, []any{"雪松"}, []any{"银杏"}), sheet.Usual},
		{"merged title", "A1 workbook.merged, A1 workbook.heading_unknown, A1 workbook.heading_missing", book(t, func(f *excelize.File) { _ = f.MergeCell("Sheet1", "A1", "C1") }, []any{"来宾名单"}, head, []any{"雪松"}), sheet.Usual},
		{"unknown heading", "B1 workbook.heading_unknown", book(t, nil, []any{"姓名", "生日"}, []any{"雪松", "x"}), sheet.Usual},
		{"heading twice", "B1 workbook.heading_twice", book(t, nil, []any{"姓名", "Name"}, []any{"雪松"}), sheet.Usual},
		{"no headings", "A1 workbook.heading_unknown, A1 workbook.heading_missing", book(t, nil, []any{"雪松"}), sheet.Usual},
		{"formula", "A2 workbook.formula", book(t, func(f *excelize.File) { _ = f.SetCellFormula("Sheet1", "A2", "=1+1") }, head, []any{"2"}), sheet.Usual},
		{"hidden row", "A3 workbook.hidden_row", book(t, hide(3), head, []any{"雪松"}, []any{"银杏"}), sheet.Usual},
		{"hidden empty row", "", book(t, hide(3), head, []any{"雪松"}, nil), sheet.Usual},
		{"no heading above", "D2 workbook.no_heading", book(t, nil, head, []any{"雪松", "", "", "x"}), sheet.Usual},
		{"long cell", "A2 field.too_long", book(t, nil, head, []any{"一二三四五六"}), small},
		{"rows", "file workbook.too_many_rows", book(t, nil, head, []any{"a"}, []any{"b"}, []any{"c"}), small},
		{"columns", "file workbook.too_wide", book(t, nil, []any{"姓名", "组", "数", "x"}), small},
		{"empty", "file import.empty", book(t, nil), sheet.Usual},
		{"headings only", "file import.empty", book(t, nil, head), sheet.Usual},
		{"old format", "file workbook.old_format", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), sheet.Usual},
		{"text", "file workbook.not_xlsx", []byte("姓名,组\n"), sheet.Usual},
		{"cut off", "file workbook.broken", book(t, nil, head)[:900], sheet.Usual},
		{"another zip", "file workbook.broken", zipped(t, "a.txt", 10), sheet.Usual},
		{"bomb", "file workbook.bomb", zipped(t, "xl/worksheets/sheet1.xml", 40<<20), sheet.Usual},
		{"30 MB", "file workbook.too_large", make([]byte, 30<<20), sheet.Usual},
	} {
		got := wrong(x.body, x.l)
		if got == "<nil>" {
			got = ""
		}
		equal(t, x.what, got, x.want)
	}
}

// zipped is an archive with one file of n zeros.
func zipped(t testing.TB, name string, n int64) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, n); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What was written is read back as it was, and nothing in it is run.
func TestWrite(t *testing.T) {
	nasty := []string{"=1+1", "+86 1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "'=1", "＝1", "_x003D_1+1", "雪松\n银杏", `"quoted" <b>&amp;`}
	rows := make([][]string, 0, len(nasty))
	for _, s := range nasty {
		rows = append(rows, []string{s, "会务组", "-7"})
	}
	var b bytes.Buffer
	if err := sheet.Write(&b, sheet.Page{Name: "来宾[1]/名单*很长很长很长很长很长很长很长很长很长很长", Columns: columns, Rows: rows, Notes: "说明", Blank: 10}); err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(b.Bytes(), columns, sheet.Usual)
	if err != nil || table.Err() != nil {
		t.Fatal(err, table.Err())
	}
	for k, r := range table.Rows {
		equal(t, "text", r.Text("name"), domain.Clean(nasty[k], true))
		equal(t, "figure", fmt.Sprint(r.Number("n")), "-7")
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	for k := range nasty {
		cell := fmt.Sprint("A", k+2)
		if formula, err := f.GetCellFormula(name, cell); err != nil || formula != "" {
			t.Errorf("%s is the formula %q, %v", cell, formula, err)
		}
		id, err := f.GetCellStyle(name, cell)
		if err != nil || f.Styles.CellXfs.Xf[id].QuotePrefix == nil || !*f.Styles.CellXfs.Xf[id].QuotePrefix {
			t.Errorf("%s can become one when somebody edits it: style %d, %v", cell, id, err)
		}
		if kind, err := f.GetCellType(name, cell); err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s has the type %v, %v", cell, kind, err)
		}
	}
	id, err := f.GetCellStyle(name, "A1")
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Styles.CellXfs.Xf[id].QuotePrefix; q == nil || !*q {
		t.Error("a heading can become a formula")
	}
	style, err := f.GetStyle(id)
	if err != nil || style.Font == nil || style.Font.Family != "Microsoft YaHei" {
		t.Errorf("the font of the headings: %+v, %v", style, err)
	}
	comments, err := f.GetComments(name)
	if err != nil || len(comments) != 1 || comments[0].Cell != "A1" || !strings.Contains(comments[0].Text, "必填") {
		t.Errorf("comments %+v, %v", comments, err)
	}
	lists, err := f.GetDataValidations(name)
	if err != nil || len(lists) != 1 || lists[0].Sqref != fmt.Sprint("B2:B", len(nasty)+11) || !strings.Contains(lists[0].Formula1, "会务组,安管组") {
		t.Errorf("choices %+v, %v", lists, err)
	}
	if example, err := f.GetCellValue("说明", "C2"); err != nil || example != "雪松" {
		t.Errorf("example %q, %v", example, err)
	}
}

// What only looks like a figure stays text: a workbook has no infinity.
func TestFigures(t *testing.T) {
	for text, kind := range map[string]excelize.CellType{"7": excelize.CellTypeUnset, "-0.5": excelize.CellTypeUnset, "Inf": excelize.CellTypeInlineString, "NaN": excelize.CellTypeInlineString, "=7": excelize.CellTypeInlineString} {
		var b bytes.Buffer
		if err := sheet.Write(&b, sheet.Page{Name: "x", Columns: columns, Rows: [][]string{{"雪松", "", text}}}); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.GetCellType("x", "C2")
		if value, _ := f.GetCellValue("x", "C2"); err != nil || got != kind || value != text {
			t.Errorf("%q is %q of type %v, %v", text, value, got, err)
		}
		_ = f.Close()
	}
}

// Whatever is sent as a workbook is read or refused with a sentence.
func FuzzRead(f *testing.F) {
	f.Add(book(f, nil, head, []any{"雪松", "会务组", 7}))
	f.Add(book(f, func(x *excelize.File) { _ = x.MergeCell("Sheet1", "A1", "B2") }, head, []any{"雪松"}))
	f.Add(zipped(f, "xl/workbook.xml", 100))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd0\xcf\x11\xe0"))
	l := sheet.Usual
	l.Bytes, l.Unzipped = 1<<20, 1<<20
	f.Fuzz(func(t *testing.T, body []byte) {
		table, err := sheet.Read(body, columns, l)
		if err != nil {
			if e, ok := domain.AsError(err); !ok || len(e.Fields) == 0 || e.Fields[0].Key == "" {
				t.Fatalf("no sentence: %v", err)
			}
			return
		}
		if table.Err() == nil && (len(table.Rows) == 0 || len(table.Rows) > l.Rows) {
			t.Fatalf("%d rows", len(table.Rows))
		}
		for _, r := range table.Rows {
			if len([]rune(r.Text("name"))) > l.Runes {
				t.Fatal("a cell above the limit")
			}
		}
	})
}
