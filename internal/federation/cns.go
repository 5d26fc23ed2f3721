package federation

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
)

// CNSConfig is what CNS needs.
type CNSConfig struct {
	// CAs are the authorities a card's certificate must come from; required.
	CAs *x509.CertPool
	// Header is that in which a proxy hands the certificate on, PEM in URL encoding
	// (nginx: $ssl_client_escaped_cert). It counts from Proxies alone.
	Header  string
	Proxies []netip.Prefix
	// Revoked holds the lists of revoked cards; nil: not asked for.
	Revoked *RevokedFile
	Clock   clock.Clock
}

// CNS identifies people by the certificate of a Carta Nazionale dei Servizi, which
// TLS has proved to be in their hands: in this server, or in a proxy before it.
// Whether a certificate was revoked it asks the lists it was given, if any.
type CNS struct{ cfg CNSConfig }

// NewCNS returns the reader of certificates.
func NewCNS(cfg CNSConfig) *CNS { return &CNS{cfg: cfg} }

// AskIn has a server ask for a certificate of these authorities, and for no other,
// so that only who has a card is asked by the browser. One that does not verify, or
// none, is let through to Identify, which answers with a page.
func (c *CNS) AskIn(cfg *tls.Config) {
	cfg.ClientAuth, cfg.ClientCAs = tls.RequestClientCert, c.cfg.CAs
}

// Strip takes the header off every request that does not come from a configured
// proxy, before anybody sees it.
func (c *CNS) Strip(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.cfg.Header != "" && !c.trusts(r.RemoteAddr) {
			r.Header.Del(c.cfg.Header)
		}
		next.ServeHTTP(w, r)
	})
}

// trusts looks at who is at the other end of the connection, never at what a header
// says about that.
func (c *CNS) trusts(remote string) bool {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	addr := ap.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(c.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Identify reads who a request's certificate is about. CodeIdentityRefused says
// that there is none, or not one that counts.
func (c *CNS) Identify(r *http.Request) (Identity, error) {
	chain, err := c.chain(r)
	if err != nil {
		return Identity{}, err
	}
	card := chain[0]
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	chains, err := card.Verify(x509.VerifyOptions{
		Roots: c.cfg.CAs, Intermediates: between, CurrentTime: c.cfg.Clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return Identity{}, refused("the certificate does not verify")
	}
	if c.cfg.Revoked != nil {
		if err := c.cfg.Revoked.check(chains, c.cfg.Clock.Now()); err != nil {
			return Identity{}, err
		}
	}
	code, err := codeOf(card.Subject.CommonName)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Way: dossier.WayCNS, CodiceFiscale: code, Evidence: map[string]string{
		"issuer": card.Issuer.CommonName, "serial": card.SerialNumber.Text(16),
	}}, nil
}

// chain returns the certificates of the connection, or those that a proxy tells of.
func (c *CNS) chain(r *http.Request) ([]*x509.Certificate, error) {
	if certs := peers(r.TLS); len(certs) > 0 {
		return certs, nil
	}
	if c.cfg.Header == "" || !c.trusts(r.RemoteAddr) {
		return nil, refused("no certificate")
	}
	values := r.Header.Values(c.cfg.Header)
	if len(values) != 1 || values[0] == "" {
		return nil, refused("no certificate, or more than one header")
	}
	text, err := url.PathUnescape(values[0]) // a plus sign is one of base64
	if err != nil {
		return nil, refused("the header cannot be read")
	}
	var certs []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, refused("the header holds no certificate")
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, refused("the header holds no certificate")
	}
	return certs, nil
}

func peers(state *tls.ConnectionState) []*x509.Certificate {
	if state == nil {
		return nil
	}
	return state.PeerCertificates
}

// codeOf reads the common name of a card: codice fiscale, slash, number of the
// card, dot, hash of the personal data.
func codeOf(name string) (codicefiscale.Code, error) {
	text, card, found := strings.Cut(name, "/")
	code, err := codicefiscale.Parse(text)
	if err != nil || !found || card == "" || code.Provisional() {
		return "", refused("the name is not that of a card")
	}
	return code, nil
}
