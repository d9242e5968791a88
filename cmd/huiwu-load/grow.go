package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huiwu/server/domain"
	"huiwu/server/search"
	"huiwu/server/store"
)

type growCmd struct {
	DatabaseURL string `env:"DATABASE_URL" help:"postgres://…; empty = SQLite in --data-dir. It must hold no event yet."`
	DataDir     string `env:"DATA_DIR" default:"data" help:"Folder of the embedded database."`
	growOptions
	Out string `default:"sessions.json" help:"File to write, for the other commands: today's events and who is signed in."`
}

type growOptions struct {
	Events int `default:"10000" help:"Events of the past."`
	Items  int `default:"1000000" help:"Their items together."`
	Log    int `default:"5000000" help:"Their log rows together."`
	Years  int `default:"4" help:"Over how many years they are spread."`
	Today  int `default:"30" help:"Events of today, made through the rules."`
	People int `default:"200" help:"Staff, signed in."`
}

// The least that an event of the past has in its log besides its items' rows:
// made, confirmed, and four steps to its end.
const eventRows = 6

func (o growOptions) check() error {
	switch {
	case o.Events < 0 || o.Events > 100_000 || o.Years < 1 || o.Years > 20 || o.People < 10 || o.People > 20_000:
		return errors.New("want at most 100,000 events, 1 to 20 years, 10 to 20,000 people")
	case o.Events == 0:
		return nil
	case o.Items/o.Events < 1 || o.Items/o.Events > 1000 || o.Log/o.Events < eventRows+2*(o.Items/o.Events) || o.Log/o.Events > 20_000:
		return errors.New("an event wants 1 to 1,000 items, and at least two log rows for each and six of its own")
	case o.Events > o.Years*365*roomsOfPast:
		return fmt.Errorf("more than %d events a day", roomsOfPast)
	}
	return nil
}

func (c growCmd) Run(ctx context.Context) error {
	cast, err := grow(ctx, store.Options{URL: c.DatabaseURL, Dir: c.DataDir}, c.growOptions)
	if err != nil {
		return err
	}
	b, err := json.Marshal(cast)
	if err != nil {
		return err
	}
	return os.WriteFile(c.Out, b, 0o600)
}

// grow makes a building with years behind it. What is of today comes about
// through the store and its rules; the past is written in bulk, as the rules
// would have left it.
func grow(ctx context.Context, o store.Options, g growOptions) (*cast, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	o.Loc = loc
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	if ids, err := s.EventIDs(ctx, time.Time{}, s.Now().AddDate(100, 0, 0)); err != nil || len(ids) > 0 {
		return nil, errors.Join(err, errors.New("the database has events already: grow wants one without"))
	}
	c, err := seed(ctx, s, g.People, 60, g.Today)
	if err != nil {
		return nil, err
	}
	if c.Other, err = newcomer(ctx, s); err != nil {
		return nil, err
	}
	for n, id := range c.Events {
		if err := inviteGuests(ctx, s, id, n); err != nil {
			return nil, err
		}
	}
	if g.Events == 0 {
		return c, nil
	}
	p, err := newPast(ctx, s, c, g, loc)
	if err != nil {
		return nil, err
	}
	return c, p.write(ctx, &stand{options: o})
}

// newcomer is somebody whose pages have nothing to show, however long they look.
func newcomer(ctx context.Context, s *store.Store) (*player, error) {
	x := &player{StaffNo: "load-newcomer", Token: store.NewID() + store.NewID()}
	p := &domain.Person{StaffNo: x.StaffNo, Name: "新人", Role: domain.RoleCrewMember, Crew: domain.CrewPHO, Locale: "zh", PinHash: "-"}
	if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
		return nil, err
	}
	x.ID, x.Seq = p.ID, p.Seq
	_, err := s.CreateSession(ctx, p, x.Token, "load")
	return x, err
}

// Names that a search finds by characters, pinyin and initials.
var guestNames = []string{"王建国", "李秀英", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周涛", "吴芳"}

func inviteGuests(ctx context.Context, s *store.Store, event string, n int) error {
	drafts := make([]store.GuestDraft, 20)
	for k := range drafts {
		drafts[k] = store.GuestDraft{Guest: domain.Guest{Name: fmt.Sprintf("%s%d", guestNames[k%len(guestNames)], n*100+k), Organisation: "压测单位"}, Party: fmt.Sprintf("%d号车", k/5+1)}
	}
	_, err := s.AddGuests(ctx, domain.Act{}, event, drafts)
	return err
}

// roomsOfPast is how many events of the past one day has at most: each has a
// room of its own.
const roomsOfPast = 16

// past writes events that are over.
type past struct {
	growOptions
	s         *store.Store
	people    []*domain.Person
	commander *domain.Person
	pattern   []domain.Item // items as the rules make them
	loc       *time.Location
	now       time.Time
	text      bool // SQLite keeps times as text
}

func newPast(ctx context.Context, s *store.Store, c *cast, g growOptions, loc *time.Location) (*past, error) {
	p := &past{growOptions: g, s: s, loc: loc, now: s.Now(), text: s.Dialect() == "sqlite"}
	var err error
	if p.pattern, err = s.Items(ctx, c.Events[0]); err != nil {
		return nil, err
	}
	e, _, err := s.Event(ctx, nil, c.Events[0])
	if err != nil {
		return nil, err
	}
	if p.commander, err = s.Person(ctx, e.CommanderID); err != nil {
		return nil, err
	}
	for _, x := range c.People[:min(len(c.People), 60)] {
		who, err := s.Person(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		p.people = append(p.people, who)
	}
	rooms := make([]domain.Room, roomsOfPast)
	for n := range rooms {
		rooms[n] = domain.Room{ID: roomOfPast(n), Name: fmt.Sprintf("旧厅%d", n), NameEn: fmt.Sprintf("Old hall %d", n), Floor: 2, Capacity: 100}
	}
	return p, s.Found(ctx, domain.Site{ID: "site", Name: "压测大厦", Office: "管理处", Client: "客户"}, rooms)
}

func roomOfPast(n int) string { return fmt.Sprintf("load-past-%d", n) }

// table is rows on their way into the database.
type table struct {
	name    string
	columns []string
	rows    [][]any
}

func newTable(name, columns string) *table {
	return &table{name: name, columns: strings.Fields(columns)}
}

func (t *table) add(values ...any) {
	if len(values) != len(t.columns) {
		panic(fmt.Sprintf("%s: %d values for %d columns", t.name, len(values), len(t.columns)))
	}
	t.rows = append(t.rows, values)
}

// tables in an order in which no row names one that is not there yet.
type tables struct {
	topics, cursors, events, rooms, assignments, items, changes, parties, guests *table
}

func newTables() *tables {
	return &tables{
		topics:      newTable("topics", "id seq"),
		events:      newTable("events", "id number name type organiser contact level secrecy status heads arrival_at start_at end_at actual_arrival_at actual_start_at actual_end_at left_at commander_id photo recording tea_minutes ready_at ready_by seq state_at created_at"),
		rooms:       newTable("event_rooms", "event_id room_id"),
		assignments: newTable("assignments", "event_id person_id crew"),
		items:       newTable("items", "id event_id template_id crew phase zh en anchor offset_min clock every_min until_anchor due_at flag evidence acceptance clauses unit_zh unit_en reading_min reading_max sort status state_at done_at done_by done_received_at reading checked_at checked_by accepted_at accepted_by reason reason_by redo round_no rounds_total rounds_done rounds_missed seq created_at"),
		changes:     newTable("changes", "topic seq event_id subject verb label old new note crew minor person_id person act_key acted_at received_at"),
		parties:     newTable("parties", "id event_id name sort"),
		guests:      newTable("guests", "id event_id party_id name rank search position previous position_at position_by struck sort seq created_at"),
		cursors:     newTable("notice_cursors", "topic seq"),
	}
}

func (t *tables) all() []*table {
	return []*table{t.topics, t.cursors, t.events, t.rooms, t.assignments, t.items, t.changes, t.parties, t.guests}
}

// eventsAtOnce is how many events are written in one go.
const eventsAtOnce = 100

func (p *past) write(ctx context.Context, on *stand) error {
	put, analyse, done, err := p.writer(ctx, on)
	if err != nil {
		return err
	}
	defer done()
	days := p.Years * 365
	inDay, last := 0, -1
	for from := 0; from < p.Events; from += eventsAtOnce {
		t := newTables()
		for n := from; n < min(from+eventsAtOnce, p.Events); n++ {
			day := n * days / p.Events
			if inDay++; day != last {
				inDay, last = 0, day
			}
			p.event(t, n, days-day, inDay)
		}
		if err := put(ctx, t.all()); err != nil {
			return err
		}
	}
	return analyse(ctx)
}

// writer is how rows come into the database: all tables of a go or none.
func (p *past) writer(ctx context.Context, on *stand) (put func(context.Context, []*table) error, analyse func(context.Context) error, done func(), err error) {
	if p.text {
		db, err := openSQL(on)
		if err != nil {
			return nil, nil, nil, err
		}
		return func(ctx context.Context, all []*table) error { return insertAll(ctx, db, all) },
			func(ctx context.Context) error { _, err := db.ExecContext(ctx, "ANALYZE"); return err },
			func() { _ = db.Close() }, nil
	}
	conn, err := pgx.Connect(ctx, on.options.URL)
	if err != nil {
		return nil, nil, nil, err
	}
	put = func(ctx context.Context, all []*table) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for _, t := range all {
				if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
					return fmt.Errorf("%s: %w", t.name, err)
				}
			}
			return nil
		})
	}
	analyse = func(ctx context.Context) error { // as the database would by itself, some minutes later
		_, err := conn.Exec(ctx, "VACUUM ANALYZE")
		return err
	}
	return put, analyse, func() { _ = conn.Close(context.WithoutCancel(ctx)) }, nil
}

func insertAll(ctx context.Context, db *sql.DB, all []*table) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	for _, t := range all {
		if err := insert(ctx, tx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return tx.Commit()
}

func insert(ctx context.Context, tx *sql.Tx, t *table) error {
	q, err := tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(t.columns)-1)+")")
	if err != nil {
		return err
	}
	defer q.Close()
	for _, row := range t.rows {
		if _, err := q.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

// at writes a time as the store does.
func (p *past) at(t time.Time) any {
	if t = t.UTC().Truncate(time.Microsecond); p.text {
		return t.Format("2006-01-02 15:04:05.999999-07:00")
	}
	return t
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// event adds an event that was over some days ago, with everything of it.
func (p *past) event(t *tables, n, daysAgo, inDay int) {
	day := p.now.In(p.loc).AddDate(0, 0, -daysAgo)
	start := time.Date(day.Year(), day.Month(), day.Day(), 8, 0, 0, 0, p.loc).Add(time.Duration(inDay%roomsOfPast) * 30 * time.Minute)
	e := domain.Event{ID: store.NewID(), Name: fmt.Sprintf("往期会议%d", n+1), StartAt: start, CreatedAt: start.AddDate(0, 0, -3)}
	arrival, end := start.Add(-30*time.Minute), start.Add(2*time.Hour)
	items, rows := p.Items/p.Events, p.Log/p.Events
	topic := domain.EventTopic(e.ID)
	t.topics.add(topic, rows)
	t.cursors.add(topic, rows)
	t.events.add(e.ID, domain.EventNumber(start, p.loc, inDay+1), e.Name, domain.EventTypes[n%len(domain.EventTypes)], "压测", "压测", n%4+1, string(domain.SecrecyNormal), string(domain.EventClosed), 60,
		p.at(arrival), p.at(start), p.at(end), p.at(arrival), p.at(start), p.at(end), p.at(end), p.commander.ID, false, false, 0,
		p.at(arrival), p.commander.ID, rows, p.at(end.Add(time.Hour)), p.at(e.CreatedAt))
	t.rooms.add(e.ID, roomOfPast(inDay))
	for k := range 4 {
		who := p.people[(n+k)%len(p.people)]
		t.assignments.add(e.ID, who.ID, string(who.Crew))
	}
	p.log(t, &e, end, rows, p.items(t, &e, arrival, items, rows))
	party := store.NewID()
	t.parties.add(party, e.ID, "1号车", 1)
	for k := range 10 {
		name := fmt.Sprintf("%s%d", guestNames[k%len(guestNames)], n)
		t.guests.add(store.NewID(), e.ID, party, name, 0, search.Key(name), string(domain.PositionLeft), string(domain.PositionVenue), p.at(end), p.people[k%len(p.people)].ID, false, k+1, 1, p.at(e.CreatedAt))
	}
}

// pastItem is an item that is settled, and what the log says last of it.
type pastItem struct {
	id, zh, verb, status, reason string
	crew                         domain.Crew
	by                           *domain.Person
}

// items adds settled items. Their last rows in the log are the last ones before
// the event's own four.
func (p *past) items(t *tables, e *domain.Event, arrival time.Time, n, rows int) []pastItem {
	list := make([]pastItem, n)
	fill := rows - eventRows - n // rows about items after they were added
	for k := range n {
		i := p.pattern[k%len(p.pattern)]
		if k >= len(p.pattern) {
			i.TemplateID = "" // a template stands once in an event
		}
		by := p.people[k%len(p.people)]
		x := pastItem{id: store.NewID(), zh: i.Zh, crew: i.Crew, by: by, verb: "item.done", status: string(domain.ItemDone)}
		due := arrival.Add(-time.Duration(k%60) * time.Minute)
		var doneAt, doneBy, checkedAt, checkedBy, acceptedAt, acceptedBy, reading, reasonBy any
		switch {
		case i.IsRound() || i.Evidence == domain.EvidencePhoto || i.Evidence == domain.EvidenceSignature:
			x.verb, x.status, x.reason = "item.not_needed", string(domain.ItemNotNeeded), "改期后不再需要"
			x.by, reasonBy = p.commander, p.commander.ID
		default:
			doneAt, doneBy = p.at(due), by.ID
			if i.ReadingRequired() {
				reading = "22"
			}
			if i.Acceptance != domain.AcceptNone {
				x.verb, x.status, x.by = "item.accepted", string(domain.ItemAccepted), p.commander
				acceptedAt, acceptedBy = p.at(due.Add(time.Minute)), p.commander.ID
			}
			if i.Acceptance == domain.AcceptBoth {
				checkedAt, checkedBy = acceptedAt, acceptedBy
			}
		}
		seq := 2 + n + k + 1 + (fill-1-k)/n*n
		t.items.add(x.id, e.ID, orNull(i.TemplateID), string(i.Crew), i.Phase, i.Zh, orNull(i.En), string(i.Anchor), i.Offset, orNull(i.Clock), i.Every, orNull(i.Until), p.at(due),
			orNull(i.Flag), orNull(i.Evidence), orNull(i.Acceptance), orNull(i.Clauses), orNull(i.UnitZh), orNull(i.UnitEn), i.ReadingMin, i.ReadingMax, k+1, x.status, p.at(due),
			doneAt, doneBy, doneAt, reading, checkedAt, checkedBy, acceptedAt, acceptedBy, orNull(x.reason), reasonBy, 0, i.RoundNo, i.RoundsTotal, 0, 0, seq, p.at(e.CreatedAt))
		list[k] = x
	}
	return list
}

// log adds an event's rows, by seq and without a gap.
func (p *past) log(t *tables, e *domain.Event, end time.Time, rows int, items []pastItem) {
	topic := domain.EventTopic(e.ID)
	seq := 0
	add := func(subject, verb, label string, old, now, note, crew any, minor bool, by *domain.Person, at time.Time) {
		seq++
		t.changes.add(topic, seq, e.ID, subject, verb, label, old, now, note, crew, minor, by.ID, by.Name, store.NewID(), p.at(at), p.at(at))
	}
	step := func(status, before domain.EventStatus, at time.Time) {
		add(topic, "event.status", e.Name, string(before), string(status), nil, nil, false, p.commander, at)
	}
	add(topic, "event.created", e.Name, nil, e.Name, nil, nil, false, p.commander, e.CreatedAt)
	step(domain.EventConfirmed, domain.EventDraft, e.CreatedAt.Add(time.Minute))
	for k := range items {
		x := &items[k]
		add("item:"+x.id, "item.added", x.zh, nil, string(domain.ItemOpen), nil, string(x.crew), true, p.commander, e.CreatedAt.Add(time.Minute))
	}
	fill := rows - eventRows - len(items)
	for k := range fill {
		x := &items[k%len(items)]
		at := e.StartAt.Add(-2*time.Hour + time.Duration(k)*2*time.Hour/time.Duration(fill))
		who := p.people[k%len(p.people)]
		switch {
		case k+len(items) >= fill: // the last word about it
			add("item:"+x.id, x.verb, x.zh, string(domain.ItemOpen), x.status, orNull(x.reason), string(x.crew), false, x.by, at)
		case k/len(items)%2 == 0:
			add("item:"+x.id, "item.done", x.zh, string(domain.ItemOpen), string(domain.ItemDone), nil, string(x.crew), false, who, at)
		default:
			add("item:"+x.id, "item.undone", x.zh, string(domain.ItemDone), string(domain.ItemOpen), nil, string(x.crew), false, who, at)
		}
	}
	step(domain.EventLive, domain.EventReady, e.StartAt)
	step(domain.EventClearing, domain.EventLive, end)
	step(domain.EventReleased, domain.EventClearing, end.Add(30*time.Minute))
	step(domain.EventClosed, domain.EventReleased, end.Add(time.Hour))
}
