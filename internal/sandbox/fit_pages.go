package sandbox

import (
	"context"
	"errors"
	"image"
	"math"
	"runtime/debug"
	"slices"

	"dispositivo/dossier"
	"dispositivo/verify/compose"
	"dispositivo/verify/heif"
	"dispositivo/verify/pdf"
	"dispositivo/verify/photo"
	"dispositivo/verify/raster"
	"dispositivo/verify/tiff"
)

func (v *fitting) takePhoto(ctx context.Context, data []byte) error {
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
		return v.add(ctx, 1, picture.Image, raster.Geometry{Orientation: picture.Orientation}, paperSize{}, true)
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
		return v.add(ctx, 1, picture.Image, raster.Geometry{}, paperSize{}, true)
	}
	return nil
}

// takeTIFF takes the pages of a TIFF file; one that cannot be shown must be
// sent anew, because nobody would miss it later.
func (v *fitting) takeTIFF(ctx context.Context, data []byte) error {
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
		g := raster.Geometry{Aspect: info.Aspect, Orientation: info.Orientation, Bilevel: info.Bilevel}
		if err := v.add(ctx, p.N, img, g, paperOf(info), true); err != nil {
			return err
		}
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
	return v.add(ctx, n, img, raster.Geometry{Bilevel: bilevel}, size, scanned)
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

// add puts one page behind the others. The error is the context's or of an encoder.
func (v *fitting) add(ctx context.Context, n int, img image.Image, g raster.Geometry, size paperSize, scanned bool) error {
	place := v.place
	if v.place++; len(v.opts.Order) > 0 && !slices.Contains(v.opts.Order, place) {
		return nil // left out: the others have its room
	}
	limit := raster.WorkingPixels
	if g.Bilevel {
		limit = int(v.settings.Limits.BilevelPixels)
	}
	page, err := raster.New(img, g, limit)
	if err != nil {
		v.block(dossier.PagesTooLarge, n, err.Error())
		return nil
	}
	v.note(page.Findings(n, scanned)...)
	if err := v.maker.Add(ctx, sheetOf(page, g, size)); errors.Is(err, compose.ErrSheet) {
		v.block(dossier.FileUnreadable, n, err.Error())
		return nil
	} else if err != nil {
		return err
	}
	v.from = append(v.from, FittedPage{Place: place, File: v.file, FilePage: n})
	debug.FreeOSMemory() // what a page took to read is back before the next is
	return nil
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
