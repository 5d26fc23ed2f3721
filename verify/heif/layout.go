package heif

import (
	"image"
)

// layout is how libheif's pixels lie in memory: planes one behind the other, whose
// rows begin at multiples of rowUnit bytes.
type layout struct {
	width, height   int
	colours, chroma uint32
	stride, cstride int
	cwidth, cheight int
	bytes           int
}

const rowUnit = 16

func aligned(n int) int { return (n + rowUnit - 1) / rowUnit * rowUnit }

// arrange computes strides and the size of the whole; false: there is no such layout.
func (l *layout) arrange() bool {
	switch l.colours {
	case coloursGray:
		l.stride = aligned(l.width)
	case coloursRGB:
		l.stride = aligned(4 * l.width)
	case coloursYCbCr:
		l.stride, l.cwidth, l.cheight = aligned(l.width), l.width, l.height
		switch l.chroma {
		case chroma420:
			l.cwidth, l.cheight = (l.width+1)/2, (l.height+1)/2
		case chroma422:
			l.cwidth = (l.width + 1) / 2
		case chroma444:
		default:
			return false
		}
		l.cstride = aligned(l.cwidth)
	default:
		return false
	}
	l.bytes = l.stride*l.height + 2*l.cstride*l.cheight
	return true
}

// picture copies the pixels out of the engine's memory, each the average of a square
// of them where there are too many.
func (l *layout) picture(data []byte) image.Image {
	factor := 1
	for (l.width/factor)*(l.height/factor) > workingPixels && min(l.width, l.height)/(factor+1) > 0 {
		factor++
	}
	luma := data[:l.stride*l.height]
	switch l.colours {
	case coloursGray:
		img := image.NewGray(image.Rect(0, 0, l.width/factor, l.height/factor))
		img.Pix, img.Stride = shrunk(luma, l.stride, l.width, l.height, 1, factor)
		return img
	case coloursRGB:
		img := image.NewNRGBA(image.Rect(0, 0, l.width/factor, l.height/factor))
		img.Pix, img.Stride = shrunk(luma, l.stride, l.width, l.height, 4, factor)
		return img
	}
	ratio := map[uint32]image.YCbCrSubsampleRatio{
		chroma420: image.YCbCrSubsampleRatio420, chroma422: image.YCbCrSubsampleRatio422, chroma444: image.YCbCrSubsampleRatio444,
	}[l.chroma]
	whole := &image.YCbCr{
		Y: luma, Cb: data[len(luma) : len(luma)+l.cstride*l.cheight], Cr: data[len(luma)+l.cstride*l.cheight:],
		YStride: l.stride, CStride: l.cstride, SubsampleRatio: ratio, Rect: image.Rect(0, 0, l.width, l.height),
	}
	return l.colour(whole, factor)
}

// colour reduces a picture of three planes; colour is taken where its square begins.
func (l *layout) colour(src *image.YCbCr, factor int) image.Image {
	w, h := l.width/factor, l.height/factor
	dst := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
	dst.Y, dst.YStride = shrunk(src.Y, l.stride, l.width, l.height, 1, factor)
	for y := range h {
		for x := range w {
			from, to := src.COffset(x*factor, y*factor), y*dst.CStride+x
			dst.Cb[to], dst.Cr[to] = src.Cb[from], src.Cr[from]
		}
	}
	return dst
}

// shrunk averages squares of samples, of which a pixel has so many.
func shrunk(src []byte, stride, width, height, samples, factor int) (dst []byte, dstStride int) {
	w, h := width/factor, height/factor
	dst, dstStride = make([]byte, w*h*samples), w*samples
	for y := range h {
		row := dst[y*dstStride:][:dstStride]
		if factor == 1 {
			copy(row, src[y*stride:])
			continue
		}
		for x := range row {
			sum, at := 0, y*factor*stride+x/samples*factor*samples+x%samples
			for dy := range factor {
				for dx := range factor {
					sum += int(src[at+dy*stride+dx*samples])
				}
			}
			row[x] = byte(sum / (factor * factor)) //nolint:gosec // an average of bytes
		}
	}
	return dst, dstStride
}
