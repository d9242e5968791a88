package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/notify"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/views"
)

// requestsShown is how many requests a list holds, logShown how much of one's log a page.
const (
	requestsShown = 100
	logShown      = 60
)

// Requests is GET /requests: what the house has to answer, or what was decided.
func (a *App) Requests(c *fiber.Ctx) error {
	p, heads, err := a.requestPage(c, "request.title")
	if err != nil {
		return err
	}
	watch(&p, ViewRequests, heads, domain.TopicRequests)
	decided := c.Query("show") == "decided"
	list, err := a.Store.Requests(c.UserContext(), p.Person, decided, requestsShown)
	if err != nil {
		return err
	}
	page := views.RequestsPage{Page: p, Decided: decided, Rows: make([]views.RequestRow, len(list)), Link: a.base(c) + "/book"}
	for k := range list {
		page.Rows[k] = views.RequestRow{Request: list[k].Request, Hidden: list[k].Hidden}
	}
	if page.Rooms, err = a.roomsByID(c.UserContext()); err != nil {
		return err
	}
	return show(c, fiber.Map{"requests": page.Rows, "link": page.Link}, views.Requests(page))
}

// requestPage starts a page that follows the requests.
func (a *App) requestPage(c *fiber.Ctx, title string) (views.Page, map[domain.Topic]int64, error) {
	heads, err := a.Store.Heads(c.UserContext(), []domain.Topic{domain.TopicRequests})
	if err != nil {
		return views.Page{}, nil, err
	}
	p, err := a.page(c, "requests", title)
	return p, heads, err
}

// Request is GET /requests/{id}.
func (a *App) Request(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, heads, err := a.requestPage(c, "request.title")
	if err != nil {
		return err
	}
	watch(&p, ViewRequests, heads, domain.TopicRequests)
	r, err := a.Store.Request(ctx, p.Person, c.Params("id"))
	if err != nil {
		return err
	}
	p.Title = p.T("request.of", "number", r.Number)
	page := views.RequestPage{Page: p, Request: *r, Mails: a.Notify.Mails()}
	if page.Event, err = a.Store.EventOfRequest(ctx, r); err != nil {
		return err
	}
	page.Missing = r.Outstanding(page.Event)
	if page.Rooms, err = a.roomsByID(c.UserContext()); err != nil {
		return err
	}
	if page.Log, err = a.Store.RequestLog(ctx, r.ID, logShown); err != nil {
		return err
	}
	if page.Mail, err = a.Store.LastMail(ctx, r.ID); err != nil {
		return err
	}
	if err := a.requestTools(c, &page); err != nil {
		return err
	}
	err = show(c, fiber.Map{"request": r, "missing": page.Missing, "link": page.Link, "rooms": page.Slots}, views.Request(page))
	noStore(c) // it holds a key
	return err
}

// requestTools is what deciding takes: which room is free when, who may deal with it, the organiser's link.
func (a *App) requestTools(c *fiber.Ctx, page *views.RequestPage) error {
	ctx, r := c.UserContext(), &page.Request
	if r.State.Open() {
		for _, choice := range r.Choices {
			slot, err := a.requestSlot(c, r, choice)
			if err != nil {
				return err
			}
			page.Slots = append(page.Slots, slot)
		}
	}
	people, err := a.Store.People(ctx)
	if err != nil {
		return err
	}
	for _, x := range people {
		if !x.Disabled && x.Can(domain.RightRequests) {
			page.People = append(page.People, x)
		}
	}
	if r.ErasedAt != nil {
		return nil
	}
	token, err := a.Store.Token(ctx, domain.Pass{Kind: domain.PassRequest, ID: r.ID, No: r.PassNo})
	if err != nil {
		return err
	}
	page.Link = a.base(c) + "/r/" + token
	page.Text = notify.RequestText(notify.Lang{Locale: r.Locale, Loc: a.Loc}, r, page.Event, page.Rooms, page.Link)
	return nil
}

// requestSlot is what rooms there are for a choice; where none that fits is free, also
// when the one that fits best is: the wished one, if it does.
func (a *App) requestSlot(c *fiber.Ctx, r *domain.Request, choice domain.RequestChoice) (views.RequestSlot, error) {
	w := domain.RoomWish{Start: choice.StartAt, End: choice.EndAt, Heads: r.Heads, Layout: string(r.Layout)}
	offers, err := a.Store.FreeRooms(c.UserContext(), w)
	slot := views.RequestSlot{Choice: choice, Rooms: offers}
	if err != nil || slices.ContainsFunc(offers, func(o domain.RoomOffer) bool { return o.Good() }) {
		return slot, err
	}
	k := slices.IndexFunc(offers, func(o domain.RoomOffer) bool { return o.Fits && !o.Out && o.Room.ID == r.RoomID })
	if k < 0 {
		k = slices.IndexFunc(offers, func(o domain.RoomOffer) bool { return o.Fits && !o.Out })
	}
	if k >= 0 {
		slot.NextRoom = offers[k].Room
		slot.Next, err = a.Store.NextFree(c.UserContext(), slot.NextRoom.ID, w)
	}
	return slot, err
}

// NewRequest is GET /requests/new: somebody of the house writes down what he was told.
func (a *App) NewRequest(c *fiber.Ctx) error {
	return a.bookPage(c, a.freshBooking(c), nil, "")
}

// CreateRequest is POST /requests.
func (a *App) CreateRequest(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	in, r, files, err := a.bookInput(c)
	var made domain.Receipt
	if err == nil {
		made, err = a.makeRequest(c, act, r, files)
	}
	if err != nil || wantsJSON(c) {
		return a.bookRefused(c, in, made, err)
	}
	return redirect(c, "/requests/"+made.Created)
}

// AcceptRequest is PUT /requests/{id}/acceptance: pick is "choice:room".
func (a *App) AcceptRequest(c *fiber.Ctx) error {
	no, room, _ := strings.Cut(c.FormValue("pick"), ":")
	choice, _ := strconv.Atoi(no)
	if !plainID(room) {
		return domain.InvalidField("pick", "field.choose")
	}
	level, err := number(c, "level")
	if err != nil {
		return err
	}
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AcceptRequest(c.UserContext(), act, id, store.Acceptance{Choice: choice, Room: room, Level: level}, houseNotes)
	})
}

// requestAct is itemAct; the page fetches itself again, and a mail may have to go out.
func (a *App) requestAct(c *fiber.Ctx, do func(act domain.Act, id string) (domain.Receipt, error)) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := do(act, id)
		if err == nil && a.Notify.Mails() {
			a.Notify.Posted()
		}
		return r, err
	})
}

// OfferRoom is POST /requests/{id}/offers.
func (a *App) OfferRoom(c *fiber.Ctx) error {
	var bad domain.Invalid
	o := domain.RequestOffer{
		RoomID: c.FormValue("rooms"), Note: c.FormValue("note"),
		StartAt: a.moment(&bad, "start_at", c.FormValue("start_at")), EndAt: a.moment(&bad, "end_at", c.FormValue("end_at")),
	}
	if !plainID(o.RoomID) {
		bad.Add("rooms", "event.room_needed")
	}
	var err error
	if o.Level, err = wholeNumber(c.FormValue("level")); err != nil || o.Level < 1 || o.Level > 4 {
		bad.Add("level", "event.level_range")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.OfferRoom(c.UserContext(), act, id, o)
	})
}

// WithdrawOffer is DELETE /requests/{id}/offers/{offer}.
func (a *App) WithdrawOffer(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.WithdrawOffer(c.UserContext(), act, id, c.Params("offer"))
	})
}

// DeclineRequest is PUT /requests/{id}/refusal.
func (a *App) DeclineRequest(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeclineRequest(c.UserContext(), act, id, c.FormValue("reason"))
	})
}

// AskOrganiser is POST /requests/{id}/questions.
func (a *App) AskOrganiser(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AskOrganiser(c.UserContext(), act, id, c.FormValue("question"))
	})
}

// AnswerForOrganiser is PUT /requests/{id}/questions/{question}/answer.
func (a *App) AnswerForOrganiser(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AnswerForOrganiser(c.UserContext(), act, id, c.Params("question"), c.FormValue("answer"))
	})
}

// NoteRequest is POST /requests/{id}/notes.
func (a *App) NoteRequest(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.NoteRequest(c.UserContext(), act, id, c.FormValue("note"))
	})
}

// AssignRequest is PUT /requests/{id}/assignee.
func (a *App) AssignRequest(c *fiber.Ctx) error {
	who := c.FormValue("person")
	if who != "" && !plainID(who) {
		return domain.InvalidField("person", "field.choose")
	}
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AssignRequest(c.UserContext(), act, id, who)
	})
}

// RevokeRequestLink is DELETE /requests/{id}/link.
func (a *App) RevokeRequestLink(c *fiber.Ctx) error {
	return a.requestAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RevokeRequestLink(c.UserContext(), act, id)
	})
}

// RequestFile is GET /requests/{id}/files/{file}.
func (a *App) RequestFile(c *fiber.Ctx) error {
	r, err := a.Store.Request(c.UserContext(), person(c), c.Params("id"))
	if err != nil {
		return err
	}
	return a.sendFile(c, r.ID)
}

// sendFile hands an attachment out as a file to keep: whatever it holds, no page of
// ours shows it.
func (a *App) sendFile(c *fiber.Ctx, requestID string) error {
	f, err := a.Store.RequestFile(c.UserContext(), requestID, c.Params("file"))
	if err != nil {
		return err
	}
	body, err := a.Photos.Get(c.UserContext(), photos.Files(f.File)[0])
	if err != nil {
		return err
	}
	c.Attachment(f.Name) // the name in both forms, quoted
	c.Set(fiber.HeaderContentType, photos.ContentType(f.Kind))
	c.Set("Content-Security-Policy", photoCSP)
	noStore(c)
	return c.Send(body)
}

// ReplyHours is GET /settings/requests.
func (a *App) ReplyHours(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "request.hours")
	if err != nil {
		return err
	}
	p.View = "reply-hours"
	site, err := a.Store.Site(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"reply_minutes": site.ReplyMinutes, "opens": site.HouseOpens, "closes": site.HouseCloses, "days": site.HouseDays}, views.ReplyHours(views.ReplyHoursPage{Page: p, Site: site}))
}

// SetReplyHours is PUT /settings/requests.
func (a *App) SetReplyHours(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	var bad domain.Invalid
	minutes, err := wholeNumber(c.FormValue("reply_minutes"))
	if err != nil {
		bad.Add("reply_minutes", "request.minutes_range")
	}
	clock := func(field string) int {
		t, err := time.Parse("15:04", domain.Clean(c.FormValue(field), false))
		if err != nil {
			bad.Add(field, "field.time")
		}
		return t.Hour()*60 + t.Minute()
	}
	opens, closes := clock("opens"), clock("closes")
	if closes == 0 { // midnight is the end of the day here
		closes = 24 * 60
	}
	if err := bad.Err(); err != nil {
		return err
	}
	days := formList(c, "days")
	slices.Sort(days)
	_, err = a.Store.SetReplyHours(c.UserContext(), act, minutes, opens, closes, strings.Join(slices.Compact(days), ""))
	return a.reply(c, domain.Receipt{}, err)
}

// houseNotes is what a request asks for besides what its register says, in the words
// in which the crews read it.
func houseNotes(r *domain.Request) string {
	t := func(key string, args ...string) string { return i18n.T(i18n.Locales[0], key, args...) }
	lines := []string{}
	for _, n := range r.Needs {
		if n.InRegister() {
			continue
		}
		line := t("need." + n.Kind)
		if n.Detail != "" {
			line += t("ui.colon") + n.Detail
		}
		lines = append(lines, line)
	}
	for _, q := range r.Questions {
		if q.Answer != "" {
			lines = append(lines, q.Question+" "+q.Answer)
		}
	}
	if r.Notes != "" {
		lines = append(lines, r.Notes)
	}
	text := []rune(strings.Join(lines, "\n"))
	return string(text[:min(len(text), 2000)])
}
