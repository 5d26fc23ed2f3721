// Package match leads what arrived without a form's code to its dossier: it
// proposes candidates to an operator, with why, and joins what the operator
// matched (C9).
//
// What was read on the pages, and who sent them, only proposes. Nothing here joins
// by itself: the screening does, by a form's token or typed code alone.
package match

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/token"
)

// Store is what matching needs of the database.
type Store interface {
	Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error)
	Submission(ctx context.Context, id string) (dossier.Submission, error)
	// SubmissionByProtocol returns CodeNotFound for a number that nothing has.
	SubmissionByProtocol(ctx context.Context, p dossier.Protocol) (dossier.Submission, error)
	Dossier(ctx context.Context, id string) (dossier.Dossier, error)
	DossiersOf(ctx context.Context, holderID string) ([]dossier.Dossier, error)
	DossierByToken(ctx context.Context, tokenID string) (string, error)
	DossiersOfSender(ctx context.Context, submissionID string) ([]string, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// HolderByCF returns CodeNotFound for a code that nobody on file has.
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	KeyCF(codiceFiscale string) []byte
}

// Vault opens what was noted about a file: *vault.Vault.
type Vault interface {
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
}

// Reason is why a dossier is proposed.
type Reason string

// The reasons, the strongest first.
const (
	// ReasonToken: a form's code on the pages is the dossier's, and did not join it:
	// the dossier ended, or there was another code.
	ReasonToken Reason = "token"
	// ReasonCard: the bar code of a card has the holder's codice fiscale.
	ReasonCard Reason = "card"
	// ReasonText: the holder's codice fiscale stands on a page.
	ReasonText Reason = "text"
	// ReasonSender: earlier pages of the same sender were joined to it.
	ReasonSender Reason = "sender"
)

// Candidate is a dossier that a submission may belong to.
type Candidate struct {
	Dossier dossier.Dossier
	Why     []Reason
}

// Service proposes and joins. It is safe for concurrent use.
type Service struct {
	store Store
	vault Vault
}

// New returns a service.
func New(s Store, v Vault) *Service { return &Service{store: s, vault: v} }

// reviewers may join.
var reviewers = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

// mostCandidates bounds what is proposed for one submission.
const mostCandidates = 10

// Candidates proposes dossiers of the actor's office for a submission that nothing
// led to one; none of them is sure. Dossiers that take no more pages are left out.
func (s *Service) Candidates(ctx context.Context, actor dossier.Actor, sub dossier.Submission) ([]Candidate, error) {
	if err := actor.Require(append(slices.Clone(reviewers), dossier.RoleAuditor)...); err != nil {
		return nil, err
	}
	var all []Candidate
	add := func(d dossier.Dossier, why Reason) {
		if d.State.Final() || actor.Office != "" && actor.Office != d.Office {
			return
		}
		i := slices.IndexFunc(all, func(c Candidate) bool { return c.Dossier.ID == d.ID })
		switch {
		case i < 0 && len(all) < mostCandidates:
			all = append(all, Candidate{Dossier: d, Why: []Reason{why}})
		case i >= 0 && !slices.Contains(all[i].Why, why):
			all[i].Why = append(all[i].Why, why)
		}
	}
	if err := s.byClues(ctx, sub, add); err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	if err := s.bySender(ctx, sub, add); err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	return all, nil
}

// CandidatesOf is Candidates for a submission by its id. CodeNotFound says that none
// of that id is unmatched, or that it was scanned at another office.
func (s *Service) CandidatesOf(ctx context.Context, actor dossier.Actor, submissionID string) ([]Candidate, error) {
	if err := actor.Require(append(slices.Clone(reviewers), dossier.RoleAuditor)...); err != nil {
		return nil, err
	}
	sub, err := s.store.Submission(ctx, submissionID)
	if err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	if sub.State != dossier.SubmissionUnmatched || !actor.Sees(sub.Office) {
		return nil, dossier.Problem(dossier.CodeNotFound)
	}
	return s.Candidates(ctx, actor, sub)
}

// byClues follows what was read on the pages.
func (s *Service) byClues(ctx context.Context, sub dossier.Submission, add func(dossier.Dossier, Reason)) error {
	for _, f := range sub.Documents {
		if len(f.SealedClues) == 0 {
			continue
		}
		note, err := s.vault.OpenNote(f, f.SealedClues)
		if err != nil {
			return err
		}
		var clues dossier.Clues
		if err := json.Unmarshal(note, &clues); err != nil {
			return fmt.Errorf("decode clues: %w", err)
		}
		for _, id := range clues.TokenIDs {
			if err := s.byToken(ctx, id, add); err != nil {
				return err
			}
		}
		for _, c := range clues.CodiciFiscali {
			if err := s.byCode(ctx, c, add); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) byToken(ctx context.Context, tokenID string, add func(dossier.Dossier, Reason)) error {
	id, err := s.store.DossierByToken(ctx, tokenID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := s.store.Dossier(ctx, id)
	if err != nil {
		return err
	}
	all, err := s.store.DossiersOf(ctx, d.HolderID) // the one of the code may have ended, and another begun
	for _, d := range all {
		add(d, ReasonToken)
	}
	return err
}

func (s *Service) byCode(ctx context.Context, c dossier.CodeClue, add func(dossier.Dossier, Reason)) error {
	h, err := s.store.HolderByCF(ctx, c.Code)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	why := ReasonText
	if c.Source == "bars" {
		why = ReasonCard
	}
	all, err := s.store.DossiersOf(ctx, h.ID)
	for _, d := range all {
		add(d, why)
	}
	return err
}

func (s *Service) bySender(ctx context.Context, sub dossier.Submission, add func(dossier.Dossier, Reason)) error {
	ids, err := s.store.DossiersOfSender(ctx, sub.ID)
	for _, id := range ids {
		d, err := s.store.Dossier(ctx, id)
		if err != nil {
			return err
		}
		add(d, ReasonSender)
	}
	return err
}

// Join makes an unmatched submission belong to the dossier that the operator
// names, as Target reads it. The pages are then read again, beside that dossier.
//
// Errors: those of Target, CodeNotFound for what was scanned at another office, and
// CodeConflict when it was handled meanwhile.
func (s *Service) Join(ctx context.Context, actor dossier.Actor, submissionID, named string) error {
	if err := actor.Require(reviewers...); err != nil {
		return err
	}
	sub, err := s.store.Submission(ctx, submissionID)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	if !actor.Sees(sub.Office) {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if sub.State != dossier.SubmissionUnmatched {
		return dossier.Problem(dossier.CodeConflict)
	}
	d, err := s.Target(ctx, actor, named)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	_, err = s.store.Apply(ctx, dossier.Change{
		Actor: actor, Dossier: &dossier.Move{ID: d.ID, Event: dossier.EventPagesAdded, Version: d.Version},
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventJoinedByHand},
		Effects:    []dossier.Effect{dossier.Join{SubmissionID: sub.ID, DossierID: d.ID}},
	})
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	return nil
}

// Target is the dossier that the operator names: by the protocol number of anything
// in it, by the code on its form, or by the codice fiscale of its holder. It takes
// pages, and the operator may work on it.
//
// Errors: CodeRequestInvalid for none of the three, CodeNotFound for nobody's, or
// another office's, CodeConversionClosed when there is none that takes pages,
// CodeOwnDossier for the operator's own.
func (s *Service) Target(ctx context.Context, actor dossier.Actor, named string) (dossier.Dossier, error) {
	if err := actor.Require(reviewers...); err != nil {
		return dossier.Dossier{}, err
	}
	d, err := s.find(ctx, named)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("find dossier: %w", err)
	}
	if actor.Office != "" && actor.Office != d.Office {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
	}
	h, err := s.store.Holder(ctx, d.HolderID)
	if err != nil {
		return dossier.Dossier{}, fmt.Errorf("find dossier: %w", err)
	}
	if bytes.Equal(actor.KeyedCF, s.store.KeyCF(h.Person.CodiceFiscale)) {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeOwnDossier)
	}
	if d.State.Final() {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeConversionClosed)
	}
	return d, nil
}

// find reads what an operator typed.
func (s *Service) find(ctx context.Context, named string) (dossier.Dossier, error) {
	if p, err := dossier.ParseProtocol(named); err == nil {
		sub, err := s.store.SubmissionByProtocol(ctx, p)
		if err != nil {
			return dossier.Dossier{}, err
		}
		if sub.DossierID == "" {
			return dossier.Dossier{}, dossier.Problem(dossier.CodeNotFound)
		}
		return s.store.Dossier(ctx, sub.DossierID)
	}
	if id, err := token.ParseCode(named); err == nil {
		if id, err = s.store.DossierByToken(ctx, id); err != nil {
			return dossier.Dossier{}, err
		}
		return s.store.Dossier(ctx, id)
	}
	cf, err := codicefiscale.Parse(strings.TrimSpace(named))
	if err != nil {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeRequestInvalid)
	}
	h, err := s.store.HolderByCF(ctx, cf.String())
	if err != nil {
		return dossier.Dossier{}, err
	}
	all, err := s.store.DossiersOf(ctx, h.ID)
	if err != nil {
		return dossier.Dossier{}, err
	}
	open := slices.IndexFunc(all, func(d dossier.Dossier) bool { return !d.State.Final() })
	if open < 0 {
		return dossier.Dossier{}, dossier.Problem(dossier.CodeConversionClosed)
	}
	return all[open], nil
}
