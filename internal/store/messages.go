package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// Message is something the holder is told. It is rendered when it is sent,
// then kept sealed, so that a second try sends the very same bytes.
type Message struct {
	ID        string
	HolderID  string
	DossierID string
	Kind      dossier.MessageKind
	// Occasion tells messages of one kind apart: a dossier's version, or the
	// submission a receipt is for.
	Occasion  string
	Sent      bool
	CreatedAt time.Time
	SentAt    time.Time
	// Letter is what was rendered; nil before.
	Letter *Letter
}

// Letter is a rendered message.
type Letter struct {
	Class     string `json:"class"`
	To        string `json:"to"`
	Subject   string `json:"subject"`
	Text      string `json:"text"`
	MessageID string `json:"message_id"`
}

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
func (s *Store) Message(ctx context.Context, id string) (Message, error) {
	msgs, err := s.messages(ctx, `SELECT `+messageColumns+` FROM messages WHERE id = ?`, id)
	if err != nil {
		return Message{}, err
	}
	if len(msgs) == 0 {
		return Message{}, dossier.Problem(dossier.CodeNotFound)
	}
	return msgs[0], nil
}

// Messages returns the newest messages of a holder, of all holders when
// holderID is "", the newest first.
func (s *Store) Messages(ctx context.Context, holderID string, limit int) ([]Message, error) {
	return s.messages(ctx, `SELECT `+messageColumns+` FROM messages WHERE ? IN ('', holder_id)
		ORDER BY created_at DESC, id DESC LIMIT ?`, holderID, limit)
}

func (s *Store) messages(ctx context.Context, query string, args ...any) ([]Message, error) {
	var msgs []Message
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		m, err := s.scanMessage(rows)
		msgs = append(msgs, m)
		return err
	}, query, args...)
	return msgs, classify("read messages", err)
}

func (s *Store) scanMessage(rows *sql.Rows) (Message, error) {
	var m Message
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
	m.Letter = new(Letter)
	return m, openJSON(key, sealed, adMessage(m.ID), m.Letter)
}

// SealLetter keeps what was rendered, under a key of its own, unless somebody
// rendered it before; it returns the letter that counts.
func (s *Store) SealLetter(ctx context.Context, id string, letter Letter) (Letter, error) {
	key, wrapped, err := s.keys.NewDataKey(adMessage(id))
	if err != nil {
		return Letter{}, fmt.Errorf("make message key: %w", err)
	}
	plain, err := json.Marshal(letter)
	if err != nil {
		return Letter{}, fmt.Errorf("encode letter: %w", err)
	}
	sealed, err := key.Seal(plain, adMessage(id))
	if err != nil {
		return Letter{}, fmt.Errorf("seal letter: %w", err)
	}
	err = s.tx(ctx, "seal letter", func(t *tx) error {
		return t.exec(ctx, `UPDATE messages SET wrapped_key = ?, sealed = ? WHERE id = ? AND sealed IS NULL`, wrapped, sealed, id)
	})
	if err != nil {
		return Letter{}, err
	}
	m, err := s.Message(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	return *m.Letter, nil
}
