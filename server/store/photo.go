package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// selectItems selects items together with whether their event allows photos.
func selectItems(db bun.IDB, list *[]domain.Item) *bun.SelectQuery {
	return db.NewSelect().Model(list).ColumnExpr("item.*").
		ColumnExpr("(SELECT e.secrecy = 'secret' FROM events AS e WHERE e.id = item.event_id) AS no_photos")
}

// withPhotos gives items the photos that stand, in the order in which they were
// taken; one query, however many items.
func withPhotos(ctx context.Context, db bun.IDB, items []domain.Item) error {
	at := make(map[string]*domain.Item, len(items))
	ids := make([]string, 0, len(items))
	for k := range items {
		if i := &items[k]; !i.NoPhotos {
			at[i.ID], ids = i, append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var list []domain.Photo
	if err := db.NewSelect().Model(&list).Where("item_id IN (?) AND struck_at IS NULL", bun.List(ids)).OrderExpr("taken_at, id").Scan(ctx); err != nil {
		return err
	}
	for _, p := range list {
		at[p.ItemID].Photos = append(at[p.ItemID].Photos, p)
	}
	return nil
}

// photos loads the photos of the act's item.
func (a *itemAct) photos(ctx context.Context) error {
	if a.i.NoPhotos = !a.e.AllowsPhotos(); a.i.NoPhotos {
		return nil
	}
	return a.tx.NewSelect().Model(&a.i.Photos).Where("item_id = ? AND struck_at IS NULL", a.i.ID).OrderExpr("taken_at, id").Scan(ctx)
}

// MayPhoto refuses who may not photograph an item, before anybody works on the
// picture; AddPhoto judges again.
func (s *Store) MayPhoto(ctx context.Context, p *domain.Person, itemID string) error {
	i, e, v, err := s.Item(ctx, p, itemID)
	switch {
	case err != nil:
		return err
	case !v.MayDo(i.Crew, e.Secrecy):
		return domain.ErrForbidden
	case !e.AllowsPhotos():
		return domain.Conflict("photo.secret")
	}
	return nil
}

// AddPhoto puts a photo, whose files are stored already, to its item. A photo
// changes no state, so one that waited on a phone is never overtaken.
func (s *Store) AddPhoto(ctx context.Context, act domain.Act, p domain.Photo) (domain.Receipt, error) {
	return s.itemWrite(ctx, act, p.ItemID, func(ctx context.Context, a *itemAct) error {
		if err := a.mayDo(); err != nil {
			return err
		}
		if err := a.photos(ctx); err != nil {
			return err
		}
		p.EventID, p.TakenAt, p.TakenBy, p.ReceivedAt = a.e.ID, a.tx.At, personID(act), a.tx.Now
		if changed, err := a.i.AddPhoto(p); err != nil || !changed {
			return err
		}
		if _, err := a.tx.NewInsert().Model(&p).Exec(ctx); err != nil {
			if isUnique(err) { // struck, or another item's
				return domain.Conflict("photo.exists")
			}
			return err
		}
		a.tx.Receipt.Created = p.ID
		return a.tx.saveItem(ctx, a.e, a.i, domain.Change{Verb: "item.photo_added", Old: string(a.i.Status), Minor: true})
	})
}

// StrikePhoto takes a photo away from an item; its row stays in the records.
func (s *Store) StrikePhoto(ctx context.Context, act domain.Act, itemID, id string) (domain.Receipt, error) {
	return s.itemWrite(ctx, act, itemID, func(ctx context.Context, a *itemAct) error {
		if err := a.mayDo(); err != nil {
			return err
		}
		if err := a.photos(ctx); err != nil {
			return err
		}
		if changed, err := a.i.StrikePhoto(id); err != nil || !changed {
			return err
		}
		_, err := a.tx.NewUpdate().Model((*domain.Photo)(nil)).Set("struck_at = ?, struck_by = ?", a.tx.At, personID(act)).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		return a.tx.saveItem(ctx, a.e, a.i, domain.Change{Verb: "item.photo_struck", Old: string(a.i.Status)})
	})
}

// Photo loads a photo that stands through the person's rights on its event.
func (s *Store) Photo(ctx context.Context, p *domain.Person, id string) (*domain.Photo, error) {
	photo := new(domain.Photo)
	if err := s.read.NewSelect().Model(photo).Where("id = ? AND struck_at IS NULL", id).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	e, _, err := eventFor(ctx, s.read, p, photo.EventID)
	if err != nil {
		return nil, asPerson(err)
	}
	if !e.AllowsPhotos() { // it has become secret since
		return nil, domain.ErrNotFound
	}
	return photo, nil
}

// StruckPhotos are those whose files may go: struck before that moment. A file
// that another photo shows stays.
func (s *Store) StruckPhotos(ctx context.Context, before time.Time) ([]domain.Photo, error) {
	var list []domain.Photo
	err := s.read.NewSelect().Model(&list).Where("struck_at < ? AND NOT erased", before).
		Where("NOT EXISTS (SELECT 1 FROM photos AS o WHERE o.file = photo.file AND o.struck_at IS NULL)").
		OrderExpr("struck_at").Limit(200).Scan(ctx)
	return list, asPerson(err)
}

// ErasedPhoto notes that a struck photo's files are gone. Nobody sees a
// difference, so it is not an act.
func (s *Store) ErasedPhoto(ctx context.Context, id string) error {
	_, err := s.write.NewUpdate().Model((*domain.Photo)(nil)).Set("erased = ?", true).Where("id = ? AND struck_at IS NOT NULL", id).Exec(ctx)
	return asPerson(err)
}
