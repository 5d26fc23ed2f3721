package sandbox

import (
	"dispositivo/dossier"
	"dispositivo/verify/raster"
	"dispositivo/verify/tiff"
)

// tiff reads a TIFF file.
func (v *visit) tiff(data []byte) error {
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
		v.report.Pages = append(v.report.Pages, tiffPage(p))
	}
	v.tiffProblems(pages)
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
	for _, p := range pages {
		if p.Problem != nil {
			continue
		}
		if err := v.drawTIFF(file, p); err != nil {
			return err
		}
	}
	v.finish()
	return nil
}

// tryTIFF decodes until one page succeeds, so that a file which nobody will
// ever see is refused at the door and not after it got a protocol number.
func (v *visit) tryTIFF(file *tiff.File) {
	for _, p := range file.Pages() {
		if p.Problem != nil {
			continue
		}
		if _, err := file.Decode(p.N); err == nil {
			return
		}
	}
	v.unreadable()
}

// tiffProblems weighs pages that cannot be decoded: as warnings while another
// page may be, else the first of them is why the file is refused.
func (v *visit) tiffProblems(pages []tiff.PageInfo) {
	var problems []dossier.Finding
	for _, p := range pages {
		if p.Problem != nil {
			problems = append(problems, *p.Problem)
		}
	}
	if len(problems) == len(pages) {
		v.find(problems[0])
		return
	}
	for _, p := range problems {
		v.lost(p.Page, p.Detail)
	}
}

func tiffPage(p tiff.PageInfo) Page {
	rows := p.Height
	if p.Problem != nil {
		rows = 0
	}
	return Page{
		N: p.N, Width: p.Width, Height: p.Height, DPIX: p.DPIX, DPIY: p.DPIY,
		Encoding: p.Encoding, Rows: rows, Turn: raster.Geometry{Orientation: p.Orientation}.Turn(),
	}
}

// drawTIFF decodes and shows one page. A page that fails is noted; the error is
// of the pipe.
func (v *visit) drawTIFF(file *tiff.File, p tiff.PageInfo) error {
	fail := func(err error) error {
		v.report.Pages[p.N-1].Rows = 0
		v.lost(p.N, err.Error())
		return nil
	}
	img, err := file.Decode(p.N)
	if err != nil {
		return fail(err)
	}
	limit := raster.WorkingPixels
	if v.options.Native {
		limit = int(v.settings.Limits.BilevelPixels)
	}
	page, err := raster.New(img, raster.Geometry{Aspect: p.Aspect, Orientation: p.Orientation, Bilevel: p.Bilevel}, limit)
	if err != nil {
		return fail(err)
	}
	v.find(raster.LowResolution(p.N, longSide(p), min(p.DPIX, p.DPIY))...)
	v.find(page.Findings(p.N, true)...)
	return v.show(p.N, page, "")
}

// longSide is the long side of a page in pixels, were they square.
func longSide(p tiff.PageInfo) int {
	if p.Aspect >= 1 {
		return max(p.Width, int(float64(p.Height)*p.Aspect))
	}
	return max(int(float64(p.Width)/p.Aspect), p.Height)
}
