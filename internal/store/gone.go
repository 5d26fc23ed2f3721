package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dispositivo/dossier"
)

// movePINAndDossiers moves an issue; one that is gone takes its open dossiers along.
func (a *applier) movePINAndDossiers(ctx context.Context, m dossier.PINMove) error {
	if err := a.supersede(ctx, m); err != nil {
		return err
	}
	if err := a.movePIN(ctx, m); err != nil {
		return err
	}
	return a.noneLeft(ctx, m)
}

// supersede ends the open dossiers of an issue that is about to be gone: they were
// opened for it (dossier/state.go). They are locked before the issue, as by all.
func (a *applier) supersede(ctx context.Context, m dossier.PINMove) error {
	if !m.Event.Ends() {
		return nil
	}
	ids, err := a.openDossiersOf(ctx, m.ID)
	if err != nil {
		return err
	}
	out := a.out // the caller's own dossier, if one moved
	for _, id := range ids {
		if err := a.moveDossier(ctx, dossier.Move{ID: id, Event: dossier.EventSuperseded}); err != nil {
			return err
		}
	}
	a.out = out
	return nil
}

// noneLeft refuses a change that would leave an open dossier behind for an issue
// that is gone: one that was opened while we looked.
func (a *applier) noneLeft(ctx context.Context, m dossier.PINMove) error {
	if !m.Event.Ends() {
		return nil
	}
	ids, err := a.openDossiersOf(ctx, m.ID)
	if err == nil && len(ids) > 0 {
		err = &dossier.Error{Code: dossier.CodeConflict, Temporary: true, Err: errors.New("a dossier was opened for the PIN meanwhile")}
	}
	return err
}

func (a *applier) openDossiersOf(ctx context.Context, pinID string) ([]string, error) {
	var ids []string
	err := a.each(ctx, func(rows *sql.Rows) error {
		var id string
		var state dossier.State
		err := rows.Scan(&id, &state)
		if err == nil && !state.Final() {
			ids = append(ids, id)
		}
		return err
	}, `SELECT id, state FROM dossiers WHERE pin_id = ? ORDER BY id`, pinID)
	if err != nil {
		return nil, fmt.Errorf("look for dossiers of PIN: %w", err)
	}
	return ids, nil
}

// usablePIN locks an issue for who is about to build on it, and refuses one that
// is gone.
func (t *tx) usablePIN(ctx context.Context, id string) error {
	var state dossier.PINState
	if err := t.row(ctx, `SELECT state FROM pins WHERE id = ?`+t.d.lock, id).Scan(&state); err != nil {
		return fmt.Errorf("lock PIN issue: %w", err)
	}
	if (dossier.PINIssue{State: state}).Gone() {
		return conflict("the PIN is gone")
	}
	return nil
}
