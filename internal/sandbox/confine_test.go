package sandbox

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"

	"dispositivo/internal/clock"
)

// serverToKill is the main of a server that is killed in mid-work: it has a
// child hang and tells its number.
func serverToKill() int {
	exe, err := os.Executable()
	if err != nil {
		return 1
	}
	p := New(Config{Exe: exe, Args: []string{"sandbox-misbehave", "hang"}, Size: 1})
	go func() { _, _ = p.Read(context.Background(), []byte("II*\x00"), ReadOptions{}) }()
	for {
		p.starts.mu.Lock()
		for c := range p.starts.alive {
			_, _ = fmt.Fprintln(os.Stdout, c.cmd.Process.Pid) // the test reads it
			p.starts.mu.Unlock()
			select {}
		}
		p.starts.mu.Unlock()
	}
}

// TestServerKilled proves that a child does not outlive a server that got
// SIGKILL, and that its folder is swept by the next server.
func TestServerKilled(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folders := t.TempDir()
	t.Setenv("TMPDIR", folders)
	cmd := exec.CommandContext(t.Context(), exe, "sandbox-server")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	deadline := clock.System().Now().Add(5 * time.Second)
	for stat := "R"; stat != "" && !strings.Contains(stat, ") Z "); {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // missing: it is gone
		stat = string(raw)
		if clock.System().Now().After(deadline) {
			t.Fatalf("the child lives on: %s", stat)
		}
	}
	sweepFolders(folders)
	if left, err := os.ReadDir(folders); err != nil || len(left) > 0 {
		t.Errorf("folders left behind: %v, %v", left, err)
	}
}

// TestConfined proves what a child may not do. Landlock is not everywhere; the
// rest is.
func TestConfined(t *testing.T) {
	p := newPool(t, Config{Size: 1})
	c, err := p.starts.start(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.end()
	pid := c.cmd.Process.Pid
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range strings.Split(strings.Trim(string(environ), "\x00"), "\x00") {
		name, _, _ := strings.Cut(v, "=")
		if !strings.Contains(" GOMEMLIMIT GOTRACEBACK HOME TMPDIR TZ LANG ", " "+name+" ") {
			t.Errorf("the child knows %s", name)
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(status), "NoNewPrivs:\t1") {
		t.Error("the child may gain privileges")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Max file size 67108864 67108864", "Max core file size 0 0", "Max open files 64 64"}
	if !raceDetector {
		want = append(want, "Max address space 4294967296 4294967296")
	}
	for _, want := range want {
		if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), want) {
			t.Errorf("%s is not set:\n%s", want, limits)
		}
	}
	folder, err := os.Stat(c.folder)
	if err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("its folder is open to others: %v, %v", folder, err)
	}
	if cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); cwd != c.folder {
		t.Errorf("it stands in %s, not in %s", cwd, c.folder)
	}
	// Where the kernel refuses namespaces the pool says so in the log.
	for _, kind := range []string{"net", "user", "ipc"} {
		ours, _ := os.Readlink("/proc/self/ns/" + kind)
		theirs, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind))
		if alone := ours != theirs; alone == p.starts.plain || ours == "" {
			t.Errorf("own %s namespace: %v, the kernel refused: %v", kind, alone, p.starts.plain)
		}
	}
}

// TestJail proves from inside that a child reaches no file but its own folder,
// no network, no other program, no process and no privilege, where the kernel has Landlock.
func TestJail(t *testing.T) {
	able, err := llsyscall.LandlockGetABIVersion()
	if err != nil || able < 4 {
		t.Skipf("no Landlock here: version %d, %v", able, err)
	}
	worked := "worked: write-own"
	if able < 6 { // it knows nothing of signals yet
		worked += " signal"
	}
	p := newPool(t, Config{Args: []string{"sandbox-misbehave", "jail"}, Size: 1})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // nobody came
	_, err = p.Probe(t.Context(), []byte("II*\x00"+listener.Addr().String()), ReadOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), worked) {
		t.Errorf("got %v", err)
	}
}
