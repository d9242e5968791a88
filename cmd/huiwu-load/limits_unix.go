//go:build unix

package main

import (
	"fmt"
	"syscall"
)

// spareFiles is what a program holds open besides its sockets.
const spareFiles = 100

// enoughFiles says what to do when the system will not let this program open as
// many sockets. Go has raised the soft limit to the hard one by now; the servers
// started here, Go programs as well, do the same.
func enoughFiles(sockets int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil //nolint:nilerr // the sockets themselves will tell
	}
	if limit.Cur < uint64(sockets+spareFiles) { //nolint:gosec // a count
		return fmt.Errorf("%d sockets need %d open files and the limit is %d: raise it first, as with \"ulimit -n %d\" (as root above the hard limit)",
			sockets, sockets+spareFiles, limit.Cur, sockets+spareFiles)
	}
	return nil
}
