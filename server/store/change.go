package store

import (
	"context"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Head is a topic's present seq; 0 when the topic does not exist.
func (s *Store) Head(ctx context.Context, topic domain.Topic) (int64, error) {
	heads, err := s.Heads(ctx, []domain.Topic{topic})
	return heads[topic], err
}

// Heads are the present seqs of topics, in one query. A page reads them before
// its rows: then what it shows is never older than what it says.
func (s *Store) Heads(ctx context.Context, topics []domain.Topic) (map[domain.Topic]int64, error) {
	heads := make(map[domain.Topic]int64, len(topics))
	if len(topics) == 0 {
		return heads, nil
	}
	// Read by hand: every page begins with it.
	rows, err := s.read.NewSelect().TableExpr("topics").Column("id", "seq").Where("id IN (?)", bun.List(topics)).Rows(ctx)
	if err != nil {
		return nil, asPerson(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id domain.Topic
		var seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			return nil, asPerson(err)
		}
		heads[id] = seq
	}
	return heads, asPerson(rows.Err())
}

// ChangesSince lists what changed on a topic after seq, oldest first: complete
// and without gaps up to some head.
func (s *Store) ChangesSince(ctx context.Context, topic domain.Topic, since int64, limit int) ([]domain.Change, error) {
	var list []domain.Change
	err := s.read.NewSelect().Model(&list).Column("seq", "subject", "verb").Where("topic = ? AND seq > ?", topic, since).OrderExpr("seq").Limit(int64(limit)).Scan(ctx)
	return list, asPerson(err)
}

// Feed is the newest meaningful changes of an event, newest first.
func (s *Store) Feed(ctx context.Context, eventID string, limit int) ([]domain.Change, error) {
	var list []domain.Change
	err := s.read.NewSelect().Model(&list).Where("topic = ? AND NOT minor", domain.EventTopic(eventID)).OrderExpr("seq DESC").Limit(int64(limit)).Scan(ctx)
	return list, asPerson(err)
}

// Log is the full log of a topic below a seq (0 = newest), newest first.
func (s *Store) Log(ctx context.Context, topic domain.Topic, below int64, limit int) ([]domain.Change, error) {
	var list []domain.Change
	q := s.read.NewSelect().Model(&list).Where("topic = ?", topic).OrderExpr("seq DESC").Limit(int64(limit))
	if below > 0 {
		q = q.Where("seq < ?", below)
	}
	return list, asPerson(q.Scan(ctx))
}
