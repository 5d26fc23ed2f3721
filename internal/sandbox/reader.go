package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/verify/heif"
	"dispositivo/verify/pdf"
	"dispositivo/verify/raster"
	"dispositivo/verify/symbol"
)

// reader is what a child does: it knows documents, the parent does not.
type reader struct {
	settings hello
	engine   *pdf.Engine    // built when first needed
	symbols  *symbol.Reader // likewise
	cells    *symbol.MatrixEngine
	photos   *heif.Engine
}

// errOperation is told to a parent of another version.
var errOperation = errors.New("unknown operation")

// serve answers one request. An error is a fault of the machine; what is wrong
// with a document is in the report.
func (r *reader) serve(ctx context.Context, q request, docs [][]byte, out io.Writer) error {
	switch q.Op {
	case opWarm:
		err := errors.Join(r.build(ctx), r.buildSymbols(ctx), r.buildCells(ctx))
		if r.settings.Compile { // for the cache: few children ever meet a photograph
			err = errors.Join(err, r.buildPhotos(ctx))
		}
		if err != nil {
			return err
		}
		return writeFrame(out, frameResult, result{})
	case opOpen:
		if err := r.build(ctx); err != nil {
			return err
		}
		return writeFrame(out, frameResult, result{})
	case opProbe, opRead:
		if len(docs) != 1 {
			return errOperation
		}
		v := &visit{reader: r, options: q.Read, draw: q.Op == opRead, out: out}
		if err := v.document(ctx, docs[0]); err != nil {
			return err
		}
		return writeFrame(out, frameResult, result{Report: v.report})
	case opCompose:
		return r.compose(ctx, q.Compose, docs, out)
	case opFit:
		return r.fit(ctx, q.Fit, docs, out)
	}
	return errOperation
}

// build compiles PDFium or takes it from the cache.
func (r *reader) build(ctx context.Context) (err error) {
	if r.engine == nil {
		r.engine, err = buildEngine(ctx, r.settings, assets.PDFium, pdf.NewEngine)
	}
	return err
}

// buildPhotos does the same with libheif.
func (r *reader) buildPhotos(ctx context.Context) (err error) {
	if r.photos == nil {
		r.photos, err = buildEngine(ctx, r.settings, assets.HEIF, heif.NewEngine)
	}
	return err
}

// visit is the reading of one document.
type visit struct {
	*reader
	options ReadOptions
	draw    bool // also draw the pages
	out     io.Writer
	report  Report
	drawn   int
	// tokenSeen says that a page bore a code of our form.
	tokenSeen bool
	// clean says that the page at hand was drawn by a program, never scanned.
	clean bool
}

// document finds out what data are and reads them. The error is the machine's.
func (v *visit) document(ctx context.Context, data []byte) error {
	v.report.Format = Sniff(data)
	switch v.report.Format {
	case FormatPDF:
		return v.pdf(ctx, data)
	case FormatTIFF:
		return v.tiff(ctx, data)
	case FormatUnknown, formatHEIC:
	}
	v.find(dossier.Finding{
		Code: dossier.FileType, Severity: dossier.SeverityBlock, Detail: string(v.report.Format),
	})
	return nil
}

func (v *visit) find(findings ...dossier.Finding) {
	v.report.Findings = append(v.report.Findings, findings...)
}

// refused reports whether a finding blocks the document beyond doubt: then no
// page is drawn. What only goes to quarantine is drawn, for a person to see.
func (v *visit) refused() bool {
	verdict, _ := dossier.Judge(v.report.Findings)
	return verdict == dossier.Rejected
}

// blocked reports whether anything stands against the document already.
func (v *visit) blocked() bool {
	verdict, _ := dossier.Judge(v.report.Findings)
	return verdict != dossier.Accepted
}

// begin tells the parent how many pages follow, which sets the time.
func (v *visit) begin(pages int) error {
	return writeFrame(v.out, frameStarted, started{Pages: pages})
}

// lost notes a page that cannot be shown.
func (v *visit) lost(n int, detail string) {
	v.find(dossier.Finding{
		Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: n, Detail: printable(detail, maxDetail),
	})
}

// finish blocks a document of which no page could be shown.
func (v *visit) finish() {
	if v.drawn == 0 && !v.blocked() {
		v.unreadable()
	}
}

func (v *visit) unreadable() {
	v.find(dossier.Finding{
		Code: dossier.FileUnreadable, Severity: dossier.SeverityBlock, Detail: "no page can be shown",
	})
}

// show sends one drawn page. One that does not fit into a picture is lost; the
// error is of the pipe.
func (v *visit) show(ctx context.Context, n int, page *raster.Page, text string) error {
	image, thumb, err := v.pictures(page)
	if err != nil {
		v.lost(n, err.Error())
		return nil
	}
	v.drawn++
	v.signs(ctx, n, page)
	head := pageHead{
		N: n, Width: image.Width, Height: image.Height, ContentType: image.ContentType,
		Image: len(image.Data), Text: cutText(text), Look: v.look(page), Pixels: v.pixels(page),
	}
	return writeFrame(v.out, framePage, head, image.Data, thumb.Data)
}

func (v *visit) pictures(page *raster.Page) (image, thumb raster.Picture, err error) {
	limit := maxImage
	if v.options.Native {
		limit = maxBody
		image, err = page.Native()
	} else {
		image, thumb, err = page.Review()
	}
	if size := len(image.Data) + len(thumb.Data); err == nil && size > limit {
		err = fmt.Errorf("the picture takes %d of %d bytes", size, limit)
	}
	return image, thumb, err
}

// compose draws the overlay and joins the documents.
func (r *reader) compose(ctx context.Context, how composing, docs [][]byte, out io.Writer) error {
	if len(docs) == 0 || how.Overlay && len(docs) < 2 {
		return errOperation
	}
	base, rest := docs[0], docs[1:]
	if how.Overlay {
		laid, err := r.overlay(ctx, base, rest[0], how.OverlayPage)
		if err != nil {
			return err
		}
		base, rest = laid, rest[1:]
	}
	if len(rest) > 0 {
		merged, err := pdf.Merge(ctx, append([][]byte{base}, rest...)...)
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
		base = merged
	}
	return writeFrame(out, frameResult, result{}, base)
}

func (r *reader) overlay(ctx context.Context, base, overlay []byte, page int) ([]byte, error) {
	if page == 0 {
		if err := r.build(ctx); err != nil {
			return nil, err
		}
		doc, err := r.engine.Open(ctx, base)
		if err != nil {
			return nil, fmt.Errorf("open base: %w", err)
		}
		page = doc.NumPages()
		if err := doc.Close(ctx); err != nil {
			return nil, fmt.Errorf("close base: %w", err)
		}
	}
	laid, err := pdf.Overlay(base, overlay, page)
	if err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	return laid, nil
}
