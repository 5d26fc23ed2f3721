package revocation_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/passhash"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
	"dispositivo/pin/revocation"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Two valid codes of nobody.
const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"
)

type world struct {
	house.House
	service *revocation.Service
	minter  *pin.Minter
	writes  []string
}

// Apply notes what is written, by kind.
func (w *world) Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error) {
	w.writes = append(w.writes, fmt.Sprint("change ", ch.PIN != nil, ch.Closes != ""))
	for _, e := range ch.Effects {
		w.writes = append(w.writes, fmt.Sprintf("%T", e))
	}
	return w.Store.Apply(ctx, ch)
}

func (w *world) TryLoss(ctx context.Context, kind dossier.LossKind, handle string, limit int) (dossier.Loss, error) {
	l, err := w.Store.TryLoss(ctx, kind, handle, limit)
	w.writes = append(w.writes, fmt.Sprint("try ", dossier.CodeOf(err)))
	return l, err
}

func newWorld(h house.House) *world {
	w := &world{House: h}
	w.service = revocation.New(revocation.Config{
		Store: w, Clock: h.Clock, Tries: throttle.New(h.Clock, 1000, time.Millisecond),
		Eligible: func(p dossier.Person) error {
			if p.Address.State == "" {
				return dossier.Problem(dossier.CodePINNotEligible)
			}
			return nil
		},
	})
	w.minter = pin.NewMinter(passhash.New(h.Keys.Pepper()), h.Clock, pin.DefaultPolicy(), time.UTC)
	return w
}

// add brings in a holder abroad with a PIN in a state and contacts.
func (w *world) add(state dossier.PINState, contacts dossier.Contacts) dossier.Holder {
	w.T.Helper()
	h := dossier.Holder{ID: w.ID(), Office: house.Office, Person: dossier.Person{
		CodiceFiscale: someCF, Surname: "Prova", Lang: "it", Contacts: contacts, Address: dossier.Address{State: "FR"},
	}}
	effects := []dossier.Effect{dossier.AddHolder{Holder: h}}
	if state != "" {
		effects = append(effects, dossier.OpenPIN{Issue: dossier.PINIssue{
			ID: w.ID(), HolderID: h.ID, Kind: dossier.Dispositivo, State: state, Channel: dossier.PINOffice,
		}, Hash: "hash"})
	}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: effects})
	return w.holder(h.ID)
}

func (w *world) holder(id string) dossier.Holder {
	w.T.Helper()
	h, err := w.Holder(w.T.Context(), id)
	if err != nil {
		w.T.Fatal(err)
	}
	return h
}

func goodCard() pin.Card { return pin.Card{Number: "80380000123456789012", Expiry: "2027-01-31"} }

func (w *world) ask(cf string) string {
	w.T.Helper()
	handle, err := w.service.Ask(w.T.Context(), revocation.Ask{CodiceFiscale: cf, Card: goodCard(), Source: "net"})
	if err != nil {
		w.T.Fatal(err)
	}
	return handle
}

// settle carries out what waits for a worker, and returns the code that was sent.
func (w *world) settle() (code string) {
	w.T.Helper()
	task := w.Task(dossier.TaskRevoke, "")
	if err := w.service.Settle(w.T.Context(), task.ID, task.Subject); err != nil {
		w.T.Fatal(err)
	}
	for _, m := range w.Told(dossier.MessageRevocationCode) {
		if m.Occasion != task.Subject {
			continue
		}
		minted, err := w.minter.Mint(w.T.Context(), m, w.holder(m.HolderID))
		if err != nil {
			w.T.Fatal(err)
		}
		if masked := minted.Masked["code"]; masked == "" || strings.ContainsAny(masked, minted.Values["code"][:4]) {
			w.T.Errorf("the code is masked as %q", masked) // what the holder reads again (B12)
		}
		w.Must(dossier.Change{Actor: house.Worker(), Effects: minted.Effects})
		return minted.Values["code"]
	}
	return ""
}

func (w *world) confirm(handle, code string) (bool, error) {
	return w.service.Confirm(w.T.Context(), revocation.Answer{Handle: handle, Code: code, Source: "net"})
}

// proves D2: in whatever state the PIN is, card and code revoke it, once; the open
// dossier goes with it, the holder is told, and learns whether another may be asked for.
func TestRevocation(t *testing.T) {
	t.Parallel()
	states := []dossier.PINState{
		dossier.PINRequested, dossier.PINAwaitingActivation, dossier.PINMustChange, dossier.PINActive, dossier.PINLapsed, dossier.PINUnclaimed, dossier.PINSuspended,
	}
	house.Each(t, func(t *testing.T, h house.House) {
		for i, state := range states {
			w := newWorld(h)
			holder := w.addOther(i, state)
			open := w.Begin(holder)
			handle := w.ask(holder.Person.CodiceFiscale)
			code := w.settle()
			_, err := w.confirm(handle, "AAAAAAAA")
			house.WantCode(t, err, dossier.CodeChallengeWrong)
			refused, err := w.confirm(handle, strings.ToLower(code))
			if err != nil || refused != (i%2 == 1) {
				t.Fatalf("%s: refused %t, %v", state, refused, err)
			}
			p, err := w.PINIssue(t.Context(), holder.PIN.ID)
			if err != nil || p.State != dossier.PINRevoked || w.holder(holder.ID).PIN.ID != "" || w.Get(open).State != dossier.StateSuperseded {
				t.Errorf("%s: %+v, dossier %s, %v", state, p, w.Get(open).State, err)
			}
			if n := len(w.Told(dossier.MessagePINRevoked)); n != i+1 {
				t.Errorf("%s: told %d times", state, n)
			}
			w.wantLogged(holder, "pin.revoked", "citizen:"+holder.ID, "by_holder")
			_, err = w.confirm(handle, code)
			house.WantCode(t, err, dossier.CodeChallengeWrong)
		}
	})
}

// wantLogged looks at the last row about a holder's PIN: who did what, and why.
func (w *world) wantLogged(h dossier.Holder, action, actor, reason string) {
	w.T.Helper()
	log, err := w.History(w.T.Context(), h.PIN.ID)
	if err != nil || len(log) == 0 {
		w.T.Fatalf("log %+v, %v", log, err)
	}
	last := log[len(log)-1]
	if last.Action != action || last.Actor != actor || last.HolderID != h.ID || !strings.Contains(last.Detail, `"reason":"`+reason+`"`) {
		w.T.Errorf("logged %+v", last)
	}
}

// addOther adds one of several holders; every other one lives in Italy.
func (w *world) addOther(i int, state dossier.PINState) dossier.Holder {
	w.T.Helper()
	cf, err := codicefiscale.Compute("Prova", "Ada", time.Date(1960+i, 1, 1, 0, 0, 0, 0, time.UTC), "F", "H501")
	if err != nil {
		w.T.Fatal(err)
	}
	h := dossier.Holder{ID: w.ID(), Person: dossier.Person{
		CodiceFiscale: cf.String(), Lang: "it", Contacts: dossier.Contacts{Mobile: "+393330000001", PEC: "a@pec.example"},
	}}
	if i%2 == 0 {
		h.Person.Address.State = "FR"
	}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.AddHolder{Holder: h}, dossier.OpenPIN{
		Issue: dossier.PINIssue{ID: w.ID(), HolderID: h.ID, Kind: dossier.Ordinario, State: state, Channel: dossier.PINOnline}, Hash: "hash",
	}}})
	return w.holder(h.ID)
}

// proves D2: who has neither e-mail nor PEC is told where to turn, by SMS if there
// is one; who has no PIN, nobody; a code goes to no telephone.
func TestWhereTheCodeGoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state     dossier.PINState
		contacts  dossier.Contacts
		code      string // whom it goes to
		elsewhere bool
	}{
		"e-mail":           {dossier.PINActive, dossier.Contacts{Email: "a@prova.example", Mobile: "+393330000001"}, "a@prova.example", false},
		"PEC":              {dossier.PINActive, dossier.Contacts{PEC: "a@pec.example", Mobile: "+393330000001"}, "a@pec.example", false},
		"mobile":           {dossier.PINActive, dossier.Contacts{Mobile: "+393330000001"}, "", true},
		"nothing":          {dossier.PINActive, dossier.Contacts{}, "", false},
		"no PIN":           {"", dossier.Contacts{Email: "a@prova.example"}, "", false},
		"no PIN, a mobile": {"", dossier.Contacts{Mobile: "+393330000001"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(house.New(t))
			w.add(c.state, c.contacts)
			handle := w.ask(someCF)
			code := w.settle()
			to := ""
			for _, m := range w.Told(dossier.MessageRevocationCode) {
				to = m.To.Value
			}
			if to != c.code || (code != "") != (c.code != "") || (len(w.Told(dossier.MessageRevocationElsewhere)) == 1) != c.elsewhere {
				t.Errorf("code to %q", to)
			}
			if c.code == "" {
				_, err := w.confirm(handle, "")
				house.WantCode(t, err, dossier.CodeChallengeWrong)
			}
		})
	}
}

// proves D2: what is wrong with the card or the codice fiscale is said to
// everybody alike, before anything is looked up.
func TestCard(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	for name, c := range map[string]struct {
		cf, number, expiry string
		code               dossier.Code
	}{
		"no codice fiscale": {"RSSMRA72L09H501A", goodCard().Number, goodCard().Expiry, dossier.Code(dossier.CodiceFiscaleBad)},
		"short":             {someCF, "8038000012345678901", goodCard().Expiry, dossier.CodeActivationProof},
		"letters":           {someCF, "8038000012345678901A", goodCard().Expiry, dossier.CodeActivationProof},
		"over yesterday":    {someCF, goodCard().Number, "2026-03-01", dossier.CodeActivationProof},
		"over today":        {someCF, goodCard().Number, "2026-03-02", ""},
		"no day":            {someCF, goodCard().Number, "31/01/2027", dossier.CodeActivationProof},
		"spaces":            {someCF, "8038 0000 1234 5678 9012", goodCard().Expiry, ""},
	} {
		_, err := w.service.Ask(t.Context(), revocation.Ask{CodiceFiscale: c.cf, Card: pin.Card{Number: c.number, Expiry: c.expiry}, Source: "net"})
		if got := dossier.CodeOf(err); got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
}

// proves D2: five wrong codes end a revocation, known or unknown alike, and every
// step writes the same for both.
func TestRevocationTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	w.add(dossier.PINActive, dossier.Contacts{Email: "a@prova.example"})
	var seen [][]string
	var codes []string
	for _, cf := range []string{someCF, otherCF} {
		w.writes = nil
		handle := w.ask(cf)
		asked := w.writes
		codes = append(codes, w.settle())
		w.writes = nil
		for range 7 {
			_, err := w.confirm(handle, "AAAAAAAA")
			house.WantCode(t, err, dossier.CodeChallengeWrong)
		}
		seen = append(seen, append(asked, w.writes...))
		_, err := w.confirm(handle, codes[0])
		house.WantCode(t, err, dossier.CodeChallengeWrong)
	}
	if !slices.Equal(seen[0], seen[1]) || len(seen[0]) == 0 || codes[0] == "" || codes[1] != "" {
		t.Errorf("a known code writes\n%v\nanother\n%v", seen[0], seen[1])
	}
}

// proves D2: a revocation ends with its time, and with another end of the PIN.
func TestWhatEndsARevocation(t *testing.T) {
	t.Parallel()
	w := newWorld(house.New(t))
	h := w.add(dossier.PINActive, dossier.Contacts{Email: "a@prova.example"})
	handle := w.ask(someCF)
	code := w.settle()
	w.Clock.Advance(30 * time.Minute)
	_, err := w.confirm(handle, code)
	house.WantCode(t, err, dossier.CodeChallengeWrong)
	handle = w.ask(someCF)
	code = w.settle()
	w.MovePIN(h.PIN.ID, dossier.PINEventReplaced)
	_, err = w.confirm(handle, code)
	house.WantCode(t, err, dossier.CodeChallengeWrong)
	if !w.service.Limited() {
		t.Error("the page does not warn that a new request may be refused")
	}
}
