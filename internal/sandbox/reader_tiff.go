package sandbox

import (
	"context"
	"errors"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/verify/raster"
	"dispositivo/verify/tiff"
)

// tiff reads a TIFF file.
func (v *visit) tiff(ctx context.Context, data []byte) error {
	limits := v.settings.Limits
	file, findings, err := tiff.Open(data, tiff.Limits{
		Pages: limits.Pages, BilevelPixels: limits.BilevelPixels, Pixels: limits.Pixels,
	})
	v.find(findings...)
	if err != nil {
		if !v.refused() { // it always says why
			v.find(dossier.Finding{Code: dossier.FileUnreadable, Severity: dossier.SeverityBlock})
		}
		return nil
	}
	pages := file.Pages()
	for _, p := range pages {
		if p.Problem == nil {
			p.Rows = p.Height // until it is decoded
		}
		v.report.Pages = append(v.report.Pages, tiffPage(p))
	}
	if v.refused() {
		return nil
	}
	if !v.draw {
		v.tryTIFF(file)
		return nil
	}
	if err := v.begin(len(pages)); err != nil {
		return err
	}
	var lost []dossier.Finding
	for _, p := range pages {
		finding, err := v.drawTIFF(ctx, file, p.N)
		if err != nil {
			return err
		}
		if finding != nil {
			lost = append(lost, *finding)
		}
	}
	v.lostTIFF(lost)
	v.finish()
	return nil
}

// tryTIFF decodes until one page succeeds, so that a file which nobody will
// ever see is refused at the door and not after it got a protocol number.
func (v *visit) tryTIFF(file *tiff.File) {
	var lost []dossier.Finding
	for _, p := range file.Pages() {
		_, info, err := file.Decode(p.N, raster.WorkingPixels)
		if err == nil {
			v.report.Pages[p.N-1] = tiffPage(info)
			v.drawn++ // it could be
			break
		}
		v.report.Pages[p.N-1].Rows = 0
		lost = append(lost, pageLost(p.N, err))
	}
	v.lostTIFF(lost)
}

// lostTIFF weighs pages that cannot be shown: as warnings if another page can
// be, else the first of them is why the file is refused.
func (v *visit) lostTIFF(lost []dossier.Finding) {
	if v.drawn == 0 && len(lost) > 0 {
		v.find(lost[0])
		return
	}
	for _, p := range lost {
		v.lost(p.Page, p.Detail)
	}
}

// pageLost is why page n cannot be shown.
func pageLost(n int, err error) dossier.Finding {
	var known *tiff.Error
	if errors.As(err, &known) {
		return known.Finding
	}
	return dossier.Finding{
		Code: dossier.FileUnreadable, Severity: dossier.SeverityBlock, Page: n, Detail: printable(err.Error(), maxDetail),
	}
}

func tiffPage(p tiff.PageInfo) Page {
	page := Page{
		N: p.N, Width: p.Width, Height: p.Height, DPIX: p.DPIX, DPIY: p.DPIY,
		Encoding: p.Encoding, Rows: p.Rows, Turn: raster.Geometry{Orientation: p.Orientation}.Turn(),
	}
	for _, r := range p.Damaged {
		page.DamagedRows = append(page.DamagedRows, [2]int{r.From, r.To - 1})
	}
	return page
}

// drawTIFF decodes and shows one page. The finding is why it cannot be shown,
// the error is of the pipe.
func (v *visit) drawTIFF(ctx context.Context, file *tiff.File, n int) (*dossier.Finding, error) {
	fail := func(err error) (*dossier.Finding, error) {
		v.report.Pages[n-1].Rows = 0
		finding := pageLost(n, err)
		return &finding, nil
	}
	limit := raster.WorkingPixels
	if v.options.Native {
		limit = int(v.settings.Limits.BilevelPixels)
	}
	img, p, err := file.Decode(n, limit)
	if err != nil {
		return fail(err)
	}
	v.report.Pages[n-1] = tiffPage(p)
	page, err := raster.Take(img, raster.Geometry{Aspect: p.Aspect, Orientation: p.Orientation, Bilevel: p.Bilevel}, limit)
	if err != nil {
		return fail(err)
	}
	v.find(damagedTIFF(p)...)
	v.find(raster.LowResolution(p.N, longSide(p), min(p.DPIX, p.DPIY))...)
	v.find(page.Findings(p.N, true)...)
	return nil, v.show(ctx, p.N, page, "")
}

// damagedTIFF warns of rows that were lost or are not vouched for.
func damagedTIFF(p tiff.PageInfo) []dossier.Finding {
	if len(p.Damaged) == 0 {
		return nil
	}
	damaged := 0
	for _, r := range p.Damaged {
		damaged += r.To - r.From
	}
	return []dossier.Finding{{
		Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: p.N,
		Detail: fmt.Sprintf("%d of %d rows", damaged, p.Height),
	}}
}

// longSide is the long side of a page in pixels, were they square.
func longSide(p tiff.PageInfo) int {
	if p.Aspect >= 1 {
		return max(p.Width, int(float64(p.Height)*p.Aspect))
	}
	return max(int(float64(p.Width)/p.Aspect), p.Height)
}
