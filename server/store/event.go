package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// eventRow is an event with what decides the reader's relation to it.
type eventRow struct {
	domain.Event
	AssignedCrew  domain.Crew `bun:"assigned_crew"`
	AssignedLead  bool        `bun:"assigned_lead"`
	CrewTakesPart bool        `bun:"crew_takes_part"`
}

func (r *eventRow) viewer(p *domain.Person) domain.Viewer {
	v := domain.Viewer{Person: p, Crew: p.Crew}
	switch {
	case r.CommanderID != "" && r.CommanderID == p.ID:
		v.Relation = domain.RelationCommander
	case r.AssignedCrew != "":
		v.Relation = domain.RelationAssigned
	case r.CrewTakesPart:
		v.Relation = domain.RelationCrew
	}
	if r.AssignedCrew != "" {
		v.Crew, v.Lead = r.AssignedCrew, r.AssignedLead
	}
	return v
}

// seenBy is viewer; what the person may not see is ErrNotFound.
func (r *eventRow) seenBy(p *domain.Person) (domain.Viewer, error) {
	v := r.viewer(p)
	if !v.Can(domain.RightEventSee, r.Secrecy) {
		return v, domain.ErrNotFound
	}
	return v, nil
}

// eventsFor selects events with the person's relation to each.
func eventsFor(db bun.IDB, p *domain.Person) *bun.SelectQuery {
	return db.NewSelect().TableExpr("events AS e").ColumnExpr("e.*").
		ColumnExpr("COALESCE(a.crew, '') AS assigned_crew, COALESCE(a.lead, FALSE) AS assigned_lead").
		ColumnExpr("EXISTS (SELECT 1 FROM items i WHERE i.event_id = e.id AND i.crew = ?) AS crew_takes_part", p.Crew).
		Join("LEFT JOIN assignments AS a ON a.event_id = e.id AND a.person_id = ?", p.ID)
}

// Roster is an event with everything that decides how anybody stands to it. Its
// topic moves on when any of it changes.
type Roster struct {
	Event    domain.Event
	assigned map[string]assignee  // by person
	crews    map[domain.Crew]bool // with items
}

type assignee struct {
	crew domain.Crew
	lead bool
}

// Viewer is how the person stands to the event; what he may not see is ErrNotFound.
func (r *Roster) Viewer(p *domain.Person) (domain.Viewer, error) {
	a := r.assigned[p.ID]
	row := eventRow{Event: r.Event, AssignedCrew: a.crew, AssignedLead: a.lead, CrewTakesPart: r.crews[p.Crew]}
	return row.seenBy(p)
}

// Roster loads an event for whoever may ask: Roster.Viewer judges each.
func (s *Store) Roster(ctx context.Context, id string) (*Roster, error) {
	e, _, err := eventFor(ctx, s.read, nil, id)
	if err != nil {
		return nil, asPerson(err)
	}
	var rows []struct {
		PersonID string
		Crew     domain.Crew
		Lead     bool
	}
	err = s.read.NewRaw("SELECT person_id, crew, lead FROM assignments WHERE event_id = ? UNION SELECT '', crew, FALSE FROM items WHERE event_id = ?", id, id).Scan(ctx, &rows)
	if err != nil {
		return nil, asPerson(err)
	}
	r := &Roster{Event: *e, assigned: map[string]assignee{}, crews: map[domain.Crew]bool{}}
	for _, row := range rows {
		if row.PersonID == "" {
			r.crews[row.Crew] = true
		} else {
			r.assigned[row.PersonID] = assignee{row.Crew, row.Lead}
		}
	}
	return r, nil
}

// Event loads one event through the person's rights: what he may not see is
// ErrNotFound. The viewer says how he stands to it.
func (s *Store) Event(ctx context.Context, p *domain.Person, id string) (*domain.Event, domain.Viewer, error) {
	e, v, err := eventFor(ctx, s.read, p, id)
	return e, v, asPerson(err)
}

func eventFor(ctx context.Context, db bun.IDB, p *domain.Person, id string) (*domain.Event, domain.Viewer, error) {
	e, v, err := eventOnly(ctx, db, p, id)
	if err != nil {
		return nil, v, err
	}
	return e, v, loadRooms(ctx, db, e)
}

// eventOnly is eventFor without the rooms.
func eventOnly(ctx context.Context, db bun.IDB, p *domain.Person, id string) (*domain.Event, domain.Viewer, error) {
	var row eventRow
	if p == nil { // the system itself
		if err := db.NewSelect().TableExpr("events AS e").ColumnExpr("e.*").Where("e.id = ?", id).Scan(ctx, &row); err != nil {
			return nil, domain.Viewer{}, noRows(err)
		}
		return &row.Event, domain.Viewer{Person: &domain.Person{Role: domain.RoleCommander}, Relation: domain.RelationCommander}, nil
	}
	if err := eventsFor(db, p).Where("e.id = ?", id).Scan(ctx, &row); err != nil {
		return nil, domain.Viewer{}, noRows(err)
	}
	v, err := row.seenBy(p)
	if err != nil {
		return nil, v, err
	}
	return &row.Event, v, nil
}

func loadRooms(ctx context.Context, db bun.IDB, events ...*domain.Event) error {
	if len(events) == 0 {
		return nil
	}
	ids := make([]string, 0, len(events))
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	var rows []struct {
		domain.Room
		EventID string
	}
	err := db.NewSelect().TableExpr("event_rooms AS er").Join("JOIN rooms AS r ON r.id = er.room_id").
		ColumnExpr("r.id, r.name, r.name_en, r.floor, r.capacity, r.sort, r.setup_min, r.clear_min, r.out_of_use, er.event_id").Where("er.event_id IN (?)", bun.List(ids)).OrderExpr("r.sort, r.id").Scan(ctx, &rows)
	if err != nil {
		return err
	}
	for _, e := range events {
		e.Rooms = nil
		for _, r := range rows {
			if r.EventID == e.ID {
				e.Rooms = append(e.Rooms, r.Room)
			}
		}
	}
	return nil
}

// EventSummary is an event with the sums that lists and boards show.
type EventSummary struct {
	domain.Event
	Viewer   domain.Viewer
	Progress domain.Progress
	Counts   domain.GuestCounts
}

// Events lists what overlaps the interval and the person may see (nil person:
// all, for shared boards), by start. Four queries, however many events.
func (s *Store) Events(ctx context.Context, p *domain.Person, from, to time.Time, only ...string) ([]EventSummary, error) {
	list, err := s.events(ctx, p, from, to, only)
	return list, asPerson(err)
}

func (s *Store) events(ctx context.Context, p *domain.Person, from, to time.Time, only []string) ([]EventSummary, error) {
	who := p
	if who == nil {
		who = &domain.Person{}
	}
	var rows []eventRow
	q := eventsFor(s.read, who).Where("e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ?", from, to).OrderExpr("e.start_at, e.number")
	if len(only) > 0 {
		q = q.Where("e.id IN (?)", bun.List(only))
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	var list []EventSummary
	var ids []string
	for k := range rows {
		v := rows[k].viewer(who)
		if p != nil && !v.Can(domain.RightEventSee, rows[k].Secrecy) {
			continue
		}
		list = append(list, EventSummary{Event: rows[k].Event, Viewer: v})
		ids = append(ids, rows[k].ID)
	}
	if len(list) == 0 {
		return nil, nil
	}
	ptrs := make([]*domain.Event, 0, len(list))
	for k := range list {
		ptrs = append(ptrs, &list[k].Event)
	}
	if err := loadRooms(ctx, s.read, ptrs...); err != nil {
		return nil, err
	}
	progress, err := s.progress(ctx, ids)
	if err != nil {
		return nil, err
	}
	counts, err := s.guestCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	for k := range list {
		list[k].Progress, list[k].Counts = progress[list[k].ID], counts[list[k].ID]
		if list[k].Status.Over() { // nobody waits for it any more
			list[k].Progress.Late, list[k].Progress.NextDue = 0, nil
		}
	}
	return list, nil
}

// progress sums items in the database: a list of fifty events costs one query.
func (s *Store) progress(ctx context.Context, ids []string) (map[string]domain.Progress, error) {
	now := s.Now()
	var rows []struct {
		EventID string
		Crew    domain.Crew
		Status  domain.ItemStatus
		Flag    string
		N       int
		Late    int
		NextDue *time.Time
	}
	lateBefore := now.Add(-time.Minute)
	err := s.read.NewSelect().TableExpr("items").ColumnExpr("event_id, crew, status, COALESCE(flag, '') AS flag, COUNT(*) AS n").
		ColumnExpr("SUM(CASE WHEN status = 'open' AND due_at < ? THEN 1 ELSE 0 END) AS late", lateBefore).
		ColumnExpr("MIN(CASE WHEN status IN ('open','rejected','blocked') AND due_at >= ? THEN due_at END) AS next_due", lateBefore).
		Where("event_id IN (?)", bun.List(ids)).GroupExpr("event_id, crew, status, COALESCE(flag, '')").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	sums := make(map[string]domain.Progress, len(ids))
	for _, r := range rows {
		p := sums[r.EventID]
		p.AddGroup(r.Crew, r.Status, r.Flag, r.N, r.Late, r.NextDue)
		sums[r.EventID] = p
	}
	return sums, nil
}

func (s *Store) guestCounts(ctx context.Context, ids []string) (map[string]domain.GuestCounts, error) {
	var rows []struct {
		EventID  string
		Position domain.Position
		N        int
		Signed   int
		Declined int
	}
	err := s.read.NewSelect().TableExpr("guests AS g").Join("LEFT JOIN invitations AS i ON i.guest_id = g.id").
		ColumnExpr("g.event_id, g.position, COUNT(*) AS n, COUNT(g.signed_in_at) AS signed, SUM(CASE WHEN i.answer = 'declined' AND g.position = 'expected' THEN 1 ELSE 0 END) AS declined").
		Where("g.event_id IN (?) AND NOT g.struck", bun.List(ids)).GroupExpr("g.event_id, g.position").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]domain.GuestCounts, len(ids))
	for _, r := range rows {
		c := counts[r.EventID]
		c.Add(r.Position, r.N)
		c.Declined += r.Declined
		c.Signed += r.Signed
		counts[r.EventID] = c
	}
	return counts, nil
}

// Assignments lists who is on events.
func (s *Store) Assignments(ctx context.Context, eventIDs ...string) ([]domain.Assignment, error) {
	var list []domain.Assignment
	err := s.read.NewSelect().Model(&list).Where("event_id IN (?)", bun.List(eventIDs)).OrderExpr("crew, person_id").Scan(ctx)
	return list, asPerson(err)
}

// EventDraft is what a form says about an event: the event's own fields, its
// rooms and its people.
type EventDraft struct {
	Event  domain.Event // Rooms are filled here from RoomIDs
	Rooms  []string
	People []domain.Assignment // EventID may be empty; Crew empty = the person's own
	Opened *Opened             // what the form showed: then only what was changed there is saved; nil = all of it
}

// CreateEvent makes a draft event and its topic. Needs RightCreate.
func (s *Store) CreateEvent(ctx context.Context, act domain.Act, d EventDraft) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightCreate); err != nil {
			return err
		}
		e, err := tx.createEvent(ctx, d)
		if err == nil {
			tx.Receipt.Created = e.ID
		}
		return err
	})
}

// createEvent makes a draft, whoever asked for it.
func (tx *Tx) createEvent(ctx context.Context, d EventDraft) (*domain.Event, error) {
	e := d.Event
	if e.ID == "" {
		e.ID = NewID()
	}
	e.Status, e.CreatedAt, e.StateAt, e.RegisteredBy = domain.EventDraft, tx.Now, tx.At, personID(tx.Act)
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if err := tx.judgeLevel(ctx, &e, 0, ""); err != nil {
		return nil, err
	}
	topic := domain.EventTopic(e.ID)
	if err := tx.Open(ctx, topic); err != nil {
		if isUnique(err) {
			return nil, domain.Conflict("event.exists")
		}
		return nil, err
	}
	var err error
	if e.Number, err = tx.nextNumber(ctx, e.StartAt); err != nil {
		return nil, err
	}
	if err := tx.bookRooms(ctx, &e, d.Rooms); err != nil {
		return nil, err
	}
	if err := tx.knowLift(ctx, e.LiftID); err != nil {
		return nil, err
	}
	e.Seq = tx.Next(topic)
	if _, err := tx.NewInsert().Model(&e).Exec(ctx); err != nil {
		return nil, foreign(err, "commander_id")
	}
	if err := tx.saveRooms(ctx, &e); err != nil {
		return nil, err
	}
	if _, err := tx.assign(ctx, &e, d.People); err != nil {
		return nil, err
	}
	tx.Record(domain.Change{Topic: topic, EventID: e.ID, Subject: topic, Verb: "event.created", Label: e.Name, New: e.Number})
	return &e, nil
}

// taken says beside the field that somebody else has that value.
func taken(err error, field, key string) error {
	if isUnique(err) {
		return domain.InvalidField(field, key)
	}
	return err
}

func foreign(err error, field string) error {
	if isForeign(err) {
		return domain.InvalidField(field, "field.choose")
	}
	return err
}

func (tx *Tx) nextNumber(ctx context.Context, start time.Time) (string, error) {
	if err := tx.lockNumbers(ctx); err != nil {
		return "", err
	}
	n, err := tx.lastNumber(ctx, start)
	if err != nil {
		return "", err
	}
	if n >= numbersADay {
		return "", domain.Conflict("event.too_many_today")
	}
	return domain.EventNumber(start, tx.s.Loc, n+1), nil
}

// numbersADay is how many events of one day have a number.
const numbersADay = 99

// lockNumbers lets events that are made at once take their numbers one by one; SQLite has
// one writer anyway.
func (tx *Tx) lockNumbers(ctx context.Context) error {
	if !tx.s.postgres {
		return nil
	}
	_, err := tx.NewRaw("SELECT pg_advisory_xact_lock(?)", numberLock).Exec(ctx)
	return err
}

// lastNumber is the last one of that day; 0 = none.
func (tx *Tx) lastNumber(ctx context.Context, start time.Time) (int, error) {
	prefix := strings.TrimSuffix(domain.EventNumber(start, tx.s.Loc, 0), "00")
	var last string
	err := tx.NewSelect().TableExpr("events").ColumnExpr("COALESCE(MAX(number), '')").Where(`number LIKE ? ESCAPE '\'`, likeEscape(prefix)+"__").Scan(ctx, &last)
	if err != nil || last == "" {
		return 0, err
	}
	n, err := strconv.Atoi(last[len(prefix):])
	if err != nil {
		return 0, fmt.Errorf("event number %q: %w", last, err)
	}
	return n, nil
}

func (tx *Tx) saveRooms(ctx context.Context, e *domain.Event) error {
	if _, err := tx.NewRaw("DELETE FROM event_rooms WHERE event_id = ?", e.ID).Exec(ctx); err != nil {
		return err
	}
	for _, r := range e.Rooms {
		if _, err := tx.NewRaw("INSERT INTO event_rooms (event_id, room_id) VALUES (?, ?)", e.ID, r.ID).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// assign replaces the people on the event; it returns the names that came or went.
func (tx *Tx) assign(ctx context.Context, e *domain.Event, people []domain.Assignment) (changed []string, err error) {
	var old []domain.Assignment
	if err := tx.NewSelect().Model(&old).Where("event_id = ?", e.ID).Scan(ctx); err != nil {
		return nil, err
	}
	was := map[string]domain.Assignment{}
	for _, a := range old {
		was[a.PersonID] = a
	}
	want := map[string]domain.Assignment{}
	for _, a := range people {
		want[a.PersonID] = a
	}
	ids := slices.Collect(maps.Keys(want))
	for id := range was {
		if _, stays := want[id]; !stays {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var persons []domain.Person
	if err := tx.NewSelect().Model(&persons).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	known := map[string]domain.Person{}
	for _, p := range persons {
		known[p.ID] = p
	}
	slices.Sort(ids)
	for _, id := range ids {
		a, wanted := want[id]
		p, ok := known[id]
		o, had := was[id]
		switch {
		case wanted && !ok:
			return nil, domain.InvalidField("people", "field.choose")
		case wanted && !had && p.Disabled:
			return nil, domain.InvalidField("people", "event.person_disabled", "name", p.Name)
		case !wanted:
			if _, err := tx.NewDelete().Model(&o).WherePK().Exec(ctx); err != nil {
				return nil, err
			}
			changed = append(changed, "−"+p.Name)
			continue
		}
		if had { // a form knows who, not as what
			a.Crew, a.Post, a.Seq = cmp.Or(a.Crew, o.Crew), cmp.Or(a.Post, o.Post), o.Seq
			a.Lead = o.Lead && a.Crew == o.Crew
		}
		if a.Crew == "" {
			a.Crew = p.Crew
		}
		if !a.Crew.Valid() {
			return nil, domain.InvalidField("people", "event.person_without_crew", "name", p.Name)
		}
		a.EventID = e.ID
		if had && o == a {
			continue
		}
		if _, err := tx.NewInsert().Model(&a).On("CONFLICT (event_id, person_id) DO UPDATE").Set("crew = EXCLUDED.crew").Set("post = EXCLUDED.post").Set("lead = EXCLUDED.lead").Exec(ctx); err != nil {
			return nil, err
		}
		sign := "+"
		if had {
			sign = "→" // another crew or post
		}
		changed = append(changed, sign+p.Name)
	}
	return changed, nil
}

// changeEvent locks an event, loads it through the person's rights, lets fn
// change it, saves it and keeps its items in step. fn records its own log rows.
func (s *Store) changeEvent(ctx context.Context, act domain.Act, id string, right domain.Right, fn func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		topic := domain.EventTopic(id)
		if err := tx.Lock(ctx, topic); err != nil {
			return err
		}
		e, v, err := eventFor(ctx, tx, act.Person, id)
		if err != nil {
			return err
		}
		if !v.Can(right, e.Secrecy) {
			return domain.ErrForbidden
		}
		return fn(ctx, tx, e, v)
	})
}

// saveEvent writes the event's own row with the seq of the change that
// follows and records that change.
func (tx *Tx) saveEvent(ctx context.Context, e *domain.Event, c domain.Change) error {
	topic := domain.EventTopic(e.ID)
	e.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(e).WherePK().Exec(ctx); err != nil {
		return foreign(err, "commander_id")
	}
	c.Topic, c.EventID, c.Subject = topic, e.ID, topic
	if c.Label == "" {
		c.Label = e.Name
	}
	tx.Record(c)
	return nil
}

// UpdateEvent changes the typed fields, rooms and people. Moved times re-time
// what is unfinished; every change stands in the log, old → new. Needs RightEventEdit.
func (s *Store) UpdateEvent(ctx context.Context, act domain.Act, id string, d EventDraft) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		old := *e
		d, err := tx.merge(ctx, e, d)
		if err != nil {
			return err
		}
		e.TakeFields(&d.Event)
		if err := e.Validate(); err != nil {
			return err
		}
		if err := tx.rebookRooms(ctx, &old, e, d.Rooms); err != nil {
			return err
		}
		if e.Status != domain.EventDraft && e.Status != domain.EventRequested {
			if err := e.ValidateConfirm(); err != nil {
				return err
			}
		}
		if err := tx.judgeLevel(ctx, e, old.Level, old.LevelReason); err != nil {
			return err
		}
		if err := tx.knowLift(ctx, e.LiftID); err != nil {
			return err
		}
		if err := tx.shiftProgramme(ctx, e, e.StartAt.Sub(old.StartAt)); err != nil {
			return err
		}
		if old.NoBuffer && !e.NoBuffer { // its functions need more time than they had
			if err := tx.bookFunctions(ctx, e); err != nil {
				return roomsField(err)
			}
		}
		changes := eventChanges(&old, e, s.Loc)
		if len(changes) > 0 {
			if err := tx.saveRooms(ctx, e); err != nil {
				return err
			}
		}
		people, err := tx.assign(ctx, e, d.People)
		if err != nil {
			return err
		}
		if len(people) > 0 {
			changes = append(changes, domain.Change{Verb: "event.people", New: strings.Join(people, " ")})
		}
		for _, c := range changes {
			if err := tx.saveEvent(ctx, e, c); err != nil {
				return err
			}
		}
		if len(changes) > 0 && e.Status.Planned() {
			if _, err := tx.syncTrack(ctx, e); err != nil {
				return err
			}
		}
		if len(changes) == 0 || !e.Status.Working() {
			return nil
		}
		if err := tx.syncItems(ctx, e); err != nil {
			return err
		}
		why := ""
		if e.Level != old.Level {
			why = e.LevelReason
		}
		return tx.noteChange(ctx, &old, e, why)
	})
}

// eventChanges lists what differs, as log rows with old and new.
func eventChanges(a, b *domain.Event, loc *time.Location) []domain.Change {
	var list []domain.Change
	add := func(verb, before, after string) {
		if before != after {
			list = append(list, domain.Change{Verb: verb, Old: before, New: after})
		}
	}
	clock := func(t *time.Time) string {
		if t == nil {
			return "–"
		}
		return t.In(loc).Format("01-02 15:04")
	}
	add("event.arrival", clock(a.ArrivalAt), clock(b.ArrivalAt))
	add("event.start", clock(&a.StartAt), clock(&b.StartAt))
	add("event.end", clock(&a.EndAt), clock(&b.EndAt))
	add("event.break", clock(a.BreakAt), clock(b.BreakAt))
	add("event.name", a.Name, b.Name)
	add("event.level", strconv.Itoa(a.Level), strconv.Itoa(b.Level))
	add("event.secrecy", string(a.Secrecy), string(b.Secrecy))
	add("event.rooms", roomNames(a.Rooms), roomNames(b.Rooms))
	add("event.heads", strconv.Itoa(a.Heads), strconv.Itoa(b.Heads))
	if a.CommanderID != b.CommanderID {
		list = append(list, domain.Change{Verb: "event.commander"})
	}
	// The others by name only: what stands there may name people.
	if facts := otherFields(a, b); len(facts) > 0 {
		list = append(list, domain.Change{Verb: "event.facts", New: strings.Join(facts, " ")})
	}
	return list
}

func roomNames(rooms []domain.Room) string {
	names := make([]string, 0, len(rooms))
	for _, r := range rooms {
		names = append(names, r.Name)
	}
	return strings.Join(names, "、")
}

// SetStatus moves an event on in its life: confirm (makes the items), cancel
// (with a reason), live (start), clearing (end), released, closed, and back
// where that is allowed.
func (s *Store) SetStatus(ctx context.Context, act domain.Act, id string, status domain.EventStatus, reason string) (domain.Receipt, error) {
	right := domain.RightEventRun
	switch status {
	case domain.EventDraft, domain.EventRequested, domain.EventConfirmed, domain.EventCancelled:
		right = domain.RightEventEdit
	case domain.EventClosed:
		right = domain.RightEventClose
	case domain.EventReady:
		right = domain.RightEventReady
	}
	return s.changeEvent(ctx, act, id, right, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if e.Status == status {
			return nil // said twice: quiet
		}
		if !e.CanBecome(status) || status == domain.EventPreparing || status == domain.EventReady {
			return domain.Conflict("event.status_order")
		}
		if slices.Index(domain.EventStatuses, status) < slices.Index(domain.EventStatuses, e.Status) && tx.overtaken(e.StateAt) {
			return tx.eventOvertaken(ctx, e, status)
		}
		old, before := e.Status, *e
		reason = domain.Clean(reason, false)
		switch status {
		case domain.EventRequested, domain.EventConfirmed: // from here on the rooms are taken
			if status == domain.EventConfirmed {
				if err := e.ValidateConfirm(); err != nil {
					return err
				}
			}
			if old.TakesRooms() { // asked for: they are its own already
				break
			}
			if err := tx.bookRooms(ctx, e, e.RoomIDs()); err != nil {
				return err
			}
			if err := tx.bookFunctions(ctx, e); err != nil {
				return err
			}
		case domain.EventCancelled:
			if reason == "" {
				return domain.InvalidField("reason", "item.reason_needed")
			}
		case domain.EventLive:
			if e.ActualStartAt == nil {
				e.ActualStartAt = &tx.At
			}
			e.ActualEndAt = nil
			if err := tx.fireCause(ctx, e.ID, domain.CauseSeated); err != nil {
				return err
			}
		case domain.EventClearing:
			if e.ActualEndAt == nil {
				e.ActualEndAt = &tx.At
			}
		case domain.EventReleased:
			if e.LeftAt == nil {
				return domain.Conflict("event.guests_not_left")
			}
			if err := tx.releaseCrew(ctx, e, v, "", "", false); err != nil {
				return err
			}
		case domain.EventClosed:
			if n, err := tx.openBlockers(ctx, e.ID); err != nil {
				return err
			} else if n > 0 {
				return domain.Conflict("event.not_closable", "n", strconv.Itoa(n))
			}
		}
		e.Status, e.StateAt = status, tx.At
		if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.status", Old: string(old), New: string(status), Note: reason}); err != nil {
			return err
		}
		if status == domain.EventRequested || status == domain.EventConfirmed {
			if _, err := tx.syncTrack(ctx, e); err != nil {
				return err
			}
		}
		if status == domain.EventConfirmed {
			if err := tx.addCues(ctx, e); err != nil {
				return err
			}
			if err := tx.keepBays(ctx, e); err != nil {
				return err
			}
		}
		switch {
		case e.Status.Working():
			return tx.syncItems(ctx, e)
		case status == domain.EventCancelled:
			return tx.noteChange(ctx, &before, e, reason)
		}
		return nil
	})
}

// SetEarlyMode is the commander's decision when guests came before their time:
// domain.EarlyLounge or EarlyGo. Needs RightEventReady.
func (s *Store) SetEarlyMode(ctx context.Context, act domain.Act, id, mode string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventReady, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		switch {
		case mode != domain.EarlyLounge && mode != domain.EarlyGo:
			return domain.InvalidField("mode", "field.choose")
		case e.Status.Over():
			return domain.Conflict("event.over")
		case e.EarlyAt == nil:
			return domain.Conflict("event.not_early")
		case e.EarlyMode == mode:
			return nil
		}
		old := e.EarlyMode
		e.EarlyMode = mode
		return tx.saveEvent(ctx, e, domain.Change{Verb: "event.early_mode", Old: old, New: mode})
	})
}

// eventOvertaken keeps a late act that would undo what was said since in the
// log, and changes nothing.
func (tx *Tx) eventOvertaken(ctx context.Context, e *domain.Event, status domain.EventStatus) error {
	tx.Receipt.Notice = "act.overtaken"
	return tx.saveEvent(ctx, e, domain.Change{Verb: "event.overtaken", Old: string(e.Status), New: string(status)})
}

func (tx *Tx) openBlockers(ctx context.Context, eventID string) (int, error) {
	n, err := tx.NewSelect().TableExpr("items").Where("event_id = ? AND flag = ? AND status NOT IN ('accepted','done','not-needed')", eventID, domain.FlagBlocksClose).Count(ctx)
	return int(n), err
}

// DeclareReady is the commander's word that all is prepared (M7). It is locked
// until every ★ item is accepted (J.6.1).
func (s *Store) DeclareReady(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventReady, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if e.Status == domain.EventReady {
			return nil
		}
		if e.Status != domain.EventPreparing && e.Status != domain.EventConfirmed {
			return domain.Conflict("event.status_order")
		}
		if tx.overtaken(e.StateAt) {
			return tx.eventOvertaken(ctx, e, domain.EventReady)
		}
		items, err := tx.items(ctx, e.ID)
		if err != nil {
			return err
		}
		if n := domain.Sum(items, tx.At).ReadyMissing(); n > 0 {
			return domain.Conflict("event.stars_open", "n", strconv.Itoa(n))
		}
		old := e.Status
		e.Status, e.StateAt, e.ReadyAt, e.ReadyBy = domain.EventReady, tx.At, &tx.At, v.Person.ID
		if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.ready", Old: string(old), New: string(e.Status)}); err != nil {
			return err
		}
		// The walk and the declaration are done by the declaration itself, unless somebody said otherwise after it.
		for k := range items {
			i := &items[k]
			if (i.TemplateID == "M6" || i.TemplateID == "M7") && i.Open() && v.Person.ID != "" && !tx.At.Before(i.StateAt) {
				before := i.State(tx.At)
				if changed, err := i.Done(domain.Doing{By: v.Person.ID, At: tx.At, Received: tx.Now}); err != nil || !changed {
					continue
				}
				if err := tx.saveItem(ctx, e, i, domain.Change{Verb: "item.done", Old: before, Minor: true}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// WithdrawReady takes the declaration back: the event is being prepared again.
func (s *Store) WithdrawReady(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventReady, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status != domain.EventReady {
			return nil
		}
		if tx.overtaken(e.StateAt) {
			return tx.eventOvertaken(ctx, e, domain.EventPreparing)
		}
		return tx.unready(ctx, e, "")
	})
}

func (tx *Tx) unready(ctx context.Context, e *domain.Event, why string) error {
	e.Status, e.StateAt, e.ReadyAt, e.ReadyBy = domain.EventPreparing, tx.At, nil, ""
	return tx.saveEvent(ctx, e, domain.Change{Verb: "event.unready", Old: string(domain.EventReady), New: string(e.Status), Note: why})
}

// EventIDs are the ids of all events that overlap the interval, whoever may
// see them: for counting heads before rows are read.
func (s *Store) EventIDs(ctx context.Context, from, to time.Time) ([]string, error) {
	var ids []string
	err := s.read.NewSelect().TableExpr("events").Column("id").Where("end_at > ? AND COALESCE(arrival_at, start_at) < ?", from, to).Scan(ctx, &ids)
	return ids, asPerson(err)
}
