package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// deed is one act of a person, with everything that became of it.
type deed struct {
	key     string
	person  string // id
	subject string // "item:…", "guest:…", "party:…", "event:…"
	method  string
	path    string
	form    url.Values
	json    bool          // how it wants to be answered
	acted   time.Time     // by the one true clock
	off     time.Duration // how wrong the phone's clock was at that moment

	mu    sync.Mutex
	tries []try
}

func (d *deed) String() string { return d.method + " " + d.path + " " + d.key }

// try is one attempt to deliver a deed.
type try struct {
	sent, back time.Time
	off        time.Duration // how wrong the phone's clock was when it was sent
	status     int           // 0: no answer
	acked      bool          // the answer named the key
	receipt    *domain.Receipt
}

func (d *deed) tried(x try) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries = append(d.tries, x)
}

// claim is when the server may believe that the deed was done: the earliest and the latest moment that an attempt told it.
// It takes the way of a request for a fault of the phone's clock, so the latest moment is later by that way: by what the
// answer took, or, where none came, by slack more than was waited for it.
func (d *deed) claim() (from, to time.Time) {
	for k, x := range d.tries {
		at := d.acted.Add(d.off - x.off)
		lo, hi := at, at.Add(x.back.Sub(x.sent))
		if at.After(x.sent) { // never after the server's now
			lo, hi = x.sent, x.back
		}
		if x.status == 0 {
			hi = hi.Add(slack)
		}
		if k == 0 || lo.Before(from) {
			from = lo
		}
		if k == 0 || hi.After(to) {
			to = hi
		}
	}
	return from, to
}

// dice make a person's acts: what comes next follows from the seed alone.
type dice struct {
	*rand.Rand
	w      *world
	n      int
	made   int
	person *domain.Person
	seed   uint64
}

func newDice(seed uint64, w *world, n int) *dice {
	return &dice{Rand: rand.New(rand.NewPCG(seed, uint64(n)+1)), w: w, n: n, person: w.people[n], seed: seed}
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// id is a key or an id that the phone makes.
func (d *dice) id() string {
	d.made++
	return fmt.Sprintf("%x-%d-%d-%x", d.seed, d.n, d.made, d.Uint64())
}

// next is the person's next act.
func (d *dice) next() *deed {
	event := d.w.events[d.n%eventCount]
	if d.IntN(4) == 0 {
		event = d.w.events[d.IntN(eventCount)]
	}
	x := &deed{key: d.id(), person: d.person.ID, json: d.IntN(3) == 0}
	role, crew := owner(d.n)
	lobby := crew == domain.CrewSEC || role == domain.RoleControlRoom
	switch {
	case lobby && d.IntN(3) > 0:
		d.guest(x, event)
	case role == domain.RoleCommander || role == domain.RoleSupervisor:
		d.judge(x, event)
	default:
		d.item(x, event, crew)
	}
	return x
}

func (x *deed) is(method, path string, fields url.Values, kind, id string) {
	x.method, x.path, x.form, x.subject = method, path, fields, kind+":"+id
}

func (d *dice) item(x *deed, event string, crew domain.Crew) {
	items := d.w.items[event]
	i := items[d.IntN(len(items))]
	for range 50 {
		if i.Crew == crew {
			break
		}
		i = items[d.IntN(len(items))]
	}
	path := "/items/" + i.ID
	reason := form("reason", fmt.Sprintf("原因%d", d.made))
	switch k := d.IntN(100); {
	case k < 45:
		reading := "23"
		if i.Evidence == domain.EvidenceNone {
			reading = ""
		}
		x.is(http.MethodPut, path+"/done", form("reading", reading), "item", i.ID)
	case k < 80:
		x.is(http.MethodDelete, path+"/done", nil, "item", i.ID)
	case k < 86:
		x.is(http.MethodPut, path+"/blocked", reason, "item", i.ID)
	case k < 91:
		x.is(http.MethodDelete, path+"/blocked", nil, "item", i.ID)
	case k < 94:
		x.is(http.MethodPut, path+"/exemption", reason, "item", i.ID)
	case k < 97:
		x.is(http.MethodDelete, path+"/exemption", nil, "item", i.ID)
	default:
		x.is(http.MethodPut, path+"/deferral", reason, "item", i.ID)
	}
}

// maxAdded is how many items and guests one person adds: lists of thousands are not what is proved here.
const maxAdded = 5

func (d *dice) judge(x *deed, event string) {
	items := d.w.items[event]
	i := items[d.IntN(len(items))]
	path := "/items/" + i.ID + "/acceptance"
	switch k := d.IntN(100); {
	case k < 40:
		x.is(http.MethodPut, path, form("verdict", "accepted"), "item", i.ID)
	case k < 50:
		d.edit(x, event)
	case k < 68:
		x.is(http.MethodPut, path, form("verdict", "rejected", "reason", "不齐"), "item", i.ID)
	case k < 88:
		x.is(http.MethodDelete, path, nil, "item", i.ID)
	case k < 92:
		x.is(http.MethodPut, "/events/"+event+"/acceptance", form("crew", string(i.Crew), "except", i.ID), "event", event)
	case k < 96:
		x.is(d.one(http.MethodPut, http.MethodDelete), "/events/"+event+"/readiness", form(), "event", event)
	case d.made < maxAdded*100:
		id := store.NewID()
		x.is(http.MethodPost, "/events/"+event+"/items", form("id", id, "text", fmt.Sprintf("加一项%d", d.made), "crew", "SVC", "phase", domain.PhasePre), "item", id)
	default:
		x.is(http.MethodPut, path, form("verdict", "accepted"), "item", i.ID)
	}
	if x.method == http.MethodDelete {
		x.form = nil
	}
}

func (d *dice) guest(x *deed, event string) {
	guests, parties := d.w.guests[event], d.w.parties[event]
	g, p := guests[d.IntN(len(guests))], parties[d.IntN(len(parties))]
	to := form("position", string(domain.Positions[d.IntN(len(domain.Positions))]))
	switch k := d.IntN(100); {
	case k < 60:
		x.is(http.MethodPut, "/guests/"+g.ID+"/position", to, "guest", g.ID)
	case k < 80:
		x.is(http.MethodDelete, "/guests/"+g.ID+"/position", nil, "guest", g.ID)
	case k < 88:
		x.is(http.MethodPut, "/parties/"+p.ID+"/position", to, "party", p.ID)
	case k < 92:
		x.is(http.MethodDelete, "/parties/"+p.ID+"/position", nil, "party", p.ID)
	default:
		x.is(http.MethodPut, "/guests/"+g.ID+"/position", form("position", string(domain.PositionVenue)), "guest", g.ID)
	}
}

// edit types a guest's title anew.
func (d *dice) edit(x *deed, event string) {
	g := d.w.guests[event][d.IntN(len(d.w.guests[event]))]
	x.is(http.MethodPut, "/guests/"+g.ID, form("name", g.Name, "title", fmt.Sprintf("职务%d-%d", d.n, d.made), "party", fmt.Sprintf("%d号车", 1+d.IntN(4))), "guest", g.ID)
}

func (d *dice) one(list ...string) string { return list[d.IntN(len(list))] }
