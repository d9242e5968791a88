package domain

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TemplateItem is one check item of a version of the templates; Offset holds one due rule per level.
type TemplateItem struct {
	ID         string            `json:"id"`
	Crew       Crew              `json:"crew"`
	Phase      string            `json:"phase"`
	Offset     map[string]string `json:"offset"` // "1".."4" → rule; leader-floor duties use other keys
	Flag       string            `json:"flag"`
	Zh         string            `json:"zh"`
	En         string            `json:"en"`
	Evidence   string            `json:"evidence"`
	Acceptance string            `json:"acceptance"`
	Clauses    []string          `json:"clauses"`
	Unit       *TemplateUnit     `json:"unit,omitempty"`
	GuidanceZh string            `json:"guidance_zh,omitempty"` // how it is done: the crew reads it at the item
	GuidanceEn string            `json:"guidance_en,omitempty"`
	Picture    string            `json:"picture,omitempty"` // file of a picture that shows it
	Struck     bool              `json:"struck,omitempty"`  // taken out of a draft
	Rev        int               `json:"rev,omitempty"`     // grows with every change in a draft
}

// TemplateUnit describes the reading that an item asks for.
type TemplateUnit struct {
	Zh  string   `json:"zh"`
	En  string   `json:"en"`
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Clause is one rule of the regulations.
type Clause struct {
	ID  string `json:"id"`
	Doc string `json:"doc"`
	Zh  string `json:"zh"`
	En  string `json:"en"`
}

//go:embed templates.json
var templatesJSON []byte

//go:embed clauses.json
var clausesJSON []byte

// Templates are the built-in check items, read once; do not change them.
var Templates = sync.OnceValue(func() []TemplateItem {
	var list []TemplateItem
	if err := json.Unmarshal(templatesJSON, &list); err != nil {
		panic(fmt.Sprintf("built-in templates: %v", err))
	}
	return list
})

// Clauses are the rules of the regulations, by id; do not change them.
var Clauses = sync.OnceValue(func() map[string]Clause {
	var list []Clause
	if err := json.Unmarshal(clausesJSON, &list); err != nil {
		panic(fmt.Sprintf("built-in clauses: %v", err))
	}
	m := make(map[string]Clause, len(list))
	for _, c := range list {
		m[c.ID] = c
	}
	return m
})

// ItemsFor makes an event's items from a version of the templates at the event's
// level, with ids from newID, due times in the site's zone and made at now.
// Items that the event does not ask for (recording, photographer, tea break)
// are left out; leader-floor duties are not of an event.
func ItemsFor(list []TemplateItem, e *Event, loc *time.Location, now time.Time, newID func() string) ([]Item, error) {
	var items []Item
	for n, t := range list {
		if t.Struck {
			continue
		}
		rule, ok := t.Offset[strconv.Itoa(e.Level)]
		if !ok {
			continue
		}
		due, err := ParseDue(rule)
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", t.ID, err)
		}
		if due.When == "recording" && !e.Recording || due.When == "request" && !e.Photo || due.Anchor == AnchorBreak && e.BreakAt == nil {
			continue
		}
		if t.ID == "S15" {
			due.Every = e.TeaEvery()
		}
		it := Item{
			ID: newID(), EventID: e.ID, TemplateID: t.ID, Crew: t.Crew, Phase: t.Phase, Zh: t.Zh, En: t.En,
			Anchor: due.Anchor, Offset: due.Offset, Clock: due.Clock, Every: due.Every, Until: due.Until,
			Flag: t.Flag, Evidence: t.Evidence, Acceptance: t.Acceptance, Clauses: strings.Join(t.Clauses, "\n"),
			GuidanceZh: t.GuidanceZh, GuidanceEn: t.GuidanceEn, Picture: t.Picture,
			Sort: n + 1, Status: ItemOpen, StateAt: now, CreatedAt: now,
		}
		if t.Unit != nil {
			it.UnitZh, it.UnitEn, it.ReadingMin, it.ReadingMax = t.Unit.Zh, t.Unit.En, own(t.Unit.Min), own(t.Unit.Max)
		}
		if it.IsRound() {
			it.RoundNo = 1
		}
		it.Retime(e, loc)
		items = append(items, it)
	}
	return items, nil
}

// own copies a number of a template: an item's is written to when the item is stored.
func own(n *float64) *float64 {
	if n == nil {
		return nil
	}
	return new(*n)
}

// SortItems orders items as lists show them: phase, crew, then the templates'
// order and after it the ad-hoc items as they came.
func SortItems(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int {
		if d := slices.Index(Phases, a.Phase) - slices.Index(Phases, b.Phase); d != 0 {
			return d
		}
		if a.Crew != b.Crew {
			return a.Crew.Index() - b.Crew.Index()
		}
		return a.Sort - b.Sort
	})
}

// Validate checks a typed ad-hoc item.
func (i *Item) Validate() error {
	var bad Invalid
	i.Zh = Clean(i.Zh, false)
	if i.Zh == "" {
		bad.Add("text", "field.required")
	} else if len([]rune(i.Zh)) > 120 {
		bad.Add("text", "field.too_long", "max", "120")
	}
	if !i.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if !slices.Contains(Phases, i.Phase) {
		bad.Add("phase", "field.choose")
	}
	return bad.Err()
}
