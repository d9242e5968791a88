package live

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// redisShards is how many connections subscribe to a cluster. All channels of
	// a shard hash to one slot, so one connection can hold them.
	redisShards = 16

	redisPing    = 2 * time.Second // asked so often, a living server is never silent for longer
	redisSilence = 3 * redisPing   // a server silent for so long is gone
	redisChunk   = 512             // channels in one SUBSCRIBE
)

// errSlotMoved ends a session whose channels another node serves now.
var errSlotMoved = errors.New("live: slot moved to another node")

func shardOf(topic string, sharded bool) int {
	if !sharded {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(topic))
	return int(h.Sum32() % redisShards)
}

// channel returns the name of a topic's channel.
func (b *RedisBus) channel(topic string, sharded bool) string {
	if !sharded {
		return b.prefix + ":" + topic
	}
	return b.prefix + ":{" + strconv.Itoa(shardOf(topic, true)) + "}:" + topic
}

// redisShard keeps the subscriptions of its topics on one connection.
type redisShard struct {
	bus     *RedisBus
	client  redis.UniversalClient
	sharded bool
	number  int
	changed chan struct{}       // dirty is not empty
	dirty   map[string]struct{} // topics that are watched now, or no more; guarded by bus.mu
}

func newRedisShard(b *RedisBus, client redis.UniversalClient, sharded bool, number int) *redisShard {
	return &redisShard{bus: b, client: client, sharded: sharded, number: number, changed: make(chan struct{}, 1), dirty: make(map[string]struct{})}
}

// poke asks for the topic to be subscribed to, or not any more. bus.mu is held.
func (s *redisShard) poke(topic string) {
	s.dirty[topic] = struct{}{}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// forever subscribes, and again whenever the connection is lost.
func (s *redisShard) forever(ctx context.Context) {
	for {
		if !s.waitForTopics(ctx) {
			return
		}
		err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errSlotMoved) {
			s.bus.noteHealth(err)
		}
		if cluster, ok := s.client.(*redis.ClusterClient); ok {
			cluster.ReloadState(ctx)
		}
		if !sleep(ctx, redisPause) {
			return
		}
	}
}

// waitForTopics returns when there is something to subscribe to: most shards of
// a cluster need no connection.
func (s *redisShard) waitForTopics(ctx context.Context) bool {
	for !s.everything() {
		select {
		case <-s.changed:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

// everything makes all topics of this shard dirty, since a new connection has
// none, and reports whether there are any.
func (s *redisShard) everything() bool {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	clear(s.dirty)
	for topic := range s.bus.watched {
		if shardOf(topic, s.sharded) == s.number {
			s.dirty[topic] = struct{}{}
		}
	}
	return len(s.dirty) > 0
}

// todo takes what is dirty and says how it differs from what the connection has.
// It looks at nothing else: a thousand phones that come back watch a thousand
// topics one by one.
func (s *redisShard) todo(have map[string]struct{}) (add, drop []string) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	for topic := range s.dirty {
		_, wanted := s.bus.watched[topic]
		_, had := have[topic]
		switch {
		case wanted && !had:
			add = append(add, s.bus.channel(topic, s.sharded))
			have[topic] = struct{}{}
		case !wanted && had:
			drop = append(drop, s.bus.channel(topic, s.sharded))
			delete(have, topic)
		}
	}
	clear(s.dirty)
	return add, drop
}

// session lives as long as one connection: this goroutine reads, another one
// subscribes. It returns why the connection was given up.
func (s *redisShard) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var pubsub *redis.PubSub
	if s.sharded {
		pubsub = s.client.SSubscribe(ctx)
	} else {
		pubsub = s.client.Subscribe(ctx)
	}
	stop := context.AfterFunc(ctx, func() { _ = pubsub.Close() }) // ends the blocking read
	defer stop()
	defer func() { _ = pubsub.Close() }()

	first := make(map[string]struct{})
	if err := s.subscribe(ctx, pubsub, first); err != nil {
		return err
	}
	wrote := make(chan error, 1)
	go func() {
		err := s.keepSubscribed(ctx, pubsub, first)
		cancel()
		wrote <- err
	}()
	readErr := s.read(ctx, pubsub)
	cancel()
	if err := <-wrote; !errors.Is(err, context.Canceled) {
		return err // it failed first, and reading only because of it
	}
	return readErr
}

// keepSubscribed brings the subscriptions up to date whenever a topic is watched
// or not watched any more, and pings, until the connection fails or ctx ends.
func (s *redisShard) keepSubscribed(ctx context.Context, pubsub *redis.PubSub, have map[string]struct{}) error {
	ping := time.NewTicker(redisPing)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.changed:
			if err := s.subscribe(ctx, pubsub, have); err != nil {
				return err
			}
		case <-ping.C:
			if err := pubsub.Ping(ctx); err != nil {
				return err
			}
		}
	}
}

// subscribe brings the connection's topics up to date.
func (s *redisShard) subscribe(ctx context.Context, pubsub *redis.PubSub, have map[string]struct{}) error {
	add, drop := s.todo(have)
	subscribe, unsubscribe := pubsub.Subscribe, pubsub.Unsubscribe
	if s.sharded {
		subscribe, unsubscribe = pubsub.SSubscribe, pubsub.SUnsubscribe
	}
	if err := inChunks(ctx, add, subscribe); err != nil {
		return err
	}
	return inChunks(ctx, drop, unsubscribe)
}

func inChunks(ctx context.Context, channels []string, do func(context.Context, ...string) error) error {
	for len(channels) > 0 {
		n := min(len(channels), redisChunk)
		if err := do(ctx, channels[:n]...); err != nil {
			return err
		}
		channels = channels[n:]
	}
	return nil
}

// read hands on what arrives until the connection fails or stays silent.
func (s *redisShard) read(ctx context.Context, pubsub *redis.PubSub) (err error) {
	defer func() {
		if p := recover(); p != nil { // the client library panics on answers it does not know
			err = fmt.Errorf("live: redis: %v", p)
		}
	}()
	for {
		got, err := pubsub.ReceiveTimeout(ctx, redisSilence)
		if err != nil {
			return err
		}
		switch got := got.(type) {
		case *redis.Message:
			s.bus.receive(got.Payload)
		case *redis.Subscription:
			if err := s.confirmed(got); err != nil {
				return err
			}
		}
	}
}

// confirmed handles the server's word that a subscription begins or ends. What
// was published before it began was missed.
func (s *redisShard) confirmed(sub *redis.Subscription) error {
	switch sub.Kind {
	case "subscribe", "ssubscribe":
		s.bus.noteHealth(nil)
		s.bus.gap()
	case "sunsubscribe":
		_, topic, _ := strings.Cut(sub.Channel, "}:")
		if s.bus.watches(topic) {
			return errSlotMoved
		}
	}
	return nil
}
