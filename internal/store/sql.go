package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	moderncsqlite "modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"dispositivo/dossier"
)

// dialect is what little differs between the two databases.
type dialect struct {
	name  string
	goose goose.Dialect
	// numbered placeholders: $1 instead of ?.
	numbered bool
	// lock is appended to a SELECT whose row the transaction will change.
	lock string
	// skip is lock for claims: rows in other hands are passed over.
	skip string
}

var (
	sqlite   = dialect{name: "sqlite", goose: goose.DialectSQLite3}
	postgres = dialect{
		name: "postgres", goose: goose.DialectPostgres, numbered: true,
		lock: " FOR UPDATE", skip: " FOR UPDATE SKIP LOCKED",
	}
)

// runner is *sql.DB or *sql.Tx, or *prepared with SQLite.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// querier runs the common SQL text on either database.
type querier struct {
	q runner
	d dialect
}

// tx is one transaction: one time for everything in it.
type tx struct {
	querier
	s     *Store
	now   time.Time
	rings bool // an open task was written
}

// text rewrites ? into $1, $2 … for PostgreSQL. Our texts hold no ? in strings.
func (q querier) text(query string) string {
	if !q.d.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for {
		head, tail, found := strings.Cut(query, "?")
		b.WriteString(head)
		if !found {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		query = tail
	}
}

func (q querier) exec(ctx context.Context, query string, args ...any) error {
	_, err := q.q.ExecContext(ctx, q.text(query), args...)
	return err
}

// execN returns how many rows changed.
func (q querier) execN(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := q.q.ExecContext(ctx, q.text(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (q querier) row(ctx context.Context, query string, args ...any) firstRow {
	rows, err := q.q.QueryContext(ctx, q.text(query), args...) //nolint:rowserrcheck // Scan asks, and closes
	return firstRow{rows: rows, err: err}
}

// firstRow is what *sql.Row is, for any runner.
type firstRow struct {
	rows *sql.Rows
	err  error
}

// Scan reads the row, sql.ErrNoRows when there is none.
func (r firstRow) Scan(dest ...any) (err error) {
	if r.err != nil {
		return r.err
	}
	defer func() { err = errors.Join(err, r.rows.Close()) }()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return r.rows.Scan(dest...)
}

// each calls scan for every row of the answer.
func (q querier) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := q.q.QueryContext(ctx, q.text(query), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// micros and fromMicros keep times as integers, alike in both databases; the
// zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// duplicate reports a broken UNIQUE constraint.
func duplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*moderncsqlite.Error](err); ok {
		return lite.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

func conflict(why string) error {
	return &dossier.Error{Code: dossier.CodeConflict, Err: errors.New(why)}
}
