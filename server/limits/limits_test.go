package limits_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"huiwu/server/domain"
	"huiwu/server/limits"
)

var slow = limits.Rate{Every: time.Minute, Burst: 3}

// TestBuckets: so many at once, then one in a while; whoever is refused pays nothing.
func TestBuckets(t *testing.T) {
	var b limits.Buckets
	for n := range 6 {
		wait := b.Take("a", slow)
		if (wait > 0) != (n >= 3) || wait > time.Minute {
			t.Errorf("try %d waits %v", n+1, wait)
		}
	}
	if b.Take("b", slow) > 0 || b.Take("a", limits.Rate{}) > 0 {
		t.Error("another key, or no limit, waits")
	}
	quick := limits.Rate{Every: 10 * time.Millisecond, Burst: 1}
	b.Take("c", quick)
	time.Sleep(15 * time.Millisecond)
	if b.Take("c", quick) > 0 {
		t.Error("it does not fill again")
	}
}

// TestAlone: a Redis that does not answer shuts nobody out, is not asked again at once, and limits go on.
func TestAlone(t *testing.T) {
	dials := 0
	l := limits.New(func(context.Context) (redis.UniversalClient, error) {
		dials++
		return nil, errors.New("away")
	}, slog.New(slog.DiscardHandler))
	defer l.Close()
	refused := 0
	for n := range 20 {
		if l.Take(t.Context(), "x", slow) > 0 {
			refused++
		}
		if l.Take(t.Context(), fmt.Sprint(n), slow) > 0 {
			t.Errorf("key %d waits", n)
		}
	}
	if refused != 17 || dials != 1 {
		t.Errorf("%d of 20 refused, Redis was dialled %d times", refused, dials)
	}
	for n := range 5 {
		d := l.Fail(t.Context(), "who", domain.LockFor)
		if (d > 0) != (n == 4) || (l.Locked(t.Context(), "who") > 0) != (n == 4) {
			t.Errorf("failure %d shuts for %v", n+1, d)
		}
	}
}
