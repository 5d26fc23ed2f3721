package store

import (
	"context"
	"time"

	"dispositivo/dossier"
)

// HasOffice reports whether an operator of the office can sign in.
func (s *Store) HasOffice(ctx context.Context, office string) (bool, error) {
	id, err := s.reader().optional(ctx, `SELECT id FROM operators WHERE office = ? AND disabled = 0 LIMIT 1`, office)
	if err != nil {
		return false, unavailable("find office", err)
	}
	return id != "", nil
}

// Archived returns the papers of the counter that belong to a holder and to no dossier
// (A5), the newest first.
func (s *Store) Archived(ctx context.Context, holderID string) ([]dossier.Submission, error) {
	subs, err := s.submissions(ctx, s.reader(), `holder_id = ? AND dossier_id = '' AND channel = ?
		ORDER BY protocol_year DESC, protocol_number DESC LIMIT 100`, holderID, string(dossier.ChannelCounter))
	return subs, classify("read archive", err)
}

// Scans returns what the scanners of an office, of all when office is "", left in
// their folder: all that still waits for somebody, and then the rest since a moment;
// the newest of each first, at most limit.
func (s *Store) Scans(ctx context.Context, office string, since time.Time, limit int) ([]dossier.Submission, error) {
	const waits = `state IN ('received', 'screening', 'unmatched', 'quarantined') AND dossier_id = ''`
	subs, err := s.submissions(ctx, s.reader(), `office <> '' AND ? IN ('', office) AND (`+waits+` OR received_at >= ?)
		ORDER BY CASE WHEN `+waits+` THEN 0 ELSE 1 END, protocol_year DESC, protocol_number DESC LIMIT ?`,
		office, micros(since), limit)
	return subs, classify("read scans", err)
}
