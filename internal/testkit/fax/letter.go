package fax

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Letter draws an A4 page as offices send them: a heading, paragraphs of
// invented text, on some pages a ruled form, and a signature. Resolution in
// dots per inch; the same seed gives the same page.
func Letter(seed uint64, dpi float64) *image.Gray {
	rng := rand.New(rand.NewPCG(seed, 0xa4)) //nolint:gosec // pages for tests
	page := image.NewGray(image.Rect(0, 0, int(210/25.4*dpi), int(297/25.4*dpi)))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	p := pen{page: page, dpi: dpi, rng: rng}
	p.y = p.mm(22)
	p.line(p.mm(22), gobold.TTF, 15, p.words(3+rng.IntN(3)))
	p.y += p.mm(6)
	for p.y < p.mm(235) {
		if rng.IntN(4) == 0 {
			p.form(2 + rng.IntN(5))
		} else {
			p.paragraph(9+float64(rng.IntN(4)), 3+rng.IntN(7))
		}
		p.y += p.mm(3 + float64(rng.IntN(8)))
	}
	p.signature(p.mm(120), p.mm(262))
	return page
}

// A pen draws down a page.
type pen struct {
	page *image.Gray
	dpi  float64
	rng  *rand.Rand
	y    int
}

func (p *pen) mm(v float64) int { return int(v / 25.4 * p.dpi) }

var syllables = strings.Fields("ca ra ne lo mi to va de ri so pe an do gli ta na bo in fe lu co sta pre me")

func (p *pen) words(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		for range 1 + p.rng.IntN(4) {
			b.WriteString(syllables[p.rng.IntN(len(syllables))])
		}
	}
	return b.String()
}

// line writes one line and moves down.
func (p *pen) line(x int, ttf []byte, points float64, text string) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: points, DPI: p.dpi, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	p.y += face.Metrics().Ascent.Ceil()
	d := font.Drawer{Dst: p.page, Src: image.Black, Face: face, Dot: fixed.P(x, p.y)}
	d.DrawString(text)
	p.y += face.Metrics().Descent.Ceil() + int(points*p.dpi/72*0.2)
}

func (p *pen) paragraph(points float64, lines int) {
	for range lines {
		p.line(p.mm(22), goregular.TTF, points, p.words(8+p.rng.IntN(3)))
	}
}

// form draws ruled boxes with a word in each.
func (p *pen) form(rows int) {
	left, right, high := p.mm(22), p.mm(188), p.mm(9)
	for range rows {
		middle := left + p.rng.IntN(right-left)
		p.bar(left, p.y, right, p.y+p.mm(0.4))
		for _, x := range []int{left, middle, right} {
			p.bar(x, p.y, x+p.mm(0.4), p.y+high)
		}
		top := p.y
		p.y += p.mm(1.5)
		p.line(left+p.mm(2), goregular.TTF, 9, p.words(2))
		p.y = top + high
	}
	p.bar(left, p.y, right, p.y+p.mm(0.4))
}

func (p *pen) bar(x0, y0, x1, y1 int) {
	draw.Draw(p.page, image.Rect(x0, y0, x1, max(y1, y0+1)), image.Black, image.Point{}, draw.Src)
}

// signature draws a scrawl.
func (p *pen) signature(x, y int) {
	a, b := 1+p.rng.Float64()*2, 2+p.rng.Float64()*3
	thick := max(1, p.mm(0.4))
	for i := range 4000 {
		t := float64(i) / 4000 * 2 * math.Pi
		px := x + int(float64(p.mm(50))*float64(i)/4000) + int(float64(p.mm(4))*math.Sin(a*3*t))
		py := y + int(float64(p.mm(8))*math.Sin(b*2*t)*math.Cos(t/2))
		for k := range thick * thick {
			p.page.SetGray(px+k%thick, py+k/thick, color.Gray{})
		}
	}
}
