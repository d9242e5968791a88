package store

import (
	"context"
	"slices"
	"strings"

	"huiwu/server/domain"
)

// Opened is what an event's form showed when it was opened, and as of which seq.
type Opened struct {
	Event  domain.Event // Rooms by id
	People []string
	Seq    int64
}

// merge puts the draft together with what others did since its form was opened.
// Fields that both changed stay as they are, and stand in the receipt.
func (tx *Tx) merge(ctx context.Context, e *domain.Event, d EventDraft) (EventDraft, error) {
	d.Event.Rooms = rooms(d.Rooms)
	if d.Opened == nil {
		return d, nil
	}
	opened, now := d.Opened.Event, *e
	d.Event.Tidy()
	clashes := d.Event.Merge(&opened, &now)
	d.Rooms = d.Event.RoomIDs()
	var there []domain.Assignment
	if err := tx.NewSelect().Model(&there).Where("event_id = ?", e.ID).Scan(ctx); err != nil {
		return d, err
	}
	ids := func(list []domain.Assignment) []string {
		all := make([]string, len(list))
		for k := range list {
			all[k] = list[k].PersonID
		}
		return all
	}
	people := domain.MergeIDs(d.Opened.People, ids(d.People), ids(there))
	d.People = nil
	for _, id := range people {
		a := domain.Assignment{PersonID: id}
		if k := slices.IndexFunc(there, func(x domain.Assignment) bool { return x.PersonID == id }); k >= 0 {
			a = there[k]
		}
		d.People = append(d.People, a)
	}
	if len(clashes) == 0 {
		return d, nil
	}
	tx.Receipt.Notice = "event.clash"
	var err error
	tx.Receipt.Clashes, err = tx.clashes(ctx, e.ID, d.Opened.Seq, clashes)
	return d, err
}

func rooms(ids []string) []domain.Room {
	list := make([]domain.Room, len(ids))
	for k, id := range ids {
		list[k].ID = id
	}
	return list
}

// clashes says of each field who changed it last, after that seq.
func (tx *Tx) clashes(ctx context.Context, eventID string, seq int64, fields []string) ([]domain.Clash, error) {
	topic := domain.EventTopic(eventID)
	var rows []domain.Change
	if err := tx.NewSelect().Model(&rows).Where("topic = ? AND subject = ? AND seq > ?", topic, topic, seq).OrderExpr("seq DESC").Limit(200).Scan(ctx); err != nil {
		return nil, err
	}
	list := make([]domain.Clash, 0, len(fields))
	for _, name := range fields {
		c := domain.Clash{Field: name, At: tx.Now}
		verb := domain.EventFields[slices.IndexFunc(domain.EventFields, func(f domain.EventField) bool { return f.Name == name })].Verb
		for k := range rows {
			if r := &rows[k]; verb != "" && r.Verb == verb || r.Verb == "event.facts" && slices.Contains(strings.Fields(r.New), name) {
				c.Person, c.At = r.Person, r.ActedAt
				break
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// otherFields are the changed fields that have no log row of their own.
func otherFields(a, b *domain.Event) []string {
	return slices.DeleteFunc(domain.ChangedFields(a, b), func(name string) bool {
		k := slices.IndexFunc(domain.EventFields, func(f domain.EventField) bool { return f.Name == name })
		return domain.EventFields[k].Verb != ""
	})
}

// SaveFollowUp keeps the call or visit after an event on its register (J.7.2b). It
// may be corrected, also when the event is closed. Needs RightEventEdit.
func (s *Store) SaveFollowUp(ctx context.Context, act domain.Act, id string, f domain.FollowUp) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		switch e.Status {
		case domain.EventClearing, domain.EventReleased, domain.EventClosed:
		default:
			return domain.Conflict("register.follow_not_yet")
		}
		if e.ErasedAt != nil {
			return domain.Conflict("names.erased")
		}
		old := e.FollowUp
		e.FollowUp = f
		e.FollowedBy = personID(act)
		if err := e.CheckFollowUp(); err != nil {
			return err
		}
		if e.FollowedAt.After(tx.Now) {
			return domain.InvalidField("followed_at", "register.follow_future")
		}
		same := old.FollowedAt != nil && old.FollowedAt.Equal(*e.FollowedAt) && old.FollowWay == e.FollowWay && old.FollowWith == e.FollowWith && old.FollowSaid == e.FollowSaid && old.FollowDone == e.FollowDone
		if same {
			return nil
		}
		return tx.saveEvent(ctx, e, domain.Change{Verb: "event.follow_up", Old: string(old.FollowWay), New: string(e.FollowWay)})
	})
}
