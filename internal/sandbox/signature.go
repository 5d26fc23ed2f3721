package sandbox

import (
	"fmt"
	"image"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/verify/identity"
	"dispositivo/verify/symbol"
)

// readSignature warns when the box to sign in is certainly empty: the form's
// code says where it is printed, its frame is found there, and nothing is in it.
// On a page with damaged rows nothing is certain.
func (v *visit) readSignature(n int, gray *image.Gray, code symbol.Symbol) {
	place, ok := placeOf(gray, code.Points)
	if !ok || len(v.report.Pages[n-1].DamagedRows) > 0 {
		return
	}
	b := paper.SignatureBox()
	inside, ok := identity.Framed(gray, place, identity.Box{X: b.X, Y: b.Y, W: b.W, H: b.H}, paper.SignatureFrame)
	if !ok {
		return
	}
	if share, ok := identity.Inked(inside); ok && share < identity.EmptyShare {
		v.find(dossier.Finding{
			Code: dossier.FormUnsigned, Severity: dossier.SeverityWarn, Page: n,
			Detail: fmt.Sprintf("%.3f%% ink, limit %.3f%%", 100*share, 100*identity.EmptyShare),
		})
	}
}

// seenSide is how long the side of a code seems, in millimetres: ZBar's corners
// lie a little inside, by 1.5 % of it on forms drawn and faxed at all resolutions.
const seenSide = paper.QRSide * 0.985

// placeOf tells how the form lies on a picture from the corners of one of its
// two codes: upper left, lower left, lower right, upper right of the code.
func placeOf(page *image.Gray, corners []image.Point) (identity.Place, bool) {
	if len(corners) != 4 {
		return identity.Place{}, false
	}
	vector := func(p image.Point) identity.Vector { return identity.Vector{X: float64(p.X), Y: float64(p.Y)} }
	upperLeft, lowerLeft, lowerRight, upperRight := vector(corners[0]), vector(corners[1]), vector(corners[2]), vector(corners[3])
	half := func(a, b, c, d identity.Vector) identity.Vector { // the mean of a to b and c to d, for a millimetre
		return identity.Vector{X: (b.X - a.X + d.X - c.X) / 2 / seenSide, Y: (b.Y - a.Y + d.Y - c.Y) / 2 / seenSide}
	}
	right, down := half(upperLeft, upperRight, lowerLeft, lowerRight), half(upperLeft, lowerLeft, upperRight, lowerRight)
	if right.X*down.Y-right.Y*down.X <= 0 {
		return identity.Place{}, false // mirrored, or no square
	}
	// Pixels are square, so each side tells of the other.
	place := identity.Place{Right: identity.Vector{X: (right.X + down.Y) / 2, Y: (right.Y - down.X) / 2}}
	place.Down = identity.Vector{X: -place.Right.Y, Y: place.Right.X}
	middle := identity.Vector{
		X: (upperLeft.X + lowerLeft.X + lowerRight.X + upperRight.X) / 4, Y: (upperLeft.Y + lowerLeft.Y + lowerRight.Y + upperRight.Y) / 4,
	}
	// The one code is in the upper half of the form, the other in the lower.
	fromMiddle := identity.Vector{
		X: middle.X - float64(page.Rect.Min.X+page.Rect.Max.X)/2, Y: middle.Y - float64(page.Rect.Min.Y+page.Rect.Max.Y)/2,
	}
	b := paper.QRBoxes()[0]
	if fromMiddle.X*place.Down.X+fromMiddle.Y*place.Down.Y > 0 {
		b = paper.QRBoxes()[1]
	}
	x, y := b.X+b.W/2, b.Y+b.H/2
	place.Origin = identity.Vector{X: middle.X - x*place.Right.X - y*place.Down.X, Y: middle.Y - x*place.Right.Y - y*place.Down.Y}
	return place, true
}
