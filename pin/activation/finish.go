package activation

import (
	"context"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/pin"
)

// Answers are what the last step asks for.
type Answers struct {
	// Codes are those that new contacts were sent, by kind.
	Codes map[dossier.ContactKind]string
	// Half is the second half, as typed; ignored where it is sent instead.
	Half string
	// Source and Device: see pin.Try.
	Source, Device string
}

// Finish activates the PIN: every new contact's code is right, and so is the
// second half. It returns the kind of contact that the second half is sent to,
// "" when it was typed in. The session is over then: the first access with both
// halves forces the change (B2).
//
// CodeChallengeWrong names the kind of a contact whose code is not right; those
// that are right are not asked for again. CodeActivationContacts says that no
// contacts were given. A wrong half is answered as a wrong PIN.
func (s *Service) Finish(ctx context.Context, ses session.Session, answers Answers) (dossier.ContactKind, error) {
	a, h, err := s.current(ctx, ses)
	if err != nil {
		return "", err
	}
	if len(a.Given) == 0 {
		return "", dossier.Problem(dossier.CodeActivationContacts)
	}
	if err := s.confirm(ctx, ses, &a, answers.Codes); err != nil {
		return "", err
	}
	to, err := s.sendsTo(ctx, a, h)
	if err != nil {
		return "", err
	}
	if to.Kind == "" {
		err := s.cfg.Access.ProveSecondHalf(ctx, ses, pin.Try{PIN: answers.Half, Source: answers.Source, Device: answers.Device})
		if err != nil {
			return "", fmt.Errorf("finish activation: %w", err)
		}
	}
	if _, err := s.cfg.Store.Apply(ctx, activated(ses.Actor, a, h, to, s.cfg.Clock.Now())); err != nil {
		return "", fmt.Errorf("finish activation: %w", err)
	}
	return to.Kind, nil
}

// confirm holds the codes against those that were sent.
func (s *Service) confirm(ctx context.Context, ses session.Session, a *dossier.Activation, codes map[dossier.ContactKind]string) error {
	for i := range a.Given {
		g := &a.Given[i]
		if !g.Waits() {
			continue
		}
		if codes[g.Kind] == "" { // not tried, so not counted as wrong
			return wrongCode(g.Kind, nil)
		}
		err := pin.Answer(ctx, s.cfg.Store, a.HolderID, dossier.PurposeActivation(g.Kind), codes[g.Kind],
			func(c dossier.Challenge) (dossier.Change, error) {
				if c.Value != g.Value {
					return dossier.Change{}, dossier.Problem(dossier.CodeChallengeWrong)
				}
				g.Confirmed = true
				return dossier.Change{Actor: ses.Actor, Effects: []dossier.Effect{dossier.SetActivation{Activation: *a}}}, nil
			})
		switch dossier.CodeOf(err) { //nolint:exhaustive // the others fail the step
		case "":
		case dossier.CodeChallengeWrong, dossier.CodeNotFound:
			return wrongCode(g.Kind, err)
		default:
			return fmt.Errorf("confirm contact: %w", err)
		}
	}
	return nil
}

func wrongCode(kind dossier.ContactKind, cause error) error {
	return &dossier.Error{Code: dossier.CodeChallengeWrong, Args: map[string]string{"kind": string(kind)}, Err: cause}
}

// activated is the one change in which everything given comes to count.
func activated(actor dossier.Actor, a dossier.Activation, h dossier.Holder, to dossier.Contact, now time.Time) dossier.Change {
	ch := dossier.Change{
		Actor:   actor,
		PIN:     &dossier.PINMove{ID: a.PINIssueID, Event: dossier.PINEventActivated, Version: h.PIN.Version},
		Effects: []dossier.Effect{dossier.CloseActivation{PINIssueID: a.PINIssueID}},
	}
	if to.Kind != "" {
		// What came by post opens nothing any more: another half takes its place.
		ch.Effects = append(ch.Effects,
			dossier.VoidHalf{PINIssueID: a.PINIssueID, N: 2},
			dossier.Tell{HolderID: h.ID, Kind: dossier.MessageSecondHalf, Occasion: a.PINIssueID, To: &to})
	}
	before := h.Person.Contacts
	changed := false
	for _, g := range a.Given {
		if !g.OnFile {
			h.Person.Contacts = h.Person.Contacts.With(g.Kind, g.Value, now, g.Confirmed)
			changed = true
		}
	}
	if changed {
		ch.Effects = append(ch.Effects, pin.SetContacts(h, before, now)...)
	}
	return ch
}
