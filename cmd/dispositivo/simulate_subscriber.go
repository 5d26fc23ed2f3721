package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
)

// simulateSubscriberCmd plays a subscriber of webhooks: it proves each call as
// docs/integration.md says and prints what it was told.
type simulateSubscriberCmd struct {
	Addr       string  `help:"Address to listen on; on loopback unless --anywhere." default:"127.0.0.1:8099"`
	SecretFile string  `help:"File with the secret that the settings name." required:"" type:"existingfile"`
	Anywhere   bool    `help:"Listen on other addresses too."`
	Failing    float64 `help:"Share of proved calls that are answered with 503."`
	Seed       uint64  `help:"Another seed, other failures." default:"1"`
}

// Validate is called by kong.
func (c *simulateSubscriberCmd) Validate() error {
	if !c.Anywhere && !onLoopback(c.Addr) {
		return errors.New("addr: not on loopback; --anywhere allows it")
	}
	if c.Failing < 0 || c.Failing > 1 {
		return errors.New("failing is not between 0 and 1")
	}
	return nil
}

// Run implements the command; it ends when it is told to.
func (c *simulateSubscriberCmd) Run(env *environment) error {
	key, err := secret(c.SecretFile)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(env.ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(env.stdout, "a subscriber listens at http://%s\n", listener.Addr())
	sub := &subscriberInPlay{
		secret: []byte(key), failing: c.Failing, out: env.stdout, seen: map[string]bool{},
		random: rand.New(rand.NewPCG(c.Seed, 0x5b)), //nolint:gosec // failures, no secrets
	}
	server := &http.Server{Handler: sub, ReadTimeout: signed.Tolerance, BaseContext: func(net.Listener) context.Context { return env.ctx }}
	return serveUntil(env.ctx, server, listener)
}

// subscriberInPlay is what an integrator writes: prove the call, put it down once,
// answer 2xx.
type subscriberInPlay struct {
	secret  []byte
	failing float64
	out     io.Writer

	mu     sync.Mutex
	random *rand.Rand
	seen   map[string]bool
}

// ServeHTTP implements http.Handler.
func (s *subscriberInPlay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !signed.Proves(r.Header, s.secret, clock.System().Now(), body) {
		fmt.Fprintln(s.out, "not proved")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var told dossier.NoticeBody
	if err := json.Unmarshal(body, &told); err != nil || told.ID != r.Header.Get(signed.HeaderID) {
		fmt.Fprintln(s.out, "not understood")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.random.Float64() < s.failing {
		fmt.Fprintln(s.out, "failing", told.Type, told.ID)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	word := "told"
	if s.seen[told.ID] {
		word = "again"
	}
	s.seen[told.ID] = true
	fmt.Fprintln(s.out, word, told.Type, told.Sequence, strings.Join(told.Protocols, ","), told.ID)
	w.WriteHeader(http.StatusNoContent)
}
