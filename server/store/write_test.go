package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// heard collects announcements.
type heard struct {
	sync.Mutex
	list []store.Announcement
}

func hear(s *store.Store) *heard {
	h := new(heard)
	s.Announce = func(a store.Announcement) { h.Lock(); h.list = append(h.list, a); h.Unlock() }
	return h
}

func (h *heard) count() int { h.Lock(); defer h.Unlock(); return len(h.list) }

// same compares two receipts but for the mark of a repetition.
func same(a, b domain.Receipt) bool {
	a.Repeated, b.Repeated = false, false
	return reflect.DeepEqual(a, b)
}

func TestSameKeySameAnswer(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		topic := domain.EventTopic(w.Other)
		add := func(act domain.Act) (domain.Receipt, error) {
			return s.AddItem(ctx, act, domain.Item{EventID: w.Other, Zh: "加一把椅子", Crew: domain.CrewSVC, Phase: domain.PhasePre})
		}
		head, act := w.head(t, topic), w.Act("commander")
		h := hear(s)
		first := must(t)(add(act))
		if first.Repeated || first.Created == "" || first.Seq != head+1 || first.First != head+1 || first.Topic != topic || len(first.Subjects) != 1 || first.Subjects[0] != "item:"+first.Created {
			t.Fatalf("%+v", first)
		}
		w.pass(time.Hour)
		for range 3 {
			again := must(t)(add(act))
			if !again.Repeated || !same(again, first) {
				t.Errorf("again: %+v", again)
			}
		}
		equal(t, "items", rows(t, s, "SELECT COUNT(*) FROM items WHERE template_id IS NULL"), 1)
		equal(t, "announced", h.count(), 1)
		equal(t, "head", w.head(t, topic), head+1)

		// The key is the person's own: the same from another is another act.
		other := act
		other.Person = w.People["supervisor"]
		theirs := must(t)(add(other))
		if theirs.Repeated || theirs.Created == first.Created || theirs.Seq != head+2 {
			t.Errorf("another person: %+v", theirs)
		}
		// Without a key every act is a new one.
		for n := range 2 {
			r := must(t)(add(domain.Act{Person: w.People["commander"]}))
			equal(t, "without a key", r.Seq, head+3+int64(n))
		}
		whole(t, s, topic)
	})
}

func TestSameKeyAtOnce(t *testing.T) {
	start := clock("15:00")
	cases := map[string]func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error){
		"add an item": func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error) {
			return w.Store.AddItem(ctx, act, domain.Item{EventID: w.Other, Zh: "加一把椅子", Crew: domain.CrewSVC, Phase: domain.PhasePre})
		},
		"add the client's item": func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error) {
			return w.Store.AddItem(ctx, act, domain.Item{ID: "client-1", EventID: w.Other, Zh: "加一把椅子", Crew: domain.CrewSVC, Phase: domain.PhasePre})
		},
		"make an event": func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error) { // no topic to wait for
			return w.Store.CreateEvent(ctx, act, store.EventDraft{Event: domain.Event{Name: "同时", Type: "meeting", Level: 4, Secrecy: domain.SecrecyNormal, StartAt: start, EndAt: start.Add(time.Hour)}})
		},
		"add guests": func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error) {
			return w.Store.AddGuests(ctx, act, w.Other, []store.GuestDraft{{Guest: domain.Guest{Name: "白术"}, Party: "药材"}})
		},
		"a refusal": func(ctx context.Context, w *world, act domain.Act) (domain.Receipt, error) {
			return w.Store.SetStatus(ctx, act, w.Other, domain.EventReleased, "")
		},
	}
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for name, do := range cases {
			t.Run(name, func(t *testing.T) {
				act, h := w.Act("commander"), hear(s)
				before := rows(t, s, "SELECT (SELECT COUNT(*) FROM changes) + (SELECT COUNT(*) FROM items) + (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM guests)")
				const n = 16
				var receipts [n]domain.Receipt
				var errs [n]error
				together(n, func(k int) { receipts[k], errs[k] = do(ctx, w, act) })
				fresh := 0
				for k := range n {
					if !receipts[k].Repeated {
						fresh++
					}
					if key(errs[k]) != key(errs[0]) || !same(receipts[k], receipts[0]) {
						t.Errorf("%d: %+v, %v; 0: %+v, %v", k, receipts[k], errs[k], receipts[0], errs[0])
					}
				}
				rowsMade, announced := 2, 1
				if errs[0] != nil {
					equal(t, "refusal", key(errs[0]), "event.status_order")
					rowsMade, announced = 0, 0
				}
				equal(t, "answered first", fresh, 1)
				equal(t, "announced", h.count(), announced)
				equal(t, "rows", rows(t, s, "SELECT (SELECT COUNT(*) FROM changes) + (SELECT COUNT(*) FROM items) + (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM guests)")-before, rowsMade)
				equal(t, "answers kept", rows(t, s, "SELECT COUNT(*) FROM acts WHERE key = ?", act.Key), 1)
			})
		}
		whole(t, s, domain.EventTopic(w.Other))
	})
}

func TestSameKeyAfterRestart(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s, ctx := open(t, o), t.Context()
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, s)
		s4, done, denied := w.Item(t, w.Event, "S4"), w.Act("service"), w.Act("cleaning")
		first := must(t)(s.DoItem(ctx, done, s4.ID, ""))
		equal(t, "denied", refused(s.DoItem(ctx, denied, s4.ID, "")), "error.forbidden")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, o)
		again := must(t)(s.DoItem(ctx, done, s4.ID, ""))
		if !again.Repeated || !same(again, first) {
			t.Errorf("before %+v, after %+v", first, again)
		}
		r, err := s.DoItem(ctx, denied, s4.ID, "")
		equal(t, "still denied", key(err), "error.forbidden")
		equal(t, "from memory", r.Repeated, true)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// A refusal is an answer: the same key gets it again even when the act would
// succeed by now; a new key is a new try.
func TestRefusalIsKept(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		h := hear(s)
		s4, act := w.Item(t, w.Event, "S4"), w.Act("commander")
		r, err := s.AcceptItem(ctx, act, s4.ID)
		if key(err) != "item.not_submitted" || r.Repeated || r.Error == nil || r.Error.Key != "item.not_submitted" {
			t.Fatalf("%+v, %v", r, err)
		}
		equal(t, "announced", h.count(), 0)
		must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		again, err := s.AcceptItem(ctx, act, s4.ID)
		if key(err) != "item.not_submitted" || !again.Repeated || !same(again, r) {
			t.Errorf("again: %+v, %v", again, err)
		}
		must(t)(s.AcceptItem(ctx, w.Act("commander"), s4.ID))

		fields, act := store.EventDraft{Event: domain.Event{Name: "x"}}, w.Act("commander")
		_, err1 := s.CreateEvent(ctx, act, fields)
		_, err2 := s.CreateEvent(ctx, act, fields)
		e1, _ := domain.AsError(err1)
		e2, _ := domain.AsError(err2)
		if e1 == nil || len(e1.Fields) != 4 || !reflect.DeepEqual(e1, e2) {
			t.Errorf("first %+v, again %+v", e1, e2)
		}
	})
}

// What is not an answer is not kept: the database was away, or we made a mistake.
func TestFaultIsNotKept(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for name, fault := range map[string]error{"away": store.Away(), "said so": store.ErrUnavailable, "our fault": errors.New("index out of range"), "accident": store.Accident()} {
			act := w.Act("commander")
			_, err := s.Write(ctx, act, func(context.Context, *store.Tx) error { return fault })
			if !errors.Is(err, fault) {
				t.Errorf("%s: the cause is lost: %v", name, err)
			}
			equal(t, name+" is told as unavailable", errors.Is(err, store.ErrUnavailable), name != "our fault")
			if r := must(t)(s.Write(ctx, act, func(context.Context, *store.Tx) error { return nil })); r.Repeated {
				t.Errorf("%s was kept as an answer", name)
			}
			if r := must(t)(s.Write(ctx, act, func(context.Context, *store.Tx) error { return nil })); !r.Repeated {
				t.Errorf("%s: what succeeded in the end is not kept", name)
			}
		}
	})
}

func TestAccidentIsTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		topic, h, tries := domain.EventTopic(w.Other), hear(s), 0
		head := w.head(t, topic)
		r := must(t)(s.Write(ctx, w.Act("commander"), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Lock(ctx, topic); err != nil {
				return err
			}
			tx.Record(domain.Change{Topic: topic, Subject: topic, Verb: "test"})
			if tries++; tries < 3 {
				return store.Accident()
			}
			return nil
		}))
		equal(t, "tries", tries, 3)
		equal(t, "seq", r.Seq, head+1)
		equal(t, "announced", h.count(), 1)
		whole(t, s, topic)
	})
}

// What went wrong leaves nothing: no rows, no announcement, no gap in the numbers.
func TestRollback(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		topic, h := domain.EventTopic(w.Other), hear(s)
		head := w.head(t, topic)
		cancelled, cancel := context.WithCancel(ctx)
		for name, end := range map[string]func() error{
			"error":     func() error { return errors.New("fault") },
			"refusal":   func() error { return domain.Conflict("test") },
			"panic":     func() error { panic("fault") },
			"cancelled": func() error { cancel(); return nil },
		} {
			act := w.Act("commander")
			func() {
				defer func() {
					if p := recover(); (p != nil) != (name == "panic") {
						t.Errorf("%s: %v", name, p)
					}
				}()
				c := ctx
				if name == "cancelled" {
					c = cancelled
				}
				_, err := s.Write(c, act, func(ctx context.Context, tx *store.Tx) error {
					if err := tx.Lock(ctx, topic); err != nil {
						return err
					}
					if err := tx.Open(ctx, "test:"+name); err != nil {
						return err
					}
					if _, err := tx.NewRaw("UPDATE events SET name = ? WHERE id = ?", name, w.Other).Exec(ctx); err != nil {
						return err
					}
					tx.Record(domain.Change{Topic: topic, Subject: topic, Verb: "test"})
					tx.Record(domain.Change{Topic: "test:" + name, Subject: topic, Verb: "test"})
					return end()
				})
				if err == nil {
					t.Errorf("%s: no error", name)
				}
			}()
			equal(t, name+": head", w.head(t, topic), head)
			equal(t, name+": new topics", w.head(t, "test:"+name), 0)
			equal(t, name+": event", w.event(t, w.Other).Name, "运营部周例会")
			equal(t, name+": announced", h.count(), 0)
		}
		s4 := w.Item(t, w.Other, "S4")
		equal(t, "the next number", must(t)(s.DoItem(ctx, w.Act("service2"), s4.ID, "")).First, head+1)
		whole(t, s, topic)
	})
}

// Whoever is told of a change can read it.
func TestAnnounceAfterCommit(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.Item(t, w.Event, "S4")
		var told []store.Announcement
		s.Announce = func(a store.Announcement) {
			told = append(told, a)
			list, err := s.ChangesSince(ctx, a.Topic, a.First-1, 100)
			if err != nil || len(list) != int(a.Seq-a.First+1) || len(list) != len(a.Subjects) {
				t.Errorf("%+v: %d rows, %v", a, len(list), err)
			}
			for n, c := range list {
				equal(t, "subject", c.Subject, a.Subjects[n])
			}
			if i := w.Item(t, w.Event, "S4"); i.Status != domain.ItemSubmitted || i.Seq != a.First {
				t.Errorf("told before it was done: %+v", i)
			}
			// Who listens may write at once: no lock is held any more.
			must(t)(s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *store.Tx) error { return tx.Lock(ctx, a.Topic) }))
		}
		r := must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		if len(told) != 1 || told[0].Topic != r.Topic || told[0].First != r.First || told[0].Seq != r.Seq || !reflect.DeepEqual(told[0].Subjects, r.Subjects) {
			t.Errorf("told %+v, answered %+v", told, r)
		}
	})
}

// A quiet act takes no number and tells nobody.
func TestQuietAct(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.Item(t, w.Event, "S4")
		must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		head, h := w.head(t, domain.EventTopic(w.Event)), hear(s)
		again := must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		mate := must(t)(s.DoItem(ctx, w.Act("service2"), s4.ID, ""))
		equal(t, "own", again.Notice, "")
		equal(t, "a mate's", mate.Notice+mate.Args["person"]+mate.Args["time"], "item.done_by_other"+w.People["service"].ID+"08:31")
		equal(t, "subject", again.Subjects[0], "item:"+s4.ID) // so that the row can be shown again
		equal(t, "head", w.head(t, domain.EventTopic(w.Event)), head)
		equal(t, "announced", h.count(), 0)
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// One act may write many rows, and on more than one topic.
func TestManyRecords(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		topic, h := domain.EventTopic(w.Event), hear(s)
		head := w.head(t, topic)
		const n = 450
		r := must(t)(s.Write(ctx, w.Act("commander"), func(ctx context.Context, tx *store.Tx) error {
			for _, x := range []domain.Topic{topic, domain.TopicFloor, domain.EventTopic(w.Other)} { // the last is not used
				if err := tx.Lock(ctx, x); err != nil {
					return err
				}
			}
			for k := range n {
				equal(t, "next", tx.Next(topic), head+1+int64(k))
				tx.Record(domain.Change{Topic: topic, Subject: fmt.Sprint("test:", k), Verb: "test"})
			}
			tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "floor", Verb: "test"})
			return nil
		}))
		if r.Topic != topic || r.First != head+1 || r.Seq != head+n || len(r.Subjects) != n || r.Subjects[n-1] != fmt.Sprint("test:", n-1) {
			t.Errorf("%s %d–%d, %d subjects", r.Topic, r.First, r.Seq, len(r.Subjects))
		}
		if len(h.list) != 2 || h.list[0].Topic != topic || h.list[0].Seq != head+n || h.list[1].Topic != domain.TopicFloor || h.list[1].Seq != 1 {
			t.Errorf("announced: %d", len(h.list))
		}
		for _, x := range []domain.Topic{topic, domain.TopicFloor, domain.EventTopic(w.Other)} {
			whole(t, s, x)
		}
		defer func() {
			if recover() == nil {
				t.Error("a record without a lock was taken")
			}
		}()
		_, _ = s.Write(ctx, domain.Act{}, func(_ context.Context, tx *store.Tx) error {
			tx.Record(domain.Change{Topic: topic})
			return nil
		})
	})
}

// Many hands on one event, and one that catches up all the while: it sees each
// number once, in order, however the commits fall.
func TestManyWriters(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		topic := domain.EventTopic(w.Event)
		from := w.head(t, topic)
		const writers = 32
		each := map[string]int{"sqlite": 2, "postgres": 6}[s.Dialect()] // the race detector makes SQLite slow
		stop, tail := make(chan struct{}), make(chan []domain.Change, 1)
		go func() {
			var seen []domain.Change
			last, over := from, false
			for {
				list, err := s.ChangesSince(ctx, topic, last, 50)
				if err != nil {
					t.Error(err)
					break
				}
				if seen = append(seen, list...); len(list) > 0 {
					last = list[len(list)-1].Seq
				} else if over {
					break
				}
				select {
				case <-stop:
					over = true
				case <-time.After(5 * time.Millisecond):
				}
			}
			tail <- seen
		}()
		var told sync.Map
		s.Announce = func(a store.Announcement) {
			for n := a.First; n <= a.Seq; n++ {
				if _, twice := told.LoadOrStore(n, true); twice {
					t.Errorf("%d was announced twice", n)
				}
			}
		}
		who := []string{"commander", "supervisor", "head"}
		together(writers, func(k int) {
			for n := range each {
				id := fmt.Sprintf("%02d-%d", k, n)
				act := w.Act(who[k%len(who)])
				if _, err := s.AddItem(ctx, act, domain.Item{ID: id, EventID: w.Event, Zh: id, Crew: domain.CrewSVC, Phase: domain.PhaseDuring}); err != nil {
					t.Error(err)
				}
				if n%2 == 1 { // some acts fail on the way
					if got := refused(s.AddItem(ctx, w.Act("supervisor"), domain.Item{ID: id, EventID: w.Event, Zh: id, Crew: domain.CrewSVC, Phase: domain.PhaseDuring})); got != "item.exists" {
						t.Errorf("twice: %s", got)
					}
				}
			}
		})
		close(stop)
		seen := <-tail
		subjects := map[string]bool{}
		for n, c := range seen {
			if c.Seq != from+int64(n)+1 {
				t.Fatalf("after %d came %d", from+int64(n), c.Seq)
			}
			if _, ok := told.Load(c.Seq); !ok {
				t.Errorf("%d was never announced", c.Seq)
			}
			subjects[c.Subject] = true
		}
		equal(t, "seen", len(seen), writers*each)
		equal(t, "items", len(subjects), writers*each)
		whole(t, s, topic)
	})
}

// An act carries who, where and both times.
func TestWhatTheLogKeeps(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:50")
		act := w.acted("service", "08:40")
		act.Device, act.Post = "Android", "会场口"
		e5 := w.Item(t, w.Event, "S10")
		must(t)(s.DoItem(ctx, act, e5.ID, "１２"))
		list := w.log(t, domain.EventTopic(w.Event))
		c := list[len(list)-2] // the last is "preparing"
		want := domain.Change{
			Topic: domain.EventTopic(w.Event), Seq: c.Seq, EventID: w.Event, Subject: "item:" + e5.ID, Verb: "item.done", Label: "开水、茶叶充足", LabelEn: e5.En,
			Old: "late", New: "submitted", Note: "12", Crew: domain.CrewSVC, PersonID: w.People["service"].ID, Person: "琥珀", Post: "会场口", Device: "Android",
			ActKey: act.Key, ActedAt: c.ActedAt, ReceivedAt: c.ReceivedAt,
		}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("got  %+v\nwant %+v", c, want)
		}
		equal(t, "times", at(&c.ActedAt)+" "+at(&c.ReceivedAt), "03-18 08:40 03-18 08:50")
		feed, err := s.Feed(ctx, w.Event, 2)
		if err != nil || len(feed) != 2 || feed[0].Verb != "item.done" || feed[1].Verb == "item.added" {
			t.Errorf("the feed is for people: %+v, %v", feed, err)
		}
		below, err := s.Log(ctx, domain.EventTopic(w.Event), c.Seq, 3)
		if err != nil || len(below) != 3 || below[0].Seq != c.Seq-1 {
			t.Errorf("page of the log: %+v, %v", below, err)
		}
	})
}

func TestForgetActs(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		old, young := w.Act("commander"), w.Act("commander")
		nothing := func(context.Context, *store.Tx) error { return nil }
		must(t)(s.Write(ctx, old, nothing))
		w.pass(24 * time.Hour)
		must(t)(s.Write(ctx, young, nothing))
		w.pass(29*24*time.Hour + time.Hour)
		if n, err := s.ForgetActs(ctx); err != nil || n != 1 {
			t.Errorf("forgot %d, %v", n, err)
		}
		equal(t, "older than 30 days", must(t)(s.Write(ctx, old, nothing)).Repeated, false)
		equal(t, "younger", must(t)(s.Write(ctx, young, nothing)).Repeated, true)
	})
}

// Both databases keep UTC, to the microsecond, whatever zone and precision came in.
func TestTimesAreKeptInUTC(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:50")
		in := time.Date(2026, 3, 18, 8, 40, 15, 123456789, storetest.Shanghai)
		act := w.Act("service")
		act.ActedAt = in
		s4 := w.Item(t, w.Event, "S4")
		must(t)(s.DoItem(ctx, act, s4.ID, ""))
		got := w.Item(t, w.Event, "S4")
		want := time.Date(2026, 3, 18, 0, 40, 15, 123456000, time.UTC)
		if !got.DoneAt.Equal(want) || !got.StateAt.Equal(want) {
			t.Errorf("read back as %v", got.DoneAt)
		}
		draft := store.EventDraft{Event: domain.Event{Name: "跨夜", Type: "meeting", Level: 4, Secrecy: domain.SecrecyNormal, StartAt: in, EndAt: in.Add(time.Hour)}}
		e := w.event(t, must(t)(s.CreateEvent(ctx, w.Act("commander"), draft)).Created)
		if !e.StartAt.Equal(want) || !e.EndAt.Equal(want.Add(time.Hour)) {
			t.Errorf("start %v, end %v", e.StartAt, e.EndAt)
		}
		text := map[string]string{
			"sqlite":   "SELECT CAST(done_at AS TEXT) FROM items WHERE id = ?",
			"postgres": "SELECT to_char(done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00:00') FROM items WHERE id = ?",
		}[s.Dialect()]
		raw(t, s, func(ctx context.Context, tx *store.Tx) error {
			var stored string
			err := tx.NewRaw(text, s4.ID).Scan(ctx, &stored)
			equal(t, "stored", stored, "2026-03-18 00:40:15.123456+00:00")
			return err
		})
	})
}

// Text is data: whatever stands in it comes back as it was.
func TestHostileText(t *testing.T) {
	texts := []string{
		`'; DROP TABLE items; --`, `" OR ""="`, `?`, `?? ?0 ?TableName`, `$1 $$ :name @x`, `{{.X}} %s %d`, `\ \' \\' \x27`, `NULL`, `<script>alert(1)</script>`, `%_`, "龘𠮷👩‍🔬", `/* */ -- #`, `E'\''`,
	}
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for _, x := range texts {
			id := must(t)(s.AddItem(ctx, w.Act("commander"), domain.Item{EventID: w.Event, Zh: x, Crew: domain.CrewSVC, Phase: domain.PhaseDuring})).Created
			must(t)(s.BlockItem(ctx, w.Act("service"), id, x))
			act := w.Act("supervisor")
			act.Key, act.Device, act.Post = x, x, x
			must(t)(s.DoItem(ctx, act, id, x))
			equal(t, "by the same key", must(t)(s.DoItem(ctx, act, id, x)).Repeated, true)
			i, _, _, err := s.Item(ctx, w.People["service"], id)
			if err != nil || i.Zh != x || i.Reading != x {
				t.Errorf("%q: %+v, %v", x, i, err)
			}
			list := w.log(t, domain.EventTopic(w.Event))
			found := 0
			for _, c := range list {
				if c.Subject == "item:"+id && c.Label == x && (c.Note == x || c.Verb == "item.added") && (c.Verb != "item.done" || c.Device == x && c.Post == x) {
					found++
				}
			}
			equal(t, x+" in the log", found, 3)
			guest := must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: x, Title: x, Needs: x}, Party: x}})).Created
			if list, err := s.GuestsByID(ctx, []string{guest}); err != nil || len(list) != 1 || list[0].Name != x || list[0].Title != x || list[0].Needs != x {
				t.Errorf("%q: %+v, %v", x, list, err)
			}
			if _, _, err := s.Event(ctx, w.People["commander"], x); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("event %q: %v", x, err)
			}
			if _, err := s.PersonByLogin(ctx, x); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("login %q: %v", x, err)
			}
		}
		if list, err := s.Parties(ctx, w.Event); err != nil || len(list) != len(texts) {
			t.Errorf("%d parties, %v", len(list), err)
		}
	})
}
