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

// The tick a crew member makes, its check and its acceptance, and back.
func TestTickAndAccept(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s1 := func() domain.Item { return w.Item(t, w.Event, "S1") } // both look at it
		steps := []struct {
			name, who string
			do        func(ctx context.Context, act domain.Act, id string) (domain.Receipt, error)
			refusal   string
			want      string
			log       string
		}{
			{"tick", "service", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.DoItem(ctx, a, id, "")
			}, "", "submitted service", "item.done due→submitted, event.status confirmed→preparing"},
			{"accept before the check", "commander", s.AcceptItem, "item.check_first", "submitted service", ""},
			{"check", "supervisor", s.AcceptItem, "", "submitted service checked supervisor", "item.checked submitted→submitted"},
			{"check again", "head", s.AcceptItem, "", "submitted service checked supervisor", ""},
			{"accept", "commander", s.AcceptItem, "", "accepted service checked supervisor accepted commander", "item.accepted submitted→accepted"},
			{"undo of what is accepted", "service", s.UndoItem, "item.accepted_already", "accepted service checked supervisor accepted commander", ""},
			{"take the acceptance back", "commander", s.UnacceptItem, "", "submitted service checked supervisor", "item.unaccepted accepted→submitted"},
			{"reject", "commander", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.RejectItem(ctx, a, id, " 缺工牌 ")
			}, "", "rejected service 缺工牌", "item.rejected submitted→rejected"},
			{"tick by a mate", "service2", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.DoItem(ctx, a, id, "")
			}, "", "submitted service2 缺工牌", "item.done rejected→submitted"},
			{"undo", "service2", s.UndoItem, "", "rejected 缺工牌", "item.undone submitted→rejected"},
			{"obstacle", "service", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.BlockItem(ctx, a, id, "停电")
			}, "", "blocked 停电", "item.blocked rejected→blocked"},
			{"cleared", "service", s.UnblockItem, "", "open", "item.unblocked blocked→open"},
			{"left out by the crew", "service", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.ExemptItem(ctx, a, id, "不用")
			}, "item.star_commander", "open", ""},
			{"left out", "commander", func(ctx context.Context, a domain.Act, id string) (domain.Receipt, error) {
				return s.ExemptItem(ctx, a, id, "不用")
			}, "", "not-needed 不用", "item.not_needed due→not-needed"},
			{"brought back by the crew", "service", s.RequireItem, "item.star_commander", "not-needed 不用", ""},
			{"undo by the crew", "service", s.UndoItem, "item.star_commander", "not-needed 不用", ""},
			{"brought back", "commander", s.RequireItem, "", "open", "item.needed not-needed→open"},
		}
		name := map[string]string{}
		for no, p := range w.People {
			name[p.ID] = no
		}
		for _, x := range steps {
			head := w.head(t, domain.EventTopic(w.Event))
			equal(t, x.name, refused(x.do(ctx, w.Act(x.who), s1().ID)), x.refusal)
			i := s1()
			got := strings.Fields(fmt.Sprint(i.Status, " ", name[i.DoneBy]))
			if i.CheckedAt != nil {
				got = append(got, "checked", name[i.CheckedBy])
			}
			if i.AcceptedAt != nil {
				got = append(got, "accepted", name[i.AcceptedBy])
			}
			if i.Reason != "" {
				got = append(got, i.Reason)
			}
			equal(t, x.name, strings.Join(got, " "), x.want)
			equal(t, x.name, w.since(t, w.Event, head), x.log) // what is refused or said twice is not in it
		}
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// Nobody accepts what he did himself, in whatever capacity (J.6.1).
func TestOwnItem(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s9 := w.Item(t, w.Event, "S9").ID
		must(t)(s.DoItem(ctx, w.Act("supervisor"), s9, ""))
		equal(t, "checks his own", refused(s.AcceptItem(ctx, w.Act("supervisor"), s9)), "item.own_item")
		must(t)(s.AcceptItem(ctx, w.Act("head"), s9))
		must(t)(s.AcceptItem(ctx, w.Act("commander"), s9))
		m5 := w.Item(t, w.Event, "M5").ID // the organiser's word
		must(t)(s.DoItem(ctx, w.Act("commander"), m5, ""))
		equal(t, "accepts his own", refused(s.AcceptItem(ctx, w.Act("commander"), m5)), "item.own_item")
		must(t)(s.AcceptItem(ctx, w.Act("supervisor"), m5))
		m6 := w.Item(t, w.Event, "M6").ID // nobody stands above the commander
		must(t)(s.DoItem(ctx, w.Act("commander"), m6, ""))
		equal(t, "M6", w.Item(t, w.Event, "M6").Status, domain.ItemDone)
	})
}

func TestReadingsAreKept(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		e5 := w.Item(t, w.Event, "E5").ID // 24–26 °C
		for reading, want := range map[string]string{"": "reading:item.reading_needed", "warm": "reading:item.reading_number", "NaN": "reading:item.reading_number"} {
			equal(t, reading, refused(s.DoItem(ctx, w.Act("engineering"), e5, reading)), want)
		}
		must(t)(s.DoItem(ctx, w.Act("engineering"), e5, "２７．５℃"))
		i := w.Item(t, w.Event, "E5")
		equal(t, "kept", fmt.Sprint(i.Reading, " ", i.Status, " ", i.OutOfRange()), "27.5 submitted true")
		must(t)(s.UndoItem(ctx, w.Act("engineering"), e5))
		equal(t, "gone", w.Item(t, w.Event, "E5").Reading, "")
	})
}

func TestTeaRounds(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.DoItem(ctx, w.Act("service"), w.Item(t, w.Event, "S4").ID, ""))
		w.set("09:32")
		w.status(t, w.Event, domain.EventLive) // 09:32 to 11:50, every 20: six rounds
		id := w.Item(t, w.Event, "S15").ID
		show := func() string {
			i := w.Item(t, w.Event, "S15")
			return fmt.Sprintf("%d/%d done %d missed %d next %s %s", i.RoundNo, i.RoundsTotal, i.RoundsDone, i.RoundsMissed, at(i.DueAt)[6:], i.Status)
		}
		equal(t, "by the actual start", show(), "1/6 done 0 missed 0 next 09:52 open")
		for _, x := range []struct{ at, do, want, log string }{
			{"09:53", "do", "2/6 done 1 missed 0 next 10:12 open", "item.round due→1"},
			{"10:14", "defer", "3/6 done 1 missed 0 next 10:32 open", "item.deferred late→2"},
			{"11:14", "do", "6/6 done 2 missed 2 next 11:32 open", "item.round late→5"},
			{"11:15", "undo", "3/6 done 1 missed 0 next 10:32 open", "item.round_undone 5→open"},
			{"11:16", "undo", "2/6 done 1 missed 0 next 10:12 open", "item.round_undone 2→open"},
			{"11:17", "do", "6/6 done 2 missed 3 next 11:32 open", "item.round late→5"},
			{"11:33", "do", "7/6 done 3 missed 3 next 11:32 done", "item.round due→6"},
			{"11:34", "do", "!item.rounds_over", ""},
			{"11:35", "undo", "6/6 done 2 missed 3 next 11:32 open", "item.round_undone 6→open"},
		} {
			w.set(x.at)
			head := w.head(t, domain.EventTopic(w.Event))
			var err error
			switch x.do {
			case "do":
				_, err = s.DoItem(ctx, w.Act("service"), id, "")
			case "defer":
				_, err = s.DeferRound(ctx, w.Act("service"), id, "领导正在讲话")
			case "undo":
				_, err = s.UndoItem(ctx, w.Act("service"), id)
			}
			got := show()
			if err != nil {
				got = "!" + key(err)
			}
			equal(t, x.at+" "+x.do, got, x.want)
			equal(t, x.at+" log", w.since(t, w.Event, head), x.log)
		}
		equal(t, "rounds kept", rows(t, s, "SELECT COUNT(*) FROM rounds WHERE item_id = ?", id), 2)
		equal(t, "no reason", refused(s.DeferRound(ctx, w.Act("service"), id, " ")), "reason:item.reason_needed")
		equal(t, "too long", refused(s.DeferRound(ctx, w.Act("service"), id, strings.Repeat("长", 201))), "reason:field.too_long")
		equal(t, "a tick is no round", refused(s.DeferRound(ctx, w.Act("service"), w.Item(t, w.Event, "S14").ID, "掌声")), "item.not_round")

		// The end closes what is open; going on opens it again; nothing is counted twice.
		w.set("11:40")
		w.status(t, w.Event, domain.EventClearing)
		equal(t, "ended early", show(), "7/6 done 2 missed 4 next 11:32 done")
		w.status(t, w.Event, domain.EventLive)
		must(t)(w.change(t, w.Event, func(d *store.EventDraft) { d.Event.EndAt = clock("12:30") }))
		equal(t, "and longer", show(), "7/8 done 2 missed 4 next 11:52 open")
		w.set("11:52")
		must(t)(s.DoItem(ctx, w.Act("service"), id, ""))
		equal(t, "goes on", show(), "8/8 done 3 missed 4 next 12:12 open")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// TestLateActs: a phone without network sends its acts later. They are judged
// as of when they were done, kept with both times, and never undo newer ones.
func TestLateActs(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := func() domain.Item { return w.Item(t, w.Event, "S4") }
		w.set("08:50")
		must(t)(s.DoItem(ctx, w.acted("service", "08:40"), s4().ID, ""))
		i := s4()
		equal(t, "done, received", at(i.DoneAt)+" "+at(i.DoneReceivedAt), "03-18 08:40 03-18 08:50")

		w.set("09:00")
		must(t)(s.RejectItem(ctx, w.Act("commander"), i.ID, "左右放反"))
		w.set("09:10")
		head, before := w.head(t, domain.EventTopic(w.Event)), s4()
		r := must(t)(s.DoItem(ctx, w.acted("service2", "08:55"), i.ID, ""))
		equal(t, "a tick from before the rejection", r.Notice, "act.overtaken")
		after := s4()
		after.Seq = before.Seq
		equal(t, "nothing changed", fmt.Sprintf("%+v", show(after)), fmt.Sprintf("%+v", show(before)))
		equal(t, "but it is in the log", w.since(t, w.Event, head), "item.overtaken rejected→rejected")
		equal(t, "and its row is shown again", s4().Seq, head+1)

		must(t)(s.AddPhoto(ctx, w.acted("service2", "09:04"), domain.Photo{ID: store.NewID(), ItemID: i.ID, File: "x", Width: 4, Height: 3}))
		r = must(t)(s.DoItem(ctx, w.acted("service2", "09:05"), i.ID, ""))
		equal(t, "one from after it", r.Notice+string(s4().Status)+at(s4().DoneAt), "submitted03-18 09:05")
		equal(t, "a stranger's late act", refused(s.DoItem(ctx, w.acted("cleaning", "08:00"), i.ID, "")), "error.forbidden")

		// Two phones, two clocks: a moment's difference does not make an act late.
		w.set("09:20")
		must(t)(s.UndoItem(ctx, w.Act("service2"), i.ID))
		w.pass(2 * time.Second)
		act := w.Act("service")
		act.ActedAt = clock("09:20").Add(-time.Second)
		equal(t, "a second before", must(t)(s.DoItem(ctx, act, i.ID, "")).Notice, "")
		equal(t, "done at the moment of what it followed", s4().DoneAt.Equal(clock("09:20")), true)

		// A stamp that cannot be is as good as none.
		for n, stamp := range []time.Time{clock("09:30").Add(time.Hour), clock("09:30").AddDate(0, 0, -4), {}} {
			id := []string{"S5", "S6", "S7"}[n]
			w.set("09:30")
			act := w.Act("service")
			act.ActedAt = stamp
			must(t)(s.DoItem(ctx, act, w.Item(t, w.Event, id).ID, ""))
			i := w.Item(t, w.Event, id)
			equal(t, fmt.Sprint(stamp), at(i.DoneAt), "03-18 09:30")
		}

		// Acts that come in the wrong order end where the right order would.
		s10 := w.Item(t, w.Event, "S10").ID
		w.set("09:40")
		must(t)(s.DoItem(ctx, w.acted("service", "09:36"), s10, "30"))
		equal(t, "undo of an earlier tick", must(t)(s.UndoItem(ctx, w.acted("service", "09:34"), s10)).Notice, "act.overtaken")
		equal(t, "the earlier tick", must(t)(s.DoItem(ctx, w.acted("service", "09:32"), s10, "20")).Notice, "act.overtaken")
		i = w.Item(t, w.Event, "S10")
		equal(t, "ends", fmt.Sprint(i.Reading, " ", at(i.DoneAt)), "30 03-18 09:36")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// show is an item without its pointers.
func show(i domain.Item) string {
	return fmt.Sprint(i.Status, i.Seq, at(&i.StateAt), at(i.DoneAt), i.DoneBy, at(i.CheckedAt), at(i.AcceptedAt), i.Reason, i.ReasonBy, i.Redo, i.Reading)
}

func TestAddItem(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		due := clock("09:10")
		r := must(t)(s.AddItem(ctx, w.Act("captain"), domain.Item{ID: "from-the-phone", EventID: w.Event, Zh: " 加一名\u202e门岗 ", Crew: domain.CrewSEC, Phase: domain.PhasePre, DueAt: &due}))
		equal(t, "id", r.Created, "from-the-phone")
		i, e, v, err := s.Item(ctx, w.People["security"], r.Created)
		if err != nil || e.ID != w.Event || v.Relation != domain.RelationAssigned {
			t.Fatal(i, e, v, err)
		}
		equal(t, "item", fmt.Sprint(i.Zh, " ", i.Anchor, " ", at(i.DueAt), " ", i.Acceptance, " ", i.Status), "加一名门岗 fixed 03-18 09:10 commander open") // J.6.1
		second := must(t)(s.AddItem(ctx, w.Act("captain"), domain.Item{EventID: w.Event, Zh: "加一把伞", Crew: domain.CrewSEC, Phase: domain.PhasePre}))
		if j, _, _, err := s.Item(ctx, w.People["security"], second.Created); err != nil || i.Sort < 1000 || j.Sort != i.Sort+1 {
			t.Errorf("each has its place: %d, then %+v %v", i.Sort, j, err)
		}
		equal(t, "the same id", refused(s.AddItem(ctx, w.Act("captain"), domain.Item{ID: "from-the-phone", EventID: w.Other, Zh: "x", Crew: domain.CrewSEC, Phase: domain.PhasePre})), "error.not_found")
		equal(t, "the same id, seen", refused(s.AddItem(ctx, w.Act("commander"), domain.Item{ID: "from-the-phone", EventID: w.Other, Zh: "x", Crew: domain.CrewSEC, Phase: domain.PhasePre})), "item.exists")
		for name, x := range map[string]struct {
			in   domain.Item
			want string
		}{
			"text":     {domain.Item{Zh: " ", Crew: domain.CrewSEC, Phase: domain.PhasePre}, "text:field.required"},
			"crew":     {domain.Item{Zh: "x", Crew: "?", Phase: domain.PhasePre}, "crew:field.choose"},
			"phase":    {domain.Item{Zh: "x", Crew: domain.CrewSEC}, "phase:field.choose"},
			"assignee": {domain.Item{Zh: "x", Crew: domain.CrewSEC, Phase: domain.PhasePre, AssigneeID: "nobody"}, "assignee_id:field.choose"},
		} {
			x.in.EventID = w.Event
			equal(t, name, refused(s.AddItem(ctx, w.Act("commander"), x.in)), x.want)
		}
		// It lives like the others, and a moved event leaves its time alone.
		must(t)(s.DoItem(ctx, w.Act("security"), i.ID, ""))
		must(t)(s.AcceptItem(ctx, w.Act("commander"), i.ID))
		must(t)(s.UnacceptItem(ctx, w.Act("commander"), i.ID))
		must(t)(s.UndoItem(ctx, w.Act("security"), i.ID))
		must(t)(w.change(t, w.Event, func(d *store.EventDraft) { d.Event.StartAt = d.Event.StartAt.Add(30 * time.Minute) }))
		i, _, _, err = s.Item(ctx, w.People["security"], r.Created)
		if err != nil || at(i.DueAt) != "03-18 09:10" || i.Status != domain.ItemOpen {
			t.Errorf("%+v, %v", i, err)
		}
		draft := must(t)(s.CreateEvent(ctx, w.Act("supervisor"), w.meeting("15:00", "16:00", "R3"))).Created
		equal(t, "on a draft", refused(s.AddItem(ctx, w.Act("commander"), domain.Item{EventID: draft, Zh: "x", Crew: domain.CrewSEC, Phase: domain.PhasePre})), "event.not_working")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestAcceptCrew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		done := func(who string, ids ...string) {
			for _, id := range ids {
				must(t)(s.DoItem(ctx, w.Act(who), w.Item(t, w.Event, id).ID, "25"))
			}
		}
		states := func(ids string) string {
			var list []string
			for _, id := range strings.Fields(ids) {
				list = append(list, string(w.Item(t, w.Event, id).Status))
			}
			return strings.Join(list, " ")
		}
		done("service", "S1", "S3", "S4", "S6", "S10")
		done("supervisor", "S5", "C3")
		done("commander", "M5")
		w.pass(time.Minute)
		equal(t, "an attendant", refused(s.AcceptCrew(ctx, w.Act("service"), w.Event, domain.CrewSVC, "", nil)), "error.forbidden")

		except := w.Item(t, w.Event, "S6").ID
		head, h := w.head(t, domain.EventTopic(w.Event)), hear(s)
		act := w.Act("commander")
		r := must(t)(s.AcceptCrew(ctx, act, w.Event, domain.CrewSVC, "", []string{except}))
		equal(t, "the crew but one", states("S1 S3 S4 S5 S6 S10 C3 M5"), "submitted accepted accepted accepted submitted accepted submitted submitted")
		equal(t, "told", fmt.Sprint(r.Notice, " ", r.Args["n"], " ", r.Args["skipped"]), "items.accepted_skipped 4 1") // S1 waits for the check
		equal(t, "one act", fmt.Sprint(r.Seq-head, h.count(), len(r.Subjects)), "4 1 4")
		again := must(t)(s.AcceptCrew(ctx, act, w.Event, domain.CrewSVC, "", []string{except}))
		equal(t, "the same key", again.Repeated, true)

		r = must(t)(s.AcceptCrew(ctx, w.Act("supervisor"), w.Event, "", "", nil))
		equal(t, "the supervisor checks and accepts what is his", states("S1 S6 C3 M5"), "submitted submitted submitted accepted")
		equal(t, "S1 is checked", w.Item(t, w.Event, "S1").CheckedBy, w.People["supervisor"].ID)
		r = must(t)(s.AcceptCrew(ctx, w.Act("commander"), w.Event, "", domain.PhasePost, nil))
		equal(t, "another phase", r.Args["n"], "0")
		r = must(t)(s.AcceptCrew(ctx, w.Act("commander"), w.Event, "", domain.PhasePre, nil))
		equal(t, "all the rest", states("S1 S6 C3")+r.Notice, "accepted accepted accepteditems.accepted")

		// His own he passes over, and says so.
		must(t)(s.RejectItem(ctx, w.Act("supervisor"), w.Item(t, w.Event, "M5").ID, "漏一段"))
		done("commander", "M5")
		w.pass(time.Second)
		r = must(t)(s.AcceptCrew(ctx, w.Act("commander"), w.Event, domain.CrewCMD, "", nil))
		equal(t, "own", fmt.Sprint(r.Notice, r.Args["n"], r.Args["skipped"], " ", states("M5")), "items.accepted_skipped01 submitted")

		// What changed after the person looked is left for the next look; a moment does not count.
		w.set("09:00")
		done("service", "S7")
		w.set("09:10")
		r = must(t)(s.AcceptCrew(ctx, w.acted("commander", "08:59"), w.Event, domain.CrewSVC, "", nil))
		equal(t, "ticked after the look", states("S7"), "submitted")
		w.set("09:00")
		w.pass(2 * time.Second)
		act = w.Act("commander")
		act.ActedAt = clock("09:00").Add(-time.Second)
		must(t)(s.AcceptCrew(ctx, act, w.Event, domain.CrewSVC, "", nil))
		equal(t, "two clocks", states("S7"), "accepted")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// A small meeting costs a few taps, not 34.
func TestBundles(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		count := func() string {
			n := map[domain.ItemStatus]int{}
			for _, i := range w.items(t, w.Other) {
				if i.Crew == domain.CrewSVC {
					n[i.Status]++
				}
			}
			return fmt.Sprint(n[domain.ItemOpen], " open ", n[domain.ItemSubmitted], " submitted ", n[domain.ItemDone], " done")
		}
		equal(t, "before", count(), "15 open 0 submitted 0 done")
		r := must(t)(s.DoBundle(ctx, w.Act("service2"), w.Other, "", domain.PhasePre))
		// S1 S4 S9 wait for acceptance, S11 S12 do not; S2 wants a signature, S10 a reading.
		equal(t, "pre", count(), "10 open 3 submitted 2 done")
		equal(t, "told", fmt.Sprint(r.Notice, " ", r.Args["n"], " ", r.Args["skipped"]), "items.done_skipped 5 2")
		equal(t, "other crews", w.Item(t, w.Other, "C2").Status, domain.ItemOpen)
		equal(t, "now", w.event(t, w.Other).Status, domain.EventPreparing)
		again := must(t)(s.DoBundle(ctx, w.Act("service2"), w.Other, "", domain.PhasePre))
		equal(t, "again", again.Args["n"], "0")
		must(t)(s.DoBundle(ctx, w.Act("service2"), w.Other, "", domain.PhaseDuring))
		equal(t, "during: one tick, rounds are taken one by one", count(), "9 open 3 submitted 3 done")

		// The supervisor for all crews, but for what is gated.
		must(t)(s.DoBundle(ctx, w.Act("supervisor"), w.Other, domain.CrewCLN, domain.PhasePost))
		equal(t, "one crew", fmt.Sprint(w.Item(t, w.Other, "C8").Status, " ", w.Item(t, w.Other, "E10").Status), "submitted open")
		must(t)(s.DoBundle(ctx, w.Act("supervisor"), w.Other, "", domain.PhasePost))
		equal(t, "all crews", fmt.Sprint(w.Item(t, w.Other, "E10").Status, " ", w.Item(t, w.Other, "M10").Status, " ", w.Item(t, w.Other, "M13").Status), "submitted open open")
		must(t)(s.DoBundle(ctx, w.Act("commander"), w.Other, "", domain.PhasePre))
		equal(t, "the word ready is no item of a bundle", fmt.Sprint(w.Item(t, w.Other, "M6").Status, " ", w.Item(t, w.Other, "M7").Status), "done open")
		must(t)(s.SetStatus(ctx, w.Act("commander"), w.Other, domain.EventCancelled, "改期"))
		equal(t, "cancelled", refused(s.DoBundle(ctx, w.Act("service2"), w.Other, "", domain.PhasePost)), "event.not_working")
		whole(t, s, domain.EventTopic(w.Other))
	})
}

// Two at once: one tick counts, the other is told whose.
func TestTickAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		head := w.head(t, domain.EventTopic(w.Event))
		s4 := w.Item(t, w.Event, "S4").ID
		notices := make([]string, 8)
		together(len(notices), func(k int) {
			r, err := s.DoItem(ctx, w.Act([]string{"service", "service2"}[k%2]), s4, "")
			if err != nil {
				t.Error(err)
			}
			notices[k] = r.Notice
		})
		equal(t, "log", w.since(t, w.Event, head), "item.done due→submitted, event.status confirmed→preparing")
		equal(t, "told", strings.Count(strings.Join(notices, " "), "item.done_by_other"), 4)
	})
}

func TestItemLists(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.ExemptItem(ctx, w.Act("commander"), w.Item(t, w.Other, "S4").ID, "不用"))
		must(t)(s.DoItem(ctx, w.Act("service2"), w.Item(t, w.Other, "S1").ID, ""))  // submitted: still to do
		must(t)(s.DoItem(ctx, w.Act("service2"), w.Item(t, w.Other, "S11").ID, "")) // done
		list, err := s.ItemsOfEvents(ctx, []string{w.Other, w.Secret})
		if err != nil || len(list) != 34-2+34 {
			t.Errorf("%d to do, %v", len(list), err)
		}
		if list, err := s.ItemsOfEvents(ctx, nil); err != nil || len(list) != 0 {
			t.Errorf("%d to do of nothing, %v", len(list), err)
		}
		ids := []string{w.Item(t, w.Event, "S4").ID, "nothing", w.Item(t, w.Other, "S4").ID}
		if list, err := s.ItemsByID(ctx, ids); err != nil || len(list) != 2 {
			t.Errorf("%d by id, %v", len(list), err)
		}
		if list, err := s.ItemsByID(ctx, nil); err != nil || len(list) != 0 {
			t.Errorf("%d by no id, %v", len(list), err)
		}
	})
}
