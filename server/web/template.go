package web

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/photos"
	"huiwu/server/search"
	"huiwu/server/store"
	"huiwu/views"
)

// answeredShown is how many answered proposals the list keeps in view.
const answeredShown = 20

// templatePage starts a page about templates, which follows what others do to them.
func (a *App) templatePage(c *fiber.Ctx, titleKey string, args ...string) (views.Page, error) {
	head, err := a.Store.Head(c.UserContext(), domain.TopicFloor)
	if err != nil {
		return views.Page{}, err
	}
	p, err := a.page(c, "me", titleKey, args...)
	if err == nil {
		watch(&p, ViewTemplates, map[domain.Topic]int64{domain.TopicFloor: head}, domain.TopicFloor)
	}
	return p, err
}

// Templates is GET /templates: the versions, the draft, what was proposed.
func (a *App) Templates(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := a.templatePage(c, "template.title")
	if err != nil {
		return err
	}
	x := views.TemplatesPage{Page: p}
	if x.Versions, err = a.Store.TemplateVersions(ctx); err != nil {
		return err
	}
	if x.Proposals, err = a.Store.Proposals(ctx, answeredShown); err != nil {
		return err
	}
	if len(x.Versions) > 0 && x.Versions[0].State == domain.TemplateDraft {
		if _, _, x.Diff, err = a.templateDiff(c, x.Versions[0].ID); err != nil {
			return err
		}
	}
	return show(c, fiber.Map{"versions": x.Versions, "proposals": x.Proposals}, views.Templates(x))
}

// templateDiff is a version, its items, and how they differ from those it was begun from.
func (a *App) templateDiff(c *fiber.Ctx, id string) (*domain.TemplateVersion, []domain.TemplateItem, []domain.TemplateChange, error) {
	v, list, err := a.Store.TemplateVersion(c.UserContext(), id)
	if err != nil || v.BaseNo == 0 {
		return v, list, nil, err
	}
	base, err := a.Store.TemplateList(c.UserContext(), v.BaseNo)
	if err != nil {
		return nil, nil, nil, err
	}
	return v, list, domain.DiffTemplates(base, list), nil
}

// Template is GET /templates/{id}: a version by its number, or the draft by its id.
func (a *App) Template(c *fiber.Ctx) error {
	v, list, diff, err := a.templateDiff(c, c.Params("id"))
	if err != nil {
		return err
	}
	p, err := a.templatePage(c, "template.title")
	if err != nil {
		return err
	}
	p.Title = views.TemplateName(p.Ctx, v)
	x := views.TemplatePage{Page: p, Version: *v, Items: list, Diff: diff, Level: c.Query("level"), Keys: make(map[string]string, len(list))}
	if !slices.Contains(domain.Levels, x.Level) {
		x.Level = ""
	}
	for k := range list {
		t := &list[k]
		x.Keys[t.ID] = search.Key(t.Zh, t.ID, t.En, t.GuidanceZh)
	}
	return show(c, fiber.Map{"version": v, "items": list, "diff": diff}, views.TemplateView(x))
}

// DraftTemplate is POST /templates: begins a draft.
func (a *App) DraftTemplate(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.DraftTemplate(c.UserContext(), act)
	if err != nil || wantsJSON(c) {
		if err == nil {
			c.Status(fiber.StatusCreated)
		}
		return a.reply(c, r, err)
	}
	return redirect(c, "/templates/"+r.Created)
}

// DropTemplate is DELETE /templates/{id}: gives a draft up.
func (a *App) DropTemplate(c *fiber.Ctx) error {
	return a.onward(c, "/templates", func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DropTemplate(c.UserContext(), act, id)
	})
}

// PublishTemplate is PUT /templates/{id}/publication.
func (a *App) PublishTemplate(c *fiber.Ctx) error {
	return a.onward(c, "/templates", func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.PublishTemplate(c.UserContext(), act, id, c.FormValue("note"))
	})
}

// onward is itemAct that leads to another page when it is done.
func (a *App) onward(c *fiber.Ctx, to string, do func(act domain.Act, id string) (domain.Receipt, error)) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := do(act, c.Params("id"))
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, to)
}

// codeAct is itemAct for one item of a draft.
func (a *App) codeAct(c *fiber.Ctx, do func(act domain.Act, id, code string) (domain.Receipt, error)) error {
	code := c.Params("code")
	if !plainID(code) {
		return domain.ErrNotFound
	}
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) { return do(act, id, code) })
}

// StrikeTemplateItem is PUT /templates/{id}/items/{code}/struck.
func (a *App) StrikeTemplateItem(c *fiber.Ctx) error {
	return a.codeAct(c, func(act domain.Act, id, code string) (domain.Receipt, error) {
		return a.Store.StrikeTemplateItem(c.UserContext(), act, id, code, true)
	})
}

// RestoreTemplateItem is DELETE /templates/{id}/items/{code}/struck.
func (a *App) RestoreTemplateItem(c *fiber.Ctx) error {
	return a.codeAct(c, func(act domain.Act, id, code string) (domain.Receipt, error) {
		return a.Store.StrikeTemplateItem(c.UserContext(), act, id, code, false)
	})
}

// CopyTemplateItem is POST /templates/{id}/items/{code}/copies.
func (a *App) CopyTemplateItem(c *fiber.Ctx) error {
	return a.codeAct(c, func(act domain.Act, id, code string) (domain.Receipt, error) {
		return a.Store.CopyTemplateItem(c.UserContext(), act, id, code)
	})
}

// MoveTemplateItem is PUT /templates/{id}/items/{code}/place: to is "up" or "down".
func (a *App) MoveTemplateItem(c *fiber.Ctx) error {
	return a.codeAct(c, func(act domain.Act, id, code string) (domain.Receipt, error) {
		to := c.FormValue("to")
		if to != "up" && to != "down" {
			return domain.Receipt{}, domain.InvalidField("to", "field.choose")
		}
		return a.Store.MoveTemplateItem(c.UserContext(), act, id, code, to == "up")
	})
}

// NewTemplateItem is GET /templates/{id}/items/new.
func (a *App) NewTemplateItem(c *fiber.Ctx) error {
	v, err := a.draft(c)
	if err != nil {
		return err
	}
	item := domain.TemplateItem{Crew: domain.CrewSVC, Phase: domain.PhasePre, Acceptance: domain.AcceptCommander, Offset: map[string]string{}}
	return a.templateItemForm(c, views.TemplateItemPage{Version: *v, New: true, In: templateInput(&item)})
}

// draft is the version in the address, which must be one that can be worked on.
func (a *App) draft(c *fiber.Ctx) (*domain.TemplateVersion, error) {
	v, _, err := a.Store.TemplateVersion(c.UserContext(), c.Params("id"))
	if err == nil && v.State != domain.TemplateDraft {
		return nil, domain.Conflict("template.published")
	}
	return v, err
}

// TemplateItem is GET /templates/{id}/items/{code}: the form of one item of a draft.
func (a *App) TemplateItem(c *fiber.Ctx) error {
	v, t, err := a.draftItem(c)
	if err != nil {
		return err
	}
	return a.templateItemForm(c, views.TemplateItemPage{Version: *v, In: templateInput(t), Rev: t.Rev, Picture: t.Picture})
}

func (a *App) draftItem(c *fiber.Ctx) (*domain.TemplateVersion, *domain.TemplateItem, error) {
	v, list, err := a.Store.TemplateVersion(c.UserContext(), c.Params("id"))
	if err != nil {
		return nil, nil, err
	}
	k := slices.IndexFunc(list, func(t domain.TemplateItem) bool { return t.ID == c.Params("code") })
	switch {
	case k < 0:
		return nil, nil, domain.ErrNotFound
	case v.State != domain.TemplateDraft:
		return nil, nil, domain.Conflict("template.published")
	}
	return v, &list[k], nil
}

func (a *App) templateItemForm(c *fiber.Ctx, x views.TemplateItemPage) error {
	title := []string{"template.edit_item", "code", x.In.Code}
	if x.New {
		title = []string{"template.add"}
	}
	p, err := a.page(c, "me", title[0], title[1:]...)
	if err != nil {
		return err
	}
	p.View = "template-item" // nothing is pushed into a form
	x.Page = p
	if len(x.Errors) > 0 || x.Error != "" {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return show(c, fiber.Map{"version": x.Version, "item": x.In, "rev": x.Rev}, views.TemplateItemView(x))
}

func templateInput(t *domain.TemplateItem) views.TemplateInput {
	in := views.TemplateInput{
		Code: t.ID, Crew: string(t.Crew), Phase: t.Phase, Zh: t.Zh, En: t.En, Flag: t.Flag, Evidence: t.Evidence, Acceptance: t.Acceptance,
		GuidanceZh: t.GuidanceZh, GuidanceEn: t.GuidanceEn, Remark: t.Offset[t.Phase], Clauses: t.Clauses,
	}
	if t.Unit != nil {
		in.UnitZh, in.UnitEn, in.Min, in.Max = t.Unit.Zh, t.Unit.En, domain.Figure(t.Unit.Min), domain.Figure(t.Unit.Max)
	}
	above := ""
	for k, level := range domain.Levels {
		in.Due = append(in.Due, domain.FormOf(t.Offset[level], above, k == 0))
		above = t.Offset[level]
	}
	return in
}

// readTemplateItem reads the form; what cannot be read is a field error beside what
// the domain says of the rest.
func readTemplateItem(c *fiber.Ctx, code string) (views.TemplateInput, domain.TemplateItem, error) {
	v := func(name string) string { return c.FormValue(name) }
	in := views.TemplateInput{
		Code: code, Crew: v("crew"), Phase: v("phase"), Zh: v("zh"), En: v("en"), Flag: v("flag"), Evidence: v("evidence"), Acceptance: v("acceptance"),
		UnitZh: v("unit_zh"), UnitEn: v("unit_en"), Min: v("min"), Max: v("max"), GuidanceZh: v("guidance_zh"), GuidanceEn: v("guidance_en"), Remark: v("remark"), Clauses: formList(c, "clauses"),
	}
	t := domain.TemplateItem{
		ID: code, Crew: domain.Crew(in.Crew), Phase: in.Phase, Offset: map[string]string{}, Flag: in.Flag, Zh: in.Zh, En: in.En, Evidence: in.Evidence, Acceptance: in.Acceptance,
		Clauses: in.Clauses, GuidanceZh: in.GuidanceZh, GuidanceEn: in.GuidanceEn,
	}
	var bad domain.Invalid
	above := ""
	for _, level := range domain.Levels {
		f := domain.DueForm{On: v("on_" + level), Minutes: v("minutes_" + level), Way: v("way_" + level), Clock: v("clock_" + level), Until: v("until_" + level), When: v("when_" + level), Text: v("rule_" + level)}
		in.Due = append(in.Due, f)
		rule, wrong := f.Rule(above)
		if wrong != nil {
			wrong.Field = "due_" + level
			bad = append(bad, *wrong)
		}
		if above = rule; rule != "" {
			t.Offset[level] = rule
		}
	}
	if slices.Contains(domain.FloorPhases, t.Phase) {
		t.Offset = map[string]string{t.Phase: in.Remark}
	}
	unit := &domain.TemplateUnit{Zh: in.UnitZh, En: in.UnitEn}
	var err error
	if unit.Min, err = domain.ParseFigure(in.Min); err != nil {
		bad.Add("min", "template.figure")
	}
	if unit.Max, err = domain.ParseFigure(in.Max); err != nil {
		bad.Add("max", "template.figure")
	}
	if *unit != (domain.TemplateUnit{}) {
		t.Unit = unit
	}
	if len(bad) > 0 { // show the other wrong fields in the same answer
		check := t.Copy()
		if other, ok := domain.AsError(check.Validate()); ok {
			bad = append(bad, slices.DeleteFunc(other.Fields, func(f domain.FieldError) bool { return f.Field == "levels" })...)
		}
	}
	return in, t, bad.Err()
}

// AddTemplateItem is POST /templates/{id}/items.
func (a *App) AddTemplateItem(c *fiber.Ctx) error {
	return a.saveTemplateItem(c, strings.ToUpper(domain.Clean(c.FormValue("code"), false)), true)
}

// SaveTemplateItem is PUT /templates/{id}/items/{code}. Where somebody else saved it
// meanwhile, both are shown and nothing is overwritten.
func (a *App) SaveTemplateItem(c *fiber.Ctx) error {
	return a.saveTemplateItem(c, c.Params("code"), false)
}

func (a *App) saveTemplateItem(c *fiber.Ctx, code string, isNew bool) error {
	ctx, id := c.UserContext(), c.Params("id")
	act, err := a.act(c)
	if err != nil {
		return err
	}
	rev, err := wholeNumber(c.FormValue("rev"))
	if err != nil {
		return &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
	}
	in, t, err := readTemplateItem(c, code)
	var r domain.Receipt
	if err == nil {
		if isNew {
			r, err = a.Store.AddTemplateItem(ctx, act, id, t)
		} else {
			r, err = a.Store.SaveTemplateItem(ctx, act, id, rev, t)
		}
	}
	fields, general, rest := fieldErrors(err, locale(c))
	if err == nil || rest != nil || wantsJSON(c) {
		if err != nil || wantsJSON(c) {
			return a.reply(c, r, err)
		}
		return redirect(c, "/templates/"+id+"#t-"+code)
	}
	ack(c)
	v, err := a.draft(c)
	if err != nil {
		return err
	}
	x := views.TemplateItemPage{Version: *v, New: isNew, In: in, Rev: rev, Errors: fields, Error: general}
	if !isNew {
		_, now, err := a.draftItem(c)
		if err != nil {
			return err
		}
		x.Picture = now.Picture
		if now.Rev != rev && general != "" { // saving again is his word against the other's, seen
			x.Rev, x.Theirs = now.Rev, theirs(now, &t)
		}
	}
	return a.templateItemForm(c, x)
}

// theirs are the fields in which two people's items differ: what stands, what was typed.
func theirs(now, mine *domain.TemplateItem) []domain.FieldChange {
	typed := mine.Copy()
	typed.Picture = now.Picture
	var list []domain.FieldChange
	facts := typed.Facts()
	for k, f := range now.Facts() {
		if f.Value != facts[k].Value {
			list = append(list, domain.FieldChange{Field: f.Name, Old: f.Value, New: facts[k].Value})
		}
	}
	return list
}

// SetTemplatePicture is PUT /templates/{id}/items/{code}/picture.
func (a *App) SetTemplatePicture(c *fiber.Ctx) error {
	code := c.Params("code")
	v, t, err := a.draftItem(c)
	if err != nil {
		return err
	}
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.storePicture(c, act, v.ID, code)
	if fields, general, rest := fieldErrors(err, locale(c)); err != nil && rest == nil && !wantsJSON(c) {
		ack(c)
		return a.templateItemForm(c, views.TemplateItemPage{Version: *v, In: templateInput(t), Rev: t.Rev, Picture: t.Picture, Errors: fields, Error: general})
	}
	if err != nil || wantsJSON(c) {
		return a.reply(c, r, err)
	}
	return redirect(c, "/templates/"+v.ID+"/items/"+code)
}

func (a *App) storePicture(c *fiber.Ctx, act domain.Act, id, code string) (domain.Receipt, error) {
	ctx := c.UserContext()
	head, err := c.FormFile("picture")
	if err != nil || head.Size == 0 {
		return domain.Receipt{}, domain.InvalidField("picture", "field.required")
	}
	f, err := head.Open()
	if err != nil {
		return domain.Receipt{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		return domain.Receipt{}, err
	}
	picture, err := photos.Read(ctx, body)
	if err != nil {
		return domain.Receipt{}, asField("picture", err)
	}
	file := store.NewID()
	if err := photos.Save(ctx, a.Photos, file, picture); err != nil {
		return domain.Receipt{}, err
	}
	r, err := a.Store.PictureTemplateItem(ctx, act, id, code, file)
	if e, refused := domain.AsError(err); refused && settled(e) || r.Repeated {
		a.erase(ctx, file) // no row names these files
	}
	return r, err
}

// asField puts a refusal beside a field.
func asField(field string, err error) error {
	var e *domain.Error
	if errors.As(err, &e) && (e.Code == domain.CodeInvalid || e.Code == domain.CodeConflict) {
		return &domain.Error{Code: domain.CodeInvalid, Key: "error.invalid", Fields: []domain.FieldError{{Field: field, Key: e.Key, Args: e.Args}}}
	}
	return err
}

// DropTemplatePicture is DELETE /templates/{id}/items/{code}/picture.
func (a *App) DropTemplatePicture(c *fiber.Ctx) error {
	return a.codeAct(c, func(act domain.Act, id, code string) (domain.Receipt, error) {
		return a.Store.PictureTemplateItem(c.UserContext(), act, id, code, "")
	})
}

// TemplatePicture is GET /templates/pictures/{file}, as large as it is kept.
func (a *App) TemplatePicture(c *fiber.Ctx) error { return a.sendTemplatePicture(c, false) }

// TemplateThumb is GET /templates/pictures/{file}/thumb.
func (a *App) TemplateThumb(c *fiber.Ctx) error { return a.sendTemplatePicture(c, true) }

func (a *App) sendTemplatePicture(c *fiber.Ctx, small bool) error {
	ctx, file := c.UserContext(), c.Params("file")
	if !plainID(file) {
		return domain.ErrNotFound
	}
	if err := a.Store.TemplatePicture(ctx, file); err != nil {
		return err
	}
	body, err := photos.Load(ctx, a.Photos, file, small)
	if err != nil {
		return err
	}
	c.Set("Content-Security-Policy", photoCSP)
	c.Set(fiber.HeaderCacheControl, "private, max-age=86400, immutable")
	c.Set(fiber.HeaderContentType, "image/jpeg")
	return c.Send(body)
}

// PreviewTemplate is GET /templates/{id}/preview: what an event of that level that
// starts tomorrow at that time would get.
func (a *App) PreviewTemplate(c *fiber.Ctx) error {
	v, list, err := a.Store.TemplateVersion(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	p, err := a.templatePage(c, "template.preview")
	if err != nil {
		return err
	}
	x := views.TemplatePreviewPage{Page: p, Version: *v, Level: c.Query("level", "2"), At: domain.Clean(c.Query("at", "09:00"), false)}
	if !slices.Contains(domain.Levels, x.Level) {
		x.Level = "2"
	}
	at, err := time.ParseInLocation("15:04", x.At, a.Loc)
	if err != nil {
		x.Errors = views.Errors{"at": p.T("template.clock_form")}
		c.Status(fiber.StatusUnprocessableEntity)
	} else {
		level, _ := strconv.Atoi(x.Level)
		x.Event = previewEvent(p.Now.In(a.Loc).AddDate(0, 0, 1), at, level)
		if x.Items, err = domain.ItemsFor(list, x.Event, a.Loc, p.Now.AddDate(0, 0, -7), store.NewID); err != nil {
			return err
		}
		byTime(x.Items)
	}
	return show(c, fiber.Map{"version": v, "event": x.Event, "items": x.Items}, views.TemplatePreview(x))
}

// previewEvent asks for all that an event can ask for: two hours, guests half an hour before.
func previewEvent(day, at time.Time, level int) *domain.Event {
	start := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, day.Location()).UTC()
	arrival, pause := start.Add(-30*time.Minute), start.Add(time.Hour)
	return &domain.Event{Level: level, ArrivalAt: &arrival, StartAt: start, EndAt: start.Add(2 * time.Hour), BreakAt: &pause, Photo: true, Recording: true}
}

// byTime sorts items as a day runs; those without a time come last.
func byTime(items []domain.Item) {
	slices.SortStableFunc(items, func(x, y domain.Item) int {
		switch {
		case x.DueAt == nil && y.DueAt == nil:
			return 0
		case x.DueAt == nil:
			return 1
		case y.DueAt == nil:
			return -1
		}
		return x.DueAt.Compare(*y.DueAt)
	})
}

// EventTemplate is GET /events/{id}/template: what the newest version would change there.
func (a *App) EventTemplate(c *fiber.Ctx) error {
	e, v := event(c)
	p, err := a.page(c, "events", "template.event_title", "event", e.Name)
	if err != nil {
		return err
	}
	topic := domain.EventTopic(e.ID)
	watch(&p, ViewEvent, lookOf(c), topic)
	p.Caps = capabilities(v, e.Secrecy)
	u, err := a.Store.PlanTemplate(c.UserContext(), e)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "update": u}, views.TemplateUpdateView(views.TemplateUpdatePage{Page: p, Event: *e, Update: u, May: v.Can(domain.RightEventRun, e.Secrecy)}))
}

// UpdateEventTemplate is PUT /events/{id}/template: number is the version that was looked at.
func (a *App) UpdateEventTemplate(c *fiber.Ctx) error {
	number, err := wholeNumber(c.FormValue("number"))
	if err != nil {
		return domain.InvalidField("number", "field.choose")
	}
	return a.onward(c, "/events/"+c.Params("id"), func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UpdateTemplate(c.UserContext(), act, id, number)
	})
}

// Propose is POST /items/{id}/proposal.
func (a *App) Propose(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := a.Store.Propose(c.UserContext(), act, id, c.FormValue("reason"))
		if err == nil && wantsJSON(c) {
			c.Status(fiber.StatusCreated)
		}
		return r, err
	})
}

// AnswerProposal is PUT /proposals/{id}/answer: state is taken or declined.
func (a *App) AnswerProposal(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.AnswerProposal(c.UserContext(), act, id, domain.ProposalState(c.FormValue("state")), c.FormValue("reason"))
	})
}
