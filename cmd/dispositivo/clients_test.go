package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/operator"
	"dispositivo/internal/testkit"
)

// crew are operators of a test besides those of the demonstration. Two have the
// codice fiscale of a holder: nobody decides on the own case.
func crew(holder demo.Citizen) []operator.New {
	const password = "parola-di-prova-1"
	cf := demo.Operators()[0].CodiceFiscale.String()
	return []operator.New{
		{Username: "altrove", Password: password, Role: dossier.RoleOperator, Office: "altra-sede", CodiceFiscale: cf},
		{Username: "varco", Password: password, Role: dossier.RoleGateway, CodiceFiscale: cf},
		{Username: "parte.in.causa", Password: password, Role: dossier.RoleOperator, CodiceFiscale: holder.CodiceFiscale.String()},
		{Username: "capo.in.causa", Password: password, Role: dossier.RoleSupervisor, CodiceFiscale: holder.CodiceFiscale.String()},
		{Username: "terzo", Password: password, Role: dossier.RoleOperator, CodiceFiscale: cf},
		{Username: "quarto", Password: password, Role: dossier.RoleOperator, CodiceFiscale: cf},
		{Username: "quinto", Password: password, Role: dossier.RoleOperator, CodiceFiscale: cf},
		{Username: "sesto", Password: password, Role: dossier.RoleOperator, CodiceFiscale: cf},
	}
}

// serveCrew starts a demonstration whose store has the crew in it already.
func serveCrew(t *testing.T, holder demo.Citizen, args ...string) *server {
	t.Helper()
	data := t.TempDir()
	env := &environment{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	h, err := openHouse(env, storage{Data: data}, dossier.DefaultPolicy(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.checkMark(env.ctx); err != nil {
		t.Fatal(err)
	}
	accounts := h.operators(h.hasher())
	for _, o := range crew(holder) {
		if _, err := accounts.Add(env.ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	return serveArgs(t, data, append([]string{"--demo"}, args...)...)
}

// member signs one of the crew in.
func (s *server) member(username string) *client {
	s.t.Helper()
	for _, o := range crew(free()[0]) {
		if o.Username == username {
			return s.signIn("/operator-sessions", map[string]string{"username": o.Username, "password": o.Password})
		}
	}
	return s.operator(username)
}

// staged waits until the demonstration's last scene is played: what the test
// finds then is all there is.
func (s *server) staged() {
	s.t.Helper()
	people := demo.Citizens()
	last := s.citizen(people[len(people)-1])
	err := testkit.WaitFor(120*time.Second, func() error {
		var got struct {
			Conversions []struct {
				Submissions []struct{ State dossier.SubmissionState }
			}
		}
		last.get("/conversions").decode(s.t, &got)
		for _, c := range got.Conversions {
			for _, sub := range c.Submissions {
				if sub.State == dossier.SubmissionQuarantined {
					return nil
				}
			}
		}
		return missingError("the last scene")
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// exchange is a request and what came back.
type exchange struct {
	Method string
	Path   string // with query, from the root
	Header http.Header
	Body   []byte
	answer
}

// caller sends requests as they are, from a network address of its own, so that
// what the server counts by source is counted apart.
type caller struct {
	url  string
	http *http.Client
}

// from returns a caller at a loopback address; all of 127.0.0.0/8 is this machine.
func (s *server) from(t testing.TB, addr string) *caller {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{url: s.URL, http: &http.Client{
		Transport: transport, Timeout: 90 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends body, which may be nil.
func (c *caller) send(t testing.TB, method, path string, header http.Header, body []byte) exchange {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header.Clone()
	}
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return exchange{
		Method: method, Path: path, Header: req.Header, Body: body,
		answer: answer{Status: resp.StatusCode, Header: resp.Header, Body: got},
	}
}

// asJSON is a JSON body with its header, and the token's when there is one.
func asJSON(t testing.TB, token string, v any) (http.Header, []byte) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	header := bearer(token)
	header.Set("Content-Type", "application/json")
	return header, body
}

// bearer is the header of a token; empty for none.
func bearer(token string) http.Header {
	if token == "" {
		return http.Header{}
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}
