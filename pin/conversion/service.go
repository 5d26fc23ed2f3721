package conversion

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/paper"
	"dispositivo/internal/throttle"
	"dispositivo/internal/token"
)

// Store is what a conversion needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// HolderByCF returns CodeNotFound for a code that nobody on file has.
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	PINIssue(ctx context.Context, id string) (dossier.PINIssue, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	DossiersOf(ctx context.Context, holderID string) ([]dossier.Dossier, error)
	OpenDossierOf(ctx context.Context, pinIssueID string) (dossier.Dossier, error)
	DossierByCode(ctx context.Context, p dossier.Protocol, code string) (dossier.Dossier, error)
	// StopByHandle returns CodeNotFound for a link that is none, or was used.
	StopByHandle(ctx context.Context, handle string) (dossier.Stop, error)
	Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error)
	Decisions(ctx context.Context, dossierID string, all bool) ([]dossier.Decision, error)
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store    Store
	Clock    clock.Clock
	TokenKey []byte
	Agency   string
	Ways     paper.Ways
	// KeepImagesDays is printed in the data protection notice.
	KeepImagesDays int
	// Tries bounds tries of status codes, by protocol number and by source.
	Tries *throttle.Throttle
	// Blanks bounds how many blank forms are made for one source.
	Blanks *throttle.Throttle
	// Eligible says who may have a PIN (A2); nil: everybody.
	Eligible func(dossier.Person) error
}

// Service is the holder's side of the conversion. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// statusCodeBits is the strength of a status code (DESIGN, section 5: at least 50).
const statusCodeBits = 60

// Open returns the holder's dossier that is under way, and opens one when there
// is none. It returns CodeAlreadyDispositivo when there is nothing to convert,
// CodeConversionBlocked when the PIN may not be used, and CodeConversionStopped
// when the last one was withdrawn.
func (s *Service) Open(ctx context.Context, actor dossier.Actor) (dossier.Dossier, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Dossier{}, err
	}
	h, err := s.cfg.Store.Holder(ctx, actor.ID)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("open dossier: %w", err)
	}
	return s.open(ctx, actor, h)
}

// OpenFor is Open for the holder of a codice fiscale who stands at an operator's
// counter. It returns CodeNotFound for nobody's, or another office's, and
// CodeOwnDossier for the operator's own.
func (s *Service) OpenFor(ctx context.Context, actor dossier.Actor, codiceFiscale string) (dossier.Dossier, error) {
	if err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor); err != nil {
		return dossier.Dossier{}, err
	}
	if bytes.Equal(actor.KeyedCF, s.cfg.Store.KeyCF(codiceFiscale)) {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	h, err := s.cfg.Store.HolderByCF(ctx, codiceFiscale)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("open dossier: %w", err)
	}
	if actor.Office != "" && actor.Office != h.Office {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	return s.open(ctx, actor, h)
}

func (s *Service) open(ctx context.Context, actor dossier.Actor, h dossier.Holder) (dossier.Dossier, error) {
	if s.cfg.Eligible != nil {
		if err := s.cfg.Eligible(h.Person); err != nil {
			return dossier.Dossier{}, err
		}
	}
	switch {
	case h.PIN.ID == "":
		return dossier.Dossier{}, dossier.Problem(dossier.CodeConversionBlocked)
	case h.PIN.Kind != dossier.Ordinario:
		return dossier.Dossier{}, dossier.Problem(dossier.CodeAlreadyDispositivo)
	case h.PIN.State != dossier.PINActive:
		return dossier.Dossier{}, dossier.Problem(dossier.CodeConversionBlocked)
	}
	d, err := s.cfg.Store.OpenDossierOf(ctx, h.PIN.ID)
	if dossier.CodeOf(err) != dossier.CodeNotFound {
		return d, err
	}
	if err := s.mayReopen(ctx, actor, h); err != nil {
		return dossier.Dossier{}, err
	}
	if err := s.begin(ctx, actor, h); err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return dossier.Dossier{}, fmt.Errorf("open dossier: %w", err)
	}
	return s.cfg.Store.OpenDossierOf(ctx, h.PIN.ID) // ours, or that of who was faster
}

func (s *Service) begin(ctx context.Context, actor dossier.Actor, h dossier.Holder) error {
	tok, err := token.Mint(rand.Reader, s.cfg.TokenKey)
	if err != nil {
		return err
	}
	code, err := token.Secret(rand.Reader, statusCodeBits)
	if err != nil {
		return err
	}
	d := dossier.Dossier{
		ID: ident.New(s.cfg.Clock.Now()), HolderID: h.ID, PINIssueID: h.PIN.ID,
		Office: h.Office, FormVersion: paper.FormVersion,
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{
		dossier.OpenDossier{Dossier: d, Form: h.Person, TokenID: tok.ID, StatusCode: code},
	}})
	return err
}

// Form returns the filled-in form and opens the dossier it belongs to. Asking
// again gives the same token: one open token for each PIN issue (C1).
func (s *Service) Form(ctx context.Context, actor dossier.Actor, lang string) (Form, error) {
	d, err := s.Open(ctx, actor)
	if err != nil {
		return Form{}, err
	}
	person, tokenID, _, err := s.cfg.Store.Form(ctx, d.ID)
	if err != nil {
		return Form{}, fmt.Errorf("read form: %w", err)
	}
	tok, err := token.Restore(tokenID, s.cfg.TokenKey)
	if err != nil {
		return Form{}, fmt.Errorf("restore token: %w", err)
	}
	sheet := paper.Form{
		Agency: s.cfg.Agency, Made: d.OpenedAt, Token: tok, Holder: holderOnPaper(person),
		Document: documentOnPaper(person.Document), Ways: s.cfg.Ways, KeepImagesDays: s.cfg.KeepImagesDays,
	}
	pdf, err := sheet.Render(lang)
	if err != nil {
		return Form{}, fmt.Errorf("print form: %w", err)
	}
	return Form{PDF: pdf, Filename: "modulo-conversione-pin.pdf", DossierID: d.ID, Code: tok.Code()}, nil
}

// Blank returns the form without data and without token (C1), to anybody: source
// names where they come from. CodeRateLimited: too many from there.
func (s *Service) Blank(source, lang string) ([]byte, error) {
	if err := s.cfg.Blanks.Take(source); err != nil {
		return nil, err
	}
	pdf, err := paper.BlankForm(s.cfg.Agency, s.cfg.Clock.Now(), s.cfg.Ways, s.cfg.KeepImagesDays, lang)
	if err != nil {
		return nil, fmt.Errorf("print blank form: %w", err)
	}
	return pdf, nil
}

func holderOnPaper(p dossier.Person) paper.Holder {
	return paper.Holder{
		CodiceFiscale: p.CodiceFiscale, Surname: p.Surname, Name: p.Name, Birth: day(p.Birth),
		BirthPlace: birthPlace(p), Sex: p.Sex, Street: p.Address.Street, PostalCode: p.Address.Postcode,
		City: p.Address.City, Region: p.Address.Province, State: p.Address.State, Mobile: p.Contacts.Mobile,
		Phone: p.Contacts.Phone, Email: p.Contacts.Email, PEC: p.Contacts.PEC,
	}
}

func birthPlace(p dossier.Person) string {
	if p.BirthProvince == "" {
		return p.BirthPlace
	}
	return p.BirthPlace + " (" + p.BirthProvince + ")"
}

func documentOnPaper(d dossier.Document) paper.Document {
	kinds := map[string]paper.DocumentKind{
		"identity_card": paper.IdentityCard, "licence": paper.Licence, "passport": paper.Passport,
	}
	return paper.Document{Kind: kinds[d.Type], Number: d.Number, Issuer: d.Issuer, Expiry: day(d.Expiry)}
}

// day reads an ISO date; what is not one prints as a dotted line.
func day(iso string) time.Time {
	t, err := time.Parse(time.DateOnly, strings.TrimSpace(iso))
	if err != nil {
		return time.Time{}
	}
	return t
}
