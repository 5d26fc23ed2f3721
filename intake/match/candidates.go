package match

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/token"
)

// Reason is why a dossier is proposed.
type Reason string

// The reasons, the strongest first.
const (
	// ReasonToken: a form's code on the pages is the dossier's, and did not join it:
	// the dossier ended, or there was another code.
	ReasonToken Reason = "token"
	// ReasonTyped: what was typed beside the pages is the code of its form but for one slip.
	ReasonTyped Reason = "typed"
	// ReasonCard: the bar code of a card has the holder's codice fiscale.
	ReasonCard Reason = "card"
	// ReasonText: the holder's codice fiscale stands on a page.
	ReasonText Reason = "text"
	// ReasonZone: the machine readable zone of a document has the name, the day of birth
	// and the sex that the holder's codice fiscale is made of.
	ReasonZone Reason = "zone"
	// ReasonSender: earlier pages of the same sender were joined to it.
	ReasonSender Reason = "sender"
)

// Ground is a reason and where it lies.
type Ground struct {
	Reason Reason
	// Earlier says that the form's code is of another dossier of the same holder
	// (ReasonToken, ReasonTyped).
	Earlier bool
	// Page counts all pages of the submission, from 1 (ReasonCard, ReasonText, ReasonZone); 0: none.
	Page int
	// Arrival is what came of the same sender before (ReasonSender): its number,
	// channel and time alone.
	Arrival dossier.Submission
}

// Candidate is a dossier that a submission may belong to.
type Candidate struct {
	Dossier dossier.Dossier
	// Why has each reason once.
	Why []Ground
}

// Proposal is a candidate with who holds it, for the one who chooses.
type Proposal struct {
	Candidate
	// Holder is name and surname; "" when Own.
	Holder string
	// Own says that the dossier is the operator's own: a colleague joins to it.
	Own bool
}

// mostCandidates bounds what is proposed for one submission.
const mostCandidates = 10

// lookers may see what is proposed.
func lookers() []dossier.Role { return append(slices.Clone(reviewers), dossier.RoleAuditor) }

// search gathers the candidates for one submission.
type search struct {
	*Service
	office string // of the operator; "" all
	sub    dossier.Submission
	origin dossier.Origin
	all    []Candidate
}

// Candidates proposes dossiers of the actor's office for a submission that nothing
// led to one; none of them is sure. Dossiers that take no more pages are left out.
func (s *Service) Candidates(ctx context.Context, actor dossier.Actor, sub dossier.Submission) ([]Candidate, error) {
	if err := actor.Require(lookers()...); err != nil {
		return nil, err
	}
	f := search{Service: s, office: actor.Office, sub: sub}
	if len(sub.Documents) > 0 {
		if err := f.open(sub.Documents[0], sub.Documents[0].SealedOrigin, &f.origin); err != nil {
			return nil, fmt.Errorf("read origin: %w", err)
		}
	}
	for _, follow := range []func(context.Context) error{f.byTyped, f.byClues, f.byZones, f.bySender} {
		if err := follow(ctx); err != nil {
			return nil, fmt.Errorf("find candidates: %w", err)
		}
	}
	return f.all, nil
}

// CandidatesOf is Candidates for a submission by its id. CodeNotFound says that none
// of that id is unmatched, or that it was scanned at another office.
func (s *Service) CandidatesOf(ctx context.Context, actor dossier.Actor, submissionID string) ([]Candidate, error) {
	if err := actor.Require(lookers()...); err != nil {
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

// Proposals are the candidates with the names of their holders, each of which is
// logged before it is shown. Errors: those of CandidatesOf.
func (s *Service) Proposals(ctx context.Context, actor dossier.Actor, submissionID string) ([]Proposal, error) {
	all, err := s.CandidatesOf(ctx, actor, submissionID)
	if err != nil {
		return nil, err
	}
	proposals := make([]Proposal, len(all))
	for i, c := range all {
		h, err := s.store.Holder(ctx, c.Dossier.HolderID)
		if err != nil {
			return nil, fmt.Errorf("name candidates: %w", err)
		}
		proposals[i] = Proposal{Candidate: c, Own: bytes.Equal(actor.KeyedCF, s.store.KeyCF(h.Person.CodiceFiscale))}
		if proposals[i].Own {
			continue
		}
		if err := s.store.NoteLook(ctx, actor, "holder.proposed", h.ID, h.ID, fmt.Sprintf(`{"submission":%q}`, submissionID)); err != nil {
			return nil, fmt.Errorf("name candidates: %w", err)
		}
		proposals[i].Holder = h.Person.Name + " " + h.Person.Surname
	}
	return proposals, nil
}

// add notes a reason for a dossier; the first of its kind counts.
func (f *search) add(d dossier.Dossier, why Ground) {
	if d.State.Final() || f.office != "" && f.office != d.Office {
		return
	}
	i := slices.IndexFunc(f.all, func(c Candidate) bool { return c.Dossier.ID == d.ID })
	switch {
	case i < 0 && len(f.all) < mostCandidates:
		f.all = append(f.all, Candidate{Dossier: d, Why: []Ground{why}})
	case i >= 0 && !slices.ContainsFunc(f.all[i].Why, func(g Ground) bool { return g.Reason == why.Reason }):
		f.all[i].Why = append(f.all[i].Why, why)
	}
}

// byTyped looks for codes that were typed beside the pages with one slip.
func (f *search) byTyped(ctx context.Context) error {
	for _, typed := range f.origin.Typed {
		for word := range strings.FieldsSeq(typed) {
			for _, id := range token.Near(strings.Trim(word, `.,;:()[]<>"'`)) {
				if err := f.byToken(ctx, id, ReasonTyped); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// byClues follows what was read on the pages.
func (f *search) byClues(ctx context.Context) error {
	before := 0 // pages of the documents before
	for _, file := range f.sub.Documents {
		var clues dossier.Clues
		if err := f.open(file, file.SealedClues, &clues); err != nil {
			return fmt.Errorf("read clues: %w", err)
		}
		for _, id := range clues.TokenIDs {
			if err := f.byToken(ctx, id, ReasonToken); err != nil {
				return err
			}
		}
		for _, c := range clues.CodiciFiscali {
			if err := f.byCode(ctx, c, before+c.Page); err != nil {
				return err
			}
		}
		before += len(file.Pages)
	}
	return nil
}

// mostZones bounds how many zones of one submission are looked up: each costs some ten
// thousand hashes.
const mostZones = 4

// byZones follows the identity documents, whose zones all proved their check digits.
func (f *search) byZones(ctx context.Context) error {
	before, left := 0, mostZones
	for _, file := range f.sub.Documents {
		var zones []dossier.Zone
		if err := f.open(file, file.SealedZones, &zones); err != nil {
			return fmt.Errorf("read zones: %w", err)
		}
		for _, z := range zones[:min(len(zones), left)] {
			if err := f.byZone(ctx, z, before+z.Page); err != nil {
				return err
			}
		}
		before, left = before+len(file.Pages), max(left-len(zones), 0)
	}
	return nil
}

// byZone looks for holders who may be the one of a zone, wherever born: no zone says
// where. One whose codice fiscale has letters for digits (omocodia) is not found.
func (f *search) byZone(ctx context.Context, z dossier.Zone, page int) error {
	birth, err := time.Parse(time.DateOnly, z.Birth)
	if err != nil {
		return nil //nolint:nilerr // a zone may have the year of birth alone
	}
	ids, err := f.store.HoldersAmong(ctx, func(yield func(string) bool) {
		for code := range f.places.Wherever(z.Surname, z.GivenNames, birth, z.Sex) {
			if !yield(code.String()) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		all, err := f.store.DossiersOf(ctx, id)
		if err != nil {
			return err
		}
		for _, d := range all {
			f.add(d, Ground{Reason: ReasonZone, Page: page})
		}
	}
	return nil
}

// open reads a note of a file; none leaves v as it is.
func (f *search) open(file dossier.File, sealed []byte, v any) error {
	if len(sealed) == 0 {
		return nil
	}
	note, err := f.vault.OpenNote(file, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(note, v)
}

func (f *search) byToken(ctx context.Context, tokenID string, why Reason) error {
	id, err := f.store.DossierByToken(ctx, tokenID)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	of, err := f.store.Dossier(ctx, id)
	if err != nil {
		return err
	}
	all, err := f.store.DossiersOf(ctx, of.HolderID) // the one of the code may have ended, and another begun
	for _, d := range all {
		f.add(d, Ground{Reason: why, Earlier: d.ID != id})
	}
	return err
}

func (f *search) byCode(ctx context.Context, c dossier.CodeClue, page int) error {
	h, err := f.store.HolderByCF(ctx, c.Code)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	why := Ground{Reason: ReasonText, Page: page}
	if c.Source == "bars" {
		why.Reason = ReasonCard
	}
	all, err := f.store.DossiersOf(ctx, h.ID)
	for _, d := range all {
		f.add(d, why)
	}
	return err
}

// bySender follows the caller's number or the address. A fax that came by mail has
// that of the gateway, which is everybody's.
func (f *search) bySender(ctx context.Context) error {
	if f.sub.Channel == dossier.ChannelFax && strings.Contains(f.origin.From, "@") {
		return nil
	}
	arrivals, err := f.store.ArrivalsOfSender(ctx, f.sub.ID)
	for _, a := range arrivals {
		d, err := f.store.Dossier(ctx, a.DossierID)
		if err != nil {
			return err
		}
		f.add(d, Ground{Reason: ReasonSender, Arrival: a})
	}
	return err
}
