package recovery_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
	"dispositivo/pin/recovery"
	"dispositivo/pin/revocation"
)

func someCard() pin.Card { return pin.Card{Number: "80380000123456789012", Expiry: "2099-01-31"} }

// race runs both sides at once, in seeded rounds on both databases. Each round has
// a life of its own; set up returns the sides and what must hold after.
func race(t *testing.T, setUp func(l *life) (one, other func(), after func(t *testing.T))) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		for round := range rounds {
			rng := rand.New(rand.NewPCG(20261125, uint64(round)))
			l := w.newLife(round, dossier.Ordinario)
			one, other, after := setUp(l)
			first, second := rng.IntN(200), rng.IntN(200)
			var wg sync.WaitGroup
			wg.Go(func() { wander(first); one() })
			wg.Go(func() { wander(second); other() })
			wg.Wait()
			after(t)
			l.check("after the race")
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
		}
	})
}

// wander gives way so many times.
func wander(n int) {
	for range n {
		runtime.Gosched()
	}
}

// tolerate fails for what no race explains.
func tolerate(t *testing.T, err error, codes ...dossier.Code) bool {
	for _, code := range codes {
		if dossier.CodeOf(err) == code {
			return false
		}
	}
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// proves D2, D3, C11: a PIN that is converted and revoked at once is revoked, and
// dispositivo only if its dossier says converted.
func TestConversionAgainstRevocation(t *testing.T) {
	race(t, func(l *life) (one, other func(), after func(*testing.T)) {
		id := l.approve()
		task := l.task(dossier.TaskConvert, id)
		p := l.holder(l.holderID).PIN
		handle, err := l.revocation.Ask(l.T.Context(), revocation.Ask{CodiceFiscale: l.cf, Card: someCard(), Source: "net"})
		if err != nil {
			l.T.Fatal(err)
		}
		code := of(l.codes(), dossier.MessageRevocationCode)[0].values["code"]
		convert := func() error { return l.conversion.Convert(l.T.Context(), task.ID, id) }
		return func() { tolerate(l.T, convert(), dossier.CodeConflict) },
			func() {
				_, err := l.revocation.Confirm(l.T.Context(), revocation.Answer{Handle: handle, Code: code, Source: "net"})
				tolerate(l.T, err)
			},
			func(t *testing.T) {
				tolerate(t, convert(), dossier.CodeConflict) // the queue rings again
				now, err := l.PINIssue(t.Context(), p.ID)
				state := l.Get(id).State
				if err != nil || now.State != dossier.PINRevoked || !state.Final() || (now.Kind == dossier.Dispositivo) != (state == dossier.StateConverted) {
					t.Errorf("PIN %s %s, dossier %s, %v", now.State, now.Kind, state, err)
				}
			}
	})
}

// proves D1, C11: a PIN that is converted and recovered at once keeps what the
// dossier says.
func TestConversionAgainstRecovery(t *testing.T) {
	race(t, func(l *life) (one, other func(), after func(*testing.T)) {
		id := l.approve()
		task := l.task(dossier.TaskConvert, id)
		l.askRecovery()
		convert := func() error { return l.conversion.Convert(l.T.Context(), task.ID, id) }
		return func() { tolerate(l.T, convert(), dossier.CodeConflict) },
			func() { tolerate(l.T, l.confirm(l.answers[0])) },
			func(t *testing.T) {
				tolerate(t, convert(), dossier.CodeConflict)
				if l.Get(id).State == dossier.StateConverted {
					l.kind = dossier.Dispositivo
				}
				if p := l.holder(l.holderID).PIN; p.State != dossier.PINMustChange || !l.Get(id).State.Final() {
					t.Errorf("PIN %+v, dossier %s", p, l.Get(id).State)
				}
			}
	})
}

// proves D1: who signs in while the PIN is recovered has no session after.
func TestRecoveryAgainstSignIn(t *testing.T) {
	race(t, func(l *life) (one, other func(), after func(*testing.T)) {
		l.askRecovery()
		return func() { tolerate(l.T, l.confirm(l.answers[0])) },
			func() {
				s, _, err := l.signIn(l.cf, somePIN)
				if tolerate(l.T, err, dossier.CodeCredentialsWrong) {
					l.opened = append(l.opened, s)
				}
			},
			func(t *testing.T) {
				if p := l.holder(l.holderID).PIN; p.State != dossier.PINMustChange {
					t.Errorf("PIN %+v", p)
				}
			}
	})
}

// proves D1: of two recoveries at once, by one link or by two, one succeeds.
func TestTwoRecoveriesAtOnce(t *testing.T) {
	n := 0
	var mu sync.Mutex
	race(t, func(l *life) (one, other func(), after func(*testing.T)) {
		l.askRecovery()
		mu.Lock()
		n++
		twoLinks := n%2 == 0
		mu.Unlock()
		if twoLinks {
			l.askRecovery()
		}
		first, last := l.answers[0], l.answers[len(l.answers)-1]
		var won [2]bool
		confirm := func(i int, a recovery.Answer) func() {
			return func() { won[i] = tolerate(l.T, l.confirm(a), dossier.CodeChallengeWrong) }
		}
		return confirm(0, first), confirm(1, last), func(t *testing.T) {
			if won[0] == won[1] {
				t.Errorf("recovered by both or by none: %v", won)
			}
		}
	})
}
