package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// nearby are the events that run between from and to, give or take margin, or have a
// function in a room then.
func nearby(q *bun.SelectQuery, from, to time.Time, margin time.Duration) *bun.SelectQuery {
	from, to = from.Add(-margin), to.Add(margin)
	return q.Where("(COALESCE(e.arrival_at, e.start_at) < ? AND (COALESCE(e.actual_end_at, e.end_at) > ? OR e.status = 'live') OR e.id IN (SELECT event_id FROM functions WHERE NOT struck AND room_id IS NOT NULL AND start_at < ? AND end_at > ?))", to, from, to, from)
}

// RoomCalendar is what takes rooms between from and to, for one reader: buffers
// counted, by start, drafts too where he may see them. Six queries, however many.
func (s *Store) RoomCalendar(ctx context.Context, p *domain.Person, site *domain.Site, rooms []domain.Room, from, to time.Time) ([]domain.CalendarEntry, error) {
	list, err := s.roomCalendar(ctx, p, site, rooms, from, to)
	return list, asPerson(err)
}

func (s *Store) roomCalendar(ctx context.Context, p *domain.Person, site *domain.Site, rooms []domain.Room, from, to time.Time) ([]domain.CalendarEntry, error) {
	now := s.Now()
	uses, err := usesOf(ctx, s.read, site, rooms, from, to, now)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := nearby(eventsFor(s.read, p).Where("e.status <> 'cancelled'"), from, to, domain.BufferMost*time.Minute).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	at := make(map[string]*eventRow, len(rows))
	for k := range rows {
		at[rows[k].ID] = &rows[k]
	}
	drafts, err := eventUses(ctx, s.read, site, rooms, from, to, now, "e.status = 'draft'")
	if err != nil {
		return nil, err
	}
	var list []domain.CalendarEntry
	for k, u := range append(uses, drafts...) {
		c := domain.CalendarEntry{Use: u}
		if r := at[u.EventID]; r != nil {
			c.Status, c.Level, c.Heads = r.Status, r.Level, r.Heads
			if r.viewer(p).Can(domain.RightEventSee, r.Secrecy) {
				c.Event = r.ID
			}
		}
		if k < len(uses) || c.Event != "" {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b domain.CalendarEntry) int { return a.Start.Compare(b.Start) })
	return list, nil
}

// Collisions are the things that two events need at once between from and to: rooms,
// people, cars, bays and held lifts. With an event's id only those in which it has a part. Plates
// are told by their end only. Eight queries, however many.
func (s *Store) Collisions(ctx context.Context, from, to time.Time, eventID string) ([]domain.Collision, error) {
	stakes, err := s.stakes(ctx, from, to)
	if err != nil {
		return nil, asPerson(err)
	}
	var list []domain.Collision
	for _, c := range domain.Collisions(stakes, domain.TravelBuffer) {
		if eventID == "" || c.A.ID == eventID || c.B.ID == eventID {
			list = append(list, c)
		}
	}
	return list, nil
}

func (s *Store) stakes(ctx context.Context, from, to time.Time) ([]domain.Stake, error) {
	var events []domain.Event
	err := nearby(s.read.NewSelect().TableExpr("events AS e").ColumnExpr("e.*").Where("e.status NOT IN ('draft','cancelled','closed')"), from, to, domain.TravelBuffer).
		OrderExpr("e.start_at, e.id").Scan(ctx, &events)
	if err != nil || len(events) < 2 {
		return nil, err
	}
	now := s.Now()
	at, ids := map[string]*domain.Event{}, make([]string, len(events))
	for k := range events {
		at[events[k].ID], ids[k] = &events[k], events[k].ID
	}
	var list []domain.Stake
	add := func(kind domain.StakeKind, key, name, event string) {
		e := at[event]
		begins, ends := e.Spans(now)
		list = append(list, domain.Stake{Kind: kind, Key: key, Name: name, Event: e, From: begins, To: ends})
	}
	var people []struct{ EventID, PersonID, Name string }
	err = s.read.NewRaw(`SELECT a.event_id, p.id AS person_id, p.name FROM assignments AS a JOIN people AS p ON p.id = a.person_id WHERE a.event_id IN (?)
		UNION SELECT e.id, p.id, p.name FROM events AS e JOIN people AS p ON p.id = e.commander_id WHERE e.id IN (?)`, bun.List(ids), bun.List(ids)).Scan(ctx, &people)
	if err != nil {
		return nil, err
	}
	for _, r := range people {
		add(domain.StakePerson, r.PersonID, r.Name, r.EventID)
	}
	var cars []struct{ EventID, Plate, Bay string }
	err = s.read.NewSelect().TableExpr("vehicles").ColumnExpr("event_id, plate, COALESCE(bay, '') AS bay").Where("event_id IN (?) AND NOT struck", bun.List(ids)).Scan(ctx, &cars)
	if err != nil {
		return nil, err
	}
	for _, r := range cars {
		add(domain.StakeVehicle, domain.StakeKey(r.Plate), domain.PlateEnd(r.Plate), r.EventID)
		add(domain.StakeBay, domain.StakeKey(r.Bay), r.Bay, r.EventID)
	}
	lifts, err := s.Lifts(ctx)
	if err != nil {
		return nil, err
	}
	for k := range lifts {
		l := &lifts[k]
		for _, e := range at {
			if e.LiftID != l.ID {
				continue
			}
			for _, span := range e.LiftSpans(now) {
				list = append(list, domain.Stake{Kind: domain.StakeLift, Key: l.ID, Name: l.Name, Event: e, From: span[0], To: span[1]})
			}
		}
	}
	site, err := s.Site(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := s.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	uses, err := eventUses(ctx, s.read, &site, rooms, from, to, now, "e.id IN (?)", bun.List(ids))
	if err != nil {
		return nil, err
	}
	for _, u := range uses {
		r := rooms[slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == u.RoomID })]
		list = append(list, domain.Stake{Kind: domain.StakeRoom, Key: r.ID, Name: r.Name, NameEn: r.NameEn, Event: at[u.EventID], From: u.From, To: u.To})
	}
	return list, nil
}

// CalendarLink is the person's link to a room's calendar ("": to his own events);
// nil when he has none.
func (s *Store) CalendarLink(ctx context.Context, personID, roomID string) (*domain.CalendarLink, error) {
	var list []domain.CalendarLink
	err := s.read.NewSelect().Model(&list).Where("person_id = ? AND COALESCE(room_id, '') = ?", personID, roomID).Scan(ctx)
	if err != nil || len(list) == 0 {
		return nil, asPerson(err)
	}
	return &list[0], nil
}

// CalendarLinks are all of a person's links.
func (s *Store) CalendarLinks(ctx context.Context, personID string) ([]domain.CalendarLink, error) {
	var list []domain.CalendarLink
	err := s.read.NewSelect().Model(&list).Where("person_id = ?", personID).OrderExpr("created_at, id").Scan(ctx)
	return list, asPerson(err)
}

// MakeCalendarLink gives the person a link to a room's calendar, or to his own
// events (""). One that he has already stays as it is. A room's needs RightEvents.
func (s *Store) MakeCalendarLink(ctx context.Context, act domain.Act, roomID string) (domain.Receipt, error) {
	return s.changeLink(ctx, act, roomID, func(tx *Tx, l *domain.CalendarLink) (*domain.Change, error) {
		if l.ID != "" {
			return nil, nil
		}
		*l = domain.CalendarLink{ID: NewID(), PersonID: personID(act), RoomID: roomID, CreatedAt: tx.Now}
		if _, err := tx.NewInsert().Model(l).Exec(ctx); err != nil {
			if isForeign(err) {
				return nil, domain.ErrNotFound
			}
			return nil, err
		}
		tx.Receipt.Created = l.ID
		return &domain.Change{Verb: "person.calendar_link", New: roomID, Minor: true}, nil
	})
}

// RevokeCalendarLink gives the link a new address: the old one reads nothing any more.
func (s *Store) RevokeCalendarLink(ctx context.Context, act domain.Act, roomID string) (domain.Receipt, error) {
	return s.changeLink(ctx, act, roomID, func(tx *Tx, l *domain.CalendarLink) (*domain.Change, error) {
		if l.ID == "" {
			return nil, domain.ErrNotFound
		}
		l.PassNo++
		if _, err := tx.NewUpdate().Model(l).WherePK().Exec(ctx); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "person.calendar_link_revoked", New: roomID, Minor: true}, nil
	})
}

func (s *Store) changeLink(ctx context.Context, act domain.Act, roomID string, fn func(tx *Tx, l *domain.CalendarLink) (*domain.Change, error)) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if !p.Can(domain.RightEvents) {
			return nil, domain.ErrForbidden
		}
		var list []domain.CalendarLink
		if err := tx.NewSelect().Model(&list).Where("person_id = ? AND COALESCE(room_id, '') = ?", p.ID, roomID).Scan(ctx); err != nil {
			return nil, err
		}
		if len(list) == 0 {
			list = append(list, domain.CalendarLink{})
		}
		return fn(tx, &list[0])
	})
}

// How far back and ahead a calendar link reads.
const (
	feedBack  = 31 * 24 * time.Hour
	feedAhead = 366 * 24 * time.Hour
)

// CalendarFeed is what a calendar link shows.
type CalendarFeed struct {
	Link      domain.CalendarLink
	Person    domain.Person
	Room      *domain.Room      // nil: the person's own events
	Events    []domain.Event    // cancelled ones too, with their rooms
	Functions []domain.Function // of those events in the room, where it is not the event's own
	Blockings []domain.Blocking
}

// CalendarByPass is the calendar of a link; one that is revoked, or whose owner may
// no longer sign in, is not found. It holds the last month and the year to come.
func (s *Store) CalendarByPass(ctx context.Context, token string) (*CalendarFeed, error) {
	pass, err := s.readPass(ctx, token, domain.PassCalendar)
	if err != nil {
		return nil, err
	}
	f := &CalendarFeed{}
	if err := s.read.NewSelect().Model(&f.Link).Where("id = ?", pass.ID).Scan(ctx); err != nil {
		return nil, asPerson(noRows(err))
	}
	if err := s.read.NewSelect().Model(&f.Person).Where("id = ?", f.Link.PersonID).Scan(ctx); err != nil {
		return nil, asPerson(noRows(err))
	}
	if f.Link.PassNo != pass.No || !f.Person.Can(domain.RightEvents) {
		return nil, domain.ErrNotFound
	}
	now := s.Now()
	from, to := now.Add(-feedBack), now.Add(feedAhead)
	var rows []eventRow
	q := eventsFor(s.read, &f.Person).Where("e.status <> 'draft' AND e.end_at > ? AND e.start_at < ?", from, to).OrderExpr("e.start_at, e.id")
	if f.Link.RoomID == "" {
		q = q.Where("(a.person_id IS NOT NULL OR e.commander_id = ?)", f.Person.ID)
	} else {
		q = q.Where("e.id IN (SELECT event_id FROM event_rooms WHERE room_id = ? UNION SELECT event_id FROM functions WHERE room_id = ? AND NOT struck)", f.Link.RoomID, f.Link.RoomID)
		if f.Room, err = s.Room(ctx, f.Link.RoomID); err != nil {
			return nil, err
		}
		if err := s.read.NewSelect().Model(&f.Blockings).Where("room_id = ? AND NOT struck AND end_at > ? AND start_at < ?", f.Link.RoomID, from, to).OrderExpr("start_at, id").Scan(ctx); err != nil {
			return nil, asPerson(err)
		}
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, asPerson(err)
	}
	ptrs := make([]*domain.Event, len(rows))
	for k := range rows {
		f.Events = append(f.Events, rows[k].Event)
	}
	for k := range f.Events {
		ptrs[k] = &f.Events[k]
	}
	if err := loadRooms(ctx, s.read, ptrs...); err != nil || f.Link.RoomID == "" {
		return f, asPerson(err)
	}
	err = s.read.NewSelect().Model(&f.Functions).Where("room_id = ? AND NOT struck AND end_at > ? AND start_at < ?", f.Link.RoomID, from, to).
		Where("event_id NOT IN (SELECT event_id FROM event_rooms WHERE room_id = ?)", f.Link.RoomID).OrderExpr("start_at, id").Scan(ctx)
	return f, asPerson(err)
}
