package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

const (
	redisTimeout = 500 * time.Millisecond // dial, read and write; a frozen server must not hold us up
	redisPause   = 250 * time.Millisecond // between two tries to reach the server
	redisFlush   = 300 * time.Millisecond // for what still waits at the end
	redisBatch   = 64                     // messages in one round trip
	redisQuiet   = 10 * time.Second       // between two lines in the log about an outage
)

// RedisOptions is what a RedisBus needs to know.
type RedisOptions struct {
	// URL is redis:// or rediss://, as go-redis reads it. With further nodes as
	// ?addr=host:port&addr=…, or when the server says that it is a cluster,
	// sharded pub/sub is used.
	URL string
	// Prefix of all channels, so that programs can share a server; "" is
	// "huiwu:live".
	Prefix string
	Logger *slog.Logger // nil: slog.Default()
}

// RedisBus carries messages through Redis pub/sub. When the server is away,
// publishing loses messages and says so in its counts, and nothing else happens;
// subscriptions return with the server, and then gap is called.
type RedisBus struct {
	settings *redis.UniversalOptions
	prefix   string
	log      *slog.Logger
	out      chan Message
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	work     sync.WaitGroup

	deliver func(Message)
	gap     func()

	mu        sync.Mutex
	client    redis.UniversalClient // nil until the server was reached once
	shards    []*redisShard         // likewise
	sharded   bool
	watched   map[string]struct{}
	closed    bool
	down      bool // and it was logged
	downSince time.Time

	published, dropped, failed, received, gaps atomic.Int64
}

// NewRedisBus returns a bus that works through the server of o.URL. It does not
// wait for the server. The error is about the URL. It silences the log of the
// client library, which would fill pages during an outage that we log once.
func NewRedisBus(o RedisOptions) (*RedisBus, error) {
	logging.Disable()
	if o.Prefix == "" {
		o.Prefix = "huiwu:live"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	settings, err := redisSettings(o.URL)
	if err != nil {
		return nil, fmt.Errorf("live: redis url: %w", err)
	}
	b := &RedisBus{
		settings: settings,
		prefix:   o.Prefix,
		log:      o.Logger,
		out:      make(chan Message, outbox),
		watched:  map[string]struct{}{topicControl: {}},
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.work.Go(b.publishing)
	return b, nil
}

// Publish implements Bus.
func (b *RedisBus) Publish(m Message) {
	select {
	case b.out <- m:
	default:
		b.dropped.Add(1)
	}
}

func (b *RedisBus) publishing() {
	for {
		select {
		case m := <-b.out:
			// Not b.ctx: what is being sent when the bus is closed shall arrive.
			ctx, cancel := context.WithTimeout(context.Background(), redisTimeout)
			b.send(ctx, b.waiting(m))
			cancel()
		case <-b.ctx.Done():
			b.flush()
			return
		}
	}
}

// waiting returns m and what else can go with it.
func (b *RedisBus) waiting(m Message) []Message {
	batch := []Message{m}
	for len(batch) < redisBatch {
		select {
		case m := <-b.out:
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

// flush sends what waits when the bus is closed: news of the last acts.
func (b *RedisBus) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), redisFlush)
	defer cancel()
	for ctx.Err() == nil {
		select {
		case m := <-b.out:
			b.send(ctx, b.waiting(m))
		default:
			return
		}
	}
	b.dropped.Add(int64(len(b.out)))
}

// send tries once. Trying again would only pile up hints that the poll of the
// other instances makes needless.
func (b *RedisBus) send(ctx context.Context, batch []Message) {
	client, sharded, err := b.connect(ctx)
	if err == nil {
		_, err = client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, m := range batch {
				payload, err := json.Marshal(m)
				if err != nil {
					return err
				}
				if channel := b.channel(m.Topic, sharded); sharded {
					p.SPublish(ctx, channel, payload)
				} else {
					p.Publish(ctx, channel, payload)
				}
			}
			return nil
		})
	}
	if err != nil {
		b.failed.Add(int64(len(batch)))
	} else {
		b.published.Add(int64(len(batch)))
	}
	b.noteHealth(err)
}

// noteHealth logs an outage once, and its end. While some nodes of a cluster are
// away, calls fail and succeed in turn: that makes one pair of lines in a while.
func (b *RedisBus) noteHealth(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil && !b.down && time.Since(b.downSince) > redisQuiet:
		b.down, b.downSince = true, time.Now()
		b.log.Warn("live: redis is away; other instances hear of changes by polling", "err", err)
	case err == nil && b.down:
		b.down = false
		b.log.Info("live: redis is back")
	}
}

// Watch implements Bus.
func (b *RedisBus) Watch(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watched[topic] = struct{}{}
	b.poke(topic)
}

// Unwatch implements Bus.
func (b *RedisBus) Unwatch(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if topic != topicControl {
		delete(b.watched, topic)
		b.poke(topic)
	}
}

// poke lets the topic's shard look at it. b.mu is held.
func (b *RedisBus) poke(topic string) {
	if len(b.shards) > 0 {
		b.shards[shardOf(topic, b.sharded)].poke(topic)
	}
}

// Start implements Bus.
func (b *RedisBus) Start(ctx context.Context, deliver func(Message), gap func()) error {
	b.deliver = deliver
	b.gap = func() {
		b.gaps.Add(1)
		gap()
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.ctx, cancel) //nolint:contextcheck // ends with ctx, and with Close
	b.work.Go(func() {
		defer stop()
		defer cancel()
		b.subscribing(ctx)
	})
	return nil
}

// subscribing waits until the server was reached once, which shows whether it is
// a cluster, and then lets the shards run until ctx ends.
func (b *RedisBus) subscribing(ctx context.Context) {
	for {
		client, sharded, err := b.connect(ctx)
		if err == nil {
			b.runShards(ctx, client, sharded)
			return
		}
		b.noteHealth(err)
		if !sleep(ctx, redisPause) {
			return
		}
	}
}

func (b *RedisBus) runShards(ctx context.Context, client redis.UniversalClient, sharded bool) {
	n := 1
	if sharded {
		n = redisShards
	}
	shards := make([]*redisShard, n)
	for i := range shards {
		shards[i] = newRedisShard(b, client, sharded, i)
	}
	b.mu.Lock()
	b.shards = shards
	b.mu.Unlock()

	var running sync.WaitGroup
	for _, s := range shards {
		running.Go(func() { s.forever(ctx) })
	}
	running.Wait()
}

// receive hands one payload on.
func (b *RedisBus) receive(payload string) {
	var m Message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		b.log.Warn("live: message on the bus cannot be read", "err", err)
		return
	}
	if b.watches(m.Topic) {
		b.received.Add(1)
		b.deliver(m)
	}
}

func (b *RedisBus) watches(topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.watched[topic]
	return ok
}

// Ready implements Bus. It asks the server, for at most redisTimeout and ctx.
func (b *RedisBus) Ready(ctx context.Context) error {
	client, _, err := b.connect(ctx)
	if err != nil {
		return err
	}
	return client.Ping(ctx).Err()
}

// Stats implements Bus.
func (b *RedisBus) Stats() BusStats {
	return BusStats{
		Published: b.published.Load(),
		Dropped:   b.dropped.Load(),
		Failed:    b.failed.Load(),
		Received:  b.received.Load(),
		Gaps:      b.gaps.Load(),
	}
}

// Close implements Bus.
func (b *RedisBus) Close() error {
	b.cancel()
	b.work.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.client == nil {
		return nil
	}
	err := b.client.Close()
	b.client = nil
	return err
}

// connect returns the client, and whether to use sharded pub/sub. Until the
// server was reached once nobody knows the latter, and it returns an error.
func (b *RedisBus) connect(ctx context.Context) (redis.UniversalClient, bool, error) {
	b.mu.Lock()
	client, sharded := b.client, b.sharded
	b.mu.Unlock()
	if client != nil {
		return client, sharded, nil
	}
	client, sharded, err := dialRedis(ctx, b.settings)
	if err != nil {
		return nil, false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.client != nil { // closed meanwhile, or somebody else was faster
		_ = client.Close()
	} else {
		b.client, b.sharded = client, sharded
	}
	if b.client == nil {
		return nil, false, redis.ErrClosed
	}
	return b.client, b.sharded, nil
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
