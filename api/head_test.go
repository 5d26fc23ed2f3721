package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
)

// proves RFC 9110, 9.3.2: what HEAD is answered is what GET is, without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "a page") })
	r.POST("/sent", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	s := httptest.NewServer(surface{r})
	t.Cleanup(s.Close)
	for path, want := range map[string]int{"/": http.StatusOK, "/sent": http.StatusMethodNotAllowed, "/nowhere": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != want || len(body) > 0 || err != nil {
			t.Errorf("%s: %d %q, %v", path, res.StatusCode, body, err)
		}
		if path == "/" && res.ContentLength != int64(len("a page")) {
			t.Errorf("length %d", res.ContentLength)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
