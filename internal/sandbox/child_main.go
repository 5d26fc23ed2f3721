package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// ChildMain is the whole life of a child process: it confines itself, then
// reads documents from stdin and answers on stdout until stdin ends. The hidden
// command "sandbox-child" calls it before anything else, without settings or
// keys, and exits with what it returns: 0 after the end of stdin, 1 otherwise.
func ChildMain(stdin io.Reader, stdout io.Writer) int {
	return serveChild(stdin, stdout, func(h hello) server { return &reader{settings: h} })
}

// server does what a child is asked; tests have children that misbehave.
type server interface {
	serve(ctx context.Context, q request, docs [][]byte, out io.Writer) error
}

// maxStack ends a recursion without end before it takes a gigabyte.
const maxStack = 64 << 20

// serveChild greets, confines and serves one request after the other.
func serveChild(stdin io.Reader, stdout io.Writer, open func(hello) server) int {
	// What a library prints must never mingle with frames. The parent counts
	// standard error and shows none of it.
	os.Stdout = os.Stderr
	debug.SetMaxStack(maxStack)
	if err := converse(stdin, stdout, open); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err) // for a person who starts this by hand
		return 1
	}
	return 0
}

func converse(stdin io.Reader, stdout io.Writer, open func(hello) server) error {
	f, err := readFrame(stdin)
	if err != nil {
		return err
	}
	var h hello
	if err := f.into(frameHello, &h); err != nil {
		return err
	}
	folder, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find own folder: %w", err)
	}
	able, err := confine(h, folder)
	if err != nil {
		return err
	}
	if err := writeFrame(stdout, frameReady, able); err != nil {
		return err
	}
	s := open(h)
	for {
		f, err := readFrame(stdin)
		if err == io.EOF { //nolint:errorlint // readFrame returns it as it is
			return nil
		}
		if err != nil {
			return err
		}
		if err := answer(f, s, stdout); err != nil {
			return err
		}
	}
}

// answer serves one request. A fault is told in one frame; an error of the pipe
// ends the child.
func answer(f frame, s server, stdout io.Writer) error {
	if f.kind != frameRequest {
		return fmt.Errorf("sandbox: frame %q instead of a request", f.kind)
	}
	var q request
	if err := json.NewDecoder(bytes.NewReader(f.head)).Decode(&q); err != nil {
		return fmt.Errorf("decode request: %w", err)
	}
	docs, err := q.documents(f.body)
	if err != nil {
		return err
	}
	if err := s.serve(context.Background(), q, docs, stdout); err != nil {
		return writeFrame(stdout, frameFault, fault{Error: err.Error()})
	}
	return nil
}
