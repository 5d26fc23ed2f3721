package activation_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves B1: an address that was confirmed after the activation began is not sent
// the half, whoever confirmed it.
func TestContactConfirmedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), true)
	holder := w.add(dossier.PINAwaitingActivation)
	s := w.begun()
	w.Clock.Advance(time.Second)
	now, err := w.Holder(t.Context(), holder.ID)
	if err != nil {
		t.Fatal(err)
	}
	now.Person.Contacts = dossier.Contacts{}.With(dossier.ContactEmail, "a@prova.example", w.Clock.Now(), true)
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: holder.ID, Person: now.Person, Version: now.Version},
	}})
	given := map[dossier.ContactKind]string{dossier.ContactMobile: "+39333000000", dossier.ContactEmail: "a@prova.example"}
	if err := w.service.Give(t.Context(), s, given); err != nil {
		t.Fatal(err)
	}
	_, err = w.finish(s, "", w.mobileCode(holder))
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}
