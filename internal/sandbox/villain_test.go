package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// misbehave is the main of children that break every rule once greeted.
func misbehave(how string) int {
	return serveChild(os.Stdin, os.Stdout, func(hello) server { return villain(how) })
}

type villain string

func (v villain) serve(ctx context.Context, q request, docs [][]byte, out io.Writer) error {
	switch v {
	case "hang":
		select {}
	case "spin":
		for !done.Load() {
		}
	case "eat":
		return eat()
	case "grab":
		_ = make([]byte, 1<<40) // more than the address space
	case "crash":
		os.Exit(7)
	case "panic":
		go panic("in another goroutine") // no recover can help
		select {}
	case "overflow":
		return errors.New(strconv.Itoa(overflow(1)))
	case "garbage":
		_, err := os.Stdout.WriteString("") // os.Stdout is standard error here
		_, _ = out.Write(bytes.Repeat([]byte("garbage "), 1000))
		return err
	case "huge":
		_, err := out.Write([]byte{'R', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		return err
	case "close":
		if err := out.(io.Closer).Close(); err != nil { //nolint:errcheck // it is a file
			return err
		}
		select {}
	case "pages":
		return endlessPages(out)
	case "script":
		return writeFrame(out, framePage, pageHead{N: 1, ContentType: "image/png", Image: 8}, []byte("<script>"))
	case "noise":
		fmt.Fprint(os.Stdout, strings.Repeat("Mario Rossi ", 1<<16)) //nolint:errcheck // a library that prints
		return writeFrame(out, frameResult, result{Report: Report{Format: "pdf\x1b[31m"}})
	case "jail":
		return escapes(ctx, strings.TrimPrefix(string(docs[0]), "II*\x00"))
	case "stale":
		return v.stale(q, out)
	case "swell":
		kept = touched(150 << 20)
		return writeFrame(out, frameResult, whoReads())
	case "tell":
		return writeFrame(out, frameResult, whoReads())
	}
	return errors.New("unknown mischief")
}

// done is never set, and kept never used: the compiler cannot know.
var (
	done atomic.Bool
	kept []byte
)

// touched is memory that is really there.
func touched(size int) []byte {
	b := make([]byte, size)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	return b
}

// whoReads is a report that tells the number of the process.
func whoReads() result {
	return result{Report: Report{
		Format: FormatTIFF, Pages: []Page{{N: 1}}, Symbols: []Symbol{{Kind: "qr", Text: strconv.Itoa(os.Getpid()), Page: 1}},
	}}
}

// escapes tries what a child that was taken over would, and tells what worked.
func escapes(ctx context.Context, address string) error {
	var worked []string
	try := func(what string, err error) {
		if err == nil {
			worked = append(worked, what)
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	try("read-foreign", err)
	_, err = os.ReadDir("/")
	try("list-foreign", err)
	try("write-foreign", os.WriteFile(filepath.Join(os.TempDir(), "..", "outside"), []byte("x"), 0o600)) //nolint:gosec // the crime is the point
	try("write-own", os.WriteFile("inside", []byte("x"), 0o600))
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close() // it was not meant to be
	}
	try("dial", err)
	try("exec", exec.CommandContext(ctx, "/bin/true").Run())
	try("root", os.Chown("inside", 1, 1))
	try("signal", unix.Kill(os.Getppid(), 0))
	_, err = os.Readlink("/proc/" + strconv.Itoa(os.Getppid()) + "/exe")
	try("look at the server", err)
	return errors.New("worked: " + strings.Join(worked, " "))
}

// stale serves one document well and crashes at the second.
func (villain) stale(_ request, out io.Writer) error {
	const mark = "served"
	if _, err := os.Stat(mark); err == nil {
		os.Exit(9)
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	return writeFrame(out, frameResult, result{Report: Report{Format: FormatTIFF}})
}

func eat() error {
	var all [][]byte
	for {
		all = append(all, touched(4<<20))
		if len(all) > 1<<20 {
			return nil
		}
	}
}

func overflow(n int) int {
	if n == 0 {
		return 0
	}
	return overflow(n+1) + 1
}

func endlessPages(out io.Writer) error {
	picture := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 1<<20)...)
	for n := 1; ; n++ {
		head := pageHead{N: n, ContentType: "image/png", Image: len(picture)}
		if err := writeFrame(out, framePage, head, picture); err != nil {
			return err
		}
	}
}
