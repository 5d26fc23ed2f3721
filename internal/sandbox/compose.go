package sandbox

import (
	"context"
	"fmt"
)

// Composition says how one PDF is put together: Overlay drawn onto page
// OverlayPage of Base, then the documents of Append behind it.
type Composition struct {
	Base []byte
	// Overlay is a PDF whose first page is drawn over a page of Base, both laid
	// on each other at the lower left corner; empty means none.
	Overlay []byte
	// OverlayPage is 1-based; 0 means the last page.
	OverlayPage int
	Append      [][]byte
}

// composing is a Composition without its bytes.
type composing struct {
	Overlay     bool `json:"overlay"`
	OverlayPage int  `json:"overlay_page"`
}

// Compose puts a PDF together in a child. The error is as for Read, or says in
// a few words which document could not be used.
func (p *Pool) Compose(ctx context.Context, c Composition) ([]byte, error) {
	docs := [][]byte{c.Base}
	if len(c.Overlay) > 0 {
		docs = append(docs, c.Overlay)
	}
	docs = append(docs, c.Append...)
	how := composing{Overlay: len(c.Overlay) > 0, OverlayPage: c.OverlayPage}
	p.fillCache(ctx)
	var composed []byte
	err := p.use(ctx, p.desk, false, func(c *child) (err error) {
		composed, err = c.compose(ctx, how, docs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compose document: %w", err)
	}
	return composed, nil
}
