package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
)

// addTask writes an open task; the commit rings the bell.
func (t *tx) addTask(ctx context.Context, kind dossier.TaskKind, subject string, due time.Time) error {
	err := t.exec(ctx, `INSERT INTO outbox (id, kind, subject, due_at, rung_at, attempt, closed_at, created_at)
		VALUES (?, ?, ?, ?, 0, 0, 0, ?)`, ident.New(t.now), string(kind), subject, micros(due), micros(t.now))
	if err != nil {
		return fmt.Errorf("add task %s: %w", kind, err)
	}
	t.rings = true
	return nil
}

// DueTasks returns at most limit open tasks whose time has come and which were
// not rung since rungBefore, the longest due first.
func (s *Store) DueTasks(ctx context.Context, rungBefore time.Time, limit int) ([]dossier.Task, error) {
	var tasks []dossier.Task
	err := s.reader().each(ctx, func(rows *sql.Rows) error {
		var task dossier.Task
		var due int64
		if err := rows.Scan(&task.ID, &task.Kind, &task.Subject, &task.Attempt, &due); err != nil {
			return err
		}
		task.DueAt = fromMicros(due)
		tasks = append(tasks, task)
		return nil
	}, `SELECT id, kind, subject, attempt, due_at FROM outbox
		WHERE closed_at = 0 AND due_at <= ? AND rung_at < ? ORDER BY due_at, id LIMIT ?`,
		micros(s.clock.Now()), micros(rungBefore), limit)
	if err != nil {
		return nil, unavailable("read due tasks", err)
	}
	return tasks, nil
}

// MarkRung notes that the tasks, as DueTasks returned them, were handed to the queue
// just now. A worker may have been so quick that one is postponed already: that one
// is rung again when it is due, under the name of another attempt.
func (s *Store) MarkRung(ctx context.Context, tasks []dossier.Task) error {
	return s.tx(ctx, "mark tasks rung", func(t *tx) error {
		for _, task := range tasks {
			err := t.exec(ctx, `UPDATE outbox SET rung_at = CASE WHEN due_at = ? THEN ? ELSE rung_at END, attempt = attempt + 1
				WHERE id = ? AND closed_at = 0`, micros(task.DueAt), micros(t.now), task.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TakeTask gives an open task to one worker alone: two rings of it may lie in
// the queue. It reports false when the task is closed, or when a worker took it
// up at deadBefore or later and so may still be at it. failures is how often the
// task has failed so far.
func (s *Store) TakeTask(ctx context.Context, id string, deadBefore time.Time) (failures int, taken bool, err error) {
	err = s.tx(ctx, "take task", func(t *tx) error {
		failures, taken = 0, false
		n, err := t.execN(ctx, `UPDATE outbox SET rung_at = ?, taken_at = ? WHERE id = ? AND closed_at = 0 AND taken_at < ?`,
			micros(t.now), micros(t.now), id, micros(deadBefore))
		if err != nil || n == 0 {
			return err
		}
		taken = true
		return t.row(ctx, `SELECT failures FROM outbox WHERE id = ?`, id).Scan(&failures)
	})
	return failures, taken, err
}

// HoldTask says that whoever took a task up is still at it.
func (s *Store) HoldTask(ctx context.Context, id string) error {
	return s.tx(ctx, "hold task", func(t *tx) error {
		return t.exec(ctx, `UPDATE outbox SET rung_at = ?, taken_at = ? WHERE id = ? AND closed_at = 0 AND taken_at <> 0`,
			micros(t.now), micros(t.now), id)
	})
}

// PostponeTask lets a task that failed be rung again at due, for any worker.
func (s *Store) PostponeTask(ctx context.Context, id string, due time.Time) error {
	return s.tx(ctx, "postpone task", func(t *tx) error {
		return t.exec(ctx, `UPDATE outbox SET due_at = ?, rung_at = 0, taken_at = 0, failures = failures + 1
			WHERE id = ? AND closed_at = 0`, micros(due), id)
	})
}

// CloseTask closes a task that turned out to need no work.
func (s *Store) CloseTask(ctx context.Context, id string) error {
	return s.tx(ctx, "close task", func(t *tx) error {
		return t.exec(ctx, `UPDATE outbox SET closed_at = ? WHERE id = ? AND closed_at = 0`, micros(t.now), id)
	})
}

// UnringTasks makes every open task be rung again, on start, since the queue may
// have forgotten what it held; but not one that a worker took up at deadBefore
// or later, who may still be at it.
func (s *Store) UnringTasks(ctx context.Context, deadBefore time.Time) error {
	return s.tx(ctx, "unring tasks", func(t *tx) error {
		return t.exec(ctx, `UPDATE outbox SET rung_at = 0, taken_at = 0
			WHERE closed_at = 0 AND rung_at <> 0 AND taken_at < ?`, micros(deadBefore))
	})
}

// OpenTasks counts the open tasks that are due, and tells since when the
// oldest is: the two figures that show a queue falling behind.
func (s *Store) OpenTasks(ctx context.Context) (count int, oldest time.Time, err error) {
	var at sql.NullInt64
	row := s.reader().row(ctx, `SELECT COUNT(*), MIN(due_at) FROM outbox WHERE closed_at = 0 AND due_at <= ?`, micros(s.clock.Now()))
	if err := row.Scan(&count, &at); err != nil {
		return 0, time.Time{}, unavailable("count tasks", err)
	}
	return count, fromMicros(at.Int64), nil
}
