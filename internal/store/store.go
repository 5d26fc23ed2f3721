package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the SQLite driver

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
)

//go:embed migrations
var migrations embed.FS

// Config says which database to open and with what rules.
type Config struct {
	// URL is postgres://… or the path of a SQLite file.
	URL    string
	Keys   *seal.Keys
	Clock  clock.Clock
	Policy dossier.Policy
	// Subscriptions are told of state changes. Every process over the same
	// database must name the same.
	Subscriptions []dossier.Subscription
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	write *sql.DB
	read  *sql.DB
	// With SQLite there is a single writing connection, so that writers queue in
	// Go instead of failing with SQLITE_BUSY, and share commits.
	writer  *batcher
	reads   runner
	closers []func() error
	dialect dialect
	keys    *seal.Keys
	macCF   *seal.MAC
	// macAudit stamps and links the log.
	macAudit *seal.MAC
	clock    clock.Clock
	policy   dossier.Policy
	// subscriptions: see Config.
	subscriptions []dossier.Subscription
	rome          *time.Location
	bell          chan struct{}
}

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("load Europe/Rome: %w", err)
	}
	s := &Store{
		keys: cfg.Keys, macCF: cfg.Keys.MAC("codice_fiscale"), macAudit: cfg.Keys.MAC("audit"), clock: cfg.Clock,
		policy: cfg.Policy, subscriptions: cfg.Subscriptions, rome: rome, bell: make(chan struct{}, 1),
	}
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		err = s.openPostgres(cfg.URL)
	} else {
		err = s.openSQLite(cfg.URL)
	}
	if err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openPostgres(rawURL string) error {
	s.dialect = postgres
	db, err := sql.Open("pgx", rawURL)
	if err != nil {
		return fmt.Errorf("open postgres: %w", err)
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(16)
	s.write, s.read, s.reads = db, db, db
	s.closers = append(s.closers, db.Close)
	return nil
}

// keepToOwner makes the database's file readable by its owner alone, whatever folder it
// lies in: SQLite would make it for everybody, and gives its other files the mode of this
// one. A file that is there is not opened, because to close it would end SQLite's locks.
func keepToOwner(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the database that the settings name
		if errors.Is(err, fs.ErrExist) {                                      // another process was faster
			return nil
		}
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, 0o600)
}

// openSQLite opens one writing connection and several reading ones. WAL with
// synchronous=FULL: a commit is on disk before it is acknowledged (promise 1).
func (s *Store) openSQLite(path string) error {
	s.dialect = sqlite
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	if err := keepToOwner(abs); err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	dsn := func(extra string) string {
		u := url.URL{Scheme: "file", Path: abs}
		return u.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
			"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(2)" + extra
	}
	if s.write, err = sql.Open("sqlite", dsn("&_txlock=immediate")); err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	s.closers = append(s.closers, s.write.Close)
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn("&_pragma=query_only(1)")); err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	reads := newPrepared(s.read, false)
	s.reads = reads
	s.closers = append(s.closers, s.read.Close, reads.close)
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations/"+s.dialect.name)
	if err != nil {
		return fmt.Errorf("find migrations: %w", err)
	}
	p, err := goose.NewProvider(s.dialect.goose, s.write, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if s.dialect.name == sqlite.name {
		return s.startWriter(ctx)
	}
	return nil
}

// startWriter takes the writing connection for good.
func (s *Store) startWriter(ctx context.Context) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open sqlite: %w", err)
	}
	q := newPrepared(conn, true)
	s.writer = &batcher{q: q}
	s.closers = append(s.closers, conn.Close, q.close)
	return nil
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return unavailable("ping", err)
	}
	return nil
}

// Bell is signalled after every commit that left an open task, so that the
// relay need not wait for its next look.
func (s *Store) Bell() <-chan struct{} { return s.bell }

func (s *Store) ring() {
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}

// attempts bounds how often a transaction is tried again after PostgreSQL
// chose it as the victim of a deadlock or serialisation failure.
const attempts = 5

// tx runs fn in one transaction of the writing side. fn may run again from the
// start, so it must do nothing but SQL.
func (s *Store) tx(ctx context.Context, what string, fn func(*tx) error) error {
	var err error
	for range attempts {
		if err = s.tryTx(ctx, fn); !retryable(err) {
			break
		}
	}
	return classify(what, err)
}

func (s *Store) tryTx(ctx context.Context, fn func(*tx) error) error {
	t := &tx{s: s}
	run := func(q runner) error {
		t.querier, t.now = querier{q: q, d: s.dialect}, s.clock.Now()
		return fn(t)
	}
	var err error
	if s.writer != nil {
		err = s.writer.do(ctx, run)
	} else {
		err = s.ownTx(ctx, run)
	}
	if err == nil && t.rings {
		s.ring()
	}
	return err
}

// ownTx runs fn in a transaction of its own.
func (s *Store) ownTx(ctx context.Context, fn func(runner) error) error {
	sqlTx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(sqlTx); err != nil {
		return errors.Join(err, ignoreDone(sqlTx.Rollback()))
	}
	return sqlTx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// errRace lets a transaction begin again after another one won a race that a
// UNIQUE constraint decided.
var errRace = errors.New("lost a race")

func retryable(err error) bool {
	if errors.Is(err, errRace) {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

// classify turns what the driver said into the one error type. Domain errors
// pass; a missing row is not_found; everything else is a passing fault.
func classify(what string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*dossier.Error](err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: fmt.Errorf("%s: %w", what, err)}
	}
	return unavailable(what, err)
}

func unavailable(what string, err error) error {
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("%s: %w", what, err)}
}

// reader returns the reading side.
func (s *Store) reader() querier { return querier{q: s.reads, d: s.dialect} }
