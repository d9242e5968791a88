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

// What was typed about guests, hosts and strays of the filled world, and nobody else's.
var personal = []string{"白术", "O'Hara", "局长", "海A·12345", "海A12345", "baizhu", "13900001234", "秘书", "出差", "白鹭", "董事长", "泽漆", "泽兰", "云雀", "测A·00001", "远志", "13700005678"}

// remains are the personal words that some table still holds, with the table.
func remains(t *testing.T, s *store.Store) []string {
	t.Helper()
	_, _, data := dump(t, s)
	var found []string
	for table, rows := range data {
		for _, word := range personal {
			if strings.Contains(fmt.Sprint(rows), word) {
				found = append(found, table+": "+word)
			}
		}
	}
	return found
}

func TestEraseGuests(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.Fill(t)
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil { // so that there are notices
			t.Fatal(err)
		}
		if len(remains(t, s)) < len(personal) {
			t.Fatal("too little to erase: ", remains(t, s))
		}
		before, err := s.Log(ctx, domain.EventTopic(w.Event), 0, 10000)
		if err != nil {
			t.Fatal(err)
		}
		counts := w.counts(t, w.Event)
		e, _, err := s.Event(ctx, w.People["commander"], w.Event)
		if err != nil {
			t.Fatal(err)
		}
		erase := func(want int) {
			t.Helper()
			if n, err := s.EraseGuests(ctx); err != nil || n != want {
				t.Fatalf("%d events erased, not %d: %v", n, want, err)
			}
		}
		must(t)(s.SetGuestDays(ctx, w.Act("admin"), 30))
		w.pass(e.EndAt.AddDate(0, 0, 30).Sub(s.Now()) - time.Minute)
		erase(2) // the others, whose days are over: nobody was on their lists
		erase(0)
		next, erased, err := s.Retention(ctx, 10)
		if err != nil || len(next) != 1 || next[0].ID != w.Event || next[0].Guests == 0 || !next[0].Until.Equal(e.EndAt.AddDate(0, 0, 30)) || len(erased) != 2 || erased[0].Guests != 0 {
			t.Fatalf("%+v %+v %v", next, erased, err)
		}
		h := hear(s)
		w.pass(24 * time.Hour)
		if n, err := s.EraseGuests(ctx); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		if h.count() == 0 {
			t.Error("pages that are open are not told")
		}
		erase(0)                                     // once
		if _, err := s.ForgetActs(ctx); err != nil { // answers that were kept for phones
			t.Fatal(err)
		}
		if found := remains(t, s); len(found) > 0 {
			t.Error("still there: ", found)
		}
		sound(t, s)
		whole(t, s, domain.EventTopic(w.Event))
		equal(t, "counts", w.counts(t, w.Event), counts)
		after, err := s.Log(ctx, domain.EventTopic(w.Event), 0, 10000)
		if err != nil || len(after) != len(before)+1 || after[0].Verb != "event.erased" || after[0].PersonID != "" {
			t.Fatal(len(after), len(before), after[0], err)
		}
		for k := range before {
			was, is := before[k], after[k+1]
			if was.Seq != is.Seq || was.Verb != is.Verb || was.Subject != is.Subject || was.PersonID != is.PersonID || !was.ActedAt.Equal(is.ActedAt) {
				t.Errorf("%+v became %+v", was, is)
			}
		}
		if next, erased, err = s.Retention(ctx, 10); err != nil || len(next) != 0 || erased[0].ID != w.Event || erased[0].ErasedAt == nil || erased[0].Contact != "" {
			t.Errorf("%+v %+v %v", next, erased, err)
		}
		_, err = s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{guest("川芎", "")})
		equal(t, "nobody is put on an erased list", refused(domain.Receipt{}, err), "event.over")
	})
}

func TestGuestDays(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for _, x := range []struct {
			who  string
			days int
			want string
		}{{"commander", 30, "error.forbidden"}, {"admin", 0, "retention.range"}, {"admin", 3651, "retention.range"}, {"admin", 90, ""}, {"admin", 90, ""}} {
			_, err := s.SetGuestDays(ctx, w.Act(x.who), x.days)
			got := refused(domain.Receipt{}, err)
			if e, ok := domain.AsError(err); ok && len(e.Fields) == 1 {
				got = e.Fields[0].Key
			}
			equal(t, fmt.Sprint(x.who, x.days), got, x.want)
		}
		site, err := s.Site(ctx)
		if err != nil || site.GuestDays != 90 {
			t.Error(site, err)
		}
	})
}

// Every way to read guests masks them once the event is over, but for the guest
// himself and who asks for them.
func TestNamesAfterTheEvent(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.Fill(t)
		guests, err := s.Guests(ctx, w.Event)
		if err != nil || guests[0].Name != "白术" {
			t.Fatal(guests, err)
		}
		ids := []string{guests[0].ID, guests[1].ID}
		read := func(ctx context.Context) map[string]any {
			t.Helper()
			all := map[string]any{}
			keep := func(name string, x any, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(name, err)
				}
				all[name] = x
			}
			list, err := s.Guests(ctx, w.Event)
			keep("list", list, err)
			list, err = s.GuestsByID(ctx, ids)
			keep("rows", list, err)
			list, err = s.FindGuests(ctx, []string{w.Event}, "白", 10)
			keep("found", list, err)
			list, err = s.AwaitedGuests(ctx, []string{w.Event}, 10)
			keep("awaited", list, err)
			list, err = s.Absent(ctx, w.Event, 10)
			keep("absent", list, err)
			strays, err := s.Strays(ctx, s.Now().AddDate(0, 0, -10), w.Event)
			keep("strays", strays, err)
			strays, err = s.StraysByID(ctx, []string{strays[0].ID, strays[1].ID})
			keep("stray rows", strays, err)
			invited, err := s.Invitations(ctx, w.Event)
			for k := range invited {
				all[fmt.Sprint("mail", k)] = invited[k].Mail
			}
			keep("invitations", invited, err)
			one, _, said, err := s.InvitationFor(ctx, w.People["commander"], ids[1])
			keep("invitation", *one, err)
			keep("confirmations", said, err)
			card, err := s.GuestCard(ctx, w.Act("commander"), ids[0])
			keep("card", *card, err)
			cars, err := s.Vehicles(ctx, w.Event)
			keep("vehicles", cars, err)
			feed, err := s.Activity(ctx, w.People["commander"], false, time.Time{})
			tasks := func(c domain.Change) bool { return strings.HasPrefix(c.Subject, "item:") } // what was done, until it is erased
			keep("activity", slices.DeleteFunc(feed.Rows, tasks), err)
			return all
		}
		holds := func(all map[string]any) (found []string) {
			for name, x := range all {
				for _, word := range personal {
					if strings.Contains(fmt.Sprintf("%+v", x), word) {
						found = append(found, name+": "+word)
					}
				}
			}
			return found
		}
		for name, x := range read(ctx) {
			if len(holds(map[string]any{name: x})) == 0 && !strings.HasPrefix(name, "mail") {
				t.Errorf("%s names nobody while the event is on: %+v", name, x)
			}
		}
		e, _, err := s.Event(ctx, w.People["commander"], w.Event)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(e.EndAt.Add(domain.NamesStay + time.Minute).Sub(s.Now()))
		masked := read(ctx)
		if found := holds(masked); len(found) > 0 {
			t.Error("still named: ", found)
		}
		if all := read(store.WithNames(ctx)); len(holds(map[string]any{"list": all["list"]})) == 0 {
			t.Error("not even who asks gets the names")
		}
		_, err = s.UpdateGuest(ctx, w.Act("commander"), ids[0], store.GuestDraft{Guest: masked["list"].([]domain.Guest)[0]})
		equal(t, "a masked form", refused(domain.Receipt{}, err), "event.over")
		_, err = s.SaveInvitation(ctx, w.Act("commander"), ids[0], "b＊@example.com", "zh")
		equal(t, "a masked address", refused(domain.Receipt{}, err), "event.over")
	})
}

// Looks at a secret event's guests stand in its log, once for as long as a look lasts.
func TestLookedAt(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		event := func(id string) *domain.Event {
			e, _, err := s.Event(ctx, w.People["commander"], id)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		look := func(who, id string, how domain.Look) {
			t.Helper()
			if err := s.LookedAt(ctx, w.Act(who), event(id), how); err != nil {
				t.Fatal(err)
			}
		}
		looks := func() int { return rows(t, s, "SELECT COUNT(*) FROM changes WHERE verb = 'event.looked'") }
		look("commander", w.Event, domain.LookList)
		equal(t, "an ordinary event", looks(), 0)
		look("commander", w.Event, domain.LookNames)
		equal(t, "names that were asked for", looks(), 1)
		look("commander", w.Secret, domain.LookList)
		look("commander", w.Secret, domain.LookList)
		equal(t, "the same look", looks(), 2)
		look("commander", w.Secret, domain.LookDoor)
		look("supervisor", w.Secret, domain.LookList)
		equal(t, "another way, another person", looks(), 4)
		w.pass(11 * time.Minute)
		look("commander", w.Secret, domain.LookList)
		equal(t, "later", looks(), 5)
		log, err := s.Log(ctx, domain.EventTopic(w.Secret), 0, 1)
		if err != nil || log[0].New != "list" || log[0].PersonID != w.People["commander"].ID || !log[0].Minor {
			t.Error(log, err)
		}
		sound(t, s)
	})
}
