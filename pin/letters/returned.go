package letters

import (
	"context"
	"fmt"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/pin"
)

// Return books a letter that came back, by the id on its bar code. Its half is
// void from then on, and the contact centre asks for the address (voided); unless
// the half is in use, or another letter has taken its place: then it is booked alone.
// CodeNotFound for an id that is none, CodeLetterNotPosted while its batch is
// not marked as posted, CodeConflict when it came back before.
func (s *Service) Return(ctx context.Context, actor dossier.Actor, typed string) (l dossier.PINLetter, voided bool, err error) {
	if err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor); err != nil {
		return l, false, err
	}
	l, err = s.cfg.Store.PINLetter(ctx, normalID(typed))
	if err != nil {
		return l, false, fmt.Errorf("book returned letter: %w", err)
	}
	if l.State == dossier.LetterPrinted {
		return l, false, dossier.Problem(dossier.CodeLetterNotPosted)
	}
	p, err := s.cfg.Store.PINIssue(ctx, l.PINIssueID)
	if err != nil {
		return l, false, fmt.Errorf("book returned letter: %w", err)
	}
	ch := dossier.Change{Actor: actor, Effects: []dossier.Effect{dossier.MoveLetter{ID: l.ID, Event: dossier.LetterEventReturned}}}
	if voided = l.State == dossier.LetterPosted && p.State == dossier.PINAwaitingActivation; voided {
		again, err := s.callAgain(ctx, p)
		if err != nil {
			return l, false, err
		}
		ch.PIN = &dossier.PINMove{ID: p.ID, Event: dossier.PINEventLetterReturned, Version: p.Version}
		ch.Effects = append(ch.Effects, dossier.VoidHalf{PINIssueID: p.ID, N: 2}, again)
	}
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return l, false, fmt.Errorf("book returned letter: %w", err)
	}
	l, err = s.cfg.Store.PINLetter(ctx, l.ID)
	return l, voided, err
}

// callAgain puts an issue on the contact centre's list, with what is on file to
// be confirmed or corrected. The first half is where it should be: a
// confirmation of the same contact sends no other.
func (s *Service) callAgain(ctx context.Context, p dossier.PINIssue) (dossier.Effect, error) {
	h, err := s.cfg.Store.Holder(ctx, p.HolderID)
	if err != nil {
		return nil, fmt.Errorf("have the holder called: %w", err)
	}
	now := s.cfg.Clock.Now()
	return dossier.OpenRequest{Request: dossier.PINRequest{
		ID: ident.New(now), HolderID: h.ID, Issue: p, Band: dossier.BandAny, DueAt: now.Add(dossier.CallWithin),
		Asked: dossier.AskedData{Person: h.Person, Type: h.Type, HalfTo: pin.FirstHalfContact(h.Person.Contacts)},
	}}, nil
}

// normalID brings what a scanner or a person typed into the form of an id, which
// has no i, l, o and u.
func normalID(typed string) string {
	return idTwins.Replace(strings.ToLower(strings.TrimSpace(typed)))
}

var idTwins = strings.NewReplacer("i", "1", "l", "1", "o", "0", " ", "", "-", "")
