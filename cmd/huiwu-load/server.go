package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// child is a server that was started for measuring.
type child struct {
	addr  string
	base  string
	cmd   *exec.Cmd
	log   string
	first string
	up    time.Duration // from the start of the process to its first page
	done  chan struct{} // closed when the process has ended, with died
	died  error
}

// launcher starts servers.
type launcher struct {
	binary string
	args   []string
	first  string // the page that is asked for until it comes
	dir    string // for logs
	pin    *pinning
}

// start starts a server at the address ("" = a free one) and asks for its first
// page until it comes.
func (l launcher) start(ctx context.Context, addr string, env ...string) (*child, error) {
	if addr == "" {
		var err error
		if addr, err = freeAddr(); err != nil {
			return nil, err
		}
	}
	log, err := os.CreateTemp(l.dir, "server-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &child{addr: addr, base: "http://" + addr, log: log.Name(), first: l.first, done: make(chan struct{})}
	s.cmd = exec.Command(l.binary, l.args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(env[:len(env):len(env)], "ADDR="+addr, "PATH="+os.Getenv("PATH"), "SITE_TZ=Asia/Shanghai", "FLOOD_LIMITS=off")
	begun := time.Now()
	if err := l.pin.start(s.cmd); err != nil {
		return nil, err
	}
	go func() {
		s.died = s.cmd.Wait()
		close(s.done)
	}()
	if err := s.firstPage(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("server does not come up: %w\n%s", err, s.tail())
	}
	s.up = time.Since(begun)
	return s, nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *child) firstPage(ctx context.Context) error {
	l, err := newLine(s.base, nil)
	if err != nil {
		return err
	}
	defer l.close()
	ask := l.request("GET", s.first, "", "Accept", "text/html")
	for end := time.Now().Add(20 * time.Second); ; {
		a, err := l.ask(ctx, ask, false)
		switch {
		case err == nil && a.status == 200:
			return nil
		case err == nil:
			err = fmt.Errorf("%s answers %d", s.first, a.status)
		}
		if time.Now().After(end) {
			return err
		}
		select {
		case <-s.done:
			return errors.Join(s.died, err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Microsecond):
		}
	}
}

// stop asks the server to end, and ends it when it does not.
func (s *child) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(25 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}

func (s *child) pid() int { return s.cmd.Process.Pid }

// tail is the end of what the server wrote.
func (s *child) tail() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-10):], []byte("\n")))
}

// build makes the binary as "make build" does.
func build(ctx context.Context, dir string) (string, error) {
	out := filepath.Join(dir, "huiwu")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "huiwu/cmd/huiwu")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, strings.TrimSpace(string(b)))
	}
	return out, nil
}
