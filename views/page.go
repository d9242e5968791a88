// Package views holds every page and fragment (templ). It knows the domain and
// the sentences, never a store or a request. A fragment shows the current state
// of one element, is the same for every viewer of its topic, and carries its
// id and data-seq; what a person may do is shown or hidden by the capability
// classes on the page's body.
package views

import (
	"time"

	"huiwu/server/domain"
	"huiwu/server/i18n"
)

// Ctx is what every fragment needs besides its subject.
type Ctx struct {
	Locale string
	Loc    *time.Location
	Now    time.Time         // UTC
	Names  map[string]string // person id → name
	Seq    int64             // head of the event's topic when its sums were read: data-seq of gauge, tally, rings …; 0 = not known
}

// T is the sentence of key in the reader's language; args are name, value, …
func (c Ctx) T(key string, args ...string) string { return i18n.T(c.Locale, key, args...) }

// Name of a person id, "" when unknown.
func (c Ctx) Name(id string) string { return c.Names[id] }

// Clock is a time as shown on rows: 15:04 in the site's zone.
func (c Ctx) Clock(t time.Time) string { return t.In(c.Loc).Format("15:04") }

// ClockP is Clock of a time that may be missing.
func (c Ctx) ClockP(t *time.Time) string {
	if t == nil {
		return ""
	}
	return c.Clock(*t)
}

// ISO is the machine form for <time datetime> and data attributes.
func ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Page is the frame of every full page.
type Page struct {
	Ctx
	Title  string         // already translated
	Nav    string         // which bottom-bar entry is current: "today", "events", "lobby", "board", "activity", "people", "me"
	Person *domain.Person // nil on the sign-in page
	Topics []LiveTopic    // what the page watches; empty = no socket
	View   string         // which fragments the socket should carry: "items", "guests", "lobby", "event", "board", "wall", "today"
	Caps   []string       // capability classes for <body>: "can-accept", "can-check", "can-edit", "can-run", "can-ready", "can-close", "can-add", "can-move", "can-edit-guests", "do-SVC" (may do that crew's items), "crew-SVC" (own crew)
	Demo   bool
	TV     bool   // wall screen mode
	Flash  string // one sentence shown once
	Theme  string // "light", "dark" or "dim" from the cookie "theme"; "" = as the device says
	Keep   string // what the language link of a page without a person keeps of the address: "next=…&"
	Bell   Bell
	Holes  bool   // what is the same in every page is left out and marked: see Hole
	Naming Naming // of guests, when the event is over
	Back   string // where the header's arrow leads; "" = no arrow; most pages set it themselves
}

// Naming says how a page names the guests of an event that is over; "": it is not.
type Naming string

// The ways.
const (
	NamesMasked Naming = "masked"
	NamesAsk    Naming = "ask" // masked, but the reader may have them
	NamesShown  Naming = "shown"
	NamesErased Naming = "erased" // for good
)

// LiveTopic is one topic with the seq that the page shows.
type LiveTopic struct {
	Topic domain.Topic
	Seq   int64
}

// Field errors by field name, already translated.
type Errors map[string]string

// SignInPage is GET /session/new.
type SignInPage struct {
	Page
	Login  string
	Next   string // local path to go on to
	Error  string
	People []DemoPerson // demo only: one-tap sign-in

	Known    string // whom this device remembers: only the PIN is asked for; "" = nobody
	Digits   bool   // his PIN is figures only
	Other    string // where somebody else signs in
	OIDC     string // name of the organisation's accounts; "" = not offered
	OIDCLink string
	ByOIDC   bool // Error is about them
}

// DemoPerson is one one-tap sign-in button of the demo.
type DemoPerson struct {
	StaffNo, Name, Role, Pin string
	Crew                     domain.Crew
}

// EventLine is an event in lists, with the sums that lists show.
type EventLine struct {
	domain.Event
	Progress domain.Progress
	Counts   domain.GuestCounts
	Head     int64 // head of the event's topic when the sums were read: data-seq of the card; 0 = not known
	Alias    bool  // show the alias instead of the name: secret and not for this reader
	Relation domain.Relation
}

// TodoItem is an item together with its event, for personal lists.
type TodoItem struct {
	domain.Item
	Event *domain.Event
}

// TodayPage is GET /today: most urgent first, then mine, then my events.
type TodayPage struct {
	Page
	Cues    []TodayCue  // what my crews were told and nobody has acknowledged
	Duties  []TodayDuty // where I stand today
	Urgent  *TodoItem
	Mine    []TodoItem // open items of my crew on my events, by due time
	Waiting []TodoItem // items waiting for my acceptance or check
	Events  []EventLine
	Boards  []TodayBoard // that name me, of today and tomorrow
	Intake  *TodayIntake // for who keeps it: what is next

	Milestones []TodayMilestone // mine, of planned tracks
}

// TodayMilestone is a milestone with its event.
type TodayMilestone struct {
	Event     *domain.Event
	Milestone domain.Milestone
}

// TodayCue is what a crew of mine was told at one event.
type TodayCue struct {
	Event *domain.Event
	Cue   domain.Cue
}

// TodayDuty is a person's own post at one event.
type TodayDuty struct {
	Event *domain.Event
	Board domain.PostBoard
}

// EventsPage is GET /events: one group a site day.
type EventsPage struct {
	Page
	From, To time.Time // shown range, site days
	Days     []EventDay
	Past     bool // the past was asked for
}

// EventDay groups events of one site day.
type EventDay struct {
	Day    time.Time
	Events []EventLine
}

// EventPage is GET /events/{id}.
type EventPage struct {
	Page
	Event               domain.Event
	Progress            domain.Progress
	Counts              domain.GuestCounts
	People              []AssignedPerson
	Feed                []domain.Change
	SeeGuests, SeeBoard bool
	Functions           []domain.Function
	Agenda              []domain.AgendaItem
	Collisions          []domain.Collision // of this event with others, for who may change it
	Short               []domain.Shortage  // supplies of which it and others need too many
	Milestones          []domain.Milestone // its planned track
	Drill               *domain.Drill      // the last one, for those who may run one; nil = none yet
	Request             *domain.Request    // that it came from, for those who deal with them

	Changes        []domain.Bulletin // what was told of its changes, in order
	Rooms          map[string]domain.Room
	NewestTemplate int // version that a new event would get
}

// AssignedPerson is a person on an event.
type AssignedPerson struct {
	domain.Person
	EventCrew domain.Crew
	Post      string
	Commander bool
}

// EventForm is GET /events/new and GET /events/{id}/edit, and their answer when
// a field is wrong: In keeps what was typed.
type EventForm struct {
	Page
	ID     string // empty for a new event
	In     EventInput
	Errors Errors
	Error  string // general sentence, "" when only fields are wrong
	Rooms  []domain.Room
	Lifts  []domain.Lift
	People []domain.Person   // who can be assigned
	Keys   map[string]string // person id → what a search looks in (search.Key); may be nil
	Status domain.EventStatus

	Seq        int64              // of the event when the form was opened
	Opened     string             // In as it was then (JSON): what the server compares with; "" = a new event
	Missing    []domain.Missing   // what the register lacks
	Clashes    []FormClash        // fields that somebody else changed meanwhile
	Suggestion *domain.Suggestion // of a level

	Alternatives *Alternatives // where the rooms were refused
}

// FormClash is a field that two people changed to different values.
type FormClash struct {
	domain.Clash
	Mine, Theirs string // as typed: see EventInput
}

// EventInput is the event as typed: strings stay as they were.
type EventInput struct {
	Name           string   `form:"name" json:"name"`
	Type           string   `form:"type" json:"type"`
	Organiser      string   `form:"organiser" json:"organiser"`
	Contact        string   `form:"contact" json:"contact"`
	ContactPhone   string   `form:"contact_phone" json:"contact_phone"`
	PrincipalGuest string   `form:"principal_guest" json:"principal_guest"`
	Notes          string   `form:"notes" json:"notes"`
	Level          string   `form:"level" json:"level"`
	LevelReason    string   `form:"level_reason" json:"level_reason"`
	Secrecy        string   `form:"secrecy" json:"secrecy"`
	Heads          string   `form:"heads" json:"heads"`
	ArrivalAt      string   `form:"arrival_at" json:"arrival_at"` // datetime-local in the site's zone, "2006-01-02T15:04"
	StartAt        string   `form:"start_at" json:"start_at"`
	EndAt          string   `form:"end_at" json:"end_at"`
	BreakAt        string   `form:"break_at" json:"break_at"`
	Commander      string   `form:"commander_id" json:"commander_id"`
	Photo          string   `form:"photo" json:"photo"` // "on" or ""
	Recording      string   `form:"recording" json:"recording"`
	TeaMinutes     string   `form:"tea_minutes" json:"tea_minutes"`
	NoBuffer       string   `form:"no_buffer" json:"no_buffer"`
	Rooms          []string `form:"rooms" json:"rooms"`   // room ids
	People         []string `form:"people" json:"people"` // person ids

	Undertaker     string `form:"undertaker" json:"undertaker"`
	Purpose        string `form:"purpose" json:"purpose"`
	Needs          string `form:"needs" json:"needs"`
	Wishes         string `form:"wishes" json:"wishes"`
	PrincipalTitle string `form:"principal_title" json:"principal_title"`
	GuestRank      string `form:"guest_rank" json:"guest_rank"`
	HostRank       string `form:"host_rank" json:"host_rank"`
	GuestHeads     string `form:"guest_heads" json:"guest_heads"`
	EscortHeads    string `form:"escort_heads" json:"escort_heads"`
	ExpenseClass   string `form:"expense_class" json:"expense_class"`
	Layout         string `form:"layout" json:"layout"`
	TeaWish        string `form:"tea_wish" json:"tea_wish"`
	WelcomeText    string `form:"welcome_text" json:"welcome_text"`
	Banner         string `form:"banner" json:"banner"`
	Flowers        string `form:"flowers" json:"flowers"`
	SeatWish       string `form:"seat_wish" json:"seat_wish"`
	PhotoWish      string `form:"photo_wish" json:"photo_wish"`
	Supplies       string `form:"supplies" json:"supplies"`
	LiftID         string `form:"lift_id" json:"lift_id"`
}

// ItemsPage is GET /events/{id}/items.
type ItemsPage struct {
	Page
	Event    domain.Event
	Progress domain.Progress
	Crew     domain.Crew // filter by crew, "" = all
	Mine     bool        // filter: my crew's
	Groups   []ItemGroup // phase by phase, crew by crew
	MyCrews  []domain.Crew
}

// ItemGroup is the items of one crew in one phase.
type ItemGroup struct {
	Phase string
	Crew  domain.Crew
	Items []domain.Item
}

// GuestsPage is GET /events/{id}/guests.
type GuestsPage struct {
	Page
	Photos  bool // guests may have one
	Event   domain.Event
	Counts  domain.GuestCounts
	Parties []PartyGroup
	Import  GuestImport
	In      GuestInput // the add form
	Errors  Errors
}

// PartyGroup is a party (ID "" = guests without one) with its guests.
type PartyGroup struct {
	domain.Party
	Guests []domain.Guest
}

// GuestInput is one guest as typed.
type GuestInput struct {
	Name         string `form:"name" json:"name"`
	Title        string `form:"title" json:"title"`
	Organisation string `form:"organisation" json:"organisation"`
	Rank         string `form:"rank" json:"rank"`
	Party        string `form:"party" json:"party"` // party name; made when new
	Plate        string `form:"plate" json:"plate"`
	Bay          string `form:"bay" json:"bay"`
	Needs        string `form:"needs" json:"needs"`
	Phone        string `form:"phone" json:"phone"`
}

// GuestImport is the paste/upload form and its answer.
type GuestImport struct {
	Text   string
	Errors []ImportError
	Good   int // lines that could be read
	Added  int // guests added, after success
	Look   int // rows that were read from a workbook and wait for a word
	Known  int // rows of it that say what the list says
	Error  string
}

// ImportError is one sentence for one line of a pasted table.
type ImportError struct {
	Line     int
	Cell     string // of a workbook
	Text     string // the line, cut
	Sentence string
}

// LobbyPage is GET /lobby: all of today's arrivals in one list a post can work from.
type LobbyPage struct {
	Page
	Post   domain.Position // the position this post moves guests TO; "" = none chosen
	Query  string
	Events []LobbyEvent
	Counts domain.GuestCounts // of all events: in the building now
}

// LobbyEvent is one event of the day with its guests, who comes next first.
type LobbyEvent struct {
	Event   domain.Event
	Counts  domain.GuestCounts
	Parties []PartyGroup
}

// EventBoardPage is GET /events/{id}/board: the commander's view.
type EventBoardPage struct {
	Page
	Event    domain.Event
	Progress domain.Progress
	Stars    []domain.Item // ★ items that still block "ready" (before) or closing (after), worst first
	Parties  []PartyGroup
	Counts   domain.GuestCounts
	Cues     []domain.Cue
	Feed     []domain.Change

	Functions []domain.Function
}

// BoardPage is GET /board: all events of the day.
type BoardPage struct {
	Page
	Day   time.Time
	Cards []EventLine
}

// PeoplePage is GET /people.
type PeoplePage struct {
	Page
	People []domain.Person
	Keys   map[string]string // person id → what a search looks in (search.Key); may be nil
}

// PersonForm is GET /people/new and /people/{id}.
type PersonForm struct {
	Page
	ID       string
	In       PersonInput
	Errors   Errors
	Disabled bool
	Sessions []domain.Session
}

// PersonInput is a person as typed.
type PersonInput struct {
	StaffNo string `form:"staff_no" json:"staff_no"`
	Phone   string `form:"phone" json:"phone"`
	Name    string `form:"name" json:"name"`
	Role    string `form:"role" json:"role"`
	Crew    string `form:"crew" json:"crew"`
	Locale  string `form:"locale" json:"locale"`
	Pin     string `form:"pin" json:"pin"`
}

// MePage is GET /me: language, theme, devices, sign-out.
type MePage struct {
	Page
	Sessions    []domain.Session
	Devices     []domain.Device // locked ones, which remember the person
	Current     string          // id of this device's session
	PushDevices []domain.PushDevice
	PushKey     string // what a browser subscribes with
}

// MyPinPage is GET /me/pin.
type MyPinPage struct {
	Page
	First bool // right after an invite: it may be left for later
	Old   bool // the present PIN is asked for
}

// States of an invite on the inviter's screen; the others are those of domain.Invite.Open.
const (
	InviteNone      = "none"
	InviteOpen      = "open"
	InviteElsewhere = "elsewhere" // open, and shown on another screen
	InviteUsed      = "used"
)

// InvitePage is GET /people/{id}/invite.
type InvitePage struct {
	Page
	Who    domain.Person
	State  string
	Invite domain.Invite
	Link   string // with the token, for the QR code
	QR     QR
	Short  string // what is typed into the address bar
	Code   string
}

// CodePage is GET /invites.
type CodePage struct {
	Page
	Code, Error string
}

// AcceptPage is GET /invites/{token}.
type AcceptPage struct {
	Page
	Who       domain.Person
	Site      string
	By        string // who invites; "" = the program
	Now       string // who is signed in on this phone and would not be any more
	Token     string
	Tap       string // makes a second tap on the button the same act
	ExpiresAt time.Time
}

// ErrorPage is any refusal as a full page.
type ErrorPage struct {
	Page
	Status   int
	Sentence string
	Request  string // request id, for 5xx
}

// EventLogPage is GET /events/{id}/log: the complete log, newest first.
type EventLogPage struct {
	Page
	Event domain.Event
	Log   []domain.Change
	Below int64 // seq below which older rows stand; 0 = there are none
}

// ActivityPage is GET /activity: what happened, newest first.
type ActivityPage struct {
	Page
	Lines    []domain.Line
	Events   map[string]domain.Event // by id
	Oversees bool                    // may choose between his events and the building
	Mine     bool
	Older    bool  // not the first page
	Before   int64 // where the next page begins, µs; 0 = there is none
}

// Bell is what the top of every page says of a person's notices.
type Bell struct {
	Seq   int64 // of the person's topic
	Open  int
	Grave *NoticeLine // the newest grave one that waits for his word
}

// NoticeLine is a notice with its sentences.
type NoticeLine struct {
	domain.Notice
	Title, Body string
	Guest       *domain.Guest // whose photo stands beside it
}

// NoticesPage is GET /notices.
type NoticesPage struct {
	Page
	Notices []NoticeLine
}

// DrillPage is GET /events/{id}/drill.
type DrillPage struct {
	Page
	Event domain.Event
	Drill *domain.Drill
}

// ChannelsPage is GET /settings/channels.
type ChannelsPage struct {
	Page
	Channels []domain.Channel
}
