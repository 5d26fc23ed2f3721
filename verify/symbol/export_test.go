package symbol

import "image"

// TwoFold is what the table gives to zbarimg.
func TwoFold(img *image.Gray) *image.Gray { return twoFold(img) }

// Turned turns a page clockwise.
func Turned(img *image.Gray, degrees float64) *image.Gray {
	turned, _ := rotated(img, degrees)
	return turned
}

// Scaled samples a page at another size.
func Scaled(img *image.Gray, by float64) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, int(float64(img.Rect.Dx())*by), int(float64(img.Rect.Dy())*by)))
	if by < 1 {
		img = blurred(img, 1, 1)
	}
	for i := range dst.Pix {
		x, y := i%dst.Stride, i/dst.Stride
		dst.Pix[i] = sample(img, int(float64(x)/by*65536), int(float64(y)/by*65536))
	}
	return dst
}
