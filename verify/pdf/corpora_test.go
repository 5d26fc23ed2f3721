package pdf_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/verify/pdf"
)

// corpora holds real files of many makers; see its README. It is not part of
// the project.
const corpora = "../../../shared/corpora"

// perFile is how long one document may take altogether.
const perFile = 20 * time.Second

// slow has one page that keeps every viewer busy for more than perFile. It shows
// that time can be called.
const slow = "pdfjs/issue16263.pdf"

// maxFile is the limit that others check before this package sees a file.
const maxFile = 1_048_576

type corpusFile struct{ name, expect, reason string }

func corpusPDFs(t *testing.T) []corpusFile {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(corpora, "INDEX.tsv"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpora here: ", err)
	}
	var files []corpusFile
	lines := bufio.NewScanner(bytes.NewReader(index))
	for lines.Scan() {
		f := strings.Split(lines.Text(), "\t")
		if len(f) > 3 && strings.HasSuffix(f[0], ".pdf") {
			files = append(files, corpusFile{name: f[0], expect: f[2], reason: f[1] + " " + f[3]})
		}
	}
	return files
}

// judged is what happened to one file.
type judged struct {
	verdict dossier.Verdict
	code    dossier.FindingCode
	pages   int
	blank   int
	gaveUp  bool
	x       pdf.Examination
}

func judge(t *testing.T, name string, data []byte) judged {
	reader, bound := engine(t), perFile
	if name == slow {
		reader, bound = interruptible(t), 3*time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	x, err := reader.Examine(ctx, data, pdf.Limits{})
	if err != nil {
		return judged{verdict: dossier.Quarantined, code: dossier.MachineGaveUp, gaveUp: true, x: x}
	}
	j := judged{x: x}
	j.verdict, j.code = dossier.Judge(x.Findings)
	if x.Document == nil {
		return j
	}
	defer x.Document.Close(context.Background()) //nolint:errcheck // a test that is over
	for n := 1; n <= min(x.Document.NumPages(), pdf.DefaultPages); n++ {
		img, _, err := x.Document.Render(ctx, n, pdf.RenderOptions{DPI: 100, Gray: n%2 == 0})
		if err != nil {
			j.gaveUp = true
			return j
		}
		j.pages++
		if !inked(img) {
			j.blank++
		}
	}
	return j
}

// TestCorpora holds every PDF of the corpora against what its index expects.
// Files over the limit are refused before this package sees them.
func TestCorpora(t *testing.T) {
	for _, f := range corpusPDFs(t) {
		t.Run(f.name, func(t *testing.T) {
			engine(t) // compiled before the clock runs
			data, err := os.ReadFile(filepath.Join(corpora, f.name))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now() //nolint:forbidigo // how long it takes
			j := judge(t, f.name, data)
			took := time.Since(start)
			t.Logf("%-8s %-11s %-20s pages %2d blank %d structured %-5v %6s %v | %s", f.expect, j.verdict, j.code,
				j.pages, j.blank, j.x.Info.Structured, took.Round(time.Millisecond), j.x.Findings, f.reason)
			if took > perFile+2*time.Second {
				t.Errorf("took %s", took)
			}
			if f.name == slow && !j.gaveUp {
				t.Error("the slow page was not given up")
			}
			expect(t, f, len(data), j)
		})
	}
}

func expect(t *testing.T, f corpusFile, size int, j judged) {
	t.Helper()
	switch f.expect {
	case "ACCEPT":
		if j.verdict != dossier.Accepted || j.gaveUp || j.pages == 0 || j.blank > 0 {
			t.Errorf("want accepted with ink on every page, got %s", fmt.Sprint(j.verdict, " ", j.code, " gave up: ", j.gaveUp, " blank: ", j.blank))
		}
	case "REJECT":
		if size <= maxFile && j.verdict != dossier.Rejected {
			t.Errorf("want rejected, got %s %s", j.verdict, j.code)
		}
	}
}
