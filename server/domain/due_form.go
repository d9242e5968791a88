package domain

import (
	"strconv"
)

// DueForm is a due rule as a form asks for it: words to choose from and figures. On is
// the anchor, or DueNever, DueSame, DueText.
type DueForm struct {
	On      string
	Minutes string // before or after the anchor; of a round: between two
	Way     string // "before" or "after"
	Clock   string // "17:00", the day before
	Until   string // the anchor up to which it lasts, "" = it is done once
	When    string // "", "recording", "request"
	Text    string // what no other field can say, as templates write it
}

// What On may be besides an anchor.
const (
	DueNever = "never" // not at this level
	DueSame  = "same"  // as at the level above
	DueText  = "text"
)

// FormOf is the form of a rule; above is the rule of the level above, "" for none.
func FormOf(rule, above string, first bool) DueForm {
	f := DueForm{On: DueNever, Way: "before", Text: rule}
	switch {
	case !first && rule == above:
		f.On = DueSame
		return f
	case rule == "":
		return f
	}
	d, err := ParseDue(rule)
	if err != nil || len(d.Until) > 1 || d.Again != "" {
		f.On = DueText
		return f
	}
	f.On, f.Clock, f.Until, f.When = string(d.Anchor), d.Clock, d.Until, d.When
	n := d.Offset
	if n >= 0 {
		f.Way = "after"
	}
	if d.Anchor == AnchorRound {
		n = d.Every
	}
	f.Minutes = strconv.Itoa(max(n, -n))
	return f
}

// Rule is the rule that the form says; above is that of the level above. An error is
// the field's sentence.
func (f DueForm) Rule(above string) (string, *FieldError) {
	d := Due{Anchor: Anchor(f.On), When: f.When}
	minutes := func(least, most int) (int, *FieldError) {
		n, err := strconv.Atoi(Clean(f.Minutes, false))
		if err != nil || n < least || n > most {
			return 0, &FieldError{Key: "template.minutes_range", Args: Args{"max": strconv.Itoa(most)}}
		}
		return n, nil
	}
	var bad *FieldError
	switch f.On {
	case "", DueNever:
		return "", nil
	case DueSame:
		return above, nil
	case DueText:
		text := Clean(f.Text, false)
		if _, err := ParseDue(text); err != nil {
			return "", &FieldError{Key: "template.due_unknown", Args: Args{"rule": text}}
		}
		return text, nil
	case string(AnchorCall):
	case string(AnchorDayPrev):
		d.Clock = Clean(f.Clock, false)
	case string(AnchorRound):
		d.Every, bad = minutes(1, 1440)
	case string(AnchorArrival), string(AnchorStart), string(AnchorEnd), string(AnchorLeft), string(AnchorBreak):
		d.Offset, bad = minutes(0, 10080)
		if f.Way == "before" {
			d.Offset = -d.Offset
		}
		if d.Anchor != AnchorBreak {
			d.Until = f.Until
		}
	}
	if bad != nil {
		return "", bad
	}
	rule := d.String()
	if again, err := ParseDue(rule); err != nil || again != d {
		key := "template.due_incomplete"
		if d.Anchor == AnchorDayPrev {
			key = "template.clock_form"
		}
		return "", &FieldError{Key: key, Args: Args{"rule": rule}}
	}
	return rule, nil
}
