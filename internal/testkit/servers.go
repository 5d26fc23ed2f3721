// Package testkit starts the real servers that tests run against: PostgreSQL
// and Redis, on loopback and a free port, stopped when the tests end. A missing
// server is a failure, never a skip.
//
// It must be imported by tests alone.
package testkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Main runs the tests and stops the servers they started. Use it as
// func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }.
func Main(m *testing.M) int {
	code := m.Run()
	shared.stop()
	return code
}

// RedisServer is a real Redis that a test may stop and start again.
type RedisServer struct {
	Addr string
	t    testing.TB
	stop func()
}

// Redis starts a Redis server without persistence.
func Redis(t testing.TB) *RedisServer {
	t.Helper()
	r := &RedisServer{Addr: LastingAddr(t), t: t}
	r.Start()
	t.Cleanup(r.Stop)
	return r
}

// URL is the server's address as the settings want it.
func (r *RedisServer) URL() string { return "redis://" + r.Addr + "/0" }

// Start starts the server again after Stop, empty.
func (r *RedisServer) Start() {
	r.t.Helper()
	_, port, _ := net.SplitHostPort(r.Addr)
	cmd := exec.CommandContext(context.Background(), "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning") //nolint:gosec // the port is ours
	stop, err := run(cmd, syscall.SIGKILL)
	if err != nil {
		r.t.Fatalf("Redis is needed (Debian: apt-get install redis-server): %v", err)
	}
	r.stop = stop
	if err := WaitFor(30*time.Second, func() error { return r.ping() }); err != nil {
		r.t.Fatalf("Redis does not answer: %v", err)
	}
}

// Stop kills the server; stopping twice is fine.
func (r *RedisServer) Stop() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// FlushAll makes the server forget everything.
func (r *RedisServer) FlushAll() error { return r.command("FLUSHALL", "+OK") }

func (r *RedisServer) ping() error { return r.command("PING", "+PONG") }

func (r *RedisServer) command(cmd, want string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", r.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()                                                        //nolint:errcheck // a probe
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil { //nolint:forbidigo // other processes have the real time only
		return err
	}
	if _, err := conn.Write([]byte(cmd + "\r\n")); err != nil {
		return err
	}
	buf := make([]byte, 64)
	n, err := conn.Read(buf)
	if err != nil {
		return err
	}
	if got := string(buf[:n]); !strings.HasPrefix(got, want) {
		return fmt.Errorf("redis answered %q", got)
	}
	return nil
}

// run starts cmd so that it dies with this process, whatever ends it, and
// returns what stops it. The death signal is bound to the thread that forked,
// which therefore must live as long as the server.
func run(cmd *exec.Cmd, sig syscall.Signal) (stop func(), err error) {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	attr.Pdeathsig = sig
	cmd.SysProcAttr = &attr
	started, quit, done := make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		<-quit
		_ = cmd.Process.Signal(sig)
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	var once sync.Once
	return func() { once.Do(func() { close(quit); <-done }) }, nil
}

// WaitFor asks until ok returns nil, for limit at most; then it returns what ok
// said last. It is for other processes, which give us no signal to wait for;
// within one process use the stub clock and channels.
func WaitFor(limit time.Duration, ok func() error) error {
	return WaitWhileMoving(limit, func() (int, error) { return 0, ok() })
}

// WaitWhileMoving is WaitFor for work of unknown length: the limit counts anew
// whenever the figure that ok returns has changed.
func WaitWhileMoving(limit time.Duration, ok func() (figure int, err error)) error {
	// Asking takes a quarter of the time: what is waited for needs the machine too.
	const shortest, longest, share = 20 * time.Millisecond, time.Second, 3
	last, deadline := 0, time.Time{}
	for first := true; ; first = false {
		asked := time.Now() //nolint:forbidigo // other processes have the real time only
		figure, err := ok()
		if err == nil {
			return nil
		}
		now := time.Now() //nolint:forbidigo // likewise
		if first || figure != last {
			last, deadline = figure, now.Add(limit)
		}
		if now.After(deadline) {
			return err
		}
		time.Sleep(min(max(share*now.Sub(asked), shortest), longest))
	}
}

// FreeAddr returns a loopback address nobody listens at.
func FreeAddr(t testing.TB) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// LastingAddr is a free loopback address that stays free while its server is dead:
// below the ports that the system gives to outgoing connections.
func LastingAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)) //nolint:gosec // any port will do
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no free port below 32000")
	return ""
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // only its number was wanted
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("not a TCP address: %v", l.Addr())
	}
	return addr.Port, nil
}
