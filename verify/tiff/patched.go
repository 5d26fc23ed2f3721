package tiff

import (
	"encoding/binary"
	"io"
)

// patched shows a file whose header points at another directory, without a copy
// of the file.
type patched struct {
	header [headerBytes]byte
	data   []byte
	at     int64
}

func newPatched(data []byte, order binary.ByteOrder, first uint32) *patched {
	p := &patched{data: data}
	copy(p.header[:], data)
	order.PutUint32(p.header[4:], first)
	return p
}

// ReadAt implements io.ReaderAt.
func (p *patched) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(p.data)) {
		return 0, io.EOF
	}
	n := copy(b, p.data[off:])
	if off < headerBytes {
		copy(b[:n], p.header[off:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Read implements io.Reader.
func (p *patched) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := p.ReadAt(b, p.at)
	p.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}
