package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// plan makes a plan of the world's event.
func (w *world) plan(t *testing.T, p domain.SeatPlan) string {
	t.Helper()
	if p.EventID == "" {
		p.EventID = w.Event
	}
	if p.Name == "" {
		p.Name = "主席台"
	}
	return must(t)(w.Store.AddSeatPlan(t.Context(), w.Act("supervisor"), p)).Created
}

func (w *world) seatPlan(t *testing.T, id string) *domain.SeatPlan {
	t.Helper()
	plans, err := w.Store.SeatPlans(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	k := slices.IndexFunc(plans, func(p domain.SeatPlan) bool { return p.ID == id })
	if k < 0 {
		t.Fatal("no plan", id)
	}
	return &plans[k]
}

func (w *world) seat(t *testing.T, plan, label string) domain.Seat {
	t.Helper()
	for _, s := range w.seatPlan(t, plan).Chairs {
		if s.Label == label {
			return s
		}
	}
	t.Fatal("no seat", label)
	return domain.Seat{}
}

// key is the key of a guest or host of that name.
func (w *world) key(t *testing.T, name string) string {
	t.Helper()
	people, err := w.Store.Seatables(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.Name == name {
			return p.Key
		}
	}
	t.Fatal("nobody of the name", name)
	return ""
}

// seen is the first row of a plan as the audience sees it, "-" for a free seat.
func (w *world) seen(t *testing.T, plan string) string {
	t.Helper()
	people, err := w.Store.Seatables(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	name := map[string]string{"": "-"}
	for _, p := range people {
		name[p.Key] = p.Name
	}
	chairs := w.seatPlan(t, plan).Chairs
	slices.SortFunc(chairs, func(a, b domain.Seat) int { return (a.Y-b.Y)*1000 + a.X - b.X })
	var words []string
	for _, s := range chairs {
		words = append(words, name[s.Person()])
	}
	return strings.Join(words, " ")
}

// work is the text of every item about seats, with its state.
func (w *world) work(t *testing.T) []string {
	t.Helper()
	items, err := w.Store.Items(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for k := range items {
		if i := &items[k]; i.TemplateID == "" && strings.HasPrefix(i.Zh, "席位变动") {
			list = append(list, fmt.Sprint(i.Crew, " ", i.Status, " ", i.Zh))
		}
	}
	return list
}

func (w *world) invite(t *testing.T) {
	t.Helper()
	var drafts []store.GuestDraft
	for k, n := range strings.Fields("杜仲 苏木 石斛 连翘") {
		drafts = append(drafts, store.GuestDraft{Guest: domain.Guest{Name: n, Rank: k + 1}})
	}
	must(t)(w.Store.AddGuests(t.Context(), w.Act("supervisor"), w.Event, drafts))
	must(t)(w.Store.AddHosts(t.Context(), w.Act("supervisor"), w.Event, []domain.Host{{Name: "白鹭", Title: "董事长"}, {Name: "朱鹮"}, {Name: "苍鹰"}}))
}

func refusedFor(t *testing.T, err error, key string) {
	t.Helper()
	e, _ := domain.AsError(err)
	if e == nil || e.Key != key && (len(e.Fields) == 0 || e.Fields[0].Key != key) {
		t.Errorf("refused with %v, want %s", err, key)
	}
}

func TestSeating(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.invite(t)
		dais := w.plan(t, domain.SeatPlan{Function: "全体会", RoomID: "R2", Layout: domain.LayoutDais, Seats: 7})
		must(t)(s.FillSeats(ctx, w.Act("supervisor"), dais))
		equal(t, "by rank", w.seen(t, dais), "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰")
		_, err := s.FillSeats(ctx, w.Act("supervisor"), dais)
		refusedFor(t, err, "seat.nobody_waits")

		// A swap, its undo, and the undo of that.
		at := w.seat(t, dais, "1")
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), at.ID, w.key(t, "朱鹮"), "", 0))
		equal(t, "swapped", w.seen(t, dais), "连翘 石斛 苏木 朱鹮 白鹭 杜仲 苍鹰")
		no := w.seatPlan(t, dais).ChangeNo
		must(t)(s.UndoSeats(ctx, w.Act("supervisor"), dais, no))
		equal(t, "undone", w.seen(t, dais), "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰")
		_, err = s.UndoSeats(ctx, w.Act("supervisor"), dais, no)
		refusedFor(t, err, "seat.undo_late")
		must(t)(s.UndoSeats(ctx, w.Act("supervisor"), dais, no+1))
		equal(t, "done again", w.seen(t, dais), "连翘 石斛 苏木 朱鹮 白鹭 杜仲 苍鹰")
		must(t)(s.UndoSeats(ctx, w.Act("supervisor"), dais, no+2))

		// Who leaves frees his hand; a newcomer comes by his rank.
		must(t)(s.VacateSeat(ctx, w.Act("supervisor"), w.seat(t, dais, "2").ID, true, 0))
		equal(t, "closed up", w.seen(t, dais), "连翘 石斛 苏木 杜仲 朱鹮 苍鹰 -")
		must(t)(s.SeatNewcomer(ctx, w.Act("supervisor"), dais, w.key(t, "白鹭")))
		equal(t, "back by rank", w.seen(t, dais), "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰")
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "白芷", Rank: 3}}}))
		must(t)(s.SeatNewcomer(ctx, w.Act("supervisor"), dais, w.key(t, "白芷")))
		equal(t, "one more chair", w.seen(t, dais), "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰 白芷")
		_, err = s.SeatNewcomer(ctx, w.Act("supervisor"), dais, w.key(t, "白芷"))
		refusedFor(t, err, "seat.seated")

		text, err := s.SeatOf(ctx, strings.TrimPrefix(w.key(t, "苏木"), "guest:"), "nobody")
		if err != nil || len(text) != 1 {
			t.Fatal(text, err)
		}
		for _, list := range text {
			equal(t, "seat of", list[0].Text("zh"), "第一会议室 · 主席台 · 3")
		}
		card, err := s.GuestCard(ctx, w.Act("supervisor"), strings.TrimPrefix(w.key(t, "苏木"), "guest:"))
		if err != nil || len(card.Seats) != 1 || card.Seats[0].Seat != "3" {
			t.Fatal("the door's card: ", card, err)
		}
		must(t)(s.ClearSeats(ctx, w.Act("supervisor"), dais))
		equal(t, "cleared", w.seen(t, dais), "- - - - - - - -")
		must(t)(s.StrikeSeatPlan(ctx, w.Act("supervisor"), dais))
		_, err = s.FillSeats(ctx, w.Act("supervisor"), dais)
		if !errors.Is(err, domain.ErrNotFound) {
			t.Error("struck plan:", err)
		}
		equal(t, "hosts are no guests", w.counts(t, w.Event), "5 0 0 0")
		sound(t, s)
	})
}

func TestSeatTasks(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.invite(t)
		dais := w.plan(t, domain.SeatPlan{Layout: domain.LayoutDais, Seats: 7})
		must(t)(s.FillSeats(ctx, w.Act("supervisor"), dais))
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), w.seat(t, dais, "6").ID, w.key(t, "朱鹮"), "", 0))
		equal(t, "nothing is printed, so there is nothing to do", len(w.work(t)), 0)
		must(t)(s.UndoSeats(ctx, w.Act("supervisor"), dais, w.seatPlan(t, dais).ChangeNo))
		must(t)(s.PrintCards(ctx, w.Act("supervisor"), dais, w.head(t, domain.EventTopic(w.Event))))
		equal(t, "cards", w.seat(t, dais, "3").Card, "苏木")

		// Somebody leaves: one item at once, for all that follows from it.
		must(t)(s.VacateSeat(ctx, w.Act("supervisor"), w.seat(t, dais, "5").ID, true, 0))
		equal(t, "left", fmt.Sprint(w.work(t)), "[SVC open 席位变动（主席台）：撤走席位卡 5；席位卡移位 7→5]")
		equal(t, "cards go with their people", w.seat(t, dais, "5").Card, "连翘")
		// Taken back before anybody did it: the item is left out.
		must(t)(s.UndoSeats(ctx, w.Act("supervisor"), dais, w.seatPlan(t, dais).ChangeNo))
		equal(t, "undone", fmt.Sprint(w.work(t)), "[SVC not-needed 席位变动（主席台）：撤走席位卡 5；席位卡移位 7→5]")
		equal(t, "his card is there again", w.seat(t, dais, "5").Card, "石斛")

		// A guest who is struck: his card goes at once, whoever closes up.
		must(t)(s.StrikeGuest(ctx, w.Act("supervisor"), strings.TrimPrefix(w.key(t, "苏木"), "guest:")))
		work := w.work(t)
		equal(t, "struck", work[len(work)-1], "SVC open 席位变动（主席台）：撤走席位卡 3")
		plans, people := must2(t)(s.SeatPlans(ctx, w.Event)), map[string]domain.Seatable{}
		for _, p := range must2s(t)(s.Seatables(ctx, w.Event)) {
			people[p.Key] = p
		}
		equal(t, "flagged", fmt.Sprint(domain.Troubles(plans, people)[w.seat(t, dais, "3").ID]), "[struck]")
		_, err := s.OccupySeat(ctx, w.Act("supervisor"), w.seat(t, dais, "1").ID, w.key(t, "苏木"), "", 0)
		refusedFor(t, err, "seat.struck")

		// Another name: a new card.
		must(t)(s.UpdateGuest(ctx, w.Act("supervisor"), strings.TrimPrefix(w.key(t, "杜仲"), "guest:"), store.GuestDraft{Guest: domain.Guest{Name: "杜衡", Rank: 1}}))
		work = w.work(t)
		equal(t, "renamed", work[len(work)-1], "SVC open 席位变动（主席台）：新摆席位卡、座椅、资料袋 1")
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), w.seat(t, dais, "6").ID, w.key(t, "杜衡"), "", 0))
		n := len(w.work(t))
		// What has changed since the sheet was printed is not taken for printed.
		must(t)(s.PrintCards(ctx, w.Act("supervisor"), dais, head))
		equal(t, "moved meanwhile", w.seat(t, dais, "6").Card, "杜仲")
		must(t)(s.PrintCards(ctx, w.Act("supervisor"), dais, w.head(t, domain.EventTopic(w.Event))))
		equal(t, "printed", w.seat(t, dais, "6").Card, "杜衡")
		equal(t, "printing is no change", len(w.work(t)), n)
		must(t)(s.StrikeHost(ctx, w.Act("supervisor"), strings.TrimPrefix(w.key(t, "白鹭"), "host:")))
		equal(t, "a host as well", len(w.work(t)), n+1)

		// Of two printed cards only the one that says the old name is work.
		stairs := must(t)(s.AddSeatPlan(ctx, w.Act("supervisor"), domain.SeatPlan{EventID: w.Event, Name: "合影", Function: "合影", Layout: domain.LayoutDais, Seats: 1})).Created
		renamed := strings.TrimPrefix(w.key(t, "杜衡"), "guest:")
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), w.seat(t, stairs, "1").ID, w.key(t, "杜衡"), "", 0))
		must(t)(s.UpdateGuest(ctx, w.Act("supervisor"), renamed, store.GuestDraft{Guest: domain.Guest{Name: "杜若", Rank: 1}}))
		must(t)(s.PrintCards(ctx, w.Act("supervisor"), stairs, w.head(t, domain.EventTopic(w.Event))))
		n = len(w.work(t))
		must(t)(s.UpdateGuest(ctx, w.Act("supervisor"), renamed, store.GuestDraft{Guest: domain.Guest{Name: "杜若", Title: "团长", Rank: 1}}))
		work = w.work(t)
		equal(t, "one card is right", len(work), n+1)
		equal(t, "the other is not", work[len(work)-1], "SVC open 席位变动（主席台）：新摆席位卡、座椅、资料袋 6")
		sound(t, s)
	})
}

func must2(t *testing.T) func([]domain.SeatPlan, error) []domain.SeatPlan {
	return func(list []domain.SeatPlan, err error) []domain.SeatPlan {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
}

func must2s(t *testing.T) func([]domain.Seatable, error) []domain.Seatable {
	return func(list []domain.Seatable, err error) []domain.Seatable {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
}

// Two planners: an act is about what its planner saw.
func TestTwoPlanners(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.invite(t)
		dais := w.plan(t, domain.SeatPlan{Layout: domain.LayoutDais, Seats: 7})
		first := w.seat(t, dais, "1")
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), first.ID, w.key(t, "杜仲"), "", first.Seq))
		// The other one saw the seat empty.
		_, err := s.OccupySeat(ctx, w.Act("head"), first.ID, w.key(t, "苏木"), "", first.Seq)
		refusedFor(t, err, "seat.changed")
		_, err = s.VacateSeat(ctx, w.Act("head"), first.ID, false, first.Seq)
		refusedFor(t, err, "seat.changed")
		// The other one saw the person without a seat.
		second := w.seat(t, dais, "2")
		_, err = s.OccupySeat(ctx, w.Act("head"), second.ID, w.key(t, "杜仲"), "", second.Seq)
		refusedFor(t, err, "seat.moved")
		equal(t, "stands", w.seen(t, dais), "- - - 杜仲 - - -")
		// One's own second thought needs no look; nor does what he has seen.
		must(t)(s.OccupySeat(ctx, w.Act("supervisor"), first.ID, w.key(t, "苏木"), "", first.Seq))
		first = w.seat(t, dais, "1")
		must(t)(s.OccupySeat(ctx, w.Act("head"), second.ID, w.key(t, "苏木"), first.ID, second.Seq))
		equal(t, "moved on", w.seen(t, dais), "- - - - 苏木 - -")
		// Done on a phone before the other's act, received after it.
		w.pass(time.Minute)
		late := w.Act("supervisor")
		late.ActedAt = s.Now().Add(-30 * time.Minute)
		_, err = s.VacateSeat(ctx, late, second.ID, false, 0)
		refusedFor(t, err, "seat.changed")

		// Everybody at once onto one seat and one person onto many: the database has the last word.
		must(t)(s.ClearSeats(ctx, w.Act("supervisor"), dais))
		free := w.seat(t, dais, "7")
		var wg sync.WaitGroup
		var mu sync.Mutex
		ok := 0
		for k, name := range strings.Fields("杜仲 苏木 石斛 连翘") {
			wg.Go(func() {
				who := []string{"supervisor", "head", "commander", "head"}[k]
				_, err := s.OccupySeat(ctx, w.Act(who), free.ID, w.key(t, name), "", free.Seq)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					ok++
				}
			})
		}
		wg.Wait()
		if n := len(strings.Fields(strings.ReplaceAll(w.seen(t, dais), "-", ""))); n != 1 || ok < 1 || ok > 2 {
			t.Errorf("%d sit, %d were told so: %s", n, ok, w.seen(t, dais)) // "head" may change his own mind
		}
		sound(t, s)
	})
}

func TestSeatPlanRefusals(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		add := func(p domain.SeatPlan) error {
			p.EventID = w.Event
			_, err := s.AddSeatPlan(ctx, w.Act("supervisor"), p)
			return err
		}
		refusedFor(t, add(domain.SeatPlan{Name: "台", Layout: domain.LayoutDais, Seats: 0}), "seat.range")
		refusedFor(t, add(domain.SeatPlan{Name: "厅", Layout: domain.LayoutTheatre, Seats: 500}), "seat.range")
		refusedFor(t, add(domain.SeatPlan{Name: "厅", Layout: domain.LayoutDais, Seats: 5, RoomID: "R1"}), "field.choose") // not a room of this event
		if err := add(domain.SeatPlan{Name: "台", Layout: domain.LayoutDais, Seats: 3}); err != nil {
			t.Fatal(err)
		}
		refusedFor(t, add(domain.SeatPlan{Name: "台", Layout: domain.LayoutDais, Seats: 3}), "seat.plan_exists")
		hosts := func(list ...domain.Host) error {
			_, err := s.AddHosts(ctx, w.Act("supervisor"), w.Event, list)
			return err
		}
		refusedFor(t, hosts(), "field.required")
		refusedFor(t, hosts(domain.Host{Name: "白鹭"}, domain.Host{Name: "白鹭"}), "seat.host_twice")
		refusedFor(t, hosts(domain.Host{Name: strings.Repeat("鸟", 41)}), "field.too_long")
		if err := hosts(domain.Host{Name: "白鹭", Title: "董事长"}, domain.Host{Name: "白鹭", Title: "主任"}); err != nil {
			t.Error("the same name with another title:", err)
		}
		_, err := s.SetDaisRule(ctx, w.Act("supervisor"), domain.DaisRuleB)
		if !errors.Is(err, domain.ErrForbidden) {
			t.Error(err)
		}
		_, err = s.SetDaisRule(ctx, w.Act("admin"), "C")
		refusedFor(t, err, "field.choose")
		must(t)(s.SetDaisRule(ctx, w.Act("admin"), domain.DaisRuleB))
		id := w.plan(t, domain.SeatPlan{Name: "会见", Layout: domain.LayoutDais, Seats: 8})
		equal(t, "by the site's rule", w.seat(t, id, "8").X, 0)
		equal(t, "by the site's rule", w.seat(t, id, "1").X, 4)
		sound(t, s)
	})
}

// A congress: more people than seats, and many of them.
func TestManyGuests(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		drafts := make([]store.GuestDraft, 2000)
		for k := range drafts {
			drafts[k].Guest = domain.Guest{Name: fmt.Sprint("来宾", k), Rank: k % 7}
		}
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, drafts))
		hall := w.plan(t, domain.SeatPlan{Name: "会场", Layout: domain.LayoutTheatre, Seats: 400})
		r := must(t)(s.FillSeats(ctx, w.Act("supervisor"), hall))
		equal(t, "told", fmt.Sprint(r.Notice, r.Args["n"]), "seat.left_over1600")
		equal(t, "seated", len(strings.Fields(strings.ReplaceAll(w.seen(t, hall), "-", ""))), 400)
		_, err := s.FillSeats(ctx, w.Act("supervisor"), hall)
		refusedFor(t, err, "seat.full")
		_, err = s.SeatNewcomer(ctx, w.Act("supervisor"), hall, w.key(t, "来宾0"))
		refusedFor(t, err, "seat.full")
		sound(t, s)
	})
}
