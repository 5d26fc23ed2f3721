package mail

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

const mailboxUser = "conversione"

func pollerConfig(taker *Taker, addr string) PollerConfig {
	return PollerConfig{
		Taker: taker, Addr: addr, User: mailboxUser, Password: testkit.DovecotPassword, Folder: "INBOX", Done: "Protocollati", Failed: "Scartati",
		Every: time.Second, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
	}
}

// poll runs a poller until the test ends.
func poll(t testing.TB, cfg PollerConfig) {
	t.Helper()
	p, err := NewPoller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// owner is who owns the mailbox, by another connection.
func owner(t testing.TB, addr string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(mailboxUser, testkit.DovecotPassword).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// deliver puts a message into the inbox.
func deliver(t testing.TB, c *imapclient.Client, raw []byte) {
	t.Helper()
	cmd := c.Append("INBOX", int64(len(raw)), nil)
	if _, err := cmd.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// awaitFolders waits until folders hold so many messages: INBOX, Done, Failed.
func awaitFolders(t testing.TB, c *imapclient.Client, want [3]uint32) {
	t.Helper()
	err := testkit.WaitFor(30*time.Second, func() error {
		var got [3]uint32
		for i, folder := range []string{"INBOX", "Protocollati", "Scartati"} {
			status, err := c.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
			if err != nil {
				return err
			}
			got[i] = *status.NumMessages
		}
		if got != want {
			return invalid("in the folders are %v, want %v", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// proves C5 C7: Dovecot's mailbox is emptied into folders once the mail is safe; what
// comes later is told by IDLE; the same again, by any UID or after the folder was made
// anew, is the same arrival; and what was moved is found again by nobody.
func TestPollDovecot(t *testing.T) {
	t.Parallel()
	addr, stop, start := testkit.Dovecot(t)
	h := house.New(t)
	mailbox := owner(t, addr)
	before := numbered(1, "", pdfOne)
	deliver(t, mailbox, before)
	deliver(t, mailbox, append([]byte("Return-Path: <>\r\n"), numbered(2, "", pdfTwo)...))
	poll(t, pollerConfig(newTaker(t, h, nil, ""), addr))
	awaitFolders(t, mailbox, [3]uint32{0, 2, 0})
	deliver(t, mailbox, numbered(3, "", pdfOne)) // told by IDLE: the next look of itself is minutes away
	awaitFolders(t, mailbox, [3]uint32{0, 3, 0})
	deliver(t, mailbox, append([]byte("Received: by mx.example\r\n"), before...))
	awaitFolders(t, mailbox, [3]uint32{0, 4, 0})
	large := append(numbered(4, ""), bytes.Repeat([]byte("large\r\n"), intake.MaxOriginal/7)...)
	deliver(t, mailbox, large)
	awaitFolders(t, mailbox, [3]uint32{0, 4, 1})
	subs := received(t, h)
	if len(subs) != 3 {
		t.Fatalf("%d arrivals of 3", len(subs))
	}
	classes := map[string]int{}
	for _, s := range subs {
		classes[originOf(t, h, s).Class]++
	}
	if classes["submission"] != 2 || classes["automatic"] != 1 {
		t.Errorf("%v: the null sender is not seen", classes)
	}

	stop() // the connection breaks off; the poller comes back by itself
	start()
	mailbox = owner(t, addr)
	deliver(t, mailbox, numbered(5, "", pdfTwo))
	awaitFolders(t, mailbox, [3]uint32{0, 5, 1})
	if subs := received(t, h); len(subs) != 4 {
		t.Errorf("%d arrivals of 4", len(subs))
	}
}

// proves C7: what is not safe stays where it is, and keeps nothing else back; it is
// tried again after a wait on the clock.
func TestPollKeepsWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	addr, _, _ := testkit.Dovecot(t)
	h := house.New(t)
	mailbox := owner(t, addr)
	deliver(t, mailbox, numbered(1, "", pdfOne))
	deliver(t, mailbox, numbered(2, "", pdfTwo))
	door := &fussy{Door: newDoor(h), refuse: "<n1@casa.example>"}
	cfg := pollerConfig(newTaker(t, h, door, ""), addr)
	stub := clock.NewStub(house.Start())
	cfg.Clock = stub
	waits := stub.Waiters(1)
	poll(t, cfg)
	<-waits // it failed, and waits
	awaitFolders(t, mailbox, [3]uint32{1, 1, 0})
	door.relent()
	stub.Advance(shortestWait)
	awaitFolders(t, mailbox, [3]uint32{0, 2, 0})
}

// A poller is told what it cannot work with.
func TestPollerSettings(t *testing.T) {
	t.Parallel()
	good := pollerConfig(nil, "127.0.0.1:143")
	for name, change := range map[string]func(*PollerConfig){
		"clear, elsewhere": func(c *PollerConfig) { c.Addr = "imap.example:143" },
		"no port":          func(c *PollerConfig) { c.Addr = "127.0.0.1" },
		"in place":         func(c *PollerConfig) { c.Done = c.Folder },
		"never":            func(c *PollerConfig) { c.Every = 0 },
	} {
		cfg := good
		change(&cfg)
		if _, err := NewPoller(cfg); dossier.CodeOf(err) != dossier.CodeRequestInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewPoller(good); err != nil {
		t.Error(err)
	}
	for raw, want := range map[string]Handover{
		"Return-Path: <>\r\n\r\n": {Known: true}, "Return-Path: <a@b.example>\r\n\r\n": {Sender: "a@b.example", Known: true},
		"Subject: x\r\n\r\nReturn-Path: <>": {}, "Return-Path: <": {}, strings.Repeat("x", 9): {},
	} {
		if got := handoverOf([]byte(raw)); got != want {
			t.Errorf("%q: %+v", raw, got)
		}
	}
}
