package main

import (
	"time"

	"dispositivo/intake/fitting"
	"dispositivo/internal/sandbox"
	"dispositivo/queue"
)

// newFitting wires "make it fit" (C3).
func newFitting(h *house, s *services, pool *sandbox.Pool, maxBytes int64) *fitting.Service {
	return fitting.New(fitting.Config{
		Store: h.store, Vault: h.vault, Fitter: pool, Door: s.door, Hash: h.keys.MAC("content"), Clock: h.clock,
		Logger: h.logger, Tries: h.tries(10, time.Minute), MaxBytes: maxBytes,
	})
}

func (s *services) fittingChores() []queue.Chore {
	return []queue.Chore{{Name: "forget compositions", Every: 10 * time.Minute, Do: s.fitting.Sweep}}
}
