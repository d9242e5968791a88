package domain

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Letter is what an event writes to its guests (邀请函, B.10), in both languages,
// with placeholders. The zero texts stand for the letter that comes with the program.
type Letter struct {
	EventID    string     `bun:",pk" json:"event_id"`
	SubjectZh  string     `json:"subject_zh"`
	SubjectEn  string     `json:"subject_en"`
	Zh         string     `json:"zh"`
	En         string     `json:"en"`
	Remind     bool       `json:"remind"`      // remind by itself, RemindBefore the start
	RemindedAt *time.Time `json:"reminded_at"` // UTC; once for an event
}

// RemindBefore is how long before the start those are reminded who did not answer.
const RemindBefore = 3 * 24 * time.Hour

// Placeholders are what a letter may leave open, each in braces.
var Placeholders = []string{"name", "title", "event", "time", "room", "organiser", "link"}

// Lengths of a letter, in characters.
const (
	maxSubject = 100
	maxLetter  = 1500
)

// Text gives subject and body in a language.
func (l *Letter) Text(locale string) (subject, body string) {
	if locale == "en" {
		return l.SubjectEn, l.En
	}
	return l.SubjectZh, l.Zh
}

// Validate cleans and checks the typed texts: nothing may be open that nobody fills.
func (l *Letter) Validate() error {
	var bad Invalid
	check := func(field string, s *string, lines bool, most int) {
		*s = Clean(*s, lines)
		if *s == "" {
			bad.Add(field, "field.required")
			return
		}
		if len([]rune(*s)) > most {
			bad.Add(field, "field.too_long", "max", strconv.Itoa(most))
			return
		}
		if name := unknownPlaceholder(*s); name != "" {
			bad.Add(field, "invitation.placeholder", "name", name, "known", "{"+strings.Join(Placeholders, "} {")+"}")
			return
		}
		if lines != strings.Contains(*s, "{link}") {
			bad.Add(field, map[bool]string{true: "invitation.link_needed", false: "invitation.link_in_subject"}[lines])
		}
	}
	check("subject_zh", &l.SubjectZh, false, maxSubject)
	check("zh", &l.Zh, true, maxLetter)
	check("subject_en", &l.SubjectEn, false, maxSubject)
	check("en", &l.En, true, maxLetter)
	return bad.Err()
}

// unknownPlaceholder is the first word in braces that is none, "" when all are known.
func unknownPlaceholder(s string) string {
	for {
		_, rest, ok := strings.Cut(s, "{")
		if !ok {
			return ""
		}
		word, after, closed := strings.Cut(rest, "}")
		if !closed || strings.ContainsAny(word, "{\n") || len([]rune(word)) > 30 {
			s = rest
			continue
		}
		if !slices.Contains(Placeholders, word) {
			return "{" + word + "}"
		}
		s = after
	}
}

// FillLetter puts values in place of the placeholders; what a value says itself
// in braces stays as it is.
func FillLetter(text string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(Placeholders))
	for _, p := range Placeholders {
		pairs = append(pairs, "{"+p+"}", values[p])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// WithoutLink leaves out the paragraphs that lead to the link: on the guest's own
// page he is there already.
func WithoutLink(text string) string {
	parts := strings.Split(text, "\n\n")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return strings.Contains(p, "{link}") }), "\n\n")
}

// Answer is what a guest says to an invitation.
type Answer string

// The two answers; "" is none yet.
const (
	AnswerAccepted Answer = "accepted"
	AnswerDeclined Answer = "declined"
)

// InvitationChannel is by which way a letter went out.
type InvitationChannel string

// By mail from here, as a text in WeChat or an SMS, on paper, or read on the telephone.
const (
	ByEmail   InvitationChannel = "email"
	ByMessage InvitationChannel = "message"
	ByLetter  InvitationChannel = "letter"
	ByPhone   InvitationChannel = "phone"
)

// InvitationChannels are those that a person may mark; ByEmail is marked by sending.
var InvitationChannels = []InvitationChannel{ByMessage, ByLetter, ByPhone}

// InvitationState is how far an invitation has come.
type InvitationState string

// The states of an invitation, in order.
const (
	InvitationPrepared InvitationState = "prepared"
	InvitationSent     InvitationState = "sent"
	InvitationOpened   InvitationState = "opened"
	InvitationAccepted InvitationState = "accepted"
	InvitationDeclined InvitationState = "declined"
)

// Diets are what a guest may choose; the rest he writes (E.4.2).
var Diets = []string{"vegetarian", "halal", "no_beef", "no_seafood", "no_spicy", "low_sugar", "nut_free"}

// MaxCompanions is how many people a guest may bring.
const MaxCompanions = 20

// Reply is what a guest tells with his answer.
type Reply struct {
	Answer         Answer     `bun:",nullzero" json:"answer,omitempty"`
	Companions     int        `json:"companions"`
	CompanionNames string     `bun:",nullzero" json:"companion_names,omitempty"`
	Diets          string     `bun:",nullzero" json:"diets,omitempty"` // of Diets, with commas between
	DietNote       string     `bun:",nullzero" json:"diet_note,omitempty"`
	Transport      string     `bun:",nullzero" json:"transport,omitempty"` // flight or train
	ArriveAt       *time.Time `json:"arrive_at,omitempty"`                 // UTC
	Plate          string     `bun:",nullzero" json:"plate,omitempty"`
	Message        string     `bun:",nullzero" json:"message,omitempty"`
}

// Invitation is one guest's letter and what came of it. Personal data: for those
// who may edit the guests.
type Invitation struct {
	GuestID    string            `bun:",pk" json:"guest_id"`
	EventID    string            `json:"event_id"`
	Locale     string            `json:"locale"`
	Email      string            `bun:",nullzero" json:"email,omitempty"`
	SentAt     *time.Time        `json:"sent_at,omitempty"`
	SentBy     string            `bun:",nullzero" json:"sent_by,omitempty"` // "" = the program
	Channel    InvitationChannel `bun:",nullzero" json:"channel,omitempty"`
	RemindedAt *time.Time        `json:"reminded_at,omitempty"`
	OpenedAt   *time.Time        `json:"opened_at,omitempty"`
	AnsweredAt *time.Time        `json:"answered_at,omitempty"`
	AnsweredBy string            `bun:",nullzero" json:"answered_by,omitempty"` // who wrote it down; "" = the guest himself
	Reply
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"` // H.5.2: asked by telephone or mail
	ConfirmedBy string     `bun:",nullzero" json:"confirmed_by,omitempty"`
}

// State is how far the invitation has come.
func (i *Invitation) State() InvitationState {
	switch {
	case i.Answer == AnswerAccepted:
		return InvitationAccepted
	case i.Answer == AnswerDeclined:
		return InvitationDeclined
	case i.OpenedAt != nil:
		return InvitationOpened
	case i.SentAt != nil:
		return InvitationSent
	}
	return InvitationPrepared
}

// Out tells that the letter has reached the guest in some way, or was sent.
func (i *Invitation) Out() bool { return i.State() != InvitationPrepared }

// DietList are the chosen diets.
func (r *Reply) DietList() []string {
	return strings.FieldsFunc(r.Diets, func(c rune) bool { return c == ',' })
}

// Validate cleans and checks what a guest typed. Who does not come brings nobody.
func (r *Reply) Validate() error {
	var bad Invalid
	text := func(field string, s *string, most int, lines bool) {
		*s = Clean(*s, lines)
		if len([]rune(*s)) > most {
			bad.Add(field, "field.too_long", "max", strconv.Itoa(most))
		}
	}
	text("companion_names", &r.CompanionNames, 200, false)
	text("diet_note", &r.DietNote, 120, false)
	text("transport", &r.Transport, 40, false)
	text("plate", &r.Plate, 16, false)
	text("message", &r.Message, 300, true)
	if r.Answer != AnswerAccepted && r.Answer != AnswerDeclined {
		bad.Add("answer", "field.choose")
	}
	if r.Companions < 0 || r.Companions > MaxCompanions {
		bad.Add("companions", "invitation.companions_range", "max", strconv.Itoa(MaxCompanions))
	}
	chosen := r.DietList()
	for _, d := range chosen {
		if !slices.Contains(Diets, d) {
			bad.Add("diets", "field.choose")
			break
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	r.Diets = strings.Join(slices.DeleteFunc(slices.Clone(Diets), func(d string) bool { return !slices.Contains(chosen, d) }), ",")
	if r.Answer == AnswerDeclined {
		*r = Reply{Answer: r.Answer, Message: r.Message}
	}
	return nil
}

// MayAnswer tells whether a guest can still answer: until the event begins.
func (e *Event) MayAnswer(now time.Time) bool {
	switch e.Status {
	case EventLive, EventClearing, EventReleased, EventClosed, EventCancelled:
		return false
	}
	return now.Before(e.StartAt)
}

// Past tells that the event is behind its guests.
func (e *Event) Past(now time.Time) bool {
	switch e.Status {
	case EventClearing, EventReleased, EventClosed:
		return true
	case EventLive, EventCancelled:
		return false
	}
	return now.After(e.EndAt)
}

// CleanEmail checks an address; "" stays "".
func CleanEmail(s string) (string, bool) {
	s = Clean(s, false)
	if s == "" {
		return "", true
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 200 || strings.ContainsAny(s, " <>\"\\,;:()[]") {
		return "", false
	}
	_, host, _ := strings.Cut(s, "@")
	if !strings.Contains(host, ".") || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") {
		return "", false
	}
	return s, true
}

// Confirmation is one call or mail in which somebody asked whether a guest comes (H.5.2).
type Confirmation struct {
	ID       string    `bun:",pk" json:"id"`
	GuestID  string    `json:"guest_id"`
	EventID  string    `json:"event_id"`
	PersonID string    `bun:",nullzero" json:"person_id,omitempty"`
	At       time.Time `json:"at"`
	Way      string    `json:"way"`    // phone or email
	Result   string    `json:"result"` // accepted, declined, or open: nobody knows yet
	SpokeTo  string    `bun:",nullzero" json:"spoke_to,omitempty"`
	Note     string    `bun:",nullzero" json:"note,omitempty"`
}

// What a confirmation may say.
var (
	ConfirmationWays    = []string{"phone", "email"}
	ConfirmationResults = []string{"accepted", "declined", "open"}
)

// Validate cleans and checks the typed fields.
func (c *Confirmation) Validate() error {
	var bad Invalid
	c.SpokeTo, c.Note = Clean(c.SpokeTo, false), Clean(c.Note, false)
	if !slices.Contains(ConfirmationWays, c.Way) {
		bad.Add("way", "field.choose")
	}
	if !slices.Contains(ConfirmationResults, c.Result) {
		bad.Add("result", "field.choose")
	}
	if len([]rune(c.SpokeTo)) > 40 {
		bad.Add("spoke_to", "field.too_long", "max", "40")
	}
	if len([]rune(c.Note)) > 200 {
		bad.Add("note", "field.too_long", "max", "200")
	}
	return bad.Err()
}

// MailState is what became of a mail.
type MailState string

// The states of a mail; gone: it need not go out any more.
const (
	MailWaiting MailState = "waiting"
	MailSent    MailState = "sent"
	MailFailed  MailState = "failed"
	MailGone    MailState = "gone"
)

// The kinds of mail to guests.
const (
	MailInvitation = "invitation"
	MailReminder   = "reminder"

	// To an organiser, of his booking request.
	MailRequestReceived = "request_received"
	MailRequestOffered  = "request_offered"
	MailRequestAccepted = "request_accepted"
	MailRequestDeclined = "request_declined"
	MailRequestQuestion = "request_question"
)

// Mail is one mail to a guest on its way.
type Mail struct {
	ID           string     `bun:",pk" json:"id"`
	EventID      string     `bun:",nullzero" json:"event_id,omitempty"`
	GuestID      string     `bun:",nullzero" json:"guest_id,omitempty"`
	RequestID    string     `bun:",nullzero" json:"request_id,omitempty"` // to an organiser, instead of a guest
	Kind         string     `json:"kind"`
	Address      string     `json:"address"`
	MadeAt       time.Time  `json:"made_at"`
	MadeBy       string     `bun:",nullzero" json:"made_by,omitempty"` // "" = the program
	State        MailState  `json:"state"`
	Attempts     int        `json:"attempts"`
	NextAt       time.Time  `json:"-"`
	ClaimedUntil *time.Time `json:"-"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	Failure      string     `bun:",nullzero" json:"failure,omitempty"` // why, one of MailFailures
	Detail       string     `bun:",nullzero" json:"detail,omitempty"`  // what the mail server said
}

// MailFailures are why a mail does not arrive; each has a sentence.
var MailFailures = []string{"address", "refused", "signin", "tls", "unreached", "setup"}

// Invited is a guest with his invitation and the last mail to him.
type Invited struct {
	Guest
	Invitation Invitation
	Mail       *Mail // the newest; nil = none
}

// Needs are the reply's diet words as one text for the crew: names are the diets'
// names in the crew's language.
func (r *Reply) Needs(name func(diet string) string, comma string) string {
	var parts []string
	for _, d := range r.DietList() {
		parts = append(parts, name(d))
	}
	if r.DietNote != "" {
		parts = append(parts, r.DietNote)
	}
	return strings.Join(parts, comma)
}

// Differs tells that the answer says something about car or diet that the list of
// guests does not have.
func (x *Invited) Differs(needs string) bool {
	r := &x.Invitation.Reply
	return r.Plate != "" && r.Plate != x.Plate || needs != "" && needs != x.Needs
}

// InvitationFilter is a part of the list.
type InvitationFilter string

// The parts that can be asked for.
const (
	ShowAll      InvitationFilter = ""
	ShowUnsent   InvitationFilter = "unsent"
	ShowSilent   InvitationFilter = "silent"
	ShowAccepted InvitationFilter = "accepted"
	ShowDeclined InvitationFilter = "declined"
	ShowFailed   InvitationFilter = "failed"
)

// InvitationFilters in the order of the page.
var InvitationFilters = []InvitationFilter{ShowAll, ShowUnsent, ShowSilent, ShowAccepted, ShowDeclined, ShowFailed}

// Shows tells whether the guest belongs to the part.
func (f InvitationFilter) Shows(x *Invited) bool {
	i := &x.Invitation
	switch f {
	case ShowUnsent:
		return i.State() == InvitationPrepared
	case ShowSilent:
		return i.Out() && i.Answer == ""
	case ShowAccepted:
		return i.Answer == AnswerAccepted
	case ShowDeclined:
		return i.Answer == AnswerDeclined
	case ShowFailed:
		return x.Mail != nil && x.Mail.State == MailFailed
	}
	return true
}

// InvitationSums are the figures over one event's invitations.
type InvitationSums struct {
	Count      map[InvitationFilter]int `json:"count"`
	Mailable   map[InvitationFilter]int `json:"mailable"`   // of unsent and silent: with an address
	Waiting    int                      `json:"waiting"`    // mails on their way
	Companions int                      `json:"companions"` // of those who come
	Confirmed  int                      `json:"confirmed"`
	Diets      map[string]int           `json:"diets"` // of those who come
	Notes      int                      `json:"notes"` // diets written by hand
}

// Heads is how many people are to be expected so far: those who said yes, with companions.
func (s *InvitationSums) Heads() int { return s.Count[ShowAccepted] + s.Companions }

// SumInvitations counts.
func SumInvitations(list []Invited) InvitationSums {
	s := InvitationSums{Count: map[InvitationFilter]int{}, Mailable: map[InvitationFilter]int{}, Diets: map[string]int{}}
	for k := range list {
		x := &list[k]
		waiting := x.Mail != nil && x.Mail.State == MailWaiting
		for _, f := range InvitationFilters {
			if f.Shows(x) {
				s.Count[f]++
				if x.Invitation.Email != "" && !waiting {
					s.Mailable[f]++
				}
			}
		}
		if waiting {
			s.Waiting++
		}
		if x.Invitation.ConfirmedAt != nil {
			s.Confirmed++
		}
		if x.Invitation.Answer != AnswerAccepted {
			continue
		}
		s.Companions += x.Invitation.Companions
		for _, d := range x.Invitation.DietList() {
			s.Diets[d]++
		}
		if x.Invitation.DietNote != "" {
			s.Notes++
		}
	}
	return s
}
