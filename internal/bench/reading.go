package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"dispositivo/internal/clock"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// onCore runs a command on the first core alone: nobody gains by having more.
func onCore(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "taskset", append([]string{"-c", "0", name}, args...)...) //nolint:gosec // the bench's own words
}

// cost is what one reading took, in milliseconds.
type cost struct{ wall, cpu float64 }

// The peers: what a shell script of good tools does with the same files. For
// each page of a fax it makes the picture to review, of the size that ours has;
// ours makes a thumb as well.
const (
	faxScript = `tiffcp -c none "$1" "$2/plain.tif"
for n in 0 1; do vipsthumbnail "$2/plain.tif[page=$n]" --size 2200 -o "$2/page$n.png"; done
zbarimg -q --raw "$2/plain.tif"`
	pdfScript = `qpdf --check "$1" >/dev/null
pdftoppm -r 200 -png "$1" "$2/page"
zbarimg -q --raw "$2"/page-*.png`
)

// task is one document to be read by both.
type task struct {
	name   string
	file   string
	data   []byte
	script string
}

// tasks makes the documents.
func tasks(s sheets) ([]task, error) {
	clean := s.faxed(fax.Options{Seed: 1, FlipRate: 0.0005, SkewDegrees: 0.4})
	noisy := s.faxed(hard)
	scans := s.faxed(fax.Options{Seed: 1, DPIX: 200, DPIY: 200, FlipRate: 0.0005, SkewDegrees: 0.4})
	hardScans := hard
	hardScans.DPIX, hardScans.DPIY = 200, 200
	photographs, err := s.photographedPDF(200)
	if err != nil {
		return nil, err
	}
	g3, g4 := ccitt.Params{Encoding: ccitt.Group32D}, ccitt.Params{Encoding: ccitt.Group4}
	return []task{
		{"fax_pipeline", "g4.tif", fax.TIFF(clean, g4, 204, 196), faxScript},
		{"fax_pipeline_g3", "g3.tif", fax.TIFF(clean, g3, 204, 196), faxScript},
		{"fax_pipeline_hard", "hard.tif", fax.TIFF(noisy, g4, 204, 196), faxScript},
		{"pdf_pipeline", "g4.pdf", scannedPDF(scans, 200), pdfScript},
		{"pdf_pipeline_jpeg", "jpeg.pdf", photographs, pdfScript},
		{"pdf_pipeline_hard", "hard.pdf", scannedPDF(s.faxed(hardScans), 200), pdfScript},
	}, nil
}

// hard is a fax whose codes the first pass does not read.
var hard = fax.Options{Seed: 3, FlipRate: 0.09, SkewDegrees: 2, Streaks: 8, LostLines: 0.1}

// reading prints how fast documents are read from bytes to findings.
func (b *bench) reading(ctx context.Context) error {
	s, err := newSheets(ctx, b.dir)
	if err != nil {
		return err
	}
	all, err := tasks(s)
	if err != nil {
		return err
	}
	r, err := b.startReader(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		path := filepath.Join(b.dir, t.file)
		if err := os.WriteFile(path, t.data, 0o600); err != nil {
			return err
		}
		if err := b.readBoth(ctx, t, r, path, s.token); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

const readTurns = 9

// readBoth lets ours and the script take turns with one document.
func (b *bench) readBoth(ctx context.Context, t task, r *readerProcess, path, token string) error {
	var ours, theirs, cpus, theirCPUs, ratios []float64
	var read, seen bool
	for turn := range readTurns + 1 {
		mine, found, err := r.read(path, token)
		if err != nil {
			return err
		}
		peer, text, err := b.script(ctx, t.script, path)
		if err != nil {
			return err
		}
		read, seen = found, strings.Contains(text, token)
		if turn == 0 {
			continue // both are warm from here on
		}
		ours, theirs, ratios = append(ours, mine.wall), append(theirs, peer.wall), append(ratios, mine.wall/peer.wall)
		cpus, theirCPUs = append(cpus, mine.cpu), append(theirCPUs, peer.cpu)
	}
	fmt.Fprintf(os.Stderr, "%s: token found by ours: %v, by the peer: %v\n", t.name, read, seen)
	b.print(t.name, median(ours), median(theirs), median(ratios), "ms", "lower-is-better")
	b.print(t.name+"_cpu", mean(cpus), mean(theirCPUs), mean(cpus)/mean(theirCPUs), "ms", "lower-is-better")
	return nil
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// script runs the peer once and returns what it printed.
func (b *bench) script(ctx context.Context, script, path string) (cost, string, error) {
	dir, err := os.MkdirTemp(b.dir, "turn")
	if err != nil {
		return cost{}, "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the bench's folder goes in the end
	clk := clock.System()
	begin := clk.Now()
	cmd := onCore(ctx, "sh", "-c", script, "sh", path, dir)
	out, err := cmd.Output()
	took := clk.Now().Sub(begin)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 0 && cmd.ProcessState.ExitCode() != 4 { // 4: zbarimg saw no code
		return cost{}, "", fmt.Errorf("peer: %w", err)
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return cost{wall: took.Seconds() * 1000, cpu: used.Seconds() * 1000}, string(out), nil
}

// readerProcess is a warm reader on one core.
type readerProcess struct {
	in  io.Writer
	out *bufio.Reader
}

func (b *bench) startReader(ctx context.Context) (*readerProcess, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := onCore(ctx, exe, readerCommand, b.dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start reader: %w", err)
	}
	b.stops = append(b.stops, func() { _ = in.Close(); _ = cmd.Wait() })
	r := &readerProcess{in: in, out: bufio.NewReader(out)}
	if line, err := r.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, fmt.Errorf("start reader: %q: %w", line, err)
	}
	return r, nil
}

func (r *readerProcess) read(path, token string) (c cost, found bool, err error) {
	if _, err := fmt.Fprintf(r.in, "%s\t%s\n", path, token); err != nil {
		return cost{}, false, err
	}
	var wall, ticks, pages, zones int64
	if _, err := fmt.Fscanln(r.out, &wall, &ticks, &found, &pages, &zones); err != nil {
		return cost{}, false, fmt.Errorf("reader: %w", err)
	}
	if pages != 2 {
		return cost{}, false, fmt.Errorf("%d pages shown", pages)
	}
	return cost{wall: float64(wall) / 1e6, cpu: 10 * float64(ticks)}, found, nil
}
