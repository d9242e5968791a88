package server_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/i18n"
)

// provider is an OpenID Connect provider that checks what a good one checks.
type provider struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	key   *rsa.PrivateKey
	kid   string
	asked url.Values           // what came with the last person
	twist func(map[string]any) // changes the claims of the next token
	away  atomic.Bool
	sent  atomic.Int32 // tokens
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t}
	p.rotate("one")
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// rotate takes a new key and forgets the old one.
func (p *provider) rotate(kid string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = key, kid
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away.Load() {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	b64 := base64.RawURLEncoding.EncodeToString
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer = map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		}
	case "/keys":
		answer = map[string]any{"keys": []any{map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": p.kid, "n": b64(p.key.N.Bytes()), "e": b64([]byte{1, 0, 1})}}}
	case "/token":
		id, secret, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if id != "huiwu" || secret != "quartz" || r.FormValue("code") != "code" || b64(sum[:]) != p.asked.Get("code_challenge") || r.FormValue("redirect_uri") != p.asked.Get("redirect_uri") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		p.sent.Add(1)
		answer = map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.token()}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// token signs the claims about the service person, twisted if asked for.
func (p *provider) token() string {
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "sub": "42", "aud": "huiwu", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "nonce": p.asked.Get("nonce"), "preferred_username": "SERVICE",
	}
	if p.twist != nil {
		p.twist(claims)
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(map[string]string{"alg": "RS256", "kid": p.kid, "typ": "JWT"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// leave is a person on the way to the provider; back is his way back.
func (p *provider) leave(c *client, next string) (back string) {
	p.t.Helper()
	a := c.send("GET", "/session/oidc?next="+url.QueryEscape(next), nil)
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther || !strings.HasPrefix(to.String(), p.URL+"/auth?") {
		p.t.Fatalf("to the provider: %d %s", a.status, a.header.Get("Location"))
	}
	c.cookie = "oidc=" + a.named(p.t, "oidc")
	p.mu.Lock()
	p.asked = to.Query()
	p.mu.Unlock()
	q := to.Query()
	if q.Get("client_id") != "huiwu" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != "http://huiwu.test/session/oidc/callback" || len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 {
		p.t.Fatalf("asked with %v", q)
	}
	return "/session/oidc/callback?code=code&state=" + q.Get("state")
}

// notice is the sentence above the sign-in form.
func notice(t *testing.T, a *answer) string {
	t.Helper()
	n := first(pageOf(t, a.body), func(n *html.Node) bool { return strings.Contains(attr(n, "class"), "signin-notice") })
	if n == nil {
		t.Fatalf("no sentence: %d %.200s", a.status, a.body)
	}
	return text(n)
}

func TestOIDC(t *testing.T) {
	p := newProvider(t)
	s := start(t, setting{Base: "http://huiwu.test", Issuer: p.URL})
	if page := s.nobody().get("/session/new?next=/lobby").body; !strings.Contains(page, "云门") || !strings.Contains(page, `href="/session/oidc?next=%2Flobby"`) {
		t.Error("the sign-in page does not offer it")
	}
	c := s.nobody()
	a := c.send("GET", p.leave(c, "/lobby"), nil)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/lobby" {
		t.Fatalf("back: %d %s %s", a.status, a.header.Get("Location"), a.body)
	}
	flow := c.cookie
	c.cookie = a.cookie(t)
	if !strings.Contains(c.get("/me").body, s.world.People["service"].Name) {
		t.Error("somebody else is signed in")
	}
	// The flow's cookie is gone from the browser; replayed, the provider has no such code any more, and without it nothing goes.
	if k := a.named(t, "oidc"); k != "" {
		t.Errorf("the flow stays: %q", k)
	}
	c.cookie = ""
	if a := c.send("GET", "/session/oidc/callback?code=code&state=x", nil); a.status != http.StatusUnauthorized || notice(t, a) != i18n.T("zh", "oidc.expired") {
		t.Errorf("without a flow: %d %s", a.status, notice(t, a))
	}
	c.cookie = flow
	if a := c.send("GET", "/session/oidc/callback?error=access_denied&state="+p.asked.Get("state"), nil); notice(t, a) != i18n.T("zh", "oidc.refused") {
		t.Errorf("cancelled: %s", notice(t, a))
	}
	// A key is changed: the next person notices nothing.
	p.rotate("two")
	c = s.nobody()
	if a := c.send("GET", p.leave(c, ""), nil); a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
		t.Errorf("after a new key: %d %s", a.status, a.body)
	}
	log, err := s.Store.Log(t.Context(), domain.PersonTopic(s.world.People["service"].ID), 0, 1)
	if err != nil || len(log) != 1 || log[0].Verb != "person.signed_in" || log[0].New != "oidc" {
		t.Errorf("log: %+v %v", log, err)
	}
}

// TestOIDCRefuses: whatever is wrong with what comes back, nobody is signed in and a sentence says what to do.
func TestOIDCRefuses(t *testing.T) {
	p := newProvider(t)
	s := start(t, setting{Base: "http://huiwu.test", Issuer: p.URL})
	if _, err := s.Store.SetDisabled(t.Context(), domain.Act{}, s.world.People["cleaning"].ID, true); err != nil {
		t.Fatal(err)
	}
	phone := &domain.Person{StaffNo: "wu.di", Phone: "13900001111", Name: "翡翠", Role: domain.RoleCrewMember, Crew: domain.CrewSVC, PinHash: "-"}
	if _, err := s.Store.CreatePerson(t.Context(), domain.Act{}, phone); err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	unknown := func(no string) string { return i18n.T("zh", "oidc.unknown", "staff_no", no) }
	failed, expired := i18n.T("zh", "oidc.failed"), i18n.T("zh", "oidc.expired")
	for _, x := range []struct {
		name   string
		twist  func(map[string]any)
		back   func(string) string
		status int
		says   string
	}{
		{"another state", nil, func(b string) string { return b + "x" }, 401, expired},
		{"no state", nil, func(string) string { return "/session/oidc/callback?code=code" }, 401, expired},
		{"another code", nil, func(b string) string { return strings.Replace(b, "code=code", "code=stolen", 1) }, 401, failed},
		{"another nonce", set("nonce", "x"), nil, 401, failed},
		{"no nonce", func(m map[string]any) { delete(m, "nonce") }, nil, 401, failed},
		{"an old token", set("exp", time.Now().Add(-time.Hour).Unix()), nil, 401, expired},
		{"for another program", set("aud", "else"), nil, 401, failed},
		{"by another issuer", set("iss", "https://evil.example"), nil, 401, failed},
		{"without the claim", func(m map[string]any) { delete(m, "preferred_username") }, nil, 401, failed},
		{"a claim that is no text", set("preferred_username", []string{"service"}), nil, 401, failed},
		{"an empty claim", set("preferred_username", " \u200b"), nil, 401, failed},
		{"a stranger", set("preferred_username", "stranger"), nil, 403, unknown("stranger")},
		{"a phone number", set("preferred_username", "13900001111"), nil, 403, unknown("13900001111")},
		{"somebody shut out", set("preferred_username", "cleaning"), nil, 403, unknown("cleaning")},
	} {
		c := s.nobody()
		back := p.leave(c, "/lobby")
		if x.back != nil {
			back = x.back(back)
		}
		p.mu.Lock()
		p.twist = x.twist
		p.mu.Unlock()
		a := c.send("GET", back, nil)
		if a.status != x.status || notice(t, a) != x.says {
			t.Errorf("%s: %d %q", x.name, a.status, notice(t, a))
		}
		for _, k := range (&http.Response{Header: a.header}).Cookies() {
			if k.Value != "" {
				t.Errorf("%s: sets %s", x.name, k.Name)
			}
		}
	}
	// A token signed by somebody else's key.
	c := s.nobody()
	back := p.leave(c, "")
	p.mu.Lock()
	p.twist = nil
	p.mu.Unlock()
	other := newProvider(t)
	p.mu.Lock()
	honest := p.key
	p.key = other.key
	p.mu.Unlock()
	restore := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" { // the honest key is published, the other one signs
			p.mu.Lock()
			p.key = honest
			p.mu.Unlock()
		}
		p.ServeHTTP(w, r)
	}
	p.Config.Handler = http.HandlerFunc(restore)
	if a := c.send("GET", back, nil); a.status != 401 || notice(t, a) != failed {
		t.Errorf("another key: %d %q", a.status, notice(t, a))
	}
}

// TestOIDCAway: the provider is away at the start and comes back later; PINs work all the time.
func TestOIDCAway(t *testing.T) {
	p := newProvider(t)
	p.away.Store(true)
	s := start(t, setting{Base: "http://huiwu.test", Issuer: p.URL})
	s.signIn(t, "service")
	c := s.nobody()
	for range 2 { // the second is told without asking again
		a := c.send("GET", "/session/oidc", nil)
		if a.status != 503 || notice(t, a) != i18n.T("zh", "oidc.away") {
			t.Errorf("away: %d %s", a.status, notice(t, a))
		}
	}
	if a := c.send("GET", "/session/oidc", nil, "Accept", "application/json"); a.status != 503 || !strings.Contains(a.body, "oidc.away") {
		t.Errorf("away, as JSON: %d %s", a.status, a.body)
	}
	p.away.Store(false)
	eventually(t, "the provider is asked again", func() bool { return c.send("GET", "/session/oidc", nil).status == 303 })
	back := p.leave(c, "")
	p.away.Store(true)
	if a := c.send("GET", back, nil); a.status != 503 || notice(t, a) != i18n.T("zh", "oidc.away") {
		t.Errorf("away between leaving and coming back: %d %s", a.status, notice(t, a))
	}
}

// TestOIDCOff: without configuration there is no such door, and half a configuration stops the start.
func TestOIDCOff(t *testing.T) {
	s := start(t, setting{})
	if strings.Contains(s.nobody().get("/session/new").body, "/session/oidc") {
		t.Error("offered without a provider")
	}
	for _, env := range []map[string]string{
		{"OIDC_ISSUER": "sso.example", "OIDC_CLIENT_ID": "huiwu", "BASE_URL": "https://huiwu.example"},
		{"OIDC_ISSUER": "https://sso.example", "BASE_URL": "https://huiwu.example"},
		{"OIDC_ISSUER": "https://sso.example", "OIDC_CLIENT_ID": "huiwu"},
	} {
		t.Run("", func(t *testing.T) {
			for k, v := range env {
				t.Setenv(k, v)
			}
			if _, err := server.LoadConfig(); err == nil || !strings.Contains(err.Error(), "OIDC_") {
				t.Errorf("%v: %v", env, err)
			}
		})
	}
}
