package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

func someJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif puts an orientation into a JPEG, in either byte order.
func exif(data []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	head := []byte("Exif\x00\x00MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		head = []byte("Exif\x00\x00II*\x00")
	}
	head = order.AppendUint16(order.AppendUint32(head, 8), 1)
	head = order.AppendUint16(order.AppendUint16(head, 0x0112), 3)
	head = order.AppendUint16(order.AppendUint32(head, 1), orientation)
	head = append(head, 0, 0, 0, 0, 0, 0)
	size := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(head)+2))
	return slices.Concat(data[:2], size, head, data[2:])
}

func TestOrientation(t *testing.T) {
	for o := range uint16(12) {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			p, err := Decode(exif(someJPEG(t), order, o), Limits{})
			want := int(o)
			if o < 1 || o > 8 {
				want = 1
			}
			if err != nil || p.Orientation != want {
				t.Errorf("%v %d: %d, %v", order, o, p.Orientation, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray16(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		data   []byte
		pixels int64
		want   error
	}{
		"enough":         {someJPEG(t), 1200, nil},
		"one too many":   {someJPEG(t), 1199, ErrSize},
		"a PNG of 16":    {b.Bytes(), 1200 * 16 / 3, nil},
		"too many of 16": {b.Bytes(), 1199 * 16 / 3, ErrSize},
		"half":           {someJPEG(t)[:300], 0, ErrTruncated},
		"a GIF":          {[]byte("GIF89a"), 0, ErrFormat},
	} {
		if _, err := Decode(tt.data, Limits{Pixels: tt.pixels}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A picture of many pixels comes out smaller, with its colours.
func TestReduced(t *testing.T) {
	src := image.NewYCbCr(image.Rect(0, 0, 101, 67), image.YCbCrSubsampleRatio420)
	for i := range src.Y {
		src.Y[i] = 77
	}
	got := reduced(src, 2000)
	if got.Rect.Dx() != 50 || got.Rect.Dy() != 33 || got.Y[0] != 77 {
		t.Errorf("%v, %d", got.Rect, got.Y[0])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(exif(someJPEG(f), binary.BigEndian, 6))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data, Limits{Pixels: 1 << 16})
		if err == nil && (p.Width <= 0 || p.Orientation < 1 || p.Orientation > 8) {
			t.Errorf("%+v", p)
		}
	})
}
