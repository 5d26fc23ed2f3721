package raster

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"slices"

	"dispositivo/dossier"
)

// The thresholds of the findings. Each finding carries what was measured and
// the threshold; docs/reading.md has the table that they were chosen by. All
// but MinDPI and MinSide are measured on a copy of at most 1400 pixels.
const (
	// MinInk is the share of the page that must be ink; below it is page.blank.
	// A single line of text on an A4 page covers about 0.0005, the specks of an
	// empty fax page less than half of MinInk.
	MinInk = 0.0002
	// MaxDark is the share of the page where even the paper is dark, above which
	// it is page.dark: dark ink on light paper, a halftone, a dithered
	// photograph never are, however much ink there is.
	MaxDark = 0.3
	// MinSharpness is how steep the steepest edges are, relative to the contrast
	// of the page, below which a scan is page.blurred.
	MinSharpness = 0.2
	// MinDPI is the resolution below which a page is page.low_resolution, taking
	// it for an A4 sheet unless the file says that it is smaller than A5.
	MinDPI = 100
	// MinSide is the length of the long side, in pixels, below which nothing can
	// be read whatever the file says.
	MinSide = 600
	// MaxCut is how many letters may touch one side of a page of writing before
	// it is page.cut.
	MaxCut = 3
	// MaxDamaged and MaxGap are the share of a page's rows that may be damaged,
	// altogether and in one place, before page.damaged is a warning: 6 mm and
	// 1 mm of an A4 sheet, two thirds of a small letter. Any damage is at least
	// information.
	MaxDamaged = 0.02
	MaxGap     = 0.0035
)

const (
	// inkStep is how much darker than the paper ink is.
	inkStep = 48
	// darkBelow is what counts as dark.
	darkBelow = 80
	// border is the part of each side that is not looked at: edges of scans.
	border = 50 // one fiftieth
)

// measures are what Findings judges a page by.
type measures struct {
	ink, dark, sharpness float64
	cut                  map[side]int // letters that touch
	skew                 float64
	stance               stance
}

func (p *Page) measure() measures {
	s := p.sketched()
	m := measures{stance: p.stance()}
	area := s.content()
	margin := image.Pt(area.Dx()/border, area.Dy()/border)
	inner := image.Rectangle{Min: area.Min.Add(margin), Max: area.Max.Sub(margin)}
	m.ink, m.dark = inkShare(s.gray, inner), s.tiles.darkShare(inner)
	m.sharpness = sharpness(s.gray, inner)
	m.skew, _ = p.Skew()
	m.cut = s.touching(m.stance)
	return m
}

// Findings measures page n. scanned says that the pixels come from a scanner or
// a camera; a page drawn from a born-digital file is never blurred or cut.
func (p *Page) Findings(n int, scanned bool) []dossier.Finding {
	var findings []dossier.Finding
	add := func(code dossier.FindingCode, severity dossier.Severity, format string, values ...any) {
		findings = append(findings, dossier.Finding{
			Code: code, Severity: severity, Page: n, Detail: fmt.Sprintf(format, values...),
		})
	}
	m := p.measure()
	switch {
	case m.dark > MaxDark:
		add(dossier.PageDark, dossier.SeverityWarn, "%.0f%% dark, limit %.0f%%", 100*m.dark, 100*MaxDark)
	case m.ink < MinInk:
		add(dossier.PageBlank, dossier.SeverityWarn, "%.3f%% ink, limit %.3f%%", 100*m.ink, 100*MinInk)
	case scanned && !p.geometry.Bilevel && m.sharpness < MinSharpness:
		add(dossier.PageBlurred, dossier.SeverityWarn, "sharpness %.2f, limit %.2f", m.sharpness, MinSharpness)
	}
	for _, at := range []side{top, right, bottom, left} {
		if count := m.cut[at]; scanned && count > MaxCut {
			add(dossier.PageCut, dossier.SeverityWarn, "%d letters touch the %s edge, limit %d", count, p.shown(at), MaxCut)
		}
	}
	return append(findings, p.turnFinding(n)...)
}

// turnFinding says that the content was believed and not the file, or that the
// page lies sideways and nobody knows which way.
func (p *Page) turnFinding(n int) []dossier.Finding {
	lies := p.stance()
	finding := dossier.Finding{Code: dossier.PageUpsideDown, Severity: dossier.SeverityInfo, Page: n}
	extra, confident := lies.turn()
	sign := math.Abs(lies.score())
	switch {
	case extra != 0:
		turn, _ := p.Upright()
		finding.Detail = fmt.Sprintf("turned %d degrees, the file says %d; sign %.1f, limit %d", turn, p.geometry.Turn(), sign, MinHead)
	case !confident && lies.sideways && lies.sure():
		finding.Severity = dossier.SeverityWarn
		finding.Detail = fmt.Sprintf("lines run sideways, not turned; sign %.1f, limit %d", sign, MinHead)
	default:
		return nil
	}
	return []dossier.Finding{finding}
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
		Detail: fmt.Sprintf("%.0f dpi, limit %d; %d pixels", effective, MinDPI, longSide),
	}}
}

// Damaged judges page n of the given height by its damaged rows, each range
// from its first to its last row, as a decoder gives them.
func Damaged(n, height int, rows [][2]int) []dossier.Finding {
	total, longest := 0, 0
	for _, r := range rows {
		length := max(0, min(r[1], height-1)-max(r[0], 0)+1)
		total, longest = total+length, max(longest, length)
	}
	if total == 0 || height <= 0 {
		return nil
	}
	share, gap := float64(total)/float64(height), float64(longest)/float64(height)
	severity := dossier.SeverityInfo
	if share > MaxDamaged || gap > MaxGap && longest > 1 {
		severity = dossier.SeverityWarn
	}
	return []dossier.Finding{{
		Code: dossier.PageDamaged, Severity: severity, Page: n,
		Detail: fmt.Sprintf("%.1f%% of rows, limit %.1f%%; %.1f%% in one place, limit %.2f%%",
			100*share, 100*MaxDamaged, 100*gap, 100*MaxGap),
	}}
}

// inkShare is the share of pixels that are darker than the paper of the page.
func inkShare(g *image.Gray, r image.Rectangle) float64 {
	var histogram [256]int
	total := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		count(&histogram, g.Pix[y*g.Stride+r.Min.X:y*g.Stride+r.Max.X])
		total += r.Dx()
	}
	if total == 0 {
		return 0
	}
	ink := 0
	for _, count := range histogram[:max(0, level(&histogram, total, 0.9)-inkStep)] {
		ink += count
	}
	return float64(ink) / float64(total)
}

// darkShare is the share of squares whose paper is dark, of those with their
// middle inside r.
func (t tiling) darkShare(r image.Rectangle) float64 {
	n, total := 0, 0
	for i, paper := range t.paper {
		middle := image.Pt(i%t.across*tileSide+tileSide/2, i/t.across*tileSide+tileSide/2)
		if middle.In(r) {
			total++
			if paper < darkBelow {
				n++
			}
		}
	}
	return float64(n) / float64(max(total, 1))
}

// level is the value below which the given share of pixels lies.
func level(histogram *[256]int, total int, share float64) int {
	if float64(total-histogram[0xff]) < share*float64(total) {
		return 0xff // as mostly on paper
	}
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
func sharpness(img *image.Gray, r image.Rectangle) float64 {
	if r = r.Inset(1); r.Dx() < 16 || r.Dy() < 16 {
		return 1
	}
	var edges [1024]int
	var histogram [256]int
	total := r.Dx() * r.Dy()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := y*img.Stride + r.Min.X
		row, above, below := img.Pix[at-1:][:r.Dx()+2], img.Pix[at-img.Stride:][:r.Dx()], img.Pix[at+img.Stride:][:r.Dx()]
		for x := 0; x < len(above); {
			if x+14 <= len(above) && eightWhite(row[x:]) && eightWhite(row[x+8:]) && eightWhite(above[x:]) && eightWhite(below[x:]) {
				edges[0] += 8
				histogram[0xff] += 8
				x += 8
				continue
			}
			for end := min(x+8, len(above)); x < end; x++ {
				l := 4*int(row[x+1]) - int(row[x]) - int(row[x+2]) - int(above[x]) - int(below[x])
				edges[min(max(l, -l), len(edges)-1)]++
				histogram[row[x+1]]++
			}
		}
	}
	contrast := level(&histogram, total, 0.98) - level(&histogram, total, 0.002)
	if contrast < inkStep {
		return 1 // nothing to be sharp
	}
	return strongest(edges[:], max(total/500, 1)) / float64(contrast)
}

// eightWhite reports whether the next eight pixels are white.
func eightWhite(row []byte) bool { return binary.LittleEndian.Uint64(row) == math.MaxUint64 }

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
