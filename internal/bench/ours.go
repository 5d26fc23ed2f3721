package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/seal"
	"dispositivo/internal/session"
	"dispositivo/internal/store"
)

// build makes the program that is measured.
func build(ctx context.Context, exe string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", exe, "dispositivo/cmd/dispositivo") //nolint:gosec // our own folder
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build dispositivo: %w", err)
	}
	return nil
}

// ours is our server in a process of its own.
type ours struct {
	url    string
	tokens []string
	cmd    *exec.Cmd
	log    *bytes.Buffer
}

// holders is how many are signed in.
const holders = 64

// startOurs prepares a data folder with so many signed-in holders and serves it.
func startOurs(ctx context.Context, exe, dir string, people int, args []string) (*ours, error) {
	key, pepper := filepath.Join(dir, "master.key"), filepath.Join(dir, "pepper.key")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if err := seal.CreateKeys(key, pepper); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	tokens, err := signIn(ctx, filepath.Join(dir, "dispositivo.db"), key, pepper, people)
	if err != nil {
		return nil, fmt.Errorf("sign holders in: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	args = append([]string{"serve", "--addr", addr, "--data", dir, "--key-file", key, "--pepper-file", pepper}, args...)
	s := &ours{url: "http://" + addr, tokens: tokens, log: &bytes.Buffer{}}
	s.cmd = exec.CommandContext(ctx, exe, args...) //nolint:gosec // the program just built
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start dispositivo: %w", err)
	}
	if err := await(ctx, func() error { return ask(ctx, s.url+"/readyz") }); err != nil {
		s.stop()
		return nil, fmt.Errorf("start dispositivo: %w: %s", err, s.log)
	}
	if err := s.awaitQuiet(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("start dispositivo: %w", err)
	}
	return s, nil
}

// awaitQuiet waits until the server has warmed up: its sandbox children compile
// an engine first, which is no part of any figure.
func (s *ours) awaitQuiet(ctx context.Context) error {
	tick := clock.System().NewTicker(time.Second)
	defer tick.Stop()
	for before := int64(-100); ; {
		used, err := treeTicks(s.cmd.Process.Pid)
		if err != nil || used-before <= 2 { // ticks of 10 ms
			return err
		}
		before = used
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C():
		}
	}
}

// treeTicks is the processor time that a process and its children have used, in
// clock ticks (proc(5)).
func treeTicks(pid int) (int64, error) {
	pids, err := tree(pid)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, id := range pids {
		if n, err := ticks([]string{id}); err == nil { // else it ended meanwhile
			sum += n
		}
	}
	return sum, nil
}

// tree lists a process and its children. To look for them takes milliseconds, which
// whoever measures less than a second must not count.
func tree(pid int) ([]string, error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	own := strconv.Itoa(pid)
	var pids []string
	for _, path := range all {
		id := filepath.Base(filepath.Dir(path))
		fields, err := stat(id)
		if err == nil && (id == own || fields[1] == own) { // else it ended meanwhile
			pids = append(pids, id)
		}
	}
	return pids, nil
}

// ticks is the processor time that all of these have used so far. The error is of
// one that has ended.
func ticks(pids []string) (sum int64, err error) {
	for _, id := range pids {
		fields, err := stat(id)
		if err != nil {
			return 0, err
		}
		for _, text := range fields[11:13] { // user and system time
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

// stat returns the fields of a process from the third on: state, parent, …
func stat(id string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join("/proc", id, "stat")) //nolint:gosec // a kernel file
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return nil, fmt.Errorf("process %s: %q", id, b)
	}
	return fields, nil
}

// target is where the first clients' uploads go.
func (s *ours) target(clients int) target {
	return newTarget(s.url+"/api/v1/conversions", s.tokens[:clients])
}

func (s *ours) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait() // it was measured already
}

// signIn adds holders and opens a session for each, as signing in would:
// hashing PINs is not what is measured.
func signIn(ctx context.Context, db, key, pepper string, people int) (tokens []string, err error) {
	keys, err := seal.LoadKeys(key, pepper)
	if err != nil {
		return nil, err
	}
	clk := clock.System()
	s, err := store.Open(ctx, store.Config{URL: db, Keys: keys, Clock: clk, Policy: dossier.DefaultPolicy()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	hash, err := passhash.New(keys.Pepper()).Hash(ctx, holdersPIN) // the same for all: hashing is not what is measured
	if err != nil {
		return nil, err
	}
	keeper := session.NewKeeper(s, clk, session.DefaultIdle)
	for n := range people {
		h := dossier.Holder{
			ID: ident.New(clk.Now()), Office: "residenti-estero", PIN: dossier.PINIssue{ID: ident.New(clk.Now()), Kind: dossier.Ordinario},
			Person: dossier.Person{CodiceFiscale: holderCode(n), Surname: "Prova", Name: "Anna", Lang: "it", Address: dossier.Address{State: "Argentina"}},
		}
		if err := s.InsertHolder(ctx, store.NewHolder{Holder: h, PINHash: hash}); err != nil {
			return nil, err
		}
		ses, err := keeper.Start(ctx, dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID}, h.PIN.ID)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, ses.Token)
	}
	return tokens, nil
}

// forgetPeak lets the kernel begin anew to note the largest resident memory.
func (s *ours) forgetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset peak memory: %w", err)
	}
	return nil
}

// peakMiB is the server's largest resident memory since forgetPeak, without
// its sandbox children, which have limits of their own.
func (s *ours) peakMiB() (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("read memory: no VmHWM")
}

// startPeer starts the peer and returns where it listens.
func (b *bench) startPeer(ctx context.Context) (target, error) {
	exe, err := os.Executable()
	if err != nil {
		return target{}, err
	}
	cmd := exec.CommandContext(ctx, exe, peerCommand, filepath.Join(b.dir, "peer")) //nolint:gosec // this very program
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return target{}, err
	}
	if err := cmd.Start(); err != nil {
		return target{}, fmt.Errorf("start peer: %w", err)
	}
	b.stops = append(b.stops, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return target{}, fmt.Errorf("start peer: %w", err)
	}
	return newTarget(strings.TrimSpace(url), nil), nil
}

// startRedis starts a Redis without persistence and returns its URL.
func (b *bench) startRedis(ctx context.Context) (string, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(ctx, "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no") //nolint:gosec // our own port
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("redis-server is needed (Debian: apt-get install redis-server): %w", err)
	}
	b.stops = append(b.stops, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	err = await(ctx, func() error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return "redis://" + addr + "/0", err
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await asks until ok, for half a minute at most.
func await(ctx context.Context, ok func() error) error {
	tick := clock.System().NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 1500 {
		if err = ok(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C():
		}
	}
	return err
}

func ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: time.Second}).Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return errors.Join(err, resp.Body.Close())
}
