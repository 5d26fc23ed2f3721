package tiff

import (
	"bytes"
	"encoding/binary"
)

// tag is an entry of a directory under construction: whole numbers or
// rationals.
type tag struct {
	id, kind uint16
	values   []uint32
}

func short(id uint16, values ...uint32) tag { return tag{id, 3, values} }
func long(id uint16, values ...uint32) tag  { return tag{id, 4, values} }
func ratio(id uint16, over, under uint32) tag {
	return tag{id, 5, []uint32{over, under}}
}

func raw(id uint16, data []byte) tag {
	t := tag{id: id, kind: 7}
	for _, b := range data {
		t.values = append(t.values, uint32(b))
	}
	return t
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// builder writes TIFF and BigTIFF files in either byte order.
type builder struct {
	order byteOrder
	big   bool // BigTIFF
	data  []byte
	link  int // where the offset of the next directory goes
}

func newBuilder(bigEndian bool) *builder {
	b := &builder{order: binary.LittleEndian, data: []byte("II*\x00\x00\x00\x00\x00"), link: 4}
	if bigEndian {
		b.order, b.data = binary.BigEndian, []byte("MM\x00*\x00\x00\x00\x00")
	}
	return b
}

func newBigBuilder(bigEndian bool) *builder {
	b := newBuilder(bigEndian)
	b.big, b.link = true, 8
	b.data = b.data[:2]
	for _, v := range []uint16{43, 8, 0} {
		b.data = b.order.AppendUint16(b.data, v)
	}
	b.data = append(b.data, make([]byte, 8)...)
	return b
}

// put appends data and returns where it lies.
func (b *builder) put(data []byte) uint32 {
	at := uint32(len(b.data))
	b.data = append(b.data, data...)
	return at
}

// offset appends an offset or a count.
func (b *builder) offset(v uint32) {
	if b.big {
		b.data = b.order.AppendUint64(b.data, uint64(v))
		return
	}
	b.data = b.order.AppendUint32(b.data, v)
}

// page appends a directory; its tags must be in order.
func (b *builder) page(tags ...tag) uint32 {
	inline := 4
	if b.big {
		inline = 8
	}
	outside := map[int]uint32{}
	for i, t := range tags {
		if values := b.values(t); len(values) > inline {
			outside[i] = b.put(values)
		}
	}
	at := uint32(len(b.data))
	if b.big {
		b.order.PutUint64(b.data[b.link:], uint64(at))
		b.data = b.order.AppendUint64(b.data, uint64(len(tags)))
	} else {
		b.order.PutUint32(b.data[b.link:], at)
		b.data = b.order.AppendUint16(b.data, uint16(len(tags)))
	}
	for i, t := range tags {
		b.data = b.order.AppendUint16(b.data, t.id)
		b.data = b.order.AppendUint16(b.data, t.kind)
		n := uint32(len(t.values))
		if t.kind == 5 {
			n /= 2
		}
		b.offset(n)
		if offset, ok := outside[i]; ok {
			b.offset(offset)
			continue
		}
		b.data = append(b.data, append(b.values(t), make([]byte, 8)...)[:inline]...)
	}
	b.link = len(b.data)
	b.offset(0)
	return at
}

func (b *builder) values(t tag) []byte {
	var out []byte
	for _, v := range t.values {
		switch t.kind {
		case 7:
			out = append(out, byte(v))
		case 3:
			out = b.order.AppendUint16(out, uint16(v))
		case 16:
			out = b.order.AppendUint64(out, uint64(v))
		default:
			out = b.order.AppendUint32(out, v)
		}
	}
	return out
}

// gray is a page of 8-bit grey of the given shade, uncompressed.
func (b *builder) gray(w, h uint32, shade byte, more ...tag) uint32 {
	at := b.put(bytes.Repeat([]byte{shade}, int(w*h)))
	return b.page(append([]tag{
		short(tagWidth, w), short(tagLength, h), short(tagBitsPerSample, 8), short(tagCompression, 1),
		short(tagPhotometric, 1), long(tagStripOffsets, at), long(tagStripByteCounts, w*h),
	}, more...)...)
}

func build(tags ...tag) []byte {
	b := newBuilder(false)
	b.page(tags...)
	return b.data
}
