package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"

	"dispositivo/dossier"
	"dispositivo/verify/compose"
	"dispositivo/verify/pdf"
	"dispositivo/verify/photo"
	"dispositivo/verify/raster"
)

const (
	// cleanDPI is how pages drawn by programs are kept when they have no colour:
	// what a fine fax has across, and half as much again along.
	cleanDPI = 300
	// previewSide is the long side of a page to look at before it is sent.
	previewSide = 1600
)

// fitHeap is the part of a child's memory that Go may use before it collects on
// every occasion: the files, a page at a time, and what the pages before may become.
// The engines beside it have theirs, libheif for one photograph 175 MiB.
const fitHeap = 2

// fit puts files together.
func (r *reader) fit(ctx context.Context, opts FitOptions, docs [][]byte, out io.Writer) error {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(r.settings.Limits.Memory / fitHeap))
	v := &fitting{
		visit: &visit{reader: r, out: out}, opts: opts,
		maker: compose.NewMaker(compose.Options{Limit: opts.Limit, Lossless: opts.Lossless}),
	}
	for i, data := range docs {
		v.file = i
		if err := v.take(ctx, data); err != nil {
			return err
		}
		if _, blocked := v.fitted.Blocked(); blocked {
			return writeFrame(out, frameResult, result{Fitted: v.fitted})
		}
	}
	return v.make(ctx, docs)
}

// fitting is one composition; the visit lends its engine.
type fitting struct {
	*visit
	opts   FitOptions
	maker  *compose.Maker
	file   int // at hand
	place  int // of the next page among all of all files
	from   []FittedPage
	fitted Fitted
	// active says that a document holds more than pages: it is never kept as it is.
	active bool
}

// note keeps findings about a page of the file at hand.
func (v *fitting) note(findings ...dossier.Finding) {
	for _, f := range findings {
		v.fitted.Findings = append(v.fitted.Findings, FitFinding{Finding: f, File: v.file})
	}
}

// block ends the composition for the file at hand.
func (v *fitting) block(code dossier.FindingCode, page int, detail string) {
	v.note(dossier.Finding{Code: code, Severity: dossier.SeverityBlock, Page: page, Detail: printable(detail, maxDetail)})
}

// take reads the pages of one file. What is wrong with it is noted; the error
// is of the machine or the pipe.
func (v *fitting) take(ctx context.Context, data []byte) error {
	switch format := Sniff(data); {
	case format == FormatPDF:
		return v.takePDF(ctx, data)
	case format == FormatTIFF:
		return v.takeTIFF(ctx, data)
	case photo.Is(data) && !v.opts.Lossless:
		return v.takePhoto(ctx, data)
	case format == formatHEIC && !v.opts.Lossless:
		return v.takeHEIC(ctx, data)
	default:
		v.block(dossier.FileType, 0, string(format))
	}
	return nil
}

// room tells the parent how many pages there are and reports whether they are
// allowed.
func (v *fitting) room(more int) (bool, error) {
	total, limit := v.place+more, v.settings.Limits.Pages
	if total > limit {
		v.block(dossier.PagesTooMany, 0, fmt.Sprintf("%d of at most %d", total, limit))
		return false, nil
	}
	return true, v.begin(total)
}

// make composes the pages and sends them to look at.
func (v *fitting) make(ctx context.Context, docs [][]byte) error {
	v.arrange()
	made, err := v.maker.Make(ctx)
	joined := false
	if heavy, ok := errors.AsType[*compose.HeavyError](err); ok {
		if made, ok = v.joined(ctx, docs); !ok {
			return v.tooHeavy(heavy)
		}
		joined = true
	} else if err != nil {
		return err
	}
	for i, c := range made.Pages {
		p := v.from[i]
		p.Width, p.Height, p.DPI = c.Width, c.Height, math.Round(c.DPI())
		p.Coding, p.Quality, p.Bytes = c.Coding, c.Quality, len(c.Data)
		if joined { // what is shown is a picture of it
			p.Coding, p.Quality, p.Bytes = "pdf", 0, 0
		}
		v.fitted.Pages = append(v.fitted.Pages, p)
		if err := v.preview(i+1, c); err != nil {
			return err
		}
	}
	return writeFrame(v.out, frameResult, result{Fitted: v.fitted}, made.PDF)
}

// arrange puts the pages into the order asked for.
func (v *fitting) arrange() {
	if len(v.opts.Order) == 0 {
		return
	}
	var order []int
	for _, place := range v.opts.Order {
		if i := slices.IndexFunc(v.from, func(p FittedPage) bool { return p.Place == place }); i >= 0 {
			order = append(order, i)
		}
	}
	from := v.from
	v.from = nil
	for _, i := range v.maker.Arrange(order) {
		v.from = append(v.from, from[i])
	}
}

// joined is the last resort for documents of programs, whose pages of writing
// take less room than any picture of them: the PDFs as they are, in a row.
func (v *fitting) joined(ctx context.Context, docs [][]byte) (compose.Result, bool) {
	foreign := slices.ContainsFunc(docs, func(d []byte) bool { return Sniff(d) != FormatPDF })
	if foreign || v.active || v.opts.Lossless || len(v.opts.Order) > 0 {
		return compose.Result{}, false
	}
	merged, err := pdf.Merge(ctx, docs...)
	if err != nil || len(merged) > v.opts.Limit {
		return compose.Result{}, false
	}
	pages, err := v.maker.Floor()
	return compose.Result{PDF: merged, Pages: pages}, err == nil
}

// tooHeavy names the pages to be taken again.
func (v *fitting) tooHeavy(heavy *compose.HeavyError) error {
	for _, i := range heavy.Pages {
		v.file = v.from[i].File
		v.block(dossier.PageTooHeavy, v.from[i].FilePage, fmt.Sprintf("%d of %d bytes", heavy.Bytes, heavy.Limit))
	}
	return writeFrame(v.out, frameResult, result{Fitted: v.fitted})
}

// preview sends a page as it stands in the document: a JPEG is the very one, a
// page of two colours is drawn as PNG.
func (v *fitting) preview(n int, c compose.Coded) error {
	if c.Coding == "jpeg" {
		head := pageHead{N: n, Width: c.Width, Height: c.Height, ContentType: "image/jpeg", Image: len(c.Data)}
		return writeFrame(v.out, framePage, head, c.Data)
	}
	img, err := c.Draw()
	if err != nil {
		return err
	}
	picture, err := raster.Preview(img, c.WidthPt, c.HeightPt, previewSide)
	if err != nil {
		return err
	}
	head := pageHead{N: n, Width: picture.Width, Height: picture.Height, ContentType: picture.ContentType, Image: len(picture.Data)}
	return writeFrame(v.out, framePage, head, picture.Data)
}
