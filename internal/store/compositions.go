package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dispositivo/dossier"
)

// InsertComposition keeps a composition. It takes the place of the holder's
// others that were not confirmed, whose blobs it returns to be removed.
func (s *Store) InsertComposition(ctx context.Context, c dossier.Composition) (gone []string, err error) {
	pages, err := json.Marshal(c.Pages)
	if err != nil {
		return nil, fmt.Errorf("encode composed pages: %w", err)
	}
	err = s.tx(ctx, "insert composition", func(t *tx) error {
		if gone, err = t.dropCompositions(ctx, `holder_id = ? AND submission_id = ''`, c.HolderID); err != nil {
			return err
		}
		err := t.exec(ctx, `INSERT INTO compositions (id, holder_id, submission_id, pages, expires_at) VALUES (?, ?, '', ?, ?)`,
			c.ID, c.HolderID, string(pages), micros(c.ExpiresAt))
		if err != nil {
			return err
		}
		for _, f := range c.Files {
			err := t.exec(ctx, `INSERT INTO composition_files (id, composition_id, kind, n, blob, wrapped_key, keyed_hash, bytes, format)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, f.ID, c.ID, string(f.Kind), f.N, f.Blob, f.WrappedKey, f.KeyedHash, f.Bytes, f.Format)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}

// Composition returns a composition; CodeNotFound for one that is over.
func (s *Store) Composition(ctx context.Context, id string) (dossier.Composition, error) {
	c := dossier.Composition{ID: id}
	var pages string
	var expires int64
	err := s.reader().row(ctx, `SELECT holder_id, submission_id, pages, expires_at FROM compositions WHERE id = ?`, id).
		Scan(&c.HolderID, &c.SubmissionID, &pages, &expires)
	if err != nil {
		return dossier.Composition{}, classify("read composition", err)
	}
	c.ExpiresAt = fromMicros(expires)
	if err := json.Unmarshal([]byte(pages), &c.Pages); err != nil {
		return dossier.Composition{}, fmt.Errorf("decode composed pages: %w", err)
	}
	err = s.reader().each(ctx, func(rows *sql.Rows) error {
		var f dossier.CompositionFile
		err := rows.Scan(&f.ID, &f.Kind, &f.N, &f.Blob, &f.WrappedKey, &f.KeyedHash, &f.Bytes, &f.Format)
		c.Files = append(c.Files, f)
		return err
	}, `SELECT id, kind, n, blob, wrapped_key, keyed_hash, bytes, format FROM composition_files WHERE composition_id = ? ORDER BY kind, n`, id)
	return c, classify("read composition", err)
}

// ComposedOf returns the originals that a holder's submission was put together of, in
// order; none when it was not, or when they are forgotten.
func (s *Store) ComposedOf(ctx context.Context, holderID, submissionID string) ([]dossier.File, error) {
	var files []dossier.File
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		f := dossier.File{SubmissionID: submissionID}
		err := rows.Scan(&f.ID, &f.Blob, &f.WrappedKey, &f.KeyedHash, &f.Bytes, &f.Format)
		files = append(files, f)
		return err
	}, `SELECT o.id, o.blob, o.wrapped_key, o.keyed_hash, o.bytes, o.format FROM compositions c JOIN composition_files o ON o.composition_id = c.id
		WHERE c.holder_id = ? AND c.submission_id = ? AND c.submission_id <> '' AND o.kind = ? ORDER BY o.n`,
		holderID, submissionID, string(dossier.CompositionOriginal))
	return files, classify("read originals of composition", err)
}

// ForgetCompositions ends what is over at a moment: compositions that were not
// confirmed, what was shown of those that were, and originals whose submission's
// documents are erased. It returns the blobs to be removed; their keys are gone.
func (s *Store) ForgetCompositions(ctx context.Context, at time.Time) (gone []string, err error) {
	err = s.tx(ctx, "forget compositions", func(t *tx) error {
		shown, err := t.dropCompositionFiles(ctx, `kind <> 'original' AND composition_id IN (SELECT id FROM compositions WHERE expires_at < ?)`, micros(at))
		if err != nil {
			return err
		}
		rest, err := t.dropCompositions(ctx, `submission_id = '' AND expires_at < ?`, micros(at))
		if err != nil {
			return err
		}
		erased, err := t.dropCompositions(ctx, `submission_id <> '' AND expires_at < ?
			AND NOT EXISTS (SELECT 1 FROM files f WHERE f.submission_id = compositions.submission_id AND f.blob <> '')`, micros(at))
		gone = append(append(shown, rest...), erased...)
		return err
	})
	return gone, err
}

// dropCompositions deletes compositions with their files; where is of ours.
func (t *tx) dropCompositions(ctx context.Context, where string, args ...any) ([]string, error) {
	gone, err := t.dropCompositionFiles(ctx, `composition_id IN (SELECT id FROM compositions WHERE `+where+`)`, args...)
	if err != nil {
		return nil, err
	}
	return gone, t.exec(ctx, `DELETE FROM compositions WHERE `+where, args...)
}

func (t *tx) dropCompositionFiles(ctx context.Context, where string, args ...any) ([]string, error) {
	var gone []string
	err := t.each(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		gone = append(gone, name)
		return err
	}, `SELECT blob FROM composition_files WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return gone, t.exec(ctx, `DELETE FROM composition_files WHERE `+where, args...)
}

// confirmComposition links a composition to the submission it became.
func (a *applier) confirmComposition(ctx context.Context, id, submissionID, holderID string) error {
	n, err := a.execN(ctx, `UPDATE compositions SET submission_id = ? WHERE id = ? AND holder_id = ? AND submission_id = ''`, submissionID, id, holderID)
	if err != nil {
		return fmt.Errorf("confirm composition: %w", err)
	}
	if n == 0 {
		return conflict("the composition is over")
	}
	return nil
}
