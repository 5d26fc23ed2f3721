package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"dispositivo/internal/demo"
)

var update = flag.Bool("update", false, "make the pictures of the README anew")

// pictureLimit keeps the README quick to load, in bytes.
const pictureLimit = 200 << 10

// TestPictures checks the pictures of the README. With -update it makes them,
// from a fresh demonstration:
//
//	go test ./cmd/dispositivo -run TestPictures -update
func TestPictures(t *testing.T) {
	folder := filepath.FromSlash("../../docs/pictures")
	if *update {
		takePictures(t, folder)
	}
	for _, name := range []string{"portal", "desk", "desk-phone", "status-phone"} {
		data, err := os.ReadFile(filepath.Join(folder, name+".png"))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || len(data) > pictureLimit {
			t.Errorf("%s: %d bytes of at most %d, %v", name, len(data), pictureLimit, err)
		}
	}
}

func takePictures(t *testing.T, folder string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a folder of the project
		t.Fatal(err)
	}
	s := serveScenes(t)
	b := openBrowser(t, s)
	s.settled()

	citizen := b.person(t, wide, true)
	citizen.visit("/")
	citizen.keeps(filepath.Join(folder, "portal.png"), "header")
	citizen.visit("/accesso")
	citizen.signIn(inScene(t, demo.SceneReviewing))
	citizen.press(".dsp-list a")
	citizen.resize(phone)
	citizen.keeps(filepath.Join(folder, "status-phone.png"), "header")

	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore")
	clerk.press(".dsp-next button")
	clerk.sees(".dsp-sheet:not([hidden])", "Pagina 1 di 2")
	clerk.click(`[data-tool="next"]`)
	clerk.sees("[data-seen-count]", "Ha guardato tutte le pagine")
	clerk.resize(window{width: 1440, height: 1040})
	clerk.keeps(filepath.Join(folder, "desk.png"), ".dsp-head")
	clerk.resize(phone)
	clerk.keeps(filepath.Join(folder, "desk-phone.png"), ".dsp-pages")
}

// keeps writes what the window shows from an element on, in as few colours as
// a picture of pages needs.
func (p *person) keeps(path, from string) {
	p.t.Helper()
	if _, err := eval[chromedp.Void](p, "document.querySelector("+quoted(from)+`).scrollIntoView({behavior: "instant"}); 0`); err != nil {
		p.t.Fatal(err)
	}
	data, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if data, err = fewColours(data); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // a picture for everybody
		p.t.Fatal(err)
	}
}

// fewColours turns a picture into one of the 256 colours that it has most of,
// near ones counted together: pages have few, and the file shrinks to a third.
func fewColours(data []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	counts := map[color.RGBA]int{}
	eachPixel(img, func(_, _ int, c color.RGBA) { counts[c]++ })
	byCount := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return cmp.Compare(counts[b], counts[a]) })
	var colours color.Palette
	taken := map[color.RGBA]bool{}
	for _, c := range byCount {
		near := color.RGBA{R: c.R >> 3, G: c.G >> 3, B: c.B >> 3}
		if !taken[near] && len(colours) < 256 {
			taken[near] = true
			colours = append(colours, c)
		}
	}
	small, known := image.NewPaletted(img.Bounds(), colours), map[color.RGBA]uint8{}
	eachPixel(img, func(x, y int, c color.RGBA) {
		i, ok := known[c]
		if !ok {
			i = uint8(colours.Index(c)) // a palette has at most 256
			known[c] = i
		}
		small.SetColorIndex(x, y, i)
	})
	var buf bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&buf, small); err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return buf.Bytes(), nil
}

func eachPixel(img image.Image, do func(x, y int, c color.RGBA)) {
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			do(x, y, color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255})
		}
	}
}
