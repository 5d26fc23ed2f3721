package mail

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// BenchmarkRead takes apart a mail with an attachment of 900 KB.
func BenchmarkRead(b *testing.B) {
	pdf := append(bytes.Clone(pdfOne), bytes.Repeat([]byte{7, 200, 13}, 300_000)...)
	lines := base64.StdEncoding.EncodeToString(pdf)
	var wrapped bytes.Buffer
	for len(lines) > 0 {
		n := min(76, len(lines))
		wrapped.WriteString(lines[:n] + "\r\n")
		lines = lines[n:]
	}
	raw := bytes.ReplaceAll(letter(ordinary, []byte("x")), []byte("eA==\r\n"), wrapped.Bytes())
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if got := read(raw); len(got.Files) != 1 || len(got.Files[0]) != len(pdf) {
			b.Fatalf("%d files", len(got.Files))
		}
	}
}
