package sandbox

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"slices"

	"dispositivo/dossier"
	"dispositivo/verify/compose"
	"dispositivo/verify/heif"
	"dispositivo/verify/pdf"
	"dispositivo/verify/photo"
	"dispositivo/verify/raster"
	"dispositivo/verify/tiff"
)

const (
	// cleanDPI is how pages drawn by programs are kept when they have no colour:
	// what a fine fax has across, and half as much again along.
	cleanDPI = 300
	// previewSide is the long side of a page to look at before it is sent.
	previewSide = 1600
)

// fit puts files together.
func (r *reader) fit(ctx context.Context, opts FitOptions, docs [][]byte, out io.Writer) error {
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
		return v.takeTIFF(data)
	case photo.Is(data) && !v.opts.Lossless:
		return v.takePhoto(data)
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
	total, limit := v.maker.Len()+more, v.settings.Limits.Pages
	if total > limit {
		v.block(dossier.PagesTooMany, 0, fmt.Sprintf("%d of at most %d", total, limit))
		return false, nil
	}
	return true, v.begin(total)
}

func (v *fitting) takePhoto(data []byte) error {
	if ok, err := v.room(1); !ok || err != nil {
		return err
	}
	picture, err := photo.Decode(data, photo.Limits{})
	switch {
	case errors.Is(err, photo.ErrSize):
		v.block(dossier.PagesTooLarge, 1, err.Error())
	case errors.Is(err, photo.ErrTruncated):
		v.block(dossier.FileTruncated, 1, "")
	case err != nil:
		v.block(dossier.FileUnreadable, 1, err.Error())
	default:
		v.note(raster.LowResolution(1, max(picture.Width, picture.Height), 0)...)
		v.add(1, picture.Image, raster.Geometry{Orientation: picture.Orientation}, paperSize{}, true)
	}
	return nil
}

// takeHEIC takes a photograph of a telephone; libheif has turned it upright.
func (v *fitting) takeHEIC(ctx context.Context, data []byte) error {
	if ok, err := v.room(1); !ok || err != nil {
		return err
	}
	if err := v.buildPhotos(ctx); err != nil {
		return err
	}
	picture, err := v.photos.Decode(ctx, data)
	switch {
	case errors.Is(err, heif.ErrSize):
		v.block(dossier.PagesTooLarge, 1, err.Error())
	case errors.Is(err, heif.ErrDamaged):
		v.block(dossier.FileUnreadable, 1, "")
	case err != nil:
		v.block(dossier.MachineGaveUp, 1, "engine")
	default:
		v.note(raster.LowResolution(1, max(picture.Width, picture.Height), 0)...)
		v.add(1, picture.Image, raster.Geometry{}, paperSize{}, true)
	}
	return nil
}

// takeTIFF takes the pages of a TIFF file; one that cannot be shown must be
// sent anew, because nobody would miss it later.
func (v *fitting) takeTIFF(data []byte) error {
	limits := v.settings.Limits
	file, findings, err := tiff.Open(data, tiff.Limits{Pages: limits.Pages, BilevelPixels: limits.BilevelPixels, Pixels: limits.Pixels})
	v.note(findings...)
	if _, blocked := v.fitted.Blocked(); blocked {
		return nil
	}
	if err != nil {
		v.block(dossier.FileUnreadable, 0, "")
		return nil //nolint:nilerr // a file that cannot be opened is a verdict
	}
	if ok, err := v.room(len(file.Pages())); !ok || err != nil {
		return err
	}
	for _, p := range file.Pages() {
		img, info, err := file.Decode(p.N, int(limits.BilevelPixels))
		if err != nil {
			v.note(pageLost(p.N, err))
			return nil
		}
		if v.opts.Lossless && !info.Bilevel {
			v.block(dossier.FileType, p.N, "a page of more than two colours")
			return nil
		}
		v.note(damagedTIFF(info)...)
		v.note(raster.LowResolution(p.N, longSide(info), min(info.DPIX, info.DPIY))...)
		v.add(p.N, img, raster.Geometry{Aspect: info.Aspect, Orientation: info.Orientation, Bilevel: info.Bilevel}, paperOf(info), true)
	}
	return nil
}

// takePDF takes the pages of a PDF as pixels, so that nothing active and
// nothing hidden comes along.
func (v *fitting) takePDF(ctx context.Context, data []byte) error {
	if err := v.build(ctx); err != nil {
		return err
	}
	x, err := v.engine.Examine(ctx, data, pdf.Limits{Pages: v.settings.Limits.Pages})
	if x.Document != nil {
		defer func() { _ = x.Document.Close(ctx) }() // nothing of it is needed any more
	}
	if err != nil {
		v.block(dossier.MachineGaveUp, 0, "engine")
		return nil
	}
	tolerate(x.Findings) // pixels alone are kept
	v.active = v.active || !x.Info.Structured || slices.ContainsFunc(x.Findings, func(f dossier.Finding) bool {
		return f.Code == dossier.PDFActiveContent || f.Code == dossier.PDFEmbeddedFile
	})
	v.note(x.Findings...)
	if x.Info.Signed {
		v.block(dossier.FileSigned, 0, "")
	}
	if _, blocked := v.fitted.Blocked(); blocked {
		return nil
	}
	if x.Document == nil {
		v.block(dossier.FileUnreadable, 0, "")
		return nil
	}
	count := x.Document.NumPages()
	if ok, err := v.room(count); !ok || err != nil {
		return err
	}
	for n := 1; n <= count; n++ {
		if err := v.takePDFPage(ctx, x.Document, n); err != nil {
			v.block(dossier.FileUnreadable, n, "it cannot be drawn")
			return nil
		}
	}
	return nil
}

func (v *fitting) takePDFPage(ctx context.Context, doc *pdf.Document, n int) error {
	dpi := float64(cleanDPI)
	scan, scanned, err := doc.PageScan(ctx, n)
	if err != nil {
		return err
	}
	bilevel := false
	if scanned {
		dpi = min(max(scan.DPI(), pointsPerInch), maxScanDPI)
		if bilevel, err = doc.PageBilevel(ctx, n); err != nil {
			return err
		}
	}
	img, drawn, err := doc.Render(ctx, n, pdf.RenderOptions{DPI: dpi, MaxPixels: int(v.settings.Limits.Pixels)})
	if err != nil {
		return err
	}
	if scanned {
		v.note(raster.LowResolution(n, max(scan.Width, scan.Height), min(scan.DPIX, scan.DPIY))...)
	}
	b := img.Bounds()
	size := paperSize{float64(b.Dx()) / drawn * pointsPerInch, float64(b.Dy()) / drawn * pointsPerInch}
	if !scanned {
		bilevel = twoTone(img)
	}
	v.add(n, img, raster.Geometry{Bilevel: bilevel}, size, scanned)
	return nil
}

// twoTone reports whether a page drawn by a program has two colours: its text is
// as black as ink gets, and greys are nothing but the soft edges of letters.
func twoTone(img image.Image) bool {
	drawn, ok := img.(*image.NRGBA)
	if !ok {
		return false
	}
	gray := image.NewGray(drawn.Rect)
	for i := range gray.Pix {
		r, g, b := drawn.Pix[4*i], drawn.Pix[4*i+1], drawn.Pix[4*i+2]
		if r != g || g != b {
			return false
		}
		gray.Pix[i] = r
	}
	return compose.TwoTone(gray)
}

// paperSize is a page's size on paper in points; zero when unknown.
type paperSize struct{ w, h float64 }

// paperOf believes a resolution as long as it makes a sheet that exists.
func paperOf(p tiff.PageInfo) paperSize {
	const least, most = 100, 3000 // points: a visiting card, A1
	if p.DPIX <= 0 || p.DPIY <= 0 || p.Height <= 0 {
		return paperSize{}
	}
	s := paperSize{float64(p.Width) / p.DPIX * pointsPerInch, float64(p.Height) / p.DPIY * pointsPerInch}
	if long := max(s.w, s.h); long < least || long > most || min(s.w, s.h) < least/3 || math.IsNaN(long) {
		return paperSize{}
	}
	return s
}

// add puts one page behind the others.
func (v *fitting) add(n int, img image.Image, g raster.Geometry, size paperSize, scanned bool) {
	limit := raster.WorkingPixels
	if g.Bilevel {
		limit = int(v.settings.Limits.BilevelPixels)
	}
	page, err := raster.New(img, g, limit)
	if err != nil {
		v.block(dossier.PagesTooLarge, n, err.Error())
		return
	}
	v.note(page.Findings(n, scanned)...)
	sheet := sheetOf(page, g, size)
	if err := v.maker.Add(sheet); err != nil {
		v.block(dossier.FileUnreadable, n, err.Error())
		return
	}
	v.from = append(v.from, FittedPage{Place: len(v.from), File: v.file, FilePage: n})
}

// sheetOf makes a page ready: one of two colours dot by dot, any other upright
// and level.
func sheetOf(page *raster.Page, g raster.Geometry, size paperSize) compose.Sheet {
	if g.Bilevel {
		if img, turned := page.Stored(); img != nil {
			s := compose.Sheet{Gray: img, Bilevel: true, WidthPt: size.w, HeightPt: size.h}
			if s.WidthPt == 0 && g.Aspect > 0 { // only the shape of a dot is known
				w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
				if turned {
					w *= g.Aspect
				} else {
					h *= g.Aspect
				}
				s.WidthPt, s.HeightPt = onA4(w, h)
			} else if turned {
				s.WidthPt, s.HeightPt = s.HeightPt, s.WidthPt
			}
			return s
		}
	}
	s := compose.Sheet{Writing: page.Writing()}
	switch img := page.Straight(compose.Side).(type) {
	case *image.Gray:
		s.Gray = img
	case *image.NRGBA:
		s.Colour = img
	}
	return s
}

// onA4 makes the long side that of A4.
func onA4(w, h float64) (wPt, hPt float64) {
	const long = 297 / 25.4 * pointsPerInch
	scale := long / max(w, h)
	return w * scale, h * scale
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
	from := v.from
	v.from = nil
	for _, i := range v.maker.Arrange(v.opts.Order) {
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
