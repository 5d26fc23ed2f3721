package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// proves promise 1, C5 and C7 for mail: whatever moment the server is killed at, what
// got 250, or was moved in its mailbox, is there, once; what did not is sent again and
// doubles nothing; and its sender is answered once.
func TestKillMail(t *testing.T) {
	t.Parallel()
	killMail(t, embedded(), 10)
}

// proves promise 1, C5 and C7 for mail: PostgreSQL and Redis are killed as well.
func TestKillMailPostgresRedis(t *testing.T) {
	t.Parallel()
	killMail(t, killable(t), 10)
}

// mailTrial is a server under attack, and mail servers that go on sending.
type mailTrial struct {
	*trial
	addr, imap string

	mu sync.Mutex
	// sent are the documents of the mails that were taken, by their sender.
	sent map[[sha256.Size]byte]string
	n    int
}

// trialBox is the address that mail is taken for.
const trialBox = "conversione@pin.example"

// killMail sends mail by SMTP and into a mailbox in each round, and kills the server
// in it.
func killMail(t *testing.T, g ground, rounds int) figures { //nolint:unparam // the soak test writes them down
	t.Helper()
	seed, begin := seedOf(t), clock.System().Now()
	random := rand.New(rand.NewPCG(seed, uint64(rounds)))
	tr := newMailTrial(t, groundOf(t, g))
	for range rounds {
		life := between(random, shortestLife, longestLife)
		acts := []act{{at: life, do: tr.kill}}
		for range 2 {
			acts = append(acts, act{at: between(random, 0, life), do: func() { tr.sendMail(tr.bySMTP) }})
		}
		acts = append(acts, act{at: between(random, 0, life), do: func() { tr.sendMail(tr.byMailbox) }})
		tr.play(sorted(append(acts, tr.faults(random, life)...)))
		tr.server.start()
		tr.senders.Wait()
	}
	tr.settleMail()
	return tr.proveMail().during(t, seed, rounds, begin)
}

// newMailTrial starts a server that takes mail in both ways.
func newMailTrial(t *testing.T, tr *trial) *mailTrial {
	t.Helper()
	m := &mailTrial{trial: tr, addr: testkit.LastingAddr(t), sent: map[[sha256.Size]byte]string{}}
	m.imap, _, _ = testkit.Dovecot(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(testkit.DovecotPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	m.serve("--mail-listen", m.addr, "--mail-for", trialBox, "--mail-servers", "mx.pin.example",
		"--imap", "imap+plain://conversione@"+m.imap, "--imap-password-file", password)
	return m
}

// sendMail sends one mail like no other until it is taken.
func (tr *mailTrial) sendMail(send func(from string, raw []byte) error) {
	tr.n++
	from := fmt.Sprintf("prova%d@casa.example", tr.n)
	data := document(tr.t, from)
	raw := mailWith(from, data)
	tr.senders.Go(func() {
		if err := send(from, raw); err != nil {
			tr.t.Errorf("%s: %v", from, err)
			return
		}
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.sent[sha256.Sum256(data)] = from
	})
}

// mailWith is a mail with a document, whose sender a server of ours has proved.
func mailWith(from string, data []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Authentication-Results: mx.pin.example; dmarc=pass header.from=casa.example\r\nFrom: <%[1]s>\r\nTo: <%[2]s>\r\nMessage-ID: <m.%[1]s>\r\n"+
		"Subject: Modulo\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", from, trialBox)
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 0 {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.Bytes()
}

// bySMTP sends as mail servers do: again, until 250.
func (tr *mailTrial) bySMTP(from string, raw []byte) error {
	return testkit.WaitFor(2*time.Minute, func() error {
		c, err := smtp.Dial(tr.addr)
		if err != nil {
			return err
		}
		defer c.Close() //nolint:errcheck // the reply is what counts
		return c.SendMail(from, []string{trialBox}, bytes.NewReader(raw))
	})
}

// byMailbox leaves it in the mailbox and waits until it was moved out of the way.
func (tr *mailTrial) byMailbox(_ string, raw []byte) error {
	c, err := imapclient.DialInsecure(tr.imap, nil)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the mail is there
	if err := c.Login("conversione", testkit.DovecotPassword).Wait(); err != nil {
		return err
	}
	if err := appendMail(c, raw); err != nil {
		return err
	}
	return testkit.WaitFor(2*time.Minute, func() error {
		status, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
		if err == nil && *status.NumMessages > 0 {
			err = errNotYet("%d mails are in the mailbox", *status.NumMessages)
		}
		return err
	})
}

// settleMail ends the server once every mail was read and every sender answered.
func (tr *mailTrial) settleMail() {
	tr.t.Helper()
	tr.awaitAnswered()
	tr.server.stop()
}

// awaitAnswered waits until every mail was read, every sender answered, and that noted.
func (tr *mailTrial) awaitAnswered() {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	err := testkit.WaitWhileMoving(2*time.Minute, func() (int, error) {
		waiting := 0
		err := h.store.EachSubmission(tr.t.Context(), func(s dossier.Submission) error {
			if s.State == dossier.SubmissionReceived || s.State == dossier.SubmissionScreening {
				waiting++
			}
			return nil
		})
		messages, told := h.store.Messages(tr.t.Context(), "", 10*tr.n)
		for _, m := range messages {
			if !m.Sent {
				waiting++
			}
		}
		if err == nil && told == nil && (waiting > 0 || len(messages) < tr.n) {
			err = errNotYet("%d things wait, %d of %d senders are answered", waiting, len(messages), tr.n)
		}
		return waiting - len(messages), err
	})
	if err != nil {
		tr.t.Errorf("stuck: %v", err)
	}
}

// proveMail: each mail is there once, and each sender was answered, by one message.
func (tr *mailTrial) proveMail() figures {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	if err := h.sealAudit(tr.t.Context()); err != nil {
		tr.t.Error(err)
	}
	kept := map[[sha256.Size]byte]int{}
	err := h.store.EachSubmission(tr.t.Context(), func(s dossier.Submission) error {
		sub, err := h.store.Submission(tr.t.Context(), s.ID)
		if err != nil {
			return err
		}
		if len(sub.Documents) != 2 || sub.State != dossier.SubmissionUnmatched {
			tr.t.Errorf("%s is %s with %d files", sub.Protocol, sub.State, len(sub.Documents))
			return nil
		}
		data, err := h.vault.Open(tr.t.Context(), sub.Documents[1], sub.Documents[1].Blob)
		kept[sha256.Sum256(data)]++
		return err
	})
	if err != nil {
		tr.t.Error(err)
	}
	for hash, from := range tr.sent {
		if kept[hash] != 1 {
			tr.t.Errorf("the mail of %s was taken, and is there %d times", from, kept[hash])
		}
	}
	if len(tr.sent) != tr.n || len(kept) != tr.n {
		tr.t.Errorf("%d mails sent, %d taken, %d kept", tr.n, len(tr.sent), len(kept))
	}
	f := tr.suffered()
	f.receipts = len(tr.sent)
	tr.provePost(&f)
	if distinct := tr.post.count(string(dossier.MessageMailReceipt)); distinct != tr.n {
		tr.t.Errorf("%d answers to %d mails", distinct, tr.n)
	}
	tr.proveBooks()
	return f
}
