package pdf

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"dispositivo/verify/wasm"
)

// Document is an open PDF. It is not for concurrent use, and after an error of
// ErrEngine or of the context only Close works.
type Document struct {
	instance *wasm.Instance
	doc      uint64 // FPDF_DOCUMENT
	form     uint64 // FPDF_FORMHANDLE, 0 where there is no form to fill
	pages    int
	// The page loaded last, kept because rendering and reading text follow each
	// other; number is 0 when there is none.
	number int
	page   uint64 // FPDF_PAGE
}

// pointsPerInch defines the unit of page sizes.
const pointsPerInch = 72

func (d *Document) load(ctx context.Context, data []byte) error {
	for _, name := range []string{"__wasm_call_ctors", "emscripten_stack_init", "FPDF_InitLibrary"} {
		if _, err := d.call(ctx, name); err != nil {
			return err
		}
	}
	at, err := d.put(ctx, data)
	if err != nil {
		return err
	}
	if d.doc, err = d.call(ctx, "FPDF_LoadMemDocument64", at, uint64(len(data)), 0); err != nil {
		return err
	}
	if d.doc == 0 {
		return d.lastError(ctx)
	}
	n, err := d.call(ctx, "FPDF_GetPageCount", d.doc)
	if err != nil {
		return err
	}
	d.pages = int(api.DecodeI32(n))
	return d.openForm(ctx)
}

// openForm makes PDFium draw what is typed into form fields. The environment
// has no callbacks, and this PDFium has no JavaScript: nothing can run.
func (d *Document) openForm(ctx context.Context) error {
	// FPDF_FORMFILLINFO, version 2, all callbacks null.
	const size, version = 256, 2
	info, err := d.put(ctx, append([]byte{version}, make([]byte, size-1)...))
	if err != nil {
		return err
	}
	if d.form, err = d.call(ctx, "FPDFDOC_InitFormFillEnvironment", d.doc, info); err != nil || d.form == 0 {
		return err
	}
	_, err = d.call(ctx, "FPDF_SetFormFieldHighlightAlpha", d.form, 0)
	return err
}

// lastError turns PDFium's number into ours.
func (d *Document) lastError(ctx context.Context) error {
	code, err := d.call(ctx, "FPDF_GetLastError")
	if err != nil {
		return err
	}
	switch code {
	case 4:
		return ErrPassword
	case 5:
		return ErrSecurity
	case 6:
		return ErrPage
	}
	return ErrFormat
}

// NumPages is what PDFium counts; 0 when the document has no page tree.
func (d *Document) NumPages() int { return d.pages }

// PageSize returns the size of page n (1-based) as a viewer shows it, rotation
// applied, in points of 1/72 inch.
func (d *Document) PageSize(ctx context.Context, n int) (wPt, hPt float64, err error) {
	if err := d.openPage(ctx, n); err != nil {
		return 0, 0, err
	}
	w, err := d.call(ctx, "FPDF_GetPageWidthF", d.page)
	if err != nil {
		return 0, 0, err
	}
	h, err := d.call(ctx, "FPDF_GetPageHeightF", d.page)
	if err != nil {
		return 0, 0, err
	}
	return float64(api.DecodeF32(w)), float64(api.DecodeF32(h)), nil
}

func (d *Document) openPage(ctx context.Context, n int) error {
	if n < 1 || n > d.pages {
		return fmt.Errorf("%w: no page %d of %d", ErrPage, n, d.pages)
	}
	if d.number == n {
		return nil
	}
	if err := d.closePage(ctx); err != nil {
		return err
	}
	page, err := d.call(ctx, "FPDF_LoadPage", d.doc, uint64(n-1))
	if err != nil {
		return err
	}
	if page == 0 {
		return ErrPage
	}
	d.page, d.number = page, n
	if d.form != 0 {
		_, err = d.call(ctx, "FORM_OnAfterLoadPage", d.page, d.form)
	}
	return err
}

func (d *Document) closePage(ctx context.Context) error {
	if d.number == 0 {
		return nil
	}
	if d.form != 0 {
		if _, err := d.call(ctx, "FORM_OnBeforeClosePage", d.page, d.form); err != nil {
			return err
		}
	}
	page := d.page
	d.page, d.number = 0, 0
	_, err := d.call(ctx, "FPDF_ClosePage", page)
	return err
}

// Close drops the whole instance, whatever state it is in. No code of PDFium
// runs for it.
func (d *Document) Close(ctx context.Context) error { return d.instance.Close(ctx) }

// call runs one function of PDFium. Any failure leaves the instance in an
// unknown state, so the document is dead from then on.
func (d *Document) call(ctx context.Context, name string, args ...uint64) (uint64, error) {
	return d.instance.Call(ctx, name, args...)
}

// put copies data into memory of the engine and returns its address.
func (d *Document) put(ctx context.Context, data []byte) (uint64, error) {
	at, err := d.alloc(ctx, len(data))
	if err != nil {
		return 0, err
	}
	return at, d.instance.Write(at, data)
}

func (d *Document) alloc(ctx context.Context, size int) (uint64, error) {
	at, err := d.call(ctx, "malloc", uint64(max(size, 1)))
	if err != nil {
		return 0, err
	}
	if at == 0 {
		return 0, fmt.Errorf("%w: out of memory", ErrEngine)
	}
	return at, nil
}

func (d *Document) free(ctx context.Context, at uint64) error {
	_, err := d.call(ctx, "free", at)
	return err
}

// view is the engine's own memory, valid until the next call.
func (d *Document) view(at uint64, size int) ([]byte, error) { return d.instance.View(at, size) }
