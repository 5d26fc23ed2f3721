package portal

import (
	"context"
	"time"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/session"
	"dispositivo/pin"
	"dispositivo/pin/activation"
	"dispositivo/pin/conversion"
	"dispositivo/pin/request"
)

// Access is what the portal needs of pin.Access.
type Access interface {
	SignInElsewhere(ctx context.Context, way dossier.Way, code codicefiscale.Code, evidence map[string]string) (session.Session, error)
	SignIn(ctx context.Context, t pin.Try) (session.Session, pin.Account, error)
	Renew(ctx context.Context, t pin.Try) (session.Session, pin.Account, error)
	ProposeChange(ctx context.Context, s session.Session) (pin.Proposal, error)
	Change(ctx context.Context, s session.Session, typed string) error
	Account(ctx context.Context, actor dossier.Actor) (pin.Account, error)
}

// Activation is what the portal needs of activation.Service.
type Activation interface {
	Begin(ctx context.Context, t pin.Try, p activation.Proof) (session.Session, error)
	Status(ctx context.Context, s session.Session) (activation.Status, error)
	Give(ctx context.Context, s session.Session, given map[dossier.ContactKind]string) error
	Finish(ctx context.Context, s session.Session, answers activation.Answers) (dossier.ContactKind, error)
}

// Devices is what the portal needs of pin.Devices.
type Devices interface {
	Ask(ctx context.Context, codiceFiscale, source string) error
	Answer(ctx context.Context, codiceFiscale, code, device, source string) error
}

// Contacts is what the portal needs of pin.Contacts.
type Contacts interface {
	List(ctx context.Context, actor dossier.Actor) (dossier.Contacts, error)
	Ask(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind, value string) (waits bool, err error)
	Confirm(ctx context.Context, actor dossier.Actor, code string) error
	Remove(ctx context.Context, actor dossier.Actor, kind dossier.ContactKind) error
}

// Conversion is what the portal needs of conversion.Service.
type Conversion interface {
	Form(ctx context.Context, actor dossier.Actor, lang string) (conversion.Form, error)
	Blank(source, lang string) ([]byte, error)
	List(ctx context.Context, actor dossier.Actor) ([]conversion.Status, error)
	Status(ctx context.Context, actor dossier.Actor, id string) (conversion.Status, error)
	StatusByCode(ctx context.Context, protocol, code, source string) (conversion.Status, error)
	Withdraw(ctx context.Context, actor dossier.Actor, id string) error
	Stop(ctx context.Context, link, source string) (conversion.Stopped, error)
}

// Requests is what the portal needs of request.Service.
type Requests interface {
	Begin(p dossier.Person) error
	Ask(ctx context.Context, a request.Ask) error
}

// Door is what the portal needs of intake.Door.
type Door interface {
	Accept(ctx context.Context, a intake.Arrival) (intake.Receipt, error)
}

// Message is one message of the demonstration's message box.
type Message struct {
	At time.Time
	// Class is the channel's, such as "email" or "sms".
	Class   string
	To      string
	Subject string // empty for a text message
	Text    string
}

// Deps is what New needs; every field without a comment is required.
type Deps struct {
	Edge       *edge.Edge
	UI         *ui.UI
	Access     Access
	Activation Activation
	Devices    Devices
	Contacts   Contacts
	Conversion Conversion
	Requests   Requests
	Door       Door
	Letters    Letters
	Recovery   Recovery
	Revocation Revocation
	Journal    Journal
	Identities Identities
	Services   Services
	Delegation Delegation
	Sessions   Sessions
	Offices    Offices
	// MaxBytes is the limit of an uploaded file in bytes, for texts and for
	// the check in the browser. The door keeps it.
	MaxBytes int64
	// Fitting puts files together, MaxComposed bytes at most.
	Fitting     Fitting
	MaxComposed int64
	// Messages reads the message box; nil outside a demonstration.
	Messages func(ctx context.Context) ([]Message, error)
}
