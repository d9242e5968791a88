// Command huiwu is the whole product in one binary: serve, migrate, demo,
// user, gallery, check, backup, restore and version.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // zones, wherever the binary runs

	"github.com/alecthomas/kong"

	"huiwu/server"
	"huiwu/server/store"
)

type cli struct {
	Serve         serveCmd         `cmd:"" default:"1" help:"Serve the product (default)."`
	Migrate       migrateCmd       `cmd:"" help:"Bring the database schema up to date."`
	Demo          demoCmd          `cmd:"" help:"Serve a fresh demo building."`
	User          userCmd          `cmd:"" help:"Add people, list them, set PINs."`
	Gallery       galleryCmd       `cmd:"" help:"Show every part of the design system, for those who work on it; on this machine alone."`
	Check         checkCmd         `cmd:"" help:"Check configuration, database, Redis, built files, and look for what cannot be in the data."`
	Backup        backupCmd        `cmd:"" help:"Write the database and the photos to one file, while the program runs."`
	Restore       restoreCmd       `cmd:"" help:"Put a backup into an empty database of either kind."`
	ForgetSecrets forgetSecretsCmd `cmd:"" help:"Give up stored secrets whose key is lost: robots and alerts are set up anew."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("huiwu"), kong.Description("Huiwu 会务台: event service for buildings, live."), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Help(helpWithEnvironment))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "huiwu:", err)
		os.Exit(1)
	}
}

// helpWithEnvironment adds the environment variables to the help of serve.
func helpWithEnvironment(o kong.HelpOptions, k *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, k); err != nil {
		return err
	}
	if n := k.Selected(); n == nil || n.Name == "serve" {
		fmt.Fprintln(k.Stdout, "\nEnvironment:")
		t := reflect.TypeFor[server.Config]()
		for i := range t.NumField() {
			f := t.Field(i)
			if name := f.Tag.Get("env"); name != "" && name != "-" {
				text := f.Tag.Get("help")
				if d := f.Tag.Get("envDefault"); d != "" {
					text += " (" + d + ")"
				}
				fmt.Fprintf(k.Stdout, "  %-18s %s\n", name, text)
			}
		}
	}
	return nil
}

// logger writes JSON for machines, or plain lines on a terminal.
func logger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if st, err := os.Stderr.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
		return slog.New(slog.NewTextHandler(os.Stderr, o))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, o))
}

type serveCmd struct{}

func (serveCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	log := logger(cfg.LogLevel)
	s, err := server.New(ctx, cfg, log, server.Options{})
	if err != nil {
		return err
	}
	return serve(ctx, s, cfg, log, func(string) {})
}

// serve listens until the context ends, then shuts down without cutting acts off.
func serve(ctx context.Context, s *server.Server, cfg server.Config, log *slog.Logger, ready func(addr string)) error {
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return err
	}
	if err := s.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- s.Serve(l) }()
	if cfg.ProfileAddr != "" {
		go func() { failed <- serveProfiles(cfg.ProfileAddr) }()
	}
	log.Info("listening", "addr", l.Addr().String(), "database", s.Store.Dialect(), "version", version())
	ready(l.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down")
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Shutdown)
	defer cancel()
	return s.Shutdown(end)
}

type migrateCmd struct {
	Down bool `help:"Take the last group of migrations back."`
}

func (m migrateCmd) Run(ctx context.Context) error {
	return openStore(ctx, func(s *store.Store) error {
		change := s.Migrate
		if m.Down {
			change = s.Rollback
		}
		list, err := change(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			fmt.Println("schema is up to date")
		}
		for _, n := range list {
			fmt.Println(n)
		}
		return nil
	})
}

// withStore opens the configured database for one command; the embedded one
// is brought up to date first, as at every start.
func withStore(ctx context.Context, fn func(s *store.Store) error) error {
	return openStore(ctx, func(s *store.Store) error {
		if s.Dialect() == "sqlite" {
			if _, err := s.Migrate(ctx); err != nil {
				return err
			}
		}
		return fn(s)
	})
}

func openStore(ctx context.Context, fn func(s *store.Store) error) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	o, err := storeOptions(cfg)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}

func storeOptions(cfg server.Config) (store.Options, error) {
	loc, err := cfg.Location()
	return store.Options{URL: cfg.DatabaseURL, Dir: cfg.DataDir, Loc: loc, Logger: logger("warn")}, err
}

type forgetSecretsCmd struct{}

func (forgetSecretsCmd) Run(ctx context.Context) error {
	return withStore(ctx, func(s *store.Store) error { return s.ForgetSecrets(ctx) })
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println(version())
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	parts := []string{"huiwu", info.Main.Version, info.GoVersion}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			parts = append(parts, s.Value[:12])
		}
	}
	return strings.Join(parts, " ")
}
