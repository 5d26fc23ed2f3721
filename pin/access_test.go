package pin_test

import (
	"context"
	"strings"
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
)

// Two valid codes of nobody.
const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"
)

const somePIN = "K7MPD4XW"

// world is a house with the PIN services.
type world struct {
	house.House
	access   *pin.Access
	sessions *session.Keeper
	hasher   *passhash.Hasher
}

func newWorld(t *testing.T, h house.House) world {
	t.Helper()
	w := world{House: h, hasher: passhash.New(h.Keys.Pepper()), sessions: session.NewKeeper(h.Store, h.Clock, session.DefaultIdle)}
	w.access = w.newAccess()
	return w
}

// newAccess is what a restarted or second process has.
func (w world) newAccess() *pin.Access {
	return pin.NewAccess(pin.Config{
		Store: w.Store, Guard: signin.NewGuard(w.Store, w.Clock), Sessions: w.sessions, Hasher: w.hasher, Clock: w.Clock,
		Tries: throttle.New(w.Clock, 1000, time.Millisecond), Policy: pin.DefaultPolicy(),
	})
}

// hash is for what a test chose itself.
func (w world) hash(secret string) string {
	w.T.Helper()
	hash, err := w.hasher.Hash(w.T.Context(), pin.Normalize(secret))
	if err != nil {
		w.T.Fatal(err)
	}
	return hash
}

// add brings in a holder whose PIN is in a state: an 8-character one in use, or
// two halves before.
func (w world) add(state dossier.PINState) dossier.Holder {
	w.T.Helper()
	now := w.Clock.Now()
	h := dossier.Holder{ID: ident.New(now), Person: dossier.Person{
		CodiceFiscale: someCF, Surname: "Prova", Lang: "it",
		Contacts: dossier.Contacts{}.With(dossier.ContactMobile, "+39333000000", now, true).With(dossier.ContactEmail, "a@prova.example", now, true),
	}}
	issue := dossier.PINIssue{ID: ident.New(now), HolderID: h.ID, Kind: dossier.Ordinario, State: state, Channel: dossier.PINOnline}
	var hash string
	if state == dossier.PINActive {
		hash = w.hash(somePIN)
	}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.AddHolder{Holder: h}, dossier.OpenPIN{Issue: issue, Hash: hash},
	}})
	h, err := w.Holder(w.T.Context(), h.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return h
}

// halves sets both halves of an issue; they are ACDE-FHJK and MNPR-TVWX.
func (w world) halves(h dossier.Holder) {
	w.T.Helper()
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 1, Hash: w.hash("ACDEFHJK"), Class: pin.ClassEmail}},
		dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 2, Hash: w.hash("MNPRTVWX"), Class: pin.ClassPost}},
	}})
}

func (w world) signIn(cf, typed, device string) (session.Session, pin.Account, error) {
	return w.access.SignIn(w.T.Context(), pin.Try{CodiceFiscale: cf, PIN: typed, Source: "net", Device: device})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(dossier.PINActive)
	// Look-alikes are what they look like: O is D.
	s, account, err := w.signIn(" rssmra72l09h501s ", "k7mp-o4xw", "")
	if err != nil || account.Kind != dossier.Ordinario || s.Token == "" || s.Actor.Role != dossier.RoleCitizen {
		t.Fatalf("sign in: %+v, %v", account, err)
	}
	if got, err := w.access.Account(t.Context(), s.Actor); err != nil || got.Person.Surname != "Prova" {
		t.Errorf("account %+v, %v", got, err)
	}
	_, err = w.access.Account(t.Context(), house.Reviewer("op"))
	house.WantCode(t, err, dossier.CodeForbidden)
}

// proves B3: the answer never tells whether a codice fiscale exists, and
// unknown codes lock just like known ones, across restarts.
func TestUnknownAndKnownAnswerAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(dossier.PINActive)
	for try := range 11 {
		_, _, known := w.signIn(someCF, "WRONG", "")
		_, _, unknown := w.signIn(otherCF, "WRONG", "")
		if dossier.CodeOf(known) != dossier.CodeOf(unknown) {
			t.Errorf("try %d: %v and %v", try, known, unknown)
		}
	}
	w.access = w.newAccess()
	_, _, err := w.signIn(someCF, somePIN, "")
	house.WantCode(t, err, dossier.CodeLocked)
	w.Clock.Advance(3 * time.Minute)
	if _, _, err := w.signIn(someCF, somePIN, ""); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

// proves B3: second by second, on both databases and across two processes: ten
// wrong ones lock for three minutes, each further one for three more, and the
// right one ends it.
func TestLockSecondBySecond(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		w.add(dossier.PINActive)
		processes := []*pin.Access{w.newAccess(), w.newAccess()}
		try := func(n int, typed string) error {
			w.access = processes[n%2]
			_, _, err := w.signIn(someCF, typed, "")
			return err
		}
		for n := range 9 {
			house.WantCode(t, try(n, "WRONG"), dossier.CodeCredentialsWrong)
		}
		house.WantCode(t, try(9, "WRONG"), dossier.CodeLocked)
		for further := range 2 {
			w.Clock.Advance(3*time.Minute - time.Second)
			err := try(further, somePIN)
			house.WantCode(t, err, dossier.CodeLocked)
			if secondsOf(err) != "1" {
				t.Errorf("%s seconds left, want 1", secondsOf(err))
			}
			w.Clock.Advance(time.Second)
			house.WantCode(t, try(further, "WRONG"), dossier.CodeLocked)
		}
		w.Clock.Advance(3 * time.Minute)
		if err := try(0, somePIN); err != nil {
			t.Fatal(err)
		}
		house.WantCode(t, try(1, "WRONG"), dossier.CodeCredentialsWrong)
	})
}

func secondsOf(err error) string {
	var e *dossier.Error
	if ok := asError(err, &e); !ok {
		return ""
	}
	return e.Args["seconds"]
}

// proves B3: nobody keeps a holder out: a known device has tries of its own,
// and a code sent to a confirmed contact makes one known during a lock.
func TestLockKeepsNoHolderOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINActive)
	if _, _, err := w.signIn(someCF, somePIN, "home"); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, _, _ = w.signIn(someCF, "WRONG", "elsewhere") // locks everybody but home
	}
	_, _, err := w.signIn(someCF, somePIN, "new")
	house.WantCode(t, err, dossier.CodeLocked)
	if _, _, err := w.signIn(someCF, somePIN, "home"); err != nil {
		t.Errorf("the known device is locked out: %v", err)
	}
	devices := pin.NewDevices(w.Store, w.Clock, throttle.New(w.Clock, 100, time.Second))
	if err := devices.Ask(t.Context(), someCF, "net"); err != nil {
		t.Fatal(err)
	}
	task := w.Task(dossier.TaskDeviceCode, "")
	if err := devices.Send(t.Context(), task.ID, task.Subject); err != nil {
		t.Fatal(err)
	}
	code := w.deliver(holder, dossier.MessageDeviceCode)["code"]
	house.WantCode(t, devices.Answer(t.Context(), someCF, "AAAAAAAA", "new", "net"), dossier.CodeChallengeWrong)
	if err := devices.Answer(t.Context(), someCF, code, "new", "net"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.signIn(someCF, somePIN, "new"); err != nil {
		t.Errorf("the device is known now: %v", err)
	}
	house.WantCode(t, devices.Answer(t.Context(), someCF, code, "third", "net"), dossier.CodeChallengeWrong)
}

// Asking for a device code answers alike, whoever is asked for.
func TestDeviceCodeTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(dossier.PINActive)
	devices := pin.NewDevices(w.Store, w.Clock, throttle.New(w.Clock, 100, time.Second))
	for _, cf := range []string{someCF, otherCF, "not a code"} {
		if err := devices.Ask(t.Context(), cf, "net"); err != nil {
			t.Errorf("%s: %v", cf, err)
		}
		house.WantCode(t, devices.Answer(t.Context(), cf, "AAAAAAAA", "d", "net"), dossier.CodeChallengeWrong)
	}
	// The worker finds out who there is, and says nothing of it either.
	for range 2 {
		task := w.Task(dossier.TaskDeviceCode, "")
		if strings.Contains(task.Subject, someCF) {
			t.Errorf("the task names a person: %s", task.Subject)
		}
		if err := devices.Send(t.Context(), task.ID, task.Subject); err != nil {
			t.Error(err)
		}
	}
	if told := w.Told(dossier.MessageDeviceCode); len(told) != 1 {
		t.Errorf("%d messages", len(told))
	}
}

// deliver words the newest message of a kind, as the courier would, and returns
// what it carries.
func (w world) deliver(h dossier.Holder, kind dossier.MessageKind) map[string]string {
	w.T.Helper()
	rome := time.FixedZone("Rome", 3600)
	if told := w.Told(kind); len(told) > 0 {
		m := told[0]
		minted, err := pin.NewMinter(w.hasher, w.Clock, pin.DefaultPolicy(), rome).Mint(context.Background(), m, h)
		if err != nil || minted == nil {
			w.T.Fatalf("mint %s: %+v, %v", kind, minted, err)
		}
		w.Must(dossier.Change{Actor: house.Worker(), Effects: minted.Effects})
		return minted.Values
	}
	w.T.Fatalf("no message %s", kind)
	return nil
}

func TestOneSourceCannotTryEveryCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(dossier.PINActive)
	w.access = pin.NewAccess(pin.Config{
		Store: w.Store, Guard: signin.NewGuard(w.Store, w.Clock), Sessions: w.sessions, Hasher: w.hasher, Clock: w.Clock,
		Tries: throttle.New(w.Clock, 30, time.Second), Policy: pin.DefaultPolicy(),
	})
	for range 30 {
		_, _, err := w.signIn("not a code", "x", "")
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
	}
	_, _, err := w.signIn(someCF, somePIN, "")
	house.WantCode(t, err, dossier.CodeRateLimited)
	if _, _, err := w.access.SignIn(t.Context(), pin.Try{CodiceFiscale: someCF, PIN: somePIN, Source: "elsewhere"}); err != nil {
		t.Error(err)
	}
}

// What a right PIN does not open, only its holder learns.
func TestSuspendedPINOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.add(dossier.PINActive)
	w.MovePIN(h.PIN.ID, dossier.PINEventSuspended)
	_, _, err := w.signIn(someCF, "WRONG", "")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	_, _, err = w.signIn(someCF, somePIN, "")
	house.WantCode(t, err, dossier.CodePINSuspended)
	w.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
	_, _, err = w.signIn(someCF, somePIN, "")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}

// proves A10: the first half alone opens what is marked for it, until the
// activation; after it, it is no PIN.
func TestFirstHalfAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.add(dossier.PINAwaitingActivation)
	w.halves(h)
	s, account, err := w.signIn(someCF, "ACDE FHJK", "")
	if err != nil || s.Actor.Role != dossier.RoleSimplified || account.Kind != dossier.Semplificato {
		t.Errorf("first half: %+v %+v, %v", s.Actor, account, err)
	}
	_, _, err = w.signIn(someCF, "MNPRTVWX", "")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
	_, _, err = w.signIn(someCF, "ACDEFHJK MNPRTVWX", "")
	house.WantCode(t, err, dossier.CodePINNotActivated)
	w.MovePIN(h.PIN.ID, dossier.PINEventActivated)
	_, err = w.sessions.Resume(t.Context(), s.Token)
	house.WantCode(t, err, dossier.CodeUnauthorized)
	_, _, err = w.signIn(someCF, "ACDEFHJK", "")
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}

// proves B2: the first access with the sixteen characters opens the change and
// nothing else; the new PIN is shown once and counts when it was typed back.
func TestFirstAccess(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		holder := w.add(dossier.PINMustChange)
		w.halves(holder)
		s, account, err := w.signIn(someCF, "ACDEFHJKMNPRTVWX", "")
		if err != nil || !account.MustChange || s.Actor.Role != dossier.RoleMustChange {
			t.Fatalf("first access: %+v, %v", account, err)
		}
		house.WantCode(t, w.access.Change(t.Context(), s, "ACDEFHJK"), dossier.CodePINProposalOver)
		proposal, err := w.access.ProposeChange(t.Context(), s)
		shown := proposal.PIN
		if err != nil || len(shown) != pin.Length {
			t.Fatalf("proposed %q, %v", shown, err)
		}
		house.WantCode(t, w.access.Change(t.Context(), s, "AAAAAAAA"), dossier.CodePINNotRepeated)
		other, _ := w.sessions.Start(t.Context(), s.Actor, holder.PIN.ID)
		if err := w.access.Change(t.Context(), s, strings.ToLower(pin.Group(shown))); err != nil {
			t.Fatal(err)
		}
		if got, err := w.sessions.Resume(t.Context(), s.Token); err != nil || got.Actor.Role != dossier.RoleCitizen {
			t.Errorf("the session does not go on: %+v, %v", got.Actor, err)
		}
		_, err = w.sessions.Resume(t.Context(), other.Token)
		house.WantCode(t, err, dossier.CodeUnauthorized)
		_, _, err = w.signIn(someCF, "ACDEFHJKMNPRTVWX", "")
		house.WantCode(t, err, dossier.CodeCredentialsWrong)
		if _, account, err := w.signIn(someCF, shown, ""); err != nil || account.MustChange {
			t.Errorf("with the new PIN: %+v, %v", account, err)
		}
	})
}

// proves A8: halves open nothing from the end of their window on, though the task
// that lapses the PIN be late.
func TestWindowEndsAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINMustChange)
	w.halves(holder)
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetWindow{PINIssueID: holder.PIN.ID, Until: w.Clock.Now().Add(time.Hour)},
	}})
	w.Clock.Advance(time.Hour - time.Microsecond)
	if _, _, err := w.signIn(someCF, "ACDEFHJKMNPRTVWX", ""); err != nil {
		t.Errorf("a moment before: %v", err)
	}
	w.Clock.Advance(time.Microsecond)
	_, _, err := w.signIn(someCF, "ACDEFHJKMNPRTVWX", "")
	house.WantCode(t, err, dossier.CodePINExpired)
}

// A proposal is over after its time.
func TestProposalEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(dossier.PINActive)
	s, _, err := w.signIn(someCF, somePIN, "")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := w.access.ProposeChange(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(15 * time.Minute)
	house.WantCode(t, w.access.Change(t.Context(), s, shown.PIN), dossier.CodePINProposalOver)
}

// proves B4: a PIN older than the policy allows opens its change alone; a type
// of holder may have a limit of its own, or none.
func TestChangeIsForcedByAge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of   map[dossier.HolderType]time.Duration
		want dossier.Role
	}{
		"90 days":             {nil, dossier.RoleMustChange},
		"longer for its type": {map[dossier.HolderType]time.Duration{dossier.HolderCitizen: 180 * 24 * time.Hour}, dossier.RoleCitizen},
		"off for its type":    {map[dossier.HolderType]time.Duration{dossier.HolderCitizen: 0}, dossier.RoleCitizen},
		"others' limit":       {map[dossier.HolderType]time.Duration{dossier.HolderPatronato: 0}, dossier.RoleMustChange},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			w.add(dossier.PINActive)
			policy := pin.DefaultPolicy()
			policy.MaxAgeOf = tt.of
			w.access = pin.NewAccess(pin.Config{
				Store: w.Store, Guard: signin.NewGuard(w.Store, w.Clock), Sessions: w.sessions, Hasher: w.hasher, Clock: w.Clock,
				Tries: throttle.New(w.Clock, 100, time.Second), Policy: policy,
			})
			w.Clock.Advance(90*24*time.Hour - time.Second)
			if s, _, err := w.signIn(someCF, somePIN, ""); err != nil || s.Actor.Role != dossier.RoleCitizen {
				t.Fatalf("a second before: %+v, %v", s.Actor, err)
			}
			w.Clock.Advance(time.Second)
			if s, _, err := w.signIn(someCF, somePIN, ""); err != nil || s.Actor.Role != tt.want {
				t.Errorf("%+v, %v; want %s", s.Actor, err, tt.want)
			}
		})
	}
}

// proves A7: a half that was tried wrongly a hundred times opens nothing any
// more, however long one waits; the other half is not touched by it.
func TestHalfHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINAwaitingActivation)
	w.halves(holder)
	for range 100 {
		w.Clock.Advance(3 * time.Minute)
		_, _, _ = w.signIn(someCF, "AAAAAAAA", "") // wrong, on purpose
	}
	w.Clock.Advance(48 * time.Hour)
	if err := w.ForgetOldLocks(t.Context(), w.Clock.Now().Add(-24*time.Hour), w.Clock.Now().Add(-100*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	// The right half counts as one more wrong try, and so locks.
	_, _, err := w.signIn(someCF, "ACDEFHJK", "")
	house.WantCode(t, err, dossier.CodeLocked)
}
