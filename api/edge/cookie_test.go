package edge_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/internal/session"
)

// Behind TLS a cookie is this host's alone: one that a sister host may have planted,
// which cannot bear the prefix, is nobody's.
func TestCookiesAreThisHostsAlone(t *testing.T) {
	b := setup(t)
	b.guarded()
	b.router.GET("/in", func(c *gin.Context) {
		b.edge.Welcome(c, edge.Citizens(), session.Session{Token: "citizen"})
		b.edge.RememberDevice(c, edge.Citizens(), "known")
		b.edge.SetShortCookie(c, "errand", "/below", "x", 60)
	})
	in := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/in", nil)
	in.TLS = &tls.ConnectionState{}
	set := strings.Join(b.do(in).Header().Values("Set-Cookie"), "\n")
	for _, want := range []string{"__Host-dsp_citizen=citizen; Path=/; HttpOnly; Secure", "__Host-dsp_device=known; Path=/;", "__Secure-errand=x; Path=/below;"} {
		if !strings.Contains(set, want) {
			t.Errorf("%q is not among\n%s", want, set)
		}
	}
	for cookie, want := range map[string]int{"__Host-dsp_citizen=citizen": 200, "dsp_citizen=citizen": 303, "__Secure-dsp_citizen=citizen": 303} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/area", nil)
		r.TLS = &tls.ConnectionState{}
		r.Header.Set("Cookie", cookie)
		if w := b.do(r); w.Code != want {
			t.Errorf("%s: %d, want %d", cookie, w.Code, want)
		}
	}
}

// A page of the same host that came over a plain connection is not ours: whoever
// listens may have made it.
func TestOriginOfPlainConnection(t *testing.T) {
	b := setup(t)
	b.guarded()
	for origin, want := range map[string]int{"https://example.com": 200, "http://example.com": 403, "https://example.com.evil.example": 403} {
		r := post("/area", url.Values{"csrf": {"csrf-c"}}, "__Host-dsp_citizen=citizen")
		r.TLS = &tls.ConnectionState{}
		r.Header.Set("Origin", origin)
		if w := b.do(r); w.Code != want {
			t.Errorf("%s: %d, want %d", origin, w.Code, want)
		}
	}
}
