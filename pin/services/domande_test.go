package services_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/services"
)

func draft(service, key string) services.Draft {
	return services.Draft{Service: service, Note: "fine rapporto 28 febbraio", Key: key}
}

func file(t *testing.T, d *services.Desk, holder dossier.Holder, in services.Draft) services.Filed {
	t.Helper()
	out, err := d.File(t.Context(), house.Citizen(holder), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// conversion is the change that makes an approved dossier's PIN dispositivo.
func conversion(h house.House, holder dossier.Holder) dossier.Change {
	h.T.Helper()
	id := h.Reviewing(holder)
	h.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventApproved}})
	d := h.Get(id)
	return dossier.Change{
		Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventConverted, Version: d.Version},
		Effects: []dossier.Effect{dossier.ConvertPIN{
			DossierID: id, PINIssueID: holder.PIN.ID, PINVersion: holder.PIN.Version, SeenHash: d.SeenHash(),
		}},
	}
}

// wantReleased fails when a domanda of the holder is held, or was held and not
// released, told and logged exactly once.
func wantReleased(t *testing.T, h house.House, holder dossier.Holder) {
	t.Helper()
	list, err := h.DomandeOf(t.Context(), holder.ID, 1000)
	if err != nil {
		t.Fatal(err)
	}
	released := map[string]int{}
	messages, err := h.Messages(t.Context(), holder.ID, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Kind == dossier.MessageDomandaReleased {
			released[m.Occasion]++
		}
	}
	for _, d := range list {
		want := 0
		if !d.ReleasedAt.IsZero() {
			want = 1
		}
		log, err := h.History(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		logged := 0
		for _, e := range log {
			if e.Action == "domanda.released" {
				logged++
			}
		}
		if d.State != dossier.DomandaInWork || released[d.ID] != want || logged != want {
			t.Errorf("%v: state %s, released %v, told %d times, logged %d times", d.Protocol, d.State, d.ReleasedAt, released[d.ID], logged)
		}
	}
}

// proves B8: filed with a PIN ordinario, a domanda has a number of the one
// register at once, waits, and is released by the conversion.
func TestHeldUntilConverted(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		d, holder := newDesk(t, h), worker(h, someCF)
		convert := conversion(h, holder) // takes number 1: its upload
		held := file(t, d, holder, draft("naspi", ""))
		if held.State != dossier.DomandaHeld || held.Protocol.String() != "2026/0000002" || held.Title != "Domanda di indennità di disoccupazione (NASpI)" {
			t.Errorf("filed %+v", held)
		}
		if n := len(h.Told(dossier.MessageDomandaHeld)); n != 1 {
			t.Errorf("told %d times", n)
		}
		spid := house.Citizen(holder)
		spid.Way = dossier.WaySPID
		if _, err := d.File(t.Context(), spid, draft("naspi", "")); err != nil { // in work already: nothing to release
			t.Fatal(err)
		}
		h.Must(convert)
		got, err := d.Domanda(t.Context(), house.Citizen(holder), held.ID)
		if err != nil || got.State != dossier.DomandaInWork || got.ReleasedAt.IsZero() || got.Note != held.Note || got.Protocol != held.Protocol {
			t.Errorf("after the conversion %+v, %v", got, err)
		}
		if at := file(t, d, holder, draft("naspi", "")); at.State != dossier.DomandaInWork || !at.ReleasedAt.IsZero() {
			t.Errorf("filed with dispositivo: %+v", at)
		}
		wantReleased(t, h, holder)
		_, err = d.Domanda(t.Context(), house.Citizen(h.AddHolder(otherCF)), held.ID)
		house.WantCode(t, err, dossier.CodeNotFound)
	})
}

// proves B8: a PIN dispositivo handed over at an office releases too.
func TestOfficePINReleases(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, holder := newDesk(t, h), worker(h, someCF)
	file(t, d, holder, draft("naspi", ""))
	h.Must(dossier.Change{
		Actor: house.Reviewer("op"), PIN: &dossier.PINMove{ID: holder.PIN.ID, Event: dossier.PINEventReplaced},
		Effects: []dossier.Effect{dossier.OpenPIN{Hash: "h", Issue: dossier.PINIssue{
			ID: h.ID(), HolderID: holder.ID, Kind: dossier.Dispositivo, State: dossier.PINActive, Channel: dossier.PINOffice,
		}}},
	})
	wantReleased(t, h, holder)
	if n := len(h.Told(dossier.MessageDomandaReleased)); n != 1 {
		t.Errorf("%d released", n)
	}
}

// proves B7, B8: what may not be filed takes no number.
func TestRefusedFilingTakesNoNumber(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, holder := newDesk(t, h), worker(h, someCF)
	for service, code := range map[string]dossier.Code{
		"cambio-iban": dossier.CodeServiceDispositivo, "cedolino-pensione": dossier.CodeServiceCategory,
		"trattamento-fine-servizio": dossier.CodeServiceFund, "estratto-conto": dossier.CodeServiceNoDomanda, "nothing": dossier.CodeNotFound,
	} {
		_, err := d.File(t.Context(), house.Citizen(holder), draft(service, ""))
		house.WantCode(t, err, code)
	}
	_, err := d.File(t.Context(), house.Citizen(holder), services.Draft{Service: "naspi", Note: strings.Repeat("è", services.MaxNote+1)})
	house.WantCode(t, err, dossier.CodeDomandaNote)
	_, err = d.File(t.Context(), house.Citizen(holder), services.Draft{Service: "naspi", Key: strings.Repeat("k", services.MaxKey+1)})
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	if got := file(t, d, holder, services.Draft{Service: "naspi", Note: strings.Repeat("è", services.MaxNote)}); got.Protocol.Number != 1 {
		t.Errorf("number %v", got.Protocol)
	}
	h.MovePIN(holder.PIN.ID, dossier.PINEventSuspended)
	_, err = d.File(t.Context(), house.Citizen(holder), draft("naspi", ""))
	house.WantCode(t, err, dossier.CodeServiceSuspended)
}

// proves B7, B8: what the page decided is decided again where the domanda is
// written, by the PIN as it is then: another's, or one that stopped meanwhile, files
// nothing, and nothing waits that may not.
func TestFilingIsDecidedAgain(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder, other, stopped := worker(h, someCF), worker(h, otherCF), worker(h, "PRVDAA80A41H501Z")
		h.MovePIN(stopped.PIN.ID, dossier.PINEventSuspended)
		for name, tt := range map[string]struct {
			who   dossier.Holder
			pin   string
			needs dossier.Kind
			held  bool
			want  dossier.Code
		}{
			"may not be held": {holder, holder.PIN.ID, dossier.Dispositivo, false, dossier.CodeForbidden},
			"another's PIN":   {holder, other.PIN.ID, dossier.Ordinario, false, dossier.CodeNotFound},
			"suspended":       {stopped, stopped.PIN.ID, dossier.Ordinario, false, dossier.CodeConflict},
			"may be held":     {holder, holder.PIN.ID, dossier.Dispositivo, true, ""},
			"wants no more":   {holder, holder.PIN.ID, dossier.Ordinario, false, ""},
		} {
			out, err := h.Apply(t.Context(), dossier.Change{Actor: house.Citizen(tt.who), File: &dossier.Filing{
				Domanda:    dossier.Domanda{ID: h.ID(), HolderID: tt.who.ID, Service: "s", Title: "s"},
				PINIssueID: tt.pin, Needs: tt.needs, MayBeHeld: tt.held,
			}})
			if dossier.CodeOf(err) != tt.want || err == nil && (out.Domanda.State == dossier.DomandaHeld) != tt.held {
				t.Errorf("%s: %+v, %v, want %q", name, out.Domanda, err, tt.want)
			}
		}
		list, err := h.DomandeOf(t.Context(), holder.ID, 10)
		if err != nil || len(list) != 2 || list[0].Protocol.Number != 2 || list[1].Protocol.Number != 1 {
			t.Errorf("the newest first: %+v, %v", list, err)
		}
	})
}

// proves B8: the same key is the same domanda, however much at once.
func TestFilingIsIdempotent(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		d, holder := newDesk(t, h), worker(h, someCF)
		var mu sync.Mutex
		ids, first := map[string]bool{}, 0
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				out, err := d.File(t.Context(), house.Citizen(holder), draft("naspi", "k"))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[out.ID] = true
				if !out.Repeated {
					first++
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || first != 1 {
			t.Errorf("ids %v, %d first ones", ids, first)
		}
		other := draft("naspi", "k")
		other.Note = "another"
		for _, other := range []services.Draft{other, draft("riscatto-laurea", "k")} {
			_, err := d.File(t.Context(), house.Citizen(holder), other)
			house.WantCode(t, err, dossier.CodeIdempotency)
		}
		if got := file(t, d, worker(h, otherCF), draft("naspi", "k")); got.Repeated || got.Protocol.Number != 2 {
			t.Errorf("another holder's key: %+v", got)
		}
	})
}

// proves B8: whatever the order of filing and conversion, nothing is held after
// the conversion, and nothing is released twice.
func TestNoOrderLeavesADomandaHeld(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, n := newDesk(t, h), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		holder := worker(h, "PRVDAA80A41H501X"+strconv.Itoa(n))
		convert := conversion(h, holder)
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"file", "file again", "convert"}), 1, 8).Draw(rt, "steps")
		converted, filed := false, 0
		for _, step := range append(steps, "convert") {
			switch step {
			case "file":
				filed++
				out := file(t, d, holder, draft("naspi", strconv.Itoa(filed)))
				if (out.State == dossier.DomandaHeld) == converted {
					rt.Fatalf("converted %v, and filed as %s", converted, out.State)
				}
			case "file again":
				if filed > 0 && !file(t, d, holder, draft("naspi", strconv.Itoa(filed))).Repeated {
					rt.Fatal("the same key was filed twice")
				}
			case "convert":
				if _, err := h.Apply(t.Context(), convert); (err == nil) == converted {
					rt.Fatalf("converted %v, then %v", converted, err)
				}
				converted = true
			}
		}
		list, err := h.DomandeOf(t.Context(), holder.ID, 1000)
		if err != nil || len(list) != filed {
			rt.Fatalf("%d domande, want %d (%v)", len(list), filed, err)
		}
		wantReleased(t, h, holder)
		if t.Failed() {
			rt.Fatal("see above")
		}
	})
}

// proves B8: a conversion and filings at the same moment, on both databases:
// none is left held, the register has no gap.
func TestConversionAgainstFiling(t *testing.T) {
	t.Parallel()
	raceRounds(t, 10)
}

func raceRounds(t *testing.T, rounds int) {
	t.Helper()
	house.Each(t, func(t *testing.T, h house.House) {
		d := newDesk(t, h)
		for round := range rounds {
			race(t, h, d, worker(h, "PRVDAA80A41H501X"+strconv.Itoa(round)), rand.New(rand.NewPCG(5, uint64(round))))
		}
		noGaps(t, h)
	})
}

// race starts four filings and the conversion, told apart by seeded yields.
func race(t *testing.T, h house.House, d *services.Desk, holder dossier.Holder, rnd *rand.Rand) {
	t.Helper()
	convert := conversion(h, holder)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		before := rnd.IntN(4)
		wg.Go(func() {
			<-start
			for range before { // reads take time, as a request does
				if _, err := h.Holder(t.Context(), holder.ID); err != nil {
					t.Error(err)
				}
			}
			if _, err := d.File(t.Context(), house.Citizen(holder), draft("naspi", strconv.Itoa(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Go(func() {
		<-start
		if _, err := h.Apply(t.Context(), convert); err != nil {
			t.Error(err)
		}
	})
	close(start)
	wg.Wait()
	wantReleased(t, h, holder)
}

// noGaps holds what was filed and sent against the register.
func noGaps(t *testing.T, h house.House) {
	t.Helper()
	var last int64
	err := h.EachNumber(t.Context(), func(p dossier.Protocol) error {
		if p.Number != last+1 {
			t.Errorf("%d follows %d", p.Number, last)
		}
		last = p.Number
		return nil
	})
	if err != nil || last == 0 {
		t.Errorf("the register ends with %d, %v", last, err)
	}
}
