package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/views"
)

// Rooms is GET /rooms: every room with what is in it, and what blocks rooms.
func (a *App) Rooms(c *fiber.Ctx) error {
	p, err := a.roomsPage(c, "rooms.title")
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	rooms, err := a.Store.RoomList(c.UserContext())
	if err != nil {
		return err
	}
	blockings, err := a.Store.Blockings(c.UserContext(), p.Now)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"rooms": rooms, "blockings": blockings}, views.RoomsView(views.RoomsPage{Page: p, Site: site, Rooms: rooms, Blockings: blockings}))
}

// roomsPage is the frame of the pages of rooms: they follow the floor.
func (a *App) roomsPage(c *fiber.Ctx, title string, args ...string) (views.Page, error) {
	heads, err := a.Store.Heads(c.UserContext(), []domain.Topic{domain.TopicFloor})
	if err != nil {
		return views.Page{}, err
	}
	p, err := a.page(c, "events", title, args...)
	if err != nil {
		return p, err
	}
	watch(&p, ViewRooms, heads, domain.TopicFloor)
	if p.Person.Can(domain.RightRoomsEdit) {
		p.Caps = append(p.Caps, "can-edit-rooms")
	}
	return p, nil
}

// Room is GET /rooms/{id}: one room, with what may be changed in it.
func (a *App) Room(c *fiber.Ctx) error {
	r, err := a.Store.Room(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	p, err := a.roomsPage(c, "rooms.title")
	if err != nil {
		return err
	}
	p.Title = views.RoomName(p.Ctx, *r)
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	all, err := a.Store.Blockings(c.UserContext(), p.Now)
	if err != nil {
		return err
	}
	var blockings []domain.Blocking
	for _, b := range all {
		if b.RoomID == r.ID {
			blockings = append(blockings, b)
		}
	}
	return show(c, fiber.Map{"room": r, "blockings": blockings}, views.RoomView(views.RoomPage{Page: p, Site: site, Room: *r, Blockings: blockings}))
}

// roomDraft reads the form of a room; what cannot be read is a field error.
func roomDraft(c *fiber.Ctx) (domain.Room, error) {
	var bad domain.Invalid
	whole := func(field, key string, args ...string) int {
		n, err := wholeNumber(c.FormValue(field))
		if err != nil {
			bad.Add(field, key, args...)
		}
		return n
	}
	minutes := func(field string) *int {
		if domain.Clean(c.FormValue(field), false) == "" {
			return nil
		}
		n := whole(field, "room.buffer_range", "max", strconv.Itoa(domain.BufferMost))
		return &n
	}
	r := domain.Room{
		Name: c.FormValue("name"), NameEn: c.FormValue("name_en"), Floor: whole("floor", "room.floor_range"), Capacity: whole("capacity", "room.heads_range"),
		SetupMin: minutes("setup_min"), ClearMin: minutes("clear_min"), OutOfUse: c.FormValue("out_of_use") != "",
	}
	for _, kind := range formList(c, "equipment") {
		r.Equipment = append(r.Equipment, domain.RoomFixture{Kind: kind, N: 1})
	}
	if n := whole("mics", "room.count_range", "max", "99"); n != 0 {
		r.Equipment = append(r.Equipment, domain.RoomFixture{Kind: "mics", N: n})
	}
	for _, l := range domain.RoomLayouts {
		if n := whole("layout_"+string(l), "room.heads_range"); n != 0 {
			r.Layouts = append(r.Layouts, domain.RoomLayout{Layout: l, Heads: n})
		}
	}
	err := bad.Err()
	if other, ok := domain.AsError(r.Validate()); ok {
		for _, f := range other.Fields { // the other wrong fields in the same answer
			if !bad.Has(f.Field) {
				bad = append(bad, f)
			}
		}
		err = bad.Err()
	}
	return r, err
}

// AddRoom is POST /rooms.
func (a *App) AddRoom(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		r, err := roomDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		receipt, err := a.Store.AddRoom(c.UserContext(), act, r)
		if err == nil && wantsJSON(c) {
			c.Status(fiber.StatusCreated)
		}
		return receipt, err
	})
}

// UpdateRoom is PUT /rooms/{id}.
func (a *App) UpdateRoom(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := roomDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UpdateRoom(c.UserContext(), act, id, r)
	})
}

// SetRoomBuffers is PUT /settings/rooms: what holds for all rooms.
func (a *App) SetRoomBuffers(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		var bad domain.Invalid
		minutes := func(field string) int {
			n, err := wholeNumber(c.FormValue(field))
			if err != nil {
				bad.Add(field, "room.buffer_range", "max", strconv.Itoa(domain.BufferMost))
			}
			return n
		}
		setup, clearOut := minutes("setup_min"), minutes("clear_min")
		if err := bad.Err(); err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.SetRoomBuffers(c.UserContext(), act, setup, clearOut)
	})
}

// BlockRoom is POST /rooms/{id}/blockings.
func (a *App) BlockRoom(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		var bad domain.Invalid
		b := domain.Blocking{
			RoomID: id, Reason: c.FormValue("reason"),
			StartAt: a.moment(&bad, "start_at", c.FormValue("start_at")), EndAt: a.moment(&bad, "end_at", c.FormValue("end_at")),
		}
		if domain.Clean(b.Reason, false) == "" {
			bad.Add("reason", "field.required")
		}
		if err := bad.Err(); err != nil {
			return domain.Receipt{}, err
		}
		r, err := a.Store.BlockRoom(c.UserContext(), act, b)
		if err == nil && wantsJSON(c) {
			c.Status(fiber.StatusCreated)
		}
		return r, err
	})
}

// Unblock is DELETE /blockings/{id}.
func (a *App) Unblock(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Unblock(c.UserContext(), act, id)
	})
}

// SetRoomPhoto is PUT /rooms/{id}/photos/{photo}: the body is the picture.
func (a *App) SetRoomPhoto(c *fiber.Ctx) error {
	return a.photoAct(c, func(act domain.Act, room, _ string) (domain.Receipt, error) {
		ctx := c.UserContext()
		if _, err := a.Store.Room(ctx, room); err != nil {
			return domain.Receipt{}, err
		}
		picture, err := photos.Read(ctx, c.Request().Body())
		if err != nil {
			return domain.Receipt{}, err
		}
		file := store.NewID()
		if err := photos.Save(ctx, a.Photos, file, picture); err != nil {
			return domain.Receipt{}, err
		}
		r, err := a.Store.SetRoomPhoto(ctx, act, room, file, picture.Width, picture.Height)
		if e, refused := domain.AsError(err); refused && settled(e) || err == nil && r.Repeated {
			a.erase(ctx, file)
		} else if old := r.Args["replaced"]; err == nil && old != "" {
			a.erase(ctx, old)
		}
		return r, err
	})
}

// RemoveRoomPhoto is DELETE /rooms/{id}/photo.
func (a *App) RemoveRoomPhoto(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := a.Store.SetRoomPhoto(c.UserContext(), act, id, "", 0, 0)
		if old := r.Args["replaced"]; err == nil && !r.Repeated && old != "" {
			a.erase(c.UserContext(), old)
		}
		return r, err
	})
}

// RoomPhoto is GET /rooms/{id}/photo, small with ?small=1.
func (a *App) RoomPhoto(c *fiber.Ctx) error {
	r, err := a.Store.Room(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	if r.PhotoFile == "" {
		return domain.ErrNotFound
	}
	body, err := photos.Load(c.UserContext(), a.Photos, r.PhotoFile, c.Query("small") != "")
	if err != nil {
		return err
	}
	return sendPicture(c, body, "private, max-age=86400, immutable")
}

// FreeRooms is GET /rooms/free: which rooms are free, and if not, why and when.
func (a *App) FreeRooms(c *fiber.Ctx) error {
	p, err := a.page(c, "events", "rooms.free_title")
	if err != nil {
		return err
	}
	watch(&p, ViewRooms, nil)
	page := views.FreeRoomsPage{Page: p, In: a.wishInput(c)}
	asked := c.Query("start_at") != "" || c.Query("end_at") != ""
	status := fiber.StatusOK
	if asked {
		w, err := a.roomWish(&page.In)
		if err == nil {
			page.Offers, err = a.Store.FreeRooms(c.UserContext(), w)
		}
		fields, general, rest := fieldErrors(err, p.Locale)
		if rest != nil || err != nil && wantsJSON(c) {
			return err
		}
		page.Asked, page.Errors = err == nil, fields
		if err != nil {
			status = fiber.StatusUnprocessableEntity
		}
		if general != "" {
			return err
		}
		if page.Next, err = a.nextOfBest(c, w, page.Offers); err != nil {
			return err
		}
	}
	c.Status(status)
	return show(c, fiber.Map{"offers": page.Offers, "next": page.Next}, views.FreeRoomsView(page))
}

// nextOfBest are the next free times of the first rooms that would do and are taken.
func (a *App) nextOfBest(c *fiber.Ctx, w domain.RoomWish, offers []domain.RoomOffer) (map[string][]domain.Slot, error) {
	const most = 4
	next := map[string][]domain.Slot{}
	for k := range offers {
		if o := &offers[k]; o.Fits && !o.Free && !o.Out && len(next) < most {
			slots, err := a.Store.NextFree(c.UserContext(), o.Room.ID, w)
			if err != nil {
				return nil, err
			}
			next[o.Room.ID] = slots
		}
	}
	return next, nil
}

func (a *App) wishInput(c *fiber.Ctx) views.WishInput {
	in := views.WishInput{StartAt: c.Query("start_at"), EndAt: c.Query("end_at"), Heads: c.Query("heads"), Layout: c.Query("layout")}
	args := c.Context().QueryArgs() //nolint:forbidigo // fasthttp's arguments: the only way to read a repeated parameter
	for _, v := range args.PeekMulti("equipment") {
		in.Equipment = append(in.Equipment, string(v))
	}
	if in.StartAt == "" && in.EndAt == "" {
		at := a.Store.Now().In(a.Loc).Truncate(time.Hour).Add(time.Hour)
		in.StartAt, in.EndAt = at.Format(localLayout), at.Add(time.Hour).Format(localLayout)
	}
	return in
}

// roomWish reads what is wished for; what cannot be read is a field error.
func (a *App) roomWish(in *views.WishInput) (domain.RoomWish, error) {
	var bad domain.Invalid
	w := domain.RoomWish{
		Equipment: in.Equipment, Layout: in.Layout,
		Start: a.moment(&bad, "start_at", in.StartAt), End: a.moment(&bad, "end_at", in.EndAt),
	}
	var err error
	if w.Heads, err = wholeNumber(in.Heads); err != nil {
		bad.Add("heads", "event.heads_range")
	}
	return w, bad.Err()
}

// roomAlternatives is what the event's form offers where its rooms were refused:
// other rooms at that time, and the next times at which the refused room is free.
func (a *App) roomAlternatives(c *fiber.Ctx, id string, in *views.EventInput) (*views.Alternatives, error) {
	wish := views.WishInput{StartAt: in.StartAt, EndAt: in.EndAt, Heads: in.Heads}
	w, err := a.roomWish(&wish)
	if err != nil || w.Validate() != nil || len(in.Rooms) == 0 {
		return nil, nil //nolint:nilerr // another field is wrong: it says so itself
	}
	w.EventID, w.NoBuffer = id, in.NoBuffer != ""
	offers, err := a.Store.FreeRooms(c.UserContext(), w)
	if err != nil {
		return nil, err
	}
	alt := &views.Alternatives{}
	const most = 3
	for k := range offers {
		o := &offers[k]
		mine := slices.Contains(in.Rooms, o.Room.ID)
		switch {
		case mine && !o.Free:
			alt.Refused = append(alt.Refused, o.Room)
		case !mine && o.Good() && len(alt.Rooms) < most:
			alt.Rooms = append(alt.Rooms, o.Room)
		}
	}
	if len(alt.Refused) == 0 {
		return nil, nil
	}
	slots, err := a.Store.NextFree(c.UserContext(), alt.Refused[0].ID, w)
	if err != nil {
		return nil, err
	}
	shift := func(s string, by time.Duration) string {
		t, err := a.parseLocal(domain.Clean(s, false))
		if err != nil {
			return s
		}
		return t.Add(by).In(a.Loc).Format(localLayout)
	}
	for _, s := range slots[:min(most, len(slots))] {
		by := s.Start.Sub(w.Start)
		alt.Slots = append(alt.Slots, views.SlotFill{
			Slot: s, StartAt: s.Start.In(a.Loc).Format(localLayout), EndAt: s.End.In(a.Loc).Format(localLayout),
			ArrivalAt: shift(in.ArrivalAt, by), BreakAt: shift(in.BreakAt, by),
		})
	}
	return alt, nil
}
