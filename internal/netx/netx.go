// Package netx is the only way out: an HTTP client for calls to providers (SMS interface, fax gateways).
//
// It goes to hosts of an allow-list alone, by https alone, and looks at the address at the moment of the
// connection, so that a name of an allowed host that suddenly points into the own network leads nowhere. It
// follows no redirect, obeys no proxy variable of the environment, keeps no cookies, and bounds every answer
// in bytes and time (DESIGN section 4).
//
// The package must not retry, must not log (URLs and bodies may be secret), and must not be used for
// addresses that a citizen typed. It imports nothing of this module.
package netx

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrForbidden says that the call is not allowed: scheme, host or address. It is permanent.
	ErrForbidden = errors.New("netx: call not allowed")
	// ErrTooLarge says that the answer is longer than [Options.MaxBytes]. It is permanent.
	ErrTooLarge = errors.New("netx: answer too large")
)

// Options say where a client may go. The zero value of Timeout and MaxBytes takes the default.
type Options struct {
	// Hosts are the names that may be called, without port, in lower case; at least one. No wildcards.
	Hosts []string
	// Timeout bounds a call from the look-up of the name to the last byte; default 15 s.
	Timeout time.Duration
	// MaxBytes bounds the body of an answer; default 1 MiB.
	MaxBytes int64
	// AllowPrivate opens private networks (RFC 1918, RFC 4193), for a gateway in the own house. Loopback,
	// link-local and other special addresses stay closed.
	AllowPrivate bool
	// AllowLoopback opens loopback addresses, there also by plain http: for tests and the demonstration.
	AllowLoopback bool
	// RootCAs are the authorities a certificate must come from; nil takes the system's.
	RootCAs *x509.CertPool
}

// The defaults of Options.
const (
	DefaultTimeout  = 15 * time.Second
	DefaultMaxBytes = 1 << 20
)

// Client calls the allowed hosts. It is safe for concurrent use; it keeps connections open.
type Client struct {
	opts Options
	http *http.Client
}

// Response is a whole answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // at most Options.MaxBytes
}

// New returns a client. It fails when no host is allowed, or one is not a bare name or address.
func New(opts Options) (*Client, error) {
	if len(opts.Hosts) == 0 {
		return nil, errors.New("netx: no host allowed")
	}
	for _, host := range opts.Hosts {
		if host == "" || host != strings.ToLower(host) || strings.ContainsAny(host, "/@*[] ") {
			return nil, fmt.Errorf("netx: %q is not a bare host name in lower case", host)
		}
	}
	opts.Hosts = slices.Clone(opts.Hosts)
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	c := &Client{opts: opts}
	dialer := &net.Dialer{Timeout: opts.Timeout, Control: c.control}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // never from the environment: a proxy would see and choose the address
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.RootCAs},
			TLSHandshakeTimeout:    opts.Timeout,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true, // a small answer must not unfold
		},
		// The redirect itself is the answer; the caller sees status 3xx and treats it as a failure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Do carries out one request and reads the whole answer. Every status is an answer, not an error.
// [ErrForbidden] and [ErrTooLarge] are permanent; other errors come from the network and are temporary. No
// error holds the path or the query of the URL.
func (c *Client) Do(ctx context.Context, req *http.Request) (*Response, error) {
	if err := c.checkURL(req.URL); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	res, err := c.http.Do(req.WithContext(ctx)) //nolint:gosec // to allowed hosts only: checkURL, and control when dialling
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", req.URL.Hostname(), withoutURL(err))
	}
	defer res.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(io.LimitReader(res.Body, c.opts.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", req.URL.Hostname(), err)
	}
	if int64(len(body)) > c.opts.MaxBytes {
		return nil, fmt.Errorf("read answer of %s: %w", req.URL.Hostname(), ErrTooLarge)
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// checkURL looks at what the request says; control looks later at where it really goes.
func (c *Client) checkURL(u *url.URL) error {
	if u == nil || u.User != nil {
		return fmt.Errorf("%w: URL without host, or with credentials", ErrForbidden)
	}
	if !slices.Contains(c.opts.Hosts, strings.ToLower(u.Hostname())) {
		return fmt.Errorf("%w: host is not on the list", ErrForbidden)
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && c.opts.AllowLoopback && isLoopbackHost(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("%w: https only", ErrForbidden)
	}
}

func isLoopbackHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// control sees each address just before the connection to it, after the name was resolved.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: no address", ErrForbidden)
	}
	if !c.allowed(ap.Addr()) {
		return fmt.Errorf("%w: the name leads to a closed network", ErrForbidden)
	}
	return nil
}

// allowed says whether an address may be connected to.
func (c *Client) allowed(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("") // ::ffff:10.0.0.1 is 10.0.0.1
	switch {
	case addr.IsLoopback():
		return c.opts.AllowLoopback
	case addr.IsPrivate():
		return c.opts.AllowPrivate
	case !addr.IsGlobalUnicast(): // unspecified, link-local, multicast, broadcast
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// special are the networks of the IANA special-purpose registries (RFC 6890) that no public service has,
// and those that wrap an IPv4 address of any kind.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a carrier's NAT, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved
	netip.MustParsePrefix("::/96"),           // IPv4-compatible, obsolete
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64, RFC 6052
	netip.MustParsePrefix("64:ff9b:1::/48"),  // NAT64, RFC 8215
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // Teredo and other protocol assignments
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("5f00::/16"),       // segment routing
	netip.MustParsePrefix("fec0::/10"),       // site-local, obsolete
}

// withoutURL takes off the wrapper of net/http that prints the URL.
func withoutURL(err error) error {
	if wrapper, ok := errors.AsType[*url.Error](err); ok {
		return wrapper.Err
	}
	return err
}

// HTTP returns the client as one of net/http, for libraries that want that: under
// the same rules, every answer read whole before it is handed on.
func (c *Client) HTTP() *http.Client {
	return &http.Client{
		Transport: transport{c}, Timeout: c.opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type transport struct{ c *Client }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.c.Do(req.Context(), req)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: strconv.Itoa(res.Status) + " " + http.StatusText(res.Status), StatusCode: res.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: res.Header, Body: io.NopCloser(bytes.NewReader(res.Body)), ContentLength: int64(len(res.Body)), Request: req,
	}, nil
}
