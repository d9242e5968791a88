package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/store"
)

// AddPhoto is PUT /items/{id}/photos/{photo}: the body is the picture. Its id is
// made on the phone: sent again it is the same photo.
func (a *App) AddPhoto(c *fiber.Ctx) error {
	return a.photoAct(c, func(act domain.Act, item, id string) (domain.Receipt, error) {
		if err := a.Store.MayPhoto(c.UserContext(), act.Person, item); err != nil {
			return domain.Receipt{}, err
		}
		return a.keepPhoto(c, id, func(ctx context.Context, file string, p photos.Picture) (domain.Receipt, error) {
			return a.Store.AddPhoto(ctx, act, domain.Photo{ID: id, ItemID: item, File: file, Width: p.Width, Height: p.Height})
		})
	})
}

// keepPhoto stores the picture that is the body, and lets add make the row that
// names its files; where it makes none they are taken away again.
func (a *App) keepPhoto(c *fiber.Ctx, id string, add func(ctx context.Context, file string, p photos.Picture) (domain.Receipt, error)) (domain.Receipt, error) {
	ctx := c.UserContext()
	picture, err := photos.Read(ctx, c.Request().Body()) // as it came: c.Body() would unpack a Content-Encoding without end
	if err != nil {
		return domain.Receipt{}, err
	}
	file := store.NewID()
	if err := photos.Save(ctx, a.Photos, file, picture); err != nil {
		return domain.Receipt{}, err
	}
	r, err := add(ctx, file, picture)
	if e, refused := domain.AsError(err); refused && settled(e) || err == nil && (r.Repeated || r.Created != id) {
		a.erase(ctx, file) // no row names these files
	}
	return r, err
}

// AddGuestPhoto is PUT /guests/{id}/photos/{photo}, as AddPhoto: what the guest
// looks like. He has one; a new one takes its place.
func (a *App) AddGuestPhoto(c *fiber.Ctx) error {
	return a.photoAct(c, func(act domain.Act, guest, id string) (domain.Receipt, error) {
		if err := a.Store.MayGuestPhoto(c.UserContext(), act.Person, guest); err != nil {
			return domain.Receipt{}, err
		}
		return a.keepPhoto(c, id, func(ctx context.Context, file string, _ photos.Picture) (domain.Receipt, error) {
			return a.Store.AddGuestPhoto(ctx, act, domain.GuestPhoto{ID: id, GuestID: guest, File: file})
		})
	})
}

// StrikeGuestPhoto is DELETE /guests/{id}/photos/{photo}.
func (a *App) StrikeGuestPhoto(c *fiber.Ctx) error {
	return a.photoAct(c, func(act domain.Act, guest, id string) (domain.Receipt, error) {
		return a.Store.StrikeGuestPhoto(c.UserContext(), act, guest, id)
	})
}

// GuestPhoto is GET /guests/{id}/photos/{photo}, as large as it is kept.
func (a *App) GuestPhoto(c *fiber.Ctx) error { return a.sendGuestPhoto(c, false) }

// GuestThumb is GET /guests/{id}/photos/{photo}/thumb.
func (a *App) GuestThumb(c *fiber.Ctx) error { return a.sendGuestPhoto(c, true) }

// sendGuestPhoto answers who may see the guest's name now. That of a secret event
// has no photo, so there is no look to log; and the phone keeps it no longer than a
// look lasts: the event may be over tomorrow.
func (a *App) sendGuestPhoto(c *fiber.Ctx, small bool) error {
	p, err := a.Store.GuestPhoto(c.UserContext(), person(c), c.Params("id"), c.Params("photo"))
	if err != nil {
		return err
	}
	return a.sendPicture(c, p.File, small, "private, max-age=600")
}

// StrikePhoto is DELETE /items/{id}/photos/{photo}.
func (a *App) StrikePhoto(c *fiber.Ctx) error {
	return a.photoAct(c, func(act domain.Act, item, id string) (domain.Receipt, error) {
		return a.Store.StrikePhoto(c.UserContext(), act, item, id)
	})
}

func (a *App) photoAct(c *fiber.Ctx, do func(act domain.Act, item, id string) (domain.Receipt, error)) error {
	id := c.Params("photo")
	if !plainID(id) {
		return domain.ErrNotFound
	}
	return a.itemAct(c, func(act domain.Act, item string) (domain.Receipt, error) { return do(act, item, id) })
}

// Photo is GET /photos/{id}, as large as it is kept.
func (a *App) Photo(c *fiber.Ctx) error { return a.sendPhoto(c, false) }

// Thumb is GET /photos/{id}/thumb.
func (a *App) Thumb(c *fiber.Ctx) error { return a.sendPhoto(c, true) }

// photoCSP: whoever opens the address itself sees a picture that can do nothing.
const photoCSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

// sendPhoto answers with a picture, through the person's rights on its event. A
// photo never changes, so the phone may keep it for a day.
func (a *App) sendPhoto(c *fiber.Ctx, small bool) error {
	p, err := a.Store.Photo(c.UserContext(), person(c), c.Params("id"))
	if err != nil {
		return err
	}
	return a.sendPicture(c, p.File, small, "private, max-age=86400, immutable")
}

func (a *App) sendPicture(c *fiber.Ctx, file string, small bool, keep string) error {
	body, err := photos.Load(c.UserContext(), a.Photos, file, small)
	if err != nil {
		return err
	}
	return sendPicture(c, body, keep)
}

func sendPicture(c *fiber.Ctx, body []byte, keep string) error {
	c.Set("Content-Security-Policy", photoCSP)
	c.Set(fiber.HeaderCacheControl, keep)
	c.Set(fiber.HeaderContentType, "image/jpeg")
	return c.Send(body)
}

// IsPhoto tells a request whose body is a picture, before it is read.
func IsPhoto(method, path string) bool {
	if method != fiber.MethodPut {
		return false
	}
	of := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
	return (of("/items/") || of("/rooms/") || of("/guests/")) && strings.Contains(path, "/photos/") || of("/templates/") && strings.HasSuffix(path, "/picture")
}

// erase takes files away that nobody will ask for; what fails is lost room, no more.
func (a *App) erase(ctx context.Context, file string) {
	if err := photos.Erase(ctx, a.Photos, file); err != nil {
		a.Logger.Warn("photo not erased", "file", file, "error", err)
	}
}

// struckLife is how long the files of a struck photo stay: a slip can be asked about.
const struckLife = 7 * 24 * time.Hour

// ErasePhotos takes the files of photos away that were struck a week ago, and those
// of guests at once, and tells how many.
func (a *App) ErasePhotos(ctx context.Context) (int, error) {
	list, err := a.Store.StruckPhotos(ctx, a.Store.Now().Add(-struckLife))
	if err != nil {
		return 0, err
	}
	for n, p := range list {
		if err := photos.Erase(ctx, a.Photos, p.File); err != nil {
			return n, err
		}
		if err := a.Store.ErasedPhoto(ctx, p.ID); err != nil {
			return n, err
		}
	}
	guests, err := a.eraseGuestPhotos(ctx)
	return len(list) + guests, err
}

func (a *App) eraseGuestPhotos(ctx context.Context) (n int, err error) {
	for {
		list, err := a.Store.StruckGuestPhotos(ctx)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, p := range list {
			if err := photos.Erase(ctx, a.Photos, p.File); err != nil {
				return n, err
			}
			if err := a.Store.ForgetGuestPhoto(ctx, p.ID); err != nil {
				return n, err
			}
			n++
		}
	}
}

// How long a file may wait for its row, and how many may be without one in a
// database that knows next to none.
const (
	orphanLife = 24 * time.Hour
	fewOrphans = 20
)

// SweepPhotos takes files away that no row knows, as a crash between the two
// leaves them, and tells how many. Age is that of the files, not of the store's
// clock, which a demo lets run ahead. Where most files are unknown this is not
// the database that they belong to: then all of them stay.
func (a *App) SweepPhotos(ctx context.Context) (int, error) {
	stored, err := photos.Stored(ctx, a.Photos, time.Now().Add(-orphanLife))
	if err != nil || len(stored) == 0 {
		return 0, err
	}
	known, err := a.Store.PhotoFiles(ctx) // after the files: what is new has its row by now
	if err != nil {
		return 0, err
	}
	orphans := slices.DeleteFunc(slices.Clone(stored), func(name string) bool {
		_, has := known[name]
		return has
	})
	if n := len(orphans); n > max(fewOrphans, len(stored)-n) {
		return 0, fmt.Errorf("%d of %d photos have no row: is this their database?", n, len(stored))
	}
	for n, name := range orphans {
		if err := photos.Erase(ctx, a.Photos, name); err != nil {
			return n, err
		}
	}
	return len(orphans), nil
}
