package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"dispositivo/internal/clock"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

// faxPages is how many pages a file has.
const faxPages = 100

// fax prints how long a page of fax takes to become packed rows.
func (b *bench) fax(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := memoryFolder(b.dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it was measured already
	letters := make([]ccitt.Bitmap, 10)
	for i := range letters {
		letters[i] = fax.Simulate(fax.Letter(uint64(i), 204), 204, fax.Options{Seed: uint64(i)})
	}
	for _, e := range []ccitt.Encoding{ccitt.Group31D, ccitt.Group32D, ccitt.Group4} {
		pages := make([]ccitt.Bitmap, faxPages)
		for i := range pages {
			pages[i] = letters[i%len(letters)]
		}
		in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, fax.TIFF(pages, ccitt.Params{Encoding: e}, 204, 196), 0o600); err != nil {
			return err
		}
		name := map[ccitt.Encoding]string{ccitt.Group31D: "fax_decode_g3_1d", ccitt.Group32D: "fax_decode_g3_2d", ccitt.Group4: "fax_decode_g4"}[e]
		err := b.processes(name, faxPages,
			func() *exec.Cmd { return onCore(ctx, exe, decodeCommand, in, out) },
			func() *exec.Cmd { return onCore(ctx, "tiffcp", "-c", "none", in, out) })
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// memoryFolder makes a folder in memory where there is such a place, so that no
// disk is measured.
func memoryFolder(otherwise string) (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "dispositivo-bench"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp(otherwise, "fax")
}

// processes lets two whole processes take turns and prints what each needs for
// one of n pages.
func (b *bench) processes(name string, n float64, ours, peer func() *exec.Cmd) error {
	var mine, theirs, ratios, cpus, theirCPUs []float64
	for turn := range readTurns + 1 {
		a, err := selfTimed(ours())
		if err != nil {
			return fmt.Errorf("ours: %w", err)
		}
		p, err := timed(peer())
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		if turn == 0 {
			continue // the files are in memory from here on
		}
		mine, theirs, ratios = append(mine, a.wall/n), append(theirs, p.wall/n), append(ratios, a.wall/p.wall)
		cpus, theirCPUs = append(cpus, a.cpu/n), append(theirCPUs, p.cpu/n)
	}
	b.print(name, median(mine), median(theirs), median(ratios), "ms/page", "lower-is-better")
	b.print(name+"_cpu", median(cpus), median(theirCPUs), median(cpus)/median(theirCPUs), "ms/page", "lower-is-better")
	return nil
}

// selfTimed runs a process that says itself what its work took.
func selfTimed(cmd *exec.Cmd) (cost, error) {
	out, err := cmd.Output()
	if err != nil {
		return cost{}, err
	}
	var wall, cpu float64
	if _, err := fmt.Sscan(string(out), &wall, &cpu); err != nil {
		return cost{}, fmt.Errorf("%q: %w", out, err)
	}
	return cost{wall: wall / 1e6, cpu: cpu / 1e6}, nil
}

// timed runs a process to its end.
func timed(cmd *exec.Cmd) (cost, error) {
	clk := clock.System()
	begin := clk.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return cost{}, fmt.Errorf("%w: %s", err, out)
	}
	took := clk.Now().Sub(begin)
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return cost{wall: took.Seconds() * 1000, cpu: used.Seconds() * 1000}, nil
}
