package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"syscall"
	"testing"
	"time"

	"dispositivo/internal/demo"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/fax"
	"dispositivo/internal/token"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/pdf"
)

// BenchmarkReadPages reads two-page documents, a signed form and an identity page, in
// this process as a child does. It reports processor time, which a busy machine
// does not change: go test ./internal/sandbox -run none -bench ReadPages -cpu 1
func BenchmarkReadPages(b *testing.B) {
	ctx := context.Background()
	r := &reader{settings: hello{Limits: Limits{}.withDefaults(), CacheDir: engineCache(b), Compile: true}}
	if err := r.build(ctx); err != nil {
		b.Fatal(err)
	}
	if err := r.buildSymbols(ctx); err != nil {
		b.Fatal(err)
	}
	sheets := benchSheets(b, r)
	clean := fax.Options{Seed: 1, FlipRate: 0.0005, SkewDegrees: 0.4}
	scanned := clean
	scanned.DPIX, scanned.DPIY = 200, 200
	for name, data := range map[string][]byte{
		"fax":  fax.TIFF(sent(sheets, clean), ccitt.Params{Encoding: ccitt.Group4}, 204, 196),
		"scan": scannedPages(sent(sheets, scanned)),
	} {
		b.Run(name, func(b *testing.B) {
			q := request{Op: opRead, Read: ReadOptions{On: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)}, Parts: []int{len(data)}}
			before := processorNow(b)
			for b.Loop() {
				if err := r.serve(ctx, q, [][]byte{data}, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processorNow(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
}

func processorNow(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchDPI = 300

// benchSheets draws a form with its token and a specimen identity page.
func benchSheets(b *testing.B, r *reader) []*image.Gray {
	b.Helper()
	citizen := demo.Citizens()[0]
	made := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	tok, err := token.Mint(bytes.NewReader(bytes.Repeat([]byte("bench"), 20)), bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		b.Fatal(err)
	}
	form, err := paper.Form{Agency: "Ente di previdenza", Made: made, Token: tok, Holder: paper.Holder{
		CodiceFiscale: citizen.CodiceFiscale.String(), Surname: citizen.Surname, Name: citizen.Name,
		Birth: citizen.Birth, BirthPlace: citizen.BirthPlace, Sex: citizen.Sex, Street: citizen.Address.Street,
		PostalCode: citizen.Address.PostalCode, City: citizen.Address.City, State: citizen.Address.State, Mobile: citizen.Mobile,
	}}.Render("it")
	if err != nil {
		b.Fatal(err)
	}
	specimen, err := demo.SpecimenPassport(citizen, made, demo.SpecimenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var sheets []*image.Gray
	for _, doc := range [][]byte{form, specimen} {
		opened, err := r.engine.Open(context.Background(), doc)
		if err != nil {
			b.Fatal(err)
		}
		img, _, err := opened.Render(context.Background(), 1, pdf.RenderOptions{DPI: benchDPI, MaxPixels: 40_000_000})
		if err != nil {
			b.Fatal(err)
		}
		gray := image.NewGray(img.Bounds())
		for y := range gray.Rect.Dy() {
			for x := range gray.Rect.Dx() {
				gray.Set(x, y, img.At(x, y))
			}
		}
		sheets = append(sheets, gray)
		if err := opened.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	return sheets
}

func sent(sheets []*image.Gray, o fax.Options) []ccitt.Bitmap {
	var pages []ccitt.Bitmap
	for i, sheet := range sheets {
		o.Seed += uint64(i)
		pages = append(pages, fax.Simulate(sheet, benchDPI, o))
	}
	return pages
}

// scannedPages is a PDF of nothing but bilevel scans of 200 dpi.
func scannedPages(pages []ccitt.Bitmap) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", ""}
	kids := ""
	for i, p := range pages {
		w, h := float64(p.Width)*72/200, float64(p.Height)*72/200
		kids += fmt.Sprintf(" %d 0 R", 3+3*i)
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>", w, h, 4+3*i, 5+3*i),
			stream("", fmt.Sprintf("q %.2f 0 0 %.2f 0 0 cm /I Do Q", w, h)),
			stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode"+
				"/DecodeParms<</K -1/Columns %d/Rows %d>>", p.Width, p.Height, p.Width, p.Height),
				string(ccitt.Encode(p, ccitt.Params{Encoding: ccitt.Group4}))))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids)
	return assembled(objects...)
}
