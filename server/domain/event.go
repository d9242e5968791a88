package domain

import (
	"fmt"
	"time"
)

// EventStatus is where an event stands in its life.
type EventStatus string

// draft → requested → confirmed → preparing → ready → live → clearing → released → closed; cancelled.
const (
	EventDraft     EventStatus = "draft"
	EventRequested EventStatus = "requested"
	EventConfirmed EventStatus = "confirmed"
	EventPreparing EventStatus = "preparing"
	EventReady     EventStatus = "ready"
	EventLive      EventStatus = "live"
	EventClearing  EventStatus = "clearing"
	EventReleased  EventStatus = "released"
	EventClosed    EventStatus = "closed"
	EventCancelled EventStatus = "cancelled"
)

// EventStatuses in the order of life.
var EventStatuses = []EventStatus{EventDraft, EventRequested, EventConfirmed, EventPreparing, EventReady, EventLive, EventClearing, EventReleased, EventClosed, EventCancelled}

// Secrecy grades narrow every path by which an event can be seen (D.5).
type Secrecy string

// normal: crews of the event; internal: the same, no photos outside; secret: assigned people only, alias on boards.
const (
	SecrecyNormal   Secrecy = "normal"
	SecrecyInternal Secrecy = "internal"
	SecrecySecret   Secrecy = "secret"
)

// Secrecies in the order in which forms offer them.
var Secrecies = []Secrecy{SecrecyNormal, SecrecyInternal, SecrecySecret}

// EventTypes are the 会务类型 offered; free text is not, so that reports can group.
var EventTypes = []string{"meeting", "visit", "conference", "talks", "signing", "training", "ceremony", "video"}

// Event is one meeting or visit that crews serve. Times are UTC.
type Event struct {
	ID              string      `bun:",pk" json:"id"`
	Number          string      `json:"number"` // EV-YYYYMMDD-NN, date of the start on site
	Name            string      `json:"name"`
	Type            string      `json:"type"`
	Organiser       string      `json:"organiser"`
	Contact         string      `json:"contact"`
	ContactPhone    string      `bun:",nullzero" json:"contact_phone,omitempty"`
	PrincipalGuest  string      `bun:",nullzero" json:"principal_guest,omitempty"`
	Notes           string      `bun:",nullzero" json:"notes,omitempty"`
	Level           int         `json:"level"` // reception level 1 (highest) … 4
	LevelReason     string      `bun:",nullzero" json:"level_reason,omitempty"`
	Secrecy         Secrecy     `json:"secrecy"`
	Status          EventStatus `json:"status"`
	Heads           int         `json:"heads"`                // guests and hosts seated
	ArrivalAt       *time.Time  `json:"arrival_at,omitempty"` // planned arrival of the first guest; nil = no reception, A = S
	StartAt         time.Time   `json:"start_at"`
	EndAt           time.Time   `json:"end_at"`
	BreakAt         *time.Time  `json:"break_at,omitempty"`          // planned tea break
	ActualArrivalAt *time.Time  `json:"actual_arrival_at,omitempty"` // first guest at the gate
	ActualStartAt   *time.Time  `json:"actual_start_at,omitempty"`
	ActualEndAt     *time.Time  `json:"actual_end_at,omitempty"`
	LeftAt          *time.Time  `json:"left_at,omitempty"`   // all guests left (item M13)
	ErasedAt        *time.Time  `json:"erased_at,omitempty"` // what names its guests was taken out: store.EraseGuests
	CommanderID     string      `bun:",nullzero" json:"commander_id,omitempty"`
	Photo           bool        `json:"photo"`               // photographer asked for (level 2 on request)
	Recording       bool        `json:"recording"`           // sound or video is recorded
	TeaMinutes      int         `json:"tea_minutes"`         // 0 = the level's own interval
	NoBuffer        bool        `json:"no_buffer,omitempty"` // meets in the room as it stands: no set-up, no clear-out
	ReadyAt         *time.Time  `json:"ready_at,omitempty"`
	ReadyBy         string      `bun:",nullzero" json:"ready_by,omitempty"`
	EarlyAt         *time.Time  `json:"early_at,omitempty"`                   // guests stood at the gate before their time
	EarlyMode       string      `bun:",nullzero" json:"early_mode,omitempty"` // what the commander decided: EarlyLounge or EarlyGo
	SeriesID        string      `bun:",nullzero" json:"series_id,omitempty"`  // the same for events that were made as a series
	TemplateNo      int         `json:"template_no,omitempty"`                // version of the templates that it runs; 0 = it has no items yet
	PassNo          int         `json:"-"`                                    // see Pass
	Seq             int64       `json:"seq"`                                  // topic seq of the last change of these fields
	StateAt         time.Time   `json:"state_at"`
	CreatedAt       time.Time   `json:"created_at"`

	Register

	Rooms []Room `bun:"-" json:"rooms"` // filled by the store
}

// Site is the building this installation serves: exactly one row.
type Site struct {
	ID     string `bun:",pk" json:"id"`
	Name   string `json:"name"`
	Office string `json:"office"` // 管理处
	Client string `json:"client"` // 甲方

	DaisRule  DaisRule `json:"dais_rule"`  // of even rows on the dais; "" is A
	GuestDays int      `json:"guest_days"` // how long after an event its guests are kept by name

	NoGuestPhotos bool `json:"no_guest_photos"` // the house shows nobody what its guests look like

	// ReplyMinutes of house hours has the house to answer a booking request; see HouseHours.
	ReplyMinutes int    `json:"reply_minutes"`
	HouseOpens   int    `json:"house_opens"`
	HouseCloses  int    `json:"house_closes"`
	HouseDays    string `json:"house_days"`
	IntakeAt     string `json:"intake_at"`    // "17:00": when the events of the next day are collected, by the site's clock
	IntakeGrace  int    `json:"intake_grace"` // minutes after which a step of the intake is late
	SeenMinutes  int    `json:"seen_minutes"` // after which the supervisor is told who has not seen a bulletin

	SetupMin int `json:"setup_min"` // before an event, of rooms that do not say otherwise
	ClearMin int `json:"clear_min"` // after it
	DayHours int `json:"day_hours"` // of work on one day, beyond which a person is overloaded
}

// Assignment puts a person on an event, in a crew.
type Assignment struct {
	EventID  string `bun:",pk" json:"event_id"`
	PersonID string `bun:",pk" json:"person_id"`
	Crew     Crew   `json:"crew"`
	Post     string `bun:",nullzero" json:"post,omitempty"`
	Lead     bool   `json:"lead,omitempty"` // of the crew at this event: accepts its work notice
	Seq      int64  `json:"seq,omitempty"`  // of the event's topic, when he was put here; 0 = by the event's form
}

// Arrival is anchor A: the planned (or actual, when earlier known) arrival of
// the first guest; without a reception it is the start.
func (e *Event) Arrival() time.Time {
	if e.ArrivalAt != nil {
		return *e.ArrivalAt
	}
	return e.StartAt
}

// Planned lists, in the order of life, what may follow now.
var eventNext = map[EventStatus][]EventStatus{
	EventDraft:     {EventRequested, EventConfirmed, EventCancelled},
	EventRequested: {EventConfirmed, EventCancelled, EventDraft},
	EventConfirmed: {EventPreparing, EventCancelled},
	EventPreparing: {EventReady, EventLive, EventCancelled},
	EventReady:     {EventPreparing, EventLive, EventCancelled},
	EventLive:      {EventClearing},
	EventClearing:  {EventReleased, EventLive},
	EventReleased:  {EventClosed, EventClearing},
	EventClosed:    {EventReleased},
	EventCancelled: {EventDraft},
}

// CanBecome tells whether the status may follow the present one.
func (e *Event) CanBecome(s EventStatus) bool {
	for _, n := range eventNext[e.Status] {
		if n == s {
			return true
		}
	}
	return false
}

// Working is true from confirmation until the crew is released: items can be worked on.
func (s EventStatus) Working() bool {
	switch s {
	case EventConfirmed, EventPreparing, EventReady, EventLive, EventClearing, EventReleased:
		return true
	}
	return false
}

// Over is true when nothing more is expected to happen.
func (s EventStatus) Over() bool { return s == EventClosed || s == EventCancelled }

// HasItems is true once the event was confirmed.
func (s EventStatus) HasItems() bool { return s.Working() || s == EventClosed }

// Alias is what boards call a secret event: the running number of the day
// ("01" of EV-20260318-01); the sentence around it is translated.
func (e *Event) Alias() string {
	if len(e.Number) >= 2 {
		return e.Number[len(e.Number)-2:]
	}
	return "00"
}

// LeadMinutes is how long before arrival the crews must be on site (J.4.2.1.1.3a).
func LeadMinutes(level int) int {
	if level <= 2 {
		return 90
	}
	return 30
}

// TeaEvery is the interval of tea rounds in minutes (J.4.2.1.2.2a: 30 unless asked otherwise).
func (e *Event) TeaEvery() int {
	if e.TeaMinutes > 0 {
		return e.TeaMinutes
	}
	if e.Level <= 2 {
		return 20
	}
	return 30
}

// EventNumber builds the printable number from the site date and the day's count.
func EventNumber(start time.Time, loc *time.Location, n int) string {
	return fmt.Sprintf("EV-%s-%02d", start.In(loc).Format("20060102"), n)
}

// headsMost is how many people an event, a room or a rule may have to do with.
const headsMost = 100000

// Validate checks the typed fields for saving. A draft may lack what
// ValidateConfirm asks for, but what is there must make sense.
func (e *Event) Validate() error {
	var bad Invalid
	e.Tidy()
	for _, t := range EventTexts {
		if len([]rune(*t.of(e))) > t.Most {
			bad.Add(t.Field, "field.too_long", "max", itoa(t.Most))
		}
	}
	if e.Name == "" {
		bad.Add("name", "field.required")
	}
	if !contains(EventTypes, e.Type) {
		bad.Add("type", "field.choose")
	}
	if e.Level < 1 || e.Level > 4 {
		bad.Add("level", "event.level_range")
	}
	if e.Secrecy != SecrecyNormal && e.Secrecy != SecrecyInternal && e.Secrecy != SecrecySecret {
		bad.Add("secrecy", "field.choose")
	}
	if e.Heads < 0 || e.Heads > headsMost {
		bad.Add("heads", "event.heads_range")
	}
	if e.TeaMinutes != 0 && (e.TeaMinutes < 5 || e.TeaMinutes > 240) {
		bad.Add("tea_minutes", "event.tea_range")
	}
	switch {
	case e.StartAt.IsZero():
		bad.Add("start_at", "field.time")
	case e.EndAt.IsZero():
		bad.Add("end_at", "field.time")
	case !e.EndAt.After(e.StartAt):
		bad.Add("end_at", "event.end_before_start")
	case e.EndAt.Sub(e.StartAt) > 14*24*time.Hour:
		bad.Add("end_at", "event.too_long")
	}
	if e.ArrivalAt != nil && !e.StartAt.IsZero() {
		if e.ArrivalAt.After(e.StartAt) {
			bad.Add("arrival_at", "event.arrival_after_start")
		} else if e.StartAt.Sub(*e.ArrivalAt) > 24*time.Hour {
			bad.Add("arrival_at", "event.arrival_too_early")
		}
	}
	if e.BreakAt != nil && (e.BreakAt.Before(e.StartAt) || e.BreakAt.After(e.EndAt)) {
		bad.Add("break_at", "event.break_outside")
	}
	e.checkRegister(&bad)
	return bad.Err()
}

// ValidateConfirm asks for what an event needs before crews may work on it: the
// required ones of Missing.
func (e *Event) ValidateConfirm() error {
	if err := e.Validate(); err != nil {
		return err
	}
	var bad Invalid
	for _, m := range e.Missing() {
		if m.Required {
			bad.Add(m.Field, m.Key)
		}
	}
	return bad.Err()
}

func contains[T comparable](list []T, s T) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
