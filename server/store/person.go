package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"huiwu/server/domain"
)

// Person by id; ErrNotFound when absent.
func (s *Store) Person(ctx context.Context, id string) (*domain.Person, error) {
	p := new(domain.Person)
	if err := s.read.NewSelect().Model(p).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	return p, nil
}

// PersonByLogin finds a person by staff number or phone, as typed.
func (s *Store) PersonByLogin(ctx context.Context, login string) (*domain.Person, error) {
	login = domain.NormaliseLogin(login)
	p := new(domain.Person)
	err := s.read.NewSelect().Model(p).Where("staff_no = ? OR phone = ?", login, login).OrderExpr("CASE WHEN staff_no = ? THEN 0 ELSE 1 END", login).Limit(1).Scan(ctx)
	if err != nil {
		return nil, asPerson(err)
	}
	return p, nil
}

// People lists everybody by crew, then name.
func (s *Store) People(ctx context.Context) ([]domain.Person, error) {
	var list []domain.Person
	err := s.read.NewSelect().Model(&list).OrderExpr("disabled, crew, role, staff_no").Scan(ctx)
	return list, asPerson(err)
}

// Names maps the ids of people, and of lifts, to what they are called.
func (s *Store) Names(ctx context.Context) (map[string]string, error) {
	var rows []struct{ ID, Name string }
	if err := s.read.NewRaw("SELECT id, name FROM people UNION ALL SELECT id, name FROM lifts").Scan(ctx, &rows); err != nil {
		return nil, asPerson(err)
	}
	names := make(map[string]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// CreatePerson adds somebody; PinHash must be set. act.Person needs RightPeople.
func (s *Store) CreatePerson(ctx context.Context, act domain.Act, p *domain.Person) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightPeople); err != nil {
			return err
		}
		if err := p.Validate(); err != nil {
			return err
		}
		if p.ID == "" {
			p.ID = NewID()
		}
		if err := tx.addPerson(ctx, p); err != nil {
			return err
		}
		tx.Receipt.Created = p.ID
		return nil
	})
}

// addPerson makes the row and the topic of somebody who is valid and has an id.
func (tx *Tx) addPerson(ctx context.Context, p *domain.Person) error {
	topic := domain.PersonTopic(p.ID)
	if err := tx.Open(ctx, topic); err != nil {
		return err
	}
	p.CreatedAt, p.Seq = tx.Now, tx.Next(topic)
	if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
		return personTaken(err)
	}
	tx.Record(domain.Change{Topic: topic, Subject: topic, Verb: "person.added", Label: p.Name, New: string(p.Role), Crew: p.Crew})
	return nil
}

// ImportPeople adds those whose staff number is new, without a PIN: they come in by an
// invitation; it changes the facts of the others. All of it is done, or nothing. Needs
// RightPeople; nobody changes his own role.
func (s *Store) ImportPeople(ctx context.Context, act domain.Act, list []domain.Person) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightPeople); err != nil {
			return err
		}
		var have []domain.Person
		if err := tx.NewSelect().Model(&have).OrderExpr("id").Scan(ctx); err != nil {
			return err
		}
		added, changed := domain.PlanPeople(have, list)
		slices.SortFunc(changed, func(a, b domain.Person) int { return strings.Compare(a.ID, b.ID) }) // instances lock in one order
		for k := range changed {
			p := &changed[k]
			if err := tx.importPerson(ctx, p, have); err != nil {
				return err
			}
		}
		for k := range added {
			p := &added[k]
			p.ID = NewID()
			if err := p.Validate(); err != nil {
				return err
			}
			if err := tx.addPerson(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) importPerson(ctx context.Context, p *domain.Person, have []domain.Person) error {
	if err := p.Validate(); err != nil {
		return err
	}
	k := slices.IndexFunc(have, func(h domain.Person) bool { return h.ID == p.ID })
	was := &have[k]
	if tx.Act.Person != nil && p.ID == tx.Act.Person.ID && p.Role != was.Role {
		return domain.InvalidField("file", "person.own_role")
	}
	topic := domain.PersonTopic(p.ID)
	if err := tx.Lock(ctx, topic); err != nil {
		return err
	}
	p.Seq = tx.Next(topic)
	if _, err := tx.NewUpdate().Model(p).Column("staff_no", "phone", "name", "role", "crew", "locale", "seq").WherePK().Exec(ctx); err != nil {
		return personTaken(err)
	}
	facts := func(p *domain.Person) string { return string(p.Role) + " " + string(p.Crew) + " " + p.StaffNo }
	tx.Record(domain.Change{Topic: topic, Subject: topic, Verb: "person.changed", Label: p.Name, Old: facts(was), New: facts(p)})
	return nil
}

// UpdatePerson changes the typed fields of somebody.
func (s *Store) UpdatePerson(ctx context.Context, act domain.Act, in *domain.Person) (domain.Receipt, error) {
	return s.changePerson(ctx, act, in.ID, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := tx.need(domain.RightPeople); err != nil {
			return nil, err
		}
		was := string(p.Role) + " " + string(p.Crew) + " " + p.StaffNo
		if tx.Act.Person != nil && p.ID == tx.Act.Person.ID && in.Role != p.Role {
			return nil, domain.InvalidField("role", "person.own_role")
		}
		p.StaffNo, p.Phone, p.Name, p.Role, p.Crew, p.Locale = in.StaffNo, in.Phone, in.Name, in.Role, in.Crew, in.Locale
		if err := p.Validate(); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "person.changed", Old: was, New: string(p.Role) + " " + string(p.Crew) + " " + p.StaffNo}, nil
	})
}

// SetPin replaces somebody's PIN (hash) and opens a locked account. The admin
// does it for others, a person for himself. All his sessions end, and devices that
// remember him forget him: whoever learned the old PIN is out. The one on which
// he chose it stays.
func (s *Store) SetPin(ctx context.Context, act domain.Act, id, hash string) (domain.Receipt, error) {
	return s.changePerson(ctx, act, id, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		own := tx.Act.Person != nil && tx.Act.Person.ID == id
		if !own {
			if err := tx.need(domain.RightPeople); err != nil {
				return nil, err
			}
		}
		p.PinHash, p.PinOwn, p.FailedCount, p.LockedUntil = hash, own, 0, nil
		if err := tx.endSessions(ctx, "person_id = ? AND id <> ?", id, tx.Act.Session); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "person.pin_set"}, tx.forgetDevices(ctx, "person_id = ? AND session_id <> ?", id, tx.Act.Session)
	})
}

// SetDisabled shuts somebody out (and ends all sessions) or lets him in again.
func (s *Store) SetDisabled(ctx context.Context, act domain.Act, id string, disabled bool) (domain.Receipt, error) {
	return s.changePerson(ctx, act, id, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := tx.need(domain.RightPeople); err != nil {
			return nil, err
		}
		if tx.Act.Person != nil && tx.Act.Person.ID == id {
			return nil, domain.Conflict("person.not_self")
		}
		if p.Disabled == disabled {
			return nil, nil
		}
		p.Disabled = disabled
		verb := "person.enabled"
		if disabled {
			verb = "person.disabled"
			if err := tx.endSessions(ctx, "person_id = ?", id); err != nil {
				return nil, err
			}
			if err := tx.forgetDevices(ctx, "person_id = ?", id); err != nil {
				return nil, err
			}
			if _, err := tx.endInvite(ctx, id); err != nil {
				return nil, err
			}
		}
		return &domain.Change{Verb: verb}, nil
	})
}

// SetLocale changes the language of the acting person.
func (s *Store) SetLocale(ctx context.Context, act domain.Act, locale string) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(_ *Tx, p *domain.Person) (*domain.Change, error) {
		if locale != "zh" && locale != "en" {
			return nil, domain.InvalidField("locale", "field.choose")
		}
		if p.Locale == locale {
			return nil, nil
		}
		old := p.Locale
		p.Locale = locale
		return &domain.Change{Verb: "person.locale", Old: old, New: locale, Minor: true}, nil
	})
}

// NoteFailedSignIn counts a wrong PIN and locks the account when there were
// too many; it returns until when, nil while open.
func (s *Store) NoteFailedSignIn(ctx context.Context, id string) (until *time.Time, err error) {
	_, err = s.changePerson(ctx, domain.Act{}, id, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		p.FailedCount++
		until = nil
		if d := domain.LockFor(p.FailedCount); d > 0 {
			t := tx.Now.Add(d)
			p.LockedUntil, until = &t, &t
			return &domain.Change{Verb: "person.locked", New: t.Format(time.RFC3339)}, nil
		}
		return &domain.Change{Verb: "person.wrong_pin", Minor: true}, nil
	})
	return until, err
}

// changePerson loads, lets fn change, saves and logs one person; fn returning
// no change is quiet.
func (s *Store) changePerson(ctx context.Context, act domain.Act, id string, fn func(tx *Tx, p *domain.Person) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		topic := domain.PersonTopic(id)
		if err := tx.Lock(ctx, topic); err != nil {
			return err
		}
		p := new(domain.Person)
		if err := tx.NewSelect().Model(p).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		c, err := fn(tx, p)
		if err != nil || c == nil {
			return err
		}
		p.Seq = tx.Next(topic)
		if _, err := tx.NewUpdate().Model(p).WherePK().Exec(ctx); err != nil {
			return personTaken(err)
		}
		c.Topic, c.Subject, c.Label = topic, topic, p.Name
		tx.Record(*c)
		return nil
	})
}

func personTaken(err error) error {
	switch {
	case uniqueOn(err, "people", "staff_no"):
		return domain.InvalidField("staff_no", "person.staff_no_taken")
	case uniqueOn(err, "people", "phone"):
		return domain.InvalidField("phone", "person.phone_taken")
	}
	return err
}

// SessionID is the stored form of a cookie's value.
func SessionID(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// CreateSession signs a person in for a program, which needs no remembering.
func (s *Store) CreateSession(ctx context.Context, p *domain.Person, token, device string) (*domain.Session, error) {
	return s.SignIn(ctx, p, Arrival{Token: token, Device: device, Via: domain.ViaPin})
}

// SessionPerson finds the living session and its person; ErrUnauthenticated otherwise.
func (s *Store) SessionPerson(ctx context.Context, id string) (*domain.Session, *domain.Person, error) {
	var row struct {
		domain.Person
		SessID     string
		Device     string
		LastSeenAt time.Time
		ExpiresAt  time.Time
		SessAt     time.Time
		Via        domain.Via
	}
	err := s.read.NewSelect().TableExpr("sessions AS s").Join("JOIN people AS p ON p.id = s.person_id").
		ColumnExpr("p.*, s.id AS sess_id, s.device, s.last_seen_at, s.expires_at, s.created_at AS sess_at, s.via").
		Where("s.id = ? AND s.revoked_at IS NULL AND s.expires_at > ? AND NOT p.disabled", id, s.Now()).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, nil, asPerson(err)
	}
	p := row.Person
	if p.LocksIdle(row.LastSeenAt, s.Now()) {
		return nil, nil, ErrUnauthenticated
	}
	return &domain.Session{ID: row.SessID, PersonID: p.ID, Device: row.Device, Via: row.Via, CreatedAt: row.SessAt, LastSeenAt: row.LastSeenAt, ExpiresAt: row.ExpiresAt}, &p, nil
}

// ErrUnauthenticated answers whoever has no living session.
var ErrUnauthenticated = &domain.Error{Code: domain.CodeUnauthenticated, Key: "error.sign_in"}

// TouchSession prolongs a session; callers do it at most every five minutes.
// It is bookkeeping about a device, not an act, and is not logged.
func (s *Store) TouchSession(ctx context.Context, id string) error {
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		_, err := tx.NewUpdate().Model((*domain.Session)(nil)).Set("last_seen_at = ?", tx.Now).Set("expires_at = ?", tx.Now.Add(domain.SessionLife)).
			Where("id = ? AND revoked_at IS NULL", id).Exec(ctx)
		return err
	})
	return err
}

// Sessions lists a person's living sessions, newest first.
func (s *Store) Sessions(ctx context.Context, personID string) ([]domain.Session, error) {
	p, err := s.Person(ctx, personID)
	if err != nil {
		return nil, err
	}
	var list []domain.Session
	err = s.read.NewSelect().Model(&list).Where("person_id = ? AND revoked_at IS NULL AND expires_at > ? AND last_seen_at > ?", personID, s.Now(), idleSince(p, s.Now())).Order("last_seen_at DESC").Scan(ctx)
	return list, asPerson(err)
}

// RevokeSession ends a session of the acting person, or anybody's for who may
// manage people, and its device forgets him. It returns the person it belonged to.
func (s *Store) RevokeSession(ctx context.Context, act domain.Act, id string) (owner string, err error) {
	err = s.read.NewSelect().Model((*domain.Session)(nil)).Column("person_id").Where("id = ?", id).Scan(ctx, &owner)
	if err != nil {
		return "", asPerson(err)
	}
	if act.Person == nil || act.Person.ID != owner && !act.Person.Can(domain.RightPeople) {
		return "", domain.ErrNotFound
	}
	_, err = s.changePerson(ctx, act, owner, func(tx *Tx, _ *domain.Person) (*domain.Change, error) {
		if err := tx.forgetDevices(ctx, "session_id = ?", id); err != nil {
			return nil, err
		}
		return tx.endSession(ctx, id, "person.signed_out")
	})
	return owner, err
}

// need refuses people without a right that hangs on the role alone. The
// system itself (no person) may do everything.
func (tx *Tx) need(r domain.Right) error {
	if tx.Act.Person != nil && !tx.Act.Person.Can(r) {
		return domain.ErrForbidden
	}
	return nil
}

func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return domain.ErrNotFound
	}
	return err
}
