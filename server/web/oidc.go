package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/oauth2"

	"huiwu/server/domain"
)

// OIDC signs people in by the organisation's own accounts. The provider is
// asked for its addresses when somebody first needs them, so that the program
// starts, and PINs work, without it.
type OIDC struct {
	Issuer   string
	ClientID string
	Secret   string
	Claim    string // the claim that holds the staff number
	Name     string // what people call these accounts; "" = a plain word
	Redirect string // https://…/session/oidc/callback

	mu       sync.Mutex
	provider *oidc.Provider
	failed   error
	again    time.Time // after a failure the provider is left alone until then
}

// How long the provider may take to answer once, and a person to sign in there.
const (
	oidcTime = 5 * time.Second
	oidcLife = 10 * time.Minute
	oidcRest = 3 * time.Second
)

var oidcClient = &http.Client{Timeout: oidcTime}

// label is the word on the button, "" without a provider.
func (o *OIDC) label() string {
	switch {
	case o == nil:
		return ""
	case o.Name == "":
		return "SSO"
	}
	return o.Name
}

// discover finds the provider's addresses. Whoever comes while it is away need
// not wait in line for the same failure.
func (o *OIDC) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	if time.Now().Before(o.again) {
		return nil, o.failed
	}
	p, err := oidc.NewProvider(ctx, o.Issuer)
	if err != nil {
		o.failed, o.again = err, time.Now().Add(oidcRest)
		return nil, err
	}
	o.provider = p
	return p, nil
}

func (o *OIDC) oauth(p *oidc.Provider) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID, "profile"}
	if o.Claim == "email" {
		scopes = append(scopes, "email")
	}
	return &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.Secret, Endpoint: p.Endpoint(), RedirectURL: o.Redirect, Scopes: scopes}
}

// oidcFlow is what must come back unchanged; it waits in a cookie of this browser.
type oidcFlow struct {
	State    string
	Nonce    string
	Verifier string
	Next     string
}

var (
	errOIDCAway    = &domain.Error{Code: domain.CodeUnavailable, Key: "oidc.away"}
	errOIDCFailed  = &domain.Error{Code: domain.CodeUnauthenticated, Key: "oidc.failed"}
	errOIDCExpired = &domain.Error{Code: domain.CodeUnauthenticated, Key: "oidc.expired"}
	errOIDCRefused = &domain.Error{Code: domain.CodeUnauthenticated, Key: "oidc.refused"}
	errOIDCUnknown = &domain.Error{Code: domain.CodeForbidden, Key: "oidc.unknown"}
)

// SignInOIDC is GET /session/oidc: on to the provider.
func (a *App) SignInOIDC(c *fiber.Ctx) error {
	if a.OIDC == nil {
		return domain.ErrNotFound
	}
	next := localPath(c.Query("next"))
	p, err := a.OIDC.discover(oidc.ClientContext(c.UserContext(), oidcClient))
	if err != nil {
		return a.oidcRefused(c, next, errOIDCAway, err)
	}
	flow := oidcFlow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	b, err := json.Marshal(flow)
	if err != nil {
		return err
	}
	a.setFlow(c, base64.RawURLEncoding.EncodeToString(b), oidcLife)
	noStore(c)
	return c.Redirect(a.OIDC.oauth(p).AuthCodeURL(flow.State, oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier)), fiber.StatusSeeOther)
}

// OIDCCallback is GET /session/oidc/callback: back from the provider.
func (a *App) OIDCCallback(c *fiber.Ctx) error {
	if a.OIDC == nil {
		return domain.ErrNotFound
	}
	flow, ok := a.flow(c)
	a.setFlow(c, "", -time.Hour) // whatever comes of it, it counts once
	noStore(c)
	if !ok {
		return a.oidcRefused(c, "/", errOIDCExpired, errors.New("no flow cookie, or another state"))
	}
	if said := c.Query("error"); said != "" {
		return a.oidcRefused(c, flow.Next, errOIDCRefused, fmt.Errorf("provider said %.60q", said))
	}
	staffNo, err := a.OIDC.staffNo(oidc.ClientContext(c.UserContext(), oidcClient), c.Query("code"), flow)
	if err != nil {
		return a.oidcRefused(c, flow.Next, oidcSentence(err), err)
	}
	p, err := a.Store.PersonByLogin(c.UserContext(), staffNo)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	// A phone number is no staff number, and who was shut out is told no more than a stranger.
	if p == nil || p.StaffNo != domain.NormaliseLogin(staffNo) || p.Disabled {
		refusal := *errOIDCUnknown
		refusal.Args = domain.Args{"staff_no": domain.Clean(staffNo, false)}
		return a.oidcRefused(c, flow.Next, &refusal, errors.New("nobody of that staff number may sign in"))
	}
	in := a.arrival(c, domain.ViaOIDC, false)
	s, err := a.Store.SignIn(c.UserContext(), p, in)
	if err != nil {
		return err
	}
	a.arrived(c, in, s, p)
	return c.Redirect(flow.Next, fiber.StatusSeeOther)
}

// staffNo exchanges the code for an ID token, verifies it (signature, issuer,
// audience, time, nonce) and reads the claim.
func (o *OIDC) staffNo(ctx context.Context, code string, flow oidcFlow) (string, error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	token, err := o.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return "", err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", errors.New("no id_token in the answer")
	}
	id, err := p.Verifier(&oidc.Config{ClientID: o.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(flow.Nonce)) != 1 {
		return "", errors.New("another nonce")
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return "", err
	}
	staffNo, ok := claims[o.Claim].(string)
	if !ok || domain.NormaliseLogin(staffNo) == "" {
		return "", fmt.Errorf("the token has no claim %q", o.Claim)
	}
	return staffNo, nil
}

// oidcSentence tells people apart what they can do: wait, or start again.
func oidcSentence(err error) *domain.Error {
	var late *oidc.TokenExpiredError
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &late):
		return errOIDCExpired
	case errors.As(err, &said) && said.Response.StatusCode < 500:
		return errOIDCFailed
	case errors.As(err, &said), isNet(err):
		return errOIDCAway
	}
	return errOIDCFailed
}

// isNet tells that no answer came at all.
func isNet(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) || errors.Is(err, context.DeadlineExceeded)
}

// oidcRefused shows the sign-in page with a sentence; why goes to the log.
func (a *App) oidcRefused(c *fiber.Ctx, next string, refusal *domain.Error, why error) error {
	a.Logger.Warn("sign-in by the provider refused", "request", requestID(c), "reason", refusal.Key, "error", why)
	if wantsJSON(c) {
		return c.Status(statusOf[refusal.Code]).JSON(errorJSON(refusal, locale(c), requestID(c), statusOf[refusal.Code]))
	}
	return a.signInPage(c, "", next, refusal)
}

// flowName has the __Host- prefix where cookies are secure: no neighbouring host
// can plant a flow of its own.
func (a *App) flowName() string {
	if a.Secure {
		return "__Host-oidc"
	}
	return "oidc"
}

func (a *App) setFlow(c *fiber.Ctx, value string, life time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: a.flowName(), Value: value, Path: "/", Secure: a.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
		Expires: time.Now().Add(life),
	})
}

// flow is what this browser set out with, if the state is the one that came back.
func (a *App) flow(c *fiber.Ctx) (oidcFlow, bool) {
	return readFlow(c.Cookies(a.flowName()), c.Query("state"))
}

func readFlow(cookie, state string) (oidcFlow, bool) {
	var f oidcFlow
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || json.Unmarshal(b, &f) != nil || f.State == "" || strings.TrimSpace(f.Nonce) == "" {
		return oidcFlow{Next: "/"}, false
	}
	f.Next = localPath(f.Next)
	return f, subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) == 1
}
