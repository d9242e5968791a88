package web

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// arrival is this device, with new cookies, for somebody who may come in. A
// program keeps nothing, so it is not remembered.
func (a *App) arrival(c *fiber.Ctx, via domain.Via, digits bool) store.Arrival {
	in := store.Arrival{Token: rand.Text() + rand.Text(), Device: deviceLabel(c.Get(fiber.HeaderUserAgent)), Via: via, Before: a.deviceCookie(c), Digits: digits}
	if !wantsJSON(c) {
		in.Remember = rand.Text() + rand.Text()
	}
	return in
}

// arrived hands the cookies over and lets the rest of the request know who it is.
func (a *App) arrived(c *fiber.Ctx, in store.Arrival, s *domain.Session, p *domain.Person) {
	a.setCookie(c, in.Token)
	if in.Remember != "" {
		a.setDeviceCookie(c, in.Remember, domain.DeviceLife)
	}
	c.Locals(localSession, s)
	c.Locals(localPerson, p)
}

func (a *App) deviceName() string {
	if a.Secure {
		return "__Host-device"
	}
	return "device"
}

func (a *App) deviceCookie(c *fiber.Ctx) string {
	if v := c.Cookies(a.deviceName()); len(v) == 2*tokenLength {
		return v
	}
	return ""
}

func (a *App) setDeviceCookie(c *fiber.Ctx, value string, life time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: a.deviceName(), Value: value, Path: "/", Secure: a.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
		Expires: time.Now().Add(life),
	})
}

// remembered is whom this device knows, nil for nobody.
func (a *App) remembered(c *fiber.Ctx) (*domain.Person, *domain.Device, error) {
	cookie := a.deviceCookie(c)
	if cookie == "" {
		return nil, nil, nil
	}
	p, d, err := a.Store.Remembered(c.UserContext(), cookie)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, nil, nil
	}
	return p, d, err
}

// Lock is PUT /session/lock: the session ends, and the PIN alone opens it again here.
func (a *App) Lock(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	if person(c).PinHash == "" {
		return domain.Conflict("lock.no_pin")
	}
	if _, err := a.Store.LockSession(c.UserContext(), act); err != nil {
		return err
	}
	a.closeSession(act.Session)
	a.setLocaleCookie(c, person(c).Locale)
	a.dropCookie(c)
	return redirect(c, "/session/new")
}

// SetLockAfter is PUT /me/lock: hours without use, 0 for never.
func (a *App) SetLockAfter(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	hours, err := strconv.Atoi(c.FormValue("hours"))
	if err != nil {
		return domain.InvalidField("hours", "field.choose")
	}
	r, err := a.Store.SetLockAfter(c.UserContext(), act, hours)
	if err == nil {
		a.ForgetSessions("person:" + act.Person.ID)
	}
	return a.reply(c, r, err)
}

// ForgetDevice is DELETE /devices/{id}: a device does not know the person any more.
func (a *App) ForgetDevice(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.ForgetDevice(c.UserContext(), act, id)
	})
}

// MyPin is GET /me/pin.
func (a *App) MyPin(c *fiber.Ctx) error {
	p, err := a.page(c, "me", "pin.title")
	if err != nil {
		return err
	}
	view := views.MyPinPage{Page: p, First: c.Query("first") != "", Old: domain.NeedsOldPin(p.Person, session(c), a.Store.Now())}
	return show(c, fiber.Map{"needs_old": view.Old}, views.MyPin(view))
}

// SetMyPin is PUT /me/pin.
func (a *App) SetMyPin(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	pin := c.FormValue("pin")
	if err := a.mayChoosePin(c, act, pin); err != nil {
		return err
	}
	hash, err := a.Pins.Hash(c.UserContext(), pin)
	if err != nil {
		return err
	}
	if _, err := a.Store.SetPin(c.UserContext(), act, act.Person.ID, hash); err != nil {
		return err
	}
	if err := a.Store.DeviceDigits(c.UserContext(), act, allDigits(pin)); err != nil {
		return err
	}
	a.personChanged(act.Person.ID)
	if c.FormValue("first") != "" {
		return redirect(c, "/")
	}
	return redirect(c, "/me")
}

// mayChoosePin checks both entries of the new PIN and, where it is asked for,
// the old one: guessing that counts like guessing at the door.
func (a *App) mayChoosePin(c *fiber.Ctx, act domain.Act, pin string) error {
	if err := domain.ValidatePin(pin); err != nil {
		return err
	}
	if c.FormValue("again") != pin {
		return domain.InvalidField("again", "pin.not_same")
	}
	p, err := a.Store.Person(c.UserContext(), act.Person.ID) // not what is remembered of the session: a lock counts at once
	if err != nil || !domain.NeedsOldPin(p, session(c), a.Store.Now()) {
		return err
	}
	err = a.checkPin(c, p, c.FormValue("old"))
	if errors.Is(err, errWrongPin) {
		return domain.InvalidField("old", "pin.old_wrong")
	}
	return err
}

func allDigits(pin string) bool { return strings.Trim(pin, "0123456789") == "" }
