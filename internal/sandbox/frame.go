package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A conversation is a row of frames over the child's standard input and
// output: one byte of kind, the lengths of head and body, the head as JSON, the
// body as it is. One request at a time.
//
//	parent: hello                 request                request …
//	child:         ready                 started page* result
type frameKind byte

const (
	frameHello   frameKind = 'H' // parent: settings
	frameReady   frameKind = 'Y' // child: how far it could confine itself
	frameRequest frameKind = 'Q' // parent: request; the body holds the documents
	frameStarted frameKind = 'S' // child: the number of pages, which sets the time
	framePage    frameKind = 'P' // child: one page; the body holds image and thumb
	frameResult  frameKind = 'R' // child: result; the body is a composed document
	frameFault   frameKind = 'F' // child: the child itself is at fault, not the document
)

const (
	frameHeader = 1 + 4 + 4
	// maxHead bounds the JSON of a frame: a report of 20 pages with all its
	// findings stays far below.
	maxHead = 1 << 20
	// maxBody bounds what follows: a page of 16 million colour pixels as PNG.
	maxBody = 64 << 20
)

var errFrame = errors.New("sandbox: frame out of bounds")

// writeFrame writes head as JSON and the parts of the body one after another.
func writeFrame(w io.Writer, kind frameKind, head any, body ...[]byte) error {
	text, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	total := 0
	for _, part := range body {
		total += len(part)
	}
	if len(text) > maxHead || total > maxBody {
		return errFrame
	}
	buf := make([]byte, 0, frameHeader+len(text))
	buf = append(buf, byte(kind))
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(text))) //nolint:gosec // bounded by maxHead
	buf = binary.BigEndian.AppendUint32(buf, uint32(total))
	if _, err := w.Write(append(buf, text...)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	for _, part := range body {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("write frame body: %w", err)
		}
	}
	return nil
}

// frame is one that was read.
type frame struct {
	kind frameKind
	head []byte
	body []byte
}

// readFrame reads one frame; io.EOF means that the other side has ended between
// two frames.
func readFrame(r io.Reader) (frame, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return frame{}, io.EOF
		}
		return frame{}, fmt.Errorf("read frame: %w", err)
	}
	f := frame{kind: frameKind(header[0])}
	head := binary.BigEndian.Uint32(header[1:5])
	body := binary.BigEndian.Uint32(header[5:9])
	if head > maxHead || body > maxBody {
		return frame{}, errFrame
	}
	f.head = make([]byte, head)
	if _, err := io.ReadFull(r, f.head); err != nil {
		return frame{}, fmt.Errorf("read frame head: %w", err)
	}
	f.body = make([]byte, body)
	if _, err := io.ReadFull(r, f.body); err != nil {
		return frame{}, fmt.Errorf("read frame body: %w", err)
	}
	return f, nil
}

// into decodes the head, which must be of the kind expected.
func (f frame) into(kind frameKind, head any) error {
	if f.kind != kind {
		return fmt.Errorf("sandbox: frame %q instead of %q", f.kind, kind)
	}
	if err := json.Unmarshal(f.head, head); err != nil {
		return fmt.Errorf("decode frame: %w", err)
	}
	return nil
}

// hello is what a child must know before it may read anything.
type hello struct {
	Limits Limits `json:"limits"`
	// CacheDir holds the compiled engine; empty: compile in memory.
	CacheDir string `json:"cache_dir"`
	// Compile makes a child that fills CacheDir and reads no document. All
	// others may only read there, so that no document can change the engine
	// which reads the next.
	Compile bool `json:"compile"`
}

// ready tells how far a child could confine itself.
type ready struct {
	Landlock bool `json:"landlock"`
}

// operation is what a request asks for.
type operation string

const (
	opWarm    operation = "warm" // build every engine that a reading needs
	opOpen    operation = "open" // build what a probe needs
	opProbe   operation = "probe"
	opRead    operation = "read"
	opCompose operation = "compose"
	opFit     operation = "fit"
)

// request asks for one operation on the documents in its frame's body.
type request struct {
	Op      operation   `json:"op"`
	Read    ReadOptions `json:"read"`
	Compose composing   `json:"compose"`
	Fit     FitOptions  `json:"fit"`
	// Parts are the lengths of the documents.
	Parts []int `json:"parts"`
}

// documents cuts the body as Parts say.
func (q request) documents(body []byte) ([][]byte, error) {
	docs := make([][]byte, 0, len(q.Parts))
	for _, n := range q.Parts {
		if n < 0 || n > len(body) {
			return nil, errFrame
		}
		docs = append(docs, body[:n:n])
		body = body[n:]
	}
	return docs, nil
}

// started tells the number of pages before the first is drawn.
type started struct {
	Pages int `json:"pages"`
}

// pageHead goes with a drawn page: the body is Image bytes, then the thumb.
type pageHead struct {
	N           int    `json:"n"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	ContentType string `json:"content_type"`
	Image       int    `json:"image"`
	Text        string `json:"text"`
	Look        []byte `json:"look"`
	Pixels      []byte `json:"pixels"`
}

// result ends a request.
type result struct {
	Report Report `json:"report"`
	Fitted Fitted `json:"fitted"`
}

// fault is an error of the child itself.
type fault struct {
	Error string `json:"error"`
}
