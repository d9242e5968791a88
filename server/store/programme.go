package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

func functionsOf(ctx context.Context, db bun.IDB, eventIDs ...string) ([]domain.Function, error) {
	var list []domain.Function
	if err := db.NewSelect().Model(&list).Where("event_id IN (?) AND NOT struck", bun.List(eventIDs)).Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	domain.SortFunctions(list)
	var ids []string
	for k := range list {
		if list[k].RoomID != "" {
			ids = append(ids, list[k].RoomID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	var rooms []domain.Room
	if err := db.NewSelect().Model(&rooms).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	for k := range list {
		if n := slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == list[k].RoomID }); n >= 0 {
			list[k].Room = &rooms[n]
		}
	}
	return list, nil
}

// Functions are the parts of events in the order of the day, with their rooms: two queries.
func (s *Store) Functions(ctx context.Context, eventIDs ...string) ([]domain.Function, error) {
	list, err := functionsOf(ctx, s.read, eventIDs...)
	return list, asPerson(err)
}

func agendaOf(ctx context.Context, db bun.IDB, eventID string) ([]domain.AgendaItem, error) {
	var list []domain.AgendaItem
	err := db.NewSelect().Model(&list).Where("event_id = ? AND NOT struck", eventID).Scan(ctx)
	domain.SortAgenda(list)
	return list, err
}

// Agenda is the event's agenda in the order of the day.
func (s *Store) Agenda(ctx context.Context, eventID string) ([]domain.AgendaItem, error) {
	list, err := agendaOf(ctx, s.read, eventID)
	return list, asPerson(err)
}

// bookFunctions refuses an event's functions in rooms that are not to be had at their
// time. It is to functions what bookRooms is to the event's own rooms.
func (tx *Tx) bookFunctions(ctx context.Context, e *domain.Event) error {
	list, err := functionsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	parts := make([]*domain.Function, len(list))
	for k := range list {
		parts[k] = &list[k]
	}
	return tx.bookParts(ctx, e, parts)
}

func (tx *Tx) bookParts(ctx context.Context, e *domain.Event, parts []*domain.Function) error {
	parts = slices.DeleteFunc(slices.Clone(parts), func(f *domain.Function) bool { return f.RoomID == "" })
	if len(parts) == 0 || e.Status == domain.EventCancelled {
		return nil
	}
	wants := make([]domain.Use, 0, len(parts))
	for _, f := range parts {
		wants = append(wants, domain.Use{RoomID: f.RoomID, Start: f.StartAt, End: f.EndAt})
	}
	rooms, err := tx.lockRooms(ctx, "room_id", wants)
	if err != nil {
		return err
	}
	return tx.roomsFree(ctx, e, "room_id", rooms, wants)
}

// shiftProgramme moves functions and agenda with the start of their event, and asks
// again for the rooms.
func (tx *Tx) shiftProgramme(ctx context.Context, e *domain.Event, by time.Duration) error {
	if by == 0 {
		return nil
	}
	functions, err := functionsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	parts := make([]*domain.Function, len(functions))
	for k := range functions {
		f := &functions[k]
		f.StartAt, f.EndAt, parts[k] = f.StartAt.Add(by), f.EndAt.Add(by), f
		if err := tx.saveFunction(ctx, f, domain.Change{Verb: "function.moved", Minor: true}); err != nil {
			return err
		}
	}
	if err := tx.bookParts(ctx, e, parts); err != nil {
		return roomsField(err)
	}
	agenda, err := agendaOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	for k := range agenda {
		agenda[k].StartAt = agenda[k].StartAt.Add(by)
		if err := tx.saveLine(ctx, &agenda[k], domain.Change{Verb: "agenda.moved", Minor: true}); err != nil {
			return err
		}
	}
	return nil
}

// copyProgramme gives a copied event the functions and agenda of its source, each as
// long after the start; without rooms the functions have none either.
func (tx *Tx) copyProgramme(ctx context.Context, from, to *domain.Event, by time.Duration, rooms bool) error {
	functions, err := functionsOf(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	topic := domain.EventTopic(to.ID)
	parts := make([]*domain.Function, len(functions))
	for k := range functions {
		f := &functions[k]
		f.ID, f.EventID, f.CreatedAt, f.StartAt, f.EndAt = NewID(), to.ID, tx.Now, f.StartAt.Add(by), f.EndAt.Add(by)
		if !rooms {
			f.RoomID = ""
		}
		parts[k], f.Seq = f, tx.Next(topic)
		if _, err := tx.NewInsert().Model(f).Exec(ctx); err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: topic, EventID: to.ID, Subject: "function:" + f.ID, Verb: "function.added", Label: f.Name, New: clocks(f.StartAt, f.EndAt, tx.s.Loc), Minor: true})
	}
	if err := tx.bookParts(ctx, to, parts); err != nil {
		return roomsField(err)
	}
	agenda, err := agendaOf(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	for k := range agenda {
		a := &agenda[k]
		a.ID, a.EventID, a.CreatedAt, a.StartAt, a.Seq = NewID(), to.ID, tx.Now, a.StartAt.Add(by), tx.Next(topic)
		if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: topic, EventID: to.ID, Subject: "agenda:" + a.ID, Verb: "agenda.added", Label: a.Title, New: clocks(a.StartAt, a.EndAt(), tx.s.Loc), Minor: true})
	}
	return nil
}

// roomsField says beside the event's own rooms what is wrong with a function's.
func roomsField(err error) error {
	if refusal, ok := domain.AsError(err); ok {
		for k := range refusal.Fields {
			refusal.Fields[k].Field = "rooms"
		}
	}
	return err
}

func (tx *Tx) saveFunction(ctx context.Context, f *domain.Function, c domain.Change) error {
	topic := domain.EventTopic(f.EventID)
	f.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(f).WherePK().Exec(ctx); err != nil {
		return foreign(err, "room_id")
	}
	c.Topic, c.EventID, c.Subject, c.Label = topic, f.EventID, "function:"+f.ID, f.Name
	tx.Record(c)
	return nil
}

func (tx *Tx) saveLine(ctx context.Context, a *domain.AgendaItem, c domain.Change) error {
	topic := domain.EventTopic(a.EventID)
	a.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(a).WherePK().Exec(ctx); err != nil {
		return err
	}
	c.Topic, c.EventID, c.Subject, c.Label = topic, a.EventID, "agenda:"+a.ID, a.Title
	tx.Record(c)
	return nil
}

// AddFunction puts a part on an event; with a room it holds that room. Needs RightEventEdit.
func (s *Store) AddFunction(ctx context.Context, act domain.Act, eventID string, f domain.Function) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		f := f // a retry begins anew
		others, err := functionsOf(ctx, tx, eventID)
		if err != nil {
			return err
		}
		if len(others) >= domain.FunctionsMost {
			return domain.Conflict("function.too_many", "max", strconv.Itoa(domain.FunctionsMost))
		}
		if err := f.Check(e, others); err != nil {
			return err
		}
		if err := tx.bookParts(ctx, e, []*domain.Function{&f}); err != nil {
			return err
		}
		topic := domain.EventTopic(eventID)
		f.ID, f.EventID, f.CreatedAt, f.Seq, f.Struck = NewID(), eventID, tx.Now, tx.Next(topic), false
		if _, err := tx.NewInsert().Model(&f).Exec(ctx); err != nil {
			return foreign(err, "room_id")
		}
		tx.Receipt.Created = f.ID
		tx.Record(domain.Change{Topic: topic, EventID: eventID, Subject: "function:" + f.ID, Verb: "function.added", Label: f.Name, New: clocks(f.StartAt, f.EndAt, s.Loc)})
		return tx.noteFunction(ctx, e, nil, &f)
	})
}

func clocks(from, till time.Time, loc *time.Location) string {
	return from.In(loc).Format("15:04") + "–" + till.In(loc).Format("15:04")
}

// part is an act on a function or on a line of the agenda.
type part struct {
	tx *Tx
	e  *domain.Event
	v  domain.Viewer
}

// changePart locks the event of the row of that table and judges who acts: he needs RightEventEdit.
func (s *Store) changePart(ctx context.Context, act domain.Act, table, id string, fn func(ctx context.Context, a *part) error) (domain.Receipt, error) {
	return s.changePartBy(ctx, act, table, id, domain.RightEventEdit, fn)
}

func (s *Store) changePartBy(ctx context.Context, act domain.Act, table, id string, right domain.Right, fn func(ctx context.Context, a *part) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, table, "id", id); err != nil {
			return err
		}
		var eventID string
		if err := tx.NewSelect().TableExpr("?", bun.Ident(table)).Column("event_id").Where("id = ?", id).Scan(ctx, &eventID); err != nil {
			return err
		}
		e, v, err := eventFor(ctx, tx, act.Person, eventID)
		switch {
		case err != nil:
			return err
		case !v.Can(right, e.Secrecy):
			return domain.ErrForbidden
		case e.Status.Over():
			return domain.Conflict("event.over")
		}
		return fn(ctx, &part{tx: tx, e: e, v: v})
	})
}

// stale refuses an act on a row that somebody else changed after it was seen: nothing
// is overwritten in silence. seen is the seq of the row on the page, 0 = not said.
func (a *part) stale(ctx context.Context, subject string, seq, seen int64) error {
	if seen == 0 || seen == seq {
		return nil
	}
	var c domain.Change
	err := a.tx.NewSelect().Model(&c).Where("topic = ? AND seq = ?", domain.EventTopic(a.e.ID), seq).Scan(ctx)
	if err != nil {
		return noRows(err)
	}
	a.tx.Receipt.Subjects = []string{subject}
	return domain.Conflict("programme.changed_meanwhile", "name", c.Person, "time", c.ActedAt.In(a.tx.s.Loc).Format("15:04"))
}

// ChangeFunction replaces a function's fields; seen is its seq as the planner saw it.
// Needs RightEventEdit.
func (s *Store) ChangeFunction(ctx context.Context, act domain.Act, id string, to domain.Function, seen int64) (domain.Receipt, error) {
	return s.changePart(ctx, act, "functions", id, func(ctx context.Context, a *part) error {
		list, err := functionsOf(ctx, a.tx, a.e.ID)
		if err != nil {
			return err
		}
		k := slices.IndexFunc(list, func(f domain.Function) bool { return f.ID == id })
		if k < 0 {
			return domain.Conflict("function.struck")
		}
		old := list[k]
		if err := a.stale(ctx, "function:"+id, old.Seq, seen); err != nil {
			return err
		}
		f := to // a retry begins anew
		f.ID, f.EventID, f.CreatedAt, f.Seq, f.Struck, f.Room = id, a.e.ID, old.CreatedAt, old.Seq, false, old.Room
		if err := f.Check(a.e, list); err != nil {
			return err
		}
		if f.StartAt.Equal(old.StartAt) && f.EndAt.Equal(old.EndAt) {
			f.StartAt, f.EndAt = old.StartAt, old.EndAt
		}
		if f == old {
			return nil
		}
		if f.RoomID != old.RoomID || f.StartAt != old.StartAt || f.EndAt != old.EndAt { // what it has already stays its own
			if err := a.tx.bookParts(ctx, a.e, []*domain.Function{&f}); err != nil {
				return err
			}
		}
		if err := a.tx.saveFunction(ctx, &f, domain.Change{Verb: "function.changed", Old: clocks(old.StartAt, old.EndAt, s.Loc), New: clocks(f.StartAt, f.EndAt, s.Loc)}); err != nil {
			return err
		}
		return a.tx.noteFunction(ctx, a.e, &old, &f)
	})
}

// StrikeFunction takes a part off the event; its room is free again. Needs RightEventEdit.
func (s *Store) StrikeFunction(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePart(ctx, act, "functions", id, func(ctx context.Context, a *part) error {
		var f domain.Function
		if err := a.tx.NewSelect().Model(&f).Where("id = ?", id).Scan(ctx); err != nil || f.Struck {
			return err
		}
		old := f
		f.Struck = true
		if err := a.tx.saveFunction(ctx, &f, domain.Change{Verb: "function.struck"}); err != nil {
			return err
		}
		return a.tx.noteFunction(ctx, a.e, &old, &f)
	})
}

// AddAgendaItem puts a line into the agenda; without a start it follows the last
// one. Needs RightEventEdit.
func (s *Store) AddAgendaItem(ctx context.Context, act domain.Act, eventID string, a domain.AgendaItem) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		agenda, err := agendaOf(ctx, tx, eventID)
		if err != nil {
			return err
		}
		if len(agenda) >= domain.AgendaMost {
			return domain.Conflict("agenda.too_many", "max", strconv.Itoa(domain.AgendaMost))
		}
		a := a // a retry begins anew
		if a.StartAt.IsZero() {
			a.StartAt = domain.NextStart(e, agenda)
		}
		if err := a.Check(e); err != nil {
			return err
		}
		topic := domain.EventTopic(eventID)
		a.ID, a.EventID, a.CreatedAt, a.Seq, a.Struck = NewID(), eventID, tx.Now, tx.Next(topic), false
		if _, err := tx.NewInsert().Model(&a).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created = a.ID
		tx.Record(domain.Change{Topic: topic, EventID: eventID, Subject: "agenda:" + a.ID, Verb: "agenda.added", Label: a.Title, New: clocks(a.StartAt, a.EndAt(), s.Loc)})
		return tx.noteAgenda(ctx, e, agenda)
	})
}

// noteAgenda tells the crews that work by an agenda what became of it, once the board of
// its day is out: before, nobody has been told of it, and it is written line by line.
func (tx *Tx) noteAgenda(ctx context.Context, e *domain.Event, was []domain.AgendaItem) error {
	if !e.Status.Working() {
		return nil
	}
	days, err := tx.publishedDays(ctx, e, e)
	if err != nil || len(days) == 0 {
		return err
	}
	now, err := agendaOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	lines := domain.AgendaLines(was, now)
	if len(lines) == 0 {
		return nil
	}
	return tx.noteChange(ctx, e, e, "", lines...)
}

// line finds the line of the agenda that is meant.
func (a *part) line(ctx context.Context, id string) (agenda []domain.AgendaItem, old domain.AgendaItem, err error) {
	agenda, err = agendaOf(ctx, a.tx, a.e.ID)
	if err != nil {
		return nil, old, err
	}
	k := slices.IndexFunc(agenda, func(x domain.AgendaItem) bool { return x.ID == id })
	if k < 0 {
		return nil, old, domain.Conflict("agenda.struck")
	}
	return agenda, agenda[k], nil
}

// saveMoved saves the lines that moved along.
func (a *part) saveMoved(ctx context.Context, agenda []domain.AgendaItem, ids []string) error {
	for k := range agenda {
		if slices.Contains(ids, agenda[k].ID) {
			if err := a.tx.saveLine(ctx, &agenda[k], domain.Change{Verb: "agenda.moved", Minor: true, New: agenda[k].StartAt.In(a.tx.s.Loc).Format("15:04")}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ChangeAgendaItem replaces a line; with follow those after it keep their distance
// to its end. seen is its seq as the planner saw it. Needs RightEventEdit.
func (s *Store) ChangeAgendaItem(ctx context.Context, act domain.Act, id string, to domain.AgendaItem, follow bool, seen int64) (domain.Receipt, error) {
	return s.changePart(ctx, act, "agenda_items", id, func(ctx context.Context, a *part) error {
		agenda, old, err := a.line(ctx, id)
		if err != nil {
			return err
		}
		if err := a.stale(ctx, "agenda:"+id, old.Seq, seen); err != nil {
			return err
		}
		line := to // a retry begins anew
		line.ID, line.EventID, line.CreatedAt, line.Seq, line.Struck = id, a.e.ID, old.CreatedAt, old.Seq, false
		if line.StartAt.IsZero() {
			line.StartAt = old.StartAt
		}
		if err := line.Check(a.e); err != nil {
			return err
		}
		if line.StartAt.Equal(old.StartAt) {
			line.StartAt = old.StartAt
		}
		if line == old {
			return nil
		}
		was := slices.Clone(agenda)
		moved := domain.ChangeLine(agenda, line, follow)
		if err := a.tx.saveLine(ctx, &line, domain.Change{Verb: "agenda.changed", Old: clocks(old.StartAt, old.EndAt(), s.Loc), New: clocks(line.StartAt, line.EndAt(), s.Loc)}); err != nil {
			return err
		}
		if err := a.saveMoved(ctx, agenda, moved); err != nil {
			return err
		}
		return a.tx.noteAgenda(ctx, a.e, was)
	})
}

// MoveAgendaItem lets a line change places with the one before (up) or after it.
// Needs RightEventEdit.
func (s *Store) MoveAgendaItem(ctx context.Context, act domain.Act, id string, up bool) (domain.Receipt, error) {
	return s.changePart(ctx, act, "agenda_items", id, func(ctx context.Context, a *part) error {
		agenda, _, err := a.line(ctx, id)
		if err != nil {
			return err
		}
		was := slices.Clone(agenda)
		if err := a.saveMoved(ctx, agenda, domain.SwapLine(agenda, id, up)); err != nil {
			return err
		}
		return a.tx.noteAgenda(ctx, a.e, was)
	})
}

// StrikeAgendaItem takes a line off the agenda. Needs RightEventEdit.
func (s *Store) StrikeAgendaItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePart(ctx, act, "agenda_items", id, func(ctx context.Context, a *part) error {
		var line domain.AgendaItem
		if err := a.tx.NewSelect().Model(&line).Where("id = ?", id).Scan(ctx); err != nil || line.Struck {
			return err
		}
		was, err := agendaOf(ctx, a.tx, a.e.ID)
		if err != nil {
			return err
		}
		line.Struck = true
		if err := a.tx.saveLine(ctx, &line, domain.Change{Verb: "agenda.struck"}); err != nil {
			return err
		}
		return a.tx.noteAgenda(ctx, a.e, was)
	})
}
