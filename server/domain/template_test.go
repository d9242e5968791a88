package domain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

// everything is an event that asks for all that can be asked for.
func everything(level int) *domain.Event {
	e := visit(level)
	e.Photo, e.Recording = true, true
	return e
}

func itemsFor(t *testing.T, e *domain.Event, now time.Time) []domain.Item {
	t.Helper()
	items, err := domain.ItemsFor(domain.Templates(), e, shanghai, now, numbers())
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// longAgo is when lists of the visit are made: before anything is due.
var longAgo = on("2026-03-01 09:00")

func TestItemsByLevel(t *testing.T) {
	for _, x := range []struct {
		level                   int
		photo, recording, pause bool
		want                    int
	}{
		{1, true, false, false, 79},
		{1, false, false, false, 79}, // at level 1 the photographer comes unasked
		{1, true, true, false, 80},
		{1, true, false, true, 80},
		{1, true, true, true, 81},
		{2, false, false, false, 78},
		{2, true, false, false, 79},
		{2, true, true, true, 81},
		{3, false, false, false, 50},
		{3, true, false, true, 50}, // no tea-break table below level 2
		{3, true, true, true, 51},
		{4, false, false, false, 34},
		{4, true, true, true, 35},
	} {
		e := visit(x.level)
		e.Photo, e.Recording = x.photo, x.recording
		if !x.pause {
			e.BreakAt = nil
		}
		if got := len(itemsFor(t, e, longAgo)); got != x.want {
			t.Errorf("level %d, photo %v, recording %v, break %v: %d items, want %d", x.level, x.photo, x.recording, x.pause, got, x.want)
		}
	}
}

func TestItemsByCrew(t *testing.T) {
	want := map[int]string{
		1: "CMD 4, SUP 9, SVC 25, SEC 10, CLN 8, ENG 10, CTL 5, ADM 5, PHO 4, LDR 1",
		4: "CMD 3, SUP 7, SVC 15, CLN 2, ENG 5, ADM 3",
	}
	for level, w := range want {
		var got []string
		for _, c := range domain.Sum(itemsFor(t, everything(level), longAgo), longAgo).Crews {
			got = append(got, fmt.Sprintf("%s %d", c.Crew, c.Total))
		}
		equal(t, fmt.Sprint("level ", level), strings.Join(got, ", "), w)
	}
}

func TestEveryTemplateIsUsed(t *testing.T) {
	used := map[string]bool{}
	for level := 1; level <= 4; level++ {
		for _, i := range itemsFor(t, everything(level), longAgo) {
			used[i.TemplateID] = true
		}
	}
	var rest []string
	for _, tpl := range domain.Templates() {
		if used[tpl.ID] {
			continue
		}
		rest = append(rest, tpl.ID)
		if tpl.Crew != domain.CrewLDR || !slices.Contains([]string{"daily", "visitor", "weekend"}, tpl.Phase) {
			t.Errorf("%s is at no level and no duty of the leader floor", tpl.ID)
		}
	}
	equal(t, "used", len(used), 81)
	equal(t, "leader floor", strings.Join(rest, " "), "D2 D3 D4 D5")
}

func TestItemFromTemplate(t *testing.T) {
	byID := map[string]domain.Item{}
	for _, i := range itemsFor(t, everything(1), longAgo) {
		byID[i.TemplateID] = i
	}
	for id, due := range map[string]string{
		"M1": "03-17 17:00", "S1": "03-18 07:00", "C2": "03-18 06:30", "S12": "03-18 08:45", "S13": "03-18 08:30", "S15": "03-18 09:20", "V4": "03-18 09:10",
		"S17": "03-18 09:55", "S19": "03-18 11:20", "M13": "03-18 11:35", "M10": "03-18 11:55", "M12": "03-19 11:35", "V3": "03-18 08:20",
	} {
		equal(t, id, at(byID[id].DueAt), due)
	}
	e5 := byID["E5"]
	if e5.EventID != "e" || e5.Flag != domain.FlagBlocksReady || e5.Evidence != domain.EvidenceNumber || e5.Acceptance != domain.AcceptCommander ||
		e5.UnitZh != "℃" || *e5.ReadingMin != 24 || *e5.ReadingMax != 26 || e5.Status != domain.ItemOpen || e5.RoundNo != 0 || e5.Sort == 0 {
		t.Errorf("E5: %+v", e5)
	}
	for _, i := range itemsFor(t, everything(1), longAgo) {
		if i.ReadingMin != nil && i.ReadingMin == byID[i.TemplateID].ReadingMin || i.ReadingMax != nil && i.ReadingMax == byID[i.TemplateID].ReadingMax {
			t.Errorf("%s: two events share a number", i.TemplateID)
		}
	}
	equal(t, "clauses of E5", strings.Join(e5.ClauseIDs(), " "), "A.3.1.2.6 D.4.2b J.3.1")
	tea := byID["S15"]
	equal(t, "tea", fmt.Sprint(tea.Every, tea.RoundNo, tea.RoundsTotal, tea.RoundsDone, tea.RoundsMissed), "20 1 6 0 0")
	equal(t, "stand by", byID["E8"].Until, "E")

	asked := everything(1)
	asked.TeaMinutes = 45
	for _, i := range itemsFor(t, asked, longAgo) {
		if i.TemplateID == "S15" {
			equal(t, "tea as asked", fmt.Sprint(i.Every, i.RoundsTotal), "45 3")
		}
	}
}

// A list made late is due now, not "late since yesterday".
func TestItemsMadeLate(t *testing.T) {
	now := clock("08:00")
	for _, i := range itemsFor(t, everything(1), now) {
		if i.DueAt != nil && i.DueAt.Before(now) {
			t.Errorf("%s was due %v before it was made", i.TemplateID, now.Sub(*i.DueAt))
		}
		if s := i.State(now); s == domain.StateLate {
			t.Errorf("%s was late when it was made", i.TemplateID)
		}
	}
}

func TestSortItems(t *testing.T) {
	items := itemsFor(t, everything(1), longAgo)
	slices.Reverse(items)
	items = append(items, domain.Item{Crew: domain.CrewCMD, Phase: domain.PhasePre, Sort: 1000, ID: "ad-hoc"})
	domain.SortItems(items)
	var got []string
	for _, i := range items {
		if k := i.Phase + " " + string(i.Crew); len(got) == 0 || got[len(got)-1] != k {
			got = append(got, k)
		}
	}
	equal(t, "order", strings.Join(got, ", "), "pre CMD, pre SUP, pre SVC, pre SEC, pre CLN, pre ENG, pre CTL, pre ADM, pre PHO, pre LDR, "+
		"during CMD, during SUP, during SVC, during SEC, during CLN, during ENG, during CTL, during PHO, "+
		"post SUP, post SVC, post SEC, post CLN, post ENG, post CTL, post ADM, post PHO")
	equal(t, "ad-hoc items come after the built-in ones", items[3].ID, "ad-hoc")
}

func TestTemplatesAgreeWithRules(t *testing.T) {
	seen := map[string]bool{}
	for _, tpl := range domain.Templates() {
		bad := func(format string, args ...any) { t.Helper(); t.Errorf(tpl.ID+": "+format, args...) }
		if seen[tpl.ID] {
			bad("twice")
		}
		seen[tpl.ID] = true
		if !tpl.Crew.Valid() || tpl.Zh == "" || tpl.En == "" || len(tpl.Offset) == 0 || len(tpl.Clauses) == 0 {
			bad("incomplete: %+v", tpl)
		}
		if tpl.Zh != domain.Clean(tpl.Zh, false) || tpl.En != domain.Clean(tpl.En, false) {
			bad("text is not clean")
		}
		for what, ok := range map[string]bool{
			"phase":      slices.Contains(append([]string{"daily", "visitor", "weekend"}, domain.Phases...), tpl.Phase),
			"flag":       slices.Contains([]string{"", domain.FlagBlocksReady, domain.FlagBlocksClose, domain.FlagCue}, tpl.Flag),
			"evidence":   slices.Contains([]string{domain.EvidenceNone, domain.EvidenceNumber, domain.EvidencePhoto, domain.EvidenceSignature}, tpl.Evidence),
			"acceptance": slices.Contains([]string{domain.AcceptNone, domain.AcceptCommander, domain.AcceptSupervisor, domain.AcceptBoth, domain.AcceptOrganiser}, tpl.Acceptance),
			"unit":       (tpl.Unit != nil) == (tpl.Evidence == domain.EvidenceNumber),
		} {
			if !ok {
				bad("%s is wrong", what)
			}
		}
		if u := tpl.Unit; u != nil && (u.Zh == "" || u.En == "" || u.Min != nil && u.Max != nil && *u.Min > *u.Max) {
			bad("unit %+v", u)
		}
		// J.6.1: what blocks "ready" is accepted by the commander; what blocks closing is accepted by somebody.
		if tpl.Flag == domain.FlagBlocksReady && (tpl.Phase != domain.PhasePre || tpl.Acceptance != domain.AcceptCommander && tpl.Acceptance != domain.AcceptBoth) ||
			tpl.Flag == domain.FlagBlocksClose && (tpl.Phase != domain.PhasePost || tpl.Acceptance == domain.AcceptNone) {
			bad("★ in phase %s with acceptance %q", tpl.Phase, tpl.Acceptance)
		}
		clauses := map[string]bool{}
		for _, c := range tpl.Clauses {
			if _, ok := domain.Clauses()[c]; !ok || clauses[c] {
				bad("clause %q is unknown or named twice", c)
			}
			clauses[c] = true
		}
		for _, first := range domain.GateFor(tpl.ID) {
			if !slices.ContainsFunc(domain.Templates(), func(x domain.TemplateItem) bool { return x.ID == first }) {
				bad("gate %q is no template", first)
			}
		}
	}
	equal(t, "templates", len(seen), 85)
	equal(t, "M13 waits for", strings.Join(domain.GateFor("M13"), " "), "X9 V5 S19")
	equal(t, "M10 waits for", strings.Join(domain.GateFor("M10"), " "), "M13")
}

func TestClauses(t *testing.T) {
	equal(t, "clauses", len(domain.Clauses()), 203)
	for id, c := range domain.Clauses() {
		if c.ID != id || c.Zh == "" || c.En == "" || len(c.Doc) != 1 {
			t.Errorf("%q: %+v", id, c)
		}
	}
}

func TestItemValidate(t *testing.T) {
	good := domain.Item{Zh: " 加一把椅子\t", Crew: domain.CrewSVC, Phase: domain.PhasePre}
	for _, x := range []struct {
		name   string
		change func(i *domain.Item)
		want   string
	}{
		{"good", func(*domain.Item) {}, ""},
		{"no text", func(i *domain.Item) { i.Zh = " \u200b " }, "text:field.required"},
		{"120 characters", func(i *domain.Item) { i.Zh = strings.Repeat("椅", 120) }, ""},
		{"121 characters", func(i *domain.Item) { i.Zh = strings.Repeat("椅", 121) }, "text:field.too_long"},
		{"crew", func(i *domain.Item) { i.Crew = "XYZ" }, "crew:field.choose"},
		{"phase", func(i *domain.Item) { i.Phase = "daily" }, "phase:field.choose"},
	} {
		i := good
		x.change(&i)
		equal(t, x.name, refusal(i.Validate()), x.want)
	}
	if err := good.Validate(); err != nil || good.Zh != "加一把椅子" {
		t.Errorf("%q, %v", good.Zh, err)
	}
}
