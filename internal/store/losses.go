package store

import (
	"context"
	"database/sql"
	"fmt"

	"dispositivo/dossier"
)

// KeyLoss returns the keyed hash by which one part of what was said about a lost
// PIN is kept and compared; part keeps parts of different kinds apart.
func (s *Store) KeyLoss(part, value string) []byte {
	return s.keys.MAC("loss").Sum([]byte(part + " " + value))
}

// The parts of a loss that are drawn, not said.
const (
	lossHandle = "handle"
	lossCode   = "code"
)

// keyedHandle is NULL without one: a unique column lets many of these stand.
func (a *applier) keyedHandle(handle string) []byte {
	if handle == "" {
		return nil
	}
	return a.s.KeyLoss(lossHandle, handle)
}

func (a *applier) openLoss(ctx context.Context, e dossier.OpenLoss) error {
	l := e.Loss
	err := a.exec(ctx, `INSERT INTO pin_losses (id, kind, keyed_cf, keyed_mobile, keyed_address, keyed_handle, keyed_code, holder_id, pin_id, wrong, until, closed)
		VALUES (?, ?, ?, ?, ?, ?, ?, '', '', 0, ?, 0)`, l.ID, string(l.Kind), l.KeyedCF, notNil(l.KeyedMobile), notNil(l.KeyedAddress),
		a.keyedHandle(e.Handle), []byte{}, micros(l.Until))
	if err != nil {
		return fmt.Errorf("insert loss: %w", err)
	}
	return a.audit(ctx, auditRow{action: "loss.opened", subject: l.ID, detail: fmt.Sprintf(`{"kind":%q}`, l.Kind)})
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (a *applier) settleLoss(ctx context.Context, e dossier.SettleLoss) error {
	err := a.exec(ctx, `UPDATE pin_losses SET holder_id = ?, pin_id = ?, until = ? WHERE id = ? AND closed = 0`,
		e.HolderID, e.PINIssueID, micros(e.Until), e.ID)
	if err != nil {
		return fmt.Errorf("settle loss: %w", err)
	}
	return a.audit(ctx, auditRow{action: "loss.settled", subject: e.ID, holderID: e.HolderID, detail: fmt.Sprintf(`{"fits":%t}`, e.HolderID != "")})
}

func (a *applier) mintLoss(ctx context.Context, e dossier.MintLoss) error {
	n, err := a.execN(ctx, `UPDATE pin_losses SET keyed_handle = COALESCE(?, keyed_handle), keyed_code = ?, until = ?, wrong = 0 WHERE id = ? AND closed = 0`,
		a.keyedHandle(e.Handle), a.s.KeyLoss(lossCode, e.Code), micros(e.Until), e.ID)
	if err != nil {
		return fmt.Errorf("mint loss: %w", err)
	}
	if n == 0 {
		return conflict("the loss is over")
	}
	return nil
}

func (a *applier) closeLoss(ctx context.Context, e dossier.CloseLoss) error {
	n, err := a.execN(ctx, `UPDATE pin_losses SET closed = 1 WHERE id = ? AND closed = 0 AND until > ?`, e.ID, micros(a.now))
	if err != nil {
		return fmt.Errorf("close loss: %w", err)
	}
	if n == 0 {
		return conflict("the loss is over")
	}
	return nil
}

const lossColumns = `id, kind, keyed_cf, keyed_mobile, keyed_address, keyed_handle, keyed_code, holder_id, pin_id, wrong, until`

func scanLoss(row firstRow) (dossier.Loss, error) {
	var l dossier.Loss
	var until int64
	err := row.Scan(&l.ID, &l.Kind, &l.KeyedCF, &l.KeyedMobile, &l.KeyedAddress, &l.KeyedHandle, &l.KeyedCode, &l.HolderID, &l.PINIssueID, &l.Wrong, &until)
	l.Until = fromMicros(until)
	return l, err
}

// Loss returns a loss that is not over by its id.
func (s *Store) Loss(ctx context.Context, id string) (dossier.Loss, error) {
	l, err := scanLoss(s.reader().row(ctx, `SELECT `+lossColumns+` FROM pin_losses WHERE id = ? AND closed = 0 AND until > ?`, id, micros(s.clock.Now())))
	return l, classify("read loss", err)
}

// TryLoss counts a try to answer the loss of a handle as wrong, before the answer
// is compared, and returns the loss. CodeNotFound: there is none, it is over, or
// it was answered wrongly limit times.
func (s *Store) TryLoss(ctx context.Context, kind dossier.LossKind, handle string, limit int) (dossier.Loss, error) {
	var l dossier.Loss
	err := s.tx(ctx, "try loss", func(t *tx) error {
		keyed := s.KeyLoss(lossHandle, handle)
		n, err := t.execN(ctx, `UPDATE pin_losses SET wrong = wrong + 1 WHERE keyed_handle = ? AND kind = ? AND closed = 0 AND wrong < ? AND until > ?`,
			keyed, string(kind), limit, micros(t.now))
		if err != nil {
			return err
		}
		if n == 0 {
			return &dossier.Error{Code: dossier.CodeNotFound, Err: errTooManyWrong}
		}
		l, err = scanLoss(t.row(ctx, `SELECT `+lossColumns+` FROM pin_losses WHERE keyed_handle = ?`, keyed))
		return err
	})
	return l, err
}

// clearLocks forgets what is counted against a holder: an act with a reason.
func (a *applier) clearLocks(ctx context.Context, e dossier.ClearLocks) error {
	for _, subject := range e.Subjects {
		if err := a.exec(ctx, `DELETE FROM locks WHERE keyed_cf = ?`, a.s.KeyCF(subject)); err != nil {
			return fmt.Errorf("clear lock: %w", err)
		}
	}
	return a.audit(ctx, auditRow{action: "pin.locks_cleared", subject: e.HolderID, holderID: e.HolderID, detail: fmt.Sprintf(`{"reason":%q}`, e.Reason)})
}

func adPINNote(id string) []byte { return []byte("pin_notes.sealed:" + id) }

func (a *applier) notePIN(ctx context.Context, e dossier.NotePIN) error {
	key, err := a.s.holderKey(ctx, a.querier, e.HolderID)
	if err != nil {
		return err
	}
	sealed, err := key.Seal([]byte(e.Note), adPINNote(e.ID))
	if err != nil {
		return fmt.Errorf("seal note: %w", err)
	}
	err = a.exec(ctx, `INSERT INTO pin_notes (id, holder_id, pin_id, operator_id, action, reason, sealed, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.HolderID, e.PINIssueID, a.change.Actor.ID, e.Action, e.Reason, sealed, micros(a.now))
	if err != nil {
		return fmt.Errorf("insert note: %w", err)
	}
	return nil
}

// PINNotes returns at most limit of what operators noted about a holder's PINs, the
// newest first.
func (s *Store) PINNotes(ctx context.Context, holderID string, limit int) ([]dossier.PINNote, error) {
	key, err := s.holderKey(ctx, s.reader(), holderID)
	if err != nil {
		return nil, err
	}
	var list []dossier.PINNote
	err = s.reader().each(ctx, func(rows *sql.Rows) error {
		var n dossier.PINNote
		var id string
		var sealed []byte
		var at int64
		if err := rows.Scan(&id, &n.Operator, &n.Action, &n.Reason, &sealed, &at); err != nil {
			return err
		}
		note, err := key.Open(sealed, adPINNote(id))
		n.At, n.Note = fromMicros(at), string(note)
		list = append(list, n)
		return err
	}, `SELECT id, operator_id, action, reason, sealed, at FROM pin_notes WHERE holder_id = ? ORDER BY at DESC, id DESC LIMIT ?`, holderID, limit)
	return list, classify("read notes", err)
}

// RecordHolderView logs that somebody is about to see who a holder is and how the
// PIN stands.
func (s *Store) RecordHolderView(ctx context.Context, who dossier.Actor, holderID string) error {
	return s.tx(ctx, "log view of holder", func(t *tx) error {
		return t.audit(ctx, auditRow{actor: actorName(who), action: "holder.viewed", subject: holderID, holderID: holderID, detail: `{}`})
	})
}
