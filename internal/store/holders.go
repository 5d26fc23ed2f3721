package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
)

// KeyCF returns the keyed hash by which a codice fiscale is looked up and
// compared; it must be in the normal form of internal/codicefiscale.
func (s *Store) KeyCF(codiceFiscale string) []byte { return s.macCF.Sum([]byte(codiceFiscale)) }

// NewHolder is a holder with the first PIN issue, in use at once.
type NewHolder struct {
	Holder     dossier.Holder
	PINHash    string
	MustChange bool
}

// InsertHolder adds a holder whose PIN is in use already: one of a demonstration,
// or brought over from elsewhere. The same codice fiscale again fails with
// CodeConflict.
func (s *Store) InsertHolder(ctx context.Context, n NewHolder) error {
	p := n.Holder.PIN
	p.HolderID, p.State = n.Holder.ID, dossier.PINActive
	if n.MustChange {
		p.State = dossier.PINMustChange
	}
	if p.Channel == "" {
		p.Channel = dossier.PINOffice
	}
	_, err := s.Apply(ctx, dossier.Change{Actor: dossier.System("import"), Effects: []dossier.Effect{
		dossier.AddHolder{Holder: n.Holder}, dossier.OpenPIN{Issue: p, Hash: n.PINHash},
	}})
	return err
}

func (a *applier) addHolder(ctx context.Context, h dossier.Holder) error {
	key, wrapped, err := a.s.keys.NewDataKey(adHolder(h.ID))
	if err != nil {
		return fmt.Errorf("make holder's key: %w", err)
	}
	sealed, err := sealJSON(key, h.Person, adHolder(h.ID))
	if err != nil {
		return err
	}
	if h.Type == "" {
		h.Type = dossier.HolderCitizen
	}
	err = a.exec(ctx, `INSERT INTO holders (id, keyed_cf, wrapped_key, sealed, office, type, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		h.ID, a.s.KeyCF(h.Person.CodiceFiscale), wrapped, sealed, h.Office, string(h.Type), micros(a.now))
	if duplicate(err) {
		return conflict("the holder exists")
	}
	if err != nil {
		return fmt.Errorf("insert holder: %w", err)
	}
	return a.audit(ctx, auditRow{action: "holder.added", subject: h.ID, holderID: h.ID, detail: `{}`})
}

// setPerson replaces what is on file; the codice fiscale stays what it was.
func (a *applier) setPerson(ctx context.Context, e dossier.SetPerson) error {
	key, err := a.s.holderKey(ctx, a.querier, e.HolderID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, e.Person, adHolder(e.HolderID))
	if err != nil {
		return err
	}
	n, err := a.execN(ctx, `UPDATE holders SET sealed = ?, type = CASE WHEN ? = '' THEN type ELSE ? END, version = version + 1
		WHERE id = ? AND version = ? AND keyed_cf = ?`, sealed, string(e.Type), string(e.Type), e.HolderID, e.Version, a.s.KeyCF(e.Person.CodiceFiscale))
	if err != nil {
		return fmt.Errorf("set person: %w", err)
	}
	if n == 0 {
		return conflict("the holder changed meanwhile, or the codice fiscale is another's")
	}
	return a.audit(ctx, auditRow{action: "holder.changed", subject: e.HolderID, holderID: e.HolderID, detail: `{}`})
}

// holderQuery joins the issue that is not final; there is at most one.
const holderQuery = `SELECT h.id, h.wrapped_key, h.sealed, h.office, h.type, h.version, ` + pinColumns + `
	FROM holders h LEFT JOIN pins p ON p.holder_id = h.id AND p.state NOT IN ('refused', 'revoked', 'replaced')
	WHERE h.erased_at = 0 AND `

// Holder returns a holder with the PIN issue that is not final, if there is one.
func (s *Store) Holder(ctx context.Context, id string) (dossier.Holder, error) {
	h, err := s.scanHolder(s.reader().row(ctx, holderQuery+`h.id = ?`, id))
	return h, classify("read holder", err)
}

// HolderByCF returns the holder of a codice fiscale, CodeNotFound when there is
// none.
func (s *Store) HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error) {
	return s.HolderByKeyedCF(ctx, s.KeyCF(codiceFiscale))
}

// HolderByKeyedCF is HolderByCF for who has only what KeyCF made of it.
func (s *Store) HolderByKeyedCF(ctx context.Context, keyed []byte) (dossier.Holder, error) {
	h, err := s.scanHolder(s.reader().row(ctx, holderQuery+`h.keyed_cf = ?`, keyed))
	return h, classify("read holder", err)
}

// lookups is how many codici fiscali one query asks for.
const lookups = 1000

// HoldersAmong returns the ids, sorted, of the holders whose codice fiscale is
// among many, which may be tens of thousands.
func (s *Store) HoldersAmong(ctx context.Context, codiciFiscali iter.Seq[string]) ([]string, error) {
	var ids []string
	keyed := make([]any, 0, lookups)
	ask := func() error {
		if len(keyed) == 0 {
			return nil
		}
		query := `SELECT id FROM holders WHERE keyed_cf IN (?` + strings.Repeat(`, ?`, len(keyed)-1) + `)`
		return s.reader().each(ctx, func(rows *sql.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
			return nil
		}, query, keyed...)
	}
	for cf := range codiciFiscali {
		if keyed = append(keyed, s.KeyCF(cf)); len(keyed) < lookups {
			continue
		}
		if err := ask(); err != nil {
			return nil, fmt.Errorf("find holders: %w", err)
		}
		keyed = keyed[:0]
	}
	if err := ask(); err != nil {
		return nil, fmt.Errorf("find holders: %w", err)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (s *Store) scanHolder(row firstRow) (dossier.Holder, error) {
	var h dossier.Holder
	var wrapped, sealed []byte
	var p pinRow
	if err := row.Scan(append([]any{&h.ID, &wrapped, &sealed, &h.Office, &h.Type, &h.Version}, p.dest()...)...); err != nil {
		return h, err
	}
	h.PIN = p.issue()
	key, err := s.keys.Unwrap(wrapped, adHolder(h.ID))
	if err != nil {
		return h, fmt.Errorf("open holder's key: %w", err)
	}
	return h, openJSON(key, sealed, adHolder(h.ID), &h.Person)
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
// codes cannot fill the disk. Those of many wrong tries stay until they are
// untouched since longBefore: waiting must not refill the budget of a half.
func (s *Store) ForgetOldLocks(ctx context.Context, before, longBefore time.Time) error {
	const many = 20
	return s.tx(ctx, "forget old locks", func(t *tx) error {
		return t.exec(ctx, `DELETE FROM locks WHERE updated_at < ? AND locked_until < ? AND (wrong < ? OR updated_at < ?)`,
			micros(before), micros(t.now), many, micros(longBefore))
	})
}
