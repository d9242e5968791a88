package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"huiwu/server/store"
)

// growth is two databases with the same day, one of them with years behind it.
type growth struct {
	small, large *stand
	events       int
}

// todayEvents is how many events both have today.
const todayEvents = 10

// growthAsks is how often each page is asked for on each database, in turn.
const growthAsks = 40

// growth compares pages and acts on a young and an old database.
func (p *proof) grown(ctx context.Context) error {
	if p.growth == nil {
		g := &growth{events: max(20, int(10_000*p.Growth))}
		var err error
		if g.small, err = p.growStand(ctx, 0); err != nil {
			return err
		}
		begun := time.Now()
		if g.large, err = p.growStand(ctx, g.events); err != nil {
			return err
		}
		fmt.Printf("growth: %d events, %d items, %d log rows made in %.0f s\n", g.events, 100*g.events, 500*g.events, time.Since(begun).Seconds())
		p.growth = g
	}
	return p.with(ctx, p.growth.small, 1, func(small []string, _ []int) error {
		return p.with(ctx, p.growth.large, 1, func(large []string, _ []int) error {
			return p.growth.compare(ctx, p, small[0], large[0])
		})
	})
}

func (p *proof) growStand(ctx context.Context, events int) (*stand, error) {
	base, err := p.makeDatabase(ctx)
	if err != nil {
		return nil, err
	}
	o := store.Options{URL: base}
	c, err := grow(ctx, o, growOptions{Events: events, Items: 100 * events, Log: 500 * events, Years: 4, Today: todayEvents, People: 100})
	return &stand{options: o, env: p.env(base), cast: c}, err
}

// growthPages are what people open all day. The event's own page is moved on
// before each request, so that it is read from the database.
func growthPages(c *cast) []growthPage {
	who, event := c.People[0], "/events/"+c.Events[0]
	return []growthPage{
		{"page", event + "/items", who},
		{"today", "/today", who},
		{"board", "/board", who},
		{"events list", "/events", who},
		{"search", "/lobby?q=wang", who},
		{"activity", "/activity", who},
		{"activity of a newcomer", "/activity", *c.Other},
		{"log", event + "/log", who},
	}
}

type growthPage struct {
	name, path string
	who        player
}

// side is one of the two servers.
type side struct {
	on   *stand
	base string
	line *line
	db   *sql.DB
	took spans
}

func (g *growth) compare(ctx context.Context, p *proof, small, large string) error {
	sides := []*side{{on: g.small, base: small}, {on: g.large, base: large}}
	for _, s := range sides {
		var err error
		if s.line, err = newLine(s.base, nil); err != nil {
			return err
		}
		defer s.line.close()
		if s.db, err = openSQL(s.on); err != nil {
			return err
		}
		defer s.db.Close()
	}
	add := func(name string, small, large float64) {
		p.figures.add(fmt.Sprintf("growth to %d events, %s: old to young", g.events+todayEvents, name), "", large/small).atMost(1.1)
		p.figures.add("  "+name+", young", "ms", small)
		p.figures.add("  "+name+", old", "ms", large)
	}
	for k, page := range growthPages(g.small.cast) {
		for _, s := range sides {
			s.took = nil
		}
		for n := range growthAsks + 5 {
			for _, s := range sides {
				took, err := s.open(ctx, growthPages(s.on.cast)[k])
				if err != nil {
					return err
				}
				if n >= 5 { // the first ones fill pools and caches
					s.took = append(s.took, took)
				}
			}
		}
		add(page.name, median(sides[0].took), median(sides[1].took))
	}
	var acts []float64
	for _, s := range sides {
		r, err := actAlone(ctx, s.base, s.on.cast.on(1), 100)
		if err != nil {
			return err
		}
		acts = append(acts, r.Took.P50)
	}
	add("act", acts[0], acts[1])
	return nil
}

func median(s spans) float64 {
	s.sort()
	return ms(s.at(0.5))
}

// open asks for a page whose event has moved on.
func (s *side) open(ctx context.Context, page growthPage) (time.Duration, error) {
	if err := moveOn(ctx, s.db, s.on.cast.Events[:1]); err != nil {
		return 0, err
	}
	ask := s.line.request("GET", page.path, "", "Accept", "text/html", "Cookie", page.who.cookie())
	begun := time.Now()
	a, err := s.line.ask(ctx, ask, true)
	if err == nil && a.status != 200 {
		err = fmt.Errorf("%s: %d %.200s", page.path, a.status, a.body)
	}
	return time.Since(begun), err
}
