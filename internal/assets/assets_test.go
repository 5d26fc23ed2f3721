package assets_test

import (
	"bytes"
	"io/fs"
	"regexp"
	"testing"

	"dispositivo/internal/assets"
)

// The tests run after "make assets"; a missing file is a failure, not a skip.
func TestEverythingIsThere(t *testing.T) {
	if err := assets.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestEnginesAreWebAssembly(t *testing.T) {
	for name, load := range map[string]func() ([]byte, error){"pdfium": assets.PDFium, "zbar": assets.ZBar, "rxing": assets.RXing, "heif": assets.HEIF} {
		data, err := load()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.HasPrefix(data, []byte("\x00asm")) {
			t.Errorf("%s: not a WebAssembly module", name)
		}
	}
}

func TestPagesNeverGetTheRest(t *testing.T) {
	for _, folder := range []string{"engine", "data"} {
		if _, err := fs.Stat(assets.FS(), folder); err == nil {
			t.Errorf("%s is within reach of the pages", folder)
		}
	}
}

// Every file a style sheet names must be there: no page may lean on a server
// of others, and no font may be missing.
func TestStyleSheetsNameOnlyOurFiles(t *testing.T) {
	urls := regexp.MustCompile(`url\(["']?([^"')]+)`)
	for _, sheet := range []string{"css/fonts.css", "css/bootstrap-italia.min.css"} {
		css, err := fs.ReadFile(assets.FS(), sheet)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(css, []byte("sourceMappingURL")) {
			t.Errorf("%s points to a source map", sheet)
		}
		if bytes.Contains(css, []byte("font-face{font-family:VideoJS")) {
			t.Errorf("%s has a font in a data: address, which the content policy forbids", sheet)
		}
		for _, m := range urls.FindAllSubmatch(css, -1) {
			checkURL(t, sheet, string(m[1]))
		}
	}
}

func checkURL(t *testing.T, sheet, url string) {
	t.Helper()
	if len(url) > 3 && url[:3] == "../" {
		if _, err := fs.Stat(assets.FS(), url[3:]); err != nil {
			t.Errorf("%s names %s: %v", sheet, url, err)
		}
		return
	}
	if len(url) < 5 || url[:5] != "data:" {
		t.Errorf("%s names %s, which is not ours", sheet, url)
	}
}

func TestLicencesAreShipped(t *testing.T) {
	for _, name := range []string{
		"@hyzyla__pdfium", "@undecaf__zbar-wasm", "rxing-wasm", "bootstrap-italia", "htmx.org",
		"font-lora", "font-titillium-web", "font-roboto-mono", "design-tokens-italia", "video.js", "@popperjs__core",
		"@marketto__belfiore-connector-embedded", "places-ministero-interno", "places-agenzia-entrate", "places-istat",
	} {
		info, err := fs.Stat(assets.FS(), "licences/"+name+".txt")
		if err != nil || info.Size() < 200 {
			t.Errorf("licence of %s is missing or empty", name)
		}
	}
}
