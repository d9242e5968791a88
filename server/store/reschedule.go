package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Move is where and when an event goes. Arrival and break go with the start.
type Move struct {
	StartAt, EndAt time.Time
	Rooms          []string
	Reason         string
}

// MoveEvent postpones or moves an event: new time and rooms in one step. What is
// unfinished is re-timed, everybody concerned hears what was and what is. Needs
// RightEventEdit.
func (s *Store) MoveEvent(ctx context.Context, act domain.Act, id string, m Move) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if !movable(e.Status) {
			return domain.Conflict("move.too_late")
		}
		reason := domain.Clean(m.Reason, false)
		if len([]rune(reason)) > 200 {
			return domain.InvalidField("reason", "field.too_long", "max", "200")
		}
		old := *e
		by := m.StartAt.Sub(e.StartAt)
		e.StartAt, e.EndAt, e.ArrivalAt, e.BreakAt = m.StartAt, m.EndAt, shifted(e.ArrivalAt, by), shifted(e.BreakAt, by)
		if err := e.Validate(); err != nil {
			return err
		}
		if err := tx.bookRooms(ctx, e, m.Rooms); err != nil {
			return err
		}
		if e.Status.Working() {
			if err := e.ValidateConfirm(); err != nil {
				return err
			}
		}
		if err := tx.shiftProgramme(ctx, e, by); err != nil {
			return err
		}
		changes := eventChanges(&old, e, s.Loc)
		if len(changes) == 0 {
			tx.Receipt.Notice = "move.same"
			return nil
		}
		if err := tx.saveRooms(ctx, e); err != nil {
			return err
		}
		changes[0].Note = reason
		for _, c := range changes {
			if err := tx.saveEvent(ctx, e, c); err != nil {
				return err
			}
		}
		if err := tx.shiftPosts(ctx, e, by); err != nil || !e.Status.Working() {
			return err
		}
		if err := tx.syncItems(ctx, e); err != nil {
			return err
		}
		return tx.noteChange(ctx, &old, e, reason)
	})
}

// shifted is a moment that may be none, so much later.
func shifted(t *time.Time, by time.Duration) *time.Time {
	if t == nil {
		return nil
	}
	moved := t.Add(by)
	return &moved
}

// movable: an event that goes on, or is over, stays where it is.
func movable(s domain.EventStatus) bool {
	switch s {
	case domain.EventDraft, domain.EventRequested, domain.EventConfirmed, domain.EventPreparing, domain.EventReady:
		return true
	}
	return false
}

// shiftPosts moves the posts that have a time of their own with the event.
func (tx *Tx) shiftPosts(ctx context.Context, e *domain.Event, by time.Duration) error {
	posts, err := postsOf(ctx, tx, e.ID)
	if err != nil || by == 0 {
		return err
	}
	for k := range posts {
		p := &posts[k]
		if p.FromAt == nil {
			continue
		}
		at := p.FromAt.Add(by)
		p.FromAt, p.Seq = &at, tx.Next(domain.EventTopic(e.ID))
		if _, err := tx.NewUpdate().Model(p).WherePK().Exec(ctx); err != nil {
			return err
		}
		tx.recordPost(p, domain.Change{Verb: "post.changed", New: p.Task, Minor: true})
	}
	return nil
}

// Copy is what a copied event keeps of its source, besides its facts.
type Copy struct {
	Rooms, People, Items bool // Items: those that were added by hand
}

// CloneEvent makes a draft like an event, that begins at that time; everything else
// keeps its distance from the start. Needs RightCreate, and RightEventEdit on the source.
func (s *Store) CloneEvent(ctx context.Context, act domain.Act, id string, startAt time.Time, keep Copy) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		e, err := tx.source(ctx, id)
		if err != nil {
			return err
		}
		made, err := tx.copyEvent(ctx, e, startAt, keep, "")
		tx.Receipt.Created = made
		return err
	})
}

// source is an event that may be copied by who asks.
func (tx *Tx) source(ctx context.Context, id string) (*domain.Event, error) {
	e, v, err := eventFor(ctx, tx, tx.Act.Person, id)
	if err != nil {
		return nil, err
	}
	if !v.Can(domain.RightEventEdit, e.Secrecy) {
		return nil, domain.ErrForbidden
	}
	return e, tx.need(domain.RightCreate)
}

func (tx *Tx) copyEvent(ctx context.Context, from *domain.Event, startAt time.Time, keep Copy, series string) (string, error) {
	by := startAt.Sub(from.StartAt)
	e := domain.Event{SeriesID: series}
	e.TakeFields(from)
	e.StartAt, e.EndAt, e.ArrivalAt, e.BreakAt = startAt, from.EndAt.Add(by), shifted(from.ArrivalAt, by), shifted(from.BreakAt, by)
	if from.ErasedAt != nil { // its guests are not known any more
		e.PrincipalGuest, e.PrincipalTitle, e.Contact, e.ContactPhone = "", "", "", ""
	}
	d := EventDraft{}
	if keep.Rooms {
		d.Rooms = from.RoomIDs()
	}
	if keep.People {
		err := tx.NewSelect().TableExpr("assignments AS a").Join("JOIN people AS p ON p.id = a.person_id").ColumnExpr("a.person_id, a.crew, a.post, a.lead").
			Where("a.event_id = ? AND NOT p.disabled", from.ID).OrderExpr("a.person_id").Scan(ctx, &d.People)
		if err != nil {
			return "", err
		}
	} else {
		e.CommanderID = ""
	}
	d.Event = e
	made, err := tx.createEvent(ctx, d)
	if err != nil {
		return "", err
	}
	if err := tx.copyProgramme(ctx, from, made, by, keep.Rooms); err != nil || !keep.Items {
		return made.ID, err
	}
	items, err := tx.items(ctx, from.ID)
	if err != nil {
		return "", err
	}
	topic := domain.EventTopic(made.ID)
	for k := range items {
		i := &items[k]
		if i.TemplateID != "" || i.IsRound() || i.Status == domain.ItemNotNeeded {
			continue
		}
		x := domain.Item{
			ID: NewID(), EventID: made.ID, Crew: i.Crew, Phase: i.Phase, Zh: i.Zh, En: i.En, Anchor: i.Anchor, Offset: i.Offset, Clock: i.Clock, DueAt: shifted(i.DueAt, by),
			Flag: i.Flag, Evidence: i.Evidence, Acceptance: i.Acceptance, Clauses: i.Clauses, Sort: i.Sort, Status: domain.ItemOpen, StateAt: tx.At, Seq: tx.Next(topic), CreatedAt: tx.Now,
		}
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return "", err
		}
		tx.recordItem(topic, &x, domain.Change{Verb: "item.added", Minor: true})
	}
	return made.ID, nil
}

// SeriesDate is one date of a series with what stands in its way.
type SeriesDate struct {
	StartAt time.Time `json:"start_at"`
	Taken   string    `json:"taken,omitempty"` // the room that another event has at that time
	TakenEn string    `json:"taken_en,omitempty"`
}

// SeriesPreview says for each date whether the rooms of the event and of its functions
// are free, as roomsFree would judge it. Six queries.
func (s *Store) SeriesPreview(ctx context.Context, e *domain.Event, starts []time.Time) ([]SeriesDate, error) {
	list, err := seriesDates(ctx, s.read, e, starts, s.Now())
	return list, asPerson(err)
}

func seriesDates(ctx context.Context, db bun.IDB, e *domain.Event, starts []time.Time, now time.Time) ([]SeriesDate, error) {
	list := make([]SeriesDate, len(starts))
	for k := range starts {
		list[k].StartAt = starts[k]
	}
	functions, err := functionsOf(ctx, db, e.ID)
	if err != nil {
		return nil, err
	}
	var wants []domain.Use
	for _, r := range e.Rooms {
		wants = append(wants, domain.Use{RoomID: r.ID, Start: e.StartAt, End: e.EndAt})
	}
	for k := range functions {
		if f := &functions[k]; f.RoomID != "" {
			wants = append(wants, domain.Use{RoomID: f.RoomID, Start: f.StartAt, End: f.EndAt})
		}
	}
	if len(wants) == 0 || len(starts) == 0 {
		return list, nil
	}
	ids := make([]string, len(wants))
	for k := range wants {
		ids[k] = wants[k].RoomID
	}
	var rooms []domain.Room
	if err := db.NewSelect().Model(&rooms).Where("id IN (?)", bun.List(ids)).OrderExpr("sort, id").Scan(ctx); err != nil {
		return nil, err
	}
	site, err := siteOf(ctx, db)
	if err != nil {
		return nil, err
	}
	from, to := withBuffers(&site, e, rooms, wants, now)
	first, last := slices.MinFunc(starts, time.Time.Compare), slices.MaxFunc(starts, time.Time.Compare)
	uses, err := usesOf(ctx, db, &site, rooms, from.Add(first.Sub(e.StartAt)), to.Add(last.Sub(e.StartAt)), now)
	if err != nil {
		return nil, err
	}
	for k := range list {
		list[k].taken(rooms, wants, uses, list[k].StartAt.Sub(e.StartAt))
	}
	return list, nil
}

// taken notes the first room that cannot be had when what is wanted moves by that much.
func (d *SeriesDate) taken(rooms []domain.Room, wants, uses []domain.Use, by time.Duration) {
	for k := range rooms {
		r := &rooms[k]
		for _, w := range wants {
			w.From, w.To = w.From.Add(by), w.To.Add(by)
			if w.RoomID == r.ID && (r.OutOfUse || slices.ContainsFunc(uses, func(u domain.Use) bool { return u.RoomID == r.ID && u.Meets(&w) })) {
				d.Taken, d.TakenEn = r.Name, r.NameEn
				return
			}
		}
	}
}

// MakeSeries makes drafts like the event at those times, of one series with it; where
// the rooms are taken, none (onlyFree), or one without rooms. Needs RightCreate and
// RightEventEdit on the source.
func (s *Store) MakeSeries(ctx context.Context, act domain.Act, id string, starts []time.Time, onlyFree bool, keep Copy) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, id, domain.RightEventEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if err := tx.need(domain.RightCreate); err != nil {
			return err
		}
		dates, err := seriesDates(ctx, tx, e, starts, tx.Now)
		if err != nil {
			return err
		}
		series := e.SeriesID
		if series == "" {
			series = e.ID
		}
		n := 0
		for _, d := range dates {
			keep := keep
			if d.Taken != "" {
				if onlyFree {
					continue
				}
				keep.Rooms = false
			}
			if _, err := tx.copyEvent(ctx, e, d.StartAt, keep, series); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return domain.Conflict("series.none")
		}
		e.SeriesID = series
		tx.Receipt.Notice, tx.Receipt.Args = "series.made", domain.Args{"n": strconv.Itoa(n)}
		return tx.saveEvent(ctx, e, domain.Change{Verb: "event.series", New: strconv.Itoa(n)})
	})
}

// Series are the events of a series that the person may see, by start.
func (s *Store) Series(ctx context.Context, p *domain.Person, seriesID string) ([]domain.Event, error) {
	var rows []eventRow
	if err := eventsFor(s.read, p).Where("e.series_id = ?", seriesID).OrderExpr("e.start_at, e.number").Scan(ctx, &rows); err != nil {
		return nil, asPerson(err)
	}
	var list []domain.Event
	for k := range rows {
		if _, err := rows[k].seenBy(p); err == nil {
			list = append(list, rows[k].Event)
		}
	}
	return list, nil
}
