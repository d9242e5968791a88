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

// post puts a post of a crew on an event, with those people on duty.
func (w *world) post(t *testing.T, event string, p domain.Post, people ...string) string {
	t.Helper()
	p.Name = "岗位" + p.Code
	id := must(t)(w.Store.AddPost(t.Context(), w.Act("supervisor"), event, p)).Created
	for _, who := range people {
		must(t)(w.Store.AddDuty(t.Context(), w.Act("supervisor"), id, w.People[who].ID, false))
	}
	return id
}

// duty is somebody's duty at an event.
func (w *world) duty(t *testing.T, event, who string) domain.Duty {
	t.Helper()
	list, err := w.Store.Duties(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.PersonID == w.People[who].ID {
			return d
		}
	}
	t.Fatalf("%s is on no duty", who)
	return domain.Duty{}
}

func TestPosts(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		gate := w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC, Position: domain.PositionGate}, "security", "security")
		equal(t, "the code is taken", refused(s.AddPost(ctx, w.Act("supervisor"), w.Event, domain.Post{Code: "Z01", Name: "又一个", Crew: domain.CrewSEC})), "code:post.code_taken")
		equal(t, "a lead keeps his own crew's", refused(s.AddPost(ctx, w.Act("captain"), w.Event, domain.Post{Code: "Z02", Name: "门厅", Crew: domain.CrewSVC})), "error.forbidden")
		second := must(t)(s.AddPost(ctx, w.Act("captain"), w.Event, domain.Post{Code: "Z02", Name: "门厅", Crew: domain.CrewSEC})).Created
		equal(t, "and gives it to no other", refused(s.UpdatePost(ctx, w.Act("captain"), second, domain.Post{Code: "Z02", Name: "门厅", Crew: domain.CrewSVC})), "error.forbidden")
		must(t)(s.UpdatePost(ctx, w.Act("captain"), second, domain.Post{Code: "Z02", Name: "门厅", Crew: domain.CrewSEC, Task: "指引"}))
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.UpdatePost(ctx, w.Act("captain"), second, domain.Post{Code: "Z02", Name: "门厅", Crew: domain.CrewSEC, Task: "指引"}))
		equal(t, "the same again is quiet", w.head(t, domain.EventTopic(w.Event)), head)
		equal(t, "nobody", refused(s.AddDuty(ctx, w.Act("captain"), second, "nobody", false)), "person:field.choose")

		boards, err := s.PostBoards(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "posts", fmt.Sprint(boards[0].Post.Code, len(boards[0].Duties), boards[1].Post.Code, len(boards[1].Duties)), "Z011Z020")

		// Who is put on duty at a small event belongs to it from then on.
		small := w.post(t, w.Other, domain.Post{Code: "Z01", Crew: domain.CrewSVC}, "photo")
		if _, _, err := s.Event(ctx, w.People["photo"], w.Other); err != nil {
			t.Error("the photographer does not see his event: ", err)
		}
		mine, err := s.MyDuties(ctx, w.People["photo"].ID, []string{w.Event, w.Other})
		if err != nil || len(mine) != 1 || mine[0].Post.ID != small {
			t.Error(mine, err)
		}

		must(t)(s.StrikePost(ctx, w.Act("supervisor"), gate))
		must(t)(s.StrikePost(ctx, w.Act("supervisor"), gate))
		equal(t, "struck", refused(s.AddDuty(ctx, w.Act("supervisor"), gate, w.People["control"].ID, false)), "post.struck")
		w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC}) // its code is free
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

func TestDuty(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		post := w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC, FromAt: ptr(clock("08:24"))}, "security")
		w.set("08:35")
		id := w.duty(t, w.Event, "security").ID
		state := func() string { d := w.duty(t, w.Event, "security"); return string(d.State) }

		equal(t, "somebody else's", refused(s.Report(ctx, w.Act("service"), id, "")), "error.forbidden")
		other := w.post(t, w.Event, domain.Post{Code: "Z02", Crew: domain.CrewSEC})
		for wrong, p := range map[string]domain.Pass{"of another post": {Kind: domain.PassPost, ID: other}, "of a guest": {Kind: domain.PassGuest, ID: post}} {
			token, err := s.Token(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, wrong, refused(s.Report(ctx, w.Act("security"), id, token)), "duty.wrong_code")
		}
		sign, err := s.Token(ctx, domain.Pass{Kind: domain.PassPost, ID: post})
		if err != nil {
			t.Fatal(err)
		}
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.Report(ctx, w.acted("security", "08:33"), id, sign))
		must(t)(s.Report(ctx, w.Act("security"), id, ""))
		equal(t, "reported, once, late", w.since(t, w.Event, head), "duty.reported →花岗")
		log := w.log(t, domain.EventTopic(w.Event))
		equal(t, "by how much", log[len(log)-1].Note, "+9 min")
		d := w.duty(t, w.Event, "security")
		equal(t, "by the sign, then", fmt.Sprint(d.ByCode, d.ReportedBy == d.PersonID, " ", at(d.ReportedAt)), "true true 03-18 08:33")

		// An older word changes nothing, and stays in the log.
		r := must(t)(s.Unreport(ctx, w.acted("security", "08:32"), id))
		equal(t, "overtaken", r.Notice+" "+state(), "act.overtaken on")
		must(t)(s.Unreport(ctx, w.Act("security"), id))
		equal(t, "taken back", state(), "planned")
		must(t)(s.Report(ctx, w.Act("captain"), id, "")) // for one without a phone
		equal(t, "by his lead", w.duty(t, w.Event, "security").ReportedBy, w.People["captain"].ID)

		// Relief: asked, approved by who answers for the post, back.
		equal(t, "relief by nobody", refused(s.AskRelief(ctx, w.Act("security"), id, "nobody", "如厕", 10, "")), "relief:field.choose")
		must(t)(s.AskRelief(ctx, w.Act("security"), id, w.People["captain"].ID, "如厕", 10, "看好侧门"))
		equal(t, "not by himself", refused(s.Relieve(ctx, w.Act("security"), id)), "error.forbidden")
		equal(t, "not by another crew", refused(s.Relieve(ctx, w.Act("service"), id)), "error.forbidden")
		must(t)(s.Relieve(ctx, w.Act("captain"), id))
		equal(t, "away", state(), "away")
		must(t)(s.Return(ctx, w.Act("security"), id, "侧门已锁"))
		d = w.duty(t, w.Event, "security")
		equal(t, "back", fmt.Sprint(d.State, d.Handover, d.ReliefID), "on侧门已锁")

		must(t)(s.StrikeDuty(ctx, w.Act("captain"), id))
		equal(t, "off", refused(s.Report(ctx, w.Act("security"), id, "")), "duty.struck")
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// A backup stands in for who did not come, and is one again when he does come.
func TestStandIn(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		post := w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC}, "security")
		must(t)(s.AddDuty(ctx, w.Act("supervisor"), post, w.People["control"].ID, true))
		id := w.duty(t, w.Event, "security").ID
		stand := func(who, by string) string { return refused(s.StandIn(ctx, w.Act(by), id, w.People[who].ID)) }
		equal(t, "by another crew", stand("control", "service"), "error.forbidden")
		equal(t, "for himself", stand("security", "captain"), "person:field.choose")
		w.post(t, w.Event, domain.Post{Code: "Z02", Crew: domain.CrewSEC}, "cleaning")
		must(t)(s.Report(ctx, w.Act("cleaning"), w.duty(t, w.Event, "cleaning").ID, ""))
		equal(t, "who stands elsewhere", stand("cleaning", "captain"), "duty.backup_busy")

		equal(t, "stands in", stand("control", "captain"), "")
		held := func() string {
			boards, err := s.PostBoards(ctx, w.Event)
			if err != nil {
				t.Fatal(err)
			}
			return boards[0].State(w.event(t, w.Event), s.Now())
		}
		spare := w.duty(t, w.Event, "control")
		equal(t, "on", fmt.Sprint(spare.State, spare.StandsFor == id, w.duty(t, w.Event, "security").State, held()), "ontruereplacedheld")
		equal(t, "once", stand("supervisor", "captain"), "")
		equal(t, "still", w.duty(t, w.Event, "control").StandsFor, id)

		must(t)(s.Report(ctx, w.Act("security"), id, ""))
		spare = w.duty(t, w.Event, "control")
		equal(t, "he has come", fmt.Sprint(w.duty(t, w.Event, "security").State, spare.Spare(), held()), "ontrueheld")
		sound(t, s)
	})
}

// Nobody leaves before the last car, the cameras, the hall and the supervisor's check; the commander may say otherwise, in
// writing.
func TestReleaseLock(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC}, "security")
		w.post(t, w.Event, domain.Post{Code: "Z02", Crew: domain.CrewSVC}, "service")
		id := w.duty(t, w.Event, "security").ID
		must(t)(s.Report(ctx, w.Act("security"), id, ""))
		equal(t, "by himself", refused(s.Release(ctx, w.Act("security"), id, "")), "error.forbidden")
		_, err := s.Release(ctx, w.Act("supervisor"), id, "累了")
		refusal, _ := domain.AsError(err)
		equal(t, "locked", refusal.Key, "duty.locked")
		for _, id := range []string{"X9", "V5", "S19", "M13", "M10"} {
			i := w.Item(t, w.Event, id)
			equal(t, "names "+id, strings.Contains(refusal.Args["items_zh"], i.Text("zh")) && strings.Contains(refusal.Args["items_en"], i.Text("en")), true)
		}
		equal(t, "without a reason", refused(s.Release(ctx, w.Act("commander"), id, " ")), "reason:duty.override_needed")
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.Release(ctx, w.Act("commander"), id, "身体不适"))
		equal(t, "overridden", w.since(t, w.Event, head), "duty.overridden →花岗")
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		equal(t, "and reported", len(noticesOf(t, s, w.People["supervisor"], domain.NoticeOverride)), 1)
		must(t)(s.Recall(ctx, w.Act("supervisor"), id))
		equal(t, "recalled", fmt.Sprint(w.duty(t, w.Event, "security").State, w.duty(t, w.Event, "security").Override), "on")
		equal(t, "all: locked", refused(s.ReleaseCrew(ctx, w.Act("supervisor"), w.Event, "", "")), "duty.locked")

		w.settle(t, w.Event, star)
		w.set("09:30")
		w.status(t, w.Event, domain.EventLive)
		w.set("11:55")
		w.status(t, w.Event, domain.EventClearing)
		for _, x := range []struct{ id, who, reading string }{{"X9", "captain", "3"}, {"V5", "control", "水晶"}, {"S19", "service", ""}} { // each by its own
			w.Photograph(t, w.Item(t, w.Event, x.id))
			must(t)(s.DoItem(ctx, w.Act(x.who), w.Item(t, w.Event, x.id).ID, x.reading))
		}
		w.settle(t, w.Event, func(i domain.Item) bool { return i.TemplateID == "M13" })
		equal(t, "the post-check is left", refused(s.ReleaseCrew(ctx, w.Act("supervisor"), w.Event, "", "")), "duty.locked")
		equal(t, "so is the status", refused(s.SetStatus(ctx, w.Act("commander"), w.Event, domain.EventReleased, "")), "duty.locked")
		w.settle(t, w.Event, func(i domain.Item) bool { return i.TemplateID == "M10" })
		must(t)(s.ReleaseCrew(ctx, w.Act("supervisor"), w.Event, domain.CrewSEC, ""))
		equal(t, "one crew", fmt.Sprint(w.duty(t, w.Event, "security").State, w.duty(t, w.Event, "service").State), "releasedplanned")
		equal(t, "back too soon", refused(s.BackAtWork(ctx, w.Act("service"), w.duty(t, w.Event, "service").ID)), "duty.not_released")
		must(t)(s.BackAtWork(ctx, w.Act("security"), id))
		w.status(t, w.Event, domain.EventReleased)
		equal(t, "all others with the event", fmt.Sprint(w.duty(t, w.Event, "security").State, w.duty(t, w.Event, "service").State), "backreleased")
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// fired is how often the cues of an event went off, by the log: "crew×n".
func (w *world) fired(t *testing.T, event string) string {
	t.Helper()
	n := map[string]int{}
	for _, c := range w.log(t, domain.EventTopic(event)) {
		if c.Verb == "cue.fired" {
			n[c.Subject]++
		}
	}
	cues, err := w.Store.Cues(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range cues {
		if k := n["cue:"+c.ID]; k > 0 {
			list = append(list, fmt.Sprintf("%s/%s×%d", c.Cause, c.Crew, k))
		}
	}
	return strings.Join(list, " ")
}

func TestCues(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		cues, err := s.Cues(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the level's, once it is confirmed", len(cues), len(domain.UsualCues(1)))
		small, err := s.Cues(ctx, w.Other)
		if err != nil || len(small) > 0 {
			t.Fatal(small, err)
		}
		find := func(cause domain.Cause, crew domain.Crew) *domain.Cue {
			t.Helper()
			cues, err := s.Cues(ctx, w.Event)
			if err != nil {
				t.Fatal(err)
			}
			k := slices.IndexFunc(cues, func(c domain.Cue) bool { return c.Cause == cause && c.Crew == crew })
			if k < 0 {
				t.Fatalf("no cue of %s for %s", cause, crew)
			}
			return &cues[k]
		}
		off := find(domain.CauseGate, domain.CrewCTL)
		off.Off = true
		equal(t, "not by the crew", refused(s.UpdateCue(ctx, w.Act("control"), off.ID, *off)), "error.forbidden")
		must(t)(s.UpdateCue(ctx, w.Act("supervisor"), off.ID, *off))

		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("曾国", "一车"), guest("白术", "一车")}))
		id := w.guest(t, w.Event, "曾国").ID
		w.set("08:57")
		must(t)(s.MoveGuest(ctx, w.Act("security"), id, domain.PositionGate))
		equal(t, "at the gate", w.fired(t, w.Event), "approach/CLN×1 gate/SEC×1 gate/SVC×1")
		c := find(domain.CauseGate, domain.CrewSVC)
		equal(t, "by whom, when", fmt.Sprint(c.FiredBy == w.People["security"].ID, " ", at(c.FiredAt)), "true 03-18 08:57")
		must(t)(s.UndoMove(ctx, w.Act("security"), id))
		w.pass(time.Minute)
		must(t)(s.MoveGuest(ctx, w.Act("security"), id, domain.PositionGate))
		equal(t, "once, whatever is undone", w.fired(t, w.Event), "approach/CLN×1 gate/SEC×1 gate/SVC×1")

		// The crew says that it knows; the next one hears who did.
		equal(t, "not its cue", refused(s.AcknowledgeCue(ctx, w.Act("cleaning"), c.ID)), "error.forbidden")
		must(t)(s.AcknowledgeCue(ctx, w.Act("service"), c.ID))
		equal(t, "by somebody else", must(t)(s.AcknowledgeCue(ctx, w.Act("service2"), c.ID)).Notice, "cue.acked_by_other")
		equal(t, "known", find(domain.CauseGate, domain.CrewSVC).AckedBy, w.People["service"].ID)
		equal(t, "not gone off", refused(s.AcknowledgeCue(ctx, w.Act("service"), find(domain.CauseLift, domain.CrewSVC).ID)), "cue.not_fired")

		// By hand, and taken back.
		lift := find(domain.CauseLift, domain.CrewSVC)
		equal(t, "who does not follow guests", refused(s.FireCue(ctx, w.Act("cleaning"), lift.ID)), "error.forbidden")
		must(t)(s.FireCue(ctx, w.Act("control"), lift.ID))
		must(t)(s.FireCue(ctx, w.Act("control"), lift.ID))
		equal(t, "fired", find(domain.CauseLift, domain.CrewSVC).State(), domain.CueFired)
		must(t)(s.RearmCue(ctx, w.Act("control"), lift.ID))
		equal(t, "rearmed", find(domain.CauseLift, domain.CrewSVC).State(), domain.CueWaiting)

		// One who is told and does not answer is reminded; once answered, he is not.
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		told := noticesOf(t, s, w.People["cleaning"], domain.NoticeCue)
		if len(told) != 1 || !told[0].Grave || told[0].Args["item_zh"] != find(domain.CauseApproach, domain.CrewCLN).Zh {
			t.Fatalf("%+v", told)
		}
		must(t)(s.AcknowledgeCue(ctx, w.Act("cleaning"), find(domain.CauseApproach, domain.CrewCLN).ID))
		if err := s.SettleNotices(ctx); err != nil {
			t.Fatal(err)
		}
		equal(t, "settled", noticesOf(t, s, w.People["cleaning"], domain.NoticeCue)[0].SettledAt != nil, true)

		must(t)(s.AddCue(ctx, w.Act("supervisor"), w.Event, domain.Cue{Cause: domain.CauseVenue, Scope: domain.ScopeAll, Crew: domain.CrewSVC, Zh: "全部到齐"}))
		must(t)(s.MoveGuest(ctx, w.Act("service"), id, domain.PositionVenue))
		equal(t, "one is missing", strings.Contains(w.fired(t, w.Event), "venue/SVC"), false)
		must(t)(s.MoveGuest(ctx, w.Act("service"), w.guest(t, w.Event, "白术").ID, domain.PositionVenue))
		equal(t, "all are there", strings.Contains(w.fired(t, w.Event), "venue/SVC×1"), true)
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// The clock's cues go off once, however many instances ask at once; so do those
// of guests whom several people move at once.
func TestCuesOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		other := s
		if s.Dialect() != "sqlite" { // a second instance; SQLite has one
			other = open(t, store.Options{URL: prototype.url})
			other.Now = s.Now
		}
		instances := []*store.Store{s, other}
		w.set("08:54")
		if err := s.TellReception(ctx); err != nil {
			t.Fatal(err)
		}
		equal(t, "not yet", w.fired(t, w.Event), "")
		w.set("08:56")
		together(6, func(k int) {
			if err := instances[k%2].TellReception(ctx); err != nil {
				t.Error(err)
			}
		})
		equal(t, "five minutes before", w.fired(t, w.Event), "approach/CLN×1")
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("曾国", ""), guest("白术", ""), guest("当归", ""), guest("黄芪", "")}))
		guests, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		together(8, func(k int) {
			if _, err := instances[k%2].MoveGuest(ctx, w.Act([]string{"security", "control"}[k/4]), guests[k%4].ID, domain.PositionGate); err != nil {
				t.Error(err)
			}
		})
		equal(t, "at the gate", w.fired(t, w.Event), "approach/CLN×1 gate/SEC×1 gate/CTL×1 gate/SVC×1")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

func TestVehicles(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		car := must(t)(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00001", Bay: "B01", Arrives: 2})).Created
		equal(t, "taken", refused(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00001"})), "plate:vehicle.taken")
		bus := must(t)(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00002", Bay: "B02", Arrives: 1})).Created
		must(t)(s.AddVehicle(ctx, w.Act("supervisor"), w.Event, domain.Vehicle{Plate: "测A·00003"}))
		list, err := s.Vehicles(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "in the order of their arrival", list[0].Plate+" "+list[1].Plate+" "+list[2].Plate, "测A·00002 测A·00001 测A·00003")
		items, err := s.Items(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		var bays []string
		for _, i := range items {
			if i.TemplateID == "" && i.Crew == domain.CrewSEC {
				bays = append(bays, i.Zh+" "+at(i.DueAt))
			}
		}
		equal(t, "cones", strings.Join(bays, ", "), "车位 B01 预留、摆锥桶（测A·00001） 03-18 07:40, 车位 B02 预留、摆锥桶（测A·00002） 03-18 07:40")

		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{
			{Guest: domain.Guest{Name: "曾国", Plate: "测A·00001", Rank: 1}}, {Guest: domain.Guest{Name: "白术", Plate: "测A·00001"}}, {Guest: domain.Guest{Name: "黄芪", Plate: "测A·00002"}},
		}))
		w.set("08:58")
		must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, "白术").ID, domain.PositionLobby)) // he walked
		w.pass(time.Second)
		equal(t, "who does not follow guests", refused(s.MoveVehicle(ctx, w.Act("cleaning"), car, domain.VehicleGate)), "error.not_found")
		must(t)(s.MoveVehicle(ctx, w.Act("security"), car, domain.VehicleGate))
		equal(t, "it brings its guests, not who is further", w.on(t, w.Event), "曾国 gate, 白术 lobby, 黄芪 expected")
		must(t)(s.MoveVehicle(ctx, w.Act("security"), car, domain.VehicleDropOff))
		must(t)(s.MoveVehicle(ctx, w.Act("security"), car, domain.VehicleParked))
		equal(t, "parking moves nobody", w.on(t, w.Event), "曾国 drop-off, 白术 lobby, 黄芪 expected")
		r := must(t)(s.MoveVehicle(ctx, w.acted("security", "08:40"), car, domain.VehicleGate))
		equal(t, "an older word", r.Notice, "act.overtaken")
		w.pass(time.Second)
		must(t)(s.UndoVehicle(ctx, w.Act("security"), car))
		must(t)(s.UndoVehicle(ctx, w.Act("security"), car))
		list, _ = s.Vehicles(ctx, w.Event)
		equal(t, "undone once", list[1].State, domain.VehicleDropOff)
		must(t)(s.MoveVehicle(ctx, w.Act("security"), bus, domain.VehicleGone))
		must(t)(s.MoveVehicle(ctx, w.Act("security"), car, domain.VehicleGone))
		equal(t, "who never came does not leave", w.on(t, w.Event), "曾国 left, 白术 left, 黄芪 expected")
		must(t)(s.UpdateVehicle(ctx, w.Act("supervisor"), car, domain.Vehicle{Plate: "测A·00009", Bay: "B01", Leaves: 1}))
		must(t)(s.StrikeVehicle(ctx, w.Act("supervisor"), car))
		equal(t, "struck", refused(s.MoveVehicle(ctx, w.Act("security"), car, domain.VehicleGate)), "vehicle.struck")
		whole(t, s, domain.EventTopic(w.Event))
		sound(t, s)
	})
}

// Guests at the gate before their time: the commander decides, once a time.
func TestEarly(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		equal(t, "nobody is", refused(s.SetEarlyMode(ctx, w.Act("commander"), w.Event, domain.EarlyGo)), "event.not_early")
		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("曾国", ""), guest("白术", "")}))
		w.set("08:48")
		must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, "曾国").ID, domain.PositionGate))
		must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, "白术").ID, domain.PositionGate))
		equal(t, "early", at(w.event(t, w.Event).EarlyAt), "03-18 08:48")
		equal(t, "cues", w.fired(t, w.Event), "early/SVC×1 early/SEC×1 approach/CLN×1 gate/SEC×1 gate/CTL×1 gate/SVC×1")
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		told := noticesOf(t, s, w.People["commander"], domain.NoticeEarly)
		if len(told) != 1 || told[0].Args["minutes"] != "12" || !told[0].Grave {
			t.Fatalf("%+v", told)
		}
		equal(t, "nowhere", refused(s.SetEarlyMode(ctx, w.Act("commander"), w.Event, "home")), "mode:field.choose")
		equal(t, "not by a guard", refused(s.SetEarlyMode(ctx, w.Act("security"), w.Event, domain.EarlyGo)), "error.forbidden")
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.SetEarlyMode(ctx, w.Act("commander"), w.Event, domain.EarlyLounge))
		must(t)(s.SetEarlyMode(ctx, w.Act("commander"), w.Event, domain.EarlyLounge))
		must(t)(s.SetEarlyMode(ctx, w.Act("commander"), w.Event, domain.EarlyGo))
		equal(t, "decided", w.since(t, w.Event, head), "event.early_mode →lounge, event.early_mode lounge→go")
		if _, err := s.ReadTopic(ctx, domain.EventTopic(w.Event)); err != nil {
			t.Fatal(err)
		}
		equal(t, "the crews hear it", len(noticesOf(t, s, w.People["service"], domain.NoticeEarlyMode)), 2)
		sound(t, s)
	})
}

func TestLifts(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		equal(t, "no name", refused(s.AddLift(ctx, w.Act("control"), " ")), "name:field.required")
		id := must(t)(s.AddLift(ctx, w.Act("control"), "三号梯")).Created
		equal(t, "taken", refused(s.AddLift(ctx, w.Act("control"), "三号梯")), "name:lift.taken")
		w.set("08:50")
		must(t)(s.SetLift(ctx, w.Act("control"), id, domain.LiftHeld, ""))
		must(t)(s.SetLift(ctx, w.Act("control"), id, domain.LiftTrapped, "三人"))
		must(t)(s.SetLift(ctx, w.Act("control"), id, domain.LiftTrapped, "三人"))
		equal(t, "nowhere", refused(s.SetLift(ctx, w.Act("control"), id, "flying", "")), "state:field.choose")
		equal(t, "no lift", refused(s.SetLift(ctx, w.Act("control"), "x", domain.LiftHeld, "")), "error.not_found")
		for who, want := range map[string]int{"commander": 1, "security": 1, "service": 0} {
			list := noticesOf(t, s, w.People[who], domain.NoticeLift)
			n := 0
			for _, x := range list {
				if x.EventID == w.Event {
					n++
				}
			}
			equal(t, who, n, want)
		}
		if len(noticesOf(t, s, w.People["engineering"], domain.NoticeLift)) == 0 {
			t.Error("the engineer is not told")
		}
		must(t)(s.SetLift(ctx, w.Act("control"), id, domain.LiftNormal, ""))
		if err := s.SettleNotices(ctx); err != nil {
			t.Fatal(err)
		}
		equal(t, "it runs again", noticesOf(t, s, w.People["security"], domain.NoticeLift)[0].SettledAt != nil, true)
		lifts, err := s.Lifts(ctx)
		if err != nil || len(lifts) != 1 {
			t.Fatal(lifts, err)
		}
		whole(t, s, domain.TopicFloor)
		sound(t, s)
	})
}

// What the clock says of posts and of guests on the way is told once, to who can help, and is settled by what follows.
func TestTellReception(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		tell := func(at string) {
			t.Helper()
			w.set(at)
			for range 2 {
				if err := s.TellReception(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.SettleNotices(ctx); err != nil {
				t.Fatal(err)
			}
		}
		told := func(who string, kind domain.NoticeKind) string {
			t.Helper()
			var list []string
			for _, n := range noticesOf(t, s, w.People[who], kind) {
				list = append(list, map[bool]string{true: "settled", false: "open"}[n.SettledAt != nil])
			}
			return strings.Join(list, " ")
		}
		w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC, FromAt: ptr(clock("08:32"))}, "security")
		id := w.duty(t, w.Event, "security").ID
		tell("08:36")
		equal(t, "four minutes", told("captain", domain.NoticeAbsent), "")
		tell("08:37")
		equal(t, "the lead", told("captain", domain.NoticeAbsent), "open")
		equal(t, "the commander", told("commander", domain.NoticeAbsent), "open")
		equal(t, "not who is meant", told("security", domain.NoticeAbsent), "")
		must(t)(s.Report(ctx, w.Act("security"), id, ""))
		tell("08:38")
		equal(t, "he has come", told("captain", domain.NoticeAbsent), "settled")

		must(t)(s.AskRelief(ctx, w.Act("security"), id, w.People["captain"].ID, "如厕", 5, ""))
		must(t)(s.Relieve(ctx, w.Act("captain"), id))
		tell("08:47")
		equal(t, "not yet", told("captain", domain.NoticeReturn), "")
		tell("08:48")
		equal(t, "not back", told("captain", domain.NoticeReturn), "open")

		must(t)(s.AddGuests(ctx, w.Act("supervisor"), w.Event, []store.GuestDraft{guest("曾国", "一车"), guest("白术", "一车")}))
		tell("09:09")
		equal(t, "nobody at the gate", told("commander", domain.NoticeNobody), "")
		tell("09:10")
		equal(t, "ten minutes after the plan", told("commander", domain.NoticeNobody), "open")
		for _, name := range []string{"曾国", "白术"} {
			must(t)(s.MoveGuest(ctx, w.Act("security"), w.guest(t, w.Event, name).ID, domain.PositionLobby))
		}
		tell("09:12")
		equal(t, "a minute to the lift", told("control", domain.NoticeOverdue), "")
		tell("09:13")
		equal(t, "nobody has seen them: one alarm", told("control", domain.NoticeOverdue), "open")
		must(t)(s.MoveGuest(ctx, w.Act("control"), w.guest(t, w.Event, "曾国").ID, domain.PositionVenue))
		tell("09:14")
		equal(t, "one is found", told("control", domain.NoticeOverdue), "open")
		must(t)(s.MoveGuest(ctx, w.Act("control"), w.guest(t, w.Event, "白术").ID, domain.PositionVenue))
		tell("09:15")
		equal(t, "both are", told("control", domain.NoticeOverdue), "settled")
	})
}

// The database itself knows what cannot be.
func TestReceptionSchema(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.post(t, w.Event, domain.Post{Code: "Z01", Crew: domain.CrewSEC}, "security")
		for want, q := range map[string]string{
			"check":   "UPDATE duties SET state = 'away', reason = NULL",
			"foreign": "UPDATE duties SET person_id = 'nobody'",
			"unique":  "INSERT INTO posts SELECT 'p2', event_id, code, name, crew, task, gesture, channel, position, minutes, from_at, struck, sort, seq, created_at, key_post FROM posts",
		} {
			_, err := w.Store.Write(t.Context(), domain.Act{}, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NewRaw(q).Exec(ctx)
				return err
			})
			equal(t, q, store.Broke(err), want)
		}
	})
}
