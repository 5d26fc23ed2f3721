package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"dispositivo/dossier"
)

// DefaultPages is how many pages a document may have (DESIGN, section 4).
const DefaultPages = 20

// headerWindow is where the header must begin, in bytes from the start: what
// viewers have always granted to files with something before it.
const headerWindow = 1024

// Limits bounds what is accepted.
type Limits struct {
	// Pages is the largest number of pages; DefaultPages when 0.
	Pages int
}

func (l Limits) pages() int {
	if l.Pages > 0 {
		return l.Pages
	}
	return DefaultPages
}

// Box is a rectangle in points of 1/72 inch.
type Box struct{ X0, Y0, X1, Y1 float64 }

// PageInfo is what the document itself says about one page.
type PageInfo struct {
	Media Box
	// Crop is the visible part; the whole of Media when the page names none.
	Crop Box
	// Rotate is 0, 90, 180 or 270 degrees clockwise.
	Rotate int
}

// Info is what a document says about itself.
type Info struct {
	// Version as in the header, like "1.7".
	Version string
	// NumPages is the number of pages found; 0 when nobody could tell.
	NumPages int
	// Pages describes the pages up to the limit; empty when the structure could
	// not be read.
	Pages []PageInfo
	// Encrypted says that the document is encrypted at all. It may still open
	// without a password, when only its owner is restricted.
	Encrypted bool
	// Signed says that there is a digital signature: the bytes must never change.
	Signed bool
	// Structured says that pdfcpu read the whole structure. When false, the
	// search for active content leant on the tolerant sweep alone.
	Structured bool
	// Truncated says that the end of the file is missing.
	Truncated bool
}

// Inspect reads the structure of a document and searches it, without rendering
// anything. The findings block only what is certain; a structure that cannot be
// read is a warning here, since PDFium may read it all the same: Examine asks it.
func Inspect(ctx context.Context, data []byte, limits Limits) (Info, []dossier.Finding) {
	if len(data) == 0 {
		return Info{}, []dossier.Finding{{Code: dossier.FileEmpty, Severity: dossier.SeverityBlock}}
	}
	info := Info{Version: headerVersion(data), Truncated: truncated(data)}
	if info.Version == "" {
		return info, []dossier.Finding{block(dossier.FileType, "no %PDF- in the first 1024 bytes")}
	}
	swept := sweepObjects(data)
	found := swept.graph.search()
	structure, err := readStructure(ctx, data)
	info.Structured = err == nil
	if info.Structured {
		found.join(structure.graph.search())
	}
	info.Encrypted = swept.encrypted || structure.encrypted
	info.Signed = found.signed

	findings := append(contentFindings(found), structureFindings(err)...)
	// A sealed object stream counts as searched when pdfcpu has read as many as
	// there are.
	sealed := swept.sealed > 0 && structure.graph.packed < swept.packed
	locked := errors.Is(err, pdfcpu.ErrWrongPassword)
	if !locked && (swept.lost || found.lost || sealed) {
		findings = append(findings, notSearched())
	}
	return info, append(findings, pageFindings(&info, &structure.graph, &swept.graph, limits)...)
}

func block(code dossier.FindingCode, why string) dossier.Finding {
	return dossier.Finding{Code: code, Severity: dossier.SeverityBlock, Detail: why}
}

func warn(code dossier.FindingCode, why string) dossier.Finding {
	return dossier.Finding{Code: code, Severity: dossier.SeverityWarn, Detail: why}
}

// notSearched sends a document to a person: it opens, but what else is in it
// could not be seen.
func notSearched() dossier.Finding {
	return block(dossier.MachineGaveUp, "the document could not be searched for active content")
}

// headerVersion is the version after %PDF-, or "?" when it is odd, or empty when
// there is no header in its window.
func headerVersion(data []byte) string {
	i := bytes.Index(data[:min(len(data), headerWindow+len("%PDF-"))], []byte("%PDF-"))
	if i < 0 || i > headerWindow {
		return ""
	}
	rest := data[i+len("%PDF-"):]
	if len(rest) < 3 || rest[0] < '1' || rest[0] > '2' || rest[1] != '.' || rest[2] < '0' || rest[2] > '9' {
		return "?"
	}
	return string(rest[:3])
}

// truncated tells a file whose last mark of an end is missing, or is followed
// by objects: a linearised file has such a mark near its beginning too.
func truncated(data []byte) bool {
	return bytes.LastIndex(data, []byte("%%EOF")) < bytes.LastIndex(data, []byte("endobj"))
}

func contentFindings(found contents) []dossier.Finding {
	var out []dossier.Finding
	if len(found.active) > 0 {
		out = append(out, block(dossier.PDFActiveContent, detail(found.active)))
	}
	if len(found.embedded) > 0 {
		out = append(out, block(dossier.PDFEmbeddedFile, detail(found.embedded)))
	}
	return out
}

func structureFindings(err error) []dossier.Finding {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return []dossier.Finding{block(dossier.FileEncrypted, "a password is needed to open it")}
	}
	return []dossier.Finding{warn(dossier.PDFInvalid, "the structure is damaged")}
}

// pageFindings fills in the pages and judges their number. In a file that had
// to be repaired pdfcpu may miss what the sweep sees, so that only both together
// can say that there are no pages.
func pageFindings(info *Info, read, swept *graph, limits Limits) []dossier.Finding {
	g := read
	pages, loop := g.pageTree()
	if len(pages) == 0 && !loop {
		g = swept
		pages, loop = g.pageTree()
	}
	info.NumPages = len(pages)
	if !info.Structured {
		return nil
	}
	for _, page := range pages[:min(len(pages), limits.pages())] {
		info.Pages = append(info.Pages, g.pageInfo(page))
	}
	var out []dossier.Finding
	if isTrue(g.resolve(read.root["NeedsRendering"])) {
		out = append(out, block(dossier.PDFInvalid, "dynamic XFA: the content is a program, not pages"))
	}
	switch {
	case loop:
		out = append(out, block(dossier.PDFInvalid, "the page tree loops"))
	case len(pages) == 0:
		out = append(out, block(dossier.PagesNone, ""))
	case len(pages) > limits.pages():
		out = append(out, tooMany(len(pages), limits))
	}
	return out
}

func tooMany(n int, limits Limits) dossier.Finding {
	return block(dossier.PagesTooMany, fmt.Sprintf("%d of at most %d", n, limits.pages()))
}

func isTrue(obj types.Object) bool {
	b, ok := obj.(types.Boolean)
	return ok && bool(b)
}

// structure is what pdfcpu makes of a document.
type structure struct {
	graph     graph
	encrypted bool
}

// readStructure has pdfcpu read all objects. It neither validates (slow, and
// strict about what no page needs) nor optimises: 2.8 KB can cost 15 s and 3 GB
// there. A stack overflow on hostile bytes ends the process: that is what the
// child is for.
func readStructure(ctx context.Context, data []byte) (s structure, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = structure{}, fmt.Errorf("pdfcpu: panic of type %T", r)
		}
	}()
	read, err := pdfcpu.ReadWithContext(ctx, bytes.NewReader(data), readConfig())
	if err != nil {
		return structure{}, fmt.Errorf("pdfcpu: %w", err)
	}
	g, err := graphOf(ctx, read)
	if err != nil {
		return structure{}, fmt.Errorf("pdfcpu: %w", err)
	}
	return structure{graph: g, encrypted: read.Encrypt != nil}, nil
}

// readConfig is pdfcpu's own configuration, without its folder in the home of
// the user, and with limits fit for files of a megabyte.
func readConfig() *model.Configuration {
	const mb = 1 << 20
	conf := baseConfig()
	conf.Limits = model.ResourceLimits{
		MaxStreamBytes:       26 * mb,
		MaxDecodeBytes:       32 * mb,
		MaxImagePixels:       40_000_000,
		MaxImageBytes:        160 * mb,
		MaxObjectCount:       500_000,
		MaxObjectStreamCount: 100_000,
		MaxObjectStreamFirst: 4 * mb,
		MaxXRefEntries:       500_000,
		MaxRecursionDepth:    maxNesting,
	}
	return conf
}
