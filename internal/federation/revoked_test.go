package federation_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
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

// extended issues a list with a critical extension; the revoked are there for a reason.
func (i issuer) extended(reason int, id asn1.ObjectIdentifier, value any, serials ...int64) []byte {
	i.t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(2), ThisUpdate: start, NextUpdate: start.AddDate(0, 0, 1)}
	for _, n := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: big.NewInt(n), RevocationTime: start, ReasonCode: reason,
		})
	}
	der, err := asn1.Marshal(value)
	if err != nil {
		i.t.Fatal(err)
	}
	template.ExtraExtensions = []pkix.Extension{{Id: id, Critical: true, Value: der}}
	list, err := x509.CreateRevocationList(rand.Reader, template, i.cert, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	return list
}

// The extensions of lists (RFC 5280, sections 5.2.4 and 5.2.5), and one of nobody.
var deltaOf, scopeOf, unknownID = asn1.ObjectIdentifier{2, 5, 29, 27}, asn1.ObjectIdentifier{2, 5, 29, 28}, asn1.ObjectIdentifier{1, 2, 3}

// scope is an issuing distribution point.
type scope struct {
	Point struct {
		Full []asn1.RawValue `asn1:"optional,tag:0"`
	} `asn1:"optional,omitempty,tag:0"`
	Users       bool           `asn1:"optional,tag:1"`
	Authorities bool           `asn1:"optional,tag:2"`
	Reasons     asn1.BitString `asn1:"optional,tag:3"`
	Indirect    bool           `asn1:"optional,tag:4"`
	Attributes  bool           `asn1:"optional,tag:5"`
}

func part(address string) (s scope) {
	s.Point.Full = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)}}
	return s
}

// proves B9: a list of changes, or of a part of the cards, clears nobody whom it may
// not know; whom it names is refused.
func TestListsThatAreNotComplete(t *testing.T) {
	t.Parallel()
	authority := newIssuer(t)
	const mine, another = "https://crl.example/1.crl", "https://crl.example/2.crl"
	card, _ := authority.card(func(c *x509.Certificate) { c.CRLDistributionPoints = []string{mine} })
	pool := x509.NewCertPool()
	pool.AddCert(authority.cert)
	base := authority.list(start)
	for what, tt := range map[string]struct {
		lists []byte
		want  dossier.Code
	}{
		"a delta alone":                     {authority.extended(0, deltaOf, 1), dossier.CodeIdentityRefused},
		"a delta beside its base":           {asPEM(base, authority.extended(0, deltaOf, 1, 78)), ""},
		"revoked by the delta":              {asPEM(base, authority.extended(1, deltaOf, 1, 77)), dossier.CodeIdentityRefused},
		"taken back by the delta":           {asPEM(base, authority.extended(8, deltaOf, 1, 77)), ""},
		"an extension nobody knows":         {authority.extended(0, unknownID, 1), dossier.CodeIdentityRefused},
		"the part of the card":              {authority.extended(0, scopeOf, part(mine)), ""},
		"revoked in that part":              {authority.extended(0, scopeOf, part(mine), 77), dossier.CodeIdentityRefused},
		"another part":                      {authority.extended(0, scopeOf, part(another)), dossier.CodeIdentityRefused},
		"all people's":                      {authority.extended(0, scopeOf, scope{Users: true}), ""},
		"authorities' alone":                {authority.extended(0, scopeOf, scope{Authorities: true}), dossier.CodeIdentityRefused},
		"some reasons alone":                {authority.extended(0, scopeOf, scope{Reasons: asn1.BitString{Bytes: []byte{0x40}, BitLength: 2}}), dossier.CodeIdentityRefused},
		"other issuers' too":                {authority.extended(0, scopeOf, scope{Indirect: true}), dossier.CodeIdentityRefused},
		"attributes alone":                  {authority.extended(0, scopeOf, scope{Attributes: true}), dossier.CodeIdentityRefused},
		"a scope that cannot be read":       {authority.extended(0, scopeOf, 1), dossier.CodeIdentityRefused},
		"a list of another part and of all": {asPEM(authority.extended(0, scopeOf, part(another)), base), ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "crl")
			if err := os.WriteFile(path, tt.lists, 0o600); err != nil {
				t.Fatal(err)
			}
			revoked, err := federation.OpenRevoked(path)
			if err != nil {
				t.Fatal(err)
			}
			cns := federation.NewCNS(federation.CNSConfig{
				CAs: pool, Header: name, Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, Clock: clock.NewStub(start), Revoked: revoked,
			})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = proxy
			r.Header.Set(name, header(card))
			if _, err := cns.Identify(r); dossier.CodeOf(err) != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
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
