package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"huiwu/server"
	"huiwu/server/demo"
	"huiwu/server/store"
	"huiwu/server/web"
	"huiwu/views"
)

type demoCmd struct {
	Addr     string  `default:":8080" help:"Address to listen on."`
	Data     string  `type:"path" help:"Folder to keep the demo in; a new one is made without it and removed at the end."`
	Simulate bool    `help:"Play crews and guests."`
	Speed    float64 `default:"1" help:"How much faster than life the whole demo runs."`
}

// demoPIN signs every person of the demo in.
const demoPIN = "246810"

// demoSignIns are the one-tap buttons of the sign-in page, in this order.
var demoSignIns = []string{"commander", "supervisor", "security", "cleaning", "service", "engineering", "control", "supplies", "leaderfloor", "admin"}

// marker stands in a folder whose database a demo may throw away.
const marker = "demo"

func (d demoCmd) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	cfg.Addr = d.Addr
	if os.Getenv("LOG_LEVEL") == "" {
		cfg.LogLevel = "warn"
	}
	if d.Speed <= 0 || d.Speed > 3600 {
		return errors.New("--speed must be above 0 and at most 3600")
	}
	dir, remove, err := d.folder()
	if err != nil {
		return err
	}
	defer remove()
	cfg.DataDir = dir
	log := logger(cfg.LogLevel)
	begun := time.Now().UTC()
	o := server.Options{Pins: web.NewPins(cfg.PinPepper, false)}
	s, err := server.New(ctx, cfg, log, o)
	if err != nil {
		return err
	}
	people, err := s.Store.People(ctx)
	if err != nil {
		return err
	}
	if len(people) > 0 {
		return errors.New("the demo wants an empty database: this one has people in it")
	}
	hash, err := o.Pins.Hash(ctx, demoPIN)
	if err != nil {
		return err
	}
	if _, err := demo.Seed(ctx, s.Store, demo.Options{Now: begun, PinHash: hash, Photos: s.Web.Photos}); err != nil {
		return err
	}
	if d.Speed != 1 {
		s.Store.Now = demo.Clock(begun, d.Speed)
		s.Web.FastClock = true
	}
	if s.Web.Demo, err = signIns(ctx, s.Store); err != nil {
		return err
	}
	if d.Simulate {
		go func() {
			if err := demo.Simulate(ctx, s.Store, demo.SimOptions{Speed: d.Speed, Start: begun, Log: log, Photos: s.Web.Photos}); err != nil && ctx.Err() == nil {
				log.Error("simulation stopped", "error", err)
			}
		}()
	}
	return serve(ctx, s, cfg, log, func(addr string) {
		fmt.Printf("Huiwu 会务台 demo: %s\nStaff numbers %v, PIN %s\n", "http://localhost"+portOf(addr), demoSignIns, demoPIN)
	})
}

func portOf(addr string) string {
	for i := len(addr) - 1; i >= 0; i-- {
		if addr[i] == ':' {
			return addr[i:]
		}
	}
	return ""
}

// signIns are the demo's one-tap buttons.
func signIns(ctx context.Context, s *store.Store) ([]views.DemoPerson, error) {
	var list []views.DemoPerson
	for _, no := range demoSignIns {
		p, err := s.PersonByLogin(ctx, no)
		if err != nil {
			return nil, fmt.Errorf("demo person %s: %w", no, err)
		}
		list = append(list, views.DemoPerson{StaffNo: p.StaffNo, Name: p.Name, Role: string(p.Role), Pin: demoPIN, Crew: p.Crew})
	}
	return list, nil
}

// folder is where the demo's database goes: a given folder is emptied only
// when a demo filled it.
func (d demoCmd) folder() (dir string, remove func(), err error) {
	if d.Data == "" {
		dir, err = os.MkdirTemp("", "huiwu-demo-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	db := filepath.Join(d.Data, "huiwu.db")
	_, dbErr := os.Stat(db)
	_, markErr := os.Stat(filepath.Join(d.Data, marker))
	if dbErr == nil && markErr != nil {
		return "", nil, fmt.Errorf("%s holds a database that is not a demo's: choose another folder", d.Data)
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return "", nil, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(db + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", nil, err
		}
	}
	if err := os.RemoveAll(filepath.Join(d.Data, "photos")); err != nil {
		return "", nil, err
	}
	return d.Data, func() {}, os.WriteFile(filepath.Join(d.Data, marker), []byte("The database in this folder is a demo: \"huiwu demo\" makes it anew.\n"), 0o600)
}
