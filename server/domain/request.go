package domain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TopicRequests is where everything of all booking requests is counted: they are
// few, and who deals with them looks at all of them.
const TopicRequests Topic = "requests"

// RequestState is how far a booking request has come.
type RequestState string

// waiting → offered (another room or time) → accepted, which makes an event;
// declined by the house, withdrawn by the organiser.
const (
	RequestWaiting   RequestState = "waiting"
	RequestOffered   RequestState = "offered"
	RequestAccepted  RequestState = "accepted"
	RequestDeclined  RequestState = "declined"
	RequestWithdrawn RequestState = "withdrawn"
)

// Open tells that it is still to be decided.
func (s RequestState) Open() bool { return s == RequestWaiting || s == RequestOffered }

// RequestNeeds are what an organiser may ask for beside the room (J.3.3), in the
// order of the form.
var RequestNeeds = []string{"tea", "banner", "welcome", "flowers", "seats", "photo", "av", "meals", "transport", "lodging", "secrecy", "supplies"}

// needsText are those without whose words nobody can prepare anything (B.18).
var needsText = []string{"banner", "welcome", "meals", "transport", "lodging"}

// RequestLayouts are the layouts that an organiser may choose.
var RequestLayouts = []Layout{LayoutBoard, LayoutU, LayoutClassroom, LayoutTheatre, LayoutTalks, LayoutSigning, LayoutBanquet}

// Limits of a request.
const (
	ChoicesMost     = 3
	OffersMost      = 6  // open at a time
	QuestionsMost   = 30 // of one request
	RequestFiles    = 3
	RequestBytes    = 6 << 20 // of its files together
	requestAhead    = 2 * 365 * 24 * time.Hour
	requestAnswer   = 500
	SatisfactionMax = 5
)

// Request is a booking request (预订申请, D.4.1): what an organiser wants, and what
// became of it. Times are UTC. Names the organiser: personal data until ErasedAt.
type Request struct {
	ID         string       `bun:",pk" json:"id"`
	Number     string       `json:"number"` // RQ-YYYYMMDD-NNN, date of receipt on site
	State      RequestState `json:"state"`
	Purpose    string       `json:"purpose"` // the event's name, if it comes to one
	Type       string       `json:"type"`
	Organiser  string       `json:"organiser"`
	Contact    string       `json:"contact"`
	Phone      string       `bun:",nullzero" json:"phone,omitempty"`
	Email      string       `bun:",nullzero" json:"email,omitempty"`
	Locale     string       `json:"locale"` // in which he is written to
	Heads      int          `json:"heads"`
	Layout     Layout       `bun:",nullzero" json:"layout,omitempty"`
	RoomID     string       `bun:",nullzero" json:"room_id,omitempty"` // wished for
	Notes      string       `bun:",nullzero" json:"notes,omitempty"`
	Secrecy    Secrecy      `json:"secrecy"`
	MadeBy     string       `bun:",nullzero" json:"made_by,omitempty"` // who of the house wrote it down; "" = the organiser himself
	AssigneeID string       `bun:",nullzero" json:"assignee_id,omitempty"`
	ReplyBy    *time.Time   `json:"reply_by,omitempty"` // the house owes a word until then (D.4.2a); nil = it owes none
	RepliedAt  *time.Time   `json:"replied_at,omitempty"`
	DecidedAt  *time.Time   `json:"decided_at,omitempty"`
	DecidedBy  string       `bun:",nullzero" json:"decided_by,omitempty"`
	Reason     string       `bun:",nullzero" json:"reason,omitempty"` // of a refusal or a withdrawal
	EventID    string       `bun:",nullzero" json:"event_id,omitempty"`
	PlanAt     *time.Time   `json:"plan_at,omitempty"` // the organiser confirmed the plan
	PlanBy     string       `bun:",nullzero" json:"plan_by,omitempty"`
	PlanMark   string       `bun:",nullzero" json:"-"` // of the plan that he confirmed, see PlanMark
	HallAt     *time.Time   `json:"hall_at,omitempty"` // he looked at the hall and took it
	HallBy     string       `bun:",nullzero" json:"hall_by,omitempty"`
	RecordAt   *time.Time   `json:"record_at,omitempty"` // he signed the service record
	RecordBy   string       `bun:",nullzero" json:"record_by,omitempty"`
	// Satisfaction is 1 (not at all) … 5 (very), 0 before he signed.
	Satisfaction int        `json:"satisfaction"`
	Words        string     `bun:",nullzero" json:"words,omitempty"`
	PassNo       int        `json:"-"` // see Pass
	ErasedAt     *time.Time `json:"erased_at,omitempty"`
	StateAt      time.Time  `json:"state_at"`
	Seq          int64      `json:"seq"` // of TopicRequests
	CreatedAt    time.Time  `json:"created_at"`

	Choices   []RequestChoice   `bun:"-" json:"choices"`
	Needs     []RequestNeed     `bun:"-" json:"needs,omitempty"`
	Offers    []RequestOffer    `bun:"-" json:"offers,omitempty"`
	Questions []RequestQuestion `bun:"-" json:"questions,omitempty"`
	Files     []RequestFile     `bun:"-" json:"files,omitempty"`
}

// RequestChoice is one time that suits the organiser, the best first. UTC.
type RequestChoice struct {
	RequestID string    `bun:",pk" json:"-"`
	No        int       `bun:",pk" json:"no"`
	StartAt   time.Time `json:"start_at"`
	EndAt     time.Time `json:"end_at"`
}

// RequestNeed is one thing asked for, with words where it takes some: the banner's text, how many rooms.
type RequestNeed struct {
	RequestID string `bun:",pk" json:"-"`
	Kind      string `bun:",pk" json:"kind"` // of RequestNeeds
	Detail    string `bun:",nullzero" json:"detail,omitempty"`
}

// OfferState is what became of an offer.
type OfferState string

// open → taken or refused by the organiser; gone: withdrawn, or something else was decided.
const (
	OfferOpen    OfferState = "open"
	OfferTaken   OfferState = "taken"
	OfferRefused OfferState = "refused"
	OfferGone    OfferState = "gone"
)

// RequestOffer is another room or time that the house can give. It keeps the room for nobody. UTC.
type RequestOffer struct {
	ID        string     `bun:",pk" json:"id"`
	RequestID string     `json:"-"`
	RoomID    string     `json:"room_id"`
	StartAt   time.Time  `json:"start_at"`
	EndAt     time.Time  `json:"end_at"`
	Level     int        `json:"level"` // of the event that it becomes
	Note      string     `bun:",nullzero" json:"note,omitempty"`
	State     OfferState `json:"state"`
	MadeAt    time.Time  `json:"made_at"`
	MadeBy    string     `bun:",nullzero" json:"made_by,omitempty"`
}

// RequestQuestion is what the house still has to know (B.18). Times are UTC.
type RequestQuestion struct {
	ID         string     `bun:",pk" json:"id"`
	RequestID  string     `json:"-"`
	Question   string     `json:"question"`
	AskedAt    time.Time  `json:"asked_at"`
	AskedBy    string     `bun:",nullzero" json:"asked_by,omitempty"`
	Answer     string     `bun:",nullzero" json:"answer,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	AnsweredBy string     `bun:",nullzero" json:"answered_by,omitempty"` // who wrote it down for him; "" = he himself
}

// RequestFile is something that came with a request; it lies where photos lie.
type RequestFile struct {
	ID        string    `bun:",pk" json:"id"`
	RequestID string    `json:"-"`
	Name      string    `json:"name"`
	Kind      string    `json:"kind"` // of FileKinds
	Size      int       `json:"size"` // bytes
	File      string    `json:"-"`    // made by the server
	MadeAt    time.Time `json:"made_at"`
}

// FileKinds are what may come with a request, by extension.
var FileKinds = []string{"pdf", "jpg", "png", "docx", "xlsx"}

// Validate cleans and checks what was typed; now is when it came.
func (r *Request) Validate(now time.Time) error {
	var bad Invalid
	checkText(&bad, "purpose", &r.Purpose, 80, true)
	checkText(&bad, "organiser", &r.Organiser, 60, true)
	checkText(&bad, "contact", &r.Contact, 40, true)
	checkText(&bad, "phone", &r.Phone, 30, false)
	var ok bool
	email := r.Email
	if r.Email, ok = CleanEmail(email); !ok {
		bad.Add("email", "invitation.email")
	} else if r.Email == "" && r.Phone == "" {
		bad.Add("phone", "request.reach")
	}
	if r.Notes = Clean(r.Notes, true); len([]rune(r.Notes)) > 1000 {
		bad.Add("notes", "field.too_long", "max", "1000")
	}
	if !contains(EventTypes, r.Type) {
		bad.Add("type", "field.choose")
	}
	if r.Layout != "" && !contains(RequestLayouts, r.Layout) {
		bad.Add("layout", "field.choose")
	}
	if !contains(Secrecies, r.Secrecy) {
		bad.Add("secrecy", "field.choose")
	}
	if r.Locale != "zh" && r.Locale != "en" {
		bad.Add("locale", "field.choose")
	}
	if r.Heads < 1 || r.Heads > headsMost {
		bad.Add("heads", "event.heads_needed")
	}
	r.checkChoices(&bad, now)
	r.checkNeeds(&bad)
	return bad.Err()
}

func (r *Request) checkChoices(bad *Invalid, now time.Time) {
	if len(r.Choices) == 0 {
		bad.Add("start_1", "field.time")
	}
	for k := range r.Choices {
		c := &r.Choices[k]
		at := "_" + strconv.Itoa(c.No)
		switch {
		case c.StartAt.IsZero():
			bad.Add("start"+at, "field.time")
		case c.StartAt.Before(now):
			bad.Add("start"+at, "request.past")
		case c.StartAt.Sub(now) > requestAhead:
			bad.Add("start"+at, "request.far")
		case c.EndAt.IsZero():
			bad.Add("end"+at, "field.time")
		case !c.EndAt.After(c.StartAt):
			bad.Add("end"+at, "event.end_before_start")
		case c.EndAt.Sub(c.StartAt) > 14*24*time.Hour:
			bad.Add("end"+at, "event.too_long")
		}
	}
}

func (r *Request) checkNeeds(bad *Invalid) {
	for k := range r.Needs {
		n := &r.Needs[k]
		if !contains(RequestNeeds, n.Kind) {
			bad.Add("needs", "field.choose")
			continue
		}
		checkText(bad, "detail_"+n.Kind, &n.Detail, 200, false)
	}
}

// Seen tells whether the person may read the request. A secret one is for
// supervisors, administrators and who deals with it (D.5).
func (r *Request) Seen(p *Person) bool {
	if !p.Can(RightRequests) {
		return false
	}
	return r.Secrecy != SecrecySecret || p.is(RoleSupervisor, RoleAdmin) || r.AssigneeID == p.ID
}

// Alias is what a secret request is called before others, like Event.Alias.
func (r *Request) Alias() string {
	_, no, _ := strings.Cut(strings.TrimPrefix(r.Number, "RQ-"), "-")
	return no
}

// RequestNumber builds the printable number from the site date and the day's count.
func RequestNumber(at time.Time, loc *time.Location, n int) string {
	no := strconv.Itoa(n)
	return "RQ-" + at.In(loc).Format("20060102") + "-" + strings.Repeat("0", max(3-len(no), 0)) + no
}

// Late tells that the house owes a word and its time is over.
func (r *Request) Late(now time.Time) bool { return r.ReplyBy != nil && now.After(*r.ReplyBy) }

// Until is the last moment of which the request speaks: when it was made, or the
// end of its last choice or offer.
func (r *Request) Until() time.Time {
	t := r.CreatedAt
	for k := range r.Choices {
		t = later(t, r.Choices[k].EndAt)
	}
	for k := range r.Offers {
		t = later(t, r.Offers[k].EndAt)
	}
	return t
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Need is what was asked for of that kind; nil: nothing.
func (r *Request) Need(kind string) *RequestNeed {
	if k := slices.IndexFunc(r.Needs, func(n RequestNeed) bool { return n.Kind == kind }); k >= 0 {
		return &r.Needs[k]
	}
	return nil
}

// registerField is the field of the register that takes the words of a need; nil: it
// has none, and the words stand in the event's notes.
func registerField(reg *Register, kind string) *string {
	switch kind {
	case "tea":
		return &reg.TeaWish
	case "banner":
		return &reg.Banner
	case "welcome":
		return &reg.WelcomeText
	case "flowers":
		return &reg.Flowers
	case "seats":
		return &reg.SeatWish
	case "photo":
		return &reg.PhotoWish
	}
	return nil
}

// ForRegister is what the register of the event knows from the request (J.4.2.1.1.1b).
func (r *Request) ForRegister() Register {
	reg := Register{Layout: r.Layout}
	for k := range r.Needs {
		if field := registerField(&reg, r.Needs[k].Kind); field != nil {
			*field = r.Needs[k].Detail
		}
	}
	return reg
}

// InRegister tells that the register says all about a need, so that the notes need not.
func (n *RequestNeed) InRegister() bool {
	return n.Detail != "" && registerField(&Register{}, n.Kind) != nil
}

// TakeNeed puts what was said later of a need where the register of the event says
// nothing about it yet. It tells whether it did.
func (e *Event) TakeNeed(n *RequestNeed) bool {
	field := registerField(&e.Register, n.Kind)
	if field == nil || *field != "" || e.Status.Over() {
		return false
	}
	*field = n.Detail
	return true
}

// OpenQuestions is how many the organiser has not answered.
func (r *Request) OpenQuestions() int {
	n := 0
	for k := range r.Questions {
		if r.Questions[k].AnsweredAt == nil {
			n++
		}
	}
	return n
}

// OpenOffers are those he can take.
func (r *Request) OpenOffers() []RequestOffer {
	return slices.DeleteFunc(slices.Clone(r.Offers), func(o RequestOffer) bool { return o.State != OfferOpen })
}

// Owed is one thing that the organiser still has to say or do (B.18): the end of a key
// request.missing_…, and of which need.
type Owed struct {
	What string `json:"what"`
	Need string `json:"need,omitempty"`
	Text string `json:"text,omitempty"` // the question
}

// Outstanding lists what the organiser still owes; e is the event that the request became, or nil.
func (r *Request) Outstanding(e *Event) []Owed {
	if r.ErasedAt != nil || r.State == RequestDeclined || r.State == RequestWithdrawn {
		return nil
	}
	var list []Owed
	for k := range r.Questions {
		if q := &r.Questions[k]; q.AnsweredAt == nil {
			list = append(list, Owed{What: "question", Text: q.Question})
		}
	}
	if len(r.OpenOffers()) > 0 {
		list = append(list, Owed{What: "offer"})
	}
	if e == nil || !e.Status.Over() && e.ActualEndAt == nil {
		for _, n := range r.Needs {
			if n.Detail == "" && slices.Contains(needsText, n.Kind) {
				list = append(list, Owed{What: "detail", Need: n.Kind})
			}
		}
	}
	if e == nil {
		return list
	}
	switch {
	case r.MayConfirm(e) && !r.Confirmed(e):
		list = append(list, Owed{What: "plan"})
	case r.MaySign(e) && r.RecordAt == nil:
		return append(list, Owed{What: "record"})
	}
	if r.MayTakeHall(e) && r.HallAt == nil {
		list = append(list, Owed{What: "hall"})
	}
	return list
}

// MayConfirm tells whether the plan of his event can be confirmed: once it is fixed and until it begins.
func (r *Request) MayConfirm(e *Event) bool {
	return e.Status == EventConfirmed || e.Status == EventPreparing || e.Status == EventReady
}

// MayTakeHall tells whether the hall can be pre-accepted: while it is being prepared.
func (r *Request) MayTakeHall(e *Event) bool { return r.MayConfirm(e) }

// MaySign tells whether the service record can be signed: when the event is over.
func (r *Request) MaySign(e *Event) bool {
	return e.Status == EventClearing || e.Status == EventReleased || e.Status == EventClosed
}

// Confirmed tells that the organiser confirmed the plan as it is now.
func (r *Request) Confirmed(e *Event) bool { return r.PlanAt != nil && r.PlanMark == r.PlanMarkOf(e) }

// PlanMarkOf is the same as long as what the organiser confirms is the same: name,
// times, rooms, heads, commander and needs.
func (r *Request) PlanMarkOf(e *Event) string {
	h := sha256.New()
	word := func(parts ...string) {
		for _, p := range parts {
			h.Write([]byte(p + "\x1f"))
		}
	}
	word(e.Name, e.StartAt.UTC().Format(time.RFC3339), e.EndAt.UTC().Format(time.RFC3339), e.Arrival().UTC().Format(time.RFC3339), strconv.Itoa(e.Heads), e.CommanderID)
	for _, room := range e.Rooms {
		word(room.ID)
	}
	for _, n := range r.Needs {
		word(n.Kind, n.Detail)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Answers cleans the answer to a question.
func (q *RequestQuestion) Answers(text string) error {
	text = Clean(text, true)
	switch {
	case text == "":
		return InvalidField("answer", "field.required")
	case len([]rune(text)) > requestAnswer:
		return InvalidField("answer", "field.too_long", "max", strconv.Itoa(requestAnswer))
	}
	q.Answer = text
	return nil
}

// Signature cleans the name with which somebody stands for something.
func Signature(name string) (string, error) {
	var bad Invalid
	checkText(&bad, "name", &name, 40, true)
	return name, bad.Err()
}

// HouseHours are when the house answers (D.4.2a) and when it offers its rooms: minutes
// after midnight on site, and weekdays, 1 is Monday.
type HouseHours struct {
	Opens, Closes int
	Days          string
}

// Hours are those of the site.
func (s *Site) Hours() HouseHours { return HouseHours{s.HouseOpens, s.HouseCloses, s.HouseDays} }

// Usual are the hours and the time for a reply of a site that never said any.
const (
	ReplyUsual  = 120
	opensUsual  = 8*60 + 30
	closesUsual = 17*60 + 30
	daysUsual   = "12345"
)

// UsualHours fills what a site has not chosen.
func (s *Site) UsualHours() {
	if s.ReplyMinutes == 0 {
		s.ReplyMinutes = ReplyUsual
	}
	if s.HouseDays == "" {
		s.HouseOpens, s.HouseCloses, s.HouseDays = opensUsual, closesUsual, daysUsual
	}
}

// CheckHours judges what an administrator chose.
func (s *Site) CheckHours() error {
	var bad Invalid
	if s.ReplyMinutes < 10 || s.ReplyMinutes > 10080 {
		bad.Add("reply_minutes", "request.minutes_range")
	}
	if s.HouseOpens < 0 || s.HouseOpens >= 1440 {
		bad.Add("opens", "field.time")
	}
	if s.HouseCloses < 1 || s.HouseCloses > 1440 || s.HouseCloses <= s.HouseOpens {
		bad.Add("closes", "request.closes")
	}
	if s.HouseDays == "" || strings.Trim(s.HouseDays, "1234567") != "" {
		bad.Add("days", "field.choose")
	}
	return bad.Err()
}

// On is the open time of the day that holds t; ok is false where the house is shut all day.
func (h HouseHours) On(t time.Time, loc *time.Location) (from, to time.Time, ok bool) {
	l := t.In(loc)
	at := func(min int) time.Time { return time.Date(l.Year(), l.Month(), l.Day(), 0, min, 0, 0, loc) }
	return at(h.Opens), at(h.Closes), strings.Contains(h.Days, weekday(l)) && h.Closes > h.Opens
}

// with is the hours that also hold a stretch of one day.
func (h HouseHours) with(from, to time.Time, loc *time.Location) HouseHours {
	a, b := from.In(loc), to.Add(-time.Minute).In(loc) // what ends at midnight ends on that day
	if a.Format(time.DateOnly) != b.Format(time.DateOnly) {
		return h
	}
	h.Opens, h.Closes = min(h.Opens, a.Hour()*60+a.Minute()), max(h.Closes, b.Hour()*60+b.Minute()+1)
	h.Days += weekday(a)
	return h
}

// weekday is 1 for a Monday, 7 for a Sunday.
func weekday(t time.Time) string { return strconv.Itoa((int(t.Weekday())+6)%7 + 1) }

// Open tells whether somebody is there to answer.
func (h HouseHours) Open(t time.Time, loc *time.Location) bool {
	from, to, ok := h.On(t, loc)
	return ok && !t.Before(from) && t.Before(to)
}

// After is so many minutes of house hours later; where the house has none, of the clock.
func (h HouseHours) After(t time.Time, minutes int, loc *time.Location) time.Time {
	left := time.Duration(minutes) * time.Minute
	day := t
	for range 400 {
		from, to, ok := h.On(day, loc)
		if ok && to.After(t) {
			begin := later(from, t)
			if to.Sub(begin) >= left {
				return begin.Add(left).UTC()
			}
			left -= to.Sub(begin)
		}
		l := day.In(loc)
		day = time.Date(l.Year(), l.Month(), l.Day()+1, 12, 0, 0, 0, loc)
	}
	return t.Add(time.Duration(minutes) * time.Minute).UTC()
}

// How long a form is looked at before it is sent: a person takes longer than the
// least, and who takes longer than the most gets a fresh one.
const (
	FormLeast = 4 * time.Second
	FormMost  = 48 * time.Hour
)

const formMark = 12

// FormStamp says in a form when it was handed out; only the site's key makes one.
func FormStamp(key []byte, at time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())) //nolint:gosec // after 1970
	return base64.RawURLEncoding.EncodeToString(append(b, formSign(key, b)...))
}

// ReadFormStamp is the moment in a stamp; ok is false for anything that the key has not made.
func ReadFormStamp(key []byte, stamp string) (at time.Time, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(stamp)
	if err != nil || len(b) != 8+formMark || !hmac.Equal(formSign(key, b[:8]), b[8:]) {
		return at, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC(), true //nolint:gosec // made by FormStamp
}

func formSign(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("huiwu form "))
	h.Write(body)
	return h.Sum(nil)[:formMark]
}
