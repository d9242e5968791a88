package web

import (
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/notify"
	"huiwu/server/store"
	"huiwu/views"
)

// guestPass is a guest's own link as it was asked for.
type guestPass struct {
	guest  *domain.Guest
	event  *domain.Event
	invite domain.Invitation
	lang   string
}

// pass finds the guest of the link, and sets what its pages may be kept and told by: nothing.
func (a *App) pass(c *fiber.Ctx) (*guestPass, error) {
	noStore(c)
	c.Set("X-Robots-Tag", "noindex, nofollow")
	c.Set("Referrer-Policy", "no-referrer")
	if err := a.limit(c, "passes:"+address(c), passesOfAddress, "error.slow_down"); err != nil {
		return nil, err
	}
	g, e, err := a.Store.GuestByPass(c.UserContext(), c.Params("token"))
	if err != nil {
		return nil, err
	}
	list, err := a.Store.Invitations(store.WithNames(c.UserContext()), e.ID, g.ID) // his own
	if err != nil {
		return nil, err
	}
	p := &guestPass{guest: g, event: e, lang: c.Query("lang")}
	if len(list) > 0 {
		p.invite = list[0].Invitation
	}
	if !slices.Contains(i18n.Locales, p.lang) {
		p.lang = p.invite.Locale
	}
	return p, nil
}

// GuestPass is GET /g/{token}: the letter, the ticket, and the answer. It changes
// nothing, for chat programs fetch links to show a preview.
func (a *App) GuestPass(c *fiber.Ctx) error {
	p, err := a.pass(c)
	if err != nil {
		return a.passRefused(c, err)
	}
	return a.passPage(c, p, views.PassInputOf(&p.invite.Reply, a.Loc), nil, "")
}

func (a *App) passPage(c *fiber.Ctx, p *guestPass, in views.PassInput, fields views.Errors, general string) error {
	now := a.Store.Now()
	v := views.PassPage{Page: a.outside(c), Guest: *p.guest, Event: *p.event, Invitation: p.invite, In: in, Errors: fields, Error: general, Token: c.Params("token"), Tap: rand.Text(), Done: c.Query("done") != "" && p.invite.Answer != ""}
	v.Locale, v.View = p.lang, "pass"
	v.Past, v.Open, v.Cancelled, v.Staff = p.event.Past(now), p.event.MayAnswer(now), p.event.Status == domain.EventCancelled, person(c) != nil
	l := notify.Lang{Locale: p.lang, Loc: a.Loc}
	v.Name, v.When, v.Where, v.Secret = notify.EventWord(l, p.event), notify.EventTime(l, p.event), notify.EventRooms(l, p.event), p.event.Secrecy == domain.SecrecySecret
	v.Title = v.T("pass.title")
	if !v.Past && !v.Cancelled {
		if err := a.fillPass(c, p, &v, l); err != nil {
			return err
		}
	}
	err := show(c, fiber.Map{"guest": p.guest.Name, "event": v.Name, "time": v.When, "room": v.Where, "answer": p.invite.Answer, "open": v.Open}, views.GuestPass(v))
	noStore(c)
	return err
}

// fillPass is what only an event has that is still to come: letter, ticket, seat.
func (a *App) fillPass(c *fiber.Ctx, p *guestPass, v *views.PassPage, l notify.Lang) error {
	saved, err := a.Store.Letter(c.UserContext(), p.event.ID)
	if err != nil {
		return err
	}
	letter := notify.LetterOf(saved, p.event)
	_, v.Letter = notify.Letter(l, &letter, p.guest, p.event, "")
	if v.QR, err = drawQR(a.base(c) + "/g/" + v.Token); err != nil {
		return err
	}
	if p.invite.Answer == domain.AnswerDeclined {
		return nil
	}
	seats, err := a.Store.SeatOf(c.UserContext(), p.guest.ID)
	for _, s := range seats[p.guest.ID] {
		v.Seats = append(v.Seats, s.Text(p.lang))
	}
	return err
}

// AnswerInvitation is POST /g/{token}.
func (a *App) AnswerInvitation(c *fiber.Ctx) error {
	p, err := a.pass(c)
	if err != nil {
		return a.passRefused(c, err)
	}
	if err := a.limit(c, "answers:"+p.guest.ID, answersOfGuest, "error.slow_down"); err != nil {
		return err
	}
	in, reply, err := a.passInput(c)
	if err == nil {
		act, aerr := a.act(c)
		if aerr != nil {
			return aerr
		}
		act.Key = tapKey(c)
		_, err = a.Store.AnswerInvitation(c.UserContext(), act, c.Params("token"), reply, staffNeeds)
	}
	if wantsJSON(c) && err == nil {
		return c.JSON(fiber.Map{"answer": reply.Answer})
	}
	if err == nil {
		return c.Redirect("/g/"+c.Params("token")+"?done=1&lang="+p.lang, fiber.StatusSeeOther)
	}
	fields, general, rest := fieldErrors(err, p.lang)
	if rest != nil || wantsJSON(c) {
		return a.passRefused(c, err)
	}
	refusal, _ := domain.AsError(err)
	c.Status(statusOf[refusal.Code])
	return a.passPage(c, p, in, fields, general)
}

// tapKey makes a second tap on the button the same act.
func tapKey(c *fiber.Ctx) string {
	tap := c.FormValue("tap")
	if len(tap) > tokenLength || !plainID(tap) {
		return ""
	}
	return tap
}

// passInput reads the form: as typed, and as an answer.
func (a *App) passInput(c *fiber.Ctx) (views.PassInput, domain.Reply, error) {
	in := views.PassInput{
		Answer: c.FormValue("answer"), Companions: c.FormValue("companions"), CompanionNames: c.FormValue("companion_names"), Diets: formList(c, "diets"), DietNote: c.FormValue("diet_note"),
		Transport: c.FormValue("transport"), ArriveAt: c.FormValue("arrive_at"), Plate: c.FormValue("plate"), Message: c.FormValue("message"),
	}
	r := domain.Reply{
		Answer: domain.Answer(in.Answer), CompanionNames: in.CompanionNames, Diets: strings.Join(in.Diets, ","), DietNote: in.DietNote, Transport: in.Transport, Plate: in.Plate, Message: in.Message,
	}
	var bad domain.Invalid
	if s := domain.Clean(in.Companions, false); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			bad.Add("companions", "invitation.companions_range", "max", strconv.Itoa(domain.MaxCompanions))
		}
		r.Companions = n
	}
	if s := domain.Clean(in.ArriveAt, false); s != "" {
		if r.ArriveAt = a.arrivesAt(s); r.ArriveAt == nil {
			bad.Add("arrive_at", "field.time")
		}
	}
	if err := r.Validate(); err != nil {
		if refusal, ok := domain.AsError(err); ok {
			bad = append(bad, refusal.Fields...)
		}
	}
	return in, r, bad.Err()
}

// arrivesAt reads a time of the building, as forms and spreadsheets write it; nil is
// none that can be meant.
func (a *App) arrivesAt(s string) *time.Time {
	now := a.Store.Now()
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006/1/2 15:04"} {
		if t, err := time.ParseInLocation(layout, s, a.Loc); err == nil && t.After(now.AddDate(-1, 0, 0)) && t.Before(now.AddDate(3, 0, 0)) {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

// OpenInvitation is POST /g/{token}/opened, by the page's script: a preview has none.
func (a *App) OpenInvitation(c *fiber.Ctx) error {
	if _, err := a.pass(c); err != nil {
		return err
	}
	if _, err := a.Store.OpenInvitation(c.UserContext(), domain.Act{Person: person(c)}, c.Params("token")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// passRefused: a link that opens nothing gets a page in both languages; nobody
// knows which one its reader has.
func (a *App) passRefused(c *fiber.Ctx, err error) error {
	if !errors.Is(err, domain.ErrNotFound) || wantsJSON(c) {
		return err
	}
	p := a.outside(c)
	p.View, p.Title = "pass", p.T("pass.unknown")
	c.Status(fiber.StatusNotFound)
	err = render(c, views.PassUnknown(p))
	noStore(c)
	return err
}
