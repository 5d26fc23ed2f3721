package federation_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/federation"
)

// issuer is an authority of cards.
type issuer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	i := issuer{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Prova CNS CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	i.cert = i.sign(template, template, i.key)
	return i
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i issuer) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	i.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		i.t.Fatal(err)
	}
	return cert
}

// card issues one; change may spoil it.
func (i issuer) card(change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	key := newKey(i.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "RSSMRA85T10A562S/6090000001.aGFzaA=="},
		NotBefore: start.AddDate(0, -1, 0), NotAfter: start.AddDate(1, 0, 0), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	return i.sign(template, i.cert, key), key
}

func header(certs ...*x509.Certificate) string {
	var text []byte
	for _, c := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return url.PathEscape(string(text))
}

const name, proxy, stranger = "X-Client-Cert", "192.0.2.7:4711", "198.51.100.9:4711"

func newCNS(i issuer) *federation.CNS {
	pool := x509.NewCertPool()
	pool.AddCert(i.cert)
	return federation.NewCNS(federation.CNSConfig{
		CAs: pool, Header: name, Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, Clock: clock.NewStub(start),
	})
}

// proves B9: a card's certificate opens when it is valid, of a known authority, and
// comes from the proxy; from anywhere else the header is taken off and counts for
// nothing, whatever other headers say.
func TestCNS(t *testing.T) {
	t.Parallel()
	authority, other := newIssuer(t), newIssuer(t)
	good, _ := authority.card(nil)
	named := func(cn string) *x509.Certificate {
		c, _ := authority.card(func(c *x509.Certificate) { c.Subject.CommonName = cn })
		return c
	}
	expired, _ := authority.card(func(c *x509.Certificate) { c.NotAfter = start.Add(-time.Hour) })
	early, _ := authority.card(func(c *x509.Certificate) { c.NotBefore = start.Add(time.Hour) })
	server, _ := authority.card(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	foreign, _ := other.card(nil)
	for what, tt := range map[string]struct {
		from   string
		values []string
		opens  bool
	}{
		"good":                 {proxy, []string{header(good)}, true},
		"with its chain":       {proxy, []string{header(good, authority.cert)}, true},
		"from a stranger":      {stranger, []string{header(good)}, false},
		"no address":           {"", []string{header(good)}, false},
		"none":                 {proxy, nil, false},
		"empty":                {proxy, []string{""}, false},
		"two":                  {proxy, []string{header(good), header(good)}, false},
		"no PEM":               {proxy, []string{"hello"}, false},
		"no encoding":          {proxy, []string{"%zz"}, false},
		"expired":              {proxy, []string{header(expired)}, false},
		"not yet":              {proxy, []string{header(early)}, false},
		"of a server":          {proxy, []string{header(server)}, false},
		"another authority":    {proxy, []string{header(foreign)}, false},
		"own authority":        {proxy, []string{header(foreign, other.cert)}, false},
		"no card number":       {proxy, []string{header(named("RSSMRA85T10A562S"))}, false},
		"no code":              {proxy, []string{header(named("Mario Rossi/1.x"))}, false},
		"a provisional code":   {proxy, []string{header(named("00743110157/1.x"))}, false},
		"an empty card number": {proxy, []string{header(named("RSSMRA85T10A562S/"))}, false},
		"a wrong code":         {proxy, []string{header(named("RSSMRA85T10A562X/1.x"))}, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = tt.from
		r.Header["X-Client-Cert"] = tt.values
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		cns := newCNS(authority)
		var id federation.Identity
		var err error
		cns.Strip(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if tt.from != proxy && r.Header.Get(name) != "" {
				t.Errorf("%s: the header is still there", what)
			}
			id, err = cns.Identify(r)
		})).ServeHTTP(httptest.NewRecorder(), r)
		if opens := err == nil && id.CodiceFiscale.String() == "RSSMRA85T10A562S" && id.Way == dossier.WayCNS; opens != tt.opens {
			t.Errorf("%s: %+v, %v", what, id, err)
		}
		if err != nil && dossier.CodeOf(err) != dossier.CodeIdentityRefused {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// proves B9: with mutual TLS in this server the connection's own certificate counts,
// and a header beside it does not.
func TestCNSByTLS(t *testing.T) {
	t.Parallel()
	authority := newIssuer(t)
	cns := newCNS(authority)
	s := httptest.NewUnstartedServer(cns.Strip(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := cns.Identify(r)
		if err != nil {
			http.Error(w, string(dossier.CodeOf(err)), http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, id.Evidence["serial"])
	})))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	cns.AskIn(s.TLS)
	s.StartTLS()
	defer s.Close()
	ask := func(certs ...tls.Certificate) string {
		client := s.Client()
		transport, _ := client.Transport.(*http.Transport)
		transport = transport.Clone()
		defer transport.CloseIdleConnections()
		transport.TLSClientConfig.Certificates = certs
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		other, _ := authority.card(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(1000) })
		req.Header.Set(name, header(other))
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // only read
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	card, key := authority.card(nil)
	if got := ask(tls.Certificate{Certificate: [][]byte{card.Raw}, PrivateKey: key}); got != "4d" {
		t.Errorf("with a card: %q", got)
	}
	if got := ask(); got != string(dossier.CodeIdentityRefused)+"\n" {
		t.Errorf("without: %q", got)
	}
}
