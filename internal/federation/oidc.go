// Package federation takes identities of elsewhere: SPID and CIE by OpenID Connect,
// CNS by a client certificate (B9). It says who somebody is, by codice fiscale, and
// how that was proved.
//
// It knows neither holders nor sessions: whether the person is on file, and what
// that opens, is for package pin to say. It must not log what it was told.
package federation

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/netx"
)

// Identity is who somebody has proved to be.
type Identity struct {
	Way           dossier.Way
	CodiceFiscale codicefiscale.Code
	// Evidence is what it was proved with, for the log: personal, to be sealed.
	Evidence map[string]string
}

// LevelTwo are the SPID levels that are equal to PIN dispositivo, the one asked for
// first. CIE uses the same names.
func LevelTwo() []string {
	return []string{"https://www.spid.gov.it/SpidL2", "https://www.spid.gov.it/SpidL3"}
}

// lifetime is how long somebody may take at the provider.
const lifetime = 10 * time.Minute

// MAC is the keyed hash that binds a visit at the provider to this house.
type MAC interface{ Sum(data []byte) []byte }

// Config is what a Provider needs; every field is required, but where it says what
// none means.
type Config struct {
	Way                    dossier.Way
	Issuer                 string
	ClientID, ClientSecret string
	// RedirectURL is where the provider sends people back to.
	RedirectURL string
	// AppRedirectURL is where it sends those who come from an app that uses the API
	// (RFC 8252); "": none does.
	AppRedirectURL string
	// Levels are the values of acr that are asked for and accepted.
	Levels []string
	Client *netx.Client
	MAC    MAC
	Clock  clock.Clock
}

// Provider is a relying party of one OpenID provider: authorization code with
// PKCE, state and nonce. It is safe for concurrent use.
type Provider struct {
	cfg Config
	mu  sync.Mutex
	// found is what discovery told; nil before it succeeded.
	found *oidc.Provider
}

// New returns a relying party. It asks the provider for nothing before it is used.
func New(cfg Config) *Provider { return &Provider{cfg: cfg} }

// visit is one way to the provider and back. It lies in the visitor's cookie, or in
// the app's hands: who comes back must be the browser or the app that went.
type visit struct {
	Way      dossier.Way `json:"way"`
	App      bool        `json:"app,omitempty"`
	State    string      `json:"state"`
	Nonce    string      `json:"nonce"`
	Verifier string      `json:"verifier"`
	Until    int64       `json:"until"` // Unix seconds
}

// Begin returns where the visitor goes, and what the visitor's cookie must bring
// back. CodeUnavailable says that the provider does not answer.
func (p *Provider) Begin(ctx context.Context) (address, cookie string, err error) {
	return p.begin(ctx, false)
}

// BeginApp is Begin for an app, which keeps the visit itself; CodeNotFound when none
// is expected.
func (p *Provider) BeginApp(ctx context.Context) (address, visit string, err error) {
	if p.cfg.AppRedirectURL == "" {
		return "", "", dossier.Problem(dossier.CodeNotFound)
	}
	return p.begin(ctx, true)
}

func (p *Provider) begin(ctx context.Context, app bool) (address, packed string, err error) {
	_, conf, err := p.discover(ctx, app)
	if err != nil {
		return "", "", err
	}
	v := visit{
		Way: p.cfg.Way, App: app, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Until: p.cfg.Clock.Now().Add(lifetime).Unix(),
	}
	address = conf.AuthCodeURL(v.State, oidc.Nonce(v.Nonce), oauth2.S256ChallengeOption(v.Verifier),
		oauth2.SetAuthURLParam("acr_values", strings.Join(p.cfg.Levels, " ")))
	packed, err = p.pack(v)
	return address, packed, err
}

// Finish checks what the visitor came back with. CodeIdentityRefused says that the
// provider did not confirm who it is, or not as surely as is needed.
func (p *Provider) Finish(ctx context.Context, cookie string, query url.Values) (Identity, error) {
	return p.finish(ctx, false, cookie, query)
}

// FinishApp is Finish for an app: a browser's visit does not end here, nor an app's
// there.
func (p *Provider) FinishApp(ctx context.Context, visit string, query url.Values) (Identity, error) {
	return p.finish(ctx, true, visit, query)
}

func (p *Provider) finish(ctx context.Context, app bool, packed string, query url.Values) (Identity, error) {
	v, err := p.unpack(packed)
	if err != nil {
		return Identity{}, err
	}
	if v.App != app {
		return Identity{}, refused("the visit is of another kind of client")
	}
	if subtle.ConstantTimeCompare([]byte(v.State), []byte(query.Get("state"))) != 1 {
		return Identity{}, refused("state does not match")
	}
	if iss := query.Get("iss"); iss != "" && iss != p.cfg.Issuer { // RFC 9207
		return Identity{}, refused("the answer is another issuer's")
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return Identity{}, refused("the provider did not confirm")
	}
	found, conf, err := p.discover(ctx, app)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.cfg.Client.HTTP())
	token, err := conf.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(v.Verifier))
	if err != nil {
		return Identity{}, exchangeFailed(err)
	}
	return p.identify(ctx, found, token, v.Nonce)
}

// exchangeFailed tells a provider that says no from one that does not answer. What
// it said is left out: it may name the person.
func exchangeFailed(err error) error {
	if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return refused("the provider does not take the code")
	}
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("exchange code: %w", err)}
}

// identify checks the ID token and reads who it is about.
func (p *Provider) identify(ctx context.Context, found *oidc.Provider, token *oauth2.Token, nonce string) (Identity, error) {
	raw, _ := token.Extra("id_token").(string)
	verifier := found.VerifierContext(ctx, &oidc.Config{
		ClientID: p.cfg.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.PS256, oidc.ES256}, Now: p.cfg.Clock.Now,
	})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, refused("the ID token does not verify")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return Identity{}, refused("nonce does not match")
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return Identity{}, refused("the claims cannot be read")
	}
	if !slices.Contains(p.cfg.Levels, c.ACR) {
		return Identity{}, refused("the level is too low, or unknown")
	}
	if c.fiscal() == "" {
		if err := p.ask(ctx, found, token, id.Subject, &c); err != nil {
			return Identity{}, err
		}
	}
	text, italian := strings.CutPrefix(strings.ToUpper(c.fiscal()), "TINIT-")
	code, err := codicefiscale.Parse(text)
	if err != nil || !italian {
		return Identity{}, refused("no codice fiscale among the attributes")
	}
	return Identity{Way: p.cfg.Way, CodiceFiscale: code, Evidence: map[string]string{
		"issuer": id.Issuer, "subject": id.Subject, "level": c.ACR,
	}}, nil
}

// ask reads the attributes that the ID token does not hold.
func (p *Provider) ask(ctx context.Context, found *oidc.Provider, token *oauth2.Token, subject string, c *claims) error {
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return refused("the attributes cannot be read")
	}
	if info.Subject != subject {
		return refused("the attributes are another's")
	}
	if err := info.Claims(c); err != nil {
		return refused("the attributes cannot be read")
	}
	return nil
}

// claims are the few that count; the codice fiscale goes by the names of the SPID
// and CIE rules, and of proxies that keep those of SAML.
type claims struct {
	ACR          string `json:"acr"`
	FiscalNumber string `json:"fiscalNumber"`
	FiscalSnake  string `json:"fiscal_number"`
	FiscalURI    string `json:"https://attributes.eid.gov.it/fiscal_number"`
}

func (c claims) fiscal() string {
	for _, s := range []string{c.FiscalURI, c.FiscalNumber, c.FiscalSnake} {
		if s != "" {
			return s
		}
	}
	return ""
}

// discover asks the provider about itself, until it has answered once.
func (p *Provider) discover(ctx context.Context, app bool) (*oidc.Provider, oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// Keys are fetched later with this context: it must not end with a request.
		keep := oidc.ClientContext(context.WithoutCancel(ctx), p.cfg.Client.HTTP())
		found, err := oidc.NewProvider(keep, p.cfg.Issuer)
		if err != nil {
			return nil, oauth2.Config{}, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("ask identity provider: %w", err)}
		}
		p.found = found
	}
	back := p.cfg.RedirectURL
	if app {
		back = p.cfg.AppRedirectURL
	}
	return p.found, oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: p.found.Endpoint(),
		RedirectURL: back, Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, nil
}

// pack signs a visit for the cookie.
func (p *Provider) pack(v visit) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode visit: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(plain) + "." + encode(p.cfg.MAC.Sum(plain)), nil
}

func (p *Provider) unpack(cookie string) (visit, error) {
	body, sum, _ := strings.Cut(cookie, ".")
	plain, errBody := base64.RawURLEncoding.DecodeString(body)
	mac, errSum := base64.RawURLEncoding.DecodeString(sum)
	if errors.Join(errBody, errSum) != nil || subtle.ConstantTimeCompare(mac, p.cfg.MAC.Sum(plain)) != 1 {
		return visit{}, refused("no visit in the cookie")
	}
	var v visit
	if err := json.Unmarshal(plain, &v); err != nil || v.Way != p.cfg.Way || p.cfg.Clock.Now().Unix() >= v.Until {
		return visit{}, refused("the visit is over, or of another way")
	}
	return v, nil
}

func refused(why string) error {
	return &dossier.Error{Code: dossier.CodeIdentityRefused, Err: errors.New(why)}
}
