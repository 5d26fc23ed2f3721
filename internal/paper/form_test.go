package paper

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dispositivo/internal/token"
)

var made = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// TestRender: one small page, the same bytes each time, also when many are
// rendered at once, whatever the names are like.
// proves C1
func TestRender(t *testing.T) {
	t.Parallel()
	const atMost = 120 << 10
	for name, f := range forms(t) {
		for _, lang := range []string{"it", "en"} {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				first := render(t, f, lang)
				if len(first) > atMost || !bytes.HasPrefix(first, []byte("%PDF-")) {
					t.Errorf("%d bytes, want a PDF of at most %d", len(first), atMost)
				}
				if n := bytes.Count(first, []byte("/Type /Page\n")); n != 1 {
					t.Errorf("%d pages, want 1", n)
				}
				var wg sync.WaitGroup
				for range 2 {
					wg.Go(func() {
						if again, err := f.Render(lang); err != nil || !bytes.Equal(again, first) {
							t.Errorf("not the same bytes again: %v", err)
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

func TestOtherLanguagesAreItalian(t *testing.T) {
	if !bytes.Equal(render(t, filled(t), "xx"), render(t, filled(t), "it")) {
		t.Error("an unknown language is not Italian")
	}
}

func TestBlankFormHasNoToken(t *testing.T) {
	ways := filled(t).Ways
	got, err := BlankForm("Ente", made, ways, 90, "it")
	if err != nil {
		t.Fatal(err)
	}
	if want := render(t, Form{Agency: "Ente", Made: made, Ways: ways, KeepImagesDays: 90}, "it"); !bytes.Equal(got, want) {
		t.Error("a blank form is not a form without data")
	}
}

// TestGeometry: nothing else is printed where codes and signature are, quiet
// zones included, and everything lies on the page.
func TestGeometry(t *testing.T) {
	c := newCanvas(made, "it")
	tok := filled(t).Token
	var zones []Box
	for _, b := range QRBoxes() {
		module, err := c.drawQR(b, tok.Text())
		if err != nil {
			t.Fatal(err)
		}
		if b.W < 30 || module < 1.25 {
			t.Errorf("side %.1f mm, module %.2f mm: too small for a fax of 98 lines an inch", b.W, module)
		}
		zones = append(zones, b.Inset(-quietModules*module))
	}
	zones = append(zones, SignatureBox(), PlaceDateBox(),
		Box{left, topHolder, width, 5 * rowHeight}, Box{left, topDecl, width, 10}, Box{left, 289.6, width, 3})
	for i, a := range zones {
		if a.X < 0 || a.Y < 0 || a.X+a.W > PageWidth || a.Y+a.H > PageHeight {
			t.Errorf("zone %d leaves the page: %+v", i, a)
		}
		for j, b := range zones[:i] {
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("zones %d and %d overlap", i, j)
			}
		}
	}
}

// TestTextStaysInItsBox: whatever the text, no line is wider than the box, and
// there are no more lines than fit.
func TestTextStaysInItsBox(t *testing.T) {
	c := newCanvas(made, "it")
	rapid.Check(t, func(t *rapid.T) {
		text := c.printable(rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÀ-ž ]{0,300}`)).Draw(t, "text"))
		b := Box{W: rapid.Float64Range(15, 180).Draw(t, "w"), H: rapid.Float64Range(5, 40).Draw(t, "h")}
		lines, size := c.layout(b, regular, 8, text)
		if size < 4 || size > 8 || float64(len(lines)) > max(1, b.H/lineHeight(size)+0.05) {
			t.Fatalf("%d lines of %.2f points in %.1f mm", len(lines), size, b.H)
		}
		c.set(regular, size)
		for _, line := range lines {
			if w := c.pdf.GetStringWidth(line); w > b.W+0.01 {
				t.Fatalf("line of %.2f mm in a box of %.2f", w, b.W)
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	c := newCanvas(made, "it")
	tests := []struct{ in, want string }{
		{"Nicolo\u0300", "Nicolò"},
		{"Đorđević Łucja Şahin Ñuñez", "Đorđević Łucja Şahin Ñuñez"},
		{"Мария Ελένη", "Мария Ελένη"},
		{"a\tb\nc", "a b c"},
		{"a\u202eb\u0000c", "abc"},
		{"東京 😀", "?? ?"},
	}
	for _, tt := range tests {
		if got := c.printable(tt.in); got != tt.want {
			t.Errorf("printable(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestReadMarker(t *testing.T) {
	tok := filled(t).Token
	tests := []struct {
		name, text string
		want       Marker
		ok         bool
	}{
		{"as printed", "…\n" + marker(tok.Code()) + "   pagina 1 di 1", Marker{FormVersion, tok.ID}, true},
		{"spaces lost", strings.ReplaceAll(marker(tok.Code()), " ", ""), Marker{FormVersion, tok.ID}, true},
		{"broken line", strings.Replace(marker(tok.Code()), " CP", "\nCP", 1), Marker{FormVersion, tok.ID}, true},
		{"older edition", "Modulo conversione PIN CP-0 " + tok.Code(), Marker{"CP-0", tok.ID}, true},
		{"blank", marker(""), Marker{Version: FormVersion}, true},
		{"wrong check symbol", marker("ACDEF-HJKMN-PRTVA"), Marker{}, false},
		{"other text", "Modulo di richiesta conversione PIN " + tok.Code(), Marker{}, false},
		{"empty", "", Marker{}, false},
	}
	for _, tt := range tests {
		if got, ok := ReadMarker(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v, %v; want %+v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzReadMarker: page text is foreign; what is accepted is a real id.
func FuzzReadMarker(f *testing.F) {
	f.Add(marker("") + marker(filled(f).Token.Code()))
	f.Fuzz(func(t *testing.T, text string) {
		if m, ok := ReadMarker(text); ok && m.ID != "" {
			if id, err := token.ParseCode(m.ID); err != nil || id != m.ID {
				t.Fatalf("accepted %+v", m)
			}
		}
	})
}

// forms are the cases that have to look right.
func forms(t testing.TB) map[string]Form {
	long := filled(t)
	sixty := strings.Repeat("Wolfeschlegelsteinhausen ", 3)[:60]
	long.Agency = strings.Repeat("Istituto nazionale della previdenza ", 4)
	long.Holder.Surname, long.Holder.Name, long.Holder.City, long.Holder.Region = sixty, sixty, sixty, sixty
	long.Holder.Street = strings.Repeat("Calle del Generalísimo Libertador ", 5)
	long.Holder.BirthPlace, long.Holder.State, long.Holder.Mobile = sixty+sixty, sixty, sixty
	long.Holder.Email = strings.Repeat("w", 64) + "@" + strings.Repeat("x", 60) + ".example"
	long.Document.Issuer, long.Document.Number = sixty+sixty, sixty
	for i := range 4 {
		long.Ways.Faxes = append(long.Ways.Faxes, Fax{fmt.Sprintf("+39 06 0000 000%d", i), i%2 == 0})
	}
	long.Ways.Office = sixty + sixty + sixty
	other := filled(t)
	other.Holder.Surname, other.Holder.Name, other.Holder.Street = "Κωνσταντινοπούλου", "Мария Алексеевна", "東京都千代田区 1"
	return map[string]Form{"filled": filled(t), "long": long, "scripts": other, "blank": {Agency: "Ente", Ways: long.Ways}}
}

// filled is the form of an invented person.
func filled(t testing.TB) Form {
	t.Helper()
	random := bytes.NewReader([]byte("0123456789 abcdefghijklmnopqrstuvwxyz"))
	tok, err := token.Mint(random, bytes.Repeat([]byte("k"), token.MinKeyLength))
	if err != nil {
		t.Fatal(err)
	}
	return Form{
		Agency: "Ente di previdenza — dimostrazione", Made: made, Token: tok, KeepImagesDays: 90,
		Holder: Holder{
			CodiceFiscale: "FRRGLI84C57D969V", Surname: "Ferrante", Name: "Giulia",
			Birth: time.Date(1984, 3, 17, 0, 0, 0, 0, time.UTC), BirthPlace: "Genova (GE)", Sex: "F",
			Street: "Avenida Rivadavia 4821, piso 3 B", PostalCode: "C1424CEN", City: "Buenos Aires", State: "Argentina",
			Mobile: "+44 7700 900101", Email: "giulia.ferrante@posta.example",
		},
		Document: Document{
			Kind: Passport, Number: "YA0000101", Issuer: "Ministro Affari Esteri",
			Expiry: time.Date(2031, 5, 9, 0, 0, 0, 0, time.UTC),
		},
		Ways: Ways{
			Portal: "https://portale.example.org/conversione", Email: "conversione@ente.example", PEC: "conversione@pec.ente.example",
			Faxes: []Fax{{"800 000 000", false}, {"+39 06 0000 0000", true}}, Office: "qualsiasi sede, su appuntamento",
		},
	}
}

func render(t testing.TB, f Form, lang string) []byte {
	t.Helper()
	b, err := f.Render(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
