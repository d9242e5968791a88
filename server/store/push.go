package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// PushKeys are the keys by which push services know this site, made once by
// whichever instance comes first.
func (s *Store) PushKeys(ctx context.Context, generate func() (private, public string, err error)) (private, public string, err error) {
	// One row holds both: two instances that start at once must not mix theirs.
	value, err := s.siteKey(ctx, vapidKey, func() (string, error) {
		private, public, err := generate()
		return private + " " + public, err
	})
	if err != nil {
		return "", "", err
	}
	private, public, ok := strings.Cut(value, " ")
	if !ok {
		return "", "", errors.New("site_keys: the row vapid holds no pair of keys")
	}
	return private, public, nil
}

// PushDevices lists a person's devices that want to be woken.
func (s *Store) PushDevices(ctx context.Context, personID string) ([]domain.PushDevice, error) {
	var list []domain.PushDevice
	err := s.read.NewSelect().Model(&list).Where("person_id = ?", personID).OrderExpr("made_at").Scan(ctx)
	return list, asPerson(err)
}

// SavePushDevice notes with what the act's session subscribed. A browser that
// was somebody else's before is now this person's.
func (s *Store) SavePushDevice(ctx context.Context, act domain.Act, d domain.PushDevice) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := d.Validate(); err != nil {
			return nil, err
		}
		same, err := tx.NewSelect().TableExpr("push_devices").Where("session_id = ? AND endpoint = ? AND p256dh = ? AND auth = ?", act.Session, d.Endpoint, d.P256dh, d.Auth).Count(ctx)
		if err != nil || same > 0 {
			return nil, err
		}
		if _, err := forgetPush(ctx, tx, "endpoint = ? OR session_id = ?", d.Endpoint, act.Session); err != nil {
			return nil, err
		}
		d.ID, d.PersonID, d.SessionID, d.Device, d.MadeAt = NewID(), p.ID, act.Session, act.Device, tx.Now
		if _, err := tx.NewInsert().Model(&d).Exec(ctx); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "person.push_on", Note: act.Device, Minor: true}, nil
	})
}

// DeletePushDevice lets the act's session be woken no more.
func (s *Store) DeletePushDevice(ctx context.Context, act domain.Act) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID(act), func(tx *Tx, _ *domain.Person) (*domain.Change, error) {
		if n, err := forgetPush(ctx, tx, "session_id = ?", act.Session); err != nil || n == 0 {
			return nil, err
		}
		return &domain.Change{Verb: "person.push_off", Note: act.Device, Minor: true}, nil
	})
}

// forgetPush lets these devices be woken no more, and tells how many they were.
func forgetPush(ctx context.Context, db bun.IDB, where string, args ...any) (int64, error) {
	res, err := db.NewDelete().Model((*domain.PushDevice)(nil)).Where(where, args...).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// deliveryRow is one notice on its way to one device.
type deliveryRow struct {
	bun.BaseModel `bun:"table:deliveries"`
	ID            string `bun:",pk"`
	NoticeID      string
	DeviceID      string
	Round         int
	State         string
	Attempts      int
	NextAt        time.Time
	ClaimedUntil  *time.Time
	MadeAt        time.Time
}

// Delivery is one notice that this instance may now send to one device.
type Delivery struct {
	ID       string
	Attempts int // this one included
	MadeAt   time.Time
	Notice   domain.Notice
	Device   domain.PushDevice
	Person   domain.Person
	Event    *domain.Event // nil when the notice has none
	Viewer   domain.Viewer
}

// How long notices are on their way.
const (
	deliveryLease = time.Minute // whoever claimed it is dead after that
	deliveryLife  = time.Hour   // what could not be told by then is no news
)

// ClaimDeliveries takes up to limit deliveries for this instance alone. What
// need not go out any more (acknowledged, too old, the session ended, the
// person lost the event) is closed here.
func (s *Store) ClaimDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	now := s.Now()
	const ready = "state = 'waiting' AND next_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)"
	if waiting, err := s.read.NewSelect().TableExpr("deliveries").Where(ready, now, now).Limit(1).Exists(ctx); err != nil || !waiting {
		return nil, asPerson(err)
	}
	skip := ""
	if s.postgres { // SQLite has one writer
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var rows []deliveryRow
	err := s.write.NewRaw("UPDATE deliveries SET claimed_until = ?, attempts = attempts + 1 WHERE id IN (SELECT id FROM deliveries WHERE "+ready+" ORDER BY next_at LIMIT ?"+skip+") RETURNING *",
		now.Add(deliveryLease), now, now, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, asPerson(err)
	}
	var list []Delivery
	for _, r := range rows {
		d, err := s.delivery(ctx, r, now)
		if errors.Is(err, domain.ErrNotFound) {
			err = s.EndDelivery(ctx, Delivery{ID: r.ID, Attempts: r.Attempts}, DeliveryGone)
		} else if err == nil {
			list = append(list, d)
		}
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

// delivery loads what a claimed row needs; ErrNotFound when it must not go out.
func (s *Store) delivery(ctx context.Context, r deliveryRow, now time.Time) (Delivery, error) {
	d := Delivery{ID: r.ID, Attempts: r.Attempts, MadeAt: r.MadeAt}
	if now.Sub(r.MadeAt) > deliveryLife {
		return d, domain.ErrNotFound
	}
	err := s.read.NewSelect().Model(&d.Notice).Where("id = ? AND acknowledged_at IS NULL AND settled_at IS NULL", r.NoticeID).Scan(ctx)
	if err != nil {
		return d, asPerson(err)
	}
	if err := readArgs(&d.Notice); err != nil {
		return d, err
	}
	if err := s.read.NewSelect().Model(&d.Device).Where("id = ? AND person_id = ?", r.DeviceID, d.Notice.PersonID).Scan(ctx); err != nil {
		return d, asPerson(err)
	}
	_, p, err := s.SessionPerson(ctx, d.Device.SessionID)
	if errors.Is(err, ErrUnauthenticated) {
		return d, domain.ErrNotFound
	}
	if err != nil {
		return d, err
	}
	d.Person = *p
	if d.Notice.EventID != "" {
		d.Event, d.Viewer, err = s.Event(ctx, p, d.Notice.EventID)
	}
	return d, err
}

// What became of a delivery.
const (
	DeliverySent   = "sent"
	DeliveryFailed = "failed"
	DeliveryGone   = "gone" // nobody is there any more, or it need not go out
	DeliveryRetry  = "waiting"
)

// EndDelivery closes a delivery. A claim that ran out meanwhile is somebody
// else's: then nothing changes.
func (s *Store) EndDelivery(ctx context.Context, d Delivery, state string) error {
	_, err := s.write.NewRaw("UPDATE deliveries SET state = ?, claimed_until = NULL WHERE id = ? AND state = 'waiting' AND attempts = ?", state, d.ID, d.Attempts).Exec(ctx)
	return asPerson(err)
}

// RetryDelivery lets it be tried again after a while.
func (s *Store) RetryDelivery(ctx context.Context, d Delivery, after time.Duration) error {
	_, err := s.write.NewRaw("UPDATE deliveries SET next_at = ?, claimed_until = NULL WHERE id = ? AND state = 'waiting' AND attempts = ?", s.Now().Add(after), d.ID, d.Attempts).Exec(ctx)
	return asPerson(err)
}

// PushReached notes that a device took something; PushFailed that it did not,
// and why; PushGone forgets a device whose browser has unsubscribed.
func (s *Store) PushReached(ctx context.Context, id string) error {
	_, err := s.write.NewRaw("UPDATE push_devices SET delivered_at = ?, failing_since = NULL, failure = NULL WHERE id = ?", s.Now(), id).Exec(ctx)
	return asPerson(err)
}

// PushFailed keeps since when a device is not reached.
func (s *Store) PushFailed(ctx context.Context, id, why string) error {
	_, err := s.write.NewRaw("UPDATE push_devices SET failing_since = COALESCE(failing_since, ?), failure = ? WHERE id = ?", s.Now(), why, id).Exec(ctx)
	return asPerson(err)
}

// PushGone deletes a device and what was on its way to it.
func (s *Store) PushGone(ctx context.Context, id string) error {
	if _, err := forgetPush(ctx, s.write, "id = ?", id); err != nil {
		return asPerson(err)
	}
	_, err := s.write.NewRaw("UPDATE deliveries SET state = 'gone', claimed_until = NULL WHERE device_id = ? AND state = 'waiting'", id).Exec(ctx)
	return asPerson(err)
}
