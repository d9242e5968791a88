package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
	"huiwu/server/search"
)

// Letter is what an event writes to its guests; nil: nobody has changed the letter
// that comes with the program.
func (s *Store) Letter(ctx context.Context, eventID string) (*domain.Letter, error) {
	l, err := letterOf(ctx, s.read, eventID)
	return l, asPerson(err)
}

func letterOf(ctx context.Context, db bun.IDB, eventID string) (*domain.Letter, error) {
	var list []domain.Letter
	if err := db.NewSelect().Model(&list).Where("event_id = ?", eventID).Scan(ctx); err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SaveLetter changes an event's letter. Needs RightGuestsEdit.
func (s *Store) SaveLetter(ctx context.Context, act domain.Act, eventID string, l domain.Letter) (domain.Receipt, error) {
	return s.changeLetters(ctx, act, eventID, func(ctx context.Context, tx *Tx, e *domain.Event) error {
		if err := l.Validate(); err != nil {
			return err
		}
		l.EventID, l.RemindedAt = e.ID, nil
		_, err := tx.NewInsert().Model(&l).On("CONFLICT (event_id) DO UPDATE").
			Set("subject_zh = EXCLUDED.subject_zh, subject_en = EXCLUDED.subject_en, zh = EXCLUDED.zh, en = EXCLUDED.en, remind = EXCLUDED.remind").Exec(ctx)
		if err != nil {
			return err
		}
		return tx.saveEvent(ctx, e, domain.Change{Verb: "invitation.letter"})
	})
}

// changeLetters is an act on the letters of a whole event by somebody who may edit its guests.
func (s *Store) changeLetters(ctx context.Context, act domain.Act, eventID string, fn func(ctx context.Context, tx *Tx, e *domain.Event) error) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightGuestsEdit, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		if e.Status.Over() || e.ErasedAt != nil {
			return domain.Conflict("event.over")
		}
		return fn(ctx, tx, e)
	})
}

// Invitations are the guests on an event's list (or of those only the named) with
// their invitations and the last mail to each. Three queries, however many.
func (s *Store) Invitations(ctx context.Context, eventID string, only ...string) ([]domain.Invited, error) {
	list, err := invitedTo(ctx, s.read, eventID, only, func(q *bun.SelectQuery) *bun.SelectQuery { return s.withNeed(q.ColumnExpr("guest.*"), "guest") })
	return masked(ctx, list), asPerson(err)
}

func invitedTo(ctx context.Context, db bun.IDB, eventID string, only []string, more ...func(*bun.SelectQuery) *bun.SelectQuery) ([]domain.Invited, error) {
	var guests []domain.Guest
	q := db.NewSelect().Model(&guests).Where("event_id = ? AND NOT struck", eventID).OrderExpr("sort, id").Apply(more...)
	if len(only) > 0 {
		q = q.Where("id IN (?)", bun.List(only))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	var known []domain.Invitation
	q = db.NewSelect().Model(&known).Where("event_id = ?", eventID)
	if len(only) > 0 {
		q = q.Where("guest_id IN (?)", bun.List(only))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	var mails []domain.Mail
	q = db.NewSelect().Model(&mails).Where("event_id = ? AND NOT EXISTS (SELECT 1 FROM mails AS m WHERE m.guest_id = mail.guest_id AND m.id > mail.id)", eventID)
	if len(only) > 0 {
		q = q.Where("guest_id IN (?)", bun.List(only))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	at := make(map[string]int, len(guests))
	list := make([]domain.Invited, len(guests))
	for k := range guests {
		at[guests[k].ID] = k
		list[k] = domain.Invited{Guest: guests[k], Invitation: domain.Invitation{GuestID: guests[k].ID, EventID: eventID, Locale: "zh"}}
	}
	for k := range known {
		if n, ok := at[known[k].GuestID]; ok {
			list[n].Invitation = known[k]
		}
	}
	for k := range mails {
		if n, ok := at[mails[k].GuestID]; ok {
			list[n].Mail = &mails[k]
		}
	}
	return list, nil
}

// InvitationFor is one guest's invitation for somebody who may edit the guests, with
// its event and what was said on the telephone, newest first.
func (s *Store) InvitationFor(ctx context.Context, p *domain.Person, guestID string) (*domain.Invited, *domain.Event, []domain.Confirmation, error) {
	guests, err := s.GuestsByID(ctx, []string{guestID})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(guests) == 0 || guests[0].Struck {
		return nil, nil, nil, domain.ErrNotFound
	}
	e, v, err := s.Event(ctx, p, guests[0].EventID)
	if err != nil {
		return nil, nil, nil, err
	}
	switch {
	case !v.Can(domain.RightGuestsSee, e.Secrecy):
		return nil, nil, nil, domain.ErrNotFound
	case !v.Can(domain.RightGuestsEdit, e.Secrecy):
		return nil, nil, nil, domain.ErrForbidden
	}
	list, err := s.Invitations(ctx, e.ID, guestID)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(list) == 0 {
		return nil, nil, nil, domain.ErrNotFound
	}
	said, err := s.Confirmations(ctx, guestID)
	for k := range said {
		if list[0].Hidden && !Named(ctx) {
			said[k].Mask()
		}
	}
	return &list[0], e, said, err
}

// Confirmations are the calls and mails about one guest, newest first.
func (s *Store) Confirmations(ctx context.Context, guestID string) ([]domain.Confirmation, error) {
	var list []domain.Confirmation
	err := s.read.NewSelect().Model(&list).Where("guest_id = ?", guestID).OrderExpr("at DESC, id DESC").Scan(ctx)
	return list, asPerson(err)
}

// invited loads one guest's present state inside an act; struck is not refused here.
func (tx *Tx) invited(ctx context.Context, guestID string) (x *domain.Invited, known bool, err error) {
	var guests []domain.Guest
	if err := tx.NewSelect().Model(&guests).Where("id = ?", guestID).Scan(ctx); err != nil {
		return nil, false, err
	}
	if len(guests) == 0 {
		return nil, false, domain.ErrNotFound
	}
	x = &domain.Invited{Guest: guests[0], Invitation: domain.Invitation{GuestID: guestID, EventID: guests[0].EventID, Locale: "zh"}}
	var rows []domain.Invitation
	if err := tx.NewSelect().Model(&rows).Where("guest_id = ?", guestID).Scan(ctx); err != nil {
		return nil, false, err
	}
	if len(rows) > 0 {
		x.Invitation = rows[0]
	}
	return x, len(rows) > 0, nil
}

// saveInvitation writes the invitation, and the guest's own row, which carries the
// seq of the change that follows.
func (tx *Tx) saveInvitation(ctx context.Context, x *domain.Invited, known bool, c domain.Change) error {
	var err error
	if known {
		_, err = tx.NewUpdate().Model(&x.Invitation).WherePK().Exec(ctx)
	} else {
		_, err = tx.NewInsert().Model(&x.Invitation).Exec(ctx)
	}
	if err != nil {
		return err
	}
	return tx.saveGuest(ctx, &x.Guest, c)
}

// changeInvitation lets fn change one guest's invitation; fn returns the log row,
// or nil when nothing changed. Needs RightGuestsEdit.
func (s *Store) changeInvitation(ctx context.Context, act domain.Act, guestID string, fn func(ctx context.Context, tx *Tx, e *domain.Event, x *domain.Invited) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockGuest(ctx, guestID); err != nil {
			return err
		}
		x, known, err := tx.invited(ctx, guestID)
		if err != nil {
			return err
		}
		e, v, err := eventOnly(ctx, tx, act.Person, x.EventID)
		if err != nil {
			return err
		}
		switch {
		case !v.Can(domain.RightGuestsSee, e.Secrecy):
			return domain.ErrNotFound
		case !v.Can(domain.RightGuestsEdit, e.Secrecy):
			return domain.ErrForbidden
		case e.NamesHidden(tx.Now): // a form would bring masked addresses back
			return domain.Conflict("event.over")
		case x.Struck:
			return domain.Conflict("guest.struck")
		}
		tx.Receipt.Subjects = []string{"guest:" + guestID}
		c, err := fn(ctx, tx, e, x)
		if err != nil || c == nil {
			return err
		}
		return tx.saveInvitation(ctx, x, known, *c)
	})
}

func (tx *Tx) lockGuest(ctx context.Context, guestID string) error {
	return tx.lockWhere(ctx, "id = (SELECT 'event:' || event_id FROM guests WHERE id = ?)", guestID)
}

// SaveInvitation changes a guest's address and language. Needs RightGuestsEdit.
func (s *Store) SaveInvitation(ctx context.Context, act domain.Act, guestID, email, locale string) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(_ context.Context, _ *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		i := &x.Invitation
		address, err := addressed(email, locale)
		if err != nil {
			return nil, err
		}
		if i.Email == address && i.Locale == locale {
			return nil, nil
		}
		c := &domain.Change{Verb: "invitation.changed", Old: i.Email, New: address, Minor: true}
		i.Email, i.Locale = address, locale
		return c, nil
	})
}

func addressed(email, locale string) (string, error) {
	var bad domain.Invalid
	address, ok := domain.CleanEmail(email)
	if !ok {
		bad.Add("email", "invitation.email")
	}
	if locale != "zh" && locale != "en" {
		bad.Add("locale", "field.choose")
	}
	return address, bad.Err()
}

// MarkSent notes that the letter went out by a way that the program cannot see.
// Needs RightGuestsEdit.
func (s *Store) MarkSent(ctx context.Context, act domain.Act, guestID string, by domain.InvitationChannel) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(_ context.Context, tx *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		if !slices.Contains(domain.InvitationChannels, by) {
			return nil, domain.InvalidField("channel", "field.choose")
		}
		i := &x.Invitation
		if i.SentAt != nil && i.Channel == by {
			return nil, nil
		}
		i.SentAt, i.SentBy, i.Channel = &tx.At, personID(tx.Act), by
		return &domain.Change{Verb: "invitation.sent", New: string(by)}, nil
	})
}

// UnmarkSent takes MarkSent back; what went by mail from here has gone, and stands
// there again. Needs RightGuestsEdit.
func (s *Store) UnmarkSent(ctx context.Context, act domain.Act, guestID string) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(ctx context.Context, tx *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		i := &x.Invitation
		switch {
		case i.SentAt == nil:
			return nil, nil
		case i.Channel == domain.ByEmail:
			return nil, domain.Conflict("invitation.mailed_already")
		}
		c := &domain.Change{Verb: "invitation.unsent", Old: string(i.Channel)}
		i.SentAt, i.SentBy, i.Channel = nil, "", ""
		var mails []domain.Mail
		err := tx.NewSelect().Model(&mails).Where("guest_id = ? AND kind = ? AND state = ?", guestID, domain.MailInvitation, domain.MailSent).OrderExpr("id DESC").Limit(1).Scan(ctx)
		if err == nil && len(mails) > 0 {
			i.SentAt, i.SentBy, i.Channel = mails[0].EndedAt, mails[0].MadeBy, domain.ByEmail
		}
		return c, err
	})
}

// Confirm notes a call or mail about a guest (H.5.2). What he said there is his
// answer. Needs RightGuestsEdit.
func (s *Store) Confirm(ctx context.Context, act domain.Act, guestID string, c domain.Confirmation) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(ctx context.Context, tx *Tx, e *domain.Event, x *domain.Invited) (*domain.Change, error) {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		c.ID, c.GuestID, c.EventID, c.PersonID, c.At = NewID(), x.ID, e.ID, personID(tx.Act), tx.At
		if _, err := tx.NewInsert().Model(&c).Exec(ctx); err != nil {
			return nil, err
		}
		i := &x.Invitation
		if a := domain.Answer(c.Result); c.Result != "open" {
			if i.Answer != a {
				i.Answer, i.AnsweredAt, i.AnsweredBy = a, &tx.At, personID(tx.Act)
			}
			i.ConfirmedAt, i.ConfirmedBy = &tx.At, personID(tx.Act)
		}
		return &domain.Change{Verb: "invitation.confirmed", New: c.Result, Note: joined(c.SpokeTo, c.Note)}, nil
	})
}

func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p != "" && out != "" {
			out += " · "
		}
		out += p
	}
	return out
}

// TakeAnswer puts what a guest said about his car and food into the list that the
// crews work with; needs is his food in words. Needs RightGuestsEdit.
func (s *Store) TakeAnswer(ctx context.Context, act domain.Act, guestID string, needs func(*domain.Reply) string) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(_ context.Context, _ *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		old := joined(x.Plate, x.Needs)
		if !take(x, needs(&x.Invitation.Reply), true) {
			return nil, nil
		}
		return &domain.Change{Verb: "invitation.taken", Old: old, New: joined(x.Plate, x.Needs)}, x.Validate()
	})
}

// take changes the guest's row: all that the answer says, or only what nobody has written yet.
func take(x *domain.Invited, needs string, all bool) bool {
	r := &x.Invitation.Reply
	if n := []rune(needs); len(n) > 120 {
		needs = string(n[:119]) + "…"
	}
	changed := false
	if r.Plate != "" && r.Plate != x.Plate && (all || x.Plate == "") {
		x.Plate, changed = r.Plate, true
		x.Search = search.Key(x.Name, x.Plate)
	}
	if needs != "" && needs != x.Needs && (all || x.Needs == "") {
		x.Needs, changed = needs, true
	}
	return changed
}

// RevokePass makes the links and codes worthless that a guest has got so far; his
// next one is new. Needs RightGuestsEdit.
func (s *Store) RevokePass(ctx context.Context, act domain.Act, guestID string) (domain.Receipt, error) {
	return s.changeInvitation(ctx, act, guestID, func(_ context.Context, _ *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		x.PassNo++
		return &domain.Change{Verb: "invitation.revoked"}, nil
	})
}

// byGuest is an act with the guest's pass, which is the right. Who of the house
// uses it is noted by name.
func (s *Store) byGuest(ctx context.Context, act domain.Act, token string, fn func(ctx context.Context, tx *Tx, e *domain.Event, x *domain.Invited) (*domain.Change, error)) (domain.Receipt, error) {
	p, err := s.readPass(ctx, token, domain.PassGuest)
	if err != nil {
		return domain.Receipt{}, err
	}
	if act.Key != "" {
		act.Key = p.ID + " " + act.Key // guests have no name under which keys are kept apart
	}
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockGuest(ctx, p.ID); err != nil {
			return err
		}
		x, known, err := tx.invited(ctx, p.ID)
		if err != nil {
			return err
		}
		if x.Struck || x.PassNo != p.No {
			return domain.ErrNotFound
		}
		e, _, err := eventOnly(ctx, tx, nil, x.EventID)
		if err != nil {
			return err
		}
		c, err := fn(ctx, tx, e, x)
		if err != nil || c == nil {
			return err
		}
		return tx.saveInvitation(ctx, x, known, *c)
	})
}

// OpenInvitation notes that a guest has seen his letter, once; somebody of the house who looks at it is none.
func (s *Store) OpenInvitation(ctx context.Context, act domain.Act, token string) (domain.Receipt, error) {
	return s.byGuest(ctx, act, token, func(_ context.Context, tx *Tx, _ *domain.Event, x *domain.Invited) (*domain.Change, error) {
		if x.Invitation.OpenedAt != nil || tx.Act.Person != nil {
			return nil, nil
		}
		x.Invitation.OpenedAt = &tx.Now
		return &domain.Change{Verb: "invitation.opened", Minor: true}, nil
	})
}

// AnswerInvitation is the guest's own answer; the last one counts. What it says of
// his car and food goes to the crews where they have nothing yet; the rest waits
// for TakeAnswer, so that no guest overwrites what the house wrote.
func (s *Store) AnswerInvitation(ctx context.Context, act domain.Act, token string, r domain.Reply, needs func(*domain.Reply) string) (domain.Receipt, error) {
	return s.byGuest(ctx, act, token, func(_ context.Context, tx *Tx, e *domain.Event, x *domain.Invited) (*domain.Change, error) {
		if !e.MayAnswer(tx.Now) {
			return nil, domain.Conflict("invitation.closed")
		}
		if err := r.Validate(); err != nil {
			return nil, err
		}
		i := &x.Invitation
		if i.Answer != r.Answer {
			i.ConfirmedAt, i.ConfirmedBy = nil, ""
		}
		c := &domain.Change{Verb: "invitation." + string(r.Answer), Old: string(i.Answer), New: string(r.Answer)}
		i.Reply, i.AnsweredAt, i.AnsweredBy = r, &tx.Now, personID(tx.Act)
		if i.OpenedAt == nil && tx.Act.Person == nil {
			i.OpenedAt = &tx.Now
		}
		if r.Companions > 0 {
			c.Note = "+" + strconv.Itoa(r.Companions)
		}
		take(x, needs(&r), false)
		return c, nil
	})
}

// InvitationDraft is one line of an imported table: the guest by name, and what is
// to be known of his invitation. Empty fields change nothing.
type InvitationDraft struct {
	Line         int
	Name         string
	Organisation string
	Email        string
	Locale       string
	Says         func(*domain.Reply) // changes what the line says of the answer; nil = nothing
}

// ImportInvitations takes addresses and answers of a table: all of it, or none with
// a sentence for each wrong line. Needs RightGuestsEdit.
func (s *Store) ImportInvitations(ctx context.Context, act domain.Act, eventID string, drafts []InvitationDraft) (domain.Receipt, error) {
	return s.changeLetters(ctx, act, eventID, func(ctx context.Context, tx *Tx, e *domain.Event) error {
		list, err := invitedTo(ctx, tx, eventID, nil)
		if err != nil {
			return err
		}
		var bad domain.Invalid
		seen, before := map[int]bool{}, map[int]domain.Invitation{}
		for k := range drafts {
			d := &drafts[k]
			wrong := func(field, key string, args ...string) {
				bad.Add(field, key, args...)
				bad[len(bad)-1].Line = d.Line
			}
			n, key := find(list, d)
			switch {
			case key != "":
				wrong("name", key, "name", d.Name)
				continue
			case seen[n]:
				wrong("name", "invitation.import_twice", "name", d.Name)
				continue
			}
			seen[n], before[n] = true, list[n].Invitation
			for _, f := range d.into(&list[n].Invitation, tx) {
				f.Line = d.Line
				bad = append(bad, f)
			}
		}
		if err := bad.Err(); err != nil {
			return err
		}
		var queries []fmt.Stringer
		for k := range list {
			x := &list[k]
			if !seen[k] || x.Invitation == before[k] {
				continue
			}
			c := domain.Change{Verb: "invitation.changed", Old: before[k].Email, New: x.Invitation.Email, Minor: true}
			if was, is := before[k].Answer, x.Invitation.Answer; was != is {
				c = domain.Change{Verb: "invitation." + string(is), Old: string(was), New: string(is)}
			}
			x.Seq = tx.Next(domain.EventTopic(eventID))
			// Deleted and inserted: the same two statements for who has a row and who has none.
			queries = append(queries,
				tx.NewDelete().Model(&x.Invitation).WherePK(), tx.NewInsert().Model(&x.Invitation).Returning("NULL"),
				tx.NewRaw("UPDATE guests SET seq = ? WHERE id = ?", x.Seq, x.ID))
			tx.recordGuest(&x.Guest, c)
		}
		for chunk := range slices.Chunk(queries, 300) {
			if err := tx.together(ctx, chunk); err != nil {
				return err
			}
		}
		return tx.saveEvent(ctx, e, domain.Change{Verb: "invitation.imported", New: strconv.Itoa(len(seen))})
	})
}

// find is the guest whom a line means; key says why there is none.
func find(list []domain.Invited, d *InvitationDraft) (n int, key string) {
	n = -1
	for k := range list {
		if list[k].Name != d.Name || d.Organisation != "" && list[k].Organisation != d.Organisation {
			continue
		}
		if n >= 0 {
			return n, "invitation.import_ambiguous"
		}
		n = k
	}
	if n < 0 {
		return n, "invitation.import_unknown"
	}
	return n, ""
}

func (d *InvitationDraft) into(i *domain.Invitation, tx *Tx) domain.Invalid {
	var bad domain.Invalid
	if d.Email != "" {
		address, ok := domain.CleanEmail(d.Email)
		if !ok {
			bad.Add("email", "invitation.email")
		}
		i.Email = address
	}
	if d.Locale != "" {
		i.Locale = d.Locale
	}
	if d.Says == nil {
		return bad
	}
	r := i.Reply
	d.Says(&r)
	if err := r.Validate(); err != nil {
		if refusal, ok := domain.AsError(err); ok {
			bad = append(bad, refusal.Fields...)
		}
		return bad
	}
	if i.Answer != r.Answer {
		i.ConfirmedAt, i.ConfirmedBy = nil, ""
	}
	if i.Reply != r {
		i.Reply, i.AnsweredAt, i.AnsweredBy = r, &tx.At, personID(tx.Act)
	}
	return bad
}
