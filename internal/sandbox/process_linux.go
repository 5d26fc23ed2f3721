package sandbox

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attributes are how a child starts: in a session of its own, ended when the
// server ends and, if alone is set, in fresh user and network namespaces, where
// there is no address to reach and no privilege to use.
func attributes(alone bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if alone {
		attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC
	}
	return attr
}

// killGroup kills a child and whatever it may have started.
func killGroup(pid int) {
	_ = unix.Kill(-pid, unix.SIGKILL) // it may be gone
}

// running reports whether a process of that number exists.
func running(pid int) bool {
	return pid > 0 && !errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}

// residentBytes is how much memory a process holds; 0 when it is gone.
func residentBytes(pid int) int64 {
	statm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// processorTime is what a process has used so far; 0 when it is gone.
func processorTime(pid int) time.Duration {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The name, in parentheses, may hold spaces; user and system time are the
	// 12th and 13th field after it, in ticks of 10 ms on every Linux.
	const afterName, tick = 11, 10 * time.Millisecond
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < afterName+2 {
		return 0
	}
	var ticks time.Duration
	for _, f := range fields[afterName : afterName+2] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0
		}
		ticks += time.Duration(n)
	}
	return ticks * tick
}

// spent is the processor time that this process has used so far.
func spent() time.Duration {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// isPipe reports whether err is a write to a child that hung up.
func isPipe(err error) bool { return errors.Is(err, unix.EPIPE) }
