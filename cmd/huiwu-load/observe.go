package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// observed is what servers say of themselves, and the system of them, at one moment.
type observed struct {
	cpu     float64            // seconds that all of them used so far
	memory  float64            // MB (10⁶ bytes) resident in all of them
	metrics map[string]float64 // sums over all of them, by name and labels
}

// observe asks servers for their metrics, and the system about processes.
func observe(ctx context.Context, bases []string, pids []int) (observed, error) {
	o := observed{metrics: map[string]float64{}}
	for _, pid := range pids {
		cpu, err := cpuSeconds(pid)
		if err != nil {
			return o, err
		}
		memory, err := resident(pid)
		if err != nil {
			return o, err
		}
		o.cpu, o.memory = o.cpu+cpu, o.memory+memory
	}
	for _, base := range bases {
		l, err := newLine(base, nil)
		if err != nil {
			return o, err
		}
		a, err := l.ask(ctx, l.request("GET", "/metrics", "", "Accept", "text/plain"), true)
		l.close()
		if err != nil {
			return o, err
		}
		if a.status == 200 { // a proxy may keep them to itself
			o.add(string(a.body))
		}
	}
	return o, nil
}

// add reads the Prometheus text format.
func (o observed) add(text string) {
	for row := range strings.Lines(text) {
		row = strings.TrimSpace(row)
		at := strings.LastIndexByte(row, ' ')
		if at < 0 || row[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(row[at+1:], 64); err == nil {
			o.metrics[row[:at]] += v
		}
	}
}

// since is what happened to a counter after an earlier moment.
func (o observed) since(before observed, name string) float64 {
	return o.metrics[name] - before.metrics[name]
}

// commits is how long acts took inside the store, as the servers count it: in
// steps, so that quantiles lie on a straight line between two of them.
type commits struct {
	Acts int     `json:"acts"` // those of the servers themselves included, as for notices
	Mean float64 `json:"mean_ms"`
	P50  float64 `json:"p50_ms"`
	P90  float64 `json:"p90_ms"`
	P99  float64 `json:"p99_ms"`
}

const actSeconds = "huiwu_act_seconds"

func commitsBetween(before, after observed) commits {
	total := after.since(before, actSeconds+`_count{result="committed"}`)
	c := commits{Acts: int(total)}
	if total == 0 {
		return c
	}
	c.Mean = after.since(before, actSeconds+`_sum{result="committed"}`) / total * 1000
	type step struct{ le, n float64 }
	var steps []step
	const head = actSeconds + `_bucket{result="committed",le="`
	for name := range after.metrics {
		text, found := strings.CutPrefix(name, head)
		if le, err := strconv.ParseFloat(strings.TrimSuffix(text, `"}`), 64); found && err == nil {
			steps = append(steps, step{le, after.since(before, name)})
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		if a.le < b.le {
			return -1
		}
		return 1
	})
	at := func(q float64) float64 {
		var low, below float64
		for _, s := range steps {
			if want := q * total; s.n >= want {
				if math.IsInf(s.le, 1) {
					return low * 1000
				}
				return (low + (s.le-low)*(want-below)/(s.n-below)) * 1000
			}
			low, below = s.le, s.n
		}
		return low * 1000
	}
	c.P50, c.P90, c.P99 = at(0.5), at(0.9), at(0.99)
	return c
}

func (c commits) String() string {
	return fmt.Sprintf("mean %.1f  p50 %.1f  p90 %.1f  p99 %.1f ms", c.Mean, c.P50, c.P90, c.P99)
}

// ticksPerSecond is what Linux counts processor time in, whatever the kernel's own clock.
const ticksPerSecond = 100

// cpuSeconds is the processor time that a process has used; 0 for pid 0.
func cpuSeconds(pid int) (float64, error) {
	if pid == 0 {
		return 0, nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(string(b))
}

// parseStat reads /proc/PID/stat: the name in brackets may hold anything.
func parseStat(text string) (float64, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("a process tells no processor time")
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond, err
}

// resident is a process's resident memory in MB (10⁶ bytes); 0 for pid 0.
func resident(pid int) (float64, error) {
	if pid == 0 {
		return 0, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0, fmt.Errorf("process %d tells no memory", pid)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib * 1024 / 1e6, err
}
