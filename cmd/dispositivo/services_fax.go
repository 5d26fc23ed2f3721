package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/netx"
	"dispositivo/queue"
)

// faxes says where faxes come from.
type faxes struct {
	FaxSpool     string        `help:"Folder in which a gateway leaves received faxes; unset: none." type:"path" env:"DISPOSITIVO_FAX_SPOOL"`
	FaxSettle    time.Duration `help:"How long a fax without sidecar must not change to count as complete." default:"10s" env:"DISPOSITIVO_FAX_SETTLE"`
	FaxSecret    string        `help:"File with the secret that signs calls of gateways in our own form." name:"fax-secret-file" type:"path" env:"DISPOSITIVO_FAX_SECRET_FILE"`
	TelnyxKey    string        `help:"Public key of the Telnyx account, in base64." env:"DISPOSITIVO_TELNYX_KEY"`
	PhaxioToken  string        `help:"File with the callback token of the Phaxio account." name:"phaxio-token-file" type:"path" env:"DISPOSITIVO_PHAXIO_TOKEN_FILE"`
	SinchUser    string        `help:"User name in the address that Sinch calls." default:"sinch" env:"DISPOSITIVO_SINCH_USER"`
	SinchSecret  string        `help:"File with the password in the address that Sinch calls." name:"sinch-password-file" type:"path" env:"DISPOSITIVO_SINCH_PASSWORD_FILE"`
	FaxHosts     []string      `help:"Hosts from which pages are fetched." default:"s3.amazonaws.com" env:"DISPOSITIVO_FAX_HOSTS"`
	SRFaxID      string        `help:"Number of the SRFax account whose inbox is polled." name:"srfax-id" env:"DISPOSITIVO_SRFAX_ID"`
	SRFaxSecret  string        `help:"File with the password of the SRFax account." name:"srfax-password-file" type:"path" env:"DISPOSITIVO_SRFAX_PASSWORD_FILE"`
	SRFaxURL     string        `help:"Address of SRFax." name:"srfax-url" default:"https://www.srfax.com/SRF_SecWebSvc.php" env:"DISPOSITIVO_SRFAX_URL"`
	InterFAXUser string        `help:"User name of the InterFAX account whose inbox is polled." name:"interfax-user" env:"DISPOSITIVO_INTERFAX_USER"`
	InterFAXKey  string        `help:"File with the password of the InterFAX account." name:"interfax-password-file" type:"path" env:"DISPOSITIVO_INTERFAX_PASSWORD_FILE"`
	InterFAXURL  string        `help:"Address of InterFAX." name:"interfax-url" default:"https://rest.interfax.net" env:"DISPOSITIVO_INTERFAX_URL"`
	hookSocket   `embed:""`
	GatewayToken string `help:"File with the credential of fax-received; default: gateway.token in the data folder, made when missing." name:"gateway-token-file" type:"path" env:"DISPOSITIVO_GATEWAY_TOKEN_FILE"`
}

// demoFaxSecret signs calls in a demonstration; everybody knows it.
const demoFaxSecret = "demonstration fax gateway"

// The socket of fax-received and its credential, in the data folder.
const (
	gatewaySocket = "gateway.sock"
	gatewayToken  = "gateway.token"
	// longestSocket is what a socket's address holds.
	longestSocket = 100
)

// hookSocket is where fax-received finds the server.
type hookSocket struct {
	GatewaySocket string `help:"Socket of fax-received; default: gateway.sock in the data folder, which is the server's own." name:"gateway-socket" type:"path" env:"DISPOSITIVO_GATEWAY_SOCKET"`
}

func (h hookSocket) path(data string) string {
	return cmp.Or(h.GatewaySocket, filepath.Join(data, gatewaySocket))
}

// webhooks wires the providers that have a secret.
func (f faxes) webhooks(h *house, door *intake.Door, answers *fax.Answers) (*fax.Webhooks, error) {
	cfg := fax.WebhookConfig{Door: door, Answers: answers, Clock: h.clock, TelnyxKey: f.TelnyxKey, SinchUser: f.SinchUser}
	for _, s := range []struct {
		path string
		into *string
	}{{f.FaxSecret, &cfg.GenericSecret}, {f.PhaxioToken, &cfg.PhaxioToken}, {f.SinchSecret, &cfg.SinchPassword}} {
		var err error
		if *s.into, err = secret(s.path); err != nil {
			return nil, err
		}
	}
	if h.demo && cfg.GenericSecret == "" {
		cfg.GenericSecret = demoFaxSecret
	}
	if len(f.FaxHosts) > 0 {
		var err error
		if cfg.Fetch, err = netx.New(netx.Options{Hosts: f.FaxHosts, MaxBytes: intake.MaxOriginal, Timeout: time.Minute}); err != nil {
			return nil, fmt.Errorf("fax hosts: %w", err)
		}
	}
	return fax.NewWebhooks(cfg)
}

// pollEvery keeps to InterFAX's limit of six looks a minute, with two processes
// that look.
const pollEvery = 30 * time.Second

// inboxes are the accounts that are polled.
func (f faxes) inboxes() ([]fax.Inbox, error) {
	var all []fax.Inbox
	if f.SRFaxID != "" {
		client, password, err := accountAt(f.SRFaxURL, f.SRFaxSecret)
		if err != nil {
			return nil, fmt.Errorf("SRFax: %w", err)
		}
		all = append(all, fax.SRFax{Client: client, URL: f.SRFaxURL, ID: f.SRFaxID, Password: password})
	}
	if f.InterFAXUser != "" {
		client, password, err := accountAt(f.InterFAXURL, f.InterFAXKey)
		if err != nil {
			return nil, fmt.Errorf("InterFAX: %w", err)
		}
		all = append(all, fax.InterFAX{Client: client, URL: strings.TrimSuffix(f.InterFAXURL, "/"), User: f.InterFAXUser, Password: password})
	}
	return all, nil
}

// accountAt returns a client for the one host of an address, and the password.
func accountAt(address, passwordFile string) (*netx.Client, string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", errors.New("the address is none")
	}
	password, err := secret(passwordFile)
	if err != nil {
		return nil, "", err
	}
	// In base64 pages are a third longer.
	client, err := netx.New(netx.Options{Hosts: []string{strings.ToLower(u.Hostname())}, MaxBytes: fax.MaxWebhook, Timeout: time.Minute})
	return client, password, err
}

// chores look into the spool and the inboxes of providers.
func (f faxes) chores(h *house, door *intake.Door, answers *fax.Answers) ([]queue.Chore, error) {
	inboxes, err := f.inboxes()
	if err != nil {
		return nil, err
	}
	var chores []queue.Chore
	for _, in := range inboxes {
		chores = append(chores, queue.Chore{Name: "poll faxes", Every: pollEvery, Do: func(ctx context.Context) error {
			return fax.Poll(ctx, in, door)
		}})
	}
	if f.FaxSpool == "" {
		return chores, nil
	}
	spool, err := fax.NewSpool(fax.SpoolConfig{
		Dir: f.FaxSpool, Door: door, Clock: h.clock, Logger: h.logger, Settle: f.FaxSettle, Answers: answers,
	})
	if err != nil {
		return nil, err
	}
	return append(chores, queue.Chore{Name: "take in faxes", Every: time.Second, Do: spool.Look}), nil
}

// serveHooks takes hooks at the socket until ctx ends.
func (f faxes) serveHooks(ctx context.Context, data string, door *intake.Door, answers *fax.Answers, logger *slog.Logger) error {
	path := f.path(data)
	if len(path) > longestSocket {
		logger.LogAttrs(ctx, slog.LevelWarn, "no socket for fax-received: its path is too long")
		return nil
	}
	credential, err := f.credential(data)
	if err != nil {
		return err
	}
	l, err := listenAt(ctx, path)
	if err != nil {
		return fmt.Errorf("listen for fax-received: %w", err)
	}
	if l == nil {
		logger.LogAttrs(ctx, slog.LevelInfo, "another process takes what fax-received sends")
		return nil
	}
	return (&fax.HookServer{Door: door, Answers: answers, Credential: credential, Logger: logger}).Serve(ctx, l)
}

// listenAt opens a socket that its owner and group may use; one that a killed
// process left behind is removed. Nil: another process listens there.
func listenAt(ctx context.Context, path string) (net.Listener, error) {
	if conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path); err == nil {
		return nil, conn.Close()
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o660); err != nil { //nolint:gosec // the gateway's user is in the group
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// credential reads the gateway's credential, and makes the default one when it is
// missing.
func (f faxes) credential(data string) (string, error) {
	path := f.GatewayToken
	if path == "" {
		path = filepath.Join(data, gatewayToken)
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in our own folder
		if err == nil {
			_, err = file.WriteString(rand.Text() + "\n")
			err = errors.Join(err, file.Close())
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make gateway credential: %w", err)
		}
	}
	return secret(path)
}

// faxReceivedCmd is HylaFAX's received-fax hook, called by its script faxrcvd.
type faxReceivedCmd struct {
	Data         string `help:"The server's data folder, in which its socket lies." default:"data" type:"path" env:"DISPOSITIVO_DATA"`
	hookSocket   `embed:""`
	GatewayToken string `help:"File with the credential; default: gateway.token in the data folder." name:"gateway-token-file" type:"path" env:"DISPOSITIVO_GATEWAY_TOKEN_FILE"`
	Spool        string `help:"Spool of HylaFAX, to which FILE is relative; default: the working folder." type:"path" env:"DISPOSITIVO_HYLAFAX_SPOOL"`
	Answer       string `help:"File to write the answer page to: once the pages are read, within a minute (C7)." type:"path"`
	// Behind the file nothing is a flag: a line may call itself "--help", and then a
	// fax would count as safe that nobody took.
	File      string   `arg:"" passthrough:"" help:"The fax, such as recvq/fax000000001.tif."`
	Device    string   `arg:"" help:"The modem."`
	CommID    string   `arg:"" name:"commid" help:"Number of the call."`
	Error     string   `arg:"" help:"Why the reception failed; empty: it did not."`
	CallerIDs []string `arg:"" name:"callerid" optional:"" help:"What the line says of the caller."`
}

// Validate is called by kong. A "--" that a script puts before the hook's arguments is
// none of them.
func (c *faxReceivedCmd) Validate() error {
	if c.File == "--" && len(c.CallerIDs) > 0 {
		c.File, c.Device, c.CommID, c.Error, c.CallerIDs = c.Device, c.CommID, c.Error, c.CallerIDs[0], c.CallerIDs[1:]
	}
	if strings.HasPrefix(c.File, "-") {
		return errors.New("flags stand before the file")
	}
	return nil
}

// Run implements the command. It fails unless the server has the fax safe: the
// file then stays where it is.
func (c *faxReceivedCmd) Run(env *environment) error {
	token := c.GatewayToken
	if token == "" {
		token = filepath.Join(c.Data, gatewayToken)
	}
	credential, err := secret(token)
	if err != nil {
		return err
	}
	path := c.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Spool, path)
	}
	data, err := readFax(path)
	if err != nil && (c.Error == "" || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	told, err := fax.Send(env.ctx, c.path(c.Data), credential, fax.Hook{
		File: c.File, Device: c.Device, CommID: c.CommID, Error: c.Error, CallerIDs: c.CallerIDs, Data: data,
	})
	if err != nil {
		return fmt.Errorf("the fax is not taken in and stays where it is: %w", err)
	}
	if told.Protocol == "" {
		fmt.Fprintln(env.stdout, "failed reception recorded")
		return nil
	}
	fmt.Fprintln(env.stdout, told.Protocol)
	if c.Answer != "" {
		if err := c.writeAnswer(env, credential, told.Submission); err != nil {
			fmt.Fprintln(env.stderr, "no answer page:", err) // the fax is safe all the same
		}
	}
	return nil
}

// longestAnswer is more than the server lets an answer wait.
const longestAnswer = 50 * time.Second

// writeAnswer asks for the answer page until there is one.
func (c *faxReceivedCmd) writeAnswer(env *environment, credential, submission string) error {
	ctx, cancel := context.WithTimeout(env.ctx, longestAnswer)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		page, err := fax.AskAnswer(ctx, c.path(c.Data), credential, submission)
		if err != nil {
			return err
		}
		if page != nil {
			return os.WriteFile(c.Answer, page, 0o600)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// readFax reads a file that can be a fax.
func readFax(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("look at fax: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > intake.MaxOriginal {
		return nil, errors.New("the fax is no file, or larger than 25 MB")
	}
	data, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, fmt.Errorf("read fax: %w", err)
	}
	return data, nil
}
