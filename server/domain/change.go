package domain

import (
	"strings"
	"time"
)

// Topic names a stream of changes with one counter: "event:<id>", "person:<id>",
// "floor"; "board" announces only and has no counter of its own.
type Topic = string

// The topics that are not about one event or person.
const (
	TopicFloor Topic = "floor"
	TopicBoard Topic = "board"
)

// EventTopic is where everything of one event is counted.
func EventTopic(id string) Topic { return "event:" + id }

// PersonTopic is where what concerns one person alone is counted.
func PersonTopic(id string) Topic { return "person:" + id }

// SplitTopic gives kind and id: "event", "<id>".
func SplitTopic(t Topic) (kind, id string) {
	kind, id, _ = strings.Cut(t, ":")
	return kind, id
}

// Change is one meaningful change, as a row of the append-only log. Corrections
// are new rows; rows are never altered or deleted.
type Change struct {
	Topic      string    `bun:",pk" json:"topic"`
	Seq        int64     `bun:",pk" json:"seq"` // per topic, without gaps
	EventID    string    `bun:",nullzero" json:"event_id,omitempty"`
	Subject    string    `json:"subject"`         // "item:<id>", "guest:<id>", "event:<id>", "person:<id>" …
	Verb       string    `json:"verb"`            // "item.done", "guest.moved" …: also the i18n key log.<verb>
	Label      string    `json:"label,omitempty"` // the subject's name at that moment (item text, guest name)
	LabelEn    string    `bun:",nullzero" json:"label_en,omitempty"`
	Old        string    `bun:",nullzero" json:"old,omitempty"`
	New        string    `bun:",nullzero" json:"new,omitempty"`
	Note       string    `bun:",nullzero" json:"note,omitempty"` // reason, reading
	Crew       Crew      `bun:",nullzero" json:"crew,omitempty"`
	Lot        string    `bun:",nullzero" json:"lot,omitempty"` // what one act changed together: the party's name
	Minor      bool      `json:"minor,omitempty"`               // follows from another change; kept out of the activity feed
	PersonID   string    `bun:",nullzero" json:"person_id,omitempty"`
	Person     string    `bun:",nullzero" json:"person,omitempty"` // name at that moment
	Post       string    `bun:",nullzero" json:"post,omitempty"`
	Device     string    `bun:",nullzero" json:"device,omitempty"`
	ActKey     string    `bun:",nullzero" json:"-"`
	ActedAt    time.Time `json:"acted_at"`    // UTC, the device's clock corrected by its skew
	ReceivedAt time.Time `json:"received_at"` // UTC, the server's clock
}

// Act is one request to change something: who, with which key, and when it was
// done on the device.
type Act struct {
	Key     string  // Idempotency-Key; empty = the act is not repeatable (server-made)
	Person  *Person // nil for the system itself
	Session string
	Device  string
	Post    string
	ActedAt time.Time // UTC, already corrected for the device's skew; zero = now
}

// Receipt is the answer to an act. The same key gets the same receipt again.
type Receipt struct {
	Topic    string   `json:"topic,omitempty"`
	First    int64    `json:"first,omitempty"`
	Seq      int64    `json:"seq,omitempty"`      // head of the topic after the act
	Subjects []string `json:"subjects,omitempty"` // what changed, in seq order
	Created  string   `json:"created,omitempty"`  // id of what was made
	Notice   string   `json:"notice,omitempty"`   // i18n key: "act.overtaken", "act.already" …
	Args     Args     `json:"args,omitempty"`
	Clashes  []Clash  `json:"clashes,omitempty"` // fields that were not saved: somebody else changed them, too
	Error    *Error   `json:"error,omitempty"`   // a refusal is an answer too
	Repeated bool     `json:"-"`                 // true when this is the stored answer
}

// Clash is a field that two people changed to different values: who was first, and when.
type Clash struct {
	Field  string    `json:"field"`
	Person string    `json:"person,omitempty"`
	At     time.Time `json:"at"`
}

// Late tells that an act reached the server so long after it was done that the
// row must show both times.
func Late(acted, received time.Time) bool { return received.Sub(acted) > 2*time.Minute }

// ClampActedAt keeps a device's stamp believable: never after the server's now,
// and never older than three days (a phone that was off longer has a wrong clock).
func ClampActedAt(acted, now time.Time) time.Time {
	if acted.IsZero() || acted.After(now) || now.Sub(acted) > 72*time.Hour {
		return now
	}
	return acted
}
