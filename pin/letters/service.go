package letters

import (
	"context"
	"log/slog"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/passhash"
	"dispositivo/internal/throttle"
)

// Store is what letters need of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	HolderByKeyedCF(ctx context.Context, keyed []byte) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
	PINIssue(ctx context.Context, id string) (dossier.PINIssue, error)

	LetterlessPINs(ctx context.Context, after string, limit int) ([]dossier.PINIssue, error)
	CountLetterless(ctx context.Context) (int, error)
	LetterBatches(ctx context.Context, limit int) ([]dossier.LetterBatch, error)
	LetterBatch(ctx context.Context, id string) (dossier.LetterBatch, error)
	BatchLetters(ctx context.Context, batchID string) ([]dossier.PrintedLetter, error)
	PINLetter(ctx context.Context, id string) (dossier.PINLetter, error)
	LastPINLetter(ctx context.Context, pinIssueID string) (dossier.PINLetter, error)
	OverduePINs(ctx context.Context, limit int) ([]dossier.PINIssue, error)
	ClosingPINs(ctx context.Context, before time.Time, limit int) ([]dossier.PINIssue, error)
}

// Config holds the settings of a Service and what it works with.
type Config struct {
	Store  Store
	Hasher *passhash.Hasher
	Clock  clock.Clock
	Logger *slog.Logger
	Policy Policy
	// Agency, Return (its postal address in one line), Portal and Phone are printed.
	Agency, Return, Portal, Phone string
	// Rome is where days are counted and told in.
	Rome *time.Location
	// Tries bounds how often PINs are asked for again, by source and by code.
	Tries *throttle.Throttle
}

// Service makes letters and batches of them. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// worker is who acts when a time is over, or when nobody is signed in.
var worker = dossier.System("letters")

// today is the day in Rome.
func (s *Service) today() string { return s.cfg.Clock.Now().In(s.cfg.Rome).Format(time.DateOnly) }
