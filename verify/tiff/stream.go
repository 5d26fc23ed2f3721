package tiff

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	tifflzw "golang.org/x/image/tiff/lzw"
)

// rowSource hands out a block row by row, each as it is stored: packed samples
// of one plane, or of all. A row is good until the next is asked for.
type rowSource interface {
	next() ([]byte, error)
}

// errData means that a block has no data at all.
var errData = errors.New("no pixel data")

// byteSource is what every decompressor here reads from.
type byteSource interface {
	io.Reader
	io.ByteReader
}

// byteRows cuts a stream into rows. The stream is read as far as rows are asked
// for and no further, so that it cannot expand beyond the page.
type byteRows struct {
	r    io.Reader
	row  []byte
	undo func(row []byte) // the predictor, nil if none
}

func (b *byteRows) next() ([]byte, error) {
	if _, err := io.ReadFull(b.r, b.row); err != nil {
		return nil, err
	}
	if b.undo != nil {
		b.undo(b.row)
	}
	return b.row, nil
}

// decompress returns the uncompressed stream of a block.
func (f *format) decompress(data []byte) (io.Reader, error) {
	if len(data) == 0 {
		return nil, errData
	}
	src := f.inOrder(data)
	switch f.encoding {
	case "none":
		return src, nil
	case "packbits":
		return &packBits{src: src}, nil
	case "lzw":
		if oldLZW(data) {
			return lzw.NewReader(src, lzw.LSB, 8), nil
		}
		return tifflzw.NewReader(src, tifflzw.MSB, 8), nil
	case "deflate":
		return zlib.NewReader(src)
	}
	return nil, fmt.Errorf("encoding %s", f.encoding)
}

// oldLZW recognises the LZW of libtiff before 1994: bits the other way round,
// and codes grow one later, as in GIF. Such data begin with its clear code.
func oldLZW(data []byte) bool { return len(data) > 1 && data[0] == 0 && data[1]&1 == 1 }

// inOrder turns the bits of every byte round where FillOrder says so, unless the
// data themselves show that the tag is wrong.
func (f *format) inOrder(data []byte) byteSource {
	r := bytes.NewReader(data)
	if !f.lsbFirst || f.encoding == "lzw" && data[0] == 0x80 || f.encoding == "deflate" && isZlib(data) {
		return r
	}
	return reversed{r}
}

// isZlib checks the header of RFC 1950.
func isZlib(data []byte) bool {
	return len(data) > 1 && data[0]&0x0f == 8 && (uint(data[0])<<8|uint(data[1]))%31 == 0
}

// reversed turns the bits of every byte round.
type reversed struct{ r *bytes.Reader }

// Read implements io.Reader.
func (v reversed) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	for i, b := range p[:n] {
		p[i] = bits.Reverse8(b)
	}
	return n, err
}

// ReadByte implements io.ByteReader.
func (v reversed) ReadByte() (byte, error) {
	b, err := v.r.ReadByte()
	return bits.Reverse8(b), err
}

// packBits expands runs of bytes (TIFF 6.0, section 9).
type packBits struct {
	src    byteSource
	left   int  // bytes of the run still to come
	repeat bool // the run repeats value
	value  byte
}

// Read implements io.Reader.
func (r *packBits) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if r.left == 0 {
			if err := r.begin(); err != nil {
				return n, err
			}
			continue
		}
		k := min(r.left, len(p)-n)
		if !r.repeat {
			read, err := r.src.Read(p[n : n+k])
			n, r.left = n+read, r.left-read
			if err != nil {
				return n, err
			}
			continue
		}
		for i := range k {
			p[n+i] = r.value
		}
		n, r.left = n+k, r.left-k
	}
	return n, nil
}

// begin reads the head of a run.
func (r *packBits) begin() error {
	head, err := r.src.ReadByte()
	if err != nil {
		return err
	}
	switch {
	case head < 128:
		r.left, r.repeat = int(head)+1, false
	case head > 128: // 128 means nothing
		r.left, r.repeat = 257-int(head), true
		r.value, err = r.src.ReadByte()
	}
	return err
}
