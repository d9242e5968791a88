package live

import (
	"errors"
	"strconv"
	"strings"
)

// The topics that have no id.
const (
	TopicFloor = "floor" // counted: what concerns all crews of the site
	// TopicRequests is counted: the booking requests.
	TopicRequests = "requests"
	TopicBoard    = "board" // not counted: one card for each event of the day

	topicControl = "control" // between instances only
)

const (
	eventPrefix   = "event:"
	personPrefix  = "person:"
	sessionPrefix = "session:"
)

// maxTopics is how many topics one socket may ask for.
const maxTopics = 16

// EventTopic returns the topic of one event.
func EventTopic(id string) string { return eventPrefix + id }

// PersonTopic returns the topic of what concerns one person alone.
func PersonTopic(id string) string { return personPrefix + id }

// Message says that a topic moved on. It carries only ids, never personal data.
// For the board the subjects are events, and none means all of them; the hub
// makes these messages itself from those about events.
type Message struct {
	Topic    string   `json:"t"`           // "event:<uuid>", "person:<uuid>", "floor", "board", "control"
	First    int64    `json:"f,omitempty"` // seq of the first change of the act
	Seq      int64    `json:"s,omitempty"` // head after the act; 0: unknown, look it up
	Subjects []string `json:"x,omitempty"` // "item:<uuid>", "guest:<uuid>" … in seq order First..Seq; empty when many (>64)
	Close    string   `json:"c,omitempty"` // control only: "session:<id>" or "person:<id>": close those sockets
	Origin   string   `json:"o,omitempty"` // instance that published: it ignores its own echo
}

// boardMessage tells the board that an event moved on.
func boardMessage(m Message) (Message, bool) {
	if !strings.HasPrefix(m.Topic, eventPrefix) {
		return Message{}, false
	}
	return Message{Topic: TopicBoard, Seq: m.Seq, Subjects: []string{m.Topic}, Origin: m.Origin}, true
}

// Subscription asks for one topic.
type Subscription struct {
	Topic string
	Since int64 // seq that the page shows already; 0: unknown, unless the topic has no change yet
}

// ErrSubscription says that a socket asked for topics that cannot exist.
var ErrSubscription = errors.New("live: bad subscription")

// ParseSubscriptions reads the topics of GET /live?topic=…&since=…, where the
// n-th since belongs to the n-th topic and a missing one means unknown. It
// returns ErrSubscription for a topic that cannot exist, for a seq that is no
// number or negative, and for no topic or too many. It does not check rights.
func ParseSubscriptions(topics, since []string) ([]Subscription, error) {
	if len(topics) == 0 || len(topics) > maxTopics || len(since) > len(topics) {
		return nil, ErrSubscription
	}
	subs := make([]Subscription, 0, len(topics))
	seen := make(map[string]bool, len(topics))
	for i, topic := range topics {
		if !openTopic(topic) || seen[topic] {
			return nil, ErrSubscription
		}
		seen[topic] = true
		s := Subscription{Topic: topic}
		if i < len(since) && since[i] != "" {
			n, err := strconv.ParseInt(since[i], 10, 64)
			if err != nil || n < 0 {
				return nil, ErrSubscription
			}
			s.Since = n
		}
		subs = append(subs, s)
	}
	return subs, nil
}

// openTopic reports whether a socket may ask for the topic by that name at all.
func openTopic(topic string) bool {
	if topic == TopicFloor || topic == TopicBoard || topic == TopicRequests {
		return true
	}
	id, ok := strings.CutPrefix(topic, eventPrefix)
	if !ok {
		id, ok = strings.CutPrefix(topic, personPrefix)
	}
	return ok && plainID(id)
}

func plainID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
