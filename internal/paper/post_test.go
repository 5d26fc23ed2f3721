package paper

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var expires = time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)

// someLetter goes to an invented person.
func someLetter() Letter {
	return Letter{
		ID: "01jnabcd0123456789efghjkmn", Agency: "Ente di previdenza — dimostrazione",
		Return: "Ente dimostrativo, via dell'Esempio 1, 00100 Roma, Italia",
		To: Postal{
			Name: "Giulia Ferrante", Street: "Avenida Rivadavia 4821, piso 3 B",
			Postcode: "C1424CEN", City: "Buenos Aires", State: "Argentina",
		},
		Half: "K7MPD4XW", Part: 2, Made: made, Expires: expires,
		Portal: "https://portale.example.org/pin", Phone: "+39 06 0000 0000",
	}
}

// longLetter is longer everywhere than anything real.
func longLetter() Letter {
	l := someLetter()
	l.Agency = strings.Repeat("Istituto nazionale della previdenza ", 4)
	l.Return = strings.Repeat("Direzione centrale, via Lunga 1, ", 6)
	l.To.Name = strings.Repeat("Wolfeschlegelsteinhausen ", 12)
	l.To.Street = strings.Repeat("Calle del Generalísimo Libertador ", 12)
	l.To.City = strings.Repeat("Llanfairpwllgwyngyll", 12)
	l.To.State = "Regno Unito di Gran Bretagna e Irlanda del Nord"
	l.Portal = "https://" + strings.Repeat("portale.", 20) + "example/pin"
	l.Phone = strings.Repeat("+39 06 0000 0000, ", 4)
	return l
}

// someEnvelope is handed to an invented person.
func someEnvelope() Envelope {
	return Envelope{
		ID: "01jnabcd0123456789efghjkmn", Agency: "Ente di previdenza — dimostrazione", Office: "Sede di Genova",
		Holder: "Giulia Ferrante", PIN: "K7MPD4XW", Made: made,
		Portal: "https://portale.example.org", Phone: "+39 06 0000 0000",
	}
}

// word is a word of a page and where it is.
type wordAt struct {
	Box
	text string
}

// words reads a PDF back with poppler: the words of each page.
func words(t testing.TB, pdf []byte) [][]wordAt {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-bbox", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	var pages [][]wordAt
	for d := xml.NewDecoder(bytes.NewReader(out)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case ok && start.Name.Local == "page":
			pages = append(pages, nil)
		case ok && start.Name.Local == "word":
			var w struct {
				X1   float64 `xml:"xMin,attr"`
				Y1   float64 `xml:"yMin,attr"`
				X2   float64 `xml:"xMax,attr"`
				Y2   float64 `xml:"yMax,attr"`
				Text string  `xml:",chardata"`
			}
			if err := d.DecodeElement(&w, &start); err != nil {
				t.Fatal(err)
			}
			b := Box{w.X1 * mmPerPoint, w.Y1 * mmPerPoint, (w.X2 - w.X1) * mmPerPoint, (w.Y2 - w.Y1) * mmPerPoint}
			b.Y, b.H = b.Y+b.H/10, b.H*0.8 // poppler's are the font's, taller than any letter
			last := len(pages) - 1
			pages[last] = append(pages[last], wordAt{b, w.Text})
		}
	}
}

// inside tells whether b is within o, which is larger by slack millimetres.
func (b Box) inside(o Box, slack float64) bool {
	return b.X >= o.X-slack && b.Y >= o.Y-slack && b.X+b.W <= o.X+o.W+slack && b.Y+b.H <= o.Y+o.H+slack
}

func (b Box) meets(o Box) bool {
	return b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H
}

// within returns the text of the words that lie in a box, in reading order.
func within(page []wordAt, b Box) string {
	var in []wordAt
	for _, w := range page {
		if w.meets(b) {
			in = append(in, w)
		}
	}
	middle := func(w wordAt) float64 { return w.Y + w.H/2 }
	slices.SortFunc(in, func(v, w wordAt) int { return cmp.Compare(middle(v), middle(w)) })
	var out []string
	for len(in) > 0 { // one line after the other, from left to right
		n := 1
		for n < len(in) && middle(in[n])-middle(in[0]) < 1 {
			n++
		}
		slices.SortFunc(in[:n], func(v, w wordAt) int { return cmp.Compare(v.X, w.X) })
		for _, w := range in[:n] {
			out = append(out, w.text)
		}
		in = in[n:]
	}
	return strings.Join(out, " ")
}

// wantOnPage fails for words outside the part of the page that printers reach.
func wantOnPage(t *testing.T, page []wordAt) {
	t.Helper()
	for _, w := range page {
		if !w.inside(Box{left, 5, width, PageHeight - 10}, 0.1) {
			t.Errorf("a word at %+v is off the page", w.Box)
		}
	}
}

// TestLetter reads letters back: the half in two groups between the folds, what
// to do and by when, and only address, return address and id in the window.
// proves A9: the letters
func TestLetter(t *testing.T) {
	t.Parallel()
	other := someLetter()
	other.To.Name, other.To.Street, other.Part, other.Made = "Мария Κωνσταντινοπούλου", "東京都千代田区 1", 1, time.Time{}
	home := someLetter()
	home.To = Postal{Name: "Anna Prova", Street: "Via dell'Esempio 1", Postcode: "00184", City: "Roma", Province: "RM"}
	for name, l := range map[string]Letter{"abroad": someLetter(), "long": longLetter(), "scripts": other, "home": home} {
		for lang, deadline := range map[string]string{"it": "31 maggio 2026", "en": "31 May 2026"} {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				pages := words(t, renderLetter(t, l, lang))
				if len(pages) != 1 {
					t.Fatalf("%d pages, want 1", len(pages))
				}
				page := pages[0]
				wantOnPage(t, page)
				wantInWindow(t, page, l)
				covered := Box{0, firstFold + 3, PageWidth, secondFold - firstFold - 6}
				if got := within(page, covered); !strings.Contains(got, l.Half[:4]+" "+l.Half[4:]) {
					t.Errorf("between the folds: %s", got)
				}
				all := within(page, Box{0, 0, PageWidth, PageHeight})
				if strings.Count(all, l.Half[:4]) != 1 || strings.Count(all, l.Half[4:]) != 1 {
					t.Error("the half is not there exactly once")
				}
				for _, want := range []string{deadline, "In " + map[string]string{"it": "English", "en": "italiano"}[lang] + ":"} {
					if !strings.Contains(all, want) {
						t.Errorf("no %q in %s", want, all)
					}
				}
			})
		}
	}
}

// wantInWindow checks what is seen through the window, wherever the sheet lies.
func wantInWindow(t *testing.T, page []wordAt, l Letter) {
	t.Helper()
	for _, w := range page {
		if w.meets(windowReach) && !w.inside(window, 0.3) {
			t.Errorf("a word at %+v is half in the window", w.Box)
		}
	}
	got := within(page, window)
	want := []string{"Mitt. / Exp.:", l.ID, l.To.destination()}
	if l.To.destination() == italy {
		want[2] = "00184 ROMA RM"
	}
	for _, s := range want {
		if !strings.Contains(got, s) {
			t.Errorf("no %q in the window: %s", s, got)
		}
	}
	if !strings.HasSuffix(got, want[2]) {
		t.Errorf("the last line is not %q: %s", want[2], got)
	}
}

// TestEveryCharacter: each character is printed, with a word of its own in
// either language that begins with it.
func TestEveryCharacter(t *testing.T) {
	for _, code := range []string{"ABCDEFGH", "IJKLMNOP", "QRSTUVWX", "YZ012345", "67896789"} {
		l, e := someLetter(), someEnvelope()
		l.Half, e.PIN = code, code
		page := words(t, renderLetter(t, l, "it"))[0]
		if got := within(page, halfBox); !strings.HasPrefix(got, code[:4]+" "+code[4:]) {
			t.Errorf("letter has %s", got)
		}
		spelled := within(page, halfBox)
		inPIN := within(words(t, renderEnvelope(t, e, "en"))[0], pinBox)
		for i := range code {
			for _, english := range []bool{false, true} {
				w := word(code[i], english)
				if !strings.Contains(spelled, w) || !strings.Contains(inPIN, w) {
					t.Errorf("%c is not called %s", code[i], w)
				}
				if code[i] >= 'A' && w[0] != code[i] {
					t.Errorf("%c is called %s", code[i], w)
				}
			}
		}
		if got := strings.ReplaceAll(inPIN, " ", ""); !strings.HasPrefix(got, code) {
			t.Errorf("envelope has %s", inPIN)
		}
	}
	if got := [4]string{spoken('K', false), spoken('7', false), spoken('K', true), spoken('7', true)}; got !=
		[4]string{"come Kappa", "numero sette", "for Kilo", "number seven"} {
		t.Errorf("read aloud: %q", got)
	}
}

// TestBarCode: a scanner reads the id, of any kind, from the part of both that is
// seen folded, at 200 dots an inch.
// proves A9: a returned letter is booked by its bar code.
func TestBarCode(t *testing.T) {
	for _, id := range []string{"01jnabcd0123456789efghjkmn", "A1", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "00000000000000000000000001"} {
		l, e := someLetter(), someEnvelope()
		l.ID, e.ID = id, id
		for name, pdf := range map[string][]byte{"letter": renderLetter(t, l, "it"), "envelope": renderEnvelope(t, e, "it")} {
			out, err := exec.CommandContext(t.Context(), "zbarimg", "-q", picture(t, pdf, 200, "-H", "800")).Output()
			if got := strings.TrimSpace(string(out)); err != nil || got != "CODE-128:"+id {
				t.Errorf("%s: read %q, %v, want %s", name, got, err, id)
			}
		}
	}
}

// picture draws the first page, by more a part of it, and returns the name of the file, a PGM.
func picture(t testing.TB, pdf []byte, dpi int, more ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page")
	cmd := exec.CommandContext(t.Context(), "pdftoppm", append(more, "-gray", "-singlefile", "-r", fmt.Sprint(dpi), "-", name)...)
	cmd.Stdin = bytes.NewReader(pdf)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v %s", err, out)
	}
	return name + ".pgm"
}

// TestEnvelope: the PIN is on the panel that is covered and nowhere else, and
// both panels over it are black where it is; the holder's name is outside.
// proves A5: the sealed envelope.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	long := someEnvelope()
	long.Agency, long.Holder, long.Portal = longLetter().Agency, longLetter().To.Name, longLetter().Portal
	long.Office, long.Phone = long.Agency, longLetter().Phone
	for name, e := range map[string]Envelope{"some": someEnvelope(), "long": long} {
		for _, lang := range []string{"it", "en"} {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				pdf := renderEnvelope(t, e, lang)
				pages := words(t, pdf)
				if len(pages) != 1 {
					t.Fatalf("%d pages, want 1", len(pages))
				}
				wantOnPage(t, pages[0])
				panel := func(i float64) string { return within(pages[0], Box{0, i * foldBack, PageWidth, foldBack}) }
				first := strings.Fields(e.Holder)[0]
				if out := panel(0); !strings.Contains(out, first) || !strings.Contains(out, e.ID) {
					t.Errorf("outside: %s", out)
				}
				for _, w := range pages[0] {
					if w.meets(pinBox) != w.inside(pinBox, 0) {
						t.Errorf("a word at %+v is half in the frame", w.Box)
					}
				}
				if got := within(pages[0], pinBox); !strings.HasPrefix(got, "K 7 M P D 4 X W ") {
					t.Errorf("in the frame: %s", got)
				}
				if out := panel(0) + panel(2); regexp.MustCompile(`\b([KMPDXW]|Kilo|Kappa|sette|seven)\b`).MatchString(out) {
					t.Errorf("in the open: %s", out)
				}
				wantBlack(t, pdf)
			})
		}
	}
}

// TestWindow: around what is always seen nothing is printed that may be seen,
// the bar code has its quiet zones in the window, a usual address is printed in
// 11 points, and the half lies between the folds.
func TestWindow(t *testing.T) {
	pdf := renderLetter(t, someLetter(), "it")
	const dpi = 200
	page := readPicture(t, picture(t, pdf, dpi))
	px := func(mm float64) int { return int(mm * dpi / 25.4) }
	for y := px(windowReach.Y); y < px(windowReach.Y+windowReach.H); y++ {
		for x := px(windowReach.X); x < px(windowReach.X+windowReach.W); x++ {
			mm := Box{X: float64(x) * 25.4 / dpi, Y: float64(y) * 25.4 / dpi}
			if page.GrayAt(x, y).Y < 128 && !mm.inside(window, 0.3) {
				t.Fatalf("ink at %.1f, %.1f mm", mm.X, mm.Y)
			}
		}
	}
	quiet := px(10 * 5 * 25.4 / 600) // ten modules of five dots
	for _, x := range []int{px(window.X), px(window.X+window.W) - quiet} {
		for i := range quiet {
			if page.GrayAt(x+i, px(window.Y+6)).Y < 128 {
				t.Fatal("ink in the quiet zone")
			}
		}
	}
	for _, w := range words(t, pdf)[0] {
		if w.text == "ARGENTINA" && w.H < 0.9*11*mmPerPoint {
			t.Errorf("an address of %.1f mm a line", w.H)
		}
	}
	if !halfBox.inside(Box{0, firstFold, PageWidth, secondFold - firstFold}, -5) {
		t.Error("the half is not between the folds")
	}
}

// readPicture reads a PGM of picture.
func readPicture(t testing.TB, name string) *image.Gray {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var w, h, depth int
	if _, err := fmt.Sscanf(string(data[:20]), "P5\n%d %d\n%d", &w, &h, &depth); err != nil {
		t.Fatal(err)
	}
	return &image.Gray{Pix: data[len(data)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// wantBlack folds the sheet: where the frame of the PIN comes to lie on the
// other panels, give or take 2 mm, there is nothing but black.
func wantBlack(t *testing.T, pdf []byte) {
	t.Helper()
	const dpi = 100
	page := readPicture(t, picture(t, pdf, dpi))
	px := func(mm float64) int { return int(mm * dpi / 25.4) }
	for _, fold := range []float64{99, 198} { // thirds of A4, written out: where the paper is folded
		b := pinBox.Inset(-2)
		for y := px(2*fold - b.Y - b.H); y <= px(2*fold-b.Y); y++ {
			for x := px(b.X); x <= px(b.X+b.W); x++ {
				if page.GrayAt(x, y).Y > 8 {
					t.Fatalf("light at pixel %d, %d", x, y)
				}
			}
		}
	}
}

// TestAddressLines: order and capitals by destination.
func TestAddressLines(t *testing.T) {
	p := Postal{Name: " Anna  Prova", Street: "12 Elm Street", Postcode: "k1a 0b1", City: "Ottawa", Province: "ON"}
	tests := []struct {
		state, province, region, want string
	}{
		{"", "ON", "", "Anna Prova|12 Elm Street|K1A 0B1 OTTAWA ON"},
		{" Italia ", "ON", "", "Anna Prova|12 Elm Street|K1A 0B1 OTTAWA ON"},
		{"Canada", "ON", "", "Anna Prova|12 Elm Street|OTTAWA ON K1A 0B1|CANADA"},
		{"Stati Uniti  d'America", "", "NY", "Anna Prova|12 Elm Street|OTTAWA NY K1A 0B1|STATI UNITI D'AMERICA"},
		{"Regno Unito", "", "", "Anna Prova|12 Elm Street|OTTAWA|K1A 0B1|REGNO UNITO"},
		{"Brasile", "SP", "", "Anna Prova|12 Elm Street|OTTAWA - SP|K1A 0B1|BRASILE"},
		{"Lussemburgo", "", "Ottawa", "Anna Prova|12 Elm Street|K1A 0B1 OTTAWA|LUSSEMBURGO"},
		{"Perù", "", "", "Anna Prova|12 Elm Street|K1A 0B1 OTTAWA|PERÙ"},
	}
	for _, tt := range tests {
		q := p
		q.State, q.Province, q.Region = tt.state, tt.province, tt.region
		if got := strings.Join(q.lines(), "|"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.state, got, tt.want)
		}
	}
	p.Postcode, p.State = "", "Regno Unito"
	if got := strings.Join(p.lines(), "|"); got != "Anna Prova|12 Elm Street|OTTAWA - ON|REGNO UNITO" {
		t.Errorf("without postcode: %s", got)
	}
}

// TestAddressFits: whatever an address says, its lines stay in their box and
// the last of them is there.
func TestAddressFits(t *testing.T) {
	c := newCanvas(made, "it")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÀ-ž ]{0,400}`))
		lines := append(rapid.SliceOfN(text, 0, 4).Draw(t, "lines"), "ARGENTINA")
		b := Box{W: window.W, H: 26}
		out, size := c.broken(b, regular, 11, lines)
		if float64(len(out))*lineHeight(size) > b.H || size < smallest || out[len(out)-1] != "ARGENTINA" {
			t.Fatalf("%d lines of %.2f points, last %q", len(out), size, out[len(out)-1])
		}
		c.set(regular, size)
		for _, l := range out {
			if w := c.pdf.GetStringWidth(l); w > b.W+0.01 {
				t.Fatalf("line of %.2f mm", w)
			}
		}
	})
}

// TestSameBytes: the same letter and envelope give the same bytes.
func TestSameBytes(t *testing.T) {
	if !bytes.Equal(renderLetter(t, someLetter(), "it"), renderLetter(t, someLetter(), "xx")) {
		t.Error("a letter differs")
	}
	if !bytes.Equal(renderEnvelope(t, someEnvelope(), "it"), renderEnvelope(t, someEnvelope(), "")) {
		t.Error("an envelope differs")
	}
}

func renderLetter(t testing.TB, l Letter, lang string) []byte {
	t.Helper()
	b, err := l.Render(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func renderEnvelope(t testing.TB, e Envelope, lang string) []byte {
	t.Helper()
	b, err := e.Render(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
