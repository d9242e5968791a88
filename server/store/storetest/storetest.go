// Package storetest opens real, migrated databases for tests: SQLite always,
// PostgreSQL when one is there. A missing PostgreSQL is said loudly, and is a
// failure where HUIWU_REQUIRE_SERVICES is set.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"io"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for creating databases

	"huiwu/server/domain"
	"huiwu/server/store"
)

// Shanghai is the site zone of tests.
var Shanghai = time.FixedZone("UTC+8", 8*3600)

// Both runs fn on SQLite and on PostgreSQL.
func Both(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// SQLite is a fresh migrated embedded database.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{Dir: t.TempDir()})
}

// Postgres is a fresh migrated PostgreSQL database, dropped after the test.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{URL: PostgresURL(t)})
}

// Quiet is a logger that says nothing.
var Quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	o.Loc, o.Logger = Shanghai, Quiet
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

var once sync.Once

// PostgresURL makes an empty database on the test server and gives its URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_DATABASE_URL")
	if base == "" {
		base = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := admin.PingContext(ctx); err != nil {
		if os.Getenv("HUIWU_REQUIRE_SERVICES") != "" {
			t.Fatalf("PostgreSQL is needed here and does not answer: %v", err)
		}
		once.Do(func() { os.Stderr.WriteString("\n*** PostgreSQL is not there: these tests ran on SQLite only ***\n") })
		t.Skip("PostgreSQL does not answer")
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	name := "huiwu_test_" + hex.EncodeToString(b[:])
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", base)
		if err != nil {
			return
		}
		defer admin.Close()
		_, _ = admin.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// World is a small building to test in: three rooms, one person of each kind,
// three events that start in an hour.
type World struct {
	Store  *store.Store
	People map[string]*domain.Person // by staff number
	Event  string                    // id of a confirmed level-1 event; commander, service, security, cleaning are assigned
	Other  string                    // id of a confirmed level-4 event of the same commander; service2 is assigned
	Secret string                    // id of a confirmed secret level-4 event; service is assigned
}

// People of the world: staff number, name, role, crew.
var staff = []struct {
	no   string
	name string
	role domain.Role
	crew domain.Crew
}{
	{"admin", "海蓝", domain.RoleAdmin, ""},
	{"commander", "石英", domain.RoleCommander, domain.CrewCMD},
	{"supervisor", "云母", domain.RoleSupervisor, domain.CrewSUP},
	{"head", "玉髓", domain.RoleCentreHead, domain.CrewSUP},
	{"service", "琥珀", domain.RoleCrewMember, domain.CrewSVC},
	{"service2", "玛瑙", domain.RoleCrewMember, domain.CrewSVC},
	{"captain", "丹砂", domain.RoleCrewLead, domain.CrewSEC},
	{"security", "花岗", domain.RoleCrewMember, domain.CrewSEC},
	{"cleaning", "滑石", domain.RoleCrewMember, domain.CrewCLN},
	{"engineering", "铜绿", domain.RoleCrewMember, domain.CrewENG},
	{"control", "水晶", domain.RoleControlRoom, domain.CrewCTL},
	{"supplies", "金箔", domain.RoleSupplyClerk, domain.CrewADM},
	{"photo", "银朱", domain.RoleCrewMember, domain.CrewPHO},
	{"board", "大屏", domain.RoleBoard, ""},
}

// NewWorld fills a store.
func NewWorld(t testing.TB, s *store.Store) *World {
	t.Helper()
	ctx := t.Context()
	w := &World{Store: s, People: map[string]*domain.Person{}}
	site := domain.Site{ID: "site", Name: "星澜大厦", Office: "星澜管理处", Client: "远岚集团", IntakeAt: domain.IntakeNever, IntakeGrace: domain.IntakeGraceUsual} // nobody is told of the intake, whatever the hour of the test
	if err := s.Found(ctx, site, []domain.Room{
		{ID: "R1", Name: "报告厅", NameEn: "Auditorium", Floor: 1, Capacity: 200, Sort: 1},
		{ID: "R2", Name: "第一会议室", NameEn: "Conference room 1", Floor: 2, Capacity: 80, Sort: 2},
		{ID: "R3", Name: "第二会议室", NameEn: "Conference room 2", Floor: 2, Capacity: 30, Sort: 3},
	}); err != nil {
		t.Fatal(err)
	}
	for _, x := range staff {
		p := &domain.Person{StaffNo: x.no, Name: x.name, Role: x.role, Crew: x.crew, Locale: "zh", PinHash: "-"}
		if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
			t.Fatal(err)
		}
		w.People[x.no] = p
	}
	start := s.Now().Add(time.Hour)
	arrival := start.Add(-30 * time.Minute)
	w.Event = w.MakeEvent(t, store.EventDraft{Event: domain.Event{
		Name: "海岳省产业合作考察团座谈会", Type: "visit", Organiser: "远岚集团办公室", Contact: "鹧鸪", Level: 1, LevelReason: "省级来访",
		Secrecy: domain.SecrecyNormal, Heads: 60, ArrivalAt: &arrival, StartAt: start, EndAt: start.Add(140 * time.Minute), Photo: true,
	}, Rooms: []string{"R2"}}, "service", "security", "cleaning")
	w.Other = w.MakeEvent(t, store.EventDraft{Event: domain.Event{
		Name: "运营部周例会", Type: "meeting", Organiser: "运营部", Contact: "鹌鹑", Level: 4, Secrecy: domain.SecrecyNormal, Heads: 12,
		StartAt: start, EndAt: start.Add(time.Hour),
	}, Rooms: []string{"R3"}}, "service2")
	w.Secret = w.MakeEvent(t, store.EventDraft{Event: domain.Event{
		Name: "评标会", Type: "meeting", Organiser: "采购部", Contact: "白鹭", Level: 4, Secrecy: domain.SecrecySecret, Heads: 9,
		StartAt: start, EndAt: start.Add(time.Hour),
	}, Rooms: []string{"R1"}}, "service")
	return w
}

// MakeEvent creates and confirms an event under the commander, with those
// people. Every item that needs a photo has one: tests are about other things.
func (w *World) MakeEvent(t testing.TB, d store.EventDraft, people ...string) string {
	t.Helper()
	d.Event.CommanderID = w.People["commander"].ID
	for _, p := range people {
		d.People = append(d.People, domain.Assignment{PersonID: w.People[p].ID})
	}
	r, err := w.Store.CreateEvent(t.Context(), domain.Act{}, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.SetStatus(t.Context(), domain.Act{}, r.Created, domain.EventConfirmed, ""); err != nil {
		t.Fatal(err)
	}
	w.photographAll(t, r.Created)
	return r.Created
}

// Act is an act of that person, now, with a fresh key.
func (w *World) Act(staffNo string) domain.Act {
	return domain.Act{Key: store.NewID(), Person: w.People[staffNo]}
}

// Item finds an item of an event by its template id.
func (w *World) Item(t testing.TB, event, template string) domain.Item {
	t.Helper()
	items, err := w.Store.Items(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.TemplateID == template {
			return i
		}
	}
	t.Fatalf("event has no item %s", template)
	return domain.Item{}
}

// Photograph gives items that need a photo one, so that they can be ticked.
func (w *World) Photograph(t testing.TB, items ...domain.Item) {
	t.Helper()
	for _, i := range items {
		if i.PhotoMissing() {
			w.AddPhoto(t, i)
		}
	}
}

// AddPhoto puts a photo by the supervisor to an item and gives its id. No
// picture belongs to it.
func (w *World) AddPhoto(t testing.TB, i domain.Item) string {
	t.Helper()
	id := store.NewID()
	if _, err := w.Store.AddPhoto(t.Context(), domain.Act{Person: w.People["supervisor"]}, domain.Photo{ID: id, ItemID: i.ID, File: id, Width: 4, Height: 3}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *World) photographAll(t testing.TB, event string) {
	t.Helper()
	items, err := w.Store.Items(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	w.Photograph(t, items...)
}
