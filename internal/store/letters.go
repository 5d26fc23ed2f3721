package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

func adLetter(id string) []byte { return []byte("letters.sealed:" + id) }

// letterEffect applies what belongs to letters and their batches.
func (a *applier) letterEffect(ctx context.Context, e dossier.Effect) error {
	switch e := e.(type) {
	case dossier.PrintLetter:
		return a.printLetter(ctx, e)
	case dossier.MoveLetter:
		return a.moveLetter(ctx, e)
	case dossier.TakeBatch:
		return a.takeBatch(ctx, e)
	case dossier.PostBatch:
		return a.postBatch(ctx, e.BatchID)
	default:
		return fmt.Errorf("unknown effect %T", e)
	}
}

// printLetter seals a letter into the day's open batch.
func (a *applier) printLetter(ctx context.Context, e dossier.PrintLetter) error {
	batchID, err := a.openBatch(ctx, e.Day)
	if err != nil {
		return err
	}
	step, err := dossier.LetterQueued.Next(dossier.LetterEventPrinted)
	if err != nil {
		return err
	}
	key, wrapped, err := a.s.keys.NewDataKey(adLetter(e.LetterID))
	if err != nil {
		return fmt.Errorf("make letter's key: %w", err)
	}
	sealed, err := sealJSON(key, e.Sheet, adLetter(e.LetterID))
	if err != nil {
		return err
	}
	err = a.exec(ctx, `INSERT INTO letters (id, pin_id, batch_id, n, state, destination, wrapped_key, sealed, printed_at, posted_at, changed_at)
		VALUES (?, ?, ?, (SELECT COUNT(*) + 1 FROM letters WHERE batch_id = ?), ?, ?, ?, ?, ?, 0, ?)`,
		e.LetterID, e.PINIssueID, batchID, batchID, string(step.To), string(e.Destination), wrapped, sealed, micros(a.now), micros(a.now))
	if duplicate(err) {
		return conflict("the PIN issue has another letter")
	}
	if err != nil {
		return fmt.Errorf("insert letter: %w", err)
	}
	return a.audit(ctx, auditRow{
		action: "letter.printed", subject: e.LetterID, owner: ownerOfLetter,
		detail: fmt.Sprintf(`{"batch":%q,"pin":%q}`, batchID, e.PINIssueID),
	})
}

// openBatch locks the day's batch that nobody has taken yet, if need be a new one.
func (a *applier) openBatch(ctx context.Context, day string) (id string, err error) {
	err = a.exec(ctx, `INSERT INTO letter_batches (id, day, made_at, taken_at, posted_at) VALUES (?, ?, ?, 0, 0)
		ON CONFLICT (day) WHERE taken_at = 0 DO NOTHING`, ident.New(a.now), day, micros(a.now))
	if err != nil {
		return "", fmt.Errorf("open batch: %w", err)
	}
	err = a.row(ctx, `SELECT id FROM letter_batches WHERE day = ? AND taken_at = 0`+a.d.lock, day).Scan(&id)
	if dossier.CodeOf(classify("", err)) == dossier.CodeNotFound {
		return "", errRace // taken just now: the next time there is a new one
	}
	if err != nil {
		return "", fmt.Errorf("lock batch: %w", err)
	}
	return id, nil
}

// moveLetter moves a letter along its table.
func (a *applier) moveLetter(ctx context.Context, e dossier.MoveLetter) error {
	var state dossier.LetterState
	if err := a.row(ctx, `SELECT state FROM letters WHERE id = ?`+a.d.lock, e.ID).Scan(&state); err != nil {
		return fmt.Errorf("lock letter: %w", err)
	}
	step, err := state.Next(e.Event)
	if err != nil {
		return err
	}
	n, err := a.execN(ctx, `UPDATE letters SET state = ?, changed_at = ? WHERE id = ? AND state = ?`,
		string(step.To), micros(a.now), e.ID, string(state))
	if err != nil {
		return fmt.Errorf("move letter: %w", err)
	}
	if n == 0 {
		return conflict("the letter moved meanwhile")
	}
	return a.audit(ctx, auditRow{
		action: "letter." + string(e.Event), subject: e.ID, owner: ownerOfLetter,
		detail: fmt.Sprintf(`{"from":%q,"to":%q}`, state, step.To),
	})
}

// lockBatch says when the letters of a batch were fetched; CodeBatchPosted when it left already.
func (a *applier) lockBatch(ctx context.Context, id string) (fetchedAt time.Time, err error) {
	var fetched, posted int64
	err = a.row(ctx, `SELECT fetched_at, posted_at FROM letter_batches WHERE id = ?`+a.d.lock, id).Scan(&fetched, &posted)
	if err != nil {
		return time.Time{}, fmt.Errorf("lock batch: %w", err)
	}
	if posted != 0 {
		return time.Time{}, dossier.Problem(dossier.CodeBatchPosted)
	}
	return fromMicros(fetched), nil
}

func (a *applier) takeBatch(ctx context.Context, e dossier.TakeBatch) error {
	if _, err := a.lockBatch(ctx, e.BatchID); err != nil {
		return err
	}
	if err := a.exec(ctx, `UPDATE letter_batches SET taken_at = ? WHERE id = ? AND taken_at = 0`, micros(a.now), e.BatchID); err != nil {
		return fmt.Errorf("close batch: %w", err)
	}
	if e.File == dossier.FileLetters {
		if err := a.exec(ctx, `UPDATE letter_batches SET fetched_at = ? WHERE id = ? AND fetched_at = 0`, micros(a.now), e.BatchID); err != nil {
			return fmt.Errorf("note that letters were fetched: %w", err)
		}
	}
	return a.audit(ctx, auditRow{action: "batch.taken", subject: e.BatchID, detail: fmt.Sprintf(`{"file":%q}`, e.File)})
}

func (a *applier) postBatch(ctx context.Context, id string) error {
	fetched, err := a.lockBatch(ctx, id)
	if err != nil {
		return err
	}
	if fetched.IsZero() {
		return dossier.Problem(dossier.CodeBatchNotTaken)
	}
	step, err := dossier.LetterPrinted.Next(dossier.LetterEventPosted)
	if err != nil {
		return err
	}
	leaving, err := a.letterIDs(ctx, id, dossier.LetterPrinted)
	if err != nil {
		return err
	}
	for _, act := range []struct {
		query string
		args  []any
	}{
		{`UPDATE letter_batches SET posted_at = ? WHERE id = ?`, []any{micros(a.now), id}},
		{
			`UPDATE letters SET state = ?, changed_at = ? WHERE batch_id = ? AND state = ?`,
			[]any{string(step.To), micros(a.now), id, string(dossier.LetterPrinted)},
		},
		// Those that were given up meanwhile left with the others.
		{`UPDATE letters SET posted_at = ?, wrapped_key = NULL, sealed = NULL WHERE batch_id = ?`, []any{micros(a.now), id}},
	} {
		if err := a.exec(ctx, act.query, act.args...); err != nil {
			return fmt.Errorf("post batch: %w", err)
		}
	}
	for _, letter := range leaving {
		row := auditRow{action: "letter.posted", subject: letter, owner: ownerOfLetter, detail: fmt.Sprintf(`{"batch":%q}`, id)}
		if err := a.audit(ctx, row); err != nil {
			return err
		}
	}
	return a.audit(ctx, auditRow{action: "batch.posted", subject: id, detail: `{}`})
}

// letterIDs are the letters of a batch that stand in a state.
func (a *applier) letterIDs(ctx context.Context, batchID string, state dossier.LetterState) ([]string, error) {
	var ids []string
	err := a.each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM letters WHERE batch_id = ? AND state = ? ORDER BY n`, batchID, string(state))
	if err != nil {
		return nil, fmt.Errorf("look for letters of batch: %w", err)
	}
	return ids, nil
}

const letterColumns = `id, pin_id, batch_id, n, state, destination, printed_at, posted_at`

func scanLetter(row interface{ Scan(dest ...any) error }, extra ...any) (dossier.PINLetter, error) {
	var l dossier.PINLetter
	var printed, posted int64
	err := row.Scan(append([]any{&l.ID, &l.PINIssueID, &l.BatchID, &l.N, &l.State, &l.Destination, &printed, &posted}, extra...)...)
	l.PrintedAt, l.PostedAt = fromMicros(printed), fromMicros(posted)
	return l, err
}

// PINLetter returns a letter by its id.
func (s *Store) PINLetter(ctx context.Context, id string) (dossier.PINLetter, error) {
	l, err := scanLetter(s.reader().row(ctx, `SELECT `+letterColumns+` FROM letters WHERE id = ?`, id))
	return l, classify("read letter", err)
}

// LastPINLetter returns the newest letter of a PIN issue, CodeNotFound when there
// is none.
func (s *Store) LastPINLetter(ctx context.Context, pinIssueID string) (dossier.PINLetter, error) {
	l, err := scanLetter(s.reader().row(ctx, `SELECT `+letterColumns+` FROM letters WHERE pin_id = ?
		ORDER BY printed_at DESC, id DESC LIMIT 1`, pinIssueID))
	return l, classify("read letter", err)
}

// BatchLetters returns the letters of a batch in its order, opened. It fails with
// CodeBatchPosted when their keys are gone.
func (s *Store) BatchLetters(ctx context.Context, batchID string) ([]dossier.PrintedLetter, error) {
	var all []dossier.PrintedLetter
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var wrapped, sealed []byte
		letter, err := scanLetter(rows, &wrapped, &sealed)
		if err != nil {
			return err
		}
		if len(wrapped) == 0 {
			return dossier.Problem(dossier.CodeBatchPosted)
		}
		key, err := s.keys.Unwrap(wrapped, adLetter(letter.ID))
		if err != nil {
			return fmt.Errorf("open letter's key: %w", err)
		}
		printed := dossier.PrintedLetter{PINLetter: letter}
		err = openJSON(key, sealed, adLetter(letter.ID), &printed.Sheet)
		all = append(all, printed)
		return err
	}, `SELECT `+letterColumns+`, wrapped_key, sealed FROM letters WHERE batch_id = ? ORDER BY n`, batchID)
	return all, classify("read letters", err)
}

const batchQuery = `SELECT b.id, b.day, b.made_at, b.taken_at, b.fetched_at, b.posted_at, COUNT(l.id),
	COALESCE(SUM(CASE WHEN l.state = 'lost' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN l.state = 'returned' THEN 1 ELSE 0 END), 0)
	FROM letter_batches b LEFT JOIN letters l ON l.batch_id = b.id
	GROUP BY b.id, b.day, b.made_at, b.taken_at, b.fetched_at, b.posted_at`

func scanBatch(row interface{ Scan(dest ...any) error }) (dossier.LetterBatch, error) {
	var b dossier.LetterBatch
	var made, taken, fetched, posted int64
	err := row.Scan(&b.ID, &b.Day, &made, &taken, &fetched, &posted, &b.Letters, &b.Lost, &b.Returned)
	b.MadeAt, b.TakenAt, b.FetchedAt, b.PostedAt = fromMicros(made), fromMicros(taken), fromMicros(fetched), fromMicros(posted)
	return b, err
}

// LetterBatches returns the newest batches, the newest first.
func (s *Store) LetterBatches(ctx context.Context, limit int) ([]dossier.LetterBatch, error) {
	var all []dossier.LetterBatch
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		b, err := scanBatch(rows)
		all = append(all, b)
		return err
	}, batchQuery+` ORDER BY b.made_at DESC, b.id DESC LIMIT ?`, limit)
	return all, classify("read batches", err)
}

// LetterBatch returns a batch by its id.
func (s *Store) LetterBatch(ctx context.Context, id string) (dossier.LetterBatch, error) {
	b, err := scanBatch(s.reader().row(ctx, batchQuery+` HAVING b.id = ?`, id))
	return b, classify("read batch", err)
}

// LetterlessPINs returns the issues that want a letter, by id, after one. Those
// whose first half is not out yet, or no longer good, wait: a letter says until
// when it is.
func (s *Store) LetterlessPINs(ctx context.Context, after string, limit int) ([]dossier.PINIssue, error) {
	return s.pinIssues(ctx, `p.state = 'letter_released' AND p.id > ? AND p.window_until > ?
		AND EXISTS (SELECT 1 FROM halves f WHERE f.pin_id = p.id AND f.n = 1) ORDER BY p.id LIMIT ?`,
		after, micros(s.clock.Now()), limit)
}

// CountLetterless counts the issues that want a letter, printable now or not.
func (s *Store) CountLetterless(ctx context.Context) (int, error) {
	var n int
	err := s.reader().row(ctx, `SELECT COUNT(*) FROM pins p WHERE p.state = 'letter_released'`).Scan(&n)
	return n, classify("count letters", err)
}

// ClosingPINs returns the issues whose window closes before a moment, while both
// halves are out or the PIN is still to be changed, and whose holder was not
// reminded of that yet.
func (s *Store) ClosingPINs(ctx context.Context, before time.Time, limit int) ([]dossier.PINIssue, error) {
	return s.pinIssues(ctx, `p.window_until > ? AND p.window_until <= ? AND p.state IN ('awaiting_activation', 'must_change')
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.dossier_id = '' AND m.kind = 'pin_reminder'
			AND m.occasion = p.id || '@' || CAST(p.window_until AS TEXT))
		ORDER BY p.window_until, p.id LIMIT ?`, micros(s.clock.Now()), micros(before), limit)
}

// OverduePINs returns the issues that are still to be changed although their
// window closed: it did while they were suspended.
func (s *Store) OverduePINs(ctx context.Context, limit int) ([]dossier.PINIssue, error) {
	return s.pinIssues(ctx, `p.window_until > 0 AND p.window_until <= ? AND p.state = 'must_change' ORDER BY p.window_until, p.id LIMIT ?`,
		micros(s.clock.Now()), limit)
}

func (s *Store) pinIssues(ctx context.Context, where string, args ...any) ([]dossier.PINIssue, error) {
	var all []dossier.PINIssue
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var r pinRow
		err := rows.Scan(r.dest()...)
		all = append(all, r.issue())
		return err
	}, `SELECT `+pinColumns+` FROM pins p WHERE `+where, args...)
	return all, classify("read PIN issues", err)
}
