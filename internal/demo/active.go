package demo

import "time"

// ActivePage is a page as no honest scanner makes it: a PDF that carries a
// script, harmless but active, so that the quarantine has something to show.
func ActivePage(at time.Time) ([]byte, error) {
	pdf := newSheet("SPECIMEN", at, "regular")
	pdf.SetFont("regular", "", 14)
	pdf.Text(25, 40, "SPECIMEN: questo PDF contiene uno script e finisce in quarantena.")
	pdf.SetJavascript("app.alert('specimen');")
	return finish(pdf)
}
