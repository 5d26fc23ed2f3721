package ccitt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// A class is a way to damage a stream.
type class struct {
	encoding ccitt.Encoding
	lost     int // bytes; 0 means one flipped bit
}

func (c class) String() string {
	if c.lost == 0 {
		return c.encoding.String() + ", 1 bit flipped"
	}
	return fmt.Sprintf("%s, %d bytes lost", c.encoding, c.lost)
}

// hit returns the stream with the damage of the class at a place drawn by seed.
func (c class) hit(stream []byte, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, uint64(c.lost)))
	out := slices.Clone(stream)
	if c.lost == 0 {
		at := rng.IntN(8 * len(out))
		out[at/8] ^= 0x80 >> (at % 8)
		return out
	}
	at := rng.IntN(len(out) - c.lost)
	return slices.Delete(out, at, at+c.lost)
}

// A score is what was read of damaged pages.
type score struct {
	rows      int // of all pages
	equal     int // to those of the undamaged page
	unmarked  int // different and not reported as damaged
	doubted   int // equal and reported as damaged
	whole     int // pages equal in every row
	repaired  int // pages with a repair
	blind     int // pages without a picture
	libtiff   int // rows that tiffcp -i reads
	libtiffOK int // pages that tiffcp -i reads whole
}

func (s *score) add(want, got ccitt.Bitmap, r ccitt.Report) {
	s.rows += want.Height
	if got.Height == 0 {
		s.blind++
	}
	if r.Repaired > 0 {
		s.repaired++
	}
	damaged := make([]bool, max(want.Height, got.Height))
	for _, d := range r.Damaged {
		for y := d.From; y < d.To; y++ {
			damaged[y] = true
		}
	}
	same := 0
	for y := range want.Height {
		equal := y < got.Height && bytes.Equal(want.Row(y), got.Row(y))
		switch {
		case equal && damaged[y]:
			s.doubted++
		case !equal && !damaged[y]:
			s.unmarked++
		}
		if equal {
			same++
		}
	}
	s.equal += same
	if same == want.Height {
		s.whole++
	}
}

func (s *score) share(n int) float64 { return 100 * float64(n) / float64(s.rows) }

// damageFloors are the shares of rows, in per cent, that must come back in
// TestDamageTable; about half a point below what was measured.
var damageFloors = map[string]float64{
	"g3-1d, 1 bit flipped": 99.9, "g3-1d, 1 bytes lost": 99.5, "g3-1d, 3 bytes lost": 99.2, "g3-1d, 10 bytes lost": 98.9,
	"g3-2d, 1 bit flipped": 99.8, "g3-2d, 1 bytes lost": 99.5, "g3-2d, 3 bytes lost": 99.5, "g3-2d, 10 bytes lost": 99.5,
	"g4, 1 bit flipped": 99.4, "g4, 1 bytes lost": 98.0, "g4, 3 bytes lost": 98.4, "g4, 10 bytes lost": 98.4,
}

// TestDamageTable damages pages and counts the rows that come back. With
// DISPOSITIVO_SOAK=1 it takes 200 pages a class and has tiffcp -i (libtiff-tools)
// read the same files: no class may be worse than that.
func TestDamageTable(t *testing.T) {
	pages, soak := 20, os.Getenv("DISPOSITIVO_SOAK") != ""
	if soak {
		pages = 200
	}
	originals := make([]ccitt.Bitmap, max(5, pages/5))
	for i := range originals {
		originals[i] = fax.Simulate(fax.Letter(uint64(i), 204), 204, fax.Options{Seed: uint64(i)})
	}
	var table strings.Builder
	table.WriteString("| damage | rows equal | whole pages | repaired | wrong rows not reported | right rows doubted | tiffcp -i |\n|---|---|---|---|---|---|---|\n")
	for _, e := range []ccitt.Encoding{ccitt.Group31D, ccitt.Group32D, ccitt.Group4} {
		for _, lost := range []int{0, 1, 3, 10} {
			c := class{e, lost}
			s := c.run(t, originals, pages, soak)
			libtiff := "not run"
			if soak {
				libtiff = fmt.Sprintf("%.2f %%, %d whole", s.share(s.libtiff), s.libtiffOK)
				if s.equal < s.libtiff {
					t.Errorf("%s: %d rows equal, tiffcp -i has %d", c, s.equal, s.libtiff)
				}
			}
			fmt.Fprintf(&table, "| %s | %.2f %% | %d of %d | %d | %.3f %% | %.3f %% | %s |\n", c, s.share(s.equal),
				s.whole, pages, s.repaired, s.share(s.unmarked), s.share(s.doubted), libtiff)
			if floor, ok := damageFloors[c.String()]; !ok || s.share(s.equal) < floor || s.blind > 0 {
				t.Errorf("%s: %.2f %% of rows, floor %.2f %%; %d pages without picture", c, s.share(s.equal), floor, s.blind)
			}
		}
	}
	t.Log("\n" + table.String())
}

func (c class) run(t *testing.T, originals []ccitt.Bitmap, pages int, libtiff bool) (s score) {
	var d ccitt.Decoder
	var got ccitt.Bitmap
	byHeight := map[int][][]byte{}
	first := map[int][]ccitt.Bitmap{}
	for i := range pages {
		want := originals[i%len(originals)]
		p := ccitt.Params{Encoding: c.encoding, Columns: want.Width, Rows: want.Height}
		stream := c.hit(ccitt.Encode(want, p), uint64(i))
		r, err := d.Decode(&got, stream, p)
		if err != nil {
			t.Fatal(err)
		}
		s.add(want, got, r)
		byHeight[want.Height] = append(byHeight[want.Height], stream)
		first[want.Height] = append(first[want.Height], want)
	}
	for height, streams := range byHeight {
		if libtiff {
			p := ccitt.Params{Encoding: c.encoding, Columns: first[height][0].Width, Rows: height}
			s.addLibtiff(first[height], tiffcp(t, makeTIFF(streams, p)))
		}
	}
	return s
}

func (s *score) addLibtiff(want []ccitt.Bitmap, got [][]byte) {
	for i, w := range want {
		same := 0
		for y := range w.Height {
			if i < len(got) && (y+1)*w.Stride <= len(got[i]) && bytes.Equal(w.Row(y), got[i][y*w.Stride:(y+1)*w.Stride]) {
				same++
			}
		}
		s.libtiff += same
		if same == w.Height {
			s.libtiffOK++
		}
	}
}

// tiffcp has libtiff decode a file as far as it can.
func tiffcp(t *testing.T, file []byte, options ...string) [][]byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-i", "-c", "none"}, options...)
	cmd := exec.CommandContext(t.Context(), "tiffcp", append(args, in, out)...)
	// It says what is damaged and ends with 0 or 1; what counts is the file.
	if msg, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("tiffcp: %v: %s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return uncompressed(data)
}
