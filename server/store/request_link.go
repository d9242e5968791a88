package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// byRequest is an act with the organiser's link, which is the right. fn returns the
// log row, or nil when nothing changed.
func (s *Store) byRequest(ctx context.Context, act domain.Act, token string, fn func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error)) (domain.Receipt, error) {
	p, err := s.readPass(ctx, token, domain.PassRequest)
	if err != nil {
		return domain.Receipt{}, err
	}
	if act.Key != "" {
		act.Key = p.ID + " " + act.Key // organisers have no name under which keys are kept apart
	}
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		r, err := tx.lockRequest(ctx, p.ID)
		if err != nil {
			return err
		}
		if r.PassNo != p.No || r.ErasedAt != nil {
			return domain.ErrNotFound
		}
		c, err := fn(ctx, tx, r)
		if err != nil || c == nil {
			return err
		}
		if err := tx.saveRequest(ctx, r, *c); err != nil {
			return err
		}
		return tx.tellDesk(ctx, r, domain.NoticeRequestNews, c.Verb)
	})
}

// TakeOffer is the organiser's yes to an offer, which makes the event. A room that
// is not to be had any more is refused, and the offer is gone.
func (s *Store) TakeOffer(ctx context.Context, act domain.Act, token, offerID string, notes Notes) (domain.Receipt, error) {
	r, err := s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		k := slices.IndexFunc(r.Offers, func(o domain.RequestOffer) bool { return o.ID == offerID })
		if k < 0 || r.Offers[k].State != domain.OfferOpen || !r.State.Open() {
			return nil, domain.Conflict("request.offer_gone")
		}
		o := r.Offers[k]
		if o.StartAt.Before(tx.Now) {
			return nil, domain.Conflict("request.offer_gone")
		}
		if _, err := tx.NewUpdate().Model((*domain.RequestOffer)(nil)).Set("state = ?", domain.OfferTaken).Where("id = ?", o.ID).Exec(ctx); err != nil {
			return nil, err
		}
		c, err := tx.accept(ctx, r, o, notes)
		if err != nil {
			return nil, err
		}
		c.Verb, r.DecidedBy = "request.taken", o.MadeBy
		return c, tx.mailRequest(ctx, r, domain.MailRequestAccepted)
	})
	if domain.RoomLost(err) {
		return s.losesOffer(ctx, token, offerID)
	}
	return r, err
}

// losesOffer notes that the room was given away before the organiser said yes, so that the house hears of it.
func (s *Store) losesOffer(ctx context.Context, token, offerID string) (domain.Receipt, error) {
	_, err := s.byRequest(ctx, domain.Act{}, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		res, err := tx.NewUpdate().Model((*domain.RequestOffer)(nil)).Set("state = ?", domain.OfferGone).Where("id = ? AND request_id = ? AND state = 'open'", offerID, r.ID).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return nil, err
		}
		c := &domain.Change{Verb: "request.offer_lost", Old: string(r.State)}
		if len(r.OpenOffers()) == 1 {
			r.State, r.StateAt = domain.RequestWaiting, tx.At
			return c, tx.owe(ctx, r)
		}
		return c, nil
	})
	if err != nil {
		return domain.Receipt{}, err
	}
	return domain.Receipt{}, domain.Conflict("request.offer_lost")
}

// RefuseOffers is the organiser's no to all that was offered; why tells the house what would suit him.
func (s *Store) RefuseOffers(ctx context.Context, act domain.Act, token, why string) (domain.Receipt, error) {
	return s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if len(r.OpenOffers()) == 0 {
			return nil, domain.Conflict("request.offer_gone")
		}
		why, err := reasonOf(why)
		if err != nil {
			return nil, err
		}
		if err := tx.closeOffers(ctx, r, domain.OfferRefused); err != nil {
			return nil, err
		}
		c := &domain.Change{Verb: "request.refused", Old: string(r.State), New: string(domain.RequestWaiting), Note: why}
		r.State, r.StateAt = domain.RequestWaiting, tx.At
		return c, tx.owe(ctx, r)
	})
}

// AnswerQuestion is the organiser's answer; until the decision the house then owes a word again.
func (s *Store) AnswerQuestion(ctx context.Context, act domain.Act, token, questionID, answer string) (domain.Receipt, error) {
	return s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		return tx.answer(ctx, r, act, questionID, answer)
	})
}

// AnswerForOrganiser writes down what he said by phone or at the desk. Needs RightRequests.
func (s *Store) AnswerForOrganiser(ctx context.Context, act domain.Act, id, questionID, answer string) (domain.Receipt, error) {
	return s.changeRequest(ctx, act, id, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if r.State == domain.RequestDeclined || r.State == domain.RequestWithdrawn || r.ErasedAt != nil {
			return nil, domain.Conflict("request.decided")
		}
		return tx.answer(ctx, r, act, questionID, answer)
	})
}

func (tx *Tx) answer(ctx context.Context, r *domain.Request, act domain.Act, questionID, answer string) (*domain.Change, error) {
	k := slices.IndexFunc(r.Questions, func(q domain.RequestQuestion) bool { return q.ID == questionID })
	if k < 0 {
		return nil, domain.ErrNotFound
	}
	q := &r.Questions[k]
	old := q.Answer
	if err := q.Answers(answer); err != nil {
		return nil, err
	}
	if q.Answer == old {
		return nil, nil
	}
	q.AnsweredAt, q.AnsweredBy = &tx.Now, personID(act)
	if _, err := tx.NewUpdate().Model(q).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	c := &domain.Change{Verb: "request.answered", Old: old, New: q.Answer, Note: q.Question}
	if r.State == domain.RequestWaiting && r.ReplyBy == nil {
		return c, tx.owe(ctx, r)
	}
	return c, nil
}

// CompleteNeed is what the organiser says later of something that he asked for: the
// banner's text, how many meals. The event's register takes it where it says nothing yet.
func (s *Store) CompleteNeed(ctx context.Context, act domain.Act, token, kind, detail string) (domain.Receipt, error) {
	return s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		n := r.Need(kind)
		if n == nil || !slices.ContainsFunc(r.Outstanding(nil), func(m domain.Owed) bool { return m.What == "detail" && m.Need == kind }) {
			return nil, domain.Conflict("request.answered_already")
		}
		detail = domain.Clean(detail, false)
		switch {
		case detail == "":
			return nil, domain.InvalidField("answer", "field.required")
		case len([]rune(detail)) > 200:
			return nil, domain.InvalidField("answer", "field.too_long", "max", "200")
		}
		n.Detail = detail
		if _, err := tx.NewUpdate().Model(n).WherePK().Exec(ctx); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "request.completed", Old: kind, Note: detail}, tx.tellRegister(ctx, r, n)
	})
}

// tellRegister carries a need into the register of the event that the request became.
func (tx *Tx) tellRegister(ctx context.Context, r *domain.Request, n *domain.RequestNeed) error {
	if r.EventID == "" {
		return nil
	}
	if err := tx.Lock(ctx, domain.EventTopic(r.EventID)); err != nil {
		return err
	}
	e, _, err := eventFor(ctx, tx, nil, r.EventID)
	if err != nil {
		return err
	}
	old := *e
	if !e.TakeNeed(n) {
		return nil
	}
	return tx.saveEvent(ctx, e, domain.Change{Verb: "event.facts", New: strings.Join(otherFields(&old, e), " ")})
}

// WithdrawRequest is the organiser's own end of it; once it is accepted, the event is cancelled by the house.
func (s *Store) WithdrawRequest(ctx context.Context, act domain.Act, token, why string) (domain.Receipt, error) {
	return s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		c, err := tx.endRequest(ctx, r, domain.RequestWithdrawn, why)
		if err == nil {
			r.ReplyBy = nil
		}
		return c, err
	})
}

// byEvent is byRequest on the event that the request became; it notes verb in the event's log as well.
func (s *Store) byEvent(ctx context.Context, act domain.Act, token, verb string, fn func(tx *Tx, r *domain.Request, e *domain.Event) (*domain.Change, error)) (domain.Receipt, error) {
	return s.byRequest(ctx, act, token, func(ctx context.Context, tx *Tx, r *domain.Request) (*domain.Change, error) {
		if r.EventID == "" {
			return nil, domain.Conflict("request.no_event")
		}
		if err := tx.Lock(ctx, domain.EventTopic(r.EventID)); err != nil {
			return nil, err
		}
		e, _, err := eventFor(ctx, tx, nil, r.EventID)
		if err != nil {
			return nil, err
		}
		c, err := fn(tx, r, e)
		if err != nil || c == nil {
			return nil, err
		}
		return c, tx.saveEvent(ctx, e, domain.Change{Verb: verb})
	})
}

// ConfirmPlan is the organiser's yes to the plan that he has before him: mark is
// that of the plan which he read, name is typed.
func (s *Store) ConfirmPlan(ctx context.Context, act domain.Act, token, mark, name string) (domain.Receipt, error) {
	return s.byEvent(ctx, act, token, "event.plan_confirmed", func(tx *Tx, r *domain.Request, e *domain.Event) (*domain.Change, error) {
		name, err := domain.Signature(name)
		switch {
		case !r.MayConfirm(e):
			return nil, domain.Conflict("request.not_now")
		case mark != r.PlanMarkOf(e):
			return nil, domain.Conflict("request.plan_changed")
		case err != nil:
			return nil, err
		case r.Confirmed(e):
			return nil, nil
		}
		r.PlanAt, r.PlanBy, r.PlanMark = &tx.Now, name, mark
		return &domain.Change{Verb: "request.plan_confirmed", New: name}, nil
	})
}

// AcceptHall is the organiser's pre-acceptance of the hall (预验收): he has seen it as it stands.
func (s *Store) AcceptHall(ctx context.Context, act domain.Act, token, name, words string) (domain.Receipt, error) {
	return s.byEvent(ctx, act, token, "event.hall_accepted", func(tx *Tx, r *domain.Request, e *domain.Event) (*domain.Change, error) {
		name, err := domain.Signature(name)
		words = domain.Clean(words, false)
		switch {
		case !r.MayTakeHall(e):
			return nil, domain.Conflict("request.not_now")
		case err != nil:
			return nil, err
		case len([]rune(words)) > 200:
			return nil, domain.InvalidField("words", "field.too_long", "max", "200")
		case r.HallAt != nil:
			return nil, nil
		}
		r.HallAt, r.HallBy = &tx.Now, name
		return &domain.Change{Verb: "request.hall_accepted", New: name, Note: words}, nil
	})
}

// SignRecord is the organiser's signature under the service record: satisfaction 1 … 5, and words if he likes.
func (s *Store) SignRecord(ctx context.Context, act domain.Act, token, name string, satisfaction int, words string) (domain.Receipt, error) {
	return s.byEvent(ctx, act, token, "event.record_signed", func(tx *Tx, r *domain.Request, e *domain.Event) (*domain.Change, error) {
		if !r.MaySign(e) {
			return nil, domain.Conflict("request.not_now")
		}
		if r.RecordAt != nil {
			return nil, domain.Conflict("request.signed_already")
		}
		name, err := domain.Signature(name)
		var bad domain.Invalid
		if refusal, ok := domain.AsError(err); ok {
			bad = append(bad, refusal.Fields...)
		}
		if satisfaction < 1 || satisfaction > domain.SatisfactionMax {
			bad.Add("satisfaction", "field.choose")
		}
		if words = domain.Clean(words, true); len([]rune(words)) > 500 {
			bad.Add("words", "field.too_long", "max", "500")
		}
		if err := bad.Err(); err != nil {
			return nil, err
		}
		r.RecordAt, r.RecordBy, r.Satisfaction, r.Words = &tx.Now, name, satisfaction, words
		return &domain.Change{Verb: "request.record_signed", New: strconv.Itoa(satisfaction), Note: joined(name, words)}, nil
	})
}

// mailRequest puts a mail to the organiser on its way, where he gave an address and
// this site sends mails; one that still waits says less than this one, and is gone.
func (tx *Tx) mailRequest(ctx context.Context, r *domain.Request, kind string) error {
	if r.Email == "" || !tx.s.Mailing {
		return nil
	}
	if _, err := tx.NewRaw("UPDATE mails SET state = 'gone', ended_at = ? WHERE request_id = ? AND state = 'waiting' AND claimed_until IS NULL", tx.Now, r.ID).Exec(ctx); err != nil {
		return err
	}
	m := &domain.Mail{ID: NewID(), RequestID: r.ID, Kind: kind, Address: r.Email, MadeAt: tx.Now, MadeBy: personID(tx.Act), State: domain.MailWaiting, NextAt: tx.Now}
	_, err := tx.NewInsert().Model(m).Exec(ctx)
	return err
}

// LastMail is the newest mail to a request's organiser; nil: none.
func (s *Store) LastMail(ctx context.Context, requestID string) (*domain.Mail, error) {
	var list []domain.Mail
	if err := s.read.NewSelect().Model(&list).Where("request_id = ?", requestID).OrderExpr("id DESC").Limit(1).Scan(ctx); err != nil || len(list) == 0 {
		return nil, asPerson(err)
	}
	return &list[0], nil
}

// desk are the people who are told of requests: the supervisors, and who deals with this one.
func desk(ctx context.Context, db bun.IDB, r *domain.Request) ([]string, error) {
	var ids []string
	err := db.NewSelect().TableExpr("people").Column("id").Where("NOT disabled AND (role = ? OR id = ?)", domain.RoleSupervisor, r.AssigneeID).OrderExpr("id").Scan(ctx, &ids)
	return ids, err
}

// tellDesk tells them, outside of house hours without ringing; who did it knows. What
// is secret is told by its number.
func (tx *Tx) tellDesk(ctx context.Context, r *domain.Request, kind domain.NoticeKind, verb string) error {
	ids, err := desk(ctx, tx, r)
	if err != nil {
		return err
	}
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	args := domain.Args{"number": r.Number, "verb": verb}
	if r.Secrecy != domain.SecrecySecret {
		args["purpose"], args["organiser"] = r.Purpose, r.Organiser
	}
	key := "request:" + r.ID + ":" + strconv.FormatInt(r.Seq, 10)
	if r.ReplyBy != nil {
		args["at"] = r.ReplyBy.UTC().Format(time.RFC3339)
		if kind == domain.NoticeRequestLate {
			key = lateKey(r)
		}
	}
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	var rows []domain.Notice
	for _, id := range ids {
		if id == personID(tx.Act) {
			continue
		}
		rows = append(rows, domain.Notice{
			ID: NewID(), PersonID: id, Key: key, Kind: kind, ArgsJSON: string(text), Subjects: "request:" + r.ID, URL: "/requests/" + r.ID,
			Quiet: !site.Hours().Open(tx.Now, tx.s.Loc), MadeAt: tx.Now,
		})
	}
	return tx.addNotices(ctx, rows)
}

func lateKey(r *domain.Request) string {
	return "request_late:" + r.ID + ":" + strconv.FormatInt(r.ReplyBy.Unix(), 10)
}

// TellRequests tells of requests whose time for a reply is over. Any instance may
// ask at any time: each is told once.
func (s *Store) TellRequests(ctx context.Context) error {
	now := s.Now()
	var late []domain.Request
	err := s.read.NewSelect().Model(&late).Where("reply_by <= ? AND reply_by > ?", now, now.Add(-24*time.Hour)).OrderExpr("reply_by").Limit(200).Scan(ctx)
	if err != nil || len(late) == 0 {
		return asPerson(err)
	}
	if late, err = notTold(ctx, s.read, late, lateKey); err != nil {
		return asPerson(err)
	}
	for k := range late {
		if ids, err := desk(ctx, s.read, &late[k]); err != nil || len(ids) == 0 {
			return asPerson(err) // looking at the clock must not write
		}
		_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
			return tx.tellDesk(ctx, &late[k], domain.NoticeRequestLate, "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}
