package store

import (
	"context"
	"database/sql"
	"fmt"

	"dispositivo/dossier"
)

func (a *applier) keepTraits(ctx context.Context, e dossier.KeepTraits) error {
	err := a.exec(ctx, `DELETE FROM traits WHERE file_id IN (SELECT id FROM files WHERE submission_id = ?)`, e.SubmissionID)
	if err != nil {
		return fmt.Errorf("forget traits: %w", err)
	}
	for _, t := range e.Traits {
		err := a.exec(ctx, `INSERT INTO traits (file_id, page, holder_id, outline, sealed_look, keyed_number, form) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			t.FileID, t.Page, e.HolderID, t.Outline, t.SealedLook, a.s.numberHash(t.DocumentNumber), flag(t.Form))
		if err != nil {
			return fmt.Errorf("insert trait: %w", err)
		}
	}
	return nil
}

// numberHash is the keyed hash a document number is looked up by; nil for none.
func (s *Store) numberHash(number string) []byte {
	if number == "" {
		return nil
	}
	return s.keys.MAC("document_number").Sum([]byte(number))
}

// NumberUsed reports whether a page of another holder bears the document number.
func (s *Store) NumberUsed(ctx context.Context, number, butHolderID string) (bool, error) {
	found, err := s.reader().optional(ctx, `SELECT file_id FROM traits WHERE keyed_number = ? AND holder_id <> ? LIMIT 1`,
		s.numberHash(number), butHolderID)
	if err != nil {
		return false, unavailable("find document number", err)
	}
	return found != "", nil
}

// EachOutline calls fn for the outline of every page of other holders that is not our
// form; numbered says that the page's document number is known.
func (s *Store) EachOutline(ctx context.Context, butHolderID string, fn func(fileID string, page int, outline []byte, numbered bool) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var fileID string
		var page, numbered int
		var outline []byte
		if err := rows.Scan(&fileID, &page, &outline, &numbered); err != nil {
			return err
		}
		return fn(fileID, page, outline, numbered != 0)
	}, `SELECT file_id, page, outline, CASE WHEN keyed_number IS NULL THEN 0 ELSE 1 END
		FROM traits WHERE holder_id <> ? AND outline IS NOT NULL AND form = 0`, butHolderID)
	return classify("read outlines", err)
}

// EachOutlineOf calls fn for the outline of every page of a dossier, our form's too.
func (s *Store) EachOutlineOf(ctx context.Context, dossierID string, fn func(fileID string, page int, outline []byte) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var fileID string
		var page int
		var outline []byte
		if err := rows.Scan(&fileID, &page, &outline); err != nil {
			return err
		}
		return fn(fileID, page, outline)
	}, `SELECT t.file_id, t.page, t.outline FROM traits t JOIN files f ON f.id = t.file_id
		WHERE f.dossier_id = ? AND t.outline IS NOT NULL ORDER BY t.file_id, t.page`, dossierID)
	return classify("read outlines of dossier", err)
}

// SealedLook returns the look of a page and what its key is found by;
// CodeNotFound when it was erased meanwhile.
func (s *Store) SealedLook(ctx context.Context, fileID string, page int) (dossier.File, []byte, error) {
	f := dossier.File{ID: fileID}
	var look []byte
	err := s.reader().row(ctx, `SELECT f.wrapped_key, t.sealed_look FROM traits t JOIN files f ON f.id = t.file_id
		WHERE t.file_id = ? AND t.page = ?`, fileID, page).Scan(&f.WrappedKey, &look)
	return f, look, classify("read look", err)
}
