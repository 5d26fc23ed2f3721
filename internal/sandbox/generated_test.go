package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"

	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// faxFile is a TIFF of one small page for each encoding: the upper part of an
// invented letter.
func faxFile(encodings ...ccitt.Encoding) []byte {
	page := fax.Simulate(fax.Letter(1, 50), 50, fax.Options{DPIX: 51, DPIY: 49})
	page.Height = min(page.Height, 120)
	page.Pix = page.Pix[:page.Height*page.Stride]
	data, link := []byte("II*\x00\x00\x00\x00\x00"), 4
	for _, e := range encodings {
		strip := ccitt.Encode(page, ccitt.Params{Encoding: e})
		at := len(data)
		data = append(data, strip...)
		compression := map[ccitt.Encoding]uint32{ccitt.ModifiedHuffman: 2, ccitt.Group31D: 3, ccitt.Group32D: 3, ccitt.Group4: 4}[e]
		options := map[ccitt.Encoding]uint32{ccitt.Group32D: 1}[e]
		binary.LittleEndian.PutUint32(data[link:], uint32(len(data)))
		entries := [][2]uint32{
			{256, uint32(page.Width)},
			{257, uint32(page.Height)},
			{259, compression},
			{262, 0},
			{273, uint32(at)},
			{278, uint32(page.Height)},
			{279, uint32(len(strip))},
			{292, options},
		}
		data = binary.LittleEndian.AppendUint16(data, uint16(len(entries)))
		for _, e := range entries {
			data = binary.LittleEndian.AppendUint16(data, uint16(e[0]))
			data = binary.LittleEndian.AppendUint16(data, 4)
			data = binary.LittleEndian.AppendUint32(data, 1)
			data = binary.LittleEndian.AppendUint32(data, e[1])
		}
		link = len(data)
		data = append(data, 0, 0, 0, 0)
	}
	return data
}

// scanFile is a PDF whose page is one picture in JPEG.
func scanFile() []byte {
	page := fax.Letter(2, 40)
	var picture bytes.Buffer
	_ = jpeg.Encode(&picture, page, nil) // into memory
	return assembled(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
		stream("", "595 0 0 842 0 0 cm /I Do"),
		stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode",
			page.Rect.Dx(), page.Rect.Dy()), picture.String()),
	)
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
}

// assembled is a PDF of these objects, numbered from 1; the first is its root.
func assembled(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, object := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// generated are small good files of every kind that is read, made here.
func generated() map[string][]byte {
	return map[string][]byte{
		"made/g3.tif":    faxFile(ccitt.Group31D),
		"made/pages.tif": faxFile(ccitt.ModifiedHuffman, ccitt.Group31D, ccitt.Group32D, ccitt.Group4),
		"made/text.pdf":  document(2, line),
		"made/scan.pdf":  scanFile(),
		"made/act.pdf": assembled("<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(a)>>>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>", stream("", "0 0 0 rg 20 20 60 60 re f")),
	}
}
