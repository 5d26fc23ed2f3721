package dossier

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	block := func(c FindingCode) Finding { return Finding{Code: c, Severity: SeverityBlock} }
	tests := []struct {
		name     string
		findings []Finding
		verdict  Verdict
		code     FindingCode
	}{
		{"nothing", nil, Accepted, ""},
		{"warning", []Finding{{Code: PageDark, Severity: SeverityWarn}}, Accepted, ""},
		{"active content", []Finding{block(PDFActiveContent)}, Quarantined, PDFActiveContent},
		{"active content tolerated", []Finding{{Code: PDFActiveContent, Severity: SeverityWarn}}, Accepted, ""},
		{"gave up", []Finding{block(MachineGaveUp)}, Quarantined, MachineGaveUp},
		{"block beats quarantine", []Finding{block(PDFEmbeddedFile), block(FileEncrypted)}, Rejected, FileEncrypted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if v, c := Judge(tt.findings); v != tt.verdict || c != tt.code {
				t.Errorf("got %s %s, want %s %s", v, c, tt.verdict, tt.code)
			}
		})
	}
}

// An approval binds what was seen: whatever a reviewer could tell apart hashes apart.
func TestSeenHash(t *testing.T) {
	t.Parallel()
	base := func() Dossier {
		return Dossier{ID: "d", PINIssueID: "p", FormVersion: "1", Submissions: []Submission{{
			ID: "s", State: SubmissionJoined,
			Documents: []File{{ID: "f", Blob: "b", KeyedHash: []byte{1}, Pages: []Page{{N: 1, ImageBlob: "i"}}}},
			Findings:  []Finding{{Code: PageDark, Severity: SeverityWarn, Page: 1}},
		}}}
	}
	want := base().SeenHash()
	same := base()
	same.State, same.Version = StateApproved, 7
	if same.SeenHash() != want {
		t.Error("state and version change the hash")
	}
	for i, change := range []func(*Dossier){
		func(d *Dossier) { d.PINIssueID = "q" },
		func(d *Dossier) { d.FormVersion = "2" },
		func(d *Dossier) { d.Submissions[0].Documents[0].Blob = "c" },
		func(d *Dossier) { d.Submissions[0].Documents[0].Pages[0].ImageBlob = "j" },
		func(d *Dossier) { d.Submissions[0].Findings = nil },
		func(d *Dossier) { d.Submissions[0].Findings[0].Page = 2 },
		func(d *Dossier) { d.Submissions[0].State = SubmissionRefused },
	} {
		d := base()
		change(&d)
		if d.SeenHash() == want {
			t.Errorf("change %d does not change the hash", i)
		}
	}
}

func TestProtocolText(t *testing.T) {
	t.Parallel()
	p := Protocol{Year: 2026, Number: 42}
	if p.String() != "2026/0000042" {
		t.Errorf("got %s", p)
	}
	for _, s := range []string{"2026/0000042", "2026-42", " 2026 / 42 ", "2026.0000042"} {
		if got, err := ParseProtocol(s); err != nil || got != p {
			t.Errorf("%q: got %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "42", "2026/", "2026/0", "2026/-1", "1999/1", "2026/1/2", "x/1"} {
		if _, err := ParseProtocol(s); CodeOf(err) != CodeRequestInvalid {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestPolicyDue(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy()
	friday := time.Date(2026, 3, 6, 15, 0, 0, 0, time.UTC)
	for s, want := range map[State]time.Time{
		StateWaiting:   friday.AddDate(0, 0, 30),
		StateReviewing: friday.AddDate(0, 0, 7),
		StateConverted: {},
	} {
		if got := p.Due(s, friday); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("private")
	err := fmt.Errorf("read: %w", &Error{Code: CodeUnavailable, Temporary: true, Err: cause})
	if CodeOf(err) != CodeUnavailable || !Temporary(err) || !errors.Is(err, cause) || !errors.Is(err, Problem(CodeUnavailable)) {
		t.Errorf("%v is not what it was made as", err)
	}
	if CodeOf(nil) != "" || CodeOf(cause) != CodeInternal || !Temporary(cause) || Temporary(Problem(CodeForbidden)) {
		t.Error("codes of plain errors")
	}
}

func TestActorsAreDeniedByDefault(t *testing.T) {
	t.Parallel()
	for _, a := range []Actor{{}, {Role: RoleAdmin}, {ID: "x"}, {Role: RoleCitizen, ID: "x"}} {
		if err := a.Require(RoleOperator, RoleAdmin); CodeOf(err) != CodeForbidden {
			t.Errorf("%+v was let in", a)
		}
	}
	if err := (Actor{Role: RoleAdmin, ID: "x"}).Require(RoleOperator, RoleAdmin); err != nil {
		t.Error(err)
	}
}

// proves C9: who sent a part is asked for the rest while a person has it, by the newest
// pages that count.
func TestLacks(t *testing.T) {
	t.Parallel()
	part := Submission{State: SubmissionJoined, Findings: []Finding{{Code: IDNotSeen}}}
	whole := Submission{State: SubmissionJoined}
	again := Submission{State: SubmissionDuplicate}
	for name, tt := range map[string]struct {
		state State
		subs  []Submission
		want  string
	}{
		"nothing":          {StateReviewing, nil, "reviewing"},
		"a part":           {StateReviewing, []Submission{part}, "reviewing.more"},
		"and again":        {StateReviewing, []Submission{part, again}, "reviewing.more"},
		"and the rest":     {StateReviewing, []Submission{part, whole}, "reviewing"},
		"where it is over": {StateApproved, []Submission{part}, "approved"},
	} {
		if got := (Dossier{State: tt.state, Submissions: tt.subs}).Next(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
