package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"dispositivo/api"
	"dispositivo/api/desk"
	"dispositivo/api/edge"
	"dispositivo/api/portal"
	"dispositivo/api/ui"
	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/internal/demo"
	"dispositivo/internal/federation"
	"dispositivo/internal/sandbox"
)

// newServer wires the HTTP surface.
func (c *serveCmd) newServer(env *environment, h *house, s *services) (*http.Server, error) {
	e, u, err := c.frame(env, h, s)
	if err != nil {
		return nil, err
	}
	doors, err := c.doors(h, c.publicURL(), c.encrypted())
	if err != nil {
		return nil, err
	}
	hooks, err := c.webhooks(h, s.door, s.faxAnswers)
	if err != nil {
		return nil, err
	}
	encrypted, err := c.tlsConfig(doors.CNS)
	if err != nil {
		return nil, err
	}
	handler := api.New(api.Config{
		Edge: e, UI: u, Ready: h.store.Ping, Figures: h.figures(), Begin: h.others.Begin,
		V1: v1.New(v1.Deps{
			Edge: e, Access: s.access, Activation: s.activation, Devices: s.devices, Contacts: s.contacts, Operators: s.operators, Sessions: s.sessions, Conversion: s.conversion, Requests: s.requests, Journal: s.journal,
			Door: s.door, Fitting: s.fitting, MaxComposed: sandbox.MaxFitBytes, Letters: s.letters, Desk: s.desk, Evidence: s.evidence, PublicURL: c.publicURL(), Faxes: hooks, Matching: s.matching,
			Recovery: s.recovery, Revocation: s.revocation,
			Services: s.catalogue, Delegation: s.delegation, Identities: doors, Offices: s.offices,
			Scans: s.scans, Slip: s.slip,
		}),
		Portal: portal.New(c.portalDeps(h, s, e, u, doors)),
		Desk: desk.New(desk.Deps{
			Edge: e, UI: u, Accounts: s.operators, Reviews: s.desk, Evidence: s.evidence, Conversions: s.conversion, Letters: s.letters, Requests: s.requests,
			Revocation: s.revocation, Guardians: s.delegation, Services: s.catalogue, Delegations: s.delegation, Journal: s.journal, Matching: s.matching,
			Ledger: s.door, Scans: s.scans, Slip: s.slip, Now: h.clock.Now,
		}),
	})
	return &http.Server{
		TLSConfig: encrypted,
		Handler:   doors.Strip(handler), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
		WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(env.logger.Handler(), slog.LevelInfo),
	}, nil
}

// frame makes what portal, desk and API share.
func (c *serveCmd) frame(env *environment, h *house, s *services) (*edge.Edge, *ui.UI, error) {
	pages := ui.Config{Texts: s.texts, Assets: assets.FS()}
	if c.Demo {
		pages.Demo = demoCredentials
	}
	u, err := ui.New(pages)
	if err != nil {
		return nil, nil, fmt.Errorf("read templates: %w", err)
	}
	before, err := networks("trusted-proxies", c.TrustedProxies)
	if err != nil {
		return nil, nil, err
	}
	e := edge.New(edge.Config{
		Texts: s.texts, Sessions: s.sessions, Logger: env.logger, Page: u.ErrorPage,
		Secure: c.Secure, CSRFKey: h.keys.Derive("csrf", 32), Proxies: before,
	})
	u.SetCSRF(e.CSRF)
	return e, u, nil
}

func (c *serveCmd) portalDeps(h *house, s *services, e *edge.Edge, u *ui.UI, doors federation.Doors) portal.Deps {
	deps := portal.Deps{
		Edge: e, UI: u, Access: s.access, Activation: s.activation, Devices: s.devices, Contacts: s.contacts, Conversion: s.conversion, Requests: s.requests,
		Door: s.door, Fitting: s.fitting, MaxBytes: c.MaxBytes, MaxComposed: sandbox.MaxFitBytes,
		Letters: s.letters, Journal: s.journal, Identities: doors, Recovery: s.recovery, Revocation: s.revocation,
		Services: s.catalogue, Delegation: s.delegation, Sessions: s.sessions, Offices: s.offices,
	}
	if c.Demo {
		deps.Messages = h.messageBox
	}
	return deps
}

// demoCredentials is what the demonstration shows to everyone.
func demoCredentials() ui.Demo {
	var d ui.Demo
	for _, p := range demo.Citizens() {
		d.Citizens = append(d.Citizens, ui.DemoCitizen{
			Name: p.FullName(), CodiceFiscale: p.CodiceFiscale.String(), PIN: p.PIN, Kind: dossier.Kind(p.Kind), Scene: string(p.Scene),
		})
	}
	for _, o := range demo.Operators() {
		d.Operators = append(d.Operators, ui.DemoOperator{Username: o.Username, Password: o.Password, Role: dossier.Role(o.Role)})
	}
	return d
}
