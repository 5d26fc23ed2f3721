package store

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
)

// KeyCF returns the keyed hash by which a codice fiscale is looked up and
// compared; it must be in the normal form of internal/codicefiscale.
func (s *Store) KeyCF(codiceFiscale string) []byte { return s.macCF.Sum([]byte(codiceFiscale)) }

// NewHolder is a holder with the first PIN issue.
type NewHolder struct {
	Holder     dossier.Holder
	PINHash    string
	MustChange bool
}

// InsertHolder adds a holder with an active PIN. The same codice fiscale again
// fails with CodeConflict.
func (s *Store) InsertHolder(ctx context.Context, n NewHolder) error {
	h := n.Holder
	key, wrapped, err := s.keys.NewDataKey(adHolder(h.ID))
	if err != nil {
		return fmt.Errorf("make holder's key: %w", err)
	}
	sealed, err := sealJSON(key, h.Person, adHolder(h.ID))
	if err != nil {
		return err
	}
	return s.tx(ctx, "insert holder", func(t *tx) error {
		err := t.exec(ctx, `INSERT INTO holders (id, keyed_cf, wrapped_key, sealed, office, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
			h.ID, s.KeyCF(h.Person.CodiceFiscale), wrapped, sealed, h.Office, micros(t.now))
		if duplicate(err) {
			return conflict("the holder exists")
		}
		if err != nil {
			return err
		}
		err = t.exec(ctx, `INSERT INTO pins (id, holder_id, kind, state, version, hash, must_change, issued_at, changed_at)
			VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)`, h.PIN.ID, h.ID, string(h.PIN.Kind), string(dossier.PINActive),
			n.PINHash, flag(n.MustChange), micros(t.now), micros(t.now))
		if err != nil {
			return err
		}
		return t.audit(ctx, auditRow{actor: "system", action: "holder.added", subject: h.ID, holderID: h.ID, detail: `{}`})
	})
}

const holderQuery = `SELECT h.id, h.wrapped_key, h.sealed, h.office, p.id, p.kind, p.state, p.version
	FROM holders h JOIN pins p ON p.holder_id = h.id AND p.state IN ('active', 'suspended', 'lapsed') WHERE `

// Holder returns a holder with the current PIN issue.
func (s *Store) Holder(ctx context.Context, id string) (dossier.Holder, error) {
	h, err := s.scanHolder(s.reader().row(ctx, holderQuery+`h.id = ?`, id))
	return h, classify("read holder", err)
}

func (s *Store) scanHolder(row firstRow) (dossier.Holder, error) {
	var h dossier.Holder
	var wrapped, sealed []byte
	err := row.Scan(&h.ID, &wrapped, &sealed, &h.Office, &h.PIN.ID, &h.PIN.Kind, &h.PIN.State, &h.PIN.Version)
	if err != nil {
		return h, err
	}
	h.PIN.HolderID = h.ID
	key, err := s.keys.Unwrap(wrapped, adHolder(h.ID))
	if err != nil {
		return h, fmt.Errorf("open holder's key: %w", err)
	}
	return h, openJSON(key, sealed, adHolder(h.ID), &h.Person)
}

// PINIssue returns one issue, current or not.
func (s *Store) PINIssue(ctx context.Context, id string) (dossier.PINIssue, error) {
	p := dossier.PINIssue{ID: id}
	err := s.reader().row(ctx, `SELECT holder_id, kind, state, version FROM pins WHERE id = ?`, id).
		Scan(&p.HolderID, &p.Kind, &p.State, &p.Version)
	return p, classify("read PIN issue", err)
}

// PINByCF returns the current PIN of a codice fiscale, CodeNotFound when there
// is none.
func (s *Store) PINByCF(ctx context.Context, codiceFiscale string) (dossier.PINSecret, error) {
	var p dossier.PINSecret
	var mustChange int64
	err := s.reader().row(ctx, `SELECT p.id, p.holder_id, p.kind, p.state, p.version, p.hash, p.must_change
		FROM pins p JOIN holders h ON h.id = p.holder_id
		WHERE h.keyed_cf = ? AND p.state IN ('active', 'suspended', 'lapsed')`, s.KeyCF(codiceFiscale)).
		Scan(&p.Issue.ID, &p.Issue.HolderID, &p.Issue.Kind, &p.Issue.State, &p.Issue.Version, &p.Hash, &mustChange)
	p.MustChange = mustChange != 0
	return p, classify("read PIN", err)
}

// SetPINState changes the state of a PIN issue: suspension, revocation, replacement.
// The sessions opened with it end.
func (s *Store) SetPINState(ctx context.Context, actor dossier.Actor, pinID string, state dossier.PINState) error {
	return s.tx(ctx, "set PIN state", func(t *tx) error {
		n, err := t.execN(ctx, `UPDATE pins SET state = ?, version = version + 1, changed_at = ? WHERE id = ?`, string(state), micros(t.now), pinID)
		if err != nil {
			return err
		}
		if n == 0 {
			return dossier.Problem(dossier.CodeNotFound)
		}
		if err := t.exec(ctx, `DELETE FROM sessions WHERE pin_id = ?`, pinID); err != nil {
			return err
		}
		return t.audit(ctx, auditRow{actor: actorName(actor), action: "pin." + string(state), subject: pinID, detail: `{}`})
	})
}

// Lock returns the count of wrong tries for a subject, a codice fiscale or an
// operator's name, existing or not; the zero Lock when there is none.
func (s *Store) Lock(ctx context.Context, subject string) (dossier.Lock, error) {
	var l dossier.Lock
	var until int64
	err := s.reader().row(ctx, `SELECT wrong, locked_until FROM locks WHERE keyed_cf = ?`, s.KeyCF(subject)).Scan(&l.Wrong, &until)
	if dossier.CodeOf(classify("", err)) == dossier.CodeNotFound {
		return dossier.Lock{}, nil
	}
	l.LockedUntil = fromMicros(until)
	return l, classify("read lock", err)
}

// CountWrong replaces a subject's lock by what next makes of it, one caller
// after the other, and returns the lock as it is now.
func (s *Store) CountWrong(ctx context.Context, subject string, next func(dossier.Lock, time.Time) dossier.Lock) (dossier.Lock, error) {
	key := s.KeyCF(subject)
	var l dossier.Lock
	err := s.tx(ctx, "count wrong PIN", func(t *tx) error {
		err := t.exec(ctx, `INSERT INTO locks (keyed_cf, wrong, locked_until, updated_at) VALUES (?, 0, 0, ?) ON CONFLICT (keyed_cf) DO NOTHING`, key, micros(t.now))
		if err != nil {
			return err
		}
		var until int64
		err = t.row(ctx, `SELECT wrong, locked_until FROM locks WHERE keyed_cf = ?`+t.d.lock, key).Scan(&l.Wrong, &until)
		if err != nil {
			return err
		}
		l.LockedUntil = fromMicros(until)
		l = next(l, t.now)
		return t.exec(ctx, `UPDATE locks SET wrong = ?, locked_until = ?, updated_at = ? WHERE keyed_cf = ?`, l.Wrong, micros(l.LockedUntil), micros(t.now), key)
	})
	return l, err
}

// ClearLock forgets the wrong tries of a subject.
func (s *Store) ClearLock(ctx context.Context, subject string) error {
	return s.tx(ctx, "clear lock", func(t *tx) error {
		return t.exec(ctx, `DELETE FROM locks WHERE keyed_cf = ?`, s.KeyCF(subject))
	})
}

// ForgetOldLocks removes counters untouched since before, so that made-up
// codes cannot fill the disk.
func (s *Store) ForgetOldLocks(ctx context.Context, before time.Time) error {
	return s.tx(ctx, "forget old locks", func(t *tx) error {
		return t.exec(ctx, `DELETE FROM locks WHERE updated_at < ? AND locked_until < ?`, micros(before), micros(t.now))
	})
}
