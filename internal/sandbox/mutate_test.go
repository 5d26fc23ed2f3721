package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// mutator damages documents as accidents and people of ill will do. The same
// seed gives the same damage.
type mutator struct {
	rng   *rand.Rand
	donor []byte // another document, pieces of which are spliced in
	done  []string
}

// mutate returns a damaged copy of data and says in words what was done to it.
func mutate(data, donor []byte, seed, n uint64) ([]byte, string) {
	m := &mutator{rng: rand.New(rand.NewPCG(seed, n)), donor: donor}
	data = slices.Clone(data)
	for more := true; more; more = m.rng.IntN(2) == 0 {
		kinds := []func([]byte) []byte{m.flip, m.overwrite, m.remove, m.repeat, m.splice, m.cut, m.tweak, m.tweak, m.tweak}
		data = kinds[m.rng.IntN(len(kinds))](data)
	}
	return data, strings.Join(m.done, ", ")
}

func (m *mutator) note(format string, args ...any) {
	m.done = append(m.done, fmt.Sprintf(format, args...))
}

// span is a random range of data of at most longest bytes.
func (m *mutator) span(data []byte, longest int) (from, to int) {
	if len(data) == 0 {
		return 0, 0
	}
	from = m.rng.IntN(len(data))
	return from, min(from+1+m.rng.IntN(longest), len(data))
}

func (m *mutator) flip(data []byte) []byte {
	for range 1 + m.rng.IntN(8) {
		if at, to := m.span(data, 1); to > at {
			bit := m.rng.IntN(8)
			data[at] ^= 1 << bit
			m.note("flip %d.%d", at, bit)
		}
	}
	return data
}

func (m *mutator) overwrite(data []byte) []byte {
	from, to := m.span(data, 64)
	fill := []int{0, 0xff, -1}[m.rng.IntN(3)]
	for i := from; i < to; i++ {
		data[i] = byte(fill)
		if fill < 0 {
			data[i] = byte(m.rng.IntN(256))
		}
	}
	m.note("overwrite %d-%d with %d", from, to, fill)
	return data
}

func (m *mutator) remove(data []byte) []byte {
	from, to := m.span(data, max(len(data)/8, 1))
	m.note("remove %d-%d", from, to)
	return slices.Delete(data, from, to)
}

func (m *mutator) repeat(data []byte) []byte {
	from, to := m.span(data, max(len(data)/8, 1))
	m.note("repeat %d-%d", from, to)
	return slices.Insert(data, to, bytes.Clone(data[from:to])...)
}

func (m *mutator) splice(data []byte) []byte {
	from, to := m.span(m.donor, 4096)
	at, _ := m.span(data, 1)
	m.note("splice %d-%d of the other at %d", from, to, at)
	return slices.Insert(data, at, m.donor[from:to]...)
}

func (m *mutator) cut(data []byte) []byte {
	at, _ := m.span(data, 1)
	m.note("cut at %d", at)
	return data[:at]
}

// tweak changes what a reader believes: an entry of a TIFF directory, or a
// number, a name or a keyword of a PDF.
func (m *mutator) tweak(data []byte) []byte {
	if Sniff(data) == FormatTIFF {
		return m.tweakTIFF(data)
	}
	return m.tweakPDF(data)
}

// tweakTIFF changes one field of a classic directory, or the bytes where a
// BigTIFF has its own.
func (m *mutator) tweakTIFF(data []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	fields := tiffFields(data, order)
	if len(fields) == 0 {
		return m.flip(data)
	}
	f := fields[m.rng.IntN(len(fields))]
	values := []uint32{0, 1, 2, 3, 4, 5, 8, 16, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, m.rng.Uint32N(uint32(len(data)) + 9)}
	v := values[m.rng.IntN(len(values))]
	switch f.size {
	case 2:
		if m.rng.IntN(2) == 0 {
			v = 254 + m.rng.Uint32N(80) // a tag number
		}
		order.PutUint16(data[f.at:], uint16(v))
	default:
		order.PutUint32(data[f.at:], v)
	}
	m.note("%d bytes at %d become %#x", f.size, f.at, v)
	return data
}

// tiffField is a number in a directory: 2 or 4 bytes at a place.
type tiffField struct{ at, size int }

// tiffFields lists every number of the first directories: counts, tags, types,
// lengths, values, links.
func tiffFields(data []byte, order binary.ByteOrder) []tiffField {
	fields := []tiffField{{4, 4}}
	at := uint64(0)
	if len(data) >= 8 {
		at = uint64(order.Uint32(data[4:]))
	}
	for range 8 {
		if at == 0 || at+2 > uint64(len(data)) {
			break
		}
		entry := int(at) + 2
		end := entry + 12*int(order.Uint16(data[at:]))
		if end+4 > len(data) {
			break
		}
		fields = append(fields, tiffField{int(at), 2}, tiffField{end, 4})
		for ; entry < end; entry += 12 {
			fields = append(fields, tiffField{entry, 2}, tiffField{entry + 2, 2}, tiffField{entry + 4, 4}, tiffField{entry + 8, 4})
		}
		at = uint64(order.Uint32(data[end:]))
	}
	if fields[0].at+4 > len(data) {
		return nil
	}
	return fields
}

// pdfToken finds what the structure of a PDF is made of.
var pdfToken = regexp.MustCompile(`\d+ \d+ R|-?\d+(\.\d+)?|/[A-Za-z0-9]+|\b(endobj|obj|stream|endstream|xref|trailer|startxref|true|false|null)\b|<<|>>|\[|\]`)

// tweakPDF puts another token in the place of one outside of long streams.
func (m *mutator) tweakPDF(data []byte) []byte {
	// Only a window is searched: a megabyte of tokens takes longer than reading it.
	from, _ := m.span(data, 1)
	window := data[from:min(from+8192, len(data))]
	found := pdfToken.FindAllIndex(window, 400)
	if len(found) == 0 {
		return m.flip(data)
	}
	at := found[m.rng.IntN(len(found))]
	other := found[m.rng.IntN(len(found))]
	values := []string{
		"0", "-1", "1", "2147483647", "2147483648", "4294967296", "99999999999999999999", "1e9", "/", "/Type", "<<", "]", "null",
		"/JavaScript", "/FlateDecode", "/DCTDecode", "/JBIG2Decode", "1 0 R", "9999 0 R", string(window[other[0]:other[1]]),
	}
	v := values[m.rng.IntN(len(values))]
	m.note("%q at %d becomes %q", window[at[0]:at[1]], from+at[0], v)
	return slices.Replace(data, from+at[0], from+at[1], []byte(v)...)
}
