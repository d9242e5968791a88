package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// CrewBook is everything that the crews of an event are planned with; the caller has
// loaded the event through the person's rights. It takes the same number of queries
// however many people and events there are.
func (s *Store) CrewBook(ctx context.Context, e *domain.Event) (*domain.CrewBook, error) {
	b, err := crewBook(ctx, s.read, e, s.Loc)
	if err != nil {
		return nil, asPerson(err)
	}
	posts, err := postsOf(ctx, s.read, e.ID)
	if err != nil {
		return nil, asPerson(err)
	}
	duties, err := dutiesOf(ctx, s.read, e.ID)
	if err != nil {
		return nil, asPerson(err)
	}
	b.Posts = domain.BoardPosts(posts, duties)
	b.Work, err = bulletinsOf(ctx, s.read, "event_id = ? AND kind = 'work' AND NOT superseded", e.ID)
	return b, asPerson(err)
}

// aroundEvent is how far beyond the days of an event others may begin and end whose
// people are busy on them: setting up before, guests that stay on after.
const aroundEvent = 12 * time.Hour

// crewBook is CrewBook without posts and work notices.
func crewBook(ctx context.Context, db bun.IDB, e *domain.Event, loc *time.Location) (*domain.CrewBook, error) {
	b := &domain.CrewBook{Event: e, Loc: loc}
	var err error
	if b.Rules, err = staffingRules(ctx, db); err != nil {
		return nil, err
	}
	if err := db.NewSelect().TableExpr("sites").Column("day_hours").Limit(1).Scan(ctx, &b.DayHours); err != nil {
		return nil, noRows(err)
	}
	if err := db.NewSelect().Model(&b.People).OrderExpr("staff_no").Scan(ctx); err != nil {
		return nil, err
	}
	if err := db.NewSelect().Model(&b.Assigned).Where("event_id = ?", e.ID).OrderExpr("crew, person_id").Scan(ctx); err != nil {
		return nil, err
	}
	days := e.DaysAround(loc)
	if b.Others, err = bookingsOf(ctx, db, e.ID, domain.Span{From: days.From.Add(-aroundEvent), Till: days.Till.Add(aroundEvent)}); err != nil {
		return nil, err
	}
	if err := db.NewSelect().Model(&b.Skills).OrderExpr("person_id, created_at, id").Scan(ctx); err != nil {
		return nil, err
	}
	err = db.NewSelect().Model(&b.Calendar).Where("till_at > ? AND from_at < ?", days.From, days.Till).OrderExpr("person_id, from_at, id").Scan(ctx)
	return b, err
}

// bookingsOf are the parts that people have in the other events of a time, those who
// command them among them.
func bookingsOf(ctx context.Context, db bun.IDB, eventID string, within domain.Span) ([]domain.Booking, error) {
	var rows []struct {
		domain.Event
		PersonID string
	}
	err := db.NewSelect().TableExpr("events AS e").Join("LEFT JOIN assignments AS a ON a.event_id = e.id").
		ColumnExpr("e.id, e.number, e.name, e.level, e.secrecy, e.status, e.arrival_at, e.start_at, e.end_at, e.actual_end_at, e.left_at, e.commander_id, COALESCE(a.person_id, '') AS person_id").
		Where("e.id <> ? AND e.status <> 'cancelled' AND e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ?", eventID, within.From, within.Till).
		OrderExpr("e.start_at, e.id, a.person_id").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	var list []domain.Booking
	for k := range rows {
		e := &rows[k].Event
		if k == 0 || rows[k-1].ID != e.ID {
			if e.CommanderID != "" {
				list = append(list, domain.Booking{PersonID: e.CommanderID, Event: e})
			}
		}
		if id := rows[k].PersonID; id != "" && id != e.CommanderID {
			list = append(list, domain.Booking{PersonID: id, Event: e})
		}
	}
	return list, nil
}

// crewSourcesMost is how many events a planner can choose from.
const crewSourcesMost = 20

// CrewSources are earlier events whose crews can be copied: those of the same type and
// level first, the newest first; only events that the person may see.
func (s *Store) CrewSources(ctx context.Context, p *domain.Person, e *domain.Event) ([]domain.Event, error) {
	list, err := crewSources(ctx, s.read, p, e)
	return list, asPerson(err)
}

func crewSources(ctx context.Context, db bun.IDB, p *domain.Person, e *domain.Event) ([]domain.Event, error) {
	if p == nil {
		p = &domain.Person{Role: domain.RoleCommander} // the system itself
	}
	var rows []eventRow
	err := eventsFor(db, p).Where("e.id <> ? AND e.start_at < ? AND e.status NOT IN ('draft','requested','cancelled')", e.ID, e.StartAt).
		Where("EXISTS (SELECT 1 FROM assignments AS x WHERE x.event_id = e.id)").
		OrderExpr("CASE WHEN e.type = ? AND e.level = ? THEN 0 WHEN e.level = ? THEN 1 ELSE 2 END, e.start_at DESC, e.id", e.Type, e.Level, e.Level).
		Limit(3*crewSourcesMost).Scan(ctx, &rows)
	var list []domain.Event
	for k := range rows {
		if _, err := rows[k].seenBy(p); err == nil && len(list) < crewSourcesMost {
			list = append(list, rows[k].Event)
		}
	}
	return list, err
}

// crewAct is an act on who is in the crews of an event.
type crewAct struct {
	tx *Tx
	e  *domain.Event
	v  domain.Viewer
}

// changeCrew locks the event and lets fn change who is in its crews. What follows
// from it, work notices and boards, follows at the end. Needs RightEventEdit.
func (s *Store) changeCrew(ctx context.Context, act domain.Act, eventID string, fn func(ctx context.Context, a *crewAct) error) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		old := *e
		if err := fn(ctx, &crewAct{tx, e, v}); err != nil {
			return err
		}
		if e.Seq == old.Seq || !e.Status.Working() {
			return nil
		}
		return tx.noteChange(ctx, &old, e, "")
	})
}

// say writes into the event's log who came or went; the rows that it is about take its seq.
func (a *crewAct) say(ctx context.Context, crew domain.Crew, words ...string) error {
	return a.tx.saveEvent(ctx, a.e, domain.Change{Verb: "event.people", New: strings.Join(words, " "), Crew: crew})
}

func (a *crewAct) row(ctx context.Context, personID string) (*domain.Assignment, error) {
	x := new(domain.Assignment)
	err := a.tx.NewSelect().Model(x).Where("event_id = ? AND person_id = ?", a.e.ID, personID).Scan(ctx)
	if errors.Is(noRows(err), domain.ErrNotFound) {
		return nil, nil
	}
	return x, err
}

func (a *crewAct) save(ctx context.Context, x *domain.Assignment) error {
	x.Seq = a.e.Seq
	_, err := a.tx.NewUpdate().Model(x).WherePK().Exec(ctx)
	return err
}

// meanwhile refuses what somebody else's act has overtaken, and says whose; the page
// gets the crews as they are.
func (a *crewAct) meanwhile(ctx context.Context, seq int64, key string, args ...string) error {
	var c domain.Change
	err := a.tx.NewSelect().Model(&c).Where("topic = ? AND seq = ?", domain.EventTopic(a.e.ID), seq).Scan(ctx)
	if err != nil && !errors.Is(noRows(err), domain.ErrNotFound) {
		return err
	}
	if c.Person == "" {
		return domain.Conflict(key, args...)
	}
	return domain.Conflict(key+"_by", append(args, "by", c.Person, "time", c.ActedAt.In(a.tx.s.Loc).Format("15:04"))...)
}

// AddToCrew puts a person into a crew of the event. Who is in it already stays;
// who is in another crew is refused: the planner has seen him free. Needs RightEventEdit.
func (s *Store) AddToCrew(ctx context.Context, act domain.Act, eventID, personID string, crew domain.Crew) (domain.Receipt, error) {
	return s.changeCrew(ctx, act, eventID, func(ctx context.Context, a *crewAct) error {
		if !crew.Valid() || crew == domain.CrewCMD {
			return domain.InvalidField("crew", "field.choose")
		}
		var p domain.Person
		if err := a.tx.NewSelect().Model(&p).Where("id = ?", personID).Scan(ctx); err != nil {
			return noRows(err)
		}
		if p.Disabled {
			return domain.InvalidField("person", "event.person_disabled", "name", p.Name)
		}
		had, err := a.row(ctx, personID)
		switch {
		case err != nil:
			return err
		case had != nil && had.Crew == crew:
			a.tx.Receipt.Notice, a.tx.Receipt.Subjects = "act.already", []string{domain.EventTopic(eventID)}
			return nil
		case had != nil:
			return a.meanwhile(ctx, had.Seq, "crew.elsewhere", "name", p.Name)
		}
		if err := a.say(ctx, crew, "+"+p.Name); err != nil {
			return err
		}
		_, err = a.tx.NewInsert().Model(&domain.Assignment{EventID: eventID, PersonID: personID, Crew: crew, Seq: a.e.Seq}).Exec(ctx)
		return err
	})
}

// RemoveFromCrew takes a person off the event, and off the posts at which he was to
// stand; seen is his row's seq as the planner saw it, 0 = not said. Needs RightEventEdit.
func (s *Store) RemoveFromCrew(ctx context.Context, act domain.Act, eventID, personID string, seen int64) (domain.Receipt, error) {
	return s.changeCrew(ctx, act, eventID, func(ctx context.Context, a *crewAct) error {
		had, err := a.row(ctx, personID)
		if err != nil {
			return err
		}
		if had == nil {
			a.tx.Receipt.Notice, a.tx.Receipt.Subjects = "act.already", []string{domain.EventTopic(eventID)}
			return nil
		}
		name := a.tx.nameOf(ctx, personID)
		if seen > 0 && seen != had.Seq {
			return a.meanwhile(ctx, had.Seq, "crew.changed", "name", name)
		}
		if err := a.leavePosts(ctx, personID, name); err != nil {
			return err
		}
		if err := a.say(ctx, had.Crew, "−"+name); err != nil {
			return err
		}
		_, err = a.tx.NewDelete().Model(had).WherePK().Exec(ctx)
		return err
	})
}

// leavePosts strikes the duties that a person has not begun.
func (a *crewAct) leavePosts(ctx context.Context, personID, name string) error {
	var duties []domain.Duty
	if err := a.tx.NewSelect().Model(&duties).Where("event_id = ? AND person_id = ? AND NOT struck", a.e.ID, personID).OrderExpr("id").Scan(ctx); err != nil {
		return err
	}
	for k := range duties {
		d := &duties[k]
		if d.Present() {
			return domain.Conflict("crew.at_post", "name", name)
		}
		if d.State != domain.DutyPlanned {
			continue
		}
		post := &postAct{tx: a.tx, e: a.e, v: a.v, p: new(domain.Post), d: d}
		if err := a.tx.NewSelect().Model(post.p).Where("id = ?", d.PostID).Scan(ctx); err != nil {
			return err
		}
		d.Struck = true
		if err := post.saveDuty(ctx, domain.Change{Verb: "duty.struck", New: name}); err != nil {
			return err
		}
	}
	return nil
}

// SetCrewLead says who leads a crew at the event, or that the person does no longer;
// was is who led it on the planner's page, "" nobody, nil not said. Needs RightEventEdit.
func (s *Store) SetCrewLead(ctx context.Context, act domain.Act, eventID, personID string, leads bool, was *string) (domain.Receipt, error) {
	return s.changeCrew(ctx, act, eventID, func(ctx context.Context, a *crewAct) error {
		x, err := a.row(ctx, personID)
		if err != nil {
			return err
		}
		name := a.tx.nameOf(ctx, personID)
		switch {
		case x == nil:
			return domain.Conflict("crew.not_in", "name", name)
		case x.Lead == leads:
			a.tx.Receipt.Subjects = []string{domain.EventTopic(eventID)}
			return nil
		}
		var lead []domain.Assignment
		if err := a.tx.NewSelect().Model(&lead).Where("event_id = ? AND crew = ? AND lead", eventID, x.Crew).Scan(ctx); err != nil {
			return err
		}
		present := ""
		if len(lead) > 0 {
			present = lead[0].PersonID
		}
		if was != nil && *was != present && present != "" { // somebody else named one: his word is not overwritten
			return a.meanwhile(ctx, lead[0].Seq, "crew.lead_changed", "name", a.tx.nameOf(ctx, present))
		}
		sign := "★"
		if !leads {
			sign = "☆"
		}
		if err := a.say(ctx, x.Crew, sign+name); err != nil {
			return err
		}
		if leads && present != "" { // first: one lead for each crew
			lead[0].Lead = false
			if err := a.save(ctx, &lead[0]); err != nil {
				return err
			}
		}
		x.Lead = leads
		return a.save(ctx, x)
	})
}

// CopyCrew takes over the people of an earlier event, "" the last like this one, but
// for those who cannot come. Needs RightEventEdit, and to see the other event.
func (s *Store) CopyCrew(ctx context.Context, act domain.Act, eventID, fromID string) (domain.Receipt, error) {
	return s.changeCrew(ctx, act, eventID, func(ctx context.Context, a *crewAct) error {
		from := fromID
		if from == "" {
			list, err := crewSources(ctx, a.tx, act.Person, a.e)
			if err != nil {
				return err
			}
			if len(list) == 0 || list[0].Type != a.e.Type || list[0].Level != a.e.Level {
				return domain.Conflict("crew.no_source")
			}
			from = list[0].ID
		} else if _, _, err := eventFor(ctx, a.tx, act.Person, from); err != nil {
			return domain.InvalidField("from", "field.choose")
		}
		var people []domain.Assignment
		if err := a.tx.NewSelect().Model(&people).Where("event_id = ?", from).OrderExpr("crew, person_id").Scan(ctx); err != nil {
			return err
		}
		book, err := crewBook(ctx, a.tx, a.e, s.Loc)
		if err != nil {
			return err
		}
		take, skipped := book.CopyCrew(people)
		names := make([]string, len(skipped))
		for k := range skipped {
			names[k] = skipped[k].Name
		}
		a.tx.Receipt.Notice = "crew.copied"
		a.tx.Receipt.Args = domain.Args{"n": strconv.Itoa(len(take)), "skipped": strconv.Itoa(len(skipped)), "names": strings.Join(names, "、")}
		if len(skipped) > 0 {
			a.tx.Receipt.Notice = "crew.copied_but"
		}
		if len(take) == 0 {
			a.tx.Receipt.Subjects = []string{domain.EventTopic(eventID)}
			return nil
		}
		known := map[string]string{}
		for k := range book.People {
			known[book.People[k].ID] = book.People[k].Name
		}
		var words []string
		for k := range take {
			words = append(words, "+"+known[take[k].PersonID])
		}
		if err := a.say(ctx, "", words...); err != nil {
			return err
		}
		for k := range take {
			take[k].Seq = a.e.Seq
		}
		for chunk := range slices.Chunk(take, 100) {
			if _, err := a.tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetKeyPost says that a post must never be empty, or that it may. Needs RightPostsEdit.
func (s *Store) SetKeyPost(ctx context.Context, act domain.Act, postID string, key bool) (domain.Receipt, error) {
	return s.postWrite(ctx, act, "posts", postID, func(ctx context.Context, a *postAct) error {
		if err := a.mayEdit(a.p.Crew); err != nil || a.p.Key == key {
			return err
		}
		a.p.Key = key
		verb := "post.key"
		if !key {
			verb = "post.not_key"
		}
		return a.tx.savePost(ctx, a.p, domain.Change{Verb: verb})
	})
}
