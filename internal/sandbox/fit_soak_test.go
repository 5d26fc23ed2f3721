//go:build soak

package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"text/tabwriter"

	"dispositivo/dossier"
)

// TestSoakFitCorpora puts every file of the corpora that can be read together
// alone: all are below the limit, zones that were read are read again, and the
// table of docs/compose.md is printed.
//
// proves C3
func TestSoakFitCorpora(t *testing.T) {
	p := newPool(t, Config{CacheDir: engineCache(t), Size: 1})
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 2, 8, 2, ' ', 0)
	for _, f := range corpora(t) {
		data, err := os.ReadFile(filepath.Join(corporaDir, f.name))
		if err != nil {
			t.Fatal(err)
		}
		if !Fittable(Sniff(data)) {
			continue
		}
		composed, made := fit(t, p, FitOptions{}, data)
		if b, blocked := made.Blocked(); blocked {
			_, _ = fmt.Fprintf(w, "%s\t%d\t-\t%s %s\n", f.name, len(data), b.Code, b.Detail)
			if b.Code == dossier.PageTooHeavy {
				t.Errorf("%s does not fit: %s", f.name, b.Detail)
			}
			continue
		}
		first := made.Pages[0]
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d × %s %d×%d %.0f dpi q%d\t%s\n", f.name, len(data), len(composed),
			len(made.Pages), first.Coding, first.Width, first.Height, first.DPI, first.Quality, zoneAgain(t, p, f.name, composed))
	}
	_ = w.Flush() // into memory
	t.Log("\n" + table.String())
}

// zoneAgain holds the zone of a composed specimen against what is on it.
func zoneAgain(t *testing.T, p *Pool, name string, composed []byte) string {
	t.Helper()
	want, ok := zones[name]
	if !ok {
		return ""
	}
	for _, z := range read(t, p, composed).Report.MRZ {
		if z == want {
			return "zone read"
		}
	}
	t.Errorf("%s: its zone is lost", name)
	return "zone lost"
}

// TestSoakFitFullPages has twenty full pages of each kind of file put together.
//
// proves C3
func TestSoakFitFullPages(t *testing.T) {
	f := newFullPages(t, 4)
	for name, files := range map[string][][]byte{
		"scans in JPEG": twenty(f.scans),
		"scans in PNG":  twenty(f.drawn),
		"scans in TIFF": {jpegTIFF(t, twenty(f.scans)...)},
		"scans in PDF":  {jpegPDF(t, twenty(f.scans)...)},
		"photographs":   twenty(f.shots),
		"HEIC":          twenty(f.heic),
	} {
		t.Run(name, func(t *testing.T) { fullFits(t, FitOptions{}, files...) })
	}
}

// twenty repeats files until there are as many pages as are offered.
func twenty(files [][]byte) [][]byte {
	return slices.Repeat(files, DefaultLimits().Pages/len(files))
}
