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
	"fmt"
	"iter"
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
	// ArrivalsOfSender returns the newest arrival of the sender in each dossier.
	ArrivalsOfSender(ctx context.Context, submissionID string) ([]dossier.Submission, error)
	Holder(ctx context.Context, id string) (dossier.Holder, error)
	// HolderByCF returns CodeNotFound for a code that nobody on file has.
	HolderByCF(ctx context.Context, codiceFiscale string) (dossier.Holder, error)
	// HoldersAmong returns the ids of those on file whose codice fiscale is among many.
	HoldersAmong(ctx context.Context, codiciFiscali iter.Seq[string]) ([]string, error)
	KeyCF(codiceFiscale string) []byte
	// NoteLook commits an entry of the log.
	NoteLook(ctx context.Context, who dossier.Actor, action, subject, holderID, detail string) error
}

// Vault opens what was noted about a file: *vault.Vault.
type Vault interface {
	OpenNote(f dossier.File, sealed []byte) ([]byte, error)
}

// Service proposes and joins. It is safe for concurrent use.
type Service struct {
	store  Store
	vault  Vault
	places *codicefiscale.Places
}

// New returns a service; the places are those of birth.
func New(s Store, v Vault, p *codicefiscale.Places) *Service {
	return &Service{store: s, vault: v, places: p}
}

// reviewers may join.
var reviewers = []dossier.Role{dossier.RoleOperator, dossier.RoleSupervisor}

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
// in it, by the code on its form, by the codice fiscale of its holder, or by its own
// id, as a Candidate has it. It takes pages, and the operator may work on it.
//
// Errors: CodeRequestInvalid for none of the four, CodeNotFound for nobody's, or
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
		d, err := s.store.Dossier(ctx, named)
		if dossier.CodeOf(err) == dossier.CodeNotFound {
			err = dossier.Problem(dossier.CodeRequestInvalid)
		}
		return d, err
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
