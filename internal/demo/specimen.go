package demo

import (
	"math"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"dispositivo/internal/paper"
)

// SpecimenOptions varies a specimen passport.
type SpecimenOptions struct {
	Expired bool // expired in the year before
}

// page is where the data page lies on the sheet: ID-3, 125 by 88 mm, at its
// real size (ICAO 9303 part 4).
func page() paper.Box { return paper.Box{X: 42.5, Y: 58, W: 125, H: 88} }

// SpecimenPassport draws the copy of a passport's data page as people send it:
// one A4 page with the page at its real size, a drawn face, a valid machine
// readable zone, and SPECIMEN across it. The state is Utopia. The same
// arguments give the same bytes.
func SpecimenPassport(c Citizen, at time.Time, o SpecimenOptions) ([]byte, error) {
	pdf := newSheet("SPECIMEN", at, "regular", "bold", "mono")
	p := c.Passport(at, o.Expired)
	background(pdf)
	portrait(pdf, c, paper.Box{X: page().X + 5, Y: page().Y + 15, W: 33, H: 42})
	fields(pdf, c, p)
	zone(pdf, p.MRZ(c))
	stamp(pdf)
	pdf.SetTextColor(90, 90, 90)
	pdf.SetFont("regular", "", 7.5)
	pdf.Text(page().X, page().Y+page().H+6, "SPECIMEN: documento inventato a scopo dimostrativo, Stato di Utopia (UTO). Non vale.")
	return finish(pdf)
}

// background draws the tinted page with waves in two colours.
func background(pdf *fpdf.Fpdf) {
	b := page()
	pdf.SetFillColor(247, 246, 238)
	pdf.SetDrawColor(120, 120, 120)
	pdf.SetLineWidth(0.3)
	pdf.RoundedRect(b.X, b.Y, b.W, b.H, 3, "1234", "FD")
	pdf.ClipRoundedRect(b.X, b.Y, b.W, b.H-24, 3, false)
	pdf.SetLineWidth(0.12)
	for k := range 36 {
		if pdf.SetDrawColor(176, 214, 206); k%2 == 1 {
			pdf.SetDrawColor(232, 200, 196)
		}
		base := b.Y + float64(k)*2.1 - 4
		pdf.MoveTo(b.X, base)
		for x := 0.0; x <= b.W; x += 1.25 {
			pdf.LineTo(b.X+x, base+4*math.Sin(x/9+float64(k)*0.37)+1.6*math.Sin(x/3.1-float64(k)*0.6))
		}
		pdf.DrawPath("D")
	}
	pdf.ClipEnd()
}

// portrait draws a face of circles, plainly nobody's.
func portrait(pdf *fpdf.Fpdf, c Citizen, b paper.Box) {
	d := dice(c)
	skins := [][3]int{{240, 208, 184}, {232, 190, 160}, {214, 168, 134}, {186, 136, 102}}
	hairs := [][3]int{{52, 40, 34}, {96, 66, 44}, {150, 112, 66}, {120, 120, 122}}
	skin, hair := skins[d.IntN(len(skins))], hairs[d.IntN(len(hairs))]
	coat := [3]int{40 + d.IntN(80), 70 + d.IntN(60), 90 + d.IntN(80)}
	fill := func(rgb [3]int) { pdf.SetFillColor(rgb[0], rgb[1], rgb[2]) }
	x, y := b.X+b.W/2, b.Y+b.H*0.44
	pdf.SetFillColor(222, 230, 234)
	pdf.Rect(b.X, b.Y, b.W, b.H, "F")
	pdf.ClipRect(b.X, b.Y, b.W, b.H, false)
	fill(hair)
	pdf.Ellipse(x, y-2.2, 10.4, 12.2, 0, "F")
	if c.Sex == "F" {
		pdf.RoundedRect(x-10.4, y-3, 20.8, 17, 5, "34", "F")
	}
	fill(coat)
	pdf.Ellipse(x, b.Y+b.H+3, 15.5, 13, 0, "F")
	fill(skin)
	pdf.Rect(x-3.2, y+6, 6.4, 8, "F")
	pdf.Ellipse(x, y, 8.4, 11, 0, "F")
	fill([3]int{30, 30, 40})
	pdf.Circle(x-3.2, y-1, 0.75, "F")
	pdf.Circle(x+3.2, y-1, 0.75, "F")
	pdf.SetDrawColor(110, 70, 60)
	pdf.SetLineWidth(0.4)
	pdf.Line(x, y+0.5, x-0.7, y+3)
	pdf.Line(x-0.7, y+3, x+0.3, y+3.1)
	pdf.Curve(x-2.6, y+5.4, x, y+6.9, x+2.6, y+5.4, "D")
	pdf.ClipEnd()
	pdf.SetDrawColor(90, 90, 90)
	pdf.SetLineWidth(0.2)
	pdf.Rect(b.X, b.Y, b.W, b.H, "D")
}

// fields writes the printed data and the holder's signature.
func fields(pdf *fpdf.Fpdf, c Citizen, p Passport) {
	b := page()
	pdf.SetTextColor(30, 60, 80)
	pdf.SetFont("bold", "", 11)
	pdf.Text(b.X+5, b.Y+8.5, "UTOPIA")
	pdf.SetFont("regular", "", 7)
	pdf.Text(b.X+23, b.Y+8.4, "PASSAPORTO · PASSPORT · PASSEPORT")
	const left, right = 42.0, 88.0
	const date = "02/01/2006"
	put := func(x, y float64, label, value string) {
		pdf.SetTextColor(60, 90, 110)
		pdf.SetFont("regular", "", 4.8)
		pdf.Text(b.X+x, b.Y+y, label)
		pdf.SetTextColor(10, 10, 10)
		size := 9.0
		for pdf.SetFont("bold", "", size); pdf.GetStringWidth(value) > 125-4-x && size > 5; size -= 0.5 {
			pdf.SetFont("bold", "", size-0.5)
		}
		pdf.Text(b.X+x, b.Y+y+3.6, value)
	}
	put(left, 14, "Tipo / Type", "P")
	put(left+14, 14, "Codice / Code", utopia)
	put(right, 14, "Passaporto n. / Passport No.", p.Number)
	put(left, 21, "Cognome / Surname", strings.ToUpper(c.Surname))
	put(left, 28, "Nome / Given names", strings.ToUpper(c.Name))
	put(left, 35, "Cittadinanza / Nationality", "UTOPIANA")
	put(right, 35, "Sesso / Sex", c.Sex)
	put(left, 42, "Data di nascita / Date of birth", c.Birth.Format(date))
	put(right, 42, "Scadenza / Date of expiry", p.Expiry.Format(date))
	put(left, 49, "Luogo di nascita / Place of birth", strings.ToUpper(c.BirthPlace))
	put(left, 56, "Rilascio / Date of issue", p.Issued.Format(date))
	put(right, 56, "Firma del titolare / Signature", "")
	ink(pdf)
	scribble(pdf, c, paper.Box{X: b.X + right, Y: b.Y + 56.8, W: 30, H: 6.4}, 0.28)
}

// zone writes the machine readable zone: ten characters an inch, as OCR-B has.
func zone(pdf *fpdf.Fpdf, lines [2]string) {
	const size, pitch = 12, 2.54
	b := page()
	pdf.SetTextColor(0, 0, 0)
	pdf.SetFont("mono", "", size)
	x := b.X + (b.W-44*pitch)/2
	pdf.Text(x, b.Y+b.H-13.6, lines[0])
	pdf.Text(x, b.Y+b.H-7.2, lines[1])
}

// stamp writes SPECIMEN across the page, above the machine readable zone.
func stamp(pdf *fpdf.Fpdf) {
	b := page()
	pdf.SetAlpha(0.30, "Normal")
	pdf.SetTextColor(200, 20, 40)
	pdf.SetFont("bold", "", 56)
	pdf.TransformBegin()
	pdf.TransformRotate(21, b.X+b.W/2, b.Y+36)
	w := pdf.GetStringWidth("SPECIMEN")
	pdf.Text(b.X+(b.W-w)/2, b.Y+43, "SPECIMEN")
	pdf.TransformEnd()
	pdf.SetAlpha(1, "Normal")
}
