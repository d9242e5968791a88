package domain

import (
	"cmp"
	"slices"
	"time"
)

// Skill is something that a person can do and not everybody can.
type Skill string

// SkillOther is a skill that only its certificate names.
const SkillOther Skill = "other"

// Skills in the order in which forms offer them. Some come with a certificate that
// ends: guard, fire control, electrician, lift, first aid, health.
var Skills = []Skill{"etiquette", "language", "first_aid", "health", "guard", "fire", "electric", "lift", "av", "photo", "driving", SkillOther}

// PersonSkill is what one person can do, with the certificate that says so.
type PersonSkill struct {
	ID          string    `bun:",pk" json:"id"`
	PersonID    string    `json:"person_id"`
	Skill       Skill     `json:"skill"`
	Certificate string    `bun:",nullzero" json:"certificate,omitempty"`
	ExpiresOn   string    `bun:",nullzero" json:"expires_on,omitempty"` // 2006-01-02 on site, the last good day; "" = never
	CreatedAt   time.Time `json:"created_at"`
}

// Check cleans the skill and tells whether it can be kept.
func (s *PersonSkill) Check() error {
	var bad Invalid
	if !contains(Skills, s.Skill) {
		bad.Add("skill", "field.choose")
	}
	checkText(&bad, "certificate", &s.Certificate, 60, s.Skill == SkillOther)
	s.ExpiresOn = Clean(s.ExpiresOn, false)
	if s.ExpiresOn != "" {
		if _, ok := ParseDay(s.ExpiresOn, time.UTC); !ok {
			bad.Add("expires_on", "roster.date")
		}
	}
	return bad.Err()
}

// Good tells whether the skill still counts on a site day.
func (s *PersonSkill) Good(day string) bool { return s.ExpiresOn == "" || day <= s.ExpiresOn }

// EntryKind is what an entry of a person's roster says.
type EntryKind string

// On shift, on leave (请假), away for a training. Who has no shift written down on a
// day can be asked at any hour of it.
const (
	EntryShift    EntryKind = "shift"
	EntryLeave    EntryKind = "leave"
	EntryTraining EntryKind = "training"
)

// EntryKinds in the order in which forms offer them.
var EntryKinds = []EntryKind{EntryShift, EntryLeave, EntryTraining}

// RosterEntry is a time at which a person works, or cannot. Times are UTC.
type RosterEntry struct {
	ID        string    `bun:",pk" json:"id"`
	PersonID  string    `json:"person_id"`
	Kind      EntryKind `json:"kind"`
	FromAt    time.Time `json:"from_at"`
	TillAt    time.Time `json:"till_at"`
	Note      string    `bun:",nullzero" json:"note,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// entryLongest is how long one entry may be: a leave of a year and a bit.
const entryLongest = 400 * 24 * time.Hour

// Check cleans the entry and tells whether it can be kept.
func (c *RosterEntry) Check() error {
	var bad Invalid
	checkText(&bad, "note", &c.Note, 80, false)
	if !contains(EntryKinds, c.Kind) {
		bad.Add("kind", "field.choose")
	}
	checkSpan(&bad, c.span(), entryLongest, spanFields{"from_at", "till_at", "roster.end_before_start", "roster.too_long"})
	return bad.Err()
}

func (c *RosterEntry) span() Span { return Span{c.FromAt, c.TillAt} }

// StaffingRule says how many people of a crew an event of a level needs from so many
// heads on, and what one of them must be able to do. Of the rules of a level and crew
// the one with the most heads that the event reaches counts.
type StaffingRule struct {
	ID        string `bun:",pk" json:"id"`
	Level     int    `json:"level"`
	Crew      Crew   `json:"crew"`
	HeadsFrom int    `json:"heads_from"`
	Needed    int    `json:"needed"`
	Skill     Skill  `bun:",nullzero" json:"skill,omitempty"`
}

// StaffingRulesMost is how many rules a site may have.
const StaffingRulesMost = 300

// DayHoursUsual is after how many hours on one day a person is overloaded, until the
// supervisor says otherwise: the eight of a working day and two beyond.
const DayHoursUsual = 10

// Check tells whether the rule can be kept.
func (r *StaffingRule) Check() error {
	var bad Invalid
	if r.Level < 1 || r.Level > 4 {
		bad.Add("level", "event.level_range")
	}
	if !r.Crew.Valid() || r.Crew == CrewCMD { // one commander for each event, by the event's own form
		bad.Add("crew", "field.choose")
	}
	if r.HeadsFrom < 0 || r.HeadsFrom > headsMost {
		bad.Add("heads_from", "event.heads_range")
	}
	if r.Needed < 0 || r.Needed > 200 {
		bad.Add("needed", "staffing.needed_range")
	}
	if r.Skill != "" && (r.Skill == SkillOther || !contains(Skills, r.Skill)) {
		bad.Add("skill", "field.choose")
	}
	return bad.Err()
}

// usualStaffing are the numbers that a site begins with: for each crew and level,
// pairs of "from so many heads" and "so many people". Level 1 with 60 heads and level
// 4 with 12 are those of the domain notes (§4.2, §4.3); which crews a level has is
// theirs too (§2.1). The rest is a default between and beyond them.
var usualStaffing = []struct {
	crew   Crew
	skill  Skill
	levels [4][]int
}{
	{CrewSUP, "", [4][]int{{0, 1}, {0, 1}, nil, nil}},
	{CrewSVC, "", [4][]int{{0, 4, 31, 6, 101, 10}, {0, 2, 31, 4, 101, 8}, {0, 1, 31, 2, 101, 4}, {0, 1, 101, 3}}},
	{CrewSEC, "", [4][]int{{0, 6, 31, 10, 101, 14}, {0, 3, 31, 5, 101, 8}, {0, 1, 31, 2, 101, 4}, nil}},
	{CrewCLN, "", [4][]int{{0, 2, 31, 4, 101, 6}, {0, 2, 101, 4}, {0, 1, 101, 2}, {0, 1, 101, 2}}},
	{CrewENG, "av", [4][]int{{0, 2, 31, 3, 101, 4}, {0, 1, 31, 2, 101, 3}, {0, 1}, {0, 1}}},
	{CrewCTL, "fire", [4][]int{{0, 2}, {0, 1}, nil, nil}},
	{CrewADM, "", [4][]int{{0, 1, 101, 2}, {0, 1}, {0, 1}, nil}},
	{CrewPHO, "", [4][]int{{0, 1}, {0, 1}, nil, nil}},
	{CrewLDR, "", [4][]int{{0, 1}, {0, 1}, nil, nil}},
}

// UsualStaffing are what a new site begins with, by level and crew. What a crew must
// be able to do is asked at levels 1 and 2 only.
func UsualStaffing() []StaffingRule {
	var rules []StaffingRule
	for level := 1; level <= 4; level++ {
		for _, u := range usualStaffing {
			skill := u.skill
			if level > 2 {
				skill = ""
			}
			for k, bands := 0, u.levels[level-1]; k < len(bands); k += 2 {
				rules = append(rules, StaffingRule{
					ID: "staff-" + itoa(level) + "-" + string(u.crew) + "-" + itoa(bands[k]), Level: level, Crew: u.crew, HeadsFrom: bands[k], Needed: bands[k+1], Skill: skill,
				})
			}
		}
	}
	return rules
}

// SortStaffing puts rules in the order of the settings: level, crew, heads.
func SortStaffing(rules []StaffingRule) {
	slices.SortFunc(rules, func(a, b StaffingRule) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Crew.Index(), b.Crew.Index()), cmp.Compare(a.HeadsFrom, b.HeadsFrom), cmp.Compare(a.ID, b.ID))
	})
}

// StaffingOf is the rule that counts for a crew at an event; the zero rule where none
// does. Below level 1 a photographer is needed only where one was asked for (J.5.1.2e).
func StaffingOf(rules []StaffingRule, e *Event, crew Crew) StaffingRule {
	var best StaffingRule
	for _, r := range rules {
		if r.Level == e.Level && r.Crew == crew && r.HeadsFrom <= e.Heads && (best.ID == "" || r.HeadsFrom > best.HeadsFrom) {
			best = r
		}
	}
	if crew == CrewPHO && e.Level > 1 && !e.Photo {
		best.Needed = 0
	}
	return best
}
