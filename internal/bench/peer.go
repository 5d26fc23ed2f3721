package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// peerCommand is the hidden command that is the peer.
const peerCommand = "peer"

// bare is the peer: what a durable upload costs at the least.
type bare struct {
	dir    string
	folder *os.File
	db     *sql.DB
}

// servePeer serves the peer over a folder until ctx ends; it says its address
// on standard output.
func servePeer(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the bench's own folder
		return err
	}
	folder, err := os.Open(dir) //nolint:gosec // the bench's own folder
	if err != nil {
		return err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.Join(dir, "peer.db")}
	db, err := sql.Open("sqlite", dsn.String()+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE uploads (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL)`); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(os.Stdout, "http://%s/\n", l.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: &bare{dir: dir, folder: folder, db: db}, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (p *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := p.keep(r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (p *bare) keep(r *http.Request) error {
	form, err := r.MultipartReader()
	if err != nil {
		return err
	}
	part, err := form.NextPart()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(p.dir, "upload-")
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // synced before
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), part)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	name := hex.EncodeToString(hash.Sum(nil))
	if err := os.Rename(f.Name(), filepath.Join(p.dir, name)); err != nil {
		return err
	}
	if err := p.folder.Sync(); err != nil {
		return err
	}
	_, err = p.db.ExecContext(r.Context(), `INSERT INTO uploads (name, bytes) VALUES (?, ?)`, name, n)
	return err
}
