package fitting

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
	"dispositivo/internal/throttle"
	"dispositivo/internal/vault"
)

// KeepFor is how long a composition waits to be confirmed.
const KeepFor = time.Hour

// Store is what the package needs of the database.
type Store interface {
	InsertComposition(ctx context.Context, c dossier.Composition) (gone []string, err error)
	Composition(ctx context.Context, id string) (dossier.Composition, error)
	ForgetCompositions(ctx context.Context, at time.Time) (gone []string, err error)
}

// Fitter puts foreign bytes together: *sandbox.Pool.
type Fitter interface {
	Fit(ctx context.Context, files [][]byte, opts sandbox.FitOptions, each func(sandbox.Rendered) error) ([]byte, sandbox.Fitted, error)
}

// Door is intake.Door.
type Door interface {
	Accept(ctx context.Context, a intake.Arrival) (intake.Receipt, error)
}

// Throttle bounds how often a holder may compose.
type Throttle interface {
	Allow(key string) (time.Duration, bool)
}

// Config holds what the service works with.
type Config struct {
	Store  Store
	Vault  *vault.Vault
	Fitter Fitter
	Door   Door
	Hash   *seal.MAC // the keyed hash of plain bytes
	Clock  clock.Clock
	Logger *slog.Logger
	// Tries bounds how often a holder may compose.
	Tries *throttle.Throttle
	// MaxBytes is the limit of the composed document.
	MaxBytes int64
	// Places is how many compositions are made at once, 2 if 0: each holds its
	// files in memory.
	Places int
}

// Service makes compositions. It is safe for concurrent use.
type Service struct {
	cfg    Config
	places chan struct{}
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.Places <= 0 {
		cfg.Places = 2
	}
	return &Service{cfg: cfg, places: make(chan struct{}, cfg.Places)}
}

// waitFor is how long somebody waits for a place.
const waitFor = 20 * time.Second

// Enter takes a place before the files are read into memory; leave gives it
// back. The error is CodeRateLimited or CodeUnavailable.
func (s *Service) Enter(ctx context.Context, actor dossier.Actor) (leave func(), err error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return nil, err
	}
	if err := s.cfg.Tries.Take("composition " + actor.ID); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	select {
	case s.places <- struct{}{}:
		return func() { <-s.places }, nil
	case <-ctx.Done():
		return nil, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: context.Cause(ctx)}
	}
}

// Make puts files together, in their order, for a caller that has entered. An
// earlier composition that was not confirmed is forgotten. What is wrong with a
// file is a *dossier.Error with the finding's code; its Args "file" and "page"
// say where, from 1, 0 meaning all, and "where" names all such places.
func (s *Service) Make(ctx context.Context, actor dossier.Actor, files [][]byte) (dossier.Composition, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Composition{}, err
	}
	return s.make(ctx, actor, files, nil)
}

// Arrange makes a composition of the holder anew with only these of its pages,
// by their numbers from 1, in this order. It is the one from then on, under an id
// of its own.
func (s *Service) Arrange(ctx context.Context, actor dossier.Actor, id string, order []int) (dossier.Composition, error) {
	c, err := s.Composition(ctx, actor, id)
	if err != nil {
		return dossier.Composition{}, err
	}
	places, err := placesOf(c, order)
	if err != nil {
		return dossier.Composition{}, err
	}
	var files [][]byte
	for _, f := range c.Originals() {
		data, err := s.cfg.Vault.Open(ctx, f, f.Blob)
		if err != nil {
			return dossier.Composition{}, fmt.Errorf("open original: %w", err)
		}
		files = append(files, data)
	}
	return s.make(ctx, actor, files, places)
}

// placesOf turns numbers of composed pages into their places among the pages of
// the originals.
func placesOf(c dossier.Composition, order []int) ([]int, error) {
	seen := map[int]bool{}
	var places []int
	for _, n := range order {
		if n < 1 || n > len(c.Pages) || seen[n] {
			return nil, dossier.Problem(dossier.CodeRequestInvalid)
		}
		seen[n] = true
		places = append(places, c.Pages[n-1].Place)
	}
	if len(places) == 0 {
		return nil, dossier.Problem(dossier.CodeRequestInvalid)
	}
	return places, nil
}

func (s *Service) make(ctx context.Context, actor dossier.Actor, files [][]byte, order []int) (dossier.Composition, error) {
	now := s.cfg.Clock.Now()
	c := dossier.Composition{ID: ident.New(now), HolderID: actor.ID, ExpiresAt: now.Add(KeepFor)}
	var shown []sandbox.Rendered
	opts := sandbox.FitOptions{Limit: int(s.cfg.MaxBytes), Order: order}
	document, fitted, err := s.cfg.Fitter.Fit(ctx, files, opts, func(r sandbox.Rendered) error {
		shown = append(shown, r)
		return nil
	})
	if found, blocked := fitted.Blocked(); blocked {
		return dossier.Composition{}, problem(found, fitted, files)
	}
	if err != nil {
		return dossier.Composition{}, err
	}
	c.Pages = pagesOf(fitted, shown)
	if err := s.keep(ctx, &c, document, shown, files); err != nil {
		return dossier.Composition{}, err
	}
	gone, err := s.cfg.Store.InsertComposition(ctx, c)
	if err != nil {
		return dossier.Composition{}, fmt.Errorf("insert composition: %w", err)
	}
	s.forget(ctx, gone)
	return c, nil
}

// problem says what is wrong with which file.
func problem(f sandbox.FitFinding, fitted sandbox.Fitted, files [][]byte) error {
	if len(files) == 0 {
		return dossier.Problem(dossier.CodeFilesNone)
	}
	args := map[string]string{
		"file": strconv.Itoa(f.File + 1), "page": strconv.Itoa(f.Page), "where": where(f.Code, fitted, files), "limit": strconv.Itoa(sandbox.MaxFitBytes),
	}
	total := 0
	for _, data := range files {
		total += len(data)
	}
	switch f.Code { //nolint:exhaustive // the others have no figures
	case dossier.FileTooLarge:
		args["size"] = strconv.Itoa(total)
	case dossier.PagesTooMany:
		var found, limit int
		if n, _ := fmt.Sscanf(f.Detail, "%d of at most %d", &found, &limit); n == 2 {
			args["found"], args["limit"] = strconv.Itoa(found), strconv.Itoa(limit)
		}
	case dossier.PageTooHeavy:
		var needs, limit int
		if n, _ := fmt.Sscanf(f.Detail, "%d of %d bytes", &needs, &limit); n == 2 {
			args["size"], args["limit"] = strconv.Itoa(needs), strconv.Itoa(limit)
		}
	case dossier.FileType:
		args["found"] = f.Detail
	}
	code := dossier.Code(f.Code)
	if f.Code == dossier.MachineGaveUp {
		code = dossier.CodeFitGaveUp // its text promises a person, and here nothing is kept for one
	}
	return &dossier.Error{Code: code, Args: args}
}

// where lists the places of a finding as the sender counts them: files from 1 in
// their order and, in files that may have several pages, which of them.
func where(code dossier.FindingCode, fitted sandbox.Fitted, files [][]byte) string {
	var at []sandbox.FitFinding
	for _, f := range fitted.Findings {
		if f.Code == code && f.Severity == dossier.SeverityBlock && f.File >= 0 && f.File < len(files) {
			at = append(at, f)
		}
	}
	slices.SortStableFunc(at, func(a, b sandbox.FitFinding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Page, b.Page))
	})
	var names []string
	for _, f := range at {
		name := strconv.Itoa(f.File + 1)
		if format := sandbox.Sniff(files[f.File]); f.Page > 0 && (format == sandbox.FormatPDF || format == sandbox.FormatTIFF) {
			name += " (p. " + strconv.Itoa(f.Page) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func pagesOf(fitted sandbox.Fitted, shown []sandbox.Rendered) []dossier.ComposedPage {
	var pages []dossier.ComposedPage
	for i, p := range fitted.Pages {
		page := dossier.ComposedPage{
			Place: p.Place, Original: p.File + 1, Page: p.FilePage, Width: p.Width, Height: p.Height, DPI: int(p.DPI),
			Coding: p.Coding, Quality: p.Quality, Bytes: p.Bytes, ContentType: shown[i].ContentType, Findings: []dossier.Finding{},
		}
		for _, f := range fitted.Findings {
			if f.File == p.File && f.Page == p.FilePage && f.Severity == dossier.SeverityWarn {
				page.Findings = append(page.Findings, f.Finding)
			}
		}
		pages = append(pages, page)
	}
	return pages
}

// keep seals everything, each file under a key of its own.
func (s *Service) keep(ctx context.Context, c *dossier.Composition, document []byte, shown []sandbox.Rendered, files [][]byte) error {
	add := func(kind dossier.CompositionKind, n int, data []byte) error {
		f := dossier.CompositionFile{Kind: kind, N: n}
		f.ID, f.Bytes, f.Format = ident.New(s.cfg.Clock.Now()), int64(len(data)), string(sandbox.Sniff(data))
		f.KeyedHash = s.cfg.Hash.Sum(data)
		var err error
		if f.Blob, f.WrappedKey, err = s.cfg.Vault.Keep(ctx, f.ID, data); err != nil {
			return fmt.Errorf("keep composition: %w", err)
		}
		c.Files = append(c.Files, f)
		return nil
	}
	if err := add(dossier.CompositionResult, 1, document); err != nil {
		return err
	}
	for i, r := range shown {
		if err := add(dossier.CompositionPreview, i+1, r.Image); err != nil {
			return err
		}
	}
	for i, data := range files {
		if err := add(dossier.CompositionOriginal, i+1, data); err != nil {
			return err
		}
	}
	return nil
}

// Composition returns the holder's composition; CodeNotFound for one that is
// another's or over.
func (s *Service) Composition(ctx context.Context, actor dossier.Actor, id string) (dossier.Composition, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return dossier.Composition{}, err
	}
	c, err := s.cfg.Store.Composition(ctx, id)
	if err != nil {
		return dossier.Composition{}, err
	}
	if c.HolderID != actor.ID || !s.cfg.Clock.Now().Before(c.ExpiresAt) {
		return dossier.Composition{}, dossier.Problem(dossier.CodeNotFound)
	}
	return c, nil
}

// Page returns the picture of page n, from 1, and its content type.
func (s *Service) Page(ctx context.Context, actor dossier.Actor, id string, n int) (data []byte, contentType string, err error) {
	c, err := s.Composition(ctx, actor, id)
	if err != nil {
		return nil, "", err
	}
	f, ok := c.Preview(n)
	if !ok || n > len(c.Pages) {
		return nil, "", dossier.Problem(dossier.CodeNotFound)
	}
	if data, err = s.cfg.Vault.Open(ctx, f, f.Blob); err != nil {
		return nil, "", fmt.Errorf("open preview: %w", err)
	}
	return data, c.Pages[n-1].ContentType, nil
}

// Confirm hands the composed document to the door. Twice is the same as once.
func (s *Service) Confirm(ctx context.Context, actor dossier.Actor, id string) (intake.Receipt, error) {
	c, err := s.Composition(ctx, actor, id)
	if err != nil {
		return intake.Receipt{}, err
	}
	f, ok := c.Result()
	if !ok {
		return intake.Receipt{}, dossier.Problem(dossier.CodeNotFound)
	}
	data, err := s.cfg.Vault.Open(ctx, f, f.Blob)
	if err != nil {
		return intake.Receipt{}, fmt.Errorf("open composition: %w", err)
	}
	return s.cfg.Door.Accept(ctx, intake.Arrival{
		Actor: actor, Body: bytes.NewReader(data), Declared: int64(len(data)), IdempotencyKey: "composition:" + c.ID, CompositionID: c.ID,
	})
}

// Sweep forgets what is over; call it now and then.
func (s *Service) Sweep(ctx context.Context) error {
	gone, err := s.cfg.Store.ForgetCompositions(ctx, s.cfg.Clock.Now())
	if err != nil {
		return fmt.Errorf("forget compositions: %w", err)
	}
	s.forget(ctx, gone)
	return nil
}

// forget removes blobs whose keys are gone; what stays the sweep of blobs finds.
func (s *Service) forget(ctx context.Context, blobs []string) {
	for _, name := range blobs {
		if err := s.cfg.Vault.Forget(ctx, name); err != nil {
			s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a composition left a blob for the sweep", slog.String("error", err.Error()))
		}
	}
}
