package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/url"
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

// sendSheet answers with a workbook.
func sendSheet(c *fiber.Ctx, name string, p sheet.Page) error {
	var b bytes.Buffer
	if err := sheet.Write(&b, p); err != nil {
		return err
	}
	noStore(c)
	c.Set(fiber.HeaderContentType, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name+".xlsx"))
	return c.Send(b.Bytes())
}

// workbookOf is the file of a form; nil when none was chosen.
func workbookOf(c *fiber.Ctx) ([]byte, error) {
	head, err := c.FormFile("file")
	if err != nil || head.Size == 0 {
		return nil, nil //nolint:nilerr // a form without a file
	}
	f, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(sheet.Usual.Bytes)+1))
}

// faults are the sentences of a refusal, each with its cell.
func faults(err error, l string) (list []views.SheetFault, general string, rest error) {
	e, ok := domain.AsError(err)
	if !ok || e.Code != domain.CodeInvalid && e.Code != domain.CodeConflict {
		return nil, "", err
	}
	fields := slices.Clone(e.Fields)
	slices.SortStableFunc(fields, func(a, b domain.FieldError) int { return byCell(a.Args["cell"], b.Args["cell"]) })
	for _, f := range fields {
		s := i18n.TArgs(l, f.Key, localArgs(f.Args, l))
		if f.Args["cell"] == "" {
			general = s
			continue
		}
		list = append(list, views.SheetFault{Sheet: f.Args["sheet"], Cell: f.Args["cell"], Sentence: s})
	}
	if len(e.Fields) == 0 {
		general = sentence(e, l)
	}
	return list, general, nil
}

// byCell orders cells as a sheet is read: row by row.
func byCell(a, b string) int {
	row := func(cell string) int {
		n, _ := strconv.Atoi(strings.TrimLeft(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return n
	}
	return cmp.Or(cmp.Compare(row(a), row(b)), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// choices are values with their names in all languages; name gives the key of one.
func choices(values []string, name func(string) string) []sheet.Choice {
	var list []sheet.Choice
	for _, v := range values {
		if v == "" {
			continue
		}
		c := sheet.Choice{Value: v}
		for _, l := range i18n.Locales {
			c.Names = append(c.Names, i18n.T(l, name(v)))
		}
		list = append(list, c)
	}
	return list
}

func prefixed(prefix string) func(string) string { return func(v string) string { return prefix + v } }

// yesOrNo are the values of a column that is a tick.
func yesOrNo() []sheet.Choice {
	return choices([]string{"yes", "no"}, func(v string) string {
		if v == "no" {
			return "workbook.no"
		}
		return "workbook.yes"
	})
}

// choiceNames are the choices in one language.
func choiceNames(of []sheet.Choice, l string) []string {
	var list []string
	for _, v := range of {
		list = append(list, v.Names[slices.Index(i18n.Locales, l)])
	}
	return list
}

// choiceName is a value in one language; one that is not among the choices is itself.
func choiceName(of []sheet.Choice, value, l string) string {
	for _, v := range of {
		if v.Value == value {
			return v.Names[slices.Index(i18n.Locales, l)]
		}
	}
	return value
}

// Values of the columns of templates that are chosen.
func templateChoices(key string) []sheet.Choice {
	switch key {
	case "phase":
		return choices(append(slices.Clone(domain.Phases), domain.FloorPhases...), prefixed("phase."))
	case "crew":
		var crews []string
		for _, k := range domain.Crews {
			crews = append(crews, string(k))
		}
		return choices(crews, prefixed("crew."))
	case "flag":
		return choices(domain.Flags, prefixed("flag."))
	case "evidence":
		return choices(domain.Evidences, prefixed("evidence."))
	case "acceptance":
		return choices(domain.Acceptances, prefixed("accept_by."))
	case "struck":
		return yesOrNo()[:1]
	}
	return nil
}

// templateKeys are the columns of a workbook of templates, in order.
var templateKeys = []string{
	"code", "phase", "crew", "zh", "en", "due_1", "due_2", "due_3", "due_4", "remark", "flag", "evidence", "acceptance", "unit_zh", "unit_en", "min", "max", "clauses", "guidance_zh", "guidance_en", "struck",
}

// templateColumns are the columns with their notes in one language.
func templateColumns(l string) []sheet.Column {
	wide := map[string]float64{"code": 8, "phase": 8, "crew": 10, "zh": 36, "en": 36, "clauses": 24, "guidance_zh": 40, "guidance_en": 40}
	examples := map[string]string{
		"code": "S26", "phase": i18n.T(l, "phase.pre"), "crew": i18n.T(l, "crew.SVC"), "zh": "摆放雨伞", "en": "Set out umbrellas", "due_1": "A-90", "due_2": "A-90", "due_3": "D-1 17:00", "due_4": "",
		"acceptance": i18n.T(l, "accept_by.commander"), "unit_zh": "把", "unit_en": "umbrellas", "min": "20", "clauses": "B.5; D.3",
	}
	list := make([]sheet.Column, 0, len(templateKeys))
	for _, key := range templateKeys {
		c := sheet.Column{
			Key: key, Zh: i18n.T("zh", "template.f_"+key), En: i18n.T("en", "template.f_"+key), Width: wide[key], Example: examples[key],
			Required: key == "code" || key == "phase" || key == "crew" || key == "zh", Figures: key == "min" || key == "max",
		}
		note := key
		if strings.HasPrefix(key, "due_") {
			note = "due"
		}
		c.Note, c.Values = i18n.T(l, "workbook.note_"+note), choiceNames(templateChoices(key), l)
		list = append(list, c)
	}
	return list
}

// templateRow is an item as a row of templateColumns.
func templateRow(t *domain.TemplateItem, l string) []string {
	facts := map[string]string{"code": t.ID}
	for _, f := range t.Facts() {
		facts[f.Name] = f.Value
	}
	if t.Struck {
		facts["struck"] = "yes"
	}
	row := make([]string, len(templateKeys))
	for k, key := range templateKeys {
		row[k] = choiceName(templateChoices(key), facts[key], l)
	}
	return row
}

// ExportTemplate is GET /templates/{id}/export: the version as a workbook that can be
// filled in and taken back.
func (a *App) ExportTemplate(c *fiber.Ctx) error {
	v, list, err := a.Store.TemplateVersion(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	l := locale(c)
	ctx, err := a.viewCtx(c.UserContext(), l)
	if err != nil {
		return err
	}
	p := sheet.Page{Name: views.TemplateName(ctx, v), Locale: l, Columns: templateColumns(l), Notes: i18n.T(l, "workbook.notes"), Blank: 100}
	for k := range list {
		p.Rows = append(p.Rows, templateRow(&list[k], l))
	}
	return sendSheet(c, i18n.T(l, "template.title")+" "+p.Name, p)
}

// ImportTemplatePage is GET /templates/{id}/import.
func (a *App) ImportTemplatePage(c *fiber.Ctx) error {
	v, err := a.draft(c)
	if err != nil {
		return err
	}
	return a.templateImport(c, views.TemplateImportPage{Version: *v})
}

func (a *App) templateImport(c *fiber.Ctx, x views.TemplateImportPage) (err error) {
	if x.Page, err = a.importPage(c, "me", "template.import", &x.SheetLook); err != nil {
		return err
	}
	return show(c, fiber.Map{"version": x.Version, "diff": x.Diff, "faults": x.Faults, "error": x.Error, "data": x.Data}, views.TemplateImport(x))
}

// importPage is the frame of a page that takes a workbook; one that is wrong answers 422.
func (a *App) importPage(c *fiber.Ctx, nav, title string, l *views.SheetLook) (views.Page, error) {
	p, err := a.page(c, nav, title)
	p.View = "template-item"
	if len(l.Faults) > 0 || l.Error != "" {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return p, err
}

// lookAt reads the workbook of a form and lets plan say what it would change, without
// changing anything; read tells how many rows it has. What is wrong with it stands in the
// look; err is what nobody can mend.
func lookAt[T any](c *fiber.Ctx, read func(body []byte) (T, int, error), plan func(list T) error) (l views.SheetLook, err error) {
	ack(c)
	body, err := workbookOf(c)
	if err != nil {
		return l, err
	}
	var list T
	n := 0
	if body == nil {
		err = domain.InvalidField("file", "workbook.choose")
	} else {
		list, n, err = read(body)
	}
	if err == nil {
		err = plan(list)
	}
	var data []byte
	if err == nil {
		data, err = json.Marshal(list)
	}
	if err == nil && len(data) > maxImportBytes {
		err = domain.InvalidField("file", "workbook.too_much")
	}
	if err != nil {
		l.Faults, l.Error, err = faults(err, locale(c))
		return l, err
	}
	l.Read, l.Data = n, string(data)
	return l, nil
}

// takeSheet does what a look has shown, and leads on; where it is refused now, the page
// is there again and says why.
func (a *App) takeSheet(c *fiber.Ctx, to string, do func(act domain.Act) (domain.Receipt, error), again func(l views.SheetLook) error) error {
	act, err := a.act(c)
	var r domain.Receipt
	if err == nil {
		r, err = do(act)
	}
	if e, refused := domain.AsError(err); refused && e.Code == domain.CodeInvalid && !wantsJSON(c) {
		ack(c)
		var l views.SheetLook
		l.Faults, l.Error, _ = faults(err, locale(c))
		return again(l)
	}
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, to)
}

// sheetData reads what a look handed out; most is how many rows it may have.
func sheetData[T any](data string, most int) ([]T, error) {
	var list []T
	if len(data) > maxImportBytes || json.Unmarshal([]byte(data), &list) != nil || len(list) > most {
		return nil, errBadRequest
	}
	return list, nil
}

// ImportTemplate is POST /templates/{id}/import: a workbook is read and what it would
// change is shown; sent again as data, it is done in one act.
func (a *App) ImportTemplate(c *fiber.Ctx) error {
	v, err := a.draft(c)
	if err != nil {
		return err
	}
	x := views.TemplateImportPage{Version: *v}
	if data := c.FormValue("data"); data != "" {
		return a.takeSheet(c, "/templates/"+v.ID, func(act domain.Act) (domain.Receipt, error) {
			list, err := givenTemplates(data)
			if err != nil {
				return domain.Receipt{}, err
			}
			return a.Store.ImportTemplates(c.UserContext(), act, v.ID, list)
		}, func(l views.SheetLook) error {
			x.SheetLook = l
			return a.templateImport(c, x)
		})
	}
	x.SheetLook, err = lookAt(c, readTemplates, func(list []domain.TemplateItem) error {
		_, have, err := a.Store.TemplateVersion(c.UserContext(), v.ID)
		if err != nil {
			return err
		}
		merged, err := domain.MergeTemplates(have, list)
		if err == nil {
			x.Diff = domain.DiffTemplates(have, merged)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.templateImport(c, x)
}

func givenTemplates(data string) ([]domain.TemplateItem, error) {
	list, err := sheetData[domain.TemplateItem](data, domain.TemplateItemsMost)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for k := range list {
		if err := list[k].Validate(); err != nil {
			return nil, err
		}
		if seen[list[k].ID] {
			return nil, domain.InvalidField("file", "template.code_twice", "code", list[k].ID)
		}
		seen[list[k].ID] = true
	}
	return list, nil
}

// readTemplates reads a workbook of templates: a sentence for every wrong cell.
func readTemplates(body []byte) ([]domain.TemplateItem, int, error) {
	t, err := sheet.Read(body, templateColumns("zh"), sheet.Usual)
	if err != nil {
		return nil, 0, err
	}
	var list []domain.TemplateItem
	seen := map[string]bool{}
	for _, r := range t.Rows {
		item := templateOf(r)
		failFields(r, item.Validate())
		if item.ID != "" && seen[item.ID] {
			r.Fail("code", "template.code_twice", "code", item.ID)
		}
		seen[item.ID] = true
		list = append(list, item)
	}
	return list, len(list), t.Err()
}

// failFields puts the sentences of a refusal at their cells.
func failFields(r *sheet.Row, err error) {
	if e, ok := domain.AsError(err); ok {
		for _, f := range e.Fields {
			failField(r, f)
		}
	}
}

// failField puts a field's sentence at its cell.
func failField(r *sheet.Row, f domain.FieldError) {
	key := f.Field
	if key == "levels" {
		key = "due_1"
	}
	args := make([]string, 0, 2*len(f.Args))
	for name, value := range f.Args {
		args = append(args, name, value)
	}
	r.Fail(key, f.Key, args...)
}

func templateOf(r *sheet.Row) domain.TemplateItem {
	choose := func(key string) string { return r.Choice(key, templateChoices(key)) }
	t := domain.TemplateItem{
		ID: strings.ToUpper(r.Text("code")), Zh: r.Text("zh"), En: r.Text("en"), Phase: choose("phase"), Crew: domain.Crew(choose("crew")), Offset: map[string]string{},
		Flag: choose("flag"), Evidence: choose("evidence"), Acceptance: choose("acceptance"), GuidanceZh: r.Text("guidance_zh"), GuidanceEn: r.Text("guidance_en"), Struck: choose("struck") != "",
	}
	for _, level := range domain.Levels {
		if rule := r.Text("due_" + level); rule != "" {
			t.Offset[level] = rule
		}
	}
	if slices.Contains(domain.FloorPhases, t.Phase) {
		t.Offset = map[string]string{t.Phase: r.Text("remark")}
	}
	for id := range strings.FieldsFuncSeq(r.Text("clauses"), func(c rune) bool { return c == ';' || c == '；' || c == '\n' }) {
		if id = strings.TrimSpace(id); id != "" {
			t.Clauses = append(t.Clauses, id)
		}
	}
	u := &domain.TemplateUnit{Zh: r.Text("unit_zh"), En: r.Text("unit_en")}
	for _, x := range []struct {
		key string
		to  **float64
	}{{"min", &u.Min}, {"max", &u.Max}} {
		n, err := domain.ParseFigure(r.Text(x.key))
		if err != nil {
			r.Fail(x.key, "template.figure")
		}
		*x.to = n
	}
	if *u != (domain.TemplateUnit{}) {
		t.Unit = u
	}
	return t
}

// tableText is a workbook as the text that a person would paste from it: lists of guests
// and of answers are read in one way only. Every heading is taken; what it means is judged
// where the text is read.
func tableText(body []byte, columns map[string]string, ignore bool) (string, error) {
	limits := sheet.Usual
	limits.Ignore = ignore
	t, err := sheet.Read(body, textColumns(columns), limits)
	if err != nil {
		return "", err
	}
	if err := t.Err(); err != nil {
		return "", err
	}
	var b strings.Builder
	keys := t.Keys
	b.WriteString(strings.Join(t.Headings, "\t") + "\n")
	for _, r := range t.Rows {
		for k, key := range keys {
			if k > 0 {
				b.WriteByte('\t')
			}
			cell := domain.Clean(r.Text(key), false)
			if strings.ContainsAny(cell, "\"\t") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// textColumns are the headings that a pasted table may have, as columns: by their own
// word, so that the text says what the workbook said.
func textColumns(words map[string]string) []sheet.Column {
	by := map[string][]string{}
	for word, key := range words {
		by[key] = append(by[key], word)
	}
	list := make([]sheet.Column, 0, len(by))
	for key, names := range by {
		slices.Sort(names)
		c := sheet.Column{Key: key, Zh: names[len(names)-1], En: names[0], More: names, Required: key == "name"}
		for _, x := range guestKeys {
			if x.key == key {
				c.Zh, c.En = x.zh, x.en
			}
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b sheet.Column) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// guestKeys are the columns of a workbook of guests; the words of columnNames name them.
var guestKeys = []struct{ key, zh, en string }{
	{"name", "姓名", "Name"},
	{"title", "职务", "Title"},
	{"organisation", "单位", "Organisation"},
	{"rank", "排序", "Rank"},
	{"party", "代表团", "Party"},
	{"plate", "车牌", "Plate"},
	{"bay", "车位", "Bay"},
	{"phone", "电话", "Phone"},
	{"needs", "需求", "Needs"},
}

func guestColumns(l string) []sheet.Column {
	list := make([]sheet.Column, len(guestKeys))
	for k, x := range guestKeys {
		list[k] = sheet.Column{Key: x.key, Zh: x.zh, En: x.en, Required: x.key == "name", Note: i18n.T(l, "workbook.guest_"+x.key), Figures: x.key == "rank"}
	}
	list[0].Example, list[1].Example, list[2].Example, list[5].Example = "雪松", "局长", "云雀研究院", "测A·12345"
	return list
}

// ExportGuests is GET /events/{id}/guests/export: the list as a workbook that can be
// taken back; without guests it is the form to fill in.
func (a *App) ExportGuests(c *fiber.Ctx) error {
	e, _ := event(c)
	if err := a.need(c, &views.Page{}, domain.LookExport); err != nil {
		return err
	}
	guests, parties, err := a.guestsByEvent(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	l := locale(c)
	p := sheet.Page{Name: i18n.T(l, "workbook.guests"), Locale: l, Columns: guestColumns(l), Notes: i18n.T(l, "workbook.notes"), Blank: 100}
	for _, g := range guests[e.ID] {
		p.Rows = append(p.Rows, guestRow(&g, parties[e.ID]))
	}
	return sendSheet(c, p.Name+" "+e.Number, p)
}

// guestRow is a guest as a row of guestColumns.
func guestRow(g *domain.Guest, parties []domain.Party) []string {
	party := ""
	if k := slices.IndexFunc(parties, func(p domain.Party) bool { return p.ID == g.PartyID }); k >= 0 {
		party = parties[k].Name
	}
	return guestCells(g, party)
}

func guestCells(g *domain.Guest, party string) []string {
	return []string{g.Name, g.Title, g.Organisation, figure(g.Rank), party, g.Plate, g.Bay, g.Phone, g.Needs}
}

// registerDays is how many days the register of events goes from its first day on.
const registerDays = 7

// ExportEvents is GET /events/export: the register of a week as a workbook, of those
// events that the person may see. Guests are named to those who meet them, and not once
// an event is over.
func (a *App) ExportEvents(c *fiber.Ctx) error {
	ctx := c.UserContext()
	from, _, err := a.firstDay(c)
	if err != nil {
		return err
	}
	till := from.In(a.Loc).AddDate(0, 0, registerDays)
	list, err := a.Store.Events(ctx, person(c), from, till.UTC())
	if err != nil {
		return err
	}
	events := make([]domain.Event, len(list))
	for k := range list {
		events[k] = list[k].Event
	}
	entries, err := a.registerEntries(ctx, events...)
	if err != nil {
		return err
	}
	v, err := a.viewCtx(ctx, locale(c))
	if err != nil {
		return err
	}
	p := sheet.Page{Name: v.T("register.title"), Locale: v.Locale, Columns: registerColumns()}
	for k := range list {
		if err := a.registerFor(c, &list[k], &entries[k]); err != nil {
			return err
		}
		p.Rows = append(p.Rows, registerRow(v, &list[k], &entries[k]))
	}
	return sendSheet(c, p.Name+" "+from.In(a.Loc).Format(sheetDay)+"–"+till.AddDate(0, 0, -1).Format(sheetDay), p)
}

// registerFor leaves in an entry what the reader may know, and notes that he took guests
// of a secret event away.
func (a *App) registerFor(c *fiber.Ctx, e *store.EventSummary, r *views.RegisterEntry) error {
	if e.NamesHidden(a.Store.Now()) {
		r.Mask()
	}
	if !e.Viewer.Can(domain.RightGuestsSee, e.Secrecy) {
		r.Event.LeaveOutGuests()
		return nil
	}
	return a.looked(c, &e.Event, domain.LookExport)
}

// sheetDay is how a workbook writes days; moments: views.TableMinute.
const sheetDay = time.DateOnly

// registerKeys are the columns of the register: those of the form, in its order, and how
// far the event is.
var registerKeys = []string{
	"number", "date", "status", "name", "organiser", "undertaker", "contact", "contact_phone", "type", "expense_class", "level", "level_reason", "secrecy",
	"principal_guest", "principal_title", "guest_rank", "host_rank", "heads", "guest_heads", "escort_heads", "commander_id",
	"arrival_at", "start_at", "end_at", "actual_arrival", "actual_start", "actual_end", "left", "rooms", "layout", "lift_id",
	"purpose", "needs", "wishes", "tea_wish", "welcome_text", "banner", "flowers", "seat_wish", "photo_wish", "supplies", "photo", "recording", "functions", "people", "notes",
	"followed_at", "follow_way", "follow_with", "follow_said", "follow_done", "signature", "registered_by", "template", "items",
}

func registerColumns() []sheet.Column {
	wide := map[string]float64{"name": 28, "rooms": 20, "functions": 36, "people": 28, "purpose": 28, "needs": 28, "wishes": 28, "notes": 36, "follow_said": 36, "follow_done": 36}
	list := headed(registerKeys, wide, views.RegisterName)
	for k := range list {
		list[k].Figures = slices.Contains([]string{"heads", "guest_heads", "escort_heads", "template"}, list[k].Key)
	}
	return list
}

func registerRow(v views.Ctx, e *store.EventSummary, r *views.RegisterEntry) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(v.Loc).Format(views.TableMinute)
	}
	own := map[string]string{
		"date":       r.Event.StartAt.In(v.Loc).Format(sheetDay),
		"arrival_at": at(r.Event.ArrivalAt), "start_at": at(&r.Event.StartAt), "end_at": at(&r.Event.EndAt),
		"actual_arrival": at(r.Event.ActualArrivalAt), "actual_start": at(r.Event.ActualStartAt), "actual_end": at(r.Event.ActualEndAt), "left": at(r.Event.LeftAt),
		"followed_at": at(r.Event.FollowedAt), "heads": figure(r.Event.Heads), "guest_heads": figure(r.Event.GuestHeads), "escort_heads": figure(r.Event.EscortHeads),
		"template": figure(r.Event.TemplateNo), "items": strconv.Itoa(e.Progress.Settled) + "/" + strconv.Itoa(e.Progress.Total),
	}
	row := make([]string, len(registerKeys))
	for k, key := range registerKeys {
		value, is := own[key]
		if !is {
			value = views.RegisterValue(v, r, key)
		}
		row[k] = value
	}
	return row
}

// ExportAgenda is GET /events/{id}/agenda/export: the agenda as a workbook.
func (a *App) ExportAgenda(c *fiber.Ctx) error {
	e, _ := event(c)
	_, list, err := a.programme(c, e)
	if err != nil {
		return err
	}
	l := locale(c)
	p := sheet.Page{Name: i18n.T(l, "agenda.title"), Locale: l}
	for _, x := range []struct {
		name  string
		width float64
	}{{"start_at", 18}, {"end_at", 18}, {"minutes_short", 8}, {"item", 40}, {"speaker", 24}, {"needs", 32}} {
		p.Columns = append(p.Columns, sheet.Column{Key: x.name, Zh: i18n.T("zh", "agenda."+x.name), En: i18n.T("en", "agenda."+x.name), Width: x.width, Figures: x.name == "minutes_short"})
	}
	for k := range list {
		x := &list[k]
		p.Rows = append(p.Rows, []string{x.StartAt.In(a.Loc).Format(views.TableMinute), x.EndAt().In(a.Loc).Format(views.TableMinute), figure(x.Minutes), x.Title, x.Speaker, x.Needs})
	}
	return sendSheet(c, p.Name+" "+e.Number, p)
}

// headed are columns by their headings in both languages.
func headed(keys []string, widths map[string]float64, name func(v views.Ctx, key string) string) []sheet.Column {
	list := make([]sheet.Column, len(keys))
	for k, key := range keys {
		list[k] = sheet.Column{Key: key, Zh: name(views.Ctx{Locale: "zh"}, key), En: name(views.Ctx{Locale: "en"}, key), Width: max(widths[key], 16)}
	}
	return list
}

// ExportPublication is GET /publications/{day}/export: the published board as a workbook;
// as on paper, secret events go by their alias.
func (a *App) ExportPublication(c *fiber.Ctx) error {
	page, err := a.publication(c, true)
	if err != nil {
		return err
	}
	name, version := page.T("publication.title")+" "+page.Day, page.T("publication.none")
	if page.Board != nil {
		version = page.T("publication.version", "n", strconv.Itoa(page.Board.No), "time", page.When(page.Board.MadeAt))
	}
	p := sheet.Page{
		Name: name, Locale: page.Locale, Rows: page.Table(), Stamp: name + " " + version,
		Columns: headed(views.BoardColumns, map[string]float64{"event": 30, "rooms": 24, "post": 24, "supplies": 40}, views.BoardColumn),
	}
	return sendSheet(c, p.Name, p)
}

// ExportWork is GET /events/{id}/work/export: the work notices of all crews as a workbook.
func (a *App) ExportWork(c *fiber.Ctx) error {
	page, err := a.work(c, "work.title")
	if err != nil {
		return err
	}
	p := sheet.Page{
		Name: page.T("work.title", "event", page.Event.Number), Locale: page.Locale, Rows: page.Table(), Stamp: page.T("work.title", "event", page.Event.Number) + " " + page.T("seat.as_of", "time", page.When(page.Now)),
		Columns: headed(views.WorkColumns, map[string]float64{"what": 36, "says": 40}, views.WorkColumn),
	}
	return sendSheet(c, p.Name, p)
}

// peopleKeys are the columns of a workbook of people.
var peopleSheetKeys = []string{"staff_no", "name", "role", "crew", "phone", "locale"}

func peopleChoices(key string) []sheet.Choice {
	switch key {
	case "role":
		var roles []string
		for _, r := range domain.StaffRoles {
			roles = append(roles, string(r))
		}
		return choices(roles, prefixed("role."))
	case "crew":
		return templateChoices("crew")
	case "locale":
		return choices(i18n.Locales, prefixed("lang."))
	}
	return nil
}

func peopleColumns(l string) []sheet.Column {
	examples := map[string]string{"staff_no": "a1024", "name": "远志", "role": i18n.T(l, "role.crew_member"), "crew": i18n.T(l, "crew.SVC"), "phone": "13700005678", "locale": i18n.T(l, "lang.zh")}
	list := make([]sheet.Column, 0, len(peopleSheetKeys))
	for _, key := range peopleSheetKeys {
		list = append(list, sheet.Column{
			Key: key, Zh: i18n.T("zh", "workbook.person_"+key), En: i18n.T("en", "workbook.person_"+key), Note: i18n.T(l, "workbook.person_note_"+key), Example: examples[key], Width: 18,
			Values: choiceNames(peopleChoices(key), l), Required: key == "staff_no" || key == "name" || key == "role",
		})
	}
	return list
}

// ExportPeople is GET /people/export: everybody as a workbook that can be taken back. PINs
// are in none.
func (a *App) ExportPeople(c *fiber.Ctx) error {
	list, err := a.Store.People(c.UserContext())
	if err != nil {
		return err
	}
	l := locale(c)
	p := sheet.Page{Name: i18n.T(l, "people.title"), Locale: l, Columns: peopleColumns(l), Notes: i18n.T(l, "workbook.notes"), Blank: 100}
	for k := range list {
		if x := &list[k]; slices.Contains(domain.StaffRoles, x.Role) {
			p.Rows = append(p.Rows, personRow(x, l))
		}
	}
	return sendSheet(c, p.Name, p)
}

func personRow(x *domain.Person, l string) []string {
	row := []string{x.StaffNo, x.Name, string(x.Role), string(x.Crew), x.Phone, x.Locale}
	for k, key := range peopleSheetKeys {
		row[k] = choiceName(peopleChoices(key), row[k], l)
	}
	return row
}

func readPeople(body []byte) ([]domain.Person, int, error) {
	t, err := sheet.Read(body, peopleColumns("zh"), sheet.Usual)
	if err != nil {
		return nil, 0, err
	}
	var list []domain.Person
	seen := map[string]bool{}
	for _, r := range t.Rows {
		p := domain.Person{
			StaffNo: r.Text("staff_no"), Name: r.Text("name"), Role: domain.Role(r.Choice("role", peopleChoices("role"))), Crew: domain.Crew(r.Choice("crew", peopleChoices("crew"))),
			Phone: r.Text("phone"), Locale: r.Choice("locale", peopleChoices("locale")),
		}
		failFields(r, p.Validate())
		if p.StaffNo != "" && seen[p.StaffNo] {
			r.Fail("staff_no", "person.staff_no_taken")
		}
		seen[p.StaffNo] = true
		list = append(list, p)
	}
	return list, len(list), t.Err()
}

// ImportPeoplePage is GET /people/import.
func (a *App) ImportPeoplePage(c *fiber.Ctx) error {
	return a.peopleImport(c, views.PeopleImportPage{})
}

func (a *App) peopleImport(c *fiber.Ctx, x views.PeopleImportPage) (err error) {
	if x.Page, err = a.importPage(c, "people", "workbook.people_title", &x.SheetLook); err != nil {
		return err
	}
	return show(c, fiber.Map{"added": x.Added, "changed": x.Changed, "faults": x.Faults, "error": x.Error, "data": x.Data}, views.PeopleImport(x))
}

// ImportPeople is POST /people/import: a workbook is read and what it would change is
// shown; sent again as data, it is done in one act.
func (a *App) ImportPeople(c *fiber.Ctx) error {
	x := views.PeopleImportPage{}
	if data := c.FormValue("data"); data != "" {
		return a.takeSheet(c, "/people", func(act domain.Act) (domain.Receipt, error) { return a.takePeople(c, act, data) }, func(l views.SheetLook) error {
			x.SheetLook = l
			return a.peopleImport(c, x)
		})
	}
	var err error
	x.SheetLook, err = lookAt(c, readPeople, func(list []domain.Person) error {
		have, err := a.Store.People(c.UserContext())
		if err == nil {
			x.Added, x.Changed = domain.PlanPeople(have, list)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.peopleImport(c, x)
}

func (a *App) takePeople(c *fiber.Ctx, act domain.Act, data string) (domain.Receipt, error) {
	list, err := sheetData[domain.Person](data, sheet.Usual.Rows)
	if err != nil {
		return domain.Receipt{}, err
	}
	seen := map[string]bool{}
	for k := range list {
		p := domain.Person{}
		list[k] = p.With(&list[k]) // nothing but what a workbook says
		if err := list[k].Validate(); err != nil {
			return domain.Receipt{}, err
		}
		if seen[list[k].StaffNo] {
			return domain.Receipt{}, domain.InvalidField("file", "person.staff_no_taken")
		}
		seen[list[k].StaffNo] = true
	}
	have, err := a.Store.People(c.UserContext())
	if err != nil {
		return domain.Receipt{}, err
	}
	_, changed := domain.PlanPeople(have, list)
	r, err := a.Store.ImportPeople(c.UserContext(), act, list)
	a.forgetNames()
	if err == nil {
		for k := range changed {
			a.personChanged(changed[k].ID)
		}
	}
	return r, err
}
