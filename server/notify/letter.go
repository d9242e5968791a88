package notify

import (
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
)

// LetterOf is the event's letter: what was typed, or the one that comes with the
// program. A secret event's says nothing of who invites.
func LetterOf(l *domain.Letter, e *domain.Event) domain.Letter {
	if l != nil {
		return *l
	}
	key := "letter.text"
	if e.Secrecy == domain.SecrecySecret {
		key = "letter.text_secret"
	}
	zh, en := Lang{Locale: "zh"}, Lang{Locale: "en"}
	return domain.Letter{EventID: e.ID, SubjectZh: zh.T("letter.subject"), SubjectEn: en.T("letter.subject"), Zh: zh.T(key), En: en.T(key)}
}

// LetterValues are what one guest's letter says, in a language. A secret event goes
// by its alias, and nobody invites.
func LetterValues(l Lang, g *domain.Guest, e *domain.Event, link string) map[string]string {
	organiser := e.Organiser
	if e.Secrecy == domain.SecrecySecret {
		organiser = ""
	}
	return map[string]string{
		"name": g.Name, "title": g.Title, "event": EventWord(l, e), "time": EventTime(l, e), "room": EventRooms(l, e), "organiser": organiser, "link": link,
	}
}

// EventWord is what guests call the event.
func EventWord(l Lang, e *domain.Event) string {
	if e.Secrecy == domain.SecrecySecret {
		return l.T("ui.alias", "n", e.Alias())
	}
	return e.Name
}

// EventTime is the event's day and hours on site.
func EventTime(l Lang, e *domain.Event) string {
	from, to := e.StartAt.In(l.Loc), e.EndAt.In(l.Loc)
	month := "1"
	if l.Locale == "en" {
		month = "January"
	}
	day := func(t time.Time) string {
		return l.T("letter.day", "y", t.Format("2006"), "month", t.Format(month), "d", t.Format("2"), "weekday", l.T("letter.weekday_"+t.Format("Mon")))
	}
	if from.Format(time.DateOnly) != to.Format(time.DateOnly) {
		return day(from) + " " + from.Format("15:04") + " – " + day(to) + " " + to.Format("15:04")
	}
	return day(from) + " " + from.Format("15:04") + "–" + to.Format("15:04")
}

// EventRooms are the event's rooms with their floors.
func EventRooms(l Lang, e *domain.Event) string {
	var list []string
	for _, r := range e.Rooms {
		list = append(list, l.T("letter.room", "room", domain.InLocale(l.Locale, r.Name, r.NameEn), "n", strconv.Itoa(r.Floor)))
	}
	return strings.Join(list, l.T("ui.comma"))
}

// Letter writes one guest's letter; without a link it is the text of the guest's own page.
func Letter(l Lang, letter *domain.Letter, g *domain.Guest, e *domain.Event, link string) (subject, body string) {
	subject, body = letter.Text(l.Locale)
	if link == "" {
		body = domain.WithoutLink(body)
	}
	values := LetterValues(l, g, e, link)
	return tidy(domain.FillLetter(subject, values)), tidy(domain.FillLetter(body, values))
}

// tidy removes what an empty value leaves behind.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for k := range lines {
		lines[k] = strings.TrimRight(lines[k], " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
