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
	"huiwu/server/search"
	"huiwu/views"
)

// Invitations is GET /events/{id}/invitations.
func (a *App) Invitations(c *fiber.Ctx) error {
	return a.invitationsPage(c, views.GuestImport{})
}

func (a *App) invitationsPage(c *fiber.Ctx, imp views.GuestImport) error {
	e, v := event(c)
	heads, topic := lookOf(c), domain.EventTopic(e.ID)
	part := domain.InvitationFilter(c.Query("show"))
	if !slices.Contains(domain.InvitationFilters, part) {
		return domain.ErrNotFound
	}
	p, err := a.page(c, "events", "invitation.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewInvitations, heads, topic)
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookInvitations); err != nil {
		return err
	}
	p.Seq = heads[topic]
	if len(imp.Errors) > 0 || imp.Error != "" {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	list, err := a.Store.Invitations(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	letter, err := a.Store.Letter(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	page := views.InvitationsPage{
		Page: p, Event: *e, Sums: domain.SumInvitations(list), Show: part, Query: domain.Clean(c.Query("q"), false), Letter: notify.LetterOf(letter, e), Mails: a.Notify.Mails(), Import: imp,
	}
	found := slices.DeleteFunc(list, func(x domain.Invited) bool { return !part.Shows(&x) || !search.Match(x.Search, page.Query) })
	page.Found, page.Pages = len(found), max(1, (len(found)+views.InvitationsPerPage-1)/views.InvitationsPerPage)
	n, _ := strconv.Atoi(c.Query("page"))
	page.No = min(max(n, 1), page.Pages)
	found = found[(page.No-1)*views.InvitationsPerPage : min(page.No*views.InvitationsPerPage, len(found))]
	if page.Rows, err = a.invitationLines(c, e, &page.Letter, found); err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "seq": p.Seq, "sums": page.Sums, "page": page.No, "pages": page.Pages, "guests": invitationsJSON(found), "letter": page.Letter}, views.Invitations(page))
}

type invitedJSON struct {
	domain.Guest
	Invitation domain.Invitation      `json:"invitation"`
	State      domain.InvitationState `json:"state"`
	Mail       *domain.Mail           `json:"mail,omitempty"`
}

func invitationsJSON(list []domain.Invited) []invitedJSON {
	out := make([]invitedJSON, 0, len(list))
	for k := range list {
		x := &list[k]
		out = append(out, invitedJSON{x.Guest, x.Invitation, x.Invitation.State(), x.Mail})
	}
	return out
}

func (a *App) invitationLines(c *fiber.Ctx, e *domain.Event, letter *domain.Letter, list []domain.Invited) ([]views.InvitationLine, error) {
	lines := make([]views.InvitationLine, 0, len(list))
	for k := range list {
		l, err := a.invitationLine(c.UserContext(), e, letter, &list[k])
		if err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// staffNeeds is what a guest eats, in the words in which the crews write it.
func staffNeeds(r *domain.Reply) string {
	return r.Needs(func(d string) string { return i18n.T(i18n.Locales[0], "diet."+d) }, i18n.T(i18n.Locales[0], "ui.comma"))
}

// SaveLetter is PUT /events/{id}/letter.
func (a *App) SaveLetter(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	l := domain.Letter{SubjectZh: c.FormValue("subject_zh"), SubjectEn: c.FormValue("subject_en"), Zh: c.FormValue("zh"), En: c.FormValue("en"), Remind: c.FormValue("remind") != ""}
	r, err := a.Store.SaveLetter(c.UserContext(), act, e.ID, l)
	return a.reply(c, r, err)
}

// SendInvitations is POST /events/{id}/invitations/mails: to the chosen guests, or
// to all who have not got the letter, or not answered it.
func (a *App) SendInvitations(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	if !a.Notify.Mails() {
		return domain.Conflict("invitation.no_mail")
	}
	which, guests := domain.ShowAll, formList(c, "guest")
	switch w := c.FormValue("which"); w {
	case "unsent", "silent":
		which, guests = domain.InvitationFilter(w), nil
	case "selected":
	default:
		return domain.InvalidField("which", "field.choose")
	}
	if slices.ContainsFunc(guests, func(id string) bool { return !plainID(id) }) || len(guests) > maxImportLines {
		return domain.InvalidField("guest", "field.choose")
	}
	r, err := a.Store.QueueMails(c.UserContext(), act, e.ID, which, guests)
	if err == nil {
		a.Notify.Posted()
	}
	return a.reply(c, r, err)
}

// Invitation is GET /guests/{id}/invitation: all about one guest's letter.
func (a *App) Invitation(c *fiber.Ctx) error {
	ctx := c.UserContext()
	x, e, _, err := a.Store.InvitationFor(ctx, person(c), c.Params("id"))
	if err != nil {
		return err
	}
	topic := domain.EventTopic(e.ID)
	heads, err := a.Store.Heads(ctx, []domain.Topic{topic})
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "invitation.title")
	if err != nil {
		return err
	}
	watch(&p, ViewInvitation, heads, topic)
	if err := a.needFor(c, &p, e, true, domain.LookInvitations); err != nil { // InvitationFor is for who may edit
		return err
	}
	ctx = c.UserContext()
	// Once more, after the head was read: what is shown is never older than its seq.
	x, e, said, err := a.Store.InvitationFor(ctx, person(c), x.ID)
	if err != nil {
		return err
	}
	p.Title = p.T("invitation.of", "name", x.Name)
	p.Seq = heads[topic]
	letter, err := a.Store.Letter(ctx, e.ID)
	if err != nil {
		return err
	}
	text := notify.LetterOf(letter, e)
	line, err := a.invitationLine(ctx, e, &text, x)
	if err != nil {
		return err
	}
	err = show(c, fiber.Map{"guest": invitationsJSON([]domain.Invited{*x})[0], "confirmations": said, "link": strings.Replace(line.Link, originMark, a.base(c), 1)},
		views.InvitationView(views.InvitationPage{Page: p, Event: *e, Line: line, Said: said, Mails: a.Notify.Mails()}))
	noStore(c)
	return err
}

// SaveInvitation is PUT /guests/{id}/invitation.
func (a *App) SaveInvitation(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SaveInvitation(c.UserContext(), act, id, c.FormValue("email"), c.FormValue("locale"))
	})
}

// MarkSent is PUT /guests/{id}/invitation/sent.
func (a *App) MarkSent(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MarkSent(c.UserContext(), act, id, domain.InvitationChannel(c.FormValue("channel")))
	})
}

// UnmarkSent is DELETE /guests/{id}/invitation/sent.
func (a *App) UnmarkSent(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UnmarkSent(c.UserContext(), act, id)
	})
}

// TakeAnswer is PUT /guests/{id}/invitation/taken.
func (a *App) TakeAnswer(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.TakeAnswer(c.UserContext(), act, id, staffNeeds)
	})
}

// ConfirmGuest is POST /guests/{id}/confirmations.
func (a *App) ConfirmGuest(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.Confirm(c.UserContext(), act, id, domain.Confirmation{Way: c.FormValue("way"), Result: c.FormValue("result"), SpokeTo: c.FormValue("spoke_to"), Note: c.FormValue("note")})
	})
}

// RevokePass is DELETE /guests/{id}/pass.
func (a *App) RevokePass(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.RevokePass(c.UserContext(), act, id)
	})
}

// ExportInvitations is GET /events/{id}/invitations/export.
func (a *App) ExportInvitations(c *fiber.Ctx) error {
	e, _ := event(c)
	if err := a.need(c, &views.Page{}, domain.LookInvitations); err != nil {
		return err
	}
	list, err := a.Store.Invitations(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	v, err := a.viewCtx(c.UserContext(), locale(c))
	if err != nil {
		return err
	}
	heading := make([]string, len(exportColumns))
	for k, name := range exportColumns {
		heading[k] = v.T("invitation.csv_" + name)
		if name == "name" {
			heading[k] = v.T("guest.name")
		}
	}
	rows := [][]string{heading}
	for k := range list {
		link, err := a.passLink(c.UserContext(), &list[k].Guest)
		if err != nil {
			return err
		}
		rows = append(rows, exportRow(v, &list[k], strings.Replace(link, originMark, a.base(c), 1)))
	}
	return sendCSV(c, v.T("invitation.csv_name", "number", e.Number)+".csv", rows)
}

var exportColumns = []string{
	"name", "title", "organisation", "email", "locale", "state", "sent_at", "channel", "sent_by", "opened_at", "answered_at", "answer", "companions", "companion_names", "diet", "transport", "arrive_at",
	"plate", "message", "confirmed_at", "confirmed_by", "link",
}

func exportRow(v views.Ctx, x *domain.Invited, link string) []string {
	i := &x.Invitation
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(v.Loc).Format(views.TableMinute)
	}
	word := func(prefix, s string) string {
		if s == "" {
			return ""
		}
		return v.T(prefix + s)
	}
	companions := ""
	if i.Answer == domain.AnswerAccepted {
		companions = strconv.Itoa(i.Companions)
	}
	return []string{
		x.Name, x.Title, x.Organisation, i.Email, i.Locale, v.T("invitation.state_" + string(i.State())), at(i.SentAt), word("invitation.by_", string(i.Channel)), v.Name(i.SentBy), at(i.OpenedAt), at(i.AnsweredAt),
		word("invitation.state_", string(i.Answer)), companions, i.CompanionNames, i.Needs(func(d string) string { return v.T("diet." + d) }, v.T("ui.comma")), i.Transport, at(i.ArriveAt),
		i.Plate, i.Message, at(i.ConfirmedAt), v.Name(i.ConfirmedBy), link,
	}
}

// ImportInvitations is POST /events/{id}/invitations/import: addresses and answers
// of a table. All of it is taken, or none with a sentence for each wrong line.
func (a *App) ImportInvitations(c *fiber.Ctx) error {
	e, _ := event(c)
	act, err := a.act(c)
	if err != nil {
		return err
	}
	text, look, err := importText(c, invitationWords(), true)
	if err != nil {
		return a.notRead(c, err, func(imp views.GuestImport) error { return a.invitationsPage(c, imp) })
	}
	drafts, lines, err := a.parseInvitations(text)
	var r domain.Receipt
	if err == nil && look {
		ack(c)
		return a.invitationsPage(c, views.GuestImport{Text: text, Look: len(drafts)})
	}
	if err == nil {
		r, err = a.Store.ImportInvitations(c.UserContext(), act, e.ID, drafts)
	}
	if wantsJSON(c) {
		return a.reply(c, r, err)
	}
	imp, err := importResult(c, text, len(drafts), lines, err)
	if err != nil {
		return a.reply(c, r, err)
	}
	ack(c)
	return a.invitationsPage(c, imp)
}
