package paper

import (
	"regexp"

	"dispositivo/internal/token"
)

// FormVersion names the present edition of the form. It changes with every
// change of a printed declaration or of the geometry.
const FormVersion = "CP-1"

// markerLead begins the line that tells our form from every other page.
const markerLead = "Modulo conversione PIN"

// marker is that line, at the foot of the page; code is empty on a blank form.
func marker(code string) string {
	if code == "" {
		return markerLead + " " + FormVersion + " in bianco"
	}
	return markerLead + " " + FormVersion + " " + code
}

// markerLine allows for what text extractors do to spaces.
var markerLine = regexp.MustCompile(
	`Modulo\s*conversione\s*PIN\s*(CP-\d{1,4})\s*(?:([` + token.Alphabet + `]{5}-[` +
		token.Alphabet + `]{5}-[` + token.Alphabet + `]{5})|in\s*bianco)`)

// Marker is what the foot of a form says about it.
type Marker struct {
	Version string // such as FormVersion
	ID      string // id of the token, to look up; empty on a blank form
}

// ReadMarker finds the foot of our form in the text of a page of a PDF. It
// returns false when there is none, or when its code does not pass the check.
// Anybody can write such a line: like the token it routes, it proves nothing.
func ReadMarker(pageText string) (Marker, bool) {
	m := markerLine.FindStringSubmatch(pageText)
	if m == nil {
		return Marker{}, false
	}
	if m[2] == "" {
		return Marker{Version: m[1]}, true
	}
	id, err := token.ParseCode(m[2])
	if err != nil {
		return Marker{}, false
	}
	return Marker{Version: m[1], ID: id}, true
}
