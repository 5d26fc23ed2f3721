package intake_test

import (
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
)

// proves C7: who sent a part is asked for the rest where it can be read beside it.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state dossier.SubmissionState
		code  dossier.FindingCode
		want  string
	}{
		{dossier.SubmissionJoined, dossier.PageDark, "joined"},
		{dossier.SubmissionJoined, dossier.IDMissing, "joined.more"},
		{dossier.SubmissionJoined, dossier.IDNotSeen, "joined.more"},
		{dossier.SubmissionJoined, dossier.FormMissing, "joined.more"},
		{dossier.SubmissionUnmatched, dossier.FileTruncated, "unmatched.more"},
		{dossier.SubmissionRefused, dossier.FileTruncated, "refused"},
		{dossier.SubmissionDuplicate, dossier.IDMissing, "duplicate"},
	} {
		if got := intake.Next(tt.state, []dossier.Finding{{Code: tt.code}}); got != tt.want {
			t.Errorf("%s with %s: %s, want %s", tt.state, tt.code, got, tt.want)
		}
	}
}
