package web

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Limits of one pasted table or CSV file.
const (
	maxImportBytes  = 1 << 20
	maxImportLines  = 2000
	maxImportErrors = 50 // shown at once
)

type guestTable struct {
	drafts []store.GuestDraft
	lines  []string
}

// line is the text of a 1-based line, cut for the error list.
func (t *guestTable) line(n int) string { return lineOf(t.lines, n) }

func lineOf(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	s := domain.Clean(lines[n-1], false)
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return s
}

// columnNames are the headings people use, Chinese and English.
var columnNames = map[string]string{
	"姓名": "name", "名字": "name", "来宾": "name", "name": "name", "guest": "name",
	"职务": "title", "职位": "title", "头衔": "title", "title": "title", "position": "title",
	"单位": "organisation", "公司": "organisation", "机构": "organisation", "organisation": "organisation", "organization": "organisation", "company": "organisation",
	"序": "rank", "序号": "rank", "排序": "rank", "排名": "rank", "rank": "rank", "no": "rank", "no.": "rank",
	"代表团": "party", "团组": "party", "组": "party", "批次": "party", "party": "party", "group": "party", "delegation": "party",
	"车牌": "plate", "车牌号": "plate", "车辆": "plate", "plate": "plate", "vehicle": "plate", "car": "plate",
	"车位": "bay", "泊位": "bay", "bay": "bay",
	"电话": "phone", "手机": "phone", "手机号": "phone", "联系电话": "phone", "phone": "phone", "mobile": "phone", "tel": "phone",
	"需求": "needs", "备注": "needs", "特殊需求": "needs", "忌口": "needs", "needs": "needs", "notes": "needs", "remarks": "needs",
}

// defaultColumns are taken when the first line is no heading.
var defaultColumns = []string{"name", "title", "organisation", "party", "plate", "bay", "needs"}

// parseGuestTable reads a table of guests. It never guesses silently: what it
// cannot read is an error with its line.
func parseGuestTable(text string) (*guestTable, error) {
	t := &guestTable{}
	var bad domain.Invalid
	columns := defaultColumns
	lines, broken, err := readTable(text, func(record []string, line int, first bool) {
		if first {
			if heading, ok := readHeading(record); ok {
				columns = heading
				return
			}
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			return
		}
		d, errs := readRecord(columns, record, line)
		bad = append(bad, errs...)
		t.drafts = append(t.drafts, d)
	})
	t.lines = lines
	if err != nil {
		return t, err
	}
	bad = append(bad, broken...)
	if len(bad) == 0 && len(t.drafts) == 0 {
		bad.Add("text", "import.empty")
	}
	return t, bad.Err()
}

// readTable reads a table pasted from a spreadsheet (tabs) or a CSV file (commas
// or semicolons; UTF-8 or GB18030): each gets the records with their lines. broken
// is where it could not be read on.
func readTable(text string, each func(record []string, line int, first bool)) (lines []string, broken domain.Invalid, err error) {
	if len(text) > maxImportBytes {
		return nil, nil, domain.InvalidField("text", "import.too_large", "max", "1 MB")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().String(text)
		if err != nil || strings.ContainsRune(decoded, utf8.RuneError) {
			return nil, nil, domain.InvalidField("text", "import.encoding")
		}
		text = decoded
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines = strings.Split(text, "\n")
	if strings.TrimSpace(text) == "" {
		return lines, nil, domain.InvalidField("text", "import.empty")
	}
	if n := strings.Count(strings.TrimSpace(text), "\n") + 1; n > maxImportLines+1 {
		return lines, nil, domain.InvalidField("text", "import.too_many", "n", strconv.Itoa(n), "max", strconv.Itoa(maxImportLines))
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delimiter(lines), -1, false
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, broken, nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			// A lost quote swallows what follows: nothing after it can be trusted.
			return lines, domain.Invalid{{Field: "text", Key: "import.quotes", Line: syntax.StartLine}}, nil
		}
		if err != nil {
			return lines, nil, err
		}
		line, _ := r.FieldPos(0)
		each(record, line, first)
	}
}

// delimiter is the sign that the first filled line has most of.
func delimiter(lines []string) rune {
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		best, n := ',', strings.Count(l, ",")
		for _, d := range []rune{'\t', ';', '，'} {
			if k := strings.Count(l, string(d)); k > n {
				best, n = d, k
			}
		}
		return best
	}
	return ','
}

func readHeading(record []string) ([]string, bool) {
	columns := make([]string, len(record))
	known := false
	for k, cell := range record {
		columns[k] = columnNames[strings.ToLower(domain.Clean(cell, false))]
		known = known || columns[k] == "name"
	}
	return columns, known
}

// readRecord makes a draft of one line. A cell that begins like a spreadsheet
// formula is refused: no guest is called "=cmd…", and the list is exported again.
func readRecord(columns, record []string, line int) (store.GuestDraft, domain.Invalid) {
	var bad domain.Invalid
	d := store.GuestDraft{Line: line}
	fail := func(field, key string, args ...string) {
		bad.Add(field, key, args...)
		bad[len(bad)-1].Line = line
	}
	for k, cell := range record {
		cell = domain.Clean(cell, false)
		if k >= len(columns) {
			if cell != "" {
				fail("text", "import.too_many_columns", "n", strconv.Itoa(len(record)), "max", strconv.Itoa(len(columns)))
				break
			}
			continue
		}
		if formula(cell) && columns[k] != "phone" { // +86…; anything but a number is refused there anyway
			fail(columns[k], "import.formula", "cell", cut(cell, 20))
			continue
		}
		switch columns[k] {
		case "name":
			d.Name = cell
		case "title":
			d.Title = cell
		case "organisation":
			d.Organisation = cell
		case "party":
			d.Party = cell
		case "plate":
			d.Plate = cell
		case "bay":
			d.Bay = cell
		case "needs":
			d.Needs = cell
		case "phone":
			d.Phone = cell
		case "rank":
			if cell != "" {
				n, err := strconv.Atoi(cell)
				if err != nil {
					fail("rank", "guest.rank_range")
				}
				d.Rank = n
			}
		}
	}
	return d, bad
}

// formula tells a cell that a spreadsheet may run, in signs of either width.
func formula(cell string) bool {
	first := firstRune(cell)
	return first != "" && strings.Contains("=@+＝＠＋", first) || strings.ContainsAny(first, "-－") && cell != first
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
