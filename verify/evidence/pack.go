package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/seal"
)

// folder holds the originals in the archive.
const folder = "originali/"

// packing is one archive on its way.
type packing struct {
	service  *Service
	actor    dossier.Actor
	dossier  dossier.Dossier
	zip      *zip.Writer
	manifest Manifest
}

// pack writes the files first: the manifest says what they turned out to be.
func (p *packing) pack(ctx context.Context) error {
	for _, sub := range p.dossier.Submissions {
		if err := p.submission(ctx, sub); err != nil {
			return err
		}
	}
	if err := p.writeManifest(ctx); err != nil {
		return err
	}
	if err := p.zip.Close(); err != nil {
		return fmt.Errorf("end archive: %w", err)
	}
	return nil
}

func (p *packing) submission(ctx context.Context, sub dossier.Submission) error {
	composed, err := p.service.store.ComposedOf(ctx, sub.HolderID, sub.ID)
	if err != nil {
		return fmt.Errorf("read what was put together: %w", err)
	}
	said := Submission{
		ID: sub.ID, Protocol: sub.Protocol.String(), Channel: sub.Channel, State: sub.State, ReceivedAt: sub.ReceivedAt.UTC(), Files: []File{},
	}
	for n, f := range append(composed, sub.Documents...) {
		file, err := p.file(ctx, sub, f, n+1)
		if err != nil {
			return err
		}
		said.Files = append(said.Files, file)
	}
	p.manifest.Submissions = append(p.manifest.Submissions, said)
	return nil
}

// file puts what came into the archive, and says how it stands.
func (p *packing) file(ctx context.Context, sub dossier.Submission, f dossier.File, n int) (File, error) {
	said := File{ID: f.ID, Format: f.Format, Bytes: f.Bytes, KeyedHash: hex.EncodeToString(f.KeyedHash)}
	if of := sub.MadeOf(f); of != "" {
		said.State, said.Of = StateDerived, of
		return said, nil
	}
	if f.Within != nil {
		said.State, said.Of = StateContained, f.Within.FileID
		return said, nil
	}
	if f.Blob == "" || len(f.WrappedKey) == 0 {
		said.State, p.manifest.Whole = StateErased, false
		return said, nil
	}
	if err := p.copy(ctx, sub, f, entryName(sub, f, n), &said); err != nil {
		return said, err
	}
	if !said.State.Damaged() {
		return said, nil
	}
	p.manifest.Whole = false
	detail := fmt.Sprintf(`{"export":%q,"file":%q,"state":%q}`, p.manifest.Export, f.ID, said.State)
	if err := p.service.store.NoteLook(ctx, p.actor, "evidence.damaged", p.dossier.ID, p.dossier.HolderID, detail); err != nil {
		return said, fmt.Errorf("log damaged evidence: %w", err)
	}
	return said, nil
}

// copy streams a file into the archive and holds it against its hash on the way. Only
// what hinders the archive itself is an error.
func (p *packing) copy(ctx context.Context, sub dossier.Submission, f dossier.File, name string, said *File) error {
	original, err := p.service.originals.Reader(ctx, f)
	if err != nil {
		said.State = stateOf(err)
		return ctx.Err()
	}
	defer original.Close() //nolint:errcheck // it was only read
	entry, err := p.create(name, sub.ReceivedAt)
	if err != nil {
		return err
	}
	from := &reading{from: original}
	sum, keyed := sha256.New(), p.service.hash.New()
	size, err := io.Copy(io.MultiWriter(entry, sum, keyed), from)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case from.err != nil:
		said.State = stateOf(from.err)
	case err != nil:
		return fmt.Errorf("write archive: %w", err)
	case size != f.Bytes || !bytes.Equal(keyed.Sum(nil), f.KeyedHash):
		said.State = StateAltered
	default:
		said.State = StateWhole
	}
	said.Entry, said.SHA256 = name, hex.EncodeToString(sum.Sum(nil))
	return nil
}

// create begins an entry. Deflate, because what is stored as it is cannot be unpacked
// while it comes in: its length stands behind it.
func (p *packing) create(name string, at time.Time) (io.Writer, error) {
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err != nil {
		return nil, fmt.Errorf("write archive: %w", err)
	}
	return w, nil
}

// reading tells what was wrong with the original from what was wrong with the archive.
type reading struct {
	from io.Reader
	err  error
}

// Read implements io.Reader.
func (r *reading) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func stateOf(err error) State {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return StateMissing
	case errors.Is(err, seal.ErrOpen):
		return StateAltered
	}
	return StateUnreadable
}

// entryName is the name of a submission's n-th file: the protocol number and what kind
// of bytes they are, by our own list.
func entryName(sub dossier.Submission, f dossier.File, n int) string {
	number := strings.ReplaceAll(sub.Protocol.String(), "/", "-")
	return fmt.Sprintf("%s%s-%02d.%s", folder, number, n, ending(sub, f))
}

func ending(sub dossier.Submission, f dossier.File) string {
	if isMail(sub, f) {
		return "eml"
	}
	switch f.Format {
	case "pdf", "png", "heic", "p7m":
		return f.Format
	case "tiff":
		return "tif"
	case "jpeg":
		return "jpg"
	}
	return "bin"
}

// isMail reports whether a file is a whole mail, whatever words it begins with: only a
// mail is kept unread without a copy of it that is read instead.
func isMail(sub dossier.Submission, f dossier.File) bool {
	copied := func(o dossier.File) bool { return sub.MadeOf(o) == f.ID }
	return f.Evidence && !slices.ContainsFunc(sub.Documents, copied)
}
