package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// batchMost bounds how many changes share a commit, and so how long the first
// of them waits for the others.
const batchMost = 64

// batcher lets the changes that wait for SQLite's one writing connection share
// a transaction and so its sync to disk, which is most of what a commit costs.
// Each change runs in its caller's goroutine, one after the other, behind a
// savepoint of its own: one that fails takes nothing of the others with it.
// Nobody gets an answer, good or bad, before what it saw is durable; if the
// commit fails, all fail.
type batcher struct {
	q runner // the writing connection; it must not be cut short by a context
	// waiting counts the callers before the lock. Whoever leaves it with others
	// waiting leaves the commit to them, so each of them must take the lock.
	waiting atomic.Int64
	mu      sync.Mutex
	open    *batch
}

// batch is one shared transaction, used under the batcher's lock.
type batch struct {
	changes int
	done    chan struct{}
	err     error // why nothing of it is kept; others read it after done
}

// do runs fn in a transaction and returns when it is durable, or undone. ctx is
// asked before fn runs; a change that has begun is carried through.
func (w *batcher) do(ctx context.Context, fn func(runner) error) error {
	b, err := w.join(ctx, fn)
	if b == nil {
		return err
	}
	<-b.done
	if b.err != nil {
		return b.err
	}
	return err
}

// join runs fn in the open batch, or as the first in one of its own. It returns
// no batch when there is nothing to wait for.
func (w *batcher) join(ctx context.Context, fn func(runner) error) (*batch, error) {
	w.waiting.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.Add(-1)
	defer w.finish() //nolint:contextcheck // a change that has begun is carried through
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.open != nil {
		b := w.open
		return b, w.guarded(b, fn) //nolint:contextcheck // likewise
	}
	if err := w.exec(`BEGIN IMMEDIATE`); err != nil { //nolint:contextcheck // likewise
		return nil, err
	}
	b := &batch{done: make(chan struct{})}
	w.open = b
	if err := w.alone(b, fn); err != nil { //nolint:contextcheck // likewise
		return nil, err
	}
	return b, nil
}

// finish commits the open batch, unless somebody waits who will.
func (w *batcher) finish() {
	b := w.open
	switch {
	case b == nil:
		return
	case b.err != nil: // undone already
	case w.waiting.Load() > 0 && b.changes < batchMost:
		return
	default:
		if b.err = w.exec(`COMMIT`); b.err != nil {
			w.rollback()
		}
	}
	w.open = nil
	close(b.done)
}

// alone runs the first change of a batch. If it fails, nothing is left.
func (w *batcher) alone(b *batch, fn func(runner) error) error {
	b.changes++
	kept := false
	defer func() {
		if !kept { // it failed or panicked
			b.err = errUndone
			w.rollback()
		}
	}()
	if err := fn(w.q); err != nil {
		return err
	}
	kept = true
	return nil
}

// errUndone marks a batch whose first change failed; nobody else is in it.
var errUndone = errors.New("the first change failed")

// guarded runs another change behind a savepoint.
func (w *batcher) guarded(b *batch, fn func(runner) error) error {
	b.changes++
	w.must(b, `SAVEPOINT change`)
	kept := false
	defer func() {
		if !kept {
			w.must(b, `ROLLBACK TO change`)
		}
		w.must(b, `RELEASE change`)
	}()
	if b.err != nil {
		return b.err
	}
	if err := fn(w.q); err != nil {
		return err
	}
	kept = true
	return nil
}

// must runs a statement without which the transaction is in an unknown state:
// if it fails, nothing of the batch is kept.
func (w *batcher) must(b *batch, statement string) {
	if b.err != nil {
		return
	}
	if b.err = w.exec(statement); b.err != nil {
		w.rollback()
	}
}

func (w *batcher) exec(statement string) error {
	if _, err := w.q.ExecContext(context.Background(), statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// rollback undoes the transaction; after some faults SQLite has done so itself.
func (w *batcher) rollback() {
	_ = w.exec(`ROLLBACK`) // says so when there is none left
}
