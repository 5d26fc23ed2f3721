// Package counter takes in what an operator scans at the counter for the holder who
// stands there (C6): one file, by the door that everything passes, straight into the
// holder's dossier, which is opened when there is none; what a scanner leaves in its
// office's folder, for the operator to attach to who stands there; and the papers that
// a PIN was issued with (A5), which belong to no dossier.
//
// Here the operator says whose it is; it decides nothing: that is verify/review, by
// the rules of every dossier. It must not know HTTP or SQL.
package counter

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
)

// Store is what the counter needs of the database.
type Store interface {
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// HolderByCF returns CodeNotFound for a code that nobody on file has.
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	HasOffice(ctx context.Context, office string) (bool, error)
	// Scans returns what lies in the folders of an office's scanners, of all for "".
	Scans(ctx context.Context, office string, since time.Time, limit int) ([]dossier.Submission, error)
	// Archived returns the papers that a holder's PINs of the counter were issued with.
	Archived(ctx context.Context, holderID string) ([]dossier.Submission, error)
	RecordView(ctx context.Context, who dossier.Actor, sub dossier.Submission, fileID string, page dossier.Page, full bool) error
}

// Door takes post in: *intake.Door.
type Door interface {
	Receive(ctx context.Context, p intake.Post) (intake.Receipt, error)
}

// Finder finds the dossier that an operator names, and joins to it: *match.Service.
type Finder interface {
	// Target returns CodeConversionClosed when there is none that takes pages.
	Target(ctx context.Context, actor dossier.Actor, named string) (dossier.Dossier, error)
	Join(ctx context.Context, actor dossier.Actor, submissionID, named string) error
}

// Vault opens scans, and what was said of them: *vault.Vault.
type Vault interface {
	Open(ctx context.Context, f dossier.File, name string) ([]byte, error)
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
}

// Opener opens the dossier of who has none under way: *conversion.Service.
type Opener interface {
	OpenFor(ctx context.Context, actor dossier.Actor, codiceFiscale string) (dossier.Dossier, error)
}

// Config holds what a Service works with; every field is required.
type Config struct {
	Store  Store
	Door   Door
	Finder Finder
	Opener Opener
	Vault  Vault
	Reader Reader
	Clock  clock.Clock
	Logger *slog.Logger
}

// Service takes scans in. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// reviewers work at the counter.
var reviewers = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

// Arrival is a scan and how its dossier stands.
type Arrival struct {
	Submission dossier.Submission
	Dossier    dossier.Dossier
}

// Receive takes in a scan for the dossier that the operator names: by protocol number,
// by the code on its form, or by the holder's codice fiscale, which opens a dossier
// when none is under way. It returns when the scan is safe, with its number. The same
// bytes again for the same dossier have the first receipt.
//
// Errors: CodeRequestInvalid when nothing is named, CodeNotFound for nobody's, or
// another office's, CodeOwnDossier for the operator's own, CodeConversionClosed for
// a dossier that ended, those of conversion.Open for a PIN that cannot be converted,
// and those of intake.Door.Receive.
func (s *Service) Receive(ctx context.Context, actor dossier.Actor, named string, scan []byte) (intake.Receipt, error) {
	if err := actor.Require(reviewers...); err != nil {
		return intake.Receipt{}, err
	}
	d, err := s.target(ctx, actor, named)
	if err != nil {
		return intake.Receipt{}, fmt.Errorf("scan: %w", err)
	}
	r, err := s.cfg.Door.Receive(ctx, intake.Post{
		Actor: actor, Channel: dossier.ChannelCounter, Dossier: &d, Files: [][]byte{scan},
		// A scanner gives no name: what is sent twice is known by its bytes.
		ExternalID: ident.New(s.cfg.Clock.Now()),
	})
	if err != nil {
		return intake.Receipt{}, fmt.Errorf("scan: %w", err)
	}
	return r, nil
}

// target is the dossier that is named, or a new one for the holder who is.
func (s *Service) target(ctx context.Context, actor dossier.Actor, named string) (dossier.Dossier, error) {
	d, err := s.cfg.Finder.Target(ctx, actor, named)
	if dossier.CodeOf(err) != dossier.CodeConversionClosed {
		return d, err
	}
	cf, parseErr := codicefiscale.Parse(strings.TrimSpace(named))
	if parseErr != nil {
		return dossier.Dossier{}, err // a dossier was named, and it ended
	}
	return s.cfg.Opener.OpenFor(ctx, actor, cf.String())
}

// View returns a scan of the counter; CodeNotFound for what came otherwise and for
// another office's, CodeOwnDossier for the operator's own.
func (s *Service) View(ctx context.Context, actor dossier.Actor, submissionID string) (Arrival, error) {
	if err := actor.Require(reviewers...); err != nil {
		return Arrival{}, err
	}
	sub, err := s.cfg.Store.Submission(ctx, submissionID)
	if err != nil {
		return Arrival{}, fmt.Errorf("view scan: %w", err)
	}
	if sub.Channel != dossier.ChannelCounter || sub.DossierID == "" {
		return Arrival{}, dossier.Problem(dossier.CodeNotFound)
	}
	d, err := s.cfg.Store.Dossier(ctx, sub.DossierID)
	if err != nil {
		return Arrival{}, fmt.Errorf("view scan: %w", err)
	}
	if actor.Office != "" && actor.Office != d.Office {
		return Arrival{}, dossier.Problem(dossier.CodeNotFound)
	}
	h, err := s.cfg.Store.Holder(ctx, d.HolderID)
	if err != nil {
		return Arrival{}, fmt.Errorf("view scan: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(h.Person.CodiceFiscale)) {
		return Arrival{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	return Arrival{Submission: sub, Dossier: d}, nil
}
