package passhash

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The commands that make this test binary a child.
const asChild, asVillain = "hash-child", "hash-villain"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == asChild:
		os.Exit(ChildMain(os.Stdin, os.Stdout))
	case len(os.Args) == 2 && os.Args[1] == asVillain: // hears everything, and says nothing
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// children computes in this test binary; log is what it complained of.
func children(t *testing.T, command string) (c *Children, log *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log = &bytes.Buffer{}
	c = NewChildren(slog.New(slog.NewTextHandler(log, nil)), exe, command)
	t.Cleanup(c.Close)
	return c, log
}

// A hash is the same wherever it is computed, and the children are used again.
func TestChildrenComputeTheSame(t *testing.T) {
	t.Parallel()
	c, log := children(t, asChild)
	here, there := New([]byte("pepper")), New([]byte("pepper"), In(c))
	stored, err := here.Hash(t.Context(), "ACDEFHJK")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, secret := range []string{"ACDEFHJK", "ACDEFHJL", ""} {
				if ok, err := there.Verify(t.Context(), stored, secret); err != nil || ok != (secret == "ACDEFHJK") {
					t.Errorf("%q: %v, %v", secret, ok, err)
				}
			}
		})
	}
	wg.Wait()
	again, err := there.Hash(t.Context(), "another")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := here.Verify(t.Context(), again, "another"); !ok || err != nil {
		t.Errorf("made in a child: %v, %v", ok, err)
	}
	if len(c.idle) == 0 || len(c.idle) > there.gate.cores {
		t.Errorf("%d children on %d cores", len(c.idle), there.gate.cores)
	}
	if log.Len() > 0 {
		t.Errorf("complaints: %s", log)
	}
}

// Whatever becomes of the children, hashes are computed: here, if need be; the log
// says so and nothing of what was hashed.
func TestChildrenFail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		command string
		before  func(t *testing.T, c *Children)
		silent  bool
	}{
		"does not start": {asChild, func(_ *testing.T, c *Children) { c.exe = "/nowhere" }, false},
		"never answers":  {asVillain, func(_ *testing.T, c *Children) { c.within = 50 * time.Millisecond }, false},
		"was killed": {asChild, func(t *testing.T, c *Children) {
			compute(t, c)
			if err := c.idle[0].cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}, false},
		"was stopped": {asChild, func(t *testing.T, c *Children) {
			compute(t, c)
			c.within = 50 * time.Millisecond
			if err := c.idle[0].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}, false},
		"closed": {asChild, func(t *testing.T, c *Children) {
			compute(t, c)
			c.Close()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, log := children(t, tc.command)
			tc.before(t, c)
			compute(t, c)
			if said := strings.Contains(log.String(), "no child could compute"); said == tc.silent {
				t.Errorf("log: %q", log)
			}
			if strings.Contains(log.String(), "ACDEFHJK") {
				t.Errorf("the log tells: %s", log)
			}
			if len(c.idle) != 0 {
				t.Error("a broken child is kept")
			}
			if tc.silent {
				return
			}
			c.within, c.exe, c.until = answerWithin, os.Args[0], time.Time{}
			c.args = []string{asChild}
			compute(t, c)
			if len(c.idle) != 1 {
				t.Error("no new child was started")
			}
		})
	}
}

// Where no child can live, the hashes of the next half minute do without, silently;
// one that worked and died is replaced at once.
func TestChildrenRest(t *testing.T) {
	t.Parallel()
	for command, fails := range map[string]bool{asVillain: true, asChild: false} {
		c, log := children(t, command)
		if !fails {
			compute(t, c)
			if err := c.idle[0].cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		c.within = 50 * time.Millisecond
		compute(t, c)
		c.within = answerWithin
		compute(t, c) // would take ten seconds with the villain
		compute(t, c)
		if n := strings.Count(log.String(), "no child could compute"); n != 1 {
			t.Errorf("%s: said %d times\n%s", command, n, log)
		}
		if rests := len(c.idle) == 0; rests != fails {
			t.Errorf("%s: %d children are kept", command, len(c.idle))
		}
	}
}

// A child that is stopped does not keep the server from ending.
func TestCloseEndsTheStopped(t *testing.T) {
	t.Parallel()
	c, _ := children(t, asChild)
	compute(t, c)
	ch := c.idle[0]
	if err := ch.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.within = 50 * time.Millisecond
	c.Close()
	if ch.cmd.ProcessState == nil {
		t.Error("it was not collected")
	}
}

// What is not of a request's length is computed here: its rest would be read as
// the beginning of the next one.
func TestNoOddRequests(t *testing.T) {
	t.Parallel()
	c, _ := children(t, asChild)
	for _, n := range []int{0, saltBytes - 1, saltBytes + 1} {
		if key, ok := c.key(t.Context(), standard, make([]byte, n), make([]byte, macBytes)); ok {
			t.Errorf("salt of %d: %x", n, key)
		}
		c.until = time.Time{}
	}
	compute(t, c)
}

// compute checks one hash by way of the children against one made here.
func compute(t *testing.T, c *Children) {
	t.Helper()
	stored, err := New([]byte("pepper"), In(c)).Hash(t.Context(), "ACDEFHJK")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := New([]byte("pepper")).Verify(t.Context(), stored, "ACDEFHJK"); !ok || err != nil {
		t.Fatalf("verify: %v, %v", ok, err)
	}
}

// A server that is told to end, and its whole group with it, still gets its answer;
// the child ends with the server's end of the pipe.
func TestChildEndsWithItsInput(t *testing.T) {
	t.Parallel()
	c, _ := children(t, asChild)
	compute(t, c)
	ch := c.idle[0]
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if err := ch.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	compute(t, c)
	if len(c.idle) != 1 || c.idle[0] != ch {
		t.Fatal("the child is gone")
	}
	c.Close()
	if !ch.cmd.ProcessState.Success() {
		t.Errorf("child: %s", ch.cmd.ProcessState)
	}
	if key, ok := c.key(context.Background(), standard, nil, nil); ok {
		t.Errorf("a closed one computes %x", key)
	}
}
