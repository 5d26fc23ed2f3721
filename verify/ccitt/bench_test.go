package ccitt_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// letters are pages of 1728 by about 2290 pixels, made once.
var letters = sync.OnceValue(func() []ccitt.Bitmap {
	pages := make([]ccitt.Bitmap, 10)
	for i := range pages {
		pages[i] = fax.Simulate(fax.Letter(uint64(i), 204), 204, fax.Options{Seed: uint64(i)})
	}
	return pages
})

func BenchmarkDecode(b *testing.B) {
	for _, e := range encodings {
		b.Run(e.String(), func(b *testing.B) {
			streams := make([][]byte, len(letters()))
			for i, page := range letters() {
				streams[i] = ccitt.Encode(page, ccitt.Params{Encoding: e})
			}
			var d ccitt.Decoder
			var out ccitt.Bitmap
			b.ReportAllocs()
			start := cpu(b)
			for i := 0; b.Loop(); i++ {
				k := i % len(streams)
				p := ccitt.Params{Encoding: e, Columns: letters()[k].Width, Rows: letters()[k].Height}
				if r, err := d.Decode(&out, streams[k], p); err != nil || len(r.Damaged) > 0 {
					b.Fatal(err, r)
				}
			}
			b.ReportMetric((cpu(b)-start).Seconds()*1000/float64(b.N), "cpu-ms/page")
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	pages := letters()
	for _, e := range encodings {
		b.Run(e.String(), func(b *testing.B) {
			size := 0
			for i := 0; b.Loop(); i++ {
				size = len(ccitt.Encode(pages[i%len(pages)], ccitt.Params{Encoding: e}))
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}

// BenchmarkDamaged is what repairs cost: to be held against BenchmarkDecode.
func BenchmarkDamaged(b *testing.B) {
	for _, e := range []ccitt.Encoding{ccitt.Group31D, ccitt.Group32D, ccitt.Group4} {
		for _, lost := range []int{0, 1, 10} {
			c := class{e, lost}
			b.Run(c.String(), func(b *testing.B) {
				page := letters()[0]
				stream := ccitt.Encode(page, ccitt.Params{Encoding: e})
				p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height}
				var d ccitt.Decoder
				var out ccitt.Bitmap
				start := cpu(b)
				for i := 0; b.Loop(); i++ {
					if _, err := d.Decode(&out, c.hit(stream, uint64(i%50)), p); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric((cpu(b)-start).Seconds()*1000/float64(b.N), "cpu-ms/page")
			})
		}
	}
}

// cpu is the processor time this process has used: on a busy machine it says
// more than the clock on the wall.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTiffcp has libtiff decode the same pages from a file of 100, which
// is what BenchmarkDecode must not be slower than.
func BenchmarkTiffcp(b *testing.B) {
	for _, e := range []ccitt.Encoding{ccitt.ModifiedHuffman, ccitt.Group31D, ccitt.Group32D, ccitt.Group4} {
		b.Run(e.String(), func(b *testing.B) {
			const pages = 100
			streams := make([][]byte, pages)
			for i := range streams {
				streams[i] = ccitt.Encode(letters()[i%len(letters())], ccitt.Params{Encoding: e})
			}
			p := ccitt.Params{Encoding: e, Columns: letters()[0].Width, Rows: letters()[0].Height}
			in, out := filepath.Join(b.TempDir(), "in.tif"), filepath.Join(b.TempDir(), "out.tif")
			if err := os.WriteFile(in, makeTIFF(streams, p), 0o600); err != nil {
				b.Fatal(err)
			}
			var used time.Duration
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), "tiffcp", "-c", "none", in, out)
				if msg, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, msg)
				}
				used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(used.Seconds()*1000/float64(pages*b.N), "cpu-ms/page")
		})
	}
}
