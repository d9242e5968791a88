package web

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// How long one request may take, the database included: a guest list of two
// thousand lines takes longer than a tap, and a photo may wait for its turn.
const (
	requestTime = 12 * time.Second
	importTime  = 60 * time.Second
	photoTime   = 60 * time.Second
)

// Policy is strict: no inline script or style, no eval, Trusted Types.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types htmx sw"

// Frame is the outermost middleware: request id, deadline, headers, one log
// line, and no panic leaves it.
func (a *App) Frame(c *fiber.Ctx) (err error) {
	begun := time.Now()
	id := store.NewID()
	c.Locals(localRequest, id)
	c.Locals(localArrival, a.Store.Now())
	c.Set("X-Request-Id", id)
	a.headers(c)
	limit := requestTime
	switch {
	case IsImport(c.Path()):
		limit = importTime
	case IsPhoto(c.Method(), c.Path()), IsBooking(c.Method(), c.Path()):
		limit = photoTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c.SetUserContext(ctx)
	defer func() {
		if r := recover(); r != nil {
			a.Logger.Error("panic", "request", id, "path", shown(c.Path()), "panic", r, "stack", stack())
			err = a.OnError(c, errors.New("panic"))
		}
	}()
	if err = c.Next(); err != nil {
		err = a.OnError(c, err)
	}
	level := slog.LevelDebug
	if !reads(c) {
		level = slog.LevelInfo
	}
	if c.Response().StatusCode() >= 500 {
		level = slog.LevelError
	}
	a.Logger.Log(ctx, level, "request", "request", id, "method", c.Method(), "path", shown(c.Path()), "status", c.Response().StatusCode(),
		"ms", float64(time.Since(begun).Microseconds())/1000, "person", personOf(c))
	return err
}

// headers are what every answer carries.
func (a *App) headers(c *fiber.Ctx) {
	c.Set("Content-Security-Policy", Policy)
	c.Set(fiber.HeaderCacheControl, "no-store") // pages and files say otherwise themselves
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
	if a.Secure {
		c.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func personOf(c *fiber.Ctx) string {
	if p := person(c); p != nil {
		return p.ID
	}
	return ""
}

// SameOrigin refuses state-changing requests from other sites. No token is
// needed, so nothing goes stale in a queue: browsers say where a request comes
// from, and the cookie is SameSite.
func (a *App) SameOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return c.Next()
	case "":
		origin := c.Get(fiber.HeaderOrigin)
		if origin == "" {
			return c.Next() // not a browser
		}
		if u, err := url.Parse(origin); err == nil && u.Host == string(c.Request().Host()) {
			return c.Next()
		}
		if origin == "null" && (strings.HasPrefix(c.Path(), "/g/") || strings.HasPrefix(c.Path(), "/r/")) { // that page sends no referrer, so older browsers say nothing; its token is the right, no cookie
			return c.Next()
		}
	}
	return &domain.Error{Code: domain.CodeForbidden, Key: "error.foreign_site"}
}

// cookieName has the __Host- prefix where cookies are secure: no other host or
// path can set it.
func (a *App) cookieName() string {
	if a.Secure {
		return "__Host-sid"
	}
	return "sid"
}

type cachedSession struct {
	session *domain.Session
	person  *domain.Person
	until   time.Time
}

// sessionCache is how long a found session is believed without asking again;
// a revocation here or on another instance empties it at once.
const sessionCache = 10 * time.Second

// Who finds out who is asking. It never refuses: rights do.
func (a *App) Who(c *fiber.Ctx) error {
	token := c.Cookies(a.cookieName())
	if len(token) < 20 || len(token) > 100 {
		return c.Next()
	}
	s, p, err := a.session(c.UserContext(), store.SessionID(token))
	switch {
	case err == nil:
		c.Locals(localSession, s)
		c.Locals(localPerson, p)
		if a.Store.Now().Sub(s.LastSeenAt) > 5*time.Minute {
			a.sessions.Delete(s.ID)
			if err := a.Store.TouchSession(c.UserContext(), s.ID); err != nil {
				a.Logger.Warn("session not touched", "error", err)
			} else {
				a.setCookie(c, token)
			}
		}
	case !errors.Is(err, store.ErrUnauthenticated):
		return err
	}
	return c.Next()
}

// SamePerson refuses an act under another's name: a phone that changed hands may
// still hold acts, and pages, of who had it before. The page says whose it is.
func (a *App) SamePerson(c *fiber.Ctx) error {
	if who := c.Get("X-Person"); who != "" && person(c) != nil && person(c).ID != who {
		return &domain.Error{Code: domain.CodeUnauthenticated, Key: "session.other_person"}
	}
	return c.Next()
}

func (a *App) session(ctx context.Context, id string) (*domain.Session, *domain.Person, error) {
	if v, ok := a.sessions.Load(id); ok {
		if cached, ok := v.(*cachedSession); ok && time.Now().Before(cached.until) {
			return cached.session, cached.person, nil
		}
		a.sessions.Delete(id)
	}
	forgotten := a.forgotten.Load()
	s, p, err := a.Store.SessionPerson(ctx, id)
	if err == nil {
		a.sessions.Store(id, &cachedSession{session: s, person: p, until: time.Now().Add(sessionCache)})
		if a.forgotten.Load() != forgotten {
			a.sessions.Delete(id) // it may have ended while it was read
		}
	}
	return s, p, err
}

// ForgetSessions drops what is remembered of a session ("session:<id>"), of all
// sessions of a person ("person:<id>"), or of everybody ("").
func (a *App) ForgetSessions(which string) {
	kind, id, _ := strings.Cut(which, ":")
	a.forgotten.Add(1)
	a.sessions.Range(func(k, v any) bool {
		if cached, ok := v.(*cachedSession); ok && (kind == "" || kind == "session" && k == id || kind == "person" && cached.person.ID == id) {
			a.sessions.Delete(k)
		}
		return true
	})
}

// Need refuses who lacks a right that hangs on the role.
func (a *App) Need(r domain.Right) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if r == domain.RightPublic {
			return c.Next()
		}
		p := person(c)
		if p == nil {
			return store.ErrUnauthenticated
		}
		if id := c.Params("id"); !p.Can(r) || id != "" && !plainID(id) {
			return domain.ErrNotFound
		}
		return c.Next()
	}
}

// NeedEvent loads the event of the address through the person's rights and
// refuses who lacks the right on it: unseen is not found.
func (a *App) NeedEvent(r domain.Right) fiber.Handler {
	return func(c *fiber.Ctx) error {
		p := person(c)
		if p == nil {
			return store.ErrUnauthenticated
		}
		id := c.Params("id")
		if !plainID(id) {
			return domain.ErrNotFound
		}
		e, v, l, err := a.stand(c.UserContext(), p, id)
		if err != nil {
			return err
		}
		if !v.Can(r, e.Secrecy) {
			if r == domain.RightGuestsSee || r == domain.RightEventBoard {
				return domain.ErrNotFound // a page that is not for this person
			}
			return domain.ErrForbidden
		}
		c.Locals(localEvent, e)
		c.Locals(localViewer, v)
		c.Locals(localLook, l)
		return c.Next()
	}
}

// NeedID refuses addresses whose id cannot exist. Rights on items, guests and
// parties are judged by the store inside the act's transaction.
func (a *App) NeedID(c *fiber.Ctx) error {
	if person(c) == nil {
		return store.ErrUnauthenticated
	}
	if !plainID(c.Params("id")) {
		return domain.ErrNotFound
	}
	return c.Next()
}

// plainID accepts what the program and its clients make: UUIDs and the like.
func plainID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// locale is the reader's language: the person's own choice, the cookie set on
// the sign-in page, else what the browser asks for.
func locale(c *fiber.Ctx) string {
	if p := person(c); p != nil {
		return p.Locale
	}
	if l := c.Query("lang"); slices.Contains(i18n.Locales, l) { // the link at the top of pages outside
		return l
	}
	if l := c.Cookies("locale"); slices.Contains(i18n.Locales, l) {
		return l
	}
	return i18n.Match(c.Get(fiber.HeaderAcceptLanguage))
}
