package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Items lists an event's items in the order of lists. The caller has loaded
// the event through the person's rights.
func (s *Store) Items(ctx context.Context, eventID string) ([]domain.Item, error) {
	var list []domain.Item
	if err := selectItems(s.read, &list).Where("event_id = ?", eventID).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	if err := withPhotos(ctx, s.read, list); err != nil {
		return nil, asPerson(err)
	}
	domain.SortItems(list)
	return list, nil
}

// ItemsByID loads the present state of those items; unknown ids are left out.
func (s *Store) ItemsByID(ctx context.Context, ids []string) ([]domain.Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var list []domain.Item
	if err := selectItems(s.read, &list).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	if err := withPhotos(ctx, s.read, list); err != nil {
		return nil, asPerson(err)
	}
	domain.SortItems(list)
	return list, nil
}

// ItemsByTemplate are the items of events that were made from that template item, whatever their state.
func (s *Store) ItemsByTemplate(ctx context.Context, template string, eventIDs ...string) ([]domain.Item, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Item
	err := selectItems(s.read, &list).Where("event_id IN (?) AND template_id = ?", bun.List(eventIDs), template).Scan(ctx)
	return list, asPerson(err)
}

// ItemsOfEvents lists the items of several events that somebody still has to
// do something about: open, to redo, blocked, or waiting for acceptance.
func (s *Store) ItemsOfEvents(ctx context.Context, eventIDs []string) ([]domain.Item, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Item
	err := selectItems(s.read, &list).Where("event_id IN (?) AND status IN ('open','rejected','blocked','submitted')", bun.List(eventIDs)).Scan(ctx)
	if err == nil {
		err = withPhotos(ctx, s.read, list)
	}
	return list, asPerson(err)
}

// Item loads one item with its event through the person's rights.
func (s *Store) Item(ctx context.Context, p *domain.Person, id string) (*domain.Item, *domain.Event, domain.Viewer, error) {
	i := new(domain.Item)
	if err := s.read.NewSelect().Model(i).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, nil, domain.Viewer{}, asPerson(err)
	}
	e, v, err := eventFor(ctx, s.read, p, i.EventID)
	if err != nil {
		return nil, nil, v, asPerson(err)
	}
	return i, e, v, nil
}

func (tx *Tx) items(ctx context.Context, eventID string) ([]domain.Item, error) {
	var list []domain.Item
	err := selectItems(tx, &list).Where("event_id = ?", eventID).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// saveItem writes an item with the seq of the change that follows and records it.
func (tx *Tx) saveItem(ctx context.Context, e *domain.Event, i *domain.Item, c domain.Change) error {
	topic := domain.EventTopic(e.ID)
	i.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(i).WherePK().Exec(ctx); err != nil {
		return err
	}
	tx.recordItem(topic, i, c)
	return nil
}

func (tx *Tx) recordItem(topic domain.Topic, i *domain.Item, c domain.Change) {
	c.Topic, c.EventID, c.Subject = topic, i.EventID, "item:"+i.ID
	c.Label, c.LabelEn, c.Crew = i.Zh, i.En, i.Crew
	if c.New == "" {
		c.New = string(i.Status)
	}
	tx.Record(c)
}

// syncItems brings an event's items in step with its level, wishes and times:
// missing ones are made, those no longer asked for are left out with a reason,
// due times of unfinished ones move. What is finished stays as it is.
func (tx *Tx) syncItems(ctx context.Context, e *domain.Event) error {
	wants, err := tx.wants(ctx, e)
	if err != nil {
		return err
	}
	have, err := tx.items(ctx, e.ID)
	if err != nil {
		return err
	}
	byTemplate := map[string]*domain.Item{}
	for k := range have {
		h := &have[k]
		if h.TemplateID == "" {
			continue
		}
		byTemplate[h.TemplateID] = h
		w, err := wants.of(ctx, tx, e, h)
		if err != nil {
			return err
		}
		if w == nil {
			continue
		}
		if h.LeftOut() {
			h.Status, h.Reason = domain.ItemOpen, ""
			h.StateAt = tx.At
			if err := tx.saveItem(ctx, e, h, domain.Change{Verb: "item.needed", Minor: true}); err != nil {
				return err
			}
		}
		if h.Open() || h.IsRound() && h.Status == domain.ItemDone {
			h.Anchor, h.Offset, h.Clock, h.Every, h.Until, h.Flag = w.Anchor, w.Offset, w.Clock, w.Every, w.Until, w.Flag
		}
	}
	var added []domain.Item
	for _, w := range wants.lists[e.TemplateNo] {
		if byTemplate[w.TemplateID] == nil {
			added = append(added, w)
		}
	}
	topic := domain.EventTopic(e.ID)
	for k := range added {
		added[k].Seq = tx.Next(topic)
		tx.recordItem(topic, &added[k], domain.Change{Verb: "item.added", Minor: true})
	}
	for chunk := range slices.Chunk(added, 100) {
		if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return err
		}
	}
	for k := range have {
		h := &have[k]
		old := h.DueAt
		wanted := h.TemplateID == ""
		if !wanted {
			w, err := wants.of(ctx, tx, e, h)
			if err != nil {
				return err
			}
			wanted = w != nil
		}
		switch {
		case !wanted && h.Open():
			h.Status, h.Reason, h.ReasonBy, h.StateAt = domain.ItemNotNeeded, domain.ReasonNotAsked, "", tx.At
			err = tx.saveItem(ctx, e, h, domain.Change{Verb: "item.not_needed", Old: string(domain.ItemOpen), Minor: true})
		case h.Retime(e, tx.s.Loc):
			err = tx.saveItem(ctx, e, h, domain.Change{Verb: "item.retimed", Old: clockP(old, tx.s.Loc), New: clockP(h.DueAt, tx.s.Loc), Minor: true})
		}
		if err != nil {
			return err
		}
	}
	if e.Status == domain.EventReady && domain.Sum(append(have, added...), tx.At).ReadyMissing() > 0 {
		return tx.unready(ctx, e, "")
	}
	return nil
}

func clockP(t *time.Time, loc *time.Location) string {
	if t == nil {
		return "–"
	}
	return t.In(loc).Format("15:04")
}

// itemAct is what happens to one item in one act.
type itemAct struct {
	tx *Tx
	e  *domain.Event
	i  *domain.Item
	v  domain.Viewer
}

func (a *itemAct) doing(reading, reason string) domain.Doing {
	return domain.Doing{By: personID(a.tx.Act), At: a.tx.At, Received: a.tx.Now, Reading: reading, Reason: reason}
}

// mayDo refuses people of other crews.
func (a *itemAct) mayDo() error {
	if !a.v.MayDo(a.i.Crew, a.e.Secrecy) {
		return domain.ErrForbidden
	}
	return nil
}

// changeItem locks the item's event, loads the item through the person's
// rights and lets fn change it; fn returns the log row, or nil when nothing
// changed. An act that was done on the device before something newer happened
// to the item is kept in the log and shown, but changes nothing.
func (s *Store) changeItem(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, a *itemAct) (*domain.Change, error)) (domain.Receipt, error) {
	return s.itemWrite(ctx, act, id, func(ctx context.Context, a *itemAct) error {
		if a.tx.overtaken(a.i.StateAt) {
			if err := a.mayDo(); err != nil && !a.v.Can(domain.RightItemAccept, a.e.Secrecy) && !a.v.Can(domain.RightItemCheck, a.e.Secrecy) {
				return err
			}
			return a.overtaken(ctx)
		}
		before, wasReady := a.i.State(a.tx.At), a.e.Status == domain.EventReady
		c, err := fn(ctx, a)
		if err != nil || c == nil {
			return err
		}
		if c.Old == "" {
			c.Old = before
		}
		if err := a.tx.saveItem(ctx, a.e, a.i, *c); err != nil {
			return err
		}
		return a.consequences(ctx, wasReady)
	})
}

// itemWrite locks the item's event, loads the item through the person's rights
// and lets fn do the rest.
func (s *Store) itemWrite(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, a *itemAct) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "items", "id", id); err != nil {
			return err
		}
		a := &itemAct{tx: tx, i: new(domain.Item)}
		if err := tx.NewSelect().Model(a.i).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		var err error
		if a.e, a.v, err = eventOnly(ctx, tx, act.Person, a.i.EventID); err != nil {
			return err
		}
		// A follow-up call may come a day after the event was closed.
		followUp := a.e.Status == domain.EventClosed && a.i.Phase == domain.PhasePost
		if !a.e.Status.Working() && !followUp {
			return domain.Conflict("event.not_working")
		}
		tx.Receipt.Subjects = []string{"item:" + id}
		return fn(ctx, a)
	})
}

// overtaken tells an act that comes late (it waited on a phone without
// network) and is older than the present state.
func (tx *Tx) overtaken(stateAt time.Time) bool {
	if tx.Now.Sub(tx.At) > 5*time.Second {
		return tx.At.Before(stateAt)
	}
	if tx.At.Before(stateAt) {
		tx.At = stateAt // two clocks differ by a moment; the order of arrival decides
	}
	return false
}

// overtaken keeps the late act in the log, beside what overtook it.
func (a *itemAct) overtaken(ctx context.Context) error {
	a.tx.Receipt.Notice = "act.overtaken"
	return a.tx.saveItem(ctx, a.e, a.i, domain.Change{Verb: "item.overtaken", Old: string(a.i.Status), Note: a.i.Reading})
}

// consequences: the first tick starts the preparation; guests-left (M13) sets
// anchor L; a ★ item that is no longer accepted takes "ready" back.
func (a *itemAct) consequences(ctx context.Context, wasReady bool) error {
	e, i, tx := a.e, a.i, a.tx
	switch {
	case e.Status == domain.EventConfirmed && !i.Open():
		e.Status, e.StateAt = domain.EventPreparing, tx.At
		if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.status", Old: string(domain.EventConfirmed), New: string(e.Status), Minor: true}); err != nil {
			return err
		}
	case wasReady && i.Flag == domain.FlagBlocksReady && !i.Settled():
		if err := tx.unready(ctx, e, i.Zh); err != nil {
			return err
		}
	}
	if i.TemplateID == "M13" {
		left := i.Status == domain.ItemSubmitted || i.Settled() && i.Status != domain.ItemNotNeeded
		switch {
		case left && e.LeftAt == nil:
			e.LeftAt = i.DoneAt
			if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.left", New: clockP(e.LeftAt, tx.s.Loc)}); err != nil {
				return err
			}
			if err := tx.fireCause(ctx, e.ID, domain.CauseLeft); err != nil {
				return err
			}
			return tx.syncItems(ctx, e)
		case !left && e.LeftAt != nil:
			old := clockP(e.LeftAt, tx.s.Loc)
			e.LeftAt = nil
			if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.left", Old: old, New: "–"}); err != nil {
				return err
			}
			return tx.syncItems(ctx, e)
		}
	}
	return nil
}

// gate refuses an item whose forerunners are not finished (release gates) or were
// finished by one person for another, and the word "ready" (M7) while a ★ item is
// open, whichever button says it.
func (a *itemAct) gate(ctx context.Context) error {
	if a.i.TemplateID == "M7" {
		items, err := a.tx.items(ctx, a.e.ID)
		if err != nil {
			return err
		}
		if n := domain.Sum(items, a.tx.At).ReadyMissing(); n > 0 {
			return domain.Conflict("event.stars_open", "n", strconv.Itoa(n))
		}
	}
	first := domain.GateFor(a.i.TemplateID)
	if len(first) == 0 {
		return nil
	}
	var before []domain.Item
	err := a.tx.NewSelect().Model(&before).Where("event_id = ? AND template_id IN (?)", a.e.ID, bun.List(first)).OrderExpr("sort").Scan(ctx)
	if err != nil {
		return err
	}
	var zh, en []string
	for k := range before {
		if before[k].Open() {
			zh, en = append(zh, before[k].Text("zh")), append(en, before[k].Text("en"))
		}
	}
	if len(zh) > 0 {
		return domain.Conflict("item.gate", "items_zh", strings.Join(zh, "、"), "items_en", strings.Join(en, ", "))
	}
	if one, two, ok := domain.SameHand(before); ok {
		return domain.Conflict("item.gate_same_person", "one_zh", one.Text("zh"), "one_en", one.Text("en"), "two_zh", two.Text("zh"), "two_en", two.Text("en"))
	}
	return nil
}

// DoItem ticks an item with its reading, or finishes the present round of a
// recurring one. Who ticks what somebody else has already ticked is told so.
func (s *Store) DoItem(ctx context.Context, act domain.Act, id, reading string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(ctx context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayDo(); err != nil {
			return nil, err
		}
		if a.i.IsRound() {
			return a.round(ctx, reading, "")
		}
		if err := a.gate(ctx); err != nil {
			return nil, err
		}
		if err := a.photos(ctx); err != nil {
			return nil, err
		}
		changed, err := a.i.Done(a.doing(reading, ""))
		if err != nil {
			return nil, err
		}
		if !changed {
			if a.i.DoneBy != personID(act) {
				a.tx.Receipt.Notice = "item.done_by_other"
				a.tx.Receipt.Args = domain.Args{"person": a.i.DoneBy, "time": a.i.DoneAt.In(s.Loc).Format("15:04")}
			}
			return nil, nil
		}
		return &domain.Change{Verb: "item.done", Note: a.i.Reading}, nil
	})
}

// DeferRound leaves the present round out on purpose, with a reason (a leader
// is speaking, applause).
func (s *Store) DeferRound(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(ctx context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayDo(); err != nil {
			return nil, err
		}
		reason = domain.Clean(reason, false)
		if reason == "" {
			return nil, domain.InvalidField("reason", "item.reason_needed")
		}
		if len([]rune(reason)) > 200 {
			return nil, domain.InvalidField("reason", "field.too_long", "max", "200")
		}
		return a.round(ctx, "", reason)
	})
}

func (a *itemAct) round(ctx context.Context, reading, deferred string) (*domain.Change, error) {
	start, _ := a.e.AnchorAt(domain.AnchorStart)
	r, err := a.i.DoRound(a.doing(reading, deferred), start)
	if err != nil {
		return nil, err
	}
	if _, err := a.tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return nil, err
	}
	c := &domain.Change{Verb: "item.round", New: strconv.Itoa(r.N), Note: r.Reading}
	if r.Deferred != "" {
		c.Verb, c.Note = "item.deferred", r.Deferred
	}
	return c, nil
}

// UndoItem takes a tick (or the last round) back. The one who did it may, and
// the crew, its lead and the supervisor.
func (s *Store) UndoItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(ctx context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayDo(); err != nil {
			return nil, err
		}
		if a.i.Status == domain.ItemNotNeeded { // like RequireItem
			if err := a.mayExempt(); err != nil {
				return nil, err
			}
		} else if a.i.IsRound() {
			return a.undoRound(ctx)
		}
		if changed, err := a.i.Undo(a.doing("", "")); err != nil || !changed {
			return nil, err
		}
		a.i.Retime(a.e, s.Loc)
		return &domain.Change{Verb: "item.undone"}, nil
	})
}

func (a *itemAct) undoRound(ctx context.Context) (*domain.Change, error) {
	var last []domain.Round
	if err := a.tx.NewSelect().Model(&last).Where("item_id = ?", a.i.ID).OrderExpr("n DESC").Limit(2).Scan(ctx); err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, nil
	}
	var before *domain.Round
	if len(last) > 1 {
		before = &last[1]
	}
	start, _ := a.e.AnchorAt(domain.AnchorStart)
	a.i.UndoRound(&last[0], before, start, a.tx.At)
	if _, err := a.tx.NewDelete().Model(&last[0]).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	return &domain.Change{Verb: "item.round_undone", Old: strconv.Itoa(last[0].N)}, nil
}

// AcceptItem accepts (commander) or checks (supervisor) what was submitted;
// never by the performer.
func (s *Store) AcceptItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		return a.accept()
	})
}

func (a *itemAct) accept() (*domain.Change, error) {
	if a.i.Acceptance == domain.AcceptBoth && a.i.CheckedAt != nil && a.i.Status == domain.ItemSubmitted && !a.v.Can(domain.RightItemAccept, a.e.Secrecy) {
		return nil, nil // checked already; the commander's turn
	}
	changed, err := a.i.Accept(a.judge())
	if err != nil || !changed {
		return nil, err
	}
	if a.i.Status == domain.ItemAccepted {
		return &domain.Change{Verb: "item.accepted"}, nil
	}
	return &domain.Change{Verb: "item.checked"}, nil
}

func (a *itemAct) judge() domain.Judge {
	j := a.v.Judge(a.e.Secrecy)
	j.At = a.tx.At
	return j
}

// RejectItem sends an item back to its crew with a reason: to be redone.
func (s *Store) RejectItem(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		changed, err := a.i.Reject(a.judge(), reason)
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "item.rejected", Note: a.i.Reason}, nil
	})
}

// UnacceptItem takes an acceptance back.
func (s *Store) UnacceptItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		changed, err := a.i.Unaccept(a.judge())
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "item.unaccepted"}, nil
	})
}

// ExemptItem leaves an item out with a reason (not needed). Of ★ items only
// the commander may say so: they stand between now and "ready".
func (s *Store) ExemptItem(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayExempt(); err != nil {
			return nil, err
		}
		changed, err := a.i.NotNeeded(a.doing("", reason))
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "item.not_needed", Note: a.i.Reason}, nil
	})
}

// RequireItem brings a left-out item back.
func (s *Store) RequireItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayExempt(); err != nil {
			return nil, err
		}
		changed, err := a.i.Needed(a.doing("", ""))
		if err != nil || !changed {
			return nil, err
		}
		a.i.Retime(a.e, s.Loc)
		return &domain.Change{Verb: "item.needed"}, nil
	})
}

func (a *itemAct) mayExempt() error {
	if a.v.Can(domain.RightItemAccept, a.e.Secrecy) {
		return nil
	}
	if a.i.Flag == domain.FlagBlocksReady || a.i.Flag == domain.FlagBlocksClose {
		return &domain.Error{Code: domain.CodeForbidden, Key: "item.star_commander"}
	}
	return a.mayDo()
}

// BlockItem says that an incident stands in the way; UnblockItem clears it.
func (s *Store) BlockItem(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayDo(); err != nil {
			return nil, err
		}
		changed, err := a.i.Block(a.doing("", reason))
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "item.blocked", Note: a.i.Reason}, nil
	})
}

// UnblockItem opens a blocked item again.
func (s *Store) UnblockItem(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeItem(ctx, act, id, func(_ context.Context, a *itemAct) (*domain.Change, error) {
		if err := a.mayDo(); err != nil {
			return nil, err
		}
		changed, err := a.i.Unblock(a.doing("", ""))
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "item.unblocked"}, nil
	})
}

// adHocSort is where ad-hoc items begin: after every template item, each with a
// place of its own, so that a page and a push order them alike.
const adHocSort = 1000

// AddItem puts an ad-hoc item on a live list. Its id may come from the client.
func (s *Store) AddItem(ctx context.Context, act domain.Act, in domain.Item) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, in.EventID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if !v.Can(domain.RightItemAdd, e.Secrecy) {
			return domain.ErrForbidden
		}
		if !e.Status.Working() {
			return domain.Conflict("event.not_working")
		}
		return tx.addItem(ctx, e, &in)
	})
}

// addItem puts an ad-hoc item on a locked event's list.
func (tx *Tx) addItem(ctx context.Context, e *domain.Event, in *domain.Item) error {
	if err := in.Validate(); err != nil {
		return err
	}
	if in.ID == "" {
		in.ID = NewID()
	}
	in.EventID, in.Anchor, in.Status, in.StateAt, in.CreatedAt = e.ID, domain.AnchorFixed, domain.ItemOpen, tx.At, tx.Now
	if err := tx.NewSelect().Model((*domain.Item)(nil)).ColumnExpr("COALESCE(MAX(sort), 0)").Where("event_id = ?", e.ID).Scan(ctx, &in.Sort); err != nil {
		return err
	}
	in.Sort = max(in.Sort+1, adHocSort)
	if in.Phase == domain.PhasePre {
		in.Acceptance = domain.AcceptCommander // J.6.1: every preparation item is accepted
	}
	in.Seq = tx.Next(domain.EventTopic(e.ID))
	if _, err := tx.NewInsert().Model(in).Exec(ctx); err != nil {
		if isUnique(err) {
			return domain.Conflict("item.exists")
		}
		return foreign(err, "assignee_id")
	}
	tx.recordItem(domain.EventTopic(e.ID), in, domain.Change{Verb: "item.added"})
	tx.Receipt.Created = in.ID
	if e.Status == domain.EventReady && in.Flag == domain.FlagBlocksReady {
		return tx.unready(ctx, e, in.Zh)
	}
	return nil
}

// AcceptCrew accepts everything a crew has submitted ("" = all crews; phase ""
// = all phases), but the exceptions. Own items and those that wait for the
// supervisor's check are passed over and counted.
func (s *Store) AcceptCrew(ctx context.Context, act domain.Act, eventID string, crew domain.Crew, phase string, except []string) (domain.Receipt, error) {
	return s.eachItem(ctx, act, eventID, func(ctx context.Context, a *itemAct) (*domain.Change, bool, error) {
		i := a.i
		if i.Status != domain.ItemSubmitted || crew != "" && i.Crew != crew || phase != "" && i.Phase != phase || slices.Contains(except, i.ID) {
			return nil, false, nil
		}
		c, err := a.accept()
		if _, refused := domain.AsError(err); refused || err == nil && c == nil {
			return nil, true, nil
		}
		return c, false, err
	}, func(v domain.Viewer, e *domain.Event) bool {
		return v.Can(domain.RightItemAccept, e.Secrecy) || v.Can(domain.RightItemCheck, e.Secrecy)
	}, "items.accepted")
}

// DoBundle ticks everything open of one phase that the person may do and that
// needs no reading and no photo that is missing: small meetings must not cost
// 35 taps.
func (s *Store) DoBundle(ctx context.Context, act domain.Act, eventID string, crew domain.Crew, phase string) (domain.Receipt, error) {
	return s.eachItem(ctx, act, eventID, func(ctx context.Context, a *itemAct) (*domain.Change, bool, error) {
		i := a.i
		if i.Phase != phase || i.IsRound() || i.Status != domain.ItemOpen && i.Status != domain.ItemRejected || crew != "" && i.Crew != crew || !a.v.MayDo(i.Crew, a.e.Secrecy) {
			return nil, false, nil
		}
		if i.ReadingRequired() || i.PhotoMissing() {
			return nil, true, nil
		}
		if err := a.gate(ctx); err != nil {
			if _, refused := domain.AsError(err); refused {
				return nil, true, nil //nolint:nilerr // passed over and counted
			}
			return nil, false, err
		}
		changed, err := i.Done(a.doing("", ""))
		if err != nil || !changed {
			return nil, false, err
		}
		return &domain.Change{Verb: "item.done"}, false, nil
	}, func(v domain.Viewer, e *domain.Event) bool { return v.Can(domain.RightItemDo, e.Secrecy) }, "items.done")
}

// eachItem runs fn over the event's items in one act; fn returns the log row
// of a changed item, or that it had to be passed over. notice is told with
// counts n (changed) and skipped.
func (s *Store) eachItem(ctx context.Context, act domain.Act, eventID string, fn func(ctx context.Context, a *itemAct) (*domain.Change, bool, error), may func(domain.Viewer, *domain.Event) bool, notice string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if !may(v, e) {
			return domain.ErrForbidden
		}
		if !e.Status.Working() {
			return domain.Conflict("event.not_working")
		}
		items, err := tx.items(ctx, e.ID)
		if err != nil {
			return err
		}
		if err := withPhotos(ctx, tx, items); err != nil {
			return err
		}
		n, skipped := 0, 0
		for k := range items {
			a := &itemAct{tx: tx, e: e, i: &items[k], v: v}
			if tx.overtaken(a.i.StateAt) {
				continue // changed since the person looked
			}
			before, wasReady := a.i.State(tx.At), e.Status == domain.EventReady
			c, skip, err := fn(ctx, a)
			if err != nil {
				return err
			}
			if skip {
				skipped++
			}
			if c == nil {
				continue
			}
			n++
			c.Old = before
			if err := tx.saveItem(ctx, e, a.i, *c); err != nil {
				return err
			}
			if err := a.consequences(ctx, wasReady); err != nil {
				return err
			}
		}
		tx.Receipt.Notice = notice
		if skipped > 0 {
			tx.Receipt.Notice = notice + "_skipped"
		}
		tx.Receipt.Args = domain.Args{"n": strconv.Itoa(n), "skipped": strconv.Itoa(skipped)}
		return nil
	})
}
