package main

import (
	"net/http"
	"strconv"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
)

// proves B3: two processes on one PostgreSQL count the same wrong PINs, for a code
// that is known as for one that is not; the lock holds in both, for the right PIN too,
// and outlives a process that is killed.
func TestLockAcrossProcesses(t *testing.T) {
	t.Parallel()
	shared := []string{"--database-url", testkit.Postgres(t), "--redis-url", testkit.Redis(t).URL()}
	data := t.TempDir()
	one := serveArgs(t, data, append([]string{"--demo"}, shared...)...)
	two := serveArgs(t, data, append([]string{"--demo"}, shared...)...)
	who := free()[0]
	for name, cf := range map[string]string{"known": who.CodiceFiscale.String(), "unknown": "RSSMRA72L09H501S"} {
		try := func(s *server, pin string) answer {
			return s.nobody().post("/sessions", map[string]string{"codice_fiscale": cf, "pin": pin})
		}
		for n := range 9 {
			expect(t, name+" wrong", try([]*server{one, two}[n%2], "AAAAAAAA"), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
		}
		expect(t, name+": the tenth, at the other", try(two, "AAAAAAAA"), http.StatusTooManyRequests, dossier.CodeLocked)
		expect(t, name+": the right one", try(one, who.PIN), http.StatusTooManyRequests, dossier.CodeLocked)
	}
	one.kill()
	one.start()
	for _, s := range []*server{one, two} {
		got := s.nobody().post("/sessions", citizenBody(who, who.PIN))
		expect(t, "after a kill", got, http.StatusTooManyRequests, dossier.CodeLocked)
		if left, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || left < 1 || left > 180 {
			t.Errorf("%d seconds left, %v", left, err)
		}
	}
}
