package ccitt

// finish puts the rows in their places and fills dst and the report.
func (d *Decoder) finish(dst *Bitmap) {
	d.dropExtra()
	if want := d.p.Rows; want > 0 && len(d.rows) != want && d.report.Ended {
		d.findHidden(want - len(d.rows))
	}
	d.doubtMended()
	d.doubtOdd()
	for _, g := range d.gaps {
		for y := g.row; y < min(len(d.rows), g.row+g.trim); y++ {
			d.rows[y].flags |= flagDamaged
		}
	}
	d.report.Rows = len(d.rows)
	if want := d.p.Rows; want > 0 {
		d.report.Short, d.report.Long = len(d.rows) < want, len(d.rows) > want
		if len(d.gaps) > 0 && len(d.rows) != want {
			d.layOut(want - len(d.rows))
		}
		if missing := want - len(d.rows); missing > 0 {
			d.appendWhite(missing)
		}
	}
	d.report.Damaged = d.damage(d.report.Damaged[:0])
	dst.Width, dst.Height, dst.Stride, dst.Pix = d.cols, len(d.rows), d.stride, d.pix
}

// dropExtra removes rows beyond the declared ones unless they came to a proper
// end: padding decodes to rows, too.
func (d *Decoder) dropExtra() {
	if want := d.p.Rows; want > 0 && len(d.rows) > want && len(d.gaps) == 0 && !d.properEnd() {
		d.rows, d.pix = d.rows[:want], d.pix[:want*d.stride]
	}
}

// properEnd reports whether an end code closed the page, or the last row the
// data where there need not be one.
func (d *Decoder) properEnd() bool {
	if !d.report.Ended {
		return false
	}
	if d.report.Encoding == Group4 {
		return d.word(min(d.pos, d.bits))>>40 == eofb || d.word(min(d.aligned(d.pos), d.bits))>>40 == eofb
	}
	return true
}

// doubtMended marks repaired rows that stand out from both their neighbours:
// where nothing but the length of a row proves the repair, another may have
// been right.
func (d *Decoder) doubtMended() {
	above, at, below := d.aside.base, d.aside.ref, d.aside.cur
	for y := range d.rows {
		if d.rows[y].flags&(flagMended|flagOneD) != flagMended|flagOneD {
			continue
		}
		d.changesOf(above, y-1)
		n := d.changesOf(at, y)
		d.changesOf(below, min(y+1, len(d.rows)-1))
		alone := distance(above, at, d.cols) + distance(at, below, d.cols) - distance(above, below, d.cols)
		if alone > 16+n {
			d.rows[y].flags |= flagDamaged
		}
	}
}

// doubtOdd marks odd rows where they are so few that no encoder wrote them.
func (d *Decoder) doubtOdd() {
	odd := d.flagged(flagOdd)
	if len(odd) > 3 || len(odd) > len(d.rows)/50 {
		return
	}
	for _, g := range odd {
		d.rows[g.row].flags |= flagDamaged
	}
}

// layOut inserts missing rows at the gaps, or takes away what is too much.
func (d *Decoder) layOut(missing int) {
	if missing < 0 {
		d.trim(-missing)
		return
	}
	rows := make([]rowInfo, 0, d.p.Rows)
	pix := make([]byte, 0, d.p.Rows*d.stride)
	from := 0
	for i, n := range d.share(missing) {
		g := d.gaps[i]
		rows, pix = append(rows, d.rows[from:g.row]...), append(pix, d.pix[from*d.stride:g.row*d.stride]...)
		rows, pix = d.bridge(rows, pix, n)
		from = g.row
	}
	d.rows, d.pix = append(rows, d.rows[from:]...), append(pix, d.pix[from*d.stride:]...)
}

// share gives the missing rows to the gaps, by the bits that were skipped there:
// whole shares first, what is left over by Webster's method. Where the page was
// cut no gap gets more rows than its bits hold: the rest is missing at the end.
func (d *Decoder) share(missing int) []int {
	const single = 1000 // bounds the work on hopeless pages
	average, total := max(1, d.pos/max(1, len(d.rows))), 0
	for _, g := range d.gaps {
		total += g.weight
	}
	shares, left := make([]int, len(d.gaps)), missing
	most := func(g gap) int {
		if d.report.Ended {
			return missing
		}
		return g.weight / average
	}
	for i, g := range d.gaps {
		shares[i] = min(missing*g.weight/total, most(g))
		left -= shares[i]
	}
	for range min(left, single) {
		best := -1
		for i, g := range d.gaps {
			if shares[i] < most(g) && (best < 0 || g.weight*(2*shares[best]+1) > d.gaps[best].weight*(2*shares[i]+1)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		shares[best]++
	}
	return shares
}

// bridge appends n rows for those that are missing: a few repeat the row above,
// more are white.
func (d *Decoder) bridge(rows []rowInfo, pix []byte, n int) ([]rowInfo, []byte) {
	const few = 4
	for i := range n {
		rows = append(rows, rowInfo{flags: flagDamaged})
		pix = extend(pix, d.stride)
		if end := len(pix) - d.stride; n <= few && i >= 0 && end > 0 {
			copy(pix[end:], pix[end-d.stride:end])
		}
	}
	return rows, pix
}

// trim takes away up to n rows at gaps, the last gap first.
func (d *Decoder) trim(n int) {
	for i := len(d.gaps) - 1; i >= 0 && n > 0; i-- {
		g := d.gaps[i]
		k := min(n, g.trim, len(d.rows)-g.row)
		d.rows = append(d.rows[:g.row], d.rows[g.row+k:]...)
		d.pix = append(d.pix[:g.row*d.stride], d.pix[(g.row+k)*d.stride:]...)
		n -= k
	}
}

// appendWhite appends rows that never came. Where the page did not end as it
// should they are damage.
func (d *Decoder) appendWhite(n int) {
	info := rowInfo{flags: flagDamaged}
	if d.report.Ended {
		info.flags = 0
	}
	for range n {
		d.rows = append(d.rows, info)
	}
	d.pix = extend(d.pix, n*d.stride)
}

// damage lists the damaged rows as ranges.
func (d *Decoder) damage(out []Range) []Range {
	for y, r := range d.rows {
		switch {
		case r.flags&flagDamaged == 0:
		case len(out) > 0 && out[len(out)-1].To == y:
			out[len(out)-1].To++
		default:
			out = append(out, Range{From: y, To: y + 1})
		}
	}
	return out
}
