package activation_test

import (
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
	"dispositivo/pin/activation"
)

const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"

	first, second = "ACDEFHJK", "MNPRTVWX"
)

// world is a house in which PINs are activated.
type world struct {
	house.House
	access   *pin.Access
	service  *activation.Service
	sessions *session.Keeper
	hasher   *passhash.Hasher
	hashes   *atomic.Int64
}

func newWorld(t *testing.T, h house.House, byMessage bool) world {
	t.Helper()
	w := world{House: h, sessions: session.NewKeeper(h.Store, h.Clock, session.DefaultIdle), hashes: new(atomic.Int64)}
	w.hasher = passhash.New(h.Keys.Pepper(), passhash.OnCompute(func() { w.hashes.Add(1) }))
	w.access = pin.NewAccess(pin.Config{
		Store: h.Store, Guard: signin.NewGuard(h.Store, h.Clock), Sessions: w.sessions, Hasher: w.hasher, Clock: h.Clock,
		Tries: throttle.New(h.Clock, 1000, time.Millisecond), Policy: pin.DefaultPolicy(),
	})
	w.service = activation.New(activation.Config{
		Store: h.Store, Access: w.access, Clock: h.Clock, Tries: throttle.New(h.Clock, 100, time.Second), ByMessage: byMessage,
	})
	return w
}

// add brings in a holder with a passport, a number that came with the request
// and a confirmed address; both halves are out.
func (w world) add(state dossier.PINState) dossier.Holder {
	w.T.Helper()
	now := w.Clock.Now()
	contacts := dossier.Contacts{Mobile: "+39333000000"}.With(dossier.ContactEmail, "a@prova.example", now, true)
	h := dossier.Holder{ID: ident.New(now), Person: dossier.Person{
		CodiceFiscale: someCF, Surname: "Prova", Lang: "it", Contacts: contacts,
		Document: dossier.Document{Type: "passport", Number: "AA 123-456", Expiry: "2030-01-31"},
	}}
	issue := dossier.PINIssue{ID: ident.New(now), HolderID: h.ID, Kind: dossier.Ordinario, State: state, Channel: dossier.PINOnline}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.AddHolder{Holder: h},
		dossier.OpenPIN{Issue: issue},
		dossier.SetHalf{PINIssueID: issue.ID, Half: dossier.Half{N: 1, Hash: w.hash(first), Class: pin.ClassSMS}},
		dossier.SetHalf{PINIssueID: issue.ID, Half: dossier.Half{N: 2, Hash: w.hash(second), Class: pin.ClassPost}},
	}})
	h, err := w.Holder(w.T.Context(), h.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Clock.Advance(time.Second)
	return h
}

func (w world) hash(secret string) string {
	w.T.Helper()
	hash, err := w.hasher.Hash(w.T.Context(), secret)
	if err != nil {
		w.T.Fatal(err)
	}
	return hash
}

func passport() activation.Proof {
	return activation.Proof{Document: &activation.Document{Type: "passport", Number: "aa123456", Expiry: "2030-01-31"}}
}

func card(number, expiry string) activation.Proof {
	return activation.Proof{Card: &activation.Card{Number: number, Expiry: expiry}}
}

func (w world) begin(cf, half string, p activation.Proof) (session.Session, error) {
	return w.service.Begin(w.T.Context(), pin.Try{CodiceFiscale: cf, PIN: half, Source: "net"}, p)
}

// begun is one that must succeed.
func (w world) begun() session.Session {
	w.T.Helper()
	s, err := w.begin(someCF, first, passport())
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

func (w world) finish(s session.Session, half string, codes map[dossier.ContactKind]string) (dossier.ContactKind, error) {
	return w.service.Finish(w.T.Context(), s, activation.Answers{Codes: codes, Half: half, Source: "net"})
}

// deliver words the newest message of a kind, as the courier would.
func (w world) deliver(h dossier.Holder, kind dossier.MessageKind, to string) map[string]string {
	w.T.Helper()
	for _, m := range w.Told(kind) {
		if m.To == nil || m.To.Value != to {
			continue
		}
		minted, err := pin.NewMinter(w.hasher, w.Clock, pin.DefaultPolicy(), time.UTC).Mint(w.T.Context(), m, h)
		if err != nil {
			w.T.Fatal(err)
		}
		w.Must(dossier.Change{Actor: house.Worker(), Effects: minted.Effects})
		return minted.Values
	}
	w.T.Fatalf("no message %s to %s", kind, to)
	return nil
}

// mobileCode is the code that the number of the request was sent.
func (w world) mobileCode(h dossier.Holder) map[dossier.ContactKind]string {
	w.T.Helper()
	return map[dossier.ContactKind]string{dossier.ContactMobile: w.deliver(h, dossier.MessageContactCode, "+39333000000")["code"]}
}

// proves B1: with the first half and the document of the request the data on
// file are shown; contacts count after their codes, and with the second half the
// PIN is active and must be changed.
func TestActivation(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, false)
		holder := w.add(dossier.PINAwaitingActivation)
		s := w.begun()
		if s.Actor.Role != dossier.RoleSimplified {
			t.Errorf("the session is %s", s.Actor.Role)
		}
		status, err := w.service.Status(t.Context(), s)
		if err != nil || status.Person.Surname != "Prova" || status.SendsTo != "" || status.Given != nil {
			t.Errorf("status %+v, %v", status, err)
		}
		given := map[dossier.ContactKind]string{
			dossier.ContactMobile: "+39 333 000 000", dossier.ContactEmail: "b@prova.example", dossier.ContactFax: "+39 06 111111",
		}
		if err := w.service.Give(t.Context(), s, given); err != nil {
			t.Fatal(err)
		}
		_, err = w.finish(s, second, nil)
		house.WantCode(t, err, dossier.CodeChallengeWrong)
		codes := map[dossier.ContactKind]string{dossier.ContactEmail: "AAAAAAAA"}
		_, err = w.finish(s, second, codes)
		house.WantCode(t, err, dossier.CodeChallengeWrong)
		codes[dossier.ContactEmail] = w.deliver(holder, dossier.MessageContactCode, "b@prova.example")["code"]
		_, err = w.finish(s, second, codes)
		house.WantCode(t, err, dossier.CodeChallengeWrong) // the mobile number came with the request: nobody proved it
		codes[dossier.ContactMobile] = w.deliver(holder, dossier.MessageContactCode, "+39333000000")["code"]
		_, err = w.finish(s, first, codes)
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
		if got, _ := w.Holder(t.Context(), holder.ID); got.Person.Contacts.Email != "a@prova.example" || got.PIN.State != dossier.PINAwaitingActivation {
			t.Errorf("something counts before the activation: %+v", got)
		}
		// A code that was right is not asked for again.
		if to, err := w.finish(s, strings.ToLower(second), nil); err != nil || to != "" {
			t.Fatalf("finish: %q, %v", to, err)
		}
		w.wantActivated(t, holder, s)
	})
}

func (w world) wantActivated(t *testing.T, holder dossier.Holder, s session.Session) {
	t.Helper()
	got, err := w.Holder(t.Context(), holder.ID)
	c := got.Person.Contacts
	if err != nil || got.PIN.State != dossier.PINMustChange || got.PIN.ActivatedAt.IsZero() {
		t.Errorf("PIN %+v, %v", got.PIN, err)
	}
	if c.Email != "b@prova.example" || !c.Confirmed(dossier.ContactEmail) || c.Fax != "+3906111111" || c.Mobile != "+39333000000" {
		t.Errorf("contacts %+v", c)
	}
	for _, kind := range []dossier.ContactKind{dossier.ContactMobile, dossier.ContactEmail} {
		if since, counts := c.CountsSince(kind); !counts || !since.Equal(w.Clock.Now()) {
			t.Errorf("%s counts since %v, %t", kind, since, counts)
		}
	}
	// The number was only proved, and its holder needs no telling.
	if told := w.Told(dossier.MessageContactChanged); len(told) != 1 || told[0].To.Value != "a@prova.example" {
		t.Errorf("told of a change: %+v", told)
	}
	if len(w.Told(dossier.MessagePINActivated)) != 1 {
		t.Error("nobody was told of the activation")
	}
	_, err = w.sessions.Resume(t.Context(), s.Token)
	house.WantCode(t, err, dossier.CodeUnauthorized)
	_, err = w.finish(s, second, nil)
	house.WantCode(t, err, dossier.CodeActivationOver)
	_, account, err := w.access.SignIn(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: first + second, Source: "net"})
	if err != nil || !account.MustChange {
		t.Errorf("first access: %+v, %v", account, err)
	}
}

// proves B1, A7: where the agency sends the second half, it goes to a contact
// that was confirmed before and is of another class than the first half's, and
// what came by post opens nothing any more.
func TestSecondHalfByMessage(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h, true)
		holder := w.add(dossier.PINAwaitingActivation)
		s := w.begun()
		given := map[dossier.ContactKind]string{dossier.ContactMobile: "+39333000000", dossier.ContactEmail: "a@prova.example"}
		if err := w.service.Give(t.Context(), s, given); err != nil {
			t.Fatal(err)
		}
		if to, err := w.finish(s, "", w.mobileCode(holder)); err != nil || to != dossier.ContactEmail {
			t.Fatalf("sent to %q, %v", to, err)
		}
		try := func(half string) error {
			_, _, err := w.access.SignIn(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: first + half, Source: "net"})
			return err
		}
		house.WantCode(t, try(second), dossier.CodeCredentialsWrong)
		half := w.deliver(holder, dossier.MessageSecondHalf, "a@prova.example")["half"]
		if err := try(half); err != nil {
			t.Errorf("with the half that was sent: %v", err)
		}
		if told := w.Told(dossier.MessageContactChanged); len(told) != 1 || told[0].To.Value != "a@prova.example" {
			t.Errorf("told that the number was proved: %+v", told)
		}
	})
}

// proves B1: without a contact that was confirmed before the activation, and of
// another class, the half that came by post is asked for.
func TestSecondHalfIsNotSentAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), true)
	holder := w.add(dossier.PINAwaitingActivation)
	holder.Person.Contacts = dossier.Contacts{Email: "a@prova.example"}.With(dossier.ContactMobile, "+39333000000", w.Clock.Now(), true)
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: holder.ID, Person: holder.Person, Version: holder.Version},
	}})
	s := w.begun() // the mobile number is of the first half's class, the address never confirmed
	given := map[dossier.ContactKind]string{dossier.ContactMobile: "+39333000000", dossier.ContactPEC: "c@pec.example"}
	if err := w.service.Give(t.Context(), s, given); err != nil {
		t.Fatal(err)
	}
	// Confirmed during the activation is not confirmed before it.
	codes := map[dossier.ContactKind]string{dossier.ContactPEC: w.deliver(holder, dossier.MessageContactCode, "c@pec.example")["code"]}
	_, err := w.finish(s, "", codes)
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	if to, err := w.finish(s, second, nil); err != nil || to != "" {
		t.Errorf("sent to %q, %v", to, err)
	}
}

// proves B1: what the card and the document must be; what is wrong with a person
// answers as a wrong PIN.
func TestProofs(t *testing.T) { //nolint:tparallel // one after the other, on one person
	t.Parallel()
	const number = "80380000301234567890"
	w := newWorld(t, house.New(t), false)
	w.add(dossier.PINAwaitingActivation)
	other := passport()
	other.Document.Number = "AA123457"
	both := passport()
	both.Card = card(number, "2030-01-01").Card
	for name, tt := range map[string]struct {
		proof activation.Proof
		want  dossier.Code
	}{
		"document":           {passport(), ""},
		"card":               {card("8038 0000 3012 3456 7890", "2030-01-01"), ""},
		"card of old times":  {card("12345678901234567890", "2026-03-02"), ""},
		"19 digits":          {card("8038000030123456789", "2030-01-01"), dossier.CodeActivationProof},
		"a letter":           {card("8038000030123456789A", "2030-01-01"), dossier.CodeActivationProof},
		"expired card":       {card(number, "2026-03-01"), dossier.CodeActivationProof},
		"no day":             {card(number, "31/01/2030"), dossier.CodeActivationProof},
		"neither":            {activation.Proof{}, dossier.CodeActivationProof},
		"both":               {both, dossier.CodeActivationProof},
		"another document":   {other, dossier.CodeCredentialsWrong},
		"another kind":       {activation.Proof{Document: &activation.Document{Type: "identity_card", Number: "AA123456", Expiry: "2030-01-31"}}, dossier.CodeCredentialsWrong},
		"another expiry":     {activation.Proof{Document: &activation.Document{Type: "passport", Number: "AA123456", Expiry: "2030-02-01"}}, dossier.CodeCredentialsWrong},
		"a document expired": {activation.Proof{Document: &activation.Document{Type: "passport", Number: "AA123456", Expiry: "2026-01-31"}}, dossier.CodeActivationProof},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.begin(someCF, first, tt.proof)
			house.WantCode(t, err, tt.want)
		})
	}
	if c := (activation.Card{Number: "80380000301234567891"}); !c.Doubtful() {
		t.Error("a number with a wrong check digit is not doubted")
	}
	if c := (activation.Card{Number: "80380000301234567890"}); c.Doubtful() {
		t.Error("a number with the right check digit is doubted")
	}
}

// proves B1: the mobile number and one more, each of its kind.
func TestContactsAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), false)
	w.add(dossier.PINAwaitingActivation)
	s := w.begun()
	_, err := w.finish(s, second, nil)
	house.WantCode(t, err, dossier.CodeActivationContacts)
	house.WantCode(t, w.service.Give(t.Context(), s, map[dossier.ContactKind]string{
		dossier.ContactEmail: "x@prova.example", dossier.ContactPEC: "y@prova.example", // two, and no mobile
	}), dossier.CodeActivationContacts)
	mobile := map[dossier.ContactKind]string{dossier.ContactMobile: "+39333000000"}
	for _, kind := range dossier.ContactKinds()[1:] {
		house.WantCode(t, w.service.Give(t.Context(), s, map[dossier.ContactKind]string{kind: "a@prova.example"}), giveCode(kind))
		house.WantCode(t, w.service.Give(t.Context(), s, mobile), dossier.CodeActivationContacts)
		value := "+39061234567"
		if kind.CanConfirm() {
			value = "x@prova.example"
		}
		with := maps.Clone(mobile)
		with[kind] = value
		if err := w.service.Give(t.Context(), s, with); err != nil {
			t.Errorf("mobile and %s: %v", kind, err)
		}
	}
}

// giveCode is what an e-mail address alone is answered with.
func giveCode(kind dossier.ContactKind) dossier.Code {
	if kind.CanConfirm() {
		return dossier.CodeActivationContacts
	}
	return dossier.CodeContactInvalid
}

// proves B3: known and unknown codes cost one hash and answer alike at the first
// step, whatever of it is wrong, and lock alike.
func TestActivationTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), false)
	w.add(dossier.PINAwaitingActivation)
	for try := range 11 { // during the lock none is computed

		var answers []string
		for _, cf := range []string{someCF, otherCF} {
			before := w.hashes.Load()
			_, err := w.begin(cf, second, passport())
			answers = append(answers, errorText(err))
			if n := w.hashes.Load() - before; n != 1 && try < 10 || n > 1 {
				t.Errorf("try %d of %s: %d hashes", try, cf, n)
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("try %d: %q", try, answers)
		}
	}
	_, err := w.begin(someCF, first, passport())
	house.WantCode(t, err, dossier.CodeLocked)
}

// errorText is what the edge makes its answer of.
func errorText(err error) string {
	var e *dossier.Error
	if !errors.As(err, &e) {
		return ""
	}
	return string(e.Code) + e.Args["seconds"]
}

// A right half with a wrong document is a wrong try, with one hash.
func TestWrongDocumentCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), false)
	w.add(dossier.PINAwaitingActivation)
	other := passport()
	other.Document.Number = "X1"
	for range 9 {
		before := w.hashes.Load()
		_, err := w.begin(someCF, first, other)
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
		if n := w.hashes.Load() - before; n != 1 {
			t.Errorf("%d hashes", n)
		}
	}
	_, err := w.begin(someCF, first, other)
	house.WantCode(t, err, dossier.CodeLocked)
}

// proves B3: the second half is tried under the same lock, and its own budget.
func TestSecondHalfLocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), false)
	holder := w.add(dossier.PINAwaitingActivation)
	s := w.begun()
	if err := w.service.Give(t.Context(), s, map[dossier.ContactKind]string{dossier.ContactMobile: "+39333000000", dossier.ContactEmail: "a@prova.example"}); err != nil {
		t.Fatal(err)
	}
	codes := w.mobileCode(holder)
	for range 9 {
		_, err := w.finish(s, "AAAAAAAA", codes)
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
	}
	_, err := w.finish(s, "AAAAAAAA", nil)
	house.WantCode(t, err, dossier.CodeLocked)
	_, err = w.finish(s, second, nil)
	house.WantCode(t, err, dossier.CodeLocked)
	w.Clock.Advance(3 * time.Minute)
	if _, err = w.finish(s, second, nil); err != nil {
		t.Error(err)
	}
}

// What else than its turn keeps a PIN from being activated is told to who proved it.
func TestNotItsTurn(t *testing.T) {
	t.Parallel()
	for state, want := range map[dossier.PINState]dossier.Code{
		dossier.PINRequested:      dossier.CodePINLetterPending,
		dossier.PINLetterReleased: dossier.CodePINLetterPending,
		dossier.PINUnclaimed:      dossier.CodePINExpired,
		dossier.PINMustChange:     dossier.CodeCredentialsWrong,
		dossier.PINRevoked:        dossier.CodeCredentialsWrong,
	} {
		w := newWorld(t, house.New(t), false)
		w.add(state)
		_, err := w.begin(someCF, first, passport())
		house.WantCode(t, err, want)
	}
}

func TestActivationEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t), false)
	w.add(dossier.PINAwaitingActivation)
	s := w.begun()
	again := w.begun() // takes the place of the one before
	_, err := w.service.Status(t.Context(), s)
	house.WantCode(t, err, dossier.CodeActivationOver)
	w.Clock.Advance(time.Hour)
	_, err = w.service.Status(t.Context(), again)
	house.WantCode(t, err, dossier.CodeActivationOver)
	// The first half alone, without card or document, is no activation.
	half, _, err := w.access.SignIn(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: first, Source: "net"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.service.Status(t.Context(), half)
	house.WantCode(t, err, dossier.CodeActivationOver)
	_, err = w.service.Status(t.Context(), session.Session{Actor: house.Reviewer("op")})
	house.WantCode(t, err, dossier.CodeForbidden)
}
