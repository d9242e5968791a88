package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// signed shows a guest's sign-in: when, by whom, what was handed out, and where he is.
func (w *world) signed(t *testing.T, event, name string) string {
	t.Helper()
	g := w.guest(t, event, name)
	if g.SignedInAt == nil {
		return "no " + string(g.Position)
	}
	who := "himself"
	for no, p := range w.People {
		if p.ID == g.SignedInBy {
			who = no
		}
	}
	s := fmt.Sprint(at(g.SignedInAt)[6:], " ", who, " ", g.Position)
	if g.Pack {
		s += " pack"
	}
	if g.Badge {
		s += " badge"
	}
	return s
}

func TestSignIn(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:30")
		d := guest("白术", "一车")
		d.Phone, d.Organisation = " +86 139-0000-1234 ", "海岳商务厅"
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{d, guest("黄芪", "")}))
		g := w.guest(t, w.Event, "白术")
		equal(t, "phone", g.Phone, "+8613900001234")

		w.set("08:40")
		head := w.head(t, domain.EventTopic(w.Event))
		in := domain.SignIn{Pack: true, Badge: true, Title: "局长", Phone: "5555555", Organisation: "别处"}
		equal(t, "notice", must(t)(s.SignInGuest(ctx, w.Act("security"), g.ID, in)).Notice, "")
		equal(t, "in the lobby: not moved", w.signed(t, w.Event, "白术"), "08:40 security expected pack badge")
		g = w.guest(t, w.Event, "白术")
		equal(t, "what was empty is filled", g.Title, "局长")
		equal(t, "what was not stays", g.Phone+g.Organisation, "+8613900001234海岳商务厅")
		equal(t, "he has arrived", at(w.event(t, w.Event).ActualArrivalAt), "03-18 08:40")
		equal(t, "log", w.since(t, w.Event, head), "guest.changed →白术 局长, guest.signed_in →in, event.arrived →08:40")

		// A second guard is told who was first; nothing changes.
		w.set("08:41")
		head = w.head(t, domain.EventTopic(w.Event))
		r := must(t)(s.SignInGuest(ctx, w.Act("service"), g.ID, domain.SignIn{}))
		equal(t, "second", fmt.Sprint(r.Notice, r.Args["at"], r.Args["person"] == w.People["security"].ID), "door.already08:40true")
		equal(t, "still", w.signed(t, w.Event, "白术"), "08:40 security expected pack badge")
		equal(t, "head", w.head(t, domain.EventTopic(w.Event)), head)

		// At the event's own door he stands at the venue; the undo takes both back.
		w.set("08:50")
		h := w.guest(t, w.Event, "黄芪")
		must(t)(s.MoveGuest(ctx, w.Act("security"), h.ID, domain.PositionLobby))
		w.pass(time.Second)
		must(t)(s.SignInGuest(ctx, w.Act("service"), h.ID, domain.SignIn{Venue: true, Pack: true}))
		equal(t, "at the venue", w.signed(t, w.Event, "黄芪"), "08:50 service venue pack")
		must(t)(s.HandOut(ctx, w.Act("service"), h.ID, true, true))
		equal(t, "badge later", w.signed(t, w.Event, "黄芪"), "08:50 service venue pack badge")
		w.pass(time.Second)
		must(t)(s.UndoSignIn(ctx, w.Act("service"), h.ID, false))
		equal(t, "undone", w.signed(t, w.Event, "黄芪"), "no lobby")
		must(t)(s.UndoSignIn(ctx, w.Act("service"), h.ID, false)) // quiet
		equal(t, "nothing to hand out", refused(s.HandOut(ctx, w.Act("service"), h.ID, true, true)), "door.not_signed_in")
		c, err := s.GuestCounts(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "signed in", c.Signed, 1)

		// He leaves and comes back: his first time stays.
		w.set("11:00")
		must(t)(s.MoveGuest(ctx, w.Act("security"), g.ID, domain.PositionLeft))
		w.set("11:20")
		equal(t, "back", must(t)(s.SignInGuest(ctx, w.Act("security"), g.ID, domain.SignIn{})).Notice, "")
		equal(t, "in the lobby again", w.signed(t, w.Event, "白术"), "08:40 security lobby pack badge")
		w.pass(time.Second)
		must(t)(s.UndoSignIn(ctx, w.Act("security"), g.ID, false))
		equal(t, "it was another", w.signed(t, w.Event, "白术"), "08:40 security left pack badge")
		w.set("11:30")
		must(t)(s.SignInGuest(ctx, w.Act("security"), g.ID, domain.SignIn{Venue: true}))
		equal(t, "through the event's own door", w.signed(t, w.Event, "白术"), "08:40 security venue pack badge")

		equal(t, "nobody may who does not move guests", refused(s.SignInGuest(ctx, w.Act("admin"), h.ID, domain.SignIn{})), "error.forbidden")
		equal(t, "bad phone", refused(s.SignInGuest(ctx, w.Act("security"), h.ID, domain.SignIn{Phone: "打给我"})), "phone:guest.phone_form")
		must(t)(s.StrikeGuest(ctx, w.Act("supervisor"), h.ID))
		equal(t, "struck", refused(s.SignInGuest(ctx, w.Act("security"), h.ID, domain.SignIn{})), "guest.struck")
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// What was done offline is judged by when it was done.
func TestLateSignIn(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:30")
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", ""), guest("黄芪", "")}))
		g, h := w.guest(t, w.Event, "白术"), w.guest(t, w.Event, "黄芪")
		w.set("08:50")
		must(t)(s.SignInGuest(ctx, w.acted("security", "08:42"), g.ID, domain.SignIn{}))
		equal(t, "as of then", w.signed(t, w.Event, "白术"), "08:42 security expected")
		must(t)(s.UndoSignIn(ctx, w.acted("service", "08:45"), g.ID, false))
		head := w.head(t, domain.EventTopic(w.Event))
		equal(t, "from before the undo", must(t)(s.SignInGuest(ctx, w.acted("captain", "08:43"), g.ID, domain.SignIn{})).Notice, "act.overtaken")
		equal(t, "still not", w.signed(t, w.Event, "白术"), "no expected")
		equal(t, "kept in the log", w.since(t, w.Event, head), "guest.overtaken expected→")
		must(t)(s.SignInGuest(ctx, w.acted("captain", "08:47"), g.ID, domain.SignIn{}))
		equal(t, "from after it", w.signed(t, w.Event, "白术"), "08:47 captain expected")
		equal(t, "undo from before", must(t)(s.UndoSignIn(ctx, w.acted("service", "08:46"), g.ID, false)).Notice, "act.overtaken")

		// Somebody was first, and this phone did not know it: its own undo leaves his sign-in, and says who he is.
		w.set("08:55")
		must(t)(s.SignInGuest(ctx, w.acted("service", "08:53"), g.ID, domain.SignIn{}))
		r := must(t)(s.UndoSignIn(ctx, w.acted("service", "08:54"), g.ID, true))
		equal(t, "own undo", fmt.Sprint(r.Notice, r.Args["person"] == w.People["captain"].ID), "door.alreadytrue")
		equal(t, "stays", w.signed(t, w.Event, "白术"), "08:47 captain expected")
		must(t)(s.UndoSignIn(ctx, w.acted("captain", "08:54"), g.ID, true))
		equal(t, "one's own", w.signed(t, w.Event, "白术"), "no expected")

		// Signed in at the venue while he was seen leaving since: he is not brought back.
		w.set("11:00")
		must(t)(s.SignInGuest(ctx, w.Act("security"), h.ID, domain.SignIn{}))
		must(t)(s.MoveGuest(ctx, w.Act("security"), h.ID, domain.PositionLeft))
		w.set("11:30")
		r = must(t)(s.SignInGuest(ctx, w.acted("service", "10:50"), h.ID, domain.SignIn{Venue: true}))
		equal(t, "told who was first", r.Notice, "door.already")
		equal(t, "he has left", w.signed(t, w.Event, "黄芪"), "11:00 security left")
		sound(t, s)
	})
}

// Two guards, one guest, one moment: one of them signs him in, the other hears of it.
func TestSignInAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", "")}))
		g := w.guest(t, w.Event, "白术")
		guards := []string{"security", "captain", "service", "service2", "control"}
		answers := make([]domain.Receipt, len(guards))
		together(len(guards), func(k int) {
			answers[k] = must(t)(s.SignInGuest(ctx, w.Act(guards[k]), g.ID, domain.SignIn{Venue: true}))
		})
		first := 0
		for k, r := range answers {
			if r.Notice == "" {
				first++
				equal(t, "who", w.guest(t, w.Event, "白术").SignedInBy, w.People[guards[k]].ID)
			} else {
				equal(t, "others", r.Notice, "door.already")
			}
		}
		equal(t, "first", first, 1)
		equal(t, "log", rows(t, s, "SELECT COUNT(*) FROM changes WHERE verb = 'guest.signed_in'"), 1)

		// The same tap twice, as a phone with bad network sends it.
		act := w.Act("security")
		act.Key = "tap"
		must(t)(s.UndoSignIn(ctx, act, g.ID, false))
		equal(t, "again", must(t)(s.UndoSignIn(ctx, act, g.ID, false)).Repeated, true)
	})
}

// A bus of nineteen, three are missing.
func TestSignInParty(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		var drafts []store.GuestDraft
		for k := range 19 {
			drafts = append(drafts, guest(fmt.Sprint("来宾", k), "2号车"))
		}
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, append(drafts, guest("白术", "1号车"))))
		list, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		bus := list[0].PartyID
		var ids []string
		for _, g := range list[3:19] {
			ids = append(ids, g.ID)
		}
		w.set("08:40")
		must(t)(s.SignInGuest(ctx, w.Act("security"), list[3].ID, domain.SignIn{}))
		w.set("08:42")
		r := must(t)(s.SignInParty(ctx, w.Act("service"), bus, append(ids, w.guest(t, w.Event, "白术").ID), domain.SignIn{Pack: true}))
		equal(t, "answer", fmt.Sprint(r.Notice, r.Args["n"], " ", r.Args["m"]), "door.party_before15 1")
		c, err := s.GuestCounts(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "signed in", c.Signed, 16)
		equal(t, "not of the bus", w.signed(t, w.Event, "白术"), "no expected")
		equal(t, "one act in the log", rows(t, s, "SELECT COUNT(DISTINCT received_at) FROM changes WHERE verb = 'guest.signed_in' AND lot = '2号车'"), 1)
		w.set("08:43")
		must(t)(s.SignInGuest(ctx, w.Act("captain"), list[0].ID, domain.SignIn{})) // a straggler, by another guard
		w.pass(time.Second)
		must(t)(s.UndoPartySignIn(ctx, w.Act("service"), bus, false))
		c, err = s.GuestCounts(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "whom others signed in, before and after, stays", c.Signed, 2)
		must(t)(s.UndoPartySignIn(ctx, w.Act("supervisor"), bus, true))
		equal(t, "who did none of it has nothing of his own", w.signed(t, w.Event, list[0].Name), "08:43 captain expected")
		must(t)(s.UndoPartySignIn(ctx, w.Act("supervisor"), bus, false))
		equal(t, "who did none of it takes the last back", w.signed(t, w.Event, list[0].Name)+", "+w.signed(t, w.Event, list[3].Name), "no expected, 08:40 security expected")
		for _, none := range [][]string{nil, {}, {"x"}} {
			equal(t, "nobody ticked", refused(s.SignInParty(ctx, w.Act("service"), bus, none, domain.SignIn{})), "guest:door.nobody")
		}
		sound(t, s)
	})
}

func TestFindGuests(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		full := func(name, title, organisation, plate, phone string) store.GuestDraft {
			return store.GuestDraft{Guest: domain.Guest{Name: name, Title: title, Organisation: organisation, Plate: plate, Phone: phone}}
		}
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{
			full("徐长卿", "处长", "海岳·商务厅", "测A·00003", "13900001234"), full("杜仲", "主任", "远岚集团", "", "13900005678"), full("杜仲", "科员", "交通部门", "", ""), full("100%_\\", "", "", "", ""),
		}))
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Other, []store.GuestDraft{full("徐长卿", "", "海岳商务厅", "", "13900001234")}))
		for query, want := range map[string]string{
			"徐长卿": "徐长卿 徐长卿", "xcq": "徐长卿 徐长卿", "xuchang": "徐长卿 徐长卿", "1234": "徐长卿 徐长卿", "139 0000 1234": "徐长卿 徐长卿", "1234 0009": "", "a00003 1234": "徐长卿", "13900001234": "徐长卿 徐长卿", "+86-139-0000-1234": "徐长卿 徐长卿",
			"a00003": "徐长卿", "测Ａ·00003": "徐长卿", "商务厅": "徐长卿 徐长卿", "杜仲": "杜仲 杜仲", "杜仲 交通": "杜仲", "00001234": "徐长卿 徐长卿", "%": "100%_\\", "_": "100%_\\", `\`: "100%_\\", "没有": "", " ": "",
		} {
			list, err := s.FindGuests(ctx, []string{w.Event, w.Other}, query, 30)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, g := range list {
				names = append(names, g.Name)
			}
			equal(t, query, strings.Join(names, " "), want)
		}
		list, err := s.FindGuests(ctx, []string{w.Other}, "徐长卿", 30)
		if err != nil || len(list) != 1 {
			t.Fatal("only on the lists asked for: ", list, err)
		}
		must(t)(s.StrikeGuest(ctx, w.Act("supervisor"), list[0].ID))
		if list, _ = s.FindGuests(ctx, []string{w.Other}, "徐长卿", 30); len(list) != 0 {
			t.Error("struck and found")
		}
	})
}

// The nearest comes first, over all events; who is signed in or has left does not come.
func TestAwaitedGuests(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("白术", ""), guest("黄芪", ""), guest("当归", ""), guest("川芎", "")}))
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Other, []store.GuestDraft{guest("防风", "")}))
		must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, "当归").ID, domain.PositionLobby))
		must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, "黄芪").ID, domain.PositionLeft))
		must(t)(s.SignInGuest(ctx, w.Act("security"), w.guest(t, w.Event, "川芎").ID, domain.SignIn{}))
		list, err := s.AwaitedGuests(ctx, []string{w.Event, w.Other}, 20)
		if err != nil {
			t.Fatal(err)
		}
		e := map[string]*domain.Event{w.Event: w.event(t, w.Event), w.Other: w.event(t, w.Other)}
		var names []string
		last := int64(0)
		for k := range list {
			names = append(names, list[k].Name)
			order := domain.DoorOrder(&list[k], e[list[k].EventID])
			if order < last {
				t.Errorf("%s: the page's own order puts him elsewhere", list[k].Name)
			}
			last = order
		}
		equal(t, "queue", strings.Join(names, " "), "当归 白术 防风")
	})
}

func TestStrays(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		meet := func(who string, x domain.Stray) (domain.Receipt, error) {
			x.EventID = w.Event
			return s.MeetStray(ctx, w.Act(who), x)
		}
		for what, x := range map[string]domain.Stray{
			"name:field.required":          {Name: " \u200b", State: domain.StrayAsked},
			"to_event_id:field.choose":     {Name: "泽兰", State: domain.StrayRedirected},
			"consent:stray.consent_needed": {Name: "泽兰", State: domain.StrayRefused},
			"state:field.choose":           {Name: "泽兰", State: domain.StrayAdmitted},
		} {
			equal(t, what, refused(meet("security", x)), what)
		}
		equal(t, "to here", refused(meet("security", domain.Stray{Name: "泽兰", State: domain.StrayRedirected, ToEventID: w.Event})), "to_event_id:field.choose")
		equal(t, "to a secret event that he does not see", refused(meet("security", domain.Stray{Name: "泽兰", State: domain.StrayRedirected, ToEventID: w.Secret})), "to_event_id:field.choose")

		// The demo's two at Z07, guests of another meeting.
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(meet("security", domain.Stray{ID: "one", Name: "泽泻", State: domain.StrayRedirected, ToEventID: w.Other}))
		must(t)(meet("security", domain.Stray{Name: "泽漆", State: domain.StrayRedirected, ToEventID: w.Other}))
		equal(t, "log", w.since(t, w.Event, head), "stray.redirected →, stray.redirected →")
		equal(t, "twice", refused(meet("security", domain.Stray{ID: "one", Name: "泽泻", State: domain.StrayRedirected, ToEventID: w.Other})), "stray.exists")

		// A walk-in: asked, told to the commander, let in by him, and on the list.
		asked := must(t)(meet("security", domain.Stray{Name: "泽兰", Organisation: "远岚集团", Host: "云雀", State: domain.StrayAsked})).Created
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		equal(t, "told", w.kinds(t, "commander"), "stray")
		equal(t, "told", w.kinds(t, "supervisor"), "stray")
		equal(t, "not told", w.kinds(t, "captain"), "")
		equal(t, "the guard's word is none", refused(s.JudgeStray(ctx, w.Act("security"), asked, domain.StrayAdmitted)), "error.forbidden")
		equal(t, "nor is another word", refused(s.JudgeStray(ctx, w.Act("commander"), asked, domain.StrayRedirected)), "state:field.choose")
		must(t)(s.JudgeStray(ctx, w.Act("commander"), asked, domain.StrayAdmitted))
		equal(t, "on the list", w.guest(t, w.Event, "泽兰").Organisation, "远岚集团")
		equal(t, "said twice: quiet", refused(s.JudgeStray(ctx, w.Act("supervisor"), asked, domain.StrayAdmitted)), "")
		equal(t, "otherwise: too late", refused(s.JudgeStray(ctx, w.Act("supervisor"), asked, domain.StrayRefused)), "stray.judged")
		equal(t, "nobody has to answer any more", rows(t, s, "SELECT COUNT(*) FROM notices WHERE kind = 'stray' AND settled_at IS NULL"), 0)

		// The same person again is not put on the list twice.
		again := must(t)(meet("service", domain.Stray{Name: "泽兰", Organisation: "远岚集团", State: domain.StrayAsked})).Created
		must(t)(s.JudgeStray(ctx, w.Act("supervisor"), again, domain.StrayAdmitted))
		list, err := s.StraysByID(ctx, []string{again})
		if err != nil || list[0].GuestID != w.guest(t, w.Event, "泽兰").ID {
			t.Error(list, err)
		}
		must(t)(meet("security", domain.Stray{Name: "戴帽子的人", State: domain.StrayRefused, Consent: true}))
		all, err := s.Strays(ctx, s.Now().Add(-time.Hour), w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "strays", len(all), 5)
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// kinds are what a person was told.
func (w *world) kinds(t *testing.T, who string) string {
	t.Helper()
	list, err := w.Store.Notices(t.Context(), w.People[who].ID, 20)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, n := range list {
		kinds = append(kinds, string(n.Kind))
	}
	return strings.Join(kinds, " ")
}

// A card of a secret event's guest leaves a trace, once in ten minutes; others leave none.
func TestLookedUp(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Secret, []store.GuestDraft{guest("白术", "一车"), guest("黄芪", "一车")}))
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Event, []store.GuestDraft{guest("当归", "")}))
		trace := func() int { return rows(t, s, "SELECT COUNT(*) FROM changes WHERE verb = 'guest.looked_up'") }
		card, err := s.GuestCard(ctx, w.Act("service"), w.guest(t, w.Secret, "白术").ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "party", fmt.Sprint(card.Party.Name, len(card.Others)), "一车2")
		equal(t, "trace", trace(), 1)
		for range 2 {
			if _, err := s.GuestCard(ctx, w.Act("service"), card.Guest.ID); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "the same look", trace(), 1)
		w.pass(11 * time.Minute)
		if _, err := s.GuestCard(ctx, w.Act("service"), card.Guest.ID); err != nil {
			t.Fatal(err)
		}
		equal(t, "another look", trace(), 2)
		_, err = s.GuestCard(ctx, w.Act("security"), card.Guest.ID)
		equal(t, "not for a guard outside", key(err), "error.not_found")
		if _, err := s.GuestCard(ctx, w.Act("security"), w.guest(t, w.Event, "当归").ID); err != nil {
			t.Fatal(err)
		}
		equal(t, "trace", trace(), 2)
		seen, elsewhere, err := s.DoorEvents(ctx, w.People["security"], s.Now().Add(-12*time.Hour), s.Now().Add(12*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range append(seen, elsewhere...) {
			if e.ID == w.Secret {
				t.Error("a guard outside knows of the secret event")
			}
		}
		sound(t, s)
	})
}

// The screen at the door: it says no more than that name and digits fit.
func TestSignInByName(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.set("08:40")
		phoned := func(name, phone string) store.GuestDraft {
			return store.GuestDraft{Guest: domain.Guest{Name: name, Title: phone, Phone: phone}}
		}
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{phoned("白 术", "13900001234"), phoned("黄芪", "13900005678"), phoned("黄芪", "13800005678"), guest("当归", "")}))
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Other, []store.GuestDraft{phoned("川芎", "13900001111")}))
		kiosk := domain.Act{Device: "kiosk"}
		by := func(token, name, tail string) (domain.Receipt, error) {
			r, _, err := s.SignInByName(ctx, kiosk, w.Event, token, name, tail)
			return r, err
		}
		for _, x := range [][2]string{{"白术", "4321"}, {"黄连", "1234"}, {"黄芪", "5678"}, {"当归", ""}, {"当归", "0000"}, {"", "1234"}, {"白术", "%"}, {"白术", "____"}, {"白术", "12345"}, {"川芎", "1111"}, {"白", "1234"}} {
			equal(t, fmt.Sprint(x), refused(by("", x[0], x[1])), "error.not_found")
		}
		equal(t, "fits", must(t)(by("", "白术", "１２３４")).Notice, "")
		equal(t, "at the venue, by himself", w.signed(t, w.Event, "白 术"), "08:40 himself venue")
		equal(t, "again", must(t)(by("", "白术", "1234")).Notice, "door.already_self")
		equal(t, "log", rows(t, s, "SELECT COUNT(*) FROM changes WHERE verb = 'guest.signed_in_self' AND person_id IS NULL AND device = 'kiosk'"), 1)

		token := func(p domain.Pass) string {
			k, err := s.Token(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		g := w.guest(t, w.Event, "当归")
		equal(t, "by his code", refused(by(token(domain.Pass{Kind: domain.PassGuest, ID: g.ID}), "", "")), "")
		equal(t, "signed in", w.signed(t, w.Event, "当归"), "08:40 himself venue")
		for what, code := range map[string]string{
			"of another event": token(domain.Pass{Kind: domain.PassGuest, ID: w.guest(t, w.Other, "川芎").ID}), "revoked": token(domain.Pass{Kind: domain.PassGuest, ID: g.ID, No: 3}),
			"of another kind": token(domain.Pass{Kind: domain.PassOrganiser, ID: w.Event}), "garbage": strings.Repeat("x", domain.TokenLength),
		} {
			equal(t, what, refused(by(code, "白术", "1234")), "error.not_found")
		}

		link := token(domain.Pass{Kind: domain.PassKiosk, ID: w.Event})
		if _, err := s.EventByPass(ctx, link, domain.PassKiosk); err != nil {
			t.Fatal(err)
		}
		must(t)(s.RevokeLinks(ctx, w.Act("supervisor"), w.Event))
		_, err := s.EventByPass(ctx, link, domain.PassKiosk)
		equal(t, "revoked", key(err), "error.not_found")
		sound(t, s)
	})
}

// Everybody in the building, each once.
func TestHeadcount(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Event, []store.GuestDraft{guest("白术", ""), guest("黄芪", ""), guest("当归", ""), guest("川芎", "")}))
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Other, []store.GuestDraft{guest("白术", ""), guest("防风", "")}))
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Secret, []store.GuestDraft{guest("细辛", "")}))
		move := func(event, name string, p domain.Position) {
			w.pass(time.Second)
			must(t)(s.MoveGuest(ctx, domain.Act{}, w.guest(t, event, name).ID, p))
		}
		move(w.Event, "白术", domain.PositionVenue)
		move(w.Other, "白术", domain.PositionLobby) // on two lists, seen here last
		move(w.Event, "黄芪", domain.PositionGate)  // not inside yet
		move(w.Event, "当归", domain.PositionVenue)
		move(w.Event, "当归", domain.PositionLeft)
		must(t)(s.SignInGuest(ctx, w.Act("security"), w.guest(t, w.Event, "川芎").ID, domain.SignIn{})) // nobody tapped him, and yet he is here
		move(w.Secret, "细辛", domain.PositionVenue)
		count := func(who string) string {
			h, events, err := s.Headcount(ctx, w.People[who])
			if err != nil {
				t.Fatal(err)
			}
			names := map[string]string{}
			for _, e := range events {
				names[e.ID] = e.Name
			}
			var list []string
			for _, x := range h.Guests {
				list = append(list, fmt.Sprint(x.Name, " ", x.Position, x.Hidden))
			}
			return strings.Join(list, ", ")
		}
		equal(t, "by the commander", count("commander"), "白术 lobbyfalse, 川芎 expectedfalse, 细辛 venuefalse")
		equal(t, "by a guard", count("security"), " lobbytrue, 川芎 expectedfalse,  venuetrue")
		h, _, err := s.Headcount(ctx, w.People["commander"])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"东风", "东风"} { // two of one name, told apart by their titles
			d := guest(name, "")
			d.Title = fmt.Sprint("代表", rows(t, s, "SELECT COUNT(*) FROM guests"))
			must(t)(s.AddGuests(ctx, domain.Act{}, w.Event, []store.GuestDraft{d}))
		}
		list, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list {
			if g.Name == "东风" {
				must(t)(s.MoveGuest(ctx, domain.Act{}, g.ID, domain.PositionVenue))
			}
		}
		equal(t, "two of one name", strings.Count(count("commander"), "东风 venuefalse"), 2)
		elsewhere := guest("东风", "")
		elsewhere.Title = "司机"
		must(t)(s.AddGuests(ctx, domain.Act{}, w.Other, []store.GuestDraft{elsewhere}))
		move(w.Other, "东风", domain.PositionLobby)
		equal(t, "and another of that name on another list", strings.Count(count("commander"), "东风 "), 3)
		status := func(event string, x domain.EventStatus) {
			raw(t, s, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NewRaw("UPDATE events SET status = ? WHERE id = ?", x, event).Exec(ctx)
				return err
			})
		}
		before, was := count("commander"), domain.EventStatus("")
		if e, _, err := s.Event(ctx, nil, w.Event); err != nil {
			t.Fatal(err)
		} else {
			was = e.Status
		}
		status(w.Event, domain.EventReleased) // the hall was checked, and 川芎 was never marked as gone
		released, _, err := s.Headcount(ctx, w.People["commander"])
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "who was not seen leaving is no longer inside", strings.Contains(count("commander"), "川芎"), false)
		if len(released.NotSeen) == 0 || len(released.Guests)+len(released.NotSeen) != len(strings.Split(before, ", ")) {
			t.Errorf("nobody is lost: %+v of %s", released, before)
		}
		for _, x := range released.NotSeen {
			if x.EventID != w.Event || !strings.Contains(x.Name, "＊") {
				t.Errorf("named after the event, or of another: %+v", x)
			}
		}
		equal(t, "who stands on a list that is on counts there", strings.Contains(count("commander"), "白术 lobbyfalse"), true)
		status(w.Event, was)
		equal(t, "taken up again", count("commander"), before)
		once := map[string]bool{}
		for _, x := range h.Staff {
			if once[x.Name] {
				t.Errorf("%s is counted twice", x.Name)
			}
			once[x.Name] = true
		}
		equal(t, "staff of running events", len(h.Staff), 4) // of the visit; the small meeting is too far off
		sum := 0
		for _, f := range h.Floors() {
			sum += f.Heads
		}
		equal(t, "floors", sum, h.Total())
		w.set("09:20") // now all three events have their crews on site
		staff := func(who string) (known, unknown int) {
			h, _, err := s.Headcount(ctx, w.People[who])
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range h.Staff {
				if x.EventID == "" {
					unknown++
				} else if x.EventID == w.Secret && who == "security" {
					t.Error("a guard reads who works at the secret event: ", x.Name)
				}
				known++
			}
			return known - unknown, unknown
		}
		known, unknown := staff("commander")
		equal(t, "who sees all events", unknown, 0)
		seen, unseen := staff("security")
		equal(t, "counted all the same", seen+unseen, known)
		if unseen == 0 {
			t.Error("nobody works at the secret event, so nothing was tested")
		}
		w.set("23:59")
		w.pass(48 * time.Hour)
		h, _, err = s.Headcount(ctx, w.People["commander"])
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "long afterwards", h.Total(), 0)
	})
}
