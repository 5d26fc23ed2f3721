package blob_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"dispositivo/internal/blob"
)

// benchSize is the usual upload.
const benchSize = 500_000

// BenchmarkCommit is ours, BenchmarkBareFile the least any durable store must do: hash, write, sync, rename,
// sync the folder.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			store, err := blob.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close() //nolint:errcheck // end of the benchmark
			run(b, writers, func(data []byte, _ int) error {
				w, err := store.Create(b.Context())
				if err != nil {
					return err
				}
				if _, err := w.Write(data); err != nil {
					return err
				}
				_, _, err = w.Commit()
				return err
			})
		})
	}
}

func BenchmarkBareFile(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			dir := b.TempDir()
			run(b, writers, func(data []byte, n int) error {
				name := filepath.Join(dir, fmt.Sprintf("%d-%x", n, sha256.Sum256(data)))
				f, err := os.Create(name + ".tmp")
				if err != nil {
					return err
				}
				defer f.Close() //nolint:errcheck // synced below
				if _, err := f.Write(data); err != nil {
					return err
				}
				if err := f.Sync(); err != nil {
					return err
				}
				if err := os.Rename(name+".tmp", name); err != nil {
					return err
				}
				folder, err := os.Open(dir)
				if err != nil {
					return err
				}
				defer folder.Close() //nolint:errcheck // only synced
				return folder.Sync()
			})
		})
	}
}

// run spreads b.N calls over the writers; each call gets bytes of its own.
func run(b *testing.B, writers int, put func(data []byte, n int) error) {
	b.SetBytes(benchSize)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			data := make([]byte, benchSize)
			_, _ = rand.Read(data)
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				binary.LittleEndian.PutUint64(data, uint64(n))
				if err := put(data, int(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "blobs/s")
}
