package blob_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"dispositivo/internal/blob"
	"dispositivo/internal/blob/blobtest"
)

// crashDir, when set, turns the test binary into the process that is killed.
const crashDir = "BLOB_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := writeUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits blobs of every size from eight goroutines and prints each name after its Commit.
func writeUntilKilled(dir string) error {
	s, err := blob.Open(dir)
	if err != nil {
		return err
	}
	failed := make(chan error)
	var line sync.Mutex
	for i := range 8 {
		go func() {
			for n := uint64(0); ; n++ {
				w, err := s.Create(context.Background())
				if err != nil {
					failed <- err
					return
				}
				data := make([]byte, 16+(n*7919)%150_000)
				binary.LittleEndian.PutUint64(data, n)
				data[8] = byte(i)
				if _, err := w.Write(data); err != nil {
					failed <- err
					return
				}
				name, _, err := w.Commit()
				if err != nil {
					failed <- err
					return
				}
				line.Lock()
				_, err = fmt.Fprintln(os.Stdout, name)
				line.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// Whatever was told to be kept before a kill is there afterwards, whole; and what is there is whole.
//
// proves C7
func TestKilledWriterLosesNothingItTold(t *testing.T) {
	rounds := rand.New(rand.NewPCG(7, 2026)) // seeded, so that a failure can be repeated
	for round := range 10 {
		dir := t.TempDir()
		told := killAfter(t, dir, 1+rounds.IntN(120))
		s := openFS(t, dir)
		for _, name := range told {
			checkBlob(t, s, name)
		}
		stored := 0
		err := s.Walk(t.Context(), func(name string, _ int64, _ time.Time) error {
			stored++
			checkBlob(t, s, name)
			return nil
		})
		if err != nil || stored < len(told) {
			t.Errorf("round %d: %d told, %d stored, %v", round, len(told), stored, err)
		}
	}
}

// killAfter kills the writing process once it has printed n names and returns all it printed until it died.
func killAfter(t *testing.T, dir string, n int) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var told []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(lines.Text()) == len(blobtest.Name(nil)) { // the last line may be cut by the kill
			told = append(told, lines.Text())
		}
		if len(told) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(told) < n {
		t.Fatalf("the writer ended after %d of %d names", len(told), n)
	}
	return told
}

func checkBlob(t *testing.T, s *blob.FS, name string) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if blobtest.Name(data) != name {
		t.Errorf("blob %s holds other bytes", name)
	}
}
