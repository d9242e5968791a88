package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/views"
)

// SignInPage is GET /session/new.
func (a *App) SignInPage(c *fiber.Ctx) error {
	if person(c) != nil {
		return c.Redirect(localPath(c.Query("next")), fiber.StatusSeeOther)
	}
	if l := c.Query("lang"); slices.Contains(i18n.Locales, l) {
		a.setLocaleCookie(c, l)
	}
	return a.signInPage(c, "", localPath(c.Query("next")), nil)
}

// signInPage asks for number and PIN; where the device knows somebody, and
// nobody else was asked for, for the PIN alone.
func (a *App) signInPage(c *fiber.Ctx, login, next string, refusal *domain.Error) error {
	p := views.SignInPage{Page: a.wayIn(c, "signin"), Login: login, Next: next, People: a.Demo, OIDC: a.OIDC.label()}
	p.Demo = a.Demo != nil
	if login == "" && c.Query("other") == "" {
		known, d, err := a.remembered(c)
		if err != nil {
			return err
		}
		if known != nil {
			p.Known, p.Digits = known.Name, d.Digits
		}
	}
	p.Title = p.T("session.title")
	if next != "/" {
		p.Keep = "next=" + url.QueryEscape(next) + "&"
	}
	p.Other, p.OIDCLink = withNext("/session/new?other=1", next), withNext("/session/oidc", next)
	if refusal != nil {
		p.Error = sentence(refusal, p.Locale)
		p.ByOIDC = strings.HasPrefix(refusal.Key, "oidc.")
		c.Status(statusOf[refusal.Code])
	}
	return render(c, views.SignIn(p))
}

// SignIn is POST /session: staff number or phone, and PIN; without a number it
// is whom the device remembers.
func (a *App) SignIn(c *fiber.Ctx) error {
	login, next := domain.Clean(c.FormValue("login"), false), localPath(c.FormValue("next"))
	err := a.signIn(c, login, c.FormValue("pin"))
	refusal, refused := domain.AsError(err)
	switch {
	case err == nil && (wantsJSON(c) || isHTMX(c) || c.Get("Sec-Fetch-Mode") == "cors"):
		return c.JSON(fiber.Map{"person": person(c).ID, "name": person(c).Name, "next": next})
	case err == nil:
		return c.Redirect(next, fiber.StatusSeeOther)
	case !refused || wantsJSON(c) || isHTMX(c) || refusal.Code == domain.CodeUnavailable:
		return err
	}
	return a.signInPage(c, login, next, refusal)
}

var errWrongPin = &domain.Error{Code: domain.CodeUnauthenticated, Key: "session.wrong"}

func (a *App) signIn(c *fiber.Ctx, login, pin string) error {
	if login == "" {
		known, _, err := a.remembered(c)
		if err != nil {
			return err
		}
		if known != nil {
			return a.unlock(c, known, pin)
		}
	}
	if login == "" || pin == "" {
		return &domain.Error{Code: domain.CodeInvalid, Key: "session.empty"}
	}
	if len(login) > 64 || len(pin) > 256 {
		return errWrongPin
	}
	login = domain.NormaliseLogin(login)
	if err := a.limitSignIn(c, login); err != nil {
		return err
	}
	ctx := c.UserContext()
	p, err := a.Store.PersonByLogin(ctx, login)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	if p == nil {
		return a.checkNobody(c, login, pin)
	}
	return a.enter(c, p, pin)
}

// checkNobody answers for a login that is nobody's as for one that is somebody's,
// in the same time: it is shut after as many wrong PINs, and for as long. Whoever
// tries names learns nothing of who works here.
func (a *App) checkNobody(c *fiber.Ctx, login, pin string) error {
	ctx := c.UserContext()
	if d := a.Limits.Locked(ctx, "nobody:"+login); d > 0 {
		return lockedFor(c, d)
	}
	if _, err := a.Pins.Check(ctx, "", pin); err != nil {
		return err
	}
	if d := a.Limits.Fail(ctx, "nobody:"+login, domain.LockFor); d > 0 {
		return lockedFor(c, d)
	}
	return errWrongPin
}

var errNotHisPin = &domain.Error{Code: domain.CodeUnauthenticated, Key: "session.wrong_pin"}

// unlock signs in whom the device remembers: his name is known, his PIN is not.
func (a *App) unlock(c *fiber.Ctx, p *domain.Person, pin string) error {
	if pin == "" {
		return &domain.Error{Code: domain.CodeInvalid, Key: "session.empty_pin"}
	}
	if err := a.limitSignIn(c, p.StaffNo); err != nil {
		return err
	}
	err := a.enter(c, p, pin)
	if errors.Is(err, errWrongPin) {
		return errNotHisPin
	}
	return err
}

func (a *App) enter(c *fiber.Ctx, p *domain.Person, pin string) error {
	if err := a.checkPin(c, p, pin); err != nil {
		return err
	}
	in := a.arrival(c, domain.ViaPin, allDigits(pin))
	s, err := a.Store.SignIn(c.UserContext(), p, in)
	if err != nil {
		return err
	}
	a.arrived(c, in, s, p)
	return nil
}

// checkPin is where every PIN is checked: wrong ones count, and too many lock.
func (a *App) checkPin(c *fiber.Ctx, p *domain.Person, pin string) error {
	ctx := c.UserContext()
	if p.LockedUntil != nil && a.Store.Now().Before(*p.LockedUntil) {
		return lockedFor(c, p.LockedUntil.Sub(a.Store.Now()))
	}
	if len(pin) > 256 {
		return errWrongPin
	}
	ok, err := a.Pins.Check(ctx, p.PinHash, pin)
	if err != nil || ok && !p.Disabled {
		return err
	}
	until, err := a.Store.NoteFailedSignIn(ctx, p.ID)
	if err != nil {
		return err
	}
	if until != nil {
		return lockedFor(c, until.Sub(a.Store.Now()))
	}
	return errWrongPin
}

func lockedFor(c *fiber.Ctx, d time.Duration) *domain.Error {
	retryAfter(c, d)
	minutes := int((d + time.Minute - 1) / time.Minute)
	return &domain.Error{Code: domain.CodeTooMany, Key: "session.locked", Args: domain.Args{"minutes": strconv.Itoa(minutes)}}
}

func (a *App) setCookie(c *fiber.Ctx, token string) {
	c.Cookie(&fiber.Cookie{
		Name: a.cookieName(), Value: token, Path: "/", Secure: a.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
		Expires: time.Now().Add(domain.SessionLife),
	})
}

// dropCookie takes the session's cookie away, and what the browser kept of its pages.
func (a *App) dropCookie(c *fiber.Ctx) {
	c.Cookie(&fiber.Cookie{Name: a.cookieName(), Value: "", Path: "/", Secure: a.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Expires: time.Unix(1, 0)})
	c.Set("Clear-Site-Data", `"cache"`)
}

// SignOut is DELETE /session; the device forgets the person as well.
func (a *App) SignOut(c *fiber.Ctx) error {
	s := session(c)
	if s != nil {
		if _, err := a.Store.RevokeSession(c.UserContext(), domain.Act{Person: person(c), Device: s.Device}, s.ID); err != nil {
			return err
		}
		a.closeSession(s.ID)
	}
	a.dropCookie(c)
	a.setDeviceCookie(c, "", -time.Hour)
	if isHTMX(c) {
		c.Set("HX-Redirect", "/session/new")
		return c.SendStatus(fiber.StatusNoContent)
	}
	if wantsJSON(c) {
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect("/session/new", fiber.StatusSeeOther)
}

// closeSession ends a session's sockets everywhere and what is remembered of it.
func (a *App) closeSession(id string) {
	a.ForgetSessions("session:" + id)
	a.Hub.CloseSession(id)
}

// RevokeSession is DELETE /sessions/{id}: a device is signed out.
func (a *App) RevokeSession(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	id := c.Params("id")
	if _, err = a.Store.RevokeSession(c.UserContext(), act, id); err != nil {
		return a.reply(c, domain.Receipt{}, err)
	}
	a.closeSession(id)
	return a.reply(c, domain.Receipt{}, nil)
}

// Me is GET /me.
func (a *App) Me(c *fiber.Ctx) error {
	p, err := a.page(c, "me", "me.title")
	if err != nil {
		return err
	}
	p.View = "me"
	sessions, err := a.Store.Sessions(c.UserContext(), p.Person.ID)
	if err != nil {
		return err
	}
	devices, err := a.Store.Devices(c.UserContext(), p.Person)
	if err != nil {
		return err
	}
	push, err := a.Store.PushDevices(c.UserContext(), p.Person.ID)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"person": p.Person, "sessions": sessions, "devices": devices, "push": push},
		views.Me(views.MePage{Page: p, Sessions: sessions, Devices: devices, Current: session(c).ID, PushDevices: push, PushKey: a.Notify.PublicKey()}))
}

// SetLocale is PUT /me/locale; on the sign-in page, without a person, it sets a cookie.
func (a *App) SetLocale(c *fiber.Ctx) error {
	l := c.FormValue("locale")
	if i18n.T(l, "app.name") == "" || l != "zh" && l != "en" {
		return domain.InvalidField("locale", "field.choose")
	}
	a.setLocaleCookie(c, l)
	if p := person(c); p != nil {
		act, err := a.act(c)
		if err != nil {
			return err
		}
		if _, err := a.Store.SetLocale(c.UserContext(), act, l); err != nil {
			return err
		}
		a.ForgetSessions("person:" + p.ID)
	}
	ack(c)
	if isHTMX(c) {
		c.Set("HX-Refresh", "true")
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(localPath(c.FormValue("next")), fiber.StatusSeeOther)
}

func (a *App) setLocaleCookie(c *fiber.Ctx, l string) {
	c.Cookie(&fiber.Cookie{Name: "locale", Value: l, Path: "/", Secure: a.Secure, SameSite: fiber.CookieSameSiteLaxMode, Expires: time.Now().AddDate(1, 0, 0)})
}

// localPath keeps redirects on this site: a path of ours, else the start page.
func localPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(s, `\`) || strings.ContainsFunc(s, unicode.IsControl) || strings.HasPrefix(s, "/session") {
		return "/"
	}
	return s
}

// deviceLabel names a device so that its owner knows it again: "Android · WeChat".
func deviceLabel(ua string) string {
	pick := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(ua, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	system := pick("HarmonyOS", "HarmonyOS", "OpenHarmony", "HarmonyOS", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Macintosh", "Mac", "Linux", "Linux")
	browser := pick("wxwork", "WeCom", "MicroMessenger", "WeChat", "DingTalk", "DingTalk", "Lark", "Feishu", "Edg/", "Edge", "Firefox", "Firefox", "HuaweiBrowser", "Huawei", "Chrome", "Chrome", "Safari", "Safari")
	label := strings.Trim(system+" · "+browser, " ·")
	if label == "" {
		return "–"
	}
	return label
}

// Start is GET /: the page a role works from.
func (a *App) Start(c *fiber.Ctx) error {
	p := person(c)
	if p == nil {
		return c.Redirect("/session/new", fiber.StatusSeeOther)
	}
	return c.Redirect(startPage(p.Role), fiber.StatusSeeOther)
}

// startPage is where a role begins its day.
func startPage(r domain.Role) string {
	switch r {
	case domain.RoleBoard:
		return "/board?tv=1"
	case domain.RoleSupervisor, domain.RoleCentreHead, domain.RoleControlRoom:
		return "/board"
	case domain.RoleAdmin:
		return "/people"
	}
	return "/today"
}

// Outbox is GET /outbox: the frame for what waits on the phone itself.
func (a *App) Outbox(c *fiber.Ctx) error {
	p, err := a.page(c, "me", "outbox.title")
	if err != nil {
		return err
	}
	p.View = "outbox"
	return render(c, views.Outbox(p))
}

// Offline is GET /offline: what the service worker shows when there is neither
// network nor a page seen before.
func (a *App) Offline(c *fiber.Ctx) error {
	l := locale(c)
	p := views.ErrorPage{Page: views.Page{Ctx: views.Ctx{Locale: l, Loc: a.Loc, Now: a.Store.Now()}, Theme: theme(c), Holes: true}}
	p.Title = p.T("offline.title")
	return render(c, views.Offline(p))
}
