package paper

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func someReceipt() Receipt {
	return Receipt{
		Agency: "INPS", Portal: "https://pin.example", Protocol: "2026/0000042", Filed: time.Date(2026, 3, 2, 23, 59, 58, 0, time.UTC),
		Service: "Domanda di indennità di disoccupazione (NASpI)", Holder: "Ada Prova", HolderCode: "PRVDAA80A41H501X", Held: true,
	}
}

// proves B8: held, the receipt names number and moment and invites to convert;
// in work it does not.
func TestReceipt(t *testing.T) {
	t.Parallel()
	held := someReceipt()
	released, work := held, held
	released.Held, released.Released = false, time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	work.Held = false
	for _, tt := range []struct {
		lang    string
		r       Receipt
		has, no string
	}{
		{"it", held, "scelga «Converti PIN»", "Non deve fare nulla"},
		{"it", released, "9 marzo 2026", "Converti PIN"},
		{"it", work, "Non deve fare nulla", "Converti PIN"},
		{"en", held, "choose “Convert PIN”", "Converti PIN"},
		{"en", released, "9 March 2026", "Convert PIN"},
	} {
		pdf, err := tt.r.Render(tt.lang)
		if err != nil {
			t.Fatal(err)
		}
		pages := words(t, pdf)
		if len(pages) != 1 {
			t.Fatalf("%d pages", len(pages))
		}
		wantOnPage(t, pages[0])
		text := within(pages[0], Box{W: PageWidth, H: PageHeight})
		for _, want := range []string{tt.has, "2026/0000042", "23:59:58", "Ada Prova", "PRVDAA80A41H501X", "NASpI"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in %q", tt.lang, want, text)
			}
		}
		if strings.Contains(text, tt.no) {
			t.Errorf("%s: says %q", tt.lang, tt.no)
		}
		if again, err := tt.r.Render(tt.lang); err != nil || !bytes.Equal(again, pdf) {
			t.Errorf("the same receipt gives other bytes (%v)", err)
		}
	}
}

func TestReceiptOfALongNote(t *testing.T) {
	t.Parallel()
	r := someReceipt()
	r.Note = strings.Repeat("Parole su parole, e altre ancora.\n", 60)
	pdf, err := r.Render("it")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range words(t, pdf) {
		wantOnPage(t, page)
	}
	if _, err := (Receipt{}).Render("it"); err == nil {
		t.Error("an empty receipt is printed")
	}
}
