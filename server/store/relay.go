package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"huiwu/server/domain"
)

// legs is the route of a locked event.
func (tx *Tx) legs(ctx context.Context, eventID string) (domain.Legs, error) {
	posts, err := postsOf(ctx, tx, eventID)
	return domain.LegsOf(posts), err
}

// guestsMoved draws what follows from guests having gone on: the first at the
// gate is the arrival, before its time the commander has to decide, and cues go off.
func (tx *Tx) guestsMoved(ctx context.Context, e *domain.Event, moved []domain.Guest) error {
	arrived := slices.ContainsFunc(moved, func(g domain.Guest) bool { return g.Position.Arrived() })
	if arrived && e.ActualArrivalAt == nil {
		e.ActualArrivalAt = &tx.At
		if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.arrived", New: clockP(e.ActualArrivalAt, tx.s.Loc)}); err != nil {
			return err
		}
		if early := e.EarlyBy(tx.At); early > 0 && e.Status.Working() {
			e.EarlyAt = &tx.At
			if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.early", New: strconv.Itoa(int(early.Round(time.Minute) / time.Minute))}); err != nil {
				return err
			}
			if err := tx.fireCause(ctx, e.ID, domain.CauseEarly); err != nil {
				return err
			}
		}
	}
	return tx.fireMoved(ctx, e.ID, moved)
}

// Vehicles lists an event's cars in the order of their arrival, without the struck.
func (s *Store) Vehicles(ctx context.Context, eventID string) ([]domain.Vehicle, error) {
	var list []domain.Vehicle
	err := s.withNeed(s.read.NewSelect().Model(&list).ColumnExpr("vehicle.*"), "vehicle").Where("event_id = ? AND NOT struck", eventID).OrderExpr("CASE WHEN arrives = 0 THEN 1000 ELSE arrives END, plate").Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// AddVehicle puts a car on an event's list and has its bay kept. Needs RightGuestsEdit.
func (s *Store) AddVehicle(ctx context.Context, act domain.Act, eventID string, v domain.Vehicle) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightGuestsEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() || e.ErasedAt != nil {
			return domain.Conflict("event.over")
		}
		if err := v.Validate(); err != nil {
			return err
		}
		if v.ID == "" {
			v.ID = NewID()
		}
		v.EventID, v.State, v.StateAt, v.CreatedAt, v.Struck = eventID, domain.VehicleExpected, tx.At, tx.Now, false
		v.Seq = tx.Next(domain.EventTopic(eventID))
		if _, err := tx.NewInsert().Model(&v).Exec(ctx); err != nil {
			return taken(err, "plate", "vehicle.taken")
		}
		tx.recordVehicle(&v, domain.Change{Verb: "vehicle.added", New: v.Bay})
		if err := tx.keepBays(ctx, e); err != nil {
			return err
		}
		tx.Receipt.Created = v.ID
		return nil
	})
}

// bayBefore is when a bay must be kept and coned: X2 of the templates.
const bayBefore = 80 * time.Minute

// keepBays gives the guards one item for each bay that is promised to a car,
// once: cones out, sign up (J.5.1.3e).
func (tx *Tx) keepBays(ctx context.Context, e *domain.Event) error {
	if !e.Status.Working() || e.Status == domain.EventLive || e.Status == domain.EventClearing || e.Status == domain.EventReleased {
		return nil
	}
	var cars []domain.Vehicle
	if err := tx.NewSelect().Model(&cars).Where("event_id = ? AND NOT struck AND bay IS NOT NULL", e.ID).OrderExpr("bay").Scan(ctx); err != nil || len(cars) == 0 {
		return err
	}
	items, err := tx.items(ctx, e.ID)
	if err != nil {
		return err
	}
	due := e.Arrival().Add(-bayBefore)
	for k := range cars {
		zh := fmt.Sprintf("车位 %s 预留、摆锥桶（%s）", cars[k].Bay, cars[k].Plate)
		if slices.ContainsFunc(items, func(i domain.Item) bool { return i.Zh == zh }) {
			continue
		}
		at := due
		in := &domain.Item{Crew: domain.CrewSEC, Phase: domain.PhasePre, Zh: zh, En: fmt.Sprintf("Keep bay %s with cones (%s)", cars[k].Bay, cars[k].Plate), DueAt: &at, Clauses: "J.5.1.3e"}
		if err := tx.addItem(ctx, e, in); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) recordVehicle(v *domain.Vehicle, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Label = domain.EventTopic(v.EventID), v.EventID, "vehicle:"+v.ID, v.Plate
	tx.Record(c)
}

// changeVehicle locks a car's event and loads it through the person's rights; fn
// returns the log row, or nil when nothing changed.
func (s *Store) changeVehicle(ctx context.Context, act domain.Act, id string, right domain.Right, fn func(ctx context.Context, tx *Tx, e *domain.Event, v *domain.Vehicle) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "vehicles", "id", id); err != nil {
			return err
		}
		v := new(domain.Vehicle)
		if err := tx.NewSelect().Model(v).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		e, viewer, err := eventOnly(ctx, tx, act.Person, v.EventID)
		if err != nil {
			return err
		}
		switch {
		case !viewer.Can(domain.RightGuestsSee, e.Secrecy):
			return domain.ErrNotFound
		case !viewer.Can(right, e.Secrecy):
			return domain.ErrForbidden
		case e.Status.Over(), right == domain.RightGuestsEdit && e.NamesHidden(tx.Now): // a form would bring masked plates back
			return domain.Conflict("event.over")
		}
		tx.Receipt.Subjects = []string{"vehicle:" + id}
		c, err := fn(ctx, tx, e, v)
		if err != nil || c == nil {
			return err
		}
		v.Seq = tx.Next(domain.EventTopic(e.ID))
		if _, err := tx.NewUpdate().Model(v).WherePK().Exec(ctx); err != nil {
			return taken(err, "plate", "vehicle.taken")
		}
		tx.recordVehicle(v, *c)
		return nil
	})
}

// UpdateVehicle changes the typed fields. Needs RightGuestsEdit.
func (s *Store) UpdateVehicle(ctx context.Context, act domain.Act, id string, in domain.Vehicle) (domain.Receipt, error) {
	return s.changeVehicle(ctx, act, id, domain.RightGuestsEdit, func(_ context.Context, _ *Tx, _ *domain.Event, v *domain.Vehicle) (*domain.Change, error) {
		if err := in.Validate(); err != nil {
			return nil, err
		}
		old := *v
		v.Plate, v.Kind, v.Bay, v.Driver, v.Phone, v.Arrives, v.Leaves = in.Plate, in.Kind, in.Bay, in.Driver, in.Phone, in.Arrives, in.Leaves
		if *v == old {
			return nil, nil
		}
		return &domain.Change{Verb: "vehicle.changed", Old: old.Plate + " " + old.Bay, New: v.Plate + " " + v.Bay}, nil
	})
}

// StrikeVehicle takes a car off the list.
func (s *Store) StrikeVehicle(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeVehicle(ctx, act, id, domain.RightGuestsEdit, func(_ context.Context, _ *Tx, _ *domain.Event, v *domain.Vehicle) (*domain.Change, error) {
		if v.Struck {
			return nil, nil
		}
		v.Struck = true
		return &domain.Change{Verb: "vehicle.struck"}, nil
	})
}

// MoveVehicle puts a car into a state. At the gate, at the drop-off and when it
// is gone it takes its guests along, those who are not further already. Needs
// RightGuestsMove.
func (s *Store) MoveVehicle(ctx context.Context, act domain.Act, id string, to domain.VehicleState) (domain.Receipt, error) {
	return s.changeVehicle(ctx, act, id, domain.RightGuestsMove, func(ctx context.Context, tx *Tx, e *domain.Event, v *domain.Vehicle) (*domain.Change, error) {
		if tx.overtaken(v.StateAt) {
			tx.Receipt.Notice = "act.overtaken"
			return &domain.Change{Verb: "vehicle.overtaken", Old: string(v.State), New: string(to)}, nil
		}
		old := v.State
		changed, err := v.MoveTo(to, domain.Doing{By: personID(act), At: tx.At})
		if err != nil || !changed {
			return nil, err
		}
		if step := to.Carries(); step != "" && old.Index() < to.Index() {
			if err := tx.carry(ctx, e, v.Plate, step); err != nil {
				return nil, err
			}
		}
		return &domain.Change{Verb: "vehicle.moved", Old: string(old), New: string(to)}, nil
	})
}

// carry moves the guests of a plate on to a step.
func (tx *Tx) carry(ctx context.Context, e *domain.Event, plate string, to domain.Position) error {
	var guests []domain.Guest
	if err := tx.NewSelect().Model(&guests).Where("event_id = ? AND plate = ? AND NOT struck", e.ID, plate).OrderExpr("sort").Scan(ctx); err != nil {
		return err
	}
	legs, err := tx.legs(ctx, e.ID)
	if err != nil {
		return err
	}
	var moved []domain.Guest
	for k := range guests {
		g := &guests[k]
		old := g.Position
		if old.Index() >= to.Index() || tx.At.Before(g.PositionAt) {
			continue
		}
		if to == domain.PositionLeft && !old.Arrived() {
			continue // who never came does not leave
		}
		if _, err := g.MoveTo(to, domain.Doing{By: personID(tx.Act), At: tx.At}); err != nil {
			return err
		}
		g.Expect(legs)
		if err := tx.saveGuest(ctx, g, domain.Change{Verb: "guest.moved", Old: string(old), New: string(to), Lot: plate}); err != nil {
			return err
		}
		moved = append(moved, *g)
		tx.Receipt.Subjects = append(tx.Receipt.Subjects, "guest:"+g.ID)
	}
	return tx.guestsMoved(ctx, e, moved)
}

// UndoVehicle takes a car's last move back; its guests are moved back by hand.
func (s *Store) UndoVehicle(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeVehicle(ctx, act, id, domain.RightGuestsMove, func(_ context.Context, tx *Tx, _ *domain.Event, v *domain.Vehicle) (*domain.Change, error) {
		old := v.State
		if tx.overtaken(v.StateAt) {
			return nil, nil
		}
		if changed, err := v.Back(domain.Doing{By: personID(act), At: tx.At}); err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "vehicle.move_undone", Old: string(old), New: string(v.State)}, nil
	})
}

// Lifts lists the building's lifts.
func (s *Store) Lifts(ctx context.Context) ([]domain.Lift, error) {
	var list []domain.Lift
	err := s.read.NewSelect().Model(&list).OrderExpr("sort, name").Scan(ctx)
	return list, asPerson(err)
}

// AddLift makes a lift known.
func (s *Store) AddLift(ctx context.Context, act domain.Act, name string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		if name = domain.Clean(name, false); name == "" {
			return domain.InvalidField("name", "field.required")
		} else if len([]rune(name)) > 20 {
			return domain.InvalidField("name", "field.too_long", "max", "20")
		}
		l := &domain.Lift{ID: NewID(), Name: name, State: domain.LiftNormal, StateAt: tx.At, Seq: tx.Next(domain.TopicFloor)}
		if err := tx.NewSelect().TableExpr("lifts").ColumnExpr("COALESCE(MAX(sort), 0) + 1").Scan(ctx, &l.Sort); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(l).Exec(ctx); err != nil {
			if isUnique(err) {
				return domain.InvalidField("name", "lift.taken")
			}
			return err
		}
		tx.Receipt.Created = l.ID
		tx.recordLift(l, domain.Change{Verb: "lift.added"})
		return nil
	})
}

func (tx *Tx) recordLift(l *domain.Lift, c domain.Change) {
	c.Topic, c.Subject, c.Label = domain.TopicFloor, "lift:"+l.ID, l.Name
	tx.Record(c)
}

// SetLift notes what the control room sees of a lift. A fault, and people shut
// in, are told to the engineers and the command of the events of now.
func (s *Store) SetLift(ctx context.Context, act domain.Act, id string, state domain.LiftState, note string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		l := new(domain.Lift)
		if err := tx.NewSelect().Model(l).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		tx.Receipt.Subjects = []string{"lift:" + id}
		if tx.overtaken(l.StateAt) {
			tx.Receipt.Notice = "act.overtaken"
			return nil
		}
		old := l.State
		changed, err := l.Become(state, note, domain.Doing{By: personID(act), At: tx.At})
		if err != nil || !changed {
			return err
		}
		l.Seq = tx.Next(domain.TopicFloor)
		if _, err := tx.NewUpdate().Model(l).WherePK().Exec(ctx); err != nil {
			return err
		}
		tx.recordLift(l, domain.Change{Verb: "lift.state", Old: string(old), New: string(l.State), Note: l.Note})
		if !l.State.Alarming() || old == l.State {
			return nil
		}
		return tx.tellLift(ctx, l)
	})
}

// tellLift: who works at two events is told once, and people are locked in one
// go, in the order of their ids.
func (tx *Tx) tellLift(ctx context.Context, l *domain.Lift) error {
	events, err := eventsOfNow(ctx, tx, tx.Now)
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e domain.Event) bool { return !e.CallsNow(tx.Now, tx.s.Loc) })
	var rows []domain.Notice
	for k := range events {
		more, err := tx.noticesOf(ctx, &events[k], []domain.Trigger{domain.LiftTrigger(&events[k], l)})
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	if err := tx.addNotices(ctx, rows); err != nil {
		return err
	}
	for k := range events {
		if err := tx.tellChannels(ctx, &events[k], []domain.Trigger{domain.LiftTrigger(&events[k], l)}); err != nil {
			return err
		}
	}
	return nil
}
