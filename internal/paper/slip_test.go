package paper

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// proves C6 C7: the slip is one page, in both languages, and the same for the same
// scan; it counts pages only when they are read.
func TestSlip(t *testing.T) {
	t.Parallel()
	s := Slip{
		Agency: "INPS", Protocol: "2026/0000001", Received: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Read: true, Pages: 2,
		Noticed: []string{"la pagina è troppo scura (pagina 2)"}, Next: "Non deve fare nulla.", Portal: "https://pin.example/stato", Phone: "803 164",
	}
	for _, lang := range []string{"it", "en"} {
		one, err := s.Render(lang)
		if err != nil || !bytes.HasPrefix(one, []byte("%PDF-")) || bytes.Count(one, []byte("/Type /Page\n")) != 1 {
			t.Fatalf("%s: %d bytes, %v", lang, len(one), err)
		}
		two, err := s.Render(lang)
		if err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s: another page the second time, %v", lang, err)
		}
		said := s.pages(slipTextsFor(lang))
		if !strings.Contains(said, ": 2.") || !strings.Contains(said, "troppo scura") {
			t.Errorf("%s: %q", lang, said)
		}
	}
	s.Read = false
	if said := s.pages(slipTextsFor("it")); strings.Contains(said, "2") || strings.Contains(said, "scura") {
		t.Errorf("while it is read: %q", said)
	}
	if _, err := (Slip{}).Render("it"); err == nil {
		t.Error("a slip without a number")
	}
}
