package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/demo"
	"dispositivo/internal/ident"
	"dispositivo/internal/operator"
	"dispositivo/internal/passhash"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/token"
	"dispositivo/pin"
	catalogue "dispositivo/pin/services"
	"dispositivo/verify/review"
)

// demoOffice is competent for everybody in the demonstration.
const demoOffice = "residenti-estero"

// people puts the demonstration's citizens and operators into the store,
// unless they are there.
func (h *house) people(ctx context.Context) error {
	hasher := h.hasher()
	for _, c := range demo.Citizens() {
		if _, err := h.store.PINSecrets(ctx, c.CodiceFiscale.String()); dossier.CodeOf(err) != dossier.CodeNotFound {
			if err != nil {
				return fmt.Errorf("look for citizen: %w", err)
			}
			continue
		}
		if err := h.settle(ctx, hasher, c); err != nil {
			return fmt.Errorf("add citizen: %w", err)
		}
	}
	return h.staff(ctx, h.operators(hasher))
}

// settle puts one citizen into the store, with a PIN in the state of the scene
// and with contacts that were confirmed when it was asked for.
func (h *house) settle(ctx context.Context, hasher *passhash.Hasher, c demo.Citizen) error {
	now := h.clock.Now()
	person := personOf(c, c.Passport(now, c.Scene == demo.SceneWarned))
	for _, kind := range dossier.ContactKinds() {
		if value := person.Contacts.Get(kind); value != "" {
			person.Contacts = person.Contacts.With(kind, value, now, kind.CanConfirm())
		}
	}
	holder := dossier.Holder{ID: ident.New(now), Office: demoOffice, Person: person}
	if c.Scene == demo.SceneDelegate {
		holder.Type = dossier.HolderPatronato
	}
	issue := dossier.PINIssue{ID: ident.New(now), HolderID: holder.ID, Kind: dossier.Kind(c.Kind), State: dossier.PINActive, Channel: dossier.PINOnline}
	switch c.Scene { //nolint:exhaustive // the others begin as active
	case demo.SceneConverted:
		issue.Kind = dossier.Ordinario // until the conversion is carried out
	case demo.SceneActivate:
		issue.State = dossier.PINAwaitingActivation
	case demo.SceneFirstAccess:
		issue.State = dossier.PINMustChange
	case demo.SceneLapsed:
		issue.State, issue.ActivatedAt = dossier.PINLapsed, now
	default: // in use
	}
	effects, err := secretOf(ctx, hasher, issue, pin.Normalize(c.PIN))
	if err != nil {
		return err
	}
	_, err = h.store.Apply(ctx, dossier.Change{
		Actor: dossier.System("demo"), Effects: append([]dossier.Effect{dossier.AddHolder{Holder: holder}}, effects...),
	})
	return err
}

// secretOf opens an issue with the eight characters in use, or with two halves.
func secretOf(ctx context.Context, hasher *passhash.Hasher, issue dossier.PINIssue, secret string) ([]dossier.Effect, error) {
	first, err := hasher.Hash(ctx, secret[:pin.Length])
	if err != nil || len(secret) == pin.Length {
		return []dossier.Effect{dossier.OpenPIN{Issue: issue, Hash: first}}, err
	}
	second, err := hasher.Hash(ctx, secret[pin.Length:])
	return []dossier.Effect{
		dossier.OpenPIN{Issue: issue},
		dossier.SetHalf{PINIssueID: issue.ID, Half: dossier.Half{N: 1, Hash: first, Class: pin.ClassEmail}},
		dossier.SetHalf{PINIssueID: issue.ID, Half: dossier.Half{N: 2, Hash: second, Class: pin.ClassPost}},
	}, err
}

func (h *house) staff(ctx context.Context, accounts *operator.Accounts) error {
	for _, o := range demo.Operators() {
		if _, err := h.store.OperatorByName(ctx, o.Username); dossier.CodeOf(err) != dossier.CodeNotFound {
			if err != nil {
				return fmt.Errorf("look for operator: %w", err)
			}
			continue
		}
		_, err := accounts.Add(ctx, operator.New{
			Username: o.Username, Password: o.Password, Role: dossier.Role(o.Role), CodiceFiscale: o.CodiceFiscale.String(),
		})
		if err != nil {
			return fmt.Errorf("add operator: %w", err)
		}
	}
	return nil
}

// stage plays each citizen's scene with the real services, so that the desk is
// not empty at first sight. A scene that was begun is not played again.
func (c *serveCmd) stage(ctx context.Context, env *environment, h *house, s *services, pool *sandbox.Pool) error {
	if c.LettersAt >= 0 {
		if err := h.correspondence(ctx, s); err != nil && ctx.Err() == nil {
			env.logger.LogAttrs(ctx, slog.LevelWarn, "the letters of the demonstration were not made", slog.String("error", err.Error()))
		}
	}
	for _, citizen := range demo.Citizens() {
		a := actor{citizen: citizen, now: h.clock.Now(), house: h, services: s, pool: pool}
		if err := a.play(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the program is being stopped: no fault of the scene
			}
			env.logger.LogAttrs(ctx, slog.LevelWarn, "a scene of the demonstration did not play", slog.String("scene", string(citizen.Scene)), slog.String("error", err.Error()))
		}
	}
	return nil
}

// actor is an invented citizen on stage.
type actor struct {
	citizen  demo.Citizen
	now      time.Time
	house    *house
	services *services
	pool     *sandbox.Pool
	holder   dossier.Holder
}

func (a *actor) self() dossier.Actor {
	return dossier.Actor{Role: dossier.RoleCitizen, ID: a.holder.ID}
}

// play brings the citizen's dossier into the state of the scene.
func (a *actor) play(ctx context.Context) error {
	scene := a.citizen.Scene
	switch scene { //nolint:exhaustive // the others send a form
	case demo.SceneNone, demo.SceneDispositivo, demo.SceneActivate, demo.SceneFirstAccess, demo.SceneLapsed, demo.SceneDelegate:
		return nil
	}
	secret, err := a.house.store.PINSecrets(ctx, a.citizen.CodiceFiscale.String())
	if err != nil {
		return err
	}
	if a.holder, err = a.house.store.Holder(ctx, secret.Issue.HolderID); err != nil {
		return err
	}
	if scene == demo.SceneDelegator {
		return a.delegates(ctx)
	}
	played, err := a.house.store.DossiersOf(ctx, a.holder.ID)
	if err != nil || len(played) > 0 {
		return err
	}
	if err := a.file(ctx); err != nil {
		return err
	}
	if scene == demo.SceneSuperseded {
		return a.superseded(ctx)
	}
	form, err := a.services.conversion.Form(ctx, a.self(), a.citizen.Language)
	if err != nil {
		return err
	}
	switch scene {
	case demo.SceneOpen:
		return nil
	case demo.SceneWithdrawn:
		return a.services.conversion.Withdraw(ctx, a.self(), form.DossierID)
	case demo.SceneExpired:
		_, err := a.house.store.Apply(ctx, dossier.Change{
			Actor: dossier.System("demo"), Dossier: &dossier.Move{ID: form.DossierID, Event: dossier.EventDeadlinePassed},
		})
		return err
	case demo.SceneWaiting, demo.SceneReviewing, demo.SceneWarned, demo.SceneSecondReview, demo.SceneConverted,
		demo.SceneRejected, demo.SceneQuarantined: // a paper is sent
	case demo.SceneNone, demo.SceneDispositivo, demo.SceneSuperseded, demo.SceneActivate, demo.SceneFirstAccess, demo.SceneLapsed,
		demo.SceneDelegator, demo.SceneDelegate: // left above
	}
	if err := a.send(ctx, form.PDF); err != nil {
		return err
	}
	return a.reviewed(ctx, form.DossierID)
}

// file files a domanda where the scene has one: in work at once, held, or held
// until the conversion that the scene ends with.
func (a *actor) file(ctx context.Context) error {
	scene := a.citizen.Scene
	if scene != demo.SceneOpen && scene != demo.SceneConverted && scene != demo.SceneSuperseded {
		return nil
	}
	service := "riscatto-laurea"
	if a.citizen.Position == string(dossier.CategoryPensioner) {
		service = "ricostituzione-pensione"
	}
	_, err := a.services.catalogue.File(ctx, a.self(), catalogue.Draft{Service: service, Key: "demo"})
	return err
}

// superseded opens a dossier for a PIN that is dispositivo already, and closes it.
func (a *actor) superseded(ctx context.Context) error {
	id := ident.New(a.now)
	tok, err := token.Mint(rand.Reader, a.house.keys.Derive(formTokenKey, 32))
	if err != nil {
		return err
	}
	_, err = a.house.store.Apply(ctx, dossier.Change{Actor: dossier.System("demo"), Effects: []dossier.Effect{dossier.OpenDossier{
		Dossier: dossier.Dossier{ID: id, HolderID: a.holder.ID, PINIssueID: a.holder.PIN.ID, Office: demoOffice, FormVersion: "CP-1"},
		Form:    a.holder.Person, TokenID: tok.ID, StatusCode: "superseded-" + id,
	}}})
	if err != nil {
		return err
	}
	_, err = a.house.store.Apply(ctx, dossier.Change{
		Actor: dossier.System("demo"), Dossier: &dossier.Move{ID: id, Event: dossier.EventSuperseded},
	})
	return err
}

// paperwork says what a citizen's document lacks or has too much.
type paperwork struct{ unsigned, withoutID, expiredID bool }

// document signs the form and adds a specimen identity page, in the sandbox.
func (a *actor) document(ctx context.Context, pool *sandbox.Pool, form []byte, p paperwork) ([]byte, error) {
	work := sandbox.Composition{Base: form, OverlayPage: 1}
	if !p.unsigned {
		signature, err := demo.Signature(a.citizen, a.now)
		if err != nil {
			return nil, fmt.Errorf("draw signature: %w", err)
		}
		work.Overlay = signature
	}
	if !p.withoutID {
		passport, err := demo.SpecimenPassport(a.citizen, a.now, demo.SpecimenOptions{Expired: p.expiredID})
		if err != nil {
			return nil, fmt.Errorf("draw specimen: %w", err)
		}
		work.Append = append(work.Append, passport)
	}
	return pool.Compose(ctx, work)
}

func (a *actor) send(ctx context.Context, form []byte) error {
	document, err := form, error(nil)
	switch a.citizen.Scene { //nolint:exhaustive // the others send nothing
	case demo.SceneWaiting: // the bare form alone
	case demo.SceneQuarantined:
		document, err = demo.ActivePage(a.now)
	case demo.SceneReviewing, demo.SceneWarned, demo.SceneSecondReview, demo.SceneConverted, demo.SceneRejected:
		document, err = a.document(ctx, a.pool, form, paperwork{expiredID: a.citizen.Scene == demo.SceneWarned})
	case demo.SceneNone, demo.SceneDispositivo, demo.SceneOpen, demo.SceneExpired, demo.SceneWithdrawn, demo.SceneSuperseded:
		return nil // nothing is sent
	}
	if err != nil {
		return err
	}
	_, err = a.services.door.Accept(ctx, intake.Arrival{Actor: a.self(), Filename: "modulo.pdf", Body: bytes.NewReader(document)})
	return err
}

// reviewed plays the reviewer where the scene has one.
func (a *actor) reviewed(ctx context.Context, dossierID string) error {
	verdict := review.Verdict{Action: dossier.ActionApprove, Note: "Dati e firma coincidono."}
	desk := a.services.desk
	switch a.citizen.Scene { //nolint:exhaustive // the others are not reviewed
	case demo.SceneConverted:
	case demo.SceneSecondReview:
		desk = review.NewDesk(review.Config{
			Store: a.house.store, Pictures: a.house.vault, Clock: a.house.clock, Lease: review.DefaultLease, FourEyes: true,
		})
	case demo.SceneRejected:
		verdict = review.Verdict{Action: dossier.ActionReject, Reason: dossier.ReasonIDIllegible, Note: "Fotografia sfocata, numero non leggibile."}
	case demo.SceneNone, demo.SceneDispositivo, demo.SceneOpen, demo.SceneWaiting, demo.SceneReviewing, demo.SceneWarned,
		demo.SceneExpired, demo.SceneWithdrawn, demo.SceneSuperseded, demo.SceneQuarantined:
		return nil
	}
	if err := a.await(ctx, dossierID, dossier.StateReviewing); err != nil {
		return err
	}
	account, err := a.house.store.OperatorByName(ctx, "supervisore")
	if err != nil {
		return err
	}
	return decideAs(ctx, desk, account.Actor(), dossierID, verdict)
}

func decideAs(ctx context.Context, desk *review.Desk, who dossier.Actor, dossierID string, v review.Verdict) error {
	claim, err := desk.Claim(ctx, who, dossierID)
	if err != nil {
		return err
	}
	for _, p := range claim.Pages {
		if _, err := desk.Page(ctx, who, p.DocumentID, p.N, review.SizeFull); err != nil {
			return err
		}
	}
	v.Version = claim.Version
	_, err = desk.Decide(ctx, who, claim.ID, v)
	return err
}

// await waits until the workers have brought the dossier so far.
func (a *actor) await(ctx context.Context, id string, want dossier.State) error {
	tick := a.house.clock.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		d, err := a.house.store.Dossier(ctx, id)
		if err != nil || d.State == want {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C():
		}
	}
	return fmt.Errorf("the dossier never came to %s", want)
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
