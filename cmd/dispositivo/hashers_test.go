package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dispositivo/internal/testkit"
)

// Hashes are computed in children, without a setting or a key of the server in
// sight; they end with it, however it ends.
func TestHashChildren(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){"told to end": (*server).stop, "killed": (*server).kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveDemo(t)
			s.citizen(free()[0])
			pids := hashersOf(t, s.cmd.Process.Pid)
			if len(pids) == 0 {
				t.Fatal("the PIN was compared in the server")
			}
			for _, pid := range pids {
				environ, err := os.ReadFile(filepath.Join("/proc", pid, "environ"))
				if err != nil {
					t.Fatal(err)
				}
				if got := string(environ); got != "GOMAXPROCS=1\x00GOTRACEBACK=none\x00" {
					t.Errorf("environment of a child: %q", got)
				}
			}
			end(s)
			err := testkit.WaitFor(patience, func() error {
				for _, pid := range pids {
					if isHasher(pid) {
						return fmt.Errorf("child %s is still there", pid)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// An upgrade puts another binary where the server's was: its children are still of
// the version that runs, whose requests they understand.
func TestChildrenAfterUpgrade(t *testing.T) {
	t.Parallel()
	s := &server{t: t, Data: t.TempDir(), log: &lockedBuffer{}, exe: filepath.Join(t.TempDir(), "dispositivo")}
	copyFile(t, s.exe, os.Args[0])
	addr := testkit.FreeAddr(t)
	s.URL, s.args = "http://"+addr, []string{"serve", "--demo", "--addr", addr, "--data", s.Data}
	s.start()
	t.Cleanup(s.stop)
	for _, pid := range hashersOf(t, s.cmd.Process.Pid) { // those of the demonstration's own people
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(s.exe, s.exe+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.exe, []byte("#!/bin/false\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	if err := os.Remove(s.exe + ".old"); err != nil {
		t.Fatal(err)
	}
	s.citizen(free()[0]) // computed by the server when it finds the child gone
	s.citizen(free()[0])
	if len(hashersOf(t, s.cmd.Process.Pid)) == 0 {
		t.Errorf("no child was started\n%s", s.log)
	}
}

// copyFile copies a program.
func copyFile(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
}

// hashersOf lists the children of a process that compute hashes.
func hashersOf(t *testing.T, parent int) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if pid := filepath.Base(filepath.Dir(path)); len(fields) > 1 && fields[1] == strconv.Itoa(parent) && isHasher(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func isHasher(pid string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	return err == nil && strings.HasSuffix(string(line), hashChild+"\x00")
}
