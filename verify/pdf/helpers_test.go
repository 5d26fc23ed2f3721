package pdf_test

import (
	"context"
	"fmt"
	"image"
	"os"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/internal/testkit/engines"
	"dispositivo/verify/pdf"
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

func newEngine(cfg pdf.EngineConfig) (*pdf.Engine, error) {
	wasm, err := assets.PDFium()
	if err != nil {
		return nil, err
	}
	cfg.CacheDir = engineCache
	return pdf.NewEngine(context.Background(), wasm, cfg)
}

// The engines that tests share: each is compiled once, which takes seconds.
var (
	fastEngine          = sync.OnceValues(func() (*pdf.Engine, error) { return newEngine(pdf.EngineConfig{}) })
	interruptibleEngine = sync.OnceValues(func() (*pdf.Engine, error) {
		return newEngine(pdf.EngineConfig{Interruptible: true})
	})
)

func engine(t testing.TB) *pdf.Engine {
	t.Helper()
	e, err := fastEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func interruptible(t testing.TB) *pdf.Engine {
	t.Helper()
	e, err := interruptibleEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func examine(t testing.TB, data []byte) pdf.Examination {
	t.Helper()
	x, err := engine(t).Examine(t.Context(), data, pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if x.Document != nil {
		t.Cleanup(func() { _ = x.Document.Close(context.Background()) })
	}
	return x
}

func verdict(x pdf.Examination) (dossier.Verdict, dossier.FindingCode) {
	return dossier.Judge(x.Findings)
}

// inked tells whether an image has a pixel that is not white.
func inked(img image.Image) bool {
	switch m := img.(type) {
	case *image.Gray:
		for _, v := range m.Pix {
			if v < 250 {
				return true
			}
		}
	case *image.NRGBA:
		for i := 0; i < len(m.Pix); i += 4 {
			if min(m.Pix[i], m.Pix[i+1], m.Pix[i+2]) < 250 {
				return true
			}
		}
	}
	return false
}
