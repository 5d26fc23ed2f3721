package fax_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/intake"
	"dispositivo/intake/fax"
	"dispositivo/internal/spool"
	"dispositivo/internal/testkit/house"
)

func newSpool(t *testing.T, h house.House, door fax.Door) (*spool.Spool, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := fax.NewSpool(fax.SpoolConfig{
		Dir: dir, Door: door, Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
		Answers: newAnswers(h),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files lists a folder, folders left out.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s holds %v, want %v", filepath.Base(dir), got, want)
	}
}

// proves C4: complete faxes alone are taken in, and moved after that.
func TestSpool(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, newDoor(h))
	put(t, dir, "a.tif", page)
	put(t, dir, "a.json", []byte(`{"id":"gw-1","from":"+39 06 5551","incomplete":true}`))
	put(t, dir, "b.tiff", page)
	put(t, dir, ".c.tif", page)
	put(t, dir, "notes.txt", page)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "b.tiff", ".c.tif", "notes.txt")
	wantFiles(t, filepath.Join(dir, "done"), "a.tif", "a.tif.json")
	subs := received(t, h)
	if len(subs) != 1 {
		t.Fatalf("%d submissions", len(subs))
	}
	if note := origin(t, h, subs[0]); !strings.Contains(note, "+39 06 5551") || !strings.Contains(note, `"incomplete":true`) {
		t.Error(note)
	}
	h.Clock.Advance(spool.DefaultSettle - time.Second)
	put(t, dir, "b.tiff", append(slices.Clone(page), " grows"...))
	for range 2 { // it grew: the time begins anew
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, dir, "b.tiff", ".c.tif", "notes.txt")
	h.Clock.Advance(spool.DefaultSettle)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, ".c.tif", "notes.txt")
	if n := len(received(t, h)); n != 2 {
		t.Errorf("%d submissions", n)
	}
}

// proves C4 C7: killed between commit and move, the fax is there once; another
// fax under the same name is another fax, and nothing is overwritten.
func TestSpoolAgain(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, newDoor(h))
	for _, data := range []string{"one", "one", "two"} {
		put(t, dir, "fax000000001.tif", []byte(data))
		put(t, dir, "fax000000001.tif.done", nil)
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(received(t, h)); n != 2 {
		t.Errorf("%d submissions, want 2", n)
	}
	kept := files(t, filepath.Join(dir, "done"))
	if !slices.Contains(kept, "fax000000001.tif") || !slices.Contains(kept, "fax000000001-2.tif") || !slices.Contains(kept, "fax000000001-3.tif") {
		t.Errorf("kept %v", kept)
	}
}

// proves C7: with the disk full the file stays; what can never be taken in is set
// aside, a sidecar that cannot be read costs no fax.
func TestSpoolFaults(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, broken{})
	put(t, dir, "a.tif", page)
	put(t, dir, "a.done", nil)
	if err := s.Look(t.Context()); err == nil {
		t.Error("a fax that was not taken in gives no error")
	}
	wantFiles(t, dir, "a.tif", "a.done")
	wantFiles(t, filepath.Join(dir, "done"))

	s, dir = newSpool(t, h, newDoor(h))
	put(t, dir, "empty.tif", nil)
	put(t, dir, "empty.tif.json", []byte("{}"))
	put(t, dir, "odd.tif", page)
	put(t, dir, "odd.tif.json", []byte("{not json"))
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, filepath.Join(dir, "corrupt"), "empty.tif", "empty.tif.json")
	wantFiles(t, filepath.Join(dir, "done"), "odd.tif", "odd.tif.json")
	put(t, dir, "large.tif", make([]byte, intake.MaxOriginal+2))
	put(t, dir, "large.done", nil)
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "corrupt", "large.tif")); err != nil || info.Size() != intake.MaxOriginal+2 {
		t.Errorf("a fax over the limit: %v", err)
	}
	if n := len(ledger(t, h)); n != 2 {
		t.Errorf("%d lines in the ledger", n)
	}
}

// proves C4 C7: what is wrong with one field of a sidecar costs no other.
func TestSidecarFields(t *testing.T) {
	t.Parallel()
	whole := fax.Sidecar{ID: "gw-1", From: "+39", CSID: "ACME", Pages: 2, Incomplete: true, Error: "line"}
	for name, tt := range map[string]struct {
		data   string
		change func(*fax.Sidecar)
		faults spool.SidecarFaults
	}{
		"whole":         {data: `{"id":"gw-1","from":"+39","csid":"ACME","pages":2,"incomplete":true,"error":"line"}`},
		"in capitals":   {data: `{"ID":"gw-1","From":"+39","CSID":"ACME","Pages":2,"Incomplete":true,"Error":"line"}`},
		"an id of two":  {`{"id":"gw 1","from":"+39","csid":"ACME","pages":2,"incomplete":true,"error":"line"}`, func(s *fax.Sidecar) { s.ID = "" }, spool.SidecarFaults{Wrong: []string{"id"}}},
		"a number":      {`{"id":1,"from":"+39","csid":"ACME","pages":2,"incomplete":true,"error":"line"}`, func(s *fax.Sidecar) { s.ID = "" }, spool.SidecarFaults{Wrong: []string{"id"}}},
		"from an array": {`{"id":"gw-1","from":["+39"],"csid":"ACME","pages":2,"incomplete":true,"error":"line"}`, func(s *fax.Sidecar) { s.From = "ACME" }, spool.SidecarFaults{Wrong: []string{"from"}}},
		"pages in words": {
			data:   `{"id":"gw-1","from":"+39","csid":"ACME","pages":"two","incomplete":true,"error":"line"}`,
			change: func(s *fax.Sidecar) { s.Pages = 0 }, faults: spool.SidecarFaults{Wrong: []string{"pages"}},
		},
		"fewer than none": {
			data:   `{"id":"gw-1","from":"+39","csid":"ACME","pages":-1,"incomplete":"no","error":"line"}`,
			change: func(s *fax.Sidecar) { s.Pages, s.Incomplete = 0, false }, faults: spool.SidecarFaults{Wrong: []string{"incomplete", "pages"}},
		},
		"more than known": {`{"id":"gw-1","from":"+39","csid":"ACME","pages":2,"incomplete":true,"error":"line","a":1,"b":{}}`, nil, spool.SidecarFaults{Unknown: 2}},
		"null":            {`{"id":"gw-1","from":"+39","csid":"ACME","pages":2,"incomplete":true,"error":null}`, func(s *fax.Sidecar) { s.Error = "" }, spool.SidecarFaults{}},
		"cut":             {`{"id":"gw-1"`, func(s *fax.Sidecar) { *s = fax.Sidecar{} }, spool.SidecarFaults{NoJSON: true}},
		"a list":          {`[]`, func(s *fax.Sidecar) { *s = fax.Sidecar{} }, spool.SidecarFaults{NoJSON: true}},
		"too long":        {`{"id":"` + strings.Repeat("1", spool.MaxSidecar) + `"}`, func(s *fax.Sidecar) { *s = fax.Sidecar{} }, spool.SidecarFaults{NoJSON: true}},
	} {
		want := whole
		if tt.change != nil {
			tt.change(&want)
		}
		got, faults := fax.ParseSidecar([]byte(tt.data))
		if got != want || !reflect.DeepEqual(faults, tt.faults) {
			t.Errorf("%s: %+v and %+v, want %+v and %+v", name, got, faults, want, tt.faults)
		}
	}
}

// proves C4 C7: two files with one sidecar are two faxes, whatever their name at the
// gateway, and both know what the sidecar says; the log names wrong fields, and no value.
func TestSpoolTwins(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	var log bytes.Buffer
	dir := t.TempDir()
	s, err := fax.NewSpool(fax.SpoolConfig{Dir: dir, Door: newDoor(h), Clock: h.Clock, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "twin.tif", page)
	put(t, dir, "twin.pdf", []byte("%PDF-1.4 a page"))
	put(t, dir, "twin.json", []byte(`{"id":"gw-1","from":"+390655512","pages":3,"incomplete":"secret","surname":"ROSSI"}`))
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir)
	wantFiles(t, filepath.Join(dir, "done"), "twin.tif", "twin.tif.json", "twin.pdf", "twin.pdf.json")
	subs := received(t, h)
	if len(subs) != 2 {
		t.Fatalf("%d submissions", len(subs))
	}
	for _, sub := range subs {
		if note := origin(t, h, sub); !strings.Contains(note, "+390655512") || !strings.Contains(note, `"pages":3`) {
			t.Error(note)
		}
	}
	if text := log.String(); !strings.Contains(text, "field=incomplete") || !strings.Contains(text, "fields=1") || strings.Contains(text, "secret") || strings.Contains(text, "surname") || strings.Contains(text, "55512") {
		t.Error(text)
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"id":"1","from":"+39","csid":"ACME","pages":2,"incomplete":true}`))
	f.Add([]byte(`{"id":"\u0000"}`))
	f.Add([]byte(`{"id":["1"],"ID":"2","pages":1e3,"error":{},"x":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, faults := fax.ParseSidecar(data)
		if len(s.ID) > 200 || strings.ContainsAny(s.ID, " \n\x00") || s.Pages < 0 || s.Pages > 10_000 {
			t.Errorf("%+v", s)
		}
		if faults.NoJSON && (s != fax.Sidecar{}) {
			t.Errorf("of no JSON: %+v", s)
		}
		for _, field := range faults.Wrong { // they go into the log
			if !slices.Contains([]string{"id", "from", "csid", "pages", "incomplete", "error"}, field) {
				t.Errorf("field %q", field)
			}
		}
	})
}
