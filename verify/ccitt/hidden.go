package ccitt

// findHidden looks for places where whole rows got lost or came too much without
// a failure, when the page ended properly. In Group 4 it is the first odd row. In
// Group 3, where a few rows are missing, what tells is the rhythm of
// one-dimensional rows, then fill where the encoder wrote none, then the places
// of repairs.
func (d *Decoder) findHidden(missing int) {
	const few = 8
	switch d.report.Encoding {
	case Group4:
		if gaps := d.flagged(flagOdd); len(d.gaps) == 0 && len(gaps) > 0 && len(gaps) <= 1+len(d.rows)/100 {
			gaps[0].trim = max(1, -missing) // the odd row itself is damage
			d.gaps = gaps[:1]
		}
		return
	case Group31D, Group32D:
	case ModifiedHuffman, Runs:
		return
	}
	if missing < 0 {
		return
	}
	if gaps := d.offBeat(); len(gaps) > 0 {
		sum := 0
		for _, g := range gaps {
			sum += g.weight
		}
		if sum == missing || len(d.gaps) == 0 && sum < missing && missing <= few {
			d.gaps = gaps
			return
		}
	}
	if len(d.gaps) > 0 || missing > few {
		return
	}
	for _, flag := range [...]uint8{flagFill, flagMended} {
		if gaps := d.flagged(flag); len(gaps) > 0 && len(gaps) <= few {
			d.gaps = gaps
			return
		}
	}
}

// offBeat lists where a one-dimensional row comes earlier than the others do,
// by how much. A gap already known there keeps its place.
func (d *Decoder) offBeat() (gaps []gap) {
	if d.report.Encoding != Group32D {
		return nil
	}
	beat := d.beat()
	if beat < 2 {
		return nil
	}
	from, known := -1, 0
	for y, r := range d.rows {
		if r.flags&flagOneD == 0 || r.flags&flagDamaged != 0 {
			continue
		}
		if off := (y - from) % beat; from >= 0 && off != 0 {
			g := gap{row: from + 1, weight: beat - off}
			for known < len(d.gaps) && d.gaps[known].row <= from {
				known++
			}
			if known < len(d.gaps) && d.gaps[known].row < y {
				g.row = d.gaps[known].row
			}
			gaps = append(gaps, g)
		}
		from = y
	}
	return gaps
}

// beat is the distance between one-dimensional rows, if nearly all have it.
func (d *Decoder) beat() int {
	var counts [17]int
	from, total := -1, 0
	for y, r := range d.rows {
		if r.flags&flagOneD == 0 || r.flags&flagDamaged != 0 {
			continue
		}
		if from >= 0 {
			counts[min(y-from, len(counts)-1)]++
			total++
		}
		from = y
	}
	for n, count := range counts[:len(counts)-1] {
		if count*10 > total*8 {
			return n
		}
	}
	return 0
}

// flagged lists the rows with a flag as places of gaps.
func (d *Decoder) flagged(flag uint8) (gaps []gap) {
	for y, r := range d.rows {
		if r.flags&flag != 0 {
			gaps = append(gaps, gap{row: y, weight: 1})
		}
	}
	return gaps
}
