// Package inspect is the command "dispositivo inspect": the very checks of
// intake and screening on files of this machine, without a server.
//
// It must not decide anything itself: what it prints is the sandbox's report
// (DESIGN, section 6). It prints what documents say to the terminal of the
// person who asked, and nowhere else.
package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
)

// The exit codes of the command.
const (
	ExitAccepted = 0 // every file was accepted
	ExitFailed   = 1 // the program itself failed
	ExitUsage    = 2
	ExitRefused  = 3 // something was rejected or quarantined
)

// Reader reads documents; *sandbox.Pool does.
type Reader interface {
	ReadEach(
		ctx context.Context, data []byte, opts sandbox.ReadOptions, each func(sandbox.Rendered) error,
	) (sandbox.Report, error)
}

// Options are those of the command line.
type Options struct {
	// JSON prints one object a line instead of a text.
	JSON bool
	// Render is the folder that receives FILE-pN.png for every page; empty:
	// none. It must exist.
	Render string
	// MaxBytes is the size limit, sandbox.DefaultLimits when 0.
	MaxBytes int64
}

// Run inspects the files one after the other and returns the exit code. A file
// that cannot be opened is a failure of the program, said on stderr; the others
// are inspected all the same.
func Run(ctx context.Context, reader Reader, opts Options, files []string, stdout, stderr io.Writer) int {
	if len(files) == 0 || opts.MaxBytes < 0 {
		_, _ = fmt.Fprintln(stderr, "usage: dispositivo inspect [--json] [--render DIR] [--max-bytes N] FILE…")
		return ExitUsage
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = sandbox.DefaultLimits().Bytes
	}
	exit := ExitAccepted
	for _, name := range files {
		report, err := inspect(ctx, reader, opts, name)
		if err == nil {
			err = write(stdout, report, opts.JSON)
		}
		switch {
		case err != nil:
			_, _ = fmt.Fprintf(stderr, "dispositivo inspect: %v\n", err)
			exit = ExitFailed
		case report.Verdict != dossier.Accepted && exit == ExitAccepted:
			exit = ExitRefused
		}
	}
	return exit
}

// inspect reads one file. When the machine gives up on it, that is a report,
// not an error.
func inspect(ctx context.Context, reader Reader, opts Options, name string) (sandbox.Report, error) {
	data, size, sum, err := load(name, opts.MaxBytes)
	if err != nil {
		return sandbox.Report{}, err
	}
	if size > opts.MaxBytes {
		report := tooLarge(data, size, opts.MaxBytes)
		report.File, report.SHA256 = name, sum
		return report, nil
	}
	save := func(sandbox.Rendered) error { return nil }
	if opts.Render != "" {
		save = func(page sandbox.Rendered) error { return savePage(opts.Render, name, page) }
	}
	how := sandbox.ReadOptions{MaxBytes: opts.MaxBytes, Native: opts.Render != ""}
	report, err := reader.ReadEach(ctx, data, how, save)
	if _, gaveUp := sandbox.GaveUp(err); err != nil && !gaveUp {
		return sandbox.Report{}, fmt.Errorf("%s: %w", name, err)
	}
	report.File = name
	return report, nil
}

// load reads a file up to limit and one byte more, and hashes all of it.
func load(name string, limit int64) (data []byte, size int64, sum string, err error) {
	f, err := os.Open(name) //nolint:gosec // the file that the user named
	if err != nil {
		return nil, 0, "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	var begin bytes.Buffer
	size, err = io.Copy(io.MultiWriter(hash, &bounded{&begin, limit}), f)
	if err != nil {
		return nil, 0, "", fmt.Errorf("%s: %w", name, err)
	}
	return begin.Bytes(), size, hex.EncodeToString(hash.Sum(nil)), nil
}

// bounded keeps the first left bytes and lets the rest go.
type bounded struct {
	keep *bytes.Buffer
	left int64
}

// Write takes all of p.
func (b *bounded) Write(p []byte) (int, error) {
	n := min(int64(len(p)), b.left)
	b.keep.Write(p[:n])
	b.left -= n
	return len(p), nil
}

func tooLarge(begin []byte, size, limit int64) sandbox.Report {
	return sandbox.Report{
		Bytes: size, Format: sandbox.Sniff(begin),
		Findings: []dossier.Finding{{
			Code: dossier.FileTooLarge, Severity: dossier.SeverityBlock,
			Detail: fmt.Sprintf("%d of %d bytes", size, limit),
		}},
	}.Judged()
}

// savePage writes FILE-pN.png.
func savePage(folder, name string, page sandbox.Rendered) error {
	path := filepath.Join(folder, fmt.Sprintf("%s-p%d.png", filepath.Base(name), page.N))
	if err := os.WriteFile(path, page.Image, 0o600); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func write(w io.Writer, report sandbox.Report, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(report)
	}
	_, err := io.WriteString(w, text(report))
	return err
}

// text puts a report into a few lines for a terminal.
func text(r sandbox.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", r.File, r.Verdict)
	if r.Verdict != dossier.Accepted {
		fmt.Fprintf(&b, ", %s: %s", r.Code, r.Message)
	}
	fmt.Fprintf(&b, "\n  %-10s %s, %d bytes, %s, %d ms\n", "file", r.Format, r.Bytes, plural(len(r.Pages), "page"), r.MS)
	fmt.Fprintf(&b, "  %-10s %s\n", "sha256", r.SHA256)
	for _, p := range r.Pages {
		fmt.Fprintf(&b, "  %-10s %s\n", fmt.Sprintf("page %d", p.N), pageText(p))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %-10s %s%s\n", f.Severity, f.Code, findingText(f))
	}
	for _, s := range r.Symbols {
		fmt.Fprintf(&b, "  %-10s page %d: %q\n", s.Kind, s.Page, s.Text)
	}
	for _, m := range r.MRZ {
		fmt.Fprintf(&b, "  %-10s page %d: %s %s, %s %s, expires %s\n", m.Format, m.Page,
			m.Nationality, m.DocumentNumber, m.Surname, m.GivenNames, m.Expiry)
	}
	return b.String()
}

func pageText(p sandbox.Page) string {
	unit, dpi := "pixels", ""
	switch {
	case p.Encoding == "pdf":
		unit = "points"
	case p.DPIX > 0:
		dpi = fmt.Sprintf(", %gx%g dpi", p.DPIX, p.DPIY)
	}
	turn := ""
	if p.Turn != 0 {
		turn = fmt.Sprintf(", turned %d°", p.Turn)
	}
	return fmt.Sprintf("%dx%d %s%s, %s%s", p.Width, p.Height, unit, dpi, p.Encoding, turn)
}

func findingText(f dossier.Finding) string {
	text := ""
	if f.Page > 0 {
		text = fmt.Sprintf(", page %d", f.Page)
	}
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
