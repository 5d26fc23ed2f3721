package store

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

func adActivation(pinID string) []byte { return []byte("activations.sealed:" + pinID) }

// Activation returns the activation that goes on in a session, CodeNotFound when
// there is none or its time is over.
func (s *Store) Activation(ctx context.Context, sessionKey []byte) (dossier.Activation, error) {
	a := dossier.Activation{SessionKey: sessionKey}
	var sealed []byte
	var started, until int64
	err := s.reader().row(ctx, `SELECT pin_id, holder_id, sealed, started_at, until FROM activations WHERE session = ? AND until > ?`,
		sessionKey, micros(s.clock.Now())).Scan(&a.PINIssueID, &a.HolderID, &sealed, &started, &until)
	if err != nil {
		return a, classify("read activation", err)
	}
	a.StartedAt, a.Until = fromMicros(started), fromMicros(until)
	key, err := s.holderKey(ctx, s.reader(), a.HolderID)
	if err != nil {
		return a, err
	}
	return a, openJSON(key, sealed, adActivation(a.PINIssueID), &a.Given)
}

func (a *applier) setActivation(ctx context.Context, e dossier.SetActivation) error {
	act := e.Activation
	key, err := a.s.holderKey(ctx, a.querier, act.HolderID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, act.Given, adActivation(act.PINIssueID))
	if err != nil {
		return err
	}
	err = a.exec(ctx, `INSERT INTO activations (pin_id, holder_id, session, sealed, started_at, until) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (pin_id) DO UPDATE SET session = excluded.session, sealed = excluded.sealed,
			started_at = excluded.started_at, until = excluded.until`,
		act.PINIssueID, act.HolderID, act.SessionKey, sealed, micros(act.StartedAt), micros(act.Until))
	if err != nil {
		return fmt.Errorf("set activation: %w", err)
	}
	return nil
}

func (a *applier) closeActivation(ctx context.Context, e dossier.CloseActivation) error {
	n, err := a.execN(ctx, `DELETE FROM activations WHERE pin_id = ?`, e.PINIssueID)
	if err != nil {
		return fmt.Errorf("close activation: %w", err)
	}
	if n == 0 {
		return conflict("the activation is over")
	}
	return nil
}
