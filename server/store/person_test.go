package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

func TestPeople(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		agate := func() *domain.Person {
			return &domain.Person{StaffNo: "SVC 03", Phone: "+86 138-0013-8000", Name: "蓝铜", Role: domain.RoleCrewMember, Crew: domain.CrewSVC, Locale: "zh", PinHash: "h1"}
		}
		equal(t, "only the admin", refused(s.CreatePerson(ctx, w.Act("supervisor"), agate())), "error.forbidden")
		r := must(t)(s.CreatePerson(ctx, w.Act("admin"), agate()))
		for _, login := range []string{"svc03", " ＳＶＣ０３ ", "13800138000", "+86 138 0013 8000"} {
			p, err := s.PersonByLogin(ctx, login)
			if err != nil || p.ID != r.Created || p.PinHash != "h1" || p.Phone != "13800138000" {
				t.Errorf("%q: %+v, %v", login, p, err)
			}
		}
		for _, login := range []string{"", "svc0", "svc03%", "1380013800"} {
			if _, err := s.PersonByLogin(ctx, login); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("%q: %v", login, err)
			}
		}
		for name, x := range map[string]struct {
			change func(p *domain.Person)
			want   string
		}{
			"number": {func(p *domain.Person) { p.Phone = "" }, "staff_no:person.staff_no_taken"},
			"phone":  {func(p *domain.Person) { p.StaffNo = "svc04" }, "phone:person.phone_taken"},
			"fields": {func(p *domain.Person) { p.StaffNo, p.Name = "", "" }, "name:field.required"},
		} {
			p := agate()
			x.change(p)
			equal(t, name, refused(s.CreatePerson(ctx, w.Act("admin"), p)), x.want)
		}
		// One whose number is another's phone: the number wins, always.
		other := agate()
		other.StaffNo, other.Phone = "13800138000", ""
		made := must(t)(s.CreatePerson(ctx, w.Act("admin"), other)).Created
		if p, err := s.PersonByLogin(ctx, "13800138000"); err != nil || p.ID != made {
			t.Errorf("%+v, %v", p, err)
		}

		in := agate()
		in.ID, in.Name, in.Crew, in.PinHash = r.Created, "蓝铜矿", domain.CrewSEC, "stolen"
		equal(t, "only the admin", refused(s.UpdatePerson(ctx, w.Act("service"), in)), "error.forbidden")
		must(t)(s.UpdatePerson(ctx, w.Act("admin"), in))
		p, err := s.Person(ctx, r.Created)
		if err != nil || p.Name != "蓝铜矿" || p.Crew != domain.CrewSEC || p.PinHash != "h1" {
			t.Errorf("%+v, %v", p, err)
		}
		self := *w.People["admin"]
		self.Role = domain.RoleSupervisor
		equal(t, "not out of office by oneself", refused(s.UpdatePerson(ctx, w.Act("admin"), &self)), "role:person.own_role")
		equal(t, "nobody", refused(s.UpdatePerson(ctx, w.Act("admin"), &domain.Person{ID: "x"})), "error.not_found")

		me := domain.Act{Key: store.NewID(), Person: p}
		must(t)(s.SetPin(ctx, me, p.ID, "h2"))
		equal(t, "another's PIN", refused(s.SetPin(ctx, w.Act("commander"), p.ID, "h3")), "error.forbidden")
		must(t)(s.SetLocale(ctx, domain.Act{Person: p}, "en"))
		equal(t, "locale", refused(s.SetLocale(ctx, domain.Act{Person: p}, "fr")), "locale:field.choose")
		if p, err = s.Person(ctx, p.ID); err != nil || p.PinHash != "h2" || p.Locale != "en" {
			t.Errorf("%+v, %v", p, err)
		}
		if names, err := s.Names(ctx); err != nil || names[p.ID] != "蓝铜矿" || len(names) != len(w.People)+2 {
			t.Errorf("%v, %v", names, err)
		}
		if list, err := s.People(ctx); err != nil || len(list) != len(w.People)+2 {
			t.Errorf("%d people, %v", len(list), err)
		}
		whole(t, s, domain.PersonTopic(p.ID))
	})
}

func TestSessions(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		amber := w.People["service"]
		sign := func(token string) *domain.Session {
			t.Helper()
			sess, err := s.CreateSession(ctx, amber, token, "Android")
			if err != nil {
				t.Fatal(err)
			}
			return sess
		}
		alive := func(token string) bool {
			t.Helper()
			sess, p, err := s.SessionPerson(ctx, store.SessionID(token))
			if err != nil && !errors.Is(err, store.ErrUnauthenticated) {
				t.Fatal(err)
			}
			return err == nil && p.ID == amber.ID && p.Name == amber.Name && p.CreatedAt.Equal(amber.CreatedAt) && sess.PersonID == amber.ID && sess.Device == "Android"
		}
		one := sign("one")
		if one.ID == "one" || len(one.ID) != 64 || !one.ExpiresAt.Equal(s.Now().Add(domain.SessionLife)) {
			t.Errorf("%+v", one) // the table alone lets nobody in
		}
		equal(t, "signed in", alive("one"), true)
		equal(t, "by the stored form", alive(one.ID), false)
		equal(t, "unknown", alive("two"), false)

		w.pass(domain.SessionLife - time.Second)
		equal(t, "a second before", alive("one"), true)
		if err := s.TouchSession(ctx, one.ID); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Second)
		equal(t, "seen in between", alive("one"), true)
		w.pass(domain.SessionLife)
		equal(t, "expired", alive("one"), false)

		two, three := sign("two"), sign("three")
		if list, err := s.Sessions(ctx, amber.ID); err != nil || len(list) != 2 {
			t.Errorf("living: %d, %v", len(list), err)
		}
		for who, want := range map[string]string{"security": "error.not_found", "commander": "error.not_found"} {
			_, err := s.RevokeSession(ctx, w.Act(who), two.ID)
			equal(t, who+" revokes", key(err), want)
		}
		equal(t, "still", alive("two"), true)
		if owner, err := s.RevokeSession(ctx, w.Act("service"), two.ID); err != nil || owner != amber.ID {
			t.Error(owner, err)
		}
		equal(t, "revoked", alive("two"), false)
		if err := s.TouchSession(ctx, two.ID); err != nil {
			t.Error(err)
		}
		equal(t, "a touch does not wake it", alive("two"), false)
		equal(t, "the other device", alive("three"), true)
		if owner, err := s.RevokeSession(ctx, w.Act("admin"), three.ID); err != nil || owner != amber.ID {
			t.Error(owner, err)
		}
		equal(t, "by the admin", alive("three"), false)
		_, err := s.RevokeSession(ctx, w.Act("admin"), "nothing")
		equal(t, "nothing there", key(err), "error.not_found")

		sign("four")
		equal(t, "disabled by a colleague", refused(s.SetDisabled(ctx, w.Act("supervisor"), amber.ID, true)), "error.forbidden")
		equal(t, "by oneself", refused(s.SetDisabled(ctx, w.Act("admin"), w.People["admin"].ID, true)), "person.not_self")
		must(t)(s.SetDisabled(ctx, w.Act("admin"), amber.ID, true))
		equal(t, "disabled", alive("four"), false)
		if _, err := s.CreateSession(ctx, amber, "five", "Android"); !errors.Is(err, domain.ErrForbidden) {
			t.Errorf("disabled, signs in: %v", err)
		}
		equal(t, "and no session is left", alive("five"), false)
		must(t)(s.SetDisabled(ctx, w.Act("admin"), amber.ID, false))
		equal(t, "enabled, but has to sign in", alive("four"), false)
		sign("six")
		equal(t, "signed in again", alive("six"), true)
		raw(t, s, func(ctx context.Context, tx *store.Tx) error { // past all the rules
			_, err := tx.NewRaw("UPDATE people SET disabled = TRUE WHERE id = ?", amber.ID).Exec(ctx)
			return err
		})
		equal(t, "disabled, with a session", alive("six"), false)
		whole(t, s, domain.PersonTopic(amber.ID))
	})
}

func TestLockout(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		amber := w.People["service"].ID
		wrong := func() string {
			t.Helper()
			until, err := s.NoteFailedSignIn(ctx, amber)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Person(ctx, amber)
			if err != nil {
				t.Fatal(err)
			}
			if until == nil {
				return fmt.Sprint(p.FailedCount, " open")
			}
			if !p.LockedUntil.Equal(*until) {
				t.Errorf("told %v, kept %v", until, p.LockedUntil)
			}
			return fmt.Sprint(p.FailedCount, " ", until.Sub(s.Now()))
		}
		for _, want := range []string{"1 open", "2 open", "3 open", "4 open", "5 1m0s", "6 2m0s"} {
			equal(t, "wrong", wrong(), want)
		}
		if _, err := s.CreateSession(ctx, w.People["service"], "t", "Android"); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Person(ctx, amber); err != nil || p.FailedCount != 0 || p.LockedUntil != nil {
			t.Errorf("after signing in: %+v, %v", p, err)
		}
		for range 5 {
			wrong()
		}
		must(t)(s.SetPin(ctx, w.Act("admin"), amber, "new"))
		equal(t, "a new PIN opens", wrong(), "1 open")

		together(8, func(int) {
			if _, err := s.NoteFailedSignIn(ctx, amber); err != nil {
				t.Error(err)
			}
		})
		equal(t, "tries at once all count", wrong(), "10 15m0s")
	})
}
