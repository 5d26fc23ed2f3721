package notify_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a small real mail server.
type mailServer struct {
	addr string

	mu      sync.Mutex
	got     []string // each message as it came
	tls     []bool   // whether it came over TLS
	user    string   // who signed in last
	mailErr error    // the answer to MAIL FROM
	rcptErr error    // the answer to RCPT TO
	dataErr error    // the answer to the message
}

type mailServerOption func(*smtp.Server, *tls.Config) (implicit bool)

func withStartTLS(s *smtp.Server, c *tls.Config) bool { s.TLSConfig = c; return false }
func withTLS(_ *smtp.Server, _ *tls.Config) bool      { return true }

// startMail starts a server at 127.0.0.1; the TLS configuration is that of httptest.
func startMail(t *testing.T, opts ...mailServerOption) *mailServer {
	t.Helper()
	m := &mailServer{}
	server := smtp.NewServer(m)
	server.Domain = "mail.example"
	server.AllowInsecureAuth = true
	server.ErrorLog = discard{}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = listener.Addr().String()
	for _, opt := range opts {
		if implicit := opt(server, certificate(t)); implicit {
			listener = tls.NewListener(listener, certificate(t))
		}
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // a server that nobody called may not yet know its listener
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return m
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// certificate is httptest's own, valid for 127.0.0.1.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}
}

// NewSession implements smtp.Backend.
func (m *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{m: m, c: c}, nil
}

func (m *mailServer) messages() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

func (m *mailServer) signedIn() (user string, overTLS []bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user, slices.Clone(m.tls)
}

type mailSession struct {
	m *mailServer
	c *smtp.Conn
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != "right" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}
		}
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.user = username
		return nil
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return s.m.mailErr }
func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error { return s.m.rcptErr }
func (s *mailSession) Reset()                               {}
func (s *mailSession) Logout() error                        { return nil }

func (s *mailSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.m.dataErr != nil {
		return s.m.dataErr
	}
	_, encrypted := s.c.TLSConnectionState()
	s.m.mu.Lock()
	s.m.got = append(s.m.got, string(data))
	s.m.tls = append(s.m.tls, encrypted)
	s.m.mu.Unlock()
	return nil
}
