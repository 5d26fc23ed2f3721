package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
)

// fileReceipt files a receipt of PEC to the message it certifies something of: one that
// went by PEC, under that Message-ID, to an address the receipt speaks of. A receipt
// of anything else is kept and filed to nothing, and nobody is told that it was. The
// same again changes nothing: the first counts.
func (a *applier) fileReceipt(ctx context.Context, r dossier.PECReceipt, submissionID string) error {
	m, err := a.certified(ctx, r)
	if err != nil || m.ID == "" {
		return err
	}
	if r.At.IsZero() {
		r.At = a.now
	}
	n, err := a.execN(ctx, `INSERT INTO message_receipts (message_id, kind, holder_id, submission_id, failure, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (message_id, kind) DO NOTHING`, m.ID, string(r.Kind), m.HolderID, submissionID, string(r.Failure), micros(r.At))
	if err != nil {
		return fmt.Errorf("file receipt: %w", err)
	}
	if n == 0 {
		return nil
	}
	return a.audit(ctx, auditRow{
		action: "message.certified", subject: m.ID, holderID: m.HolderID,
		detail: fmt.Sprintf(`{"receipt":%q,"failure":%q,"submission":%q}`, r.Kind, r.Failure, submissionID),
	})
}

// certified finds the message of a receipt, the zero Message when it is none of ours. Its
// row is locked, so that an erasure of its holder comes wholly before or after.
func (a *applier) certified(ctx context.Context, r dossier.PECReceipt) (dossier.Message, error) {
	_, rest, _ := strings.Cut(r.MessageID, ".") // kind.id@domain
	id, _, _ := strings.Cut(rest, "@")
	m, err := a.s.scanMessage(a.row(ctx, `SELECT `+messageColumns+` FROM messages WHERE id = ?`+a.d.lock, id))
	if errors.Is(err, sql.ErrNoRows) {
		return dossier.Message{}, nil
	}
	if err != nil {
		return dossier.Message{}, fmt.Errorf("read message of receipt: %w", err)
	}
	l := m.Letter
	sent := func(to string) bool { return strings.EqualFold(to, l.To) }
	if l == nil || l.Class != dossier.LetterByPEC || l.MessageID != r.MessageID || !slices.ContainsFunc(r.Recipients, sent) {
		return dossier.Message{}, nil
	}
	return m, nil
}

// fillDeliveries adds to messages what their receipts say.
func (s *Store) fillDeliveries(ctx context.Context, msgs []dossier.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	ids := make([]any, len(msgs))
	for i, m := range msgs {
		ids[i] = m.ID
	}
	receipts := map[string][]dossier.PECReceipt{}
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var r dossier.PECReceipt
		var id string
		var at int64
		err := rows.Scan(&id, &r.Kind, &r.Failure, &at)
		r.At = fromMicros(at)
		receipts[id] = append(receipts[id], r)
		return err
	}, `SELECT message_id, kind, failure, at FROM message_receipts WHERE message_id IN (?`+strings.Repeat(`, ?`, len(ids)-1)+`)`, ids...)
	for i := range msgs {
		msgs[i].Delivery = dossier.DeliveryOf(receipts[msgs[i].ID])
	}
	return classify("read receipts", err)
}

// failures are the kinds of receipts that say that a message does not arrive.
func failures() (list string) {
	for _, kind := range dossier.PECReceiptKinds() {
		if kind.Fails() {
			list += `, '` + string(kind) + `'`
		}
	}
	return `(` + list[2:] + `)`
}

// undelivered are the messages whose receipts say that they do not arrive.
var undelivered = `SELECT COUNT(DISTINCT r.message_id) FROM message_receipts r WHERE r.kind IN ` + failures() + ` AND NOT EXISTS
	(SELECT 1 FROM message_receipts d WHERE d.message_id = r.message_id AND d.kind = '` + string(dossier.AvvenutaConsegna) + `')`

// Undelivered counts the messages whose receipts of PEC say that they were not delivered.
func (s *Store) Undelivered(ctx context.Context) (int, error) {
	var n int
	err := s.reader().row(ctx, undelivered).Scan(&n)
	return n, classify("count undelivered messages", err)
}

// Certified counts the messages with a receipt of PEC, and those that were delivered.
func (s *Store) Certified(ctx context.Context) (all, delivered int, err error) {
	err = s.reader().row(ctx, `SELECT COUNT(DISTINCT message_id), COUNT(DISTINCT CASE WHEN kind = '`+string(dossier.AvvenutaConsegna)+`'
		THEN message_id END) FROM message_receipts`).Scan(&all, &delivered)
	return all, delivered, classify("count receipts", err)
}
