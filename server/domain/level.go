package domain

// GuestRank is who comes, as far as the level of a reception asks (§2.1 of the domain notes).
type GuestRank string

// GuestRanks from the highest: heads of provinces and above and foreign delegations;
// heads of cities and departments and key partners; heads of counties and ordinary
// visitors; people of the house.
var GuestRanks = []GuestRank{"state", "city", "county", "internal"}

// HostRank is who receives.
type HostRank string

// HostRanks from the highest: chairman or president, a deputy, a department.
var HostRanks = []HostRank{"chair", "deputy", "department"}

// LevelRaise is what a rule gives that raises the level by one.
const LevelRaise = 0

// LevelRule is one line of the table that suggests levels. A condition that is
// empty fits every event. The first rule that fits and gives a level decides; when
// any fits that raises, the level is one higher.
type LevelRule struct {
	ID        string    `bun:",pk" json:"id"`
	GuestRank GuestRank `bun:",nullzero" json:"guest_rank,omitempty"`
	HostRank  HostRank  `bun:",nullzero" json:"host_rank,omitempty"`
	Type      string    `bun:",nullzero" json:"type,omitempty"`
	Secrecy   Secrecy   `bun:",nullzero" json:"secrecy,omitempty"`
	HeadsOver int       `json:"heads_over,omitempty"` // more heads than that; 0 = any number
	Gives     int       `json:"gives"`                // 1 … 4, or LevelRaise
	Sort      int       `json:"sort"`
}

// LevelRulesMost is how many rules a site may have.
const LevelRulesMost = 60

// UsualLevelRules are what a new site begins with (§2.1 of the domain notes, after
// what other houses do).
func UsualLevelRules() []LevelRule {
	return []LevelRule{
		{ID: "level-01", GuestRank: "state", Gives: 1, Sort: 1},
		{ID: "level-02", GuestRank: "city", HostRank: "chair", Gives: 1, Sort: 2},
		{ID: "level-03", GuestRank: "city", HostRank: "department", Gives: 3, Sort: 3},
		{ID: "level-04", GuestRank: "city", Gives: 2, Sort: 4},
		{ID: "level-05", GuestRank: "county", HostRank: "chair", Gives: 2, Sort: 5},
		{ID: "level-06", GuestRank: "county", HostRank: "department", Gives: 4, Sort: 6},
		{ID: "level-07", GuestRank: "county", Gives: 3, Sort: 7},
		{ID: "level-08", GuestRank: "internal", HostRank: "chair", Gives: 3, Sort: 8},
		{ID: "level-09", GuestRank: "internal", Gives: 4, Sort: 9},
		{ID: "level-10", Type: "signing", Gives: LevelRaise, Sort: 10},
		{ID: "level-11", HeadsOver: 100, Gives: LevelRaise, Sort: 11},
		{ID: "level-12", Secrecy: SecrecySecret, Gives: LevelRaise, Sort: 12},
	}
}

// Check tells whether the rule can be kept.
func (r *LevelRule) Check() error {
	var bad Invalid
	if r.GuestRank != "" && !contains(GuestRanks, r.GuestRank) {
		bad.Add("guest_rank", "field.choose")
	}
	if r.HostRank != "" && !contains(HostRanks, r.HostRank) {
		bad.Add("host_rank", "field.choose")
	}
	if r.Type != "" && !contains(EventTypes, r.Type) {
		bad.Add("type", "field.choose")
	}
	if r.Secrecy != "" && !contains(Secrecies, r.Secrecy) {
		bad.Add("secrecy", "field.choose")
	}
	if r.HeadsOver < 0 || r.HeadsOver > headsMost {
		bad.Add("heads_over", "event.heads_range")
	}
	if r.Gives < LevelRaise || r.Gives > 4 {
		bad.Add("gives", "event.level_range")
	}
	if r.Gives == LevelRaise && !r.asks() {
		bad.Add("gives", "levels.raise_always")
	}
	return bad.Err()
}

func (r *LevelRule) asks() bool {
	return r.GuestRank != "" || r.HostRank != "" || r.Type != "" || r.Secrecy != "" || r.HeadsOver > 0
}

func (r *LevelRule) fits(e *Event) bool {
	return (r.GuestRank == "" || r.GuestRank == e.GuestRank) && (r.HostRank == "" || r.HostRank == e.HostRank) &&
		(r.Type == "" || r.Type == e.Type) && (r.Secrecy == "" || r.Secrecy == e.Secrecy) && (r.HeadsOver == 0 || e.Heads > r.HeadsOver)
}

// Suggestion is the level that the rules give, with those that gave it.
type Suggestion struct {
	Level int         `json:"level"`
	Rule  LevelRule   `json:"rule"`
	Raise []LevelRule `json:"raise,omitempty"` // those that made it one higher
}

// Suggest is nil until it is said who comes, and where no rule decides: a person
// decides anyway (J.4.2.1.1.1c).
func Suggest(rules []LevelRule, e *Event) *Suggestion {
	if e.GuestRank == "" {
		return nil
	}
	var s *Suggestion
	var raise []LevelRule
	for _, r := range rules {
		switch {
		case !r.fits(e):
		case r.Gives == LevelRaise:
			raise = append(raise, r)
		case s == nil:
			s = &Suggestion{Level: r.Gives, Rule: r}
		}
	}
	if s != nil && s.Level > 1 && len(raise) > 0 {
		s.Level, s.Raise = s.Level-1, raise
	}
	return s
}

// CheckLevel asks for the reason of a level that is lower than suggested, or lower
// than it was while crews already work by it: then a new reason. was is 0 for a new event.
func (e *Event) CheckLevel(s *Suggestion, was int, oldReason string) error {
	switch {
	case s != nil && e.Level > s.Level && e.LevelReason == "":
		return InvalidField("level_reason", "event.level_below_suggestion", "level", itoa(s.Level))
	case was > 0 && e.Level > was && e.Status.Working() && (e.LevelReason == "" || e.LevelReason == oldReason):
		return InvalidField("level_reason", "event.level_lower_reason")
	case was > 0 && e.Level > was && e.LevelReason == "":
		return InvalidField("level_reason", "event.level_lower_reason")
	}
	return nil
}
