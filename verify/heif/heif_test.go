package heif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"dispositivo/internal/assets"
	"dispositivo/internal/testkit/engines"
)

// engineCache keeps the compiled engines.
var engineCache string

func TestMain(m *testing.M) {
	var err error
	if engineCache, err = engines.Folder(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func newEngine(t testing.TB, cfg EngineConfig) *Engine {
	t.Helper()
	cfg.CacheDir = engineCache
	code, err := assets.HEIF()
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEngine(t.Context(), code, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// sample reads a file that heif-enc 1.15 made of a picture with a corner of each
// colour: red, green, blue, and grey at the bottom right.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// corners names the colour of each corner: top left, top right, bottom left, bottom right.
func corners(p Picture) string {
	b := p.Image.Bounds()
	x, y := b.Dx()/8, b.Dy()/8
	var names []byte
	for _, at := range [][2]int{{x, y}, {b.Max.X - x, y}, {x, b.Max.Y - y}, {b.Max.X - x, b.Max.Y - y}} {
		c, _ := color.NRGBAModel.Convert(p.Image.At(at[0], at[1])).(color.NRGBA)
		switch {
		case c.R > 150 && c.G < 100:
			names = append(names, 'R')
		case c.G > 120 && c.R < 100:
			names = append(names, 'G')
		case c.B > 150 && c.R < 100:
			names = append(names, 'B')
		case min(c.R, c.G, c.B) > 200:
			names = append(names, 'W')
		default:
			names = append(names, '?')
		}
	}
	return string(names)
}

// find returns where the box of a path begins.
func find(t testing.TB, data []byte, path ...string) int {
	t.Helper()
	at, end := 0, len(data)
	for i, name := range path {
		for at < end && string(data[at+4:at+8]) != name {
			at += int(binary.BigEndian.Uint32(data[at:]))
		}
		if at >= end {
			t.Fatalf("no box %s", name)
		}
		if i < len(path)-1 {
			end = at + int(binary.BigEndian.Uint32(data[at:]))
			if at += 8; name == "meta" {
				at += 4
			}
		}
	}
	return at
}

// turned says in a file of one item that it is to be turned so many quarters to the
// left (ISO/IEC 23008-12, section 6.5.10).
func turned(t testing.TB, data []byte, quarters byte) []byte {
	t.Helper()
	data = slices.Clone(data)
	grow := func(n int, path ...string) {
		at := find(t, data, path...)
		binary.BigEndian.PutUint32(data[at:], binary.BigEndian.Uint32(data[at:])+uint32(n))
	}
	ipco := find(t, data, "meta", "iprp", "ipco")
	size := int(binary.BigEndian.Uint32(data[ipco:]))
	properties := byte(1)
	for at := ipco + 8; at < ipco+size; at += int(binary.BigEndian.Uint32(data[at:])) {
		properties++
	}
	ipma := find(t, data, "meta", "iprp", "ipma")
	// Version and flags, one entry, a number of 16 bits: then how many properties it has.
	count := ipma + 8 + 4 + 4 + 2
	ends := count + 1 + int(data[count])
	data[count]++
	data = slices.Insert(data, ends, 0x80|properties)
	grow(1, "meta", "iprp", "ipma")
	data = slices.Insert(data, ipco+size, 0, 0, 0, 9, 'i', 'r', 'o', 't', quarters)
	grow(9, "meta", "iprp", "ipco")
	grow(10, "meta", "iprp")
	grow(10, "meta")
	// The pixels lie ten bytes further on: the offset before their length in iloc.
	mdat := uint32(find(t, data, "mdat") + 8)
	iloc := data[find(t, data, "meta", "iloc"):]
	iloc = iloc[:binary.BigEndian.Uint32(iloc)]
	at := bytes.Index(iloc, binary.BigEndian.AppendUint32(nil, mdat-10))
	if at < 0 {
		t.Fatal("no offset in iloc")
	}
	binary.BigEndian.PutUint32(iloc[at:], mdat)
	return data
}

// proves C3: photographs of telephones are decoded, and turned as they say.
func TestDecode(t *testing.T) {
	t.Parallel()
	e := newEngine(t, EngineConfig{})
	colours := sample(t, "colours.heic")
	for name, tt := range map[string]struct {
		data          []byte
		width, height int
		corners       string
	}{
		"as it is":         {colours, 160, 120, "RGBW"},
		"an odd size":      {sample(t, "odd.heic"), 161, 121, "RGBW"},
		"left":             {turned(t, colours, 1), 120, 160, "GWRB"},
		"upside down":      {turned(t, colours, 2), 160, 120, "WBGR"},
		"right":            {turned(t, colours, 3), 120, 160, "BRWG"},
		"of 12 megapixels": {sample(t, "twelve.heic"), 4032, 3024, "RGBW"},
	} {
		p, err := e.Decode(t.Context(), tt.data)
		if err != nil || p.Width != tt.width || p.Height != tt.height || corners(p) != tt.corners {
			t.Errorf("%s: %dx%d, %v", name, p.Width, p.Height, err)
			if err == nil {
				t.Errorf("%s: corners %s, want %s", name, corners(p), tt.corners)
			}
		}
	}
}

// What cannot be decoded is an error, whatever it is; memory has an end.
func TestHostile(t *testing.T) {
	t.Parallel()
	colours := sample(t, "colours.heic")
	e := newEngine(t, EngineConfig{})
	huge := slices.Clone(colours)
	ispe := find(t, huge, "meta", "iprp", "ipco", "ispe")
	binary.BigEndian.PutUint32(huge[ispe+12:], 30000)
	binary.BigEndian.PutUint32(huge[ispe+16:], 30000)
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":    {nil, ErrDamaged},
		"a header":   {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), ErrDamaged},
		"cut off":    {colours[:len(colours)-200], ErrDamaged},
		"half":       {colours[:300], ErrDamaged},
		"a wall":     {huge, ErrSize},
		"not a HEIC": {[]byte("%PDF-1.7 and more"), ErrDamaged},
	} {
		if _, err := e.Decode(t.Context(), tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	small := newEngine(t, EngineConfig{MemoryPages: 400})
	if _, err := small.Decode(t.Context(), sample(t, "twelve.heic")); !errors.Is(err, ErrEngine) && !errors.Is(err, ErrDamaged) {
		t.Errorf("beyond its memory: %v", err)
	}
}

// FuzzDecode: whatever the bytes, the end is a picture within bounds or an error.
func FuzzDecode(f *testing.F) {
	colours := sample(f, "colours.heic")
	f.Add(colours)
	f.Add(sample(f, "odd.heic"))
	f.Add(turned(f, colours, 1))
	e := newEngine(f, EngineConfig{MemoryPages: 1024}) // what never ends shows as a hang
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := e.Decode(t.Context(), data)
		if err != nil {
			return
		}
		b := p.Image.Bounds()
		if int64(p.Width)*int64(p.Height) > MaxPixels || b.Dx() > p.Width || b.Dy() > p.Height || b.Empty() {
			t.Errorf("%dx%d, %v", p.Width, p.Height, b)
		}
		p.Image.At(b.Max.X-1, b.Max.Y-1)
	})
}
