package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// ErrSigned refuses to rewrite a document that carries a digital signature.
var ErrSigned = errors.New("the document is signed and must not be rewritten")

// Merge appends the pages of all parts, in order, to one document. It refuses
// signed and encrypted parts. The bytes differ from run to run, as those of
// Overlay do: pdfcpu writes the time, and numbers objects in an order of chance.
func Merge(ctx context.Context, parts ...[]byte) ([]byte, error) {
	readers := make([]io.ReadSeeker, 0, len(parts))
	for _, part := range parts {
		if err := rewritable(part); err != nil {
			return nil, fmt.Errorf("merge: %w", err)
		}
		readers = append(readers, bytes.NewReader(part))
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return compose("merge", func(w io.Writer) error {
		return api.MergeRaw(readers, w, false, readConfig())
	})
}

// Overlay draws page 1 of overlay on top of page number page (1-based) of base:
// same origin, same scale, transparent where the overlay draws nothing. It
// refuses a signed base.
func Overlay(base, overlay []byte, page int) ([]byte, error) {
	if err := rewritable(base); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	return compose("overlay", func(w io.Writer) error {
		const place = "position:bl, offset:0 0, scalefactor:1 abs, rotation:0, opacity:1"
		stamp, err := api.PDFWatermarkForReadSeeker(bytes.NewReader(overlay), 1, place, true, false, types.POINTS)
		if err != nil {
			return err
		}
		conf := readConfig()
		conf.Cmd = model.ADDWATERMARKS
		read, err := api.ReadAndValidate(bytes.NewReader(base), conf)
		if err != nil {
			return err
		}
		if page < 1 || page > read.PageCount {
			return fmt.Errorf("no page %d of %d", page, read.PageCount)
		}
		if err := pdfcpu.AddWatermarks(read, types.IntSet{page: true}, stamp); err != nil {
			return err
		}
		return api.WriteContext(read, w)
	})
}

func rewritable(data []byte) error {
	swept := sweepObjects(data)
	if swept.graph.search().signed {
		return ErrSigned
	}
	return nil
}

// compose guards pdfcpu and collects what it writes.
func compose(what string, write func(io.Writer) error) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("%s: panic of type %T", what, r)
		}
	}()
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return buf.Bytes(), nil
}

// defaults is pdfcpu's configuration as it is without any file: its folder in
// the user's home is neither read nor made, and nothing is fetched.
var defaults = sync.OnceValue(func() model.Configuration {
	api.DisableConfigDir()
	conf := *model.NewDefaultConfiguration()
	conf.Offline = true
	conf.ValidationMode = model.ValidationRelaxed
	conf.Optimize = false
	conf.OptimizeBeforeWriting = false
	conf.OptimizeResourceDicts = false
	conf.OptimizeDuplicateContentStreams = false
	conf.CreateBookmarks = false
	return conf
})

func baseConfig() *model.Configuration {
	conf := defaults()
	return &conf
}
