package store_test

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// The table of rules: who keeps it, what is refused, and that nobody overwrites another in silence.
func TestTrackRules(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		route := domain.MilestoneRule{Zh: "踏勘路线", En: "Walk the route", Levels: "21", Crew: domain.CrewSEC, Days: 4, Lead: 1}
		_, err := s.AddMilestoneRule(ctx, w.Act("supervisor"), route)
		equal(t, "who plans does not keep the rules", errors.Is(err, domain.ErrForbidden), true)
		for field, bad := range map[string]func(r *domain.MilestoneRule){
			"zh:field.required":           func(r *domain.MilestoneRule) { r.Zh = " " },
			"levels:steps.levels_wanted":  func(r *domain.MilestoneRule) { r.Levels = "" },
			"type:field.choose":           func(r *domain.MilestoneRule) { r.Type = "party" },
			"crew:field.choose":           func(r *domain.MilestoneRule) { r.Crew = "" },
			"days:field.between":          func(r *domain.MilestoneRule) { r.Days = 366 },
			"lead:field.between":          func(r *domain.MilestoneRule) { r.Lead = -1 },
			"step:field.choose":           func(r *domain.MilestoneRule) { r.Step = "nowhere" },
			"levels:steps.levels_wanted ": func(r *domain.MilestoneRule) { r.Levels = "5" },
		} {
			r := route
			bad(&r)
			equal(t, field, refusal(errOf(s.AddMilestoneRule(ctx, w.Act("admin"), r))), strings.TrimSpace(field))
		}
		first := must(t)(s.AddMilestoneRule(ctx, w.Act("admin"), route)).Created
		route.Step, route.Zh, route.En, route.Type, route.Days = "walk-the-route", "", "", "visit", 6
		second := must(t)(s.AddMilestoneRule(ctx, w.Act("admin"), route)).Created
		rule := func(id string) *domain.MilestoneRule {
			list, err := s.MilestoneRules(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for k := range list {
				if list[k].ID == id {
					return &list[k]
				}
			}
			return &domain.MilestoneRule{}
		}
		equal(t, "its step, made of its name", rule(first).Step, "walk-the-route")
		equal(t, "levels in order", rule(first).Levels, "12")
		equal(t, "a rule of a step takes its name", rule(second).Zh, "踏勘路线")

		seen := rule(second)
		to := *seen
		to.Days = 8
		must(t)(s.ChangeMilestoneRule(ctx, w.Act("admin"), second, to, seen.Mark()))
		to.Days = 9
		_, err = s.ChangeMilestoneRule(ctx, w.Act("admin"), second, to, seen.Mark())
		equal(t, "seen before it was changed", refusal(err), "programme.changed_meanwhile")
		equal(t, "kept", rule(second).Days, 8)
		must(t)(s.ChangeMilestoneRule(ctx, w.Act("admin"), second, to, rule(second).Mark()))

		before := rule(second).Sort
		must(t)(s.MoveMilestoneRule(ctx, w.Act("admin"), second))
		equal(t, "asked first", rule(second).Sort < rule(first).Sort && rule(second).Sort < before, true)
		equal(t, "quiet", len(must(t)(s.MoveMilestoneRule(ctx, w.Act("admin"), second)).Subjects), 0)
		must(t)(s.DeleteMilestoneRule(ctx, w.Act("admin"), second))
		equal(t, "gone", errors.Is(errOf(s.DeleteMilestoneRule(ctx, w.Act("admin"), second)), domain.ErrNotFound), true)
		sound(t, s)
	})
}

// An event takes the rules as they are now when it is asked to, and leaves alone what people did.
func TestReplan(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := w.later(t, 60, 2, domain.SecrecyNormal)
		was := w.track(t, id)
		said := func(r domain.Receipt) string {
			return strings.Join([]string{r.Notice, r.Args["added"], r.Args["moved"], r.Args["struck"]}, " ")
		}
		equal(t, "nothing to do", said(must(t)(s.ReplanTrack(ctx, w.Act("supervisor"), id))), "track.replanned_same   ")

		hand := was["letters"].DueAt.AddDate(0, 0, 1)
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), was["letters"].ID, domain.Milestone{Crew: domain.CrewADM, DueAt: hand}, 0))
		must(t)(s.FinishMilestone(ctx, w.Act("supervisor"), was["topic"].ID))
		must(t)(s.WaiveMilestone(ctx, w.Act("supervisor"), was["plan"].ID, "规模小"))
		rules, err := s.MilestoneRules(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if !strings.Contains(r.Levels, "2") || r.Type != "" {
				continue
			}
			switch r.Step {
			case "lodging":
				must(t)(s.DeleteMilestoneRule(ctx, w.Act("admin"), r.ID))
			default:
				r.Days, r.Zh = r.Days+2, r.Zh+"（新）"
				must(t)(s.ChangeMilestoneRule(ctx, w.Act("admin"), r.ID, r, 0))
			}
		}
		must(t)(s.AddMilestoneRule(ctx, w.Act("admin"), domain.MilestoneRule{Zh: "踏勘路线", En: "Walk the route", Levels: "2", Crew: domain.CrewSEC, Days: 4}))
		equal(t, "nothing by itself", len(w.track(t, id)), 10)
		equal(t, "done", said(must(t)(s.ReplanTrack(ctx, w.Act("supervisor"), id))), "track.replanned_struck 1 6 1")
		now := w.track(t, id)
		equal(t, "steps", len(now), 10)
		equal(t, "added", now["walk-the-route"].Zh, "踏勘路线")
		equal(t, "re-dated", now["venue"].DueAt.Equal(was["venue"].DueAt.AddDate(0, 0, -2)), true)
		equal(t, "renamed", now["venue"].Zh, was["venue"].Zh+"（新）")
		equal(t, "by hand", now["letters"].DueAt.Equal(hand) && now["letters"].Crew == domain.CrewADM && now["letters"].Zh == was["letters"].Zh, true)
		equal(t, "done stays", now["topic"].Zh+string(now["topic"].Status), was["topic"].Zh+"done")
		equal(t, "waived stays", now["plan"].Zh+string(now["plan"].Status), was["plan"].Zh+"waived")
		equal(t, "again", said(must(t)(s.ReplanTrack(ctx, w.Act("supervisor"), id))), "track.replanned_same   ")

		draft := must(t)(s.CreateEvent(ctx, domain.Act{}, store.EventDraft{Event: domain.Event{
			Name: "小会", Type: "meeting", Organiser: "工会", Contact: "黄鹂", Level: 3, Secrecy: domain.SecrecyNormal, Heads: 5, StartAt: s.Now().AddDate(0, 0, 90), EndAt: s.Now().AddDate(0, 0, 90).Add(time.Hour),
		}, Rooms: []string{"R1"}})).Created
		equal(t, "a draft has no track", refusal(errOf(s.ReplanTrack(ctx, w.Act("supervisor"), draft))), "track.not_planned")
		equal(t, "who sees it does not plan it", errors.Is(errOf(s.ReplanTrack(ctx, w.Act("control"), id)), domain.ErrForbidden), true)
		sound(t, s)
	})
}

// What nobody owns stands on the day of those who lead its crew at the event, and of nobody else.
func TestCrewMilestones(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := w.later(t, 30, 2, domain.SecrecyNormal)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), id, domain.EventConfirmed, ""))
		soon := s.Now().AddDate(0, 0, 400)
		mine := func(who string) string {
			list, _, err := s.MyMilestones(ctx, w.People[who], soon)
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, m := range list {
				if m.EventID == id {
					steps = append(steps, cmp.Or(m.Step, m.Zh))
				}
			}
			return strings.Join(steps, " ")
		}
		equal(t, "the commander has the command's", mine("commander"), "kickoff plan rehearsal")
		equal(t, "the supervisor may finish them, and is not asked to", mine("supervisor"), "")
		must(t)(s.AddMilestone(ctx, w.Act("supervisor"), id, domain.Milestone{Zh: "踏勘路线", Crew: domain.CrewSEC, DueAt: s.Now().AddDate(0, 0, 2)}))
		equal(t, "who leads the crew", mine("captain"), "踏勘路线")
		equal(t, "its others", mine("security")+mine("service"), "")
		must(t)(s.AddToCrew(ctx, w.Act("supervisor"), id, w.People["service2"].ID, domain.CrewSVC))
		equal(t, "who is named without leading", mine("service2"), "")
		must(t)(s.SetCrewLead(ctx, w.Act("supervisor"), id, w.People["service2"].ID, true, nil))
		equal(t, "who leads it at this event", mine("service2"), "letters names")

		// An owner takes it from the crew; who has it, or had it, is told, and nobody else.
		heads := func() map[string]int64 {
			h := map[string]int64{}
			for who, p := range w.People {
				at, err := s.Heads(ctx, []domain.Topic{domain.PersonTopic(p.ID)})
				if err != nil {
					t.Fatal(err)
				}
				h[who] = at[domain.PersonTopic(p.ID)]
			}
			return h
		}
		letters := w.track(t, id)["letters"]
		far := heads()
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), letters.ID, domain.Milestone{Crew: domain.CrewSVC, OwnerID: w.People["supplies"].ID}, 0))
		equal(t, "far ahead nobody is told", reflect.DeepEqual(far, heads()), true)
		equal(t, "not the lead's any more", mine("service2"), "names")
		equal(t, "the owner's", mine("supplies"), "letters")
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), letters.ID, domain.Milestone{Crew: domain.CrewSVC, OwnerID: w.People["supplies"].ID, DueAt: s.Now().Add(time.Hour)}, 0))
		must(t)(s.ChangeMilestone(ctx, w.Act("supervisor"), letters.ID, domain.Milestone{Crew: domain.CrewSVC, DueAt: s.Now().Add(time.Hour)}, 0))
		var told []string
		for who, seq := range heads() {
			if seq > far[who] {
				told = append(told, who)
			}
		}
		slices.Sort(told)
		equal(t, "told", strings.Join(told, " "), "service2 supplies")
		sound(t, s)
	})
}
