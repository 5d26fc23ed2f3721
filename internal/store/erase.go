package store

import (
	"context"
	"fmt"

	"dispositivo/dossier"
)

// eraseHolder destroys what only the holder's key, or keys of the holder's own,
// can open, and every way to find the person. Rows that prove what happened
// stay, with ids that lead to nobody. A letter that waits for its batch goes with
// it: its key is destroyed when the batch is posted.
func (a *applier) eraseHolder(ctx context.Context, id string) error {
	var living, open int
	if err := a.lockHolder(ctx, id); err != nil {
		return err
	}
	err := a.row(ctx, `SELECT (SELECT COUNT(*) FROM pins WHERE holder_id = ? AND state NOT IN ('refused', 'revoked', 'replaced')),
		(SELECT COUNT(*) FROM dossiers WHERE holder_id = ? AND state IN ('open', 'screening', 'waiting', 'reviewing', 'second_review', 'approved'))`,
		id, id).Scan(&living, &open)
	if err != nil {
		return fmt.Errorf("look what is open: %w", err)
	}
	if living+open > 0 {
		return conflict("the holder has a PIN that is not final, or an open dossier")
	}
	if err := a.forgetTraces(ctx, id); err != nil {
		return err
	}
	if err := a.eraseFilesOf(ctx, id); err != nil {
		return err
	}
	err = a.exec(ctx, `UPDATE holders SET keyed_cf = ?, wrapped_key = ?, sealed = ?, version = version + 1, erased_at = ? WHERE id = ?`,
		[]byte("erased "+id), []byte{}, []byte{}, micros(a.now), id)
	if err != nil {
		return fmt.Errorf("destroy holder's key: %w", err)
	}
	return a.audit(ctx, auditRow{action: "holder.erased", subject: id, holderID: id, detail: `{}`})
}

// lockHolder makes what concerns one holder wait for each other; an erased holder
// does nothing any more.
func (a *applier) lockHolder(ctx context.Context, id string) error {
	var erased int64
	if err := a.row(ctx, `SELECT erased_at FROM holders WHERE id = ?`+a.d.lock, id).Scan(&erased); err != nil {
		return fmt.Errorf("lock holder: %w", err)
	}
	if erased != 0 {
		return dossier.Problem(dossier.CodeNotFound)
	}
	return nil
}

// forgetTraces removes what hangs on the person besides files. What is sealed
// under the holder's key needs nothing more than the key's end.
func (a *applier) forgetTraces(ctx context.Context, id string) error {
	const ofHolder = `(SELECT id FROM pins WHERE holder_id = ?)`
	for _, query := range []string{
		`DELETE FROM locks WHERE keyed_cf = (SELECT keyed_cf FROM holders WHERE id = ?)`,
		`DELETE FROM sessions WHERE actor_id = ?`,
		`DELETE FROM challenges WHERE holder_id = ?`,
		`DELETE FROM activations WHERE holder_id = ?`,
		`DELETE FROM idempotency WHERE holder_id = ?`,
		`DELETE FROM pin_requests WHERE holder_id = ?`,
		`DELETE FROM halves WHERE pin_id IN ` + ofHolder,
		`DELETE FROM proposals WHERE pin_id IN ` + ofHolder,
		`UPDATE pins SET hash = '' WHERE holder_id = ?`,
		`DELETE FROM outbox WHERE kind = '` + string(dossier.TaskSend) + `' AND subject IN (SELECT id FROM messages WHERE holder_id = ?)`,
		`DELETE FROM messages WHERE holder_id = ?`,
		answersSent + ` AND occasion IN (SELECT id FROM submissions WHERE holder_id = ?)`,
		`DELETE FROM stop_links WHERE holder_id = ?`,
		`DELETE FROM pin_losses WHERE keyed_cf = (SELECT keyed_cf FROM holders WHERE id = ?)`,
		`DELETE FROM pin_notes WHERE holder_id = ?`,
		`DELETE FROM composition_files WHERE composition_id IN (SELECT id FROM compositions WHERE holder_id = ?)`,
		`DELETE FROM compositions WHERE holder_id = ?`,
		`UPDATE domande SET idem_key = NULL WHERE holder_id = ?`,
		`UPDATE submissions SET keyed_sender = NULL WHERE holder_id = ?`,
		`UPDATE delegations SET state = 'ended' WHERE delegator_id = ?`,
		`UPDATE delegations SET state = 'ended' WHERE delegate_id = ?`,
	} {
		if err := a.exec(ctx, query, id); err != nil {
			return fmt.Errorf("forget traces of holder: %w", err)
		}
	}
	if err := a.exec(ctx, `UPDATE dossiers SET code_hash = ? WHERE holder_id = ?`, []byte{}, id); err != nil {
		return fmt.Errorf("forget status codes: %w", err)
	}
	return nil
}

// eraseFilesOf destroys the keys of every document of a holder, and of the receipts of
// messages to the holder, which bear the address; the sweep removes the bytes, which
// nothing opens any more. The messages are gone by now, so that no receipt comes after.
func (a *applier) eraseFilesOf(ctx context.Context, id string) error {
	const files = `(SELECT f.id FROM files f JOIN submissions s ON s.id = f.submission_id WHERE s.holder_id = ?
		UNION SELECT f.id FROM files f JOIN message_receipts r ON r.submission_id = f.submission_id WHERE r.holder_id = ?)`
	err := a.exec(ctx, `UPDATE files SET wrapped_key = ?, blob = '', sealed_zones = NULL, sealed_origin = NULL, sealed_clues = NULL WHERE id IN `+files,
		[]byte{}, id, id)
	if err != nil {
		return fmt.Errorf("erase files of holder: %w", err)
	}
	if err := a.exec(ctx, `UPDATE pages SET image_blob = '', thumb_blob = '', keyed_pixels = NULL WHERE file_id IN `+files, id, id); err != nil {
		return fmt.Errorf("erase pages of holder: %w", err)
	}
	for _, query := range []string{`DELETE FROM traits WHERE holder_id = ?`, `DELETE FROM message_receipts WHERE holder_id = ?`} {
		if err := a.exec(ctx, query, id); err != nil {
			return fmt.Errorf("erase files of holder: %w", err)
		}
	}
	return nil
}
