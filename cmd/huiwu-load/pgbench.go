package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// findPgbench looks beside the database server's programs as well, which often
// lie outside the search path; the newest wins.
func findPgbench() string {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found := ""
	for _, dir := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		if list, _ := filepath.Glob(filepath.Join(dir, "pgbench")); len(list) > 0 {
			found = list[len(list)-1]
		}
	}
	return found
}

// pgbench measures the database alone, with its own program and transactions.
type pgbench struct{ path, url string }

// pgbenchScale is more accounts than clients, so that they do not wait for each other.
const pgbenchScale = "10"

func (b pgbench) prepare(ctx context.Context) error {
	if out, err := exec.CommandContext(ctx, b.path, "-i", "-q", "-s", pgbenchScale, b.url).CombinedOutput(); err != nil {
		return fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	return nil
}

// errNoRate is of a machine so busy that not one transaction came through.
var errNoRate = errors.New("pgbench told no rate")

var pgbenchRate = regexp.MustCompile(`tps = ([0-9.]+)`)

// run tells how many transactions a second came through: the simple update, which
// like an act changes one row, reads it and notes it in a history.
func (b pgbench) run(ctx context.Context, clients int, d time.Duration) (float64, error) {
	seconds := strconv.Itoa(max(3, int(d.Seconds()+0.5)))
	out, err := exec.CommandContext(ctx, b.path, "-n", "-N", "-c", strconv.Itoa(clients), "-j", "1", "-T", seconds, b.url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	return parsePgbench(string(out))
}

func parsePgbench(out string) (float64, error) {
	m := pgbenchRate.FindStringSubmatch(out)
	if m == nil || m[1] == "0.000000" {
		return 0, errNoRate
	}
	return strconv.ParseFloat(m[1], 64)
}
