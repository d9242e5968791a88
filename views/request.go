package views

import (
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
)

// RequestsPage is GET /requests.
type RequestsPage struct {
	Page
	Rows    []RequestRow
	Decided bool
	Rooms   map[string]domain.Room
	Link    string // where anybody may ask
}

// RequestRow is a request in the list; of a hidden one only alias and clock are there.
type RequestRow struct {
	domain.Request
	Hidden bool `json:"hidden,omitempty"`
}

// RequestPage is GET /requests/{id}.
type RequestPage struct {
	Page
	Request domain.Request
	Event   *domain.Event // that it became; nil
	Missing []domain.Owed
	Rooms   map[string]domain.Room
	Slots   []RequestSlot // while it is to be decided: one for each choice
	People  []domain.Person
	Log     []domain.Change
	Mail    *domain.Mail
	Mails   bool // this site sends mails
	Link    string
	Text    string // what the organiser is told, to be copied
}

// asks tells that the organiser may still be asked, and his answers written down.
func (p *RequestPage) asks() bool {
	r := &p.Request
	return r.ErasedAt == nil && r.State != domain.RequestDeclined && r.State != domain.RequestWithdrawn
}

// RequestSlot is a choice with all rooms at that time, best first.
type RequestSlot struct {
	Choice   domain.RequestChoice `json:"choice"`
	Rooms    []domain.RoomOffer   `json:"rooms"`
	NextRoom domain.Room          `json:"-"` // where none that fits is free: one that does,
	Next     []domain.Slot        `json:"next,omitempty"`
}

// BookPage is GET /book and GET /requests/new.
type BookPage struct {
	Page
	In      BookInput
	Errors  Errors
	Error   string
	Rooms   []domain.Room
	Site    string
	ReplyBy time.Time // when an answer may be expected
	Stamp   string    // when the form was handed out
	Tap     string    // makes a second tap on the button the same act
	Staff   bool
}

// BookInput is the form as typed.
type BookInput struct {
	Purpose, Type, Organiser, Contact, Phone, Email, Heads, Layout, Room, Secrecy, Notes, Website string
	Start, End                                                                                    [domain.ChoicesMost]string
	Needs                                                                                         []string
	Details                                                                                       map[string]string
}

// LinkPage is GET /r/{token}: the organiser's own page.
type LinkPage struct {
	Page
	Request  domain.Request
	Event    *domain.Event
	Missing  []domain.Owed
	Rooms    map[string]domain.Room
	Record   *ServiceRecord // once the event is over
	PlanMark string
	In       LinkInput
	Errors   Errors
	Error    string
	Token    string
	Tap      string
	Done     string // what was done just now
	Staff    bool   // somebody of the house looks at it
}

// LinkInput is a form of that page as typed.
type LinkInput struct{ Form, ID, Name, Text, Satisfaction string }

// ServiceRecord is what was done for an event, in figures.
type ServiceRecord struct{ Done, Total, Signed, Guests int }

// ReplyHoursPage is GET /settings/requests.
type ReplyHoursPage struct {
	Page
	Site domain.Site
}

// Span is a day and hours on site.
func (c Ctx) Span(from, to time.Time) string {
	end := c.Clock(to)
	if !c.SameDay(from, to) {
		end = c.Day(to) + " " + end
	}
	return c.Day(from) + " " + c.Clock(from) + "\u2060–\u2060" + end // the hours stay on one line
}

// requestName is what it is about; of a secret one its number.
func requestName(c Ctx, r *domain.Request) string {
	if r.Secrecy == domain.SecrecySecret {
		return c.T("request.alias", "n", r.Alias())
	}
	return r.Purpose
}

func layoutName(c Ctx, l domain.Layout) string {
	if l == "" {
		return ""
	}
	return c.T("layout." + string(l))
}

func roomOf(c Ctx, rooms map[string]domain.Room, id string) string {
	if r, ok := rooms[id]; ok {
		return RoomName(c, r)
	}
	return ""
}

func fileSize(n int) string {
	if n < 1<<20 {
		return strconv.Itoa(max(1, n>>10)) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}

// picked is the room that is offered first for a choice: the wished one where it is free.
func (p RequestPage) picked() string {
	for _, s := range p.Slots {
		for k := range s.Rooms {
			if o := &s.Rooms[k]; o.Free && o.Room.ID == p.Request.RoomID {
				return strconv.Itoa(s.Choice.No) + ":" + o.Room.ID
			}
		}
	}
	return ""
}

// quickOffer is what one tap offers.
type quickOffer struct {
	room domain.Room
	domain.Slot
}

// quick are the free rooms that hold everybody, the best first; where there is none that
// fits, also the next times of one that does.
func (p RequestPage) quick(s RequestSlot) []quickOffer {
	const most = 3
	var list []quickOffer
	for k := range s.Rooms {
		if o := &s.Rooms[k]; o.Free && !o.Small && len(list) < most {
			list = append(list, quickOffer{o.Room, domain.Slot{Start: s.Choice.StartAt, End: s.Choice.EndAt}})
		}
	}
	for _, x := range s.Next[:min(len(s.Next), most)] {
		list = append(list, quickOffer{s.NextRoom, x})
	}
	return list
}

func (p BookPage) action() string {
	if p.Staff {
		return "/requests?lang=" + p.Locale
	}
	return "/book?lang=" + p.Locale
}

func (p LinkPage) action(act string) string { return "/r/" + p.Token + "/" + act + "?lang=" + p.Locale }

// err is the sentence of a field of one of the page's forms.
func (p LinkPage) err(form, id, field string) string {
	if p.In.Form != form || p.In.ID != id && form != "plan" {
		return ""
	}
	return p.Errors[field]
}

// typed is what stood in that form.
func (p LinkPage) typed(form, id, field string) string {
	if p.In.Form != form || p.In.ID != id && form != "plan" {
		return ""
	}
	return map[string]string{"name": p.In.Name, "text": p.In.Text, "satisfaction": p.In.Satisfaction}[field]
}

func clockOf(minutes int) string {
	return time.Date(2000, 1, 1, 0, min(minutes, 1439), 0, 0, time.UTC).Format("15:04")
}

func weekdays() []string { return strings.Split("1234567", "") }

// missingText says what the organiser still owes.
func missingText(c Ctx, m domain.Owed) string {
	switch m.What {
	case "question":
		return m.Text
	case "detail":
		return c.T("request.missing_detail", "need", c.T("need."+m.Need))
	}
	return c.T("request.missing_" + m.What)
}
