package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"strconv"

	"golang.org/x/image/tiff"

	"dispositivo/dossier"
)

// Limits bound what a file may ask for. All must be positive.
type Limits struct {
	Pages int
	// BilevelPixels bounds a page of one bit a pixel, Pixels every other.
	BilevelPixels, Pixels int64
}

// File is a TIFF file whose pages are known. It keeps the bytes it was opened
// with, which must not change.
type File struct {
	data   []byte
	limits Limits
	order  binary.ByteOrder
	pages  []PageInfo
	at     []uint32 // the offset of each page's directory
}

// ErrNoFile is returned by Open together with the findings that say why.
var ErrNoFile = errors.New("tiff: no page can be reached")

// Open finds the pages. The findings are about the file as a whole: those that
// block make it unusable whether or not pages were found, the others say where
// the chain of pages breaks. The error is ErrNoFile, when there is nothing to
// decode at all.
func Open(data []byte, limits Limits) (*File, []dossier.Finding, error) {
	f := &File{data: data, limits: limits}
	first, finding := f.header()
	if finding != nil {
		return nil, []dossier.Finding{*finding}, ErrNoFile
	}
	findings := f.walk(first)
	if len(f.pages) == 0 {
		return nil, findings, ErrNoFile
	}
	return f, findings, nil
}

// header reads the byte order and the place of the first directory.
func (f *File) header() (first uint32, problem *dossier.Finding) {
	fail := func(code dossier.FindingCode, detail string) (uint32, *dossier.Finding) {
		finding := block(code, 0, detail)
		return 0, &finding
	}
	if len(f.data) < 4 {
		return fail(dossier.FileTruncated, "ends inside the header")
	}
	switch string(f.data[:4]) {
	case "II*\x00":
		f.order = binary.LittleEndian
	case "MM\x00*":
		f.order = binary.BigEndian
	case "II+\x00", "MM\x00+":
		return fail(dossier.FileUnreadable, "BigTIFF")
	default:
		return fail(dossier.FileType, "not a TIFF")
	}
	if len(f.data) < headerBytes {
		return fail(dossier.FileTruncated, "ends inside the header")
	}
	return f.order.Uint32(f.data[4:]), nil
}

// walk follows the chain of directories. Every directory is visited once, and
// sub-directories (tag 330) are not pages.
func (f *File) walk(offset uint32) []dossier.Finding {
	seen := map[uint32]bool{}
	for n := 1; offset != 0; n++ {
		if seen[offset] {
			return []dossier.Finding{warn(n-1, "the chain of pages is a loop")}
		}
		seen[offset] = true
		if n > f.limits.Pages {
			detail := "more than " + strconv.Itoa(f.limits.Pages)
			return []dossier.Finding{block(dossier.PagesTooMany, 0, detail)}
		}
		d, err := readDirectory(f.data, f.order, offset)
		if err != nil && n > 1 {
			return []dossier.Finding{warn(n, err.Error())}
		}
		if err != nil {
			return []dossier.Finding{block(codeOf(err), 0, err.Error())}
		}
		page, finding := f.describe(n, d)
		if finding != nil {
			return []dossier.Finding{*finding}
		}
		f.pages, f.at = append(f.pages, page), append(f.at, offset)
		offset = d.next
	}
	if len(f.pages) == 0 {
		return []dossier.Finding{block(dossier.PagesNone, 0, "")}
	}
	return nil
}

func codeOf(err error) dossier.FindingCode {
	if errors.Is(err, errDirectory) {
		return dossier.FileUnreadable
	}
	return dossier.FileTruncated
}

func warn(page int, detail string) dossier.Finding {
	return dossier.Finding{Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: page, Detail: detail}
}

// Pages returns the pages in order.
func (f *File) Pages() []PageInfo { return f.pages }

// Decode returns the pixels of page n (1-based), as stored: not turned, not
// stretched. The image may be of any kind and must be taken over with care (see
// package raster). Here our own decoder of fax encodings takes its place beside
// x/image/tiff.
func (f *File) Decode(n int) (img image.Image, err error) {
	if n < 1 || n > len(f.pages) {
		return nil, fmt.Errorf("tiff: no page %d of %d", n, len(f.pages))
	}
	page := f.pages[n-1]
	if page.Problem != nil {
		return nil, fmt.Errorf("tiff: page %d: %s", n, page.Problem.Detail)
	}
	defer func() {
		if r := recover(); r != nil { // foreign code on foreign bytes
			img, err = nil, fmt.Errorf("tiff: page %d: the decoder panicked", n)
		}
	}()
	img, err = tiff.Decode(newPatched(f.data, f.order, f.at[n-1]))
	if err != nil {
		return nil, fmt.Errorf("tiff: page %d: %w", n, err)
	}
	if b := img.Bounds(); b.Dx() != page.Width || b.Dy() != page.Height {
		return nil, fmt.Errorf("tiff: page %d: %dx%d pixels instead of %dx%d", n, b.Dx(), b.Dy(), page.Width, page.Height)
	}
	return img, nil
}
