package services_test

import (
	"bytes"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/services"
)

// proves B8, B10: the receipt says how the domanda stands now: it invites to convert
// while it is held, says when it was released, and names the delegate who filed it.
func TestReceiptSaysHowItStands(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	rome := time.FixedZone("Rome", 3600)
	d := services.New(services.Config{
		Store: h.Store, Clock: h.Clock, Catalogue: catalogue(t), Agency: "INPS", Portal: "https://pin.example", Rome: rome,
	})
	holder, delegate := worker(h, someCF), worker(h, otherCF)
	citizen := house.Citizen(holder)
	convert := conversion(h, holder)
	receipt := func(f services.Filed, change func(*paper.Receipt)) {
		t.Helper()
		want := paper.Receipt{
			Agency: "INPS", Portal: "https://pin.example", Protocol: f.Protocol.String(), Filed: f.Protocol.At.In(rome),
			Service: "Domanda di indennità di disoccupazione (NASpI)", Holder: "Ada Prova", HolderCode: someCF, Note: "riga",
		}
		change(&want)
		for _, lang := range []string{"it", "en"} {
			pdf, err := want.Render(lang)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := d.Receipt(t.Context(), citizen, f.ID, lang); err != nil || !bytes.Equal(got, pdf) {
				t.Errorf("%s, %s: not the receipt of %+v (%v)", f.Protocol, lang, want, err)
			}
		}
		_, err := d.Receipt(t.Context(), house.Citizen(delegate), f.ID, "it")
		house.WantCode(t, err, dossier.CodeNotFound)
	}
	held := file(t, d, holder, services.Draft{Service: "naspi", Note: " ri\u0007ga\r\n"})
	receipt(held, func(r *paper.Receipt) { r.Held = true })

	h.Clock.Advance(time.Hour)
	h.Must(convert)
	receipt(held, func(r *paper.Receipt) { r.Released = h.Clock.Now().In(rome) })
	receipt(file(t, d, holder, services.Draft{Service: "naspi", Note: "riga"}), func(*paper.Receipt) {})

	id := h.ID()
	h.Must(dossier.Change{Actor: citizen, Effects: []dossier.Effect{
		dossier.GrantDelegation{Delegation: dossier.Delegation{
			ID: id, DelegatorID: holder.ID, DelegateID: delegate.ID, Kind: dossier.DelegationPersonal,
			From: h.Clock.Now(), Until: h.Clock.Now().Add(time.Hour),
		}},
		dossier.MoveDelegation{ID: id, Event: dossier.DelegationEventAccepted},
	}})
	spid := house.Citizen(delegate)
	spid.Way, spid.Mandate = dossier.WaySPID, dossier.Mandate{DelegationID: id, HolderID: holder.ID}
	byDelegate, err := d.File(t.Context(), spid, services.Draft{Service: "naspi", Note: "riga"})
	if err != nil {
		t.Fatal(err)
	}
	receipt(byDelegate, func(r *paper.Receipt) { r.Delegate = "Ada Prova" })
}
