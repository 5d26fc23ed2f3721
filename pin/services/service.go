package services

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/paper"
)

// MaxNote is how many characters a holder may write with a domanda.
const MaxNote = 2000

// MaxKey is how long an idempotency key may be, in bytes.
const MaxKey = 200

// listed bounds a holder's list.
const listed = 200

// Store is what the services need of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	Delegation(ctx context.Context, holderID, id string) (dossier.Delegation, error)
	Domanda(ctx context.Context, holderID, id string) (dossier.Domanda, error)
	DomandeOf(ctx context.Context, holderID string, limit int) ([]dossier.Domanda, error)
	// KeyCF and RecordHolderView are for who looks at another: not at oneself, and
	// never without a trace.
	KeyCF(codiceFiscale string) []byte
	RecordHolderView(ctx context.Context, who dossier.Actor, holderID string) error
}

// Config holds the settings of a Desk and what it works with.
type Config struct {
	Store     Store
	Clock     clock.Clock
	Catalogue Catalogue
	Agency    string
	// Portal is where holders find the portal; printed on receipts.
	Portal string
	// Rome is where dates are told in.
	Rome *time.Location
}

// Desk opens services and takes domande in. It is safe for concurrent use.
type Desk struct{ cfg Config }

// New returns a desk.
func New(cfg Config) *Desk { return &Desk{cfg: cfg} }

// users are whoever may look at services: what each opens is for Decide to say.
var users = []dossier.Role{dossier.RoleCitizen, dossier.RoleSimplified}

// Offer is a service and whether it is open to who asked.
type Offer struct {
	Service
	Decision
}

func (d *Desk) holder(ctx context.Context, actor dossier.Actor) (dossier.Holder, error) {
	if err := actor.Require(users...); err != nil {
		return dossier.Holder{}, err
	}
	h, err := d.cfg.Store.Holder(ctx, actor.HolderID())
	if err != nil {
		return dossier.Holder{}, fmt.Errorf("read holder: %w", err)
	}
	if actor.Mandate == (dossier.Mandate{}) {
		return h, nil
	}
	return h, d.mandate(ctx, actor, &h)
}

// mandate looks whether a delegate may act now, and puts the delegate's PIN in
// place of the holder's: it is what was proved (B10). The store asks again in the
// transaction of whatever is done.
func (d *Desk) mandate(ctx context.Context, actor dossier.Actor, h *dossier.Holder) error {
	del, err := d.cfg.Store.Delegation(ctx, actor.ID, actor.Mandate.DelegationID)
	if err != nil || del.DelegatorID != h.ID || del.DelegateID != actor.ID || !del.InForce(d.cfg.Clock.Now()) {
		return &dossier.Error{Code: dossier.CodeDelegationOver, Err: err}
	}
	delegate, err := d.cfg.Store.Holder(ctx, actor.ID)
	if err != nil {
		return fmt.Errorf("read delegate: %w", err)
	}
	if actor.Opens(delegate.PIN) != dossier.Dispositivo {
		return dossier.Problem(dossier.CodeDelegationKind)
	}
	h.PIN = delegate.PIN
	return nil
}

// List returns every service with whether it is open to the holder, and why not.
func (d *Desk) List(ctx context.Context, actor dossier.Actor) ([]Offer, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return nil, err
	}
	return d.offers(WhoIs(actor, h)), nil
}

// offers is the catalogue as it is to somebody.
func (d *Desk) offers(who Who) []Offer {
	offers := make([]Offer, len(d.cfg.Catalogue.list))
	for i, s := range d.cfg.Catalogue.list {
		offers[i] = Offer{Service: s, Decision: s.Decide(who)}
	}
	return offers
}

// Service returns one service as List does; CodeNotFound when there is none.
func (d *Desk) Service(ctx context.Context, actor dossier.Actor, id string) (Offer, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return Offer{}, err
	}
	s, err := d.cfg.Catalogue.Get(id)
	if err != nil {
		return Offer{}, err
	}
	return Offer{Service: s, Decision: s.Decide(WhoIs(actor, h))}, nil
}

// Enter lets a holder into a service that shows something, and writes it into
// the log (B6). It fails with the rule that refuses, and leaves no trace then.
func (d *Desk) Enter(ctx context.Context, actor dossier.Actor, id string) (Service, error) {
	o, err := d.Service(ctx, actor, id)
	if err != nil {
		return Service{}, err
	}
	if !o.Open {
		return Service{}, dossier.Problem(o.Rule)
	}
	_, err = d.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{
		dossier.NoteEntry{HolderID: actor.HolderID(), Service: o.ID},
	}})
	if err != nil {
		return Service{}, fmt.Errorf("enter service: %w", err)
	}
	return o.Service, nil
}

// Draft is what a holder files.
type Draft struct {
	Service string
	// Note is free text, at most MaxNote characters.
	Note string
	// Key makes a repeat find the first one; "" for none, at most MaxKey bytes.
	Key string
}

// Filed is what became of a draft.
type Filed struct {
	dossier.Domanda
	// Repeated: it was filed before, with the same key.
	Repeated bool
}

// File files a domanda: it has a protocol number at once, which stops time
// limits, and is in work or held as the PIN allows (B8). It fails with the rule
// that refuses (Decide), CodeServiceNoDomanda, CodeDomandaNote, CodeIdempotency
// for the key of another draft, or CodeConflict when the PIN changed meanwhile.
func (d *Desk) File(ctx context.Context, actor dossier.Actor, draft Draft) (Filed, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return Filed{}, err
	}
	s, err := d.cfg.Catalogue.Get(draft.Service)
	if err != nil {
		return Filed{}, err
	}
	if err := s.Decide(WhoIs(actor, h)).Err(); err != nil {
		return Filed{}, err
	}
	if !s.Domanda {
		return Filed{}, dossier.Problem(dossier.CodeServiceNoDomanda)
	}
	note, err := cleanNote(draft.Note)
	if err != nil {
		return Filed{}, err
	}
	if len(draft.Key) > MaxKey {
		return Filed{}, dossier.Problem(dossier.CodeRequestInvalid)
	}
	out, err := d.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, File: &dossier.Filing{
		Domanda: dossier.Domanda{
			ID: ident.New(d.cfg.Clock.Now()), HolderID: h.ID, Service: s.ID, Title: s.Name.In(h.Person.Lang), Note: note,
		},
		PINIssueID: h.PIN.ID, Needs: s.Access.Needs(), MayBeHeld: s.MayBeHeld, IdempotencyKey: draft.Key,
	}})
	if err != nil {
		return Filed{}, fmt.Errorf("file domanda: %w", err)
	}
	return Filed{Domanda: out.Domanda, Repeated: out.Repeated}, nil
}

// cleanNote keeps lines, and nothing that a printer or a terminal would act on.
func cleanNote(note string) (string, error) {
	note = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, note))
	if !utf8.ValidString(note) || utf8.RuneCountInString(note) > MaxNote {
		return "", dossier.Problem(dossier.CodeDomandaNote)
	}
	return note, nil
}

// Domande returns what the holder filed, the newest first.
func (d *Desk) Domande(ctx context.Context, actor dossier.Actor) ([]dossier.Domanda, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return nil, err
	}
	list, err := d.cfg.Store.DomandeOf(ctx, h.ID, listed)
	if err != nil {
		return nil, fmt.Errorf("list domande: %w", err)
	}
	return list, nil
}

// Domanda returns one of the holder's own; another's is not found.
func (d *Desk) Domanda(ctx context.Context, actor dossier.Actor, id string) (dossier.Domanda, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return dossier.Domanda{}, err
	}
	return d.cfg.Store.Domanda(ctx, h.ID, id)
}

// Receipt returns the receipt of one of the holder's own as a PDF. While it is
// held it invites to convert the PIN.
func (d *Desk) Receipt(ctx context.Context, actor dossier.Actor, id, lang string) ([]byte, error) {
	h, err := d.holder(ctx, actor)
	if err != nil {
		return nil, err
	}
	filed, err := d.Domanda(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	r := paper.Receipt{
		Agency: d.cfg.Agency, Portal: d.cfg.Portal, Protocol: filed.Protocol.String(), Filed: filed.Protocol.At.In(d.cfg.Rome),
		Service: filed.Title, Holder: h.Person.Name + " " + h.Person.Surname, HolderCode: h.Person.CodiceFiscale,
		Held: filed.State == dossier.DomandaHeld, Note: filed.Note,
	}
	if filed.DelegateID != "" {
		delegate, err := d.cfg.Store.Holder(ctx, filed.DelegateID)
		if err != nil {
			return nil, fmt.Errorf("read delegate: %w", err)
		}
		r.Delegate = delegate.Person.Name + " " + delegate.Person.Surname
	}
	if !filed.ReleasedAt.IsZero() {
		r.Released = filed.ReleasedAt.In(d.cfg.Rome)
	}
	pdf, err := r.Render(lang)
	if err != nil {
		return nil, fmt.Errorf("print receipt: %w", err)
	}
	return pdf, nil
}
