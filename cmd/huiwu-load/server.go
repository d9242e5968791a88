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

// child is a Huiwu that was started for measuring.
type child struct {
	base string
	cmd  *exec.Cmd
	log  string
	up   time.Duration // from the start of the process to its first page
	done chan struct{} // closed when the process has ended, with died
	died error
}

// startServer starts the binary and asks for the sign-in page until it comes.
func startServer(ctx context.Context, binary, dir string, env ...string) (*child, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(dir, "server-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &child{base: "http://" + addr, log: log.Name(), done: make(chan struct{})}
	s.cmd = exec.Command(binary, "serve")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(env, "ADDR="+addr, "PATH="+os.Getenv("PATH"), "SITE_TZ=Asia/Shanghai", "FLOOD_LIMITS=off")
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
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
	ask := l.request("GET", "/session/new", "", "Accept", "text/html")
	for end := time.Now().Add(20 * time.Second); ; {
		a, err := l.ask(ctx, ask, false)
		switch {
		case err == nil && a.status == 200:
			return nil
		case err == nil:
			err = fmt.Errorf("sign-in page answers %d", a.status)
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
