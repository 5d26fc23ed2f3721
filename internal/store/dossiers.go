package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dispositivo/dossier"
)

const dossierColumns = `id, holder_id, pin_id, state, version, form_version, office, reason, escalated, due_at, opened_at, changed_at`

// Dossier returns a dossier with its submissions, files, pages and findings.
func (s *Store) Dossier(ctx context.Context, id string) (dossier.Dossier, error) {
	d, err := s.dossier(ctx, s.reader(), id)
	return d, classify("read dossier", err)
}

// DossiersOf returns a holder's dossiers, the newest first.
func (s *Store) DossiersOf(ctx context.Context, holderID string) ([]dossier.Dossier, error) {
	ds, err := s.dossiers(ctx, s.reader(), `SELECT `+dossierColumns+` FROM dossiers WHERE holder_id = ? ORDER BY opened_at DESC, id DESC`, holderID)
	return ds, classify("read holder's dossiers", err)
}

// OpenDossierOf returns the one dossier of a PIN issue that is not final,
// without its submissions: every upload asks for it. CodeNotFound when there is
// none.
func (s *Store) OpenDossierOf(ctx context.Context, pinIssueID string) (dossier.Dossier, error) {
	ds, err := s.dossierRows(ctx, s.reader(), `SELECT `+dossierColumns+` FROM dossiers WHERE pin_id = ?
		AND state IN ('open', 'screening', 'waiting', 'reviewing', 'second_review', 'approved')`, pinIssueID)
	if err != nil {
		return dossier.Dossier{}, classify("read open dossier", err)
	}
	if len(ds) == 0 {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	return ds[0], nil
}

// DossierByCode returns the dossier of a protocol number if the status code is
// its own; CodeNotFound otherwise, whichever of the two is wrong.
func (s *Store) DossierByCode(ctx context.Context, p dossier.Protocol, code string) (dossier.Dossier, error) {
	id, err := s.reader().optional(ctx, `SELECT d.id FROM submissions s JOIN dossiers d ON d.id = s.dossier_id
		WHERE s.protocol_year = ? AND s.protocol_number = ? AND d.code_hash = ?`, p.Year, p.Number, s.codeHash(code))
	if err != nil {
		return dossier.Dossier{}, unavailable("find dossier by code", err)
	}
	if id == "" {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	return s.Dossier(ctx, id)
}

// DossierByToken returns the id of the dossier a form token belongs to,
// CodeNotFound when there is none.
func (s *Store) DossierByToken(ctx context.Context, tokenID string) (string, error) {
	var id string
	err := s.reader().row(ctx, `SELECT id FROM dossiers WHERE token_id = ?`, tokenID).Scan(&id)
	return id, classify("find dossier by token", err)
}

// Form returns the data printed on a dossier's form, its token's id, and the
// status code.
func (s *Store) Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error) {
	var holderID string
	var sealedForm, sealedCode []byte
	err = s.reader().row(ctx, `SELECT holder_id, sealed_form, token_id, sealed_code FROM dossiers WHERE id = ?`, dossierID).
		Scan(&holderID, &sealedForm, &tokenID, &sealedCode)
	if err != nil {
		return form, "", "", classify("read form", err)
	}
	key, err := s.holderKey(ctx, s.reader(), holderID)
	if err != nil {
		return form, "", "", classify("read form", err)
	}
	if err := openJSON(key, sealedForm, adForm(dossierID), &form); err != nil {
		return form, "", "", classify("read form", err)
	}
	code, err := key.Open(sealedCode, adCode(dossierID))
	if err != nil {
		return form, "", "", unavailable("open status code", err)
	}
	return form, tokenID, string(code), nil
}

func (s *Store) dossier(ctx context.Context, q querier, id string) (dossier.Dossier, error) {
	ds, err := s.dossiers(ctx, q, `SELECT `+dossierColumns+` FROM dossiers WHERE id = ?`, id)
	if err != nil {
		return dossier.Dossier{}, err
	}
	if len(ds) == 0 {
		return dossier.Dossier{}, fmt.Errorf("dossier: %w", sql.ErrNoRows)
	}
	return ds[0], nil
}

// dossierRows returns dossiers as they stand, without what came for them.
func (s *Store) dossierRows(ctx context.Context, q querier, query string, args ...any) ([]dossier.Dossier, error) {
	var ds []dossier.Dossier
	err := q.each(ctx, func(rows *sql.Rows) error {
		var d dossier.Dossier
		var escalated, due, opened, changed int64
		err := rows.Scan(&d.ID, &d.HolderID, &d.PINIssueID, &d.State, &d.Version, &d.FormVersion, &d.Office, &d.Reason, &escalated, &due, &opened, &changed)
		d.Escalated = escalated != 0
		d.DueAt, d.OpenedAt, d.ChangedAt = fromMicros(due), fromMicros(opened), fromMicros(changed)
		ds = append(ds, d)
		return err
	}, query, args...)
	return ds, err
}

func (s *Store) dossiers(ctx context.Context, q querier, query string, args ...any) ([]dossier.Dossier, error) {
	ds, err := s.dossierRows(ctx, q, query, args...)
	if err != nil {
		return nil, err
	}
	for i := range ds {
		ds[i].Submissions, err = s.submissions(ctx, q, `dossier_id = ? ORDER BY protocol_year, protocol_number`, ds[i].ID)
		if err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// Submission returns one submission with its files, pages and findings.
func (s *Store) Submission(ctx context.Context, id string) (dossier.Submission, error) {
	sub, err := s.submission(ctx, s.reader(), id)
	return sub, classify("read submission", err)
}

// SubmissionsIn returns the oldest submissions in a state, at most limit.
func (s *Store) SubmissionsIn(ctx context.Context, state dossier.SubmissionState, limit int) ([]dossier.Submission, error) {
	subs, err := s.submissions(ctx, s.reader(), `state = ? ORDER BY protocol_year, protocol_number LIMIT ?`, string(state), limit)
	return subs, classify("read submissions", err)
}

func (s *Store) submission(ctx context.Context, q querier, id string) (dossier.Submission, error) {
	subs, err := s.submissions(ctx, q, `id = ?`, id)
	if err != nil {
		return dossier.Submission{}, err
	}
	if len(subs) == 0 {
		return dossier.Submission{}, fmt.Errorf("submission: %w", sql.ErrNoRows)
	}
	return subs[0], nil
}

func (s *Store) submissions(ctx context.Context, q querier, where string, args ...any) ([]dossier.Submission, error) {
	var subs []dossier.Submission
	err := q.each(ctx, func(rows *sql.Rows) error {
		var sub dossier.Submission
		var cleared, at int64
		err := rows.Scan(&sub.ID, &sub.Protocol.Year, &sub.Protocol.Number, &sub.Channel, &sub.State, &sub.HolderID, &sub.DossierID, &cleared, &at, &sub.Office, &sub.Refusal)
		sub.Cleared, sub.ReceivedAt = cleared != 0, fromMicros(at)
		sub.Protocol.At = sub.ReceivedAt
		subs = append(subs, sub)
		return err
	}, `SELECT id, protocol_year, protocol_number, channel, state, holder_id, dossier_id, cleared, received_at, office, refusal
		FROM submissions WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	for i := range subs {
		if err := s.fill(ctx, q, &subs[i]); err != nil {
			return nil, err
		}
	}
	return subs, nil
}

// fill reads what hangs on a submission.
func (s *Store) fill(ctx context.Context, q querier, sub *dossier.Submission) error {
	err := q.each(ctx, func(rows *sql.Rows) error {
		f := dossier.File{SubmissionID: sub.ID}
		var evidence int64
		var within dossier.Excerpt
		err := rows.Scan(&f.ID, &f.Blob, &f.WrappedKey, &f.KeyedHash, &f.Bytes, &f.Format, &f.SealedZones, &evidence, &f.SealedOrigin, &f.SealedClues,
			&within.At, &within.Length)
		f.Evidence = evidence != 0
		if within.Length > 0 && len(sub.Documents) > 0 { // the evidence has the first id
			within.FileID, within.WrappedKey = sub.Documents[0].ID, sub.Documents[0].WrappedKey
			f.Within = &within
		}
		sub.Documents = append(sub.Documents, f)
		return err
	}, `SELECT id, blob, wrapped_key, keyed_hash, bytes, format, sealed_zones, evidence, sealed_origin, sealed_clues, within_at, within_length
		FROM files WHERE submission_id = ? ORDER BY id`, sub.ID)
	if err != nil {
		return err
	}
	for i := range sub.Documents {
		if err := s.fillPages(ctx, q, &sub.Documents[i]); err != nil {
			return err
		}
	}
	return q.each(ctx, func(rows *sql.Rows) error {
		var f dossier.Finding
		err := rows.Scan(&f.Code, &f.Severity, &f.Page, &f.Detail)
		sub.Findings = append(sub.Findings, f)
		return err
	}, `SELECT code, severity, page, detail FROM findings WHERE submission_id = ? ORDER BY n`, sub.ID)
}

func (s *Store) fillPages(ctx context.Context, q querier, f *dossier.File) error {
	return q.each(ctx, func(rows *sql.Rows) error {
		var p dossier.Page
		err := rows.Scan(&p.N, &p.Width, &p.Height, &p.DPIX, &p.DPIY, &p.Encoding, &p.Turn, &p.ImageBlob, &p.ThumbBlob, &p.KeyedPixels)
		f.Pages = append(f.Pages, p)
		return err
	}, `SELECT n, width, height, dpi_x, dpi_y, encoding, turn, image_blob, thumb_blob, keyed_pixels FROM pages WHERE file_id = ? ORDER BY n`, f.ID)
}

// FileSubmission returns the submission a file came with.
func (s *Store) FileSubmission(ctx context.Context, fileID string) (dossier.Submission, error) {
	id, err := s.reader().optional(ctx, `SELECT submission_id FROM files WHERE id = ?`, fileID)
	if err != nil {
		return dossier.Submission{}, unavailable("find file", err)
	}
	return s.Submission(ctx, id)
}

// BlobInUse reports whether a row refers to the blob: what none refers to is
// an orphan of a transaction that never committed.
func (s *Store) BlobInUse(ctx context.Context, name string) (bool, error) {
	found, err := s.reader().optional(ctx, `SELECT blob FROM files WHERE blob = ?
		UNION SELECT image_blob FROM pages WHERE image_blob = ? UNION SELECT thumb_blob FROM pages WHERE thumb_blob = ?
		UNION SELECT blob FROM composition_files WHERE blob = ?`, name, name, name, name)
	if err != nil {
		return false, unavailable("find blob", err)
	}
	return found != "", nil
}

// InsertRefusal adds a line to the ledger of refusals.
func (s *Store) InsertRefusal(ctx context.Context, r dossier.Refusal) error {
	return s.tx(ctx, "insert refusal", func(t *tx) error {
		return t.exec(ctx, `INSERT INTO refusals (id, channel, code, bytes, keyed_hash, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`,
			r.ID, string(r.Channel), string(r.Code), r.Bytes, r.KeyedHash, micros(t.now))
	})
}

// EachBlob calls fn for every blob that a row names, documents and the pictures
// of their pages: the submission's protocol number and the blob.
func (s *Store) EachBlob(ctx context.Context, fn func(protocol, blob string) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var p dossier.Protocol
		var blob string
		if err := rows.Scan(&p.Year, &p.Number, &blob); err != nil {
			return err
		}
		return fn(p.String(), blob)
	}, `SELECT s.protocol_year, s.protocol_number, b.blob FROM submissions s JOIN (
			SELECT submission_id, blob FROM files
			UNION ALL SELECT f.submission_id, p.image_blob FROM pages p JOIN files f ON f.id = p.file_id
			UNION ALL SELECT f.submission_id, p.thumb_blob FROM pages p JOIN files f ON f.id = p.file_id
			UNION ALL SELECT c.submission_id, o.blob FROM composition_files o JOIN compositions c ON c.id = o.composition_id
		) b ON b.submission_id = s.id WHERE b.blob <> '' ORDER BY s.protocol_year, s.protocol_number`)
	return classify("read blobs", err)
}

// Refusals returns the ledger of refusals, the oldest first.
func (s *Store) Refusals(ctx context.Context) ([]dossier.Refusal, error) {
	var all []dossier.Refusal
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var r dossier.Refusal
		var at int64
		err := rows.Scan(&r.ID, &r.Channel, &r.Code, &r.Bytes, &r.KeyedHash, &at)
		r.At = fromMicros(at)
		all = append(all, r)
		return err
	}, `SELECT id, channel, code, bytes, keyed_hash, at FROM refusals ORDER BY at, id`)
	return all, classify("read refusals", err)
}

// Erasable returns files, at most limit, whose dossier ended before a moment,
// or that were refused without a dossier before it, and that are not erased. The
// papers of a PIN issue (A5) are in no dossier and stay as long as their holder.
func (s *Store) Erasable(ctx context.Context, before time.Time, limit int) ([]dossier.File, error) {
	var files []dossier.File
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var f dossier.File
		err := rows.Scan(&f.ID, &f.SubmissionID, &f.Blob)
		files = append(files, f)
		return err
	}, `SELECT f.id, f.submission_id, f.blob FROM files f JOIN submissions s ON s.id = f.submission_id
		LEFT JOIN dossiers d ON d.id = f.dossier_id
		WHERE f.blob <> '' AND (d.state IN ('converted', 'rejected', 'expired', 'withdrawn', 'superseded') AND d.changed_at < ?
		OR d.id IS NULL AND s.received_at < ? AND (s.state IN ('refused', 'duplicate') OR s.state = 'not_a_submission' AND s.holder_id = ''))
		ORDER BY f.id LIMIT ?`, micros(before), micros(before), limit)
	if err != nil {
		return nil, classify("read erasable files", err)
	}
	for i := range files {
		if err := s.fillPages(ctx, s.reader(), &files[i]); err != nil {
			return nil, classify("read erasable files", err)
		}
	}
	return files, nil
}
