package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// tell queues a message, once for each (dossier, kind, occasion).
func (t *tx) tell(ctx context.Context, holderID, dossierID string, kind dossier.MessageKind, occasion string) error {
	id := ident.New(t.now)
	err := t.exec(ctx, `INSERT INTO messages (id, holder_id, dossier_id, kind, occasion, state, created_at, sent_at)
		VALUES (?, ?, ?, ?, ?, 'queued', ?, 0)`, id, holderID, dossierID, string(kind), occasion, micros(t.now))
	if err != nil {
		return fmt.Errorf("queue message: %w", err)
	}
	return t.addTask(ctx, dossier.TaskSend, id, t.now)
}

const messageColumns = `id, holder_id, dossier_id, kind, occasion, state, wrapped_key, sealed, created_at, sent_at`

// Message returns one message, opened.
func (s *Store) Message(ctx context.Context, id string) (dossier.Message, error) {
	msgs, err := s.messages(ctx, `SELECT `+messageColumns+` FROM messages WHERE id = ?`, id)
	if err != nil {
		return dossier.Message{}, err
	}
	if len(msgs) == 0 {
		return dossier.Message{}, dossier.Problem(dossier.CodeNotFound)
	}
	return msgs[0], nil
}

// Messages returns the newest messages of a holder, of all holders when
// holderID is "", the newest first.
func (s *Store) Messages(ctx context.Context, holderID string, limit int) ([]dossier.Message, error) {
	return s.messages(ctx, `SELECT `+messageColumns+` FROM messages WHERE ? IN ('', holder_id)
		ORDER BY created_at DESC, id DESC LIMIT ?`, holderID, limit)
}

func (s *Store) messages(ctx context.Context, query string, args ...any) ([]dossier.Message, error) {
	var msgs []dossier.Message
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		m, err := s.scanMessage(rows)
		msgs = append(msgs, m)
		return err
	}, query, args...)
	return msgs, classify("read messages", err)
}

func (s *Store) scanMessage(rows *sql.Rows) (dossier.Message, error) {
	var m dossier.Message
	var state string
	var wrapped, sealed []byte
	var created, sent int64
	err := rows.Scan(&m.ID, &m.HolderID, &m.DossierID, &m.Kind, &m.Occasion, &state, &wrapped, &sealed, &created, &sent)
	if err != nil {
		return m, err
	}
	m.Sent, m.CreatedAt, m.SentAt = state == "sent", fromMicros(created), fromMicros(sent)
	if len(sealed) == 0 {
		return m, nil
	}
	key, err := s.keys.Unwrap(wrapped, adMessage(m.ID))
	if err != nil {
		return m, fmt.Errorf("open message key: %w", err)
	}
	m.Letter = new(dossier.Letter)
	return m, openJSON(key, sealed, adMessage(m.ID), m.Letter)
}

// SealLetter keeps what was rendered, under a key of its own, unless somebody
// rendered it before; it returns the letter that counts.
func (s *Store) SealLetter(ctx context.Context, id string, letter dossier.Letter) (dossier.Letter, error) {
	key, wrapped, err := s.keys.NewDataKey(adMessage(id))
	if err != nil {
		return dossier.Letter{}, fmt.Errorf("make message key: %w", err)
	}
	plain, err := json.Marshal(letter)
	if err != nil {
		return dossier.Letter{}, fmt.Errorf("encode letter: %w", err)
	}
	sealed, err := key.Seal(plain, adMessage(id))
	if err != nil {
		return dossier.Letter{}, fmt.Errorf("seal letter: %w", err)
	}
	err = s.tx(ctx, "seal letter", func(t *tx) error {
		return t.exec(ctx, `UPDATE messages SET wrapped_key = ?, sealed = ? WHERE id = ? AND sealed IS NULL`, wrapped, sealed, id)
	})
	if err != nil {
		return dossier.Letter{}, err
	}
	m, err := s.Message(ctx, id)
	if err != nil {
		return dossier.Letter{}, err
	}
	return *m.Letter, nil
}
