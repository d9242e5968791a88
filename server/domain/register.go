package domain

import (
	"slices"
	"strings"
	"time"
)

// Register is what the 《会务服务登记表》 asks about an event besides its name, times,
// rooms and people (J.4.2.1.1.1b, B.7, C.7). Times are UTC.
type Register struct {
	Undertaker     string    `bun:",nullzero" json:"undertaker,omitempty"` // 筹办单位; "" = the organiser itself
	Purpose        string    `bun:",nullzero" json:"purpose,omitempty"`
	Needs          string    `bun:",nullzero" json:"needs,omitempty"`  // of those who take part
	Wishes         string    `bun:",nullzero" json:"wishes,omitempty"` // of the organiser
	PrincipalTitle string    `bun:",nullzero" json:"principal_title,omitempty"`
	GuestRank      GuestRank `bun:",nullzero" json:"guest_rank,omitempty"` // who comes
	HostRank       HostRank  `bun:",nullzero" json:"host_rank,omitempty"`  // who receives
	GuestHeads     int       `json:"guest_heads,omitempty"`                // of Heads; 0 = not said
	EscortHeads    int       `json:"escort_heads,omitempty"`               // of Heads: who comes with them or receives them
	ExpenseClass   int       `json:"expense_class,omitempty"`              // 会议类别 1 … 4 of the rules on expenses, another thing than the level; 0 = not said
	Layout         Layout    `bun:",nullzero" json:"layout,omitempty"`
	TeaWish        string    `bun:",nullzero" json:"tea_wish,omitempty"`
	WelcomeText    string    `bun:",nullzero" json:"welcome_text,omitempty"`
	Banner         string    `bun:",nullzero" json:"banner,omitempty"`
	Flowers        string    `bun:",nullzero" json:"flowers,omitempty"`
	SeatWish       string    `bun:",nullzero" json:"seat_wish,omitempty"`
	PhotoWish      string    `bun:",nullzero" json:"photo_wish,omitempty"`
	Supplies       string    `bun:",nullzero" json:"supplies,omitempty"` // see SupplyNeeds
	LiftID         string    `bun:",nullzero" json:"lift_id,omitempty"`  // 专梯: the lift that is held for the guests
	RegisteredBy   string    `bun:",nullzero" json:"registered_by,omitempty"`

	FollowUp
}

// FollowUp is the call or visit afterwards, on the same form (J.7.2b).
type FollowUp struct {
	FollowedAt *time.Time `json:"followed_at,omitempty"`
	FollowWay  FollowWay  `bun:",nullzero" json:"follow_way,omitempty"`
	FollowWith string     `bun:",nullzero" json:"follow_with,omitempty"` // who was asked
	FollowSaid string     `bun:",nullzero" json:"follow_said,omitempty"`
	FollowDone string     `bun:",nullzero" json:"follow_done,omitempty"` // what is done about it
	FollowedBy string     `bun:",nullzero" json:"followed_by,omitempty"`
}

// Signed is who signed the service record for the organiser, and when.
type Signed struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// FollowWay is how those who took part were asked (J.7.2a).
type FollowWay string

// FollowWays in the order of the form: at their door, by phone, by code.
var FollowWays = []FollowWay{"visit", "phone", "code"}

// ExpenseClasses of the rules on expenses, 0 for not said.
var ExpenseClasses = []int{0, 1, 2, 3, 4}

// EventText is a typed text of an event: its name in forms, how many characters it
// may have, and whether lines stay.
type EventText struct {
	Field string
	Most  int
	Lines bool
	of    func(e *Event) *string
}

// EventTexts are all of them.
var EventTexts = []EventText{
	{"name", 80, false, func(e *Event) *string { return &e.Name }},
	{"organiser", 60, false, func(e *Event) *string { return &e.Organiser }},
	{"undertaker", 60, false, func(e *Event) *string { return &e.Undertaker }},
	{"contact", 40, false, func(e *Event) *string { return &e.Contact }},
	{"contact_phone", 30, false, func(e *Event) *string { return &e.ContactPhone }},
	{"principal_guest", 60, false, func(e *Event) *string { return &e.PrincipalGuest }},
	{"principal_title", 60, false, func(e *Event) *string { return &e.PrincipalTitle }},
	{"level_reason", 200, false, func(e *Event) *string { return &e.LevelReason }},
	{"purpose", 500, true, func(e *Event) *string { return &e.Purpose }},
	{"needs", 500, true, func(e *Event) *string { return &e.Needs }},
	{"wishes", 500, true, func(e *Event) *string { return &e.Wishes }},
	{"tea_wish", 200, false, func(e *Event) *string { return &e.TeaWish }},
	{"welcome_text", 200, false, func(e *Event) *string { return &e.WelcomeText }},
	{"banner", 200, false, func(e *Event) *string { return &e.Banner }},
	{"flowers", 200, false, func(e *Event) *string { return &e.Flowers }},
	{"seat_wish", 200, false, func(e *Event) *string { return &e.SeatWish }},
	{"photo_wish", 200, false, func(e *Event) *string { return &e.PhotoWish }},
	{"supplies", 500, false, func(e *Event) *string { return &e.Supplies }},
	{"notes", 2000, true, func(e *Event) *string { return &e.Notes }},
	{"follow_with", 60, false, func(e *Event) *string { return &e.FollowWith }},
	{"follow_said", 1000, true, func(e *Event) *string { return &e.FollowSaid }},
	{"follow_done", 1000, true, func(e *Event) *string { return &e.FollowDone }},
}

// Tidy cleans what was typed: see Clean.
func (e *Event) Tidy() {
	for _, t := range EventTexts {
		s := t.of(e)
		*s = Clean(*s, t.Lines)
	}
}

// ReplaceTexts puts every typed text of the event through f.
func (e *Event) ReplaceTexts(f func(string) string) {
	for _, t := range EventTexts {
		if s := t.of(e); *s != "" {
			*s = f(*s)
		}
	}
}

func (e *Event) checkRegister(bad *Invalid) {
	if e.GuestRank != "" && !contains(GuestRanks, e.GuestRank) {
		bad.Add("guest_rank", "field.choose")
	}
	if e.HostRank != "" && !contains(HostRanks, e.HostRank) {
		bad.Add("host_rank", "field.choose")
	}
	if e.Layout != "" && !contains(Layouts, e.Layout) {
		bad.Add("layout", "field.choose")
	}
	if !contains(ExpenseClasses, e.ExpenseClass) {
		bad.Add("expense_class", "field.choose")
	}
	for _, n := range []struct {
		field string
		heads int
	}{{"guest_heads", e.GuestHeads}, {"escort_heads", e.EscortHeads}} {
		if n.heads < 0 || n.heads > headsMost {
			bad.Add(n.field, "event.heads_range")
		}
	}
	if e.Heads > 0 && e.GuestHeads >= 0 && e.EscortHeads >= 0 && e.GuestHeads+e.EscortHeads > e.Heads {
		bad.Add("guest_heads", "event.heads_sum")
	}
}

// Missing is a field of the register that is empty.
type Missing struct {
	Field    string
	Key      string // the sentence beside it
	Required bool   // the event cannot be confirmed before
}

// Missing lists what the register still lacks, in the order of the form. Required
// are A.3.1.1 and J.5.1.1 (organiser, place, heads; name and times are always
// there), somebody to ask, J.3.5 (a commander) and the reason of a high level; the
// others are asked for as long as they are empty (B.18).
func (e *Event) Missing() []Missing {
	var list []Missing
	add := func(missing, required bool, field, key string) {
		if missing {
			list = append(list, Missing{Field: field, Key: key, Required: required})
		}
	}
	high := e.Level <= 2
	add(e.Heads < 1, true, "heads", "event.heads_needed")
	add(e.Organiser == "", true, "organiser", "field.required")
	add(e.Contact == "", true, "contact", "field.required")
	add(e.ContactPhone == "", false, "contact_phone", "field.required")
	add(e.Purpose == "", false, "purpose", "field.required")
	add(e.GuestRank == "", false, "guest_rank", "field.required")
	add(e.HostRank == "" && high, false, "host_rank", "field.required")
	add(high && e.LevelReason == "", true, "level_reason", "event.level_reason_needed")
	add(e.ArrivalAt != nil && e.PrincipalGuest == "", false, "principal_guest", "field.required")
	add(e.PrincipalGuest != "" && e.PrincipalTitle == "", false, "principal_title", "field.required")
	add(high && e.GuestHeads == 0, false, "guest_heads", "field.required")
	add(e.ExpenseClass == 0, false, "expense_class", "field.required")
	add(len(e.Rooms) == 0, true, "rooms", "event.room_needed")
	add(e.CommanderID == "", true, "commander_id", "event.commander_needed")
	add(e.Layout == "", false, "layout", "field.required")
	add(high && e.WelcomeText == "", false, "welcome_text", "field.required")
	add(high && e.SeatWish == "", false, "seat_wish", "field.required")
	add(e.Photo && e.PhotoWish == "", false, "photo_wish", "field.required")
	return list
}

// CheckFollowUp cleans and checks the call or visit afterwards.
func (e *Event) CheckFollowUp() error {
	e.Tidy()
	var bad Invalid
	for _, t := range EventTexts {
		if strings.HasPrefix(t.Field, "follow_") && len([]rune(*t.of(e))) > t.Most {
			bad.Add(t.Field, "field.too_long", "max", itoa(t.Most))
		}
	}
	if !contains(FollowWays, e.FollowWay) {
		bad.Add("follow_way", "field.choose")
	}
	switch {
	case e.FollowedAt == nil:
		bad.Add("followed_at", "field.time")
	case e.FollowedAt.Before(e.StartAt):
		bad.Add("followed_at", "register.follow_early")
	}
	if e.FollowWith == "" {
		bad.Add("follow_with", "field.required")
	}
	if e.FollowSaid == "" {
		bad.Add("follow_said", "field.required")
	}
	return bad.Err()
}

// EventField is one thing that planners change on the event's form: two of them may
// change different ones at the same time.
type EventField struct {
	Name string // in forms
	Verb string // of its own log row; "" = together with the others, as event.facts
	same func(a, b *Event) bool
	take func(to, from *Event)
}

// EventFields are those of the form, besides the people.
var EventFields = eventFields()

func eventFields() []EventField {
	list := []EventField{
		field("type", func(e *Event) *string { return &e.Type }),
		field("level", func(e *Event) *int { return &e.Level }),
		field("secrecy", func(e *Event) *Secrecy { return &e.Secrecy }),
		field("heads", func(e *Event) *int { return &e.Heads }),
		field("guest_heads", func(e *Event) *int { return &e.GuestHeads }),
		field("escort_heads", func(e *Event) *int { return &e.EscortHeads }),
		field("guest_rank", func(e *Event) *GuestRank { return &e.GuestRank }),
		field("host_rank", func(e *Event) *HostRank { return &e.HostRank }),
		field("expense_class", func(e *Event) *int { return &e.ExpenseClass }),
		field("layout", func(e *Event) *Layout { return &e.Layout }),
		field("commander_id", func(e *Event) *string { return &e.CommanderID }),
		field("lift_id", func(e *Event) *string { return &e.LiftID }),
		field("photo", func(e *Event) *bool { return &e.Photo }),
		field("recording", func(e *Event) *bool { return &e.Recording }),
		field("no_buffer", func(e *Event) *bool { return &e.NoBuffer }),
		field("tea_minutes", func(e *Event) *int { return &e.TeaMinutes }),
		clock("arrival_at", func(e *Event) **time.Time { return &e.ArrivalAt }),
		clock("break_at", func(e *Event) **time.Time { return &e.BreakAt }),
		moment("start_at", func(e *Event) *time.Time { return &e.StartAt }),
		moment("end_at", func(e *Event) *time.Time { return &e.EndAt }),
		{
			Name: "rooms",
			same: func(a, b *Event) bool { return slices.Equal(a.RoomIDs(), b.RoomIDs()) },
			take: func(to, from *Event) { to.Rooms = from.Rooms },
		},
	}
	for _, t := range EventTexts {
		if !strings.HasPrefix(t.Field, "follow_") {
			list = append(list, field(t.Field, t.of))
		}
	}
	for k := range list {
		switch f := &list[k]; f.Name {
		case "name", "level", "secrecy", "heads", "rooms":
			f.Verb = "event." + f.Name
		case "arrival_at", "start_at", "end_at", "break_at":
			f.Verb = "event." + strings.TrimSuffix(f.Name, "_at")
		case "commander_id":
			f.Verb = "event.commander"
		}
	}
	return list
}

func field[T comparable](name string, of func(e *Event) *T) EventField {
	return EventField{
		Name: name,
		same: func(a, b *Event) bool { return *of(a) == *of(b) },
		take: func(to, from *Event) { *of(to) = *of(from) },
	}
}

// Forms know minutes: what differs by less is the same moment.
func sameMinute(a, b time.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

func moment(name string, of func(e *Event) *time.Time) EventField {
	return EventField{
		Name: name,
		same: func(a, b *Event) bool { return sameMinute(*of(a), *of(b)) },
		take: func(to, from *Event) { *of(to) = *of(from) },
	}
}

func clock(name string, of func(e *Event) **time.Time) EventField {
	return EventField{
		Name: name,
		same: func(a, b *Event) bool {
			x, y := *of(a), *of(b)
			return x == nil && y == nil || x != nil && y != nil && sameMinute(*x, *y)
		},
		take: func(to, from *Event) { *of(to) = *of(from) },
	}
}

// RoomIDs are the ids of the event's own rooms, sorted.
func (e *Event) RoomIDs() []string {
	ids := make([]string, 0, len(e.Rooms))
	for _, r := range e.Rooms {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// TakeFields copies the fields of the form.
func (e *Event) TakeFields(from *Event) {
	for _, f := range EventFields {
		f.take(e, from)
	}
}

// ChangedFields are the names of the form's fields that differ.
func ChangedFields(a, b *Event) []string {
	var list []string
	for _, f := range EventFields {
		if !f.same(a, b) {
			list = append(list, f.Name)
		}
	}
	return list
}

// Merge puts together what two people did with one form. opened is what the form
// showed, mine what it says now, now what stands there by somebody else's hand.
// What I left alone becomes what it is now. Fields that both changed, to different
// values, stay as they are now and are returned: somebody has to choose.
func (e *Event) Merge(opened, now *Event) (clashes []string) {
	for _, f := range EventFields {
		switch {
		case f.same(opened, e):
			f.take(e, now)
		case f.same(opened, now) || f.same(e, now):
		default:
			f.take(e, now)
			clashes = append(clashes, f.Name)
		}
	}
	return clashes
}

// MergeIDs is what stands there now, less what I took away, with what I added.
func MergeIDs(opened, mine, now []string) []string {
	var list []string
	for _, id := range now {
		if slices.Contains(mine, id) || !slices.Contains(opened, id) {
			list = append(list, id)
		}
	}
	for _, id := range mine {
		if !slices.Contains(opened, id) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
