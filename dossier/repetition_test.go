package dossier_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dispositivo/dossier"
)

// proves C9: a page that came before is told with the number and the page it resembles,
// as information alone.
func TestRepetition(t *testing.T) {
	t.Parallel()
	for _, want := range []dossier.Repetition{
		{Protocol: dossier.Protocol{Year: 2026, Number: 42}, Page: 1},
		{Protocol: dossier.Protocol{Year: 2027, Number: 12345678}, Page: 20, Same: true},
	} {
		f := want.Finding(3)
		if f.Code != dossier.PageRepeated || f.Severity != dossier.SeverityInfo || f.Page != 3 {
			t.Errorf("finding %+v", f)
		}
		if got, ok := f.Repetition(); !ok || !cmp.Equal(got, want) {
			t.Errorf("%q reads as %+v, %v", f.Detail, got, ok)
		}
		if shown := dossier.ForHolder([]dossier.Finding{f, {Code: dossier.PageDark}}); len(shown) != 1 || shown[0].Code != dossier.PageDark {
			t.Errorf("a holder is shown %+v", shown)
		}
	}
	for _, f := range []dossier.Finding{
		{Code: dossier.PageDark, Detail: "same as page 1 of 2026/0000042"},
		{Code: dossier.PageRepeated},
		{Code: dossier.PageRepeated, Detail: "like page x of 2026/0000042"},
		{Code: dossier.PageRepeated, Detail: "like page 1 of nothing"},
	} {
		if got, ok := f.Repetition(); ok {
			t.Errorf("%+v reads as %+v", f, got)
		}
	}
}
