package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// pinning keeps the servers on one processor and this program on another, so
// that what one costs is not the other's.
type pinning struct {
	server, own unix.CPUSet
}

// newPinning takes the first two processors that this program may use, and
// moves this program to the second one.
func newPinning() (*pinning, error) {
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return nil, err
	}
	var two []int
	for cpu := 0; cpu < len(may)*64 && len(two) < 2; cpu++ {
		if may.IsSet(cpu) {
			two = append(two, cpu)
		}
	}
	if len(two) < 2 {
		return nil, errors.New("--pin needs two processors")
	}
	p := new(pinning)
	p.server.Set(two[0])
	p.own.Set(two[1])
	runtime.GOMAXPROCS(1)
	for range 2 { // a thread that was born meanwhile may have missed it
		if err := p.moveThreads(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pinning) moveThreads() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &p.own); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("--pin: %w", err)
		}
	}
	return nil
}

// start starts a server on its processor: a child inherits that of the thread
// which makes it. Without a pinning it is started as it is.
func (p *pinning) start(c *exec.Cmd) error {
	if p == nil {
		return c.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &p.server); err != nil {
		return fmt.Errorf("--pin: %w", err)
	}
	return errors.Join(c.Start(), unix.SchedSetaffinity(0, &p.own))
}

// tighten makes a connection hold little on its way: a small segment makes the
// server's buffer small, as it is towards a real phone.
func tighten(_, _ string, c syscall.RawConn) error {
	var err error
	if ctl := c.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096))
	}); ctl != nil {
		return ctl
	}
	return err
}
