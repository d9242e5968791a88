package store_test

import (
	"context"
	"slices"
	"testing"

	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// A database that is full takes every step of the schema back and forward again,
// one step, two, up to the first: what an older program left is sound after an
// update, and so is a backup of it.
func TestUpgrade(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s, ctx := open(t, o), t.Context()
		if err := store.MigrateSingly(ctx, s); err != nil {
			t.Fatal(err)
		}
		storetest.NewWorld(t, s).Fill(t)
		raw(t, s, func(ctx context.Context, tx *store.Tx) error { // drills, seats, strays, posts, cues, cars and requests go with their tables, what is logged does not
			for _, q := range []string{
				"DELETE FROM supplies", "UPDATE events SET supplies = NULL, lift_id = NULL",
				"DELETE FROM person_skills", "DELETE FROM roster_entries", "UPDATE assignments SET lead = FALSE, seq = 0", "UPDATE sites SET day_hours = 10",
				"DELETE FROM intake_steps", "DELETE FROM bulletin_lines", "DELETE FROM board_rows", "DELETE FROM acknowledgements", "DELETE FROM bulletins",
				"DELETE FROM guest_photos", "DELETE FROM milestones", "DELETE FROM kickoffs", "DELETE FROM functions", "DELETE FROM agenda_items", "DELETE FROM seats", "DELETE FROM seat_plans", "DELETE FROM hosts", "DELETE FROM strays",
				"DELETE FROM mails WHERE request_id IS NOT NULL", "DELETE FROM request_files", "DELETE FROM request_questions", "DELETE FROM request_offers", "DELETE FROM request_needs", "DELETE FROM request_choices", "DELETE FROM requests",
				"DELETE FROM acts WHERE receipt LIKE '%\"topic\":\"requests\"%'", "DELETE FROM changes WHERE topic = 'requests'", "UPDATE topics SET seq = 0 WHERE id = 'requests'",
				"DELETE FROM checkpoints", "DELETE FROM patrols", "DELETE FROM duties", "DELETE FROM posts", "DELETE FROM cues", "DELETE FROM vehicles", "DELETE FROM lifts",
				"UPDATE changes SET subject = 'site:' || (SELECT id FROM sites) WHERE subject LIKE 'lift:%' OR subject LIKE 'room:%' OR subject LIKE 'template:%' OR subject LIKE 'proposal:%' OR topic = 'floor' AND (subject LIKE 'bulletin:%' OR subject LIKE 'day:%')",
				"UPDATE changes SET subject = topic WHERE subject LIKE 'drill:%' OR subject LIKE 'bulletin:%' OR subject LIKE 'host:%' OR subject LIKE 'plan:%' OR subject LIKE 'seat:%' OR subject LIKE 'stray:%' OR subject LIKE 'post:%' OR subject LIKE 'patrol:%' OR subject LIKE 'cue:%' OR subject LIKE 'vehicle:%' OR subject LIKE 'function:%' OR subject LIKE 'agenda:%' OR subject LIKE 'milestone:%' OR subject LIKE 'kickoff:%'",
				"DELETE FROM room_fixtures", "DELETE FROM room_layouts", "DELETE FROM blockings", "DELETE FROM calendar_links", "UPDATE rooms SET photo_file = NULL, photo_width = 0, photo_height = 0, setup_min = NULL",
				"DELETE FROM proposals", "DELETE FROM template_items", "DELETE FROM template_versions",
				"UPDATE changes SET verb = 'guest.changed' WHERE verb LIKE 'guest.sign%'", // and so do columns
				"UPDATE guests SET phone = NULL, signed_in_at = NULL, signed_in_by = NULL, sign_at = NULL, pack = FALSE, badge = FALSE, next_at = NULL",
				"UPDATE events SET early_at = NULL",
				"UPDATE sites SET intake_at = '17:00'",
			} {
				if _, err := tx.NewRaw(q).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		sound(t, s)
		steps, tables, full := dump(t, s)
		if len(steps) < 5 || steps[0].Group != 1 || steps[len(steps)-1].Group != int64(len(steps)) {
			t.Fatal("not one by one: ", steps)
		}
		for n := 1; n < len(steps); n++ {
			for {
				have, _, _ := dump(t, s)
				if len(have) == len(steps)-n {
					break
				}
				if down, err := s.Rollback(ctx); err != nil || len(down) == 0 {
					t.Fatal(n, down, err)
				}
			}
			schema, older, data := dump(t, s)
			if n == len(steps)-1 && (slices.Equal(older, tables) || data["people"] == full["people"]) {
				t.Fatal(n, ": still the newest schema")
			}
			// A backup from then, restored by this program.
			into := open(t, store.Options{Dir: t.TempDir()})
			if err := restored(ctx, into, schema, older, data); err != nil {
				t.Fatal(n, err)
			}
			up, err := s.Migrate(ctx)
			if err != nil || len(up) != n {
				t.Fatal(n, up, err)
			}
			sound(t, s)
			sound(t, into)
			gotSchema, gotTables, got := dump(t, into)
			wantSchema, _, want := dump(t, s)
			if !slices.Equal(gotSchema, wantSchema) || !slices.Equal(gotTables, tables) {
				t.Errorf("%d steps: schema %v, want %v", n, gotSchema, wantSchema)
			}
			for name, rows := range want {
				if got[name] != rows {
					t.Errorf("%d steps: %s differs between the updated and the restored", n, name)
				}
			}
			for _, name := range []string{"events", "guests", "topics", "rounds", "assignments", "sites"} { // no later step touches them
				if want[name] != full[name] {
					t.Errorf("%d steps: %s is not as it was", n, name)
				}
			}
		}
	})
}
