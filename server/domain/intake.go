package domain

import (
	"time"
)

// Step is one of the things that the supervisor does on the day before, for the
// events of a day (J.4.2.1.1.1a–e, J.4.2.1.1.2).
type Step string

// Collected at 17:00, levels set by 17:15, the board published by 17:30, the leads
// briefed by 18:00, where the site has not chosen another hour.
const (
	StepTaken    Step = "taken"
	StepLevels   Step = "levels"
	StepBoard    Step = "board"
	StepBriefing Step = "briefing"
)

// Steps in their order.
var Steps = []Step{StepTaken, StepLevels, StepBoard, StepBriefing}

// after is how long after the intake each is due.
var after = map[Step]time.Duration{StepTaken: 0, StepLevels: 15 * time.Minute, StepBoard: 30 * time.Minute, StepBriefing: time.Hour}

// IntakeStep is one of them, done.
type IntakeStep struct {
	Day    string    `bun:",pk" json:"day"` // whose events are collected, 2006-01-02 on site
	Step   Step      `bun:",pk" json:"step"`
	DoneAt time.Time `json:"done_at"`
	DoneBy string    `json:"done_by"`
	Late   bool      `json:"late"`
	Events int       `json:"events"` // how many there were; 0: none tomorrow
}

// What the site decides about boards and the intake, and what is usual.
const (
	IntakeUsual      = "17:00"
	IntakeNever      = "-" // nobody is reminded; steps are due at the usual hour
	IntakeGraceUsual = 10  // minutes after which a step is late
	SeenUsual        = 30  // minutes after which the supervisor is told who has not seen a bulletin
	IntakeGraceMost  = 240
	SeenMost         = 1440
)

// ParseDay reads 2006-01-02 as the beginning of that day on site.
func ParseDay(s string, loc *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, s, loc)
	return t, err == nil && t.Year() >= 2000 && t.Year() < 2200
}

// SiteDay is the day on site that holds t.
func SiteDay(t time.Time, loc *time.Location) string { return t.In(loc).Format(time.DateOnly) }

// StepDue is when the step for the events of that day is due: by the site's clock,
// on the day before.
func (s *Site) StepDue(day string, step Step, loc *time.Location) time.Time {
	d, ok := ParseDay(day, loc)
	if !ok {
		return time.Time{}
	}
	clock, err := time.Parse("15:04", s.IntakeAt)
	if err != nil {
		clock, _ = time.Parse("15:04", IntakeUsual)
	}
	at := time.Date(d.Year(), d.Month(), d.Day()-1, clock.Hour(), clock.Minute(), 0, 0, loc)
	return at.Add(after[step]).UTC()
}

// StepLate tells that it is too late for the step.
func (s *Site) StepLate(day string, step Step, at time.Time, loc *time.Location) bool {
	return at.After(s.StepDue(day, step, loc).Add(time.Duration(s.IntakeGrace) * time.Minute))
}

// Lack is what an event of tomorrow has not got.
type Lack string

// The lacks, as the intake lists them.
const (
	LackConfirmed Lack = "confirmed"
	LackLevel     Lack = "level" // levels 1 and 2 need a reason
	LackCommander Lack = "commander"
	LackCrew      Lack = "crew"
	LackRoom      Lack = "room"
)

// Lacks lists what the event has not got; people are those assigned to it.
func Lacks(e *Event, people int) []Lack {
	var list []Lack
	if e.Status == EventDraft || e.Status == EventRequested {
		list = append(list, LackConfirmed)
	}
	if e.Level <= 2 && e.LevelReason == "" {
		list = append(list, LackLevel)
	}
	if e.CommanderID == "" {
		list = append(list, LackCommander)
	}
	if people == 0 {
		list = append(list, LackCrew)
	}
	if len(e.Rooms) == 0 {
		list = append(list, LackRoom)
	}
	return list
}

// Repeat is how a series goes on.
type Repeat string

// Every week, every n days, every month on the same day.
const (
	RepeatWeekly  Repeat = "weekly"
	RepeatDays    Repeat = "days"
	RepeatMonthly Repeat = "monthly"
)

// Repeats in the order in which forms offer them.
var Repeats = []Repeat{RepeatWeekly, RepeatDays, RepeatMonthly}

// SeriesMost is how many events one series gets at most.
const SeriesMost = 52

// SeriesDates are the starts of the count events after the first, by the site's
// clock: a summer time does not move them. A month without that day has its last.
func SeriesDates(start time.Time, how Repeat, every, count int, loc *time.Location) []time.Time {
	l := start.In(loc)
	var list []time.Time
	for n := 1; n <= count; n++ {
		y, m, d := l.Date()
		switch how {
		case RepeatMonthly:
			m += time.Month(n)
			if last := time.Date(y, m+1, 0, 0, 0, 0, 0, loc).Day(); d > last {
				d = last
			}
		case RepeatDays:
			d += every * n
		default:
			d += 7 * n
		}
		list = append(list, time.Date(y, m, d, l.Hour(), l.Minute(), l.Second(), 0, loc).UTC())
	}
	return list
}
