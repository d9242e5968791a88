package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// inviting makes tokens and accepts them.
type inviting struct {
	*world
	t *testing.T
	n int
}

func (v *inviting) make(by, whom string) (token string, key string) {
	v.t.Helper()
	v.n++
	token = fmt.Sprintf("token-%d", v.n)
	act := domain.Act{}
	if by != "" {
		act = v.Act(by)
	}
	return token, refused(v.Store.MakeInvite(v.t.Context(), act, v.People[whom].ID, token, "code of "+token))
}

func (v *inviting) accept(token, tap string) string {
	v.t.Helper()
	v.n++
	in := store.Arrival{Token: fmt.Sprintf("session-%d", v.n), Remember: fmt.Sprintf("device-%d", v.n), Device: "Android"}
	sess, p, err := v.Store.AcceptInvite(v.t.Context(), store.SessionID(token), tap, in)
	if err != nil {
		if _, _, err := v.Store.SessionPerson(v.t.Context(), store.SessionID(in.Token)); !errors.Is(err, store.ErrUnauthenticated) {
			v.t.Error("refused, and signed in")
		}
		return key(err)
	}
	_, who, err := v.Store.SessionPerson(v.t.Context(), sess.ID)
	if err != nil || who.ID != p.ID || sess.Via != domain.ViaInvite {
		v.t.Errorf("%+v %v", sess, err)
	}
	return who.StaffNo
}

func TestInvites(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		v := &inviting{world: w, t: t}
		id := w.People["service"].ID

		one, _ := v.make("supervisor", "service")
		i, err := s.InviteByToken(ctx, one)
		if err != nil || i.PersonID != id || i.ID == one || !i.ExpiresAt.Equal(s.Now().Add(domain.InviteLife)) {
			t.Fatalf("%+v, %v", i, err)
		}
		if i, err = s.InviteByCode(ctx, "code of "+one); err != nil || i.PersonID != id {
			t.Errorf("by code: %+v, %v", i, err)
		}
		for _, wrong := range []string{"", "x", i.ID, "code of " + one} {
			_, err := s.InviteByToken(ctx, wrong)
			equal(t, "a token that is none", key(err), "error.not_found")
		}
		equal(t, "known by its token", s.IsInvite(i, one), true)
		equal(t, "not by another", s.IsInvite(i, "x"), false)

		equal(t, "accepted", v.accept(one, "tap"), "service")
		equal(t, "by somebody else", v.accept(one, "other"), "invite.used")
		equal(t, "by nobody's tap", v.accept(one, ""), "invite.used")
		equal(t, "the same tap again: its answer was lost", v.accept(one, "tap"), "service")
		w.pass(domain.InviteLife)
		equal(t, "the same tap much later", v.accept(one, "tap"), "invite.used")
		if _, i, err = s.InviteOf(ctx, w.People["supervisor"], id); err != nil || i.UsedOn != "Android" || i.UsedAt == nil {
			t.Errorf("%+v, %v", i, err)
		}

		two, _ := v.make("head", "service")
		three, _ := v.make("admin", "service")
		equal(t, "replaced", v.accept(two, "a"), "invite.revoked")
		w.pass(domain.InviteLife - time.Second)
		must(t)(s.RevokeInvite(ctx, w.Act("supervisor"), id))
		head := w.head(t, domain.PersonTopic(id))
		must(t)(s.RevokeInvite(ctx, w.Act("supervisor"), id))
		equal(t, "nothing to revoke is quiet", w.head(t, domain.PersonTopic(id)), head)
		equal(t, "revoked", v.accept(three, "a"), "invite.revoked")
		four, _ := v.make("", "service")
		w.pass(domain.InviteLife - time.Second)
		five, _ := v.make("supervisor", "cleaning")
		w.pass(time.Second)
		equal(t, "ten minutes are over", v.accept(four, "a"), "invite.expired")
		must(t)(s.SetDisabled(ctx, w.Act("admin"), w.People["cleaning"].ID, true))
		equal(t, "of somebody who was shut out", v.accept(five, "a"), "error.forbidden")
		_, k := v.make("admin", "cleaning")
		equal(t, "for somebody who was shut out", k, "error.not_found")
		must(t)(s.SetDisabled(ctx, w.Act("admin"), w.People["cleaning"].ID, false))
		equal(t, "let in again, the old one stays dead", v.accept(five, "a"), "invite.revoked")

		log, err := s.Log(ctx, domain.PersonTopic(id), 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for k := len(log) - 1; k >= 0; k-- {
			said = append(said, log[k].Verb+" "+log[k].Person)
		}
		story := strings.Join(said, ", ")
		name := func(no string) string { return w.People[no].Name }
		if want := "person.invited " + name("supervisor") + ", person.signed_in " + name("service"); !strings.Contains(story, want) {
			t.Errorf("the log lacks %q: %s", want, story)
		}
		if want := "person.invite_revoked " + name("supervisor"); !strings.Contains(story, want) {
			t.Errorf("the log lacks %q: %s", want, story)
		}
		whole(t, s, domain.PersonTopic(id))
	})
}

// Whoever accepts an invite acts as that person, so nobody invites upwards.
func TestWhoInvitesWhom(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		v := &inviting{world: w, t: t}
		all := "admin board captain cleaning commander control engineering head photo security service service2 supervisor supplies"
		without := func(names ...string) string {
			left := strings.Fields(all)
			for _, n := range names {
				left = strings.Fields(strings.Replace(" "+strings.Join(left, " ")+" ", " "+n+" ", " ", 1))
			}
			return strings.Join(left, " ")
		}
		for by, want := range map[string]string{"admin": all, "head": without("admin", "commander"), "supervisor": without("admin", "commander", "head"), "commander": "", "captain": "", "service": "", "board": ""} {
			list, err := s.Invitees(ctx, w.People[by])
			if err != nil {
				t.Fatal(err)
			}
			listed := map[string]bool{}
			for k := range list {
				listed[list[k].StaffNo] = true
			}
			equal(t, by+" is offered", len(list), len(strings.Fields(want)))
			for whom := range w.People {
				may := strings.Contains(" "+want+" ", " "+whom+" ")
				equal(t, by+" is offered "+whom, listed[whom], may)
				head := w.head(t, domain.PersonTopic(w.People[whom].ID))
				_, k := v.make(by, whom)
				equal(t, by+" invites "+whom, k == "", may)
				if may {
					continue
				}
				equal(t, "refused without a trace", w.head(t, domain.PersonTopic(w.People[whom].ID)), head)
				equal(t, "revokes", refused(s.RevokeInvite(ctx, w.Act(by), w.People[whom].ID)), "error.not_found")
				_, _, err := s.InviteOf(ctx, w.People[by], w.People[whom].ID)
				equal(t, by+" sees the invite of "+whom, key(err), "error.not_found")
			}
		}
	})
}

// Ten phones scan the same code at once: one gets in.
func TestOneUse(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		v := &inviting{world: w, t: t}
		token, _ := v.make("supervisor", "service")
		var in, out atomic.Int32
		together(10, func(k int) {
			arrival := store.Arrival{Token: fmt.Sprintf("s%d", k), Remember: fmt.Sprintf("d%d", k), Device: "Android"}
			_, _, err := w.Store.AcceptInvite(t.Context(), store.SessionID(token), fmt.Sprintf("tap%d", k), arrival)
			switch {
			case err == nil:
				in.Add(1)
			case key(err) == "invite.used":
				out.Add(1)
			default:
				t.Errorf("%d: %v", k, err)
			}
		})
		equal(t, "phones let in", in.Load(), 1)
		equal(t, "phones refused", out.Load(), 9)
		equal(t, "sessions", rows(t, w.Store, "SELECT COUNT(*) FROM sessions WHERE via = 'invite'"), 1)
		// Two inviters at once leave one open invite.
		together(6, func(k int) {
			if _, err := w.Store.MakeInvite(t.Context(), w.Act([]string{"supervisor", "head"}[k%2]), w.People["service"].ID, fmt.Sprintf("t%d", k), fmt.Sprintf("c%d", k)); err != nil {
				t.Error(err)
			}
		})
		equal(t, "open invites", rows(t, w.Store, "SELECT COUNT(*) FROM invites WHERE used_at IS NULL AND revoked_at IS NULL"), 1)
	})
}
