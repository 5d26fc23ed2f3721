package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/antivirus"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
)

// Store is what screening needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error)
	NumberUsed(ctx context.Context, number, butHolderID string) (bool, error)
	EachOutline(ctx context.Context, butHolderID string, fn func(fileID string, page int, outline []byte, numbered bool) error) error
	EachOutlineOf(ctx context.Context, dossierID string, fn func(fileID string, page int, outline []byte) error) error
	SealedLook(ctx context.Context, fileID string, page int) (dossier.File, []byte, error)
	// EarlierCopy returns CodeNotFound when nothing before brought the same documents, to
	// that dossier when it is not "".
	EarlierCopy(ctx context.Context, sub dossier.Submission, dossierID string) (dossier.Submission, error)
	// EarlierWithPage returns CodeNotFound when nothing before that counts has the page and is the same.
	EarlierWithPage(
		ctx context.Context, sub dossier.Submission, keyedPixels []byte, same func(dossier.Submission) bool,
	) (dossier.Submission, error)
	// DossierByToken returns CodeNotFound for a token of no dossier.
	DossierByToken(ctx context.Context, tokenID string) (string, error)
}

// Vault keeps the documents and their page images: *vault.Vault.
type Vault interface {
	Open(ctx context.Context, f dossier.File, name string) ([]byte, error)
	Add(ctx context.Context, f dossier.File, data []byte) (name string, err error)
	SealNote(f dossier.File, note []byte) ([]byte, error)
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
	Keep(ctx context.Context, fileID string, data []byte) (name string, wrapped []byte, err error)
}

// Reader reads foreign bytes: *sandbox.Pool.
type Reader interface {
	ReadEach(ctx context.Context, data []byte, opts sandbox.ReadOptions, each func(sandbox.Rendered) error) (sandbox.Report, error)
	Fit(ctx context.Context, files [][]byte, opts sandbox.FitOptions, each func(sandbox.Rendered) error) ([]byte, sandbox.Fitted, error)
}

// Config holds the settings of a Screener and what it works with.
type Config struct {
	Store  Store
	Vault  Vault
	Reader Reader
	Logger *slog.Logger
	Hash   *seal.MAC // the keyed hash of plain bytes, and of the pixels of pages
	// MaxBytes is the limit of one uploaded file, MaxOriginal that of one that came
	// by post.
	MaxBytes, MaxOriginal int64
	// Longest is how long the documents of one submission may be read together; 0:
	// DefaultLongest. What is left then is for a person.
	Longest time.Duration
	// TokenKey proves that a form's code is ours.
	TokenKey []byte
	// Antivirus returns the name of what is harmful in a document, "" for nothing, and
	// [antivirus.ErrRefused]; nil: there is no antivirus.
	Antivirus func(ctx context.Context, data []byte) (threat string, err error)
}

// DefaultLongest is some of the longest readings of one document (DESIGN, section 4),
// so that nobody keeps a worker for hours with a mail of many.
const DefaultLongest = 5 * time.Minute

// Screener reads submissions. It is safe for concurrent use.
type Screener struct {
	store    Store
	vault    Vault
	reader   Reader
	logger   *slog.Logger
	cfg      Config
	tokenKey []byte
}

// NewScreener returns a screener.
func NewScreener(cfg Config) *Screener {
	cfg.Longest = cmp.Or(cfg.Longest, DefaultLongest)
	return &Screener{
		store: cfg.Store, vault: cfg.Vault, reader: cfg.Reader, logger: cfg.Logger, cfg: cfg, tokenKey: cfg.TokenKey,
	}
}

// worker is who screens.
var worker = dossier.System("screening")

// Screen reads a submission and moves it and its dossier on. Called again, it
// goes on where a crash left it; its effects happen once. Errors that the
// document caused are findings; an error returned is a passing fault.
func (s *Screener) Screen(ctx context.Context, taskID, submissionID string) error {
	sub, err := s.store.Submission(ctx, submissionID)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	switch sub.State {
	case dossier.SubmissionReceived:
		_, err := s.store.Apply(ctx, dossier.Change{
			Actor: worker, Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadingStarted},
		})
		if err != nil {
			return fmt.Errorf("screen: %w", retry(err))
		}
	case dossier.SubmissionScreening:
	case dossier.SubmissionJoined, dossier.SubmissionDuplicate, dossier.SubmissionRefused, dossier.SubmissionUnmatched,
		dossier.SubmissionQuarantined, dossier.SubmissionNotASubmission:
		return s.store.CloseTask(ctx, taskID)
	}
	sub, res, err := s.read(ctx, sub)
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	return s.conclude(ctx, taskID, sub, res)
}

// reading is what came of all files of a submission.
type reading struct {
	findings []dossier.Finding
	effects  []dossier.Effect
	leaves   []leaf
	// zones are the zones of identity documents, all proved.
	zones []dossier.Zone
	// took is how long the documents were read.
	took time.Duration
}

// read reads every document, and returns the submission as it will be once the
// effects are applied.
func (s *Screener) read(ctx context.Context, sub dossier.Submission) (dossier.Submission, reading, error) {
	var res reading
	var documents []dossier.File
	for _, f := range sub.Documents {
		if f.Evidence {
			documents = append(documents, f)
			continue // its parts are documents of their own
		}
		if res.took >= s.cfg.Longest {
			documents = append(documents, f)
			res.findings = append(res.findings, dossier.Finding{Code: dossier.MachineGaveUp, Severity: dossier.SeverityBlock, Detail: "time"})
			continue
		}
		as, err := s.readFile(ctx, sub, f, &res)
		if err != nil {
			return sub, reading{}, err
		}
		if as.ID != f.ID {
			f.Evidence = true
			documents = append(documents, f)
		}
		documents = append(documents, as)
	}
	sub.Documents = documents
	return sub, res, nil
}

// readFile reads one document and returns the file that was read.
func (s *Screener) readFile(ctx context.Context, sub dossier.Submission, f dossier.File, res *reading) (dossier.File, error) {
	data, err := s.vault.Open(ctx, f, f.Blob)
	if err != nil {
		return f, err
	}
	found, err := s.harmful(ctx, sub, data)
	if err != nil {
		return f, err
	}
	res.findings = append(res.findings, found...)
	if verdict, _ := dossier.Judge(found); verdict == dossier.Rejected {
		return f, nil // nobody opens it
	}
	as, err := s.versionOf(ctx, sub, f, data, res)
	if err != nil {
		return f, err
	}
	f = as.File
	images := map[int]dossier.Page{}
	leaves := map[int]leaf{}
	report, err := s.reader.ReadEach(ctx, as.data, sandbox.ReadOptions{TolerateActive: sub.Cleared, MaxBytes: s.limitOf(sub.Channel)}, func(r sandbox.Rendered) error {
		page, err := s.keep(ctx, f, r)
		images[r.N], leaves[r.N] = page, s.readLeaf(f, r)
		return err
	})
	res.took += time.Duration(report.MS) * time.Millisecond
	if gaveUp, ok := sandbox.GaveUp(err); ok {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "the machine gave up on a document; a person looks",
			slog.String("submission", sub.ID), slog.String("why", string(gaveUp.Why)))
	} else if err != nil {
		return f, err
	}
	var pages []dossier.Page
	for _, p := range report.Pages {
		img := images[p.N]
		pages = append(pages, dossier.Page{
			N: p.N, Width: p.Width, Height: p.Height, DPIX: p.DPIX, DPIY: p.DPIY, Encoding: p.Encoding, Turn: p.Turn,
			ImageBlob: img.ImageBlob, ThumbBlob: img.ThumbBlob, KeyedPixels: leaves[p.N].pixels,
		})
	}
	own := s.complete(f, report, leaves)
	res.leaves = append(res.leaves, own...)
	clues, err := s.sealClues(sub, f, own)
	if err != nil {
		return f, err
	}
	res.findings = append(res.findings, append(report.Findings, as.unsaid(report.Findings)...)...)
	zones := provedZones(f.ID, report.MRZ)
	sealed, err := s.sealZones(f, zones)
	if err != nil {
		return f, err
	}
	res.zones = append(res.zones, zones...)
	res.effects = append(res.effects, dossier.AddPages{FileID: f.ID, Format: string(report.Format), Pages: pages, SealedZones: sealed, SealedClues: clues})
	return f, nil
}

// harmful asks the antivirus, if there is one, before anything of the document is
// read. What it would not scan is read for a person to look at, once.
func (s *Screener) harmful(ctx context.Context, sub dossier.Submission, data []byte) ([]dossier.Finding, error) {
	if s.cfg.Antivirus == nil {
		return nil, nil
	}
	block := func(code dossier.FindingCode, detail string) []dossier.Finding {
		return []dossier.Finding{{Code: code, Severity: dossier.SeverityBlock, Detail: detail}}
	}
	threat, err := s.cfg.Antivirus(ctx, data)
	switch {
	case errors.Is(err, antivirus.ErrRefused) && sub.Cleared:
		return nil, nil
	case errors.Is(err, antivirus.ErrRefused):
		return block(dossier.MachineGaveUp, "antivirus"), nil
	case err != nil:
		return nil, fmt.Errorf("scan for harmful software: %w", err)
	case threat != "":
		return block(dossier.InfectedFile, threat), nil
	}
	return nil, nil
}

// limitOf is how large a file of a channel may be.
func (s *Screener) limitOf(c dossier.Channel) int64 {
	if c != dossier.ChannelUpload && s.cfg.MaxOriginal > 0 {
		return s.cfg.MaxOriginal
	}
	return s.cfg.MaxBytes
}

// provedZones keeps the zones whose check digits all agree.
func provedZones(fileID string, read []sandbox.MRZ) []dossier.Zone {
	var zones []dossier.Zone
	for _, m := range read {
		if m.Valid {
			zones = append(zones, dossier.Zone{
				FileID: fileID, Page: m.Page, Format: m.Format, DocumentNumber: m.DocumentNumber, Surname: m.Surname, GivenNames: m.GivenNames,
				Nationality: m.Nationality, Birth: m.Birth, Sex: m.Sex, Expiry: m.Expiry,
			})
		}
	}
	return zones
}

func (s *Screener) sealZones(f dossier.File, zones []dossier.Zone) ([]byte, error) {
	if len(zones) == 0 {
		return nil, nil
	}
	note, err := json.Marshal(zones)
	if err != nil {
		return nil, fmt.Errorf("encode zones: %w", err)
	}
	return s.vault.SealNote(f, note)
}

// keep seals the picture and the thumbnail of a page.
func (s *Screener) keep(ctx context.Context, f dossier.File, r sandbox.Rendered) (page dossier.Page, err error) {
	if page.ImageBlob, err = s.vault.Add(ctx, f, r.Image); err != nil {
		return page, fmt.Errorf("keep page image: %w", err)
	}
	if page.ThumbBlob, err = s.vault.Add(ctx, f, r.Thumb); err != nil {
		return page, fmt.Errorf("keep thumbnail: %w", err)
	}
	return page, nil
}

// retry makes a lost race temporary: the next try sees what is there then.
func retry(err error) error {
	if code := dossier.CodeOf(err); code == dossier.CodeConflict || code == dossier.CodeDossierChanged {
		return &dossier.Error{Code: dossier.CodeConflict, Temporary: true, Err: err}
	}
	return err
}
