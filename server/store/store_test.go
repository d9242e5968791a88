package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// world is storetest's World under a clock of its own: it is 08:31 on site, on
// 2026-03-18; the events start at 09:30.
type world struct {
	*storetest.World
	now *atomic.Int64 // µs
}

// both runs fn on SQLite and on PostgreSQL, side by side, each with a fresh world.
func both(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); fn(t, onPostgres(t)) })
}

func newWorld(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := underClock(s)
	w.World = storetest.NewWorld(t, s)
	w.pass(time.Minute)
	return w
}

func underClock(s *store.Store) *world {
	w := &world{now: new(atomic.Int64)}
	w.set("08:30")
	s.Now = func() time.Time { return time.UnixMicro(w.now.Load()).UTC() }
	return w
}

// Making a world takes a second where the race detector watches and disks are
// slow. So each database has one as a prototype, and a test works on a copy.
var prototype struct {
	sync.Mutex
	dir, url         string
	sqlite, postgres storetest.World
	atTheEnd         []func()
	copyOnPostgres   string // statements
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, fn := range prototype.atTheEnd {
		fn()
	}
	os.Exit(code)
}

// lasting is a test whose clean-up waits for the end of all tests.
type lasting struct{ testing.TB }

func (lasting) Cleanup(fn func()) {
	prototype.Lock()
	defer prototype.Unlock()
	prototype.atTheEnd = append(prototype.atTheEnd, fn)
}

// original migrates a database and fills it; it returns the world in it.
func original(t *testing.T, o store.Options, then func(s *store.Store)) storetest.World {
	t.Helper()
	s := open(t, o)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := *newWorld(t, s).World
	then(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// reopened is a copy of a prototype's world in the database that now holds it.
func reopened(t *testing.T, o store.Options, made storetest.World) *world {
	t.Helper()
	s := open(t, o)
	w := underClock(s)
	w.World = &made
	w.Store, w.People = s, maps.Clone(made.People)
	w.pass(time.Minute)
	return w
}

func onSQLite(t *testing.T) *world {
	t.Helper()
	p := &prototype
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "huiwu")
		if err != nil {
			t.Fatal(err)
		}
		lasting{t}.Cleanup(func() { _ = os.RemoveAll(dir) })
		p.sqlite = original(t, store.Options{Dir: dir}, func(*store.Store) {})
		p.dir = dir
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	return reopened(t, store.Options{Dir: dir}, p.sqlite)
}

func onPostgres(t *testing.T) *world {
	t.Helper()
	p := &prototype
	if p.url == "" {
		url := storetest.PostgresURL(lasting{t})
		p.postgres = original(t, store.Options{URL: url}, func(s *store.Store) {
			raw(t, s, func(ctx context.Context, tx *store.Tx) error {
				tables, err := store.TableNames(ctx, s, tx) // what is referred to comes first
				if err != nil {
					return err
				}
				var steps []string // of the schema: tests take some away
				if err := tx.NewRaw("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND starts_with(relname, 'bun_')").Scan(ctx, &steps); err != nil {
					return err
				}
				tables = append(tables, steps...)
				keep, empty, fill := "CREATE SCHEMA kept;", "", ""
				for _, x := range tables {
					keep += "CREATE TABLE kept." + x + " AS TABLE public." + x + ";"
					empty = "DELETE FROM public." + x + ";" + empty
					fill += "INSERT INTO public." + x + " SELECT * FROM kept." + x + ";"
				}
				p.copyOnPostgres = empty + fill
				_, err = tx.NewRaw(keep).Exec(ctx)
				return err
			})
		})
		p.url = url
	}
	w := reopened(t, store.Options{URL: p.url}, p.postgres)
	raw(t, w.Store, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.NewRaw(p.copyOnPostgres).Exec(ctx)
		return err
	})
	return w
}

// open opens a database that need not be migrated.
func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	o.Loc, o.Logger = storetest.Shanghai, storetest.Quiet
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// empty runs fn on an empty database of each kind, which can be opened again and again.
func empty(t *testing.T, fn func(t *testing.T, o store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, store.Options{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); fn(t, store.Options{URL: storetest.PostgresURL(t)}) })
}

func (w *world) pass(d time.Duration) { w.now.Add(d.Microseconds()) }

// set puts the clock to a time of the day on site.
func (w *world) set(s string) { w.now.Store(clock(s).UnixMicro()) }

// acted is an act of that person, done then and received now.
func (w *world) acted(staffNo, then string) domain.Act {
	a := w.Act(staffNo)
	a.ActedAt = clock(then)
	return a
}

// event is the present state of an event.
func (w *world) event(t *testing.T, id string) *domain.Event {
	t.Helper()
	e, _, err := w.Store.Event(t.Context(), nil, id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// status moves an event on, as its commander.
func (w *world) status(t *testing.T, id string, status domain.EventStatus) {
	t.Helper()
	must(t)(w.Store.SetStatus(t.Context(), w.Act("commander"), id, status, ""))
}

// settle has the supervisor do, the centre head check and the commander accept
// every item of the event that pick chooses.
func (w *world) settle(t *testing.T, event string, pick func(i domain.Item) bool) {
	t.Helper()
	ctx := t.Context()
	items, err := w.Store.Items(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.IsRound() || !i.Open() || !pick(i) {
			continue
		}
		reading := map[string]string{domain.EvidenceNumber: "25", domain.EvidenceSignature: "鹧鸪"}[i.Evidence]
		w.Photograph(t, i)
		must(t)(w.Store.DoItem(ctx, w.Act("supervisor"), i.ID, reading))
		if i.Acceptance == domain.AcceptBoth {
			must(t)(w.Store.AcceptItem(ctx, w.Act("head"), i.ID))
		}
		if i.NeedsAcceptance() {
			must(t)(w.Store.AcceptItem(ctx, w.Act("commander"), i.ID))
		}
	}
}

func star(i domain.Item) bool { return i.Flag == domain.FlagBlocksReady }

// log is the topic's log, oldest first.
func (w *world) log(t *testing.T, topic domain.Topic) []domain.Change {
	t.Helper()
	return logOf(t, w.Store, topic)
}

func logOf(t *testing.T, s *store.Store, topic domain.Topic) []domain.Change {
	t.Helper()
	list, err := s.Log(t.Context(), topic, 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	for a, b := 0, len(list)-1; a < b; a, b = a+1, b-1 {
		list[a], list[b] = list[b], list[a]
	}
	return list
}

// since is what happened on an event since a seq, as "verb old→new".
func (w *world) since(t *testing.T, event string, seq int64) string {
	t.Helper()
	var list []string
	for _, c := range w.log(t, domain.EventTopic(event)) {
		if c.Seq > seq {
			list = append(list, fmt.Sprintf("%s %s→%s", c.Verb, c.Old, c.New))
		}
	}
	return strings.Join(list, ", ")
}

func (w *world) head(t *testing.T, topic domain.Topic) int64 {
	t.Helper()
	n, err := w.Store.Head(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// whole checks that a topic's log has every seq from 1 to its head.
func whole(t *testing.T, s *store.Store, topic domain.Topic) {
	t.Helper()
	list := logOf(t, s, topic)
	for n, c := range list {
		if c.Seq != int64(n+1) {
			t.Fatalf("%s: row %d has seq %d", topic, n+1, c.Seq)
		}
	}
	if head, err := s.Head(t.Context(), topic); err != nil || head != int64(len(list)) {
		t.Fatalf("%s: %d rows, head %d, %v", topic, len(list), head, err)
	}
}

// clock is a time of 2026-03-18 on site.
func clock(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-03-18 "+s+":00", storetest.Shanghai)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// at shows a moment on site.
func at(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.In(storetest.Shanghai).Format("01-02 15:04")
}

func ptr[T any](v T) *T { return &v }

// must takes what an act answered: must(t)(s.DoItem(…)).
func must(t *testing.T) func(r domain.Receipt, err error) domain.Receipt {
	return func(r domain.Receipt, err error) domain.Receipt {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// refused takes what an act answered and gives the key of its refusal.
func refused(_ domain.Receipt, err error) string { return key(err) }

// key is the key of a refusal; "" when there is none.
func key(err error) string {
	if err == nil {
		return ""
	}
	e, ok := domain.AsError(err)
	if !ok {
		return "fault: " + err.Error()
	}
	if len(e.Fields) > 0 {
		return e.Fields[0].Field + ":" + e.Fields[0].Key
	}
	return e.Key
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// together runs fn n times at once.
func together(n int, fn func(k int)) {
	var ready, done sync.WaitGroup
	gun := make(chan struct{})
	for k := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-gun
			fn(k)
		})
	}
	ready.Wait()
	close(gun)
	done.Wait()
}

// rows counts rows by a statement that gives one number.
func rows(t *testing.T, s *store.Store, query string, args ...any) int {
	t.Helper()
	var n int
	raw(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.NewRaw(query, args...).Scan(ctx, &n) })
	return n
}

func raw(t *testing.T, s *store.Store, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if _, err := s.Write(t.Context(), domain.Act{}, fn); err != nil {
		t.Fatal(err)
	}
}

// TestClosedIsAway: a request that outlives the shutdown is to be tried again elsewhere, not put aside as a defect.
func TestClosedIsAway(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		if err := w.Store.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Heads(t.Context(), []string{domain.EventTopic(w.Event)}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("reading: %v", err)
		}
		if _, err := w.Store.SetLocale(t.Context(), w.Act("service"), "en"); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("acting: %v", err)
		}
	})
}
