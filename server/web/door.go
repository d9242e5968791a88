package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

// How much of a list a door shows at once. Nobody browses it: who is not among
// the first types one letter more.
const (
	doorQueue = 20
	doorFound = 30
)

// Door is GET /door: look-up over all events of the day, by words, by a guest's
// code (?q=) or by his id (?guest=). The script asks for what is found alone.
func (a *App) Door(c *fiber.Ctx) error {
	events, others, err := a.doorEvents(c)
	if err != nil {
		return err
	}
	if !isHTMX(c) && !wantsJSON(c) {
		return a.doorPage(c, events, others)
	}
	out, err := a.doorOut(c, events)
	if err != nil {
		return err
	}
	err = show(c, fiber.Map{"query": out.Query, "guests": out.Rows, "card": out.Card}, views.DoorResult(out))
	noStore(c)
	return err
}

// doorPage is the whole page; the heads are read before what it shows.
func (a *App) doorPage(c *fiber.Ctx, events, others []views.DoorEvent) error {
	p, err := a.page(c, "door", "door.title")
	if err != nil {
		return err
	}
	topics, ids := []domain.Topic{domain.TopicBoard}, make([]string, len(events))
	for k := range events {
		e := &events[k]
		if ids[k] = e.ID; len(topics) < maxTopics-1 { // one is the person's own
			topics = append(topics, domain.EventTopic(e.ID))
		}
		if e.Viewer.Can(domain.RightGuestsEdit, e.Secrecy) {
			p.Caps = appendNew(p.Caps, "can-edit-guests")
		}
	}
	heads, err := a.Store.Heads(c.UserContext(), topics[1:])
	if err != nil {
		return err
	}
	page := views.DoorPage{Page: p, Query: domain.Clean(c.Query("q"), false), Events: events, Others: others}
	if _, ok := passIn(page.Query); ok {
		page.Query = ""
	}
	watch(&page.Page, ViewDoor, heads, topics...)
	if err := a.fillDoor(c, &page, ids); err != nil {
		return err
	}
	return render(c, views.Door(page))
}

func (a *App) fillDoor(c *fiber.Ctx, page *views.DoorPage, ids []string) (err error) {
	ctx := c.UserContext()
	if page.Out, err = a.doorOut(c, page.Events); err != nil {
		return err
	}
	counts, err := a.Store.Attendance(ctx, ids)
	if err != nil {
		return err
	}
	for k := range page.Events {
		page.Events[k].Counts = counts[ids[k]]
	}
	from, _ := a.Store.Today()
	if page.Strays, err = a.Store.Strays(ctx, from, ids...); err != nil {
		return err
	}
	met := map[string]bool{}
	for _, x := range page.Strays {
		met[x.EventID] = true
	}
	return a.lookedAtDoor(c, page.Events, met)
}

func (a *App) lookedAtDoor(c *fiber.Ctx, events []views.DoorEvent, seen map[string]bool) error {
	for k := range events {
		if e := &events[k].Event; seen[e.ID] {
			if err := a.looked(c, e, domain.LookDoor); err != nil {
				return err
			}
		}
	}
	return nil
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// doorEvents are the events of the day whose guests the reader may see, and the others.
func (a *App) doorEvents(c *fiber.Ctx) (events, others []views.DoorEvent, err error) {
	from, to := a.dayAround()
	seen, elsewhere, err := a.Store.DoorEvents(c.UserContext(), person(c), from, to)
	for _, e := range seen {
		events = append(events, views.DoorEvent{Event: e.Event, Viewer: e.Viewer})
	}
	for _, e := range elsewhere {
		others = append(others, views.DoorEvent{Event: e.Event, Viewer: e.Viewer})
	}
	return events, others, err
}

// doorOut answers the question in the address.
func (a *App) doorOut(c *fiber.Ctx, events []views.DoorEvent) (views.DoorOut, error) {
	out, err := a.findAtDoor(c, events)
	if err != nil {
		return out, err
	}
	found := map[string]bool{}
	for k := range out.Rows {
		found[out.Rows[k].EventID] = true
	}
	return out, a.lookedAtDoor(c, events, found)
}

func (a *App) findAtDoor(c *fiber.Ctx, events []views.DoorEvent) (views.DoorOut, error) {
	ctx, query := c.UserContext(), domain.Clean(c.Query("q"), false)
	v, err := a.viewCtx(ctx, locale(c))
	if err != nil {
		return views.DoorOut{}, err
	}
	ids := make([]string, len(events))
	for k := range events {
		ids[k] = events[k].ID
	}
	out := views.NewDoorOut(v, query, events)
	id := c.Query("guest")
	if token, ok := passIn(query); ok {
		g, _, err := a.Store.GuestByPass(ctx, token)
		if err != nil {
			return out, unknownCode(err)
		}
		id = g.ID
	}
	switch {
	case id != "":
		out.Card, err = a.doorCard(c, id)
		return out, unknownGuest(err, id == c.Query("guest"))
	case query == "":
		out.Rows, err = a.Store.AwaitedGuests(ctx, ids, doorQueue+1)
		out.Rows, out.More = atMost(out.Rows, doorQueue)
		return out, err
	}
	out.Rows, err = a.Store.FindGuests(ctx, ids, query, doorFound+1)
	out.Rows, out.More = atMost(out.Rows, doorFound)
	if err == nil && len(out.Rows) == 1 {
		out.Card, err = a.doorCard(c, out.Rows[0].ID)
	}
	return out, err
}

func atMost(list []domain.Guest, n int) ([]domain.Guest, bool) {
	if len(list) > n {
		return list[:n], true
	}
	return list, false
}

// unknownCode: whatever is wrong with a code, it opens nobody here.
func unknownCode(err error) error {
	if e, ok := domain.AsError(err); ok && e.Code == domain.CodeNotFound {
		return &domain.Error{Code: domain.CodeNotFound, Key: "door.unknown_code"}
	}
	return err
}

// unknownGuest: a code of a guest whom the reader may not see is unknown as well.
func unknownGuest(err error, byID bool) error {
	if err == nil || byID {
		return err
	}
	return unknownCode(err)
}

func (a *App) doorCard(c *fiber.Ctx, id string) (*views.DoorCard, error) {
	if !plainID(id) {
		return nil, domain.ErrNotFound
	}
	g, err := a.Store.GuestCard(c.UserContext(), reader(c), id)
	if err != nil {
		return nil, err
	}
	return &views.DoorCard{Guest: g.Guest, Event: g.Event, Party: g.Party, Others: g.Others, Seats: g.Seats, Move: g.Viewer.Can(domain.RightGuestsMove, g.Event.Secrecy)}, nil
}

// passIn finds a guest's pass in what was scanned or typed: an address …/g/<token>,
// or the token alone.
func passIn(s string) (token string, ok bool) {
	s = strings.TrimSpace(s)
	if u, err := url.Parse(s); err == nil && strings.Contains(u.Path, "/g/") {
		_, s, _ = strings.Cut(u.Path, "/g/")
		s, _, _ = strings.Cut(s, "/")
		return s, true
	}
	return s, len(s) == domain.TokenLength && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// signIn is what the form says of one sign-in.
func signIn(c *fiber.Ctx) domain.SignIn {
	return domain.SignIn{
		Pack: c.FormValue("pack") != "", Badge: c.FormValue("badge") != "", Venue: c.FormValue("venue") != "",
		Title: c.FormValue("title"), Organisation: c.FormValue("organisation"), Phone: c.FormValue("phone"),
	}
}

// SignInGuest is PUT /guests/{id}/signin.
func (a *App) SignInGuest(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SignInGuest(c.UserContext(), act, id, signIn(c))
	})
}

// UndoSignIn is DELETE /guests/{id}/signin.
func (a *App) UndoSignIn(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoSignIn(c.UserContext(), act, id, c.Query("own") != "")
	})
}

// HandOut is PUT /guests/{id}/handed.
func (a *App) HandOut(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.HandOut(c.UserContext(), act, id, c.FormValue("pack") != "", c.FormValue("badge") != "")
	})
}

// SignInParty is PUT /parties/{id}/signin: the guests that are ticked.
func (a *App) SignInParty(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		in := signIn(c)
		in.Title, in.Organisation, in.Phone = "", "", "" // one sentence fits not nineteen
		return a.Store.SignInParty(c.UserContext(), act, id, formList(c, "guest"), in)
	})
}

// UndoPartySignIn is DELETE /parties/{id}/signin.
func (a *App) UndoPartySignIn(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoPartySignIn(c.UserContext(), act, id, c.Query("own") != "")
	})
}

// MeetStray is POST /strays.
func (a *App) MeetStray(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	x := domain.Stray{
		ID: c.FormValue("id"), EventID: c.FormValue("event_id"), Name: c.FormValue("name"), Organisation: c.FormValue("organisation"), Host: c.FormValue("host"),
		State: domain.StrayState(c.FormValue("state")), ToEventID: c.FormValue("to_event_id"), Consent: c.FormValue("consent") != "",
	}
	if x.ID != "" && !plainID(x.ID) || x.EventID != "" && !plainID(x.EventID) || x.ToEventID != "" && !plainID(x.ToEventID) {
		return domain.ErrNotFound
	}
	if x.EventID == "" {
		return domain.InvalidField("event_id", "field.choose")
	}
	r, err := a.Store.MeetStray(c.UserContext(), act, x)
	if err == nil && wantsJSON(c) {
		c.Status(fiber.StatusCreated)
	}
	return a.reply(c, r, err)
}

// JudgeStray is PUT /strays/{id}/outcome.
func (a *App) JudgeStray(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.JudgeStray(c.UserContext(), act, id, domain.StrayState(c.FormValue("state")))
	})
}

// door: what a door shows of changed guests and strays. Only rows that are on a
// page are replaced there; who is on his way comes into the queue.
func (f *eventView) door(guests []string, subjects []string) error {
	list, err := f.Store.GuestsByID(f.ctx, guests)
	if err != nil {
		return err
	}
	for k := range list {
		g := &list[k]
		if g.Struck {
			f.add(views.Gone("guest-"+g.ID), views.Gone("pick-"+g.ID))
			continue
		}
		f.add(views.DoorRow(f.v, g, f.e), views.DoorState(f.v, g), views.DoorPick(f.v, g))
	}
	if len(guests) > 0 {
		if err := f.attendance(); err != nil {
			return err
		}
	}
	return f.strays(subjects)
}

func (f *eventView) attendance() error {
	counts, err := f.Store.GuestCounts(f.ctx, f.e.ID)
	if err == nil {
		f.add(views.Attendance(f.v, f.e.ID, counts, f.v.Seq))
	}
	return err
}

func (f *eventView) strays(subjects []string) error {
	var ids []string
	for _, s := range subjects {
		if kind, id := domain.SplitTopic(s); kind == "stray" {
			ids = append(ids, id)
		}
	}
	list, err := f.Store.StraysByID(f.ctx, ids)
	if err != nil {
		return err
	}
	for k := range list {
		to := &domain.Event{}
		if id := list[k].ToEventID; id != "" {
			if to, _, err = f.Store.Event(f.ctx, nil, id); err != nil {
				return err
			}
		}
		f.add(views.StrayRow(f.v, &list[k], f.e, to))
	}
	return nil
}

// listGuest is a guest as a phone keeps him for the day, as short as it gets.
type listGuest struct {
	ID     string          `json:"i"`
	Event  int             `json:"e"` // place in events
	Name   string          `json:"n"`
	More   string          `json:"m,omitempty"` // title and organisation
	Party  string          `json:"p,omitempty"`
	Car    string          `json:"c,omitempty"`
	Needs  string          `json:"d,omitempty"`
	Key    string          `json:"k"`
	Pos    domain.Position `json:"o,omitempty"`
	Signed int64           `json:"s,omitempty"` // ms
	By     string          `json:"b,omitempty"`
	Seat   string          `json:"t,omitempty"`
}

type listEvent struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Rooms string `json:"rooms"`
}

// DoorList is GET /door/list: what a phone needs to look guests up where there is
// no network. Guests of secret events are not kept on phones.
func (a *App) DoorList(c *fiber.Ctx) error {
	ctx := c.UserContext()
	found, _, err := a.doorEvents(c)
	if err != nil {
		return err
	}
	v, err := a.viewCtx(ctx, locale(c))
	if err != nil {
		return err
	}
	_, until := a.Store.Today()
	events, ids, at := []listEvent{}, []string{}, map[string]int{}
	for k := range found {
		e := &found[k]
		if e.Secrecy == domain.SecrecySecret || !e.Viewer.Can(domain.RightGuestsMove, e.Secrecy) {
			continue
		}
		at[e.ID] = len(events)
		events, ids = append(events, listEvent{e.ID, e.Name, views.RoomNames(v, e.Rooms)}), append(ids, e.ID)
		if e.EndAt.After(until) {
			until = e.EndAt
		}
	}
	list, err := a.Store.Guests(ctx, ids...)
	if err != nil {
		return err
	}
	parties, err := a.Store.Parties(ctx, ids...)
	if err != nil {
		return err
	}
	seats, err := a.Store.SeatsAt(ctx, ids...)
	if err != nil {
		return err
	}
	names, guests := map[string]string{}, make([]listGuest, len(list))
	for _, p := range parties {
		names[p.ID] = p.Name
	}
	for k := range list {
		guests[k] = newListGuest(v, &list[k], at[list[k].EventID])
		guests[k].Seat = views.SeatWords(v, seats[list[k].ID])
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"person": person(c).ID, "at": v.Now.UnixMilli(), "until": until.UnixMilli(), "events": events, "parties": names, "guests": guests})
}

func newListGuest(v views.Ctx, g *domain.Guest, event int) listGuest {
	x := listGuest{ID: g.ID, Event: event, Name: g.Name, More: strings.Trim(g.Title+" · "+g.Organisation, " ·"), Party: g.PartyID, Car: strings.TrimSpace(g.Plate + " " + g.Bay), Needs: g.Needs, Key: g.Search}
	if g.Position == domain.PositionLeft {
		x.Pos = g.Position
	}
	if g.SignedInAt != nil {
		x.Signed, x.By = g.SignedInAt.UnixMilli(), v.Name(g.SignedInBy)
	}
	return x
}

// Sheet is GET /events/{id}/guests/sheet.
func (a *App) Sheet(c *fiber.Ctx) error {
	e, _ := event(c)
	p, err := a.page(c, "events", "sheet.title")
	if err != nil {
		return err
	}
	if err := a.need(c, &p, domain.LookPaper); err != nil {
		return err
	}
	guests, err := a.Store.Guests(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	seats, err := a.Store.SeatsAt(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	p.View = "sheet"
	return show(c, fiber.Map{"event": e, "guests": guests}, views.Sheet(views.SheetPage{Page: p, Event: *e, Guests: guests, Seats: seats, Counts: domain.CountGuests(guests)}))
}

// Headcount is GET /headcount.
func (a *App) Headcount(c *fiber.Ctx) error {
	count, events, err := a.Store.Headcount(c.UserContext(), person(c))
	if err != nil {
		return err
	}
	p, err := a.page(c, "door", "headcount.title")
	if err != nil {
		return err
	}
	watch(&p, ViewHeadcount, nil, domain.TopicBoard)
	for k := range events {
		if err := a.looked(c, &events[k], domain.LookDoor); err != nil {
			return err
		}
	}
	page := views.HeadcountPage{Page: p, Count: *count, Events: map[string]domain.Event{}}
	for _, e := range events {
		page.Events[e.ID] = e
	}
	return show(c, fiber.Map{"total": count.Total(), "floors": count.Floors(), "count": count}, views.Headcount(page))
}
