package store

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
)

// answersKept is how long an answer that went out is kept: it holds an address of
// somebody who may be no holder.
const answersKept = 30 * 24 * time.Hour

// answer queues the answer to a mail, unless it was given or its address had enough of
// them.
func (a *applier) answer(ctx context.Context, e dossier.Answer) error {
	told, err := a.optional(ctx, `SELECT id FROM messages WHERE dossier_id = '' AND kind = ? AND occasion = ?`, string(e.Kind), e.SubmissionID)
	if err != nil {
		return fmt.Errorf("look for answer: %w", err)
	}
	if told != "" {
		return nil // once for each submission
	}
	free, err := a.takeAnswer(ctx, e.To.Value)
	if err != nil {
		return err
	}
	action := "submission.not_answered"
	if free {
		action = "submission.answered"
		tell := dossier.Tell{Kind: e.Kind, Occasion: e.SubmissionID, To: &e.To, Values: e.Values}
		if err := a.tellWith(ctx, "", tell); err != nil {
			return err
		}
	}
	return a.audit(ctx, auditRow{action: action, subject: e.SubmissionID, owner: ownerOfSubmission, detail: fmt.Sprintf(`{"kind":%q}`, e.Kind)})
}

// takeAnswer counts an answer to an address; false when it had
// dossier.AnswersAnHour in the last hour. The address's row holds the moments of the
// last three, and its lock makes answers to one address wait for each other.
func (a *applier) takeAnswer(ctx context.Context, address string) (bool, error) {
	keyed := a.s.senderHash(address)
	err := a.exec(ctx, `INSERT INTO answered (keyed_to, first_at, second_at, third_at) VALUES (?, 0, 0, 0) ON CONFLICT (keyed_to) DO NOTHING`, keyed)
	if err != nil {
		return false, fmt.Errorf("count answers: %w", err)
	}
	var oldest int64
	if err := a.row(ctx, `SELECT first_at FROM answered WHERE keyed_to = ?`+a.d.lock, keyed).Scan(&oldest); err != nil {
		return false, fmt.Errorf("count answers: %w", err)
	}
	if oldest > micros(a.now.Add(-time.Hour)) {
		return false, nil
	}
	err = a.exec(ctx, `UPDATE answered SET first_at = second_at, second_at = third_at, third_at = ? WHERE keyed_to = ?`, micros(a.now), keyed)
	if err != nil {
		return false, fmt.Errorf("count answer: %w", err)
	}
	return true, nil
}

// answersSent removes answers that went out; one that did not is needed still.
const answersSent = `DELETE FROM messages WHERE dossier_id = '' AND kind IN ('` + string(dossier.MessageMailReceipt) + `', '` +
	string(dossier.MessageMailEmpty) + `', '` + string(dossier.MessageMailRefused) + `') AND state = 'sent'`

// eraseAnswers removes the answers about the submission of a file: they bear its
// sender's address.
func (a *applier) eraseAnswers(ctx context.Context, fileID string) error {
	err := a.exec(ctx, answersSent+` AND occasion = (SELECT submission_id FROM files WHERE id = ?)`, fileID)
	if err != nil {
		return fmt.Errorf("erase answers: %w", err)
	}
	return nil
}

// forgetAnswers removes answers of long ago with their receipts, and counts that bind nobody any more.
func (t *tx) forgetAnswers(ctx context.Context) error {
	if err := t.exec(ctx, answersSent+` AND sent_at < ?`, micros(t.now.Add(-answersKept))); err != nil {
		return fmt.Errorf("forget answers: %w", err)
	}
	err := t.exec(ctx, `DELETE FROM message_receipts WHERE holder_id = '' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = message_receipts.message_id)`)
	if err != nil {
		return fmt.Errorf("forget receipts of answers: %w", err)
	}
	if err := t.exec(ctx, `DELETE FROM answered WHERE third_at < ?`, micros(t.now.Add(-time.Hour))); err != nil {
		return fmt.Errorf("forget counts of answers: %w", err)
	}
	return nil
}
