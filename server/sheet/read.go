package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huiwu/server/domain"
)

// Limits keep a workbook from taking the server's memory.
type Limits struct {
	Bytes    int   // of the file
	Unzipped int64 // of all that is packed in it
	Rows     int   // below the headings
	Columns  int
	Runes    int // of one cell
	Faults   int // that are collected before the rest is not looked at

	Ignore bool // columns under unknown headings are passed over
}

// Usual are the limits of a table that people fill in.
var Usual = Limits{Bytes: 4 << 20, Unzipped: 32 << 20, Rows: 2000, Columns: 60, Runes: 4000, Faults: 50}

// Row is one line of a table.
type Row struct {
	N     int // in the sheet, the first line is 1
	cells map[string]string
	at    map[string]string
	bad   *domain.Invalid
	sheet string

	from1904 bool // how its dates are counted
}

// Text is the cell under a column, cleaned; "" where there is none.
func (r *Row) Text(key string) string { return r.cells[key] }

// At is the cell under a column, such as "C7"; "" where the column is not there.
func (r *Row) At(key string) string { return r.at[key] }

// Fail notes a wrong cell. The sentence gets {cell}; args are name, value, …
func (r *Row) Fail(key, sentence string, args ...string) {
	cell := r.at[key]
	switch {
	case cell == "":
		cell = "A" + strconv.Itoa(r.N)
	case r.bad.Has(cell): // what could not be read lacks nothing besides
		return
	}
	fault(r.bad, r.sheet, cell, r.N, sentence, args...)
}

// Number is a whole number; what is none is noted. "" is 0.
func (r *Row) Number(key string) int {
	s := r.cells[key]
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(s, ".0"))
	if err != nil {
		r.Fail(key, "workbook.number", "value", short(s))
	}
	return n
}

// Moment is a time by the clock of loc: a cell that is a date, or text as people write
// one. Nothing there is nil; what is no time, or one that the clocks jump over, is noted.
func (r *Row) Moment(key string, loc *time.Location) *time.Time {
	s := r.cells[key]
	if s == "" {
		return nil
	}
	t, ok := written(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		t, ok = serial(n, r.from1904), true
	}
	if !ok || t.Year() < 2000 || t.Year() >= 2200 {
		r.Fail(key, "workbook.time", "value", short(s))
		return nil
	}
	at := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc)
	if at.Hour() != t.Hour() || at.Minute() != t.Minute() {
		r.Fail(key, "field.time_skipped")
		return nil
	}
	at = at.UTC()
	return &at
}

// written reads the ways in which a date and a time are typed here.
func written(s string) (time.Time, bool) {
	s = strings.NewReplacer("年", "-", "月", "-", "日", " ", "/", "-", ".", "-", "T", " ", "：", ":").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range []string{"2006-1-2 15:04", "2006-1-2 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// serial is the time of a date cell: days since the end of 1899, or of 1903 in files that
// count from there. Fractions of days are no whole seconds.
func serial(n float64, from1904 bool) time.Time {
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if !(n >= 0 && n < 1e6) { // nor what is no number
		return time.Time{}
	}
	day := math.Floor(n)
	return base.AddDate(0, 0, int(day)).Add(time.Duration(math.Round((n-day)*86400)) * time.Second)
}

// Choice is the value whose name, in any language, or which itself stands in the cell;
// anything else is noted.
func (r *Row) Choice(key string, of []Choice) string {
	s := r.cells[key]
	if s == "" {
		return ""
	}
	for _, c := range of {
		if strings.EqualFold(s, c.Value) || slices.ContainsFunc(c.Names, func(n string) bool { return strings.EqualFold(s, n) }) {
			return c.Value
		}
	}
	r.Fail(key, "workbook.choice", "value", short(s))
	return ""
}

// Choice is a value with its names.
type Choice struct {
	Value string
	Names []string
}

// Table is what was read: its rows, and everything that is wrong with them so far.
// Readers of rows add what they find; Err is the whole.
type Table struct {
	Sheet    string
	Headings []string // as they stand there, of the columns that were taken
	Keys     []string // of the same columns
	Rows     []*Row
	bad      domain.Invalid
	ignore   bool
	from1904 bool
}

// ignored is the key of a column that is passed over.
const ignored = "\x00"

// Err is nil when every cell was good, else one refusal with a sentence a cell: Field is
// the cell, Line its row.
func (t *Table) Err() error { return t.bad.Err() }

func fault(bad *domain.Invalid, sheet, cell string, line int, key string, args ...string) {
	bad.Add(cell, key, append(args, "sheet", sheet, "cell", cell)...)
	(*bad)[len(*bad)-1].Line = line
}

// refuse is a refusal of the whole file.
func refuse(key string, args ...string) error { return domain.InvalidField("file", key, args...) }

// Read reads the first visible sheet of a workbook: its first line are headings, of which
// it must have those that are required. It never guesses: merged cells, formulas, unknown
// headings and hidden rows are faults with their cell. A broken or oversized file is an
// error; what is wrong inside stands in Table.Err.
func Read(body []byte, columns []Column, l Limits) (t *Table, err error) {
	defer func() {
		if p := recover(); p != nil { // the library trusts some files more than they deserve
			t, err = nil, refuse("workbook.broken")
		}
	}()
	if err := l.check(body); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{UnzipSizeLimit: l.Unzipped, UnzipXMLSizeLimit: l.Unzipped, RawCellValue: true})
	if err != nil {
		return nil, refuse("workbook.broken")
	}
	defer f.Close()
	name := firstVisible(f)
	if name == "" {
		return nil, refuse("workbook.no_sheet")
	}
	t = &Table{Sheet: name, ignore: l.Ignore}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		t.from1904 = *props.Date1904
	}
	grid, err := readGrid(f, name, l, &t.bad)
	if err != nil {
		return nil, err
	}
	if err := t.refuseMerged(f, grid); err != nil {
		return nil, err
	}
	keys := t.headings(grid, columns)
	if len(t.bad) > 0 { // under wrong headings every cell is wrong
		return t, nil
	}
	for _, line := range grid[1:] {
		if len(t.bad) >= l.Faults {
			break
		}
		t.row(f, line, keys, l)
	}
	if len(t.Rows) == 0 && len(t.bad) == 0 {
		return nil, refuse("import.empty")
	}
	return t, nil
}

// check opens the zip as far as its size goes: what it says of itself is not believed.
func (l Limits) check(body []byte) error {
	switch {
	case len(body) > l.Bytes:
		return refuse("workbook.too_large", "max", l.Most())
	case bytes.HasPrefix(body, []byte("\xd0\xcf\x11\xe0")):
		return refuse("workbook.old_format") // .xls, or locked with a password
	case !bytes.HasPrefix(body, []byte("PK")):
		return refuse("workbook.not_xlsx")
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) > 2000 {
		return refuse("workbook.broken")
	}
	left := l.Unzipped
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return refuse("workbook.broken")
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		_ = r.Close()
		if left -= n; left < 0 {
			return refuse("workbook.bomb", "max", megabytes(l.Unzipped))
		}
		if err != nil {
			return refuse("workbook.broken")
		}
	}
	return nil
}

// Most is how large a file may be, in words.
func (l Limits) Most() string { return megabytes(int64(l.Bytes)) }

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }

func firstVisible(f *excelize.File) string {
	for _, name := range f.GetSheetList() {
		if yes, err := f.GetSheetVisible(name); err == nil && yes {
			return name
		}
	}
	return ""
}

// line is one row as it stands in the sheet.
type line struct {
	n     int
	cells []string
}

// readGrid streams the rows that hold anything; a hidden one that does is a fault, because
// nobody has read it.
func readGrid(f *excelize.File, name string, l Limits, bad *domain.Invalid) ([]line, error) {
	rows, err := f.Rows(name)
	if err != nil {
		return nil, refuse("workbook.broken")
	}
	defer rows.Close()
	var grid []line
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, refuse("workbook.broken")
		}
		last := len(cells)
		for last > 0 && strings.TrimSpace(cells[last-1]) == "" {
			last--
		}
		if cells = cells[:last]; last == 0 {
			continue
		}
		if rows.GetRowOpts().Hidden && len(*bad) < l.Faults {
			fault(bad, name, "A"+strconv.Itoa(n), n, "workbook.hidden_row", "row", strconv.Itoa(n))
		}
		if last > l.Columns {
			return nil, refuse("workbook.too_wide", "max", strconv.Itoa(l.Columns), "row", strconv.Itoa(n))
		}
		if grid = append(grid, line{n, cells}); len(grid) > l.Rows+1 {
			return nil, refuse("workbook.too_many_rows", "max", strconv.Itoa(l.Rows))
		}
	}
	if err := rows.Error(); err != nil {
		return nil, refuse("workbook.broken")
	}
	if len(grid) == 0 {
		return nil, refuse("import.empty")
	}
	return grid, nil
}

// refuseMerged names the first merged cells that touch the table: which line a merged
// value is of is anybody's guess.
func (t *Table) refuseMerged(f *excelize.File, grid []line) error {
	merged, err := f.GetMergeCells(t.Sheet, true)
	if err != nil {
		return refuse("workbook.broken")
	}
	for _, m := range merged {
		_, row, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return refuse("workbook.broken")
		}
		if row <= grid[len(grid)-1].n {
			fault(&t.bad, t.Sheet, m.GetStartAxis(), row, "workbook.merged", "range", m.GetStartAxis()+":"+m.GetEndAxis())
			return nil
		}
	}
	return nil
}

// headings gives the column key of each cell of the first line.
func (t *Table) headings(grid []line, columns []Column) []string {
	head := grid[0]
	keys := make([]string, len(head.cells))
	for k, cell := range head.cells {
		word := heading(cell)
		if word == "" {
			continue
		}
		at := cellName(k, head.n)
		c := slices.IndexFunc(columns, func(c Column) bool { return c.is(word) })
		switch {
		case c < 0 && t.ignore, c >= 0 && columns[c].Skip:
			keys[k] = ignored
		case c < 0:
			fault(&t.bad, t.Sheet, at, head.n, "workbook.heading_unknown", "heading", short(cell))
		case slices.Contains(keys, columns[c].Key):
			fault(&t.bad, t.Sheet, at, head.n, "workbook.heading_twice", "heading", short(cell))
		default:
			keys[k] = columns[c].Key
			t.Headings, t.Keys = append(t.Headings, strings.TrimRight(domain.Clean(cell, false), " *＊")), append(t.Keys, columns[c].Key)
		}
	}
	for _, c := range columns {
		if c.Required && !slices.Contains(keys, c.Key) {
			fault(&t.bad, t.Sheet, cellName(0, head.n), head.n, "workbook.heading_missing", "heading_zh", c.Zh, "heading_en", c.En)
		}
	}
	return keys
}

// heading is what a heading is compared by.
func heading(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.TrimRight(domain.Clean(s, false), " *＊")))
}

func (t *Table) row(f *excelize.File, l line, keys []string, limits Limits) {
	r := &Row{N: l.n, cells: map[string]string{}, at: map[string]string{}, bad: &t.bad, sheet: t.Sheet, from1904: t.from1904}
	for k, key := range keys {
		if key != "" {
			r.at[key] = cellName(k, l.n)
		}
	}
	for k, cell := range l.cells {
		at := cellName(k, l.n)
		if strings.TrimSpace(cell) == "" {
			continue
		}
		if k < len(keys) && keys[k] == ignored {
			continue
		}
		if k >= len(keys) || keys[k] == "" {
			fault(&t.bad, t.Sheet, at, l.n, "workbook.no_heading")
			continue
		}
		if formula, err := f.GetCellFormula(t.Sheet, at); err != nil || formula != "" {
			fault(&t.bad, t.Sheet, at, l.n, "workbook.formula")
			continue
		}
		if len([]rune(cell)) > limits.Runes {
			fault(&t.bad, t.Sheet, at, l.n, "field.too_long", "max", strconv.Itoa(limits.Runes))
			continue
		}
		r.cells[keys[k]] = domain.Clean(cell, true)
	}
	if len(r.cells) > 0 {
		t.Rows = append(t.Rows, r)
	}
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return fmt.Sprint("A", row)
	}
	return name
}

func short(s string) string {
	s = domain.Clean(s, false)
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// IsWorkbook tells a file that is meant to be one, by its first bytes: a table as text is
// read otherwise.
func IsWorkbook(body []byte) bool {
	return bytes.HasPrefix(body, []byte("PK\x03\x04")) || bytes.HasPrefix(body, []byte("\xd0\xcf\x11\xe0"))
}
