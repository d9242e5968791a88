package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
)

// PublicationPage is GET /publications/{day}, on a phone, a wall or paper.
type PublicationPage struct {
	Page
	Day        string    // 2026-03-18 on site
	At         time.Time // its beginning
	Prev, Next string
	Board      *domain.Bulletin // nil: not published
	Groups     []BoardGroup
	Mine       *domain.Acknowledgement // nil: I am not named
	Publish    bool                    // the reader keeps it
	Rows       int                     // how many there would be now, for who keeps it
	Differs    bool                    // what would be published now says something else
	Rooms      map[string]domain.Room
	Code       QR // on paper
}

// BoardGroup is one event of a day's board.
type BoardGroup struct {
	Event *domain.Event `json:"event"`
	Alias bool          `json:"alias,omitempty"` // secret and not for this reader: little of it is there
	Link  bool          `json:"-"`
	Rows  []domain.BoardRow
}

// publicationJSON is what a program may read of a board.
type publicationJSON struct {
	Day    string                  `json:"day"`
	Board  *domain.Bulletin        `json:"board"`
	Groups []BoardGroup            `json:"groups"`
	Mine   *domain.Acknowledgement `json:"mine,omitempty"`
}

// JSON is the page for programs. Who has not seen it is for who keeps it.
func (p PublicationPage) JSON() any {
	b := p.Board
	if b != nil && !p.Publish {
		copied := *b
		copied.Acks = nil
		b = &copied
	}
	return publicationJSON{p.Day, b, p.Groups, p.Mine}
}

// boardCrew is a crew's people at one event.
type boardCrew struct {
	crew domain.Crew
	rows []domain.BoardRow
}

func (g *BoardGroup) crews() []boardCrew {
	var list []boardCrew
	for _, r := range g.Rows {
		if n := len(list); n == 0 || list[n-1].crew != r.Crew {
			list = append(list, boardCrew{crew: r.Crew})
		}
		list[len(list)-1].rows = append(list[len(list)-1].rows, r)
	}
	return list
}

// onSite is when most of the event's people are to be there.
func (g *BoardGroup) onSite() time.Time { return g.Rows[0].OnSiteAt }

func (g *BoardGroup) supplies() string {
	for _, r := range g.Rows {
		if r.Supplies != "" {
			return r.Supplies
		}
	}
	return ""
}

func (g *BoardGroup) has(person string) bool {
	return person != "" && slices.ContainsFunc(g.Rows, func(r domain.BoardRow) bool { return r.PersonID == person })
}

// BoardColumns are the columns of a board as a table.
var BoardColumns = []string{"start", "end", "event", "level", "rooms", "onsite", "crew", "person", "post", "supplies"}

// BoardColumn is the heading of one of BoardColumns.
func BoardColumn(c Ctx, key string) string {
	switch key {
	case "event", "crew", "person", "post":
		return c.T("publication." + key)
	}
	return c.T("fact." + key)
}

// Table is the board as rows of BoardColumns, one a person and post.
func (p PublicationPage) Table() [][]string {
	var rows [][]string
	at := func(t time.Time) string { return t.In(p.Loc).Format(TableMinute) }
	for k := range p.Groups {
		g := &p.Groups[k]
		for _, r := range g.Rows {
			who := p.T("publication.nobody")
			if r.PersonID != "" {
				who = p.Name(r.PersonID)
			}
			rows = append(rows, []string{
				at(r.StartAt), at(r.EndAt), EventTitle(p.Ctx, g.Event, g.Alias), p.T("level." + strconv.Itoa(g.Event.Level)), roomsOf(p.Ctx, p.Rooms, r.Rooms), at(r.OnSiteAt), p.T("crew." + string(r.Crew)), who, r.Post, r.Supplies,
			})
		}
	}
	return rows
}

// TableMinute is how tables write moments: in the order of a calendar, so that they can be sorted.
const TableMinute = "2006-01-02 15:04"

// boardWords are what a row says besides the name: the post, and its own time where that differs.
func boardWords(c Ctx, g *BoardGroup, r *domain.BoardRow) string {
	at := ""
	if !r.OnSiteAt.Equal(g.onSite()) {
		at = c.When(r.OnSiteAt)
	}
	return joinDots(r.Post, at)
}

// roomsOf names rooms by their ids, in the reader's language.
func roomsOf(c Ctx, rooms map[string]domain.Room, ids string) string {
	var list []domain.Room
	for _, id := range strings.Fields(ids) {
		if r, ok := rooms[id]; ok {
			list = append(list, r)
		} else {
			list = append(list, domain.Room{ID: id, Name: id})
		}
	}
	return RoomNames(c, list)
}

// factValue says a value of a bulletin's line in the reader's language.
func factValue(c Ctx, rooms map[string]domain.Room, field, value string) string {
	if value == "" {
		return ""
	}
	switch field {
	case "arrival", "start", "end", "break", "onsite":
		return stampWords(c, value)
	case "rooms":
		return roomsOf(c, rooms, value)
	case "level":
		return c.T("level." + value)
	case "secrecy":
		return c.T("secrecy." + value)
	case "status":
		return c.T("status." + value)
	case "commander", "lead", "lift":
		return c.Name(value)
	case "tea":
		return c.T("event_page.tea_every", "n", value)
	case "layout":
		return c.T("layout." + value)
	case "photo", "recording":
		return c.T("fact.wanted")
	}
	if strings.HasPrefix(field, "function:") {
		return partWords(c, rooms, value)
	}
	if strings.HasPrefix(field, "agenda:") {
		a := domain.AgendaOf(value)
		if a.StartAt.IsZero() {
			return value
		}
		return joinDots(c.When(a.StartAt)+"–"+c.Clock(a.EndAt()), a.Speaker, a.Needs)
	}
	if strings.HasPrefix(field, "item:") {
		if n, ok := strings.CutPrefix(value, "every "); ok {
			return c.T("fact.every", "n", n)
		}
		return stampWords(c, value)
	}
	return value
}

// factLabel names what a line of a bulletin is about: a part of the event by its name,
// or by both when it got another.
func factLabel(c Ctx, l *domain.BulletinLine) string {
	switch kind, _, _ := strings.Cut(l.Field, ":"); kind {
	case "function":
		return renamed(domain.FunctionOf(l.Old).Name, domain.FunctionOf(l.New).Name)
	case "agenda":
		return joinWords(c.T("fact.agenda"), renamed(domain.AgendaOf(l.Old).Title, domain.AgendaOf(l.New).Title))
	}
	switch l.Field {
	case "layout", "needs", "wishes", "welcome_text", "banner", "flowers", "tea_wish", "seat_wish", "photo_wish": // as on the form
		return c.T("event_form." + l.Field)
	}
	return c.T("fact." + l.Field)
}

// renamed is a name, or both when it is another now.
func renamed(old, now string) string {
	if old == now || old == "" || now == "" {
		return pick(now == "", old, now)
	}
	return old + " → " + now
}

// partWords are a part of an event in one line: when, where, how the room is set.
func partWords(c Ctx, rooms map[string]domain.Room, value string) string {
	f := domain.FunctionOf(value)
	when, layout := "", ""
	if !f.StartAt.IsZero() {
		when = c.When(f.StartAt) + "–" + c.Clock(f.EndAt)
	}
	if f.Layout != "" {
		layout = c.T("layout." + string(f.Layout))
	}
	return joinDots(when, roomsOf(c, rooms, f.RoomID), f.Place, layout)
}

func stampWords(c Ctx, value string) string {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return value
	}
	return c.When(t)
}

// ChangesPage is GET /events/{id}/changes.
type ChangesPage struct {
	Page
	Event     domain.Event
	Bulletins []domain.Bulletin
	Rooms     map[string]domain.Room
}

// WorkPage is GET /events/{id}/work and a crew's own notice.
type WorkPage struct {
	Page
	Event     domain.Event
	Bulletins []domain.Bulletin
	Bulletin  *domain.Bulletin // the one to be read
	Rooms     map[string]domain.Room
	Items     map[string]domain.Item
	Code      QR
}

// label names a line of a work notice.
func (p WorkPage) label(l *domain.BulletinLine) string {
	if id, ok := strings.CutPrefix(l.Field, "person:"); ok {
		return p.Name(id)
	}
	if id, ok := strings.CutPrefix(l.Field, "item:"); ok {
		i := p.Items[id]
		return i.Text(p.Locale)
	}
	return factLabel(p.Ctx, l)
}

// lines are those of a kind: facts, people or items.
func (p WorkPage) lines(kind string) []domain.BulletinLine {
	var list []domain.BulletinLine
	for _, l := range p.Bulletin.Lines {
		k, _, found := strings.Cut(l.Field, ":")
		if found && k == kind || !found && kind == "" {
			list = append(list, l)
		}
	}
	return list
}

// WorkColumns are the columns of an event's work notices as a table.
var WorkColumns = []string{"crew", "version", "taken", "what", "says"}

// WorkColumn is the heading of one of WorkColumns.
func WorkColumn(c Ctx, key string) string {
	if key == "crew" {
		return c.T("publication.crew")
	}
	return c.T("work.column_" + key)
}

// Table is what the work notices of all crews say as rows of WorkColumns.
func (p WorkPage) Table() [][]string {
	var rows [][]string
	for k := range p.Bulletins {
		b := &p.Bulletins[k]
		taken := ""
		if a := b.Accepted(); a != nil {
			taken = joinDots(p.Name(a.PersonID), p.When(*a.SeenAt))
		}
		for n := range b.Lines {
			if l := &b.Lines[n]; l.New != "" {
				rows = append(rows, []string{p.T("crew." + string(b.Crew)), strconv.Itoa(b.No), taken, p.label(l), factValue(p.Ctx, p.Rooms, l.Field, l.New)})
			}
		}
	}
	return rows
}

// MovePage is GET /events/{id}/move.
type MovePage struct {
	Page
	Event domain.Event
	In    EventInput
	Rooms []domain.Room
}

// CopiesPage is GET /events/{id}/copies.
type CopiesPage struct {
	Page
	Event   domain.Event
	In      EventInput
	Series  SeriesInput
	Errors  Errors
	Dates   []SeriesDate
	Members []domain.Event // of the series that it belongs to
}

// SeriesInput is what was typed of a series.
type SeriesInput struct{ Repeat, Every, Count string }

// SeriesDate is one date with what stands in its way.
type SeriesDate struct {
	StartAt time.Time `json:"start_at"`
	Taken   string    `json:"taken,omitempty"`
	TakenEn string    `json:"taken_en,omitempty"`
}

// IntakePage is GET /intake.
type IntakePage struct {
	Page
	Day    string
	At     time.Time
	Events []IntakeEvent
	Steps  []IntakeStep
	Board  *domain.Bulletin
}

// IntakeEvent is an event of the day with what it lacks.
type IntakeEvent struct {
	domain.Event
	Lacks []domain.Lack `json:"lacks"`
}

// IntakeStep is a step with when it is due and, once it is done, by whom.
type IntakeStep struct {
	Step  domain.Step        `json:"step"`
	DueAt time.Time          `json:"due_at"`
	Late  bool               `json:"late"` // it is too late for it now
	Done  *domain.IntakeStep `json:"done,omitempty"`
}

// IntakeShown is how long before its time a step of the intake stands among what is to be done.
const IntakeShown = 30 * time.Minute

// TodayBoard is a board that names the reader.
type TodayBoard struct {
	ID       string     `json:"id"`
	Day      string     `json:"day"`
	Tomorrow bool       `json:"tomorrow"`
	No       int        `json:"no"`
	SeenAt   *time.Time `json:"seen_at,omitempty"`
}

// TodayIntake is the step of the intake that is to be done next.
type TodayIntake struct {
	Day   string      `json:"day"`
	Step  domain.Step `json:"step"`
	DueAt time.Time   `json:"due_at"`
	Late  bool        `json:"late"`
}

// lackPath leads to where what is missing can be put right.
func lackPath(e *domain.Event, l domain.Lack) string {
	if l == domain.LackConfirmed {
		return "/events/" + e.ID
	}
	return "/events/" + e.ID + "/edit"
}
