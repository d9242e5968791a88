package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"huiwu/server"
	"huiwu/server/live"
	"huiwu/server/photos"
	"huiwu/server/store"
	"huiwu/static"
)

type checkCmd struct{}

// Run looks at everything a start needs and says what is wrong, all at once.
func (checkCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	bad := 0
	say := func(what string, err error) {
		if err != nil {
			bad++
			fmt.Printf("✗ %s: %v\n", what, err)
			return
		}
		fmt.Printf("✓ %s\n", what)
	}
	say("configuration", nil)
	say("built files of the browser", static.Check())
	say("database", withStore(ctx, func(s *store.Store) error {
		missing, err := s.Pending(ctx)
		if err == nil && len(missing) > 0 && cfg.DatabaseURL != "" {
			err = errors.New("schema is old, run \"huiwu migrate\": " + strings.Join(missing, ", "))
		}
		return err
	}))
	say("storage of photos", photosCanBeKept(ctx, cfg))
	if cfg.RedisURL != "" {
		say("Redis", redisAnswers(ctx, cfg.RedisURL))
	}
	if bad > 0 {
		return fmt.Errorf("%d of the checks failed", bad)
	}
	return nil
}

func photosCanBeKept(ctx context.Context, cfg server.Config) error {
	b, err := photos.Open(cfg.S3URL, filepath.Join(cfg.DataDir, "photos"))
	if err != nil {
		return err
	}
	return b.Ready(ctx)
}

func redisAnswers(ctx context.Context, url string) error {
	bus, err := live.NewRedisBus(live.RedisOptions{URL: url, Logger: logger("error")})
	if err != nil {
		return err
	}
	if err := bus.Start(ctx, func(live.Message) {}, func() {}); err != nil {
		return err
	}
	for range 30 {
		if err = bus.Ready(ctx); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(err, bus.Close())
}
