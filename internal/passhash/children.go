package passhash

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/argon2"

	"dispositivo/internal/clock"
)

// requestBytes is what a child is asked: the three costs, the salt, and the
// secret behind its pepper, which the child never has.
const requestBytes = 4 + 4 + 1 + saltBytes + macBytes

// answerWithin is how long a child may take over a hash, which costs 25 ms of a
// core: one that does not answer is ended.
const answerWithin = 10 * time.Second

// restAfter is how long no child is asked after one could not be started, came to
// nothing at its first hash, or was ended: where none can live, each sign-in would
// pay for the try, up to answerWithin, and leave a line in the log.
const restAfter = 30 * time.Second

// collectEvery is after how many hashes a child frees their memory, 19 MiB each.
const collectEvery = 2

// Children compute hashes in processes of their own. Each hash leaves 19 MiB
// behind: in a server every second one begins a garbage collection of all that
// lives there, and the memory is given back and fetched again page by page, which
// is a fifth of the time. A child has next to nothing to look through.
//
// They are started when first needed, one for each hash computed at once, and end
// with this process, whose end closes their input. What none of them can do is
// computed here. The methods are safe for concurrent use.
type Children struct {
	exe    string
	args   []string
	logger *slog.Logger
	within time.Duration
	rest   time.Duration
	clock  clock.Clock

	mu   sync.Mutex
	idle []*child
	// until is when children are asked again.
	until  time.Time
	all    sync.WaitGroup
	closed bool
}

// NewChildren returns children that run exe with args, whose main must be
// ChildMain. The logger hears of those that fail; of what they compute, nothing.
func NewChildren(logger *slog.Logger, exe string, args ...string) *Children {
	return &Children{exe: exe, args: args, logger: logger, within: answerWithin, rest: restAfter, clock: clock.System()}
}

// In has hashes computed by children.
func In(c *Children) Option { return func(h *Hasher) { h.children = c } }

// Close ends the children once they have computed what they are at. Hashes asked
// for later are computed by the caller's process.
func (c *Children) Close() {
	c.mu.Lock()
	c.closed = true
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, ch := range idle {
		_ = ch.end(c.within) // it has nothing to lose
	}
	c.all.Wait()
}

// key has one hash computed; false when no child could.
func (c *Children) key(ctx context.Context, p params, salt, mac []byte) ([]byte, bool) {
	ch, err := c.take()
	if err == nil {
		var key []byte
		if key, err = ch.keyWithin(c.within, p, salt, mac); err == nil {
			c.giveBack(ch)
			return key, true
		}
		err = errors.Join(err, ch.end(c.within))
	}
	if !errors.Is(err, errUnasked) {
		if ch == nil || !ch.proved || errors.Is(err, errTooLong) {
			c.takeRest()
		}
		c.logger.LogAttrs(ctx, slog.LevelWarn, "no child could compute a hash; the server does", slog.Any("error", err))
	}
	return nil, false
}

// errUnasked says that no child is asked: they are closed, or at rest.
var errUnasked = errors.New("passhash: no child is asked")

var errTooLong = errors.New("passhash: child took too long")

func (c *Children) takeRest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = c.clock.Now().Add(c.rest)
}

// take returns the child that was busy last, whose memory is still at hand, or a
// new one.
func (c *Children) take() (*child, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.clock.Now().Before(c.until) {
		return nil, errUnasked
	}
	if last := len(c.idle) - 1; last >= 0 {
		ch := c.idle[last]
		c.idle = c.idle[:last]
		return ch, nil
	}
	ch := &child{cmd: exec.Command(c.exe, c.args...), forget: c.all.Done} //nolint:gosec,noctx // our own binary, which outlives the request that starts it
	if err := ch.start(); err != nil {
		return nil, fmt.Errorf("start hash child: %w", err)
	}
	c.all.Add(1)
	return ch, nil
}

func (c *Children) giveBack(ch *child) {
	c.mu.Lock()
	ch.proved = true
	closed := c.closed
	if !closed {
		c.idle = append(c.idle, ch)
	}
	c.mu.Unlock()
	if closed {
		_ = ch.end(c.within) // it has nothing to lose
	}
}

// child is the server's side of one process, used by one goroutine at a time.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	forget func()
	// proved says that it has computed a hash.
	proved bool
}

// start starts the process: on one core, with nothing of the server's settings.
func (ch *child) start() (err error) {
	ch.cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	if ch.in, err = ch.cmd.StdinPipe(); err != nil {
		return err
	}
	if ch.out, err = ch.cmd.StdoutPipe(); err != nil {
		return err
	}
	return ch.cmd.Start()
}

// keyWithin is key with an end: a child that is stopped would be waited for for ever.
func (ch *child) keyWithin(limit time.Duration, p params, salt, mac []byte) ([]byte, error) {
	watch := ch.killAfter(limit)
	key, err := ch.key(p, salt, mac)
	if !watch.Stop() {
		return nil, errors.Join(errTooLong, err) // even with an answer: it is being killed
	}
	return key, err
}

func (ch *child) killAfter(limit time.Duration) *time.Timer {
	return time.AfterFunc(limit, func() { _ = ch.cmd.Process.Kill() }) // it may be gone
}

func (ch *child) key(p params, salt, mac []byte) ([]byte, error) {
	if len(salt) != saltBytes || len(mac) != macBytes {
		return nil, ErrFormat // what is left of it would be read as the next request's
	}
	request := make([]byte, 0, requestBytes)
	request = binary.BigEndian.AppendUint32(request, p.time)
	request = binary.BigEndian.AppendUint32(request, p.memory)
	request = append(request, p.threads)
	request = append(append(request, salt...), mac...)
	if _, err := ch.in.Write(request); err != nil {
		return nil, fmt.Errorf("ask hash child: %w", err)
	}
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(ch.out, key); err != nil {
		return nil, fmt.Errorf("hear hash child: %w", err)
	}
	return key, nil
}

// end closes the child's input, which ends it, and collects it. One that is
// stopped does not hear of it, and is killed: a server's end waits for this.
func (ch *child) end(limit time.Duration) error {
	defer ch.forget()
	defer ch.killAfter(limit).Stop()
	return errors.Join(ch.in.Close(), ch.cmd.Wait())
}

// ChildMain computes what Children ask for on in, one after the other, until in
// ends; it returns the exit code. Signals that end a server and its group are not
// for it: the server still answers who has asked.
func ChildMain(in io.Reader, out io.Writer) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	debug.SetGCPercent(-1) // there is nothing to collect but what is known
	request := make([]byte, requestBytes)
	for n := 1; ; n++ {
		if _, err := io.ReadFull(in, request); err != nil {
			return 0
		}
		p := params{time: binary.BigEndian.Uint32(request), memory: binary.BigEndian.Uint32(request[4:]), threads: request[8]}
		salt, mac := request[9:9+saltBytes], request[9+saltBytes:]
		if _, err := out.Write(p.key(salt, mac)); err != nil {
			return 1
		}
		if n%collectEvery == 0 {
			runtime.GC()
		}
	}
}

// key computes a hash here.
func (p params) key(salt, mac []byte) []byte {
	return argon2.IDKey(mac, salt, p.time, p.memory, p.threads, keyBytes)
}
