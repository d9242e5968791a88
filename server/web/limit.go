package web

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/limits"
)

// Limits on guessing, counted together with the other instances: per address
// loosely, for a whole building shares one; per login and for all typed codes tightly.
var (
	signInsOfAddress = limits.Rate{Every: 100 * time.Millisecond, Burst: 100}
	signInsOfLogin   = limits.Rate{Every: 2 * time.Second, Burst: 10}
	invitesOfAddress = limits.Rate{Every: 100 * time.Millisecond, Burst: 100}
	typedCodes       = limits.Rate{Every: 500 * time.Millisecond, Burst: 60}
	passesOfAddress  = limits.Rate{Every: 50 * time.Millisecond, Burst: 400} // a hall full of guests shares one; an organiser's page asks four times a minute
	answersOfGuest   = limits.Rate{Every: 2 * time.Second, Burst: 30}
	testsOfPush      = limits.Rate{Every: testEvery, Burst: 5}
	testsOfChannel   = limits.Rate{Every: testEvery, Burst: 3}
)

// Floods are the limits on requests of any kind, counted by each instance for
// itself: it is its own strength that they protect. People are told apart by who
// they are, so a thousand phones behind one address are a thousand times as much;
// only who is not signed in shares the limit of his address.
type Floods struct {
	Acts      limits.Rate // of a person
	Pages     limits.Rate // of a person
	Strangers limits.Rate // of an address, all its people together
}

// DefaultFloods are far above what thumbs and outboxes do: a phone that was away
// for a day sends its acts at once.
var DefaultFloods = Floods{
	Acts:      limits.Rate{Every: 33 * time.Millisecond, Burst: 400},
	Pages:     limits.Rate{Every: 33 * time.Millisecond, Burst: 400},
	Strangers: limits.Rate{Every: 5 * time.Millisecond, Burst: 3000},
}

// NoFlood refuses what no person does, before any work is done for it. Files of
// the browser and the questions of operations cost nothing and are not counted.
func (a *App) NoFlood(c *fiber.Ctx) error {
	if isAsset(c.Path()) || IsOps(c.Path()) {
		return c.Next()
	}
	kind, r := "stranger:"+address(c), a.Floods.Strangers
	if p := person(c); p != nil && reads(c) {
		kind, r = "pages:"+p.ID, a.Floods.Pages
	} else if p != nil {
		kind, r = "acts:"+p.ID, a.Floods.Acts
	}
	if wait := a.floods.Take(kind, r); wait > 0 {
		return tooMany(c, "error.slow_down", wait)
	}
	return c.Next()
}

func isAsset(path string) bool {
	return strings.HasPrefix(path, "/static/") || path == "/sw.js" || path == "/manifest.webmanifest"
}

// IsOps tells the addresses that operations ask, by whatever name they know this host.
func IsOps(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }

// tooMany is a refusal that says when to come again.
func tooMany(c *fiber.Ctx, key string, wait time.Duration) error {
	s := retryAfter(c, wait)
	return &domain.Error{Code: domain.CodeTooMany, Key: key, Args: domain.Args{"seconds": s}}
}

// retryAfter sets the header in whole seconds, at least one.
func retryAfter(c *fiber.Ctx, wait time.Duration) string {
	s := strconv.Itoa(max(int(math.Ceil(wait.Seconds())), 1))
	c.Set(fiber.HeaderRetryAfter, s)
	return s
}

// limit counts one try together with the other instances.
func (a *App) limit(c *fiber.Ctx, key string, r limits.Rate, sentence string) error {
	if wait := a.Limits.Take(c.UserContext(), key, r); wait > 0 {
		return tooMany(c, sentence, wait)
	}
	return nil
}

// limitSignIn counts one try at a login from this address.
func (a *App) limitSignIn(c *fiber.Ctx, login string) error {
	if err := a.limit(c, "address:"+address(c), signInsOfAddress, "session.slow_down"); err != nil {
		return err
	}
	return a.limit(c, "login:"+login, signInsOfLogin, "session.slow_down")
}

// address is from where a request comes; of IPv6 the network, for everybody has
// a whole one.
func address(c *fiber.Ctx) string {
	ip, err := netip.ParseAddr(c.IP())
	if err != nil {
		return c.IP()
	}
	ip = ip.Unmap()
	if ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
