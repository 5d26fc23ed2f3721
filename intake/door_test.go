package intake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const someCF = "PRVDAA80A41H501X"

// prober answers as it is told.
type prober struct {
	report sandbox.Report
	err    error
}

func (p prober) Probe(ctx context.Context, _ []byte, _ sandbox.ReadOptions) (sandbox.Report, error) {
	if errors.Is(p.err, context.DeadlineExceeded) {
		if _, bounded := ctx.Deadline(); !bounded {
			panic("the dialogue with the sandbox is not bounded")
		}
	}
	return p.report, p.err
}

// dossiers gives every citizen the same dossier.
type dossiers struct {
	house house.House
	id    string
}

func (d dossiers) Open(context.Context, dossier.Actor) (dossier.Dossier, error) {
	return d.house.Get(d.id), nil //nolint:contextcheck // the house has the test's own context
}

func newDoor(h house.House, id string, p intake.Prober) *intake.Door {
	return intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Prober: p, Dossiers: dossiers{h, id}, Hash: h.Keys.MAC("content"),
		Clock: h.Clock, Logger: slog.New(slog.DiscardHandler), MaxBytes: 1000,
	})
}

func pdf(n int) []byte {
	return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), n-9)...)
}

var fine = prober{report: sandbox.Report{Verdict: dossier.Accepted}}

// proves C2 C7: what is acknowledged is safe: committed, and its bytes can be read back.
func TestAccept(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		door := newDoor(h, id, fine)
		data := pdf(1000) // the limit itself
		r, err := door.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(data)})
		if err != nil || r.Protocol != "2026/0000001" || r.State != dossier.StateScreening || r.DossierID != id {
			t.Fatalf("receipt %+v, %v", r, err)
		}
		f := h.Get(id).Submissions[0].Documents[0]
		if got, err := h.Vault.Open(t.Context(), f, f.Blob); err != nil || !bytes.Equal(got, data) {
			t.Errorf("kept %d bytes, %v", len(got), err)
		}
		again, err := door.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(data)})
		if err != nil || !again.Repeated || again.Protocol != r.Protocol {
			t.Errorf("the same again: %+v, %v", again, err)
		}
	})
}

// proves C2: refused at once, with what is wrong; no number is taken, a line is
// entered in the ledger.
func TestRefusals(t *testing.T) {
	t.Parallel()
	reject := func(c dossier.FindingCode, detail string) prober {
		return prober{report: sandbox.Report{Findings: []dossier.Finding{{Code: c, Severity: dossier.SeverityBlock, Detail: detail}}}.Judged()}
	}
	tests := []struct {
		name   string
		arrive intake.Arrival
		prober prober
		code   dossier.FindingCode
		args   map[string]string
	}{
		{"empty", intake.Arrival{Body: strings.NewReader("")}, fine, dossier.FileEmpty, nil},
		{"one byte too many", intake.Arrival{Body: bytes.NewReader(pdf(1001))}, fine, dossier.FileTooLarge, map[string]string{"size": "1001", "limit": "1000"}},
		{"eight megabytes", intake.Arrival{Body: bytes.NewReader(pdf(9000)), Declared: 9200}, fine, dossier.FileTooLarge, map[string]string{"size": "9200", "limit": "1000"}},
		{"a picture named pdf", intake.Arrival{Body: strings.NewReader("\x89PNG\r\n\x1a\n rest"), Filename: "form.pdf"}, fine, dossier.FileType, map[string]string{"found": "png"}},
		{"encrypted", intake.Arrival{Body: bytes.NewReader(pdf(100))}, reject(dossier.FileEncrypted, ""), dossier.FileEncrypted, nil},
		{"too many pages", intake.Arrival{Body: bytes.NewReader(pdf(100))}, reject(dossier.PagesTooMany, "25 of at most 20"), dossier.PagesTooMany, map[string]string{"found": "25", "limit": "20"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			id := h.Begin(holder)
			tt.arrive.Actor = house.Citizen(holder)
			_, err := newDoor(h, id, tt.prober).Accept(t.Context(), tt.arrive)
			house.WantCode(t, err, dossier.Code(tt.code))
			problem, _ := errors.AsType[*dossier.Error](err)
			for k, v := range tt.args {
				if problem.Args[k] != v {
					t.Errorf("%s = %q, want %q", k, problem.Args[k], v)
				}
			}
			if d := h.Get(id); d.State != dossier.StateOpen || len(d.Submissions) != 0 {
				t.Errorf("a refusal left a trace: %+v", d)
			}
			refused, err := h.Refusals(t.Context(), dossier.RefusalFilter{}, 10)
			if err != nil || len(refused) != 1 || refused[0].Code != dossier.Code(tt.code) || len(refused[0].KeyedHash) == 0 {
				t.Errorf("ledger %+v, %v", refused, err)
			}
		})
	}
}

// A sandbox without a verdict is no reason to refuse: screening decides.
func TestNoVerdictInTime(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	door := newDoor(h, id, prober{err: context.DeadlineExceeded})
	if _, err := door.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(pdf(100))}); err != nil {
		t.Error(err)
	}
}

func TestBrokenBodyLeavesNothing(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	body := io.MultiReader(bytes.NewReader(pdf(100)), brokenReader{})
	_, err := newDoor(h, id, fine).Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: body})
	house.WantCode(t, err, dossier.CodeUploadInterrupted)
	if d := h.Get(id); len(d.Submissions) != 0 {
		t.Errorf("half a document was admitted: %+v", d)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOnlyCitizensUpload(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	id := h.Begin(h.AddHolder(someCF))
	for _, who := range []dossier.Actor{{}, house.Reviewer("op"), house.Worker()} {
		_, err := newDoor(h, id, fine).Accept(t.Context(), intake.Arrival{Actor: who, Body: bytes.NewReader(pdf(100))})
		house.WantCode(t, err, dossier.CodeForbidden)
	}
}

// The same bytes at the same moment are one submission, and no blob is left over.
func TestSameUploadAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		door := newDoor(h, id, fine)
		protocols := make([]string, 8)
		var wg sync.WaitGroup
		for i := range protocols {
			wg.Go(func() {
				r, err := door.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(pdf(500)), IdempotencyKey: "k"})
				if err != nil {
					t.Error(err)
				}
				protocols[i] = r.Protocol
			})
		}
		wg.Wait()
		for _, p := range protocols {
			if p != "2026/0000001" {
				t.Errorf("protocols %v", protocols)
			}
		}
		swept, err := h.Vault.Sweep(t.Context(), h.Clock.Now().AddDate(10, 0, 0), h.BlobInUse)
		if err != nil || swept != 0 {
			t.Errorf("%d orphans, %v", swept, err)
		}
	})
}

// A client's key is kept, and so it is bounded.
func TestIdempotencyKeyIsBounded(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	door := newDoor(h, h.Begin(holder), fine)
	for key, want := range map[string]dossier.Code{
		strings.Repeat("k", 255): "", strings.Repeat("k", 256): dossier.CodeRequestInvalid,
		"clé": dossier.CodeRequestInvalid, "a\x00b": dossier.CodeRequestInvalid, "\xff": dossier.CodeRequestInvalid,
	} {
		_, err := door.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(pdf(500)), IdempotencyKey: key})
		house.WantCode(t, err, want)
	}
}
