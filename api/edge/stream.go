package edge

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Stream answers with a file that write writes as it goes. What fails before the
// first byte is an error like any other; what fails later breaks the connection
// off, so that nobody takes a part of the file for the whole.
func Stream(c *gin.Context, contentType, name string, write func() error) error {
	c.Header("Content-Type", contentType)
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	err := write()
	if err == nil {
		return nil
	}
	if !c.Writer.Written() {
		c.Writer.Header().Del("Content-Type")
		c.Writer.Header().Del("Content-Disposition")
		return err
	}
	panic(http.ErrAbortHandler)
}

// sandboxed keeps a browser that opens the file after all from running anything in it.
const sandboxed = "default-src 'none'; sandbox"

// Attach answers with an archive of foreign bytes that write writes as it goes, once
// it knows the archive's name: what fails before is an error like any other, and what
// fails later breaks the connection off, as with Stream. A client may take as long as
// it likes as long as it takes something each minute.
func Attach(c *gin.Context, contentType string, write func(out func(name string) io.Writer) error) error {
	before := c.Writer.Header().Clone()
	err := write(func(name string) io.Writer {
		c.Header("Content-Type", contentType)
		c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
		c.Header("Content-Security-Policy", sandboxed)
		return &patient{to: c.Writer, conn: http.NewResponseController(c.Writer)}
	})
	switch {
	case err == nil:
		return nil
	case c.Writer.Written():
		panic(http.ErrAbortHandler)
	}
	clear(c.Writer.Header())
	for name, values := range before {
		c.Writer.Header()[name] = values
	}
	return err
}

// patience is how long a client may take nothing.
const patience = time.Minute

// patient moves the limits of the server's connection along: they are meant for pages.
type patient struct {
	to   io.Writer
	conn *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	// Where the connection has no deadlines, the server's own limits hold.
	_ = p.conn.SetWriteDeadline(time.Now().Add(patience)) //nolint:forbidigo // a deadline of the connection
	n, err := p.to.Write(b)
	_ = p.conn.SetReadDeadline(time.Time{}) // the request is read; its limit would end the context
	return n, err
}
