package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
)

const (
	// auditRows is how many rows of the log one turn seals, sealRows how many one
	// transaction does, as the server's.
	auditRows = 80 * holders
	sealRows  = 500
	// auditLoad is the load that sealing must keep up with, in rows a second.
	auditLoad = 500
)

// audit prints how many rows of the log are sealed each second, while others are
// being written.
func (b *bench) audit(ctx context.Context) (err error) {
	dir := filepath.Join(b.dir, "audit")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	key, pepper := filepath.Join(dir, "master.key"), filepath.Join(dir, "pepper.key")
	if err := seal.CreateKeys(key, pepper); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	keys, err := seal.LoadKeys(key, pepper)
	if err != nil {
		return fmt.Errorf("load keys: %w", err)
	}
	s, err := store.Open(ctx, store.Config{
		URL: filepath.Join(dir, "dispositivo.db"), Keys: keys, Clock: clock.System(), Policy: dossier.DefaultPolicy(),
	})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var rates []float64
	for range turns {
		if err := writeLog(ctx, s, auditRows); err != nil {
			return err
		}
		rate, err := sealRate(ctx, s)
		if err != nil {
			return err
		}
		rates = append(rates, rate)
	}
	rate := median(rates)
	b.print("audit_seal", rate, auditLoad, rate/auditLoad, "rows/s", "higher-is-better")
	return nil
}

// writeLog writes rows as transactions do, many at once.
func writeLog(ctx context.Context, s *store.Store, rows int) error {
	var wg sync.WaitGroup
	errs := make([]error, holders)
	for n := range holders {
		wg.Go(func() {
			for range rows / holders {
				if errs[n] = writeRow(ctx, s); errs[n] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func writeRow(ctx context.Context, s *store.Store) error {
	_, err := s.Apply(ctx, dossier.Change{
		Actor: dossier.System("bench"), Effects: []dossier.Effect{dossier.NoteAsked{HolderID: ident.New(clock.System().Now())}},
	})
	return err
}

// sealRate seals what waits, while one writer goes on at the load.
func sealRate(ctx context.Context, s *store.Store) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- writeSteadily(ctx, s) }()
	clk := clock.System()
	sealed, since := 0, clk.Now()
	for sealed < auditRows {
		done, err := s.SealAudit(ctx, sealRows)
		if err != nil {
			return 0, fmt.Errorf("seal: %w", err)
		}
		sealed += done.Sealed
	}
	rate := float64(sealed) / clk.Now().Sub(since).Seconds()
	cancel()
	return rate, <-failed
}

// writeSteadily writes auditLoad rows a second until ctx ends.
func writeSteadily(ctx context.Context, s *store.Store) error {
	tick := clock.System().NewTicker(time.Second / auditLoad)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		}
		if err := writeRow(context.WithoutCancel(ctx), s); err != nil {
			return err
		}
	}
}
