package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
)

// senderHash is the keyed hash a sender is found by; nil for none.
func (s *Store) senderHash(sender string) []byte {
	if sender == "" {
		return nil
	}
	return s.keys.MAC("sender").Sum([]byte(strings.ToLower(sender)))
}

// AdmittedPost returns what came on a channel under an external id, CodeNotFound
// when nothing did.
func (s *Store) AdmittedPost(ctx context.Context, channel dossier.Channel, externalID string) (dossier.Submission, error) {
	id, err := s.reader().optional(ctx, `SELECT id FROM submissions WHERE channel = ? AND external_id = ?`, string(channel), externalID)
	if err == nil && id == "" {
		return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err != nil {
		return dossier.Submission{}, unavailable("read admission", err)
	}
	return s.Submission(ctx, id)
}

// join makes a submission belong to a dossier.
func (a *applier) join(ctx context.Context, e dossier.Join) error {
	row, err := a.lockDossier(ctx, e.DossierID)
	if err != nil {
		return err
	}
	n, err := a.execN(ctx, `UPDATE submissions SET dossier_id = ?, holder_id = ? WHERE id = ? AND dossier_id = ''`,
		e.DossierID, row.holderID, e.SubmissionID)
	if err != nil {
		return fmt.Errorf("join submission: %w", err)
	}
	if n == 0 {
		return conflict("the submission belongs to a dossier already")
	}
	if err := a.exec(ctx, `UPDATE files SET dossier_id = ? WHERE submission_id = ?`, e.DossierID, e.SubmissionID); err != nil {
		return fmt.Errorf("join files: %w", err)
	}
	if err := a.tell(ctx, row.holderID, e.DossierID, dossier.MessageReceipt, e.SubmissionID); err != nil {
		return err
	}
	return a.audit(ctx, auditRow{
		action: "submission.matched", subject: e.SubmissionID, holderID: row.holderID, detail: fmt.Sprintf(`{"dossier":%q}`, e.DossierID),
	})
}

// EarlierCopy returns the first submission before sub that brought the very same
// documents and still counts: not refused, itself a copy, or of a dossier that
// ended; and that belongs to a dossier, when it is not "". CodeNotFound when there is none.
func (s *Store) EarlierCopy(ctx context.Context, sub dossier.Submission, dossierID string) (dossier.Submission, error) {
	own := read(sub)
	if len(own) == 0 {
		return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
	}
	same := func(earlier dossier.Submission) bool {
		return (dossierID == "" || earlier.DossierID == dossierID) &&
			sameBytes(dossier.Submission{Documents: read(earlier)}, dossier.Submission{Documents: own})
	}
	return s.earlier(ctx, sub, same, `s.state NOT IN ('refused', 'duplicate', 'not_a_submission')
		AND s.id IN (SELECT submission_id FROM files WHERE keyed_hash = ? AND evidence = 0)`, own[0].KeyedHash)
}

// EarlierWithPage returns the first submission before sub that has a page with the very
// pixels, pleases same, was read to its end and still counts: in a state of joined or unmatched,
// and of no dossier that ended. One in quarantine does not count, for what comes after it
// may be the mended file. CodeNotFound when there is none.
func (s *Store) EarlierWithPage(
	ctx context.Context, sub dossier.Submission, keyedPixels []byte, same func(dossier.Submission) bool,
) (dossier.Submission, error) {
	return s.earlier(ctx, sub, same, `s.state IN ('joined', 'unmatched') AND s.id IN (
		SELECT f.submission_id FROM pages p JOIN files f ON f.id = p.file_id WHERE p.keyed_pixels = ? AND f.evidence = 0)`, keyedPixels)
}

// earlier returns the first submission before sub that pleases same, among the twenty first of
// which the condition is true and that are of no dossier that ended.
func (s *Store) earlier(
	ctx context.Context, sub dossier.Submission, same func(dossier.Submission) bool, condition string, arg []byte,
) (dossier.Submission, error) {
	var ids []string
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT s.id FROM submissions s LEFT JOIN dossiers d ON d.id = s.dossier_id WHERE `+condition+`
		AND (s.protocol_year < ? OR s.protocol_year = ? AND s.protocol_number < ?)
		AND (d.id IS NULL OR d.state NOT IN ('converted', 'rejected', 'expired', 'withdrawn', 'superseded'))
		ORDER BY s.protocol_year, s.protocol_number LIMIT 20`,
		arg, sub.Protocol.Year, sub.Protocol.Year, sub.Protocol.Number)
	if err != nil {
		return dossier.Submission{}, unavailable("find copy", err)
	}
	for _, id := range ids {
		earlier, err := s.Submission(ctx, id)
		if err != nil {
			return dossier.Submission{}, err
		}
		if same(earlier) {
			return earlier, nil
		}
	}
	return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
}

// read are the documents that are read, in their order.
func read(sub dossier.Submission) []dossier.File {
	return slices.DeleteFunc(slices.Clone(sub.Documents), func(f dossier.File) bool { return f.Evidence })
}

// DossiersOfSender returns the ids of the dossiers that earlier arrivals of the
// sender of a submission were joined to, at most ten, the newest first.
func (s *Store) DossiersOfSender(ctx context.Context, submissionID string) ([]string, error) {
	var ids []string
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var id string
		var last int64
		err := rows.Scan(&id, &last)
		ids = append(ids, id)
		return err
	}, `SELECT o.dossier_id, MAX(o.received_at) FROM submissions s JOIN submissions o ON o.keyed_sender = s.keyed_sender
		WHERE s.id = ? AND o.id <> s.id AND o.dossier_id <> '' GROUP BY o.dossier_id ORDER BY 2 DESC LIMIT 10`, submissionID)
	return ids, classify("find dossiers of sender", err)
}

// ArrivalsOfSender returns the newest arrival of a submission's sender in each dossier
// that one was joined to, at most ten, the newest first; number, channel, dossier and
// time alone.
func (s *Store) ArrivalsOfSender(ctx context.Context, submissionID string) ([]dossier.Submission, error) {
	var subs []dossier.Submission
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var sub dossier.Submission
		var at int64
		err := rows.Scan(&sub.ID, &sub.Protocol.Year, &sub.Protocol.Number, &sub.Channel, &sub.DossierID, &at)
		sub.ReceivedAt = fromMicros(at)
		subs = append(subs, sub)
		return err
	}, `SELECT id, protocol_year, protocol_number, channel, dossier_id, received_at FROM submissions WHERE id IN (
			SELECT MAX(o.id) FROM submissions s JOIN submissions o ON o.keyed_sender = s.keyed_sender
			WHERE s.id = ? AND o.id <> s.id AND o.dossier_id <> '' GROUP BY o.dossier_id)
		ORDER BY received_at DESC, id DESC LIMIT 10`, submissionID)
	return subs, classify("find arrivals of sender", err)
}

// SubmissionByProtocol returns what has a number of the register; CodeNotFound when
// nothing does.
func (s *Store) SubmissionByProtocol(ctx context.Context, p dossier.Protocol) (dossier.Submission, error) {
	id, err := s.reader().optional(ctx, `SELECT id FROM submissions WHERE protocol_year = ? AND protocol_number = ?`, p.Year, p.Number)
	if err == nil && id == "" {
		return dossier.Submission{}, dossier.Problem(dossier.CodeNotFound)
	}
	if err != nil {
		return dossier.Submission{}, unavailable("find protocol number", err)
	}
	return s.Submission(ctx, id)
}

// SubmissionBySource returns what came on a channel under its sender's own name of it.
func (s *Store) SubmissionBySource(ctx context.Context, channel dossier.Channel, externalID string) (dossier.Submission, error) {
	id, err := s.reader().optional(ctx, `SELECT id FROM submissions WHERE channel = ? AND external_id = ?`, string(channel), externalID)
	if err != nil {
		return dossier.Submission{}, classify("find submission", err)
	}
	return s.Submission(ctx, id)
}

// JoinedToNothing returns the protocol numbers of submissions that are joined to a
// dossier which does not exist: there must be none.
func (s *Store) JoinedToNothing(ctx context.Context) ([]string, error) {
	var lost []string
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var p dossier.Protocol
		err := rows.Scan(&p.Year, &p.Number)
		lost = append(lost, p.String())
		return err
	}, `SELECT s.protocol_year, s.protocol_number FROM submissions s LEFT JOIN dossiers d ON d.id = s.dossier_id
		WHERE s.state = 'joined' AND d.id IS NULL ORDER BY s.protocol_year, s.protocol_number`)
	return lost, classify("find joined submissions", err)
}
