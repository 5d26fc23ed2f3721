package mail

import (
	"bytes"
	"encoding/binary"
	"strings"

	"dispositivo/internal/sandbox"
)

// isDocument reports whether the part is a page to be read, by its bytes, or is
// meant as one by its name or type: then it is refused with a reason instead of
// passed over.
func (p part) isDocument() bool {
	switch sandbox.Sniff(p.data) { //nolint:exhaustive // what is unknown goes by its name
	case sandbox.FormatPDF, sandbox.FormatTIFF:
		return true
	}
	for _, ending := range []string{".pdf", ".tif", ".tiff"} {
		if p.named(ending) {
			return true
		}
	}
	return p.typ == "application/pdf" || p.typ == "image/tiff" || p.typ == "application/x-pdf"
}

// isPicture reports whether the part is a photograph that was attached, not one
// that is shown within a text.
func (p part) isPicture() bool {
	switch sandbox.Sniff(p.data) { //nolint:exhaustive // the others are no pictures
	case "jpeg", "png", "heic":
		return !p.shown
	}
	return false
}

// isOther reports whether the part is a file of a kind that is not read.
func (p part) isOther() bool {
	switch {
	case p.shown, len(p.data) == 0, strings.HasPrefix(p.typ, "text/") && p.name == "":
		return false
	case strings.HasPrefix(p.typ, "message/"), p.typ == "text/html", p.typ == "text/calendar", p.typ == "text/vcard":
		return false
	}
	for _, ending := range []string{".p7s", ".asc", ".sig", ".ics", ".vcf", ".xml", ".html", ".htm"} {
		if p.named(ending) {
			return false
		}
	}
	// Without a name only the bytes say that it is a file.
	format := sandbox.Sniff(p.data)
	return p.name != "" || format != sandbox.FormatUnknown && format != "text" && format != "p7m"
}

// documents are the files of a message in their order: pages and attached
// photographs, and how many other files are beside them, but for texts, which mail
// servers add by themselves. When there are only others, they are the files, so that
// the sender is told that they are of no accepted kind.
func documents(parts []part) (docs []part, passedOver int) {
	var others []part
	for _, p := range parts {
		switch {
		case p.isDocument() || p.isPicture():
			docs = append(docs, p)
		case p.isOther():
			others = append(others, p)
			if !p.named(".txt") {
				passedOver++
			}
		}
	}
	if len(docs) == 0 {
		return others, 0
	}
	return docs, passedOver
}

// tnefMagic begins a winmail.dat.
var tnefMagic = []byte{0x78, 0x9f, 0x3e, 0x22}

// The attributes of TNEF (MS-OXTNEF, section 2.1.3.2) that matter here.
const (
	tnefRenderData = 0x00069002 // begins another attachment
	tnefTitle      = 0x00018010
	tnefData       = 0x0006800f
)

// untnef returns the attachments of a winmail.dat, as far as it is whole.
func untnef(data []byte) []part {
	const start, head, checksum = 6, 9, 2 // signature and key; level, id and length
	if !bytes.HasPrefix(data, tnefMagic) || len(data) < start {
		return nil
	}
	var files []part
	for rest := data[start:]; len(rest) >= head && len(files) < maxParts; {
		id, n := binary.LittleEndian.Uint32(rest[1:]), int64(binary.LittleEndian.Uint32(rest[5:]))
		if n > int64(len(rest)-head) {
			break
		}
		value := rest[head : head+n]
		rest = rest[head+n:]
		rest = rest[min(checksum, len(rest)):]
		switch {
		case id == tnefRenderData:
			files = append(files, part{typ: "application/octet-stream"})
		case len(files) == 0:
		case id == tnefTitle:
			files[len(files)-1].name = strings.TrimRight(strings.ToValidUTF8(string(value), "?"), "\x00")
		case id == tnefData:
			files[len(files)-1].data = value
		}
	}
	return files
}

// uudecode returns the files that stand uuencoded in a text.
func uudecode(text []byte) []part {
	if !bytes.Contains(text, []byte("begin ")) {
		return nil
	}
	var files []part
	var open *part
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case open == nil:
			fields := bytes.SplitN(line, []byte(" "), 3)
			if len(fields) == 3 && string(fields[0]) == "begin" && len(fields[1]) == 3 && len(files) < maxParts {
				open = &part{typ: "application/octet-stream", name: strings.ToValidUTF8(string(fields[2]), "?")}
			}
		case string(line) == "end":
			files = append(files, *open)
			open = nil
		default:
			open.data = uuline(open.data, line)
		}
	}
	return files // one without an end is a text that looks like it
}

// uuline decodes one line: its length, then four characters for three bytes.
func uuline(to, line []byte) []byte {
	if len(line) == 0 {
		return to
	}
	six := func(c byte) byte { return (c - ' ') & 0x3f }
	n, out := int(six(line[0])), len(to)
	for rest := line[1:]; len(rest) >= 4; rest = rest[4:] {
		a, b, c, d := six(rest[0]), six(rest[1]), six(rest[2]), six(rest[3])
		to = append(to, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return to[:min(len(to), out+n)]
}
