package sandbox

import (
	"context"
	"errors"
	"math"

	"dispositivo/dossier"
	"dispositivo/verify/pdf"
	"dispositivo/verify/raster"
)

const (
	// pageDPI is how a page is drawn: 2200 pixels along an A4 sheet, as much as
	// a picture to review may have.
	pageDPI = 188
	// dotDPI is the resolution up to which a scan is drawn dot by dot: PDFium is
	// spared the scaling, and readers of codes the blur of it.
	dotDPI = 250
	// maxScanDPI bounds the native size of a scan, as it was scanned.
	maxScanDPI = 600
	// pointsPerInch defines the unit of PDF.
	pointsPerInch = 72
)

// pdf reads a PDF document.
func (v *visit) pdf(ctx context.Context, data []byte) error {
	if err := v.build(ctx); err != nil {
		return err
	}
	x, err := v.engine.Examine(ctx, data, pdf.Limits{Pages: v.settings.Limits.Pages})
	v.find(x.Findings...)
	if v.options.TolerateActive {
		tolerate(v.report.Findings)
	}
	if x.Document == nil {
		if err != nil { // no verdict was reached: a person has to look
			v.gaveUp()
		} else if !v.blocked() {
			v.find(dossier.Finding{Code: dossier.FileUnreadable, Severity: dossier.SeverityBlock})
		}
		return nil
	}
	err = v.pdfPages(ctx, x.Document)
	return errors.Join(err, x.Document.Close(ctx))
}

// tolerate weakens what an operator has decided to accept.
func tolerate(findings []dossier.Finding) {
	for i, f := range findings {
		if f.Code == dossier.PDFActiveContent || f.Code == dossier.PDFEmbeddedFile {
			findings[i].Severity = dossier.SeverityWarn
		}
	}
}

func (v *visit) pdfPages(ctx context.Context, doc *pdf.Document) error {
	count := min(doc.NumPages(), v.settings.Limits.Pages)
	for n := 1; n <= count; n++ {
		v.report.Pages = append(v.report.Pages, pdfPage(ctx, doc, n))
	}
	if v.refused() || !v.draw {
		return nil
	}
	if err := v.begin(count); err != nil {
		return err
	}
	for n := 1; n <= count; n++ {
		page, err := v.drawPDF(ctx, doc, n)
		switch {
		case errors.Is(err, pdf.ErrEngine):
			// The engine is gone with its document. Other pages may be lost that
			// are in good order, so a person has to look.
			v.gaveUp()
			return nil
		case err != nil:
			v.report.Pages[n-1].Rows = 0
			v.lost(n, "it cannot be drawn")
			continue
		}
		text, err := doc.Text(ctx, n)
		if err != nil {
			text = "" // the picture is what counts
		}
		if err := v.show(ctx, n, page, text); err != nil {
			return err
		}
	}
	v.finish()
	return nil
}

// gaveUp says that no verdict was reached.
func (v *visit) gaveUp() {
	v.find(dossier.Finding{Code: dossier.MachineGaveUp, Severity: dossier.SeverityBlock, Detail: "engine"})
}

// pdfPage describes a page in points. A page that does not load stays empty;
// the examination has a finding for it.
func pdfPage(ctx context.Context, doc *pdf.Document, n int) Page {
	page := Page{N: n, DPIX: pointsPerInch, DPIY: pointsPerInch, Encoding: "pdf"}
	w, h, err := doc.PageSize(ctx, n)
	if err != nil || math.IsNaN(w) || math.IsNaN(h) || math.Abs(w) > maxSide || math.Abs(h) > maxSide {
		return page
	}
	page.Width, page.Height = int(math.Round(w)), int(math.Round(h))
	page.Rows = page.Height
	return page
}

// drawPDF draws one page and measures it.
func (v *visit) drawPDF(ctx context.Context, doc *pdf.Document, n int) (*raster.Page, error) {
	dpi := float64(pageDPI)
	scan, scanned, err := doc.PageScan(ctx, n)
	if err != nil {
		return nil, err
	}
	switch {
	case scanned && v.options.Native:
		dpi = min(max(scan.DPI(), pointsPerInch), maxScanDPI)
	case scanned:
		dpi = max(scan.DPI(), pointsPerInch)
		if dpi > dotDPI {
			dpi = pageDPI
		}
	}
	v.clean = !scanned
	img, _, err := doc.Render(ctx, n, pdf.RenderOptions{DPI: dpi, MaxPixels: int(v.settings.Limits.Pixels)})
	if err != nil {
		return nil, err
	}
	page, err := raster.New(img, raster.Geometry{}, 0)
	if err != nil {
		return nil, err
	}
	if scanned {
		v.find(raster.LowResolution(n, max(scan.Width, scan.Height), min(scan.DPIX, scan.DPIY))...)
	}
	v.find(page.Findings(n, scanned)...)
	return page, nil
}
