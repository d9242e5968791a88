package store_test

import (
	"sync"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// slowly gives a store a clock that only the test moves.
func slowly(s *store.Store) (pass func(time.Duration)) {
	var mu sync.Mutex
	now := s.Now()
	s.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	return func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
}

func noticesOf(t *testing.T, s *store.Store, p *domain.Person, kind domain.NoticeKind) []domain.Notice {
	t.Helper()
	all, err := s.Notices(t.Context(), p.ID, 500)
	if err != nil {
		t.Fatal(err)
	}
	var list []domain.Notice
	for _, n := range all {
		if n.Kind == kind {
			list = append(list, n)
		}
	}
	return list
}

// device signs a person in with a phone that wants to be woken.
func device(t *testing.T, s *store.Store, p *domain.Person) {
	t.Helper()
	sess, err := s.CreateSession(t.Context(), p, "token-of-"+p.StaffNo+"-long-enough", "Android")
	if err != nil {
		t.Fatal(err)
	}
	const p256dh, auth = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU", "AAAAAAAAAAAAAAAAAAAAAA" // P-256's own generator
	if _, err := s.SavePushDevice(t.Context(), domain.Act{Person: p, Session: sess.ID, Device: "Android"}, domain.PushDevice{Endpoint: "https://push.example.com/" + p.StaffNo, P256dh: p256dh, Auth: auth}); err != nil {
		t.Fatal(err)
	}
}

func starOf(t *testing.T, s *store.Store, w *storetest.World, crew domain.Crew) domain.Item {
	t.Helper()
	items, err := s.Items(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Crew == crew && i.Flag == domain.FlagBlocksReady && i.Status == domain.ItemOpen {
			return i
		}
	}
	t.Fatalf("no ★ item of %s", crew)
	return domain.Item{}
}

// TestNoticesOnce: many instances read the same log and the same clock at once; everybody is told everything once, and
// each delivery is claimed once.
func TestNoticesOnce(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		pass := slowly(s)
		w := storetest.NewWorld(t, s)
		device(t, s, w.People["cleaning"])
		pass(40 * time.Minute) // to the arrival: plenty is late
		if _, err := s.BlockItem(t.Context(), w.Act("supervisor"), starOf(t, s, w, domain.CrewCLN).ID, "停水"); err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		var mu sync.Mutex
		claimed := map[string]int{}
		for range 6 {
			work.Go(func() {
				for range 3 {
					if err := s.TellTime(t.Context()); err != nil {
						t.Error(err)
					}
					if _, err := s.ReadTopic(t.Context(), domain.EventTopic(w.Event)); err != nil {
						t.Error(err)
					}
					list, err := s.ClaimDeliveries(t.Context(), 5)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, d := range list {
						claimed[d.ID]++
					}
					mu.Unlock()
				}
			})
		}
		work.Wait()
		for id, n := range claimed {
			if n != 1 {
				t.Errorf("delivery %s claimed %d times", id, n)
			}
		}
		if len(claimed) == 0 {
			t.Error("nothing was claimed")
		}
		for no, kind := range map[string]domain.NoticeKind{"cleaning": domain.NoticeLate, "commander": domain.NoticeBlocked} {
			if len(noticesOf(t, s, w.People[no], kind)) == 0 {
				t.Errorf("%s is not told: %s", no, kind)
			}
			all, err := s.Notices(t.Context(), w.People[no].ID, 500)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, n := range all {
				if seen[n.Key] {
					t.Errorf("%s is told %s twice", no, n.Key)
				}
				seen[n.Key] = true
			}
		}
		unread, err := s.UnreadTopics(t.Context())
		if err != nil || len(unread) != 2 { // nobody announced the two others: the scan finds them
			t.Errorf("unread %v, %v", unread, err)
		}
		for _, topic := range unread {
			if topic == domain.EventTopic(w.Event) {
				t.Error("read, and still unread")
			}
		}
	})
}

// TestGraveRepeats: a grave notice rings every five minutes, once however many instances look, until it is acknowledged;
// what was put right stops by itself.
func TestGraveRepeats(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		pass := slowly(s)
		w := storetest.NewWorld(t, s)
		device(t, s, w.People["cleaning"])
		star := starOf(t, s, w, domain.CrewCLN)
		if _, err := s.BlockItem(t.Context(), w.Act("supervisor"), star.ID, "停水"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReadTopic(t.Context(), domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		ring := func() (n int) {
			t.Helper()
			var work sync.WaitGroup
			for range 3 {
				work.Go(func() {
					if err := s.RemindNotices(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
			list, err := s.ClaimDeliveries(t.Context(), 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range list {
				if d.Notice.Kind == domain.NoticeBlocked {
					n++
				}
				if err := s.EndDelivery(t.Context(), d, store.DeliverySent); err != nil {
					t.Fatal(err)
				}
			}
			return n
		}
		for _, x := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {4 * time.Minute, 0}, {61 * time.Second, 1}, {5 * time.Minute, 1}, {time.Second, 0}} {
			pass(x.after)
			if got := ring(); got != x.want {
				t.Errorf("after %v more: rang %d times, want %d", x.after, got, x.want)
			}
		}
		n := noticesOf(t, s, w.People["cleaning"], domain.NoticeBlocked)[0]
		if _, err := s.AcknowledgeNotice(t.Context(), w.Act("cleaning"), n.ID); err != nil {
			t.Fatal(err)
		}
		pass(6 * time.Minute)
		if got := ring(); got != 0 {
			t.Errorf("acknowledged, and rang %d times", got)
		}
		if _, err := s.UnblockItem(t.Context(), w.Act("supervisor"), star.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.SettleNotices(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := noticesOf(t, s, w.People["commander"], domain.NoticeBlocked)[0]; c.SettledAt == nil {
			t.Error("put right, and the commander is still asked")
		}
	})
}

// TestOldNews: a log that is read late (the program was down, or is new) rings for what is fresh only.
func TestOldNews(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		pass := slowly(s)
		w := storetest.NewWorld(t, s)
		cancel := func(event string) {
			t.Helper()
			if _, err := s.SetStatus(t.Context(), w.Act("supervisor"), event, domain.EventCancelled, "改期"); err != nil {
				t.Fatal(err)
			}
		}
		cancel(w.Event)
		pass(domain.NewsMemory + time.Minute)
		cancel(w.Secret)
		for _, event := range []string{w.Event, w.Secret} {
			if _, err := s.ReadTopic(t.Context(), domain.EventTopic(event)); err != nil {
				t.Fatal(err)
			}
		}
		n := noticesOf(t, s, w.People["service"], domain.NoticeChanged) // on both events
		if len(n) != 1 || n[0].EventID != w.Secret {
			t.Errorf("told %+v", n)
		}
	})
}

// TestPushKeysAgree: instances that start at once use the same keys.
func TestPushKeysAgree(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		var work sync.WaitGroup
		var mu sync.Mutex
		got := map[string]bool{}
		for k := range 5 {
			work.Go(func() {
				n := string(rune('a' + k))
				private, public, err := s.PushKeys(t.Context(), func() (string, string, error) { return "private-" + n, "public-" + n, nil })
				mu.Lock()
				defer mu.Unlock()
				if err != nil || len(private) != 9 || len(public) != 8 || private[8:] != public[7:] {
					t.Error(private, public, err)
				}
				got[public] = true
			})
		}
		work.Wait()
		if len(got) != 1 {
			t.Errorf("keys: %v", got)
		}
	})
}
