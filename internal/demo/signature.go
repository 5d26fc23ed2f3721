package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"dispositivo/internal/paper"
)

// Signature draws what the holder would write by hand on a form of package
// paper: a scribble inside paper.SignatureBox and, unless at is zero, place and
// date. The result is a PDF of one transparent A4 page, to be laid over the form.
func Signature(c Citizen, at time.Time) ([]byte, error) {
	pdf := newSheet("Firma dimostrativa", at, "italic")
	ink(pdf)
	scribble(pdf, c, paper.SignatureBox().Inset(3.5), 0.55)
	if !at.IsZero() {
		b := paper.PlaceDateBox()
		pdf.SetFont("italic", "", 13)
		pdf.TransformBegin()
		pdf.TransformRotate(1.2, b.X, b.Y+b.H)
		pdf.Text(b.X+3, b.Y+b.H-3.2, c.Address.City+", "+at.Format("2/1/2006"))
		pdf.TransformEnd()
	}
	return finish(pdf)
}

// ink chooses the colour of a blue ball pen.
func ink(pdf *fpdf.Fpdf) {
	pdf.SetDrawColor(18, 32, 120)
	pdf.SetTextColor(18, 32, 120)
}

// point is a place the pen passes, in any unit.
type point struct{ x, y float64 }

// scribble draws the citizen's signature into a box, thicker where the pen is
// slow; thick is the greatest width in millimetres.
func scribble(pdf *fpdf.Fpdf, c Citizen, b paper.Box, thick float64) {
	pdf.SetLineCapStyle("round")
	pdf.SetLineJoinStyle("round")
	hand := dice(c)
	for _, stroke := range fit([][]point{word(hand), flourish(hand)}, b) {
		for i := 1; i < len(stroke); i++ {
			from, to := stroke[i-1], stroke[i]
			speed := math.Hypot(to.x-from.x, to.y-from.y) / b.W * 100
			pdf.SetLineWidth(thick * (0.55 + 0.45/(1+speed)))
			pdf.Line(from.x, from.y, to.x, to.y)
		}
	}
}

// word is a line of joined loops, each letter of its own height, begun with a
// large capital. The middle line is y = 0, up is negative.
func word(hand *rand.Rand) []point {
	letters := 6 + hand.IntN(4)
	heights := make([]float64, letters+2)
	for i := range heights {
		heights[i] = 0.35 + 0.3*hand.Float64()
		if hand.IntN(3) == 0 {
			heights[i] = 0.9 + 0.6*hand.Float64()
		}
	}
	heights[0], heights[1] = 2.2+0.6*hand.Float64(), 0.7
	slant, width := 0.35+0.25*hand.Float64(), 0.35+0.2*hand.Float64()
	const steps = 42 // points a letter
	var stroke []point
	for i := range letters * steps {
		t := float64(i) / steps
		at, part := int(t), t-math.Floor(t)
		mix := (1 - math.Cos(math.Pi*part)) / 2
		h := heights[at]*(1-mix) + heights[at+1]*mix
		y := -h * (1 - math.Cos(2*math.Pi*part)) / 2
		x := t*1.1 + width*math.Sin(2*math.Pi*part)*min(h, 1.2) - slant*y
		stroke = append(stroke, point{x, y + 0.06*math.Sin(5*t)})
	}
	return stroke
}

// flourish is the line drawn back under the word.
func flourish(hand *rand.Rand) []point {
	end, drop := 6+2.5*hand.Float64(), 0.45+0.3*hand.Float64()
	var stroke []point
	const steps = 40
	for i := range steps + 1 {
		t := float64(i) / steps
		stroke = append(stroke, point{end * (1 - 0.85*t), drop + 0.25*math.Sin(3.4*t) - 0.35*t*t})
	}
	return stroke
}

// fit moves and scales strokes into a box, keeping their shape.
func fit(strokes [][]point, b paper.Box) [][]point {
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, s := range strokes {
		for _, p := range s {
			lo = point{min(lo.x, p.x), min(lo.y, p.y)}
			hi = point{max(hi.x, p.x), max(hi.y, p.y)}
		}
	}
	scale := min(b.W/(hi.x-lo.x), b.H/(hi.y-lo.y))
	left, top := b.X+(b.W-scale*(hi.x-lo.x))/2, b.Y+(b.H-scale*(hi.y-lo.y))/2
	out := make([][]point, len(strokes))
	for i, s := range strokes {
		for _, p := range s {
			out[i] = append(out[i], point{left + scale*(p.x-lo.x), top + scale*(p.y-lo.y)})
		}
	}
	return out
}
