package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Finding is one rule that the data break.
type Finding struct {
	Name string   `json:"name"`
	Says string   `json:"says"`  // what is wrong
	Do   string   `json:"do"`    // what to do about it
	N    int      `json:"count"` // how many rows
	Rows []string `json:"rows"`  // the first of them
}

// rule is something that always holds; its query gives the rows that break it,
// in one column of text. It runs on both databases.
type rule struct{ name, says, do, query string }

// Check looks for what cannot be, in one moment of the database, and changes
// nothing. Each finding names at most limit rows.
func (s *Store) Check(ctx context.Context, limit int) ([]Finding, error) {
	var list []Finding
	err := s.readTx(ctx, func(tx bun.Tx) (err error) {
		list, err = s.check(ctx, tx, limit)
		return err
	})
	return list, err
}

func (s *Store) check(ctx context.Context, db bun.IDB, limit int) ([]Finding, error) {
	tables, err := s.tables(ctx, db)
	if err != nil {
		return nil, err
	}
	all := rules
	for _, t := range tables {
		for _, r := range t.Refs {
			all = append(all, r.rule())
		}
		if !s.postgres { // PostgreSQL takes nothing of the wrong kind
			all = append(all, t.rule())
		}
	}
	var list []Finding
	for _, r := range all {
		f := Finding{Name: r.name, Says: r.says, Do: r.do, Rows: []string{}}
		var rows []string
		if err := db.NewRaw(r.query).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		for _, row := range rows {
			f.add(row, limit)
		}
		list = f.appendTo(list)
	}
	for _, look := range []func(context.Context, bun.IDB, int) ([]Finding, error){s.checkActs, s.checkNotices, s.checkFile} {
		found, err := look(ctx, db, limit)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (f *Finding) add(row string, limit int) {
	if f.N++; f.N <= limit {
		f.Rows = append(f.Rows, row)
	}
}

func (f *Finding) appendTo(list []Finding) []Finding {
	if f.N == 0 {
		return list
	}
	return append(list, *f)
}

// rule of a foreign key: SQLite keeps them only for who asked it to, and a
// restore by other tools may leave them out.
func (r reference) rule() rule {
	return rule{
		name: "reference." + r.Table + "." + r.Column,
		says: fmt.Sprintf("rows of %s whose %s names nothing in %s", r.Table, r.Column, r.Parent),
		do:   fmt.Sprintf("find the missing rows of %s in a backup and put them back, or take %s out of these rows", r.Parent, r.Column),
		query: fmt.Sprintf("SELECT DISTINCT t.%[2]s FROM %[1]s AS t WHERE t.%[2]s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %[3]s AS p WHERE p.%[4]s = t.%[2]s) ORDER BY 1",
			r.Table, r.Column, r.Parent, r.ParentColumn),
	}
}

// rule of a table's kinds of values: SQLite takes anything anywhere, and
// compares times as text, so that another spelling is another time.
func (t table) rule() rule {
	var wrong []string
	for _, c := range t.Columns {
		is := map[kind]string{
			kindText: "typeof(%[1]s) = 'text'",
			kindInt:  "typeof(%[1]s) = 'integer'",
			kindBool: "typeof(%[1]s) = 'integer' AND %[1]s IN (0, 1)",
			kindReal: "typeof(%[1]s) IN ('real', 'integer')",
			kindTime: "typeof(%[1]s) = 'text' AND %[1]s GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]*+00:00' AND strftime('%%s', %[1]s) IS NOT NULL",
		}[c.Kind]
		wrong = append(wrong, fmt.Sprintf("SELECT rowid || '.%[1]s: ' || quote(%[1]s) FROM "+t.Name+" WHERE %[1]s IS NOT NULL AND NOT ("+is+")", c.Name))
	}
	return rule{
		name:  "kind." + t.Name,
		says:  "values of " + t.Name + " that are not of the kind of their column (rowid, column: value)",
		do:    "write them as the rows beside them are written; times as 2026-03-18 01:00:00.5+00:00, in UTC",
		query: strings.Join(wrong, " UNION ALL "),
	}
}

// checkActs compares the kept answers with the log, both ways.
func (s *Store) checkActs(ctx context.Context, db bun.IDB, limit int) ([]Finding, error) {
	unreadable := Finding{
		Name: "acts.unreadable", Says: "kept answers that cannot be read (person key)", Rows: []string{},
		Do: "delete these rows of acts: a phone that asks again gets an error until then",
	}
	unlogged := Finding{
		Name: "acts.unlogged", Says: "answers that tell of changes which the log does not have (person key topic seq)", Rows: []string{},
		Do: "the log was cut or altered: compare with a backup from before and put the rows of changes back",
	}
	unanswered := Finding{
		Name: "acts.unanswered", Says: "changes of the last 30 days whose answer is not kept (person key)", Rows: []string{},
		Do: "a phone that sends such an act again would do it twice: put the rows of acts back from a backup, or let all phones reload",
	}
	type act struct{ person, key string }
	type span struct {
		topic       string
		first, last int64
		n           int64
		newest      time.Time
	}
	logged := map[act]map[string]span{}
	var rows []struct {
		PersonID, ActKey, Topic string
		First, Last, N          int64
		Newest                  time.Time
	}
	err := db.NewRaw(`SELECT COALESCE(person_id, '') AS person_id, act_key, topic, MIN(seq) AS first, MAX(seq) AS last, COUNT(*) AS n, MAX(received_at) AS newest
		FROM changes WHERE act_key IS NOT NULL GROUP BY 1, 2, 3`).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		a := act{r.PersonID, r.ActKey}
		if logged[a] == nil {
			logged[a] = map[string]span{}
		}
		logged[a][r.Topic] = span{r.Topic, r.First, r.Last, r.N, r.Newest}
	}
	var acts []struct {
		PersonID, Key, Receipt string
		Made                   bool
	}
	if err := db.NewRaw("SELECT person_id, key, receipt FROM acts ORDER BY person_id, key").Scan(ctx, &acts); err != nil {
		return nil, err
	}
	answered := map[act]bool{}
	for _, a := range acts {
		answered[act{a.PersonID, a.Key}] = true
		var r struct {
			Topic      string
			First, Seq int64
		}
		if err := json.Unmarshal([]byte(a.Receipt), &r); err != nil {
			unreadable.add(a.PersonID+" "+a.Key, limit)
			continue
		}
		l := logged[act{a.PersonID, a.Key}][r.Topic]
		if r.Seq > 0 && (l.first != r.First || l.last != r.Seq || l.n != r.Seq-r.First+1) {
			unlogged.add(fmt.Sprintf("%s %s %s %d", a.PersonID, a.Key, r.Topic, r.Seq), limit)
		}
	}
	for _, r := range rows {
		// Answers older than 30 days are forgotten; an hour for clocks that differ.
		if !answered[act{r.PersonID, r.ActKey}] && s.Now().Sub(r.Newest) < 30*24*time.Hour-time.Hour {
			unanswered.add(r.PersonID+" "+r.ActKey, limit)
		}
	}
	return unanswered.appendTo(unlogged.appendTo(unreadable.appendTo(nil))), nil
}

// checkNotices looks into what notices carry as text.
func (s *Store) checkNotices(ctx context.Context, db bun.IDB, limit int) ([]Finding, error) {
	args := Finding{
		Name: "notices.args", Says: "notices whose arguments cannot be read (id)", Rows: []string{},
		Do: "set args of these rows of notices or channel_notices to {}: the list of notices of that person or group fails until then",
	}
	lost := Finding{
		Name: "notices.items", Says: "notices about items that do not exist (notice item)", Rows: []string{},
		Do: "find out how the items were deleted (the program never deletes any) and put them back from a backup",
	}
	var items []string
	if err := db.NewRaw("SELECT id FROM items ORDER BY id").Scan(ctx, &items); err != nil {
		return nil, err
	}
	var rows []struct{ ID, Args, Subjects string }
	err := db.NewRaw("SELECT id, args, COALESCE(subjects, '') AS subjects FROM notices UNION ALL SELECT id, args, '' FROM channel_notices ORDER BY id").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := json.Unmarshal([]byte(r.Args), &map[string]string{}); err != nil {
			args.add(r.ID, limit)
		}
		for id := range strings.FieldsSeq(r.Subjects) {
			if strings.Contains(id, ":") { // a cue, a duty, a guest: see SettleNotices
				continue
			}
			if _, ok := slices.BinarySearch(items, id); !ok {
				lost.add(r.ID+" "+id, limit)
			}
		}
	}
	return lost.appendTo(args.appendTo(nil)), nil
}

// checkFile lets SQLite look at its own file; PostgreSQL has tools of its own.
func (s *Store) checkFile(ctx context.Context, db bun.IDB, limit int) ([]Finding, error) {
	if s.postgres {
		return nil, nil
	}
	f := Finding{
		Name: "file", Says: "what SQLite finds wrong in its file", Rows: []string{},
		Do: "the disk or a copy damaged the file: stop the program, keep the file, restore the newest backup",
	}
	var said []string
	if err := db.NewRaw("PRAGMA integrity_check").Scan(ctx, &said); err != nil {
		return nil, err
	}
	for _, row := range said {
		if row != "ok" {
			f.add(row, limit)
		}
	}
	return f.appendTo(nil), nil
}

// PhotoFiles are the names of the photos and attachments whose files should be there,
// and whether they stand: the files of a struck photo may go at any moment.
func (s *Store) PhotoFiles(ctx context.Context) (map[string]bool, error) {
	return photoFiles(ctx, s.read, func(string) bool { return true })
}
