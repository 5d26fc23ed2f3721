package main

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"

	"dispositivo/internal/demo"
)

// tooLarge is a file of 8 MB that begins as a PDF does.
func tooLarge() []byte {
	return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0123456789abcdef"), 8<<16)...)
}

func picture(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 100, 140))); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// proves C2: the refusal of a file really reaches whoever sent it, also of one
// of 8 MB, and says how to mend it.
func refusals(t *testing.T, b *chromium, who demo.Citizen) {
	large := file(t, "foto.pdf", tooLarge())
	wrong := file(t, "foto.pdf", picture(t)) // its name says otherwise
	t.Run("without JavaScript", func(t *testing.T) {
		t.Parallel()
		p := b.person(t, wide, false)
		p.opens("/conversione", who)
		p.expects("/conversione/invio")
		p.chooses(large)
		if status := p.press("[data-upload] button"); status != 413 {
			t.Errorf("8 MB: status %d", status)
		}
		p.sees("#problem", "Il file è troppo grande", "8,01 MB", "1 MB", "bianco e nero")
		p.chooses(wrong)
		if status := p.press("[data-upload] button"); status != 415 {
			t.Errorf("PNG: status %d", status)
		}
		p.sees("#problem", "Questo tipo di file non va bene", "PDF o TIFF")
	})
	t.Run("with JavaScript", func(t *testing.T) {
		t.Parallel()
		p := b.person(t, phone, true)
		p.opens("/conversione", who)
		p.expects("/conversione/invio")
		p.click("[data-upload] button")
		p.sees("#file-wrong", "Scelga prima un file")
		p.chooses(large)
		p.sees("#file-wrong", "Questo file supera 1 MB")
		p.chooses(wrong)
		if got := p.text("#file-wrong"); got != "" {
			t.Errorf("a small file is refused before it is sent: %q", got)
		}
		p.click("[data-upload] button")
		p.sees("#problem", "Questo tipo di file non va bene", "PDF o TIFF")
		p.is("/conversione")

		// The server's own refusal arrives too, when the page does not stop the file.
		p.blinds()
		p.chooses(large)
		p.click("[data-upload] button")
		p.sees("#problem", "Il file è troppo grande", "8,01 MB")
		// What took the place of the page works as the page did.
		p.chooses(wrong)
		p.click("[data-upload] button")
		p.sees("#problem", "Questo tipo di file non va bene")
	})
}

// opens goes to a page of a citizen, who signs in on the way.
func (p *person) opens(path string, who demo.Citizen) {
	p.t.Helper()
	p.visit(path)
	p.is("/accesso")
	p.signIn(who)
	p.is(path)
}

// blinds makes the page take every file for a small one.
func (p *person) blinds() {
	p.t.Helper()
	if _, err := eval[chromedp.Void](p, `Object.defineProperty(Blob.prototype, "size", {get: () => 1}); 0`); err != nil {
		p.t.Fatal(err)
	}
}
