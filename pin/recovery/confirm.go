package recovery

import (
	"context"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/pin"
)

// Answer is the second step, as typed.
type Answer struct {
	// Link is the handle that the message's link ends with.
	Link          string
	CodiceFiscale string
	Code          string
	// Source is the network it comes from.
	Source string
}

// Confirm replaces the lost PIN by a new one whose halves go out by SMS and by
// e-mail or PEC; the first access with both forces the change (B2). In one change
// the old issue and its sessions end, its open dossiers are superseded, and every
// contact on file is told.
//
// CodeChallengeWrong says that link, codice fiscale or code is wrong, was used, is
// over, or was wrong too often: it never says which.
func (s *Service) Confirm(ctx context.Context, a Answer) error {
	if err := s.cfg.Tries.Take("source " + a.Source); err != nil {
		return err
	}
	l, err := s.cfg.Store.TryLoss(ctx, dossier.LossRecovery, pin.Normalize(a.Link), wrongTries)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return &dossier.Error{Code: dossier.CodeChallengeWrong, Err: err}
	}
	if err != nil {
		return fmt.Errorf("confirm recovery: %w", err)
	}
	if !s.right(l, a) {
		return dossier.Problem(dossier.CodeChallengeWrong)
	}
	for range races {
		err := s.replace(ctx, l)
		if err == nil || dossier.CodeOf(err) != dossier.CodeConflict {
			return err
		}
	}
	return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
}

// right compares everything, whatever is wrong already.
func (s *Service) right(l dossier.Loss, a Answer) bool {
	cf, err := codicefiscale.Parse(a.CodiceFiscale)
	person := same(l.KeyedCF, s.cfg.Store.KeyCF(cf.String()))
	code := same(l.KeyedCode, s.cfg.Store.KeyLoss("code", pin.Normalize(a.Code)))
	return err == nil && person && code && l.HolderID != ""
}

// replace opens the new issue in place of the lost one, as it is just now. A
// conversion of the same moment is kept: the issue's version tells of it.
func (s *Service) replace(ctx context.Context, l dossier.Loss) error {
	h, err := s.cfg.Store.Holder(ctx, l.HolderID)
	if err != nil {
		return fmt.Errorf("confirm recovery: %w", err)
	}
	named, ok := s.named(l, h)
	if !ok || h.PIN.ID != l.PINIssueID || !s.recoverable(h, named) {
		return dossier.Problem(dossier.CodeChallengeWrong) // something happened since
	}
	old := h.PIN
	issue := dossier.PINIssue{
		ID: ident.New(s.cfg.Clock.Now()), HolderID: h.ID, Kind: old.Kind, State: dossier.PINMustChange,
		Channel: old.Channel, ConfirmedAt: old.ConfirmedAt,
	}
	ch := dossier.Change{
		Actor: dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID},
		PIN:   &dossier.PINMove{ID: old.ID, Event: dossier.PINEventReplaced, Version: old.Version, Reason: "recovered"},
		Effects: []dossier.Effect{
			dossier.CloseLoss{ID: l.ID},
			dossier.OpenPIN{Issue: issue},
			dossier.ClearLocks{HolderID: h.ID, Subjects: pin.Budgets(h.Person.CodiceFiscale), Reason: "recovered"},
			half(h.ID, dossier.MessageRecoveryFirst, issue.ID, named.mobile),
			half(h.ID, dossier.MessageRecoverySecond, issue.ID, named.address),
		},
	}
	ch.Effects = append(ch.Effects, told(h, issue.ID)...)
	if _, err := s.cfg.Store.Apply(ctx, ch); err != nil {
		return fmt.Errorf("confirm recovery: %w", err)
	}
	return nil
}

func half(holderID string, kind dossier.MessageKind, issueID string, to dossier.Contact) dossier.Effect {
	return dossier.Tell{HolderID: holderID, Kind: kind, Occasion: issueID, To: &to, Values: map[string]string{pin.IssueOf: issueID}}
}

// told tells every contact on file that a message can be sent to.
func told(h dossier.Holder, issueID string) []dossier.Effect {
	var effects []dossier.Effect
	for _, kind := range dossier.ContactKinds() {
		if value := h.Person.Contacts.Get(kind); value != "" && kind.CanConfirm() {
			effects = append(effects, dossier.Tell{
				HolderID: h.ID, Kind: dossier.MessagePINRecovered, Occasion: issueID + " " + string(kind),
				To: &dossier.Contact{Kind: kind, Value: value},
			})
		}
	}
	return effects
}
