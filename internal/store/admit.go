package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dispositivo/dossier"
)

// findRepeat looks whether what is to be admitted is in already, and if so
// makes the earlier submission the outcome.
func (a *applier) findRepeat(ctx context.Context) (bool, error) {
	adm := a.change.Admit
	sub := adm.Submission
	if sub.DossierID != "" {
		// The dossier's row serialises arrivals for it; without the lock two
		// equal uploads could both find nothing.
		if _, err := a.lockDossier(ctx, sub.DossierID); err != nil {
			return false, err
		}
	}
	id, err := a.repeatByKey(ctx, adm)
	if err == nil && id == "" {
		id, err = a.repeatByExternalID(ctx, adm)
	}
	if err == nil && id == "" {
		id, err = a.repeatByBytes(ctx, sub)
	}
	if err != nil || id == "" {
		return false, err
	}
	earlier, err := a.s.submission(ctx, a.querier, id)
	if err != nil {
		return false, err
	}
	a.out.Submission, a.out.Repeated = earlier, true
	if earlier.DossierID == "" {
		return true, nil
	}
	row, err := a.lockDossier(ctx, earlier.DossierID)
	a.out.State, a.out.Version = row.state, row.version
	return true, err
}

// Admitted returns what was admitted under a holder's idempotency key, and how
// its dossier stands now; CodeNotFound when nothing was.
func (s *Store) Admitted(ctx context.Context, holderID, key string) (dossier.Outcome, error) {
	out := dossier.Outcome{Repeated: true}
	id, err := s.reader().optional(ctx, `SELECT submission_id FROM idempotency WHERE holder_id = ? AND idem_key = ?`, holderID, key)
	if err == nil && id == "" {
		return dossier.Outcome{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err == nil {
		out.Submission, err = s.submission(ctx, s.reader(), id)
	}
	if err == nil && out.Submission.DossierID != "" {
		err = s.reader().row(ctx, `SELECT state, version FROM dossiers WHERE id = ?`, out.Submission.DossierID).Scan(&out.State, &out.Version)
	}
	return out, classify("read admission", err)
}

func (a *applier) repeatByKey(ctx context.Context, adm *dossier.Admission) (string, error) {
	if adm.IdempotencyKey == "" {
		return "", nil
	}
	id, err := a.optional(ctx, `SELECT submission_id FROM idempotency WHERE holder_id = ? AND idem_key = ?`,
		adm.Submission.HolderID, adm.IdempotencyKey)
	if err != nil || id == "" {
		return "", err
	}
	earlier, err := a.s.submission(ctx, a.querier, id)
	if err != nil {
		return "", err
	}
	if !sameBytes(earlier, adm.Submission) {
		return "", dossier.Problem(dossier.CodeIdempotency)
	}
	return id, nil
}

func (a *applier) repeatByExternalID(ctx context.Context, adm *dossier.Admission) (string, error) {
	return a.optional(ctx, `SELECT id FROM submissions WHERE channel = ? AND external_id = ?`,
		string(adm.Submission.Channel), adm.ExternalID)
}

// repeatByBytes finds the same bytes from the same holder in a dossier that is
// not final; a file of several parts never repeats this way.
func (a *applier) repeatByBytes(ctx context.Context, sub dossier.Submission) (string, error) {
	if sub.DossierID == "" || len(sub.Documents) != 1 {
		return "", nil
	}
	return a.optional(ctx, `SELECT f.submission_id FROM files f JOIN submissions s ON s.id = f.submission_id
		WHERE f.dossier_id = ? AND f.keyed_hash = ? AND s.state <> ? ORDER BY s.protocol_year, s.protocol_number LIMIT 1`,
		sub.DossierID, sub.Documents[0].KeyedHash, string(dossier.SubmissionRefused))
}

// optional returns the one text of the answer, "" when there is none.
func (q querier) optional(ctx context.Context, query string, args ...any) (string, error) {
	var v string
	if err := q.row(ctx, query, args...).Scan(&v); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	return v, nil
}

func sameBytes(a, b dossier.Submission) bool {
	if len(a.Documents) != len(b.Documents) {
		return false
	}
	for i := range a.Documents {
		if !bytes.Equal(a.Documents[i].KeyedHash, b.Documents[i].KeyedHash) {
			return false
		}
	}
	return true
}

// admit inserts the submission. The register's row is locked last, so that it
// is held for the shortest time, and the time is taken after: numbers have no
// gap, and their times are in order.
func (a *applier) admit(ctx context.Context) error {
	adm := a.change.Admit
	sub := adm.Submission
	if err := a.addTask(ctx, dossier.TaskScreen, sub.ID, a.now); err != nil {
		return err
	}
	if sub.HolderID != "" && sub.DossierID != "" {
		if err := a.tell(ctx, sub.HolderID, sub.DossierID, dossier.MessageReceipt, sub.ID); err != nil {
			return err
		}
	}
	if adm.IdempotencyKey != "" {
		err := a.exec(ctx, `INSERT INTO idempotency (holder_id, idem_key, submission_id, created_at) VALUES (?, ?, ?, ?)`,
			sub.HolderID, adm.IdempotencyKey, sub.ID, micros(a.now))
		if err != nil {
			return fmt.Errorf("keep idempotency key: %w", err)
		}
	}
	if adm.Receipt != nil {
		if err := a.fileReceipt(ctx, *adm.Receipt, sub.ID); err != nil {
			return err
		}
	}
	if adm.CompositionID != "" {
		if err := a.confirmComposition(ctx, adm.CompositionID, sub.ID, sub.HolderID); err != nil {
			return err
		}
	}
	protocol, err := a.nextProtocol(ctx)
	if err != nil {
		return err
	}
	sub.Protocol, sub.ReceivedAt, sub.State = protocol, protocol.At, dossier.SubmissionReceived
	if err := a.insertSubmission(ctx, sub, adm); err != nil {
		return err
	}
	a.out.Submission = sub
	a.reached(news{life: dossier.NoticeOfSubmission, id: sub.ID, state: string(sub.State), sequence: 1}, "")
	return a.audit(ctx, auditRow{
		action: "submission.received", subject: sub.ID, holderID: sub.HolderID,
		detail: fmt.Sprintf(`{"channel":%q,"protocol":%q,"dossier":%q}`, sub.Channel, protocol, sub.DossierID),
	})
}

func (a *applier) insertSubmission(ctx context.Context, sub dossier.Submission, adm *dossier.Admission) error {
	err := a.exec(ctx, `INSERT INTO submissions (id, protocol_year, protocol_number, channel, external_id, holder_id,
		dossier_id, state, cleared, received_at, keyed_sender, office) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
		sub.ID, sub.Protocol.Year, sub.Protocol.Number, string(sub.Channel), adm.ExternalID, sub.HolderID,
		sub.DossierID, string(sub.State), micros(sub.ReceivedAt), a.s.senderHash(adm.Sender), sub.Office)
	if duplicate(err) {
		return conflict("the same arrived at the same moment")
	}
	if err != nil {
		return fmt.Errorf("insert submission: %w", err)
	}
	for _, f := range sub.Documents {
		var within dossier.Excerpt
		if f.Within != nil {
			within = *f.Within
		}
		err := a.exec(ctx, `INSERT INTO files (id, submission_id, dossier_id, blob, wrapped_key, keyed_hash, bytes, format, evidence, sealed_origin,
			within_at, within_length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.ID, sub.ID, sub.DossierID, f.Blob, f.WrappedKey, f.KeyedHash, f.Bytes, f.Format, flag(f.Evidence), f.SealedOrigin, within.At, within.Length)
		if err != nil {
			return fmt.Errorf("insert file: %w", err)
		}
	}
	return nil
}

// nextProtocol takes the next number of this year's register.
func (a *applier) nextProtocol(ctx context.Context) (dossier.Protocol, error) {
	for {
		year := a.s.clock.Now().In(a.s.rome).Year()
		err := a.exec(ctx, `INSERT INTO register (year, last, last_at) VALUES (?, 0, 0) ON CONFLICT (year) DO NOTHING`, year)
		if err != nil {
			return dossier.Protocol{}, fmt.Errorf("open register: %w", err)
		}
		var last, lastAt int64
		err = a.row(ctx, `SELECT last, last_at FROM register WHERE year = ?`+a.d.lock, year).Scan(&last, &lastAt)
		if err != nil {
			return dossier.Protocol{}, fmt.Errorf("lock register: %w", err)
		}
		at := a.s.clock.Now()
		if at.In(a.s.rome).Year() > year {
			continue // midnight passed while we waited for the lock
		}
		if before := fromMicros(lastAt); at.Before(before) {
			at = before // the clock was set back; the register never goes back
		}
		err = a.exec(ctx, `UPDATE register SET last = ?, last_at = ? WHERE year = ?`, last+1, micros(at), year)
		if err != nil {
			return dossier.Protocol{}, fmt.Errorf("take number: %w", err)
		}
		return dossier.Protocol{Year: year, Number: last + 1, At: at.Truncate(time.Microsecond)}, nil
	}
}
