package request_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/request"
)

// proves B7: what opens services is the archives' to say: nobody brings it along
// with a request, and no request takes it away.
func TestNobodySaysOwnStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	claimed := dossier.Standing{Position: dossier.CategoryPensioner, Funds: []dossier.Fund{dossier.FundPublic}}
	counter := request.AtCounter{Ask: ask(func(a *request.Ask) { a.Person.Standing = claimed }), Verified: true, Replace: true}
	_, err := w.ByOffice(t.Context(), operator, counter)
	check(t, err)
	h := w.onFile(someCF)
	if diff := cmp.Diff(dossier.Standing{}, h.Person.Standing); diff != "" {
		t.Errorf("brought along: %s", diff)
	}
	known := dossier.Standing{Position: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}}
	h.Person.Standing = known
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: h.Person, Version: h.Version}}})
	counter.Person.Address.Street = "Altra Strada 2"
	_, err = w.ByOffice(t.Context(), operator, counter)
	check(t, err)
	if got := w.onFile(someCF).Person; got.Address.Street != "Altra Strada 2" || cmp.Diff(known, got.Standing) != "" {
		t.Errorf("after another request: %+v", got)
	}
}
