package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"dispositivo/internal/clock"
	"dispositivo/internal/sandbox"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/tiff"
)

// The hidden commands by which this program measures itself in other processes.
const (
	readerCommand = "reader"        // reads documents as the server does
	childCommand  = "sandbox-child" // is the reader's sandbox
	decodeCommand = "decode"        // decodes a fax to packed rows
)

// serveReader reads the documents whose paths come on standard input, through a
// warm pool of one child, and answers each with a line: nanoseconds, clock ticks,
// and whether the token was found.
func serveReader(ctx context.Context, dir string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	pool := sandbox.New(sandbox.Config{Exe: exe, Args: []string{childCommand}, Size: 1, CacheDir: filepath.Join(dir, "engines"), Recycle: 1 << 20}) //nolint:contextcheck // a child outlives the call that starts it
	defer pool.Close()
	if err := pool.Warm(ctx); err != nil {
		return err
	}
	clk := clock.System()
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		path, token, _ := strings.Cut(lines.Text(), "\t")
		pids, err := tree(os.Getpid())
		if err != nil {
			return err
		}
		used, err := ticks(pids)
		if err != nil {
			return err
		}
		begin := clk.Now()
		data, err := os.ReadFile(path) //nolint:gosec // the bench names its own files
		if err != nil {
			return err
		}
		reading, err := pool.Read(ctx, data, sandbox.ReadOptions{On: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		took := clk.Now().Sub(begin)
		after, err := ticks(pids)
		if err != nil {
			return err
		}
		found := slices.ContainsFunc(reading.Report.Symbols, func(s sandbox.Symbol) bool { return s.Text == token })
		if _, err := fmt.Fprintln(os.Stdout, took.Nanoseconds(), after-used, found, len(reading.Pages), len(reading.Report.MRZ)); err != nil {
			return err
		}
	}
	return nil
}

// decodeFax decodes a TIFF file of fax to packed rows, writes these to a file,
// and prints how long that took, in nanoseconds, and how much processor time.
// The start of this large program is left out: the server's reader runs already.
func decodeFax(in, out string) error {
	clk := clock.System()
	begin, used := clk.Now(), ownTime()
	if err := decodeFile(in, out); err != nil {
		return err
	}
	_, err := fmt.Fprintln(os.Stdout, clk.Now().Sub(begin).Nanoseconds(), (ownTime() - used).Nanoseconds())
	return err
}

// ownTime is the processor time that this process has used.
func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func decodeFile(in, out string) (err error) {
	data, err := os.ReadFile(in) //nolint:gosec // a file of the bench
	if err != nil {
		return err
	}
	file, _, err := tiff.Open(data, tiff.Limits{Pages: faxPages, BilevelPixels: 40_000_000, Pixels: 16_000_000})
	if err != nil {
		return err
	}
	dst, err := os.Create(out) //nolint:gosec // a file of the bench
	if err != nil {
		return err
	}
	defer func() {
		if closing := dst.Close(); err == nil {
			err = closing
		}
	}()
	return decodeInto(dst, file)
}

func decodeInto(dst io.Writer, file *tiff.File) error {
	var rows ccitt.Bitmap
	for _, p := range file.Pages() {
		if _, err := file.Rows(&rows, p.N); err != nil {
			return err
		}
		if _, err := dst.Write(rows.Pix); err != nil {
			return err
		}
	}
	return nil
}
