package domain

import "time"

// Cause is what sets a cue off.
type Cause string

// approach: the first guest is at the gate, or five minutes are left to the
// arrival; the steps of the relay; seated: the event has started; ending: ten
// minutes are left; left: all guests have gone; early: guests came before time.
const (
	CauseApproach Cause = "approach"
	CauseGate     Cause = "gate"
	CauseDropOff  Cause = "drop-off"
	CauseLobby    Cause = "lobby"
	CauseLift     Cause = "lift"
	CauseVenue    Cause = "venue"
	CauseSeated   Cause = "seated"
	CauseEnding   Cause = "ending"
	CauseLeft     Cause = "left"
	CauseEarly    Cause = "early"
)

// Causes in the order of an event.
var Causes = []Cause{CauseEarly, CauseApproach, CauseGate, CauseDropOff, CauseLobby, CauseLift, CauseVenue, CauseSeated, CauseEnding, CauseLeft}

// CueScope says whose step counts: the first guest's, the principal guest's, or
// that all have made it.
type CueScope string

// The scopes.
const (
	ScopeFirst     CueScope = "first"
	ScopePrincipal CueScope = "principal"
	ScopeAll       CueScope = "all"
)

// CueScopes in the order in which forms offer them.
var CueScopes = []CueScope{ScopeFirst, ScopePrincipal, ScopeAll}

// When the clock sets cues off.
const (
	ApproachBefore = 5 * time.Minute  // before the planned arrival
	EndingBefore   = 10 * time.Minute // before the end: E-10
)

// Cue is a rule of one event: when guests come so far, that crew is told this
// and says that it knows (J.5.1.2b, §2.7). It goes off once. Times are UTC.
type Cue struct {
	ID        string     `bun:",pk" json:"id"`
	EventID   string     `json:"event_id"`
	Cause     Cause      `json:"cause"`
	Scope     CueScope   `json:"scope"`
	Crew      Crew       `json:"crew"`
	Zh        string     `json:"zh"`
	En        string     `bun:",nullzero" json:"en,omitempty"`
	Off       bool       `json:"off,omitempty"`
	FiredAt   *time.Time `json:"fired_at,omitempty"`
	FiredBy   string     `bun:",nullzero" json:"fired_by,omitempty"`
	AckedAt   *time.Time `json:"acknowledged_at,omitempty"`
	AckedBy   string     `bun:",nullzero" json:"acknowledged_by,omitempty"`
	StateAt   time.Time  `json:"state_at"`
	Sort      int        `json:"sort"`
	Seq       int64      `json:"seq"`
	CreatedAt time.Time  `json:"created_at"`
}

// Text is what the crew is told, in the reader's language where there is one.
func (c *Cue) Text(locale string) string { return InLocale(locale, c.Zh, c.En) }

// What a cue shows.
const (
	CueOff     = "off"
	CueWaiting = "waiting" // its moment has not come
	CueFired   = "fired"   // told; nobody of the crew has said that he knows
	CueAcked   = "acknowledged"
)

// State is what the cue shows.
func (c *Cue) State() string {
	switch {
	case c.AckedAt != nil:
		return CueAcked
	case c.FiredAt != nil:
		return CueFired
	case c.Off:
		return CueOff
	}
	return CueWaiting
}

// Validate cleans and checks the typed fields.
func (c *Cue) Validate() error {
	var bad Invalid
	if c.Scope == "" {
		c.Scope = ScopeFirst
	}
	checkText(&bad, "zh", &c.Zh, 60, true)
	checkText(&bad, "en", &c.En, 120, false)
	if !c.Crew.Valid() {
		bad.Add("crew", "field.choose")
	}
	if !contains(Causes, c.Cause) {
		bad.Add("cause", "field.choose")
	}
	if !contains(CueScopes, c.Scope) {
		bad.Add("scope", "field.choose")
	}
	return bad.Err()
}

// step is the relay's step that the cause waits for, "" when it is not one.
func (c Cause) step() Position {
	if c == CauseApproach {
		return PositionGate
	}
	if p := Position(c); c != CauseLeft && p.Index() > 0 {
		return p
	}
	return ""
}

// SetOff tells whether moved, guests at their new positions, set the cue off;
// counts are all of the event's.
func (c *Cue) SetOff(moved []Guest, counts GuestCounts) bool {
	step := c.Cause.step()
	if step == "" || c.Off || c.FiredAt != nil {
		return false
	}
	for k := range moved {
		g := &moved[k]
		if g.Struck || g.Position.Index() < step.Index() || g.Position == PositionLeft {
			continue
		}
		switch c.Scope {
		case ScopeFirst:
			return true
		case ScopePrincipal:
			if g.Rank == 1 {
				return true
			}
		case ScopeAll:
			behind := 0
			for p, n := range counts.Position {
				if p.Index() < step.Index() {
					behind += n
				}
			}
			return behind == 0
		}
	}
	return false
}

// ClockCauses are the causes that the clock itself brings at now: both at once
// when an event is shorter than they are apart.
func (e *Event) ClockCauses(now time.Time) []Cause {
	var list []Cause
	if !e.Status.Working() {
		return nil
	}
	if at := e.Arrival().Add(-ApproachBefore); !now.Before(at) && now.Sub(at) < time.Hour && e.ActualStartAt == nil {
		list = append(list, CauseApproach)
	}
	if end, _ := e.AnchorAt(AnchorEnd); e.Status == EventLive && !now.Before(end.Add(-EndingBefore)) {
		list = append(list, CauseEnding)
	}
	return list
}

// Fire sets the cue off; twice is quiet.
func (c *Cue) Fire(d Doing) (changed bool) {
	if c.FiredAt != nil || c.Off {
		return false
	}
	c.FiredAt, c.FiredBy, c.StateAt = &d.At, d.By, d.At
	return true
}

// Acknowledge is the crew's word that it knows; twice is quiet.
func (c *Cue) Acknowledge(d Doing) (changed bool, err error) {
	switch {
	case c.FiredAt == nil:
		return false, Conflict("cue.not_fired")
	case c.AckedAt != nil:
		return false, nil
	}
	at := d.At
	if at.Before(*c.FiredAt) { // said over the radio before the tap reached us
		at = *c.FiredAt
	}
	c.AckedAt, c.AckedBy, c.StateAt = &at, d.By, at
	return true, nil
}

// Rearm takes it back to waiting: it went off by a wrong tap.
func (c *Cue) Rearm(d Doing) (changed bool) {
	if c.FiredAt == nil {
		return false
	}
	c.FiredAt, c.FiredBy, c.AckedAt, c.AckedBy, c.StateAt = nil, "", nil, "", d.At
	return true
}

// usualCues are the procedure's (§2.7), with the lowest level that has them.
var usualCues = []struct {
	cause  Cause
	scope  CueScope
	crew   Crew
	level  int
	zh, en string
}{
	{CauseEarly, ScopeFirst, CrewSVC, 2, "来宾提前到达，请立即打开贵宾休息室", "Guests are early: open the lounge now"},
	{CauseEarly, ScopeFirst, CrewSEC, 2, "来宾提前到达，各岗立即就位", "Guests are early: take your posts now"},
	{CauseApproach, ScopeFirst, CrewCLN, 2, "来宾将到，请撤至回避点", "Guests are near: withdraw out of sight"},
	{CauseGate, ScopeFirst, CrewSEC, 2, "来宾已到大门，落客区、大堂准备", "Guests at the gate: drop-off and lobby stand by"},
	{CauseGate, ScopeFirst, CrewCTL, 2, "来宾已到大门，专梯一层待命", "Guests at the gate: hold the lift on floor 1"},
	{CauseGate, ScopeFirst, CrewSVC, 3, "来宾已到大门，迎宾就位", "Guests at the gate: take your greeting posts"},
	{CauseLift, ScopeFirst, CrewSVC, 2, "来宾进梯，会场口准备迎接", "Guests in the lift: receive them at the venue"},
	{CauseVenue, ScopePrincipal, CrewPHO, 1, "主宾到场，请拍摄", "Principal guest at the venue: photographs"},
	{CauseSeated, ScopeFirst, CrewSVC, 3, "会议开始，关门挂牌，续水计时开始", "It has started: close the doors, tea rounds begin"},
	{CauseEnding, ScopeFirst, CrewSEC, 2, "10 分钟后散会，车辆依次顺车", "Ends in 10 minutes: bring the cars up in order"},
	{CauseEnding, ScopeFirst, CrewCTL, 2, "10 分钟后散会，专梯停会议层", "Ends in 10 minutes: hold the lift on the meeting floor"},
	{CauseEnding, ScopeFirst, CrewSVC, 3, "10 分钟后散会，到门口准备送客", "Ends in 10 minutes: to the doors"},
	{CauseLeft, ScopeFirst, CrewCLN, 3, "来宾已全部离开，可以清场", "All guests have left: clear out"},
	{CauseLeft, ScopeFirst, CrewSUP, 3, "来宾已全部离开，请会后检查并放行", "All guests have left: post-check and release"},
}

// UsualCues are the procedure's cues for a level, without ids.
func UsualCues(level int) []Cue {
	var list []Cue
	for k, u := range usualCues {
		if level <= u.level {
			list = append(list, Cue{Cause: u.cause, Scope: u.scope, Crew: u.crew, Zh: u.zh, En: u.en, Sort: k + 1})
		}
	}
	return list
}
