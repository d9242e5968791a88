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
// events that are more than drafts, and blockings. Secret events have no name in it.
func usesOf(ctx context.Context, db bun.IDB, site *domain.Site, rooms []domain.Room, from, to, now time.Time) ([]domain.Use, error) {
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
		ColumnExpr("e.*, er.room_id").Where("er.room_id IN (?) AND e.status NOT IN ('draft','cancelled')", bun.List(ids)).
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
// set-up and clear-out, or out of use. It first raises the rooms' booking
// counters: that row lock lets only one booking of a room look at a time.
func (tx *Tx) bookRooms(ctx context.Context, e *domain.Event, ids []string) error {
	if err := tx.takeRooms(ctx, e, ids); err != nil || len(e.Rooms) == 0 || e.Status == domain.EventCancelled {
		return err
	}
	return tx.roomsFree(ctx, e)
}

// rebookRooms is bookRooms for an event that changes: what it has already and does
// not move stays its own, also where set-up times were made longer since.
func (tx *Tx) rebookRooms(ctx context.Context, old, e *domain.Event, ids []string) error {
	if err := tx.takeRooms(ctx, e, ids); err != nil || len(e.Rooms) == 0 {
		return err
	}
	had := func(r domain.Room) bool {
		return slices.ContainsFunc(old.Rooms, func(o domain.Room) bool { return o.ID == r.ID })
	}
	still := old.StartAt.Equal(e.StartAt) && old.EndAt.Equal(e.EndAt) && (old.NoBuffer == e.NoBuffer || e.NoBuffer)
	if e.Status.TakesRooms() && still && !slices.ContainsFunc(e.Rooms, func(r domain.Room) bool { return !had(r) }) {
		return nil
	}
	return tx.roomsFree(ctx, e)
}

func (tx *Tx) takeRooms(ctx context.Context, e *domain.Event, ids []string) error {
	e.Rooms = nil
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 {
		return nil
	}
	if err := tx.lockRooms(ctx, ids...); err != nil {
		return err
	}
	return tx.NewSelect().Model(&e.Rooms).Where("id IN (?)", bun.List(ids)).OrderExpr("sort, id").Scan(ctx)
}

// lockRooms keeps everybody else from booking, blocking and changing these rooms.
func (tx *Tx) lockRooms(ctx context.Context, ids ...string) error {
	res, err := tx.NewUpdate().TableExpr("rooms").Set("bookings = bookings + 1").Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); int(n) != len(ids) {
		return domain.InvalidField("rooms", "field.choose")
	}
	return nil
}

func (tx *Tx) roomsFree(ctx context.Context, e *domain.Event) error {
	for _, r := range e.Rooms {
		if r.OutOfUse {
			return domain.InvalidField("rooms", "event.room_out", "room_zh", r.Name, "room_en", r.NameEn)
		}
	}
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	most := domain.BufferMost * time.Minute
	uses, err := usesOf(ctx, tx, &site, e.Rooms, e.StartAt.Add(-most), e.EndAt.Add(most), tx.Now)
	if err != nil {
		return err
	}
	for _, u := range uses {
		k := slices.IndexFunc(e.Rooms, func(r domain.Room) bool { return r.ID == u.RoomID })
		setup, clearOut := site.Buffers(&e.Rooms[k])
		want := domain.UseOf(e, u.RoomID, setup, clearOut, tx.Now)
		if u.EventID != e.ID && u.Meets(&want) {
			return domain.RefuseUse(&e.Rooms[k], &want, &u, tx.s.Loc)
		}
	}
	return nil
}
