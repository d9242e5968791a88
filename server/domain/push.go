package domain

import (
	"crypto/ecdh"
	"encoding/base64"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// PushDevice is a browser that wants to be woken: what it subscribed with, and
// how telling it went.
type PushDevice struct {
	ID           string     `bun:",pk" json:"id"`
	PersonID     string     `json:"-"`
	SessionID    string     `json:"session_id"`
	Device       string     `json:"device"`
	Endpoint     string     `json:"-"` // a secret: who knows it may ring the phone
	P256dh       string     `bun:"p256dh" json:"-"`
	Auth         string     `json:"-"`
	MadeAt       time.Time  `json:"made_at"`
	DeliveredAt  *time.Time `json:"delivered_at,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Failure      string     `bun:",nullzero" json:"failure,omitempty"`
}

// Validate refuses what no browser's push service gives: the server will send
// to this address, so it must be one out on the internet.
func (d *PushDevice) Validate() error {
	u, err := url.Parse(d.Endpoint)
	if err != nil || len(d.Endpoint) > 1000 || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" || !publicName(u.Hostname()) {
		return InvalidField("endpoint", "push.endpoint")
	}
	key, err := decodeKey(d.P256dh)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	if err != nil {
		return InvalidField("p256dh", "push.keys")
	}
	if auth, err := decodeKey(d.Auth); err != nil || len(auth) != 16 {
		return InvalidField("auth", "push.keys")
	}
	return nil
}

func decodeKey(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// publicName tells a host name, or an address, that is not of this house. What
// the name leads to is checked again when it is dialled.
func publicName(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		a, ok := netip.AddrFromSlice(ip)
		return ok && PublicAddress(a)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return strings.Contains(host, ".") && host != "localhost" && !strings.HasSuffix(host, ".localhost") &&
		!strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".internal") && !strings.HasSuffix(host, ".lan")
}

var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

// PublicAddress tells an address out on the internet: not this machine, not
// this house, not a provider's inside.
func PublicAddress(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
