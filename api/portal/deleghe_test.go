package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/pin/delegation"
)

// fakeDelegation has one delegation on either side, and answers with refuse.
type fakeDelegation struct {
	refuse error
	moved  []string
}

func (f *fakeDelegation) Grant(_ context.Context, _ dossier.Actor, g delegation.Grant) (string, error) {
	f.moved = append(f.moved, "grant "+g.CodiceFiscale+" "+g.Surname+" "+g.From+" "+g.Until)
	return "g", f.refuse
}

func (f *fakeDelegation) move(what, id string) error {
	f.moved = append(f.moved, what+" "+id)
	return f.refuse
}

func (f *fakeDelegation) Accept(_ context.Context, _ dossier.Actor, id string) error {
	return f.move("accept", id)
}

func (f *fakeDelegation) Decline(_ context.Context, _ dossier.Actor, id string) error {
	return f.move("decline", id)
}

func (f *fakeDelegation) End(_ context.Context, _ dossier.Actor, id string) error {
	return f.move("end", id)
}

func (f *fakeDelegation) Mandate(_ context.Context, _ dossier.Actor, id string) (dossier.Mandate, error) {
	return dossier.Mandate{DelegationID: id, HolderID: "holder-b"}, f.refuse
}

func (f *fakeDelegation) List(context.Context, dossier.Actor) ([]delegation.View, error) {
	view := func(id string, state dossier.DelegationState, delegate bool) delegation.View {
		return delegation.View{
			Delegation: dossier.Delegation{ID: id, Kind: dossier.DelegationPersonal, State: state, From: noon(), Until: noon().AddDate(1, 0, 0)},
			LastDay:    noon().AddDate(1, 0, 0).Add(-time.Second),
			Other:      "Bea <Prova>", Delegate: delegate, InForce: state == dossier.DelegationActive,
		}
	}
	return []delegation.View{
		view("given", dossier.DelegationActive, false), view("asked", dossier.DelegationOffered, true), view("taken", dossier.DelegationActive, true),
	}, nil
}

// ActFor keeps the mandate in the session.
func (f fakeSessions) ActFor(_ context.Context, s session.Session, m dossier.Mandate) error {
	s.Mandate = m
	f[s.Token] = s
	return nil
}

// proves B10: granting, accepting, ending and choosing whom to act for, in the own
// session; every page says so while one acts for another.
func TestDelegationPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.get("/deleghe", signedIn, "it").Body.String()
	wantIn(t, "list", page, "Bea &lt;Prova&gt;", "/deleghe/given/fine", "/deleghe/asked/accettazione", "/deleghe/asked/rifiuto", "/deleghe/taken/agire")
	token := url.Values{"csrf": {"csrf-a"}}
	grant := url.Values{"csrf": {"csrf-a"}, "codice_fiscale": {"X"}, "cognome": {"Y"}, "dal": {"2026-06-01"}, "fino": {"2026-12-31"}}
	for _, path := range []string{"/deleghe/asked/accettazione", "/deleghe/asked/rifiuto", "/deleghe/given/fine"} {
		if w := b.post(path, signedIn, "it", token); w.Header().Get("Location") != "/deleghe?fatto=1" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := b.post("/deleghe", signedIn, "it", grant); w.Code != http.StatusSeeOther {
		t.Errorf("granted: %d", w.Code)
	}
	want := []string{"accept asked", "decline asked", "end given", "grant X Y 2026-06-01 2026-12-31"}
	for i, what := range want {
		if len(b.deleghe.moved) != len(want) || b.deleghe.moved[i] != what {
			t.Fatalf("moved %q, want %q", b.deleghe.moved, want)
		}
	}
	b.deleghe.refuse = problem(dossier.CodeDelegationDelegate)
	w := b.post("/deleghe", signedIn, "en", grant)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("refused: %d", w.Code)
	}
	wantIn(t, "refused", w.Body.String(), "This person cannot be a delegate", `value="2026-06-01"`, `value="2026-12-31"`, `aria-invalid="true"`)
	b.deleghe.refuse = nil

	if w := b.post("/deleghe/taken/agire", signedIn, "it", token); w.Header().Get("Location") != "/servizi" {
		t.Errorf("act: %d", w.Code)
	}
	if got := b.sessions["token-a"].Mandate; got != (dossier.Mandate{DelegationID: "taken", HolderID: "holder-b"}) {
		t.Errorf("mandate %+v", got)
	}
	wantIn(t, "acting", b.get("/servizi", signedIn, "it").Body.String(), "Sta agendo per un&#39;altra persona.")
	if b.catalogue.asked.Mandate.HolderID != "holder-b" {
		t.Errorf("services are asked as %+v", b.catalogue.asked)
	}
	wantIn(t, "list", b.get("/deleghe", signedIn, "it").Body.String(), "/deleghe/per-me")
	if b.post("/deleghe/per-me", signedIn, "it", token); b.sessions["token-a"].Mandate != (dossier.Mandate{}) {
		t.Error("still acts for another")
	}
}
