// Package courier carries messages to holders: it words each one when it is
// sent, keeps it sealed so that a second try sends the very same bytes, hands
// it over, and marks it sent in the transaction that closes its task.
//
// It decides neither who is told nor what: dossier's table and internal/notify
// do. It must not log a recipient or a text.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	Form(ctx context.Context, dossierID string) (form dossier.Person, tokenID, statusCode string, err error)
}

// Mint draws the secrets of messages that carry one: *pin.Minter.
type Mint interface {
	// Mint returns nil for a message without secret.
	Mint(ctx context.Context, m dossier.Message, h dossier.Holder) (*dossier.Minted, error)
}

// Config holds the settings of a Courier and what it works with.
type Config struct {
	Store    Store
	Composer *notify.Composer
	Mint     Mint
	// KeepSecrets leaves a secret readable after it was handed over: only a
	// demonstration's, whose message box is where it is read.
	KeepSecrets bool
	Sender      notify.Sender
	Clock       clock.Clock
	Logger      *slog.Logger
	// StatusURL is the page that takes protocol number and code; it holds neither.
	StatusURL string
	// StopURL is the page below which a stop link leads (C12), without a slash at its end.
	StopURL string
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
		if m, err = c.word(ctx, m); err != nil {
			return fmt.Errorf("word message: %w", err)
		}
	}
	if err := c.handOver(ctx, m); err != nil {
		return err
	}
	_, err = c.cfg.Store.Apply(ctx, dossier.Change{
		Actor: worker, Closes: taskID, Effects: []dossier.Effect{dossier.MarkSent{MessageID: m.ID, KeepSecret: c.cfg.KeepSecrets}},
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
		Text: m.Letter.Text, MessageID: m.Letter.MessageID, InReplyTo: m.Letter.InReplyTo, Date: m.CreatedAt,
	})
	if dossier.CodeOf(err) == notify.CodeUndeliverable {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "carrier refuses message for good", slog.String("message", m.ID), slog.String("error", err.Error()))
		return nil
	}
	return err
}

// word words a message and seals it, with what proves the secret in it, in one
// transaction; if somebody was faster, his words count.
func (c *Courier) word(ctx context.Context, m dossier.Message) (dossier.Message, error) {
	if m.HolderID == "" {
		return c.wordAnswer(ctx, m)
	}
	h, err := c.cfg.Store.Holder(ctx, m.HolderID)
	if err != nil {
		return m, err
	}
	data, err := c.data(ctx, m)
	if err != nil {
		return m, err
	}
	minted, err := c.cfg.Mint.Mint(ctx, m, h)
	if err != nil {
		return m, err
	}
	to := contact(h.Person.Contacts)
	if m.To != nil {
		to = *m.To
	}
	change := dossier.Change{Actor: worker}
	seal := dossier.SealLetter{MessageID: m.ID}
	if minted != nil {
		if minted.To.Value != "" {
			to = minted.To
		}
		masked, err := c.letter(m, to, h.Person.Lang, data, minted.Masked)
		if err != nil {
			return m, err
		}
		data, change.Effects = joined(data, minted.Values), minted.Effects
		seal.Masked = &masked
	}
	if seal.Letter, err = c.letter(m, to, h.Person.Lang, data, nil); err != nil {
		return m, err
	}
	change.Effects = append(change.Effects, seal)
	if _, err := c.cfg.Store.Apply(ctx, change); err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return m, err
	}
	return c.worded(ctx, m.ID)
}

// worded reads a message again, whose words are there now.
func (c *Courier) worded(ctx context.Context, id string) (dossier.Message, error) {
	m, err := c.cfg.Store.Message(ctx, id)
	if err == nil && m.Letter == nil {
		err = &dossier.Error{Code: dossier.CodeConflict, Temporary: true, Err: errors.New("the secret could not be kept")}
	}
	return m, err
}

func (c *Courier) letter(m dossier.Message, to dossier.Contact, lang string, data, more map[string]string) (dossier.Letter, error) {
	class := classOf(to.Kind)
	msg, err := c.cfg.Composer.Compose(class, m.Kind, lang, joined(data, more))
	if err != nil {
		return dossier.Letter{}, err
	}
	return dossier.Letter{
		Class: string(class), To: to.Value, Subject: msg.Subject, Text: msg.Text,
		MessageID: notify.MessageID(m.Kind, m.ID, c.cfg.Domain),
	}, nil
}

func joined(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

// contact chooses e-mail before PEC and SMS.
func contact(c dossier.Contacts) dossier.Contact {
	for _, kind := range []dossier.ContactKind{dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC} {
		if value := c.Get(kind); value != "" {
			return dossier.Contact{Kind: kind, Value: value}
		}
	}
	return dossier.Contact{Kind: dossier.ContactMobile, Value: c.Mobile}
}

func classOf(kind dossier.ContactKind) notify.Class {
	switch kind { //nolint:exhaustive // nothing is sent to the others
	case dossier.ContactMobile:
		return notify.Text
	case dossier.ContactPEC, dossier.ContactCitizenPEC:
		return notify.PEC
	default:
		return notify.Email
	}
}

// data gathers what the texts of a kind want (internal/notify, Compose).
func (c *Courier) data(ctx context.Context, m dossier.Message) (map[string]string, error) {
	if m.DossierID == "" {
		return joined(m.Values, map[string]string{"date": c.day(m.CreatedAt)}), nil
	}
	d, err := c.cfg.Store.Dossier(ctx, m.DossierID)
	if err != nil {
		return nil, err
	}
	data := map[string]string{"state": string(d.State), "next": d.Next()}
	if n := len(d.Submissions); n > 0 {
		data["protocol"] = d.Submissions[n-1].Protocol.String()
	}
	switch m.Kind { //nolint:exhaustive // the others need no more than the name
	case dossier.MessageReceipt:
		return c.receipt(ctx, m, d, data)
	case dossier.MessageAskMore, dossier.MessageRejection:
		data["reasons"] = reasons(d)
		data["status_url"] = c.cfg.StatusURL
		data["deadline"] = c.day(d.DueAt)
	case dossier.MessageConfirmation:
		data["date"] = c.day(d.ChangedAt)
	case dossier.MessageConversionAsked:
		c.asked(d, data)
	case dossier.MessageExpiry, dossier.MessageWithdrawn, dossier.MessageSuperseded:
	case dossier.MessageFirstHalf, dossier.MessageDeviceCode, dossier.MessageContactCode, dossier.MessageContactChanged,
		dossier.MessageAskedAgain, dossier.MessagePINReminder, dossier.MessagePINRefused, dossier.MessageLetterComing,
		dossier.MessageLetterBack, dossier.MessagePINActivated, dossier.MessagePINChanged, dossier.MessagePINLapsed,
		dossier.MessagePINSuspended, dossier.MessagePINResumed, dossier.MessagePINRevoked,
		dossier.MessageRecoveryCode, dossier.MessageRecoveryRefused, dossier.MessageRecoveryFirst, dossier.MessageRecoverySecond,
		dossier.MessagePINRecovered, dossier.MessageRevocationCode, dossier.MessageRevocationElsewhere, dossier.MessagePINUnlocked,
		dossier.MessageDomandaFiled, dossier.MessageDomandaHeld, dossier.MessageDomandaReleased,
		dossier.MessageDelegationOffered, dossier.MessageDelegationAccepted, dossier.MessageDelegationDeclined, dossier.MessageDelegationEnded,
		dossier.MessageGuardianRecorded, dossier.MessageMailReceipt, dossier.MessageMailEmpty, dossier.MessageMailRefused: // about no dossier
	}
	return data, nil
}

// asked says when and how the first document of a conversion came (C12).
func (c *Courier) asked(d dossier.Dossier, data map[string]string) {
	data["stop_url"] = c.cfg.StopURL
	if len(d.Submissions) > 0 {
		first := d.Submissions[0]
		data["date"], data["channel"], data["protocol"] = c.day(first.ReceivedAt), string(first.Channel), first.Protocol.String()
	}
}

func (c *Courier) receipt(ctx context.Context, m dossier.Message, d dossier.Dossier, data map[string]string) (map[string]string, error) {
	i := slices.IndexFunc(d.Submissions, func(s dossier.Submission) bool { return s.ID == m.Occasion })
	if i < 0 {
		return nil, dossier.Problem(dossier.CodeNotFound)
	}
	sub := d.Submissions[i]
	if sub.Reading() && c.cfg.Clock.Now().Before(sub.ReceivedAt.Add(receiptWaits)) {
		return nil, dossier.Later(time.Second, "the pages are still being read")
	}
	_, _, code, err := c.cfg.Store.Form(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	data["protocol"], data["pages"] = sub.Protocol.String(), strconv.Itoa(sub.PageCount())
	data["status_url"], data["status_code"] = c.cfg.StatusURL, code
	if list := findings(sub.Findings); list != "" {
		data["findings"] = list
	}
	return data, nil
}

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
