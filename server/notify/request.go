package notify

import (
	"strings"
	"time"

	"huiwu/server/domain"
)

// RequestText is what an organiser is told of his request as it stands, to be
// mailed or copied into a chat; link leads to his page.
func RequestText(l Lang, r *domain.Request, e *domain.Event, rooms map[string]domain.Room, link string) string {
	name := r.Purpose
	if r.Secrecy == domain.SecrecySecret {
		name = r.Number
	}
	args := []string{"contact", r.Contact, "purpose", name, "number", r.Number, "reason", r.Reason}
	lines := []string{l.T("request_text.hello", args...)}
	switch r.State {
	case domain.RequestOffered:
		lines = append(lines, l.T("request_text.offered", args...))
		for _, o := range r.OpenOffers() {
			lines = append(lines, "· "+requestRoom(l, rooms[o.RoomID])+" "+Span(l, o.StartAt, o.EndAt))
		}
		lines = append(lines, l.T("request_text.offered_end"))
	case domain.RequestAccepted:
		when := ""
		if e != nil {
			when = Span(l, e.StartAt, e.EndAt)
			if where := EventRooms(l, e); where != "" {
				when = where + " " + when
			}
		}
		lines = append(lines, l.T("request_text.accepted", append(args, "when", when)...))
	case domain.RequestDeclined, domain.RequestWithdrawn:
		lines = append(lines, l.T("request_text."+string(r.State), args...))
	default:
		if r.ReplyBy != nil {
			lines = append(lines, l.T("request_text.waiting", append(args, "at", moment(l, *r.ReplyBy))...))
		} else {
			lines = append(lines, l.T("request_text.open", args...))
		}
	}
	if r.OpenQuestions() > 0 {
		lines = append(lines, l.T("request_text.questions"))
		for _, q := range r.Questions {
			if q.AnsweredAt == nil {
				lines = append(lines, "· "+q.Question)
			}
		}
	}
	return strings.Join(append(lines, l.T("request_text.link"), link), "\n")
}

func requestRoom(l Lang, r domain.Room) string {
	return domain.InLocale(l.Locale, r.Name, r.NameEn)
}

// Span is a day and hours on site: 3月18日 周三 10:00–11:30.
func Span(l Lang, from, to time.Time) string {
	a, b := from.In(l.Loc), to.In(l.Loc)
	end := b.Format("15:04")
	if a.Format(time.DateOnly) != b.Format(time.DateOnly) {
		end = moment(l, to)
	}
	return moment(l, from) + "–" + end
}

func moment(l Lang, t time.Time) string {
	return t.In(l.Loc).Format("2006-01-02 15:04")
}
