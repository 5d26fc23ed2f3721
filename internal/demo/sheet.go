package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// newSheet starts an A4 page without background, with the fonts named.
func newSheet(title string, at time.Time, fonts ...string) *fpdf.Fpdf {
	if at.IsZero() {
		at = time.Unix(0, 0) // fpdf would take the time of day
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetProducer("dispositivo demo", true)
	pdf.SetTitle(title, true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	ttf := map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF, "italic": goitalic.TTF, "mono": gomono.TTF}
	for _, name := range fonts {
		// A copy, because fpdf writes into the bytes while it cuts a font down.
		pdf.AddUTF8FontFromBytes(name, "", bytes.Clone(ttf[name]))
	}
	pdf.AddPage()
	return pdf
}

// finish returns the bytes of the sheet.
func finish(pdf *fpdf.Fpdf) ([]byte, error) {
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("draw demo sheet: %w", err)
	}
	return out.Bytes(), nil
}

// dice returns the citizen's own chance: the same hand, the same face each time.
func dice(c Citizen) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.CodiceFiscale))    // a hash never fails to write
	return rand.New(rand.NewPCG(h.Sum64(), 2)) //nolint:gosec // drawing, not a secret
}
