package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // pictures of pages, which our own child made
	_ "image/png"
	"os"

	"dispositivo/intake"
	"dispositivo/internal/faxline"
	"dispositivo/internal/sandbox"
	"dispositivo/verify/ccitt"
)

// drawing has a file's pages drawn and made a fax again. Unset, a file is sent as it is.
type drawing struct {
	Encoding   string  `help:"Draw the pages and send them as TIFF of this kind (jpeg: in grey) or as PDF: mh, g3, g3-2d, g4, jpeg or pdf; g3 when only the others of these are given. Example: --encoding g3-2d" default:"" enum:",mh,g3,g3-2d,g4,jpeg,pdf"`
	Resolution string  `help:"Draw them at standard (204 by 98 dots per inch), fine (by 196) or superfine (by 391); fine when only the others are given. Example: --resolution standard" default:"" enum:",standard,fine,superfine"`
	LosePage   int     `help:"Send without this page, counted from 1, while the number that was announced stays. Example: --lose-page 2"`
	LineErrors float64 `help:"Share of scan lines that are lost; the one above comes twice. Example: --line-errors 0.02"`
	BitErrors  float64 `help:"Share of bits that fall over in what is coded. Example: --bit-errors 0.00001"`
}

// resolutions are those of T.4 across the page, in dots per inch.
var resolutions = map[string]int{"standard": 98, "": 196, "fine": 196, "superfine": 391}

// codings are those of TIFF and of PDF; jpeg is none of them.
var codings = map[string]ccitt.Params{
	"mh": {Encoding: ccitt.ModifiedHuffman}, "": {Encoding: ccitt.Group31D}, "g3": {Encoding: ccitt.Group31D},
	"g3-2d": {Encoding: ccitt.Group32D}, "g4": {Encoding: ccitt.Group4}, "pdf": {Encoding: ccitt.Group4},
}

// dotsAcross is the resolution along a scan line.
const dotsAcross = 204

// check refuses what cannot be meant; kong calls it by the command's Validate.
func (d drawing) check() error {
	if d.LosePage < 0 {
		return errors.New("lose-page: pages are counted from 1")
	}
	for _, share := range []float64{d.LineErrors, d.BitErrors} {
		if share < 0 || share > 1 {
			return errors.New("a share is not between 0 and 1")
		}
	}
	return nil
}

// wanted reports whether anything is to be drawn.
func (d drawing) wanted() bool { return d != drawing{} }

// glass is a page as it lay on the glass.
type glass struct {
	grey *image.Gray
	dpi  float64
}

// original is a file to send: its bytes or, to be drawn, its pages.
type original struct {
	data  []byte
	pages []glass
}

// read reads the files, and has their pages drawn by a child where that is wanted.
func (d drawing) read(env *environment, files []string) ([]original, error) {
	var pool *sandbox.Pool
	if d.wanted() {
		made, closePool, err := toolSandbox(env)
		if err != nil {
			return nil, err
		}
		defer closePool()
		pool = made
	}
	var all []original
	for _, name := range files {
		data, err := os.ReadFile(name) //nolint:gosec // the caller names the file
		if err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		p := original{data: data}
		if pool != nil {
			if p.pages, err = pictures(env.ctx, pool, data); err != nil {
				return nil, fmt.Errorf("draw %s: %w", name, err)
			}
			if d.LosePage > len(p.pages) || d.LosePage > 0 && len(p.pages) == 1 {
				return nil, fmt.Errorf("lose-page: %s has %d pages", name, len(p.pages))
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// pictures has the pages of a file drawn.
func pictures(ctx context.Context, pool *sandbox.Pool, data []byte) ([]glass, error) {
	var all []glass
	report, err := pool.ReadEach(ctx, data, sandbox.ReadOptions{Native: true, TolerateActive: true, MaxBytes: intake.MaxOriginal}, func(r sandbox.Rendered) error {
		img, _, err := image.Decode(bytes.NewReader(r.Image))
		if err != nil {
			return fmt.Errorf("page %d: %w", r.N, err)
		}
		grey := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
		draw.Draw(grey, grey.Rect, img, img.Bounds().Min, draw.Src)
		all = append(all, glass{grey: grey})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all) != len(report.Pages) {
		return nil, fmt.Errorf("%d of %d pages: %s", len(all), len(report.Pages), report.Message)
	}
	for n := range all {
		all[n].dpi = dpiOf(all[n].grey.Rect, report.Pages[n])
	}
	return all, nil
}

// dpiOf is the resolution of a page's picture, which stands upright. A page that does
// not say how large it is is as wide as A4.
func dpiOf(picture image.Rectangle, p sandbox.Page) float64 {
	const a4 = 210 / 25.4
	inches := a4
	switch {
	case p.DPIX <= 0 || p.DPIY <= 0:
	case p.Turn%180 != 0:
		inches = float64(p.Height) / p.DPIY
	default:
		inches = float64(p.Width) / p.DPIX
	}
	return float64(picture.Dx()) / inches
}

// made returns what is sent of a file, and how many pages are announced; 0: nobody knows.
// The same seed makes the same faults.
func (d drawing) made(p original, seed uint64) (data []byte, announced int) {
	if !d.wanted() {
		return bytes.Clone(p.data), 0
	}
	down := resolutions[d.Resolution]
	var coded []faxline.Coded
	for n, page := range p.pages {
		if n+1 == d.LosePage {
			continue
		}
		o := faxline.Options{Seed: seed + uint64(n)<<32, DPIX: dotsAcross, DPIY: float64(down), LostLines: d.LineErrors}
		c := faxline.Coded{}
		if d.Encoding == "jpeg" {
			c = faxline.CodeJPEG(faxline.Scan(page.grey, page.dpi, o))
		} else {
			c = faxline.Code(faxline.Simulate(page.grey, page.dpi, o), codings[d.Encoding])
		}
		faxline.FlipBits(c.Data, d.BitErrors, o.Seed)
		coded = append(coded, c)
	}
	if d.Encoding == "pdf" {
		return faxline.PDF(coded, dotsAcross, down), len(p.pages)
	}
	return faxline.TIFFOf(coded, dotsAcross, down), len(p.pages)
}

// kindOf names a file by its first bytes, as what sends it would.
func kindOf(data []byte) (ending, media string) {
	switch sandbox.Sniff(data) { //nolint:exhaustive // the others are TIFF, or damaged TIFF
	case sandbox.FormatPDF:
		return ".pdf", "application/pdf"
	case "jpeg":
		return ".jpg", "image/jpeg"
	case "png":
		return ".png", "image/png"
	}
	return ".tif", "image/tiff"
}
