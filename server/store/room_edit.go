package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiwu/server/domain"
)

// AddRoom makes a room, the last in the order of the house. Needs RightRoomsEdit.
func (s *Store) AddRoom(ctx context.Context, act domain.Act, r domain.Room) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		r := r // a retry begins anew
		if err := tx.need(domain.RightRoomsEdit); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		if err := tx.addRoom(ctx, &r); err != nil {
			return err
		}
		tx.Receipt.Created = r.ID
		return nil
	})
}

// addRoom makes a room; the floor must be locked.
func (tx *Tx) addRoom(ctx context.Context, r *domain.Room) error {
	if err := r.Validate(); err != nil {
		return err
	}
	r.ID, r.PhotoFile = NewID(), ""
	if err := tx.NewSelect().TableExpr("rooms").ColumnExpr("COALESCE(MAX(sort), 0) + 1").Scan(ctx, &r.Sort); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return taken(err, "name", "room.name_taken")
	}
	if err := tx.furnish(ctx, r); err != nil {
		return err
	}
	tx.recordRoom(r, domain.Change{Verb: "room.added", New: strconv.Itoa(r.Capacity)})
	return nil
}

// ImportRooms adds the rooms whose name is new and changes the facts of the others. All of
// it is done, or nothing; a second time it changes nothing. Needs RightRoomsEdit.
func (s *Store) ImportRooms(ctx context.Context, act domain.Act, list []domain.Room) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightRoomsEdit); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		list := slices.Clone(list)
		for k := range list {
			if err := list[k].Validate(); err != nil { // cleans: names are compared next
				return err
			}
		}
		have, err := roomsWith(ctx, tx, "1 = 1")
		if err != nil {
			return err
		}
		plan := domain.PlanRooms(have, list)
		var wants []domain.Use
		for k := range plan {
			if plan[k].Kind == domain.DiffChanged {
				wants = append(wants, domain.Use{RoomID: plan[k].Room.ID})
			}
		}
		if _, err := tx.lockRooms(ctx, "rooms", wants); err != nil {
			return err
		}
		for k := range plan {
			if err := tx.importRoom(ctx, have, &plan[k]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) importRoom(ctx context.Context, have []domain.Room, ch *domain.RoomChange) error {
	if ch.Kind == domain.DiffAdded {
		return tx.addRoom(ctx, &ch.Room)
	}
	r := have[slices.IndexFunc(have, func(h domain.Room) bool { return h.ID == ch.Room.ID })]
	c, err := tx.setRoom(ctx, &r, &ch.Room)
	if err != nil || c == nil {
		return err
	}
	return tx.saveRoom(ctx, &r, c)
}

// furnish writes what is in a room and how it can be set.
func (tx *Tx) furnish(ctx context.Context, r *domain.Room) error {
	for _, table := range []string{"room_fixtures", "room_layouts"} {
		if _, err := tx.NewRaw("DELETE FROM "+table+" WHERE room_id = ?", r.ID).Exec(ctx); err != nil {
			return err
		}
	}
	for k := range r.Equipment {
		r.Equipment[k].RoomID = r.ID
	}
	for k := range r.Layouts {
		r.Layouts[k].RoomID = r.ID
	}
	if len(r.Equipment) > 0 {
		if _, err := tx.NewInsert().Model(&r.Equipment).Exec(ctx); err != nil {
			return err
		}
	}
	if len(r.Layouts) > 0 {
		if _, err := tx.NewInsert().Model(&r.Layouts).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) recordRoom(r *domain.Room, c domain.Change) {
	c.Topic, c.Subject, c.Label, c.LabelEn = domain.TopicFloor, "room:"+r.ID, r.Name, r.NameEn
	tx.Record(c)
}

// changeRoom locks the floor and the room, and lets fn change it; fn returns the log
// row, or nil when nothing changed. Needs RightRoomsEdit.
func (s *Store) changeRoom(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, tx *Tx, r *domain.Room) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightRoomsEdit); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		if _, err := tx.lockRooms(ctx, "rooms", []domain.Use{{RoomID: id}}); err != nil {
			if _, refused := domain.AsError(err); refused {
				return domain.ErrNotFound
			}
			return err
		}
		list, err := roomsWith(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		r := &list[0]
		c, err := fn(ctx, tx, r)
		if err != nil || c == nil {
			return err
		}
		return tx.saveRoom(ctx, r, c)
	})
}

func (tx *Tx) saveRoom(ctx context.Context, r *domain.Room, c *domain.Change) error {
	if _, err := tx.NewUpdate().Model(r).WherePK().Exec(ctx); err != nil {
		return taken(err, "name", "room.name_taken")
	}
	tx.recordRoom(r, *c)
	return nil
}

// UpdateRoom changes what was typed about a room. What is booked stays booked, also
// where its times of set-up grew: only what is booked from now on keeps them.
func (s *Store) UpdateRoom(ctx context.Context, act domain.Act, id string, in domain.Room) (domain.Receipt, error) {
	return s.changeRoom(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Room) (*domain.Change, error) {
		return tx.setRoom(ctx, r, &in)
	})
}

// setRoom gives a locked room what was typed about it; nil when that is what it says.
func (tx *Tx) setRoom(ctx context.Context, r, in *domain.Room) (*domain.Change, error) {
	was := roomText(r)
	r.Name, r.NameEn, r.Floor, r.Capacity, r.SetupMin, r.ClearMin, r.OutOfUse = in.Name, in.NameEn, in.Floor, in.Capacity, in.SetupMin, in.ClearMin, in.OutOfUse
	r.Equipment, r.Layouts = slices.Clone(in.Equipment), slices.Clone(in.Layouts)
	if err := r.Validate(); err != nil {
		return nil, err
	}
	is := roomText(r)
	if was == is {
		return nil, nil
	}
	return &domain.Change{Verb: "room.changed", Old: was, New: is}, tx.furnish(ctx, r)
}

// roomText is a room as the log keeps it.
func roomText(r *domain.Room) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s · %s · %dF · %d", r.Name, r.NameEn, r.Floor, r.Capacity)
	for _, m := range []*int{r.SetupMin, r.ClearMin} {
		if m == nil {
			b.WriteString(" · –")
		} else {
			fmt.Fprintf(&b, " · %d′", *m)
		}
	}
	for _, q := range r.Equipment {
		fmt.Fprintf(&b, " · %s %d", q.Kind, q.N)
	}
	for _, l := range r.Layouts {
		fmt.Fprintf(&b, " · %s %d", l.Layout, l.Heads)
	}
	if r.OutOfUse {
		b.WriteString(" · ×")
	}
	return b.String()
}

// SetRoomPhoto gives a room its picture, which lies in those files, or takes it away
// ("" and no size). The files of the one before are replaced: see the receipt's Args.
func (s *Store) SetRoomPhoto(ctx context.Context, act domain.Act, id, file string, width, height int) (domain.Receipt, error) {
	return s.changeRoom(ctx, act, id, func(_ context.Context, tx *Tx, r *domain.Room) (*domain.Change, error) {
		if r.PhotoFile == file {
			return nil, nil
		}
		if r.PhotoFile != "" {
			tx.Receipt.Args = domain.Args{"replaced": r.PhotoFile}
		}
		verb := "room.photo"
		if r.PhotoFile, r.PhotoWidth, r.PhotoHeight = file, width, height; file == "" {
			verb = "room.photo_taken_off"
		}
		return &domain.Change{Verb: verb}, nil
	})
}

// SetRoomBuffers sets the usual minutes of set-up and clear-out. Needs RightRoomsEdit.
func (s *Store) SetRoomBuffers(ctx context.Context, act domain.Act, setup, clearOut int) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightRoomsEdit, func(site *domain.Site) (*domain.Change, error) {
		text := func() string { return fmt.Sprintf("%d′ · %d′", site.SetupMin, site.ClearMin) }
		was := text()
		site.SetupMin, site.ClearMin = setup, clearOut
		return &domain.Change{Verb: "site.room_buffers", Old: was, New: text()}, site.CheckBuffers()
	})
}

// Blockings lists what blocks rooms and is not over at from, by start.
func (s *Store) Blockings(ctx context.Context, from time.Time) ([]domain.Blocking, error) {
	var list []domain.Blocking
	err := s.read.NewSelect().Model(&list).Where("NOT struck AND end_at > ?", from).OrderExpr("start_at, id").Scan(ctx)
	return list, asPerson(err)
}

// BlockRoom keeps a room from being booked for a time. An event that lies there, or
// another blocking, refuses it: it would have to move first. Needs RightRoomsEdit.
func (s *Store) BlockRoom(ctx context.Context, act domain.Act, in domain.Blocking) (domain.Receipt, error) {
	return s.changeRoom(ctx, act, in.RoomID, func(ctx context.Context, tx *Tx, r *domain.Room) (*domain.Change, error) {
		b := domain.Blocking{ID: NewID(), RoomID: r.ID, StartAt: in.StartAt, EndAt: in.EndAt, Reason: in.Reason, CreatedBy: personID(tx.Act), CreatedAt: tx.Now}
		if err := b.Validate(); err != nil {
			return nil, err
		}
		if !b.EndAt.After(tx.Now) {
			return nil, domain.InvalidField("end_at", "room.blocking_past")
		}
		site, err := tx.site(ctx)
		if err != nil {
			return nil, err
		}
		uses, err := usesOf(ctx, tx, &site, []domain.Room{*r}, b.StartAt, b.EndAt, tx.Now)
		if err != nil {
			return nil, err
		}
		if len(uses) > 0 {
			want := b.Use()
			return nil, domain.RefuseUse("start_at", r, &want, &uses[0], tx.s.Loc)
		}
		if _, err := tx.NewInsert().Model(&b).Exec(ctx); err != nil {
			return nil, err
		}
		tx.Receipt.Created = b.ID
		return &domain.Change{Verb: "room.blocked", New: tx.spanText(&b), Note: b.Reason}, nil
	})
}

func (tx *Tx) spanText(b *domain.Blocking) string {
	const layout = "01-02 15:04"
	return b.StartAt.In(tx.s.Loc).Format(layout) + "–" + b.EndAt.In(tx.s.Loc).Format(layout)
}

// Unblock takes a blocking back. Needs RightRoomsEdit.
func (s *Store) Unblock(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	var b domain.Blocking
	if err := s.read.NewSelect().Model(&b).Where("id = ?", id).Scan(ctx); err != nil {
		if err = noRows(err); errors.Is(err, domain.ErrNotFound) && !act.Person.Can(domain.RightRoomsEdit) {
			return domain.Receipt{}, domain.ErrForbidden
		}
		return domain.Receipt{}, asPerson(err)
	}
	return s.changeRoom(ctx, act, b.RoomID, func(ctx context.Context, tx *Tx, _ *domain.Room) (*domain.Change, error) {
		res, err := tx.NewRaw("UPDATE blockings SET struck = TRUE WHERE id = ? AND NOT struck", id).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil, nil
		}
		return &domain.Change{Verb: "room.unblocked", New: tx.spanText(&b), Note: b.Reason}, nil
	})
}
