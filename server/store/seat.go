package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/search"
)

// cardsWithin is how soon the crew is to have a changed seat in order.
const cardsWithin = 10 * time.Minute

// SeatPlans are an event's plans with their seats, in order.
func (s *Store) SeatPlans(ctx context.Context, eventID string) ([]domain.SeatPlan, error) {
	list, err := seatPlans(ctx, s.read, eventID)
	return list, asPerson(err)
}

func seatPlans(ctx context.Context, db bun.IDB, eventID string) ([]domain.SeatPlan, error) {
	var plans []domain.SeatPlan
	if err := db.NewSelect().Model(&plans).Where("event_id = ? AND NOT struck", eventID).OrderExpr("sort, id").Scan(ctx); err != nil || len(plans) == 0 {
		return nil, err
	}
	var seats []domain.Seat
	if err := db.NewSelect().Model(&seats).Where("event_id = ?", eventID).OrderExpr("line_no, place_no, id").Scan(ctx); err != nil {
		return nil, err
	}
	var rooms []domain.Room
	if err := db.NewSelect().Model(&rooms).Where("id IN (SELECT room_id FROM seat_plans WHERE event_id = ?)", eventID).Scan(ctx); err != nil {
		return nil, err
	}
	at := map[string]*domain.SeatPlan{}
	for k := range plans {
		p := &plans[k]
		at[p.ID] = p
		if i := slices.IndexFunc(rooms, func(r domain.Room) bool { return r.ID == p.RoomID }); i >= 0 {
			p.Room = &rooms[i]
		}
	}
	for k := range seats {
		if p := at[seats[k].PlanID]; p != nil {
			p.Chairs = append(p.Chairs, seats[k])
		}
	}
	return plans, nil
}

// Seatables are everybody who can be seated at an event, guests and hosts; struck
// ones too, who may still be on a seat.
func (s *Store) Seatables(ctx context.Context, eventID string) ([]domain.Seatable, error) {
	list, err := seatables(ctx, s.read, eventID)
	return list, asPerson(err)
}

func seatables(ctx context.Context, db bun.IDB, eventID string) ([]domain.Seatable, error) {
	var guests []domain.Guest
	if err := db.NewSelect().Model(&guests).Where("event_id = ?", eventID).OrderExpr("sort, id").Scan(ctx); err != nil {
		return nil, err
	}
	hosts, err := hostsOf(ctx, db, eventID)
	if err != nil {
		return nil, err
	}
	list := make([]domain.Seatable, 0, len(guests)+len(hosts))
	for k := range guests {
		g := &guests[k]
		list = append(list, domain.Seatable{
			Key: domain.GuestKey(g.ID), Side: domain.SideGuest, Name: g.Name, Title: g.Title, Organisation: g.Organisation, Rank: g.Rank, Sort: g.Sort,
			Struck: g.Struck, PassNo: g.PassNo, Search: g.Search, Seq: g.Seq,
		})
	}
	for k := range hosts {
		h := &hosts[k]
		list = append(list, domain.Seatable{
			Key: domain.HostKey(h.ID), Side: domain.SideHost, Name: h.Name, Title: h.Title, Rank: h.Sort, Sort: h.Sort, Struck: h.Struck, Search: search.Key(h.Name, ""), Seq: h.Seq,
		})
	}
	return list, nil
}

func hostsOf(ctx context.Context, db bun.IDB, eventID string) ([]domain.Host, error) {
	var list []domain.Host
	err := db.NewSelect().Model(&list).Where("event_id = ?", eventID).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// SeatOf says for guests where they sit: by guest, in the order of the plans.
func (s *Store) SeatOf(ctx context.Context, guestIDs ...string) (map[string][]domain.SeatText, error) {
	return s.seatTexts(ctx, "s.guest_id IN (?)", guestIDs)
}

// SeatsAt says it for all guests of these events.
func (s *Store) SeatsAt(ctx context.Context, eventIDs ...string) (map[string][]domain.SeatText, error) {
	return s.seatTexts(ctx, "s.guest_id IS NOT NULL AND s.event_id IN (?)", eventIDs)
}

func (s *Store) seatTexts(ctx context.Context, whose string, ids []string) (map[string][]domain.SeatText, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		GuestID, Room, RoomEn, Plan, Seat string
	}
	err := s.read.NewSelect().TableExpr("seats AS s").Join("JOIN seat_plans AS p ON p.id = s.plan_id").Join("LEFT JOIN rooms AS r ON r.id = p.room_id").
		ColumnExpr("s.guest_id, COALESCE(r.name, p.place, '') AS room, COALESCE(r.name_en, p.place, '') AS room_en, p.name AS plan, s.label AS seat").
		Where(whose+" AND NOT p.struck", bun.List(ids)).OrderExpr("p.sort, p.id").Scan(ctx, &rows)
	if err != nil {
		return nil, asPerson(err)
	}
	at := map[string][]domain.SeatText{}
	for _, r := range rows {
		at[r.GuestID] = append(at[r.GuestID], domain.SeatText{Room: r.Room, RoomEn: r.RoomEn, Plan: r.Plan, Seat: r.Seat})
	}
	return at, nil
}

// SetDaisRule chooses which published rule even rows follow; plans that exist stay as they are.
func (s *Store) SetDaisRule(ctx context.Context, act domain.Act, rule domain.DaisRule) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightChannels, func(site *domain.Site) (*domain.Change, error) {
		if rule != domain.DaisRuleA && rule != domain.DaisRuleB {
			return nil, domain.InvalidField("dais_rule", "field.choose")
		}
		c := &domain.Change{Verb: "site.dais_rule", Old: string(site.DaisRule), New: string(rule)}
		site.DaisRule = rule
		return c, nil
	})
}

// editSeats is changeEvent for who may edit guests, while the event is not over.
func (s *Store) editSeats(ctx context.Context, act domain.Act, eventID string, fn func(ctx context.Context, tx *Tx, e *domain.Event) error) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if err := mayEditSeats(e, v); err != nil {
			return err
		}
		return fn(ctx, tx, e)
	})
}

func mayEditSeats(e *domain.Event, v domain.Viewer) error {
	switch {
	case !v.Can(domain.RightGuestsSee, e.Secrecy):
		return domain.ErrNotFound
	case !v.Can(domain.RightGuestsEdit, e.Secrecy):
		return domain.ErrForbidden
	case e.Status.Over(), e.ErasedAt != nil:
		return domain.Conflict("event.over")
	}
	return nil
}

// AddHosts puts people of the inviting side onto the list of who can be seated, in
// the order of their rank. Needs RightGuestsEdit.
func (s *Store) AddHosts(ctx context.Context, act domain.Act, eventID string, hosts []domain.Host) (domain.Receipt, error) {
	return s.editSeats(ctx, act, eventID, func(ctx context.Context, tx *Tx, _ *domain.Event) error {
		have, err := hostsOf(ctx, tx, eventID)
		if err != nil {
			return err
		}
		known, sort := map[string]bool{}, 0
		for k := range have {
			sort = max(sort, have[k].Sort)
			known[have[k].Name+"\x1f"+have[k].Title] = !have[k].Struck
		}
		switch {
		case len(hosts) == 0:
			return domain.InvalidField("hosts", "field.required")
		case len(hosts) > domain.MaxSeats:
			return domain.InvalidField("hosts", "seat.too_many_hosts", "max", strconv.Itoa(domain.MaxSeats))
		}
		for k := range hosts {
			h := &hosts[k]
			if err := h.Validate(); err != nil {
				return err
			}
			if key := h.Name + "\x1f" + h.Title; known[key] {
				return domain.InvalidField("hosts", "seat.host_twice", "name", h.Name)
			} else {
				known[key] = true
			}
			if h.ID == "" {
				h.ID = NewID()
			}
			sort++
			h.EventID, h.Sort, h.Struck, h.CreatedAt, h.Seq = eventID, sort, false, tx.Now, tx.Next(domain.EventTopic(eventID))
			tx.recordHost(h, domain.Change{Verb: "host.added", Minor: len(hosts) > 3 && k > 0})
		}
		for chunk := range slices.Chunk(hosts, 100) {
			if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) recordHost(h *domain.Host, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Label = domain.EventTopic(h.EventID), h.EventID, "host:"+h.ID, h.Name
	tx.Record(c)
}

// StrikeHost takes a host off the list; his seat says so, and his card is to be taken away.
func (s *Store) StrikeHost(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "hosts", "id", id); err != nil {
			return err
		}
		h := new(domain.Host)
		if err := tx.NewSelect().Model(h).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		e, v, err := eventOnly(ctx, tx, act.Person, h.EventID)
		if err != nil {
			return err
		}
		if err := mayEditSeats(e, v); err != nil || h.Struck {
			return err
		}
		h.Struck, h.Seq = true, tx.Next(domain.EventTopic(e.ID))
		if _, err := tx.NewUpdate().Model(h).WherePK().Exec(ctx); err != nil {
			return err
		}
		tx.recordHost(h, domain.Change{Verb: "host.struck"})
		return tx.takeCards(ctx, e.ID, "host_id", h.ID, "")
	})
}

// AddSeatPlan makes a plan with its empty seats. Needs RightGuestsEdit.
func (s *Store) AddSeatPlan(ctx context.Context, act domain.Act, p domain.SeatPlan) (domain.Receipt, error) {
	return s.editSeats(ctx, act, p.EventID, func(ctx context.Context, tx *Tx, e *domain.Event) error {
		site, err := tx.site(ctx)
		if err != nil {
			return err
		}
		p := p // a retry begins anew
		p.Rule = site.DaisRule
		if err := p.Validate(); err != nil {
			return err
		}
		if p.RoomID != "" && !slices.ContainsFunc(e.Rooms, func(r domain.Room) bool { return r.ID == p.RoomID }) {
			return domain.InvalidField("room_id", "field.choose")
		}
		have, err := seatPlans(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		total := 0
		for k := range have {
			p.Sort = max(p.Sort, have[k].Sort)
			total += len(have[k].Chairs)
			if have[k].Name == p.Name {
				return domain.InvalidField("name", "seat.plan_exists", "name", p.Name)
			}
		}
		if p.ID == "" {
			p.ID = NewID()
		}
		p.Sort, p.ChangeNo, p.CreatedAt, p.Struck, p.CardsAt = p.Sort+1, 1, tx.Now, false, nil
		p.Seq = tx.Next(domain.EventTopic(e.ID))
		if _, err := tx.NewInsert().Model(&p).Exec(ctx); err != nil {
			if isUnique(err) {
				return domain.Conflict("seat.plan_exists", "name", p.Name)
			}
			return err
		}
		seats, _ := p.Lay()
		if total+len(seats) > 10*domain.MaxSeats {
			return domain.Conflict("seat.too_many")
		}
		for k := range seats {
			tx.newSeat(&p, &seats[k])
		}
		for chunk := range slices.Chunk(seats, 100) {
			if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
				return err
			}
		}
		tx.Receipt.Created = p.ID
		tx.recordPlan(&p, domain.Change{Verb: "plan.added", New: strconv.Itoa(len(seats))})
		return nil
	})
}

func (tx *Tx) newSeat(p *domain.SeatPlan, s *domain.Seat) {
	s.ID, s.PlanID, s.EventID, s.ChangedAt, s.Seq = NewID(), p.ID, p.EventID, tx.At, p.Seq
}

func (tx *Tx) recordPlan(p *domain.SeatPlan, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Label = domain.EventTopic(p.EventID), p.EventID, "plan:"+p.ID, p.Name
	tx.Record(c)
}

// planAct is one act on the seats of one plan.
type planAct struct {
	tx     *Tx
	e      *domain.Event
	p      *domain.SeatPlan
	plans  []domain.SeatPlan // all of the event
	people []domain.Seatable
	who    map[string]domain.Seatable
}

// changePlan locks the event of a plan, or of a seat, and loads both through the
// person's rights. fn says who shall sit where (seat id → person) and the log row
// of the plan; what follows for cards and chairs is done here.
func (s *Store) changePlan(ctx context.Context, act domain.Act, table, id string, fn func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, table, "id", id); err != nil {
			return err
		}
		eventID := strings.TrimPrefix(tx.topics[0].topic, "event:")
		e, v, err := eventOnly(ctx, tx, act.Person, eventID)
		if err != nil {
			return err
		}
		if err := mayEditSeats(e, v); err != nil {
			return err
		}
		a := &planAct{tx: tx, e: e, who: map[string]domain.Seatable{}}
		if a.plans, err = seatPlans(ctx, tx, eventID); err != nil {
			return err
		}
		for k := range a.plans {
			p := &a.plans[k]
			if p.ID == id || p.Seat(id) != nil {
				a.p = p
			}
		}
		if a.p == nil { // struck
			return domain.ErrNotFound
		}
		if a.people, err = seatables(ctx, tx, eventID); err != nil {
			return err
		}
		for _, p := range a.people {
			a.who[p.Key] = p
		}
		change, row, err := fn(ctx, a)
		if err != nil || row == nil {
			return err
		}
		return a.save(ctx, change, *row)
	})
}

// sits is where somebody sits in this plan, nil for nowhere.
func (a *planAct) sits(person string) *domain.Seat {
	for k := range a.p.Chairs {
		if person != "" && a.p.Chairs[k].Person() == person {
			return &a.p.Chairs[k]
		}
	}
	return nil
}

// fresh refuses an act on a seat that somebody else has changed since the person
// saw it (seen is the seat's seq then, 0 = not said), or after he acted.
func (a *planAct) fresh(ctx context.Context, s *domain.Seat, seen int64) error {
	me := personID(a.tx.Act)
	if s.ChangedBy == me || s.ChangedBy == "" {
		a.tx.overtaken(s.ChangedAt)
		return nil
	}
	if seen > 0 && seen < s.Seq || a.tx.overtaken(s.ChangedAt) {
		return domain.Conflict("seat.changed", "seat", s.Label, "person", a.tx.nameOf(ctx, s.ChangedBy))
	}
	return nil
}

// nameOf is a person's name, "" for nobody.
func (tx *Tx) nameOf(ctx context.Context, personID string) (name string) {
	if tx.NewSelect().TableExpr("people").Column("name").Where("id = ?", personID).Scan(ctx, &name) != nil {
		return ""
	}
	return name
}

// OccupySeat puts somebody on a seat. Who sits there goes to the newcomer's old
// seat, or to nowhere when he had none. seen is the seat's seq on the planner's
// screen, from the seat on which he saw the person ("" = on none).
func (s *Store) OccupySeat(ctx context.Context, act domain.Act, seatID, person, from string, seen int64) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seats", seatID, func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		seat := a.p.Seat(seatID)
		who, known := a.who[person]
		switch {
		case !known:
			return nil, nil, domain.InvalidField("person", "field.choose")
		case who.Struck:
			return nil, nil, domain.Conflict("seat.struck", "name", who.Name)
		}
		if err := a.fresh(ctx, seat, seen); err != nil {
			return nil, nil, err
		}
		old := a.sits(person)
		if old == seat {
			return nil, nil, nil
		}
		if old != nil && seen > 0 && old.ID != from {
			if me := personID(act); old.ChangedBy != me {
				return nil, nil, domain.Conflict("seat.moved", "name", who.Name, "seat", old.Label, "person", a.tx.nameOf(ctx, old.ChangedBy))
			}
		}
		change := map[string]string{seat.ID: person}
		if old != nil {
			change[old.ID] = seat.Person()
		}
		return change, &domain.Change{Verb: "plan.seated", Minor: true}, nil
	})
}

// VacateSeat frees a seat; with closeUp those farther out on the same hand move up.
func (s *Store) VacateSeat(ctx context.Context, act domain.Act, seatID string, closeUp bool, seen int64) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seats", seatID, func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		seat := a.p.Seat(seatID)
		if err := a.fresh(ctx, seat, seen); err != nil {
			return nil, nil, err
		}
		switch {
		case closeUp:
			change := domain.CloseUp(a.p.Layout, a.p.Chairs, seatID, domain.SeniorOf(a.people))
			if len(change) > 1 || seat.Person() != "" {
				return change, &domain.Change{Verb: "plan.closed_up", Old: seat.Label, Minor: true}, nil
			}
			return nil, nil, nil
		case seat.Person() == "":
			return nil, nil, nil
		}
		return map[string]string{seatID: ""}, &domain.Change{Verb: "plan.seated", Minor: true}, nil
	})
}

// SeatNewcomer gives somebody the place of his rank without anybody changing from
// one hand to the other; a row that is full gets one more chair.
func (s *Store) SeatNewcomer(ctx context.Context, act domain.Act, planID, person string) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		who, known := a.who[person]
		switch {
		case !known:
			return nil, nil, domain.InvalidField("person", "field.choose")
		case who.Struck:
			return nil, nil, domain.Conflict("seat.struck", "name", who.Name)
		case a.sits(person) != nil:
			return nil, nil, domain.Conflict("seat.seated", "name", who.Name, "seat", a.sits(person).Label)
		}
		senior := domain.SeniorOf(a.people)
		change, ok := domain.SeatIn(a.p.Layout, a.p.Chairs, who, senior)
		if !ok {
			chair := a.p.Chair(a.p.Chairs, who.Side)
			if chair == nil {
				return nil, nil, domain.Conflict("seat.full", "plan", a.p.Name)
			}
			a.tx.newSeat(a.p, chair)
			chair.Seq = a.tx.Next(domain.EventTopic(a.e.ID))
			if _, err := a.tx.NewInsert().Model(chair).Exec(ctx); err != nil {
				return nil, nil, err
			}
			a.tx.recordSeat(a.p, chair, domain.Change{Verb: "seat.chair", New: a.p.Name + " " + chair.Label})
			a.p.Chairs = append(a.p.Chairs, *chair)
			if change, ok = domain.SeatIn(a.p.Layout, a.p.Chairs, who, senior); !ok {
				return nil, nil, domain.Conflict("seat.full", "plan", a.p.Name)
			}
		}
		return change, &domain.Change{Verb: "plan.newcomer", New: a.p.Name, Minor: true}, nil
	})
}

// FillSeats seats whoever has no seat in the plan's function on its free seats, by rank.
func (s *Store) FillSeats(ctx context.Context, act domain.Act, planID string) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(_ context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		waiting := domain.Unplaced(a.p, a.plans, a.people)
		change := domain.Fill(a.p.Chairs, waiting)
		switch {
		case len(waiting) == 0:
			return nil, nil, domain.Conflict("seat.nobody_waits")
		case len(change) == 0:
			return nil, nil, domain.Conflict("seat.full", "plan", a.p.Name)
		}
		if left := len(waiting) - len(change); left > 0 {
			a.tx.Receipt.Notice, a.tx.Receipt.Args = "seat.left_over", domain.Args{"n": strconv.Itoa(left)}
		}
		return change, &domain.Change{Verb: "plan.filled", New: strconv.Itoa(len(change))}, nil
	})
}

// ClearSeats frees all seats of a plan.
func (s *Store) ClearSeats(ctx context.Context, act domain.Act, planID string) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(_ context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		change := map[string]string{}
		for k := range a.p.Chairs {
			if a.p.Chairs[k].Person() != "" {
				change[a.p.Chairs[k].ID] = ""
			}
		}
		if len(change) == 0 {
			return nil, nil, nil
		}
		return change, &domain.Change{Verb: "plan.cleared", Old: strconv.Itoa(len(change))}, nil
	})
}

// UndoSeats takes the plan's change no back, while it is the last one: what
// somebody has done since is not lost by it. Once more, it is done again.
func (s *Store) UndoSeats(ctx context.Context, act domain.Act, planID string, no int) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		if no != a.p.ChangeNo {
			return nil, nil, domain.Conflict("seat.undo_late", "person", a.tx.nameOf(ctx, a.p.ChangedBy))
		}
		change := map[string]string{}
		for k := range a.p.Chairs {
			s := &a.p.Chairs[k]
			if s.ChangeNo != no {
				continue
			}
			was := domain.Seat{GuestID: s.WasGuestID, HostID: s.WasHostID}
			change[s.ID] = was.Person()
			if key := was.Person(); key != "" && a.who[key].Struck {
				return nil, nil, domain.Conflict("seat.struck", "name", a.who[key].Name)
			}
		}
		if len(change) == 0 {
			return nil, nil, domain.Conflict("seat.nothing_to_undo")
		}
		return change, &domain.Change{Verb: "plan.undone"}, nil
	})
}

// StrikeSeatPlan takes a plan away; its rows stay in the log.
func (s *Store) StrikeSeatPlan(ctx context.Context, act domain.Act, planID string) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(_ context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		a.p.Struck = true
		return nil, &domain.Change{Verb: "plan.struck"}, nil
	})
}

// PrintCards notes that the cards of a plan were printed as they were at that seq of
// the event's topic: what has changed since is to be printed again.
func (s *Store) PrintCards(ctx context.Context, act domain.Act, planID string, seq int64) (domain.Receipt, error) {
	return s.changePlan(ctx, act, "seat_plans", planID, func(ctx context.Context, a *planAct) (map[string]string, *domain.Change, error) {
		n := 0
		for k := range a.p.Chairs {
			c := &a.p.Chairs[k]
			who := a.who[c.Person()]
			if who.Name == "" || c.Card == who.Name || c.Seq > seq || who.Seq > seq {
				continue
			}
			n++
			c.Card = who.Name
			c.Seq = a.tx.Next(domain.EventTopic(a.e.ID))
			if _, err := a.tx.NewUpdate().Model(c).WherePK().Exec(ctx); err != nil {
				return nil, nil, err
			}
			a.tx.recordSeat(a.p, c, domain.Change{Verb: "seat.card", Label: who.Name, Minor: true})
		}
		if n == 0 {
			a.tx.Receipt.Subjects = []string{domain.EventTopic(a.e.ID)}
			return nil, nil, nil
		}
		a.p.CardsAt = &a.tx.At
		return nil, &domain.Change{Verb: "plan.cards", New: strconv.Itoa(n)}, nil
	})
}

func (tx *Tx) recordSeat(p *domain.SeatPlan, s *domain.Seat, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Lot = domain.EventTopic(p.EventID), p.EventID, "seat:"+s.ID, p.Name
	if c.Label == "" {
		c.Label = p.Name + " " + s.Label
	}
	tx.Record(c)
}

// save writes who sits where now, one log row a seat, the plan, and what the crew
// has to do about it. A card goes with the person it was printed for.
func (a *planAct) save(ctx context.Context, change map[string]string, row domain.Change) error {
	tx, me := a.tx, personID(a.tx.Act)
	topic := domain.EventTopic(a.e.ID)
	type place struct{ label, card string }
	before := map[string]place{}
	var changed []*domain.Seat
	var ids []string
	for k := range a.p.Chairs {
		s := &a.p.Chairs[k]
		if key := s.Person(); key != "" {
			before[key] = place{s.Label, s.Card}
		}
		if key, ok := change[s.ID]; ok && key != s.Person() {
			changed, ids = append(changed, s), append(ids, s.ID)
		}
	}
	undo := row.Verb == "plan.undone"
	if len(changed) > 0 {
		a.p.ChangeNo++
		a.p.ChangedBy = me
		if _, err := tx.NewRaw("UPDATE seats SET guest_id = NULL, host_id = NULL WHERE id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
			return err
		}
	}
	work := cardWork{}
	sitting := map[string]bool{}
	for _, key := range change {
		sitting[key] = true
	}
	writes := make([]fmt.Stringer, 0, len(changed))
	for _, s := range changed {
		was, key := s.Person(), change[s.ID]
		card := before[key].card
		if undo && before[key].label == "" {
			card = s.WasCard // it lies on the table of who took it away
		}
		c := domain.Change{Verb: "seat.placed", Label: a.who[key].Name, Old: before[key].label, New: a.p.Name + " " + s.Label, Minor: len(changed) > 3}
		switch {
		case key == "" && !sitting[was]:
			c = domain.Change{Verb: "seat.left", Label: a.who[was].Name, Old: a.p.Name + " " + s.Label, Minor: len(changed) > 3}
		case key == "":
			c = domain.Change{Verb: "seat.emptied", Minor: true}
		}
		if was != "" && !sitting[was] && s.Card != "" {
			work.away = append(work.away, s.Label)
		}
		switch {
		case key == "":
		case card == "":
			work.fresh = append(work.fresh, s.Label)
		case before[key].label == "":
			work.back = append(work.back, s.Label)
		default:
			work.moved = append(work.moved, before[key].label+"→"+s.Label)
		}
		s.WasGuestID, s.WasHostID, s.WasCard = s.GuestID, s.HostID, s.Card
		s.GuestID, s.HostID, s.Card = "", "", card
		switch kind, id := domain.SplitTopic(key); kind {
		case "guest":
			s.GuestID = id
		case "host":
			s.HostID = id
		}
		s.ChangeNo, s.ChangedAt, s.ChangedBy, s.Seq = a.p.ChangeNo, tx.At, me, tx.Next(topic)
		writes = append(writes, tx.NewUpdate().Model(s).WherePK())
		tx.recordSeat(a.p, s, c)
	}
	if err := tx.together(ctx, writes); err != nil {
		return err
	}
	if len(changed) > 0 && a.p.CardsAt != nil {
		if err := a.tellCrew(ctx, &work, undo); err != nil {
			return err
		}
	}
	a.p.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(a.p).WherePK().Exec(ctx); err != nil {
		return err
	}
	tx.recordPlan(a.p, row)
	return nil
}

// cardWork is what a change means for whoever sets the tables, by seat.
type cardWork struct{ away, moved, fresh, back []string }

// most is how many seats an item names; above it the whole plan is looked through.
const mostNamed = 12

// text names seats and nobody: the checklist is read by crews that do not meet guests.
func (w *cardWork) text(locale, plan string) string {
	if n := len(w.away) + len(w.moved) + len(w.fresh) + len(w.back); n > mostNamed {
		return i18n.T(locale, "seat.work_all", "plan", plan, "n", strconv.Itoa(n))
	}
	var parts []string
	for _, x := range []struct {
		key   string
		seats []string
	}{{"seat.work_away", w.away}, {"seat.work_moved", w.moved}, {"seat.work_fresh", w.fresh}, {"seat.work_back", w.back}} {
		if len(x.seats) > 0 {
			parts = append(parts, i18n.T(locale, x.key, "seats", strings.Join(x.seats, i18n.T(locale, "seat.work_and"))))
		}
	}
	return i18n.T(locale, "seat.work", "plan", plan, "work", strings.Join(parts, i18n.T(locale, "seat.work_then")))
}

// tellCrew makes one item of a change to a plan whose cards are printed. Taken
// back before anybody has done it, the item is left out instead.
func (a *planAct) tellCrew(ctx context.Context, w *cardWork, undo bool) error {
	if undo && a.p.ChangeItem != "" {
		i := new(domain.Item)
		if err := a.tx.NewSelect().Model(i).Where("id = ?", a.p.ChangeItem).Scan(ctx); err != nil {
			return err
		}
		if i.Status == domain.ItemOpen {
			if _, err := i.NotNeeded(domain.Doing{By: personID(a.tx.Act), At: a.tx.At, Reason: i18n.T("zh", "seat.work_undone")}); err != nil {
				return err
			}
			a.p.ChangeItem = ""
			return a.tx.saveItem(ctx, a.e, i, domain.Change{Verb: "item.not_needed", Note: i.Reason})
		}
	}
	i, err := a.tx.cardItem(ctx, a.e, a.p.Name, w)
	a.p.ChangeItem = i
	return err
}

// cardItem puts one item for the attendants onto the list; "" when there is no
// work or the event is not worked on.
func (tx *Tx) cardItem(ctx context.Context, e *domain.Event, plan string, w *cardWork) (string, error) {
	if !e.Status.Working() || len(w.away)+len(w.moved)+len(w.fresh)+len(w.back) == 0 {
		return "", nil
	}
	due := tx.At.Add(cardsWithin)
	i := domain.Item{EventID: e.ID, Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: w.text("zh", plan), En: w.text("en", plan), DueAt: &due, Clauses: "A.3.1.2.3a"}
	switch e.Status {
	case domain.EventLive:
		i.Phase = domain.PhaseDuring
	case domain.EventClearing, domain.EventReleased:
		return "", nil // nobody sits any more
	}
	created := tx.Receipt.Created
	err := tx.addItem(ctx, e, &i)
	tx.Receipt.Created = created
	return i.ID, err
}

// cardsOf is takeCards for a guest as he is now.
func (tx *Tx) cardsOf(ctx context.Context, g *domain.Guest) error {
	name := g.Name
	if g.Struck {
		name = ""
	}
	return tx.takeCards(ctx, g.EventID, "guest_id", g.ID, name)
}

// takeCards lets the crew change the printed cards of a guest or host that say
// another name than his present one, or, without a name, take them away. The
// event is locked.
func (tx *Tx) takeCards(ctx context.Context, eventID, column, id, name string) error {
	var rows []struct{ Plan, Seat string }
	err := tx.NewSelect().TableExpr("seats AS s").Join("JOIN seat_plans AS p ON p.id = s.plan_id").ColumnExpr("p.name AS plan, s.label AS seat").
		Where("s.? = ? AND s.card <> ? AND NOT p.struck", bun.Ident(column), id, name).OrderExpr("p.sort").Scan(ctx, &rows) // no card is no row
	if err != nil || len(rows) == 0 {
		return err
	}
	e, _, err := eventOnly(ctx, tx, nil, eventID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		w := &cardWork{fresh: []string{r.Seat}}
		if name == "" {
			w = &cardWork{away: []string{r.Seat}}
		}
		if _, err := tx.cardItem(ctx, e, r.Plan, w); err != nil {
			return err
		}
	}
	return nil
}
