package chaos

import (
	"context"
	"fmt"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
	"huiwu/server/web"
)

// pin is everybody's.
const pin = "246810"

// world is a building with events that are being prepared, and people with phones.
type world struct {
	events  []string
	items   map[string][]domain.Item // by event
	guests  map[string][]domain.Guest
	parties map[string][]domain.Party
	people  []*domain.Person // the phones' owners
	admin   *domain.Person
}

const eventCount = 4

// crews of the people that tick.
var crews = []domain.Crew{domain.CrewSVC, domain.CrewSEC, domain.CrewCLN, domain.CrewENG, domain.CrewSEC, domain.CrewSVC}

// owner is whose phone the nth one is, and what he looks at.
func owner(n int) (role domain.Role, crew domain.Crew) {
	switch n {
	case 0, 1:
		return domain.RoleCommander, domain.CrewCMD
	case 2, 3:
		return domain.RoleSupervisor, domain.CrewSUP
	case 4, 5:
		return domain.RoleControlRoom, domain.CrewCTL
	case 6, 7:
		return domain.RoleCrewLead, domain.CrewSEC
	case 8:
		return domain.RoleSupplyClerk, domain.CrewADM
	}
	return domain.RoleCrewMember, crews[n%len(crews)]
}

// page is what the nth person has open.
func (w *world) page(n int) string {
	event := "/events/" + w.events[n%eventCount]
	role, crew := owner(n)
	switch {
	case role == domain.RoleCommander:
		return event + "/board"
	case n == 2:
		return "/board"
	case n == 4:
		return "/lobby"
	case n == 5:
		return event
	case n == 9:
		return "/today"
	case crew == domain.CrewSEC && n%2 == 0:
		return event + "/guests"
	case n%5 == 0:
		return event + "/items?mine=1"
	}
	return event + "/items"
}

// found makes the world through the store, and so through its rules.
func found(t testing.TB, s *store.Store, phones int) *world {
	t.Helper()
	ctx := t.Context()
	var rooms []domain.Room
	for k := range eventCount {
		rooms = append(rooms, domain.Room{ID: fmt.Sprintf("R%d", k), Name: fmt.Sprintf("第%d会议室", k+1), NameEn: fmt.Sprintf("Room %d", k+1), Floor: k + 1, Capacity: 200, Sort: k})
	}
	if err := s.Found(ctx, domain.Site{ID: "site", Name: "星澜大厦", Office: "星澜管理处", Client: "远岚集团"}, rooms); err != nil {
		t.Fatal(err)
	}
	hash, err := web.NewPins("", true).Hash(ctx, pin)
	if err != nil {
		t.Fatal(err)
	}
	person := func(no string, role domain.Role, crew domain.Crew) *domain.Person {
		p := &domain.Person{StaffNo: no, Name: "人" + no, Role: role, Crew: crew, Locale: "zh", PinHash: hash}
		if len(no)%2 == 0 {
			p.Locale = "en"
		}
		if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	w := &world{items: map[string][]domain.Item{}, guests: map[string][]domain.Guest{}, parties: map[string][]domain.Party{}}
	w.admin = person("admin", domain.RoleAdmin, "")
	for n := range phones {
		role, crew := owner(n)
		w.people = append(w.people, person(fmt.Sprintf("p%d", n), role, crew))
	}
	for k := range eventCount {
		w.event(t, s, k)
	}
	return w
}

func (w *world) event(t testing.TB, s *store.Store, k int) {
	t.Helper()
	ctx := t.Context()
	start := s.Now().Add(3 * time.Hour)
	arrival := start.Add(-30 * time.Minute)
	d := store.EventDraft{Rooms: []string{fmt.Sprintf("R%d", k)}, Event: domain.Event{
		Name: fmt.Sprintf("考察团座谈会%d", k+1), Type: "visit", Organiser: "远岚集团办公室", Contact: "鹧鸪", Level: 1 + k%2*2, LevelReason: "省级来访", Secrecy: domain.SecrecyNormal,
		Heads: 40, ArrivalAt: &arrival, StartAt: start, EndAt: start.Add(2 * time.Hour), CommanderID: w.people[k%2].ID,
	}}
	for n, p := range w.people {
		if role, _ := owner(n); n%eventCount == k && role != domain.RoleCommander {
			d.People = append(d.People, domain.Assignment{PersonID: p.ID})
		}
	}
	r, err := s.CreateEvent(ctx, domain.Act{}, d)
	if err != nil {
		t.Fatal(err)
	}
	id := r.Created
	if _, err := s.SetStatus(ctx, domain.Act{}, id, domain.EventConfirmed, ""); err != nil {
		t.Fatal(err)
	}
	var list []store.GuestDraft
	for n := range 24 {
		list = append(list, store.GuestDraft{Guest: domain.Guest{Name: fmt.Sprintf("来宾%d", n)}, Party: fmt.Sprintf("%d号车", 1+n%4)})
	}
	if _, err := s.AddGuests(ctx, domain.Act{Person: w.people[k%2]}, id, list); err != nil {
		t.Fatal(err)
	}
	w.events = append(w.events, id)
	if w.items[id], err = s.Items(ctx, id); err == nil {
		if w.guests[id], err = s.Guests(ctx, id); err == nil {
			w.parties[id], err = s.Parties(ctx, id)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// openStore opens the database beside the instances, for making the world and for reading the books.
func openStore(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{URL: url, Loc: storetest.Shanghai, Logger: storetest.Quiet, MaxOpen: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
