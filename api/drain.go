package api

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// How much of a refused body is still read, so that the client gets to read
// the answer: most send all before they look (DESIGN, section 3; C2).
const (
	drainBytes = 32 << 20
	drainFor   = 10 * time.Second
)

// drain reads what a handler left of a request's body before the answer goes
// out. Without it net/http would close the connection on the client while it
// sends, and the client would see a broken connection instead of the refusal.
func drain() gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.Body == nil || c.Request.Body == http.NoBody {
			c.Next()
			return
		}
		body := &countedBody{ReadCloser: c.Request.Body}
		c.Request.Body = body
		c.Writer = &drainingWriter{ResponseWriter: c.Writer, request: c.Request, body: body}
		c.Next()
	}
}

// countedBody knows whether anything was read, and whether the end was.
type countedBody struct {
	io.ReadCloser
	touched, ended bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.touched = true
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

// drainingWriter drains before the first byte of the answer.
type drainingWriter struct {
	gin.ResponseWriter
	request *http.Request
	body    *countedBody
	drained bool
}

func (w *drainingWriter) drain() {
	if w.drained {
		return
	}
	w.drained = true
	// Who waits for "100 Continue" has sent nothing and is not asked to.
	waiting := w.request.Header.Get("Expect") != "" && !w.body.touched
	if w.body.ended || waiting {
		return
	}
	deadline := time.Now().Add(drainFor) //nolint:forbidigo // a deadline of the connection
	if err := http.NewResponseController(w.ResponseWriter).SetReadDeadline(deadline); err != nil {
		return // then net/http's own small drain must do
	}
	_, _ = io.CopyN(io.Discard, w.body, drainBytes) // whatever happens, the answer goes out
}

// Write implements http.ResponseWriter.
func (w *drainingWriter) Write(p []byte) (int, error) {
	w.drain()
	return w.ResponseWriter.Write(p)
}

// WriteString implements io.StringWriter.
func (w *drainingWriter) WriteString(s string) (int, error) {
	w.drain()
	return w.ResponseWriter.WriteString(s)
}

// WriteHeaderNow implements gin.ResponseWriter.
func (w *drainingWriter) WriteHeaderNow() {
	w.drain()
	w.ResponseWriter.WriteHeaderNow()
}

// Unwrap lets http.ResponseController find the connection.
func (w *drainingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
