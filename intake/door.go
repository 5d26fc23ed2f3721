package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
	"dispositivo/internal/vault"
)

// DefaultMaxBytes is the 1 MB of an uploaded file (C2).
const DefaultMaxBytes = 1 << 20

// maxIdempotencyKey bounds a client's key, in bytes: it is kept.
const maxIdempotencyKey = 255

// probeFor bounds the dialogue with the sandbox: with no verdict in time the
// upload is accepted and screened later (DESIGN, section 3).
const probeFor = 3 * time.Second

// Store is what the door needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	// Admitted returns CodeNotFound when nothing came under the key.
	Admitted(ctx context.Context, holderID, key string) (dossier.Outcome, error)
	// AdmittedPost returns CodeNotFound when nothing came under the external id.
	AdmittedPost(ctx context.Context, channel dossier.Channel, externalID string) (dossier.Submission, error)
	InsertRefusal(ctx context.Context, r dossier.Refusal) error
	// Refusals returns lines of the ledger, the newest first, at most limit.
	Refusals(ctx context.Context, f dossier.RefusalFilter, limit int) ([]dossier.Refusal, error)
}

// Prober looks at the structure of foreign bytes: *sandbox.Pool. It must not
// keep data after it has returned.
type Prober interface {
	Probe(ctx context.Context, data []byte, opts sandbox.ReadOptions) (sandbox.Report, error)
}

// Dossiers finds the holder's open dossier, or opens one.
type Dossiers interface {
	Open(ctx context.Context, actor dossier.Actor) (dossier.Dossier, error)
}

// Config holds the door's settings and what it works with.
type Config struct {
	Store    Store
	Vault    *vault.Vault
	Prober   Prober // nil: structure is looked at by the screening alone
	Dossiers Dossiers
	Hash     *seal.MAC // the keyed hash of plain bytes
	Clock    clock.Clock
	Logger   *slog.Logger
	MaxBytes int64 // 0: DefaultMaxBytes
}

// Door takes arrivals in. It is safe for concurrent use.
type Door struct {
	cfg Config
	// buffers are used again: a fresh megabyte for every upload keeps the garbage
	// collector busy.
	buffers sync.Pool // *bytes.Buffer
}

// NewDoor returns a door.
func NewDoor(cfg Config) *Door {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	return &Door{cfg: cfg, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// Accept takes in an upload: it reads the body, refuses at once what cannot be
// used, and returns a receipt when the bytes are safe on disk and committed.
//
// A refusal is a *dossier.Error whose Code is the finding's; nothing is kept
// of it but a line in the ledger. CodeUploadInterrupted means that the body
// broke off, CodeRequestInvalid that the idempotency key is none.
func (d *Door) Accept(ctx context.Context, a Arrival) (Receipt, error) {
	if err := a.Actor.Require(dossier.RoleCitizen); err != nil {
		return Receipt{}, err
	}
	if !validKey(a.IdempotencyKey) {
		return Receipt{}, dossier.Problem(dossier.CodeRequestInvalid)
	}
	buf, _ := d.buffers.Get().(*bytes.Buffer)
	defer d.buffers.Put(buf)
	if err := d.read(buf, a); err != nil {
		return Receipt{}, err
	}
	data := buf.Bytes()
	if out, err := d.earlier(ctx, a, data); dossier.CodeOf(err) != dossier.CodeNotFound {
		return receiptOf(out), err
	}
	target, err := d.cfg.Dossiers.Open(ctx, a.Actor)
	if err != nil {
		return Receipt{}, err
	}
	if err := d.check(ctx, a, data); err != nil {
		return Receipt{}, d.refuse(ctx, data, err)
	}
	return d.admit(ctx, a, target, data)
}

// validKey accepts at most 255 printable ASCII characters: what a header field
// can hold, and every database keep.
func validKey(key string) bool {
	return len(key) <= maxIdempotencyKey && !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
}

// read takes the body up to the limit and one byte on. The announced length
// saves the growing, which costs more than the reading; it is not believed
// beyond the limit.
func (d *Door) read(buf *bytes.Buffer, a Arrival) error {
	buf.Reset()
	buf.Grow(int(min(max(a.Declared, 0), d.cfg.MaxBytes)) + bytes.MinRead)
	if _, err := buf.ReadFrom(io.LimitReader(a.Body, d.cfg.MaxBytes+1)); err != nil {
		if known, ok := errors.AsType[*dossier.Error](err); ok {
			return known // the edge knows what was wrong with the request
		}
		return &dossier.Error{Code: dossier.CodeUploadInterrupted, Err: fmt.Errorf("read upload: %w", err)}
	}
	return nil
}

// check refuses what cannot be used: size and type here, structure in the
// sandbox. A sandbox without a verdict is no reason to refuse.
func (d *Door) check(ctx context.Context, a Arrival, data []byte) error {
	switch format := sandbox.Sniff(data); {
	case len(data) == 0:
		return dossier.Problem(dossier.Code(dossier.FileEmpty))
	case int64(len(data)) > d.cfg.MaxBytes:
		return d.tooLarge(max(int64(len(data)), a.Declared))
	case format != sandbox.FormatPDF && format != sandbox.FormatTIFF:
		return &dossier.Error{Code: dossier.Code(dossier.FileType), Args: map[string]string{"found": string(format)}}
	}
	if d.cfg.Prober == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	report, err := d.cfg.Prober.Probe(ctx, data, sandbox.ReadOptions{MaxBytes: d.cfg.MaxBytes})
	if err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "no verdict at the door, screening decides", slog.String("error", err.Error()))
		return nil
	}
	if report.Verdict != dossier.Rejected {
		return nil
	}
	return &dossier.Error{Code: dossier.Code(report.Code), Args: refusalArgs(report)}
}

// refusalArgs fill the placeholders of the refusal's text.
func refusalArgs(r sandbox.Report) map[string]string {
	if r.Code != dossier.PagesTooMany {
		return nil
	}
	for _, f := range r.Findings {
		var found, limit int
		if f.Code != dossier.PagesTooMany {
			continue
		}
		if n, _ := fmt.Sscanf(f.Detail, "%d of at most %d", &found, &limit); n == 2 {
			return map[string]string{"found": strconv.Itoa(found), "limit": strconv.Itoa(limit)}
		}
		if n, _ := fmt.Sscanf(f.Detail, "more than %d", &limit); n == 1 {
			return map[string]string{"found": "> " + strconv.Itoa(limit), "limit": strconv.Itoa(limit)}
		}
	}
	return nil
}

// tooLarge names the size the client announced: the body was not read to its end.
func (d *Door) tooLarge(size int64) error {
	return &dossier.Error{Code: dossier.Code(dossier.FileTooLarge), Args: map[string]string{
		"size": strconv.FormatInt(size, 10), "limit": strconv.FormatInt(d.cfg.MaxBytes, 10),
	}}
}

// admit makes the bytes safe and commits. Between the two a crash leaves an
// orphan blob, which is swept; after them the receipt holds.
func (d *Door) admit(ctx context.Context, a Arrival, target dossier.Dossier, data []byte) (Receipt, error) {
	now := d.cfg.Clock.Now()
	file := dossier.File{ID: ident.New(now), Bytes: int64(len(data)), Format: string(sandbox.Sniff(data))}
	sum := make(chan []byte, 1)
	go func() { sum <- d.cfg.Hash.Sum(data) }() // while Keep waits for the disk
	blob, wrapped, err := d.cfg.Vault.Keep(ctx, file.ID, data)
	file.KeyedHash = <-sum
	if err != nil {
		return Receipt{}, fmt.Errorf("keep upload: %w", err)
	}
	file.Blob, file.WrappedKey = blob, wrapped
	sub := dossier.Submission{
		ID: ident.New(now), Channel: dossier.ChannelUpload, HolderID: a.Actor.ID, DossierID: target.ID,
		Documents: []dossier.File{file},
	}
	out, err := d.cfg.Store.Apply(ctx, dossier.Change{
		Actor:   a.Actor,
		Dossier: &dossier.Move{ID: target.ID, Event: dossier.EventPagesAdded},
		Admit:   &dossier.Admission{Submission: sub, ExternalID: sub.ID, IdempotencyKey: a.IdempotencyKey, CompositionID: a.CompositionID},
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("admit upload: %w", err)
	}
	if out.Repeated {
		d.forget(ctx, blob)
	}
	return receiptOf(out), nil
}

func receiptOf(out dossier.Outcome) Receipt {
	return Receipt{
		DossierID: out.Submission.DossierID, SubmissionID: out.Submission.ID,
		Protocol: out.Submission.Protocol.String(), State: out.State, Repeated: out.Repeated,
	}
}

// earlier finds what came under the same key before, CodeNotFound when nothing
// did. A client that got no answer asks again, and must have its receipt even
// when its dossier was decided meanwhile and takes nothing more.
func (d *Door) earlier(ctx context.Context, a Arrival, data []byte) (dossier.Outcome, error) {
	if a.IdempotencyKey == "" {
		return dossier.Outcome{}, dossier.Problem(dossier.CodeNotFound)
	}
	out, err := d.cfg.Store.Admitted(ctx, a.Actor.ID, a.IdempotencyKey)
	if err != nil {
		return dossier.Outcome{}, fmt.Errorf("look for earlier upload: %w", err)
	}
	same := slices.ContainsFunc(out.Submission.Documents, func(f dossier.File) bool {
		return bytes.Equal(f.KeyedHash, d.cfg.Hash.Sum(data))
	})
	if !same {
		return dossier.Outcome{}, dossier.Problem(dossier.CodeIdempotency)
	}
	return out, nil
}

// forget removes the sealed bytes of a repeat; if that fails the sweep will.
func (d *Door) forget(ctx context.Context, blob string) {
	if err := d.cfg.Vault.Forget(ctx, blob); err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "repeat left an orphan blob for the sweep", slog.String("error", err.Error()))
	}
}
