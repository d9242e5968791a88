package store_test

import (
	"errors"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// A link opens what it was made for, and nothing else, until it is revoked.
func TestPasses(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		must(t)(s.AddGuests(ctx, w.Act("commander"), w.Event, []store.GuestDraft{{Guest: domain.Guest{Name: "菖蒲"}}}))
		guests, err := s.Guests(ctx, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		link := func(p domain.Pass) string {
			t.Helper()
			token, err := s.Token(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		token := link(domain.Pass{Kind: domain.PassGuest, ID: guests[0].ID})
		g, e, err := s.GuestByPass(ctx, token)
		if err != nil || g.ID != guests[0].ID || e.ID != w.Event {
			t.Fatalf("a guest's own link: %v %v", g, err)
		}
		organiser := link(domain.Pass{Kind: domain.PassOrganiser, ID: w.Event})
		if e, err := s.EventByPass(ctx, organiser, domain.PassOrganiser); err != nil || e.ID != w.Event {
			t.Fatalf("the organiser's link: %v", err)
		}
		missing := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err = s.EventByPass(ctx, organiser, domain.PassKiosk)
		missing("the organiser's link at the kiosk", err)
		_, _, err = s.GuestByPass(ctx, organiser)
		missing("the organiser's link as a guest's", err)
		_, _, err = s.GuestByPass(ctx, token[1:]+"A")
		missing("a token that nobody made", err)
		if _, err := s.Token(ctx, domain.Pass{Kind: domain.PassGuest, ID: "none"}); err == nil {
			t.Error("a pass of no id has a token")
		}

		old := link(domain.Pass{Kind: domain.PassGuest, ID: guests[0].ID, No: 1})
		_, _, err = s.GuestByPass(ctx, old)
		missing("another number than the guest's", err)
		must(t)(s.StrikeGuest(ctx, w.Act("commander"), guests[0].ID))
		_, _, err = s.GuestByPass(ctx, token)
		missing("a guest who was struck", err)
	})
}
