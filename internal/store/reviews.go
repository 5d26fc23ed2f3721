package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/verify/review"
)

const reviewColumns = `id, dossier_id, operator_id, lease_until, closed`

func scanReview(row firstRow) (review.Lease, error) {
	var r review.Lease
	var until, closed int64
	err := row.Scan(&r.ID, &r.DossierID, &r.OperatorID, &until, &closed)
	r.LeaseUntil, r.Closed = fromMicros(until), closed != 0
	return r, err
}

// Review returns one review, live or not.
func (s *Store) Review(ctx context.Context, id string) (review.Lease, error) {
	r, err := scanReview(s.reader().row(ctx, `SELECT `+reviewColumns+` FROM reviews WHERE id = ?`, id))
	return r, classify("read review", err)
}

// HeldReview returns the operator's live lease, CodeNotFound when there is none.
func (s *Store) HeldReview(ctx context.Context, operatorID string) (review.Lease, error) {
	r, err := scanReview(s.reader().row(ctx, `SELECT `+reviewColumns+` FROM reviews WHERE operator_id = ? AND closed = 0 AND lease_until > ?`,
		operatorID, micros(s.clock.Now())))
	return r, classify("read held review", err)
}

// ClaimReview gives the operator a dossier for the lease: the one in hand
// already, with its lease renewed; else dossierID, or, when that is "", the one
// that waits longest, escalated ones first, of the operator's office. Never an
// own dossier, never a second review of a first approval of one's own (C10).
// It returns CodeNotFound when there is none.
func (s *Store) ClaimReview(ctx context.Context, op dossier.Actor, dossierID string, lease time.Duration) (review.Lease, error) {
	var r review.Lease
	err := s.tx(ctx, "claim review", func(t *tx) error {
		var err error
		if r, err = t.heldReview(ctx, op.ID, lease); err != nil || r.ID != "" {
			return err
		}
		id, err := t.claimable(ctx, op, dossierID)
		if err != nil {
			return err
		}
		// Whoever let a lease run out has lost it.
		if err := t.exec(ctx, `UPDATE reviews SET closed = 1 WHERE dossier_id = ? AND closed = 0 AND lease_until <= ?`, id, micros(t.now)); err != nil {
			return err
		}
		r = review.Lease{ID: ident.New(t.now), DossierID: id, OperatorID: op.ID, LeaseUntil: t.now.Add(lease)}
		err = t.exec(ctx, `INSERT INTO reviews (id, dossier_id, operator_id, lease_until, closed, created_at) VALUES (?, ?, ?, ?, 0, ?)`,
			r.ID, r.DossierID, r.OperatorID, micros(r.LeaseUntil), micros(t.now))
		if duplicate(err) {
			return errRace // somebody claimed between our look and our lock
		}
		if err != nil {
			return err
		}
		return t.audit(ctx, auditRow{actor: actorName(op), action: "review.claimed", subject: id, owner: ownerOfDossier, detail: fmt.Sprintf(`{"review":%q}`, r.ID)})
	})
	return r, err
}

// heldReview renews the operator's live review, or closes what ran out.
func (t *tx) heldReview(ctx context.Context, operatorID string, lease time.Duration) (review.Lease, error) {
	r, err := scanReview(t.row(ctx, `SELECT `+reviewColumns+` FROM reviews WHERE operator_id = ? AND closed = 0`+t.d.lock, operatorID))
	if errors.Is(err, sql.ErrNoRows) {
		return review.Lease{}, nil
	}
	if err != nil {
		return review.Lease{}, err
	}
	if !r.Live(t.now) {
		return review.Lease{}, t.exec(ctx, `UPDATE reviews SET closed = 1 WHERE id = ?`, r.ID)
	}
	r.LeaseUntil = t.now.Add(lease)
	return r, t.exec(ctx, `UPDATE reviews SET lease_until = ? WHERE id = ?`, micros(r.LeaseUntil), r.ID)
}

func (t *tx) claimable(ctx context.Context, op dossier.Actor, dossierID string) (string, error) {
	var id string
	err := t.row(ctx, `SELECT d.id FROM dossiers d WHERE d.state IN ('reviewing', 'second_review')
		AND ? IN ('', d.id) AND ? IN ('', d.office)
		AND NOT EXISTS (SELECT 1 FROM holders h WHERE h.id = d.holder_id AND h.keyed_cf = ?)
		AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.dossier_id = d.id AND r.closed = 0 AND r.lease_until > ?)
		AND NOT EXISTS (SELECT 1 FROM decisions c WHERE c.dossier_id = d.id AND c.void = 0
			AND c.action = 'approve' AND c.operator_id = ?)
		ORDER BY d.escalated DESC, d.due_at, d.id LIMIT 1`+t.d.skip,
		dossierID, op.Office, op.KeyedCF, micros(t.now), op.ID).Scan(&id)
	return id, err
}

// RenewLease prolongs a live lease; CodeLeaseLost when it is over.
func (s *Store) RenewLease(ctx context.Context, reviewID string, lease time.Duration) error {
	return s.tx(ctx, "renew lease", func(t *tx) error {
		n, err := t.execN(ctx, `UPDATE reviews SET lease_until = ? WHERE id = ? AND closed = 0 AND lease_until > ?`,
			micros(t.now.Add(lease)), reviewID, micros(t.now))
		if err == nil && n == 0 {
			err = dossier.Problem(dossier.CodeLeaseLost)
		}
		return err
	})
}

// ReleaseReview gives a dossier back to the queue.
func (s *Store) ReleaseReview(ctx context.Context, op dossier.Actor, r review.Lease) error {
	return s.tx(ctx, "release review", func(t *tx) error {
		n, err := t.execN(ctx, `UPDATE reviews SET closed = 1 WHERE id = ? AND operator_id = ? AND closed = 0`, r.ID, op.ID)
		if err != nil || n == 0 {
			return err
		}
		return t.audit(ctx, auditRow{actor: actorName(op), action: "review.released", subject: r.DossierID, owner: ownerOfDossier, detail: `{}`})
	})
}

// RecordView logs that somebody looks at a page image, before it is shown
// (promise 5). A full view by an operator also counts as seen.
func (s *Store) RecordView(ctx context.Context, who dossier.Actor, sub dossier.Submission, fileID string, page dossier.Page, full bool) error {
	return s.tx(ctx, "record view", func(t *tx) error {
		if full {
			err := t.exec(ctx, `INSERT INTO views (operator_id, file_id, page, image_blob, first_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				who.ID, fileID, page.N, page.ImageBlob, micros(t.now))
			if err != nil {
				return err
			}
		}
		return t.audit(ctx, auditRow{
			actor: actorName(who), action: "page.viewed", subject: fileID, holderID: sub.HolderID,
			detail: fmt.Sprintf(`{"page":%d,"full":%t,"dossier":%q}`, page.N, full, sub.DossierID),
		})
	})
}

// Seen returns which page images of a dossier an operator has looked at in full.
func (s *Store) Seen(ctx context.Context, operatorID, dossierID string) (map[review.PageRef]bool, error) {
	seen := map[review.PageRef]bool{}
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var ref review.PageRef
		err := rows.Scan(&ref.DocumentID, &ref.N)
		seen[ref] = true
		return err
	}, `SELECT p.file_id, p.n FROM views v JOIN pages p ON p.file_id = v.file_id AND p.n = v.page AND p.image_blob = v.image_blob
		JOIN files f ON f.id = p.file_id WHERE v.operator_id = ? AND f.dossier_id = ?`, operatorID, dossierID)
	return seen, classify("read views", err)
}

// Decisions returns a dossier's decisions in order; void ones when all is true.
func (s *Store) Decisions(ctx context.Context, dossierID string, all bool) ([]dossier.Decision, error) {
	var ds []dossier.Decision
	var notes [][]byte
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var d dossier.Decision
		var note []byte
		var at int64
		err := rows.Scan(&d.ID, &d.DossierID, &d.ReviewID, &d.OperatorID, &d.Action, &d.Reason, &note, &d.Version, &d.SeenHash, &at)
		d.At = fromMicros(at)
		ds, notes = append(ds, d), append(notes, note)
		return err
	}, `SELECT id, dossier_id, review_id, operator_id, action, reason, sealed_note, version, seen_hash, at
		FROM decisions WHERE dossier_id = ? AND void <= ? ORDER BY at, id`, dossierID, flag(all))
	if err != nil || len(ds) == 0 {
		return nil, classify("read decisions", err)
	}
	return ds, classify("open notes", s.openNotes(ctx, dossierID, ds, notes))
}

func (s *Store) openNotes(ctx context.Context, dossierID string, ds []dossier.Decision, notes [][]byte) error {
	var holderID string
	if err := s.reader().row(ctx, `SELECT holder_id FROM dossiers WHERE id = ?`, dossierID).Scan(&holderID); err != nil {
		return err
	}
	key, err := s.holderKey(ctx, s.reader(), holderID)
	if err != nil {
		return err
	}
	for i := range ds {
		plain, err := key.Open(notes[i], adNote(ds[i].ID))
		if err != nil {
			return fmt.Errorf("open note: %w", err)
		}
		ds[i].Note = string(plain)
	}
	return nil
}

// Queue returns dossiers of any state by urgency: those to be reviewed first,
// escalated ones before others, then by deadline, then by age.
func (s *Store) Queue(ctx context.Context, f review.Filter, limit int) ([]review.Queued, error) {
	ds, err := s.dossiers(ctx, s.reader(), `SELECT `+dossierColumns+` FROM dossiers
		WHERE ? IN ('', state) AND ? IN ('', office) AND escalated >= ?
		ORDER BY CASE WHEN state IN ('reviewing', 'second_review') THEN 0 ELSE 1 END, escalated DESC,
		CASE WHEN due_at = 0 THEN 1 ELSE 0 END, due_at, changed_at DESC, id LIMIT ?`,
		string(f.State), f.Office, flag(f.Escalated), limit)
	if err != nil {
		return nil, classify("read queue", err)
	}
	queue := make([]review.Queued, len(ds))
	for i, d := range ds {
		queue[i].Dossier = d
		l, err := scanReview(s.reader().row(ctx, `SELECT `+reviewColumns+` FROM reviews WHERE dossier_id = ? AND closed = 0`, d.ID))
		if err == nil && l.Live(s.clock.Now()) {
			queue[i].Lease = l
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, classify("read queue", err)
		}
	}
	return queue, nil
}
