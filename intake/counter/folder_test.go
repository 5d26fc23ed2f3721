package counter_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/counter"
	"dispositivo/internal/operator"
	"dispositivo/internal/spool"
	"dispositivo/internal/testkit/house"
)

// watch returns a folder of the office of the tests.
func watch(t *testing.T, s *counter.Service) (*spool.Spool, string) {
	t.Helper()
	dir := t.TempDir()
	folder, err := s.Watch(counter.Folder{Dir: dir, Office: house.Office})
	if err != nil {
		t.Fatal(err)
	}
	return folder, dir
}

// scan leaves a file with its sidecar and has the folder looked into.
func scan(t *testing.T, folder *spool.Spool, dir, name, data, sidecar string) {
	t.Helper()
	for path, content := range map[string]string{name: data, name + ".json": sidecar} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := folder.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "done", name)); err != nil {
		t.Errorf("the scan is not in done: %v", err)
	}
}

// unmatched reads a submission to its end, as the worker does.
func unmatched(h house.House, id string) {
	for _, event := range []dossier.SubmissionEvent{dossier.EventReadingStarted, dossier.EventReadUnmatched} {
		h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: id, Event: event}})
	}
}

func scans(t *testing.T, s *counter.Service, actor dossier.Actor) []counter.Scan {
	t.Helper()
	all, err := s.Scans(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// proves C6 C7: what a scanner leaves in its folder has a number before it is moved,
// is on the list of its office alone, and is attached there to who stands there, whose
// dossier is opened; the same bytes are no second scan.
func TestFolder(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(ada)
		s, _ := newService(h)
		folder, dir := watch(t, s)
		here, away, all := house.Reviewer("op"), house.Reviewer("far"), house.Reviewer("all")
		here.Office, away.Office, all.Office = house.Office, "altrove", ""
		scan(t, folder, dir, "scan.pdf", "%PDF-1.7 a scan", `{"dossier":"`+ada+`"}`)
		scan(t, folder, dir, "again.pdf", "%PDF-1.7 a scan", "{}")

		list := scans(t, s, here)
		if len(list) != 1 || list[0].Named != ada || list[0].Protocol.String() != "2026/0000001" || list[0].Viewable || list[0].Office != house.Office {
			t.Fatalf("%+v", list)
		}
		id := list[0].ID
		h.Task(dossier.TaskScreen, id)
		if n := len(scans(t, s, away)) + len(scans(t, s, all)); n != 1 {
			t.Errorf("other lists hold %d scans, the one of all 1", n)
		}
		_, err := s.Attach(t.Context(), here, id, ada) // not read yet
		house.WantCode(t, err, dossier.CodeConflict)
		if ds, err := h.DossiersOf(t.Context(), holder.ID); err != nil || len(ds) != 0 {
			t.Errorf("a dossier was opened: %d, %v", len(ds), err)
		}
		unmatched(h, id)
		first, err := s.Attach(t.Context(), here, id, ada)
		if err != nil || first.Dossier.HolderID != holder.ID || first.Dossier.State != dossier.StateScreening || first.Submission.DossierID != first.Dossier.ID {
			t.Fatalf("%+v, %v", first, err)
		}
		if again, err := s.Attach(t.Context(), here, id, ada); err != nil || again.Dossier.Version != first.Dossier.Version {
			t.Errorf("said twice: %+v, %v", again.Dossier, err)
		}
		if list := scans(t, s, here); len(list) != 1 || !list[0].Viewable {
			t.Errorf("%+v", list)
		}
		h.Clock.Advance(counter.ListedFor + time.Second)
		if list := scans(t, s, here); len(list) != 0 {
			t.Errorf("a day later: %+v", list)
		}
	})
}

// proves C6 C10: what another office scanned is not to be seen or attached, nothing is
// attached to the operator in person, and what is no scan of the folder not at all.
func TestAttachRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(ada)
	s, _ := newService(h)
	folder, dir := watch(t, s)
	op := house.Reviewer("op")
	own, away, auditor := op, op, dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}
	own.KeyedCF, away.Office = h.KeyCF(ada), "altrove"
	scan(t, folder, dir, "scan.pdf", "%PDF-1.7 a scan", "{}")
	id := scans(t, s, op)[0].ID
	unmatched(h, id)
	uploaded := h.Send(holder, h.Begin(holder), "an upload")
	for name, tt := range map[string]struct {
		actor     dossier.Actor
		id, named string
		want      dossier.Code
	}{
		"another office": {away, id, ada, dossier.CodeNotFound}, "own": {own, id, ada, dossier.CodeOwnDossier},
		"auditor": {auditor, id, ada, dossier.CodeForbidden}, "nobody": {op, id, codeOf(t, "Bice"), dossier.CodeNotFound},
		"no code": {op, id, "somebody", dossier.CodeRequestInvalid}, "an upload": {op, uploaded.ID, ada, dossier.CodeNotFound},
	} {
		_, err := s.Attach(t.Context(), tt.actor, tt.id, tt.named)
		if dossier.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if _, err := s.Scans(t.Context(), auditor); dossier.CodeOf(err) != dossier.CodeForbidden {
		t.Errorf("an auditor has the list: %v", err)
	}
	h.AddHolder(codeOf(t, "Bice"))
	if _, err := s.Attach(t.Context(), op, id, ada); err != nil {
		t.Fatal(err)
	}
	_, err := s.Attach(t.Context(), op, id, codeOf(t, "Bice"))
	house.WantCode(t, err, dossier.CodeConflict)
}

// proves C6: a sidecar names an office in which somebody works; a scan for any other,
// and one whose sidecar cannot be read, are the folder's own.
func TestFolderOffices(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, _ := newService(h)
	folder, dir := watch(t, s)
	err := h.InsertOperator(t.Context(), operator.Record{
		Account: operator.Account{ID: h.ID(), Username: "far", Office: "altrove", Role: dossier.RoleOperator}, Hash: "x", KeyedCF: []byte("k"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, sidecar := range map[string]string{
		"a.pdf": `{"office":"altrove"}`, "b.tif": `{"office":"Atlantide"}`, "c.tiff": "{not json",
		"d.pdf": `{"office":"` + strings.Repeat("x", 65) + `"}`,
	} {
		scan(t, folder, dir, name, "%PDF-1.7 "+name, sidecar)
	}
	for office, want := range map[string]int{"altrove": 1, house.Office: 3, "Atlantide": 0} {
		op := house.Reviewer("op")
		op.Office = office
		if n := len(scans(t, s, op)); n != want {
			t.Errorf("%s has %d scans, want %d", office, n, want)
		}
	}
}

// proves C6: one wrong field of a sidecar costs no other.
func TestSidecar(t *testing.T) {
	t.Parallel()
	whole := counter.Sidecar{Office: "estero", Dossier: "2026/0000001"}
	for data, want := range map[string]struct {
		counter.Sidecar
		spool.SidecarFaults
	}{
		`{"office":"estero","dossier":"2026/0000001"}`:            {Sidecar: whole},
		`{"Office":"estero","DOSSIER":"2026/0000001"}`:            {Sidecar: whole},
		`{"office":"estero","dossier":7}`:                         {counter.Sidecar{Office: whole.Office}, spool.SidecarFaults{Wrong: []string{"dossier"}}},
		`{"office":["a"],"dossier":"2026/0000001","pages":"two"}`: {counter.Sidecar{Dossier: whole.Dossier}, spool.SidecarFaults{Wrong: []string{"office"}, Unknown: 1}},
		`{"office":"a\nb","dossier":"2026/0000001"}`:              {counter.Sidecar{Dossier: whole.Dossier}, spool.SidecarFaults{Wrong: []string{"office"}}},
		`{"office":"estero","dossier":"` + strings.Repeat("1", counter.MaxOffice+1) + `"}`: {
			counter.Sidecar{Office: whole.Office}, spool.SidecarFaults{Wrong: []string{"dossier"}},
		},
		`{"office":null}`: {},
		"office":          {SidecarFaults: spool.SidecarFaults{NoJSON: true}},
	} {
		s, faults := counter.ParseSidecar([]byte(data))
		if s != want.Sidecar || !reflect.DeepEqual(faults, want.SidecarFaults) {
			t.Errorf("%s: %+v, %+v", data, s, faults)
		}
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"office":"estero","dossier":"2026/0000001"}`))
	f.Add([]byte(`{"office":"\u0000"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _ := counter.ParseSidecar(data) // what cannot be read is nothing
		for _, text := range []string{s.Office, s.Dossier} {
			if len(text) > 64 || strings.ContainsAny(text, "\n\x00") {
				t.Errorf("%q", text)
			}
		}
	})
}
