package edge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
)

// proves B3: who has a network of their own is one source, whatever address of it
// they come from.
func TestSource(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[2001:db8:1:2:a::1]:1": "2001:db8:1:2::/64",
		"[2001:db8:1:2:b::9]:1": "2001:db8:1:2::/64", "[2001:db8:1:3::1]:1": "2001:db8:1:3::/64",
	} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		c.Request.RemoteAddr = remote
		if got := edge.Source(c); got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}
