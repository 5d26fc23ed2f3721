package paper

import (
	"bytes"
	"testing"
	"time"
)

// proves C7: the page for the gateway is one PDF page, the same for the same fax.
func TestAnswer(t *testing.T) {
	t.Parallel()
	a := Answer{
		Agency: "INPS", Protocol: "2026/0000001", Received: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		Portal: "https://pin.example/stato", Phone: "803 164", Pages: 20,
		Italian: AnswerWords{Next: "Le mandi di nuovo."}, English: AnswerWords{Next: "Please send them again."},
	}
	for range 20 {
		a.Italian.Faults = append(a.Italian.Faults, "Pagina 10: alcune righe sono mancanti o disturbate")
		a.English.Faults = append(a.English.Faults, "Page 10: some lines are missing or disturbed")
	}
	one, err := a.Render()
	if err != nil || !bytes.HasPrefix(one, []byte("%PDF-")) || bytes.Count(one, []byte("/Type /Page\n")) != 1 {
		t.Fatalf("%d bytes, %v", len(one), err)
	}
	two, err := a.Render()
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("another page the second time, %v", err)
	}
}
