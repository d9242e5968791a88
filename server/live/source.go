package live

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Key names one rendering, which serves all sockets of that key.
type Key struct {
	Locale string
	View   string // page and audience; two people with the same View see the same bytes
}

// Change is one row of a topic's log.
type Change struct {
	Seq     int64
	Subject string // "item:<uuid>", "guest:<uuid>" …
}

// What Source.Allowed answers when a socket has to go. Any other error means
// that nobody knows (the database is away), and the socket stays.
var (
	ErrSession = errors.New("live: session ended")
	ErrTopic   = errors.New("live: topic not visible")
)

// Source is what the hub asks the rest of the program for. All methods are
// called by several goroutines at once, each call with a deadline, and must see
// everything that was committed before the call.
type Source interface {
	// Heads returns the newest seq of each counted topic in one query. A topic
	// that has no change yet may be left out.
	//
	// Asked for exactly ["board"], it returns instead the events that the board
	// shows now with their seq, as "event:<uuid>" → seq, 0 included: an event
	// whose seq grew is rendered again, and when the set of events differs from
	// the last answer the whole board is.
	Heads(ctx context.Context, topics []string) (map[string]int64, error)

	// Changes returns the changes of a counted topic with seq > since, ascending
	// and without holes, at most limit of them.
	Changes(ctx context.Context, topic string, since int64, limit int) ([]Change, error)

	// Render returns HTML fragments with the state of those subjects as of seq of
	// the topic, or later, for all viewers of the key; empty when the key shows none of them. A subject
	// that is gone is rendered as its removal. For the board the subjects are
	// "event:<uuid>", and nil stands for the whole board.
	Render(ctx context.Context, topic string, key Key, subjects []string, seq int64) ([]byte, error)

	// Clock returns the fragments that change with time alone (countdowns, late
	// marks); nil when there are none. It is called every 20 s for each topic
	// and key in use, so it must be cheap for topics that have none.
	Clock(ctx context.Context, topic string, key Key) ([]byte, error)

	// Allowed returns nil when the session is alive and may still see all the
	// topics in this view, otherwise ErrSession or ErrTopic.
	Allowed(ctx context.Context, session string, topics []string, view string) error
}

// lane bounds how many questions are put to the Source at the same time.
type lane chan struct{}

// ask calls the Source in its turn, and turns a panic into an error: one broken
// template must not end the program. Waiting counts towards the deadline, so
// that a crowd is sent away when the database does not keep up.
func (h *Hub) ask(l lane, what string, question func(ctx context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(h.ctx, h.cfg.Timeout)
	defer cancel()
	select {
	case l <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("live: %s: %w", what, ctx.Err())
	}
	defer func() { <-l }()
	defer func() {
		if p := recover(); p != nil {
			h.complain("panic", "in", what, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("live: %s: panic: %v", what, p)
		}
	}()
	if err := question(ctx); err != nil {
		return fmt.Errorf("live: %s: %w", what, err)
	}
	return nil
}

func (h *Hub) heads(l lane, topics []string) (heads map[string]int64, err error) {
	err = h.ask(l, "heads", func(ctx context.Context) error {
		heads, err = h.cfg.Source.Heads(ctx, topics)
		return err
	})
	return heads, err
}

func (h *Hub) changes(l lane, topic string, since int64) (changes []Change, err error) {
	err = h.ask(l, "changes", func(ctx context.Context) error {
		changes, err = h.cfg.Source.Changes(ctx, topic, since, h.cfg.MaxCatchUp+1)
		return err
	})
	return changes, err
}

func (h *Hub) render(l lane, topic string, key Key, subjects []string, seq int64) (html []byte, err error) {
	h.count.renders.Add(1)
	err = h.ask(l, "render", func(ctx context.Context) error {
		html, err = h.cfg.Source.Render(ctx, topic, key, subjects, seq)
		return err
	})
	return html, err
}

func (h *Hub) clock(l lane, topic string, key Key) (html []byte, err error) {
	err = h.ask(l, "clock", func(ctx context.Context) error {
		html, err = h.cfg.Source.Clock(ctx, topic, key)
		return err
	})
	return html, err
}

// allowed returns why the socket has to go, or nil. When nobody knows it
// returns an error that is no *CloseError.
func (h *Hub) allowed(l lane, sub Subscriber) error {
	topics := make([]string, len(sub.Topics))
	for i, s := range sub.Topics {
		topics[i] = s.Topic
	}
	err := h.ask(l, "allowed", func(ctx context.Context) error {
		return h.cfg.Source.Allowed(ctx, sub.Session, topics, sub.Key.View)
	})
	switch {
	case errors.Is(err, ErrSession):
		return errEnded
	case errors.Is(err, ErrTopic):
		return errHidden
	}
	return err
}
