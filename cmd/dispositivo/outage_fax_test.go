package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"dispositivo/intake/fax"
	"dispositivo/internal/testkit"
)

// proves promise 1, C4 and C7: while PostgreSQL is dead every gateway is told to try
// again, and when it is back each fax is taken once.
func TestFaxesWithoutDatabase(t *testing.T) {
	t.Parallel()
	g := killable(t)
	tr := newFaxTrial(t, groundOf(t, g))
	tr.outage(g.postgres.Kill, g.postgres.Start)
}

// inOwnMounts tells the test that runs itself anew where it may mount a disk.
const inOwnMounts = "DISPOSITIVO_TEST_OWN_MOUNTS"

// proves promise 1, C4 and C7: while the disk is full every gateway is told to try
// again, and when there is room each fax is taken once. The disk is a small one of
// its own, mounted where nobody else sees it.
func TestFaxesOnFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(inOwnMounts) == "" {
		anewInOwnMounts(t)
		return
	}
	tr := groundOf(t, embedded())
	full, room := smallDisk(t, tr)
	newFaxTrial(t, tr).outage(full, room)
}

// smallDisk gives a trial that has not begun a disk of its own, and the ways to have
// it full, and to have room again.
func smallDisk(t *testing.T, tr *trial) (full, room func()) {
	t.Helper()
	if err := os.Mkdir(tr.storage.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", tr.storage.Data, "tmpfs", 0, "size=32m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(tr.storage.Data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(tr.storage.Data, "filler")
	return func() { fill(t, filler) }, func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	}
}

// anewInOwnMounts runs the calling test in a process that has mounts of its own.
// Who is not root needs a user namespace for it.
func anewInOwnMounts(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inOwnMounts+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	// Pdeathsig means the thread that starts the process, which another goroutine may end.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}

// fill writes until there is no room.
func fill(t testing.TB, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is full
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		size /= 2
	}
}

// outage lets each way in be refused, and taken when what broke is mended.
func (tr *faxTrial) outage(broke, mend func()) {
	tr.t.Helper()
	tr.sendEachWay() // it worked before
	tr.senders.Wait()
	tr.awaitRead()

	broke()
	tr.refusedByWebhook()
	tr.refusedByHook()
	tr.sendFax(tr.bySpool)
	tr.awaitSpoolFails()
	if waiting, err := filepath.Glob(filepath.Join(tr.spool, "*.pdf")); err != nil || len(waiting) != 1 {
		tr.t.Errorf("the spool holds %v, %v", waiting, err)
	}
	mend()
	tr.senders.Wait()
	tr.sendEachWay()
	tr.senders.Wait()
	tr.settleFaxes()
	tr.proveFaxes()
}

// awaitSpoolFails waits until the server failed to take in the fax that is about to
// be left in the folder. It may have failed before, and be about to say so: two
// failures after the fax was complete are needed for one that saw it.
func (tr *faxTrial) awaitSpoolFails() {
	tr.t.Helper()
	failures := func() int { return strings.Count(tr.server.log.String(), `"chore":"take in faxes"`) }
	before := -1
	err := testkit.WaitFor(time.Minute, func() error {
		complete, err := filepath.Glob(filepath.Join(tr.spool, "*.pdf.done"))
		if err != nil || len(complete) == 0 {
			return errNotYet("the fax is not in the folder")
		}
		if before < 0 {
			before = failures()
		}
		if failures() < before+2 {
			return errNotYet("the spool says nothing")
		}
		return nil
	})
	if err != nil {
		tr.t.Error(err)
	}
}

func (tr *faxTrial) sendEachWay() {
	tr.sendFax(tr.bySpool)
	tr.sendFax(tr.byHook)
	tr.sendFax(tr.byWebhook)
}

// refusedByWebhook: 503, with the time after which to call again.
func (tr *faxTrial) refusedByWebhook() {
	tr.t.Helper()
	header, body := genericCall(tr.t, tr.secret, fax.GenericFax{ID: "refused", Status: "received", File: document(tr.t, "refused")})
	c := &client{t: tr.t, url: tr.server.URL}
	a := c.do(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body))
	if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		tr.t.Errorf("webhook: %d, Retry-After %q: %s", a.Status, a.Header.Get("Retry-After"), a.Body)
	}
}

// refusedByHook: the command fails, so that HylaFAX keeps the file.
func (tr *faxTrial) refusedByHook() {
	tr.t.Helper()
	path := filepath.Join(tr.recvq, "refused.tif")
	if err := os.WriteFile(path, document(tr.t, "refused too"), 0o600); err != nil {
		tr.t.Fatal(err)
	}
	out, code := command(tr.t, "fax-received", "--data", tr.storage.Data, path, "ttyS0", "999", "", "0655512345")
	if code == 0 || out != "" {
		tr.t.Errorf("hook: exit %d, %q", code, out)
	}
	if _, err := os.Stat(path); err != nil {
		tr.t.Error(err)
	}
}
