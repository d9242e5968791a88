package web

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// listDays is how many days GET /events shows from its first day on.
const listDays = 14

// Events is GET /events: what is coming, day by day.
func (a *App) Events(c *fiber.Ctx) error {
	p, err := a.page(c, "events", "events.title")
	if err != nil {
		return err
	}
	from, past, err := a.firstDay(c)
	if err != nil {
		return err
	}
	to := from.In(a.Loc).AddDate(0, 0, listDays).UTC()
	heads, events, err := a.myEvents(c, from, to)
	if err != nil {
		return err
	}
	page := views.EventsPage{Page: p, From: from, To: to, Past: past}
	topics := []domain.Topic{domain.TopicBoard} // those that come, and those beyond what one socket may ask for
	for k := range events {
		if !events[k].Status.Over() && len(topics) < maxTopics-1 { // one is the person's own
			topics = append(topics, domain.EventTopic(events[k].ID))
		}
		day, _ := a.Store.Day(events[k].StartAt)
		if n := len(page.Days); n == 0 || !page.Days[n-1].Day.Equal(day) {
			page.Days = append(page.Days, views.EventDay{Day: day})
		}
		d := &page.Days[len(page.Days)-1]
		d.Events = append(d.Events, eventLine(&events[k], heads))
	}
	if p.Person.Can(domain.RightCreate) {
		page.Caps = append(page.Caps, "can-create")
	}
	watch(&page.Page, ViewEvents, heads, topics...)
	return show(c, fiber.Map{"from": from, "to": to, "days": page.Days}, views.Events(page))
}

// firstDay is the day that a list of events begins with: the one asked for, else today.
func (a *App) firstDay(c *fiber.Ctx) (from time.Time, past bool, err error) {
	from, _ = a.Store.Today()
	if q := c.Query("from"); q != "" {
		day, err := time.ParseInLocation("2006-01-02", q, a.Loc)
		if err != nil || day.Year() < 2000 || day.Year() > 2200 {
			return from, false, domain.ErrNotFound
		}
		past = day.Before(from)
		from = day.UTC()
	}
	return from, past, nil
}

// Event is GET /events/{id}.
func (a *App) Event(c *fiber.Ctx) error {
	e, v := event(c)
	ctx := c.UserContext()
	b, err := a.eventBoard(ctx, e)
	if err != nil {
		return err
	}
	assigned, err := a.assigned(c, e)
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "event.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewEvent, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	page := views.EventPage{
		Page: p, Event: *e, Progress: domain.Sum(b.items, p.Now), People: assigned,
		SeeGuests: v.Can(domain.RightGuestsSee, e.Secrecy), SeeBoard: v.Can(domain.RightEventBoard, e.Secrecy),
	}
	if page.Feed, err = a.crewFeed(ctx, e.ID); err != nil {
		return err
	}
	if page.Functions, page.Agenda, err = a.programme(c, e); err != nil {
		return err
	}
	if page.Changes, err = a.Store.Bulletins(ctx, e.ID, domain.BulletinChange); err != nil {
		return err
	}
	if len(page.Changes) > 0 { // they name rooms
		if page.Rooms, err = a.roomsByID(ctx); err != nil {
			return err
		}
	}
	if page.Milestones, err = a.Store.Milestones(ctx, e.ID); err != nil {
		return err
	}
	if page.SeeGuests {
		page.Counts = b.counts
	}
	if page.Request, err = a.Store.RequestOf(ctx, person(c), e.ID); err != nil {
		return err
	}
	if v.Can(domain.RightEventEdit, e.Secrecy) && !e.Status.Over() {
		from, to := e.Spans(p.Now)
		if page.Collisions, err = a.Store.Collisions(ctx, from, to, e.ID); err != nil {
			return err
		}
		if page.Short, err = a.Store.Shortages(ctx, from, to, e.ID); err != nil {
			return err
		}
	}
	if v.Can(domain.RightEventRun, e.Secrecy) {
		if page.Drill, err = a.Store.LastDrill(ctx, e.ID); err != nil {
			return err
		}
		if page.NewestTemplate, err = a.Store.NewestTemplate(ctx); err != nil {
			return err
		}
	}
	return show(c, fiber.Map{"event": e, "seq": lookOf(c)[domain.EventTopic(e.ID)], "progress": page.Progress, "people": assigned}, views.Event(page))
}

// crewFeed is the feed of the event's own page, without guests.
func (a *App) crewFeed(ctx context.Context, eventID string) ([]domain.Change, error) {
	feed, err := a.feed(ctx, eventID)
	return withoutGuests(feed), err
}

// withoutGuests leaves guests out of a feed that every crew may read: their
// names are for those who meet them.
func withoutGuests(feed []domain.Change) []domain.Change {
	var list []domain.Change
	for _, c := range feed {
		if !domain.NamesPeople(c.Subject) {
			list = append(list, c)
		}
	}
	return list
}

func (a *App) assigned(c *fiber.Ctx, e *domain.Event) ([]views.AssignedPerson, error) {
	list, err := a.Store.Assignments(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	people, err := a.Store.People(c.UserContext())
	return assignedTo(e, list, people), err
}

// assignedTo is who of the lists is on the event: its commander first, then crew by crew.
func assignedTo(e *domain.Event, list []domain.Assignment, people []domain.Person) []views.AssignedPerson {
	byID := map[string]domain.Person{}
	for _, p := range people {
		byID[p.ID] = p
	}
	var out []views.AssignedPerson
	if p, ok := byID[e.CommanderID]; ok {
		out = append(out, views.AssignedPerson{Person: p, EventCrew: domain.CrewCMD, Commander: true})
	}
	for _, k := range domain.Crews {
		for _, as := range list {
			if as.EventID == e.ID && as.Crew == k && as.PersonID != e.CommanderID {
				out = append(out, views.AssignedPerson{Person: byID[as.PersonID], EventCrew: as.Crew, Post: as.Post})
			}
		}
	}
	return out
}

// logRows is how much of the log one page holds.
const logRows = 200

// EventLog is GET /events/{id}/log: who did what when, complete.
func (a *App) EventLog(c *fiber.Ctx) error {
	e, v := event(c)
	below, _ := strconv.ParseInt(c.Query("below"), 10, 64)
	rows, err := a.Store.Log(c.UserContext(), domain.EventTopic(e.ID), max(below, 0), logRows)
	if err != nil {
		return err
	}
	p, err := a.page(c, "events", "log.title", "event", e.Name)
	if err != nil {
		return err
	}
	more := len(rows) == logRows
	rows = domain.WholeActs(rows, logRows)
	below = 0
	if more {
		below = rows[len(rows)-1].Seq
	}
	if !v.Can(domain.RightGuestsSee, e.Secrecy) {
		rows = withoutGuests(rows)
	} else if err := a.need(c, &p, domain.LookLog); err != nil {
		return err
	} else if p.Naming != "" && p.Naming != views.NamesShown {
		rows = withoutGuests(rows)
	}
	return show(c, fiber.Map{"log": rows}, views.EventLog(views.EventLogPage{Page: p, Event: *e, Log: rows, Below: below}))
}

// NewEvent is GET /events/new.
func (a *App) NewEvent(c *fiber.Ctx) error {
	in := views.EventInput{Type: "meeting", Level: "4", Secrecy: string(domain.SecrecyNormal)}
	if day, err := time.ParseInLocation("2006-01-02", c.Query("day"), a.Loc); err == nil {
		in.StartAt, in.EndAt = day.Add(9*time.Hour).Format(localLayout), day.Add(10*time.Hour).Format(localLayout)
	}
	for _, q := range []struct {
		name string
		to   *string
	}{{"start", &in.StartAt}, {"end", &in.EndAt}} { // of a free time in the calendar
		if t, err := a.parseLocal(c.Query(q.name)); err == nil {
			*q.to = t.In(a.Loc).Format(localLayout)
		}
	}
	if room := c.Query("room"); plainID(room) {
		in.Rooms = []string{room}
	}
	if n, err := wholeNumber(c.Query("heads")); err == nil && n > 0 {
		in.Heads = strconv.Itoa(n)
	}
	return a.eventForm(c, views.EventForm{In: in})
}

// EditEvent is GET /events/{id}/edit.
func (a *App) EditEvent(c *fiber.Ctx) error {
	e, _ := event(c)
	form, err := a.openForm(c.UserContext(), e)
	if err != nil {
		return err
	}
	return a.eventForm(c, form)
}

// openForm is the form of an event as it is.
func (a *App) openForm(ctx context.Context, e *domain.Event) (views.EventForm, error) {
	list, err := a.Store.Assignments(ctx, e.ID)
	if err != nil {
		return views.EventForm{}, err
	}
	in := a.eventInput(e)
	for _, as := range list {
		in.People = append(in.People, as.PersonID)
	}
	opened, err := json.Marshal(in)
	return views.EventForm{ID: e.ID, In: in, Status: e.Status, Seq: e.Seq, Opened: string(opened)}, err
}

// eventForm shows the form, with what it still lacks and the level that the rules suggest.
func (a *App) eventForm(c *fiber.Ctx, form views.EventForm) error {
	title := "event_form.new_title"
	if form.ID != "" {
		title = "event_form.edit_title"
	}
	p, err := a.page(c, "events", title)
	if err != nil {
		return err
	}
	p.View = "event-form"
	rooms, err := a.Store.Rooms(c.UserContext())
	if err != nil {
		return err
	}
	people, err := a.Store.People(c.UserContext())
	if err != nil {
		return err
	}
	lifts, err := a.Store.Lifts(c.UserContext())
	if err != nil {
		return err
	}
	var active []domain.Person
	for _, x := range people {
		if !x.Disabled && x.Role != domain.RoleBoard {
			active = append(active, x)
		}
	}
	if len(form.Errors) > 0 || form.Error != "" || len(form.Clashes) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	typed, _ := a.typedEvent(form.In) // what cannot be read is empty here
	for _, id := range form.In.Rooms {
		typed.Rooms = append(typed.Rooms, domain.Room{ID: id})
	}
	form.Missing = typed.Missing()
	if form.Suggestion, err = a.suggestion(c, &typed); err != nil {
		return err
	}
	form.Page, form.Rooms, form.Lifts, form.People, form.Keys = p, rooms, lifts, active, peopleKeys(active)
	if form.Errors["rooms"] != "" {
		if form.Alternatives, err = a.roomAlternatives(c, form.ID, &form.In); err != nil {
			return err
		}
	}
	return render(c, views.EventFormView(form))
}

const localLayout = "2006-01-02T15:04"

func (a *App) eventInput(e *domain.Event) views.EventInput {
	local := func(t *time.Time) string {
		if t == nil || t.IsZero() {
			return ""
		}
		return t.In(a.Loc).Format(localLayout)
	}
	on := func(b bool) string {
		if b {
			return "on"
		}
		return ""
	}
	in := views.EventInput{
		Name: e.Name, Type: e.Type, Organiser: e.Organiser, Contact: e.Contact, ContactPhone: e.ContactPhone, PrincipalGuest: e.PrincipalGuest,
		Notes: e.Notes, Level: strconv.Itoa(e.Level), LevelReason: e.LevelReason, Secrecy: string(e.Secrecy), Heads: strconv.Itoa(e.Heads),
		ArrivalAt: local(e.ArrivalAt), StartAt: local(&e.StartAt), EndAt: local(&e.EndAt), BreakAt: local(e.BreakAt), Commander: e.CommanderID,
		Photo: on(e.Photo), Recording: on(e.Recording), NoBuffer: on(e.NoBuffer),
		Undertaker: e.Undertaker, Purpose: e.Purpose, Needs: e.Needs, Wishes: e.Wishes, PrincipalTitle: e.PrincipalTitle,
		GuestRank: string(e.GuestRank), HostRank: string(e.HostRank), GuestHeads: figure(e.GuestHeads), EscortHeads: figure(e.EscortHeads),
		ExpenseClass: figure(e.ExpenseClass), Layout: string(e.Layout), TeaWish: e.TeaWish, WelcomeText: e.WelcomeText, Banner: e.Banner,
		Flowers: e.Flowers, SeatWish: e.SeatWish, PhotoWish: e.PhotoWish, Supplies: e.Supplies, LiftID: e.LiftID,
	}
	if e.TeaMinutes > 0 {
		in.TeaMinutes = strconv.Itoa(e.TeaMinutes)
	}
	for _, r := range e.Rooms {
		in.Rooms = append(in.Rooms, r.ID)
	}
	return in
}

// eventDraft reads the form: what cannot be read is a field error, the rest is
// judged by the store.
func (a *App) eventDraft(c *fiber.Ctx) (views.EventInput, store.EventDraft, error) {
	var in views.EventInput
	if err := c.BodyParser(&in); err != nil {
		return in, store.EventDraft{}, &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
	}
	if in.Rooms == nil {
		in.Rooms = formList(c, "rooms")
	}
	if in.People == nil {
		in.People = formList(c, "people")
	}
	choose(c, &in)
	e, bad := a.typedEvent(in)
	e.ID = c.FormValue("id")
	if e.ID != "" && !plainID(e.ID) {
		bad.Add("id", "error.bad_key")
	}
	for _, x := range []struct {
		field string
		ids   []string
	}{{"commander_id", []string{in.Commander}}, {"lift_id", []string{in.LiftID}}, {"rooms", in.Rooms}, {"people", in.People}} {
		if slices.ContainsFunc(x.ids, func(id string) bool { return id != "" && !plainID(id) }) {
			bad.Add(x.field, "field.choose")
		}
	}
	d := store.EventDraft{Event: e, Rooms: in.Rooms}
	for _, id := range in.People {
		d.People = append(d.People, domain.Assignment{PersonID: id})
	}
	if err := bad.Err(); err != nil {
		// Show the other wrong fields in the same answer.
		refusal, _ := domain.AsError(err)
		if other, ok := domain.AsError(e.Validate()); ok {
			refusal.Fields = append(refusal.Fields, other.Fields...)
		}
		return in, d, refusal
	}
	var err error
	d.Opened, err = a.openedForm(c)
	return in, d, err
}

// openedForm is what the form said when it was opened; nil where it does not tell.
func (a *App) openedForm(c *fiber.Ctx) (*store.Opened, error) {
	text := c.FormValue("opened")
	if text == "" {
		return nil, nil
	}
	var in views.EventInput
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, errBadRequest
	}
	seq, err := strconv.ParseInt(c.FormValue("seq"), 10, 64)
	if err != nil {
		return nil, errBadRequest
	}
	e, _ := a.typedEvent(in)
	o := &store.Opened{Event: e, People: in.People, Seq: seq}
	for _, id := range in.Rooms {
		o.Event.Rooms = append(o.Event.Rooms, domain.Room{ID: id})
	}
	return o, nil
}

// typedEvent reads what was typed; bad says what could not be read.
func (a *App) typedEvent(in views.EventInput) (e domain.Event, bad domain.Invalid) {
	number := func(field, s, key string) int {
		n, err := wholeNumber(s)
		if err != nil {
			bad.Add(field, key)
		}
		return n
	}
	moment := func(field, s string) *time.Time {
		s = domain.Clean(s, false)
		if s == "" {
			return nil
		}
		t, err := a.parseLocal(s)
		if err != nil {
			bad.Add(field, timeKey(err))
			return nil
		}
		return &t
	}
	e = domain.Event{
		Name: in.Name, Type: in.Type, Organiser: in.Organiser, Contact: in.Contact, ContactPhone: in.ContactPhone,
		PrincipalGuest: in.PrincipalGuest, Notes: in.Notes, Level: number("level", in.Level, "event.level_range"), LevelReason: in.LevelReason,
		Secrecy: domain.Secrecy(in.Secrecy), Heads: number("heads", in.Heads, "event.heads_range"),
		ArrivalAt: moment("arrival_at", in.ArrivalAt), BreakAt: moment("break_at", in.BreakAt), CommanderID: in.Commander,
		Photo: in.Photo != "", Recording: in.Recording != "", NoBuffer: in.NoBuffer != "", TeaMinutes: number("tea_minutes", in.TeaMinutes, "event.tea_range"),
		Register: domain.Register{
			Undertaker: in.Undertaker, Purpose: in.Purpose, Needs: in.Needs, Wishes: in.Wishes, PrincipalTitle: in.PrincipalTitle,
			GuestRank: domain.GuestRank(in.GuestRank), HostRank: domain.HostRank(in.HostRank),
			GuestHeads: number("guest_heads", in.GuestHeads, "event.heads_range"), EscortHeads: number("escort_heads", in.EscortHeads, "event.heads_range"),
			ExpenseClass: number("expense_class", in.ExpenseClass, "field.choose"), Layout: domain.Layout(in.Layout), TeaWish: in.TeaWish,
			WelcomeText: in.WelcomeText, Banner: in.Banner, Flowers: in.Flowers, SeatWish: in.SeatWish, PhotoWish: in.PhotoWish, Supplies: in.Supplies, LiftID: in.LiftID,
		},
	}
	for _, m := range []struct {
		field, text string
		to          *time.Time
	}{{"start_at", in.StartAt, &e.StartAt}, {"end_at", in.EndAt, &e.EndAt}} {
		if t := moment(m.field, m.text); t != nil {
			*m.to = *t
		}
	}
	return e, bad
}

// CreateEvent is POST /events; UpdateEvent is PUT /events/{id}.
func (a *App) CreateEvent(c *fiber.Ctx) error {
	return a.saveEvent(c, nil, func(act domain.Act, d store.EventDraft) (domain.Receipt, error) {
		return a.Store.CreateEvent(c.UserContext(), act, d)
	})
}

// UpdateEvent is PUT /events/{id}.
func (a *App) UpdateEvent(c *fiber.Ctx) error {
	e, _ := event(c)
	before, err := a.Store.Assignments(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	return a.saveEvent(c, e, func(act domain.Act, d store.EventDraft) (domain.Receipt, error) {
		r, err := a.Store.UpdateEvent(c.UserContext(), act, e.ID, d)
		if err == nil {
			a.letGo(before, d.People)
		}
		return r, err
	})
}

// letGo closes the sockets of those who are no longer on an event: their pages
// ask at once what they may still see.
func (a *App) letGo(before, after []domain.Assignment) {
	for _, was := range before {
		if !slices.ContainsFunc(after, func(is domain.Assignment) bool { return is.PersonID == was.PersonID }) {
			a.Hub.ClosePerson(was.PersonID)
		}
	}
}

// saveEvent answers a form of an event, nil: a new one. Where somebody else changed
// the same field, the rest is saved and the form asks which value is right.
func (a *App) saveEvent(c *fiber.Ctx, e *domain.Event, save func(domain.Act, store.EventDraft) (domain.Receipt, error)) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	in, d, err := a.eventDraft(c)
	var r domain.Receipt
	if err == nil {
		r, err = save(act, d)
	}
	if fields, general, rest := fieldErrors(err, locale(c)); err != nil && rest == nil && !wantsJSON(c) {
		ack(c)
		form := views.EventForm{In: in, Errors: fields, Error: general, Opened: c.FormValue("opened")}
		if e != nil {
			form.ID, form.Status = e.ID, e.Status
			form.Seq, _ = strconv.ParseInt(c.FormValue("seq"), 10, 64)
		}
		return a.eventForm(c, form)
	}
	if err != nil || wantsJSON(c) {
		if r.Created != "" {
			c.Status(fiber.StatusCreated)
		}
		return a.reply(c, r, err)
	}
	if len(r.Clashes) > 0 {
		ack(c)
		return a.clashForm(c, e.ID, in, r.Clashes)
	}
	id := r.Created
	if id == "" {
		id = e.ID
	}
	return redirect(c, "/events/"+id)
}

// wholeNumber reads a figure that was typed; nothing typed is 0.
func wholeNumber(s string) (int, error) {
	if s = domain.Clean(s, false); s == "" {
		return 0, nil
	}
	return strconv.Atoi(s)
}

// ack names the key of an act that is settled: the client may forget it.
func ack(c *fiber.Ctx) {
	if key := c.Get("Idempotency-Key"); key != "" {
		c.Set(ackHeader, key)
	}
}

// ackHeader names the key of the act that is settled.
const ackHeader = "X-Ack"

// redirect leads on after a form: by header for htmx, else the ordinary way.
func redirect(c *fiber.Ctx, to string) error {
	ack(c)
	if isHTMX(c) {
		c.Set("HX-Redirect", to)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// SetStatus is PUT /events/{id}/status.
func (a *App) SetStatus(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SetStatus(c.UserContext(), act, id, domain.EventStatus(c.FormValue("status")), c.FormValue("reason"))
	})
}

// DeclareReady is PUT /events/{id}/readiness.
func (a *App) DeclareReady(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeclareReady(c.UserContext(), act, id)
	})
}

// WithdrawReady is DELETE /events/{id}/readiness.
func (a *App) WithdrawReady(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.WithdrawReady(c.UserContext(), act, id)
	})
}
