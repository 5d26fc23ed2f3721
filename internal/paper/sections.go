package paper

import "time"

// Row and section heights in millimetres.
const (
	rowHeight = 9.6
	topHolder = 51.5
	topDoc    = 108.0
	topDecl   = 135.0
	topSign   = 187.5
	topSend   = 226.0
)

// header draws agency, title, the readable code and both QR codes.
func (f Form) header(c *canvas, t texts) error {
	textWidth := width - QRSide - 8
	c.fill(Box{left, 11, textWidth, 4.5}, bold, 9, f.Agency)
	c.text(left, 22.5, bold, 18, "Modulo di richiesta conversione PIN")
	c.text(left, 28, italic, 10, "Request to convert a PIN from ordinario to dispositivo")
	if f.blank() {
		c.fill(Box{left, 32, textWidth, 12}, regular, 8.5, t.blankForm)
		return nil
	}
	for _, b := range QRBoxes() {
		if _, err := c.drawQR(b, f.Token.Text()); err != nil {
			return err
		}
	}
	b := Box{left, 34, 78, 10}
	c.text(left, 32.7, regular, 6.5, "Codice del modulo / Form code")
	f.code(c, b)
	c.fill(Box{b.X + b.W + 4, 33.8, textWidth - b.W - 4, 10.5}, regular, 7.5, t.codeHint)
	return nil
}

// code draws the readable code in a frame.
func (f Form) code(c *canvas, b Box) {
	const size = 20
	c.frame(b, 0.4)
	w := c.width(mono, size, f.Token.Code())
	c.text(b.X+(b.W-w)/2, b.Y+b.H/2+size*mmPerPoint*0.36, mono, size, f.Token.Code())
}

// section draws the bar above a part of the form.
func section(c *canvas, y float64, number, it, en string) {
	c.pdf.SetFillColor(0, 0, 0)
	c.pdf.Rect(left, y-3.7, 5, 5, "F")
	c.pdf.SetTextColor(255, 255, 255)
	c.text(left+1.6, y, bold, 9, number)
	c.pdf.SetTextColor(0, 0, 0)
	c.text(left+7, y, bold, 10, it)
	c.text(left+8.5+c.width(bold, 10, it), y, italic, 9, en)
	c.line(left, y+1.3, right, y+1.3, 0.4)
}

// cell is one field of a row.
type cell struct {
	label string
	value string
	w     float64 // mm
	face  face    // empty means regular
	hand  bool    // to be filled in by hand if empty
}

// row draws cells side by side: label on top, value below.
func row(c *canvas, y float64, cells ...cell) {
	x := left
	for _, d := range cells {
		c.pdf.SetLineWidth(0.2)
		c.pdf.Rect(x, y, d.w, rowHeight, "D")
		c.text(x+1, y+2.4, regular, 5.8, d.label)
		switch {
		case d.value != "":
			f := d.face
			if f == "" {
				f = regular
			}
			c.value(Box{x + 1.2, y + 2.9, d.w - 2.4, rowHeight - 3.2}, f, d.value)
		case d.hand:
			c.dots(x+1.5, x+d.w-1.5, y+rowHeight-1.6)
		}
		x += d.w
	}
}

// value writes a field's value: one line of 10.5 points if it fits, else
// smaller, on up to three lines.
func (c *canvas) value(b Box, f face, s string) {
	const size = 10.5
	if c.width(f, size, c.printable(s)) <= b.W {
		c.text(b.X, b.Y+b.H-1.7, f, size, s)
		return
	}
	c.fill(b, f, 8, s)
}

func (f Form) holder(c *canvas) {
	h, y, hand := f.Holder, topHolder+2.5, f.blank()
	section(c, topHolder, "1", "Titolare del PIN", "Holder of the PIN")
	row(c, y, cell{"Codice fiscale", h.CodiceFiscale, 56, mono, hand},
		cell{"Cognome / Surname", h.Surname, 63, bold, hand}, cell{"Nome / Given names", h.Name, 63, bold, hand})
	row(c, y+rowHeight, cell{"Data di nascita / Date of birth", day(h.Birth), 40, "", hand},
		cell{"Comune o Stato estero di nascita / Place of birth", h.BirthPlace, 120, "", hand}, cell{"Sesso / Sex", h.Sex, 22, "", hand})
	row(c, y+2*rowHeight, cell{"Indirizzo di residenza / Address", h.Street, 94, "", hand},
		cell{"CAP / Postal code", h.PostalCode, 28, "", hand}, cell{"Località / Town", h.City, 60, "", hand})
	row(c, y+3*rowHeight, cell{"Provincia, regione / State, region", h.Region, 40, "", hand},
		cell{"Stato estero di residenza / Country", h.State, 60, "", hand},
		cell{"Cellulare / Mobile", h.Mobile, 41, "", hand}, cell{"Telefono / Telephone", h.Phone, 41, "", hand})
	row(c, y+4*rowHeight, cell{"E-mail", h.Email, 91, "", hand}, cell{"PEC", h.PEC, 91, "", hand})
}

func (f Form) document(c *canvas) {
	d, y := f.Document, topDoc+7.2
	section(c, topDoc, "2", "Documento di identità allegato in copia", "Identity document attached as copy")
	x := left + 0.5
	for _, k := range []struct {
		kind DocumentKind
		name string
	}{
		{IdentityCard, "carta d'identità / identity card"},
		{Licence, "patente di guida / driving licence"},
		{Passport, "passaporto / passport"},
	} {
		b := Box{x, y - 3.1, 3.6, 3.6}
		c.frame(b, 0.3)
		if d.Kind == k.kind {
			c.line(b.X+0.6, b.Y+0.6, b.X+b.W-0.6, b.Y+b.H-0.6, 0.6)
			c.line(b.X+0.6, b.Y+b.H-0.6, b.X+b.W-0.6, b.Y+0.6, 0.6)
		}
		c.text(x+5.2, y, regular, 9, k.name)
		x += 63
	}
	row(c, y+2.8, cell{"Numero / Number", d.Number, 52, mono, true},
		cell{"Rilasciato da / Issued by", d.Issuer, 90, "", true}, cell{"Scadenza / Expiry", day(d.Expiry), 40, "", true})
}

func (f Form) declarations(c *canvas, t texts) {
	section(c, topDecl, "3", "Richiesta e dichiarazioni", "Request and declarations")
	y := topDecl + 3
	room := topSign - 5 - y
	for _, p := range t.declarations(f.KeepImagesDays) {
		y += c.fill(Box{left, y, width, room * p.share}, p.face, p.size, p.text) + 1.2
	}
}

func (f Form) signature(c *canvas, t texts) {
	section(c, topSign, "4", "Data e firma", "Date and signature")
	p, s := PlaceDateBox(), SignatureBox()
	c.text(p.X, p.Y-2, regular, 6.5, "Luogo e data / Place and date")
	c.dots(p.X, p.X+p.W, p.Y+p.H-2)
	c.fill(Box{p.X, p.Y + p.H + 1, p.W, s.H - p.H - 1}, regular, 7.5, t.signHint)
	c.text(s.X, s.Y-2, regular, 6.5, "Firma per esteso del titolare / Signature of the holder")
	c.frame(s, SignatureFrame)
}

// foot draws the line that tells this form from every other page.
func (f Form) foot(c *canvas) {
	code := ""
	if !f.blank() {
		code = f.Token.Code()
	}
	c.text(left, 292, regular, 6.5, marker(code))
	made := "pagina 1 di 1"
	if !f.Made.IsZero() {
		made = "prodotto il " + day(f.Made) + " · " + made
	}
	c.text(right-c.width(regular, 6.5, made), 292, regular, 6.5, made)
}

// day writes a date as Italian forms do; empty for the zero time.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("02/01/2006")
}
