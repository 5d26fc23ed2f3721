package letters

import (
	"context"
	"fmt"
	"log/slog"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/internal/paper"
	"dispositivo/pin"
)

// makeMost is how many letters one call of Make prints: each costs a hash, and a
// page must answer. The daily chore calls again until nothing is left.
const makeMost = 200

// look is how many issues one query for work returns.
const look = 100

// Made tells what Make did.
type Made struct {
	Printed int
	// Stuck are the PIN issues that nothing can be printed for: the address is
	// incomplete, or the first half travelled by post. Somebody must ask their holders.
	Stuck []string
	// More says that the call ended before the work did.
	More bool
}

// Make prints a letter for every PIN issue that wants one, into the day's batch.
// Two calls at once share the work: each issue gets one letter.
func (s *Service) Make(ctx context.Context, actor dossier.Actor) (Made, error) {
	if err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleSystem); err != nil {
		return Made{}, err
	}
	var made Made
	after := ""
	for {
		issues, err := s.cfg.Store.LetterlessPINs(ctx, after, look)
		if err != nil {
			return made, fmt.Errorf("make letters: %w", err)
		}
		for _, p := range issues {
			if made.Printed == makeMost {
				made.More = true
				return made, nil
			}
			if err := s.print(ctx, actor, p, &made); err != nil {
				return made, fmt.Errorf("make letters: %w", err)
			}
			after = p.ID
		}
		if len(issues) < look {
			return made, nil
		}
	}
}

// MakeAll calls Make until nothing is left: the daily chore.
func (s *Service) MakeAll(ctx context.Context) error {
	for {
		made, err := s.Make(ctx, worker)
		if err != nil || !made.More {
			return err
		}
	}
}

// print draws the half of one issue and seals its letter, in one change. Somebody
// who was faster is no fault.
func (s *Service) print(ctx context.Context, actor dossier.Actor, p dossier.PINIssue, made *Made) error {
	h, err := s.cfg.Store.Holder(ctx, p.HolderID)
	if err != nil {
		return err
	}
	id, sheet := ident.New(s.cfg.Clock.Now()), s.sheet(h.Person, p)
	if _, err := onPaper(id, sheet).Render(sheet.Lang); err != nil {
		// The paper refuses what cannot arrive; its error says nothing of the holder.
		s.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "letter cannot be printed", slog.String("pin", p.ID), slog.String("error", err.Error()))
		made.Stuck = append(made.Stuck, p.ID)
		return nil
	}
	hash, err := s.cfg.Hasher.Hash(ctx, sheet.Half)
	if err != nil {
		return err
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{
		Actor: actor, PIN: &dossier.PINMove{ID: p.ID, Event: dossier.PINEventLetterPrinted, Version: p.Version},
		Effects: []dossier.Effect{
			dossier.SetHalf{PINIssueID: p.ID, Half: dossier.Half{N: 2, Hash: hash, Class: pin.ClassPost}},
			dossier.PrintLetter{LetterID: id, PINIssueID: p.ID, Day: s.today(), Destination: destinationOf(sheet.Address), Sheet: sheet},
		},
	})
	if dossier.CodeOf(err) == dossier.CodeConflict {
		return s.refused(ctx, p, made)
	}
	if err != nil {
		return err
	}
	made.Printed++
	return nil
}

// refused tells who was faster from what can never be printed.
func (s *Service) refused(ctx context.Context, p dossier.PINIssue, made *Made) error {
	now, err := s.cfg.Store.PINIssue(ctx, p.ID)
	if err == nil && now.Version == p.Version {
		made.Stuck = append(made.Stuck, p.ID)
	}
	return err
}

// sheet draws the half and writes down what the letter says.
func (s *Service) sheet(who dossier.Person, p dossier.PINIssue) dossier.Sheet {
	return dossier.Sheet{
		Half: pin.Generate(), Lang: who.Lang, Name: who.Name + " " + who.Surname, Address: who.Address,
		Made: s.cfg.Clock.Now(), Expires: p.WindowUntil,
		Agency: s.cfg.Agency, Return: s.cfg.Return, Portal: s.cfg.Portal, Phone: s.cfg.Phone,
	}
}

func onPaper(id string, s dossier.Sheet) paper.Letter {
	return paper.Letter{
		ID: id, Agency: s.Agency, Return: s.Return, Half: s.Half, Part: 2, Made: s.Made, Expires: s.Expires, Portal: s.Portal, Phone: s.Phone,
		To: paper.Postal{
			Name: s.Name, Street: s.Address.Street, Postcode: s.Address.Postcode, City: s.Address.City,
			Province: s.Address.Province, State: s.Address.State,
		},
	}
}

// Overview is what the list of batches shows.
type Overview struct {
	// Waiting counts the PIN issues that want a letter.
	Waiting int
	Batches []dossier.LetterBatch
}

// newest is how many batches the list shows.
const newest = 60

// Overview returns what waits and the newest batches.
func (s *Service) Overview(ctx context.Context, actor dossier.Actor) (Overview, error) {
	err := actor.Require(dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin)
	if err != nil {
		return Overview{}, err
	}
	var o Overview
	if o.Waiting, err = s.cfg.Store.CountLetterless(ctx); err != nil {
		return Overview{}, fmt.Errorf("count letters: %w", err)
	}
	if o.Batches, err = s.cfg.Store.LetterBatches(ctx, newest); err != nil {
		return Overview{}, fmt.Errorf("list batches: %w", err)
	}
	return o, nil
}

// File is one of a batch's two files.
type File struct {
	// Name is safe in a header.
	Name, ContentType string
	Data              []byte
}

// Letters returns the batch's letters as a PDF, the halves in clear. The same
// batch gives the same bytes until it was posted; then CodeBatchPosted. Who asks is
// in the log before anything is opened.
func (s *Service) Letters(ctx context.Context, actor dossier.Actor, batchID string) (File, error) {
	b, day, err := s.take(ctx, actor, batchID, dossier.FileLetters)
	if err != nil {
		return File{}, fmt.Errorf("fetch letters: %w", err)
	}
	data, err := b.Render()
	if err != nil {
		return File{}, fmt.Errorf("fetch letters: %w", err)
	}
	return File{Name: "lettere-" + day + ".pdf", ContentType: "application/pdf", Data: data}, nil
}

// Manifest returns the batch's manifest for the print house, as CSV. Rules are as
// for Letters, though it names nobody.
func (s *Service) Manifest(ctx context.Context, actor dossier.Actor, batchID string) (File, error) {
	b, day, err := s.take(ctx, actor, batchID, dossier.FileManifest)
	if err != nil {
		return File{}, fmt.Errorf("fetch manifest: %w", err)
	}
	data, err := b.Manifest()
	if err != nil {
		return File{}, fmt.Errorf("fetch manifest: %w", err)
	}
	return File{Name: "lettere-" + day + ".csv", ContentType: "text/csv; charset=utf-8", Data: data}, nil
}

// take logs the look, closes the batch, and opens its letters.
func (s *Service) take(ctx context.Context, actor dossier.Actor, batchID string, file dossier.BatchFile) (b paper.Batch, day string, err error) {
	if err := actor.Require(dossier.RoleSupervisor, dossier.RoleAdmin); err != nil {
		return b, "", err
	}
	_, err = s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{
		dossier.TakeBatch{BatchID: batchID, File: file},
	}})
	if err != nil {
		return b, "", err
	}
	batch, err := s.cfg.Store.LetterBatch(ctx, batchID)
	if err != nil {
		return b, "", err
	}
	letters, err := s.cfg.Store.BatchLetters(ctx, batchID)
	if err != nil {
		return b, "", err
	}
	b.Made = batch.MadeAt
	for _, l := range letters {
		item := onPaper(l.ID, l.Sheet)
		item.Made, item.Expires = item.Made.In(s.cfg.Rome), item.Expires.In(s.cfg.Rome)
		b.Items = append(b.Items, paper.Item{Letter: item, Lang: l.Sheet.Lang})
	}
	return b, batch.Day, nil
}

// Post records that a batch left. Its files cannot be made again.
func (s *Service) Post(ctx context.Context, actor dossier.Actor, batchID string) error {
	if err := actor.Require(dossier.RoleSupervisor, dossier.RoleAdmin); err != nil {
		return err
	}
	_, err := s.cfg.Store.Apply(ctx, dossier.Change{Actor: actor, Effects: []dossier.Effect{dossier.PostBatch{BatchID: batchID}}})
	if err != nil {
		return fmt.Errorf("post batch: %w", err)
	}
	return nil
}
