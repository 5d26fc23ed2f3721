package request

import (
	"fmt"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// Profile names who may have a PIN, and since when that holds (A2).
type Profile string

// The profiles.
const (
	// Since2021 lets in, from 1 October 2021 on, residents abroad without an
	// Italian identity document alone (DL 76/2020 art. 24, INPS circ. 127/2021).
	Since2021 Profile = "since-2021-10-01"
	// Before2021 lets everybody in.
	Before2021 Profile = "before-2021-10-01"
)

// Eligibility is the one gate before asking for a PIN, signing in with one and
// converting it.
type Eligibility struct {
	// from is when the gate closes; zero: never.
	from  time.Time
	clock clock.Clock
}

// NewEligibility returns the gate of a profile; dates are days of rome.
func NewEligibility(p Profile, clk clock.Clock, rome *time.Location) (Eligibility, error) {
	switch p {
	case Since2021:
		return Eligibility{from: time.Date(2021, time.October, 1, 0, 0, 0, 0, rome), clock: clk}, nil
	case Before2021:
		return Eligibility{clock: clk}, nil
	}
	return Eligibility{}, fmt.Errorf("eligibility: no profile %q", p)
}

// Check returns CodePINNotEligible unless the person may have a PIN today. Its
// text says why, and names SPID, CIE and CNS.
func (e Eligibility) Check(p dossier.Person) error {
	if e.from.IsZero() || e.clock.Now().Before(e.from) {
		return nil
	}
	if inItaly(p.Address.State) || p.ItalianDocument {
		return dossier.Problem(dossier.CodePINNotEligible)
	}
	return nil
}

// inItaly reports whether a state of residence, as typed, is Italy: an address
// without a state lies there.
func inItaly(state string) bool {
	switch strings.ToLower(strings.TrimSpace(state)) {
	case "", "it", "italia", "italy":
		return true
	}
	return false
}
