package ccitt

// sniffRows is how many rows from the top must decode for a coding to be taken
// as what it claims to be.
const sniffRows = 48

// sniff looks, at the first failure of a page, whether the stream is in another
// coding or bit order than the caller said. It returns true if so.
func (d *Decoder) sniff() bool {
	d.sniffed = true
	if len(d.rows) >= sniffRows {
		return false
	}
	claimed, order := d.report.Encoding, d.report.LSBFirst
	bestRows, bestEncoding, bestOrder := min(2*len(d.rows)+2, 2*sniffRows-1), claimed, order
	if d.p.Rows > 0 {
		bestRows = min(bestRows, d.p.Rows-1)
	}
	for _, other := range [...]bool{order, !order} {
		d.setOrder(other)
		for _, e := range [...]Encoding{Group32D, Group31D, Group4, ModifiedHuffman, Runs} {
			if n := d.probe(e); n > bestRows {
				bestRows, bestEncoding, bestOrder = n, e, other
			}
		}
	}
	d.setOrder(bestOrder)
	d.report.Encoding = bestEncoding
	return bestEncoding != claimed || bestOrder != order
}

// setOrder makes the buffer what the given bit order makes of the stream.
func (d *Decoder) setOrder(lsbFirst bool) {
	if lsbFirst != d.report.LSBFirst {
		d.report.LSBFirst = lsbFirst
		reverseBits(d.buf[:d.bits/8])
		d.findLast()
	}
}

// probe counts the rows that decode in an encoding, and counts a page that does
// so to its end in full. Rows that say nothing do not count: any run of ones is
// white rows to Group 4.
func (d *Decoder) probe(e Encoding) int {
	d.report.Encoding = e
	white(d.aside.base, d.cols)
	o := d.follow(0, goal{until: 2 * sniffRows})
	switch {
	case o.ended && o.rows > 0 && (d.p.Rows == 0 || o.rows == d.p.Rows):
		return 2 * sniffRows
	case o.told == 0:
		return 0
	}
	return o.rows
}
