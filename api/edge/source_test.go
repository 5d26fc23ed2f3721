package edge_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
)

// source is what a request from a peer is counted under.
func source(t *testing.T, e *edge.Edge, peer string, forwarded ...string) (got string) {
	t.Helper()
	_, r := gin.CreateTestContext(httptest.NewRecorder())
	r.Use(e.Locate())
	r.GET("/", func(c *gin.Context) { got = edge.Source(c) })
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	req.RemoteAddr = peer
	req.Header["X-Forwarded-For"] = forwarded
	req.Header.Set("X-Real-Ip", "203.0.113.200") // a claim like any other
	req.Header.Set("Forwarded", "for=203.0.113.201")
	r.ServeHTTP(httptest.NewRecorder(), req)
	return got
}

// proves B3: who has a network of their own is one source, whatever address of it
// they come from.
func TestSource(t *testing.T) {
	e := edge.New(edge.Config{})
	for remote, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[2001:db8:1:2:a::1]:1": "2001:db8:1:2::/64",
		"[2001:db8:1:2:b::9]:1": "2001:db8:1:2::/64", "[2001:db8:1:3::1]:1": "2001:db8:1:3::/64",
	} {
		if got := source(t, e, remote); got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}

// proves B3: behind proxies each client is a source of its own, and none can make
// itself another by what it writes into the header.
func TestSourceBehindProxies(t *testing.T) {
	e := edge.New(edge.Config{Proxies: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("2001:db8:ffff::/48"),
	}})
	const outer, inner, stranger = "192.0.2.1:44", "192.0.2.2", "198.51.100.9:44"
	for what, tt := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                    {stranger, []string{"203.0.113.5"}, "198.51.100.9"},
		"a proxy's word":              {outer, []string{"203.0.113.5"}, "203.0.113.5"},
		"over IPv6":                   {"[2001:db8:ffff::1]:44", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
		"a proxy's address as IPv6":   {"[::ffff:192.0.2.1]:44", []string{"::ffff:203.0.113.5"}, "203.0.113.5"},
		"two proxies":                 {outer, []string{"203.0.113.5, " + inner}, "203.0.113.5"},
		"what the client wrote":       {outer, []string{"203.0.113.77, 203.0.113.5"}, "203.0.113.5"},
		"on a line before":            {outer, []string{"203.0.113.77", "203.0.113.5"}, "203.0.113.5"},
		"a proxy that is not trusted": {outer, []string{"203.0.113.5, 198.51.100.9"}, "198.51.100.9"},
		"the client says a proxy":     {outer, []string{inner + ", 203.0.113.5"}, "203.0.113.5"},
		"from a proxy itself":         {outer, []string{inner}, "192.0.2.2"},
		"said nothing":                {outer, nil, "192.0.2.1"},
		"said nonsense":               {outer, []string{"203.0.113.5, unknown"}, "192.0.2.1"},
		"an empty end":                {outer, []string{"203.0.113.5,"}, "192.0.2.1"},
		"nonsense behind a proxy":     {outer, []string{"nonsense, " + inner}, "192.0.2.2"},
		"with a port":                 {outer, []string{"203.0.113.5:1234"}, "203.0.113.5"},
		"IPv6 with a port":            {outer, []string{"[2001:db8:1:2::9]:1234"}, "2001:db8:1:2::/64"},
	} {
		if got := source(t, e, tt.peer, tt.forwarded...); got != tt.want {
			t.Errorf("%s: %q, want %q", what, got, tt.want)
		}
	}
}
