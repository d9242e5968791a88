package domain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"huiwu/server/domain"
)

// The built-in list passes what a draft must pass, and every rule in it is written as it was read.
func TestBuiltInTemplatesAreValid(t *testing.T) {
	if err := domain.ValidateTemplates(domain.Templates()); err != nil {
		t.Error(err)
	}
	for _, tpl := range domain.Templates() {
		was := tpl.Copy()
		if err := tpl.Validate(); err != nil {
			t.Errorf("%s: %v", tpl.ID, err)
		}
		if !domain.SameTemplate(&was, &tpl) {
			t.Errorf("%s: checking it changes it", tpl.ID)
		}
		for level, rule := range tpl.Offset {
			if d, err := domain.ParseDue(rule); err == nil && d.String() != rule {
				t.Errorf("%s at %s: %q is written %q", tpl.ID, level, rule, d)
			}
		}
	}
}

func TestTemplateItemValidate(t *testing.T) {
	good := func() domain.TemplateItem {
		return domain.TemplateItem{ID: "S90", Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: "摆放雨伞", Offset: map[string]string{"2": "A-030"}}
	}
	x := good()
	if err := x.Validate(); err != nil || x.Offset["2"] != "A-30" {
		t.Error(x.Offset, err)
	}
	for want, fn := range map[string]func(*domain.TemplateItem){
		"code template.code_form":         func(i *domain.TemplateItem) { i.ID = "S 1" },
		"zh field.required":               func(i *domain.TemplateItem) { i.Zh = " " },
		"crew field.choose":               func(i *domain.TemplateItem) { i.Crew = "XXX" },
		"phase field.choose":              func(i *domain.TemplateItem) { i.Phase = "later" },
		"flag field.choose":               func(i *domain.TemplateItem) { i.Flag = "red" },
		"evidence field.choose":           func(i *domain.TemplateItem) { i.Evidence = "word" },
		"acceptance field.choose":         func(i *domain.TemplateItem) { i.Acceptance = "me" },
		"levels template.no_level":        func(i *domain.TemplateItem) { i.Offset = nil },
		"due_2 template.due_unknown":      func(i *domain.TemplateItem) { i.Offset["2"] = "=1+1" },
		"due_5 template.due_unknown":      func(i *domain.TemplateItem) { i.Offset["5"] = "A-30" },
		"due_2 template.minutes_range":    func(i *domain.TemplateItem) { i.Offset["2"] = "A-99999" },
		"remark field.required":           func(i *domain.TemplateItem) { i.Phase = "daily" },
		"clauses template.clause_unknown": func(i *domain.TemplateItem) { i.Clauses = []string{"Z.9"} },
		"unit_zh field.required":          func(i *domain.TemplateItem) { i.Unit = &domain.TemplateUnit{Min: new(1.0)} },
		"max template.max_below_min":      func(i *domain.TemplateItem) { i.Unit = &domain.TemplateUnit{Zh: "℃", Min: new(2.0), Max: new(1.0)} },
		"guidance_zh field.too_long":      func(i *domain.TemplateItem) { i.GuidanceZh = strings.Repeat("长", 1001) },
	} {
		x := good()
		fn(&x)
		e, ok := domain.AsError(x.Validate())
		if !ok || len(e.Fields) != 1 || e.Fields[0].Field+" "+e.Fields[0].Key != want {
			t.Errorf("%s: %v", want, e)
		}
	}
}

// diffed writes a diff short.
func diffed(a, b []domain.TemplateItem) string {
	var out []string
	for _, c := range domain.DiffTemplates(a, b) {
		line := c.Kind + " " + c.Item.ID
		for _, f := range c.Fields {
			line += " " + f.Field
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

func TestDiffTemplates(t *testing.T) {
	base := domain.Templates()[:6]
	equal(t, "the same", diffed(base, base), "")
	moved := slices.Clone(base)
	moved[0], moved[1], moved[2] = moved[1], moved[2], moved[0]
	equal(t, "one was moved", diffed(base, moved), "changed M1 place")
	equal(t, "struck and added", diffed(base[:4], append(slices.Clone(base[1:4]), base[5])), "added M6, struck M1")
	x := slices.Clone(base)
	x[0] = x[0].Copy()
	x[0].Offset["2"], x[0].Unit = "D-1 16:00", nil
	x[1].Struck = true
	equal(t, "fields", diffed(base, x), "changed M1 due_2 unit_zh unit_en, struck M2")
}

func TestMergeTemplates(t *testing.T) {
	base := domain.Templates()[:4]
	x := base[1].Copy()
	x.Zh = "改了"
	added := domain.TemplateItem{ID: "M90", Crew: domain.CrewSUP, Phase: domain.PhasePre, Zh: "新", Offset: map[string]string{"1": "A-30"}}
	got, err := domain.MergeTemplates(base, []domain.TemplateItem{x, added})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "some", diffed(base, got), "changed M2 zh, added M90")
	equal(t, "again", diffed(got, must2(domain.MergeTemplates(got, got))), "")
	back := []domain.TemplateItem{base[3], base[2], base[1], base[0]}
	equal(t, "all, in another order", fmt.Sprint(must2(domain.MergeTemplates(base, back))[0].ID), base[3].ID)
}

func must2(list []domain.TemplateItem, err error) []domain.TemplateItem {
	if err != nil {
		panic(err)
	}
	return list
}

func TestPlanUpdate(t *testing.T) {
	e := visit(1)
	have := itemsFor(t, e, longAgo)
	next := slices.Clone(domain.Templates())
	change := func(code string, fn func(*domain.TemplateItem)) {
		k := slices.IndexFunc(next, func(t domain.TemplateItem) bool { return t.ID == code })
		next[k] = next[k].Copy()
		fn(&next[k])
	}
	change("S1", func(t *domain.TemplateItem) { t.Zh = "改了" })
	change("S2", func(t *domain.TemplateItem) { t.Zh = "改了" })
	change("S3", func(t *domain.TemplateItem) { t.Struck = true })
	change("S4", func(t *domain.TemplateItem) { t.Struck = true })
	for k := range have {
		if id := have[k].TemplateID; id == "S2" || id == "S4" {
			have[k].Status = domain.ItemBlocked
		}
	}
	want, err := domain.ItemsFor(next, e, shanghai, longAgo, numbers())
	if err != nil {
		t.Fatal(err)
	}
	u := domain.PlanUpdate(have, want, 1, 2)
	ids := func(list []domain.Item) (s string) {
		for _, i := range list {
			s += i.TemplateID + " "
		}
		return s
	}
	equal(t, "plan", ids(u.Added)+"| "+ids(u.Changed)+"| "+ids(u.Taken)+"| "+ids(u.Kept), "| S1 | S3 | S2 S4 ")
	if have[0].Zh != itemsFor(t, e, longAgo)[0].Zh {
		t.Error("the plan changed the list")
	}
}

// Every built-in rule comes through the form as it was; what people type wrong is told.
func TestDueForm(t *testing.T) {
	for _, tpl := range domain.Templates() {
		above := ""
		for k, level := range domain.Levels {
			rule := tpl.Offset[level]
			got, bad := domain.FormOf(rule, above, k == 0).Rule(above)
			if bad != nil || got != rule {
				t.Errorf("%s at %s: %q became %q, %v", tpl.ID, level, rule, got, bad)
			}
			above = rule
		}
	}
	for want, f := range map[string]domain.DueForm{
		"A-90":                    {On: "A", Minutes: "90", Way: "before"},
		"E+5":                     {On: "E", Minutes: " 5 ", Way: "after"},
		"S-15→E":                  {On: "S", Minutes: "15", Way: "before", Until: "E"},
		"R30 if recording":        {On: "R", Minutes: "30", When: "recording"},
		"planned break -15":       {On: "B", Minutes: "15", Way: "before"},
		"D-1 17:30":               {On: "D-1", Clock: "17:30"},
		"on call":                 {On: "call"},
		"A-60..-5":                {On: "text", Text: "A-60..-5"},
		"":                        {On: "never"},
		"L+0":                     {On: "same"},
		"template.minutes_range":  {On: "A", Minutes: "soon"},
		"template.due_unknown":    {On: "text", Text: "=1+1"},
		"template.clock_form":     {On: "D-1", Clock: "7 o'clock"},
		"template.due_incomplete": {On: "moon", Minutes: "5"},
	} {
		got, bad := f.Rule("L+0")
		if bad != nil {
			got = bad.Key
		}
		equal(t, fmt.Sprint(f), got, want)
	}
}
