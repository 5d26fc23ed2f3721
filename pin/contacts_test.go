package pin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

func asError(err error, target **dossier.Error) bool { return errors.As(err, target) }

// proves B11: a new contact counts only after a code sent to it was typed back,
// once; the old ones are told, each on itself.
func TestContactIsConfirmed(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		holder := w.add(dossier.PINActive)
		me := house.Citizen(holder)
		contacts := pin.NewContacts(w.Store, w.Clock, throttle.New(w.Clock, 10, time.Minute))
		waits, err := contacts.Ask(t.Context(), me, dossier.ContactMobile, "0039 333 111-2222")
		if err != nil || !waits {
			t.Fatalf("ask: %v, %v", waits, err)
		}
		if list, _ := contacts.List(t.Context(), me); list.Mobile != "+39333000000" {
			t.Errorf("the new number counts before it is confirmed: %+v", list)
		}
		asked := w.Told(dossier.MessageContactCode)
		if len(asked) != 1 || asked[0].To == nil || asked[0].To.Value != "+393331112222" {
			t.Fatalf("told %+v", asked)
		}
		code := w.deliver(holder, dossier.MessageContactCode)["code"]
		house.WantCode(t, contacts.Confirm(t.Context(), me, "AAAAAAAA"), dossier.CodeChallengeWrong)
		if err := contacts.Confirm(t.Context(), me, code); err != nil {
			t.Fatal(err)
		}
		house.WantCode(t, contacts.Confirm(t.Context(), me, code), dossier.CodeChallengeWrong)
		list, err := contacts.List(t.Context(), me)
		if err != nil || list.Mobile != "+393331112222" || !list.Confirmed(dossier.ContactMobile) || list.Marks[dossier.ContactMobile].ChangedAt.IsZero() {
			t.Errorf("contacts %+v, %v", list, err)
		}
		var told []string
		for _, m := range w.Told(dossier.MessageContactChanged) {
			told = append(told, m.To.Value)
		}
		slices.Sort(told)
		if want := []string{"+39333000000", "a@prova.example"}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

// A code may be typed wrongly five times; the sixth answer counts for nothing.
func TestChallengeHasABudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINActive)
	me := house.Citizen(holder)
	contacts := pin.NewContacts(w.Store, w.Clock, throttle.New(w.Clock, 10, time.Minute))
	if _, err := contacts.Ask(t.Context(), me, dossier.ContactEmail, "new@prova.example"); err != nil {
		t.Fatal(err)
	}
	code := w.deliver(holder, dossier.MessageContactCode)["code"]
	for range 5 {
		house.WantCode(t, contacts.Confirm(t.Context(), me, "AAAAAAAA"), dossier.CodeChallengeWrong)
	}
	house.WantCode(t, contacts.Confirm(t.Context(), me, code), dossier.CodeChallengeWrong)
}

func TestChallengeEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINActive)
	contacts := pin.NewContacts(w.Store, w.Clock, throttle.New(w.Clock, 10, time.Minute))
	if _, err := contacts.Ask(t.Context(), house.Citizen(holder), dossier.ContactEmail, "new@prova.example"); err != nil {
		t.Fatal(err)
	}
	code := w.deliver(holder, dossier.MessageContactCode)["code"]
	w.Clock.Advance(30 * time.Minute)
	house.WantCode(t, contacts.Confirm(t.Context(), house.Citizen(holder), code), dossier.CodeChallengeWrong)
}

func TestContactsAreOfTheirKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	me := house.Citizen(w.add(dossier.PINActive))
	contacts := pin.NewContacts(w.Store, w.Clock, throttle.New(w.Clock, 100, time.Minute))
	for kind, values := range map[dossier.ContactKind][]string{
		dossier.ContactEmail:  {"", "a", "a@b", "Anna <a@b.example>", "a@b.example\r\nBcc: c@d.example"},
		dossier.ContactMobile: {"", "333 1112222", "+39", "+39 333 abc", "+1234567890123456"},
		"pigeon":              {"a@b.example"},
	} {
		for _, value := range values {
			_, err := contacts.Ask(t.Context(), me, kind, value)
			house.WantCode(t, err, dossier.CodeContactInvalid)
		}
	}
	if waits, err := contacts.Ask(t.Context(), me, dossier.ContactPhone, "+54 11 1234 5678"); waits || err != nil {
		t.Errorf("a telephone at home waits for a code: %v, %v", waits, err)
	}
	_, err := contacts.Ask(t.Context(), house.Reviewer("op"), dossier.ContactPhone, "+54 11 1234 5678")
	house.WantCode(t, err, dossier.CodeForbidden)
}
