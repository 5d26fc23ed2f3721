package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"

	"dispositivo/internal/testkit"
)

// proves promise 1, C5 and C7: while PostgreSQL is away no mail is taken; when it is back
// each is, once.
func TestMailWithoutDatabase(t *testing.T) {
	t.Parallel()
	g := killable(t)
	newMailTrial(t, groundOf(t, g)).outage(g.postgres.Kill, g.postgres.Start)
}

// proves promise 1, C5 and C7: while the disk is full a mail server is told to try again,
// and the mailbox keeps what it has; when there is room each mail is taken, once.
func TestMailOnFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(inOwnMounts) == "" {
		anewInOwnMounts(t)
		return
	}
	tr := groundOf(t, embedded())
	full, room := smallDisk(t, tr)
	newMailTrial(t, tr).outage(full, room)
}

// outage lets both ways in be refused, and taken when what broke is mended.
func (tr *mailTrial) outage(broke, mend func()) {
	tr.t.Helper()
	bothWays := func() {
		tr.sendMail(tr.bySMTP)
		tr.sendMail(tr.byMailbox)
		tr.senders.Wait()
	}
	bothWays() // it worked before
	// An answer that was handed over and cannot be noted is handed over again.
	tr.awaitAnswered()

	broke()
	tr.refusedBySMTP()
	tr.sendMail(tr.byMailbox)
	tr.staysInMailbox()
	mend()
	tr.senders.Wait()
	bothWays()
	tr.settleMail()
	tr.proveMail()
}

// refusedBySMTP: the mail server is told to try again (RFC 5321, section 4.2.1: 4yz).
func (tr *mailTrial) refusedBySMTP() {
	tr.t.Helper()
	from := "rifiutata@casa.example"
	c, err := smtp.Dial(tr.addr)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the reply is what counts
	err = c.SendMail(from, []string{trialBox}, bytes.NewReader(mailWith(from, document(tr.t, from))))
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) || !reply.Temporary() {
		tr.t.Errorf("the mail server is told %v", err)
	}
}

// staysInMailbox: the server saw the mail, could not take it, and left it where it is.
func (tr *mailTrial) staysInMailbox() {
	tr.t.Helper()
	err := testkit.WaitFor(time.Minute, func() error {
		if !strings.Contains(tr.server.log.String(), "take mail: ") {
			return errNotYet("the mailbox says nothing")
		}
		return nil
	})
	if err != nil {
		tr.t.Error(err)
	}
	c, err := imapclient.DialInsecure(tr.imap, nil)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // only read
	if err := c.Login("conversione", testkit.DovecotPassword).Wait(); err != nil {
		tr.t.Fatal(err)
	}
	status, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
	if err != nil || *status.NumMessages != 1 {
		tr.t.Errorf("the mailbox holds %v, %v", status, err)
	}
}
