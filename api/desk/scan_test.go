package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
)

// fakeScans has one scan, and answers everything with refuse.
type fakeScans struct {
	arrival counter.Arrival
	refuse  error
	named   string
	scan    string
	folder  []counter.Scan
	kept    []dossier.Submission
	pages   int
	picture counter.Picture
}

func (f *fakeScans) Receive(_ context.Context, _ dossier.Actor, named string, scan []byte) (intake.Receipt, error) {
	f.named, f.scan = named, string(scan)
	return intake.Receipt{SubmissionID: "s9"}, f.refuse
}

func (f *fakeScans) View(context.Context, dossier.Actor, string) (counter.Arrival, error) {
	return f.arrival, f.refuse
}

func (f *fakeScans) Scans(context.Context, dossier.Actor) ([]counter.Scan, error) {
	return f.folder, nil
}

func (f *fakeScans) Attach(_ context.Context, _ dossier.Actor, id, named string) (counter.Arrival, error) {
	f.named = named
	return counter.Arrival{Submission: dossier.Submission{ID: id}}, f.refuse
}

func (f *fakeScans) Archive(_ context.Context, _ dossier.Actor, cf string, scan []byte) (intake.Receipt, error) {
	f.named, f.scan = cf, string(scan)
	return intake.Receipt{SubmissionID: "s9", Protocol: "2026/0000018"}, f.refuse
}

func (f *fakeScans) Kept(_ context.Context, _ dossier.Actor, holder string) ([]dossier.Submission, error) {
	f.named = holder
	return f.kept, f.refuse
}

func (f *fakeScans) KeptPages(_ context.Context, _ dossier.Actor, _, id string) (dossier.Submission, int, error) {
	return dossier.Submission{ID: id, Protocol: dossier.Protocol{Year: 2026, Number: 18}}, f.pages, f.refuse
}

func (f *fakeScans) KeptPage(_ context.Context, _ dossier.Actor, holder, id string, n int) (counter.Picture, error) {
	f.named = fmt.Sprint(holder, " ", id, " ", n)
	return f.picture, f.refuse
}

func fakeSlip(counter.Arrival, string) ([]byte, error) { return []byte("%PDF-1.7"), nil }

// part is one part of a form; a file has a name.
type part struct{ field, filename, data string }

func (b *bench) sendsParts(role dossier.Role, parts ...part) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.sendsPartsTo("/desk/scansione", role, parts...)
}

func (b *bench) sendsPartsTo(path string, role dossier.Role, parts ...part) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		var out io.Writer
		var err error
		if p.filename == "" {
			out, err = w.CreateFormField(p.field)
		} else {
			out, err = w.CreateFormFile(p.field, p.filename)
		}
		if err == nil {
			_, err = out.Write([]byte(p.data))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.send(r, role, "it")
}

// proves C6: one scan, and whose it is, go to the domain; the way leads on to its page.
func TestScan(t *testing.T) {
	b := setup(t)
	csrf, named, file := part{"csrf", "", "csrf-operator"}, part{"fascicolo", "", "2026/0000017"}, part{"file", "scan.pdf", "%PDF-1.7"}
	w := b.sendsParts(dossier.RoleOperator, csrf, named, file)
	if w.Code != 303 || w.Header().Get("Location") != "/desk/scansione/s9" || b.scans.named != "2026/0000017" || b.scans.scan != "%PDF-1.7" {
		t.Fatalf("%d %q, %q %q", w.Code, w.Header().Get("Location"), b.scans.named, b.scans.scan)
	}
	b.scans.scan = ""
	for name, tt := range map[string]struct {
		parts []part
		want  int
	}{
		"forged":      {[]part{{"csrf", "", "forged"}, named, file}, 403},
		"no token":    {[]part{named, file}, 403},
		"no name":     {[]part{csrf, file}, 400},
		"no file":     {[]part{csrf, named}, 422},
		"empty file":  {[]part{csrf, named, {"file", "scan.pdf", ""}}, 422},
		"two files":   {[]part{csrf, named, file, file}, 400},
		"a long name": {[]part{csrf, {"fascicolo", "", strings.Repeat("x", 65)}, file}, 400},
	} {
		if w := b.sendsParts(dossier.RoleOperator, tt.parts...); w.Code != tt.want || b.scans.scan != "" {
			t.Errorf("%s: %d, %q", name, w.Code, b.scans.scan)
		}
	}
	for code, want := range map[dossier.Code]int{
		dossier.CodeNotFound: 404, dossier.CodeRequestInvalid: 400, dossier.CodeOwnDossier: 409, dossier.CodeConversionClosed: 409,
		dossier.CodeAlreadyDispositivo: 409, dossier.CodeConversionBlocked: 409, dossier.CodeConflict: 409,
	} {
		b.scans.refuse = problem(code)
		w := b.sendsParts(dossier.RoleOperator, csrf, named, file)
		if w.Code != want || !strings.Contains(w.Body.String(), `value="2026/0000017"`) {
			t.Errorf("%s: %d", code, w.Code)
		}
		uitest.Check(t, string(code), w.Body.String())
	}
}

// proves C6: the page of a scan offers the dossier when it can be decided, not before,
// and says what to scan again; the receipt is a file that no cache keeps.
func TestScanned(t *testing.T) {
	b := setup(t)
	const take = `action="/desk/code/d1/prendi"`
	for _, tt := range []struct {
		state dossier.State
		sub   dossier.SubmissionState
		take  bool
		says  string
	}{
		{dossier.StateScreening, dossier.SubmissionReceived, false, "La macchina legge le pagine"},
		{dossier.StateReviewing, dossier.SubmissionJoined, true, "pagine sono lette"},
		{dossier.StateSecondReview, dossier.SubmissionJoined, true, "pagine sono lette"},
		{dossier.StateReviewing, dossier.SubmissionQuarantined, true, "pagine sono lette"},
		{dossier.StateWaiting, dossier.SubmissionJoined, false, "scansioni ciò che manca"},
		{dossier.StateConverted, dossier.SubmissionJoined, false, "il PIN è dispositivo"},
	} {
		sub := submission("s9", tt.sub, 2)
		b.scans.arrival = counter.Arrival{
			Submission: sub, Dossier: dossier.Dossier{ID: "d1", State: tt.state, Submissions: []dossier.Submission{sub}},
		}
		for _, lang := range []string{"it", "en"} {
			body := b.get("/desk/scansione/s9", dossier.RoleOperator, lang).Body.String()
			uitest.Check(t, lang+" "+string(tt.state), body)
			if strings.Contains(body, take) != tt.take || !strings.Contains(body, "2026/0000017") || lang == "it" && !strings.Contains(body, tt.says) {
				t.Errorf("%s %s: offered %t\n%s", lang, tt.state, strings.Contains(body, take), body)
			}
		}
	}
	w := b.get("/desk/scansione/s9/ricevuta.pdf", dossier.RoleSupervisor, "it")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("receipt: %d %v", w.Code, w.Header())
	}
	b.scans.refuse = problem(dossier.CodeNotFound)
	for _, path := range []string{"/desk/scansione/s9", "/desk/scansione/s9/ricevuta.pdf"} {
		if w := b.get(path, dossier.RoleOperator, "it"); w.Code != 404 {
			t.Errorf("%s of another office: %d", path, w.Code)
		}
	}
}

// proves C6: who does not decide takes nothing in.
func TestScansAreForReviewers(t *testing.T) {
	b := setup(t)
	for _, lang := range []string{"it", "en"} {
		uitest.Check(t, lang, b.get("/desk/scansione", dossier.RoleOperator, lang).Body.String())
	}
	for role, want := range map[dossier.Role]int{"": 303, dossier.RoleCitizen: 303, dossier.RoleAuditor: 403, dossier.RoleAdmin: 403} {
		for _, path := range []string{"/desk/scansione", "/desk/scansione/s9", "/desk/scansione/s9/ricevuta.pdf"} {
			if w := b.get(path, role, "it"); w.Code != want {
				t.Errorf("GET %s as %q: %d", path, role, w.Code)
			}
		}
		w := b.sendsParts(role, part{"csrf", "", "csrf-" + string(role)}, part{"fascicolo", "", "x"}, part{"file", "scan.pdf", "%PDF"})
		if w.Code != want || b.scans.scan != "" {
			t.Errorf("POST as %q: %d", role, w.Code)
		}
	}
}
