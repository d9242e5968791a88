package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

func noFood(*domain.Reply) string { return "" }

// food is what the crews read of a diet in these tests.
func food(r *domain.Reply) string { return r.Needs(func(d string) string { return d }, "+") }

// invited puts guests on the visit's list, each with an address.
func (w *world) invited(t *testing.T, names ...string) []domain.Guest {
	t.Helper()
	var list []domain.Guest
	for k, name := range names {
		must(t)(w.Store.AddGuests(t.Context(), w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: name, Rank: k + 1}}}))
		g := w.guest(t, w.Event, name)
		must(t)(w.Store.SaveInvitation(t.Context(), w.Act("commander"), g.ID, fmt.Sprintf("g%d@example.com", k), "zh"))
		list = append(list, g)
	}
	return list
}

func (w *world) passOf(t *testing.T, g domain.Guest) string {
	t.Helper()
	token, err := w.Store.Token(t.Context(), domain.Pass{Kind: domain.PassGuest, ID: g.ID, No: w.guest(t, w.Event, g.Name).PassNo})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) invitation(t *testing.T, g domain.Guest) domain.Invited {
	t.Helper()
	list, err := w.Store.Invitations(t.Context(), w.Event, g.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func yes() domain.Reply { return domain.Reply{Answer: domain.AnswerAccepted} }

func TestInvitationGoesItsWay(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪")
		state := func(want domain.InvitationState) {
			t.Helper()
			x := w.invitation(t, g[0])
			equal(t, "state", x.Invitation.State(), want)
		}
		state(domain.InvitationPrepared)
		must(t)(s.MarkSent(ctx, w.Act("supervisor"), g[0].ID, domain.ByLetter))
		state(domain.InvitationSent)
		must(t)(s.UnmarkSent(ctx, w.Act("supervisor"), g[0].ID))
		state(domain.InvitationPrepared)
		must(t)(s.MarkSent(ctx, w.Act("supervisor"), g[0].ID, domain.ByMessage))
		x := w.invitation(t, g[0])
		equal(t, "by whom", x.Invitation.SentBy, w.People["supervisor"].ID)

		token := w.passOf(t, g[0])
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.OpenInvitation(ctx, domain.Act{}, token))
		must(t)(s.OpenInvitation(ctx, domain.Act{}, token))
		equal(t, "opened once", w.head(t, domain.EventTopic(w.Event)), head+1)
		state(domain.InvitationOpened)

		r := yes()
		r.Companions, r.Diets, r.Plate = 2, "halal", "测A·1"
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, token, r, food))
		state(domain.InvitationAccepted)
		list := w.guest(t, w.Event, "白术")
		equal(t, "taken over where nothing stood", list.Plate+" "+list.Needs, "测A·1 halal")
		equal(t, "said", list.Said, domain.AnswerAccepted)

		// What the house wrote stays until somebody takes the answer over.
		r.Plate, r.Diets = "测B·2", "no_spicy"
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, token, r, food))
		list = w.guest(t, w.Event, "白术")
		equal(t, "not overwritten", list.Plate+" "+list.Needs, "测A·1 halal")
		x = w.invitation(t, g[0])
		equal(t, "differs", x.Differs(food(&x.Invitation.Reply)), true)
		must(t)(s.TakeAnswer(ctx, w.Act("supervisor"), g[0].ID, food))
		list = w.guest(t, w.Event, "白术")
		equal(t, "taken over", list.Plate+" "+list.Needs, "测B·2 no_spicy")
		if found := w.guest(t, w.Event, "白术"); !strings.Contains(found.Search, "测b2") {
			t.Errorf("the new plate is not found: %q", found.Search)
		}

		must(t)(s.Confirm(ctx, w.Act("supervisor"), g[0].ID, domain.Confirmation{Way: "phone", Result: "accepted", SpokeTo: "秘书"}))
		x = w.invitation(t, g[0])
		if x.Invitation.ConfirmedAt == nil || x.Invitation.AnsweredBy != "" {
			t.Errorf("%+v", x.Invitation)
		}
		said, err := s.Confirmations(ctx, g[0].ID)
		if err != nil || len(said) != 1 || said[0].SpokeTo != "秘书" || said[0].PersonID != w.People["supervisor"].ID {
			t.Error(said, err)
		}
		// Another answer than the confirmed one must be confirmed anew.
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, token, domain.Reply{Answer: domain.AnswerDeclined}, food))
		x = w.invitation(t, g[0])
		equal(t, "confirmed", x.Invitation.ConfirmedAt == nil, true)
		state(domain.InvitationDeclined)
		c, err := s.GuestCounts(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "declined in the counts", c.Declined, 1)
		guests, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "counted from the list", domain.CountGuests(guests).Declined, 1)
		must(t)(s.MoveGuest(ctx, w.Act("security"), g[0].ID, domain.PositionGate))
		c, _ = s.GuestCounts(ctx, w.Event)
		equal(t, "came all the same", c.Declined, 0)
		sound(t, s)
	})
}

// A pass opens one guest's letter, until it is revoked or he is struck.
func TestAnswersNeedThePass(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪", "当归")
		old := w.passOf(t, g[0])
		must(t)(s.RevokePass(ctx, w.Act("supervisor"), g[0].ID))
		fresh := w.passOf(t, g[0])
		struck := w.passOf(t, g[1])
		must(t)(s.StrikeGuest(ctx, w.Act("supervisor"), g[1].ID))
		event, err := s.Token(ctx, domain.Pass{Kind: domain.PassOrganiser, ID: w.Event})
		if err != nil {
			t.Fatal(err)
		}
		for name, token := range map[string]string{"revoked": old, "struck": struck, "of an event": event, "garbage": "x", "empty": "", "cut": fresh[:len(fresh)-1], "long": fresh + "A"} {
			equal(t, name+" answers", refused(s.AnswerInvitation(ctx, domain.Act{}, token, yes(), noFood)), "error.not_found")
			equal(t, name+" opens", refused(s.OpenInvitation(ctx, domain.Act{}, token)), "error.not_found")
		}
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, fresh, yes(), noFood))

		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		w.now.Store(e.StartAt.UnixMicro())
		equal(t, "after the start", refused(s.AnswerInvitation(ctx, domain.Act{}, fresh, domain.Reply{Answer: domain.AnswerDeclined}, noFood)), "invitation.closed")
		equal(t, "no mail after the start", refused(s.QueueMails(ctx, w.Act("supervisor"), w.Event, domain.ShowUnsent, nil)), "invitation.closed")
		x := w.invitation(t, g[0])
		equal(t, "still", x.Invitation.Answer, domain.AnswerAccepted)
	})
}

// Two answers at once: both are in the log, one stands; the same tap twice is one.
func TestTwoAnswersAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪")
		token, other := w.passOf(t, g[0]), w.passOf(t, g[1])
		var wrong atomic.Int64
		together(8, func(k int) {
			r := yes()
			r.Companions = k
			if _, err := s.AnswerInvitation(ctx, domain.Act{}, token, r, noFood); err != nil {
				wrong.Add(1)
			}
		})
		equal(t, "refused", wrong.Load(), 0)
		rows, err := s.Log(ctx, domain.EventTopic(w.Event), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range rows {
			if r.Verb == "invitation.accepted" {
				if n++; n == 1 {
					x := w.invitation(t, g[0])
					want := ""
					if x.Invitation.Companions > 0 {
						want = fmt.Sprint("+", x.Invitation.Companions)
					}
					equal(t, "the newest of the log stands", r.Note, want)
				}
			}
		}
		equal(t, "in the log", n, 8)
		head := w.head(t, domain.EventTopic(w.Event))
		together(4, func(int) {
			if _, err := s.AnswerInvitation(ctx, domain.Act{Key: "tap"}, token, yes(), noFood); err != nil {
				wrong.Add(1)
			}
		})
		equal(t, "one effect", w.head(t, domain.EventTopic(w.Event)), head+1)
		if r := must(t)(s.AnswerInvitation(ctx, domain.Act{Key: "tap"}, other, yes(), noFood)); r.Repeated {
			t.Error("another guest's key is his own")
		}
		equal(t, "refused", wrong.Load(), 0)
	})
}

func TestInvitationInput(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术")[0]
		equal(t, "address", refused(s.SaveInvitation(ctx, w.Act("commander"), g.ID, "a@b\r\nBcc: c@d.ef", "zh")), "email:invitation.email")
		equal(t, "language", refused(s.SaveInvitation(ctx, w.Act("commander"), g.ID, "a@b.cd", "fr")), "locale:field.choose")
		equal(t, "channel", refused(s.MarkSent(ctx, w.Act("commander"), g.ID, domain.ByEmail)), "channel:field.choose")
		equal(t, "result", refused(s.Confirm(ctx, w.Act("commander"), g.ID, domain.Confirmation{Way: "phone", Result: "maybe"})), "result:field.choose")
		equal(t, "nobody chosen", refused(s.QueueMails(ctx, w.Act("commander"), w.Event, domain.ShowAll, nil)), "invitation.nobody_chosen")
		equal(t, "strangers", refused(s.QueueMails(ctx, w.Act("commander"), w.Event, domain.ShowAll, []string{store.NewID()})), "invitation.nobody")
		equal(t, "letter", refused(s.SaveLetter(ctx, w.Act("commander"), w.Event, domain.Letter{SubjectZh: "x", SubjectEn: "x", Zh: "{link} {gift}", En: "{link}"})), "zh:invitation.placeholder")
		r := yes()
		r.Companions = 100
		equal(t, "companions", refused(s.AnswerInvitation(ctx, domain.Act{}, w.passOf(t, g), r, noFood)), "companions:invitation.companions_range")
	})
}

func TestImportInvitations(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.invited(t, "白术", "黄芪")
		for _, org := range []string{"甲厂", "乙厂"} {
			must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "当归", Organisation: org}}}))
		}
		d := func(line int, name string) store.InvitationDraft {
			return store.InvitationDraft{Line: line, Name: name}
		}
		wrong := []store.InvitationDraft{d(2, "白术"), d(3, "白术"), d(4, "当归"), d(5, "人参"), {Line: 6, Name: "黄芪", Email: "x"}}
		head := w.head(t, domain.EventTopic(w.Event))
		_, err := s.ImportInvitations(ctx, w.Act("commander"), w.Event, wrong)
		refusal, _ := domain.AsError(err)
		var got []string
		for _, f := range refusal.Fields {
			got = append(got, fmt.Sprint(f.Line, f.Key))
		}
		equal(t, "sentences", strings.Join(got, " "), "3invitation.import_twice 4invitation.import_ambiguous 5invitation.import_unknown 6invitation.email")
		equal(t, "nothing was taken", w.head(t, domain.EventTopic(w.Event)), head)
		r := yes()
		r.Companions = 1
		must(t)(s.ImportInvitations(ctx, w.Act("commander"), w.Event, []store.InvitationDraft{
			{Line: 2, Name: "白术", Locale: "en"}, {Line: 3, Name: "当归", Organisation: "乙厂", Email: "dg@example.com", Says: func(to *domain.Reply) { *to = r }},
		}))
		x := w.invitation(t, w.guest(t, w.Event, "白术"))
		equal(t, "an empty cell changes nothing", x.Invitation.Email+" "+x.Invitation.Locale, "g0@example.com en")
		list, err := s.Invitations(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		sums := domain.SumInvitations(list)
		equal(t, "heads", sums.Heads(), 2)

		// What a line does not say of an answer stays, also who gave it; another answer must be confirmed anew.
		g := w.guest(t, w.Event, "黄芪")
		at := s.Now().Add(time.Hour)
		own := yes()
		own.Diets, own.ArriveAt = "halal", &at
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, w.passOf(t, g), own, noFood))
		must(t)(s.Confirm(ctx, w.Act("commander"), g.ID, domain.Confirmation{Way: "phone", Result: "accepted"}))
		says := func(f func(*domain.Reply)) domain.Invitation {
			t.Helper()
			must(t)(s.ImportInvitations(ctx, w.Act("supervisor"), w.Event, []store.InvitationDraft{{Line: 2, Name: "黄芪", Says: f}}))
			return w.invitation(t, g).Invitation
		}
		i := says(func(r *domain.Reply) { r.Answer = domain.AnswerAccepted })
		equal(t, "the same", fmt.Sprint(i.AnsweredBy, i.Diets, i.ConfirmedAt != nil), "halaltrue")
		i = says(func(r *domain.Reply) { r.Companions = 2 })
		equal(t, "one cell", fmt.Sprint(i.AnsweredBy == w.People["supervisor"].ID, i.Companions, i.Diets, i.ArriveAt != nil, i.ConfirmedAt != nil), "true 2halaltrue true")
		i = says(func(r *domain.Reply) { r.Answer = domain.AnswerDeclined })
		equal(t, "no after all", fmt.Sprint(i.Answer, i.Diets, i.ConfirmedAt == nil), "declinedtrue")
		rows, err := s.Log(ctx, domain.EventTopic(w.Event), 0, 5)
		if err != nil || !slices.ContainsFunc(rows, func(c domain.Change) bool {
			return c.Verb == "invitation.declined" && c.PersonID == w.People["supervisor"].ID
		}) {
			t.Error("the log does not say so: ", rows, err)
		}
		sound(t, s)
	})
}

func (w *world) claim(t *testing.T) []store.MailJob {
	t.Helper()
	list, err := w.Store.ClaimMails(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestMailsGoOutOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪", "当归")
		var got atomic.Int64
		together(4, func(int) { // four impatient taps: one mail for each guest
			_, err := s.QueueMails(ctx, w.Act("supervisor"), w.Event, domain.ShowUnsent, nil)
			if key(err) == "" {
				got.Add(1)
			}
		})
		equal(t, "taken", got.Load(), 1)
		var mu atomic.Int64
		jobs := make([][]store.MailJob, 6)
		together(6, func(k int) { // six instances
			list, err := s.ClaimMails(context.WithoutCancel(ctx), 2)
			if err != nil {
				mu.Add(1)
			}
			jobs[k] = list
		})
		equal(t, "errors", mu.Load(), 0)
		claimed := slices.Concat(jobs...)
		claimed = append(claimed, w.claim(t)...) // who came too early finds the rest
		ids := map[string]bool{}
		for _, m := range claimed {
			if ids[m.ID] {
				t.Error("claimed twice: ", m.ID)
			}
			ids[m.ID] = true
		}
		equal(t, "mails", len(ids), 3)

		// Its sender died: after the lease it is somebody else's, under the same name; the dead one's word does not count.
		w.pass(4 * time.Minute)
		again := w.claim(t)
		equal(t, "again", len(again), 3)
		if err := s.EndMail(ctx, claimed[0].Mail, domain.MailFailed, "refused", "x"); err != nil {
			t.Fatal(err)
		}
		for k := range again {
			if !ids[again[k].ID] || again[k].Attempts != 2 {
				t.Errorf("%+v", again[k].Mail)
			}
		}
		if err := s.EndMail(ctx, again[0].Mail, domain.MailSent, "", ""); err != nil {
			t.Fatal(err)
		}
		if err := s.EndMail(ctx, again[1].Mail, domain.MailFailed, "address", "550 no such user"); err != nil {
			t.Fatal(err)
		}
		if err := s.RetryMail(ctx, again[2].Mail, time.Minute, "refused", "451"); err != nil {
			t.Fatal(err)
		}
		equal(t, "too early", len(w.claim(t)), 0)
		list, err := s.Invitations(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		sums := domain.SumInvitations(list)
		equal(t, "sums", fmt.Sprint(sums.Count[domain.ShowFailed], sums.Waiting, sums.Count[domain.ShowSilent]), "1 1 1")
		for k := range list {
			x := &list[k]
			if x.Mail.State == domain.MailSent && (x.Invitation.SentBy != w.People["supervisor"].ID || x.Invitation.Channel != domain.ByEmail) {
				t.Errorf("%+v", x.Invitation)
			}
		}
		// Struck meanwhile: it need not go out.
		for k := range g {
			if g[k].ID == again[2].GuestID {
				must(t)(s.StrikeGuest(ctx, w.Act("supervisor"), g[k].ID))
			}
		}
		w.pass(2 * time.Minute)
		equal(t, "of the struck", len(w.claim(t)), 0)
		sound(t, s)
	})
}

// A mail goes where the guest's address says now, and nowhere when it was removed;
// what a late sender did send is not sent again.
func TestMailFollowsTheAddress(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪", "当归")
		must(t)(s.QueueMails(ctx, w.Act("supervisor"), w.Event, domain.ShowUnsent, nil))
		must(t)(s.SaveInvitation(ctx, w.Act("supervisor"), g[0].ID, "right@example.com", "zh"))
		must(t)(s.SaveInvitation(ctx, w.Act("supervisor"), g[1].ID, "", "zh"))
		list := w.claim(t)
		equal(t, "mails", len(list), 2)
		equal(t, "no address", w.invitation(t, g[1]).Mail.State, domain.MailGone)
		first := list[slices.IndexFunc(list, func(m store.MailJob) bool { return m.Guest.ID == g[0].ID })]
		equal(t, "address", first.Address, "right@example.com")
		w.pass(4 * time.Minute)
		equal(t, "claimed by another", len(w.claim(t)), 2)
		if err := s.EndMail(ctx, first.Mail, domain.MailSent, "", ""); err != nil {
			t.Fatal(err)
		}
		x := w.invitation(t, g[0])
		equal(t, "sent", string(x.Mail.State)+" "+x.Mail.Address, "sent right@example.com")

		// Marked by hand and taken back: the mail went out all the same.
		must(t)(s.MarkSent(ctx, w.Act("commander"), g[0].ID, domain.ByPhone))
		must(t)(s.UnmarkSent(ctx, w.Act("commander"), g[0].ID))
		x = w.invitation(t, g[0])
		equal(t, "by mail again", fmt.Sprint(x.Invitation.Channel, x.Invitation.SentBy == w.People["supervisor"].ID, x.Invitation.SentAt.Equal(*x.Mail.EndedAt)), "emailtrue true")
		equal(t, "not taken back", refused(s.UnmarkSent(ctx, w.Act("commander"), g[0].ID)), "invitation.mailed_already")
		sound(t, s)
	})
}

// Somebody of the house who uses a guest's link opens nothing, and answers in his own name.
func TestAnswerByTheHouse(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术")[0]
		must(t)(s.OpenInvitation(ctx, w.Act("supervisor"), w.passOf(t, g)))
		x := w.invitation(t, g)
		equal(t, "state", x.Invitation.State(), domain.InvitationPrepared)
		must(t)(s.AnswerInvitation(ctx, w.Act("supervisor"), w.passOf(t, g), yes(), noFood))
		x = w.invitation(t, g)
		equal(t, "by whom", x.Invitation.AnsweredBy, w.People["supervisor"].ID)
		equal(t, "not opened", x.Invitation.OpenedAt == nil, true)
	})
}

func TestRemindOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		e := domain.Event{Name: "论坛", Type: "conference", Organiser: "x", Contact: "x", Level: 3, Secrecy: "normal", Heads: 9, StartAt: s.Now().AddDate(0, 0, 10), EndAt: s.Now().AddDate(0, 0, 10).Add(time.Hour)}
		w.Event = w.MakeEvent(t, store.EventDraft{Event: e, Rooms: []string{"R1"}})
		g := w.invited(t, "白术", "黄芪", "当归", "人参")
		for _, x := range g[:3] {
			must(t)(s.MarkSent(ctx, w.Act("supervisor"), x.ID, domain.ByMessage))
		}
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, w.passOf(t, g[1]), yes(), noFood))
		must(t)(s.SaveInvitation(ctx, w.Act("supervisor"), g[2].ID, "", "zh"))
		remind := func(want int) []store.MailJob {
			t.Helper()
			together(3, func(int) {
				if err := s.RemindGuests(ctx); err != nil {
					t.Error(err)
				}
			})
			list := w.claim(t)
			equal(t, "reminders", len(list), want)
			return list
		}
		remind(0) // not switched on
		must(t)(s.SaveLetter(ctx, w.Act("supervisor"), w.Event, domain.Letter{SubjectZh: "x", SubjectEn: "x", Zh: "{link}", En: "{link}", Remind: true}))
		remind(0) // too early
		w.pass(7*24*time.Hour + time.Minute)
		must(t)(s.MarkSent(ctx, w.Act("supervisor"), g[3].ID, domain.ByMessage)) // just now
		list := remind(1)                                                        // sent, no answer, with an address
		equal(t, "whom", list[0].Guest.Name+" "+list[0].Kind, "白术 reminder")
		if err := s.EndMail(ctx, list[0].Mail, domain.MailSent, "", ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		must(t)(s.SaveLetter(ctx, w.Act("supervisor"), w.Event, domain.Letter{SubjectZh: "y", SubjectEn: "x", Zh: "{link}", En: "{link}", Remind: true}))
		remind(0) // once, also after the letter was changed
		x := w.invitation(t, g[0])
		if x.Invitation.RemindedAt == nil || x.Invitation.Channel != domain.ByMessage {
			t.Errorf("%+v", x.Invitation)
		}
	})
}

// The principal guest says no: the commander and the supervisor hear of it, the crews do not.
func TestPrincipalDeclines(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.invited(t, "白术", "黄芪")
		no := domain.Reply{Answer: domain.AnswerDeclined}
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, w.passOf(t, g[1]), no, noFood))
		must(t)(s.AnswerInvitation(ctx, domain.Act{}, w.passOf(t, g[0]), no, noFood))
		for {
			more, err := s.ReadTopic(ctx, domain.EventTopic(w.Event))
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
		}
		for who, want := range map[string]int{"commander": 1, "supervisor": 1, "service": 0, "security": 0} {
			list, err := s.Notices(ctx, w.People[who].ID, 100)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, x := range list {
				if x.Kind == domain.NoticeDeclined && x.Args["guest"] == "白术" {
					n++
				} else if x.Kind == domain.NoticeDeclined {
					t.Errorf("%s hears of %v", who, x.Args)
				}
			}
			equal(t, who, n, want)
		}
	})
}

// The number of statements does not grow with the guests.
func TestManyInvitations(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		var drafts []store.GuestDraft
		var table []store.InvitationDraft
		for k := range 2000 {
			drafts = append(drafts, guest(fmt.Sprint("来宾", k), ""))
			table = append(table, store.InvitationDraft{Line: k + 2, Name: fmt.Sprint("来宾", k), Email: fmt.Sprintf("g%d@example.com", k)})
		}
		must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, drafts))
		must(t)(s.ImportInvitations(ctx, w.Act("commander"), w.Event, table))
		must(t)(s.QueueMails(ctx, w.Act("commander"), w.Event, domain.ShowUnsent, nil))
		before := s.Queries()
		list, err := s.Invitations(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "statements", s.Queries()-before, 3)
		sums := domain.SumInvitations(list)
		equal(t, "waiting", sums.Waiting, 2000)
		sound(t, s)
	})
}
