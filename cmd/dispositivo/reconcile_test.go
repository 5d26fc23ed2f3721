package main

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/blob"
	"dispositivo/internal/clock"
	testhouse "dispositivo/internal/testkit/house"
)

// proves C7 C9: a submission that is joined to a dossier which is not there is a
// fault, by its protocol number, and the metric counts it.
func TestReconcileJoinedToNothing(t *testing.T) {
	t.Parallel()
	testhouse.Each(t, func(t *testing.T, world testhouse.House) {
		id := world.Reviewing(world.AddHolder("PRVDAA80A41H501X"))
		protocol := world.Get(id).Submissions[0].Protocol.String()
		blobs, err := blob.Open(filepath.Join(world.Dir, "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = blobs.Close() }) // only read
		h := &house{store: world.Store, vault: world.Vault, blobs: blobs, clock: clock.System(), logger: slog.New(slog.DiscardHandler)}
		if got := metric(t, h); got != 0 {
			t.Fatalf("%v faults in a sound house", got)
		}

		behind(t, world.URL, `UPDATE submissions SET dossier_id = 'nowhere'`)
		_, faults, err := h.reconcile(t.Context())
		if err != nil || len(faults) != 1 || !strings.Contains(faults[0], protocol) || !strings.Contains(faults[0], "not there") {
			t.Errorf("%q, %v", faults, err)
		}
		if got := metric(t, h); got != 1 {
			t.Errorf("the metric says %v", got)
		}
	})
}

// Every word of an account is there once: what is not read yet is no second "received".
func TestAccountSaysEachWordOnce(t *testing.T) {
	t.Parallel()
	a := account{day: "2026-03-02", channel: dossier.ChannelFax, counts: map[dossier.SubmissionState]int{}}
	if got, want := a.String(), "2026-03-02 fax      received 0"; got != want {
		t.Errorf("nothing: %q, want %q", got, want)
	}
	words := map[string]int{}
	for n, o := range outcomes() {
		a.counts[o.state] = n + 1
		a.total += n + 1
	}
	line := a.String()
	for part := range strings.SplitSeq(strings.TrimPrefix(line, "2026-03-02 fax      "), ", ") {
		word, _, _ := strings.Cut(part, " ")
		words[word]++
	}
	for word, n := range words {
		if n != 1 {
			t.Errorf("%q stands %d times in %q", word, n, line)
		}
	}
	if len(words) != 9 || !strings.Contains(line, "received 36,") || !strings.Contains(line, "unread 7") {
		t.Errorf("%q", line)
	}
	for _, o := range outcomes() {
		if !o.state.Valid() {
			t.Errorf("%s is no state", o.state)
		}
	}
}

// proves C4 C7: what was refused, failed or was lost, and so has no number, is shown.
func TestReconcileWithoutNumber(t *testing.T) {
	t.Parallel()
	testhouse.Each(t, func(t *testing.T, world testhouse.House) {
		for n, code := range []dossier.Code{dossier.CodeFaxLost, fax.CodeFailed, fax.CodeFailed} {
			err := world.InsertRefusal(t.Context(), dossier.Refusal{ID: strconv.Itoa(n), Channel: dossier.ChannelFax, Code: code, KeyedHash: []byte{1}})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := (&house{store: world.Store}).refusedAtDoor(t.Context())
		day := world.Clock.Now().Format(time.DateOnly)
		want := []string{day + " fax      without a number: fax.failed 2", day + " fax      without a number: fax.lost 1"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, want %q; %v", got, want, err)
		}
	})
}

// metric counts the faults and reads the figure as /metrics shows it.
func metric(t *testing.T, h *house) float64 {
	t.Helper()
	if err := h.countFaults(t.Context()); err != nil {
		t.Fatal(err)
	}
	families, err := h.figures().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "dispositivo_reconcile_faults" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("there is no such metric")
	return 0
}

// behind does what the program never would, behind its back.
func behind(t *testing.T, url, statement string) {
	t.Helper()
	driver, source := "sqlite", url+"?_pragma=busy_timeout(5000)"
	if strings.HasPrefix(url, "postgres:") {
		driver, source = "pgx", url
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the statement is checked
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
