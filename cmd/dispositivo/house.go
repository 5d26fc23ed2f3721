package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/blob"
	"dispositivo/internal/clock"
	"dispositivo/internal/operator"
	"dispositivo/internal/passhash"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/store"
	"dispositivo/internal/throttle"
	"dispositivo/internal/vault"
	"dispositivo/internal/webhook"
)

// house is what lies under every role: keys, database, blobs.
type house struct {
	keys   *seal.Keys
	store  *store.Store
	blobs  *blob.FS
	vault  *vault.Vault
	clock  clock.Clock
	logger *slog.Logger
	demo   bool
	// subscribers are told of state changes.
	subscribers []webhook.Subscriber
	// others are the requests that a core is kept free for.
	others passhash.Others
	// hashers compute hashes outside this process; nil: it does.
	hashers *passhash.Children
	// vouched is the file of checkpoints outside the database.
	vouched checkpointFile
	// faults is what the last reconciliation found; -1: it failed.
	faults atomic.Int64
	// box is where a demonstration's messages arrive.
	box box
}

// demoMark is the name in the store's meta table by which a demonstration's
// data is told from real data (DESIGN, section 5).
const demoMark = "demo"

func openHouse(env *environment, s storage, policy dossier.Policy, demo bool) (*house, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	keys, err := s.keys(env, demo)
	if err != nil {
		return nil, err
	}
	h := &house{keys: keys, clock: clock.System(), logger: env.logger, demo: demo}
	h.vouched.path = s.auditFile()
	subs, told, err := s.subscribers()
	if err != nil {
		return nil, err
	}
	h.subscribers = subs
	h.store, err = store.Open(env.ctx, store.Config{URL: s.database(), Keys: keys, Clock: h.clock, Policy: policy, Subscriptions: told})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := h.openBlobs(s); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) openBlobs(s storage) error {
	dir, err := s.blobs()
	if err != nil {
		return err
	}
	if h.blobs, err = blob.Open(dir); err != nil {
		return fmt.Errorf("open blobs: %w", err)
	}
	h.vault = vault.New(h.blobs, h.keys)
	return nil
}

func (h *house) close() error {
	var errs []error
	if h.blobs != nil {
		errs = append(errs, h.blobs.Close())
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	return errors.Join(errs...)
}

// checkMark refuses demonstration data without --demo and real data with it.
func (h *house) checkMark(ctx context.Context) error {
	mark, err := h.store.Meta(ctx, demoMark)
	if err != nil {
		return fmt.Errorf("read demo mark: %w", err)
	}
	if mark != "" {
		if !h.demo {
			return errors.New("this store holds a demonstration with known credentials; serve it with --demo, or use another data folder")
		}
		return nil
	}
	if !h.demo {
		return nil
	}
	empty, err := h.store.Empty(ctx)
	if err != nil {
		return fmt.Errorf("look into the store: %w", err)
	}
	if !empty {
		return errors.New("--demo needs an empty store, because its credentials are known to everybody; use another data folder")
	}
	return h.store.SetMeta(ctx, demoMark, "1")
}

// hasher makes and checks PINs and passwords.
func (h *house) hasher() *passhash.Hasher {
	options := []passhash.Option{passhash.YieldTo(&h.others)}
	if h.hashers != nil {
		options = append(options, passhash.In(h.hashers))
	}
	return passhash.New(h.keys.Pepper(), options...)
}

// hashInChildren has all hashers made from now on compute in children of this very
// binary, until end is called.
func (h *house) hashInChildren() (end func(), err error) {
	exe, err := ownBinary()
	if err != nil {
		return nil, err
	}
	h.hashers = passhash.NewChildren(h.logger, exe, hashChild)
	return h.hashers.Close, nil
}

func (h *house) sessions() *session.Keeper {
	return session.NewKeeper(h.store, h.clock, session.DefaultIdle)
}

func (h *house) operators(hasher *passhash.Hasher) *operator.Accounts {
	return operator.NewAccounts(operator.Config{
		Store: h.store, Guard: signin.NewGuard(h.store, h.clock), Sessions: h.sessions(),
		Hasher: hasher, Clock: h.clock, OneFactor: h.demo,
	})
}

// tries bounds how often one source may try to sign in or look up a status.
func (h *house) tries(burst int, every time.Duration) *throttle.Throttle {
	return throttle.New(h.clock, burst, every)
}

// ownBinary is what children run: on Linux the very file this process was started
// from, even when an upgrade has put another in its place, whose children might
// speak otherwise.
func ownBinary() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own binary: %w", err)
	}
	return exe, nil
}

// newSandbox returns a pool of children of this very binary.
func newSandbox(cacheDir string, size int, limits sandbox.Limits, logger *slog.Logger, clk clock.Clock) (*sandbox.Pool, error) {
	exe, err := ownBinary()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cacheDir, 0o700); err != nil {
		return nil, fmt.Errorf("make cache folder: %w", err)
	}
	return sandbox.New(sandbox.Config{
		Exe: exe, Args: []string{sandboxChild}, Size: size, CacheDir: cacheDir, Limits: limits, Logger: logger, Clock: clk,
	}), nil
}

// cacheDir keeps the compiled engines; it can be erased at any time.
func (s storage) cacheDir() string { return filepath.Join(s.Data, "cache") }
