package store

import (
	"context"
	"database/sql"
	"fmt"

	"dispositivo/dossier"
)

func adRequest(id string) []byte { return []byte("pin_requests.sealed:" + id) }

// openRequest puts a request on the work list in place of an older one for the
// same issue.
func (a *applier) openRequest(ctx context.Context, r dossier.PINRequest) error {
	key, err := a.s.holderKey(ctx, a.querier, r.HolderID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, r.Asked, adRequest(r.ID))
	if err != nil {
		return err
	}
	if err := a.exec(ctx, `UPDATE pin_requests SET closed = 1, sealed = ? WHERE pin_id = ? AND closed = 0`, []byte{}, r.Issue.ID); err != nil {
		return fmt.Errorf("close older request: %w", err)
	}
	err = a.exec(ctx, `INSERT INTO pin_requests (id, holder_id, pin_id, sealed, band, attempts, asked_at, due_at, closed)
		VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0)`, r.ID, r.HolderID, r.Issue.ID, sealed, string(r.Band), micros(a.now), micros(r.DueAt))
	if err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	return a.audit(ctx, auditRow{action: "pin_request.opened", subject: r.ID, holderID: r.HolderID, detail: fmt.Sprintf(`{"pin":%q}`, r.Issue.ID)})
}

func (a *applier) countAttempt(ctx context.Context, id string) error {
	n, err := a.execN(ctx, `UPDATE pin_requests SET attempts = attempts + 1 WHERE id = ? AND closed = 0`, id)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if n == 0 {
		return conflict("the request is off the list")
	}
	return nil
}

// closeRequest takes a request off the list and forgets what it said: it is on
// file now, or nobody's business any more.
func (a *applier) closeRequest(ctx context.Context, id string) error {
	n, err := a.execN(ctx, `UPDATE pin_requests SET closed = 1, sealed = ? WHERE id = ? AND closed = 0`, []byte{}, id)
	if err != nil {
		return fmt.Errorf("close request: %w", err)
	}
	if n == 0 {
		return conflict("the request is off the list")
	}
	return nil
}

// requestQuery joins the issue; only one that is still to be called counts.
const requestQuery = `SELECT r.id, r.holder_id, r.band, r.attempts, r.asked_at, r.due_at, r.sealed, ` + pinColumns + `
	FROM pin_requests r JOIN pins p ON p.id = r.pin_id
	WHERE r.closed = 0 AND p.state IN ('requested', 'call_back')`

func scanRequest(rows interface{ Scan(dest ...any) error }) (r dossier.PINRequest, sealed []byte, err error) {
	var asked, due int64
	var p pinRow
	err = rows.Scan(append([]any{&r.ID, &r.HolderID, &r.Band, &r.Attempts, &asked, &due, &sealed}, p.dest()...)...)
	r.AskedAt, r.DueAt, r.Issue = fromMicros(asked), fromMicros(due), p.issue()
	return r, sealed, err
}

// PINRequests returns at most limit requests that wait for a call, the longest
// due first, without what was asked with.
func (s *Store) PINRequests(ctx context.Context, limit int) ([]dossier.PINRequest, error) {
	var list []dossier.PINRequest
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		r, _, err := scanRequest(rows)
		list = append(list, r)
		return err
	}, requestQuery+` ORDER BY r.due_at, r.id LIMIT ?`, limit)
	return list, classify("list PIN requests", err)
}

// PINRequest returns a request that waits for a call, with what was asked with;
// CodeNotFound for one that does not.
func (s *Store) PINRequest(ctx context.Context, id string) (dossier.PINRequest, error) {
	r, sealed, err := scanRequest(s.reader().row(ctx, requestQuery+` AND r.id = ?`, id))
	if err != nil {
		return dossier.PINRequest{}, classify("read PIN request", err)
	}
	key, err := s.holderKey(ctx, s.reader(), r.HolderID)
	if err != nil {
		return dossier.PINRequest{}, classify("read PIN request", err)
	}
	return r, openJSON(key, sealed, adRequest(r.ID), &r.Asked)
}

// RecordRequestView logs that somebody is about to see the data of a request.
func (s *Store) RecordRequestView(ctx context.Context, who dossier.Actor, r dossier.PINRequest) error {
	return s.tx(ctx, "log view of request", func(t *tx) error {
		return t.audit(ctx, auditRow{
			actor: actorName(who), action: "pin_request.viewed", subject: r.ID, holderID: r.HolderID, detail: `{}`,
		})
	})
}
