package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// How long mails are on their way.
const (
	mailLease = 3 * time.Minute // whoever claimed it is dead after that: twice as long as one may take
	mailLife  = 48 * time.Hour  // by then somebody must have telephoned
)

// MailJob is a mail that this instance may now send, with what it says.
type MailJob struct {
	domain.Mail
	Guest      domain.Guest
	Invitation domain.Invitation
	Event      *domain.Event
	Letter     *domain.Letter // nil = the program's
	Token      string

	// Request is to whose organiser it goes, instead of a guest; its Event is nil before there is one.
	Request *domain.Request
	Rooms   []domain.Room // all, for what was offered
}

// QueueMails puts letters on their way: to the named guests, or to all of a part of
// the list who have an address. Who has the letter and has not answered is
// reminded. Needs RightGuestsEdit.
func (s *Store) QueueMails(ctx context.Context, act domain.Act, eventID string, which domain.InvitationFilter, guests []string) (domain.Receipt, error) {
	return s.changeLetters(ctx, act, eventID, func(ctx context.Context, tx *Tx, e *domain.Event) error {
		if which == domain.ShowAll && len(guests) == 0 {
			return domain.Conflict("invitation.nobody_chosen")
		}
		list, err := invitedTo(ctx, tx, eventID, guests)
		if err != nil {
			return err
		}
		n, err := tx.queueMails(ctx, e, list, which)
		if err != nil {
			return err
		}
		if n == 0 {
			return domain.Conflict("invitation.nobody")
		}
		tx.Receipt.Notice, tx.Receipt.Args = "invitation.queued", domain.Args{"n": strconv.Itoa(n)}
		return nil
	})
}

// queueMails makes the mails to those of the list who belong to the part, have an
// address and none on its way, and records it.
func (tx *Tx) queueMails(ctx context.Context, e *domain.Event, list []domain.Invited, which domain.InvitationFilter) (n int, err error) {
	if !e.MayAnswer(tx.Now) {
		return 0, domain.Conflict("invitation.closed")
	}
	var mails []domain.Mail
	for k := range list {
		x := &list[k]
		if x.Invitation.Email == "" || !which.Shows(x) || x.Mail != nil && x.Mail.State == domain.MailWaiting {
			continue
		}
		m := domain.Mail{ID: NewID(), EventID: e.ID, GuestID: x.ID, Kind: domain.MailInvitation, Address: x.Invitation.Email, MadeAt: tx.Now, MadeBy: personID(tx.Act), State: domain.MailWaiting, NextAt: tx.Now}
		if domain.ShowSilent.Shows(x) {
			m.Kind = domain.MailReminder
		}
		mails = append(mails, m)
	}
	if len(mails) == 0 {
		return 0, nil
	}
	for begin := 0; begin < len(mails); begin += 100 {
		chunk := mails[begin:min(begin+100, len(mails))]
		if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return 0, err
		}
	}
	return len(mails), tx.saveEvent(ctx, e, domain.Change{Verb: "invitation.mails", New: strconv.Itoa(len(mails))})
}

// remindAfter is how long a guest has time to answer before he is reminded.
const remindAfter = 24 * time.Hour

// RemindGuests reminds, once for each event that wants it, those who have had the
// letter for a day and did not answer, when the start has come near.
func (s *Store) RemindGuests(ctx context.Context) error {
	now := s.Now()
	var due []string
	err := s.read.NewSelect().TableExpr("letters AS l").ColumnExpr("l.event_id").Join("JOIN events AS e ON e.id = l.event_id").
		Where("l.remind AND l.reminded_at IS NULL AND e.start_at > ? AND e.start_at <= ?", now, now.Add(domain.RemindBefore)).
		Where("EXISTS (SELECT 1 FROM invitations AS i WHERE i.event_id = e.id AND i.sent_at <= ? AND i.answer IS NULL AND i.email IS NOT NULL)", now.Add(-remindAfter)).
		Where("e.status IN ('requested', 'confirmed', 'preparing', 'ready')").OrderExpr("e.start_at").Limit(100).Scan(ctx, &due)
	if err != nil {
		return asPerson(err)
	}
	for _, id := range due {
		if _, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.remindGuests(ctx, id) }); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) remindGuests(ctx context.Context, eventID string) error {
	if err := tx.Lock(ctx, domain.EventTopic(eventID)); err != nil {
		return err
	}
	res, err := tx.NewRaw("UPDATE letters SET reminded_at = ? WHERE event_id = ? AND remind AND reminded_at IS NULL", tx.Now, eventID).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // another instance was faster
	}
	e, _, err := eventOnly(ctx, tx, nil, eventID)
	if err != nil {
		return err
	}
	list, err := invitedTo(ctx, tx, eventID, nil)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x domain.Invited) bool { // who got it just now is not pressed
		return x.Invitation.SentAt == nil || x.Invitation.SentAt.After(tx.Now.Add(-remindAfter))
	})
	_, err = tx.queueMails(ctx, e, list, domain.ShowSilent)
	return err
}

// ClaimMails takes up to limit mails for this instance alone. What need not go out
// any more is closed here.
func (s *Store) ClaimMails(ctx context.Context, limit int) ([]MailJob, error) {
	now := s.Now()
	const ready = "state = 'waiting' AND next_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)"
	if waiting, err := s.read.NewSelect().TableExpr("mails").Where(ready, now, now).Limit(1).Exists(ctx); err != nil || !waiting {
		return nil, asPerson(err)
	}
	skip := ""
	if s.postgres { // SQLite has one writer
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var rows []domain.Mail
	err := s.write.NewRaw("UPDATE mails SET claimed_until = ?, attempts = attempts + 1 WHERE id IN (SELECT id FROM mails WHERE "+ready+" ORDER BY next_at, id LIMIT ?"+skip+") RETURNING *",
		now.Add(mailLease), now, now, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, asPerson(err)
	}
	var list []MailJob
	for _, r := range rows {
		m, err := s.mailJob(ctx, r, now)
		switch {
		case errors.Is(err, domain.ErrNotFound):
			err = s.EndMail(ctx, r, domain.MailGone, "", "")
		case errors.Is(err, errStale):
			err = s.EndMail(ctx, r, domain.MailFailed, "unreached", "")
		case err == nil:
			list = append(list, m)
		}
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

var errStale = errors.New("mail: too old")

// mailJob loads what a claimed row needs; ErrNotFound when it must not go out.
func (s *Store) mailJob(ctx context.Context, r domain.Mail, now time.Time) (MailJob, error) {
	m := MailJob{Mail: r}
	if r.RequestID != "" {
		return s.requestJob(ctx, m, now)
	}
	list, err := s.Invitations(ctx, r.EventID, r.GuestID)
	if err != nil {
		return m, err
	}
	if len(list) == 0 { // struck
		return m, domain.ErrNotFound
	}
	m.Guest, m.Invitation = list[0].Guest, list[0].Invitation
	if m.Address = m.Invitation.Email; m.Address == "" { // changed or removed since it was queued: the old address may be a stranger's
		return m, domain.ErrNotFound
	}
	if m.Event, _, err = eventFor(ctx, s.read, nil, r.EventID); err != nil {
		return m, asPerson(err)
	}
	if !m.Event.MayAnswer(now) || r.Kind == domain.MailReminder && m.Invitation.Answer != "" {
		return m, domain.ErrNotFound
	}
	if now.Sub(r.MadeAt) > mailLife {
		return m, errStale
	}
	if m.Letter, err = s.Letter(ctx, r.EventID); err != nil {
		return m, err
	}
	m.Token, err = s.Token(ctx, domain.Pass{Kind: domain.PassGuest, ID: m.Guest.ID, No: m.Guest.PassNo})
	return m, err
}

// requestJob is mailJob for a request's organiser.
func (s *Store) requestJob(ctx context.Context, m MailJob, now time.Time) (MailJob, error) {
	r, err := requestByID(ctx, s.read, m.RequestID)
	if err != nil {
		return m, err
	}
	if m.Address = r.Email; m.Address == "" {
		return m, domain.ErrNotFound
	}
	if now.Sub(m.MadeAt) > mailLife {
		return m, errStale
	}
	m.Request = r
	if m.Event, err = s.EventOfRequest(ctx, r); err != nil {
		return m, err
	}
	if m.Rooms, err = s.Rooms(ctx); err != nil {
		return m, err
	}
	m.Token, err = s.Token(ctx, domain.Pass{Kind: domain.PassRequest, ID: r.ID, No: r.PassNo})
	return m, err
}

// RetryMail lets it be tried again after a while. A claim that ran out meanwhile is
// somebody else's: then nothing changes.
func (s *Store) RetryMail(ctx context.Context, m domain.Mail, after time.Duration, failure, detail string) error {
	_, err := s.write.NewRaw("UPDATE mails SET next_at = ?, claimed_until = NULL, failure = ?, detail = ? WHERE id = ? AND state = 'waiting' AND attempts = ?",
		s.Now().Add(after), failure, detail, m.ID, m.Attempts).Exec(ctx)
	return asPerson(err)
}

// EndMail closes a mail, and says so on the event's pages: failure is one of
// domain.MailFailures, detail what the mail server said. A claim that ran out
// meanwhile is somebody else's, but what was sent was sent: nobody sends it again.
func (s *Store) EndMail(ctx context.Context, m domain.Mail, state domain.MailState, failure, detail string) error {
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		lock := func() error { return tx.lockGuest(ctx, m.GuestID) }
		if m.RequestID != "" {
			lock = func() error { return tx.Lock(ctx, domain.TopicRequests) }
		}
		if err := lock(); err != nil {
			return err
		}
		res, err := tx.NewUpdate().Model((*domain.Mail)(nil)).Set("state = ?, claimed_until = NULL, ended_at = ?, address = ?", state, tx.Now, m.Address).
			Set("failure = ?, detail = ?", bun.NullZero(failure), bun.NullZero(detail)).
			Where("id = ? AND state = 'waiting' AND (attempts = ? OR ?)", m.ID, m.Attempts, state == domain.MailSent).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if m.RequestID != "" {
			r, err := requestByID(ctx, tx, m.RequestID)
			if err != nil {
				return err
			}
			return tx.saveRequest(ctx, r, domain.Change{Verb: "request.mail_" + string(state), New: m.Kind, Note: detail, Minor: state != domain.MailFailed})
		}
		x, known, err := tx.invited(ctx, m.GuestID)
		if err != nil {
			return err
		}
		c := domain.Change{Verb: "invitation.mail_" + string(state), New: m.Kind, Note: detail, Minor: state != domain.MailFailed}
		if i := &x.Invitation; state == domain.MailSent {
			if m.Kind == domain.MailReminder {
				i.RemindedAt = &tx.Now
			} else {
				i.SentAt, i.SentBy, i.Channel = &tx.Now, m.MadeBy, domain.ByEmail
			}
		}
		return tx.saveInvitation(ctx, x, known, c)
	})
	return err
}
