package netx_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"dispositivo/internal/netx"
)

// serve starts a TLS server at 127.0.0.1 and a client that trusts it.
func serve(t *testing.T, opts netx.Options, handler http.HandlerFunc) (*netx.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	opts.RootCAs = x509.NewCertPool()
	opts.RootCAs.AddCert(server.Certificate())
	if opts.Hosts == nil {
		opts.Hosts = []string{"127.0.0.1"}
	}
	c, err := netx.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, server
}

func get(t *testing.T, c *netx.Client, address string) (*netx.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(t.Context(), req)
}

func TestDo(t *testing.T) {
	c, server := serve(t, netx.Options{AllowLoopback: true}, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Test", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(body)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer x")
	res, err := c.Do(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 202 || string(res.Body) != "hello" || res.Header.Get("X-Test") != "Bearer x" {
		t.Errorf("answer = %+v", res)
	}
}

func TestForbidden(t *testing.T) {
	never := func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") }
	closed, server := serve(t, netx.Options{}, never)
	open, _ := serve(t, netx.Options{AllowLoopback: true, Hosts: []string{"127.0.0.1", "provider.example"}}, never)
	plain := httptest.NewServer(http.HandlerFunc(never))
	defer plain.Close()
	port := plain.URL[strings.LastIndex(plain.URL, ":"):]
	for name, test := range map[string]struct {
		client *netx.Client
		url    string
	}{
		"loopback address": {closed, server.URL},
		"plain http":       {closed, plain.URL},
		"other host":       {open, "https://localhost" + port},
		"http elsewhere":   {open, "http://provider.example/"},
		"credentials":      {open, "https://a:b@127.0.0.1" + port},
		"other scheme":     {open, "ftp://127.0.0.1" + port},
	} {
		if _, err := get(t, test.client, test.url); !errors.Is(err, netx.ErrForbidden) {
			t.Errorf("%s: %v, want ErrForbidden", name, err)
		}
	}
}

// A name on the list that leads into a closed network is refused at the dial.
func TestNameThatLeadsInside(t *testing.T) {
	c, err := netx.New(netx.Options{Hosts: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, c, "https://localhost:9/path?secret=1"); !errors.Is(err, netx.ErrForbidden) || strings.Contains(err.Error(), "secret") {
		t.Errorf("err = %v, want ErrForbidden without the query", err)
	}
}

func TestPlainHTTPToLoopback(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	defer server.Close()
	c, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := get(t, c, server.URL); err != nil || res.Status != 204 {
		t.Errorf("answer = %v, %v", res, err)
	}
}

func TestNoRedirectNoProxy(t *testing.T) {
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer trap.Close()
	t.Setenv("HTTPS_PROXY", trap.URL)
	t.Setenv("HTTP_PROXY", trap.URL)
	c, server := serve(t, netx.Options{AllowLoopback: true}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, trap.URL, http.StatusFound)
	})
	if res, err := get(t, c, server.URL); err != nil || res.Status != http.StatusFound {
		t.Errorf("answer = %v, %v, want the redirect itself", res, err)
	}
}

func TestBounds(t *testing.T) {
	c, server := serve(t, netx.Options{AllowLoopback: true, MaxBytes: 1000}, func(w http.ResponseWriter, r *http.Request) {
		size := map[string]int{"/fits": 1000, "/large": 1001}[r.URL.Path]
		_, _ = w.Write(make([]byte, size))
	})
	if res, err := get(t, c, server.URL+"/fits"); err != nil || len(res.Body) != 1000 {
		t.Errorf("fits: %v", err)
	}
	if _, err := get(t, c, server.URL+"/large"); !errors.Is(err, netx.ErrTooLarge) {
		t.Errorf("large: %v, want ErrTooLarge", err)
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	c, server := serve(t, netx.Options{AllowLoopback: true, Timeout: 50 * time.Millisecond}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		<-release // the body never comes
	})
	defer close(release)
	if _, err := get(t, c, server.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want a deadline", err)
	}
}

func TestCertificateIsChecked(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	c, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	var wrapper *url.Error
	if _, err := get(t, c, server.URL+"/?secret"); err == nil || errors.As(err, &wrapper) {
		t.Errorf("err = %v, want a certificate error without the URL", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, hosts := range [][]string{nil, {""}, {"*.example.org"}, {"https://example.org"}, {"Example.org"}} {
		if _, err := netx.New(netx.Options{Hosts: hosts}); err == nil {
			t.Errorf("hosts %q accepted", hosts)
		}
	}
}
