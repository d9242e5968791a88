package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// later is a requested event that many days ahead.
func (w *world) later(t *testing.T, days, level int, secrecy domain.Secrecy) string {
	t.Helper()
	start := w.Store.Now().AddDate(0, 0, days)
	d := store.EventDraft{Event: domain.Event{
		Name: "年会", Type: "meeting", Organiser: "工会", Contact: "黄鹂", Level: level, LevelReason: "年会", Secrecy: secrecy, Heads: 20, CommanderID: w.People["commander"].ID, StartAt: start, EndAt: start.Add(time.Hour),
	}, Rooms: []string{"R1"}}
	id := must(t)(w.Store.CreateEvent(t.Context(), domain.Act{}, d)).Created
	must(t)(w.Store.SetStatus(t.Context(), domain.Act{}, id, domain.EventRequested, ""))
	return id
}

func (w *world) track(t *testing.T, event string) map[string]domain.Milestone {
	t.Helper()
	list, err := w.Store.Milestones(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]domain.Milestone{}
	for _, x := range list {
		m[x.Step+x.KickoffID] = x
	}
	return m
}

func TestPlannedTrack(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		rules, err := s.MilestoneRules(ctx)
		if err != nil || !reflect.DeepEqual(rules, domain.UsualMilestoneRules()) {
			t.Fatal("a new site begins with the usual rules: ", err, rules)
		}
		id := w.later(t, 21, 2, domain.SecrecyNormal)
		track := w.track(t, id)
		equal(t, "steps", len(track), 10)
		equal(t, "D-30 was over when it was made", track["kickoff"].LateStart, true)
		equal(t, "D-20 was not", track["venue"].LateStart, false)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), id, domain.EventConfirmed, ""))
		equal(t, "confirming changes nothing", w.track(t, id)["kickoff"].Seq, track["kickoff"].Seq)

		// By hand, done, waived: those stay when the event moves.
		hand := track["letters"].DueAt.Add(24 * time.Hour)
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), track["letters"].ID, domain.Milestone{Crew: domain.CrewSVC, OwnerID: w.People["service"].ID, DueAt: hand}, track["letters"].Seq))
		_, err = s.ChangeMilestone(ctx, w.Act("commander"), track["letters"].ID, domain.Milestone{Crew: domain.CrewSVC, DueAt: hand}, track["letters"].Seq)
		equal(t, "changed meanwhile", refusal(err), "programme.changed_meanwhile")
		must(t)(s.FinishMilestone(ctx, w.Act("supervisor"), track["topic"].ID))
		equal(t, "without a reason", refusal(errOf(s.WaiveMilestone(ctx, w.Act("supervisor"), track["kickoff"].ID, ""))), "reason:item.reason_needed")
		must(t)(s.WaiveMilestone(ctx, w.Act("supervisor"), track["kickoff"].ID, "临时来访"))
		form := w.form(t, id)
		form.Event.StartAt, form.Event.EndAt = form.Event.StartAt.AddDate(0, 0, 14), form.Event.EndAt.AddDate(0, 0, 14)
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), id, form))
		moved := w.track(t, id)
		equal(t, "moved along", moved["venue"].DueAt.Equal(track["venue"].DueAt.AddDate(0, 0, 14)), true)
		equal(t, "no late start any more", moved["plan"].LateStart, false)
		equal(t, "by hand", moved["letters"].DueAt.Equal(hand), true)
		equal(t, "done stays", moved["topic"].DueAt.Equal(track["topic"].DueAt), true)
		equal(t, "waived", moved["kickoff"].Reason, "临时来访")
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), track["letters"].ID, domain.Milestone{Crew: domain.CrewSVC}, 0))
		equal(t, "by rule again", w.track(t, id)["letters"].DueAt.Equal(track["letters"].DueAt.AddDate(0, 0, 14)), true)

		// Another level has other steps; what was touched stays.
		form = w.form(t, id)
		form.Event.Level, form.Event.LevelReason = 4, "规模缩小"
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), id, form))
		small := w.track(t, id)
		equal(t, "what is left", len(small), 2)
		equal(t, "done", small["topic"].Status, domain.MilestoneDone)
		form = w.form(t, id)
		form.Event.Level, form.Event.LevelReason = 2, "恢复"
		must(t)(s.UpdateEvent(ctx, w.Act("supervisor"), id, form))
		again := w.track(t, id)
		equal(t, "back", len(again), 10)
		equal(t, "the same rows", again["venue"].ID, track["venue"].ID)
		sound(t, s)
	})
}

func errOf(_ domain.Receipt, err error) error { return err }

// A meeting's decisions are tasks; the kick-off itself settles its step.
func TestKickoffs(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := w.later(t, 40, 1, domain.SecrecyNormal)
		meeting := domain.Kickoff{Kind: "kickoff", HeldAt: s.Now().Add(time.Hour), People: "云母、石英"}
		first := must(t)(s.AddKickoff(ctx, w.Act("supervisor"), id, meeting)).Created
		equal(t, "not held yet", w.track(t, id)["kickoff"].Status, domain.MilestoneOpen)
		meeting.HeldAt = s.Now()
		second := must(t)(s.AddKickoff(ctx, w.Act("supervisor"), id, meeting)).Created
		equal(t, "held", w.track(t, id)["kickoff"].Status, domain.MilestoneDone)
		due := s.Now().AddDate(0, 0, 3)
		decided := must(t)(s.AddMilestone(ctx, w.Act("supervisor"), id, domain.Milestone{KickoffID: second, Zh: "联系酒店", Crew: domain.CrewADM, OwnerID: w.People["supplies"].ID, DueAt: due})).Created
		m := w.track(t, id)[second]
		equal(t, "kind", m.Kind, domain.MilestoneDecision)
		_, err := s.AddMilestone(ctx, w.Act("supervisor"), w.Other, domain.Milestone{KickoffID: second, Zh: "联系酒店", Crew: domain.CrewADM, DueAt: due})
		equal(t, "of another event", refusal(err), "kickoff.struck")
		equal(t, "with decisions", refusal(errOf(s.StrikeKickoff(ctx, w.Act("supervisor"), second))), "kickoff.has_decisions")
		must(t)(s.StrikeKickoff(ctx, w.Act("supervisor"), first))
		must(t)(s.ChangeKickoff(ctx, w.Act("commander"), second, domain.Kickoff{Kind: "kickoff", HeldAt: meeting.HeldAt, People: "云母", Notes: "先定会场"}, 0))
		list, err := s.Kickoffs(ctx, id)
		if err != nil || len(list) != 1 || list[0].Notes != "先定会场" {
			t.Error(list, err)
		}

		// Its owner finds it, ticks it, and takes the tick back; others of the crew do not.
		mine, events, err := s.MyMilestones(ctx, w.People["supplies"], due)
		if err != nil || len(mine) != 1 || events[id] == nil {
			t.Fatal(mine, events, err)
		}
		equal(t, "another", errors.Is(errOf(s.FinishMilestone(ctx, w.Act("engineering"), decided)), domain.ErrNotFound), true)
		equal(t, "sees it, and is not its owner", errors.Is(errOf(s.FinishMilestone(ctx, w.Act("control"), decided)), domain.ErrForbidden), true)
		must(t)(s.FinishMilestone(ctx, w.Act("supplies"), decided))
		must(t)(s.ReopenMilestone(ctx, w.Act("supplies"), decided))
		equal(t, "a step is not struck", refusal(errOf(s.StrikeMilestone(ctx, w.Act("supervisor"), w.track(t, id)["venue"].ID))), "milestone.waive_instead")
		must(t)(s.WaiveMilestone(ctx, w.Act("supervisor"), decided, "不用了"))
		equal(t, "a waiver is the planner's", errors.Is(errOf(s.ReopenMilestone(ctx, w.Act("supplies"), decided)), domain.ErrForbidden), true)
		must(t)(s.StrikeMilestone(ctx, w.Act("supervisor"), decided))
		equal(t, "struck", refusal(errOf(s.ReopenMilestone(ctx, w.Act("supervisor"), decided))), "milestone.struck")
		sound(t, s)
	})
}

// What is secret has no owner who may not see it, and stands in no month of his.
func TestTracksBySecrecy(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		secret, open := w.later(t, 30, 2, domain.SecrecySecret), w.later(t, 33, 2, domain.SecrecyNormal)
		to := domain.Milestone{Crew: domain.CrewADM, OwnerID: w.People["supplies"].ID}
		equal(t, "an owner who is blind", refusal(errOf(s.ChangeMilestone(ctx, w.Act("supervisor"), w.track(t, secret)["venue"].ID, to, 0))), "owner_id:milestone.owner_blind")
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), w.track(t, open)["venue"].ID, to, 0))
		for who, want := range map[string]string{"supervisor": secret + " " + open, "admin": open} {
			list, err := s.Tracks(ctx, w.People[who], s.Now(), s.Now().AddDate(0, 0, 60))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, e := range list {
				ids = append(ids, e.ID)
				equal(t, "whole tracks", len(e.Milestones), 10)
			}
			equal(t, who, strings.Join(ids, " "), want)
		}
		none, err := s.Tracks(ctx, w.People["supervisor"], s.Now().AddDate(1, 0, 0), s.Now().AddDate(2, 0, 0))
		if err != nil || len(none) != 0 {
			t.Error(none, err)
		}
	})
}

// Owner and commander are told once when a date is over, and no more when it is done.
func TestMilestoneLate(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := w.later(t, 26, 1, domain.SecrecyNormal)
		venue := w.track(t, id)["venue"]
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), venue.ID, domain.Milestone{Crew: domain.CrewADM, OwnerID: w.People["supplies"].ID, DueAt: venue.DueAt}, 0))
		must(t)(s.WaiveMilestone(ctx, w.Act("supervisor"), w.track(t, id)["lodging"].ID, "不住宿"))
		must(t)(s.WaiveMilestone(ctx, w.Act("supervisor"), w.track(t, id)["agenda"].ID, "已有"))
		tell := func(who string) int {
			t.Helper()
			for range 2 {
				for _, work := range []func(context.Context) error{s.TellTrack, s.SettleNotices} {
					if err := work(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
			return len(noticesOf(t, s, w.People[who], domain.NoticeMilestone))
		}
		equal(t, "what was late from the start rings nobody", tell("commander"), 0)
		s.Now = func() time.Time { return venue.DueAt.Add(time.Minute) }
		equal(t, "owner", tell("supplies"), 1)
		equal(t, "commander", tell("commander"), 1)
		equal(t, "a crew that has no part", tell("engineering"), 0)
		equal(t, "open", noticesOf(t, s, w.People["supplies"], domain.NoticeMilestone)[0].SettledAt == nil, true)
		must(t)(s.FinishMilestone(ctx, w.Act("supplies"), venue.ID))
		equal(t, "told once", tell("commander"), 1)
		equal(t, "settled", noticesOf(t, s, w.People["commander"], domain.NoticeMilestone)[0].SettledAt != nil, true)
	})
}
