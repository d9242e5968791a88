package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

func milestoneRules(ctx context.Context, db bun.IDB) ([]domain.MilestoneRule, error) {
	var list []domain.MilestoneRule
	err := db.NewSelect().Model(&list).OrderExpr("sort, id").Scan(ctx)
	return list, err
}

// MilestoneRules are the table from which planned tracks are made, in the order in
// which they are asked.
func (s *Store) MilestoneRules(ctx context.Context) ([]domain.MilestoneRule, error) {
	list, err := milestoneRules(ctx, s.read)
	return list, asPerson(err)
}

func trackOf(ctx context.Context, db bun.IDB, eventIDs ...string) ([]domain.Milestone, error) {
	var list []domain.Milestone
	err := db.NewSelect().Model(&list).Where("event_id IN (?) AND NOT struck", bun.List(eventIDs)).Scan(ctx)
	domain.SortMilestones(list)
	return list, err
}

// Milestones are the planned track of an event in the order of the calendar.
func (s *Store) Milestones(ctx context.Context, eventID string) ([]domain.Milestone, error) {
	list, err := trackOf(ctx, s.read, eventID)
	return list, asPerson(err)
}

// Kickoffs are the records of the meetings that prepared an event, the last first.
func (s *Store) Kickoffs(ctx context.Context, eventID string) ([]domain.Kickoff, error) {
	var list []domain.Kickoff
	err := s.read.NewSelect().Model(&list).Where("event_id = ? AND NOT struck", eventID).OrderExpr("held_at DESC, id DESC").Scan(ctx)
	return list, asPerson(err)
}

// MyMilestones are the open milestones that the person sees to and that begin before
// that time, with their events: his own, and those that nobody owns of a crew that he
// leads. Two queries, one when there are none.
func (s *Store) MyMilestones(ctx context.Context, p *domain.Person, until time.Time) ([]domain.Milestone, map[string]*domain.Event, error) {
	var list []domain.Milestone
	leads := p.Role == domain.RoleCrewLead
	err := s.read.NewSelect().Model(&list).Where("status = 'open' AND NOT struck AND start_at < ?", until).
		Where(`owner_id = ? OR owner_id IS NULL AND (? AND crew = ?
			OR EXISTS (SELECT 1 FROM assignments a WHERE a.event_id = milestone.event_id AND a.person_id = ? AND a.crew = milestone.crew AND (a.lead OR ?))
			OR crew = ? AND EXISTS (SELECT 1 FROM events e WHERE e.id = milestone.event_id AND e.commander_id = ?))`,
			p.ID, leads, p.Crew, p.ID, leads, domain.CrewCMD, p.ID).Scan(ctx)
	if err != nil || len(list) == 0 {
		return nil, nil, asPerson(err)
	}
	var ids []string
	for k := range list {
		ids = append(ids, list[k].EventID)
	}
	rows, err := s.seenEvents(ctx, p, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("e.id IN (?) AND e.status NOT IN ('draft','closed','cancelled')", bun.List(ids))
	})
	byID, viewers := map[string]*domain.Event{}, map[string]domain.Viewer{}
	for k := range rows {
		byID[rows[k].ID], viewers[rows[k].ID] = &rows[k].Event, rows[k].viewer(p)
	}
	list = slices.DeleteFunc(list, func(m domain.Milestone) bool {
		e := byID[m.EventID]
		return e == nil || m.OwnerID == "" && !m.LedBy(viewers[m.EventID], e.Secrecy)
	})
	domain.SortMilestones(list)
	return list, byID, asPerson(err)
}

// seenEvents are those of a selection that the person may see, by start.
func (s *Store) seenEvents(ctx context.Context, p *domain.Person, only func(*bun.SelectQuery) *bun.SelectQuery) ([]eventRow, error) {
	var rows []eventRow
	if err := only(eventsFor(s.read, p)).OrderExpr("e.start_at, e.number").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r eventRow) bool { return !r.viewer(p).Can(domain.RightEventSee, r.Secrecy) }), nil
}

// TrackIDs are the events with a milestone in the interval, whoever may see them: to ask
// for their heads before the tracks are read.
func (s *Store) TrackIDs(ctx context.Context, from, to time.Time) ([]string, error) {
	var ids []string
	err := s.read.NewSelect().TableExpr("milestones").ColumnExpr("DISTINCT event_id").Where("NOT struck AND due_at >= ? AND due_at < ?", from, to).Scan(ctx, &ids)
	return ids, asPerson(err)
}

// TrackedEvent is an event with its planned track.
type TrackedEvent struct {
	domain.Event
	Milestones []domain.Milestone
}

// Tracks are the events that the person may see and that have a milestone in the
// interval, with their whole tracks: two queries, however many events.
func (s *Store) Tracks(ctx context.Context, p *domain.Person, from, to time.Time) ([]TrackedEvent, error) {
	events, err := s.seenEvents(ctx, p, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("e.status NOT IN ('draft','cancelled')").
			Where("EXISTS (SELECT 1 FROM milestones m WHERE m.event_id = e.id AND NOT m.struck AND m.due_at >= ? AND m.due_at < ?)", from, to)
	})
	if err != nil || len(events) == 0 {
		return nil, asPerson(err)
	}
	ids := make([]string, len(events))
	for k := range events {
		ids[k] = events[k].ID
	}
	all, err := trackOf(ctx, s.read, ids...)
	list := make([]TrackedEvent, len(events))
	for k := range events {
		list[k].Event = events[k].Event
		for n := range all {
			if all[n].EventID == events[k].ID {
				list[k].Milestones = append(list[k].Milestones, all[n])
			}
		}
	}
	return list, asPerson(err)
}

// trackSync is what syncTrack did to a track, with the first milestone that it touched.
type trackSync struct {
	added, moved, struck int
	first                string
}

func (n *trackSync) count(what *int, id string) {
	*what++
	if n.first == "" {
		n.first = id
	}
}

// syncTrack brings an event's planned track in step with its type, level and day, and
// with the rules: missing steps are made, open ones re-dated unless somebody chose their
// date, and those that the rules give no more are struck while nobody has touched them.
func (tx *Tx) syncTrack(ctx context.Context, e *domain.Event) (trackSync, error) {
	var did trackSync
	rules, err := milestoneRules(ctx, tx)
	if err != nil {
		return did, err
	}
	want := domain.MilestonesFor(rules, e, tx.s.Loc)
	var have []domain.Milestone
	if err := tx.NewSelect().Model(&have).Where("event_id = ?", e.ID).OrderExpr("id").Scan(ctx); err != nil {
		return did, err
	}
	was := slices.Clone(have)
	topic := domain.EventTopic(e.ID)
	var added []domain.Milestone
	for k := range want {
		w := &want[k]
		n := slices.IndexFunc(have, func(m domain.Milestone) bool { return m.Step == w.Step })
		if n >= 0 {
			if err := tx.redate(ctx, &have[n], w, &did); err != nil {
				return did, err
			}
			continue
		}
		w.ID, w.CreatedAt, w.StateAt, w.Seq, w.LateStart = NewID(), tx.Now, tx.Now, tx.Next(topic), w.DueAt.Before(tx.Now)
		tx.Record(domain.Change{Topic: topic, EventID: e.ID, Subject: "milestone:" + w.ID, Verb: "milestone.added", Label: w.Zh, LabelEn: w.En, New: planDate(w.DueAt, tx.s.Loc), Minor: true})
		added = append(added, *w)
		did.count(&did.added, w.ID)
	}
	if len(added) > 0 {
		if _, err := tx.NewInsert().Model(&added).Exec(ctx); err != nil {
			return did, err
		}
	}
	for k := range have {
		h := &have[k]
		if h.Kind != domain.MilestoneStep || h.Status != domain.MilestoneOpen || h.ByHand || h.Struck || slices.ContainsFunc(want, func(w domain.Milestone) bool { return w.Step == h.Step }) {
			continue
		}
		h.Struck = true
		did.count(&did.struck, h.ID)
		if err := tx.saveMilestone(ctx, h, domain.Change{Verb: "milestone.struck", Minor: true}); err != nil {
			return did, err
		}
	}
	// The event itself may have another commander, name or day: all that is near is told.
	near := slices.DeleteFunc(slices.Concat(was, have, added), func(m domain.Milestone) bool { return m.Status != domain.MilestoneOpen })
	if len(near) > 0 { // boards may follow: the building is locked before people
		if err := tx.hold(ctx, domain.TopicFloor); err != nil {
			return did, err
		}
	}
	return did, tx.tellToday(ctx, e, near...)
}

// redate gives an open step the words, crew and dates of its rule, and brings one back
// that the rules had taken away. One whose date was chosen by hand stays as it is.
func (tx *Tx) redate(ctx context.Context, h, w *domain.Milestone, did *trackSync) error {
	if h.Status != domain.MilestoneOpen || h.ByHand && !h.Struck {
		return nil
	}
	old := *h
	h.Struck, h.Crew, h.Zh, h.En = false, w.Crew, w.Zh, w.En
	if !h.ByHand && (!h.DueAt.Equal(w.DueAt) || !h.StartAt.Equal(w.StartAt)) {
		h.StartAt, h.DueAt, h.LateStart = w.StartAt, w.DueAt, w.DueAt.Before(tx.Now)
	}
	if *h == old {
		return nil
	}
	did.count(pick(old.Struck, &did.added, &did.moved), h.ID)
	return tx.saveMilestone(ctx, h, domain.Change{Verb: "milestone.moved", Old: planDate(old.DueAt, tx.s.Loc), New: planDate(h.DueAt, tx.s.Loc), Minor: true})
}

// ReplanTrack brings the planned track of an event in step with the rules as they are
// now, and says what it did. Needs RightEventEdit.
func (s *Store) ReplanTrack(ctx context.Context, act domain.Act, eventID string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if !e.Status.Planned() {
			return domain.Conflict(pick(e.Status.Over(), "event.over", "track.not_planned"))
		}
		did, err := tx.syncTrack(ctx, e)
		if err != nil {
			return err
		}
		if did.first == "" {
			tx.Receipt.Notice = "track.replanned_same"
			return nil
		}
		tx.Receipt.Notice = pick(did.struck > 0, "track.replanned_struck", "track.replanned")
		tx.Receipt.Args = domain.Args{"added": strconv.Itoa(did.added), "moved": strconv.Itoa(did.moved), "struck": strconv.Itoa(did.struck)}
		note := fmt.Sprintf("+%d ~%d −%d", did.added, did.moved, did.struck)
		tx.Record(domain.Change{Topic: domain.EventTopic(e.ID), EventID: e.ID, Subject: "milestone:" + did.first, Verb: "track.replanned", Label: e.Name, Note: note})
		return nil
	})
}

// tellToday lets the day's pages of those who see to milestones fetch themselves anew:
// each owner, and for what nobody owns who leads the crew. Only what is begun soon stands
// on such a page.
func (tx *Tx) tellToday(ctx context.Context, e *domain.Event, list ...domain.Milestone) error {
	soon := tx.Now.AddDate(0, 0, domain.MilestoneDays+1)
	told := map[string]string{} // by person, one of the milestones
	var hands []domain.Hand
	for k := range list {
		m := &list[k]
		switch {
		case m.StartAt.After(soon):
			continue
		case m.OwnerID != "":
			told[m.OwnerID] = m.ID
			continue
		case hands == nil:
			var err error
			if hands, err = handsOf(ctx, tx, e, tx.Now); err != nil {
				return err
			}
		}
		for n := range hands {
			if m.LedBy(hands[n].Viewer, e.Secrecy) {
				told[hands[n].Person.ID] = m.ID
			}
		}
	}
	people := slices.Sorted(maps.Keys(told))
	if err := tx.holdPeople(ctx, people); err != nil {
		return err
	}
	for _, p := range people {
		tx.Record(domain.Change{Topic: domain.PersonTopic(p), EventID: e.ID, Subject: "milestone:" + told[p], Verb: "milestone.told", Minor: true})
	}
	return nil
}

// planDate is a date of the planned track in the log.
func planDate(t time.Time, loc *time.Location) string { return t.In(loc).Format("01-02 15:04") }

func (tx *Tx) saveMilestone(ctx context.Context, m *domain.Milestone, c domain.Change) error {
	topic := domain.EventTopic(m.EventID)
	m.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(m).WherePK().Exec(ctx); err != nil {
		return foreign(err, "owner_id")
	}
	c.Topic, c.EventID, c.Subject, c.Label, c.LabelEn = topic, m.EventID, "milestone:"+m.ID, m.Zh, m.En
	tx.Record(c)
	return nil
}

// saveMilestone is that of the act, and tells who has the milestone on his day's page.
func (a *part) saveMilestone(ctx context.Context, m *domain.Milestone, c domain.Change) error {
	if err := a.tx.saveMilestone(ctx, m, c); err != nil {
		return err
	}
	return a.tx.tellToday(ctx, a.e, *m)
}

// mayOwn refuses an owner who could not even see the event.
func (tx *Tx) mayOwn(ctx context.Context, e *domain.Event, personID string) error {
	if personID == "" {
		return nil
	}
	hands, err := handsOf(ctx, tx, e, tx.Now)
	if err != nil {
		return err
	}
	for k := range hands {
		if hands[k].Person.ID == personID && hands[k].Can(domain.RightEventSee, e.Secrecy) {
			return nil
		}
	}
	return domain.InvalidField("owner_id", "milestone.owner_blind")
}

// Owners are the people who may own a milestone of the event, by name.
func (s *Store) Owners(ctx context.Context, e *domain.Event) ([]domain.Person, error) {
	hands, err := handsOf(ctx, s.read, e, s.Now())
	if err != nil {
		return nil, asPerson(err)
	}
	var list []domain.Person
	for k := range hands {
		if hands[k].Can(domain.RightEventSee, e.Secrecy) {
			list = append(list, *hands[k].Person)
		}
	}
	slices.SortStableFunc(list, func(a, b domain.Person) int { return a.Crew.Index() - b.Crew.Index() })
	return list, nil
}

// AddMilestone puts a task on an event's track: of its own, or with KickoffID what a
// meeting decided. Needs RightEventEdit.
func (s *Store) AddMilestone(ctx context.Context, act domain.Act, eventID string, m domain.Milestone) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		m := m // a retry begins anew
		m.Kind = domain.MilestoneOwn
		if m.KickoffID != "" {
			m.Kind = domain.MilestoneDecision
			n, err := tx.NewSelect().TableExpr("kickoffs").Where("id = ? AND event_id = ? AND NOT struck", m.KickoffID, eventID).Count(ctx)
			if err != nil {
				return err
			}
			if n == 0 {
				return domain.Conflict("kickoff.struck")
			}
		}
		n, err := tx.NewSelect().TableExpr("milestones").Where("event_id = ? AND NOT struck", eventID).Count(ctx)
		if err != nil {
			return err
		}
		if n >= domain.MilestonesMost {
			return domain.Conflict("milestone.too_many", "max", strconv.Itoa(domain.MilestonesMost))
		}
		if err := m.Check(e); err != nil {
			return err
		}
		if err := tx.mayOwn(ctx, e, m.OwnerID); err != nil {
			return err
		}
		topic := domain.EventTopic(eventID)
		m.ID, m.EventID, m.CreatedAt, m.StateAt, m.Seq, m.Status, m.ByHand = NewID(), eventID, tx.Now, tx.At, tx.Next(topic), domain.MilestoneOpen, true
		m.StartAt, m.LateStart = tx.Now, m.DueAt.Before(tx.Now)
		if m.LateStart {
			m.StartAt = m.DueAt
		}
		if _, err := tx.NewInsert().Model(&m).Exec(ctx); err != nil {
			return foreign(err, "owner_id")
		}
		tx.Receipt.Created = m.ID
		tx.Record(domain.Change{Topic: topic, EventID: eventID, Subject: "milestone:" + m.ID, Verb: "milestone." + pick(m.KickoffID != "", "decided", "added"), Label: m.Zh, New: planDate(m.DueAt, s.Loc)})
		return tx.tellToday(ctx, e, m)
	})
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// changeMilestone loads the milestone that is meant, as changePart does, and refuses
// one that was struck.
func (s *Store) changeMilestone(ctx context.Context, act domain.Act, id string, right domain.Right, fn func(ctx context.Context, a *part, m *domain.Milestone) error) (domain.Receipt, error) {
	return s.changePartBy(ctx, act, "milestones", id, right, func(ctx context.Context, a *part) error {
		var m domain.Milestone
		if err := a.tx.NewSelect().Model(&m).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		if m.Struck {
			return domain.Conflict("milestone.struck")
		}
		return fn(ctx, a, &m)
	})
}

func (a *part) doing(reason string) domain.Doing {
	return domain.Doing{By: personID(a.tx.Act), At: a.tx.At, Received: a.tx.Now, Reason: reason}
}

// ChangeMilestone gives a milestone another owner, crew or date, a task also other
// words; a step without a date goes back to that of its rule. seen is its seq as the
// planner saw it. Needs RightEventEdit.
func (s *Store) ChangeMilestone(ctx context.Context, act domain.Act, id string, to domain.Milestone, seen int64) (domain.Receipt, error) {
	return s.changeMilestone(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, a *part, m *domain.Milestone) error {
		if err := a.stale(ctx, "milestone:"+id, m.Seq, seen); err != nil {
			return err
		}
		old, byRule := *m, m.Kind == domain.MilestoneStep && to.DueAt.IsZero()
		m.Crew, m.OwnerID = to.Crew, to.OwnerID
		switch {
		case byRule:
			m.ByHand = false
		case !to.DueAt.Truncate(time.Minute).Equal(old.DueAt.Truncate(time.Minute)):
			m.ByHand, m.DueAt, m.LateStart = true, to.DueAt, to.DueAt.Before(a.tx.Now)
			if m.StartAt = m.DueAt.Add(old.StartAt.Sub(old.DueAt)); m.Kind != domain.MilestoneStep {
				m.StartAt = old.StartAt
			}
			if m.StartAt.After(m.DueAt) {
				m.StartAt = m.DueAt
			}
		}
		if m.Kind != domain.MilestoneStep {
			m.Zh = to.Zh
		}
		if err := m.Check(a.e); err != nil {
			return err
		}
		if m.OwnerID != old.OwnerID {
			if err := a.tx.mayOwn(ctx, a.e, m.OwnerID); err != nil {
				return err
			}
		}
		if *m == old {
			return nil
		}
		if err := a.tx.saveMilestone(ctx, m, domain.Change{Verb: "milestone.changed", Old: planDate(old.DueAt, s.Loc), New: planDate(m.DueAt, s.Loc)}); err != nil {
			return err
		}
		if byRule && old.ByHand {
			if _, err := a.tx.syncTrack(ctx, a.e); err != nil {
				return err
			}
		}
		return a.tx.tellToday(ctx, a.e, old, *m)
	})
}

// FinishMilestone ticks a milestone; who may: Milestone.MayFinish.
func (s *Store) FinishMilestone(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeMilestone(ctx, act, id, domain.RightEventSee, func(ctx context.Context, a *part, m *domain.Milestone) error {
		if !m.MayFinish(a.v, a.e.Secrecy) {
			return domain.ErrForbidden
		}
		old := m.Status
		if !m.Finish(a.doing("")) {
			return nil
		}
		return a.saveMilestone(ctx, m, domain.Change{Verb: "milestone.done", Old: string(old), New: string(m.Status)})
	})
}

// ReopenMilestone takes a tick back; a waiver only who plans may take back.
func (s *Store) ReopenMilestone(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeMilestone(ctx, act, id, domain.RightEventSee, func(ctx context.Context, a *part, m *domain.Milestone) error {
		if !m.MayFinish(a.v, a.e.Secrecy) || m.Status == domain.MilestoneWaived && !a.v.Can(domain.RightEventEdit, a.e.Secrecy) {
			return domain.ErrForbidden
		}
		old := m.Status
		if !m.Reopen(a.doing("")) {
			return nil
		}
		return a.saveMilestone(ctx, m, domain.Change{Verb: "milestone.reopened", Old: string(old), New: string(m.Status)})
	})
}

// WaiveMilestone leaves a milestone out, with a reason. Needs RightEventEdit.
func (s *Store) WaiveMilestone(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeMilestone(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, a *part, m *domain.Milestone) error {
		old := m.Status
		changed, err := m.Waive(a.doing(reason))
		if err != nil || !changed {
			return err
		}
		return a.saveMilestone(ctx, m, domain.Change{Verb: "milestone.waived", Old: string(old), New: string(m.Status), Note: m.Reason})
	})
}

// StrikeMilestone takes a task off the track; a step is waived instead. Needs RightEventEdit.
func (s *Store) StrikeMilestone(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeMilestone(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, a *part, m *domain.Milestone) error {
		if m.Kind == domain.MilestoneStep {
			return domain.Conflict("milestone.waive_instead")
		}
		m.Struck = true
		return a.saveMilestone(ctx, m, domain.Change{Verb: "milestone.struck"})
	})
}

// AddKickoff keeps the record of a meeting that prepared the event; one that was held
// as the kick-off settles that step. Needs RightEventEdit.
func (s *Store) AddKickoff(ctx context.Context, act domain.Act, eventID string, k domain.Kickoff) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		k := k // a retry begins anew
		n, err := tx.NewSelect().TableExpr("kickoffs").Where("event_id = ? AND NOT struck", eventID).Count(ctx)
		if err != nil {
			return err
		}
		if n >= domain.KickoffsMost {
			return domain.Conflict("kickoff.too_many", "max", strconv.Itoa(domain.KickoffsMost))
		}
		if err := k.Check(e); err != nil {
			return err
		}
		topic := domain.EventTopic(eventID)
		k.ID, k.EventID, k.CreatedAt, k.Seq, k.Struck = NewID(), eventID, tx.Now, tx.Next(topic), false
		if _, err := tx.NewInsert().Model(&k).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created = k.ID
		tx.Record(domain.Change{Topic: topic, EventID: eventID, Subject: "kickoff:" + k.ID, Verb: "kickoff.added", Label: planDate(k.HeldAt, s.Loc), New: string(k.Kind)})
		if k.Kind != domain.KickoffKinds[0] || k.HeldAt.After(tx.Now) {
			return nil
		}
		var step []domain.Milestone
		if err := tx.NewSelect().Model(&step).Where("event_id = ? AND step = ? AND status = 'open' AND NOT struck", eventID, domain.StepKickoff).Scan(ctx); err != nil || len(step) == 0 {
			return err
		}
		a := &part{tx: tx, e: e, v: v}
		step[0].Finish(a.doing(""))
		return a.saveMilestone(ctx, &step[0], domain.Change{Verb: "milestone.done", Old: string(domain.MilestoneOpen), New: string(domain.MilestoneDone), Minor: true})
	})
}

func (a *part) saveKickoff(ctx context.Context, k *domain.Kickoff, verb string) error {
	topic := domain.EventTopic(a.e.ID)
	k.Seq = a.tx.Next(topic)
	if _, err := a.tx.NewUpdate().Model(k).WherePK().Exec(ctx); err != nil {
		return err
	}
	a.tx.Record(domain.Change{Topic: topic, EventID: a.e.ID, Subject: "kickoff:" + k.ID, Verb: verb, Label: planDate(k.HeldAt, a.tx.s.Loc)})
	return nil
}

func (a *part) kickoff(ctx context.Context, id string) (domain.Kickoff, error) {
	var k domain.Kickoff
	if err := a.tx.NewSelect().Model(&k).Where("id = ?", id).Scan(ctx); err != nil {
		return k, noRows(err)
	}
	if k.Struck {
		return k, domain.Conflict("kickoff.struck")
	}
	return k, nil
}

// ChangeKickoff replaces what a record says; seen is its seq as the planner saw it.
// Needs RightEventEdit.
func (s *Store) ChangeKickoff(ctx context.Context, act domain.Act, id string, to domain.Kickoff, seen int64) (domain.Receipt, error) {
	return s.changePart(ctx, act, "kickoffs", id, func(ctx context.Context, a *part) error {
		k, err := a.kickoff(ctx, id)
		if err != nil {
			return err
		}
		if err := a.stale(ctx, "kickoff:"+id, k.Seq, seen); err != nil {
			return err
		}
		old := k
		k.Kind, k.People, k.Notes = to.Kind, to.People, to.Notes
		if !to.HeldAt.Truncate(time.Minute).Equal(old.HeldAt.Truncate(time.Minute)) {
			k.HeldAt = to.HeldAt
		}
		if err := k.Check(a.e); err != nil || k == old {
			return err
		}
		return a.saveKickoff(ctx, &k, "kickoff.changed")
	})
}

// StrikeKickoff takes a record off the event while nothing was decided by it. Needs RightEventEdit.
func (s *Store) StrikeKickoff(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePart(ctx, act, "kickoffs", id, func(ctx context.Context, a *part) error {
		k, err := a.kickoff(ctx, id)
		if err != nil {
			return err
		}
		n, err := a.tx.NewSelect().TableExpr("milestones").Where("kickoff_id = ? AND NOT struck", id).Count(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			return domain.Conflict("kickoff.has_decisions", "n", strconv.FormatInt(n, 10))
		}
		k.Struck = true
		return a.saveKickoff(ctx, &k, "kickoff.struck")
	})
}

// trackMemory is how long ago a milestone may have become late for people to be told.
const trackMemory = 3 * 24 * time.Hour

// TellTrack tells owners and commanders of milestones whose date is over (C.8.4).
// What was late when it was made stands on the page and rings nobody. Any instance
// may ask at any time: each is told once for each date.
func (s *Store) TellTrack(ctx context.Context) error {
	now := s.Now()
	var late []domain.Milestone
	err := s.read.NewSelect().Model(&late).Where("status = 'open' AND NOT struck AND NOT late_start AND due_at <= ? AND due_at > ?", now, now.Add(-trackMemory)).
		Where("EXISTS (SELECT 1 FROM events e WHERE e.id = milestone.event_id AND e.status IN ('requested','confirmed','preparing','ready','live'))").OrderExpr("event_id, due_at, id").Limit(200).Scan(ctx)
	if err != nil || len(late) == 0 {
		return asPerson(err)
	}
	if late, err = notTold(ctx, s.read, late, milestoneKey); err != nil {
		return asPerson(err)
	}
	for k := range late {
		rows, err := s.trackNotices(ctx, &late[k], now)
		if err != nil {
			return asPerson(err)
		}
		if len(rows) == 0 {
			continue // looking at the clock must not write
		}
		if _, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.addNotices(ctx, slices.Clone(rows)) }); err != nil {
			return err
		}
	}
	return nil
}

func milestoneKey(m *domain.Milestone) string {
	return strings.Join([]string{"milestone", m.ID, strconv.FormatInt(m.DueAt.Unix(), 10)}, ":")
}

func (s *Store) trackNotices(ctx context.Context, m *domain.Milestone, now time.Time) ([]domain.Notice, error) {
	e, _, err := eventOnly(ctx, s.read, nil, m.EventID)
	if err != nil {
		return nil, err
	}
	hands, err := handsOf(ctx, s.read, e, now)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(domain.Args{"item_zh": m.Zh, "item_en": m.Text("en"), "crew": string(m.Crew), "at": m.DueAt.UTC().Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	var rows []domain.Notice
	for _, id := range m.Told(e, hands) {
		rows = append(rows, domain.Notice{
			ID: NewID(), PersonID: id, Key: milestoneKey(m), EventID: e.ID, Kind: domain.NoticeMilestone, ArgsJSON: string(text), Subjects: "milestone:" + m.ID,
			URL: "/events/" + e.ID + "/track#milestone-" + m.ID, MadeAt: now,
		})
	}
	return rows, nil
}
