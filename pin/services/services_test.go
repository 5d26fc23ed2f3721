package services_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/services"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	someCF  = "PRVDAA80A41H501X"
	otherCF = "PRVDAA80A41H501Y"
)

func catalogue(t *testing.T) services.Catalogue {
	t.Helper()
	c, err := services.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newDesk(t *testing.T, h house.House) *services.Desk {
	t.Helper()
	return services.New(services.Config{Store: h.Store, Clock: h.Clock, Catalogue: catalogue(t), Agency: "INPS", Portal: "https://pin.example"})
}

// worker is enrolled in the fund of private employees.
func worker(h house.House, cf string) dossier.Holder {
	h.T.Helper()
	holder := h.AddHolder(cf)
	holder.Person.Standing = dossier.Standing{Position: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}}
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: holder.ID, Person: holder.Person, Version: holder.Version},
	}})
	holder.Version++
	return holder
}

// proves B7: one row for each rule, and what stands before what.
func TestDecide(t *testing.T) {
	t.Parallel()
	private, public := []dossier.Fund{dossier.FundPrivate}, []dossier.Fund{dossier.FundPublic}
	working := services.Who{Category: dossier.CategoryWorker, Funds: private, Kind: dossier.Dispositivo}
	as := func(w services.Who, change func(*services.Who)) services.Who { change(&w); return w }
	kind := func(k dossier.Kind) services.Who { return as(working, func(w *services.Who) { w.Kind = k }) }
	for _, tt := range []struct {
		name, service string
		who           services.Who
		want          services.Decision
	}{
		{"first half, marked for it", "uffici-e-recapiti", kind(dossier.Semplificato), services.Decision{Open: true}},
		{"first half, files what is marked", "indennita-emergenza", kind(dossier.Semplificato), services.Decision{Open: true}},
		{"first half, consulting", "estratto-conto", kind(dossier.Semplificato), services.Decision{Rule: dossier.CodeServiceActivate}},
		{"first half, acting", "naspi", kind(dossier.Semplificato), services.Decision{Rule: dossier.CodeServiceActivate}},
		{"ordinario, marked for the first half", "uffici-e-recapiti", kind(dossier.Ordinario), services.Decision{Open: true}},
		{"ordinario, consulting", "estratto-conto", kind(dossier.Ordinario), services.Decision{Open: true}},
		{"ordinario, acting, may be held", "naspi", kind(dossier.Ordinario), services.Decision{Held: true, Rule: dossier.CodeServiceDispositivo}},
		{"ordinario, acting, may not", "cambio-iban", kind(dossier.Ordinario), services.Decision{Rule: dossier.CodeServiceDispositivo}},
		{"dispositivo, acting", "naspi", working, services.Decision{Open: true}},
		{"no PIN that may be used", "uffici-e-recapiti", kind(""), services.Decision{Rule: dossier.CodeServiceSuspended}},
		{"a worker at a pensioner's", "cedolino-pensione", working, services.Decision{Rule: dossier.CodeServiceCategory}},
		{
			"a pensioner at a worker's", "naspi", as(working, func(w *services.Who) { w.Category = dossier.CategoryPensioner }),
			services.Decision{Rule: dossier.CodeServiceCategory},
		},
		{
			"nothing in the archives", "naspi", as(working, func(w *services.Who) { w.Category = "" }),
			services.Decision{Rule: dossier.CodeServiceCategory},
		},
		{"private fund at the public one's", "trattamento-fine-servizio", working, services.Decision{Rule: dossier.CodeServiceFund}},
		{"public fund at the private one's", "naspi", as(working, func(w *services.Who) { w.Funds = public }), services.Decision{Rule: dossier.CodeServiceFund}},
		{
			"one of several funds", "naspi", as(working, func(w *services.Who) { w.Funds = append(slices.Clone(public), private...) }),
			services.Decision{Open: true},
		},
		{
			"what no conversion mends comes first", "trattamento-fine-servizio", kind(dossier.Ordinario),
			services.Decision{Rule: dossier.CodeServiceFund},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := catalogue(t).Get(tt.service)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Decide(tt.who); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			s.Closed = true
			if got := s.Decide(tt.who); got != (services.Decision{Rule: dossier.CodeServiceClosed}) {
				t.Errorf("closed: got %+v", got)
			}
		})
	}
}

// proves A11, B7: the type of holder is the category of everybody but citizens.
func TestCategories(t *testing.T) {
	t.Parallel()
	for _, typ := range dossier.HolderTypes() {
		h := dossier.Holder{Type: typ, Person: dossier.Person{Standing: dossier.Standing{Position: dossier.CategoryPensioner}}}
		want := dossier.Category(typ)
		if typ == dossier.HolderCitizen {
			want = dossier.CategoryPensioner
		}
		if got := h.Category(); got != want || !slices.Contains(dossier.Categories(), got) {
			t.Errorf("%s is in category %q", typ, got)
		}
	}
	untold := dossier.Holder{Person: dossier.Person{Standing: dossier.Standing{Position: dossier.CategoryWorker}}}
	if got := untold.Category(); got != dossier.CategoryWorker {
		t.Errorf("somebody of no type is in category %q", got)
	}
	if slices.Contains(dossier.Categories(), dossier.Category(dossier.HolderCitizen)) {
		t.Error("a citizen is a worker or a pensioner")
	}
}

// A catalogue with a slip in it does not come into force.
func TestCatalogueIsChecked(t *testing.T) {
	t.Parallel()
	const good = `{"id":"a-b","name":{"it":"n","en":"n"},"about":{"it":"a","en":"a"},"access":"act","domanda":true,"may_be_held":true,"categories":["worker"],"funds":["public"]}`
	if _, err := services.Read(strings.NewReader(`{"services":[` + good + `]}`)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"a-b"`, `"A b"`},
		{`"en":"n"`, `"en":""`},
		{`"it":"a"`, `"it":""`},
		{`"act"`, `"acting"`},
		{`"worker"`, `"workers"`},
		{`"public"`, `"publico"`},
		{`"domanda":true`, `"domanda":false`},
		{`"act"`, `"consult"`},
		{`"act"`, `"simplified"`},
		{`"access"`, `"acess"`},
		{`"access"`, `"page":"/sedi","access"`}, // something is filed there
		{`"access":"act","domanda":true,"may_be_held":true`, `"access":"consult","page":"https://elsewhere.example/"`},
		{`"access":"act","domanda":true,"may_be_held":true`, `"access":"consult","page":"//elsewhere.example"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if _, err := services.Read(strings.NewReader(`{"services":[` + bad + `]}`)); err == nil {
			t.Errorf("%s for %s is taken", change[1], change[0])
		}
	}
	for _, whole := range []string{`{"services":[]}`, `{"services":[` + good + `,` + good + `]}`, `{"services":[` + good + `]}{}`} {
		if _, err := services.Read(strings.NewReader(whole)); err == nil {
			t.Errorf("%s is taken", whole)
		}
	}
}

// proves B7: entering is refused by the rule that the list names, and written down when not.
func TestEnter(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, holder := newDesk(t, h), worker(h, someCF)
	offers, err := d.List(t.Context(), house.Citizen(holder))
	if err != nil || len(offers) < 12 {
		t.Fatalf("%d services, %v", len(offers), err)
	}
	for _, o := range offers {
		_, err := d.Enter(t.Context(), house.Citizen(holder), o.ID)
		if o.Open {
			house.WantCode(t, err, "")
		} else {
			house.WantCode(t, err, o.Rule)
		}
		log, err := h.History(t.Context(), o.ID)
		if err != nil || (len(log) == 1) != o.Open {
			t.Errorf("%s: log %+v, %v", o.ID, log, err)
		}
	}
	_, err = d.Enter(t.Context(), house.Citizen(holder), "no-such-service")
	house.WantCode(t, err, dossier.CodeNotFound)
	_, err = d.List(t.Context(), house.Reviewer("op"))
	house.WantCode(t, err, dossier.CodeForbidden)
}

// proves B9: an identity of level 2 opens what PIN dispositivo opens, whatever the
// holder's PIN is or does; with that PIN the same holder stays where it stands.
func TestIdentityOpensWhatDispositivoOpens(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		d, holder := newDesk(t, h), worker(h, someCF)
		byPIN := house.Citizen(holder)
		for _, way := range []dossier.Way{dossier.WaySPID, dossier.WayCIE, dossier.WayCNS} {
			actor := byPIN
			actor.Way = way
			filed, err := d.File(t.Context(), actor, services.Draft{Service: "cambio-iban"})
			if err != nil || filed.State != dossier.DomandaInWork || filed.HolderID != holder.ID {
				t.Errorf("%s: filed %+v, %v", way, filed.Domanda, err)
			}
		}
		_, err := d.File(t.Context(), byPIN, services.Draft{Service: "cambio-iban"})
		house.WantCode(t, err, dossier.CodeServiceDispositivo)
		if held, err := d.File(t.Context(), byPIN, services.Draft{Service: "naspi"}); err != nil || held.State != dossier.DomandaHeld {
			t.Errorf("by PIN ordinario: %+v, %v", held.Domanda, err)
		}

		h.MovePIN(holder.PIN.ID, dossier.PINEventRevoked)
		byCIE := byPIN
		byCIE.Way = dossier.WayCIE
		if filed, err := d.File(t.Context(), byCIE, services.Draft{Service: "naspi"}); err != nil || filed.State != dossier.DomandaInWork {
			t.Errorf("without a PIN: %+v, %v", filed.Domanda, err)
		}
		_, err = d.File(t.Context(), byPIN, services.Draft{Service: "naspi"})
		house.WantCode(t, err, dossier.CodeServiceSuspended)
	})
}
