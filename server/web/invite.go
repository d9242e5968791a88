package web

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"rsc.io/qr"

	"huiwu/server/domain"
	"huiwu/views"
)

// Invitees is GET /invites/new: whose phone shall be bound.
func (a *App) Invitees(c *fiber.Ctx) error {
	p, err := a.page(c, inviteNav(c), "invite.new_title")
	if err != nil {
		return err
	}
	p.View = "people"
	list, err := a.Store.Invitees(c.UserContext(), p.Person)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"people": list}, views.Invitees(views.PeoplePage{Page: p, People: list, Keys: peopleKeys(list)}))
}

// inviteNav is where the pages of invites stand for the person: not everybody
// who invites has the page of people.
func inviteNav(c *fiber.Ctx) string {
	if person(c).Can(domain.RightPeople) {
		return "people"
	}
	return "me"
}

// Invite is GET /people/{id}/invite: the code on the inviter's screen, and what
// became of it. Link and code are in a cookie of this screen alone.
func (a *App) Invite(c *fiber.Ctx) error {
	id := c.Params("id")
	topic := domain.PersonTopic(id)
	heads, err := a.Store.Heads(c.UserContext(), []domain.Topic{topic})
	if err != nil {
		return err
	}
	x, i, err := a.Store.InviteOf(c.UserContext(), person(c), id)
	if err != nil {
		return err
	}
	p, err := a.page(c, inviteNav(c), "invite.title", "name", x.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewInvite, heads, topic)
	view, err := a.invitePage(c, p, x, i)
	if err != nil {
		return err
	}
	err = show(c, fiber.Map{"person": x, "invite": i, "state": view.State}, views.Invite(view))
	noStore(c)
	return err
}

func (a *App) invitePage(c *fiber.Ctx, p views.Page, x *domain.Person, i *domain.Invite) (views.InvitePage, error) {
	view := views.InvitePage{Page: p, Who: *x, State: views.InviteNone}
	if i == nil {
		return view, nil
	}
	view.Invite = *i
	token := c.Cookies("invite")
	switch refusal, refused := domain.AsError(i.Open(a.Store.Now())); {
	case refused:
		view.State = strings.TrimPrefix(refusal.Key, "invite.")
	case len(token) == tokenLength && a.Store.IsInvite(i, token):
		base := a.base(c)
		view.State, view.Code = views.InviteOpen, domain.InviteCode(token)
		view.Link = base + "/invites/" + token
		_, host, _ := strings.Cut(base, "://")
		view.Short = host + "/invites"
		var err error
		view.QR, err = drawQR(view.Link)
		return view, err
	default:
		view.State = views.InviteElsewhere
	}
	return view, nil
}

// base is the address that people type.
func (a *App) base(c *fiber.Ctx) string {
	if a.Base != "" {
		return strings.TrimSuffix(a.Base, "/")
	}
	return c.Protocol() + "://" + string(c.Request().Host())
}

// drawQR gives the dark fields of a code as an SVG path. Level M stands a
// scratched or reflecting screen; more would make the fields smaller.
func drawQR(text string) (views.QR, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return views.QR{}, err
	}
	return views.NewQR(code.Size, code.Black), nil
}

// noStore keeps a page that holds a secret out of every cache.
func noStore(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }

// tokenLength is that of rand.Text: 26 signs of five bits.
const tokenLength = 26

// MakeInvite is POST /people/{id}/invite.
func (a *App) MakeInvite(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	id, token := c.Params("id"), rand.Text()
	r, err := a.Store.MakeInvite(c.UserContext(), act, id, token, a.Pins.Keyed(domain.InviteCode(token)))
	if err != nil {
		return err
	}
	if !r.Repeated { // then the answer with the token was lost: the page offers a new code
		a.setInviteCookie(c, id, token, domain.InviteLife)
	}
	if wantsJSON(c) {
		noStore(c)
		return c.JSON(fiber.Map{"link": a.base(c) + "/invites/" + token, "code": domain.InviteCode(token)})
	}
	return redirect(c, "/people/"+id+"/invite")
}

func (a *App) setInviteCookie(c *fiber.Ctx, id, token string, life time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: "invite", Value: token, Path: "/people/" + id + "/invite", Secure: a.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		Expires: time.Now().Add(life),
	})
}

// RevokeInvite is DELETE /people/{id}/invite.
func (a *App) RevokeInvite(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		a.setInviteCookie(c, id, "", -time.Hour)
		return a.Store.RevokeInvite(c.UserContext(), act, id)
	})
}

// EnterCode is GET /invites: who cannot scan types the code.
func (a *App) EnterCode(c *fiber.Ctx) error {
	typed := domain.Clean(c.Query("code"), false)
	code := domain.NormaliseCode(typed)
	if code != "" {
		return c.Redirect("/invites/"+code, fiber.StatusSeeOther)
	}
	var refusal *domain.Error
	if typed != "" {
		refusal = domain.InvalidField("code", "invite.code_form")
	}
	return a.codePage(c, typed, refusal)
}

func (a *App) codePage(c *fiber.Ctx, typed string, refusal *domain.Error) error {
	p := views.CodePage{Page: a.wayIn(c, "signin"), Code: typed}
	p.Title = p.T("invite.code_title")
	if refusal != nil {
		if wantsJSON(c) {
			return refusal
		}
		c.Status(statusOf[refusal.Code])
		p.Error = sentence(refusal, p.Locale)
		if len(refusal.Fields) > 0 {
			p.Error = p.T(refusal.Fields[0].Key)
		}
	}
	return show(c, fiber.Map{}, views.EnterCode(p))
}

// outside is the frame of a page that nobody need be signed in for.
func (a *App) outside(c *fiber.Ctx) views.Page {
	return views.Page{Ctx: views.Ctx{Locale: locale(c), Loc: a.Loc, Now: a.Store.Now()}, Theme: theme(c), Holes: true}
}

// wayIn is a page outside with the styles of those who come in.
func (a *App) wayIn(c *fiber.Ctx, view string) views.Page {
	p := a.outside(c)
	p.View = view
	return p
}

// found looks an invite up by what stands in the address: the token of a link,
// or a typed code. Guessing codes is slowed down for everybody together: a
// guesser has many addresses, and there is little typing in a building.
func (a *App) found(c *fiber.Ctx) (*domain.Invite, error) {
	if err := a.limit(c, "invites:"+address(c), invitesOfAddress, "session.slow_down"); err != nil {
		return nil, err
	}
	secret := c.Params("token")
	if len(secret) == tokenLength {
		return a.Store.InviteByToken(c.UserContext(), secret)
	}
	code := domain.NormaliseCode(secret)
	if code == "" {
		return nil, domain.ErrNotFound
	}
	if err := a.limit(c, "codes", typedCodes, "session.slow_down"); err != nil {
		return nil, err
	}
	return a.Store.InviteByCode(c.UserContext(), a.Pins.Keyed(code))
}

var errNoInvite = &domain.Error{Code: domain.CodeNotFound, Key: "invite.unknown"}

// OpenInvite is GET /invites/{token}: whose phone this would become. It changes
// nothing, for chat programs fetch links to show a preview.
func (a *App) OpenInvite(c *fiber.Ctx) error {
	i, err := a.found(c)
	if err == nil {
		err = i.Open(a.Store.Now())
	}
	if err != nil {
		return a.inviteRefused(c, err)
	}
	who, err := a.Store.Person(c.UserContext(), i.PersonID)
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	names, err := a.peopleNames(c.UserContext())
	if err != nil {
		return err
	}
	p := views.AcceptPage{Page: a.wayIn(c, "accept"), Who: *who, Site: site.Name, By: names[i.CreatedBy], Token: c.Params("token"), Tap: rand.Text(), ExpiresAt: i.ExpiresAt}
	p.Title = p.T("invite.accept_title")
	if now := person(c); now != nil && now.ID != who.ID {
		p.Now = now.Name
	}
	err = show(c, fiber.Map{"person": who.Name, "site": site.Name, "expires_at": i.ExpiresAt}, views.Accept(p))
	noStore(c)
	return err
}

// AcceptInvite is POST /invites/{token}: "this is my phone".
func (a *App) AcceptInvite(c *fiber.Ctx) error {
	i, err := a.found(c)
	if err != nil {
		return a.inviteRefused(c, err)
	}
	in := a.arrival(c, domain.ViaInvite, true)
	s, p, err := a.Store.AcceptInvite(c.UserContext(), i.ID, c.FormValue("tap"), in)
	if err != nil {
		return a.inviteRefused(c, err)
	}
	a.arrived(c, in, s, p)
	switch {
	case wantsJSON(c):
		return c.JSON(fiber.Map{"person": p.ID, "name": p.Name})
	case p.PinOwn:
		return c.Redirect("/", fiber.StatusSeeOther)
	}
	return c.Redirect("/me/pin?first=1", fiber.StatusSeeOther)
}

// inviteRefused says what is wrong with an invite, and what to do now.
func (a *App) inviteRefused(c *fiber.Ctx, err error) error {
	if errors.Is(err, domain.ErrNotFound) {
		err = errNoInvite
	}
	refusal, ok := domain.AsError(err)
	if !ok || wantsJSON(c) || refusal.Code == domain.CodeUnavailable {
		return err
	}
	p := views.ErrorPage{Page: a.outside(c), Status: statusOf[refusal.Code], Sentence: sentence(refusal, locale(c))}
	p.Title = p.T("invite.refused_title")
	c.Status(p.Status)
	err = render(c, views.InviteRefused(p))
	noStore(c)
	return err
}

// shown is an address as the log may hold it: the token of an invite or a guest's pass is a key.
func shown(path string) string {
	lower := strings.ToLower(path) // routes are found in either case
	if rest, ok := strings.CutPrefix(lower, "/invites/"); ok && rest != "new" {
		return "/invites/…"
	}
	for _, pass := range []string{"/g/", "/o/", "/k/", "/r/", "/ical/"} {
		if strings.HasPrefix(lower, pass) {
			return pass + "…"
		}
	}
	return path
}

// withNext is an address that leads on to a page of ours afterwards.
func withNext(path, next string) string {
	switch {
	case next == "/":
		return path
	case strings.Contains(path, "?"):
		return path + "&next=" + url.QueryEscape(next)
	}
	return path + "?next=" + url.QueryEscape(next)
}
