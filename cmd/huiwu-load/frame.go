package main

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"regexp"
	"strconv"
	"sync"
)

// frame is what a pushed JSON object says. Thousands of sockets receive the
// same bytes, so each is read once and known again by its hash.
type frame struct {
	topic string
	seq   int64
	reset bool
	heads map[string]int64 // of a heartbeat
	rows  []row
	echo  []byte // what has to be said in return; nil for nothing
	quiet bool   // it does not say that the phone will hear everything from here on
}

// row is one item as it was shown.
type row struct {
	item  string
	seq   int64
	state string
}

type frames struct {
	parse func([]byte) (*frame, error)
	seed  maphash.Seed
	mu    sync.RWMutex
	known map[uint64]*frame
}

func newFrames(parse func([]byte) (*frame, error)) *frames {
	return &frames{parse: parse, seed: maphash.MakeSeed(), known: map[uint64]*frame{}}
}

func (f *frames) read(b []byte) (*frame, error) {
	h := maphash.Bytes(f.seed, b)
	f.mu.RLock()
	known := f.known[h]
	f.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	fresh, err := f.parse(b)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known = f.known[h]; known == nil {
		known = fresh
		f.known[h] = known
	}
	return known, nil
}

func parseFrame(b []byte) (*frame, error) {
	var j struct {
		Topic string           `json:"topic"`
		Seq   int64            `json:"seq"`
		HTML  string           `json:"html"`
		Reset bool             `json:"reset"`
		Heads map[string]int64 `json:"hb"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, fmt.Errorf("frame %.80q: %w", b, err)
	}
	return &frame{topic: j.Topic, seq: j.Seq, reset: j.Reset, heads: j.Heads, rows: rowsIn(j.HTML)}, nil
}

var (
	rowTag   = regexp.MustCompile(`<li id="item-([^"]+)"([^>]*)>`)
	rowSeq   = regexp.MustCompile(` data-seq="(\d+)"`)
	rowState = regexp.MustCompile(` data-state="([^"]*)"`)
)

// rowsIn finds the item rows of a fragment or page.
func rowsIn(html string) []row {
	var rows []row
	for _, tag := range rowTag.FindAllStringSubmatch(html, -1) {
		r := row{item: tag[1]}
		if m := rowSeq.FindStringSubmatch(tag[2]); m != nil {
			r.seq, _ = strconv.ParseInt(m[1], 10, 64)
		}
		if m := rowState.FindStringSubmatch(tag[2]); m != nil {
			r.state = m[1]
		}
		rows = append(rows, r)
	}
	return rows
}
