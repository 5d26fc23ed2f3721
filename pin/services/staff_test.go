package services_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves B7, B8: an operator of the office sees what is open to a holder and how what
// was filed stands, not what was written with it; the look is logged, and nobody looks
// at oneself.
func TestStaffView(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, holder := newDesk(t, h), worker(h, someCF)
	filed := file(t, d, holder, draft("naspi", ""))
	here, own, elsewhere := house.Reviewer("op"), house.Reviewer("own"), house.Reviewer("elsewhere")
	here.Office, elsewhere.Office = house.Office, "milano"
	own.KeyedCF = h.KeyCF(someCF)
	for code, actor := range map[dossier.Code]dossier.Actor{
		dossier.CodeForbidden: house.Citizen(holder), dossier.CodeOwnDossier: own, dossier.CodeNotFound: elsewhere,
	} {
		_, err := d.View(t.Context(), actor, holder.ID)
		house.WantCode(t, err, code)
	}
	looks := func() (n int) {
		t.Helper()
		log, err := h.History(t.Context(), holder.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range log {
			if one.Action == "holder.viewed" && one.Actor == "operator:op" {
				n++
			}
		}
		return n
	}
	if n := looks(); n != 0 {
		t.Errorf("%d looks before one was granted", n)
	}
	seen, err := d.View(t.Context(), here, holder.ID)
	if err != nil || looks() != 1 {
		t.Fatalf("%+v, %v, %d looks logged", seen, err, looks())
	}
	if len(seen.Domande) != 1 || seen.Domande[0].Protocol != filed.Protocol || seen.Domande[0].State != dossier.DomandaHeld || seen.Domande[0].Note != "" {
		t.Errorf("filed %+v", seen.Domande)
	}
	theirs, err := d.List(t.Context(), house.Citizen(holder))
	if err != nil || len(theirs) != len(seen.Offers) {
		t.Fatalf("%d offers, %v", len(theirs), err)
	}
	for i, o := range seen.Offers {
		if o.ID != theirs[i].ID || o.Decision != theirs[i].Decision {
			t.Errorf("%s is %+v to the operator, %+v to the holder", o.ID, o.Decision, theirs[i].Decision)
		}
	}
	if seen.Who.Category != dossier.CategoryWorker || len(seen.Who.Funds) != 1 || seen.Who.Kind != dossier.Ordinario {
		t.Errorf("who %+v", seen.Who)
	}
}
