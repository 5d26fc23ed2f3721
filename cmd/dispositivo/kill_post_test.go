package main

import (
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"
)

// postbox is a mail server that outlives the server under trial and counts
// what it is handed.
type postbox struct {
	addr string
	// life is the number of the server's life, and so of the sender's.
	life *atomic.Int64

	mu    sync.Mutex
	mails map[string][]delivery // by Message-ID
}

// delivery is one copy of a message.
type delivery struct {
	to   string
	life int64
}

func startPostbox(t testing.TB, life *atomic.Int64) *postbox {
	t.Helper()
	p := &postbox{life: life, mails: map[string][]delivery{}}
	s := smtp.NewServer(p)
	s.Domain = "mail.example"
	s.ErrorLog = quiet{}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		_ = l.Close() // a server that nobody called may not know its listener yet
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return p
}

// quiet drops what the mail server says about connections that broke: they are
// the point.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// NewSession implements smtp.Backend. Its sender still waits for our answer, so
// the life of now is the sender's.
func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &postman{box: p, life: p.life.Load()}, nil
}

type postman struct {
	box  *postbox
	life int64
	to   string
}

func (s *postman) Mail(string, *smtp.MailOptions) error { return nil }

func (s *postman) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

// Data takes a whole message; one that broke off is none.
func (s *postman) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	id := strings.Trim(m.Header.Get("Message-ID"), "<>")
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails[id] = append(s.box.mails[id], delivery{to: s.to, life: s.life})
	return nil
}

func (s *postman) Reset()        {}
func (s *postman) Logout() error { return nil }

// copies returns what came under a Message-ID.
func (p *postbox) copies(id string) []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails[id]
}

// count returns the distinct messages of a kind.
func (p *postbox) count(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	distinct := 0
	for id := range p.mails {
		if strings.HasPrefix(id, kind+".") {
			distinct++
		}
	}
	return distinct
}
