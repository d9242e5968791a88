package web

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/notify"
	"huiwu/views"
)

// noticesShown is how many notices the list has at most.
const noticesShown = 100

// Notices is GET /notices: what I was told in the last days.
func (a *App) Notices(c *fiber.Ctx) error {
	p, err := a.page(c, "notices", "notices.title")
	if err != nil {
		return err
	}
	list, err := a.Store.Notices(c.UserContext(), p.Person.ID, noticesShown)
	if err != nil {
		return err
	}
	page := views.NoticesPage{Page: p}
	for k := range list {
		line, err := a.noticeLine(c.UserContext(), p.Person, &list[k], p.Locale)
		if err != nil {
			return err
		}
		if line != nil {
			page.Notices = append(page.Notices, *line)
		}
	}
	watch(&page.Page, ViewNotices, nil)
	return show(c, fiber.Map{"open": p.Bell.Open, "notices": page.Notices}, views.Notices(page))
}

// noticeLine writes a notice for its person; nil when he may not see its event any more.
func (a *App) noticeLine(ctx context.Context, p *domain.Person, n *domain.Notice, locale string) (*views.NoticeLine, error) {
	var e *domain.Event
	var v domain.Viewer
	if n.EventID != "" {
		var err error
		if e, v, err = a.Store.Event(ctx, p, n.EventID); err != nil {
			if errors.Is(err, domain.ErrNotFound) {
				err = nil
			}
			return nil, err
		}
	}
	text := notify.Compose(notify.Lang{Locale: locale, Loc: a.Loc}, n, e, v, notify.Inside, a.Store.Now())
	line := &views.NoticeLine{Notice: *n, Title: text.Title, Body: text.Body}
	return line, a.face(ctx, line, e, v)
}

// face puts the guest beside a notice whose photo its reader may see.
func (a *App) face(ctx context.Context, line *views.NoticeLine, e *domain.Event, v domain.Viewer) error {
	id := line.Args["guest_id"]
	if id == "" || e == nil || !v.Can(domain.RightGuestsSee, e.Secrecy) {
		return nil
	}
	list, err := a.Store.GuestsByID(ctx, []string{id})
	if err == nil && len(list) == 1 && list[0].Photo != "" {
		line.Guest = &list[0]
	}
	return err
}

// hasBell: a wall screen is nobody's, and is told nothing.
func hasBell(p *domain.Person) bool { return p != nil && p.Role != domain.RoleBoard }

// bell is what waits for the person's word. A page that shows cues as cards of their
// own is not told of them once more in the bar above it.
func (a *App) bell(ctx context.Context, p *domain.Person, locale, view string) (views.Bell, error) {
	if !hasBell(p) {
		return views.Bell{}, nil
	}
	var shown []domain.NoticeKind
	if view == ViewToday {
		shown = append(shown, domain.NoticeCue)
	}
	b, err := a.Store.Bell(ctx, p.ID, shown...)
	out := views.Bell{Seq: b.Seq, Open: b.Open}
	if err == nil && b.Grave != nil {
		out.Grave, err = a.noticeLine(ctx, p, b.Grave, locale)
	}
	return out, err
}

// personFragments are the bell and what is grave, on every page of the person;
// lists that are personal fetch themselves again.
func (a *App) personFragments(ctx context.Context, id string, key live.Key, subjects []string) ([]templ.Component, error) {
	notice := func(s string) bool { return strings.HasPrefix(s, "notice:") }
	told := slices.ContainsFunc(subjects, notice)
	other := slices.ContainsFunc(subjects, func(s string) bool { return !notice(s) })
	var parts []templ.Component
	personal := key.View == ViewToday || key.View == ViewEvents || key.View == ViewActivity || key.View == ViewInvite
	if personal && other || key.View == ViewNotices && told {
		parts = append(parts, stale)
	}
	if !told || key.View == ViewInvite { // on that page the person is somebody else: his notices are not the reader's
		return parts, nil
	}
	p, err := a.Store.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	v, err := a.viewCtx(ctx, key.Locale)
	if err != nil {
		return nil, err
	}
	b, err := a.bell(ctx, p, key.Locale, key.View)
	return append(parts, views.BellLink(v, b), views.GraveBar(v, b)), err
}

// AcknowledgeNotice is PUT /notices/{id}/acknowledgement: I know; in a drill, I am here.
func (a *App) AcknowledgeNotice(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.ofPerson(act)(a.Store.AcknowledgeNotice(c.UserContext(), act, id))
	})
}

// AcknowledgeNotices is PUT /notices/acknowledgement: all that waits, drills apart.
func (a *App) AcknowledgeNotices(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.ofPerson(act)(a.Store.AcknowledgeNotices(c.UserContext(), act))
	return a.reply(c, r, err)
}

// ofPerson lets the answer show the person's own elements, also where the act
// was counted on an event.
func (a *App) ofPerson(act domain.Act) func(domain.Receipt, error) (domain.Receipt, error) {
	return func(r domain.Receipt, err error) (domain.Receipt, error) {
		if r.Topic != "" {
			r.Topic, r.Subjects = domain.PersonTopic(act.Person.ID), []string{"notice:"}
		}
		return r, err
	}
}

// TakePost is PUT /me/post: where I stand in the arrival relay.
func (a *App) TakePost(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, err = a.Store.TakePost(c.UserContext(), act, domain.Position(c.FormValue("post")))
	return a.reply(c, domain.Receipt{}, err)
}

// PushOn is PUT /me/push: this device wants to be woken.
func (a *App) PushOn(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, err = a.Store.SavePushDevice(c.UserContext(), act, domain.PushDevice{Endpoint: c.FormValue("endpoint"), P256dh: c.FormValue("p256dh"), Auth: c.FormValue("auth")})
	return a.reply(c, domain.Receipt{}, err)
}

// PushOff is DELETE /me/push.
func (a *App) PushOff(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	_, err = a.Store.DeletePushDevice(c.UserContext(), act)
	return a.reply(c, domain.Receipt{}, err)
}

// TestPush is POST /me/push/test: rings this device, or says why not.
func (a *App) TestPush(c *fiber.Ctx) error {
	if err := a.limit(c, "push:"+person(c).ID, testsOfPush, "push.slow_down"); err != nil {
		return err
	}
	devices, err := a.Store.PushDevices(c.UserContext(), person(c).ID)
	if err != nil {
		return err
	}
	for k := range devices {
		if devices[k].SessionID == session(c).ID {
			err := a.Notify.TestPush(c.UserContext(), &devices[k], locale(c))
			return a.reply(c, domain.Receipt{Notice: "push.test_sent"}, err)
		}
	}
	return domain.Conflict("push.none")
}
