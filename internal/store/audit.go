package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/ident"
)

// auditRow is what a transaction writes about itself; never personal data, but
// in personal.
type auditRow struct {
	actor    string // default: the change's actor
	action   string
	subject  string
	holderID string
	// owner is the query that says whose the row is, by its subject, where whoever
	// writes it does not know: every operation is attributed to the holder (B6).
	owner  string
	detail string // JSON
	// personal is sealed under the holder's key: who erases that erases this, and
	// the proof over the log stays whole. nil: nothing.
	personal map[string]string
}

// The owners of what a row may be about; nobody's yet, of what came by post.
const (
	ownerOfDossier    = `SELECT holder_id FROM dossiers WHERE id = ?`
	ownerOfSubmission = `SELECT holder_id FROM submissions WHERE id = ?`
	ownerOfFile       = `SELECT s.holder_id FROM files f JOIN submissions s ON s.id = f.submission_id WHERE f.id = ?`
	ownerOfPIN        = `SELECT holder_id FROM pins WHERE id = ?`
	ownerOfLetter     = `SELECT p.holder_id FROM letters l JOIN pins p ON p.id = l.pin_id WHERE l.id = ?`
)

func (a *applier) audit(ctx context.Context, r auditRow) error {
	r.actor = actorName(a.change.Actor)
	return a.tx.audit(ctx, r)
}

func (t *tx) audit(ctx context.Context, r auditRow) error {
	if r.owner != "" {
		var err error
		if r.holderID, err = t.optional(ctx, r.owner, r.subject); err != nil {
			return fmt.Errorf("find whose the audit row is: %w", err)
		}
	}
	e := audit.Entry{
		UID: ident.New(t.now), At: t.now.UTC().Truncate(time.Microsecond), Actor: r.actor, Action: r.action,
		Subject: r.subject, HolderID: r.holderID, Detail: r.detail,
	}
	if r.personal != nil {
		key, err := t.s.holderKey(ctx, t.querier, r.holderID)
		if err != nil {
			return err
		}
		if e.Sealed, err = sealJSON(key, r.personal, adAudit(e.UID)); err != nil {
			return err
		}
	}
	err := t.exec(ctx, `INSERT INTO audit (uid, at, actor, action, subject, holder_id, detail, sealed, stamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.UID, micros(e.At), e.Actor, e.Action, e.Subject, e.HolderID, e.Detail, e.Sealed, audit.Stamp(t.s.macAudit, e))
	if err != nil {
		return fmt.Errorf("write audit row: %w", err)
	}
	return nil
}

// actorName is who did it. A delegate is named as such, beside the holder in the
// same row (B10).
func actorName(a dossier.Actor) string {
	if a.Mandate.DelegationID != "" {
		return "delegate:" + a.ID
	}
	return string(a.Role) + ":" + a.ID
}

func adAudit(uid string) []byte { return []byte("audit.sealed:" + uid) }

const auditColumns = `id, uid, at, actor, action, subject, holder_id, detail, sealed, stamp, seq, chain`

func scanEntry(rows *sql.Rows) (audit.Entry, error) {
	var e audit.Entry
	var at int64
	var seq sql.NullInt64
	err := rows.Scan(&e.Row, &e.UID, &at, &e.Actor, &e.Action, &e.Subject, &e.HolderID, &e.Detail, &e.Sealed, &e.Stamp, &seq, &e.Chain)
	e.At, e.Seq = time.UnixMicro(at).UTC(), seq.Int64
	return e, err
}

// Sealing is what one call of SealAudit did.
type Sealing struct {
	// Sealed is how many rows went into the chain.
	Sealed int
	// Refused is how many were not written by this program: they keep their place
	// in the table, marked, for whoever looks into it.
	Refused int
}

// SealAudit puts at most limit unsealed rows into the chain, in order. Rows are
// written by every transaction without a global lock; the order is given here,
// by one process at a time.
func (s *Store) SealAudit(ctx context.Context, limit int) (Sealing, error) {
	var done Sealing
	err := s.tx(ctx, "seal audit", func(t *tx) error {
		done = Sealing{}
		leads, err := t.leadsSealing(ctx)
		if err != nil || !leads {
			return err
		}
		last, err := t.lastSealed(ctx)
		if err != nil {
			return err
		}
		entries, err := t.unsealed(ctx, limit)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !audit.Stamped(s.macAudit, e) {
				done.Refused++
				if err := t.exec(ctx, `UPDATE audit SET seq = -id WHERE id = ?`, e.Row); err != nil {
					return err
				}
				continue
			}
			e.Seq = last.Seq + 1
			e.Chain = audit.Link(s.macAudit, last.Chain, e)
			if err := t.exec(ctx, `UPDATE audit SET seq = ?, chain = ? WHERE id = ?`, e.Seq, e.Chain, e.Row); err != nil {
				return err
			}
			last = e
			done.Sealed++
		}
		return nil
	})
	return done, err
}

// sealerLock names the advisory lock of the audit sealer in PostgreSQL.
const sealerLock = 0x415544 // "AUD"

// leadsSealing reports whether this transaction gives the order. With SQLite any
// does: there is one at a time.
func (t *tx) leadsSealing(ctx context.Context) (bool, error) {
	if !t.d.numbered {
		return true, nil
	}
	var leads bool
	err := t.row(ctx, `SELECT pg_try_advisory_xact_lock(?)`, sealerLock).Scan(&leads)
	return leads, err
}

func (t *tx) lastSealed(ctx context.Context) (audit.Entry, error) {
	var last audit.Entry
	err := t.each(ctx, func(rows *sql.Rows) error {
		var err error
		last, err = scanEntry(rows)
		return err
	}, `SELECT `+auditColumns+` FROM audit WHERE seq > 0 ORDER BY seq DESC LIMIT 1`)
	return last, err
}

func (t *tx) unsealed(ctx context.Context, limit int) ([]audit.Entry, error) {
	var entries []audit.Entry
	err := t.each(ctx, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		entries = append(entries, e)
		return err
	}, `SELECT `+auditColumns+` FROM audit WHERE seq IS NULL ORDER BY id LIMIT ?`, limit)
	return entries, err
}

// EachSealed calls fn for every row with a place in the chain, in its order;
// those that SealAudit refused, with places below 1, come first.
func (s *Store) EachSealed(ctx context.Context, fn func(audit.Entry) error) error {
	return s.eachEntry(ctx, fn, `seq IS NOT NULL ORDER BY seq`)
}

// EachUnsealed calls fn for every row that waits to be sealed.
func (s *Store) EachUnsealed(ctx context.Context, fn func(audit.Entry) error) error {
	return s.eachEntry(ctx, fn, `seq IS NULL ORDER BY id`)
}

func (s *Store) eachEntry(ctx context.Context, fn func(audit.Entry) error, where string, args ...any) error {
	var broken error
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		if err != nil {
			return err
		}
		broken = fn(e)
		return broken
	}, `SELECT `+auditColumns+` FROM audit WHERE `+where, args...)
	if broken != nil {
		return broken // what fn says is no fault of the database
	}
	return classify("read audit", err)
}

// Repeated returns the newest row of a uid that two rows have, 0 when there is
// none: the index that forbids it can be dropped by who writes the database.
func (s *Store) Repeated(ctx context.Context) (int64, error) {
	var row int64
	err := s.reader().row(ctx, `SELECT MAX(id) FROM audit GROUP BY uid HAVING COUNT(*) > 1 LIMIT 1`).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return row, classify("look for repeated rows", err)
}

// AuditMAC is the keyed hash that stamps rows and links the chain.
func (s *Store) AuditMAC() audit.MAC { return s.macAudit }

// AuditSigner signs checkpoints.
func (s *Store) AuditSigner() audit.Signer {
	return audit.NewSigner(s.keys.Derive("audit checkpoint", 32))
}

// Checkpoint signs where the chain stands and keeps that, unless it is kept
// already. It returns a Checkpoint with Seq 0 while nothing is sealed.
func (s *Store) Checkpoint(ctx context.Context) (audit.Checkpoint, error) {
	var c audit.Checkpoint
	err := s.tx(ctx, "make checkpoint", func(t *tx) error {
		last, err := t.lastSealed(ctx)
		if err != nil || last.Seq == 0 {
			return err
		}
		c = s.AuditSigner().Sign(last, t.now)
		return t.exec(ctx, `INSERT INTO audit_checkpoints (seq, at, chain, signature) VALUES (?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING`,
			c.Seq, micros(c.At), c.Chain, c.Signature)
	})
	return c, err
}

// Checkpoints yields those kept in the database, in order.
func (s *Store) Checkpoints(ctx context.Context) audit.Source {
	return func(yield func(audit.Checkpoint, error) bool) {
		err := s.reader().each(ctx, func(rows *sql.Rows) error {
			var c audit.Checkpoint
			var at int64
			if err := rows.Scan(&c.Seq, &at, &c.Chain, &c.Signature); err != nil {
				return err
			}
			c.At = fromMicros(at)
			if !yield(c, nil) {
				return errEnough
			}
			return nil
		}, `SELECT seq, at, chain, signature FROM audit_checkpoints ORDER BY seq`)
		if err != nil && !errors.Is(err, errEnough) {
			yield(audit.Checkpoint{}, classify("read checkpoints", err))
		}
	}
}

// errEnough ends the reading of rows early.
var errEnough = errors.New("enough")

// History returns what happened to a dossier, the oldest first.
func (s *Store) History(ctx context.Context, subject string) ([]audit.Entry, error) {
	var entries []audit.Entry
	err := s.eachEntry(ctx, func(e audit.Entry) error {
		entries = append(entries, e)
		return nil
	}, `subject = ? ORDER BY id`, subject)
	return entries, err
}

// DossierLog returns what happened to a dossier, its submissions and their files
// behind a row, the oldest first, at most limit.
func (s *Store) DossierLog(ctx context.Context, dossierID string, after int64, limit int) ([]audit.Entry, error) {
	var entries []audit.Entry
	err := s.eachEntry(ctx, func(e audit.Entry) error {
		entries = append(entries, e)
		return nil
	}, `subject IN (SELECT id FROM dossiers WHERE id = ? UNION ALL SELECT id FROM submissions WHERE dossier_id = ?
		UNION ALL SELECT f.id FROM files f JOIN submissions s ON s.id = f.submission_id WHERE s.dossier_id = ?)
		AND id > ? ORDER BY id LIMIT ?`, dossierID, dossierID, dossierID, after, limit)
	return entries, err
}

// Meta returns a named value of the store, "" when there is none.
func (s *Store) Meta(ctx context.Context, name string) (string, error) {
	v, err := s.reader().optional(ctx, `SELECT value FROM meta WHERE name = ?`, name)
	return v, classify("read meta", err)
}

// SetMeta keeps a named value.
func (s *Store) SetMeta(ctx context.Context, name, value string) error {
	return s.tx(ctx, "set meta", func(t *tx) error {
		return t.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	})
}

// Empty reports whether nobody and nothing is in the store yet.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int
	err := s.reader().row(ctx, `SELECT (SELECT COUNT(*) FROM holders) + (SELECT COUNT(*) FROM operators) + (SELECT COUNT(*) FROM submissions)`).Scan(&n)
	return n == 0, classify("look whether empty", err)
}

// EachSubmission calls fn for every submission: when, where, how it stands,
// and the dossier it belongs to.
func (s *Store) EachSubmission(ctx context.Context, fn func(dossier.Submission) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var sub dossier.Submission
		var at int64
		if err := rows.Scan(&sub.ID, &sub.Protocol.Year, &sub.Protocol.Number, &sub.Channel, &sub.State, &sub.DossierID, &at); err != nil {
			return err
		}
		sub.ReceivedAt = fromMicros(at)
		return fn(sub)
	}, `SELECT id, protocol_year, protocol_number, channel, state, dossier_id, received_at FROM submissions ORDER BY protocol_year, protocol_number`)
	return classify("read submissions", err)
}
