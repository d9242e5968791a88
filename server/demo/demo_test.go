package demo_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/demo"
	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// at is a moment on the site's clock.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	x, err := time.ParseInLocation("2006-01-02 15:04:05", s, storetest.Shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return x.UTC()
}

func seed(t *testing.T, s *store.Store, now time.Time) demo.Result {
	t.Helper()
	clock := s.Now
	res, err := demo.Seed(t.Context(), s, demo.Options{Now: now, PinHash: "hash", Photos: folder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if d := s.Now().Sub(clock()); d > time.Minute || d < -time.Minute {
		t.Error("the store's clock was not set back")
	}
	return res
}

// folder is where pictures of one test lie.
func folder(t *testing.T) photos.Blobs {
	t.Helper()
	b, err := photos.Open("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func item(t *testing.T, s *store.Store, event, template string) domain.Item {
	t.Helper()
	items, err := s.Items(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.TemplateID == template {
			return i
		}
	}
	t.Fatalf("no item %s", template)
	return domain.Item{}
}

func TestSeed(t *testing.T) {
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		now := at(t, "2026-11-25 08:03:20")
		begin := time.Now()
		res := seed(t, s, now)
		t.Logf("%d acts in %v", res.Acts, time.Since(begin).Round(time.Millisecond))
		if res.People != 34 || res.Events != 25 || res.Guests != 40 || len(res.Dropped) != 0 {
			t.Errorf("%+v", res)
		}
		s.Now = func() time.Time { return now }

		visit, _, err := s.Event(t.Context(), nil, res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		if visit.Status != domain.EventPreparing || visit.Number != "EV-20261125-01" || visit.Level != 1 || len(visit.Rooms) != 2 {
			t.Errorf("visit: %+v", visit)
		}
		if a, s, e := visit.Arrival().Sub(now.Round(time.Minute)), visit.StartAt.Sub(visit.Arrival()), visit.EndAt.Sub(visit.StartAt); a != 45*time.Minute || s != 50*time.Minute || e != 140*time.Minute {
			t.Errorf("arrival in %v, start %v later, lasts %v", a, s, e)
		}
		items, err := s.Items(t.Context(), res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		sum := domain.Sum(items, now)
		if sum.Star != 22 || sum.StarDone != 13 || sum.Late == 0 || sum.Waiting < 5 || sum.Rejected != 1 {
			t.Errorf("visit at the start: %+v", sum)
		}
		for _, i := range items {
			if i.DoneAt != nil && (i.DoneAt.After(now) || domain.Late(*i.DoneAt, *i.DoneReceivedAt)) {
				t.Errorf("%s done %v, received %v", i.TemplateID, i.DoneAt, i.DoneReceivedAt)
			}
			if i.Anchor == domain.AnchorDayPrev && !i.Settled() {
				t.Errorf("%s of the day before is %s", i.TemplateID, i.Status)
			}
		}
		for _, i := range items {
			if i.PhotoRequired() && i.DoneAt != nil && len(i.Photos) == 0 {
				t.Errorf("%s was done without a photo", i.TemplateID)
			}
		}
		if s5 := item(t, s, res.Visit, "S5"); s5.Status != domain.ItemRejected || !strings.Contains(s5.Reason, "座淡会") {
			t.Errorf("banner: %+v", s5)
		}

		guests, err := s.Guests(t.Context(), res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		parties, err := s.Parties(t.Context(), res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		inParty := map[string]int{}
		for k, g := range guests {
			inParty[g.PartyID]++
			if g.Position != domain.PositionExpected || g.Rank != k+1 || g.Plate == "" || g.Bay == "" || g.Organisation == "" {
				t.Errorf("guest: %+v", g)
			}
		}
		for k, p := range parties {
			if n := []int{2, 19, 19}[k]; inParty[p.ID] != n || p.Name != fmt.Sprintf("%d号车", k+1) {
				t.Errorf("party %s has %d guests, want %d", p.Name, inParty[p.ID], n)
			}
		}

		weekly, err := s.Items(t.Context(), res.Weekly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range weekly {
			if (i.Anchor == domain.AnchorDayPrev) != i.Settled() {
				t.Errorf("weekly meeting: %s is %s", i.TemplateID, i.Status)
			}
			if state := i.State(now); state == domain.StateLate {
				t.Errorf("weekly meeting: %s is late at the start", i.TemplateID)
			}
		}

		people, err := s.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if !slices.Contains(domain.StaffRoles, p.Role) || p.PinHash != "hash" {
				t.Errorf("person: %+v", p)
			}
		}
		for no, want := range map[string]domain.Crew{
			"commander": domain.CrewCMD, "supervisor": domain.CrewSUP, "security": domain.CrewSEC, "cleaning": domain.CrewCLN, "service": domain.CrewSVC,
			"engineering": domain.CrewENG, "control": domain.CrewCTL, "supplies": domain.CrewADM, "leaderfloor": domain.CrewLDR, "admin": "", "board": "",
			"yusui": domain.CrewSVC, "dansha": domain.CrewSEC, "huashi": domain.CrewCLN, "tonglv": domain.CrewENG,
		} {
			if p, err := s.PersonByLogin(t.Context(), no); err != nil || p.Crew != want {
				t.Errorf("%s: %+v %v", no, p, err)
			}
		}
		if _, err := demo.Seed(t.Context(), s, demo.Options{Now: now, PinHash: "hash", Photos: folder(t)}); err == nil {
			t.Error("a second seed was let in")
		}
	})
}

// Whenever the demo is started, the week lies around it and nobody meets in a taken room.
func TestSeedAnyTime(t *testing.T) {
	t.Parallel()
	for _, clock := range []string{
		"2026-11-22 23:50:31",   // a Sunday
		"2026-11-27 14:29:30.5", // a Friday
		"2026-12-07 00:10:00",   // a Monday
	} {
		t.Run(clock, func(t *testing.T) {
			s := storetest.SQLite(t)
			now := at(t, clock)
			begin := time.Now()
			res := seed(t, s, now)
			t.Logf("%d acts in %v, moved %v", res.Acts, time.Since(begin).Round(time.Millisecond), res.Moved)
			s.Now = func() time.Time { return now }
			if d := res.ArrivalAt.Sub(now.Round(time.Minute)); d != 45*time.Minute {
				t.Errorf("arrival in %v", d)
			}
			day, _ := s.Day(res.ArrivalAt)
			list, err := s.Events(t.Context(), nil, day.AddDate(0, 0, -7), day.AddDate(0, 0, 7))
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 25 {
				t.Errorf("%d events", len(list))
			}
			secret, status := 0, map[domain.EventStatus]int{}
			for k := range list {
				e := &list[k]
				status[e.Status]++
				if e.Secrecy == domain.SecrecySecret {
					secret++
				}
				if e.EndAt.Before(day.AddDate(0, 0, 0)) && e.ID != res.Weekly && e.Status != domain.EventClosed {
					t.Errorf("%s ended %v and is %s", e.Name, e.EndAt, e.Status)
				}
				if e.Status == domain.EventClosed && (e.Progress.Late > 0 || e.Progress.Waiting > 0 || e.Progress.Settled != e.Progress.Total) {
					t.Errorf("%s is closed with %+v", e.Name, e.Progress)
				}
				if e.StartAt.After(now) && (e.ActualStartAt != nil || e.Status == domain.EventLive) {
					t.Errorf("%s has begun before its time", e.Name)
				}
				for j := range list[:k] {
					o := &list[j]
					for _, r := range e.Rooms {
						if slices.ContainsFunc(o.Rooms, func(x domain.Room) bool { return x.ID == r.ID }) && e.StartAt.Before(o.EndAt.Add(30*time.Minute)) && o.StartAt.Before(e.EndAt.Add(30*time.Minute)) {
							t.Errorf("%s: %s and %s", r.Name, e.Name, o.Name)
						}
					}
				}
			}
			if secret != 2 || status[domain.EventRequested] != 2 || status[domain.EventDraft] != 1 {
				t.Errorf("%d secret, %v", secret, status)
			}
			tomorrow, to := s.Day(res.ArrivalAt.AddDate(0, 0, 1))
			list, err = s.Events(t.Context(), nil, tomorrow.Add(6*time.Hour), to)
			if err != nil {
				t.Fatal(err)
			}
			lacking := 0
			for k := range list {
				if list[k].CommanderID == "" {
					lacking++
				}
			}
			if len(list) != 5 || lacking != 1 {
				t.Errorf("tomorrow: %d events, %d without a commander", len(list), lacking)
			}
		})
	}
}

// notes collects what Simulate logs above debug: refusals and accidents.
type notes struct {
	bad   *[]string
	attrs []slog.Attr
}

func (n notes) Enabled(_ context.Context, l slog.Level) bool { return l > slog.LevelDebug }
func (n notes) WithGroup(string) slog.Handler                { return n }
func (n notes) WithAttrs(a []slog.Attr) slog.Handler {
	return notes{n.bad, append(slices.Clone(n.attrs), a...)}
}

func (n notes) Handle(_ context.Context, r slog.Record) error {
	line := r.Message + fmt.Sprint(n.attrs)
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	*n.bad = append(*n.bad, line)
	return nil
}

// outcome is an event's end in words that have no random ids in them.
func outcome(t *testing.T, s *store.Store, ids ...string) string {
	t.Helper()
	names, err := s.Names(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clock := func(x *time.Time) string {
		if x == nil {
			return "-"
		}
		return x.In(storetest.Shanghai).Format("02 15:04:05")
	}
	var b strings.Builder
	for _, id := range ids {
		e, _, err := s.Event(t.Context(), nil, id)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, e.Number, e.Status, clock(e.ReadyAt), clock(e.ActualArrivalAt), clock(e.ActualStartAt), clock(e.ActualEndAt), clock(e.LeftAt), names[e.CommanderID])
		items, err := s.Items(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			fmt.Fprintln(&b, i.TemplateID, i.Zh, i.Status, clock(i.DueAt), clock(i.DoneAt), names[i.DoneBy], i.Reading, clock(i.CheckedAt), clock(i.AcceptedAt), names[i.AcceptedBy], i.Redo, i.RoundsDone, i.RoundsMissed, i.Reason)
		}
		guests, err := s.Guests(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range guests {
			fmt.Fprintln(&b, g.Name, g.Position, clock(&g.PositionAt), names[g.PositionBy])
		}
	}
	return b.String()
}

// simulate plays from start to the end, or until the fast clock has shown
// enough when there is a speed.
func simulate(t *testing.T, s *store.Store, start time.Time, speed float64, enough time.Duration) {
	t.Helper()
	var bad []string
	o := demo.SimOptions{Speed: speed, Start: start, Log: slog.New(notes{bad: &bad})}
	ctx := t.Context()
	if speed > 0 {
		s.Now = demo.Clock(start, speed)
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(float64(enough)/speed))
		defer stop()
	} else {
		now := start
		s.Now = func() time.Time { return now }
		o = demo.Jump(o, func(to time.Time) { now = to })
	}
	o.Photos = folder(t)
	begin := time.Now()
	if err := demo.Simulate(ctx, s, o); err != nil {
		t.Fatal(err)
	}
	t.Logf("played %v in %v", s.Now().Sub(start).Round(time.Minute), time.Since(begin).Round(time.Millisecond))
	for _, line := range bad {
		t.Error(line)
	}
}

// People join in, times move, the simulation is stopped and started again:
// nothing is refused and the day comes to its end.
func TestSimulateAmongPeople(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	now := at(t, "2026-11-25 13:20:00")
	res := seed(t, s, now)
	s.Now = func() time.Time { return now }
	as := func(staffNo string) domain.Act {
		p, err := s.PersonByLogin(t.Context(), staffNo)
		if err != nil {
			t.Fatal(err)
		}
		return domain.Act{Key: store.NewID(), Person: p}
	}
	must := func(r domain.Receipt, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r.Created
	}
	id := func(template string) string { return item(t, s, res.Visit, template).ID }
	must(s.RejectItem(t.Context(), as("commander"), id("S4"), "杯具没有摆成一线"))
	must(s.AcceptItem(t.Context(), as("commander"), id("P1")))
	must(s.AddPhoto(t.Context(), as("shigao"), domain.Photo{ID: store.NewID(), ItemID: id("C4"), File: "x", Width: 4, Height: 3}))
	must(s.DoItem(t.Context(), as("shigao"), id("C4"), ""))
	must(s.DoItem(t.Context(), as("engineering"), id("E7"), ""))
	must(s.ExemptItem(t.Context(), as("commander"), id("D1"), "领导另有安排"))
	mine := must(s.AddItem(t.Context(), as("supervisor"), domain.Item{EventID: res.Visit, Crew: domain.CrewCLN, Phase: domain.PhasePre, Zh: "擦干门口水渍", DueAt: &now}))
	guests, err := s.Guests(t.Context(), res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	must(s.MoveParty(t.Context(), as("xionghuang"), guests[39].PartyID, domain.PositionGate))
	must(s.MoveGuest(t.Context(), as("security"), guests[5].ID, domain.PositionVenue))
	e, _, err := s.Event(t.Context(), nil, res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.Assignments(t.Context(), res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	arrival := e.ArrivalAt.Add(20 * time.Minute)
	e.ArrivalAt, e.StartAt, e.EndAt = &arrival, e.StartAt.Add(20*time.Minute), e.EndAt.Add(20*time.Minute)
	must(s.UpdateEvent(t.Context(), as("supervisor"), res.Visit, store.EventDraft{Event: *e, Rooms: []string{"R2", "R5"}, People: people}))

	simulate(t, s, now, 1200, 40*time.Minute)
	simulate(t, s, s.Now(), 0, 0)

	out := outcome(t, s, res.Visit, res.Weekly)
	visit, _, err := s.Event(t.Context(), nil, res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := s.GuestCounts(t.Context(), res.Visit)
	if err != nil {
		t.Fatal(err)
	}
	if visit.Status != domain.EventClosed || counts.Left != 40 || !visit.ActualStartAt.Equal(e.StartAt) {
		t.Errorf("%s, %+v, from %v\n%s", visit.Status, counts, visit.ActualStartAt, out)
	}
	if i, err := s.ItemsByID(t.Context(), []string{mine}); err != nil || i[0].Status != domain.ItemAccepted {
		t.Errorf("the item of a person: %+v %v", i, err)
	}
	if s4 := item(t, s, res.Visit, "S4"); s4.Status != domain.ItemAccepted || s4.Redo != 1 {
		t.Errorf("the rejected item: %+v", s4)
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	var runs []string
	storetest.Both(t, func(t *testing.T, s *store.Store) {
		now := at(t, "2026-11-25 08:03:20")
		res := seed(t, s, now)
		simulate(t, s, now, 0, 0)
		out := outcome(t, s, res.Visit, res.Weekly)
		runs = append(runs, out)
		visit, _, err := s.Event(t.Context(), nil, res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		weekly, _, err := s.Event(t.Context(), nil, res.Weekly)
		if err != nil {
			t.Fatal(err)
		}
		if visit.Status != domain.EventClosed || weekly.Status != domain.EventClosed {
			t.Fatalf("visit %s, weekly %s\n%s", visit.Status, weekly.Status, out)
		}
		counts, err := s.GuestCounts(t.Context(), res.Visit)
		if err != nil || counts.Left != 40 {
			t.Errorf("%+v %v", counts, err)
		}
		after := func(x *time.Time) time.Duration { return x.Sub(visit.Arrival()) }
		if r, a := after(visit.ReadyAt), after(visit.ActualArrivalAt); r != -28*time.Minute || a != -12*time.Minute {
			t.Errorf("ready %v, first guest %v after the planned arrival", r, a)
		}
		if !visit.ActualStartAt.Equal(visit.StartAt) || !visit.ActualEndAt.Equal(visit.EndAt) {
			t.Errorf("from %v to %v", visit.ActualStartAt, visit.ActualEndAt)
		}
		items, err := s.Items(t.Context(), res.Visit)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if !i.Settled() || i.RoundsMissed > 0 {
				t.Errorf("visit: %s %s is %s, %d rounds missed", i.TemplateID, i.Zh, i.Status, i.RoundsMissed)
			}
		}
		if tea := item(t, s, res.Visit, "S15"); tea.RoundsDone != 4 {
			t.Errorf("%d tea rounds", tea.RoundsDone)
		}
		// It is over: a second run has nothing to do.
		if err := demo.Simulate(t.Context(), s, demo.SimOptions{Photos: folder(t)}); err != nil {
			t.Error(err)
		}
	})
	if len(runs) == 2 && runs[0] != runs[1] {
		t.Errorf("two runs differ:\n%s\n\n%s", runs[0], runs[1])
	}
}
