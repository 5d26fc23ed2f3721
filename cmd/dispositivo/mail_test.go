package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// swaks sends a mail as Debian's test tool for SMTP does; it returns the dialogue
// and whether the mail was taken.
func swaks(t testing.TB, socket string, args ...string) (string, bool) {
	t.Helper()
	return swaksBy(t, []string{"--socket", socket, "--protocol", "LMTP"}, args...)
}

// swaksBy sends a mail by a way of one's choice.
func swaksBy(t testing.TB, way []string, args ...string) (string, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = slices.Concat(way, []string{"--helo", "casa.example", "--from", "maria@casa.example"}, args)
	out, err := exec.CommandContext(ctx, "swaks", args...).CombinedOutput()
	return string(out), err == nil
}

// answered waits until the demonstration's box holds texts.
func (s *server) answered(want ...string) {
	s.t.Helper()
	err := testkit.WaitFor(time.Minute, func() error {
		resp, err := http.Get(s.URL + "/demo/messages") //nolint:noctx // bounded by the wait
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // read to its end
		page, err := io.ReadAll(resp.Body)
		for _, text := range want {
			if err == nil && !strings.Contains(html.UnescapeString(string(page)), text) {
				return errNotYet("%q is not there", text)
			}
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

// simulatedMail sends a file in every way that mail knows, twice and out of order, and
// by PEC with good signatures and bad ones: each is there once, and only the good are PEC.
func simulatedMail(t *testing.T, s *server, socket, operators, page string) {
	t.Helper()
	for _, more := range [][]string{{"--duplicates", "1", "--shuffle"}, {"--pec", "1"}, {"--pec", "1", "--bad-signed", "1"}} {
		args := append([]string{"simulate", "mail", "--server", "unix:" + socket, "--lmtp", "--gestore", operators, "--count", "7"}, more...)
		if out, code := command(t, append(args, page)...); code != 0 {
			t.Errorf("%v: exit %d, %s", more, code, out)
		}
	}
	// All bring the same document: the first is unmatched, the others are copies of it.
	awaitReconciled(t, s, "mail     received 17, joined 1, duplicate 13, unmatched 2, not_a_submission 1")
	awaitReconciled(t, s, "pec      received 7, duplicate 7")
	if _, code := command(t, "simulate", "mail", "--server", "mx.example:25", page); code != exitUsage {
		t.Errorf("it would call other machines: exit %d", code)
	}
}

// proves C5 C7 C9: mail brings documents to the dossier that the form names, and
// what names none waits for an operator; 250 comes after the protocol number.
func TestMail(t *testing.T) {
	t.Parallel()
	socket, operators := filepath.Join(t.TempDir(), "mail.sock"), t.TempDir()
	page := write(t, "sim.pdf", document(t, "simulated"))
	if _, err := openGestore(operators, clock.System().Now()); err != nil {
		t.Fatal(err)
	}
	s := serveDemo(t, "--mail-listen", "unix:"+socket, "--mail-lmtp", "--mail-for", "conversione@pin.example", "--mail-servers", "mx.pin.example",
		"--pec-operators", operators)
	who := free()[0]
	citizen := s.citizen(who)
	signed := write(t, "documents.pdf", signedDocument(t, who, citizen.form()))
	letter := write(t, "lettera.docx", []byte("PK\x03\x04 a letter"))

	if out, taken := swaks(t, socket, "--to", "conversione@pin.example", "--h-Subject", "Il mio modulo", "--body", "In allegato.",
		"--add-header", "Authentication-Results: mx.pin.example; dmarc=pass header.from=casa.example", "--attach", "@"+signed, "--attach", "@"+letter); !taken {
		t.Fatalf("not taken:\n%s", out)
	}
	citizen.await(dossier.StateReviewing)
	s.answered("maria@casa.example", "Abbiamo ricevuto il suo messaggio: protocollo ", "Documents received: 1\nPages received: ",
		"one or more attachments are no PDF, TIFF or photographs and were not read")

	foreign := write(t, "page.pdf", document(t, "of nobody"))
	if out, taken := swaks(t, socket, "--to", "conversione@pin.example", "--body", "Senza modulo.", "--attach", "@"+foreign); !taken {
		t.Fatalf("not taken:\n%s", out)
	}
	if out, taken := swaks(t, socket, "--to", "conversione@pin.example", "--body", "Come si fa?"); !taken {
		t.Fatalf("a question is not taken:\n%s", out)
	}
	if out, taken := swaks(t, socket, "--to", "nobody@pin.example"); taken || !strings.Contains(out, "550 5.1.1") {
		t.Errorf("a stranger's box:\n%s", out)
	}
	awaitReconciled(t, s, "mail     received 3, joined 1, unmatched 1, not_a_submission 1")
	simulatedMail(t, s, socket, operators, page)

	if _, code := command(t, "serve", "--demo", "--data", filepath.Join(t.TempDir(), "data"), "--mail-listen", "127.0.0.1:0"); code == 0 {
		t.Error("mail for nobody, and exit 0")
	}
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "a.pem"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (mails{PECOperators: empty}).operators(); err == nil {
		t.Error("a certificate that is none")
	}
}
