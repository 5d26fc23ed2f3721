package faxline

import (
	"bytes"
	"image"
	"image/jpeg"

	"dispositivo/verify/ccitt"
)

// Coded is one page as it stands in a file.
type Coded struct {
	Width, Height int
	Data          []byte
	// tags are those of TIFF that say how it is coded.
	compression, options, order, bits, photometric uint32
	// filter is how PDF says it; "" for what PDF is not written of.
	filter string
}

// Code codes a page of two colours. p must not be of ccitt.Runs: TIFF has no name for it.
func Code(page ccitt.Bitmap, p ccitt.Params) Coded {
	c := Coded{Width: page.Width, Height: page.Height, Data: ccitt.Encode(page, p), compression: 4, order: 1, bits: 1}
	switch p.Encoding {
	case ccitt.ModifiedHuffman:
		c.compression = 2
	case ccitt.Group31D:
		c.compression = 3
	case ccitt.Group32D:
		c.compression, c.options = 3, 1
	case ccitt.Group4:
		c.filter = "/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>"
	case ccitt.Runs:
	}
	if p.ByteAligned && c.compression == 3 {
		c.options |= 4
	}
	if p.LSBFirst {
		c.order = 2
	}
	return c
}

// jpegQuality is what T.4 machines that send grey are about.
const jpegQuality = 75

// CodeJPEG codes a page in grey (compression 7 of TIFF, technical note 2).
func CodeJPEG(page *image.Gray) Coded {
	var data bytes.Buffer
	if err := jpeg.Encode(&data, page, &jpeg.Options{Quality: jpegQuality}); err != nil {
		panic(err) // a page of a size that JPEG has, into memory
	}
	return Coded{
		Width: page.Rect.Dx(), Height: page.Rect.Dy(), Data: data.Bytes(), compression: 7, order: 1, bits: 8, photometric: 1, filter: "/DCTDecode",
	}
}
