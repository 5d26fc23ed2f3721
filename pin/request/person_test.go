package request_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
	"dispositivo/pin/request"
)

// proves A11: every type of holder can ask.
func TestHolderTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	for _, typ := range []dossier.HolderType{
		"citizen", "professional", "company", "consultant", "patronato", "artisan", "physician", "health_authority", "public_employee",
	} {
		_, err := w.ByOffice(t.Context(), operator, request.AtCounter{
			Ask: ask(func(a *request.Ask) { a.Type = typ }), Verified: true, Replace: true,
		})
		check(t, err)
		if got := w.onFile(someCF).Type; got != typ {
			t.Errorf("type %s, want %s", got, typ)
		}
	}
}

// proves A4: the first half is read aloud once and goes out by e-mail and SMS;
// the second goes by post; PIN ordinario.
func TestByPhone(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		half, err := w.ByPhone(t.Context(), operator, mario(someCF))
		check(t, err)
		holder := w.onFile(someCF)
		p := holder.PIN
		if p.State != dossier.PINLetterReleased || p.Kind != dossier.Ordinario || p.Channel != dossier.PINContactCentre || p.ConfirmedAt.IsZero() {
			t.Errorf("issue: %+v", p)
		}
		if p.WindowUntil != w.Clock.Now().AddDate(0, 0, 90) {
			t.Errorf("window until %v", p.WindowUntil)
		}
		var to []string
		for _, m := range w.Told(dossier.MessageFirstHalf) {
			to = append(to, m.To.Value)
			if pin.Group(m.Values["half"]) != half {
				t.Error("the message carries another half")
			}
		}
		slices.Sort(to)
		if !slices.Equal(to, []string{"+41760000000", "mario@prova.example"}) {
			t.Errorf("sent to %v", to)
		}
		secrets, err := w.PINSecrets(t.Context(), someCF)
		check(t, err)
		if right, err := w.hasher.Verify(t.Context(), secrets.First.Hash, pin.Normalize(half)); !right || err != nil || secrets.First.Class != pin.ClassVoice {
			t.Errorf("first half: right %v, %v, class %s", right, err, secrets.First.Class)
		}
		_, err = w.ByPhone(t.Context(), operator, mario(someCF))
		house.WantCode(t, err, dossier.CodePINLiving)
	})
}

// proves A7: the second half of a PIN whose first was read aloud cannot be read
// aloud too; by post it can go.
func TestHalvesNeverShareAClass(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		_, err := w.ByPhone(t.Context(), operator, mario(someCF))
		check(t, err)
		second := func(class string) error {
			_, err := w.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
				dossier.SetHalf{PINIssueID: w.onFile(someCF).PIN.ID, Half: dossier.Half{N: 2, Hash: "hash", Class: class}},
			}})
			return err
		}
		house.WantCode(t, second(pin.ClassVoice), dossier.CodeConflict)
		check(t, second(pin.ClassPost))
	})
}

// proves A5: eight characters, dispositivo and in use at once, in an envelope.
func TestByOffice(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		counter := request.AtCounter{Ask: mario(someCF), Verified: true}
		env, err := w.ByOffice(t.Context(), operator, counter)
		check(t, err)
		first := w.onFile(someCF).PIN
		if first.State != dossier.PINActive || first.Kind != dossier.Dispositivo || first.Channel != dossier.PINOffice || first.ActivatedAt.IsZero() {
			t.Errorf("issue: %+v", first)
		}
		if !bytes.HasPrefix(env.PDF, []byte("%PDF-")) || strings.Contains(env.Filename, "Rossi") {
			t.Errorf("envelope %s: %.8q", env.Filename, env.PDF)
		}
		_, err = w.ByOffice(t.Context(), operator, counter)
		house.WantCode(t, err, dossier.CodePINLiving)
		counter.Replace = true
		_, err = w.ByOffice(t.Context(), operator, counter)
		check(t, err)
		old, err := w.PINIssue(t.Context(), first.ID)
		check(t, err)
		if now := w.onFile(someCF).PIN; now.ID == first.ID || now.State != dossier.PINActive || old.State != dossier.PINReplaced {
			t.Errorf("replaced: %+v, was %+v", now, old)
		}
		if told := w.Told(dossier.MessagePINHandedOver); len(told) != 2 || told[0].Values != nil {
			t.Errorf("told: %+v", told)
		}
	})
}

// proves A5: nobody is served who was not looked at, and no delegate, but for the
// guardians of old where they are switched on.
func TestByOfficeServesTheHolderAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	_, err := w.ByOffice(t.Context(), operator, request.AtCounter{Ask: mario(someCF)})
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	guardian := request.AtCounter{Ask: mario(someCF), Verified: true, Guardian: true}
	_, err = w.ByOffice(t.Context(), operator, guardian)
	house.WantCode(t, err, dossier.CodePINHolderOnly)
	w = newWorld(t, w.House, func(c *request.Config) { c.Guardians = true })
	_, err = w.ByOffice(t.Context(), operator, guardian)
	check(t, err)
}

// proves A6: users of the public administration get eight characters directly.
func TestPublicAdministration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	a := ask(func(a *request.Ask) { a.Type = dossier.HolderPublicEmployee })
	_, err := w.ByOffice(t.Context(), operator, request.AtCounter{Ask: a, Verified: true})
	check(t, err)
	p := w.onFile(someCF).PIN
	if p.State != dossier.PINActive || p.Kind != dossier.Ordinario || p.Channel != dossier.PINAdministration {
		t.Errorf("issue: %+v", p)
	}
	secrets, err := w.PINSecrets(t.Context(), someCF)
	if err != nil || secrets.Hash == "" || secrets.First.Hash != "" {
		t.Errorf("not eight characters: %+v, %v", secrets, err)
	}
}
