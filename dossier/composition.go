package dossier

import "time"

// Composition is several files of a holder put together to one PDF that waits
// to be confirmed (C3). Nothing of it counts until then.
type Composition struct {
	ID       string
	HolderID string
	// ExpiresAt is when it is forgotten unless it was confirmed.
	ExpiresAt time.Time
	// SubmissionID is what it became; "" until confirmed. The originals are then
	// kept as evidence as long as the submission's documents.
	SubmissionID string
	Pages        []ComposedPage
	Files        []CompositionFile
}

// ComposedPage describes a page of the composed document.
type ComposedPage struct {
	// Place is where it stands, from 0, among all pages of all originals.
	Place int `json:"place"`
	// Original is the number of the file it came from, from 1; Page its number
	// there.
	Original int `json:"original"`
	Page     int `json:"page"`
	// Width and Height are pixels, DPI what they are on paper.
	Width  int `json:"width"`
	Height int `json:"height"`
	DPI    int `json:"dpi"`
	// Coding is g4, jpeg or pdf; Quality that of the JPEG, 0 for others.
	Coding  string `json:"coding"`
	Quality int    `json:"quality"`
	Bytes   int    `json:"bytes"`
	// ContentType is that of its picture.
	ContentType string `json:"content_type"`
	// Findings advise to take the page again.
	Findings []Finding `json:"findings"`
}

// CompositionKind says what a file of a composition is.
type CompositionKind string

// The kinds.
const (
	CompositionResult   CompositionKind = "result"
	CompositionPreview  CompositionKind = "preview" // N is the page, from 1
	CompositionOriginal CompositionKind = "original"
)

// CompositionFile is one sealed file of a composition, under a key of its own.
type CompositionFile struct {
	Kind CompositionKind
	N    int // from 1
	File
}

// Result returns the composed document.
func (c Composition) Result() (File, bool) { return c.file(CompositionResult, 1) }

// Preview returns the picture of page n, from 1.
func (c Composition) Preview(n int) (File, bool) { return c.file(CompositionPreview, n) }

// Originals returns what was sent, in order.
func (c Composition) Originals() []File {
	var files []File
	for n := 1; ; n++ {
		f, ok := c.file(CompositionOriginal, n)
		if !ok {
			return files
		}
		files = append(files, f)
	}
}

func (c Composition) file(kind CompositionKind, n int) (File, bool) {
	for _, f := range c.Files {
		if f.Kind == kind && f.N == n {
			return f.File, true
		}
	}
	return File{}, false
}
