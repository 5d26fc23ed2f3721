package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// tell queues a message, once for each (dossier, kind, occasion).
func (t *tx) tell(ctx context.Context, holderID, dossierID string, kind dossier.MessageKind, occasion string) error {
	return t.tellWith(ctx, dossierID, dossier.Tell{HolderID: holderID, Kind: kind, Occasion: occasion})
}

// tellWith queues a message with what it was told with, sealed.
func (t *tx) tellWith(ctx context.Context, dossierID string, m dossier.Tell) error {
	id := ident.New(t.now)
	var wrapped, sealed []byte
	if m.To != nil || m.Values != nil {
		key, w, err := t.s.keys.NewDataKey(adMessageData(id))
		if err != nil {
			return fmt.Errorf("make key of message data: %w", err)
		}
		if sealed, err = sealJSON(key, messageData{To: m.To, Values: m.Values}, adMessageData(id)); err != nil {
			return err
		}
		wrapped = w
	}
	err := t.exec(ctx, `INSERT INTO messages (id, holder_id, dossier_id, kind, occasion, state, data_key, data, created_at, sent_at)
		VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, 0)`, id, m.HolderID, dossierID, string(m.Kind), m.Occasion, wrapped, sealed, micros(t.now))
	if err != nil {
		return fmt.Errorf("queue message: %w", err)
	}
	return t.addTask(ctx, dossier.TaskSend, id, t.now)
}

// messageData is what the column data holds.
type messageData struct {
	To     *dossier.Contact  `json:"to,omitempty"`
	Values map[string]string `json:"values,omitempty"`
}

func adMessageData(id string) []byte { return []byte("messages.data:" + id) }

const messageColumns = `id, holder_id, dossier_id, kind, occasion, state, wrapped_key, sealed, data_key, data, created_at, sent_at`

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

func (s *Store) scanMessage(row interface{ Scan(dest ...any) error }) (dossier.Message, error) {
	var m dossier.Message
	var state string
	var wrapped, sealed, dataKey, data []byte
	var created, sent int64
	err := row.Scan(&m.ID, &m.HolderID, &m.DossierID, &m.Kind, &m.Occasion, &state, &wrapped, &sealed, &dataKey, &data, &created, &sent)
	if err != nil {
		return m, err
	}
	m.Sent, m.CreatedAt, m.SentAt = state == "sent", fromMicros(created), fromMicros(sent)
	if len(data) > 0 {
		if err := s.openMessageData(&m, dataKey, data); err != nil {
			return m, err
		}
	}
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

func (s *Store) openMessageData(m *dossier.Message, wrapped, sealed []byte) error {
	key, err := s.keys.Unwrap(wrapped, adMessageData(m.ID))
	if err != nil {
		return fmt.Errorf("open key of message data: %w", err)
	}
	var told messageData
	if err := openJSON(key, sealed, adMessageData(m.ID), &told); err != nil {
		return err
	}
	m.To, m.Values = told.To, told.Values
	return nil
}

// sealLetter keeps what was rendered, under a key of its own, unless somebody
// rendered it before. What must be masked once it is handed over is kept beside
// it, under a key of its own too.
func (a *applier) sealLetter(ctx context.Context, e dossier.SealLetter) error {
	wrapped, sealed, err := a.s.sealedLetter(e.MessageID, e.Letter)
	if err != nil {
		return err
	}
	var maskedKey, masked []byte
	if e.Masked != nil {
		if maskedKey, masked, err = a.s.sealedLetter(e.MessageID, *e.Masked); err != nil {
			return err
		}
	}
	n, err := a.execN(ctx, `UPDATE messages SET wrapped_key = ?, sealed = ?, masked_key = ?, masked = ?, sealed_at = ?
		WHERE id = ? AND sealed IS NULL`, wrapped, sealed, maskedKey, masked, micros(a.now), e.MessageID)
	if err != nil {
		return fmt.Errorf("seal letter: %w", err)
	}
	if n == 0 {
		return conflict("the message is worded already")
	}
	return nil
}

func (s *Store) sealedLetter(messageID string, letter dossier.Letter) (wrapped, sealed []byte, err error) {
	key, wrapped, err := s.keys.NewDataKey(adMessage(messageID))
	if err != nil {
		return nil, nil, fmt.Errorf("make message key: %w", err)
	}
	sealed, err = sealJSON(key, letter, adMessage(messageID))
	return wrapped, sealed, err
}

// ForgetSecrets destroys the keys of worded messages with a secret in them that
// were not handed over since before: when they are tried again, they are worded
// anew, with another secret (DESIGN, section 5).
func (s *Store) ForgetSecrets(ctx context.Context, before time.Time) error {
	return s.tx(ctx, "forget unsent secrets", func(t *tx) error {
		return t.exec(ctx, `UPDATE messages SET wrapped_key = NULL, sealed = NULL, masked_key = NULL, masked = NULL, data_key = NULL,
			data = NULL, sealed_at = 0
			WHERE state = 'queued' AND masked IS NOT NULL AND sealed_at < ?`, micros(before))
	})
}
