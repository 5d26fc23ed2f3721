package evidence_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/evidence"
)

// spoilt is one way in which a file is no longer as it came.
type spoilt struct {
	data   string
	spoil  func(t *testing.T, h house.House, f dossier.File)
	state  evidence.State
	inside bool // an entry of the archive has what could be read
}

func blob(h house.House, f dossier.File) string {
	return filepath.Join(h.Dir, "blobs", f.Blob[:2], f.Blob)
}

// edit changes one byte of what is kept, counted from the end when at is negative.
func edit(at int) func(*testing.T, house.House, dossier.File) {
	return func(t *testing.T, h house.House, f dossier.File) {
		t.Helper()
		data, err := os.ReadFile(blob(h, f))
		if err != nil {
			t.Fatal(err)
		}
		data[(at+len(data))%len(data)] ^= 1
		if err := os.WriteFile(blob(h, f), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// cut leaves the first bytes of what is kept.
func cut(to int64) func(*testing.T, house.House, dossier.File) {
	return func(t *testing.T, h house.House, f dossier.File) {
		t.Helper()
		if err := os.Truncate(blob(h, f), to); err != nil {
			t.Fatal(err)
		}
	}
}

func lost(t *testing.T, h house.House, f dossier.File) {
	t.Helper()
	if err := h.Vault.Forget(t.Context(), f.Blob); err != nil {
		t.Fatal(err)
	}
}

func erased(t *testing.T, h house.House, f dossier.File) {
	t.Helper()
	h.Must(dossier.Change{Actor: dossier.System("erasure"), Effects: []dossier.Effect{dossier.EraseFile{FileID: f.ID}}})
}

// unreadable puts a folder where the file was.
func unreadable(t *testing.T, h house.House, f dossier.File) {
	t.Helper()
	if err := errors.Join(os.Remove(blob(h, f)), os.Mkdir(blob(h, f), 0o700)); err != nil {
		t.Fatal(err)
	}
}

// proves C14: what cannot be read any more is named, and what is not as it came is
// damage in the log too; the rest leaves all the same.
func TestExportNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("several segments of a sealed file ", 6000)
	for name, test := range map[string]spoilt{
		"erased after its time": {"x", erased, evidence.StateErased, false},
		"lost":                  {"x", lost, evidence.StateMissing, false},
		"its beginning changed": {long, edit(50), evidence.StateAltered, true},
		"its end changed":       {long, edit(-1), evidence.StateAltered, true},
		"cut":                   {long, cut(100_000), evidence.StateAltered, true},
		"emptied":               {"x", cut(0), evidence.StateAltered, false},
		"a folder in its place": {"x", unreadable, evidence.StateUnreadable, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			id := h.Reviewing(h.AddHolder(someCF))
			sound := h.Get(id).Submissions[0].Documents[0]
			f := kept(t, h, h.ID(), "-001", "tiff", test.data)
			post(t, h, id, dossier.ChannelFax, f)
			test.spoil(t, h, f)
			got := take(t, h, id)
			said := got.manifest.file(f.ID)
			if said.State != test.state || (said.Entry != "") != test.inside || got.manifest.Whole || said.Bytes != int64(len(test.data)) || len(said.KeyedHash) != 64 {
				t.Errorf("said to be %+v, all whole: %t", said, got.manifest.Whole)
			}
			if test.inside && string(got.entries[said.Entry]) == test.data {
				t.Error("the bytes are those that came, and nothing was spoilt")
			}
			if got.manifest.file(sound.ID).State != evidence.StateWhole {
				t.Error("the other file did not leave")
			}
			damagedIsLogged(t, h, got.manifest, id, f.ID, test.state)
		})
	}
}

// damagedIsLogged wants a row about damage, in the log and in the manifest, and none
// about an erasure.
func damagedIsLogged(t *testing.T, h house.House, m manifest, id, fileID string, state evidence.State) {
	t.Helper()
	want := 0
	if state.Damaged() {
		want = 1
	}
	rows := exports(t, h, id)
	if len(rows) != 1+want {
		t.Fatalf("rows %+v", rows)
	}
	inside := slices.ContainsFunc(m.Log, func(e evidence.Entry) bool { return e.Action == "evidence.damaged" })
	if inside != (want == 1) {
		t.Errorf("in the manifest: %t", inside)
	}
	if last := rows[want]; want == 1 && (last.HolderID != m.HolderID || !strings.Contains(last.Detail, fileID) || !strings.Contains(last.Detail, string(state))) {
		t.Errorf("the log says %+v", last)
	}
}

// proves C14: bytes that open, but are others than came, are found out by the hash that
// was kept when they came.
func TestExportHoldsAgainstTheHash(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(f *dossier.File){
		"another hash": func(f *dossier.File) { f.KeyedHash = bytes.Repeat([]byte{7}, 32) },
		"another size": func(f *dossier.File) { f.Bytes++ },
	} {
		h := house.New(t)
		id := h.Reviewing(h.AddHolder(someCF))
		f := kept(t, h, h.ID(), "-001", "tiff", "II*\x00")
		spoil(&f)
		post(t, h, id, dossier.ChannelFax, f)
		got := take(t, h, id)
		if said := got.manifest.file(f.ID); said.State != evidence.StateAltered || string(got.entries[said.Entry]) != "II*\x00" {
			t.Errorf("%s: %+v", name, said)
		}
		damagedIsLogged(t, h, got.manifest, id, f.ID, evidence.StateAltered)
	}
}

// proves C14: of an erased holder nothing is left but what the log and the register
// hold, and the export says so.
func TestExportAfterTheHolderIsErased(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Reviewing(holder)
		f := h.Get(id).Submissions[0].Documents[0]
		h.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		h.Must(dossier.Change{
			Actor: house.Worker(), PIN: &dossier.PINMove{ID: holder.PIN.ID, Event: dossier.PINEventRevoked},
			Effects: []dossier.Effect{dossier.EraseHolder{HolderID: holder.ID}},
		})
		got := take(t, h, id)
		if said := got.manifest.file(f.ID); said.State != evidence.StateErased || len(got.entries) != 0 || len(got.manifest.Log) == 0 {
			t.Errorf("%+v, %d entries", said, len(got.entries))
		}
	})
}
