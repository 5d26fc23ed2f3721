package dossier

// Trait is what a page can be known by when it comes again under another codice
// fiscale (id.reused). It goes with the file's images (C14).
type Trait struct {
	FileID string
	Page   int
	// Outline is coarse and shows nothing personal; empty when the page has none.
	Outline []byte
	// SealedLook is the page's look, sealed under the file's key.
	SealedLook []byte
	// DocumentNumber is that of a proved zone, with its state; "" when there is
	// none. It is kept as a keyed hash alone.
	DocumentNumber string
}

// KeepTraits replaces the traits of a submission's pages.
type KeepTraits struct {
	SubmissionID string
	HolderID     string
	Traits       []Trait
}

func (KeepTraits) effect() {}
