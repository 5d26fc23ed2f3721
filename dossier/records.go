package dossier

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"time"
)

// Submission is something that arrived and got a protocol number.
type Submission struct {
	ID         string
	Protocol   Protocol
	Channel    Channel
	State      SubmissionState
	HolderID   string
	DossierID  string
	Cleared    bool // an operator let it be read in spite of active content
	ReceivedAt time.Time
	// Office is whose scanner left it in the scan folder (C6); "" for all that came
	// otherwise.
	Office    string
	Documents []File
	Findings  []Finding
	// Refusal is why an operator refused it; "": none did.
	Refusal RefusalReason
}

// File is one document of a submission: sealed bytes in the blob store, with
// its own data key.
type File struct {
	ID           string
	SubmissionID string
	// Blob is the SHA-256 of the sealed bytes, in hex.
	Blob string
	// WrappedKey opens the file and its page images; erasing it erases them.
	WrappedKey []byte
	// KeyedHash is the keyed hash of the plain bytes.
	KeyedHash []byte
	Bytes     int64
	Format    string
	Pages     []Page
	// SealedZones is what the machine read of the identity documents' zones, as
	// JSON of []Zone, sealed under the file's key.
	SealedZones []byte
	// Evidence: kept as it came and not read, such as a whole mail.
	Evidence bool
	// SealedOrigin and SealedClues are JSON of Origin and Clues, sealed likewise.
	SealedOrigin, SealedClues []byte
	// Within says where in the evidence the bytes stand; nil: in a blob of their own.
	Within *Excerpt
}

// Excerpt is where the bytes of a file stand, in base64, within the evidence of the
// same submission, such as an attachment in a mail that is kept whole: they are kept
// once. Blob is that of the evidence then, and the file's own key opens its pages.
type Excerpt struct {
	FileID     string // of the evidence
	WrappedKey []byte // likewise
	// At and Length are in bytes of the evidence as it came.
	At, Length int64
}

// Zone is the machine readable zone of an identity document (ICAO 9303) as it
// was read off a page. Every check digit agreed, or it is not kept. Dates are
// ISO 8601 days.
type Zone struct {
	FileID         string `json:"-"` // of the file it was read off
	Page           int    `json:"page"`
	Format         string `json:"format"` // td1, td2, td3, mrva, mrvb
	DocumentNumber string `json:"document_number"`
	Surname        string `json:"surname"`
	GivenNames     string `json:"given_names"`
	Nationality    string `json:"nationality"`
	Birth          string `json:"birth"`
	Sex            string `json:"sex"`
	Expiry         string `json:"expiry"`
}

// Page is one page of a File as the sandbox rendered it.
type Page struct {
	N             int
	Width, Height int
	DPIX, DPIY    float64
	Encoding      string
	Turn          int // degrees clockwise applied: 0, 90, 180, 270
	// ImageBlob and ThumbBlob are sealed re-encoded pictures; empty when the
	// page could not be shown.
	ImageBlob, ThumbBlob string
	// KeyedPixels is the keyed hash of the page's pixels as they came, whatever
	// encoding they came in (C9); nil when there are none, and once it is erased (C14).
	KeyedPixels []byte
}

// Dossier is the conversion of one holder's PIN.
type Dossier struct {
	ID         string
	HolderID   string
	PINIssueID string
	State      State
	// Version grows with every change; a decision names the one it saw.
	Version     int64
	FormVersion string
	Office      string
	OpenedAt    time.Time
	ChangedAt   time.Time
	// Reason is why it was rejected or more was asked for; "" otherwise.
	Reason Reason
	// DueAt is when the holder's or the reviewer's time is over; zero: none.
	DueAt       time.Time
	Escalated   bool
	Submissions []Submission
}

// Reading reports whether the machine has not read the submission to its end.
func (s Submission) Reading() bool {
	return s.State == SubmissionReceived || s.State == SubmissionScreening
}

// PageCount counts the pages of all documents; 0 until they are read.
func (s Submission) PageCount() int {
	n := 0
	for _, f := range s.Documents {
		n += len(f.Pages)
	}
	return n
}

// MadeOf returns the id of the evidence that the machine made a file of, to read it
// (Recode); "" for a file that came.
func (s Submission) MadeOf(f File) string {
	for _, o := range s.Documents {
		if o.Evidence && strings.HasPrefix(f.ID, o.ID+"-") {
			return o.ID
		}
	}
	return ""
}

// Files returns the files that count: those of submissions joined, being read
// or in quarantine.
func (d Dossier) Files() []File {
	var files []File
	for _, s := range d.Submissions {
		switch s.State {
		case SubmissionReceived, SubmissionScreening, SubmissionJoined, SubmissionQuarantined:
			files = append(files, s.Documents...)
		case SubmissionDuplicate, SubmissionRefused, SubmissionUnmatched, SubmissionNotASubmission:
		}
	}
	return files
}

// Findings returns the findings of all submissions that count, in order.
func (d Dossier) Findings() []Finding {
	var all []Finding
	for _, s := range d.Submissions {
		if s.Counts() {
			all = append(all, s.Findings...)
		}
	}
	return all
}

// Counts reports whether a reviewer has to do with the submission: it is neither a
// repetition nor refused.
func (s Submission) Counts() bool {
	return s.State != SubmissionDuplicate && s.State != SubmissionRefused
}

// Missing lists what the newest submission lacks, or why it could not be used. A
// repetition says nothing new.
func (d Dossier) Missing() []FindingCode {
	news := slices.DeleteFunc(slices.Clone(d.Submissions), func(s Submission) bool { return s.State == SubmissionDuplicate })
	if len(news) == 0 {
		return nil
	}
	var codes []FindingCode
	for _, f := range news[len(news)-1].Findings {
		lacks := f.Code == IDMissing || f.Code == FormMissing || f.Code == FormUnsigned
		if (lacks || f.Severity == SeverityBlock) && !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// SeenHash is what an approval binds: documents, form version, findings and
// PIN issue (DESIGN, section 2). Two dossiers that a reviewer could tell apart
// have different hashes.
func (d Dossier) SeenHash() string {
	h := sha256.New()
	put(h, "dispositivo/seen/1", d.ID, d.PINIssueID, d.FormVersion)
	for _, f := range d.Files() {
		put(h, "file", f.ID, f.Blob, hex.EncodeToString(f.KeyedHash))
		for _, p := range f.Pages {
			put(h, "page", p.ImageBlob)
		}
	}
	findings := d.Findings()
	slices.SortFunc(findings, compareFindings)
	for _, f := range findings {
		put(h, "finding", string(f.Code), string(f.Severity), f.Detail)
		_ = binary.Write(h, binary.BigEndian, int64(f.Page)) // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil))
}

func compareFindings(a, b Finding) int {
	if a.Page != b.Page {
		return a.Page - b.Page
	}
	if c := strings.Compare(string(a.Code), string(b.Code)); c != 0 {
		return c
	}
	return strings.Compare(a.Detail, b.Detail)
}

// put writes length-prefixed strings, so that no two lists hash alike.
func put(h hash.Hash, parts ...string) {
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, int64(len(p))) // a hash never fails to write
		_, _ = h.Write([]byte(p))
	}
}

// Action is what a reviewer decides.
type Action string

// The actions of a decision (DESIGN, section 6).
const (
	ActionApprove Action = "approve"
	ActionReject  Action = "reject"
	ActionAskMore Action = "ask_more"
)

// Reason is why a reviewer rejects or asks for more; it makes the holder's text.
type Reason string

// The reasons (DESIGN, section 6).
const (
	ReasonIDIllegible    Reason = "id.illegible"
	ReasonIDExpired      Reason = "id.expired"
	ReasonIDMismatch     Reason = "id.mismatch"
	ReasonFormUnsigned   Reason = "form.unsigned"
	ReasonFormIncomplete Reason = "form.incomplete"
	ReasonPersonMismatch Reason = "person.mismatch"
	ReasonFraudSuspected Reason = "fraud.suspected"
	ReasonOther          Reason = "other"
)

// Reasons lists every reason in the order a reviewer is offered them.
func Reasons() []Reason {
	return []Reason{
		ReasonIDIllegible, ReasonIDExpired, ReasonIDMismatch, ReasonFormUnsigned,
		ReasonFormIncomplete, ReasonPersonMismatch, ReasonFraudSuspected, ReasonOther,
	}
}

// Decision is what a reviewer decided, and on what.
type Decision struct {
	ID         string
	DossierID  string
	ReviewID   string
	OperatorID string
	Action     Action
	Reason     Reason
	Note       string // internal; never shown to the holder
	// Version is the dossier's version that the reviewer saw.
	Version int64
	// SeenHash is Dossier.SeenHash at that version.
	SeenHash string
	At       time.Time
}

// Refusal is one line of the ledger of what was refused at the door without a
// protocol number: no bytes are kept, only what lets a complaint be answered.
type Refusal struct {
	ID        string
	Channel   Channel
	Code      Code
	Bytes     int64
	KeyedHash []byte
	At        time.Time // the store's own
}
