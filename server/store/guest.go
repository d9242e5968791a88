package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Guests lists those on an event's list (not the struck), by party and rank.
func (s *Store) Guests(ctx context.Context, eventIDs ...string) ([]domain.Guest, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Guest
	err := s.withFace(s.withNeed(withAnswer(s.read.NewSelect().Model(&list)), "guest"), "guest").Where("event_id IN (?) AND NOT struck", bun.List(eventIDs)).OrderExpr("event_id, sort, id").Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// GuestsByID loads the present state of those guests, struck ones too.
func (s *Store) GuestsByID(ctx context.Context, ids []string) ([]domain.Guest, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var list []domain.Guest
	err := s.withFace(s.withNeed(withAnswer(s.read.NewSelect().Model(&list)), "guest"), "guest").Where("id IN (?)", bun.List(ids)).OrderExpr("event_id, sort, id").Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// withAnswer adds what each guest said to the invitation.
func withAnswer(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr("guest.*").ColumnExpr("COALESCE((SELECT i.answer FROM invitations AS i WHERE i.guest_id = guest.id), '') AS said")
}

// GuestCounts counts an event's guests by position.
func (s *Store) GuestCounts(ctx context.Context, eventID string) (domain.GuestCounts, error) {
	m, err := s.guestCounts(ctx, []string{eventID})
	return m[eventID], asPerson(err)
}

// Parties lists the parties of events.
func (s *Store) Parties(ctx context.Context, eventIDs ...string) ([]domain.Party, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Party
	err := s.read.NewSelect().Model(&list).Where("event_id IN (?)", bun.List(eventIDs)).OrderExpr("event_id, sort, id").Scan(ctx)
	return list, asPerson(err)
}

// GuestDraft is a guest as typed or pasted; Party is a name, made when new.
type GuestDraft struct {
	domain.Guest
	Party string
	Line  int // 1-based line of a pasted table, 0 for a form
}

// AddGuests puts guests on an event's list: all of them, or none when one is
// wrong. Someone of the same name and organisation who is on the list already
// is refused with his line. Needs RightGuestsEdit.
func (s *Store) AddGuests(ctx context.Context, act domain.Act, eventID string, drafts []GuestDraft) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if !v.Can(domain.RightGuestsEdit, e.Secrecy) {
			return domain.ErrForbidden
		}
		if e.Status.Over() || e.ErasedAt != nil {
			return domain.Conflict("event.over")
		}
		known := map[string]bool{}
		var have []domain.Guest
		if err := tx.NewSelect().Model(&have).Where("event_id = ?", eventID).Scan(ctx); err != nil {
			return err
		}
		sort := 0
		for k := range have {
			sort = max(sort, have[k].Sort)
			if !have[k].Struck {
				known[sameGuest(&have[k])] = true
			}
		}
		parties, err := tx.parties(ctx, eventID)
		if err != nil {
			return err
		}
		var bad domain.Invalid
		wrong := func(err error, line int) error {
			refusal, ok := domain.AsError(err)
			if !ok {
				return err
			}
			for _, f := range refusal.Fields {
				f.Line = line
				bad = append(bad, f)
			}
			return nil
		}
		topic := domain.EventTopic(eventID)
		guests := make([]domain.Guest, 0, len(drafts))
		for k := range drafts {
			g := drafts[k].Guest
			if err := g.Validate(); err != nil {
				if err := wrong(err, drafts[k].Line); err != nil {
					return err
				}
				continue
			}
			if key := sameGuest(&g); known[key] {
				bad = append(bad, domain.FieldError{Field: "name", Key: "guest.duplicate", Args: domain.Args{"name": g.Name}, Line: drafts[k].Line})
				continue
			} else {
				known[key] = true
			}
			if g.PartyID, err = parties.id(ctx, tx, drafts[k].Party); err != nil {
				if err := wrong(err, drafts[k].Line); err != nil {
					return err
				}
				continue
			}
			if g.ID == "" {
				g.ID = NewID()
			}
			sort++
			g.EventID, g.Sort, g.Search = eventID, sort, guestKey(&g)
			g.Position, g.Previous, g.PositionAt, g.CreatedAt = domain.PositionExpected, "", tx.At, tx.Now
			guests = append(guests, g)
		}
		if err := bad.Err(); err != nil {
			return err
		}
		for k := range guests {
			guests[k].Seq = tx.Next(topic)
			tx.recordGuest(&guests[k], domain.Change{Verb: "guest.added", New: string(domain.PositionExpected), Minor: len(guests) > 3})
		}
		for chunk := range slices.Chunk(guests, 100) {
			if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
				if isUnique(err) {
					return domain.Conflict("guest.exists")
				}
				return err
			}
		}
		if len(guests) > 3 {
			return tx.saveEvent(ctx, e, domain.Change{Verb: "guest.imported", New: strconv.Itoa(len(guests))})
		}
		if len(guests) == 1 {
			tx.Receipt.Created = guests[0].ID
		}
		return nil
	})
}

// sameGuest is what makes two rows the same person on one list.
func sameGuest(g *domain.Guest) string { return g.Name + "\x1f" + g.Organisation + "\x1f" + g.Title }

type partyBook struct {
	eventID string
	byName  map[string]string
	sort    int
}

func (tx *Tx) parties(ctx context.Context, eventID string) (*partyBook, error) {
	b := &partyBook{eventID: eventID, byName: map[string]string{}}
	var list []domain.Party
	if err := tx.NewSelect().Model(&list).Where("event_id = ?", eventID).Scan(ctx); err != nil {
		return nil, err
	}
	for _, p := range list {
		b.byName[p.Name] = p.ID
		b.sort = max(b.sort, p.Sort)
	}
	return b, nil
}

// id finds the party of that name or makes it; "" is no party.
func (b *partyBook) id(ctx context.Context, tx *Tx, name string) (string, error) {
	name = domain.Clean(name, false)
	if name == "" {
		return "", nil
	}
	if r := []rune(name); len(r) > 40 {
		return "", domain.InvalidField("party", "field.too_long", "max", "40")
	}
	if id, ok := b.byName[name]; ok {
		return id, nil
	}
	b.sort++
	p := &domain.Party{ID: NewID(), EventID: b.eventID, Name: name, Sort: b.sort}
	if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
		return "", err
	}
	b.byName[name] = p.ID
	return p.ID, nil
}

func (tx *Tx) recordGuest(g *domain.Guest, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Label = domain.EventTopic(g.EventID), g.EventID, "guest:"+g.ID, g.Name
	tx.Record(c)
}

func (tx *Tx) saveGuest(ctx context.Context, g *domain.Guest, c domain.Change) error {
	g.Seq = tx.Next(domain.EventTopic(g.EventID))
	if _, err := tx.NewUpdate().Model(g).WherePK().Exec(ctx); err != nil {
		return err
	}
	tx.recordGuest(g, c)
	return nil
}

// changeGuests locks the event of the guests that where names, loads them
// through the person's rights and lets fn change each; fn returns the log row
// or nil when nothing changed.
func (s *Store) changeGuests(ctx context.Context, act domain.Act, column, id string, right domain.Right, fn func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, "guests", column, id); err != nil {
			return err
		}
		var guests []domain.Guest
		if err := tx.NewSelect().Model(&guests).Where("? = ?", bun.Ident(column), id).OrderExpr("sort").Scan(ctx); err != nil {
			return err
		}
		if len(guests) == 0 {
			return domain.ErrNotFound
		}
		e, v, err := eventOnly(ctx, tx, act.Person, guests[0].EventID)
		if err != nil {
			return err
		}
		switch {
		case !v.Can(domain.RightGuestsSee, e.Secrecy):
			return domain.ErrNotFound
		case !v.Can(right, e.Secrecy):
			return domain.ErrForbidden
		case e.Status.Over(), right == domain.RightGuestsEdit && e.NamesHidden(tx.Now): // a form would bring masked names back
			return domain.Conflict("event.over")
		}
		since := make([]time.Time, len(guests)) // when that was done which the act may undo
		for k := range guests {
			if since[k] = guests[k].PositionAt; right == domain.RightGuestsEdit {
				if since[k], err = tx.typedAt(ctx, &guests[k]); err != nil {
					return err
				}
			}
			tx.overtaken(since[k]) // a moment's difference of clocks: one time for all of them
		}
		lot, err := tx.lot(ctx, column, id)
		if err != nil {
			return err
		}
		var legs domain.Legs
		if right == domain.RightGuestsMove {
			if legs, err = tx.legs(ctx, e.ID); err != nil {
				return err
			}
		}
		var moved []domain.Guest
		for k := range guests {
			g := &guests[k]
			tx.Receipt.Subjects = append(tx.Receipt.Subjects, "guest:"+g.ID)
			if tx.overtaken(since[k]) {
				tx.Receipt.Notice = "act.overtaken"
				if err := tx.saveGuest(ctx, g, domain.Change{Verb: "guest.overtaken", Old: string(g.Position), Lot: lot}); err != nil {
					return err
				}
				continue
			}
			c, err := fn(ctx, tx, g)
			if err != nil {
				return err
			}
			if c == nil {
				continue
			}
			c.Lot = lot
			if right == domain.RightGuestsMove {
				g.Expect(legs)
			}
			if err := tx.saveGuest(ctx, g, *c); err != nil {
				return err
			}
			if c.Verb == "guest.moved" {
				moved = append(moved, *g)
			}
		}
		return tx.guestsMoved(ctx, e, moved)
	})
}

// typedAt is when somebody last typed something about the guest.
func (tx *Tx) typedAt(ctx context.Context, g *domain.Guest) (time.Time, error) {
	var last domain.Change
	err := tx.NewSelect().Model(&last).Column("acted_at").
		Where("subject = ? AND topic = ? AND verb IN ('guest.added', 'guest.changed', 'guest.struck')", "guest:"+g.ID, domain.EventTopic(g.EventID)).
		OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last.ActedAt, err
}

// lot is the name of the party that an act takes as a whole, "" for one guest.
func (tx *Tx) lot(ctx context.Context, column, id string) (name string, err error) {
	if column == "party_id" {
		err = tx.NewSelect().TableExpr("parties").Column("name").Where("id = ?", id).Scan(ctx, &name)
	}
	return name, err
}

// MoveGuest puts one guest at a position. Needs RightGuestsMove.
func (s *Store) MoveGuest(ctx context.Context, act domain.Act, id string, to domain.Position) (domain.Receipt, error) {
	return s.changeGuests(ctx, act, "id", id, domain.RightGuestsMove, s.moveTo(to))
}

// MoveParty puts a whole party at a position, in one act. Those who are
// already further (or have left) stay where they are.
func (s *Store) MoveParty(ctx context.Context, act domain.Act, id string, to domain.Position) (domain.Receipt, error) {
	one := s.moveTo(to)
	return s.changeGuests(ctx, act, "party_id", id, domain.RightGuestsMove, func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
		if g.Struck || to.Index() >= 0 && g.Position.Index() > to.Index() {
			return nil, nil
		}
		return one(ctx, tx, g)
	})
}

func (s *Store) moveTo(to domain.Position) func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
	return func(_ context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
		old := g.Position
		changed, err := g.MoveTo(to, domain.Doing{By: personID(tx.Act), At: tx.At})
		if err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "guest.moved", Old: string(old), New: string(to)}, nil
	}
}

// UndoMove takes a guest's last move back; UndoPartyMove those of a party.
func (s *Store) UndoMove(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeGuests(ctx, act, "id", id, domain.RightGuestsMove, back)
}

// UndoPartyMove takes the last move of every guest of the party back who was
// moved together with the others, at the party's newest moment.
func (s *Store) UndoPartyMove(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	var of *Tx // newest is of this try
	var newest int64
	return s.changeGuests(ctx, act, "party_id", id, domain.RightGuestsMove, func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
		if of != tx {
			of, newest = tx, 0
			var list []domain.Guest
			if err := tx.NewSelect().Model(&list).Where("party_id = ? AND NOT struck", id).Scan(ctx); err != nil {
				return nil, err
			}
			for k := range list {
				if list[k].Previous != "" {
					newest = max(newest, list[k].PositionAt.UnixMicro())
				}
			}
		}
		if g.PositionAt.UnixMicro() != newest {
			return nil, nil
		}
		return back(ctx, tx, g)
	})
}

func back(_ context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
	old := g.Position
	changed, err := g.Back(domain.Doing{By: personID(tx.Act), At: tx.At})
	if err != nil || !changed {
		return nil, err
	}
	return &domain.Change{Verb: "guest.move_undone", Old: string(old), New: string(g.Position)}, nil
}

// UpdateGuest changes the typed fields. Needs RightGuestsEdit.
func (s *Store) UpdateGuest(ctx context.Context, act domain.Act, id string, d GuestDraft) (domain.Receipt, error) {
	return s.changeGuests(ctx, act, "id", id, domain.RightGuestsEdit, func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
		old := g.Name + " " + g.Title + " " + g.Plate + " " + g.Bay
		g.Name, g.Title, g.Organisation, g.Rank = d.Name, d.Title, d.Organisation, d.Rank
		g.Plate, g.Bay, g.Needs, g.Phone = d.Plate, d.Bay, d.Needs, d.Phone
		if err := g.Validate(); err != nil {
			return nil, err
		}
		parties, err := tx.parties(ctx, g.EventID)
		if err != nil {
			return nil, err
		}
		if g.PartyID, err = parties.id(ctx, tx, d.Party); err != nil {
			return nil, err
		}
		g.Search = guestKey(g)
		if err := tx.cardsOf(ctx, g); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "guest.changed", Old: old, New: g.Name + " " + g.Title + " " + g.Plate + " " + g.Bay}, nil
	})
}

// StrikeGuest takes a guest off the list; the row stays in the log.
func (s *Store) StrikeGuest(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeGuests(ctx, act, "id", id, domain.RightGuestsEdit, func(ctx context.Context, tx *Tx, g *domain.Guest) (*domain.Change, error) {
		if g.Struck {
			return nil, nil
		}
		g.Struck = true
		if err := tx.strikeFaces(ctx, g.ID); err != nil {
			return nil, err
		}
		if err := tx.cardsOf(ctx, g); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "guest.struck", Old: string(g.Position)}, nil
	})
}
