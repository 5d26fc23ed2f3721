package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dispositivo/dossier"
)

// MaxFitBytes is how much may be put together at once (C3).
const MaxFitBytes = 25 << 20

// MaxFitFiles bounds how many files that may be: each has at least one page.
const MaxFitFiles = 20

// FitOptions say how files are put together.
type FitOptions struct {
	// Limit is the most bytes that the composed PDF may have; Limits.Bytes if 0.
	Limit int `json:"limit"`
	// Lossless keeps pages of two colours dot by dot whatever they weigh, and
	// takes no others: for a received fax over the limit.
	Lossless bool `json:"lossless"`
	// Order lists the pages that the document shall have, by their place (from 0)
	// among all pages of all files, each once; empty means all, in order. A number
	// that no page has is left out.
	Order []int `json:"order"`
}

// Fitted is what became of the files.
type Fitted struct {
	// Pages are those of the composed document, in order.
	Pages []FittedPage `json:"pages"`
	// Findings say what is wrong with the files; one that blocks means that there
	// is no document, the others advise to take a page again.
	Findings []FitFinding `json:"findings"`
}

// Blocked returns the first finding that stands against the document.
func (f Fitted) Blocked() (FitFinding, bool) {
	for _, found := range f.Findings {
		if found.Severity == dossier.SeverityBlock {
			return found, true
		}
	}
	return FitFinding{}, false
}

// FittedPage is one page of the composed document.
type FittedPage struct {
	// Place is where it stood among all pages of all files, from 0.
	Place int `json:"place"`
	File  int `json:"file"` // it came from, from 0
	// FilePage is its number in that file, from 1.
	FilePage int `json:"file_page"`
	// Width and Height are pixels, DPI is what they are on paper.
	Width  int     `json:"width"`
	Height int     `json:"height"`
	DPI    float64 `json:"dpi"`
	// Coding is g4, jpeg, or pdf for a page that is kept as it was drawn. Quality
	// is that of the JPEG, Bytes the size of the picture.
	Coding  string `json:"coding"`
	Quality int    `json:"quality"`
	Bytes   int    `json:"bytes"`
}

// FitFinding is a finding about one of several files.
type FitFinding struct {
	dossier.Finding     // its Page is the page of the file, 0 for all of it
	File            int `json:"file"` // from 0
}

// Fit puts several files together to one PDF within a limit of bytes ("make it
// fit", C3): JPEG, PNG, HEIC, TIFF and PDF, pages upright and on white paper. Pages
// of the result go to each, drawn to look at, as they come. The document is nil
// if a finding blocks. With a *GaveUpError the findings say so; other errors are
// as for Probe.
func (p *Pool) Fit(
	ctx context.Context, files [][]byte, opts FitOptions, each func(Rendered) error,
) (document []byte, fitted Fitted, err error) {
	if found, refused := refuseFiles(files); refused {
		return nil, Fitted{Findings: []FitFinding{found}}, nil
	}
	if opts.Limit <= 0 {
		opts.Limit = int(p.cfg.Limits.Bytes)
	}
	if each == nil {
		each = func(Rendered) error { return nil }
	}
	p.fillCache(ctx)
	shown := 0
	count := func(page Rendered) error {
		shown++
		return each(page)
	}
	attempt := func(c *child) (err error) {
		document, fitted, err = c.fit(ctx, files, opts, count)
		return err
	}
	err = p.use(ctx, p.desk, false, attempt)
	if worn(err) && shown == 0 {
		err = p.use(ctx, p.desk, true, attempt)
	}
	if gaveUp, ok := GaveUp(err); ok {
		fitted = Fitted{Findings: []FitFinding{{Finding: gaveUp.Finding(), File: -1}}}
		p.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "sandbox gave up putting files together",
			slog.String("why", string(gaveUp.Why)), slog.Any("error", gaveUp.Err), slog.Int("files", len(files)))
		return nil, fitted, err
	}
	if err != nil {
		return nil, Fitted{}, fmt.Errorf("fit files: %w", err)
	}
	return document, fitted, nil
}

// refuseFiles judges what needs no child.
func refuseFiles(files [][]byte) (FitFinding, bool) {
	block := func(file int, code dossier.FindingCode, detail string) (FitFinding, bool) {
		return FitFinding{File: file, Finding: dossier.Finding{Code: code, Severity: dossier.SeverityBlock, Detail: detail}}, true
	}
	total := 0
	for i, f := range files {
		if len(f) == 0 {
			return block(i, dossier.FileEmpty, "")
		}
		if !Fittable(Sniff(f)) {
			return block(i, dossier.FileType, string(Sniff(f)))
		}
		if total += len(f); total > MaxFitBytes {
			return block(i, dossier.FileTooLarge, fmt.Sprintf("%d of %d bytes", total, MaxFitBytes))
		}
	}
	switch {
	case len(files) == 0:
		return block(-1, dossier.FileEmpty, "")
	case len(files) > MaxFitFiles:
		return block(-1, dossier.PagesTooMany, fmt.Sprintf("%d of at most %d", len(files), MaxFitFiles))
	}
	return FitFinding{}, false
}

// Fittable reports whether Fit reads files of a format.
func Fittable(f Format) bool {
	switch f { //nolint:exhaustive // what is unknown does not fit
	case FormatPDF, FormatTIFF, formatHEIC, "jpeg", "png":
		return true
	}
	return false
}

// fitTime is the processor time of a composition: pages are read, made ready
// and coded several times, so that each counts twice.
func (l Limits) fitTime(pages int) time.Duration { return l.timeFor(2 * pages) }

// fit has files put together.
func (c *child) fit(
	ctx context.Context, files [][]byte, opts FitOptions, each func(Rendered) error,
) (document []byte, fitted Fitted, err error) {
	if err := c.warm(ctx, opWarm); err != nil {
		return nil, Fitted{}, err
	}
	ask := request{Op: opFit, Fit: opts}
	for _, f := range files {
		ask.Parts = append(ask.Parts, len(f))
	}
	err = c.watched(ctx, c.limits.fitTime(len(files)), func(reset func(time.Duration)) error {
		if err := writeFrame(c.in, frameRequest, ask, files...); err != nil {
			return err
		}
		document, fitted, err = c.fitting(opts, len(files), reset, each)
		return err
	})
	if err != nil {
		return nil, Fitted{}, err
	}
	return document, fitted, nil
}

// fitting hears what the child says until the end.
func (c *child) fitting(
	opts FitOptions, files int, reset func(time.Duration), each func(Rendered) error,
) ([]byte, Fitted, error) {
	for seen := 0; ; {
		f, err := readFrame(c.out)
		if err != nil {
			return nil, Fitted{}, err
		}
		switch f.kind { //nolint:exhaustive // outcome judges every other kind, known or not
		case frameStarted:
			var s started
			if err := f.into(frameStarted, &s); err != nil {
				return nil, Fitted{}, err
			}
			reset(c.limits.fitTime(min(max(s.Pages, files), c.limits.Pages))) // each file has a page
		case framePage:
			page, err := f.page(false)
			if err != nil {
				return nil, Fitted{}, err
			}
			if seen++; page.N != seen || seen > c.limits.Pages {
				return nil, Fitted{}, errFrame
			}
			if err := each(page); err != nil {
				return nil, Fitted{}, &callerError{err}
			}
		default:
			var r result
			if err := f.outcome(&r); err != nil {
				return nil, Fitted{}, err
			}
			return cleanFitted(f.body, r.Fitted, opts, files, seen)
		}
	}
}

var errFitted = errors.New("sandbox: the composed document does not fit what was asked for")

// cleanFitted bounds what a child says of a composed document: a document that
// is no PDF, too large, or comes without its pages is none.
func cleanFitted(body []byte, in Fitted, opts FitOptions, files, seen int) ([]byte, Fitted, error) {
	var out Fitted
	for _, f := range in.Findings[:min(len(in.Findings), maxFindings)] {
		if f.File < -1 || f.File >= files {
			return nil, Fitted{}, errFitted
		}
		cleaned := clean(Report{Findings: []dossier.Finding{f.Finding}}, Limits{}).Findings[0]
		out.Findings = append(out.Findings, FitFinding{Finding: cleaned, File: f.File})
	}
	if _, blocked := out.Blocked(); blocked {
		return nil, out, nil
	}
	if len(body) == 0 || len(body) > opts.Limit || Sniff(body) != FormatPDF || len(in.Pages) != seen || seen == 0 {
		return nil, Fitted{}, errFitted
	}
	for _, p := range in.Pages {
		if p.File < 0 || p.File >= files {
			return nil, Fitted{}, errFitted
		}
		p.Place = between(p.Place, maxSide)
		p.FilePage, p.Width, p.Height = between(p.FilePage, maxSide), between(p.Width, maxSide), between(p.Height, maxSide)
		p.DPI, p.Coding, p.Quality, p.Bytes = number(p.DPI), printable(p.Coding, 20), between(p.Quality, 100), between(p.Bytes, len(body))
		out.Pages = append(out.Pages, p)
	}
	return body, out, nil
}
