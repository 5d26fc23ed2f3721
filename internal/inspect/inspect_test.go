package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
)

// stub answers by the content of a file.
type stub struct{}

func (stub) ReadEach(
	_ context.Context, data []byte, opts sandbox.ReadOptions, each func(sandbox.Rendered) error,
) (sandbox.Report, error) {
	report := sandbox.Report{
		Bytes: int64(len(data)), SHA256: "00", Format: "tiff", MS: 12,
		Pages: []sandbox.Page{{N: 1, Width: 1728, Height: 1078, DPIX: 204, DPIY: 98, Encoding: "g4", Rows: 1078, Turn: 180}},
	}
	switch string(data) {
	case "good":
		if opts.Native {
			if err := each(sandbox.Rendered{N: 1, Image: []byte("png")}); err != nil {
				return sandbox.Report{}, err
			}
		}
	case "bad":
		report.Findings = []dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 1, Detail: "60% dark"}, {
			Code: dossier.FileEncrypted, Severity: dossier.SeverityBlock,
		}}
	case "slow":
		gaveUp := &sandbox.GaveUpError{Why: sandbox.WhyTime}
		report.Findings = []dossier.Finding{gaveUp.Finding()}
		return report.Judged(), gaveUp
	default:
		return sandbox.Report{}, errors.New("no engine")
	}
	return report.Judged(), nil
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := func(content string) string {
		path := filepath.Join(dir, content[:min(len(content), 5)])
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad, slow, broken, large := file("good"), file("bad"), file("slow"), file("broken"), file("large"+strings.Repeat("x", 100))
	tests := []struct {
		name  string
		files []string
		exit  int
		lines int
	}{
		{"usage", nil, ExitUsage, 0},
		{"accepted", []string{good, good}, ExitAccepted, 2},
		{"rejected", []string{good, bad, good}, ExitRefused, 3},
		{"gave up", []string{slow}, ExitRefused, 1},
		{"too large", []string{large}, ExitRefused, 1},
		{"engine", []string{broken, bad}, ExitFailed, 1},
		{"missing", []string{filepath.Join(dir, "none"), good}, ExitFailed, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var out, problems strings.Builder
			opts := Options{JSON: true, MaxBytes: 20}
			if got := Run(t.Context(), stub{}, opts, tc.files, &out, &problems); got != tc.exit {
				t.Errorf("exit %d, want %d: %s", got, tc.exit, problems.String())
			}
			if got := strings.Count(out.String(), "\n"); got != tc.lines {
				t.Errorf("%d lines, want %d", got, tc.lines)
			}
			if (problems.Len() > 0) != (tc.exit == ExitFailed || tc.exit == ExitUsage) {
				t.Errorf("standard error: %s", problems.String())
			}
		})
	}
}

// TestJSON proves that every field is there, under its name, also when empty.
func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a & b.tif")
	content := []byte("a file that is too large")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	Run(t.Context(), stub{}, Options{JSON: true, MaxBytes: 10}, []string{path}, &out, &out)
	var got map[string]any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	want := map[string]any{
		"file": path, "bytes": float64(len(content)), "sha256": hex.EncodeToString(sum[:]), "format": "text",
		"verdict": "rejected", "code": "file.too_large", "message": "the file is larger than allowed (24 of 10 bytes)",
		"pages": []any{}, "symbols": []any{}, "mrz": []any{}, "ms": float64(0),
		"findings": []any{map[string]any{"code": "file.too_large", "severity": "block", "page": float64(0), "detail": "24 of 10 bytes"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestText(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("bad.tif", []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if exit := Run(t.Context(), stub{}, Options{}, []string{"bad.tif"}, &out, &out); exit != ExitRefused {
		t.Errorf("exit %d", exit)
	}
	want := `bad.tif: rejected, file.encrypted: the file is encrypted or needs a password
  file       tiff, 3 bytes, 1 page, 12 ms
  sha256     00
  page 1     1728x1078 pixels, 204x98 dpi, g4, turned 180°
  warn       page.dark, page 1: 60% dark
  block      file.encrypted
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestRender(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "form.tif")
	if err := os.WriteFile(path, []byte("good"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if exit := Run(t.Context(), stub{}, Options{Render: dir}, []string{path}, &out, &out); exit != ExitAccepted {
		t.Fatalf("exit %d: %s", exit, out.String())
	}
	got, err := os.ReadFile(filepath.Join(dir, "form.tif-p1.png"))
	if err != nil || string(got) != "png" {
		t.Errorf("%q, %v", got, err)
	}
	if exit := Run(t.Context(), stub{}, Options{Render: filepath.Join(dir, "none")}, []string{path}, &out, &out); exit != ExitFailed {
		t.Errorf("exit %d for a folder that does not exist", exit)
	}
}
