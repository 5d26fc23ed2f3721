package main

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit/idp"
)

// proves B9: a holder with PIN ordinario comes by SPID over a real provider, and is
// in with what PIN dispositivo opens; a stranger's identity opens nothing; the log
// names the way, and neither of the two.
func TestIdentityOfElsewhere(t *testing.T) {
	t.Parallel()
	provider := idp.New(t, clock.System().Now)
	s := serveDemo(t, "--spid-issuer", provider.URL, "--spid-client-id", idp.ClientID,
		"--spid-client-secret-file", write(t, "secret", []byte(idp.ClientSecret)), "--cie-issuer", provider.URL, "--cie-client-id", idp.ClientID, "--oidc-loopback", "--oidc-app-redirect", "example.app:/back")
	byBrowser(t, s, provider)
	byApp(t, s, provider)
	c := s.from(t, "127.0.0.9")
	if page := c.send(t, http.MethodGet, "/accesso", nil, nil); !strings.Contains(string(page.answer.Body), "/accesso/identita/spid") {
		t.Error("SPID is not offered")
	}
	comes := func(code string) exchange {
		provider.Person(map[string]any{"acr": "https://www.spid.gov.it/SpidL2", "fiscalNumber": "TINIT-" + code}, nil)
		begun := c.send(t, http.MethodGet, "/accesso/identita/spid", nil, nil)
		at := &caller{url: provider.URL, http: c.http}
		there := at.send(t, http.MethodGet, strings.TrimPrefix(begun.answer.Header.Get("Location"), provider.URL), nil, nil)
		back, err := url.Parse(there.answer.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		visit, _, _ := strings.Cut(begun.answer.Header.Get("Set-Cookie"), ";")
		return c.send(t, http.MethodGet, back.RequestURI(), http.Header{"Cookie": {visit}}, nil)
	}
	who := free()[0]
	in := comes(who.CodiceFiscale.String())
	if in.Status != http.StatusSeeOther || in.answer.Header.Get("Location") != "/area" {
		t.Fatalf("back from the provider: %d %s", in.Status, in.answer.Body)
	}
	var cookie string
	for _, line := range in.answer.Header.Values("Set-Cookie") {
		if pair, _, _ := strings.Cut(line, ";"); strings.HasPrefix(pair, "dsp_citizen=") {
			cookie = pair
		}
	}
	area := c.send(t, http.MethodGet, "/area", http.Header{"Cookie": {cookie}}, nil)
	if body := string(area.answer.Body); area.Status != http.StatusOK || !strings.Contains(body, who.Surname) || !strings.Contains(body, "PIN dispositivo") ||
		!strings.Contains(body, "SPID") || strings.Contains(body, `href="/pin/cambio"`) {
		t.Errorf("area: %d %s", area.Status, body)
	}
	if out := comes("RSSMRA85T10A562S"); out.Status != http.StatusForbidden {
		t.Errorf("a stranger: %d", out.Status)
	}
	var detail string
	var sealed []byte
	err := openSQLite(t, s.Data).QueryRowContext(t.Context(), `SELECT detail, sealed FROM audit WHERE action = 'session.started' AND detail LIKE '%spid%' LIMIT 1`).Scan(&detail, &sealed)
	if err != nil || detail != `{"way":"spid"}` || len(sealed) == 0 || strings.Contains(string(sealed), "AIDP0001") {
		t.Errorf("log: %q, %d bytes, %v", detail, len(sealed), err)
	}
	for _, secret := range []string{who.CodiceFiscale.String(), "RSSMRA85T10A562S", "AIDP0001"} {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, secret) && strings.HasPrefix(line, "{") {
				t.Errorf("the log holds %q: %s", secret, line)
			}
		}
	}
}

// byBrowser walks the same way in a browser: in by SPID, refused by CIE at level 1.
func byBrowser(t *testing.T, s *server, provider *idp.Provider) {
	t.Helper()
	p, who := openBrowser(t, s).person(t, wide, true), free()[1].CodiceFiscale.String()
	p.visit("/accesso?lang=it")
	p.inspect("signin-ways")
	provider.Person(map[string]any{"acr": "https://www.spid.gov.it/SpidL2", "fiscalNumber": "TINIT-" + who}, nil)
	p.press(`a[href="/accesso/identita/spid"]`)
	p.is("/area")
	p.inspect("area-spid")
	provider.Person(map[string]any{"acr": "https://www.spid.gov.it/SpidL1", "fiscalNumber": "TINIT-" + who}, nil)
	p.forgets()
	p.visit("/accesso?lang=it")
	p.expects("/accesso/identita/cie/ritorno")
	p.press(`a[href="/accesso/identita/cie"]`)
	p.sees("#problem", "non è stata confermata")
	p.inspect("signin-refused-cie")
	p.forgets()
	p.enterDesk("revisore")
	p.visit("/desk/registro?atto=session")
	p.press(`main a[href^="/desk/registro/righe/"]`)
	p.sees("main", "AIDP0001", "Questa apertura è registrata")
	p.inspect("desk-evidence")
}

// byApp walks the same way by the JSON interface, as its contract says: in by SPID
// with what PIN dispositivo opens, refused at level 1 and as a stranger.
func byApp(t *testing.T, s *server, provider *idp.Provider) {
	t.Helper()
	w, nobody := newWitness(t, s), s.nobody()
	var offered struct{ Ways []string }
	w.ask(t, nobody, http.MethodGet, "/identities", nil).decode(t, &offered)
	if !slices.Equal(offered.Ways, []string{"spid", "cie"}) {
		t.Errorf("offered %v", offered.Ways)
	}
	comes := func(level, code string) answer {
		t.Helper()
		provider.Person(map[string]any{"acr": "https://www.spid.gov.it/" + level, "fiscalNumber": "TINIT-" + code}, nil)
		var begun struct{ Address, Visit string }
		w.ask(t, nobody, http.MethodPost, "/identities/spid/visits", nil).decode(t, &begun)
		at := &caller{url: provider.URL, http: w.caller.http}
		there := at.send(t, http.MethodGet, strings.TrimPrefix(begun.Address, provider.URL), nil, nil)
		back, found := strings.CutPrefix(there.answer.Header.Get("Location"), "example.app:/back?")
		query, err := url.ParseQuery(back)
		if err != nil || !found {
			t.Fatalf("back to %q, %v", there.answer.Header.Get("Location"), err)
		}
		body := map[string]string{"visit": begun.Visit, "code": query.Get("code"), "state": query.Get("state")}
		return w.ask(t, nobody, http.MethodPost, "/identities/spid/sessions", body)
	}
	who := free()[2]
	in := comes("SpidL2", who.CodiceFiscale.String())
	expect(t, "in by SPID", in, http.StatusCreated, "")
	var opened struct {
		Token, Kind string
		MustChange  bool `json:"must_change"`
	}
	in.decode(t, &opened)
	if opened.Kind != string(dossier.Dispositivo) || opened.MustChange {
		t.Errorf("opened %+v", opened)
	}
	app := &client{t: t, url: s.URL, token: opened.Token}
	expect(t, "filed by SPID", w.ask(t, app, http.MethodPost, "/domande", map[string]string{"service": "cambio-iban"}), http.StatusCreated, "")
	expect(t, "no PIN to change", w.ask(t, app, http.MethodPost, "/pin-changes", nil), http.StatusForbidden, dossier.CodeForbidden)
	w.opensEvidence(t, s)
	expect(t, "at level 1", comes("SpidL1", who.CodiceFiscale.String()), http.StatusForbidden, dossier.CodeIdentityRefused)
	expect(t, "a stranger", comes("SpidL2", "RSSMRA85T10A562S"), http.StatusForbidden, dossier.CodeIdentityUnknown)
	expect(t, "no card", w.ask(t, nobody, http.MethodPost, "/identities/cns/sessions", map[string]string{}), http.StatusNotFound, dossier.CodeNotFound)
}

// opensEvidence looks as the auditor at what the last identity was proved with.
func (w *witness) opensEvidence(t *testing.T, s *server) {
	t.Helper()
	auditor := s.operator("revisore")
	var log struct {
		Entries []struct {
			Row    int64
			Sealed bool
		}
	}
	w.ask(t, auditor, http.MethodGet, "/audit?action=session.started&actor=citizen", nil).decode(t, &log)
	if len(log.Entries) == 0 || !log.Entries[0].Sealed {
		t.Fatalf("no evidence: %+v", log)
	}
	var opened struct{ Evidence map[string]string }
	got := w.ask(t, auditor, http.MethodGet, fmt.Sprint("/audit/entries/", log.Entries[0].Row), nil)
	got.decode(t, &opened)
	if opened.Evidence["subject"] != "AIDP0001" || opened.Evidence["level"] == "" {
		t.Errorf("evidence %s", got.Body)
	}
}

// proves B9: settings that would open to the wrong people are refused at the start.
func TestIdentitySettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, pepper := filepath.Join(dir, "k"), filepath.Join(dir, "p")
	if got := runWith(t, "", "init-keys", "--key-file", key, "--pepper-file", pepper); got.code != 0 {
		t.Fatal(got.stderr)
	}
	serve := []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--key-file", key, "--pepper-file", pepper}
	empty := write(t, "ca.pem", []byte("nothing"))
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"client id", []string{"--spid-issuer", "https://idp.example"}},
		{"level 1", []string{"--spid-issuer", "https://idp.example", "--spid-client-id", "x", "--oidc-levels", "https://www.spid.gov.it/SpidL1"}},
		{"app's own scheme", []string{"--spid-issuer", "https://idp.example", "--spid-client-id", "x", "--oidc-app-redirect", "http://app.example"}},
		{"demonstrations", []string{"--oidc-loopback"}},
		{"no address", []string{"--cie-issuer", "idp", "--cie-client-id", "x"}},
		{"no certificate", []string{"--cns-ca-file", empty}},
		{"from where the header counts", []string{"--cns-ca-file", write(t, "ours.pem", certificatePEM(newAuthority(t).cert))}},
		{"go together", []string{"--tls-cert-file", empty}},
		{"this server's certificate", []string{"--tls-cert-file", empty, "--tls-key-file", empty}},
	} {
		refused(t, 1, []string{tt.says}, append(serve, tt.args...)...)
	}
}
