package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
