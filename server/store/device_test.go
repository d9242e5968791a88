package store_test

import (
	"errors"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

func TestDevices(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		amber, jade := w.People["service"], w.People["security"]
		enter := func(p *domain.Person, session, device, before string) domain.Act {
			t.Helper()
			sess, err := s.SignIn(ctx, p, store.Arrival{Token: session, Remember: device, Before: before, Device: "Android", Via: domain.ViaPin, Digits: true})
			if err != nil {
				t.Fatal(err)
			}
			return domain.Act{Person: p, Session: sess.ID}
		}
		knows := func(device string) string {
			t.Helper()
			p, d, err := s.Remembered(ctx, device)
			if errors.Is(err, domain.ErrNotFound) {
				return ""
			}
			if err != nil || d.PersonID != p.ID || !d.Digits || d.ID == device {
				t.Fatalf("%+v %v", d, err)
			}
			return p.StaffNo
		}
		alive := func(token string) bool {
			_, _, err := s.SessionPerson(ctx, store.SessionID(token))
			return err == nil
		}
		locked := func(p *domain.Person) int {
			t.Helper()
			p, err := s.Person(ctx, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			list, err := s.Devices(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}

		a := enter(amber, "s1", "d1", "")
		equal(t, "signed in, known", knows("d1"), "service")
		equal(t, "in use, so not in the list of locked ones", locked(amber), 0)
		must(t)(s.LockSession(ctx, a))
		equal(t, "locked", alive("s1"), false)
		equal(t, "locked, still known", knows("d1"), "service")
		equal(t, "in the list", locked(amber), 1)
		equal(t, "another's device is not mine to forget", refused(s.ForgetDevice(ctx, domain.Act{Person: jade}, store.SessionID("d1"))), "error.not_found")

		a = enter(amber, "s2", "d2", "d1") // unlocked: a new cookie, the old one is worth nothing
		equal(t, "the old cookie", knows("d1"), "")
		equal(t, "the new cookie", knows("d2"), "service")
		if _, err := s.RevokeSession(ctx, a, a.Session); err != nil {
			t.Fatal(err)
		}
		equal(t, "signed out, forgotten", knows("d2"), "")

		enter(amber, "s3", "d3", "")
		enter(jade, "s4", "d4", "d3") // somebody else on the same phone
		equal(t, "whoever was here before is not", alive("s3"), false)
		equal(t, "nor known", knows("d3"), "")
		equal(t, "the phone is his now", knows("d4"), "security")

		w.pass(domain.DeviceLife - time.Second)
		equal(t, "half a year", knows("d4"), "security")
		must(t)(s.ForgetDevice(ctx, domain.Act{Person: jade}, store.SessionID("d4")))
		equal(t, "forgotten by hand", knows("d4"), "")
		enter(jade, "s5", "d5", "")
		w.pass(domain.DeviceLife)
		equal(t, "more than half a year", knows("d5"), "")

		// A new PIN and a closed door: what remembers is wiped, where it should be.
		here, _ := enter(amber, "s6", "d6", ""), enter(amber, "s7", "d7", "")
		must(t)(s.SetPin(ctx, here, amber.ID, "own"))
		equal(t, "own new PIN, here", knows("d6"), "service")
		equal(t, "own new PIN, elsewhere", knows("d7"), "")
		p, err := s.Person(ctx, amber.ID)
		if err != nil || !p.PinOwn {
			t.Errorf("%+v %v", p, err)
		}
		must(t)(s.SetPin(ctx, w.Act("admin"), amber.ID, "given"))
		equal(t, "PIN given by the admin", knows("d6"), "")
		if p, err = s.Person(ctx, amber.ID); err != nil || p.PinOwn {
			t.Errorf("%+v %v", p, err)
		}
		a = enter(amber, "s8", "d8", "")
		if err := s.DeviceDigits(ctx, a, false); err != nil {
			t.Fatal(err)
		}
		if _, d, err := s.Remembered(ctx, "d8"); err != nil || d.Digits {
			t.Errorf("keyboard: %+v %v", d, err)
		}
		must(t)(s.SetDisabled(ctx, w.Act("admin"), amber.ID, true))
		equal(t, "shut out", knows("d8"), "")
		must(t)(s.SetDisabled(ctx, w.Act("admin"), amber.ID, false))
		equal(t, "let in again, not known again", knows("d8"), "")
		whole(t, s, domain.PersonTopic(amber.ID))
	})
}

func TestLockAfter(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		amber := w.People["service"]
		enter := func(token string) domain.Act {
			t.Helper()
			sess, err := s.SignIn(ctx, amber, store.Arrival{Token: token, Remember: "of " + token, Device: "Android", Via: domain.ViaPin})
			if err != nil {
				t.Fatal(err)
			}
			return domain.Act{Person: amber, Session: sess.ID}
		}
		alive := func(token string) bool {
			_, _, err := s.SessionPerson(ctx, store.SessionID(token))
			return err == nil
		}
		one := enter("one")
		w.pass(20 * 24 * time.Hour)
		equal(t, "off by default", alive("one"), true)
		equal(t, "not a choice", refused(s.SetLockAfter(ctx, one, 2)), "hours:field.choose")
		must(t)(s.SetLockAfter(ctx, one, 4))
		if err := s.TouchSession(ctx, one.Session); err != nil {
			t.Fatal(err)
		}
		w.pass(4*time.Hour - time.Second)
		equal(t, "in use", alive("one"), true)
		two := enter("two")
		w.pass(time.Second)
		equal(t, "left alone", alive("one"), false)
		equal(t, "the other in use", alive("two"), true)
		p, err := s.Person(ctx, amber.ID)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.Sessions(ctx, amber.ID); err != nil || len(list) != 1 || list[0].ID != two.Session {
			t.Errorf("%v %v", list, err)
		}
		if list, err := s.Devices(ctx, p); err != nil || len(list) != 1 || list[0].ID != store.SessionID("of one") {
			t.Errorf("%v %v", list, err)
		}
		must(t)(s.SetLockAfter(ctx, two, 0))
		equal(t, "what was locked stays so", alive("one"), false)
		equal(t, "who chose stays in", alive("two"), true)
		w.pass(20 * 24 * time.Hour)
		equal(t, "off again", alive("two"), true)
	})
}
