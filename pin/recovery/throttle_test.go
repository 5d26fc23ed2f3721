package recovery_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/recovery"
)

// proves D1: who asks too often is stopped by where it comes from and, from wherever,
// by whom it asks about, on file or not; who answers too often, by where it comes from.
func TestAskingTooOften(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ask := func(s *recovery.Service, cf, source string) error {
		return s.Ask(t.Context(), recovery.Ask{CodiceFiscale: cf, Mobile: somePhone, Address: someMail, Source: source})
	}
	answer := func(s *recovery.Service, cf, source string) error {
		return s.Confirm(t.Context(), recovery.Answer{Link: "AAAA", CodiceFiscale: cf, Code: "AAAAAAAA", Source: source})
	}
	for name, tt := range map[string]struct {
		do      func(s *recovery.Service, cf, source string) error
		cf      string // of the tries after the first; so with source
		source  string
		limited bool
	}{
		"asking, from one network":    {ask, otherCF, "net", true},
		"asking, about one code":      {ask, someCF, "elsewhere", true},
		"asking, nothing the same":    {ask, otherCF, "elsewhere", false},
		"answering, from one network": {answer, otherCF, "net", true},
		"answering, from elsewhere":   {answer, someCF, "elsewhere", false},
	} {
		s := recovery.New(recovery.Config{Store: h.Store, Clock: h.Clock, Tries: throttle.New(h.Clock, 1, time.Hour)})
		first := tt.do(s, someCF, "net")
		if err := tt.do(s, tt.cf, tt.source); (dossier.CodeOf(err) == dossier.CodeRateLimited) != tt.limited || dossier.CodeOf(first) == dossier.CodeRateLimited {
			t.Errorf("%s: %v, then %v", name, first, err)
		}
		h.Clock.Advance(time.Hour)
		if err := tt.do(s, tt.cf, tt.source); dossier.CodeOf(err) == dossier.CodeRateLimited {
			t.Errorf("%s: still %v an hour later", name, err)
		}
	}
}
