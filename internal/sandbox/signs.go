package sandbox

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"dispositivo/internal/assets"
	"dispositivo/internal/paper"
	"dispositivo/internal/token"
	"dispositivo/verify/identity"
	"dispositivo/verify/mrz"
	"dispositivo/verify/raster"
	"dispositivo/verify/symbol"
	"dispositivo/verify/wasm"
)

// signsFor bounds how long codes are looked for on one page, in processor time,
// and then zones, so that a page full of noise does not use up the time of the
// others: what is missed is a by-catch, never the document.
const signsFor = time.Second

// buildSymbols compiles ZBar or takes it from the cache.
func (r *reader) buildSymbols(ctx context.Context) error {
	if r.symbols != nil {
		return nil
	}
	bars, err := buildEngine(ctx, r.settings, assets.ZBar, symbol.NewEngine)
	if err != nil {
		return fmt.Errorf("build ZBar: %w", err)
	}
	r.symbols = symbol.NewReader(bars, func(ctx context.Context) (*symbol.MatrixEngine, error) {
		err := r.buildCells(ctx)
		return r.cells, err
	})
	return nil
}

// buildCells does the same with rxing, when a page needs it.
func (r *reader) buildCells(ctx context.Context) (err error) {
	if r.cells == nil {
		if r.cells, err = buildEngine(ctx, r.settings, assets.RXing, symbol.NewMatrixEngine); err != nil {
			return fmt.Errorf("build rxing: %w", err)
		}
	}
	return nil
}

// buildEngine compiles an engine or takes it from the cache. A cache that cannot
// be used costs time, not documents.
func buildEngine[E any](
	ctx context.Context, settings hello, load func() ([]byte, error),
	build func(context.Context, []byte, wasm.Config) (E, error),
) (E, error) {
	var none E
	code, err := load()
	if err != nil {
		return none, err
	}
	if settings.CacheDir != "" {
		if e, err := build(ctx, code, wasm.Config{CacheDir: settings.CacheDir}); err == nil || settings.Compile {
			return e, err
		}
	}
	return build(ctx, code, wasm.Config{})
}

// signs reads what a page says to machines: bar codes and the zone of an
// identity document. What is not found is nothing; a page that cannot be
// searched is shown all the same.
func (v *visit) signs(ctx context.Context, n int, page *raster.Page) {
	gray, err := page.Gray()
	if err != nil {
		return
	}
	v.report.Pages[n-1].Turn, _ = page.Upright() // the tag's when the content does not tell
	v.readSymbols(ctx, n, gray)
	v.readZone(ctx, n, gray)
}

// readSymbols looks first where our form prints its codes, and stops at the
// first one that has the shape of a token; whether it is ours is proved by the
// parent, which has the key.
func (v *visit) readSymbols(ctx context.Context, n int, gray *image.Gray) {
	if err := v.buildSymbols(ctx); err != nil {
		return
	}
	begun := spent()
	options := symbol.Options{
		Regions: formRegions(), Stop: func(s symbol.Symbol) bool { return isToken(s.Text) },
		Over: func() bool { return spent()-begun > signsFor },
	}
	switch {
	case v.tokenSeen: // the form is known, and this is another page
		options.Regions, options.MaxPasses = nil, symbol.QuickPasses
	case v.clean:
		options.MaxPasses = symbol.PlainPasses
	}
	found, _, _ := v.symbols.Find(ctx, gray, options) // what was found counts, whatever ended the search
	for _, s := range found {
		if isToken(s.Text) && !v.bears(n) {
			v.readSignature(n, gray, s)
		}
		v.tokenSeen = v.tokenSeen || isToken(s.Text)
		v.report.Symbols = append(v.report.Symbols, Symbol{Kind: string(s.Kind), Text: printableLines(s.Text, maxFieldText), Page: n})
	}
}

func isToken(text string) bool { return strings.HasPrefix(text, token.Prefix) }

// formRegions are the places of the form's codes in fractions of an A4 page.
func formRegions() []symbol.Region {
	const width, height = 210, 297
	var regions []symbol.Region
	for _, b := range paper.QRBoxes() {
		regions = append(regions, symbol.Region{X0: b.X / width, Y0: b.Y / height, X1: (b.X + b.W) / width, Y1: (b.Y + b.H) / height})
	}
	return regions
}

// bears reports whether page n bears a code of our form.
func (v *visit) bears(n int) bool {
	return slices.ContainsFunc(v.report.Symbols, func(s Symbol) bool { return s.Page == n && isToken(s.Text) })
}

// pixels is what the very same page is known by when it comes again.
func (v *visit) pixels(page *raster.Page) []byte {
	if v.options.Native {
		return nil
	}
	digest := page.Digest()
	return digest[:]
}

// look is what the page may be known by when it was scanned or faxed again.
func (v *visit) look(page *raster.Page) []byte {
	if v.options.Native {
		return nil
	}
	look, ok := identity.LookOf(page.Ink())
	if !ok {
		return nil
	}
	return look.Bytes()
}

// readZone reads the machine readable zone, unless the page bears our token:
// then it is the form.
func (v *visit) readZone(ctx context.Context, n int, gray *image.Gray) {
	if v.bears(n) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, signsFor)
	defer cancel()
	z, ok := mrz.Read(ctx, gray, mrz.Options{On: v.options.On})
	if !ok {
		return
	}
	v.report.MRZ = append(v.report.MRZ, MRZ{
		Format: string(z.Format), Valid: z.Valid, DocumentNumber: z.DocumentNumber, Surname: z.Surname, GivenNames: z.GivenNames,
		Nationality: z.Nationality, Birth: z.Birth, Sex: z.Sex, Expiry: z.Expiry, Page: n,
	})
}
