package intake

import (
	"slices"
	"strings"

	"dispositivo/dossier"
)

// Tellable returns the findings that whoever sent something may be told, each once:
// those that tell of the pages alone. What they say of a person, or of a code, is for
// the holder's registered contacts.
func Tellable(all []dossier.Finding) []dossier.Finding {
	var told []dossier.Finding
	for _, f := range all {
		if f.Severity == dossier.SeverityInfo || !ofPages(f.Code) {
			continue
		}
		if !slices.ContainsFunc(told, func(t dossier.Finding) bool { return t.Code == f.Code && t.Page == f.Page }) {
			told = append(told, f)
		}
	}
	return told
}

func ofPages(code dossier.FindingCode) bool {
	switch code { //nolint:exhaustive // the others go by their group
	case dossier.FormMissing, dossier.FormUnsigned, dossier.IDMissing, dossier.TokenMissing:
		return true
	}
	group, _, _ := strings.Cut(string(code), ".")
	return slices.Contains([]string{"file", "pdf", "pages", "page"}, group)
}
