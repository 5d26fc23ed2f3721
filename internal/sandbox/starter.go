package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// starter starts children, all from one goroutine that keeps its thread: the
// kernel ends a child when the thread that started it ends (PDEATHSIG), and Go
// ends threads as it likes (golang/go#27505).
type starter struct {
	cfg  Config
	jobs chan startJob
	stop chan struct{}
	done chan struct{}

	mu     sync.Mutex
	closed bool
	alive  map[*child]struct{}

	noLandlock sync.Once // one line in the log is enough

	// plain is set once the kernel refused namespaces. Only the starting
	// goroutine uses it.
	plain bool
}

type startJob struct {
	cmd    *exec.Cmd
	answer chan error
}

func newStarter(cfg Config) *starter {
	s := &starter{
		cfg:   cfg,
		jobs:  make(chan startJob),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
		alive: map[*child]struct{}{},
	}
	go s.run()
	return s
}

func (s *starter) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	for {
		select {
		case <-s.stop:
			return
		case job := <-s.jobs:
			job.answer <- s.fork(job.cmd)
		}
	}
}

// fork starts cmd without a network if the kernel allows it, else without that.
func (s *starter) fork(cmd *exec.Cmd) error {
	if s.plain {
		cmd.SysProcAttr = attributes(false)
		return cmd.Start()
	}
	cmd.SysProcAttr = attributes(true)
	err := cmd.Start()
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.plain = true
	s.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn,
		"the kernel refuses network namespaces to sandbox children", slog.Any("error", err))
	cmd.Process, cmd.SysProcAttr = nil, attributes(false)
	return cmd.Start()
}

// start starts one child and greets it.
func (s *starter) start(ctx context.Context, compile bool) (*child, error) {
	if s.cfg.CacheDir != "" { // it must be there when a child is confined to it
		if err := os.MkdirAll(s.cfg.CacheDir, 0o700); err != nil {
			return nil, fmt.Errorf("make engine cache: %w", err)
		}
	}
	folder, err := os.MkdirTemp(s.cfg.folders, folderPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("make sandbox folder: %w", err)
	}
	c, err := s.launch(ctx, folder)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start sandbox child: %w", err), os.RemoveAll(folder))
	}
	if !s.adopt(c) {
		c.end()
		return nil, ErrClosed
	}
	able, err := c.greet(ctx, hello{Limits: s.cfg.Limits, CacheDir: s.cfg.CacheDir, Compile: compile})
	if err != nil {
		c.end()
		return nil, fmt.Errorf("greet sandbox child: %w", err)
	}
	if !able.Landlock {
		s.noLandlock.Do(func() {
			s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "the kernel has no Landlock to confine sandbox children")
		})
	}
	return c, nil
}

// launch makes the pipes and has the process started by the one goroutine.
func (s *starter) launch(ctx context.Context, folder string) (*child, error) {
	// Not exec.CommandContext: a child outlives the request that starts it.
	cmd := exec.Command(s.cfg.Exe, s.cfg.Args...) //nolint:gosec,noctx // our own binary, ended by the pool
	cmd.Dir = folder
	cmd.Env = environment(folder, s.cfg.Limits)
	cmd.WaitDelay = waitDelay
	c := &child{cmd: cmd, folder: folder, limits: s.cfg.Limits, clock: s.cfg.Clock, gone: make(chan struct{})}
	c.forget = func() { s.orphan(c) }
	cmd.Stderr = &c.stderr
	theirs, err := c.pipes()
	if err != nil {
		return nil, err
	}
	err = s.submit(ctx, cmd)
	for _, f := range theirs {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, errors.Join(err, c.in.Close(), c.out.Close())
	}
	go c.wait()
	return c, nil
}

// submit has the starting goroutine start cmd. Once it has taken the job it
// answers, so that no process is ever started and forgotten.
func (s *starter) submit(ctx context.Context, cmd *exec.Cmd) error {
	job := startJob{cmd: cmd, answer: make(chan error, 1)}
	select {
	case s.jobs <- job:
		return <-job.answer
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// adopt remembers c, so that close can end it; false when closed already.
func (s *starter) adopt(c *child) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.alive[c] = struct{}{}
	}
	return !s.closed
}

func (s *starter) orphan(c *child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.alive, c)
}

// close kills every child and ends the starting goroutine.
func (s *starter) close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	alive := make([]*child, 0, len(s.alive))
	for c := range s.alive {
		alive = append(alive, c)
	}
	s.mu.Unlock()
	for _, c := range alive {
		c.kill(errPoolClosed)
	}
	for _, c := range alive {
		<-c.gone
	}
	if first {
		close(s.stop)
	}
	<-s.done
}

// environment is all a child gets: nothing of the server's settings.
func environment(folder string, limits Limits) []string {
	return []string{
		"GOMEMLIMIT=" + strconv.FormatInt(limits.Memory/4*3, 10),
		"GOTRACEBACK=none",
		"HOME=" + folder,
		"TMPDIR=" + folder,
		"TZ=UTC",
		"LANG=C.UTF-8",
	}
}

// folderPrefix begins the name of a child's private folder; the number of the
// server's process follows.
const folderPrefix = "dispositivo-sandbox-"

// sweepFolders removes the folders of servers that were killed.
func sweepFolders(root string) {
	entries, err := filepath.Glob(filepath.Join(root, folderPrefix+"*"))
	if err != nil {
		return // the pattern is a constant
	}
	for _, path := range entries {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), folderPrefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && pid != os.Getpid() && !running(pid) {
			_ = os.RemoveAll(path) // another user's, perhaps; it only takes a few bytes
		}
	}
}
