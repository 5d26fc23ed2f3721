package edge

import (
	"net/http"

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
