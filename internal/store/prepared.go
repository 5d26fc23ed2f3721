package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// preparer is *sql.DB or *sql.Conn.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepared runs every text as a statement that is prepared once: with SQLite
// parsing costs more than most statements. The texts are those of this package,
// so there is an end to them. It is safe for concurrent use as far as its
// preparer is.
type prepared struct {
	on preparer
	// whole carries a statement through even when its context ends: SQLite would
	// undo the whole transaction of an interrupted one.
	whole bool

	mu         sync.RWMutex
	statements map[string]*sql.Stmt
}

func newPrepared(on preparer, whole bool) *prepared {
	return &prepared{on: on, whole: whole, statements: map[string]*sql.Stmt{}}
}

func (p *prepared) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	st := p.statements[query]
	p.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if st := p.statements[query]; st != nil {
		return st, nil
	}
	st, err := p.on.PrepareContext(context.WithoutCancel(ctx), query) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return nil, err
	}
	p.statements[query] = st
	return st, nil
}

func (p *prepared) bound(ctx context.Context) context.Context {
	if p.whole {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// ExecContext implements runner.
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := p.statement(ctx, query) //nolint:sqlclosecheck // likewise
	if err != nil {
		return nil, err
	}
	return st.ExecContext(p.bound(ctx), args...)
}

// QueryContext implements runner.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := p.statement(ctx, query) //nolint:sqlclosecheck // likewise
	if err != nil {
		return nil, err
	}
	return st.QueryContext(p.bound(ctx), args...)
}

func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, st := range p.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}
