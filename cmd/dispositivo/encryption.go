package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"dispositivo/internal/federation"
)

// encryption lets the server speak TLS itself; unset: TLS ends before it.
type encryption struct {
	TLSCert string `help:"File with this server's certificate and its chain, PEM: the address then speaks TLS." name:"tls-cert-file" type:"path" env:"DISPOSITIVO_TLS_CERT_FILE"`
	TLSKey  string `help:"File with the certificate's key, PEM." name:"tls-key-file" type:"path" env:"DISPOSITIVO_TLS_KEY_FILE"`
}

func (e encryption) encrypted() bool { return e.TLSCert != "" }

func (e encryption) scheme() string {
	if e.encrypted() {
		return "https"
	}
	return "http"
}

func (e encryption) check() error {
	if (e.TLSCert == "") != (e.TLSKey == "") {
		return errors.New("tls-cert-file and tls-key-file go together")
	}
	return nil
}

// tlsConfig is nil for plain HTTP. Where cards open the portal, they are asked for.
func (e encryption) tlsConfig(cards *federation.CNS) (*tls.Config, error) {
	if !e.encrypted() {
		return nil, nil //nolint:nilnil // no TLS is a setting, and what http.Server takes
	}
	cert, err := tls.LoadX509KeyPair(e.TLSCert, e.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("read this server's certificate: %w", err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if cards != nil {
		cards.AskIn(cfg)
	}
	return cfg, nil
}
