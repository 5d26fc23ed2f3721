package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// The bounds of the poller.
const (
	dialWithin   = 30 * time.Second
	shortestWait = time.Second
	longestWait  = 5 * time.Minute
	// idleFor is after how long a silent server is asked all the same: it must not
	// end the connection (RFC 2177: 29 minutes), and may have died.
	idleFor = 5 * time.Minute
)

// PollerConfig holds the settings of a Poller and what it works with.
type PollerConfig struct {
	Taker *Taker
	// Addr is host:port of the IMAP server.
	Addr           string
	User, Password string
	// TLS protects the connection from its first byte, or after STARTTLS when
	// StartTLS is set; nil: in the clear, at loopback alone.
	TLS      *tls.Config
	StartTLS bool
	// Folder is looked into; what is safe is moved to Done, what cannot be taken for
	// good to Failed. Both are made when they are missing.
	Folder, Done, Failed string
	// Every is how often a server without IDLE is asked.
	Every  time.Duration
	Clock  clock.Clock
	Logger *slog.Logger
}

// Poller takes mail out of a mailbox. A message is moved after the commit and never
// deleted: whatever happens in between, it is found again, and is the same arrival by
// its content (Message-ID, date, sender, subject and body). UIDs are used within one
// selection of the folder, in which UIDVALIDITY cannot change, and are not kept.
type Poller struct{ cfg PollerConfig }

// NewPoller checks the configuration; it does not connect.
func NewPoller(cfg PollerConfig) (*Poller, error) {
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, invalid("IMAP server: want host:port, not %q", cfg.Addr)
	}
	if ip := net.ParseIP(host); cfg.TLS == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, invalid("IMAP server: without TLS only a loopback address is allowed")
	}
	if cfg.Folder == cfg.Done || cfg.Folder == cfg.Failed || cfg.Folder == "" || cfg.Done == "" || cfg.Failed == "" {
		return nil, invalid("IMAP folders: three are needed, and mail is not left where it is looked for")
	}
	if cfg.Every <= 0 {
		return nil, invalid("IMAP: how often?")
	}
	return &Poller{cfg: cfg}, nil
}

// Run polls until ctx ends. When the server, the network or our own store fails it
// begins anew, after longer and longer waits.
func (p *Poller) Run(ctx context.Context) error {
	wait := shortestWait
	for ctx.Err() == nil {
		err := p.session(ctx, func() { wait = shortestWait })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end that was asked for
		}
		p.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "mailbox will be tried again",
			slog.String("error", err.Error()), slog.Duration("wait", wait))
		timer := p.cfg.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
		wait = min(2*wait, longestWait)
	}
	return nil
}

// session looks into the folder until something fails; well is called after each look
// that took everything.
func (p *Poller) session(ctx context.Context, well func()) error {
	news := make(chan struct{}, 1)
	client, err := p.connect(ctx, news)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // nothing is lost with it
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	if err := client.Login(p.cfg.User, p.cfg.Password).Wait(); err != nil {
		return fmt.Errorf("IMAP: sign in: %w", err)
	}
	for _, folder := range []string{p.cfg.Done, p.cfg.Failed} {
		if err := makeFolder(client, folder); err != nil {
			return fmt.Errorf("IMAP: make folder: %w", err)
		}
	}
	if _, err := client.Select(p.cfg.Folder, nil).Wait(); err != nil {
		return fmt.Errorf("IMAP: open folder: %w", err)
	}
	for {
		select {
		case <-news: // what is told from here on is looked for again
		default:
		}
		if err := p.look(ctx, client); err != nil {
			return err
		}
		well()
		if err := p.await(ctx, client, news); err != nil {
			return err
		}
	}
}

// connect opens a connection, which reports new mail to news.
func (p *Poller) connect(ctx context.Context, news chan<- struct{}) (*imapclient.Client, error) {
	conn, err := (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "tcp", p.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("IMAP: connect: %w", err)
	}
	options := &imapclient.Options{TLSConfig: p.cfg.TLS, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages == nil {
				return
			}
			select {
			case news <- struct{}{}:
			default:
			}
		},
	}}
	switch {
	case p.cfg.TLS == nil:
		return imapclient.New(conn, options), nil
	case p.cfg.StartTLS:
		client, err := imapclient.NewStartTLS(conn, options)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("IMAP: STARTTLS: %w", err), conn.Close())
		}
		return client, nil
	}
	return imapclient.New(tls.Client(conn, p.cfg.TLS), options), nil
}

// makeFolder makes a folder unless it is there.
func makeFolder(client *imapclient.Client, name string) error {
	err := client.Create(name, nil).Wait()
	if refused, ok := errors.AsType[*imap.Error](err); ok && refused.Type == imap.StatusResponseTypeNo {
		// That it is there is not told alike by all servers; that it is not, moving tells.
		return nil
	}
	return err
}

// await returns when there may be new mail.
func (p *Poller) await(ctx context.Context, client *imapclient.Client, news <-chan struct{}) error {
	wait := p.cfg.Every
	var idle *imapclient.IdleCommand
	if client.Caps().Has(imap.CapIdle) {
		var err error
		if idle, err = client.Idle(); err != nil {
			return fmt.Errorf("IMAP: idle: %w", err)
		}
		wait = idleFor
	}
	timer := p.cfg.Clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-client.Closed():
		return errors.New("IMAP: the server hung up")
	case <-news:
	case <-timer.C():
	}
	if idle == nil {
		return nil
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		return fmt.Errorf("IMAP: end idling: %w", err)
	}
	return nil
}

// look takes every message of the folder. One that cannot be taken just now keeps none
// of the others back.
func (p *Poller) look(ctx context.Context, client *imapclient.Client) error {
	found, err := client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return fmt.Errorf("IMAP: search: %w", err)
	}
	var failed error
	for _, uid := range found.AllUIDs() {
		raw, err := fetch(client, uid)
		if err != nil {
			return err
		}
		if raw == nil {
			continue // another process moved it
		}
		to, err := p.take(ctx, raw)
		if err != nil {
			failed = err
			continue
		}
		if err := move(client, uid, to); err != nil {
			return err
		}
	}
	return failed
}

// fetch returns a message, cut behind what would be taken at all; nil when it is gone.
func fetch(client *imapclient.Client, uid imap.UID) ([]byte, error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: intake.MaxOriginal + 1}}
	got, err := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil {
		return nil, fmt.Errorf("IMAP: fetch: %w", err)
	}
	if len(got) == 0 || len(got[0].BodySection) == 0 {
		return nil, nil
	}
	return got[0].BodySection[0].Bytes, nil
}

// take hands a message to the door and says where it goes; an error is temporary.
func (p *Poller) take(ctx context.Context, raw []byte) (folder string, err error) {
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	receipt, err := p.cfg.Taker.Take(ctx, raw, handoverOf(raw))
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others are tried again or set aside
	case "":
		p.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "mail taken in",
			slog.String("protocol", receipt.Protocol), slog.Bool("repeated", receipt.Repeated), slog.Int("bytes", len(raw)))
		return p.cfg.Done, nil
	case dossier.Code(dossier.FileTooLarge), dossier.Code(dossier.FileEmpty):
		p.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "mail cannot be taken", slog.String("code", string(dossier.CodeOf(err))), slog.Int("bytes", len(raw)))
		return p.cfg.Failed, nil
	}
	return "", fmt.Errorf("take mail: %w", err)
}

func move(client *imapclient.Client, uid imap.UID, folder string) error {
	if _, err := client.Move(imap.UIDSetNum(uid), folder).Wait(); err != nil {
		return fmt.Errorf("IMAP: move: %w", err)
	}
	return nil
}

// handoverOf says what the server that delivered to the mailbox noted of the
// envelope's sender, in the line it puts in front (RFC 5321, section 4.4).
func handoverOf(raw []byte) Handover {
	path := string(field(raw[:min(headerLength(raw), maxHeader)], "return-path"))
	path = strings.TrimSpace(path)
	if len(path) < len("<>") || path[0] != '<' || path[len(path)-1] != '>' {
		return Handover{}
	}
	return Handover{Sender: path[1 : len(path)-1], Known: true}
}
