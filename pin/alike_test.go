package pin_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/passhash"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

// proves B3: known and unknown codes cost the same number of hashes on every way
// in, whatever state the PIN is in and however long what was typed is.
func TestHashesTellNothing(t *testing.T) {
	t.Parallel()
	for _, state := range []dossier.PINState{dossier.PINActive, dossier.PINMustChange, dossier.PINAwaitingActivation, dossier.PINLapsed, dossier.PINUnclaimed} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			var hashes atomic.Int64
			w.hasher = passhash.New(w.Keys.Pepper(), passhash.OnCompute(func() { hashes.Add(1) }))
			w.access = w.newAccess()
			h := w.add(state)
			if state != dossier.PINActive {
				w.halves(h)
			}
			devices := pin.NewDevices(w.Store, w.Clock, throttle.New(w.Clock, 1000, time.Millisecond))
			for name, way := range map[string]struct {
				want int64
				do   func(cf string) error
			}{
				"a PIN":       {1, func(cf string) error { _, _, err := w.signIn(cf, "AAAAAAAA", ""); return err }},
				"both halves": {2, func(cf string) error { _, _, err := w.signIn(cf, "ACDEFHJKAAAAAAAA", ""); return err }},
				"a long one":  {1, func(cf string) error { _, _, err := w.signIn(cf, "AAAAAAAAAAAAAAAAAAAA", "d"); return err }},
				"a renewal": {2, func(cf string) error {
					_, _, err := w.access.Renew(t.Context(), pin.Try{CodiceFiscale: cf, PIN: "AAAAAAAAAAAAAAAA", Source: "net"})
					return err
				}},
				"the first half": {1, func(cf string) error {
					_, _, err := w.access.ProveFirstHalf(t.Context(), pin.Try{CodiceFiscale: cf, PIN: "AAAAAAAA", Source: "net"},
						func(dossier.Person) bool { return true })
					return err
				}},
				"asking for a code": {0, func(cf string) error { return devices.Ask(t.Context(), cf, "net") }},
				"a code":            {0, func(cf string) error { return devices.Answer(t.Context(), cf, "AAAAAAAA", "d", "net") }},
			} {
				var answers []string
				for _, cf := range []string{someCF, otherCF} {
					before := hashes.Load()
					err := way.do(cf)
					answers = append(answers, fmt.Sprint(dossier.CodeOf(err)))
					if n := hashes.Load() - before; n != way.want {
						t.Errorf("%s of %s: %d hashes, want %d", name, cf, n, way.want)
					}
				}
				if answers[0] != answers[1] {
					t.Errorf("%s: %q", name, answers)
				}
			}
		})
	}
}
