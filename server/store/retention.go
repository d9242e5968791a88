package store

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
	"huiwu/server/search"
)

// Kept is an event in the report of what is kept about guests, and what is not.
type Kept struct {
	domain.Event
	Guests int
	Until  time.Time // when it is to be erased; where ErasedAt is set, it was
}

// SetGuestDays chooses for how many days after an event what names its guests is kept.
func (s *Store) SetGuestDays(ctx context.Context, act domain.Act, days int) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightChannels, func(site *domain.Site) (*domain.Change, error) {
		if days < domain.GuestDaysLeast || days > domain.GuestDaysMost {
			return nil, domain.InvalidField("guest_days", "retention.range", "min", strconv.Itoa(domain.GuestDaysLeast), "max", strconv.Itoa(domain.GuestDaysMost))
		}
		c := &domain.Change{Verb: "site.guest_days", Old: strconv.Itoa(site.GuestDays), New: strconv.Itoa(days)}
		site.GuestDays = days
		return c, nil
	})
}

// Retention reports the events with guests: those that are next to be erased, the
// first first, and those that were, the last first; so many of each.
func (s *Store) Retention(ctx context.Context, limit int) (next, erased []Kept, err error) {
	site, err := s.Site(ctx)
	if err != nil {
		return nil, nil, err
	}
	guests := func(list *[]Kept) *bun.SelectQuery {
		return s.read.NewSelect().TableExpr("events AS e").ColumnExpr("e.*, (SELECT COUNT(*) FROM guests AS g WHERE g.event_id = e.id) AS guests").Limit(int64(limit))
	}
	err = guests(&next).Where("e.erased_at IS NULL AND e.end_at < ?", s.Now()).Where("EXISTS (SELECT 1 FROM guests AS g WHERE g.event_id = e.id)").OrderExpr("e.end_at, e.id").Scan(ctx, &next)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	for k := range next {
		next[k].Until = next[k].EndAt.AddDate(0, 0, site.GuestDays)
	}
	err = guests(&erased).Where("e.erased_at IS NOT NULL").OrderExpr("e.erased_at DESC, e.id").Scan(ctx, &erased)
	return next, erased, asPerson(err)
}

// eraseAtOnce is how many events one run of the job takes: each is an act of its own.
const eraseAtOnce = 50

// EraseGuests takes what names guests, hosts and strays out of every event whose
// days are over: rows, log, letters, mails and notices. What is counted stays, and
// so do all rows and numbers of the log. It returns how many events it did.
func (s *Store) EraseGuests(ctx context.Context) (int, error) {
	site, err := s.Site(ctx)
	if err != nil || site.ID == "" {
		return 0, err
	}
	var ids []string
	before := s.Now().AddDate(0, 0, -site.GuestDays)
	err = s.read.NewSelect().TableExpr("events").Column("id").Where("erased_at IS NULL AND end_at < ?", before).OrderExpr("end_at, id").Limit(eraseAtOnce).Scan(ctx, &ids)
	if err != nil {
		return 0, asPerson(err)
	}
	done := 0
	for _, id := range ids {
		if _, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.erase(ctx, id, before) }); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

func (tx *Tx) erase(ctx context.Context, eventID string, before time.Time) error {
	if err := tx.Lock(ctx, domain.EventTopic(eventID)); err != nil {
		return err
	}
	e, _, err := eventOnly(ctx, tx, nil, eventID)
	if err != nil || e.ErasedAt != nil || !e.EndAt.Before(before) {
		return err // another instance was faster, or the event was moved
	}
	w, err := tx.pseudonyms(ctx, e)
	if err != nil {
		return err
	}
	if err := tx.eraseRows(ctx, eventID); err != nil {
		return err
	}
	if err := tx.eraseTexts(ctx, eventID, w); err != nil {
		return err
	}
	if err := tx.eraseLog(ctx, eventID, w); err != nil {
		return err
	}
	e.ReplaceTexts(w.text.Replace)
	e.ErasedAt, e.PrincipalGuest, e.PrincipalTitle, e.Contact, e.ContactPhone, e.FollowWith = &tx.Now, "", "", "", "", ""
	return tx.saveEvent(ctx, e, domain.Change{Verb: "event.erased", New: strconv.Itoa(w.guests)})
}

// EraseRequests takes who asked out of every booking request whose last day lies as
// far back as that of an event whose guests are erased: contact, words, names under
// what was signed, attachments, mails and the log's texts. It returns how many it did.
func (s *Store) EraseRequests(ctx context.Context) (int, error) {
	site, err := s.Site(ctx)
	if err != nil || site.ID == "" {
		return 0, err
	}
	before := s.Now().AddDate(0, 0, -site.GuestDays)
	var ids []string
	err = s.read.NewSelect().TableExpr("requests AS r").ColumnExpr("r.id").Where("r.erased_at IS NULL AND r.created_at < ?", before).
		Where("NOT EXISTS (SELECT 1 FROM request_choices AS c WHERE c.request_id = r.id AND c.end_at >= ?)", before).
		Where("NOT EXISTS (SELECT 1 FROM request_offers AS o WHERE o.request_id = r.id AND o.end_at >= ?)", before).
		Where("NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = r.event_id AND e.end_at >= ?)", before).OrderExpr("r.id").Limit(eraseAtOnce).Scan(ctx, &ids)
	if err != nil {
		return 0, asPerson(err)
	}
	done := 0
	for _, id := range ids {
		if _, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error { return tx.eraseRequest(ctx, id) }); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

func (tx *Tx) eraseRequest(ctx context.Context, id string) error {
	r, err := tx.lockRequest(ctx, id)
	if err != nil || r.ErasedAt != nil {
		return err // another instance was faster
	}
	for _, q := range []string{
		"UPDATE request_needs SET detail = NULL WHERE request_id = ?",
		"UPDATE request_offers SET note = NULL WHERE request_id = ?",
		"UPDATE request_questions SET question = '–', answer = CASE WHEN answer IS NULL THEN NULL ELSE '–' END WHERE request_id = ?",
		"DELETE FROM request_files WHERE request_id = ?", // and SweepPhotos takes what no row knows
		"DELETE FROM mails WHERE request_id = ?",
		"DELETE FROM deliveries WHERE notice_id IN (SELECT id FROM notices WHERE subjects = 'request:' || ?)",
		"DELETE FROM notices WHERE subjects = 'request:' || ?",
		"UPDATE changes SET label = '', old = NULL, new = NULL, note = NULL WHERE topic = 'requests' AND subject = 'request:' || ?",
	} {
		if _, err := tx.NewRaw(q, id).Exec(ctx); err != nil {
			return err
		}
	}
	r.Contact, r.Phone, r.Email, r.Notes, r.Words, r.PlanBy, r.HallBy, r.RecordBy = "", "", "", "", "", "", "", ""
	if r.Reason != "" {
		r.Reason = "–"
	}
	if r.State.Open() { // nobody ever answered; now nobody can
		if err := tx.closeOffers(ctx, r, domain.OfferGone); err != nil {
			return err
		}
		r.State, r.StateAt, r.Reason = domain.RequestDeclined, tx.Now, "–"
	}
	r.ErasedAt, r.ReplyBy = &tx.Now, nil
	r.PassNo++
	return tx.saveRequest(ctx, r, domain.Change{Verb: "request.erased", New: r.Number})
}

// pseudonyms are what people of an event are called from now on.
type pseudonyms struct {
	guests int
	of     map[string]string // by subject: guest:…, host:…, stray:…, vehicle:…
	text   *strings.Replacer // in texts of others
}

func (tx *Tx) pseudonyms(ctx context.Context, e *domain.Event) (*pseudonyms, error) {
	w := &pseudonyms{of: map[string]string{}}
	var pairs []string
	for _, table := range []struct{ name, kind, column, word, order string }{
		{"guests", "guest", "name", "来宾", "sort, id"}, {"hosts", "host", "name", "主方", "sort, id"}, {"strays", "stray", "name", "来客", "at, id"}, {"vehicles", "vehicle", "plate", "车", "created_at, id"},
	} {
		var rows []struct{ ID, Name string }
		if err := tx.NewSelect().TableExpr(table.name).ColumnExpr("id, ? AS name", bun.Ident(table.column)).Where("event_id = ?", e.ID).OrderExpr(table.order).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for k, r := range rows {
			name := table.word + strconv.Itoa(k+1)
			w.of[table.kind+":"+r.ID] = name
			if utf8.RuneCountInString(r.Name) > 1 { // one character is part of other words
				pairs = append(pairs, r.Name, name)
			}
			if _, err := tx.NewRaw("UPDATE ? SET ? = ? WHERE id = ?", bun.Ident(table.name), bun.Ident(table.column), name, r.ID).Exec(ctx); err != nil {
				return nil, err
			}
			if table.kind == "guest" {
				w.guests++
				if _, err := tx.NewRaw("UPDATE guests SET search = ? WHERE id = ?", search.Key(name, ""), r.ID).Exec(ctx); err != nil {
					return nil, err
				}
			}
		}
	}
	if utf8.RuneCountInString(e.PrincipalGuest) > 1 {
		pairs = append(pairs, e.PrincipalGuest, "来宾")
	}
	w.text = strings.NewReplacer(pairs...)
	return w, nil
}

// eraseRows empties what belongs to people, and revokes their links.
func (tx *Tx) eraseRows(ctx context.Context, eventID string) error {
	for _, q := range []string{
		"UPDATE guests SET title = NULL, organisation = NULL, plate = NULL, bay = NULL, needs = NULL, phone = NULL, pass_no = pass_no + 1 WHERE event_id = ?",
		"UPDATE hosts SET title = NULL WHERE event_id = ?",
		"UPDATE strays SET organisation = NULL, host = NULL WHERE event_id = ?",
		"UPDATE vehicles SET bay = NULL, driver = NULL, phone = NULL WHERE event_id = ?",
		"UPDATE invitations SET email = NULL, companion_names = NULL, diets = NULL, diet_note = NULL, plate = NULL, message = NULL WHERE event_id = ?",
		"UPDATE confirmations SET spoke_to = NULL, note = NULL WHERE event_id = ?",
		"UPDATE guest_photos SET struck_at = COALESCE(struck_at, added_at) WHERE event_id = ?", // ErasePhotos takes the files, then the rows
		"UPDATE seats SET card = NULL, was_card = NULL WHERE event_id = ?",
		"DELETE FROM mails WHERE event_id = ?",
		"DELETE FROM deliveries WHERE notice_id IN (SELECT id FROM notices WHERE event_id = ?)",
		"DELETE FROM notices WHERE event_id = ?",
		"DELETE FROM channel_notices WHERE event_id = ?",
	} {
		if _, err := tx.NewRaw(q, eventID).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// texts are what crews were told to do, what they answered, and what plans and parties are called.
var texts = map[string][]string{
	"parties": {"name"}, "items": {"zh", "en", "reason", "reading"}, "posts": {"name", "task"}, "duties": {"reason", "handover", "override"}, "patrols": {"name"}, "checkpoints": {"name", "skipped"},
	"board_rows": {"post", "supplies"}, "bulletin_lines": {"old", "new"},
	"cues": {"zh", "en"}, "functions": {"name", "place", "notes"}, "milestones": {"zh", "reason"}, "kickoffs": {"people", "notes"}, "agenda_items": {"title", "speaker", "needs"}, "proposals": {"text", "answer"}, "seat_plans": {"name", "place"},
}

// eraseTexts takes names out of what people wrote about other things.
func (tx *Tx) eraseTexts(ctx context.Context, eventID string, w *pseudonyms) error {
	for table, columns := range texts {
		for _, column := range columns {
			var rows []struct{ ID, Text string }
			err := tx.NewSelect().TableExpr(table).ColumnExpr("id, ? AS text", bun.Ident(column)).Where("event_id = ? AND ? IS NOT NULL", eventID, bun.Ident(column)).Scan(ctx, &rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				text := w.text.Replace(r.Text)
				if text == r.Text {
					continue
				}
				if _, err := tx.NewRaw("UPDATE ? SET ? = ? WHERE id = ?", bun.Ident(table), bun.Ident(column), text, r.ID).Exec(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// typed are the log rows whose old and new values are what somebody typed about a
// guest; those of the others are states, positions and seats, which the log's rules need.
var typed = map[string]bool{"guest.changed": true, "invitation.changed": true, "invitation.taken": true, "vehicle.changed": true}

// eraseLog leaves every row with its number, time, person and verb.
func (tx *Tx) eraseLog(ctx context.Context, eventID string, w *pseudonyms) error {
	topic := domain.EventTopic(eventID)
	for after := int64(0); ; {
		var rows []domain.Change
		if err := tx.NewSelect().Model(&rows).Where("topic = ? AND seq > ?", topic, after).OrderExpr("seq").Limit(logPage).Scan(ctx); err != nil {
			return err
		}
		for k := range rows {
			c := rows[k]
			label, labelEn, old, now, note, lot := w.text.Replace(c.Label), w.text.Replace(c.LabelEn), w.text.Replace(c.Old), w.text.Replace(c.New), w.text.Replace(c.Note), w.text.Replace(c.Lot)
			if name := w.of[c.Subject]; name != "" {
				label, labelEn = name, ""
			}
			if domain.NamesPeople(c.Subject) {
				note = ""
			}
			if typed[c.Verb] {
				old, now = "", ""
			}
			if label == c.Label && labelEn == c.LabelEn && old == c.Old && now == c.New && note == c.Note && lot == c.Lot {
				continue
			}
			_, err := tx.NewRaw("UPDATE changes SET label = ?, label_en = NULLIF(?, ''), old = NULLIF(?, ''), new = NULLIF(?, ''), note = NULLIF(?, ''), lot = NULLIF(?, '') WHERE topic = ? AND seq = ?",
				label, labelEn, old, now, note, lot, topic, c.Seq).Exec(ctx)
			if err != nil {
				return err
			}
		}
		if len(rows) < logPage {
			return nil
		}
		after = rows[len(rows)-1].Seq
	}
}
