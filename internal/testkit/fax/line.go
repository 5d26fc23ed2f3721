package fax

import (
	"image"

	"dispositivo/internal/faxline"
	"dispositivo/verify/ccitt"
)

// Options are those of [faxline.Simulate].
type Options = faxline.Options

// Simulate is [faxline.Simulate].
func Simulate(page *image.Gray, dpi float64, o Options) ccitt.Bitmap {
	return faxline.Simulate(page, dpi, o)
}

// TIFF is [faxline.TIFF].
func TIFF(pages []ccitt.Bitmap, p ccitt.Params, dpiX, dpiY int) []byte {
	return faxline.TIFF(pages, p, dpiX, dpiY)
}
