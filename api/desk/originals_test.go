package desk_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/verify/evidence"
)

// fakeEvidence hands out one file, or fails: before it begins, or half-way.
type fakeEvidence struct {
	err     error
	halfway bool
	asked   []string
}

func (f *fakeEvidence) Export(_ context.Context, actor dossier.Actor, id string, reason evidence.Reason, out func(name string) io.Writer) error {
	f.asked = append(f.asked, string(actor.Role)+" "+id+" "+string(reason))
	if !slices.Contains(evidence.Reasons(), reason) {
		return problem(dossier.CodeRequestInvalid)
	}
	if f.err != nil && !f.halfway {
		return f.err
	}
	if _, err := io.WriteString(out("prove-x1.zip"), "PK the whole"); err != nil {
		return err
	}
	return f.err
}

const pathOriginals = "/desk/fascicoli/d1/originali"

func why(role dossier.Role, reason string) url.Values {
	return url.Values{"csrf": {"csrf-" + string(role)}, "motivo": {reason}}
}

// proves C14: originals leave as an attachment under a generated name, kept by nobody
// on the way and run by no browser; by a form of the session alone.
func TestOriginals(t *testing.T) {
	b := setup(t)
	for _, role := range []dossier.Role{dossier.RoleSupervisor, dossier.RoleAuditor} {
		body := b.get("/desk/fascicoli/d1", role, "it").Body.String()
		if !strings.Contains(body, `action="`+pathOriginals+`"`) {
			t.Errorf("%s is not offered the originals", role)
		}
		w := b.post(pathOriginals, role, why(role, "court_order"))
		if w.Code != http.StatusOK || w.Body.String() != "PK the whole" {
			t.Errorf("%s: %d %s", role, w.Code, w.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/zip", "Content-Disposition": `attachment; filename="prove-x1.zip"`, "Cache-Control": "no-store",
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", role, name, got)
			}
		}
	}
	b.taken.asked = nil
	if w := b.post(pathOriginals, dossier.RoleAuditor, url.Values{"motivo": {"court_order"}}); w.Code != http.StatusForbidden {
		t.Errorf("without the form's token: %d", w.Code)
	}
	if w := b.get(pathOriginals, dossier.RoleAuditor, "it"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/desk/fascicoli/d1" {
		t.Errorf("read, not sent: %d", w.Code)
	}
	for role, want := range map[dossier.Role]int{
		dossier.RoleOperator: http.StatusForbidden, dossier.RoleAdmin: http.StatusForbidden, dossier.RoleCitizen: http.StatusSeeOther, "": http.StatusSeeOther,
	} {
		if w := b.post(pathOriginals, role, why(role, "court_order")); w.Code != want {
			t.Errorf("%q: %d", role, w.Code)
		}
	}
	if len(b.taken.asked) != 0 {
		t.Errorf("reached the domain: %v", b.taken.asked)
	}
	if body := b.get("/desk/pratiche/r1", dossier.RoleOperator, "it").Body.String(); strings.Contains(body, "originali") {
		t.Error("an operator is offered the originals")
	}
}

// What fails before the first byte is a page of the desk like any other; what fails
// later breaks the connection off.
func TestOriginalsThatFail(t *testing.T) {
	b := setup(t)
	w := b.post(pathOriginals, dossier.RoleSupervisor, why(dossier.RoleSupervisor, ""))
	uitest.Check(t, "no reason", w.Body.String())
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `href="#originals-reason"`) || !strings.Contains(w.Body.String(), "Manca il motivo") {
		t.Errorf("without a reason: %d", w.Code)
	}
	for code, want := range map[dossier.Code]int{dossier.CodeOwnDossier: http.StatusConflict, dossier.CodeNotFound: http.StatusNotFound} {
		b.taken.err = problem(code)
		w := b.post(pathOriginals, dossier.RoleSupervisor, why(dossier.RoleSupervisor, "disputed"))
		h := w.Header()
		if w.Code != want || h.Get("Content-Disposition") != "" || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %d %v", code, w.Code, h)
		}
	}
	b.taken.err, b.taken.halfway = errors.New("the disk is gone"), true
	defer func() {
		if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // what net/http looks for
			t.Errorf("half of it was answered as if it were all: %v", got)
		}
	}()
	b.post(pathOriginals, dossier.RoleSupervisor, why(dossier.RoleSupervisor, "disputed"))
}
