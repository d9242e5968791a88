package main

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"huiwu/server"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// The whole tool on a small stage: what it seeds can be played, and it finds
// nothing wrong with a server that works.
func TestPlay(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir, Loc: storetest.Shanghai, Logger: storetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	c, err := seed(ctx, s, 20, 60, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	base := serve(t, server.Config{DataDir: dir})

	page, err := fetchPages(ctx, base, c, pageOptions{conns: 3, time: 200 * time.Millisecond, accept: "text/html"})
	if err != nil || page.Items != 60 || page.Requests == 0 {
		t.Errorf("%+v %v", page, err)
	}
	db, err := openSQL(&stand{options: store.Options{Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fresh, err := fetchPages(ctx, base, c, pageOptions{conns: 3, time: 200 * time.Millisecond, accept: "text/html", stale: func(ctx context.Context, events []string) error { return moveOn(ctx, db, events) }})
	if err != nil || fresh.Items != 60 || fresh.Requests == 0 {
		t.Errorf("%+v %v", fresh, err)
	}
	if _, err := fetchPages(ctx, base, c, pageOptions{conns: 1, time: time.Millisecond, accept: "text/html", again: true}); err != nil && !errors.Is(err, errNoTag) {
		t.Error(err)
	}
	alone, err := actAlone(ctx, base, c, 20)
	if err != nil || alone.Acts != 20 {
		t.Errorf("%+v %v", alone, err)
	}
	live, err := playLive(ctx, []string{base, base}, []int{os.Getpid()}, c, liveOptions{Sockets: 30, Never: 3, Late: 3, Actors: 12, Acts: 60, Rate: 100, Storm: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.faulty(); err != nil || live.Acts+live.Refused != 70 || live.Verdict.Pairs != 10*live.Acts {
		t.Errorf("%v %v", live, err)
	}
	if s := live.Slow; s == nil || s.Never != 3 || s.Late != 3 || s.Closed+s.Passed != 6 {
		t.Errorf("%+v", s)
	}
	st, err := newStage(ctx, []string{base}, c, 4, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	if rate := st.flat(ctx, 100*time.Millisecond); rate <= 0 || st.failed > 0 {
		t.Errorf("%.0f acts a second, %d failed: %s", rate, st.failed, st.last)
	}
	if _, err := playLive(ctx, []string{base}, nil, c, liveOptions{Sockets: 161, Actors: 1, Rate: 1}); err == nil {
		t.Error("20 people cannot hold 161 sockets")
	}
	idle, err := holdIdle(ctx, []string{base}, c, 0, 20, time.Millisecond)
	if err != nil || idle.Drops != 0 {
		t.Errorf("%+v %v", idle, err)
	}
}

// serve runs a server on the data until the test ends.
func serve(t *testing.T, cfg server.Config) string {
	t.Helper()
	cfg.SiteTZ = "Asia/Shanghai"
	srv, err := server.New(t.Context(), cfg, storetest.Quiet, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}
