package domain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Supply is a thing that the house hands out for events, and how many of it it has (C.7.3, H.4.4).
type Supply struct {
	ID       string `bun:",pk" json:"id"`
	Name     string `json:"name"` // as events ask for it
	NameEn   string `bun:",nullzero" json:"name_en,omitempty"`
	Stock    int    `json:"stock"`
	Consumed bool   `json:"consumed"` // used up: it does not come back after an event
	Sort     int    `json:"-"`
}

// Limits of the list of supplies.
const (
	SuppliesMost = 300
	stockMost    = 1_000_000
)

// Check cleans what was typed of a supply and tells whether it can be kept.
func (s *Supply) Check() error {
	var bad Invalid
	checkText(&bad, "name", &s.Name, 30, true)
	checkText(&bad, "name_en", &s.NameEn, 40, false)
	if strings.ContainsFunc(s.Name, supplySeparates) {
		bad.Add("name", "supply.plain_name")
	}
	if strings.ContainsFunc(s.NameEn, supplySeparates) {
		bad.Add("name_en", "supply.plain_name")
	}
	if s.Stock < 0 || s.Stock > stockMost {
		bad.Add("stock", "field.between", "min", "0", "max", strconv.Itoa(stockMost))
	}
	return bad.Err()
}

// supplySeparates tells what parts one supply from the next, or its name from its count.
func supplySeparates(r rune) bool {
	return strings.ContainsRune(",，、;；·\n(（)）", r) || r >= '0' && r <= '9'
}

// Is tells whether the supply goes by that name.
func (s *Supply) Is(name string) bool {
	key := StakeKey(name)
	return key != "" && (key == StakeKey(s.Name) || key == StakeKey(s.NameEn))
}

// SupplyNeed is what an event asks for.
type SupplyNeed struct {
	Name string `json:"name"`
	N    int    `json:"n"` // 0 = how many was not said
}

// SupplyNeeds reads what was typed: 矿泉水 132、茶叶 198 g · 点心 60份(无坚果标识), or
// "66 tea sets". What stands after the count, or in parentheses, is a remark; the
// same name twice adds up.
func SupplyNeeds(text string) []SupplyNeed {
	var list []SupplyNeed
	depth := 0
	parts := strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(', '（':
			depth++
		case ')', '）':
			depth = max(0, depth-1)
		}
		return depth == 0 && strings.ContainsRune(",，、;；·\n", r)
	})
	for _, part := range parts {
		n := supplyNeed(part)
		if n.Name == "" {
			continue
		}
		if k := slices.IndexFunc(list, func(x SupplyNeed) bool { return StakeKey(x.Name) == StakeKey(n.Name) }); k >= 0 {
			list[k].N += n.N
		} else {
			list = append(list, n)
		}
	}
	return list
}

func supplyNeed(s string) SupplyNeed {
	if k := strings.IndexAny(s, "(（"); k >= 0 {
		s = s[:k]
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	trim := func(s string) string { return strings.Trim(s, " 　:：×*xX") }
	k := strings.IndexFunc(s, digit)
	if k < 0 {
		return SupplyNeed{Name: trim(s)}
	}
	name, rest := trim(s[:k]), s[k:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !digit(r) })
	if end < 0 {
		end = len(rest)
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil || n > stockMost {
		n = stockMost // no house has as many: it will be short
	}
	if name == "" {
		name = trim(rest[end:])
	}
	return SupplyNeed{Name: name, N: n}
}

// SupplyText is what the event says of supplies; before it had a field of its own, a
// line of its notes did.
func (e *Event) SupplyText() string {
	if e.Supplies != "" {
		return e.Supplies
	}
	return suppliesLine(e.Notes)
}

// suppliesLine is the line of an event's notes that begins with 用品 or "Supplies" and a colon.
func suppliesLine(notes string) string {
	for line := range strings.Lines(notes) {
		line = strings.TrimSpace(line)
		for _, word := range []string{"用品:", "用品：", "Supplies:", "supplies:"} { // allow: what people type
			if rest, ok := strings.CutPrefix(line, word); ok {
				return strings.TrimSpace(rest)
			}
		}
	}
	return ""
}

// How long before its crews are on site an event's supplies are handed out (item G3),
// and how long after its end they are back (item S24).
const (
	handOutBefore = 5 * time.Minute
	handBackAfter = 35 * time.Minute
)

// SupplySpan is from when until when an event has its supplies.
func (e *Event) SupplySpan(now time.Time) (from, to time.Time) {
	_, until := e.Spans(now)
	return e.Arrival().Add(-time.Duration(LeadMinutes(e.Level))*time.Minute - handOutBefore), until.Add(handBackAfter)
}

// SupplyUse is what one event takes of a supply.
type SupplyUse struct {
	Event    *Event
	N        int
	From, To time.Time
}

// Shortage is a supply of which events need more at once than the house has.
type Shortage struct {
	Supply Supply
	Need   int
	Uses   []SupplyUse // those that need it then, the earliest first
	From   time.Time
	To     time.Time
}

// Missing is how many are too few.
func (s *Shortage) Missing() int { return s.Need - s.Supply.Stock }

// SupplyUses are what events take of each supply, by its id, the earliest first; others
// are the things that they ask for and the list does not know. Drafts and events that
// are over or cancelled take nothing.
func SupplyUses(supplies []Supply, events []Event, now time.Time) (uses map[string][]SupplyUse, others []SupplyNeed) {
	uses = map[string][]SupplyUse{}
	for k := range events {
		e := &events[k]
		if !e.Status.TakesRooms() || e.Status.Over() {
			continue
		}
		from, to := e.SupplySpan(now)
		for _, n := range SupplyNeeds(e.SupplyText()) {
			at := slices.IndexFunc(supplies, func(s Supply) bool { return s.Is(n.Name) })
			switch {
			case at >= 0 && n.N > 0:
				uses[supplies[at].ID] = append(uses[supplies[at].ID], SupplyUse{e, n.N, from, to})
			case at < 0:
				known := slices.IndexFunc(others, func(o SupplyNeed) bool { return StakeKey(o.Name) == StakeKey(n.Name) })
				if known < 0 {
					known, others = len(others), append(others, SupplyNeed{Name: n.Name})
				}
				others[known].N += n.N
			}
		}
	}
	for _, list := range uses {
		slices.SortStableFunc(list, func(a, b SupplyUse) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Event.ID, b.Event.ID)) })
	}
	return uses, others
}

// Peak is how many are out at once at most, and with whom; of what is used up, all of it.
func (s *Supply) Peak(uses []SupplyUse) (n int, with []SupplyUse) {
	if s.Consumed {
		for _, u := range uses {
			n += u.N
		}
		return n, uses
	}
	for _, at := range uses { // the most are out when somebody has just taken some
		sum := 0
		var out []SupplyUse
		for _, u := range uses {
			if !u.From.After(at.From) && u.To.After(at.From) {
				sum += u.N
				out = append(out, u)
			}
		}
		if sum > n {
			n, with = sum, out
		}
	}
	return n, with
}

// Shortages are the supplies of which too few are there, by time: things that come
// back wherever events overlap, what is used up day by day.
func Shortages(supplies []Supply, uses map[string][]SupplyUse, loc *time.Location) []Shortage {
	var list []Shortage
	for k := range supplies {
		s := &supplies[k]
		for _, group := range s.groups(uses[s.ID], loc) {
			need, with := s.Peak(group)
			if need <= s.Stock {
				continue
			}
			x := Shortage{Supply: *s, Need: need, Uses: with, From: with[0].From, To: with[0].To}
			for _, u := range with {
				switch {
				case s.Consumed:
					x.To = later(x.To, u.To)
				default:
					x.From = later(x.From, u.From)
					if u.To.Before(x.To) {
						x.To = u.To
					}
				}
			}
			list = append(list, x)
		}
	}
	slices.SortStableFunc(list, func(a, b Shortage) int { return a.From.Compare(b.From) })
	return list
}

// groups are the uses that bear upon each other: of one day, or a chain of overlaps.
func (s *Supply) groups(uses []SupplyUse, loc *time.Location) [][]SupplyUse {
	var list [][]SupplyUse
	var until time.Time
	for _, u := range uses {
		n := len(list)
		joins := n > 0 && u.From.Before(until)
		if s.Consumed {
			joins = n > 0 && list[n-1][0].Event.StartAt.In(loc).Format(time.DateOnly) == u.Event.StartAt.In(loc).Format(time.DateOnly)
		}
		if !joins {
			list, until = append(list, nil), u.To
			n++
		}
		list[n-1] = append(list[n-1], u)
		until = later(until, u.To)
	}
	return list
}

// ShortFor leaves the shortages in which an event has a part.
func ShortFor(list []Shortage, eventID string) []Shortage {
	return slices.DeleteFunc(list, func(s Shortage) bool {
		return !slices.ContainsFunc(s.Uses, func(u SupplyUse) bool { return u.Event.ID == eventID })
	})
}
