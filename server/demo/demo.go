// Package demo fills an empty database with an invented building and its week,
// and plays the crews and guests of the day, so that the program can be seen
// at work at once. Everything goes through the store's own methods, as the
// right person: the demo is also a long test of the rules.
package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// Options of Seed.
type Options struct {
	Now     time.Time // the moment at which the demo begins; zero = the store's clock
	PinHash string    // argon2id hash of the PIN of all demo people
	Photos  photos.Blobs
}

// Result says what Seed made.
type Result struct {
	Visit     string    // id of the level-1 event
	Weekly    string    // id of the level-4 event
	ArrivalAt time.Time // planned arrival of the visit, 45 minutes after Now (on the minute)
	People    int
	Events    int
	Guests    int
	Acts      int      // acts played to bring everything to where it stands now
	Moved     []string // events that are not at their clock time, because the room was taken
	Dropped   []string // events that found no place at all
}

// Seed makes the site, its people and the week around o.Now in an empty,
// migrated store, and lets everybody do what they have done by then: events of
// the days before are closed, the visit is 45 minutes from arrival. The log has
// the times at which things were done, because Seed turns the store's clock
// while it works and sets it back at the end: nothing else may use the store
// meanwhile. The same o.Now makes the same demo.
func Seed(ctx context.Context, s *store.Store, o Options) (Result, error) {
	if o.PinHash == "" {
		return Result{}, errors.New("demo: no PIN hash")
	}
	if site, err := s.Site(ctx); err != nil {
		return Result{}, err
	} else if site.ID != "" {
		return Result{}, errors.New("demo: the database is not empty")
	}
	if o.Now.IsZero() {
		o.Now = s.Now()
	}
	now := o.Now.UTC().Truncate(time.Microsecond)
	d := load()
	list, dropped := timetable(d, now, s.Loc)
	res := Result{Visit: fixedID("event", visitKey), Weekly: fixedID("event", weeklyKey), ArrivalAt: *list[0].draft.Event.ArrivalAt, Events: len(list), Dropped: dropped}
	for k := range list {
		if list[k].moved {
			res.Moved = append(res.Moved, list[k].draft.Event.Name)
		}
	}

	clock := s.Now
	defer func() { s.Now = clock }()
	at := res.ArrivalAt.AddDate(0, 0, -30)
	s.Now = func() time.Time { return at }
	t, err := hire(ctx, s, d, o)
	if err != nil {
		return res, err
	}
	res.People = len(t.people)

	if list[0].draft.Event.LiftID, err = t.furnish(ctx); err != nil {
		return res, fmt.Errorf("demo: lifts and supplies: %w", err)
	}
	local := res.ArrivalAt.In(s.Loc)
	at = time.Date(local.Year(), local.Month(), local.Day()-5, 9, 30, 0, 0, s.Loc).UTC()
	var stages []*stage
	for k := range list {
		at = at.Add(4 * time.Minute)
		st, err := t.enter(ctx, &list[k], list[:k])
		if err != nil {
			return res, fmt.Errorf("demo: %s: %w", list[k].draft.Event.Name, err)
		}
		if st != nil {
			stages = append(stages, st)
		}
	}
	at = at.Add(time.Hour)
	if res.Guests, err = t.invite(ctx, &d.Visit, res.Visit); err != nil {
		return res, fmt.Errorf("demo: guests: %w", err)
	}
	if err := t.post(ctx, &d.Visit, res.Visit); err != nil {
		return res, fmt.Errorf("demo: posts: %w", err)
	}
	if err := t.template(ctx, res.Visit); err != nil {
		return res, fmt.Errorf("demo: templates: %w", err)
	}
	if err := t.plan(ctx, res.Visit); err != nil {
		return res, fmt.Errorf("demo: crews: %w", err)
	}
	if err := t.seat(ctx, &d.Visit, res.Visit); err != nil {
		return res, fmt.Errorf("demo: seats: %w", err)
	}
	if err := t.tracks(ctx, list, res.Visit, now); err != nil {
		return res, fmt.Errorf("demo: planned tracks: %w", err)
	}
	if err := t.letters(ctx, &d.Visit, res.Visit, func(d time.Duration) { at = at.Add(d) }); err != nil {
		return res, fmt.Errorf("demo: invitations: %w", err)
	}

	type cued struct {
		*stage
		step
	}
	var all []cued
	for _, st := range stages {
		if err := t.rehearse(ctx, st); err != nil {
			return res, err
		}
		for _, x := range st.steps {
			if !x.at.After(now) {
				all = append(all, cued{st, x})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b cued) int { return a.at.Compare(b.at) })
	deeds := t.evenings(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, s.Loc))
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	until := func(moment time.Time) error {
		for len(deeds) > 0 && !deeds[0].at.After(moment) {
			if deeds[0].at.After(at) {
				at = deeds[0].at
			}
			if err := deeds[0].do(ctx); err != nil {
				return fmt.Errorf("demo: the day before: %w", err)
			}
			deeds = deeds[1:]
		}
		return nil
	}
	for k := range all {
		x := &all[k]
		if err := until(x.at); err != nil {
			return res, err
		}
		if x.at.After(at) {
			at = x.at
		}
		if _, err := t.perform(ctx, x.stage, &x.step, domain.Act{}); err != nil {
			return res, fmt.Errorf("demo: %s, %s by %s at %s: %w", x.event.Name, x.name(), x.by, x.at.In(s.Loc).Format("01-02 15:04:05"), err)
		}
		res.Acts++
	}
	if err := until(now.Add(-25 * time.Minute)); err != nil {
		return res, err
	}
	at = now.Add(-25 * time.Minute)
	if err := t.requests(ctx, res.Visit, func(d time.Duration) { at = at.Add(d) }); err != nil {
		return res, fmt.Errorf("demo: requests: %w", err)
	}
	return res, until(now)
}

// hire makes the site and its people.
func hire(ctx context.Context, s *store.Store, d *data, o Options) (*troupe, error) {
	rooms := make([]domain.Room, 0, len(d.Rooms))
	for k, r := range d.Rooms {
		room := domain.Room{ID: r.ID, Name: r.Name, NameEn: r.En, Floor: r.Floor, Capacity: r.Cap, Sort: k + 1}
		for kind, n := range r.Has {
			room.Equipment = append(room.Equipment, domain.RoomFixture{Kind: kind, N: n})
		}
		for l, n := range r.Set {
			room.Layouts = append(room.Layouts, domain.RoomLayout{Layout: l, Heads: n})
		}
		rooms = append(rooms, room)
	}
	d.Site.SetupMin, d.Site.ClearMin = domain.BufferUsual, domain.BufferUsual
	if err := s.Found(ctx, d.Site, rooms); err != nil {
		return nil, err
	}
	t := &troupe{s: s, people: map[string]*domain.Person{}, numbers: map[string]string{}, photos: o.Photos, drawn: map[string]bool{}}
	for _, x := range d.People {
		p := &domain.Person{ID: fixedID("person", x.No), StaffNo: x.No, Name: x.Name, Role: x.Role, Crew: x.Crew, Locale: "zh", PinHash: o.PinHash}
		if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
			return nil, fmt.Errorf("demo: %s: %w", x.No, err)
		}
		t.people[p.StaffNo], t.numbers[p.ID] = p, p.StaffNo
	}
	return t, nil
}

// enter makes an event and takes it as far as it goes; nil for a request or
// draft, which has no items yet. before are the events made already.
func (t *troupe) enter(ctx context.Context, b *booking, before []booking) (*stage, error) {
	d := load()
	b.draft.Event.ID = fixedID("event", b.key)
	unmanned := b.status == domain.EventRequested
	for k := range d.Week {
		if d.Week[k].Key == b.key {
			unmanned = unmanned || d.Week[k].Unmanned
		}
	}
	if commander := commanderOf(b); commander != "" {
		b.draft.Event.CommanderID = t.people[commander].ID
	}
	switch {
	case b.key == visitKey:
		posts := map[string]string{}
		for _, x := range d.Visit.Posts {
			for _, no := range x.People {
				posts[no] = x.Post
			}
		}
		for _, x := range d.People {
			if x.Crew != "" && x.No != "huangyu" && x.No != "lanbao" {
				b.draft.People = append(b.draft.People, domain.Assignment{PersonID: t.people[x.No].ID, Post: posts[x.No]})
			}
		}
	case b.key == weeklyKey:
		for _, no := range d.Weekly.People {
			b.draft.People = append(b.draft.People, domain.Assignment{PersonID: t.people[no].ID})
		}
	case !unmanned:
		for _, no := range crewFor(b, before, t) {
			b.draft.People = append(b.draft.People, domain.Assignment{PersonID: t.people[no].ID})
		}
	}
	if b.status == domain.EventRequested {
		return nil, t.ask(ctx, b)
	}
	by := domain.Act{Person: t.people[supervisor]}
	if _, err := t.s.CreateEvent(ctx, by, b.draft); err != nil {
		return nil, err
	}
	if b.status == domain.EventDraft {
		return nil, nil
	}
	if err := t.programme(ctx, d, b); err != nil {
		return nil, err
	}
	if _, err := t.s.SetStatus(ctx, by, b.draft.Event.ID, b.status, ""); err != nil {
		return nil, err
	}
	return &stage{key: b.key}, nil
}

// commanderOf: the site manager leads the visit, the deputy other high levels,
// the supervisor level 3, the lead attendant level 4. A request has nobody yet.
func commanderOf(b *booking) string {
	switch {
	case b.status == domain.EventRequested:
		return ""
	case b.draft.Event.Level == 1:
		return "commander"
	case b.draft.Event.Level == 2:
		return "huangyu"
	case b.draft.Event.Level == 3:
		return supervisor
	}
	return "yusui"
}

// wanted is how many of each crew an ordinary event gets, by level.
var wanted = map[int]map[domain.Crew]int{
	1: {domain.CrewSVC: 4, domain.CrewSEC: 5, domain.CrewCLN: 2, domain.CrewENG: 2, domain.CrewCTL: 1, domain.CrewADM: 1, domain.CrewPHO: 1, domain.CrewLDR: 1},
	2: {domain.CrewSVC: 3, domain.CrewSEC: 4, domain.CrewCLN: 2, domain.CrewENG: 1, domain.CrewCTL: 1, domain.CrewADM: 1, domain.CrewPHO: 1, domain.CrewLDR: 1},
	3: {domain.CrewSVC: 2, domain.CrewSEC: 1, domain.CrewCLN: 1, domain.CrewENG: 1, domain.CrewADM: 1},
	4: {domain.CrewSVC: 1, domain.CrewCLN: 1, domain.CrewENG: 1, domain.CrewADM: 1},
}

// crewFor picks people in turn, those first who are not busy elsewhere at that time.
func crewFor(b *booking, before []booking, t *troupe) []string {
	e := &b.draft.Event
	busy := map[string]bool{}
	for k := range before {
		o := &before[k].draft.Event
		if e.Arrival().Before(o.EndAt.Add(turnaround)) && o.Arrival().Before(e.EndAt.Add(turnaround)) {
			for _, a := range before[k].draft.People {
				busy[t.numbers[a.PersonID]] = true
			}
		}
	}
	var list []string
	for _, c := range domain.Crews {
		pool := crewOf(c)
		n, turn := wanted[e.Level][c], chance(len(pool), b.key, string(c))
		for pass := range 2 {
			for k := 0; k < len(pool) && n > 0; k++ {
				no := pool[(turn+k)%len(pool)]
				if busy[no] == (pass == 1) && !slices.Contains(list, no) && t.people[no].ID != e.CommanderID {
					list = append(list, no)
					n--
				}
			}
		}
	}
	return list
}

// invite puts the delegation on the visit's list, by car and rank.
func (t *troupe) invite(ctx context.Context, v *visitData, event string) (int, error) {
	var drafts []store.GuestDraft
	for n, g := range v.Guests {
		x := store.GuestDraft{Guest: domain.Guest{
			ID: fixedID("guest", g.ID), Name: g.Name, Title: g.Title, Organisation: v.Delegation, Rank: n + 1, Plate: g.Plate, Needs: g.Needs, Phone: fmt.Sprintf("1390000%04d", 1001+n),
		}}
		for _, car := range v.Cars {
			if car.Plate == g.Plate {
				x.Party, x.Bay = car.Party, car.Bay
			}
		}
		drafts = append(drafts, x)
	}
	_, err := t.s.AddGuests(ctx, domain.Act{Person: t.people[supervisor]}, event, drafts)
	return len(drafts), err
}
