package symbol_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"sync"
	"testing"
	"time"

	"dispositivo/internal/assets"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/engines"
	"dispositivo/internal/token"
	"dispositivo/verify/pdf"
	"dispositivo/verify/symbol"
)

// engineCache keeps the compiled engines.
var engineCache string

func TestMain(m *testing.M) {
	var err error
	if engineCache, err = engines.Folder(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var zbar = sync.OnceValues(func() (*symbol.Engine, error) {
	wasm, err := assets.ZBar()
	if err != nil {
		return nil, err
	}
	return symbol.NewEngine(context.Background(), wasm, symbol.EngineConfig{CacheDir: engineCache})
})

var rxing = sync.OnceValues(func() (*symbol.MatrixEngine, error) {
	wasm, err := assets.RXing()
	if err != nil {
		return nil, err
	}
	return symbol.NewMatrixEngine(context.Background(), wasm, symbol.EngineConfig{CacheDir: engineCache})
})

var pdfium = sync.OnceValues(func() (*pdf.Engine, error) {
	wasm, err := assets.PDFium()
	if err != nil {
		return nil, err
	}
	return pdf.NewEngine(context.Background(), wasm, pdf.EngineConfig{CacheDir: engineCache})
})

func engine(t testing.TB) *symbol.Engine {
	t.Helper()
	e, err := zbar()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// newReader has both engines.
func newReader(t testing.TB) *symbol.Reader {
	t.Helper()
	return symbol.NewReader(engine(t), func(context.Context) (*symbol.MatrixEngine, error) { return rxing() })
}

// render draws page n (1-based) of a PDF.
func render(t testing.TB, data []byte, n int, dpi float64) *image.Gray {
	t.Helper()
	e, err := pdfium()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := e.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = doc.Close(context.Background()) }()
	img, _, err := doc.Render(t.Context(), n, pdf.RenderOptions{DPI: dpi, Gray: true})
	if err != nil {
		t.Fatal(err)
	}
	gray, ok := img.(*image.Gray)
	if !ok {
		t.Fatalf("rendered as %T", img)
	}
	return gray
}

// formDPI is the resolution of form.
const formDPI = 300.0

// form is one filled-in conversion form at 300 dpi, and what its codes say.
// Forms of different numbers differ in their token.
func form(t testing.TB, number int) (page *image.Gray, text string) {
	t.Helper()
	forms.Lock()
	defer forms.Unlock()
	if f, ok := forms.made[number]; ok {
		return f.page, f.text
	}
	seed := bytes.Repeat([]byte{byte(number), byte(number * 7), byte(number*31 + 5), byte(number * 101)}, 8)
	tok, err := token.Mint(bytes.NewReader(append(seed, seed...)), bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		t.Fatal(err)
	}
	f := paper.Form{
		Agency: "Ente di previdenza", Made: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), Token: tok,
		Holder: paper.Holder{
			CodiceFiscale: "RSSMRA80A01H501U", Surname: "Rossi", Name: "Maria", BirthPlace: "Roma", Sex: "F",
			Birth: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), Street: "Via di Prova 1", PostalCode: "00100",
			City: "Roma", Region: "Lazio", State: "Italia", Mobile: "+39 300 0000000",
		},
	}
	data, err := f.Render("it")
	if err != nil {
		t.Fatal(err)
	}
	page, text = render(t, data, 1, formDPI), tok.Text()
	forms.made[number] = madeForm{page, text}
	return page, text
}

// forms keeps the pages that several tests send through their faxes.
var forms = struct {
	sync.Mutex
	made map[int]madeForm
}{made: map[int]madeForm{}}

type madeForm struct {
	page *image.Gray
	text string
}

func mean(took time.Duration, n int) time.Duration {
	return (took / time.Duration(n)).Round(100 * time.Microsecond)
}
