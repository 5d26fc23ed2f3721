// Package vault joins seal and blob: it keeps documents and page images sealed
// on disk, each document under a data key of its own, and opens them again.
//
// It must not decide who may look, nor log what it opens: callers check and log
// first.
package vault

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/blob"
	"dispositivo/internal/seal"
)

// Vault keeps sealed documents. It is safe for concurrent use.
type Vault struct {
	blobs *blob.FS
	keys  *seal.Keys
}

// New returns a vault over blobs, whose data keys are wrapped by keys.
func New(blobs *blob.FS, keys *seal.Keys) *Vault { return &Vault{blobs: blobs, keys: keys} }

// ad binds key and bytes to the file they belong to.
func ad(fileID string) []byte { return []byte("file:" + fileID) }

// Keep seals data under a new key of the file and returns when it is safe on
// disk: the blob's name and the wrapped key, both for the file's row.
func (v *Vault) Keep(ctx context.Context, fileID string, data []byte) (name string, wrapped []byte, err error) {
	key, wrapped, err := v.keys.NewDataKey(ad(fileID))
	if err != nil {
		return "", nil, fmt.Errorf("make file key: %w", err)
	}
	name, err = v.write(ctx, key, fileID, data)
	return name, wrapped, err
}

// Within returns a wrapped key for a file whose bytes stand in another (see
// dossier.Excerpt): for its pages and notes.
func (v *Vault) Within(fileID string) (wrapped []byte, err error) {
	if _, wrapped, err = v.keys.NewDataKey(ad(fileID)); err != nil {
		return nil, fmt.Errorf("make file key: %w", err)
	}
	return wrapped, nil
}

// Add seals more bytes of a file, such as a page image, under the key it has.
func (v *Vault) Add(ctx context.Context, f dossier.File, data []byte) (name string, err error) {
	key, err := v.keys.Unwrap(f.WrappedKey, ad(f.ID))
	if err != nil {
		return "", fmt.Errorf("open file key: %w", err)
	}
	return v.write(ctx, key, f.ID, data)
}

func (v *Vault) write(ctx context.Context, key seal.DataKey, fileID string, data []byte) (name string, err error) {
	w, err := v.blobs.Create(ctx)
	if err != nil {
		return "", temporary("create blob", err)
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	sealed, err := key.SealWriter(w, ad(fileID))
	if err != nil {
		return "", temporary("seal blob", err) // it has written the beginning
	}
	if _, err := sealed.Write(data); err != nil {
		return "", temporary("write blob", err)
	}
	if err := sealed.Close(); err != nil {
		return "", temporary("write blob", err)
	}
	name, _, err = w.Commit()
	if err != nil {
		return "", temporary("commit blob", err)
	}
	return name, nil
}

// Open returns the plain bytes that lie under name and belong to the file.
func (v *Vault) Open(ctx context.Context, f dossier.File, name string) ([]byte, error) {
	if e := f.Within; e != nil && name == f.Blob {
		whole, err := v.open(ctx, dossier.File{ID: e.FileID, WrappedKey: e.WrappedKey}, name)
		if err != nil {
			return nil, err
		}
		return cut(whole, *e)
	}
	return v.open(ctx, f, name)
}

// cut takes a file out of the evidence in which it stands.
func cut(whole []byte, e dossier.Excerpt) ([]byte, error) {
	if e.At < 0 || e.Length < 0 || e.At > int64(len(whole)) || e.Length > int64(len(whole))-e.At {
		return nil, errors.New("open blob: the evidence is shorter than its file")
	}
	coded := whole[e.At : e.At+e.Length]
	data := make([]byte, base64.StdEncoding.DecodedLen(len(coded)))
	n, err := base64.StdEncoding.Decode(data, coded)
	if err != nil {
		return nil, fmt.Errorf("open blob: decode file in evidence: %w", err)
	}
	return data[:n], nil
}

func (v *Vault) open(ctx context.Context, f dossier.File, name string) (data []byte, err error) {
	r, err := v.reader(ctx, f, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if data, err = io.ReadAll(r); err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	return data, nil
}

// Reader opens the bytes that came as a file, to be read piece by piece: nothing read
// counts before io.EOF. It must be closed. A file that stands in another has no bytes
// of its own (dossier.Excerpt).
func (v *Vault) Reader(ctx context.Context, f dossier.File) (io.ReadCloser, error) {
	if f.Within != nil {
		return nil, errors.New("open blob: the file stands in another")
	}
	return v.reader(ctx, f, f.Blob)
}

func (v *Vault) reader(ctx context.Context, f dossier.File, name string) (io.ReadCloser, error) {
	key, err := v.keys.Unwrap(f.WrappedKey, ad(f.ID))
	if err != nil {
		return nil, fmt.Errorf("open file key: %w", err)
	}
	sealed, err := v.blobs.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	plain, err := key.OpenReader(sealed, ad(f.ID))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open blob: %w", err), sealed.Close())
	}
	return opened{Reader: plain, Closer: sealed}, nil
}

// opened reads plain bytes and closes the sealed ones below.
type opened struct {
	io.Reader
	io.Closer
}

// SealNote seals a few bytes about a file, such as what was read off it, under
// the file's key, for a column of its row.
func (v *Vault) SealNote(f dossier.File, note []byte) ([]byte, error) {
	key, err := v.keys.Unwrap(f.WrappedKey, ad(f.ID))
	if err != nil {
		return nil, fmt.Errorf("open file key: %w", err)
	}
	sealed, err := key.Seal(note, adNote(f.ID))
	if err != nil {
		return nil, fmt.Errorf("seal note: %w", err)
	}
	return sealed, nil
}

// OpenNote opens what SealNote made.
func (v *Vault) OpenNote(f dossier.File, sealed []byte) ([]byte, error) {
	key, err := v.keys.Unwrap(f.WrappedKey, ad(f.ID))
	if err != nil {
		return nil, fmt.Errorf("open file key: %w", err)
	}
	note, err := key.Open(sealed, adNote(f.ID))
	if err != nil {
		return nil, fmt.Errorf("open note: %w", err)
	}
	return note, nil
}

func adNote(fileID string) []byte { return []byte("files.note:" + fileID) }

// Forget removes a blob; one that is not there is forgotten already.
func (v *Vault) Forget(ctx context.Context, name string) error {
	if err := v.blobs.Remove(ctx, name); err != nil && !errors.Is(err, blob.ErrNotExist) {
		return fmt.Errorf("remove blob: %w", err)
	}
	return nil
}

// Sweep removes the blobs older than before that no row knows: what a crash
// between disk and commit left behind. It returns how many.
func (v *Vault) Sweep(ctx context.Context, before time.Time, inUse func(context.Context, string) (bool, error)) (int, error) {
	swept := 0
	err := v.blobs.Walk(ctx, func(name string, _ int64, modified time.Time) error {
		if !modified.Before(before) {
			return nil
		}
		used, err := inUse(ctx, name)
		if err != nil || used {
			return err
		}
		swept++
		return v.Forget(ctx, name)
	})
	if err != nil {
		return swept, fmt.Errorf("sweep blobs: %w", err)
	}
	return swept, nil
}

// temporary says that the disk, not the sender, is at fault.
func temporary(what string, err error) error {
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("%s: %w", what, err)}
}
