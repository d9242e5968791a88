package web

import (
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/limits"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/views"
)

// Limits on what comes without sign-in. What was refused for a field does not count:
// who is slow with a form is no flood.
var (
	bookingsOfAddress = limits.Rate{Every: 3 * time.Minute, Burst: 20} // a whole company sits behind one
	bookingsOfSite    = limits.Rate{Every: 20 * time.Second, Burst: 200}
	actsOfRequest     = limits.Rate{Every: 4 * time.Second, Burst: 40}
)

// IsBooking tells the addresses that take attachments.
func IsBooking(method, uri string) bool {
	p, _, _ := strings.Cut(uri, "?")
	return method == fiber.MethodPost && (p == "/book" || p == "/requests")
}

// honeypot is a field that no person sees and programs fill.
const honeypot = "website"

// freshBooking is an empty form, for a day that was asked for.
func (a *App) freshBooking(c *fiber.Ctx) views.BookInput {
	in := views.BookInput{Type: "meeting", Secrecy: string(domain.SecrecyNormal), Room: c.Query("room")}
	if day, err := time.ParseInLocation("2006-01-02", c.Query("day"), a.Loc); err == nil {
		in.Start[0], in.End[0] = day.Add(9*time.Hour).Format(localLayout), day.Add(10*time.Hour).Format(localLayout)
	}
	return in
}

// Book is GET /book: the booking request, for anybody who has the address.
func (a *App) Book(c *fiber.Ctx) error {
	if err := a.limit(c, "passes:"+address(c), passesOfAddress, "error.slow_down"); err != nil {
		return err
	}
	return a.bookPage(c, a.freshBooking(c), nil, "")
}

// bookPage is the form, outside or within the house.
func (a *App) bookPage(c *fiber.Ctx, in views.BookInput, fields views.Errors, general string) error {
	ctx := c.UserContext()
	page := views.BookPage{Page: a.outside(c), In: in, Errors: fields, Error: general, Tap: rand.Text(), Staff: c.Path() != "/book"}
	var err error
	if page.Staff {
		if page.Page, err = a.page(c, "requests", "request.new"); err != nil {
			return err
		}
	}
	page.View = "book"
	page.Title = page.T(map[bool]string{true: "request.new", false: "book.title"}[page.Staff])
	site, err := a.Store.Site(ctx)
	if err != nil {
		return err
	}
	page.Site = site.Name
	page.ReplyBy = site.Hours().After(a.Store.Now(), site.ReplyMinutes, a.Loc)
	if page.Stamp, err = a.Store.FormStamp(ctx, a.Store.Now()); err != nil {
		return err
	}
	if old := c.FormValue("begun"); old != "" { // typed for a while already
		if age, ok, err := a.Store.FormAge(ctx, old); err == nil && ok && age < domain.FormMost {
			page.Stamp = old
		}
	}
	if page.Rooms, err = a.Store.Rooms(ctx); err != nil {
		return err
	}
	if (len(fields) > 0 || general != "") && c.Response().StatusCode() == fiber.StatusOK {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	err = show(c, fiber.Map{"rooms": page.Rooms, "begun": page.Stamp}, views.Book(page))
	noStore(c)
	return err
}

// SendBooking is POST /book.
func (a *App) SendBooking(c *fiber.Ctx) error {
	if err := a.limit(c, "passes:"+address(c), passesOfAddress, "error.slow_down"); err != nil {
		return err
	}
	act, err := a.act(c)
	if err != nil {
		return err
	}
	act.Person = nil // whoever of the house asks here, asks for himself
	in, r, files, err := a.bookInput(c)
	if err == nil {
		err = a.personTyped(c)
	}
	if err == nil {
		err = a.bookingLimits(c)
	}
	var made domain.Receipt
	if err == nil {
		made, err = a.makeRequest(c, act, r, files)
	}
	if err != nil {
		return a.bookRefused(c, in, made, err)
	}
	token, err := a.Store.Token(c.UserContext(), domain.Pass{Kind: domain.PassRequest, ID: made.Created})
	if err != nil {
		return err
	}
	to := "/r/" + token + "?done=made&lang=" + r.Locale
	if wantsJSON(c) {
		c.Status(fiber.StatusCreated)
		return c.JSON(fiber.Map{"link": a.base(c) + "/r/" + token})
	}
	return redirect(c, to)
}

// personTyped refuses what no person has typed: a hidden field that is filled, a form
// that nobody looked at. The sentence says what to do, for a person may be quick.
func (a *App) personTyped(c *fiber.Ctx) error {
	if c.FormValue(honeypot) != "" {
		return domain.InvalidField(honeypot, "book.leave_empty")
	}
	age, ok, err := a.Store.FormAge(c.UserContext(), c.FormValue("begun"))
	switch {
	case err != nil:
		return err
	case !ok || age > domain.FormMost || age < 0:
		return domain.Conflict("book.stale")
	case age < domain.FormLeast:
		return domain.Conflict("book.quick")
	}
	return nil
}

func (a *App) bookingLimits(c *fiber.Ctx) error {
	if err := a.limit(c, "bookings:"+address(c), bookingsOfAddress, "book.slow_down"); err != nil {
		return err
	}
	return a.limit(c, "bookings", bookingsOfSite, "book.slow_down")
}

// bookRefused shows the form again with all that was typed, or the answer as JSON.
func (a *App) bookRefused(c *fiber.Ctx, in views.BookInput, r domain.Receipt, err error) error {
	if wantsJSON(c) {
		if err == nil {
			c.Status(fiber.StatusCreated)
		}
		return a.reply(c, r, err)
	}
	refusal, ok := domain.AsError(err)
	if ok && refusal.Code == domain.CodeTooMany {
		c.Status(fiber.StatusTooManyRequests)
		return a.bookPage(c, in, nil, sentence(refusal, locale(c)))
	}
	fields, general, rest := fieldErrors(err, locale(c))
	if rest != nil {
		return err
	}
	ack(c)
	c.Status(statusOf[refusal.Code])
	return a.bookPage(c, in, fields, general)
}

// makeRequest stores the attachments, then the request; without it they go again.
func (a *App) makeRequest(c *fiber.Ctx, act domain.Act, r domain.Request, files []upload) (domain.Receipt, error) {
	ctx := c.UserContext()
	if act.Key == "" {
		act.Key = tapKey(c)
	}
	if err := r.Validate(a.Store.Now()); err != nil { // before anything is stored
		return domain.Receipt{}, err
	}
	drop := func() {
		for _, f := range r.Files {
			a.erase(ctx, f.File)
		}
	}
	for _, f := range files {
		name := photos.Attachment(store.NewID())
		if err := a.Photos.Put(ctx, name, f.body); err != nil {
			drop()
			return domain.Receipt{}, err
		}
		r.Files = append(r.Files, domain.RequestFile{Name: f.name, Kind: f.kind, Size: len(f.body), File: name})
	}
	made, err := a.Store.MakeRequest(ctx, act, r)
	if e, refused := domain.AsError(err); refused && settled(e) || err == nil && made.Repeated {
		drop()
	}
	if err == nil && a.Notify.Mails() {
		a.Notify.Posted()
	}
	return made, err
}

// upload is an attachment as it came.
type upload struct {
	name, kind string
	body       []byte
}

// uploads reads what was attached: few files, small ones, of few kinds.
func uploads(c *fiber.Ctx, bad *domain.Invalid) []upload {
	form, err := c.MultipartForm()
	if err != nil || form == nil {
		return nil
	}
	var list []upload
	total := 0
	for _, h := range form.File["files"] {
		if h.Filename == "" && h.Size == 0 { // nothing was chosen
			continue
		}
		body, err := readFile(h)
		total += len(body)
		name := fileName(h.Filename)
		u := upload{name: name, kind: photos.KindOf(name, body), body: body}
		switch {
		case err != nil || total > domain.RequestBytes || h.Size > domain.RequestBytes:
			bad.Add("files", "book.files_large", "mb", strconv.Itoa(domain.RequestBytes>>20))
			return nil
		case u.kind == "":
			bad.Add("files", "book.files_kind", "name", name)
			return nil
		}
		list = append(list, u)
	}
	if len(list) > domain.RequestFiles {
		bad.Add("files", "book.files_many", "max", strconv.Itoa(domain.RequestFiles))
		return nil
	}
	return list
}

func readFile(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, domain.RequestBytes+1))
}

// fileName is the last part of a name, without what a header or a folder would misread.
func fileName(name string) string {
	name = domain.Clean(path.Base(strings.ReplaceAll(name, `\`, "/")), false)
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"<>:|?*;/`, r) {
			return '_'
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 80 {
		ext := path.Ext(name)
		name = string(r[:60]) + ext[:min(len(ext), 10)]
	}
	return name
}

// bookInput reads the form: as typed, and as a request.
func (a *App) bookInput(c *fiber.Ctx) (views.BookInput, domain.Request, []upload, error) {
	in := views.BookInput{
		Purpose: c.FormValue("purpose"), Type: c.FormValue("type"), Organiser: c.FormValue("organiser"), Contact: c.FormValue("contact"), Phone: c.FormValue("phone"), Email: c.FormValue("email"),
		Heads: c.FormValue("heads"), Layout: c.FormValue("layout"), Room: c.FormValue("rooms"), Secrecy: c.FormValue("secrecy"), Notes: c.FormValue("notes"),
		Needs: formList(c, "needs"), Details: map[string]string{}, Website: c.FormValue(honeypot),
	}
	var bad domain.Invalid
	r := domain.Request{
		Purpose: in.Purpose, Type: in.Type, Organiser: in.Organiser, Contact: in.Contact, Phone: in.Phone, Email: in.Email, Locale: locale(c), Layout: domain.Layout(in.Layout), RoomID: in.Room,
		Secrecy: domain.Secrecy(in.Secrecy), Notes: in.Notes,
	}
	var err error
	if r.Heads, err = wholeNumber(in.Heads); err != nil {
		bad.Add("heads", "event.heads_range")
		r.Heads = 1 // said once
	}
	if in.Room != "" && !plainID(in.Room) {
		bad.Add("rooms", "field.choose")
	}
	for k := range domain.ChoicesMost {
		no := strconv.Itoa(k + 1)
		in.Start[k], in.End[k] = c.FormValue("start_"+no), c.FormValue("end_"+no)
		if domain.Clean(in.Start[k]+in.End[k], false) == "" {
			continue
		}
		choice := domain.RequestChoice{No: k + 1}
		choice.StartAt, _ = a.parseLocal(domain.Clean(in.Start[k], false)) // the zero time is refused by Validate
		choice.EndAt, _ = a.parseLocal(domain.Clean(in.End[k], false))
		r.Choices = append(r.Choices, choice)
	}
	for _, kind := range domain.RequestNeeds {
		in.Details[kind] = c.FormValue("detail_" + kind)
		if slices.Contains(in.Needs, kind) {
			r.Needs = append(r.Needs, domain.RequestNeed{Kind: kind, Detail: in.Details[kind]})
		}
	}
	files := uploads(c, &bad)
	if err := r.Validate(a.Store.Now()); err != nil {
		if refusal, ok := domain.AsError(err); ok {
			bad = append(bad, refusal.Fields...)
		}
	}
	return in, r, files, bad.Err()
}

// byLink is the request of the token in the address, and its event or nil.
func (a *App) byLink(c *fiber.Ctx) (*domain.Request, *domain.Event, error) {
	passPage(c, domain.PassRequest)
	if err := a.limit(c, "passes:"+address(c), passesOfAddress, "error.slow_down"); err != nil {
		return nil, nil, err
	}
	r, e, err := a.Store.RequestByPass(c.UserContext(), c.Params("token"))
	if errors.Is(err, domain.ErrNotFound) {
		return nil, nil, &domain.Error{Code: domain.CodeNotFound, Key: "links.unknown"}
	}
	return r, e, err
}

// linkLang is the language of an organiser's page: the one he chose now, else that in which he asked.
func linkLang(c *fiber.Ctx, r *domain.Request) string {
	if l := c.Query("lang"); slices.Contains(i18n.Locales, l) {
		return l
	}
	return r.Locale
}

// RequestLink is GET /r/{token}: how far it is, what is asked and offered, and later
// the plan, the hall and the record.
func (a *App) RequestLink(c *fiber.Ctx) error {
	r, e, err := a.byLink(c)
	if err != nil {
		return err
	}
	return a.linkPage(c, r, e, views.LinkInput{}, nil, "")
}

func (a *App) linkPage(c *fiber.Ctx, r *domain.Request, e *domain.Event, in views.LinkInput, fields views.Errors, general string) error {
	ctx := c.UserContext()
	page := views.LinkPage{Page: a.outside(c), Request: *r, Event: e, In: in, Errors: fields, Error: general, Token: c.Params("token"), Tap: rand.Text(), Staff: person(c) != nil}
	page.Locale, page.View = linkLang(c, r), "link"
	page.Title = page.T("link.title")
	if done := c.Query("done"); slices.Contains(linkActs, done) || done == "made" {
		page.Done = done
	}
	page.Missing = r.Outstanding(e)
	var err error
	if page.Rooms, err = a.roomsByID(ctx); err != nil {
		return err
	}
	if e != nil {
		if page.Names, err = a.peopleNames(ctx); err != nil {
			return err
		}
		page.PlanMark = r.PlanMarkOf(e)
		if r.MaySign(e) {
			if page.Record, err = a.record(c, e); err != nil {
				return err
			}
		}
	}
	answer := fiber.Map{"number": r.Number, "state": r.State, "reply_by": r.ReplyBy, "missing": page.Missing, "offers": r.OpenOffers(), "questions": r.Questions, "plan_mark": page.PlanMark}
	if isHTMX(c) {
		err = show(c, answer, views.LinkBody(page))
	} else {
		err = show(c, answer, views.Link(page))
	}
	noStore(c)
	return err
}

// record is what was done for an event, in figures.
func (a *App) record(c *fiber.Ctx, e *domain.Event) (*views.ServiceRecord, error) {
	items, err := a.Store.Items(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	counts, err := a.Store.GuestCounts(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	sum := domain.Sum(items, a.Store.Now())
	return &views.ServiceRecord{Done: sum.Settled, Total: sum.Total, Signed: counts.Signed, Guests: counts.Total}, nil
}

// What an organiser may do with his link, as its addresses end.
var linkActs = []string{"offer", "refusal", "answer", "need", "plan", "hall", "record", "withdrawal"}

// linkAct does one of them and shows the page again.
func (a *App) linkAct(c *fiber.Ctx, name string, do func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error)) error {
	r, e, err := a.byLink(c)
	if err != nil {
		return err
	}
	in := views.LinkInput{Form: name, ID: c.FormValue("id"), Name: c.FormValue("name"), Text: c.FormValue("text"), Satisfaction: c.FormValue("satisfaction")}
	act, err := a.act(c)
	if err != nil {
		return err
	}
	if act.Key == "" {
		act.Key = tapKey(c)
	}
	var receipt domain.Receipt
	if err = a.limit(c, "request:"+r.ID, actsOfRequest, "error.slow_down"); err == nil {
		receipt, err = do(act, c.Params("token"), &in)
	}
	if err == nil && a.Notify.Mails() {
		a.Notify.Posted()
	}
	if wantsJSON(c) {
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"done": name, "event": receipt.Created != ""})
	}
	if err == nil {
		return redirect(c, "/r/"+c.Params("token")+"?done="+name+"&lang="+url.QueryEscape(linkLang(c, r)))
	}
	refusal, ok := domain.AsError(err)
	if !ok {
		return err
	}
	fields, general, rest := fieldErrors(err, linkLang(c, r))
	if rest != nil && refusal.Code != domain.CodeTooMany {
		return err
	}
	if refusal.Code == domain.CodeTooMany {
		fields, general = nil, sentence(refusal, linkLang(c, r))
	}
	if r2, e2, err := a.Store.RequestByPass(c.UserContext(), c.Params("token")); err == nil { // as it stands after the refusal
		r, e = r2, e2
	}
	c.Status(statusOf[refusal.Code])
	return a.linkPage(c, r, e, in, fields, general)
}

// TakeOffer is POST /r/{token}/offer.
func (a *App) TakeOffer(c *fiber.Ctx) error {
	return a.linkAct(c, "offer", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.TakeOffer(c.UserContext(), act, token, in.ID, houseNotes)
	})
}

// RefuseOffers is POST /r/{token}/refusal.
func (a *App) RefuseOffers(c *fiber.Ctx) error {
	return a.linkAct(c, "refusal", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.RefuseOffers(c.UserContext(), act, token, in.Text)
	})
}

// AnswerQuestion is POST /r/{token}/answer.
func (a *App) AnswerQuestion(c *fiber.Ctx) error {
	return a.linkAct(c, "answer", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.AnswerQuestion(c.UserContext(), act, token, in.ID, in.Text)
	})
}

// CompleteNeed is POST /r/{token}/need.
func (a *App) CompleteNeed(c *fiber.Ctx) error {
	return a.linkAct(c, "need", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.CompleteNeed(c.UserContext(), act, token, in.ID, in.Text)
	})
}

// ConfirmPlan is POST /r/{token}/plan.
func (a *App) ConfirmPlan(c *fiber.Ctx) error {
	return a.linkAct(c, "plan", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.ConfirmPlan(c.UserContext(), act, token, in.ID, in.Name)
	})
}

// AcceptHall is POST /r/{token}/hall.
func (a *App) AcceptHall(c *fiber.Ctx) error {
	return a.linkAct(c, "hall", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.AcceptHall(c.UserContext(), act, token, in.Name, in.Text)
	})
}

// SignRecord is POST /r/{token}/record.
func (a *App) SignRecord(c *fiber.Ctx) error {
	return a.linkAct(c, "record", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		n, _ := strconv.Atoi(in.Satisfaction) // what is none was not chosen
		return a.Store.SignRecord(c.UserContext(), act, token, in.Name, n, in.Text)
	})
}

// WithdrawRequest is POST /r/{token}/withdrawal.
func (a *App) WithdrawRequest(c *fiber.Ctx) error {
	return a.linkAct(c, "withdrawal", func(act domain.Act, token string, in *views.LinkInput) (domain.Receipt, error) {
		return a.Store.WithdrawRequest(c.UserContext(), act, token, in.Text)
	})
}

// LinkFile is GET /r/{token}/files/{file}.
func (a *App) LinkFile(c *fiber.Ctx) error {
	r, _, err := a.byLink(c)
	if err != nil {
		return err
	}
	return a.sendFile(c, r.ID)
}
