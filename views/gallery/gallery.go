// Package gallery shows every part of the design system in every state, with
// canned data, drawn by the very parts, style and scripts of the product. It is
// for those who work on the look ("huiwu gallery"); the product has no way to it.
package gallery

import (
	_ "embed"
	"encoding/json"
	"slices"
	"time"

	"github.com/a-h/templ"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/views"
)

// Style and Script are the gallery's own frame around the parts; no page of the product loads them.
var (
	//go:embed gallery.css
	Style []byte
	//go:embed gallery.js
	Script []byte
)

// Themes that can be asked for; "" is as the device says, Beside shows three next to each other.
var Themes = []string{"", "light", "dark", "dim", Beside}

// Beside is the theme that is all of them, each as wide as a phone.
const Beside = "beside"

// Options are what an address of the gallery says.
type Options struct {
	Group  string // one of Groups
	Locale string
	Theme  string
	Now    time.Time
}

// Groups are the pages of the gallery in order.
func Groups() []string {
	names := make([]string, len(groups))
	for k, g := range groups {
		names[k] = g.name
	}
	return names
}

type group struct {
	name string
	view string // as on the page of the product that shows these parts: it decides the style sheets
	show func(set) templ.Component
}

var groups = []group{
	{"controls", "items", controls},
	{"items", "items", items},
	{"guests", "guests", guests},
	{"reception", "posts", reception},
	{"seats", "seats", seats},
	{"invitations", "invitations", invitations},
	{"door", "door", door},
	{"events", "event", events},
	{"boards", "board", boards},
	{"told", "outbox", told},
	{"dialogs", "guests", dialogs},
	{"doors", "items", doors},
}

// Page is one page of the gallery, nil when there is none of that name.
func Page(o Options) templ.Component {
	k := slices.IndexFunc(groups, func(g group) bool { return g.name == o.Group })
	if k < 0 || !slices.Contains(i18n.Locales, o.Locale) || !slices.Contains(Themes, o.Theme) {
		return nil
	}
	s := newSet(o, groups[k].view)
	if o.Theme == Beside {
		return beside(s, o)
	}
	return frame(s, o, groups[k].show(s))
}

// address of a page of the gallery.
func address(o Options) templ.SafeURL {
	return templ.SafeURL("/" + o.Group + "?lang=" + o.Locale + "&theme=" + o.Theme)
}

func (o Options) as(theme string) Options {
	o.Theme = theme
	return o
}

func (o Options) at(name string) Options {
	o.Group = name
	return o
}

func (o Options) in(locale string) Options {
	o.Locale = locale
	return o
}

func themeWord(c views.Ctx, theme string) string {
	switch theme {
	case "":
		return c.T("me.theme_auto")
	case Beside:
		return c.T("gallery.beside")
	}
	return c.T("me.theme_" + theme)
}

// unsent are acts for the phone's own outbox, as the scripts keep them: the rows
// of the item page wait, and the outbox lists every state that an act may have.
func unsent(s set) string {
	type act map[string]any
	acted := s.Now.Add(-3 * time.Minute).UnixMilli()
	entry := func(n int, state, row, as, about string, more act) act {
		a := act{
			"n": n, "key": "gallery-" + as + "-" + state, "person": s.Person.ID, "row": row, "lane": row, "method": "PUT", "url": "/items/" + row + "/done",
			"headers": act{}, "what": as, "as": as, "about": about, "page": s.event.Name, "href": "/items", "acted": acted, "tries": 0, "rest": 1 << 50, "state": state,
		}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	long := s.item("D2").Text(s.Locale)
	list := []act{
		entry(1, "waiting", "item-waiting", "done", s.T("js.act_done")+" · "+long, nil),
		entry(2, "waiting", "item-accepting", "accepted", s.T("js.act_accepted")+" · "+s.item("E7").Text(s.Locale), act{"tries": 4, "error": "network"}),
		entry(3, "waiting", "guest-waiting", "moved", s.T("js.to_lobby")+" · "+s.guest(0).Name, act{"tries": 2, "error": 503}),
		entry(4, "declined", "item-declined", "done", s.T("js.act_done")+" · "+s.item("S4").Text(s.Locale), act{"said": s.T("item.accepted_already")}),
		entry(5, "noted", "item-noted", "done", s.T("js.act_done")+" · "+s.item("S1").Text(s.Locale), act{"said": s.T("act.overtaken")}),
		entry(6, "waiting", "item-others", "done", long, act{"person": "somebody else"}),
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "[]"
	}
	return string(b)
}

// roles are those who see a bottom bar, one person each.
func (s set) roles() []domain.Person {
	var list []domain.Person
	for _, r := range domain.StaffRoles {
		if r != domain.RoleBoard {
			list = append(list, domain.Person{ID: string(r), Name: s.Person.Name, StaffNo: string(r), Role: r, Crew: crewOf[r]})
		}
	}
	return append(list, domain.Person{ID: "guard", Name: s.Person.Name, StaffNo: "guard", Role: domain.RoleCrewMember, Crew: domain.CrewSEC})
}

var crewOf = map[domain.Role]domain.Crew{domain.RoleCrewLead: domain.CrewENG, domain.RoleCrewMember: domain.CrewSVC, domain.RoleControlRoom: domain.CrewCTL, domain.RoleSupplyClerk: domain.CrewADM}
