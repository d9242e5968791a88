package store_test

import (
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// The list of supplies is kept by who hands them out; two who count at once do not
// overwrite each other.
func TestSupplies(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		cups := domain.Supply{Name: "盖杯", NameEn: "Cups", Stock: 60}
		_, err := s.AddSupply(ctx, w.Act("service"), cups)
		equal(t, "a crew member", err, error(domain.ErrForbidden))
		made := must(t)(s.AddSupply(ctx, w.Act("supplies"), cups)).Created
		for _, x := range []struct {
			what string
			s    domain.Supply
			want string
		}{
			{"twice", domain.Supply{Name: "盖 杯"}, "name:supply.taken"},
			{"by its other name", domain.Supply{Name: "CUPS"}, "name:supply.taken"},
			{"its other name", domain.Supply{Name: "茶杯", NameEn: "cups"}, "name_en:supply.taken"},
			{"nameless", domain.Supply{Stock: 1}, "name:field.required"},
		} {
			_, err := s.AddSupply(ctx, w.Act("supplies"), x.s)
			equal(t, x.what, refusal(err), x.want)
		}
		cups.Stock = 58
		must(t)(s.ChangeSupply(ctx, w.Act("supplies"), made, cups, 60))
		cups.Stock = 70
		_, err = s.ChangeSupply(ctx, w.Act("supervisor"), made, cups, 60)
		equal(t, "counted by another", refusal(err), "stock:supply.counted")
		cups.Stock, cups.NameEn = 58, "Lidded cups"
		must(t)(s.ChangeSupply(ctx, w.Act("supervisor"), made, cups, 60)) // the count is as it is
		list, err := s.Supplies(ctx)
		if err != nil || len(list) != 1 || list[0].NameEn != "Lidded cups" || list[0].Stock != 58 {
			t.Fatal(list, err)
		}

		// The visit and another event beside it need more than there are.
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.Supplies = "盖杯 40、投影仪 1" })
		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		from, to := e.StartAt.Add(-time.Hour), e.EndAt
		short, err := s.Shortages(ctx, from, to, "")
		if err != nil || len(short) != 0 {
			t.Fatal("enough for one: ", short, err)
		}
		w.edit(t, w.Other, func(d *store.EventDraft) { d.Event.Supplies = "lidded cups 30" })
		if short, err = s.Shortages(ctx, from, to, ""); err != nil || len(short) != 1 || short[0].Need != 70 || short[0].Missing() != 12 || len(short[0].Uses) != 2 {
			t.Fatal(short, err)
		}
		_, others, err := s.SupplyUses(ctx, list, from, to)
		if err != nil || len(others) != 1 || others[0].Name != "投影仪" {
			t.Fatal(others, err)
		}
		must(t)(s.DeleteSupply(ctx, w.Act("supplies"), made))
		_, err = s.DeleteSupply(ctx, w.Act("supplies"), made)
		equal(t, "gone", err, error(domain.ErrNotFound))
		if short, err = s.Shortages(ctx, from, to, ""); err != nil || len(short) != 0 {
			t.Fatal(short, err)
		}
	})
}

// A lift is held for one event at a time.
func TestHeldLift(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		lift := must(t)(s.AddLift(ctx, w.Act("supervisor"), "三号梯")).Created
		w.edit(t, w.Event, func(d *store.EventDraft) { d.Event.LiftID = lift })
		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		d := store.EventDraft{Event: *e}
		d.Event.ID, d.Event.LiftID = "", store.NewID()
		_, err = s.CreateEvent(ctx, w.Act("supervisor"), d)
		equal(t, "no such lift", refusal(err), "lift_id:event_form.lift_gone")
		w.edit(t, w.Other, func(d *store.EventDraft) { d.Event.LiftID = lift })
		list, err := s.Collisions(ctx, e.StartAt, e.EndAt, w.Other)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, c := range list {
			if c.Kind == domain.StakeLift {
				found++
				equal(t, "which", c.Name, "三号梯")
				equal(t, "when", c.From.Format("15:04")+" "+c.To.Format("15:04"), e.StartAt.Add(-20*time.Minute).Format("15:04")+" "+e.StartAt.Add(5*time.Minute).Format("15:04"))
			}
		}
		equal(t, "collisions", found, 1)
	})
}
