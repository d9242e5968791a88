package store_test

import (
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// benchBoth runs fn on both databases, each with the small building.
func benchBoth(b *testing.B, fn func(b *testing.B, w *storetest.World)) {
	for _, db := range []struct {
		name string
		open func(testing.TB) *store.Store
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.Postgres}} {
		b.Run(db.name, func(b *testing.B) { fn(b, storetest.NewWorld(b, db.open(b))) })
	}
}

// BenchmarkAct ticks an item and undoes it in turn: the rule, the rows, the log
// row, the counter and the stored answer in one transaction.
func BenchmarkAct(b *testing.B) {
	benchBoth(b, func(b *testing.B, w *storetest.World) {
		item := w.Item(b, w.Event, "S4")
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			do := func(act domain.Act) (domain.Receipt, error) { return w.Store.DoItem(b.Context(), act, item.ID, "") }
			if n%2 == 1 {
				do = func(act domain.Act) (domain.Receipt, error) { return w.Store.UndoItem(b.Context(), act, item.ID) }
			}
			if _, err := do(w.Act("service")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRead is what pages ask for: the event with the person's relation to
// it, its items, and the sums of the day's events.
func BenchmarkRead(b *testing.B) {
	benchBoth(b, func(b *testing.B, w *storetest.World) {
		s, p := w.Store, w.People["service"]
		from, to := s.Today()
		for _, r := range []struct {
			name string
			read func() error
		}{
			{"head", func() error { _, err := s.Head(b.Context(), domain.EventTopic(w.Event)); return err }},
			{"event", func() error { _, _, err := s.Event(b.Context(), p, w.Event); return err }},
			{"items", func() error { _, err := s.Items(b.Context(), w.Event); return err }},
			{"day", func() error { _, err := s.Events(b.Context(), p, from, to); return err }},
		} {
			b.Run(r.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := r.read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
