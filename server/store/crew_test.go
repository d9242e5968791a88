package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// crew is who is in a crew of an event, its lead with a star.
func (w *world) crew(t *testing.T, event string, c domain.Crew) string {
	t.Helper()
	list, err := w.Store.Assignments(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range list {
		for no, p := range w.People {
			if p.ID == a.PersonID && a.Crew == c {
				names = append(names, no+map[bool]string{true: "*"}[a.Lead])
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// rowOf is somebody's assignment.
func (w *world) rowOf(t *testing.T, event, who string) domain.Assignment {
	t.Helper()
	list, err := w.Store.Assignments(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.PersonID == w.People[who].ID {
			return a
		}
	}
	t.Fatal(who, " is not on it")
	return domain.Assignment{}
}

func (w *world) crewPlan(t *testing.T, event string) *domain.CrewPlan {
	t.Helper()
	b, err := w.Store.CrewBook(t.Context(), w.event(t, event))
	if err != nil {
		t.Fatal(err)
	}
	plan := b.Plan()
	return &plan
}

func TestTwoPlannersOfOneCrew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.Store
		id := func(who string) string { return w.People[who].ID }
		must(t)(s.AddToCrew(ctx, w.Act("supervisor"), w.Event, id("service2"), domain.CrewSVC))
		equal(t, "two attendants", w.crew(t, w.Event, domain.CrewSVC), "service service2")
		r := must(t)(s.AddToCrew(ctx, w.Act("commander"), w.Event, id("service2"), domain.CrewSVC))
		equal(t, "the other planner did the same", r.Notice, "act.already")
		_, err := s.AddToCrew(ctx, w.Act("commander"), w.Event, id("service2"), domain.CrewCLN)
		equal(t, "he saw her free", refusal(err), "crew.elsewhere_by")
		equal(t, "and is told by whom she was taken", strings.Contains(fmt.Sprint(asError(err).Args), "云母"), true)

		// Removing what somebody else changed since.
		seen := w.rowOf(t, w.Event, "service2").Seq
		none := ""
		must(t)(s.SetCrewLead(ctx, w.Act("supervisor"), w.Event, id("service2"), true, &none))
		_, err = s.RemoveFromCrew(ctx, w.Act("commander"), w.Event, id("service2"), seen)
		equal(t, "she leads the crew since", refusal(err), "crew.changed_by")
		_, err = s.SetCrewLead(ctx, w.Act("commander"), w.Event, id("service"), true, &none)
		equal(t, "he saw no lead", refusal(err), "crew.lead_changed_by")
		lead := id("service2")
		must(t)(s.SetCrewLead(ctx, w.Act("commander"), w.Event, id("service"), true, &lead))
		equal(t, "one lead", w.crew(t, w.Event, domain.CrewSVC), "service* service2")
		must(t)(s.RemoveFromCrew(ctx, w.Act("commander"), w.Event, id("service2"), w.rowOf(t, w.Event, "service2").Seq))
		equal(t, "gone already", must(t)(s.RemoveFromCrew(ctx, w.Act("supervisor"), w.Event, id("service2"), seen)).Notice, "act.already")
		must(t)(s.SetCrewLead(ctx, w.Act("commander"), w.Event, id("service"), false, nil))
		equal(t, "none", w.crew(t, w.Event, domain.CrewSVC), "service")
		_, err = s.SetCrewLead(ctx, w.Act("commander"), w.Event, id("photo"), true, nil)
		equal(t, "not on it", refusal(err), "crew.not_in")

		for _, x := range []struct {
			person string
			crew   domain.Crew
			want   string
		}{{id("photo"), "XXX", "crew:field.choose"}, {id("photo"), domain.CrewCMD, "crew:field.choose"}, {"nobody", domain.CrewPHO, "error.not_found"}} {
			_, err := s.AddToCrew(ctx, w.Act("supervisor"), w.Event, x.person, x.crew)
			equal(t, x.want, refusal(err), x.want)
		}
		must(t)(s.SetDisabled(ctx, w.Act("admin"), id("photo"), true))
		_, err = s.AddToCrew(ctx, w.Act("supervisor"), w.Event, id("photo"), domain.CrewPHO)
		equal(t, "shut", refusal(err), "person:event.person_disabled")
		sound(t, s)
	})
}

func asError(err error) *domain.Error {
	e, _ := domain.AsError(err)
	return e
}

// Everybody is put into two crews by two planners at once: each is in one, and nobody is lost.
func TestPlannersAtOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		people := []string{"service2", "engineering", "control", "supplies", "photo", "captain"}
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := map[string]int{}
		for _, x := range []struct {
			who  string
			crew domain.Crew
		}{{"supervisor", domain.CrewSVC}, {"commander", domain.CrewSEC}} {
			for _, p := range people {
				wg.Go(func() {
					_, err := w.Store.AddToCrew(context.WithoutCancel(t.Context()), w.Act(x.who), w.Event, w.People[p].ID, x.crew)
					mu.Lock()
					defer mu.Unlock()
					switch got := refusal(err); got {
					case "":
						won[p]++
					case "crew.elsewhere_by":
					default:
						t.Error(got)
					}
				})
			}
		}
		wg.Wait()
		for _, p := range people {
			equal(t, p, won[p], 1)
		}
		equal(t, "all of them", len(strings.Fields(w.crew(t, w.Event, domain.CrewSVC)+" "+w.crew(t, w.Event, domain.CrewSEC))), len(people)+2) // service and security were there
		sound(t, w.Store)
	})
}

func TestWorkNoticeFollowsTheCrew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.Store
		work := func(c domain.Crew) domain.Bulletin {
			for _, b := range w.bulletins(t, w.Event, domain.BulletinWork) {
				if b.Crew == c {
					return b
				}
			}
			t.Fatal("no notice of ", c)
			return domain.Bulletin{}
		}
		must(t)(s.IssueWork(ctx, w.Act("supervisor"), w.Event))
		first, guards := work(domain.CrewSVC), work(domain.CrewSEC)
		must(t)(s.SeeBulletin(ctx, w.Act("service"), first.ID)) // no lead among the attendants: who is there
		must(t)(s.AddToCrew(ctx, w.Act("supervisor"), w.Event, w.People["service2"].ID, domain.CrewSVC))
		second := work(domain.CrewSVC)
		equal(t, "issued anew", second.No, 2)
		equal(t, "to be accepted again", second.Accepted() == nil, true)
		equal(t, "the guards' stays", work(domain.CrewSEC).ID, guards.ID)
		must(t)(s.SetCrewLead(ctx, w.Act("supervisor"), w.Event, w.People["service2"].ID, true, nil))
		third := work(domain.CrewSVC)
		equal(t, "its lead is asked, and nobody else", third.Of(w.People["service2"].ID) != nil && len(third.Acks) == 1, true)
		must(t)(s.SeeBulletin(ctx, w.Act("service2"), third.ID))
		must(t)(s.RemoveFromCrew(ctx, w.Act("supervisor"), w.Event, w.People["service"].ID, 0))
		fourth := work(domain.CrewSVC)
		equal(t, "fourth", fourth.No, 4)
		equal(t, "says who is gone", slices.ContainsFunc(fourth.Lines, func(l domain.BulletinLine) bool {
			return l.Field == "person:"+w.People["service"].ID && l.New == "" && l.Old != ""
		}), true)

		// Who is put at a post, or taken off, changes what the notice says, too.
		post := must(t)(s.AddPost(ctx, w.Act("supervisor"), w.Event, domain.Post{Code: "Y7", Name: "签到台", Crew: domain.CrewSVC})).Created
		must(t)(s.AddDuty(ctx, w.Act("supervisor"), post, w.People["service2"].ID, false))
		equal(t, "at a post", work(domain.CrewSVC).No, 5)
		duties, err := s.Duties(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		must(t)(s.SetKeyPost(ctx, w.Act("supervisor"), post, true))
		equal(t, "a key post without a backup", w.crewPlan(t, w.Event).Backups, 1)
		must(t)(s.AddDuty(ctx, w.Act("supervisor"), post, w.People["service"].ID, true))
		equal(t, "with one", w.crewPlan(t, w.Event).Backups, 0)
		equal(t, "who stands by is on the event", w.crew(t, w.Event, domain.CrewSVC), "service service2*")

		// Off the event is off the posts; who stands there must be relieved first.
		must(t)(s.Report(ctx, w.Act("service2"), duties[0].ID, ""))
		_, err = s.RemoveFromCrew(ctx, w.Act("supervisor"), w.Event, w.People["service2"].ID, 0)
		equal(t, "he stands there", refusal(err), "crew.at_post")
		must(t)(s.RemoveFromCrew(ctx, w.Act("supervisor"), w.Event, w.People["service"].ID, 0))
		left, err := s.Duties(ctx, w.Event)
		if err != nil || len(left) != len(duties) {
			t.Error("the backup stands by no more: ", left, err)
		}
		sound(t, s)

		// What was changed by the event's form keeps the lead.
		w.edit(t, w.Event, func(d *store.EventDraft) {
			for k := range d.People {
				d.People[k] = domain.Assignment{PersonID: d.People[k].PersonID}
			}
			d.People = append(d.People, domain.Assignment{PersonID: w.People["photo"].ID})
		})
		equal(t, "still the lead", w.crew(t, w.Event, domain.CrewSVC), "service2*")
	})
}

func TestCopyLastCrew(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.Store
		e := w.event(t, w.Other)
		later := *e
		later.ID, later.Number = "", ""
		later.StartAt, later.EndAt, later.ArrivalAt = e.StartAt.AddDate(0, 0, 7), e.EndAt.AddDate(0, 0, 7), nil
		next := w.MakeEvent(t, store.EventDraft{Event: later, Rooms: []string{"R3"}})
		for _, who := range []string{"engineering", "cleaning"} {
			must(t)(s.AddToCrew(ctx, w.Act("supervisor"), w.Other, w.People[who].ID, w.People[who].Crew))
		}
		must(t)(s.SetCrewLead(ctx, w.Act("supervisor"), w.Other, w.People["service2"].ID, true, nil))
		must(t)(s.AddRosterEntry(ctx, w.Act("supervisor"), w.People["cleaning"].ID, domain.RosterEntry{Kind: domain.EntryLeave, FromAt: later.StartAt.Add(-time.Hour), TillAt: later.EndAt}))
		r := must(t)(s.CopyCrew(ctx, w.Act("supervisor"), next, ""))
		equal(t, "of the last like it", r.Notice+" "+r.Args["n"]+" "+r.Args["skipped"]+" "+r.Args["names"], "crew.copied_but 2 1 滑石")
		equal(t, "attendants", w.crew(t, next, domain.CrewSVC), "service2*")
		equal(t, "engineers", w.crew(t, next, domain.CrewENG), "engineering")
		equal(t, "on leave", w.crew(t, next, domain.CrewCLN), "")
		r = must(t)(s.CopyCrew(ctx, w.Act("supervisor"), next, w.Other))
		equal(t, "again, by name", r.Notice+" "+r.Args["n"], "crew.copied_but 0")

		list, err := s.CrewSources(ctx, w.People["supervisor"], w.event(t, next))
		if err != nil || len(list) != 3 || list[0].Type != "meeting" || list[0].Level != 4 {
			t.Error("those most like it first: ", len(list), err)
		}
		list, err = s.CrewSources(ctx, w.People["admin"], w.event(t, next))
		if err != nil || len(list) != 2 {
			t.Error("no secret ones for who may not see them: ", len(list), err)
		}
		_, err = s.CopyCrew(ctx, w.Act("admin"), next, w.Secret)
		equal(t, "nor by name", refusal(err), "from:field.choose")
		_, err = s.CopyCrew(ctx, w.Act("supervisor"), w.Event, "")
		equal(t, "nothing like it", refusal(err), "crew.no_source")
		sound(t, s)
	})
}

func TestPlanKnowsOtherEvents(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.Store
		plan := w.crewPlan(t, w.Event)
		one := plan.Of(domain.CrewSVC).People[0]
		e := w.event(t, w.Secret)
		equal(t, "the secret one goes by its number", fmt.Sprint(len(one.Warnings), one.Warnings[0].Kind, one.Warnings[0].Event), fmt.Sprint(1, domain.TroubleDouble, e.Number))
		other := plan.Of(domain.CrewSVC).Others
		equal(t, "busy elsewhere at that time", len(other) == 1 && other[0].PersonID == w.People["service2"].ID, true)
		must(t)(s.SetStatus(ctx, w.Act("supervisor"), w.Other, domain.EventCancelled, "取消"))
		equal(t, "cancelled: free", len(w.crewPlan(t, w.Event).Of(domain.CrewSVC).Free), 1)

		must(t)(s.AddSkill(ctx, w.Act("supervisor"), w.People["engineering"].ID, domain.PersonSkill{Skill: "av", ExpiresOn: "2020-01-01"}))
		eng := w.crewPlan(t, w.Event).Of(domain.CrewENG)
		equal(t, "his certificate ran out", len(eng.Free) == 0 && len(eng.Others) == 1 && eng.Others[0].Warnings[0].Kind == domain.TroubleCertificate, true)
		skills, _, err := s.Availability(ctx, w.People["engineering"].ID)
		if err != nil || len(skills) != 1 {
			t.Fatal(skills, err)
		}
		_, err = s.AddSkill(ctx, w.Act("supervisor"), w.People["engineering"].ID, domain.PersonSkill{Skill: "av"})
		equal(t, "twice", refusal(err), "skill:skill.taken")
		for range 2 {
			_, err := s.AddSkill(ctx, w.Act("supervisor"), w.People["engineering"].ID, domain.PersonSkill{Skill: domain.SkillOther, Certificate: "高处作业"})
			equal(t, "others by their certificate", refusal(err), "")
		}
		must(t)(s.RemoveSkill(ctx, w.Act("supervisor"), skills[0].ID))
		_, err = s.RemoveSkill(ctx, w.Act("supervisor"), skills[0].ID)
		equal(t, "gone", refusal(err), "error.not_found")
		equal(t, "without it", len(w.crewPlan(t, w.Event).Of(domain.CrewENG).Free), 1)

		_, err = s.AddSkill(ctx, w.Act("service"), w.People["service"].ID, domain.PersonSkill{Skill: "av"})
		equal(t, "not for everybody", refusal(err), "error.forbidden")
		_, err = s.AddRosterEntry(ctx, w.Act("captain"), w.People["security"].ID, domain.RosterEntry{Kind: domain.EntryLeave, FromAt: s.Now(), TillAt: s.Now().Add(time.Hour)})
		equal(t, "nor dates", refusal(err), "error.forbidden")
		made := must(t)(s.AddRosterEntry(ctx, w.Act("head"), w.People["engineering"].ID, domain.RosterEntry{Kind: domain.EntryLeave, FromAt: s.Now(), TillAt: s.Now().Add(3 * time.Hour)})).Created
		equal(t, "on leave", len(w.crewPlan(t, w.Event).Of(domain.CrewENG).Free), 0)
		must(t)(s.RemoveRosterEntry(ctx, w.Act("head"), made))
		equal(t, "back", len(w.crewPlan(t, w.Event).Of(domain.CrewENG).Free), 1)
		sound(t, s)
	})
}

func TestStaffingRules(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), w.Store
		rules, err := s.StaffingRules(ctx)
		if err != nil || !slices.Equal(rules, sortedStaffing()) {
			t.Fatal("a new site has the usual ones: ", rules, err)
		}
		// A site that was there before got the same from its migration.
		raw(t, s, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewRaw("DELETE FROM staffing_rules WHERE id IN (?)", bun.List([]string{"staff-4-SVC-0"})).Exec(ctx)
			return err
		})
		one := domain.StaffingRule{Level: 4, Crew: domain.CrewSVC, HeadsFrom: 0, Needed: 2, Skill: "health"}
		made := must(t)(s.AddStaffingRule(ctx, w.Act("supervisor"), one)).Created
		_, err = s.AddStaffingRule(ctx, w.Act("supervisor"), one)
		equal(t, "twice", refusal(err), "heads_from:staffing.taken")
		equal(t, "needed", w.crewPlan(t, w.Other).Of(domain.CrewSVC).Needed, 2)
		one.Needed = 3
		must(t)(s.ChangeStaffingRule(ctx, w.Act("head"), made, one))
		equal(t, "needed now", w.crewPlan(t, w.Other).Of(domain.CrewSVC).Gap(), 2)
		one.HeadsFrom = 101
		_, err = s.ChangeStaffingRule(ctx, w.Act("head"), made, one)
		equal(t, "as another one", refusal(err), "heads_from:staffing.taken")
		_, err = s.ChangeStaffingRule(ctx, w.Act("service"), made, one)
		equal(t, "not for everybody", refusal(err), "error.forbidden")
		must(t)(s.DeleteStaffingRule(ctx, w.Act("supervisor"), made))
		_, err = s.DeleteStaffingRule(ctx, w.Act("supervisor"), made)
		equal(t, "gone", refusal(err), "error.not_found")
		must(t)(s.SetDayHours(ctx, w.Act("supervisor"), 3))
		svc := w.crewPlan(t, w.Event).Of(domain.CrewSVC).People[0]
		equal(t, "more than three hours that day", slices.ContainsFunc(svc.Warnings, func(x domain.PlanWarning) bool { return x.Kind == domain.TroubleHours && !x.Stops }), true)
		_, err = s.SetDayHours(ctx, w.Act("supervisor"), 25)
		equal(t, "no such day", refusal(err), "day_hours:field.between")
		sound(t, s)
	})
}

func sortedStaffing() []domain.StaffingRule {
	rules := domain.UsualStaffing()
	domain.SortStaffing(rules)
	return rules
}

// A site that was there before the rules got the usual ones from its migration.
func TestStaffingOfOlderSites(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s, ctx := open(t, o), t.Context()
		if err := store.MigrateSingly(ctx, s); err != nil {
			t.Fatal(err)
		}
		if err := s.Found(ctx, domain.Site{ID: "site", Name: "楼", Office: "处", Client: "方"}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		rules, err := s.StaffingRules(ctx)
		if err != nil || !slices.Equal(rules, sortedStaffing()) {
			t.Error(rules, err)
		}
	})
}
