package domain

import (
	"strconv"
	"time"
)

// Post is a place (岗位, 点位) at which somebody stands during an event, with what
// is done there (G.3.3(2), J.5.1.3a). Times are UTC.
type Post struct {
	ID        string     `bun:",pk" json:"id"`
	EventID   string     `json:"event_id"`
	Code      string     `json:"code"` // "Z04"
	Name      string     `json:"name"`
	Crew      Crew       `json:"crew"`
	Task      string     `bun:",nullzero" json:"task,omitempty"`
	Gesture   string     `bun:",nullzero" json:"gesture,omitempty"`  // one of Gestures
	Channel   string     `bun:",nullzero" json:"channel,omitempty"`  // of the radio
	Position  Position   `bun:",nullzero" json:"position,omitempty"` // the step of the arrival relay that is tapped here; "" = none
	Minutes   int        `json:"minutes"`                            // usual minutes from the step before to here
	FromAt    *time.Time `json:"from_at,omitempty"`                  // reported by then; nil = as early as the level asks
	Key       bool       `bun:"key_post" json:"key,omitempty"`       // must never be empty: somebody stands by for it (B岗)
	Struck    bool       `json:"struck,omitempty"`
	Sort      int        `json:"sort"`
	Seq       int64      `json:"seq"`
	CreatedAt time.Time  `json:"created_at"`
}

// Gestures are the cards of standard signs (J.5.1.3b): stop and check, show the
// way, open a car's door, hold a lift, bow at a door.
var Gestures = []string{"stop", "direct", "door", "lift", "bow"}

// DueAt is when everybody at the post must have reported: its own time, else as
// long before the arrival as the level asks (J.4.2.1.1.3a).
func (p *Post) DueAt(e *Event) time.Time {
	if p.FromAt != nil {
		return *p.FromAt
	}
	return e.Arrival().Add(-time.Duration(LeadMinutes(e.Level)) * time.Minute)
}

// Validate cleans and checks the typed fields.
func (p *Post) Validate() error {
	var bad Invalid
	checkText(&bad, "code", &p.Code, 8, true)
	checkText(&bad, "name", &p.Name, 40, true)
	checkText(&bad, "task", &p.Task, 200, false)
	checkText(&bad, "channel", &p.Channel, 20, false)
	if !p.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if p.Gesture != "" && !contains(Gestures, p.Gesture) {
		bad.Add("gesture", "field.choose")
	}
	if i := p.Position.Index(); p.Position != "" && (i < 1 || p.Position == PositionLeft) {
		bad.Add("position", "field.choose")
	}
	if p.Minutes < 0 || p.Minutes > 240 {
		bad.Add("minutes", "post.minutes_range")
	}
	return bad.Err()
}

// checkText cleans a typed line and notes what is wrong with it.
func checkText(bad *Invalid, field string, s *string, maxRunes int, required bool) {
	*s = Clean(*s, false)
	switch {
	case required && *s == "":
		bad.Add(field, "field.required")
	case len([]rune(*s)) > maxRunes:
		bad.Add(field, "field.too_long", "max", strconv.Itoa(maxRunes))
	}
}

// DutyState is where somebody stands with his post.
type DutyState string

// planned → on → asked (wants relief) → away → on → released → back at his own
// work; replaced: somebody stands in for who did not come.
const (
	DutyPlanned  DutyState = "planned"
	DutyOn       DutyState = "on"
	DutyAsked    DutyState = "asked"
	DutyAway     DutyState = "away"
	DutyReplaced DutyState = "replaced"
	DutyReleased DutyState = "released"
	DutyBack     DutyState = "back"
)

// What the page's clock turns an unreported duty into.
const (
	DutyLate   = "late"   // should have reported
	DutyAbsent = "absent" // five minutes later: the lead is told and the backup offered
)

// AbsentAfter is how long after its time a duty without a report is an alarm.
const AbsentAfter = 5 * time.Minute

// Duty is one person at one post of one event (A.4.3, J.5.1.3a).
type Duty struct {
	ID         string     `bun:",pk" json:"id"`
	EventID    string     `json:"event_id"`
	PostID     string     `json:"post_id"`
	PersonID   string     `json:"person_id"`
	Backup     bool       `json:"backup,omitempty"`                     // B岗: stands by, for whoever is missing
	StandsFor  string     `bun:",nullzero" json:"stands_for,omitempty"` // the duty whose person did not come
	State      DutyState  `json:"state"`
	StateAt    time.Time  `json:"state_at"` // acted-at of the last change
	ReportedAt *time.Time `json:"reported_at,omitempty"`
	ReportedBy string     `bun:",nullzero" json:"reported_by,omitempty"` // himself, or his lead
	ByCode     bool       `json:"by_code,omitempty"`                     // by the code that hangs at the post
	Reason     string     `bun:",nullzero" json:"reason,omitempty"`      // why he wants relief
	ReliefID   string     `bun:",nullzero" json:"relief_id,omitempty"`   // who stands there meanwhile
	ReturnAt   *time.Time `json:"return_at,omitempty"`
	Handover   string     `bun:",nullzero" json:"handover,omitempty"` // what whoever comes must know
	ReleasedAt *time.Time `json:"released_at,omitempty"`
	ReleasedBy string     `bun:",nullzero" json:"released_by,omitempty"`
	Override   string     `bun:",nullzero" json:"override,omitempty"` // why he was let go before the guests had left
	BackAt     *time.Time `json:"back_at,omitempty"`                  // at his own work again (J.5.1.5)
	Struck     bool       `json:"struck,omitempty"`
	Seq        int64      `json:"seq"`
	CreatedAt  time.Time  `json:"created_at"`
}

// Spare tells a backup who stands in for nobody.
func (d *Duty) Spare() bool { return d.Backup && d.StandsFor == "" }

// Now is the state as shown at now, with late and absent; due is Post.DueAt.
func (d *Duty) Now(due, now time.Time) string {
	switch {
	case d.State != DutyPlanned || d.Spare() || now.Before(due):
		return string(d.State)
	case now.Before(due.Add(AbsentAfter)):
		return DutyLate
	}
	return DutyAbsent
}

// Present tells that the post is held: by the person, or by who relieves him.
func (d *Duty) Present() bool {
	return d.State == DutyOn || d.State == DutyAsked || d.State == DutyAway
}

// Holder is who stands at the post now: the relief while the person is away.
func (d *Duty) Holder() string {
	if d.State == DutyAway {
		return d.ReliefID
	}
	return d.PersonID
}

func (d *Duty) become(s DutyState, at time.Time) { d.State, d.StateAt = s, at }

// Report says that the person is at his post. Being there already is quiet; he
// who came after all takes his place back from who stood in.
func (d *Duty) Report(by Doing, code bool) (changed bool, err error) {
	switch d.State {
	case DutyOn, DutyAsked, DutyAway:
		return false, nil
	case DutyReleased, DutyBack:
		return false, Conflict("duty.over")
	}
	d.become(DutyOn, by.At)
	d.ReportedAt, d.ReportedBy, d.ByCode = &by.At, by.By, code
	return true, nil
}

// Unreport takes the report back.
func (d *Duty) Unreport(by Doing) (changed bool, err error) {
	if d.State != DutyOn {
		return false, nil
	}
	d.become(DutyPlanned, by.At)
	d.ReportedAt, d.ReportedBy, d.ByCode = nil, "", false
	return true, nil
}

// AskRelief asks to leave the post for a while: why, who stands there meanwhile,
// when he is back (A.4.3b).
func (d *Duty) AskRelief(by Doing, relief string, back time.Time, handover string) (changed bool, err error) {
	if d.State != DutyOn && d.State != DutyAsked {
		return false, Conflict("duty.not_on")
	}
	var bad Invalid
	reason := by.Reason
	checkText(&bad, "reason", &reason, 100, true)
	checkText(&bad, "handover", &handover, 200, false)
	if relief == "" || relief == d.PersonID {
		bad.Add("relief", "duty.relief_needed")
	}
	if wait := back.Sub(by.At); wait < time.Minute || wait > 8*time.Hour {
		bad.Add("away", "duty.return_range")
	}
	if err := bad.Err(); err != nil {
		return false, err
	}
	d.become(DutyAsked, by.At)
	d.Reason, d.ReliefID, d.ReturnAt, d.Handover = reason, relief, &back, handover
	return true, nil
}

// Relieve lets him go; the relief holds the post from now on.
func (d *Duty) Relieve(by Doing) (changed bool, err error) {
	switch d.State {
	case DutyAway:
		return false, nil
	case DutyAsked:
		d.become(DutyAway, by.At)
		return true, nil
	}
	return false, Conflict("duty.not_asked")
}

// Return ends the wish or the leave: he is at his post.
func (d *Duty) Return(by Doing, handover string) (changed bool, err error) {
	var bad Invalid
	if checkText(&bad, "handover", &handover, 200, false); bad.Err() != nil {
		return false, bad.Err()
	}
	if d.State != DutyAway && d.State != DutyAsked {
		return false, nil
	}
	d.become(DutyOn, by.At)
	d.Reason, d.ReliefID, d.ReturnAt = "", "", nil
	if handover != "" {
		d.Handover = handover
	}
	return true, nil
}

// Replace says that somebody stands in for who did not come.
func (d *Duty) Replace(by Doing) (changed bool, err error) {
	switch d.State {
	case DutyReplaced:
		return false, nil
	case DutyPlanned:
		d.become(DutyReplaced, by.At)
		return true, nil
	}
	return false, Conflict("duty.is_on")
}

// Release lets the person leave. missing is what still holds everybody here
// (ReleaseMissing); only the commander's written reason overrides it.
func (d *Duty) Release(by Doing, missing []string, commander bool) (changed bool, err error) {
	switch d.State {
	case DutyReleased, DutyBack:
		return false, nil
	}
	reason := Clean(by.Reason, false)
	if len(missing) > 0 {
		switch {
		case !commander:
			return false, Conflict("duty.locked")
		case reason == "":
			return false, InvalidField("reason", "duty.override_needed")
		case len([]rune(reason)) > 200:
			return false, InvalidField("reason", "field.too_long", "max", "200")
		}
		d.Override = reason
	}
	d.become(DutyReleased, by.At)
	d.ReleasedAt, d.ReleasedBy = &by.At, by.By
	return true, nil
}

// Recall takes a release back: he is needed at the post.
func (d *Duty) Recall(by Doing) (changed bool, err error) {
	if d.State != DutyReleased {
		return false, nil
	}
	if d.ReportedAt == nil {
		d.become(DutyPlanned, by.At)
	} else {
		d.become(DutyOn, by.At)
	}
	d.ReleasedAt, d.ReleasedBy, d.Override = nil, "", ""
	return true, nil
}

// Back says that he is at his own work again (J.5.1.5).
func (d *Duty) Back(by Doing) (changed bool, err error) {
	switch d.State {
	case DutyBack:
		return false, nil
	case DutyReleased:
		d.become(DutyBack, by.At)
		d.BackAt = &by.At
		return true, nil
	}
	return false, Conflict("duty.not_released")
}

// ReleaseMissing lists what keeps everybody at his post (J.5.1.4, J.6.3): the
// template ids of the checks that are not done: last car X9, cameras V5, hall
// S19, all guests left M13, the supervisor's post-check M10. Checks that the
// event's level does not have are not asked for.
func ReleaseMissing(items []Item) []Item {
	var missing []Item
	for _, id := range []string{"X9", "V5", "S19", "M13", "M10"} {
		for k := range items {
			if i := &items[k]; i.TemplateID == id && i.Open() {
				missing = append(missing, *i)
			}
		}
	}
	return missing
}

// PostBoard is a post with everybody on duty there.
type PostBoard struct {
	Post   Post
	Duties []Duty
}

// Seq is the newest change of the post or of a duty there.
func (b *PostBoard) Seq() int64 {
	seq := b.Post.Seq
	for k := range b.Duties {
		seq = max(seq, b.Duties[k].Seq)
	}
	return seq
}

// State is what the post shows at now: "held", "empty" (nobody is planned),
// "planned" (before its time), DutyLate, DutyAbsent, "over".
func (b *PostBoard) State(e *Event, now time.Time) string {
	due := b.Post.DueAt(e)
	expected, over, backups, worst := 0, 0, 0, ""
	for k := range b.Duties {
		d := &b.Duties[k]
		switch {
		case d.Spare():
			backups++
			continue
		case d.State == DutyReplaced:
			continue
		case d.State == DutyReleased || d.State == DutyBack:
			over++
		case !d.Present():
			if s := d.Now(due, now); worst == "" || s == DutyAbsent || s == DutyLate && worst != DutyAbsent {
				worst = s
			}
		}
		expected++
	}
	switch {
	case expected == 0 && backups > 0:
		return PostReserve
	case expected == 0:
		return PostEmpty
	case worst != "":
		return worst
	case over == expected:
		return PostOver
	}
	return PostHeld
}

// What a post shows besides the words of an unreported duty.
const (
	PostHeld    = "held"
	PostEmpty   = "empty"
	PostReserve = "reserve" // only backups: they stand by
	PostOver    = "over"
)

// BoardPosts puts duties to their posts, in the order of the posts.
func BoardPosts(posts []Post, duties []Duty) []PostBoard {
	at := make(map[string]int, len(posts))
	list := make([]PostBoard, 0, len(posts))
	for _, p := range posts {
		if !p.Struck {
			at[p.ID] = len(list)
			list = append(list, PostBoard{Post: p})
		}
	}
	for _, d := range duties {
		if k, ok := at[d.PostID]; ok && !d.Struck {
			list[k].Duties = append(list[k].Duties, d)
		}
	}
	return list
}

// Reserve are the backups of an event who can stand in now.
func Reserve(boards []PostBoard) []Duty {
	busy := map[string]bool{}
	var list []Duty
	for k := range boards {
		for i := range boards[k].Duties {
			if d := &boards[k].Duties[i]; !d.Spare() && d.Present() {
				busy[d.Holder()] = true
			}
		}
	}
	for k := range boards {
		for _, d := range boards[k].Duties {
			if d.Spare() && !busy[d.PersonID] && d.State != DutyReleased && d.State != DutyBack {
				list = append(list, d)
			}
		}
	}
	return list
}

// DutySum counts an event's posts for the head of its page: Held of Posts, how
// many people have Reported of those Expected, and who is Absent.
type DutySum struct{ Posts, Held, Expected, Reported, Absent, Away, Released int }

// SumDuties counts at now.
func SumDuties(e *Event, boards []PostBoard, now time.Time) DutySum {
	var n DutySum
	for k := range boards {
		b := &boards[k]
		due := b.Post.DueAt(e)
		if s := b.State(e, now); s != PostReserve {
			n.Posts++
			if s == PostHeld || s == PostOver {
				n.Held++
			}
		}
		for i := range b.Duties {
			d := &b.Duties[i]
			if d.State == DutyReplaced {
				continue
			}
			n.Expected++
			switch {
			case d.State == DutyReleased || d.State == DutyBack:
				n.Released++
				n.Reported++
			case d.Present():
				n.Reported++
				if d.State == DutyAway {
					n.Away++
				}
			case d.Now(due, now) == DutyAbsent:
				n.Absent++
			}
		}
	}
	return n
}
