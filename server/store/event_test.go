package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// meeting is a small meeting of the afternoon, which commander confirms.
func (w *world) meeting(from, to, room string) store.EventDraft {
	return store.EventDraft{Event: domain.Event{
		Name: "例会", Type: "meeting", Organiser: "运营部", Contact: "鹌鹑", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 12,
		StartAt: clock(from), EndAt: clock(to), CommanderID: w.People["commander"].ID,
	}, Rooms: strings.Fields(room)}
}

// draft is what a form would send for an event as it is.
func (w *world) draft(t *testing.T, id string) store.EventDraft {
	t.Helper()
	d := store.EventDraft{Event: *w.event(t, id)}
	for _, r := range d.Event.Rooms {
		d.Rooms = append(d.Rooms, r.ID)
	}
	var err error
	if d.People, err = w.Store.Assignments(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return d
}

// change sends an event's form with one change.
func (w *world) change(t *testing.T, id string, fn func(d *store.EventDraft)) (domain.Receipt, error) {
	t.Helper()
	d := w.draft(t, id)
	fn(&d)
	return w.Store.UpdateEvent(t.Context(), w.Act("commander"), id, d)
}

func (w *world) items(t *testing.T, event string) map[string]domain.Item {
	t.Helper()
	list, err := w.Store.Items(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]domain.Item{}
	for _, i := range list {
		m[i.TemplateID] = i
	}
	return m
}

func TestCreateEvent(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		d := w.meeting("15:00", "16:00", "R3")
		d.People = []domain.Assignment{{PersonID: w.People["service"].ID}, {PersonID: w.People["cleaning"].ID, Crew: domain.CrewSVC, Post: "三层会场口"}}
		for _, who := range []string{"service", "captain", "control", "board"} {
			equal(t, who, refused(s.CreateEvent(ctx, w.Act(who), d)), "error.forbidden")
		}
		r := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), d))
		e := w.event(t, r.Created)
		if e.Status != domain.EventDraft || e.Number != "EV-20260318-04" || len(e.Rooms) != 1 || e.Rooms[0].Name != "第二会议室" || e.Seq != 1 || !e.CreatedAt.Equal(s.Now()) {
			t.Errorf("%+v", e)
		}
		equal(t, "log", w.since(t, e.ID, 0), "event.created →EV-20260318-04")
		equal(t, "items of a draft", len(w.items(t, e.ID)), 0)
		people, err := s.Assignments(ctx, e.ID)
		if err != nil || len(people) != 2 || people[0].Crew != domain.CrewSVC || people[1].Crew != domain.CrewSVC {
			t.Errorf("%+v, %v", people, err)
		}
		for name, x := range map[string]struct {
			fn   func(d *store.EventDraft)
			want string
		}{
			"fields":        {func(d *store.EventDraft) { d.Event.Name = "" }, "name:field.required"},
			"room":          {func(d *store.EventDraft) { d.Rooms = []string{"R9"} }, "rooms:field.choose"},
			"commander":     {func(d *store.EventDraft) { d.Event.CommanderID = "nobody" }, "commander_id:field.choose"},
			"people":        {func(d *store.EventDraft) { d.People = []domain.Assignment{{PersonID: "nobody"}} }, "people:field.choose"},
			"crewless":      {func(d *store.EventDraft) { d.People = []domain.Assignment{{PersonID: w.People["admin"].ID}} }, "people:event.person_without_crew"},
			"the same id":   {func(d *store.EventDraft) { d.Event.ID = e.ID }, "event.exists"},
			"taken room":    {func(d *store.EventDraft) { d.Event.StartAt, d.Event.EndAt = clock("10:00"), clock("10:10") }, "rooms:event.room_taken"},
			"room as given": {func(d *store.EventDraft) { d.Rooms = []string{"R3", "R3"} }, ""},
		} {
			d := w.meeting("17:00", "18:00", "R3")
			x.fn(&d)
			equal(t, name, refused(s.CreateEvent(ctx, w.Act("supervisor"), d)), x.want)
		}
		must(t)(s.SetDisabled(ctx, w.Act("admin"), w.People["photo"].ID, true))
		d = w.meeting("17:00", "18:00", "R3")
		d.People = []domain.Assignment{{PersonID: w.People["photo"].ID}}
		equal(t, "one who left", refused(s.CreateEvent(ctx, w.Act("supervisor"), d)), "people:event.person_disabled")
	})
}

func TestEventNumbers(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		const n = 16
		ids := make([]string, n)
		together(n, func(k int) {
			r, err := s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("15:00", "16:00", ""))
			if err != nil {
				t.Error(err)
			}
			ids[k] = r.Created
		})
		var numbers []string
		for _, id := range ids {
			numbers = append(numbers, w.event(t, id).Number)
		}
		slices.Sort(numbers)
		for k, number := range numbers {
			equal(t, "number", number, fmt.Sprintf("EV-20260318-%02d", k+4))
		}
		early := w.meeting("15:00", "16:00", "")
		early.Event.StartAt = clock("00:30").AddDate(0, 0, 1) // the 19th on site, the 18th in UTC
		early.Event.EndAt = early.Event.StartAt.Add(time.Hour)
		equal(t, "of another day", w.event(t, must(t)(s.CreateEvent(ctx, w.Act("supervisor"), early)).Created).Number, "EV-20260319-01")
		raw(t, s, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewRaw("UPDATE events SET number = 'EV-20260318-99' WHERE number = 'EV-20260318-19'").Exec(ctx)
			return err
		})
		equal(t, "the hundredth", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("15:00", "16:00", ""))), "event.too_many_today")
	})
}

func TestConfirm(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		bare := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), store.EventDraft{Event: domain.Event{
			Name: "来访", Type: "visit", Level: 1, Secrecy: domain.SecrecyNormal, StartAt: clock("15:00"), EndAt: clock("17:20"),
		}})).Created
		_, err := s.SetStatus(ctx, w.Act("supervisor"), bare, domain.EventConfirmed, "")
		refusal, _ := domain.AsError(err)
		var fields []string
		for _, f := range refusal.Fields {
			fields = append(fields, f.Field)
		}
		equal(t, "what is missing", strings.Join(fields, " "), "heads organiser contact level_reason rooms commander_id")
		equal(t, "still", w.event(t, bare).Status, domain.EventDraft)
		equal(t, "items", len(w.items(t, bare)), 0)

		head := w.head(t, domain.EventTopic(bare))
		must(t)(w.change(t, bare, func(d *store.EventDraft) {
			e := &d.Event
			e.Organiser, e.Contact, e.Heads, e.CommanderID, e.LevelReason, e.Photo = "办公室", "鹧鸪", 60, w.People["commander"].ID, "省级来访", true
			d.Rooms = []string{"R2"}
		}))
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), bare, domain.EventConfirmed, ""))
		items := w.items(t, bare)
		equal(t, "items at level 1", len(items), 79)
		for id, due := range map[string]string{"S1": "03-18 13:30", "S15": "03-18 15:20", "M13": "03-18 17:35", "M1": "03-18 08:31", "E8": "03-18 14:45"} {
			i := items[id]
			equal(t, id, at(i.DueAt), due) // no reception: from the start; M1 was due yesterday, and is due now
			if i.Seq == 0 || i.Status != domain.ItemOpen || !i.CreatedAt.Equal(s.Now()) {
				t.Errorf("%+v", i)
			}
		}
		equal(t, "in the log", strings.Count(w.since(t, bare, head), "item.added →open"), 79)
		quiet := w.head(t, domain.EventTopic(bare))
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), bare, domain.EventConfirmed, ""))
		equal(t, "said twice", w.head(t, domain.EventTopic(bare)), quiet)
		whole(t, s, domain.EventTopic(bare))
	})
}

func TestRoomConflicts(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		// w.Other has R3 from 09:30 to 10:30, w.Secret R1 at the same time.
		for _, x := range []struct{ from, to, rooms, want string }{
			{"10:30", "11:00", "R3", ""},
			{"09:00", "09:30", "R3", ""}, // one after the other
			{"10:29", "11:00", "R3", "rooms:event.room_taken"},
			{"09:00", "09:31", "R3", "rooms:event.room_taken"},
			{"09:40", "09:50", "R3", "rooms:event.room_taken"},
			{"09:00", "12:00", "R3", "rooms:event.room_taken"},
			{"12:30", "13:00", "R1 R2 R3", ""},
			{"09:40", "09:50", "R1", "rooms:event.room_taken_secret"},
		} {
			d := w.meeting(x.from, x.to, x.rooms)
			equal(t, x.from+" "+x.rooms, refused(s.CreateEvent(ctx, w.Act("supervisor"), d)), x.want)
		}
		_, err := s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("09:40", "09:50", "R1 R3"))
		if e, ok := domain.AsError(err); !ok || !strings.Contains("第二会议室 报告厅", e.Fields[0].Args["room_zh"]) || e.Fields[0].Args["from"] != "09:30" || e.Fields[0].Args["to"] != "10:30" {
			t.Errorf("says which: %+v", e)
		}
		_, err = s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("09:40", "09:50", "R1"))
		if e, _ := domain.AsError(err); e.Fields[0].Args["alias"] != w.event(t, w.Secret).Alias() || e.Fields[0].Args["event"] != "" {
			t.Errorf("a secret is told: %+v", e.Fields[0].Args)
		}

		// Drafts may overlap; who confirms first has the room, also when only asked for.
		make2 := func(from, to string) (a, b string) {
			return must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting(from, to, "R3"))).Created, must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting(from, to, "R3"))).Created
		}
		a, b := make2("14:00", "15:00")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), a, domain.EventConfirmed, ""))
		equal(t, "the second", refused(s.SetStatus(ctx, w.Act("supervisor"), b, domain.EventConfirmed, "")), "rooms:event.room_taken")
		equal(t, "asked for", refused(s.SetStatus(ctx, w.Act("supervisor"), b, domain.EventRequested, "")), "rooms:event.room_taken")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), a, domain.EventCancelled, "改期"))
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), b, domain.EventConfirmed, ""))
		a, b = make2("15:00", "16:00")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), a, domain.EventRequested, ""))
		equal(t, "asked for twice", refused(s.SetStatus(ctx, w.Act("supervisor"), b, domain.EventRequested, "")), "rooms:event.room_taken")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), a, domain.EventConfirmed, ""))

		// Moving an event in the way of another is refused and changes nothing.
		_, err = w.change(t, a, func(d *store.EventDraft) { d.Event.StartAt, d.Event.Name = clock("14:30"), "新名称" })
		equal(t, "moved", key(err), "rooms:event.room_taken")
		if e := w.event(t, a); e.Name != "例会" || !e.StartAt.Equal(clock("15:00")) {
			t.Errorf("%+v", e)
		}
		// Ended early, the room is free.
		must(t)(s.DoItem(ctx, w.Act("service2"), w.Item(t, w.Other, "S4").ID, ""))
		w.set("09:30")
		w.status(t, w.Other, domain.EventLive)
		w.set("10:00")
		equal(t, "while it runs", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("10:00", "10:20", "R3"))), "rooms:event.room_taken")
		w.status(t, w.Other, domain.EventClearing)
		equal(t, "ended early", refused(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("10:00", "10:20", "R3"))), "")
	})
}

func TestRoomConflictAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for _, x := range []struct{ from, to string }{{"14:00", "15:00"}, {"15:00", "16:00"}, {"16:00", "17:00"}} {
			const n = 4
			ids, errs := make([]string, n), make([]error, n)
			together(n, func(k int) {
				rooms := []string{"R2 R3", "R3 R2", "R3", "R3 R1"}[k] // in any order
				r, err := s.CreateEvent(ctx, w.Act("supervisor"), w.meeting(x.from, x.to, rooms))
				if err == nil {
					ids[k] = r.Created
					_, err = s.SetStatus(ctx, w.Act("commander"), r.Created, domain.EventConfirmed, "")
				}
				errs[k] = err
			})
			won := 0
			for k := range n {
				if errs[k] == nil {
					won++
					equal(t, "confirmed", w.event(t, ids[k]).Status, domain.EventConfirmed)
				} else if key(errs[k]) != "rooms:event.room_taken" {
					t.Errorf("%d: %v", k, errs[k])
				}
			}
			equal(t, "have the room", won, 1)
		}
		equal(t, "overlaps", rows(t, s, `SELECT COUNT(*) FROM event_rooms x JOIN events a ON a.id = x.event_id JOIN event_rooms y ON y.room_id = x.room_id AND y.event_id > x.event_id
			JOIN events b ON b.id = y.event_id WHERE a.status = 'confirmed' AND b.status = 'confirmed' AND a.start_at < b.end_at AND b.start_at < a.end_at`), 0)
	})
}

func TestMovedTimes(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		// The visit: arrival 09:00, start 09:30, end 11:50.
		must(t)(s.DoItem(ctx, w.Act("service"), w.Item(t, w.Event, "S3").ID, ""))
		must(t)(s.DoItem(ctx, w.Act("service"), w.Item(t, w.Event, "S15").ID, ""))
		before := w.items(t, w.Event)
		head := w.head(t, domain.EventTopic(w.Event))
		r := must(t)(w.change(t, w.Event, func(d *store.EventDraft) {
			d.Event.ArrivalAt, d.Event.StartAt, d.Event.EndAt = ptr(clock("11:00")), clock("11:30"), clock("13:00")
		}))
		log := w.since(t, w.Event, head)
		if !strings.HasPrefix(log, "event.arrival 03-18 09:00→03-18 11:00, event.start 03-18 09:30→03-18 11:30, event.end 03-18 11:50→03-18 13:00, item.retimed ") {
			t.Errorf("log: %.200s", log)
		}
		after := w.items(t, w.Event)
		for id, want := range map[string]string{
			"S1": "03-18 09:30", "S11": "03-18 10:40", "S12": "03-18 11:15", "S19": "03-18 13:00", "M13": "03-18 13:15", "M10": "03-18 13:35", "C2": "03-18 09:00",
			"S15": "03-18 12:10",                                        // one round is done; the second comes 40 minutes after the start
			"S3":  at(before["S3"].DueAt), "M1": at(before["M1"].DueAt), // done; and due yesterday either way
		} {
			equal(t, id, at(after[id].DueAt), want)
		}
		equal(t, "tea rounds", fmt.Sprint(before["S15"].RoundsTotal, after["S15"].RoundsTotal, after["S15"].RoundsDone), "6 4 1")
		for id, i := range after {
			moved := at(i.DueAt) != at(before[id].DueAt) || i.RoundsTotal != before[id].RoundsTotal
			if (i.Seq > head) != moved {
				t.Errorf("%s: moved %v, seq %d after %d", id, moved, i.Seq, head)
			}
			if moved && !slices.Contains(r.Subjects, "item:"+i.ID) {
				t.Errorf("%s moved and nobody is told", id)
			}
		}
		// The form sent again as it is: nothing happens.
		head = w.head(t, domain.EventTopic(w.Event))
		r = must(t)(w.change(t, w.Event, func(*store.EventDraft) {}))
		if r.Seq != 0 || w.head(t, domain.EventTopic(w.Event)) != head {
			t.Errorf("nothing changed, yet %s", w.since(t, w.Event, head))
		}
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestEveryChangeIsLogged(t *testing.T) {
	changes := []struct {
		fn   func(w *world, d *store.EventDraft)
		want string
	}{
		{func(_ *world, d *store.EventDraft) { d.Event.Name = "新名称" }, "event.name 运营部周例会→新名称"},
		{func(_ *world, d *store.EventDraft) { d.Event.Heads = 20 }, "event.heads 12→20"},
		{func(_ *world, d *store.EventDraft) { d.Rooms = []string{"R2", "R3"} }, ""}, // R2 is taken
		{func(_ *world, d *store.EventDraft) { d.Event.Secrecy = domain.SecrecyInternal }, "event.secrecy normal→internal"},
		{func(_ *world, d *store.EventDraft) { d.Event.Notes = "第一行\r\n第二行" }, "event.facts →"},
		{func(_ *world, d *store.EventDraft) { d.Event.Notes = "第一行\r\n第二行\r\n" }, "none"}, // as forms send it back
		{func(_ *world, d *store.EventDraft) { d.Event.BreakAt = ptr(clock("10:00")) }, "event.break –→03-18 10:00"},
		{func(w *world, d *store.EventDraft) {
			d.People = []domain.Assignment{{PersonID: w.People["service2"].ID, Crew: domain.CrewCLN}, {PersonID: w.People["cleaning"].ID}}
		}, "event.people →"},
		{func(w *world, d *store.EventDraft) { d.People[0].Post = "三层" }, "event.people →"},
		{func(w *world, d *store.EventDraft) { d.People = nil }, "event.people →"},
		{func(w *world, d *store.EventDraft) { d.Event.CommanderID = w.People["supervisor"].ID }, "event.commander →"},
	}
	both(t, func(t *testing.T, w *world) {
		for n, x := range changes {
			head := w.head(t, domain.EventTopic(w.Other))
			_, err := w.change(t, w.Other, func(d *store.EventDraft) { x.fn(w, d) })
			if x.want == "" {
				equal(t, fmt.Sprint(n), key(err), "rooms:event.room_taken")
				continue
			}
			if err != nil {
				t.Fatal(n, err)
			}
			log := w.since(t, w.Other, head)
			if x.want == "none" && log != "" || x.want != "none" && !strings.HasPrefix(log, x.want) {
				t.Errorf("%d: logged %q, want %q", n, log, x.want)
			}
		}
		var people []string
		for _, c := range w.log(t, domain.EventTopic(w.Other)) {
			if c.Verb == "event.people" {
				names := strings.Fields(c.New)
				slices.Sort(names)
				people = append(people, strings.Join(names, " "))
			}
		}
		// Who comes, who goes, and who is put elsewhere.
		if len(people) != 3 || people[0] != "+滑石 →玛瑙" || !strings.HasPrefix(people[1], "→") || people[2] != "−滑石 −玛瑙" {
			t.Errorf("%q", people)
		}
		whole(t, w.Store, domain.EventTopic(w.Other))
	})
}

func TestLevelChange(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.DoItem(ctx, w.Act("service2"), w.Item(t, w.Other, "S4").ID, ""))
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Level, d.Event.LevelReason = 1, "省领导到场" }))
		items := w.items(t, w.Other)
		equal(t, "items at level 1", len(items), 79)
		equal(t, "S1 is due as at level 1", at(items["S1"].DueAt), "03-18 08:30") // 90 minutes before 09:30, but not before it was made
		equal(t, "done stays done", items["S4"].Status, domain.ItemSubmitted)
		equal(t, "S15", fmt.Sprint(items["S15"].Every, items["S15"].RoundsTotal), "20 2")
		equal(t, "S3 blocks ready", items["S3"].Flag, domain.FlagBlocksReady)
		w.Photograph(t, items["S5"])
		must(t)(s.DoItem(ctx, w.Act("supervisor"), items["S5"].ID, ""))
		must(t)(s.ExemptItem(ctx, w.Act("commander"), items["S8"].ID, "没有贵宾室"))

		lower := func(reason string) error {
			_, err := w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Level, d.Event.LevelReason = 4, reason })
			return err
		}
		equal(t, "down without a reason", key(lower("")), "level_reason:event.level_lower_reason")
		equal(t, "with the old one", key(lower("省领导到场")), "level_reason:event.level_lower_reason")
		if err := lower("领导不来了"); err != nil {
			t.Fatal(err)
		}
		items = w.items(t, w.Other)
		equal(t, "no row goes away", len(items), 79)
		count := map[domain.ItemStatus]int{}
		for _, i := range items {
			count[i.Status]++
			if i.Status == domain.ItemNotNeeded && i.Reason != "@not_asked" && i.TemplateID != "S8" {
				t.Errorf("%s: %q", i.TemplateID, i.Reason)
			}
		}
		equal(t, "open", count[domain.ItemOpen], 33) // 34 but S4
		equal(t, "left out", count[domain.ItemNotNeeded], 44)
		equal(t, "what was done stays", items["S5"].Status, domain.ItemSubmitted)
		if err := lower(""); err != nil {
			t.Errorf("the same level needs no reason: %v", err)
		}

		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Level, d.Event.LevelReason = 1, "还是来了" }))
		items = w.items(t, w.Other)
		equal(t, "back", fmt.Sprint(items["S3"].Status, " ", items["X1"].Status, items["X1"].Reason), "open open")
		equal(t, "what a person left out stays out", items["S8"].Status, domain.ItemNotNeeded)
		equal(t, "items", len(items), 79)

		// Wishes bring items and take them away.
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Recording, d.Event.BreakAt = true, ptr(clock("10:00")) }))
		items = w.items(t, w.Other)
		equal(t, "recording and break", fmt.Sprint(len(items), " ", items["E9"].Status, " ", at(items["S17"].DueAt)), "81 open 03-18 09:45")
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Recording, d.Event.BreakAt = false, nil }))
		items = w.items(t, w.Other)
		equal(t, "taken back", fmt.Sprint(items["E9"].Status, " ", items["S17"].Status), "not-needed not-needed")
		whole(t, s, domain.EventTopic(w.Other))
	})
}

// A round that the meeting was too short for comes back when asked for more often.
func TestTeaInterval(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		tea := func(minutes int) string {
			must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.TeaMinutes = minutes }))
			i := w.Item(t, w.Other, "S15")
			return fmt.Sprint(i.Every, " ", i.RoundsTotal, " ", i.Status)
		}
		equal(t, "every 60 of 60", tea(60), "60 0 done")
		equal(t, "every 15", tea(15), "15 3 open")
		equal(t, "as usual", tea(0), "30 1 open")
	})
}

func TestStatusOrder(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("15:00", "16:00", "R3"))).Created
		to := func(who string, status domain.EventStatus, reason string) string {
			return refused(s.SetStatus(ctx, w.Act(who), id, status, reason))
		}
		const order = "event.status_order"
		for _, x := range []struct {
			who    string
			status domain.EventStatus
			reason string
			want   string
		}{
			{"commander", domain.EventLive, "", order},
			{"commander", domain.EventClosed, "", order},
			{"admin", domain.EventRequested, "", ""},
			{"admin", domain.EventDraft, "", ""},
			{"supervisor", domain.EventConfirmed, "", ""},
			{"commander", domain.EventPreparing, "", order}, // comes by itself, with the first tick
			{"commander", domain.EventReady, "", order},     // is declared
			{"supervisor", domain.EventReady, "", "error.forbidden"},
			{"commander", domain.EventDraft, "", order},
			{"commander", domain.EventCancelled, " ", "reason:item.reason_needed"},
			{"commander", domain.EventCancelled, "改期", ""},
			{"commander", domain.EventConfirmed, "", order},
			{"commander", domain.EventDraft, "", ""},
			{"commander", domain.EventConfirmed, "", ""},
			{"admin", domain.EventLive, "", "error.forbidden"},
			{"control", domain.EventLive, "", "error.forbidden"},
			{"commander", "party", "", order},
		} {
			equal(t, x.who+" "+string(x.status), to(x.who, x.status, x.reason), x.want)
		}
		equal(t, "items, once", len(w.items(t, id)), 34)
		w.Photograph(t, w.Item(t, id, "S4"))
		must(t)(s.DoItem(ctx, w.Act("supervisor"), w.Item(t, id, "S4").ID, ""))
		equal(t, "the first tick", w.event(t, id).Status, domain.EventPreparing)

		w.set("15:05")
		equal(t, "start", to("commander", domain.EventLive, ""), "")
		equal(t, "tea by the actual start", at(w.Item(t, id, "S15").DueAt), "03-18 15:35")
		equal(t, "cancel what runs", to("commander", domain.EventCancelled, "改期"), order)
		w.set("15:50")
		equal(t, "end", to("commander", domain.EventClearing, ""), "")
		e, tea := w.event(t, id), w.Item(t, id, "S15")
		equal(t, "actual times", at(e.ActualStartAt)+" "+at(e.ActualEndAt), "03-18 15:05 03-18 15:50")
		equal(t, "tea is over", fmt.Sprint(tea.Status, " missed ", tea.RoundsMissed), "done missed 1")
		equal(t, "after the actual end", at(w.Item(t, id, "S20").DueAt), "03-18 15:55")
		equal(t, "not over after all", to("commander", domain.EventLive, ""), "")
		e = w.event(t, id)
		equal(t, "times then", at(e.ActualStartAt)+" "+at(e.ActualEndAt), "03-18 15:05 –")
		equal(t, "release what runs", to("commander", domain.EventReleased, ""), order)
		whole(t, s, domain.EventTopic(id))
	})
}

// The way out is locked: nobody is released before the last car, the CCTV
// sweep and the hall say that all guests are gone (J.5.1.4, J.6.3).
func TestReleaseGate(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		do := func(id, reading string) string {
			t.Helper()
			return refused(s.DoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, id).ID, reading))
		}
		to := func(status domain.EventStatus) string {
			return refused(s.SetStatus(ctx, w.Act("commander"), w.Event, status, ""))
		}
		equal(t, "first tick", do("S4", ""), "")
		w.set("09:30")
		equal(t, "start", to(domain.EventLive), "")
		w.set("11:50")
		equal(t, "end", to(domain.EventClearing), "")
		equal(t, "M10 first", do("M10", ""), "item.gate")
		_, err := s.DoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "M13").ID, "云母")
		if e, ok := domain.AsError(err); !ok || e.Key != "item.gate" || e.Args["items_zh"] != "开门送客至电梯/车旁、确认末车离开、查看画面确认无来宾、恢复电梯、标记录像" || !strings.Contains(e.Args["items_en"], "last car") {
			t.Errorf("says what is missing: %v", err)
		}
		equal(t, "release", to(domain.EventReleased), "event.guests_not_left")
		equal(t, "hall", do("S19", ""), "")
		equal(t, "car", do("X9", "12"), "")
		equal(t, "still without CCTV", do("M13", "云母"), "item.gate")
		equal(t, "CCTV", do("V5", "水晶"), "")

		// Three look, not one three times.
		_, err = s.DoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "M13").ID, "云母")
		if e, ok := domain.AsError(err); !ok || e.Key != "item.gate_same_person" || e.Args["one_zh"] != "开门送客至电梯/车旁" || e.Args["two_zh"] != "确认末车离开" {
			t.Errorf("one person's word for all: %v", err)
		}
		w.set("12:05")
		must(t)(s.UndoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "X9").ID))
		must(t)(s.DoItem(ctx, w.Act("security"), w.Item(t, w.Event, "X9").ID, "12"))
		equal(t, "hall and cameras by one", do("M13", "云母"), "item.gate_same_person")
		must(t)(s.UndoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "V5").ID))
		must(t)(s.DoItem(ctx, w.Act("control"), w.Item(t, w.Event, "V5").ID, "水晶"))
		w.set("12:10")
		equal(t, "all gone", do("M13", "云母"), "")
		e := w.event(t, w.Event)
		equal(t, "left", at(e.LeftAt), "03-18 12:10")
		equal(t, "what hangs on it", at(w.Item(t, w.Event, "M10").DueAt), "03-18 12:30")

		// Taken back, it is locked again.
		w.set("12:12")
		must(t)(s.UndoItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "M13").ID))
		equal(t, "somebody is in there", to(domain.EventReleased), "event.guests_not_left")
		equal(t, "back to the expected", at(w.Item(t, w.Event, "M10").DueAt), "03-18 12:25")
		w.set("12:15")
		equal(t, "all gone now", do("M13", "云母"), "")
		must(t)(s.AcceptItem(ctx, w.Act("commander"), w.Item(t, w.Event, "M13").ID))
		equal(t, "M10", do("M10", ""), "")
		equal(t, "release", to(domain.EventReleased), "")

		_, err = s.SetStatus(ctx, w.Act("commander"), w.Event, domain.EventClosed, "")
		if e, ok := domain.AsError(err); !ok || e.Key != "event.not_closable" || e.Args["n"] != "3" { // S20, S23, V5
			t.Errorf("close: %v", err)
		}
		w.settle(t, w.Event, func(i domain.Item) bool { return i.TemplateID == "S20" })
		must(t)(s.ExemptItem(ctx, w.Act("commander"), w.Item(t, w.Event, "S23").ID, "借用下一场"))
		equal(t, "V5 is done, but not accepted", to(domain.EventClosed), "event.not_closable")
		must(t)(s.AcceptItem(ctx, w.Act("commander"), w.Item(t, w.Event, "V5").ID))
		equal(t, "close", to(domain.EventClosed), "")
		equal(t, "a closed event rests", do("S14", ""), "event.not_working")
		equal(t, "but for what comes after", do("M12", "3"), "")
		_, err = w.change(t, w.Event, func(d *store.EventDraft) { d.Event.Name = "x" })
		equal(t, "and keeps its name", key(err), "event.over")
		equal(t, "open again", to(domain.EventReleased), "")
		whole(t, s, domain.EventTopic(w.Event))

		// A small meeting has neither cars nor a control room: the hall alone says it.
		small := func(id, reading string) string {
			return refused(s.DoItem(ctx, w.Act("supervisor"), w.Item(t, w.Secret, id).ID, reading))
		}
		equal(t, "without the hall", small("M13", "云母"), "item.gate")
		equal(t, "hall", small("S19", ""), "")
		equal(t, "all gone from the small one", small("M13", "云母"), "")
	})
}

func TestReady(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		declare := func() string { return refused(s.DeclareReady(ctx, w.Act("commander"), w.Other)) }
		item := func(id string) domain.Item { return w.Item(t, w.Other, id) }
		_, err := s.DeclareReady(ctx, w.Act("commander"), w.Other)
		if e, ok := domain.AsError(err); !ok || e.Key != "event.stars_open" || e.Args["n"] != "6" {
			t.Fatal(err)
		}
		// Not by the back door either: M7 is that word.
		equal(t, "tick of M7", refused(s.DoItem(ctx, w.Act("commander"), item("M7").ID, "")), "event.stars_open")
		w.settle(t, w.Other, func(i domain.Item) bool { return star(i) && i.TemplateID != "S1" })
		equal(t, "one is open", declare(), "event.stars_open")
		must(t)(s.DoItem(ctx, w.Act("service2"), item("S1").ID, ""))
		equal(t, "one is submitted", declare(), "event.stars_open")
		must(t)(s.AcceptItem(ctx, w.Act("supervisor"), item("S1").ID))
		equal(t, "one is only checked", declare(), "event.stars_open")
		must(t)(s.AcceptItem(ctx, w.Act("commander"), item("S1").ID))
		equal(t, "all accepted", declare(), "")
		e := w.event(t, w.Other)
		if e.Status != domain.EventReady || e.ReadyBy != w.People["commander"].ID || !e.ReadyAt.Equal(s.Now()) {
			t.Errorf("%+v", e)
		}
		equal(t, "the walk and the word are done by it", fmt.Sprint(item("M6").Status, " ", item("M7").Status), "done done")
		head := w.head(t, domain.EventTopic(w.Other))
		equal(t, "said twice", declare(), "")
		equal(t, "quietly", w.head(t, domain.EventTopic(w.Other)), head)

		withdrawn := func(what string) {
			t.Helper()
			e := w.event(t, w.Other)
			if e.Status != domain.EventPreparing || e.ReadyAt != nil || e.ReadyBy != "" {
				t.Errorf("%s: %s", what, e.Status)
			}
			if log := w.log(t, domain.EventTopic(w.Other)); !slices.ContainsFunc(log, func(c domain.Change) bool { return c.Seq > head && c.Verb == "event.unready" }) {
				t.Errorf("%s: not in the log", what)
			}
		}
		again := func(what string) {
			t.Helper()
			w.pass(time.Minute)
			w.settle(t, w.Other, star)
			equal(t, what, declare(), "")
			head = w.head(t, domain.EventTopic(w.Other))
			w.pass(time.Minute)
		}
		// What is not ★ leaves "ready" alone.
		must(t)(s.DoItem(ctx, w.Act("service2"), item("S9").ID, ""))
		must(t)(s.RejectItem(ctx, w.Act("supervisor"), item("S9").ID, "有水渍"))
		equal(t, "an ordinary item", w.event(t, w.Other).Status, domain.EventReady)

		must(t)(s.RejectItem(ctx, w.Act("commander"), item("S4").ID, "左右放反"))
		withdrawn("a ★ item is rejected")
		again("after the redo")
		must(t)(s.UnacceptItem(ctx, w.Act("commander"), item("S4").ID))
		withdrawn("an acceptance is taken back")
		must(t)(s.AcceptItem(ctx, w.Act("commander"), item("S4").ID))
		again("accepted again")
		must(t)(s.WithdrawReady(ctx, w.Act("commander"), w.Other))
		withdrawn("by word")
		again("by word again")
		must(t)(s.AddItem(ctx, w.Act("commander"), domain.Item{EventID: w.Other, Zh: "加一张桌子", Crew: domain.CrewSVC, Phase: domain.PhasePre, Flag: domain.FlagBlocksReady}))
		withdrawn("a new ★ item")
		again("with it")
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Level = 3 }))
		withdrawn("a higher level brings new ★ items")
		again("at the higher level")
		w.status(t, w.Other, domain.EventLive)
		must(t)(s.RejectItem(ctx, w.Act("commander"), item("S4").ID, "缺一只"))
		equal(t, "what runs is not withdrawn", w.event(t, w.Other).Status, domain.EventLive)
		whole(t, s, domain.EventTopic(w.Other))
	})
}

// "Ready" that comes late ticks the declaration's own item, but not when it was opened again since.
func TestLateReadyLeavesNewerItems(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.settle(t, w.Other, star)
		w.set("09:20")
		must(t)(s.DoItem(ctx, w.Act("commander"), w.Item(t, w.Other, "M6").ID, ""))
		w.set("09:25")
		must(t)(s.UndoItem(ctx, w.Act("commander"), w.Item(t, w.Other, "M6").ID))
		w.set("09:30")
		must(t)(s.DeclareReady(ctx, w.acted("commander", "09:22"), w.Other))
		equal(t, "status", w.event(t, w.Other).Status, domain.EventReady)
		equal(t, "what was opened after it", w.Item(t, w.Other, "M6").Status, domain.ItemOpen)
		must(t)(s.WithdrawReady(ctx, w.Act("commander"), w.Other))
		w.set("09:40")
		must(t)(s.DeclareReady(ctx, w.Act("commander"), w.Other))
		if i := w.Item(t, w.Other, "M6"); i.Open() {
			t.Errorf("not ticked by the declaration: %s", i.Status)
		}
		whole(t, s, domain.EventTopic(w.Other))
	})
}

// A late word does not undo what was said since; it stands in the log.
func TestLateWords(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.settle(t, w.Other, star)
		w.set("09:00")
		must(t)(s.DeclareReady(ctx, w.acted("commander", "08:58"), w.Other))
		equal(t, "late, but in time", at(w.event(t, w.Other).ReadyAt), "03-18 08:58")
		w.set("09:10")
		r := must(t)(s.WithdrawReady(ctx, w.acted("commander", "08:50"), w.Other))
		equal(t, "withdrawn before it was declared", r.Notice, "act.overtaken")
		equal(t, "status", w.event(t, w.Other).Status, domain.EventReady)
		must(t)(s.WithdrawReady(ctx, w.acted("commander", "09:05"), w.Other))
		w.set("09:20")
		equal(t, "declared before it was withdrawn", must(t)(s.DeclareReady(ctx, w.acted("commander", "09:02"), w.Other)).Notice, "act.overtaken")
		equal(t, "status", w.event(t, w.Other).Status, domain.EventPreparing)

		w.set("09:40")
		must(t)(s.SetStatus(ctx, w.acted("commander", "09:31"), w.Other, domain.EventLive, ""))
		w.set("10:20")
		must(t)(s.SetStatus(ctx, w.Act("commander"), w.Other, domain.EventClearing, ""))
		w.set("10:30")
		head := w.head(t, domain.EventTopic(w.Other))
		r = must(t)(s.SetStatus(ctx, w.acted("supervisor", "09:30"), w.Other, domain.EventLive, ""))
		equal(t, "a start from before the end", r.Notice, "act.overtaken")
		equal(t, "log", w.since(t, w.Other, head), "event.overtaken clearing→live")
		e := w.event(t, w.Other)
		equal(t, "times", fmt.Sprint(e.Status, " ", at(e.ActualStartAt), " ", at(e.ActualEndAt)), "clearing 03-18 09:31 03-18 10:20")
		must(t)(s.SetStatus(ctx, w.acted("supervisor", "10:25"), w.Other, domain.EventLive, ""))
		equal(t, "one from after it counts", w.event(t, w.Other).Status, domain.EventLive)
		whole(t, s, domain.EventTopic(w.Other))
	})
}

func TestEventsList(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.CreateEvent(ctx, w.Act("supervisor"), func() store.EventDraft {
			d := w.meeting("23:00", "23:30", "")
			d.Event.EndAt = clock("23:00").Add(3 * time.Hour) // past midnight
			return d
		}()))
		d := w.deeds(t, w.Event)
		must(t)(s.MoveGuest(ctx, w.Act("service"), d.guest, domain.PositionLobby))
		must(t)(s.DoItem(ctx, w.Act("service"), d.item, ""))
		from, to := s.Today()
		for who, want := range map[string]string{
			"":            "海岳0 运营0 评标0 例会0",
			"commander":   "海岳3 运营3 评标3 例会3",
			"supervisor":  "海岳1 运营1 评标1 例会0",
			"service":     "海岳2 运营1 评标2",
			"service2":    "海岳1 运营2",
			"security":    "海岳2",
			"engineering": "海岳1 运营1",
			"admin":       "海岳0 运营0 例会0",
			"control":     "海岳1 运营0 例会0",
			"photo":       "海岳1",
			"board":       "",
		} {
			equal(t, "list of "+who, names(t, w, who, from, to), want)
		}
		day := 24 * time.Hour
		equal(t, "tomorrow", names(t, w, "supervisor", from.Add(day), to.Add(day)), "例会0")
		equal(t, "yesterday", names(t, w, "supervisor", from.Add(-day), from), "")
		equal(t, "until the arrival", names(t, w, "supervisor", from, clock("09:00")), "")
		equal(t, "from the arrival", names(t, w, "supervisor", from, clock("09:01")), "海岳1")
		equal(t, "only", names(t, w, "supervisor", from, to, w.Other, w.Secret), "运营1 评标1")
		equal(t, "only, but not seen", names(t, w, "service2", from, to, w.Other, w.Secret), "运营2")

		events, err := s.Events(ctx, w.People["commander"], from, to, w.Event)
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		items, err := s.Items(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		// The sums of the list are those of the page.
		sum := domain.Sum(items, s.Now())
		sum.Phases = nil
		equal(t, "progress", fmt.Sprintf("%+v %v", events[0].Progress.Crews, *events[0].Progress.NextDue), fmt.Sprintf("%+v %v", sum.Crews, *sum.NextDue))
		p := events[0].Progress
		equal(t, "sums", fmt.Sprint(p.Star, p.StarDone, p.Close, p.Total, p.Settled, p.Waiting, p.Late), fmt.Sprint(sum.Star, sum.StarDone, sum.Close, sum.Total, sum.Settled, sum.Waiting, sum.Late))
		equal(t, "guests", fmt.Sprint(events[0].Counts.Total, events[0].Counts.Inside, events[0].Counts.Position[domain.PositionLobby]), "1 1 1")
		equal(t, "room", events[0].Rooms[0].NameEn, "Conference room 1")
	})
}

// names is the list of a person: the first two characters of each event and his relation to it.
func names(t *testing.T, w *world, who string, from, to time.Time, only ...string) string {
	t.Helper()
	events, err := w.Store.Events(t.Context(), w.People[who], from, to, only...)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range events {
		list = append(list, string([]rune(e.Name)[:2])+fmt.Sprint(int(e.Viewer.Relation)))
	}
	return strings.Join(list, " ")
}

// A list costs the same few statements, however long it is.
func TestQueriesAreConstant(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		from, to := s.Today()
		n := store.CountQueries(s)
		cost := func(fn func() error) int64 {
			t.Helper()
			before := n.Load()
			if err := fn(); err != nil {
				t.Fatal(err)
			}
			return n.Load() - before
		}
		reads := map[string]func() error{
			"Events": func() error { _, err := s.Events(ctx, w.People["commander"], from, to); return err },
			"Items":  func() error { _, err := s.Items(ctx, w.Event); return err },
			"ItemsOfEvents": func() error {
				ids, err := s.EventIDs(ctx, from, to)
				if err == nil {
					_, err = s.ItemsOfEvents(ctx, ids)
				}
				return err
			},
			"Guests": func() error { _, err := s.Guests(ctx, w.Event, w.Other); return err },
			"Event":  func() error { _, _, err := s.Event(ctx, w.People["commander"], w.Event); return err },
		}
		before := map[string]int64{}
		for name, fn := range reads {
			before[name] = cost(fn)
		}
		equal(t, "Events", before["Events"], 4)
		equal(t, "Items and their photos", before["Items"], 2)
		for range 12 {
			must(t)(s.CreateEvent(ctx, domain.Act{}, w.meeting("15:00", "16:00", "R3")))
			must(t)(s.AddItem(ctx, w.Act("commander"), domain.Item{EventID: w.Event, Zh: "x", Crew: domain.CrewSVC, Phase: domain.PhasePre}))
			must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "白术", Title: store.NewID()}, Party: store.NewID()}}))
		}
		for name, fn := range reads {
			equal(t, name+" with more rows", cost(fn), before[name])
		}
		// One act on one item does not read the whole event either.
		one := cost(func() error { _, err := s.DoItem(ctx, w.Act("service"), w.Item(t, w.Event, "S4").ID, ""); return err })
		if one > 16 {
			t.Errorf("a tick costs %d statements", one)
		}
	})
}
