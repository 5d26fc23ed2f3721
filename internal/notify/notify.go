// Package notify words the messages to holders and hands them to the carriers: the courier's hands.
//
// [Composer] makes a [Message] from the texts of internal/i18n, [SMTP] and [SMS] hand one over. A sender says
// in its error whether another try may help ([dossier.Error].Temporary). A message is sent at least once: when
// the outcome of a try is unknown it is sent again, the same bytes under the same Message-ID or
// Idempotency-Key, so that the other side can tell (DESIGN section 3).
//
// The package must not know SQL or the queue, must not decide who is told what, must not retry, and must
// not log: its errors never hold an address, a number or a text of a message, though those of the
// libraries below do.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dispositivo/dossier"
)

// Class is the way a message goes. Two halves of one PIN never share a class (requirement A7).
type Class string

// The classes this package hands over.
const (
	Email Class = "email"             // ordinary e-mail
	PEC   Class = dossier.LetterByPEC // certified e-mail, from a PEC box of ours
	Text  Class = "sms"               // text message to a mobile number
)

// Message is one rendered message. It holds personal data: it prints as its id and class alone.
type Message struct {
	// ID is the id of the message's row; it serves as Idempotency-Key.
	ID    string
	Class Class
	// To is an e-mail address without name, or a mobile number in E.164 form ("+39…").
	To string
	// Subject is one line; empty in a text message.
	Subject string
	Text    string
	// MessageID is the Message-ID of an e-mail without the angle brackets, as [MessageID] makes it. It is kept
	// with the message, so that a second try bears the same.
	MessageID string
	// InReplyTo is the Message-ID of the e-mail that this answers, with its angle brackets; empty: none.
	InReplyTo string
	// Date is when the message came about, kept like MessageID; zero means the moment of sending.
	Date time.Time
}

// MessageID returns kind.id@domain: the stable Message-ID of a message (RFC 5322 section 3.6.4), without the
// angle brackets.
func MessageID(kind dossier.MessageKind, id, domain string) string {
	return string(kind) + "." + id + "@" + domain
}

// String shows id and class only.
func (m Message) String() string { return fmt.Sprintf("message %s (%s)", m.ID, m.Class) }

// GoString shows id and class only.
func (m Message) GoString() string { return m.String() }

// LogValue shows id and class only.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", m.ID), slog.String("class", string(m.Class)))
}

// Sender hands a message over. A nil error says that the carrier has taken it; otherwise the error is a
// [*dossier.Error], Temporary when another try may help. The demonstration's message box is one too.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Senders chooses the sender by the class of the message.
type Senders map[Class]Sender

// Send implements [Sender]. A class without a sender is temporary: the message waits until one is set up.
func (s Senders) Send(ctx context.Context, m Message) error {
	sender := s[m.Class]
	if sender == nil {
		return temporary(fmt.Errorf("send %v: no sender is set up for this class", m))
	}
	return sender.Send(ctx, m)
}

// CodeUndeliverable says that the carrier refuses this message for good: the address or number does not work.
const CodeUndeliverable dossier.Code = "message.undeliverable"

func temporary(err error) error {
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: err}
}

func permanent(err error) error {
	return &dossier.Error{Code: CodeUndeliverable, Err: err}
}
