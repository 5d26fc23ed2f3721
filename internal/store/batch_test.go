package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// newBatch returns a batcher over a fresh SQLite file with a table t, with
// faults to inject into it, and a reading connection.
func newBatch(t *testing.T) (*batcher, *faults, *sql.DB) {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "db") + "?_pragma=journal_mode(WAL)"
	write, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := newPrepared(conn, true)
	if _, err := q.ExecContext(t.Context(), `CREATE TABLE t (n INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	read, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, err := range []error{q.close(), conn.Close(), write.Close(), read.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	f := &faults{runner: q, fail: map[string]error{}}
	return &batcher{q: f}, f, read
}

// faults lets statements fail as a full disk would.
type faults struct {
	runner
	fail    map[string]error
	commits int
}

func (f *faults) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if query == `COMMIT` {
		f.commits++
	}
	if err := f.fail[query]; err != nil {
		return nil, err
	}
	return f.runner.ExecContext(ctx, query, args...)
}

func put(n int) func(runner) error {
	return func(q runner) error {
		_, err := q.ExecContext(context.Background(), `INSERT INTO t (n) VALUES (?)`, n)
		return err
	}
}

func rows(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM t`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// together runs changes as one batch: the first is held until all others wait.
func together(t *testing.T, w *batcher, first func(runner) error, others ...func(runner) error) []error {
	t.Helper()
	errs := make([]error, 1+len(others))
	inside, goOn := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	run := func(i int, fn func(runner) error) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panicked: %v", p)
				}
			}()
			errs[i] = w.do(t.Context(), fn)
		})
	}
	run(0, func(q runner) error {
		close(inside)
		<-goOn
		return first(q)
	})
	<-inside
	for i, fn := range others {
		run(i+1, fn)
	}
	for w.waiting.Load() < int64(len(others)) {
		runtime.Gosched() // they are on their way to the lock
	}
	close(goOn)
	wg.Wait()
	return errs
}

var errOwn = errors.New("the change's own error")

func fails(n int) func(runner) error {
	return func(q runner) error { return errors.Join(put(n)(q), errOwn) }
}

func TestBatchSharesCommit(t *testing.T) {
	t.Parallel()
	w, f, read := newBatch(t)
	panics := func(q runner) error { _ = put(5)(q); panic("oh") }
	errs := together(t, w, put(1), put(2), fails(3), put(4), panics, put(6), put(1))
	for i, want := range []bool{true, true, false, true, false, true, false} {
		if (errs[i] == nil) != want {
			t.Errorf("change %d: %v", i, errs[i])
		}
	}
	if n := rows(t, read); n != 4 || f.commits != 1 {
		t.Errorf("%d rows by %d commits, want 4 by 1", n, f.commits)
	}
}

func TestBatchFirstFails(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(runner) error{
		"error": fails(1), "panic": func(q runner) error { _ = put(1)(q); panic("oh") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, read := newBatch(t)
			errs := together(t, w, first, put(2), put(3))
			if errs[0] == nil || errs[1] != nil || errs[2] != nil || rows(t, read) != 2 {
				t.Errorf("%v, %d rows", errs, rows(t, read))
			}
		})
	}
}

// proves promise 1: nobody is told yes when the commit fails, nor a no that
// rests on what was not kept.
func TestBatchCommitFails(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{`COMMIT`, `ROLLBACK TO change`, `RELEASE change`} {
		w, f, read := newBatch(t)
		full := errors.New("disk full")
		f.fail[statement] = full
		for i, err := range together(t, w, put(1), fails(2)) {
			if !errors.Is(err, full) {
				t.Errorf("%s fails, change %d: %v", statement, i, err)
			}
		}
		delete(f.fail, statement)
		if err := w.do(t.Context(), put(3)); err != nil || rows(t, read) != 1 {
			t.Errorf("after %s failed: %v, %d rows", statement, err, rows(t, read))
		}
	}
}

// Whoever gives up before the lock leaves nobody behind without a commit.
func TestBatchGivenUp(t *testing.T) {
	t.Parallel()
	w, _, read := newBatch(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := w.do(t.Context(), func(q runner) error {
		gone := make(chan error, 1)
		go func() { gone <- w.do(ctx, put(2)) }() //nolint:contextcheck // a batch passes none
		for w.waiting.Load() == 0 {
			runtime.Gosched() // it is on its way to the lock
		}
		cancel()
		t.Cleanup(func() {
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		return put(1)(q) //nolint:contextcheck // likewise
	})
	if err != nil || rows(t, read) != 1 {
		t.Errorf("%v, %d rows", err, rows(t, read))
	}
}

// Many at once, some of whom fail: every yes is kept, every no is not.
func TestBatchMany(t *testing.T) {
	t.Parallel()
	w, f, read := newBatch(t)
	var wg sync.WaitGroup
	for n := range 500 {
		wg.Go(func() {
			fn, want := put(n), error(nil)
			if n%7 == 0 {
				fn, want = fails(n), errOwn
			}
			if err := w.do(t.Context(), fn); !errors.Is(err, want) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := rows(t, read); n != 500-72 {
		t.Errorf("%d rows", n)
	}
	t.Logf("%d commits", f.commits)
}
