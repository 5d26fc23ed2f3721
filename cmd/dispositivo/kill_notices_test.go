package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
)

const trialWebhookSecret = "the subscriber of a trial"

// listener is the subscriber of a trial; it never fails, the server does.
type listener struct {
	settings string // the file that names it

	mu     sync.Mutex
	bodies map[string]string             // by id
	told   map[string]map[string][]int64 // sequences by dossier and state
	faults []string
}

func startListener(t testing.TB, dir string) *listener {
	t.Helper()
	l := &listener{settings: filepath.Join(dir, "webhooks.json"), bodies: map[string]string{}, told: map[string]map[string][]int64{}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	said := fmt.Sprintf(`[{"name":"trial","url":%q,"secret":%q,"events":["dossier.reviewing","dossier.converted"],"network":"loopback"}]`,
		server.URL, trialWebhookSecret)
	if err := os.WriteFile(l.settings, []byte(said), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// ServeHTTP implements http.Handler.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the server was killed while it spoke
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id := r.Header.Get(signed.HeaderID)
	var b dossier.NoticeBody
	if !signed.Proves(r.Header, []byte(trialWebhookSecret), clock.System().Now(), body) || json.Unmarshal(body, &b) != nil || b.ID != id {
		l.faults = append(l.faults, "a call that proves nothing")
	}
	before, again := l.bodies[id]
	if again && before != string(body) {
		l.faults = append(l.faults, "notice "+id+" came with two bodies")
	}
	l.bodies[id] = string(body)
	if again {
		return
	}
	if l.told[b.Dossier] == nil {
		l.told[b.Dossier] = map[string][]int64{}
	}
	l.told[b.Dossier][b.State] = append(l.told[b.Dossier][b.State], b.Sequence)
}

// proveNotices: the subscriber was told of each conversion once, however often, and
// of nothing that did not happen.
func (tr *trial) proveNotices(h *house) {
	tr.t.Helper()
	l := tr.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fault := range l.faults {
		tr.t.Error(fault)
	}
	for _, who := range tr.holders {
		ds, err := h.store.DossiersOf(tr.t.Context(), who.id)
		if err != nil {
			tr.t.Fatal(err)
		}
		for _, d := range ds {
			history, err := h.store.History(tr.t.Context(), d.ID)
			if err != nil {
				tr.t.Fatal(err)
			}
			reached := map[string]int{}
			for _, e := range history {
				var move struct{ From, To string }
				if json.Unmarshal([]byte(e.Detail), &move) == nil && move.From != move.To {
					reached[move.To]++
				}
			}
			for _, state := range []dossier.State{dossier.StateReviewing, dossier.StateConverted} {
				if told := l.told[d.ID][string(state)]; len(told) != reached[string(state)] {
					tr.t.Errorf("dossier %s became %s %d times, the subscriber knows of %v", d.ID, state, reached[string(state)], told)
				}
			}
		}
	}
}
