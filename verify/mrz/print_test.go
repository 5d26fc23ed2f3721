package mrz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	"pgregory.net/rapid"
)

// digitOf computes a check digit, for what tests print.
func digitOf(field string) string {
	sum := 0
	for i := range len(field) {
		sum += weight(i) * value(field[i])
	}
	return fmt.Sprint(sum % 10)
}

func pad(s string, n int) string { return (s + strings.Repeat("<", n))[:n] }

// holder is what an invented zone is made of.
type holder struct {
	number, names, birth, sex, expiry, optional, state string
}

// lines writes the zone of a holder with all its digits.
func (h holder) lines(f Format) []string {
	number := pad(h.number, 9) + digitOf(pad(h.number, 9))
	birth, expiry := h.birth+digitOf(h.birth), h.expiry+digitOf(h.expiry)
	switch f {
	case TD1:
		one := pad("I<"+h.state+number+h.optional, 30)
		two := birth + h.sex + expiry + h.state + pad("", 11)
		two += digitOf(one[5:] + two[:7] + two[8:15] + two[18:])
		return []string{one, two, pad(h.names, 30)}
	case TD2:
		two := number + h.state + birth + h.sex + expiry + pad(h.optional, 7)
		return []string{pad("I<"+h.state+h.names, 36), two + digitOf(two[:10]+two[13:20]+two[21:])}
	case MRVA, MRVB:
		n := map[Format]int{MRVA: 44, MRVB: 36}[f]
		return []string{pad("V<"+h.state+h.names, n), pad(number+h.state+birth+h.sex+expiry+h.optional, n)}
	case TD3:
	}
	two := number + h.state + birth + h.sex + expiry + pad(h.optional, 14)
	two += digitOf(pad(h.optional, 14))
	return []string{pad("P<"+h.state+h.names, 44), two + digitOf(two[:10]+two[13:20]+two[21:])}
}

var formats = []Format{TD1, TD2, TD3, MRVA, MRVB}

// holders draws invented holders.
func holders() *rapid.Generator[holder] {
	return rapid.Custom(func(t *rapid.T) holder {
		date := func(name string) string {
			return fmt.Sprintf("%02d%02d%02d", rapid.IntRange(0, 99).Draw(t, name+" year"),
				rapid.IntRange(1, 12).Draw(t, name+" month"), rapid.IntRange(1, 28).Draw(t, name+" day"))
		}
		return holder{
			number: rapid.StringMatching(`[A-Z0-9]{5,9}`).Draw(t, "number"),
			names:  rapid.StringMatching(`[A-Z]{2,9}<<[A-Z]{2,8}(<[A-Z]{2,6})?`).Draw(t, "names"),
			birth:  date("birth"), expiry: date("expiry"),
			sex:      rapid.SampledFrom([]string{"M", "F", "<"}).Draw(t, "sex"),
			optional: rapid.StringMatching(`[A-Z0-9]{0,7}`).Draw(t, "optional"),
			state:    rapid.SampledFrom([]string{"UTO", "ITA", "D<<", "FRA"}).Draw(t, "state"),
		}
	})
}

// random is holders for a loop with its own seed.
func random(r *rand.Rand) holder {
	word := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	date := func() string { return fmt.Sprintf("%02d%02d%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)) }
	return holder{
		number: word(alphabet[:36], 9), names: word(alphabet[:26], 3+r.IntN(8)) + "<<" + word(alphabet[:26], 2+r.IntN(8)),
		birth: date(), expiry: date(), sex: []string{"M", "F", "<"}[r.IntN(3)],
		optional: word(alphabet[:36], r.IntN(8)), state: []string{"UTO", "ITA", "FRA"}[r.IntN(3)],
	}
}

// copying is how a page was printed and copied.
type copying struct {
	pitch   float64 // pixels from character to character
	face    int
	degrees float64 // slant
	turns   int     // quarters
	spread  float64 // blur, pixels
	bilevel bool
	noise   float64 // share of pixels that flip
}

// printed draws a page of w by h pixels with a zone at its lower edge.
func printed(lines []string, w, h int, c copying, r *rand.Rand) *image.Gray {
	page := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	left := (float64(w) - c.pitch*float64(len(lines[0]))) / 2
	for i, line := range lines {
		base := float64(h) - c.pitch*(3+2.5*float64(len(lines)-1-i))
		write(page, line, left, base, c)
	}
	if c.degrees != 0 {
		page = slanted(page, c.degrees)
	}
	for range c.turns {
		page = turned(page)
	}
	return copied(page, c, r)
}

// write prints a line with its base at y.
func write(page *image.Gray, line string, x, y float64, c copying) {
	face := typefaces()[c.face]
	scale := c.pitch / face[0].advance
	side := int(2 * c.pitch)
	for k := range len(line) {
		i := strings.IndexByte(alphabet, line[k])
		if i < 0 {
			continue
		}
		cx := x + float64(k)*c.pitch - c.pitch/2
		cy := y - 1.5*c.pitch
		px, py := math.Floor(cx), math.Floor(cy)
		cell := face[i].draw(side, side, scale, (px-cx-c.pitch/2)/scale, (py-y)/scale)
		draw.DrawMask(page, cell.Rect.Add(image.Pt(int(px), int(py))), image.Black, image.Point{}, cell, image.Point{}, draw.Over)
	}
}

// slanted rotates about the middle.
func slanted(src *image.Gray, degrees float64) *image.Gray {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(src.Rect.Dx())/2, float64(src.Rect.Dy())/2
	dst := image.NewGray(src.Rect)
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Transform(dst, f64.Aff3{cos, -sin, cx - cx*cos + cy*sin, sin, cos, cy - cx*sin - cy*cos}, src, src.Rect, draw.Src, nil)
	return dst
}

// copied blurs, thresholds and sprinkles a page.
func copied(page *image.Gray, c copying, r *rand.Rand) *image.Gray {
	w, h := page.Rect.Dx(), page.Rect.Dy()
	if c.spread > 0 {
		plane := make([]float64, w*h)
		for i, v := range page.Pix {
			plane[i] = float64(v)
		}
		for i, v := range blur(plane, w, h, c.spread) {
			page.Pix[i] = uint8(v)
		}
	}
	for i, v := range page.Pix {
		if c.bilevel {
			v = uint8(255 * int(v>>7))
		}
		if c.noise > 0 && r.Float64() < c.noise {
			v = ^v
		}
		page.Pix[i] = v
	}
	return page
}

// clutter draws a page without a zone, but with much that resembles one: lines
// of even pitch and of running text, words of capitals, tables, blots, dots.
func clutter(w, h int, r *rand.Rand) *image.Gray {
	page := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(page, page.Rect, image.NewUniform(color.Gray{uint8(200 + r.IntN(56))}), image.Point{}, draw.Src)
	for y := 20.0; y < float64(h)-20; {
		c := copying{pitch: 9 + 12*r.Float64(), face: r.IntN(2)}
		n := []int{30, 36, 44, 20 + r.IntN(40)}[r.IntN(4)]
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
			if r.IntN(3) == 0 {
				b[i] = " <"[r.IntN(2)]
			}
		}
		for range 1 + r.IntN(3) {
			write(page, string(b), 20+r.Float64()*40, y, c)
			y += c.pitch * (1.5 + 1.5*r.Float64())
			r.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		}
		y += 10 * r.Float64()
	}
	for range r.IntN(4) {
		x, y := r.IntN(w), r.IntN(h)
		box := image.Rect(x, y, x+r.IntN(w/2), y+r.IntN(40))
		draw.Draw(page, box, image.NewUniform(color.Gray{uint8(r.IntN(256))}), image.Point{}, draw.Src)
	}
	return copied(page, copying{spread: float64(r.IntN(2)), bilevel: r.IntN(2) == 0, noise: 0.02 * r.Float64()}, r)
}
