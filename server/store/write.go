package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Tx is one act in progress. Now is the act's only clock reading.
type Tx struct {
	bun.IDB
	Act domain.Act
	Now time.Time // received-at
	At  time.Time // acted-at, judged to be believable

	s       *Store
	topics  []*counter
	Receipt domain.Receipt
}

type counter struct {
	topic domain.Topic
	first int64 // first seq that belongs to this act
	next  int64 // next seq to give
	rows  []domain.Change
}

// NewID makes a UUIDv7: ids sort by time and can be made on the phone as well.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Write is the only way to change anything. It runs fn in one transaction and
// stores the answer under the act's key: the same key again (also at the same
// time, also after a restart) has one effect and the same answer. Refusals
// (*domain.Error) are answers too and are kept. What fn recorded is announced
// only after the commit. Accidents of concurrency are tried again; a panic
// rolls back.
func (s *Store) Write(ctx context.Context, act domain.Act, fn func(ctx context.Context, tx *Tx) error) (domain.Receipt, error) {
	begun := time.Now()
	receipt, err := s.writeOnce(ctx, act, fn)
	for try := 1; try < 5 && err != nil && isRetry(err); try++ {
		time.Sleep(time.Duration(try*try) * 5 * time.Millisecond)
		receipt, err = s.writeOnce(ctx, act, fn)
	}
	if s.OnCommit != nil {
		s.OnCommit(time.Since(begun), err == nil)
	}
	return receipt, asPerson(err)
}

func (s *Store) writeOnce(ctx context.Context, act domain.Act, fn func(ctx context.Context, tx *Tx) error) (domain.Receipt, error) {
	// Whether the key was answered before is not asked first: nearly no act comes
	// twice, and one that does fails on the stored answer, whatever it tried.
	tx := &Tx{s: s, Act: act, Now: s.Now()}
	tx.At = domain.ClampActedAt(act.ActedAt.UTC().Truncate(time.Microsecond), tx.Now)
	err := s.write.RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, btx bun.Tx) error {
		tx.IDB = btx
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.finish(ctx)
	})
	if err == nil {
		s.announce(tx)
		return tx.Receipt, nil
	}
	if uniqueOn(err, "acts", "") || isUnique(err) && act.Key != "" {
		// The same key was answered while we worked: that answer is ours.
		if done, ok, aerr := s.answered(ctx, act); ok || aerr != nil {
			return done, aerr
		}
	}
	if refusal, ok := domain.AsError(err); ok && act.Key != "" && refusal.Code != domain.CodeUnavailable {
		return s.refuse(ctx, act, refusal, err)
	}
	return domain.Receipt{}, err
}

// refuse keeps a refusal as the answer of its key, unless a twin was faster:
// then that one's answer stands.
func (s *Store) refuse(ctx context.Context, act domain.Act, refusal *domain.Error, cause error) (domain.Receipt, error) {
	if done, ok, err := s.answered(ctx, act); ok || err != nil {
		return done, err
	}
	row, err := newActRow(act, domain.Receipt{Error: refusal}, s.Now())
	if err != nil {
		return domain.Receipt{}, err
	}
	if _, err := s.write.NewInsert().Model(row).Exec(ctx); err != nil {
		if isUnique(err) {
			if done, ok, aerr := s.answered(ctx, act); ok || aerr != nil {
				return done, aerr
			}
		}
		return domain.Receipt{}, err
	}
	return domain.Receipt{Error: refusal}, cause
}

type actRow struct {
	bun.BaseModel `bun:"table:acts"`
	PersonID      string `bun:",pk"`
	Key           string `bun:",pk"`
	Receipt       string
	At            time.Time
}

func newActRow(act domain.Act, r domain.Receipt, at time.Time) (*actRow, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return &actRow{PersonID: personID(act), Key: act.Key, Receipt: string(b), At: at}, nil
}

// answered finds the stored answer of the act's key.
func (s *Store) answered(ctx context.Context, act domain.Act) (r domain.Receipt, ok bool, err error) {
	if act.Key == "" {
		return r, false, nil
	}
	var stored string
	err = s.read.NewSelect().Model((*actRow)(nil)).Column("receipt").Where("person_id = ? AND key = ?", personID(act), act.Key).Scan(ctx, &stored)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if err := json.Unmarshal([]byte(stored), &r); err != nil {
		return r, false, fmt.Errorf("stored answer: %w", err)
	}
	r.Repeated = true
	if r.Error != nil {
		return r, true, r.Error
	}
	return r, true, nil
}

// Lock takes the topic's counter for the rest of the transaction: from here on
// nobody else changes anything of that topic, so rules may read and then write.
func (tx *Tx) Lock(ctx context.Context, topic domain.Topic) error {
	return tx.lockWhere(ctx, "id = ?", topic)
}

// lockEventOf locks the event of the rows of a table whose column is id.
func (tx *Tx) lockEventOf(ctx context.Context, table, column, id string) error {
	return tx.lockWhere(ctx, "id = (SELECT 'event:' || event_id FROM ? WHERE ? = ? LIMIT 1)", bun.Ident(table), bun.Ident(column), id)
}

// lockWhere locks the one topic that the condition names; nothing there means
// that the thing asked for does not exist.
func (tx *Tx) lockWhere(ctx context.Context, where string, args ...any) error {
	var row struct {
		ID  string
		Seq int64
	}
	err := tx.NewRaw("UPDATE topics SET seq = seq + 1 WHERE "+where+" RETURNING id, seq", args...).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.ErrNotFound
	}
	if err != nil {
		return err
	}
	tx.topics = append(tx.topics, &counter{topic: row.ID, first: row.Seq, next: row.Seq})
	return nil
}

// Open makes a new topic and locks it.
func (tx *Tx) Open(ctx context.Context, topic domain.Topic) error {
	if _, err := tx.NewRaw("INSERT INTO topics (id, seq) VALUES (?, 1)", topic).Exec(ctx); err != nil {
		return err
	}
	tx.topics = append(tx.topics, &counter{topic: topic, first: 1, next: 1})
	return nil
}

// Next is the seq that the next Record on the topic will get: what a changed
// row must carry.
func (tx *Tx) Next(topic domain.Topic) int64 { return tx.counter(topic).next }

// Record appends one log row. The topic must have been locked.
func (tx *Tx) Record(c domain.Change) {
	n := tx.counter(c.Topic)
	c.Seq = n.next
	n.next++
	c.ActedAt, c.ReceivedAt, c.ActKey = tx.At, tx.Now, tx.Act.Key
	c.Device, c.Post = tx.Act.Device, tx.Act.Post
	if tx.Act.Person != nil {
		c.PersonID, c.Person = tx.Act.Person.ID, tx.Act.Person.Name
	}
	n.rows = append(n.rows, c)
}

func (tx *Tx) counter(topic domain.Topic) *counter {
	i := slices.IndexFunc(tx.topics, func(c *counter) bool { return c.topic == topic })
	if i < 0 {
		panic("store: topic " + topic + " was not locked in this act")
	}
	return tx.topics[i]
}

// finish writes the log rows, brings the counters to what was given out and
// stores the answer: all in one message to the database.
func (tx *Tx) finish(ctx context.Context) error {
	var last []fmt.Stringer
	for _, n := range tx.topics {
		if head := n.next - 1; head != n.first {
			// Locking took one number; give back an unused one, take the others.
			last = append(last, tx.NewRaw("UPDATE topics SET seq = ? WHERE id = ?", head, n.topic))
		}
		for rows := range slices.Chunk(n.rows, 200) {
			last = append(last, tx.NewInsert().Model(&rows).Returning("NULL"))
		}
	}
	if len(tx.topics) > 0 && len(tx.topics[0].rows) > 0 {
		n := tx.topics[0]
		tx.Receipt.Topic, tx.Receipt.First, tx.Receipt.Seq = n.topic, n.first, n.next-1
		tx.Receipt.Subjects = subjects(n.rows)
	}
	if tx.Act.Key != "" {
		row, err := newActRow(tx.Act, tx.Receipt, tx.Now)
		if err != nil {
			return err
		}
		last = append(last, tx.NewInsert().Model(row))
	}
	return tx.together(ctx, last)
}

// together sends statements whose answers nobody needs as one message. They carry
// their arguments in their text, as all of bun's do.
func (tx *Tx) together(ctx context.Context, queries []fmt.Stringer) error {
	if len(queries) == 0 {
		return nil
	}
	var b strings.Builder
	for _, q := range queries {
		b.WriteString(q.String())
		b.WriteString(";\n")
	}
	_, err := tx.ExecContext(ctx, b.String())
	return err
}

// announce tells the world, after the commit.
func (s *Store) announce(tx *Tx) {
	for _, n := range tx.topics {
		if len(n.rows) > 0 {
			s.Announce(Announcement{Topic: n.topic, First: n.first, Seq: n.next - 1, Subjects: subjects(n.rows)})
		}
	}
}

func subjects(rows []domain.Change) []string {
	list := make([]string, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.Subject)
	}
	return list
}

func personID(a domain.Act) string {
	if a.Person == nil {
		return ""
	}
	return a.Person.ID
}

// ForgetActs deletes stored answers older than 30 days and returns how many.
func (s *Store) ForgetActs(ctx context.Context) (int64, error) {
	res, err := s.write.NewDelete().Model((*actRow)(nil)).Where("at < ?", s.Now().AddDate(0, 0, -30)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
