package faxline

import (
	"bytes"
	"fmt"
	"strings"
)

// PDF writes pages of Group 4 or JPEG as providers hand out faxes: one picture a page,
// which fills it, at its resolution in dots per inch. The same pages give the same bytes.
func PDF(pages []Coded, dpiX, dpiY int) []byte {
	var out bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(offsets)}, args...)...)
	}
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var kids strings.Builder
	for n := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+3*n)
	}
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String())
	for n, p := range pages {
		w, h := float64(p.Width)/float64(dpiX)*72, float64(p.Height)/float64(dpiY)*72
		draw := fmt.Sprintf("%.2f 0 0 %.2f 0 0 cm /I Do", w, h)
		filter := p.filter
		if strings.Contains(filter, "%d") {
			filter = fmt.Sprintf(filter, p.Width, p.Height)
		}
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>", w, h, 4+3*n, 5+3*n)
		object("<</Length %d>>\nstream\n%s\nendstream", len(draw), draw)
		object("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent %d/Filter%s/Length %d>>\nstream\n%s\nendstream",
			p.Width, p.Height, p.bits, filter, len(p.Data), p.Data)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
	return out.Bytes()
}
