package compose

// squares is into how many squares the long side is cut to find the paper.
const squares = 40

// The paper is made white where it is at most four times darker; darker
// places are no paper but pictures, and stay.
const (
	white   = 244
	maxGain = 4
)

// flatten makes the paper white: shadows of hands and folds go, and with them
// the noise of the background, which costs more bytes than writing does.
func (p *page) flatten() {
	g := gains(p.y)
	p.y.brighten(g, 0)
	p.cb.brighten(g, 128)
	p.cr.brighten(g, 128)
}

// gainMap says for each square by how much it must be brightened, in 256ths.
type gainMap struct {
	across, down int
	side         float64 // of a square, as a share of the picture's long side
	gain         []int32
}

// gains measures the paper of each square as the lightest tenth of its pixels.
// The paper of the squares around it counts too, for a square may be full of ink.
func gains(y plane) gainMap {
	side := max(8, max(y.w, y.h)/squares)
	m := gainMap{across: (y.w + side - 1) / side, down: (y.h + side - 1) / side, side: float64(side) / float64(max(y.w, y.h))}
	paper := make([]int32, m.across*m.down)
	for sy := range m.down {
		for sx := range m.across {
			paper[sy*m.across+sx] = lightest(y, sx*side, sy*side, side)
		}
	}
	paper = m.spread(paper, 2, func(a, b int32) int32 { return max(a, b) })
	m.gain = m.smooth(paper)
	for i, v := range m.gain {
		m.gain[i] = gainFor(v)
	}
	return m
}

// gainFor leaves alone what is white already, and what is too dark to be paper.
func gainFor(paper int32) int32 {
	switch {
	case paper >= white, paper*maxGain < white:
		return 256
	}
	return 256 * white / paper
}

// lightest is the grey above which a tenth of a square's pixels are.
func lightest(p plane, x0, y0, side int) int32 {
	var counts [256]int
	n := 0
	for y := y0; y < min(y0+side, p.h); y++ {
		for _, v := range p.pix[y*p.w+x0 : y*p.w+min(x0+side, p.w)] {
			counts[v]++
			n++
		}
	}
	left := n / 10
	for v := 255; v > 0; v-- {
		if left -= counts[v]; left < 0 {
			return int32(v)
		}
	}
	return 0
}

// spread joins every square with those near by.
func (m gainMap) spread(v []int32, near int, join func(a, b int32) int32) []int32 {
	out := make([]int32, len(v))
	for y := range m.down {
		for x := range m.across {
			best := v[y*m.across+x]
			for yy := max(y-near, 0); yy <= min(y+near, m.down-1); yy++ {
				for xx := max(x-near, 0); xx <= min(x+near, m.across-1); xx++ {
					best = join(best, v[yy*m.across+xx])
				}
			}
			out[y*m.across+x] = best
		}
	}
	return out
}

// smooth takes the mean of the squares near by.
func (m gainMap) smooth(v []int32) []int32 {
	const near = 2
	out := make([]int32, len(v))
	for y := range m.down {
		for x := range m.across {
			var sum, n int32
			for yy := max(y-near, 0); yy <= min(y+near, m.down-1); yy++ {
				for xx := max(x-near, 0); xx <= min(x+near, m.across-1); xx++ {
					sum += v[yy*m.across+xx]
					n++
				}
			}
			out[y*m.across+x] = sum / n
		}
	}
	return out
}

// brighten multiplies the distance of each pixel from zero.
func (p plane) brighten(m gainMap, zero int32) {
	if p.empty() {
		return
	}
	columns := make([]int32, p.w) // the gains of one row, blended
	side := m.side * float64(max(p.w, p.h))
	for y := range p.h {
		m.row(columns, float64(y)/side-0.5, side)
		for x, v := range p.pix[y*p.w:][:p.w] {
			p.pix[y*p.w+x] = clamp(zero + (int32(v)-zero)*columns[x]>>8)
		}
	}
}

// row blends the gains between the middles of squares.
func (m gainMap) row(out []int32, y, side float64) {
	y0, fy := floor(y, m.down)
	y1 := min(y0+1, m.down-1)
	for x := range out {
		x0, fx := floor(float64(x)/side-0.5, m.across)
		x1 := min(x0+1, m.across-1)
		a := float64(m.gain[y0*m.across+x0])*(1-fx) + float64(m.gain[y0*m.across+x1])*fx
		b := float64(m.gain[y1*m.across+x0])*(1-fx) + float64(m.gain[y1*m.across+x1])*fx
		out[x] = int32(a*(1-fy) + b*fy)
	}
}

func floor(v float64, n int) (int, float64) {
	if v <= 0 {
		return 0, 0
	}
	i := min(int(v), n-1)
	return i, min(v-float64(i), 1)
}
