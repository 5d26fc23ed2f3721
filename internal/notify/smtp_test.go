package notify_test

import (
	"context"
	"crypto/x509"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"dispositivo/dossier"
	"dispositivo/internal/notify"
)

func letter() notify.Message {
	return notify.Message{
		ID: "m1", Class: notify.Email, To: "anna.prova@posta.example", Subject: "Il suo PIN è ora dispositivo",
		Text:      "Gentile utente,\n\nla conversione è riuscita.\n.\nUn punto da solo non finisce il messaggio.\n" + strings.Repeat("lungo ", 300),
		MessageID: notify.MessageID(dossier.MessageConfirmation, "m1", "ente.example"),
		Date:      time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
	}
}

func newSMTP(t *testing.T, cfg notify.SMTPConfig) *notify.SMTP {
	t.Helper()
	if cfg.From == "" {
		cfg.From = "Ente di prova <pin@ente.example>"
	}
	s, err := notify.NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSMTPSend(t *testing.T) {
	server := startMail(t)
	sender := newSMTP(t, notify.SMTPConfig{Addr: server.addr, TLS: notify.TLSNone})
	for range 2 {
		if err := sender.Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
	}
	got := server.messages()
	if len(got) != 2 || got[0] != got[1] {
		t.Fatalf("%d messages; a second try must be byte-identical", len(got))
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(got[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != letter().Subject {
		t.Errorf("subject = %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"Message-ID": "<confirmation.m1@ente.example>", "Auto-Submitted": "auto-generated", "Precedence": "bulk",
		"To": "<anna.prova@posta.example>", "From": `"Ente di prova" <pin@ente.example>`,
		"Date": "Sun, 22 Nov 2026 10:00:00 +0000", "Content-Type": "text/plain; charset=UTF-8", "User-Agent": "", "X-Mailer": "",
	} {
		if got := parsed.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil || strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")) != strings.TrimSpace(letter().Text) {
		t.Errorf("text = %q, %v", text, err)
	}
	checkHeaderNames(t, parsed.Header)
}

// proves C5: an answer names what it answers and says that a machine wrote it.
func TestSMTPAnswer(t *testing.T) {
	server := startMail(t)
	sender := newSMTP(t, notify.SMTPConfig{Addr: server.addr, TLS: notify.TLSNone})
	m := letter()
	m.InReplyTo = "<1@casa.example>"
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(server.messages()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"In-Reply-To": "<1@casa.example>", "References": "<1@casa.example>", "Auto-Submitted": "auto-replied"} {
		if got := parsed.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, bad := range []string{"1@casa.example", "<1@casa.example>\r\nBcc: <a@b.example>"} {
		if m.InReplyTo = bad; sender.Send(t.Context(), m) == nil {
			t.Errorf("%q goes out", bad)
		}
	}
}

// The receipt of what goes by PEC does not bring the words back: a half may be among them.
func TestSMTPBriefReceipt(t *testing.T) {
	server := startMail(t)
	sender := newSMTP(t, notify.SMTPConfig{Addr: server.addr, TLS: notify.TLSNone})
	for class, want := range map[notify.Class]string{notify.PEC: "sintetica", notify.Email: ""} {
		m := letter()
		m.Class = class
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		sent := server.messages()
		parsed, err := netmail.ReadMessage(strings.NewReader(sent[len(sent)-1]))
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.Header.Get("X-TipoRicevuta"); got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}

// No header that nobody asked for: each is a place where something personal could hide.
func checkHeaderNames(t *testing.T, header netmail.Header) {
	t.Helper()
	known := "Message-Id Auto-Submitted Precedence To From Date Subject Content-Type Content-Transfer-Encoding Mime-Version X-Auto-Response-Suppress"
	for name := range header {
		if !strings.Contains(" "+known+" ", " "+textproto.CanonicalMIMEHeaderKey(name)+" ") {
			t.Errorf("header %s", name)
		}
	}
}

func TestSMTPTLS(t *testing.T) {
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(certificate(t).Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	for _, test := range []struct {
		name    string
		server  []mailServerOption
		cfg     notify.SMTPConfig
		wantTLS bool
		fails   bool
	}{
		{"mandatory", []mailServerOption{withStartTLS}, notify.SMTPConfig{RootCAs: roots, Username: "u", Password: "right"}, true, false},
		{"mandatory, not offered", nil, notify.SMTPConfig{RootCAs: roots}, false, true},
		{"mandatory, unknown certificate", []mailServerOption{withStartTLS}, notify.SMTPConfig{}, false, true},
		{"opportunistic, offered", []mailServerOption{withStartTLS}, notify.SMTPConfig{TLS: notify.TLSOpportunistic, RootCAs: roots}, true, false},
		{"opportunistic, not offered", nil, notify.SMTPConfig{TLS: notify.TLSOpportunistic}, false, false},
		{"implicit", []mailServerOption{withTLS}, notify.SMTPConfig{TLS: notify.TLSImplicit, RootCAs: roots, Username: "u", Password: "right"}, true, false},
		{"implicit, unknown certificate", []mailServerOption{withTLS}, notify.SMTPConfig{TLS: notify.TLSImplicit}, false, true},
		{"wrong password", []mailServerOption{withStartTLS}, notify.SMTPConfig{RootCAs: roots, Username: "u", Password: "wrong"}, false, true},
		{"no password in the clear", nil, notify.SMTPConfig{TLS: notify.TLSOpportunistic, Username: "u", Password: "right"}, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := startMail(t, test.server...)
			test.cfg.Addr = server.addr
			err := newSMTP(t, test.cfg).Send(t.Context(), letter())
			if test.fails {
				if err == nil || !dossier.Temporary(err) || len(server.messages()) != 0 {
					t.Fatalf("err = %v, want a temporary one and no message", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			user, overTLS := server.signedIn()
			if len(overTLS) != 1 || overTLS[0] != test.wantTLS || user != test.cfg.Username {
				t.Errorf("TLS %v, user %q", overTLS, user)
			}
		})
	}
}

func TestSMTPErrors(t *testing.T) {
	reply := func(code int, class int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, 1, 1}, Message: "anna.prova@posta.example unknown"}
	}
	for name, test := range map[string]struct {
		prepare   func(*mailServer)
		temporary bool
	}{
		"greylisted":         {func(m *mailServer) { m.rcptErr = reply(451, 4) }, true},
		"no such mailbox":    {func(m *mailServer) { m.rcptErr = reply(550, 5) }, false},
		"mailbox full":       {func(m *mailServer) { m.rcptErr = reply(452, 4) }, true},
		"content refused":    {func(m *mailServer) { m.dataErr = reply(554, 5) }, false},
		"try content later":  {func(m *mailServer) { m.dataErr = reply(450, 4) }, true},
		"sign in first":      {func(m *mailServer) { m.mailErr = reply(530, 5) }, true},
		"sender not allowed": {func(m *mailServer) { m.mailErr = reply(553, 5) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := startMail(t)
			test.prepare(server)
			err := newSMTP(t, notify.SMTPConfig{Addr: server.addr, TLS: notify.TLSNone}).Send(t.Context(), letter())
			if err == nil || dossier.Temporary(err) != test.temporary {
				t.Fatalf("err = %v, want temporary %v", err, test.temporary)
			}
			if strings.Contains(err.Error(), "anna") {
				t.Errorf("the error names the recipient: %v", err)
			}
		})
	}
}

func TestSMTPUnreachableIsTemporary(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	err = newSMTP(t, notify.SMTPConfig{Addr: addr, TLS: notify.TLSNone}).Send(t.Context(), letter())
	if err == nil || !dossier.Temporary(err) {
		t.Errorf("err = %v, want a temporary one", err)
	}
}

// A server that says nothing more is left when the context ends, long before the timeout.
func TestSMTPContextEnds(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // end of the test
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	}()
	err = newSMTP(t, notify.SMTPConfig{Addr: listener.Addr().String(), TLS: notify.TLSNone, Timeout: time.Hour}).Send(ctx, letter())
	if err == nil || !dossier.Temporary(err) {
		t.Errorf("err = %v, want a temporary one", err)
	}
}

func TestSMTPRefusesBadMessages(t *testing.T) {
	server := startMail(t)
	sender := newSMTP(t, notify.SMTPConfig{Addr: server.addr, TLS: notify.TLSNone})
	for name, change := range map[string]func(*notify.Message){
		"no address":        func(m *notify.Message) { m.To = "anna" },
		"two addresses":     func(m *notify.Message) { m.To = "a@b.example, c@d.example" },
		"header in subject": func(m *notify.Message) { m.Subject = "a\r\nBcc: x@y.example" },
		"header in id":      func(m *notify.Message) { m.MessageID = "a>\r\nBcc: x@y.example" },
		"no id":             func(m *notify.Message) { m.MessageID = "" },
	} {
		m := letter()
		change(&m)
		if err := sender.Send(t.Context(), m); err == nil || dossier.Temporary(err) || strings.Contains(err.Error(), "example") {
			t.Errorf("%s: %v, want a permanent error without the address", name, err)
		}
	}
	if n := len(server.messages()); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

func TestNewSMTPRefuses(t *testing.T) {
	for name, cfg := range map[string]notify.SMTPConfig{
		"no sender":            {Addr: "mail.example:587"},
		"no port":              {Addr: "mail.example", From: "a@b.example"},
		"no host":              {Addr: ":25", From: "a@b.example"},
		"in the clear outside": {Addr: "mail.example:25", From: "a@b.example", TLS: notify.TLSNone},
		"unknown policy":       {Addr: "mail.example:25", From: "a@b.example", TLS: "perhaps"},
		"port out of range":    {Addr: "mail.example:99999", From: "a@b.example"},
	} {
		if _, err := notify.NewSMTP(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
