package dossier

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Diagram draws the tables as Mermaid state diagrams in Markdown; it is what
// docs/states.md holds.
func Diagram() string {
	var b strings.Builder
	b.WriteString("# States\n\nDrawn from the tables in `dossier/state.go`, `dossier/pin_state.go`, `dossier/pin_letter.go`, `dossier/domanda.go` and `dossier/delegation.go`; a test keeps this page true.\n")
	b.WriteString("\n## Dossier\n\n")
	draw(&b, dossierTable, StateOpen)
	b.WriteString("\n## Submission\n\n")
	draw(&b, submissionTable, SubmissionReceived)
	b.WriteString("\n## PIN issue\n\n")
	draw(&b, pinTable, PINRequested)
	b.WriteString("\n## Letter\n\n")
	draw(&b, letterTable, LetterQueued)
	b.WriteString("\n## Domanda\n\n")
	draw(&b, domandaTable, DomandaFiling)
	b.WriteString("\n## Delegation\n\n")
	draw(&b, delegationTable, DelegationOffered)
	return b.String()
}

func draw[S, E ~string](b *strings.Builder, table map[S]map[E]Step[S], first S) {
	fmt.Fprintf(b, "```mermaid\nstateDiagram-v2\n    [*] --> %s\n", first)
	for _, from := range slices.Sorted(maps.Keys(table)) {
		row := table[from]
		for _, event := range slices.Sorted(maps.Keys(row)) {
			fmt.Fprintf(b, "    %s --> %s : %s\n", from, row[event].To, event)
		}
		if len(row) == 0 {
			fmt.Fprintf(b, "    %s --> [*]\n", from)
		}
	}
	b.WriteString("```\n\n| state | event | next | tasks | holder is told |\n|---|---|---|---|---|\n")
	for _, from := range slices.Sorted(maps.Keys(table)) {
		for _, event := range slices.Sorted(maps.Keys(table[from])) {
			step := table[from][event]
			tasks := make([]string, len(step.Tasks))
			for i, t := range step.Tasks {
				tasks[i] = string(t)
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", from, event, step.To, strings.Join(tasks, ", "), step.Tell)
		}
	}
}
