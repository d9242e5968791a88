package store_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// shot is a photo of an item, not stored yet.
func shot(item string) domain.Photo {
	id := store.NewID()
	return domain.Photo{ID: id, ItemID: item, File: "f-" + id, Width: 1600, Height: 1200}
}

func (w *world) photos(t *testing.T, event, template string) string {
	t.Helper()
	var list []string
	for _, p := range w.Item(t, event, template).Photos {
		list = append(list, p.ID)
	}
	return strings.Join(list, " ")
}

// bare takes the photo away that every item of the test world has.
func (w *world) bare(t *testing.T, event, template string) domain.Item {
	t.Helper()
	for _, p := range w.Item(t, event, template).Photos {
		must(t)(w.Store.StrikePhoto(t.Context(), w.Act("supervisor"), p.ItemID, p.ID))
	}
	return w.Item(t, event, template)
}

func TestPhotoGatesTheTick(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.bare(t, w.Event, "S4")
		tick := func() string { return refused(s.DoItem(ctx, w.Act("service"), s4.ID, "")) }
		equal(t, "without a photo", tick(), "photo:item.photo_needed")
		equal(t, "so still open", w.Item(t, w.Event, "S4").Status, domain.ItemOpen)

		head, h := w.head(t, domain.EventTopic(w.Event)), hear(s)
		p := shot(s4.ID)
		r := must(t)(s.AddPhoto(ctx, w.Act("service"), p))
		equal(t, "the receipt", fmt.Sprint(r.Created == p.ID, r.Seq, r.Subjects), fmt.Sprint(true, head+1, []string{"item:" + s4.ID}))
		equal(t, "told", h.count(), 1)
		equal(t, "in the log", w.since(t, w.Event, head), "item.photo_added open→open")
		i := w.Item(t, w.Event, "S4")
		equal(t, "its seq", i.Seq, head+1)
		got := i.Photos[0]
		equal(t, "the row", fmt.Sprint(got.ID, got.EventID, got.File, got.Width, got.TakenBy, at(&got.TakenAt)), fmt.Sprint(p.ID, w.Event, p.File, 1600, w.People["service"].ID, at(new(s.Now()))))
		equal(t, "with one", tick(), "")

		// A rejection wants a new one; the old stays to be seen.
		w.pass(time.Minute)
		must(t)(s.RejectItem(ctx, w.Act("commander"), s4.ID, "左右放反"))
		w.pass(time.Minute)
		equal(t, "the old one", tick(), "photo:item.new_photo_needed")
		again := shot(s4.ID)
		must(t)(s.AddPhoto(ctx, w.Act("service2"), again))
		equal(t, "the new one", tick(), "")
		equal(t, "both are kept", w.photos(t, w.Event, "S4"), p.ID+" "+again.ID)
		must(t)(s.UndoItem(ctx, w.Act("service"), s4.ID))
		equal(t, "undone, and ticked again", tick(), "")

		// The dark hall is not asked.
		equal(t, "during the event", refused(s.DoItem(ctx, w.Act("photo"), w.bare(t, w.Event, "P3").ID, "")), "")
		whole(t, s, domain.EventTopic(w.Event))
	})
}

// Sent again it is the same photo, with the same key or another; nobody takes over the id of another item's photo.
func TestSamePhoto(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.bare(t, w.Event, "S4")
		act, p := w.Act("service"), shot(s4.ID)
		first := must(t)(s.AddPhoto(ctx, act, p))
		second := must(t)(s.AddPhoto(ctx, act, p))
		equal(t, "by the same key", fmt.Sprint(second.Repeated, second.Seq, second.Created), fmt.Sprint(true, first.Seq, p.ID))
		p.File = "another"
		quiet := must(t)(s.AddPhoto(ctx, w.Act("service"), p))
		equal(t, "by another key", fmt.Sprint(quiet.Repeated, quiet.Seq, quiet.Created), fmt.Sprint(false, 0, ""))
		equal(t, "one photo", w.photos(t, w.Event, "S4"), p.ID)
		equal(t, "with the first file", w.Item(t, w.Event, "S4").Photos[0].File, "f-"+p.ID)
		theft := shot(w.Item(t, w.Event, "S3").ID)
		theft.ID = p.ID
		equal(t, "another item's id", refused(s.AddPhoto(ctx, w.Act("service"), theft)), "photo.exists")
		must(t)(s.StrikePhoto(ctx, w.Act("service"), s4.ID, p.ID))
		equal(t, "a struck one", refused(s.AddPhoto(ctx, w.Act("service"), p)), "photo.exists")
	})
}

// A photo that waited on a phone is never overtaken, but it counts from when it was taken.
func TestLatePhoto(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.Item(t, w.Event, "S4")
		w.set("08:50")
		must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		w.set("09:00")
		must(t)(s.RejectItem(ctx, w.Act("commander"), s4.ID, "左右放反"))
		w.set("09:10")
		old := shot(s4.ID)
		must(t)(s.AddPhoto(ctx, w.acted("service2", "08:55"), old))
		equal(t, "kept", strings.Contains(w.photos(t, w.Event, "S4"), old.ID), true)
		equal(t, "but from before the rejection", refused(s.DoItem(ctx, w.Act("service2"), s4.ID, "")), "photo:item.new_photo_needed")
		must(t)(s.AddPhoto(ctx, w.acted("service2", "09:01"), shot(s4.ID)))
		equal(t, "after it", refused(s.DoItem(ctx, w.acted("service2", "09:02"), s4.ID, "")), "")
	})
}

func TestStrikePhoto(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.Item(t, w.Event, "S4")
		strike := func(id string) string { return refused(s.StrikePhoto(ctx, w.Act("service"), s4.ID, id)) }
		must(t)(s.DoItem(ctx, w.Act("service"), s4.ID, ""))
		only := w.photos(t, w.Event, "S4")
		equal(t, "under a tick that rests on it", strike(only), "photo.last")
		more := shot(s4.ID)
		must(t)(s.AddPhoto(ctx, w.Act("service"), more))
		head := w.head(t, domain.EventTopic(w.Event))
		equal(t, "one of two", strike(only), "")
		equal(t, "twice", strike(only), "")
		equal(t, "logged once", w.since(t, w.Event, head), "item.photo_struck submitted→submitted")
		equal(t, "what is left", w.photos(t, w.Event, "S4"), more.ID)
		_, err := s.Photo(ctx, w.People["service"], only)
		equal(t, "not to be seen", errors.Is(err, domain.ErrNotFound), true)

		// A week later its files may go; the row stays.
		due := func() string {
			list, err := s.StruckPhotos(ctx, s.Now())
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range list {
				ids = append(ids, p.ID)
			}
			return strings.Join(ids, " ")
		}
		equal(t, "not yet", due(), "")
		w.pass(time.Minute)
		equal(t, "then", due(), only)
		if err := s.ErasedPhoto(ctx, more.ID); err != nil { // one that stands
			t.Fatal(err)
		}
		if err := s.ErasedPhoto(ctx, only); err != nil {
			t.Fatal(err)
		}
		equal(t, "done", due(), "")
		equal(t, "one that stands, still", w.photos(t, w.Event, "S4"), more.ID)

		must(t)(s.AcceptItem(ctx, w.Act("commander"), s4.ID))
		equal(t, "after the acceptance", strike(more.ID), "item.accepted_already")
	})
}

// A file that another photo shows does not go with a struck one.
func TestSharedFile(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		a, b := shot(w.Item(t, w.Event, "S4").ID), shot(w.Item(t, w.Event, "S3").ID)
		a.File, b.File = "one", "one"
		must(t)(s.AddPhoto(ctx, w.Act("service"), a))
		must(t)(s.AddPhoto(ctx, w.Act("service"), b))
		must(t)(s.StrikePhoto(ctx, w.Act("service"), a.ItemID, a.ID))
		w.pass(time.Minute)
		if list, err := s.StruckPhotos(ctx, s.Now()); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		must(t)(s.StrikePhoto(ctx, w.Act("service"), b.ItemID, b.ID))
		w.pass(time.Minute)
		if list, err := s.StruckPhotos(ctx, s.Now()); err != nil || len(list) != 2 {
			t.Error(list, err)
		}
	})
}

// Secret events take no photos, ask for none, and show none that were taken before.
func TestNoPhotosOfSecrets(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		s4 := w.Item(t, w.Secret, "S4")
		equal(t, "taken", refused(s.AddPhoto(ctx, w.Act("service"), shot(s4.ID))), "photo.secret")
		equal(t, "before it is read", key(s.MayPhoto(ctx, w.People["service"], s4.ID)), "photo.secret")
		equal(t, "asked for", s4.PhotoMissing(), false)
		equal(t, "the tick", refused(s.DoItem(ctx, w.Act("service"), s4.ID, "")), "")

		taken := w.photos(t, w.Other, "S4")
		equal(t, "there is one", taken != "", true)
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Secrecy = domain.SecrecySecret }))
		equal(t, "hidden in the list", w.photos(t, w.Other, "S4"), "")
		if _, err := s.Photo(ctx, w.People["commander"], taken); !errors.Is(err, domain.ErrNotFound) {
			t.Error("shown: ", err)
		}
		must(t)(w.change(t, w.Other, func(d *store.EventDraft) { d.Event.Secrecy = domain.SecrecyNormal }))
		equal(t, "and there again", w.photos(t, w.Other, "S4"), taken)
	})
}

// "All of mine done" leaves out what lacks its photo, and says how many.
func TestBundleAndPhotos(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		w.bare(t, w.Other, "S4")
		bundle := func() domain.Receipt {
			return must(t)(s.DoBundle(ctx, w.Act("service2"), w.Other, domain.CrewSVC, domain.PhasePre))
		}
		skipped, _ := strconv.Atoi(bundle().Args["skipped"])
		equal(t, "left out", w.Item(t, w.Other, "S4").Status, domain.ItemOpen)
		w.AddPhoto(t, w.Item(t, w.Other, "S4"))
		r := bundle()
		equal(t, "with it", r.Args["n"]+" "+r.Args["skipped"], fmt.Sprint(1, skipped-1))
	})
}
