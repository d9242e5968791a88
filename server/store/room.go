package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Rooms lists the rooms, in the order of the house, without what is in them.
func (s *Store) Rooms(ctx context.Context) ([]domain.Room, error) {
	var list []domain.Room
	err := s.read.NewSelect().Model(&list).OrderExpr("sort, id").Scan(ctx)
	return list, asPerson(err)
}

// RoomList is Rooms with their equipment and layouts: three queries.
func (s *Store) RoomList(ctx context.Context) ([]domain.Room, error) {
	list, err := roomsWith(ctx, s.read, "1 = 1")
	return list, asPerson(err)
}

// Room is one room with its equipment and layouts.
func (s *Store) Room(ctx context.Context, id string) (*domain.Room, error) {
	list, err := roomsWith(ctx, s.read, "id = ?", id)
	if err != nil {
		return nil, asPerson(err)
	}
	if len(list) == 0 {
		return nil, domain.ErrNotFound
	}
	return &list[0], nil
}

func roomsWith(ctx context.Context, db bun.IDB, where string, args ...any) ([]domain.Room, error) {
	var list []domain.Room
	if err := db.NewSelect().Model(&list).Where(where, args...).OrderExpr("sort, id").Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	at, ids := map[string]*domain.Room{}, make([]string, len(list))
	for k := range list {
		at[list[k].ID], ids[k] = &list[k], list[k].ID
	}
	var things []domain.RoomFixture
	if err := db.NewSelect().Model(&things).Where("room_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(things, func(a, b domain.RoomFixture) int {
		return slices.Index(domain.EquipmentKinds, a.Kind) - slices.Index(domain.EquipmentKinds, b.Kind)
	})
	for _, q := range things {
		at[q.RoomID].Equipment = append(at[q.RoomID].Equipment, q)
	}
	var layouts []domain.RoomLayout
	if err := db.NewSelect().Model(&layouts).Where("room_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(layouts, func(a, b domain.RoomLayout) int {
		return slices.Index(domain.RoomLayouts, a.Layout) - slices.Index(domain.RoomLayouts, b.Layout)
	})
	for _, l := range layouts {
		at[l.RoomID].Layouts = append(at[l.RoomID].Layouts, l)
	}
	return list, nil
}

// usesOf is what takes those rooms between from and to, buffers counted, by start:
// events that are more than drafts, with their functions, and blockings. Secret events
// have no name in it. Three queries.
func usesOf(ctx context.Context, db bun.IDB, site *domain.Site, rooms []domain.Room, from, to, now time.Time) ([]domain.Use, error) {
	list, err := eventUses(ctx, db, site, rooms, from, to, now, "e.status NOT IN ('draft','cancelled')")
	if err != nil || len(rooms) == 0 {
		return nil, err
	}
	ids := make([]string, len(rooms))
	for k := range rooms {
		ids[k] = rooms[k].ID
	}
	var blocked []domain.Blocking
	if err := db.NewSelect().Model(&blocked).Where("room_id IN (?) AND NOT struck AND start_at < ? AND end_at > ?", bun.List(ids), to, from).Scan(ctx); err != nil {
		return nil, err
	}
	for k := range blocked {
		list = append(list, blocked[k].Use())
	}
	slices.SortStableFunc(list, func(a, b domain.Use) int { return a.Start.Compare(b.Start) })
	return list, nil
}

// eventUses is what those events and their functions take of the rooms; a function in
// a room that its event has at that time anyway takes nothing more. Two queries.
func eventUses(ctx context.Context, db bun.IDB, site *domain.Site, rooms []domain.Room, from, to, now time.Time, which string, args ...any) ([]domain.Use, error) {
	at, ids := map[string]*domain.Room{}, make([]string, len(rooms))
	for k := range rooms {
		at[rooms[k].ID], ids[k] = &rooms[k], rooms[k].ID
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var booked []struct {
		domain.Event
		RoomID string
	}
	most := domain.BufferMost * time.Minute // of the other event: which rooms have how much is known here only
	err := db.NewSelect().TableExpr("event_rooms AS er").Join("JOIN events AS e ON e.id = er.event_id").
		ColumnExpr("e.*, er.room_id").Where("er.room_id IN (?)", bun.List(ids)).Where(which, args...).
		Where("e.start_at < ? AND (COALESCE(e.actual_end_at, e.end_at) > ? OR e.status = 'live')", to.Add(most), from.Add(-most)).Scan(ctx, &booked)
	if err != nil {
		return nil, err
	}
	span := domain.Use{From: from, To: to}
	var list []domain.Use
	for k := range booked {
		setup, clearOut := site.Buffers(at[booked[k].RoomID])
		if u := domain.UseOf(&booked[k].Event, booked[k].RoomID, setup, clearOut, now); u.Meets(&span) {
			list = append(list, u)
		}
	}
	var parts []struct {
		domain.Event
		RoomID   string
		PartName string
		From     time.Time
		Till     time.Time
	}
	err = db.NewSelect().TableExpr("functions AS f").Join("JOIN events AS e ON e.id = f.event_id").
		ColumnExpr("e.*, f.room_id, f.name AS part_name, f.start_at AS \"from\", f.end_at AS till").Where("f.room_id IN (?) AND NOT f.struck", bun.List(ids)).Where(which, args...).
		Where("f.start_at < ? AND f.end_at > ?", to.Add(most), from.Add(-most)).Scan(ctx, &parts)
	if err != nil {
		return nil, err
	}
	whole := len(list)
	for k := range parts {
		p := &parts[k]
		setup, clearOut := site.Buffers(at[p.RoomID])
		u, ok := domain.UsePart(&p.Event, &domain.Function{Name: p.PartName, RoomID: p.RoomID, StartAt: p.From, EndAt: p.Till}, setup, clearOut)
		within := slices.ContainsFunc(list[:whole], func(o domain.Use) bool {
			return o.EventID == u.EventID && o.RoomID == u.RoomID && !u.Start.Before(o.Start) && !u.End.After(o.End)
		})
		if ok && !within && u.Meets(&span) {
			list = append(list, u)
		}
	}
	slices.SortStableFunc(list, func(a, b domain.Use) int { return a.Start.Compare(b.Start) })
	return list, nil
}

// FreeRooms is every room as an answer to the wish, best first: whether it is free
// at that time, with set-up and clear-out, and if not, why not. Secret events go by
// their alias: whoever may plan may ask. A wish that makes no sense is refused.
func (s *Store) FreeRooms(ctx context.Context, w domain.RoomWish) ([]domain.RoomOffer, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	site, err := s.Site(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := s.RoomList(ctx)
	if err != nil {
		return nil, err
	}
	most := domain.BufferMost * time.Minute
	uses, err := usesOf(ctx, s.read, &site, rooms, w.Start.Add(-most), w.End.Add(most), s.Now())
	if err != nil {
		return nil, asPerson(err)
	}
	list := make([]domain.RoomOffer, len(rooms))
	for k := range rooms {
		list[k] = domain.Offer(&site, &rooms[k], &w, uses)
	}
	domain.SortOffers(list, w.Heads)
	return list, nil
}

// NextFree are the next times within 14 days, from the wish's on, at which the room
// is free for as long, within the house's hours. Of the wish only its times, its
// event and its buffers count.
func (s *Store) NextFree(ctx context.Context, roomID string, w domain.RoomWish) ([]domain.Slot, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	site, err := s.Site(ctx)
	if err != nil {
		return nil, err
	}
	room, err := s.Room(ctx, roomID)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	from := w.Start
	if from.Before(now) {
		from = now
	}
	uses, err := usesOf(ctx, s.read, &site, []domain.Room{*room}, from.AddDate(0, 0, -1), from.AddDate(0, 0, 15), now)
	if err != nil {
		return nil, asPerson(err)
	}
	return domain.FreeSlots(&site, room, &w, uses, now, s.Loc), nil
}

// bookRooms fills e.Rooms and refuses rooms that are taken at that time, with
// set-up and clear-out, or out of use.
func (tx *Tx) bookRooms(ctx context.Context, e *domain.Event, ids []string) error {
	if err := tx.takeRooms(ctx, e, ids); err != nil || e.Status == domain.EventCancelled {
		return err
	}
	return tx.roomsFree(ctx, e, "rooms", e.Rooms, tx.roomUses(e))
}

// rebookRooms is bookRooms for an event that changes: what it has already and does
// not move stays its own, also where set-up times were made longer since.
func (tx *Tx) rebookRooms(ctx context.Context, old, e *domain.Event, ids []string) error {
	if err := tx.takeRooms(ctx, e, ids); err != nil {
		return err
	}
	had := old.RoomIDs()
	still := old.StartAt.Equal(e.StartAt) && old.EndAt.Equal(e.EndAt) && (old.NoBuffer == e.NoBuffer || e.NoBuffer)
	if e.Status.TakesRooms() && still && !slices.ContainsFunc(e.Rooms, func(r domain.Room) bool { return !slices.Contains(had, r.ID) }) {
		return nil
	}
	return tx.roomsFree(ctx, e, "rooms", e.Rooms, tx.roomUses(e))
}

// roomUses is what the event needs of its own rooms.
func (tx *Tx) roomUses(e *domain.Event) []domain.Use {
	list := make([]domain.Use, len(e.Rooms))
	for k := range e.Rooms {
		list[k] = domain.Use{RoomID: e.Rooms[k].ID, Start: e.StartAt, End: e.RoomUntil(tx.Now)}
	}
	return list
}

func (tx *Tx) takeRooms(ctx context.Context, e *domain.Event, ids []string) (err error) {
	wants := make([]domain.Use, len(ids))
	for k, id := range ids {
		wants[k].RoomID = id
	}
	e.Rooms, err = tx.lockRooms(ctx, "rooms", wants)
	return err
}

// lockRooms keeps everybody else from booking, blocking and changing the rooms that
// are wanted, and returns them: it raises their booking counters, and that row lock
// lets only one look at a time. Rooms that do not exist are refused beside the field.
func (tx *Tx) lockRooms(ctx context.Context, field string, wants []domain.Use) ([]domain.Room, error) {
	var ids []string
	for _, w := range wants {
		ids = append(ids, w.RoomID)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil, nil
	}
	res, err := tx.NewUpdate().TableExpr("rooms").Set("bookings = bookings + 1").Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n, _ := res.RowsAffected(); int(n) != len(ids) {
		return nil, domain.InvalidField(field, "field.choose")
	}
	var list []domain.Room
	err = tx.NewSelect().Model(&list).Where("id IN (?)", bun.List(ids)).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// withBuffers completes what an event wants of rooms by set-up and clear-out, and says
// between when whatever stands in its way may lie, with the longest buffers.
func withBuffers(site *domain.Site, e *domain.Event, rooms []domain.Room, wants []domain.Use, now time.Time) (from, to time.Time) {
	from, to = wants[0].Start, wants[0].End
	for k := range wants {
		w := &wants[k]
		r := rooms[slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == w.RoomID })]
		setup, clearOut := site.Buffers(&r)
		*w = domain.UseOf(&domain.Event{ID: e.ID, StartAt: w.Start, EndAt: w.End, NoBuffer: e.NoBuffer}, r.ID, setup, clearOut, now)
		if w.Start.Before(from) {
			from = w.Start
		}
		if w.End.After(to) {
			to = w.End
		}
	}
	most := domain.BufferMost * time.Minute
	return from.Add(-most), to.Add(most)
}

// roomsFree is the one check of all bookings: it refuses beside the field what the
// event wants (rooms with times) of locked rooms that are out of use, or that another
// event, a function of one or a blocking has, buffers counted.
func (tx *Tx) roomsFree(ctx context.Context, e *domain.Event, field string, rooms []domain.Room, wants []domain.Use) error {
	if len(wants) == 0 {
		return nil
	}
	for _, r := range rooms {
		if r.OutOfUse {
			return domain.InvalidField(field, "event.room_out", "room_zh", r.Name, "room_en", r.NameEn)
		}
	}
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	from, to := withBuffers(&site, e, rooms, wants, tx.Now)
	uses, err := usesOf(ctx, tx, &site, rooms, from, to, tx.Now)
	if err != nil {
		return err
	}
	for _, u := range uses {
		for k := range wants {
			if w := &wants[k]; u.RoomID == w.RoomID && (u.EventID == "" || u.EventID != e.ID) && u.Meets(w) {
				room := slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == w.RoomID })
				return domain.RefuseUse(field, &rooms[room], w, &u, tx.s.Loc)
			}
		}
	}
	return nil
}
