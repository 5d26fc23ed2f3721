package store

import (
	"context"
	"database/sql"

	"dispositivo/dossier"
)

// InsertRefusal adds a line to the ledger of refusals; one that is there stays as it is.
func (s *Store) InsertRefusal(ctx context.Context, r dossier.Refusal) error {
	return s.tx(ctx, "insert refusal", func(t *tx) error {
		return t.exec(ctx, `INSERT INTO refusals (id, channel, gateway, code, bytes, keyed_hash, at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`,
			r.ID, string(r.Channel), r.Gateway, string(r.Code), r.Bytes, r.KeyedHash, micros(t.now))
	})
}

// Refusals returns lines of the ledger of refusals, the newest first, at most limit.
func (s *Store) Refusals(ctx context.Context, f dossier.RefusalFilter, limit int) ([]dossier.Refusal, error) {
	var all []dossier.Refusal
	err := s.eachRefusal(ctx, f, func(r dossier.Refusal) error {
		all = append(all, r)
		return nil
	}, ` LIMIT ?`, limit)
	return all, err
}

// EachRefusal calls fn for every line of the ledger, the newest first; nothing is held
// in memory.
func (s *Store) EachRefusal(ctx context.Context, f dossier.RefusalFilter, fn func(dossier.Refusal) error) error {
	return s.eachRefusal(ctx, f, fn, ``)
}

func (s *Store) eachRefusal(ctx context.Context, f dossier.RefusalFilter, fn func(dossier.Refusal) error, tail string, args ...any) error {
	var since int64
	if !f.Since.IsZero() {
		since = micros(f.Since)
	}
	var broken error
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var r dossier.Refusal
		var at int64
		if err := rows.Scan(&r.ID, &r.Channel, &r.Gateway, &r.Code, &r.Bytes, &r.KeyedHash, &at); err != nil {
			return err
		}
		r.At = fromMicros(at)
		broken = fn(r)
		return broken
	}, `SELECT id, channel, gateway, code, bytes, keyed_hash, at FROM refusals
		WHERE ? IN ('', channel) AND at >= ? AND (? = '' OR (at, id) < (SELECT o.at, o.id FROM refusals o WHERE o.id = ?))
		ORDER BY at DESC, id DESC`+tail, append([]any{string(f.Channel), since, f.Before, f.Before}, args...)...)
	if broken != nil {
		return broken // what fn says is no fault of the database
	}
	return classify("read refusals", err)
}
