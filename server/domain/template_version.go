package domain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TemplateVersion is one list of check items, as a draft or published. Times are UTC.
type TemplateVersion struct {
	ID          string        `bun:",pk" json:"id"`
	Number      int           `json:"number,omitempty"` // 0 until it is published
	State       TemplateState `json:"state"`
	BaseNo      int           `json:"base_no,omitempty"` // the version it was begun from
	Note        string        `bun:",nullzero" json:"note,omitempty"`
	MadeBy      string        `bun:",nullzero" json:"made_by,omitempty"`
	MadeAt      time.Time     `json:"made_at"`
	PublishedBy string        `bun:",nullzero" json:"published_by,omitempty"`
	PublishedAt *time.Time    `json:"published_at,omitempty"`
}

// TemplateState is where a version stands.
type TemplateState string

// A draft is worked on, what is published never changes, what was dropped is kept and used by nobody.
const (
	TemplateDraft     TemplateState = "draft"
	TemplatePublished TemplateState = "published"
	TemplateDropped   TemplateState = "dropped"
)

// BuiltInNo is the number of the version that the program brings.
const BuiltInNo = 1

// TemplateItemsMost keeps the items of a version before the ad-hoc ones of an event.
const TemplateItemsMost = 400

// FloorPhases are those of the leader floor's duties, which are of no event; their rule is a remark.
var FloorPhases = []string{"daily", "visitor", "weekend"}

// Values that a template item may have.
var (
	Flags       = []string{"", FlagBlocksReady, FlagBlocksClose, FlagCue}
	Evidences   = []string{EvidenceNone, EvidenceNumber, EvidencePhoto, EvidenceSignature}
	Acceptances = []string{AcceptNone, AcceptCommander, AcceptSupervisor, AcceptBoth, AcceptOrganiser}
	Levels      = []string{"1", "2", "3", "4"}
)

// wired are the items that the program itself waits for: the declaration of ready, all
// guests left, the release of the crews and what they stand on (J.5.1.4, J.6.1, J.6.3).
var wired = func() []string {
	list := []string{"M6", "M7"}
	for code, first := range releaseGates {
		list = append(append(list, code), first...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}()

// Wired tells an item that cannot be taken out of the templates.
func Wired(code string) bool { return slices.Contains(wired, code) }

var reCode = regexp.MustCompile(`^[A-Z]{1,3}[1-9]\d{0,2}$`)

// Validate checks an item as it was typed, and cleans it.
func (t *TemplateItem) Validate() error {
	var bad Invalid
	t.ID = strings.ToUpper(Clean(t.ID, false))
	if !reCode.MatchString(t.ID) {
		bad.Add("code", "template.code_form")
	}
	checkText(&bad, "zh", &t.Zh, 120, true)
	checkText(&bad, "en", &t.En, 200, false)
	lines := func(field string, s *string) {
		if *s = Clean(*s, true); len([]rune(*s)) > 1000 {
			bad.Add(field, "field.too_long", "max", "1000")
		}
	}
	lines("guidance_zh", &t.GuidanceZh)
	lines("guidance_en", &t.GuidanceEn)
	if !t.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	for _, x := range []struct {
		field, value string
		of           []string
	}{
		{"phase", t.Phase, append(slices.Clone(Phases), FloorPhases...)}, {"flag", t.Flag, Flags}, {"evidence", t.Evidence, Evidences}, {"acceptance", t.Acceptance, Acceptances},
	} {
		if !slices.Contains(x.of, x.value) {
			bad.Add(x.field, "field.choose")
		}
	}
	t.checkRules(&bad)
	t.checkUnit(&bad)
	var once []string
	for _, id := range t.Clauses {
		if _, ok := Clauses()[id]; !ok {
			bad.Add("clauses", "template.clause_unknown", "clause", id)
		}
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	t.Clauses = once
	return bad.Err()
}

// checkRules: an item of an event has a rule at one level at least; a duty of the
// leader floor has a remark.
func (t *TemplateItem) checkRules(bad *Invalid) {
	if slices.Contains(FloorPhases, t.Phase) {
		remark := t.Offset[t.Phase]
		checkText(bad, "remark", &remark, 60, true)
		t.Offset = map[string]string{t.Phase: remark}
		return
	}
	for level, rule := range t.Offset {
		d, err := ParseDue(rule)
		if !slices.Contains(Levels, level) || err != nil {
			bad.Add("due_"+level, "template.due_unknown", "rule", rule)
			continue
		}
		if limit := 7 * 24 * 60; d.Offset < -limit || d.Offset > limit {
			bad.Add("due_"+level, "template.minutes_range", "max", strconv.Itoa(limit))
		}
		t.Offset[level] = d.String()
	}
	if len(t.Offset) == 0 {
		bad.Add("levels", "template.no_level")
	}
}

func (t *TemplateItem) checkUnit(bad *Invalid) {
	if t.Unit == nil {
		return
	}
	checkText(bad, "unit_zh", &t.Unit.Zh, 20, t.Unit.En != "" || t.Unit.Min != nil || t.Unit.Max != nil)
	checkText(bad, "unit_en", &t.Unit.En, 20, false)
	if t.Unit.Min != nil && t.Unit.Max != nil && *t.Unit.Min > *t.Unit.Max {
		bad.Add("max", "template.max_below_min")
	}
	if t.Unit.Zh == "" && t.Unit.En == "" && t.Unit.Min == nil && t.Unit.Max == nil {
		t.Unit = nil
	}
}

// Text is the item's sentence in the reader's language.
func (t *TemplateItem) Text(locale string) string {
	i := Item{Zh: t.Zh, En: t.En}
	return i.Text(locale)
}

// ValidateTemplates checks what a list must have as a whole before it is published.
func ValidateTemplates(list []TemplateItem) error {
	var bad Invalid
	standing := map[string]bool{}
	for k := range list {
		if list[k].Struck {
			continue
		}
		t := list[k].Copy()
		if standing[t.ID] {
			bad.Add("note", "template.code_twice", "code", t.ID)
		}
		standing[t.ID] = true
		if err := t.Validate(); err != nil {
			bad.Add("note", "template.item_wrong", "code", t.ID)
		}
	}
	for _, code := range wired {
		if !standing[code] {
			bad.Add("note", "template.wired", "code", code)
		}
	}
	if len(standing) > TemplateItemsMost {
		bad.Add("note", "template.too_many", "max", strconv.Itoa(TemplateItemsMost))
	}
	return bad.Err()
}

// TemplateChange is what became of one item between two versions.
type TemplateChange struct {
	Kind   string        `json:"kind"` // DiffAdded, DiffStruck, DiffChanged
	Item   TemplateItem  `json:"item"` // as it is now; of a struck one, as it was
	Fields []FieldChange `json:"fields,omitempty"`
}

// The kinds of TemplateChange.
const (
	DiffAdded   = "added"
	DiffStruck  = "struck"
	DiffChanged = "changed"
)

// FieldChange is one field, old → new, as stored values. "place" stands for the order.
type FieldChange struct{ Field, Old, New string }

// DiffTemplates lists what differs between two versions, in the order of the new one,
// what was struck last. Struck items of a draft count as absent.
func DiffTemplates(before, after []TemplateItem) []TemplateChange {
	before, after = standing(before), standing(after)
	was := make(map[string]int, len(before))
	for k := range before {
		was[before[k].ID] = k
	}
	var list []TemplateChange
	var places []int // of the common items, in the new order
	for k := range after {
		if p, ok := was[after[k].ID]; ok {
			places = append(places, p)
		}
	}
	kept := longestRun(places)
	is := make(map[string]bool, len(after))
	for k := range after {
		t := after[k]
		is[t.ID] = true
		p, ok := was[t.ID]
		if !ok {
			list = append(list, TemplateChange{Kind: DiffAdded, Item: t})
			continue
		}
		fields := fieldChanges(&before[p], &t)
		if !kept[p] {
			fields = append(fields, FieldChange{"place", strconv.Itoa(p + 1), strconv.Itoa(k + 1)})
		}
		if len(fields) > 0 {
			list = append(list, TemplateChange{Kind: DiffChanged, Item: t, Fields: fields})
		}
	}
	for k := range before {
		if !is[before[k].ID] {
			list = append(list, TemplateChange{Kind: DiffStruck, Item: before[k]})
		}
	}
	return list
}

// CountChanges are the numbers of added, changed and struck items.
func CountChanges(list []TemplateChange) (added, changed, struck int) {
	for k := range list {
		switch list[k].Kind {
		case DiffAdded:
			added++
		case DiffChanged:
			changed++
		case DiffStruck:
			struck++
		}
	}
	return added, changed, struck
}

func standing(list []TemplateItem) []TemplateItem {
	return slices.DeleteFunc(slices.Clone(list), func(t TemplateItem) bool { return t.Struck })
}

// longestRun are the members of a longest rising run in the list: what was not moved.
func longestRun(list []int) map[int]bool {
	length, before := make([]int, len(list)), make([]int, len(list))
	last := -1
	for k := range list {
		length[k], before[k] = 1, -1
		for j := range k {
			if list[j] < list[k] && length[j] >= length[k] {
				length[k], before[k] = length[j]+1, j
			}
		}
		if last < 0 || length[k] > length[last] {
			last = k
		}
	}
	run := make(map[int]bool, len(list))
	for ; last >= 0; last = before[last] {
		run[list[last]] = true
	}
	return run
}

// TemplateField is one field of a template item as text.
type TemplateField struct{ Name, Value string }

// Facts are all fields of an item as text, in a fixed order: what a diff compares and
// what two people who edit one item are shown.
func (t *TemplateItem) Facts() []TemplateField {
	list := []TemplateField{{"crew", string(t.Crew)}, {"phase", t.Phase}, {"zh", t.Zh}, {"en", t.En}}
	for _, level := range Levels {
		list = append(list, TemplateField{"due_" + level, t.Offset[level]})
	}
	remark := ""
	for _, p := range FloorPhases {
		remark += t.Offset[p]
	}
	unit := TemplateUnit{}
	if t.Unit != nil {
		unit = *t.Unit
	}
	return append(list, TemplateField{"remark", remark}, TemplateField{"flag", t.Flag}, TemplateField{"evidence", t.Evidence}, TemplateField{"acceptance", t.Acceptance},
		TemplateField{"unit_zh", unit.Zh}, TemplateField{"unit_en", unit.En}, TemplateField{"min", Figure(unit.Min)}, TemplateField{"max", Figure(unit.Max)},
		TemplateField{"clauses", strings.Join(t.Clauses, "; ")}, TemplateField{"guidance_zh", t.GuidanceZh}, TemplateField{"guidance_en", t.GuidanceEn}, TemplateField{"picture", t.Picture})
}

func fieldChanges(a, b *TemplateItem) []FieldChange {
	var list []FieldChange
	before := a.Facts()
	for k, f := range b.Facts() {
		if before[k].Value != f.Value {
			list = append(list, FieldChange{f.Name, before[k].Value, f.Value})
		}
	}
	return list
}

// SameTemplate tells whether two items say the same, whatever their place.
func SameTemplate(a, b *TemplateItem) bool { return a.ID == b.ID && len(fieldChanges(a, b)) == 0 }

// Figure writes a bound of a reading; nil is "".
func Figure(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

// ParseFigure reads a bound of a reading; "" is nil.
func ParseFigure(s string) (*float64, error) {
	s = strings.Map(halfWidth, Clean(s, false))
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n != n || n < -1e9 || n > 1e9 {
		return nil, fmt.Errorf("figure %q cannot be read", s)
	}
	return &n, nil
}

// NextCode is a free code beside one: S25 → S26.
func NextCode(list []TemplateItem, code string) string {
	prefix := strings.TrimRight(code, "0123456789")
	most := 0
	for k := range list {
		if n, ok := strings.CutPrefix(list[k].ID, prefix); ok {
			if v, err := strconv.Atoi(n); err == nil {
				most = max(most, v)
			}
		}
	}
	return prefix + strconv.Itoa(most+1)
}

// Begun tells that somebody has done something about the item, so that a new version
// of the templates leaves it as it is.
func (i *Item) Begun() bool {
	return i.Status != ItemOpen && !i.LeftOut() || i.RoundsDone > 0 || i.RoundNo > 1 || i.Redo > 0 || i.DoneAt != nil
}

// Reasons of the program itself why an item is not needed; nobody stands beside them.
const (
	ReasonNotAsked      = "@not_asked"       // the event does not ask for it
	ReasonNotInTemplate = "@not_in_template" // the version that the event runs now has it no more
)

// LeftOut tells an item that the program left out, not a person's word.
func (i *Item) LeftOut() bool {
	return i.Status == ItemNotNeeded && i.ReasonBy == "" && (i.Reason == ReasonNotAsked || i.Reason == ReasonNotInTemplate)
}

// TakeTemplate gives an item that is not begun the words and the rule of another
// version; it tells whether anything differs.
func (i *Item) TakeTemplate(w *Item) (changed bool) {
	before := *i
	i.Crew, i.Phase, i.Zh, i.En, i.Sort = w.Crew, w.Phase, w.Zh, w.En, w.Sort
	i.Anchor, i.Offset, i.Clock, i.Every, i.Until = w.Anchor, w.Offset, w.Clock, w.Every, w.Until
	i.Flag, i.Evidence, i.Acceptance, i.Clauses = w.Flag, w.Evidence, w.Acceptance, w.Clauses
	i.UnitZh, i.UnitEn, i.ReadingMin, i.ReadingMax = w.UnitZh, w.UnitEn, own(w.ReadingMin), own(w.ReadingMax)
	i.GuidanceZh, i.GuidanceEn, i.Picture = w.GuidanceZh, w.GuidanceEn, w.Picture
	i.RoundNo = w.RoundNo
	same := before.Due() == i.Due() && before.Crew == i.Crew && before.Phase == i.Phase && before.Zh == i.Zh && before.En == i.En && before.Flag == i.Flag &&
		before.Evidence == i.Evidence && before.Acceptance == i.Acceptance && before.Clauses == i.Clauses && before.UnitZh == i.UnitZh && before.UnitEn == i.UnitEn &&
		Figure(before.ReadingMin) == Figure(i.ReadingMin) && Figure(before.ReadingMax) == Figure(i.ReadingMax) &&
		before.GuidanceZh == i.GuidanceZh && before.GuidanceEn == i.GuidanceEn && before.Picture == i.Picture
	return !same
}

// TemplateUpdate is what another version of the templates would do to an event's items.
type TemplateUpdate struct {
	From, To              int
	Added, Changed, Taken []Item // as they would be; Taken are left out
	Kept                  []Item // begun: they stay as they are though the version says otherwise
}

// Empty tells that nothing would change.
func (u *TemplateUpdate) Empty() bool { return len(u.Added)+len(u.Changed)+len(u.Taken) == 0 }

// PlanUpdate compares an event's items with those that the version to makes: want is
// what ItemsFor gives for the event. It changes neither list.
func PlanUpdate(have, want []Item, from, to int) TemplateUpdate {
	u := TemplateUpdate{From: from, To: to}
	byCode := make(map[string]*Item, len(have))
	for k := range have {
		if have[k].TemplateID != "" {
			byCode[have[k].TemplateID] = &have[k]
		}
	}
	wanted := make(map[string]bool, len(want))
	for k := range want {
		w := want[k]
		wanted[w.TemplateID] = true
		h := byCode[w.TemplateID]
		if h == nil {
			u.Added = append(u.Added, w)
			continue
		}
		i := *h
		switch {
		case !i.TakeTemplate(&w):
		case h.Begun():
			u.Kept = append(u.Kept, *h)
		default:
			u.Changed = append(u.Changed, i)
		}
	}
	for k := range have {
		h := &have[k]
		if h.TemplateID == "" || wanted[h.TemplateID] || h.Status == ItemNotNeeded {
			continue
		}
		if h.Begun() {
			u.Kept = append(u.Kept, *h)
		} else {
			u.Taken = append(u.Taken, *h)
		}
	}
	return u
}

// Proposal is what somebody on the floor would have different in the templates.
type Proposal struct {
	ID         string        `bun:",pk" json:"id"`
	EventID    string        `json:"event_id"`
	ItemID     string        `json:"item_id"`
	Code       string        `json:"code"` // of the template item
	Text       string        `json:"text"`
	State      ProposalState `json:"state"`
	ByID       string        `bun:",nullzero" json:"by_id,omitempty"`
	At         time.Time     `json:"at"`
	Answer     string        `bun:",nullzero" json:"answer,omitempty"`
	AnsweredBy string        `bun:",nullzero" json:"answered_by,omitempty"`
	AnsweredAt *time.Time    `json:"answered_at,omitempty"`
	Item       string        `bun:",scanonly" json:"item"`  // the item's words
	Event      string        `bun:",scanonly" json:"event"` // the event's number: its name may be secret
}

// ProposalState is what became of a proposal.
type ProposalState string

// A proposal is taken into a draft or declined, with an answer.
const (
	ProposalOpen     ProposalState = "open"
	ProposalTaken    ProposalState = "taken"
	ProposalDeclined ProposalState = "declined"
)

// CheckProposal cleans what was proposed and refuses what is no sentence.
func CheckProposal(text string) (string, error) {
	var bad Invalid
	checkText(&bad, "reason", &text, 200, true)
	return text, bad.Err()
}

// Copy is the item with maps and pointers of its own.
func (t *TemplateItem) Copy() TemplateItem {
	c := *t
	c.Offset, c.Clauses = maps.Clone(t.Offset), slices.Clone(t.Clauses)
	if t.Unit != nil {
		c.Unit = &TemplateUnit{Zh: t.Unit.Zh, En: t.Unit.En, Min: own(t.Unit.Min), Max: own(t.Unit.Max)}
	}
	return c
}

// MergeTemplates is a draft after an import: items that in names take what it says or
// are new; others stay. Where in names every item that stands, its order is the draft's.
// in is checked before, item by item; what it would do to the whole is refused here.
func MergeTemplates(have, in []TemplateItem) ([]TemplateItem, error) {
	place := make(map[string]int, len(in))
	for k := range in {
		place[in[k].ID] = k
	}
	list := make([]TemplateItem, 0, len(have)+len(in))
	all := true
	for k := range have {
		t := have[k].Copy()
		n, named := place[t.ID]
		if named {
			rev, picture := t.Rev, t.Picture
			t = in[n].Copy()
			t.Rev, t.Picture = rev, picture
			delete(place, t.ID)
		} else if !t.Struck {
			all = false
		}
		list = append(list, t)
	}
	for k := range in {
		if n, ok := place[in[k].ID]; ok && n == k {
			t := in[k].Copy()
			t.Rev, t.Picture = 1, ""
			after := len(list)
			for j := range list {
				if list[j].Phase == t.Phase && list[j].Crew == t.Crew {
					after = j + 1
				}
			}
			list = slices.Insert(list, after, t)
		}
	}
	if all {
		order := make(map[string]int, len(in))
		for k := range in {
			order[in[k].ID] = k
		}
		slices.SortStableFunc(list, func(a, b TemplateItem) int {
			x, knownA := order[a.ID]
			y, knownB := order[b.ID]
			if !knownA || !knownB { // struck ones keep out of the way, last
				return btoi(!knownA) - btoi(!knownB)
			}
			return x - y
		})
	}
	if len(list) > TemplateItemsMost {
		return nil, Conflict("template.too_many", "max", strconv.Itoa(TemplateItemsMost))
	}
	for k := range list {
		if list[k].Struck && Wired(list[k].ID) {
			return nil, Conflict("template.wired", "code", list[k].ID)
		}
	}
	return list, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
