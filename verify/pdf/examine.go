package pdf

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"dispositivo/dossier"
)

// Examination is the verdict of both readers.
type Examination struct {
	Info     Info
	Findings []dossier.Finding
	// Document is open for rendering, also when findings block it, because a
	// person may have to look. It is nil when there is nothing to look at. The
	// caller closes it.
	Document *Document
}

// Examine inspects data and opens it in PDFium. Where the two disagree, PDFium
// decides whether there are pages, since it shows them, and whether a password
// is needed; the search for active content counts from both. An error means
// that no verdict was reached (the context ended, or the engine failed): then a
// person has to look.
func (e *Engine) Examine(ctx context.Context, data []byte, limits Limits) (Examination, error) {
	x := Examination{}
	x.Info, x.Findings = Inspect(ctx, data, limits)
	if err := ctx.Err(); err != nil {
		return x, fmt.Errorf("inspect: %w", context.Cause(ctx))
	}
	if has := x.has(dossier.FileEmpty) || x.has(dossier.FileType); has {
		return x, nil
	}
	doc, err := e.Open(ctx, data)
	switch {
	case errors.Is(err, ErrPassword), errors.Is(err, ErrSecurity):
		x.drop(dossier.MachineGaveUp)
		x.add(block(dossier.FileEncrypted, err.Error()))
		return x, nil
	case errors.Is(err, ErrFormat), errors.Is(err, ErrPage):
		x.unreadable()
		return x, nil
	case err != nil:
		return x, fmt.Errorf("open: %w", err)
	}
	if err := x.reconcile(ctx, doc, limits); err != nil {
		return x, errors.Join(fmt.Errorf("reconcile: %w", err), doc.Close(context.WithoutCancel(ctx)))
	}
	return x, nil
}

func (x *Examination) has(code dossier.FindingCode) bool {
	return slices.ContainsFunc(x.Findings, func(f dossier.Finding) bool { return f.Code == code })
}

// add appends f and drops a weaker or equal finding of its code.
func (x *Examination) add(f dossier.Finding) {
	x.drop(f.Code)
	x.Findings = append(x.Findings, f)
}

func (x *Examination) drop(code dossier.FindingCode) {
	x.Findings = slices.DeleteFunc(x.Findings, func(f dossier.Finding) bool { return f.Code == code && f.Page == 0 })
}

// unreadable is said of what no reader can open: there is nothing to search
// any more, and nothing to look at.
func (x *Examination) unreadable() {
	x.drop(dossier.MachineGaveUp)
	x.drop(dossier.PagesNone)
	if x.Info.Truncated {
		x.add(block(dossier.FileTruncated, "the end of the file is missing"))
		return
	}
	x.add(block(dossier.PDFInvalid, "no reader can open it"))
}

// reconcile corrects the inspection by what PDFium sees.
func (x *Examination) reconcile(ctx context.Context, doc *Document, limits Limits) error {
	if x.Info.Encrypted {
		x.encryption()
	}
	if err := x.askForContent(ctx, doc); err != nil {
		return err
	}
	usable, err := x.readablePages(ctx, doc, limits)
	if err != nil {
		return err
	}
	x.pageCount(doc.NumPages(), limits)
	if x.Info.Truncated {
		x.add(warn(dossier.FileTruncated, "the end of the file is missing"))
	}
	if usable == 0 {
		x.drop(dossier.MachineGaveUp)
		return doc.Close(ctx)
	}
	x.Document = doc
	return nil
}

// encryption: PDFium opened it, so nobody is asked for a password. When pdfcpu
// was, nothing but the sweep has looked inside.
func (x *Examination) encryption() {
	if x.has(dossier.FileEncrypted) {
		x.add(notSearched())
	}
	x.add(dossier.Finding{
		Code: dossier.FileEncrypted, Severity: dossier.SeverityInfo, Detail: "opens without a password",
	})
}

// askForContent adds what PDFium itself knows of scripts and attachments.
func (x *Examination) askForContent(ctx context.Context, doc *Document) error {
	scripts, err := doc.call(ctx, "FPDFDoc_GetJavaScriptActionCount", doc.doc)
	if err != nil {
		return err
	}
	if api.DecodeI32(scripts) > 0 && !x.has(dossier.PDFActiveContent) {
		x.add(block(dossier.PDFActiveContent, "JavaScript"))
	}
	files, err := doc.call(ctx, "FPDFDoc_GetAttachmentCount", doc.doc)
	if err != nil {
		return err
	}
	if api.DecodeI32(files) > 0 && !x.has(dossier.PDFEmbeddedFile) {
		x.add(block(dossier.PDFEmbeddedFile, "EmbeddedFiles"))
	}
	return nil
}

// readablePages counts the pages, up to the limit, that PDFium can find, and
// notes those it cannot.
func (x *Examination) readablePages(ctx context.Context, doc *Document, limits Limits) (int, error) {
	size, err := doc.alloc(ctx, 8)
	if err != nil {
		return 0, err
	}
	usable, lost := 0, []dossier.Finding{}
	for n := range min(doc.NumPages(), limits.pages()) {
		ok, err := doc.call(ctx, "FPDF_GetPageSizeByIndexF", doc.doc, uint64(n), size)
		if err != nil {
			return 0, err
		}
		if ok != 0 {
			usable++
			continue
		}
		lost = append(lost, dossier.Finding{
			Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: n + 1, Detail: "it cannot be loaded",
		})
	}
	if usable == 0 && len(lost) > 0 {
		x.add(block(dossier.PDFInvalid, "no page can be loaded"))
		return 0, doc.free(ctx, size)
	}
	x.Findings = append(x.Findings, lost...)
	return usable, doc.free(ctx, size)
}

// pageCount settles the number of pages: PDFium's, unless the structure says
// for certain that there are none.
func (x *Examination) pageCount(shown int, limits Limits) {
	counted := x.Info.NumPages
	x.Info.NumPages = shown
	switch {
	case shown <= 0:
		x.Info.NumPages = 0
		x.add(block(dossier.PagesNone, ""))
	case shown > limits.pages():
		x.add(tooMany(shown, limits))
	case x.Info.Structured && counted > 0 && counted != shown && !x.has(dossier.PDFInvalid):
		x.add(warn(dossier.PDFInvalid, fmt.Sprintf("readers disagree: %d or %d pages", counted, shown)))
	}
}
