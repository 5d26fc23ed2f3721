package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
)

// TLSPolicy says how the connection to the mail server is protected.
type TLSPolicy string

// The policies. A certificate is always checked, opportunistically too.
const (
	TLSMandatory     TLSPolicy = "mandatory"     // STARTTLS, or nothing is sent; the default
	TLSOpportunistic TLSPolicy = "opportunistic" // STARTTLS if the server offers it
	TLSImplicit      TLSPolicy = "implicit"      // TLS from the first byte, port 465 (RFC 8314)
	TLSNone          TLSPolicy = "none"          // in the clear; only to a loopback address
)

// SMTPConfig says where e-mail is handed over.
type SMTPConfig struct {
	// Addr is host:port of the mail server.
	Addr string
	// From is the sender, "Name <address>" or an address alone.
	From string
	// TLS is the policy; empty means TLSMandatory.
	TLS TLSPolicy
	// Username and Password sign in when Username is set; never in the clear.
	Username, Password string
	// Timeout bounds the connection and each exchange on it; default 30 s.
	Timeout time.Duration
	// RootCAs are the authorities the server's certificate must come from; nil takes the system's.
	RootCAs *x509.CertPool
}

// SMTP hands e-mail to a mail server, one connection a message. It is safe for concurrent use.
type SMTP struct {
	from     *netmail.Address
	host     string
	options  []mail.Option
	implicit *tls.Config // nil unless TLSImplicit
}

// NewSMTP checks the configuration; it does not connect.
func NewSMTP(cfg SMTPConfig) (*SMTP, error) {
	from, err := netmail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("smtp: sender address: %w", err)
	}
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("smtp: server address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || host == "" {
		return nil, fmt.Errorf("smtp: server address %q: want host:port", cfg.Addr)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	policy, err := tlsOption(cfg.TLS, host)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	tlsConfig := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(cfg.Timeout), mail.WithHELO(domain), mail.WithoutNoop(),
		mail.WithTLSConfig(tlsConfig), policy,
	}
	s := &SMTP{from: from, host: host}
	if cfg.TLS == TLSImplicit {
		s.implicit = tlsConfig
	}
	if cfg.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(cfg.Username), mail.WithPassword(cfg.Password))
	}
	if _, err := mail.NewClient(host, options...); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	s.options = options
	return s, nil
}

func tlsOption(policy TLSPolicy, host string) (mail.Option, error) {
	switch policy {
	case TLSMandatory, "":
		return mail.WithTLSPolicy(mail.TLSMandatory), nil
	case TLSOpportunistic, TLSImplicit:
		// On a connection that our dialer has already encrypted no server offers STARTTLS. go-mail's own
		// WithSSL would take a connection of ours for unprotected and refuse to sign in.
		return mail.WithTLSPolicy(mail.TLSOpportunistic), nil
	case TLSNone:
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, errors.New("smtp: without TLS only a loopback address is allowed")
		}
		return mail.WithTLSPolicy(mail.NoTLS), nil
	default:
		return nil, fmt.Errorf("smtp: unknown TLS policy %q", policy)
	}
}

// Send implements [Sender]. A 5xx reply about the message is permanent; a 4xx reply, a failed connection,
// and whatever concerns our own sign-in (RFC 4954) is temporary. When ctx ends, the connection is cut.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := s.build(m)
	if err != nil {
		return err
	}
	var held connection
	defer held.close()
	client, err := mail.NewClient(s.host, append(s.options[:len(s.options):len(s.options)], mail.WithDialContextFunc(s.dialer(&held)))...)
	if err != nil {
		return temporary(fmt.Errorf("send %v: %w", m, err))
	}
	stop := context.AfterFunc(ctx, held.close)
	defer stop()
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		// Replies to EHLO, STARTTLS and AUTH concern the server and our account, never the recipient.
		return temporary(fmt.Errorf("send %v: connect to mail server: %w", m, err))
	}
	err = client.SendWithSMTPClient(session, msg)
	if msg.IsDelivered() {
		// The server has taken the message. What fails now must not make us send it twice.
		_ = client.CloseWithSMTPClient(session)
		return nil
	}
	return classifySMTP(m, err)
}

// dialer connects, with TLS from the first byte where the policy says so, and keeps hold of the connection.
func (s *SMTP) dialer(held *connection) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dial := (&net.Dialer{}).DialContext
		if s.implicit != nil {
			dial = (&tls.Dialer{Config: s.implicit}).DialContext
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		held.hold(conn)
		return conn, nil
	}
}

// connection is the network connection of one Send. go-mail forgets it when a sign-in fails, and does not
// watch the context once connected.
type connection struct {
	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (c *connection) hold(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	if c.closed {
		_ = conn.Close()
	}
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn != nil {
		_ = c.conn.Close() // closed before by a proper end: then there is nothing to do
	}
}

// build makes the e-mail: plain text, marked as automatic (RFC 3834), with no personal datum in its headers
// but the recipient's address.
func (s *SMTP) build(m Message) (*mail.Msg, error) {
	if m.MessageID == "" || strings.ContainsAny(m.MessageID+m.Subject, "\r\n<>") {
		return nil, permanent(fmt.Errorf("send %v: Message-ID or subject is not fit for a header", m))
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if err := msg.To(m.To); err != nil {
		return nil, permanent(fmt.Errorf("send %v: the recipient is no e-mail address", m))
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID)
	if answers := m.InReplyTo; answers != "" {
		if strings.ContainsAny(answers, " \r\n") || !strings.HasPrefix(answers, "<") || !strings.HasSuffix(answers, ">") {
			return nil, permanent(fmt.Errorf("send %v: what it answers is no Message-ID", m))
		}
		msg.SetGenHeader("In-Reply-To", answers)
		msg.SetGenHeader("References", answers)
		msg.SetGenHeader("Auto-Submitted", "auto-replied")
	} else {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	if m.Class == PEC {
		// The receipt of delivery must not bring the words back, in which a half may stand (RFC 6109).
		msg.SetGenHeader("X-TipoRicevuta", "sintetica")
	}
	msg.SetBulk() // Precedence: bulk, for servers that do not know RFC 3834
	if !m.Date.IsZero() {
		msg.SetDateWithValue(m.Date)
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	return msg, nil
}

// classifySMTP keeps the reply's codes only: its text, and the error of go-mail, name the recipient.
func classifySMTP(m Message, err error) error {
	sendErr, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return temporary(fmt.Errorf("send %v: the mail server broke off", m))
	}
	code := sendErr.ErrorCode()
	plain := fmt.Errorf("send %v: %s: reply %d %s", m, sendErr.Reason, code, sendErr.EnhancedStatusCode())
	if code >= 500 && (code < 530 || code > 538) { // 53x: our sign-in, RFC 4954 section 6
		return permanent(plain)
	}
	return temporary(plain)
}
