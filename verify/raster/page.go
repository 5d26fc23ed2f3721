package raster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"

	"github.com/disintegration/imaging"
)

const (
	// ReviewSide and ThumbSide bound the long side of a picture to review and of
	// its thumb, in pixels.
	ReviewSide = 2200
	ThumbSide  = 240
	// WorkingPixels is how many pixels a page is reduced to before anything else
	// is done with it.
	WorkingPixels = 16_000_000
	// heavy is the size in bytes above which a PNG becomes a JPEG: a page full
	// of dots, which PNG cannot make small.
	heavy = 1_500_000
)

// Geometry says how a page's pixels lie.
type Geometry struct {
	// Aspect is how much higher than wide a pixel is: 204/98 for a standard fax.
	// 0 means 1.
	Aspect float64
	// Orientation is that of TIFF 6.0, 1 to 8. 0 means 1.
	Orientation int
	// Bilevel says that the page had one bit a pixel when stored.
	Bilevel bool
}

// Turn is how Orientation turns the page, in degrees clockwise: 0, 90, 180, 270.
// A mirrored page is turned back after the mirroring.
func (g Geometry) Turn() int {
	switch g.Orientation {
	case 3, 4:
		return 180
	case 5, 6:
		return 90
	case 7, 8:
		return 270
	}
	return 0
}

// Page is a page taken over from a decoder.
type Page struct {
	src      plain
	geometry Geometry
	review   plain // made once, when first needed
}

// Picture is an encoded image.
type Picture struct {
	Data          []byte
	ContentType   string // image/png or image/jpeg
	Width, Height int
}

// New takes over an image. It copies at most maxPixels (WorkingPixels when 0)
// and keeps nothing of img. The errors are ErrSize, ErrKind and ErrData.
func New(img image.Image, g Geometry, maxPixels int) (*Page, error) {
	if maxPixels <= 0 {
		maxPixels = WorkingPixels
	}
	src, err := copyOf(img, maxPixels)
	if err != nil {
		return nil, err
	}
	if g.Aspect == 0 {
		g.Aspect = 1
	}
	if math.IsNaN(g.Aspect) || g.Aspect < 0.25 || g.Aspect > 4 {
		return nil, fmt.Errorf("%w: pixels %.2f times as high as wide", ErrSize, g.Aspect)
	}
	return &Page{src: src, geometry: g}, nil
}

// squareSize is the size with square pixels; the longer side of a pixel is cut
// into more of them, so that nothing is lost.
func (p *Page) squareSize() (w, h int) {
	w, h = p.src.size()
	if p.geometry.Aspect >= 1 {
		return w, max(1, int(math.Round(float64(h)*p.geometry.Aspect)))
	}
	return max(1, int(math.Round(float64(w)/p.geometry.Aspect))), h
}

// reviewed makes the picture all others are made of: square pixels, at most
// ReviewSide, upright.
func (p *Page) reviewed() plain {
	if p.review.gray == nil && p.review.colour == nil {
		w, h := p.squareSize()
		if long := max(w, h); long > ReviewSide {
			w, h = max(1, w*ReviewSide/long), max(1, h*ReviewSide/long)
		}
		p.review = p.upright(p.scaled(p.src, w, h))
	}
	return p.review
}

// scaled returns src at another size.
func (p *Page) scaled(src plain, w, h int) plain {
	if sw, sh := src.size(); sw == w && sh == h {
		return src
	}
	return src.like(imaging.Resize(src.image(), w, h, imaging.CatmullRom))
}

// like turns what imaging made of p, which is always colour, back into p's kind.
func (p plain) like(made *image.NRGBA) plain {
	if p.colour != nil {
		return plain{colour: made}
	}
	gray := image.NewGray(made.Bounds())
	for i := range gray.Pix {
		gray.Pix[i] = made.Pix[4*i]
	}
	return plain{gray: gray}
}

// upright turns src as the orientation of TIFF 6.0 (page 36) says.
func (p *Page) upright(src plain) plain {
	turn := map[int]func(image.Image) *image.NRGBA{
		2: imaging.FlipH, 3: imaging.Rotate180, 4: imaging.FlipV, 5: imaging.Transpose,
		6: imaging.Rotate270, 7: imaging.Transverse, 8: imaging.Rotate90, // imaging turns counter-clockwise
	}[p.geometry.Orientation]
	if turn == nil {
		return src
	}
	return src.like(turn(src.image()))
}

// Native returns the page at the size it has, with square pixels, upright, as
// PNG.
func (p *Page) Native() (Picture, error) {
	w, h := p.squareSize()
	if int64(w)*int64(h) > 2*maxAny {
		return Picture{}, fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	return encodePNG(p.upright(p.stretched(w, h)).image())
}

// stretched repeats rows or columns, so that a page of two colours keeps them.
func (p *Page) stretched(w, h int) plain {
	sw, sh := p.src.size()
	if sw == w && sh == h {
		return p.src
	}
	if p.src.colour != nil {
		return p.scaled(p.src, w, h)
	}
	dst := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		from := p.src.gray.Pix[y*sh/h*p.src.gray.Stride:]
		to := dst.Pix[y*dst.Stride : y*dst.Stride+w]
		if sw == w {
			copy(to, from)
			continue
		}
		for x := range to {
			to[x] = from[x*sw/w]
		}
	}
	return plain{gray: dst}
}

// Review returns the picture to review and its thumb, encoded alike. Text and
// drawings become PNG of sixteen greys, which keeps letters crisp in a third of
// the size; photographs and colour become JPEG.
func (p *Page) Review() (review, thumb Picture, err error) {
	full := p.reviewed()
	w, h := full.size()
	if long := max(w, h); long > ThumbSide {
		w, h = max(1, w*ThumbSide/long), max(1, h*ThumbSide/long)
	}
	small := full.like(imaging.Resize(full.image(), w, h, imaging.Linear))
	if full.gray != nil && p.isLineArt(full.gray) {
		if review, err = encodePNG(sixteen(full.gray)); err != nil {
			return Picture{}, Picture{}, err
		}
		if len(review.Data) <= heavy {
			thumb, err = encodePNG(sixteen(small.gray))
			return review, thumb, err
		}
	}
	if review, err = encodeJPEG(full.image()); err != nil {
		return Picture{}, Picture{}, err
	}
	thumb, err = encodeJPEG(small.image())
	return review, thumb, err
}

// isLineArt tells text and drawings from photographs: few pixels are neither
// nearly paper nor nearly ink.
func (p *Page) isLineArt(img *image.Gray) bool {
	if p.geometry.Bilevel {
		return true
	}
	const (
		ink, paper = 64, 192
		share      = 0.15
	)
	between := 0
	for _, v := range img.Pix {
		if v > ink && v < paper {
			between++
		}
	}
	return float64(between) < share*float64(len(img.Pix))
}

// sixteen reduces a grey picture to sixteen shades, four bits a pixel.
func sixteen(img *image.Gray) *image.Paletted {
	palette := make(color.Palette, 16)
	for i := range palette {
		palette[i] = color.Gray{Y: byte(i * 17)} //nolint:gosec // 0 to 255
	}
	dst := image.NewPaletted(img.Bounds(), palette)
	for i, v := range img.Pix {
		dst.Pix[i] = byte((uint32(v) + 8) / 17) //nolint:gosec // 0 to 15
	}
	return dst
}

func encodePNG(img image.Image) (Picture, error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(&b, img); err != nil {
		return Picture{}, fmt.Errorf("encode page: %w", err)
	}
	return picture(&b, img, "image/png"), nil
}

func encodeJPEG(img image.Image) (Picture, error) {
	const quality = 85
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode page: %w", err)
	}
	return picture(&b, img, "image/jpeg"), nil
}

func picture(b *bytes.Buffer, img image.Image, contentType string) Picture {
	size := img.Bounds()
	return Picture{Data: b.Bytes(), ContentType: contentType, Width: size.Dx(), Height: size.Dy()}
}
