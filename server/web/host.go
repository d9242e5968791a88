package web

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
)

// codeMisdirected answers who came by a name that is not ours.
const codeMisdirected domain.Code = "misdirected"

// hostForm is a name or address, with or without a port.
var hostForm = regexp.MustCompile(`^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// KnownHost refuses requests for a host that is not ours: a page elsewhere whose
// name was made to lead here, or a made-up name that would stand in links. Where
// no BASE_URL says what is ours, any name will do that can be one.
func (a *App) KnownHost(c *fiber.Ctx) error {
	if unclear(c.Request().Header.RawHeaders()) {
		c.Context().SetConnectionClose() //nolint:forbidigo // the connection itself: what follows on it may be a part of this request
		return errBadRequest
	}
	// The address may name a host of its own, which then counts.
	host, header := string(c.Request().Host()), string(c.Request().Header.Host())
	if IsOps(c.Path()) || host == "" && header == "" && len(a.Hosts) == 0 {
		return c.Next()
	}
	if !hostForm.MatchString(host) || !hostForm.MatchString(header) {
		return errBadRequest
	}
	if len(a.Hosts) > 0 && !slices.Contains(a.Hosts, plainName(host)) {
		return &domain.Error{Code: codeMisdirected, Key: "error.other_host", Args: domain.Args{"address": a.Base}}
	}
	return c.Next()
}

var errBadRequest = &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}

// unclear tells headers that say in two ways where the request ends, or whose
// names a proxy may read differently. The HTTP server takes one of them, a proxy
// perhaps the other: a second request could hide in the body of the first.
func unclear(headers []byte) bool {
	length, coding := 0, 0
	for line := range bytes.Lines(headers) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		trimmed := bytes.TrimSpace(name)
		if len(trimmed) != len(name) {
			return true
		}
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length++
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			coding++
		}
	}
	return length+coding > 1
}

// plainName is a host without port, as names are compared. Ports are the proxy's business.
func plainName(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// OurHosts are the names under which this program answers: that of its address,
// and others that were configured. Without an address there are none.
func OurHosts(base string, more []string) []string {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil
	}
	hosts := []string{plainName(u.Host)}
	for _, h := range more {
		hosts = append(hosts, plainName(h))
	}
	return hosts
}

// PlainBody refuses packed bodies: no page of ours sends any, and a few bytes
// would unpack to a full memory.
func (a *App) PlainBody(c *fiber.Ctx) error {
	switch strings.ToLower(c.Get(fiber.HeaderContentEncoding)) {
	case "", "identity":
		return c.Next()
	}
	return &domain.Error{Code: domain.CodeInvalid, Key: "error.packed"}
}
