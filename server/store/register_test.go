package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// form is what a planner's form says when it is opened.
func (w *world) form(t *testing.T, id string) store.EventDraft {
	t.Helper()
	e := w.event(t, id)
	d := store.EventDraft{Event: *e, Rooms: e.RoomIDs(), Opened: &store.Opened{Event: *e, Seq: e.Seq}}
	list, err := w.Store.Assignments(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		d.People = append(d.People, domain.Assignment{PersonID: a.PersonID})
		d.Opened.People = append(d.Opened.People, a.PersonID)
	}
	return d
}

func TestTwoPlannersOfOneEvent(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		a, b := w.form(t, w.Event), w.form(t, w.Event)
		a.Event.Contact, a.Event.Banner, a.Event.Heads = "黄鹂", "条幅甲", 70
		a.People = append(a.People, domain.Assignment{PersonID: w.People["photo"].ID})
		must(t)(w.Store.UpdateEvent(t.Context(), w.Act("supervisor"), w.Event, a))
		b.Event.Organiser, b.Event.Banner, b.Event.Heads = "工会", "条幅乙", 80
		b.People = b.People[1:]
		r := must(t)(w.Store.UpdateEvent(t.Context(), w.Act("commander"), w.Event, b))
		equal(t, "notice", r.Notice, "event.clash")
		var fields []string
		for _, c := range r.Clashes {
			fields = append(fields, c.Field+"/"+c.Person)
		}
		equal(t, "clashes, with who was first", strings.Join(fields, " "), "heads/云母 banner/云母")
		e := w.event(t, w.Event)
		equal(t, "theirs", e.Contact+e.Banner, "黄鹂条幅甲")
		equal(t, "heads", e.Heads, 70)
		equal(t, "mine", e.Organiser, "工会")
		list, err := w.Store.Assignments(t.Context(), w.Event)
		if err != nil || len(list) != 3 {
			t.Error("one came by the first, one went by the second: ", list, err)
		}
		// Chosen: the form is as new as the event, and says mine.
		c := w.form(t, w.Event)
		c.Event.Banner = "条幅乙"
		equal(t, "no clash", len(must(t)(w.Store.UpdateEvent(t.Context(), w.Act("commander"), w.Event, c)).Clashes), 0)
		equal(t, "banner", w.event(t, w.Event).Banner, "条幅乙")
		// The merged whole must make sense.
		x, y := w.form(t, w.Event), w.form(t, w.Event)
		x.Event.EndAt = x.Event.StartAt.Add(10 * time.Minute)
		must(t)(w.Store.UpdateEvent(t.Context(), w.Act("supervisor"), w.Event, x))
		y.Event.StartAt = y.Event.StartAt.Add(30 * time.Minute)
		_, err = w.Store.UpdateEvent(t.Context(), w.Act("commander"), w.Event, y)
		equal(t, "together they make none", refusal(err), "end_at:event.end_before_start")
	})
}

func refusal(err error) string {
	e, ok := domain.AsError(err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case len(e.Fields) == 0:
		return e.Key
	}
	var list []string
	for _, f := range e.Fields {
		list = append(list, f.Field+":"+f.Key)
	}
	return strings.Join(list, " ")
}

func TestFunctionsHoldRooms(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		e, other := w.event(t, w.Event), w.event(t, w.Other)
		sign := domain.Function{Name: "签字", Kind: "signing", RoomID: "R3", StartAt: e.StartAt, EndAt: e.StartAt.Add(10 * time.Minute)}
		_, err := w.Store.AddFunction(ctx, w.Act("supervisor"), w.Event, sign)
		equal(t, "another event has the room", refusal(err), "room_id:event.room_taken")
		sign.StartAt, sign.EndAt = other.EndAt, other.EndAt.Add(20*time.Minute)
		f := must(t)(w.Store.AddFunction(ctx, w.Act("supervisor"), w.Event, sign)).Created
		sign.RoomID = "nothing"
		_, err = w.Store.AddFunction(ctx, w.Act("supervisor"), w.Event, sign)
		equal(t, "no such room", refusal(err), "room_id:field.choose")

		// The other event cannot grow into it, nor book a function there.
		d := w.form(t, w.Other)
		d.Event.EndAt = other.EndAt.Add(5 * time.Minute)
		_, err = w.Store.UpdateEvent(ctx, w.Act("supervisor"), w.Other, d)
		equal(t, "the function holds it", refusal(err), "rooms:event.room_taken")
		_, err = w.Store.AddFunction(ctx, w.Act("supervisor"), w.Other, domain.Function{Name: "茶歇", Kind: "break", RoomID: "R3", StartAt: other.EndAt, EndAt: other.EndAt.Add(5 * time.Minute)})
		equal(t, "also against functions", refusal(err), "room_id:event.room_taken")

		// Somebody else changed it meanwhile: nothing is overwritten.
		list, err := w.Store.Functions(ctx, w.Event)
		if err != nil || len(list) != 1 || list[0].Room == nil || list[0].Room.ID != "R3" {
			t.Fatal(list, err)
		}
		to := list[0]
		to.Notes = "两支笔"
		must(t)(w.Store.ChangeFunction(ctx, w.Act("supervisor"), f, to, to.Seq))
		to.Notes = "四支笔"
		_, err = w.Store.ChangeFunction(ctx, w.Act("commander"), f, to, to.Seq)
		equal(t, "seen before", refusal(err), "programme.changed_meanwhile")

		// It moves with its event, and is not where it was.
		d = w.form(t, w.Event)
		d.Event.StartAt, d.Event.EndAt, d.Event.ArrivalAt = e.StartAt.Add(30*time.Minute), e.EndAt.Add(30*time.Minute), nil
		must(t)(w.Store.UpdateEvent(ctx, w.Act("supervisor"), w.Event, d))
		if list, err = w.Store.Functions(ctx, w.Event); err != nil || !list[0].StartAt.Equal(other.EndAt.Add(30*time.Minute)) {
			t.Error("moved with the event: ", list, err)
		}
		d = w.form(t, w.Other)
		d.Event.EndAt = other.EndAt.Add(5 * time.Minute)
		must(t)(w.Store.UpdateEvent(ctx, w.Act("supervisor"), w.Other, d))
		d = w.form(t, w.Event)
		d.Event.StartAt, d.Event.EndAt = e.StartAt, e.EndAt
		_, err = w.Store.UpdateEvent(ctx, w.Act("supervisor"), w.Event, d)
		equal(t, "back, where the other one is now", refusal(err), "rooms:event.room_taken")

		must(t)(w.Store.StrikeFunction(ctx, w.Act("supervisor"), f))
		d = w.form(t, w.Other)
		d.Event.EndAt = other.EndAt.Add(50 * time.Minute)
		must(t)(w.Store.UpdateEvent(ctx, w.Act("supervisor"), w.Other, d))
		_, err = w.Store.ChangeFunction(ctx, w.Act("supervisor"), f, to, 0)
		equal(t, "struck", refusal(err), "function.struck")
	})
}

// A draft holds no room; whoever is confirmed first has it.
func TestFunctionsAreBookedWithTheirEvent(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		at := w.event(t, w.Other).EndAt.Add(5 * time.Hour)
		var ids []string
		for _, room := range []string{"R1", "R2"} {
			r := must(t)(w.Store.CreateEvent(ctx, w.Act("supervisor"), store.EventDraft{Rooms: []string{room}, Event: domain.Event{
				Name: "座谈", Type: "meeting", Organiser: "甲", Contact: "乙", Level: 4, Secrecy: "normal", Heads: 5, StartAt: at, EndAt: at.Add(time.Hour), CommanderID: w.People["commander"].ID,
			}}))
			must(t)(w.Store.AddFunction(ctx, w.Act("supervisor"), r.Created, domain.Function{Name: "合影", Kind: "photo", RoomID: "R3", StartAt: at, EndAt: at.Add(10 * time.Minute)}))
			ids = append(ids, r.Created)
		}
		must(t)(w.Store.SetStatus(ctx, w.Act("supervisor"), ids[0], domain.EventConfirmed, ""))
		_, err := w.Store.SetStatus(ctx, w.Act("supervisor"), ids[1], domain.EventConfirmed, "")
		equal(t, "too late", refusal(err), "room_id:event.room_taken")
	})
}

func TestAgendaLines(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		e := w.event(t, w.Event)
		var ids []string
		for _, title := range []string{"开场", "介绍", "讲话"} {
			ids = append(ids, must(t)(w.Store.AddAgendaItem(ctx, w.Act("supervisor"), w.Event, domain.AgendaItem{Title: title, Minutes: 10})).Created)
		}
		day := func() string {
			list, err := w.Store.Agenda(ctx, w.Event)
			if err != nil {
				t.Fatal(err)
			}
			var s []string
			for _, a := range list {
				s = append(s, a.Title+a.StartAt.Sub(e.StartAt).String())
			}
			return strings.Join(s, " ")
		}
		equal(t, "one after the other", day(), "开场0s 介绍10m0s 讲话20m0s")
		list, _ := w.Store.Agenda(ctx, w.Event)
		must(t)(w.Store.ChangeAgendaItem(ctx, w.Act("supervisor"), ids[0], domain.AgendaItem{Title: "开场", Minutes: 25, Speaker: "白鹭", Needs: "手持话筒"}, true, list[0].Seq))
		equal(t, "the following follow", day(), "开场0s 介绍25m0s 讲话35m0s")
		_, err := w.Store.ChangeAgendaItem(ctx, w.Act("commander"), ids[0], domain.AgendaItem{Title: "致辞", Minutes: 25}, true, list[0].Seq)
		equal(t, "seen before", refusal(err), "programme.changed_meanwhile")
		must(t)(w.Store.MoveAgendaItem(ctx, w.Act("supervisor"), ids[2], true))
		equal(t, "up", day(), "开场0s 讲话25m0s 介绍35m0s")
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(w.Store.MoveAgendaItem(ctx, w.Act("supervisor"), ids[0], true))
		equal(t, "the first stays, in silence", w.head(t, domain.EventTopic(w.Event)), head)
		must(t)(w.Store.StrikeAgendaItem(ctx, w.Act("supervisor"), ids[2]))
		equal(t, "struck", day(), "开场0s 介绍35m0s")
		_, err = w.Store.MoveAgendaItem(ctx, w.Act("supervisor"), ids[2], true)
		equal(t, "gone", refusal(err), "agenda.struck")
	})
}

func TestLevelIsJudged(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		at := w.Store.Now().Add(50 * time.Hour)
		draft := store.EventDraft{Event: domain.Event{Name: "座谈", Type: "meeting", Level: 4, Secrecy: "normal", StartAt: at, EndAt: at.Add(time.Hour), Register: domain.Register{GuestRank: "county"}}}
		_, err := w.Store.CreateEvent(ctx, w.Act("supervisor"), draft)
		equal(t, "lower than suggested", refusal(err), "level_reason:event.level_below_suggestion")
		draft.Event.LevelReason = "只来两人"
		r := must(t)(w.Store.CreateEvent(ctx, w.Act("supervisor"), draft))
		e := w.event(t, r.Created)
		equal(t, "who registered it", e.RegisteredBy, w.People["supervisor"].ID)

		// The table is the site's own.
		rules, err := w.Store.LevelRules(ctx)
		if err != nil || len(rules) != len(domain.UsualLevelRules()) {
			t.Fatal(rules, err)
		}
		_, err = w.Store.AddLevelRule(ctx, w.Act("supervisor"), domain.LevelRule{Gives: 1})
		equal(t, "not everybody's", errors.Is(err, domain.ErrForbidden) || errors.Is(err, domain.ErrNotFound), true)
		mine := must(t)(w.Store.AddLevelRule(ctx, w.Act("admin"), domain.LevelRule{GuestRank: "county", Gives: 4})).Created
		for range rules {
			must(t)(w.Store.MoveLevelRule(ctx, w.Act("admin"), mine))
		}
		if rules, err = w.Store.LevelRules(ctx); err != nil || rules[0].ID != mine {
			t.Fatal("asked first: ", rules, err)
		}
		draft.Event.LevelReason = ""
		must(t)(w.Store.CreateEvent(ctx, w.Act("supervisor"), draft))
		must(t)(w.Store.ChangeLevelRule(ctx, w.Act("admin"), mine, domain.LevelRule{GuestRank: "county", HeadsOver: 5, Gives: 4}))
		must(t)(w.Store.DeleteLevelRule(ctx, w.Act("admin"), mine))
		_, err = w.Store.ChangeLevelRule(ctx, w.Act("admin"), mine, domain.LevelRule{Gives: 4})
		equal(t, "gone", errors.Is(err, domain.ErrNotFound), true)
	})
}

func TestFollowUp(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, at := t.Context(), w.event(t, w.Other).StartAt
		f := domain.FollowUp{FollowedAt: &at, FollowWay: "phone", FollowWith: "鹌鹑", FollowSaid: "茶水及时"}
		_, err := w.Store.SaveFollowUp(ctx, w.Act("supervisor"), w.Other, f)
		equal(t, "not yet", refusal(err), "register.follow_not_yet")
		raw(t, w.Store, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NewRaw("UPDATE events SET status = 'clearing' WHERE id = ?", w.Other).Exec(ctx)
			return err
		})
		_, err = w.Store.SaveFollowUp(ctx, w.Act("supervisor"), w.Other, f)
		equal(t, "that time is to come", refusal(err), "followed_at:register.follow_future")
		_, err = w.Store.SaveFollowUp(ctx, w.Act("supervisor"), w.Other, domain.FollowUp{})
		equal(t, "empty", refusal(err), "follow_way:field.choose followed_at:field.time follow_with:field.required follow_said:field.required")
		now := w.Store.Now
		w.Store.Now = func() time.Time { return at.Add(time.Hour) }
		defer func() { w.Store.Now = now }()
		must(t)(w.Store.SaveFollowUp(ctx, w.Act("supervisor"), w.Other, f))
		e := w.event(t, w.Other)
		equal(t, "kept", e.FollowWith+e.FollowSaid, "鹌鹑茶水及时")
		equal(t, "by whom", e.FollowedBy, w.People["supervisor"].ID)
	})
}
