package store_test

import (
	"context"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

func (w *world) face(guest string) domain.GuestPhoto {
	return domain.GuestPhoto{ID: store.NewID(), GuestID: guest, File: store.NewID()}
}

func (w *world) comes(t *testing.T) domain.Guest {
	t.Helper()
	must(t)(w.Store.AddGuests(t.Context(), w.Act("commander"), w.Event, []store.GuestDraft{guest("白术", "药材")}))
	return w.guest(t, w.Event, "白术")
}

// faces are the photos of the event's guests as pages read them, by every way that shows one.
func (w *world) faces(ctx context.Context, t *testing.T, event string) string {
	t.Helper()
	list, err := w.Store.Guests(ctx, event)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	rows, err := w.Store.GuestsByID(ctx, []string{list[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	card, err := w.Store.GuestCard(ctx, w.Act("commander"), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Photo != list[0].Photo || card.Guest.Photo != list[0].Photo {
		t.Errorf("list %q, row %q, card %q", list[0].Photo, rows[0].Photo, card.Guest.Photo)
	}
	return list[0].Photo
}

// One stands for each guest; a new one takes its place; the log says so in a word.
func TestGuestPhoto(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.comes(t)
		head := w.head(t, domain.EventTopic(w.Event))
		one := w.face(g.ID)
		must(t)(s.AddGuestPhoto(ctx, w.Act("commander"), one))
		must(t)(s.AddGuestPhoto(ctx, w.Act("commander"), one)) // again, by another key
		equal(t, "shown", w.faces(ctx, t, w.Event), one.ID)
		two := w.face(g.ID)
		must(t)(s.AddGuestPhoto(ctx, w.Act("supervisor"), two))
		equal(t, "in its place", w.faces(ctx, t, w.Event), two.ID)
		equal(t, "the old one again", refused(s.AddGuestPhoto(ctx, w.Act("commander"), one)), "photo.exists")
		must(t)(s.StrikeGuestPhoto(ctx, w.Act("commander"), g.ID, one.ID)) // is gone already
		equal(t, "still there", w.faces(ctx, t, w.Event), two.ID)
		must(t)(s.StrikeGuestPhoto(ctx, w.Act("commander"), g.ID, two.ID))
		equal(t, "struck", w.faces(ctx, t, w.Event), "")
		equal(t, "log", w.since(t, w.Event, head), "guest.photo_added →, guest.photo_added →, guest.photo_struck →")

		struck, err := s.StruckGuestPhotos(ctx)
		if err != nil || len(struck) != 2 {
			t.Fatal(struck, err)
		}
		for _, p := range struck {
			if err := s.ForgetGuestPhoto(ctx, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		three := w.face(g.ID)
		must(t)(s.AddGuestPhoto(ctx, w.Act("commander"), three))
		if err := s.ForgetGuestPhoto(ctx, three.ID); err != nil {
			t.Fatal(err)
		}
		equal(t, "one that stands is not forgotten", w.faces(ctx, t, w.Event), three.ID)
		must(t)(s.StrikeGuest(ctx, w.Act("commander"), g.ID))
		struck, err = s.StruckGuestPhotos(ctx)
		if err != nil || len(struck) != 1 || struck[0].ID != three.ID {
			t.Error("who is off the list keeps his photo: ", struck, err)
		}
		equal(t, "of who is off the list", refused(s.AddGuestPhoto(ctx, w.Act("commander"), w.face(g.ID))), "guest.struck")
		sound(t, s)
	})
}

// A photo that waited on a phone is overtaken by a newer one alone.
func TestGuestPhotoOvertaken(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.comes(t)
		act := func(who string, ago time.Duration) domain.Act {
			a := w.Act(who)
			a.ActedAt = s.Now().Add(-ago)
			return a
		}
		w.pass(time.Hour)
		must(t)(s.UpdateGuest(ctx, w.Act("commander"), g.ID, store.GuestDraft{Guest: domain.Guest{Name: "白术", Title: "局长"}}))
		late := w.face(g.ID)
		must(t)(s.AddGuestPhoto(ctx, act("supervisor", 20*time.Minute), late))
		equal(t, "what was typed since is something else", w.faces(ctx, t, w.Event), late.ID)
		newer := w.face(g.ID)
		must(t)(s.AddGuestPhoto(ctx, act("commander", 5*time.Minute), newer))
		r := must(t)(s.AddGuestPhoto(ctx, act("supervisor", 10*time.Minute), w.face(g.ID)))
		equal(t, "told", r.Notice, "act.overtaken")
		equal(t, "the newer stays", w.faces(ctx, t, w.Event), newer.ID)
		sound(t, s)
	})
}

// Who may not see or edit guests gets no photo; nobody does of a secret event, of one
// that is over, or where the house has none.
func TestGuestPhotoIsShown(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		g := w.comes(t)
		p := w.face(g.ID)
		equal(t, "a guard adds none", refused(s.AddGuestPhoto(ctx, w.Act("security"), p)), "error.forbidden")
		equal(t, "before it is read", key(s.MayGuestPhoto(ctx, w.People["security"], g.ID)), "error.forbidden")
		must(t)(s.AddGuestPhoto(ctx, w.Act("commander"), p))
		see := func(who string) string {
			_, err := s.GuestPhoto(ctx, w.People[who], g.ID, p.ID)
			return key(err)
		}
		equal(t, "a guard sees it", see("security"), "")
		equal(t, "a cleaner does not", see("cleaning"), "error.not_found")
		_, err := s.GuestPhoto(ctx, w.People["security"], "other", p.ID)
		equal(t, "under another guest", key(err), "error.not_found")

		equal(t, "only the administrator switches it off", refused(s.AllowGuestPhotos(ctx, w.Act("commander"), false)), "error.forbidden")
		must(t)(s.AllowGuestPhotos(ctx, w.Act("admin"), false))
		equal(t, "off", w.faces(ctx, t, w.Event)+see("security"), "error.not_found")
		equal(t, "off: none is added", refused(s.AddGuestPhoto(ctx, w.Act("commander"), w.face(g.ID))), "guest.photos_off")
		must(t)(s.AllowGuestPhotos(ctx, w.Act("admin"), true))
		equal(t, "on again", w.faces(ctx, t, w.Event), p.ID)

		secrecy := func(x domain.Secrecy) {
			raw(t, s, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NewRaw("UPDATE events SET secrecy = ? WHERE id = ?", x, w.Event).Exec(ctx)
				return err
			})
		}
		secrecy(domain.SecrecySecret) // since
		equal(t, "secret", w.faces(ctx, t, w.Event)+see("commander"), "error.not_found")
		equal(t, "secret: none is added", refused(s.AddGuestPhoto(ctx, w.Act("commander"), w.face(g.ID))), "guest.photo_secret")
		secrecy(domain.SecrecyNormal)

		e, _, err := s.Event(ctx, nil, w.Event)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(e.EndAt.Add(domain.NamesStay - time.Minute).Sub(s.Now()))
		equal(t, "to the last minute", w.faces(ctx, t, w.Event)+see("security"), p.ID)
		w.pass(2 * time.Minute)
		equal(t, "over", w.faces(ctx, t, w.Event)+see("commander"), "error.not_found")
		equal(t, "over, for who asks for the names", w.faces(store.WithNames(ctx), t, w.Event), "")
		equal(t, "over: none is added", refused(s.AddGuestPhoto(ctx, w.Act("commander"), w.face(g.ID))), "event.over")

		w.pass(domain.GuestDaysUsual * 24 * time.Hour)
		if n, err := s.EraseGuests(ctx); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		if list, err := s.StruckGuestPhotos(ctx); err != nil || len(list) != 1 || list[0].File != p.File {
			t.Error("not erased with the names: ", list, err)
		}
	})
}
