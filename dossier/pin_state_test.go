package dossier

import (
	"testing"

	"pgregory.net/rapid"
)

func TestLetterTableIsWhole(t *testing.T) {
	t.Parallel()
	checkTable(t, letterTable, LetterQueued)
}

func TestPINTableIsWhole(t *testing.T) {
	t.Parallel()
	checkTable(t, pinTable, PINRequested)
	for s := range pinTable {
		if (PINIssue{State: s}).Gone() != s.Final() {
			t.Errorf("%s: gone and final differ", s)
		}
	}
}

// No sequence of events brings a PIN back that is gone, or makes one usable
// before both halves were proved or, once active, without its holder's change.
func TestNoSequenceOpensADeadPIN(t *testing.T) {
	t.Parallel()
	events := allEvents(pinTable)
	rapid.Check(t, func(t *rapid.T) {
		p := PINIssue{State: PINRequested}
		activated := false
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(events), 1, 60).Draw(t, "events") {
			step, err := p.State.Next(e)
			if err != nil {
				continue
			}
			if p.Gone() {
				t.Fatalf("%s left the final state %s", e, p.State)
			}
			if step.To == PINActive && p.State != PINActive && e != PINEventChanged && e != PINEventRenewed {
				t.Fatalf("%s made a PIN active without a change by its holder", e)
			}
			activated = activated || e == PINEventActivated
			p.State = step.To
			if p.InUse() && !activated {
				t.Fatalf("in use by %s, but never activated", e)
			}
			if p.State == PINSuspended && p.Opens() != "" || p.Gone() && p.Opens() != "" {
				t.Fatalf("%s opens %s", p.State, p.Opens())
			}
		}
	})
}

// What a proved PIN opens, state by state (A10, B2, D4).
func TestWhatOpens(t *testing.T) {
	t.Parallel()
	want := map[PINState]Role{
		PINRequested: RoleSimplified, PINCallBack: RoleSimplified, PINLetterReleased: RoleSimplified,
		PINAwaitingActivation: RoleSimplified, PINMustChange: RoleMustChange, PINLapsed: RoleMustChange, PINActive: RoleCitizen,
	}
	for s := range pinTable {
		if got := (PINIssue{State: s}).Opens(); got != want[s] {
			t.Errorf("%s opens %q, want %q", s, got, want[s])
		}
	}
}
