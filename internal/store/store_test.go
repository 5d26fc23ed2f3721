package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/house"
)

func TestApplyGuards(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Reviewing(h)
		d := e.Get(id)
		_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn, Version: d.Version - 1}})
		house.WantCode(t, err, dossier.CodeDossierChanged)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventConverted}})
		house.WantCode(t, err, dossier.CodeConflict)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: "none", Event: dossier.EventConverted}})
		house.WantCode(t, err, dossier.CodeNotFound)
		_, err = e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Closes: "none"})
		house.WantCode(t, err, dossier.CodeConflict)
		if got := e.Get(id); got.Version != d.Version || got.State != d.State {
			t.Errorf("a refused change left a trace: %+v", got)
		}
	})
}

func TestOneOpenDossierPerIssue(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		e.Begin(h)
		_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Citizen(h), Effects: []dossier.Effect{dossier.OpenDossier{
			Dossier: dossier.Dossier{ID: "second", HolderID: h.ID, PINIssueID: h.PIN.ID}, TokenID: "other", StatusCode: "c",
		}}})
		house.WantCode(t, err, dossier.CodeConflict)
	})
}

// Both databases have the same migrations, by number and name.
func TestMigrationsMatch(t *testing.T) {
	t.Parallel()
	list := func(dir string) []string {
		names, err := fs.Glob(os.DirFS("migrations"), dir+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		return names
	}
	if a, b := list("sqlite"), list("postgres"); len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("sqlite has %v, postgres has %v", a, b)
	}
}

// The database holds personal data: nobody but its owner reads a file of it, also one
// that an earlier version made for everybody, whatever folder it lies in.
func TestDatabaseIsItsOwners(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "dispositivo.db")
	for _, before := range []func() error{func() error { return nil }, func() error { return os.Chmod(path, 0o644) }} { //nolint:gosec // as an earlier version did
		if err := before(); err != nil {
			t.Fatal(err)
		}
		h := house.New(t)
		s, err := store.Open(t.Context(), store.Config{URL: path, Keys: h.Keys, Clock: h.Clock, Policy: dossier.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) < 2 { // the write-ahead log is there
			t.Fatalf("%v, %v", files, err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s, %v", filepath.Base(file), info.Mode(), err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNotFoundIsNotAFault(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		_, err := e.Holder(t.Context(), "none")
		house.WantCode(t, err, dossier.CodeNotFound)
		if !errors.Is(err, dossier.Problem(dossier.CodeNotFound)) || dossier.Temporary(err) {
			t.Errorf("got %v", err)
		}
	})
}

// proves C12: a protective delay holds an approved conversion back.
func TestProtectiveDelay(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, 48 * time.Hour} {
		policy := dossier.DefaultPolicy()
		policy.Protects = delay
		e := house.WithPolicy(t, policy)
		id := e.Reviewing(e.AddHolder("PRVDAA80A41H501X"))
		e.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventApproved}})
		due := func() bool {
			tasks, err := e.DueTasks(t.Context(), e.Clock.Now().Add(time.Hour), 1000)
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(tasks, func(task dossier.Task) bool { return task.Kind == dossier.TaskConvert })
		}
		if delay > 0 {
			e.Clock.Advance(delay - time.Second)
			if due() {
				t.Errorf("the conversion is due before %v are over", delay)
			}
			e.Clock.Advance(time.Second)
		}
		if !due() {
			t.Errorf("the conversion is not due after %v", delay)
		}
	}
}
