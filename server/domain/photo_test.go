package domain_test

import (
	"fmt"
	"testing"

	"huiwu/server/domain"
)

func photoItem(status domain.ItemStatus) *domain.Item {
	i := itemIn(status)
	i.Evidence, i.Phase, i.Acceptance = domain.EvidencePhoto, domain.PhasePre, domain.AcceptCommander
	return i
}

func TestPhotoRequired(t *testing.T) {
	for _, x := range []struct {
		name string
		item func(i *domain.Item)
		want bool
	}{
		{"before", func(*domain.Item) {}, true},
		{"after", func(i *domain.Item) { i.Phase = domain.PhasePost }, true},
		{"in the dark hall", func(i *domain.Item) { i.Phase = domain.PhaseDuring }, false},
		{"where nobody may photograph", func(i *domain.Item) { i.NoPhotos = true }, false},
		{"a round", func(i *domain.Item) { i.Every = 20 }, false},
		{"a reading", func(i *domain.Item) { i.Evidence = domain.EvidenceNumber }, false},
	} {
		i := photoItem(domain.ItemOpen)
		x.item(i)
		equal(t, x.name, i.PhotoRequired(), x.want)
		equal(t, x.name+": missing", i.PhotoMissing(), x.want)
		i.Photos = []domain.Photo{{ID: "p", TakenAt: clock("07:00")}}
		equal(t, x.name+": there", i.PhotoMissing(), false)
	}
}

// A rejected item shows in a new photo that it was put right; an undone tick keeps its photo.
func TestPhotoAfterRejection(t *testing.T) {
	i := photoItem(domain.ItemOpen)
	amber := domain.Doing{By: "amber", At: clock("08:00")}
	boss := domain.Judge{By: "boss", At: clock("08:10"), Commander: true}
	tick := func() string { _, err := i.Done(amber); return refusal(err) }
	equal(t, "without a photo", tick(), "photo:item.photo_needed")
	add := func(id, at string) {
		changed, err := i.AddPhoto(domain.Photo{ID: id, TakenAt: clock(at)})
		equal(t, "added "+id, fmt.Sprint(changed, err), "true <nil>")
	}
	add("p1", "07:59")
	equal(t, "with one", tick(), "")
	_, _ = i.Undo(amber)
	equal(t, "undone, with the same", tick(), "")
	if _, err := i.Reject(boss, "左右放反"); err != nil {
		t.Fatal(err)
	}
	equal(t, "the old one shows what was wrong", tick(), "photo:item.new_photo_needed")
	add("late", "08:05") // from before, arrived after
	equal(t, "one that was late", tick(), "photo:item.new_photo_needed")
	add("p2", "08:10")
	equal(t, "a new one", tick(), "")
	_, _ = i.Undo(amber)
	equal(t, "undone again", tick(), "")
}

func TestPhotosOfAnItem(t *testing.T) {
	i := photoItem(domain.ItemOpen)
	for n := range domain.MaxPhotos {
		if _, err := i.AddPhoto(domain.Photo{ID: fmt.Sprint(n), TakenAt: clock("08:00")}); err != nil {
			t.Fatal(err)
		}
	}
	changed, err := i.AddPhoto(domain.Photo{ID: "3"})
	equal(t, "the same again", fmt.Sprint(changed, err), "false <nil>")
	_, err = i.AddPhoto(domain.Photo{ID: "more"})
	equal(t, "one too many", refusal(err), "photo.too_many")
	for n := 1; n < domain.MaxPhotos; n++ {
		if changed, err := i.StrikePhoto(fmt.Sprint(n)); !changed || err != nil {
			t.Fatal(n, changed, err)
		}
	}
	strike := func(id string) string { changed, err := i.StrikePhoto(id); return fmt.Sprint(changed, refusal(err)) }
	equal(t, "one that is not there", strike("1"), "false")
	i.Status = domain.ItemSubmitted
	equal(t, "the one on which the tick rests", strike("0"), "falsephoto.last")
	i.Status = domain.ItemAccepted
	equal(t, "what was accepted", strike("0"), "falseitem.accepted_already")
	i.Status = domain.ItemOpen
	equal(t, "of an open item", strike("0"), "true")
	i.NoPhotos = true
	_, err = i.AddPhoto(domain.Photo{ID: "x"})
	equal(t, "where nobody may", refusal(err), "photo.secret")
}
