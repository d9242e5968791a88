package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/sheet"
	"huiwu/server/store"
	"huiwu/views"
)

// eventLimits are those of a workbook of events: each is checked against all bookings.
var eventLimits = func() sheet.Limits {
	l := sheet.Usual
	l.Rows = 300
	return l
}()

// eventSheetKeys are the columns of a workbook of events: the fields of the form, in its
// order.
var eventSheetKeys = []string{
	"name", "type", "level", "start_at", "end_at", "rooms", "heads", "organiser", "undertaker", "contact", "contact_phone", "expense_class", "level_reason", "secrecy", "commander_id",
	"arrival_at", "break_at", "no_buffer", "layout", "lift_id", "principal_guest", "principal_title", "guest_rank", "host_rank", "guest_heads", "escort_heads", "purpose", "needs", "wishes",
	"photo", "recording", "tea_minutes", "tea_wish", "welcome_text", "banner", "flowers", "seat_wish", "photo_wish", "supplies", "notes", "people",
}

func eventChoices(key string) []sheet.Choice {
	switch key {
	case "type":
		return choices(domain.EventTypes, prefixed("type."))
	case "level":
		return choices(domain.Levels, prefixed("level."))
	case "secrecy":
		return choices(texts(domain.Secrecies), prefixed("secrecy."))
	case "expense_class":
		return choices([]string{"1", "2", "3", "4"}, prefixed("expense_class."))
	case "layout":
		return choices(texts(domain.Layouts), prefixed("layout."))
	case "guest_rank":
		return choices(texts(domain.GuestRanks), prefixed("guest_rank."))
	case "host_rank":
		return choices(texts(domain.HostRanks), prefixed("host_rank."))
	case "photo", "recording", "no_buffer":
		return yesOrNo()
	}
	return nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for k := range list {
		out[k] = string(list[k])
	}
	return out
}

// eventHeading is what a column is called: as the form calls its field.
func eventHeading(l, key string) string {
	if key == "people" {
		return i18n.T(l, "event_form.people") // the register calls those people crews, and says more of them
	}
	return views.RegisterName(views.Ctx{Locale: l}, key)
}

// eventNote says what belongs under a heading.
func eventNote(l, key string, rooms []domain.Room) string {
	if strings.HasSuffix(key, "_at") {
		return strings.TrimSpace(i18n.T(l, "workbook.event_note_time") + " " + hintOf(l, key))
	}
	switch key {
	case "name", "rooms", "secrecy", "commander_id", "people", "no_buffer":
		note := i18n.T(l, "workbook.event_note_"+key)
		if key == "rooms" {
			for k := range rooms {
				note += "\n" + domain.InLocale(l, rooms[k].Name, rooms[k].NameEn)
			}
		}
		return note
	}
	for _, t := range domain.EventTexts {
		if t.Field == key {
			return strings.TrimSpace(i18n.T(l, "workbook.most", "max", strconv.Itoa(t.Most)) + " " + hintOf(l, key))
		}
	}
	return hintOf(l, key)
}

// hintOf is what the form says below the field.
func hintOf(l, key string) string {
	switch key {
	case "arrival_at", "break_at", "level_reason", "undertaker", "heads", "supplies":
		return i18n.T(l, "event_form."+key+"_hint")
	case "tea_minutes":
		return i18n.T(l, "event_form.tea_hint")
	}
	return ""
}

func eventColumns(l string, rooms []domain.Room) []sheet.Column {
	examples := map[string]string{
		"name": "茶艺交流", "type": i18n.T(l, "type.meeting"), "level": i18n.T(l, "level.4"), "start_at": "2026-03-16 09:00", "end_at": "2026-03-16 11:30", "heads": "20", "organiser": "云雀研究院", "contact": "画眉",
		"contact_phone": "13700005678", "secrecy": i18n.T(l, "secrecy.normal"), "commander_id": "commander",
	}
	if len(rooms) > 0 {
		examples["rooms"] = domain.InLocale(l, rooms[0].Name, rooms[0].NameEn)
	}
	wide := map[string]float64{"name": 28, "rooms": 20, "start_at": 18, "end_at": 18, "arrival_at": 18, "break_at": 18, "purpose": 28, "needs": 28, "wishes": 28, "notes": 36}
	list := make([]sheet.Column, 0, len(eventSheetKeys))
	for _, key := range eventSheetKeys {
		list = append(list, sheet.Column{
			Key: key, Zh: eventHeading("zh", key), En: eventHeading("en", key), Note: eventNote(l, key, rooms), Example: examples[key], Width: wide[key],
			Values: choiceNames(eventChoices(key), l), Required: slices.Contains([]string{"name", "type", "level", "start_at", "end_at"}, key),
			Figures: slices.Contains([]string{"heads", "guest_heads", "escort_heads", "tea_minutes"}, key),
		})
	}
	return list
}

// readColumns are those that a workbook of events may have: what the register says besides
// is known and passed over, but for the number, which says that an event is there.
func readColumns() []sheet.Column {
	list := eventColumns("zh", nil)
	for _, key := range registerKeys {
		if key == "people" || !slices.Contains(eventSheetKeys, key) {
			v := sheet.Column{Key: "register_" + key, Zh: views.RegisterName(views.Ctx{Locale: "zh"}, key), En: views.RegisterName(views.Ctx{Locale: "en"}, key), Skip: key != "number"}
			if key == "number" {
				v.Key = key
			}
			list = append(list, v)
		}
	}
	return list
}

// EventForm is GET /events/import/form: a workbook to fill in.
func (a *App) EventForm(c *fiber.Ctx) error {
	rooms, err := a.Store.Rooms(c.UserContext())
	if err != nil {
		return err
	}
	l := locale(c)
	return sendSheet(c, i18n.T(l, "workbook.events_form"), sheet.Page{Name: i18n.T(l, "events.title"), Locale: l, Columns: eventColumns(l, rooms), Notes: i18n.T(l, "workbook.notes"), Blank: 100})
}

// eventBook is what was read of a workbook of events, and where it stood.
type eventBook struct {
	Sheet   string            `json:"sheet"`
	Columns map[string]string `json:"columns"` // letters of the columns, by key
	Rows    []sheetEvent      `json:"rows"`
}

type sheetEvent struct {
	N      int          `json:"n"` // in the sheet
	Event  domain.Event `json:"event"`
	Rooms  []string     `json:"room_ids"`
	People []string     `json:"people"`
}

// drafts are the events as the store takes them.
func (b *eventBook) drafts() []store.EventDraft {
	list := make([]store.EventDraft, len(b.Rows))
	for k := range b.Rows {
		list[k] = store.EventDraft{Event: b.Rows[k].Event, Rooms: b.Rows[k].Rooms}
		for _, id := range b.Rows[k].People {
			list[k].People = append(list[k].People, domain.Assignment{PersonID: id})
		}
	}
	return list
}

// at puts the sentences of the store, which names rows by their place in the list, at the
// cells of the workbook.
func (b *eventBook) at(err error) error {
	e, ok := domain.AsError(err)
	if !ok {
		return err
	}
	row := func(place int) int {
		if place < 1 || place > len(b.Rows) {
			return 1
		}
		return b.Rows[place-1].N
	}
	out := *e
	out.Fields = nil
	for _, f := range e.Fields {
		args := domain.Args{"sheet": b.Sheet}
		for name, v := range f.Args {
			args[name] = v
		}
		if place, err := strconv.Atoi(args["row"]); err == nil {
			args["row"] = strconv.Itoa(row(place))
		}
		if f.Line > 0 {
			args["cell"] = cellAt(b.Columns[f.Field], row(f.Line))
		}
		f.Args = args
		out.Fields = append(out.Fields, f)
	}
	return &out
}

// eventReader reads rows of a workbook of events: rooms and people by what they are called.
type eventReader struct {
	loc    *time.Location
	rooms  []domain.Room
	lifts  []domain.Lift
	people []domain.Person // who can be assigned
	given  func(numbers []string) (map[string]bool, error)
}

func (a *App) eventReader(c *fiber.Ctx) (r eventReader, err error) {
	r.loc = a.Loc
	r.given = func(numbers []string) (map[string]bool, error) { return a.Store.GivenNumbers(c.UserContext(), numbers) }
	if r.rooms, err = a.Store.Rooms(c.UserContext()); err != nil {
		return r, err
	}
	if r.lifts, err = a.Store.Lifts(c.UserContext()); err != nil {
		return r, err
	}
	people, err := a.Store.People(c.UserContext())
	for _, p := range people {
		if !p.Disabled && p.Role != domain.RoleBoard {
			r.people = append(r.people, p)
		}
	}
	return r, err
}

// read reads a workbook of events: a sentence for every wrong cell.
func (x *eventReader) read(body []byte) (b eventBook, n int, err error) {
	t, err := sheet.Read(body, readColumns(), eventLimits)
	if err != nil {
		return b, 0, err
	}
	var numbers []string
	for _, r := range t.Rows {
		if n := domain.Clean(r.Text("number"), false); n != "" {
			numbers = append(numbers, n)
		}
	}
	given, err := x.given(numbers)
	if err != nil {
		return b, 0, err
	}
	b.Sheet, b.Columns = t.Sheet, map[string]string{}
	for _, r := range t.Rows {
		for _, key := range t.Keys {
			b.Columns[key] = columnOf(r.At(key))
		}
		if n := domain.Clean(r.Text("number"), false); given[n] { // whatever else is wrong with it
			r.Fail("number", "event.number_known", "number", n)
			continue
		}
		line := sheetEvent{N: r.N, Event: x.event(r), Rooms: x.roomsOf(r), People: x.peopleOf(r)}
		failFields(r, line.Event.Validate())
		b.Rows = append(b.Rows, line)
	}
	return b, len(b.Rows), t.Err()
}

func (x *eventReader) event(r *sheet.Row) domain.Event {
	choose := func(key string) string { return r.Choice(key, eventChoices(key)) }
	figureOf := func(key string) int {
		n, _ := strconv.Atoi(choose(key)) // what is none was noted
		return n
	}
	e := domain.Event{
		Number: domain.Clean(r.Text("number"), false), Name: r.Text("name"), Type: choose("type"), Organiser: r.Text("organiser"), Contact: r.Text("contact"), ContactPhone: r.Text("contact_phone"),
		PrincipalGuest: r.Text("principal_guest"), Notes: r.Text("notes"), Level: figureOf("level"), LevelReason: r.Text("level_reason"), Secrecy: domain.Secrecy(choose("secrecy")), Heads: r.Number("heads"),
		ArrivalAt: r.Moment("arrival_at", x.loc), BreakAt: r.Moment("break_at", x.loc), CommanderID: x.commander(r),
		Photo: choose("photo") == "yes", Recording: choose("recording") == "yes", NoBuffer: choose("no_buffer") == "yes", TeaMinutes: r.Number("tea_minutes"),
		Register: domain.Register{
			Undertaker: r.Text("undertaker"), Purpose: r.Text("purpose"), Needs: r.Text("needs"), Wishes: r.Text("wishes"), PrincipalTitle: r.Text("principal_title"),
			GuestRank: domain.GuestRank(choose("guest_rank")), HostRank: domain.HostRank(choose("host_rank")), GuestHeads: r.Number("guest_heads"), EscortHeads: r.Number("escort_heads"),
			ExpenseClass: figureOf("expense_class"), Layout: domain.Layout(choose("layout")), TeaWish: r.Text("tea_wish"), WelcomeText: r.Text("welcome_text"), Banner: r.Text("banner"),
			Flowers: r.Text("flowers"), SeatWish: r.Text("seat_wish"), PhotoWish: r.Text("photo_wish"), Supplies: r.Text("supplies"), LiftID: x.lift(r),
		},
	}
	if t := r.Moment("start_at", x.loc); t != nil {
		e.StartAt = *t
	}
	if t := r.Moment("end_at", x.loc); t != nil {
		e.EndAt = *t
	}
	if e.Secrecy == "" { // as the form begins
		e.Secrecy = domain.SecrecyNormal
	}
	if e.Undertaker == e.Organiser { // so the register says it where nobody else does
		e.Undertaker = ""
	}
	return e
}

// lift is the one of a row, by its name.
func (x *eventReader) lift(r *sheet.Row) string {
	name := r.Text("lift_id")
	if name == "" {
		return ""
	}
	if l := oneOf(r, "lift_id", "workbook.lift_unknown", name, x.lifts, func(l *domain.Lift) bool { return strings.EqualFold(l.Name, name) }); l != nil {
		return l.ID
	}
	return ""
}

// namesIn are the names in one cell.
func namesIn(s string) []string {
	var list []string
	for name := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune("、，,；;\n", c) }) {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// oneOf is the only one of a list that goes by a name; anything else is noted at the cell.
func oneOf[T any](r *sheet.Row, key, unknown, name string, list []T, is func(*T) bool) *T {
	var found *T
	for k := range list {
		if is(&list[k]) {
			if found != nil {
				r.Fail(key, "workbook.several", "value", name)
				return nil
			}
			found = &list[k]
		}
	}
	if found == nil {
		r.Fail(key, unknown, "value", name)
	}
	return found
}

// roomsOf are the rooms of a row, by either name.
func (x *eventReader) roomsOf(r *sheet.Row) []string {
	names := namesIn(r.Text("rooms"))
	if whole := r.Text("rooms"); slices.ContainsFunc(x.rooms, func(o domain.Room) bool { return o.Name == whole || o.NameEn == whole }) {
		names = []string{whole}
	}
	var ids []string
	for _, name := range names {
		is := func(o *domain.Room) bool { return strings.EqualFold(o.NameEn, name) }
		if slices.ContainsFunc(x.rooms, func(o domain.Room) bool { return o.Name == name }) { // which is one's own
			is = func(o *domain.Room) bool { return o.Name == name }
		}
		if o := oneOf(r, "rooms", "workbook.room_unknown", name, x.rooms, is); o != nil && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// person is who goes by a staff number, else by a name.
func (x *eventReader) person(r *sheet.Row, key, name string) *domain.Person {
	no := domain.NormaliseLogin(name)
	is := func(p *domain.Person) bool { return p.Name == name }
	if slices.ContainsFunc(x.people, func(p domain.Person) bool { return p.StaffNo == no }) {
		is = func(p *domain.Person) bool { return p.StaffNo == no }
	}
	return oneOf(r, key, "workbook.person_unknown", name, x.people, is)
}

func (x *eventReader) commander(r *sheet.Row) string {
	name := domain.Clean(r.Text("commander_id"), false)
	if name == "" {
		return ""
	}
	p := x.person(r, "commander_id", name)
	switch {
	case p == nil:
		return ""
	case !p.Role.MayCommand():
		r.Fail("commander_id", "workbook.no_commander", "name", p.Name)
		return ""
	}
	return p.ID
}

func (x *eventReader) peopleOf(r *sheet.Row) []string {
	var ids []string
	for _, name := range namesIn(r.Text("people")) {
		p := x.person(r, "people", name)
		switch {
		case p == nil:
		case !p.Crew.Valid():
			r.Fail("people", "event.person_without_crew", "name", p.Name)
		case !slices.Contains(ids, p.ID):
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// ImportEventsPage is GET /events/import.
func (a *App) ImportEventsPage(c *fiber.Ctx) error {
	return a.eventsImport(c, views.EventsImportPage{})
}

func (a *App) eventsImport(c *fiber.Ctx, x views.EventsImportPage) (err error) {
	if x.Page, err = a.importPage(c, "events", "workbook.events_title", &x.SheetLook); err != nil {
		return err
	}
	return show(c, fiber.Map{"events": x.Events, "faults": x.Faults, "error": x.Error, "data": x.Data}, views.EventsImport(x))
}

// ImportEvents is POST /events/import: a workbook is read and the events that it would
// make are shown; sent again as data, they are made in one act.
func (a *App) ImportEvents(c *fiber.Ctx) error {
	ctx, x := c.UserContext(), views.EventsImportPage{}
	if data := c.FormValue("data"); data != "" {
		return a.takeEvents(c, data)
	}
	reader, err := a.eventReader(c)
	if err != nil {
		return err
	}
	x.SheetLook, err = lookAt(c, reader.read, func(b eventBook) error {
		x.Events = b.events(reader.rooms)
		return b.at(a.Store.JudgeEvents(ctx, person(c), b.drafts()))
	})
	if err != nil {
		return err
	}
	return a.eventsImport(c, x)
}

// events are those of the workbook with their rooms, as a list shows them.
func (b *eventBook) events(rooms []domain.Room) []domain.Event {
	list := make([]domain.Event, len(b.Rows))
	for k := range b.Rows {
		e := b.Rows[k].Event
		for _, r := range rooms {
			if slices.Contains(b.Rows[k].Rooms, r.ID) {
				e.Rooms = append(e.Rooms, r)
			}
		}
		list[k] = e
	}
	slices.SortStableFunc(list, func(a, b domain.Event) int { return a.StartAt.Compare(b.StartAt) })
	return list
}

func (a *App) takeEvents(c *fiber.Ctx, data string) error {
	b, err := givenEvents(data)
	to := "/events"
	if err == nil && len(b.Rows) > 0 { // where the first of them is
		first := slices.MinFunc(b.Rows, func(a, b sheetEvent) int { return a.Event.StartAt.Compare(b.Event.StartAt) })
		to += "?from=" + first.Event.StartAt.In(a.Loc).Format(time.DateOnly)
	}
	return a.takeSheet(c, to, func(act domain.Act) (domain.Receipt, error) {
		if err != nil {
			return domain.Receipt{}, err
		}
		r, err := a.Store.ImportEvents(c.UserContext(), act, b.drafts())
		return r, b.at(err)
	}, func(l views.SheetLook) error {
		return a.eventsImport(c, views.EventsImportPage{SheetLook: l})
	})
}

// givenEvents are events that come back from a look, with nothing but what a workbook says.
func givenEvents(data string) (b eventBook, err error) {
	if len(data) > maxImportBytes || json.Unmarshal([]byte(data), &b) != nil || len(b.Rows) > eventLimits.Rows {
		return eventBook{}, errBadRequest
	}
	for k := range b.Rows {
		line := &b.Rows[k]
		e := domain.Event{Number: line.Event.Number}
		e.TakeFields(&line.Event)
		e.Rooms, e.StartAt, e.EndAt = nil, e.StartAt.UTC(), e.EndAt.UTC()
		line.Event = e
		for _, id := range append(slices.Clone(line.Rooms), append(line.People, e.CommanderID, e.LiftID)...) {
			if id != "" && !plainID(id) {
				return eventBook{}, errBadRequest
			}
		}
	}
	return b, nil
}
