package tiff

import (
	"encoding/binary"
	"errors"
	"strconv"

	"dispositivo/dossier"
	"dispositivo/verify/ccitt"
)

// Limits bound what a file may ask for. All must be positive.
type Limits struct {
	Pages int
	// BilevelPixels bounds a page of one bit a pixel, Pixels every other.
	BilevelPixels, Pixels int64
}

// File is a TIFF file whose pages are known. It keeps the bytes it was opened
// with, which must not change, and is not safe for concurrent use.
type File struct {
	data   []byte
	limits Limits
	shape  shape
	pages  []page
	fax    ccitt.Decoder
}

// page is a page with what is needed to decode it.
type page struct {
	info   PageInfo
	dir    directory
	format format
	grid   grid
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
func (f *File) header() (first uint64, problem *dossier.Finding) {
	fail := func(code dossier.FindingCode, detail string) (uint64, *dossier.Finding) {
		finding := block(code, 0, detail)
		return 0, &finding
	}
	if len(f.data) < 4 {
		return fail(dossier.FileTruncated, "ends inside the header")
	}
	switch string(f.data[:4]) {
	case "II*\x00":
		f.shape = shape{order: binary.LittleEndian}
	case "MM\x00*":
		f.shape = shape{order: binary.BigEndian}
	case "II+\x00":
		f.shape = shape{order: binary.LittleEndian, big: true}
	case "MM\x00+":
		f.shape = shape{order: binary.BigEndian, big: true}
	default:
		return fail(dossier.FileType, "not a TIFF")
	}
	if uint64(len(f.data)) < f.shape.headerBytes() {
		return fail(dossier.FileTruncated, "ends inside the header")
	}
	if !f.shape.big {
		return f.shape.offset(f.data[4:]), nil
	}
	if f.shape.order.Uint16(f.data[4:]) != 8 || f.shape.order.Uint16(f.data[6:]) != 0 {
		return fail(dossier.FileUnreadable, "BigTIFF with offsets of another size")
	}
	return f.shape.offset(f.data[8:]), nil
}

// walk follows the chain of directories. Every directory is visited once, and
// sub-directories (tag 330) are not pages.
func (f *File) walk(offset uint64) []dossier.Finding {
	seen := map[uint64]bool{}
	for n := 1; offset != 0; n++ {
		if seen[offset] {
			return []dossier.Finding{warn(n-1, "the chain of pages is a loop")}
		}
		seen[offset] = true
		if n > f.limits.Pages {
			detail := "more than " + strconv.Itoa(f.limits.Pages)
			return []dossier.Finding{block(dossier.PagesTooMany, 0, detail)}
		}
		d, err := readDirectory(f.data, f.shape, offset)
		if err != nil && n > 1 {
			return []dossier.Finding{warn(n, err.Error())}
		}
		if err != nil {
			return []dossier.Finding{block(codeOf(err), 0, err.Error())}
		}
		p, finding := f.describe(n, d)
		if finding != nil {
			return []dossier.Finding{*finding}
		}
		f.pages = append(f.pages, p)
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

func block(code dossier.FindingCode, page int, detail string) dossier.Finding {
	return dossier.Finding{Code: code, Severity: dossier.SeverityBlock, Page: page, Detail: detail}
}

// Pages returns the pages in order, as their directories describe them.
func (f *File) Pages() []PageInfo {
	infos := make([]PageInfo, len(f.pages))
	for i, p := range f.pages {
		infos[i] = p.info
	}
	return infos
}
