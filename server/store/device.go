package store

import (
	"context"
	"time"

	"huiwu/server/domain"
)

// Arrival is somebody who may come in, on a device.
type Arrival struct {
	Token  string // the session's cookie
	Device string // label of the device
	Via    domain.Via
	// Remember is the cookie by which the device knows the person after the
	// session's end, "" for a program; Before is the one that it had so far: it
	// and what is left of its session end.
	Remember string
	Before   string
	Digits   bool // the PIN is figures only
}

// SignIn signs a person in on a device and forgets earlier wrong PINs.
func (s *Store) SignIn(ctx context.Context, p *domain.Person, in Arrival) (*domain.Session, error) {
	return s.signIn(ctx, p, in, func(*Tx) error { return nil })
}

// signIn does so when may, asked inside the act, does not object.
func (s *Store) signIn(ctx context.Context, p *domain.Person, in Arrival, may func(tx *Tx) error) (*domain.Session, error) {
	sess := &domain.Session{ID: SessionID(in.Token), PersonID: p.ID, Device: in.Device, Via: in.Via}
	_, err := s.changePerson(ctx, domain.Act{Person: p, Device: in.Device}, p.ID, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if p.Disabled {
			return nil, domain.ErrForbidden
		}
		if err := may(tx); err != nil {
			return nil, err
		}
		p.FailedCount, p.LockedUntil = 0, nil
		sess.CreatedAt, sess.LastSeenAt, sess.ExpiresAt = tx.Now, tx.Now, tx.Now.Add(domain.SessionLife)
		if _, err := tx.NewInsert().Model(sess).Exec(ctx); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "person.signed_in", New: string(in.Via), Note: in.Device, Minor: true}, tx.remember(ctx, sess, in)
	})
	return sess, err
}

// remember lets the device know the person from now on, and nobody else.
func (tx *Tx) remember(ctx context.Context, sess *domain.Session, in Arrival) error {
	if in.Before != "" {
		before := SessionID(in.Before)
		if err := tx.forgetDevices(ctx, "id = ?", before); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model((*domain.Session)(nil)).Set("revoked_at = ?", tx.Now).Where("id IN (SELECT session_id FROM devices WHERE id = ?) AND revoked_at IS NULL", before).Exec(ctx); err != nil {
			return err
		}
	}
	if in.Remember == "" {
		return nil
	}
	d := &domain.Device{
		ID: SessionID(in.Remember), PersonID: sess.PersonID, SessionID: sess.ID, Label: in.Device, Digits: in.Digits,
		CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(domain.DeviceLife),
	}
	_, err := tx.NewInsert().Model(d).Exec(ctx)
	return err
}

func (tx *Tx) forgetDevices(ctx context.Context, where string, args ...any) error {
	_, err := tx.NewUpdate().Model((*domain.Device)(nil)).Set("revoked_at = ?", tx.Now).Where("revoked_at IS NULL").Where(where, args...).Exec(ctx)
	return err
}

// Remembered is whom a device knows, by its cookie; ErrNotFound when nobody.
func (s *Store) Remembered(ctx context.Context, cookie string) (*domain.Person, *domain.Device, error) {
	d := new(domain.Device)
	err := s.read.NewSelect().Model(d).Where("id = ? AND revoked_at IS NULL AND expires_at > ?", SessionID(cookie), s.Now()).Scan(ctx)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	p, err := s.Person(ctx, d.PersonID)
	if err != nil {
		return nil, nil, err
	}
	if p.Disabled {
		return nil, nil, domain.ErrNotFound
	}
	return p, d, nil
}

// Devices are those that remember a person while nobody is signed in on them.
func (s *Store) Devices(ctx context.Context, p *domain.Person) ([]domain.Device, error) {
	var list []domain.Device
	now := s.Now()
	err := s.read.NewSelect().Model(&list).Where("person_id = ? AND revoked_at IS NULL AND expires_at > ?", p.ID, now).
		Where("NOT EXISTS (SELECT 1 FROM sessions AS s WHERE s.id = device.session_id AND s.revoked_at IS NULL AND s.expires_at > ? AND s.last_seen_at > ?)", now, idleSince(p, now)).
		Order("created_at DESC").Scan(ctx)
	return list, asPerson(err)
}

// idleSince is the moment after which a living session must have been seen.
func idleSince(p *domain.Person, now time.Time) time.Time {
	if p.LockAfter == 0 {
		return time.Time{}
	}
	return now.Add(-time.Duration(p.LockAfter) * time.Hour)
}

// ForgetDevice lets a device of the acting person forget him.
func (s *Store) ForgetDevice(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		res, err := tx.NewUpdate().Model((*domain.Device)(nil)).Set("revoked_at = ?", tx.Now).Where("id = ? AND person_id = ? AND revoked_at IS NULL", id, p.ID).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil, domain.ErrNotFound
		}
		return &domain.Change{Verb: "person.device_forgotten", Minor: true}, nil
	})
}

// LockSession ends the acting person's session; its device remembers him.
func (s *Store) LockSession(ctx context.Context, act domain.Act) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, _ *domain.Person) (*domain.Change, error) {
		return tx.endSession(ctx, act.Session, "person.device_locked")
	})
}

// endSessions ends living sessions, and what wakes their devices.
func (tx *Tx) endSessions(ctx context.Context, where string, args ...any) error {
	living := tx.NewSelect().Model((*domain.Session)(nil)).Column("id").Where("revoked_at IS NULL").Where(where, args...)
	if _, err := tx.NewRaw("DELETE FROM push_devices WHERE session_id IN (?)", living).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model((*domain.Session)(nil)).Set("revoked_at = ?", tx.Now).Where("revoked_at IS NULL").Where(where, args...).Exec(ctx)
	return err
}

func (tx *Tx) endSession(ctx context.Context, id, verb string) (*domain.Change, error) {
	res, err := tx.NewUpdate().Model((*domain.Session)(nil)).Set("revoked_at = ?", tx.Now).Where("id = ? AND revoked_at IS NULL", id).Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil, nil
	}
	if _, err := forgetPush(ctx, tx, "session_id = ?", id); err != nil {
		return nil, err
	}
	return &domain.Change{Verb: verb, Minor: true}, nil
}

// SetLockAfter lets the acting person's devices lock themselves after so many
// hours without use, 0 for never. What was locked by the old choice stays so.
func (s *Store) SetLockAfter(ctx context.Context, act domain.Act, hours int) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := domain.ValidateLock(hours); err != nil {
			return nil, err
		}
		if p.LockAfter == hours {
			return nil, nil
		}
		_, err := tx.NewUpdate().Model((*domain.Session)(nil)).Set("revoked_at = ?", tx.Now).
			Where("person_id = ? AND revoked_at IS NULL AND last_seen_at <= ? AND id <> ?", p.ID, idleSince(p, tx.Now), act.Session).Exec(ctx)
		p.LockAfter = hours
		return &domain.Change{Verb: "person.lock_after", Minor: true}, err
	})
}

// DeviceDigits notes which keyboard the device of the acting session shows.
// It is bookkeeping about a device, like TouchSession, and is not logged.
func (s *Store) DeviceDigits(ctx context.Context, act domain.Act, digits bool) error {
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		_, err := tx.NewUpdate().Model((*domain.Device)(nil)).Set("digits = ?", digits).
			Where("session_id = ?", act.Session).Exec(ctx)
		return err
	})
	return err
}
