package request_test

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/passhash"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
	"dispositivo/pin/request"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"
	// provisional is a code of eleven digits, with the check digit of a partita IVA.
	provisional = "12345678903"
)

// world is a house where PINs are asked for.
type world struct {
	house.House
	*request.Service
	hasher *passhash.Hasher
}

func newWorld(t *testing.T, h house.House, change ...func(*request.Config)) world {
	t.Helper()
	places, err := codicefiscale.ReadPlaces([]byte("F205\tMI\t\t\tMilano\nH501\tRM\t\t\tRoma\nZ133\tCH\t\t\tSvizzera\n"))
	check(t, err)
	cfg := request.Config{
		Store: h.Store, Clock: h.Clock, Hasher: passhash.New(h.Keys.Pepper()), Places: places, Eligibility: gate(t, h, request.Since2021),
		Window: pin.DefaultPolicy().Window, Agency: "INPS", Portal: "https://pin.example", Office: house.Office,
		Tries: throttle.New(h.Clock, 1000, time.Second), Told: throttle.New(h.Clock, 3, time.Hour),
	}
	for _, c := range change {
		c(&cfg)
	}
	return world{House: h, Service: request.New(cfg), hasher: cfg.Hasher}
}

func gate(t *testing.T, h house.House, p request.Profile) request.Eligibility {
	t.Helper()
	rome, err := time.LoadLocation("Europe/Rome")
	check(t, err)
	e, err := request.NewEligibility(p, h.Clock, rome)
	check(t, err)
	return e
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mario is somebody who may ask.
func mario(cf string) request.Ask {
	return request.Ask{
		Person: dossier.Person{
			CodiceFiscale: cf, Surname: "Rossi", Name: "Mario", Birth: "1972-07-09", Sex: "M", BirthPlace: "Roma", BirthProvince: "RM",
			Address:  dossier.Address{Street: "Langstrasse 1", Postcode: "8005", City: "Zurigo", Province: "ZH", State: "Svizzera"},
			Contacts: dossier.Contacts{Email: "mario@prova.example", Mobile: "+41 76 000 00 00", Phone: "0041 44 000 00 00"},
			Document: dossier.Document{Type: "identity_card", Number: "C1234567", Issuer: "Stadt Zürich", Expiry: "2030-01-31"}, Lang: "it",
		},
		Band: dossier.BandMorning, Source: "192.0.2.1", Confirmed: contradicting(cf),
	}
}

// contradicting are the parts in which mario contradicts a code that is not his.
func contradicting(cf string) []string {
	if cf == otherCF {
		return []string{string(codicefiscale.PartBirth)}
	}
	return nil
}

// ask is mario's request, changed.
func ask(change func(*request.Ask)) request.Ask {
	a := mario(someCF)
	change(&a)
	return a
}

func (w world) onFile(cf string) dossier.Holder {
	w.T.Helper()
	h, err := w.HolderByCF(w.T.Context(), cf)
	check(w.T, err)
	return h
}

// waiting is the only request on the list, opened by an operator.
func (w world) waiting() dossier.PINRequest {
	w.T.Helper()
	list, err := w.List(w.T.Context(), operator)
	check(w.T, err)
	if len(list) != 1 {
		w.T.Fatalf("%d requests wait, want 1", len(list))
	}
	r, _, err := w.View(w.T.Context(), operator, list[0].ID)
	check(w.T, err)
	return r
}

func (w world) record(r dossier.PINRequest, c request.Call) error {
	w.T.Helper()
	c.Version = r.Issue.Version
	return w.Record(w.T.Context(), operator, r.ID, c)
}

var operator = house.Reviewer("operatore")

// proves A1: who is not on file is brought in, with a request that waits for the
// call and a first half on its way to the contact given.
func TestAskOnline(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		check(t, w.Ask(t.Context(), mario(" rssmra72l09 h501s ")))
		got := w.onFile(someCF)
		if got.PIN.State != dossier.PINRequested || got.PIN.Kind != dossier.Ordinario || got.PIN.Channel != dossier.PINOnline {
			t.Errorf("issue: %+v", got.PIN)
		}
		if got.Type != dossier.HolderCitizen || got.Office != house.Office || got.Person.Contacts.Phone != "+41440000000" {
			t.Errorf("holder: %+v", got)
		}
		if told := w.Told(dossier.MessageFirstHalf); len(told) != 1 || told[0].To.Value != "mario@prova.example" || told[0].Values != nil {
			t.Errorf("first half: %+v", told)
		}
		r := w.waiting()
		if r.DueAt != w.Clock.Now().Add(48*time.Hour) || r.Band != dossier.BandMorning || r.Asked.Person.Surname != "Rossi" {
			t.Errorf("request: %+v", r)
		}
	})
}

func args(err error) map[string]string {
	if e, ok := err.(*dossier.Error); ok { //nolint:errorlint // these are not wrapped
		return e.Args
	}
	return nil
}

// proves A1: who has a PIN is told on the contacts on file, a few times, and
// nothing else happens; the asker gets the same answer.
func TestAskingForWhoHasAPIN(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		before := h.AddHolder(someCF)
		for range 5 {
			check(t, w.Ask(t.Context(), mario(someCF)))
		}
		if after := w.onFile(someCF); after.Version != before.Version || after.PIN != before.PIN {
			t.Errorf("changed: %+v, was %+v", after, before)
		}
		if list, err := w.List(t.Context(), operator); err != nil || len(list) != 0 {
			t.Errorf("requests wait: %v, %v", list, err)
		}
		entries, err := w.History(t.Context(), before.ID)
		check(t, err)
		asked := slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Action != "pin_request.asked_again" })
		if len(asked) != 5 {
			t.Errorf("%d requests in the log, want 5", len(asked))
		}
		told := w.Told(dossier.MessageAskedAgain)
		if len(told) != 3 || told[0].To != nil || len(w.Told(dossier.MessageFirstHalf)) != 0 {
			t.Errorf("told: %+v", told)
		}
	})
}

// A stranger's request leaves what is on file, and gets no half to a contact of
// his own: not even when the person has no PIN.
//
// proves A1 A3
func TestAskingForSomebodyOnFile(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		before := h.AddHolder(someCF)
		h.MovePIN(before.PIN.ID, dossier.PINEventRevoked)
		check(t, w.Ask(t.Context(), mario(someCF)))
		if after := w.onFile(someCF); after.Version != before.Version || after.Person.Surname != "Prova" || after.PIN.State != dossier.PINRequested {
			t.Errorf("on file: %+v", after)
		}
		if told := w.Told(dossier.MessageFirstHalf); len(told) != 0 {
			t.Errorf("first half: %+v", told)
		}
		check(t, w.record(w.waiting(), request.Call{Outcome: request.Confirmed}))
		after := w.onFile(someCF)
		if after.Person.Surname != "Rossi" || after.Person.Contacts.Email != "mario@prova.example" || after.Person.Contacts.Confirmed(dossier.ContactEmail) {
			t.Errorf("on file after the call: %+v", after.Person)
		}
		if told := w.Told(dossier.MessageFirstHalf); len(told) != 1 || told[0].To.Value != "mario@prova.example" {
			t.Errorf("first half after the call: %+v", told)
		}
		if told := w.Told(dossier.MessageContactChanged); len(told) != 1 || told[0].To.Value != "ada@prova.example" {
			t.Errorf("the old contact: %+v", told)
		}
	})
}

// TestContactsThatGiveWay: an old contact is told when another takes its place, if
// messages can reach it; the language on file stays, and so does the proof of what was said again.
func TestContactsThatGiveWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.AddHolder(someCF)
	h.Person.Lang = "en"
	h.Person.Contacts = dossier.Contacts{Email: "ada@prova.example", Phone: "+390600000000"}.With(dossier.ContactMobile, "+41760000000", w.Clock.Now(), true)
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: h.Person, Version: h.Version}}})
	w.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
	check(t, w.Ask(t.Context(), mario(someCF)))
	check(t, w.record(w.waiting(), request.Call{Outcome: request.Confirmed}))
	if told := w.Told(dossier.MessageContactChanged); len(told) != 1 || told[0].To.Value != "ada@prova.example" {
		t.Errorf("told: %+v", told)
	}
	if p := w.onFile(someCF).Person; p.Lang != "en" || p.Contacts.Phone != "+41440000000" || !p.Contacts.Confirmed(dossier.ContactMobile) {
		t.Errorf("on file: %+v", p)
	}
}

// A proved contact on file gets the first half at once.
//
// proves A1
func TestFirstHalfGoesToAProvedContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.AddHolder(someCF)
	h.Person.Contacts = h.Person.Contacts.With(dossier.ContactPEC, "ada@pec.example", w.Clock.Now(), true)
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: h.Person, Version: h.Version}}})
	w.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
	check(t, w.Ask(t.Context(), mario(someCF)))
	if told := w.Told(dossier.MessageFirstHalf); len(told) != 1 || told[0].To.Value != "ada@pec.example" {
		t.Errorf("first half: %+v", told)
	}
	check(t, w.record(w.waiting(), request.Call{Outcome: request.Confirmed}))
	if told := w.Told(dossier.MessageFirstHalf); len(told) != 1 {
		t.Errorf("first half sent again: %+v", told)
	}
}

// A first half goes to the e-mail address before the PEC, and that before the mobile.
func TestFirstHalfPrefersEmail(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*dossier.Contacts){
		"mario@prova.example": func(c *dossier.Contacts) { c.PEC = "mario@pec.example" },
		"mario@pec.example":   func(c *dossier.Contacts) { c.Email, c.PEC = "", "mario@pec.example" },
		"+41760000000":        func(c *dossier.Contacts) { c.Email = "" },
	} {
		w := newWorld(t, house.New(t))
		check(t, w.Ask(t.Context(), ask(func(a *request.Ask) { change(&a.Person.Contacts) })))
		check(t, w.record(w.waiting(), request.Call{Outcome: request.Confirmed}))
		if told := w.Told(dossier.MessageFirstHalf); len(told) != 1 || told[0].To.Value != want {
			t.Errorf("%s: %+v", want, told)
		}
	}
}

// An issue that lapsed before anybody was reached is asked for once more.
//
// proves A3 A8
func TestAskingAgainAfterTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	check(t, w.Ask(t.Context(), mario(someCF)))
	first := w.onFile(someCF).PIN
	w.MovePIN(first.ID, dossier.PINEventWindowPassed)
	if list, err := w.List(t.Context(), operator); err != nil || len(list) != 0 {
		t.Errorf("a lapsed request waits: %v, %v", list, err)
	}
	check(t, w.Ask(t.Context(), mario(someCF)))
	if again := w.onFile(someCF).PIN; again.ID != first.ID || again.State != dossier.PINRequested {
		t.Errorf("issue: %+v, was %+v", again, first)
	}
	check(t, w.record(w.waiting(), request.Call{Outcome: request.Confirmed}))
}

// proves A1 A3: two requests for one codice fiscale at once make one person, one
// issue and one call.
func TestTwoRequestsAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		h.MovePIN(h.AddHolder(otherCF).PIN.ID, dossier.PINEventRevoked)
		for _, cf := range []string{someCF, otherCF} {
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if err := w.Ask(t.Context(), mario(cf)); err != nil {
						t.Errorf("ask: %v", err)
					}
				})
			}
			wg.Wait()
		}
		list, err := w.List(t.Context(), operator)
		check(t, err)
		if len(list) != 2 || len(w.Told(dossier.MessageFirstHalf)) != 1 || len(w.Told(dossier.MessageAskedAgain)) != 6 {
			t.Errorf("%d requests, %d first halves, %d told again", len(list), len(w.Told(dossier.MessageFirstHalf)), len(w.Told(dossier.MessageAskedAgain)))
		}
	})
}

// proves A2: who may ask, by profile and day.
func TestEligibility(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	abroad, italy := mario(someCF).Person, mario(someCF).Person
	italy.Address = dossier.Address{Street: "Via Appia 1", Postcode: "00100", City: "Roma", Province: "RM", State: " ITALIA "}
	documented := abroad
	documented.ItalianDocument = true
	for _, c := range []struct {
		profile request.Profile
		person  dossier.Person
		may     bool
	}{
		{request.Since2021, abroad, true},
		{request.Since2021, italy, false},
		{request.Since2021, documented, false},
		{request.Before2021, abroad, true},
		{request.Before2021, italy, true},
		{request.Before2021, documented, true},
	} {
		if err := gate(t, h, c.profile).Check(c.person); (err == nil) != c.may || err != nil && dossier.CodeOf(err) != dossier.CodePINNotEligible {
			t.Errorf("%s %q %v: %v", c.profile, c.person.Address.State, c.person.ItalianDocument, err)
		}
	}
	if _, err := request.NewEligibility("someday", h.Clock, time.UTC); err == nil {
		t.Error("a profile that there is not")
	}
}

// proves A2: the policy has its date: the gate closes with the first of October 2021 in
// Rome, not a second before or after.
func TestEligibilityHasItsDate(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	italy := mario(someCF).Person
	italy.Address = dossier.Address{State: "Italia"}
	for at, may := range map[time.Time]bool{
		time.Date(2021, time.September, 30, 21, 59, 59, 0, time.UTC): true,
		time.Date(2021, time.September, 30, 22, 0, 0, 0, time.UTC):   false,
	} {
		gate, err := request.NewEligibility(request.Since2021, clock.NewStub(at), rome)
		if err != nil {
			t.Fatal(err)
		}
		if err := gate.Check(italy); (err == nil) != may {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// proves A2: every channel asks the same gate, and a correction too.
func TestEveryChannelAsksTheGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	check(t, w.Ask(t.Context(), mario(otherCF)))
	r := w.waiting()
	a := ask(func(a *request.Ask) { a.Person.ItalianDocument = true })
	house.WantCode(t, w.Service.Begin(a.Person), dossier.CodePINNotEligible)
	house.WantCode(t, w.Ask(t.Context(), a), dossier.CodePINNotEligible)
	_, err := w.ByPhone(t.Context(), operator, a)
	house.WantCode(t, err, dossier.CodePINNotEligible)
	_, err = w.ByOffice(t.Context(), operator, request.AtCounter{Ask: a, Verified: true})
	house.WantCode(t, err, dossier.CodePINNotEligible)
	a.Person.CodiceFiscale, a.Confirmed = otherCF, contradicting(otherCF)
	house.WantCode(t, w.record(r, request.Call{Outcome: request.Corrected, Data: a}), dossier.CodePINNotEligible)
	if list, err := w.List(t.Context(), operator); err != nil || len(list) != 1 {
		t.Errorf("off the list: %v, %v", list, err)
	}
}
