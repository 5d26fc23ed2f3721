package main

import (
	"context"
	"time"

	"dispositivo/dossier"
	"dispositivo/pin/recovery"
	"dispositivo/pin/request"
	"dispositivo/pin/revocation"
	"dispositivo/queue"
)

// wireLost wires what becomes of lost PINs.
func (s *services) wireLost(h *house, eligible request.Eligibility, publicURL string) {
	s.recovery = recovery.New(recovery.Config{
		Store: h.store, Clock: h.clock, Tries: h.tries(10, 2*time.Minute), Eligible: eligible.Check, Portal: publicURL,
	})
	s.revocation = revocation.New(revocation.Config{
		Store: h.store, Clock: h.clock, Tries: h.tries(10, 2*time.Minute), Eligible: eligible.Check,
	})
}

// lostWork adds the tasks of lost PINs.
func (s *services) lostWork(work map[dossier.TaskKind]queue.Handler) map[dossier.TaskKind]queue.Handler {
	work[dossier.TaskRecover] = func(ctx context.Context, t dossier.Task) error {
		return s.recovery.Settle(ctx, t.ID, t.Subject)
	}
	work[dossier.TaskRevoke] = func(ctx context.Context, t dossier.Task) error {
		return s.revocation.Settle(ctx, t.ID, t.Subject)
	}
	return work
}
