package request

import (
	"context"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/pin"
)

// ByPhone records what a caller said, and returns the first half, to be read
// aloud once; it goes out by e-mail and SMS as well, and the second by post (A4).
// Errors are Ask's, CodePINLiving for who has a PIN, and CodeOwnDossier.
func (s *Service) ByPhone(ctx context.Context, actor dossier.Actor, a Ask) (half string, err error) {
	h, known, err := s.before(ctx, actor, &a, true)
	if err != nil {
		return "", err
	}
	if h.PIN.ID != "" {
		return "", dossier.Problem(dossier.CodePINLiving)
	}
	half = pin.Generate()
	hash, err := s.cfg.Hasher.Hash(ctx, half)
	if err != nil {
		return "", fmt.Errorf("ask by phone: %w", err)
	}
	now := s.cfg.Clock.Now()
	issue := dossier.PINIssue{
		ID: s.id(), HolderID: h.ID, Kind: dossier.Ordinario, State: dossier.PINLetterReleased,
		Channel: dossier.PINContactCentre, ConfirmedAt: now,
	}
	ch := dossier.Change{Actor: actor, Effects: append(s.admit(h, known, a),
		dossier.OpenPIN{Issue: issue},
		dossier.SetHalf{PINIssueID: issue.ID, Half: dossier.Half{N: 1, Hash: hash, Class: pin.ClassVoice}},
		dossier.SetWindow{PINIssueID: issue.ID, Until: now.Add(s.cfg.Window)},
	)}
	for _, to := range bothWays(s.merged(h.Person, a.Person).Contacts) {
		ch.Effects = append(ch.Effects, dossier.Tell{
			HolderID: h.ID, Kind: dossier.MessageFirstHalf, Occasion: issue.ID + " " + string(to.Kind), To: &to,
			Values: map[string]string{"half": half},
		})
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return "", fmt.Errorf("ask by phone: %w", err)
	}
	return pin.Group(half), nil
}

// bothWays are a mailbox and a telephone, as far as there are.
func bothWays(c dossier.Contacts) []dossier.Contact {
	var ways []dossier.Contact
	if to := halfContact(c, false); to.Value != "" {
		ways = append(ways, to)
	}
	if c.Mobile != "" && len(ways) > 0 && ways[0].Kind != dossier.ContactMobile {
		ways = append(ways, dossier.Contact{Kind: dossier.ContactMobile, Value: c.Mobile})
	}
	return ways
}

// before is what both ways through an operator begin with.
func (s *Service) before(ctx context.Context, actor dossier.Actor, a *Ask, reach bool) (h dossier.Holder, known bool, err error) {
	if err := actor.Require(staff...); err != nil {
		return h, false, err
	}
	if err := s.checkInPerson(a, reach); err != nil {
		return h, false, err
	}
	if err := s.notOwn(actor, a.Person.CodiceFiscale); err != nil {
		return h, false, err
	}
	h, err = s.cfg.Store.HolderByCF(ctx, a.Person.CodiceFiscale)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		office := actor.Office
		if office == "" {
			office = s.cfg.Office
		}
		return dossier.Holder{ID: s.id(), Type: a.Type, Office: office, Person: a.Person}, false, nil
	}
	if err != nil {
		return h, false, fmt.Errorf("look up holder: %w", err)
	}
	return h, true, nil
}

func (s *Service) checkInPerson(a *Ask, reach bool) error {
	if err := a.normalize(s.cfg.Clock.Now(), reach); err != nil {
		return err
	}
	if err := s.cfg.Eligibility.Check(a.Person); err != nil {
		return err
	}
	return s.contradictions(*a)
}

// admit brings the person in, or what is on file up to date.
func (s *Service) admit(h dossier.Holder, known bool, a Ask) []dossier.Effect {
	if !known {
		return []dossier.Effect{dossier.AddHolder{Holder: h}}
	}
	return s.putOnFile(h, a)
}

// AtCounter is a request on form MV35 at an office (A5).
type AtCounter struct {
	Ask
	// Verified says that the operator compared the person with the identity document.
	Verified bool
	// Replace gives a living PIN up for the new one ("sostituzione").
	Replace bool
	// Guardian says that somebody else than the holder stands at the counter.
	Guardian bool
}

// Envelope is a sealed envelope, ready to print; nobody but its holder reads
// what is in it.
type Envelope struct {
	PDF      []byte
	Filename string
}

// ByOffice issues a PIN of eight characters, in use at once, in a sealed
// envelope: dispositivo, or ordinario for a user of the public administration
// (A5, A6). Errors are ByPhone's; CodePINLiving only without Replace,
// CodePINHolderOnly for a delegate, CodeRequestInvalid when nobody was verified.
//
// The scan of form and document is archived by intake/counter, once the envelope
// is handed over.
func (s *Service) ByOffice(ctx context.Context, actor dossier.Actor, c AtCounter) (Envelope, error) {
	h, known, err := s.before(ctx, actor, &c.Ask, false)
	switch {
	case err != nil:
		return Envelope{}, err
	case !c.Verified:
		return Envelope{}, dossier.Problem(dossier.CodeRequestInvalid)
	case c.Guardian && !s.cfg.Guardians:
		return Envelope{}, dossier.Problem(dossier.CodePINHolderOnly)
	case h.PIN.ID != "" && !c.Replace:
		return Envelope{}, dossier.Problem(dossier.CodePINLiving)
	}
	issue := s.counterIssue(h.ID, c.Type)
	secret := pin.Generate()
	hash, err := s.cfg.Hasher.Hash(ctx, secret)
	if err != nil {
		return Envelope{}, fmt.Errorf("issue at office: %w", err)
	}
	pdf, err := s.envelope(actor, issue, c.Person, secret)
	if err != nil {
		return Envelope{}, err
	}
	ch := dossier.Change{Actor: actor, Effects: append(s.admit(h, known, c.Ask), dossier.OpenPIN{Issue: issue, Hash: hash})}
	if h.PIN.ID != "" {
		ch.PIN = &dossier.PINMove{ID: h.PIN.ID, Event: dossier.PINEventReplaced, Version: h.PIN.Version}
	}
	if halfContact(s.merged(h.Person, c.Person).Contacts, false).Value != "" {
		ch.Effects = append(ch.Effects, dossier.Tell{HolderID: h.ID, Kind: dossier.MessagePINHandedOver, Occasion: issue.ID})
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return Envelope{}, fmt.Errorf("issue at office: %w", err)
	}
	return Envelope{PDF: pdf, Filename: "busta-" + issue.ID + ".pdf"}, nil
}

func (s *Service) counterIssue(holderID string, t dossier.HolderType) dossier.PINIssue {
	issue := dossier.PINIssue{
		ID: s.id(), HolderID: holderID, Kind: dossier.Dispositivo, State: dossier.PINActive,
		Channel: dossier.PINOffice, ConfirmedAt: s.cfg.Clock.Now(),
	}
	if t == dossier.HolderPublicEmployee {
		issue.Kind, issue.Channel = dossier.Ordinario, dossier.PINAdministration
	}
	return issue
}

func (s *Service) envelope(actor dossier.Actor, issue dossier.PINIssue, p dossier.Person, secret string) ([]byte, error) {
	office := actor.Office
	if office == "" {
		office = s.cfg.Office
	}
	pdf, err := paper.Envelope{
		ID: issue.ID, Agency: s.cfg.Agency, Office: office, Holder: p.Name + " " + p.Surname, PIN: secret,
		Made: s.cfg.Clock.Now(), Portal: s.cfg.Portal, Phone: s.cfg.Phone,
	}.Render(p.Lang)
	if err != nil {
		return nil, fmt.Errorf("print envelope: %w", err)
	}
	return pdf, nil
}
