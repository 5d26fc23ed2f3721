package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/emersion/go-smtp"

	"dispositivo/internal/clock"
)

const (
	// mailPeerCommand is the hidden command that is the peer of the group mail.
	mailPeerCommand = "mail-peer"
	// attached is how large the attachment is, in bytes.
	attached = 900_000
	mailBox  = "conversione@pin.example"
)

// mail prints how many mails with an attachment are taken each second.
func (b *bench) mail(ctx context.Context) error {
	exe := filepath.Join(b.dir, "dispositivo")
	if err := build(ctx, exe); err != nil {
		return err
	}
	peer, err := b.startMailPeer(ctx)
	if err != nil {
		return err
	}
	redis, err := b.startRedis(ctx)
	if err != nil {
		return err
	}
	listen, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	s, err := startOurs(ctx, exe, filepath.Join(b.dir, "mail"), holders, []string{
		"--role", "api", "--redis-url", redis, "--mail-listen", listen, "--mail-for", mailBox,
	})
	if err != nil {
		return err
	}
	defer s.stop()
	for _, clients := range []int{1, 8} {
		if err := b.compareMail(ctx, fmt.Sprintf("mail_%d", clients), listen, peer, clients); err != nil {
			return err
		}
	}
	return nil
}

// compareMail lets ours and the peer take turns.
func (b *bench) compareMail(ctx context.Context, name, ours, peer string, clients int) error {
	var a, p, ratios []float64
	for turn := range turns + 1 {
		mine, err := mailRate(ctx, ours, clients)
		if err != nil {
			return fmt.Errorf("%s: ours: %w", name, err)
		}
		theirs, err := mailRate(ctx, peer, clients)
		if err != nil {
			return fmt.Errorf("%s: peer: %w", name, err)
		}
		if turn == 0 {
			continue // to get warm
		}
		a, p, ratios = append(a, mine), append(p, theirs), append(ratios, mine/theirs)
	}
	b.print(name, median(a), median(p), median(ratios), "mails/s", "higher-is-better")
	return nil
}

// mailRate lets clients send for a while, each over a connection of its own, and
// returns how many mails got 250 each second.
func mailRate(ctx context.Context, addr string, clients int) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clk := clock.System()
	begin := clk.Now()
	var done atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			if err := sendMails(ctx, addr, &done, func() bool { return clk.Now().Sub(begin) < turnFor }); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / clk.Now().Sub(begin).Seconds(), nil
}

func sendMails(ctx context.Context, addr string, done *atomic.Int64, more func() bool) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // what was taken was counted
	mail, nonces := mailWith()
	for ctx.Err() == nil && more() {
		nonce := fmt.Sprintf("%08d", serial.Add(1))
		for _, at := range nonces {
			copy(mail[at:], nonce)
		}
		if err := sendMail(c, mail); err != nil {
			return err
		}
		done.Add(1)
	}
	return nil
}

// sendMail sends one as mail servers do, which say its size first.
func sendMail(c *smtp.Client, mail []byte) error {
	if err := c.Mail("maria@casa.example", &smtp.MailOptions{Size: int64(len(mail))}); err != nil {
		return err
	}
	if err := c.Rcpt(mailBox, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(mail); err != nil {
		return err
	}
	return w.Close()
}

// mailWith is a mail whose eight characters at each of nonces are free to change: in
// its Message-ID and in its attachment.
func mailWith() (mail []byte, nonces []int) {
	pdf, _ := document(attached)
	var b bytes.Buffer
	b.WriteString("From: Maria <maria@casa.example>\r\nTo: <" + mailBox + ">\r\nSubject: Modulo\r\nMessage-ID: <")
	nonces = append(nonces, b.Len())
	b.WriteString("00000000@casa.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=border\r\n\r\n--border\r\n" +
		"Content-Type: text/plain\r\n\r\nIn allegato.\r\n--border\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"modulo.pdf\"\r\n\r\n")
	const line = 76
	text := base64.StdEncoding.EncodeToString(pdf)
	for n := 0; len(text) > 0; n++ {
		if n == 1000 {
			nonces = append(nonces, b.Len())
		}
		end := min(line, len(text))
		b.WriteString(text[:end] + "\r\n")
		text = text[end:]
	}
	b.WriteString("--border--\r\n")
	return b.Bytes(), nonces
}

// startMailPeer starts the peer and returns where it listens.
func (b *bench) startMailPeer(ctx context.Context) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, exe, mailPeerCommand, filepath.Join(b.dir, "mail-peer")) //nolint:gosec // this very program
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start peer: %w", err)
	}
	b.stops = append(b.stops, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(addr), err
}

// bareMail is the peer: what a mail safe on disk costs at the least.
type bareMail struct {
	dir    string
	folder *os.File
}

// serveMailPeer serves the peer over a folder until ctx ends; it says its address on
// standard output.
func serveMailPeer(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the bench's own folder
		return err
	}
	folder, err := os.Open(dir) //nolint:gosec // the bench's own folder
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, l.Addr()); err != nil {
		return err
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &bareMail{dir: dir, folder: folder}, nil }))
	s.Domain = "peer.example"
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.Serve(l); !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// Mail implements smtp.Session.
func (*bareMail) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (*bareMail) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Reset implements smtp.Session.
func (*bareMail) Reset() {}

// Logout implements smtp.Session.
func (*bareMail) Logout() error { return nil }

// Data implements smtp.Session: file, fsync, rename, fsync of the folder.
func (p *bareMail) Data(r io.Reader) error {
	f, err := os.CreateTemp(p.dir, "mail-")
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // synced before
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.Name()+".eml"); err != nil {
		return err
	}
	return p.folder.Sync()
}
