// Package webhook tells subscribers outside of state changes: what store.Apply wrote
// as a notice in the transaction of the change is posted to the subscriber's address,
// signed as package signed says (docs/integration.md).
//
// A notice is delivered at least once and bears the same id and body each time. It
// may overtake another; its sequence tells. What is not taken is tried again, ever
// more seldom, for about three days, and then given up for an operator to look at.
//
// The package must not word a body, log an address or a secret, nor go out by
// anything but internal/netx.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
)

// Store is what a Deliverer needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	Notice(ctx context.Context, id string) (dossier.Notice, error)
	NoticeFailed(ctx context.Context, id, problem string) error
}

// The bounds of a call and its answer.
const (
	callTime    = 10 * time.Second
	answerBytes = 64 << 10
)

// MaxTries is after how many tries a notice is given up: with the waits of Wait,
// after about three days.
const MaxTries = 24

// The waits between tries.
const (
	firstWait   = 5 * time.Second
	longestWait = 6 * time.Hour
)

// Wait returns how long to wait after a number of failed tries, at least one: 5 s,
// twice as long each time, 6 h at most. A tenth is left to chance, so that what
// failed together is not tried together.
func Wait(failed int) time.Duration {
	wait := min(longestWait, firstWait<<min(failed-1, 20))
	return wait - rand.N(wait/10) //nolint:gosec // spreads load, keeps no secret
}

// Deliverer posts notices. It is safe for concurrent use.
type Deliverer struct {
	store       Store
	clock       clock.Clock
	logger      *slog.Logger
	subscribers map[string]Subscriber
}

// New returns a Deliverer to these subscribers.
func New(s Store, clk clock.Clock, logger *slog.Logger, subs []Subscriber) *Deliverer {
	d := &Deliverer{store: s, clock: clk, logger: logger, subscribers: map[string]Subscriber{}}
	for _, sub := range subs {
		d.subscribers[sub.Name] = sub
	}
	return d
}

// refusedError is no fault of ours: the subscriber did not take it.
type refusedError struct {
	problem string
	wait    time.Duration
}

func (e refusedError) Error() string             { return "webhook: not taken: " + e.problem }
func (e refusedError) RetryAfter() time.Duration { return e.wait }

// Deliver posts one notice and closes its task, when it was taken or is given up.
// Any other end is an error that says when to try again.
func (d *Deliverer) Deliver(ctx context.Context, taskID, id string) error {
	n, err := d.store.Notice(ctx, id)
	if err != nil {
		return err
	}
	sub, ok := d.subscribers[n.Subscriber]
	if !ok {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: errors.New("webhook: this process does not know the subscriber")}
	}
	problem := d.post(ctx, sub, n)
	if ctx.Err() != nil {
		return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: ctx.Err()}
	}
	switch {
	case problem == "":
		return d.end(ctx, taskID, dossier.EndNotice{ID: id})
	case n.Tries+1 >= MaxTries:
		d.logger.LogAttrs(ctx, slog.LevelError, "webhook given up", slog.String("subscriber", n.Subscriber),
			slog.String("notice", id), slog.String("problem", problem))
		return d.end(ctx, taskID, dossier.EndNotice{ID: id, Problem: problem})
	}
	if err := d.store.NoticeFailed(ctx, id, problem); err != nil {
		return err
	}
	return refusedError{problem: problem, wait: Wait(n.Tries + 1)}
}

func (d *Deliverer) end(ctx context.Context, taskID string, e dossier.EndNotice) error {
	_, err := d.store.Apply(ctx, dossier.Change{Actor: dossier.System("webhook"), Closes: taskID, Effects: []dossier.Effect{e}})
	return err
}

// post makes the call; "": the subscriber took it.
func (d *Deliverer) post(ctx context.Context, sub Subscriber, n dossier.Notice) (problem string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.url, bytes.NewReader(n.Body))
	if err != nil {
		return "the address is none"
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "dispositivo")
	req.Header.Set(signed.HeaderID, n.ID)
	signed.Stamp(req.Header, sub.secret, d.clock.Now(), n.Body)
	resp, err := sub.client.Do(ctx, req)
	if err != nil {
		return err.Error() // names the host alone
	}
	if resp.Status < 200 || resp.Status > 299 {
		return fmt.Sprintf("status %d", resp.Status)
	}
	return ""
}
