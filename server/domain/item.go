package domain

import (
	"strconv"
	"strings"
	"time"
)

// ItemStatus is what was stored; ItemState is what is shown (the clock adds
// not due, due and late to an open item).
type ItemStatus string

// The stored states of an item.
const (
	ItemOpen      ItemStatus = "open"
	ItemDone      ItemStatus = "done"      // finished, nobody has to accept it
	ItemSubmitted ItemStatus = "submitted" // done, waits for check or acceptance
	ItemAccepted  ItemStatus = "accepted"
	ItemRejected  ItemStatus = "rejected"   // to be done again, with a reason
	ItemNotNeeded ItemStatus = "not-needed" // with a reason
	ItemBlocked   ItemStatus = "blocked"    // an incident stands in the way
)

// The shown states besides the stored ones.
const (
	StateNotDue = "not-due"
	StateDue    = "due"
	StateLate   = "late"
)

// Phases of an item.
const (
	PhasePre    = "pre"
	PhaseDuring = "during"
	PhasePost   = "post"
)

// Phases in order.
var Phases = []string{PhasePre, PhaseDuring, PhasePost}

// Flags of an item: BlocksReady is ★ (accepted before "ready"), BlocksClose
// must be accepted before "closed", Cue is ☆ (alarm when missed after ready).
const (
	FlagBlocksReady = "blocks_ready"
	FlagBlocksClose = "blocks_close"
	FlagCue         = "cue"
)

// Evidence an item asks for.
const (
	EvidenceNone      = ""
	EvidenceNumber    = "number"
	EvidencePhoto     = "photo"
	EvidenceSignature = "signature"
)

// Acceptance rules: who must accept what was done.
const (
	AcceptNone       = ""
	AcceptCommander  = "commander"
	AcceptSupervisor = "supervisor"
	AcceptBoth       = "supervisor+commander" // the supervisor checks, then the commander accepts
	AcceptOrganiser  = "organiser"            // the organiser's word, recorded by supervisor or commander
)

// DueSoon is how long before its due time an open item counts as due.
const DueSoon = 15 * time.Minute

// Item is one check item of an event's list. Times are UTC.
type Item struct {
	ID         string     `bun:",pk" json:"id"`
	EventID    string     `json:"event_id"`
	TemplateID string     `bun:",nullzero" json:"template_id,omitempty"` // "S1"; empty for ad-hoc items
	TemplateNo int        `json:"template_no,omitempty"`                 // version whose words and rule it has
	Crew       Crew       `json:"crew"`
	Phase      string     `json:"phase"`
	Zh         string     `json:"zh"`
	En         string     `bun:",nullzero" json:"en,omitempty"`
	Anchor     Anchor     `json:"anchor"`
	Offset     int        `bun:"offset_min" json:"offset_min"`
	Clock      string     `bun:",nullzero" json:"clock,omitempty"`
	Every      int        `bun:"every_min" json:"every_min,omitempty"`
	Until      string     `bun:"until_anchor,nullzero" json:"until,omitempty"`
	DueAt      *time.Time `json:"due_at,omitempty"`
	Flag       string     `bun:",nullzero" json:"flag,omitempty"`
	Evidence   string     `bun:",nullzero" json:"evidence,omitempty"`
	Acceptance string     `bun:",nullzero" json:"acceptance,omitempty"`
	Clauses    string     `bun:",nullzero" json:"clauses,omitempty"` // ids, one a line
	UnitZh     string     `bun:",nullzero" json:"unit_zh,omitempty"`
	UnitEn     string     `bun:",nullzero" json:"unit_en,omitempty"`
	ReadingMin *float64   `json:"reading_min,omitempty"`
	ReadingMax *float64   `json:"reading_max,omitempty"`
	GuidanceZh string     `bun:",nullzero" json:"guidance_zh,omitempty"` // how it is done
	GuidanceEn string     `bun:",nullzero" json:"guidance_en,omitempty"`
	Picture    string     `bun:",nullzero" json:"picture,omitempty"` // file of a picture that shows it
	Sort       int        `json:"sort"`
	AssigneeID string     `bun:",nullzero" json:"assignee_id,omitempty"`

	Status         ItemStatus `json:"status"`
	StateAt        time.Time  `json:"state_at"` // acted-at of the last change of state: an older act never undoes a newer one
	DoneAt         *time.Time `json:"done_at,omitempty"`
	DoneBy         string     `bun:",nullzero" json:"done_by,omitempty"`
	DoneReceivedAt *time.Time `json:"done_received_at,omitempty"`
	Reading        string     `bun:",nullzero" json:"reading,omitempty"`
	CheckedAt      *time.Time `json:"checked_at,omitempty"`
	CheckedBy      string     `bun:",nullzero" json:"checked_by,omitempty"`
	AcceptedAt     *time.Time `json:"accepted_at,omitempty"`
	AcceptedBy     string     `bun:",nullzero" json:"accepted_by,omitempty"`
	Reason         string     `bun:",nullzero" json:"reason,omitempty"` // of rejection, not needed, blocked, deferral
	ReasonBy       string     `bun:",nullzero" json:"reason_by,omitempty"`
	Redo           int        `json:"redo"`                  // how often it was rejected
	RejectedAt     *time.Time `json:"rejected_at,omitempty"` // the last time: a photo from before it does not count

	Photos   []Photo `bun:"-" json:"photos,omitempty"` // those that stand; filled by the store
	NoPhotos bool    `bun:",scanonly" json:"-"`        // the event allows none; filled by the store

	RoundNo      int `json:"round_no,omitempty"` // the round expected next, 1-based; 0 = not a round
	RoundsTotal  int `json:"rounds_total,omitempty"`
	RoundsDone   int `json:"rounds_done,omitempty"`
	RoundsMissed int `json:"rounds_missed,omitempty"`

	Seq       int64     `json:"seq"` // topic seq of the last change of this item
	CreatedAt time.Time `json:"created_at"`
}

// Round is one tea round, patrol or reading of a recurring item.
type Round struct {
	ItemID   string    `bun:",pk" json:"item_id"`
	N        int       `bun:",pk" json:"n"` // 1-based
	FromNo   int       `json:"from_no"`     // the round that was expected: N-FromNo rounds were missed
	DueAt    time.Time `json:"due_at"`
	DoneAt   time.Time `json:"done_at"` // acted-at
	DoneBy   string    `json:"done_by"`
	Reading  string    `bun:",nullzero" json:"reading,omitempty"`
	Deferred string    `bun:",nullzero" json:"deferred,omitempty"` // reason, when the round was left out on purpose
}

// Due gives the item's rule back.
func (i *Item) Due() Due {
	return Due{Anchor: i.Anchor, Offset: i.Offset, Clock: i.Clock, Every: i.Every, Until: i.Until}
}

// State is what the row shows at now.
func (i *Item) State(now time.Time) string {
	if i.Status != ItemOpen {
		return string(i.Status)
	}
	switch {
	case i.DueAt == nil || now.Before(i.DueAt.Add(-DueSoon)):
		return StateNotDue
	case now.After(i.DueAt.Add(time.Minute)): // a minute of grace: nobody is late by seconds
		return StateLate
	default:
		return StateDue
	}
}

// Open tells that the crew still has something to do.
func (i *Item) Open() bool {
	return i.Status == ItemOpen || i.Status == ItemRejected || i.Status == ItemBlocked
}

// IsRound tells a recurring item.
func (i *Item) IsRound() bool { return i.Every > 0 }

// NeedsAcceptance is false where nobody has to accept. The commander's own
// items (walk, ready declaration, patrol) carry his signature themselves: no
// performer accepts his own item, and nobody stands above the commander.
func (i *Item) NeedsAcceptance() bool {
	if i.Crew == CrewCMD && i.Acceptance == AcceptCommander {
		return false
	}
	return i.Acceptance != AcceptNone
}

// Settled tells that nothing more is expected: accepted, or done without
// acceptance, or not needed.
func (i *Item) Settled() bool {
	return i.Status == ItemAccepted || i.Status == ItemDone || i.Status == ItemNotNeeded
}

// ReadingRequired is true where the tap must come with a reading or a signer's
// name. During the event it is not: the hall is dark and silent, one tap must do.
func (i *Item) ReadingRequired() bool {
	return (i.Evidence == EvidenceNumber || i.Evidence == EvidenceSignature) && i.Phase != PhaseDuring
}

// Doing is one act on an item: who, when (corrected acted-at), with what.
type Doing struct {
	By       string
	At       time.Time
	Received time.Time
	Reading  string
	Reason   string
}

// Done ticks the item. Ticking a done item again is quiet (changed = false).
func (i *Item) Done(d Doing) (changed bool, err error) {
	if i.IsRound() {
		return false, Conflict("item.is_round")
	}
	switch i.Status {
	case ItemDone, ItemSubmitted, ItemAccepted:
		return false, nil
	case ItemNotNeeded:
		return false, Conflict("item.not_needed_now")
	}
	reading, err := i.checkReading(d.Reading)
	if err != nil {
		return false, err
	}
	if i.PhotoMissing() {
		return false, InvalidField("photo", i.photoWanted())
	}
	if i.Status != ItemRejected { // the reason of a rejection is kept for who looks again
		i.Reason, i.ReasonBy = "", ""
	}
	i.Reading = reading
	i.Status = ItemDone
	if i.NeedsAcceptance() {
		i.Status = ItemSubmitted
	}
	i.DoneAt, i.DoneBy, i.DoneReceivedAt = &d.At, d.By, &d.Received
	i.CheckedAt, i.CheckedBy, i.AcceptedAt, i.AcceptedBy = nil, "", nil, ""
	i.StateAt = d.At
	return true, nil
}

// Undo takes a tick back. Accepted items are the commander's: he takes the
// acceptance back first.
func (i *Item) Undo(d Doing) (changed bool, err error) {
	switch i.Status {
	case ItemOpen, ItemRejected, ItemBlocked:
		return false, nil
	case ItemAccepted:
		return false, Conflict("item.accepted_already")
	}
	if i.Redo > 0 && i.Reason != "" && i.Status != ItemNotNeeded {
		i.Status = ItemRejected // what was wrong is still to be put right
	} else {
		i.Status, i.Reason, i.ReasonBy = ItemOpen, "", ""
	}
	i.DoneAt, i.DoneBy, i.DoneReceivedAt, i.Reading = nil, "", nil, ""
	i.CheckedAt, i.CheckedBy = nil, ""
	i.StateAt = d.At
	return true, nil
}

// Judge is who accepts: a person and the capacities in which he may do it.
type Judge struct {
	By         string
	At         time.Time
	Commander  bool
	Supervisor bool
}

// Accept settles a submitted item, or marks the supervisor's check where both
// must look. The performer never accepts his own item.
func (i *Item) Accept(j Judge) (changed bool, err error) {
	if i.Status == ItemAccepted {
		return false, nil
	}
	if i.Status != ItemSubmitted {
		return false, Conflict("item.not_submitted")
	}
	if !i.mayJudge(j) {
		return false, ErrForbidden
	}
	if i.DoneBy == j.By {
		return false, Conflict("item.own_item")
	}
	at := j.At
	if i.Acceptance == AcceptBoth && i.CheckedAt == nil {
		if !j.Supervisor {
			return false, Conflict("item.check_first")
		}
		i.CheckedAt, i.CheckedBy = &at, j.By
		i.StateAt = at
		return true, nil
	}
	if i.Acceptance == AcceptBoth && !j.Commander {
		return false, nil // checked already; the commander's turn
	}
	i.Status, i.AcceptedAt, i.AcceptedBy = ItemAccepted, &at, j.By
	i.StateAt = at
	return true, nil
}

// Reject sends a submitted or accepted item back with a reason: it is to be redone.
func (i *Item) Reject(j Judge, reason string) (changed bool, err error) {
	reason = Clean(reason, false)
	if reason == "" {
		return false, InvalidField("reason", "item.reason_needed")
	}
	if len([]rune(reason)) > 200 {
		return false, InvalidField("reason", "field.too_long", "max", "200")
	}
	if i.Status == ItemRejected {
		return false, nil
	}
	if i.Status != ItemSubmitted && i.Status != ItemAccepted {
		return false, Conflict("item.not_submitted")
	}
	if !i.mayJudge(j) {
		return false, ErrForbidden
	}
	i.Status, i.Reason, i.ReasonBy = ItemRejected, reason, j.By
	i.Redo++
	i.RejectedAt = &j.At
	i.CheckedAt, i.CheckedBy, i.AcceptedAt, i.AcceptedBy = nil, "", nil, ""
	i.StateAt = j.At
	return true, nil
}

// Unaccept takes an acceptance back: the item waits for acceptance again.
func (i *Item) Unaccept(j Judge) (changed bool, err error) {
	if i.Status != ItemAccepted {
		return false, nil
	}
	if !i.mayJudge(j) {
		return false, ErrForbidden
	}
	i.Status, i.AcceptedAt, i.AcceptedBy = ItemSubmitted, nil, ""
	i.StateAt = j.At
	return true, nil
}

func (i *Item) mayJudge(j Judge) bool {
	switch i.Acceptance {
	case AcceptCommander:
		return j.Commander
	case AcceptSupervisor, AcceptOrganiser:
		return j.Supervisor || j.Commander
	case AcceptBoth:
		return j.Supervisor || j.Commander
	}
	return false
}

// NotNeeded leaves an open item out, with a reason.
func (i *Item) NotNeeded(d Doing) (changed bool, err error) {
	reason := Clean(d.Reason, false)
	if reason == "" {
		return false, InvalidField("reason", "item.reason_needed")
	}
	if len([]rune(reason)) > 200 {
		return false, InvalidField("reason", "field.too_long", "max", "200")
	}
	switch i.Status {
	case ItemNotNeeded:
		return false, nil
	case ItemAccepted:
		return false, Conflict("item.accepted_already")
	}
	i.Status, i.Reason, i.ReasonBy = ItemNotNeeded, reason, d.By
	i.DoneAt, i.DoneBy, i.DoneReceivedAt, i.Reading = nil, "", nil, ""
	i.CheckedAt, i.CheckedBy = nil, ""
	i.StateAt = d.At
	return true, nil
}

// Needed brings a left-out item back.
func (i *Item) Needed(d Doing) (changed bool, err error) {
	if i.Status != ItemNotNeeded {
		return false, nil
	}
	i.Status, i.Reason, i.ReasonBy = ItemOpen, "", ""
	i.StateAt = d.At
	return true, nil
}

// Block says that an incident stands in the way; Unblock opens the item again.
func (i *Item) Block(d Doing) (changed bool, err error) {
	reason := Clean(d.Reason, false)
	if reason == "" {
		return false, InvalidField("reason", "item.reason_needed")
	}
	if len([]rune(reason)) > 200 {
		return false, InvalidField("reason", "field.too_long", "max", "200")
	}
	if i.Status == ItemBlocked && i.Reason == reason {
		return false, nil
	}
	if !i.Open() {
		return false, Conflict("item.not_open")
	}
	i.Status, i.Reason, i.ReasonBy = ItemBlocked, reason, d.By
	i.StateAt = d.At
	return true, nil
}

// Unblock opens a blocked item again.
func (i *Item) Unblock(d Doing) (changed bool, err error) {
	if i.Status != ItemBlocked {
		return false, nil
	}
	i.Status, i.Reason, i.ReasonBy = ItemOpen, "", ""
	i.StateAt = d.At
	return true, nil
}

// DoRound finishes the round whose time it is at d.At. Rounds that were passed
// over count as missed. A deferred round (reason given) counts as neither done
// nor missed. start is the event's anchor S.
func (i *Item) DoRound(d Doing, start time.Time) (*Round, error) {
	if !i.IsRound() {
		return nil, Conflict("item.not_round")
	}
	if i.Status != ItemOpen {
		return nil, Conflict("item.rounds_over")
	}
	reading, err := i.checkReading(d.Reading)
	if err != nil {
		return nil, err
	}
	every := time.Duration(i.Every) * time.Minute
	// A round may be taken up to half an interval early.
	n := int((d.At.Sub(start) + every/2) / every)
	n = max(n, i.RoundNo)
	if i.RoundsTotal > 0 {
		n = min(n, max(i.RoundsTotal, i.RoundNo))
	}
	r := &Round{ItemID: i.ID, N: n, FromNo: i.RoundNo, DueAt: start.Add(time.Duration(n) * every).UTC(), DoneAt: d.At, DoneBy: d.By, Reading: reading, Deferred: Clean(d.Reason, false)}
	i.RoundsMissed += n - i.RoundNo
	if r.Deferred == "" {
		i.RoundsDone++
	}
	i.Reason, i.ReasonBy = r.Deferred, ""
	if r.Deferred != "" {
		i.ReasonBy = d.By
	}
	i.DoneAt, i.DoneBy, i.DoneReceivedAt, i.Reading = &d.At, d.By, &d.Received, reading
	i.RoundNo = n + 1
	i.StateAt = d.At
	i.armRound(start)
	return r, nil
}

// UndoRound takes the last round back; last is that round, before the one
// before it (nil when it was the first).
func (i *Item) UndoRound(last, before *Round, start, at time.Time) {
	i.RoundsMissed -= i.RoundNo - 1 - last.FromNo // also those that the end made missed
	if last.Deferred == "" {
		i.RoundsDone--
	}
	i.RoundNo = last.FromNo
	reason := ""
	i.DoneAt, i.DoneBy, i.DoneReceivedAt, i.Reading = nil, "", nil, ""
	if before != nil {
		i.DoneAt, i.DoneBy, i.Reading, reason = &before.DoneAt, before.DoneBy, before.Reading, before.Deferred
	}
	if i.Status != ItemBlocked { // the reason of an incident stands until it is cleared
		i.Reason, i.ReasonBy = reason, ""
	}
	i.StateAt = at
	i.armRound(start)
}

// armRound sets the next round's due time, or finishes the item after the last.
func (i *Item) armRound(start time.Time) {
	if i.RoundNo > i.RoundsTotal {
		i.Status = ItemDone
		return
	}
	if i.Status != ItemBlocked {
		i.Status = ItemOpen
	}
	t := start.Add(time.Duration(i.RoundNo*i.Every) * time.Minute).UTC()
	i.DueAt = &t
}

// Retime moves the due time of what is unfinished to the event's present
// anchors; finished items keep theirs. It reports whether anything moved.
func (i *Item) Retime(e *Event, loc *time.Location) bool {
	if i.Anchor == AnchorFixed || i.Anchor == AnchorCall || !(i.Open() || i.IsRound() && i.Status == ItemDone) {
		return false
	}
	if i.IsRound() {
		old, oldTotal, oldStatus := i.DueAt, i.RoundsTotal, i.Status
		start, _ := e.AnchorAt(AnchorStart)
		i.RoundsTotal = e.Rounds(i.Every)
		if e.ActualEndAt != nil { // the meeting is over: what was due and not done is missed
			i.RoundsMissed += max(0, i.RoundsTotal+1-i.RoundNo)
			i.RoundNo = max(i.RoundNo, i.RoundsTotal+1)
		}
		i.armRound(start)
		return i.RoundsTotal != oldTotal || i.Status != oldStatus || !sameTime(old, i.DueAt)
	}
	due := e.DueAt(i.Due(), loc)
	if due != nil && due.Before(i.CreatedAt) {
		// The list was made after this moment had passed: due at once, not "late since yesterday".
		t := i.CreatedAt
		due = &t
	}
	if sameTime(due, i.DueAt) {
		return false
	}
	i.DueAt = due
	return true
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// checkReading validates the number or signer's name that comes with a tick.
func (i *Item) checkReading(s string) (string, error) {
	s = Clean(s, false)
	if s == "" {
		if !i.ReadingRequired() {
			return "", nil
		}
		if i.Evidence == EvidenceSignature {
			return "", InvalidField("reading", "item.signer_needed")
		}
		return "", InvalidField("reading", "item.reading_needed")
	}
	if len([]rune(s)) > 60 {
		return "", InvalidField("reading", "field.too_long", "max", "60")
	}
	if i.Evidence == EvidenceNumber {
		n := strings.Map(halfWidth, s)
		if _, err := strconv.ParseFloat(n, 64); err != nil || strings.ContainsAny(n, "naifNAIFxX_pP") {
			return "", InvalidField("reading", "item.reading_number")
		}
		return n, nil
	}
	return s, nil
}

// OutOfRange tells that the reading lies outside what the item allows; it is
// kept and shown, the commander judges.
func (i *Item) OutOfRange() bool {
	v, err := strconv.ParseFloat(i.Reading, 64)
	if err != nil {
		return false
	}
	return i.ReadingMin != nil && v < *i.ReadingMin || i.ReadingMax != nil && v > *i.ReadingMax
}

// InLocale is a text in the reader's language, Chinese where there is no English.
func InLocale(locale, zh, en string) string {
	if locale == "en" && en != "" {
		return en
	}
	return zh
}

// Text is the item in the reader's language.
func (i *Item) Text(locale string) string { return InLocale(locale, i.Zh, i.En) }

// Guidance is how the item is done, in the reader's language where there is such a text.
func (i *Item) Guidance(locale string) string { return InLocale(locale, i.GuidanceZh, i.GuidanceEn) }

// Unit is the reading's unit in the reader's language.
func (i *Item) Unit(locale string) string {
	if locale == "en" {
		return i.UnitEn
	}
	return i.UnitZh
}

// ClauseIDs lists the clauses of the regulations which the item serves.
func (i *Item) ClauseIDs() []string {
	return strings.FieldsFunc(i.Clauses, func(r rune) bool { return r == '\n' })
}

func halfWidth(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '．' || r == '。':
		return '.'
	case r == '－' || r == '−':
		return '-'
	case r == '%' || r == '％' || r == '℃' || r == ' ':
		return -1
	}
	return r
}

// releaseGates: "all guests left" (M13) needs the last car, the CCTV sweep and
// the hall; releasing the crew (M10) needs M13 (J.5.1.4, J.6.3).
var releaseGates = map[string][]string{
	"M13": {"X9", "V5", "S19"},
	"M10": {"M13"},
}

// GateFor lists the items that must be finished before this one, by template id.
func GateFor(templateID string) []string { return releaseGates[templateID] }

// SameHand finds two of those items that one person did: what rests on the word
// of several is looked at by each (J.5.1.4).
func SameHand(items []Item) (one, two *Item, ok bool) {
	did := map[string]*Item{}
	for k := range items {
		i := &items[k]
		if i.DoneBy == "" {
			continue
		}
		if first := did[i.DoneBy]; first != nil {
			return first, i, true
		}
		did[i.DoneBy] = i
	}
	return nil, nil, false
}
