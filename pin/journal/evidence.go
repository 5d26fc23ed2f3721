package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
)

// Evidence is an entry with what is sealed in it: what an identity of elsewhere was
// proved with (B9).
type Evidence struct {
	Line
	// Fields are name and value, by name. Erased says that nobody reads them any more.
	Fields [][2]string
	Erased bool
}

// Evidence opens one entry for the auditor; that it was opened is logged before.
// CodeNotFound when there is no such entry, or nothing is sealed in it.
func (s *Service) Evidence(ctx context.Context, actor dossier.Actor, row int64) (Evidence, error) {
	if err := actor.Require(dossier.RoleAuditor); err != nil {
		return Evidence{}, err
	}
	e, err := s.store.LogEntry(ctx, row)
	if err != nil {
		return Evidence{}, fmt.Errorf("read log entry: %w", err)
	}
	if len(e.Sealed) == 0 {
		return Evidence{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err := s.store.NoteLook(ctx, actor, "audit.opened", e.UID, e.HolderID, fmt.Sprintf(`{"row":%d}`, e.Row)); err != nil {
		return Evidence{}, fmt.Errorf("log opening: %w", err)
	}
	role, _, _ := strings.Cut(e.Actor, ":")
	evidence := Evidence{Line: Line{Entry: e, Role: dossier.Role(role)}}
	fields, err := s.store.Personal(ctx, e)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		evidence.Erased = true
		return evidence, nil
	}
	if err != nil {
		return Evidence{}, fmt.Errorf("open log entry: %w", err)
	}
	for name, value := range fields {
		evidence.Fields = append(evidence.Fields, [2]string{name, value})
	}
	slices.SortFunc(evidence.Fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return evidence, nil
}
