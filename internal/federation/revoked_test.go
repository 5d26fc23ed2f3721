package federation_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/federation"
)

// list issues a list of revoked serial numbers that holds for a day.
func (i issuer) list(at time.Time, serials ...int64) []byte {
	i.t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(at.Unix()), ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 1)}
	for _, n := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: big.NewInt(n), RevocationTime: at,
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, i.cert, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	return der
}

func asPEM(lists ...[]byte) []byte {
	var text []byte
	for _, der := range lists {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
	}
	return text
}

// proves B9: a revoked card opens nothing, nor does one that no list in force clears;
// the file is read again when it changes.
func TestRevokedCards(t *testing.T) {
	t.Parallel()
	authority, other := newIssuer(t), newIssuer(t)
	card, _ := authority.card(nil) // number 77
	path := filepath.Join(t.TempDir(), "crl")
	put := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil { // as who fetches it should
			t.Fatal(err)
		}
	}
	put(authority.list(start))
	revoked, err := federation.OpenRevoked(path)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.cert)
	cns := federation.NewCNS(federation.CNSConfig{
		CAs: pool, Header: name, Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, Clock: clock.NewStub(start), Revoked: revoked,
	})
	for _, tt := range []struct {
		what  string
		lists []byte
		want  dossier.Code
	}{
		{"nobody is revoked", authority.list(start), ""},
		{"another is", authority.list(start, 78), ""},
		{"this one is", authority.list(start, 76, 77), dossier.CodeIdentityRefused},
		{"as PEM, among others", asPEM(other.list(start, 77), authority.list(start)), ""},
		{"as PEM, revoked in the second", asPEM(authority.list(start.Add(-time.Hour)), authority.list(start, 77)), dossier.CodeIdentityRefused},
		{"the list is over", authority.list(start.AddDate(0, 0, -1)), dossier.CodeIdentityRefused},
		{"revoked by a list that is over", authority.list(start.AddDate(0, 0, -2), 77), dossier.CodeIdentityRefused},
		{"the list is of tomorrow", authority.list(start.Add(time.Hour)), dossier.CodeIdentityRefused},
		{"another authority's list alone, of the same name", other.list(start), dossier.CodeIdentityRefused},
	} {
		put(tt.lists)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = proxy
		r.Header.Set(name, header(card))
		if _, err := cns.Identify(r); dossier.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.what, err, tt.want)
		}
	}
	for what, data := range map[string][]byte{
		"nothing": nil, "a text": []byte("hello"), "a certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: card.Raw}),
	} {
		put(data)
		if _, err := federation.OpenRevoked(path); err == nil {
			t.Errorf("%s is taken for a list", what)
		}
	}
}
