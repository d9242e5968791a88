package notify

import (
	"strconv"
	"time"

	"huiwu/server/domain"
	"huiwu/server/i18n"
)

// Text is what a notice says, in one language.
type Text struct {
	Title string
	Body  string
}

// Where is where a text is read; the further away, the less it says.
type Where int

// In the product; on a locked phone, by way of a push service; in a chat group.
const (
	Inside Where = iota
	Outside
	Group
)

// Lang is a reader's language and zone.
type Lang struct {
	Locale string
	Loc    *time.Location
}

// T is a sentence in that language.
func (l Lang) T(key string, args ...string) string { return i18n.T(l.Locale, key, args...) }

func (n *Notifier) lang(locale string) Lang { return Lang{locale, n.store.Loc} }

// Compose writes a notice for a reader. A secret event goes by its alias
// everywhere but inside, with nothing typed by hand; a guest's name is for who
// may see guests while the event lasts (see domain.Event.NamesHidden), and never
// for a group.
func Compose(l Lang, n *domain.Notice, e *domain.Event, v domain.Viewer, where Where, now time.Time) Text {
	c := composer{l: l, n: n, e: e, v: v, where: where, over: e != nil && e.NamesHidden(now)}
	c.veiled = e != nil && e.Secrecy == domain.SecrecySecret && where != Inside
	return c.text()
}

type composer struct {
	l      Lang
	n      *domain.Notice
	e      *domain.Event
	v      domain.Viewer
	where  Where
	veiled bool
	over   bool // nobody needs its guests' names any more
}

func (c *composer) text() Text {
	event := c.event()
	item := c.item()
	star := ""
	if c.n.Grave {
		star = "★ "
	}
	one := "many"
	if n, _ := strconv.Atoi(c.n.Args["n"]); n <= 1 {
		one = "one"
	}
	switch c.n.Kind {
	case domain.NoticeDue:
		return Text{c.l.T("notice.due_"+one, "item", item, "n", c.n.Args["n"]), c.join(c.l.T("notice.due_at", "at", c.clock()), event)}
	case domain.NoticeLate:
		return Text{star + c.l.T("notice.late_"+one, "item", item, "n", c.n.Args["n"]), c.join(c.crew(), c.l.T("notice.due_at", "at", c.clock()), event)}
	case domain.NoticeRejected:
		return Text{c.l.T("notice.rejected", "item", item), c.join(c.typed("reason"), event)}
	case domain.NoticeBlocked:
		return Text{star + c.l.T("notice.blocked", "item", item), c.join(c.typed("reason"), event)}
	case domain.NoticeChanged:
		return c.changed(event)
	case domain.NoticeReady:
		return Text{c.l.T("notice.ready", "event", event), c.l.T("notice.ready_by", "person", c.n.Args["person"])}
	case domain.NoticeGuest:
		return Text{c.l.T("notice.guest", "post", c.l.T("post."+c.n.Args["from"])), c.join(c.guest(), c.about(), c.eta(), event)}
	case domain.NoticeDeclined:
		return Text{c.l.T("notice.declined", "guest", c.guest()), event}
	case domain.NoticeStray:
		return Text{c.l.T("notice.stray"), c.join(c.guest(), c.comesFrom(), event)}
	case domain.NoticeMilestone:
		return Text{c.l.T("notice.milestone", "item", item), c.join(c.crew(), c.l.T("notice.milestone_due", "day", c.moment()), event)}
	case domain.NoticeDrill:
		return Text{c.l.T("notice.drill"), event}
	case domain.NoticeRequest, domain.NoticeRequestLate, domain.NoticeRequestNews:
		return c.request()
	case domain.NoticeProposal:
		return Text{c.l.T("notice.proposal_"+c.n.Args["outcome"], "item", c.n.Args["item"]), c.join(c.typed("answer"))}
	case domain.NoticeTest:
		return Text{c.l.T("notice.test"), c.l.T("notice.test_body")}
	case domain.NoticeBoard:
		return Text{c.l.T("notice.board", "day", c.day()), c.l.T("notice.board_body", "n", c.n.Args["n"])}
	case domain.NoticeWork:
		return Text{c.l.T("notice.work", "crew", c.crew()), c.join(event, c.l.T("notice.work_body", "n", c.n.Args["n"]))}
	case domain.NoticeUnseen:
		return Text{c.l.T("notice.unseen_"+c.n.Args["what"], "n", c.n.Args["n"], "no", c.n.Args["no"], "day", c.day(), "crew", c.crew()), c.join(c.typed("names"), event)}
	case domain.NoticeIntake, domain.NoticeIntakeLate:
		return Text{c.l.T("notice."+string(c.n.Kind), "day", c.day()), c.l.T("notice.due_at", "at", c.clock())}
	}
	return c.reception(star, item, event)
}

// request is what booking requests have to say; a secret one's args name nobody.
func (c *composer) request() Text {
	args := c.n.Args
	what := c.join(args["purpose"], args["organiser"])
	switch c.n.Kind {
	case domain.NoticeRequestLate:
		return Text{c.l.T("notice.request_late", "number", args["number"]), c.join(c.l.T("notice.request_due", "at", c.clock()), what)}
	case domain.NoticeRequestNews:
		return Text{c.l.T("log." + args["verb"]), c.join(args["number"], what)}
	}
	return Text{c.l.T("notice.request", "number", args["number"]), c.join(c.l.T("notice.request_by", "at", c.clock()), what)}
}

// reception is what posts, cues, guests on the way and lifts have to say.
func (c *composer) reception(star, item, event string) Text {
	args := c.n.Args
	switch c.n.Kind {
	case domain.NoticeCue:
		return Text{star + c.l.T("notice.cue", "item", item), event}
	case domain.NoticeAbsent:
		return Text{star + c.l.T("notice.absent", "place", c.typed("place")), c.join(c.l.T("notice.absent_by", "person", args["person"], "at", c.clock()), event)}
	case domain.NoticeReturn:
		return Text{c.l.T("notice.return", "place", c.typed("place")), c.join(c.l.T("notice.return_by", "person", args["person"], "at", c.clock()), event)}
	case domain.NoticeOverdue:
		return Text{star + c.l.T("notice.overdue", "post", c.l.T("post."+args["from"])), c.join(c.guest(), c.clock(), event)}
	case domain.NoticeEarly:
		return Text{star + c.l.T("notice.early", "n", args["minutes"]), event}
	case domain.NoticeEarlyMode:
		return Text{c.l.T("notice.early_mode_" + args["mode"]), event}
	case domain.NoticeNobody:
		return Text{c.l.T("notice.late_arrival", "at", c.clock()), event}
	case domain.NoticeRelief:
		return Text{c.l.T("notice.relief", "place", c.typed("place")), c.join(args["person"], c.typed("reason"), event)}
	case domain.NoticeOverride:
		return Text{star + c.l.T("notice.override", "place", c.typed("place")), c.join(args["person"], c.typed("reason"), event)}
	}
	return Text{star + c.l.T("notice.lift", "lift", args["lift"], "state", c.l.T("lift_state."+args["state"])), c.join(c.typed("reason"), event)}
}

func (c *composer) changed(event string) Text {
	verb, reason := c.n.Args["verb"], c.typed("reason")
	if verb == "event.status" {
		return Text{c.l.T("notice.cancelled", "event", event), reason}
	}
	what := c.l.T("log." + verb)
	old, now := c.typed("old"), c.typed("new")
	if verb == "event.level" {
		old, now = c.l.T("level."+c.n.Args["old"]), c.l.T("level."+c.n.Args["new"])
	}
	if old != "" && now != "" {
		what += c.l.T("notice.from_to", "old", old, "new", now)
	}
	if n, _ := strconv.Atoi(c.n.Args["n"]); n > 1 {
		what = c.join(what, c.l.T("notice.and_more", "n", strconv.Itoa(n-1)))
	}
	return Text{c.l.T("notice.changed", "event", event), what}
}

// event is its name, or its alias where others may read along.
func (c *composer) event() string {
	if c.e == nil {
		return ""
	}
	if c.veiled {
		return c.l.T("ui.alias", "n", c.e.Alias())
	}
	return c.e.Name
}

func (c *composer) item() string {
	if c.veiled {
		return c.crew()
	}
	if en := c.n.Args["item_en"]; c.l.Locale == "en" && en != "" {
		return en
	}
	return c.n.Args["item_zh"]
}

func (c *composer) crew() string {
	if c.n.Args["crew"] == "" {
		return ""
	}
	return c.l.T("crew." + c.n.Args["crew"])
}

// typed is what somebody typed, which may say anything.
func (c *composer) typed(name string) string {
	if c.veiled {
		return ""
	}
	return c.n.Args[name]
}

// day is a site day: "3月19日", "19 Mar".
func (c *composer) day() string {
	t, err := time.Parse(time.DateOnly, c.n.Args["day"])
	if err != nil {
		return ""
	}
	return t.Format(c.l.T("notice.day_form"))
}

func (c *composer) clock() string {
	t, err := time.Parse(time.RFC3339, c.n.Args["at"])
	if err != nil {
		return ""
	}
	return t.In(c.l.Loc).Format("15:04")
}

// moment is a day and a time of day on site.
func (c *composer) moment() string {
	t, err := time.Parse(time.RFC3339, c.n.Args["at"])
	if err != nil {
		return ""
	}
	return t.In(c.l.Loc).Format("01-02 15:04")
}

// named tells whether the reader may be told who comes.
func (c *composer) named() bool {
	return c.e != nil && !c.over && c.where != Group && c.e.Secrecy != domain.SecrecySecret && c.v.Can(domain.RightGuestsSee, c.e.Secrecy)
}

// about is what the next post needs to know of who comes: title, plate and bay, needs.
func (c *composer) about() string {
	if !c.named() {
		return ""
	}
	return c.join(c.n.Args["title"], c.n.Args["car"], c.n.Args["needs"])
}

// comesFrom is a stray's organisation, where he is named.
func (c *composer) comesFrom() string {
	if c.over {
		return ""
	}
	return c.typed("organisation")
}

func (c *composer) eta() string {
	if c.n.Args["eta"] == "" {
		return ""
	}
	return c.l.T("notice.guest_eta", "n", c.n.Args["eta"])
}

func (c *composer) guest() string {
	n, _ := strconv.Atoi(c.n.Args["n"])
	switch {
	case !c.named():
		return c.l.T("notice.guest_unnamed", "n", strconv.Itoa(max(n, 1)))
	case n > 1:
		return c.l.T("notice.guest_many", "guest", c.n.Args["guest"], "n", strconv.Itoa(n))
	}
	return c.n.Args["guest"]
}

func (c *composer) join(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += " · "
		}
		out += p
	}
	return out
}
