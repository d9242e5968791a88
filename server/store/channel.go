package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Channels lists the robots of chat groups.
func (s *Store) Channels(ctx context.Context) ([]domain.Channel, error) {
	list, err := channelsOf(ctx, s.read)
	for k := range list {
		err = errors.Join(err, s.openChannel(&list[k]))
	}
	return list, asPerson(err)
}

func channelsOf(ctx context.Context, db bun.IDB) ([]domain.Channel, error) {
	var list []domain.Channel
	err := db.NewSelect().Model(&list).OrderExpr("made_at, id").Scan(ctx)
	return list, err
}

// Channel by id; ErrNotFound when absent.
func (s *Store) Channel(ctx context.Context, id string) (*domain.Channel, error) {
	c := new(domain.Channel)
	if err := s.read.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
		return c, asPerson(err)
	}
	return c, s.openChannel(c)
}

// AddChannel keeps a new robot. Needs RightChannels.
func (s *Store) AddChannel(ctx context.Context, act domain.Act, c domain.Channel) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightChannels); err != nil {
			return err
		}
		if err := c.Validate(); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		c.ID, c.MadeAt, c.NextAt = NewID(), tx.Now, tx.Now
		row := s.sealedChannel(c)
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created = c.ID
		tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "channel:" + c.ID, Verb: "channel.added", Label: c.Name, New: string(c.Kind)})
		return nil
	})
}

// UpdateChannel changes a robot; an empty address or secret keeps the one there
// is, because they are never shown.
func (s *Store) UpdateChannel(ctx context.Context, act domain.Act, in domain.Channel) (domain.Receipt, error) {
	return s.changeChannel(ctx, act, in.ID, "channel.changed", func(ctx context.Context, tx *Tx, c *domain.Channel) error {
		if in.URL != "" {
			c.URL = in.URL
			c.FailingSince, c.Failure = nil, ""
		}
		if in.Secret != "" {
			c.Secret = in.Secret
			c.FailingSince, c.Failure = nil, ""
		}
		c.Name, c.Topics, c.Locale = in.Name, in.Topics, in.Locale
		if err := c.Validate(); err != nil {
			return err
		}
		row := s.sealedChannel(*c)
		_, err := tx.NewUpdate().Model(&row).Column("name", "url", "secret", "topics", "locale", "failing_since", "failure").WherePK().Exec(ctx)
		return err
	})
}

// DeleteChannel forgets a robot and what it was to say.
func (s *Store) DeleteChannel(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeChannel(ctx, act, id, "channel.removed", func(ctx context.Context, tx *Tx, c *domain.Channel) error {
		_, err := tx.NewDelete().Model(c).WherePK().Exec(ctx)
		return err
	})
}

func (s *Store) changeChannel(ctx context.Context, act domain.Act, id, verb string, fn func(ctx context.Context, tx *Tx, c *domain.Channel) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightChannels); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		c := new(domain.Channel)
		if err := tx.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		if err := s.openChannel(c); err != nil {
			return err
		}
		if err := fn(ctx, tx, c); err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "channel:" + c.ID, Verb: verb, Label: c.Name, New: string(c.Kind)})
		return nil
	})
}

// ChannelNotice is one thing that a chat group is told once.
type ChannelNotice struct {
	bun.BaseModel `bun:"table:channel_notices"`
	ID            string `bun:",pk"`
	ChannelID     string
	Key           string
	EventID       string `bun:",nullzero"`
	Kind          domain.NoticeKind
	Args          string
	URL           string
	Grave         bool
	MadeAt        time.Time
	State         string
}

// tellChannels puts what the groups want to know on its way. What is quiet for
// people is quiet for groups.
func (tx *Tx) tellChannels(ctx context.Context, e *domain.Event, triggers []domain.Trigger) error {
	channels, err := channelsOf(ctx, tx)
	if err != nil {
		return err
	}
	for k := range triggers {
		t := &triggers[k]
		if !t.Working && !e.CallsNow(tx.Now, tx.s.Loc) || t.Kind == domain.NoticeGuest && t.Post == "" {
			continue
		}
		args, err := json.Marshal(t.Args)
		if err != nil {
			return err
		}
		for n := range channels {
			if !channels[n].Wants(t.Kind) {
				continue
			}
			row := &ChannelNotice{ID: NewID(), ChannelID: channels[n].ID, Key: t.Key, EventID: t.EventID, Kind: t.Kind, Args: string(args), URL: t.URL, Grave: t.Grave, MadeAt: tx.Now, State: "waiting"}
			if _, err := tx.NewInsert().Model(row).On("CONFLICT (channel_id, key) DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Batch is everything that waits for one group, claimed by this instance.
type Batch struct {
	Channel domain.Channel
	Notices []domain.Notice
	Events  map[string]*domain.Event
	ids     []string
}

const (
	channelLease = 45 * time.Second
	channelMost  = 50 // notices in one message
)

// ClaimChannels takes the groups that have something waiting and may be spoken
// to now. The claim also paces them: one message at a time, from one instance.
func (s *Store) ClaimChannels(ctx context.Context) ([]Batch, error) {
	var ids []string
	err := s.read.NewSelect().TableExpr("channel_notices").ColumnExpr("DISTINCT channel_id").Where("state = 'waiting'").Scan(ctx, &ids)
	if err != nil {
		return nil, asPerson(err)
	}
	var list []Batch
	for _, id := range ids {
		b, ok, err := s.claimChannel(ctx, id)
		if err != nil {
			return list, asPerson(err)
		}
		if ok {
			list = append(list, b)
		}
	}
	return list, nil
}

func (s *Store) claimChannel(ctx context.Context, id string) (b Batch, ok bool, err error) {
	now := s.Now()
	var claimed []domain.Channel
	err = s.write.NewRaw("UPDATE channels SET claimed_until = ?, attempts = attempts + 1 WHERE id = ? AND next_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?) RETURNING *",
		now.Add(channelLease), id, now, now).Scan(ctx, &claimed)
	if err != nil || len(claimed) == 0 {
		return b, false, err
	}
	b.Channel, b.Events = claimed[0], map[string]*domain.Event{}
	if err := s.openChannel(&b.Channel); err != nil {
		return b, false, err
	}
	if _, err := s.write.NewRaw("UPDATE channel_notices SET state = 'failed' WHERE channel_id = ? AND state = 'waiting' AND made_at < ?", id, now.Add(-deliveryLife)).Exec(ctx); err != nil {
		return b, false, err
	}
	var rows []ChannelNotice
	// From the writer: what was said a moment ago must not be said again.
	if err := s.write.NewSelect().Model(&rows).Where("channel_id = ? AND state = 'waiting'", id).OrderExpr("made_at, id").Limit(channelMost).Scan(ctx); err != nil {
		return b, false, err
	}
	for _, r := range rows {
		n := domain.Notice{ID: r.ID, Key: r.Key, EventID: r.EventID, Kind: r.Kind, ArgsJSON: r.Args, URL: r.URL, Grave: r.Grave, MadeAt: r.MadeAt}
		if err := readArgs(&n); err != nil {
			return b, false, err
		}
		if n.EventID != "" && b.Events[n.EventID] == nil {
			if b.Events[n.EventID], _, err = eventFor(ctx, s.read, nil, n.EventID); err != nil {
				return b, false, err
			}
		}
		b.Notices, b.ids = append(b.Notices, n), append(b.ids, r.ID)
	}
	if len(rows) == 0 {
		return b, false, s.releaseChannel(ctx, &b, "", 0)
	}
	return b, true, nil
}

// ChannelReached notes that the group took the message.
func (s *Store) ChannelReached(ctx context.Context, b Batch) error {
	now := s.Now()
	if err := s.endBatch(ctx, b, "sent"); err != nil {
		return err
	}
	_, err := s.write.NewRaw("UPDATE channels SET claimed_until = NULL, attempts = 0, next_at = ?, delivered_at = ?, failing_since = NULL, failure = NULL WHERE id = ? AND attempts = ?",
		now.Add(b.Channel.Pause()), now, b.Channel.ID, b.Channel.Attempts).Exec(ctx)
	return asPerson(err)
}

// ChannelFailed keeps what the chat said. Without another try what waited is lost.
func (s *Store) ChannelFailed(ctx context.Context, b Batch, why string, again time.Duration) error {
	if again == 0 {
		if err := s.endBatch(ctx, b, "failed"); err != nil {
			return err
		}
	}
	return asPerson(s.releaseChannel(ctx, &b, why, again))
}

func (s *Store) endBatch(ctx context.Context, b Batch, state string) error {
	_, err := s.write.NewRaw("UPDATE channel_notices SET state = ? WHERE id IN (?) AND state = 'waiting'", state, bun.List(b.ids)).Exec(ctx)
	return asPerson(err)
}

func (s *Store) releaseChannel(ctx context.Context, b *Batch, why string, again time.Duration) error {
	now := s.Now()
	q := s.write.NewUpdate().Model((*domain.Channel)(nil)).Set("claimed_until = NULL").Set("next_at = ?", now.Add(max(again, b.Channel.Pause()))).
		Where("id = ? AND attempts = ?", b.Channel.ID, b.Channel.Attempts)
	if why != "" {
		q = q.Set("failing_since = COALESCE(failing_since, ?)", now).Set("failure = ?", why)
	}
	if again == 0 {
		q = q.Set("attempts = 0")
	}
	_, err := q.Exec(ctx)
	return err
}

// ChannelTested notes how a test went.
func (s *Store) ChannelTested(ctx context.Context, id, why string) error {
	q := s.write.NewUpdate().Model((*domain.Channel)(nil)).Where("id = ?", id)
	if why == "" {
		q = q.Set("delivered_at = ?", s.Now()).Set("failing_since = NULL").Set("failure = NULL")
	} else {
		q = q.Set("failing_since = COALESCE(failing_since, ?)", s.Now()).Set("failure = ?", why)
	}
	_, err := q.Exec(ctx)
	return asPerson(err)
}
