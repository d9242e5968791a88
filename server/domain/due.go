package domain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Anchor is the moment of an event that an item's due time hangs on.
type Anchor string

// The anchors of domain templates.
const (
	AnchorArrival Anchor = "A"     // planned arrival of the first guest
	AnchorStart   Anchor = "S"     // start (actual once known)
	AnchorEnd     Anchor = "E"     // end (actual once known)
	AnchorLeft    Anchor = "L"     // all guests left (expected E+15 until known)
	AnchorDayPrev Anchor = "D-1"   // a clock time the day before
	AnchorBreak   Anchor = "B"     // planned tea break
	AnchorRound   Anchor = "R"     // every n minutes between start and end
	AnchorCall    Anchor = "call"  // on call: no due time
	AnchorFixed   Anchor = "fixed" // a time of its own (ad-hoc items)
	AnchorFloor   Anchor = "floor" // leader-floor duties, not of an event
)

// Due says when an item is due: Anchor plus Offset minutes, or Clock the day
// before, or every Every minutes. Until names a later anchor for duties that last.
type Due struct {
	Anchor Anchor
	Offset int    // minutes, negative = before
	Clock  string // "17:00" for D-1
	Every  int    // minutes, for rounds
	Until  string // "S", "A-5": end of a lasting duty, shown only
	Again  string // "E→L": a second stretch of a lasting duty, shown only
	When   string // "recording", "request": made only when the event asks for it
}

var (
	reOffset = regexp.MustCompile(`^([ASEL])([+-]\d{1,5})$`)
	reRange  = regexp.MustCompile(`^([ASEL])([+-]\d{1,5})\.\.([+-]\d{1,5})$`)
	reLast   = regexp.MustCompile(`^([ASEL])([+-]\d{1,5})→([ASEL])(?:, ([ASEL]→[ASEL]))?$`)
	rePrev   = regexp.MustCompile(`^D-1 ((?:[01]\d|2[0-3]):[0-5]\d)$`)
	reRound  = regexp.MustCompile(`^R([1-9]\d{0,3})$`)
	reBreak  = regexp.MustCompile(`^planned break ([+-]\d{1,5})$`)
)

// ParseDue reads one offset of a template ("A-90", "D-1 17:00", "R30 if recording" …).
func ParseDue(s string) (Due, error) {
	var d Due
	if base, ok := strings.CutSuffix(s, " if recording"); ok {
		s, d.When = base, "recording"
	}
	if base, ok := strings.CutSuffix(s, " on request"); ok {
		s, d.When = base, "request"
	}
	num := func(v string) int { n, _ := strconv.Atoi(v); return n }
	switch {
	case s == "on call":
		d.Anchor = AnchorCall
	case reOffset.MatchString(s):
		m := reOffset.FindStringSubmatch(s)
		d.Anchor, d.Offset = Anchor(m[1]), num(m[2])
	case reRange.MatchString(s):
		m := reRange.FindStringSubmatch(s)
		d.Anchor, d.Offset, d.Until = Anchor(m[1]), num(m[2]), m[1]+m[3]
	case reLast.MatchString(s):
		m := reLast.FindStringSubmatch(s)
		d.Anchor, d.Offset, d.Until, d.Again = Anchor(m[1]), num(m[2]), m[3], m[4]
	case rePrev.MatchString(s):
		d.Anchor, d.Clock = AnchorDayPrev, rePrev.FindStringSubmatch(s)[1]
	case reRound.MatchString(s):
		d.Anchor, d.Every = AnchorRound, num(reRound.FindStringSubmatch(s)[1])
	case reBreak.MatchString(s):
		d.Anchor, d.Offset = AnchorBreak, num(reBreak.FindStringSubmatch(s)[1])
	default:
		return d, fmt.Errorf("due rule %q is not known", s)
	}
	return d, nil
}

// String writes the rule as ParseDue reads it; "" for a due time that templates do not have.
func (d Due) String() string {
	s := ""
	switch d.Anchor {
	case AnchorCall:
		s = "on call"
	case AnchorDayPrev:
		s = "D-1 " + d.Clock
	case AnchorRound:
		s = "R" + strconv.Itoa(d.Every)
	case AnchorBreak:
		s = fmt.Sprintf("planned break %+d", d.Offset)
	case AnchorArrival, AnchorStart, AnchorEnd, AnchorLeft:
		s = fmt.Sprintf("%s%+d", d.Anchor, d.Offset)
		switch {
		case len(d.Until) > 1:
			s += ".." + d.Until[1:]
		case d.Until != "":
			s += "→" + d.Until
			if d.Again != "" {
				s += ", " + d.Again
			}
		}
	default:
		return ""
	}
	switch d.When {
	case "recording":
		s += " if recording"
	case "request":
		s += " on request"
	}
	return s
}

// ExpectedLeave is how long after the end guests are expected to be gone while
// nobody has confirmed it yet.
const ExpectedLeave = 15 * time.Minute

// AnchorAt is the moment of an anchor as known now; ok is false for anchors
// without a moment (on call, no planned break).
func (e *Event) AnchorAt(a Anchor) (t time.Time, ok bool) {
	switch a {
	case AnchorArrival:
		return e.Arrival(), true
	case AnchorStart, AnchorRound:
		if e.ActualStartAt != nil {
			return *e.ActualStartAt, true
		}
		return e.StartAt, true
	case AnchorEnd:
		if e.ActualEndAt != nil {
			return *e.ActualEndAt, true
		}
		return e.EndAt, true
	case AnchorLeft:
		if e.LeftAt != nil {
			return *e.LeftAt, true
		}
		end, _ := e.AnchorAt(AnchorEnd)
		return end.Add(ExpectedLeave), true
	case AnchorBreak:
		if e.BreakAt != nil {
			return *e.BreakAt, true
		}
	}
	return time.Time{}, false
}

// DueAt computes the due time of a rule on the event, in the site's zone loc
// for clock times; nil when there is none. Rounds give their first round.
func (e *Event) DueAt(d Due, loc *time.Location) *time.Time {
	if d.Anchor == AnchorDayPrev {
		clock, err := time.Parse("15:04", d.Clock)
		if err != nil {
			return nil
		}
		day := e.Arrival().In(loc).AddDate(0, 0, -1)
		t := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, loc).UTC()
		return &t
	}
	base, ok := e.AnchorAt(d.Anchor)
	if !ok {
		return nil
	}
	t := base.Add(time.Duration(d.Offset) * time.Minute)
	if d.Anchor == AnchorRound {
		t = base.Add(time.Duration(d.Every) * time.Minute)
	}
	t = t.UTC()
	return &t
}

// Rounds is how many rounds fit between start and end: the last one is before the end.
func (e *Event) Rounds(every int) int {
	if every <= 0 {
		return 0
	}
	s, _ := e.AnchorAt(AnchorStart)
	end, _ := e.AnchorAt(AnchorEnd)
	n := int((end.Sub(s) - time.Second) / (time.Duration(every) * time.Minute))
	return max(n, 0)
}
