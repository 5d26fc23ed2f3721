package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/antivirus"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/token"
	"dispositivo/verify"
	"dispositivo/verify/review"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const someCF = "PRVDAA80A41H501X"

// reader is a sandbox that says what it is told to.
type reader struct {
	report sandbox.Report
	pages  []sandbox.Rendered
	err    error
	asked  []sandbox.ReadOptions
	// fitted and fits are what a fax over the limit becomes.
	fitted []byte
	fits   sandbox.Fitted
	before func()
}

func (r *reader) ReadEach(_ context.Context, _ []byte, o sandbox.ReadOptions, each func(sandbox.Rendered) error) (sandbox.Report, error) {
	r.asked = append(r.asked, o)
	if r.before != nil {
		r.before()
	}
	for _, p := range r.pages {
		if err := each(p); err != nil {
			return sandbox.Report{}, err
		}
	}
	return r.report, r.err
}

func (r *reader) Fit(context.Context, [][]byte, sandbox.FitOptions, func(sandbox.Rendered) error) ([]byte, sandbox.Fitted, error) {
	return r.fitted, r.fits, nil
}

// pages makes a reader that renders one page for each text.
func pages(findings []dossier.Finding, texts ...string) *reader {
	r := &reader{report: sandbox.Report{Format: sandbox.FormatPDF, Findings: findings}}
	for i, text := range texts {
		r.report.Pages = append(r.report.Pages, sandbox.Page{N: i + 1, Width: 595, Height: 842})
		r.pages = append(r.pages, sandbox.Rendered{N: i + 1, Image: []byte("image"), Thumb: []byte("thumb"), Text: text})
	}
	r.report = r.report.Judged()
	return r
}

func tokenKey() []byte { return bytes.Repeat([]byte{7}, 32) }

func newScreener(h house.House, r *reader) *verify.Screener {
	return verify.NewScreener(verify.Config{
		Store: h.Store, Vault: h.Vault, Reader: r, Logger: slog.New(slog.DiscardHandler), Hash: h.Keys.MAC("content"), MaxBytes: 1 << 20, TokenKey: tokenKey(),
	})
}

// screen sends a document and has it read.
func screen(t *testing.T, h house.House, r *reader, holder dossier.Holder, id, data string) {
	t.Helper()
	sub := h.Must(h.Arrival(holder, id, data)).Submission
	task := h.Task(dossier.TaskScreen, sub.ID)
	if err := newScreener(h, r).Screen(t.Context(), task.ID, sub.ID); err != nil {
		t.Fatal(err)
	}
}

// proves C8 C9: what was read decides where submission and dossier go; only
// certainty waits for the holder, everything else is a person's.
func TestWhereThingsGo(t *testing.T) {
	t.Parallel()
	block := func(c dossier.FindingCode) []dossier.Finding {
		return []dossier.Finding{{Code: c, Severity: dossier.SeverityBlock}}
	}
	tests := []struct {
		name       string
		reader     *reader
		submission dossier.SubmissionState
		state      dossier.State
	}{
		{"scan of two pages", pages(nil, "", ""), dossier.SubmissionJoined, dossier.StateReviewing},
		{"with a warning", pages([]dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 1}}, ""), dossier.SubmissionJoined, dossier.StateReviewing},
		{"active content", pages(block(dossier.PDFActiveContent), "", ""), dossier.SubmissionQuarantined, dossier.StateReviewing},
		{"encrypted", pages(block(dossier.FileEncrypted)), dossier.SubmissionRefused, dossier.StateWaiting},
		{"gave up", &reader{
			report: sandbox.Report{Findings: block(dossier.MachineGaveUp)}.Judged(), err: &sandbox.GaveUpError{Why: "time", Err: context.DeadlineExceeded},
		}, dossier.SubmissionQuarantined, dossier.StateReviewing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			id := h.Begin(holder)
			screen(t, h, tt.reader, holder, id, "document")
			d := h.Get(id)
			if d.State != tt.state || d.Submissions[0].State != tt.submission {
				t.Errorf("dossier %s, submission %s", d.State, d.Submissions[0].State)
			}
			if want := len(tt.reader.report.Pages); len(d.Submissions[0].Documents[0].Pages) != want {
				t.Errorf("%d pages kept, want %d", len(d.Submissions[0].Documents[0].Pages), want)
			}
		})
	}
}

// TestAntivirus: nobody opens what is harmful; what could not be scanned goes to a
// person, whose clearance holds; a daemon that is away is waited for.
func TestAntivirus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		threat     string
		err        error
		submission dossier.SubmissionState
		state      dossier.State
		findings   []dossier.Finding
		pages      int
	}{
		{name: "harmless", submission: dossier.SubmissionJoined, state: dossier.StateReviewing, pages: 1},
		{
			name: "harmful", threat: "Test.EICAR", submission: dossier.SubmissionRefused, state: dossier.StateWaiting,
			findings: []dossier.Finding{{Code: dossier.InfectedFile, Severity: dossier.SeverityBlock, Detail: "Test.EICAR"}},
		},
		{
			name: "not scanned", err: antivirus.ErrRefused, submission: dossier.SubmissionQuarantined, state: dossier.StateReviewing, pages: 1,
			findings: []dossier.Finding{{Code: dossier.MachineGaveUp, Severity: dossier.SeverityBlock, Detail: "antivirus"}},
		},
		{name: "daemon away", err: io.ErrUnexpectedEOF, submission: dossier.SubmissionScreening, state: dossier.StateScreening},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			id := h.Begin(holder)
			sub := h.Must(h.Arrival(holder, id, "document")).Submission
			s := verify.NewScreener(verify.Config{
				Store: h.Store, Vault: h.Vault, Reader: pages(nil, ""), Logger: slog.New(slog.DiscardHandler), Hash: h.Keys.MAC("content"), MaxBytes: 1 << 20, TokenKey: tokenKey(),
				Antivirus: func(_ context.Context, data []byte) (string, error) {
					if string(data) != "document" {
						t.Errorf("scanned %q", data)
					}
					return tt.threat, tt.err
				},
			})
			err := s.Screen(t.Context(), h.Task(dossier.TaskScreen, sub.ID).ID, sub.ID)
			if passing := tt.state == dossier.StateScreening; passing != (err != nil) {
				t.Fatal(err)
			}
			d := h.Get(id)
			if d.State != tt.state || d.Submissions[0].State != tt.submission || len(d.Submissions[0].Documents[0].Pages) != tt.pages {
				t.Errorf("dossier %s, submission %s, %d pages", d.State, d.Submissions[0].State, len(d.Submissions[0].Documents[0].Pages))
			}
			blocking := slices.DeleteFunc(d.Submissions[0].Findings, func(f dossier.Finding) bool { return f.Severity != dossier.SeverityBlock })
			if !slices.Equal(blocking, tt.findings) {
				t.Errorf("findings %v", blocking)
			}
			if tt.submission == dossier.SubmissionQuarantined {
				clearAndScreen(t, h, s, id, sub.ID)
			}
		})
	}
}

// clearAndScreen does what an operator does, and expects the pages to be taken.
func clearAndScreen(t *testing.T, h house.House, s *verify.Screener, dossierID, submissionID string) {
	t.Helper()
	h.Must(dossier.Change{
		Actor: house.Reviewer("r"), Submission: &dossier.SubmissionMove{ID: submissionID, Event: dossier.EventCleared},
		Dossier: &dossier.Move{ID: dossierID, Event: dossier.EventPagesAdded}, Effects: []dossier.Effect{dossier.Clear{SubmissionID: submissionID}},
	})
	if err := s.Screen(t.Context(), h.Task(dossier.TaskScreen, submissionID).ID, submissionID); err != nil {
		t.Fatal(err)
	}
	if d := h.Get(dossierID); d.Submissions[0].State != dossier.SubmissionJoined {
		t.Errorf("cleared: submission %s", d.Submissions[0].State)
	}
}

// A later unusable file does not undo what came before: a person looks.
func TestUnusableAfterGood(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Reviewing(holder)
	r := pages([]dossier.Finding{{Code: dossier.FileEncrypted, Severity: dossier.SeverityBlock}})
	screen(t, h, r, holder, id, "later")
	if d := h.Get(id); d.State != dossier.StateReviewing || d.Submissions[1].State != dossier.SubmissionRefused {
		t.Errorf("dossier %s, submission %s", d.State, d.Submissions[1].State)
	}
}

// Two submissions at once: the dossier leaves screening with the last.
func TestTwoSubmissionsAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		first := h.Must(h.Arrival(holder, id, "one")).Submission
		second := h.Must(h.Arrival(holder, id, "two")).Submission
		s := newScreener(h, pages(nil, ""))
		if err := s.Screen(t.Context(), h.Task(dossier.TaskScreen, first.ID).ID, first.ID); err != nil {
			t.Fatal(err)
		}
		if d := h.Get(id); d.State != dossier.StateScreening {
			t.Errorf("after the first: %s", d.State)
		}
		if err := s.Screen(t.Context(), h.Task(dossier.TaskScreen, second.ID).ID, second.ID); err != nil {
			t.Fatal(err)
		}
		if d := h.Get(id); d.State != dossier.StateReviewing {
			t.Errorf("after the second: %s", d.State)
		}
	})
}

// A dossier that changed while its pages were read is looked at again; one
// that ended keeps its end.
func TestDossierChangesMeanwhile(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	sub := h.Must(h.Arrival(holder, id, "one")).Submission
	r := pages(nil, "")
	r.before = func() {
		h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
	}
	task := h.Task(dossier.TaskScreen, sub.ID)
	if err := newScreener(h, r).Screen(t.Context(), task.ID, sub.ID); err != nil {
		t.Fatal(err)
	}
	if d := h.Get(id); d.State != dossier.StateWithdrawn || d.Submissions[0].State != dossier.SubmissionJoined {
		t.Errorf("dossier %s, submission %s", d.State, d.Submissions[0].State)
	}
}

// proves promise 1: a task rung twice, or after a crash, does its work once.
func TestScreeningTwice(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	sub := h.Send(holder, id, "one") // a worker began, and died
	task := h.Task(dossier.TaskScreen, sub.ID)
	s := newScreener(h, pages(nil, ""))
	for range 2 {
		if err := s.Screen(t.Context(), task.ID, sub.ID); err != nil {
			t.Fatal(err)
		}
	}
	if d := h.Get(id); d.State != dossier.StateReviewing || len(d.Submissions[0].Documents[0].Pages) != 1 {
		t.Errorf("dossier %+v", d)
	}
}

func TestFaultsAreTemporary(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	sub := h.Must(h.Arrival(holder, id, "one")).Submission
	task := h.Task(dossier.TaskScreen, sub.ID)
	err := newScreener(h, &reader{err: errors.New("no child could be started")}).Screen(t.Context(), task.ID, sub.ID)
	if err == nil || !dossier.Temporary(err) {
		t.Errorf("got %v", err)
	}
	if d := h.Get(id); d.State != dossier.StateScreening || d.Submissions[0].State != dossier.SubmissionScreening {
		t.Errorf("a fault moved the dossier to %s", d.State)
	}
}

// Cleared submissions are read in spite of active content.
func TestClearedIsTolerated(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	sub := h.Must(h.Arrival(holder, id, "one")).Submission
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Clear{SubmissionID: sub.ID}}})
	r := pages(nil, "")
	if err := newScreener(h, r).Screen(t.Context(), h.Task(dossier.TaskScreen, sub.ID).ID, sub.ID); err != nil {
		t.Fatal(err)
	}
	if len(r.asked) != 1 || !r.asked[0].TolerateActive {
		t.Errorf("asked %+v", r.asked)
	}
}

// proves C9: the form's code leads to its dossier; another's is a finding for a
// person, and a code that is not ours is nothing.
func TestTokens(t *testing.T) {
	t.Parallel()
	other, err := token.Mint(rand.Reader, tokenKey())
	if err != nil {
		t.Fatal(err)
	}
	forged, err := token.Mint(rand.Reader, bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want dossier.FindingCode
	}{
		"another dossier's": {other.Text(), dossier.TokenOtherHolder},
		"forged":            {forged.Text(), dossier.TokenMissing},
		"some other code":   {"https://example.org", dossier.TokenMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			id := h.Begin(holder)
			r := pages(nil, "", "")
			r.report.Symbols = []sandbox.Symbol{{Kind: "qr", Text: tt.text, Page: 1}}
			screen(t, h, r, holder, id, "document")
			found := h.Get(id).Findings()
			if !slices.ContainsFunc(found, func(f dossier.Finding) bool { return f.Code == tt.want }) || h.Get(id).State != dossier.StateReviewing {
				t.Errorf("findings %+v", found)
			}
		})
	}
}

// What the machine read off a document reaches the reviewer, sealed on its way.
func TestZonesReachTheReviewer(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	r := pages(nil, "", "")
	r.report.MRZ = []sandbox.MRZ{
		{Format: "td3", Valid: true, Surname: "PROVA", GivenNames: "ADA", Birth: "1980-01-01", Sex: "F", DocumentNumber: "L898902C3", Page: 2},
		{Format: "td3", Valid: false, Surname: "NOT PROVED", Page: 2},
	}
	screen(t, h, r, holder, id, "document")
	if sealed := h.Get(id).Submissions[0].Documents[0].SealedZones; len(sealed) == 0 || bytes.Contains(sealed, []byte("PROVA")) {
		t.Errorf("zones are not sealed: %q", sealed)
	}
	d := review.NewDesk(review.Config{Store: h.Store, Pictures: h.Vault, Clock: h.Clock, Lease: review.DefaultLease})
	claim, err := d.Claim(t.Context(), house.Reviewer("op"), id)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Case(t.Context(), house.Reviewer("op"), claim.ID)
	if err != nil || len(c.Zones) != 1 || c.Zones[0].Surname != "PROVA" || c.Zones[0].Page != 2 {
		t.Errorf("zones %+v, %v", c.Zones, err)
	}
	if found := h.Get(id).Findings(); slices.ContainsFunc(found, func(f dossier.Finding) bool { return f.Code == dossier.IDMismatch }) {
		t.Errorf("the holder's own document differs: %+v", found)
	}
}

// proves C8: a document that is somebody else's, or expired, is a warning for
// the reviewer, and decides nothing.
func TestSomebodyElsesDocument(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	r := pages(nil, "", "")
	r.report.MRZ = []sandbox.MRZ{{
		Format: "td3", Valid: true, Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Birth: "1974-08-12", Sex: "F",
		DocumentNumber: "L898902C3", Expiry: "2012-04-15", Page: 2,
	}}
	screen(t, h, r, holder, id, "document")
	d := h.Get(id)
	for _, want := range []dossier.FindingCode{dossier.IDMismatch, dossier.IDExpired} {
		i := slices.IndexFunc(d.Findings(), func(f dossier.Finding) bool { return f.Code == want })
		if i < 0 || d.Findings()[i].Severity != dossier.SeverityWarn || d.Findings()[i].Page != 2 {
			t.Errorf("no warning %s: %+v", want, d.Findings())
		}
	}
	if d.State != dossier.StateReviewing {
		t.Errorf("state %s", d.State)
	}
}
