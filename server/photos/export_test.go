package photos

import (
	"os"
	"syscall"
)

// FullDisk is a disk with room for half of everything.
func FullDisk(dir string) Blobs {
	d := newDisk(dir)
	d.write = func(f *os.File, body []byte) (int, error) {
		n, err := f.Write(body[:len(body)/2])
		if err == nil {
			err = &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
		}
		return n, err
	}
	return d
}
