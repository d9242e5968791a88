package web

import (
	"encoding/hex"
	"errors"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/limits"
	"huiwu/views"
)

// kioskWrong counts a kiosk's wrong tries for its event, so that names and digits
// cannot be tried out at a screen that nobody watches.
var kioskWrong = limits.Rate{Every: 20 * time.Second, Burst: 20}

// kioskShut is how long a screen sends everybody to the attendant after that.
const kioskShut = 2 * time.Minute

// passPage: no search engine and no cache learns the address, nor does another
// site. A page with a form tells it to this one: browsers that do not say from
// where a request comes otherwise send an empty origin, which is refused.
func passPage(c *fiber.Ctx, kind domain.PassKind) {
	c.Set("X-Robots-Tag", "noindex, nofollow")
	if kind != domain.PassKiosk {
		c.Set("Referrer-Policy", "no-referrer")
	}
	noStore(c)
}

// byPass is the event of the token in the address.
func (a *App) byPass(c *fiber.Ctx, kind domain.PassKind) (*domain.Event, error) {
	passPage(c, kind)
	if err := a.limit(c, "passes:"+address(c), passesOfAddress, "error.slow_down"); err != nil {
		return nil, err
	}
	e, err := a.Store.EventByPass(c.UserContext(), c.Params("token"), kind)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, &domain.Error{Code: domain.CodeNotFound, Key: "links.unknown"}
	}
	return e, err
}

// Organiser is GET /o/{token}: who has signed in and who is missing, without
// signing in. Of a secret event it shows figures only: a link may be handed on.
func (a *App) Organiser(c *fiber.Ctx) error {
	ctx := c.UserContext()
	e, err := a.byPass(c, domain.PassOrganiser)
	if err != nil {
		return err
	}
	head, err := a.Store.Head(ctx, domain.EventTopic(e.ID))
	if err != nil {
		return err
	}
	p := a.outside(c)
	p.View = "organiser"
	if isHTMX(c) && sameAsBefore(c, e.ID, p.Locale, strconv.FormatInt(head, 10), p.Now.In(a.Loc).Format(time.DateOnly)) {
		return nil
	}
	page := views.OrganiserPage{Page: p, Token: c.Params("token"), Event: *e, Secret: e.Secrecy == domain.SecrecySecret}
	page.Title = page.T("organiser.title")
	if page.Counts, err = a.Store.GuestCounts(ctx, e.ID); err != nil {
		return err
	}
	if !page.Secret {
		if page.Absent, err = a.Store.Absent(ctx, e.ID, views.AbsentMost); err != nil {
			return err
		}
		if page.Functions, page.Agenda, err = a.programme(c, e); err != nil {
			return err
		}
		if page.Strays, err = a.Store.Strays(ctx, e.Arrival().AddDate(0, 0, -1), e.ID); err != nil {
			return err
		}
	}
	return a.organiserPage(c, page)
}

func (a *App) organiserPage(c *fiber.Ctx, page views.OrganiserPage) error {
	name := views.EventTitle(page.Ctx, &page.Event, page.Secret)
	answer := fiber.Map{"event": name, "signed": page.Counts.Signed, "expected": page.Counts.Total, "absent": names(page.Absent)}
	if isHTMX(c) {
		err := show(c, answer, views.OrganiserBody(page))
		c.Set(fiber.HeaderCacheControl, "no-cache, private") // asked again every few seconds
		return err
	}
	err := show(c, answer, views.Organiser(page))
	noStore(c)
	return err
}

func names(guests []domain.Guest) []string {
	list := make([]string, len(guests))
	for k := range guests {
		list[k] = guests[k].Name
	}
	return list
}

// sameAsBefore answers 304 to a browser that has just this, and reports whether it did.
func sameAsBefore(c *fiber.Ctx, words ...string) bool {
	h := fnv.New128a()
	h.Write([]byte(build() + "\x00" + strings.Join(words, "\x00"))) //nolint:errcheck // a hash takes everything
	tag := `W/"` + hex.EncodeToString(h.Sum(nil)) + `"`
	c.Set(fiber.HeaderETag, tag)
	if !strings.Contains(c.Get(fiber.HeaderIfNoneMatch), tag) {
		return false
	}
	c.Set(fiber.HeaderCacheControl, "no-cache, private")
	c.Status(fiber.StatusNotModified)
	return true
}

// Kiosk is GET /k/{token}: the screen at the door at which guests sign in themselves.
func (a *App) Kiosk(c *fiber.Ctx) error {
	e, err := a.byPass(c, domain.PassKiosk)
	if err != nil {
		return err
	}
	return a.kioskPage(c, e, views.KioskPage{})
}

func (a *App) kioskPage(c *fiber.Ctx, e *domain.Event, p views.KioskPage) error {
	p.Page, p.Token, p.Event, p.Secret = a.outside(c), c.Params("token"), *e, e.Secrecy == domain.SecrecySecret
	p.View = "kiosk"
	p.Title = p.T("kiosk.title")
	if p.Guest != nil {
		seats, err := a.Store.SeatOf(c.UserContext(), p.Guest.ID)
		if err != nil {
			return err
		}
		p.Seats = seats[p.Guest.ID]
	}
	answer := fiber.Map{"signed_in": p.Guest != nil, "already": p.Already}
	err := show(c, answer, views.Kiosk(p))
	noStore(c)
	return err
}

// KioskSignIn is POST /k/{token}: by a guest's code, or by his name and the last
// four digits of his phone. It says no more than that these fit together or not.
func (a *App) KioskSignIn(c *fiber.Ctx) error {
	e, err := a.byPass(c, domain.PassKiosk)
	if err != nil {
		return err
	}
	p := views.KioskPage{Name: domain.Clean(c.FormValue("name"), false)}
	key := "kiosk:" + e.ID
	if a.Limits.Locked(c.UserContext(), key) > 0 {
		return a.kioskRefused(c, e, p, "kiosk.attendant", fiber.StatusTooManyRequests)
	}
	code, _ := passIn(c.FormValue("code"))
	r, g, err := a.Store.SignInByName(c.UserContext(), domain.Act{Device: "kiosk", Post: "kiosk"}, e.ID, code, p.Name, c.FormValue("tail"))
	refusal, refused := domain.AsError(err)
	switch {
	case err == nil:
		p.Guest, p.Already, p.Name = g, r.Notice != "", ""
		return a.kioskPage(c, e, p)
	case refused && refusal.Code == domain.CodeNotFound:
		if a.Limits.Take(c.UserContext(), key, kioskWrong) > 0 {
			a.Limits.Fail(c.UserContext(), key, func(int) time.Duration { return kioskShut })
			return a.kioskRefused(c, e, p, "kiosk.attendant", fiber.StatusTooManyRequests)
		}
		return a.kioskRefused(c, e, p, "kiosk.unknown", fiber.StatusUnprocessableEntity)
	case refused && refusal.Code == domain.CodeConflict:
		return a.kioskRefused(c, e, p, "kiosk.attendant", fiber.StatusConflict)
	}
	return err
}

func (a *App) kioskRefused(c *fiber.Ctx, e *domain.Event, p views.KioskPage, key string, status int) error {
	p.Error = key
	c.Status(status)
	return a.kioskPage(c, e, p)
}

// Links is GET /events/{id}/links: addresses and codes for the organiser and the
// screen at the door.
func (a *App) Links(c *fiber.Ctx) error {
	e, _ := event(c)
	p, err := a.page(c, "events", "links.title")
	if err != nil {
		return err
	}
	p.View = "links"
	page := views.LinksPage{Page: p, Event: *e}
	for _, x := range []struct {
		kind domain.PassKind
		name string
		path string
	}{{domain.PassOrganiser, "organiser", "/o/"}, {domain.PassKiosk, "kiosk", "/k/"}} {
		token, err := a.Store.Token(c.UserContext(), domain.Pass{Kind: x.kind, ID: e.ID, No: e.PassNo})
		if err != nil {
			return err
		}
		link := views.PassLink{Kind: x.name, URL: a.base(c) + x.path + token}
		if link.QR, err = drawQR(link.URL); err != nil {
			return err
		}
		page.Links = append(page.Links, link)
	}
	err = show(c, fiber.Map{"organiser": page.Links[0].URL, "kiosk": page.Links[1].URL}, views.Links(page))
	noStore(c)
	return err
}

// RevokeLinks is DELETE /events/{id}/links: whoever has one of them has nothing more.
func (a *App) RevokeLinks(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RevokeLinks(c.UserContext(), act, id)
	})
}
