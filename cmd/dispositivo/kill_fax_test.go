package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// proves promise 1, C4 and C7 for faxes: whatever moment the server is killed at,
// what it acknowledged to a gateway is there, once, and nothing is lost.
func TestKillFaxes(t *testing.T) {
	t.Parallel()
	killFaxes(t, embedded(), 10)
}

// proves promise 1, C4 and C7 for faxes: PostgreSQL and Redis are killed as well.
func TestKillFaxesPostgresRedis(t *testing.T) {
	t.Parallel()
	killFaxes(t, killable(t), 10)
}

// faxTrial is a server under attack and gateways that go on sending.
type faxTrial struct {
	*trial
	spool, recvq string
	secret       string

	mu sync.Mutex
	// sent holds what was acknowledged: the document's hash and, where the way in
	// tells it, the protocol number.
	sent map[[sha256.Size]byte]string
	n    int
}

// killFaxes lets each way in take a fax in each round, and kills the server in it.
func killFaxes(t *testing.T, g ground, rounds int) figures { //nolint:unparam // the soak test writes them down
	t.Helper()
	seed, begin := seedOf(t), clock.System().Now()
	random := rand.New(rand.NewPCG(seed, uint64(rounds)))
	tr := newFaxTrial(t, groundOf(t, g))
	for range rounds {
		life := between(random, shortestLife, longestLife)
		acts := []act{
			{at: life, do: tr.kill},
			{at: between(random, 0, life), do: func() { tr.sendFax(tr.bySpool) }},
			{at: between(random, 0, life), do: func() { tr.sendFax(tr.byHook) }},
			{at: between(random, 0, life), do: func() { tr.sendFax(tr.byWebhook) }},
		}
		tr.play(sorted(append(acts, tr.faults(random, life)...)))
		tr.server.start()
		tr.senders.Wait()
	}
	tr.settleFaxes()
	return tr.proveFaxes().during(t, seed, rounds, begin)
}

// newFaxTrial starts a server that takes faxes in every way.
func newFaxTrial(t *testing.T, tr *trial) *faxTrial {
	t.Helper()
	f := &faxTrial{trial: tr, spool: t.TempDir(), recvq: t.TempDir(), secret: "a secret of the trial", sent: map[[sha256.Size]byte]string{}}
	secretFile := filepath.Join(f.recvq, "secret")
	if err := os.WriteFile(secretFile, []byte(f.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	f.serve("--fax-spool", f.spool, "--fax-secret-file", secretFile)
	return f
}

func sorted(acts []act) []act {
	slices.SortStableFunc(acts, func(a, b act) int { return int(a.at - b.at) })
	return acts
}

// sendFax sends one fax like no other until it is acknowledged.
func (tr *faxTrial) sendFax(send func(name string, data []byte) (protocol string, err error)) {
	tr.n++
	name := fmt.Sprintf("fax%09d", tr.n)
	data := document(tr.t, name)
	tr.senders.Go(func() {
		protocol, err := send(name, data)
		if err != nil {
			tr.t.Errorf("%s: %v", name, err)
			return
		}
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.sent[sha256.Sum256(data)] = protocol
	})
}

// bySpool leaves the fax and then its sidecar, as a gateway does.
func (tr *faxTrial) bySpool(name string, data []byte) (string, error) {
	return "", leaveIn(tr.spool, name, data, ".done", nil)
}

// leaveIn leaves a file and then its sidecar in a watched folder, and waits until it
// was taken in.
func leaveIn(folder, name string, data []byte, ext string, sidecar []byte) error {
	path := filepath.Join(folder, name+".pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(path+ext, sidecar, 0o600); err != nil {
		return err
	}
	return testkit.WaitFor(2*time.Minute, func() error {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			return errNotYet("%s is still in the folder", name)
		}
		if _, err := os.Stat(filepath.Join(folder, "done", name+".pdf")); err != nil {
			return fmt.Errorf("gone from the folder, and not in done: %w", err)
		}
		return nil
	})
}

// byHook calls the program as HylaFAX does, again while it fails.
func (tr *faxTrial) byHook(name string, data []byte) (string, error) {
	path := filepath.Join(tr.recvq, name+".tif")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", err
	}
	protocol := ""
	err := testkit.WaitFor(2*time.Minute, func() error {
		cmd := program(tr.t.Context(), "fax-received", "--data", tr.storage.Data, path, "ttyS0", strings.TrimPrefix(name, "fax"), "", "0655512345")
		out, err := cmd.Output()
		protocol = strings.TrimSpace(string(out))
		return err
	})
	return protocol, err
}

func (tr *faxTrial) byWebhook(name string, data []byte) (string, error) {
	c := &client{t: tr.t, url: tr.server.URL}
	a, _, err := tr.persist(func() (answer, error) {
		header, body := genericCall(tr.t, tr.secret, fax.GenericFax{ID: name, Status: "received", File: data})
		return c.try(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body))
	})
	if err != nil {
		return "", err
	}
	var receipt struct{ Protocol string }
	if err := json.Unmarshal(a.Body, &receipt); err != nil || a.Status != http.StatusOK || receipt.Protocol == "" {
		return "", fmt.Errorf("status %d: %s", a.Status, a.Body)
	}
	return receipt.Protocol, nil
}

// settleFaxes waits until every fax was read, and stops the server.
func (tr *faxTrial) settleFaxes() {
	tr.t.Helper()
	tr.awaitRead()
	tr.server.stop()
}

// awaitRead waits until everything that arrived was read.
func (tr *trial) awaitRead() {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	err := testkit.WaitWhileMoving(2*time.Minute, func() (int, error) {
		waiting := 0
		err := h.store.EachSubmission(tr.t.Context(), func(s dossier.Submission) error {
			if s.State == dossier.SubmissionReceived || s.State == dossier.SubmissionScreening {
				waiting++
			}
			return nil
		})
		if err == nil && waiting > 0 {
			err = errNotYet("%d submissions are unread", waiting)
		}
		return waiting, err
	})
	if err != nil {
		tr.t.Errorf("stuck: %v", err)
	}
}

// proveFaxes: each fax is there once, under the number that was told.
func (tr *faxTrial) proveFaxes() figures {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	if err := h.sealAudit(tr.t.Context()); err != nil {
		tr.t.Error(err)
	}
	kept := map[[sha256.Size]byte][]string{}
	err := h.store.EachSubmission(tr.t.Context(), func(s dossier.Submission) error {
		sub, err := h.store.Submission(tr.t.Context(), s.ID)
		if err != nil {
			return err
		}
		data, err := h.vault.Open(tr.t.Context(), sub.Documents[0], sub.Documents[0].Blob)
		hash := sha256.Sum256(data)
		kept[hash] = append(kept[hash], sub.Protocol.String())
		if sub.State != dossier.SubmissionUnmatched {
			tr.t.Errorf("%s is %s", sub.Protocol, sub.State)
		}
		return err
	})
	if err != nil {
		tr.t.Error(err)
	}
	for hash, protocol := range tr.sent {
		if there := kept[hash]; len(there) != 1 || protocol != "" && there[0] != protocol {
			tr.t.Errorf("acknowledged as %q, kept as %v", protocol, there)
		}
	}
	if len(tr.sent) != tr.n || len(kept) != tr.n {
		tr.t.Errorf("%d faxes sent, %d acknowledged, %d kept", tr.n, len(tr.sent), len(kept))
	}
	tr.proveBooks()
	suffered := tr.suffered()
	suffered.receipts = len(tr.sent)
	return suffered
}
