package mrz

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // pictures of the corpora
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/image/tiff"
)

const corpora = "../../../shared/corpora"

// The zones that are printed on the specimens of the corpora.
const (
	zoneVisa   = "VCPOLKOWALSKA<KWIATKOWSKA<<BEATA<<<<\nPL00000008POL6002084F0505011<<<<<<<0"
	zoneSpain  = "IDESPBAA000589599999999R<<<<<<\n8001014F2501017ESP<<<<<<<<<<<7\nESPANOLA<ESPANOLA<<CARMEN<<<<<"
	zoneBroken = "" // a zone one character short, with wrong digits: never valid
)

// specimens are the pictures with a zone. Those of derived/ hold the same
// pixels in another file; of a PDF the JPEG inside is read.
var specimens = []struct{ file, zone string }{
	{"passporteye/100_pass-uto.jpg", specimenTD3},
	{"passporteye/25_pass-uto.jpg", specimenTD3},
	{"passporteye/100_visa-polx.jpg", zoneVisa},
	{"fastmrz/td1.jpg", specimenTD1},
	{"derived/Spain.png.tif", zoneSpain},
	{"derived/id_fail.png.tif", zoneBroken},
	{"derived/100_pass-uto.jpg.pdf", specimenTD3},
	{"derived/25_pass-uto.jpg.pdf", specimenTD3},
	{"derived/100_visa-polx.jpg.pdf", zoneVisa},
	{"derived/td1.jpg.pdf", specimenTD1},
}

// tesseract asks for the comparison, which takes minutes.
var tesseract = flag.Bool("mrz.tesseract", false, "read the specimens with Tesseract too")

// TestSpecimenImages reads every specimen of the corpora whole, each digit
// proved, and prints the table of docs/adr/0002-mrz-reader.md:
//
//	go test -v -run SpecimenImages ./verify/mrz -mrz.tesseract
func TestSpecimenImages(t *testing.T) {
	needCorpora(t)
	peer := *tesseract
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "picture\tpixels\tours\tms\ttesseract\tms\ttesseract, enlarged\tms")
	ours, plain, large, readable := 0, 0, 0, 0
	for _, s := range specimens {
		img := picture(t, filepath.Join(corpora, s.file))
		start := time.Now() //nolint:forbidigo // how long it takes
		got, _ := Read(context.Background(), img, Options{On: day})
		took := time.Since(start)
		_, _ = fmt.Fprintf(w, "%s\t%d×%d\t%s\t%d", s.file, img.Rect.Dx(), img.Rect.Dy(), verdict(got, s.zone), took.Milliseconds())
		if s.zone == zoneBroken {
			if got.Valid {
				t.Errorf("%s: a broken zone is valid", s.file)
			}
		} else {
			readable++
			ours += wholly(got, s.zone)
			if wholly(got, s.zone) == 0 {
				t.Errorf("%s: %s\n%s", s.file, verdict(got, s.zone), strings.Join(got.Lines, "\n"))
			}
		}
		if peer {
			r, took := byTesseract(t, img, 1)
			plain += wholly(r, s.zone)
			_, _ = fmt.Fprintf(w, "\t%s\t%d", verdict(r, s.zone), took.Milliseconds())
			r, took = byTesseract(t, img, max(1, 30*45/float64(img.Rect.Dx())))
			large += wholly(r, s.zone)
			_, _ = fmt.Fprintf(w, "\t%s\t%d", verdict(r, s.zone), took.Milliseconds())
		}
		_, _ = fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%sread whole, of %d: ours %d, tesseract %d, tesseract enlarged %d (tesseract asked: %v)",
		table.String(), readable, ours, plain, large, peer)
}

// verdict says how a reading compares with what is printed.
func verdict(r Result, zone string) string {
	switch {
	case r.Valid && strings.Join(r.Lines, "\n") == zone:
		return "whole"
	case r.Valid:
		return "valid, misread"
	case r.Format != "":
		return "not valid"
	default:
		return "nothing"
	}
}

func wholly(r Result, zone string) int {
	if r.Valid && strings.Join(r.Lines, "\n") == zone {
		return 1
	}
	return 0
}

// byTesseract reads a picture with Tesseract alone, as one block of text with
// the alphabet of a zone, and takes the best of what its lines can be.
func byTesseract(t *testing.T, img *image.Gray, scale float64) (Result, time.Duration) {
	t.Helper()
	var in bytes.Buffer
	if scale > 1 {
		img = resample(img, img.Rect, scale)
	}
	if err := png.Encode(&in, img); err != nil {
		t.Fatal(err)
	}
	var best Result
	start := time.Now() //nolint:forbidigo // how long it takes
	for _, mode := range []string{"3", "6"} {
		cmd := exec.CommandContext(t.Context(), "tesseract", "-", "-", "--psm", mode, "-l", "eng", "-c", "tessedit_char_whitelist="+alphabet)
		cmd.Stdin = bytes.NewReader(in.Bytes())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if r := inText(string(out)); best.Format == "" || r.Valid {
			best = r
		}
	}
	return best, time.Since(start)
}

// inText parses neighbouring lines of a text. Fillers at the end of a line are
// what Tesseract miscounts most, so they are cut or added to the length that
// fits, which favours it.
func inText(text string) Result {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), ""); len(line) > 20 {
			lines = append(lines, line)
		}
	}
	var best Result
	for _, shape := range [][2]int{{3, 30}, {2, 36}, {2, 44}} {
		for i := 0; i+shape[0] <= len(lines); i++ {
			var part []string
			for _, l := range lines[i : i+shape[0]] {
				part = append(part, pad(bare(l), max(shape[1], len(bare(l)))))
			}
			if r, err := Parse(part, day); err == nil && (best.Format == "" || r.Valid) {
				best = r
			}
		}
	}
	return best
}

// TestNeverValidOnCorpora: no other picture of the corpora holds a valid zone.
func TestNeverValidOnCorpora(t *testing.T) {
	needCorpora(t)
	known := map[string]bool{}
	for _, s := range specimens {
		known[s.file] = true
	}
	looked := 0
	err := filepath.WalkDir(corpora, func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, corpora+"/")
		ext := strings.ToLower(filepath.Ext(path))
		if err != nil || d.IsDir() || known[name] || !strings.Contains(".jpg.jpeg.png.tif.tiff", ext) || ext == "" {
			return err
		}
		img := decoded(path)
		if img == nil {
			return nil
		}
		looked++
		if got, _ := Read(context.Background(), img, Options{On: day}); got.Valid {
			t.Errorf("%s: %q", name, got.Lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pictures without a zone, none valid", looked)
}

// needCorpora skips where there are no corpora, except under continuous
// integration.
func needCorpora(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(corpora, "INDEX.tsv")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the corpora are missing")
		}
		t.Skip("no corpora here")
	}
}

func picture(t testing.TB, path string) *image.Gray {
	t.Helper()
	img := decoded(path)
	if img == nil {
		t.Fatalf("%s cannot be decoded", path)
	}
	return img
}

// decoded returns a picture in grey, nil if it cannot be read.
func decoded(path string) (gray *image.Gray) {
	defer func() {
		if recover() != nil { // x/image/tiff on hostile files
			gray = nil
		}
	}()
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if strings.HasSuffix(path, ".pdf") {
		data = data[max(bytes.Index(data, []byte("\xff\xd8\xff")), 0):]
	}
	reader := bytes.NewReader(data)
	config, _, err := image.DecodeConfig(reader)
	if err != nil || config.Width*config.Height > MaxPixels {
		return nil
	}
	reader.Reset(data)
	var img image.Image
	if strings.HasPrefix(filepath.Ext(path), ".tif") {
		img, err = tiff.Decode(reader)
	} else {
		img, _, err = image.Decode(reader)
	}
	if err != nil {
		return nil
	}
	g := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(g, g.Rect, img, img.Bounds().Min, draw.Src)
	return g
}
