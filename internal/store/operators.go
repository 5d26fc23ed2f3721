package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/operator"
	"dispositivo/internal/session"
)

// InsertOperator adds an account; a taken user name fails with CodeConflict.
func (s *Store) InsertOperator(ctx context.Context, o operator.Record) error {
	key, wrapped, err := s.keys.NewDataKey(adTOTP(o.ID))
	if err != nil {
		return fmt.Errorf("make operator's key: %w", err)
	}
	sealed, err := key.Seal([]byte(o.TOTP), adTOTP(o.ID))
	if err != nil {
		return fmt.Errorf("seal second factor: %w", err)
	}
	// The wrapped key has a fixed length and stands before what it seals.
	sealed = append(wrapped, sealed...)
	return s.tx(ctx, "insert operator", func(t *tx) error {
		err := t.exec(ctx, `INSERT INTO operators (id, username, hash, sealed_totp, totp_step, role, office, keyed_cf, disabled, created_at)
			VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)`, o.ID, o.Username, o.Hash, sealed, string(o.Role), o.Office, o.KeyedCF, flag(o.Disabled), micros(t.now))
		if duplicate(err) {
			return conflict("the user name is taken")
		}
		if err != nil {
			return err
		}
		return t.audit(ctx, auditRow{actor: actorName(dossier.System("operators")), action: "operator.added", subject: o.ID, detail: fmt.Sprintf(`{"role":%q}`, o.Role)})
	})
}

const wrappedKeyBytes = 77 // seal.Keys.NewDataKey

// OperatorByName returns an account, CodeNotFound when there is none.
func (s *Store) OperatorByName(ctx context.Context, username string) (operator.Record, error) {
	return s.operator(ctx, `username = ?`, username)
}

// Operator returns an account by its id.
func (s *Store) Operator(ctx context.Context, id string) (operator.Record, error) {
	return s.operator(ctx, `id = ?`, id)
}

func (s *Store) operator(ctx context.Context, where, arg string) (operator.Record, error) {
	var o operator.Record
	var sealed []byte
	var disabled int64
	err := s.reader().row(ctx, `SELECT id, username, hash, sealed_totp, role, office, keyed_cf, disabled FROM operators WHERE `+where, arg).
		Scan(&o.ID, &o.Username, &o.Hash, &sealed, &o.Role, &o.Office, &o.KeyedCF, &disabled)
	if err != nil {
		return o, classify("read operator", err)
	}
	o.Disabled = disabled != 0
	if len(sealed) < wrappedKeyBytes {
		return o, unavailable("read operator", fmt.Errorf("sealed second factor is short"))
	}
	key, err := s.keys.Unwrap(sealed[:wrappedKeyBytes], adTOTP(o.ID))
	if err != nil {
		return o, unavailable("open operator's key", err)
	}
	secret, err := key.Open(sealed[wrappedKeyBytes:], adTOTP(o.ID))
	if err != nil {
		return o, unavailable("open second factor", err)
	}
	o.TOTP = string(secret)
	return o, nil
}

// UseTOTPStep accepts a time step of the second factor once: it reports false
// for one used before or older (RFC 6238 section 5.2).
func (s *Store) UseTOTPStep(ctx context.Context, operatorID string, step int64) (bool, error) {
	var fresh bool
	err := s.tx(ctx, "use second factor", func(t *tx) error {
		n, err := t.execN(ctx, `UPDATE operators SET totp_step = ? WHERE id = ? AND totp_step < ?`, step, operatorID, step)
		fresh = n == 1
		return err
	})
	return fresh, err
}

// RefreshPassword puts a hash of the same password, made at another cost, in place of
// one that was; when that is gone, it does nothing.
func (s *Store) RefreshPassword(ctx context.Context, operatorID, was, hash string) error {
	return s.tx(ctx, "refresh password", func(t *tx) error {
		return t.exec(ctx, `UPDATE operators SET hash = ? WHERE id = ? AND hash = ?`, hash, operatorID, was)
	})
}

// InsertSession keeps a session by the hash of its token. CodeConflict: the PIN it
// was opened with is gone.
func (s *Store) InsertSession(ctx context.Context, hash []byte, ses session.Session) error {
	return s.tx(ctx, "insert session", func(t *tx) error {
		if ses.PINIssueID != "" { // it may be revoked or recovered at this very moment
			if err := t.usablePIN(ctx, ses.PINIssueID); err != nil {
				return err
			}
		}
		err := t.exec(ctx, `INSERT INTO sessions (hash, role, actor_id, way, pin_id, csrf, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			hash, string(ses.Actor.Role), ses.Actor.ID, string(ses.Actor.Way), ses.PINIssueID, ses.CSRF, micros(ses.SeenAt), micros(ses.ExpiresAt))
		if err != nil {
			return err
		}
		row := auditRow{actor: actorName(ses.Actor), action: "session.started", subject: ses.Actor.ID, detail: `{}`}
		if ses.Actor.IsHolder() {
			way := cmp.Or(ses.Actor.Way, dossier.WayPIN)
			row.holderID, row.detail, row.personal = ses.Actor.ID, fmt.Sprintf(`{"way":%q}`, way), ses.Evidence
		}
		return t.audit(ctx, row)
	})
}

// Session returns the session of a token's hash with its actor as the account
// is now: a disabled operator or a dead PIN ends it.
func (s *Store) Session(ctx context.Context, hash []byte) (session.Session, error) {
	var ses session.Session
	var seen, expires int64
	err := s.reader().row(ctx, `SELECT role, actor_id, way, pin_id, csrf, seen_at, expires_at, delegation_id, acts_for FROM sessions WHERE hash = ?`, hash).
		Scan(&ses.Actor.Role, &ses.Actor.ID, &ses.Actor.Way, &ses.PINIssueID, &ses.CSRF, &seen, &expires, &ses.Mandate.DelegationID, &ses.Mandate.HolderID)
	if err != nil {
		return ses, unauthorized(classify("read session", err))
	}
	ses.SeenAt, ses.ExpiresAt = fromMicros(seen), fromMicros(expires)
	if ses.Actor.Way.Elsewhere() {
		_, err := s.Holder(ctx, ses.Actor.ID)
		return ses, unauthorized(err)
	}
	if ses.Actor.IsHolder() {
		ses.Actor.Role, err = s.holderRole(ctx, ses.PINIssueID)
		return ses, err
	}
	o, err := s.Operator(ctx, ses.Actor.ID)
	if err != nil {
		return ses, unauthorized(err)
	}
	if o.Disabled {
		return ses, dossier.Problem(dossier.CodeUnauthorized)
	}
	ses.Actor = o.Actor()
	return ses, nil
}

// holderRole is what the PIN a holder signed in with opens now.
func (s *Store) holderRole(ctx context.Context, pinID string) (dossier.Role, error) {
	p, err := s.PINIssue(ctx, pinID)
	if err != nil {
		return "", unauthorized(err)
	}
	role := p.Opens()
	if role == "" {
		return "", dossier.Problem(dossier.CodeUnauthorized)
	}
	return role, nil
}

// unauthorized makes a missing row a matter of signing in again; faults stay faults.
func unauthorized(err error) error {
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return &dossier.Error{Code: dossier.CodeUnauthorized, Err: err}
	}
	return err
}

// TouchSession notes activity.
func (s *Store) TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error {
	return s.tx(ctx, "touch session", func(t *tx) error {
		return t.exec(ctx, `UPDATE sessions SET seen_at = ?, expires_at = ? WHERE hash = ?`, micros(seen), micros(expires), hash)
	})
}

// DeleteSession ends a session.
func (s *Store) DeleteSession(ctx context.Context, hash []byte) error {
	return s.tx(ctx, "delete session", func(t *tx) error {
		return t.exec(ctx, `DELETE FROM sessions WHERE hash = ?`, hash)
	})
}

// ForgetSessions removes what has expired.
func (s *Store) ForgetSessions(ctx context.Context) error {
	return s.tx(ctx, "forget sessions", func(t *tx) error {
		return t.exec(ctx, `DELETE FROM sessions WHERE expires_at < ?`, micros(t.now))
	})
}
