package sandbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"strings"
	"unicode"

	"dispositivo/dossier"
	"dispositivo/verify/identity"
)

// What a child may say at most. More is cut, because a child that was taken
// over can say anything.
const (
	maxFindings  = 200
	maxDetail    = 120 // runes
	maxText      = 16 << 10
	maxSide      = 1_000_000
	maxImage     = 8 << 20 // bytes of a review picture
	maxSymbols   = 200
	maxFieldText = 4096
	maxZoneField = 50 // runes; a line of a zone has 44
)

var errPicture = errors.New("sandbox: not a picture")

// clean bounds a report that came from a child.
func clean(r Report, limits Limits) Report {
	out := Report{Format: Format(printable(string(r.Format), 20))}
	for _, p := range r.Pages[:min(len(r.Pages), limits.Pages)] {
		out.Pages = append(out.Pages, cleanPage(p))
	}
	for _, f := range r.Findings[:min(len(r.Findings), maxFindings)] {
		f.Detail = printable(f.Detail, maxDetail)
		f.Page = max(f.Page, 0)
		switch f.Severity {
		case dossier.SeverityBlock, dossier.SeverityWarn, dossier.SeverityInfo:
		default:
			f.Severity = dossier.SeverityBlock
		}
		out.Findings = append(out.Findings, f)
	}
	for _, s := range r.Symbols[:min(len(r.Symbols), maxSymbols)] {
		out.Symbols = append(out.Symbols, Symbol{
			Kind: printable(s.Kind, 20), Text: printableLines(s.Text, maxFieldText), Page: s.Page,
		})
	}
	for _, m := range r.MRZ[:min(len(r.MRZ), limits.Pages)] {
		for _, field := range []*string{
			&m.Format, &m.DocumentNumber, &m.Surname, &m.GivenNames, &m.Nationality, &m.Birth, &m.Sex, &m.Expiry,
		} {
			*field = printable(*field, maxZoneField)
		}
		out.MRZ = append(out.MRZ, m)
	}
	return out
}

func cleanPage(p Page) Page {
	p.Width, p.Height = between(p.Width, maxSide), between(p.Height, maxSide)
	p.Rows = between(p.Rows, p.Height)
	p.DPIX, p.DPIY = number(p.DPIX), number(p.DPIY)
	p.Encoding = printable(p.Encoding, 20)
	p.Turn = ((p.Turn%360 + 360) % 360) / 90 * 90
	p.DamagedRows = p.DamagedRows[:min(len(p.DamagedRows), maxFindings)]
	return p
}

func between(n, limit int) int { return min(max(n, 0), limit) }

// number returns f where it can be a resolution.
func number(f float64) float64 {
	if math.IsNaN(f) || f < 0 || f > maxSide {
		return 0
	}
	return f
}

// printable replaces what could disturb a terminal or a log and cuts at limit
// runes.
func printable(s string, limit int) string { return filtered(s, limit, unicode.IsPrint) }

// printableLines keeps the ends of lines as well, for what is only shown as JSON.
func printableLines(s string, limit int) string {
	return filtered(s, limit, func(r rune) bool { return r == '\n' || unicode.IsPrint(r) })
}

func filtered(s string, limit int, keep func(rune) bool) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		if n++; n > limit {
			break
		}
		if !keep(r) {
			r = '\ufffd'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// page decodes a drawn page. What is handed to browsers as an image begins like
// one, and its size is bounded.
func (f frame) page(native bool) (Rendered, error) {
	var h pageHead
	if err := f.into(framePage, &h); err != nil {
		return Rendered{}, err
	}
	if h.N < 1 || h.Image < 0 || h.Image > len(f.body) || (!native && len(f.body) > maxImage) {
		return Rendered{}, errFrame
	}
	r := Rendered{
		N: h.N, Image: f.body[:h.Image:h.Image], Thumb: f.body[h.Image:],
		Width: between(h.Width, maxSide), Height: between(h.Height, maxSide),
		ContentType: h.ContentType, Text: cutText(h.Text),
	}
	if len(h.Look) == identity.LookSize {
		r.Look = h.Look
	}
	if len(h.Pixels) == sha256.Size {
		r.Pixels = h.Pixels
	}
	magic := "\x89PNG\r\n\x1a\n"
	switch h.ContentType {
	case "image/png":
	case "image/jpeg":
		magic = "\xff\xd8\xff"
	default:
		return Rendered{}, errPicture
	}
	for _, picture := range [][]byte{r.Image, r.Thumb} {
		if len(picture) > 0 && !bytes.HasPrefix(picture, []byte(magic)) {
			return Rendered{}, errPicture
		}
	}
	if len(r.Image) == 0 {
		return Rendered{}, errPicture
	}
	return r, nil
}

// cutText returns s as valid UTF-8 of at most maxText bytes, never cut inside a rune.
func cutText(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}
