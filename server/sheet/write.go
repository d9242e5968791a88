// Package sheet reads and writes tables as workbooks (xlsx): with limits, a sentence for
// every wrong cell, and nothing in what is written that a spreadsheet would run.
package sheet

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Column is one column of a table, for writing and for reading.
type Column struct {
	Key      string
	Zh, En   string   // headings; both are read
	More     []string // other headings that people use
	Note     string   // what belongs there, in the reader's language: a comment at the heading
	Example  string
	Values   []string // to choose from
	Width    float64  // in characters; 0 = 14
	Required bool
	Figures  bool // numbers are written as numbers
	Skip     bool // is known, and passed over where it is read
}

func (c *Column) is(word string) bool {
	return word == heading(c.Zh) || word == heading(c.En) || word == strings.ToLower(c.Key) || slices.ContainsFunc(c.More, func(m string) bool { return word == heading(m) })
}

// Page is what is written: a table with its headings in one language.
type Page struct {
	Name    string // of the sheet
	Locale  string // "en", else Chinese
	Columns []Column
	Rows    [][]string
	Stamp   string // which version it is, at the foot of every printed page; "" = none
	Notes   string // name of a second sheet with what belongs where and an example; "" = none
	Blank   int    // how many empty rows are prepared for choosing
}

// font has Chinese letters on every system that opens workbooks: it is replaced by the
// system's own where it is not there.
const font = "Microsoft YaHei"

// Write writes a workbook. Every text is stored as text, with the mark that keeps it text
// when somebody edits the cell: nothing can become a formula.
func Write(w io.Writer, p Page) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetDefaultFont(font); err != nil {
		return err
	}
	name := safeName(p.Name)
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	s, err := newStyles(f)
	if err != nil {
		return err
	}
	if err := paper(f, name, p.Stamp); err != nil {
		return err
	}
	if err := annotate(f, name, p); err != nil {
		return err
	}
	if err := s.stream(f, name, p.Columns, p.Locale, p.Rows); err != nil {
		return err
	}
	if p.Notes != "" {
		if err := s.notes(f, p); err != nil {
			return err
		}
	}
	_, err = f.WriteTo(w)
	return err
}

// paper makes the sheet go to A4 pages as wide as it is, with its headings on each. Like
// annotate it comes before the rows are streamed.
func paper(f *excelize.File, name, stamp string) error {
	a4, landscape, wide, long, fit := 9, "landscape", 1, 0, true
	if err := f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &long}); err != nil {
		return err
	}
	if err := f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	foot := "&R&P/&N"
	if stamp != "" { // & begins a code there; the whole may have 255 letters
		if r := []rune(strings.ReplaceAll(stamp, "&", "＆")); len(r) > 200 {
			stamp = string(r[:200])
		} else {
			stamp = string(r)
		}
		foot = "&L" + stamp + foot
	}
	if err := f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: foot}); err != nil {
		return err
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name})
}

// annotate puts comments at the headings and choices under them. It comes before the rows
// are streamed, which takes what the sheet has by then along.
func annotate(f *excelize.File, name string, p Page) error {
	last := len(p.Rows) + 1 + p.Blank
	for k, c := range p.Columns {
		if c.Note != "" && p.Notes != "" {
			if err := f.AddComment(name, excelize.Comment{Cell: cellName(k, 1), Author: "会务台", Text: c.Note, Width: 260, Height: 120}); err != nil {
				return err
			}
		}
		if len(c.Values) == 0 || last < 2 || len(strings.Join(c.Values, ",")) > 250 {
			continue
		}
		column, err := excelize.ColumnNumberToName(k + 1)
		if err != nil {
			return err
		}
		v := excelize.NewDataValidation(true)
		v.Sqref = column + "2:" + column + strconv.Itoa(last)
		if err := v.SetDropList(c.Values); err != nil {
			return err
		}
		if err := f.AddDataValidation(name, v); err != nil {
			return err
		}
	}
	return nil
}

type styles struct{ head, text, figure int }

func newStyles(f *excelize.File) (s styles, err error) {
	if s.head, err = f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Family: font}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCEBED"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	}); err != nil {
		return s, err
	}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "top"}
	if s.text, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: font}, Alignment: wrap, NumFmt: 49}); err != nil { // 49: text
		return s, err
	}
	if s.figure, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: font}, Alignment: wrap}); err != nil {
		return s, err
	}
	yes := true
	f.Styles.CellXfs.Xf[s.text].QuotePrefix, f.Styles.CellXfs.Xf[s.head].QuotePrefix = &yes, &yes
	return s, nil
}

func (s styles) stream(f *excelize.File, name string, columns []Column, locale string, rows [][]string) error {
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for k, c := range columns {
		width := c.Width
		if width == 0 {
			width = 14
		}
		if err := w.SetColWidth(k+1, k+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	line := make([]any, len(columns))
	for k, c := range columns {
		line[k] = excelize.Cell{StyleID: s.head, Value: c.title(locale)}
	}
	if err := w.SetRow("A1", line, excelize.RowOpts{Height: 30}); err != nil {
		return err
	}
	for n, row := range rows {
		line := make([]any, 0, len(columns))
		for k, text := range row {
			line = append(line, s.cell(text, k < len(columns) && columns[k].Figures))
		}
		if err := w.SetRow(cellName(0, n+2), line); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (c *Column) title(locale string) string {
	title := c.Zh
	if locale == "en" {
		title = c.En
	}
	if c.Required {
		title += " *"
	}
	return title
}

// cell is a text, or a number in a column of numbers.
func (s styles) cell(text string, figures bool) any {
	if text == "" {
		return nil
	}
	if figures {
		if n, err := strconv.ParseFloat(text, 64); err == nil && n-n == 0 { // no infinity: a workbook has none
			return excelize.Cell{StyleID: s.figure, Value: n}
		}
	}
	return excelize.Cell{StyleID: s.text, Value: text}
}

// notes is the second sheet: what belongs in each column, and an example.
func (s styles) notes(f *excelize.File, p Page) error {
	name := safeName(p.Notes)
	if _, err := f.NewSheet(name); err != nil {
		return err
	}
	columns := []Column{{Zh: "列", En: "Column", Width: 20}, {Zh: "说明", En: "What belongs there", Width: 60}, {Zh: "示例", En: "Example", Width: 30}}
	var rows [][]string
	for _, c := range p.Columns {
		note := c.Note
		if len(c.Values) > 0 {
			note = strings.TrimSpace(note + "\n" + strings.Join(c.Values, " / "))
		}
		rows = append(rows, []string{c.title(p.Locale), note, c.Example})
	}
	return s.stream(f, name, columns, p.Locale, rows)
}

// safeName is a name that a sheet may have: no signs of references, 31 letters at most.
func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	if s = strings.TrimSpace(s); s == "" {
		return "Sheet"
	}
	return s
}
