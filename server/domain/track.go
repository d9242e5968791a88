package domain

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// MilestoneRule is one line of the table from which an event's planned track is
// made: by type and level (C.6.2). Of the rules with one step the first that fits counts.
type MilestoneRule struct {
	ID     string `bun:",pk" json:"id"`
	Step   string `json:"step"` // names the milestone: an event has one of each
	Zh     string `json:"zh"`
	En     string `json:"en"`
	Type   string `bun:",nullzero" json:"type,omitempty"` // "" fits every type
	Levels string `json:"levels"`                         // "12": which levels have it
	Crew   Crew   `json:"crew"`                           // whose it is while nobody is named
	Days   int    `json:"days"`                           // due so many days before the event's day
	Lead   int    `json:"lead"`                           // and begun so many days before that
	Sort   int    `json:"sort"`
}

// The steps that the program itself knows.
const (
	StepKickoff  = "kickoff" // done when its record is written
	milestoneDue = 17        // o'clock on site: before the house closes
	milestoneAt  = 9         // work on it begins
)

// UsualMilestoneRules are what a new site begins with: the six steps of B.6, the
// kick-off and the plan of C.8, and what the plan needs before the day (§2.2 of the
// domain notes). Small meetings run on the daily track alone.
func UsualMilestoneRules() []MilestoneRule {
	const planned = "conference"
	list := []MilestoneRule{
		{Step: StepKickoff, Zh: "召开筹备启动会", En: "Hold the kick-off meeting", Type: planned, Levels: "3", Crew: CrewCMD, Days: 20},
		{Step: StepKickoff, Zh: "召开筹备启动会", En: "Hold the kick-off meeting", Levels: "12", Crew: CrewCMD, Days: 30},
		{Step: StepKickoff, Zh: "召开筹备启动会", En: "Hold the kick-off meeting", Levels: "3", Crew: CrewCMD, Days: 10},
		{Step: "topic", Zh: "确定主题与需求", En: "Settle topic and needs", Levels: "12", Crew: CrewSUP, Days: 28, Lead: 2},
		{Step: "topic", Zh: "确定主题与需求", En: "Settle topic and needs", Levels: "3", Crew: CrewSUP, Days: 9, Lead: 1},
		{Step: "plan", Zh: "制定并批准工作方案", En: "Write the work plan and have it approved", Levels: "12", Crew: CrewCMD, Days: 25, Lead: 4},
		{Step: "plan", Zh: "制定并批准工作方案", En: "Write the work plan and have it approved", Levels: "3", Crew: CrewCMD, Days: 8, Lead: 2},
		{Step: "agenda", Zh: "拟定议程", En: "Draft the agenda", Levels: "12", Crew: CrewSUP, Days: 22, Lead: 3},
		{Step: "agenda", Zh: "拟定议程", En: "Draft the agenda", Levels: "3", Crew: CrewSUP, Days: 7, Lead: 2},
		{Step: "venue", Zh: "落实时间与会场", En: "Settle time and venue", Levels: "12", Crew: CrewSUP, Days: 20, Lead: 5},
		{Step: "venue", Zh: "落实时间与会场", En: "Settle time and venue", Levels: "3", Crew: CrewSUP, Days: 7, Lead: 2},
		{Step: "lodging", Zh: "预订住宿与车辆", En: "Book lodging and vehicles", Levels: "12", Crew: CrewADM, Days: 20, Lead: 5},
		{Step: "letters", Zh: "发出邀请函", En: "Send the invitations", Type: "training", Levels: "34", Crew: CrewSVC, Days: 7, Lead: 3},
		{Step: "letters", Zh: "发出邀请函", En: "Send the invitations", Levels: "12", Crew: CrewSVC, Days: 15, Lead: 4},
		{Step: "letters", Zh: "发出邀请函", En: "Send the invitations", Levels: "3", Crew: CrewSVC, Days: 5, Lead: 2},
		{Step: "names", Zh: "名单截止，排出座次", En: "Close the list of names, draft the seats", Levels: "12", Crew: CrewSVC, Days: 7, Lead: 5},
		{Step: "papers", Zh: "资料、条幅、证件制作完成", En: "Papers, banner and badges are made", Levels: "12", Crew: CrewADM, Days: 3, Lead: 5},
		{Step: "papers", Zh: "资料、条幅、证件制作完成", En: "Papers, banner and badges are made", Type: "training", Levels: "34", Crew: CrewADM, Days: 2, Lead: 3},
		{Step: "papers", Zh: "资料、条幅、证件制作完成", En: "Papers, banner and badges are made", Levels: "3", Crew: CrewADM, Days: 2, Lead: 2},
		{Step: "rehearsal", Zh: "彩排，检查各项准备", En: "Rehearse, and check what is prepared", Levels: "12", Crew: CrewCMD, Days: 1},
		{Step: "rehearsal", Zh: "彩排，检查各项准备", En: "Rehearse, and check what is prepared", Type: "signing", Levels: "3", Crew: CrewCMD, Days: 1},
		{Step: "rehearsal", Zh: "彩排，检查各项准备", En: "Rehearse, and check what is prepared", Type: "ceremony", Levels: "3", Crew: CrewCMD, Days: 1},
	}
	for k := range list {
		list[k].Sort = k + 1
		list[k].ID = "step-" + pad(k+1)
	}
	return list
}

func pad(n int) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}

// MilestoneRulesMost is how many rules a site may have; RuleDaysMost and RuleLeadMost are how
// far before the event's day they reach.
const (
	MilestoneRulesMost = 120
	RuleDaysMost       = 365
	RuleLeadMost       = 200
	stepRunes          = 40
)

// Check cleans what was typed of a rule and tells whether it can be kept. Without an
// English name the Chinese one serves for both.
func (r *MilestoneRule) Check() error {
	var bad Invalid
	checkText(&bad, "zh", &r.Zh, 80, true)
	checkText(&bad, "en", &r.En, 80, false)
	if r.En == "" {
		r.En = r.Zh
	}
	if r.Type != "" && !contains(EventTypes, r.Type) {
		bad.Add("type", "field.choose")
	}
	var levels string
	for _, l := range Levels {
		if strings.Contains(r.Levels, l) {
			levels += l
		}
	}
	if len(r.Levels) != len(levels) {
		levels = "" // something that is no level, or twice the same
	}
	if r.Levels = levels; levels == "" {
		bad.Add("levels", "steps.levels_wanted")
	}
	if !r.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if r.Days < 0 || r.Days > RuleDaysMost {
		bad.Add("days", "field.between", "min", "0", "max", itoa(RuleDaysMost))
	}
	if r.Lead < 0 || r.Lead > RuleLeadMost {
		bad.Add("lead", "field.between", "min", "0", "max", itoa(RuleLeadMost))
	}
	return bad.Err()
}

// Mark is what the rule says as one number: two who change it see by it that they saw
// the same. Never 0.
func (r *MilestoneRule) Mark() int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q", []string{r.Step, r.Line()})
	return int64(h.Sum64()>>1) | 1 //nolint:gosec // 63 bits
}

// Line is the rule in one line of the log.
func (r *MilestoneRule) Line() string {
	name := r.Zh
	if r.En != r.Zh {
		name += " / " + r.En
	}
	return fmt.Sprintf("%s: D-%d -%d, %s, %s, %s", name, r.Days, r.Lead, r.Levels, cmp.Or(r.Type, "*"), r.Crew)
}

// NewStep names a step that no rule has yet, after its English or Chinese name.
func NewStep(rules []MilestoneRule, r *MilestoneRule) string {
	clean := func(s string) string {
		s = strings.Join(strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }), "-")
		return strings.Trim(s[:min(len(s), stepRunes)], "-")
	}
	base := cmp.Or(clean(r.En), clean(r.Zh), "step")
	name := base
	for n := 2; slices.ContainsFunc(rules, func(x MilestoneRule) bool { return x.Step == name }); n++ {
		name = base + "-" + itoa(n)
	}
	return name
}

// StepRules are the rules of one step, in the order in which they are asked.
type StepRules struct {
	Step  string
	Rules []MilestoneRule
}

// RulesByStep groups the table, the steps in the order in which they first come.
func RulesByStep(rules []MilestoneRule) []StepRules {
	var list []StepRules
	for k := range rules {
		n := slices.IndexFunc(list, func(s StepRules) bool { return s.Step == rules[k].Step })
		if n < 0 {
			n = len(list)
			list = append(list, StepRules{Step: rules[k].Step})
		}
		list[n].Rules = append(list[n].Rules, rules[k])
	}
	return list
}

// Idle tells that the step's k-th rule never counts: those before it fit all that it fits.
func (s *StepRules) Idle(k int) bool {
	r := &s.Rules[k]
	for _, level := range r.Levels {
		before := func(x MilestoneRule) bool {
			return (x.Type == "" || x.Type == r.Type) && strings.ContainsRune(x.Levels, level)
		}
		if !slices.ContainsFunc(s.Rules[:k], before) {
			return false
		}
	}
	return true
}

func (r *MilestoneRule) fits(e *Event) bool {
	return (r.Type == "" || r.Type == e.Type) && strings.Contains(r.Levels, itoa(e.Level))
}

// MilestoneKind is where a milestone comes from.
type MilestoneKind string

// By rule; decided at a kick-off; added by a planner.
const (
	MilestoneStep     MilestoneKind = "step"
	MilestoneDecision MilestoneKind = "decision"
	MilestoneOwn      MilestoneKind = "own"
)

// MilestoneStatus is what was stored of a milestone.
type MilestoneStatus string

// open → done, or waived with a reason.
const (
	MilestoneOpen   MilestoneStatus = "open"
	MilestoneDone   MilestoneStatus = "done"
	MilestoneWaived MilestoneStatus = "waived"
)

// MilestoneDays is how many days before it is begun a milestone comes to the day's page
// of who sees to it.
const MilestoneDays = 3

// MilestonesMost is how many of them an event may have.
const MilestonesMost = 60

// Milestone is one step of an event's planned track (D-30 … D-1), beside the items
// of its reception. Times are UTC.
type Milestone struct {
	ID        string          `bun:",pk" json:"id"`
	EventID   string          `json:"event_id"`
	Kind      MilestoneKind   `json:"kind"`
	Step      string          `bun:",nullzero" json:"step,omitempty"`       // of MilestoneRule
	KickoffID string          `bun:",nullzero" json:"kickoff_id,omitempty"` // where it was decided
	Zh        string          `json:"zh"`
	En        string          `bun:",nullzero" json:"en,omitempty"`
	Crew      Crew            `json:"crew"`
	OwnerID   string          `bun:",nullzero" json:"owner_id,omitempty"` // "" = the crew's
	StartAt   time.Time       `json:"start_at"`                           // begin by then
	DueAt     time.Time       `json:"due_at"`
	ByHand    bool            `json:"by_hand,omitempty"`    // somebody chose the date: it stays when the event moves
	LateStart bool            `json:"late_start,omitempty"` // its date was over when it was made (C.6.1)
	Status    MilestoneStatus `json:"status"`
	StateAt   time.Time       `json:"state_at"`
	DoneAt    *time.Time      `json:"done_at,omitempty"`
	DoneBy    string          `bun:",nullzero" json:"done_by,omitempty"`
	Reason    string          `bun:",nullzero" json:"reason,omitempty"` // why it is not needed
	ReasonBy  string          `bun:",nullzero" json:"reason_by,omitempty"`
	Struck    bool            `json:"struck,omitempty"`
	Seq       int64           `json:"seq"`
	CreatedAt time.Time       `json:"created_at"`
}

// Text is the milestone in the reader's language.
func (m *Milestone) Text(locale string) string { return InLocale(locale, m.Zh, m.En) }

// What a milestone shows at a moment, besides done and waived.
const (
	MilestoneAhead   = "ahead"
	MilestoneRunning = "running"
	MilestoneLate    = "late"
)

// State is what the milestone shows at now.
func (m *Milestone) State(now time.Time) string {
	switch {
	case m.Status != MilestoneOpen:
		return string(m.Status)
	case now.After(m.DueAt):
		return MilestoneLate
	case now.Before(m.StartAt):
		return MilestoneAhead
	}
	return MilestoneRunning
}

// planDay is so many days before the event's day, at an hour on site. Days are those
// of the calendar: one with 23 hours counts as one.
func planDay(e *Event, days, hour int, loc *time.Location) time.Time {
	day := e.Arrival().In(loc)
	return time.Date(day.Year(), day.Month(), day.Day()-days, hour, 0, 0, 0, loc).UTC()
}

// MilestonesFor are the steps that the rules give an event, dated.
func MilestonesFor(rules []MilestoneRule, e *Event, loc *time.Location) []Milestone {
	var list []Milestone
	for k := range rules {
		r := &rules[k]
		if !r.fits(e) || slices.ContainsFunc(list, func(m Milestone) bool { return m.Step == r.Step }) {
			continue
		}
		list = append(list, Milestone{
			EventID: e.ID, Kind: MilestoneStep, Step: r.Step, Zh: r.Zh, En: r.En, Crew: r.Crew,
			StartAt: planDay(e, r.Days+r.Lead, milestoneAt, loc), DueAt: planDay(e, r.Days, milestoneDue, loc), Status: MilestoneOpen,
		})
	}
	SortMilestones(list)
	return list
}

// SortMilestones puts them in the order of the calendar.
func SortMilestones(list []Milestone) {
	slices.SortStableFunc(list, func(a, b Milestone) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), a.StartAt.Compare(b.StartAt), cmp.Compare(a.Step, b.Step), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}

// Planned is true while an event's planned track may still be re-dated: from the
// request until guests are there.
func (s EventStatus) Planned() bool {
	switch s {
	case EventRequested, EventConfirmed, EventPreparing, EventReady:
		return true
	}
	return false
}

// trackMargin is how far around the event a date on its track may lie.
const trackMargin = 400 * 24 * time.Hour

// Check cleans what was typed of a task and tells whether it can stand on the
// event's track; a step keeps its own words.
func (m *Milestone) Check(e *Event) error {
	var bad Invalid
	if m.Kind != MilestoneStep {
		checkText(&bad, "title", &m.Zh, 80, true)
	}
	if !m.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	switch {
	case m.DueAt.IsZero():
		bad.Add("due_at", "field.time")
	case m.DueAt.Before(e.StartAt.Add(-trackMargin)) || m.DueAt.After(e.EndAt.Add(trackMargin)):
		bad.Add("due_at", "milestone.too_far")
	}
	return bad.Err()
}

// Finish ticks it; said twice it is quiet.
func (m *Milestone) Finish(d Doing) (changed bool) {
	if m.Status == MilestoneDone {
		return false
	}
	m.Status, m.DoneAt, m.DoneBy, m.Reason, m.ReasonBy, m.StateAt = MilestoneDone, &d.At, d.By, "", "", d.At
	return true
}

// Waive leaves it out, with a reason (C.6.2).
func (m *Milestone) Waive(d Doing) (changed bool, err error) {
	var bad Invalid
	reason := d.Reason
	checkText(&bad, "reason", &reason, 200, false)
	switch {
	case reason == "":
		return false, InvalidField("reason", "item.reason_needed")
	case len(bad) > 0:
		return false, bad.Err()
	case m.Status == MilestoneDone:
		return false, Conflict("milestone.done_already")
	case m.Status == MilestoneWaived && m.Reason == reason:
		return false, nil
	}
	m.Status, m.Reason, m.ReasonBy, m.StateAt = MilestoneWaived, reason, d.By, d.At
	return true, nil
}

// Reopen takes a tick or a waiver back.
func (m *Milestone) Reopen(d Doing) (changed bool) {
	if m.Status == MilestoneOpen {
		return false
	}
	m.Status, m.DoneAt, m.DoneBy, m.Reason, m.ReasonBy, m.StateAt = MilestoneOpen, nil, "", "", "", d.At
	return true
}

// MayFinish tells whether the viewer ticks it: who plans, its owner, and while
// nobody is named, its crew.
func (m *Milestone) MayFinish(v Viewer, secrecy Secrecy) bool {
	switch {
	case v.Can(RightEventEdit, secrecy):
		return true
	case m.OwnerID != "":
		return m.OwnerID == v.Person.ID && v.Can(RightEventSee, secrecy)
	}
	return v.MayDo(m.Crew, secrecy)
}

// LedBy tells whether a milestone that nobody owns is for this person to see to: he
// leads its crew at the event, or commands the event where the crew is the command.
func (m *Milestone) LedBy(v Viewer, secrecy Secrecy) bool {
	if m.OwnerID != "" || !v.Can(RightEventSee, secrecy) || !m.MayFinish(v, secrecy) {
		return false
	}
	if m.Crew == CrewCMD && v.Relation == RelationCommander {
		return true
	}
	return v.Crew == m.Crew && (v.Lead || v.Person.Role == RoleCrewLead)
}

// Told are the people who are told that it is late: its owner, else the leads of
// its crew, and who answers for the event (C.8.4).
func (m *Milestone) Told(e *Event, hands []Hand) []string {
	ids := command(e, hands, OnDuty(e, hands))
	for k := range hands {
		h := &hands[k]
		if m.LedBy(h.Viewer, e.Secrecy) || h.Person.ID == m.OwnerID && h.Can(RightEventSee, e.Secrecy) {
			ids = append(ids, h.Person.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Track sums a planned track up.
type Track struct {
	Total     int        `json:"total"`
	Settled   int        `json:"settled"`
	Late      int        `json:"late"`       // over their date
	LateStart int        `json:"late_start"` // of those, how many were over when they were made
	Next      *Milestone `json:"next,omitempty"`
}

// SumTrack counts a sorted track at a moment; Next is the first that is still open.
func SumTrack(list []Milestone, now time.Time) Track {
	t := Track{Total: len(list)}
	for k := range list {
		m := &list[k]
		if m.Status != MilestoneOpen {
			t.Settled++
			continue
		}
		if t.Next == nil {
			t.Next = m
		}
		if m.State(now) == MilestoneLate {
			t.Late++
			if m.LateStart {
				t.LateStart++
			}
		}
	}
	return t
}

// KickoffKind is what kind of meeting a record is of.
type KickoffKind string

// KickoffKinds in the order of the form: 启动会, 协调会.
var KickoffKinds = []KickoffKind{"kickoff", "coordination"}

// KickoffsMost is how many records an event may have.
const KickoffsMost = 20

// Kickoff is the record of a meeting that prepares an event (C.8.1): when, who was
// there. What it decided are milestones. HeldAt is UTC.
type Kickoff struct {
	ID        string      `bun:",pk" json:"id"`
	EventID   string      `json:"event_id"`
	Kind      KickoffKind `json:"kind"`
	HeldAt    time.Time   `json:"held_at"`
	People    string      `json:"people"`
	Notes     string      `bun:",nullzero" json:"notes,omitempty"`
	Struck    bool        `json:"struck,omitempty"`
	Seq       int64       `json:"seq"`
	CreatedAt time.Time   `json:"created_at"`
}

// Check cleans the record and tells whether it can be kept.
func (k *Kickoff) Check(e *Event) error {
	var bad Invalid
	if !contains(KickoffKinds, k.Kind) {
		bad.Add("kind", "field.choose")
	}
	checkText(&bad, "people", &k.People, 200, true)
	if k.Notes = Clean(k.Notes, true); len([]rune(k.Notes)) > 1000 {
		bad.Add("notes", "field.too_long", "max", "1000")
	}
	switch {
	case k.HeldAt.IsZero():
		bad.Add("held_at", "field.time")
	case k.HeldAt.Before(e.StartAt.Add(-trackMargin)) || k.HeldAt.After(e.EndAt):
		bad.Add("held_at", "kickoff.too_far")
	}
	return bad.Err()
}
