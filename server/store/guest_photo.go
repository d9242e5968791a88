package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// withFace adds to guests which photo shows them, where photos may be shown: never
// of a secret event, nor of one that is over, whoever asks.
func (s *Store) withFace(q *bun.SelectQuery, table string) *bun.SelectQuery {
	return q.ColumnExpr("COALESCE((SELECT f.id FROM guest_photos AS f JOIN events AS o ON o.id = f.event_id WHERE f.guest_id = ?.id AND f.struck_at IS NULL AND o.secrecy <> ? "+
		"AND o.status NOT IN (?) AND o.end_at >= ? AND NOT EXISTS (SELECT 1 FROM sites WHERE no_guest_photos)), '') AS photo",
		bun.Ident(table), domain.SecrecySecret, bun.List(domain.NamesOver), s.Now().Add(-domain.NamesStay))
}

// faces tells why guests of the event have no photos, nil where they may.
func faces(ctx context.Context, db bun.IDB, e *domain.Event) error {
	if !e.AllowsPhotos() {
		return domain.Conflict("guest.photo_secret")
	}
	off, err := db.NewSelect().TableExpr("sites").Where("no_guest_photos").Exists(ctx)
	if err == nil && off {
		err = domain.Conflict("guest.photos_off")
	}
	return err
}

// GuestPhotosAllowed tells whether guests of the event may have photos.
func (s *Store) GuestPhotosAllowed(ctx context.Context, e *domain.Event) (bool, error) {
	err := faces(ctx, s.read, e)
	if _, refused := domain.AsError(err); refused {
		return false, nil
	}
	return err == nil, asPerson(err)
}

// mayGuestPhoto judges who wants to change a guest's photo.
func mayGuestPhoto(ctx context.Context, db bun.IDB, g *domain.Guest, e *domain.Event, v domain.Viewer, s *Store) error {
	switch {
	case !v.Can(domain.RightGuestsSee, e.Secrecy):
		return domain.ErrNotFound
	case !v.Can(domain.RightGuestsEdit, e.Secrecy):
		return domain.ErrForbidden
	case e.NamesHidden(s.Now()):
		return domain.Conflict("event.over")
	case g.Struck:
		return domain.Conflict("guest.struck")
	}
	return faces(ctx, db, e)
}

// MayGuestPhoto refuses who may not give a guest a photo, before anybody works on
// the picture; AddGuestPhoto judges again.
func (s *Store) MayGuestPhoto(ctx context.Context, p *domain.Person, guestID string) error {
	g := new(domain.Guest)
	if err := s.read.NewSelect().Model(g).Where("id = ?", guestID).Scan(ctx); err != nil {
		return asPerson(noRows(err))
	}
	e, v, err := eventOnly(ctx, s.read, p, g.EventID)
	if err != nil {
		return asPerson(err)
	}
	return asPerson(mayGuestPhoto(ctx, s.read, g, e, v, s))
}

// changeGuestPhoto lets fn change the photo that stands (nil: none) of a guest, and
// logs the verb that it returns. A photo touches nothing else of the guest, so only
// a newer one overtakes it.
func (s *Store) changeGuestPhoto(ctx context.Context, act domain.Act, guestID string, fn func(ctx context.Context, tx *Tx, g *domain.Guest, stands *domain.GuestPhoto) (verb string, err error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "guests", "id", guestID); err != nil {
			return err
		}
		g := new(domain.Guest)
		if err := tx.NewSelect().Model(g).Where("id = ?", guestID).Scan(ctx); err != nil {
			return noRows(err)
		}
		e, v, err := eventOnly(ctx, tx, act.Person, g.EventID)
		if err != nil {
			return err
		}
		if err := mayGuestPhoto(ctx, tx, g, e, v, s); err != nil {
			return err
		}
		tx.Receipt.Subjects = []string{"guest:" + g.ID}
		stands := new(domain.GuestPhoto)
		switch err := tx.NewSelect().Model(stands).Where("guest_id = ? AND struck_at IS NULL", g.ID).Scan(ctx); {
		case errors.Is(err, sql.ErrNoRows):
			stands = nil
		case err != nil:
			return err
		case tx.overtaken(stands.AddedAt):
			tx.Receipt.Notice = "act.overtaken"
			return tx.saveGuest(ctx, g, domain.Change{Verb: "guest.overtaken", Old: string(g.Position)})
		}
		verb, err := fn(ctx, tx, g, stands)
		if err != nil || verb == "" {
			return err
		}
		return tx.saveGuest(ctx, g, domain.Change{Verb: verb})
	})
}

// AddGuestPhoto gives a guest a photo, whose files are stored already, in place of
// the one that he has. Needs RightGuestsEdit.
func (s *Store) AddGuestPhoto(ctx context.Context, act domain.Act, p domain.GuestPhoto) (domain.Receipt, error) {
	return s.changeGuestPhoto(ctx, act, p.GuestID, func(ctx context.Context, tx *Tx, g *domain.Guest, stands *domain.GuestPhoto) (string, error) {
		if stands != nil && stands.ID == p.ID {
			return "", nil
		}
		if err := tx.strikeFaces(ctx, g.ID); err != nil {
			return "", err
		}
		p.EventID, p.AddedAt, p.AddedBy, p.StruckAt = g.EventID, tx.At, personID(act), nil
		if _, err := tx.NewInsert().Model(&p).Exec(ctx); err != nil {
			if isUnique(err) { // struck, or another guest's
				return "", domain.Conflict("photo.exists")
			}
			return "", err
		}
		tx.Receipt.Created = p.ID
		return "guest.photo_added", nil
	})
}

// StrikeGuestPhoto takes a guest's photo away. Needs RightGuestsEdit.
func (s *Store) StrikeGuestPhoto(ctx context.Context, act domain.Act, guestID, id string) (domain.Receipt, error) {
	return s.changeGuestPhoto(ctx, act, guestID, func(ctx context.Context, tx *Tx, g *domain.Guest, stands *domain.GuestPhoto) (string, error) {
		if stands == nil || stands.ID != id {
			return "", nil
		}
		return "guest.photo_struck", tx.strikeFaces(ctx, g.ID)
	})
}

// strikeFaces: a struck photo is shown to nobody, and its files go at the next round.
func (tx *Tx) strikeFaces(ctx context.Context, guestID string) error {
	_, err := tx.NewRaw("UPDATE guest_photos SET struck_at = ? WHERE guest_id = ? AND struck_at IS NULL", tx.Now, guestID).Exec(ctx)
	return err
}

// GuestPhoto loads a guest's photo for who may see his name now.
func (s *Store) GuestPhoto(ctx context.Context, p *domain.Person, guestID, id string) (*domain.GuestPhoto, error) {
	photo := new(domain.GuestPhoto)
	if err := s.read.NewSelect().Model(photo).Where("id = ? AND guest_id = ? AND struck_at IS NULL", id, guestID).Scan(ctx); err != nil {
		return nil, asPerson(noRows(err))
	}
	e, v, err := eventOnly(ctx, s.read, p, photo.EventID)
	if err != nil {
		return nil, asPerson(err)
	}
	if !v.Can(domain.RightGuestsSee, e.Secrecy) || e.NamesHidden(s.Now()) {
		return nil, domain.ErrNotFound
	}
	may, err := s.GuestPhotosAllowed(ctx, e)
	if err == nil && !may { // secret since, or switched off
		err = domain.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return photo, nil
}

// StruckGuestPhotos are those whose files may go.
func (s *Store) StruckGuestPhotos(ctx context.Context) ([]domain.GuestPhoto, error) {
	var list []domain.GuestPhoto
	err := s.read.NewSelect().Model(&list).Where("struck_at IS NOT NULL").OrderExpr("struck_at, id").Limit(200).Scan(ctx)
	return list, asPerson(err)
}

// ForgetGuestPhoto takes the row of a struck photo away whose files are gone.
// Nobody sees a difference, so it is not an act.
func (s *Store) ForgetGuestPhoto(ctx context.Context, id string) error {
	_, err := s.write.NewDelete().Model((*domain.GuestPhoto)(nil)).Where("id = ? AND struck_at IS NOT NULL", id).Exec(ctx)
	return asPerson(err)
}

// AllowGuestPhotos says whether guests may have photos. Where not, those that are
// there are shown to nobody and stay until they are struck or erased.
func (s *Store) AllowGuestPhotos(ctx context.Context, act domain.Act, allowed bool) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightChannels, func(site *domain.Site) (*domain.Change, error) {
		c := &domain.Change{Verb: "site.guest_photos", Old: strconv.FormatBool(!site.NoGuestPhotos), New: strconv.FormatBool(allowed)}
		if !allowed {
			c.Verb = "site.no_guest_photos"
		}
		site.NoGuestPhotos = !allowed
		return c, nil
	})
}
