package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// authority issues certificates of a server and of cards.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{t: t, cert: &x509.Certificate{
		Subject: pkix.Name{CommonName: "Prova CNS CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}}
	own := a.issue(a.cert)
	a.cert, a.key = own.Leaf, own.PrivateKey.(*ecdsa.PrivateKey) //nolint:errcheck // made below
	return a
}

// issue signs a certificate, or, of the authority itself, its own.
func (a authority) issue(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	now := clock.System().Now()
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(now.UnixNano()), now.Add(-time.Hour), now.Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// card is that of somebody.
func (a authority) card(codiceFiscale string) tls.Certificate {
	a.t.Helper()
	return a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: codiceFiscale + "/6090000001.aGFzaA=="}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// server writes certificate and key of a server at loopback.
func (a authority) server() (certFile, keyFile string) {
	a.t.Helper()
	cert := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		a.t.Fatal(err)
	}
	return write(a.t, "cert.pem", certificatePEM(cert.Leaf)), write(a.t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

// crl writes a list of revoked cards.
func (a authority) crl(cards ...*x509.Certificate) string {
	a.t.Helper()
	now := clock.System().Now()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	for _, c := range cards {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: now})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return write(a.t, "crl.der", der)
}

// proves B9: the server speaks TLS itself, and a card of a known authority opens what
// PIN dispositivo opens, with no proxy in between; a revoked one, one of another
// authority, none, and a header that tells of one do not.
func TestCNSWithoutProxy(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t), newAuthority(t)
	who, lost := free()[0], free()[1]
	revoked := ours.card(lost.CodiceFiscale.String())
	certFile, keyFile := ours.server()
	addr := testkit.FreeAddr(t)
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	s := &server{t: t, URL: "https://" + addr, Data: t.TempDir(), log: &lockedBuffer{}, roots: roots}
	s.args = []string{
		"serve", "--demo", "--addr", addr, "--data", s.Data, "--tls-cert-file", certFile, "--tls-key-file", keyFile,
		"--cns-ca-file", write(t, "ca.pem", certificatePEM(ours.cert)), "--cns-crl-file", ours.crl(revoked.Leaf),
	}
	s.start()
	t.Cleanup(s.stop)

	card := ours.card(who.CodiceFiscale.String())
	at, page := s.comesByCNS(t, roots, nil, card)
	if at != "/area" || !strings.Contains(page, who.Surname) || !strings.Contains(page, "PIN dispositivo") || !strings.Contains(page, "CNS") {
		t.Errorf("with a card: at %s\n%s", at, page)
	}
	if status, body := s.opensAPI(t, roots, card); status != http.StatusCreated || !strings.Contains(body, `"kind":"dispositivo"`) {
		t.Errorf("by API: %d %s", status, body)
	}
	if status, body := s.opensAPI(t, roots, revoked); status != http.StatusForbidden || !strings.Contains(body, string(dossier.CodeIdentityRefused)) {
		t.Errorf("by API, revoked: %d %s", status, body)
	}
	told := http.Header{"X-Client-Cert": {url.PathEscape(string(certificatePEM(card.Leaf)))}}
	const unproved, unknown = "non è stata confermata", "Non la troviamo"
	for what, tt := range map[string]struct {
		certs []tls.Certificate
		says  string
	}{
		"no card":           {nil, unproved},
		"revoked":           {[]tls.Certificate{revoked}, unproved},
		"another authority": {[]tls.Certificate{other.card(who.CodiceFiscale.String())}, unproved},
		"a stranger":        {[]tls.Certificate{ours.card("RSSMRA85T10A562S")}, unknown},
	} {
		if at, page := s.comesByCNS(t, roots, told, tt.certs...); at != "/accesso/identita/cns" || !strings.Contains(page, tt.says) {
			t.Errorf("%s: at %s\n%s", what, at, page)
		}
	}
}

// comesByCNS opens the way by card and returns where it leads, and the page there.
func (s *server) comesByCNS(t *testing.T, roots *x509.CertPool, header http.Header, certs ...tls.Certificate) (path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/accesso/identita/cns", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	at, status, page := withCard(t, roots, req, certs)
	if status >= http.StatusInternalServerError {
		t.Errorf("%s", fmt.Sprint(status, page))
	}
	return at, page
}

// opensAPI signs in by card through the JSON interface and returns the status.
func (s *server) opensAPI(t *testing.T, roots *x509.CertPool, certs ...tls.Certificate) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/identities/cns/sessions", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	_, status, body = withCard(t, roots, req, certs)
	return status, body
}

// withCard sends a request over a connection with a card, if any, and returns where
// it ended, and how.
func withCard(t *testing.T, roots *x509.CertPool, req *http.Request, certs []tls.Certificate) (at string, status int, body string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { // also what was not asked for
			if len(certs) == 0 {
				return &tls.Certificate{}, nil
			}
			return &certs[0], nil
		},
	}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport, Jar: jar}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Request.URL.Path, res.StatusCode, string(page)
}
