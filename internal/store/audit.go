package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
)

// auditRow is what a transaction writes about itself; never personal data.
type auditRow struct {
	actor    string // default: the change's actor
	action   string
	subject  string
	holderID string
	detail   string // JSON
}

func (a *applier) audit(ctx context.Context, r auditRow) error {
	r.actor = actorName(a.change.Actor)
	return a.tx.audit(ctx, r)
}

func (t *tx) audit(ctx context.Context, r auditRow) error {
	err := t.exec(ctx, `INSERT INTO audit (at, actor, action, subject, holder_id, detail) VALUES (?, ?, ?, ?, ?, ?)`,
		micros(t.now), r.actor, r.action, r.subject, r.holderID, r.detail)
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

const auditColumns = `id, at, actor, action, subject, holder_id, detail`

func scanEntry(rows *sql.Rows, extra ...any) (audit.Entry, error) {
	var e audit.Entry
	var at int64
	err := rows.Scan(append([]any{&e.Row, &at, &e.Actor, &e.Action, &e.Subject, &e.HolderID, &e.Detail}, extra...)...)
	e.At = fromMicros(at)
	return e, err
}

// SealAudit puts at most limit unsealed rows into the chain, in order, and
// returns how many. Rows are written by every transaction without a global
// lock; the order is given here, by one process at a time.
func (s *Store) SealAudit(ctx context.Context, limit int) (int, error) {
	sealed := 0
	err := s.tx(ctx, "seal audit", func(t *tx) error {
		sealed = 0
		if t.d.numbered {
			var leader bool
			if err := t.row(ctx, `SELECT pg_try_advisory_xact_lock(?)`, sealerLock).Scan(&leader); err != nil || !leader {
				return err
			}
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
			e.Seq = last.Seq + 1
			e.Chain = audit.Link(s.keys.MAC("audit"), last.Chain, e)
			if err := t.exec(ctx, `UPDATE audit SET seq = ?, chain = ? WHERE id = ?`, e.Seq, e.Chain, e.Row); err != nil {
				return err
			}
			last = e
		}
		sealed = len(entries)
		return nil
	})
	return sealed, err
}

// sealerLock names the advisory lock of the audit sealer in PostgreSQL.
const sealerLock = 0x415544 // "AUD"

func (t *tx) lastSealed(ctx context.Context) (audit.Entry, error) {
	var e audit.Entry
	err := t.row(ctx, `SELECT seq, chain FROM audit WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&e.Seq, &e.Chain)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Entry{}, nil
	}
	return e, err
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

// EachSealed calls fn for every sealed row in order of the chain.
func (s *Store) EachSealed(ctx context.Context, fn func(audit.Entry) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var seq int64
		var chain []byte
		e, err := scanEntry(rows, &seq, &chain)
		if err != nil {
			return err
		}
		e.Seq, e.Chain = seq, chain
		return fn(e)
	}, `SELECT `+auditColumns+`, seq, chain FROM audit WHERE seq IS NOT NULL ORDER BY seq`)
	return classify("read audit", err)
}

// AuditMAC is the keyed hash that links the chain.
func (s *Store) AuditMAC() audit.MAC { return s.keys.MAC("audit") }

// History returns what happened to a dossier, the oldest first.
func (s *Store) History(ctx context.Context, subject string) ([]audit.Entry, error) {
	var entries []audit.Entry
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		entries = append(entries, e)
		return err
	}, `SELECT `+auditColumns+` FROM audit WHERE subject = ? ORDER BY id`, subject)
	return entries, classify("read history", err)
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
