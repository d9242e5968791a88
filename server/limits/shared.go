package limits

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limiter counts together with the other instances. While their Redis is away,
// or without one, each instance counts alone: nobody is shut out for that.
type Limiter struct {
	buckets  Buckets
	failures failures

	dial   func(context.Context) (redis.UniversalClient, error) // nil = this instance is alone
	log    *slog.Logger
	prefix string

	mu     sync.Mutex
	client redis.UniversalClient
	again  time.Time // Redis is left alone until then
	down   bool      // and it was logged
}

// redisPause is how long a Redis that did not answer is left alone, so that its
// time-outs are not everybody's.
const redisPause = time.Second

// New makes a limiter. dial reaches Redis when somebody is first counted; nil
// is for a single instance.
func New(dial func(context.Context) (redis.UniversalClient, error), log *slog.Logger) *Limiter {
	return &Limiter{dial: dial, log: log, prefix: "huiwu:limit:"}
}

// take is the generic cell rate algorithm: the key holds when the bucket would
// be full again, in ms by Redis's own clock.
var take = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local every, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = full + every - burst * every - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', full + every), 'PX', full + every - now)
return 0`)

// Take counts one try under a key and gives 0, or how long to wait when there
// were too many. It counts here in any case: while Redis is away what was tried
// before is not forgotten, and who is refused here costs Redis nothing.
func (l *Limiter) Take(ctx context.Context, key string, r Rate) time.Duration {
	if wait := l.buckets.Take(key, r); wait > 0 || r.Burst == 0 {
		return wait
	}
	var wait time.Duration
	l.ask(ctx, func(ctx context.Context, c redis.UniversalClient) error {
		ms, err := take.Run(ctx, c, []string{l.name(key)}, max(r.Every.Milliseconds(), 1), r.Burst).Int64()
		wait = time.Duration(ms) * time.Millisecond
		return err
	})
	return wait
}

// Locked is for how long Fail has shut a key.
func (l *Limiter) Locked(ctx context.Context, key string) time.Duration {
	wait := l.failures.locked(key)
	l.ask(ctx, func(ctx context.Context, c redis.UniversalClient) error {
		d, err := c.PTTL(ctx, l.name("lock:"+key)).Result()
		wait = max(wait, d) // d is negative where there is no lock
		return err
	})
	return wait
}

// Fail counts a wrong try under a key; lock says for how long the n-th shuts it,
// which is returned.
func (l *Limiter) Fail(ctx context.Context, key string, lock func(n int) time.Duration) time.Duration {
	wait := l.failures.fail(key, lock)
	l.ask(ctx, func(ctx context.Context, c redis.UniversalClient) error {
		count := l.name("failed:" + key)
		n, err := c.Incr(ctx, count).Result()
		if err != nil {
			return err
		}
		if err := c.Expire(ctx, count, failureLife).Err(); err != nil {
			return err
		}
		if wait = max(wait, lock(int(n))); wait == 0 {
			return nil
		}
		return c.Set(ctx, l.name("lock:"+key), 1, wait).Err()
	})
	return wait
}

// name is a key as Redis sees it: whose tries are counted is nobody's business there.
func (l *Limiter) name(key string) string {
	sum := sha256.Sum256([]byte(key))
	return l.prefix + hex.EncodeToString(sum[:16])
}

// ask puts a question to Redis, unless it was away a moment ago.
func (l *Limiter) ask(ctx context.Context, question func(ctx context.Context, c redis.UniversalClient) error) {
	c := l.reach(ctx)
	if c == nil {
		return
	}
	err := question(ctx, c)
	if ctx.Err() != nil {
		return // the asker went away, not Redis
	}
	l.note(err)
}

// reach gives the client, nil while Redis is away.
func (l *Limiter) reach(ctx context.Context) redis.UniversalClient {
	if l.dial == nil {
		return nil
	}
	l.mu.Lock()
	if l.client != nil || time.Now().Before(l.again) {
		defer l.mu.Unlock()
		if time.Now().Before(l.again) {
			return nil
		}
		return l.client
	}
	l.again = time.Now().Add(redisPause) // one tries, the others count alone meanwhile
	l.mu.Unlock()
	c, err := l.dial(ctx)
	if err != nil {
		l.note(err)
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil && l.dial != nil {
		l.client, l.again = c, time.Time{}
		return c
	}
	_ = c.Close()
	return l.client
}

// note logs the beginning and the end of an outage.
func (l *Limiter) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, redis.ErrClosed): // shutting down
	case err != nil:
		l.again = time.Now().Add(redisPause)
		if !l.down {
			l.log.Warn("limits are counted by each instance alone: Redis is away", "error", err)
		}
		l.down = true
	case l.down:
		l.down = false
		l.log.Info("limits are counted together again")
	}
}

// Close lets Redis go.
func (l *Limiter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dial = nil
	if l.client == nil {
		return nil
	}
	c := l.client
	l.client = nil
	return c.Close()
}
