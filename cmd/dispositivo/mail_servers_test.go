package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"dispositivo/internal/testkit"
)

// proves C5 C7: Postfix keeps what nobody takes yet, and delivers it when we are there;
// the mailbox of Dovecot is polled; all of it is there once.
func TestMailServers(t *testing.T) {
	t.Parallel()
	ours := testkit.LastingAddr(t) // Postfix asks there before we are
	postfix := testkit.Postfix(t, "lmtp:inet:"+ours)
	page := write(t, "page.pdf", document(t, "by Postfix"))
	toPostfix := func(body string, more ...string) {
		t.Helper()
		args := append([]string{"--to", "conversione@pin.example", "--body", body}, more...)
		if out, taken := swaksBy(t, []string{"--server", postfix}, args...); !taken {
			t.Fatalf("Postfix does not take it:\n%s", out)
		}
	}
	toPostfix("Prima.", "--attach", "@"+page)
	imap, _, _ := testkit.Dovecot(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(testkit.DovecotPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveDemo(t, "--mail-lmtp", "--mail-listen", ours, "--mail-for", "conversione@pin.example",
		"--imap", "imap+plain://conversione@"+imap, "--imap-password-file", password)
	toPostfix("Dopo.")
	leave(t, imap, "From: maria@casa.example\r\nMessage-ID: <imap@casa.example>\r\nSubject: Domanda\r\n\r\nCome si fa?\r\n")
	awaitReconciled(t, s, "mail     received 3, unmatched 1, not_a_submission 2")
}

// proves C5 C7: Postfix as Debian sets it up, its LMTP client shut into its queue, hands
// mail to a socket in there, of a folder of its group, as docs/integration.md has it.
func TestChrootedPostfix(t *testing.T) {
	t.Parallel()
	postfix, folder := testkit.PostfixChrooted(t)
	page := write(t, "page.pdf", document(t, "through a socket"))
	s := serveDemo(t, "--mail-lmtp", "--mail-listen", "unix:"+filepath.Join(folder, "mail.sock"), "--mail-for", "conversione@pin.example")
	if out, taken := swaksBy(t, []string{"--server", postfix}, "--to", "conversione@pin.example", "--body", "Ecco.", "--attach", "@"+page); !taken {
		t.Fatalf("Postfix does not take it:\n%s", out)
	}
	awaitReconciled(t, s, "mail     received 1, unmatched 1")
}

// Settings of mailboxes that cannot be meant are refused.
func TestMailboxSettings(t *testing.T) {
	t.Parallel()
	if (mails{IMAP: []string{"imaps://a@b.example"}}).check() == nil {
		t.Error("a mailbox without password")
	}
	for _, address := range []string{"imaps://b.example", "pop3://a@127.0.0.1:1", "imap+plain://a@b.example:143", "imaps://a@b.example"} {
		if _, err := (mails{}).poller(&house{}, nil, address, ""); err == nil {
			t.Errorf("%s is polled", address)
		}
	}
}

// leave puts a message into a mailbox.
func leave(t testing.TB, addr, message string) {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the message is there
	if err := c.Login("conversione", testkit.DovecotPassword).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := appendMail(c, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

func appendMail(c *imapclient.Client, message []byte) error {
	cmd := c.Append("INBOX", int64(len(message)), nil)
	_, err := cmd.Write(message)
	if err = errors.Join(err, cmd.Close()); err != nil {
		return err
	}
	_, err = cmd.Wait()
	return err
}
