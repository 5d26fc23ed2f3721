package review

import (
	"time"

	"dispositivo/dossier"
)

// Lease is a dossier in one reviewer's hands, as the store keeps it.
type Lease struct {
	ID         string
	DossierID  string
	OperatorID string
	LeaseUntil time.Time
	Closed     bool
}

// Live reports whether the lease holds at now.
func (l Lease) Live(now time.Time) bool { return !l.Closed && now.Before(l.LeaseUntil) }

// Queued is one dossier of the queue with its live lease, if it is claimed.
type Queued struct {
	Dossier dossier.Dossier
	Lease   Lease
}
