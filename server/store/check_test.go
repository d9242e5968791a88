package store_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Every rule finds the one thing that breaks it, and a sound world none. What
// breaks a rule is taken back after the look, together with the parts of the
// schema that would have refused it.
func TestCheck(t *testing.T) {
	const when = "'2026-03-18 00:00:00+00:00'"
	cases := []struct {
		want string
		sql  string // one or more statements
		row  string // what the finding must name; "" = anything
	}{
		{"topics.owner", "INSERT INTO topics (id, seq) VALUES ('event:nothing', 0)", "event:nothing"},
		{"topics.missing", "DELETE FROM changes WHERE topic = 'person:PHOTO'; DELETE FROM topics WHERE id = 'person:PHOTO'; DELETE FROM people WHERE id = 'PHOTO'; " +
			"INSERT INTO people (id, staff_no, name, role, locale, pin_hash, disabled, failed_count, seq, created_at) VALUES ('new', 'new', 'n', 'admin', 'zh', '-', FALSE, 0, 1, " + when + ")", "person:new"},
		{"topics.head", "UPDATE topics SET seq = seq + 1 WHERE id = 'event:OTHER'", "event:OTHER"},
		{"changes.gap", "DELETE FROM changes WHERE topic = 'event:EVENT' AND seq = 2", "event:EVENT"},
		{"changes.event", "UPDATE changes SET event_id = 'OTHER' WHERE topic = 'event:EVENT' AND seq = 3", "event:EVENT 3"},
		{"changes.event", "UPDATE changes SET event_id = 'nothing' WHERE topic = 'person:ADMIN' AND seq = 1", "person:ADMIN 1"},
		{"changes.person", "UPDATE changes SET person_id = 'nobody' WHERE topic = 'event:EVENT' AND seq = 1", "event:EVENT 1"},
		{"changes.subject", "UPDATE changes SET subject = 'item:nothing' WHERE topic = 'event:EVENT' AND seq = (SELECT MAX(seq) FROM changes WHERE topic = 'event:EVENT' AND verb = 'item.photo_struck')", ""},
		{"acts.person", "INSERT INTO acts (person_id, key, receipt, at) VALUES ('nobody', 'k', '{}', " + when + ")", "nobody k"},
		{"acts.unreadable", "INSERT INTO acts (person_id, key, receipt, at) VALUES ('ADMIN', 'k', '{', " + when + ")", "ADMIN k"},
		{"acts.unlogged", `INSERT INTO acts (person_id, key, receipt, at) VALUES ('ADMIN', 'k', '{"topic":"floor","first":9,"seq":9}', ` + when + ")", "ADMIN k floor 9"},
		{"acts.unanswered", "DELETE FROM acts WHERE person_id = 'ADMIN'", ""},
		{"notice_cursors.ahead", "UPDATE notice_cursors SET seq = seq + 100000", "event:EVENT"},
		{"events.seq", "UPDATE events SET seq = 9999 WHERE id = 'EVENT'", "EVENT"},
		{"items.seq", "UPDATE items SET seq = 1 WHERE id = 'ITEM'", "ITEM"},
		{"guests.seq", "UPDATE guests SET seq = 1 WHERE id = 'GUEST'", "GUEST"},
		{"posts.seq", "UPDATE posts SET seq = 9999", ""},
		{"duties.seq", "UPDATE duties SET seq = 9999 WHERE id = (SELECT MIN(id) FROM duties)", ""},
		{"duties.event", "UPDATE duties SET event_id = 'OTHER' WHERE id = (SELECT MIN(id) FROM duties)", ""},
		{"patrols.seq", "UPDATE patrols SET seq = 9999", ""},
		{"checkpoints.round", "UPDATE checkpoints SET round_no = 99 WHERE id = (SELECT MIN(id) FROM checkpoints)", ""},
		{"checkpoints.round", "UPDATE checkpoints SET event_id = 'OTHER' WHERE id = (SELECT MIN(id) FROM checkpoints)", ""},
		{"milestones.seq", "UPDATE milestones SET seq = 9999 WHERE id = (SELECT MIN(id) FROM milestones)", ""},
		{"milestones.kickoff", "UPDATE kickoffs SET event_id = 'OTHER'", ""},
		{"kickoffs.seq", "UPDATE kickoffs SET seq = 9999", ""},
		{"functions.seq", "UPDATE functions SET seq = 9999", ""},
		{"functions.room", "INSERT INTO functions (id, event_id, name, kind, room_id, start_at, end_at, struck, seq, created_at) SELECT 'twin', 'OTHER', name, kind, room_id, start_at, end_at, FALSE, 1, created_at FROM functions", ""},
		{"agenda_items.seq", "UPDATE agenda_items SET seq = 9999", ""},
		{"events.follow", "UPDATE events SET follow_way = 'phone' WHERE id = 'OTHER'", "OTHER"},
		{"cues.seq", "UPDATE cues SET seq = 9999 WHERE id = (SELECT MIN(id) FROM cues)", ""},
		{"vehicles.seq", "UPDATE vehicles SET seq = 9999", ""},
		{"lifts.seq", "UPDATE lifts SET seq = 9999", ""},
		{"requests.seq", "UPDATE requests SET seq = 9999", ""},
		{"requests.offered", "UPDATE request_offers SET state = 'gone'", ""},
		{"requests.offered", "UPDATE requests SET state = 'waiting'", ""},
		{"requests.choices", "DELETE FROM request_choices", ""},
		{"bulletins.seq", "UPDATE bulletins SET seq = 9999 WHERE kind = 'change'", ""},
		{"bulletins.seq", "UPDATE bulletins SET seq = 9999 WHERE kind = 'board'", ""},
		{"assignments.seq", "UPDATE assignments SET seq = 9999 WHERE lead", ""},
		{"bulletins.unseen", "UPDATE bulletins SET superseded = TRUE WHERE escalate_at IS NOT NULL", ""},
		{"bulletins.event", "UPDATE bulletin_lines SET event_id = 'OTHER' WHERE event_id = 'EVENT'", ""},
		{"bulletins.event", "UPDATE board_rows SET bulletin_id = (SELECT MIN(id) FROM bulletins WHERE kind = 'work')", ""},
		{"hosts.seq", "UPDATE hosts SET seq = 9999", ""},
		{"seat_plans.seq", "UPDATE seat_plans SET seq = 9999", ""},
		{"seats.seq", "UPDATE seats SET seq = 9999 WHERE id = (SELECT MIN(id) FROM seats)", ""},
		{"seats.event", "UPDATE seats SET event_id = 'OTHER' WHERE id = (SELECT MIN(id) FROM seats)", ""},
		{"people.seq", "UPDATE people SET seq = 9999 WHERE id = 'ADMIN'", "ADMIN"},
		{"events.status", "UPDATE events SET status = 'live' WHERE id = 'OTHER'", "OTHER"},
		{"items.status", "UPDATE items SET status = 'open' WHERE id = 'BLOCKED'", "BLOCKED"},
		{"guests.position", "UPDATE guests SET position = 'venue' WHERE id = 'GUEST'", "GUEST"},
		{"guests.signed_in", "UPDATE guests SET signed_in_at = position_at WHERE id = 'GUEST'", "GUEST"},
		{"strays.seq", "UPDATE strays SET seq = 1", ""},
		{"strays.guest", "UPDATE strays SET guest_id = 'GUEST', state = 'admitted', event_id = 'OTHER', to_event_id = NULL, seq = 9999 WHERE id = (SELECT MIN(id) FROM strays)", ""},
		{"events.ready", "UPDATE events SET ready_by = 'ADMIN' WHERE id = 'OTHER'", "OTHER"},
		{"events.rooms", "DELETE FROM event_rooms WHERE event_id = 'OTHER'", "OTHER"},
		{"templates.version", "UPDATE items SET template_no = 99 WHERE id = 'ITEM'", "ITEM"},
		{"templates.version", "UPDATE events SET template_no = 99 WHERE id = 'OTHER'", "OTHER"},
		{"templates.items", "DELETE FROM template_items WHERE version_id = (SELECT id FROM template_versions WHERE number = 2)", ""},
		{"templates.numbers", "UPDATE template_versions SET number = 9 WHERE number = 2", ""},
		{"proposals.event", "UPDATE proposals SET event_id = 'OTHER'", ""},
		{"rooms.twice", "INSERT INTO event_rooms (event_id, room_id) SELECT 'OTHER', room_id FROM event_rooms WHERE event_id = 'EVENT'", ""},
		{"rooms.kinds", "UPDATE room_fixtures SET kind = 'horses' WHERE kind = 'mics'", "R2 horses"},
		{"rooms.kinds", "UPDATE room_layouts SET layout = 'car'", "R2 car"},
		{"items.done", "UPDATE items SET done_by = NULL WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.done", "UPDATE items SET done_received_at = NULL WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.accepted", "UPDATE items SET accepted_by = NULL WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.accepted", "UPDATE items SET accepted_by = 'ADMIN' WHERE id = 'BLOCKED'", "BLOCKED"},
		{"items.checked", "UPDATE items SET checked_by = 'ADMIN' WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.own", "UPDATE items SET accepted_by = done_by WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.own", "UPDATE items SET checked_by = done_by, checked_at = done_at WHERE id = 'ACCEPTED'", "ACCEPTED"},
		{"items.reason", "UPDATE items SET reason = '' WHERE id = 'BLOCKED'", "BLOCKED"},
		{"items.rounds", "UPDATE items SET rounds_done = rounds_done + 1 WHERE id = 'ROUND'", "ROUND"},
		{"items.rounds", "UPDATE rounds SET n = n + 5 WHERE item_id = 'ROUND'", "ROUND"},
		{"guests.party", "UPDATE parties SET event_id = 'OTHER'", "GUEST"},
		{"invitations.event", "UPDATE mails SET event_id = 'OTHER'", ""},
		{"guest_photos.event", "UPDATE guest_photos SET event_id = 'OTHER'", ""},
		{"guest_photos.event", "UPDATE guests SET struck = TRUE WHERE id IN (SELECT guest_id FROM guest_photos WHERE struck_at IS NULL)", ""},
		{"photos.event", "UPDATE photos SET event_id = 'OTHER' WHERE id = (SELECT MIN(id) FROM photos WHERE event_id = 'EVENT')", ""},
		{"push_devices.session", "UPDATE push_devices SET person_id = 'ADMIN' WHERE person_id = 'SERVICE'", ""},
		{"devices.session", "UPDATE devices SET person_id = 'ADMIN' WHERE person_id = 'SERVICE'", ""},
		{"people.disabled", "UPDATE people SET disabled = TRUE WHERE id = 'SERVICE'", "service"},
		{"sites.one", "INSERT INTO sites (id, name, office, client) VALUES ('two', '', '', '')", "two"},
		{"notices.twice", "UNKEY notices; INSERT INTO notices (id, person_id, key, kind, args, url, grave, quiet, made_at, repeats) SELECT 'x' || id, person_id, key, kind, args, url, grave, quiet, made_at, repeats FROM notices", ""},
		{"channel_notices.twice", "UNKEY channel_notices; INSERT INTO channel_notices (id, channel_id, key, kind, args, url, grave, made_at, state) SELECT 'x' || id, channel_id, key, kind, args, url, grave, made_at, state FROM channel_notices", ""},
		{"invites.open", "DROP INDEX invites_open; INSERT INTO invites (id, code, person_id, created_at, expires_at) SELECT 'x', 'x', person_id, created_at, expires_at FROM invites", "HEAD"},
		{"notices.args", "UPDATE channel_notices SET args = '{'", ""},
		{"notices.items", "UPDATE notices SET subjects = 'nothing' WHERE id = (SELECT MIN(id) FROM notices)", ""},
		// References: of every table that has some, and the one that was asked for by name.
		{"reference.sessions.person_id", "INSERT INTO sessions (id, person_id, device, created_at, last_seen_at, expires_at) VALUES ('s', 'nobody', '', " + when + ", " + when + ", " + when + ")", "nobody"},
		{"reference.items.assignee_id", "UPDATE items SET assignee_id = 'nobody' WHERE id = 'ITEM'", "nobody"},
		{"reference.deliveries.notice_id", "UPDATE deliveries SET notice_id = 'nothing' WHERE id = (SELECT MIN(id) FROM deliveries)", "nothing"},
		{"reference.channel_notices.channel_id", "UPDATE channel_notices SET channel_id = 'nothing'", "nothing"},
		// What only SQLite takes.
		{"kind.items", "UPDATE items SET due_at = '2026-03-18T08:00:00Z' WHERE id = 'ITEM'", ""},
		{"kind.items", "UPDATE items SET done_at = '2026-03-18 08:00:00+08:00', done_by = 'SERVICE' WHERE id = 'ITEM'", ""},
		{"kind.people", "UPDATE people SET disabled = 2 WHERE id = 'ADMIN'", ""},
		{"kind.rooms", "UPDATE rooms SET name_en = x'00'", ""},
		{"kind.rooms", "UPDATE rooms SET floor = 'G'", ""},
		{"file", "UPDATE items SET redo = -1 WHERE id = 'ITEM'", ""},
	}
	both(t, func(t *testing.T, w *world) {
		w.Fill(t)
		sound(t, w.Store)
		_, _, before := dump(t, w.Store)
		names := w.names(t)
		fill := strings.NewReplacer(names...)
		seen := map[string]bool{}
		err := store.Breaking(t.Context(), w.Store, func(look func(func(context.Context, bun.IDB) error) ([]store.Finding, error)) {
			for _, c := range cases {
				seen[c.want] = true
				if w.Store.Dialect() == "postgres" && (strings.HasPrefix(c.want, "kind.") || c.want == "file") {
					continue
				}
				found, err := look(func(ctx context.Context, db bun.IDB) error { return breakBy(ctx, db, fill.Replace(c.sql)) })
				if err != nil {
					t.Errorf("%s: %v\n%s", c.want, err, c.sql)
					continue
				}
				i := slices.IndexFunc(found, func(f store.Finding) bool { return f.Name == c.want })
				if i < 0 {
					t.Errorf("%s: not found by %v\n%s", c.want, found, c.sql)
					continue
				}
				if f := found[i]; f.N < 1 || len(f.Rows) < 1 || c.row != "" && !slices.Contains(f.Rows, fill.Replace(c.row)) {
					t.Errorf("%s: found %d %q, want %s", c.want, f.N, f.Rows, fill.Replace(c.row))
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range store.RuleNames() {
			if !seen[name] {
				t.Errorf("nothing breaks %s here", name)
			}
		}
		sound(t, w.Store)
		if _, _, after := dump(t, w.Store); after["items"] != before["items"] || after["changes"] != before["changes"] {
			t.Error("a look has changed something")
		}
	})
}

// unkey takes a table's UNIQUE away on SQLite, which can do that only by copying
// it; on PostgreSQL Breaking has done it.
func unkey(ctx context.Context, db bun.IDB, table string) error {
	if db.Dialect().Name() != dialect.SQLite {
		return nil
	}
	var made string
	if err := db.NewRaw("SELECT sql FROM sqlite_master WHERE name = ?", table).Scan(ctx, &made); err != nil {
		return err
	}
	made = regexp.MustCompile(`,\s*UNIQUE \([^)]*\)\s*\)$`).ReplaceAllString(made, ")")
	made = strings.Replace(made, "CREATE TABLE "+table, "CREATE TABLE copy", 1)
	_, err := db.ExecContext(ctx, made+"; INSERT INTO copy SELECT * FROM "+table+"; DROP TABLE "+table+"; ALTER TABLE copy RENAME TO "+table)
	return err
}

// names are the words of TestCheck's statements.
func (w *world) names(t *testing.T) []string {
	t.Helper()
	names := []string{"EVENT", w.Event, "OTHER", w.Other}
	for word, no := range map[string]string{"ADMIN": "admin", "SERVICE": "service", "HEAD": "head", "PHOTO": "photo"} {
		names = append(names, word, w.People[no].ID)
	}
	items, err := w.Store.Items(t.Context(), w.Event)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		switch {
		case i.Status == domain.ItemAccepted:
			names = append(names, "ACCEPTED", i.ID)
		case i.Status == domain.ItemBlocked:
			names = append(names, "BLOCKED", i.ID)
		case i.RoundsDone > 0:
			names = append(names, "ROUND", i.ID)
		case i.Status == domain.ItemOpen:
			names = append(names, "ITEM", i.ID)
		}
	}
	guests, err := w.Store.Guests(t.Context(), w.Event)
	if err != nil || len(guests) == 0 {
		t.Fatal(guests, err)
	}
	for _, g := range guests {
		if g.PartyID != "" {
			names = append(names, "GUEST", g.ID)
		}
	}
	return names
}

// breakBy runs statements, each of which must do something.
func breakBy(ctx context.Context, db bun.IDB, statements string) error {
	for q := range strings.SplitSeq(statements, "; ") {
		if table, ok := strings.CutPrefix(q, "UNKEY "); ok {
			if err := unkey(ctx, db, table); err != nil {
				return err
			}
			continue
		}
		r, err := db.ExecContext(ctx, q)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 && !strings.HasPrefix(q, "DROP") {
			return errors.Join(fmt.Errorf("nothing was broken by %s", q), err)
		}
	}
	return nil
}

// A finding counts all rows and names some.
func TestCheckLimit(t *testing.T) {
	w := onSQLite(t)
	raw(t, w.Store, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.NewRaw("UPDATE topics SET seq = seq + 1").Exec(ctx)
		return err
	})
	found, err := w.Store.Check(t.Context(), 5)
	if n := rows(t, w.Store, "SELECT COUNT(*) FROM topics"); err != nil || len(found) != 1 || found[0].N != n || len(found[0].Rows) != 5 {
		t.Errorf("%+v, %v", found, err)
	}
}
