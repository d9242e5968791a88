package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// cast is who plays and on which events.
type cast struct {
	Events []string `json:"events"`
	People []player `json:"people"`
	Other  *player  `json:"other,omitempty"` // of a crew that has no part in any event
}

// on is the same people on the first n events only.
func (c *cast) on(n int) *cast {
	return &cast{Events: c.Events[:min(n, len(c.Events))], People: c.People}
}

// player is somebody who is signed in.
type player struct {
	ID      string `json:"id,omitempty"`  // "": not known; the phone then does not follow the bell
	Seq     int64  `json:"seq,omitempty"` // of the person's own topic
	StaffNo string `json:"staff_no"`
	Token   string `json:"token"`
	English bool   `json:"english,omitempty"`
}

func (p player) cookie() string { return "sid=" + p.Token }

// crews of the players, in turn: those that have something to tick on every event.
var crews = []domain.Crew{domain.CrewSVC, domain.CrewSEC, domain.CrewCLN, domain.CrewENG, domain.CrewCTL, domain.CrewADM}

// seed makes a building, people with a session each, and confirmed events with
// as many items, through the store and so through its rules. The people have no
// PIN that anybody could type.
func seed(ctx context.Context, s *store.Store, people, items, events int) (*cast, error) {
	if events < 1 || events > maxEvents {
		return nil, fmt.Errorf("%d events: want 1 to %d, so many begin on one day", events, maxEvents)
	}
	if _, err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	rooms := make([]domain.Room, events) // they are all at the same time
	for n := range rooms {
		rooms[n] = domain.Room{ID: fmt.Sprintf("load-hall-%d", n), Name: fmt.Sprintf("压测厅%d", n), NameEn: fmt.Sprintf("Load hall %d", n), Floor: 1, Capacity: 500}
	}
	if err := s.Found(ctx, domain.Site{ID: "site", Name: "压测大厦", Office: "管理处", Client: "客户"}, rooms); err != nil {
		return nil, err
	}
	run := strconv.FormatInt(time.Now().Unix(), 36)
	commander := &domain.Person{StaffNo: "load-" + run, Name: "压测总指挥", Role: domain.RoleCommander, Crew: domain.CrewCMD, Locale: "zh", PinHash: "-"}
	if _, err := s.CreatePerson(ctx, domain.Act{}, commander); err != nil {
		return nil, err
	}
	c := &cast{People: make([]player, people)}
	for n := range events {
		id, err := makeEvent(ctx, s, commander.ID, rooms[n].ID, items)
		if err != nil {
			return nil, err
		}
		c.Events = append(c.Events, id)
	}
	return c, each(people, 8, func(n int) error {
		c.People[n] = player{StaffNo: fmt.Sprintf("load-%s-%d", run, n), Token: store.NewID() + store.NewID(), English: n%10 == 9}
		p := &domain.Person{StaffNo: c.People[n].StaffNo, Name: fmt.Sprintf("压测%04d", n), Role: domain.RoleCrewMember, Crew: crews[n%len(crews)], Locale: "zh", PinHash: "-"}
		if c.People[n].English {
			p.Locale = "en"
		}
		if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
			return err
		}
		c.People[n].ID, c.People[n].Seq = p.ID, p.Seq
		_, err := s.CreateSession(ctx, p, c.People[n].Token, "load")
		return err
	})
}

// maxEvents is less than the numbers that one day has.
const maxEvents = 90

// makeEvent makes an event of level 3, which has some fifty items, and fills it
// up with items of its own.
func makeEvent(ctx context.Context, s *store.Store, commander, room string, items int) (string, error) {
	start := s.Now().Add(3 * time.Hour)
	arrival := start.Add(-30 * time.Minute)
	e := domain.Event{
		Name: "压测来访", Type: "visit", Organiser: "压测", Contact: "压测", Level: 3, Secrecy: domain.SecrecyNormal,
		Heads: 60, ArrivalAt: &arrival, StartAt: start, EndAt: start.Add(3 * time.Hour), CommanderID: commander,
	}
	r, err := s.CreateEvent(ctx, domain.Act{}, store.EventDraft{Event: e, Rooms: []string{room}})
	if err != nil {
		return "", err
	}
	if _, err := s.SetStatus(ctx, domain.Act{}, r.Created, domain.EventConfirmed, ""); err != nil {
		return "", err
	}
	have, err := s.Items(ctx, r.Created)
	if err != nil {
		return "", err
	}
	boss, err := s.Person(ctx, commander)
	if err != nil {
		return "", err
	}
	for n := len(have); n < items; n++ {
		due := arrival.Add(-time.Duration(n) * time.Minute)
		in := domain.Item{EventID: r.Created, Zh: fmt.Sprintf("第 %d 项：检查会场并回报", n+1), Crew: crews[n%len(crews)], Phase: domain.PhasePre, DueAt: &due}
		if _, err := s.AddItem(ctx, domain.Act{Person: boss}, in); err != nil {
			return "", err
		}
	}
	return r.Created, nil
}

// each calls fn for 0 … n-1, a few at a time, until one fails.
func each(n, atOnce int, fn func(n int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, atOnce)
	for w := range atOnce {
		wg.Go(func() {
			for k := w; k < n && errs[w] == nil; k += atOnce {
				errs[w] = fn(k)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// signIn signs people of a running server in, as they do.
func signIn(ctx context.Context, base string, logins []string, pin string, events []string) (*cast, error) {
	l, err := newLine(base, nil)
	if err != nil {
		return nil, err
	}
	defer l.close()
	c := &cast{Events: events}
	for _, login := range logins {
		form := url.Values{"login": {login}, "pin": {pin}}.Encode()
		a, err := l.ask(ctx, l.request("POST", "/session", form, "Accept", "application/json"), true)
		if err != nil {
			return nil, err
		}
		if a.status != 200 || a.session == "" {
			return nil, fmt.Errorf("%s cannot sign in: %d %s", login, a.status, a.body)
		}
		c.People = append(c.People, player{StaffNo: login, Token: a.session})
	}
	return c, nil
}

// todo is what a checklist says to one person.
type todo struct {
	Seq   int64         `json:"seq"`
	Items []domain.Item `json:"items"`
}

// checklist asks for the items of the event: all, or those the person may do.
func checklist(ctx context.Context, l *line, event string, p player, mine bool) (*todo, error) {
	path := "/events/" + event + "/items"
	if mine {
		path += "?mine=1"
	}
	a, err := l.ask(ctx, l.request("GET", path, "", "Accept", "application/json", "Cookie", p.cookie()), true)
	if err != nil {
		return nil, err
	}
	if a.status != 200 {
		return nil, fmt.Errorf("%s sees no checklist: %d %s", p.StaffNo, a.status, a.body)
	}
	t := new(todo)
	return t, json.Unmarshal(a.body, t)
}

// tappable leaves out what one tap cannot do and undo again: rounds, readings, photos,
// items that wait for others, and those that move the whole event.
func tappable(i domain.Item) bool {
	still := i.Status == domain.ItemOpen || i.Status == domain.ItemDone || i.Status == domain.ItemSubmitted
	return still && !i.IsRound() && !i.ReadingRequired() && !i.PhotoMissing() && len(domain.GateFor(i.TemplateID)) == 0 &&
		!slices.Contains([]string{"M7", "M13"}, i.TemplateID)
}
