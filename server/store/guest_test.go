package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/search"
	"huiwu/server/store"
)

func guest(name, party string) store.GuestDraft {
	return store.GuestDraft{Guest: domain.Guest{Name: name}, Party: party}
}

// on shows an event's list: name, position and party of each.
func (w *world) on(t *testing.T, event string) string {
	t.Helper()
	guests, err := w.Store.Guests(store.WithNames(t.Context()), event) // whatever became of it
	if err != nil {
		t.Fatal(err)
	}
	parties, err := w.Store.Parties(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	name := map[string]string{}
	for _, p := range parties {
		name[p.ID] = p.Name
	}
	var list []string
	for _, g := range guests {
		list = append(list, g.Name+name[g.PartyID]+" "+string(g.Position))
	}
	return strings.Join(list, ", ")
}

func (w *world) guest(t *testing.T, event, name string) domain.Guest {
	t.Helper()
	guests, err := w.Store.Guests(store.WithNames(t.Context()), event) // whatever became of it
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guests {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("no guest %s", name)
	return domain.Guest{}
}

// counts is "total arrived inside left", twice counted: by the database and from the list.
func (w *world) counts(t *testing.T, event string) string {
	t.Helper()
	c, err := w.Store.GuestCounts(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	guests, err := w.Store.Guests(store.WithNames(t.Context()), event) // whatever became of it
	if err != nil {
		t.Fatal(err)
	}
	d := domain.CountGuests(guests)
	if c.Total != d.Total || c.Arrived != d.Arrived || c.Inside != d.Inside || c.Left != d.Left {
		t.Errorf("the database counts %+v, the list has %+v", c, d)
	}
	sum := 0
	for _, n := range c.Position {
		sum += n
	}
	equal(t, "everybody is somewhere, once", sum, c.Total)
	return fmt.Sprint(c.Total, c.Arrived, c.Inside, c.Left)
}

func TestAddGuests(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		add := func(drafts ...store.GuestDraft) (domain.Receipt, error) {
			return s.AddGuests(ctx, w.Act("supervisor"), w.Event, drafts)
		}
		first := must(t)(add(store.GuestDraft{Guest: domain.Guest{Name: " 曾国\u202e ", Title: "厅长", Organisation: "商务厅", Plate: "测A·12345", Rank: 1, Position: domain.PositionVenue, Search: "forged"}, Party: "一车"}))
		g := w.guest(t, w.Event, "曾国")
		equal(t, "made", g.ID, first.Created)
		equal(t, "guest", fmt.Sprint(g.Title, g.Organisation, g.Plate, g.Rank, " ", g.Position, " ", g.Sort), "厅长商务厅测A·123451 expected 1")
		for _, q := range []string{"zengguo", "zg", "12345", "测a12345"} {
			equal(t, "found by "+q, search.Match(g.Search, q), true)
		}
		must(t)(add(guest("白术", "一车"), guest("黄芪", "二车"), guest("当归", "")))
		equal(t, "list", w.on(t, w.Event), "曾国一车 expected, 白术一车 expected, 黄芪二车 expected, 当归 expected")

		// All or none, and each mistake with its line.
		head := w.head(t, domain.EventTopic(w.Event))
		lines := []store.GuestDraft{
			guest("川芎", "三车"), guest(" ", ""), guest("白术", "三车"), guest("防风", strings.Repeat("车", 41)), guest("川芎", ""),
			{Guest: domain.Guest{Name: "甘草", Rank: -1, Title: strings.Repeat("长", 61)}},
			{Guest: domain.Guest{Name: "白术", Organisation: "药材公司"}},
		}
		for k := range lines {
			lines[k].Line = k + 2 // the table has a heading
		}
		_, err := add(lines...)
		refusal, _ := domain.AsError(err)
		var wrong []string
		for _, f := range refusal.Fields {
			wrong = append(wrong, fmt.Sprint(f.Line, " ", f.Field, ":", f.Key))
		}
		equal(t, "wrong", strings.Join(wrong, ", "), "3 name:field.required, 4 name:guest.duplicate, 5 party:field.too_long, 6 name:guest.duplicate, 7 title:field.too_long, 7 rank:guest.rank_range")
		equal(t, "none of them is on the list", w.on(t, w.Event), "曾国一车 expected, 白术一车 expected, 黄芪二车 expected, 当归 expected")
		equal(t, "nor their party", rows(t, s, "SELECT COUNT(*) FROM parties"), 2)
		equal(t, "head", w.head(t, domain.EventTopic(w.Event)), head)

		equal(t, "an id that is taken", refused(add(store.GuestDraft{Guest: domain.Guest{ID: first.Created, Name: "细辛"}})), "guest.exists")
		must(t)(s.SetStatus(ctx, w.Act("commander"), w.Event, domain.EventCancelled, "改期"))
		equal(t, "over", refused(add(guest("细辛", ""))), "event.over")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// A conference: 2,000 names pasted at once.
func TestImport(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		const n = 2000
		var drafts []store.GuestDraft
		for k := range n {
			d := guest(fmt.Sprint("来宾", k), fmt.Sprint(k/40, "车"))
			d.Line, d.Plate = k+1, fmt.Sprintf("测A·%05d", k)
			drafts = append(drafts, d)
		}
		queries, h, begun := store.CountQueries(s), hear(s), time.Now()
		before := queries.Load()
		r := must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, drafts))
		if cost := queries.Load() - before; cost > 120 { // 50 parties, 20 + 11 inserts of many rows
			t.Errorf("%d statements for %d guests", cost, n)
		}
		t.Logf("%d guests in %v", n, time.Since(begun).Round(time.Millisecond))
		equal(t, "counts", w.counts(t, w.Event), "2000 0 0 0")
		equal(t, "announced", h.count(), 1)
		equal(t, "rows of the log", r.Seq-r.First+1, n+1)
		feed, err := s.Feed(ctx, w.Event, 1)
		if err != nil || feed[0].Verb != "guest.imported" || feed[0].New != "2000" {
			t.Errorf("%+v, %v", feed, err)
		}
		guests, err := s.Guests(ctx, w.Event)
		if err != nil || guests[0].Name != "来宾0" || guests[n-1].Name != "来宾1999" {
			t.Errorf("order as pasted: %v", err)
		}
		drafts[n-1].Name = ""
		_, err = s.AddGuests(ctx, w.Act("supervisor"), w.Other, drafts)
		if e, ok := domain.AsError(err); !ok || len(e.Fields) != 1 || e.Fields[0].Line != n {
			t.Errorf("one bad line: %v", err)
		}
		equal(t, "and nobody is on that list", w.counts(t, w.Other), "0 0 0 0")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestMoves(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "一车"), guest("黄芪", "一车"), guest("当归", "一车"), guest("川芎", "二车")}))
		car := w.guest(t, w.Event, "白术").PartyID
		id := func(name string) string { return w.guest(t, w.Event, name).ID }
		head := w.head(t, domain.EventTopic(w.Event))
		for _, x := range []struct{ do, want, counts string }{
			{"白术 gate", "白术 gate, 黄芪 expected, 当归 expected, 川芎 expected", "4 1 0 0"},
			{"白术 gate", "白术 gate, 黄芪 expected, 当归 expected, 川芎 expected", "4 1 0 0"}, // two guards see him
			{"白术 lobby", "白术 lobby, 黄芪 expected, 当归 expected, 川芎 expected", "4 1 1 0"},
			{"白术 undo", "白术 gate, 黄芪 expected, 当归 expected, 川芎 expected", "4 1 0 0"},
			{"白术 undo", "白术 gate, 黄芪 expected, 当归 expected, 川芎 expected", "4 1 0 0"}, // one step only
			{"黄芪 venue", "白术 gate, 黄芪 venue, 当归 expected, 川芎 expected", "4 2 1 0"},
			{"car lobby", "白术 lobby, 黄芪 venue, 当归 lobby, 川芎 expected", "4 3 3 0"}, // who is further stays
			{"car lobby", "白术 lobby, 黄芪 venue, 当归 lobby, 川芎 expected", "4 3 3 0"},
			{"car undo", "白术 gate, 黄芪 venue, 当归 expected, 川芎 expected", "4 2 1 0"}, // only those who moved together
			{"car left", "白术 left, 黄芪 left, 当归 left, 川芎 expected", "4 3 0 3"},
			{"car gate", "白术 left, 黄芪 left, 当归 left, 川芎 expected", "4 3 0 3"},
			{"当归 lobby", "白术 left, 黄芪 left, 当归 lobby, 川芎 expected", "4 3 1 2"}, // he came back for his coat
		} {
			w.pass(time.Minute)
			who, to, _ := strings.Cut(x.do, " ")
			switch {
			case who == "car" && to == "undo":
				must(t)(s.UndoPartyMove(ctx, w.Act("security"), car))
			case who == "car":
				must(t)(s.MoveParty(ctx, w.Act("security"), car, domain.Position(to)))
			case to == "undo":
				must(t)(s.UndoMove(ctx, w.Act("security"), id(who)))
			default:
				must(t)(s.MoveGuest(ctx, w.Act("security"), id(who), domain.Position(to)))
			}
			equal(t, x.do, strings.NewReplacer("一车", "", "二车", "").Replace(w.on(t, w.Event)), x.want)
			equal(t, x.do, w.counts(t, w.Event), x.counts)
		}
		e := w.event(t, w.Event)
		equal(t, "the first guest", at(e.ActualArrivalAt), "03-18 08:32")
		log := w.since(t, w.Event, head)
		equal(t, "arrived, once", strings.Count(log, "event.arrived"), 1)
		equal(t, "moves", strings.Count(log, "guest.moved"), 3+2+3+1)
		equal(t, "undone", strings.Count(log, "guest.move_undone"), 1+2)

		for _, bad := range []domain.Position{"", "roof"} {
			equal(t, "guest to nowhere", refused(s.MoveGuest(ctx, w.Act("security"), id("白术"), bad)), "position:field.choose")
			equal(t, "party to nowhere", refused(s.MoveParty(ctx, w.Act("security"), car, bad)), "position:field.choose")
		}
		must(t)(s.SetStatus(ctx, w.Act("commander"), w.Event, domain.EventCancelled, "改期"))
		equal(t, "over", refused(s.MoveGuest(ctx, w.Act("security"), id("川芎"), domain.PositionGate)), "event.over")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestLateMoves(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "一车"), guest("黄芪", "一车"), guest("当归", "一车")}))
		g := w.guest(t, w.Event, "白术")
		w.set("08:50")
		must(t)(s.MoveGuest(ctx, w.acted("service", "08:45"), g.ID, domain.PositionLobby))
		equal(t, "late, but in time", at(ptr(w.guest(t, w.Event, "白术").PositionAt)), "03-18 08:45")
		w.set("08:55")
		head := w.head(t, domain.EventTopic(w.Event))
		r := must(t)(s.MoveGuest(ctx, w.acted("security", "08:40"), g.ID, domain.PositionGate))
		equal(t, "seen at the gate before", r.Notice, "act.overtaken")
		equal(t, "log", w.since(t, w.Event, head), "guest.overtaken lobby→")
		equal(t, "undo of before", must(t)(s.UndoMove(ctx, w.acted("service", "08:44"), g.ID)).Notice, "act.overtaken")
		equal(t, "still", w.guest(t, w.Event, "白术").Position, domain.PositionLobby)

		// The party's late move reaches those it does not overtake.
		must(t)(s.MoveParty(ctx, w.acted("security", "08:42"), g.PartyID, domain.PositionVenue))
		equal(t, "party", w.on(t, w.Event), "白术一车 lobby, 黄芪一车 venue, 当归一车 venue")

		// Two clocks: the party moves at one moment all the same, and goes back together.
		w.set("09:00")
		must(t)(s.MoveGuest(ctx, w.Act("service"), w.guest(t, w.Event, "黄芪").ID, domain.PositionGate))
		w.pass(2 * time.Second)
		act := w.Act("security")
		act.ActedAt = clock("09:00").Add(-time.Second)
		must(t)(s.MoveParty(ctx, act, g.PartyID, domain.PositionLeft))
		equal(t, "gone", w.counts(t, w.Event), "3 3 0 3")
		w.pass(time.Second)
		must(t)(s.UndoPartyMove(ctx, w.Act("security"), g.PartyID))
		equal(t, "back", w.on(t, w.Event), "白术一车 lobby, 黄芪一车 gate, 当归一车 venue")
	})
}

func TestLateEdits(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:30")
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "一车")}))
		g := w.guest(t, w.Event, "白术")
		titled := func(title string) store.GuestDraft {
			d := guest("白术", "一车")
			d.Title = title
			return d
		}
		w.set("08:50")
		must(t)(s.UpdateGuest(ctx, w.acted("commander", "08:45"), g.ID, titled("处长")))
		must(t)(s.MoveGuest(ctx, w.Act("security"), g.ID, domain.PositionGate)) // a move is not an edit
		must(t)(s.UpdateGuest(ctx, w.acted("commander", "08:46"), g.ID, titled("局长")))
		head := w.head(t, domain.EventTopic(w.Event))
		equal(t, "typed before", must(t)(s.UpdateGuest(ctx, w.acted("supervisor", "08:44"), g.ID, titled("科长"))).Notice, "act.overtaken")
		equal(t, "struck before", must(t)(s.StrikeGuest(ctx, w.acted("supervisor", "08:43"), g.ID)).Notice, "act.overtaken")
		equal(t, "log", w.since(t, w.Event, head), "guest.overtaken gate→, guest.overtaken gate→")
		equal(t, "still", w.guest(t, w.Event, "白术").Title, "局长")
	})
}

func TestUpdateAndStrike(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "一车"), guest("黄芪", "一车")}))
		g := w.guest(t, w.Event, "白术")
		w.pass(time.Minute)
		must(t)(s.MoveParty(ctx, w.Act("security"), g.PartyID, domain.PositionLobby))
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.UpdateGuest(ctx, w.Act("commander"), g.ID, store.GuestDraft{Guest: domain.Guest{Name: "苍术", Title: "局长", Plate: "测B·1"}, Party: "二车"}))
		c := w.guest(t, w.Event, "苍术")
		equal(t, "changed", fmt.Sprint(c.ID == g.ID, c.Title, c.Plate, " ", c.Position, search.Match(c.Search, "cangzhu"), search.Match(c.Search, "baizhu"), c.PartyID == g.PartyID), "true局长测B·1 lobbytrue false false")
		equal(t, "log", w.since(t, w.Event, head), "guest.changed 白术   →苍术 局长 测B·1 ")
		equal(t, "refused", refused(s.UpdateGuest(ctx, w.Act("commander"), g.ID, guest("", ""))), "name:field.required")
		equal(t, "party", refused(s.UpdateGuest(ctx, w.Act("commander"), g.ID, guest("苍术", strings.Repeat("车", 41)))), "party:field.too_long")

		must(t)(s.StrikeGuest(ctx, w.Act("commander"), g.ID))
		equal(t, "off the list", w.on(t, w.Event), "黄芪一车 lobby")
		equal(t, "and not counted", w.counts(t, w.Event), "1 1 1 0")
		equal(t, "nor moved", refused(s.MoveGuest(ctx, w.Act("security"), g.ID, domain.PositionLeft)), "guest.struck")
		head = w.head(t, domain.EventTopic(w.Event))
		must(t)(s.StrikeGuest(ctx, w.Act("commander"), g.ID))
		equal(t, "twice is quiet", w.head(t, domain.EventTopic(w.Event)), head)
		kept, err := s.GuestsByID(ctx, []string{g.ID})
		if err != nil || len(kept) != 1 || !kept[0].Struck || kept[0].Position != domain.PositionLobby {
			t.Errorf("the row stays: %+v, %v", kept, err)
		}
		must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "苍术", Title: "局长"}}})) // he comes after all

		// A struck guest is not in the way of the party's undo.
		must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{guest("当归", "一车")}))
		w.pass(time.Minute)
		must(t)(s.MoveParty(ctx, w.Act("security"), g.PartyID, domain.PositionVenue))
		w.pass(time.Minute)
		d := w.guest(t, w.Event, "当归")
		must(t)(s.MoveGuest(ctx, w.Act("security"), d.ID, domain.PositionLeft))
		must(t)(s.StrikeGuest(ctx, w.Act("commander"), d.ID))
		w.pass(time.Minute)
		must(t)(s.UndoPartyMove(ctx, w.Act("security"), g.PartyID))
		equal(t, "back", w.on(t, w.Event), "黄芪一车 lobby, 苍术 expected")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// Many posts tap at once: everybody is counted once, in the end where the last tap says.
func TestMovesAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		var drafts []store.GuestDraft
		for k := range 12 {
			drafts = append(drafts, guest(fmt.Sprint("来宾", k), fmt.Sprint(k%3, "车")))
		}
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, drafts))
		guests, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		together(16, func(k int) {
			var err error
			switch {
			case k < 12:
				_, err = s.MoveGuest(ctx, w.Act("security"), guests[k].ID, domain.PositionVenue)
			default:
				_, err = s.MoveParty(ctx, w.Act("service"), guests[k%3].PartyID, domain.PositionVenue)
			}
			if err != nil {
				t.Error(err)
			}
		})
		equal(t, "counts", w.counts(t, w.Event), "12 12 12 0")
		equal(t, "moves", rows(t, s, "SELECT COUNT(*) FROM changes WHERE verb = 'guest.moved'"), 12)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// The event moves to another room while guests are in the lift: they stay where they are, are counted once, and everybody
// on the event is told; the next post reads the new room.
func TestRoomChangesOnTheWay(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "一车"), guest("黄芪", "一车")}))
		w.pass(time.Minute)
		must(t)(s.MoveParty(ctx, w.Act("security"), w.guest(t, w.Event, "白术").PartyID, domain.PositionLift))
		due := w.guest(t, w.Event, "白术").NextAt
		must(t)(s.SetStatus(ctx, w.Act("commander"), w.Other, domain.EventCancelled, "让出会议室"))
		head := w.head(t, domain.EventTopic(w.Event))
		if _, err := w.change(t, w.Event, func(d *store.EventDraft) { d.Rooms = []string{"R3"} }); err != nil {
			t.Fatal(err)
		}
		equal(t, "where they are", w.on(t, w.Event), "白术一车 lift, 黄芪一车 lift")
		equal(t, "counts", w.counts(t, w.Event), "2 2 2 0")
		equal(t, "expected as before", w.guest(t, w.Event, "白术").NextAt.Equal(*due), true)
		if log := w.since(t, w.Event, head); !strings.Contains(log, "event.rooms") || strings.Contains(log, "guest.") {
			t.Error(log)
		}
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		told := rows(t, s, "SELECT COUNT(*) FROM notices WHERE kind = 'changed'")
		if told == 0 {
			t.Error("nobody is told")
		}
		must(t)(s.MoveParty(ctx, w.Act("security"), w.guest(t, w.Event, "白术").PartyID, domain.PositionVenue))
		equal(t, "there", w.counts(t, w.Event), "2 2 2 0")
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}
