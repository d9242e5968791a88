package photos

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"huiwu/server/domain"
)

// Blobs is where pictures lie: each written once, under a name that the server
// made. Put gives ErrFull when there is no room; Delete of what is gone is quiet.
type Blobs interface {
	Put(ctx context.Context, name string, body []byte) error
	Get(ctx context.Context, name string) ([]byte, error) // ErrGone when it is not there
	Delete(ctx context.Context, name string) error
	Ready(ctx context.Context) error // whether it can be written to
	// List tells of every picture, with the moment at which it was put.
	List(ctx context.Context, fn func(name string, at time.Time)) error
}

// ErrGone tells that a picture is not where it was put.
var ErrGone = &domain.Error{Code: domain.CodeNotFound, Key: "photo.gone"}

// ErrFull is what a person reads when there is no room. The phone keeps the
// photo and tries again.
var ErrFull = &domain.Error{Code: domain.CodeFull, Key: "photo.full"}

// errAway is what a person reads while the storage does not answer.
var errAway = &domain.Error{Code: domain.CodeUnavailable, Key: "error.try_again"}

// Open chooses by setting: S3 where a URL is given, else a folder.
func Open(s3URL, dir string) (Blobs, error) {
	if s3URL == "" {
		return newDisk(dir), nil
	}
	return newS3(s3URL)
}

// The two files of a photo.
func full(name string) string  { return name + ".jpg" }
func thumb(name string) string { return name + "-s.jpg" }

// Save stores both files of a picture; half a picture is taken away again.
func Save(ctx context.Context, b Blobs, name string, p Picture) error {
	if err := b.Put(ctx, thumb(name), p.Thumb); err != nil {
		return err
	}
	if err := b.Put(ctx, full(name), p.Full); err != nil {
		return errors.Join(err, b.Delete(ctx, thumb(name)))
	}
	return nil
}

// attachment ends the name of what is no picture: it lies in one file of just that name.
const attachment = ".att"

// Attachment names a file that came with a request; Files and Erase know it by that.
func Attachment(id string) string { return id + attachment }

// Files are the names under which a picture or an attachment lies.
func Files(name string) []string {
	if strings.HasSuffix(name, attachment) {
		return []string{name}
	}
	return []string{full(name), thumb(name)}
}

// fileName is what such names look like: nothing that leads out of the folder.
var fileName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]*\.(jpg|att)$`)

// IsFile tells a name that Files could have given.
func IsFile(name string) bool { return fileName.MatchString(name) }

// Compare finds files that are missing and files that nobody needs. pictures
// are the names that rows have, and whether the picture must be there; what was
// put after young may wait for its row.
func Compare(ctx context.Context, b Blobs, pictures map[string]bool, young time.Time) (missing, stray []string, err error) {
	want := make(map[string]bool, 2*len(pictures))
	for name, must := range pictures {
		for _, f := range Files(name) {
			want[f] = must
		}
	}
	err = b.List(ctx, func(name string, at time.Time) {
		if _, known := want[name]; known {
			want[name] = false
		} else if IsFile(name) && at.Before(young) {
			stray = append(stray, name)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if want[name] {
			missing = append(missing, name)
		}
	}
	slices.Sort(stray)
	return missing, stray, err
}

// Load gives one of the two files.
func Load(ctx context.Context, b Blobs, name string, small bool) ([]byte, error) {
	if small {
		return b.Get(ctx, thumb(name))
	}
	return b.Get(ctx, full(name))
}

// Erase takes the files of a picture or an attachment away.
func Erase(ctx context.Context, b Blobs, name string) error {
	var err error
	for _, f := range Files(name) {
		err = errors.Join(err, b.Delete(ctx, f))
	}
	return err
}

// ours is a file of a photo or an attachment whose name the server made. A bucket may hold what
// is none of our business.
var ours = regexp.MustCompile(`^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:(?:-s)?\.jpg|(\.att))$`)

// Stored lists the photos and attachments of which a file was put before that moment.
func Stored(ctx context.Context, b Blobs, before time.Time) ([]string, error) {
	var names []string
	err := b.List(ctx, func(file string, at time.Time) {
		if m := ours.FindStringSubmatch(file); m != nil && at.Before(before) {
			names = append(names, m[1]+m[2])
		}
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

// shelf spreads files over folders by the end of their name: the beginning of
// an id is its time, and the same for all of a day.
func shelf(name string) string {
	id, _, _ := strings.Cut(strings.TrimSuffix(name, "-s.jpg"), ".")
	if len(id) < 2 {
		return name
	}
	return id[len(id)-2:] + "/" + name
}
