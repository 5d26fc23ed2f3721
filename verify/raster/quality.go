package raster

import (
	"fmt"
	"image"
	"slices"

	"dispositivo/dossier"
)

// The thresholds of the findings. Each finding carries what was measured, so
// that a threshold can be judged by the pages it speaks about.
const (
	// MinInk is the share of the page that must be ink; below it is page.blank.
	// A single line of text on an A4 page covers about 0.0005, the specks of an
	// empty fax page less than half of MinInk.
	MinInk = 0.0002
	// MaxDark is the share of dark pixels above which a page is page.dark.
	MaxDark = 0.5
	// MinSharpness is how steep the steepest edges are, relative to the contrast
	// of the page, below which a scan is page.blurred.
	MinSharpness = 0.35
	// MinDPI is the resolution below which a page is page.low_resolution, taking
	// it for an A4 sheet unless the file says that it is smaller than A5.
	MinDPI = 100
	// MinSide is the length of the long side, in pixels, below which nothing can
	// be read whatever the file says.
	MinSide = 600
)

const (
	// inkStep is how much darker than the paper ink is.
	inkStep = 48
	// darkBelow is what counts as dark.
	darkBelow = 80
	// border is the part of each side that is not looked at: edges of scans.
	border = 50 // one fiftieth
)

// Findings measures page n. scanned says that the pixels come from a scanner or
// a camera; a page drawn from a born-digital file is never blurred.
func (p *Page) Findings(n int, scanned bool) []dossier.Finding {
	gray := p.reviewed().grayed()
	var findings []dossier.Finding
	add := func(code dossier.FindingCode, format string, value float64) {
		findings = append(findings, dossier.Finding{
			Code: code, Severity: dossier.SeverityWarn, Page: n, Detail: fmt.Sprintf(format, value),
		})
	}
	m := measure(gray)
	switch {
	case m.dark > MaxDark:
		add(dossier.PageDark, "%.0f%% dark", 100*m.dark)
	case m.ink < MinInk:
		add(dossier.PageBlank, "%.3f%% ink", 100*m.ink)
	case scanned && !p.geometry.Bilevel:
		if s := sharpness(gray); s < MinSharpness {
			add(dossier.PageBlurred, "sharpness %.2f", s)
		}
	}
	return findings
}

// LowResolution judges page n by its long side in pixels (with square pixels)
// and the resolution the file gives, 0 if none.
func LowResolution(n, longSide int, dpi float64) []dossier.Finding {
	const a4, a5 = 11.69, 8.27 // inches, long side
	effective := float64(longSide) / a4
	if dpi > 0 && float64(longSide)/dpi < a5 && longSide >= MinSide {
		effective = dpi
	}
	if effective >= MinDPI {
		return nil
	}
	return []dossier.Finding{{
		Code: dossier.PageLowResolution, Severity: dossier.SeverityWarn, Page: n,
		Detail: fmt.Sprintf("%.0f dpi, %d pixels", effective, longSide),
	}}
}

func (p plain) grayed() *image.Gray {
	if p.gray != nil {
		return p.gray
	}
	dst := image.NewGray(p.colour.Bounds())
	for i := range dst.Pix {
		dst.Pix[i] = luma(p.colour.Pix[4*i], p.colour.Pix[4*i+1], p.colour.Pix[4*i+2])
	}
	return dst
}

// measures are shares of the page without its border.
type measures struct{ ink, dark float64 }

func measure(img *image.Gray) measures {
	var histogram [256]int
	total := 0
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for y := h / border; y < h-h/border; y++ {
		for _, v := range img.Pix[y*img.Stride+w/border : y*img.Stride+w-w/border] {
			histogram[v]++
			total++
		}
	}
	if total == 0 {
		return measures{}
	}
	paper := level(histogram, total, 0.9)
	share := func(below int) float64 {
		n := 0
		for _, count := range histogram[:max(below, 0)] {
			n += count
		}
		return float64(n) / float64(total)
	}
	return measures{ink: share(paper - inkStep), dark: share(darkBelow)}
}

// level is the value below which the given share of pixels lies.
func level(histogram [256]int, total int, share float64) int {
	n := 0
	for v, count := range histogram {
		if n += count; float64(n) >= share*float64(total) {
			return v
		}
	}
	return 255
}

// sharpness looks at the steepest edges: the mean of the strongest Laplacians
// (one pixel in five hundred) over the contrast between ink and paper. Sharp
// text gives about 1, text nobody can read less than 0.2. A page with little on
// it is judged by the little there is, which the variance of the Laplacian,
// usual elsewhere, would not do.
func sharpness(img *image.Gray) float64 {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w < 16 || h < 16 {
		return 1
	}
	var edges [1024]int
	var histogram [256]int
	total := 0
	for y := 1 + h/border; y < h-1-h/border; y++ {
		above, row, below := img.Pix[(y-1)*img.Stride:], img.Pix[y*img.Stride:], img.Pix[(y+1)*img.Stride:]
		for x := 1 + w/border; x < w-1-w/border; x++ {
			l := 4*int(row[x]) - int(row[x-1]) - int(row[x+1]) - int(above[x]) - int(below[x])
			edges[min(max(l, -l), len(edges)-1)]++
			histogram[row[x]]++
			total++
		}
	}
	contrast := level(histogram, total, 0.98) - level(histogram, total, 0.002)
	if contrast < inkStep {
		return 1 // nothing to be sharp
	}
	return strongest(edges[:], max(total/500, 1)) / float64(contrast)
}

// strongest is the mean of the n strongest edges.
func strongest(edges []int, n int) float64 {
	left, sum := n, 0
	for value, count := range slices.Backward(edges) {
		take := min(count, left)
		sum += take * value
		if left -= take; left == 0 {
			break
		}
	}
	return float64(sum) / float64(n)
}
