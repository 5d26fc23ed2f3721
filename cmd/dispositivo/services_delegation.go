package main

import (
	"time"

	"dispositivo/pin/delegation"
)

func newDelegation(h *house, rome *time.Location) *delegation.Service {
	return delegation.New(delegation.Config{Store: h.store, Clock: h.clock, Tries: h.tries(10, time.Minute), Rome: rome})
}
