package paper

// A4 in millimetres. Every position in this package is in millimetres from the
// upper left corner of the page.
const (
	PageWidth  = 210.0
	PageHeight = 297.0
)

// Left and right edge of everything printed.
const (
	left  = 14.0
	right = 196.0
	width = right - left
)

// QRSide is the side of a QR code without its quiet zone. C1 asks for 30 mm.
const QRSide = 32.0

// quietModules is the width of the quiet zone (ISO/IEC 18004).
const quietModules = 4

// Box is an upright rectangle in millimetres.
type Box struct{ X, Y, W, H float64 }

// Inset returns the box made smaller by d on every side.
func (b Box) Inset(d float64) Box { return Box{b.X + d, b.Y + d, b.W - 2*d, b.H - 2*d} }

// SignatureBox is the frame to sign in: its inner edge. Nothing is printed
// inside, so ink found there was put there by somebody.
func SignatureBox() Box { return Box{X: 104, Y: 195.5, W: right - 104.5, H: 25} }

// SignatureFrame is how thick the frame around SignatureBox is drawn.
const SignatureFrame = 0.5

// PlaceDateBox is where the holder writes place and date.
func PlaceDateBox() Box { return Box{X: left, Y: 195.5, W: 84, H: 12} }

// QRBoxes are the two QR codes, upper right and lower left, without quiet zone.
// They are far apart so that one bad stretch of a fax does not take both.
func QRBoxes() [2]Box {
	return [2]Box{
		{X: right - QRSide, Y: 12, W: QRSide, H: QRSide},
		{X: left, Y: 252, W: QRSide, H: QRSide},
	}
}
