package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/emersion/go-smtp"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit/house"
)

const box = "conversione@pin.example"

func newTaker(t testing.TB, h house.House, door Door, operator string) *Taker {
	t.Helper()
	if door == nil {
		door = newDoor(h)
	}
	r := &Reader{Domain: "pin.example", Box: pecBox}
	if operator != "" {
		r.Operators = trusted(t, operator)
	}
	taker, err := NewTaker(Config{Door: door, Reader: r, Hash: h.Keys.MAC("content"), Clock: h.Clock, Gateways: []string{"Fax@gateway.example", "192.0.2.0/28"}, Ours: []string{box}})
	if err != nil {
		t.Fatal(err)
	}
	return taker
}

// listen starts a receiver and returns where it listens.
func listen(t testing.TB, cfg ReceiverConfig) string {
	t.Helper()
	cfg.Hostname, cfg.Recipients, cfg.Logger = "pin.example", []string{box}, slog.New(slog.DiscardHandler)
	r, err := NewReceiver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// send sends by SMTP; the error is the server's reply.
func send(t testing.TB, addr, from, to string, raw []byte) error {
	t.Helper()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the reply is what matters
	return c.SendMail(from, []string{to}, bytes.NewReader(raw))
}

func wantReply(t testing.TB, err error, code int) {
	t.Helper()
	var got int
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		got = e.Code
	}
	if got != code || err != nil && code == 0 {
		t.Errorf("reply %v, want %d", err, code)
	}
}

func received(t testing.TB, h house.House) []dossier.Submission {
	t.Helper()
	subs, err := h.SubmissionsIn(t.Context(), dossier.SubmissionReceived, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range subs {
		if subs[i], err = h.Submission(t.Context(), subs[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	return subs
}

func originOf(t testing.TB, h house.House, sub dossier.Submission) dossier.Origin {
	t.Helper()
	note, err := h.Vault.OpenNote(sub.Documents[0], sub.Documents[0].SealedOrigin)
	if err != nil {
		t.Fatal(err)
	}
	var o dossier.Origin
	if err := json.Unmarshal(note, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// proves C5 C7: 250 means committed; the same again has the same number; the
// whole mail is kept as evidence beside its documents, in their order.
func TestReceive(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, nil, "")})
		raw := letter(ordinary, pdfTwo, pdfOne)
		wantReply(t, send(t, addr, "maria@casa.example", box, raw), 0)
		wantReply(t, send(t, addr, "maria@casa.example", strings.ToUpper(box), append([]byte("Received: by mx.example\r\n"), raw...)), 0)
		subs := received(t, h)
		if len(subs) != 1 || subs[0].Channel != dossier.ChannelMail || len(subs[0].Documents) != 3 {
			t.Fatalf("%+v", subs)
		}
		for i, want := range [][]byte{raw, pdfTwo, pdfOne} {
			f := subs[0].Documents[i]
			got, err := h.Vault.Open(t.Context(), f, f.Blob)
			if err != nil || !bytes.Equal(got, want) || f.Evidence != (i == 0) {
				t.Errorf("file %d: evidence %v, %d bytes, %v", i, f.Evidence, len(got), err)
			}
		}
		if o := originOf(t, h, subs[0]); o.From != "maria@casa.example" || o.Class != "submission" || o.MessageID != "<1@casa.example>" || o.Typed[0] != "Modulo" {
			t.Errorf("%+v", o)
		}
	})
}

// full is a door whose disk is full.
type full struct{ err error }

func (f full) Receive(context.Context, intake.Post) (intake.Receipt, error) {
	return intake.Receipt{}, f.err
}

// proves C7: what is not safe is not acknowledged: the sender is told to try
// again, or why it makes no sense.
func TestReplies(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, nil, "")})
	wantReply(t, send(t, addr, "a@b.example", "someone@pin.example", letter(ordinary)), 550)
	wantReply(t, send(t, addr, "a@b.example", box, bytes.Repeat([]byte("0123456789\r\n"), intake.MaxOriginal/12+1)), 552)
	wantReply(t, send(t, addr, "a@b.example", box, nil), 0) // go-smtp's client ends it with a line
	for want, err := range map[int]error{
		451: &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: errors.New("no database")},
		452: fmt.Errorf("keep post: %w", &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("write: %w", syscall.ENOSPC)}),
		552: dossier.Problem(dossier.Code(dossier.FileTooLarge)), 554: dossier.Problem(dossier.Code(dossier.FileEmpty)),
	} {
		addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, full{err}, "")})
		wantReply(t, send(t, addr, "a@b.example", box, letter(ordinary)), want)
	}
	addr = listen(t, ReceiverConfig{Taker: newTaker(t, h, full{errors.New("a secret of ours")}, "")})
	if err := send(t, addr, "a@b.example", box, letter(ordinary)); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the reply tells %v", err)
	}
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // only asked
	if size, ok := c.MaxMessageSize(); !ok || size != intake.MaxOriginal {
		t.Errorf("size %d is advertised", size)
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		t.Error("STARTTLS without a certificate")
	}
}

// proves C5: LMTP, and STARTTLS where there is a certificate.
func TestLMTPAndTLS(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	operator := newOperator(t)
	cert, err := tls.LoadX509KeyPair(filepath.Join(operator, "cert.pem"), filepath.Join(operator, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, nil, ""), LMTP: true, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close() //nolint:errcheck // the replies are what matters
	if ok, _ := c.Extension("STARTTLS"); !ok {
		t.Error("no STARTTLS")
	}
	wantReply(t, c.Mail("a@b.example", nil), 0)
	wantReply(t, c.Rcpt("someone@pin.example", nil), 550)
	wantReply(t, c.Rcpt(box, nil), 0)
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(letter(ordinary, pdfOne)); err != nil {
		t.Fatal(err)
	}
	if all, err := w.CloseWithLMTPResponse(); err != nil || len(all) != 1 || all[box] == nil {
		t.Errorf("LMTP: %v, %v", all, err)
	}
	if n := len(received(t, h)); n != 1 {
		t.Errorf("%d kept", n)
	}
}

// proves C5: an envelope is one arrival by its operator's name of it; receipts and
// bounces bring no documents; a fax by mail is a fax.
func TestTake(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	operator := newOperator(t)
	taker := newTaker(t, h, nil, operator)
	// The certificate is of today, the clock of the tests is not.
	h.Clock.Advance(start.Sub(h.Clock.Now()))
	body := entity(daticertOf("posta-certificata", "maria@pec.example", "id.1@gestore.example"), string(letter(ordinary, pdfOne)))
	// Beside the pages is a report in a form that nobody reads.
	fax := []byte(ordinary + "Content-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\nContent-Type: image/tiff\r\n\r\nII*\x00 pages\r\n" +
		"--f\r\nContent-Disposition: attachment; filename=report.docx\r\n\r\nPK\x03\x04 report\r\n--f--\r\n")
	take := func(raw []byte, from Handover) intake.Receipt {
		t.Helper()
		got, err := taker.Take(t.Context(), raw, from)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := take(sign(t, operator, body, operatorAddr), Handover{})
	if again := take(sign(t, operator, body, operatorAddr), Handover{}); !again.Repeated || again.Protocol != first.Protocol {
		t.Errorf("the envelope again: %+v", again)
	}
	take([]byte("X-Ricevuta: avvenuta-consegna\r\nX-Riferimento-Message-ID: <receipt.9@pin.example>\r\n"+string(letter(ordinary, pdfOne))), Handover{})
	take(fax, Handover{Sender: "fax@gateway.example", Known: true})
	take(append(fax, "2"...), Handover{Sender: "a@b.example", Known: true, Host: netip.MustParseAddr("192.0.2.3")})
	take(append(fax, "3"...), Handover{Sender: "a@b.example", Known: true, Host: netip.MustParseAddr("192.0.2.16")})
	var got []string
	for _, s := range received(t, h) {
		origin := originOf(t, h, s)
		got = append(got, string(s.Channel)+" "+origin.Class+" "+strings.Repeat("d", len(s.Documents))+strings.Repeat("!", origin.PassedOver))
	}
	want := "pec pec dd|pec pec_receipt:avvenuta-consegna d|fax  dd|fax  dd|mail submission dd!"
	if strings.Join(got, "|") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "|"), want)
	}
	if _, err := NewTaker(Config{Gateways: []string{"nobody"}}); err == nil {
		t.Error("a gateway that is none")
	}
}
