package store_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// today is the site day on which the world's events begin.
func (w *world) today(t *testing.T) string {
	t.Helper()
	e, _, err := w.Store.Event(t.Context(), nil, w.Event)
	if err != nil {
		t.Fatal(err)
	}
	return domain.SiteDay(e.StartAt, w.Store.Loc)
}

func (w *world) board(t *testing.T, day string) *domain.Bulletin {
	t.Helper()
	b, err := w.Store.Board(t.Context(), day)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) bulletins(t *testing.T, event string, kind domain.BulletinKind) []domain.Bulletin {
	t.Helper()
	list, err := w.Store.Bulletins(t.Context(), event, kind)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// edit changes an event as its form would.
func (w *world) edit(t *testing.T, event string, fn func(d *store.EventDraft)) {
	t.Helper()
	e, _, err := w.Store.Event(t.Context(), nil, event)
	if err != nil {
		t.Fatal(err)
	}
	d := store.EventDraft{Event: *e}
	for _, r := range e.Rooms {
		d.Rooms = append(d.Rooms, r.ID)
	}
	if d.People, err = w.Store.Assignments(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	fn(&d)
	must(t)(w.Store.UpdateEvent(t.Context(), w.Act("supervisor"), event, d))
}

// staffOf are staff numbers of people, sorted.
func (w *world) staffOf(ids []string) string {
	var list []string
	for no, p := range w.People {
		if slices.Contains(ids, p.ID) {
			list = append(list, no)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func asked(b *domain.Bulletin) []string {
	var ids []string
	for _, a := range b.Acks {
		ids = append(ids, a.PersonID)
	}
	return ids
}

func TestBoard(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx, day := w.Store, t.Context(), w.today(t)
		_, err := s.Publish(ctx, w.Act("captain"), day)
		equal(t, "a crew lead", refused(domain.Receipt{}, err), "error.forbidden")
		_, err = s.Publish(ctx, w.Act("supervisor"), "2026-02-31")
		equal(t, "no day", refused(domain.Receipt{}, err), "error.not_found")
		must(t)(s.Publish(ctx, w.Act("supervisor"), day))
		b := w.board(t, day)
		equal(t, "named", w.staffOf(b.Missing()), "cleaning commander security service service2")
		equal(t, "version", b.No, 1)
		crews := map[domain.Crew]bool{}
		for _, r := range b.Rows {
			if r.EventID == w.Event && r.PersonID == "" {
				crews[r.Crew] = true
			}
		}
		if !crews[domain.CrewENG] || crews[domain.CrewSVC] {
			t.Errorf("crews without a name: %v", crews)
		}

		// By the button, by the notice; twice is quiet; others are not asked.
		must(t)(s.SeeBulletin(ctx, w.Act("service"), b.ID))
		r := must(t)(s.SeeBulletin(ctx, w.Act("service"), b.ID))
		equal(t, "twice", r.Notice, "act.already")
		if n := noticesOf(t, s, w.People["service"], domain.NoticeBoard); len(n) != 1 || n[0].AcknowledgedAt == nil {
			t.Errorf("the notice waits: %+v", n)
		}
		must(t)(s.AcknowledgeNotice(ctx, w.Act("service2"), noticesOf(t, s, w.People["service2"], domain.NoticeBoard)[0].ID))
		_, err = s.SeeBulletin(ctx, w.Act("engineering"), b.ID)
		equal(t, "who is not named", refused(domain.Receipt{}, err), "error.not_found")
		equal(t, "missing", w.staffOf(w.board(t, day).Missing()), "cleaning commander security")

		// Nothing changed: no new version. Somebody else comes: he is asked, and who reads the same is not asked again.
		r = must(t)(s.Publish(ctx, w.Act("supervisor"), day))
		equal(t, "the same", r.Notice, "publication.same")
		w.edit(t, w.Other, func(d *store.EventDraft) {
			d.People = append(d.People, domain.Assignment{PersonID: w.People["engineering"].ID})
		})
		b = w.board(t, day)
		equal(t, "version", b.No, 2)
		equal(t, "missing", w.staffOf(b.Missing()), "cleaning commander engineering security")
		if n := noticesOf(t, s, w.People["security"], domain.NoticeBoard); len(n) != 2 || n[1].SettledAt == nil || n[0].SettledAt != nil {
			t.Errorf("of two versions, one waits: %+v", n)
		}
		sound(t, s)
		whole(t, s, domain.TopicFloor)
	})
}

// After so many minutes the supervisor is told who has not seen it: once, however many instances look.
func TestUnseen(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx, day := w.Store, t.Context(), w.today(t)
		must(t)(s.SetBoardRules(ctx, w.Act("admin"), "", 10, 20))
		must(t)(s.Publish(ctx, w.Act("head"), day))
		look := func() int {
			var work sync.WaitGroup
			for range 4 {
				work.Go(func() {
					if err := s.TellUnseen(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
			return len(noticesOf(t, s, w.People["supervisor"], domain.NoticeUnseen))
		}
		w.pass(19 * time.Minute)
		equal(t, "too early", look(), 0)
		w.pass(2 * time.Minute)
		equal(t, "told", look(), 1)
		w.pass(time.Hour)
		equal(t, "told once", look(), 1)
		n := noticesOf(t, s, w.People["supervisor"], domain.NoticeUnseen)[0]
		if n.Args["n"] != "5" || w.board(t, day).EscalatedAt == nil {
			t.Errorf("%+v", n.Args)
		}
		// Everybody has seen the next one: nobody is told.
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.TeaMinutes = 25 })
		changes := w.bulletins(t, w.Event, domain.BulletinChange)
		for _, who := range []string{"service", "commander", "head"} {
			must(t)(s.SeeBulletin(ctx, w.Act(who), changes[0].ID))
		}
		w.pass(time.Hour)
		equal(t, "seen by all", look(), 1)
		sound(t, s)
	})
}

func TestChangeNotices(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx, day := w.Store, t.Context(), w.today(t)
		must(t)(s.Publish(ctx, w.Act("supervisor"), day))
		for _, p := range []string{"service", "security", "cleaning", "commander", "service2"} {
			must(t)(s.SeeBulletin(ctx, w.Act(p), w.board(t, day).ID))
		}
		last := func() *domain.Bulletin {
			list := w.bulletins(t, w.Event, domain.BulletinChange)
			return &list[len(list)-1]
		}
		says := func(b *domain.Bulletin) string {
			var list []string
			for _, l := range b.Lines {
				list = append(list, l.Field+" "+l.Old+">"+l.New)
			}
			return strings.Join(list, ", ")
		}

		// Tea is the attendants'.
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.TeaMinutes = 45 })
		b := last()
		equal(t, "tea", says(b), "tea 20>45")
		equal(t, "to", w.staffOf(asked(b)), "commander head service")
		equal(t, "the board says nothing of it", w.board(t, day).No, 1)
		if more, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil || more {
			t.Fatal(more, err)
		}
		n := noticesOf(t, s, w.People["service"], domain.NoticeChanged)
		if len(n) != 1 || n[0].Key != b.Key || len(noticesOf(t, s, w.People["security"], domain.NoticeChanged)) != 0 {
			t.Fatalf("told %+v", n)
		}
		must(t)(s.AcknowledgeNotice(ctx, w.Act("service"), n[0].ID))
		equal(t, "seen", last().Seen(), 1)

		// The time is everybody's; the board of the day follows, and nobody has to say it twice.
		w.pass(time.Minute)
		w.edit(t, w.Event, func(d *store.EventDraft) {
			d.Event.StartAt, d.Event.EndAt = d.Event.StartAt.Add(10*time.Minute), d.Event.EndAt.Add(10*time.Minute)
			d.Event.Level, d.Event.LevelReason = 2, "客人降级"
		})
		b = last()
		equal(t, "no", b.No, 2)
		var fields []string
		for _, l := range b.Lines {
			fields = append(fields, l.Field)
		}
		equal(t, "fields", strings.Join(fields, " "), "start end level reason")
		if people := w.staffOf(asked(b)); !strings.Contains(people, "cleaning commander") || !strings.Contains(people, "security service") || strings.Contains(people, "service2") {
			t.Errorf("to %s", people)
		}
		board := w.board(t, day)
		equal(t, "board", board.No, 2)
		equal(t, "missing on the board", len(board.Missing()), 0)

		// Cancelled: everybody is told, and it stands on no board any more.
		w.pass(time.Minute)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Event, domain.EventCancelled, "客人改期"))
		b = last()
		equal(t, "cancelled", says(b), "status confirmed>cancelled, reason >客人改期")
		for _, r := range w.board(t, day).Rows {
			if r.EventID == w.Event {
				t.Error("still on the board")
			}
		}
		must(t)(s.SeeBulletin(ctx, w.Act("cleaning"), b.ID))
		equal(t, "seen", last().Seen(), 1)
		sound(t, s)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// What the register, the parts of the event and its level say is told like its times:
// to those whom it concerns, old and new, whosever form it came from.
func TestRegisterIsTold(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx, day := w.Store, t.Context(), w.today(t)
		must(t)(s.Publish(ctx, w.Act("supervisor"), day))
		must(t)(s.IssueWork(ctx, w.Act("supervisor"), w.Event))
		version := func(crew domain.Crew) int {
			for _, b := range w.bulletins(t, w.Event, domain.BulletinWork) {
				if b.Crew == crew {
					return b.No
				}
			}
			return 0
		}
		last := func() *domain.Bulletin {
			t.Helper()
			w.pass(time.Minute)
			list := w.bulletins(t, w.Event, domain.BulletinChange)
			if len(list) == 0 {
				t.Fatal("nobody was told")
			}
			return &list[len(list)-1]
		}
		fields := func(b *domain.Bulletin) string {
			var list []string
			for _, l := range b.Lines {
				name, _, _ := strings.Cut(l.Field, ":")
				list = append(list, name)
			}
			return strings.Join(list, " ")
		}
		told := func(staff string) int {
			if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
				t.Fatal(err)
			}
			return len(noticesOf(t, s, w.People[staff], domain.NoticeChanged))
		}

		// Nobody has been told of an agenda before the board is out: no notice tells of its lines.
		other, _, err := s.Event(ctx, nil, w.Other)
		if err != nil {
			t.Fatal(err)
		}
		d := store.EventDraft{Event: *other, Rooms: other.RoomIDs()}
		d.Event.StartAt, d.Event.EndAt = other.StartAt.AddDate(0, 0, 3), other.EndAt.AddDate(0, 0, 3)
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), w.Other, d))
		before := len(w.bulletins(t, w.Other, domain.BulletinChange))
		must(t)(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Other, domain.AgendaItem{Title: "上周回顾", Minutes: 20}))
		equal(t, "notices of an agenda that nobody knows", len(w.bulletins(t, w.Other, domain.BulletinChange)), before)

		const builders, everybody = "commander engineering head service supplies", "cleaning commander control engineering head photo security service supplies"

		// Two forms, opened at the same time: each tells its own field, and neither the other's.
		opened := func() store.EventDraft {
			e, _, err := s.Event(ctx, nil, w.Event)
			if err != nil {
				t.Fatal(err)
			}
			d := store.EventDraft{Event: *e, Rooms: e.RoomIDs(), Opened: &store.Opened{Event: *e, Seq: e.Seq}}
			if d.People, err = s.Assignments(ctx, w.Event); err != nil {
				t.Fatal(err)
			}
			for _, a := range d.People {
				d.Opened.People = append(d.Opened.People, a.PersonID)
			}
			return d
		}
		first, second := opened(), opened()
		first.Event.Banner, second.Event.Layout = "热烈欢迎", domain.LayoutU
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), w.Event, first))
		b := last()
		equal(t, "the first form", fields(b), "banner")
		equal(t, "to", w.staffOf(asked(b)), builders)
		equal(t, "the attendant's notices", told("service"), 1)
		equal(t, "the guard's notices", told("security"), 0)
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), w.Event, second))
		b = last()
		equal(t, "the second form", fields(b), "layout")
		equal(t, "layout", b.Lines[0].New, string(domain.LayoutU))
		equal(t, "attendants' notice", version(domain.CrewSVC), 3)
		equal(t, "guards' notice", version(domain.CrewSEC), 1)

		// A part of the event: added, in another room, set otherwise, struck.
		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		part := domain.Function{Name: "签字仪式", Kind: "signing", RoomID: "R2", Layout: domain.LayoutTheatre, StartAt: e.StartAt.Add(10 * time.Minute), EndAt: e.StartAt.Add(30 * time.Minute)}
		id := must(t)(s.AddFunction(ctx, w.Act("supervisor"), w.Event, part)).Created
		b = last()
		equal(t, "added", fields(b), "function")
		if f := domain.FunctionOf(b.Lines[0].New); f.Name != part.Name || f.RoomID != "R2" || !f.StartAt.Equal(part.StartAt) || b.Lines[0].Old != "" {
			t.Errorf("the line says %+v of %+v", f, b.Lines[0])
		}
		equal(t, "everybody is asked", w.staffOf(asked(b)), everybody)
		equal(t, "the guard's notices", told("security"), 1)
		equal(t, "guards' notice", version(domain.CrewSEC), 2)
		part.Layout = domain.LayoutU
		must(t)(s.ChangeFunction(ctx, w.Act("supervisor"), id, part, 0))
		equal(t, "set otherwise", w.staffOf(asked(last())), builders)
		equal(t, "the guard's notices", told("security"), 1)
		part.RoomID, part.Place = "", "大堂"
		must(t)(s.ChangeFunction(ctx, w.Act("supervisor"), id, part, 0))
		equal(t, "elsewhere", w.staffOf(asked(last())), everybody)
		told("security")
		part.Notes = "备两支笔"
		must(t)(s.ChangeFunction(ctx, w.Act("supervisor"), id, part, 0))
		equal(t, "a note is nobody's", last().No, 5)
		must(t)(s.StrikeFunction(ctx, w.Act("supervisor"), id))
		if b = last(); b.No != 6 || b.Lines[0].New != "" || b.Lines[0].Old == "" {
			t.Errorf("struck: %+v", b.Lines)
		}

		// The agenda, once the board is out: to those who work by it, each line that is another one.
		talk := domain.AgendaItem{Title: "主持开场", Speaker: "白鹭", Needs: "手持话筒", StartAt: e.StartAt, Minutes: 5}
		line := must(t)(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, talk)).Created
		b = last()
		equal(t, "a line of the agenda", fields(b), "agenda")
		equal(t, "to", w.staffOf(asked(b)), "commander engineering head photo service")
		if a := domain.AgendaOf(b.Lines[0].New); a.Title != talk.Title || a.Speaker != talk.Speaker || a.Needs != talk.Needs || a.Minutes != 5 || !a.StartAt.Equal(talk.StartAt) || b.Lines[0].Old != "" {
			t.Errorf("the line says %+v of %+v", a, b.Lines[0])
		}
		must(t)(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, domain.AgendaItem{Title: "致辞", Minutes: 10}))
		last()
		talk.Minutes = 15
		must(t)(s.ChangeAgendaItem(ctx, w.Act("supervisor"), line, talk, true, 0))
		b = last()
		equal(t, "what follows moves along", fields(b), "agenda agenda")
		if was, is := domain.AgendaOf(b.Lines[1].Old), domain.AgendaOf(b.Lines[1].New); is.StartAt.Sub(was.StartAt) != 10*time.Minute {
			t.Errorf("%v, then %v", was, is)
		}
		must(t)(s.StrikeAgendaItem(ctx, w.Act("supervisor"), line))
		if b = last(); fields(b) != "agenda" || b.Lines[0].New != "" {
			t.Errorf("struck: %+v", b.Lines)
		}
		number := b.No
		must(t)(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, domain.AgendaItem{Title: "散会", StartAt: e.EndAt.Add(-5 * time.Minute), Minutes: 5}))
		equal(t, "each is a notice", last().No, number+1)

		// Another level after the publication: everybody hears it with its reason, and boards and notices are issued anew.
		board, guards := w.board(t, day).No, version(domain.CrewSEC)
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.Level, d.Event.LevelReason = 3, "主宾改为副职" })
		b = last()
		equal(t, "level and what hangs on it", fields(b), "level tea reason")
		equal(t, "reason", b.Lines[2].New, "主宾改为副职")
		equal(t, "everybody is asked", w.staffOf(asked(b)), everybody)
		equal(t, "board", w.board(t, day).No, board+1)
		equal(t, "guards' notice", version(domain.CrewSEC), guards+1)

		// A draft is nobody's yet.
		draft := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), store.EventDraft{Event: domain.Event{Name: "草稿", Type: "meeting", Organiser: "x", Contact: "x", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 2, StartAt: e.StartAt.AddDate(0, 0, 2), EndAt: e.EndAt.AddDate(0, 0, 2)}, Rooms: []string{"R3"}})).Created
		part.StartAt, part.EndAt = e.StartAt.AddDate(0, 0, 2), e.EndAt.AddDate(0, 0, 2)
		must(t)(s.AddFunction(ctx, w.Act("supervisor"), draft, part))
		equal(t, "of a draft", len(w.bulletins(t, draft, domain.BulletinChange)), 0)
		sound(t, s)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// A moved event takes its parts along, and a copy has them at its own time.
func TestProgrammeMoves(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		must(t)(s.AddFunction(ctx, w.Act("supervisor"), w.Event, domain.Function{Name: "合影", Kind: "photo", RoomID: "R1", StartAt: e.StartAt.Add(time.Hour), EndAt: e.StartAt.Add(80 * time.Minute)}))
		must(t)(s.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, domain.AgendaItem{Title: "致辞", Minutes: 10, StartAt: e.StartAt}))
		to := e.StartAt.AddDate(0, 0, 1)
		must(t)(s.MoveEvent(ctx, w.Act("supervisor"), w.Event, store.Move{StartAt: to, EndAt: to.Add(2 * time.Hour), Rooms: []string{"R2"}}))
		at := func(event string, start time.Time, room string) {
			t.Helper()
			functions, err := s.Functions(ctx, event)
			if err != nil {
				t.Fatal(err)
			}
			agenda, err := s.Agenda(ctx, event)
			if err != nil {
				t.Fatal(err)
			}
			if len(functions) != 1 || !functions[0].StartAt.Equal(start.Add(time.Hour)) || functions[0].RoomID != room {
				t.Errorf("functions: %+v", functions)
			}
			if len(agenda) != 1 || !agenda[0].StartAt.Equal(start) {
				t.Errorf("agenda: %+v", agenda)
			}
		}
		at(w.Event, to, "R1")
		week := to.AddDate(0, 0, 7)
		at(must(t)(s.CloneEvent(ctx, w.Act("supervisor"), w.Event, week, store.Copy{Rooms: true})).Created, week, "R1")
		at(must(t)(s.CloneEvent(ctx, w.Act("supervisor"), w.Event, week, store.Copy{})).Created, week, "")

		// The room of a part is as taken as the event's own.
		w.MakeEvent(t, store.EventDraft{Event: domain.Event{Name: "占用", Type: "meeting", Organiser: "x", Contact: "x", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 2, StartAt: week.Add(time.Hour), EndAt: week.Add(2 * time.Hour)}, Rooms: []string{"R1"}})
		_, err = s.CloneEvent(ctx, w.Act("supervisor"), w.Event, week, store.Copy{Rooms: true})
		if x, ok := domain.AsError(err); !ok || len(x.Fields) != 1 || x.Fields[0].Field != "rooms" {
			t.Error("the part's room is taken: ", err)
		}
		moved, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		dates, err := s.SeriesPreview(ctx, moved, []time.Time{week, week.AddDate(0, 0, 7)})
		if err != nil || dates[0].Taken != "报告厅" || dates[1].Taken != "" {
			t.Error(dates, err)
		}
		equal(t, "made", must(t)(s.MakeSeries(ctx, w.Act("supervisor"), w.Event, []time.Time{week, week.AddDate(0, 0, 7)}, true, store.Copy{Rooms: true})).Args["n"], "1")
		sound(t, s)
	})
}

// A cancelled event's room is free at once, and its supplies are to be returned.
func TestCancelFrees(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.Notes = "日程:无\n用品:茶杯 60、桌旗 2" })
		w.pass(time.Minute)
		move := func() error {
			e, _, _ := s.Event(ctx, nil, w.Other)
			_, err := s.MoveEvent(ctx, w.Act("supervisor"), w.Other, store.Move{StartAt: e.StartAt, EndAt: e.EndAt, Rooms: []string{"R2"}})
			return err
		}
		if e, ok := domain.AsError(move()); !ok || len(e.Fields) != 1 || e.Fields[0].Key != "event.room_taken" {
			t.Fatal("the room is taken: ", e)
		}
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Event, domain.EventCancelled, "改期"))
		list := w.bulletins(t, w.Event, domain.BulletinChange)
		lines := list[len(list)-1].Lines
		if l := lines[len(lines)-1]; l.Field != "returned" || l.Old != "茶杯 60、桌旗 2" {
			t.Errorf("%+v", lines)
		}
		if err := move(); err != nil {
			t.Fatal(err)
		}
		rows, err := s.BoardNow(ctx, w.today(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range domain.Named(rows) {
			if p == w.People["cleaning"].ID {
				t.Error("the cleaner is still planned")
			}
		}
		sound(t, s)
	})
}

func TestMove(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		before, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		due := *w.Item(t, w.Event, "S4").DueAt
		to := before.StartAt.AddDate(0, 0, 1)
		_, err = s.MoveEvent(ctx, w.Act("service"), w.Event, store.Move{StartAt: to, EndAt: to.Add(time.Hour), Rooms: []string{"R2"}})
		equal(t, "an attendant", refused(domain.Receipt{}, err), "error.forbidden")
		_, err = s.MoveEvent(ctx, w.Act("supervisor"), w.Event, store.Move{StartAt: before.StartAt, EndAt: before.EndAt, Rooms: []string{"R3"}})
		if e, ok := domain.AsError(err); !ok || e.Fields[0].Key != "event.room_taken" {
			t.Error("into a room that is taken: ", err)
		}
		must(t)(s.MoveEvent(ctx, w.Act("supervisor"), w.Event, store.Move{StartAt: to, EndAt: to.Add(2 * time.Hour), Rooms: []string{"R3"}, Reason: "客人晚到"}))
		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		if !e.StartAt.Equal(to) || e.Rooms[0].ID != "R3" || !e.ArrivalAt.Equal(before.ArrivalAt.AddDate(0, 0, 1)) {
			t.Errorf("%+v", e)
		}
		if later := w.Item(t, w.Event, "S4").DueAt.Sub(due); later < 23*time.Hour || later > 25*time.Hour {
			t.Error("due moved by ", later)
		}
		b := w.bulletins(t, w.Event, domain.BulletinChange)[0]
		var fields []string
		for _, l := range b.Lines {
			fields = append(fields, l.Field)
		}
		equal(t, "fields", strings.Join(fields, " "), "arrival start end rooms reason")
		r := must(t)(s.MoveEvent(ctx, w.Act("supervisor"), w.Event, store.Move{StartAt: to, EndAt: to.Add(2 * time.Hour), Rooms: []string{"R3"}}))
		equal(t, "where it is", r.Notice, "move.same")
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Other, domain.EventCancelled, "x"))
		_, err = s.MoveEvent(ctx, w.Act("supervisor"), w.Other, store.Move{StartAt: to, EndAt: to.Add(time.Hour), Rooms: []string{"R1"}})
		equal(t, "cancelled", refused(domain.Receipt{}, err), "move.too_late")
		sound(t, s)
	})
}

func TestWorkNotices(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.IssueWork(ctx, w.Act("supervisor"), w.Event))
		of := func(crew domain.Crew) *domain.Bulletin {
			t.Helper()
			for _, b := range w.bulletins(t, w.Event, domain.BulletinWork) {
				if b.Crew == crew {
					return &b
				}
			}
			t.Fatal("no notice for ", crew)
			return nil
		}
		equal(t, "the lead of the guards", w.staffOf(asked(of(domain.CrewSEC))), "captain")
		equal(t, "attendants have no lead", w.staffOf(asked(of(domain.CrewSVC))), "service")
		must(t)(s.SeeBulletin(ctx, w.Act("captain"), of(domain.CrewSEC).ID))
		if a := of(domain.CrewSEC).Accepted(); a == nil || a.PersonID != w.People["captain"].ID {
			t.Errorf("accepted by %+v", a)
		}
		must(t)(s.AcknowledgeNotices(ctx, w.Act("service")))
		if of(domain.CrewSVC).Accepted() != nil {
			t.Error("a work notice is accepted one by one")
		}
		r := must(t)(s.IssueWork(ctx, w.Act("supervisor"), w.Event))
		equal(t, "again", r.Notice, "work.same")

		// Tea concerns the attendants, not the guards; a room everybody. The acceptance is withdrawn.
		w.pass(time.Minute)
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.TeaMinutes = 45 })
		equal(t, "guards", of(domain.CrewSEC).No, 1)
		svc := of(domain.CrewSVC)
		equal(t, "attendants", svc.No, 2)
		k := slices.IndexFunc(svc.Lines, func(l domain.BulletinLine) bool { return l.Field == "tea" })
		if l := svc.Lines[k]; l.Old != "20" || l.New != "45" {
			t.Errorf("%+v", l)
		}
		w.pass(time.Minute)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Other, domain.EventCancelled, "x"))
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Rooms = []string{"R3"} })
		sec := of(domain.CrewSEC)
		if sec.No != 2 || sec.Accepted() != nil {
			t.Errorf("%+v", sec)
		}
		w.pass(time.Minute)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Event, domain.EventCancelled, "x"))
		equal(t, "taken back", len(w.bulletins(t, w.Event, domain.BulletinWork)), 0)
		sound(t, s)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestIntake(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		// 16:50 on site, the day before a day without events.
		must(t)(s.SetBoardRules(ctx, w.Act("admin"), "17:00", 10, 30))
		l := s.Now().In(s.Loc)
		w.pass(time.Date(l.Year(), l.Month(), l.Day()+3, 16, 50, 0, 0, s.Loc).Sub(l))
		day := domain.SiteDay(s.Now().AddDate(0, 0, 1), s.Loc)
		told := func(kind domain.NoticeKind) int {
			t.Helper()
			for range 2 {
				if err := s.TellIntake(ctx); err != nil {
					t.Fatal(err)
				}
			}
			return len(noticesOf(t, s, w.People["supervisor"], kind))
		}
		equal(t, "16:50", told(domain.NoticeIntake), 0)
		w.pass(11 * time.Minute)
		equal(t, "17:01", told(domain.NoticeIntake), 1)
		equal(t, "not late", told(domain.NoticeIntakeLate), 0)
		w.pass(10 * time.Minute)
		equal(t, "17:11", told(domain.NoticeIntakeLate), 1)
		_, err := s.TakeIn(ctx, w.Act("captain"), day, domain.StepTaken, true)
		equal(t, "a lead", refused(domain.Receipt{}, err), "error.forbidden")
		must(t)(s.TakeIn(ctx, w.Act("supervisor"), day, domain.StepTaken, true))
		must(t)(s.TakeIn(ctx, w.Act("supervisor"), day, domain.StepLevels, false))
		_, err = s.TakeIn(ctx, w.Act("supervisor"), day, domain.StepBoard, false)
		equal(t, "no board", refused(domain.Receipt{}, err), "intake.not_published")
		must(t)(s.Publish(ctx, w.Act("supervisor"), day))
		events, steps, err := s.Intake(ctx, day)
		if err != nil || len(events) != 0 || len(steps) != 3 {
			t.Fatal(events, steps, err)
		}
		for _, x := range steps {
			if x.Late != (x.Step == domain.StepTaken) || x.DoneBy != w.People["supervisor"].ID {
				t.Errorf("%+v", x)
			}
		}
		for _, kind := range []domain.NoticeKind{domain.NoticeIntake, domain.NoticeIntakeLate} {
			if n := noticesOf(t, s, w.People["supervisor"], kind); n[0].SettledAt == nil {
				t.Errorf("%s is still open", kind)
			}
		}
		must(t)(s.TakeBack(ctx, w.Act("supervisor"), day, domain.StepLevels))
		_, steps, _ = s.Intake(ctx, day)
		equal(t, "taken back", len(steps), 2)
		_, err = s.TakeIn(ctx, w.Act("supervisor"), w.today(t), domain.StepTaken, true)
		equal(t, "none, and there are", refused(domain.Receipt{}, err), "intake.not_none")
		sound(t, s)
	})
}

func TestCopies(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		due := s.Now().Add(50 * time.Minute)
		must(t)(s.AddItem(ctx, w.Act("commander"), domain.Item{EventID: w.Other, Zh: "带翻页笔", Crew: domain.CrewSVC, Phase: domain.PhasePre, DueAt: &due}))
		from, _, err := s.Event(ctx, nil, w.Other)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.CloneEvent(ctx, w.Act("service2"), w.Other, from.StartAt.AddDate(0, 0, 7), store.Copy{})
		equal(t, "an attendant", refused(domain.Receipt{}, err), "error.forbidden")
		must(t)(s.SetCrewLead(ctx, w.Act("supervisor"), w.Other, w.People["service2"].ID, true, nil))
		r := must(t)(s.CloneEvent(ctx, w.Act("supervisor"), w.Other, from.StartAt.AddDate(0, 0, 7), store.Copy{Rooms: true, People: true, Items: true}))
		e, _, err := s.Event(ctx, nil, r.Created)
		if err != nil {
			t.Fatal(err)
		}
		people, _ := s.Assignments(ctx, e.ID)
		items, _ := s.Items(ctx, e.ID)
		if e.Status != domain.EventDraft || e.EndAt.Sub(e.StartAt) != from.EndAt.Sub(from.StartAt) || len(e.Rooms) != 1 || len(people) != 1 || !people[0].Lead || len(items) != 1 || !items[0].DueAt.Equal(due.AddDate(0, 0, 7)) {
			t.Errorf("%+v %v %+v", e, people, items)
		}
		_, err = s.CloneEvent(ctx, w.Act("supervisor"), w.Other, from.StartAt, store.Copy{Rooms: true})
		if x, ok := domain.AsError(err); !ok || len(x.Fields) != 1 || x.Fields[0].Field != "rooms" {
			t.Error("at its own time: ", err)
		}

		// Three weeks; in the second somebody else has the room.
		starts := domain.SeriesDates(from.StartAt, domain.RepeatWeekly, 0, 3, s.Loc)
		w.MakeEvent(t, store.EventDraft{Event: domain.Event{Name: "占用", Type: "meeting", Organiser: "x", Contact: "x", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 2, StartAt: starts[1], EndAt: starts[1].Add(time.Hour)}, Rooms: []string{"R3"}})
		dates, err := s.SeriesPreview(ctx, from, starts)
		if err != nil || dates[0].Taken != "" || dates[1].Taken == "" || dates[2].Taken != "" {
			t.Fatal(dates, err)
		}
		r = must(t)(s.MakeSeries(ctx, w.Act("supervisor"), w.Other, starts, true, store.Copy{Rooms: true, People: true}))
		equal(t, "made", r.Args["n"], "2")
		r = must(t)(s.MakeSeries(ctx, w.Act("supervisor"), w.Other, starts[1:2], false, store.Copy{Rooms: true}))
		equal(t, "without the room", r.Args["n"], "1")
		list, err := s.Series(ctx, w.People["supervisor"], w.Other)
		if err != nil || len(list) != 4 {
			t.Fatal(len(list), err)
		}
		_, err = s.MakeSeries(ctx, w.Act("supervisor"), w.Other, starts[1:2], true, store.Copy{Rooms: true})
		equal(t, "none is free", refused(domain.Receipt{}, err), "series.none")
		sound(t, s)
	})
}
