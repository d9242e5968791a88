package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// reader is the person as one who looks: no key, no time of his own.
func reader(c *fiber.Ctx) domain.Act {
	act := domain.Act{Person: person(c)}
	if s := session(c); s != nil {
		act.Session, act.Device = s.ID, s.Device
	}
	return act
}

// looked notes that the reader is about to see an event's guests. Where that cannot
// be written down, he does not see them.
func (a *App) looked(c *fiber.Ctx, e *domain.Event, how domain.Look) error {
	return a.Store.LookedAt(c.UserContext(), reader(c), e, how)
}

// need is looked for a page of one event's guests, and decides whether it names
// them: not once the event is over, unless who edits the list asks for it (?names=1).
func (a *App) need(c *fiber.Ctx, p *views.Page, how domain.Look) error {
	e, v := event(c)
	return a.needFor(c, p, e, v.Can(domain.RightGuestsEdit, e.Secrecy), how)
}

func (a *App) needFor(c *fiber.Ctx, p *views.Page, e *domain.Event, may bool, how domain.Look) error {
	if err := a.looked(c, e, how); err != nil || !e.NamesHidden(a.Store.Now()) {
		return err
	}
	p.Caps = append(slices.DeleteFunc(p.Caps, func(s string) bool { return s == "can-edit-guests" }), "names-hidden")
	switch {
	case e.ErasedAt != nil:
		p.Naming = views.NamesErased
		return nil
	case !may:
		p.Naming = views.NamesMasked
		return nil
	case c.Query("names") != "1":
		p.Naming = views.NamesAsk
		return nil
	}
	p.Naming, p.Topics = views.NamesShown, nil // what is pushed is masked
	c.SetUserContext(store.WithNames(c.UserContext()))
	return a.looked(c, e, domain.LookNames)
}

// retentionRows is how many events of either kind the report shows.
const retentionRows = 40

// Retention is GET /settings/retention: how long guests are kept by name, and the
// report of what was erased and what is next.
func (a *App) Retention(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "retention.title")
	if err != nil {
		return err
	}
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	next, erased, err := a.Store.Retention(c.UserContext(), retentionRows)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"guest_days": site.GuestDays, "guest_photos": !site.NoGuestPhotos, "next": next, "erased": erased}, views.RetentionView(views.RetentionPage{Page: p, Days: site.GuestDays, Photos: !site.NoGuestPhotos, Next: keptRows(next), Erased: keptRows(erased)}))
}

func keptRows(list []store.Kept) []views.KeptRow {
	rows := make([]views.KeptRow, len(list))
	for k := range list {
		rows[k] = views.KeptRow{Event: list[k].Event, Guests: list[k].Guests, Until: list[k].Until}
	}
	return rows
}

// SetGuestDays is PUT /settings/retention.
func (a *App) SetGuestDays(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	days, err := number(c, "guest_days")
	if err != nil {
		return err
	}
	_, err = a.Store.SetGuestDays(c.UserContext(), act, days)
	return a.reply(c, domain.Receipt{}, err)
}

// AllowGuestPhotos is PUT /settings/guest-photos.
func (a *App) AllowGuestPhotos(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, err = a.Store.AllowGuestPhotos(c.UserContext(), act, c.FormValue("allowed") != "")
	return a.reply(c, domain.Receipt{}, err)
}
