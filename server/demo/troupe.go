package demo

import (
	"context"
	"fmt"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// troupe is everybody in the building, ready to act.
type troupe struct {
	s       *store.Store
	people  map[string]*domain.Person // by staff number
	numbers map[string]string         // staff number by id
	photos  photos.Blobs
	drawn   map[string]bool // files that lie there
}

// gather finds the people of a seeded store.
func gather(ctx context.Context, s *store.Store, pictures photos.Blobs) (*troupe, error) {
	list, err := s.People(ctx)
	if err != nil {
		return nil, err
	}
	t := &troupe{s: s, people: map[string]*domain.Person{}, numbers: map[string]string{}, photos: pictures, drawn: map[string]bool{}}
	for k := range list {
		t.people[list[k].StaffNo], t.numbers[list[k].ID] = &list[k], list[k].StaffNo
	}
	return t, nil
}

// rehearse loads an event with its people, items and parties, and plans it.
func (t *troupe) rehearse(ctx context.Context, st *stage) error {
	var err error
	if st.event, _, err = t.s.Event(ctx, nil, fixedID("event", st.key)); err != nil {
		return err
	}
	id := st.event.ID
	st.commander = t.numbers[st.event.CommanderID]
	if st.commander == "" {
		st.commander = "commander"
	}
	people, err := t.s.Assignments(ctx, id)
	if err != nil {
		return err
	}
	st.crews, st.posts = map[domain.Crew][]string{}, map[string]string{}
	for _, a := range people {
		no := t.numbers[a.PersonID]
		st.crews[a.Crew] = append(st.crews[a.Crew], no)
		st.posts[no] = a.Post
	}
	items, err := t.s.Items(ctx, id)
	if err != nil {
		return err
	}
	st.items = map[string]domain.Item{}
	for _, i := range items {
		if i.TemplateID != "" {
			st.items[i.TemplateID] = i
		}
	}
	parties, err := t.s.Parties(ctx, id)
	if err != nil {
		return err
	}
	st.parties = map[string]string{}
	for _, p := range parties {
		st.parties[p.Name] = p.ID
	}
	st.plan(t.s.Loc)
	return nil
}

// itemID finds an item by its template id or the name of an ad-hoc item.
func (st *stage) itemID(name string) string {
	if i, ok := st.items[name]; ok {
		return i.ID
	}
	return fixedID("item", name)
}

// perform does a step as its person.
func (t *troupe) perform(ctx context.Context, st *stage, x *step, act domain.Act) (domain.Receipt, error) {
	p, ok := t.people[x.by]
	if !ok {
		return domain.Receipt{}, fmt.Errorf("%w: nobody has the staff number %q", domain.ErrNotFound, x.by)
	}
	act.Person, act.Post = p, st.posts[x.by]
	event := st.event.ID
	switch x.op {
	case opDo:
		if err := t.photograph(ctx, act, st.itemID(x.on)); err != nil {
			return domain.Receipt{}, err
		}
		return t.s.DoItem(ctx, act, st.itemID(x.on), x.text)
	case opDefer:
		return t.s.DeferRound(ctx, act, st.itemID(x.on), x.text)
	case opAccept:
		return t.s.AcceptItem(ctx, act, st.itemID(x.on))
	case opReject:
		return t.s.RejectItem(ctx, act, st.itemID(x.on), x.text)
	case opAcceptAll:
		return t.s.AcceptCrew(ctx, act, event, "", "", nil)
	case opAdd:
		i := extraItems[x.on]
		due := x.at.Add(extraTime)
		i.ID, i.EventID, i.DueAt = st.itemID(x.on), event, &due
		return t.s.AddItem(ctx, act, i)
	case opReady:
		return t.s.DeclareReady(ctx, act, event)
	case opStatus:
		return t.s.SetStatus(ctx, act, event, domain.EventStatus(x.on), "")
	case opParty:
		return t.s.MoveParty(ctx, act, st.parties[x.on], domain.Position(x.text))
	case opGuest:
		return t.s.MoveGuest(ctx, act, fixedID("guest", x.on), domain.Position(x.text))
	case opSign:
		return t.signIn(ctx, act, event, st.parties[x.on])
	case opStray:
		return t.s.MeetStray(ctx, act, domain.Stray{ID: fixedID("stray", x.on), EventID: event, Name: x.on, State: domain.StrayRedirected, ToEventID: fixedID("event", x.text)})
	}
	return domain.Receipt{}, fmt.Errorf("demo: unknown step %q", x.op)
}
