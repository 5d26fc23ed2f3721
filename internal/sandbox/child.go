package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"dispositivo/internal/clock"
)

// waitDelay is how long a dead child's pipes may stay open.
const waitDelay = 2 * time.Second

// watchEvery is how often the memory of a busy child is looked at.
const watchEvery = 50 * time.Millisecond

// Why a child was killed. They never leave the package.
var (
	errPoolClosed = errors.New("pool closed")
	errTime       = errors.New("time limit")
	errMemory     = errors.New("memory limit")
	errEnded      = errors.New("no longer needed")
)

// child is the parent's side of one child process. Only the goroutine that
// holds it talks to it; kill, alive and end may be called from any.
type child struct {
	cmd    *exec.Cmd
	in     *os.File
	out    *os.File
	folder string
	limits Limits
	clock  clock.Clock
	stderr output
	forget func()

	served int       // documents
	warmed operation // opWarm or opOpen once the engines for it are built

	gone chan struct{} // closed when the process is no more
	exit error         // set before gone is closed

	mu     sync.Mutex
	reason error // why it was killed
}

// pipes makes standard input and output of cmd, which stay readable when the
// process is gone, and returns the ends that belong to the process.
func (c *child) pipes() ([]*os.File, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), in.Close())
	}
	c.in, c.out, c.cmd.Stdin, c.cmd.Stdout = in, out, theirIn, theirOut
	return []*os.File{theirIn, theirOut}, nil
}

// wait collects the process and removes its folder.
func (c *child) wait() {
	c.exit = c.cmd.Wait()
	killGroup(c.cmd.Process.Pid)
	c.forget()
	_ = os.RemoveAll(c.folder) // what stays is swept at the next start
	close(c.gone)
}

// kill ends the process group; the first reason stays.
func (c *child) kill(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil {
		c.reason = reason
	}
	select {
	case <-c.gone: // the number may already be another's
	default:
		killGroup(c.cmd.Process.Pid)
	}
}

func (c *child) killedFor() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

func (c *child) alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

// end kills the child and waits until nothing of it is left.
func (c *child) end() {
	c.kill(errEnded)
	<-c.gone
	_ = c.in.Close()  // closed twice at worst
	_ = c.out.Close() // closed twice at worst
}

// swollen reports whether an idle child keeps so much memory that a fresh one
// is better.
func (c *child) swollen() bool {
	return residentBytes(c.cmd.Process.Pid) > c.limits.Memory/2
}

// greet tells the child its settings and waits until it has confined itself.
func (c *child) greet(ctx context.Context, h hello) (able ready, err error) {
	err = c.watched(ctx, c.limits.StartUp, func(func(time.Duration)) error {
		if err := writeFrame(c.in, frameHello, h); err != nil {
			return err
		}
		f, err := readFrame(c.out)
		if err != nil {
			return err
		}
		return f.into(frameReady, &able)
	})
	if gaveUp, ok := GaveUp(err); ok {
		err = &faultError{"does not start: " + gaveUp.Error()} // no document is to blame
	}
	return able, err
}

// warm has the child build its engines: all for opWarm, for opOpen what a probe needs.
func (c *child) warm(ctx context.Context, engines operation) error {
	if c.warmed == engines {
		return nil
	}
	err := c.watched(ctx, c.limits.StartUp, func(func(time.Duration)) error {
		if err := writeFrame(c.in, frameRequest, request{Op: engines}); err != nil {
			return err
		}
		f, err := readFrame(c.out)
		if err != nil {
			return err
		}
		return f.outcome(&result{})
	})
	if err == nil {
		c.warmed = engines
	}
	if gaveUp, ok := GaveUp(err); ok {
		return &faultError{"engine not ready: " + string(gaveUp.Why)} // no document is to blame
	}
	return err
}

// read has one document read. Pages go to each as they come.
func (c *child) read(
	ctx context.Context, op operation, data []byte, opts ReadOptions, each func(Rendered) error,
) (Report, error) {
	if Sniff(data) == FormatPDF {
		engines := opWarm
		if op == opProbe {
			engines = opOpen
		}
		if err := c.warm(ctx, engines); err != nil {
			return Report{}, err
		}
	}
	var report Report
	err := c.watched(ctx, c.limits.timeFor(1), func(reset func(time.Duration)) error {
		ask := request{Op: op, Read: opts, Parts: []int{len(data)}}
		if err := writeFrame(c.in, frameRequest, ask, data); err != nil {
			return err
		}
		for seen := 0; ; {
			f, err := readFrame(c.out)
			if err != nil {
				return err
			}
			switch f.kind { //nolint:exhaustive // outcome judges every other kind, known or not
			case frameStarted:
				var s started
				if err := f.into(frameStarted, &s); err != nil {
					return err
				}
				reset(c.limits.timeFor(min(max(s.Pages, 1), c.limits.Pages)))
			case framePage:
				page, err := f.page(opts.Native)
				if err != nil {
					return err
				}
				if seen++; seen > c.limits.Pages || page.N > c.limits.Pages {
					return errFrame
				}
				if err := each(page); err != nil {
					return &callerError{err}
				}
			default:
				var r result
				err := f.outcome(&r)
				report = clean(r.Report, c.limits)
				return err
			}
		}
	})
	return report, err
}

// compose has documents put together.
func (c *child) compose(ctx context.Context, how composing, docs [][]byte) ([]byte, error) {
	if err := c.warm(ctx, opWarm); err != nil {
		return nil, err
	}
	ask := request{Op: opCompose, Compose: how}
	for _, doc := range docs {
		ask.Parts = append(ask.Parts, len(doc))
	}
	var composed []byte
	err := c.watched(ctx, c.limits.timeFor(c.limits.Pages), func(func(time.Duration)) error {
		if err := writeFrame(c.in, frameRequest, ask, docs...); err != nil {
			return err
		}
		f, err := readFrame(c.out)
		if err != nil {
			return err
		}
		composed = f.body
		return f.outcome(&result{})
	})
	return composed, err
}

// callerError carries an error of the caller's own function through watched.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// watched runs talk while time, memory and ctx are watched; talk may set the
// time anew, counted from the beginning. What it returns says who is to blame:
// the caller's own error, the context's, a fault of the child, or a GaveUpError.
func (c *child) watched(ctx context.Context, limit time.Duration, talk func(reset func(time.Duration)) error) error {
	resets := make(chan time.Duration, 1)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		c.watch(ctx, limit, resets, stop)
	}()
	err := talk(func(d time.Duration) {
		select {
		case resets <- d:
		case <-stopped:
		}
	})
	close(stop)
	<-stopped
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*callerError](err); ok {
		return own.err
	}
	if f, ok := errors.AsType[*faultError](err); ok {
		return f
	}
	return c.blame(ctx, err)
}

// watch kills the child when ctx, time or memory end, until stop. Time is the
// child's own, so that an honest document does not fail because the machine is
// busy; one that waits for nothing ends by the clock on the wall.
func (c *child) watch(ctx context.Context, limit time.Duration, resets <-chan time.Duration, stop <-chan struct{}) {
	begin, used := time.Now(), processorTime(c.cmd.Process.Pid) //nolint:forbidigo // a duration, not a moment of the domain
	timer := time.NewTimer(c.limits.wallFor(limit))
	defer timer.Stop()
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			c.kill(context.Cause(ctx))
			return
		case <-timer.C:
			c.kill(errTime)
			return
		case limit = <-resets:
			timer.Reset(max(c.limits.wallFor(limit)-time.Since(begin), 0))
		case <-look.C:
			if residentBytes(c.cmd.Process.Pid) > c.limits.Memory {
				c.kill(errMemory)
				return
			}
			if processorTime(c.cmd.Process.Pid)-used > limit {
				c.kill(errTime)
				return
			}
		}
	}
}

// blame finds out why talking to the child failed with err.
func (c *child) blame(ctx context.Context, err error) error {
	broken := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) || isPipe(err)
	if broken {
		// It has hung up: it is dying, or it must.
		select {
		case <-c.gone:
		case <-time.After(waitDelay):
		}
	}
	died := !c.alive()
	c.end()
	switch reason := c.killedFor(); {
	case errors.Is(reason, errTime):
		return &GaveUpError{Why: WhyTime, Err: c.exit}
	case errors.Is(reason, errMemory):
		return &GaveUpError{Why: WhyMemory, Err: c.exit}
	case errors.Is(reason, errPoolClosed):
		return ErrClosed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.stderr.outOfMemory():
		return &GaveUpError{Why: WhyMemory, Err: c.exit}
	case broken && died:
		return &GaveUpError{Why: WhyCrash, Err: fmt.Errorf("%w, %d bytes on standard error", c.exitOrSilence(), c.stderr.total())}
	}
	return &GaveUpError{Why: WhyProtocol}
}

func (c *child) exitOrSilence() error {
	if c.exit == nil {
		return errors.New("exit status 0")
	}
	return c.exit
}

// faultError is what a child says about itself: the machine is broken, not the
// document, so trying again later is right.
type faultError struct{ text string }

func (e *faultError) Error() string { return "sandbox child: " + e.text }

// outcome decodes the last frame of an answer.
func (f frame) outcome(r *result) error {
	if f.kind == frameFault {
		var said fault
		if err := f.into(frameFault, &said); err != nil {
			return err
		}
		return &faultError{printable(said.Error, 200)}
	}
	return f.into(frameResult, r)
}

// output counts what a child prints and keeps the beginning of it, only to
// recognise how it died: it may hold bytes of a document and must not be shown.
type output struct {
	mu   sync.Mutex
	sum  int
	head []byte
}

const headBytes = 4096

// Write keeps p as far as there is room.
func (t *output) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum += len(p)
	t.head = append(t.head, p[:min(len(p), headBytes-len(t.head))]...)
	return len(p), nil
}

func (t *output) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum
}

// outOfMemory recognises Go's words when the address space is used up.
func (t *output) outOfMemory() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.head, []byte("out of memory")) || bytes.Contains(t.head, []byte("cannot allocate memory"))
}
