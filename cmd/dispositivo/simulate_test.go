package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/testkit"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/tiff"
)

// threePages is a PDF whose pages say which they are.
func threePages(t *testing.T) string {
	t.Helper()
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetFont("Helvetica", "", 40)
	for n := range 3 {
		doc.AddPage()
		doc.Cell(0, 30, fmt.Sprintf("Pagina %d", n+1))
		doc.Rect(20, 60, 30, float64(30*(n+1)), "F") // more ink on each
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		t.Fatal(err)
	}
	return write(t, "three.pdf", b.Bytes())
}

// toDraw has the pages of a file drawn once, for many faxes.
func toDraw(t testing.TB, file string) original {
	t.Helper()
	all, err := drawing{Encoding: "g3"}.read(toolEnv(t), []string{file})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func toolEnv(t testing.TB) *environment {
	return &environment{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
}

// pagesOf are the pages of a TIFF as our reader finds them.
func pagesOf(t testing.TB, data []byte) ([]tiff.PageInfo, *tiff.File) {
	t.Helper()
	f, findings, err := tiff.Open(data, tiff.Limits{Pages: 5, BilevelPixels: 1 << 24, Pixels: 1 << 24})
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %+v", err, findings)
	}
	return f.Pages(), f
}

// proves E3: what is simulated is what was asked for: coding, resolution, size and number
// of pages.
func TestSimulatedEncodings(t *testing.T) {
	t.Parallel()
	three := toDraw(t, threePages(t))
	for resolution, want := range map[string]struct {
		dpi    float64
		height int
	}{"standard": {98, 1146}, "fine": {196, 2291}, "": {196, 2291}, "superfine": {391, 4571}} {
		for encoding, tag := range map[string]string{"mh": "mh", "g3": "g3-1d", "g3-2d": "g3-2d", "g4": "g4", "jpeg": "jpeg", "pdf": ""} {
			data, announced := drawing{Encoding: encoding, Resolution: resolution}.made(three, 1)
			if announced != 3 {
				t.Errorf("%d pages are announced", announced)
			}
			if encoding == "pdf" {
				size := regexp.MustCompile(`/Width 1728/Height (\d+)/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode`)
				for _, found := range size.FindAllSubmatch(data, -1) {
					wantAbout(t, string(found[1]), want.height)
				}
				if n := len(size.FindAll(data, -1)); n != 3 || bytes.Count(data, []byte("MediaBox[0 0 609.88 84")) != 3 {
					t.Errorf("%d pages of PDF", n)
				}
				continue
			}
			pages, _ := pagesOf(t, data)
			for _, p := range pages {
				if len(pages) != 3 || p.Encoding != tag || p.DPIX != 204 || p.DPIY != want.dpi || p.Width != 1728 {
					t.Errorf("%s %s: %d pages, %+v", encoding, resolution, len(pages), p)
				}
				wantAbout(t, strconv.Itoa(p.Height), want.height)
			}
		}
	}
}

// wantAbout allows a row more or less.
func wantAbout(t testing.TB, got string, want int) {
	t.Helper()
	if n, err := strconv.Atoi(got); err != nil || n < want-1 || n > want+1 {
		t.Errorf("%s rows, want %d", got, want)
	}
}

// proves E3: a lost page is really lost, and the others are there; spoilt lines and bits are
// the same for the same seed alone.
func TestSimulatedFaults(t *testing.T) {
	t.Parallel()
	three := toDraw(t, threePages(t))
	rows := func(data []byte, n int) []byte {
		t.Helper()
		_, f := pagesOf(t, data)
		var b ccitt.Bitmap
		if _, err := f.Rows(&b, n); err != nil {
			t.Fatal(err)
		}
		return b.Pix
	}
	whole, _ := drawing{Encoding: "g4"}.made(three, 1)
	less, announced := drawing{Encoding: "g4", LosePage: 2}.made(three, 1)
	if pages, _ := pagesOf(t, less); len(pages) != 2 || announced != 3 {
		t.Errorf("%d pages of %d announced", len(pages), announced)
	}
	if !bytes.Equal(rows(less, 1), rows(whole, 1)) || !bytes.Equal(rows(less, 2), rows(whole, 3)) || bytes.Equal(rows(whole, 2), rows(whole, 3)) {
		t.Error("other pages than the first and the third")
	}
	pdf, _ := drawing{Encoding: "pdf", LosePage: 3}.made(three, 1)
	if n := bytes.Count(pdf, []byte("/Type/XObject")); n != 2 || !bytes.Contains(pdf, []byte("/Count 2/")) {
		t.Errorf("%d pages of PDF", n)
	}
	for _, d := range []drawing{{Encoding: "g4", LineErrors: 0.1}, {Encoding: "g4", BitErrors: 0.001}} {
		one, _ := d.made(three, 1)
		again, _ := d.made(three, 1)
		other, _ := d.made(three, 2)
		if !bytes.Equal(one, again) || bytes.Equal(one, other) || bytes.Equal(one, whole) {
			t.Errorf("%+v: the seed does not decide", d)
		}
	}
}

// What a fax is told with, what is sent when nothing is to be drawn, and what cannot be
// meant.
func TestSimulateFax(t *testing.T) {
	t.Parallel()
	file := threePages(t)
	simulate := func(args ...string) (data []byte, said fax.Sidecar) {
		t.Helper()
		dir := t.TempDir()
		if out, code := command(t, append([]string{"simulate", "fax", "--spool", dir, file}, args...)...); code != 0 {
			t.Fatalf("%v: exit %d, %s", args, code, out)
		}
		left, err := filepath.Glob(filepath.Join(dir, "sim-*.json"))
		if err != nil || len(left) != 1 {
			t.Fatalf("%v, %v", left, err)
		}
		raw, err := os.ReadFile(left[0])
		if err == nil {
			err = json.Unmarshal(raw, &said)
		}
		if err == nil {
			data, err = os.ReadFile(strings.TrimSuffix(left[0], ".json"))
		}
		if err != nil {
			t.Fatal(err)
		}
		return data, said
	}
	data, said := simulate("--encoding", "g3-2d", "--resolution", "standard", "--lose-page", "1")
	if pages, _ := pagesOf(t, data); len(pages) != 2 || pages[0].Encoding != "g3-2d" || pages[0].DPIY != 98 || said.Pages != 3 || said.Incomplete {
		t.Errorf("%+v, told with %+v", pages, said)
	}
	before, err := os.ReadFile(file)
	if data, said = simulate(); err != nil || !bytes.Equal(data, before) || said.Pages != 0 {
		t.Errorf("without a flag: %d bytes, told with %+v, %v", len(data), said, err)
	}
	for _, bad := range [][]string{{"--lose-page", "-1"}, {"--encoding", "g5"}, {"--resolution", "600"}, {"--line-errors", "2"}, {"--bit-errors", "-1"}} {
		if _, code := command(t, append([]string{"simulate", "fax", "--spool", t.TempDir(), file}, bad...)...); code != exitUsage {
			t.Errorf("%v: exit %d", bad, code)
		}
	}
	if _, err := (drawing{LosePage: 4}).read(toolEnv(t), []string{file}); err == nil || !strings.Contains(err.Error(), "has 3 pages") {
		t.Errorf("a fourth page: %v", err)
	}
}

// Mails carry what was asked for, and beside it files that nobody reads.
func TestSimulatedAttachments(t *testing.T) {
	t.Parallel()
	c := simulateMailCmd{From: "a@casa.example", mailTarget: mailTarget{To: "b@pin.example"}, Count: 1, drawing: drawing{Encoding: "g4"}, Beside: []string{"docx", "zip"}, Files: []string{threePages(t)}}
	mails, err := c.make(toolEnv(t))
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(m.Body); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`image/tiff`, `filename="modulo.tif"`, `filename="lettera.docx"`, `filename="lettera.zip"`, "\r\n\r\nSUkqA", "\r\n\r\nUEsDB"} {
		if !strings.Contains(body.String(), want) {
			t.Errorf("no %q in the mail", want)
		}
	}
}

// proves C3 C4 C9 E3: the signed form of a holder, faxed in every coding and at every
// resolution, finds its dossier and is put before an operator; a fax with a page less than
// was announced is told as incomplete.
func TestSimulatedFaxesAreRead(t *testing.T) {
	t.Parallel()
	spool := t.TempDir()
	s := serveDemo(t, "--fax-spool", spool)
	who := free()[0]
	citizen := s.citizen(who)
	papers := write(t, "papers.pdf", signedDocument(t, who, citizen.form()))
	if out, code := command(t, "simulate", "fax", "--spool", spool, "--lose-page", "2", papers); code != 0 {
		t.Errorf("exit %d, %s", code, out)
	}
	awaitReconciled(t, s, "fax      received 1, joined 1\n")
	h := openDemo(t, s)
	first := onlyFax(t, h)
	if !slices.ContainsFunc(first.Findings, func(f dossier.Finding) bool {
		return f.Code == dossier.FileTruncated && f.Detail == "incomplete reception: 1 of 2 pages"
	}) {
		t.Errorf("a page is missing, and nobody is told: %+v", first.Findings)
	}

	n, page := 0, toDraw(t, papers)
	for _, encoding := range []string{"g3", "g3-2d", "g4", "jpeg", "pdf"} {
		for _, resolution := range []string{"standard", "fine", "superfine"} {
			n++
			data, announced := drawing{Encoding: encoding, Resolution: resolution}.made(page, 1)
			f := fax.GenericFax{ID: "sim-" + encoding + "-" + resolution, Status: "received", Pages: fax.Announced(announced), File: data}
			if err := (&simulateFaxCmd{Spool: spool}).toSpool(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
	}
	err := testkit.WaitFor(3*patience, func() error { // the same pixels in another coding are a duplicate
		out, code := command(t, "reconcile", "--demo", "--data", s.Data)
		var all, joined, duplicate int
		_, line, _ := strings.Cut(out, "fax      received ")
		if _, err := fmt.Sscanf(line, "%d, joined %d, duplicate %d\n", &all, &joined, &duplicate); err != nil || code != 0 || all != n+1 || joined+duplicate != all {
			return fmt.Errorf("exit %d: %s", code, out)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	citizen.await(dossier.StateReviewing)
}

// onlyFax is the one fax of a store.
func onlyFax(t *testing.T, h *house) dossier.Submission {
	t.Helper()
	var found []dossier.Submission
	err := h.store.EachSubmission(t.Context(), func(sub dossier.Submission) error {
		if sub.Channel == dossier.ChannelFax {
			found = append(found, sub)
		}
		return nil
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d faxes, %v", len(found), err)
	}
	sub, err := h.store.Submission(t.Context(), found[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}
