package compose

import (
	"bytes"
	"fmt"
)

// perPage and perFile bound what the PDF needs beside the pictures.
const (
	perPage = 700
	perFile = 400
)

func overhead(pages int) int { return perFile + pages*perPage }

// write makes a PDF 1.4 (ISO 32000-1) of pictures, one a page, which fill it.
// The same pages give the same bytes.
func write(pages []Coded) []byte {
	w := &pdfWriter{}
	w.b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	w.object("<</Type/Catalog/Pages 2 0 R>>", nil)
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+3*i)
	}
	w.object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids), nil)
	for i, p := range pages {
		n := 3 + 3*i
		w.object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>",
			p.WidthPt, p.HeightPt, n+1, n+2), nil)
		w.stream("", fmt.Appendf(nil, "%.2f 0 0 %.2f 0 0 cm /I Do", p.WidthPt, p.HeightPt))
		w.stream(p.dictionary(), p.Data)
	}
	return w.end()
}

func (c Coded) dictionary() string {
	head := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d", c.Width, c.Height)
	switch {
	case c.Coding == "g4":
		return head + fmt.Sprintf("/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>", c.Width, c.Height)
	case c.Gray:
		return head + "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode"
	}
	return head + "/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
}

type pdfWriter struct {
	b       bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(dictionary string, data []byte) {
	w.offsets = append(w.offsets, w.b.Len())
	fmt.Fprintf(&w.b, "%d 0 obj\n%s\n", len(w.offsets), dictionary)
	if data != nil {
		w.b.WriteString("stream\n")
		w.b.Write(data)
		w.b.WriteString("\nendstream\n")
	}
	w.b.WriteString("endobj\n")
}

func (w *pdfWriter) stream(entries string, data []byte) {
	w.object(fmt.Sprintf("<<%s/Length %d>>", entries, len(data)), data)
}

func (w *pdfWriter) end() []byte {
	at := w.b.Len()
	fmt.Fprintf(&w.b, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, o := range w.offsets {
		fmt.Fprintf(&w.b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&w.b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, at)
	return w.b.Bytes()
}
