package store_test

import (
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// patrol puts a route on the event, which is being worked on.
func (w *world) patrol(t *testing.T, lines string) domain.Patrol {
	t.Helper()
	route, err := domain.NewPatrol("外圈", domain.CrewSEC, 30, lines)
	if err != nil {
		t.Fatal(err)
	}
	must(t)(w.Store.AddPatrol(t.Context(), w.Act("supervisor"), w.Event, *route))
	return w.patrols(t)[0]
}

func (w *world) patrols(t *testing.T) []domain.Patrol {
	t.Helper()
	list, err := w.Store.Patrols(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPatrol(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		p := w.patrol(t, "东门\n地库\n楼顶")
		east, cellar, roof := p.Checkpoints[0].ID, p.Checkpoints[1].ID, p.Checkpoints[2].ID
		last := func() string {
			t.Helper()
			log, err := s.Log(ctx, domain.EventTopic(w.Event), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			return log[0].Verb + " " + log[0].Label + " " + log[0].New + " " + log[0].Note
		}
		notice := func(what string, r domain.Receipt, err error, want string) {
			t.Helper()
			if got := refused(r, err); got != "" {
				t.Fatal(what, got)
			}
			equal(t, what, r.Notice, want)
		}

		// The sign that hangs there, and others.
		sign := func(kind domain.PassKind, id string) string {
			token, err := s.Token(ctx, domain.Pass{Kind: kind, ID: id})
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		for what, code := range map[string]string{"another place's": sign(domain.PassCheckpoint, cellar), "a post's": sign(domain.PassPost, east), "nonsense": "x"} {
			_, err := s.VisitCheckpoint(ctx, w.Act("security"), east, code)
			equal(t, what, refused(domain.Receipt{}, err), "patrol.wrong_code")
		}
		must(t)(s.VisitCheckpoint(ctx, w.Act("security"), east, sign(domain.PassCheckpoint, east)))
		equal(t, "log", last(), "patrol.visited 外圈 东门 1 ")
		now := w.patrols(t)[0].Checkpoints[0]
		if !now.ByCode || now.RoundNo != 1 || now.MarkedBy != w.People["security"].ID {
			t.Errorf("%+v", now)
		}

		// Two guards at one place: the first stands, and the second hears of it.
		w.pass(time.Minute)
		r, err := s.VisitCheckpoint(ctx, w.Act("captain"), east, "")
		notice("who comes second", r, err, "act.already")
		equal(t, "by", w.patrols(t)[0].Checkpoints[0].MarkedBy, w.People["security"].ID)

		// Another crew does not walk there; to skip needs a reason.
		_, err = s.VisitCheckpoint(ctx, w.Act("cleaning"), cellar, "")
		equal(t, "a cleaner", refused(domain.Receipt{}, err), "error.forbidden")
		_, err = s.SkipCheckpoint(ctx, w.Act("security"), cellar, "  ")
		if e, ok := domain.AsError(err); !ok || len(e.Fields) != 1 || e.Fields[0].Field != "reason" {
			t.Error("skipped without a reason: ", err)
		}
		must(t)(s.SkipCheckpoint(ctx, w.Act("security"), cellar, "门锁着"))
		equal(t, "log", last(), "patrol.skipped 外圈 地库 1 门锁着")
		must(t)(s.UnmarkCheckpoint(ctx, w.Act("security"), cellar))
		equal(t, "taken back", w.patrols(t)[0].Left(), 2)
		must(t)(s.SkipCheckpoint(ctx, w.Act("security"), cellar, "门锁着"))

		// The last one completes the round; a phone without network brings a mark of that round afterwards.
		tapped := s.Now()
		w.pass(time.Minute)
		must(t)(s.VisitCheckpoint(ctx, w.Act("security"), roof, ""))
		equal(t, "log", last(), "patrol.round 外圈 楼顶 1 ")
		p = w.patrols(t)[0]
		if p.RoundNo != 2 || p.Left() != 3 || p.RoundAt == nil {
			t.Fatalf("%+v", p)
		}
		w.pass(time.Minute)
		late := w.Act("captain")
		late.ActedAt = tapped
		r, err = s.VisitCheckpoint(ctx, late, east, "")
		notice("too late", r, err, "act.overtaken")
		equal(t, "the new round has nothing of it", w.patrols(t)[0].Left(), 3)
		equal(t, "log", last(), "patrol.overtaken 外圈 东门 1 ")

		// Who leads the crew takes it off; nobody walks it any more.
		_, err = s.StrikePatrol(ctx, w.Act("security"), p.ID)
		equal(t, "a guard", refused(domain.Receipt{}, err), "error.forbidden")
		must(t)(s.StrikePatrol(ctx, w.Act("captain"), p.ID))
		equal(t, "routes", len(w.patrols(t)), 0)
		_, err = s.VisitCheckpoint(ctx, w.Act("security"), roof, "")
		equal(t, "off the list", refused(domain.Receipt{}, err), "patrol.struck")
		_, err = s.VisitCheckpoint(ctx, w.Act("security"), store.NewID(), "")
		equal(t, "no such place", refused(domain.Receipt{}, err), "error.not_found")
		sound(t, s)
		whole(t, s, domain.EventTopic(w.Event))
	})
}
