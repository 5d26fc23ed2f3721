package federation_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/federation"
	"dispositivo/internal/netx"
	"dispositivo/internal/testkit/idp"
)

type mac string

func (m mac) Sum(data []byte) []byte {
	h := hmac.New(sha256.New, []byte(m))
	h.Write(data)
	return h.Sum(nil)
}

const levelTwo = "https://www.spid.gov.it/SpidL2"

// start is when every test begins.
var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// party is our side, and somebody's browser at the provider.
type party struct {
	*federation.Provider
	t     *testing.T
	idp   *idp.Provider
	clock *clock.Stub
	cfg   federation.Config
}

func newParty(t *testing.T) *party {
	t.Helper()
	clk := clock.NewStub(start)
	p := &party{t: t, idp: idp.New(t, clk.Now), clock: clk}
	client, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	p.cfg = federation.Config{
		Way: dossier.WaySPID, Issuer: p.idp.URL, ClientID: idp.ClientID, ClientSecret: idp.ClientSecret, Levels: federation.LevelTwo(),
		RedirectURL: "https://portal.example/accesso/identita/spid/ritorno", Client: client, MAC: mac("k"), Clock: clk,
	}
	p.Provider = federation.New(p.cfg)
	return p
}

// visits goes to the provider and comes back with a cookie and an answer.
func (p *party) visits() (cookie string, query url.Values) {
	p.t.Helper()
	address, cookie, err := p.Begin(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return cookie, p.follow(address, p.cfg.RedirectURL)
}

// follow goes to the provider, and is sent back to an address with an answer.
func (p *party) follow(address, to string) url.Values {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		p.t.Fatal(err)
	}
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), to) {
		p.t.Fatalf("back to %s, %v", back, err)
	}
	return back.Query()
}

func anna() map[string]any {
	return map[string]any{"acr": levelTwo, "fiscalNumber": "TINIT-RSSMRA85T10A562S"}
}

// proves B9: who comes from SPID at level 2 is known by codice fiscale, wherever
// the provider puts it; the level is asked for, with PKCE, state and nonce.
func TestSPID(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	for name, who := range map[string]struct{ claims, info map[string]any }{
		"in the ID token":          {anna(), nil},
		"by the name of the rules": {map[string]any{"acr": "https://www.spid.gov.it/SpidL3", "https://attributes.eid.gov.it/fiscal_number": "TINIT-RSSMRA85T10A562S"}, nil},
		"in userinfo":              {map[string]any{"acr": levelTwo}, map[string]any{"sub": "AIDP0001", "fiscalNumber": "tinit-rssmra85t10a562s"}},
	} {
		p.idp.Person(who.claims, who.info)
		cookie, query := p.visits()
		id, err := p.Finish(t.Context(), cookie, query)
		if err != nil || id.CodiceFiscale.String() != "RSSMRA85T10A562S" || id.Way != dossier.WaySPID || id.Evidence["subject"] != "AIDP0001" {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	asked := p.idp.Asked()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(asked.Get(name)) < 26 {
			t.Errorf("%s is %q", name, asked.Get(name))
		}
	}
	if !strings.HasPrefix(asked.Get("acr_values"), levelTwo) {
		t.Errorf("asked for level %q", asked.Get("acr_values"))
	}
}

// proves B9: what the provider does not say, or does not say surely enough, opens
// nothing.
func TestSPIDRefuses(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(header, claims map[string]any) {
		return func(_, claims map[string]any) { claims[name] = value }
	}
	for name, attack := range map[string]struct {
		claims, info map[string]any
		forge        func(header, claims map[string]any)
		back         func(p *party, cookie *string, query url.Values)
	}{
		"level 1":           {claims: map[string]any{"acr": "https://www.spid.gov.it/SpidL1", "fiscalNumber": "TINIT-RSSMRA85T10A562S"}},
		"no level":          {claims: map[string]any{"fiscalNumber": "TINIT-RSSMRA85T10A562S"}},
		"no code":           {claims: map[string]any{"acr": levelTwo}, info: map[string]any{"sub": "AIDP0001"}},
		"no userinfo":       {claims: map[string]any{"acr": levelTwo}},
		"another's info":    {claims: map[string]any{"acr": levelTwo}, info: map[string]any{"sub": "other", "fiscalNumber": "TINIT-RSSMRA85T10A562S"}},
		"a wrong code":      {claims: map[string]any{"acr": levelTwo, "fiscalNumber": "TINIT-RSSMRA85T10A562X"}},
		"another state's":   {claims: map[string]any{"acr": levelTwo, "fiscalNumber": "TINDE-RSSMRA85T10A562S"}},
		"another nonce":     {claims: anna(), forge: set("nonce", "x")},
		"another audience":  {claims: anna(), forge: set("aud", "x")},
		"another issuer":    {claims: anna(), forge: set("iss", "https://evil.example")},
		"over":              {claims: anna(), forge: set("exp", start.Add(-time.Hour).Unix())},
		"unsigned":          {claims: anna(), forge: func(h, _ map[string]any) { h["alg"] = "none" }},
		"another algorithm": {claims: anna(), forge: func(h, _ map[string]any) { h["alg"] = "HS256" }},
		"another state":     {claims: anna(), back: func(_ *party, _ *string, q url.Values) { q.Set("state", "x") }},
		"no state":          {claims: anna(), back: func(_ *party, _ *string, q url.Values) { q.Del("state") }},
		"another's answer":  {claims: anna(), back: func(_ *party, _ *string, q url.Values) { q.Set("iss", "https://evil.example") }},
		"cancelled":         {claims: anna(), back: func(_ *party, _ *string, q url.Values) { q.Set("error", "access_denied") }},
		"another code":      {claims: anna(), back: func(_ *party, _ *string, q url.Values) { q.Set("code", "x") }},
		"no cookie":         {claims: anna(), back: func(_ *party, c *string, _ url.Values) { *c = "" }},
		"a forged cookie":   {claims: anna(), back: func(_ *party, c *string, _ url.Values) { *c = "A" + *c }},
		"too late":          {claims: anna(), back: func(p *party, _ *string, _ url.Values) { p.clock.Advance(11 * time.Minute) }},
		"another browser":   {claims: anna(), back: func(p *party, c *string, _ url.Values) { *c, _ = p.visits() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParty(t)
			p.idp.Person(attack.claims, attack.info)
			p.idp.Forge(attack.forge)
			cookie, query := p.visits()
			if attack.back != nil {
				attack.back(p, &cookie, query)
			}
			if id, err := p.Finish(t.Context(), cookie, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
				t.Errorf("%+v, %v", id, err)
			}
		})
	}
}

// proves B9: who uses the API is sent back to the app, and what was begun in a browser
// does not end in an app, nor the other way round; where no app is expected none begins.
func TestSPIDInAnApp(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	p.idp.Person(anna(), nil)
	if _, _, err := p.BeginApp(t.Context()); dossier.CodeOf(err) != dossier.CodeNotFound {
		t.Errorf("no app is expected: %v", err)
	}
	cookie, query := p.visits()
	p.cfg.AppRedirectURL = "example.app:/spid"
	p.Provider = federation.New(p.cfg)
	if _, err := p.FinishApp(t.Context(), cookie, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
		t.Errorf("a browser's visit in an app: %v", err)
	}
	address, visit, err := p.BeginApp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	query = p.follow(address, p.cfg.AppRedirectURL)
	if _, err := p.Finish(t.Context(), visit, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
		t.Errorf("an app's visit in a browser: %v", err)
	}
	id, err := p.FinishApp(t.Context(), visit, query)
	if err != nil || id.CodiceFiscale.String() != "RSSMRA85T10A562S" || id.Way != dossier.WaySPID {
		t.Errorf("%+v, %v", id, err)
	}
	if _, err := p.FinishApp(t.Context(), visit, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
		t.Errorf("twice: %v", err)
	}
	doors := federation.Doors{Providers: []*federation.Provider{p.Provider, newParty(t).Provider}}
	if ways := doors.AppWays(); len(ways) != 1 || ways[0] != dossier.WaySPID {
		t.Errorf("ways of an app: %v", ways)
	}
}

// proves B9: an answer counts once, a visit of SPID does not end at CIE, and a
// provider that does not answer is no refusal.
func TestSPIDOnce(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	p.idp.Person(anna(), nil)
	cookie, query := p.visits()
	if _, err := p.Finish(t.Context(), cookie, query); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(t.Context(), cookie, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
		t.Errorf("twice: %v", err)
	}
	cie := p.cfg
	cie.Way = dossier.WayCIE
	cookie, query = p.visits()
	if _, err := federation.New(cie).Finish(t.Context(), cookie, query); dossier.CodeOf(err) != dossier.CodeIdentityRefused {
		t.Errorf("at another way: %v", err)
	}
	gone := p.cfg
	gone.Issuer = "http://127.0.0.1:1"
	if _, _, err := federation.New(gone).Begin(t.Context()); dossier.CodeOf(err) != dossier.CodeUnavailable {
		t.Errorf("no answer: %v", err)
	}
	gone.Issuer = "https://elsewhere.example"
	if _, _, err := federation.New(gone).Begin(t.Context()); dossier.CodeOf(err) != dossier.CodeUnavailable {
		t.Errorf("a host that is not allowed: %v", err)
	}
}
