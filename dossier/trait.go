package dossier

// Trait is what a page can be known by when its sheet comes again, under another codice
// fiscale (id.reused) or in the same dossier (page.repeated). It goes with the file's
// images (C14).
type Trait struct {
	FileID string
	Page   int
	// Form says that the page is our form: all holders' look alike, so it is compared
	// within its dossier alone.
	Form bool
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
