package store

import (
	"context"
	"database/sql"

	"dispositivo/dossier"
)

// EachNumber calls fn for every number of the register that something has, in
// order: whatever took one, read at one moment, so that a gap is a gap. The
// times are left out.
func (s *Store) EachNumber(ctx context.Context, fn func(dossier.Protocol) error) error {
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var p dossier.Protocol
		if err := rows.Scan(&p.Year, &p.Number); err != nil {
			return err
		}
		return fn(p)
	}, `SELECT protocol_year, protocol_number FROM submissions UNION ALL SELECT protocol_year, protocol_number FROM domande ORDER BY 1, 2`)
	return classify("read register", err)
}
