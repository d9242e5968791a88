package chaos

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // reads the books past the store
	_ "modernc.org/sqlite"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// ledger is what stands in the database when everything is quiet.
type ledger struct {
	changes []change // by topic and seq
	acts    []stored
	heads   map[string]int64
	items   map[string]item
	guests  map[string]guest
	rounds  map[string]int // by item
	counts  map[string]domain.GuestCounts
}

type change struct {
	topic, subject, verb, old, new, key string
	seq                                 int64
	acted, received                     time.Time
}

type stored struct {
	person, key string
	receipt     domain.Receipt
}

type item struct {
	event, status string
	seq           int64
	at            time.Time
	roundsDone    int
}

type guest struct {
	event, position, title string
	seq                    int64
	at                     time.Time
	struck                 bool
}

// readLedger reads the tables themselves: the store's own reading is part of what is judged.
func readLedger(t testing.TB, driver, url string, s *store.Store, events []string) *ledger {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := &ledger{heads: map[string]int64{}, items: map[string]item{}, guests: map[string]guest{}, rounds: map[string]int{}, counts: map[string]domain.GuestCounts{}}
	each := func(query string, row func(scan func(...any) error) error) {
		t.Helper()
		rows, err := db.QueryContext(context.Background(), query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows.Scan); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	each("SELECT topic, seq, subject, verb, COALESCE(old, ''), COALESCE(new, ''), COALESCE(act_key, ''), acted_at, received_at FROM changes ORDER BY topic, seq", func(scan func(...any) error) error {
		var c change
		err := scan(&c.topic, &c.seq, &c.subject, &c.verb, &c.old, &c.new, &c.key, &c.acted, &c.received)
		l.changes = append(l.changes, c)
		return err
	})
	each("SELECT person_id, key, receipt FROM acts", func(scan func(...any) error) error {
		var a stored
		var receipt string
		if err := scan(&a.person, &a.key, &receipt); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(receipt), &a.receipt); err != nil {
			return fmt.Errorf("receipt of %s: %w", a.key, err)
		}
		l.acts = append(l.acts, a)
		return nil
	})
	each("SELECT id, seq FROM topics", func(scan func(...any) error) error {
		var id string
		var seq int64
		err := scan(&id, &seq)
		l.heads[id] = seq
		return err
	})
	each("SELECT id, event_id, status, seq, state_at, rounds_done FROM items", func(scan func(...any) error) error {
		var id string
		var i item
		err := scan(&id, &i.event, &i.status, &i.seq, &i.at, &i.roundsDone)
		l.items[id] = i
		return err
	})
	each("SELECT id, event_id, position, COALESCE(title, ''), seq, position_at, struck FROM guests", func(scan func(...any) error) error {
		var id string
		var g guest
		err := scan(&id, &g.event, &g.position, &g.title, &g.seq, &g.at, &g.struck)
		l.guests[id] = g
		return err
	})
	each("SELECT item_id, SUM(CASE WHEN deferred IS NULL THEN 1 ELSE 0 END) FROM rounds GROUP BY item_id", func(scan func(...any) error) error {
		var id string
		var n int
		err := scan(&id, &n)
		l.rounds[id] = n
		return err
	})
	for _, e := range events {
		if l.counts[e], err = s.GuestCounts(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}
