package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"dispositivo/internal/demo"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/fax"
	"dispositivo/internal/token"
	"dispositivo/verify/ccitt"
)

// drawnDPI is how the pages are drawn before they are scanned.
const drawnDPI = 300

// sheets are a signed form with its token and a specimen identity page, as
// paper that somebody puts into a fax machine or onto a scanner.
type sheets struct {
	pages []*image.Gray // at drawnDPI
	hand  *image.Gray   // the signature alone, where it stands on the form
	token string
}

// newSheets has the demonstration's own drawings turned into pixels by pdftoppm.
func newSheets(ctx context.Context, dir string) (sheets, error) {
	citizen := demo.Citizens()[0]
	made := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	tok, err := token.Mint(bytes.NewReader(bytes.Repeat([]byte("bench"), 20)), bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		return sheets{}, err
	}
	form, err := paper.Form{
		Agency: "Ente di previdenza", Made: made, Token: tok,
		Holder: paper.Holder{
			CodiceFiscale: citizen.CodiceFiscale.String(), Surname: citizen.Surname, Name: citizen.Name,
			Birth: citizen.Birth, BirthPlace: citizen.BirthPlace, Sex: citizen.Sex, Street: citizen.Address.Street,
			PostalCode: citizen.Address.PostalCode, City: citizen.Address.City, State: citizen.Address.State, Mobile: citizen.Mobile,
		},
	}.Render("it")
	if err != nil {
		return sheets{}, err
	}
	signature, err := demo.Signature(citizen, made)
	if err != nil {
		return sheets{}, err
	}
	specimen, err := demo.SpecimenPassport(citizen, made, demo.SpecimenOptions{})
	if err != nil {
		return sheets{}, err
	}
	var drawn []*image.Gray
	for _, doc := range [][]byte{form, signature, specimen} {
		page, err := drawPage(ctx, dir, doc)
		if err != nil {
			return sheets{}, err
		}
		drawn = append(drawn, page)
	}
	sign(drawn[0], drawn[1])
	return sheets{pages: []*image.Gray{drawn[0], drawn[2]}, hand: drawn[1], token: tok.Text()}, nil
}

// sign lets a hand write over the print.
func sign(page, hand *image.Gray) {
	for i, v := range hand.Pix {
		page.Pix[i] = min(page.Pix[i], v)
	}
}

// drawPage draws the first page of a PDF.
func drawPage(ctx context.Context, dir string, doc []byte) (*image.Gray, error) {
	in := filepath.Join(dir, "sheet.pdf")
	if err := os.WriteFile(in, doc, 0o600); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "pdftoppm", "-gray", "-l", "1", "-r", strconv.Itoa(drawnDPI), in).Output() //nolint:gosec // our own file
	if err != nil {
		return nil, fmt.Errorf("pdftoppm: %w", err)
	}
	var w, h, most int
	if _, err := fmt.Sscanf(string(out[:min(len(out), 40)]), "P5\n%d %d\n%d", &w, &h, &most); err != nil || len(out) < w*h {
		return nil, fmt.Errorf("pdftoppm: no picture: %w", err)
	}
	return &image.Gray{Pix: out[len(out)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}, nil
}

// faxed sends the sheets through a fax machine.
func (s sheets) faxed(o fax.Options) []ccitt.Bitmap {
	var pages []ccitt.Bitmap
	for i, page := range s.pages {
		o.Seed += uint64(i)
		pages = append(pages, fax.Simulate(page, drawnDPI, o))
	}
	return pages
}

// scannedPDF writes a PDF of nothing but bilevel scans in Group 4.
func scannedPDF(pages []ccitt.Bitmap, dpi int) []byte {
	var images []scan
	for _, p := range pages {
		images = append(images, scan{
			width: p.Width, height: p.Height, data: ccitt.Encode(p, ccitt.Params{Encoding: ccitt.Group4}),
			keys: fmt.Sprintf("/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode "+
				"/DecodeParms << /K -1 /Columns %d /Rows %d >>", p.Width, p.Height),
		})
	}
	return writePDF(images, dpi)
}

// photographedPDF writes a PDF of nothing but grey scans as JPEG, as the scanners
// of offices do.
func (s sheets) photographedPDF(dpi int) ([]byte, error) {
	var images []scan
	for _, page := range s.pages {
		small := reduce(page, dpi)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
			return nil, err
		}
		images = append(images, scan{
			width: small.Rect.Dx(), height: small.Rect.Dy(), data: b.Bytes(),
			keys: "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode",
		})
	}
	return writePDF(images, dpi), nil
}

// reduce makes each pixel the mean of those around the place that it stands for.
func reduce(src *image.Gray, dpi int) *image.Gray {
	w, h := src.Rect.Dx()*dpi/drawnDPI, src.Rect.Dy()*dpi/drawnDPI
	dst := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		top, bottom := y*drawnDPI/dpi, ((y+1)*drawnDPI-1)/dpi+1
		for x := range w {
			left, right := x*drawnDPI/dpi, ((x+1)*drawnDPI-1)/dpi+1
			sum, n := 0, 0
			for sy := top; sy < min(bottom, src.Rect.Dy()); sy++ {
				for _, v := range src.Pix[sy*src.Stride+left : sy*src.Stride+min(right, src.Rect.Dx())] {
					sum += int(v)
					n++
				}
			}
			dst.Pix[y*dst.Stride+x] = byte(sum / n) //nolint:gosec // a mean of bytes
		}
	}
	return dst
}

// scan is a picture that fills a page of a PDF.
type scan struct {
	width, height int
	keys          string
	data          []byte
}

// writePDF writes a page for each picture.
func writePDF(images []scan, dpi int) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format, append([]any{len(offsets)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
	kids := ""
	for i := range images {
		kids += fmt.Sprintf(" %d 0 R", 3+3*i)
	}
	object("<< /Type /Pages /Kids [%s ] /Count %d >>\nendobj\n", kids, len(images))
	for i, img := range images {
		w, h := float64(img.width)*72/float64(dpi), float64(img.height)*72/float64(dpi)
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R /Resources << /XObject << /I %d 0 R >> >> >>\nendobj\n",
			w, h, 4+3*i, 5+3*i)
		drawing := fmt.Sprintf("q %.2f 0 0 %.2f 0 0 cm /I Do Q", w, h)
		object("<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(drawing), drawing)
		object("<< /Type /XObject /Subtype /Image /Width %d /Height %d %s /Length %d >>\nstream\n",
			img.width, img.height, img.keys, len(img.data))
		b.Write(img.data)
		b.WriteString("\nendstream\nendobj\n")
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return b.Bytes()
}
