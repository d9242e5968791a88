package live

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// kind says what a frame replaces in a backlog.
type kind uint8

const (
	fragments kind = iota // the current state of its subjects
	ticking               // what changes with time alone
	whole                 // everything of its topic: reset, the board at once, heartbeat
)

// frame is one JSON object on its way to sockets. It is encoded once, shared by
// all queues, and never changed.
type frame struct {
	topic    string // "" for a heartbeat
	kind     kind
	reset    bool
	seq      int64               // of a reset: the page is fetched as of it, or later
	subjects map[string]struct{} // of fragments
	packet
}

type frameJSON struct {
	Topic string `json:"topic"`
	Seq   int64  `json:"seq,omitempty"`
	HTML  string `json:"html,omitempty"`
	Reset bool   `json:"reset,omitempty"`
}

type heartbeatJSON struct {
	Heads map[string]int64 `json:"hb"`
	Now   string           `json:"now"`
}

func fragmentsFrame(topic string, seq int64, subjects []string, html []byte) *frame {
	set := make(map[string]struct{}, len(subjects))
	for _, s := range subjects {
		set[s] = struct{}{}
	}
	return &frame{
		topic: topic, kind: fragments, subjects: set,
		packet: pack(frameJSON{Topic: topic, Seq: seq, HTML: string(html)}),
	}
}

func tickingFrame(topic string, seq int64, html []byte) *frame {
	return &frame{topic: topic, kind: ticking, packet: pack(frameJSON{Topic: topic, Seq: seq, HTML: string(html)})}
}

func wholeFrame(topic string, html []byte) *frame {
	return &frame{topic: topic, kind: whole, packet: pack(frameJSON{Topic: topic, HTML: string(html)})}
}

func resetFrame(topic string, seq int64) *frame {
	return &frame{topic: topic, kind: whole, reset: true, seq: seq, packet: pack(frameJSON{Topic: topic, Seq: seq, Reset: true})}
}

func heartbeatFrame(heads map[string]int64, now time.Time) *frame {
	return &frame{kind: whole, packet: newPacket(encode(heartbeatJSON{
		Heads: heads,
		Now:   now.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
	}), true)}
}

func pack(v any) packet { return newPacket(encode(v), false) }

// encode returns v as JSON in one line. HTML is left readable: escaping each
// "<" would nearly double the bytes on the air.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings, numbers and maps of them always encode
	}
	return slices.Clip(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// covers reports whether an older frame need not be sent when f is. Frames
// between the two may then take a page past a change that it does not show yet.
// That is safe even when the socket breaks there: f shows the subject because it
// changed again, after them, so a page that asks from there is told.
func (f *frame) covers(old *frame) bool {
	if f.topic != old.topic {
		return false
	}
	switch f.kind {
	case whole:
		return true
	case ticking:
		return old.kind == ticking
	}
	if old.kind != fragments || len(old.subjects) > len(f.subjects) {
		return false
	}
	for s := range old.subjects {
		if _, ok := f.subjects[s]; !ok {
			return false
		}
	}
	return true
}
