package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// JudgeEvents says what would be refused if the person made all those events, and makes
// none. Line of a sentence is the place of its event in the list, from 1, and so is its
// argument row, of another event of the list.
func (s *Store) JudgeEvents(ctx context.Context, p *domain.Person, list []EventDraft) error {
	now := s.Now()
	tx := &Tx{IDB: s.read, s: s, Act: domain.Act{Person: p}, Now: now, At: now} // asks only
	return asPerson(tx.judgeEvents(ctx, list))
}

// ImportEvents makes all those events as drafts, or none; refusals are those of
// JudgeEvents. Needs RightCreate.
func (s *Store) ImportEvents(ctx context.Context, act domain.Act, list []EventDraft) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightCreate); err != nil {
			return err
		}
		if err := tx.lockNumbers(ctx); err != nil { // before the rooms, as CreateEvent does
			return err
		}
		var wants []domain.Use
		for k := range list {
			for _, id := range list[k].Rooms {
				wants = append(wants, domain.Use{RoomID: id})
			}
		}
		if _, err := tx.lockRooms(ctx, "rooms", wants); err != nil {
			return err
		}
		if err := tx.judgeEvents(ctx, list); err != nil {
			return err
		}
		for k := range list {
			if _, err := tx.createEvent(ctx, list[k]); err != nil {
				return atLine(err, k+1)
			}
		}
		return nil
	})
}

// GivenNumbers are those of the numbers that events have.
func (s *Store) GivenNumbers(ctx context.Context, numbers []string) (map[string]bool, error) {
	given, err := givenNumbers(ctx, s.read, numbers)
	return given, asPerson(err)
}

func givenNumbers(ctx context.Context, db bun.IDB, numbers []string) (map[string]bool, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	var list []string
	if err := db.NewSelect().TableExpr("events").Column("number").Where("number IN (?)", bun.List(numbers)).Scan(ctx, &list); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	for _, n := range list {
		given[n] = true
	}
	return given, nil
}

// atLine notes the place in a list at every sentence of a refusal.
func atLine(err error, line int) error {
	e, ok := domain.AsError(err)
	if !ok {
		return err
	}
	at := *e
	at.Fields = slices.Clone(e.Fields)
	for k := range at.Fields {
		at.Fields[k].Line = line
	}
	return &at
}

// judgement is what was found out about a list of events before each of them is judged.
type judgement struct {
	site    domain.Site
	rooms   map[string]domain.Room
	numbers map[string]bool     // of the list, that are given already
	known   []domain.Event      // that the person may see, of the same names
	last    map[string]int      // number of a day
	rows    map[string]int      // rows by what tells them apart
	uses    map[string][]rowUse // of rooms, by the rows before
}

type rowUse struct {
	use domain.Use
	row int
}

func (tx *Tx) judgeEvents(ctx context.Context, list []EventDraft) error {
	j := judgement{rooms: map[string]domain.Room{}, last: map[string]int{}, rows: map[string]int{}, uses: map[string][]rowUse{}}
	if err := tx.learn(ctx, &j, list); err != nil {
		return err
	}
	var bad domain.Invalid
	for k := range list {
		found, err := tx.judgeEvent(ctx, &j, &list[k], k+1)
		if err != nil {
			return err
		}
		for _, f := range found {
			f.Line = k + 1
			bad = append(bad, f)
		}
	}
	return bad.Err()
}

// learn asks what can be asked for the whole list at once.
func (tx *Tx) learn(ctx context.Context, j *judgement, list []EventDraft) (err error) {
	if len(list) == 0 {
		return nil
	}
	if j.site, err = tx.site(ctx); err != nil {
		return err
	}
	var rooms []domain.Room
	if err := tx.NewSelect().Model(&rooms).Scan(ctx); err != nil {
		return err
	}
	for _, r := range rooms {
		j.rooms[r.ID] = r
	}
	var names, numbers []string
	from, to := list[0].Event.StartAt, list[0].Event.StartAt
	for k := range list {
		e := &list[k].Event
		names = append(names, domain.Clean(e.Name, false))
		if e.Number != "" {
			numbers = append(numbers, e.Number)
		}
		if e.StartAt.Before(from) {
			from = e.StartAt
		}
		if e.StartAt.After(to) {
			to = e.StartAt
		}
	}
	if j.numbers, err = givenNumbers(ctx, tx, numbers); err != nil {
		return err
	}
	who := tx.Act.Person
	if who == nil {
		who = &domain.Person{}
	}
	var same []eventRow
	err = eventsFor(tx, who).Where("e.name IN (?) AND e.start_at >= ? AND e.start_at <= ? AND e.status <> 'cancelled'", bun.List(names), from, to).Scan(ctx, &same)
	if err != nil {
		return err
	}
	for k := range same {
		if tx.Act.Person != nil {
			if _, err := same[k].seenBy(who); err != nil { // that it is there is not his to know
				continue
			}
		}
		j.known = append(j.known, same[k].Event)
	}
	events := make([]*domain.Event, len(j.known))
	for k := range j.known {
		events[k] = &j.known[k]
	}
	return loadRooms(ctx, tx, events...)
}

// judgeEvent says what is wrong with one row, as CreateEvent would, and what it is
// refused for because of the rows before it.
func (tx *Tx) judgeEvent(ctx context.Context, j *judgement, d *EventDraft, row int) (bad domain.Invalid, err error) {
	e := d.Event
	e.Status = domain.EventDraft
	// refused takes sentences as found, and leaves errors that are none.
	refused := func(err error) error {
		if r, ok := domain.AsError(err); ok && r.Code == domain.CodeInvalid {
			bad = append(bad, r.Fields...)
			return nil
		}
		return err
	}
	if j.numbers[e.Number] {
		bad.Add("number", "event.number_known", "number", e.Number)
		return bad, nil
	}
	if err := e.Validate(); err != nil {
		return bad, refused(err)
	}
	if err := refused(tx.judgeLevel(ctx, &e, 0, "")); err != nil {
		return bad, err
	}
	e.Rooms = nil
	for _, id := range d.Rooms {
		r, ok := j.rooms[id]
		if !ok {
			bad.Add("rooms", "field.choose")
			return bad, nil
		}
		e.Rooms = append(e.Rooms, r)
	}
	if j.again(&bad, &e, row) {
		return bad, nil
	}
	if err := tx.judgeNumber(ctx, j, &bad, &e); err != nil || len(e.Rooms) == 0 {
		return bad, err
	}
	wants := tx.roomUses(&e)
	if err := tx.roomsFree(ctx, &e, "rooms", e.Rooms, wants); err != nil {
		return bad, refused(err)
	}
	withBuffers(&j.site, &e, e.Rooms, wants, tx.Now)
	for k := range wants {
		w, room := &wants[k], j.rooms[wants[k].RoomID]
		for _, o := range j.uses[w.RoomID] {
			if o.use.Meets(w) {
				return bad, refused(domain.RefuseRow("rooms", &room, w, &o.use, o.row, tx.s.Loc))
			}
		}
	}
	for _, w := range wants {
		j.uses[w.RoomID] = append(j.uses[w.RoomID], rowUse{w, row})
	}
	return bad, nil
}

// again notes a row that was said before: by the list, or by an event that is there.
func (j *judgement) again(bad *domain.Invalid, e *domain.Event, row int) bool {
	ids := e.RoomIDs()
	key := strings.Join(append([]string{e.Name, e.StartAt.UTC().Format("2006-01-02 15:04")}, ids...), "\n")
	if first := j.rows[key]; first > 0 {
		bad.Add("name", "event.row_same", "row", strconv.Itoa(first))
		return true
	}
	j.rows[key] = row
	for k := range j.known {
		if o := &j.known[k]; o.Name == e.Name && o.StartAt.Equal(e.StartAt) && slices.Equal(o.RoomIDs(), ids) {
			bad.Add("name", "event.known", "number", o.Number)
			return true
		}
	}
	return false
}

// judgeNumber counts the numbers of the event's day.
func (tx *Tx) judgeNumber(ctx context.Context, j *judgement, bad *domain.Invalid, e *domain.Event) error {
	day := domain.EventNumber(e.StartAt, tx.s.Loc, 0)
	if _, asked := j.last[day]; !asked {
		n, err := tx.lastNumber(ctx, e.StartAt)
		if err != nil {
			return err
		}
		j.last[day] = n
	}
	if j.last[day]++; j.last[day] > numbersADay {
		bad.Add("start_at", "event.too_many_today")
	}
	return nil
}
