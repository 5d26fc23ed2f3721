package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"dispositivo/internal/sandbox"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		os.Exit(sandbox.ChildMain(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 2 && args[0] == peerCommand:
		return servePeer(ctx, args[1])
	case len(args) == 2 && args[0] == mailPeerCommand:
		return serveMailPeer(ctx, args[1])
	case len(args) == 2 && args[0] == readerCommand:
		return serveReader(ctx, args[1])
	case len(args) == 3 && args[0] == decodeCommand:
		return decodeFax(args[1], args[2])
	}
	dir, err := os.MkdirTemp("", "dispositivo-bench")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	b := &bench{out: os.Stdout, dir: dir}
	defer func() {
		b.stop()
		_ = os.RemoveAll(dir) // the measuring is over
	}()
	return b.measure(ctx, args)
}

// measure prints the figures of the groups named, of all when none is.
func (b *bench) measure(ctx context.Context, names []string) error {
	groups := []struct {
		name string
		run  func(context.Context) error
	}{{"audit", b.audit}, {"fax", b.fax}, {"faxes", b.faxes}, {"mail", b.mail}, {"reading", b.reading}, {"signin", b.signin}, {"upload", b.upload}}
	known := 0
	for _, g := range groups {
		if len(names) > 0 && !slices.Contains(names, g.name) {
			continue
		}
		known++
		if err := g.run(ctx); err != nil {
			return err
		}
	}
	if known < len(names) {
		return errors.New("usage: go run ./internal/bench [audit] [fax] [faxes] [mail] [reading] [signin] [upload]")
	}
	return nil
}

// The measures of a figure.
const (
	turns    = 5
	turnFor  = 3 * time.Second
	warmFor  = time.Second
	pdfBytes = 500_000
	bigBytes = 1_000_000
)

// bench is one run: everything it started, and where it prints.
type bench struct {
	out   io.Writer
	dir   string
	stops []func()
}

func (b *bench) stop() {
	for _, stop := range slices.Backward(b.stops) {
		stop()
	}
	b.stops = nil
}

// upload prints the figures of uploads. Each of our servers is stopped before the next
// one starts; the peer stays.
func (b *bench) upload(ctx context.Context) error {
	exe := filepath.Join(b.dir, "dispositivo")
	if err := build(ctx, exe); err != nil {
		return err
	}
	bare, err := b.startPeer(ctx)
	if err != nil {
		return err
	}
	redis, err := b.startRedis(ctx)
	if err != nil {
		return err
	}
	api := []string{"--role", "api", "--redis-url", redis}
	for _, f := range []struct {
		suffix  string
		args    []string
		clients []int
	}{
		{"", append(slices.Clone(api), "--no-probe"), []int{1, 64}},
		{"_probe", api, []int{1, 64}},
		{"_screening", []string{"--no-probe"}, []int{64}},
	} {
		s, err := startOurs(ctx, exe, filepath.Join(b.dir, "ours"+f.suffix), holders, f.args)
		if err != nil {
			return err
		}
		for _, n := range f.clients {
			if err = b.compare(ctx, fmt.Sprintf("upload_%d%s", n, f.suffix), s.target(n), bare, n); err != nil {
				break
			}
		}
		s.stop()
		if err != nil {
			return err
		}
	}
	return b.memory(ctx, exe, append(slices.Clone(api), "--no-probe"))
}

// compare lets ours and the peer take turns.
func (b *bench) compare(ctx context.Context, name string, ours, peer target, clients int) error {
	var a, p, ratios []float64
	for _, t := range []target{ours, peer} {
		if _, err := t.rate(ctx, clients, pdfBytes, warmFor); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for range turns {
		mine, err := ours.rate(ctx, clients, pdfBytes, turnFor)
		if err != nil {
			return fmt.Errorf("%s: ours: %w", name, err)
		}
		theirs, err := peer.rate(ctx, clients, pdfBytes, turnFor)
		if err != nil {
			return fmt.Errorf("%s: peer: %w", name, err)
		}
		a, p, ratios = append(a, mine), append(p, theirs), append(ratios, mine/theirs)
	}
	b.print(name, median(a), median(p), median(ratios), "uploads/s", "higher-is-better")
	return nil
}

func (b *bench) print(name string, ours, peer, ratio float64, unit, better string) {
	fmt.Fprintf(b.out, "bench %s ours=%.2f peer=%.2f ratio=%.2f unit=%s %s\n", name, ours, peer, ratio, unit, better) //nolint:errcheck // when the terminal is gone, nobody is there to be told so
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// memoryLimit is the most our server may hold, in MiB.
const memoryLimit = 256

// memory prints the server's peak under 64 parallel uploads of 1 MB, and
// whether it grows.
func (b *bench) memory(ctx context.Context, exe string, args []string) error {
	s, err := startOurs(ctx, exe, filepath.Join(b.dir, "ours_rss"), holders, args)
	if err != nil {
		return err
	}
	defer s.stop()
	var peaks []float64
	for range 2 {
		if err := s.forgetPeak(); err != nil {
			return err
		}
		if _, err := s.target(64).rate(ctx, 64, bigBytes, 3*turnFor); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
		peak, err := s.peakMiB()
		if err != nil {
			return err
		}
		peaks = append(peaks, peak)
	}
	most := slices.Max(peaks)
	b.print("upload_64_rss", most, memoryLimit, most/memoryLimit, "MiB", "lower-is-better")
	b.print("upload_64_rss_growth", peaks[1], peaks[0], peaks[1]/peaks[0], "MiB", "lower-is-better")
	return nil
}
