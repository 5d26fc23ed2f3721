// Package assets holds what the build fetches from npm and the binary carries:
// the WebAssembly engines that read pages and codes, the table of municipalities
// and foreign states, and the style sheets, scripts, fonts and icons of the pages.
//
// Nothing of it is committed. A bare clone builds all the same; the functions
// here then answer ErrMissing, whose text names the command that brings the
// files. The package must not fetch anything itself, nor change what it hands
// out.
package assets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// ErrMissing says that this binary was built without its assets.
var ErrMissing = errors.New(`assets are missing from this binary: run "make assets" and build again`)

//go:embed all:dist
var dist embed.FS

// FS is the tree of files that pages may load: css, js, fonts, svg, licences.
// It never holds the engines, nor the table. In a bare clone it is empty; Check tells.
func FS() fs.FS {
	web, err := fs.Sub(dist, "dist/web")
	if err != nil {
		panic("assets: dist/web is not a valid path") // a constant: cannot happen
	}
	return web
}

// Places returns the table of municipalities and foreign states (about 300 KB)
// that codicefiscale.ReadPlaces takes. The error is ErrMissing in a bare clone.
func Places() ([]byte, error) {
	return read("data/places.tsv")
}

// PDFium returns the PDFium engine (WebAssembly, about 4 MB), which turns pages
// of PDF documents into pixels. The error is ErrMissing in a bare clone.
func PDFium() ([]byte, error) {
	return engine("pdfium.wasm")
}

// ZBar returns the ZBar engine (WebAssembly, about 240 KB), which reads bar
// codes and QR codes. The error is ErrMissing in a bare clone.
func ZBar() ([]byte, error) {
	return engine("zbar.wasm")
}

// RXing returns the rxing engine (WebAssembly, about 2.3 MB), which reads the codes
// that ZBar does not. The error is ErrMissing in a bare clone.
func RXing() ([]byte, error) {
	return engine("rxing.wasm")
}

// HEIF returns the libheif engine (WebAssembly, about 750 KB), which decodes the
// photographs of telephones. The error is ErrMissing in a bare clone.
func HEIF() ([]byte, error) {
	return engine("heif.wasm")
}

// Check reports whether everything is there that serving needs, so that a
// program can refuse to start instead of failing at the first page. The error
// wraps ErrMissing and names the first missing file.
func Check() error {
	for _, name := range []string{
		"engine/pdfium.wasm",
		"engine/zbar.wasm",
		"engine/rxing.wasm",
		"engine/heif.wasm",
		"web/css/bootstrap-italia.min.css",
		"web/css/fonts.css",
		"web/js/htmx.min.js",
		"web/svg/sprites.svg",
		"data/places.tsv",
	} {
		if _, err := fs.Stat(dist, "dist/"+name); err != nil {
			return fmt.Errorf("%s: %w", name, ErrMissing)
		}
	}
	return nil
}

func engine(name string) ([]byte, error) { return read("engine/" + name) }

func read(name string) ([]byte, error) {
	data, err := dist.ReadFile("dist/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}
