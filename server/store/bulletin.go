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

// Bulletins are an event's change notices, and its present work notices, with who
// has seen them and what they say; the caller has loaded the event through the
// person's rights. Three queries.
func (s *Store) Bulletins(ctx context.Context, eventID string, kind domain.BulletinKind) ([]domain.Bulletin, error) {
	list, err := bulletinsOf(ctx, s.read, "event_id = ? AND kind = ? AND NOT superseded", eventID, kind)
	return list, asPerson(err)
}

// bulletinsOf loads bulletins with their acknowledgements and lines, in order.
func bulletinsOf(ctx context.Context, db bun.IDB, where string, args ...any) ([]domain.Bulletin, error) {
	var list []domain.Bulletin
	if err := db.NewSelect().Model(&list).Where(where, args...).OrderExpr("made_at, crew, no").Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	at, ids := map[string]*domain.Bulletin{}, make([]string, len(list))
	for k := range list {
		at[list[k].ID], ids[k] = &list[k], list[k].ID
	}
	var acks []domain.Acknowledgement
	err := db.NewSelect().Model(&acks).Where("bulletin_id IN (?)", bun.List(ids)).OrderExpr("bulletin_id, told_at, person_id").Scan(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range acks {
		at[a.BulletinID].Acks = append(at[a.BulletinID].Acks, a)
	}
	var lines []domain.BulletinLine
	err = db.NewSelect().Model(&lines).Where("bulletin_id IN (?)", bun.List(ids)).OrderExpr("bulletin_id, sort").Scan(ctx)
	for _, l := range lines {
		at[l.BulletinID].Lines = append(at[l.BulletinID].Lines, l)
	}
	return list, err
}

// Bulletin is one of them; for whom it is, the caller judges.
func (s *Store) Bulletin(ctx context.Context, id string) (*domain.Bulletin, error) {
	list, err := bulletinsOf(ctx, s.read, "id = ?", id)
	if err == nil && len(list) == 0 {
		err = domain.ErrNotFound
	}
	if err != nil {
		return nil, asPerson(err)
	}
	return &list[0], nil
}

// Board is the day's board as it was published last, with its rows; nil before that.
func (s *Store) Board(ctx context.Context, day string) (*domain.Bulletin, error) {
	b, err := boardOf(ctx, s.read, day)
	return b, asPerson(err)
}

func boardOf(ctx context.Context, db bun.IDB, day string) (*domain.Bulletin, error) {
	list, err := bulletinsOf(ctx, db, "kind = 'board' AND day = ? AND NOT superseded", day)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	b := &list[0]
	err = db.NewSelect().Model(&b.Rows).Where("bulletin_id = ?", b.ID).OrderExpr("sort").Scan(ctx)
	return b, err
}

// MyBoard is a published board that names a person.
type MyBoard struct {
	ID, Day string
	No      int
	SeenAt  *time.Time
}

// MyBoards are the present boards of those days that name the person, seen or not.
func (s *Store) MyBoards(ctx context.Context, personID string, days ...string) ([]MyBoard, error) {
	var list []MyBoard
	err := s.read.NewSelect().TableExpr("bulletins AS b").Join("JOIN acknowledgements AS a ON a.bulletin_id = b.id").ColumnExpr("b.id, b.day, b.no, a.seen_at").
		Where("b.kind = 'board' AND NOT b.superseded AND b.day IN (?) AND a.person_id = ?", bun.List(days), personID).OrderExpr("b.day").Scan(ctx, &list)
	return list, asPerson(err)
}

// BoardNow are the rows as the board would be published now.
func (s *Store) BoardNow(ctx context.Context, day string) ([]domain.BoardRow, error) {
	rows, err := boardRows(ctx, s.read, s.Loc, day)
	return rows, asPerson(err)
}

// EventsByID are events with their rooms, whoever may see them, by id.
func (s *Store) EventsByID(ctx context.Context, ids []string) (map[string]*domain.Event, error) {
	found := map[string]*domain.Event{}
	if len(ids) == 0 {
		return found, nil
	}
	var list []domain.Event
	if err := s.read.NewSelect().Model(&list).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	ptrs := make([]*domain.Event, len(list))
	for k := range list {
		ptrs[k], found[list[k].ID] = &list[k], &list[k]
	}
	return found, asPerson(loadRooms(ctx, s.read, ptrs...))
}

// boardRows are made of the events that are being worked on and overlap the day.
func boardRows(ctx context.Context, db bun.IDB, loc *time.Location, day string) ([]domain.BoardRow, error) {
	from, ok := domain.ParseDay(day, loc)
	if !ok {
		return nil, domain.ErrNotFound
	}
	var events []domain.Event
	err := db.NewSelect().Model(&events).Where("end_at > ? AND COALESCE(arrival_at, start_at) < ?", from.UTC(), from.AddDate(0, 0, 1).UTC()).
		Where("status IN ('confirmed','preparing','ready','live','clearing','released')").OrderExpr("start_at, number").Scan(ctx)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	ids, ptrs := make([]string, len(events)), make([]*domain.Event, len(events))
	for k := range events {
		ids[k], ptrs[k] = events[k].ID, &events[k]
	}
	if err := loadRooms(ctx, db, ptrs...); err != nil {
		return nil, err
	}
	var people []domain.Assignment
	if err := db.NewSelect().Model(&people).Where("event_id IN (?)", bun.List(ids)).OrderExpr("event_id, crew, person_id").Scan(ctx); err != nil {
		return nil, err
	}
	posts, err := postsOf(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	duties, err := dutiesOf(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	var crews []struct {
		EventID string
		Crew    domain.Crew
	}
	if err := db.NewSelect().TableExpr("items").ColumnExpr("DISTINCT event_id, crew").Where("event_id IN (?) AND status <> 'not-needed'", bun.List(ids)).OrderExpr("event_id, crew").Scan(ctx, &crews); err != nil {
		return nil, err
	}
	list := make([]domain.BoardEvent, len(events))
	for k := range events {
		b := &list[k]
		b.Event = ptrs[k]
		for _, a := range people {
			if a.EventID == ids[k] {
				b.People = append(b.People, a)
			}
		}
		for _, p := range posts {
			if p.EventID == ids[k] {
				b.Posts = append(b.Posts, p)
			}
		}
		for _, d := range duties {
			if d.EventID == ids[k] {
				b.Duties = append(b.Duties, d)
			}
		}
		for _, c := range crews {
			if c.EventID == ids[k] {
				b.Crews = append(b.Crews, c.Crew)
			}
		}
	}
	return domain.BoardRows(list), nil
}

// hold is Lock, for a topic that this act may hold already.
func (tx *Tx) hold(ctx context.Context, topics ...domain.Topic) error {
	for _, t := range topics {
		if slices.ContainsFunc(tx.topics, func(c *counter) bool { return c.topic == t }) {
			continue
		}
		if err := tx.Lock(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// Publish publishes the board of a day (2006-01-02 on site), or what differs now as
// its next version: who reads the same as before need not say again that he has seen
// it. Needs RightPublish.
func (s *Store) Publish(ctx context.Context, act domain.Act, day string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightPublish); err != nil {
			return err
		}
		if err := tx.hold(ctx, domain.TopicFloor); err != nil {
			return err
		}
		made, err := tx.publish(ctx, day, nil)
		if err != nil {
			return err
		}
		if !made {
			tx.Receipt.Notice = "publication.same"
			return nil
		}
		return tx.takeStep(ctx, day, domain.StepBoard)
	})
}

// publish makes the next version where it says anything else than the last; told
// are people who hear of what changed by a change notice. The floor is locked.
func (tx *Tx) publish(ctx context.Context, day string, told map[string]bool) (bool, error) {
	rows, err := boardRows(ctx, tx, tx.s.Loc, day)
	if err != nil {
		return false, err
	}
	last, err := boardOf(ctx, tx, day)
	if err != nil || last != nil && domain.SameRows(last.Rows, rows, "") {
		return false, err
	}
	b := &domain.Bulletin{Kind: domain.BulletinBoard, Day: day, No: 1}
	people := domain.Named(rows)
	everybody := people
	if last != nil {
		b.No = last.No + 1
		for _, a := range last.Acks {
			everybody = append(everybody, a.PersonID)
		}
	}
	b.Key = domain.BoardKey(day, b.No)
	for _, p := range people {
		a := domain.Acknowledgement{PersonID: p, ToldAt: tx.Now}
		if last != nil {
			if was := last.Of(p); was != nil && (told[p] || domain.SameRows(last.Rows, rows, p)) {
				a.ToldAt, a.SeenAt = was.ToldAt, was.SeenAt
			}
		}
		if p == personID(tx.Act) {
			a.SeenAt = &tx.At
		}
		b.Acks = append(b.Acks, a)
	}
	if err := tx.holdPeople(ctx, everybody); err != nil {
		return false, err
	}
	if last != nil {
		if err := tx.supersede(ctx, last); err != nil {
			return false, err
		}
	}
	if err := tx.addBulletin(ctx, b, domain.Change{Verb: "bulletin.made", Label: day, New: strconv.Itoa(b.No), Minor: true}); err != nil {
		return false, err
	}
	tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "day:" + day, Verb: "board.published", Label: day, New: strconv.Itoa(b.No)})
	for k := range rows {
		rows[k].ID, rows[k].BulletinID = NewID(), b.ID
	}
	for chunk := range slices.Chunk(rows, 100) {
		if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return false, err
		}
	}
	for _, p := range people { // their page of today has a row for it
		tx.Record(domain.Change{Topic: domain.PersonTopic(p), Subject: "bulletin:" + b.ID, Verb: "bulletin.told", Label: day, Minor: true})
	}
	return true, tx.tellPeople(ctx, &domain.Trigger{
		Key: b.Key, Kind: domain.NoticeBoard, Args: domain.Args{"day": day, "n": strconv.Itoa(b.No)}, URL: "/publications/" + day,
	}, b.Missing())
}

// holdPeople locks people's topics, in the order of their ids.
func (tx *Tx) holdPeople(ctx context.Context, ids []string) error {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if err := tx.hold(ctx, domain.PersonTopic(id)); err != nil {
			return err
		}
	}
	return nil
}

// tellPeople makes the trigger's notice for those people.
func (tx *Tx) tellPeople(ctx context.Context, t *domain.Trigger, people []string) error {
	rows := make([]domain.Notice, 0, len(people))
	for _, p := range people {
		n, err := newNotice(t, domain.Recipient{PersonID: p}, tx.Now)
		if err != nil {
			return err
		}
		rows = append(rows, n)
	}
	return tx.addNotices(ctx, rows)
}

// addBulletin writes a bulletin with its people and lines, and records it.
func (tx *Tx) addBulletin(ctx context.Context, b *domain.Bulletin, c domain.Change) error {
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	b.ID, b.MadeBy, b.MadeAt = NewID(), personID(tx.Act), tx.Now
	if b.Waits() {
		at := tx.Now.Add(time.Duration(site.SeenMinutes) * time.Minute)
		b.EscalateAt = &at
	}
	c.Topic, c.EventID, c.Subject, c.Crew = b.BulletinTopic(), b.EventID, "bulletin:"+b.ID, b.Crew
	b.Seq = tx.Next(c.Topic)
	if _, err := tx.NewInsert().Model(b).Exec(ctx); err != nil {
		return err
	}
	for k := range b.Acks {
		b.Acks[k].BulletinID = b.ID
	}
	if len(b.Acks) > 0 {
		if _, err := tx.NewInsert().Model(&b.Acks).Exec(ctx); err != nil {
			return err
		}
	}
	for k := range b.Lines {
		l := &b.Lines[k]
		l.ID, l.BulletinID, l.EventID, l.Sort = NewID(), b.ID, b.EventID, k
	}
	for chunk := range slices.Chunk(b.Lines, 100) {
		if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return err
		}
	}
	tx.Record(c)
	return nil
}

// supersede takes a version back: nobody has to see it any more. Its people are held.
func (tx *Tx) supersede(ctx context.Context, b *domain.Bulletin) error {
	if _, err := tx.NewRaw("UPDATE bulletins SET superseded = TRUE, escalate_at = NULL WHERE id = ?", b.ID).Exec(ctx); err != nil {
		return err
	}
	return tx.closeNotices(ctx, "settled_at", "notice.settled", b.Key, "")
}

// closeNotices closes the open notices that bring a bulletin, of one person or of all.
func (tx *Tx) closeNotices(ctx context.Context, column, verb, key, person string) error {
	var closed []struct{ ID, PersonID, Kind, EventID string }
	q := "UPDATE notices SET ? = ?, repeat_at = NULL WHERE key = ? AND acknowledged_at IS NULL AND settled_at IS NULL"
	args := []any{bun.Ident(column), tx.Now, key}
	if person != "" {
		q += " AND person_id = ?"
		args = append(args, person)
	}
	if err := tx.NewRaw(q+" RETURNING id, person_id, kind, COALESCE(event_id, '') AS event_id", args...).Scan(ctx, &closed); err != nil {
		return err
	}
	slices.SortFunc(closed, func(a, b struct{ ID, PersonID, Kind, EventID string }) int {
		return strings.Compare(a.PersonID, b.PersonID)
	})
	for _, n := range closed {
		if err := tx.hold(ctx, domain.PersonTopic(n.PersonID)); err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: domain.PersonTopic(n.PersonID), EventID: n.EventID, Subject: "notice:" + n.ID, Verb: verb, Label: n.Kind, Minor: true})
	}
	return nil
}

// SeeBulletin is a person's word that he has seen a bulletin that asks him; of a
// work notice, that he accepts it for his crew. What asks him not is not found.
func (s *Store) SeeBulletin(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		var b domain.Bulletin
		if err := tx.NewSelect().Model(&b).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		asked, err := tx.NewSelect().TableExpr("acknowledgements").Where("bulletin_id = ? AND person_id = ?", id, personID(act)).Exists(ctx)
		if err != nil {
			return err
		}
		if !asked {
			return domain.ErrNotFound
		}
		if err := tx.hold(ctx, b.BulletinTopic()); err != nil {
			return err
		}
		seen, err := tx.see(ctx, &b)
		if err != nil {
			return err
		}
		if !seen {
			tx.Receipt.Notice = "act.already"
			tx.Receipt.Subjects = []string{"bulletin:" + id}
		}
		if err := tx.hold(ctx, domain.PersonTopic(personID(act))); err != nil {
			return err
		}
		return tx.closeNotices(ctx, "acknowledged_at", "notice.acknowledged", b.Key, personID(act))
	})
}

// see writes it into the bulletin; false when it stood there.
func (tx *Tx) see(ctx context.Context, b *domain.Bulletin) (bool, error) {
	res, err := tx.NewRaw("UPDATE acknowledgements SET seen_at = ? WHERE bulletin_id = ? AND person_id = ? AND seen_at IS NULL", tx.At, b.ID, personID(tx.Act)).Exec(ctx)
	if err != nil {
		return false, err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return false, nil
	}
	topic := b.BulletinTopic()
	if _, err := tx.NewRaw("UPDATE bulletins SET seq = ? WHERE id = ?", tx.Next(topic), b.ID).Exec(ctx); err != nil {
		return false, err
	}
	tx.Record(domain.Change{Topic: topic, EventID: b.EventID, Subject: "bulletin:" + b.ID, Verb: "bulletin.seen", Crew: b.Crew, New: strconv.Itoa(b.No), Minor: b.Kind != domain.BulletinWork})
	return true, nil
}

// bulletinsBehind are those that the notices bring, by event, and their topics
// locked: events before the building, and that before people.
func (tx *Tx) bulletinsBehind(ctx context.Context, notices []domain.Notice) ([]domain.Bulletin, error) {
	var keys []string
	for k := range notices {
		switch notices[k].Kind {
		case domain.NoticeBoard, domain.NoticeChanged, domain.NoticeWork:
			keys = append(keys, notices[k].Key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	var list []domain.Bulletin
	if err := tx.NewSelect().Model(&list).Where("key IN (?)", bun.List(keys)).OrderExpr("COALESCE(event_id, '~'), id").Scan(ctx); err != nil {
		return nil, err
	}
	for k := range list {
		if err := tx.hold(ctx, list[k].BulletinTopic()); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// noteChange is where a change of an event becomes known: its change notice, the
// crews' work notices and the days' boards. It stands at the end of every act that
// changes an event's facts, people or functions; why is the reason that was given, and
// parts are the lines of its functions.
func (tx *Tx) noteChange(ctx context.Context, old, e *domain.Event, why string, parts ...domain.BulletinLine) error {
	days, err := tx.publishedDays(ctx, old, e)
	if err != nil {
		return err
	}
	if len(days) > 0 { // the building is locked before people
		if err := tx.hold(ctx, domain.TopicFloor); err != nil {
			return err
		}
	}
	var told map[string]bool
	if old.Status.Working() {
		lines := append(domain.FactChanges(old, e), parts...)
		if why != "" && len(lines) > 0 {
			lines = append(lines, domain.BulletinLine{Field: "reason", New: why})
		}
		if e.Status == domain.EventCancelled {
			lines = domain.CancelLines(old, e, why)
		}
		if told, err = tx.addChangeNotice(ctx, e, lines); err != nil {
			return err
		}
	}
	if err := tx.reissueWork(ctx, e, false); err != nil {
		return err
	}
	for _, day := range days {
		if _, err := tx.publish(ctx, day, told); err != nil {
			return err
		}
	}
	return nil
}

// noteFunction lets noteChange tell of a function of the event that was added (old is
// nil), changed or struck.
func (tx *Tx) noteFunction(ctx context.Context, e *domain.Event, old, now *domain.Function) error {
	lines := domain.FunctionLine(old, now)
	if len(lines) == 0 || !e.Status.Working() {
		return nil
	}
	return tx.noteChange(ctx, e, e, "", lines...)
}

// addChangeNotice tells those whom the lines concern; it returns who they are.
func (tx *Tx) addChangeNotice(ctx context.Context, e *domain.Event, lines []domain.BulletinLine) (map[string]bool, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	hands, err := handsOf(ctx, tx, e, tx.Now)
	if err != nil {
		return nil, err
	}
	t := domain.ChangeTrigger(e, lines, tx.Now, personID(tx.Act))
	b := &domain.Bulletin{Kind: domain.BulletinChange, Day: domain.SiteDay(e.StartAt, tx.s.Loc), EventID: e.ID, Key: t.Key, Lines: lines}
	told := map[string]bool{}
	for _, r := range t.Audience(e, hands, tx.Now, tx.s.Loc) {
		told[r.PersonID] = true
		b.Acks = append(b.Acks, domain.Acknowledgement{PersonID: r.PersonID, ToldAt: tx.Now})
	}
	if len(told) == 0 {
		return nil, nil
	}
	if err := tx.NewSelect().TableExpr("bulletins").ColumnExpr("COALESCE(MAX(no), 0) + 1").Where("event_id = ? AND kind = 'change'", e.ID).Scan(ctx, &b.No); err != nil {
		return nil, err
	}
	twin, err := tx.NewSelect().TableExpr("bulletins").Where("key = ?", b.Key).Exists(ctx)
	if err != nil {
		return nil, err
	}
	if twin { // two acts at one reading of the clock: their notices are one, and bring the first
		b.Key += ":" + strconv.Itoa(b.No)
	}
	return told, tx.addBulletin(ctx, b, domain.Change{Verb: "bulletin.changed", Label: strconv.Itoa(b.No), New: strings.Join(domain.LumpedFields(lines), " "), Minor: true})
}

// publishedDays are the days that the event touches, or touched, whose board is
// published; of days that are over, none.
func (tx *Tx) publishedDays(ctx context.Context, events ...*domain.Event) ([]string, error) {
	touched := map[string]bool{}
	for _, e := range events {
		for at := e.Arrival(); at.Before(e.EndAt); at = at.AddDate(0, 0, 1) {
			touched[domain.SiteDay(at, tx.s.Loc)] = true
		}
		touched[domain.SiteDay(e.EndAt.Add(-time.Second), tx.s.Loc)] = true
	}
	var days []string
	err := tx.NewSelect().TableExpr("bulletins").Column("day").Where("kind = 'board' AND NOT superseded AND day >= ?", domain.SiteDay(tx.Now, tx.s.Loc)).OrderExpr("day").Scan(ctx, &days)
	return slices.DeleteFunc(days, func(day string) bool { return !touched[day] }), err
}

// IssueWork issues the work notices of an event's crews, and anew where they would
// say something else. Needs RightEventRun.
func (s *Store) IssueWork(ctx context.Context, act domain.Act, eventID string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventRun, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if !e.Status.Working() {
			return domain.Conflict("event.not_working")
		}
		before := len(tx.counter(domain.EventTopic(e.ID)).rows)
		if err := tx.reissueWork(ctx, e, true); err != nil {
			return err
		}
		if len(tx.counter(domain.EventTopic(e.ID)).rows) == before {
			tx.Receipt.Notice = "work.same"
		}
		return nil
	})
}

// reissueWork issues the next version of the work notices that would say something
// else; first those of crews that have none yet, too. The acceptance is withdrawn.
func (tx *Tx) reissueWork(ctx context.Context, e *domain.Event, first bool) error {
	present, err := bulletinsOf(ctx, tx, "event_id = ? AND kind = 'work' AND NOT superseded", e.ID)
	if err != nil || len(present) == 0 && !first {
		return err
	}
	byCrew := map[domain.Crew]*domain.Bulletin{}
	for k := range present {
		byCrew[present[k].Crew] = &present[k]
	}
	items, err := tx.items(ctx, e.ID)
	if err != nil {
		return err
	}
	var people []domain.Assignment
	if err := tx.NewSelect().Model(&people).Where("event_id = ?", e.ID).OrderExpr("crew, person_id").Scan(ctx); err != nil {
		return err
	}
	functions, err := functionsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	posts, err := postsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	duties, err := dutiesOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	rows := domain.BoardRows([]domain.BoardEvent{{Event: e, People: people, Posts: posts, Duties: duties}})
	hands, err := handsOf(ctx, tx, e, tx.Now)
	if err != nil {
		return err
	}
	var issue []*domain.Bulletin
	var locked []string
	for _, crew := range domain.Crews {
		last := byCrew[crew]
		takesPart := slices.ContainsFunc(items, func(i domain.Item) bool { return i.Crew == crew && i.Status != domain.ItemNotNeeded }) ||
			slices.ContainsFunc(rows, func(r domain.BoardRow) bool { return r.Crew == crew })
		if crew == domain.CrewCMD || last == nil && (!first || !takesPart) {
			continue
		}
		b := &domain.Bulletin{Kind: domain.BulletinWork, Day: domain.SiteDay(e.StartAt, tx.s.Loc), EventID: e.ID, Crew: crew, No: 1}
		lead := leadOf(people, crew)
		if e.Status.Working() && takesPart {
			b.Lines = domain.WorkLines(e, crew, functions, lead, rows, items)
		}
		if last != nil {
			b.No = last.No + 1
			changed := false
			if b.Lines, changed = domain.WorkDiff(last.Lines, b.Lines); !changed {
				continue
			}
			for _, a := range last.Acks {
				locked = append(locked, a.PersonID)
			}
		}
		b.Key = domain.WorkKey(e.ID, crew, b.No)
		t := domain.Trigger{Crews: []domain.Crew{crew}, Leads: true}
		led := t.Audience(e, hands, tx.Now, tx.s.Loc)
		switch {
		case lead != "": // named for this event
			led = []domain.Recipient{{PersonID: lead}}
		case len(led) == 0: // no lead: those of the crew who are on it
			t.Leads = false
			led = t.Audience(e, hands, tx.Now, tx.s.Loc)
		}
		if e.Status.Working() {
			for _, r := range led {
				b.Acks = append(b.Acks, domain.Acknowledgement{PersonID: r.PersonID, ToldAt: tx.Now})
				locked = append(locked, r.PersonID)
			}
		}
		issue = append(issue, b)
	}
	if len(issue) == 0 {
		return nil
	}
	if e.Status == domain.EventCancelled { // nobody works for it: its notices are taken back
		if err := tx.holdPeople(ctx, locked); err != nil {
			return err
		}
		for k := range present {
			if err := tx.supersede(ctx, &present[k]); err != nil {
				return err
			}
		}
		return nil
	}
	return tx.issueWork(ctx, e, issue, byCrew, locked)
}

// leadOf is who leads a crew by name, "" where nobody was named.
func leadOf(people []domain.Assignment, crew domain.Crew) string {
	for k := range people {
		if people[k].Crew == crew && people[k].Lead {
			return people[k].PersonID
		}
	}
	return ""
}

func (tx *Tx) issueWork(ctx context.Context, e *domain.Event, issue []*domain.Bulletin, byCrew map[domain.Crew]*domain.Bulletin, people []string) error {
	if err := tx.holdPeople(ctx, people); err != nil {
		return err
	}
	for _, b := range issue {
		if last := byCrew[b.Crew]; last != nil {
			if err := tx.supersede(ctx, last); err != nil {
				return err
			}
		}
		if err := tx.addBulletin(ctx, b, domain.Change{Verb: "work.issued", Label: e.Name, New: strconv.Itoa(b.No)}); err != nil {
			return err
		}
		if err := tx.tellPeople(ctx, &domain.Trigger{
			Key: b.Key, Kind: domain.NoticeWork, EventID: e.ID, Args: domain.Args{"crew": string(b.Crew), "n": strconv.Itoa(b.No)}, URL: "/events/" + e.ID + "/work/" + string(b.Crew),
		}, b.Missing()); err != nil {
			return err
		}
	}
	return nil
}

// TellUnseen tells the supervisor who has not seen what he should have seen by now.
// Any instance may ask at any time: each bulletin is told once.
func (s *Store) TellUnseen(ctx context.Context) error {
	var due []domain.Bulletin
	err := s.read.NewSelect().Model(&due).Where("escalate_at <= ? AND NOT superseded", s.Now()).OrderExpr("escalate_at, id").Limit(50).Scan(ctx)
	for k := range due {
		if err == nil {
			_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.tellUnseen(ctx, due[k].ID, due[k].BulletinTopic()) })
		}
	}
	return asPerson(err)
}

// namesTold is how many names a notice carries at most; the page has all.
const namesTold = 6

func (tx *Tx) tellUnseen(ctx context.Context, id string, topic domain.Topic) error {
	if err := tx.hold(ctx, topic); err != nil {
		return err
	}
	list, err := bulletinsOf(ctx, tx, "id = ? AND escalate_at <= ? AND NOT superseded", id, tx.Now)
	if err != nil || len(list) == 0 {
		return err // another instance was faster, or it was issued anew
	}
	b := &list[0]
	b.EscalateAt = nil
	var e *domain.Event
	if b.EventID != "" {
		if e, _, err = eventFor(ctx, tx, nil, b.EventID); err != nil {
			return err
		}
	}
	if !b.Waits() || e != nil && e.Status == domain.EventClosed {
		_, err := tx.NewRaw("UPDATE bulletins SET escalate_at = NULL WHERE id = ?", id).Exec(ctx)
		return err
	}
	b.EscalatedAt, b.Seq = &tx.Now, tx.Next(topic)
	if _, err := tx.NewUpdate().Model(b).WherePK().Exec(ctx); err != nil {
		return err
	}
	missing := b.Missing()
	tx.Record(domain.Change{Topic: topic, EventID: b.EventID, Subject: "bulletin:" + id, Verb: "bulletin.escalated", New: strconv.Itoa(len(missing)), Minor: true})
	var names []string
	if err := tx.NewSelect().TableExpr("people").Column("name").Where("id IN (?)", bun.List(missing)).OrderExpr("name").Limit(namesTold).Scan(ctx, &names); err != nil {
		return err
	}
	if len(missing) > namesTold {
		names = append(names, "…")
	}
	t := domain.Trigger{
		Key: domain.UnseenKey(id), Kind: domain.NoticeUnseen, EventID: b.EventID, People: []string{""}, Command: true, Working: true,
		Args: domain.Args{"what": string(b.Kind), "day": b.Day, "no": strconv.Itoa(b.No), "crew": string(b.Crew), "n": strconv.Itoa(len(missing)), "names": strings.Join(names, "、")},
		URL:  "/publications/" + b.Day,
	}
	if e == nil {
		ids, err := tx.supervisors(ctx)
		if err != nil {
			return err
		}
		return tx.tellPeople(ctx, &t, ids)
	}
	t.URL = "/events/" + e.ID + "/changes"
	if b.Kind == domain.BulletinWork {
		t.URL = "/events/" + e.ID + "/work"
	}
	return tx.tell(ctx, e, []domain.Trigger{t})
}

// supervisors are those who keep boards and intake.
func (tx *Tx) supervisors(ctx context.Context) ([]string, error) {
	var ids []string
	err := tx.NewSelect().TableExpr("people").Column("id").Where("role = ? AND NOT disabled", domain.RoleSupervisor).OrderExpr("id").Scan(ctx, &ids)
	return ids, err
}
