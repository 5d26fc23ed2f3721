package dossier

import (
	"errors"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files")

// Every state can be reached from the first one, and every state that is not
// final has a way to a final one.
func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	t.Run("dossier", func(t *testing.T) { t.Parallel(); checkTable(t, dossierTable, StateOpen) })
	t.Run("submission", func(t *testing.T) { t.Parallel(); checkTable(t, submissionTable, SubmissionReceived) })
}

func checkTable[S, E ~string](t *testing.T, table map[S]map[E]Step[S], first S) {
	t.Helper()
	from := reach(table, first)
	for s := range table {
		if !from[s] {
			t.Errorf("state %s is never reached", s)
		}
		final := false
		for r := range reach(table, s) {
			if _, ok := table[r]; !ok {
				t.Errorf("state %s leads to %s, which the table does not know", s, r)
			}
			final = final || len(table[r]) == 0
		}
		if !final {
			t.Errorf("state %s has no way to an end", s)
		}
	}
}

func reach[S, E ~string](table map[S]map[E]Step[S], from S) map[S]bool {
	seen := map[S]bool{from: true}
	for todo := []S{from}; len(todo) > 0; todo = todo[1:] {
		for _, step := range table[todo[0]] {
			if !seen[step.To] {
				seen[step.To] = true
				todo = append(todo, step.To)
			}
		}
	}
	return seen
}

func allEvents[S, E ~string](table map[S]map[E]Step[S]) []E {
	set := map[E]bool{}
	for _, row := range table {
		for e := range row {
			set[e] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// No sequence of events leaves the table, leaves a final state, or reaches
// converted but through an approval that nothing voided (C11).
func TestNoSequenceLeavesTheTable(t *testing.T) {
	t.Parallel()
	events := allEvents(dossierTable)
	rapid.Check(t, func(t *rapid.T) {
		state := StateOpen
		approved := false
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(events), 1, 40).Draw(t, "events") {
			step, err := state.Next(e)
			if err != nil {
				if !errors.Is(err, &Error{Code: CodeConflict}) && CodeOf(err) != CodeConflict {
					t.Fatalf("%s in %s: %v", e, state, err)
				}
				continue
			}
			if state.Final() {
				t.Fatalf("%s left the final state %s", e, state)
			}
			if !step.To.Valid() {
				t.Fatalf("%s led to unknown %s", e, step.To)
			}
			approved = e == EventApproved || approved && e != EventPagesAdded && e != EventConversionBlocked
			if step.To == StateConverted && !approved {
				t.Fatal("converted without a standing approval")
			}
			state = step.To
		}
	})
}

// A machine never decides: the ways into approved and rejected are a person's.
func TestOnlyPeopleDecide(t *testing.T) {
	t.Parallel()
	for from, row := range dossierTable {
		for e, step := range row {
			if step.To == StateApproved && e != EventApproved || step.To == StateRejected && e != EventRejected {
				t.Errorf("%s leads from %s to %s", e, from, step.To)
			}
			if step.To == StateApproved && from != StateReviewing && from != StateSecondReview {
				t.Errorf("approved from %s", from)
			}
		}
	}
}

// Who waits for somebody else is told, and whoever must act has a task.
func TestEveryWaitHasAClock(t *testing.T) {
	t.Parallel()
	for from, row := range dossierTable {
		for e, step := range row {
			switch step.To {
			case StateReviewing, StateSecondReview:
				if !slices.Contains(step.Tasks, TaskEscalate) || !slices.Contains(step.Tasks, TaskOffer) {
					t.Errorf("%s in %s starts a review without queue or deadline", e, from)
				}
			case StateWaiting:
				if !slices.Contains(step.Tasks, TaskExpire) || step.Tell == "" {
					t.Errorf("%s in %s waits without deadline or word", e, from)
				}
			case StateApproved:
				if !slices.Contains(step.Tasks, TaskConvert) {
					t.Errorf("%s in %s approves without conversion", e, from)
				}
			case StateConverted, StateRejected, StateExpired, StateWithdrawn, StateSuperseded:
				if step.Tell == "" {
					t.Errorf("%s in %s ends without a word", e, from)
				}
			case StateOpen, StateScreening: // the holder's turn before anything was sent, and the machine's
			}
		}
	}
}

func TestStatesPageIsTrue(t *testing.T) {
	t.Parallel()
	const page = "../docs/states.md"
	if *update {
		if err := os.WriteFile(page, []byte(Diagram()), 0o644); err != nil { //nolint:gosec // a page of documentation
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Diagram(), string(got)); diff != "" {
		t.Errorf("docs/states.md differs from the tables (go test ./dossier -update):\n%s", diff)
	}
}
