package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/search"
	"huiwu/server/sheet"
	"huiwu/server/store"
	"huiwu/views"
)

// Guests is GET /events/{id}/guests.
func (a *App) Guests(c *fiber.Ctx) error {
	return a.guestsPage(c, views.GuestInput{}, nil, views.GuestImport{})
}

func (a *App) guestsPage(c *fiber.Ctx, in views.GuestInput, fields views.Errors, imp views.GuestImport) error {
	e, v := event(c)
	topic, heads := domain.EventTopic(e.ID), lookOf(c)
	p, err := a.page(c, "events", "guests.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewGuests, heads, topic)
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookList); err != nil {
		return err
	}
	switch {
	case len(fields) > 0 || len(imp.Errors) > 0 || imp.Error != "":
		c.Status(fiber.StatusUnprocessableEntity)
	case reads(c) && a.unchanged(c, &p):
		return nil
	}
	parties, counts, err := a.partyGroups(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	photos, err := a.Store.GuestPhotosAllowed(c.UserContext(), e)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "seq": heads[topic], "counts": counts, "parties": parties},
		views.Guests(views.GuestsPage{Page: p, Photos: photos, Event: *e, Counts: counts, Parties: parties, In: in, Errors: fields, Import: imp}))
}

// partyGroups puts an event's guests into their parties; those without one come last.
func (a *App) partyGroups(ctx context.Context, eventID string) ([]views.PartyGroup, domain.GuestCounts, error) {
	guests, parties, err := a.guestsByEvent(ctx, eventID)
	if err != nil {
		return nil, domain.GuestCounts{}, err
	}
	return group(parties[eventID], guests[eventID]), domain.CountGuests(guests[eventID]), nil
}

// guestsByEvent are the guests and parties of events, by event: two queries.
func (a *App) guestsByEvent(ctx context.Context, ids ...string) (guests map[string][]domain.Guest, parties map[string][]domain.Party, err error) {
	all, err := a.Store.Guests(ctx, ids...)
	if err != nil {
		return nil, nil, err
	}
	groups, err := a.Store.Parties(ctx, ids...)
	if err != nil {
		return nil, nil, err
	}
	guests, parties = map[string][]domain.Guest{}, map[string][]domain.Party{}
	for _, g := range all {
		guests[g.EventID] = append(guests[g.EventID], g)
	}
	for _, p := range groups {
		parties[p.EventID] = append(parties[p.EventID], p)
	}
	return guests, parties, nil
}

func group(parties []domain.Party, guests []domain.Guest) []views.PartyGroup {
	at := map[string]int{}
	var list []views.PartyGroup
	for _, p := range parties {
		at[p.ID] = len(list)
		list = append(list, views.PartyGroup{Party: p})
	}
	var single views.PartyGroup
	for _, g := range guests {
		if k, ok := at[g.PartyID]; ok {
			list[k].Guests = append(list[k].Guests, g)
		} else {
			single.Guests = append(single.Guests, g)
		}
	}
	list = slices.DeleteFunc(list, func(p views.PartyGroup) bool { return len(p.Guests) == 0 })
	if len(single.Guests) > 0 {
		list = append(list, single)
	}
	return list
}

func guestDraft(in views.GuestInput) (store.GuestDraft, error) {
	d := store.GuestDraft{Guest: domain.Guest{Name: in.Name, Title: in.Title, Organisation: in.Organisation, Plate: in.Plate, Bay: in.Bay, Needs: in.Needs, Phone: in.Phone}, Party: in.Party}
	var err error
	if d.Rank, err = wholeNumber(in.Rank); err != nil {
		return d, domain.InvalidField("rank", "guest.rank_range")
	}
	return d, nil
}

// AddGuest is POST /events/{id}/guests.
func (a *App) AddGuest(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	var in views.GuestInput
	if err := c.BodyParser(&in); err != nil {
		return &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
	}
	d, err := guestDraft(in)
	var r domain.Receipt
	if err == nil {
		r, err = a.Store.AddGuests(c.UserContext(), act, e.ID, []store.GuestDraft{d})
	}
	if err == nil && wantsJSON(c) {
		c.Status(fiber.StatusCreated)
	}
	return a.reply(c, r, err)
}

// UpdateGuest is PUT /guests/{id}.
func (a *App) UpdateGuest(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		var in views.GuestInput
		if err := c.BodyParser(&in); err != nil {
			return domain.Receipt{}, &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
		}
		d, err := guestDraft(in)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UpdateGuest(c.UserContext(), act, id, d)
	})
}

// StrikeGuest is DELETE /guests/{id}.
func (a *App) StrikeGuest(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeGuest(c.UserContext(), act, id)
	})
}

// MoveGuest is PUT /guests/{id}/position.
func (a *App) MoveGuest(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MoveGuest(c.UserContext(), act, id, domain.Position(c.FormValue("position")))
	})
}

// UndoMove is DELETE /guests/{id}/position.
func (a *App) UndoMove(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoMove(c.UserContext(), act, id)
	})
}

// MoveParty is PUT /parties/{id}/position.
func (a *App) MoveParty(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MoveParty(c.UserContext(), act, id, domain.Position(c.FormValue("position")))
	})
}

// UndoPartyMove is DELETE /parties/{id}/position.
func (a *App) UndoPartyMove(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoPartyMove(c.UserContext(), act, id)
	})
}

// ImportGuests is POST /events/{id}/guests/import: a pasted table or a CSV
// file. All of it is taken, or none with a sentence for each wrong line.
func (a *App) ImportGuests(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	text, look, err := importText(c, columnNames, false)
	if err != nil {
		return a.notRead(c, err, func(imp views.GuestImport) error { return a.guestsPage(c, views.GuestInput{}, nil, imp) })
	}
	table, err := parseGuestTable(text)
	var r domain.Receipt
	if err == nil && look {
		ack(c)
		imp, err := a.newGuests(c.UserContext(), e.ID, table)
		if err != nil {
			return err
		}
		return a.guestsPage(c, views.GuestInput{}, nil, imp)
	}
	if err == nil {
		r, err = a.Store.AddGuests(c.UserContext(), act, e.ID, table.drafts)
	}
	if wantsJSON(c) {
		return a.reply(c, r, err)
	}
	imp, err := importResult(c, text, len(table.drafts), table.lines, err)
	if err != nil {
		return a.reply(c, r, err)
	}
	ack(c)
	return a.guestsPage(c, views.GuestInput{}, nil, imp)
}

// newGuests is the text of a table without the rows that say what the list says already:
// our own workbook comes back with all who were in it.
func (a *App) newGuests(ctx context.Context, eventID string, t *guestTable) (views.GuestImport, error) {
	guests, parties, err := a.guestsByEvent(ctx, eventID)
	if err != nil {
		return views.GuestImport{}, err
	}
	known := map[string]bool{}
	for _, g := range guests[eventID] {
		known[strings.Join(guestRow(&g, parties[eventID]), "\t")] = true
	}
	lines, imp := slices.Clone(t.lines), views.GuestImport{}
	for k := range t.drafts {
		d := &t.drafts[k]
		g := d.Guest
		if g.Validate() == nil && known[strings.Join(guestCells(&g, domain.Clean(d.Party, false)), "\t")] {
			lines[d.Line-1] = ""
			imp.Known++
		} else {
			imp.Look++
		}
	}
	if imp.Look > 0 {
		imp.Text = strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
	}
	return imp, nil
}

// importResult is what a form of tables says after an import: how many were taken,
// or a sentence for each wrong line. What is no refusal of the table is handed back.
func importResult(c *fiber.Ctx, text string, good int, lines []string, err error) (views.GuestImport, error) {
	imp := views.GuestImport{Text: text, Good: good}
	refusal, refused := domain.AsError(err)
	switch {
	case err == nil:
		return views.GuestImport{Added: good}, nil
	case !refused || refusal.Code != domain.CodeInvalid:
		return imp, err
	}
	l := locale(c)
	for _, f := range refusal.Fields {
		imp.Errors = append(imp.Errors, views.ImportError{Line: f.Line, Text: lineOf(lines, f.Line), Sentence: sentence(&domain.Error{Key: f.Key, Args: f.Args}, l)})
		if len(imp.Errors) == maxImportErrors {
			break
		}
	}
	if len(refusal.Fields) == 0 {
		imp.Error = sentence(refusal, l)
	}
	return imp, nil
}

// importText is the table of a form: pasted, or a file. A workbook is only looked at: it
// becomes the text that would be pasted from it, for the person to read before it is taken.
func importText(c *fiber.Ctx, columns map[string]string, ignore bool) (text string, look bool, err error) {
	body, err := workbookOf(c)
	switch {
	case err != nil:
		return "", false, err
	case body == nil:
		return c.FormValue("text"), false, nil
	case sheet.IsWorkbook(body):
		text, err = tableText(body, columns, ignore)
		return text, true, err
	}
	return string(body), false, nil
}

// notRead is the page of a form whose workbook could not be read, with a sentence for each
// wrong cell.
func (a *App) notRead(c *fiber.Ctx, err error, page func(views.GuestImport) error) error {
	list, general, rest := faults(err, locale(c))
	if rest != nil || wantsJSON(c) {
		return err
	}
	ack(c)
	imp := views.GuestImport{Error: general}
	if general == "" {
		imp.Error = i18n.T(locale(c), "workbook.wrong", "n", strconv.Itoa(len(list)))
	}
	for _, f := range list {
		imp.Errors = append(imp.Errors, views.ImportError{Cell: f.Cell, Sentence: f.Sentence})
	}
	return page(imp)
}

// IsImport tells the addresses that take large tables.
func IsImport(path string) bool {
	return strings.HasSuffix(path, "/guests/import") || strings.HasSuffix(path, "/invitations/import") || path == "/people/import" || path == "/rooms/import" || path == "/events/import" || strings.HasPrefix(path, "/templates/") && strings.HasSuffix(path, "/import")
}

// Lobby is GET /lobby: who comes next, over all of today's events.
func (a *App) Lobby(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := a.page(c, "lobby", "lobby.title")
	if err != nil {
		return err
	}
	from, to := a.dayAround()
	heads, events, err := a.myEvents(c, from, to)
	if err != nil {
		return err
	}
	page := views.LobbyPage{Page: p, Post: domain.Position(c.Query("post")), Query: domain.Clean(c.Query("q"), false)}
	if page.Post != "" && page.Post.Index() < 1 {
		return domain.ErrNotFound
	}
	topics := []domain.Topic{domain.TopicBoard}
	var ids []string
	caps := map[string]bool{}
	for k := range events {
		e := &events[k]
		if !e.Viewer.Can(domain.RightGuestsSee, e.Secrecy) || e.Status.Over() || e.Status == domain.EventDraft || e.Counts.Total == 0 && !e.Status.Working() {
			continue
		}
		if len(topics) < maxTopics-1 { // one is the person's own
			topics = append(topics, domain.EventTopic(e.ID))
		}
		ids = append(ids, e.ID)
		if err := a.looked(c, &e.Event, domain.LookLobby); err != nil {
			return err
		}
		if e.Viewer.Can(domain.RightGuestsMove, e.Secrecy) {
			caps["can-move"] = true
		}
		page.Events = append(page.Events, views.LobbyEvent{Event: e.Event, Counts: e.Counts})
	}
	guests, parties, err := a.guestsByEvent(ctx, ids...)
	if err != nil {
		return err
	}
	for k := range page.Events {
		le := &page.Events[k]
		found := slices.DeleteFunc(guests[le.Event.ID], func(g domain.Guest) bool { return !search.Match(g.Search, page.Query) })
		le.Parties = group(parties[le.Event.ID], found)
		for pos, n := range le.Counts.Position {
			page.Counts.Add(pos, n)
		}
	}
	if caps["can-move"] {
		page.Caps = append(page.Caps, "can-move")
	}
	watch(&page.Page, ViewLobby, heads, topics...)
	return show(c, fiber.Map{"counts": page.Counts, "events": page.Events}, views.Lobby(page))
}
