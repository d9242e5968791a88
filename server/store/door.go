package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
	"huiwu/server/search"
)

// guestKey is what a search for the guest looks in.
func guestKey(g *domain.Guest) string {
	return search.Key(g.Name, g.Plate, g.Organisation, domain.PhoneTail(g.Phone))
}

// DoorEvent is an event of the day as a door knows it.
type DoorEvent struct {
	domain.Event
	Viewer domain.Viewer
}

// DoorEvents are the events of these days whose guests the person may see, by
// start: two queries. Drafts and what is over have no door. elsewhere are the
// others that every board shows by name: somebody may be sent there.
func (s *Store) DoorEvents(ctx context.Context, p *domain.Person, from, to time.Time) (seen, elsewhere []DoorEvent, err error) {
	var rows []eventRow
	err = eventsFor(s.read, p).Where("e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ? AND e.status NOT IN ('draft', 'closed', 'cancelled')", from, to).
		OrderExpr("COALESCE(e.arrival_at, e.start_at), e.number").Scan(ctx, &rows)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	events := make([]*domain.Event, len(rows))
	for k := range rows {
		events[k] = &rows[k].Event
	}
	if err := loadRooms(ctx, s.read, events...); err != nil {
		return nil, nil, asPerson(err)
	}
	for k := range rows {
		e := DoorEvent{rows[k].Event, rows[k].viewer(p)}
		switch {
		case e.Viewer.Can(domain.RightGuestsSee, e.Secrecy):
			seen = append(seen, e)
		case e.Secrecy != domain.SecrecySecret:
			elsewhere = append(elsewhere, e)
		}
	}
	return seen, elsewhere, nil
}

// FindGuests looks guests up on these events' lists, by what search.Match knows.
// Who begins like the query comes first, who is signed in last.
func (s *Store) FindGuests(ctx context.Context, eventIDs []string, query string, limit int) ([]domain.Guest, error) {
	words := search.Words(query)
	if len(eventIDs) == 0 || len(words) == 0 {
		return nil, nil
	}
	var list []domain.Guest
	q := s.withNeed(s.read.NewSelect().Model(&list).ColumnExpr("guest.*"), "guest").Where("event_id IN (?) AND NOT struck", bun.List(eventIDs))
	for _, w := range words {
		q = q.Where(`search LIKE ? ESCAPE '\'`, "%"+likeEscape(w)+"%")
	}
	err := q.OrderExpr(`CASE WHEN search LIKE ? ESCAPE '\' THEN 0 ELSE 1 END`, "% "+likeEscape(words[0])+"%").
		OrderExpr("CASE WHEN signed_in_at IS NULL THEN 0 ELSE 1 END, event_id, sort, id").Limit(int64(limit)).Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// AwaitedGuests are who comes to a door next: the nearest first, then by arrival.
func (s *Store) AwaitedGuests(ctx context.Context, eventIDs []string, limit int) ([]domain.Guest, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Guest
	err := s.withNeed(s.read.NewSelect().TableExpr("guests AS g").ColumnExpr("g.*"), "g").Join("JOIN events AS e ON e.id = g.event_id").
		Where("g.event_id IN (?) AND NOT g.struck AND g.signed_in_at IS NULL AND g.position <> 'left'", bun.List(eventIDs)).
		OrderExpr("CASE g.position WHEN 'venue' THEN 0 WHEN 'lift' THEN 1 WHEN 'lobby' THEN 2 WHEN 'drop-off' THEN 3 WHEN 'gate' THEN 4 ELSE 5 END").
		OrderExpr("COALESCE(e.arrival_at, e.start_at), g.event_id, g.sort, g.id").Limit(int64(limit)).Scan(ctx, &list)
	return masked(ctx, list), asPerson(err)
}

// GuestCard is a guest with all that a door shows of him.
type GuestCard struct {
	Guest  domain.Guest
	Event  domain.Event
	Viewer domain.Viewer
	Party  domain.Party
	Others []domain.Guest // of the party, himself among them
	Seats  []domain.SeatText
}

// lookAgain is how long one look-up of a guest lasts: a page that fetches itself
// again looks nobody up.
const lookAgain = 10 * time.Minute

// GuestCard opens a guest's card through the person's rights. Who opened that of
// a guest of a secret event stands in the event's log.
func (s *Store) GuestCard(ctx context.Context, act domain.Act, id string) (*GuestCard, error) {
	var row struct { // with his party: a look-up is to take few statements
		domain.Guest
		PartyName string
		PartySort int
	}
	err := s.withFace(s.read.NewSelect().TableExpr("guests AS g"), "g").Join("LEFT JOIN parties AS p ON p.id = g.party_id").
		ColumnExpr("g.*, COALESCE(p.name, '') AS party_name, COALESCE(p.sort, 0) AS party_sort").Where("g.id = ? AND NOT g.struck", id).Scan(ctx, &row)
	if err != nil {
		return nil, asPerson(noRows(err))
	}
	card := &GuestCard{Guest: row.Guest}
	e, v, err := eventFor(ctx, s.read, act.Person, card.Guest.EventID)
	if err != nil {
		return nil, asPerson(err)
	}
	if !v.Can(domain.RightGuestsSee, e.Secrecy) {
		return nil, domain.ErrNotFound
	}
	card.Event, card.Viewer = *e, v
	if e.Secrecy == domain.SecrecySecret {
		if err := s.lookedUp(ctx, act, &card.Guest); err != nil {
			return nil, err
		}
	}
	hidden := e.NamesHidden(s.Now()) && !Named(ctx)
	if hidden {
		card.Guest.Mask()
	}
	seats, err := s.SeatOf(ctx, id)
	if err != nil {
		return nil, err
	}
	card.Seats = seats[id]
	if card.Guest.PartyID == "" {
		return card, nil
	}
	card.Party = domain.Party{ID: card.Guest.PartyID, EventID: card.Guest.EventID, Name: row.PartyName, Sort: row.PartySort}
	err = s.read.NewSelect().Model(&card.Others).Where("party_id = ? AND NOT struck", card.Guest.PartyID).OrderExpr("sort, id").Scan(ctx)
	for k := range card.Others {
		if hidden {
			card.Others[k].Mask()
		}
	}
	return card, asPerson(err)
}

func (s *Store) lookedUp(ctx context.Context, act domain.Act, g *domain.Guest) error {
	return s.logLook(ctx, act, domain.Change{Topic: domain.EventTopic(g.EventID), EventID: g.EventID, Subject: "guest:" + g.ID, Label: g.Name, Verb: "guest.looked_up", Minor: true})
}

// doorAct is an act on guests at a door.
type doorAct struct {
	*Tx
	e       *domain.Event
	lot     string
	arrived bool
}

// atDoor locks the event of the guests that column names, loads those who stand
// on its list through the person's rights, and lets fn act on each of only (nil =
// all). Needs RightGuestsMove: who receives guests, receives them here as well.
func (s *Store) atDoor(ctx context.Context, act domain.Act, column, id string, only []string, fn func(ctx context.Context, a *doorAct, g *domain.Guest) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockWhere(ctx, "id = (SELECT 'event:' || event_id FROM guests WHERE ? = ? LIMIT 1)", bun.Ident(column), id); err != nil {
			return err
		}
		var guests []domain.Guest
		if err := tx.NewSelect().Model(&guests).Where("? = ?", bun.Ident(column), id).OrderExpr("sort, id").Scan(ctx); err != nil {
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
		case !v.Can(domain.RightGuestsMove, e.Secrecy):
			return domain.ErrForbidden
		case e.Status.Over():
			return domain.Conflict("event.over")
		}
		guests = slices.DeleteFunc(guests, func(g domain.Guest) bool {
			return column != "id" && g.Struck || only != nil && !slices.Contains(only, g.ID)
		})
		if len(guests) == 0 {
			return domain.InvalidField("guest", "door.nobody")
		}
		for k := range guests { // a moment's difference of clocks: one time for all of them
			if at := guests[k].SignAt; at != nil {
				tx.overtaken(*at)
			}
			tx.overtaken(guests[k].PositionAt)
		}
		a := &doorAct{Tx: tx, e: e}
		if a.lot, err = tx.lot(ctx, column, id); err != nil {
			return err
		}
		for k := range guests {
			tx.Receipt.Subjects = append(tx.Receipt.Subjects, "guest:"+guests[k].ID)
			if err := fn(ctx, a, &guests[k]); err != nil {
				return err
			}
		}
		if a.arrived && e.ActualArrivalAt == nil {
			e.ActualArrivalAt = &tx.At
			return tx.saveEvent(ctx, e, domain.Change{Verb: "event.arrived", New: clockP(e.ActualArrivalAt, s.Loc)})
		}
		return nil
	})
}

func (a *doorAct) doing() domain.Doing { return domain.Doing{By: personID(a.Act), At: a.At} }

func (a *doorAct) save(ctx context.Context, g *domain.Guest, c domain.Change) error {
	c.Lot = a.lot
	g.Search = guestKey(g)
	return a.saveGuest(ctx, g, c)
}

// overtakenBy tells whether somebody signed the guest in or took that back after
// the act was done on its device.
func (a *doorAct) overtakenBy(g *domain.Guest) bool { return g.SignAt != nil && a.overtaken(*g.SignAt) }

// signIn is one guest's sign-in; again tells that he was signed in before.
//
// Sign-in and position are two facts: who signs in at a desk in the lobby is not
// moved by that. At the event's own door he stands at the venue, so there he is
// moved on as well; and who had left and signs in again has come back.
func (a *doorAct) signIn(ctx context.Context, g *domain.Guest, in domain.SignIn) (again bool, err error) {
	if g.SignedInAt == nil && a.overtakenBy(g) {
		a.Receipt.Notice = "act.overtaken"
		return false, a.save(ctx, g, domain.Change{Verb: "guest.overtaken", Old: string(g.Position)})
	}
	stays := a.overtaken(g.PositionAt) // somebody saw him elsewhere since
	again, filled, err := g.SignIn(in, a.doing())
	if err != nil {
		return again, err
	}
	if filled {
		if err := a.save(ctx, g, domain.Change{Verb: "guest.changed", New: g.Name + " " + g.Title, Minor: !again}); err != nil {
			return again, err
		}
	}
	if !again {
		verb := "guest.signed_in"
		if a.Act.Person == nil {
			verb = "guest.signed_in_self"
		}
		if err := a.save(ctx, g, domain.Change{Verb: verb, New: "in"}); err != nil {
			return again, err
		}
		a.arrived = true
	}
	to := domain.Position("")
	switch {
	case stays:
	case in.Venue && g.Position != domain.PositionVenue && (!again || g.Position == domain.PositionLeft):
		to = domain.PositionVenue
	case again && g.Position == domain.PositionLeft:
		to = domain.PositionLobby
	}
	old := g.Position
	if to == "" {
		return again, nil
	}
	if _, err := g.MoveTo(to, a.doing()); err != nil {
		return again, err
	}
	return again && old != domain.PositionLeft, a.save(ctx, g, domain.Change{Verb: "guest.moved", Old: string(old), New: string(to), Minor: !again})
}

// SignInGuest signs one guest in. Whoever comes second is told who was first.
func (s *Store) SignInGuest(ctx context.Context, act domain.Act, id string, in domain.SignIn) (domain.Receipt, error) {
	return s.atDoor(ctx, act, "id", id, nil, func(ctx context.Context, a *doorAct, g *domain.Guest) error {
		again, err := a.signIn(ctx, g, in)
		if err == nil && again {
			a.already(g)
		}
		return err
	})
}

func (a *doorAct) already(g *domain.Guest) {
	a.Receipt.Notice, a.Receipt.Args = "door.already", domain.Args{"guest": g.Name, "at": clockP(g.SignedInAt, a.s.Loc), "person": g.SignedInBy}
	if g.SignedInBy == "" {
		a.Receipt.Notice = "door.already_self"
	}
}

// SignInParty signs the named guests of a party in, as one act: nineteen of a bus
// without the three who are missing.
func (s *Store) SignInParty(ctx context.Context, act domain.Act, id string, guests []string, in domain.SignIn) (domain.Receipt, error) {
	if guests == nil {
		guests = []string{}
	}
	var of *Tx // the counts are of this try
	var n, before int
	return s.atDoor(ctx, act, "party_id", id, guests, func(ctx context.Context, a *doorAct, g *domain.Guest) error {
		if of != a.Tx {
			of, n, before = a.Tx, 0, 0
		}
		again, err := a.signIn(ctx, g, in)
		if err != nil {
			return err
		}
		if again {
			before++
		} else {
			n++
		}
		a.Receipt.Notice, a.Receipt.Args = "door.party", domain.Args{"n": strconv.Itoa(n), "m": strconv.Itoa(before)}
		if before > 0 {
			a.Receipt.Notice = "door.party_before"
		}
		return nil
	})
}

func (a *doorAct) undo(ctx context.Context, g *domain.Guest) error {
	if g.SignedInAt == nil {
		return nil
	}
	if a.overtakenBy(g) {
		a.Receipt.Notice = "act.overtaken"
		return a.save(ctx, g, domain.Change{Verb: "guest.overtaken", Old: string(g.Position)})
	}
	moved, back, old := g.MovedBySignIn(), g.CameBack(), g.Position
	if back && a.overtaken(g.PositionAt) {
		a.Receipt.Notice = "act.overtaken"
		return a.save(ctx, g, domain.Change{Verb: "guest.overtaken", Old: string(old)})
	}
	if moved || back {
		if _, err := g.Back(a.doing()); err != nil {
			return err
		}
	}
	if back { // his first time stays
		return a.save(ctx, g, domain.Change{Verb: "guest.move_undone", Old: string(old), New: string(g.Position)})
	}
	g.UndoSignIn(a.doing())
	if err := a.save(ctx, g, domain.Change{Verb: "guest.sign_in_undone", New: "out"}); err != nil || !moved {
		return err
	}
	return a.save(ctx, g, domain.Change{Verb: "guest.move_undone", Old: string(old), New: string(g.Position), Minor: true})
}

// UndoSignIn takes a guest's sign-in back, and the step to the venue that came with
// it. Who had left and was received once more has left again: what was done last is
// taken back first. own: the person takes back what he has just done, before he
// knows what came of it; what another guard did stays, and he is told who it was.
func (s *Store) UndoSignIn(ctx context.Context, act domain.Act, id string, own bool) (domain.Receipt, error) {
	return s.atDoor(ctx, act, "id", id, nil, func(ctx context.Context, a *doorAct, g *domain.Guest) error {
		if own && g.SignedInAt != nil && g.SignedInLast() != personID(act) {
			a.already(g)
			return nil
		}
		return a.undo(ctx, g)
	})
}

// UndoPartySignIn takes the party's last sign-in back: of all who were signed in
// together, by one person at one moment. It is the last of the person's own; who
// signed nobody of them in takes back what somebody else did last, unless he asks
// for his own alone.
func (s *Store) UndoPartySignIn(ctx context.Context, act domain.Act, id string, own bool) (domain.Receipt, error) {
	var of *Tx // last is of this try
	var last domain.Guest
	return s.atDoor(ctx, act, "party_id", id, nil, func(ctx context.Context, a *doorAct, g *domain.Guest) error {
		if of != a.Tx {
			of, last = a.Tx, domain.Guest{}
			err := a.NewSelect().Model(&last).Where("party_id = ? AND NOT struck AND signed_in_at IS NOT NULL", id).
				OrderExpr("CASE WHEN signed_in_by = ? THEN 0 ELSE 1 END, signed_in_at DESC, id", personID(act)).Limit(1).Scan(ctx)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		if g.SignedInAt == nil || own && g.SignedInBy != personID(act) || g.SignedInBy != last.SignedInBy || !g.SignedInAt.Equal(*last.SignedInAt) {
			return nil
		}
		return a.undo(ctx, g)
	})
}

// HandOut notes that a guest who is signed in got his papers or badge later, or not at all.
func (s *Store) HandOut(ctx context.Context, act domain.Act, id string, pack, badge bool) (domain.Receipt, error) {
	return s.atDoor(ctx, act, "id", id, nil, func(ctx context.Context, a *doorAct, g *domain.Guest) error {
		switch {
		case g.SignedInAt == nil:
			return domain.Conflict("door.not_signed_in")
		case g.Pack == pack && g.Badge == badge:
			return nil
		}
		g.Pack, g.Badge = pack, badge
		return a.save(ctx, g, domain.Change{Verb: "guest.handed_out", Minor: true})
	})
}

// SignInByName signs a guest in who stands before the screen at the door of one
// event: by his pass, or by name and the last four digits of his phone. What fits
// nobody, or two, is not found: the screen never says which half was wrong.
func (s *Store) SignInByName(ctx context.Context, act domain.Act, eventID, token, name, tail string) (domain.Receipt, *domain.Guest, error) {
	id, err := s.kioskGuest(ctx, eventID, token, name, tail)
	if err != nil {
		return domain.Receipt{}, nil, err
	}
	r, err := s.SignInGuest(ctx, act, id, domain.SignIn{Venue: true})
	if err != nil {
		return r, nil, err
	}
	list, err := s.GuestsByID(WithNames(ctx), []string{id}) // he has typed his name
	if err != nil || len(list) == 0 {
		return r, nil, err
	}
	return r, &list[0], nil
}

func (s *Store) kioskGuest(ctx context.Context, eventID, token, name, tail string) (string, error) {
	if token != "" {
		g, e, err := s.GuestByPass(ctx, token)
		if err != nil {
			return "", err
		}
		if e.ID != eventID {
			return "", domain.ErrNotFound
		}
		return g.ID, nil
	}
	name = search.Fold(domain.Clean(name, false))
	tail, ok := domain.NormalisePhone("0" + tail) // four digits alone are no number
	if !ok || name == "" || len(tail) != 5 {
		return "", domain.ErrNotFound
	}
	var list []domain.Guest
	err := s.read.NewSelect().Model(&list).Where("event_id = ? AND NOT struck AND phone LIKE ?", eventID, "%"+tail[1:]).Scan(ctx)
	if err != nil {
		return "", asPerson(err)
	}
	list = slices.DeleteFunc(list, func(g domain.Guest) bool { return search.Fold(g.Name) != name })
	if len(list) != 1 {
		return "", domain.ErrNotFound
	}
	return list[0].ID, nil
}

// RevokeLinks ends the organiser's and the kiosk's links of an event. Needs RightGuestsEdit.
func (s *Store) RevokeLinks(ctx context.Context, act domain.Act, eventID string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightGuestsEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		e.PassNo = (e.PassNo + 1) % (1 << 16)
		return tx.saveEvent(ctx, e, domain.Change{Verb: "event.links_revoked"})
	})
}

// Attendance counts the guests of events, by event.
func (s *Store) Attendance(ctx context.Context, eventIDs []string) (map[string]domain.GuestCounts, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	m, err := s.guestCounts(ctx, eventIDs)
	return m, asPerson(err)
}

// Absent are the guests of an event who have not signed in, by protocol order.
func (s *Store) Absent(ctx context.Context, eventID string, limit int) ([]domain.Guest, error) {
	var list []domain.Guest
	err := s.withNeed(s.read.NewSelect().Model(&list).ColumnExpr("guest.*"), "guest").Where("event_id = ? AND NOT struck AND signed_in_at IS NULL", eventID).OrderExpr("sort, id").Limit(int64(limit)).Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// ---- who stands on no list

// Strays are those who came to these events' doors since a moment, the newest first.
func (s *Store) Strays(ctx context.Context, since time.Time, eventIDs ...string) ([]domain.Stray, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var list []domain.Stray
	err := s.withNeed(s.read.NewSelect().Model(&list).ColumnExpr("stray.*"), "stray").Where("event_id IN (?) AND at > ?", bun.List(eventIDs), since).OrderExpr("at DESC, id DESC").Limit(40).Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

// StraysByID loads the present state of those.
func (s *Store) StraysByID(ctx context.Context, ids []string) ([]domain.Stray, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var list []domain.Stray
	err := s.withNeed(s.read.NewSelect().Model(&list).ColumnExpr("stray.*"), "stray").Where("id IN (?)", bun.List(ids)).OrderExpr("at, id").Scan(ctx)
	return masked(ctx, list), asPerson(err)
}

func (tx *Tx) recordStray(x *domain.Stray, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Label = domain.EventTopic(x.EventID), x.EventID, "stray:"+x.ID, x.Name
	tx.Record(c)
}

// MeetStray notes somebody at an event's door who stands on no list: he is asked
// for, sent on to another event that boards name, or moved on with the client's
// consent. Needs RightGuestsSee.
func (s *Store) MeetStray(ctx context.Context, act domain.Act, x domain.Stray) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, x.EventID, domain.RightEventSee, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		switch {
		case !v.Can(domain.RightGuestsSee, e.Secrecy):
			return domain.ErrNotFound
		case e.Status.Over(), e.ErasedAt != nil:
			return domain.Conflict("event.over")
		case x.State == domain.StrayAdmitted:
			return domain.InvalidField("state", "field.choose")
		}
		if x.ID == "" {
			x.ID = NewID()
		}
		x.At, x.MetBy, x.GuestID, x.JudgedAt, x.JudgedBy = tx.At, personID(act), "", nil, ""
		if x.State != domain.StrayRedirected {
			x.ToEventID = ""
		}
		if err := x.Validate(); err != nil {
			return err
		}
		note := x.Organisation
		if x.State == domain.StrayRedirected {
			to, err := tx.sentTo(ctx, x.ToEventID)
			if err != nil {
				return err
			}
			note = roomNames(to.Rooms)
		}
		x.Seq = tx.Next(domain.EventTopic(e.ID))
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			if isUnique(err) {
				return domain.Conflict("stray.exists")
			}
			return err
		}
		tx.recordStray(&x, domain.Change{Verb: "stray." + string(x.State), Note: note})
		tx.Receipt.Created = x.ID
		return nil
	})
}

// sentTo is the event to which a stray is sent: one that the person sees, or that
// boards show to everybody by its name.
func (tx *Tx) sentTo(ctx context.Context, id string) (*domain.Event, error) {
	to, _, err := eventFor(ctx, tx, nil, id)
	if err == nil && to.Secrecy == domain.SecrecySecret {
		_, _, err = eventOnly(ctx, tx, tx.Act.Person, id)
	}
	if errors.Is(err, domain.ErrNotFound) {
		return nil, domain.InvalidField("to_event_id", "field.choose")
	}
	return to, err
}

// JudgeStray is the word of who answers for the event: admitted, he stands on its
// list; refused, he does not. Needs RightGuestsEdit.
func (s *Store) JudgeStray(ctx context.Context, act domain.Act, id string, to domain.StrayState) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockWhere(ctx, "id = (SELECT 'event:' || event_id FROM strays WHERE id = ?)", id); err != nil {
			return err
		}
		x := new(domain.Stray)
		if err := tx.NewSelect().Model(x).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		e, v, err := eventOnly(ctx, tx, act.Person, x.EventID)
		if err != nil {
			return err
		}
		switch {
		case !v.Can(domain.RightGuestsSee, e.Secrecy):
			return domain.ErrNotFound
		case !v.Can(domain.RightGuestsEdit, e.Secrecy):
			return domain.ErrForbidden
		case e.Status.Over():
			return domain.Conflict("event.over")
		}
		changed, err := x.Judge(to, domain.Doing{By: personID(act), At: tx.At})
		if err != nil {
			return err
		}
		if !changed {
			tx.Receipt.Subjects = []string{"stray:" + x.ID}
			return nil
		}
		if to == domain.StrayAdmitted {
			if x.GuestID, err = tx.admit(ctx, x); err != nil {
				return err
			}
		}
		x.Seq = tx.Next(domain.EventTopic(x.EventID))
		if _, err := tx.NewUpdate().Model(x).WherePK().Exec(ctx); err != nil {
			return err
		}
		tx.recordStray(x, domain.Change{Verb: "stray." + string(to)})
		return tx.settleStray(ctx, x)
	})
}

// admit puts a stray on the event's list, or finds him there.
func (tx *Tx) admit(ctx context.Context, x *domain.Stray) (guest string, err error) {
	var have []domain.Guest
	if err := tx.NewSelect().Model(&have).Where("event_id = ?", x.EventID).Scan(ctx); err != nil {
		return "", err
	}
	g := domain.Guest{ID: NewID(), EventID: x.EventID, Name: x.Name, Organisation: x.Organisation, Position: domain.PositionExpected, PositionAt: tx.At, CreatedAt: tx.Now}
	for k := range have {
		if !have[k].Struck && have[k].Name == g.Name && have[k].Organisation == g.Organisation {
			return have[k].ID, nil
		}
		g.Sort = max(g.Sort, have[k].Sort)
	}
	g.Sort++
	g.Search, g.Seq = guestKey(&g), tx.Next(domain.EventTopic(x.EventID))
	if err := g.Validate(); err != nil {
		return "", err
	}
	if _, err := tx.NewInsert().Model(&g).Exec(ctx); err != nil {
		return "", err
	}
	tx.recordGuest(&g, domain.Change{Verb: "guest.added", New: string(g.Position)})
	return g.ID, nil
}

// settleStray closes what others were told of the stray: nobody has to answer any
// more. People are locked after the event, in the order of their ids, as in tell.
func (tx *Tx) settleStray(ctx context.Context, x *domain.Stray) error {
	var open []domain.Notice
	err := tx.NewSelect().Model(&open).Where("key = ? AND acknowledged_at IS NULL AND settled_at IS NULL", domain.StrayKey(x.ID)).OrderExpr("person_id").Scan(ctx)
	for k := range open {
		if err != nil {
			return err
		}
		err = tx.settle(ctx, &open[k])
	}
	return err
}

// settle closes one notice.
func (tx *Tx) settle(ctx context.Context, n *domain.Notice) error {
	topic := domain.PersonTopic(n.PersonID)
	if err := tx.Lock(ctx, topic); err != nil {
		return err
	}
	if _, err := tx.NewRaw("UPDATE notices SET settled_at = ?, repeat_at = NULL WHERE id = ?", tx.Now, n.ID).Exec(ctx); err != nil {
		return err
	}
	tx.Record(domain.Change{Topic: topic, EventID: n.EventID, Subject: "notice:" + n.ID, Verb: "notice.settled", Label: string(n.Kind), Minor: true})
	return nil
}

// ---- who is in the building

// Headcount counts everybody who is in the building now, each once (a fire
// officer's roll-call). Guests of events whose guests the person may not see are
// counted and not named; of staff it is not said at which event that he does not
// see they work.
func (s *Store) Headcount(ctx context.Context, p *domain.Person) (*domain.Headcount, []domain.Event, error) {
	now := s.Now()
	var rows []eventRow
	err := eventsFor(s.read, p).Where("e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ? AND e.status NOT IN ('draft', 'cancelled')", now.Add(-24*time.Hour), now.Add(24*time.Hour)).
		OrderExpr("e.start_at, e.number").Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return &domain.Headcount{}, nil, asPerson(err)
	}
	hidden, unseen, over, floors, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]int{}, make([]string, len(rows))
	events := make([]*domain.Event, len(rows))
	for k := range rows {
		ids[k], events[k] = rows[k].ID, &rows[k].Event
		v := rows[k].viewer(p)
		hidden[rows[k].ID] = !v.Can(domain.RightGuestsSee, rows[k].Secrecy)
		over[rows[k].ID] = rows[k].NamesHidden(now)
		unseen[rows[k].ID] = !v.Can(domain.RightEventSee, rows[k].Secrecy)
	}
	if err := loadRooms(ctx, s.read, events...); err != nil {
		return nil, nil, asPerson(err)
	}
	list := make([]domain.Event, len(events))
	for k, e := range events {
		list[k] = *e
		floors[e.ID] = mainFloor(e)
	}
	var guests []domain.Guest
	err = s.read.NewSelect().Model(&guests).Where("event_id IN (?) AND NOT struck AND (position <> 'expected' OR signed_in_at IS NOT NULL)", bun.List(ids)).OrderExpr("event_id, sort, id").Scan(ctx)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	h := new(domain.Headcount)
	h.Guests, h.NotSeen = domain.CountHeads(guests, floors, hidden, over)
	h.Staff, err = s.staffInside(ctx, list, floors)
	for k := range h.Staff {
		if unseen[h.Staff[k].EventID] {
			h.Staff[k].EventID = ""
		}
	}
	return h, list, err
}

// mainFloor is that of the event's largest room.
func mainFloor(e *domain.Event) int {
	if len(e.Rooms) == 0 {
		return 0
	}
	return slices.MaxFunc(e.Rooms, func(a, b domain.Room) int { return cmp.Compare(a.Capacity, b.Capacity) }).Floor
}

// staffInside are the people at work in the building: everybody named on an event
// that its crew is on site for now, once. It is the only place that decides who
// of the staff is counted.
func (s *Store) staffInside(ctx context.Context, events []domain.Event, floors map[string]int) ([]domain.Head, error) {
	now := s.Now()
	var running []string
	for k := range events {
		e := &events[k]
		from := e.Arrival().Add(-time.Duration(domain.LeadMinutes(e.Level)) * time.Minute)
		if e.Status.Working() && e.Status != domain.EventReleased && !now.Before(from) && now.Before(e.EndAt.Add(6*time.Hour)) {
			running = append(running, e.ID)
		}
	}
	if len(running) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID, Name, EventID string
		Crew              domain.Crew
	}
	err := s.read.NewRaw(`SELECT p.id, p.name, a.event_id, a.crew FROM assignments AS a JOIN people AS p ON p.id = a.person_id WHERE a.event_id IN (?) AND NOT p.disabled
		UNION SELECT p.id, p.name, e.id, COALESCE(p.crew, 'CMD') FROM events AS e JOIN people AS p ON p.id = e.commander_id WHERE e.id IN (?) AND NOT p.disabled ORDER BY 2, 1`,
		bun.List(running), bun.List(running)).Scan(ctx, &rows)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, asPerson(err)
	}
	seen := map[string]bool{}
	var list []domain.Head
	for _, r := range rows {
		if !seen[r.ID] {
			seen[r.ID] = true
			list = append(list, domain.Head{Name: r.Name, Crew: r.Crew, EventID: r.EventID, Floor: floors[r.EventID]})
		}
	}
	return list, nil
}
