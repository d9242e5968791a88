package web

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/views"
)

func figure(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// inputOf is a form field by its name, a list joined by commas.
func inputOf(in *views.EventInput, name string) string {
	v := fieldOf(in, name)
	switch {
	case !v.IsValid():
		return ""
	case v.Kind() == reflect.Slice:
		list := slices.Clone(v.Interface().([]string))
		slices.Sort(list)
		return strings.Join(list, ",")
	}
	return v.String()
}

func setInput(in *views.EventInput, name, value string) {
	v := fieldOf(in, name)
	switch {
	case !v.IsValid():
	case v.Kind() == reflect.Slice && value == "":
		v.Set(reflect.ValueOf([]string(nil)))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.ValueOf(strings.Split(value, ",")))
	default:
		v.SetString(value)
	}
}

func fieldOf(in *views.EventInput, name string) reflect.Value {
	v := reflect.ValueOf(in).Elem()
	for k := range v.NumField() {
		if v.Type().Field(k).Tag.Get("form") == name {
			return v.Field(k)
		}
	}
	return reflect.Value{}
}

// choose takes the planner's own value for the fields of which he said so.
func choose(c *fiber.Ctx, in *views.EventInput) {
	for _, f := range domain.EventFields {
		if c.FormValue("choose_"+f.Name) == "mine" {
			setInput(in, f.Name, c.FormValue("mine_"+f.Name))
		}
	}
}

// clashForm is the form after a save that left fields out: as the event is now, with both values of those.
func (a *App) clashForm(c *fiber.Ctx, id string, mine views.EventInput, clashes []domain.Clash) error {
	ctx := c.UserContext()
	e, _, err := a.Store.Event(ctx, person(c), id)
	if err != nil {
		return err
	}
	form, err := a.openForm(ctx, e)
	if err != nil {
		return err
	}
	for _, x := range clashes {
		form.Clashes = append(form.Clashes, views.FormClash{Clash: x, Mine: inputOf(&mine, x.Field), Theirs: inputOf(&form.In, x.Field)})
	}
	return a.eventForm(c, form)
}

// suggestion is what the rules say of an event, nil where they say nothing.
func (a *App) suggestion(c *fiber.Ctx, e *domain.Event) (*domain.Suggestion, error) {
	rules, err := a.Store.LevelRules(c.UserContext())
	return domain.Suggest(rules, e), err
}

// SuggestLevel is GET /events/suggestion: the level that the rules give to what
// stands in the form so far.
func (a *App) SuggestLevel(c *fiber.Ctx) error {
	e, _ := a.typedEvent(views.EventInput{
		Type: c.Query("type"), Secrecy: c.Query("secrecy"), Heads: c.Query("heads"), GuestRank: c.Query("guest_rank"), HostRank: c.Query("host_rank"),
	})
	s, err := a.suggestion(c, &e)
	if err != nil {
		return err
	}
	v, err := a.viewCtx(c.UserContext(), locale(c))
	if err != nil {
		return err
	}
	words, why := views.SuggestionWords(v, s)
	return show(c, fiber.Map{"suggestion": s, "words": words, "why": why}, views.LevelSuggestion(v, s))
}

// RegisterSheet is GET /events/{id}/register: the 《会务服务登记表》 on paper, as of one seq.
func (a *App) RegisterSheet(c *fiber.Ctx) error {
	e, v := event(c)
	p, err := a.page(c, "events", "register.title")
	if err != nil {
		return err
	}
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookPaper); err != nil {
		return err
	}
	entries, err := a.registerEntries(c.UserContext(), *e)
	if err != nil {
		return err
	}
	page := views.RegisterPage{Page: p, RegisterEntry: entries[0], Seq: lookOf(c)[domain.EventTopic(e.ID)]}
	if page.Naming != "" && page.Naming != views.NamesShown {
		page.Mask()
	}
	if page.Code, err = drawQR(a.base(c) + "/events/" + e.ID); err != nil {
		return err
	}
	err = show(c, fiber.Map{"event": page.Event, "people": page.People, "functions": page.Functions, "seq": page.Seq}, views.RegisterSheet(page))
	noStore(c)
	return err
}

// registerEntries are events with what the register says of them besides their own fields,
// in a number of queries that does not grow.
func (a *App) registerEntries(ctx context.Context, events ...domain.Event) ([]views.RegisterEntry, error) {
	if len(events) == 0 {
		return nil, nil
	}
	ids := make([]string, len(events))
	for k := range events {
		ids[k] = events[k].ID
	}
	assignments, err := a.Store.Assignments(ctx, ids...)
	if err != nil {
		return nil, err
	}
	people, err := a.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	functions, err := a.Store.Functions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	signed, err := a.Store.Signatures(ctx, ids...)
	if err != nil {
		return nil, err
	}
	entries := make([]views.RegisterEntry, len(events))
	for k := range events {
		r := &entries[k]
		r.Event, r.People = events[k], assignedTo(&events[k], assignments, people)
		for n := range functions {
			if functions[n].EventID == r.Event.ID {
				r.Functions = append(r.Functions, functions[n])
			}
		}
		if s, ok := signed[r.Event.ID]; ok {
			r.Signed = &s
		}
	}
	return entries, nil
}

// SaveFollowUp is PUT /events/{id}/follow-up.
func (a *App) SaveFollowUp(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		f := domain.FollowUp{
			FollowWay: domain.FollowWay(c.FormValue("follow_way")), FollowWith: c.FormValue("follow_with"),
			FollowSaid: c.FormValue("follow_said"), FollowDone: c.FormValue("follow_done"),
		}
		at, err := a.localTime(c, "followed_at")
		if err != nil {
			return domain.Receipt{}, err
		}
		if !at.IsZero() {
			f.FollowedAt = &at
		}
		return a.Store.SaveFollowUp(c.UserContext(), act, id, f)
	})
}

// Levels is GET /settings/levels: the rules by which levels are suggested.
func (a *App) Levels(c *fiber.Ctx) error {
	p, err := a.page(c, "people", "levels.title")
	if err != nil {
		return err
	}
	p.View = "event-form"
	rules, err := a.Store.LevelRules(c.UserContext())
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"rules": rules}, views.Levels(views.LevelsPage{Page: p, Rules: rules}))
}

func levelRule(c *fiber.Ctx) (domain.LevelRule, error) {
	r := domain.LevelRule{
		GuestRank: domain.GuestRank(c.FormValue("guest_rank")), HostRank: domain.HostRank(c.FormValue("host_rank")),
		Type: c.FormValue("type"), Secrecy: domain.Secrecy(c.FormValue("secrecy")),
	}
	var bad domain.Invalid
	var err error
	if r.HeadsOver, err = wholeNumber(c.FormValue("heads_over")); err != nil {
		bad.Add("heads_over", "event.heads_range")
	}
	if r.Gives, err = wholeNumber(c.FormValue("gives")); err != nil {
		bad.Add("gives", "event.level_range")
	}
	return r, bad.Err()
}

// AddLevelRule is POST /settings/levels.
func (a *App) AddLevelRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, _ string) (domain.Receipt, error) {
		r, err := levelRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddLevelRule(c.UserContext(), act, r)
	})
}

// ChangeLevelRule is PUT /settings/levels/{id}.
func (a *App) ChangeLevelRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		r, err := levelRule(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.ChangeLevelRule(c.UserContext(), act, id, r)
	})
}

// MoveLevelRule is PUT /settings/levels/{id}/position: one place up.
func (a *App) MoveLevelRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MoveLevelRule(c.UserContext(), act, id)
	})
}

// DeleteLevelRule is DELETE /settings/levels/{id}.
func (a *App) DeleteLevelRule(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.DeleteLevelRule(c.UserContext(), act, id)
	})
}
