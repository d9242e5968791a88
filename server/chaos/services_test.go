package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// need stops a test whose program is missing: loudly where it must be there.
func need(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HUIWU_REQUIRE_SERVICES") != "" {
		t.Fatalf("%s is needed here", what)
	}
	t.Skipf("no %s", what)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// process is a program that can be ended, frozen and started again.
type process struct {
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

func (p *process) run(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	return nil
}

func (p *process) now() (*exec.Cmd, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd, p.done
}

func (p *process) alive() bool {
	cmd, done := p.now()
	if cmd == nil {
		return false
	}
	select {
	case <-done:
		return false
	default:
		return true
	}
}

func (p *process) pid() int {
	cmd, _ := p.now()
	return cmd.Process.Pid
}

func (p *process) signal(s syscall.Signal) {
	if p.alive() {
		cmd, _ := p.now()
		_ = cmd.Process.Signal(s)
	}
}

// end sends the signal and waits; who does not go is killed.
func (p *process) end(s syscall.Signal) {
	cmd, done := p.now()
	if cmd == nil {
		return
	}
	p.signal(s)
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
}

// postgres is a PostgreSQL of our own. What it has acknowledged survives its end, as on a real disk.
type postgres struct {
	process
	bin, dir string
	port     int
	owner    *syscall.Credential
}

// startPostgres makes and starts one. Commits are written through (fsync): what is lost then is the server's fault.
func startPostgres(t testing.TB) *postgres {
	t.Helper()
	p := &postgres{bin: pgBin(), port: freePort(t)}
	if p.bin == "" {
		need(t, "PostgreSQL (initdb, postgres)")
	}
	base, err := os.MkdirTemp("", "huiwu-chaos-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	p.dir = filepath.Join(base, "data")
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // it refuses to run as root
		name := "postgres"
		if _, err := user.Lookup(name); err != nil {
			name = "nobody"
		}
		u, err := user.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		uid, uerr := strconv.Atoi(u.Uid)
		gid, gerr := strconv.Atoi(u.Gid)
		if err := errors.Join(uerr, gerr, os.Chmod(base, 0o711), os.Chown(p.dir, uid, gid)); err != nil {
			t.Fatal(err)
		}
		p.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if out, err := p.command("initdb", "-D", p.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	t.Cleanup(func() { p.signal(syscall.SIGCONT); p.end(syscall.SIGQUIT) })
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	if err := p.exec(t.Context(), "CREATE DATABASE huiwu"); err != nil {
		t.Fatal(err)
	}
	return p
}

// pgBin is the folder of the server's programs, which often lie outside the search path.
func pgBin() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		return filepath.Dir(path)
	}
	var found string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
				found = dir
			}
		}
	}
	return found
}

func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	return cmd
}

func (p *postgres) start() error {
	cmd := p.command("postgres", "-D", p.dir, "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=150", "-c", "logging_collector=off")
	if err := p.run(cmd); err != nil {
		return err
	}
	return p.answers(60 * time.Second)
}

// answers waits until the server does, also after it put itself right.
func (p *postgres) answers(patience time.Duration) error {
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err = p.on(ctx, "postgres", "SELECT 1")
		cancel()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL does not answer: %w", err)
}

func (p *postgres) addr() string { return "127.0.0.1:" + strconv.Itoa(p.port) }

func (p *postgres) url(addr string) string {
	return "postgres://postgres@" + addr + "/huiwu?sslmode=disable"
}

func (p *postgres) exec(ctx context.Context, sql string) error { return p.on(ctx, "postgres", sql) }

func (p *postgres) on(ctx context.Context, database, sql string) error {
	c, err := pgx.Connect(ctx, "postgres://postgres@"+p.addr()+"/"+database+"?sslmode=disable&connect_timeout=3")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, sql)
	return err
}

// crash kills a process that serves a connection, and waits until the server has
// buried it: from then on it lets nobody in before it has put itself right. Asked
// sooner it may still answer, as if nothing had happened.
func (p *postgres) crash(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); slices.Contains(children(p.pid()), pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("PostgreSQL has not noticed that its process %d is dead", pid)
		}
	}
	return nil
}

// flushTime makes every commit wait before it is flushed, as a slow disk would.
func (p *postgres) flushTime(ctx context.Context, d time.Duration) error {
	return errors.Join(
		p.exec(ctx, "ALTER SYSTEM SET commit_siblings = 0"),
		p.exec(ctx, "ALTER SYSTEM SET commit_delay = "+strconv.FormatInt(d.Microseconds(), 10)),
		p.exec(ctx, "SELECT pg_reload_conf()"))
}

// family are the server's processes: the first one and those that serve connections, write and check.
func (p *postgres) family() []int {
	return append(children(p.pid()), p.pid())
}

// children are the processes that pid started.
func children(pid int) []int {
	var list []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			if n, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// backends are the processes that serve the program's connections.
func (p *postgres) backends(ctx context.Context) ([]int32, error) {
	c, err := pgx.Connect(ctx, p.url(p.addr()))
	if err != nil {
		return nil, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	rows, err := c.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE application_name = 'huiwu' ORDER BY pid")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int32])
}

// redis is a Redis of our own.
type redis struct {
	process
	dir  string
	port int
}

func startRedis(t testing.TB) *redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		need(t, "redis-server")
	}
	r := &redis{port: freePort(t), dir: t.TempDir()}
	t.Cleanup(func() { r.signal(syscall.SIGCONT); r.end(syscall.SIGKILL) })
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *redis) addr() string { return "127.0.0.1:" + strconv.Itoa(r.port) }

func (r *redis) start() error {
	if err := r.run(exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.dir)); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", r.addr(), time.Second)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// instance is one "huiwu serve".
type instance struct {
	process
	name     string
	addr     string
	profiles string
	env      []string
	binary   string
	log      string
	pg, bus  *wire
	starts   int
}

// program is the binary under test: HUIWU_BIN, or built here.
func program(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("HUIWU_BIN"); path != "" {
		return path
	}
	out := filepath.Join(t.TempDir(), "huiwu")
	build := exec.Command("go", "build", "-o", out, "huiwu/cmd/huiwu")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	return out
}

func newInstance(t testing.TB, name, binary string, pg *postgres, r *redis) *instance {
	t.Helper()
	dir := t.TempDir()
	i := &instance{name: name, binary: binary, log: filepath.Join(dir, "log"), pg: newWire(t, pg.addr()), bus: newWire(t, r.addr())}
	i.addr = "127.0.0.1:" + strconv.Itoa(freePort(t))
	i.profiles = "127.0.0.1:" + strconv.Itoa(freePort(t))
	i.env = []string{
		"PATH=" + os.Getenv("PATH"), "ADDR=" + i.addr, "PROFILE_ADDR=" + i.profiles, "DATA_DIR=" + dir, "LOG_LEVEL=warn", "SHUTDOWN_TIMEOUT=5s",
		"DATABASE_URL=" + pg.url(i.pg.addr()), "REDIS_URL=redis://" + i.bus.addr(), "DATABASE_CONNS=12",
	}
	t.Cleanup(func() { i.signal(syscall.SIGCONT); i.end(syscall.SIGKILL) })
	return i
}

// start starts it until it stays, as whatever watches over a server does: it gives up when the database is away.
func (i *instance) start(ctx context.Context) error {
	for ctx.Err() == nil {
		log, err := os.OpenFile(i.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		cmd := exec.Command(i.binary, "serve")
		cmd.Env, cmd.Stdout, cmd.Stderr = i.env, log, log
		err = i.run(cmd)
		_ = log.Close()
		if err != nil {
			return err
		}
		i.starts++
		for i.alive() && ctx.Err() == nil {
			if _, err := i.get(ctx, i.addr, "/healthz"); err == nil {
				return nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
	}
	return fmt.Errorf("instance %s does not come up: %w\n%s", i.name, ctx.Err(), i.tail())
}

func (i *instance) tail() string {
	b, err := os.ReadFile(i.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// complaints are what no fault explains in the instance's log: panics and errors of ours.
func (i *instance) complaints() []string {
	b, err := os.ReadFile(i.log)
	if err != nil {
		return []string{err.Error()}
	}
	var bad []string
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.Contains(line, "panic") || strings.Contains(line, "DATA RACE") || strings.Contains(line, "fatal error") || strings.Contains(line, `"msg":"fault"`) {
			bad = append(bad, line)
		}
	}
	return bad
}

func (i *instance) get(ctx context.Context, addr, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return "", err
	}
	ask.Close = true
	a, err := http.DefaultClient.Do(ask)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d", path, a.StatusCode)
	}
	return string(b), err
}

// weight is what an instance holds.
type weight struct {
	Goroutines int
	HeapMB     float64 // after a collection
	RSSMB      float64
	Sockets    int
}

var (
	goroutines = regexp.MustCompile(`(?m)^goroutine profile: total (\d+)`)
	heapAlloc  = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)`)
	sockets    = regexp.MustCompile(`(?m)^huiwu_sockets(?:\{[^}]*\})? (\d+)`)
	rss        = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB`)
)

func number(text string, where *regexp.Regexp) (float64, error) {
	m := where.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no %s", where)
	}
	return strconv.ParseFloat(m[1], 64)
}

func (i *instance) weigh(ctx context.Context) (weight, error) {
	var w weight
	var errs []error
	read := func(text string, err error, where *regexp.Regexp) float64 {
		var n float64
		if err == nil {
			n, err = number(text, where)
		}
		errs = append(errs, err)
		return n
	}
	heap, err := i.get(ctx, i.profiles, "/debug/pprof/heap?debug=1&gc=1")
	w.HeapMB = read(heap, err, heapAlloc) / (1 << 20)
	stacks, err := i.get(ctx, i.profiles, "/debug/pprof/goroutine?debug=1")
	w.Goroutines = int(read(stacks, err, goroutines))
	metrics, err := i.get(ctx, i.addr, "/metrics")
	w.Sockets = int(read(metrics, err, sockets))
	status, err := os.ReadFile("/proc/" + strconv.Itoa(i.pid()) + "/status")
	w.RSSMB = read(string(status), err, rss) / 1024
	return w, errors.Join(errs...)
}

// groups are the instance's goroutines by where they are, the most first.
func (i *instance) groups(ctx context.Context) string {
	text, err := i.get(ctx, i.profiles, "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return err.Error()
	}
	parts := strings.Split(text, "\n\n")
	return strings.Join(slices.DeleteFunc(parts[:min(len(parts), 12)], func(s string) bool { return strings.TrimSpace(s) == "" }), "\n\n")
}
