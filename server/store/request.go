package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Notes writes what a request asks for in the words of the house, for its event.
type Notes func(r *domain.Request) string

// FormStamp marks a form that is handed out at that moment; see domain.FormLeast.
func (s *Store) FormStamp(ctx context.Context, at time.Time) (string, error) {
	key, err := s.passKey(ctx)
	if err != nil {
		return "", err
	}
	return domain.FormStamp(key, at), nil
}

// FormAge is for how long a form was looked at; ok is false for a stamp that is none of ours.
func (s *Store) FormAge(ctx context.Context, stamp string) (age time.Duration, ok bool, err error) {
	key, err := s.passKey(ctx)
	if err != nil {
		return 0, false, err
	}
	at, ok := domain.ReadFormStamp(key, stamp)
	return s.Now().Sub(at), ok, nil
}

// MakeRequest takes a booking request in; the files of its attachments are stored
// already. The organiser himself needs no right; somebody of the house, who then
// deals with it, RightRequests.
func (s *Store) MakeRequest(ctx context.Context, act domain.Act, r domain.Request) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := r.Validate(tx.Now); err != nil {
			return err
		}
		if r.MadeBy = personID(act); r.MadeBy != "" {
			if !act.Person.Can(domain.RightRequests) {
				return domain.ErrForbidden
			}
			r.AssigneeID = r.MadeBy
		}
		if err := tx.Lock(ctx, domain.TopicRequests); err != nil {
			return err
		}
		var err error
		if r.Number, err = tx.requestNumber(ctx); err != nil {
			return err
		}
		r.ID, r.State, r.CreatedAt, r.StateAt, r.Seq = NewID(), domain.RequestWaiting, tx.Now, tx.Now, tx.Next(domain.TopicRequests)
		if err := tx.owe(ctx, &r); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
			return foreign(err, "rooms")
		}
		if err := tx.requestParts(ctx, &r); err != nil {
			return err
		}
		tx.recordRequest(&r, domain.Change{Verb: "request.made", New: r.Number})
		tx.Receipt.Created = r.ID
		if err := tx.mailRequest(ctx, &r, domain.MailRequestReceived); err != nil {
			return err
		}
		return tx.tellDesk(ctx, &r, domain.NoticeRequest, "")
	})
}

// requestParts writes what a new request consists of.
func (tx *Tx) requestParts(ctx context.Context, r *domain.Request) error {
	for k := range r.Choices {
		r.Choices[k].RequestID = r.ID
	}
	if _, err := tx.NewInsert().Model(&r.Choices).Exec(ctx); err != nil {
		return err
	}
	for k := range r.Needs {
		r.Needs[k].RequestID = r.ID
	}
	if len(r.Needs) > 0 {
		if _, err := tx.NewInsert().Model(&r.Needs).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return err
		}
	}
	for k := range r.Files {
		f := &r.Files[k]
		f.ID, f.RequestID, f.MadeAt = NewID(), r.ID, tx.Now
	}
	if len(r.Files) > 0 {
		if _, err := tx.NewInsert().Model(&r.Files).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// requestNumber is the next one of the day; the topic is locked, so nobody else takes it.
func (tx *Tx) requestNumber(ctx context.Context) (string, error) {
	prefix := strings.TrimSuffix(domain.RequestNumber(tx.Now, tx.s.Loc, 0), "000")
	var last string
	if err := tx.NewSelect().TableExpr("requests").ColumnExpr("COALESCE(MAX(number), '')").Where(`number LIKE ? ESCAPE '\'`, likeEscape(prefix)+"___").Scan(ctx, &last); err != nil {
		return "", err
	}
	n := 0
	if last != "" {
		var err error
		if n, err = strconv.Atoi(last[len(prefix):]); err != nil {
			return "", err
		}
	}
	if n >= 999 {
		return "", domain.Conflict("request.too_many_today")
	}
	return domain.RequestNumber(tx.Now, tx.s.Loc, n+1), nil
}

// owe starts the reply clock: from now on the house owes the organiser a word.
func (tx *Tx) owe(ctx context.Context, r *domain.Request) error {
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	at := site.Hours().After(tx.Now, site.ReplyMinutes, tx.s.Loc)
	r.ReplyBy = &at
	return nil
}

// replied stops it.
func (tx *Tx) replied(r *domain.Request) {
	r.ReplyBy = nil
	if r.RepliedAt == nil {
		r.RepliedAt = &tx.Now
	}
}

func (tx *Tx) recordRequest(r *domain.Request, c domain.Change) {
	c.Topic, c.Subject, c.Label = domain.TopicRequests, "request:"+r.ID, r.Purpose
	if r.Secrecy == domain.SecrecySecret {
		c.Label = r.Number
	}
	tx.Record(c)
}

func (tx *Tx) saveRequest(ctx context.Context, r *domain.Request, c domain.Change) error {
	r.Seq = tx.Next(domain.TopicRequests)
	if _, err := tx.NewUpdate().Model(r).WherePK().Exec(ctx); err != nil {
		return foreign(err, "person")
	}
	tx.recordRequest(r, c)
	return nil
}

// requestsBy loads requests with all that belongs to them, however many: seven queries.
func requestsBy(ctx context.Context, db bun.IDB, filter func(*bun.SelectQuery) *bun.SelectQuery) ([]domain.Request, error) {
	var list []domain.Request
	if err := db.NewSelect().Model(&list).Apply(filter).Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	at := make(map[string]*domain.Request, len(list))
	ids := make([]string, len(list))
	for k := range list {
		ids[k], at[list[k].ID] = list[k].ID, &list[k]
	}
	of := func(model any, order string) error {
		return db.NewSelect().Model(model).Where("request_id IN (?)", bun.List(ids)).OrderExpr(order).Scan(ctx)
	}
	var choices []domain.RequestChoice
	if err := of(&choices, "request_id, no"); err != nil {
		return nil, err
	}
	for _, x := range choices {
		at[x.RequestID].Choices = append(at[x.RequestID].Choices, x)
	}
	var needs []domain.RequestNeed
	if err := of(&needs, "request_id"); err != nil {
		return nil, err
	}
	slices.SortStableFunc(needs, func(a, b domain.RequestNeed) int {
		return slices.Index(domain.RequestNeeds, a.Kind) - slices.Index(domain.RequestNeeds, b.Kind)
	})
	for _, x := range needs {
		at[x.RequestID].Needs = append(at[x.RequestID].Needs, x)
	}
	var offers []domain.RequestOffer
	if err := of(&offers, "made_at, id"); err != nil {
		return nil, err
	}
	for _, x := range offers {
		at[x.RequestID].Offers = append(at[x.RequestID].Offers, x)
	}
	var questions []domain.RequestQuestion
	if err := of(&questions, "asked_at, id"); err != nil {
		return nil, err
	}
	for _, x := range questions {
		at[x.RequestID].Questions = append(at[x.RequestID].Questions, x)
	}
	var files []domain.RequestFile
	if err := of(&files, "made_at, id"); err != nil {
		return nil, err
	}
	for _, x := range files {
		at[x.RequestID].Files = append(at[x.RequestID].Files, x)
	}
	return list, nil
}

func requestByID(ctx context.Context, db bun.IDB, id string) (*domain.Request, error) {
	list, err := requestsBy(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("id = ?", id) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, domain.ErrNotFound
	}
	return &list[0], nil
}

// RequestRow is a request in the list; of a hidden one only its alias and its clock are there.
type RequestRow struct {
	domain.Request
	Hidden bool
}

// Requests are those that are to be decided, what the house owes first, or those
// that are decided, the last first. Of secret ones that are not for this person
// nothing but the alias is told. Needs RightRequests.
func (s *Store) Requests(ctx context.Context, p *domain.Person, decided bool, limit int) ([]RequestRow, error) {
	if !p.Can(domain.RightRequests) {
		return nil, domain.ErrForbidden
	}
	list, err := requestsBy(ctx, s.read, func(q *bun.SelectQuery) *bun.SelectQuery {
		if decided {
			return q.Where("state NOT IN ('waiting','offered')").OrderExpr("state_at DESC, id DESC").Limit(int64(limit))
		}
		return q.Where("state IN ('waiting','offered')").OrderExpr("reply_by IS NULL, reply_by, created_at, id").Limit(int64(limit))
	})
	rows := make([]RequestRow, len(list))
	for k := range list {
		rows[k] = RequestRow{Request: list[k]}
		if r := &list[k]; !r.Seen(p) {
			rows[k] = RequestRow{Hidden: true, Request: domain.Request{ID: "", Number: r.Number, State: r.State, Secrecy: r.Secrecy, ReplyBy: r.ReplyBy, CreatedAt: r.CreatedAt, StateAt: r.StateAt}}
		}
	}
	return rows, asPerson(err)
}

// Request is one request through the person's rights, see domain.Request.Seen.
func (s *Store) Request(ctx context.Context, p *domain.Person, id string) (*domain.Request, error) {
	r, err := requestByID(ctx, s.read, id)
	if err != nil {
		return nil, asPerson(err)
	}
	if !r.Seen(p) {
		return nil, domain.ErrNotFound
	}
	return r, nil
}

// RequestOf is the request that became the event, without its parts, for whoever may see it; nil where there is none.
func (s *Store) RequestOf(ctx context.Context, p *domain.Person, eventID string) (*domain.Request, error) {
	if !p.Can(domain.RightRequests) {
		return nil, nil
	}
	r := new(domain.Request)
	err := s.read.NewSelect().Model(r).Where("event_id = ?", eventID).Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !r.Seen(p) {
		return nil, nil
	}
	return r, err
}

// Signatures are those of organisers under the service records, by event.
func (s *Store) Signatures(ctx context.Context, eventIDs ...string) (map[string]domain.Signed, error) {
	var rows []domain.Request
	if err := s.read.NewSelect().Model(&rows).Column("event_id", "record_by", "record_at").Where("record_at IS NOT NULL AND event_id IN (?)", bun.List(eventIDs)).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	signed := make(map[string]domain.Signed, len(rows))
	for k := range rows {
		signed[rows[k].EventID] = domain.Signed{By: rows[k].RecordBy, At: *rows[k].RecordAt}
	}
	return signed, nil
}

// RequestLog is what was done about a request and noted of it, the newest first.
func (s *Store) RequestLog(ctx context.Context, id string, limit int) ([]domain.Change, error) {
	var rows []domain.Change
	err := s.read.NewSelect().Model(&rows).Where("topic = ? AND subject = ? AND NOT minor", domain.TopicRequests, "request:"+id).OrderExpr("seq DESC").Limit(int64(limit)).Scan(ctx)
	return rows, asPerson(err)
}

// RequestByPass is the request of an organiser's link, and its event or nil; what is
// revoked or erased is not found.
func (s *Store) RequestByPass(ctx context.Context, token string) (*domain.Request, *domain.Event, error) {
	p, err := s.readPass(ctx, token, domain.PassRequest)
	if err != nil {
		return nil, nil, err
	}
	r, err := requestByID(ctx, s.read, p.ID)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	if r.PassNo != p.No || r.ErasedAt != nil {
		return nil, nil, domain.ErrNotFound
	}
	e, err := s.EventOfRequest(ctx, r)
	return r, e, err
}

// EventOfRequest is the event that a request became; nil where it has not.
func (s *Store) EventOfRequest(ctx context.Context, r *domain.Request) (*domain.Event, error) {
	if r.EventID == "" {
		return nil, nil
	}
	e, _, err := eventFor(ctx, s.read, nil, r.EventID)
	return e, asPerson(err)
}

// RequestFile is an attachment with the right to its request already proved.
func (s *Store) RequestFile(ctx context.Context, requestID, id string) (*domain.RequestFile, error) {
	f := new(domain.RequestFile)
	err := s.read.NewSelect().Model(f).Where("id = ? AND request_id = ?", id, requestID).Scan(ctx)
	return f, asPerson(err)
}

// changeRequest lets somebody of the house change a request; fn returns the log row, or nil when nothing changed.
func (s *Store) changeRequest(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightRequests); err != nil {
			return err
		}
		r, err := tx.lockRequest(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case act.Person != nil && !r.Seen(act.Person):
			return domain.ErrNotFound
		case r.ErasedAt != nil:
			return domain.Conflict("request.erased")
		}
		c, err := fn(ctx, tx, r)
		if err != nil || c == nil {
			return err
		}
		return tx.saveRequest(ctx, r, *c)
	})
}

func (tx *Tx) lockRequest(ctx context.Context, id string) (*domain.Request, error) {
	if err := tx.Lock(ctx, domain.TopicRequests); err != nil {
		return nil, err
	}
	tx.Receipt.Subjects = []string{"request:" + id}
	return requestByID(ctx, tx, id)
}

// Acceptance is what the house gives: one of the choices, in a room, at a level.
type Acceptance struct {
	Choice int
	Room   string
	Level  int
}

// AcceptRequest makes an event of a request, with all that it asked for, which has
// the room from now on. Needs RightRequests and RightCreate.
func (s *Store) AcceptRequest(ctx context.Context, act domain.Act, id string, a Acceptance, notes Notes) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if !r.State.Open() {
			return nil, domain.Conflict("request.decided")
		}
		k := slices.IndexFunc(r.Choices, func(c domain.RequestChoice) bool { return c.No == a.Choice })
		if k < 0 {
			return nil, domain.InvalidField("choice", "field.choose")
		}
		if a.Room == "" {
			return nil, domain.InvalidField("rooms", "event.room_needed")
		}
		c, err := tx.accept(ctx, r, domain.RequestOffer{RoomID: a.Room, StartAt: r.Choices[k].StartAt, EndAt: r.Choices[k].EndAt, Level: a.Level}, notes)
		if err != nil {
			return nil, err
		}
		r.DecidedBy = personID(act)
		return c, tx.mailRequest(ctx, r, domain.MailRequestAccepted)
	})
}

// accept makes the event; what else was offered is gone.
func (tx *Tx) accept(ctx context.Context, r *domain.Request, o domain.RequestOffer, notes Notes) (*domain.Change, error) {
	e := domain.Event{
		Name: r.Purpose, Type: r.Type, Organiser: r.Organiser, Contact: r.Contact, ContactPhone: r.Phone, Notes: notes(r), Level: o.Level, Secrecy: r.Secrecy,
		Heads: r.Heads, StartAt: o.StartAt, EndAt: o.EndAt, Photo: r.Need("photo") != nil,
		Register: r.ForRegister(),
	}
	made, err := tx.createEvent(ctx, EventDraft{Event: e, Rooms: []string{o.RoomID}})
	if err != nil {
		return nil, err
	}
	made.Status = domain.EventRequested // from here on the room is taken
	if err := tx.saveEvent(ctx, made, domain.Change{Verb: "event.status", Old: string(domain.EventDraft), New: string(domain.EventRequested), Note: r.Number}); err != nil {
		return nil, err
	}
	if _, err := tx.syncTrack(ctx, made); err != nil {
		return nil, err
	}
	if err := tx.closeOffers(ctx, r, domain.OfferGone); err != nil {
		return nil, err
	}
	c := &domain.Change{Verb: "request.accepted", Old: string(r.State), New: made.Number}
	r.State, r.EventID, r.StateAt, r.DecidedAt = domain.RequestAccepted, made.ID, tx.At, &tx.Now
	tx.replied(r)
	tx.Receipt.Created = made.ID
	return c, nil
}

// closeOffers ends those that are open.
func (tx *Tx) closeOffers(ctx context.Context, r *domain.Request, as domain.OfferState) error {
	_, err := tx.NewUpdate().Model((*domain.RequestOffer)(nil)).Set("state = ?", as).Where("request_id = ? AND state = 'open'", r.ID).Exec(ctx)
	return err
}

// OfferRoom offers another room or time; there may be several offers. A room that is
// taken then is refused. Needs RightRequests.
func (s *Store) OfferRoom(ctx context.Context, act domain.Act, id string, o domain.RequestOffer) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if !r.State.Open() {
			return nil, domain.Conflict("request.decided")
		}
		if len(r.OpenOffers()) >= domain.OffersMost {
			return nil, domain.Conflict("request.offers_most", "max", strconv.Itoa(domain.OffersMost))
		}
		e := domain.Event{Name: r.Purpose, Type: r.Type, Level: o.Level, Secrecy: r.Secrecy, Heads: r.Heads, StartAt: o.StartAt, EndAt: o.EndAt}
		if err := e.Validate(); err != nil {
			return nil, err
		}
		o.Note = domain.Clean(o.Note, false)
		switch {
		case o.RoomID == "":
			return nil, domain.InvalidField("rooms", "event.room_needed")
		case o.StartAt.Before(tx.Now):
			return nil, domain.InvalidField("start_at", "request.past")
		case len([]rune(o.Note)) > 200:
			return nil, domain.InvalidField("note", "field.too_long", "max", "200")
		}
		if err := tx.bookRooms(ctx, &e, []string{o.RoomID}); err != nil { // looks, and books nothing
			return nil, err
		}
		o.ID, o.RequestID, o.State, o.MadeAt, o.MadeBy = NewID(), r.ID, domain.OfferOpen, tx.Now, personID(act)
		if _, err := tx.NewInsert().Model(&o).Exec(ctx); err != nil {
			return nil, err
		}
		c := &domain.Change{Verb: "request.offered", Old: string(r.State), New: roomNames(e.Rooms) + " " + o.StartAt.In(s.Loc).Format("01-02 15:04"), Note: o.Note}
		r.State, r.StateAt = domain.RequestOffered, tx.At
		tx.replied(r)
		return c, tx.mailRequest(ctx, r, domain.MailRequestOffered)
	})
}

// WithdrawOffer takes an offer back that nobody has taken. Without any left the
// house owes a word again. Needs RightRequests.
func (s *Store) WithdrawOffer(ctx context.Context, act domain.Act, id, offerID string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		open := r.OpenOffers()
		k := slices.IndexFunc(open, func(o domain.RequestOffer) bool { return o.ID == offerID })
		if k < 0 {
			return nil, domain.Conflict("request.offer_gone")
		}
		if _, err := tx.NewUpdate().Model((*domain.RequestOffer)(nil)).Set("state = ?", domain.OfferGone).Where("id = ?", offerID).Exec(ctx); err != nil {
			return nil, err
		}
		c := &domain.Change{Verb: "request.offer_withdrawn", Old: string(r.State), New: open[k].StartAt.In(s.Loc).Format("01-02 15:04")}
		if len(open) == 1 {
			r.State, r.StateAt = domain.RequestWaiting, tx.At
			return c, tx.owe(ctx, r)
		}
		return c, nil
	})
}

// DeclineRequest refuses with a reason that the organiser reads. Needs RightRequests.
func (s *Store) DeclineRequest(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		c, err := tx.endRequest(ctx, r, domain.RequestDeclined, reason)
		if err != nil {
			return nil, err
		}
		r.DecidedBy = personID(act)
		tx.replied(r)
		return c, tx.mailRequest(ctx, r, domain.MailRequestDeclined)
	})
}

// endRequest ends an open request without an event, with a reason.
func (tx *Tx) endRequest(ctx context.Context, r *domain.Request, as domain.RequestState, reason string) (*domain.Change, error) {
	if !r.State.Open() {
		return nil, domain.Conflict("request.decided")
	}
	var err error
	if r.Reason, err = reasonOf(reason); err != nil {
		return nil, err
	}
	if err := tx.closeOffers(ctx, r, domain.OfferGone); err != nil {
		return nil, err
	}
	c := &domain.Change{Verb: "request." + string(as), Old: string(r.State), New: string(as), Note: r.Reason}
	r.State, r.StateAt, r.DecidedAt = as, tx.At, &tx.Now
	return c, nil
}

func reasonOf(text string) (string, error) {
	text = domain.Clean(text, false)
	switch {
	case text == "":
		return "", domain.InvalidField("reason", "item.reason_needed")
	case len([]rune(text)) > 200:
		return "", domain.InvalidField("reason", "field.too_long", "max", "200")
	}
	return text, nil
}

// AskOrganiser asks him what the house has to know, before the decision or after it
// (B.18). Needs RightRequests.
func (s *Store) AskOrganiser(ctx context.Context, act domain.Act, id, question string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		question = domain.Clean(question, false)
		switch {
		case r.State == domain.RequestDeclined || r.State == domain.RequestWithdrawn:
			return nil, domain.Conflict("request.decided")
		case question == "":
			return nil, domain.InvalidField("question", "field.required")
		case len([]rune(question)) > 200:
			return nil, domain.InvalidField("question", "field.too_long", "max", "200")
		case len(r.Questions) >= domain.QuestionsMost:
			return nil, domain.Conflict("request.questions_most", "max", strconv.Itoa(domain.QuestionsMost))
		}
		q := &domain.RequestQuestion{ID: NewID(), RequestID: r.ID, Question: question, AskedAt: tx.Now, AskedBy: personID(act)}
		if _, err := tx.NewInsert().Model(q).Exec(ctx); err != nil {
			return nil, err
		}
		tx.replied(r)
		return &domain.Change{Verb: "request.asked", Note: question}, tx.mailRequest(ctx, r, domain.MailRequestQuestion)
	})
}

// NoteRequest keeps a word about a request in its log, for the house. Needs RightRequests.
func (s *Store) NoteRequest(ctx context.Context, act domain.Act, id, note string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(_ context.Context, _ *Tx, _ *domain.Request) (*domain.Change, error) {
		note = domain.Clean(note, false)
		switch {
		case note == "":
			return nil, domain.InvalidField("note", "field.required")
		case len([]rune(note)) > 300:
			return nil, domain.InvalidField("note", "field.too_long", "max", "300")
		}
		return &domain.Change{Verb: "request.noted", Note: note}, nil
	})
}

// AssignRequest says who deals with it; "" for nobody. Needs RightRequests, of both.
func (s *Store) AssignRequest(ctx context.Context, act domain.Act, id, person string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if r.AssigneeID == person {
			return nil, nil
		}
		name := ""
		if person != "" {
			var people []domain.Person
			if err := tx.NewSelect().Model(&people).Where("id = ?", person).Scan(ctx); err != nil {
				return nil, err
			}
			if len(people) == 0 || !people[0].Can(domain.RightRequests) {
				return nil, domain.InvalidField("person", "field.choose")
			}
			name = people[0].Name
		}
		r.AssigneeID = person
		return &domain.Change{Verb: "request.assigned", New: name}, nil
	})
}

// RevokeRequestLink makes the organiser's present link worthless; the next one is new. Needs RightRequests.
func (s *Store) RevokeRequestLink(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(_ context.Context, _ *Tx, r *domain.Request) (*domain.Change, error) {
		r.PassNo++
		return &domain.Change{Verb: "request.revoked"}, nil
	})
}

// SetReplyHours chooses within how many minutes of which hours a request is answered.
func (s *Store) SetReplyHours(ctx context.Context, act domain.Act, minutes, opens, closes int, days string) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightChannels, func(site *domain.Site) (*domain.Change, error) {
		text := func() string {
			clock := func(n int) string { return time.Date(2000, 1, 1, 0, n, 0, 0, time.UTC).Format("15:04") }
			return strconv.Itoa(site.ReplyMinutes) + " min · " + clock(site.HouseOpens) + "–" + clock(site.HouseCloses) + " · " + site.HouseDays
		}
		c := &domain.Change{Verb: "site.reply_hours", Old: text()}
		site.ReplyMinutes, site.HouseOpens, site.HouseCloses, site.HouseDays = minutes, opens, closes, days
		if err := site.CheckHours(); err != nil {
			return nil, err
		}
		c.New = text()
		return c, nil
	})
}
