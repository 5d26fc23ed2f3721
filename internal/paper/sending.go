package paper

// sending draws what to attach and every way to send it, around the lower QR
// code, with the readable code once more.
func (f Form) sending(c *canvas, t texts) {
	section(c, topSend, "5", "Che cosa allegare e come inviare", "What to attach, how to send")
	y := topSend + 3
	for _, hint := range t.attach {
		c.text(left, y+2.6, bold, 8, "•")
		y += c.fill(Box{left + 3, y, width - 3, 7}, regular, 8, hint) + 0.5
	}
	x := left
	if !f.blank() {
		x = left + QRSide + 8
	}
	bottom := PageHeight - 13.0
	if !f.blank() {
		bottom -= 14
		f.code(c, Box{x, bottom + 4, 78, 10})
		c.fill(Box{x + 82, bottom + 4, right - x - 82, 10}, regular, 7.5, t.statusHint)
	}
	f.ways(c, t, Box{x, y + 1, right - x, bottom - y})
}

// way is one line of the list: what it is called, and the address.
type way struct{ name, address string }

// list turns the settings into lines, the quickest way first.
func (w Ways) list(t texts) []way {
	var out []way
	add := func(name, address string) {
		if address != "" {
			out = append(out, way{name, address})
		}
	}
	add(t.portal, w.Portal)
	add("E-mail", w.Email)
	add("PEC", w.PEC)
	for _, x := range w.Faxes {
		name := "Fax"
		if x.Abroad {
			name = t.faxAbroad
		}
		add(name, x.Number)
	}
	add(t.office, w.Office)
	return out
}

// ways writes the list with the addresses in one column.
func (f Form) ways(c *canvas, t texts, b Box) {
	const column = 36.0
	list := f.Ways.list(t)
	if len(list) == 0 {
		return
	}
	step := min(5, b.H/float64(len(list)))
	size := min(8.5, step/mmPerPoint/leading)
	for i, w := range list {
		y := b.Y + step*float64(i)
		c.fill(Box{b.X, y, column - 2, step}, regular, size, w.name)
		c.fill(Box{b.X + column, y, b.W - column, step}, bold, size, w.address)
	}
}
