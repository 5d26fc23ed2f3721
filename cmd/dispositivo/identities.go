package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/federation"
	"dispositivo/internal/netx"
)

// identities says which identities of elsewhere open the portal (B9); unset: none.
type identities struct {
	SPIDIssuer   string `help:"OpenID issuer for SPID: the provider, or a proxy before it; https." name:"spid-issuer" env:"DISPOSITIVO_SPID_ISSUER"`
	SPIDClientID string `help:"Our client id at the issuer for SPID." name:"spid-client-id" env:"DISPOSITIVO_SPID_CLIENT_ID"`
	SPIDSecret   string `help:"File with our client secret there." name:"spid-client-secret-file" type:"path" env:"DISPOSITIVO_SPID_CLIENT_SECRET_FILE"`
	CIEIssuer    string `help:"OpenID issuer for CIE." name:"cie-issuer" env:"DISPOSITIVO_CIE_ISSUER"`
	CIEClientID  string `help:"Our client id at the issuer for CIE." name:"cie-client-id" env:"DISPOSITIVO_CIE_CLIENT_ID"`
	CIESecret    string `help:"File with our client secret there." name:"cie-client-secret-file" type:"path" env:"DISPOSITIVO_CIE_CLIENT_SECRET_FILE"`

	OIDCAppRedirect string `help:"Address, or scheme of an app, to which the issuers send back who signs in through the API; unset: SPID and CIE open the portal alone." name:"oidc-app-redirect" env:"DISPOSITIVO_OIDC_APP_REDIRECT"`

	OIDCLevels   []string `help:"Values of acr that are asked for and accepted; default: SPID levels 2 and 3." name:"oidc-levels" env:"DISPOSITIVO_OIDC_LEVELS"`
	OIDCHosts    []string `help:"Further hosts that the issuers' endpoints lie on." name:"oidc-hosts" env:"DISPOSITIVO_OIDC_HOSTS"`
	OIDCPrivate  bool     `help:"The issuers lie in a private network." name:"oidc-private" env:"DISPOSITIVO_OIDC_PRIVATE"`
	OIDCLoopback bool     `help:"The issuers lie on this machine; in a demonstration alone." name:"oidc-loopback" hidden:"" env:"DISPOSITIVO_OIDC_LOOPBACK"`

	CNSCAs     string   `help:"File with the certificates, PEM, of the authorities that issue CNS cards." name:"cns-ca-file" type:"path" env:"DISPOSITIVO_CNS_CA_FILE"`
	CNSRevoked string   `help:"File with the authorities' lists of revoked cards (CRL; PEM or one DER); read again when it changes. Cards without a list that is in force are refused." name:"cns-crl-file" type:"path" env:"DISPOSITIVO_CNS_CRL_FILE"`
	CNSHeader  string   `help:"Header in which the proxy hands on the client's certificate (nginx: $$ssl_client_escaped_cert)." name:"cns-header" default:"X-Client-Cert" env:"DISPOSITIVO_CNS_HEADER"`
	CNSProxies []string `help:"Addresses or networks of the proxies from which that header counts." name:"cns-proxies" env:"DISPOSITIVO_CNS_PROXIES"`
}

// doors wires the ways in; encrypted says that this server speaks TLS itself.
func (i identities) doors(h *house, publicURL string, encrypted bool) (federation.Doors, error) {
	var d federation.Doors
	if i.OIDCLoopback && !h.demo {
		return d, errors.New("oidc-loopback is for demonstrations alone")
	}
	for _, p := range []struct {
		way                      dossier.Way
		issuer, clientID, secret string
	}{
		{dossier.WaySPID, i.SPIDIssuer, i.SPIDClientID, i.SPIDSecret},
		{dossier.WayCIE, i.CIEIssuer, i.CIEClientID, i.CIESecret},
	} {
		if p.issuer == "" {
			continue
		}
		provider, err := i.provider(h, p.way, p.issuer, p.clientID, p.secret, publicURL)
		if err != nil {
			return d, fmt.Errorf("%s: %w", p.way, err)
		}
		d.Providers = append(d.Providers, provider)
	}
	if i.CNSCAs == "" {
		return d, nil
	}
	var err error
	d.CNS, err = i.cns(h, encrypted)
	return d, err
}

func (i identities) provider(h *house, way dossier.Way, issuer, clientID, secretFile, publicURL string) (*federation.Provider, error) {
	if clientID == "" {
		return nil, errors.New("a client id is needed")
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the issuer is no address")
	}
	password, err := secret(secretFile)
	if err != nil {
		return nil, err
	}
	levels := i.OIDCLevels
	if len(levels) == 0 {
		levels = federation.LevelTwo()
	}
	for _, level := range levels {
		if strings.HasSuffix(level, "SpidL1") {
			return nil, errors.New("level 1 does not open what PIN dispositivo opens")
		}
	}
	if back, err := url.Parse(i.OIDCAppRedirect); err != nil || i.OIDCAppRedirect != "" && (back.Scheme == "" || back.Scheme == "http" || back.Fragment != "") {
		return nil, errors.New("oidc-app-redirect is neither an https address nor one of an app's own scheme")
	}
	client, err := netx.New(netx.Options{
		Hosts: append([]string{strings.ToLower(u.Hostname())}, i.OIDCHosts...), AllowPrivate: i.OIDCPrivate, AllowLoopback: i.OIDCLoopback,
	})
	if err != nil {
		return nil, err
	}
	return federation.New(federation.Config{
		Way: way, Issuer: issuer, ClientID: clientID, ClientSecret: password, Levels: levels, Client: client,
		RedirectURL: publicURL + "/accesso/identita/" + string(way) + "/ritorno", AppRedirectURL: i.OIDCAppRedirect, MAC: h.keys.MAC("identity visit"), Clock: h.clock,
	}), nil
}

func (i identities) cns(h *house, encrypted bool) (*federation.CNS, error) {
	text, err := os.ReadFile(i.CNSCAs)
	if err != nil {
		return nil, fmt.Errorf("read authorities of CNS: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("the file of authorities of CNS holds no certificate")
	}
	cfg := federation.CNSConfig{CAs: pool, Header: i.CNSHeader, Clock: h.clock}
	if cfg.Proxies, err = networks("cns-proxies", i.CNSProxies); err != nil {
		return nil, err
	}
	if len(cfg.Proxies) == 0 && !encrypted {
		return nil, errors.New("cns-proxies: say from where the header counts, or speak TLS here (tls-cert-file)")
	}
	if i.CNSRevoked != "" {
		if cfg.Revoked, err = federation.OpenRevoked(i.CNSRevoked); err != nil {
			return nil, err
		}
	}
	return federation.NewCNS(cfg), nil
}
