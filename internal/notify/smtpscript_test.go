package notify_test

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/notify"
)

// serveScript is a mail server that takes one message and then breaks the connection, after its reply to the
// message or before it.
func serveScript(t *testing.T, replies bool) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // the break is the point
		say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		say("220 mail.example")
		inData := false
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			line := lines.Text()
			switch {
			case inData && line == ".":
				if replies {
					say("250 2.0.0 taken")
				}
				return
			case inData:
			case strings.HasPrefix(line, "DATA"):
				inData = true
				say("354 go on")
			default:
				say("250 fine")
			}
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// What the server has taken is not sent twice because of what fails later.
func TestSMTPTakenIsSent(t *testing.T) {
	sender := newSMTP(t, notify.SMTPConfig{Addr: serveScript(t, true), TLS: notify.TLSNone})
	if err := sender.Send(t.Context(), letter()); err != nil {
		t.Errorf("err = %v, though the message was taken", err)
	}
}

// A break before the reply leaves the outcome unknown: tried again.
func TestSMTPUnknownOutcomeIsTemporary(t *testing.T) {
	sender := newSMTP(t, notify.SMTPConfig{Addr: serveScript(t, false), TLS: notify.TLSNone})
	if err := sender.Send(t.Context(), letter()); err == nil || !dossier.Temporary(err) {
		t.Errorf("err = %v, want a temporary one", err)
	}
}
