package sandbox

import (
	"bytes"
	"unicode/utf8"
)

// Format names a kind of file by its content, never by its name (C2).
type Format string

// The formats that are read; any other name is only good for a refusal.
const (
	FormatPDF     Format = "pdf"
	FormatTIFF    Format = "tiff"
	FormatUnknown Format = "unknown"
)

// formatHEIC is the one of telephones, which is only put together (C3).
const formatHEIC Format = "heic"

// SniffBytes is how much of a file's beginning Sniff looks at.
const SniffBytes = 1024

// signatures are looked for at the very beginning. A RIFF or ISO file needs a
// second look (see container).
var signatures = []struct {
	prefix string
	format Format
}{
	{"II*\x00", FormatTIFF},
	{"MM\x00*", FormatTIFF},
	{"II+\x00", FormatTIFF}, // BigTIFF
	{"MM\x00+", FormatTIFF},
	{"\xff\xd8\xff", "jpeg"},
	{"\x89PNG\r\n\x1a\n", "png"},
	{"GIF8", "gif"},
	{"BM", "bmp"},
	{"{\\rtf", "rtf"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"},
	{"MZ", "exe"},
	{"\x7fELF", "exe"},
	{"Rar!", "rar"},
	{"7z\xbc\xaf\x27\x1c", "7z"},
	{"\x1f\x8b", "gzip"},
	{"%!PS", "postscript"},
	{"-----BEGIN PKCS7", "p7m"},
}

// Sniff names the format of a file by its first SniffBytes bytes. A PDF header
// may stand anywhere among them, as readers of PDF have always allowed
// (ISO 32000-1, annex H.3.4.1).
func Sniff(data []byte) Format {
	head := data[:min(len(data), SniffBytes)]
	if f := container(head); f != "" {
		return f
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) && s.format == FormatTIFF {
			return FormatTIFF
		}
	}
	if bytes.Contains(head, []byte("%PDF-")) {
		return FormatPDF
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) {
			return s.format
		}
	}
	if isSigned(head) {
		return "p7m"
	}
	return textual(head)
}

// container names files that wrap others. They come before PDF: the first entry
// of a ZIP may well be a PDF stored as it is.
func container(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("mimetypeapplication/vnd.")) {
			return "office"
		}
		return "zip"
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return "webp"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		switch string(head[8:12]) {
		case "heic", "heix", "hevc", "mif1", "msf1":
			return formatHEIC
		case "avif":
			return "avif"
		}
		return "video"
	}
	return ""
}

// isSigned recognises a CMS SignedData (RFC 5652): a DER or BER sequence that
// begins with the object identifier 1.2.840.113549.1.7.2.
func isSigned(head []byte) bool {
	oid := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	return len(head) > 0 && head[0] == 0x30 && bytes.Contains(head[:min(len(head), 24)], oid)
}

// textual tells pages of the web and plain text from bytes without a name.
func textual(head []byte) Format {
	lower := bytes.ToLower(bytes.TrimLeft(head, "\ufeff \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<script"} {
		if bytes.HasPrefix(lower, []byte(tag)) {
			return "html"
		}
	}
	switch {
	case bytes.HasPrefix(lower, []byte("<?xml")):
		return "xml"
	case bytes.HasPrefix(lower, []byte("<svg")):
		return "svg"
	case len(head) > 0 && isText(head):
		return "text"
	}
	return FormatUnknown
}

// isText reports whether head is UTF-8 without control characters; a rune cut
// by the end of head does not count against it.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 && (utf8.FullRune(head) || len(head) > utf8.UTFMax) {
			return false
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' {
			return false
		}
		head = head[size:]
	}
	return true
}
