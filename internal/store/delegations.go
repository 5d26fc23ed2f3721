package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dispositivo/dossier"
)

const delegationColumns = `id, delegator_id, delegate_id, kind, state, from_at, until_at, granted_at`

func scanDelegation(rows interface{ Scan(dest ...any) error }) (d dossier.Delegation, err error) {
	var from, until, granted int64
	err = rows.Scan(&d.ID, &d.DelegatorID, &d.DelegateID, &d.Kind, &d.State, &from, &until, &granted)
	d.From, d.Until, d.GrantedAt = fromMicros(from), fromMicros(until), fromMicros(granted)
	return d, err
}

// Delegation returns a delegation that a holder is one side of; CodeNotFound for
// others'.
func (s *Store) Delegation(ctx context.Context, holderID, id string) (dossier.Delegation, error) {
	d, err := scanDelegation(s.reader().row(ctx, `SELECT `+delegationColumns+` FROM delegations
		WHERE id = ? AND ? IN (delegator_id, delegate_id)`, id, holderID))
	return d, classify("read delegation", err)
}

// DelegationsOf returns at most limit delegations that a holder is one side of,
// the newest first.
func (s *Store) DelegationsOf(ctx context.Context, holderID string, limit int) ([]dossier.Delegation, error) {
	var list []dossier.Delegation
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		d, err := scanDelegation(rows)
		list = append(list, d)
		return err
	}, `SELECT `+delegationColumns+` FROM delegations WHERE ? IN (delegator_id, delegate_id)
		ORDER BY granted_at DESC, id DESC LIMIT ?`, holderID, limit)
	return list, classify("list delegations", err)
}

// SetMandate keeps for whom a session acts.
func (s *Store) SetMandate(ctx context.Context, hash []byte, m dossier.Mandate) error {
	return s.tx(ctx, "set mandate", func(t *tx) error {
		return t.exec(ctx, `UPDATE sessions SET delegation_id = ?, acts_for = ? WHERE hash = ?`, m.DelegationID, m.HolderID, hash)
	})
}

// checkMandate refuses a change under a delegation that is not in force, or
// whose delegate has no PIN dispositivo in use. Both rows stay locked until the
// change is through, so that an end at the same moment comes wholly after it, or
// before, and then nothing happens.
func (a *applier) checkMandate(ctx context.Context) error {
	who := a.change.Actor
	if who.Mandate == (dossier.Mandate{}) {
		return nil
	}
	d, err := scanDelegation(a.row(ctx, `SELECT `+delegationColumns+` FROM delegations
		WHERE id = ? AND delegate_id = ? AND delegator_id = ?`+a.d.lock, who.Mandate.DelegationID, who.ID, who.Mandate.HolderID))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !d.InForce(a.now) {
		return dossier.Problem(dossier.CodeDelegationOver)
	}
	if err != nil {
		return fmt.Errorf("lock delegation: %w", err)
	}
	if who.Way.Elsewhere() {
		return a.lockHolder(ctx, who.ID)
	}
	var pinID string
	err = a.row(ctx, `SELECT id FROM pins WHERE holder_id = ? AND state = ? AND kind = ?`+a.d.lock,
		who.ID, string(dossier.PINActive), string(dossier.Dispositivo)).Scan(&pinID)
	if errors.Is(err, sql.ErrNoRows) {
		return dossier.Problem(dossier.CodeDelegationKind)
	}
	if err != nil {
		return fmt.Errorf("lock delegate's PIN: %w", err)
	}
	return nil
}

// grantDelegation inserts an offer.
func (a *applier) grantDelegation(ctx context.Context, d dossier.Delegation) error {
	if err := a.insertDelegation(ctx, d, dossier.DelegationOffered); err != nil {
		return err
	}
	if err := a.tell(ctx, d.DelegateID, "", dossier.MessageDelegationOffered, d.ID); err != nil {
		return err
	}
	return a.auditDelegation(ctx, d, "granted", dossier.DelegationOffered)
}

// recordGuardian inserts what counts at once.
func (a *applier) recordGuardian(ctx context.Context, d dossier.Delegation) error {
	if err := a.insertDelegation(ctx, d, dossier.DelegationActive); err != nil {
		return err
	}
	for side, id := range map[string]string{"delegator": d.DelegatorID, "delegate": d.DelegateID} {
		if err := a.tell(ctx, id, "", dossier.MessageGuardianRecorded, d.ID+" "+side); err != nil {
			return err
		}
	}
	return a.auditDelegation(ctx, d, "recorded", dossier.DelegationActive)
}

// insertDelegation inserts a delegation, after ending one of the same kind whose
// days are over.
func (a *applier) insertDelegation(ctx context.Context, d dossier.Delegation, state dossier.DelegationState) error {
	var over []string
	err := a.each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		over = append(over, id)
		return err
	}, `SELECT id FROM delegations WHERE delegator_id = ? AND kind = ? AND state <> ? AND until_at <= ?`,
		d.DelegatorID, string(d.Kind), string(dossier.DelegationEnded), micros(a.now))
	if err != nil {
		return fmt.Errorf("find delegations that are over: %w", err)
	}
	for _, id := range over {
		if err := a.moveDelegation(ctx, dossier.MoveDelegation{ID: id, Event: dossier.DelegationEventLapsed}); err != nil {
			return err
		}
	}
	err = a.exec(ctx, `INSERT INTO delegations (id, delegator_id, delegate_id, kind, state, from_at, until_at, granted_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.ID, d.DelegatorID, d.DelegateID, string(d.Kind), string(state),
		micros(d.From), micros(d.Until), micros(a.now), micros(a.now))
	if duplicate(err) {
		return dossier.Problem(dossier.CodeDelegationTaken)
	}
	if err != nil {
		return fmt.Errorf("insert delegation: %w", err)
	}
	return nil
}

// moveDelegation moves a delegation along its table.
func (a *applier) moveDelegation(ctx context.Context, m dossier.MoveDelegation) error {
	d, err := scanDelegation(a.row(ctx, `SELECT `+delegationColumns+` FROM delegations WHERE id = ?`+a.d.lock, m.ID))
	if err != nil {
		return fmt.Errorf("lock delegation: %w", err)
	}
	step, err := d.State.Next(m.Event)
	if err != nil {
		return err
	}
	if m.Event == dossier.DelegationEventAccepted {
		if err := a.checkRoom(ctx, d); err != nil {
			return err
		}
	}
	n, err := a.execN(ctx, `UPDATE delegations SET state = ?, changed_at = ? WHERE id = ? AND state = ?`,
		string(step.To), micros(a.now), d.ID, string(d.State))
	if err != nil {
		return fmt.Errorf("move delegation: %w", err)
	}
	if n == 0 {
		return conflict("the delegation moved meanwhile")
	}
	if step.Tell != "" {
		if err := a.tell(ctx, d.DelegatorID, "", step.Tell, d.ID+" delegator"); err != nil {
			return err
		}
	}
	if m.Event == dossier.DelegationEventEnded {
		if err := a.tell(ctx, d.DelegateID, "", step.Tell, d.ID+" delegate"); err != nil {
			return err
		}
	}
	return a.auditDelegation(ctx, d, string(m.Event), step.To)
}

// checkRoom refuses to accept what is over, and a sixth personal delegator. The
// delegate's row puts one's acceptances one after the other.
func (a *applier) checkRoom(ctx context.Context, d dossier.Delegation) error {
	if !a.now.Before(d.Until) {
		return dossier.Problem(dossier.CodeDelegationOver)
	}
	if d.Kind != dossier.DelegationPersonal {
		return nil
	}
	var id string
	if err := a.row(ctx, `SELECT id FROM holders WHERE id = ?`+a.d.lock, d.DelegateID).Scan(&id); err != nil {
		return fmt.Errorf("lock delegate: %w", err)
	}
	var n int
	err := a.row(ctx, `SELECT COUNT(*) FROM delegations WHERE delegate_id = ? AND kind = ? AND state = ? AND until_at > ?`,
		d.DelegateID, string(d.Kind), string(dossier.DelegationActive), micros(a.now)).Scan(&n)
	if err != nil {
		return fmt.Errorf("count delegators: %w", err)
	}
	if n >= dossier.MaxDelegators {
		return dossier.Problem(dossier.CodeDelegationFull)
	}
	return nil
}

func (a *applier) auditDelegation(ctx context.Context, d dossier.Delegation, event string, to dossier.DelegationState) error {
	return a.audit(ctx, auditRow{
		action: "delegation." + event, subject: d.ID, holderID: d.DelegatorID,
		detail: fmt.Sprintf(`{"kind":%q,"delegate":%q,"to":%q}`, d.Kind, d.DelegateID, to),
	})
}
