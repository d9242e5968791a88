package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/live"
	"huiwu/server/store"
	"huiwu/server/store/storetest"
)

// TestShutdown: sockets are told to come back, what is under way is finished, and meanwhile nobody new is sent here.
func TestShutdown(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		event := s.world.Event
		commander, service := s.signIn(t, "commander"), s.signIn(t, "service")
		socket := commander.watch("topic=event:" + event)
		// A socket whose page does not answer keeps the program waiting for a moment.
		mute, _, err := commander.dial("topic=event:" + event)
		if err != nil {
			t.Fatal(err)
		}
		defer mute.Close()
		mute.SetCloseHandler(func(int, string) error { return nil })
		// An act that has begun: the first half of a request.
		item := s.world.Item(t, event, "S13")
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		body := "reading=1"
		fmt.Fprintf(conn, "PUT /items/%s/done HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nHX-Request: true\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", item.ID, s.addr, service.cookie, len(body), body[:4])
		time.Sleep(50 * time.Millisecond)

		down := make(chan struct{})
		go func() {
			defer close(down)
			s.stop()
		}()
		if code := socket.closed(); code != live.CloseRestart {
			t.Errorf("socket closed with %d", code)
		}
		a, err := s.nobody().try("GET", "/readyz", nil)
		if err != nil || a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "draining") {
			t.Errorf("readyz while draining: %+v %v", a, err)
		}
		if _, _, err := service.dial("topic=event:" + event); err == nil {
			t.Log("a socket was let in; it is closed at once")
		}
		fmt.Fprint(conn, body[4:])
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("the act under way got no answer: %v", err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the act under way: %d", resp.StatusCode)
		}
		select {
		case <-down:
		case <-time.After(patience):
			t.Fatal("the program does not end")
		}
		if _, err := s.nobody().try("GET", "/healthz", nil); err == nil {
			t.Error("the program still answers")
		}

		set := s.set
		set.World = s.world
		s2 := start(t, set)
		if i := s2.itemNow(t, item.ID); i.Status != domain.ItemDone {
			t.Errorf("after the restart the item is %s", i.Status)
		}
		service.site = s2
		service.get("/today") // sessions live on
	})
}

// TestShutdownIsQuick: idle connections do not hold the program up.
func TestShutdownIsQuick(t *testing.T) {
	s := start(t, setting{})
	c := s.signIn(t, "commander")
	c.get("/today")
	conn, err := net.Dial("tcp", s.addr) // opened in advance, as browsers do
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	k := c.watch("topic=event:" + s.world.Event)
	begun := time.Now()
	s.stop()
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
	if code := k.closed(); code != live.CloseRestart {
		t.Errorf("closed with %d", code)
	}
}

// TestOldSchema: on PostgreSQL the program asks for its migrations; the embedded database gets them by itself.
func TestOldSchema(t *testing.T) {
	cfg := server.Config{SiteTZ: "Asia/Shanghai", DatabaseURL: storetest.PostgresURL(t), DatabaseConns: 2}
	if srv, err := server.New(t.Context(), cfg, storetest.Quiet, server.Options{Pins: pins}); !errors.Is(err, server.ErrOldSchema) || !strings.Contains(err.Error(), "huiwu migrate") {
		if err == nil {
			_ = srv.Shutdown(t.Context())
		}
		t.Fatalf("an empty PostgreSQL is accepted: %v", err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: cfg.DatabaseURL, Logger: storetest.Quiet, MaxOpen: 2})
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := s.Pending(t.Context()); err != nil || len(missing) == 0 {
		t.Errorf("it was migrated behind our back: %v %v", missing, err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	srv, err := server.New(t.Context(), cfg, storetest.Quiet, server.Options{Pins: pins})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	cfg.DatabaseURL, cfg.DataDir = "", t.TempDir()
	if srv, err = server.New(t.Context(), cfg, storetest.Quiet, server.Options{Pins: pins}); err != nil {
		t.Fatal(err)
	}
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestStartRefuses: a wrong setting ends the start with a sentence that names it and tells no secret.
func TestStartRefuses(t *testing.T) {
	for _, x := range []struct {
		cfg  server.Config
		says string
	}{
		{server.Config{SiteTZ: "Mars/Olympus", DataDir: t.TempDir()}, "Mars/Olympus"},
		{server.Config{SiteTZ: "UTC"}, "DATA_DIR"},
		{server.Config{SiteTZ: "UTC", DatabaseURL: "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1"}, "database"},
		{server.Config{SiteTZ: "UTC", DatabaseURL: "postgres://u:hunter2@[::bad"}, "DATABASE_URL"},
		{server.Config{SiteTZ: "UTC", DataDir: t.TempDir(), RedisURL: "redis://:hunter2@[::bad"}, "REDIS_URL"},
	} {
		srv, err := server.New(t.Context(), x.cfg, storetest.Quiet, server.Options{Pins: pins})
		if err == nil {
			_ = srv.Shutdown(context.Background())
			t.Errorf("%+v starts", x.cfg)
			continue
		}
		if !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("says %q", err)
		}
	}
}

// TestConfig reads the environment.
func TestConfig(t *testing.T) {
	for _, x := range []struct {
		env  map[string]string
		ok   bool
		addr string
	}{
		{nil, true, ":8080"},
		{map[string]string{"PORT": "5000"}, true, ":5000"},
		{map[string]string{"PORT": "5000", "ADDR": "127.0.0.1:9"}, true, "127.0.0.1:9"},
		{map[string]string{"SITE_TZ": "Mars"}, false, ""},
		{map[string]string{"BASE_URL": "huiwu.example"}, false, ""},
		{map[string]string{"BASE_URL": "ftp://huiwu.example"}, false, ""},
		{map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8,127.0.0.1"}, true, ":8080"},
		{map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, false, ""},
		{map[string]string{"REDIS_URL": "127.0.0.1:6379"}, false, ""},
		{map[string]string{"SHUTDOWN_TIMEOUT": "soon"}, false, ""},
		{map[string]string{"PROFILE_ADDR": "127.0.0.1:6060"}, true, ":8080"},
		{map[string]string{"PROFILE_ADDR": ":6060"}, false, ""},
		{map[string]string{"PROFILE_ADDR": "10.1.2.3:6060"}, false, ""},
	} {
		for _, name := range []string{"ADDR", "PORT", "DATABASE_URL", "REDIS_URL", "BASE_URL", "SITE_TZ", "TRUSTED_PROXIES", "SHUTDOWN_TIMEOUT", "PROFILE_ADDR"} {
			t.Setenv(name, x.env[name])
			if x.env[name] == "" {
				_ = os.Unsetenv(name)
			}
		}
		cfg, err := server.LoadConfig()
		if (err == nil) != x.ok || x.ok && cfg.Addr != x.addr {
			t.Errorf("%v: %q %v", x.env, cfg.Addr, err)
		}
	}
}

// TestMetrics: the figures that operations watch are there, and move.
func TestMetrics(t *testing.T) {
	s := start(t, setting{})
	commander, service := s.signIn(t, "commander"), s.signIn(t, "service")
	k := commander.watch("topic=event:" + s.world.Event)
	item := s.world.Item(t, s.world.Event, "S13")
	service.does("PUT", "/items/"+item.ID+"/done", nil)
	service.act("PUT", "/items/"+item.ID+"/acceptance", nil)
	k.shows("item-" + item.ID)
	figures := func() map[string]float64 {
		a := s.nobody().get("/metrics")
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Fatalf("%v", a.header)
		}
		m := map[string]float64{}
		for line := range strings.Lines(a.body) {
			var v float64
			if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
				if _, err := fmt.Sscan(rest, &v); err == nil {
					m[name] = v
				}
			}
		}
		return m
	}
	m := figures()
	for name, least := range map[string]float64{
		`huiwu_act_seconds_count{result="committed"}`: 1, `huiwu_act_seconds_count{result="refused"}`: 1, "huiwu_frame_seconds_count": 1, "huiwu_sockets": 1, "huiwu_topics": 1,
		"huiwu_renders_total": 1, "huiwu_frames_total": 1, "huiwu_deliveries_total": 1, "huiwu_socket_bytes_total": 100, "huiwu_queue_drops_total": 0, "huiwu_catch_ups_total": 0,
		"huiwu_resets_total": 0, "huiwu_heals_total": 0, "huiwu_revoked_total": 0, "go_goroutines": 1, "process_cpu_seconds_total": 0,
	} {
		if v, ok := m[name]; !ok || v < least {
			t.Errorf("%s is %v, %v", name, v, ok)
		}
	}
	k.leave()
	eventually(t, "the socket is no longer counted", func() bool { return figures()["huiwu_sockets"] == 0 })
	for _, secret := range []string{"石英", strings.TrimPrefix(service.cookie, "sid="), s.world.Event} {
		if strings.Contains(s.nobody().get("/metrics").body, secret) {
			t.Errorf("the figures tell %q", secret)
		}
	}
}

// TestReady says what it is ready with.
func TestReady(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		var j struct {
			Database, Bus, Schema, Dialect string
			Ready                          bool
		}
		want := "sqlite"
		if s.set.Database != "" {
			want = "postgres"
		}
		if a := s.nobody().json("GET", "/readyz", nil, &j); a.status != 200 || !j.Ready || j.Database != "ok" || j.Bus != "ok" || j.Schema != "ok" || j.Dialect != want {
			t.Errorf("%s", a.body)
		}
		if a := s.nobody().get("/healthz"); a.body != "ok\n" {
			t.Errorf("%q", a.body)
		}
	})
}

// TestSentence is what the terminal says.
func TestSentence(t *testing.T) {
	e := &domain.Error{Code: domain.CodeInvalid, Key: "error.invalid", Fields: []domain.FieldError{{Field: "name", Key: "field.required"}, {Field: "notes", Key: "field.too_long", Args: domain.Args{"max": "40"}}}}
	if got := server.Sentence(e, "en"); !strings.HasPrefix(got, "name: ") || !strings.Contains(got, "; notes: ") || !strings.Contains(got, "40") || strings.Contains(got, "{") {
		t.Error(got)
	}
	if got := server.Sentence(domain.ErrForbidden, "zh"); strings.Contains(got, "error.") {
		t.Error(got)
	}
}

// TestPreconnect: a connection that a browser opens in advance and never uses makes no noise. It is slow on purpose: it
// waits for the server's patience to end.
func TestPreconnect(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the server's read timeout")
	}
	t.Parallel()
	s := start(t, setting{})
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(25 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return // closed without a word: fine, too
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("an unused connection is told %d", resp.StatusCode)
	}
}
