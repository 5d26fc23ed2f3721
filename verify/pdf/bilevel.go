package pdf

import (
	"context"
	"encoding/binary"
)

// PageBilevel reports whether page n (1-based), which must be a scan as
// PageScan says, was scanned in two colours: its picture has one bit a pixel.
func (d *Document) PageBilevel(ctx context.Context, n int) (bool, error) {
	if _, _, err := d.PageSize(ctx, n); err != nil {
		return false, err
	}
	picture, _, err := d.onlyPicture(ctx)
	if err != nil || picture == 0 {
		return false, err
	}
	// FPDF_IMAGEOBJ_METADATA: width, height, two resolutions, bits a pixel, colour
	// space, mark; words of 32 bits each.
	const words, bits = 7, 4
	at, err := d.alloc(ctx, 4*words)
	if err != nil {
		return false, err
	}
	ok, err := d.call(ctx, "FPDFImageObj_GetImageMetadata", picture, d.page, at)
	if err != nil || ok == 0 {
		return false, err
	}
	raw, err := d.view(at, 4*words)
	if err != nil {
		return false, err
	}
	one := binary.LittleEndian.Uint32(raw[4*bits:]) == 1
	return one, d.free(ctx, at)
}
