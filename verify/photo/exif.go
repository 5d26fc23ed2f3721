package photo

import (
	"bytes"
	"encoding/binary"
)

// head is what the segments before the pixels of a JPEG say.
type head struct {
	orientation int // 1 to 8
	progressive bool
}

// Markers of ITU-T T.81, table B.1.
const (
	markerSOF2 = 0xc2 // progressive
	markerSOS  = 0xda
	markerAPP1 = 0xe1
)

// header walks the segments up to the first scan. What it does not understand it
// passes over: a wrong orientation costs a turn of the page, which its content
// corrects.
func header(data []byte) head {
	h := head{orientation: 1}
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff {
			break
		}
		marker := data[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == markerSOS || size < 2 || at+2+size > len(data) {
			break
		}
		segment := data[at+4 : at+2+size]
		switch {
		case marker == markerSOF2:
			h.progressive = true
		case marker == markerAPP1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")):
			if o := orientation(segment[6:]); o != 0 {
				h.orientation = o
			}
		}
		at += 2 + size
	}
	return h
}

// orientation reads tag 0x0112 of the first directory of a TIFF structure, 0
// when it is not there.
func orientation(tiff []byte) int {
	const tag, short, entry = 0x0112, 3, 12
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II*\x00")) {
		order = binary.LittleEndian
	} else if !bytes.HasPrefix(tiff, []byte("MM\x00*")) {
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entry {
			return 0
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if v := order.Uint16(entries[8:]); v >= 1 && v <= 8 {
				return int(v)
			}
			return 0
		}
		entries = entries[entry:]
	}
	return 0
}
