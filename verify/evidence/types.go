package evidence

import (
	"context"
	"io"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
)

// Reason is why originals are handed out; it goes into the log and the manifest.
type Reason string

// The reasons.
const (
	ReasonCourt     Reason = "court_order"     // a court or a prosecutor asks for them
	ReasonFraud     Reason = "fraud_suspected" // they are looked into as forged
	ReasonDisputed  Reason = "disputed"        // somebody says that they were not sent, or others were
	ReasonHolder    Reason = "holder_asks"     // the holder asks for a copy of the own data (GDPR, art. 15)
	ReasonOversight Reason = "oversight"       // the agency's own control
)

// Reasons lists every one, in the order in which they are offered.
func Reasons() []Reason {
	return []Reason{ReasonCourt, ReasonFraud, ReasonDisputed, ReasonHolder, ReasonOversight}
}

// State says how a file of the dossier stands.
type State string

// The states. Of those that are damaged there is a row in the log.
const (
	// StateWhole: in the archive, byte for byte as it came.
	StateWhole State = "whole"
	// StateErased: its key was destroyed, after its time or with its holder (C14).
	StateErased State = "erased"
	// StateMissing: its bytes are not there, though nobody erased them.
	StateMissing State = "missing"
	// StateAltered: what is kept is not what came. The archive has what could be
	// read, which proves nothing.
	StateAltered State = "altered"
	// StateUnreadable: the disk does not give it back. The archive has what could be
	// read.
	StateUnreadable State = "unreadable"
	// StateContained: it stands within another file, such as an attachment in a mail,
	// and is not in the archive for itself.
	StateContained State = "contained"
	// StateDerived: the machine made it of another file, to read it. It did not come,
	// and is not in the archive.
	StateDerived State = "derived"
)

// Damaged reports whether the file should be there as it came, and is not.
func (s State) Damaged() bool { return s == StateMissing || s == StateAltered || s == StateUnreadable }

// Store is what the export needs of the database.
type Store interface {
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	// Holder returns CodeNotFound for one who was erased.
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	// ComposedOf returns the originals that a holder's submission was put together of
	// ("make it fit"), in order; none for one that was not.
	ComposedOf(ctx context.Context, holderID, submissionID string) ([]dossier.File, error)
	// DossierLog returns the entries about a dossier, its submissions and their files
	// behind a row, the oldest first, at most limit.
	DossierLog(ctx context.Context, dossierID string, after int64, limit int) ([]audit.Entry, error)
	// NoteLook commits an entry of the log.
	NoteLook(ctx context.Context, who dossier.Actor, action, subject, holderID, detail string) error
}

// Originals opens what was kept: *vault.Vault. Nothing read counts before io.EOF. The
// error wraps fs.ErrNotExist for bytes that are not there, and seal.ErrOpen for those
// that are not what was kept.
type Originals interface {
	Reader(ctx context.Context, f dossier.File) (io.ReadCloser, error)
}

// Config is what a Service works with; every field is required.
type Config struct {
	Store     Store
	Originals Originals
	// Hash is the keyed hash that a file's row has of its plain bytes.
	Hash  *seal.MAC
	Clock clock.Clock
}

// Manifest is what manifest.json says, before the log of the dossier, which follows
// in it under "log" as a list of Entry.
type Manifest struct {
	Format string `json:"format"` // always manifestFormat
	// Export is the export's own id: the archive's name and the log have it too.
	Export string    `json:"export"`
	At     time.Time `json:"at"`
	// By is who took it, as the log names operators: "role:ID".
	By       string `json:"by"`
	Reason   Reason `json:"reason"`
	Dossier  string `json:"dossier"`
	HolderID string `json:"holder_id"`
	// State and Version are the dossier's when the export began.
	State   dossier.State `json:"state"`
	Version int64         `json:"version"`
	Office  string        `json:"office"`
	// Whole: every file that came is in the archive as it came.
	Whole       bool         `json:"whole"`
	Submissions []Submission `json:"submissions"`
}

// Submission is one arrival.
type Submission struct {
	ID         string                  `json:"id"`
	Protocol   string                  `json:"protocol"`
	Channel    dossier.Channel         `json:"channel"`
	State      dossier.SubmissionState `json:"state"`
	ReceivedAt time.Time               `json:"received_at"`
	Files      []File                  `json:"files"`
}

// File is one file of a submission.
type File struct {
	ID string `json:"id"`
	// Entry is its name in the archive; "": it is not there.
	Entry string `json:"entry,omitempty"`
	State State  `json:"state"`
	// Of is the file that it is contained in, or was derived of.
	Of     string `json:"of,omitempty"`
	Format string `json:"format,omitempty"`
	// Bytes is its size as it came.
	Bytes int64 `json:"bytes"`
	// SHA256 is that of the entry, in hex; "" when there is none.
	SHA256 string `json:"sha256,omitempty"`
	// KeyedHash is what the row has kept since it came, in hex: the agency alone can
	// compare another file with it, also after the erasure.
	KeyedHash string `json:"keyed_hash"`
}

// Entry is one row of the log about the dossier, with what proves it.
type Entry struct {
	Row int64 `json:"row"`
	// Seq is its place in the chain; 0: it was not sealed yet.
	Seq      int64     `json:"entry"`
	UID      string    `json:"uid"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Subject  string    `json:"subject"`
	HolderID string    `json:"holder_id"`
	Detail   string    `json:"detail"`
	// Stamp and Chain are the row's keyed hashes, in hex.
	Stamp string `json:"stamp"`
	Chain string `json:"chain,omitempty"`
}
