package store_test

import (
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// activity is everything that a person is shown, page after page.
func (w *world) activity(t *testing.T, staffNo string, mine bool) (rows []domain.Change, pages int) {
	t.Helper()
	var before time.Time
	for {
		a, err := w.Store.Activity(t.Context(), w.People[staffNo], mine, before)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range a.Rows {
			if _, known := a.Events[r.EventID]; !known {
				t.Fatalf("the page does not know the event of %+v", r)
			}
		}
		rows, pages = append(rows, a.Rows...), pages+1
		if a.Before.IsZero() {
			return rows, pages
		}
		if !before.IsZero() && !a.Before.Before(before) {
			t.Fatal("the next page does not go back")
		}
		before = a.Before
	}
}

func TestActivityIsForThoseWhoMaySeeIt(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "2号车"), guest("黄芪", "2号车")}))
		guests, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		must(t)(s.MoveParty(ctx, w.Act("security"), guests[0].PartyID, domain.PositionGate))
		w.pass(time.Minute)
		must(t)(s.MoveGuest(ctx, w.Act("security"), guests[0].ID, domain.PositionLobby))
		w.pass(time.Minute)
		must(t)(s.DoItem(ctx, w.Act("service"), w.Item(t, w.Event, "S5").ID, ""))
		for _, x := range []struct {
			who            string
			guests, secret bool
		}{{"commander", true, true}, {"supervisor", true, true}, {"security", true, false}, {"service", true, true}, {"cleaning", false, false}, {"engineering", false, false}, {"control", true, false}} {
			rows, _ := w.activity(t, x.who, false)
			var moved, secret, done int
			lot := ""
			for _, r := range rows {
				if r.Verb == "guest.moved" {
					moved++
					lot += "[" + r.Lot + "]"
				}
				if r.EventID == w.Secret {
					secret++
				}
				if r.Verb == "item.done" {
					done++
				}
			}
			equal(t, x.who+" sees guests", moved, map[bool]int{true: 3}[x.guests])
			equal(t, x.who+" sees the party", lot, map[bool]string{true: "[][2号车][2号车]"}[x.guests])
			equal(t, x.who+" sees the secret event", secret > 0, x.secret)
			equal(t, x.who+" sees the tick", done, 1)
		}
	})
}

func TestActivityOfMyEventsAndItsPages(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		item := w.Item(t, w.Event, "S5").ID
		for range 70 {
			w.pass(time.Second)
			must(t)(s.DoItem(ctx, w.Act("service"), item, ""))
			w.pass(time.Second)
			must(t)(s.UndoItem(ctx, w.Act("service"), item))
		}
		all, pages := w.activity(t, "service", true)
		equal(t, "several pages", pages > 2, true)
		seen := map[int64]bool{}
		n := 0
		for k, r := range all {
			if k > 0 && r.ReceivedAt.After(all[k-1].ReceivedAt) {
				t.Fatal("newest first")
			}
			if r.EventID != w.Event {
				continue
			}
			if seen[r.Seq] {
				t.Fatalf("%d stands on two pages", r.Seq)
			}
			seen[r.Seq] = true
			if strings.HasPrefix(r.Verb, "item.done") || r.Verb == "item.undone" {
				n++
			}
		}
		equal(t, "nothing is left out between pages", n, 140)
		mine, _ := w.activity(t, "control", true)
		everything, _ := w.activity(t, "control", false)
		equal(t, "the control room sees more than its own events", len(everything) > 0 && len(mine) <= len(everything), true)
	})
}
