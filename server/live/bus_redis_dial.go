package live

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisSettings reads an address into what both kinds of client understand.
func redisSettings(address string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	o := &redis.UniversalOptions{
		ContextTimeoutEnabled:    true, // off by default: a context would not end a call to a frozen server
		DialerRetries:            1,
		MaxRetries:               -1, // the poll heals what is lost; a late hint is worth nothing
		Protocol:                 2,
		PoolSize:                 4,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if u.Query().Has("addr") {
		c, err := redis.ParseClusterURL(address)
		if err != nil {
			return nil, err
		}
		o.IsClusterMode = true
		o.Addrs, o.Username, o.Password, o.TLSConfig = c.Addrs, c.Username, c.Password, c.TLSConfig
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout = orTimeout(c.DialTimeout), orTimeout(c.ReadTimeout), orTimeout(c.WriteTimeout)
		return o, nil
	}
	s, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	o.Addrs, o.DB, o.Username, o.Password, o.TLSConfig = []string{s.Addr}, s.DB, s.Username, s.Password, s.TLSConfig
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = orTimeout(s.DialTimeout), orTimeout(s.ReadTimeout), orTimeout(s.WriteTimeout)
	return o, nil
}

// DialRedis reaches the server of an address as a RedisBus does, for others who
// keep something there.
func DialRedis(ctx context.Context, address string) (redis.UniversalClient, error) {
	o, err := redisSettings(address)
	if err != nil {
		return nil, errors.New("redis address cannot be read")
	}
	client, _, err := dialRedis(ctx, o)
	return client, err
}

func orTimeout(d time.Duration) time.Duration {
	if d == 0 {
		return redisTimeout
	}
	return d
}

// dialRedis reaches the server and finds out whether it is a cluster, where
// plain pub/sub would send each message to every node.
func dialRedis(ctx context.Context, o *redis.UniversalOptions) (client redis.UniversalClient, sharded bool, err error) {
	if o.IsClusterMode {
		return redis.NewClusterClient(o.Cluster()), true, nil
	}
	single := redis.NewClient(o.Simple())
	info, err := single.Info(ctx, "cluster").Result()
	var refused redis.Error // by a proxy or an access list: taken for a single server
	if err != nil && !errors.As(err, &refused) {
		_ = single.Close()
		return nil, false, err
	}
	if !strings.Contains(info, "cluster_enabled:1") {
		return single, false, nil
	}
	_ = single.Close()
	return redis.NewClusterClient(o.Cluster()), true, nil
}
