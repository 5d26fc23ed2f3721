package seal_test

import (
	"bytes"
	"io"
	"testing"
)

// The document of the benchmarks: a 500 KB PDF is the usual upload.
var benchDoc = bytes.Repeat([]byte("0123456789"), 50_000)

func BenchmarkSealWriter(b *testing.B) {
	keys := newKeys(b)
	b.SetBytes(int64(len(benchDoc)))
	b.ReportAllocs()
	for b.Loop() {
		key, _, err := keys.NewDataKey([]byte("document"))
		if err != nil {
			b.Fatal(err)
		}
		w, err := key.SealWriter(io.Discard, []byte("document"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(benchDoc); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenReader(b *testing.B) {
	key := dataKey(b)
	sealed := sealStream(b, key, benchDoc, nil)
	b.SetBytes(int64(len(benchDoc)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := key.OpenReader(bytes.NewReader(sealed), nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewDataKey(b *testing.B) {
	keys := newKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := keys.NewDataKey([]byte("document")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkField(b *testing.B) {
	key := dataKey(b)
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := key.Seal([]byte("RSSMRA80A01H501U"), []byte("holders/surname/1"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := key.Open(sealed, []byte("holders/surname/1")); err != nil {
			b.Fatal(err)
		}
	}
}
