package recovery_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/passhash"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
	"dispositivo/pin/recovery"
	"dispositivo/pin/revocation"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Two valid codes of nobody.
const (
	someCF  = "RSSMRA72L09H501S"
	otherCF = "RSSMRA77L18H501W"
)

const (
	somePIN   = "K7MPD4XW"
	someMail  = "ada@prova.example"
	somePEC   = "ada@pec.example"
	somePhone = "+393330000001"
)

// world is a house with all that may happen to a lost PIN.
type world struct {
	house.House
	access     *pin.Access
	recovery   *recovery.Service
	revocation *revocation.Service
	minter     *pin.Minter
	hasher     *passhash.Hasher
	hashes     *atomic.Int64
	writes     *writes
	hash       string // of somePIN
}

// writes notes what is written, by kind.
type writes struct {
	*store.Store
	mu    sync.Mutex
	kinds []string
}

func (w *writes) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kinds = append(w.kinds, fmt.Sprintf(format, args...))
}

// taken returns what was written since it was asked for.
func (w *writes) taken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := strings.Join(w.kinds, " ")
	w.kinds = nil
	return all
}

func (w *writes) Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error) {
	w.note("change pin=%t dossier=%t closes=%t", ch.PIN != nil, ch.Dossier != nil, ch.Closes != "")
	for _, e := range ch.Effects {
		w.note("%T", e)
	}
	return w.Store.Apply(ctx, ch)
}

func (w *writes) TryLoss(ctx context.Context, kind dossier.LossKind, handle string, limit int) (dossier.Loss, error) {
	l, err := w.Store.TryLoss(ctx, kind, handle, limit)
	w.note("try %s %s", kind, dossier.CodeOf(err))
	return l, err
}

func newWorld(t *testing.T, h house.House) *world {
	t.Helper()
	w := &world{House: h, hashes: &atomic.Int64{}, writes: &writes{Store: h.Store}}
	w.hasher = passhash.New(h.Keys.Pepper(), passhash.OnCompute(func() { w.hashes.Add(1) }))
	tries := throttle.New(h.Clock, 100000, time.Millisecond)
	w.access = pin.NewAccess(pin.Config{
		Store: h.Store, Guard: signin.NewGuard(h.Store, h.Clock), Sessions: session.NewKeeper(h.Store, h.Clock, session.DefaultIdle),
		Hasher: w.hasher, Clock: h.Clock, Tries: tries, Policy: pin.DefaultPolicy(),
	})
	w.recovery = recovery.New(recovery.Config{Store: w.writes, Clock: h.Clock, Tries: tries, Eligible: w.eligible, Portal: "https://pin.example"})
	w.revocation = revocation.New(revocation.Config{Store: w.writes, Clock: h.Clock, Tries: tries, Eligible: w.eligible})
	w.minter = pin.NewMinter(w.hasher, h.Clock, pin.DefaultPolicy(), time.UTC)
	var err error
	if w.hash, err = w.hasher.Hash(t.Context(), somePIN); err != nil {
		t.Fatal(err)
	}
	return w
}

// eligible lets in everybody but who has an Italian document.
func (w *world) eligible(p dossier.Person) error {
	if p.ItalianDocument {
		return dossier.Problem(dossier.CodePINNotEligible)
	}
	return nil
}

// add brings in a holder with a PIN of a kind in a state, all contacts old.
func (w *world) add(cf string, kind dossier.Kind, state dossier.PINState) dossier.Holder {
	w.T.Helper()
	old := w.Clock.Now().Add(-30 * 24 * time.Hour)
	h := dossier.Holder{ID: w.ID(), Office: house.Office, Person: dossier.Person{
		CodiceFiscale: cf, Surname: "Prova", Name: "Ada", Birth: "1980-01-01", Sex: "F", Lang: "it",
		Contacts: dossier.Contacts{}.With(dossier.ContactMobile, somePhone, old, true).
			With(dossier.ContactEmail, someMail, old, true).With(dossier.ContactPEC, somePEC, old, true),
	}}
	issue := dossier.PINIssue{ID: w.ID(), HolderID: h.ID, Kind: kind, State: state, Channel: dossier.PINOnline}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.AddHolder{Holder: h}, dossier.OpenPIN{Issue: issue, Hash: w.hash},
	}})
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

// work carries out what waits for a worker, and words every message; what was in
// the messages comes back, the newest last.
func (w *world) work() []word {
	w.T.Helper()
	ctx := w.T.Context()
	var words []word
	for {
		tasks, err := w.DueTasks(ctx, w.Clock.Now(), 1000)
		if err != nil {
			w.T.Fatal(err)
		}
		busy := false
		for _, task := range tasks {
			switch task.Kind { //nolint:exhaustive // the others are not this world's
			case dossier.TaskRecover:
				err = w.recovery.Settle(ctx, task.ID, task.Subject)
			case dossier.TaskRevoke:
				err = w.revocation.Settle(ctx, task.ID, task.Subject)
			case dossier.TaskSend:
				words = append(words, w.send(task))
			default:
				continue
			}
			if err != nil {
				w.T.Fatal(err)
			}
			busy = true
		}
		if !busy {
			return words
		}
	}
}

// word is a message and what was drawn for it.
type word struct {
	dossier.Message
	values map[string]string
}

func (w *world) send(task dossier.Task) word {
	w.T.Helper()
	ctx := w.T.Context()
	m, err := w.Message(ctx, task.Subject)
	if err != nil {
		w.T.Fatal(err)
	}
	minted, err := w.minter.Mint(ctx, m, w.holder(m.HolderID))
	if err != nil {
		w.T.Fatal(err)
	}
	ch := dossier.Change{Actor: house.Worker(), Closes: task.ID, Effects: []dossier.Effect{dossier.MarkSent{MessageID: m.ID}}}
	one := word{Message: m}
	if minted != nil {
		for name, value := range minted.Values {
			if masked, ok := minted.Masked[name]; !ok || masked == "" || strings.ContainsAny(masked, strings.ReplaceAll(value, " ", "")) {
				w.T.Errorf("%s: %s is masked as %q", m.Kind, name, masked) // what the holder reads again (B12)
			}
		}
		one.values, ch.Effects = minted.Values, append(minted.Effects, ch.Effects...)
	}
	w.Must(ch)
	return one
}

func of(words []word, kind dossier.MessageKind) []word {
	var list []word
	for _, one := range words {
		if one.Kind == kind {
			list = append(list, one)
		}
	}
	return list
}

func (w *world) ask(cf, mobile, address string) error {
	return w.recovery.Ask(w.T.Context(), recovery.Ask{CodiceFiscale: cf, Mobile: mobile, Address: address, Source: "net"})
}

// asked asks for a recovery and returns the answer that its message leads to.
func (w *world) asked(cf string) recovery.Answer {
	w.T.Helper()
	if err := w.ask(cf, somePhone, someMail); err != nil {
		w.T.Fatal(err)
	}
	sent := of(w.work(), dossier.MessageRecoveryCode)
	if len(sent) != 1 {
		w.T.Fatalf("%d messages with a code", len(sent))
	}
	return recovery.Answer{Link: sent[0].values["link"], CodiceFiscale: cf, Code: sent[0].values["code"], Source: "net"}
}

func (w *world) confirm(a recovery.Answer) error { return w.recovery.Confirm(w.T.Context(), a) }

func (w *world) signIn(cf, typed string) (session.Session, pin.Account, error) {
	return w.access.SignIn(w.T.Context(), pin.Try{CodiceFiscale: cf, PIN: typed, Source: "net"})
}

// halves joins the two that were sent.
func halves(words []word) string {
	var b strings.Builder
	for _, kind := range []dossier.MessageKind{dossier.MessageRecoveryFirst, dossier.MessageRecoverySecond} {
		for _, one := range of(words, kind) {
			b.WriteString(one.values["half"])
		}
	}
	return b.String()
}
