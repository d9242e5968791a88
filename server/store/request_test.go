package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// asked is a request as an organiser sends it: two hours in room R2, days from now.
func (w *world) asked(days int) domain.Request {
	start := w.Store.Now().AddDate(0, 0, days)
	return domain.Request{
		Purpose: "采购例会", Type: "meeting", Organiser: "采购部", Contact: "石燕", Phone: "6001", Email: "shiyan@example.com", Locale: "zh", Heads: 20, Layout: domain.LayoutBoard, RoomID: "R2",
		Secrecy: domain.SecrecyNormal, Notes: "请备白板",
		Choices: []domain.RequestChoice{{No: 1, StartAt: start, EndAt: start.Add(2 * time.Hour)}, {No: 2, StartAt: start.AddDate(0, 0, 1), EndAt: start.AddDate(0, 0, 1).Add(2 * time.Hour)}},
		Needs:   []domain.RequestNeed{{Kind: "tea"}, {Kind: "banner"}, {Kind: "photo", Detail: "合影"}},
	}
}

func (w *world) makes(t *testing.T, r domain.Request) (id, link string) {
	t.Helper()
	id = must(t)(w.Store.MakeRequest(t.Context(), domain.Act{}, r)).Created
	return id, w.link(t, id, 0)
}

func (w *world) link(t *testing.T, id string, no int) string {
	t.Helper()
	token, err := w.Store.Token(t.Context(), domain.Pass{Kind: domain.PassRequest, ID: id, No: no})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) request(t *testing.T, id string) *domain.Request {
	t.Helper()
	r, err := w.Store.Request(t.Context(), w.People["supervisor"], id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func words(r *domain.Request) string { return r.Purpose + "：" + r.Notes }

func missing(r *domain.Request, e *domain.Event) string {
	var list []string
	for _, m := range r.Outstanding(e) {
		list = append(list, m.What)
	}
	return strings.Join(list, " ")
}

// What he says by phone is written down for him, and what he says after the decision
// still reaches the register, where that says nothing yet.
func TestRequestAnsweredForHim(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		r := w.asked(5)
		r.Needs = append(r.Needs, domain.RequestNeed{Kind: "welcome"}, domain.RequestNeed{Kind: "meals"})
		id, link := w.makes(t, r)
		must(t)(s.AskOrganiser(ctx, w.Act("supervisor"), id, "要几支话筒？"))
		question := w.request(t, id).Questions[0].ID
		equal(t, "nothing said", refused(s.AnswerForOrganiser(ctx, w.Act("supervisor"), id, question, " ")), "answer:field.required")
		must(t)(s.AnswerForOrganiser(ctx, w.Act("supervisor"), id, question, "两支"))
		got := w.request(t, id)
		equal(t, "by whom", got.Questions[0].Answer+got.Questions[0].AnsweredBy, "两支"+w.People["supervisor"].ID)
		equal(t, "the house owes a word", got.ReplyBy != nil, true)

		event := must(t)(s.AcceptRequest(ctx, w.Act("supervisor"), id, store.Acceptance{Choice: 1, Room: "R2", Level: 4}, words)).Created
		e := func() *domain.Event {
			e, _, err := s.Event(ctx, nil, event)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		d := store.EventDraft{Event: *e(), Rooms: []string{"R2"}}
		d.Event.WelcomeText = "欢迎光临"
		must(t)(s.UpdateEvent(ctx, w.Act("commander"), event, d))
		head := w.head(t, domain.EventTopic(event))
		for kind, detail := range map[string]string{"banner": "采购例会", "welcome": "热烈欢迎", "meals": "十份工作餐"} {
			must(t)(s.CompleteNeed(ctx, domain.Act{}, link, kind, detail))
		}
		equal(t, "register", e().Banner+" "+e().WelcomeText, "采购例会 欢迎光临")
		equal(t, "one row of the event", w.head(t, domain.EventTopic(event)), head+1)
		of, err := s.RequestOf(ctx, w.People["supervisor"], event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "whence it came", of.ID, id)
		of, err = s.RequestOf(ctx, w.People["service"], event)
		equal(t, "for whom that is nothing", of == nil && err == nil, true)
	})
}

// From the form to the signed record: each step is an act, and the clock runs only while the house owes a word.
func TestRequestAccepted(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		head := w.head(t, domain.TopicRequests)
		id, link := w.makes(t, w.asked(5))
		r := w.request(t, id)
		equal(t, "number", r.Number, domain.RequestNumber(s.Now(), s.Loc, 1))
		equal(t, "state", r.State, domain.RequestWaiting)
		equal(t, "clock", r.ReplyBy != nil && r.ReplyBy.After(s.Now()), true)
		equal(t, "parts", len(r.Choices)*10+len(r.Needs), 23)
		equal(t, "one log row", w.head(t, domain.TopicRequests), head+1)
		equal(t, "outstanding", missing(r, nil), "detail")
		told := noticesOf(t, s, w.People["supervisor"], domain.NoticeRequest)
		equal(t, "told", len(told), 1)
		equal(t, "to nobody else", len(noticesOf(t, s, w.People["commander"], domain.NoticeRequest)), 0)

		// A question stops the clock, its answer starts it again.
		must(t)(s.AskOrganiser(ctx, w.Act("supervisor"), id, "要几支话筒？"))
		r = w.request(t, id)
		equal(t, "asked", r.ReplyBy == nil && r.RepliedAt != nil, true)
		equal(t, "outstanding", missing(r, nil), "question detail")
		equal(t, "empty answer", refused(s.AnswerQuestion(ctx, domain.Act{}, link, r.Questions[0].ID, " ")), "answer:field.required")
		must(t)(s.AnswerQuestion(ctx, domain.Act{}, link, r.Questions[0].ID, "两支"))
		must(t)(s.CompleteNeed(ctx, domain.Act{}, link, "banner", "热烈欢迎"))
		equal(t, "twice", refused(s.CompleteNeed(ctx, domain.Act{}, link, "banner", "别的")), "request.answered_already")
		r = w.request(t, id)
		equal(t, "owed again", r.ReplyBy != nil, true)
		equal(t, "nothing missing", missing(r, nil), "")
		equal(t, "news", len(noticesOf(t, s, w.People["supervisor"], domain.NoticeRequestNews)), 2)

		// Accepted: everything is copied, the room is taken.
		equal(t, "which room", refused(s.AcceptRequest(ctx, w.Act("supervisor"), id, store.Acceptance{Choice: 1, Level: 4}, words)), "rooms:event.room_needed")
		equal(t, "which time", refused(s.AcceptRequest(ctx, w.Act("supervisor"), id, store.Acceptance{Choice: 3, Room: "R2", Level: 4}, words)), "choice:field.choose")
		event := must(t)(s.AcceptRequest(ctx, w.Act("supervisor"), id, store.Acceptance{Choice: 2, Room: "R2", Level: 4}, words)).Created
		r = w.request(t, id)
		equal(t, "state", string(r.State)+" "+r.DecidedBy+" "+r.EventID, "accepted "+w.People["supervisor"].ID+" "+event)
		e, err := s.EventOfRequest(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "event", e.Name+" "+e.Organiser+" "+e.Contact+" "+e.ContactPhone+" "+e.Notes, "采购例会 采购部 石燕 6001 采购例会：请备白板")
		equal(t, "register", e.Banner+" "+e.PhotoWish+" "+e.TeaWish+" "+string(e.Layout), "热烈欢迎 合影  board")
		equal(t, "event", e.Status, domain.EventRequested)
		equal(t, "times", e.StartAt.Equal(r.Choices[1].StartAt) && e.EndAt.Equal(r.Choices[1].EndAt) && e.Photo && e.Heads == 20 && e.Rooms[0].ID == "R2", true)
		equal(t, "decided", refused(s.DeclineRequest(ctx, w.Act("supervisor"), id, "x")), "request.decided")
		other, _ := w.makes(t, w.asked(5))
		equal(t, "taken", refused(s.AcceptRequest(ctx, w.Act("supervisor"), other, store.Acceptance{Choice: 2, Room: "R2", Level: 4}, words)), "rooms:event.room_taken")

		// The plan, once it is fixed; a changed one is confirmed anew.
		equal(t, "too soon", refused(s.ConfirmPlan(ctx, domain.Act{}, link, r.PlanMarkOf(e), "石燕")), "request.not_now")
		d := store.EventDraft{Event: *e, Rooms: []string{"R2"}}
		d.Event.CommanderID = w.People["commander"].ID
		must(t)(s.UpdateEvent(ctx, w.Act("commander"), event, d))
		must(t)(s.SetStatus(ctx, w.Act("commander"), event, domain.EventConfirmed, ""))
		now := func() *domain.Event {
			e, _, err := s.Event(ctx, nil, event)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		equal(t, "outstanding", missing(w.request(t, id), now()), "plan hall")
		equal(t, "another plan", refused(s.ConfirmPlan(ctx, domain.Act{}, link, "old", "石燕")), "request.plan_changed")
		equal(t, "no name", refused(s.ConfirmPlan(ctx, domain.Act{}, link, r.PlanMarkOf(now()), "")), "name:field.required")
		must(t)(s.ConfirmPlan(ctx, domain.Act{}, link, r.PlanMarkOf(now()), "石燕"))
		equal(t, "confirmed", w.request(t, id).Confirmed(now()), true)
		log, err := s.Log(ctx, domain.EventTopic(event), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "in the event's log, without the name", log[0].Verb+log[0].Note+log[0].New, "event.plan_confirmed")
		d.Event.StartAt = d.Event.StartAt.Add(10 * time.Minute)
		must(t)(s.UpdateEvent(ctx, w.Act("commander"), event, d))
		equal(t, "changed since", w.request(t, id).Confirmed(now()), false)
		equal(t, "outstanding", missing(w.request(t, id), now()), "plan hall")

		must(t)(s.AcceptHall(ctx, domain.Act{}, link, "石燕", "再加两把椅子"))
		equal(t, "not over", refused(s.SignRecord(ctx, domain.Act{}, link, "石燕", 5, "")), "request.not_now")
	})
}

func TestRequestOffers(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		// R2 is taken by the visit an hour from now: what is asked for then cannot be had there.
		r := w.asked(0)
		visit, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		r.Choices = []domain.RequestChoice{{No: 1, StartAt: visit.StartAt, EndAt: visit.EndAt}}
		id, link := w.makes(t, r)
		offer := func(room string, from time.Time) domain.RequestOffer {
			return domain.RequestOffer{RoomID: room, StartAt: from, EndAt: from.Add(time.Hour), Level: 4}
		}
		equal(t, "a taken room", refused(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R2", visit.StartAt))), "rooms:event.room_taken")
		later := visit.EndAt.Add(3 * time.Hour)
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R1", later)))
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R3", later)))
		x := w.request(t, id)
		equal(t, "offered", string(x.State), "offered")
		equal(t, "the house owes nothing", x.ReplyBy == nil, true)
		equal(t, "outstanding", missing(x, nil), "offer detail")

		// One is given away meanwhile: the organiser reads it, the house hears of it, the other one stands.
		must(t)(s.SetStatus(ctx, domain.Act{}, must(t)(s.CreateEvent(ctx, w.Act("supervisor"), store.EventDraft{
			Event: domain.Event{Name: "插队", Type: "meeting", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 2, StartAt: later, EndAt: later.Add(time.Hour)}, Rooms: []string{"R1"},
		})).Created, domain.EventRequested, ""))
		equal(t, "lost", refused(s.TakeOffer(ctx, domain.Act{Key: "tap"}, link, x.Offers[0].ID, words)), "request.offer_lost")
		equal(t, "gone", refused(s.TakeOffer(ctx, domain.Act{}, link, x.Offers[0].ID, words)), "request.offer_gone")
		x = w.request(t, id)
		equal(t, "the other", string(x.State)+string(x.Offers[0].State)+string(x.Offers[1].State), "offeredgoneopen")

		// None suits, and then one does; two taps are one.
		must(t)(s.RefuseOffers(ctx, domain.Act{}, link, "要靠窗的"))
		x = w.request(t, id)
		equal(t, "refused", string(x.State)+string(x.Offers[1].State), "waitingrefused")
		equal(t, "owed", x.ReplyBy != nil, true)
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R3", later.Add(time.Hour))))
		x = w.request(t, id)
		first := must(t)(s.TakeOffer(ctx, domain.Act{Key: "k"}, link, x.Offers[2].ID, words))
		again := must(t)(s.TakeOffer(ctx, domain.Act{Key: "k"}, link, x.Offers[2].ID, words))
		equal(t, "one event", again.Created, first.Created)
		x = w.request(t, id)
		equal(t, "taken", string(x.State)+string(x.Offers[2].State)+x.EventID, "acceptedtaken"+first.Created)
		e, err := s.EventOfRequest(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "as offered", e.Rooms[0].ID+e.StartAt.Format(time.TimeOnly), "R3"+later.Add(time.Hour).Format(time.TimeOnly))

		// A room that is blocked, or out of use, is lost as well as one that is taken.
		id, link = w.makes(t, w.asked(8))
		at := s.Now().AddDate(0, 0, 8)
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R1", at)))
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R2", at)))
		must(t)(s.BlockRoom(ctx, w.Act("supervisor"), domain.Blocking{RoomID: "R1", StartAt: at, EndAt: at.Add(time.Hour), Reason: "检修"}))
		room := w.room(t, "R2")
		room.OutOfUse = true
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R2", room))
		x = w.request(t, id)
		equal(t, "blocked", refused(s.TakeOffer(ctx, domain.Act{}, link, x.Offers[0].ID, words)), "request.offer_lost")
		equal(t, "out of use", refused(s.TakeOffer(ctx, domain.Act{}, link, x.Offers[1].ID, words)), "request.offer_lost")
		x = w.request(t, id)
		equal(t, "the house owes a word", string(x.State)+string(x.Offers[0].State)+string(x.Offers[1].State), "waitinggonegone")
		equal(t, "a blocked room", refused(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R1", at))), "rooms:event.room_blocked")
		room.OutOfUse = false
		must(t)(s.UpdateRoom(ctx, w.Act("supervisor"), "R2", room))

		// Taken back, withdrawn, declined.
		id, link = w.makes(t, w.asked(9))
		must(t)(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R1", s.Now().AddDate(0, 0, 9))))
		must(t)(s.WithdrawOffer(ctx, w.Act("supervisor"), id, w.request(t, id).Offers[0].ID))
		equal(t, "taken back", string(w.request(t, id).State), "waiting")
		equal(t, "no reason", refused(s.WithdrawRequest(ctx, domain.Act{}, link, "")), "reason:item.reason_needed")
		must(t)(s.WithdrawRequest(ctx, domain.Act{}, link, "改期"))
		equal(t, "withdrawn", string(w.request(t, id).State)+w.request(t, id).Reason, "withdrawn改期")
		equal(t, "over", refused(s.OfferRoom(ctx, w.Act("supervisor"), id, offer("R1", s.Now().AddDate(0, 0, 9)))), "request.decided")
		id, _ = w.makes(t, w.asked(9))
		must(t)(s.DeclineRequest(ctx, w.Act("supervisor"), id, "当天停电检修"))
		equal(t, "declined", string(w.request(t, id).State)+w.request(t, id).Reason, "declined当天停电检修")
		sound(t, s)
	})
}

// Signed when it is over, once.
func TestRequestRecord(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id, link := w.makes(t, w.asked(1))
		event := must(t)(s.AcceptRequest(ctx, w.Act("supervisor"), id, store.Acceptance{Choice: 1, Room: "R2", Level: 4}, words)).Created
		e, _, err := s.Event(ctx, nil, event)
		if err != nil {
			t.Fatal(err)
		}
		d := store.EventDraft{Event: *e, Rooms: []string{"R2"}}
		d.Event.CommanderID = w.People["commander"].ID
		must(t)(s.UpdateEvent(ctx, domain.Act{}, event, d))
		must(t)(s.SetStatus(ctx, domain.Act{}, event, domain.EventConfirmed, ""))
		raw(t, s, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewRaw("UPDATE events SET status = 'preparing' WHERE id = ?", event).Exec(ctx)
			return err
		})
		must(t)(s.SetStatus(ctx, domain.Act{}, event, domain.EventLive, ""))
		equal(t, "running", refused(s.AcceptHall(ctx, domain.Act{}, link, "石燕", "")), "request.not_now")
		must(t)(s.SetStatus(ctx, domain.Act{}, event, domain.EventClearing, ""))
		equal(t, "empty", refused(s.SignRecord(ctx, domain.Act{}, link, "", 0, "")), "name:field.required")
		must(t)(s.SignRecord(ctx, domain.Act{}, link, "石燕", 4, "茶水很及时"))
		r := w.request(t, id)
		equal(t, "signed", r.RecordBy+r.Words, "石燕茶水很及时")
		equal(t, "how", r.Satisfaction, 4)
		signed, err := s.Signatures(ctx, event, w.Event)
		if err != nil || len(signed) != 1 || signed[event].By != "石燕" || !signed[event].At.Equal(*r.RecordAt) {
			t.Error(signed, err)
		}
		equal(t, "once", refused(s.SignRecord(ctx, domain.Act{}, link, "别人", 1, "")), "request.signed_already")
	})
}

// Who may not see a request does not find it; of a secret one the list tells alias and clock.
func TestRequestRights(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		r := w.asked(3)
		open, _ := w.makes(t, r)
		r.Secrecy, r.Purpose = domain.SecrecySecret, "评审"
		secret, link := w.makes(t, r)
		own := must(t)(s.MakeRequest(ctx, w.Act("head"), r)).Created
		sees := func(who, id string) string {
			x, err := s.Request(ctx, w.People[who], id)
			switch {
			case errors.Is(err, domain.ErrNotFound) && x == nil:
				return "-"
			case err != nil:
				t.Fatal(err)
			}
			return x.Purpose
		}
		for who, want := range map[string]string{
			"supervisor": "采购例会 评审 评审", "admin": "采购例会 评审 评审", "commander": "采购例会 - -", "head": "采购例会 - 评审", "service": "- - -", "control": "- - -", "board": "- - -",
		} {
			equal(t, who, sees(who, open)+" "+sees(who, secret)+" "+sees(who, own), want)
		}
		rows, err := s.Requests(ctx, w.People["commander"], false, 10)
		if err != nil {
			t.Fatal(err)
		}
		hidden := slices.DeleteFunc(rows, func(x store.RequestRow) bool { return !x.Hidden })
		equal(t, "hidden", len(hidden), 2)
		for _, x := range hidden {
			equal(t, "told", x.Purpose+x.Organiser+x.Contact+x.Phone+x.ID, "")
			equal(t, "alias and clock", len(x.Alias()) == 3 && x.ReplyBy != nil, true)
		}
		deeds := map[string]func(a domain.Act, id string) (domain.Receipt, error){
			"accept": func(a domain.Act, id string) (domain.Receipt, error) {
				return s.AcceptRequest(ctx, a, id, store.Acceptance{Choice: 1, Room: "R2", Level: 4}, words)
			},
			"offer": func(a domain.Act, id string) (domain.Receipt, error) {
				return s.OfferRoom(ctx, a, id, domain.RequestOffer{RoomID: "R1", StartAt: s.Now().AddDate(0, 0, 1), EndAt: s.Now().AddDate(0, 0, 2), Level: 4})
			},
			"take back": func(a domain.Act, id string) (domain.Receipt, error) { return s.WithdrawOffer(ctx, a, id, "x") },
			"decline":   func(a domain.Act, id string) (domain.Receipt, error) { return s.DeclineRequest(ctx, a, id, "x") },
			"ask":       func(a domain.Act, id string) (domain.Receipt, error) { return s.AskOrganiser(ctx, a, id, "x") },
			"answer": func(a domain.Act, id string) (domain.Receipt, error) {
				return s.AnswerForOrganiser(ctx, a, id, "x", "x")
			},
			"note": func(a domain.Act, id string) (domain.Receipt, error) { return s.NoteRequest(ctx, a, id, "x") },
			"assign": func(a domain.Act, id string) (domain.Receipt, error) {
				return s.AssignRequest(ctx, a, id, w.People["commander"].ID)
			},
			"revoke": func(a domain.Act, id string) (domain.Receipt, error) { return s.RevokeRequestLink(ctx, a, id) },
		}
		head := w.head(t, domain.TopicRequests)
		for name, do := range deeds {
			for _, who := range []string{"service", "control", "board", "supplies", "captain"} {
				equal(t, name+" by "+who, refused(do(w.Act(who), open)), "error.forbidden")
			}
			equal(t, name+" of a secret one", refused(do(w.Act("commander"), secret)), "error.not_found")
			equal(t, name+" of nothing", refused(do(w.Act("supervisor"), "nothing")), "error.not_found")
		}
		equal(t, "made by who may not", refused(s.MakeRequest(ctx, w.Act("service"), w.asked(2))), "error.forbidden")
		equal(t, "nothing changed", w.head(t, domain.TopicRequests), head)

		// Its notice names nobody; who is to deal with it sees it; a link that was replaced opens nothing.
		for _, n := range noticesOf(t, s, w.People["supervisor"], domain.NoticeRequest) {
			if n.URL == "/requests/"+secret {
				equal(t, "notice", n.Args["purpose"]+n.Args["organiser"], "")
			}
		}
		must(t)(s.AssignRequest(ctx, w.Act("supervisor"), secret, w.People["commander"].ID))
		equal(t, "assigned", sees("commander", secret), "评审")
		equal(t, "to a guard", refused(s.AssignRequest(ctx, w.Act("supervisor"), open, w.People["security"].ID)), "person:field.choose")
		must(t)(s.RevokeRequestLink(ctx, w.Act("supervisor"), secret))
		_, _, err = s.RequestByPass(ctx, link)
		equal(t, "revoked", errors.Is(err, domain.ErrNotFound), true)
		equal(t, "and acts with it", refused(s.WithdrawRequest(ctx, domain.Act{}, link, "x")), "error.not_found")
		if _, _, err := s.RequestByPass(ctx, w.link(t, secret, 1)); err != nil {
			t.Fatal(err)
		}
		guest, err := s.Token(ctx, domain.Pass{Kind: domain.PassOrganiser, ID: open})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = s.RequestByPass(ctx, guest)
		equal(t, "another kind of link", errors.Is(err, domain.ErrNotFound), true)
	})
}

// Who was to answer and did not is told once, and no more when it is done.
func TestRequestLate(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id, _ := w.makes(t, w.asked(30))
		due := *w.request(t, id).ReplyBy
		tell := func() int {
			t.Helper()
			for range 2 {
				if err := errors.Join(s.TellRequests(ctx), s.SettleNotices(ctx)); err != nil {
					t.Fatal(err)
				}
			}
			return len(noticesOf(t, s, w.People["supervisor"], domain.NoticeRequestLate))
		}
		equal(t, "in time", tell(), 0)
		s.Now = func() time.Time { return due.Add(time.Minute) }
		equal(t, "late", tell(), 1)
		equal(t, "open", noticesOf(t, s, w.People["supervisor"], domain.NoticeRequestLate)[0].SettledAt == nil, true)
		must(t)(s.DeclineRequest(ctx, w.Act("supervisor"), id, "满了"))
		equal(t, "told once", tell(), 1)
		equal(t, "settled", noticesOf(t, s, w.People["supervisor"], domain.NoticeRequestLate)[0].SettledAt != nil, true)
	})
}

func TestReplyHours(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.SetReplyHours(ctx, w.Act("admin"), 60, 0, 1440, "1234567"))
		id, _ := w.makes(t, w.asked(3))
		equal(t, "an hour", w.request(t, id).ReplyBy.Equal(s.Now().Add(time.Hour)), true)
		equal(t, "nonsense", refused(s.SetReplyHours(ctx, w.Act("admin"), 5, 600, 500, "18")), "reply_minutes:request.minutes_range")
		equal(t, "who", refused(s.SetReplyHours(ctx, w.Act("supervisor"), 60, 0, 1440, "1")), "error.forbidden")
	})
}

// What names the organiser goes with the time for keeping it; states and figures stay.
func TestRequestErased(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		r := w.asked(1)
		r.Files = []domain.RequestFile{{Name: "议程.pdf", Kind: "pdf", Size: 10, File: "x.att"}}
		s.Mailing = true
		id, link := w.makes(t, r)
		must(t)(s.AskOrganiser(ctx, w.Act("supervisor"), id, "石燕在吗？"))
		must(t)(s.AnswerQuestion(ctx, domain.Act{}, link, w.request(t, id).Questions[0].ID, "石燕在"))
		must(t)(s.NoteRequest(ctx, w.Act("supervisor"), id, "石燕来过电话"))
		must(t)(s.DeclineRequest(ctx, w.Act("supervisor"), id, "石燕说不要了"))
		kept, _ := w.makes(t, w.asked(400))
		mail, err := s.LastMail(ctx, id)
		equal(t, "mail", err == nil && mail != nil && mail.State == domain.MailWaiting && mail.Address == "shiyan@example.com", true)
		now := s.Now()
		s.Now = func() time.Time { return now.AddDate(0, 0, 185) }
		n, err := s.EraseRequests(ctx)
		equal(t, "erased", n, 1)
		if err != nil {
			t.Fatal(err)
		}
		n, err = s.EraseRequests(ctx)
		equal(t, "once", n == 0 && err == nil, true)
		x := w.request(t, id)
		log, err := s.RequestLog(ctx, id, 50)
		if err != nil {
			t.Fatal(err)
		}
		text := x.Contact + x.Phone + x.Email + x.Notes + x.Reason + x.Questions[0].Question + x.Questions[0].Answer
		for _, c := range log {
			text += c.Note + c.Old + c.New + c.Label
		}
		if strings.Contains(text, "石燕") || strings.Contains(text, "6001") || strings.Contains(text, "@") {
			t.Error(text)
		}
		equal(t, "what stays", string(x.State)+x.Organiser, "declined采购部")
		equal(t, "files", len(x.Files), 0)
		mail, err = s.LastMail(ctx, id)
		equal(t, "no mail", err == nil && mail == nil, true)
		_, _, err = s.RequestByPass(ctx, link)
		equal(t, "its link", errors.Is(err, domain.ErrNotFound), true)
		equal(t, "no more acts", refused(s.NoteRequest(ctx, w.Act("supervisor"), id, "x")), "request.erased")
		equal(t, "one that is to come", w.request(t, kept).Contact, "石燕")
		sound(t, s)
	})
}

// A form knows when it was handed out, and nobody else can say so.
func TestFormStamp(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		stamp, err := s.FormStamp(ctx, s.Now())
		if err != nil {
			t.Fatal(err)
		}
		now := s.Now()
		s.Now = func() time.Time { return now.Add(time.Minute) }
		age, ok, err := s.FormAge(ctx, stamp)
		equal(t, "age", ok && err == nil && age > 59*time.Second && age < 61*time.Second, true)
		for _, bad := range []string{"", "x", stamp[1:], strings.ToUpper(stamp), stamp + "A"} {
			_, ok, err := s.FormAge(ctx, bad)
			equal(t, bad, ok || err != nil, false)
		}
	})
}
