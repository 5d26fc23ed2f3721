package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
)

// The limits of a signed file's structure: honest ones have some ten levels, and
// some thousand values.
const (
	maxNesting = 40
	maxValues  = 100_000
)

// shallow reports whether the values of a BER encoding lie within the limits. It
// does not call itself, and says no to what it does not understand.
func shallow(data []byte) bool {
	const indefinite = -1
	var ends []int // of the constructed values around the place
	values := 0
	for at := 0; at < len(data); {
		if values++; values > maxValues {
			return false
		}
		constructed, length, size := tag(data[at:])
		if size == 0 {
			return false
		}
		at += size
		switch {
		case constructed && length == indefinite:
			ends = append(ends, indefinite)
		case constructed && length > 0:
			ends = append(ends, at+length)
		case size == 2 && length == 0 && data[at-2] == 0 && len(ends) > 0 && ends[len(ends)-1] == indefinite:
			ends = ends[:len(ends)-1] // end of contents
		default:
			at += max(length, 0)
		}
		for len(ends) > 0 && ends[len(ends)-1] != indefinite && at >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		if len(ends) > maxNesting {
			return false
		}
		if len(ends) == 0 {
			return true // what follows the outermost value is looked at by nobody
		}
	}
	return false
}

// tag reads an identifier and a length; size 0: there is none. Length -1:
// indefinite.
func tag(data []byte) (constructed bool, length, size int) {
	if len(data) < 2 {
		return false, 0, 0
	}
	i := 1
	if data[0]&0x1f == 0x1f {
		for i < len(data) && data[i] >= 0x80 {
			i++
		}
		i++
	}
	if i >= len(data) {
		return false, 0, 0
	}
	n := int(data[i])
	i++
	constructed = data[0]&0x20 != 0
	switch {
	case n == 0x80:
		return constructed, -1, i
	case n < 0x80:
		return constructed, n, i
	case n > 0x84 || i+n-0x80 > len(data):
		return false, 0, 0
	}
	for _, b := range data[i : i+n-0x80] {
		length = length<<8 | int(b)
	}
	return constructed, length, i + n - 0x80
}

// unarmoured takes the base64 off a signed file.
func unarmoured(data []byte) []byte {
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	if trimmed := bytes.TrimSpace(data); bytes.HasPrefix(trimmed, []byte("MI")) {
		plain := make([]byte, base64.StdEncoding.DecodedLen(len(trimmed)))
		if n, err := base64.StdEncoding.Decode(plain, trimmed); err == nil {
			return plain[:n]
		}
	}
	return data
}
