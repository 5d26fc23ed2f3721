package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/mail"
)

// mails says how mail and PEC come in.
type mails struct {
	MailListen   string        `help:"Where mail is taken in, behind a mail server: host:port, or unix:PATH; unset: nowhere." env:"DISPOSITIVO_MAIL_LISTEN"`
	MailLMTP     bool          `help:"Speak LMTP instead of SMTP." name:"mail-lmtp" env:"DISPOSITIVO_MAIL_LMTP"`
	MailFor      []string      `help:"Addresses that mail is taken for." env:"DISPOSITIVO_MAIL_FOR"`
	MailCert     string        `help:"Certificate for STARTTLS, with its chain, as PEM; unset: none is offered." type:"path" env:"DISPOSITIVO_MAIL_CERT"`
	MailKey      string        `help:"Key of that certificate, as PEM." type:"path" env:"DISPOSITIVO_MAIL_KEY"`
	MailGateways []string      `help:"Fax gateways that send pages by mail (T.37): sender addresses, or networks of their hosts." env:"DISPOSITIVO_MAIL_GATEWAYS"`
	MailServers  []string      `help:"Names (authserv-id) of mail servers of ours whose dmarc=pass is believed, so that senders are answered." name:"mail-servers" env:"DISPOSITIVO_MAIL_SERVERS"`
	IMAP         []string      `help:"Mailboxes that are polled: imaps://USER@HOST:993 (TLS), imap:// (STARTTLS) or imap+plain:// (at loopback); an @ in USER is %40." name:"imap" env:"DISPOSITIVO_IMAP"`
	IMAPSecrets  []string      `help:"Files with the passwords of those mailboxes, in the same order." name:"imap-password-file" type:"path" env:"DISPOSITIVO_IMAP_PASSWORD_FILE"`
	IMAPFolder   string        `help:"Folder in which mail arrives." name:"imap-folder" default:"INBOX" env:"DISPOSITIVO_IMAP_FOLDER"`
	IMAPDone     string        `help:"Folder to which mail is moved once it is safe." name:"imap-done" default:"Protocollati" env:"DISPOSITIVO_IMAP_DONE"`
	IMAPFailed   string        `help:"Folder to which mail is moved that cannot be taken." name:"imap-failed" default:"Scartati" env:"DISPOSITIVO_IMAP_FAILED"`
	IMAPEvery    time.Duration `help:"How often a server without IDLE is asked." name:"imap-every" default:"30s" env:"DISPOSITIVO_IMAP_EVERY"`
	PECOperators string        `help:"Folder with the certificates of PEC operators, as PEM (.pem, .crt); unset: no envelope is believed." name:"pec-operators" type:"path" env:"DISPOSITIVO_PEC_OPERATORS"`
}

// names is who we are to those who write to us.
type names struct {
	// domain is our host, that of our Message-IDs; pec the address that our messages by
	// PEC leave from.
	domain, pec string
}

// check refuses settings that name a place and nobody to take mail for.
func (m mails) check() error {
	if m.MailListen != "" && len(m.MailFor) == 0 {
		return fmt.Errorf("--mail-listen needs --mail-for: mail is taken for nobody")
	}
	if len(m.IMAP) != len(m.IMAPSecrets) {
		return fmt.Errorf("--imap needs --imap-password-file as often: %d and %d", len(m.IMAP), len(m.IMAPSecrets))
	}
	return nil
}

// pollers wires the mailboxes that are polled.
func (m mails) pollers(h *house, door *intake.Door, at names) ([]*mail.Poller, error) {
	if len(m.IMAP) == 0 {
		return nil, nil
	}
	taker, err := m.taker(h, door, at)
	if err != nil {
		return nil, err
	}
	var all []*mail.Poller
	for i, address := range m.IMAP {
		p, err := m.poller(h, taker, address, m.IMAPSecrets[i])
		if err != nil {
			return nil, fmt.Errorf("mailbox %d: %w", i+1, err)
		}
		all = append(all, p)
	}
	return all, nil
}

func (m mails) poller(h *house, taker *mail.Taker, address, passwordFile string) (*mail.Poller, error) {
	u, err := url.Parse(address)
	if err != nil || u.User.Username() == "" || u.Hostname() == "" {
		return nil, errors.New("want imaps://USER@HOST:PORT") // the error would quote what may be a password
	}
	password, err := secret(passwordFile)
	if err != nil {
		return nil, err
	}
	cfg := mail.PollerConfig{
		Taker: taker, Addr: u.Host, User: u.User.Username(), Password: password, Folder: m.IMAPFolder, Done: m.IMAPDone, Failed: m.IMAPFailed,
		Every: m.IMAPEvery, Clock: h.clock, Logger: h.logger,
	}
	switch u.Scheme {
	case "imaps", "imap":
		cfg.TLS, cfg.StartTLS = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}, u.Scheme == "imap"
	case "imap+plain":
	default:
		return nil, fmt.Errorf("%q is none of imaps, imap and imap+plain", u.Scheme)
	}
	return mail.NewPoller(cfg)
}

// taker wires what brings messages to the door, whichever way they come.
func (m mails) taker(h *house, door *intake.Door, at names) (*mail.Taker, error) {
	operators, err := m.operators()
	if err != nil {
		return nil, err
	}
	taker, err := mail.NewTaker(mail.Config{
		Door: door, Reader: &mail.Reader{Operators: operators, Domain: at.domain, Box: at.pec}, Hash: h.keys.MAC("mail"), Clock: h.clock,
		Gateways: m.MailGateways, Ours: m.MailFor,
	})
	if err != nil {
		return nil, fmt.Errorf("mail gateways: %w", err)
	}
	return taker, nil
}

// receiver wires the receiver of mail.
func (m mails) receiver(h *house, door *intake.Door, at names) (*mail.Receiver, error) {
	taker, err := m.taker(h, door, at)
	if err != nil {
		return nil, err
	}
	cfg := mail.ReceiverConfig{Taker: taker, Hostname: at.domain, Recipients: m.MailFor, LMTP: m.MailLMTP, Logger: h.logger}
	if m.MailCert != "" {
		cert, err := tls.LoadX509KeyPair(m.MailCert, m.MailKey)
		if err != nil {
			return nil, fmt.Errorf("read certificate for mail: %w", err)
		}
		cfg.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	return mail.NewReceiver(cfg)
}

// operators reads the certificates that PEC envelopes are proved with. A folder
// without any is a mistake: every envelope would be ordinary mail.
func (m mails) operators() (*x509.CertPool, error) {
	if m.PECOperators == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(m.PECOperators)
	if err != nil {
		return nil, fmt.Errorf("read PEC operators: %w", err)
	}
	pool, some := x509.NewCertPool(), false
	for _, e := range entries {
		if e.IsDir() || !slices.Contains([]string{".pem", ".crt"}, filepath.Ext(e.Name())) {
			continue
		}
		pem, err := os.ReadFile(filepath.Join(m.PECOperators, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read PEC operators: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read PEC operators: %s holds no certificate", e.Name())
		}
		some = true
	}
	if !some {
		return nil, fmt.Errorf("read PEC operators: no .pem or .crt in %s", m.PECOperators)
	}
	return pool, nil
}

// takeMail takes mail in until ctx ends.
func (m mails) takeMail(ctx context.Context, h *house, door *intake.Door, at names) error {
	r, err := m.receiver(h, door, at)
	if err != nil {
		return err
	}
	l, err := m.listen(ctx)
	if err != nil {
		return fmt.Errorf("listen for mail: %w", err)
	}
	return r.Serve(ctx, l)
}

func (m mails) listen(ctx context.Context) (net.Listener, error) {
	path, local := strings.CutPrefix(m.MailListen, "unix:")
	if !local {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", m.MailListen)
	}
	l, err := listenAt(ctx, path)
	if err == nil && l == nil {
		return nil, &dossier.Error{Code: dossier.CodeConflict, Err: fmt.Errorf("another process listens at %s", path)}
	}
	return l, err
}

// answerer wires the answers to mails.
func (m mails) answerer(h *house, publicURL string) *mail.Answerer {
	return mail.NewAnswerer(mail.AnswerConfig{
		Store: h.store, Vault: h.vault, Proof: mail.Proof{Servers: m.MailServers}, Clock: h.clock, Logger: h.logger, Portal: publicURL,
	})
}
