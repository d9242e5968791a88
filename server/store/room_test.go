package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// buffered gives the site set-up and clear-out times.
func (w *world) buffered(t *testing.T, setup, clearOut int) {
	t.Helper()
	must(t)(w.Store.SetRoomBuffers(t.Context(), w.Act("supervisor"), setup, clearOut))
}

func (w *world) room(t *testing.T, id string) domain.Room {
	t.Helper()
	r, err := w.Store.Room(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return *r
}

func TestRoomBuffers(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 20, 10)
		// w.Other has R3 from 09:30 to 10:30, w.Secret R1 at the same time.
		for _, x := range []struct {
			from, to, rooms, want string
			bare                  bool
		}{
			{"10:59", "11:30", "R3", "rooms:event.room_buffer", false},
			{"11:00", "11:30", "R3", "", false},
			{"10:30", "11:00", "R3", "rooms:event.room_buffer", true}, // the other one has to be cleared out
			{"10:40", "11:00", "R3", "", true},
			{"08:40", "09:01", "R3", "rooms:event.room_buffer", false},
			{"08:40", "09:00", "R3", "", false},
			{"10:29", "11:30", "R3", "rooms:event.room_taken", true},
			{"10:59", "11:30", "R1", "rooms:event.room_buffer_secret", false},
			{"23:40", "23:59", "R3 R1", "", false},
		} {
			d := w.meeting(x.from, x.to, x.rooms)
			d.Event.NoBuffer = x.bare
			equal(t, fmt.Sprint(x), refused(s.CreateEvent(ctx, w.Act("supervisor"), d)), x.want)
		}
		// A room with minutes of its own, also none.
		none := 0
		r := w.room(t, "R3")
		r.SetupMin, r.ClearMin = &none, &none
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R3", r))
		equal(t, "none", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("10:30", "11:00", "R3"))), "")

		// What has its room keeps it when the minutes grow, as long as it does not move.
		late := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("10:30", "11:00", "R3"))).Created
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), late, domain.EventConfirmed, ""))
		r.SetupMin, r.ClearMin = nil, nil
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R3", r))
		must(t)(w.change(t, late, func(d *store.EventDraft) { d.Event.Name = "新名称" }))
		_, err := w.change(t, late, func(d *store.EventDraft) { d.Event.EndAt = clock("11:10") })
		equal(t, "moved", key(err), "rooms:event.room_buffer")
		// Across midnight.
		night := w.meeting("23:00", "23:30", "R3")
		night.Event.EndAt = clock("23:00").Add(150 * time.Minute)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), must(t)(s.CreateEvent(ctx, w.Act("supervisor"), night)).Created, domain.EventConfirmed, ""))
		after := w.meeting("09:00", "10:00", "R3")
		after.Event.StartAt, after.Event.EndAt = night.Event.EndAt.Add(29*time.Minute), night.Event.EndAt.Add(time.Hour)
		_, err = s.CreateEvent(ctx, w.Act("supervisor"), after)
		e, _ := domain.AsError(err)
		if e == nil || e.Fields[0].Key != "event.room_buffer" || e.Fields[0].Args["from"] != "03-18 23:00" || e.Fields[0].Args["to"] != "03-19 01:30" || e.Fields[0].Args["n"] != "30" {
			t.Errorf("%+v", e)
		}
		after.Event.StartAt = night.Event.EndAt.Add(30 * time.Minute)
		equal(t, "after midnight", refused(s.CreateEvent(ctx, w.Act("supervisor"), after)), "")
		whole(t, s, domain.TopicFloor)
	})
}

// One check for events, functions and offers: what holds a room for the one holds it for the others.
func TestFunctionsKeepBuffers(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 20, 10)
		part := func(from, to string) domain.Function {
			return domain.Function{Name: "签字", Kind: "signing", RoomID: "R3", StartAt: clock(from), EndAt: clock(to)}
		}
		must(t)(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: clock("15:00"), EndAt: clock("16:00"), Reason: "检修"}))
		// w.Other has R3 from 09:30 to 10:30.
		for _, x := range []struct{ from, to, want string }{
			{"10:59", "11:30", "room_id:event.room_buffer"},
			{"10:20", "11:30", "room_id:event.room_taken"},
			{"14:00", "14:51", "room_id:event.room_blocked"},
			{"15:10", "15:20", "room_id:event.room_blocked"},
		} {
			equal(t, fmt.Sprint(x), refused(s.AddFunction(ctx, w.Act("supervisor"), w.Event, part(x.from, x.to))), x.want)
		}
		id := must(t)(s.AddFunction(ctx, w.Act("supervisor"), w.Event, part("11:00", "11:30"))).Created
		equal(t, "an event too near to it", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("11:59", "12:30", "R3"))), "rooms:event.room_buffer")
		equal(t, "an event at once", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("11:10", "12:30", "R3"))), "rooms:event.room_taken")
		equal(t, "a blocking", refused(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: clock("11:35"), EndAt: clock("12:00"), Reason: "检修"})), "start_at:event.room_buffer")
		list, err := s.FreeRooms(ctx, domain.RoomWish{Start: clock("11:10"), End: clock("11:20")})
		k := slices.IndexFunc(list, func(o domain.RoomOffer) bool { return o.Room.ID == "R3" })
		if err != nil || k < 0 || list[k].Free || list[k].Uses[0].Part != "签字" {
			t.Errorf("%v %+v", err, list)
		}
		slots, err := s.NextFree(ctx, "R3", domain.RoomWish{Start: clock("11:10"), End: clock("11:30")})
		if err != nil || len(slots) == 0 || !slots[0].Start.Equal(clock("12:00")) {
			t.Error("the next free time", slots, err)
		}

		// What it has stays its own when minutes grow, as long as it does not move.
		w.buffered(t, 60, 60)
		must(t)(s.ChangeFunction(ctx, w.Act("supervisor"), id, domain.Function{Name: "签约", Kind: "signing", RoomID: "R3", StartAt: clock("11:00"), EndAt: clock("11:30")}, 0))
		equal(t, "moved", refused(s.ChangeFunction(ctx, w.Act("supervisor"), id, part("11:00", "11:40"), 0)), "room_id:event.room_buffer")
		r := w.room(t, "R3")
		r.OutOfUse = true
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R3", r))
		equal(t, "out of use", refused(s.AddFunction(ctx, w.Act("supervisor"), w.Event, part("18:00", "18:10"))), "room_id:event.room_out")

		// An event that met in its rooms as they stood, and now does not, needs more for its functions too.
		bare := w.meeting("18:00", "19:00", "R1")
		bare.Event.NoBuffer = true
		first := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), bare)).Created
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), first, domain.EventConfirmed, ""))
		w.buffered(t, 0, 20)
		other := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("20:00", "21:00", "R2"))).Created
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), other, domain.EventConfirmed, ""))
		photo := part("19:40", "20:00")
		photo.RoomID = "R2"
		must(t)(s.AddFunction(ctx, w.Act("supervisor"), first, photo))
		_, err = w.change(t, first, func(d *store.EventDraft) { d.Event.NoBuffer = false })
		equal(t, "with buffers", key(err), "rooms:event.room_buffer")
		sound(t, s)
	})
}

// Whoever books, blocks or sets a room out of use at the same moment: one wins.
func TestRoomsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 15, 15)
		for round := range 4 {
			day := round + 1
			move := func(d store.EventDraft) store.EventDraft {
				d.Event.StartAt, d.Event.EndAt = d.Event.StartAt.AddDate(0, 0, day), d.Event.EndAt.AddDate(0, 0, day)
				return d
			}
			// Each needs R2 within the other's minutes.
			const n = 5
			errs := make([]error, n)
			together(n, func(k int) {
				if k == n-1 {
					_, errs[k] = s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R2", StartAt: clock("14:00").AddDate(0, 0, day), EndAt: clock("16:20").AddDate(0, 0, day), Reason: "检修"})
					return
				}
				from, to := []string{"14:00", "14:45", "14:50", "14:05"}[k], []string{"14:30", "15:15", "15:20", "14:35"}[k]
				d := move(w.meeting(from, to, []string{"R2 R3", "R2", "R1 R2", "R2"}[k]))
				r, err := s.CreateEvent(ctx, w.Act("supervisor"), d)
				if err == nil {
					_, err = s.SetStatus(ctx, w.Act("commander"), r.Created, domain.EventConfirmed, "")
				}
				errs[k] = err
			})
			won := 0
			for k, err := range errs {
				if err == nil {
					won++
				} else if f := key(err); !strings.HasPrefix(f, "rooms:event.room_") && !strings.HasPrefix(f, "start_at:event.room_") {
					t.Errorf("%d: %v", k, err)
				}
			}
			equal(t, "have the room", won, 1)
		}
	})
}

func TestFreeRooms(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 20, 10)
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R2", domain.Room{Name: "第一会议室", NameEn: "Conference room 1", Floor: 2, Capacity: 80, Equipment: []domain.RoomFixture{{Kind: "led", N: 1}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutU, Heads: 24}}}))
		must(t)(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R2", StartAt: clock("14:00"), EndAt: clock("15:00"), Reason: "检修"}))
		offers := func(wish domain.RoomWish) string {
			t.Helper()
			list, err := s.FreeRooms(ctx, wish)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, o := range list {
				line := o.Room.ID
				if o.Free {
					line += " free"
				}
				if o.Fits {
					line += " fits"
				}
				for _, u := range o.Uses {
					line += " " + u.Name + u.Alias + u.Reason
				}
				out = append(out, line+strings.Join(o.Lacks, "-"))
			}
			return strings.Join(out, "; ")
		}
		at := func(from, to string, heads int) domain.RoomWish {
			return domain.RoomWish{Start: clock(from), End: clock(to), Heads: heads}
		}
		alias := w.event(t, w.Secret).Alias()
		equal(t, "while all are taken", offers(at("09:45", "10:00", 10)), "R3 fits 运营部周例会; R2 fits 海岳省产业合作考察团座谈会; R1 fits "+alias)
		equal(t, "its own", offers(domain.RoomWish{Start: clock("09:45"), End: clock("10:00"), Heads: 10, EventID: w.Other}), "R3 free fits; R2 fits 海岳省产业合作考察团座谈会; R1 fits "+alias)
		equal(t, "the set-up", offers(at("10:59", "11:10", 10)), "R3 fits 运营部周例会; R2 fits 海岳省产业合作考察团座谈会; R1 fits "+alias)
		equal(t, "blocked", offers(at("13:00", "14:00", 31)), "R1 free fits; R3 free; R2 fits 检修")
		equal(t, "with a wall", offers(domain.RoomWish{Start: clock("16:00"), End: clock("17:00"), Equipment: []string{"led"}, Layout: "u", Heads: 24}), "R2 free fits; R1 freeled; R3 freeled")
		equal(t, "too many", offers(at("16:00", "17:00", 100000)), "R1 free; R2 free; R3 free")
		_, err := s.FreeRooms(ctx, at("17:00", "16:00", 1))
		equal(t, "no time", key(err), "end_at:event.end_before_start")
		_, err = s.FreeRooms(ctx, at("16:00", "17:00", 100001))
		equal(t, "no number", key(err), "heads:event.heads_range")

		next := func(room string, wish domain.RoomWish) string {
			t.Helper()
			list, err := s.NextFree(ctx, room, wish)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, x := range list[:min(2, len(list))] {
				out = append(out, x.Start.In(s.Loc).Format("02 15:04"))
			}
			return strings.Join(out, " ")
		}
		equal(t, "next", next("R3", at("09:30", "10:30", 0)), "18 11:00 18 12:30")
		equal(t, "its own next", next("R3", domain.RoomWish{Start: clock("09:30"), End: clock("10:30"), EventID: w.Other}), "18 09:30 18 11:00")
		equal(t, "after the blocking", next("R2", at("13:00", "14:00", 0)), "18 15:30 19 08:30") // the house closes at 17:30
		equal(t, "in the evening", next("R3", at("21:30", "22:30", 0)), "18 21:30 19 08:30")
		_, err = s.NextFree(ctx, "R9", at("09:30", "10:30", 0))
		equal(t, "no such room", key(err), "error.not_found")
	})
}

func TestRooms(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		head := w.head(t, domain.TopicFloor)
		in := domain.Room{Name: " 多功能厅 ", NameEn: "Hall", Floor: -1, Capacity: 300, Equipment: []domain.RoomFixture{{Kind: "mics", N: 6}, {Kind: "projector", N: 1}}, Layouts: []domain.RoomLayout{{Layout: domain.LayoutBanquet, Heads: 120}}}
		for _, who := range []string{"commander", "service", "captain", "control", "board"} {
			equal(t, who, refused(s.AddRoom(ctx, w.Act(who), in)), "error.forbidden")
			equal(t, who, refused(s.UpdateRoom(ctx, w.Act(who), "R3", in)), "error.forbidden")
			equal(t, who, refused(s.SetRoomPhoto(ctx, w.Act(who), "R3", "x", 4, 3)), "error.forbidden")
			equal(t, who, refused(s.SetRoomBuffers(ctx, w.Act(who), 0, 0)), "error.forbidden")
		}
		equal(t, "nothing", w.head(t, domain.TopicFloor), head)
		id := must(t)(s.AddRoom(ctx, w.Act("supervisor"), in)).Created
		r := w.room(t, id)
		equal(t, "room", fmt.Sprint(r.Name, r.Floor, r.Sort, len(r.Equipment), r.Equipment[0].Kind, r.Equipment[1].N, r.Layouts[0].Heads), fmt.Sprint("多功能厅", -1, 4, 2, "projector", 6, 120))
		equal(t, "name twice", refused(s.AddRoom(ctx, w.Act("supervisor"), in)), "name:room.name_taken")
		equal(t, "another's name", refused(s.UpdateRoom(ctx, w.Act("supervisor"), "R3", in)), "name:room.name_taken")
		equal(t, "no such room", refused(s.UpdateRoom(ctx, w.Act("supervisor"), "R9", in)), "error.not_found")
		quiet := w.head(t, domain.TopicFloor)
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), id, r))
		equal(t, "the same", w.head(t, domain.TopicFloor), quiet)
		r.Equipment, r.Layouts, r.OutOfUse = nil, nil, true
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), id, r))
		if r = w.room(t, id); len(r.Equipment)+len(r.Layouts) > 0 || !r.OutOfUse {
			t.Errorf("%+v", r)
		}
		equal(t, "out of use", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("15:00", "16:00", id))), "rooms:event.room_out")

		must(t)(s.SetRoomPhoto(ctx, w.Act("supervisor"), id, "one", 40, 30))
		equal(t, "the one before", must(t)(s.SetRoomPhoto(ctx, w.Act("supervisor"), id, "two", 40, 30)).Args["replaced"], "one")
		files, err := s.PhotoFiles(ctx)
		if _, known := files["two"]; err != nil || !known || len(files) == 0 {
			t.Error(files, err)
		}
		equal(t, "taken off", must(t)(s.SetRoomPhoto(ctx, w.Act("supervisor"), id, "", 0, 0)).Args["replaced"], "two")
		whole(t, s, domain.TopicFloor)
	})
}

func TestBlockings(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 20, 10)
		block := func(room, from, to string) domain.Blocking {
			return domain.Blocking{RoomID: room, StartAt: clock(from), EndAt: clock(to), Reason: "检修"}
		}
		for _, x := range []struct{ who, room, from, to, want string }{
			{"commander", "R3", "12:00", "13:00", "error.forbidden"},
			{"service", "R3", "12:00", "13:00", "error.forbidden"},
			{"supervisor", "R9", "12:00", "13:00", "error.not_found"},
			{"supervisor", "R3", "10:00", "13:00", "start_at:event.room_taken"},
			{"supervisor", "R3", "10:39", "13:00", "start_at:event.room_buffer"},
			{"supervisor", "R1", "10:00", "13:00", "start_at:event.room_taken_secret"},
			{"supervisor", "R3", "13:00", "12:00", "end_at:event.end_before_start"},
			{"supervisor", "R3", "07:00", "08:00", "end_at:room.blocking_past"},
			{"supervisor", "R3", "10:40", "13:00", ""},
			{"supervisor", "R3", "12:00", "14:00", "start_at:event.room_blocked"},
		} {
			equal(t, fmt.Sprint(x), refused(s.BlockRoom(ctx, w.Act(x.who), block(x.room, x.from, x.to))), x.want)
		}
		equal(t, "booked", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("12:00", "12:30", "R3"))), "rooms:event.room_blocked")
		equal(t, "the set-up", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("13:10", "14:00", "R3"))), "rooms:event.room_blocked")
		list, err := s.Blockings(ctx, s.Now())
		if err != nil || len(list) != 1 || list[0].CreatedBy != w.People["supervisor"].ID {
			t.Fatal(list, err)
		}
		equal(t, "not his", refused(s.Unblock(ctx, w.Act("service"), list[0].ID)), "error.forbidden")
		equal(t, "not there", refused(s.Unblock(ctx, w.Act("supervisor"), "x")), "error.not_found")
		must(t)(s.Unblock(ctx, w.Act("supervisor"), list[0].ID))
		head := w.head(t, domain.TopicFloor)
		must(t)(s.Unblock(ctx, w.Act("supervisor"), list[0].ID))
		equal(t, "twice", w.head(t, domain.TopicFloor), head)
		equal(t, "free again", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("12:00", "12:30", "R3"))), "")
		whole(t, s, domain.TopicFloor)
	})
}

func TestRoomCalendar(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.buffered(t, 20, 10)
		must(t)(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: clock("14:00"), EndAt: clock("15:00"), Reason: "检修"}))
		must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("16:00", "17:00", "R2")))
		site, err := s.Site(ctx)
		if err != nil {
			t.Fatal(err)
		}
		rooms, err := s.RoomList(ctx)
		if err != nil {
			t.Fatal(err)
		}
		from, to := s.Today()
		alias := w.event(t, w.Secret).Alias()
		for who, want := range map[string]string{
			"supervisor": "R1 " + alias + " opens; R2 海岳省产业合作考察团座谈会 opens; R3 运营部周例会 opens; R3 检修; R2 例会 opens draft",
			"service":    "R1 " + alias + " opens; R2 海岳省产业合作考察团座谈会 opens; R3 运营部周例会 opens; R3 检修",
			"photo":      "R1 " + alias + "; R2 海岳省产业合作考察团座谈会 opens; R3 运营部周例会; R3 检修",
		} {
			list, err := s.RoomCalendar(ctx, w.People[who], &site, rooms, from, to)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for k := range list {
				c := &list[k]
				line := c.RoomID + " " + c.Name + c.Alias + c.Reason
				if c.Event != "" {
					line += " opens"
				}
				if c.Draft() {
					line += " draft"
				}
				got = append(got, line)
			}
			// The three of the morning begin at once.
			if len(got) >= 3 {
				slices.Sort(got[:3])
			}
			equal(t, who, strings.Join(got, "; "), want)
		}
	})
}

func TestStoreCollisions(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00001", Bay: "B01"}))
		must(t)(s.AddVehicle(ctx, w.Act("supervisor"), w.Other, domain.Vehicle{Plate: "测A00001", Bay: "B01"}))
		kinds := func(event string) string {
			t.Helper()
			list, err := s.Collisions(ctx, clock("08:00"), clock("20:00"), event)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range list {
				got = append(got, string(c.Kind)+" "+c.Name)
			}
			slices.Sort(got)
			return strings.Join(got, "; ")
		}
		// The commander has all three, service two of them.
		equal(t, "all", kinds(""), "bay B01; person 琥珀; person 石英; person 石英; person 石英; vehicle …001")
		equal(t, "of one", kinds(w.Other), "bay B01; person 石英; person 石英; vehicle …001")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Other, domain.EventCancelled, "改期"))
		equal(t, "cancelled", kinds(w.Other), "")
	})
}

func TestCalendarLinks(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		equal(t, "a screen", refused(s.MakeCalendarLink(ctx, w.Act("board"), "")), "error.forbidden")
		equal(t, "no such room", refused(s.MakeCalendarLink(ctx, w.Act("service"), "R9")), "error.not_found")
		equal(t, "none yet", refused(s.RevokeCalendarLink(ctx, w.Act("service"), "R1")), "error.not_found")
		token := func(who, room string) string {
			t.Helper()
			must(t)(s.MakeCalendarLink(ctx, w.Act(who), room))
			l, err := s.CalendarLink(ctx, w.People[who].ID, room)
			if err != nil || l == nil {
				t.Fatal(l, err)
			}
			text, err := s.Token(ctx, domain.Pass{Kind: domain.PassCalendar, ID: l.ID, No: l.PassNo})
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		names := func(token string) string {
			t.Helper()
			f, err := s.CalendarByPass(ctx, token)
			if err != nil {
				return key(err)
			}
			var got []string
			for _, e := range f.Events {
				got = append(got, e.Name+"@"+e.Rooms[0].ID)
			}
			for _, b := range f.Blockings {
				got = append(got, b.Reason)
			}
			for _, p := range f.Functions {
				got = append(got, p.Name+"@"+p.RoomID)
			}
			slices.Sort(got)
			return strings.Join(got, "; ")
		}
		own, room := token("service", ""), token("service", "R3")
		equal(t, "the same again", token("service", ""), own)
		equal(t, "his own", names(own), "海岳省产业合作考察团座谈会@R2; 评标会@R1")
		equal(t, "the commander's", names(token("commander", "")), "海岳省产业合作考察团座谈会@R2; 评标会@R1; 运营部周例会@R3")
		must(t)(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R3", StartAt: clock("14:00"), EndAt: clock("15:00"), Reason: "检修"}))
		equal(t, "the room's", names(room), "检修; 运营部周例会@R3")
		e := w.event(t, w.Event)
		part := domain.Function{Name: "签字", Kind: "signing", RoomID: "R3", StartAt: e.EndAt, EndAt: e.EndAt.Add(10 * time.Minute)}
		signing := must(t)(s.AddFunction(ctx, w.Act("supervisor"), w.Event, part)).Created
		equal(t, "with a function", names(room), "检修; 海岳省产业合作考察团座谈会@R2; 签字@R3; 运营部周例会@R3")
		must(t)(s.StrikeFunction(ctx, w.Act("supervisor"), signing))
		equal(t, "cancelled ones too", func() string {
			must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Other, domain.EventCancelled, "改期"))
			return names(room)
		}(), "检修; 运营部周例会@R3")
		must(t)(s.RevokeCalendarLink(ctx, w.Act("service"), ""))
		equal(t, "revoked", names(own), "error.not_found")
		equal(t, "the new one", names(token("service", "")), "海岳省产业合作考察团座谈会@R2; 评标会@R1")
		guest, err := s.Token(ctx, domain.Pass{Kind: domain.PassGuest, ID: w.Event})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "another kind", names(guest), "error.not_found")
		equal(t, "nonsense", names("x"), "error.not_found")
		must(t)(s.SetDisabled(ctx, w.Act("admin"), w.People["service"].ID, true))
		equal(t, "shut out", names(room), "error.not_found")
	})
}
