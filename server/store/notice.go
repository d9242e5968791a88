package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// logPage is how many log rows one act reads for notices.
const logPage = 500

// UnreadTopics are the events of these days whose log goes on behind what was
// read for notices: whoever made the change may have died before saying so.
func (s *Store) UnreadTopics(ctx context.Context) ([]domain.Topic, error) {
	now := s.Now()
	var ids []string
	err := s.read.NewSelect().TableExpr("events AS e").ColumnExpr("t.id").Join("JOIN topics AS t ON t.id = 'event:' || e.id").
		Join("LEFT JOIN notice_cursors AS c ON c.topic = t.id").
		Where("e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ?", now.AddDate(0, 0, -2), now.AddDate(0, 3, 0)).
		Where("t.seq > COALESCE(c.seq, 0)").Limit(100).Scan(ctx, &ids)
	return ids, asPerson(err)
}

// ReadTopic reads an event's log from where it was left and tells people what
// concerns them. It returns whether there is more to read. Notices and the mark
// how far it came are one act, so nothing is told twice or never.
func (s *Store) ReadTopic(ctx context.Context, topic domain.Topic) (more bool, err error) {
	_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		more = false
		kind, id := domain.SplitTopic(topic)
		if kind != "event" {
			return nil
		}
		var seq int64
		err := tx.NewRaw("INSERT INTO notice_cursors (topic, seq) VALUES (?, 0) ON CONFLICT (topic) DO UPDATE SET seq = notice_cursors.seq RETURNING seq", topic).Scan(ctx, &seq)
		if err != nil {
			return err
		}
		var rows []domain.Change
		if err := tx.NewSelect().Model(&rows).Where("topic = ? AND seq > ?", topic, seq).OrderExpr("seq").Limit(logPage).Scan(ctx); err != nil || len(rows) == 0 {
			return err
		}
		more = len(rows) == logPage
		if _, err := tx.NewRaw("UPDATE notice_cursors SET seq = ? WHERE topic = ?", rows[len(rows)-1].Seq, topic).Exec(ctx); err != nil {
			return err
		}
		since := tx.Now.Add(-domain.NewsMemory)
		rows = slices.DeleteFunc(rows, func(c domain.Change) bool { return c.ReceivedAt.Before(since) })
		if len(rows) == 0 {
			return nil
		}
		e, _, err := eventFor(ctx, tx, nil, id)
		if err != nil {
			return err
		}
		items, guests, err := tx.named(ctx, rows)
		if err != nil {
			return err
		}
		return tx.tell(ctx, e, domain.LogTriggers(e, rows, items, guests))
	})
	return more, err
}

// named loads the items and guests of those log rows that tell people something.
func (tx *Tx) named(ctx context.Context, rows []domain.Change) (map[string]*domain.Item, map[string]*domain.Guest, error) {
	items, guests := map[string]*domain.Item{}, map[string]*domain.Guest{}
	var itemIDs, guestIDs []string
	for k := range rows {
		_, id := domain.SplitTopic(rows[k].Subject)
		switch rows[k].Verb {
		case "item.rejected", "item.blocked":
			itemIDs = append(itemIDs, id)
		case "guest.moved", "invitation.declined", "invitation.confirmed":
			guestIDs = append(guestIDs, id)
		}
	}
	if len(itemIDs) > 0 {
		var list []domain.Item
		if err := tx.NewSelect().Model(&list).Where("id IN (?)", bun.List(itemIDs)).Scan(ctx); err != nil {
			return nil, nil, err
		}
		for k := range list {
			items[list[k].ID] = &list[k]
		}
	}
	if len(guestIDs) > 0 {
		var list []domain.Guest
		if err := tx.NewSelect().Model(&list).Where("id IN (?)", bun.List(guestIDs)).Scan(ctx); err != nil {
			return nil, nil, err
		}
		for k := range list {
			guests[list[k].ID] = &list[k]
		}
	}
	return items, guests, nil
}

// TellTime tells people what is due or late now. Any instance may ask at any
// time: the keys of the notices let each be told once.
func (s *Store) TellTime(ctx context.Context) error {
	now := s.Now()
	var items []domain.Item
	err := s.read.NewSelect().Model(&items).Where("status = 'open' AND due_at > ? AND due_at <= ?", now.Add(-domain.LateMemory), now.Add(domain.DueSoon)).
		OrderExpr("event_id, sort, id").Limit(2000).Scan(ctx)
	if err != nil {
		return asPerson(err)
	}
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].EventID == items[0].EventID {
			n++
		}
		if err := s.tellTimeOf(ctx, items[:n], now); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

func (s *Store) tellTimeOf(ctx context.Context, items []domain.Item, now time.Time) error {
	e, _, err := eventFor(ctx, s.read, nil, items[0].EventID)
	if err != nil {
		return asPerson(err)
	}
	triggers := domain.ClockTriggers(e, items, now)
	if triggers, err = s.untold(ctx, e, triggers); err != nil || len(triggers) == 0 {
		return asPerson(err)
	}
	_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.tell(ctx, e, triggers) })
	return err
}

// notTold leaves out what was told: to a person or to a group, under that key.
func notTold[T any](ctx context.Context, db bun.IDB, list []T, key func(*T) string) ([]T, error) {
	keys := make([]string, len(list))
	for k := range list {
		keys[k] = key(&list[k])
	}
	var known []string
	err := db.NewRaw("SELECT key FROM notices WHERE key IN (?) UNION SELECT key FROM channel_notices WHERE key IN (?)", bun.List(keys), bun.List(keys)).Scan(ctx, &known)
	return slices.DeleteFunc(list, func(x T) bool { return slices.Contains(known, key(&x)) }), err
}

// untold leaves out what was told, and what would reach nobody: looking at the
// clock four times a minute must not write.
func (s *Store) untold(ctx context.Context, e *domain.Event, triggers []domain.Trigger) ([]domain.Trigger, error) {
	if len(triggers) == 0 {
		return nil, nil
	}
	triggers, err := notTold(ctx, s.read, triggers, func(t *domain.Trigger) string { return t.Key })
	if err != nil || len(triggers) == 0 {
		return nil, err
	}
	hands, err := handsOf(ctx, s.read, e, s.Now())
	if err != nil {
		return nil, err
	}
	channels, err := channelsOf(ctx, s.read)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(triggers, func(t domain.Trigger) bool {
		wanted := slices.ContainsFunc(channels, func(c domain.Channel) bool { return c.Wants(t.Kind) })
		return !wanted && len(t.Audience(e, hands, s.Now(), s.Loc)) == 0
	}), nil
}

// handsOf are all people who can sign in, as they stand to an event.
func handsOf(ctx context.Context, db bun.IDB, e *domain.Event, now time.Time) ([]domain.Hand, error) {
	var rows []struct {
		domain.Person
		AssignedCrew  domain.Crew
		AssignedLead  bool
		CrewTakesPart bool
		TakenPost     domain.Position
	}
	err := db.NewSelect().TableExpr("people AS p").ColumnExpr("p.*, COALESCE(a.crew, '') AS assigned_crew, COALESCE(a.lead, FALSE) AS assigned_lead, COALESCE(t.post, '') AS taken_post").
		ColumnExpr("EXISTS (SELECT 1 FROM items i WHERE i.event_id = ? AND i.crew = p.crew) AS crew_takes_part", e.ID).
		Join("LEFT JOIN assignments AS a ON a.event_id = ? AND a.person_id = p.id", e.ID).
		Join("LEFT JOIN posts_taken AS t ON t.person_id = p.id AND t.at > ?", now.Add(-domain.PostMemory)).
		Where("NOT p.disabled AND p.role <> ?", domain.RoleBoard).OrderExpr("p.id").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	hands := make([]domain.Hand, len(rows))
	for k := range rows {
		r := eventRow{Event: *e, AssignedCrew: rows[k].AssignedCrew, AssignedLead: rows[k].AssignedLead, CrewTakesPart: rows[k].CrewTakesPart}
		hands[k] = domain.Hand{Viewer: r.viewer(&rows[k].Person), Post: rows[k].TakenPost}
	}
	return hands, nil
}

// tell makes the notices of triggers, with a delivery to each device of who is
// to be rung, and what the chat groups are told.
func (tx *Tx) tell(ctx context.Context, e *domain.Event, triggers []domain.Trigger) error {
	rows, err := tx.noticesOf(ctx, e, triggers)
	if err != nil {
		return err
	}
	if err := tx.addNotices(ctx, rows); err != nil {
		return err
	}
	return tx.tellChannels(ctx, e, triggers)
}

// noticesOf are the notices of triggers, one for each who is to be told.
func (tx *Tx) noticesOf(ctx context.Context, e *domain.Event, triggers []domain.Trigger) ([]domain.Notice, error) {
	if len(triggers) == 0 {
		return nil, nil
	}
	hands, err := handsOf(ctx, tx, e, tx.Now)
	if err != nil {
		return nil, err
	}
	var rows []domain.Notice
	for k := range triggers {
		t := &triggers[k]
		for _, r := range t.Audience(e, hands, tx.Now, tx.s.Loc) {
			n, err := newNotice(t, r, tx.Now)
			if err != nil {
				return nil, err
			}
			rows = append(rows, n)
		}
	}
	return rows, nil
}

func newNotice(t *domain.Trigger, r domain.Recipient, now time.Time) (domain.Notice, error) {
	args, err := json.Marshal(t.Args)
	n := domain.Notice{
		ID: NewID(), PersonID: r.PersonID, Key: t.Key, EventID: t.EventID, Kind: t.Kind, ArgsJSON: string(args), Subjects: strings.Join(t.Items, "\n"),
		URL: t.URL, Grave: t.Grave, Quiet: r.Quiet, MadeAt: now,
	}
	if t.Grave {
		at := now.Add(domain.RepeatEvery)
		n.RepeatAt = &at
	}
	return n, err
}

// addNotices keeps those that the person has not got yet. People are locked in
// the order of their ids, so two instances that find the same wait for each other.
func (tx *Tx) addNotices(ctx context.Context, rows []domain.Notice) error {
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b domain.Notice) int { return strings.Compare(a.PersonID, b.PersonID) })
	people := []string{}
	for k := range rows {
		if n := len(people); n == 0 || people[n-1] != rows[k].PersonID {
			people = append(people, rows[k].PersonID)
		}
	}
	for _, p := range people {
		if err := tx.hold(ctx, domain.PersonTopic(p)); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rows, 100) {
		var added []string
		if err := tx.NewInsert().Model(&chunk).On("CONFLICT (person_id, key) DO NOTHING").Returning("id").Scan(ctx, &added); err != nil {
			return err
		}
		for k := range chunk {
			n := &chunk[k]
			if !slices.Contains(added, n.ID) {
				continue
			}
			tx.Record(domain.Change{Topic: domain.PersonTopic(n.PersonID), EventID: n.EventID, Subject: "notice:" + n.ID, Verb: "notice.made", Label: string(n.Kind), Minor: true})
			if n.Quiet {
				continue
			}
			if err := tx.send(ctx, n, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// send puts a notice on its way to each device of its person.
func (tx *Tx) send(ctx context.Context, n *domain.Notice, round int) error {
	var devices []string
	err := tx.NewSelect().TableExpr("push_devices AS d").ColumnExpr("d.id").Join("JOIN sessions AS s ON s.id = d.session_id").
		Where("d.person_id = ? AND s.revoked_at IS NULL AND s.expires_at > ?", n.PersonID, tx.Now).Scan(ctx, &devices)
	if err != nil {
		return err
	}
	for _, d := range devices {
		row := &deliveryRow{ID: NewID(), NoticeID: n.ID, DeviceID: d, Round: round, State: "waiting", NextAt: tx.Now, MadeAt: tx.Now}
		if _, err := tx.NewInsert().Model(row).On("CONFLICT (notice_id, device_id, round) DO NOTHING").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// RemindNotices rings again for grave notices that nobody acknowledged.
func (s *Store) RemindNotices(ctx context.Context) error {
	var due []string
	err := s.read.NewSelect().TableExpr("notices").Column("id").Where("repeat_at <= ?", s.Now()).OrderExpr("repeat_at").Limit(200).Scan(ctx, &due)
	for _, id := range due {
		if err == nil {
			_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.remind(ctx, id) })
		}
	}
	return asPerson(err)
}

func (tx *Tx) remind(ctx context.Context, id string) error {
	// Whoever moves repeat_at on is the one who reminds.
	var moved []domain.Notice
	err := tx.NewRaw("UPDATE notices SET repeats = repeats + 1, repeat_at = ? WHERE id = ? AND repeat_at <= ? RETURNING *", tx.Now.Add(domain.RepeatEvery), id, tx.Now).Scan(ctx, &moved)
	if err != nil || len(moved) == 0 {
		return err
	}
	n := &moved[0]
	if !n.Open() || n.Repeats >= domain.RepeatMost {
		if _, err := tx.NewRaw("UPDATE notices SET repeat_at = NULL WHERE id = ?", id).Exec(ctx); err != nil || !n.Open() {
			return err
		}
	}
	return tx.send(ctx, n, n.Repeats)
}

// SettleNotices closes what is over: the item was done, put right, or its event
// ended. Nobody has to acknowledge that.
func (s *Store) SettleNotices(ctx context.Context) error {
	now := s.Now()
	var open []domain.Notice
	err := s.read.NewSelect().Model(&open).Where("acknowledged_at IS NULL AND settled_at IS NULL AND made_at > ?", now.Add(-24*time.Hour)).
		Where("kind IN ('due','late','rejected','blocked','drill')").OrderExpr("person_id, made_at").Limit(2000).Scan(ctx)
	if err != nil {
		return asPerson(err)
	}
	over, err := s.overNotices(ctx, open, now)
	if err == nil {
		over, err = s.withReception(ctx, over, now)
	}
	if err != nil || len(over) == 0 {
		return asPerson(err)
	}
	_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		locked := ""
		for k := range over { // by person, like addNotices
			n := &over[k]
			topic := domain.PersonTopic(n.PersonID)
			if n.PersonID != locked {
				if err := tx.Lock(ctx, topic); err != nil {
					return err
				}
				locked = n.PersonID
			}
			res, err := tx.NewRaw("UPDATE notices SET settled_at = ?, repeat_at = NULL WHERE id = ? AND acknowledged_at IS NULL AND settled_at IS NULL", tx.Now, n.ID).Exec(ctx)
			if err != nil {
				return err
			}
			if rows, _ := res.RowsAffected(); rows > 0 {
				tx.Record(domain.Change{Topic: topic, EventID: n.EventID, Subject: "notice:" + n.ID, Verb: "notice.settled", Label: string(n.Kind), Minor: true})
			}
		}
		return nil
	})
	return err
}

// withReception adds those of the reception that are over, in the order of people.
func (s *Store) withReception(ctx context.Context, over []domain.Notice, now time.Time) ([]domain.Notice, error) {
	var open []domain.Notice
	err := s.read.NewSelect().Model(&open).Where("acknowledged_at IS NULL AND settled_at IS NULL AND made_at > ?", now.Add(-24*time.Hour)).
		Where("kind IN ('cue','absent','return','overdue','early','lift','request','request_late','milestone')").OrderExpr("person_id, made_at").Limit(2000).Scan(ctx)
	if err != nil || len(open) == 0 {
		return over, err
	}
	more, err := s.settledReception(ctx, open)
	over = append(over, more...)
	slices.SortStableFunc(over, func(a, b domain.Notice) int { return strings.Compare(a.PersonID, b.PersonID) })
	return over, err
}

func (s *Store) overNotices(ctx context.Context, open []domain.Notice, now time.Time) ([]domain.Notice, error) {
	var itemIDs, eventIDs []string
	for k := range open {
		itemIDs = append(itemIDs, open[k].ItemIDs()...)
		if open[k].Kind == domain.NoticeDrill {
			eventIDs = append(eventIDs, open[k].EventID)
		}
	}
	items := map[string]*domain.Item{}
	if len(itemIDs) > 0 {
		var list []domain.Item
		if err := s.read.NewSelect().Model(&list).Where("id IN (?)", bun.List(slices.Compact(slices.Sorted(slices.Values(itemIDs))))).Scan(ctx); err != nil {
			return nil, err
		}
		for k := range list {
			items[list[k].ID] = &list[k]
		}
	}
	working := map[string]bool{}
	if len(eventIDs) > 0 {
		var list []domain.Event
		if err := s.read.NewSelect().Model(&list).Where("id IN (?)", bun.List(eventIDs)).Scan(ctx); err != nil {
			return nil, err
		}
		for k := range list {
			working[list[k].ID] = list[k].Status.Working()
		}
	}
	return slices.DeleteFunc(open, func(n domain.Notice) bool {
		if n.Kind == domain.NoticeDrill {
			return working[n.EventID]
		}
		return n.Stands(items, now)
	}), nil
}

// Bell is what the top of every page says of a person's notices.
type Bell struct {
	Seq   int64 // head of the person's topic at the same moment
	Open  int
	Grave *domain.Notice // the newest grave one that waits for his word
}

// Bell counts what a person has not acknowledged. Grave is of no kind that is shown
// where he looks.
func (s *Store) Bell(ctx context.Context, personID string, shown ...domain.NoticeKind) (Bell, error) {
	var b Bell
	var row struct {
		Seq   int64
		Open  int
		Grave int
	}
	since := s.Now().Add(-domain.NoticeMemory)
	err := s.read.NewSelect().TableExpr("notices").ColumnExpr("COALESCE((SELECT seq FROM topics WHERE id = ?), 0) AS seq", domain.PersonTopic(personID)).
		ColumnExpr("COUNT(*) AS open").ColumnExpr("COALESCE(SUM(CASE WHEN grave THEN 1 ELSE 0 END), 0) AS grave").
		Where("person_id = ? AND acknowledged_at IS NULL AND settled_at IS NULL AND made_at > ?", personID, since).Scan(ctx, &row)
	b.Seq, b.Open = row.Seq, row.Open
	if err != nil || row.Grave == 0 {
		return b, asPerson(err)
	}
	q := s.read.NewSelect().Where("person_id = ? AND acknowledged_at IS NULL AND settled_at IS NULL AND grave AND made_at > ?", personID, since)
	if len(shown) > 0 {
		q = q.Where("kind NOT IN (?)", bun.List(shown))
	}
	list, err := s.notices(ctx, q.OrderExpr("made_at DESC, id DESC").Limit(1))
	if len(list) > 0 {
		b.Grave = &list[0]
	}
	return b, asPerson(err)
}

// Notices lists what a person was told in the last days, the newest first.
func (s *Store) Notices(ctx context.Context, personID string, limit int) ([]domain.Notice, error) {
	list, err := s.notices(ctx, s.read.NewSelect().Where("person_id = ? AND made_at > ?", personID, s.Now().Add(-domain.NoticeMemory)).OrderExpr("made_at DESC, id DESC").Limit(int64(limit)))
	return list, asPerson(err)
}

func (s *Store) notices(ctx context.Context, q *bun.SelectQuery) ([]domain.Notice, error) {
	var list []domain.Notice
	if err := q.Model(&list).Scan(ctx); err != nil {
		return nil, err
	}
	for k := range list {
		if err := readArgs(&list[k]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func readArgs(n *domain.Notice) error {
	if err := json.Unmarshal([]byte(n.ArgsJSON), &n.Args); err != nil {
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	return nil
}

// AcknowledgeNotice is a person's word that he knows. To a drill it is the
// answer, and counts on the event as well.
func (s *Store) AcknowledgeNotice(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	n := new(domain.Notice)
	if err := s.read.NewSelect().Model(n).Where("id = ? AND person_id = ?", id, personID(act)).Scan(ctx); err != nil {
		return domain.Receipt{}, asPerson(err)
	}
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error { return tx.acknowledge(ctx, *n) })
}

// AcknowledgeNotices is the same for everything that waits, drills and work notices
// apart: those are answered one by one.
func (s *Store) AcknowledgeNotices(ctx context.Context, act domain.Act) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		var open []domain.Notice
		err := tx.NewSelect().Model(&open).Where("person_id = ? AND acknowledged_at IS NULL AND settled_at IS NULL AND kind NOT IN (?, ?)", personID(act), domain.NoticeDrill, domain.NoticeWork).OrderExpr("made_at").Scan(ctx)
		if err != nil || len(open) == 0 {
			return err
		}
		return tx.acknowledge(ctx, open...)
	})
}

// acknowledge notes it of notices of one person. An event is locked before a
// person, as everywhere.
func (tx *Tx) acknowledge(ctx context.Context, list ...domain.Notice) error {
	for k := range list {
		if list[k].Kind == domain.NoticeDrill {
			if err := tx.hold(ctx, domain.EventTopic(list[k].EventID)); err != nil {
				return err
			}
		}
	}
	behind, err := tx.bulletinsBehind(ctx, list)
	if err != nil {
		return err
	}
	for k := range behind { // who acknowledges the notice has seen what it brings
		if _, err := tx.see(ctx, &behind[k]); err != nil {
			return err
		}
	}
	topic := domain.PersonTopic(list[0].PersonID)
	if err := tx.hold(ctx, topic); err != nil {
		return err
	}
	for k := range list {
		n := &list[k]
		res, err := tx.NewRaw("UPDATE notices SET acknowledged_at = ?, repeat_at = NULL WHERE id = ? AND acknowledged_at IS NULL", tx.At, n.ID).Exec(ctx)
		if err != nil {
			return err
		}
		if rows, _ := res.RowsAffected(); rows == 0 {
			continue
		}
		if n.Kind == domain.NoticeDrill {
			tx.Record(domain.Change{Topic: domain.EventTopic(n.EventID), EventID: n.EventID, Subject: n.Key, Verb: "drill.answered", Minor: true})
		}
		tx.Record(domain.Change{Topic: topic, EventID: n.EventID, Subject: "notice:" + n.ID, Verb: "notice.acknowledged", Label: string(n.Kind), Minor: true})
	}
	return nil
}

// ForgetNotices deletes notices that are too old to be looked for.
func (s *Store) ForgetNotices(ctx context.Context) error {
	before := s.Now().Add(-domain.NoticeKept)
	for _, q := range []string{
		"DELETE FROM deliveries WHERE notice_id IN (SELECT id FROM notices WHERE made_at < ?)",
		"DELETE FROM notices WHERE made_at < ?",
		"DELETE FROM channel_notices WHERE made_at < ?",
	} {
		if _, err := s.write.NewRaw(q, before).Exec(ctx); err != nil {
			return asPerson(err)
		}
	}
	return nil
}
