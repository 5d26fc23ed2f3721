package edge_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
)

// An archive outlives the time that the server gives a page: here it is over before
// the first byte. Half an archive has no end.
func TestAttach(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.TestMode)
	r := gin.New()
	serve := func(broken error) gin.HandlerFunc {
		return func(c *gin.Context) {
			err := edge.Attach(c, "application/zip", func(out func(string) io.Writer) error {
				w := out("a.zip")
				for range 3 {
					if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
						return err
					}
				}
				return broken
			})
			if err != nil {
				t.Errorf("answered %v behind an archive", err)
			}
		}
	}
	r.GET("/whole", serve(nil))
	r.GET("/half", serve(errors.New("the disk is gone")))
	s := httptest.NewUnstartedServer(r)
	s.Config.WriteTimeout = time.Nanosecond
	s.Start()
	defer s.Close()
	for path, whole := range map[string]bool{"/whole": true, "/half": false} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		if (err == nil) != whole || whole && len(data) != 3*64<<10 {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
