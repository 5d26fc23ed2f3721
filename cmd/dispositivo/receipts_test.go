package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// sentMessage is a message as the holder reads it.
type sentMessage struct {
	ID, Kind, Class, To string
	Delivery            *struct{ State, At, Failure string }
}

// sentByPEC waits for the newest message by PEC to an address, and until its delivery
// has a state; "": whatever it has.
func (c *client) sentByPEC(to, state string) sentMessage {
	c.t.Helper()
	var found sentMessage
	err := testkit.WaitFor(patience, func() error {
		var got struct{ Messages []sentMessage }
		if err := json.Unmarshal(c.get("/me/messages").Body, &got); err != nil {
			return err
		}
		for _, m := range got.Messages {
			if m.To != to || m.Class != "pec" {
				continue
			}
			found = m
			if state != "" && (m.Delivery == nil || m.Delivery.State != state) {
				return errNotYet("%s is %+v", m.ID, m.Delivery)
			}
			return nil
		}
		return errNotYet("nothing to %s by PEC", to)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// undelivered reads the figure of messages that did not arrive.
func (s *server) undelivered() string {
	s.t.Helper()
	resp, err := http.Get(s.URL + "/metrics") //nolint:noctx // at loopback
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\ndispositivo_messages_undelivered ")
	figure, _, _ := strings.Cut(rest, "\n")
	return figure
}

// proves C5, B12: who reads the own messages sees what became of those by PEC, by the
// receipts that operators of PEC signed, whatever order they come in; what somebody else
// signed, or is about another's message, changes nothing and is taken all the same.
func TestPECReceipts(t *testing.T) {
	t.Parallel()
	socket, operators, stranger := filepath.Join(t.TempDir(), "mail.sock"), t.TempDir(), t.TempDir()
	if _, err := openGestore(operators, clock.System().Now()); err != nil {
		t.Fatal(err)
	}
	s := serveDemo(t, "--mail-listen", "unix:"+socket, "--mail-lmtp", "--mail-for", "conversione@pin.example", "--pec-operators", operators)
	one, another := s.citizen(free()[0]), s.citizen(free()[1])
	for c, address := range map[*client]string{one: "giulia@pec.example", another: "luca@pec.example"} {
		if a := c.do(http.MethodPut, "/contacts/pec", http.Header{"Content-Type": {"application/json"}}, strings.NewReader(`{"value":"`+address+`"}`)); a.Status != http.StatusAccepted {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	m, others := one.sentByPEC("giulia@pec.example", ""), another.sentByPEC("luca@pec.example", "")
	about := m.Kind + "." + m.ID + "@" + hostOf(s.URL)
	certify := func(gestore string, more ...string) {
		t.Helper()
		args := []string{"simulate", "receipt", "--server", "unix:" + socket, "--lmtp", "--gestore", gestore, "--recipient", "giulia@pec.example"}
		if out, code := command(t, append(args, more...)...); code != 0 {
			t.Errorf("%v: exit %d, %s", more, code, out)
		}
	}
	certify(stranger, "--kind", "errore-consegna", "--failure", "no-dest", about)
	certify(operators, "--kind", "errore-consegna", "--box", "mallory@pec.example", about)
	certify(operators, "--kind", "errore-consegna", others.Kind+"."+others.ID+"@"+hostOf(s.URL))
	certify(operators, "--kind", "errore-consegna", "receipt.nobody@"+hostOf(s.URL))
	certify(operators, "--kind", "preavviso-errore-consegna", about)
	if got := one.sentByPEC("giulia@pec.example", "delayed"); got.Delivery.At == "" {
		t.Errorf("%+v", got.Delivery)
	}
	certify(operators, "--kind", "accettazione", about) // out of order
	lostBySwaks(t, socket, operators, about)
	if got := one.sentByPEC("giulia@pec.example", "failed"); got.Delivery.Failure != "unknown_address" {
		t.Errorf("%+v", got.Delivery)
	}
	if others = another.sentByPEC("luca@pec.example", ""); others.Delivery != nil {
		t.Errorf("another's: %+v", others.Delivery)
	}
	if n := s.undelivered(); n != "1" {
		t.Errorf("%q not delivered", n)
	}
	awaitReconciled(t, s, "pec      received 7, not_a_submission 7")
	awaitReconciled(t, s, "messages by PEC: with receipts 1, delivered 0, not delivered 1")
	certify(operators, about)
	one.sentByPEC("giulia@pec.example", "delivered")
	if out, code := command(t, "simulate", "receipt", "--recipient", "a@b.example", "--server", "mx.example:25", about); code != exitUsage {
		t.Errorf("it would call other machines: exit %d, %s", code, out)
	}
}

// lostBySwaks hands over a notice that Giulia's message was not delivered, as a mail
// server does.
func lostBySwaks(t *testing.T, socket, operators, about string) {
	t.Helper()
	now := clock.System().Now()
	g, err := openGestore(operators, now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := g.receipt(&simulateReceiptCmd{
		Kind: "errore-consegna", Failure: "no-dest", Box: "no-reply@pin.example", Recipient: "giulia@pec.example", MessageID: about,
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	if out, taken := swaks(t, socket, "--to", "conversione@pin.example", "--data", "@"+write(t, "receipt.eml", raw)); !taken {
		t.Fatalf("not taken:\n%s", out)
	}
}
