package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/semaphore"

	"dispositivo/dossier"
	"dispositivo/intake"
)

// The bounds of the receiver. A message is in memory some three times while it is
// taken apart, so that few large ones are taken at once.
const (
	maxConnections = 64
	maxTogether    = 4 * intake.MaxOriginal // of all messages being taken, in bytes
	slack          = 64 << 10               // by which a message may be larger than was announced
	maxRecipients  = 20
	idleAfter      = 5 * time.Minute  // RFC 5321, section 4.5.3.2; a whole message too
	takeWithin     = 2 * time.Minute  // the sender waits ten (ibid.)
	turnWithin     = 30 * time.Second // for a part of maxTogether
	endWithin      = 10 * time.Second
)

// ReceiverConfig holds the settings of a Receiver and what it works with.
type ReceiverConfig struct {
	Taker *Taker
	// Hostname is the name it greets with.
	Hostname string
	// Recipients are the addresses that mail is taken for.
	Recipients []string
	// LMTP speaks LMTP (RFC 2033) instead of SMTP.
	LMTP bool
	// TLS offers STARTTLS; nil: none.
	TLS    *tls.Config
	Logger *slog.Logger
}

// Receiver takes mail by SMTP or LMTP. It is no open mail server: it stands behind
// one, which knows how to keep spam away.
type Receiver struct {
	cfg    ReceiverConfig
	known  map[string]bool
	room   *semaphore.Weighted // of maxTogether
	server *smtp.Server
	// buffers are used again, as those of the door are. Nothing keeps a message that
	// was taken.
	buffers sync.Pool // *bytes.Buffer

	mu       sync.Mutex
	sessions map[*session]bool // true: a message is being taken
}

// NewReceiver checks the configuration; it does not listen.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	r := &Receiver{cfg: cfg, known: map[string]bool{}, room: semaphore.NewWeighted(maxTogether), sessions: map[*session]bool{}}
	r.buffers.New = func() any { return new(bytes.Buffer) }
	for _, to := range cfg.Recipients {
		if !strings.Contains(to, "@") {
			return nil, invalid("recipient: no address: %q", to)
		}
		r.known[strings.ToLower(to)] = true
	}
	if len(r.known) == 0 {
		return nil, invalid("mail is taken for nobody")
	}
	s := smtp.NewServer(smtp.BackendFunc(r.session))
	s.Domain, s.LMTP, s.TLSConfig = cfg.Hostname, cfg.LMTP, cfg.TLS
	s.MaxMessageBytes, s.MaxRecipients = intake.MaxOriginal, maxRecipients
	s.ReadTimeout, s.WriteTimeout = idleAfter, idleAfter
	s.ErrorLog = serverLog{cfg.Logger}
	r.server = s
	return r, nil
}

// Serve takes mail until ctx ends; what is being taken then is finished.
func (r *Receiver) Serve(ctx context.Context, l net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- r.server.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("receive mail: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	r.dismiss()
	// Who still waits for an answer after that has none, and sends again.
	if err := r.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop receiving mail: %w", err)
	}
	return nil
}

// dismiss ends the dialogues in which nothing is being taken.
func (r *Receiver) dismiss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, taking := range r.sessions {
		if !taking {
			_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // a connection that is gone is fine too
		}
	}
}

// note says that a session is taking a message, or no more.
func (r *Receiver) note(s *session, taking bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[s] = taking
}

// session begins the dialogue with one mail server.
func (r *Receiver) session(c *smtp.Conn) (smtp.Session, error) {
	s := &session{receiver: r, conn: c.Conn()}
	r.note(s, false)
	if host, err := netip.ParseAddrPort(c.Conn().RemoteAddr().String()); err == nil {
		s.host = host.Addr()
	}
	return s, nil
}

// session is the dialogue with one mail server.
type session struct {
	receiver *Receiver
	conn     net.Conn
	host     netip.Addr
	sender   string
	size     int64 // announced; 0: not
}

// Mail begins a message.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.sender, s.size = from, 0
	if opts != nil {
		s.size = min(max(opts.Size, 0), intake.MaxOriginal)
	}
	return nil
}

// Rcpt accepts the recipients we are.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.receiver.known[strings.ToLower(to)] {
		return reply(550, smtp.EnhancedCode{5, 1, 1}, "No such recipient here")
	}
	return nil
}

// Data takes a message; nil, which is 250, says that it is safe.
func (s *session) Data(body io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeWithin)
	defer cancel()
	room := int64(intake.MaxOriginal) // of one whose size was not announced
	if s.size > 0 {
		room = min(s.size+slack, room)
	}
	if !s.receiver.enter(ctx, room) {
		return errBusy
	}
	defer func() { s.receiver.room.Release(room) }()
	s.receiver.note(s, true)
	defer s.receiver.note(s, false)
	message, _ := s.receiver.buffers.Get().(*bytes.Buffer)
	defer s.receiver.buffers.Put(message)
	message.Reset()
	message.Grow(int(s.size) + bytes.MinRead)
	_, err := message.ReadFrom(io.LimitReader(body, room))
	if err == nil && int64(message.Len()) == room && room < intake.MaxOriginal { // larger than announced
		if !s.receiver.room.TryAcquire(intake.MaxOriginal - room) {
			return errBusy
		}
		room = intake.MaxOriginal
	}
	if err == nil {
		_, err = message.ReadFrom(body) // the rest; or that there is none
	}
	if tooLarge, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return tooLarge
	}
	if err != nil {
		return reply(451, smtp.EnhancedCode{4, 4, 2}, "The message broke off")
	}
	return s.take(ctx, message.Bytes())
}

var errBusy = reply(451, smtp.EnhancedCode{4, 3, 2}, "Too much mail at once, try again later")

// enter waits for room for a message; false: there was none in time.
func (r *Receiver) enter(ctx context.Context, room int64) bool {
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	return r.room.Acquire(ctx, room) == nil
}

// take hands a message on and returns when it is safe.
func (s *session) take(ctx context.Context, raw []byte) error {
	receipt, err := s.receiver.cfg.Taker.Take(ctx, raw, Handover{Sender: s.sender, Host: s.host, Known: true})
	if err != nil {
		return s.receiver.refuse(ctx, err)
	}
	s.receiver.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "mail taken in",
		slog.String("protocol", receipt.Protocol), slog.Bool("repeated", receipt.Repeated), slog.Int("bytes", len(raw)))
	return nil
}

// refuse words why a message is not taken.
func (r *Receiver) refuse(ctx context.Context, err error) error {
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others are to be tried again
	case dossier.Code(dossier.FileTooLarge):
		return smtp.ErrDataTooLarge
	case dossier.Code(dossier.FileEmpty):
		return reply(554, smtp.EnhancedCode{5, 6, 0}, "The message is empty")
	}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelError, "mail not taken in, its server keeps it", slog.String("error", err.Error()))
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return reply(452, smtp.EnhancedCode{4, 3, 1}, "No room here, try again later")
	}
	return reply(451, smtp.EnhancedCode{4, 3, 0}, "Not stored here, try again later")
}

// Reset forgets the message that was begun.
func (s *session) Reset() { s.sender = "" }

// Logout ends the dialogue.
func (s *session) Logout() error {
	s.receiver.mu.Lock()
	defer s.receiver.mu.Unlock()
	delete(s.receiver.sessions, s)
	return nil
}

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// serverLog is where go-smtp reports what went wrong on a connection; it may quote
// what the other side said, which is kept out of the log.
type serverLog struct{ logger *slog.Logger }

func (l serverLog) Printf(string, ...any) { l.Println() }

func (l serverLog) Println(...any) {
	l.logger.LogAttrs(context.Background(), slog.LevelInfo, "a mail connection broke off")
}

// invalid says that a setting is none.
func invalid(format string, args ...any) error {
	return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: fmt.Errorf(format, args...)}
}
