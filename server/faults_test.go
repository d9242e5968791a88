package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// through starts the program on a PostgreSQL that it reaches by a wire.
func through(t *testing.T) (*site, *wire, string) {
	t.Helper()
	direct, err := url.Parse(migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, direct.Host)
	by := *direct
	by.Host = w.addr()
	return start(t, setting{Database: by.String(), Mute: true}), w, direct.String()
}

// TestDoneButNotShown cuts the database off between the act and its answer: what was done must not read as refused.
func TestDoneButNotShown(t *testing.T) {
	s, w, _ := through(t)
	service := s.signIn(t, "service")
	service.get("/today") // its session is known
	item := s.world.Item(t, s.world.Event, "S13")
	announce := s.Store.Announce
	s.Store.Announce = func(a store.Announcement) {
		w.set(true)
		announce(a)
	}
	key := store.NewID()
	a := service.act("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key)
	if a.status != http.StatusOK || a.header.Get("X-Ack") != key || !strings.Contains(a.body, "data-refetch") {
		t.Errorf("done, and answered %d X-Ack=%q %s", a.status, a.header.Get("X-Ack"), a.body)
	}
	w.set(false)
	eventually(t, "the same key shows the row", func() bool {
		a := service.act("PUT", "/items/"+item.ID+"/done", nil, "Idempotency-Key", key)
		return a.status == http.StatusOK && a.header.Get("X-Ack") == key && element(t, a.body, "item-"+item.ID) != nil
	})
}

// TestActedWhenItArrived lets an act wait for a slow database before it is looked at: that is not when it was done.
func TestActedWhenItArrived(t *testing.T) {
	s, _, direct := through(t)
	service := s.signIn(t, "service")
	item := s.world.Item(t, s.world.Event, "S13")
	db, err := sql.Open("pgx", direct)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	s.Web.ForgetSessions("")
	const wait = 2 * time.Second
	time.AfterFunc(wait, func() { _ = tx.Rollback() })
	begun := time.Now()
	stamp := begun.UTC().Format(time.RFC3339Nano)
	service.does("PUT", "/items/"+item.ID+"/done", nil, "X-Acted-At", stamp, "X-Sent-At", stamp)
	if took := time.Since(begun); took < wait {
		t.Fatalf("nothing was slow: %v", took)
	}
	if at := s.itemNow(t, item.ID).DoneAt; at.Sub(begun) > wait/2 {
		t.Errorf("done %v after it was", at.Sub(begun))
	}
}

// TestTimeRanOut: an answer that comes too late is no defect, so a phone must not put the act aside as one.
func TestTimeRanOut(t *testing.T) {
	srv, err := server.New(t.Context(), server.Config{DataDir: t.TempDir(), SiteTZ: "Asia/Shanghai"}, storetest.Quiet, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	srv.Fiber().Put("/slow", func(*fiber.Ctx) error { return fmt.Errorf("rendering: %w", context.DeadlineExceeded) })
	r := httptest.NewRequest(http.MethodPut, "/slow", nil)
	r.Header.Set("Idempotency-Key", store.NewID())
	a, err := srv.Fiber().Test(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("X-Ack") != "" || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
}
