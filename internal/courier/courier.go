// Package courier carries messages to holders: it words each one when it is
// sent, keeps it sealed so that a second try sends the very same bytes, hands
// it over, and marks it sent in the transaction that closes its task.
//
// It decides neither who is told nor what: dossier's table and internal/notify
// do. It must not log a recipient or a text.
package courier

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/notify"
)

// receiptWaits is how long a receipt may wait for the screening, so that it can
// say how many pages came and what is unreadable; it must be out within a
// minute (C7).
const receiptWaits = 40 * time.Second

// Store is what the courier needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	CloseTask(ctx context.Context, id string) error
	Message(ctx context.Context, id string) (dossier.Message, error)
	SealLetter(ctx context.Context, id string, letter dossier.Letter) (dossier.Letter, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error)
}

// Config holds the settings of a Courier and what it works with.
type Config struct {
	Store    Store
	Composer *notify.Composer
	Sender   notify.Sender
	Clock    clock.Clock
	Logger   *slog.Logger
	// StatusURL is the page that takes protocol number and code; it holds neither.
	StatusURL string
	// Domain is the right-hand side of every Message-ID.
	Domain string
	// Rome is where dates are told in.
	Rome *time.Location
}

// Courier sends messages. It is safe for concurrent use.
type Courier struct{ cfg Config }

// New returns a courier.
func New(cfg Config) *Courier { return &Courier{cfg: cfg} }

var worker = dossier.System("courier")

// Send words, seals and hands over a message, and closes its task. Handing over
// happens at least once: a crash between the carrier's yes and our commit sends
// the same bytes again, under the same Message-ID.
func (c *Courier) Send(ctx context.Context, taskID, messageID string) error {
	m, err := c.cfg.Store.Message(ctx, messageID)
	if err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	if m.Sent {
		return c.cfg.Store.CloseTask(ctx, taskID)
	}
	if m.Letter == nil {
		letter, err := c.write(ctx, m)
		if err != nil {
			return fmt.Errorf("write message: %w", err)
		}
		if letter, err = c.cfg.Store.SealLetter(ctx, m.ID, letter); err != nil {
			return fmt.Errorf("seal message: %w", err)
		}
		m.Letter = &letter
	}
	if err := c.handOver(ctx, m); err != nil {
		return err
	}
	_, err = c.cfg.Store.Apply(ctx, dossier.Change{
		Actor: worker, Closes: taskID, Effects: []dossier.Effect{dossier.MarkSent{MessageID: m.ID}},
	})
	if err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return fmt.Errorf("mark message sent: %w", err)
	}
	return nil
}

// handOver gives the message to the carrier. One that has no address, or that
// the carrier refuses for good, is done with: it stays readable in the
// holder's own list.
func (c *Courier) handOver(ctx context.Context, m dossier.Message) error {
	if m.Letter.To == "" {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "holder has no contact for messages", slog.String("message", m.ID))
		return nil
	}
	err := c.cfg.Sender.Send(ctx, notify.Message{
		ID: m.ID, Class: notify.Class(m.Letter.Class), To: m.Letter.To, Subject: m.Letter.Subject,
		Text: m.Letter.Text, MessageID: m.Letter.MessageID, Date: m.CreatedAt,
	})
	if dossier.CodeOf(err) == notify.CodeUndeliverable {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "carrier refuses message for good", slog.String("message", m.ID), slog.String("error", err.Error()))
		return nil
	}
	return err
}

func (c *Courier) write(ctx context.Context, m dossier.Message) (dossier.Letter, error) {
	h, err := c.cfg.Store.Holder(ctx, m.HolderID)
	if err != nil {
		return dossier.Letter{}, err
	}
	data, err := c.data(ctx, m)
	if err != nil {
		return dossier.Letter{}, err
	}
	class, to := contact(h.Person.Contacts)
	msg, err := c.cfg.Composer.Compose(class, m.Kind, h.Person.Lang, data)
	if err != nil {
		return dossier.Letter{}, err
	}
	return dossier.Letter{
		Class: string(class), To: to, Subject: msg.Subject, Text: msg.Text,
		MessageID: notify.MessageID(m.Kind, m.ID, c.cfg.Domain),
	}, nil
}

// contact chooses e-mail before SMS; PEC is an e-mail address too.
func contact(c dossier.Contacts) (notify.Class, string) {
	switch {
	case c.Email != "":
		return notify.Email, c.Email
	case c.PEC != "":
		return notify.Email, c.PEC
	default:
		return notify.Text, c.Mobile
	}
}

// data gathers what the texts of a kind want (internal/notify, Compose).
func (c *Courier) data(ctx context.Context, m dossier.Message) (map[string]string, error) {
	d, err := c.cfg.Store.Dossier(ctx, m.DossierID)
	if err != nil {
		return nil, err
	}
	data := map[string]string{"state": string(d.State)}
	if n := len(d.Submissions); n > 0 {
		data["protocol"] = d.Submissions[n-1].Protocol.String()
	}
	switch m.Kind {
	case dossier.MessageReceipt:
		return c.receipt(ctx, m, d, data)
	case dossier.MessageAskMore, dossier.MessageRejection:
		data["reasons"] = reasons(d)
		data["status_url"] = c.cfg.StatusURL
		data["deadline"] = c.day(d.DueAt)
	case dossier.MessageConfirmation:
		data["date"] = c.day(d.ChangedAt)
	case dossier.MessageExpiry, dossier.MessageWithdrawn, dossier.MessageSuperseded:
	}
	return data, nil
}

func (c *Courier) receipt(ctx context.Context, m dossier.Message, d dossier.Dossier, data map[string]string) (map[string]string, error) {
	i := slices.IndexFunc(d.Submissions, func(s dossier.Submission) bool { return s.ID == m.Occasion })
	if i < 0 {
		return nil, dossier.Problem(dossier.CodeNotFound)
	}
	sub := d.Submissions[i]
	reading := sub.State == dossier.SubmissionReceived || sub.State == dossier.SubmissionScreening
	if reading && c.cfg.Clock.Now().Before(sub.ReceivedAt.Add(receiptWaits)) {
		return nil, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: stillReading{}}
	}
	_, _, code, err := c.cfg.Store.Form(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	pages := 0
	for _, f := range sub.Documents {
		pages += len(f.Pages)
	}
	data["protocol"], data["pages"] = sub.Protocol.String(), strconv.Itoa(pages)
	data["status_url"], data["status_code"] = c.cfg.StatusURL, code
	if list := findings(sub.Findings); list != "" {
		data["findings"] = list
	}
	return data, nil
}

// stillReading delays a receipt until the pages are read.
type stillReading struct{}

func (stillReading) Error() string { return "the pages are still being read" }

// RetryAfter tells the queue that this is no fault: with its growing waits a
// receipt could miss its minute.
func (stillReading) RetryAfter() time.Duration { return time.Second }

func findings(all []dossier.Finding) string {
	var parts []string
	for _, f := range all {
		part := string(f.Code)
		if f.Page > 0 {
			part += ":" + strconv.Itoa(f.Page)
		}
		if f.Severity != dossier.SeverityInfo && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ",")
}

// reasons is the reviewer's reason, or what the machine found missing.
func reasons(d dossier.Dossier) string {
	if d.Reason != "" {
		return string(d.Reason)
	}
	missing := d.Missing()
	parts := make([]string, len(missing))
	for i, code := range missing {
		parts[i] = string(code)
	}
	return strings.Join(parts, ",")
}

func (c *Courier) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.cfg.Rome).Format("02/01/2006")
}
