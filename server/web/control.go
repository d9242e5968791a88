package web

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/views"
)

// Vehicles is GET /events/{id}/vehicles.
func (a *App) Vehicles(c *fiber.Ctx) error {
	e, v := event(c)
	p, err := a.page(c, "events", "vehicles.title", "event", e.Name)
	if err != nil {
		return err
	}
	watch(&p, ViewVehicles, lookOf(c), domain.EventTopic(e.ID))
	p.Caps = capabilities(v, e.Secrecy)
	if err := a.need(c, &p, domain.LookVehicles); err != nil {
		return err
	}
	cars, err := a.Store.Vehicles(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	guests, err := a.Store.Guests(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	return show(c, fiber.Map{"event": e, "vehicles": cars}, views.Vehicles(views.VehiclesPage{Page: p, Event: *e, Vehicles: cars, Guests: guests}))
}

func vehicleDraft(c *fiber.Ctx) (domain.Vehicle, error) {
	var in views.VehicleInput
	if err := c.BodyParser(&in); err != nil {
		return domain.Vehicle{}, errBadRequest
	}
	v := domain.Vehicle{Plate: in.Plate, Kind: in.Kind, Bay: in.Bay, Driver: in.Driver, Phone: in.Phone}
	var bad domain.Invalid
	var err error
	if v.Arrives, err = wholeNumber(in.Arrives); err != nil {
		bad.Add("arrives", "vehicle.order_range")
	}
	if v.Leaves, err = wholeNumber(in.Leaves); err != nil {
		bad.Add("leaves", "vehicle.order_range")
	}
	return v, bad.Err()
}

// AddVehicle is POST /events/{id}/vehicles.
func (a *App) AddVehicle(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		v, err := vehicleDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.AddVehicle(c.UserContext(), act, id, v)
	})
}

// UpdateVehicle is PUT /vehicles/{id}.
func (a *App) UpdateVehicle(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		v, err := vehicleDraft(c)
		if err != nil {
			return domain.Receipt{}, err
		}
		return a.Store.UpdateVehicle(c.UserContext(), act, id, v)
	})
}

// StrikeVehicle is DELETE /vehicles/{id}.
func (a *App) StrikeVehicle(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.StrikeVehicle(c.UserContext(), act, id)
	})
}

// MoveVehicle is PUT /vehicles/{id}/state.
func (a *App) MoveVehicle(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.MoveVehicle(c.UserContext(), act, id, domain.VehicleState(c.FormValue("state")))
	})
}

// UndoVehicle is DELETE /vehicles/{id}/state.
func (a *App) UndoVehicle(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.UndoVehicle(c.UserContext(), act, id)
	})
}

// vehicles: the changed rows and the sums; guests who moved change their cars' rows.
func (f *eventView) vehicles(ids []string) error {
	cars, err := f.Store.Vehicles(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	guests, err := f.Store.Guests(f.ctx, f.e.ID)
	if err != nil {
		return err
	}
	for k := range cars {
		f.add(views.VehicleRow(f.v, &cars[k], domain.RidersOf(&cars[k], guests)))
	}
	f.gone("vehicle", ids, func(id string) bool {
		return slices.ContainsFunc(cars, func(v domain.Vehicle) bool { return v.ID == id })
	})
	f.add(views.VehicleSums(f.v, f.e, cars))
	return nil
}

// Control is GET /control: the visitors of all events of now, and the lifts.
func (a *App) Control(c *fiber.Ctx) error {
	p, err := a.page(c, "lobby", "control.title")
	if err != nil {
		return err
	}
	lifts, err := a.Store.Lifts(c.UserContext())
	if err != nil {
		return err
	}
	now := a.Store.Now()
	heads, events, err := a.myEvents(c, now.Add(-6*time.Hour), now.Add(6*time.Hour))
	if err != nil {
		return err
	}
	floor, err := a.Store.Heads(c.UserContext(), []domain.Topic{domain.TopicFloor})
	if err != nil {
		return err
	}
	heads[domain.TopicFloor] = floor[domain.TopicFloor]
	page := views.ControlPage{Page: p, Lifts: lifts}
	topics := []domain.Topic{domain.TopicFloor}
	caps := map[string]bool{}
	var shown []domain.Event
	for k := range events {
		e := &events[k]
		if !followed(e) || len(topics) >= maxTopics-1 {
			continue
		}
		topics = append(topics, domain.EventTopic(e.ID))
		if err := a.looked(c, &e.Event, domain.LookControl); err != nil {
			return err
		}
		shown = append(shown, e.Event)
		for _, class := range capabilities(e.Viewer, e.Secrecy) {
			caps[class] = true
		}
	}
	if page.Events, err = a.controlEvents(c.UserContext(), shown...); err != nil {
		return err
	}
	for class := range caps {
		page.Caps = append(page.Caps, class)
	}
	slices.Sort(page.Caps)
	watch(&page.Page, ViewControl, heads, topics...)
	return show(c, fiber.Map{"lifts": lifts, "events": page.Events}, views.Control(page))
}

// followed tells an event whose guests the control room follows.
func followed(e *store.EventSummary) bool {
	return e.Status.Working() && e.Status != domain.EventReleased && e.Counts.Total > 0 && e.Viewer.Can(domain.RightGuestsSee, e.Secrecy)
}

// controlEvents are the cards of those events: four queries, however many.
func (a *App) controlEvents(ctx context.Context, events ...domain.Event) ([]views.ControlEvent, error) {
	ids := make([]string, len(events))
	for k := range events {
		ids[k] = events[k].ID
	}
	guests, parties, err := a.guestsByEvent(ctx, ids...)
	if err != nil {
		return nil, err
	}
	cues, err := a.Store.Cues(ctx, ids...)
	if err != nil {
		return nil, err
	}
	sweeps, err := a.Store.ItemsByTemplate(ctx, "V5", ids...)
	if err != nil {
		return nil, err
	}
	cards := make([]views.ControlEvent, len(events))
	for k, id := range ids {
		card := &cards[k]
		card.Event, card.Parties, card.Counts = events[k], group(parties[id], guests[id]), domain.CountGuests(guests[id])
		for _, cue := range cues {
			if cue.EventID == id {
				card.Cues = append(card.Cues, cue)
			}
		}
		if n := slices.IndexFunc(sweeps, func(i domain.Item) bool { return i.EventID == id }); n >= 0 {
			card.Sweep = &sweeps[n]
		}
	}
	return cards, nil
}

// AddLift is POST /lifts.
func (a *App) AddLift(c *fiber.Ctx) error {
	act, err := a.act(c)
	if err != nil {
		return err
	}
	r, err := a.Store.AddLift(c.UserContext(), act, c.FormValue("name"))
	a.forgetNames()
	return a.reply(c, r, err)
}

// SetLift is PUT /lifts/{id}/state.
func (a *App) SetLift(c *fiber.Ctx) error {
	return a.itemAct(c, func(act domain.Act, id string) (domain.Receipt, error) {
		return a.Store.SetLift(c.UserContext(), act, id, domain.LiftState(c.FormValue("state")), c.FormValue("note"))
	})
}
