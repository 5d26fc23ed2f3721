package revocation_test

import (
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/revocation"
)

// proves D2: who asks too often is stopped by where it comes from and, from wherever,
// by whom it asks about, on file or not; who answers too often, by where it comes from.
func TestAskingTooOften(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ask := func(s *revocation.Service, cf, source string) error {
		_, err := s.Ask(t.Context(), revocation.Ask{CodiceFiscale: cf, Card: goodCard(), Source: source})
		return err
	}
	answer := func(s *revocation.Service, _, source string) error {
		_, err := s.Confirm(t.Context(), revocation.Answer{Handle: "AAAA", Code: "AAAAAAAA", Source: source})
		return err
	}
	for name, tt := range map[string]struct {
		do      func(s *revocation.Service, cf, source string) error
		cf      string // of the tries after the first; so with source
		source  string
		limited bool
	}{
		"asking, from one network":    {ask, otherCF, "net", true},
		"asking, about one code":      {ask, someCF, "elsewhere", true},
		"asking, nothing the same":    {ask, otherCF, "elsewhere", false},
		"answering, from one network": {answer, "", "net", true},
		"answering, from elsewhere":   {answer, "", "elsewhere", false},
	} {
		s := revocation.New(revocation.Config{Store: h.Store, Clock: h.Clock, Tries: throttle.New(h.Clock, 1, time.Hour)})
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
