package raster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"slices"

	"github.com/disintegration/imaging"
)

const (
	// ReviewSide bounds the long side of a picture to review, in pixels.
	ReviewSide = 2200
	// ThumbSide bounds the long side of its thumb, in pixels.
	ThumbSide = 240
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
	review   plain   // made once, when first needed
	sketch   *sketch // likewise
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
	return newPage(src, g)
}

// newPage checks the geometry.
func newPage(src plain, g Geometry) (*Page, error) {
	if g.Aspect == 0 {
		g.Aspect = 1
	}
	if math.IsNaN(g.Aspect) || g.Aspect < 0.25 || g.Aspect > 4 {
		return nil, fmt.Errorf("%w: pixels %.2f times as high as wide", ErrSize, g.Aspect)
	}
	return &Page{src: src, geometry: g}, nil
}

// Take is New for an image that nobody else keeps or changes: a grey one that is
// whole and small enough is not copied.
func Take(img image.Image, g Geometry, maxPixels int) (*Page, error) {
	if maxPixels <= 0 {
		maxPixels = WorkingPixels
	}
	gray, ok := img.(*image.Gray)
	if !ok || gray.Rect.Min != (image.Point{}) || gray.Stride != gray.Rect.Dx() || len(gray.Pix) != gray.Stride*gray.Rect.Dy() ||
		len(gray.Pix) == 0 || len(gray.Pix) > min(maxPixels, maxAny) {
		return New(img, g, maxPixels)
	}
	return newPage(plain{gray: gray}, g)
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

// reviewed makes the picture to review: square pixels, upright, level, without
// the black edges of the scan, at most ReviewSide. Turning by an angle makes the
// picture larger, so that no corner is lost.
func (p *Page) reviewed() plain {
	if p.review.gray == nil && p.review.colour == nil {
		p.review = p.straight(ReviewSide)
	}
	return p.review
}

// straight does the same with a long side of at most side.
func (p *Page) straight(side int) plain {
	w, h := p.squareSize()
	content := p.sketched().content()
	angle, _ := p.Skew()
	if math.Abs(angle) < MinSkew {
		angle = 0
	}
	// What is left of the sketch, turned, decides how large the page may be.
	sin, cos := math.Sincos(math.Abs(angle) * math.Pi / 180)
	all := p.sketched().gray.Rect
	cw, ch := float64(w), float64(h)
	if p.geometry.Orientation >= 5 {
		cw, ch = ch, cw
	}
	cw, ch = cw*float64(content.Dx())/float64(all.Dx()), ch*float64(content.Dy())/float64(all.Dy())
	if long := max(cw*cos+ch*sin, cw*sin+ch*cos); long > float64(side) {
		w, h = max(1, int(float64(w)*float64(side)/long+0.001)), max(1, int(float64(h)*float64(side)/long+0.001))
	}
	extra, _ := p.stance().turn()
	if p.src.gray != nil {
		return plain{gray: p.warped(w, h, content, extra, angle, side)}
	}
	made := p.crop(p.upright(p.scaled(p.src, w, h)), content).turned(extra)
	if angle != 0 {
		made = made.like(imaging.Rotate(made.image(), angle, color.White)).within(side)
	}
	return made
}

// mostSkipped is how much smaller a picture may become by sampling between its
// pixels alone. Where that would skip some, they are averaged first.
const mostSkipped = 1.4

// warped does in one go what takes a picture in colour five: pages of fax and
// grey scans are nearly all there are.
func (p *Page) warped(w, h int, content image.Rectangle, extra int, angle float64, side int) *image.Gray {
	src := p.src
	if sw, sh := src.size(); float64(sw) > mostSkipped*float64(w) || float64(sh) > mostSkipped*float64(h) {
		src = plain{gray: src.reduced(min(w, sw), min(h, sh))}
	}
	sw, sh := src.size()
	m := toSize(sw, sh, w, h).oriented(p.geometry.Orientation)
	if all := p.sketched().gray.Rect; content != all {
		m = m.cropped(scaledRect(content, all, m.w, m.h))
	}
	m = m.quarters(extra)
	if angle != 0 {
		m = m.level(angle, side)
	}
	return m.gray(src.gray)
}

// scaledRect is the part of w × h pixels that r is of all.
func scaledRect(r, all image.Rectangle, w, h int) image.Rectangle {
	return image.Rect(r.Min.X*w/all.Dx(), r.Min.Y*h/all.Dy(), r.Max.X*w/all.Dx(), r.Max.Y*h/all.Dy())
}

// crop cuts a picture of the page to a part of the sketch.
func (p *Page) crop(src plain, content image.Rectangle) plain {
	all := p.sketched().gray.Rect
	if content == all {
		return src
	}
	w, h := src.size()
	return src.like(imaging.Crop(src.image(), scaledRect(content, all, w, h)))
}

// turned turns a picture by 0, 90, 180 or 270 degrees clockwise.
func (p plain) turned(degrees int) plain {
	switch degrees {
	case 90:
		return p.like(imaging.Rotate270(p.image())) // imaging turns counter-clockwise
	case 180:
		return p.like(imaging.Rotate180(p.image()))
	case 270:
		return p.like(imaging.Rotate90(p.image()))
	}
	return p
}

// within cuts a picture to side × side pixels, which takes a white pixel from
// each corner of a page that rounding made too large.
func (p plain) within(side int) plain {
	w, h := p.size()
	if max(w, h) <= side {
		return p
	}
	return p.like(imaging.CropCenter(p.image(), min(w, side), min(h, side)))
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

// Native returns the page at the size it has, with square pixels, turned upright
// as Upright says, as PNG. It is neither levelled nor cropped: each pixel is one
// that was sent.
func (p *Page) Native() (Picture, error) {
	w, h := p.squareSize()
	if int64(w)*int64(h) > 2*maxAny {
		return Picture{}, fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	extra, _ := p.stance().turn()
	return encodePNG(p.upright(p.stretched(w, h)).turned(extra).image())
}

// Gray returns the page as Native does, as grey pixels for readers of codes and
// letters; the caller may change them.
func (p *Page) Gray() (*image.Gray, error) {
	w, h := p.squareSize()
	if int64(w)*int64(h) > 2*maxAny {
		return nil, fmt.Errorf("%w: %dx%d", ErrSize, w, h)
	}
	extra, _ := p.stance().turn()
	gray := plain{gray: p.src.grayed()}
	made := (&Page{src: gray, geometry: p.geometry}).stretched(w, h)
	made = p.upright(made).turned(extra)
	if made.gray == p.src.gray {
		made.gray = &image.Gray{Pix: slices.Clone(made.gray.Pix), Stride: made.gray.Stride, Rect: made.gray.Rect}
	}
	return made.gray, nil
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
// the size, or of four where the page had two colours; photographs and colour
// become JPEG.
func (p *Page) Review() (review, thumb Picture, err error) {
	full := p.reviewed()
	w, h := full.size()
	if long := max(w, h); long > ThumbSide {
		w, h = max(1, w*ThumbSide/long), max(1, h*ThumbSide/long)
	}
	small := full.thumb(w, h)
	if full.gray != nil && p.isLineArt(full.gray) {
		if review, err = p.shades().encode(full.gray); err != nil {
			return Picture{}, Picture{}, err
		}
		if len(review.Data) <= heavy {
			thumb, err = sixteen.encode(small.gray)
			return review, thumb, err
		}
	}
	if review, err = encodeJPEG(full.image()); err != nil {
		return Picture{}, Picture{}, err
	}
	thumb, err = encodeJPEG(small.image())
	return review, thumb, err
}

// shades are those of the picture to review. A page of two colours that was not
// made much smaller has hardly any between them.
func (p *Page) shades() *shades {
	if w, h := p.squareSize(); p.geometry.Bilevel && float64(max(w, h)) <= mostSkipped*ReviewSide {
		return four
	}
	return sixteen
}

// thumb makes a small copy.
func (p plain) thumb(w, h int) plain {
	if p.gray != nil {
		return plain{gray: p.reduced(w, h)}
	}
	return p.like(imaging.Resize(p.image(), w, h, imaging.Linear))
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
