package fitting_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/fitting"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	someCF  = "PRVDAA80A41H501X"
	otherCF = "PRVDAB80A41H501Y"
)

// fitter makes a page of each file: its bytes in a row are the document.
type fitter struct{ refuse []sandbox.FitFinding }

func (f fitter) Fit(
	_ context.Context, files [][]byte, opts sandbox.FitOptions, each func(sandbox.Rendered) error,
) ([]byte, sandbox.Fitted, error) {
	if f.refuse != nil {
		return nil, sandbox.Fitted{Findings: f.refuse}, nil
	}
	order := opts.Order
	if order == nil {
		for i := range files {
			order = append(order, i)
		}
	}
	document := []byte("%PDF-1.4\n")
	var fitted sandbox.Fitted
	for n, i := range order {
		document = append(document, files[i]...)
		fitted.Pages = append(fitted.Pages, sandbox.FittedPage{Place: i, File: i, FilePage: 1})
		if err := each(sandbox.Rendered{N: n + 1, Image: files[i], ContentType: "image/jpeg"}); err != nil {
			return nil, sandbox.Fitted{}, err
		}
	}
	return document, fitted, nil
}

type dossiers struct {
	house house.House
	id    string
}

func (d dossiers) Open(context.Context, dossier.Actor) (dossier.Dossier, error) {
	return d.house.Get(d.id), nil //nolint:contextcheck // the house has the test's own context
}

func newService(h house.House, dossierID string, f fitting.Fitter) *fitting.Service {
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Dossiers: dossiers{h, dossierID}, Hash: h.Keys.MAC("content"),
		Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	return fitting.New(fitting.Config{
		Store: h.Store, Vault: h.Vault, Fitter: f, Door: door, Hash: h.Keys.MAC("content"), Clock: h.Clock,
		Logger: slog.New(slog.DiscardHandler), Tries: throttle.New(h.Clock, 3, time.Minute), MaxBytes: intake.DefaultMaxBytes,
	})
}

var pages = [][]byte{[]byte("one"), []byte("two"), []byte("three")}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// proves C3: what the holder saw is what arrives, in the order wanted, through
// the door; the originals stay as evidence of the submission, nothing else does.
func TestConfirm(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		s := newService(h, id, fitter{})
		first, err := s.Make(t.Context(), house.Citizen(holder), pages)
		must(t, err)
		c, err := s.Arrange(t.Context(), house.Citizen(holder), first.ID, []int{3, 1})
		must(t, err)
		_, err = s.Composition(t.Context(), house.Citizen(holder), first.ID)
		house.WantCode(t, err, dossier.CodeNotFound) // the later one took its place
		if data, kind, err := s.Page(t.Context(), house.Citizen(holder), c.ID, 1); err != nil || string(data) != "three" || kind != "image/jpeg" {
			t.Errorf("page %q %q, %v", data, kind, err)
		}
		receipt, err := s.Confirm(t.Context(), house.Citizen(holder), c.ID)
		must(t, err)
		again, err := s.Confirm(t.Context(), house.Citizen(holder), c.ID)
		if err != nil || !again.Repeated || again.Protocol != receipt.Protocol {
			t.Errorf("%+v, %v", again, err)
		}
		f := h.Get(id).Submissions[0].Documents[0]
		if data, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || string(data) != "%PDF-1.4\nthreeone" {
			t.Errorf("arrived: %q, %v", data, err)
		}
		h.Clock.Advance(fitting.KeepFor + time.Second)
		must(t, s.Sweep(t.Context()))
		kept, err := h.Composition(t.Context(), c.ID)
		if err != nil || kept.SubmissionID != receipt.SubmissionID || len(kept.Files) != 3 || len(kept.Originals()) != 3 {
			t.Fatalf("%+v, %v", kept, err)
		}
		for i, f := range kept.Originals() {
			if data, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || !bytes.Equal(data, pages[i]) {
				t.Errorf("original %d: %q, %v", i, data, err)
			}
		}
		// Evidence goes with the documents (C14).
		h.Must(dossier.Change{Actor: dossier.System("erasure"), Effects: []dossier.Effect{dossier.EraseFile{FileID: f.ID}}})
		must(t, s.Sweep(t.Context()))
		_, err = h.Composition(t.Context(), c.ID)
		house.WantCode(t, err, dossier.CodeNotFound)
		swept, err := h.Vault.Sweep(t.Context(), h.Clock.Now().AddDate(10, 0, 0), h.BlobInUse)
		if err != nil || swept != 1 { // the submission's own, erased above
			t.Errorf("%d blobs were left, %v", swept, err)
		}
	})
}

// What was not confirmed is forgotten, with every byte of it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		s := newService(h, h.Begin(holder), fitter{})
		c, err := s.Make(t.Context(), house.Citizen(holder), pages)
		must(t, err)
		used, err := h.BlobInUse(t.Context(), c.Files[0].Blob)
		if err != nil || !used {
			t.Errorf("a composition's blob would be swept: %v", err)
		}
		h.Clock.Advance(fitting.KeepFor)
		_, err = s.Confirm(t.Context(), house.Citizen(holder), c.ID)
		house.WantCode(t, err, dossier.CodeNotFound)
		h.Clock.Advance(time.Second)
		must(t, s.Sweep(t.Context()))
		swept, err := h.Vault.Sweep(t.Context(), h.Clock.Now().AddDate(10, 0, 0), h.BlobInUse)
		if err != nil || swept != 0 {
			t.Errorf("%d blobs were left, %v", swept, err)
		}
	})
}

// Nobody but the holder sees, changes or confirms a composition.
func TestOthersCompositionsDoNotExist(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder, other := h.AddHolder(someCF), h.AddHolder(otherCF)
	s := newService(h, h.Begin(holder), fitter{})
	c, err := s.Make(t.Context(), house.Citizen(holder), pages)
	must(t, err)
	for _, who := range []dossier.Actor{house.Citizen(other), house.Reviewer("op"), {}} {
		want := dossier.CodeForbidden
		if who.ID == other.ID {
			want = dossier.CodeNotFound
		}
		_, err := s.Composition(t.Context(), who, c.ID)
		house.WantCode(t, err, want)
		_, _, err = s.Page(t.Context(), who, c.ID, 1)
		house.WantCode(t, err, want)
		_, err = s.Arrange(t.Context(), who, c.ID, []int{1})
		house.WantCode(t, err, want)
		_, err = s.Confirm(t.Context(), who, c.ID)
		house.WantCode(t, err, want)
	}
	for _, order := range [][]int{nil, {0}, {4}, {1, 1}} {
		_, err := s.Arrange(t.Context(), house.Citizen(holder), c.ID, order)
		house.WantCode(t, err, dossier.CodeRequestInvalid)
	}
}

// A refusal names file and page and keeps nothing.
func TestRefusalNamesThePage(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	found := sandbox.FitFinding{File: 1, Finding: dossier.Finding{Code: dossier.PageTooHeavy, Severity: dossier.SeverityBlock, Page: 2}}
	s := newService(h, h.Begin(holder), fitter{refuse: []sandbox.FitFinding{found}})
	_, err := s.Make(t.Context(), house.Citizen(holder), pages)
	house.WantCode(t, err, dossier.Code(dossier.PageTooHeavy))
	var known *dossier.Error
	if known, _ = err.(*dossier.Error); known == nil || known.Args["file"] != "2" || known.Args["page"] != "2" { //nolint:errorlint // the very one
		t.Errorf("%+v", err)
	}
	if swept, err := h.Vault.Sweep(t.Context(), h.Clock.Now().AddDate(10, 0, 0), h.BlobInUse); err != nil || swept != 0 {
		t.Errorf("%d blobs were kept, %v", swept, err)
	}
}

// proves C3: a refusal names each place as the sender counts: files in their order,
// and pages of files that may have several.
func TestWhereItIs(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	heavy := func(file, page int) sandbox.FitFinding {
		return sandbox.FitFinding{File: file, Finding: dossier.Finding{Code: dossier.PageTooHeavy, Severity: dossier.SeverityBlock, Page: page, Detail: "2000 of 1000 bytes"}}
	}
	files := [][]byte{[]byte("\xff\xd8\xff"), []byte("%PDF-1.4\n"), []byte("\x89PNG\r\n\x1a\n")}
	noted := sandbox.FitFinding{Finding: dossier.Finding{Code: dossier.PageBlurred, Severity: dossier.SeverityWarn, Page: 1}}
	for _, tt := range []struct {
		files    [][]byte
		findings []sandbox.FitFinding
		code     dossier.Code
		where    string
	}{
		{files, []sandbox.FitFinding{noted, heavy(1, 3), heavy(2, 1), heavy(0, 1), heavy(1, 2)}, dossier.Code(dossier.PageTooHeavy), "1, 2 (p. 2), 2 (p. 3), 3"},
		{files, []sandbox.FitFinding{heavy(1, 0)}, dossier.Code(dossier.PageTooHeavy), "2"},
		{files, []sandbox.FitFinding{heavy(-1, 0)}, dossier.Code(dossier.PageTooHeavy), ""},
		{nil, []sandbox.FitFinding{heavy(-1, 0)}, dossier.CodeFilesNone, ""},
	} {
		_, err := newService(h, id, fitter{refuse: tt.findings}).Make(t.Context(), house.Citizen(holder), tt.files)
		house.WantCode(t, err, tt.code)
		if known, ok := errors.AsType[*dossier.Error](err); !ok || known.Args["where"] != tt.where ||
			len(tt.files) > 0 && (known.Args["size"] != "2000" || known.Args["limit"] != "1000") {
			t.Errorf("%v is not %q", known, tt.where)
		}
	}
}

// proves C3: where the machine gave up nobody is told that a person will look: nothing
// is kept for one.
func TestGaveUpPromisesNobody(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	found := sandbox.FitFinding{File: -1, Finding: dossier.Finding{Code: dossier.MachineGaveUp, Severity: dossier.SeverityBlock}}
	_, err := newService(h, h.Begin(holder), fitter{refuse: []sandbox.FitFinding{found}}).Make(t.Context(), house.Citizen(holder), pages)
	house.WantCode(t, err, dossier.CodeFitGaveUp)
}

// A holder may not compose without end, nor more at once than there are places.
func TestEnter(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	s := newService(h, h.Begin(holder), fitter{})
	for range 2 {
		_, err := s.Enter(t.Context(), house.Citizen(holder))
		must(t, err)
	}
	full, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Enter(full, house.Citizen(holder))
	house.WantCode(t, err, dossier.CodeUnavailable)
	_, err = s.Enter(t.Context(), house.Citizen(holder))
	house.WantCode(t, err, dossier.CodeRateLimited)
}
