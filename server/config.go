// Package server builds the whole program from its parts: configuration,
// store, bus, hub and web. routes.go is the table of every URL.
package server

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"huiwu/server/notify"
	"huiwu/server/web"
)

// Config is every environment variable that "huiwu serve" reads. README.md and
// "huiwu serve --help" list the same.
type Config struct {
	Addr           string        `env:"ADDR" envDefault:":8080" help:"address to listen on"`
	Port           string        `env:"PORT" help:"port to listen on, where a host gives one (used when ADDR is not set)"`
	DatabaseURL    string        `env:"DATABASE_URL" help:"postgres://…; empty = embedded SQLite in DATA_DIR"`
	DatabaseConns  int           `env:"DATABASE_CONNS" envDefault:"16" help:"PostgreSQL connections of one instance"`
	RedisURL       string        `env:"REDIS_URL" help:"redis://…; empty = one instance, pushes stay in the process"`
	DataDir        string        `env:"DATA_DIR" envDefault:"data" help:"folder of the embedded database and of photos"`
	S3URL          string        `env:"S3_URL" help:"s3://key:secret@host/bucket; empty = photos lie in DATA_DIR"`
	BaseURL        string        `env:"BASE_URL" help:"https://… as people type it; sets secure cookies and HSTS"`
	Hosts          []string      `env:"HOSTS" help:"further names by which people reach BASE_URL's program, separated by commas; others are refused"`
	SiteTZ         string        `env:"SITE_TZ" envDefault:"Asia/Shanghai" help:"time zone of the building"`
	TrustedProxies []string      `env:"TRUSTED_PROXIES" help:"addresses or networks whose X-Real-IP is believed, separated by commas"`
	PinPepper      string        `env:"PIN_PEPPER" help:"secret mixed into PIN hashes; the same on all instances; keep it"`
	SecretKey      string        `env:"SECRET_KEY" help:"secret that seals robots' addresses and the keys of Web Push in the database; the same on all instances; keep it"`
	OIDCIssuer     string        `env:"OIDC_ISSUER" help:"https://… of an OpenID Connect provider for signing in; empty = PINs and invites only; needs BASE_URL"`
	OIDCClientID   string        `env:"OIDC_CLIENT_ID" help:"this program's name at the provider"`
	OIDCSecret     string        `env:"OIDC_CLIENT_SECRET" help:"this program's secret at the provider"`
	OIDCClaim      string        `env:"OIDC_CLAIM" envDefault:"preferred_username" help:"which claim of the ID token is the staff number"`
	OIDCName       string        `env:"OIDC_NAME" help:"what people call these accounts: the word on the button"`
	SMTPURL        string        `env:"SMTP_URL" help:"smtp://user:password@host:587 (STARTTLS), smtps://… or smtp://host:25?tls=off: sends invitations; empty = texts to copy; needs BASE_URL"`
	SMTPFrom       string        `env:"SMTP_FROM" help:"from whom invitations come: name@host or Name <name@host>"`
	ProfileAddr    string        `env:"PROFILE_ADDR" help:"loopback address at which Go's profiles are served, as 127.0.0.1:6060; empty = none"`
	FloodLimits    string        `env:"FLOOD_LIMITS" envDefault:"on" help:"off = nobody is slowed down: for measuring only"`
	LogLevel       string        `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	Shutdown       time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"20s" help:"how long running requests may take at shutdown"`
}

// LoadConfig reads the environment and checks it.
func LoadConfig() (Config, error) {
	var c Config
	if err := env.Parse(&c); err != nil {
		return c, err
	}
	if c.Port != "" && c.Addr == ":8080" {
		c.Addr = ":" + c.Port
	}
	return c, c.check()
}

func (c *Config) check() error {
	if _, err := c.Location(); err != nil {
		return fmt.Errorf("SITE_TZ %q is not a time zone", c.SiteTZ)
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("BASE_URL %q is not an http(s) address", c.BaseURL)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, _, err := net.ParseCIDR(p); err != nil && net.ParseIP(p) == nil {
			return fmt.Errorf("TRUSTED_PROXIES: %q is neither an address nor a network", p)
		}
	}
	if c.RedisURL != "" && !strings.HasPrefix(c.RedisURL, "redis://") && !strings.HasPrefix(c.RedisURL, "rediss://") {
		return fmt.Errorf("REDIS_URL must start with redis:// or rediss://")
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		return fmt.Errorf("SECRET_KEY is too short: 32 characters at least, as \"openssl rand -hex 32\" gives")
	}
	if c.FloodLimits != "on" && c.FloodLimits != "off" {
		return fmt.Errorf("FLOOD_LIMITS %q is neither on nor off", c.FloodLimits)
	}
	if err := c.checkProfileAddr(); err != nil {
		return err
	}
	if _, err := notify.ParseMailServer(c.SMTPURL, c.SMTPFrom); err != nil {
		return err
	}
	if c.SMTPURL != "" && c.BaseURL == "" {
		return fmt.Errorf("SMTP_URL needs BASE_URL: invitations lead to this program")
	}
	return c.checkOIDC()
}

// checkProfileAddr keeps profiles, which show what is in memory, on this machine.
func (c *Config) checkProfileAddr() error {
	if c.ProfileAddr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.ProfileAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("PROFILE_ADDR %q is not a loopback address with a port", c.ProfileAddr)
	}
	return nil
}

// checkOIDC asks for what a provider sends people back with.
func (c *Config) checkOIDC() error {
	if c.OIDCIssuer == "" {
		return nil
	}
	u, err := url.Parse(c.OIDCIssuer)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("OIDC_ISSUER %q is not an http(s) address", c.OIDCIssuer)
	}
	if c.OIDCClientID == "" || c.BaseURL == "" {
		return fmt.Errorf("OIDC_ISSUER needs OIDC_CLIENT_ID and BASE_URL")
	}
	return nil
}

// OIDC is the sign-in by the organisation's accounts, nil when it is not configured.
func (c *Config) OIDC() *web.OIDC {
	if c.OIDCIssuer == "" {
		return nil
	}
	return &web.OIDC{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, Secret: c.OIDCSecret, Claim: c.OIDCClaim, Name: c.OIDCName,
		Redirect: strings.TrimSuffix(c.BaseURL, "/") + "/session/oidc/callback",
	}
}

// Location is the site's time zone.
func (c *Config) Location() (*time.Location, error) { return time.LoadLocation(c.SiteTZ) }

// Floods are how much one person may ask for.
func (c *Config) Floods() web.Floods {
	if c.FloodLimits != "on" {
		return web.Floods{}
	}
	return web.DefaultFloods
}

// Secure tells that people come by https: cookies and HSTS follow.
func (c *Config) Secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }
