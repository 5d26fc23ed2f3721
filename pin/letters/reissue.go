package letters

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
)

// Reissue has the halves of a PIN made anew, for who never activated it in time
// (A8) or whose letter is lost (A9). The answer is the same for every codice
// fiscale, and takes as long: a worker finds out. It returns nil, or
// CodeRateLimited. What happens, the holder is told by the contact on file.
func (s *Service) Reissue(ctx context.Context, codiceFiscale, source string) error {
	if err := s.cfg.Tries.Take("source " + source); err != nil {
		return err
	}
	cf, err := codicefiscale.Parse(codiceFiscale)
	if err != nil {
		return nil //nolint:nilerr // answered like a code that nobody has
	}
	if err := s.cfg.Tries.Take("code " + cf.String()); err != nil {
		return err
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{
		dossier.Enqueue{Kind: dossier.TaskReissue, Subject: hex.EncodeToString(s.cfg.Store.KeyCF(cf.String()))},
	}})
	if err != nil {
		return fmt.Errorf("ask for another issue: %w", err)
	}
	return nil
}

// WaitDays returns how many days after posting a letter is not taken for lost, by
// destination, to be shown.
func (s *Service) WaitDays() map[string]string {
	days := map[string]string{}
	for to, wait := range s.cfg.Policy.Wait {
		days[string(to)] = strconv.Itoa(int(wait / day))
	}
	return days
}

// IssueAgain carries out what Reissue left to a worker.
func (s *Service) IssueAgain(ctx context.Context, taskID, subject string) error {
	keyed, err := hex.DecodeString(subject)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeInternal, Err: fmt.Errorf("task without keyed code: %w", err)}
	}
	h, err := s.cfg.Store.HolderByKeyedCF(ctx, keyed)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return s.cfg.Store.CloseTask(ctx, taskID)
	}
	if err != nil {
		return fmt.Errorf("issue again: %w", err)
	}
	ch, err := s.reissue(ctx, h)
	if err != nil {
		return fmt.Errorf("issue again: %w", err)
	}
	if ch == nil {
		return s.cfg.Store.CloseTask(ctx, taskID)
	}
	ch.Closes = taskID
	if _, err = s.cfg.Store.Apply(ctx, *ch); err != nil {
		return fmt.Errorf("issue again: %w", retry(err))
	}
	return nil
}

// retry makes a lost race temporary: the next try sees what is there then.
func retry(err error) error {
	if dossier.CodeOf(err) == dossier.CodeConflict {
		return &dossier.Error{Code: dossier.CodeConflict, Temporary: true, Err: err}
	}
	return err
}

// reissue is what asking changes; nil: nothing.
func (s *Service) reissue(ctx context.Context, h dossier.Holder) (*dossier.Change, error) {
	if !reachable(h.Person.Contacts) {
		return nil, nil // nowhere to send a first half: the counter is left
	}
	if h.PIN.State == dossier.PINUnclaimed {
		return s.anew(ctx, h)
	}
	if h.PIN.State == dossier.PINAwaitingActivation {
		return s.lost(ctx, h)
	}
	return nil, nil // nothing went out, or it is in use
}

// anew issues both halves again: the first to the contact on file, the second by
// letter, once somebody was reached.
func (s *Service) anew(ctx context.Context, h dossier.Holder) (*dossier.Change, error) {
	event := dossier.PINEventReissued
	if h.PIN.ConfirmedAt.IsZero() {
		event = dossier.PINEventAskedAgain
	}
	lost, err := s.giveUp(ctx, h.PIN)
	if err != nil {
		return nil, err
	}
	ch := change(h, event)
	ch.Effects = append(lost, dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 1}, dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 2}, firstHalf(h))
	if event == dossier.PINEventAskedAgain {
		again, err := s.callAgain(ctx, h.PIN)
		if err != nil {
			return nil, err
		}
		ch.Effects = append(ch.Effects, again)
	}
	return ch, nil
}

// lost sends another letter, if the one before had its time; else it says until
// when to wait. The first half stays, unless the letter could come too late for it.
func (s *Service) lost(ctx context.Context, h dossier.Holder) (*dossier.Change, error) {
	l, err := s.cfg.Store.LastPINLetter(ctx, h.PIN.ID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil, nil // its second half travelled another way
	}
	if err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	now, wait := s.cfg.Clock.Now(), s.cfg.Policy.Wait[l.Destination]
	since := l.PostedAt
	if since.IsZero() {
		since = now // it leaves soon
	}
	if until := since.Add(wait); now.Before(until) {
		return s.underway(h, now, until), nil
	}
	ch := change(h, dossier.PINEventReissued)
	ch.Effects = []dossier.Effect{
		dossier.MoveLetter{ID: l.ID, Event: dossier.LetterEventLost}, dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 2},
	}
	if h.PIN.WindowUntil.Before(now.Add(wait)) {
		ch.Effects = append(ch.Effects, dossier.VoidHalf{PINIssueID: h.PIN.ID, N: 1}, firstHalf(h))
	}
	return ch, nil
}

// giveUp marks a letter that may still be on its way as lost.
func (s *Service) giveUp(ctx context.Context, p dossier.PINIssue) ([]dossier.Effect, error) {
	l, err := s.cfg.Store.LastPINLetter(ctx, p.ID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	if _, err := l.State.Next(dossier.LetterEventLost); err != nil {
		return nil, nil //nolint:nilerr // it came back, or was given up before
	}
	return []dossier.Effect{dossier.MoveLetter{ID: l.ID, Event: dossier.LetterEventLost}}, nil
}

func change(h dossier.Holder, event dossier.PINEvent) *dossier.Change {
	return &dossier.Change{Actor: worker, PIN: &dossier.PINMove{ID: h.PIN.ID, Event: event, Version: h.PIN.Version}}
}

// firstHalf has the first half drawn when its message is worded.
func firstHalf(h dossier.Holder) dossier.Effect {
	return dossier.Tell{
		HolderID: h.ID, Kind: dossier.MessageFirstHalf, Occasion: dossier.VersionedSubject(h.PIN.ID, h.PIN.Version+1),
	}
}

// underway tells until when to wait.
func (s *Service) underway(h dossier.Holder, now, until time.Time) *dossier.Change {
	return &dossier.Change{Actor: worker, Effects: []dossier.Effect{dossier.Tell{
		HolderID: h.ID, Kind: dossier.MessageLetterUnderway, Occasion: ident.New(now),
		Values: map[string]string{"deadline": until.In(s.cfg.Rome).Format("02/01/2006")},
	}}}
}

// reachable reports whether there is a contact that a message can be sent to.
func reachable(c dossier.Contacts) bool {
	for _, kind := range dossier.ContactKinds() {
		if kind.CanConfirm() && c.Get(kind) != "" {
			return true
		}
	}
	return false
}
